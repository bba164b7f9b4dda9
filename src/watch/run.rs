//! Drives a watch: a thread that polls, a channel, and one consumer that owns every decision.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Ending, Options, Watch};
use crate::clock::Now;
use crate::event::{Event, Kind, Started};
use crate::exit::{Signal, Verdict};
use crate::model::{Note, Snapshot};
use crate::provider::{PollError, Provider, Then};
use crate::render::Output;

/// The longest sleep. Timers of the system stand still while the machine sleeps and the watch's
/// clock does not, so a look at it each second is what wakes to a verdict.
const NAP: Duration = Duration::from_secs(1);

/// What reaches the consumer.
pub(crate) enum Input {
    /// What a poll found, and when.
    Answer(Now, Result<Arc<Snapshot>, PollError>),
    Signal(Signal),
    /// A line about a request, for `--verbose`.
    Trace(String),
}

/// What to watch.
pub(crate) struct Target {
    /// As the events name it.
    pub(crate) name: Arc<str>,
    pub(crate) started: Started,
    pub(crate) provider: Box<dyn Provider>,
    /// What the user should know before the first poll.
    pub(crate) warnings: Vec<Note>,
    /// The command that watches it again.
    pub(crate) resume: Option<Arc<str>>,
}

/// Watches `target` to its end and tells `output` everything on the way.
///
/// # Errors
/// Where the polling thread cannot be started.
pub(crate) fn run(
    target: Target,
    options: &Options,
    inputs: Sender<Input>,
    inbox: &Receiver<Input>,
    output: &mut Output,
) -> std::io::Result<Verdict> {
    let now = Now::read();
    let mut watch = Watch::begin(
        target.name,
        &target.started,
        options.clone(),
        fastrand::u64(..),
        now,
        &mut |event, board| output.event(event, board),
    );
    for warning in &target.warnings {
        watch.warn(warning, now, &mut |event, board| output.event(event, board));
    }
    let ask = poller(target.provider, inputs)?;

    let ending = loop {
        // What came is older than what the clock says now, and decides first.
        while let Ok(input) = inbox.try_recv() {
            take(&mut watch, input, output);
        }
        let now = Now::read();
        watch.advance(now);
        if output.is_closed() {
            watch.interrupt(Signal::Pipe, now);
        }
        if let Some(ending) = watch.ending() {
            break ending.clone();
        }
        if watch.poll_due(now.moment) {
            // The poller outlives the watch: it holds the other end.
            let _ = ask.send(());
        }
        output.tick(now, watch.board());
        let wake = [watch.wake(), output.wake()].into_iter().flatten().min();
        let nap = wake.map_or(NAP, |wake| wake.since(now.moment).min(NAP));
        match inbox.recv_timeout(nap) {
            Ok(input) => take(&mut watch, input, output),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(nap),
        }
    };
    let Ending { verdict, .. } = ending;
    watch.finish(target.resume, Now::read(), &mut |event, board| {
        output.event(event, board);
    });
    Ok(verdict)
}

fn take(watch: &mut Watch, input: Input, output: &mut Output) {
    let mut emit = |event: &Event<'_>, board: &_| output.event(event, board);
    match input {
        Input::Answer(at, answer) => watch.take(answer, at, &mut emit),
        Input::Signal(signal) => watch.interrupt(signal, Now::read()),
        Input::Trace(line) => {
            let event = Event {
                at: Now::read(),
                kind: Kind::Trace(&line),
            };
            emit(&event, watch.board());
        }
    }
}

/// Starts the thread that polls each time it is asked to. It is never waited for: a slow request
/// must not hold up the end of the watch.
fn poller(mut provider: Box<dyn Provider>, inputs: Sender<Input>) -> std::io::Result<Sender<()>> {
    let (ask, asked) = channel();
    thread::Builder::new()
        .name("poller".into())
        .spawn(move || {
            while asked.recv().is_ok() {
                // A poll that panics must be a failed poll, not a watch that waits for ever.
                let answer = catch_unwind(AssertUnwindSafe(|| provider.poll()))
                    .unwrap_or_else(|_| Err(panicked()));
                if inputs.send(Input::Answer(Now::read(), answer)).is_err() {
                    return;
                }
            }
        })?;
    Ok(ask)
}

fn panicked() -> PollError {
    PollError {
        cause: "an error in deploywatch itself; please report it".into(),
        status: None,
        then: Then::AskAgain { retry_after: None },
    }
}
