//! Warnings and errors on stderr, and the verdict there where it is not a success.

use std::io::{self, Write};

use super::{Render, Style, report};
use crate::event::{Event, Kind};
use crate::outcome::Verdict;
use crate::progress::Progress;

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
    fn event(&mut self, event: &Event<'_>, progress: &Progress) -> io::Result<()> {
        let line = match &event.kind {
            Kind::Finished(outcome)
            | Kind::PartFinished(outcome)
            | Kind::AllFinished(outcome, _) => (outcome.verdict != Verdict::Succeeded)
                .then(|| report::verdict(outcome, progress, self.style)),
            Kind::Offline { .. } | Kind::Online { .. } => {
                let notice = report::notice(event, progress, self.style);
                notice.map(|notice| report::target_prefix(progress, self.style) + &notice)
            }
            Kind::Warning { .. } | Kind::Trace(_) => report::notice(event, progress, self.style),
            _ => None,
        };
        // stderr carries nothing that the verdict needs: where it is gone, the exit code is left.
        if let Some(line) = line {
            let _ = writeln!(self.errors, "{line}").and_then(|()| self.errors.flush());
        }
        Ok(())
    }
}
