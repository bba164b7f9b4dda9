//! The watch of one target, as a state machine in which time is a value: what the answers mean,
//! when to ask next, and when it is over. `event_loop` drives it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::explicit::ResumeCommand;
use crate::cli::options::WatchOptions;
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Kind};
use crate::history::PastDeployments;
use crate::message::Message;
use crate::model::{Phase, Snapshot, Standstill, Unconfirmed};
use crate::outcome::{Outcome, Resume, Signal, Verdict};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::progress::{Change, Counts, Offline, Progress};

mod deadlines;
mod event_loop;
mod inbox;
mod poller;
mod schedule;
#[cfg(test)]
mod simulation;
mod verdict;

use deadlines::MAX_OFFLINE;
pub(crate) use event_loop::{Target, run};
pub(crate) use inbox::{Inbox, LoopEvent};
use poller::PollerCommand;
use schedule::PollSchedule;
use verdict::Decision;

/// How long the logs may take as a rule.
const LOG_TIMEOUT: Duration = Duration::from_secs(10);
/// How long they may take where the watch was told to end.
const INTERRUPTED_LOG_TIMEOUT: Duration = Duration::from_millis(500);
/// Failed units whose logs are fetched.
const MAX_LOGS: usize = 5;
/// Warnings remembered, so that each is said once; further ones are not said.
const MAX_WARNINGS: usize = 200;

/// Receives events.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(&Event<'_>);

/// The deployment to watch.
pub(crate) struct TargetDetails {
    /// As the events name it.
    pub(crate) name: Arc<str>,
    /// The deployment's page in the provider's console.
    pub(crate) url: Option<Arc<str>>,
    pub(crate) provider: &'static str,
    pub(crate) endpoint: String,
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
            provider: "made-up",
            endpoint: String::new(),
            history: None,
            options,
            already_ended_warning: None,
            warnings: Vec::new(),
            delay: Duration::ZERO,
        }
    }
}

/// One target being watched.
pub(crate) struct Watch {
    options: WatchOptions,
    /// A warning for a deployment that had already ended at the first good response.
    already_ended_warning: Option<Message>,
    pub(crate) progress: Progress,
    /// The past deployments like it, for how long it may take.
    history: Option<PastDeployments>,
    /// Whether it was said that it takes far longer than they did.
    is_overdue: bool,
    schedule: PollSchedule,
    /// The last good answer.
    last: Option<Arc<Snapshot>>,
    polls: u64,
    /// When good polls last found a change, moved on by the time without contact since then.
    unchanged_since: Instant,
    /// The unconfirmed finding of the last good answer, and when it was first made.
    unconfirmed: Option<(Unconfirmed, Instant)>,
    said: HashSet<Message>,
    /// Set once, when the verdict is reached; the logs of what failed come later.
    pub(crate) outcome: Option<Outcome>,
}

impl Watch {
    /// Begins to watch a target. `seed` is for the backoff's jitter.
    pub(crate) fn begin(target: TargetDetails, seed: u64, now: Timestamp, emit: Emit<'_>) -> Self {
        let first = now.instant.after(target.delay);
        let mut watch = Self {
            schedule: PollSchedule::new(target.options.interval, first, seed),
            progress: Progress::new(target.name, now.instant),
            options: target.options,
            already_ended_warning: target.already_ended_warning,
            history: target.history,
            is_overdue: false,
            last: None,
            polls: 0,
            unchanged_since: now.instant,
            unconfirmed: None,
            said: HashSet::new(),
            outcome: None,
        };
        watch.progress.interval = watch.options.interval;
        watch.progress.url = target.url;
        watch.recall();
        let started = Kind::Started {
            provider: target.provider,
            endpoint: &target.endpoint,
        };
        watch.emit(now, started, emit);
        for warning in &target.warnings {
            watch.warn(warning, now, emit);
        }
        watch
    }

