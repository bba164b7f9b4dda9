//! English.

use std::borrow::Cow;
use std::time::Duration;

use super::Words;
use crate::cause::{Cause, Hint, Trouble};
use crate::event::Traced;
use crate::exit::Verdict;
use crate::model::{Note, Phase, Unit, UnitKind, UnitState};
use crate::text::duration;
use crate::watch::Reason;

/// English: the words of the model where it has one.
pub(super) struct En;

impl Words for En {
    fn phase(&self, phase: Phase) -> &'static str {
        phase.word()
    }

    fn state(&self, state: UnitState) -> &'static str {
        state.word()
    }

    fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::TimedOut => "timed out",
            Verdict::Unclear => "unclear",
            other => other.word(),
        }
    }

    fn note(&self, note: &Note) -> String {
        note.to_string()
    }

    fn reason(&self, reason: &Reason) -> String {
        reason.to_string()
    }

    fn cause(&self, cause: &Cause) -> String {
        cause.to_string()
    }

    fn hint(&self, hint: &Hint) -> String {
        hint.to_string()
    }

    fn remark<'a>(&self, unit: &'a Unit) -> Option<Cow<'a, str>> {
        unit.remark()
    }

    fn colon(&self) -> &'static str {
        ": "
    }

    fn comma(&self) -> &'static str {
        ", "
    }

    fn aside(&self, text: &str) -> String {
        format!(" ({text})")
    }

    fn warning(&self) -> &'static str {
        "warning"
    }

    fn error(&self) -> &'static str {
        "error"
    }

    fn request(&self, request: &Traced) -> String {
        let what = match &request.came {
            Ok((status, bytes)) => format!("{status} {bytes} bytes"),
            Err(cause) => cause.to_string(),
        };
        let Traced { method, url, .. } = request;
        format!("{method} {url} {what} {}", duration(request.took))
    }

    fn no_contact(&self) -> &'static str {
        "no contact"
    }

    fn offline(
        &self,
        heading: &str,
        cause: &Cause,
        attempts: u32,
        retry: Option<Duration>,
    ) -> String {
        let retry = retry.map(|retry| format!(", asking again in {}", duration(retry)));
        let retry = retry.unwrap_or_default();
        format!("{heading}: {cause} (failed poll {attempts}){retry}")
    }

    fn contact_again(&self) -> &'static str {
        "contact again"
    }

    fn online(&self, heading: &str, offline: Duration) -> String {
        format!("{heading} after {}", duration(offline))
    }

    fn ended(&self, verdict: &str, target: &str, elapsed: Duration) -> String {
        format!("{verdict} {target} after {}", duration(elapsed))
    }

    fn all(&self) -> &'static str {
        "all"
    }

    fn watch_again(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Interrupted(_) => "The deployment goes on. Watch it again with",
            _ => "Watch it again with",
        }
    }

    fn units(&self, count: usize, kind: Option<UnitKind>) -> String {
        let noun = kind.map_or("unit", UnitKind::word);
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {noun}{plural}")
    }

    fn count(&self, state: UnitState, count: usize) -> String {
        format!("{count} {}", state.word())
    }

    fn done(&self, done: usize, total: usize) -> String {
        format!("{done}/{total} done")
    }

    fn batch(&self, batch: u32, batches: Option<u32>) -> String {
        match batches {
            Some(batches) => format!("batch {batch} of {batches}"),
            None => format!("batch {batch}"),
        }
    }

    fn more_failed(&self, more: usize) -> String {
        format!("… and {more} more failed")
    }

    fn more_unfinished(&self, more: usize) -> String {
        format!("… and {more} more not finished")
    }

    fn took(&self, age: Duration) -> String {
        format!(" after {}", duration(age))
    }

    fn lasts(&self, age: Duration) -> String {
        format!(" for {}", duration(age))
    }

    fn as_of(&self, age: Duration) -> String {
        format!(" (as of {} ago)", duration(age))
    }

    fn page(&self) -> &'static str {
        "Page"
    }

    fn watching(&self, target: &str, endpoint: &str, interval: Duration) -> String {
        let every = humantime::format_duration(interval);
        format!("{target} watching {endpoint}, a poll each {every}")
    }

    fn still(&self, target: &str, phase: Option<Phase>) -> String {
        let phase = phase.map_or("no answer yet", Phase::word);
        format!("{target} still {phase}")
    }

    fn unit_failed(&self, name: &str) -> String {
        format!("FAILED {name}")
    }

    fn units_failed(&self, more: usize) -> String {
        format!("FAILED {more} more")
    }

    fn once_more(&self) -> &'static str {
        " again"
    }

    fn changed(&self, counts: &str, done: &str) -> String {
        format!("changed: {counts}; {done}")
    }

    fn left(&self, left: Duration) -> String {
        format!("~{} left", duration(left))
    }

    fn no_contact_for(&self, offline: Duration) -> String {
        format!("no contact for {}", duration(offline))
    }

    fn last_good(&self, ago: Duration) -> String {
        format!(", last good answer {} ago", duration(ago))
    }

    fn no_answer_yet(&self) -> &'static str {
        "waiting for the first answer"
    }

    fn more_units(&self, more: usize, counts: &str) -> String {
        format!("… {more} more: {counts}")
    }

    fn more_deployments(&self, more: usize) -> String {
        format!("… {more} more deployments")
    }

    fn failed_title(&self, name: &str) -> String {
        format!("{name} failed")
    }

    fn because(&self) -> &'static str {
        "Reason"
    }

    fn state_column(&self) -> &'static str {
        "state"
    }

    fn units_column(&self, kind: Option<UnitKind>) -> &'static str {
        match kind {
            Some(UnitKind::Machine) => "machines",
            Some(UnitKind::Step) => "steps",
            Some(UnitKind::Component) => "components",
            None => "units",
        }
    }

    fn total(&self) -> &'static str {
        "total"
    }

    fn failed_heading(&self) -> &'static str {
        "Failed"
    }

    fn unfinished_heading(&self) -> &'static str {
        "Not finished"
    }

    fn log_heading(&self, name: &str, target: &str) -> String {
        format!("Log of {name}, {target}")
    }

    fn left_out(&self) -> &'static str {
        "Some of this report is left out: the summary of a step holds 1 MiB."
    }

    fn cannot_write(&self, error: &Trouble) -> String {
        format!("cannot write the output: {error}")
    }

    fn lines_lost(&self, what: &str, lines: usize) -> String {
        format!("the reader of {what} is too slow; lines lost: {lines}")
    }
}
