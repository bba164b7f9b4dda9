//! A simulated deployment at a moment. Times are shares of the run: 0 is its begin, 1 its end. Units
//! differ in their durations, as those of a real deployment do.

use DemoState::{Cancelled, Failed, Paused, Pending, Queued, Running, Succeeded};
use Scenario::{Cancel, Failure, Flaky, Pause, Success};

use super::Scenario;

/// Units work until here; the provider reports the end later, as real ones do.
pub(super) const WORK: f64 = 0.97;
/// Steps begin here; until then a run is only announced.
pub(super) const FIRST_STEP: f64 = 0.05;
/// The part of a batch's window, at its end, in which nothing runs.
const GAP: f64 = 0.1;
/// The failure falls into the batch, or the step, at work here.
const FAILS_AT: f64 = 0.6;
/// When the deployment is cancelled.
const CANCELLED_AT: f64 = 0.5;
/// How long the pause lasts.
const PAUSE: f64 = 0.25;

/// The state of a deployment or of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DemoState {
    /// Nothing has begun: a deployment is only announced, the batch of a unit has not come.
    Pending,
    /// The batch of the unit has begun, the unit has not.
    Queued,
    Running,
    /// The deployment waits for a person, with nothing wrong.
    Paused,
    /// For good, or in the flaky scenario until the unit is tried again.
    Failed,
    Succeeded,
    /// Stopped, or never begun, because the deployment was cancelled.
    Cancelled,
}

/// A unit at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct DemoUnit {
    /// Its place among all units, counted from 0.
    pub(super) index: u32,
    /// Its batch, counted from 1.
    pub(super) batch: u32,
    pub(super) state: DemoState,
    /// When it began, once it has.
    pub(super) began: Option<f64>,
    /// When it ended, once it has.
    pub(super) ended: Option<f64>,
}

/// A deployment at a moment.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) state: DemoState,
    /// The moment; once the deployment has ended, that of its end.
    pub(super) now: f64,
    /// The batch at work, or the last one that was, counted from 1.
    pub(super) batch: u32,
    pub(super) units: Vec<DemoUnit>,
}

impl Story {
    /// Units spread evenly over at most so many batches, which follow one another.
    pub(super) fn batches(scenario: Scenario, units: u32, batches: u32, share: f64) -> Self {
        let batches = batches.clamp(1, units);
        let pause = if scenario == Pause { PAUSE } else { 0.0 };
        let period = (WORK - pause) / f64::from(batches);
        let width = period * (1.0 - GAP);
        let opens = |batch| f64::from(batch) * period + if batch == 0 { 0.0 } else { pause };
        let position = |index| f64::from(index) * f64::from(batches) / f64::from(units);
        let failing_batch = (FAILS_AT / WORK * f64::from(batches)) as u32;
        let mut story = Self::new(scenario, opens(failing_batch) + width, share);
        for index in 0..units {
            let batch = position(index) as u32;
            let is_last = position(index + 1) as u32 > batch;
            let begin = 0.02 + 0.38 * position(index).fract() + 0.06 * noise(index, 3.0);
            let usual_end = begin + 0.38 + 0.16 * noise(index, 21.0);
            let end = if is_last { 1.0 } else { usual_end };
            // Each state and the part of the batch's window at which it begins.
            let timeline: &[(f64, DemoState)] = match scenario {
                Failure if is_last && batch == failing_batch => {
                    &[(0.0, Queued), (begin, Running), (0.85, Failed)]
                }
                // It begins early, so that a watcher sees it fail and be tried again.
                Flaky if is_last && batch == failing_batch => &[
                    (0.0, Queued),
                    (0.05, Running),
                    (0.33, Failed),
                    (0.67, Running),
                    (1.0, Succeeded),
                ],
                _ => &[(0.0, Queued), (begin, Running), (end, Succeeded)],
            };
            story.push(batch + 1, timeline, |part| opens(batch) + width * part);
        }
        if (width..width + pause).contains(&share) {
            story.state = Paused;
        }
        story
    }

    /// So many steps, one after another.
    pub(super) fn steps(scenario: Scenario, count: u32, share: f64) -> Self {
        // Where the step with this index begins and the one before it ends.
        let bound = |step| {
            let position = f64::from(step) + 0.5 * noise(step, 13.0);
            WORK.min(FIRST_STEP + (WORK - FIRST_STEP) * position / f64::from(count))
        };
        let mut story = Self::new(scenario, FAILS_AT, share);
        for step in 0..count {
            let (begin, end) = (bound(step), bound(step + 1));
            let last = match scenario {
                Failure if (begin..end).contains(&FAILS_AT) => (FAILS_AT, Failed),
                _ => (end, Succeeded),
            };
            story.push(step + 1, &[(begin, Running), last], |at| at);
        }
        if share < FIRST_STEP {
            story.state = Pending;
        }
        story
    }

