//! FusionInsight Manager on the wire: the progress of a command, behind Basic and a session cookie.

use serde_json::{Value, json};

use super::story::{DemoState, FIRST_STEP, Story, WORK};
use super::{ApiError, Call, Reply, Scenario, System, numbered};

pub(super) static SYSTEM: System = System {
    args: &["mrs", "--command", COMMAND, "--user", "demo"],
    whole_run: None,
    secret: Some(("MRS_PASSWORD", "demo-password")),
    about: "Huawei MRS / FusionInsight Manager: a percentage and step names",
    default_units: 6,
    lead: 0.0,
    unsupported: &[Scenario::Pause, Scenario::Cancel],
    stray_status: 502,
    answer,
};

const COMMAND: &str = "42";
/// `demo:demo-password` in Base64.
const BASIC: &str = "Basic ZGVtbzpkZW1vLXBhc3N3b3Jk";
/// The session cookie of every sign-in: the server keeps no sessions.
const SESSION: &str = "JSESSIONID=demo-session";
const SET_COOKIE: &str = "JSESSIONID=demo-session; Path=/web; HttpOnly";
const SESSION_STATUS: &str = "/web/api/v2/session/status";
const SIGN_IN: &str = "https://127.0.0.1:20009/cas/login";
/// The reply to a wrong password, under HTTP 200.
const SIGN_IN_PAGE: &str = "<!DOCTYPE html><html><head><title>FusionInsight Manager</title></head>\
    <body><form id=\"fm1\" action=\"/cas/login\" method=\"post\"><input name=\"username\">\
    <input name=\"password\" type=\"password\"></form><p>Incorrect username or password.</p></body></html>";
#[rustfmt::skip]
const STEPS: [&str; 6] =
    ["Check", "StopService", "SyncConfig", "StartNameNode", "StartDataNode", "HealthCheck"];
const REASON: &str = "Failed to start NameNode on host 192.0.2.7: port 8020 is already in use.";
/// When the percentage falls back to 0 in the flaky scenario.
const FALLS_BACK: std::ops::Range<f64> = 0.45..0.5;
const NOT_ALLOWED: ApiError = (405, "405", "The method is not allowed.");
const NOT_FOUND: ApiError = (404, "12-4040001", "The command does not exist.");

fn answer(call: &Call) -> Reply {
    let cookies = call.header("cookie").unwrap_or_default();
    match call.header("authorization") {
        _ if cookies.split(';').any(|cookie| cookie.trim() == SESSION) => authorized(call),
        Some(BASIC) => authorized(call).with_header("set-cookie", SET_COOKIE),
        Some(_) => Reply::html(200, SIGN_IN_PAGE),
        None => Reply::html(302, "").with_header("location", SIGN_IN),
    }
}

fn authorized(call: &Call) -> Reply {
    let path = call.path.strip_prefix("/web/v1/common/command/");
    let result = match path.and_then(|path| path.strip_suffix("/progress")) {
        None if call.path == SESSION_STATUS => Ok(json!({ "status": "success" })),
        None => return Reply::html(404, "<h1>404 Not Found</h1>"),
        Some(_) if call.method != "GET" => Err(NOT_ALLOWED),
        Some(COMMAND) => Ok(progress(call)),
        Some(_) => Err(NOT_FOUND),
    };
    let error = |code: &str, text: &str| json!({ "error_code": code, "error_description": text });
    Reply::api(result, error)
}

