//! A run of a pipeline, `GET …/runs/{pipelineRunId}` [D]: its stages, their jobs, and the deploy orders that
//! these make.

use std::num::NonZeroI64;
use std::sync::Arc;

use serde::Deserialize;

use super::api::Api;
use crate::message::Message;
use crate::model::{Phase, Snapshot, UnitState};
use crate::poll::PollError;
use crate::provider::earlier_runs::EarlierRuns;
use crate::provider::json::{
    self, CANCELLED, Embedded, Freeform, List, Object, Shown, ShownList, SparseList, Text,
    safe_in_url, same_id,
};
use crate::provider::{epoch_millis, messages, stated_error};
use crate::redact::Redactor;

/// The read permission that the requests need [D].
const PERMISSION: &str = "流水线运行实例";

/// A run of the pipeline.
#[derive(Debug, PartialEq)]
pub(super) struct PipelineRun {
    /// None if the response has no id that can be put into a URL.
    pub(super) id: Option<String>,
    /// The id of its pipeline, where the response has one.
    pipeline: Option<Arc<str>>,
    /// Its own status.
    pub(super) phase: Phase,
    /// The error that it states beside its status.
    pub(super) message: Option<Message>,
    /// The name of the gate that it waits at, until a person lets it pass.
    pub(super) gate: Option<Arc<str>>,
    pub(super) stages: Vec<RunStage>,
    pub(super) jobs: Vec<RunJob>,
    pub(super) warnings: Vec<Message>,
}

/// A stage of a run.
#[derive(Debug, PartialEq)]
pub(super) struct RunStage {
    pub(super) name: Option<Arc<str>>,
    pub(super) state: UnitState,
}

/// A job of a run.
#[derive(Debug, PartialEq)]
pub(super) struct RunJob {
    pub(super) id: Arc<str>,
    pub(super) name: Arc<str>,
    /// The number of its stage, from 1.
    pub(super) stage: u32,
    pub(super) state: UnitState,
    /// In milliseconds since 1970.
    pub(super) began: Option<NonZeroI64>,
    pub(super) ended: Option<NonZeroI64>,
    /// Whether it makes a deploy order, now or later.
    pub(super) deploys: bool,
    /// The deploy order it made, once it has.
    pub(super) order: Option<String>,
}

/// Reads a response about the run asked for, or about the latest one.
type Reader = fn(&[u8], Option<&str>, &Redactor) -> Result<PipelineRun, Message>;

