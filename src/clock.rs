//! Time as the watch needs it: a clock that nobody can set and that counts time asleep.

use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// A point on the watch's own clock: it never goes back, and it goes on while the machine sleeps,
/// so that a suspended laptop wakes up to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Reads both clocks.
    pub(crate) fn read() -> Self {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Self {
            moment: Moment(BEFORE + Duration::new(seconds, nanoseconds)),
            wall: SystemTime::now(),
        }
    }
}

impl Now {
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
