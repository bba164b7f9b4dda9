//! Warnings and errors on stderr, and the verdict there if it is not a success.

use std::io;

use super::{Render, StyledStream, report};
use crate::event::{Event, Finished, Kind};
use crate::message::Lang;
use crate::outcome::{Outcome, Verdict};
use crate::progress::Progress;

/// The quiet renderer.
pub(super) struct Quiet {
    pub(super) stderr: StyledStream,
}

impl Render for Quiet {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let style = self.stderr.style;
        let line = match event.kind {
            Kind::Finished(Finished { outcome, .. }) | Kind::PartFinished(outcome) => {
                let is_success = outcome.verdict() == Verdict::Succeeded;
                let verdict = report::verdict(outcome, Some(event.progress), style);
                (!is_success).then(|| verdict + &first_failed(outcome, event.progress, style.lang))
            }
            _ => report::notice(event, style),
        };
        if let Some(line) = line {
            self.stderr.writer.line(&line);
        }
        Ok(())
    }
}

/// The first failed unit and why it failed, unless the reason names it: `; 192.0.2.1: agent does not answer`.
fn first_failed(outcome: &Outcome, progress: &Progress, lang: Lang) -> String {
    let reason = outcome.reason.get(lang);
    let first = progress.failed_units().next();
    let unnamed = first.filter(|tracked| !reason.contains(&*tracked.unit.name));
    unnamed.map_or(String::new(), |tracked| {
        let unit = &tracked.unit;
        format!("; {}", lang.with_message(&*unit.name, unit.detail.as_ref()))
    })
}
