//! A run of a pipeline, and the deploy orders in it: a CI step knows its pipeline, seldom the order.

use std::sync::Arc;

use serde::Deserialize;

use crate::message::Message;
use crate::provider::json::{self, List, MaybeObject, Object, Text, safe_in_url};
use crate::provider::messages;
use crate::redact::Redactor;

/// A run of the pipeline.
#[derive(Debug, PartialEq)]
pub(super) struct Run {
    /// None where the answer has no id that could be asked for.
    pub(super) id: Option<String>,
    pub(super) end: Option<End>,
    pub(super) jobs: Vec<Job>,
}

/// How a run or a job ended. Other words (RUNNING, WAITING, INIT) and unknown ones are no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Success,
    Fail,
    Cancelled,
}

/// A job of the run.
#[derive(Debug, PartialEq)]
pub(super) struct Job {
    pub(super) id: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) end: Option<End>,
    /// Whether it makes a deploy order, now or later.
    pub(super) deploys: bool,
    /// The deploy order it made, once it has.
    pub(super) order: Option<String>,
}

/// What a run says about the order that is looked for.
#[derive(Debug, PartialEq)]
pub(super) enum Found<'a> {
    /// This job's order.
    Order(&'a Job),
    /// It may still come.
    NotYet,
    /// Several jobs, or none, fit what the user said; these are there.
    SayMore(Vec<&'a Job>),
}

impl Run {
    /// Looks for the order; `wanted` is a job's name or id.
    pub(super) fn find(&self, wanted: Option<&str>) -> Found<'_> {
        let Some(wanted) = wanted else {
            // A job whose order is still to come counts as well: which of two is meant must not
            // depend on when somebody asks.
            let deploy: Vec<_> = self.jobs.iter().filter(|job| job.deploys).collect();
            return match deploy[..] {
                [job] if job.order.is_some() => Found::Order(job),
                [] | [_] => Found::NotYet,
                _ => Found::SayMore(deploy),
            };
        };
        let named: Vec<_> = self
            .jobs
            .iter()
            .filter(|job| *job.name == *wanted || *job.id == *wanted)
            .collect();
        match named[..] {
            [job] if job.order.is_some() => Found::Order(job),
            [_] => Found::NotYet,
            // A run that has just begun may not list its jobs yet.
            [] if self.jobs.is_empty() && self.end.is_none() => Found::NotYet,
            [] => Found::SayMore(self.jobs.iter().collect()),
            _ => Found::SayMore(named),
        }
    }

    /// The orders that its jobs made.
    pub(super) fn orders(&self) -> Vec<String> {
        let orders = self.jobs.iter().filter_map(|job| job.order.clone());
        orders.collect()
    }

    /// Takes these orders for not made.
    pub(super) fn forget(&mut self, orders: &[String]) {
        for job in &mut self.jobs {
            job.order.take_if(|order| orders.contains(order));
        }
    }

    /// The job that made an order.
    pub(super) fn job_of(&self, order: &str) -> Option<&Job> {
        self.jobs
            .iter()
            .find(|job| job.order.as_deref() == Some(order))
    }
}

/// The run [D]; older editions wrap it [I].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Wire<'a> {
    pipeline_run_id: Text<'a>,
    status: Text<'a>,
    stages: List<Stage<'a>>,
    success: Text<'a>,
    pipeline_run: Option<Box<Object<Wire<'a>>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Stage<'a> {
    stage_info: MaybeObject<StageInfo<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StageInfo<'a> {
    jobs: List<WireJob<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct WireJob<'a> {
    id: Text<'a>,
    name: Text<'a>,
    status: Text<'a>,
    actions: List<Action<'a>>,
    result: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Action<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    params: MaybeObject<OrderId<'a>>,
    data: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct OrderId<'a> {
    deploy_order_id: Text<'a>,
}

/// The type of the action of a job that deploys [D].
const ORDER_ACTION: &str = "GetVMDeployOrder";

/// Reads a run.
pub(super) fn read(body: &[u8], redactor: &Redactor) -> Result<Run, Message> {
    let answer: Wire<'_> = json::read(body)
        .map_err(|error| messages::not_json(("pipeline run", "运行实例"), &error, redactor))?;
    if answer.success.is("false") {
        return Err(messages::error_response(
            super::words(body, redactor).as_ref(),
        ));
    }
    let wrapped = answer.pipeline_run.as_deref();
    let run = wrapped.map_or(&answer, |Object(run)| run);
    if let Err(problem) = run.status.required("status") {
        return Err(match super::words(body, redactor) {
            None => problem,
            said => messages::error_response(said.as_ref()),
        });
    }
    let jobs = run
        .stages
        .iter()
        .flat_map(|stage| stage.stage_info.jobs.iter())
        .map(|job| {
            let order = order(job);
            let is_deploy = |action: &Action<'_>| action.kind.is(ORDER_ACTION);
            Job {
                id: job.id.printable(redactor).unwrap_or_default(),
                name: job.name.printable(redactor).unwrap_or_default(),
                end: end(&job.status),
                deploys: order.is_some() || job.actions.iter().any(is_deploy),
                order,
            }
        })
        .collect();
    let id = run.pipeline_run_id.get().filter(|id| safe_in_url(id));
    Ok(Run {
        id: id.map(str::to_owned),
        end: end(&run.status),
        jobs,
    })
}