    /// Asks for the logs of failed units, or for the deployment's own where none failed. Nothing is wanted where the
    /// end leaves no time for it or no hope of it.
    fn wanted_logs(&self) -> Option<PollerCommand> {
        let verdict = self.verdict()?;
        let is_hopeless = matches!(
            verdict,
            Verdict::Refused | Verdict::Usage | Verdict::Interrupted(Signal::Pipe)
        );
        // A poll that hangs would hold up the logs behind it.
        if is_hopeless || self.options.logs == 0 || self.schedule.began().is_some() {
            return None;
        }
        let indices = self.progress.failed().take(MAX_LOGS);
        let failed = indices.map(|index| (index, Arc::clone(&self.progress.unit(index).unit)));
        let failed: Vec<_> = failed.collect();
        let is_wanted = !failed.is_empty() || verdict == Verdict::Failed;
        is_wanted.then_some(PollerCommand::FetchLogs(failed, self.options.logs))
    }

    /// Until when the logs are waited for: no longer than somebody waits who asked for an end, nor much
    /// longer than `--timeout`.
    pub(crate) fn log_deadline(&self, now: Instant) -> Instant {
        let briefly = now.after(INTERRUPTED_LOG_TIMEOUT);
        let longest = now.after(LOG_TIMEOUT);
        match (self.verdict(), self.time_up()) {
            (Some(Verdict::Interrupted(_) | Verdict::TimedOut | Verdict::Lost), _) => briefly,
            (_, time_up) => time_up.unwrap_or(longest).clamp(briefly, longest),
        }
    }

    /// Its part of the report of a list: what was seen, and how it ended, once it has.
    pub(super) fn part(&self) -> Option<(&Progress, &Outcome)> {
        Some((&self.progress, self.outcome.as_ref()?))
    }

    fn verdict(&self) -> Option<Verdict> {
        Some(self.outcome.as_ref()?.verdict())
    }

    /// Whether a poll is to begin now; it is taken to have begun where this says so.
    pub(crate) fn poll_due(&mut self, now: Instant) -> bool {
        self.outcome.is_none() && self.schedule.begin(now)
    }

    /// Takes what a poll found.
    pub(crate) fn take(
        &mut self,
        answer: Result<Arc<Snapshot>, PollError>,
        now: Timestamp,
        emit: Emit<'_>,
    ) {
        // A deadline that was over when the answer came stays over.
        self.advance(now);
        if self.outcome.is_some() {
            return;
        }
        self.polls += 1;
        match answer {
            Ok(snapshot) => self.take_snapshot(&snapshot, now, emit),
            Err(error) => self.take_failure(error, now, emit),
        }
    }

    fn take_snapshot(&mut self, snapshot: &Arc<Snapshot>, now: Timestamp, emit: Emit<'_>) {
        if let Some(offline) = self.progress.end_outage(now.instant) {
            self.emit(now, Kind::Online { offline }, emit);
            // The time without contact does not count.
            let last_good = self.progress.last_good.unwrap_or(now.instant);
            let unseen = now.instant.since(last_good);
            self.unchanged_since = self.unchanged_since.after(unseen);
        }
        self.schedule.answered(now.instant);
        let last = self.last.replace(Arc::clone(snapshot));
        let (mut settled, mut phase, mut message) = self.settle(snapshot, now.instant);
        let caveats = snapshot.success_caveats.iter();
        let caveats = caveats.filter(|_| phase == Phase::Succeeded);
        let had_ended = last.is_none() && snapshot.has_ended();
        let already_ended = self.already_ended_warning.take().filter(|_| had_ended);
        for warning in caveats.chain(&already_ended).chain(&snapshot.warnings) {
            self.warn(warning, now, emit);
        }

        let (from, before) = (self.progress.phase, self.progress.counts());
        let is_same = last.is_some_and(|last| Arc::ptr_eq(&last, snapshot));
        let changes = self.take_details(snapshot, is_same, now);
        let counts = self.progress.counts();
        // What is only said anew (an exception code, the state of an agent) is no progress.
        let has_moved =
            |change: &Change| change.from != Some(self.progress.unit(change.index).unit.state);
        if from != Some(phase) || counts != before || changes.iter().any(has_moved) {
            self.progress.last_change = now.instant;
            self.unchanged_since = now.instant;
        } else if let Some(standstill) = &snapshot.standstill
            && self.has_stood_still(standstill, now.instant)
        {
            (settled, phase, message) = (true, Phase::Ended, Some(&standstill.message));
        }

        let phase_changed = from != Some(phase) || self.progress.message.as_ref() != message;
        self.progress.enter_phase(phase, now.instant);
        self.progress.message = message.cloned();
        self.progress.run_time.observe(snapshot, phase, now);
        if phase_changed {
            self.emit(now, Kind::Phase { from }, emit);
        }
        if !changes.is_empty() {
            self.emit(now, Kind::Units(&changes), emit);
        }
        if counts != before && !phase_changed {
            let steps = |counts: Counts| (counts.percent, counts.batch, counts.batches);
            let stepped = steps(counts) != steps(before);
            self.emit(now, Kind::Progress { stepped }, emit);
        }
        let phase = settled.then_some(phase);
        if let Some(decision) = verdict::of_response(snapshot, phase, message, &self.options) {
            self.end(decision, now);
            self.learn(snapshot, now.instant);
        }
    }

