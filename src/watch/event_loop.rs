//! Drives watches: a poller for each target, one channel, and one loop on the main thread that owns every
//! decision.

use std::collections::BTreeSet;
use std::mem::{self, ManuallyDrop};
use std::sync::Arc;
use std::time::Duration;

use super::inbox::{Inbox, LoopEvent};
use super::poller::{Poller, PollerCommand};
use super::{Watch, signals, verdict};
use crate::cli::options::WatchOptions;
use crate::cli::partition::partition_advice;
use crate::cli::resume::ResumeCommand;
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind, Started};
use crate::history::PastDeployments;
use crate::http::Transport;
use crate::message::{Context as _, Message, Result};
use crate::outcome::{Outcome, Signal, Verdict};
use crate::platform;
use crate::progress::Progress;
use crate::provider::DeploymentSource;
use crate::render::{Output, ScreenChange};

/// A deployment to watch, and how it is polled.
pub(crate) struct Target {
    pub(crate) details: TargetDetails,
    pub(crate) source: Box<dyn DeploymentSource>,
    /// The transport of the requests.
    pub(crate) transport: Arc<dyn Transport>,
}

/// The deployment to watch.
pub(crate) struct TargetDetails {
    /// As the events name it.
    pub(crate) name: Arc<str>,
    /// The deployment's page in the provider's console.
    pub(crate) url: Option<Arc<str>>,
    pub(crate) started: Started,
    pub(crate) options: WatchOptions,
    /// A warning for a deployment that had already ended at the first good response.
    pub(crate) already_ended_warning: Option<Message>,
    /// Warnings about this deployment, told before the first poll.
    pub(crate) warnings: Vec<Message>,
    /// The past deployments like it, for how long it may take.
    pub(crate) history: Option<PastDeployments>,
    /// How long after the start the first poll is due: many targets must not poll in one burst.
    pub(crate) delay: Duration,
}

#[cfg(test)]
impl TargetDetails {
    /// A made-up target that is polled at once.
    pub(crate) fn of_test(options: WatchOptions) -> Self {
        Self {
            name: "t".into(),
            url: None,
            started: Started {
                provider: "made-up",
                endpoint: String::new(),
                interval: options.interval,
                usual: None,
            },
            history: None,
            options,
            already_ended_warning: None,
            warnings: Vec::new(),
            delay: Duration::ZERO,
        }
    }
}

/// The targets being watched. A round of the loop costs as much as there are targets with something to do,
/// not as there are targets.
struct Watches {
    list: Vec<ActiveWatch>,
    /// When each has something to do at the latest.
    wakes: BTreeSet<(Instant, usize)>,
    /// Those that something happened to since they last made a step.
    touched: BTreeSet<usize>,
    /// How many are not done.
    open: usize,
}

/// One target being watched.
struct ActiveWatch {
    watch: Watch,
    poller: Poller,
    stage: Stage,
    /// Its entry in [`Watches::wakes`].
    wake: Option<Instant>,
}

