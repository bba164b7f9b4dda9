//! The source of the event loop's events: as they come, or, in a replay, in the order of the
//! recording's time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{self, Duration};

use crate::clock::{Clock, Instant, Timestamp, VirtualClock};
use crate::http::RequestTrace;
use crate::message::Message;
use crate::model::Snapshot;
use crate::outcome::Signal;
use crate::poll::PollError;
use crate::render::ScreenChange;

/// The longest sleep. Timers of the system stand still while the machine sleeps and the watch's clock
/// does not, so that a look at the clock each second is what wakes to a verdict.
const MAX_SLEEP: Duration = Duration::from_secs(1);
/// The shortest step of a virtual clock: whoever waits for the next moment must not wait for ever.
const MIN_STEP: Duration = Duration::from_millis(1);

/// An event of the loop. The first number is the target's, in the order of the list; the time is that at
/// which it happened.
pub(crate) enum LoopEvent {
    /// The result of a poll.
    Answer(usize, Timestamp, Result<Arc<Snapshot>, PollError>),
    /// The end of the log of the failed unit with this index, or of the deployment itself.
    Log(usize, Timestamp, Option<usize>, Vec<String>),
    /// A warning about the logs of this target.
    LogWarning(usize, Timestamp, Message),
    /// No more logs will come.
    LogsDone(usize, Timestamp),
    /// The result of a request, for `--verbose`.
    Trace(Timestamp, RequestTrace),
    Signal(Signal),
    Screen(ScreenChange),
    /// Somebody asks where the watch stands.
    StatusAsked,
    /// A warning about the watch as a whole.
    Warning(Message),
}

impl LoopEvent {
    /// When it happened, where that matters in a replay.
    pub(super) fn time(&self) -> Option<Instant> {
        match self {
            Self::Answer(_, at, _)
            | Self::Log(_, at, ..)
            | Self::LogWarning(_, at, _)
            | Self::LogsDone(_, at)
            | Self::Trace(at, _) => Some(at.instant),
            Self::Signal(_) | Self::Screen(_) | Self::StatusAsked | Self::Warning(_) => None,
        }
    }

    /// Whether it is the last one of a command to a poller.
    pub(super) fn ends_command(&self) -> bool {
        matches!(self, Self::Answer(..) | Self::LogsDone(..))
    }
}

/// The events of one watch, and the clock that they go by.
pub(crate) struct Inbox {
    sender: Sender<LoopEvent>,
    receiver: Receiver<LoopEvent>,
    /// Commands to pollers whose last event has not been received.
    in_flight: Arc<AtomicUsize>,
    replay: Option<Replay>,
}

/// A replay: the virtual clock moves to whatever is due next.
struct Replay {
    clock: Arc<VirtualClock>,
    /// Speed, as a multiple of the recorded one.
    speed: f64,
    began: time::Instant,
    /// Events that were received and are still to come, by their time and in the order received.
    future: BTreeMap<(Instant, usize), LoopEvent>,
    received: usize,
}

impl Inbox {
    /// The events of a watch as they come.
    pub(crate) fn live() -> Self {
        let (sender, receiver) = channel();
        Self {
            sender,
            receiver,
            in_flight: Arc::default(),
            replay: None,
        }
    }

    /// The events of a replay, `speed` times as fast as they were recorded.
    pub(crate) fn replay(clock: Arc<VirtualClock>, speed: f64) -> Self {
        let replay = Replay {
            clock,
            speed,
            began: time::Instant::now(),
            future: BTreeMap::new(),
            received: 0,
        };
        Self {
            replay: Some(replay),
            ..Self::live()
        }
    }

    /// The clock that the events go by.
    pub(crate) fn clock(&self) -> Clock {
        match &self.replay {
            None => Clock::System,
            Some(replay) => Clock::Virtual(Arc::clone(&replay.clock)),
        }
    }

    /// The sender of events.
    pub(crate) fn sender(&self) -> Sender<LoopEvent> {
        self.sender.clone()
    }

    /// The count of commands to pollers that are in flight.
    pub(super) fn in_flight(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.in_flight)
    }

    /// The next event that is there already.
    pub(crate) fn try_next(&mut self) -> Option<LoopEvent> {
        match &mut self.replay {
            None => self.receiver.try_recv().ok(),
            Some(replay) => replay.due(replay.clock.now().instant),
        }
    }

    /// Waits for the next event, at the longest until `wake`.
    pub(super) fn next(&mut self, wake: Option<Instant>) -> Option<LoopEvent> {
        let now = self.clock().now().instant;
        let latest = now.after(MAX_SLEEP);
        let wake = wake.map_or(latest, |wake| wake.min(latest));
        match &mut self.replay {
            // A sender of the events is at hand here: an error is a timeout.
            None => self.receiver.recv_timeout(wake.since(now)).ok(),
            Some(replay) => {
                let wake = wake.max(now.after(MIN_STEP));
                replay.next(&self.receiver, &self.in_flight, wake)
            }
        }
    }
}

impl Replay {
    /// Moves the clock to the next event, or to `wake` where that comes first. What pollers are asked for
    /// is waited for before the clock moves: they answer at once, for a time that is still to come.
    fn next(
        &mut self,
        receiver: &Receiver<LoopEvent>,
        in_flight: &AtomicUsize,
        wake: Instant,
    ) -> Option<LoopEvent> {
        while in_flight.load(Ordering::Acquire) > 0 {
            if let Some(event) = self.sort(receiver.recv().ok()?, in_flight) {
                return Some(event);
            }
        }
        let first = self.future.keys().next().map(|&(at, _)| at);
        let due = first.map_or(wake, |first| first.min(wake));
        let begin = self.clock.instant(Duration::ZERO);
        let due_at = due.since(begin).div_f64(self.speed);
        while let Ok(event) = receiver.recv_timeout(due_at.saturating_sub(self.began.elapsed())) {
            if let Some(event) = self.sort(event, in_flight) {
                let played = self.began.elapsed().mul_f64(self.speed);
                self.clock.advance_to(self.clock.instant(played).min(due));
                return Some(event);
            }
        }
        self.clock.advance_to(due);
        self.due(due)
    }

    /// Puts an event that has a time where it belongs; one that has none, as a signal, comes back.
    fn sort(&mut self, event: LoopEvent, in_flight: &AtomicUsize) -> Option<LoopEvent> {
        if event.ends_command() {
            in_flight.fetch_sub(1, Ordering::AcqRel);
        }
        let Some(at) = event.time() else {
            return Some(event);
        };
        self.future.insert((at, self.received), event);
        self.received += 1;
        None
    }

    /// The next event whose time has come.
    fn due(&mut self, now: Instant) -> Option<LoopEvent> {
        let first = self.future.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
