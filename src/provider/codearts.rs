//! Huawei Cloud CodeArts Deploy: one run of a deployment task. [D] documented by the vendor, [O]
//! observed in public code, [I] inferred.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use serde::Deserialize;
use url::Url;

use super::huawei::options::HuaweiOptions;
use super::huawei::{self, Account};
use super::json::{self, MaybeObject, ShownList, Text, safe_in_url};
use super::options::{Environment, Problems, id_or_variable, missing};
use super::{DeploymentSource, DeploymentSpec, ProviderOptions, Setup, Variables, below, messages};
use crate::http::{Client, ParsedBody};
use crate::message::{Message, Result, ensure};
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The service's name in the endpoint of a region [O].
const SERVICE: &str = "codearts-deploy";

/// How long the id of a run is, all letters or digits [D].
const ID: usize = 32;

/// The options of `deploywatch codearts`.
#[derive(Args, Debug)]
#[command(
    override_usage = "deploywatch codearts [OPTIONS] --task <ID> <--region <REGION>|--endpoint <URL>>"
)]
#[command(before_help = "\
Examples:
  deploywatch codearts --task 0123456789abcdef0123456789abcdef --region cn-north-4 --fresh")]
pub(crate) struct CodeartsOptions {
    /// The deployment task's id: 32 letters or digits
    #[arg(long, value_name = "ID", value_parser = id32)]
    task: Option<String>,
    /// The id of one run of the task [default: the latest run]
    #[arg(long, value_name = "ID", value_parser = id32)]
    record: Option<String>,
    #[command(flatten)]
    huawei: HuaweiOptions,
}

impl ProviderOptions for CodeartsOptions {
    fn variables(&self) -> &'static Variables {
        &huawei::options::VARIABLES
    }

    fn fallback(&self, environment: Environment<'_>) -> Result<BTreeMap<&'static str, String>> {
        self.huawei.fallback(environment)
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        ensure(!setup.fresh || self.record.is_none(), || {
            Message::new(
                "--fresh waits for a new run, so it cannot go with --record",
                "--fresh 等待新的运行，不能与 --record 同用",
            )
        })?;
        let mut problems = Problems::default();
        let task = self.task.clone();
        let task = problems.note(task.ok_or_else(|| missing(("task", "任务"), "--task ID", &[])));
        let endpoint = problems.note(self.huawei.endpoint(SERVICE, setup.environment));
        let project = id_or_variable(None, &huawei::options::PROJECT, setup.environment);
        let project = problems.note(project).flatten();
        let account = self.huawei.account(project, setup, &mut problems);
        let (Some(task), Some(endpoint), Some(account), true) =
            (task, endpoint, account, problems.is_empty())
        else {
            return Err(problems.error());
        };
        let run = match &self.record {
            Some(record) => Run::This(record.clone()),
            None if setup.fresh => Run::Fresh,
            None => Run::Latest,
        };
        Ok(vec![DeploymentSpec {
            provider: "codearts",
            target: match &self.record {
                Some(record) => format!("codearts:{task}/{record}"),
                None => format!("codearts:{task}"),
            },
            endpoint: endpoint.clone(),
            sends_secret: true,
            search_options: &[],
            warnings: self.huawei.warnings(),
            already_ended_warning: (run == Run::Latest)
                .then(|| messages::may_be_earlier(&["--fresh", "--record ID"])),
            connect: Box::new(|http| Box::new(Codearts::new(endpoint, task, run, account, http))),
        }])
    }
}

/// An id is 32 letters or digits [D].
fn id32(text: &str) -> Result<String> {
    if text.len() != ID || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Message::new(
            "it is 32 letters or digits",
            "它由 32 个字母或数字组成",
        ));
    }
    Ok(text.to_owned())
}

/// A run of a task being watched.
struct Codearts {
    http: Client,
    account: Account,
    endpoint: Url,
    task: String,
    run: Run,
    /// Whether the run was given.
    run_given: bool,
    /// What `last` was made of.
    parsed: ParsedBody,
    last: Arc<Snapshot>,
}

/// Which run is watched. A newer one is never followed unasked.
#[derive(Debug, PartialEq)]
enum Run {
    /// The latest [I]: the first answer tells which that is.
    Latest,
    /// The latest, unless it had ended at the first answer.
    Fresh,
    /// Another one than this, which had ended when the watch began.
    After(String),
    This(String),
}

