//! Drives watches: a poller for each target, one channel, and one consumer that owns every decision.
//! All are tasks of one thread: to wake another one for each poll costs as much as half the poll.

use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::runtime::{self, LocalOptions};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{spawn_local, yield_now};

use super::{Options, Reason, Watch};
use crate::board::Board;
use crate::cause::Cause;
use crate::clock::{self, Alarm, Moment, Now, Work};
use crate::event::{Event, Kind, Outcome, Started, Traced};
use crate::exit::{Signal, Verdict};
use crate::model::{Note, Snapshot, Unit};
use crate::provider::{Doing, PollError, Provider, Then};
use crate::render::{Output, Screen};
use crate::signals;

/// What reaches the consumer. A number is the target's, in the order of the list. Work is over when
/// what it came to has been taken.
pub(crate) enum Input {
    /// What a poll found, and when.
    Answer(usize, Now, Result<Arc<Snapshot>, PollError>, Work),
    Signal(Signal),
    /// Ctrl-Z: leave the terminal to the shell and stop.
    Stop,
    /// The screen is not what it was.
    Redraw(Screen),
    /// What came of a request, for `--verbose`.
    Trace(Traced),
    /// What the user should know, whichever target it is about.
    Warning(Note),
    /// The end of the log of the failed unit at a place.
    Log(usize, usize, Vec<String>),
    /// No more logs will come.
    LogsDone(usize, Work),
}

/// What a poller is asked for.
enum Ask {
    Poll,
    /// The end of the logs of these units, at their places; this many lines.
    Logs(Vec<(usize, Unit)>, usize),
}

/// What to watch, and how.
pub(crate) struct Target {
    /// As the events name it.
    pub(crate) name: Arc<str>,
    pub(crate) started: Started,
    pub(crate) options: Options,
    pub(crate) provider: Box<dyn Provider>,
    /// What the user should know before the first poll.
    pub(crate) warnings: Vec<Note>,
    /// How long after the start the first poll is due: many targets must not ask in one burst.
    pub(crate) delay: Duration,
}

/// One target on its way.
struct Member {
    watch: Watch,
    ask: UnboundedSender<(Ask, Work)>,
    stage: Stage,
}

/// How far a target is.
enum Stage {
    Watching,
    /// The verdict is there; the logs of what failed are awaited until then at most.
    Logs(Moment),
    Done(Outcome),
}

/// Watches `targets` to their ends and tells `output` everything on the way. `resume` are the
/// arguments that watch them again, where that makes sense. Where `all` is set the targets are a
/// list: it gets a verdict of its own, the worst of theirs.
///
/// # Errors
/// Where the system has no means for it.
pub(crate) fn run(
    targets: Vec<Target>,
    all: bool,
    resume: Option<&[String]>,
    inputs: &UnboundedSender<Input>,
    inbox: &mut UnboundedReceiver<Input>,
    output: &mut Output,
) -> io::Result<Verdict> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default())?;
    // Kept to the end of the process: what is still under way would only hold it up.
    let runtime = Box::leak(Box::new(runtime));
    runtime.block_on(watch(targets, all, resume, inputs, inbox, output))
}

async fn watch(
    targets: Vec<Target>,
    all: bool,
    resume: Option<&[String]>,
    inputs: &UnboundedSender<Input>,
    inbox: &mut UnboundedReceiver<Input>,
    output: &mut Output,
) -> io::Result<Verdict> {
    // From here on a signal is a reason to end with: the first events are written now.
    signals::forward(inputs.clone())?;
    let start = Now::read();
    let mut members = Vec::with_capacity(targets.len());
    for (number, target) in targets.into_iter().enumerate() {
        members.push(Member::begin(number, target, inputs.clone(), start, output));
    }
    // They, too, are kept.
    let members = Vec::leak(members);
    let mut alarm = Alarm::new();
    loop {
        // What came is older than what the clock says now, and decides first.
        while let Ok(input) = inbox.try_recv() {
            take(members, input, output);
        }
        let now = Now::read();
        if output.is_closed() {
            interrupt(members, Signal::Pipe, now);
        }
        end_together(members, now);
        for member in &mut *members {
            member.step(now, all, resume, output);
        }
        if members.iter().all(Member::is_done) {
            break;
        }
        let boards: Vec<_> = members.iter().map(|member| member.watch.board()).collect();
        output.tick(now, &boards);
        let wakes = members.iter().filter_map(Member::wake);
        let wake = wakes.chain(output.wake()).min();
        let nap = clock::nap(wake.map(|wake| wake.since(Now::read().moment)));
        match next(inbox, &mut alarm, nap.real()).await {
            Some(input) => take(members, input, output),
            None => nap.over(),
        }
    }
    conclude(members, all, start, output)
}

