//! What a watch remembers of its deployment: every unit it has seen, since when, and the figures
//! that are shown. For display; a verdict reads the answer at hand.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::clock::{Moment, Now};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unit, UnitState};

/// How many of the last durations the usual one is taken from.
const DURATIONS: usize = 499;
/// How many of the units that ended last are known by time.
const RECENT: usize = 1000;
/// From how many finished units on the time left is guessed.
const ENOUGH: usize = 3;
/// Units remembered beyond those of the answer at hand; a provider that names new ones in every
/// answer cannot fill the memory.
const REMEMBERED: usize = 200_000;

/// The memory of one watch.
#[derive(Debug)]
pub(crate) struct Board {
    /// What is watched, as the events name it.
    pub(crate) target: Arc<str>,
    pub(crate) started: Moment,
    /// From one poll to the next.
    pub(crate) interval: Duration,
    /// None until the first good poll.
    pub(crate) phase: Option<Phase>,
    pub(crate) message: Option<Message>,
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
    pub(crate) percent: Option<u8>,
    pub(crate) url: Option<Arc<str>>,
    /// Which run the units belong to.
    run: Option<Arc<str>>,
    /// The end of the log of failed units, by place.
    logs: HashMap<usize, Vec<String>>,
    /// When the last good answer came.
    pub(crate) last_good: Option<Moment>,
    /// Whether its watch is over.
    pub(crate) over: bool,
    /// While polls fail.
    pub(crate) offline: Option<Offline>,
    units: Vec<Seen>,
    /// Where each unit is, by id. Answers keep their order as a rule, and then nobody asks: it is
    /// made when one does not.
    places: Option<HashMap<Arc<str>, usize>>,
    counts: [usize; UnitState::ALL.len()],
    failed: BTreeSet<usize>,
    running: BTreeSet<(Moment, usize)>,
    recent: VecDeque<(Moment, usize)>,
    durations: VecDeque<Duration>,
    usual: Option<Duration>,
    /// Units that ended while they were watched; those before that say nothing about the pace.
    ended_here: usize,
    /// The time in which units ran or ended; a wait for a person or a queue is none of it.
    worked: Duration,
    /// When the last answer came that was not the same as the one before it.
    compared: Option<Moment>,
}

/// How far the whole is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Figures {
    /// Units that ended in any way.
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// The provider's own.
    pub(crate) percent: Option<u8>,
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
}

/// Contact is interrupted.
#[derive(Clone, Debug)]
pub(crate) struct Offline {
    /// When the first poll of this gap failed.
    pub(crate) since: Moment,
    /// Polls that failed in this gap.
    pub(crate) attempts: u32,
    pub(crate) error: Message,
}

/// A unit and what its watching has shown.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) unit: Unit,
    /// When it was first seen running.
    running: Option<Moment>,
    /// When it was first seen ended.
    pub(crate) ended: Option<Moment>,
    /// When an answer last named it, except that an answer the same as the one before is not
    /// written into each unit.
    named: Moment,
}

impl Seen {
    /// How long it has been running, or ran; none where it was never seen running.
    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        let end = self.ended.unwrap_or(now);
        self.running.map(|since| end.since(since))
    }
}

/// A unit that changed: its place on the board and the state it had before (none at first).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) place: usize,
    pub(crate) from: Option<UnitState>,
}

impl Board {
    /// An empty board for `target`.
    pub(crate) fn new(target: Arc<str>, started: Moment) -> Self {
        Self {
            target,
            started,
            interval: Duration::ZERO,
            phase: None,
            message: None,
            batch: None,
            batches: None,
            percent: None,
            url: None,
            run: None,
            logs: HashMap::new(),
            last_good: None,
            over: false,
            offline: None,
            units: Vec::new(),
            places: None,
            counts: [0; UnitState::ALL.len()],
            failed: BTreeSet::new(),
            running: BTreeSet::new(),
            recent: VecDeque::new(),
            durations: VecDeque::new(),
            usual: None,
            ended_here: 0,
            worked: Duration::ZERO,
            compared: None,
        }
    }

