//! Huawei Cloud ServiceStage: a release task of Release Management (old). [D] documented by the
//! vendor, [O] observed in public code, [I] inferred.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroI64;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::huawei::{self, Account};
use super::json::{self, Count, Freeform, List, Text, safe_in_url};
use super::{DeploymentSource, below, messages};
use crate::http::{Client, ParsedBody, Response};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::poll::{PollError, Retry};
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

mod options;
mod texts;

pub(super) use options::ServicestageOptions;

/// What the responses are, in English and Chinese.
const RELEASE_TASK: (&str, &str) = ("release task", "发布任务");

/// A release task being watched.
struct Servicestage {
    http: Client,
    account: Account,
    /// What the URLs of the project begin with.
    url: Url,
    release: String,
    /// The components that `last` was made of.
    parsed: ParsedBody,
    /// What the components say, before the plan is asked.
    last: Arc<Snapshot>,
    /// The jobs that tell why a component failed, by the unit's id.
    jobs: Jobs,
    /// That the plan cannot be read, in the words of the first time.
    unread: Option<Message>,
}

impl Servicestage {
    /// Watches with `http`.
    fn new(url: Url, release: String, account: Account, http: Client) -> Self {
        Self {
            http,
            account,
            url,
            release,
            parsed: ParsedBody::default(),
            last: Arc::new(Snapshot::new(Phase::Unknown)),
            jobs: HashMap::new(),
            unread: None,
        }
    }

    /// Gets what is at `path` of the project.
    fn get(&mut self, path: &str) -> Result<Response, PollError> {
        let url = below(&self.url, path);
        self.account
            .get(&self.http, &url, "application/json;charset=utf8")
    }

    /// Where the release task is [D].
    fn plan_path(&self) -> String {
        format!("/release-plans/{}", self.release)
    }

    /// Asks how the release stands as a whole. None where that is refused or unreadable: its
    /// components alone decide then.
    ///
    /// # Errors
    /// Where no answer came, or one that may be another in a moment (a gateway's error, a page for
    /// people, nothing). Neither conclusion would be safe: success would be said without the plan,
    /// which may know better, and failure as if the plan could never be read. So the whole poll
    /// counts as failed, which ends in `lost` at worst.
    fn read_plan(&mut self) -> Result<Option<Plan>, PollError> {
        let path = self.plan_path();
        let problem = match self.get(&path) {
            Ok(response) => {
                match Plan::read(&response.body, &self.last.units, self.http.redactor()) {
                    Ok(plan) => return Ok(Some(plan)),
                    Err(problem) => problem,
                }
            }
            Err(error)
                if matches!(error.retry, Retry::Refused { .. }) && error.status.is_some() =>
            {
                error.message
            }
            Err(error) => return Err(error),
        };
        // Said once, though the words of the next time may hold another request's number.
        self.unread
            .get_or_insert_with(|| texts::plan_unread(&problem));
        Ok(None)
    }
}

/// What to do about a refusal.
fn advice(error: &PollError) -> Option<Message> {
    Some(match error.status? {
        // The service's own 401 has meant that something is not there [O]; the gateway's is about
        // credentials.
        401 if error.message.en().contains("APIGW.") => huawei::credentials_hint(),
        403 => Message::new(
            "the credentials must belong to the project and have permission to view releases",
            "凭证必须属于该项目，并有查看发布任务的权限",
        ),
        404 => Message::new(
            "check the ids; this is Release Management (old), which does not know the pipelines of \
             the new edition",
            "请检查各个 ID；这里是旧版的发布管理，新版流水线的 ID 在这里也查不到",
        ),
        _ => return None,
    })
}

impl DeploymentSource for Servicestage {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let path = format!("{}/deploy-info", self.plan_path());
        let response = self.get(&path).map_err(|error| {
            let advice = advice(&error);
            self.account.advise(error, advice, self.http.now().wall)
        })?;
        if !self.parsed.is(&response.body) {
            let (snapshot, jobs) = read(
                &response.body,
                &self.last.units,
                &self.release,
                self.http.redactor(),
            )
            .map_err(|problem| response.unreadable(problem, self.http.redactor()))?;
            self.last = Arc::new(snapshot);
            self.jobs = jobs;
            self.parsed.set(response.body);
        }
        if !is_still(&self.last) {
            return Ok(Arc::clone(&self.last));
        }
        let mut snapshot = Snapshot::clone(&self.last);
        let plan = self.read_plan()?;
        decide(&mut snapshot, plan.as_ref());
        if plan.is_none() {
            snapshot.warnings.extend(self.unread.clone());
        }
        Ok(Arc::new(snapshot))
    }

    /// The failed tasks of the jobs behind a component, with their messages.
    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Option<Vec<String>> {
        let mut log = String::new();
        for job in self.jobs.get(&unit.id)?.clone() {
            let path = format!("/jobs/{job}");
            if let Ok(response) = self.get(&path) {
                log.extend(failed_tasks(&response.body));
            }
        }
        let tail = self.http.redactor().tail(&log, lines);
        (!tail.is_empty()).then_some(tail)
    }
}

/// The components of the release [D]. No field says that the release is over.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct DeployInfo<'a> {
    id: Text<'a>,
    components: Option<List<Component<'a>>>,
}

