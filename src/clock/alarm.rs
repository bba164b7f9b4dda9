//! What wakes the watch when something is due.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::NAP;

/// Rings when it is time. It belongs to the runtime that ran when it was made.
pub(crate) enum Alarm {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Clock(on_the_clock::Timer),
    /// The runtime's timer, where there is no better one. It stands still while the machine sleeps and the
    /// watch's clock does not, so that a look at that each second is what wakes to a verdict.
    Runtime(Pin<Box<Sleep>>),
}

impl Alarm {
    /// An alarm that is not set.
    pub(crate) fn new() -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Ok(timer) = on_the_clock::Timer::new() {
            return Self::Clock(timer);
        }
        Self::on_the_runtime()
    }

    fn on_the_runtime() -> Self {
        Self::Runtime(Box::pin(sleep(NAP)))
    }

    /// Rings after `span` or earlier, and not when it was to ring before.
    pub(crate) fn set(&mut self, span: Duration) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Self::Clock(timer) = self
            && timer.set(span).is_err()
        {
            *self = Self::on_the_runtime();
        }
        if let Self::Runtime(timer) = self {
            timer.as_mut().reset(Instant::now() + span.min(NAP));
        }
    }

    /// Ready once it rings.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Clock(timer) => timer.poll(context),
            Self::Runtime(timer) => timer.as_mut().poll(context),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod on_the_clock {
    use std::io::{self, ErrorKind::WouldBlock};
    use std::task::ready;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::net::unix::pipe::Receiver;

    use super::{Context, Duration, Poll};

    /// The longest span that every system can set.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

    /// A timer of the watch's own clock: it goes on while the machine sleeps. The runtime's timers would
    /// wake twice for each wait, too, as it keeps what is due in rings of 64 milliseconds. It is read
    /// like a pipe into which something is written when it rings.
    pub(crate) struct Timer(Receiver);

    impl Timer {
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
            Ok(Self(Receiver::from_owned_fd_unchecked(timer)?))
        }

        pub(super) fn set(&self, span: Duration) -> io::Result<()> {
            // Nothing at all would mean never.
            let span = span.clamp(Duration::from_nanos(1), LONGEST);
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: Timespec {
                    tv_sec: span.as_secs() as _,
                    tv_nsec: span.subsec_nanos() as _,
                },
            };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }

        pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
            loop {
                // What fails here is a runtime that ends, and all there is left is to look at the time.
                if ready!(self.0.poll_read_ready(context)).is_err() {
                    return Poll::Ready(());
                }
                match self.0.try_read(&mut [0; 8]) {
                    // It was to ring before.
                    Err(error) if error.kind() == WouldBlock => {}
                    _ => return Poll::Ready(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Instant;

    use tokio::runtime;
    use tokio::task::yield_now;

    use super::*;

    const SOON: Duration = Duration::from_millis(2);
    const LATE: Duration = Duration::from_secs(3600);

    #[test]
    fn it_rings_once_and_as_it_was_set_last() {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            for mut alarm in [Alarm::new(), Alarm::on_the_runtime()] {
                alarm.set(SOON);
                std::thread::sleep(2 * SOON);
                // What rang meanwhile is forgotten.
                alarm.set(LATE);
                for _ in 0..3 {
                    yield_now().await;
                    let rung = poll_fn(|context| Poll::Ready(alarm.poll(context))).await;
                    assert!(rung.is_pending());
                }
                for _ in 0..2 {
                    let begun = Instant::now();
                    alarm.set(SOON);
                    poll_fn(|context| alarm.poll(context)).await;
                    assert!(begun.elapsed() >= SOON);
                }
                alarm.set(Duration::MAX);
            }
        });
    }
}
