//! CodeArts Deploy on the wire: the state of a task, first of its previous run, then of a new one.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::story::{DemoState, DemoUnit, Story};
use super::{
    ApiError, Call, Scenario, System, TOKEN, UNKNOWN_API, home_time, huawei_gateway, numbered,
};

pub(super) static SYSTEM: System = System {
    // Without `--fresh` it would report the previous run.
    args: &[
        "codearts",
        "--task",
        TASK,
        "--application",
        APPLICATION,
        "--fresh",
    ],
    whole_run: None,
    secret: Some(("HW_AUTH_TOKEN", TOKEN)),
    about: "Huawei Cloud CodeArts Deploy: steps one after another",
    default_units: 6,
    lead: 0.075,
    unsupported: &[Scenario::Pause],
    stray_status: 200,
    answer: |call| huawei_gateway(call, answer),
};

const TASK: &str = "e700f15965694253940502911220d76b";
const APPLICATION: &str = "d5a6b7c8e9f04a1b92c3d4e5f6a7b8c9";
const WATCHED_RECORD: &str = "5a1f0c7b9d2e4f3680b7c6d5e4f30211";
const PREVIOUS_RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";
#[rustfmt::skip]
const NAMES: [&str; 6] =
    ["Stop the service", "Select the deployment source", "Initialise the environment",
     "Migrate the database", "Deploy and start the service", "Check the health URL"];
/// The text of the log where a step fails.
#[rustfmt::skip]
const FAILURE: [&str; 3] =
    ["TASK [unpack the package]",
     "fatal: [192.0.2.7]: FAILED! => write /opt/demo/app.tar.gz: no space left on device",
     "ERROR: exit code 2"];
/// The longest part of the log in one response, in bytes: the log is ASCII.
const LOG_PAGE: usize = 160;
/// The index of a step that is disabled and takes no time.
const DISABLED: u32 = 3;
const NO_TASK: ApiError = (404, "Deploy.00011020", "The application does not exist.");
const NO_RECORD: ApiError = (400, "Deploy.00011303", "The record does not exist.");

fn answer(call: &Call) -> Result<Value, ApiError> {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    match segments[..] {
        ["v2", "tasks", TASK, "state"] => state(call),
        ["v1", "applications", APPLICATION, "records", record, "logs"] => log(call, record),
        ["v2", "tasks", _, "state"] | ["v1", "applications", _, "records", _, "logs"] => {
            Err(NO_TASK)
        }
        _ => Err(UNKNOWN_API),
    }
}

/// A parameter of the query, unless it is empty.
fn parameter<'a>(call: &'a Call, name: &str) -> Option<Cow<'a, str>> {
    let mut all = form_urlencoded::parse(call.query.as_bytes());
    let found = all.find(|(key, value)| key == name && !value.is_empty());
    found.map(|(_, value)| value)
}

fn state(call: &Call) -> Result<Value, ApiError> {
    let run = Run::find(call, parameter(call, "record_id").as_deref())?;
    let with_steps = parameter(call, "step_state").is_some_and(|value| value == "true");
    // The status is that of the query; it says nothing about the deployment.
    Ok(json!({ "status": "success", "result": run.record(with_steps) }))
}

/// A part of the log of a run, no longer than a page.
fn log(call: &Call, record: &str) -> Result<Value, ApiError> {
    let log: String = Run::find(call, Some(record))?.logs().concat();
    let position = |name, otherwise: usize| {
        let given = parameter(call, name).and_then(|value| value.parse().ok());
        given.unwrap_or(otherwise).min(log.len())
    };
    let (start, wanted) = (position("offset", 0), position("end_offset", log.len()));
    let end = wanted.min(start + LOG_PAGE).max(start);
    let result = json!({
        "text": log[start..end], "has_more": end < wanted,
        "offset": start.to_string(), "end_offset": end.to_string(),
    });
    Ok(json!({ "status": "success", "result": result }))
}

/// A run at a moment.
struct Run<'a> {
    call: &'a Call,
    id: &'static str,
    /// How long ago it was, in milliseconds.
    ago_ms: u64,
    story: Story,
}

impl<'a> Run<'a> {
    /// The run with this id, or the latest. The previous one ended an hour ago.
    fn find(call: &'a Call, id: Option<&str>) -> Result<Self, ApiError> {
        let count = call.plan.units();
        let enabled = count - u32::from(count > DISABLED);
        let (id, ago_ms, scenario, share) = match id {
            None | Some(WATCHED_RECORD) if call.share() >= 0.0 => {
                (WATCHED_RECORD, 0, call.plan.scenario, call.share())
            }
            None | Some(PREVIOUS_RECORD) => {
                (PREVIOUS_RECORD, 3_600_000, Scenario::Success, f64::INFINITY)
            }
            Some(_) => return Err(NO_RECORD),
        };
        let story = Story::steps(scenario, enabled, share);
        Ok(Self {
            call,
            id,
            ago_ms,
            story,
        })
    }

