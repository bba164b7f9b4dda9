//! The output files: `--events`, `--junit`, `--summary`, `--timeline`, and those of a step on GitHub.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{FILE_PATIENCE, ci, json, junit, summary, timeline};
use crate::cli::options::OutputOptions;
use crate::event::{Event, Finished, Kind};
use crate::message::{Context as _, Lang, Message, Result};
use crate::platform::{OutputMode, open_output};
use crate::text;
use crate::writer::NonBlockingWriter;

/// Writes a report about the end of a watch, which the event tells.
type Report = Box<dyn Fn(&mut dyn Write, &Event<'_>, &Finished<'_>) -> io::Result<()>>;

/// An output file: a report at the end, or else all events.
pub(super) struct FileOutput {
    pub(super) writer: NonBlockingWriter,
    report: Option<Report>,
}

impl FileOutput {
    fn new(path: &Path, file: File, report: Option<Report>) -> Result<Self> {
        let writer = NonBlockingWriter::file(&text::path(path), file)?;
        Ok(Self { writer, report })
    }

    /// Writes an event, and waits a little until the last one is written. The error is the warning that
    /// a write failed.
    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<(), Message> {
        let writer = &mut self.writer;
        let written = match (&self.report, &event.kind) {
            (None, _) => json::write(writer, event),
            (Some(report), Kind::Finished(end)) => {
                report(writer, event, end).and_then(|()| writer.flush())
            }
            _ => return Ok(()),
        };
        let settled = written.and_then(|()| match event.kind {
            Kind::Finished(_) => writer.settle(FILE_PATIENCE),
            _ => Ok(()),
        });
        settled.map_err(|error| Message::cannot_write(writer.name(), &error))
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
    let mut files = Vec::new();
    let mut add = |path: &Path, file, report| -> Result<()> {
        files.push(FileOutput::new(path, file, report)?);
        Ok(())
    };
    let summary = |step: Option<File>| -> Report {
        Box::new(move |out, event, end| summary::write(out, event, end, lang, step.as_ref()))
    };
    let step_summary = step_file("GITHUB_STEP_SUMMARY");
    // `--summary` may name the step's summary: that is written once, and appended to.
    let is_asked = options.summary == step_summary;
    if let Some(path) = &step_summary {
        let opened =
            open_output(path, OutputMode::Append).and_then(|file| Ok((file.try_clone()?, file)));
        match opened {
            Ok((step, file)) => add(path, file, Some(summary(Some(step))))?,
            Err(error) if is_asked => return Err(error).context(|| cannot_open(path, "--summary")),
            Err(error) => warnings.push(Message::cannot_write(&text::path(path), &error)),
        }
    }
    if let Some(path) = step_file("GITHUB_OUTPUT") {
        match open_output(&path, OutputMode::Append) {
            Ok(file) => add(
                &path.clone(),
                file,
                Some(Box::new(move |out, _, end| {
                    ci::write_outputs(out, end, &path)
                })),
            )?,
            Err(error) => warnings.push(Message::cannot_write(&text::path(&path), &error)),
        }
    }
    let junit: Report = Box::new(|out, event, end| junit::write(out, event.at, end));
    let timeline: Report = Box::new(move |out, event, end| timeline::write(out, event, end, lang));
    // The events come last, so that they tell of the others.
    for (path, option, report) in [
        (&options.junit, "--junit", Some(junit)),
        (&options.timeline, "--timeline", Some(timeline)),
        (
            if is_asked { &None } else { &options.summary },
            "--summary",
            Some(summary(None)),
        ),
        (&options.events, "--events", None),
    ] {
        if let Some(path) = path {
            let file = open_output(path, OutputMode::Create);
            add(path, file.context(|| cannot_open(path, option))?, report)?;
        }
    }
    Ok(files)
}

fn cannot_open(path: &Path, option: &str) -> Message {
    Message::cannot_open(&text::path(path), option)
}