/// What comes next; none where nothing does within `span`.
async fn next(
    inbox: &mut UnboundedReceiver<Input>,
    alarm: &mut Alarm,
    span: Duration,
) -> Option<Input> {
    if span.is_zero() {
        yield_now().await;
        return inbox.try_recv().ok();
    }
    alarm.set(span);
    poll_fn(|context| match inbox.poll_recv(context) {
        Poll::Pending => alarm.poll(context).map(|()| None),
        come => come,
    })
    .await
}

/// The worst verdict, told as that of the list where `all` is set.
fn conclude(members: &[Member], all: bool, start: Now, output: &mut Output) -> io::Result<Verdict> {
    let parts: Vec<_> = members.iter().filter_map(Member::part).collect();
    let Some(worst) = parts
        .iter()
        .map(|(_, outcome)| outcome.verdict)
        .max_by_key(|verdict| verdict.badness())
    else {
        return Err(io::Error::other("nothing was watched"));
    };
    if all {
        let outcome = Outcome {
            verdict: worst,
            reason: Reason::All(parts.iter().map(|(_, outcome)| outcome.verdict).collect()),
            elapsed: Now::read().moment.since(start.moment),
            polls: parts.iter().map(|(_, outcome)| outcome.polls).sum(),
            resume: parts.iter().find_map(|(_, outcome)| outcome.resume.clone()),
        };
        let event = Event {
            at: Now::read(),
            kind: Kind::AllFinished(&outcome, &parts),
        };
        let board = Board::new("all".into(), start.moment);
        output.event(&event, &board);
    }
    Ok(worst)
}

impl Member {
    fn begin(
        number: usize,
        target: Target,
        inputs: UnboundedSender<Input>,
        now: Now,
        output: &mut Output,
    ) -> Self {
        let mut emit = |event: &Event<'_>, board: &Board| output.event(event, board);
        let mut watch = Watch::begin(
            target.name,
            &target.started,
            target.options,
            now.moment.after(target.delay),
            fastrand::u64(..),
            now,
            &mut emit,
        );
        for warning in &target.warnings {
            watch.warn(warning, now, &mut emit);
        }
        Self {
            watch,
            ask: poller(number, target.provider, inputs),
            stage: Stage::Watching,
        }
    }

    /// Does what is due: a poll, the logs, the end.
    fn step(&mut self, now: Now, all: bool, resume: Option<&[String]>, output: &mut Output) {
        if matches!(self.stage, Stage::Watching) {
            self.watch.advance(now);
            if self.watch.poll_due(now.moment) {
                // The poller outlives the watch: it holds the other end.
                let _ = self.send(Ask::Poll);
            }
            if self.watch.ending().is_none() {
                return;
            }
            let wanted = self.watch.wanted_logs();
            let lines = self.watch.log_lines();
            self.stage = if wanted.is_empty() || self.send(Ask::Logs(wanted, lines)).is_err() {
                Stage::Logs(now.moment)
            } else {
                Stage::Logs(now.moment.after(self.watch.log_patience()))
            };
        }
        if matches!(self.stage, Stage::Logs(until) if until <= now.moment)
            && let Some(outcome) = self.watch.outcome(resume, !all)
        {
            let kind = if all {
                Kind::PartFinished(&outcome)
            } else {
                Kind::Finished(&outcome)
            };
            output.event(&Event { at: now, kind }, self.watch.board());
            self.stage = Stage::Done(outcome);
        }
    }

    fn send(&self, ask: Ask) -> Result<(), SendError<(Ask, Work)>> {
        self.ask.send((ask, clock::work()))
    }

