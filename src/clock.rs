//! Clocks: the machine's, which cannot be set and counts time suspended, and the virtual one of a replay.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::platform;

/// A point in time on a monotonic clock that also counts time suspended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

/// One reading of both clocks. Deadlines and durations use `instant`; `wall` is for display.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timestamp {
    pub(crate) instant: Instant,
    pub(crate) wall: SystemTime,
}

/// Added to each reading of the clock, so that times before the machine started can be represented.
const BEFORE: Duration = Duration::from_secs(50 * 365 * 24 * 60 * 60);

impl Timestamp {
    /// The instant of a wall-clock time in milliseconds since 1970; now if that is in the future.
    pub(crate) fn instant_of(self, milliseconds: i64) -> Instant {
        let at = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(milliseconds.try_into().unwrap_or(0)));
        let ago = at.and_then(|at| self.wall.duration_since(at).ok());
        self.instant.before(ago.unwrap_or_default())
    }
}

impl Instant {
    /// The time since `earlier`; zero if that is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant `span` later; saturates.
    pub(crate) fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// The instant `span` earlier; saturates.
    pub(crate) fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }
}

/// A duration in whole milliseconds.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Clamps a wall-clock time to the years 1970 to 9999, which RFC 3339 can represent.
fn clamp_to_rfc3339(wall: SystemTime) -> SystemTime {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    wall.clamp(SystemTime::UNIX_EPOCH, end)
}

/// A wall-clock time in RFC 3339, UTC.
pub(crate) fn rfc3339_seconds(wall: SystemTime) -> String {
    humantime::format_rfc3339_seconds(clamp_to_rfc3339(wall)).to_string()
}

/// A wall-clock time in RFC 3339, UTC, with milliseconds.
pub(crate) fn rfc3339_millis(wall: SystemTime) -> String {
    humantime::format_rfc3339_millis(clamp_to_rfc3339(wall)).to_string()
}

/// The clock of the machine or of a replay.
#[derive(Clone)]
pub(crate) enum Clock {
    System,
    Virtual(Arc<VirtualClock>),
}

impl Clock {
    /// Reads it.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let time = platform::uptime();
                // In whole microseconds, as a recording has them.
                let time = Duration::new(time.as_secs(), time.subsec_micros() * 1_000);
                Timestamp {
                    instant: Instant(BEFORE + time),
                    wall: SystemTime::now(),
                }
            }
            Self::Virtual(clock) => clock.now(),
        }
    }
}

/// The clock of a replay. It only moves when it is told to: a replay has the same result at any speed.
pub(crate) struct VirtualClock {
    /// When the recording began.
    start: SystemTime,
    now: Mutex<Instant>,
}

impl VirtualClock {
    /// A clock at the start of a recording.
    pub(crate) fn new(start: SystemTime) -> Self {
        Self {
            start,
            now: Mutex::new(Instant(BEFORE)),
        }
    }

    /// Reads it.
    pub(crate) fn now(&self) -> Timestamp {
        self.at(*self.lock())
    }

    /// The instant `elapsed` after the start of the recording.
    pub(crate) fn instant(&self, elapsed: Duration) -> Instant {
        Instant(BEFORE.saturating_add(elapsed))
    }

    /// The reading at `instant`.
    pub(crate) fn at(&self, instant: Instant) -> Timestamp {
        let elapsed = instant.0.saturating_sub(BEFORE);
        Timestamp {
            instant,
            wall: self.start.checked_add(elapsed).unwrap_or(self.start),
        }
    }

    /// Advances to `instant`; never goes back.
    pub(crate) fn advance_to(&self, instant: Instant) {
        let mut now = self.lock();
        *now = instant.max(*now);
    }

    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Instant {
    /// `seconds` after the clock began.
    pub(crate) fn at(seconds: f64) -> Self {
        Self(BEFORE + Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
impl Timestamp {
    /// A reading for tests, `seconds` after both clocks began.
    pub(crate) fn at(seconds: f64) -> Self {
        Self {
            instant: Instant::at(seconds),
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_far_off_can_be_written_down() {
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        for (wall, written) in [
            (SystemTime::UNIX_EPOCH - year, "1970-01-01T00:00:00Z"),
            (SystemTime::UNIX_EPOCH + year, "1971-01-01T00:00:00Z"),
            (SystemTime::UNIX_EPOCH + 9000 * year, "9999-12-31T23:59:59Z"),
        ] {
            let text = humantime::format_rfc3339_seconds(clamp_to_rfc3339(wall));
            assert_eq!(text.to_string(), written);
        }
    }

    #[test]
    fn a_virtual_clock_stands_still_until_it_is_moved_and_never_goes_back() {
        let clock = VirtualClock::new(SystemTime::UNIX_EPOCH);
        let two = clock.instant(Duration::from_secs(2));
        clock.advance_to(two);
        clock.advance_to(clock.instant(Duration::from_secs(1)));
        let now = clock.now();
        assert_eq!(now.instant, two);
        assert_eq!(now.wall, SystemTime::UNIX_EPOCH + Duration::from_secs(2));
    }
}