    /// Takes in the units of an answer; says which changed, in the answer's order. A unit that the
    /// answer does not name keeps its last state.
    pub(crate) fn take_units(&mut self, snapshot: &Snapshot, now: Now) -> Vec<Change> {
        let at = now.moment;
        if snapshot.run.is_some() && self.run != snapshot.run {
            if self.run.is_some() {
                self.forget_units();
            }
            self.run.clone_from(&snapshot.run);
        }
        let mut changes = Vec::new();
        let (ran, ended) = (!self.running.is_empty(), self.ended_here);
        let first = self.units.is_empty();
        if first {
            self.units.reserve_exact(snapshot.units.len());
        }
        let mut expected = 0;
        for unit in &snapshot.units {
            // Answers keep their order, so the next place is nearly always the right one.
            let here = self.units.get(expected);
            let place = if here.is_some_and(|seen| seen.unit.id == unit.id) {
                Some(expected)
            } else if first {
                // The ids of one answer are unique.
                None
            } else {
                self.places().get(&unit.id).copied()
            };
            match place {
                Some(place) => {
                    changes.extend(self.update(place, unit, now));
                    expected = place + 1;
                }
                None if self.units.len() < snapshot.units.len() + REMEMBERED => {
                    changes.push(self.add(unit, now));
                    expected = self.units.len();
                }
                None => {}
            }
        }
        if ran || self.ended_here > ended {
            self.worked += self.since_compared(at);
        }
        self.compared = Some(at);
        self.settle();
        changes
    }

    fn places(&mut self) -> &HashMap<Arc<str>, usize> {
        let units = &self.units;
        self.places.get_or_insert_with(|| {
            let ids = units.iter().map(|seen| Arc::clone(&seen.unit.id));
            ids.zip(0..).collect()
        })
    }

    /// Another run has units of its own.
    fn forget_units(&mut self) {
        self.units.clear();
        self.places = None;
        self.counts = Default::default();
        self.failed.clear();
        self.running.clear();
        self.recent.clear();
        self.durations.clear();
        self.usual = None;
        self.ended_here = 0;
        self.worked = Duration::ZERO;
    }

    fn add(&mut self, unit: &Unit, now: Now) -> Change {
        let place = self.units.len();
        if let Some(places) = &mut self.places {
            places.insert(Arc::clone(&unit.id), place);
        }
        self.counts[unit.state as usize] += 1;
        self.units.push(Seen {
            unit: unit.clone(),
            running: None,
            ended: None,
            named: now.moment,
        });
        self.enter(place, None, now);
        Change { place, from: None }
    }

    fn update(&mut self, place: usize, unit: &Unit, now: Now) -> Option<Change> {
        let seen = &mut self.units[place];
        seen.named = now.moment;
        if seen.unit == *unit {
            return None;
        }
        let from = seen.unit.state;
        seen.unit = unit.clone();
        if from != unit.state {
            self.leave(place, from);
            self.counts[from as usize] -= 1;
            self.counts[unit.state as usize] += 1;
            self.enter(place, Some(from), now);
        }
        Some(Change {
            place,
            from: Some(from),
        })
    }

    fn leave(&mut self, place: usize, from: UnitState) {
        match from {
            UnitState::Failed => {
                self.failed.remove(&place);
            }
            UnitState::Running => {
                if let Some(since) = self.units[place].running {
                    self.running.remove(&(since, place));
                }
            }
            _ => {}
        }
    }

