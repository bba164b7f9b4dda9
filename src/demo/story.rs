//! What happens when: the simulated timelines, in shares of the run (0 = begin, 1 = end).
//!
//! Pure functions of an index and a share. Units differ in their durations, by a hash of their
//! index, because machines in lockstep are the one thing a real deployment never shows.

use super::Scenario;

/// Units work until here; the provider's word that it is over comes later, as in real life.
const WORK: f64 = 0.97;
/// Steps begin here; until then a run is only announced.
const FIRST_STEP: f64 = 0.05;
/// The part of a batch's window, at its end, in which nothing runs.
const GAP: f64 = 0.1;
/// The failure falls into the batch, or the step, at work here.
const FAILS_AT: f64 = 0.6;
/// When somebody cancels.
const CANCELLED_AT: f64 = 0.5;
/// How long the pause lasts.
const PAUSE: f64 = 0.25;

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Announced, nothing has begun.
    Pending,
    /// On its way.
    Running,
    /// Waiting for a person, with nothing wrong.
    Paused,
    /// Stopped after a failure.
    Failed,
    /// Over and well.
    Succeeded,
    /// Stopped by somebody.
    Cancelled,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its batch has not come.
    Pending,
    /// Its batch is at work, it is not.
    Queued,
    /// At work.
    Running,
    /// Done.
    Succeeded,
    /// Done badly; in the flaky scenario to be tried again.
    Failed,
    /// Stopped, or never begun, because somebody cancelled.
    Cancelled,
}

/// A unit of a batch at some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// Its batch, counted from 1.
    pub(super) batch: u32,
    /// Where it stands.
    pub(super) state: State,
    /// When it began, once it has.
    pub(super) began: Option<f64>,
    /// When it ended, once it has.
    pub(super) ended: Option<f64>,
}

/// Units in batches: several at once within a batch, one batch after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batches {
    scenario: Scenario,
    /// How many units there are.
    pub(super) units: u32,
    /// How many batches there are.
    pub(super) batches: u32,
}

impl Batches {
    /// Spreads the units evenly over at most so many batches.
    pub(super) fn new(scenario: Scenario, units: u32, batches: u32) -> Self {
        let units = units.max(1);
        let batches = batches.clamp(1, units);
        Self {
            scenario,
            units,
            batches,
        }
    }

    /// Where the deployment stands.
    pub(super) fn phase(&self, share: f64) -> Phase {
        let pause = self.window(0).1..self.window(0).1 + PAUSE;
        match self.scenario {
            Scenario::Failure if share >= self.stop() => Phase::Failed,
            Scenario::Cancel if share >= self.stop() => Phase::Cancelled,
            Scenario::Pause if pause.contains(&share) => Phase::Paused,
            _ if share >= 1.0 => Phase::Succeeded,
            _ => Phase::Running,
        }
    }

    /// The batch at work, or the last one that was, counted from 1.
    pub(super) fn current(&self, share: f64) -> u32 {
        let now = share.min(self.stop());
        let begun = |batch: &u32| now >= self.window(batch - 1).0;
        (2..=self.batches).rev().find(begun).unwrap_or(1)
    }

    /// The unit, counted from 0, that fails in the scenarios where one does.
    pub(super) fn victim(&self) -> u32 {
        let batch = (FAILS_AT / WORK * f64::from(self.batches)) as u32;
        self.first_of(batch + 1) - 1
    }

    /// The unit with this index, counted from 0.
    pub(super) fn unit(&self, index: u32, share: f64) -> Unit {
        let batch = self.batch_of(index);
        let (begin, mut end) = self.span(index);
        let fails = self.scenario == Scenario::Failure && index == self.victim();
        let retried = self.scenario == Scenario::Flaky && index == self.victim();
        if fails {
            end = begin + 0.8 * (end - begin);
        }
        let now = share.min(self.stop());
        let mut state = if now < self.window(batch).0 {
            State::Pending
        } else if now < begin {
            State::Queued
        } else if now < end {
            match (now - begin) / (end - begin) {
                0.3..0.65 if retried => State::Failed,
                _ => State::Running,
            }
        } else if fails {
            State::Failed
        } else {
            State::Succeeded
        };
        if self.phase(share) == Phase::Cancelled && state != State::Succeeded {
            state = State::Cancelled;
            end = now;
        }
        let began = (now >= begin).then_some(begin);
        let ended = began.and((now >= end).then_some(end));
        Unit {
            batch: batch + 1,
            state,
            began,
            ended,
        }
    }

