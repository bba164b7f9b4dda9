//! ServiceStage on the wire: the components of a release, its plan, and the jobs behind them.

use serde_json::{Value, json};

use super::story::{DemoState, DemoUnit, Story};
use super::{ApiError, Call, Scenario, System, TOKEN, UNKNOWN_API, huawei_gateway, numbered};

pub(super) static SYSTEM: System = System {
    args: &["servicestage", "--project", PROJECT, "--release", RELEASE],
    whole_run: None,
    secret: Some(("HW_AUTH_TOKEN", TOKEN)),
    about: "Huawei Cloud ServiceStage: components in batches",
    default_units: 8,
    lead: 0.0,
    unsupported: &[],
    stray_status: 200,
    answer: |call| huawei_gateway(call, answer),
};

const PROJECT: &str = "77b6a44cba5143ab91d13ab9a8ff44fd";
const RELEASE: &str = "716eda33-dbc6-47f3-953f-29119edd5e5c";
// An id is one of these and the component's index in twelve hexadecimal digits.
const COMPONENT_ID: &str = "df49e875-000c-4d69-8f45-";
const JOB_ID: &str = "JOB6999c66d-cb39-4c46-9f98-";
const ROLLBACK_JOB_ID: &str = "JOBb1d20c37-5e0a-4e7f-8c11-";
const PER_BATCH: u32 = 2;
#[rustfmt::skip]
const NAMES: [&str; 8] =
    ["gateway", "account", "order", "inventory", "payment", "search", "message", "report"];
/// How long, as a share of the run, it takes to roll back a component.
const ROLLBACK: f64 = 0.2;
const REASON: &str = "Readiness probe failed: HTTP probe failed with statuscode: 503; \
    the instance did not become ready within 120 s";
const OTHER_PROJECT: ApiError = (403, "SVCSTG.00100403", "The token is not for this project.");
const NO_RELEASE: ApiError = (404, "SVCSTG.00100433", "The release plan does not exist.");
const NO_JOB: ApiError = (404, "SVCSTG.00100404", "The job does not exist.");

fn answer(call: &Call) -> Result<Value, ApiError> {
    let path = call.path.strip_prefix("/v3/");
    let parts = path.and_then(|path| path.split_once("/cas/"));
    let (project, resource) = parts.ok_or(UNKNOWN_API)?;
    if project != PROJECT {
        return Err(OTHER_PROJECT);
    }
    let batches = call.plan.units().div_ceil(PER_BATCH);
    let story = Story::batches(call.plan.scenario, call.plan.units(), batches, call.share());
    let mut units = story.units.iter();
    let segments: Vec<&str> = resource.split('/').collect();
    match segments[..] {
        ["release-plans", RELEASE] => Ok(release_plan(call, &story)),
        ["release-plans", RELEASE, "deploy-info"] => {
            let components = units.map(|unit| component(call, &story, unit));
            Ok(json!({ "id": RELEASE, "components": components.collect::<Value>() }))
        }
        ["release-plans", _] | ["release-plans", _, "deploy-info"] => Err(NO_RELEASE),
        ["jobs", id] => units.find_map(|unit| job(call, unit, id)).ok_or(NO_JOB),
        _ => Err(UNKNOWN_API),
    }
}

/// The id of the component, or of its job, with this index.
fn id(kind: &str, index: u32) -> String {
    format!("{kind}{index:012x}")
}

/// One component. `status` is its own; `job_status` is the release's.
fn component(call: &Call, story: &Story, unit: &DemoUnit) -> Value {
    let rollback = rollback(call, unit);
    let time = |share: Option<f64>| share.map_or(0, |at| call.wall_ms(at));
    // The pause is for a check of the last component of the first batch, which serves already.
    let is_last = unit.index + 1 == PER_BATCH.min(call.plan.units());
    // In the component's own status RUNNING means healthy.
    let status = match (unit.state, rollback) {
        (DemoState::Succeeded, _) if is_last && story.state == DemoState::Paused => "GRAYING",
        (DemoState::Cancelled, _) => "ABORTED",
        (_, Some(rollback)) if rollback.state == DemoState::Succeeded => "ROLLBACK_SUCCEED",
        (DemoState::Failed, _) => "FAILED",
        _ => "RUNNING",
    };
    json!({
        "id": id(COMPONENT_ID, unit.index), "name": numbered(&NAMES, unit.index),
        "version": "2025.0709.1", "seq": unit.batch, "status": status,
        "job_id": unit.began.map(|_| id(JOB_ID, unit.index)), "job_status": job_status(unit),
        "start_time": time(unit.began), "end_time": time(unit.ended),
        "fail_message": (unit.state == DemoState::Failed).then_some(REASON),
        "rollback_job_id": rollback.map(|_| id(ROLLBACK_JOB_ID, unit.index)),
        "rollback_job_status": rollback.as_ref().map(job_status),
        "rollback_start_time": time(rollback.and_then(|rollback| rollback.began)),
        "rollback_end_time": time(rollback.and_then(|rollback| rollback.ended)),
        "rollback_fail_message": null,
    })
}

