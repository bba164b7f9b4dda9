//! The klcloud FSD installer on the wire: two lists of steps, the plan and what is finished of it.

use std::borrow::Cow;

use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::story::{Phase, Steps};
use super::{Ask, Reply, Scenario, System};

pub(super) static SYSTEM: System = System {
    // Without `--fresh` it would report the previous run.
    args: &["fsd", "--fresh"],
    secret: None,
    about: "klcloud FSD installer: steps one after another",
    default_units: 4,
    shows_previous_run: true,
    unsupported: &[
        (
            Scenario::Pause,
            "the fsd installer never waits for a person",
        ),
        (
            Scenario::Cancel,
            "an fsd installer that is stopped never says so",
        ),
    ],
    html_means_sign_in: false,
    answer,
};

const KEY: &str = "deploy:klcloud-fsd";
/// The playbooks.
const NAMES: [(&str, &str); 6] = [
    ("check_param", "检测部署脚本"),
    ("ready_environment", "准备部署环境"),
    ("deploy_ceph", "部署文件系统"),
    ("deploy_trochilus", "部署虚拟化系统"),
    ("deploy_monitor", "部署监控系统"),
    ("check_service", "检测系统服务"),
];
/// How many steps a second attempt has more than a first one.
const MORE_AT_RETRY: u32 = 2;
/// The step that fails in the first attempt before a second one.
const FAILED_BEFORE: u32 = 2;
/// When, as a share of the time the previous run is in view, its plan is cleared.
const PLAN_CLEARED: f64 = 0.5;
/// When the list of what it finished is cleared too: not at once, which a watcher can see.
const ALL_CLEARED: f64 = 0.75;
const REASON: &str =
    "TASK [ceph-osd : create osd] fatal: [node-2]: FAILED! => /dev/sdb is in use by the system";
const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n\
    <h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>\n";

/// What every answer is wrapped in.
#[derive(Serialize)]
struct Envelope {
    code: u32,
    data: Data,
    message: &'static str,
    path: &'static str,
    state: u32,
    timestamp: u64,
}

/// The state of the one run there is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    is_end: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'static str>,
    now_list: Vec<Step>,
    process_list: Vec<Step>,
    uu_id: &'static str,
}

/// A step of either list.
#[derive(Serialize)]
struct Step {
    en: Cow<'static, str>,
    message: &'static str,
    result: bool,
    sort: u32,
    zh: Cow<'static, str>,
}

/// Answers a request.
fn answer(ask: &Ask<'_>) -> Reply {
    let method = match ask.path {
        "/api/deploy/status" | "/api/extend/status" => Method::POST,
        "/api/upgrade/status" => Method::GET,
        _ => return Reply::html(404, NOT_FOUND),
    };
    let error = |status, text: Value| Reply::json(status, &json!({ "message": text }));
    if *ask.method != method {
        let text = "The method is not allowed for the requested URL.";
        return error(405, text.into()).with_header("allow", method.as_str());
    }
    if method == Method::GET {
        return Reply::json(200, &status(ask, None));
    }
    let kind = ask.header("content-type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        let text = "The request Content-Type was not 'application/json'.";
        return error(415, text.into());
    }
    let body: Result<Value, _> = serde_json::from_slice(ask.body);
    match body.map(|body| body["key"].is_string()) {
        // The server has one run, whatever the key.
        Ok(true) => Reply::json(200, &status(ask, Some(KEY))),
        Ok(false) => error(400, json!({ "key": "Missing required parameter" })),
        Err(_) => error(400, "The server could not understand the request.".into()),
    }
}

/// The two lists as they stand.
fn status(ask: &Ask<'_>, key: Option<&'static str>) -> Envelope {
    let share = ask.share();
    let first = ask.plan.units.max(1);
    let second = first.saturating_add(MORE_AT_RETRY);
    let retry = ask.plan.scenario == Scenario::Flaky;
    let (process_list, now_list) = if share >= 0.0 {
        let steps = Steps::new(ask.plan.scenario, if retry { second } else { first });
        let failed = steps.phase(share) == Phase::Failed;
        (plan(steps.count), finished(steps.done(share), failed))
    } else if retry {
        previous(ask, first, FAILED_BEFORE.min(first - 1))
    } else {
        // A run of another length: a slow watcher, too, can tell it from this one.
        previous(ask, second, second)
    };
    // The server's own rule: a failure is an end, and so are two empty lists.
    let failed = now_list.iter().any(|step| !step.result);
    let is_end = failed || process_list.len() == now_list.len();
    let uu_id = "";
    Envelope {
        code: 0,
        data: Data {
            is_end,
            key,
            now_list,
            process_list,
            uu_id,
        },
        message: "",
        path: "",
        state: 200,
        timestamp: ask.now_ms(),
    }
}

/// The run before, in which so many of `count` steps went well, while its tables are cleared.
fn previous(ask: &Ask<'_>, count: u32, done: u32) -> (Vec<Step>, Vec<Step>) {
    let failed = done < count;
    match ask.elapsed.as_secs_f64() / ask.plan.lead().as_secs_f64() {
        ..PLAN_CLEARED => (plan(count), finished(done, failed)),
        ..ALL_CLEARED => (Vec::new(), finished(done, failed)),
        _ => (Vec::new(), Vec::new()),
    }
}

/// The steps of a run; their results say nothing.
fn plan(count: u32) -> Vec<Step> {
    (0..count).map(|index| step(index, true, "")).collect()
}

/// The steps that have ended, the last one badly if one `failed`; none is ever said to be at work.
fn finished(done: u32, failed: bool) -> Vec<Step> {
    let failure = failed.then(|| step(done, false, REASON));
    let done = (0..done).map(|index| step(index, true, "成功"));
    done.chain(failure).collect()
}

/// The step with this index.
fn step(index: u32, result: bool, message: &'static str) -> Step {
    let (en, zh) = match NAMES.get(index as usize) {
        Some(&(en, zh)) => (en.into(), zh.into()),
        None => (
            format!("step_{index}").into(),
            format!("步骤 {index}").into(),
        ),
    };
    let sort = index;
    Step {
        en,
        message,
        result,
        sort,
        zh,
    }
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