    fn enter(&mut self, place: usize, from: Option<UnitState>, now: Now) {
        let at = now.moment;
        let seen = &mut self.units[place];
        let state = seen.unit.state;
        let was_over = from.is_some_and(UnitState::ended);
        // One that a person skips after it failed ended when it failed.
        if state.ended() && !was_over {
            seen.ended = from.map(|_| at);
            if let (Some(began), Some(ended)) = (seen.unit.began, seen.unit.ended) {
                // Both by the provider's clock: their difference is the time that it ran.
                let ran = ended.get().saturating_sub(began.get());
                let ran = u64::try_from(ran).unwrap_or(0);
                seen.running = Some(at.before(Duration::from_millis(ran)));
                seen.ended = Some(at);
            }
            if let Some(since) = seen.running
                && state == UnitState::Succeeded
            {
                self.durations.push_back(at.since(since));
                if self.durations.len() > DURATIONS {
                    self.durations.pop_front();
                }
                self.usual = None;
            }
            if from.is_some() {
                self.ended_here += 1;
                self.recent.push_back((at, place));
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
            }
        } else if was_over && !state.ended() {
            // Begun again: another attempt has an age of its own.
            seen.running = None;
            if seen.ended.take().is_some() {
                self.ended_here = self.ended_here.saturating_sub(1);
            }
        }
        match state {
            UnitState::Failed => {
                self.failed.insert(place);
            }
            UnitState::Running => {
                let began = seen.unit.began.map(|began| now.moment_of(began.get()));
                let since = *seen.running.get_or_insert(began.unwrap_or(at));
                self.running.insert((since, place));
            }
            _ => {}
        }
    }

    /// Keeps the end of a failed unit's log.
    pub(crate) fn take_log(&mut self, place: usize, lines: Vec<String>) {
        self.logs.insert(place, lines);
    }

    /// The end of a failed unit's log, where it could be had.
    pub(crate) fn log(&self, place: usize) -> Option<&[String]> {
        self.logs.get(&place).map(Vec::as_slice)
    }

    /// Settles what the draws until the next answer ask for again and again.
    fn settle(&mut self) {
        if self.usual.is_none() && self.durations.len() >= ENOUGH {
            let mut sorted: Vec<_> = self.durations.iter().copied().collect();
            let middle = sorted.len() / 2;
            let (_, median, _) = sorted.select_nth_unstable(middle);
            self.usual = Some(*median);
        }
    }

    /// The unit at a place.
    pub(crate) fn unit(&self, place: usize) -> &Seen {
        &self.units[place]
    }

    /// Every unit, in the order in which they were first seen.
    pub(crate) fn units(&self) -> &[Seen] {
        &self.units
    }

    /// The number of units in `state`.
    pub(crate) fn count(&self, state: UnitState) -> usize {
        self.counts[state as usize]
    }

    /// The units that have ended in any way.
    pub(crate) fn done(&self) -> usize {
        UnitState::ALL
            .into_iter()
            .filter(|state| state.ended())
            .map(|state| self.count(state))
            .sum()
    }

    /// All units.
    pub(crate) fn total(&self) -> usize {
        self.units.len()
    }

