//! ServiceStage on the wire: the components of a release, its plan, and the jobs behind them.

use hyper::Method;
use serde::Serialize;
use serde_json::json;

use super::story::{Batches, Phase, State, Unit};
use super::{Ask, Reply, Scenario, System, TOKEN, numbered};

pub(super) static SYSTEM: System = System {
    args: &["servicestage", "--project", PROJECT, "--release", RELEASE],
    secret: Some(("HW_AUTH_TOKEN", TOKEN)),
    about: "Huawei Cloud ServiceStage: components in batches",
    default_units: 8,
    shows_previous_run: false,
    unsupported: &[],
    html_means_sign_in: false,
    answer,
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

/// The components of a release.
#[derive(Serialize)]
struct DeployInfo {
    id: &'static str,
    components: Vec<Component>,
}

/// One component. `status` is its own; `job_status` is the release's.
#[derive(Serialize)]
struct Component {
    id: String,
    name: String,
    version: &'static str,
    seq: u32,
    status: &'static str,
    job_id: Option<String>,
    job_status: &'static str,
    start_time: u64,
    end_time: u64,
    fail_message: Option<&'static str>,
    rollback_job_id: Option<String>,
    rollback_job_status: Option<&'static str>,
    rollback_start_time: u64,
    rollback_end_time: u64,
    rollback_fail_message: Option<&'static str>,
}

/// A release at some moment.
struct Release<'a> {
    ask: &'a Ask<'a>,
    story: Batches,
    share: f64,
    phase: Phase,
}

/// The rollback of a component.
struct Rollback {
    began: f64,
    ended: Option<f64>,
}

impl Rollback {
    /// Where its job stands.
    const fn job_status(&self) -> &'static str {
        match self.ended {
            Some(_) => "SUCCEEDED",
            None => "RUNNING",
        }
    }
}

/// Answers a request.
fn answer(ask: &Ask<'_>) -> Reply {
    let segments = ask.segments();
    let ["v3", project, "cas", resource @ ..] = segments.as_slice() else {
        return ask.huawei_unknown_api();
    };
    if *ask.method != Method::GET {
        return ask.huawei_unknown_api();
    }
    if !ask.has_huawei_credentials() {
        return ask.huawei_unauthorized();
    }
    if *project != PROJECT {
        return error(403, "SVCSTG.00100403", "The token is not for this project.");
    }
    let batches = ask.plan.units.div_ceil(PER_BATCH);
    let story = Batches::new(ask.plan.scenario, ask.plan.units, batches);
    let share = ask.share();
    let phase = story.phase(share);
    let release = Release {
        ask,
        story,
        share,
        phase,
    };
    match resource {
        ["release-plans", RELEASE, "deploy-info"] => release.deploy_info(),
        ["release-plans", RELEASE] => release.plan(),
        ["release-plans", _] | ["release-plans", _, "deploy-info"] => {
            error(404, "SVCSTG.00100433", "The release plan does not exist.")
        }
        ["jobs", id] => release
            .job(id)
            .unwrap_or_else(|| error(404, "SVCSTG.00100404", "The job does not exist.")),
        _ => ask.huawei_unknown_api(),
    }
}

/// An error of the service, behind the gateway.
fn error(status: u16, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({ "error_code": code, "error_msg": text }))
}

/// The id of the component, or of its job, with this index.
fn id(kind: &str, index: u32) -> String {
    format!("{kind}{index:012x}")
}