    /// Whether an answer says what it says for certain, or with the one before it, and what that is.
    fn settle<'a>(
        &mut self,
        snapshot: &'a Snapshot,
        now: Instant,
    ) -> (bool, Phase, Option<&'a Message>) {
        let before = self.unconfirmed.take();
        let Some(found) = &snapshot.unconfirmed else {
            return (true, snapshot.phase, snapshot.message.as_ref());
        };
        let again = before.filter(|(before, _)| found.agrees(before));
        let since = again.map(|(_, since)| since);
        self.unconfirmed = Some((found.clone(), since.unwrap_or(now)));
        if self.options.once || since.is_some_and(|since| now.since(since) >= found.apart) {
            (true, found.phase, found.message.as_ref())
        } else {
            (false, snapshot.phase, snapshot.message.as_ref())
        }
    }

    /// Takes all of a response but the phase, and returns the units that changed.
    fn take_details(&mut self, snapshot: &Snapshot, is_same: bool, now: Timestamp) -> Vec<Change> {
        let progress = &mut self.progress;
        progress.last_good = Some(now.instant);
        progress.percent = snapshot.percent;
        progress.batch = snapshot.batch;
        progress.batches = snapshot.batches;
        let changes = match is_same {
            true => Vec::new(),
            false => progress.take_units(snapshot, now),
        };
        if snapshot.title.is_some() && snapshot.title != progress.title {
            progress.title.clone_from(&snapshot.title);
            self.recall();
        }
        changes
    }

    /// Whether nothing has changed for the time of a standstill, which one poll cannot tell.
    fn has_stood_still(&self, standstill: &Standstill, now: Instant) -> bool {
        let limit = standstill.limit.or(self.options.max_offline);
        let unchanged = now.since(self.unchanged_since);
        !unchanged.is_zero() && unchanged >= limit.unwrap_or(MAX_OFFLINE)
    }

    fn take_failure(&mut self, error: PollError, now: Timestamp, emit: Emit<'_>) {
        if !self.may_pass(&error, now.instant)
            && let Some(decision) = verdict::of_error(&error)
        {
            self.schedule.answered(now.instant);
            return self.end(decision, now);
        }
        let retry_after = match error.retry {
            Retry::Retryable { retry_after } => retry_after,
            _ => None,
        };
        // The wait for what is not there yet does not count.
        let is_awaited = |error| self.awaited_until(error).is_some();
        let before = self.progress.offline.as_ref();
        let counts = before.filter(|before| !is_awaited(&before.error) || is_awaited(&error));
        let offline = Offline {
            since: counts.map_or(now.instant, |before| before.since),
            attempts: before.map_or(0, |before| before.attempts) + 1,
            error,
        };
        let budget_end = self.budget_end(&offline);
        self.progress.offline = Some(offline);
        let retry = self.schedule.failed(now.instant, retry_after, budget_end);
        let retry = retry.filter(|_| !self.options.once);
        let retry_in = retry.map_or(Duration::ZERO, |retry| retry.since(now.instant));
        self.emit(now, Kind::Offline { retry_in }, emit);
        if retry.is_none() {
            self.lose(now);
        }
    }

    /// Whether this is a refusal that polling again may help: of what is waited for at the start, and after a good
    /// answer one of the request that the poll before did not say.
    fn may_pass(&self, error: &PollError, now: Instant) -> bool {
        let Retry::Refused { kind, .. } = &error.retry else {
            return false;
        };
        let is_awaited = self.awaited_until(error).is_some_and(|until| now < until);
        let is_confirmed = self.progress.offline.as_ref().is_some_and(|before| {
            matches!(before.error.retry, Retry::Refused { .. })
                && before.error.status == error.status
        });
        let is_request = *kind == RefusalKind::Request;
        is_awaited || is_request && self.last.is_some() && !is_confirmed
    }

    /// Warns about this deployment, once.
    pub(crate) fn warn(&mut self, message: &Message, now: Timestamp, emit: Emit<'_>) {
        if self.said.len() < MAX_WARNINGS && self.said.insert(message.clone()) {
            let general = false;
            self.emit(now, Kind::Warning { message, general }, emit);
        }
    }

    /// Ends the watch, unless it has ended.
    pub(super) fn end(&mut self, (cause, reason): Decision, now: Timestamp) {
        if self.outcome.is_none() {
            self.progress.over = true;
            if cause.verdict() == Verdict::Failed && self.options.logs > 0 {
                let last = self.last.as_ref();
                self.progress.log_hint = last.and_then(|last| last.log_hint.clone());
            }
            self.outcome = Some(Outcome {
                cause,
                reason,
                elapsed: now.instant.since(self.progress.started),
                polls: self.polls,
                resume: None,
            });
        }
    }

    /// Recalls how long past deployments took.
    fn recall(&mut self) {
        let title = self.progress.title.as_deref();
        let history = self.history.as_ref();
        self.progress.usual = history.and_then(|history| history.usual(title));
    }

    /// Remembers how long a success took.
    fn learn(&self, snapshot: &Snapshot, now: Instant) {
        if self.verdict() == Some(Verdict::Succeeded)
            && let Some(history) = &self.history
            && let Some(took) = self.progress.run_time.took(snapshot.took)
        {
            let units = self.progress.unit_durations(now);
            history.learn(self.progress.title.as_deref(), took, units);
        }
    }

    /// Adds to the outcome how to watch again: `command`, which gets the option that selects the run where
    /// it is of this target alone (`own`).
    pub(crate) fn add_resume(&mut self, command: &ResumeCommand, own: bool) {
        let ended = self.progress.phase.is_some_and(Phase::has_ended);
        let last = self.last.as_ref();
        let selector = last.and_then(|last| last.run_selector.as_deref());
        if let Some(outcome) = &mut self.outcome
            && !ended
            // The same words would not say more the next time.
            && outcome.verdict() != Verdict::Usage
        {
            let line = command.line(selector.filter(|_| own));
            outcome.resume = Some(Resume::new(outcome.verdict(), last.is_some(), line));
        }
    }

    /// Whether the end of this one ends the watch of the others.
    pub(crate) fn ends_all(&self) -> bool {
        match self.verdict() {
            Some(Verdict::Failed) => self.options.fail_fast,
            verdict => verdict == Some(Verdict::Usage),
        }
    }

    fn emit(&self, at: Timestamp, kind: Kind<'_>, emit: Emit<'_>) {
        let progress = &self.progress;
        emit(&Event { at, progress, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::options::OnPause;
    use crate::model::{UnitKind, UnitState};
    use crate::units::UnitsBuilder;

    /// A watch that is played: each answer comes at its own second.
    struct Play {
        watch: Watch,
        heard: Vec<String>,
    }

    fn options() -> WatchOptions {
        WatchOptions {
            interval: Duration::from_secs(1),
            timeout: None,
            stall_timeout: None,
            max_offline: Some(Duration::from_secs(10)),
            on_pause: OnPause::Auto,
            fail_fast: false,
            strict: false,
            once: false,
            logs: 0,
            fresh: false,
            name: None,
            wait_for_start: None,
        }
    }

    fn failure(status: Option<u16>, retry: Retry) -> Result<Snapshot, PollError> {
        Err(PollError {
            message: Message::verbatim("no"),
            status,
            retry,
            date: None,
            endpoint_in_doubt: false,
            never_sent: false,
        })
    }

    fn transient() -> Result<Snapshot, PollError> {
        failure(Some(502), Retry::Retryable { retry_after: None })
    }

    fn refused(status: u16) -> Result<Snapshot, PollError> {
        failure(
            Some(status),
            Retry::Refused {
                hint: None,
                kind: if status == 401 {
                    RefusalKind::SignIn
                } else {
                    RefusalKind::Request
                },
            },
        )
    }

    fn phase(phase: Phase) -> Result<Snapshot, PollError> {
        Ok(Snapshot::new(phase))
    }

    /// Says `now`, and `then` where a second poll agrees.
    fn unconfirmed(now: Phase, then: Phase) -> Result<Snapshot, PollError> {
        Ok(Snapshot {
            unconfirmed: Some(Unconfirmed::new(then, None)),
            ..Snapshot::new(now)
        })
    }

    impl Play {
        fn new(options: WatchOptions) -> Self {
            let mut heard = Vec::new();
            let target = TargetDetails::of_test(options);
            let watch = Watch::begin(target, 7, Timestamp::at(0.0), &mut |_| {
                heard.push("started".into());
            });
            Self { watch, heard }
        }

        fn answer(&mut self, at: f64, answer: Result<Snapshot, PollError>) -> &mut Self {
            let heard = &mut self.heard;
            self.watch.schedule.begin(Instant::at(at));
            self.watch
                .take(answer.map(Arc::new), Timestamp::at(at), &mut |event| {
                    heard.push(match &event.kind {
                        Kind::Phase { .. } => event
                            .progress
                            .phase
                            .map_or("none", Phase::as_str)
                            .to_owned(),
                        Kind::Offline { .. } => "offline".to_owned(),
                        Kind::Online { .. } => "online".to_owned(),
                        Kind::Warning { message, .. } => message.to_string(),
                        other => format!("{other:?}"),
                    });
                });
            self
        }

        fn time(&mut self, at: f64) -> &mut Self {
            self.watch.advance(Timestamp::at(at));
            self
        }

        fn code(&self) -> Option<u8> {
            self.watch.verdict().map(Verdict::code)
        }
    }

    #[test]
    fn a_title_is_kept_where_a_response_has_none() {
        let named = Snapshot {
            title: Some("shop".into()),
            ..Snapshot::new(Phase::Running)
        };
        let mut play = Play::new(options());
        play.answer(1.0, Ok(named))
            .answer(2.0, Ok(Snapshot::new(Phase::Running)));
        assert_eq!(play.watch.progress.title.as_deref(), Some("shop"));
    }

    #[test]
    fn what_is_not_there_yet_is_waited_for_at_the_start() {
        let no_connection = || {
            Err(PollError {
                endpoint_in_doubt: true,
                ..PollError::retryable(Message::verbatim("no"), None)
            })
        };
        let absent = |name: char| match name {
            '4' => refused(404),
            'c' => no_connection(),
            'r' => refused(403),
            '5' => transient(),
            _ => phase(Phase::Running),
        };
        // What the polls of each ten seconds find, and the code at the last of them.
        for (polls, code) in [
            ("44444", None),
            ("ccccc", None),
            ("4c4cg4", None),
            ("4444444", Some(5)),
            ("ccccccc", Some(6)),
            ("44r", Some(5)),
            // Other failures count from the first of them.
            ("cc5", None),
            ("cc55", Some(6)),
            ("g44", Some(5)),
        ] {
            let mut play = Play::new(WatchOptions {
                wait_for_start: Some(Duration::from_secs(60)),
                ..options()
            });
            for (number, poll) in polls.chars().enumerate() {
                assert_eq!(play.code(), None, "{polls}: {number}");
                play.answer(number as f64 * 10.0, absent(poll));
            }
            assert_eq!(play.code(), code, "{polls}");
        }
        let mut play = Play::new(options());
        assert_eq!(play.answer(0.0, refused(404)).code(), Some(5));
    }

    #[test]
    fn two_polls_in_a_row_must_agree() {
        let found = || unconfirmed(Phase::Paused, Phase::PausedAfterFailure);
        let mut play = Play::new(options());
        assert_eq!(play.answer(0.0, found()).code(), None);
        assert_eq!(play.answer(1.0, phase(Phase::Running)).code(), None);
        assert_eq!(play.answer(2.0, found()).code(), None);
        // A failed poll between them neither counts nor begins anew.
        assert_eq!(play.answer(3.0, transient()).code(), None);
        assert_eq!(play.answer(4.0, found()).code(), Some(1));
    }

    #[test]
    fn the_poll_that_confirms_comes_late_enough() {
        let found = || {
            Ok(Snapshot {
                unconfirmed: Some(Unconfirmed {
                    apart: Duration::from_secs(1),
                    ..Unconfirmed::new(Phase::Succeeded, None)
                }),
                ..Snapshot::new(Phase::Running)
            })
        };
        let mut play = Play::new(options());
        for at in [0.0, 0.4, 0.9] {
            assert_eq!(play.answer(at, found()).code(), None);
        }
        assert_eq!(play.answer(1.0, found()).code(), Some(0));
        let mut play = Play::new(options());
        play.answer(0.0, found()).answer(0.9, phase(Phase::Running));
        assert_eq!(play.answer(1.0, found()).code(), None, "it begins anew");
        assert_eq!(play.answer(1.5, transient()).code(), None);
        assert_eq!(play.answer(2.0, found()).code(), Some(0));
        let mut play = Play::new(WatchOptions {
            once: true,
            ..options()
        });
        assert_eq!(play.answer(0.0, found()).code(), Some(0));
    }

    /// A state that ends the watch after so many seconds without a change.
    fn still(limit: Option<u64>, percent: u8) -> Result<Snapshot, PollError> {
        Ok(Snapshot {
            percent: Some(percent),
            standstill: Some(Standstill {
                limit: limit.map(Duration::from_secs),
                message: Message::verbatim("the plan says RUNNING"),
            }),
            ..Snapshot::new(Phase::Running)
        })
    }

    #[test]
    fn a_standstill_ends_after_good_polls_that_find_no_change() {
        // `--max-offline` is ten seconds here.
        for (limit, end) in [(None, 10.0), (Some(60), 60.0)] {
            let mut play = Play::new(options());
            assert_eq!(play.answer(0.0, still(limit, 1)).code(), None);
            assert_eq!(play.answer(end - 0.5, still(limit, 1)).code(), None);
            assert_eq!(play.answer(end, still(limit, 1)).code(), Some(6));
            assert_eq!(play.heard.last().map(String::as_str), Some("unknown"));
            let reason = &play.watch.outcome.as_ref().expect("an outcome").reason;
            assert!(reason.en().ends_with("the plan says RUNNING"), "{reason}");
        }
    }

    #[test]
    fn a_change_begins_a_standstill_anew_and_time_without_contact_does_not_count() {
        let mut play = Play::new(options());
        play.answer(0.0, still(None, 1)).answer(9.0, still(None, 2));
        assert_eq!(play.answer(18.0, still(None, 2)).code(), None);
        play.answer(18.5, transient());
        assert_eq!(play.answer(27.0, still(None, 2)).code(), None);
        assert_eq!(play.answer(27.9, still(None, 2)).code(), None);
        assert_eq!(play.answer(28.0, still(None, 2)).code(), Some(6));
    }

    #[test]
    fn one_poll_is_no_standstill() {
        let mut play = Play::new(WatchOptions {
            max_offline: Some(Duration::ZERO),
            ..options()
        });
        assert_eq!(play.answer(0.0, still(None, 1)).code(), None);
        assert_eq!(play.answer(1.0, still(None, 1)).code(), Some(6));
        let mut play = Play::new(WatchOptions {
            once: true,
            ..options()
        });
        assert_eq!(play.answer(0.0, still(None, 1)).code(), Some(7));
    }

    #[test]
    fn two_polls_that_find_different_things_do_not_agree() {
        let mut play = Play::new(options());
        play.answer(0.0, unconfirmed(Phase::Running, Phase::Succeeded));
        play.answer(1.0, unconfirmed(Phase::Running, Phase::Failed));
        assert_eq!(play.code(), None);
        play.answer(2.0, unconfirmed(Phase::Running, Phase::Failed));
        assert_eq!(play.code(), Some(1));
    }

    #[test]
    fn a_pause_that_may_be_one_after_a_failure_is_no_pause_yet() {
        let mut play = Play::new(WatchOptions {
            on_pause: OnPause::Exit,
            ..options()
        });
        let found = || unconfirmed(Phase::Paused, Phase::PausedAfterFailure);
        assert_eq!(play.answer(0.0, found()).code(), None);
        assert_eq!(play.answer(1.0, found()).code(), Some(1));
    }

    #[test]
    fn with_once_the_one_poll_decides() {
        for (answer, code) in [
            (unconfirmed(Phase::Running, Phase::Failed), 1),
            (phase(Phase::Running), 7),
            (transient(), 6),
            (refused(404), 5),
        ] {
            let mut play = Play::new(WatchOptions {
                once: true,
                ..options()
            });
            assert_eq!(play.answer(0.0, answer).code(), Some(code));
        }
    }

    #[test]
    fn contact_is_lost_exactly_at_the_end_of_the_budget() {
        let mut play = Play::new(options());
        play.answer(0.0, phase(Phase::Running));
        play.answer(2.0, transient());
        play.answer(3.0, transient());
        play.watch.schedule.begin(Instant::at(11.0));
        assert_eq!(play.time(11.9).code(), None);
        assert_eq!(play.watch.wake(), Some(Instant::at(12.0)));
        assert_eq!(play.time(12.0).code(), Some(6));
    }

    #[test]
    fn a_wait_that_would_outlast_the_budget_is_cut_to_its_end() {
        let wait = Some(Duration::from_secs(3600));
        let asked_to_wait = || failure(Some(503), Retry::Retryable { retry_after: wait });
        for (last, code) in [(phase(Phase::Succeeded), 0), (transient(), 6)] {
            let mut play = Play::new(options());
            play.answer(0.0, asked_to_wait());
            assert_eq!(play.watch.wake(), Some(Instant::at(10.0)));
            assert_eq!(play.time(10.0).code(), None, "one more poll is made");
            assert_eq!(play.answer(10.0, last).code(), Some(code));
        }
        let mut play = Play::new(options());
        play.answer(0.0, asked_to_wait());
        play.watch.schedule.begin(Instant::at(10.0));
        assert_eq!(
            play.time(10.5).code(),
            Some(6),
            "which is not waited for long"
        );
    }

    #[test]
    fn with_no_budget_the_first_failure_is_the_end() {
        let mut play = Play::new(WatchOptions {
            max_offline: Some(Duration::ZERO),
            ..options()
        });
        play.answer(0.0, phase(Phase::Running));
        assert_eq!(play.answer(1.0, transient()).code(), Some(6));
    }

    #[test]
    fn a_good_answer_fills_the_budget_again() {
        let mut play = Play::new(options());
        for second in [0.0, 9.0, 18.0, 27.0] {
            play.answer(second, transient());
            play.answer(second + 8.0, phase(Phase::Running));
        }
        assert_eq!(play.code(), None);
        let count = |word: &str| play.heard.iter().filter(|heard| *heard == word).count();
        assert_eq!((count("offline"), count("online")), (4, 4));
    }

    #[test]
    fn a_refusal_counts_at_once_before_the_first_good_answer() {
        for status in [400, 401, 403, 404, 302] {
            let mut play = Play::new(options());
            assert_eq!(play.answer(0.0, refused(status)).code(), Some(5));
        }
        let mut play = Play::new(options());
        play.answer(0.0, transient());
        assert_eq!(play.answer(1.0, refused(404)).code(), Some(5));
    }

    #[test]
    fn after_a_good_answer_a_refusal_must_be_said_twice() {
        let mut play = Play::new(options());
        play.answer(0.0, phase(Phase::Running));
        assert_eq!(play.answer(1.0, refused(404)).code(), None);
        assert_eq!(play.answer(2.0, phase(Phase::Running)).code(), None);
        assert_eq!(play.answer(3.0, refused(404)).code(), None);
        assert_eq!(play.answer(4.0, refused(403)).code(), None, "not the same");
        assert_eq!(play.answer(5.0, transient()).code(), None, "not the same");
        assert_eq!(play.answer(6.0, refused(403)).code(), None);
        assert_eq!(play.answer(7.0, refused(403)).code(), Some(5));
    }

    #[test]
    fn after_a_good_answer_a_401_counts_at_once() {
        let mut play = Play::new(options());
        play.answer(0.0, phase(Phase::Running));
        assert_eq!(play.answer(1.0, refused(401)).code(), Some(5));
    }

    #[test]
    fn the_timeout_counts_from_the_start_and_beats_a_late_answer() {
        let limited = || WatchOptions {
            timeout: Some(Duration::from_secs(5)),
            ..options()
        };
        let mut play = Play::new(limited());
        play.answer(0.0, phase(Phase::Running));
        assert_eq!(play.answer(4.9, phase(Phase::Succeeded)).code(), Some(0));
        let mut play = Play::new(limited());
        play.answer(0.0, phase(Phase::Running));
        assert_eq!(play.answer(5.1, phase(Phase::Succeeded)).code(), Some(124));
    }

    #[test]
    fn the_stall_timeout_counts_from_the_last_change() {
        let mut play = Play::new(WatchOptions {
            stall_timeout: Some(Duration::from_secs(5)),
            ..options()
        });
        play.answer(0.0, phase(Phase::Pending));
        play.answer(4.0, phase(Phase::Running));
        play.answer(8.0, phase(Phase::Running));
        assert_eq!(play.time(8.9).code(), None);
        assert_eq!(play.time(9.0).code(), Some(124));
    }

    #[test]
    fn a_warning_is_said_once() {
        let warned = || {
            Ok(Snapshot {
                warnings: vec![Message::verbatim("odd")],
                ..Snapshot::new(Phase::Running)
            })
        };
        let mut play = Play::new(options());
        play.answer(0.0, warned());
        play.answer(1.0, warned());
        assert_eq!(play.heard.iter().filter(|heard| *heard == "odd").count(), 1);
    }

    #[test]
    fn logs_are_wanted_where_they_can_be_had() {
        let failed = || {
            let mut units = UnitsBuilder::of_test(UnitKind::Machine);
            units.push("a", "a", None, UnitState::Failed, None);
            Ok(Snapshot {
                units: units.finish(),
                ..Snapshot::new(Phase::Running)
            })
        };
        for (end, logs) in [
            (phase(Phase::Failed), 1),
            (failure(None, Retry::EndOfRecording), 1),
            (refused(401), 0),
        ] {
            let mut play = Play::new(WatchOptions {
                logs: 20,
                ..options()
            });
            play.answer(0.0, failed()).answer(1.0, end);
            assert!(play.code().is_some());
            let wanted = match play.watch.wanted_logs() {
                Some(PollerCommand::FetchLogs(units, 20)) => units.len(),
                _ => 0,
            };
            assert_eq!(wanted, logs);
        }
        let mut hangs = Play::new(WatchOptions {
            logs: 20,
            timeout: Some(Duration::from_secs(9)),
            ..options()
        });
        hangs.answer(0.0, failed());
        assert!(hangs.watch.poll_due(Instant::at(1.0)));
        assert_eq!(hangs.time(9.0).code(), Some(124));
        assert!(hangs.watch.wanted_logs().is_none());
    }

    #[test]
    fn nothing_is_polled_after_the_end() {
        let mut play = Play::new(options());
        play.answer(0.0, phase(Phase::Succeeded));
        assert!(!play.watch.poll_due(Instant::at(100.0)));
        play.answer(1.0, phase(Phase::Failed));
        assert_eq!(play.code(), Some(0));
    }
}
