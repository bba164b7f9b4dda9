//! Huawei Cloud CodeArts Deploy: one run of a deployment task. [D] documented by the vendor, [O]
//! observed in public code or on the live service, [I] inferred.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::earlier_runs::EarlierRuns;
use super::huawei::Account;
use super::json::{self, Freeform, Object, Shown, Text, safe_in_url, same_id};
use super::stated_error::error_in;
use super::{DeploymentSource, below, messages};
use crate::http::Client;
use crate::message::{Message, ensure};
use crate::model::{Snapshot, Unit};
use crate::poll::PollError;
use crate::redact::Redactor;
use options::id32;
use state::TaskState;

mod options;
mod state;

pub(super) use options::CodeartsOptions;

/// Positions in the log of a run.
type LogPart = Range<u64>;

/// The whole log: the service takes numbers of 19 digits [D].
const WHOLE: LogPart = 0..i64::MAX as u64;

/// The content type that the service asks for, though there is no content [D].
const CONTENT_TYPE: &str = "application/json";

/// A run of a task being watched.
struct Codearts {
    http: Client,
    account: Account,
    endpoint: Url,
    task: String,
    /// The application's id, if it is given: without it there is no log.
    application: Option<String>,
    run: RunSelector,
    /// Whether the run was given.
    run_given: bool,
    last: Arc<Snapshot>,
    /// The part of the log of each step in `last`.
    log_parts: Vec<LogPart>,
}

/// Which run is watched. A newer one is never followed unasked.
#[derive(Clone, Debug, PartialEq)]
enum RunSelector {
    /// The latest [I]: the first answer tells which that is.
    Latest,
    /// The latest, unless it had ended when the watch began.
    Fresh(EarlierRuns),
    This(String),
}

impl DeploymentSource for Codearts {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let mut url = below(&self.endpoint, &format!("/v2/tasks/{}/state", self.task));
        if let Some(record) = self.run.id_in_url() {
            url.query_pairs_mut().append_pair("record_id", record);
        }
        url.query_pairs_mut().append_pair("step_state", "true");
        let hint = |error: &PollError| hint(error, self.run_given);
        let (http, last) = (&self.http, &self.last.units);
        let found = self.account.get(http, &url, CONTENT_TYPE, hint, |body| {
            let state = state::read(body, last, &self.task, http.redactor())?;
            Ok(self.run.admit(&state)?.then_some(state))
        })?;
        let mut snapshot = messages::awaits_new_run();
        if let Some(state) = found {
            (snapshot, self.log_parts) = (state.snapshot, state.log_parts);
            if !self.run_given {
                snapshot.run_selector = self.run.option();
            }
            if self.application.is_none() {
                snapshot.log_hint = Some(Message::new(
                    "--application ID shows the end of the log",
                    "指定 --application ID 可显示日志末尾",
                ));
            }
        }
        self.last = Arc::new(snapshot);
        Ok(Arc::clone(&self.last))
    }

    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let mut units = self.last.units.iter().zip(&self.log_parts);
        let found = units.find(|(other, _)| other.id == unit.id);
        self.tail_of(found.map_or(WHOLE, |(_, part)| part.clone()), lines)
    }

    fn own_log_tail(&mut self, lines: usize) -> Result<Vec<String>, PollError> {
        self.tail_of(WHOLE, lines)
    }
}

impl Codearts {
    /// The end of a part of the run's log, or of the whole where the part is empty.
    fn tail_of(&mut self, part: LogPart, lines: usize) -> Result<Vec<String>, PollError> {
        let (Some(application), Some(record)) = (&self.application, self.run.id_in_url()) else {
            return Ok(Vec::new());
        };
        let path = format!("/v1/applications/{application}/records/{record}/logs");
        let url = below(&self.endpoint, &path);
        let is_whole = part.start == 0;
        let mut text = self.read_log(&url, part)?;
        if text.trim().is_empty() && !is_whole {
            text = self.read_log(&url, WHOLE)?;
        }
        Ok(self.http.redactor().tail(&text, lines))
    }

