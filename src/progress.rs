//! The progress of a deployment: the units seen so far and the figures that are shown. For display only:
//! a verdict depends on the responses themselves.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Instant, Timestamp};
use crate::history::Usual;
use crate::message::Message;
use crate::model::{Phase, Snapshot, StateCounts, Unit, UnitKind, UnitState};
use crate::poll::PollError;

mod estimate;
mod run_time;

use estimate::median;
use run_time::RunTime;

/// The median duration is that of this many units.
const MAX_SAMPLE: usize = 499;
/// Outages and pauses that are remembered.
const MAX_GAPS: usize = 500;
/// Maximum number of units remembered beyond those of the latest response: a provider that names new
/// ones in each response cannot fill the memory.
const MAX_REMEMBERED: usize = 200_000;

/// The progress of one target.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Its name in events.
    pub(crate) target: Arc<str>,
    pub(crate) started: Instant,
    /// Time between polls.
    pub(crate) interval: Duration,
    /// None until the first good poll.
    pub(crate) phase: Option<Phase>,
    pub(crate) message: Option<Message>,
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
    pub(crate) percent: Option<u8>,
    /// Its page in the provider's console.
    pub(crate) url: Option<Arc<str>>,
    /// The end of its own log, if it failed, none of its units did, and the log was fetched.
    pub(crate) log: Option<Vec<String>>,
    /// At the end of a failed deployment: what to pass to see its log, if an option is missing for that.
    pub(crate) log_hint: Option<Message>,
    /// The provider's own name of the deployment.
    pub(crate) title: Option<Arc<str>>,
    /// How long past deployments of it took.
    pub(crate) usual: Option<Arc<Usual>>,
    pub(crate) run_time: RunTime,
    /// When the last good response came.
    pub(crate) last_good: Option<Instant>,
    /// When the phase, the state of a unit or a count last changed; at first when the watch began.
    pub(crate) last_change: Instant,
    /// Whether the watch of the target has ended.
    pub(crate) over: bool,
    /// While polls fail.
    pub(crate) offline: Option<Offline>,
    /// Times that polls failed and succeeded again, and how long they failed in all.
    pub(crate) outages: u32,
    pub(crate) offline_time: Duration,
    /// Times in which polls failed or the deployment was paused, the last [`MAX_GAPS`].
    gaps: VecDeque<Gap>,
    paused_since: Option<Instant>,
    /// The run that the units belong to.
    run: Option<Arc<str>>,
    /// All units, first seen first.
    pub(crate) units: Vec<TrackedUnit>,
    /// The index of each unit by id. Built once a response changes the order of the units.
    index_by_id: Option<HashMap<Arc<str>, usize>>,
    /// The number of units in each state.
    pub(crate) by_state: StateCounts,
    /// The median of the durations of units that succeeded.
    median_duration: Option<Duration>,
    /// Units that ended during the watch; earlier ones do not count for the pace.
    ended_here: usize,
    /// The time in which units ran or ended, without waits for a person or a queue.
    active_time: Duration,
    /// When the last response came that differed from the one before it.
    compared: Option<Instant>,
}

/// How much of the deployment is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Units that ended in any way.
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// The provider's own figure.
    pub(crate) percent: Option<u8>,
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
}

impl Counts {
    /// The part that is done, from 0 to 1; none if there is nothing to count.
    pub(crate) fn fraction(self) -> Option<f64> {
        match self.percent {
            Some(percent) => Some(f64::from(percent) / 100.0),
            None => (self.total > 0).then(|| self.done as f64 / self.total as f64),
        }
    }
}

/// A series of failed polls.
#[derive(Clone, Debug)]
pub(crate) struct Offline {
    /// When the first of them failed.
    pub(crate) since: Instant,
    pub(crate) attempts: u32,
    /// The error of the last one.
    pub(crate) error: PollError,
}

/// A time in which the deployment could not be seen, or waited for a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) kind: GapKind,
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GapKind {
    Outage,
    Pause,
}

