//! The use of past deployments for the one that is watched, and its own record.

use super::{Emit, Watch, verdict};
use crate::clock::{Instant, Timestamp};
use crate::model::Snapshot;
use crate::outcome::Verdict;

impl Watch {
    /// Recalls how long past deployments took.
    pub(super) fn recall(&mut self) {
        let title = self.progress.title.as_deref();
        let usual = self.history.as_ref().map(|history| history.usual(title));
        self.progress.usual = usual.flatten();
    }

    /// Remembers how long a success took.
    pub(super) fn learn(&self, snapshot: &Snapshot, now: Instant) {
        if let (Some(history), Some(Verdict::Succeeded), Some(took)) = (
            &self.history,
            self.verdict(),
            self.progress.run_time.took(snapshot.took),
        ) {
            let units = self.progress.unit_durations(now);
            history.learn(self.progress.title.as_deref(), took, units);
        }
    }

    /// When it will have taken twice as long as the longest of the past deployments that are remembered.
    pub(super) fn overdue(&self) -> Option<Instant> {
        let usual = self.progress.usual.as_ref().filter(|_| !self.is_overdue)?;
        let limit = usual.longest.saturating_mul(2);
        self.progress.run_time.reaches(limit)
    }

    /// Says once that it has taken so long.
    pub(crate) fn warn_overdue(&mut self, now: Timestamp, emit: Emit<'_>) {
        let is_due = self.outcome.is_none() && self.overdue().is_some_and(|at| at <= now.instant);
        if let Some(usual) = self.progress.usual.clone().filter(|_| is_due) {
            self.is_overdue = true;
            self.warn(&verdict::overdue(usual.longest), now, emit);
        }
    }
}
