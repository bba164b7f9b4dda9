//! klcloud FSD installer: one run of steps on one machine. [D] documented by the vendor, [O] observed
//! in the server's public source and a run of it, [I] inferred.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::json::{self, Freeform, Object, SparseList, Text};
use super::messages::{self, api_message, missing_field};
use super::options::endpoint;
use super::{DeploymentSource, DeploymentSpec, ProviderOptions, Setup, Variables, below};
use crate::http::{Client, ParsedBody, Request};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::text;
use crate::units::UnitsBuilder;

/// Where the installer listens unless told otherwise [D].
const ENDPOINT: &str = "http://127.0.0.1:1236";
/// The key of its one run [D].
const KEY: &str = "deploy:klcloud-fsd";

/// The longest key, in characters.
const MAX_KEY: usize = 200;

/// The options of `deploywatch fsd`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch fsd --fresh --stall-timeout 2h")]
pub(crate) struct FsdOptions {
    /// The key of the deployment
    #[arg(long, value_name = "KEY", default_value = KEY, value_parser = key)]
    key: String,
    /// Which of the installer's operations
    #[arg(long, value_name = "WHAT", default_value = "deploy")]
    operation: Operation,
    /// Where the installer is
    #[arg(long, value_name = "URL", default_value = ENDPOINT)]
    endpoint: String,
}

/// Which of the installer's operations is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Operation {
    Deploy,
    Extend,
    Upgrade,
}

impl ProviderOptions for FsdOptions {
    fn variables(&self) -> &'static Variables {
        &Variables {
            secret: None,
            plain: &[],
        }
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let endpoint = endpoint(&self.endpoint)?;
        let fresh = setup.fresh;
        let url = self.operation.url(&endpoint).into();
        let request = self.operation.request(&self.key);
        Ok(vec![DeploymentSpec {
            provider: "fsd",
            target: format!("fsd:{}", text::clean(&self.key, text::MESSAGE)),
            endpoint,
            // The installer takes no credentials.
            sends_secret: false,
            already_ended_warning: (!fresh).then(|| messages::may_be_earlier(&["--fresh"])),
            search_options: &[],
            warnings: Vec::new(),
            connect: Box::new(move |http| Box::new(Fsd::new(url, request, fresh, http))),
        }])
    }
}

/// A key goes into JSON, which takes any text; it must be printable.
fn key(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty() && text.chars().count() <= MAX_KEY;
    if !fits || text.chars().any(char::is_control) {
        return Err(format!("a key is 1 to {MAX_KEY} printable characters"));
    }
    Ok(text.to_owned())
}

/// A run being watched.
struct Fsd {
    http: Client,
    url: String,
    /// What is posted; none where the status is got.
    question: Option<String>,
    /// What `last` was made of.
    parsed: ParsedBody,
    last: Arc<Snapshot>,
    earlier: Earlier,
}

/// What is known of a run that had ended when the watch began. It stays visible after a new one is
/// asked for, until the installer clears its tables [O].
enum Earlier {
    /// It counts like any other, or is out of the way.
    Counts,
    /// The first answer will tell.
    Unasked,
    /// The run with this plan is passed over.
    PassedOver(Arc<str>),
    /// It is, and another plan was found that has failed: perhaps what is left of it.
    Doubted(Arc<str>, Arc<str>),
}

impl Operation {
    /// The URL of the status [D]. With a slash at its end it would be another page [O].
    fn url(self, endpoint: &Url) -> Url {
        let path = match self {
            Self::Deploy => "/api/deploy/status",
            Self::Extend => "/api/extend/status",
            Self::Upgrade => "/api/upgrade/status",
        };
        below(endpoint, path)
    }

    /// The body of the POST that asks for the status [D]; none where it is a GET [O].
    fn request(self, key: &str) -> Option<String> {
        let posts = self != Self::Upgrade;
        posts.then(|| serde_json::json!({ "key": key }).to_string())
    }
}

