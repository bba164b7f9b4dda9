//! Damaged components and a damaged release task: read without a panic, and a success only where
//! every component has succeeded and the release task does not say otherwise.

use serde_json::Value;

use super::{Plan, decide, is_still};
use crate::model::Phase;
use crate::provider::mutate::{damaged, is, says, value};
use crate::text;

const SAMPLES: [&[u8]; 4] = [
    include_bytes!("../../../tests/fixtures/servicestage.response.json"),
    br#"{"id":"r","components":[{"id":"a","name":"a","seq":1,"status":"RUNNING","job_id":"j","job_status":"SUCCEEDED"},{"id":"b","name":"b","seq":"2","status":"SUCCESS","job_status":"SUCCEEDED","rollback_job_id":null,"rollback_job_status":""}]}"#,
    br#"{"id":"r","components":[{"id":"a","job_status":"SUCCEEDED","rollback_job_id":"x","rollback_job_status":"SUCCEEDED"},{"id":"b","job_status":"CREATED"}]}"#,
    br#"[["r",[["a","a",1,"RUNNING","j","SUCCEEDED"]]]]"#,
];
const PLANS: [&[u8]; 3] = [
    br#"{"id":"r","name":"n","status":"SUCCESS","fail_strategy":"stop","components":[{"component_id":"a","name":"a"},{"component_id":"b","name":"b"}]}"#,
    br#"{"id":"r","status":"RUNNING","fail_strategy":"continue","components":[{"name":"sch"}]}"#,
    br#"{"status":"SUCCESS"}"#,
];
const WORDS: [&str; 13] = [
    "SUCCEEDED",
    "SUCCESS",
    "RUNNING",
    "CREATED",
    "FAILED",
    "PARTIALLY_FAILED",
    "ABORTED",
    "CANCELLED",
    "ROLLBACK_SUCCEED",
    "ROLLBACK_FAILED",
    "GRAYING",
    "stop",
    "SUCCEED",
];

/// Every component's job has succeeded, there is one, and none was rolled back or aborted.
fn all_succeeded(answer: &Value) -> bool {
    let components = answer["components"].as_array();
    let components = components.into_iter().flatten().filter(|it| !it.is_null());
    let mut count = 0;
    let all = components.into_iter().all(|component| {
        count += 1;
        let status = says(component, "status")
            .unwrap_or_default()
            .to_ascii_uppercase();
        is(component, "job_status", "SUCCEEDED")
            && says(component, "rollback_job_id").is_none()
            && says(component, "rollback_job_status").is_none()
            && !status.starts_with("ROLLBACK_")
            && !status.starts_with("ABORT")
            && !status.starts_with("CANCEL")
            && status != "GRAYING"
    });
    all && count > 0
}

/// None of the words by which the release task says that it has not succeeded.
fn is_not_against_it(plan: &Value) -> bool {
    let status = says(plan, "status")
        .unwrap_or_default()
        .to_ascii_uppercase();
    let bad = [
        "FAILED",
        "PARTIALLY_FAILED",
        "ROLLBACK_FAILED",
        "ROLLBACK_SUCCEED",
        "ABORTED",
    ];
    !bad.contains(&&*status)
}

/// Every component that the release task lists is in the answer.
fn lists_no_more(plan: &Value, answer: &Value) -> bool {
    let list = |value: &Value| value["components"].as_array().cloned().unwrap_or_default();
    // Names are compared as they are shown.
    let says = |value: &Value, field| says(value, field).map(|name| text::name(&name).into_owned());
    let here: Vec<_> = list(answer)
        .iter()
        .flat_map(|component| [says(component, "id"), says(component, "name")])
        .flatten()
        .collect();
    list(plan).iter().filter(|it| !it.is_null()).all(|listed| {
        let names = [says(listed, "component_id"), says(listed, "name")];
        names.iter().flatten().any(|name| here.contains(name))
    })
}

#[test]
fn damaged_components_are_no_success_that_they_do_not_say() {
    let (mut last, mut seen) = (Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let Ok((mut snapshot, jobs)) =
            super::read(body, &last, "r", &crate::redact::Redactor::default())
        else {
            return;
        };
        for job in jobs.values().flatten() {
            assert!(super::safe_in_url(job), "{job}");
        }
        assert!(!snapshot.phase.has_ended(), "the plan was not asked yet");
        last.clone_from(&snapshot.units);
        if is_still(&snapshot) {
            decide(&mut snapshot, None);
            let found = snapshot
                .unconfirmed
                .map_or(snapshot.phase, |found| found.phase);
            if found == Phase::Succeeded {
                seen += 1;
                assert!(value(body).is_none_or(|answer| all_succeeded(&answer)));
            }
        }
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn a_damaged_release_task_is_no_success_that_it_does_not_say() {
    let mut seen = 0;
    for good in &SAMPLES[..3] {
        let (components, _) =
            super::read(good, &[], "r", &crate::redact::Redactor::default()).expect("a sample");
        if !is_still(&components) {
            continue;
        }
        let answer = value(good).expect("a sample");
        damaged(&PLANS, &WORDS, |body| {
            let Ok(plan) = Plan::read(body, &components.units, &crate::redact::Redactor::default())
            else {
                return;
            };
            let mut snapshot = components.clone();
            decide(&mut snapshot, Some(&plan));
            let Some(plan) = value(body) else {
                return;
            };
            if snapshot.phase == Phase::Succeeded {
                seen += 1;
                assert!(all_succeeded(&answer) && is(&plan, "status", "SUCCESS"));
            }
            let found = snapshot.unconfirmed.map(|found| found.phase);
            if found == Some(Phase::Succeeded) {
                assert!(all_succeeded(&answer) && is_not_against_it(&plan));
                assert!(lists_no_more(&plan, &answer), "something is still to come");
            }
        });
    }
    assert!(seen > 500, "{seen}");
}