/// A unit and what was observed of it.
#[derive(Debug)]
pub(crate) struct TrackedUnit {
    pub(crate) unit: Unit,
    /// The end of its log, if it failed and the log was fetched.
    pub(crate) log: Option<Vec<String>>,
    /// When it was first seen running.
    running: Option<Instant>,
    /// When it was first seen ended.
    pub(crate) ended: Option<Instant>,
    /// Whether it ran again after it had ended.
    is_retried: bool,
    /// When a response last named it; not updated by a response that is the same as the one before.
    last_reported: Instant,
}

impl TrackedUnit {
    /// From when to when it ran, up to `now` if it has not ended. One that was never seen running has the
    /// moment of its end; none if that was not seen either.
    pub(crate) fn span(&self, now: Instant) -> Option<(Instant, Instant)> {
        let begin = self.running.or(self.ended)?;
        Some((begin, self.ended.unwrap_or(now)))
    }

    /// How long it has been running, or ran; none if it was never seen running.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        let end = self.ended.unwrap_or(now);
        self.running.map(|since| end.since(since))
    }
}

/// A unit that changed: its index and its previous state (none for a new unit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) index: usize,
    pub(crate) from: Option<UnitState>,
}

impl Progress {
    /// The progress of `target` before the first response.
    pub(crate) fn new(target: Arc<str>, started: Instant) -> Self {
        Self {
            target,
            started,
            last_change: started,
            ..Self::default()
        }
    }

    /// Updates the units from a response and returns those that changed, in the order of the response. A
    /// unit that the response does not name keeps its last state.
    pub(crate) fn take_units(&mut self, snapshot: &Snapshot, now: Timestamp) -> Vec<Change> {
        let at = now.instant;
        if snapshot.run.is_some() && self.run != snapshot.run {
            if self.run.is_some() {
                self.units.clear();
                self.index_by_id = None;
                self.by_state = StateCounts::default();
                self.ended_here = 0;
                self.active_time = Duration::ZERO;
                self.run_time = RunTime::joined(at);
            }
            self.run.clone_from(&snapshot.run);
        }
        let mut changes = Vec::new();
        let (ran, ended) = (self.count(UnitState::Running) > 0, self.ended_here);
        let mut expected = 0;
        for (place, unit) in snapshot.units.iter().enumerate() {
            let known = self.index_of(unit, expected, place);
            if known.is_none() && self.units.len() >= snapshot.units.len() + MAX_REMEMBERED {
                continue;
            }
            let index = known.unwrap_or_else(|| self.add(unit));
            expected = index + 1;
            let tracked = &mut self.units[index];
            tracked.last_reported = at;
            if known.is_some() && tracked.unit == *unit {
                continue;
            }
            let before = mem::replace(&mut tracked.unit, Arc::clone(unit));
            let from = known.map(|_| before.state);
            if from != Some(unit.state) {
                self.enter(index, from, now);
            }
            changes.push(Change { index, from });
        }
        if ran || self.ended_here > ended {
            self.active_time += self.since_compared(at);
        }
        self.compared = Some(at);
        let succeeded = self.in_state(UnitState::Succeeded).take(MAX_SAMPLE);
        self.median_duration = median(succeeded.filter_map(|(_, tracked)| tracked.age(at)));
        changes
    }

    /// The index of the unit at `place` of a response. Responses keep their order, so that it is nearly always the
    /// `expected` one.
    fn index_of(&mut self, unit: &Unit, expected: usize, place: usize) -> Option<usize> {
        let units = &self.units;
        let is_it = |at: &TrackedUnit| Arc::ptr_eq(&at.unit, unit) || at.unit.id == unit.id;
        if units.get(expected).is_some_and(is_it) {
            return Some(expected);
        }
        // The ids of one response are unique: it has named so many that it has named all that are known.
        if place == units.len() {
            return None;
        }
        let index_by_id = self.index_by_id.get_or_insert_with(|| {
            let ids = units.iter().map(|tracked| Arc::clone(&tracked.unit.id));
            ids.zip(0..).collect()
        });
        index_by_id.get(&unit.id).copied()
    }