impl Fsd {
    /// Watches with `http`; `fresh` ignores a run that had ended at the first answer.
    fn new(url: String, question: Option<String>, fresh: bool, http: Client) -> Self {
        Self {
            http,
            url,
            question,
            parsed: ParsedBody::default(),
            last: Arc::new(Snapshot::new(Phase::Unknown)),
            earlier: if fresh {
                Earlier::Unasked
            } else {
                Earlier::Counts
            },
        }
    }
}

impl DeploymentSource for Fsd {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let posts = self.question.is_some();
        let request = Request {
            url: &self.url,
            body: self.question.as_deref(),
            headers: posts
                .then_some(("content-type", "application/json"))
                .into_iter()
                .collect(),
        };
        let response = self.http.get_json(&request, words).map_err(hint)?;
        if !self.parsed.is(&response.body) {
            let snapshot = read(&response.body, &self.last.units, self.http.redactor())
                .map_err(|problem| response.unreadable(problem, self.http.redactor()))?;
            self.last = Arc::new(self.earlier.sift(snapshot));
            // What is in doubt is looked at again, though it be the same.
            if matches!(self.earlier, Earlier::Doubted(..)) {
                self.parsed.clear();
            } else {
                self.parsed.set(response.body);
            }
        }
        Ok(Arc::clone(&self.last))
    }
}

impl Earlier {
    /// Puts the wait for a new run in the place of one that is passed over. Any answer that has not
    /// ended, or has another plan, is the new run's; but the plan of the earlier one is cleared row by
    /// row [O], so that another plan that has failed already must be found twice.
    fn sift(&mut self, mut snapshot: Snapshot) -> Snapshot {
        let plan = snapshot.run.clone().filter(|_| snapshot.has_ended());
        let failed = snapshot.phase == Phase::Failed;
        let passed_over = match (&*self, plan) {
            (Self::Unasked, Some(plan)) => Some(Self::PassedOver(plan)),
            (Self::PassedOver(old) | Self::Doubted(old, _), Some(plan)) if *old == plan => {
                Some(Self::PassedOver(plan))
            }
            (Self::Doubted(_, seen), Some(plan)) if *seen == plan => None,
            (Self::PassedOver(old) | Self::Doubted(old, _), Some(plan)) if failed => {
                Some(Self::Doubted(Arc::clone(old), plan))
            }
            _ => None,
        };
        let Some(passed_over) = passed_over else {
            *self = Self::Counts;
            // A watch that takes up this run must not pass it over once it has ended.
            snapshot.run_selector = Some(Arc::default());
            return snapshot;
        };
        *self = passed_over;
        Snapshot {
            message: Some(messages::awaits_new_run()),
            ..Snapshot::new(Phase::Pending)
        }
    }
}

/// Adds what to do about a refusal.
fn hint(error: PollError) -> PollError {
    let hint = match error.status {
        // Any other path is a page for people [O], and so is another server.
        Some(404) => Message::new(
            "is this the installer's port? The endpoint is http://HOST:1236, without a path",
            "这是安装器的端口吗？endpoint 形如 http://HOST:1236，后面不带路径",
        ),
        Some(405) => Message::new(
            "this installer does not support the operation: check --operation",
            "此安装器不支持该操作，请检查 --operation",
        ),
        _ => return error,
    };
    error.with_hint(hint)
}

/// The envelope of every answer [D], and of an error, which has no data [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Answer<'a> {
    code: Text<'a>,
    message: Freeform,
    data: Option<Object<Data<'a>>>,
}

/// The state of the one run there is [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Data<'a> {
    is_end: Text<'a>,
    /// What has ended, in order; the step at work is not in it [O]. An entry keeps its place, so
    /// that a null one moves none.
    now_list: Option<SparseList<Step<'a>>>,
    /// The whole plan.
    process_list: Option<SparseList<Step<'a>>>,
}

/// A step of either list [D]. `sort` is not read: it repeats, and the lists contradict each other
/// in it [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Step<'a> {
    en: Text<'a>,
    zh: Text<'a>,
    message: Text<'a>,
    /// Means nothing in the plan [O].
    result: Text<'a>,
}