    /// How far the whole is.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            done: self.done(),
            total: self.total(),
            percent: self.percent,
            batch: self.batch,
            batches: self.batches,
        }
    }

    /// The places of the failed units, first seen first.
    pub(crate) fn failed(&self) -> impl Iterator<Item = usize> + '_ {
        self.failed.iter().copied()
    }

    /// The places of the running units, longest running first.
    pub(crate) fn running(&self) -> impl Iterator<Item = usize> + '_ {
        self.running.iter().map(|&(_, place)| place)
    }

    /// The places of the units that ended since `since`, last ended first.
    pub(crate) fn ended_since(&self, since: Moment) -> impl Iterator<Item = usize> + '_ {
        self.recent
            .iter()
            .rev()
            .take_while(move |(at, _)| *at >= since)
            .filter(|&&(at, place)| self.units[place].ended == Some(at))
            .map(|&(_, place)| place)
    }

    /// When an answer last named the unit.
    pub(crate) fn named(&self, seen: &Seen) -> Moment {
        match self.last_good {
            Some(last_good) if Some(seen.named) == self.compared => last_good,
            _ => seen.named,
        }
    }

    /// How long a unit of this deployment usually runs: the median of those that succeeded.
    pub(crate) fn usual(&self) -> Option<Duration> {
        self.usual
    }

    fn since_compared(&self, now: Moment) -> Duration {
        self.compared
            .map_or(Duration::ZERO, |compared| now.since(compared))
    }

    /// A guess at the time left, from the pace of the units that ended while they were watched.
    pub(crate) fn left(&self, now: Moment) -> Option<Duration> {
        let open = self
            .total()
            .checked_sub(self.done())
            .filter(|&open| open > 0)?;
        // While contact is lost nobody knows how far it is.
        let is_known = self.phase == Some(Phase::Running) && self.offline.is_none();
        if self.ended_here < ENOUGH || !is_known {
            return None;
        }
        let mut worked = self.worked;
        if !self.running.is_empty() {
            worked += self.since_compared(now);
        }
        let each = worked.as_secs_f64() / self.ended_here as f64;
        Duration::try_from_secs_f64(each * open as f64).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroI64;

    use super::*;
    use crate::model::{UnitKind, Units};
    use UnitState::{Failed, Pending, Running, Skipped, Succeeded};

    fn snapshot(units: &[(&str, UnitState)]) -> Snapshot {
        let mut list = Units::of_test(UnitKind::Machine);
        for (id, state) in units {
            list.push(id, id, None, *state, None);
        }
        Snapshot {
            units: list.finish(),
            ..Snapshot::new(Phase::Running)
        }
    }

    fn board(polls: &[&[(&str, UnitState)]]) -> Board {
        let mut board = Board::new("t".into(), Moment::at(0.0));
        for (second, units) in polls.iter().enumerate() {
            let now = Now::at(second as f64);
            board.take_units(&snapshot(units), now);
            board.phase = Some(Phase::Running);
            board.last_good = Some(now.moment);
        }
        board
    }

    #[test]
    fn a_unit_that_disappears_keeps_its_last_state() {
        let board = board(&[
            &[("a", Succeeded), ("b", Running)],
            &[("b", Running), ("c", Pending)],
            &[("c", Running)],
        ]);
        let states: Vec<_> = board
            .units()
            .iter()
            .map(|seen| (&*seen.unit.id, seen.unit.state))
            .collect();
        assert_eq!(states, [("a", Succeeded), ("b", Running), ("c", Running)]);
        assert_eq!(board.named(board.unit(1)), Moment::at(1.0));
        assert_eq!((board.done(), board.total()), (1, 3));
    }

    #[test]
    fn only_what_changed_is_a_change() {
        let mut board = board(&[&[("a", Running), ("b", Pending)]]);
        let changes = board.take_units(
            &snapshot(&[("a", Succeeded), ("b", Pending), ("c", Pending)]),
            Now::at(1.0),
        );
        assert_eq!(
            changes,
            [
                Change {
                    place: 0,
                    from: Some(Running)
                },
                Change {
                    place: 2,
                    from: None
                },
            ]
        );
    }

    #[test]
    fn a_retried_unit_is_no_failure_and_has_an_age_of_its_own() {
        let board = board(&[
            &[("a", Running)],
            &[("a", Failed)],
            &[("a", Failed)],
            &[("a", Running)],
            &[("a", Running)],
        ]);
        assert_eq!(board.failed().count(), 0);
        assert_eq!(board.running().collect::<Vec<_>>(), [0]);
        let age = board.unit(0).age(Moment::at(4.0));
        assert_eq!(age, Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_time_left_is_guessed_from_three_units_that_ended_here() {
        let two = board(&[
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
        assert_eq!(two.left(Moment::at(2.0)), None);
        let three = board(&[
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
        assert_eq!(three.usual(), Some(Duration::from_secs(1)));
        let left = three.left(Moment::at(3.0)).expect("a guess");
        assert_eq!(left.as_millis(), 666, "in two seconds three ended");
        let mut lost = three;
        lost.offline = Some(Offline {
            since: Moment::at(3.0),
            attempts: 1,
            error: Message::verbatim("no"),
        });
        assert_eq!(lost.left(Moment::at(4.0)), None);
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
        let waited = board(&polls);
        let left = waited.left(Moment::at(203.0)).expect("a guess");
        assert_eq!(left.as_millis(), 333, "in a second three ended");
    }

    #[test]
    fn units_that_nobody_saw_run_have_a_pace() {
        let fast = board(&[
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
        let left = fast.left(Moment::at(2.0)).expect("a guess");
        assert_eq!(left.as_millis(), 333);
    }

    #[test]
    fn a_failed_unit_that_is_skipped_ended_when_it_failed() {
        let board = board(&[
            &[("a", Running), ("b", Succeeded)],
            &[("a", Failed), ("b", Succeeded)],
            &[("a", Skipped), ("b", Running)],
        ]);
        let age = board.unit(0).age(Moment::at(9.0));
        assert_eq!(age, Some(Duration::from_secs(1)));
        let ended: Vec<_> = board.ended_since(Moment::at(0.0)).collect();
        assert_eq!(ended, [0]);
        assert_eq!(board.ended_here, 1, "b ended before it was watched");
    }

    #[test]
    fn another_run_starts_with_no_units() {
        let of_run = |run: Option<&str>, units| Snapshot {
            run: run.map(Into::into),
            ..snapshot(units)
        };
        let mut board = Board::new("t".into(), Moment::at(0.0));
        board.take_units(
            &of_run(Some("1"), &[("a", Failed), ("b", Running)]),
            Now::at(0.0),
        );
        // An answer that does not say which run it is does not begin another.
        board.take_units(&of_run(None, &[]), Now::at(1.0));
        assert_eq!((board.done(), board.total()), (1, 2));
        let changes = board.take_units(&of_run(Some("2"), &[("b", Pending)]), Now::at(2.0));
        assert_eq!(
            changes,
            [Change {
                place: 0,
                from: None
            }]
        );
        assert_eq!((board.done(), board.total()), (0, 1));
        assert_eq!(board.failed().count() + board.running().count(), 0);
    }

    #[test]
    fn the_providers_own_times_give_the_age() {
        let timed = |state, began: Option<i64>, ended: Option<i64>| {
            let mut snapshot = snapshot(&[("a", state)]);
            let time = |time: Option<i64>| time.and_then(NonZeroI64::new);
            let (began, ended) = (time(began), time(ended));
            (snapshot.units[0].began, snapshot.units[0].ended) = (began, ended);
            snapshot
        };
        let mut board = Board::new("t".into(), Moment::at(100.0));
        board.take_units(&timed(Running, Some(40_000), None), Now::at(100.0));
        let age = |board: &Board, at| board.unit(0).age(Moment::at(at));
        assert_eq!(age(&board, 102.0), Some(Duration::from_secs(62)));
        board.take_units(
            &timed(Succeeded, Some(40_000), Some(55_000)),
            Now::at(103.0),
        );
        assert_eq!(age(&board, 110.0), Some(Duration::from_secs(15)));
        // A clock that is ahead of this one's must not make a negative age.
        let mut board = Board::new("t".into(), Moment::at(100.0));
        board.take_units(&timed(Running, Some(500_000), None), Now::at(100.0));
        assert_eq!(age(&board, 101.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn units_without_end_do_not_fill_the_memory() {
        let mut board = Board::new("t".into(), Moment::at(0.0));
        for poll in 0..25_u32 {
            let mut list = Units::of_test(UnitKind::Machine);
            for unit in 0..10_000 {
                let id = format!("{poll}-{unit}");
                list.push(&id, &id, None, Running, None);
            }
            let snapshot = Snapshot {
                units: list.finish(),
                ..Snapshot::new(Phase::Running)
            };
            board.take_units(&snapshot, Now::at(f64::from(poll)));
        }
        assert_eq!(board.total(), REMEMBERED + 10_000);
    }
}
