//! The files that are written beside the output.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::path::Path;

use anyhow::{Context, Result};

use super::{Render, json, junit, summary};
use crate::board::Board;
use crate::event::Event;
use crate::lang::Lang;
use crate::model::Note;

/// The files that the user wants beside the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Files<'a> {
    pub(crate) events: Option<&'a Path>,
    pub(crate) junit: Option<&'a Path>,
    pub(crate) summary: Option<&'a Path>,
}

/// A file beside the output.
pub(super) struct Side {
    name: String,
    render: Box<dyn Render>,
}

impl Side {
    fn new(path: &Path, render: impl Render + 'static) -> Self {
        Self {
            name: path.display().to_string(),
            render: Box::new(render),
        }
    }

    /// Writes what there is to write of the event.
    ///
    /// # Errors
    /// What to warn of, where that cannot be done.
    pub(super) fn event(&mut self, event: &Event<'_>, board: &Board) -> Result<(), Note> {
        let written = self.render.event(event, board);
        written.map_err(|error| write_failed(&self.name, &error))
    }
}

impl Files<'_> {
    /// Opens them, and GitHub's summary of the step. Notes say what could not be had though nobody
    /// asked for it.
    ///
    /// # Errors
    /// Where a file cannot be opened that was asked for.
    pub(super) fn open(
        self,
        step_summary: Option<&Path>,
        lang: Lang,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<Side>> {
        let mut sides = Vec::new();
        if let Some(path) = self.junit {
            let junit = junit::Junit::new(create(path, "--junit")?);
            sides.push(Side::new(path, junit));
        }
        // Who asks for the summary in that very file does not want it twice, nor what others wrote
        // there to go.
        let asked = self.summary == step_summary;
        if let Some(path) = self.summary.filter(|_| !asked) {
            let summary = summary::Summary::new(create(path, "--summary")?, lang);
            sides.push(Side::new(path, summary));
        }
        if let Some(path) = step_summary {
            match OpenOptions::new().append(true).create(true).open(path) {
                Ok(file) => sides.push(Side::new(path, summary::StepSummary::new(file, lang))),
                Err(error) if !asked => {
                    notes.push(write_failed(&path.display().to_string(), &error));
                }
                Err(error) => return Err(error).context(cannot_open(path, "--summary")),
            }
        }
        // The last one: it tells of the others that cannot be written.
        if let Some(path) = self.events {
            let events = json::Json::new(create(path, "--events")?, io::sink(), lang);
            sides.push(Side::new(path, events));
        }
        Ok(sides)
    }
}

/// Opens a file anew.
fn create(path: &Path, option: &str) -> Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| cannot_open(path, option))?;
    Ok(BufWriter::new(file))
}

fn cannot_open(path: &Path, option: &str) -> String {
    format!("cannot open {} for {option}", path.display())
}

fn write_failed(what: &str, error: &io::Error) -> Note {
    Note::WriteFailed {
        what: what.into(),
        error: error.into(),
    }
}
