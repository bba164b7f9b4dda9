//! When the next poll begins: on a grid of absolute deadlines while all is well, with growing waits
//! after failures.

use std::time::Duration;

use crate::clock::Instant;

/// The longest wait between polls that fail, unless the interval itself is longer.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// When the polls of one target begin. At most one is under way.
#[derive(Debug)]
pub(crate) struct PollSchedule {
    interval: Duration,
    /// The polls of a healthy watch begin at whole intervals from here.
    anchor: Instant,
    /// When the next poll begins; none while one is under way.
    pub(super) next: Option<Instant>,
    /// When the poll under way began, or the last one did.
    began: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    jitter: fastrand::Rng,
}

impl PollSchedule {
    /// The first poll is due at `now`.
    pub(crate) fn new(interval: Duration, now: Instant, seed: u64) -> Self {
        Self {
            interval,
            anchor: now,
            next: Some(now),
            began: None,
            failures: 0,
            jitter: fastrand::Rng::with_seed(seed),
        }
    }

    /// When the poll under way began; none while there is none.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began.filter(|_| self.next.is_none())
    }

    /// Begins the poll if it is due.
    pub(crate) fn begin(&mut self, now: Instant) -> bool {
        let due = self.next.is_some_and(|next| next <= now);
        if due {
            self.next = None;
            self.began = Some(now);
        }
        due
    }

    /// The poll under way was answered, not by a failure that is worth another try.
    pub(crate) fn answered(&mut self, now: Instant) {
        let began = self.began.unwrap_or(now);
        if self.failures > 0 {
            // The waits in between were off the grid; a new one begins with this poll.
            self.failures = 0;
            self.anchor = began;
        }
        // The first point of the grid that is still to come: a slow answer skips some, it is not
        // followed by a burst.
        let interval = self.interval.as_nanos().max(1);
        let passed = now.since(self.anchor).as_nanos() / interval + 1;
        let ahead = interval.saturating_mul(passed);
        let ahead = u64::try_from(ahead).unwrap_or(u64::MAX);
        self.next = Some(self.anchor.after(Duration::from_nanos(ahead)));
    }

    /// The poll under way failed. Says when the next begins: after a doubling wait with jitter, not
    /// sooner than the provider asked for, and not later than `budget_end`, for then contact is
    /// lost; none where that is over already.
    pub(crate) fn failed(
        &mut self,
        now: Instant,
        retry_after: Option<Duration>,
        budget_end: Instant,
    ) -> Option<Instant> {
        let longest = MAX_BACKOFF.max(self.interval);
        let doubled = self.interval.saturating_mul(1 << self.failures.min(20));
        let wait = doubled.min(longest).mul_f64(0.5 + self.jitter.f64() / 2.0);
        self.failures += 1;
        let wait = wait.max(retry_after.unwrap_or_default());
        self.next = (now < budget_end).then(|| now.after(wait).min(budget_end));
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: f64 = 1e6;

    fn seconds(instant: Option<Instant>) -> f64 {
        let zero = Instant::at(0.0);
        instant.expect("a next poll").since(zero).as_secs_f64()
    }

    #[test]
    fn polls_keep_to_the_grid() {
        let mut schedule = PollSchedule::new(Duration::from_secs(3), Instant::at(1.0), 0);
        for (begins, answered, next) in [
            (1.0, 1.2, 4.0),
            (4.01, 4.3, 7.0),
            // An answer that took more than two intervals skips two.
            (7.0, 14.5, 16.0),
            (16.0, 18.999, 19.0),
        ] {
            assert!(schedule.begin(Instant::at(begins)));
            assert!(!schedule.begin(Instant::at(begins)), "one at a time");
            schedule.answered(Instant::at(answered));
            assert_eq!(seconds(schedule.next), next);
            assert!(
                !schedule.begin(Instant::at(next - 0.1)),
                "not before its time"
            );
        }
    }

    #[test]
    fn the_wait_after_a_failure_doubles_to_half_a_minute() {
        for seed in 0..200 {
            let mut schedule = PollSchedule::new(Duration::from_secs(3), Instant::at(0.0), seed);
            for longest in [3.0, 6.0, 12.0, 24.0, 30.0, 30.0, 30.0] {
                let next = seconds(schedule.failed(Instant::at(0.0), None, Instant::at(FAR)));
                assert!(
                    (longest / 2.0..=longest).contains(&next),
                    "{next} of {longest}"
                );
            }
            for _ in 0..100 {
                schedule.failed(Instant::at(0.0), None, Instant::at(FAR));
            }
            schedule.begin(Instant::at(50.0));
            schedule.answered(Instant::at(50.5));
            assert_eq!(seconds(schedule.next), 53.0, "a new grid");
            let next = seconds(schedule.failed(Instant::at(60.0), None, Instant::at(FAR)));
            assert!((61.5..=63.0).contains(&next), "and the backoff begins anew");
        }
    }

    #[test]
    fn a_long_interval_is_not_cut_by_the_backoff() {
        let mut schedule = PollSchedule::new(Duration::from_secs(300), Instant::at(0.0), 1);
        let next = seconds(schedule.failed(Instant::at(0.0), None, Instant::at(FAR)));
        assert!((150.0..=300.0).contains(&next));
    }

    #[test]
    fn the_provider_may_ask_for_a_longer_wait() {
        let mut schedule = PollSchedule::new(Duration::from_secs(1), Instant::at(0.0), 0);
        let wait = |seconds| Some(Duration::from_secs(seconds));
        let mut failed = |wait, end| schedule.failed(Instant::at(0.0), wait, Instant::at(end));
        assert_eq!(seconds(failed(wait(90), FAR)), 90.0);
        assert!(seconds(failed(wait(0), FAR)) >= 1.0, "never a shorter one");
        assert_eq!(seconds(failed(wait(90), 60.0)), 60.0, "cut to the budget");
        assert_eq!(seconds(failed(wait(u64::MAX), 60.0)), 60.0);
        assert_eq!(failed(None, 0.0), None, "the budget is over");
    }
}
