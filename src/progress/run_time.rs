//! How long a deployment has been running, as far as the watch can tell.

use std::time::Duration;

use crate::clock::{Instant, Timestamp};
use crate::model::{Phase, Snapshot, Unit, UnitState};

/// A duration may be off by a fifth, a short one by this much.
const DOUBT: Duration = Duration::from_secs(10);
/// The longest duration that counts: beyond it a clock is probably wrong.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The time from a deployment's begin to its end, without the pauses in which it waited for a person.
#[derive(Debug, Default)]
pub(crate) struct RunTime {
    /// When it began; where that was not seen, when it was first seen not to be waiting.
    begin: Option<Instant>,
    /// Whether it was seen from its begin, or nearly so.
    pub(super) is_whole: bool,
    /// How much the begin and the end may be off together.
    doubt: Duration,
    paused: Duration,
    is_paused: bool,
    /// When the last good response came.
    seen: Option<Instant>,
    /// When it was first seen ended.
    ended: Option<Instant>,
}

impl RunTime {
    /// That of a run that took another one's place, whose begin was not seen.
    pub(super) fn joined(at: Instant) -> Self {
        Self {
            begin: Some(at),
            ..Self::default()
        }
    }

    /// Takes a good response, in which the deployment is in this phase.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot, phase: Phase, now: Timestamp) {
        let at = now.instant;
        let gap = self.seen.map_or(Duration::ZERO, |seen| at.since(seen));
        if self.is_paused && self.begin.is_some() {
            self.paused += gap;
        }
        self.is_paused = phase.is_paused();
        if self.begin.is_none()
            && let Some((begin, is_whole)) = self.find_begin(snapshot, phase, now)
        {
            (self.begin, self.is_whole) = (Some(begin), is_whole);
            self.doubt = gap.max(at.since(begin));
        }
        if !snapshot.has_ended() {
            self.ended = None;
        } else if self.ended.is_none() {
            self.ended = Some(at);
            self.doubt += gap;
        }
        self.seen = Some(at);
    }

    /// The begin of a deployment that had not begun in the response before, or of which this is the first, and
    /// whether that is its begin; none while it has not begun.
    fn find_begin(
        &self,
        snapshot: &Snapshot,
        phase: Phase,
        now: Timestamp,
    ) -> Option<(Instant, bool)> {
        let is_first = self.seen.is_none();
        let has_progressed = snapshot.units.iter().any(|unit| unit.state.ended());
        match phase {
            Phase::Pending => None,
            _ if snapshot.has_ended() => Some((now.instant, false)),
            // The gate before it.
            Phase::Paused if !is_first && !has_progressed => None,
            Phase::Running if !is_first => Some((now.instant, true)),
            // In a later batch it may have been paused before.
            Phase::Running if !has_progressed && snapshot.batch.is_none_or(|batch| batch <= 1) => {
                let stated = stated(snapshot, now);
                Some((stated.unwrap_or(now.instant), stated.is_some()))
            }
            _ => Some((now.instant, false)),
        }
    }

    /// How long it has been running; none where its begin is not known.
    pub(crate) fn elapsed(&self, now: Instant) -> Option<Duration> {
        let begin = self.begin.filter(|_| self.is_whole)?;
        let paused_since = self.seen.filter(|_| self.is_paused);
        let to = self.ended.or(paused_since).unwrap_or(now);
        Some(to.since(begin).saturating_sub(self.paused))
    }

    /// When it will have been running for `span`, or longer where its begin is not known; none while it does
    /// not run.
    pub(crate) fn reaches(&self, span: Duration) -> Option<Instant> {
        let runs = !self.is_paused && self.ended.is_none();
        let begin = self.begin.filter(|_| runs)?;
        Some(begin.after(self.paused).after(span))
    }

    /// How long it took: `stated` by the provider's own clock, or as it was seen. None where its end alone was
    /// seen, or where that may be far off.
    pub(crate) fn took(&self, stated: Option<Duration>) -> Option<Duration> {
        let ended = self
            .ended
            .filter(|ended| self.begin.is_some_and(|begin| begin < *ended))?;
        let seen = || {
            let took = self.elapsed(ended)?;
            (self.doubt <= DOUBT.max(took / 5)).then_some(took)
        };
        let took = stated.or_else(seen)?;
        (!took.is_zero() && took <= LONGEST).then_some(took)
    }
}

