//! The thread that polls one target, so that a slow request holds up neither the screen nor a deadline.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::inbox::LoopEvent;
use crate::cli::partition::partition_advice;
use crate::http::Transport;
use crate::message::{self, Context as _, Message};
use crate::model::Unit;
use crate::poll::PollError;
use crate::provider::DeploymentSource;

/// The stack of a poller, in bytes: it parses JSON and does no more, and there may be thousands.
const STACK: usize = 1 << 20;

/// A request to a poller.
pub(super) enum PollerCommand {
    Poll,
    /// The end of the logs of these units, with their indices, or of the deployment's own where there are none;
    /// this many lines.
    FetchLogs(Vec<(usize, Unit)>, usize),
}

/// Starts the thread that polls target number `target` and returns the sender of its commands, the last event of
/// each of which says that it is done. The thread is never waited for: a slow request must not hold up the end of
/// the watch.
///
/// # Errors
/// If no thread can be started.
pub(super) fn start(
    target: usize,
    source: Box<dyn DeploymentSource>,
    transport: Arc<dyn Transport>,
    events: Sender<LoopEvent>,
) -> message::Result<Sender<PollerCommand>> {
    let (commands, received) = channel();
    let thread = thread::Builder::new()
        .name("poller".into())
        .stack_size(STACK);
    let started = thread.spawn(move || poll(target, source, &*transport, &received, &events));
    started.context(|| {
        Message::new(
            "the system cannot start a thread for each deployment",
            "系统无法为每个部署提供线程",
        )
        .with_hint(&partition_advice())
    })?;
    Ok(commands)
}

fn poll(
    target: usize,
    mut source: Box<dyn DeploymentSource>,
    transport: &dyn Transport,
    commands: &Receiver<PollerCommand>,
    events: &Sender<LoopEvent>,
) {
    // What panics must be a failed poll, not a watch that waits for ever.
    let source = &mut source;
    while let Ok(command) = commands.recv() {
        let done = match command {
            PollerCommand::Poll => {
                let result = catch_unwind(AssertUnwindSafe(|| source.poll()));
                let panicked = |_| Err(PollError::retryable(Message::internal_error(), None));
                let result = result.unwrap_or_else(panicked);
                // What a replay decides must not depend on how long this process took.
                LoopEvent::Answer(target, transport.answered(), result)
            }
            PollerCommand::FetchLogs(units, lines) => {
                let mut failure = None;
                let mut take = |index, log: Result<Vec<String>, PollError>| match log {
                    Ok(log) if log.is_empty() => {}
                    Ok(log) => {
                        let log = LoopEvent::Log(target, transport.now(), index, log);
                        let _ = events.send(log);
                    }
                    Err(error) => failure = Some(error),
                };
                let fetch = || {
                    if units.is_empty() {
                        take(None, source.own_log_tail(lines));
                    }
                    for (index, unit) in units {
                        take(Some(index), source.log_tail(&unit, lines));
                    }
                };
                let _ = catch_unwind(AssertUnwindSafe(fetch));
                // One warning for all of them: the reason is the same.
                let warning = failure.map(|error: PollError| {
                    Message::new("cannot read the log", "无法读取日志")
                        .with_detail(&error.message)
                        .with_hint(error.hint())
                });
                LoopEvent::LogsDone(target, transport.now(), warning)
            }
        };
        if events.send(done).is_err() {
            return;
        }
    }
}