    /// When everything stops for good, in the scenarios where that happens before the end.
    fn stop(&self) -> f64 {
        match self.scenario {
            Scenario::Failure => self.window(self.batch_of(self.victim())).1,
            Scenario::Cancel => CANCELLED_AT,
            Scenario::Success | Scenario::Pause | Scenario::Flaky => f64::INFINITY,
        }
    }

    /// From when to when the units of a batch, counted from 0, are at work.
    fn window(&self, batch: u32) -> (f64, f64) {
        let (work, pause) = match self.scenario {
            Scenario::Pause if batch == 0 => (WORK - PAUSE, 0.0),
            Scenario::Pause => (WORK - PAUSE, PAUSE),
            _ => (WORK, 0.0),
        };
        let width = work / f64::from(self.batches);
        let open = width * f64::from(batch) + pause;
        (open, open + width * (1.0 - GAP))
    }

    /// From when to when a unit is at work: staggered, the last of a batch to the end of its window.
    fn span(&self, index: u32) -> (f64, f64) {
        let batch = self.batch_of(index);
        let (open, close) = self.window(batch);
        let width = close - open;
        if index == self.victim() && self.scenario == Scenario::Flaky {
            // Long enough for a watcher to see it fail and be tried again.
            return (open + 0.05 * width, close);
        }
        let (first, next) = (self.first_of(batch), self.first_of(batch + 1));
        let place = f64::from(index - first) / f64::from(next - first);
        let begin = open + width * (0.02 + 0.38 * place + 0.06 * noise(index, 1));
        let end = begin + width * (0.38 + 0.16 * noise(index, 2));
        (begin, if index + 1 == next { close } else { end })
    }

    /// The batch of a unit, both counted from 0.
    fn batch_of(&self, index: u32) -> u32 {
        (u64::from(index) * u64::from(self.batches) / u64::from(self.units)) as u32
    }

    /// The first unit of a batch, both counted from 0.
    fn first_of(&self, batch: u32) -> u32 {
        (u64::from(batch) * u64::from(self.units)).div_ceil(u64::from(self.batches)) as u32
    }
}

/// Steps one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    scenario: Scenario,
    /// How many steps there are.
    pub(super) count: u32,
}

impl Steps {
    /// So many steps, at least one.
    pub(super) fn new(scenario: Scenario, count: u32) -> Self {
        let count = count.max(1);
        Self { scenario, count }
    }

    /// Where the deployment stands.
    pub(super) fn phase(&self, share: f64) -> Phase {
        match self.scenario {
            _ if share < FIRST_STEP => Phase::Pending,
            Scenario::Failure if share >= FAILS_AT => Phase::Failed,
            Scenario::Cancel if share >= CANCELLED_AT => Phase::Cancelled,
            _ if share >= 1.0 => Phase::Succeeded,
            _ => Phase::Running,
        }
    }

    /// The moment itself, or the one at which everything stopped.
    pub(super) fn until(&self, share: f64) -> f64 {
        match self.scenario {
            Scenario::Failure => share.min(FAILS_AT),
            Scenario::Cancel => share.min(CANCELLED_AT),
            Scenario::Success | Scenario::Pause | Scenario::Flaky => share.min(1.0),
        }
    }

    /// How many steps are done and well. The next is the one at work, or that failed or was stopped.
    pub(super) fn done(&self, share: f64) -> u32 {
        let now = self.until(share);
        let ended = (0..self.count).take_while(|&step| now >= self.span(step).1);
        ended.count() as u32
    }

    /// How much of the work is done, from 0 to 1; 1 comes before the deployment is said to be over.
    pub(super) fn progress(&self, share: f64) -> f64 {
        ((self.until(share) - FIRST_STEP) / (WORK - FIRST_STEP)).clamp(0.0, 1.0)
    }

    /// From when to when a step, counted from 0, is at work if nothing goes wrong.
    pub(super) fn span(&self, step: u32) -> (f64, f64) {
        (self.bound(step), self.bound(step + 1))
    }

    /// Where the step with this index begins and the one before it ends.
    fn bound(&self, step: u32) -> f64 {
        let jitter = match step {
            0 => 0.0,
            _ if step == self.count => 0.0,
            _ => 0.5 * noise(step, 3) - 0.25,
        };
        FIRST_STEP + (WORK - FIRST_STEP) * (f64::from(step) + jitter) / f64::from(self.count)
    }
}