    /// A part of the log at `url`.
    fn read_log(&mut self, url: &Url, mut part: LogPart) -> Result<String, PollError> {
        let mut text = String::new();
        // The rest of a longer one is not waited for.
        for _ in 0..6 {
            let mut url = url.clone();
            url.query_pairs_mut()
                .append_pair("offset", &part.start.to_string())
                .append_pair("end_offset", &part.end.to_string());
            let http = &self.http;
            let read = |body: &[u8]| read_page(body, &mut text, http.redactor());
            match self.account.get(http, &url, CONTENT_TYPE, log_hint, read)? {
                Some(next) if part.contains(&next) && next > part.start => part.start = next,
                _ => break,
            }
        }
        Ok(text)
    }
}

/// The hint for a refusal of the state.
fn hint(error: &PollError, run_given: bool) -> Option<Message> {
    // It is the code for a run that does not exist [D, O].
    let no_run = error.message.en().contains("Deploy.00011303");
    Some(match error.status? {
        400 if no_run || run_given => {
            Message::new("check --record and --task", "请检查 --record 和 --task")
        }
        404 if no_run => Message::new(
            "check --record: the task has no such run",
            "请检查 --record：该任务没有这次运行",
        ),
        403 => Message::new(
            "the account needs permission to view this deployment task",
            "账号需要查看该部署任务的权限",
        ),
        404 => Message::new(
            "check --task, and whether the task is in this region",
            "请检查 --task，以及该任务是否在这个区域",
        ),
        _ => return None,
    })
}

/// The hint for a refusal of the log.
fn log_hint(error: &PollError) -> Option<Message> {
    Some(match error.status? {
        403 => Message::new(
            "the account needs permission to view the application",
            "账号需要查看该应用的权限",
        ),
        400 | 404 => Message::new(
            "check --application: it is the application's id, not the task's",
            "请检查 --application：它是应用的 ID，不是任务的 ID",
        ),
        _ => return None,
    })
}

/// A response [D]. Its `status` is the result of the query, not of the deployment.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a, T: Deserialize<'de> + Default"))]
struct Envelope<'a, T> {
    status: Text<'a>,
    result: Option<Object<T>>,
}

impl<T> Envelope<'_, T> {
    /// Fails where the status of the query is not a good one: with the error in `body`, if there is one.
    fn check(&self, body: &[u8], redactor: &Redactor) -> Result<(), Message> {
        // `successful` in one edition of the vendor's page [D].
        if self.status.is("success") || self.status.is("successful") {
            return Ok(());
        }
        let problem = match self.status.printable(redactor) {
            Some(status) => Message::new(
                format!("the query's status is {status}"),
                format!("查询状态为 {status}"),
            ),
            None => Message::new("the query has no status", "响应中没有查询状态"),
        };
        let problem = messages::error_response(Some(&problem));
        Err(messages::error_in_place_of(body, problem, redactor))
    }
}

/// The part of a step. Its two offsets most probably delimit it [I]; whichever is missing is that of the whole.
fn log_part(offset: &Text<'_>, current_offset: &Text<'_>) -> LogPart {
    let number = |text: &Text<'_>| text.get()?.parse().ok();
    let start = number(offset).unwrap_or(0);
    let end = number(current_offset).filter(|end| *end > start);
    start..end.unwrap_or(WHOLE.end)
}

/// The log of a run, `GET /v1/applications/{app_id}/records/{record_id}/logs` [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Page<'a> {
    /// With the blanks around it: the next one may go on in the middle of a line.
    text: Freeform,
    has_more: Shown<Text<'a>>,
    end_offset: Shown<Text<'a>>,
}

/// Adds the text of a response to `log`. Returns where it goes on, if there is more.
fn read_page(body: &[u8], log: &mut String, redactor: &Redactor) -> Result<Option<u64>, Message> {
    let envelope: Envelope<'_, Page<'_>> =
        json::read(body).map_err(|error| messages::not_json(("log", "日志"), &error, redactor))?;
    if let Some(error) = error_in(body, &[], redactor) {
        return Err(error);
    }
    envelope.check(body, redactor)?;
    let Object(page) = envelope.result.unwrap_or_default();
    log.push_str(page.text.get().as_str().unwrap_or_default());
    let end = page.end_offset.get().filter(|_| page.has_more.is("true"));
    Ok(end.and_then(|end| end.parse().ok()))
}