/// When it began, where the response that first shows it running says so: by the provider's clock, or by units
/// none of which has begun.
fn stated(snapshot: &Snapshot, now: Timestamp) -> Option<Instant> {
    let mut units = snapshot.units.iter();
    let began = units.clone().filter_map(|unit| unit.began).min();
    let waits = |unit: &Unit| matches!(unit.state, UnitState::Pending | UnitState::Queued);
    match snapshot.began.or(began) {
        Some(began) => Some(now.instant_of(began.get())),
        None => (units.len() > 0 && units.all(waits)).then_some(now.instant),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroI64;

    use super::*;
    use crate::model::UnitKind;
    use crate::units::UnitsBuilder;
    use Phase::{Paused, Pending, Running, Succeeded};

    fn snapshot(phase: Phase, done: usize, began: Option<f64>) -> Snapshot {
        let mut units = UnitsBuilder::of_test(UnitKind::Machine);
        for index in 0..3 {
            let state = if index < done {
                UnitState::Succeeded
            } else {
                UnitState::Running
            };
            units.push(&index.to_string(), "m", None, state, None);
        }
        Snapshot {
            units: units.finish(),
            began: began.and_then(|began| NonZeroI64::new((began * 1000.0) as i64)),
            ..Snapshot::new(phase)
        }
    }

    fn seconds(seconds: f64) -> Option<Duration> {
        Some(Duration::from_secs_f64(seconds))
    }

    /// What is known after responses: each comes at its second, with its phase and the units that are done.
    fn seen(responses: &[(f64, Phase, usize)], began: Option<f64>) -> RunTime {
        let mut time = RunTime::default();
        for &(at, phase, done) in responses {
            time.observe(&snapshot(phase, done, began), phase, Timestamp::at(at));
        }
        time
    }

    #[test]
    fn a_deployment_is_measured_from_its_begin_to_its_end_without_pauses() {
        for (responses, began, took) in [
            // It was waited for.
            (
                &[
                    (0.0, Pending, 0),
                    (90.0, Pending, 0),
                    (93.0, Running, 0),
                    (96.0, Succeeded, 3),
                ][..],
                None,
                seconds(3.0),
            ),
            // A gate before it, and a pause between two batches.
            (
                &[
                    (0.0, Pending, 0),
                    (3.0, Paused, 0),
                    (98.0, Paused, 0),
                    (99.0, Running, 0),
                    (100.0, Paused, 1),
                    (500.0, Running, 1),
                    (509.0, Succeeded, 3),
                ],
                None,
                seconds(10.0),
            ),
            // The provider says when it began.
            (
                &[(60.0, Running, 0), (63.0, Running, 2), (66.0, Succeeded, 3)],
                Some(55.0),
                seconds(11.0),
            ),
            // It joined late, whatever the provider says.
            (&[(60.0, Running, 0), (66.0, Succeeded, 3)], None, None),
            (
                &[(60.0, Running, 1), (66.0, Succeeded, 3)],
                Some(55.0),
                None,
            ),
            (
                &[(60.0, Paused, 0), (63.0, Running, 0), (66.0, Succeeded, 3)],
                Some(55.0),
                None,
            ),
            (
                &[(60.0, Running, 0), (66.0, Succeeded, 3)],
                Some(10.0),
                None,
            ),
            // It had ended before, or was never seen running.
            (&[(60.0, Succeeded, 3)], Some(55.0), None),
            (
                &[(60.0, Pending, 0), (63.0, Succeeded, 3)],
                Some(55.0),
                None,
            ),
            // Polls failed when it ended.
            (
                &[(0.0, Pending, 0), (1.0, Running, 0), (31.0, Succeeded, 3)],
                None,
                None,
            ),
            (
                &[
                    (0.0, Pending, 0),
                    (1.0, Running, 0),
                    (200.0, Running, 0),
                    (230.0, Succeeded, 3),
                ],
                None,
                seconds(229.0),
            ),
            // A clock that is decades off.
            (
                &[(2e9, Running, 0), (2e9 + 3.0, Succeeded, 3)],
                Some(1.0),
                None,
            ),
        ] {
            assert_eq!(seen(responses, began).took(None), took, "{responses:?}");
        }
    }

    #[test]
    fn the_providers_own_duration_counts_where_the_end_was_seen() {
        let late = seen(&[(60.0, Running, 2), (66.0, Succeeded, 3)], None);
        assert_eq!(late.took(seconds(42.0)), seconds(42.0));
        assert!(!late.is_whole);
        let over = seen(&[(60.0, Succeeded, 3)], None);
        assert_eq!(over.took(seconds(42.0)), None);
    }

    #[test]
    fn the_time_stands_still_in_a_pause_and_is_not_known_without_a_begin() {
        let at = Instant::at;
        let runs = seen(&[(0.0, Pending, 0), (10.0, Running, 0)], None);
        assert_eq!(runs.elapsed(at(14.0)), seconds(4.0));
        assert_eq!(runs.reaches(Duration::from_secs(20)), Some(at(30.0)));
        let paused = seen(
            &[(0.0, Pending, 0), (10.0, Running, 0), (12.0, Paused, 1)],
            None,
        );
        assert_eq!(paused.elapsed(at(99.0)), seconds(2.0));
        assert_eq!(paused.reaches(Duration::from_secs(20)), None);
        let late = seen(&[(10.0, Running, 1)], None);
        assert_eq!(late.elapsed(at(14.0)), None);
        assert_eq!(late.reaches(Duration::from_secs(20)), Some(at(30.0)));
        assert_eq!(RunTime::default().reaches(Duration::ZERO), None);
    }
}
