//! CodeArts Deploy on the wire: the state of a task, first of its previous run, then of a new one.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::story::{DemoState, DemoUnit, Story};
use super::{ApiError, Call, Scenario, System, TOKEN, home_time, huawei, numbered};

pub(super) static SYSTEM: System = System {
    // Without `--fresh` it would report the previous run.
    args: &["codearts", "--task", TASK, "--fresh"],
    secret: Some(("HW_AUTH_TOKEN", TOKEN)),
    about: "Huawei Cloud CodeArts Deploy: steps one after another",
    default_units: 6,
    lead: 0.075,
    unsupported: &[Scenario::Pause],
    stray_status: 200,
    answer: |call| huawei::gateway(call, answer),
};

const TASK: &str = "e700f15965694253940502911220d76b";
const WATCHED_RECORD: &str = "5a1f0c7b9d2e4f3680b7c6d5e4f30211";
const PREVIOUS_RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";
#[rustfmt::skip]
const NAMES: [&str; 6] =
    ["Stop the service", "Select the deployment source", "Initialise the environment",
     "Migrate the database", "Deploy and start the service", "Check the health URL"];
/// The index of a step that is disabled and takes no time.
const DISABLED: u32 = 3;
const NO_TASK: ApiError = (404, "Deploy.00011020", "The application does not exist.");
const NO_RECORD: ApiError = (400, "Deploy.00011303", "The record does not exist.");

fn answer(call: &Call) -> Result<Value, ApiError> {
    let path = call.path.strip_prefix("/v2/tasks/");
    let task = path.and_then(|path| path.strip_suffix("/state"));
    if task.ok_or(huawei::UNKNOWN_API)? != TASK {
        return Err(NO_TASK);
    }
    let parameter = |name: &str| {
        let mut all = form_urlencoded::parse(call.query.as_bytes());
        all.find(|(key, value)| key == name && !value.is_empty())
    };
    let with_steps = parameter("step_state").is_some_and(|(_, value)| value == "true");
    let (scenario, share) = (call.plan.scenario, call.share());
    let result = match parameter("record_id").as_ref().map(|(_, id)| id.as_ref()) {
        None | Some(WATCHED_RECORD) if share >= 0.0 => record(call, scenario, share, with_steps),
        None | Some(PREVIOUS_RECORD) => record(call, Scenario::Success, f64::INFINITY, with_steps),
        Some(_) => return Err(NO_RECORD),
    };
    // The status is that of the query; it says nothing about the deployment.
    Ok(json!({ "status": "success", "result": result }))
}

/// A run at a share of it; at an infinite one, the previous run, which ended an hour ago.
fn record(call: &Call, scenario: Scenario, share: f64, with_steps: bool) -> Value {
    let count = call.plan.units();
    let story = Story::steps(scenario, count - u32::from(count > DISABLED), share);
    let (status, step) = match story.state {
        DemoState::Pending => ("pending", "running"),
        DemoState::Failed => ("failed", "finish"),
        DemoState::Succeeded => ("succeeded", "finish"),
        DemoState::Cancelled => ("abort", "finish"),
        _ => ("running", "running"),
    };
    let (id, ago_ms) = match share.is_finite() {
        true => (WATCHED_RECORD, 0),
        false => (PREVIOUS_RECORD, 3_600_000),
    };
    let time = |at| home_time(call.wall_ms(at).saturating_sub(ago_ms));
    let mut record = json!({
        "record_id": id, "status": status, "step": step,
        "start_time": time(0.0),
        "end_time": if step == "finish" { time(story.now) } else { String::new() },
        "task_id": TASK, "task_name": "demo-app", "nick_name": "demo", "executor": "demo",
    });
    if with_steps {
        let mut units = story.units.iter();
        let steps = (0..count).map(|index| match index {
            DISABLED => step_state(call, index, None, story.now),
            _ => step_state(call, index, units.next(), story.now),
        });
        record["step_state"] = steps.collect();
    }
    record
}

