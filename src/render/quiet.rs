//! Warnings and errors on stderr, and the verdict there where it is not a success.

use std::io::{self, Write};

use super::{Render, Style, report};
use crate::event::{End, Event, Kind};
use crate::outcome::Verdict;

/// The quiet renderer.
pub(crate) struct Quiet<E> {
    errors: E,
    style: Style,
}

impl<E: Write> Quiet<E> {
    /// Writes to `errors`.
    pub(crate) fn new(errors: E, style: Style) -> Self {
        Self { errors, style }
    }
}

impl<E: Write> Render for Quiet<E> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let progress = event.progress;
        let line = match &event.kind {
            Kind::Finished(End { outcome, .. }) | Kind::PartFinished(outcome) => (outcome.verdict
                != Verdict::Succeeded)
                .then(|| report::verdict(outcome, progress, self.style)),
            Kind::Offline { .. } | Kind::Online { .. } => {
                let notice = report::notice(event, self.style);
                notice.map(|notice| report::target_prefix(progress, self.style) + &notice)
            }
            Kind::Warning { .. } | Kind::Trace(_) => report::notice(event, self.style),
            _ => None,
        };
        // stderr carries nothing that the verdict needs: where it is gone, the exit code is left.
        if let Some(line) = line {
            let _ = writeln!(self.errors, "{line}").and_then(|()| self.errors.flush());
        }
        Ok(())
    }
}
