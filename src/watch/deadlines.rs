//! The moments at which time itself makes a watch do something: the next poll, the deadlines that end it, among
//! them how long polls may fail, and the warning that it takes long.

use std::time::Duration;

use super::{Emit, Watch, verdict};
use crate::clock::{Instant, Timestamp};
use crate::poll::PollError;
use crate::progress::Offline;

/// How long polls may fail in a row where `--max-offline` is not given.
pub(super) const MAX_OFFLINE: Duration = Duration::from_secs(5 * 60);
/// How long after the start a first good response may take where the endpoint may be wrong: a wrong one
/// must not cost five minutes.
const FIRST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the answer to the last poll of the offline budget is waited for.
const FINAL_POLL_TIMEOUT: Duration = Duration::from_millis(500);

impl Watch {
    /// When to call `advance` at the latest.
    pub(crate) fn wake(&self) -> Option<Instant> {
        let poll = self.schedule.next;
        let ends = [self.time_up(), self.stalled(), self.lost(), self.overdue()];
        ends.into_iter().chain([poll]).flatten().min()
    }

    /// Lets time pass: ends the watch where a deadline is over.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        let due = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now.instant);
        if due(self.time_up()) {
            let limit = self.options.timeout.unwrap_or_default();
            self.end(verdict::timed_out(limit, self.progress.phase), now);
        } else if due(self.stalled()) {
            let limit = self.options.stall_timeout.unwrap_or_default();
            self.end(verdict::stalled(limit), now);
        } else if due(self.lost()) {
            self.lose(now);
        }
    }

    pub(super) fn time_up(&self) -> Option<Instant> {
        Some(self.progress.started.after(self.options.timeout?))
    }

    fn stalled(&self) -> Option<Instant> {
        Some(self.progress.last_change.after(self.options.stall_timeout?))
    }

    /// Ends the watch because polls have failed for too long.
    pub(super) fn lose(&mut self, now: Timestamp) {
        if let Some(offline) = &self.progress.offline {
            let span = now.instant.since(offline.since);
            let endpoint = self.options.max_offline.is_none() && self.is_endpoint_in_doubt(offline);
            self.end(verdict::lost(span, &offline.error, endpoint), now);
        }
    }

    /// When it will have taken twice as long as the longest of the past deployments that are remembered.
    fn overdue(&self) -> Option<Instant> {
        let usual = self.progress.usual.as_ref().filter(|_| !self.is_overdue)?;
        let limit = usual.longest.saturating_mul(2);
        self.progress.run_time.reaches(limit)
    }

    /// Says once that it has taken so long.
    pub(super) fn warn_overdue(&mut self, now: Timestamp, emit: Emit<'_>) {
        let is_due = self.outcome.is_none() && self.overdue().is_some_and(|at| at <= now.instant);
        if let Some(usual) = self.progress.usual.clone().filter(|_| is_due) {
            self.is_overdue = true;
            self.warn(&verdict::overdue(usual.longest), now, emit);
        }
    }

    /// When the offline budget ends.
    pub(super) fn budget_end(&self, offline: &Offline) -> Instant {
        match (self.awaited_until(&offline.error), self.options.max_offline) {
            (Some(until), _) => until,
            (None, Some(limit)) => offline.since.after(limit),
            (None, None) if self.is_endpoint_in_doubt(offline) => {
                self.progress.started.after(FIRST_RESPONSE_TIMEOUT)
            }
            (None, None) => offline.since.after(MAX_OFFLINE),
        }
    }

    /// Whether no good response has come yet, and a wrong endpoint fails like the last poll.
    fn is_endpoint_in_doubt(&self, offline: &Offline) -> bool {
        self.last.is_none() && offline.error.endpoint_in_doubt
    }

    /// When contact counts as lost: at the end of the budget. A wait that would outlast it is cut
    /// to that moment, and the poll that begins there gets a short time for its answer.
    fn lost(&self) -> Option<Instant> {
        let end = self.budget_end(self.progress.offline.as_ref()?);
        let began = self.schedule.began()?;
        Some(match began < end {
            true => end,
            false => began.after(FINAL_POLL_TIMEOUT),
        })
    }

    /// Until when `--wait-for-start` waits after this error: none where it does not say that nothing is there yet.
    pub(super) fn awaited_until(&self, error: &PollError) -> Option<Instant> {
        let patience = self.options.wait_for_start?;
        let is_awaited = self.last.is_none() && error.is_absent();
        is_awaited.then(|| self.progress.started.after(patience))
    }
}