impl Step<'_> {
    /// `zh` with `en`, where the step has a name.
    fn name(&self) -> Option<String> {
        match (self.zh.get(), self.en.get()) {
            (Some(zh), Some(en)) if zh != en => Some(format!("{zh} ({en})")),
            (zh, en) => zh.or(en).map(str::to_owned),
        }
    }
}

/// The server's words for an error: a text, or an object of a text for each field [O].
fn words(body: &[u8], redactor: &Redactor) -> Option<Message> {
    let answer: Answer<'_> = json::read(body).ok()?;
    Some(api_message(
        &message_words(answer.message.get())?,
        None,
        redactor,
    ))
}

fn message_words(message: &Value) -> Option<String> {
    match message {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Object(fields) if !fields.is_empty() => {
            let fields = fields.iter().map(|(field, text)| match text {
                Value::String(text) => format!("{field}: {text}"),
                other => format!("{field}: {other}"),
            });
            Some(fields.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// Reads an answer. `last` are the units of the one before.
fn read(body: &[u8], last: &[Unit], redactor: &Redactor) -> Result<Snapshot, Message> {
    let answer: Answer<'_> = json::read(body).map_err(|error| {
        messages::not_json(("installer's status", "安装器状态"), &error, redactor)
    })?;
    if let Some(code) = answer.code.get().filter(|code| *code != "0") {
        let words = message_words(answer.message.get());
        return Err(error_code(code, words.as_deref(), redactor));
    }
    let Object(data) = answer.data.ok_or_else(|| missing_field("data"))?;
    let SparseList(plan) = data
        .process_list
        .ok_or_else(|| missing_field("processList"))?;
    if plan.is_empty() {
        // Nothing has been started, or a new run is being set up: its tables are not rewritten at
        // once, so that the old run's steps may still be there, and `isEnd` with them [O]. It is
        // not said which run this is, so that what is known of the last one is not forgotten.
        return Ok(Snapshot::new(Phase::Pending));
    }
    let SparseList(ended) = data.now_list.ok_or_else(|| missing_field("nowList"))?;
    let failed = ended.iter().find(|step| step.result.is("false"));
    let goes_on = match (failed, &data.is_end) {
        (Some(_), _) => false,
        (None, is_end) if is_end.is("true") => false,
        (None, is_end) if is_end.is("false") => true,
        (None, _) => return Err(missing_field("isEnd")),
    };
    let fingerprint = fingerprint(&plan);
    let mut snapshot = Snapshot::new(if failed.is_some() {
        Phase::Failed
    } else {
        Phase::Running
    });
    snapshot.message = failed.and_then(|step| reason(step, redactor));
    if failed.is_none() && !goes_on {
        // A plan of one row beside one finished step looks like a success while a new run is being
        // written [O], so a second poll must find the same plan.
        let whole = ended.len() == plan.len() && ended.iter().all(|step| step.result.is("true"));
        let phase = if whole {
            Phase::Succeeded
        } else {
            Phase::Ended
        };
        snapshot.unconfirmed = Some(Unconfirmed {
            fingerprint: Some(Arc::clone(&fingerprint)),
            ..Unconfirmed::new(phase, None)
        });
    }
    snapshot.run = Some(fingerprint);
    snapshot.units = steps(&plan, &ended, goes_on, last, redactor);
    Ok(snapshot)
}

/// An error under a good status: its code, and the server's words.
fn error_code(code: &str, words: Option<&str>, redactor: &Redactor) -> Message {
    let code = redactor.name(code);
    let words = match words {
        Some(words) => Message::verbatim(&*redactor.message(words)),
        None => Message::new("no reason given", "未说明原因"),
    };
    Message::new(
        format!("error response: code {code}"),
        format!("返回错误码 {code}"),
    )
    .with_detail(&words)
}

/// What tells one plan from another. A retry has another plan than the first attempt [O].
fn fingerprint(plan: &[Step<'_>]) -> Arc<str> {
    let names = plan.iter().map(|step| [step.en.get(), step.zh.get()]);
    format!("{:?}", names.collect::<Vec<_>>()).into()
}

/// Why a step failed.
fn reason(step: &Step<'_>, redactor: &Redactor) -> Option<Message> {
    let parts = [step.name(), step.message.get().map(str::to_owned)];
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
    let words = redactor.message(&words);
    (!words.is_empty()).then(|| Message::verbatim(&*words))
}

/// The steps, joined by position: `sort` and `en` repeat, and the lists contradict each other in
/// them, so that an ended step goes by its own names [O]. The one behind the last that ended is at
/// work [O], as long as the run goes on.
fn steps(
    plan: &[Step<'_>],
    ended: &[Step<'_>],
    goes_on: bool,
    last: &[Unit],
    redactor: &Redactor,
) -> Vec<Unit> {
    let count = plan.len().max(ended.len());
    let mut units = UnitsBuilder::new(UnitKind::Step, last, count, redactor);
    for place in 0..count {
        let (planned, ended_here) = (plan.get(place), ended.get(place));
        let number = (place + 1).to_string();
        let name = ended_here
            .and_then(Step::name)
            .or_else(|| planned.and_then(Step::name))
            .unwrap_or_else(|| format!("step {number}"));
        let state = match ended_here {
            Some(step) if step.result.is("true") => UnitState::Succeeded,
            Some(step) if step.result.is("false") => UnitState::Failed,
            Some(_) => UnitState::Unknown,
            None if goes_on && place == ended.len() => UnitState::Running,
            None => UnitState::Pending,
        };
        let detail = ended_here
            .filter(|_| state == UnitState::Failed)
            .and_then(|step| step.message.get());
        units.push(&number, &name, None, state, detail);
    }
    units.finish()
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/fsd.response.json");

    fn answer(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], &Redactor::default())
    }

    /// A list of steps: each has its result and its name.
    fn list(steps: &[(bool, &str)]) -> String {
        let steps = steps.iter().map(|(result, name)| {
            format!(r#"{{"en":"{name}","zh":"{name}","sort":0,"message":"why","result":{result}}}"#)
        });
        format!("[{}]", steps.collect::<Vec<_>>().join(","))
    }

    /// A status with this plan, of which these steps have ended.
    fn status(is_end: bool, plan: &[&str], ended: &[(bool, &str)]) -> Snapshot {
        let plan: Vec<_> = plan.iter().map(|name| (true, *name)).collect();
        answer(&format!(
            r#"{{"code":0,"data":{{"isEnd":{is_end},"nowList":{},"processList":{}}}}}"#,
            list(ended),
            list(&plan)
        ))
        .expect("a status")
    }

    /// The phase that one poll finds, and that which a second one makes of it.
    fn phases(snapshot: &Snapshot) -> (Phase, Option<Phase>) {
        let unconfirmed = snapshot.unconfirmed.as_ref();
        (snapshot.phase, unconfirmed.map(|found| found.phase))
    }

    fn states(snapshot: &Snapshot) -> String {
        let letter = |unit: &Unit| match unit.state {
            UnitState::Pending => '.',
            UnitState::Running => 'r',
            UnitState::Succeeded => 'S',
            UnitState::Failed => 'F',
            _ => '?',
        };
        snapshot.units.iter().map(letter).collect()
    }

    const GOOD: [(bool, &str); 3] = [(true, "a"), (true, "b"), (true, "c")];
    const PLAN: [&str; 3] = ["a", "b", "c"];

    #[test]
    fn the_vendors_sample_is_a_success_on_a_second_poll() {
        let snapshot = read(SAMPLE, &[], &Redactor::default()).expect("a status");
        assert_eq!(phases(&snapshot), (Phase::Running, Some(Phase::Succeeded)));
        assert_eq!(states(&snapshot), "SSSS");
        assert_eq!(&*snapshot.units[0].name, "检测部署脚本 (check_param)");
        assert_eq!(snapshot.units[0].detail, None);
        assert!(snapshot.warnings.is_empty());
    }

    #[test]
    fn the_request_of_the_vendors_sample() {
        let sample = include_str!("../../tests/fixtures/fsd.request.json");
        let url = |operation: Operation, endpoint| {
            let endpoint = Url::parse(endpoint).expect("a URL");
            String::from(operation.url(&endpoint))
        };
        let deploy = url(Operation::Deploy, ENDPOINT);
        assert_eq!(deploy, "http://127.0.0.1:1236/api/deploy/status");
        let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        let request = Operation::Deploy.request(KEY).expect("a POST");
        assert_eq!(json(&request), json(sample));
        let extend = url(Operation::Extend, "http://h/base/");
        assert_eq!(extend, "http://h/base/api/extend/status");
        let upgrade = url(Operation::Upgrade, ENDPOINT);
        assert_eq!(upgrade, "http://127.0.0.1:1236/api/upgrade/status");
        assert_eq!(Operation::Upgrade.request(KEY), None);
    }

    #[test]
    fn a_key_is_any_printable_text() {
        for good in [KEY, "a", "部署: \"1\" \\ {}", &"键".repeat(MAX_KEY)] {
            assert_eq!(key(good).expect(good), good);
        }
        for bad in ["", " ", "a\nb", "a\u{1b}[31m", &"a".repeat(MAX_KEY + 1)] {
            key(bad).expect_err(bad);
        }
    }

    #[test]
    fn what_is_seen_has_its_phase() {
        use Phase::{Ended, Failed, Pending, Running, Succeeded};
        for (is_end, plan, ended, phase, then) in [
            (false, &PLAN[..], &GOOD[..0], Running, None),
            (false, &PLAN, &GOOD[..2], Running, None),
            // Only the installer ends it, whatever the lists say.
            (false, &PLAN, &GOOD, Running, None),
            (true, &PLAN, &GOOD, Running, Some(Succeeded)),
            (true, &PLAN, &GOOD[..2], Running, Some(Ended)),
            (true, &PLAN, &GOOD[..0], Running, Some(Ended)),
            (true, &PLAN[..2], &GOOD, Running, Some(Ended)),
            (true, &PLAN, &[(true, "a"), (false, "b")], Failed, None),
            // Early servers do not end a run that failed.
            (false, &PLAN, &[(false, "a")], Failed, None),
            (true, &PLAN[..2], &[(true, "a"), (false, "b")], Failed, None),
            (false, &[], &[], Pending, None),
            // Nor are they idle without an end.
            (true, &[], &[], Pending, None),
            (true, &[], &GOOD, Pending, None),
            (true, &[], &[(false, "a")], Pending, None),
        ] {
            let snapshot = status(is_end, plan, ended);
            assert_eq!(
                phases(&snapshot),
                (phase, then),
                "{is_end} {plan:?} {ended:?}"
            );
        }
    }

    #[test]
    fn is_end_is_not_success() {
        let snapshot = status(true, &PLAN, &[(true, "a"), (false, "b")]);
        assert_eq!(phases(&snapshot), (Phase::Failed, None));
        let words = snapshot.message.as_ref().expect("a reason").to_string();
        assert_eq!(words, "b: why");
        assert_eq!(states(&snapshot), "SF.", "the rest is pending for good");
        assert_eq!(snapshot.units[1].detail, Some(Message::verbatim("why")));
    }

    #[test]
    fn the_running_step_is_never_in_the_list() {
        assert_eq!(states(&status(false, &PLAN, &GOOD[..0])), "r..");
        assert_eq!(states(&status(false, &PLAN, &GOOD[..1])), "Sr.");
        assert_eq!(states(&status(false, &PLAN, &GOOD)), "SSS");
        assert_eq!(
            states(&status(true, &PLAN, &GOOD[..1])),
            "S..",
            "nothing goes on"
        );
    }

    #[test]
    fn the_result_of_a_planned_step_means_nothing() {
        let json = |result: &str| {
            format!(
                r#"{{"data":{{"isEnd":false,"nowList":[],"processList":[
                    {{"zh":"a","result":{result}}},{{"zh":"b","result":{result}}}]}}}}"#
            )
        };
        for result in ["true", "false", "null"] {
            let snapshot = answer(&json(result)).expect("a status");
            assert_eq!(phases(&snapshot), (Phase::Running, None), "{result}");
            assert_eq!(states(&snapshot), "r.", "{result}");
        }
    }

    #[test]
    fn the_lists_are_joined_by_position_and_an_ended_step_goes_by_its_own_names() {
        let snapshot = answer(
            r#"{"data":{"isEnd":false,
                "nowList":[{"sort":7,"en":"same","zh":"其一","result":true},
                    {"sort":0,"en":"same","zh":"其二","result":true},
                    {"result":true}],
                "processList":[{"sort":0,"en":"x","zh":"甲"},{"sort":0,"en":"x","zh":"乙"},
                    {"en":"y"},{"zh":"丁","en":"丁"},{}]}}"#,
        )
        .expect("a status");
        let units: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name))
            .collect();
        assert_eq!(
            units,
            [
                ("1", "其一 (same)"),
                ("2", "其二 (same)"),
                ("3", "y"),
                ("4", "丁"),
                ("5", "step 5")
            ]
        );
        assert_eq!(states(&snapshot), "SSSr.");
    }

    #[test]
    fn an_empty_plan_does_not_say_which_run_it_is() {
        let plan = status(false, &PLAN, &GOOD[..1]).run;
        assert!(plan.is_some());
        for (is_end, ended) in [(true, &GOOD[..0]), (false, &GOOD), (true, &GOOD)] {
            let snapshot = status(is_end, &[], ended);
            assert_eq!((snapshot.phase, snapshot.run), (Phase::Pending, None));
            assert!(snapshot.units.is_empty() && snapshot.unconfirmed.is_none());
        }
        assert_eq!(
            status(false, &PLAN, &[]).run,
            plan,
            "the same plan, begun anew"
        );
        assert_ne!(status(false, &PLAN[..2], &[]).run, plan);
    }

    #[test]
    fn a_plan_of_one_row_beside_one_finished_step_is_no_success() {
        let torn = status(true, &PLAN[..1], &GOOD[..1]);
        assert_eq!(phases(&torn), (Phase::Running, Some(Phase::Succeeded)));
        let next = status(true, &PLAN[..2], &GOOD[..2]);
        let agree = |one: &Snapshot, two: &Snapshot| {
            let unconfirmed =
                |snapshot: &Snapshot| snapshot.unconfirmed.clone().expect("a finding");
            unconfirmed(one).agrees(&unconfirmed(two))
        };
        assert!(!agree(&torn, &next), "another plan is another finding");
        let whole = status(true, &PLAN, &GOOD);
        assert!(agree(&whole, &whole));
        let unclear = status(true, &PLAN, &GOOD[..2]);
        assert!(!agree(&whole, &unclear));
    }

    #[test]
    fn a_step_without_a_readable_result_is_no_success() {
        for result in ["null", "1", r#""yes""#, "{}"] {
            let json = format!(
                r#"{{"data":{{"isEnd":true,"nowList":[{{"result":{result}}}],"processList":[{{}}]}}}}"#
            );
            let snapshot = answer(&json).expect("a status");
            assert_eq!(phases(&snapshot).1, Some(Phase::Ended), "{result}");
            assert_eq!(states(&snapshot), "?", "{result}");
        }
        let json = r#"{"data":{"isEnd":"True","nowList":[null],"processList":[null]}}"#;
        let snapshot = answer(json).expect("a status");
        assert_eq!(phases(&snapshot).1, Some(Phase::Ended));
        let json =
            r#"{"data":{"isEnd":"True","nowList":[{"result":"True"}],"processList":[null]}}"#;
        let snapshot = answer(json).expect("a status");
        assert_eq!(phases(&snapshot).1, Some(Phase::Succeeded));
    }

    #[test]
    fn a_fresh_watch_passes_over_a_run_that_had_ended() {
        let old = || status(true, &PLAN, &GOOD);
        let failed = || status(true, &PLAN, &[(false, "a")]);
        let unclear = || status(true, &PLAN, &GOOD[..2]);
        let going = || status(false, &PLAN, &GOOD[..2]);
        let setting_up = || status(true, &[], &GOOD);
        let other = || status(true, &PLAN[..1], &GOOD[..1]);
        // `w` waits for a new run, `-` is the answer's own word.
        for (answers, seen) in [
            (vec![old(), old(), old()], "www"),
            (vec![failed(), failed(), setting_up(), failed()], "ww--"),
            (vec![unclear(), old(), going(), old()], "ww--"),
            // The same run, gone on with, is not an earlier one either.
            (vec![old(), going(), going(), old()], "w---"),
            (vec![old(), setting_up(), other(), other()], "w---"),
            (vec![old(), other(), other(), old()], "w---"),
            // What had not ended when the watch began is the run that is meant.
            (vec![going(), old(), old()], "---"),
            (vec![setting_up(), old(), old()], "---"),
        ] {
            let mut earlier = Earlier::Unasked;
            let sifted = answers.into_iter().map(|snapshot| {
                let sifted = earlier.sift(snapshot.clone());
                if sifted.phase == snapshot.phase && sifted.run == snapshot.run {
                    assert_eq!(
                        sifted.run_selector.as_deref(),
                        Some(""),
                        "--fresh is left out"
                    );
                    return '-';
                }
                assert_eq!(sifted.message, Some(messages::awaits_new_run()));
                assert_eq!(sifted.run_selector, None, "--fresh is still wanted");
                assert!(sifted.phase == Phase::Pending && !sifted.has_ended());
                assert!(sifted.units.is_empty() && sifted.run.is_none());
                'w'
            });
            assert_eq!(sifted.collect::<String>(), seen);
        }
        let sifted = Earlier::Counts.sift(old());
        assert!(sifted.has_ended() && sifted.units == old().units);
    }

    #[test]
    fn a_code_under_http_200_is_a_failed_poll_with_its_words() {
        for (json, words) in [
            (r#"{"code":1,"message":"no"}"#, "code 1: no"),
            (
                r#"{"code":"E-1","message":{"key":"Missing","n":3}}"#,
                "code E-1: key: Missing, n: 3",
            ),
            (r#"{"code":-1,"message":null}"#, "code -1: no reason given"),
            (r#"{"code":7,"message":"a\u001b[31m\nb"}"#, "code 7: a b"),
        ] {
            let error = answer(json).expect_err(json);
            assert_eq!(error.en(), format!("error response: {words}"));
            assert_chinese(&error);
        }
    }

    #[test]
    fn an_error_is_a_text_or_an_object() {
        for (json, told) in [
            (r#"{"message":"no such thing"}"#, Some("no such thing")),
            (
                r#"{"message":{"key":"Missing required parameter"}}"#,
                Some("key: Missing required parameter"),
            ),
            (r#"{"message":""}"#, None),
            (r#"{"message":{}}"#, None),
            (r#"{"message":null}"#, None),
            ("<!doctype html>", None),
        ] {
            let said = words(json.as_bytes(), &Redactor::default());
            assert_eq!(said.as_ref().map(Message::en), told, "{json}");
        }
    }

    #[test]
    fn what_lacks_what_the_verdict_needs_is_unreadable() {
        for json in [
            "",
            "{}",
            "null",
            "[]",
            r#"{"code":0,"data":null}"#,
            r#"{"code":0,"data":[]}"#,
            r#"{"code":0,"data":[true,[{"result":true}],[{}]]}"#,
            r#"{"data":{"isEnd":true,"nowList":[["","","",true]],"processList":[{}]}}"#,
            r#"{"code":0,"data":{}}"#,
            r#"{"data":{"isEnd":true,"nowList":[]}}"#,
            r#"{"data":{"isEnd":true,"nowList":[],"processList":null}}"#,
            r#"{"data":{"isEnd":true,"nowList":null,"processList":[{}]}}"#,
            r#"{"data":{"isEnd":true,"nowList":"none","processList":[{}]}}"#,
            r#"{"data":{"nowList":[],"processList":[{}]}}"#,
            r#"{"data":{"isEnd":null,"nowList":[{"result":true}],"processList":[{}]}}"#,
            r#"{"data":{"isEnd":true,"nowList":[],"processList":[]"#,
        ] {
            answer(json).expect_err(json);
        }
        // A failure is known without it.
        let json = r#"{"data":{"nowList":[{"result":false}],"processList":[{}]}}"#;
        assert_eq!(answer(json).expect("a status").phase, Phase::Failed);
    }
}