    /// A deployment without units, which in the failure scenario ends at `failure`.
    fn new(scenario: Scenario, failure: f64, share: f64) -> Self {
        let (end, outcome) = match scenario {
            Failure => (failure, Failed),
            Cancel => (CANCELLED_AT, Cancelled),
            Success | Pause | Flaky => (1.0, Succeeded),
        };
        Self {
            state: if share >= end { outcome } else { Running },
            now: share.min(end),
            batch: 1,
            units: Vec::new(),
        }
    }

    /// Adds a unit of a batch, counted from 1. The timeline holds each state and when it begins, which
    /// `share` converts to a share of the run; nothing happens after the deployment has ended.
    fn push(&mut self, batch: u32, timeline: &[(f64, DemoState)], share: impl Fn(f64) -> f64) {
        let (mut last, mut began, mut ended) = (Pending, None, None);
        for (begins, state) in timeline.iter().map(|&(at, state)| (share(at), state)) {
            if begins <= self.now {
                self.batch = batch;
                last = state;
                began = began.or((state == Running).then_some(begins));
                ended = matches!(state, Succeeded | Failed).then_some(begins);
            }
        }
        if self.state == Cancelled && last != Succeeded {
            (last, ended) = (Cancelled, began.and(Some(self.now)));
        }
        self.units.push(DemoUnit {
            index: self.units.len() as u32,
            batch,
            state: last,
            began,
            ended,
        });
    }
}

/// A number from 0 to 1 that looks random and is always the same, if `root` is not a square number.
fn noise(index: u32, root: f64) -> f64 {
    (f64::from(index) * root.sqrt()).fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states of all units as one letter each.
    fn row(story: &Story) -> String {
        let letter = |unit: &DemoUnit| match unit.state {
            Pending => '.',
            Queued => 'q',
            Running => 'r',
            Succeeded => 'S',
            Failed => 'F',
            Cancelled => 'C',
            Paused => unreachable!("a unit never waits for a person"),
        };
        story.units.iter().map(letter).collect()
    }

    #[test]
    fn twelve_machines_in_three_batches() {
        for (scenario, share, phase, batch, states) in [
            (Success, 0.0, Running, 1, "qqqq........"),
            (Success, 0.175, Running, 1, "Srrr........"),
            (Success, 0.31, Running, 1, "SSSS........"),
            (Success, 0.33, Running, 2, "SSSSqqqq...."),
            (Success, 0.99, Running, 3, "SSSSSSSSSSSS"),
            (Success, 1.0, Succeeded, 3, "SSSSSSSSSSSS"),
            (Failure, 0.58, Running, 2, "SSSSSSSF...."),
            (Failure, 9.0, Failed, 2, "SSSSSSSF...."),
            (Pause, 0.21, Running, 1, "SSSr........"),
            (Pause, 0.3, Paused, 1, "SSSS........"),
            (Pause, 0.475, Running, 1, "SSSS........"),
            (Pause, 1.0, Succeeded, 3, "SSSSSSSSSSSS"),
            (Cancel, 0.5, Cancelled, 2, "SSSSSCCCCCCC"),
            (Cancel, 9.0, Cancelled, 2, "SSSSSCCCCCCC"),
            (Flaky, 0.36, Running, 2, "SSSSrqqr...."),
            (Flaky, 0.48, Running, 2, "SSSSSrrF...."),
            (Flaky, 0.59, Running, 2, "SSSSSSSr...."),
            (Flaky, 1.0, Succeeded, 3, "SSSSSSSSSSSS"),
        ] {
            let story = Story::batches(scenario, 12, 3, share);
            let seen = (row(&story), story.state, story.batch);
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
                    let row = row(&Story::batches(scenario, units, batches, 1.0));
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
        let story = Story::batches(Success, 7, 4, 0.0);
        let batches: Vec<u32> = story.units.iter().map(|unit| unit.batch).collect();
        assert_eq!(batches, [1, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn steps_follow_one_another() {
        for (scenario, share, phase, done) in [
            (Success, 0.0, Pending, 0),
            (Success, 0.06, Running, 0),
            (Success, 0.54, Running, 2),
            (Success, 0.98, Running, 4),
            (Success, 1.0, Succeeded, 4),
            (Failure, 0.59, Running, 2),
            (Failure, 5.0, Failed, 2),
            (Cancel, 5.0, Cancelled, 1),
        ] {
            let story = Story::steps(scenario, 4, share);
            let steps = story.units.iter();
            let succeeded = steps.filter(|step| step.state == Succeeded).count();
            let seen = (story.state, succeeded);
            assert_eq!(seen, (phase, done), "{scenario:?} {share}");
        }
        let many = Story::steps(Success, 1000, 1.0);
        assert!(many.units.iter().all(|unit| unit.began < unit.ended));
    }
}