    /// When `step` has something to do at the latest.
    fn wake(&self) -> Option<Moment> {
        match self.stage {
            Stage::Watching => self.watch.wake(),
            Stage::Logs(until) => Some(until),
            Stage::Done(_) => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done(_))
    }

    /// What the report of a list says about this target.
    fn part(&self) -> Option<(&Board, &Outcome)> {
        match &self.stage {
            Stage::Done(outcome) => Some((self.watch.board(), outcome)),
            _ => None,
        }
    }

    /// Waits for logs no longer.
    fn hurry(&mut self, now: Now) {
        if let Stage::Logs(until) = &mut self.stage {
            *until = now.moment;
        }
    }
}

fn take(members: &mut [Member], input: Input, output: &mut Output) {
    match input {
        Input::Answer(number, at, answer, _work) => {
            let member = &mut members[number];
            if matches!(member.stage, Stage::Watching) {
                let mut emit = |event: &Event<'_>, board: &Board| output.event(event, board);
                member.watch.take(answer, at, &mut emit);
            }
        }
        Input::Signal(signal) => interrupt(members, signal, Now::read()),
        Input::Stop => {
            output.suspend();
            signals::stop();
        }
        Input::Redraw(screen) => output.redraw(screen),
        Input::Trace(traced) => {
            if let Some(member) = members.first() {
                let kind = Kind::Trace(&traced);
                let at = Now::read();
                output.event(&Event { at, kind }, member.watch.board());
            }
        }
        Input::Warning(note) => {
            // Nothing comes after the end of a target.
            if let Some(member) = members.iter_mut().find(|member| !member.is_done()) {
                let mut emit = |event: &Event<'_>, board: &Board| output.event(event, board);
                member.watch.warn(&note, Now::read(), &mut emit);
            }
        }
        Input::Log(number, place, lines) => members[number].watch.take_log(place, lines),
        Input::LogsDone(number, _work) => members[number].hurry(Now::read()),
    }
}

fn interrupt(members: &mut [Member], signal: Signal, now: Now) {
    for member in members {
        member.watch.interrupt(signal, now);
        member.hurry(now);
    }
}

/// With `--fail-fast` the first failure ends the watch of all, and so does a command line that does
/// not say enough.
fn end_together(members: &mut [Member], now: Now) {
    if members.iter().any(|member| member.watch.ends_all()) {
        for member in members {
            member.watch.abandon(now);
        }
    }
}

/// Starts what polls each time it is asked to. It is never waited for: a slow request must not hold
/// up the end of the watch.
fn poller(
    number: usize,
    mut provider: Box<dyn Provider>,
    inputs: UnboundedSender<Input>,
) -> UnboundedSender<(Ask, Work)> {
    let (ask, mut asked) = unbounded_channel::<(Ask, Work)>();
    spawn_local(async move {
        while let Some((ask, work)) = asked.recv().await {
            let input = match ask {
                Ask::Poll => {
                    let answer = caught(provider.poll()).await;
                    let answer = answer.unwrap_or_else(|_| Err(panicked()));
                    Input::Answer(number, Now::read(), answer, work)
                }
                Ask::Logs(units, lines) => {
                    let fetch = async {
                        for (place, unit) in units {
                            if let Some(log) = provider.log_tail(&unit, lines).await {
                                let _ = inputs.send(Input::Log(number, place, log));
                            }
                        }
                    };
                    let _ = caught(Box::pin(fetch)).await;
                    Input::LogsDone(number, work)
                }
            };
            if inputs.send(input).is_err() {
                return;
            }
        }
    });
    ask
}

/// What comes of `doing`. What panics must be a failed poll, not a watch that waits for ever.
async fn caught<T>(mut doing: Doing<'_, T>) -> thread::Result<T> {
    poll_fn(|context| {
        let step = AssertUnwindSafe(|| doing.as_mut().poll(context));
        catch_unwind(step).map_or_else(|panic| Poll::Ready(Err(panic)), |step| step.map(Ok))
    })
    .await
}

fn panicked() -> PollError {
    PollError {
        cause: Cause::Bug,
        status: None,
        then: Then::AskAgain { retry_after: None },
        date: None,
    }
}