/// A number from 0 to 1 that looks random and is always the same (the finalizer of SplitMix64).
fn noise(index: u32, salt: u64) -> f64 {
    let mut hash = (u64::from(index) ^ (salt << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from((hash >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use Scenario::{Cancel, Failure, Flaky, Pause, Success};

    use super::*;

    /// The states of all units as one letter each.
    fn row(story: &Batches, share: f64) -> String {
        let letter = |index| match story.unit(index, share).state {
            State::Pending => '.',
            State::Queued => 'q',
            State::Running => 'r',
            State::Succeeded => 'S',
            State::Failed => 'F',
            State::Cancelled => 'C',
        };
        (0..story.units).map(letter).collect()
    }

    #[test]
    fn twelve_machines_in_three_batches() {
        for (scenario, share, phase, batch, states) in [
            (Success, 0.0, Phase::Running, 1, "qqqq........"),
            (Success, 0.175, Phase::Running, 1, "Srrr........"),
            (Success, 0.31, Phase::Running, 1, "SSSS........"),
            (Success, 0.33, Phase::Running, 2, "SSSSqqqq...."),
            (Success, 0.99, Phase::Running, 3, "SSSSSSSSSSSS"),
            (Success, 1.0, Phase::Succeeded, 3, "SSSSSSSSSSSS"),
            (Failure, 0.58, Phase::Running, 2, "SSSSSSSF...."),
            (Failure, 9.0, Phase::Failed, 2, "SSSSSSSF...."),
            (Pause, 0.21, Phase::Running, 1, "SSSr........"),
            (Pause, 0.3, Phase::Paused, 1, "SSSS........"),
            (Pause, 0.475, Phase::Running, 1, "SSSS........"),
            (Pause, 1.0, Phase::Succeeded, 3, "SSSSSSSSSSSS"),
            (Cancel, 0.5, Phase::Cancelled, 2, "SSSSSCCCCCCC"),
            (Cancel, 9.0, Phase::Cancelled, 2, "SSSSSCCCCCCC"),
            (Flaky, 0.36, Phase::Running, 2, "SSSSrqqr...."),
            (Flaky, 0.48, Phase::Running, 2, "SSSSSrrF...."),
            (Flaky, 0.59, Phase::Running, 2, "SSSSSSSr...."),
            (Flaky, 1.0, Phase::Succeeded, 3, "SSSSSSSSSSSS"),
        ] {
            let story = Batches::new(scenario, 12, 3);
            let seen = (row(&story, share), story.phase(share), story.current(share));
            assert_eq!(
                seen,
                (states.to_owned(), phase, batch),
                "{scenario:?} {share}"
            );
        }
    }

    #[test]
    fn every_size_ends_as_it_should() {
        for units in [1_u32, 2, 3, 4, 7, 100, 763] {
            for batches in [1, 2, 3, units.div_ceil(2)] {
                let count = |scenario, letters: &str| {
                    let row = row(&Batches::new(scenario, units, batches), 1.0);
                    row.chars().filter(|&state| letters.contains(state)).count() as u32
                };
                for (scenario, letters, expected) in [
                    (Success, "S", units),
                    (Pause, "S", units),
                    (Flaky, "S", units),
                    (Cancel, "SC", units),
                    (Failure, "F", 1),
                    (Failure, "r", 0),
                ] {
                    assert_eq!(count(scenario, letters), expected, "{scenario:?} {units}");
                }
            }
        }
    }

    #[test]
    fn an_odd_number_in_pairs() {
        let story = Batches::new(Success, 7, 4);
        let batches: Vec<u32> = (0..7).map(|index| story.unit(index, 0.0).batch).collect();
        assert_eq!(batches, [1, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn steps_follow_one_another() {
        for (scenario, share, phase, done) in [
            (Success, 0.0, Phase::Pending, 0),
            (Success, 0.06, Phase::Running, 0),
            (Success, 0.54, Phase::Running, 2),
            (Success, 0.98, Phase::Running, 4),
            (Success, 1.0, Phase::Succeeded, 4),
            (Failure, 0.59, Phase::Running, 2),
            (Failure, 5.0, Phase::Failed, 2),
            (Cancel, 5.0, Phase::Cancelled, 1),
        ] {
            let steps = Steps::new(scenario, 4);
            let seen = (steps.phase(share), steps.done(share));
            assert_eq!(seen, (phase, done), "{scenario:?} {share}");
        }
        let many = Steps::new(Success, 1000);
        assert!((0..1000).all(|step| many.span(step).0 < many.span(step).1));
    }
}
