//! Drives watches: a poller for each target, one channel, and one loop on the main thread that owns every
//! decision.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::inbox::{Inbox, LoopEvent};
use super::poller::{Poller, PollerCommand};
use super::{Watch, signals, verdict};
use crate::cli::options::WatchOptions;
use crate::cli::resume::ResumeCommand;
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind, Started};
use crate::http::Transport;
use crate::message::Message;
use crate::outcome::{Outcome, Signal, Verdict};
use crate::progress::Progress;
use crate::provider::DeploymentSource;
use crate::render::{Output, ScreenChange};

/// What to watch, and how.
pub(crate) struct Target {
    /// As the events name it.
    pub(crate) name: Arc<str>,
    pub(crate) started: Started,
    pub(crate) options: WatchOptions,
    /// What to warn of where it had already ended at the first good answer.
    pub(crate) already_ended_warning: Option<Message>,
    pub(crate) source: Box<dyn DeploymentSource>,
    /// What the requests go over.
    pub(crate) transport: Arc<dyn Transport>,
    /// Warnings about this deployment, told before the first poll.
    pub(crate) warnings: Vec<Message>,
    /// How long after the start the first poll is due: many targets must not poll in one burst.
    pub(crate) delay: Duration,
}

/// One target being watched.
struct ActiveWatch {
    watch: Watch,
    poller: Poller,
    stage: Stage,
}

/// How far a target is.
enum Stage {
    Watching,
    /// The verdict is there; the logs of what failed are waited for until then at most.
    FetchingLogs(Instant),
    Done,
}

/// Watches `targets` to their ends and tells `output` everything on the way. `warnings` are about the watch
/// as a whole; `resume` is the command that watches again, where that makes sense. Where `all` is set the targets are a list: it gets a
/// verdict of its own, the worst of theirs. The waits after failed polls are drawn from `seed`.
///
/// # Errors
/// Where the system has no thread for it.
pub(crate) fn run(
    targets: Vec<Target>,
    all: bool,
    warnings: &[Message],
    resume: Option<&ResumeCommand>,
    seed: u64,
    inbox: &mut Inbox,
    output: &mut Output,
) -> io::Result<Verdict> {
    // From here on a signal is a reason to end with: the first events are written now.
    signals::forward(inbox.sender())?;
    let clock = inbox.clock();
    let start = clock.now();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut watches = Vec::with_capacity(targets.len());
    for (number, target) in targets.into_iter().enumerate() {
        let seed = random.u64(..);
        watches.push(ActiveWatch::begin(
            number, target, seed, start, inbox, output,
        )?);
    }
    if let Some(first) = watches.first() {
        for warning in warnings {
            output.warn(warning, start, first.watch.progress());
        }
    }
    loop {
        // What came is older than what the clock says now, and decides first.
        while let Some(event) = inbox.try_next() {
            take(&mut watches, event, clock.now(), output);
        }
        let now = clock.now();
        if output.is_closed() {
            interrupt(&mut watches, Signal::Pipe, now);
        }
        end_together(&mut watches, now);
        for watch in &mut watches {
            watch.step(now, all, resume, output);
        }
        if watches.iter().all(ActiveWatch::is_done) {
            break;
        }
        let deployments: Vec<_> = watches.iter().map(|watch| watch.watch.progress()).collect();
        output.tick(now, &deployments);
        let wakes = watches.iter().filter_map(ActiveWatch::wake);
        let wake = wakes.chain(output.wake()).min();
        if let Some(event) = inbox.next(wake) {
            take(&mut watches, event, clock.now(), output);
        }
    }
    finish_all(&watches, all, start, clock.now(), output)
}

/// The worst verdict, told as that of the list where `all` is set.
fn finish_all(
    watches: &[ActiveWatch],
    all: bool,
    start: Timestamp,
    now: Timestamp,
    output: &mut Output,
) -> io::Result<Verdict> {
    let parts: Vec<_> = watches.iter().filter_map(ActiveWatch::part).collect();
    let outcomes = || parts.iter().map(|(_, outcome)| *outcome);
    let verdicts: Vec<_> = outcomes().map(|outcome| outcome.verdict).collect();
    let Some((verdict, reason)) = verdict::of_list(&verdicts) else {
        return Err(io::Error::other("nothing was watched"));
    };
    if all {
        let resumable = outcomes().filter(|outcome| outcome.resume.is_some());
        let worst = resumable.max_by_key(|outcome| outcome.verdict.severity());
        let outcome = Outcome {
            verdict,
            reason,
            elapsed: now.instant.since(start.instant),
            polls: outcomes().map(|outcome| outcome.polls).sum(),
            resume: worst.and_then(|outcome| outcome.resume.clone()),
        };
        let progress = &Progress::new("all".into(), start.instant);
        let kind = Kind::Finished(Finished {
            outcome: &outcome,
            parts: &parts,
            is_list: true,
        });
        output.event(&Event {
            at: now,
            progress,
            kind,
        });
    }
    Ok(verdict)
}