/// A component [D]. `status` is its own, and `RUNNING` there means healthy; `job_status` is the
/// release's.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Component<'a> {
    id: Text<'a>,
    name: Text<'a>,
    /// Text in the vendor's table, a number in the example.
    seq: Count,
    status: Text<'a>,
    job_id: Text<'a>,
    job_status: Text<'a>,
    start_time: Text<'a>,
    end_time: Text<'a>,
    fail_message: Text<'a>,
    rollback_job_id: Text<'a>,
    rollback_job_status: Text<'a>,
    rollback_start_time: Text<'a>,
    rollback_end_time: Text<'a>,
    rollback_fail_message: Text<'a>,
}

/// How a component stands, and what there is to say about it.
type Standing = (UnitState, Option<Message>);

impl Component<'_> {
    fn standing(&self, warnings: &mut Vec<Message>, redactor: &Redactor) -> Standing {
        if self.has_rollback() {
            return self.rollback(warnings, redactor);
        }
        let own = self.status.get().unwrap_or_default().to_ascii_uppercase();
        match &*own {
            "ROLLBACK_SUCCEED" => {
                self.with_reason(UnitState::Failed, &texts::rolled_back(), redactor)
            }
            _ if own.starts_with("ROLLBACK_") => self.rollback_failed(redactor),
            _ => {
                let state = if self.status.is_cancelled() {
                    UnitState::Cancelled
                } else {
                    self.job(warnings, redactor)
                };
                let reason = self.reason(redactor).filter(|_| state == UnitState::Failed);
                // Else its own state is only shown, where it says more than that all is well.
                let well = ["", "RUNNING", "SUCCESS", "CREATED"].contains(&&*own);
                let detail = reason.or_else(|| (!well).then(|| texts::own_status(&own)));
                (state, detail)
            }
        }
    }

    /// How the release of it stands. The first four words are documented here, the others by the
    /// service's job resource [D], and expected here too [I].
    fn job(&self, warnings: &mut Vec<Message>, redactor: &Redactor) -> UnitState {
        let known = [
            ("CREATED", UnitState::Pending),
            ("RUNNING", UnitState::Running),
            ("SUCCEEDED", UnitState::Succeeded),
            ("FAILED", UnitState::Failed),
            ("SUBMITTED", UnitState::Queued),
            ("SCHEDULED", UnitState::Queued),
            ("PARTIALLY_FAILED", UnitState::Failed),
        ];
        if self.job_status.get().is_none() {
            return UnitState::Pending;
        }
        if self.job_status.is_cancelled() {
            return UnitState::Cancelled;
        }
        self.job_status.meaning(&known).unwrap_or_else(|| {
            self.job_status
                .warn_unknown("job_status", redactor, warnings);
            UnitState::Unknown
        })
    }

    /// Whether a rollback of it has begun; `job_status` stays what it was before.
    fn has_rollback(&self) -> bool {
        let rollback = &self.rollback_job_id;
        rollback.get().or(self.rollback_job_status.get()).is_some()
    }

    /// How the rollback of it stands: in the words of the release and of the service's job resource
    /// [D, I]. A component that was rolled back has failed.
    fn rollback(&self, warnings: &mut Vec<Message>, redactor: &Redactor) -> Standing {
        let known = [
            ("CREATED", UnitState::Running),
            ("SUBMITTED", UnitState::Running),
            ("SCHEDULED", UnitState::Running),
            ("RUNNING", UnitState::Running),
            ("ROLLBACKING", UnitState::Running),
            ("SUCCEEDED", UnitState::Succeeded),
            ("ROLLBACKED", UnitState::Succeeded),
            ("FAILED", UnitState::Failed),
            ("PARTIALLY_FAILED", UnitState::Failed),
        ];
        let status = &self.rollback_job_status;
        match status.meaning(&known) {
            Some(UnitState::Succeeded) => {
                self.with_reason(UnitState::Failed, &texts::rolled_back(), redactor)
            }
            Some(UnitState::Failed) => self.rollback_failed(redactor),
            None if status.get().is_some() => {
                status.warn_unknown("rollback_job_status", redactor, warnings);
                self.with_reason(UnitState::Unknown, &texts::rolling_back(), redactor)
            }
            _ => self.with_reason(UnitState::Running, &texts::rolling_back(), redactor),
        }
    }

    fn rollback_failed(&self, redactor: &Redactor) -> Standing {
        match self.rollback_fail_message.get() {
            Some(message) => {
                let message = Message::verbatim(&*redactor.message(message));
                (UnitState::Failed, Some(message))
            }
            None => self.with_reason(UnitState::Failed, &texts::rollback_failed(), redactor),
        }
    }

    /// What became of it, and why.
    fn with_reason(&self, state: UnitState, what: &Message, redactor: &Redactor) -> Standing {
        (
            state,
            Some(what.with_detail(self.reason(redactor).as_ref())),
        )
    }

    /// Why it failed, in the provider's words.
    fn reason(&self, redactor: &Redactor) -> Option<Message> {
        let reason = self.fail_message.get()?;
        Some(Message::verbatim(&*redactor.message(reason)))
    }

    /// When its release began and ended, or its rollback, in epoch milliseconds.
    fn times(&self) -> (Option<NonZeroI64>, Option<NonZeroI64>) {
        // 0, null and "" mean not set [D].
        let time = |text: &Text<'_>| {
            text.get()?
                .parse()
                .ok()
                .filter(|time: &NonZeroI64| time.get() > 0)
        };
        if self.has_rollback() {
            (
                time(&self.rollback_start_time),
                time(&self.rollback_end_time),
            )
        } else {
            (time(&self.start_time), time(&self.end_time))
        }
    }

    /// The jobs that tell why it failed.
    fn jobs(&self) -> Vec<String> {
        let jobs = [self.job_id.get(), self.rollback_job_id.get()];
        let safe = jobs.into_iter().flatten().filter(|id| safe_in_url(id));
        safe.map(str::to_owned).collect()
    }
}