impl RunSelector {
    /// The id to ask for; none where the latest run is meant, or the provider's id means something
    /// in a URL.
    fn id_in_url(&self) -> Option<&str> {
        match self {
            Self::This(record) if safe_in_url(record) => Some(record),
            _ => None,
        }
    }

    /// The option that pins the run, where its id is one that the option takes.
    fn option(&self) -> Option<Arc<str>> {
        let id = id32(self.id_in_url()?).ok()?;
        Some(format!("--record {id}").into())
    }

    /// Takes in which run an answer is about; false where it is one to pass over. From the first answer
    /// about the run that is meant, it is this run, whatever is started later.
    ///
    /// # Errors
    /// The response is about another run, or lacks what must be known.
    fn admit(&mut self, state: &TaskState) -> Result<bool, Message> {
        if let Self::Fresh(earlier) = self {
            // There is no run before the first one, and a record that is named is none yet.
            if state.never_run {
                earlier.take_never_run();
                return Ok(true);
            }
            let (id, snapshot) = (state.record.as_deref(), &state.snapshot);
            if !earlier.admits(("record_id", id), snapshot.phase, snapshot.has_ended())? {
                return Ok(false);
            }
        }
        let is_meant = match (&*self, &state.record) {
            (Self::This(id), Some(record)) => same_id(record, id),
            // Asked for by its id, it need not be named in the answer.
            (Self::This(id), None) => safe_in_url(id),
            (_, Some(record)) if !state.never_run => {
                *self = Self::This(record.clone());
                true
            }
            _ => true,
        };
        ensure(is_meant, || {
            Message::new(
                "the response is about another run than the one being watched",
                "返回的不是正在跟踪的那次运行",
            )
        })?;
        Ok(true)
    }
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Phase;

    const RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";

    /// An answer about a run, or that the task was never run.
    fn answer(record: Option<&str>, phase: Phase, never_run: bool) -> TaskState {
        TaskState {
            record: record.map(str::to_owned),
            never_run,
            log_parts: Vec::new(),
            snapshot: Snapshot::new(phase),
        }
    }

    /// The effect of a response on the run that is watched.
    fn admitted(mut run: RunSelector, answer: &TaskState) -> (Option<bool>, RunSelector) {
        (run.admit(answer).ok(), run)
    }

    fn this(id: &str) -> RunSelector {
        RunSelector::This(id.into())
    }

    #[test]
    fn the_first_answer_pins_the_run_and_a_newer_one_is_not_followed() {
        let latest = RunSelector::Latest;
        for (run, record, watched, then) in [
            (latest.clone(), Some("a"), Some(true), this("a")),
            (latest.clone(), None, Some(true), latest),
            (this("a"), Some("a"), Some(true), this("a")),
            (this("a"), Some("A"), Some(true), this("a")),
            (this("0a-1"), Some(" 0A1 "), Some(true), this("0a-1")),
            (this("a"), None, Some(true), this("a")),
            (this("a"), Some("b"), None, this("a")),
        ] {
            for phase in [Phase::Running, Phase::Succeeded] {
                let answer = answer(record, phase, false);
                let found = admitted(run.clone(), &answer);
                assert_eq!(found, (watched, then.clone()), "{run:?} {answer:?}");
            }
        }
    }

    /// Whose each answer is under `--fresh`: `-` the one that is meant, `p` that of the run before, `n` that the
    /// task was never run, `x` one that does not tell.
    fn judged(answers: &[(Option<&str>, Phase)]) -> String {
        let mut run = RunSelector::Fresh(EarlierRuns::default());
        let judged = answers.iter().map(|&(record, phase)| {
            let never_run = phase == Phase::Pending;
            match run.admit(&answer(record, phase, never_run)) {
                Ok(true) if never_run => 'n',
                Ok(true) => '-',
                Ok(false) => 'p',
                Err(_) => 'x',
            }
        });
        judged.collect()
    }

