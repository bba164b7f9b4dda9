//! The klcloud FSD installer on the wire: two lists of steps, the plan and what is finished of it.

use std::ops::Range;

use serde_json::{Value, json};

use super::story::{DemoState, DemoUnit, Story};
use super::{ApiError, Call, Reply, Scenario, System, numbered};

pub(super) static SYSTEM: System = System {
    // Without `--fresh` it would report the previous run.
    args: &["fsd", "--fresh"],
    whole_run: None,
    secret: None,
    about: "klcloud FSD installer: steps one after another",
    default_units: 4,
    lead: 0.075,
    unsupported: &[Scenario::Pause, Scenario::Cancel],
    stray_status: 200,
    answer,
};

const KEY: &str = "deploy:klcloud-fsd";
/// The playbooks, in both languages.
#[rustfmt::skip]
const EN: [&str; 6] = ["check_param", "ready_environment", "deploy_ceph", "deploy_trochilus",
                       "deploy_monitor", "check_service"];
#[rustfmt::skip]
const ZH: [&str; 6] = ["检测部署脚本", "准备部署环境", "部署文件系统", "部署虚拟化系统",
                       "部署监控系统", "检测系统服务"];
/// How many steps more a retry has than the attempt before it.
const MORE_STEPS: u32 = 2;
/// When the plan of the previous run is cleared, and when, visibly later, its finished steps.
const CLEARED: [Range<f64>; 2] = [-0.04..0.0, -0.02..0.0];
const REASON: &str =
    "TASK [ceph-osd : create osd] fatal: [node-2]: FAILED! => /dev/sdb is in use by the system";
const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n\
    <h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>\n";
const NOT_ALLOWED: ApiError = (405, "", "The method is not allowed for the requested URL.");
const NOT_JSON: ApiError = (415, "", "The Content-Type is not 'application/json'.");
const NO_KEY: ApiError = (400, "key", "Missing required parameter");
const BAD_REQUEST: ApiError = (400, "", "The server could not understand the request.");

fn answer(call: &Call) -> Reply {
    let result = match call.path.as_str() {
        "/api/deploy/status" | "/api/extend/status" if call.method == "POST" => post(call),
        "/api/upgrade/status" if call.method == "GET" => Ok(status(call, json!({}))),
        "/api/deploy/status" | "/api/extend/status" | "/api/upgrade/status" => Err(NOT_ALLOWED),
        _ => return Reply::html(404, NOT_FOUND),
    };
    // The code is the name of the wrong parameter.
    Reply::api(result, |code, text| match code {
        "" => json!({ "message": text }),
        _ => json!({ "message": { code: text } }),
    })
}

/// Answers a POST. Any key will do: the server has one run.
fn post(call: &Call) -> Result<Value, ApiError> {
    let kind = call.header("content-type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(NOT_JSON);
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| BAD_REQUEST)?;
    body["key"].as_str().ok_or(NO_KEY)?;
    Ok(status(call, json!({ "key": KEY })))
}

/// The state of the run, added to `data`.
fn status(call: &Call, mut data: Value) -> Value {
    let (plan, finished) = lists(call);
    let failed = finished.last().is_some_and(|step| step["result"] == false);
    // The server's own rule: a failure is an end, and so are two empty lists.
    data["isEnd"] = (failed || plan.len() == finished.len()).into();
    data["nowList"] = finished.into();
    data["processList"] = plan.into();
    data["uuId"] = "".into();
    let now = call.wall_ms(call.share());
    json!({ "code": 0, "data": data, "message": "", "path": "", "state": 200, "timestamp": now })
}

