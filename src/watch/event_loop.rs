//! Drives watches: a poller for each target, one channel, and one loop on the main thread that owns every
//! decision.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::inbox::{Inbox, LoopEvent};
use super::poller::{self, PollerCommand};
use super::verdict::{self, Decision};
use super::{TargetDetails, Watch};
use crate::cli::explicit::ResumeCommand;
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind};
use crate::http::Transport;
use crate::message::{Message, Result};
use crate::outcome::{Outcome, Signal, Verdict};
use crate::platform::{self, SystemEvent};
use crate::progress::Progress;
use crate::provider::DeploymentSource;
use crate::render::Output;

/// A deployment to watch, and how it is polled.
pub(crate) struct Target {
    pub(crate) details: TargetDetails,
    pub(crate) source: Box<dyn DeploymentSource>,
    /// The transport of the requests.
    pub(crate) transport: Arc<dyn Transport>,
}

/// The targets being watched.
struct Watches<'a> {
    list: Vec<ActiveWatch>,
    /// Whether they are a list, which gets a verdict of its own.
    all: bool,
    /// The command that watches again.
    resume: Option<&'a ResumeCommand>,
    /// Commands to pollers that a replay has to wait for.
    in_flight: usize,
}

/// One target being watched.
struct ActiveWatch {
    watch: Watch,
    poller: Sender<PollerCommand>,
    /// Until when the logs of what failed are waited for at most; none before the verdict.
    logs_until: Option<Instant>,
    /// When it has something to do at the latest: the zero instant where something has happened to it, none once
    /// it is done.
    wake: Option<Instant>,
}

/// Watches `targets` to their ends and tells `output` everything on the way. `warnings` are about the watch
/// as a whole; `resume` is the command that watches again, where that makes sense. Where `all` is set the
/// targets are a list: it gets a verdict of its own, the worst of theirs. The waits after failed polls are
/// drawn from `seed`.
///
/// # Errors
/// If the system has no thread for it.
pub(crate) fn run(
    targets: Vec<Target>,
    all: bool,
    warnings: &[Message],
    resume: Option<&ResumeCommand>,
    seed: u64,
    inbox: &mut Inbox,
    output: &mut Output,
) -> Result<Verdict> {
    // From here on a signal is a reason to end with: the first events are written now.
    let events = inbox.sender.clone();
    platform::forward_signals(move |event| events.send(LoopEvent::System(event)).is_ok())?;
    let clock = inbox.clock.clone();
    let start = clock.now();
    let mut random = fastrand::Rng::with_seed(seed);
    // First, so that nothing is said of a watch that cannot begin.
    let mut polled = Vec::with_capacity(targets.len());
    for (number, target) in targets.into_iter().enumerate() {
        let events = inbox.sender.clone();
        let poller = poller::start(number, target.source, target.transport, events)?;
        polled.push((target.details, poller));
    }
    let list = polled.into_iter().map(|(details, poller)| ActiveWatch {
        watch: Watch::begin(details, random.u64(..), start, &mut |event| {
            output.event(event);
        }),
        poller,
        logs_until: None,
        wake: Some(Instant::default()),
    });
    let list = list.collect();
    // Never freed: with 100,000 units that would take longer than the rest of the end.
    let mut watches = ManuallyDrop::new(Watches {
        list,
        all,
        resume,
        in_flight: 0,
    });
    if let Some(first) = watches.list.first() {
        for warning in warnings {
            output.warn(warning, start, &first.watch.progress);
        }
    }
    loop {
        // What came is older than what the clock says now, and decides first.
        while let Some(event) = inbox.try_next() {
            watches.take(event, clock.now(), output);
        }
        let now = clock.now();
        if output.closed {
            watches.interrupt(Signal::Pipe, now);
        }
        watches.step(now, output);
        if watches.list.iter().all(ActiveWatch::is_done) {
            return watches.finish(start, clock.now(), output);
        }
        let deployments = watches.list.iter().map(|watch| &watch.watch.progress);
        let due = output.tick(now, &Vec::from_iter(deployments));
        let wakes = watches.list.iter().filter_map(|watch| watch.wake);
        let wake = wakes.chain(due).min();
        if let Some(event) = inbox.next(wake, &mut watches.in_flight) {
            watches.take(event, clock.now(), output);
        }
    }
}

impl ActiveWatch {
    /// Does what is due, and returns what its poller is to do: a poll, or to fetch the logs.
    fn step(
        &mut self,
        now: Timestamp,
        all: bool,
        resume: Option<&ResumeCommand>,
        output: &mut Output,
    ) -> Option<PollerCommand> {
        let mut command = None;
        if self.logs_until.is_none() {
            self.watch.advance(now);
            self.watch
                .warn_overdue(now, &mut |event| output.event(event));
            let is_due = self.watch.poll_due(now.instant);
            command = is_due.then_some(PollerCommand::Poll);
            if self.watch.outcome.is_some() {
                command = self.watch.wanted_logs();
                self.logs_until = Some(match command {
                    Some(_) => self.watch.log_deadline(now.instant),
                    None => now.instant,
                });
            }
        }
        self.wake = match self.logs_until {
            None => self.watch.wake().or(Some(now.instant.after(Duration::MAX))),
            Some(until) => Some(until).filter(|until| *until > now.instant),
        };
        if self.wake.is_none() {
            if let Some(command) = resume {
                self.watch.add_resume(command, !all);
            }
            if let Some((progress, outcome)) = self.watch.part().filter(|_| all) {
                let (at, kind) = (now, Kind::PartFinished(outcome));
                output.event(&Event { at, progress, kind });
            }
        }
        command
    }