/// Reads the components; `last` are the units of the answer before. With the snapshot come the jobs
/// of the units that failed. The error is what is wrong with the answer.
fn read(
    body: &[u8],
    last: &[Unit],
    asked: &str,
    redactor: &Redactor,
) -> Result<(Snapshot, Jobs), Message> {
    let answer: DeployInfo<'_> =
        json::read(body).map_err(|error| messages::not_json(RELEASE_TASK, &error, redactor))?;
    let none = List::default();
    let components = match (&answer.components, huawei::words(body, redactor)) {
        (Some(components), _) => components,
        (None, Some(said)) => return Err(messages::error_response(Some(&said))),
        // Null where nothing is planned yet.
        (None, None) if answer.id.get().is_some() => &none,
        (None, None) => return Err(messages::missing_field("components")),
    };
    let mut snapshot = Snapshot::new(Phase::Pending);
    if let Some(answered) = answer.id.printable(redactor)
        && *answered != *asked
    {
        snapshot.warnings.push(messages::other_id(asked, &answered));
    }
    snapshot.units = units(components, last, &mut snapshot.warnings, redactor);
    let last_batch = snapshot.units.iter().filter_map(|unit| unit.batch).max();
    snapshot.batches = last_batch;
    // The last in which anything has begun: batches run one after another [I].
    let begun = |unit: &&Unit| !matches!(unit.state, UnitState::Pending | UnitState::Cancelled);
    let begun = snapshot.units.iter().filter(begun);
    let begun: Vec<_> = begun.map(|unit| unit.batch).collect();
    snapshot.batch = last_batch.map(|_| begun.iter().copied().flatten().max().unwrap_or(1));
    if !begun.is_empty() {
        snapshot.phase = Phase::Running;
    }
    let waits = components
        .iter()
        .any(|component| component.status.is("GRAYING"));
    if waits && !is_moving(&snapshot) {
        pause(&mut snapshot);
    }
    let failed = snapshot.units.iter().zip(components.iter());
    let failed = failed.filter(|(unit, _)| unit.state == UnitState::Failed);
    let jobs = failed.map(|(unit, component)| (Arc::clone(&unit.id), component.jobs()));
    let jobs = jobs.collect();
    Ok((snapshot, jobs))
}

/// The jobs that tell why a unit failed, by the unit's id.
type Jobs = HashMap<Arc<str>, Vec<String>>;

/// The components as units, in batches by ascending `seq` [I].
fn units(
    components: &[Component<'_>],
    last: &[Unit],
    warnings: &mut Vec<Message>,
    redactor: &Redactor,
) -> Vec<Unit> {
    let seqs = components
        .iter()
        .filter_map(|component| component.seq.get());
    let mut seqs: Vec<_> = seqs.collect();
    seqs.sort_unstable();
    seqs.dedup();
    let mut units = UnitsBuilder::new(UnitKind::Component, last, components.len(), redactor);
    for (place, component) in components.iter().enumerate() {
        let nameless = format!("component {}", place + 1);
        let (id, name) = (component.id.get(), component.name.get());
        let batch = component.seq.get().and_then(|seq| {
            let index = seqs.binary_search(&seq).ok()?;
            u32::try_from(index + 1).ok()
        });
        let (state, detail) = component.standing(warnings, redactor);
        let unit = units.push(
            id.or(name).unwrap_or(&nameless),
            name.or(id).unwrap_or(&nameless),
            batch,
            state,
            None,
        );
        unit.detail = detail;
        (unit.began, unit.ended) = component.times();
    }
    units.finish()
}

/// A component waits for a person, and none moves [O].
fn pause(snapshot: &mut Snapshot) {
    snapshot.phase = Phase::Paused;
    let failed = snapshot.count(UnitState::Failed);
    if failed == 0 {
        let message = messages::awaits_confirmation(snapshot.batch, snapshot.batches);
        snapshot.message = Some(message);
    } else {
        // A component that is about to be tried again looks the same for a moment.
        let message = messages::awaits_decision(failed, UnitKind::Component, None);
        snapshot.unconfirmed = Some(Unconfirmed::new(Phase::PausedAfterFailure, Some(message)));
    }
}

fn is_moving(snapshot: &Snapshot) -> bool {
    snapshot.count(UnitState::Running) + snapshot.count(UnitState::Queued) > 0
}

/// Whether nothing moves and nothing waits for a person: the release may be over, or between two
/// batches, and its components alone do not tell which.
fn is_still(snapshot: &Snapshot) -> bool {
    snapshot.phase != Phase::Paused && !is_moving(snapshot)
}

/// The release task itself [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Release<'a> {
    status: Text<'a>,
    fail_strategy: Text<'a>,
    components: List<Listed<'a>>,
}

