//! FusionInsight Manager on the wire: the progress of a command, behind Basic and a session cookie.

use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::story::{Phase, Steps};
use super::{Ask, Reply, Scenario, System, numbered};

pub(super) static SYSTEM: System = System {
    args: &["mrs", "--command", COMMAND, "--user", "demo"],
    secret: Some(("MRS_PASSWORD", "demo-password")),
    about: "Huawei MRS / FusionInsight Manager: a percentage and step names",
    default_units: 6,
    shows_previous_run: false,
    unsupported: &[
        (Scenario::Pause, "an mrs command never waits for a person"),
        (Scenario::Cancel, "mrs has no word for a cancelled command"),
    ],
    html_means_sign_in: true,
    answer,
};

const COMMAND: &str = "42";
/// `demo:demo-password` in Base64.
const BASIC: &str = "Basic ZGVtbzpkZW1vLXBhc3N3b3Jk";
/// The session that a sign-in opens: the same for everybody, which spares the server a memory.
const SESSION: &str = "JSESSIONID=demo-session";
const SIGN_IN: &str = "https://127.0.0.1:20009/cas/login";
/// What a wrong password gets, under a status that claims success.
const SIGN_IN_PAGE: &str = "<!DOCTYPE html><html><head><title>FusionInsight Manager</title></head>\
    <body><form id=\"fm1\" action=\"/cas/login\" method=\"post\"><input name=\"username\">\
    <input name=\"password\" type=\"password\"></form><p>Incorrect username or password.</p></body></html>";
#[rustfmt::skip]
const STEPS: [&str; 6] =
    ["Check", "StopService", "SyncConfig", "StartNameNode", "StartDataNode", "HealthCheck"];
const REASON: &str = "Failed to start NameNode on host 192.0.2.7: port 8020 is already in use.";
/// When, in the flaky scenario, the percentage starts anew for a while.
const FALLS_BACK: std::ops::Range<f64> = 0.45..0.5;

/// The progress of a command.
#[derive(Serialize)]
struct Progress {
    id: u64,
    state: &'static str,
    error_code: u32,
    error_description: &'static str,
    /// It has no documented scale; in the vendor's example of a finished command it is 0.
    total_progress: f64,
    res_obj: Details,
}

/// How far a command has got.
#[derive(Serialize)]
struct Details {
    cluster_id: u64,
    step_list: Vec<Step>,
    fail_entity_list: Value,
    /// A percentage, whatever its name says.
    total_step_size: u32,
}

/// A step that has begun.
#[derive(Serialize)]
struct Step {
    name: String,
    description: &'static str,
}

/// Answers a request.
fn answer(ask: &Ask<'_>) -> Reply {
    let cookies = ask.header("cookie").unwrap_or_default();
    if cookies.split(';').any(|cookie| cookie.trim() == SESSION) {
        return authorized(ask);
    }
    match ask.header("authorization") {
        Some(BASIC) => {
            authorized(ask).with_header("set-cookie", format!("{SESSION}; Path=/web; HttpOnly"))
        }
        Some(_) => Reply::html(200, SIGN_IN_PAGE),
        None => Reply::html(302, "").with_header("location", SIGN_IN),
    }
}

/// Answers somebody who has signed in.
fn authorized(ask: &Ask<'_>) -> Reply {
    let error = |status, code: &str, text: &str| {
        let error = json!({ "error_code": code, "error_description": text });
        Reply::json(status, &error)
    };
    match ask.segments()[..] {
        ["web", "v1", "common", "command", _, "progress"] if *ask.method != Method::GET => {
            error(405, "405", "The method is not allowed.")
        }
        ["web", "v1", "common", "command", COMMAND, "progress"] => Reply::json(200, &progress(ask)),
        ["web", "v1", "common", "command", _, "progress"] => {
            error(404, "12-4040001", "The command does not exist.")
        }
        _ => Reply::html(404, "<h1>404 Not Found</h1>"),
    }
}

/// The progress of the command.
fn progress(ask: &Ask<'_>) -> Progress {
    let (steps, share) = (Steps::new(ask.plan.scenario, ask.plan.units), ask.share());
    let at_work = (steps.done(share) + 1).min(steps.count);
    let (state, begun) = match steps.phase(share) {
        Phase::Pending => ("NEW", 0),
        Phase::Running | Phase::Paused | Phase::Cancelled => ("IN_PROGRESS", at_work),
        Phase::Failed => ("FAILED", at_work),
        Phase::Succeeded => ("COMPLETE", at_work),
    };
    let (error_code, error_description, fail_entity_list) = match state {
        "FAILED" => {
            let entity = json!({ "fail_entity": "NameNode@192.0.2.7", "operation_type": "START" });
            (25_000_012, REASON, json!([entity]))
        }
        _ => (0, "", json!([])),
    };
    let step = |index| Step {
        name: numbered(&STEPS, index),
        description: "Simulated",
    };
    Progress {
        id: 0,
        state,
        error_code,
        error_description,
        total_progress: 0.0,
        res_obj: Details {
            cluster_id: 1,
            step_list: (0..begun).map(step).collect(),
            fail_entity_list,
            total_step_size: match ask.plan.scenario {
                Scenario::Flaky if FALLS_BACK.contains(&share) => 0,
                _ => (steps.progress(share) * 100.0) as u32,
            },
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const PATH: &str = "GET /web/v1/common/command/42/progress";
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
        ] {
            let (reply, _) = ask(plan, 0, request, headers, "");
            assert_eq!(reply.status, status, "{request} {headers:?}");
            assert!(reply.content_type.contains(kind), "{request} {headers:?}");
            assert_eq!(reply.header.map(|(name, _)| name), header);
        }
    }
}