/// The result of a search for the order in a run.
#[derive(Debug, PartialEq)]
pub(super) enum FoundOrder<'a> {
    One(&'a str),
    NotYet,
    /// Which of these jobs is meant is not known.
    Ambiguous(Vec<&'a RunJob>),
}

impl PipelineRun {
    /// Gets the run with this id, or the latest one.
    pub(super) fn get(api: &mut Api, id: Option<&str>, read: Reader) -> Result<Self, PollError> {
        let path = format!("runs/{}", id.unwrap_or("latestPipelineRun"));
        let response = api.get(&path, PERMISSION)?;
        let redactor = api.redactor();
        read(&response.body, id, redactor)
            .and_then(|run| run.of_pipeline(api.pipeline()))
            .map_err(|problem| response.unreadable(problem, redactor))
    }

    /// The run, unless it says that it is one of another pipeline: the ids of runs may repeat there.
    fn of_pipeline(self, asked: &str) -> Result<Self, Message> {
        match &self.pipeline {
            Some(pipeline) if !same_id(pipeline, asked) => Err(messages::other_id(asked, pipeline)),
            _ => Ok(self),
        }
    }

    /// Whether it is one of these runs.
    pub(super) fn is_one_of(&self, earlier: &EarlierRuns) -> bool {
        self.id.as_deref().is_some_and(|id| earlier.contains(id))
    }

    /// Whether it is the run that is meant, and none of the earlier ones.
    ///
    /// # Errors
    /// It does not tell.
    pub(super) fn is_new(&self, earlier: &mut EarlierRuns) -> Result<bool, Message> {
        let id = ("pipelineRunId", self.id.as_deref());
        earlier.admits(id, self.phase, self.end().is_some())
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<Phase> {
        Some(self.phase).filter(|phase| phase.has_ended())
    }

    /// Looks for the order; `wanted` is a job's name or id.
    pub(super) fn find_order(&self, wanted: Option<&str>) -> FoundOrder<'_> {
        // A job whose order is still to come counts as well: which of two is meant must not
        // depend on when somebody asks.
        let is_candidate = |job: &&RunJob| match wanted {
            Some(wanted) => *job.name == *wanted || *job.id == *wanted,
            None => job.deploys,
        };
        let candidates: Vec<_> = self.jobs.iter().filter(is_candidate).collect();
        match candidates[..] {
            [job] => job
                .order
                .as_deref()
                .map_or(FoundOrder::NotYet, FoundOrder::One),
            [] if wanted.is_none() => FoundOrder::NotYet,
            // A run that has just begun may not list its jobs yet.
            [] if self.jobs.is_empty() && self.end().is_none() => FoundOrder::NotYet,
            [] => FoundOrder::Ambiguous(self.jobs.iter().collect()),
            _ => FoundOrder::Ambiguous(candidates),
        }
    }

    /// The orders that its jobs made.
    pub(super) fn orders(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().filter_map(|job| job.order.as_deref())
    }

    /// Ignores these orders.
    pub(super) fn ignore_orders(&mut self, orders: &[String]) {
        for job in &mut self.jobs {
            job.order.take_if(|order| orders.contains(order));
        }
    }

    /// Whether the job that made `order` has failed.
    pub(super) fn has_failed_job_of(&self, order: &str) -> bool {
        let mut jobs = self.jobs.iter();
        jobs.any(|job| job.order.as_deref() == Some(order) && job.state == UnitState::Failed)
    }
}

/// The run [D]; older editions wrap it [I].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct WireRun<'a> {
    pipeline_run_id: Text<'a>,
    pipeline_id: Shown<Text<'a>>,
    status: Text<'a>,
    stages: Shown<SparseList<WireStage<'a>>>,
    success: Text<'a>,
    pipeline_run: Option<Box<Object<WireRun<'a>>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct WireStage<'a> {
    name: Shown<Text<'a>>,
    stage_info: Shown<Object<StageInfo<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StageInfo<'a> {
    status: Shown<Text<'a>>,
    jobs: ShownList<WireJob<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct WireJob<'a> {
    id: Shown<Text<'a>>,
    name: Shown<Text<'a>>,
    status: Shown<Text<'a>>,
    /// In milliseconds since 1970 [D].
    start_time: Freeform,
    end_time: Freeform,
    actions: ShownList<Action<'a>>,
    result: Embedded<OrderId>,
}

/// The jobs of a run, each with what must be read of it.
#[derive(Deserialize, Default)]
#[serde(
    rename_all = "camelCase",
    default,
    bound(deserialize = "J: Deserialize<'de> + Default")
)]
struct NeededJobs<J> {
    stages: List<NeededStage<J>>,
    pipeline_run: Option<Box<Object<NeededJobs<J>>>>,
}

#[derive(Deserialize, Default)]
#[serde(
    rename_all = "camelCase",
    default,
    bound(deserialize = "J: Deserialize<'de> + Default")
)]
struct NeededStage<J> {
    stage_info: Object<NeededStageInfo<J>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "J: Deserialize<'de> + Default"))]
struct NeededStageInfo<J> {
    jobs: List<J>,
}

/// The fields by which the deploying job is found.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct JobKey<'a> {
    id: Text<'a>,
    name: Text<'a>,
    status: Text<'a>,
}

/// The field by which a job may contradict the run's success.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct JobOutcome<'a> {
    status: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Action<'a> {
    #[serde(rename = "type")]
    kind: Shown<Text<'a>>,
    params: Embedded<OrderId>,
    data: Embedded<OrderId>,
}

/// The places of an order's id.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OrderId {
    deploy_order_id: Freeform,
    data: Embedded<NestedOrderId>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NestedOrderId {
    /// The id, or an object with it as its `id` [O].
    deploy_order_id: Freeform,
}

/// The type of the action of a job that deploys [D].
const ORDER_ACTION: &str = "GetVMDeployOrder";
/// The type of the action of a job that waits until a person lets it pass [O].
const GATE_ACTION: &str = "PassPipelineValidate";

/// The `status` of a run [D, O].
const PHASES: [(&str, Phase); 8] = [
    ("SUCCESS", Phase::Succeeded),
    ("FAIL", Phase::Failed),
    ("FAILED", Phase::Failed),
    (CANCELLED, Phase::Cancelled),
    ("RUNNING", Phase::Running),
    ("WAITING", Phase::Paused),
    ("INIT", Phase::Pending),
    ("SKIP", Phase::Unknown),
];