impl Codearts {
    /// Watches with `http`.
    fn new(endpoint: Url, task: String, run: Run, account: Account, http: Client) -> Self {
        Self {
            http,
            account,
            endpoint,
            task,
            run_given: matches!(run, Run::This(_)),
            run,
            parsed: ParsedBody::default(),
            last: Arc::new(Snapshot::new(Phase::Unknown)),
        }
    }

    /// Where the run is asked for [D].
    fn url(&self) -> Url {
        let path = format!("/v2/tasks/{}/state", self.task);
        let mut url = below(&self.endpoint, &path);
        if let Some(record) = self.run.id_in_url() {
            url.query_pairs_mut().append_pair("record_id", record);
        }
        url.query_pairs_mut().append_pair("step_state", "true");
        url
    }

    /// What to do about a refusal.
    fn advice(&self, status: Option<u16>) -> Option<Message> {
        Some(match status? {
            400 if self.run_given => {
                Message::new("check --record and --task", "请检查 --record 和 --task")
            }
            401 => huawei::credentials_hint(),
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
}

impl DeploymentSource for Codearts {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let url = self.url();
        let response = self
            .account
            .get(&self.http, &url, "application/json")
            .map_err(|error| {
                let advice = self.advice(error.status);
                self.account.advise(error, advice, self.http.now().wall)
            })?;
        // The same bytes mean the same: the first of them said which run they are about.
        if !self.parsed.is(&response.body) {
            let (record, mut snapshot) = read(
                &response.body,
                &self.last.units,
                &self.task,
                self.http.redactor(),
            )
            .map_err(|problem| response.unreadable(problem, self.http.redactor()))?;
            let watched = self
                .run
                .admit(record.as_deref(), snapshot.has_ended())
                .map_err(|problem| response.unreadable(problem, self.http.redactor()))?;
            if !watched {
                snapshot = Snapshot {
                    message: Some(messages::awaits_new_run()),
                    ..Snapshot::new(Phase::Pending)
                };
            } else if !self.run_given {
                snapshot.run_selector = self.run.option();
            }
            self.last = Arc::new(snapshot);
            self.parsed.set(response.body);
        }
        Ok(Arc::clone(&self.last))
    }
}

impl Run {
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
        let record = self.id_in_url()?;
        let fits = record.len() == ID && record.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| format!("--record {record}").into())
    }

    /// Takes in which run an answer is about, and whether that run has ended; false where it is one
    /// to pass over. From the first answer about the run that is meant, it is this run, whatever is
    /// started later.
    ///
    /// # Errors
    /// Where the answer is about another run, or does not say what must be known.
    fn admit(&mut self, record: Option<&str>, ended: bool) -> Result<bool, Message> {
        let is = |id: &str| record.is_some_and(|record| record.eq_ignore_ascii_case(id));
        match (&*self, record) {
            // "Start the task, then watch it" races: the latest run may be the one before, and
            // green. Only its id tells the two apart.
            (Self::Fresh | Self::After(_), None) => Err(Message::new(
                "the response has no record_id, which --fresh needs",
                "响应中没有 record_id，--fresh 无法区分各次运行",
            )),
            (Self::Fresh, Some(record)) if ended => {
                *self = Self::After(record.to_owned());
                Ok(false)
            }
            (Self::After(earlier), Some(_)) if is(earlier) => Ok(false),
            (Self::Latest | Self::Fresh | Self::After(_), Some(record)) => {
                *self = Self::This(record.to_owned());
                Ok(true)
            }
            (Self::Latest, None) => Ok(true),
            (Self::This(id), Some(_)) if is(id) => Ok(true),
            // Asked for by its id, it need not be named in the answer.
            (Self::This(_), None) if self.id_in_url().is_some() => Ok(true),
            (Self::This(_), _) => Err(Message::new(
                "the response is about another run than the one being watched",
                "返回的不是正在跟踪的那次运行",
            )),
        }
    }
}

/// The answer [D]. Its own `status` is the result of the query, not of the deployment.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct State<'a> {
    status: Text<'a>,
    result: MaybeObject<Record<'a>>,
}