/// The plan, and its finished steps. Nothing marks the running step.
fn lists(call: &Call) -> (Vec<Value>, Vec<Value>) {
    let share = call.share();
    let (scenario, units) = (call.plan.scenario, call.plan.units());
    // The previous run has another length, so that even a slow watcher can tell the two apart.
    let story = match (scenario, share < 0.0) {
        (Scenario::Flaky, true) => Story::steps(Scenario::Failure, units, f64::INFINITY),
        (Scenario::Flaky, false) => Story::steps(scenario, units + MORE_STEPS, share),
        (_, true) => Story::steps(Scenario::Success, units + MORE_STEPS, f64::INFINITY),
        (_, false) => Story::steps(scenario, units, share),
    };
    let (mut plan, mut finished) = (Vec::new(), Vec::new());
    for DemoUnit { index, state, .. } in story.units {
        plan.push(step(index, true, ""));
        match state {
            DemoState::Succeeded => finished.push(step(index, true, "成功")),
            DemoState::Failed => finished.push(step(index, false, REASON)),
            _ => {}
        }
    }
    for (list, cleared) in [&mut plan, &mut finished].into_iter().zip(CLEARED) {
        list.retain(|_| !cleared.contains(&share));
    }
    (plan, finished)
}

/// A step of either list. In the plan its result is always true.
fn step(index: u32, result: bool, message: &str) -> Value {
    let (en, zh) = (numbered(&EN, index), numbered(&ZH, index));
    json!({ "en": en, "message": message, "result": result, "sort": index, "zh": zh })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const JSON: &Headers = &[("content-type", "application/json")];
    const BODY: &str = r#"{"key":"deploy:klcloud-fsd"}"#;

    #[test]
    fn the_run_at_a_moment() {
        use Scenario::{Failure, Flaky, Success};
        for (scenario, millis, is_end, planned, finished, failed) in [
            (Success, 0, true, 6, 6, false),
            (Success, 800, false, 0, 6, false),
            (Success, 1_200, true, 0, 0, false),
            (Success, 1_500, false, 4, 0, false),
            (Success, 12_000, false, 4, 2, false),
            (Success, 20_000, true, 4, 4, false),
            (Failure, 12_500, false, 4, 2, false),
            (Failure, 13_000, true, 4, 3, true),
            (Failure, 99_000, true, 4, 3, true),
            (Flaky, 0, true, 4, 3, true),
            (Flaky, 800, true, 0, 3, true),
            (Flaky, 2_000, false, 6, 0, false),
            (Flaky, 20_000, true, 6, 6, false),
        ] {
            let plan = plan(&SYSTEM, scenario, 4);
            let (_, json) = ask(plan, millis, "POST /api/deploy/status", JSON, BODY);
            let data = &json["data"];
            let list = |name: &str| data[name].as_array().unwrap();
            let bad = list("nowList").iter().any(|step| step["result"] == false);
            let seen = (list("processList").len(), list("nowList").len(), bad);
            assert_eq!(seen, (planned, finished, failed), "{scenario:?} {millis}");
            assert_eq!((data["isEnd"] == true, &data["key"]), (is_end, &KEY.into()));
        }
    }

    #[test]
    fn the_siblings_and_the_errors() {
        let plan = plan(&SYSTEM, Scenario::Success, 4);
        let none: &Headers = &[];
        for (request, headers, body, status, has_key) in [
            ("POST /api/extend/status", JSON, BODY, 200, true),
            ("GET /api/upgrade/status", none, "", 200, false),
            ("GET /api/deploy/status", JSON, "", 405, false),
            ("POST /api/upgrade/status", JSON, BODY, 405, false),
            ("POST /api/deploy/status", none, BODY, 415, false),
            ("POST /api/deploy/status", JSON, "{", 400, false),
            ("POST /api/deploy/status", JSON, "{}", 400, false),
            ("POST /api/deploy/status/", JSON, BODY, 404, false),
        ] {
            let (reply, json) = ask(plan, 0, request, headers, body);
            assert_eq!(reply.status, status, "{request} {body}");
            assert_eq!(json.is_null(), status == 404);
            assert_eq!(json["data"]["key"] == KEY, has_key);
            assert_eq!(json["message"].is_object(), body == "{}");
        }
    }
}