const fn job_status(unit: &DemoUnit) -> &'static str {
    match unit.state {
        DemoState::Pending => "CREATED",
        DemoState::Queued if unit.index.is_multiple_of(2) => "SUBMITTED",
        DemoState::Queued => "SCHEDULED",
        DemoState::Running | DemoState::Paused => "RUNNING",
        DemoState::Succeeded => "SUCCEEDED",
        DemoState::Failed => "FAILED",
        DemoState::Cancelled if unit.began.is_some() => "CANCELLED",
        // There was no job yet to cancel.
        DemoState::Cancelled => "CREATED",
    }
}

/// The rollback of a component that has failed for good, as a unit of work.
fn rollback(call: &Call, unit: &DemoUnit) -> Option<DemoUnit> {
    let is_final = unit.state == DemoState::Failed && call.plan.scenario == Scenario::Failure;
    let began = unit.ended.filter(|_| is_final)?;
    let ended = Some(began + ROLLBACK).filter(|end| call.share() >= *end);
    Some(DemoUnit {
        state: ended.map_or(DemoState::Running, |_| DemoState::Succeeded),
        began: Some(began),
        ended,
        ..*unit
    })
}

fn release_plan(call: &Call, story: &Story) -> Value {
    let mut rollbacks = story.units.iter().filter_map(|unit| rollback(call, unit));
    let status = match story.state {
        DemoState::Failed if rollbacks.any(|rollback| rollback.ended.is_some()) => "FAILED",
        DemoState::Paused => "GRAYING",
        DemoState::Succeeded => "SUCCESS",
        DemoState::Cancelled => "ABORTED",
        _ => "RUNNING",
    };
    json!({
        "id": RELEASE, "name": "demo-release", "project_id": PROJECT,
        // A release that stops at a failure tries nothing again.
        "fail_strategy": if call.plan.scenario == Scenario::Flaky { "continue" } else { "stop" },
        "status": status, "create_time": call.began_ms, "update_time": call.wall_ms(call.share()),
    })
}

