//! Damaged orders: read without a panic, and a success only where the order itself says so.

use serde_json::Value;

use super::{order, run};
use crate::model::Phase;
use crate::provider::json::safe_in_url;
use crate::provider::mutate::{damaged, is, says, stays, value};

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

#[test]
fn a_damaged_order_is_no_success_that_it_does_not_say() {
    let (mut last, mut known, mut seen) = (Vec::new(), Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let found = order::read(
            body,
            &last,
            &mut known,
            "1111",
            &crate::redact::Redactor::default(),
        );
        // Sharing text with the answer before changes nothing.
        assert_eq!(
            found,
            order::read(
                body,
                &[],
                &mut Vec::new(),
                "1111",
                &crate::redact::Redactor::default()
            )
        );
        let Ok(snapshot) = found else {
            return;
        };
        let found = snapshot
            .unconfirmed
            .map_or(snapshot.phase, |found| found.phase);
        if found == Phase::Succeeded {
            seen += 1;
            assert!(value(body).is_none_or(|answer| says_success(&answer)));
        }
        last = snapshot.units;
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
        let Ok(read) = run::read(body, None, &crate::redact::Redactor::default()) else {
            return;
        };
        let jobs = read.jobs.iter().filter_map(|job| job.order.as_deref());
        for id in jobs.chain(read.id.as_deref()) {
            seen += 1;
            assert!(safe_in_url(id), "{id}");
        }
        if read.end == Some(Phase::Succeeded)
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
            let order = order::read(
                body,
                &[],
                &mut Vec::new(),
                "1111",
                &crate::redact::Redactor::default(),
            );
            let order = order.expect("an order");
            (order.phase, order.unconfirmed)
        });
    }
}