impl ActiveWatch {
    fn begin(
        number: usize,
        target: Target,
        seed: u64,
        now: Timestamp,
        inbox: &Inbox,
        output: &mut Output,
    ) -> io::Result<Self> {
        let mut emit = |event: &Event<'_>| output.event(event);
        let mut watch = Watch::begin(
            target.name,
            &target.started,
            target.options,
            now.instant.after(target.delay),
            seed,
            now,
            &mut emit,
        );
        watch.already_ended_warning = target.already_ended_warning;
        for warning in &target.warnings {
            watch.warn(warning, now, &mut emit);
        }
        Ok(Self {
            watch,
            poller: Poller::start(number, target.source, target.transport, inbox)?,
            stage: Stage::Watching,
        })
    }

    /// Does what is due: a poll, the logs, the end.
    fn step(
        &mut self,
        now: Timestamp,
        all: bool,
        resume: Option<&ResumeCommand>,
        output: &mut Output,
    ) {
        if matches!(self.stage, Stage::Watching) {
            self.watch.advance(now);
            if self.watch.poll_due(now.instant) {
                // The poller outlives the watch: it holds the other end.
                let _ = self.poller.send(PollerCommand::Poll);
            }
            if self.watch.outcome().is_none() {
                return;
            }
            let wanted = self.watch.wanted_logs();
            let is_wanted = !wanted.is_empty();
            let fetch = PollerCommand::FetchLogs(wanted, self.watch.log_lines());
            self.stage = if is_wanted && self.poller.send(fetch).is_ok() {
                Stage::FetchingLogs(self.watch.log_deadline(now.instant))
            } else {
                Stage::FetchingLogs(now.instant)
            };
        }
        if matches!(self.stage, Stage::FetchingLogs(until) if until <= now.instant) {
            if let Some(arguments) = resume {
                self.watch.add_resume(arguments, !all);
            }
            self.stage = Stage::Done;
            if let Some((progress, outcome)) = self.part() {
                let kind = if all {
                    Kind::PartFinished(outcome)
                } else {
                    Kind::Finished(Finished {
                        outcome,
                        parts: &[(progress, outcome)],
                        is_list: false,
                    })
                };
                output.event(&Event {
                    at: now,
                    progress,
                    kind,
                });
            }
        }
    }

    /// When `step` has something to do at the latest.
    fn wake(&self) -> Option<Instant> {
        match self.stage {
            Stage::Watching => self.watch.wake(),
            Stage::FetchingLogs(until) => Some(until),
            Stage::Done => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// What the report of a list says about this target.
    fn part(&self) -> Option<(&Progress, &Outcome)> {
        let outcome = self.watch.outcome().filter(|_| self.is_done())?;
        Some((self.watch.progress(), outcome))
    }

    fn stop_waiting_for_logs(&mut self, now: Timestamp) {
        if let Stage::FetchingLogs(until) = &mut self.stage {
            *until = now.instant;
        }
    }
}

fn take(watches: &mut [ActiveWatch], event: LoopEvent, now: Timestamp, output: &mut Output) {
    match event {
        LoopEvent::Answer(number, at, answer) => {
            let watch = &mut watches[number];
            if matches!(watch.stage, Stage::Watching) {
                watch
                    .watch
                    .take(answer, at, &mut |event| output.event(event));
            }
        }
        LoopEvent::Log(number, _, index, lines) => watches[number].watch.take_log(index, lines),
        LoopEvent::LogsDone(number, at) => watches[number].stop_waiting_for_logs(at),
        LoopEvent::Trace(at, traced) => {
            if let Some(watch) = watches.first() {
                let (progress, kind) = (watch.watch.progress(), Kind::Trace(&traced));
                output.event(&Event { at, progress, kind });
            }
        }
        LoopEvent::Signal(signal) => interrupt(watches, signal, now),
        LoopEvent::Screen(change) => {
            output.screen(change);
            if change == ScreenChange::Suspended {
                signals::stop();
            }
        }
        LoopEvent::Warning(message) => {
            // Nothing comes after the end of a target.
            if let Some(watch) = watches.iter().find(|watch| !watch.is_done()) {
                output.warn(&message, now, watch.watch.progress());
            }
        }
    }
}

fn interrupt(watches: &mut [ActiveWatch], signal: Signal, now: Timestamp) {
    for watch in watches {
        watch.watch.interrupt(signal, now);
        watch.stop_waiting_for_logs(now);
    }
}

/// With `--fail-fast` the first failure ends the watch of all, and so does a command line that does not say
/// enough.
fn end_together(watches: &mut [ActiveWatch], now: Timestamp) {
    if watches.iter().any(|watch| watch.watch.ends_all()) {
        for watch in watches {
            watch.watch.cancel(now);
        }
    }
}
