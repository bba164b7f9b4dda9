//! Yunxiao Flow on the wire: the host deploy order in both editions, its run, a machine's log.

use std::fmt;
use std::net::Ipv4Addr;

use hyper::Method;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::story::{Batches, Phase, State, Unit};
use super::{Ask, Reply, System, TOKEN, home_time};

pub(super) static SYSTEM: System = System {
    args: &[
        "yunxiao",
        "--pipeline",
        "123",
        "--order",
        "1111",
        "--organization",
        "demo",
    ],
    secret: Some(("YUNXIAO_ACCESS_TOKEN", TOKEN)),
    about: "Alibaba Cloud Yunxiao Flow: machines in batches",
    default_units: 12,
    shows_previous_run: false,
    unsupported: &[],
    html_means_sign_in: false,
    answer,
};

/// Where the pipeline is, in the central and in the Region edition.
const PIPELINE: [&str; 2] = [
    "/oapi/v1/flow/organizations/demo/pipelines/123/",
    "/oapi/v1/flow/pipelines/123/",
];
const RUN: u64 = 7;
const ORDER: u64 = 1111;
const BATCHES: u32 = 3;
/// The job that makes the order is shown from here on; until then the pipeline builds.
const JOB_SHOWS: f64 = 0.03;
/// The networks that are set aside for documentation: no demo points at somebody's machine.
const NETWORKS: [[u8; 3]; 3] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];

/// The deploy order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    actions: Value,
    create_time: u64,
    creator: &'static str,
    current_batch: u32,
    deploy_machine_info: MachineInfo,
    deploy_order_id: u64,
    exception_code: Option<&'static str>,
    status: &'static str,
    total_batch: u32,
    update_time: u64,
}

/// The machines of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MachineInfo {
    batch_num: u32,
    deploy_machines: Vec<Machine>,
    host_group_id: u64,
}

/// One machine of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Machine {
    actions: Value,
    batch_num: u32,
    client_status: &'static str,
    create_time: u64,
    ip: Ipv4Addr,
    machine_sn: Sn,
    status: &'static str,
    update_time: u64,
}

/// The serial number of the machine with this index.
struct Sn(u32);

impl fmt::Display for Sn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "demo-sn-{:04}", u64::from(self.0) + 1)
    }
}

impl Serialize for Sn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Answers a request.
fn answer(ask: &Ask<'_>) -> Reply {
    if ask.header("x-yunxiao-token") != Some(TOKEN) {
        let text = "The access token is missing or not valid.";
        return error(ask, 401, "InvalidTokenError", text);
    }
    if *ask.method != Method::GET {
        let text = "The request method is not supported.";
        return error(ask, 405, "MethodNotAllowed", text).with_header("allow", "GET");
    }
    let mut places = PIPELINE.iter();
    let below = places.find_map(|place| ask.path.strip_prefix(place));
    let segments: Vec<&str> = below.unwrap_or_default().split('/').collect();
    let is = |text: &str, id: u64| text.parse() == Ok(id);
    match segments[..] {
        ["deploy", order] if is(order, ORDER) => Reply::json(200, &order_now(ask)),
        ["deploy", order, "machine", sn, "log"] if is(order, ORDER) => log(ask, sn),
        ["runs", "latestPipelineRun"] => run_now(ask),
        ["runs", run] if is(run, RUN) => run_now(ask),
        _ => not_found(ask),
    }
}

/// An error reply.
fn error(ask: &Ask<'_>, status: u16, code: &str, text: &str) -> Reply {
    let id = ask.request_id();
    let error = json!({ "errorCode": code, "errorMessage": text, "requestId": id });
    Reply::json(status, &error)
}

/// The reply to an id or a path that does not exist.
fn not_found(ask: &Ask<'_>) -> Reply {
    error(ask, 404, "NotFound", "The resource does not exist.")
}

/// What a person may do.
fn actions(kinds: &[&str]) -> Value {
    let action = |kind| json!({ "disable": false, "params": {}, "type": kind });
    kinds.iter().map(action).collect()
}

/// The timeline of the plan.
fn story(ask: &Ask<'_>) -> Batches {
    Batches::new(ask.plan.scenario, ask.plan.units, BATCHES)
}

