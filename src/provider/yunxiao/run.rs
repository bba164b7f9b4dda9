//! A run of a pipeline, `GET …/runs/{pipelineRunId}` [D]: its stages, their jobs, and the deploy orders that
//! these make.

use std::collections::HashSet;
use std::num::NonZeroI64;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::Api;
use crate::message::Message;
use crate::model::{Phase, Snapshot, UnitState};
use crate::poll::PollError;
use crate::provider::earlier_runs::EarlierRuns;
use crate::provider::json::{
    self, CANCELLED, Freeform, Object, Shown, ShownList, SparseList, Text, safe_in_url,
};
use crate::provider::{epoch_millis, messages, stated_error};
use crate::redact::Redactor;

/// The read permission that the requests need [D].
const PERMISSION: &str = "流水线运行实例";

#[derive(Debug)]
pub(super) struct PipelineRun {
    /// None if the response has no id that can be put into a URL.
    pub(super) id: Option<String>,
    /// What it says of itself.
    pub(super) state: Snapshot,
    /// The name and the state of each stage.
    pub(super) stages: Vec<(Option<Arc<str>>, UnitState)>,
    pub(super) jobs: Vec<RunJob>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct RunJob {
    /// Its id, else its name.
    pub(super) id: Arc<str>,
    /// The id of its unit: that of its first attempt.
    pub(super) unit: Arc<str>,
    /// Its name, else its id.
    pub(super) name: Arc<str>,
    /// The number of its stage, from 1.
    pub(super) stage: u32,
    pub(super) state: UnitState,
    /// In milliseconds since 1970.
    pub(super) began: Option<NonZeroI64>,
    pub(super) ended: Option<NonZeroI64>,
    /// Whether it is a gate that waits until a person lets the run pass.
    pub(super) is_gate: bool,
    /// Whether it makes a deploy order, now or later.
    pub(super) deploys: bool,
    /// The deploy order it made, once it has.
    pub(super) order: Option<String>,
}

impl PipelineRun {
    /// Gets the run with this id, or the latest one; see [`read`].
    pub(super) fn get(api: &mut Api, id: Option<&str>, is_whole: bool) -> Result<Self, PollError> {
        let path = format!("runs/{}", id.unwrap_or("latestPipelineRun"));
        let response = api.get(&path, PERMISSION, Vec::new(), None)?;
        let redactor = api.http.redactor();
        read(&response.body, &api.pipeline, id, is_whole, redactor)
            .map_err(|problem| response.unreadable(problem, redactor))
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<Phase> {
        Some(self.state.phase).filter(|phase| phase.has_ended())
    }

    /// The gate that it waits at.
    pub(super) fn gate(&self) -> Option<&RunJob> {
        let mut jobs = self.jobs.iter();
        jobs.find(|job| job.is_gate && self.state.phase == Phase::Paused)
    }

    /// Looks for the order; `wanted` is a job's name or id. None if it is not there yet.
    ///
    /// # Errors
    /// Which of these jobs is meant is not known.
    pub(super) fn find_order(&self, wanted: Option<&str>) -> Result<Option<&str>, Vec<&RunJob>> {
        // A job whose order is still to come counts as well: which of two is meant must not
        // depend on when somebody asks.
        let is_candidate = |job: &&RunJob| match wanted {
            Some(wanted) => *job.name == *wanted || *job.id == *wanted,
            None => job.deploys,
        };
        let candidates: Vec<_> = self.jobs.iter().filter(is_candidate).collect();
        // A run that has just begun may not list its jobs yet.
        let may_come = wanted.is_none() || self.jobs.is_empty() && self.end().is_none();
        match candidates[..] {
            [job] => Ok(job.order.as_deref()),
            [] if may_come => Ok(None),
            [] => Err(self.jobs.iter().collect()),
            _ => Err(candidates),
        }
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().filter_map(|job| job.order.as_deref())
    }
}

/// For `--fresh`: the runs that had ended when the watch began.
#[derive(Default)]
pub(super) struct IgnoredRuns {
    pub(super) runs: EarlierRuns,
    /// The ids of their orders, or of their jobs: one that is started again makes new ones [I].
    pub(super) parts: HashSet<String>,
}

impl IgnoredRuns {
    /// Whether this is the run that is meant, and none of the earlier ones; `parts` are its own.
    ///
    /// # Errors
    /// It does not tell.
    pub(super) fn admit<'a>(
        &mut self,
        run: &PipelineRun,
        parts: impl Iterator<Item = &'a str>,
    ) -> Result<bool, PollError> {
        let (id, has_ended) = (run.id.as_deref(), run.end().is_some());
        let is_known = id.is_some_and(|id| self.runs.contains(id));
        let runs = &mut self.runs;
        let is_new = runs.admits(("pipelineRunId", id), run.state.phase, has_ended);
        let is_new = is_new.map_err(|problem| PollError::retryable(problem, None))?;
        // One odd answer may have shown none of its parts, or others.
        if !is_new && has_ended && (!is_known || self.parts.is_empty()) {
            self.parts.extend(parts.map(str::to_owned));
        }
        Ok(is_new)
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
    start_time: Shown<Text<'a>>,
    end_time: Shown<Text<'a>>,
    actions: ShownList<Action<'a>>,
    result: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Action<'a> {
    #[serde(rename = "type")]
    kind: Shown<Text<'a>>,
    params: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

/// The places of an order's id.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct OrderId<'a> {
    deploy_order_id: Freeform,
    data: Option<&'a RawValue>,
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

/// The name of the responses, in English and Chinese.
const NAME: (&str, &str) = ("pipeline run", "运行实例");

/// Reads the run `asked` of the pipeline, or its latest run: for the deploy orders that its jobs make, or to be
/// watched as a whole. Then its word is the verdict, so that its jobs must be read only where they may contradict
/// a success.
///
/// # Errors
/// The response is no run, is about another one, or contradicts itself; or the latest run has no id by which a
/// watch of it as a whole could stay with it.
pub(super) fn read(
    body: &[u8],
    pipeline: &str,
    asked: Option<&str>,
    is_whole: bool,
    redactor: &Redactor,
) -> Result<PipelineRun, Message> {
    let mut warnings = Vec::new();
    let response: WireRun<'_> = json::read_state(body, NAME, &mut warnings, redactor)?;
    let run = match response.pipeline_run.as_deref() {
        Some(_) if response.status.get().is_some() => return Err(messages::two_statuses()),
        Some(Object(wrapped)) => wrapped,
        None => &response,
    };
    let in_place_of = |problem| messages::error_in_place_of(body, problem, redactor);
    run.status.required("status").map_err(in_place_of)?;
    for answer in [&response, run] {
        answer.success.whole("success")?;
        if answer.success.is_false() {
            return Err(in_place_of(messages::error_response(None)));
        }
        if let Some(asked) = asked {
            answer.pipeline_run_id.check_id(asked, redactor)?;
        }
        // The ids of runs may repeat in another pipeline.
        answer.pipeline_id.check_id(pipeline, redactor)?;
    }
    let id = run.pipeline_run_id.get().filter(|id| safe_in_url(id));
    if is_whole && asked.is_none() && id.is_none() {
        return Err(messages::missing_field("pipelineRunId"));
    }
    let phase = run
        .status
        .interpret("run status", &PHASES, &mut warnings, redactor);
    let (mut stages, mut jobs, mut unknown_words) = (Vec::new(), Vec::new(), Vec::new());
    let mut are_read = !run.stages.is_left_out;
    for (stage, number) in run.stages.iter().zip(1..) {
        let info = &stage.stage_info;
        are_read &= !(info.is_left_out || info.jobs.is_left_out || info.jobs.has_gaps);
        let state = info.status.meaning(&STATES).unwrap_or_default();
        stages.push((stage.name.printable(redactor), state));
        for job in info.jobs.iter() {
            are_read &= job.is_read(is_whole);
            jobs.push(job.to_model(number, &mut unknown_words, redactor));
        }
    }
    if !are_read && (!is_whole || phase == Phase::Succeeded) {
        return Err(Message::new(
            "cannot read the jobs of the run",
            "无法读取运行中的任务",
        ));
    }
    if is_whole {
        warnings.extend(unknown_words);
    }
    let mut state = Snapshot {
        warnings,
        ..Snapshot::new(phase)
    };
    stated_error::weigh(&mut state, body, &[], redactor)?;
    Ok(PipelineRun {
        id: id.map(str::to_owned),
        state,
        stages,
        jobs,
    })
}

impl WireJob<'_> {
    fn has_action(&self, kind: &str) -> bool {
        self.actions.iter().any(|action| action.kind.is(kind))
    }

    /// Whether what is needed of it is read: the deploying job is found by its id or its name, and the status
    /// may contradict a success.
    fn is_read(&self, is_whole: bool) -> bool {
        let is_found = is_whole || !self.id.is_left_out && !self.name.is_left_out;
        is_found && !self.status.is_left_out && self.status.whole("status").is_ok()
    }

    fn to_model(&self, stage: u32, warnings: &mut Vec<Message>, redactor: &Redactor) -> RunJob {
        let (id, name) = (self.id.printable(redactor), self.name.printable(redactor));
        let id_or_name = id.clone().or_else(|| name.clone()).unwrap_or_default();
        let (order, began) = (self.order(), epoch_millis(&self.start_time));
        let state = self
            .status
            .interpret("job status", &STATES, warnings, redactor);
        RunJob {
            unit: Arc::clone(&id_or_name),
            id: id_or_name,
            name: name.or(id).unwrap_or_default(),
            stage,
            // It waits for its turn, or for a person in the middle of its work.
            state: match state {
                UnitState::Queued if began.is_some() => UnitState::Running,
                state => state,
            },
            began,
            ended: epoch_millis(&self.end_time),
            is_gate: state == UnitState::Queued && self.has_action(GATE_ACTION),
            deploys: order.is_some() || self.has_action(ORDER_ACTION),
            order,
        }
    }

    /// The id of its deploy order: in the parameters of its action [D], else in the action's `data`, in
    /// another action, in its `result` [O]. A job run again makes a new order [I], the last one in the list.
    fn order(&self) -> Option<String> {
        let latest = |is_own| {
            let actions = self.actions.iter().rev();
            let mut actions = actions.filter(|action| action.kind.is(ORDER_ACTION) == is_own);
            actions.find_map(|action| {
                order_id(action.params, true).or_else(|| order_id(action.data, true))
            })
        };
        let found = latest(true).or_else(|| latest(false));
        found.or_else(|| order_id(self.result, true))
    }
}

/// The id of an order in an object, or in JSON text of one: there, itself or as an `id`, or in its `data` [O].
fn order_id(place: Option<&RawValue>, is_outer: bool) -> Option<String> {
    let json = place?.get();
    let text: Option<String> = serde_json::from_str(json).ok();
    let object: OrderId<'_> = json::read(text.as_deref().unwrap_or(json).as_bytes()).ok()?;
    let own = object.deploy_order_id.get();
    let own = own.get("id").unwrap_or(own).to_string();
    let own: Option<Text<'_>> = serde_json::from_str(&own).ok();
    let own = own
        .as_ref()
        .and_then(Text::get)
        .filter(|id| safe_in_url(id));
    let in_data = || order_id(object.data.filter(|_| is_outer), false);
    own.map(str::to_owned).or_else(in_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, jobs: &str) -> PipelineRun {
        let json = format!(
            r#"{{"pipelineRunId":7,"status":"{status}","stages":[null,
                {{"stageInfo":null}},{{"stageInfo":{{"jobs":[{jobs}]}}}}]}}"#
        );
        read_one(json.as_bytes(), None).expect("a run")
    }

    fn read_one(body: &[u8], asked: Option<&str>) -> Result<PipelineRun, Message> {
        read(body, "123", asked, false, &Redactor::default())
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
                "the data of the result, as text",
                r#"{"result":{"data":"{\"deployOrderId\":44178813}"}}"#,
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
            assert_eq!(run.find_order(None), Ok(Some("44178813")));
            assert_eq!(run.id.as_deref(), Some("7"));
        }
    }

    #[test]
    fn the_order_is_found_in_data_of_any_length() {
        let more = "a,".repeat(100_000);
        let data = format!(r#"{{"more":["{more}"],"deployOrderId":44178813}}"#);
        let run = run("RUNNING", &format!(r#"{{"result":{{"data":{data}}}}}"#));
        assert_eq!(run.find_order(None), Ok(Some("44178813")));
    }

    #[test]
    fn an_order_whose_id_is_given_twice_is_none() {
        let twice = r#"{"deployOrderId":1,"deployOrderId":2}"#;
        let job = format!(r#"{{"actions":[{{"type":"GetVMDeployOrder","params":{twice}}}]}}"#);
        assert_eq!(run("RUNNING", &job).find_order(None), Ok(None));
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
        assert!(matches!(run.find_order(None), Err(jobs) if jobs.len() == 2));
        for wanted in ["2", "deploy 2"] {
            assert_eq!(run.find_order(Some(wanted)), Ok(Some("20")));
        }
        assert_eq!(run.find_order(Some("build")), Ok(None));
        assert!(matches!(run.find_order(Some("none")), Err(jobs) if jobs.len() == 3));
    }

    #[test]
    fn a_deploy_job_whose_order_is_still_to_come_counts_too() {
        let made = r#"{"id":1,"name":"test","actions":[
            {"type":"GetVMDeployOrder","params":{"deployOrderId":10}}]}"#;
        let to_come = r#"{"id":2,"name":"production","status":"INIT","actions":[
            {"type":"GetVMDeployOrder","params":{}}]}"#;
        let both = run("RUNNING", &format!("{made},{to_come}"));
        assert!(matches!(both.find_order(None), Err(jobs) if jobs.len() == 2));
        assert_eq!(both.find_order(Some("test")), Ok(Some("10")));
        assert_eq!(both.find_order(Some("production")), Ok(None));
        let one = run("RUNNING", to_come);
        assert_eq!(one.find_order(None), Ok(None));
    }

    #[test]
    fn the_action_may_not_be_there_yet() {
        let one = run("RUNNING", r#"{"id":1,"name":"deploy","actions":[]}"#);
        assert_eq!(one.find_order(None), Ok(None));
        assert_eq!(one.find_order(Some("deploy")), Ok(None));
        assert_eq!(run("INIT", "").find_order(Some("deploy")), Ok(None));
        assert_eq!(run("FAIL", "").find_order(Some("deploy")), Err(Vec::new()));
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
            let run = run(status, &jobs);
            let gate = run.gate().map(|gate| &*gate.name);
            assert_eq!(gate, name, "{status} {jobs}");
        }
    }

    #[test]
    fn a_job_without_an_id_has_its_name_for_one_and_the_other_way_round() {
        for job in [r#"{"id":"7"}"#, r#"{"name":"7"}"#] {
            let run = run("RUNNING", job);
            assert_eq!((&*run.jobs[0].id, &*run.jobs[0].name), ("7", "7"));
        }
    }

    #[test]
    fn an_answer_about_another_run_is_a_failed_poll() {
        let answer = |id: &str, asked| {
            let json = format!(r#"{{"pipelineRunId":{id},"status":"SUCCESS"}}"#);
            read_one(json.as_bytes(), asked)
        };
        for id in ["7", r#""7""#, "7.0", "null", r#""""#] {
            answer(id, Some("7")).expect(id);
        }
        answer("9", None).expect("the latest run");
        let outer = br#"{"pipelineRunId":9,"pipelineRun":{"status":"SUCCESS"}}"#;
        read_one(outer, Some("7")).expect_err("another run");
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
            assert_eq!(run(word, "").state.warnings.len(), warnings, "{word}");
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
            read_one(json.as_bytes(), None).expect_err(json);
        }
        let wrapped = br#"{"success":true,"pipelineRun":{"status":"RUNNING"}}"#;
        assert_eq!(read_one(wrapped, None).expect("a run").id, None);
    }
}