    /// Adds a unit and returns its index.
    fn add(&mut self, unit: &Unit) -> usize {
        let index = self.units.len();
        if let Some(index_by_id) = &mut self.index_by_id {
            index_by_id.insert(Arc::clone(&unit.id), index);
        }
        self.units.push(TrackedUnit {
            unit: Arc::clone(unit),
            log: None,
            running: None,
            ended: None,
            is_retried: false,
            last_reported: Instant::default(),
        });
        index
    }

    /// Updates the counts, and the times of a unit whose state has changed.
    fn enter(&mut self, index: usize, from: Option<UnitState>, now: Timestamp) {
        let at = now.instant;
        let tracked = &mut self.units[index];
        let state = tracked.unit.state;
        if let Some(from) = from {
            self.by_state[from as usize] -= 1;
        }
        self.by_state[state as usize] += 1;
        let was_over = from.is_some_and(UnitState::ended);
        // A unit that is skipped after it failed ended when it failed.
        if state.ended() && !was_over {
            tracked.ended = from.map(|_| at);
            if let (Some(began), Some(ended)) = (tracked.unit.began, tracked.unit.ended) {
                // Both are of the provider's clock, so that only their difference is used.
                let ran = ended.get().saturating_sub(began.get());
                let ran = u64::try_from(ran).unwrap_or(0);
                tracked.running = Some(at.before(Duration::from_millis(ran)));
                tracked.ended = Some(at);
            }
            self.ended_here += usize::from(from.is_some());
        } else if was_over && !state.ended() {
            // Another attempt has an age of its own.
            tracked.is_retried = true;
            tracked.running = None;
            if tracked.ended.take().is_some() {
                self.ended_here = self.ended_here.saturating_sub(1);
            }
        }
        if state == UnitState::Running && tracked.running.is_none() {
            let began = tracked.unit.began.map(|began| now.instant_of(began.get()));
            tracked.running = Some(began.unwrap_or(at));
        }
    }

    /// Keeps the end of the log of a failed unit, or of the deployment itself.
    pub(crate) fn take_log(&mut self, index: Option<usize>, lines: Vec<String>) {
        match index {
            Some(index) => self.units[index].log = Some(lines),
            None => self.log = Some(lines),
        }
    }

    pub(crate) fn unit(&self, index: usize) -> &TrackedUnit {
        &self.units[index]
    }

    pub(crate) fn count(&self, state: UnitState) -> usize {
        self.by_state[state as usize]
    }

    /// The number of units that have ended in any way.
    pub(crate) fn done(&self) -> usize {
        let ended = UnitState::ALL.into_iter().filter(|state| state.ended());
        ended.map(|state| self.count(state)).sum()
    }

    pub(crate) fn total(&self) -> usize {
        self.units.len()
    }

