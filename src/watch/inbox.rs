//! The source of the event loop's events: as they come, or, in a replay, in the order of the
//! recording's time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{self, Duration};

use crate::clock::{Clock, Instant, Timestamp, VirtualClock};
use crate::http::RequestTrace;
use crate::message::Message;
use crate::model::Snapshot;
use crate::platform::SystemEvent;
use crate::poll::PollError;

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
    /// No more logs will come; why one of them could not be read.
    LogsDone(usize, Timestamp, Option<Message>),
    /// The result of a request, for `--verbose`.
    Trace(Timestamp, RequestTrace),
    System(SystemEvent),
    /// A warning about the watch as a whole.
    Warning(Message),
}

impl LoopEvent {
    /// When it happened, where that matters in a replay.
    fn time(&self) -> Option<Instant> {
        match self {
            Self::Answer(_, at, _)
            | Self::Log(_, at, ..)
            | Self::LogsDone(_, at, _)
            | Self::Trace(at, _) => Some(at.instant),
            Self::System(_) | Self::Warning(_) => None,
        }
    }
}

/// The events of one watch, and the clock that they go by.
pub(crate) struct Inbox {
    pub(crate) clock: Clock,
    pub(crate) sender: Sender<LoopEvent>,
    receiver: Receiver<LoopEvent>,
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
            clock: Clock::System,
            sender,
            receiver,
            replay: None,
        }
    }

    /// The events of a replay, `speed` times as fast as they were recorded.
    pub(crate) fn replay(clock: Arc<VirtualClock>, speed: f64) -> Self {
        Self {
            clock: Clock::Virtual(Arc::clone(&clock)),
            replay: Some(Replay {
                clock,
                speed,
                began: time::Instant::now(),
                future: BTreeMap::new(),
                received: 0,
            }),
            ..Self::live()
        }
    }

    /// The next event that is there already.
    pub(crate) fn try_next(&mut self) -> Option<LoopEvent> {
        match &mut self.replay {
            None => self.receiver.try_recv().ok(),
            Some(replay) => replay.due(),
        }
    }

    /// Waits for the next event, at the longest until `wake`. `in_flight` counts the commands to pollers whose last
    /// event is still to be received. A sender of the events is at hand here, so that an error of the receiver is a
    /// timeout.
    pub(super) fn next(
        &mut self,
        wake: Option<Instant>,
        in_flight: &mut usize,
    ) -> Option<LoopEvent> {
        let now = self.clock.now().instant;
        let latest = now.after(MAX_SLEEP);
        let wake = wake.map_or(latest, |wake| wake.min(latest));
        let Some(replay) = &mut self.replay else {
            return self.receiver.recv_timeout(wake.since(now)).ok();
        };
        let wake = wake.max(now.after(MIN_STEP));
        loop {
            let first = replay.future.first_key_value();
            let due = first.map_or(wake, |(&(at, _), _)| wake.min(at));
            // What pollers are asked for is waited for before the clock moves: they answer at once, for a
            // time that is still to come.
            let is_awaited = *in_flight > 0;
            let timeout = match is_awaited {
                true => Duration::MAX,
                false => due.since(replay.played()).div_f64(replay.speed),
            };
            let Ok(event) = self.receiver.recv_timeout(timeout) else {
                replay.clock.advance_to(due);
                return replay.due();
            };
            if matches!(event, LoopEvent::Answer(..) | LoopEvent::LogsDone(..)) {
                *in_flight -= 1;
            }
            let Some(at) = event.time() else {
                if !is_awaited {
                    replay.clock.advance_to(replay.played().min(due));
                }
                return Some(event);
            };
            replay.future.insert((at, replay.received), event);
            replay.received += 1;
        }
    }
}

impl Replay {
    /// The time that the clock would say if it moved steadily.
    fn played(&self) -> Instant {
        let played = self.began.elapsed().mul_f64(self.speed);
        self.clock.instant(played)
    }

    /// The next event whose time has come.
    fn due(&mut self) -> Option<LoopEvent> {
        let first = self.future.first_entry()?;
        (first.key().0 <= self.clock.now().instant).then(|| first.remove())
    }
}
