//! Time as the watch needs it: a clock that nobody can set and that counts time asleep; and, for a
//! replay, one that moves at the recording's pace.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Notify;

mod alarm;

pub(crate) use alarm::Alarm;

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
        if let Some(played) = PLAYED.get() {
            return played.now();
        }
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

/// The clock of the replay, where this process plays one.
static PLAYED: OnceLock<Played> = OnceLock::new();
/// The shortest step of a replay's clock: whoever waits for the next moment must not wait for ever.
const STEP: Duration = Duration::from_millis(1);
/// The longest step of a replay's clock, and the longest sleep where no timer goes by the clock.
const NAP: Duration = Duration::from_secs(1);
/// How often a replay's clock lets those who are at work go on before it does: as one of them may wait
/// for another that waits for the clock, it cannot stand still for ever.
const LOOKS: u32 = 20;

/// A clock that goes from one moment at which something is due to the next. It stands still while
/// an answer is worked on, so that a replay comes to the same end at any speed and on a machine of
/// any.
struct Played {
    speed: f64,
    start: SystemTime,
    began: Instant,
    state: Mutex<State>,
    moved: Notify,
}

#[derive(Default)]
struct State {
    /// Since the start of the recording.
    elapsed: Duration,
    /// The moments that are waited for.
    awaited: Vec<Duration>,
    /// How many are at work.
    busy: usize,
    /// How often in a row the clock has stood still for them.
    looks: u32,
}

impl State {
    /// One more is at work.
    fn begin(&mut self) {
        self.busy += 1;
        self.looks = 0;
    }

    /// One is at work no longer.
    fn rest(&mut self) {
        self.busy = self.busy.saturating_sub(1);
        self.looks = 0;
    }
}

/// From now on the clock is that of a recording which began at `start`, `speed` times as fast.
pub(crate) fn play(start: SystemTime, speed: f64) {
    PLAYED.get_or_init(|| Played::new(start, speed));
}

/// Waits until so much of the recording has passed.
pub(crate) async fn wait_until(elapsed: Duration) {
    if let Some(played) = PLAYED.get() {
        played.wait_until(elapsed).await;
    }
}

/// A replay's clock stands still until this is dropped.
pub(crate) struct Work(());

/// Says that somebody has something to do.
pub(crate) fn work() -> Work {
    if let Some(played) = PLAYED.get() {
        played.lock().begin();
    }
    Work(())
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(played) = PLAYED.get() {
            played.lock().rest();
        }
    }
}

/// A sleep until something is due.
pub(crate) struct Nap {
    real: Duration,
    /// Where a replay's clock goes after it, where it does not stand still.
    to: Option<Duration>,
}

/// A sleep of `span`, or of any length where nothing is due.
pub(crate) fn nap(span: Option<Duration>) -> Nap {
    match PLAYED.get() {
        Some(played) => played.nap(span.map_or(NAP, |span| span.min(NAP))),
        None => Nap {
            real: span.unwrap_or(Duration::MAX),
            to: None,
        },
    }
}

impl Nap {
    /// How long it takes.
    pub(crate) fn real(&self) -> Duration {
        self.real
    }

    /// Says that it was slept to its end.
    pub(crate) fn over(&self) {
        if let (Some(played), Some(to)) = (PLAYED.get(), self.to) {
            played.move_to(to);
        }
    }
}

impl Played {
    fn new(start: SystemTime, speed: f64) -> Self {
        Self {
            speed,
            start,
            began: Instant::now(),
            state: Mutex::default(),
            moved: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Now {
        let elapsed = self.lock().elapsed;
        Now {
            moment: Moment(BEFORE.saturating_add(elapsed)),
            wall: self.start.checked_add(elapsed).unwrap_or(self.start),
        }
    }

    async fn wait_until(&self, elapsed: Duration) {
        if self.is_past(elapsed) {
            return;
        }
        self.awaits(elapsed);
        loop {
            let moved = self.moved.notified();
            if self.is_past(elapsed) {
                return;
            }
            moved.await;
        }
    }

    /// Whoever was at work waits for a moment now.
    fn awaits(&self, elapsed: Duration) {
        let mut state = self.lock();
        state.rest();
        state.awaited.push(elapsed);
    }

    fn is_past(&self, elapsed: Duration) -> bool {
        elapsed <= self.lock().elapsed
    }

    fn nap(&self, span: Duration) -> Nap {
        let mut state = self.lock();
        if state.busy > 0 && state.looks < LOOKS {
            state.looks += 1;
            return Nap {
                real: Duration::ZERO,
                to: None,
            };
        }
        let due = state.elapsed.saturating_add(span.max(STEP));
        let to = state.awaited.iter().copied().fold(due, Duration::min);
        let real = to.div_f64(self.speed);
        Nap {
            real: real.saturating_sub(self.began.elapsed()),
            to: Some(to),
        }
    }

    fn move_to(&self, to: Duration) {
        let mut state = self.lock();
        state.elapsed = state.elapsed.max(to);
        let now = state.elapsed;
        let before = state.awaited.len();
        state.awaited.retain(|awaited| *awaited > now);
        // They are at work before they know it, lest the clock moves on meanwhile.
        for _ in state.awaited.len()..before {
            state.begin();
        }
        self.moved.notify_waiters();
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

    fn played(speed: f64) -> Played {
        Played::new(SystemTime::UNIX_EPOCH, speed)
    }

    #[test]
    fn a_replays_clock_goes_to_what_is_due_next() {
        let clock = played(1000.0);
        clock.lock().awaited.push(Duration::from_secs(2));
        let nap = clock.nap(Duration::from_secs(5));
        let two = Duration::from_secs(2);
        assert_eq!(nap.to, Some(two));
        assert!(nap.real <= Duration::from_millis(2), "{:?}", nap.real);
        clock.move_to(two);
        assert_eq!(clock.now().wall, SystemTime::UNIX_EPOCH + two);
        assert_eq!(clock.now().moment.since(Moment::at(0.0)), two);
        let nap = clock.nap(Duration::from_secs(5));
        assert_eq!(nap.to, None, "whoever waited is at work now");
        clock.lock().busy = 0;
        let nap = clock.nap(Duration::from_secs(5));
        assert_eq!(nap.to, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_replays_clock_does_not_stand_still_for_ever() {
        let clock = played(1000.0);
        clock.lock().busy = 1;
        for _ in 0..LOOKS {
            assert_eq!(clock.nap(STEP).to, None);
        }
        assert_eq!(clock.nap(STEP).to, Some(STEP));
    }

    #[test]
    fn a_replays_clock_never_stands_and_never_goes_back() {
        let clock = played(1.0);
        let nap = clock.nap(Duration::ZERO);
        assert_eq!(nap.to, Some(STEP));
        clock.move_to(Duration::from_secs(1));
        clock.move_to(STEP);
        assert_eq!(clock.lock().elapsed, Duration::from_secs(1));
        assert!(clock.is_past(Duration::from_secs(1)));
    }
}