/// Run and job `status` [D, O].
fn end(status: &Text<'_>) -> Option<End> {
    if status.is("SUCCESS") {
        Some(End::Success)
    } else if status.is("FAIL") || status.is("FAILED") {
        Some(End::Fail)
    } else if status.is_cancelled() {
        Some(End::Cancelled)
    } else {
        None
    }
}

/// The id of a job's deploy order: in the parameters of its action [D], else in the JSON inside the
/// action's `data` [O], else in the JSON inside the job's `result` [O]. A job run again makes a new
/// order [I], the last one in the list.
fn order(job: &WireJob<'_>) -> Option<String> {
    let actions = || {
        let actions = job.actions.iter().rev();
        actions.filter(|action| action.kind.is(ORDER_ACTION))
    };
    let in_params = actions().find_map(|action| id(&action.params));
    in_params
        .or_else(|| actions().find_map(|action| id_in_text(&action.data)))
        .or_else(|| id_in_text(&job.result))
}

fn id_in_text(text: &Text<'_>) -> Option<String> {
    id(&serde_json::from_str(text.get()?).ok()?)
}

fn id(found: &OrderId<'_>) -> Option<String> {
    let id = found.deploy_order_id.get()?;
    safe_in_url(id).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str, jobs: &str) -> Run {
        let json = format!(
            r#"{{"pipelineRunId":7,"status":"{status}","stages":[null,
                {{"stageInfo":null}},{{"stageInfo":{{"jobs":[{jobs}]}}}}]}}"#
        );
        read(json.as_bytes(), &Redactor::default()).expect("a run")
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
                "the last of two",
                r#"{"actions":[{"type":"GetVMDeployOrder","params":{"deployOrderId":1}},
                    {"type":"GetVMDeployOrder","params":{"deployOrderId":44178813}}]}"#,
            ),
        ] {
            let run = run("RUNNING", job);
            assert_eq!(run.jobs[0].order.as_deref(), Some("44178813"), "{place}");
            assert_eq!(run.find(None), Found::Order(&run.jobs[0]));
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
        assert!(matches!(run.find(None), Found::SayMore(jobs) if jobs.len() == 2));
        for wanted in ["2", "deploy 2"] {
            assert_eq!(run.find(Some(wanted)), Found::Order(&run.jobs[2]));
        }
        assert_eq!(run.find(Some("build")), Found::NotYet);
        assert!(matches!(run.find(Some("none")), Found::SayMore(jobs) if jobs.len() == 3));
        assert_eq!(run.job_of("20"), Some(&run.jobs[2]));
    }

    #[test]
    fn a_deploy_job_whose_order_is_still_to_come_counts_too() {
        let made = r#"{"id":1,"name":"test","actions":[
            {"type":"GetVMDeployOrder","params":{"deployOrderId":10}}]}"#;
        let to_come = r#"{"id":2,"name":"production","status":"INIT","actions":[
            {"type":"GetVMDeployOrder","params":{}}]}"#;
        let both = run("RUNNING", &format!("{made},{to_come}"));
        assert!(matches!(both.find(None), Found::SayMore(jobs) if jobs.len() == 2));
        assert_eq!(both.find(Some("test")), Found::Order(&both.jobs[0]));
        assert_eq!(both.find(Some("production")), Found::NotYet);
        let one = run("RUNNING", to_come);
        assert_eq!(one.find(None), Found::NotYet);
    }

    #[test]
    fn the_action_may_not_be_there_yet() {
        let one = run("RUNNING", r#"{"id":1,"name":"deploy","actions":[]}"#);
        assert_eq!(one.find(None), Found::NotYet);
        assert_eq!(one.find(Some("deploy")), Found::NotYet);
        assert_eq!(run("INIT", "").find(Some("deploy")), Found::NotYet);
        assert_eq!(
            run("FAIL", "").find(Some("deploy")),
            Found::SayMore(Vec::new())
        );
    }

    #[test]
    fn only_words_that_are_an_end_end_a_run() {
        for (word, end) in [
            ("SUCCESS", Some(End::Success)),
            ("FAIL", Some(End::Fail)),
            ("CANCELED", Some(End::Cancelled)),
            ("cancelled", Some(End::Cancelled)),
            ("RUNNING", None),
            ("WAITING", None),
            ("INIT", None),
            ("SUCCESSFUL", None),
        ] {
            assert_eq!(run(word, "").end, end, "{word}");
        }
    }

    #[test]
    fn what_has_no_status_is_no_run() {
        for json in [
            "{}",
            "null",
            "[]",
            r#"{"success":false,"status":"SUCCESS"}"#,
        ] {
            read(json.as_bytes(), &Redactor::default()).expect_err(json);
        }
        let wrapped = br#"{"success":true,"pipelineRun":{"status":"RUNNING"}}"#;
        assert_eq!(read(wrapped, &Redactor::default()).expect("a run").id, None);
    }
}
