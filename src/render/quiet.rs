//! Warnings and errors on stderr, and the verdict there if it is not a success.

use std::io;

use super::{Render, StyledStream, report};
use crate::event::{Event, Finished, Kind};
use crate::outcome::Verdict;

/// The quiet renderer.
pub(super) struct Quiet {
    pub(super) stderr: StyledStream,
}

impl Render for Quiet {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let style = self.stderr.style;
        let line = match event.kind {
            Kind::Finished(Finished { outcome, .. }) | Kind::PartFinished(outcome) => {
                let is_success = outcome.verdict == Verdict::Succeeded;
                (!is_success).then(|| report::verdict(outcome, event.progress, style))
            }
            _ => report::notice(event, style),
        };
        if let Some(line) = line {
            self.stderr.writer.line(&line);
        }
        Ok(())
    }
}