/// How far a target is.
enum Stage {
    Watching,
    /// The verdict is there; the logs of what failed are waited for until then at most.
    FetchingLogs(Instant),
    Done,
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
    signals::forward(inbox.sender())?;
    let clock = inbox.clock();
    let start = clock.now();
    let mut random = fastrand::Rng::with_seed(seed);
    // First, so that nothing is said of a watch that cannot begin.
    let mut polled = Vec::with_capacity(targets.len());
    for (number, target) in targets.into_iter().enumerate() {
        let poller = Poller::start(number, target.source, target.transport, inbox);
        let poller = poller.context(|| {
            Message::new(
                "the system cannot start a thread for each deployment",
                "系统无法为每个部署提供线程",
            )
            .with_hint(&partition_advice())
        })?;
        polled.push((target.details, poller));
    }
    let watches = polled.into_iter().map(|(details, poller)| {
        ActiveWatch::begin(details, poller, random.u64(..), start, output)
    });
    // Never freed: with 100,000 units that would take longer than the rest of the end.
    let mut watches = ManuallyDrop::new(Watches::new(watches.collect()));
    if let Some(first) = watches.list.first() {
        for warning in warnings {
            output.warn(warning, start, first.watch.progress());
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
        watches.step(now, all, resume, output);
        if watches.open == 0 {
            break;
        }
        let deployments = watches.list.iter();
        let deployments: Vec<_> = deployments.map(|watch| watch.watch.progress()).collect();
        let due = output.tick(now, &deployments);
        let wake = watches.wake().into_iter().chain(due).min();
        if let Some(event) = inbox.next(wake) {
            watches.take(event, clock.now(), output);
        }
    }
    finish_all(&watches.list, all, start, clock.now(), output)
}

/// The worst verdict, told as that of the list where `all` is set.
fn finish_all(
    watches: &[ActiveWatch],
    all: bool,
    start: Timestamp,
    now: Timestamp,
    output: &mut Output,
) -> Result<Verdict> {
    let parts: Vec<_> = watches.iter().filter_map(ActiveWatch::part).collect();
    let outcomes = || parts.iter().map(|(_, outcome)| *outcome);
    let causes: Vec<_> = outcomes().map(|outcome| outcome.cause).collect();
    let Some((cause, reason)) = verdict::of_list(&causes) else {
        return Err(Message::new("nothing was watched", "没有可跟踪的部署"));
    };
    if all {
        let resumable = outcomes().filter(|outcome| outcome.resume.is_some());
        let worst = resumable.max_by_key(|outcome| outcome.verdict().severity());
        let outcome = Outcome {
            cause,
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
    Ok(cause.verdict())
}

impl ActiveWatch {
    fn begin(
        target: TargetDetails,
        poller: Poller,
        seed: u64,
        now: Timestamp,
        output: &mut Output,
    ) -> Self {
        Self {
            watch: Watch::begin(target, seed, now, &mut |event| output.event(event)),
            poller,
            stage: Stage::Watching,
            wake: None,
        }
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
            self.watch
                .warn_overdue(now, &mut |event| output.event(event));
            if self.watch.poll_due(now.instant) {
                // The poller outlives the watch: it holds the other end.
                let _ = self.poller.send(PollerCommand::Poll);
            }
            if self.watch.outcome().is_none() {
                return;
            }
            let is_asked = self.watch.wanted_logs().is_some_and(|wanted| {
                let fetch = PollerCommand::FetchLogs(wanted, self.watch.log_lines());
                self.poller.send(fetch).is_ok()
            });
            self.stage = Stage::FetchingLogs(match is_asked {
                true => self.watch.log_deadline(now.instant),
                false => now.instant,
            });
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
    fn next(&self) -> Option<Instant> {
        match self.stage {
            Stage::Watching => self.watch.wake(),
            Stage::FetchingLogs(until) => Some(until),
            Stage::Done => None,
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// This target's part of the report of a list.
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

impl Watches {
    fn new(list: Vec<ActiveWatch>) -> Self {
        Self {
            wakes: BTreeSet::new(),
            touched: (0..list.len()).collect(),
            open: list.len(),
            list,
        }
    }

    /// When the next one has something to do at the latest.
    fn wake(&self) -> Option<Instant> {
        self.wakes.first().map(|(at, _)| *at)
    }

    /// Does what is due. With `--fail-fast` the first failure ends the watch of all, and so does a command
    /// line that does not say enough.
    fn step(
        &mut self,
        now: Timestamp,
        all: bool,
        resume: Option<&ResumeCommand>,
        output: &mut Output,
    ) {
        let ends_all = |number: &usize| self.list[*number].watch.ends_all();
        if self.touched.iter().any(ends_all) {
            self.each(|watch| watch.watch.cancel(now));
        }
        let due = self.wakes.iter().take_while(|(at, _)| *at <= now.instant);
        self.touched.extend(due.map(|(_, number)| *number));
        for number in mem::take(&mut self.touched) {
            let watch = &mut self.list[number];
            let was_done = watch.is_done();
            watch.step(now, all, resume, output);
            self.open -= usize::from(watch.is_done() && !was_done);
            let wake = watch.next();
            if let Some(old) = mem::replace(&mut watch.wake, wake) {
                self.wakes.remove(&(old, number));
            }
            self.wakes.extend(wake.map(|at| (at, number)));
        }
    }

    fn each(&mut self, change: impl FnMut(&mut ActiveWatch)) {
        self.list.iter_mut().for_each(change);
        self.touched.extend(0..self.list.len());
    }

    fn interrupt(&mut self, signal: Signal, now: Timestamp) {
        self.each(|watch| {
            watch.watch.interrupt(signal, now);
            watch.stop_waiting_for_logs(now);
        });
    }

    fn take(&mut self, event: LoopEvent, now: Timestamp, output: &mut Output) {
        match event {
            LoopEvent::Answer(number, at, answer) => {
                let watch = self.touch(number);
                if matches!(watch.stage, Stage::Watching) {
                    let mut emit = |event: &Event<'_>| output.event(event);
                    watch.watch.take(answer, at, &mut emit);
                }
            }
            LoopEvent::Log(number, _, index, lines) => {
                self.list[number].watch.take_log(index, lines);
            }
            LoopEvent::LogWarning(number, at, warning) => {
                let watch = self.touch(number);
                if !watch.is_done() {
                    let mut emit = |event: &Event<'_>| output.event(event);
                    watch.watch.warn(&warning, at, &mut emit);
                }
            }
            LoopEvent::LogsDone(number, at) => self.touch(number).stop_waiting_for_logs(at),
            LoopEvent::Trace(_, traced) => output.trace(&traced),
            LoopEvent::Signal(signal) => self.interrupt(signal, now),
            LoopEvent::StatusAsked => {
                let deployments = self.list.iter().filter(|watch| !watch.is_done());
                deployments.for_each(|watch| output.status(watch.watch.progress(), now));
            }
            LoopEvent::Screen(change) => {
                let suspends = change == ScreenChange::Suspended;
                // Nobody would continue it.
                if suspends && !platform::can_be_stopped() {
                    return;
                }
                output.screen(change);
                if suspends {
                    platform::stop();
                }
            }
            LoopEvent::Warning(message) => {
                // Nothing comes after the end of a target.
                if let Some(watch) = self.list.iter().find(|watch| !watch.is_done()) {
                    output.warn(&message, now, watch.watch.progress());
                }
            }
        }
    }

    fn touch(&mut self, number: usize) -> &mut ActiveWatch {
        self.touched.insert(number);
        &mut self.list[number]
    }
}
