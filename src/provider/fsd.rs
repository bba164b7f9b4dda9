//! klcloud FSD installer: one run of steps on one machine. [D] documented by the vendor, [O] observed
//! in the server's public source and a run of it, [I] inferred.

use std::sync::Arc;
use std::time::Duration;

use super::{DeploymentSource, messages};
use crate::http::{Client, Request};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Standstill, Unit};
use crate::poll::{PollError, Retry};
use history::{FreshGuard, HistoryRun};

mod history;
mod options;
mod status;

pub(super) use options::FsdOptions;

/// How far apart two polls are that confirm a success without the history: a plan that is written row
/// by row looks like one for a moment [O].
const CONFIRMATION: Duration = Duration::from_secs(1);

/// How long all steps have succeeded while the history says that the run goes on. It is written by a
/// thread of the server, and stays so if that was restarted [O].
const UNWRITTEN_END: Duration = Duration::from_secs(60);

/// How much of the end of a log is read, in bytes: it may be large.
const MAX_LOG: usize = 2 << 20;

/// A run being watched.
struct Fsd {
    http: Client,
    /// What the URLs of the operation begin with.
    base: String,
    /// The body of the POST that asks for the status [D]; none for an upgrade, whose status is a GET [O].
    question: Option<String>,
    /// The finding of the last status alone.
    status: Snapshot,
    /// The last run of the history, where the server has one.
    history: Option<HistoryRun>,
    /// Whether the history is to be read before anything is concluded from the status.
    history_due: bool,
    /// How many runs the history has shown, which may have the same plan.
    runs: u32,
    fresh: FreshGuard,
}

impl Fsd {
    /// Watches with `http`; `fresh` ignores a run that had ended when the watch began.
    fn new(base: String, question: Option<String>, fresh: bool, http: Client) -> Self {
        Self {
            http,
            base,
            question,
            status: Snapshot::new(Phase::Unknown),
            history: None,
            history_due: true,
            runs: 0,
            fresh: FreshGuard::new(fresh),
        }
    }

    fn read_status(&mut self) -> Result<(), PollError> {
        // With a slash at its end a path would be another page [O].
        let url = format!("{}status", self.base);
        let body = self.question.as_deref();
        let kind = body.map(|_| ("content-type", "application/json"));
        let request = Request {
            body,
            ..Request::get(&url, Vec::from_iter(kind))
        };
        let response = self.http.get_json(request);
        let response = response.map_err(|error| match error.status {
            // Any other path is a page for people [O], and so is another server.
            Some(404) => error.with_hint(Message::new(
                "is this the installer's port? The endpoint is http://HOST:1236, without a path",
                "这是安装器的端口吗？端点形如 http://HOST:1236，后面不带路径",
            )),
            Some(405) => error.with_hint(Message::new(
                "this installer does not support the operation: check --operation",
                "此安装器不支持该操作，请检查 --operation",
            )),
            _ => error,
        })?;
        let redactor = self.http.redactor();
        let status = status::read(&response.body, &self.status.units, redactor)
            .map_err(|problem| response.unreadable(problem, redactor))?;
        // Lists that shrink, and another plan, may be those of another run.
        self.history_due |= !status::continues(&status, &self.status);
        self.status = status;
        Ok(())
    }

    /// Reads the history.
    ///
    /// # Errors
    /// It cannot be read, or has nothing though it had a run: the run may still go on.
    fn read_history(&mut self) -> Result<(), PollError> {
        let is_upgrade = self.question.is_none();
        // Of the upgrades the last one alone.
        let query = if is_upgrade {
            "?sort=endtime&size=1"
        } else {
            ""
        };
        let url = format!("{}history{query}", self.base);
        let request = Request::get(&url, Vec::new());
        let redactor = self.http.redactor();
        let history = match self.http.get_json(request) {
            Ok(response) => HistoryRun::read(&response.body, redactor)
                .map_err(|problem| response.unreadable(problem, redactor))?,
            // An older server has none.
            Err(error) if matches!(error.status, Some(404 | 405)) => None,
            Err(error) if matches!(error.retry, Retry::Refused { .. }) => {
                return Err(PollError::retryable(error.message, error.status));
            }
            Err(error) => return Err(error),
        };
        match (&self.history, &history) {
            (Some(_), None) => {
                let message = Message::new(
                    "the installer's history has no run any more",
                    "安装器的历史中已没有任何记录",
                );
                return Err(PollError::retryable(message, None));
            }
            (Some(last), Some(run)) if !last.is_same(run) => self.runs += 1,
            _ => {}
        }
        self.history = history;
        self.history_due = false;
        Ok(())
    }

    /// The finding of the status and the history together. `is_meant` says whether the status is that of the
    /// run that is meant.
    ///
    /// # Errors
    /// The two contradict each other.
    fn conclude(&self, is_meant: bool) -> Result<Snapshot, Message> {
        if !is_meant && !status::ended(&self.status).is_empty() {
            return Ok(messages::awaits_new_run());
        }
        let mut snapshot = self.status.clone();
        // The same plan in another run is another run.
        if let Some(plan) = &snapshot.run {
            snapshot.run = Some(format!("{} {plan}", self.runs).into());
            if let Some(found) = &mut snapshot.unconfirmed {
                found.fingerprint.clone_from(&snapshot.run);
            }
        }
        if !is_meant {
            snapshot.unconfirmed = None;
            return Ok(snapshot);
        }
        // A watch that takes up this run must not ignore it once it has ended.
        snapshot.run_selector = Some(Arc::default());
        let found = snapshot.unconfirmed.as_mut();
        // A success counts only with the consent of the history, where there is one.
        if let Some(found) = found.filter(|found| found.phase == Phase::Succeeded) {
            let history = self.history.as_ref();
            if history.is_some_and(|run| run.is_running() || self.fresh.ignored(run)) {
                snapshot.unconfirmed = None;
                snapshot.standstill = Some(Standstill {
                    limit: Some(UNWRITTEN_END),
                    message: Message::new(
                        "every step has succeeded, but the installer's history does not say that the run has ended",
                        "所有步骤均已成功，但安装器的历史并未显示本次运行已结束",
                    ),
                });
                return Ok(snapshot);
            }
            history.map_or(Ok(()), |run| run.check_success(self.http.redactor()))?;
            if history.is_none_or(|run| run.start.is_none()) {
                found.apart = CONFIRMATION;
            }
        }
        Ok(snapshot)
    }
}