/// The order as it stands. All machines of all batches are listed.
fn order_now(ask: &Ask<'_>) -> Order {
    let (story, share) = (story(ask), ask.share());
    let (phase, current_batch) = (story.phase(share), story.current(share));
    let machines = (0..story.units).map(|index| machine(ask, index, story.unit(index, share)));
    let (status, possible): (_, &[&str]) = match phase {
        Phase::Pending | Phase::Running => ("Running", &["StopVMDeployOrder"]),
        // The provider has no word for a failed order: it waits, and only a machine tells why.
        Phase::Paused | Phase::Failed => ("Waiting", &["ResumeVMDeployOrder", "StopVMDeployOrder"]),
        Phase::Succeeded => ("Success", &[]),
        Phase::Cancelled => ("Cancelled", &[]),
    };
    Order {
        actions: actions(possible),
        create_time: ask.began_ms,
        creator: "demo",
        current_batch,
        deploy_machine_info: MachineInfo {
            batch_num: current_batch,
            deploy_machines: machines.collect(),
            host_group_id: 123,
        },
        deploy_order_id: ORDER,
        exception_code: (phase == Phase::Failed).then_some("DeployScriptFailed"),
        status,
        total_batch: story.batches,
        update_time: ask.now_ms(),
    }
}

/// One machine as it stands.
fn machine(ask: &Ask<'_>, index: u32, unit: Unit) -> Machine {
    let (status, possible): (_, &[&str]) = match unit.state {
        State::Pending => ("Pending", &[]),
        State::Queued => ("Queued", &[]),
        State::Running => ("Running", &[]),
        State::Succeeded => ("Success", &[]),
        State::Failed => ("Failed", &["RetryVMDeployMachine", "SkipVMDeployMachine"]),
        State::Cancelled => ("Cancelled", &[]),
    };
    Machine {
        actions: actions(possible),
        batch_num: unit.batch,
        client_status: "ok",
        create_time: ask.began_ms,
        ip: ip(index),
        machine_sn: Sn(index),
        status,
        update_time: ask.wall_ms(unit.ended.or(unit.began).unwrap_or(0.0)),
    }
}

/// The address of a machine; beyond 762 machines only the serial numbers differ.
fn ip(index: u32) -> Ipv4Addr {
    let [a, b, c] = NETWORKS[(index / 254) as usize % NETWORKS.len()];
    Ipv4Addr::new(a, b, c, (index % 254) as u8 + 1)
}

/// The pipeline run around the order: a build, then the deploy job.
fn run_now(ask: &Ask<'_>) -> Reply {
    let share = ask.share();
    let status = match story(ask).phase(share) {
        Phase::Pending | Phase::Running => "RUNNING",
        Phase::Paused | Phase::Failed => "WAITING",
        Phase::Succeeded => "SUCCESS",
        Phase::Cancelled => "CANCELED",
    };
    let data = json!({ "deployOrderId": ORDER, "status": status }).to_string();
    let action = json!([{ "type": "GetVMDeployOrder", "displayType": "VM_DEPLOY", "disable": false,
                          "params": { "deployOrderId": ORDER }, "data": data }]);
    let (build, deploy, action) = match share < JOB_SHOWS {
        true => ("RUNNING", "INIT", json!([])),
        false => ("SUCCESS", status, action),
    };
    let stage = |index: &str, name: &str, status: &str, job: u64, actions: &Value| {
        json!({ "index": index, "name": name, "stageInfo": { "name": name, "status": status,
                "jobs": [{ "id": job, "name": name, "status": status, "actions": actions }] } })
    };
    let run = json!({
        "pipelineId": 123, "pipelineRunId": RUN, "status": status, "triggerMode": 1,
        "createTime": ask.began_ms, "updateTime": ask.now_ms(),
        "stages": [
            stage("Group0-Stage0", "Build", build, 71, &json!([])),
            stage("Group1-Stage0", "Deploy to hosts", deploy, 72, &action),
        ],
    });
    Reply::json(200, &run)
}

