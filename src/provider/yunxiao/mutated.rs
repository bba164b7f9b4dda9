//! Damaged orders: read without a panic, and a success only where the order itself says so.

use std::sync::Arc;

use serde_json::Value;

use super::attempts::Attempts;
use super::job_orders::JobOrders;
use super::order::PolledOrder;
use super::{run, whole_run};
use crate::message::Message;
use crate::model::{Phase, Snapshot};
use crate::provider::json::safe_in_url;
use crate::provider::mutate::{damaged, is, says, stays, value};
use crate::redact::Redactor;

const SAMPLES: [&[u8]; 4] = [
    include_bytes!("../../../tests/fixtures/yunxiao.response.json"),
    br#"{"requestId":"r","success":true,"errorCode":"","errorMessage":"","deployOrder":{"deployOrderId":"1111","status":"Success","deployMachineInfo":{"deployMachines":[{"machineSn":"a","ip":"192.0.2.1","status":"Success","clientStatus":"ok","batchNum":1}]}}}"#,
    br#"{"deployOrderId":1111,"status":"Success","currentBatch":1,"totalBatch":2,"exceptionCode":"500","deployMachineInfo":{"deployMachines":[{"machineSn":"a","status":"Skipped"},{"ip":"b","status":"Failed"}]}}"#,
    br#"["Success","Success","Success"]"#,
];
const WORDS: [&str; 9] = [
    "Success",
    "Succ",
    "SUCCESSFUL",
    "Running",
    "Waiting",
    "Failed",
    "Cancelled",
    "false",
    "0",
];

fn says_success(answer: &Value) -> bool {
    let order = answer.get("deployOrder").filter(|order| !order.is_null());
    !is(answer, "success", "false") && is(order.unwrap_or(answer), "status", "Success")
}

/// Reads order 1111.
fn read_order(body: &[u8]) -> Result<Snapshot, Message> {
    PolledOrder::new("1111".into()).read(body, &Redactor::default())
}

#[test]
fn a_damaged_order_is_no_success_that_it_does_not_say() {
    let (mut order, mut seen) = (PolledOrder::new("1111".into()), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let found = order.read(body, &Redactor::default());
        // Sharing text with the answer before changes nothing.
        assert_eq!(found, read_order(body));
        let Ok(snapshot) = found else {
            return;
        };
        let found = snapshot.unconfirmed.as_ref();
        let found = found.map_or(snapshot.phase, |found| found.phase);
        if found == Phase::Succeeded {
            seen += 1;
            assert!(value(body).is_none_or(|answer| says_success(&answer)));
        }
        order.last = Arc::new(snapshot);
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn a_damaged_run_has_no_order_that_could_lead_elsewhere() {
    let run = br#"{"pipelineRunId":7,"status":"SUCCESS","stages":[{"stageInfo":{"jobs":[
        {"id":1,"name":"deploy","status":"SUCCESS","actions":[
            {"type":"GetVMDeployOrder","params":{"deployOrderId":44178813}}]},
        {"id":2,"name":"other","status":"FAIL","result":"{\"deployOrderId\":5}","actions":[
            {"type":"GetVMDeployOrder","data":"{\"deployOrderId\":6,\"status\":\"RUNNING\"}"}]}]}}]}"#;
    let words = [
        "../..",
        "a?b",
        "SUCCESS",
        "GetVMDeployOrder",
        "{\"deployOrderId\":\"..\"}",
    ];
    let mut seen = 0;
    damaged(&[run], &words, |body| {
        let Ok(read) = run::read(body, "5", None, false, &Redactor::default()) else {
            return;
        };
        let jobs = read.jobs.iter().filter_map(|job| job.order.as_deref());
        for id in jobs.chain(read.id.as_deref()) {
            seen += 1;
            assert!(safe_in_url(id), "{id}");
        }
        if read.state.phase == Phase::Succeeded
            && let Some(answer) = value(body)
        {
            let wrapped = answer.get("pipelineRun").filter(|run| !run.is_null());
            assert!(says(wrapped.unwrap_or(&answer), "status").is_some());
        }
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_only_shows_something_changes_no_verdict() {
    for word in ["Running", "Success", "Failed", "Cancelled", "Odd"] {
        let sample = format!(
            r#"{{"requestId":"r","deployOrderId":1111,"status":"{word}","currentBatch":1,"totalBatch":2,
                "exceptionCode":"500","creator":"c","createTime":1,"deployMachineInfo":{{"batchNum":1,
                "deployMachines":[{{"machineSn":"a","ip":"b","status":"Success","clientStatus":"ok","batchNum":1,
                "actions":[{{"type":"t"}}]}},null]}}}}"#
        );
        stays(sample.as_bytes(), &["/status", "/deployOrderId"], |body| {
            let order = read_order(body).expect("an order");
            (order.phase, order.unconfirmed)
        });
    }
}