/// The `status` of a stage or a job [D, O].
const STATES: [(&str, UnitState); 8] = [
    ("SUCCESS", UnitState::Succeeded),
    ("FAIL", UnitState::Failed),
    ("FAILED", UnitState::Failed),
    (CANCELLED, UnitState::Cancelled),
    ("RUNNING", UnitState::Running),
    ("WAITING", UnitState::Queued),
    ("INIT", UnitState::Pending),
    ("SKIP", UnitState::Skipped),
];

/// Reads the run `asked`, or the latest run, for the deploy orders that its jobs make.
///
/// # Errors
/// The response is no run, is about another one, or contradicts itself.
pub(super) fn read(
    body: &[u8],
    asked: Option<&str>,
    redactor: &Redactor,
) -> Result<PipelineRun, Message> {
    let (run, _) = decode(body, asked, redactor)?;
    needed_jobs::<JobKey<'_>>(body, redactor)?;
    Ok(run)
}

/// The same for a run that is watched as a whole: its word is the verdict, so that its jobs must be read only
/// where they may contradict a success.
///
/// # Errors
/// As [`read`]; or the latest run has no id by which the watch could stay with it.
pub(super) fn read_whole(
    body: &[u8],
    asked: Option<&str>,
    redactor: &Redactor,
) -> Result<PipelineRun, Message> {
    let (mut run, unknown_words) = decode(body, asked, redactor)?;
    run.warnings.extend(unknown_words);
    if asked.is_none() && run.id.is_none() {
        return Err(messages::missing_field("pipelineRunId"));
    }
    if run.phase == Phase::Succeeded {
        let jobs: NeededJobs<JobOutcome<'_>> = needed_jobs(body, redactor)?;
        jobs.iter()
            .try_for_each(|job| job.status.whole("status").map(drop))?;
    }
    let mut snapshot = Snapshot::new(run.phase);
    stated_error::weigh(&mut snapshot, body, &[], redactor)?;
    run.message = snapshot.message;
    Ok(run)
}

/// The name of the responses, in English and Chinese.
const NAME: (&str, &str) = ("pipeline run", "运行实例");

/// The run, and warnings about the words of its jobs.
fn decode(
    body: &[u8],
    asked: Option<&str>,
    redactor: &Redactor,
) -> Result<(PipelineRun, Vec<Message>), Message> {
    let mut warnings = Vec::new();
    let response: WireRun<'_> = json::read_state(body, NAME, &mut warnings, redactor)?;
    let run = match response.pipeline_run.as_deref() {
        Some(_) if response.status.get().is_some() => return Err(messages::two_statuses()),
        Some(Object(wrapped)) => wrapped,
        None => &response,
    };
    let status = run.status.required("status");
    if let Err(problem) = status {
        return Err(messages::error_in_place_of(body, problem, redactor));
    }
    for answer in [&response, run] {
        answer.success.whole("success")?;
        if answer.success.is_false() {
            let problem = messages::error_response(None);
            return Err(messages::error_in_place_of(body, problem, redactor));
        }
        if let Some(asked) = asked {
            answer.pipeline_run_id.check_id(asked, redactor)?;
        }
    }
    let phase = run
        .status
        .interpret("run status", &PHASES, &mut warnings, redactor);
    let id = run.pipeline_run_id.get().filter(|id| safe_in_url(id));
    let (mut jobs, mut unknown_words) = (Vec::new(), Vec::new());
    for (stage, number) in run.stages.iter().zip(1..) {
        let models = stage.stage_info.jobs.iter();
        jobs.extend(models.map(|job| job.to_model(number, &mut unknown_words, redactor)));
    }
    let run = PipelineRun {
        id: id.map(str::to_owned),
        pipeline: run.pipeline_id.printable(redactor),
        phase,
        message: None,
        gate: run.gate().map(|gate| gate.called(redactor)),
        stages: run.stages.iter().map(|s| s.to_model(redactor)).collect(),
        jobs,
        warnings,
    };
    Ok((run, unknown_words))
}

/// Reads what is needed of each job.
fn needed_jobs<'de, J: Deserialize<'de> + Default>(
    body: &'de [u8],
    redactor: &Redactor,
) -> Result<NeededJobs<J>, Message> {
    json::read(body).map_err(|error| messages::not_json(NAME, &error, redactor))
}