/// A component as the release task lists it [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Listed<'a> {
    component_id: Text<'a>,
    name: Text<'a>,
}

/// What the release task says of the release as a whole.
#[derive(Debug, PartialEq)]
struct Plan {
    /// Its word.
    status: Arc<str>,
    /// How it ended, where the word says so.
    end: Option<Phase>,
    /// Later batches do not begin after a failure.
    stops: bool,
    /// It lists a component that the deployment information does not hold.
    lists_more: bool,
    warnings: Vec<Message>,
}

impl Plan {
    /// Reads the release task; `units` are its components. The error is what is wrong with the
    /// answer.
    fn read(body: &[u8], units: &[Unit], redactor: &Redactor) -> Result<Self, Message> {
        let release: Release<'_> =
            json::read(body).map_err(|error| messages::not_json(RELEASE_TASK, &error, redactor))?;
        let Some(status) = release.status.printable(redactor) else {
            return Err(
                huawei::words(body, redactor).unwrap_or_else(|| messages::missing_field("status"))
            );
        };
        // The words of a component's `status` are documented, and expected here too [I].
        let known = [
            ("SUCCESS", Some(Phase::Succeeded)),
            ("FAILED", Some(Phase::Failed)),
            ("PARTIALLY_FAILED", Some(Phase::Failed)),
            ("ROLLBACK_FAILED", Some(Phase::Failed)),
            ("ROLLBACK_SUCCEED", Some(Phase::Failed)),
            ("CREATED", None),
            ("RUNNING", None),
            ("GRAYING", None),
        ];
        let mut warnings = Vec::new();
        let end = if release.status.is_cancelled() {
            Some(Phase::Cancelled)
        } else {
            release.status.meaning(&known).unwrap_or_else(|| {
                release
                    .status
                    .warn_unknown("release status", redactor, &mut warnings);
                None
            })
        };
        let ids: HashSet<_> = units.iter().map(|unit| &unit.id).collect();
        let names: HashSet<_> = units.iter().map(|unit| &unit.name).collect();
        let is_here = |listed: &Listed<'_>| {
            let (id, name) = (
                listed.component_id.printable(redactor),
                listed.name.printable(redactor),
            );
            id.is_some_and(|id| ids.contains(&id)) || name.is_some_and(|name| names.contains(&name))
        };
        Ok(Self {
            status,
            end,
            stops: release.fail_strategy.is("stop"),
            lists_more: !release.components.iter().all(is_here),
            warnings,
        })
    }
}

/// How a release stands in which nothing moves: the plan's word ends it. Where it has no such word,
/// or cannot be read, what the components say ends it only on two polls, for between two batches
/// all that has begun has succeeded [I].
fn decide(snapshot: &mut Snapshot, plan: Option<&Plan>) {
    let failed = snapshot.count(UnitState::Failed);
    let succeeded = snapshot.count(UnitState::Succeeded);
    let all = succeeded > 0 && succeeded == snapshot.units.len();
    let failure = || {
        Some(Unconfirmed::new(
            Phase::Failed,
            Some(texts::nothing_moves(failed)),
        ))
    };
    match plan.and_then(|plan| plan.end) {
        Some(Phase::Succeeded) if all => snapshot.phase = Phase::Succeeded,
        Some(Phase::Succeeded) if failed > 0 => snapshot.unconfirmed = failure(),
        Some(Phase::Succeeded) => {}
        Some(end) => {
            snapshot.phase = end;
            snapshot.message = huawei::detail_text(plan.map(|plan| Arc::clone(&plan.status)), end);
        }
        None if all && !plan.is_some_and(|plan| plan.lists_more) => {
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Succeeded, None));
        }
        // With another strategy the later batches still come.
        None if failed > 0 && plan.is_none_or(|plan| plan.stops) => {
            snapshot.unconfirmed = failure();
        }
        None => {}
    }
    snapshot
        .warnings
        .extend(plan.into_iter().flat_map(|plan| plan.warnings.clone()));
}

/// The job behind a component [D]. Older answers have upper-case names [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Job<'a> {
    #[serde(alias = "TASKS")]
    tasks: List<Task<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Task<'a> {
    #[serde(alias = "TASK_NAME")]
    task_name: Text<'a>,
    #[serde(alias = "TASK_STATUS")]
    task_status: Text<'a>,
    /// Text or a list of it: the vendor does not say.
    #[serde(alias = "MESSAGES")]
    messages: Freeform,
}

/// The failed tasks of a job, and their messages.
fn failed_tasks(body: &[u8]) -> Option<String> {
    let job: Job<'_> = json::read(body).ok()?;
    let failed = job.tasks.iter().filter(|task| {
        let failed = [("FAILED", ()), ("PARTIALLY_FAILED", ())];
        task.task_status.meaning(&failed).is_some()
    });
    let lines = failed.map(|task| {
        let name = task.task_name.get().unwrap_or("task");
        format!("{name} failed: {}\n", message(task.messages.get()))
    });
    Some(lines.collect())
}