    /// Whether the units are the jobs of a run, and what these bring in.
    pub(crate) fn has_jobs(&self) -> bool {
        let first = self.units.first();
        first.is_some_and(|tracked| tracked.unit.kind == UnitKind::Job)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            done: self.done(),
            total: self.total(),
            percent: self.percent,
            batch: self.batch,
            batches: self.batches,
        }
    }

    /// The units in `state` with their indices, first seen first.
    fn in_state(&self, state: UnitState) -> impl Iterator<Item = (usize, &TrackedUnit)> + Clone {
        let units = self.units.iter().enumerate();
        let units = units.filter(move |(_, tracked)| tracked.unit.state == state);
        units.take(self.count(state))
    }

    /// The indices of the failed units, first seen first.
    pub(crate) fn failed(&self) -> impl Iterator<Item = usize> {
        self.in_state(UnitState::Failed).map(|(index, _)| index)
    }

    /// The failed units, first seen first.
    pub(crate) fn failed_units(&self) -> impl Iterator<Item = &TrackedUnit> {
        self.in_state(UnitState::Failed).map(|(_, tracked)| tracked)
    }

    /// The units that ran again after they had ended, first seen first.
    pub(crate) fn retried_units(&self) -> impl Iterator<Item = &TrackedUnit> {
        self.units.iter().filter(|tracked| tracked.is_retried)
    }

    /// The indices of the running units, longest running first.
    pub(crate) fn running(&self) -> impl Iterator<Item = usize> {
        let mut running = Vec::from_iter(self.in_state(UnitState::Running));
        running.sort_by_key(|(_, tracked)| tracked.running);
        running.into_iter().map(|(index, _)| index)
    }

    pub(crate) fn enter_phase(&mut self, phase: Phase, now: Instant) {
        self.phase = Some(phase);
        if phase.is_paused() {
            self.paused_since.get_or_insert(now);
        } else if let Some(since) = self.paused_since.take() {
            self.add_gap(GapKind::Pause, since, now);
        }
    }

    fn add_gap(&mut self, kind: GapKind, from: Instant, to: Instant) {
        self.gaps.push_back(Gap { kind, from, to });
        if self.gaps.len() > MAX_GAPS {
            self.gaps.pop_front();
        }
    }

    /// The outages and pauses, the one at hand included.
    pub(crate) fn gaps(&self, now: Instant) -> Vec<Gap> {
        let outage = self.offline.as_ref().map(|offline| offline.since);
        let open = [
            (GapKind::Outage, outage),
            (GapKind::Pause, self.paused_since),
        ];
        let open = open.into_iter().filter_map(|(kind, from)| {
            let (from, to) = (from?, now);
            Some(Gap { kind, from, to })
        });
        self.gaps.iter().copied().chain(open).collect()
    }

    /// Takes down that polls succeed again, and returns how long they failed.
    pub(crate) fn end_outage(&mut self, now: Instant) -> Option<Duration> {
        let since = self.offline.take()?.since;
        let offline = now.since(since);
        self.add_gap(GapKind::Outage, since, now);
        self.outages += 1;
        self.offline_time += offline;
        Some(offline)
    }

    /// The age of the unit's state, if a poll since then did not confirm it.
    pub(crate) fn state_age(&self, tracked: &TrackedUnit, now: Instant) -> Option<Duration> {
        // A response that is the same as the one before is not compared with the units.
        let is_current = Some(tracked.last_reported) == self.compared;
        let confirmed = self.last_good.filter(|_| is_current);
        let age = now.since(confirmed.unwrap_or(tracked.last_reported));
        (age >= self.interval.max(Duration::from_secs(1))).then_some(age)
    }

    fn since_compared(&self, now: Instant) -> Duration {
        let compared = self.compared;
        compared.map_or(Duration::ZERO, |compared| now.since(compared))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroI64;

    use super::*;
    use crate::units::UnitsBuilder;
    use UnitState::{Failed, Pending, Running, Skipped, Succeeded};

    fn snapshot(units: &[(&str, UnitState)]) -> Snapshot {
        let mut list = UnitsBuilder::of_test(UnitKind::Machine);
        for (id, state) in units {
            list.push(id, id, None, *state, None);
        }
        Snapshot {
            units: list.finish(),
            ..Snapshot::new(Phase::Running)
        }
    }

    fn progress(polls: &[&[(&str, UnitState)]]) -> Progress {
        let mut progress = Progress::new("t".into(), Instant::at(0.0));
        for (second, units) in polls.iter().enumerate() {
            let now = Timestamp::at(second as f64);
            progress.take_units(&snapshot(units), now);
            progress.phase = Some(Phase::Running);
            progress.last_good = Some(now.instant);
            assert_is_counted(&progress);
        }
        progress
    }

    /// The derived counts agree with the states.
    fn assert_is_counted(progress: &Progress) {
        let in_state = |state| {
            let units = progress.units.iter().enumerate();
            let units = units.filter(move |(_, tracked)| tracked.unit.state == state);
            units.map(|(index, _)| index).collect::<Vec<_>>()
        };
        for state in UnitState::ALL {
            assert_eq!(progress.count(state), in_state(state).len(), "{state:?}");
        }
        assert_eq!(Vec::from_iter(progress.failed()), in_state(Failed));
        let mut running = Vec::from_iter(progress.running());
        running.sort_unstable();
        assert_eq!(running, in_state(Running));
    }

    #[test]
    fn a_unit_that_disappears_keeps_its_last_state() {
        let progress = progress(&[
            &[("a", Succeeded), ("b", Running)],
            &[("b", Running), ("c", Pending)],
            &[("c", Running)],
        ]);
        let states: Vec<_> = progress
            .units
            .iter()
            .map(|tracked| (&*tracked.unit.id, tracked.unit.state))
            .collect();
        assert_eq!(states, [("a", Succeeded), ("b", Running), ("c", Running)]);
        let state_age = |index| progress.state_age(progress.unit(index), Instant::at(4.0));
        assert_eq!(state_age(1), Some(Duration::from_secs(3)));
        assert_eq!(state_age(2), Some(Duration::from_secs(2)));
        assert_eq!((progress.done(), progress.total()), (1, 3));
    }

    #[test]
    fn only_what_changed_is_a_change() {
        let mut progress = progress(&[&[("a", Running), ("b", Pending)]]);
        let changes = progress.take_units(
            &snapshot(&[("a", Succeeded), ("b", Pending), ("c", Pending)]),
            Timestamp::at(1.0),
        );
        assert_eq!(
            changes,
            [
                Change {
                    index: 0,
                    from: Some(Running)
                },
                Change {
                    index: 2,
                    from: None
                },
            ]
        );
    }

    #[test]
    fn a_retried_unit_is_no_failure_and_has_an_age_of_its_own() {
        let progress = progress(&[
            &[("a", Running)],
            &[("a", Failed)],
            &[("a", Failed)],
            &[("a", Running)],
            &[("a", Running)],
        ]);
        assert_eq!(progress.failed().count(), 0);
        assert_eq!(progress.running().collect::<Vec<_>>(), [0]);
        let age = progress.unit(0).age(Instant::at(4.0));
        assert_eq!(age, Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_time_left_is_guessed_from_three_units_that_ended_here() {
        let two = progress(&[
            &[
                ("a", Running),
                ("b", Running),
                ("c", Running),
                ("d", Succeeded),
            ],
            &[
                ("a", Succeeded),
                ("b", Succeeded),
                ("c", Running),
                ("d", Succeeded),
            ],
        ]);
        assert_eq!(two.eta(Instant::at(2.0)), None);
        let three = progress(&[
            &[
                ("a", Running),
                ("b", Running),
                ("c", Running),
                ("d", Pending),
            ],
            &[
                ("a", Succeeded),
                ("b", Succeeded),
                ("c", Running),
                ("d", Pending),
            ],
            &[
                ("a", Succeeded),
                ("b", Succeeded),
                ("c", Succeeded),
                ("d", Pending),
            ],
        ]);
        assert_eq!(three.median_duration, Some(Duration::from_secs(1)));
        let eta = three.eta(Instant::at(3.0)).expect("a guess");
        assert_eq!(eta.as_millis(), 666, "in two seconds three ended");
        let mut lost = three;
        lost.offline = Some(Offline {
            since: Instant::at(3.0),
            attempts: 1,
            error: PollError::retryable(Message::verbatim("no"), None),
        });
        assert_eq!(lost.eta(Instant::at(4.0)), None);
    }

    #[test]
    fn the_time_left_is_guessed_from_when_the_units_began() {
        let waits: &[(&str, UnitState)] = &[
            ("a", Pending),
            ("b", Pending),
            ("c", Pending),
            ("d", Pending),
        ];
        let mut polls = vec![waits; 100];
        polls.push(&[
            ("a", Running),
            ("b", Running),
            ("c", Running),
            ("d", Pending),
        ]);
        polls.push(&[
            ("a", Succeeded),
            ("b", Succeeded),
            ("c", Succeeded),
            ("d", Pending),
        ]);
        // A pause after the first batch, and a unit that is faster than the polls.
        let paused: &[(&str, UnitState)] = &[
            ("a", Succeeded),
            ("b", Succeeded),
            ("c", Succeeded),
            ("d", Pending),
        ];
        polls.extend([paused; 100]);
        let waited = progress(&polls);
        let eta = waited.eta(Instant::at(203.0)).expect("a guess");
        assert_eq!(eta.as_millis(), 333, "in a second three ended");
    }

    #[test]
    fn units_that_nobody_saw_run_have_a_pace() {
        let fast = progress(&[
            &[
                ("a", Pending),
                ("b", Pending),
                ("c", Pending),
                ("d", Pending),
            ],
            &[
                ("a", Succeeded),
                ("b", Succeeded),
                ("c", Succeeded),
                ("d", Pending),
            ],
            &[
                ("a", Succeeded),
                ("b", Succeeded),
                ("c", Succeeded),
                ("d", Running),
            ],
        ]);
        let eta = fast.eta(Instant::at(2.0)).expect("a guess");
        assert_eq!(eta.as_millis(), 333);
    }

    #[test]
    fn a_failed_unit_that_is_skipped_ended_when_it_failed() {
        let progress = progress(&[
            &[("a", Running), ("b", Succeeded)],
            &[("a", Failed), ("b", Succeeded)],
            &[("a", Skipped), ("b", Running)],
        ]);
        let age = progress.unit(0).age(Instant::at(9.0));
        assert_eq!(age, Some(Duration::from_secs(1)));
        assert_eq!(progress.ended_here, 1, "b ended before it was watched");
    }

    #[test]
    fn another_run_starts_with_no_units() {
        let of_run = |run: Option<&str>, units| Snapshot {
            run: run.map(Into::into),
            ..snapshot(units)
        };
        let mut progress = Progress::new("t".into(), Instant::at(0.0));
        progress.take_units(
            &of_run(Some("1"), &[("a", Failed), ("b", Running)]),
            Timestamp::at(0.0),
        );
        // An answer that does not say which run it is does not begin another.
        progress.take_units(&of_run(None, &[]), Timestamp::at(1.0));
        assert_eq!((progress.done(), progress.total()), (1, 2));
        let changes =
            progress.take_units(&of_run(Some("2"), &[("b", Pending)]), Timestamp::at(2.0));
        assert_eq!(
            changes,
            [Change {
                index: 0,
                from: None
            }]
        );
        assert_eq!((progress.done(), progress.total()), (0, 1));
        assert_eq!(progress.failed().count() + progress.running().count(), 0);
    }

    #[test]
    fn the_providers_own_times_give_the_age() {
        let timed = |state, began: Option<i64>, ended: Option<i64>| {
            let mut snapshot = snapshot(&[("a", state)]);
            let time = |time: Option<i64>| time.and_then(NonZeroI64::new);
            let (began, ended) = (time(began), time(ended));
            let unit = Arc::make_mut(&mut snapshot.units[0]);
            (unit.began, unit.ended) = (began, ended);
            snapshot
        };
        let mut progress = Progress::new("t".into(), Instant::at(100.0));
        progress.take_units(&timed(Running, Some(40_000), None), Timestamp::at(100.0));
        let age = |progress: &Progress, at| progress.unit(0).age(Instant::at(at));
        assert_eq!(age(&progress, 102.0), Some(Duration::from_secs(62)));
        progress.take_units(
            &timed(Succeeded, Some(40_000), Some(55_000)),
            Timestamp::at(103.0),
        );
        assert_eq!(age(&progress, 110.0), Some(Duration::from_secs(15)));
        // A clock that is ahead of this one's must not make a negative age.
        let mut progress = Progress::new("t".into(), Instant::at(100.0));
        progress.take_units(&timed(Running, Some(500_000), None), Timestamp::at(100.0));
        assert_eq!(age(&progress, 101.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn units_without_end_do_not_fill_the_memory() {
        let mut progress = Progress::new("t".into(), Instant::at(0.0));
        for poll in 0..25_u32 {
            let mut list = UnitsBuilder::of_test(UnitKind::Machine);
            for unit in 0..10_000 {
                let id = format!("{poll}-{unit}");
                list.push(&id, &id, None, Running, None);
            }
            let snapshot = Snapshot {
                units: list.finish(),
                ..Snapshot::new(Phase::Running)
            };
            progress.take_units(&snapshot, Timestamp::at(f64::from(poll)));
        }
        assert_eq!(progress.total(), MAX_REMEMBERED + 10_000);
    }
}