fn progress(call: &Call) -> Value {
    let story = Story::steps(call.plan.scenario, call.plan.units(), call.share());
    let state = match story.state {
        DemoState::Pending => "NEW",
        DemoState::Failed => "FAILED",
        DemoState::Succeeded => "COMPLETE",
        _ => "IN_PROGRESS",
    };
    let failed = story.state == DemoState::Failed;
    let entity = json!({ "fail_entity": "NameNode@192.0.2.7", "operation_type": "START" });
    let begun = story.units.iter().filter(|unit| unit.began.is_some());
    let step = |index| json!({ "name": numbered(&STEPS, index), "description": "Simulated" });
    let percent = match call.plan.scenario {
        Scenario::Flaky if FALLS_BACK.contains(&call.share()) => 0.0,
        _ => 100.0 * (story.now - FIRST_STEP) / (WORK - FIRST_STEP),
    };
    json!({
        "id": 0, "state": state,
        "error_code": if failed { 25_000_012 } else { 0 },
        "error_description": if failed { REASON } else { "" },
        // It has no documented scale; in the vendor's example of a finished command it is 0.
        "total_progress": 0.0,
        "res_obj": {
            "cluster_id": 1, "fail_entity_list": failed.then_some(entity).as_slice(),
            "step_list": begun.map(|unit| step(unit.index)).collect::<Value>(),
            // A percentage, whatever its name says.
            "total_step_size": percent.clamp(0.0, 100.0) as u32,
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const PATH: &str = "GET /web/v1/common/command/42/progress";
    const STATUS: &str = "GET /web/api/v2/session/status";
    const SIGNED_IN: &Headers = &[("authorization", BASIC)];

    #[test]
    fn the_command_at_a_moment() {
        use Scenario::{Failure, Flaky, Success};
        for (scenario, millis, state, percent, steps, entities) in [
            (Success, 0, "NEW", 0, 0, 0),
            (Success, 2_000, "IN_PROGRESS", 5, 1, 0),
            (Success, 10_000, "IN_PROGRESS", 48, 3, 0),
            // Not over at 100 %.
            (Success, 19_600, "IN_PROGRESS", 100, 6, 0),
            (Success, 20_000, "COMPLETE", 100, 6, 0),
            (Failure, 60_000, "FAILED", 59, 4, 1),
            (Flaky, 9_500, "IN_PROGRESS", 0, 3, 0),
            (Flaky, 20_000, "COMPLETE", 100, 6, 0),
        ] {
            let (_, json) = ask(plan(&SYSTEM, scenario, 6), millis, PATH, SIGNED_IN, "");
            let details = &json["res_obj"];
            let length = |list: &str| details[list].as_array().unwrap().len();
            let lengths = (length("step_list"), length("fail_entity_list"));
            let seen = (&json["state"], &details["total_step_size"], lengths);
            let told = (&state.into(), &percent.into(), (steps, entities));
            assert_eq!(seen, told, "{scenario:?} {millis}");
            assert_eq!(json["error_code"] != 0, state == "FAILED");
        }
    }

    #[test]
    fn who_may_ask_for_what() {
        let plan = plan(&SYSTEM, Scenario::Success, 6);
        let session: &Headers = &[("cookie", "lang=en; JSESSIONID=demo-session")];
        let wrong: &Headers = &[("authorization", "Basic ZGVtbzp3cm9uZw==")];
        for (request, headers, status, kind, header) in [
            (PATH, SIGNED_IN, 200, "json", Some("set-cookie")),
            (PATH, session, 200, "json", None),
            (PATH, wrong, 200, "html", None),
            (PATH, &[], 302, "html", Some("location")),
            (&PATH.replace("42", "43"), session, 404, "json", None),
            (&PATH.replace("GET", "POST"), session, 405, "json", None),
            ("GET /", session, 404, "html", None),
            (STATUS, SIGNED_IN, 200, "json", Some("set-cookie")),
            (STATUS, wrong, 200, "html", None),
        ] {
            let (reply, _) = ask(plan, 0, request, headers, "");
            assert_eq!(reply.status, status, "{request} {headers:?}");
            assert!(reply.headers.contains(kind), "{request} {headers:?}");
            let names = reply
                .headers
                .lines()
                .map(|line| line.split_once(':').unwrap().0);
            assert_eq!(names.into_iter().nth(1), header);
        }
    }
}