impl<J> NeededJobs<J> {
    fn iter(&self) -> impl Iterator<Item = &J> {
        let wrapped = self.pipeline_run.as_deref();
        let stages = wrapped.map_or(&self.stages, |wrapped| &wrapped.stages);
        stages.iter().flat_map(|stage| stage.stage_info.jobs.iter())
    }
}

impl<'a> WireRun<'a> {
    /// The gate that it waits at.
    fn gate(&self) -> Option<&WireJob<'a>> {
        let stages = self.stages.iter().filter(|_| self.status.is("WAITING"));
        let mut jobs = stages.flat_map(|stage| stage.stage_info.jobs.iter());
        jobs.find(|job| job.status.is("WAITING") && job.actions_of(GATE_ACTION).next().is_some())
    }
}

impl WireStage<'_> {
    fn to_model(&self, redactor: &Redactor) -> RunStage {
        RunStage {
            name: self.name.printable(redactor),
            state: self.stage_info.status.meaning(&STATES).unwrap_or_default(),
        }
    }
}

impl WireJob<'_> {
    fn actions_of(&self, kind: &str) -> impl Iterator<Item = &Action<'_>> {
        self.actions.iter().filter(|action| action.kind.is(kind))
    }

    /// Its name, else its id.
    fn called(&self, redactor: &Redactor) -> Arc<str> {
        let name = self.name.printable(redactor);
        name.or_else(|| self.id.printable(redactor))
            .unwrap_or_default()
    }

    fn to_model(&self, stage: u32, warnings: &mut Vec<Message>, redactor: &Redactor) -> RunJob {
        let (order, began) = (self.order(), time(&self.start_time));
        let state = self
            .status
            .interpret("job status", &STATES, warnings, redactor);
        RunJob {
            id: self.id.printable(redactor).unwrap_or_default(),
            name: self.called(redactor),
            stage,
            // It waits for its turn, or for a person in the middle of its work.
            state: match state {
                UnitState::Queued if began.is_some() => UnitState::Running,
                state => state,
            },
            began,
            ended: time(&self.end_time),
            deploys: order.is_some() || self.actions_of(ORDER_ACTION).next().is_some(),
            order,
        }
    }

    /// The id of its deploy order: in the parameters of its action [D], else in the action's `data`, in
    /// another action, in its `result` [O]. A job run again makes a new order [I], the last one in the list.
    fn order(&self) -> Option<String> {
        let is_own = |action: &&Action<'_>| action.kind.is(ORDER_ACTION);
        let (own, others): (Vec<_>, Vec<_>) = self.actions.iter().rev().partition(is_own);
        let found = [own, others].into_iter().find_map(|actions| {
            let params = actions.iter().find_map(|action| action.params.0.get());
            params.or_else(|| actions.iter().find_map(|action| action.data.0.get()))
        });
        found.or_else(|| self.result.0.get())
    }
}

/// A time that may be of any type.
fn time(time: &Freeform) -> Option<NonZeroI64> {
    epoch_millis(&serde_json::from_str(&time.get().to_string()).ok()?)
}

impl OrderId {
    fn get(&self) -> Option<String> {
        let places = [&self.deploy_order_id, &self.data.0.deploy_order_id];
        places.into_iter().find_map(|place| {
            let value = place.get();
            let json = value.get("id").unwrap_or(value).to_string();
            let id: Text<'_> = serde_json::from_str(&json).ok()?;
            let id = id.get().filter(|id| safe_in_url(id))?;
            Some(id.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, jobs: &str) -> PipelineRun {
        let json = format!(
            r#"{{"pipelineRunId":7,"status":"{status}","stages":[null,
                {{"stageInfo":null}},{{"stageInfo":{{"jobs":[{jobs}]}}}}]}}"#
        );
        read(json.as_bytes(), None, &Redactor::default()).expect("a run")
    }

