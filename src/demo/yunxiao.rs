//! Yunxiao Flow on the wire: the host deploy order in both editions, its run, a machine's log.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::story::{DemoState, DemoUnit, Story};
use super::{ApiError, Call, Reply, System, TOKEN, home_time};

pub(super) static SYSTEM: System = System {
    #[rustfmt::skip]
    args: &["yunxiao", "--pipeline", "123", "--order", "1111", "--organization", "demo"],
    #[rustfmt::skip]
    whole_run: Some(&["yunxiao", "--pipeline", "123", "--whole-run", "--run", "7", "--organization", "demo"]),
    secret: Some(("YUNXIAO_ACCESS_TOKEN", TOKEN)),
    about: "Alibaba Cloud Yunxiao Flow: machines in batches",
    default_units: 12,
    lead: 0.0,
    unsupported: &[],
    stray_status: 200,
    answer: |call| Reply::api(answer(call), error),
};

const RUN: u64 = 7;
const ORDER: u64 = 1111;
const BATCHES: u32 = 3;
/// When the job that makes the order begins; until then the pipeline builds.
const JOB_SHOWS: f64 = 0.03;
/// The networks reserved for documentation.
const NETWORKS: [[u8; 3]; 3] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
const UNAUTHORIZED: ApiError = (401, "InvalidTokenError", "The access token is not valid.");
const NOT_ALLOWED: ApiError = (405, "MethodNotAllowed", "The method is not supported.");
const NOT_FOUND: ApiError = (404, "NotFound", "The resource does not exist.");

fn answer(call: &Call) -> Result<Value, ApiError> {
    if call.header("x-yunxiao-token") != Some(TOKEN) {
        return Err(UNAUTHORIZED);
    }
    if call.method != "GET" {
        return Err(NOT_ALLOWED);
    }
    let story = Story::batches(call.plan.scenario, call.plan.units(), BATCHES, call.share());
    // The central edition names the organization, the Region edition does not.
    let path = call.path.replace("/organizations/demo/", "/");
    let below = path.strip_prefix("/oapi/v1/flow/pipelines/123/");
    let segments: Vec<&str> = below.ok_or(NOT_FOUND)?.split('/').collect();
    let is = |text: &str, id: u64| text.parse() == Ok(id);
    match segments[..] {
        ["deploy", id] if is(id, ORDER) => Ok(order(call, &story)),
        ["deploy", id, "machine", sn, "log"] if is(id, ORDER) => {
            let mut units = story.units.iter();
            let unit = units.find(|unit| serial_number(unit) == sn);
            Ok(log(call, unit.ok_or(NOT_FOUND)?))
        }
        ["runs", id] if id == "latestPipelineRun" || is(id, RUN) => Ok(run(call, &story)),
        _ => Err(NOT_FOUND),
    }
}

fn error(code: &str, text: &str) -> Value {
    json!({ "errorCode": code, "errorMessage": text, "requestId": "demo-000000000001" })
}

/// The order, with the machines of all batches.
fn order(call: &Call, story: &Story) -> Value {
    let machines = story.units.iter().map(|unit| machine(call, unit));
    let status = match story.state {
        // There is no status for a failed order: it waits, and a machine is failed.
        DemoState::Paused | DemoState::Failed => "Waiting",
        DemoState::Succeeded => "Success",
        DemoState::Cancelled => "Cancelled",
        _ => "Running",
    };
    json!({
        "deployOrderId": ORDER, "creator": "demo", "status": status, "actions": [],
        "createTime": call.began_ms, "updateTime": call.wall_ms(call.share()),
        "exceptionCode": (story.state == DemoState::Failed).then_some("DeployScriptFailed"),
        "currentBatch": story.batch, "totalBatch": story.units.last().map(|unit| unit.batch),
        "deployMachineInfo": {
            "hostGroupId": 123, "batchNum": story.batch, "deployMachines": machines.collect::<Value>(),
        },
    })
}

fn machine(call: &Call, unit: &DemoUnit) -> Value {
    let status = match unit.state {
        DemoState::Pending => "Pending",
        DemoState::Queued => "Queued",
        DemoState::Running | DemoState::Paused => "Running",
        DemoState::Succeeded => "Success",
        DemoState::Failed => "Failed",
        DemoState::Cancelled => "Cancelled",
    };
    json!({
        "machineSn": serial_number(unit), "ip": ip(unit), "batchNum": unit.batch,
        "status": status, "clientStatus": "ok", "actions": [], "createTime": call.began_ms,
        "updateTime": call.wall_ms(unit.ended.or(unit.began).unwrap_or(0.0)),
    })
}

fn serial_number(unit: &DemoUnit) -> String {
    format!("demo-sn-{:04}", unit.index + 1)
}

