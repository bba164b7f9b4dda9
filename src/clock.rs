//! Time as the watch needs it: a clock that nobody can set and that counts time asleep; and, for a
//! replay, one that moves only when it is told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// A point on the watch's own clock: it never goes back, and it goes on while the machine sleeps,
/// so that a suspended laptop wakes up to a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

/// One reading of both clocks. Deadlines and durations use the moment; the wall clock only stamps
/// lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) moment: Moment,
    pub(crate) wall: SystemTime,
}

// macOS has no BOOTTIME; its monotonic clock counts time asleep already.
#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCK: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const CLOCK: ClockId = ClockId::Monotonic;

/// Moments begin this long before the clock does, so that what a provider began before the machine
/// did has a moment too.
const BEFORE: Duration = Duration::from_secs(50 * 365 * 24 * 60 * 60);

impl Now {
    /// Reads both clocks of the machine.
    fn read() -> Self {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Self {
            moment: Moment(BEFORE + Duration::new(seconds, nanoseconds)),
            wall: SystemTime::now(),
        }
    }

    /// The moment of a wall clock's time, in milliseconds since 1970; now where that is still to
    /// come.
    pub(crate) fn moment_of(self, milliseconds: i64) -> Moment {
        let at = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(milliseconds.try_into().unwrap_or(0)));
        let ago = at.and_then(|at| self.wall.duration_since(at).ok());
        self.moment.before(ago.unwrap_or_default())
    }
}

impl Moment {
    /// The time since `earlier`; nothing where that is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment and `span` more; the last moment there is where that would overflow.
    pub(crate) fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// The moment `span` before this one.
    pub(crate) fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }

    /// A moment for tests, `seconds` after the clock began.
    #[cfg(test)]
    pub(crate) fn at(seconds: f64) -> Self {
        Self(BEFORE + Duration::from_secs_f64(seconds))
    }
}

/// A span in whole milliseconds, as it is written down.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// A time of the wall clock that can be written down: one that is set beyond the year 9999, or
/// before 1970, must not stop a watch.
pub(crate) fn writable(wall: SystemTime) -> SystemTime {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    wall.clamp(SystemTime::UNIX_EPOCH, end)
}

/// A clock, passed as a value: that of the machine, or that of a replay.
#[derive(Clone)]
pub(crate) enum Clock {
    System,
    Virtual(Arc<VirtualClock>),
}

impl Clock {
    /// Reads it.
    pub(crate) fn now(&self) -> Now {
        match self {
            Self::System => Now::read(),
            Self::Virtual(clock) => clock.now(),
        }
    }
}

/// The clock of a replay. It stands still until it is moved, so that a replay comes to the same end at
/// any speed and on a machine of any.
pub(crate) struct VirtualClock {
    /// When the recording began.
    start: SystemTime,
    /// Since then.
    elapsed: Mutex<Duration>,
}

impl VirtualClock {
    /// A clock at the start of a recording.
    pub(crate) fn new(start: SystemTime) -> Self {
        Self {
            start,
            elapsed: Mutex::default(),
        }
    }

    /// Reads it.
    pub(crate) fn now(&self) -> Now {
        self.at(self.moment(*self.lock()))
    }

    /// The moment so long after the start.
    pub(crate) fn moment(&self, elapsed: Duration) -> Moment {
        Moment(BEFORE.saturating_add(elapsed))
    }

    /// What it reads at `moment`.
    pub(crate) fn at(&self, moment: Moment) -> Now {
        let elapsed = moment.0.saturating_sub(BEFORE);
        Now {
            moment,
            wall: self.start.checked_add(elapsed).unwrap_or(self.start),
        }
    }

    /// Moves it on to `moment`; never back.
    pub(crate) fn advance_to(&self, moment: Moment) {
        let mut elapsed = self.lock();
        *elapsed = elapsed.max(moment.0.saturating_sub(BEFORE));
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Now {
    /// A reading for tests, `seconds` after both clocks began.
    pub(crate) fn at(seconds: f64) -> Self {
        Self {
            moment: Moment::at(seconds),
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
            let text = humantime::format_rfc3339_seconds(writable(wall));
            assert_eq!(text.to_string(), written);
        }
    }

    #[test]
    fn a_virtual_clock_stands_still_until_it_is_moved_and_never_goes_back() {
        let clock = VirtualClock::new(SystemTime::UNIX_EPOCH);
        let two = clock.moment(Duration::from_secs(2));
        clock.advance_to(two);
        clock.advance_to(clock.moment(Duration::from_secs(1)));
        let now = clock.now();
        assert_eq!(now.moment, two);
        assert_eq!(now.wall, SystemTime::UNIX_EPOCH + Duration::from_secs(2));
    }
}