/// One step of a run, `None` where it is disabled. It has begun once it has an elapsed time.
fn step_state(call: &Call, index: u32, unit: Option<&DemoUnit>, now: f64) -> Value {
    let times = unit.and_then(|unit| {
        let seconds = |share| (call.wall_ms(share) - call.wall_ms(0.0)) as f64 / 1000.0;
        let (begin, end) = (seconds(unit.began?), seconds(unit.ended.unwrap_or(now)));
        // The offsets are positions in the run's log, which grows by some bytes a second.
        // A step that has begun has a time.
        let numbers = [begin * 120.0, end * 120.0, (end - begin).max(1.0)];
        Some(numbers.map(|number| format!("{number:.0}")))
    });
    let [offset, current_offset, elapsed_time] = times.unwrap_or_default();
    json!({
        "region": "demo-region", "id": TASK, "faq_url": "",
        "name": numbered(&NAMES, index), "enable": unit.is_some().to_string(),
        "offset": offset, "current_offset": current_offset, "elapsed_time": elapsed_time,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const PATH: &str = "GET /v2/tasks/e700f15965694253940502911220d76b/state";
    const SIGNED_IN: &Headers = &[("x-auth-token", "demo-token")];

    /// The status and the JSON for a query, `millis` into a deployment of six steps in 20 s.
    fn get(scenario: Scenario, millis: u64, query: &str) -> (u16, Value) {
        let request = format!("{PATH}?step_state=true{query}");
        let plan = plan(&SYSTEM, scenario, 6);
        let (reply, json) = ask(plan, millis, &request, SIGNED_IN, "");
        (reply.status, json)
    }

    #[test]
    fn the_task_at_a_moment() {
        use Scenario::{Cancel, Failure, Success};
        for (scenario, millis, record, status, step, begun) in [
            (Success, 0, PREVIOUS_RECORD, "succeeded", "finish", 5),
            (Success, 1_499, PREVIOUS_RECORD, "succeeded", "finish", 5),
            (Success, 1_500, WATCHED_RECORD, "pending", "running", 0),
            (Success, 3_000, WATCHED_RECORD, "running", "running", 1),
            (Success, 19_900, WATCHED_RECORD, "running", "running", 5),
            (Success, 20_000, WATCHED_RECORD, "succeeded", "finish", 5),
            (Failure, 12_000, WATCHED_RECORD, "running", "running", 3),
            (Failure, 13_000, WATCHED_RECORD, "failed", "finish", 3),
            (Cancel, 13_000, WATCHED_RECORD, "abort", "finish", 3),
        ] {
            let (code, json) = get(scenario, millis, "");
            let run = &json["result"];
            let steps = run["step_state"].as_array().unwrap();
            let started = |step: &&Value| step["elapsed_time"] != "";
            let started = steps.iter().filter(started).count();
            let seen = (&run["record_id"], &run["status"], &run["step"], started);
            let told = (&record.into(), &status.into(), &step.into(), begun);
            assert_eq!((code, &json["status"]), (200, &"success".into()));
            assert_eq!(seen, told, "{scenario:?} {millis}");
            assert_eq!(run["end_time"] == "", step == "running");
            let texts = |step: &Value| step.as_object().unwrap().values().all(Value::is_string);
            assert!(steps.iter().all(texts));
        }
    }

    #[test]
    fn a_record_can_be_asked_for() {
        for (record, millis, status) in [
            (PREVIOUS_RECORD, 9_000, 200),
            (WATCHED_RECORD, 9_000, 200),
            (WATCHED_RECORD, 0, 400),
            ("ff", 9_000, 400),
        ] {
            let (code, json) = get(Scenario::Success, millis, &format!("&record_id={record}"));
            assert_eq!(code, status, "{record} {millis}");
            assert_eq!(json["result"]["record_id"] == record, status == 200);
            assert_eq!(json["error_code"] == "Deploy.00011303", status == 400);
        }
    }

    #[test]
    fn who_may_ask_for_what() {
        let plan = plan(&SYSTEM, Scenario::Success, 6);
        let none: &Headers = &[];
        for (request, headers, status, code) in [
            (PATH, none, 401, "APIGW.0301"),
            ("POST /v2/tasks/0/state", SIGNED_IN, 404, "APIGW.0101"),
            ("GET /v2/tasks", SIGNED_IN, 404, "APIGW.0101"),
            ("GET /v2/tasks/0/state", SIGNED_IN, 404, "Deploy.00011020"),
        ] {
            let (reply, json) = ask(plan, 0, request, headers, "");
            assert_eq!((reply.status, &json["error_code"]), (status, &code.into()));
        }
        let signed: &Headers = &[("authorization", "SDK-HMAC-SHA256 Access=AK, Signature=0")];
        let (reply, json) = ask(plan, 0, PATH, signed, "");
        assert_eq!(
            (reply.status, json["result"].get("step_state")),
            (200, None)
        );
    }
}