/// One run of the task [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Record<'a> {
    status: Text<'a>,
    step: Text<'a>,
    record_id: Text<'a>,
    task_id: Text<'a>,
    step_state: ShownList<Step<'a>>,
}

/// A step [D]. No field of it is a state; the offsets are places in the log.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Step<'a> {
    name: Text<'a>,
    enable: Text<'a>,
    elapsed_time: Text<'a>,
}

impl Step<'_> {
    /// `enable` is text [D]: `"false"` is not a true string.
    fn is_enabled(&self) -> bool {
        !self.enable.is("false")
    }

    /// Whether it has begun [I].
    fn has_begun(&self) -> bool {
        self.is_enabled() && self.elapsed_time.get().is_some()
    }
}

/// Reads an answer: which run it is about, and how that stands. `last` are the units of the answer
/// before. The error is what is wrong with the answer.
fn read(
    body: &[u8],
    last: &[Unit],
    task: &str,
    redactor: &Redactor,
) -> Result<(Option<String>, Snapshot), Message> {
    let mut warnings = Vec::new();
    let name = ("task state", "部署任务状态");
    let state: State<'_> = json::read_state(body, name, &mut warnings, redactor)?;
    // `successful` in one edition of the vendor's page [D].
    if !state.status.is("success") && !state.status.is("successful") {
        let problem =
            huawei::words(body, redactor).unwrap_or_else(|| query_failed(&state.status, redactor));
        return Err(messages::error_response(Some(&problem)));
    }
    let record = &*state.result;
    if let Err(problem) = record.status.required("result.status") {
        return Err(match huawei::words(body, redactor) {
            None => problem,
            said => messages::error_response(said.as_ref()),
        });
    }
    let id = record.record_id.get().map(str::to_owned);
    record.task_id.check_id(task, redactor)?;
    let mut snapshot = map(record, last, redactor);
    snapshot.warnings.extend(warnings);
    Ok((id, snapshot))
}

/// The query itself has no good status.
fn query_failed(status: &Text<'_>, redactor: &Redactor) -> Message {
    match status.printable(redactor) {
        Some(status) => Message::new(
            format!("the query's status is {status}"),
            format!("查询状态为 {status}"),
        ),
        None => Message::new("the query has no status", "响应中没有查询状态"),
    }
}

fn map(record: &Record<'_>, last: &[Unit], redactor: &Redactor) -> Snapshot {
    let mut snapshot = Snapshot::new(Phase::Unknown);
    let word = record.status.printable(redactor);
    match phase(&record.status) {
        Some(phase) => {
            snapshot.phase = phase;
            snapshot.message = huawei::detail_text(word, phase);
        }
        None => {
            record
                .status
                .warn_unknown("result.status", redactor, &mut snapshot.warnings);
            // It says that it ended, not how: a word for that may still come.
            if record.step.is("finish") {
                let message = word.map(|word| Message::verbatim(&*word));
                snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Ended, message));
            }
        }
    }
    snapshot.run = record.record_id.printable(redactor);
    snapshot.units = units(&record.step_state, snapshot.phase, last, redactor);
    snapshot
}

/// The run's `status`: `running`, `succeeded` and `failed` are documented for this call, the other
/// words by the list of applications [D], and expected here too [I].
fn phase(status: &Text<'_>) -> Option<Phase> {
    let known = [
        ("pending", Phase::Pending),
        ("not_executed", Phase::Pending),
        ("running", Phase::Running),
        ("succeeded", Phase::Succeeded),
        ("failed", Phase::Failed),
        // Ended by the server.
        ("timeout", Phase::Failed),
        // Its execution was cancelled.
        ("not_started", Phase::Cancelled),
    ];
    let cancelled = || status.is_cancelled().then_some(Phase::Cancelled);
    status.meaning(&known).or_else(cancelled)
}