/// The log of the machine with this serial number, all of it each time.
fn log(ask: &Ask<'_>, sn: &str) -> Reply {
    let story = story(ask);
    let number = sn
        .strip_prefix("demo-sn-")
        .and_then(|number| number.parse().ok());
    let index = number.and_then(|number: u32| number.checked_sub(1));
    let is_known = |index: &u32| *index < story.units && Sn(*index).to_string() == sn;
    let Some(index) = index.filter(is_known) else {
        return not_found(ask);
    };
    let unit = story.unit(index, ask.share());
    let time = |at: Option<f64>| at.map_or_else(String::new, |at| ask.wall_ms(at).to_string());
    let log = json!({
        "aliyunRegion": "cn-hangzhou",
        "deployBeginTime": time(unit.began),
        "deployEndTime": time(unit.ended),
        "deployLog": log_text(ask, index, unit),
        "deployLogPath": format!("/root/deploy/log/{ORDER}_{sn}.log"),
    });
    Reply::json(200, &log)
}

/// What the agent on the machine has written so far.
fn log_text(ask: &Ask<'_>, index: u32, unit: Unit) -> String {
    let Some(began) = unit.began else {
        return String::new();
    };
    let (batch, host) = (unit.batch, ip(index));
    let start = home_time(ask.wall_ms(began));
    let end = home_time(ask.wall_ms(unit.ended.unwrap_or_else(|| ask.share())));
    let mut text = format!(
        "[{start}] deploy order {ORDER}, batch {batch}, host {host}\n\
         [{start}] downloading demo-app-1.4.2.tgz (48.2 MB)\n\
         [{start}] package ok, sha256 9f2c41d0\n\
         + systemctl stop demo-app\n\
         + tar -xzf /srv/demo-app/package.tgz -C /srv/demo-app/current\n\
         + systemctl start demo-app\n"
    );
    text += &match unit.state {
        State::Pending | State::Queued | State::Running => String::new(),
        State::Succeeded => format!(
            "+ curl -fsS http://127.0.0.1:8080/healthz\n\
             [{end}] deploy script exited with code 0\n"
        ),
        State::Failed => format!(
            "+ curl -fsS --retry 5 http://127.0.0.1:8080/healthz\n\
             curl: (7) Failed to connect to 127.0.0.1 port 8080: Connection refused\n\
             + journalctl -u demo-app -n 2\n\
             demo-app[2817]: cannot read /etc/demo-app/config.toml: Permission denied\n\
             systemd[1]: demo-app.service: Main process exited, status=1/FAILURE\n\
             [{end}] ERROR: deploy script exited with code 1\n"
        ),
        State::Cancelled => format!("[{end}] stopped: the order was cancelled\n"),
    };
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Scenario;
    use super::super::tests::{Headers, ask, plan};
    use super::*;

    const PATH: &str = "/oapi/v1/flow/organizations/demo/pipelines/123/deploy/1111";
    const SIGNED_IN: &Headers = &[("x-yunxiao-token", "demo-token")];

    /// The status and the JSON at `path`, `millis` into a deployment of twelve machines in 20 s.
    fn get(scenario: Scenario, millis: u64, path: &str) -> (u16, Value) {
        let (request, plan) = (format!("GET {path}"), plan(&SYSTEM, scenario, 12));
        let (reply, json) = ask(plan, millis, &request, SIGNED_IN, "");
        (reply.status, json)
    }

    #[test]
    fn the_order_at_a_moment() {
        use Scenario::{Cancel, Failure, Flaky, Pause, Success};
        for (scenario, millis, status, batch, eighth, last) in [
            (Success, 0, "Running", 1, "Pending", "Pending"),
            (Success, 7_000, "Running", 2, "Queued", "Pending"),
            (Success, 19_900, "Running", 3, "Success", "Success"),
            (Success, 20_000, "Success", 3, "Success", "Success"),
            (Failure, 12_000, "Running", 2, "Failed", "Pending"),
            (Failure, 13_000, "Waiting", 2, "Failed", "Pending"),
            (Failure, 900_000, "Waiting", 2, "Failed", "Pending"),
            (Pause, 6_000, "Waiting", 1, "Pending", "Pending"),
            (Pause, 10_000, "Running", 2, "Queued", "Pending"),
            (Pause, 20_000, "Success", 3, "Success", "Success"),
            (Cancel, 10_000, "Cancelled", 2, "Cancelled", "Cancelled"),
            (Flaky, 10_000, "Running", 2, "Failed", "Pending"),
            (Flaky, 12_000, "Running", 2, "Running", "Pending"),
            (Flaky, 20_000, "Success", 3, "Success", "Success"),
        ] {
            let (code, order) = get(scenario, millis, PATH);
            let machines = &order["deployMachineInfo"]["deployMachines"];
            let seen = (
                &order["currentBatch"],
                &machines[7]["status"],
                &machines[11]["status"],
            );
            let told = (&batch.into(), &eighth.into(), &last.into());
            assert_eq!(
                (code, &order["status"]),
                (200, &status.into()),
                "{scenario:?} {millis}"
            );
            assert_eq!(seen, told, "{scenario:?} {millis}");
        }
    }

    #[test]
    fn who_may_ask_for_what() {
        let plan = plan(&SYSTEM, Scenario::Success, 12);
        let (wrong, none): (&Headers, &Headers) = (&[("x-yunxiao-token", "pt-wrong")], &[]);
        for (method, below, headers, status, code) in [
            ("GET", "123/deploy/1111", SIGNED_IN, 200, Value::Null),
            (
                "GET",
                "123/deploy/1111",
                none,
                401,
                "InvalidTokenError".into(),
            ),
            (
                "GET",
                "123/deploy/1111",
                wrong,
                401,
                "InvalidTokenError".into(),
            ),
            (
                "POST",
                "123/deploy/1111",
                SIGNED_IN,
                405,
                "MethodNotAllowed".into(),
            ),
            ("GET", "123/deploy/2", SIGNED_IN, 404, "NotFound".into()),
            ("GET", "9/deploy/1111", SIGNED_IN, 404, "NotFound".into()),
        ] {
            let request = format!("{method} /oapi/v1/flow/pipelines/{below}");
            let (reply, json) = ask(plan, 0, &request, headers, "");
            assert_eq!(
                (reply.status, &json["errorCode"]),
                (status, &code),
                "{request}"
            );
        }
    }

    #[test]
    fn the_run_leads_to_the_order() {
        for (scenario, run, millis, status, order) in [
            (Scenario::Success, "latestPipelineRun", 100, "RUNNING", None),
            (
                Scenario::Success,
                "latestPipelineRun",
                900,
                "RUNNING",
                Some(ORDER),
            ),
            (Scenario::Failure, "7", 15_000, "WAITING", Some(ORDER)),
            (Scenario::Cancel, "7", 15_000, "CANCELED", Some(ORDER)),
        ] {
            let (code, json) = get(scenario, millis, &format!("{}runs/{run}", PIPELINE[1]));
            let action = &json["stages"][1]["stageInfo"]["jobs"][0]["actions"][0];
            assert_eq!((code, &json["status"]), (200, &status.into()));
            assert_eq!(action["params"]["deployOrderId"].as_u64(), order);
        }
        let other = format!("{}runs/8", PIPELINE[1]);
        assert_eq!(get(Scenario::Success, 0, &other).0, 404);
    }

    #[test]
    fn the_log_ends_in_the_error() {
        for (sn, status, end) in [
            (
                "demo-sn-0008",
                200,
                "\n[2025-07-09 11:36:39] ERROR: deploy script exited with code 1\n",
            ),
            ("demo-sn-0001", 200, "deploy script exited with code 0\n"),
            ("demo-sn-0012", 200, ""),
            ("demo-sn-0013", 404, ""),
            ("demo-sn-8", 404, ""),
            ("demo-sn-0000", 404, ""),
        ] {
            let (code, log) = get(
                Scenario::Failure,
                15_000,
                &format!("{PATH}/machine/{sn}/log"),
            );
            let text = log["deployLog"].as_str().unwrap_or_default();
            assert_eq!((code, text.is_empty()), (status, end.is_empty()), "{sn}");
            assert!(text.ends_with(end), "{text}");
        }
    }

    #[test]
    fn many_machines_have_names_of_their_own() {
        let plan = plan(&SYSTEM, Scenario::Success, 2000);
        let (_, order) = ask(plan, 0, &format!("GET {PATH}"), SIGNED_IN, "");
        let machines = order["deployMachineInfo"]["deployMachines"]
            .as_array()
            .unwrap();
        for (place, ip, sn) in [
            (0, "192.0.2.1", "demo-sn-0001"),
            (254, "198.51.100.1", "demo-sn-0255"),
            (761, "203.0.113.254", "demo-sn-0762"),
            (762, "192.0.2.1", "demo-sn-0763"),
        ] {
            let machine = &machines[place];
            assert_eq!(
                (&machine["ip"], &machine["machineSn"]),
                (&ip.into(), &sn.into())
            );
        }
    }
}