    #[test]
    fn fresh_passes_over_a_run_that_had_ended_and_waits_for_another_record() {
        use Phase::{Failed, Pending, Running, Succeeded, Unknown};
        let (a, b) = (Some("a"), Some("b"));
        let never = (None, Pending);
        for (answers, expected) in [
            (&[(a, Running), (a, Succeeded)][..], "--"),
            (&[(a, Succeeded), (Some("A"), Running), (b, Running)], "pp-"),
            // It began and ended between two polls.
            (&[(a, Failed), (b, Succeeded), (b, Succeeded)], "pp-"),
            // One odd answer about another run does not make it the new one.
            (&[(a, Failed), (b, Succeeded), (a, Failed)], "ppp"),
            (&[(None, Succeeded), (None, Running), (b, Running)], "xx-"),
            // Neither an end nor a run that goes on.
            (&[(a, Unknown), (a, Succeeded), (a, Unknown)], "xpp"),
            // Nor does one odd answer that there was no run make the one before a new one.
            (&[never, (a, Succeeded), (a, Succeeded)], "npp"),
            (&[(a, Succeeded), never, never, (a, Succeeded)], "pnnp"),
            (&[never, (a, Running)], "n-"),
            (&[(a, Pending), (None, Running)], "nx"),
            (&[never, never, (a, Failed), (a, Failed)], "nnp-"),
        ] {
            assert_eq!(judged(answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_task_that_was_never_run_has_no_run_yet() {
        for run in [RunSelector::Latest, this("a")] {
            for record in [None, Some("a")] {
                let found = admitted(run.clone(), &answer(record, Phase::Pending, true));
                assert_eq!(found, (Some(true), run.clone()), "{record:?}");
            }
        }
    }

    #[test]
    fn an_id_that_means_something_in_a_url_is_left_out() {
        for (id, in_url, option) in [
            (RECORD, true, true),
            ("a-b_c.d", true, false),
            ("..", false, false),
            ("a/../b", false, false),
            ("a&step_state=false", false, false),
        ] {
            let mut run = RunSelector::Latest;
            let answer = |record| answer(record, Phase::Running, false);
            assert_eq!(run.admit(&answer(Some(id))), Ok(true));
            assert_eq!(run.id_in_url(), in_url.then_some(id));
            assert_eq!(run.option().is_some(), option, "{id}");
            // The run is known by it all the same.
            assert!(run.admit(&answer(Some(id))).is_ok(), "{id}");
            assert!(run.admit(&answer(Some("other"))).is_err(), "{id}");
            assert_eq!(run.admit(&answer(None)).is_ok(), in_url, "{id}");
        }
    }

    #[test]
    fn the_offsets_of_a_step_are_its_part_where_they_can_be() {
        for (offset, current_offset, part) in [
            ("\"12\"", "\"40\"", 12..40),
            ("12", "40", 12..40),
            ("12", "12", 12..WHOLE.end),
            ("12", "\"\"", 12..WHOLE.end),
            ("12", "null", 12..WHOLE.end),
            ("\"\"", "\"\"", WHOLE),
            ("\"x\"", "40", 0..40),
            ("-1", "0", WHOLE),
        ] {
            let text = |json| serde_json::from_str(json).expect("a text");
            assert_eq!(log_part(&text(offset), &text(current_offset)), part);
        }
    }

    #[test]
    fn a_response_is_text_and_where_more_begins() {
        for (result, text, more) in [
            (
                r#"{"text":"a\n","has_more":true,"end_offset":"7"}"#,
                "a\n",
                Some(7),
            ),
            (
                r#"{"text":"a","has_more":"true","end_offset":7}"#,
                "a",
                Some(7),
            ),
            (
                r#"{"text":"a","has_more":"false","end_offset":"7"}"#,
                "a",
                None,
            ),
            (
                r#"{"text":"a","has_more":true,"end_offset":"x"}"#,
                "a",
                None,
            ),
            (r#"{"text":null}"#, "", None),
            ("null", "", None),
        ] {
            let json = format!(r#"{{"status":"success","result":{result}}}"#);
            let mut log = String::new();
            let read = read_page(json.as_bytes(), &mut log, &Redactor::default());
            assert_eq!((&*log, read), (text, Ok(more)), "{result}");
        }
        for (json, says) in [
            (r#"{"status":"error"}"#, "the query's status is error"),
            (r#"{"result":{"text":"a"}}"#, "the query has no status"),
            (r#"{"status":"success","error":{"message":"no"}}"#, "no"),
            ("[]", "log"),
        ] {
            let error = read_page(json.as_bytes(), &mut String::new(), &Redactor::default());
            let error = error.expect_err(json);
            assert!(error.en().contains(says), "{error}");
        }
    }
}