/// The address of a machine; beyond 762 machines only the serial numbers differ.
fn ip(unit: &DemoUnit) -> Ipv4Addr {
    let [a, b, c] = NETWORKS[(unit.index / 254) as usize % NETWORKS.len()];
    Ipv4Addr::new(a, b, c, (unit.index % 254) as u8 + 1)
}

/// The pipeline run around the order: a build, then the deploy job, which waits after a failure.
fn run(call: &Call, story: &Story) -> Value {
    let status = match story.state {
        DemoState::Paused | DemoState::Failed => "WAITING",
        DemoState::Succeeded => "SUCCESS",
        DemoState::Cancelled => "CANCELED",
        _ => "RUNNING",
    };
    let action = json!({
        "type": "GetVMDeployOrder", "displayType": "VM_DEPLOY", "disable": false,
        "params": { "deployOrderId": ORDER },
        "data": json!({ "deployOrderId": ORDER, "status": status }).to_string(),
    });
    let (build, deploy, actions) = match call.share() < JOB_SHOWS {
        true => ("RUNNING", "INIT", json!([])),
        false => ("SUCCESS", status, json!([action])),
    };
    let time = |share: f64| (call.share() >= share).then(|| call.wall_ms(share));
    let ended = matches!(story.state, DemoState::Succeeded | DemoState::Cancelled)
        .then(|| call.wall_ms(story.now));
    let stage = |number: u64, name, status, [start, end]: [Option<u64>; 2], actions| {
        let job = json!({
            "id": 71 + number, "name": name, "status": status, "actions": actions,
            "startTime": start, "endTime": end,
        });
        let info = json!({ "name": name, "status": status, "jobs": [job] });
        json!({ "index": format!("Group{number}-Stage0"), "name": name, "stageInfo": info })
    };
    json!({
        "pipelineId": 123, "pipelineRunId": RUN, "status": status, "triggerMode": 1,
        "createTime": call.began_ms, "updateTime": call.wall_ms(call.share()),
        "stages": [
            stage(0, "Build", build, [time(0.0), time(JOB_SHOWS)], json!([])),
            stage(1, "Deploy to hosts", deploy, [time(JOB_SHOWS), ended], actions),
        ],
    })
}

/// The log of a machine so far.
fn log(call: &Call, unit: &DemoUnit) -> Value {
    let time = |at: Option<f64>| at.map_or_else(String::new, |at| call.wall_ms(at).to_string());
    let start = home_time(call.wall_ms(unit.began.unwrap_or(0.0)));
    let end = home_time(call.wall_ms(unit.ended.unwrap_or(0.0)));
    let (batch, host) = (unit.batch, ip(unit));
    let steps = format!(
        "[{start}] deploy order {ORDER}, batch {batch}, host {host}\n\
         [{start}] downloading demo-app-1.4.2.tgz (48.2 MB)\n\
         [{start}] package ok, sha256 9f2c41d0\n\
         + systemctl stop demo-app\n\
         + tar -xzf /srv/demo-app/package.tgz -C /srv/demo-app/current\n\
         + systemctl start demo-app\n"
    );
    let outcome = match unit.state {
        DemoState::Succeeded => format!(
            "+ curl -fsS http://127.0.0.1:8080/healthz\n\
             [{end}] deploy script exited with code 0\n"
        ),
        DemoState::Failed => format!(
            "+ curl -fsS --retry 5 http://127.0.0.1:8080/healthz\n\
             curl: (7) Failed to connect to 127.0.0.1 port 8080: Connection refused\n\
             + journalctl -u demo-app -n 2\n\
             demo-app[2817]: cannot read /etc/demo-app/config.toml: Permission denied\n\
             systemd[1]: demo-app.service: Main process exited, status=1/FAILURE\n\
             [{end}] ERROR: deploy script exited with code 1\n"
        ),
        DemoState::Cancelled => format!("[{end}] stopped: the order was cancelled\n"),
        _ => String::new(),
    };
    json!({
        "aliyunRegion": "cn-hangzhou",
        "deployBeginTime": time(unit.began), "deployEndTime": time(unit.ended),
        "deployLog": unit.began.map_or_else(String::new, |_| steps + &outcome),
        "deployLogPath": format!("/root/deploy/log/{ORDER}_{}.log", serial_number(unit)),
    })
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
            let (code, json) = get(
                scenario,
                millis,
                &format!("/oapi/v1/flow/pipelines/123/runs/{run}"),
            );
            let action = &json["stages"][1]["stageInfo"]["jobs"][0]["actions"][0];
            assert_eq!((code, &json["status"]), (200, &status.into()));
            assert_eq!(action["params"]["deployOrderId"].as_u64(), order);
        }
        let other = "/oapi/v1/flow/pipelines/123/runs/8";
        assert_eq!(get(Scenario::Success, 0, other).0, 404);
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