fn message(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(message).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/servicestage.response.json");
    const RELEASE: &str = "716eda33-dbc6-47f3-953f-29119edd5e5c";

    /// A release whose components have these fields.
    fn release(components: &[&str]) -> Snapshot {
        read_release(components).0
    }

    fn read_release(components: &[&str]) -> (Snapshot, Jobs) {
        let components: Vec<_> = components.iter().map(|it| format!("{{{it}}}")).collect();
        let components = components.join(",");
        let json = format!(r#"{{"id":"{RELEASE}","components":[{components}]}}"#);
        read(json.as_bytes(), &[], RELEASE, &Redactor::default()).expect("a release")
    }

    /// A release whose components have these `job_status`es, each in a batch of its own.
    fn jobs(words: &[&str]) -> Snapshot {
        let components: Vec<_> = words
            .iter()
            .enumerate()
            .map(|(place, word)| format!(r#""id":"c{place}","seq":{place},"job_status":"{word}""#))
            .collect();
        let components: Vec<_> = components.iter().map(String::as_str).collect();
        release(&components)
    }

    fn unit(component: &str) -> Unit {
        release(&[component]).units.remove(0)
    }

    fn plan(json: &str, units: &[Unit]) -> Plan {
        Plan::read(json.as_bytes(), units, &Redactor::default()).expect("a plan")
    }

    /// The phase, and the one that a second poll would confirm.
    fn decided(snapshot: &Snapshot, plan_json: Option<&str>) -> (Phase, Option<Phase>) {
        assert!(is_still(snapshot), "{snapshot:?}");
        let mut snapshot = snapshot.clone();
        let plan = plan_json.map(|json| plan(json, &snapshot.units));
        decide(&mut snapshot, plan.as_ref());
        let found = snapshot.unconfirmed.map(|found| found.phase);
        (snapshot.phase, found)
    }

    #[test]
    fn the_vendors_sample_is_a_component_that_succeeded() {
        let (snapshot, jobs) = read(SAMPLE, &[], RELEASE, &Redactor::default()).expect("a release");
        let unit = &snapshot.units[0];
        assert_eq!(&*unit.id, "df49e875-000c-4d69-8f45-c4f384549e1b");
        assert_eq!((&*unit.name, unit.batch), ("sch", Some(1)));
        assert_eq!((unit.state, &unit.detail), (UnitState::Succeeded, &None));
        let times = (Some(1_722_933_924_962), Some(1_722_933_950_018));
        let own = (
            unit.began.map(NonZeroI64::get),
            unit.ended.map(NonZeroI64::get),
        );
        assert_eq!(own, times);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(1), Some(1)));
        assert!(snapshot.warnings.is_empty() && jobs.is_empty());
        let found = Some(Phase::Succeeded);
        assert_eq!(decided(&snapshot, None), (Phase::Running, found));
    }

    #[test]
    fn each_job_status_has_its_state() {
        for (word, state) in [
            ("null", UnitState::Pending),
            (r#""""#, UnitState::Pending),
            (r#""CREATED""#, UnitState::Pending),
            (r#""SUBMITTED""#, UnitState::Queued),
            (r#""SCHEDULED""#, UnitState::Queued),
            (r#""running""#, UnitState::Running),
            (r#""SUCCEEDED""#, UnitState::Succeeded),
            (r#""FAILED""#, UnitState::Failed),
            (r#""PARTIALLY_FAILED""#, UnitState::Failed),
            (r#""CANCELLED""#, UnitState::Cancelled),
            (r#""Canceled""#, UnitState::Cancelled),
            // Neither the word of the component nor that of the plan.
            (r#""SUCCESS""#, UnitState::Unknown),
            (r#""UNKNOWN""#, UnitState::Unknown),
        ] {
            let snapshot = release(&[&format!(r#""job_status":{word}"#)]);
            assert_eq!(snapshot.units[0].state, state, "{word}");
            let unknown = state == UnitState::Unknown;
            assert_eq!(snapshot.warnings.len(), usize::from(unknown), "{word}");
        }
    }

    #[test]
    fn the_components_own_running_is_not_in_progress() {
        let pending = unit(r#""status":"RUNNING","job_status":"CREATED""#);
        assert_eq!((pending.state, pending.detail), (UnitState::Pending, None));
        let snapshot = release(&[r#""status":"RUNNING","job_status":"SUCCEEDED""#]);
        assert!(is_still(&snapshot));
    }

    #[test]
    fn the_components_own_status_is_shown_where_it_says_more() {
        for (status, job, state, detail) in [
            (
                "GRAYING",
                "SUCCEEDED",
                UnitState::Succeeded,
                Some("status GRAYING"),
            ),
            (
                "FAILED",
                "SUCCEEDED",
                UnitState::Succeeded,
                Some("status FAILED"),
            ),
            ("SUCCESS", "SUCCEEDED", UnitState::Succeeded, None),
            (
                "ABORTED",
                "RUNNING",
                UnitState::Cancelled,
                Some("status ABORTED"),
            ),
            (
                "ROLLBACK_SUCCEED",
                "SUCCEEDED",
                UnitState::Failed,
                Some("rolled back"),
            ),
            (
                "ROLLBACK_FAILED",
                "SUCCEEDED",
                UnitState::Failed,
                Some("rollback failed"),
            ),
        ] {
            let unit = unit(&format!(r#""status":"{status}","job_status":"{job}""#));
            let own = unit.detail.as_ref().map(Message::en);
            assert_eq!((unit.state, own), (state, detail), "{status}");
        }
    }

    #[test]
    fn a_rolled_back_component_keeps_its_job_status_and_has_failed() {
        for (rollback, state, detail) in [
            (
                r#""rollback_job_id":"r1""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"CREATED""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"RUNNING""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"ROLLBACKING""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"SUCCEEDED""#,
                UnitState::Failed,
                "rolled back",
            ),
            (
                r#""rollback_job_status":"ROLLBACKED""#,
                UnitState::Failed,
                "rolled back",
            ),
            (
                r#""rollback_job_status":"FAILED""#,
                UnitState::Failed,
                "rollback failed",
            ),
            (
                r#""rollback_job_status":"FAILED","rollback_fail_message":"no image""#,
                UnitState::Failed,
                "no image",
            ),
            (
                r#""rollback_job_status":"SUCCEEDED","fail_message":"probe failed""#,
                UnitState::Failed,
                "rolled back: probe failed",
            ),
            (
                r#""rollback_job_status":"ODD""#,
                UnitState::Unknown,
                "rolling back",
            ),
        ] {
            let unit = unit(&format!(r#""job_status":"SUCCEEDED",{rollback}"#));
            let own = unit.detail.as_ref().map(Message::en);
            assert_eq!((unit.state, own), (state, Some(detail)), "{rollback}");
        }
        let none = r#""job_status":"SUCCEEDED","rollback_job_id":"","rollback_job_status":null"#;
        assert_eq!(unit(none).state, UnitState::Succeeded);
    }

    #[test]
    fn a_failed_component_tells_why() {
        let reason = r#""fail_message":"no\u001b[31m""#;
        let detail = |job: &str| unit(&format!(r#""job_status":"{job}",{reason}"#)).detail;
        assert_eq!(detail("FAILED"), Some(Message::verbatim("no")));
        assert_eq!(detail("RUNNING"), None, "it is tried again");
    }

    #[test]
    fn a_start_time_of_0_is_not_1970() {
        for (times, expected) in [
            (r#""start_time":0,"end_time":null"#, (None, None)),
            (r#""start_time":"","end_time":"0""#, (None, None)),
            (r#""start_time":"7","end_time":9"#, (Some(7), Some(9))),
            (r#""start_time":-7,"end_time":"soon""#, (None, None)),
            (
                r#""start_time":7,"end_time":9,"rollback_job_id":"r","rollback_start_time":"8""#,
                (Some(8), None),
            ),
        ] {
            let unit = unit(&format!(r#""job_status":"RUNNING",{times}"#));
            let own = (
                unit.began.map(NonZeroI64::get),
                unit.ended.map(NonZeroI64::get),
            );
            assert_eq!(own, expected, "{times}");
        }
    }

    #[test]
    fn seq_10_comes_after_seq_9() {
        let snapshot = release(&[
            r#""id":"a","seq":"10","job_status":"CREATED""#,
            r#""id":"b","seq":"9","job_status":"RUNNING""#,
            r#""id":"c","seq":2,"job_status":"SUCCEEDED""#,
            r#""id":"d","seq":9,"job_status":"SUBMITTED""#,
            r#""id":"e","seq":null,"job_status":"CREATED""#,
        ]);
        let batches: Vec<_> = snapshot.units.iter().map(|unit| unit.batch).collect();
        assert_eq!(batches, [Some(3), Some(2), Some(1), Some(2), None]);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), Some(3)));
    }

    #[test]
    fn the_batch_at_work_is_the_last_that_has_begun() {
        for (words, batch) in [
            (&["CREATED", "CREATED"][..], 1),
            (&["SUCCEEDED", "CREATED"], 1),
            (&["SUCCEEDED", "SUBMITTED"], 2),
            (&["FAILED", "SUCCEEDED", "CREATED"], 2),
            (&["SUCCEEDED", "CANCELLED"], 1),
        ] {
            assert_eq!(jobs(words).batch, Some(batch), "{words:?}");
        }
        assert_eq!(release(&[r#""job_status":"RUNNING""#]).batch, None);
    }

    #[test]
    fn a_component_is_its_id_else_its_name() {
        let snapshot = release(&[
            r#""id":"c1","name":"gateway""#,
            r#""id":null,"name":"account""#,
            r#""id":7,"name":"""#,
            "",
            r#""id":"c1","name":"again""#,
        ]);
        let names: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name))
            .collect();
        assert_eq!(
            names,
            [
                ("c1", "gateway"),
                ("account", "account"),
                ("7", "7"),
                ("component 4", "component 4"),
                ("c1#2", "again"),
            ]
        );
    }

    #[test]
    fn what_moves_is_running_whatever_else_has_failed() {
        for words in [
            &["RUNNING"][..],
            &["FAILED", "SUBMITTED"],
            &["SUCCEEDED", "SCHEDULED"],
        ] {
            let snapshot = jobs(words);
            assert_eq!(snapshot.phase, Phase::Running, "{words:?}");
            assert!(!is_still(&snapshot) && snapshot.unconfirmed.is_none());
        }
    }

    #[test]
    fn graying_waits_for_a_person() {
        let gray = r#""id":"a","seq":1,"status":"GRAYING","job_status":"SUCCEEDED""#;
        let next = r#""id":"b","seq":2,"job_status":"CREATED""#;
        let snapshot = release(&[gray, next]);
        assert_eq!(
            (snapshot.phase, snapshot.unconfirmed),
            (Phase::Paused, None)
        );
        let message = messages::awaits_confirmation(Some(1), Some(2));
        assert_eq!(snapshot.message, Some(message));
        let moving = release(&[gray, r#""id":"b","job_status":"RUNNING""#]);
        assert_eq!(moving.phase, Phase::Running);
        let failed = release(&[gray, r#""id":"b","job_status":"FAILED""#]);
        assert_eq!(failed.phase, Phase::Paused);
        let found = failed.unconfirmed.expect("a finding");
        assert_eq!(found.phase, Phase::PausedAfterFailure);
    }

    #[test]
    fn the_gap_between_two_batches_is_no_success() {
        let gap = jobs(&["SUCCEEDED", "CREATED"]);
        for plan in [
            None,
            Some(r#"{"status":"RUNNING","fail_strategy":"stop"}"#),
            Some(r#"{"status":"SUCCESS"}"#),
            Some(r#"{"status":"ODD"}"#),
        ] {
            assert_eq!(decided(&gap, plan), (Phase::Running, None), "{plan:?}");
        }
        assert_eq!(decided(&jobs(&["CREATED"]), None), (Phase::Pending, None));
    }

    #[test]
    fn not_every_component_is_waited_for_where_the_strategy_is_stop() {
        let stopped = jobs(&["SUCCEEDED", "FAILED", "CREATED"]);
        for (plan, found) in [
            (
                r#"{"status":"RUNNING","fail_strategy":"stop"}"#,
                Some(Phase::Failed),
            ),
            (
                r#"{"status":"RUNNING","fail_strategy":"STOP"}"#,
                Some(Phase::Failed),
            ),
            (r#"{"status":"RUNNING","fail_strategy":"continue"}"#, None),
            (r#"{"status":"RUNNING"}"#, None),
        ] {
            assert_eq!(
                decided(&stopped, Some(plan)),
                (Phase::Running, found),
                "{plan}"
            );
        }
        let found = Some(Phase::Failed);
        assert_eq!(
            decided(&stopped, None),
            (Phase::Running, found),
            "it cannot be read"
        );
    }

    #[test]
    fn success_succeeded_and_rollback_succeed_are_three_words() {
        let all = jobs(&["SUCCEEDED", "SUCCEEDED"]);
        let some = jobs(&["SUCCEEDED", "FAILED"]);
        let unconfirmed = |phase| (Phase::Running, Some(phase));
        let now = |phase| (phase, None);
        for (word, of_all, of_some) in [
            ("SUCCESS", now(Phase::Succeeded), unconfirmed(Phase::Failed)),
            ("FAILED", now(Phase::Failed), now(Phase::Failed)),
            ("PARTIALLY_FAILED", now(Phase::Failed), now(Phase::Failed)),
            ("ROLLBACK_FAILED", now(Phase::Failed), now(Phase::Failed)),
            ("ROLLBACK_SUCCEED", now(Phase::Failed), now(Phase::Failed)),
            ("ABORTED", now(Phase::Cancelled), now(Phase::Cancelled)),
            // No word for an end.
            (
                "SUCCEEDED",
                unconfirmed(Phase::Succeeded),
                now(Phase::Running),
            ),
            (
                "CREATED",
                unconfirmed(Phase::Succeeded),
                now(Phase::Running),
            ),
            (
                "RUNNING",
                unconfirmed(Phase::Succeeded),
                now(Phase::Running),
            ),
        ] {
            let plan = format!(r#"{{"status":"{word}"}}"#);
            assert_eq!(decided(&all, Some(&plan)), of_all, "{word}");
            assert_eq!(decided(&some, Some(&plan)), of_some, "{word}");
        }
    }

    #[test]
    fn a_word_of_the_plan_that_nobody_documents_is_warned_of() {
        assert_eq!(plan(r#"{"status":"ODD"}"#, &[]).warnings.len(), 1);
        for word in ["SUCCESS", "CREATED", "aborted", "ROLLBACK_SUCCEED"] {
            let plan = plan(&format!(r#"{{"status":"{word}"}}"#), &[]);
            assert!(plan.warnings.is_empty(), "{word}");
        }
    }

    #[test]
    fn a_rolled_back_component_is_no_success_whatever_the_plan_says() {
        let rolled_back = release(&[
            r#""id":"a","job_status":"SUCCEEDED""#,
            r#""id":"b","job_status":"SUCCEEDED","rollback_job_status":"SUCCEEDED""#,
        ]);
        let unconfirmed = (Phase::Running, Some(Phase::Failed));
        assert_eq!(
            decided(&rolled_back, Some(r#"{"status":"SUCCESS"}"#)),
            unconfirmed
        );
        assert_eq!(decided(&rolled_back, None), unconfirmed);
    }

    #[test]
    fn no_components_are_no_success() {
        let empty = release(&[]);
        for plan in [
            None,
            Some(r#"{"status":"SUCCESS"}"#),
            Some(r#"{"status":"RUNNING"}"#),
        ] {
            assert_eq!(decided(&empty, plan), (Phase::Pending, None), "{plan:?}");
        }
        let failed = Some(r#"{"status":"FAILED"}"#);
        assert_eq!(decided(&empty, failed), (Phase::Failed, None));
        let null = format!(r#"{{"id":"{RELEASE}","components":null}}"#);
        let (snapshot, _) =
            read(null.as_bytes(), &[], RELEASE, &Redactor::default()).expect("a release");
        assert!(snapshot.units.is_empty());
    }

    #[test]
    fn a_component_that_only_the_plan_lists_is_missing() {
        let all = jobs(&["SUCCEEDED", "SUCCEEDED"]);
        for (components, found) in [
            (
                r#"[{"component_id":"c0"},{"component_id":"c1","name":"x"}]"#,
                Some(Phase::Succeeded),
            ),
            (
                r#"[{"component_id":"other","name":"c0"}]"#,
                Some(Phase::Succeeded),
            ),
            ("null", Some(Phase::Succeeded)),
            (r#"[{"component_id":"c0"},{"component_id":"c2"}]"#, None),
            (r#"[{"seq":1}]"#, None),
        ] {
            let plan = format!(r#"{{"status":"RUNNING","components":{components}}}"#);
            assert_eq!(
                decided(&all, Some(&plan)),
                (Phase::Running, found),
                "{components}"
            );
        }
    }

    #[test]
    fn what_has_no_components_is_unreadable() {
        for (json, says) in [
            ("", "cannot parse the release task"),
            ("[]", "cannot parse the release task"),
            ("{}", "no components"),
            (r#"{"status":"SUCCESS"}"#, "no components"),
            (r#"{"components":"none"}"#, "cannot parse the release task"),
            (r#"{"components":[1]}"#, "cannot parse the release task"),
            (
                r#"{"id":"a","error_code":"E1","error_msg":"no"}"#,
                "error response: E1 no",
            ),
        ] {
            let problem =
                read(json.as_bytes(), &[], RELEASE, &Redactor::default()).expect_err(json);
            assert!(problem.en().contains(says), "{json} {problem}");
        }
        for json in [
            "",
            "{}",
            r#"{"status":null}"#,
            r#"{"error_code":"E1","error_msg":"no"}"#,
        ] {
            Plan::read(json.as_bytes(), &[], &Redactor::default()).expect_err(json);
        }
    }

    #[test]
    fn another_release_is_warned_of() {
        let (snapshot, _) = read(SAMPLE, &[], "other", &Redactor::default()).expect("a release");
        assert_eq!(snapshot.warnings, [messages::other_id("other", RELEASE)]);
    }

    #[test]
    fn a_job_whose_id_means_something_in_a_url_is_not_asked_for() {
        let (_, jobs) = read_release(&[
            r#""id":"a","job_status":"FAILED","job_id":"JOB-1_a""#,
            r#""id":"b","job_status":"FAILED","job_id":"../../secrets""#,
            r#""id":"c","job_status":"FAILED","job_id":"j","rollback_job_id":"r","rollback_job_status":"FAILED""#,
            r#""id":"d","job_status":"SUCCEEDED","job_id":"j""#,
        ]);
        let of = |id: &str| jobs.get(id).map(|jobs| jobs.join(" "));
        assert_eq!(of("a").as_deref(), Some("JOB-1_a"));
        assert_eq!(of("b").as_deref(), Some(""));
        assert_eq!(of("c").as_deref(), Some("j r"));
        assert_eq!(of("d"), None, "it has not failed");
    }

    #[test]
    fn the_failed_tasks_of_a_job_are_its_log_in_either_case() {
        for (json, log) in [
            (
                r#"{"job":{"execution_status":"FAILED"},"tasks":[null,
                    {"task_name":"Pull image","task_status":"SUCCEEDED","messages":"fine"},
                    {"task_name":"Update","task_status":"FAILED","messages":"one\ntwo"}]}"#,
                "Update failed: one\ntwo\n",
            ),
            (
                r#"{"JOB":{"EXECUTION_STATUS":"FAILED"},"TASKS":[
                    {"TASK_NAME":"Update","TASK_STATUS":"FAILED","MESSAGES":["one",{"a":1}]}]}"#,
                "Update failed: one\n{\"a\":1}\n",
            ),
            (
                r#"{"tasks":[{"TASK_STATUS":"partially_failed","MESSAGES":null}]}"#,
                "task failed: \n",
            ),
            (r#"{"tasks":null}"#, ""),
        ] {
            assert_eq!(
                failed_tasks(json.as_bytes()).as_deref(),
                Some(log),
                "{json}"
            );
        }
        assert_eq!(failed_tasks(b"<html>"), None);
    }

    #[test]
    fn a_401_of_the_service_is_not_taken_for_a_bad_token() {
        let refused =
            |words: &str, status| PollError::refused(Message::verbatim(words), Some(status));
        let service = refused("HTTP 401: SVCSTG.00100401 no such release", 401);
        assert_eq!(advice(&service), None);
        let gateway = refused("HTTP 401: APIGW.0301 verify token failed", 401);
        assert_eq!(advice(&gateway), Some(huawei::credentials_hint()));
        let missing = advice(&refused("HTTP 404: SVCSTG.00100433", 404)).expect("a hint");
        assert!(missing.en().starts_with("check the ids"), "{missing}");
        assert_chinese(&missing);
    }
}
