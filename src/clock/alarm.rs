//! What wakes the watch when something is due: a timer of the watch's own clock, where the system has
//! one.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use on_a_timer::Alarm;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use on_the_clock::Alarm;

/// A timer that goes on while the machine sleeps. The runtime's own timers would not; and they wake
/// the thread twice, for they keep what is due in rings of 64 milliseconds.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod on_the_clock {
    use std::io::ErrorKind::WouldBlock;
    use std::task::ready;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::net::unix::pipe::Receiver;

    use super::{Context, Duration, Poll, io};
    use crate::clock::boot;

    /// Like a pipe into which something is written when it rings.
    pub(crate) struct Alarm(Receiver);

    impl Alarm {
        /// An alarm that is not set. It belongs to the runtime that runs at the moment.
        ///
        /// # Errors
        /// Where the system has no such timer.
        pub(crate) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
            Ok(Self(Receiver::from_owned_fd_unchecked(timer)?))
        }

        /// Rings after `span`, and not when it was to ring before.
        ///
        /// # Errors
        /// Where the timer cannot be set.
        pub(crate) fn set(&mut self, span: Duration) -> io::Result<()> {
            let at = boot().saturating_add(span);
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec {
                    tv_sec: at.as_secs().try_into().unwrap_or(i64::MAX),
                    tv_nsec: at.subsec_nanos() as _,
                },
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::ABSTIME, &once)?;
            Ok(())
        }

        /// Ready once it rings.
        ///
        /// # Errors
        /// Where the timer cannot be waited for.
        pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            loop {
                ready!(self.0.poll_read_ready(context))?;
                match self.0.try_read(&mut [0; 8]) {
                    // It was to ring before.
                    Err(error) if error.kind() == WouldBlock => {}
                    rung => return Poll::Ready(rung.map(|_| ())),
                }
            }
        }
    }
}

/// The runtime's timer. It stands still while the machine sleeps and the watch's clock does not, so that
/// a look at that each second is what wakes to a verdict.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod on_a_timer {
    use std::future::Future as _;
    use std::pin::Pin;

    use tokio::time::{Instant, Sleep, sleep};

    use super::{Context, Duration, Poll, io};
    use crate::clock::NAP;

    pub(crate) struct Alarm(Pin<Box<Sleep>>);

    impl Alarm {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(Box::pin(sleep(NAP))))
        }

        pub(crate) fn set(&mut self, span: Duration) -> io::Result<()> {
            self.0.as_mut().reset(Instant::now() + span.min(NAP));
            Ok(())
        }

        pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.0.as_mut().poll(context).map(Ok)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Instant;

    use tokio::runtime;

    use super::*;

    const SOON: Duration = Duration::from_millis(2);
    const LATE: Duration = Duration::from_secs(3600);

    #[test]
    fn it_rings_once_and_as_it_was_set_last() {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut alarm = Alarm::new().expect("an alarm");
            let mut set = |span| alarm.set(span).expect("a timer");
            set(SOON);
            std::thread::sleep(2 * SOON);
            // What rang meanwhile is forgotten.
            set(LATE);
            for _ in 0..3 {
                tokio::task::yield_now().await;
                let rung = poll_fn(|context| Poll::Ready(alarm.poll(context))).await;
                assert!(rung.is_pending());
            }
            for span in [SOON, SOON] {
                let begun = Instant::now();
                alarm.set(span).expect("a timer");
                let rung = poll_fn(|context| alarm.poll(context)).await;
                rung.expect("a ring");
                assert!(begun.elapsed() >= span);
            }
            alarm.set(Duration::MAX).expect("never");
        });
    }
}