    fn is_done(&self) -> bool {
        self.wake.is_none()
    }

    /// Lets it make a step at once, unless it is done.
    fn touch(&mut self) {
        self.wake = self.wake.map(|_| Instant::default());
    }

    fn stop_waiting_for_logs(&mut self, now: Timestamp) {
        self.logs_until = self.logs_until.map(|_| now.instant);
    }
}

impl Watches<'_> {
    /// Does what is due. With `--fail-fast` the first failure ends the watch of all, and so does a command
    /// line that does not say enough.
    fn step(&mut self, now: Timestamp, output: &mut Output) {
        let is_due = |watch: &ActiveWatch| watch.wake.is_some_and(|at| at <= now.instant);
        let ends_all = |watch: &ActiveWatch| is_due(watch) && watch.watch.ends_all();
        if self.list.iter().any(ends_all) {
            self.end_all(verdict::cancelled_by_another, now);
        }
        for watch in self.list.iter_mut().filter(|watch| is_due(watch)) {
            if let Some(command) = watch.step(now, self.all, self.resume, output) {
                // The poller outlives the watch: it holds the other end.
                self.in_flight += usize::from(watch.poller.send(command).is_ok());
            }
        }
    }

    fn end_all(&mut self, decision: impl Fn() -> Decision, now: Timestamp) {
        for watch in &mut self.list {
            watch.watch.end(decision(), now);
            watch.touch();
        }
    }

    fn interrupt(&mut self, signal: Signal, now: Timestamp) {
        self.end_all(|| verdict::interrupted(signal), now);
        let list = self.list.iter_mut();
        list.for_each(|watch| watch.stop_waiting_for_logs(now));
    }

    fn take(&mut self, event: LoopEvent, now: Timestamp, output: &mut Output) {
        match event {
            LoopEvent::Answer(number, at, answer) => {
                let emit = &mut |event: &Event<'_>| output.event(event);
                let watch = &mut self.list[number];
                watch.touch();
                watch.watch.take(answer, at, emit);
            }
            LoopEvent::Log(number, _, index, lines) => {
                self.list[number].watch.progress.take_log(index, lines);
            }
            LoopEvent::LogsDone(number, at, warning) => {
                let watch = &mut self.list[number];
                watch.touch();
                if let Some(warning) = warning.filter(|_| !watch.is_done()) {
                    let emit = &mut |event: &Event<'_>| output.event(event);
                    watch.watch.warn(&warning, at, emit);
                }
                watch.stop_waiting_for_logs(at);
            }
            LoopEvent::Trace(_, traced) => output.trace(&traced),
            LoopEvent::System(SystemEvent::End(signal)) => self.interrupt(signal, now),
            LoopEvent::System(SystemEvent::StatusAsked) => {
                let deployments = self.list.iter().filter(|watch| !watch.is_done());
                deployments.for_each(|watch| output.status(&watch.watch.progress, now));
            }
            // Nobody would continue it.
            LoopEvent::System(SystemEvent::Suspended) if !platform::can_be_stopped() => {}
            LoopEvent::System(change) => {
                output.screen(change);
                if change == SystemEvent::Suspended {
                    platform::stop();
                }
            }
            LoopEvent::Warning(message) => {
                // Nothing comes after the end of a target.
                if let Some(watch) = self.list.iter().find(|watch| !watch.is_done()) {
                    output.warn(&message, now, &watch.watch.progress);
                }
            }
        }
    }

    /// Tells the end of the watch as a whole: of a list the worst verdict of its targets.
    fn finish(&self, start: Timestamp, at: Timestamp, output: &mut Output) -> Result<Verdict> {
        let parts: Vec<_> = self.list.iter().filter_map(|it| it.watch.part()).collect();
        let outcomes = || parts.iter().map(|(_, outcome)| *outcome);
        let causes: Vec<_> = outcomes().map(|outcome| outcome.cause).collect();
        let Some((cause, reason)) = verdict::of_list(&causes) else {
            return Err(Message::new("nothing was watched", "没有可跟踪的部署"));
        };
        let resumable = outcomes().filter(|outcome| outcome.resume.is_some());
        let worst = resumable.max_by_key(|outcome| outcome.verdict());
        let of_list = Outcome {
            cause,
            reason,
            elapsed: at.instant.since(start.instant),
            polls: outcomes().map(|outcome| outcome.polls).sum(),
            resume: worst.and_then(|outcome| outcome.resume.clone()),
        };
        let list = Progress::new("all".into(), start.instant);
        let (progress, outcome) = match parts[..] {
            [part] if !self.all => part,
            _ => (&list, &of_list),
        };
        let kind = Kind::Finished(Finished {
            outcome,
            parts: &parts,
            is_list: self.all,
        });
        output.event(&Event { at, progress, kind });
        Ok(cause.verdict())
    }
}