impl DeploymentSource for Fsd {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        self.read_status()?;
        let needs_history =
            self.history_due || self.fresh.awaits || status::is_success(&self.status);
        // A failure is one whatever the history says or fails to say.
        let has_failed = self.status.phase == Phase::Failed;
        let history = if needs_history && !(has_failed && self.fresh.is_proven_by(&self.status)) {
            self.read_history()
        } else {
            Ok(())
        };
        let is_meant = self.fresh.admits(&self.status, self.history.as_ref());
        if !(has_failed && is_meant) {
            history?;
        }
        let snapshot = self.conclude(is_meant);
        snapshot
            .map(Arc::new)
            .map_err(|problem| PollError::retryable(problem, None))
    }

    /// The end of the log of the installer's script [O]: `message` says no more than that a step failed. The upgrade
    /// has no log.
    fn log_tail(&mut self, _unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let is_upgrade = self.question.is_none();
        if is_upgrade {
            return Ok(Vec::new());
        }
        let url = format!("{}download", self.base);
        // A server that cannot send a part sends it whole.
        let range = format!("bytes=-{MAX_LOG}");
        let log = self.http.send(Request::get(&url, vec![("range", &range)]));
        let Some(response) = log.ok().filter(|log| log.is_success() && !log.is_html()) else {
            return Ok(Vec::new());
        };
        let start = response.body.len().saturating_sub(MAX_LOG);
        let log = String::from_utf8_lossy(&response.body[start..]);
        Ok(self.http.redactor().tail(&log, lines))
    }
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::history::tests::{history, run};
    use super::status::tests::{GOOD, PLAN, status};
    use super::*;
    use crate::message::assert_chinese;

    /// An installer that shows this status and this history.
    fn installer(status: Snapshot, history: Option<HistoryRun>, fresh: bool) -> Fsd {
        let http = Client::unused();
        Fsd {
            status,
            history,
            ..Fsd::new(String::new(), None, fresh, http)
        }
    }

    fn done() -> Snapshot {
        status(true, &PLAN, &GOOD)
    }

    #[test]
    fn a_success_has_the_consent_of_the_history_or_takes_a_second() {
        let upgrade = |result| history(&format!(r#"{{"total":1,"history_data":[{result}]}}"#));
        for (history, apart) in [
            (run("10:00:00", "true"), Duration::ZERO),
            (None, CONFIRMATION),
            (history("null"), CONFIRMATION),
            (upgrade(r#"{"result":true}"#), CONFIRMATION),
            (upgrade("{}"), CONFIRMATION),
        ] {
            let snapshot = installer(done(), history, false)
                .conclude(true)
                .expect("good");
            let found = snapshot.unconfirmed.expect("a finding");
            assert_eq!((found.phase, found.apart), (Phase::Succeeded, apart));
            assert_eq!(found.fingerprint, snapshot.run);
            assert_eq!(snapshot.standstill, None);
        }
    }

    #[test]
    fn a_history_that_stays_open_ends_without_a_result_after_a_minute() {
        let upgrade = history(r#"{"total":1,"history_data":[{"result":""}]}"#);
        for history in [run("10:00:00", r#""""#), upgrade] {
            let snapshot = installer(done(), history, false)
                .conclude(true)
                .expect("good");
            assert_eq!(
                (snapshot.phase, snapshot.unconfirmed),
                (Phase::Running, None)
            );
            let standstill = snapshot.standstill.expect("a standstill");
            assert_eq!(standstill.limit, Some(Duration::from_secs(60)));
            assert_chinese(&standstill.message);
        }
    }

    #[test]
    fn a_success_that_the_history_contradicts_is_a_failed_poll() {
        for result in ["false", r#""perhaps""#, "null"] {
            let history = || run("10:00:00", result);
            let watch = installer(done(), history(), false);
            watch.conclude(true).expect_err(result);
            // That of the run before does not matter.
            let fresh = installer(done(), history(), true);
            let snapshot = fresh.conclude(false).expect(result);
            assert_eq!(snapshot, messages::awaits_new_run());
            assert!(!snapshot.has_ended() && snapshot.run_selector.is_none());
        }
        // Nor does it matter to anything but a success.
        let going = status(false, &PLAN, &GOOD[..1]);
        let snapshot = installer(going, run("10:00:00", "false"), false).conclude(true);
        assert_eq!(snapshot.expect("good").phase, Phase::Running);
    }

    #[test]
    fn the_same_plan_in_another_run_is_another_run() {
        let mut watch = installer(done(), None, false);
        let first = watch.conclude(true).expect("good");
        assert_eq!(first, watch.conclude(true).expect("good"));
        assert_eq!(
            first.run_selector.as_deref(),
            Some(""),
            "--fresh is left out"
        );
        watch.runs += 1;
        let second = watch.conclude(true).expect("good");
        assert_ne!(first.run, second.run);
        let [first, second] = [first, second].map(|it| it.unconfirmed.expect("a finding"));
        assert!(!first.agrees(&second), "nor do they confirm each other");
    }
}