/// The steps as units. A step is its place in the list; its `id` is the application's [D].
fn units(steps: &[Step<'_>], phase: Phase, last: &[Unit], redactor: &Redactor) -> Vec<Unit> {
    let mut units = UnitsBuilder::new(UnitKind::Step, last, steps.len(), redactor);
    for (place, state) in states(steps, phase).into_iter().enumerate() {
        let id = (place + 1).to_string();
        match steps[place].name.get() {
            Some(name) => units.push(&id, name, None, state, None),
            None => units.push(&id, &format!("step {id}"), None, state, None),
        };
    }
    units.finish()
}

/// A guess at the states [I], from what has begun and how the run stands.
fn states(steps: &[Step<'_>], phase: Phase) -> Vec<UnitState> {
    let last_begun = steps.iter().rposition(Step::has_begun);
    // Before any step has a time, the first is at work already.
    let at_work = match last_begun {
        None if phase == Phase::Running => steps.iter().position(Step::is_enabled),
        begun => begun,
    };
    let state = |(place, step): (usize, &Step<'_>)| {
        if !step.is_enabled() {
            return UnitState::Skipped;
        }
        match (phase, at_work) {
            (Phase::Succeeded, _) => UnitState::Succeeded,
            (_, Some(at_work)) if place < at_work => UnitState::Succeeded,
            (_, Some(at_work)) if place > at_work => UnitState::Pending,
            (_, None) => UnitState::Pending,
            (Phase::Pending | Phase::Running, _) => UnitState::Running,
            (Phase::Failed, _) => UnitState::Failed,
            (Phase::Cancelled, _) => UnitState::Cancelled,
            _ => UnitState::Unknown,
        }
    };
    steps.iter().enumerate().map(state).collect()
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/codearts.response.json");
    const TASK: &str = "e700f15965694253940502911220d76b";
    const RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";

    fn state(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], TASK, &Redactor::default()).map(|(_, snapshot)| snapshot)
    }

    fn result(fields: &str) -> Snapshot {
        state(&format!(r#"{{"status":"success","result":{{{fields}}}}}"#)).expect("a state")
    }

    /// A letter for each step's state, where `steps` are a letter each: d(isabled), b(egun), n(ot).
    fn letters(status: &str, steps: &str) -> String {
        let steps: Vec<_> = steps
            .chars()
            .map(|step| {
                let (enable, elapsed) = match step {
                    'd' => ("false", ""),
                    'b' => ("true", "12"),
                    _ => ("true", ""),
                };
                format!(r#"{{"enable":"{enable}","elapsed_time":"{elapsed}"}}"#)
            })
            .collect();
        let steps = steps.join(",");
        let snapshot = result(&format!(r#""status":"{status}","step_state":[{steps}]"#));
        let letter = |unit: &Unit| match unit.state {
            UnitState::Pending => '.',
            UnitState::Running => 'r',
            UnitState::Succeeded => 'S',
            UnitState::Failed => 'F',
            UnitState::Skipped => '-',
            UnitState::Cancelled => 'C',
            UnitState::Unknown | UnitState::Queued => '?',
        };
        snapshot.units.iter().map(letter).collect()
    }

    #[test]
    fn the_vendors_sample_is_a_success() {
        let (record, snapshot) = read(SAMPLE, &[], TASK, &Redactor::default()).expect("a state");
        assert_eq!(record.as_deref(), Some(RECORD));
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!(snapshot.run.as_deref(), Some(RECORD));
        assert_eq!((snapshot.message, snapshot.unconfirmed), (None, None));
        assert!(snapshot.units.is_empty() && snapshot.warnings.is_empty());
    }

    #[test]
    fn the_outer_status_is_not_the_outcome() {
        for outer in ["success", "Success", "successful"] {
            for (inner, phase) in [("failed", Phase::Failed), ("running", Phase::Running)] {
                let json = format!(r#"{{"status":"{outer}","result":{{"status":"{inner}"}}}}"#);
                assert_eq!(state(&json).expect("a state").phase, phase);
            }
        }
        for outer in [
            r#""error""#,
            r#""failed""#,
            r#""succeeded""#,
            "true",
            "null",
        ] {
            let json = format!(r#"{{"status":{outer},"result":{{"status":"succeeded"}}}}"#);
            let problem = state(&json).expect_err(outer);
            assert!(problem.en().starts_with("error response: "), "{problem}");
        }
    }

    #[test]
    fn each_word_of_a_run_has_its_phase() {
        for (word, phase) in [
            ("pending", Phase::Pending),
            ("not_executed", Phase::Pending),
            ("running", Phase::Running),
            ("SUCCEEDED", Phase::Succeeded),
            ("failed", Phase::Failed),
            ("timeout", Phase::Failed),
            ("abort", Phase::Cancelled),
            ("aborted", Phase::Cancelled),
            ("Canceled", Phase::Cancelled),
            ("not_started", Phase::Cancelled),
            // Neither a prefix nor another service's word for it.
            ("success", Phase::Unknown),
            ("successful", Phase::Unknown),
            ("finish", Phase::Unknown),
        ] {
            let snapshot = result(&format!(r#""status":"{word}","step":"running""#));
            assert_eq!(snapshot.phase, phase, "{word}");
            assert_eq!(snapshot.unconfirmed, None);
            let unknown = phase == Phase::Unknown;
            assert_eq!(snapshot.warnings.len(), usize::from(unknown), "{word}");
        }
        let message = |word: &str| result(&format!(r#""status":"{word}""#)).message;
        assert_eq!(message("timeout"), Some(Message::verbatim("timeout")));
        assert_eq!(message("Failed"), None);
    }

    #[test]
    fn finish_is_not_success() {
        for (word, phase) in [
            ("failed", Phase::Failed),
            ("abort", Phase::Cancelled),
            ("running", Phase::Running),
        ] {
            let snapshot = result(&format!(r#""status":"{word}","step":"finish""#));
            assert_eq!(
                (snapshot.phase, snapshot.unconfirmed),
                (phase, None),
                "{word}"
            );
        }
        let snapshot = result(r#""status":"odd","step":"Finish""#);
        assert_eq!(snapshot.phase, Phase::Unknown);
        let found = snapshot.unconfirmed.expect("a finding");
        assert_eq!(found.phase, Phase::Ended);
        assert_eq!(found.message, Some(Message::verbatim("odd")));
    }

    #[test]
    fn http_200_with_an_error_and_no_result_is_unreadable() {
        for (json, words) in [
            (
                r#"{"error":{"code":"Deploy.00011020","message":"no task"},"status":"failed"}"#,
                "error response: Deploy.00011020 no task",
            ),
            (
                r#"{"error":{"code":"E1","message":"no"},"status":"success"}"#,
                "error response: E1 no",
            ),
            (
                r#"{"error_code":"Deploy.00011154","error_msg":"no permission"}"#,
                "error response: Deploy.00011154 no permission",
            ),
            (
                r#"{"error_code":"APIGW.0308","error_msg":"slow down","request_id":"r-1"}"#,
                "error response: APIGW.0308 slow down (request r-1)",
            ),
            (
                r#"{"status":"error"}"#,
                "error response: the query's status is error",
            ),
            ("{}", "error response: the query has no status"),
        ] {
            let error = state(json).expect_err(json);
            assert_eq!(error.en(), words);
        }
        for json in [r#"{"status":"error"}"#, "{}", r#"{"status":"success"}"#] {
            assert_chinese(&state(json).expect_err(json));
        }
    }

    #[test]
    fn what_has_no_status_is_unreadable() {
        for json in [
            "",
            "null",
            "[]",
            r#""succeeded""#,
            r#"{"status":"success"}"#,
            r#"{"status":"success","result":null}"#,
            r#"{"status":"success","result":"succeeded"}"#,
            r#"{"status":"success","result":{"step":"finish"}}"#,
            r#"{"status":"success","result":{"status":null}}"#,
            r#"{"status":"success","result":{"status":["succeeded"]}}"#,
            r#"{"status":"success","result":{"status":"succeeded"}"#,
        ] {
            state(json).expect_err(json);
        }
    }

    #[test]
    fn step_state_may_be_anything_but_a_list() {
        for steps in ["true", r#""true""#, "null", "{}", r#"["a"]"#, "[]"] {
            let snapshot = result(&format!(r#""status":"succeeded","step_state":{steps}"#));
            assert_eq!(snapshot.phase, Phase::Succeeded, "{steps}");
            assert!(snapshot.units.is_empty());
        }
    }

    #[test]
    fn the_states_of_steps_are_guessed() {
        for (status, steps, states) in [
            ("running", "bbnn", "Sr.."),
            // Nothing has a time yet: the first that is enabled is at work.
            ("running", "dnnn", "-r.."),
            ("running", "nnnn", "r..."),
            // A later one has begun.
            ("running", "nbnn", "Sr.."),
            ("running", "bdbn", "S-r."),
            ("running", "bbdn", "Sr-."),
            ("running", "bb", "Sr"),
            ("failed", "bbnn", "SF.."),
            ("failed", "nnnn", "...."),
            ("timeout", "bnnn", "F..."),
            ("abort", "bbnn", "SC.."),
            ("succeeded", "bdbn", "S-SS"),
            ("succeeded", "nnnn", "SSSS"),
            ("pending", "nnnn", "...."),
            ("odd", "bbnn", "S?.."),
        ] {
            assert_eq!(letters(status, steps), states, "{status} {steps}");
        }
    }

    #[test]
    fn the_text_false_is_false() {
        let snapshot = result(
            r#""status":"running","step_state":[{"name":"off","enable":"False"},
                {"name":"off","enable":false,"elapsed_time":"3"},
                {"name":null,"enable":"true","id":"e7","elapsed_time":0},null]"#,
        );
        let units: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name, unit.state))
            .collect();
        assert_eq!(
            units,
            [
                ("1", "off", UnitState::Skipped),
                ("2", "off", UnitState::Skipped),
                ("3", "step 3", UnitState::Running),
            ]
        );
        assert!(
            snapshot.warnings.is_empty(),
            "a disabled step is no warning"
        );
        assert!(snapshot.units.iter().all(|unit| unit.detail.is_none()));
    }

    #[test]
    fn an_answer_about_another_task_is_a_failed_poll() {
        let json = r#"{"status":"success","result":{"status":"running","task_id":"0"}}"#;
        let error = state(json).expect_err("another task");
        assert_eq!(error, messages::other_id(TASK, "0"));
    }

    /// What an answer makes of the run that is watched.
    fn admitted(mut run: Run, record: Option<&str>, ended: bool) -> (Result<bool, Message>, Run) {
        (run.admit(record, ended), run)
    }

    #[test]
    fn the_first_answer_pins_the_run_and_a_newer_one_is_not_followed() {
        let this = || Run::This("a".into());
        for (run, record, watched, then) in [
            (Run::Latest, Some("a"), Some(true), this()),
            (Run::Latest, None, Some(true), Run::Latest),
            (this(), Some("a"), Some(true), this()),
            (this(), Some("A"), Some(true), this()),
            (this(), None, Some(true), this()),
            (this(), Some("b"), None, this()),
        ] {
            for ended in [false, true] {
                let name = format!("{run:?} {record:?} {ended}");
                let run = match &run {
                    Run::This(id) => Run::This(id.clone()),
                    _ => Run::Latest,
                };
                let (admitted, after) = admitted(run, record, ended);
                assert_eq!((admitted.ok(), &after), (watched, &then), "{name}");
            }
        }
    }

    #[test]
    fn fresh_passes_over_a_run_that_had_ended_and_waits_for_another_record() {
        let after = || Run::After("a".into());
        let this = |id: &str| Run::This(id.into());
        for (run, record, ended, watched, then) in [
            (Run::Fresh, Some("a"), true, Some(false), after()),
            (Run::Fresh, Some("a"), false, Some(true), this("a")),
            (after(), Some("a"), true, Some(false), after()),
            (after(), Some("a"), false, Some(false), after()),
            (after(), Some("b"), false, Some(true), this("b")),
            // It began and ended between two polls.
            (after(), Some("b"), true, Some(true), this("b")),
            (Run::Fresh, None, true, None, Run::Fresh),
            (after(), None, false, None, after()),
        ] {
            let name = format!("{run:?} {record:?} {ended}");
            let (admitted, after) = admitted(run, record, ended);
            assert_eq!((admitted.ok(), after), (watched, then), "{name}");
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
            let mut run = Run::Latest;
            assert_eq!(run.admit(Some(id), false), Ok(true));
            assert_eq!(run.id_in_url(), in_url.then_some(id));
            assert_eq!(run.option().is_some(), option, "{id}");
            // The run is known by it all the same.
            assert!(run.admit(Some(id), true).is_ok(), "{id}");
            assert!(run.admit(Some("other"), true).is_err(), "{id}");
            assert_eq!(run.admit(None, true).is_ok(), in_url, "{id}");
        }
    }
}
