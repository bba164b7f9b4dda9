//! The output files: `--events`, `--junit`, `--summary`, `--timeline`, and those of a step on GitHub.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use super::{FILE_PATIENCE, ci, json, junit, summary, timeline};
use crate::cli::options::OutputOptions;
use crate::event::{Event, Kind};
use crate::message::{Context as _, Lang, Message, Result};
use crate::platform::{OutputMode, open_output};
use crate::text;
use crate::writer::NonBlockingWriter;

/// What is written to a file: all events, or a report at the end.
enum Content {
    Events,
    Junit,
    Timeline,
    Summary,
    /// The outputs of a step on GitHub.
    StepOutputs,
}

pub(super) struct FileOutput {
    pub(super) writer: NonBlockingWriter,
    content: Content,
    path: PathBuf,
    /// The file, if it is one of a step on GitHub.
    step: Option<File>,
    lang: Lang,
}

impl FileOutput {
    /// Writes an event, and waits a little until the last one is written. The error is the warning that
    /// a write failed.
    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<(), Message> {
        let (out, step, lang) = (&mut self.writer, self.step.as_ref(), self.lang);
        let written = match (&self.content, &event.kind) {
            (Content::Events, _) => json::write(out, event),
            (Content::Junit, Kind::Finished(end)) => junit::write(out, event.at, end),
            (Content::Timeline, Kind::Finished(end)) => timeline::write(out, event, end, lang),
            (Content::Summary, Kind::Finished(end)) => summary::write(out, event, end, lang, step),
            (Content::StepOutputs, Kind::Finished(end)) => ci::write_outputs(out, end, &self.path),
            _ => return Ok(()),
        };
        let mut written = written.and_then(|()| out.flush());
        if let Kind::Finished(_) = event.kind {
            written = written.and_then(|()| out.settle(FILE_PATIENCE));
        }
        written.map_err(|error| Message::cannot_write(&out.name, &error))
    }
}

/// Opens the output files, and those of a step on GitHub if `step_file` names them; these are appended to.
/// Adds a warning to `warnings` if one of the latter cannot be opened and was not asked for; fails if
/// another cannot be opened.
pub(super) fn open(
    options: &OutputOptions,
    step_file: impl Fn(&str) -> Option<PathBuf>,
    lang: Lang,
    warnings: &mut Vec<Message>,
) -> Result<Vec<FileOutput>> {
    let step_summary = step_file("GITHUB_STEP_SUMMARY");
    let step_outputs = step_file("GITHUB_OUTPUT");
    // `--summary` may name the step's summary: that is written once, and appended to.
    let is_asked = options.summary == step_summary;
    let summary = options.summary.clone().filter(|_| !is_asked);
    let asked = is_asked.then_some("--summary");
    let step = [
        (&step_summary, asked, Content::Summary),
        (&step_outputs, None, Content::StepOutputs),
    ];
    // The events come last, so that they tell of the others.
    let others = [
        (&options.junit, Some("--junit"), Content::Junit),
        (&options.timeline, Some("--timeline"), Content::Timeline),
        (&summary, Some("--summary"), Content::Summary),
        (&options.events, Some("--events"), Content::Events),
    ];
    let step = step.into_iter().map(|file| (file, OutputMode::Append));
    let others = others.into_iter().map(|file| (file, OutputMode::Create));
    let mut files = Vec::new();
    for ((path, option, content), mode) in step.chain(others) {
        let Some(path) = path else { continue };
        let name = text::path(path);
        let file = match (open_output(path, mode), option) {
            (Ok(file), _) => file,
            (Err(error), Some(option)) => {
                return Err(error).context(|| Message::cannot_open(&name, option));
            }
            (Err(error), None) => {
                warnings.push(Message::cannot_write(&name, &error));
                continue;
            }
        };
        let is_step = mode == OutputMode::Append;
        files.push(FileOutput {
            step: is_step.then(|| file.try_clone()).transpose()?,
            writer: NonBlockingWriter::file(&name, file)?,
            content,
            path: path.clone(),
            lang,
        });
    }
    Ok(files)
}