    #[test]
    fn the_order_is_found_in_each_of_its_places() {
        for (place, job) in [
            (
                "the parameters, a number",
                r#"{"actions":[{"type":"Other"},
                    {"type":"GetVMDeployOrder","params":{"deployOrderId":44178813}}]}"#,
            ),
            (
                "the parameters, a string",
                r#"{"actions":[{"type":"GetVMDeployOrder","params":{"deployOrderId":"44178813"}}]}"#,
            ),
            (
                "the parameters, a float",
                r#"{"actions":[{"type":"GetVMDeployOrder","params":{"deployOrderId":4.4178813e+07}}]}"#,
            ),
            (
                "the data",
                r#"{"actions":[{"type":"GetVMDeployOrder","params":"map[]",
                    "data":"{\"deployOrderId\":44178813,\"status\":\"RUNNING\"}"}]}"#,
            ),
            (
                "the result",
                r#"{"actions":null,"result":"{\"deployOrderId\":44178813}"}"#,
            ),
            (
                "the data, an object",
                r#"{"actions":[{"type":"GetVMDeployOrder","data":{"deployOrderId":44178813}}]}"#,
            ),
            (
                "the data of the result",
                r#"{"result":"{\"data\":{\"deployOrderId\":44178813}}"}"#,
            ),
            (
                "an object in the data of the result",
                r#"{"result":"{\"data\":{\"deployOrderId\":{\"id\":\"44178813\"}}}"}"#,
            ),
            (
                "a result that is an object",
                r#"{"result":{"data":{"deployOrderId":{"id":44178813}}}}"#,
            ),
            (
                "the parameters of another action",
                r#"{"actions":[{"type":"VMDeploy","params":{"deployOrderId":44178813}}]}"#,
            ),
            (
                "the data of another action",
                r#"{"actions":[{"type":"VMDeploy","data":"{\"deployOrderId\":\"44178813\"}"}]}"#,
            ),
            (
                "the parameters as text",
                r#"{"actions":[{"type":"VMDeploy","params":"{\"deployOrderId\":44178813}"}]}"#,
            ),
            (
                "the action that deploys before another one",
                r#"{"actions":[{"type":"GetVMDeployOrder","data":"{\"deployOrderId\":44178813}"},
                    {"type":"VMDeploy","params":{"deployOrderId":1}}]}"#,
            ),
            (
                "beside actions of another type",
                r#"{"actions":["a",7,{"type":["b"]},
                    {"type":"GetVMDeployOrder","params":{"deployOrderId":44178813}}]}"#,
            ),
            (
                "the last of two",
                r#"{"actions":[{"type":"GetVMDeployOrder","params":{"deployOrderId":1}},
                    {"type":"GetVMDeployOrder","params":{"deployOrderId":44178813}}]}"#,
            ),
        ] {
            let run = run("RUNNING", job);
            assert_eq!(run.jobs[0].order.as_deref(), Some("44178813"), "{place}");
            assert_eq!(run.find_order(None), FoundOrder::One("44178813"));
            assert_eq!(run.id.as_deref(), Some("7"));
        }
    }

    #[test]
    fn what_cannot_go_into_a_url_is_no_order() {
        for id in ["../secrets", "..", "1/2", "1?x", ""] {
            let job = format!(
                r#"{{"actions":[{{"type":"GetVMDeployOrder","params":{{"deployOrderId":"{id}"}}}}]}}"#
            );
            assert_eq!(run("RUNNING", &job).jobs[0].order, None, "{id}");
        }
    }

    #[test]
    fn several_deploy_jobs_must_be_chosen_from() {
        let job = |id: u32, order: u32| {
            format!(
                r#"{{"id":{id},"name":"deploy {id}","actions":[
                    {{"type":"GetVMDeployOrder","params":{{"deployOrderId":{order}}}}}]}}"#
            )
        };
        let build = r#"{"id":9,"name":"build"}"#;
        let run = run("RUNNING", &format!("{build},{},{}", job(1, 10), job(2, 20)));
        assert!(matches!(run.find_order(None), FoundOrder::Ambiguous(jobs) if jobs.len() == 2));
        for wanted in ["2", "deploy 2"] {
            assert_eq!(run.find_order(Some(wanted)), FoundOrder::One("20"));
        }
        assert_eq!(run.find_order(Some("build")), FoundOrder::NotYet);
        assert!(
            matches!(run.find_order(Some("none")), FoundOrder::Ambiguous(jobs) if jobs.len() == 3)
        );
    }

    #[test]
    fn a_deploy_job_whose_order_is_still_to_come_counts_too() {
        let made = r#"{"id":1,"name":"test","actions":[
            {"type":"GetVMDeployOrder","params":{"deployOrderId":10}}]}"#;
        let to_come = r#"{"id":2,"name":"production","status":"INIT","actions":[
            {"type":"GetVMDeployOrder","params":{}}]}"#;
        let both = run("RUNNING", &format!("{made},{to_come}"));
        assert!(matches!(both.find_order(None), FoundOrder::Ambiguous(jobs) if jobs.len() == 2));
        assert_eq!(both.find_order(Some("test")), FoundOrder::One("10"));
        assert_eq!(both.find_order(Some("production")), FoundOrder::NotYet);
        let one = run("RUNNING", to_come);
        assert_eq!(one.find_order(None), FoundOrder::NotYet);
    }

    #[test]
    fn the_action_may_not_be_there_yet() {
        let one = run("RUNNING", r#"{"id":1,"name":"deploy","actions":[]}"#);
        assert_eq!(one.find_order(None), FoundOrder::NotYet);
        assert_eq!(one.find_order(Some("deploy")), FoundOrder::NotYet);
        assert_eq!(
            run("INIT", "").find_order(Some("deploy")),
            FoundOrder::NotYet
        );
        assert_eq!(
            run("FAIL", "").find_order(Some("deploy")),
            FoundOrder::Ambiguous(Vec::new())
        );
    }

    #[test]
    fn only_words_that_are_an_end_end_a_run() {
        for (word, end) in [
            ("SUCCESS", Some(Phase::Succeeded)),
            ("FAIL", Some(Phase::Failed)),
            ("CANCELED", Some(Phase::Cancelled)),
            ("cancelled", Some(Phase::Cancelled)),
            ("RUNNING", None),
            ("WAITING", None),
            ("INIT", None),
            ("SUCCESSFUL", None),
        ] {
            assert_eq!(run(word, "").end(), end, "{word}");
        }
    }

    #[test]
    fn a_run_that_waits_at_a_gate_names_it() {
        let gate = |status: &str| {
            format!(
                r#"{{"name":"approval","status":"{status}","actions":[{{"type":"PassPipelineValidate"}}]}}"#
            )
        };
        let other = r#"{"name":"other","status":"WAITING","actions":[{"type":"Other"}]}"#;
        for (status, jobs, name) in [
            ("WAITING", gate("WAITING"), Some("approval")),
            (
                "waiting",
                format!("{other},{}", gate("WAITING")),
                Some("approval"),
            ),
            (
                "WAITING",
                gate("WAITING").replace("name", "id"),
                Some("approval"),
            ),
            ("WAITING", gate("SUCCESS"), None),
            ("WAITING", other.to_owned(), None),
            ("RUNNING", gate("WAITING"), None),
        ] {
            assert_eq!(run(status, &jobs).gate.as_deref(), name, "{status} {jobs}");
        }
    }

    #[test]
    fn an_answer_about_another_run_is_a_failed_poll() {
        let answer = |id: &str, asked| {
            let json = format!(r#"{{"pipelineRunId":{id},"status":"SUCCESS"}}"#);
            read(json.as_bytes(), asked, &Redactor::default())
        };
        for id in ["7", r#""7""#, "7.0", "null", r#""""#] {
            answer(id, Some("7")).expect(id);
        }
        answer("9", None).expect("the latest run");
        let outer = br#"{"pipelineRunId":9,"pipelineRun":{"status":"SUCCESS"}}"#;
        read(outer, Some("7"), &Redactor::default()).expect_err("another run");
        let error = answer("9", Some("7")).expect_err("another run");
        assert_eq!(error.en(), "the answer is about 9, not 7");
    }

    #[test]
    fn an_unknown_word_of_a_run_is_warned_of() {
        for (word, warnings) in [
            ("RUNNING", 0),
            ("SKIP", 0),
            ("CANCELED", 0),
            ("REBOOTING", 1),
        ] {
            assert_eq!(run(word, "").warnings.len(), warnings, "{word}");
        }
    }

    #[test]
    fn what_has_no_status_is_no_run() {
        for json in [
            "{}",
            "null",
            "[]",
            r#"{"status":"RUNNING","pipelineRun":{"status":"FAIL"}}"#,
            r#"{"success":false,"status":"SUCCESS"}"#,
        ] {
            read(json.as_bytes(), None, &Redactor::default()).expect_err(json);
        }
        let wrapped = br#"{"success":true,"pipelineRun":{"status":"RUNNING"}}"#;
        assert_eq!(
            read(wrapped, None, &Redactor::default()).expect("a run").id,
            None
        );
    }
}
