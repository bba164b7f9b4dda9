//! How long a deployment and its units take, by past deployments and by what was seen of this one.

use std::sync::Arc;
use std::time::Duration;

use super::{Progress, TrackedUnit};
use crate::clock::Instant;
use crate::model::{Phase, UnitState};

/// Minimum number of ended units for an estimate.
const MIN_SAMPLE: usize = 3;

impl Progress {
    /// How long a unit takes as a rule: by past deployments, else by the other units of this one.
    pub(crate) fn usual_duration(&self, tracked: &TrackedUnit) -> Option<Duration> {
        let usual = self.usual.as_ref();
        let past = usual.and_then(|usual| usual.unit(&tracked.unit.name));
        past.or(self.median_duration)
    }

    /// How long past deployments took, where that is to be said because there is no estimate.
    pub(crate) fn usual_if_open(&self) -> Option<Duration> {
        let is_open = !self.over && !self.phase.is_some_and(Phase::has_ended);
        let usual = self.usual.as_ref().filter(|_| is_open);
        usual.map(|usual| usual.took)
    }

    /// The units that succeeded, by name, and how long each took; none where not all of that was seen.
    pub(crate) fn unit_durations(&self, now: Instant) -> Vec<(Arc<str>, Duration)> {
        let units = self.units.iter().filter(|_| self.run_time.is_whole);
        let succeeded = units.filter(|tracked| {
            tracked.unit.state == UnitState::Succeeded && tracked.ended.is_some()
        });
        let durations = succeeded
            .filter_map(|tracked| Some((Arc::clone(&tracked.unit.name), tracked.age(now)?)));
        durations.collect()
    }

    /// The estimated time to the end: by past deployments while it takes no longer than they did, else from
    /// the pace of the units that ended during the watch.
    pub(crate) fn eta(&self, now: Instant) -> Option<Duration> {
        // While polls fail the current state is unknown.
        let is_known = self.phase == Some(Phase::Running) && self.offline.is_none();
        // After a failure with nothing running it may never go on.
        let is_stuck = self.count(UnitState::Running) == 0 && self.count(UnitState::Failed) > 0;
        if !is_known || is_stuck {
            return None;
        }
        let usual = self.usual.as_ref().zip(self.run_time.elapsed(now));
        let left = usual.and_then(|(usual, elapsed)| usual.took.checked_sub(elapsed));
        left.or_else(|| self.eta_by_pace(now))
    }

    fn eta_by_pace(&self, now: Instant) -> Option<Duration> {
        let open = self.total() - self.done();
        if open == 0 || self.ended_here < MIN_SAMPLE {
            return None;
        }
        let mut active_time = self.active_time;
        if self.count(UnitState::Running) > 0 {
            active_time += self.since_compared(now);
        }
        let each = active_time.as_secs_f64() / self.ended_here as f64;
        Duration::try_from_secs_f64(each * open as f64).ok()
    }
}

/// The median; none of too few.
pub(super) fn median(durations: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut durations = Vec::from_iter(durations);
    let middle = durations.len() / 2;
    (durations.len() >= MIN_SAMPLE).then(|| *durations.select_nth_unstable(middle).1)
}
