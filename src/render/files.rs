//! The output files: `--events`, `--junit`, `--summary`, and the summary of a step on GitHub.

use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context, Result};

use super::json::Json;
use super::junit::Junit;
use super::summary::Summary;
use super::{FILE_PATIENCE, NO_THREAD, Render};
use crate::cli::options::OutputOptions;
use crate::event::Event;
use crate::message::{Lang, Message};
use crate::writer::NonBlockingWriter;

/// An output file and what renders it.
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
        let name = path.display().to_string();
        let writer = NonBlockingWriter::file(&name, file).context(NO_THREAD)?;
        Ok(Self {
            render: Box::new(render(writer.clone())),
            writer,
        })
    }

    /// Writes an event; waits a little until the last one is written.
    ///
    /// # Errors
    /// The warning, where a write failed.
    pub(super) fn event(&mut self, event: &Event<'_>, is_last: bool) -> Result<(), Message> {
        let written = self.render.event(event).and_then(|()| {
            if is_last {
                self.writer.settle(FILE_PATIENCE)
            } else {
                Ok(())
            }
        });
        written.map_err(|error| Message::cannot_write(self.writer.name(), &error))
    }
}

/// Opens the output files and GitHub's summary of the step. Adds a warning to `warnings` where the
/// latter cannot be opened and was not asked for.
///
/// # Errors
/// A file of the command line cannot be opened, or a writer thread cannot be started.
pub(super) fn open(
    options: &OutputOptions,
    step_summary: Option<&Path>,
    lang: Lang,
    warnings: &mut Vec<Message>,
) -> Result<Vec<FileOutput>> {
    let mut files = Vec::new();
    if let Some(path) = &options.junit {
        let file = create(path, "--junit")?;
        files.push(FileOutput::new(path, file, |out| Junit { out })?);
    }
    // `--summary` may name the step's summary: that is written once, and appended to.
    let asked = options.summary.as_deref() == step_summary;
    if let Some(path) = options.summary.as_ref().filter(|_| !asked) {
        let file = create(path, "--summary")?;
        let summary = |out| Summary {
            out,
            lang,
            step: None,
        };
        files.push(FileOutput::new(path, file, summary)?);
    }
    if let Some(path) = step_summary {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        match opened.and_then(|file| Ok((file.try_clone()?, file))) {
            Ok((out, file)) => {
                let summary = |out| Summary {
                    out,
                    lang,
                    step: Some(file),
                };
                files.push(FileOutput::new(path, out, summary)?);
            }
            Err(error) if !asked => {
                let name = path.display().to_string();
                warnings.push(Message::cannot_write(&name, &error));
            }
            Err(error) => return Err(error).context(cannot_open(path, "--summary")),
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
    File::create(path).with_context(|| cannot_open(path, option))
}

fn cannot_open(path: &Path, option: &str) -> String {
    format!("cannot open {} for {option}", path.display())
}