    fn time(&self, share: f64) -> String {
        home_time(self.call.wall_ms(share).saturating_sub(self.ago_ms))
    }

    /// The steps with their indices, and their units where they are enabled.
    fn steps(&self) -> impl Iterator<Item = (u32, Option<&DemoUnit>)> {
        let mut units = self.story.units.iter();
        (0..self.call.plan.units()).map(move |index| match index {
            DISABLED => (index, None),
            _ => (index, units.next()),
        })
    }

    fn record(&self, with_steps: bool) -> Value {
        let (status, step) = match self.story.state {
            DemoState::Pending => ("pending", "running"),
            DemoState::Failed => ("failed", "finish"),
            DemoState::Succeeded => ("succeeded", "finish"),
            DemoState::Cancelled => ("abort", "finish"),
            _ => ("running", "running"),
        };
        let end = (step == "finish").then(|| self.time(self.story.now));
        let mut record = json!({
            "record_id": self.id, "status": status, "step": step,
            "start_time": self.time(0.0), "end_time": end.unwrap_or_default(),
            "task_id": TASK, "task_name": "demo-app", "nick_name": "demo", "executor": "demo",
        });
        if with_steps {
            let mut log_end = 0;
            let steps = self.steps().zip(self.logs());
            let steps = steps.map(|((index, unit), log)| {
                let log_start = log_end;
                log_end += log.len();
                self.step_state(index, unit, log_start..log_end)
            });
            record["step_state"] = steps.collect();
        }
        record
    }

    /// The part of the log about each step: nothing before it begins.
    fn logs(&self) -> Vec<String> {
        let log = |(index, unit): (u32, Option<&DemoUnit>)| {
            let (unit, began) = (unit?, unit?.began?);
            let line = |at, words: &str| format!("[{}] {words}\n", self.time(at));
            let mut log = line(began, &format!("{}: started", numbered(&NAMES, index)));
            let ended = unit.ended.unwrap_or(self.story.now);
            let end = match unit.state {
                DemoState::Failed => &FAILURE[..],
                DemoState::Succeeded => &["done"],
                _ => &[],
            };
            log.extend(end.iter().map(|words| line(ended, words)));
            Some(log)
        };
        let steps = self.steps();
        steps.map(|step| log(step).unwrap_or_default()).collect()
    }

    /// One step, `None` where it is disabled; `log` is its part of the log.
    fn step_state(&self, index: u32, unit: Option<&DemoUnit>, log: Range<usize>) -> Value {
        let times = unit.and_then(|unit| {
            let (began, ended) = (unit.began?, unit.ended.unwrap_or(self.story.now));
            let took = self.call.wall_ms(ended) - self.call.wall_ms(began);
            // A step that has begun has a time.
            let elapsed = format!("{:.0}", (took as f64 / 1000.0).max(1.0));
            Some([log.start.to_string(), log.end.to_string(), elapsed])
        });
        let [offset, current_offset, elapsed_time] = times.unwrap_or_default();
        json!({
            "region": "demo-region", "id": APPLICATION, "faq_url": "",
            "name": numbered(&NAMES, index), "enable": unit.is_some().to_string(),
            "offset": offset, "current_offset": current_offset, "elapsed_time": elapsed_time,
        })
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
    fn the_log_is_read_in_parts() {
        let plan = plan(&SYSTEM, Scenario::Failure, 6);
        let read = |query: &str| {
            let path = format!("/v1/applications/{APPLICATION}/records/{WATCHED_RECORD}/logs");
            let request = format!("GET {path}?{query}");
            let (reply, mut json) = ask(plan, 20_000, &request, SIGNED_IN, "");
            assert_eq!((reply.status, &json["status"]), (200, &"success".into()));
            json["result"].take()
        };
        let (mut log, mut next) = (String::new(), "0".to_owned());
        loop {
            let page = read(&format!("offset={next}&end_offset=9223372036854775807"));
            assert_eq!(page["offset"], *next);
            log += page["text"].as_str().unwrap();
            next = page["end_offset"].as_str().unwrap().to_owned();
            if page["has_more"] == false {
                break;
            }
        }
        assert!(log.ends_with(&format!("{}\n", FAILURE[2])), "{log}");
        let (_, json) = get(Scenario::Failure, 20_000, "");
        let step = &json["result"]["step_state"][2];
        let [start, end] = ["offset", "current_offset"].map(|name| {
            let offset = step[name].as_str().unwrap();
            offset.parse::<usize>().unwrap()
        });
        assert!(log[start..end].contains("Initialise the environment: started"));
        assert_eq!(end, log.len());
        let page = read(&format!("offset={start}&end_offset={}", start + 5));
        assert_eq!(
            (&page["text"], &page["has_more"]),
            (&log[start..start + 5].into(), &false.into())
        );
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
