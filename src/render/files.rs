//! The output files: `--events`, `--junit`, `--summary`, `--timeline`, and the summary of a step on GitHub.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::ci::StepOutput;
use super::json::Json;
use super::junit::Junit;
use super::summary::Summary;
use super::timeline::Timeline;
use super::{FILE_PATIENCE, Render};
use crate::cli::options::OutputOptions;
use crate::event::Event;
use crate::message::{Context as _, Lang, Message, Result};
use crate::platform::{OutputMode, open_output};
use crate::text;
use crate::writer::NonBlockingWriter;

/// An output file and its renderer.
pub(super) struct FileOutput {
    render: Box<dyn Render>,
    pub(super) writer: NonBlockingWriter,
}

impl FileOutput {
    fn new<R: Render + 'static>(
        path: &Path,
        file: File,
        render: impl FnOnce(NonBlockingWriter) -> R,
    ) -> Result<Self> {
        let writer = NonBlockingWriter::file(&text::path(path), file)?;
        Ok(Self {
            render: Box::new(render(writer.clone())),
            writer,
        })
    }

    /// Writes an event, and waits a little until the last one is written. The error is the warning that
    /// a write failed.
    pub(super) fn event(&mut self, event: &Event<'_>, is_last: bool) -> Result<(), Message> {
        let mut written = self.render.event(event);
        if is_last {
            written = written.and_then(|()| self.writer.settle(FILE_PATIENCE));
        }
        written.map_err(|error| Message::cannot_write(&self.writer.name, &error))
    }
}

/// The files of a step on GitHub, which are appended to.
pub(super) struct StepFiles {
    pub(super) summary: Option<PathBuf>,
    /// The outputs of the step.
    pub(super) output: Option<PathBuf>,
}

/// Opens the output files and those of a step on GitHub. Adds a warning to `warnings` if one of the latter
/// cannot be opened and was not asked for; fails if another cannot be opened.
pub(super) fn open(
    options: &OutputOptions,
    step: &StepFiles,
    lang: Lang,
    warnings: &mut Vec<Message>,
) -> Result<Vec<FileOutput>> {
    let mut files = Vec::new();
    if let Some(path) = &options.junit {
        let file = create(path, "--junit")?;
        files.push(FileOutput::new(path, file, |out| Junit { out })?);
    }
    if let Some(path) = &options.timeline {
        let file = create(path, "--timeline")?;
        files.push(FileOutput::new(path, file, |out| Timeline { out, lang })?);
    }
    let summary = |step| move |out| Summary { out, lang, step };
    // `--summary` may name the step's summary: that is written once, and appended to.
    let is_step = options.summary == step.summary;
    if let Some(path) = options.summary.as_ref().filter(|_| !is_step) {
        let file = create(path, "--summary")?;
        files.push(FileOutput::new(path, file, summary(None))?);
    }
    if let Some(path) = &step.summary {
        let opened =
            open_output(path, OutputMode::Append).and_then(|file| Ok((file.try_clone()?, file)));
        match opened {
            Ok((step, file)) => files.push(FileOutput::new(path, file, summary(Some(step)))?),
            Err(error) if is_step => {
                return Err(error).context(|| cannot_open(path, "--summary"));
            }
            Err(error) => {
                warnings.push(Message::cannot_write(&text::path(path), &error));
            }
        }
    }
    if let Some(path) = &step.output {
        match open_output(path, OutputMode::Append) {
            Ok(file) => files.push(FileOutput::new(path, file, |out| StepOutput {
                out,
                path: path.clone(),
            })?),
            Err(error) => warnings.push(Message::cannot_write(&text::path(path), &error)),
        }
    }
    // Last, so that it receives the warnings about the others.
    if let Some(path) = &options.events {
        let file = create(path, "--events")?;
        files.push(FileOutput::new(path, file, |out| Json {
            out,
            traces: None,
        })?);
    }
    Ok(files)
}

/// Creates or truncates a file.
fn create(path: &Path, option: &str) -> Result<File> {
    open_output(path, OutputMode::Create).context(|| cannot_open(path, option))
}

fn cannot_open(path: &Path, option: &str) -> Message {
    Message::cannot_open(&text::path(path), option)
}
