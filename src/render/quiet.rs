//! Warnings and errors on stderr, and the verdict there where it is not a success.

use std::io::{self, Write};

use super::{Render, Style, report};
use crate::board::Board;
use crate::event::{Event, Kind};
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
    fn event(&mut self, event: &Event<'_>, board: &Board) -> io::Result<()> {
        let line = match &event.kind {
            Kind::Finished(outcome)
            | Kind::PartFinished(outcome)
            | Kind::AllFinished(outcome, _) => (outcome.verdict != Verdict::Succeeded)
                .then(|| report::verdict(outcome, board, self.style)),
            Kind::Offline { .. } | Kind::Online { .. } => {
                let remark = report::remark(event, board, self.style);
                remark.map(|remark| report::whose(board, self.style) + &remark)
            }
            Kind::Warning { .. } | Kind::Trace(_) => report::remark(event, board, self.style),
            _ => None,
        };
        // stderr carries nothing that the verdict needs: where it is gone, the exit code is left.
        if let Some(line) = line {
            let _ = writeln!(self.errors, "{line}").and_then(|()| self.errors.flush());
        }
        Ok(())
    }
}