/// The job with this id and its tasks, if it is one of the component's and has begun.
fn job(call: &Call, unit: &DemoUnit, job: &str) -> Option<Value> {
    let (work, name) = match job {
        _ if job == id(JOB_ID, unit.index) => (*unit, "Update workload"),
        _ if job == id(ROLLBACK_JOB_ID, unit.index) => {
            (rollback(call, unit)?, "Roll back workload")
        }
        _ => return None,
    };
    let (began, status) = (work.began?, job_status(&work));
    let task = |place: u32, name: &str, status: &str, messages: &str| {
        json!({
            "task_id": format!("{}-{place}", &job[3..]), "task_index": place,
            "task_name": name, "task_type": "DEPLOY",
            "task_status": status, "messages": messages,
            "created_at": call.wall_ms(began).to_string(),
            "update_at": call.wall_ms(call.share()).to_string(),
        })
    };
    let messages = if status == "FAILED" { REASON } else { "" };
    Some(json!({
        "job": { "job_id": job, "project_id": PROJECT, "job_type": "DAILY_OPERATION",
                 "execution_status": status },
        "task_count": 2,
        "tasks": [task(0, "Pull image", "SUCCEEDED", ""), task(1, name, status, messages)],
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const CAS: &str = "GET /v3/77b6a44cba5143ab91d13ab9a8ff44fd/cas";
    const PLAN: &str = "/release-plans/716eda33-dbc6-47f3-953f-29119edd5e5c";
    const SIGNED_IN: &Headers = &[("x-auth-token", "demo-token")];

    /// The status and the JSON at `path`, `millis` into a release of six components in 20 s.
    fn get(scenario: Scenario, millis: u64, path: &str) -> (u16, Value) {
        let plan = plan(&SYSTEM, scenario, 6);
        let (reply, json) = ask(plan, millis, &format!("{CAS}{path}"), SIGNED_IN, "");
        (reply.status, json)
    }

    /// The components, `millis` into the release.
    fn components(scenario: Scenario, millis: u64) -> Vec<Value> {
        let (_, json) = get(scenario, millis, &format!("{PLAN}/deploy-info"));
        json["components"].as_array().unwrap().clone()
    }

    #[test]
    fn the_release_at_a_moment() {
        use Scenario::{Cancel, Failure, Pause, Success};
        for (scenario, millis, status, jobs) in [
            (Success, 0, "RUNNING", "SU SC CR CR CR CR"),
            (Success, 1_000, "RUNNING", "RU SC CR CR CR CR"),
            // Between two batches nothing moves, and nothing is over.
            (Success, 6_000, "RUNNING", "SU SU CR CR CR CR"),
            (Success, 20_000, "SUCCESS", "SU SU SU SU SU SU"),
            (Pause, 6_000, "GRAYING", "SU SU CR CR CR CR"),
            (Pause, 20_000, "SUCCESS", "SU SU SU SU SU SU"),
            (Failure, 11_500, "RUNNING", "SU SU SU FA/RU CR CR"),
            (Failure, 14_000, "RUNNING", "SU SU SU FA/RU CR CR"),
            (Failure, 19_000, "FAILED", "SU SU SU FA/SU CR CR"),
            (Cancel, 9_000, "RUNNING", "SU SU RU RU CR CR"),
            (Cancel, 10_000, "ABORTED", "SU SU SU CA CR CR"),
        ] {
            // Two letters for a job, and two for that of its rollback.
            let letters = |component: &Value| {
                let job = component["job_status"].as_str().unwrap();
                let rollback = component["rollback_job_status"].as_str();
                let rollback = rollback.map_or_else(String::new, |job| format!("/{}", &job[..2]));
                format!("{}{rollback}", &job[..2])
            };
            let row: Vec<String> = components(scenario, millis).iter().map(letters).collect();
            assert_eq!(row.join(" "), jobs, "{scenario:?} {millis}");
            let (code, plan) = get(scenario, millis, PLAN);
            assert_eq!(
                (code, &plan["status"]),
                (200, &status.into()),
                "{scenario:?} {millis}"
            );
        }
    }

    #[test]
    fn a_component_has_its_own_status_beside_that_of_its_job() {
        for (scenario, millis, index, status, seq, started) in [
            (Scenario::Success, 6_000, 0, "RUNNING", 1, true),
            (Scenario::Success, 6_000, 2, "RUNNING", 2, false),
            (Scenario::Pause, 6_000, 1, "GRAYING", 1, true),
            (Scenario::Cancel, 12_000, 5, "ABORTED", 3, false),
            (Scenario::Failure, 12_000, 3, "FAILED", 2, true),
            (Scenario::Failure, 19_000, 3, "ROLLBACK_SUCCEED", 2, true),
        ] {
            let component = &components(scenario, millis)[index];
            assert_eq!(
                (&component["status"], &component["seq"]),
                (&status.into(), &seq.into())
            );
            assert_eq!(component["start_time"] != 0, started);
            assert_eq!(component["job_id"].is_string(), started);
        }
    }

    #[test]
    fn a_job_says_why_it_failed() {
        for (kind, index, status, why) in [
            (JOB_ID, "000000000003", "FAILED", REASON),
            (JOB_ID, "000000000000", "SUCCEEDED", ""),
            (ROLLBACK_JOB_ID, "000000000003", "SUCCEEDED", ""),
        ] {
            let (code, json) = get(Scenario::Failure, 19_000, &format!("/jobs/{kind}{index}"));
            let (job, task) = (&json["job"], &json["tasks"][1]);
            assert_eq!((code, &job["execution_status"]), (200, &status.into()));
            assert_eq!(
                (&task["task_status"], &task["messages"]),
                (&status.into(), &why.into())
            );
        }
        for id in [id(JOB_ID, 5), id(ROLLBACK_JOB_ID, 0), format!("{JOB_ID}3")] {
            assert_eq!(
                get(Scenario::Failure, 19_000, &format!("/jobs/{id}")).0,
                404
            );
        }
    }

    #[test]
    fn who_may_ask_for_what() {
        let plan = plan(&SYSTEM, Scenario::Success, 6);
        let none: &Headers = &[];
        for (request, headers, status, code) in [
            ("GET /v3/0/cas/jobs/0", none, 401, "APIGW.0301"),
            ("POST /v3/0/cas/jobs/0", SIGNED_IN, 404, "APIGW.0101"),
            ("GET /v3", SIGNED_IN, 404, "APIGW.0101"),
            ("GET /v3/0/cas/jobs/0", SIGNED_IN, 403, "SVCSTG.00100403"),
        ] {
            let (reply, json) = ask(plan, 0, request, headers, "");
            assert_eq!((reply.status, &json["error_code"]), (status, &code.into()));
        }
        let (status, other) = get(Scenario::Success, 0, "/release-plans/0/deploy-info");
        assert_eq!(
            (status, &other["error_code"]),
            (404, &"SVCSTG.00100433".into())
        );
    }
}
