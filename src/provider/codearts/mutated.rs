//! Damaged states of a task: read without a panic, and a success only where the run itself says so.

use crate::model::Phase;
use crate::provider::mutate::{damaged, is, stays, value};
use crate::redact::Redactor;

const SAMPLES: [&[u8]; 4] = [
    include_bytes!("../../../tests/fixtures/codearts.response.json"),
    br#"{"status":"successful","result":{"record_id":"r","task_id":"t","status":"succeeded","step":"finish","step_state":[{"id":"1","name":"a","enable":"true","elapsed_time":"3"},{"name":"b","enable":"false","elapsed_time":""}]}}"#,
    br#"{"error":{"code":"Deploy.1","message":"no"},"status":"failed","result":{"status":"succeeded"}}"#,
    br#"{"task_id":"t","record_id":"r","status":"initial","elapsed_time":0,"step_state":[{"name":"a","enable":true,"elapsed_time":0,"status":"pending"}]}"#,
];
const WORDS: [&str; 10] = [
    "succeeded",
    "success",
    "successful",
    "failed",
    "finish",
    "running",
    "abort",
    "timeout",
    "SUCCEEDED",
    "error",
];

#[test]
fn a_damaged_state_is_no_success_that_it_does_not_say() {
    let (mut last, mut seen) = (Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let Ok(state) = super::state::read(body, &last, "t", &Redactor::default()) else {
            return;
        };
        let snapshot = state.snapshot;
        let found = snapshot
            .unconfirmed
            .map_or(snapshot.phase, |found| found.phase);
        if found == Phase::Succeeded
            && let Some(answer) = value(body)
        {
            seen += 1;
            let good = is(&answer, "status", "success") || is(&answer, "status", "successful");
            assert!(good && is(&answer["result"], "status", "succeeded"));
        }
        last = snapshot.units;
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_only_shows_something_changes_no_verdict() {
    for word in [
        "pending",
        "running",
        "succeeded",
        "failed",
        "timeout",
        "abort",
        "odd",
    ] {
        let sample = format!(
            r#"{{"status":"success","result":{{"status":"{word}","record_id":"r","task_id":"t",
                "step":"running","task_name":"n","nick_name":"n","executor":"e","start_time":"s","end_time":"e",
                "step_state":[{{"id":"1","name":"a","enable":"true","elapsed_time":"3","status":"failed",
                "offset":1,"current_offset":2,"region":"r","faq_url":""}},null]}}}}"#
        );
        let needed = [
            "/status",
            "/result/status",
            "/result/record_id",
            "/result/task_id",
        ];
        stays(sample.as_bytes(), &needed, |body| {
            let state = super::state::read(body, &[], "t", &Redactor::default());
            let state = state.expect("a state");
            (
                state.record,
                state.snapshot.phase,
                state.snapshot.unconfirmed,
            )
        });
    }
}