impl Release<'_> {
    /// The components as they stand.
    fn deploy_info(&self) -> Reply {
        let components = (0..self.story.units).map(|index| self.component(index));
        let (id, components) = (RELEASE, components.collect());
        Reply::json(200, &DeployInfo { id, components })
    }

    /// One component as it stands.
    fn component(&self, index: u32) -> Component {
        let unit = self.story.unit(index, self.share);
        let rollback = self.rollback(unit);
        let rollback = rollback.as_ref();
        let time = |share: Option<f64>| share.map_or(0, |at| self.ask.wall_ms(at));
        Component {
            id: id(COMPONENT_ID, index),
            name: numbered(&NAMES, index),
            version: "2025.0709.1",
            seq: unit.batch,
            status: self.own_status(index, unit),
            job_id: unit.began.map(|_| id(JOB_ID, index)),
            job_status: job_status(index, unit),
            start_time: time(unit.began),
            end_time: time(unit.ended),
            fail_message: (unit.state == State::Failed).then_some(REASON),
            rollback_job_id: rollback.map(|_| id(ROLLBACK_JOB_ID, index)),
            rollback_job_status: rollback.map(Rollback::job_status),
            rollback_start_time: time(rollback.map(|rollback| rollback.began)),
            rollback_end_time: time(rollback.and_then(|rollback| rollback.ended)),
            rollback_fail_message: None,
        }
    }

    /// The component's own state, in which RUNNING means well.
    fn own_status(&self, index: u32, unit: Unit) -> &'static str {
        // The pause is for a look at the last component of the first batch, which serves already.
        let gray = self.phase == Phase::Paused && index + 1 == PER_BATCH.min(self.story.units);
        match unit.state {
            State::Succeeded if gray => "GRAYING",
            State::Cancelled => "ABORTED",
            State::Failed => match self.rollback(unit).and_then(|rollback| rollback.ended) {
                Some(_) => "ROLLBACK_SUCCEED",
                None => "FAILED",
            },
            _ => "RUNNING",
        }
    }

    /// The rollback of a component, which begins as soon as it has failed for good.
    fn rollback(&self, unit: Unit) -> Option<Rollback> {
        let began = unit.ended.filter(|_| unit.state == State::Failed)?;
        let end = began + ROLLBACK;
        let ended = (self.share >= end).then_some(end);
        Some(Rollback { began, ended })
    }

    /// The release itself.
    fn plan(&self) -> Reply {
        let victim = self.story.unit(self.story.victim(), self.share);
        let rolled_back = self.rollback(victim).and_then(|rollback| rollback.ended);
        let status = match self.phase {
            Phase::Failed if rolled_back.is_some() => "FAILED",
            Phase::Pending | Phase::Running | Phase::Failed => "RUNNING",
            Phase::Paused => "GRAYING",
            Phase::Succeeded => "SUCCESS",
            Phase::Cancelled => "ABORTED",
        };
        // What stops at a failure is not tried again.
        let fail_strategy = match self.ask.plan.scenario {
            Scenario::Flaky => "continue",
            _ => "stop",
        };
        let plan = json!({
            "id": RELEASE, "name": "demo-release", "project_id": PROJECT, "status": status,
            "fail_strategy": fail_strategy, "create_time": self.ask.began_ms, "update_time": self.ask.now_ms(),
        });
        Reply::json(200, &plan)
    }

    /// The job with this id and its tasks, if it has begun.
    fn job(&self, job: &str) -> Option<Reply> {
        let (head, digits) = job.split_at_checked(JOB_ID.len())?;
        let index = u32::from_str_radix(digits, 16).ok()?;
        if index >= self.story.units || id(head, index) != job {
            return None;
        }
        let unit = self.story.unit(index, self.share);
        let (began, status, name) = match head {
            JOB_ID => (unit.began?, job_status(index, unit), "Update workload"),
            ROLLBACK_JOB_ID => {
                let rollback = self.rollback(unit)?;
                (rollback.began, rollback.job_status(), "Roll back workload")
            }
            _ => return None,
        };
        let messages = if status == "FAILED" { REASON } else { "" };
        let created_at = self.ask.wall_ms(began).to_string();
        let task = |place: u32, name: &str, status: &str, messages: &str| {
            json!({ "task_id": format!("{}-{place}", &job[3..]), "task_index": place, "task_name": name,
                    "task_type": "DEPLOY", "task_status": status, "messages": messages,
                    "created_at": created_at, "updated_at": self.ask.now_ms().to_string() })
        };
        let job = json!({
            "task_count": 2,
            "job": { "job_id": job, "project_id": PROJECT, "job_type": "DAILY_OPERATION",
                     "execution_status": status },
            "tasks": [task(0, "Pull image", "SUCCEEDED", ""), task(1, name, status, messages)],
        });
        Some(Reply::json(200, &job))
    }
}

/// Where the job of a component stands.
const fn job_status(index: u32, unit: Unit) -> &'static str {
    match unit.state {
        State::Pending => "CREATED",
        State::Queued if index.is_multiple_of(2) => "SUBMITTED",
        State::Queued => "SCHEDULED",
        State::Running => "RUNNING",
        State::Succeeded => "SUCCEEDED",
        State::Failed => "FAILED",
        State::Cancelled if unit.began.is_some() => "CANCELLED",
        // There was no job yet that could be cancelled.
        State::Cancelled => "CREATED",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

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