/// What a watch of run 7 as a whole makes of an answer: the phase, and that which a second poll confirms.
fn of_whole_run(body: &[u8]) -> Option<(Phase, Option<Phase>)> {
    let redactor = Redactor::default();
    let mut run = run::read(body, "5", Some("7"), true, &redactor).ok()?;
    Attempts::default().keep_latest(&mut run.jobs);
    let snapshot = whole_run::judge(&run, &JobOrders::default(), &[], &redactor);
    let found = snapshot.unconfirmed.map(|found| found.phase);
    Some((snapshot.phase, found))
}

/// Whether an answer says that the run succeeded, and of none of its jobs that it has not ended. A failed one may
/// have been run again.
fn says_whole_success(answer: &Value) -> bool {
    let wrapped = answer.get("pipelineRun").filter(|run| !run.is_null());
    let run = wrapped.unwrap_or(answer);
    let list = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let stages = list(&run["stages"]).into_iter();
    let mut jobs = stages.flat_map(|stage| list(&stage["stageInfo"]["jobs"]));
    let is_unfinished = |job: Value| {
        let words = ["RUNNING", "WAITING", "INIT"];
        words.into_iter().any(|word| is(&job, "status", word))
    };
    !is(answer, "success", "false") && is(run, "status", "SUCCESS") && !jobs.any(is_unfinished)
}

#[test]
fn a_damaged_run_is_no_success_that_it_does_not_say() {
    let samples: [&[u8]; 3] = [
        br#"{"pipelineRunId":7,"status":"SUCCESS","stages":[{"stageInfo":{"status":"SUCCESS","jobs":[{"id":1,"name":"build","status":"SUCCESS"}]}},{"name":"s","stageInfo":{"jobs":[{"id":2,"name":"lint","status":"SKIP"},{"id":3,"name":"deploy","status":"SUCCESS","actions":[{"type":"GetVMDeployOrder","params":{"deployOrderId":5}}]}]}}]}"#,
        br#"{"success":true,"pipelineRun":{"pipelineRunId":"7","status":"SUCCESS","stages":[{"stageInfo":{"jobs":[{"id":1,"name":"build","status":"SUCCESS"}]}}]}}"#,
        br#"{"pipelineRunId":7,"status":"RUNNING","stages":[{"stageInfo":{"jobs":[{"id":1,"name":"build","status":"SUCCESS"},{"id":2,"name":"test","status":"FAIL"}]}}]}"#,
    ];
    let words = [
        "SUCCESS",
        "SUCCESSFUL",
        "FAIL",
        "CANCELED",
        "RUNNING",
        "INIT",
        "false",
        "9",
    ];
    let mut seen = 0;
    damaged(&samples, &words, |body| {
        let Some((phase, found)) = of_whole_run(body) else {
            return;
        };
        if found.unwrap_or(phase) == Phase::Succeeded {
            seen += 1;
            assert!(value(body).is_none_or(|answer| says_whole_success(&answer)));
        }
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_a_whole_run_only_shows_changes_no_verdict() {
    for word in [
        "RUNNING", "SUCCESS", "FAIL", "CANCELED", "WAITING", "INIT", "ODD",
    ] {
        let sample = format!(
            r#"{{"pipelineId":5,"pipelineRunId":7,"status":"{word}","createTime":1,"groups":[{{"id":1}}],"stages":[
                {{"index":"Group0-Stage0","name":"n","stageInfo":{{"name":"n","status":"SUCCESS","jobs":[
                {{"id":1,"name":"build","status":"SUCCESS","startTime":1,"endTime":2,"result":"{{}}","actions":[
                {{"type":"GetVMDeployOrder","params":{{"deployOrderId":5}},"data":"d"}}]}},
                {{"id":2,"name":"test","status":"SKIP","startTime":"1","endTime":null,"actions":null}}]}}}}]}}"#
        );
        // Only a success may be contradicted by its jobs.
        let needed: &[&str] = match word {
            "SUCCESS" => &[
                "/status",
                "/pipelineId",
                "/pipelineRunId",
                "/stages/*/stageInfo/jobs/*/status",
            ],
            _ => &["/status", "/pipelineId", "/pipelineRunId"],
        };
        stays(sample.as_bytes(), needed, |body| {
            of_whole_run(body).expect("a run")
        });
    }
}
