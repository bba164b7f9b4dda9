//! CodeArts Deploy on the wire: the state of a task, first of its previous run, then of a new one.

use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::story::{Phase, Steps};
use super::{Ask, Reply, Scenario, System, TOKEN, home_time, numbered};

pub(super) static SYSTEM: System = System {
    // Without `--fresh` it would report the previous run.
    args: &["codearts", "--task", TASK, "--fresh"],
    secret: Some(("HW_AUTH_TOKEN", TOKEN)),
    about: "Huawei Cloud CodeArts Deploy: steps one after another",
    default_units: 6,
    shows_previous_run: true,
    unsupported: &[(Scenario::Pause, "a codearts task never waits for a person")],
    html_means_sign_in: false,
    answer,
};

const TASK: &str = "e700f15965694253940502911220d76b";
/// The run that is watched.
const RECORD: &str = "5a1f0c7b9d2e4f3680b7c6d5e4f30211";
/// The run before it.
const PREVIOUS_RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";
const NAMES: [&str; 6] = [
    "Stop the service",
    "Select the deployment source",
    "Initialise the environment",
    "Migrate the database",
    "Deploy and start the service",
    "Check the health URL",
];
/// The step that is switched off, and takes no time.
const DISABLED: u32 = 3;

/// The answer to a query that could be made.
#[derive(Serialize)]
struct Answer {
    /// Of the query; it says nothing about the deployment.
    status: &'static str,
    result: Record,
}

/// One run of the task.
#[derive(Serialize)]
struct Record {
    #[serde(flatten)]
    about: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_state: Option<Vec<Step>>,
}

/// One step of a run: all text, and nothing of it says how the step is doing.
#[derive(Serialize)]
struct Step {
    region: &'static str,
    id: &'static str,
    offset: String,
    enable: &'static str,
    name: String,
    current_offset: String,
    elapsed_time: String,
    faq_url: &'static str,
}

/// Answers a request.
fn answer(ask: &Ask<'_>) -> Reply {
    let segments = ask.segments();
    let ["v2", "tasks", task, "state"] = segments[..] else {
        return ask.huawei_unknown_api();
    };
    if *ask.method != Method::GET {
        return ask.huawei_unknown_api();
    }
    if !ask.has_huawei_credentials() {
        return ask.huawei_unauthorized();
    }
    if task != TASK {
        return error(404, "Deploy.00011020", "The application does not exist.");
    }
    let parameter = |name: &str| {
        let mut all = form_urlencoded::parse(ask.query.as_bytes());
        all.find(|(key, value)| key == name && !value.is_empty())
    };
    let with_steps = parameter("step_state").is_some_and(|(_, value)| value == "true");
    let shows = ask.share() >= 0.0;
    let result = match parameter("record_id").as_ref().map(|(_, id)| id.as_ref()) {
        None | Some(RECORD) if shows => record(ask, ask.plan.scenario, ask.share(), with_steps),
        None | Some(PREVIOUS_RECORD) => record(ask, Scenario::Success, f64::INFINITY, with_steps),
        Some(_) => return error(400, "Deploy.00011303", "The record does not exist."),
    };
    let status = "success";
    Reply::json(200, &Answer { status, result })
}

/// An error of the service, behind the gateway.
fn error(status: u16, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({ "error_code": code, "error_msg": text }))
}

/// A run at a share of it; at an infinite one it is the previous run, over for an hour.
fn record(ask: &Ask<'_>, scenario: Scenario, share: f64, with_steps: bool) -> Record {
    let count = ask.plan.units.max(1);
    let steps = Steps::new(scenario, count - u32::from(count > DISABLED));
    let (status, step) = match steps.phase(share) {
        Phase::Pending => ("pending", "running"),
        Phase::Running | Phase::Paused => ("running", "running"),
        Phase::Failed => ("failed", "finish"),
        Phase::Succeeded => ("succeeded", "finish"),
        Phase::Cancelled => ("abort", "finish"),
    };
    let (id, ago_ms) = match share.is_finite() {
        true => (RECORD, 0),
        false => (PREVIOUS_RECORD, 3_600_000),
    };
    let time = |at| home_time(ask.wall_ms(at).saturating_sub(ago_ms));
    let end = (step == "finish").then(|| time(steps.until(share)));
    let about = json!({
        "record_id": id, "task_id": TASK, "task_name": "demo-app", "nick_name": "demo",
        "executor": "demo", "status": status, "step": step, "start_time": time(0.0),
        "end_time": end.unwrap_or_default(),
    });
    let states = (0..count).map(|index| step_state(ask, &steps, index, steps.until(share)));
    let step_state = with_steps.then(|| states.collect());
    Record { about, step_state }
}

/// One step, at a share of the run. It has begun once it has an elapsed time.
fn step_state(ask: &Ask<'_>, steps: &Steps, index: u32, share: f64) -> Step {
    let (begin, end) = steps.span(index - u32::from(index > DISABLED));
    let enabled = index != DISABLED;
    let text = |number: f64| match enabled && share >= begin {
        true => format!("{number:.0}"),
        false => String::new(),
    };
    // The offsets are places in the log of the run, which grows by some bytes a second.
    let offset = |at: f64| text(at * ask.plan.seconds() * 120.0);
    Step {
        region: "demo-region",
        id: TASK,
        offset: offset(begin),
        enable: if enabled { "true" } else { "false" },
        name: numbered(&NAMES, index),
        current_offset: offset(end.min(share)),
        elapsed_time: text((end.min(share) - begin) * ask.plan.seconds()),
        faq_url: "",
    }
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
            (Success, 1_500, RECORD, "pending", "running", 0),
            (Success, 3_000, RECORD, "running", "running", 1),
            (Success, 19_900, RECORD, "running", "running", 5),
            (Success, 20_000, RECORD, "succeeded", "finish", 5),
            (Failure, 12_000, RECORD, "running", "running", 3),
            (Failure, 13_000, RECORD, "failed", "finish", 3),
            (Cancel, 13_000, RECORD, "abort", "finish", 3),
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
            (RECORD, 9_000, 200),
            (RECORD, 0, 400),
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
