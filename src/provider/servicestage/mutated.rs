//! Damaged components and a damaged release task: read without a panic, and a success only where
//! every component has succeeded and the release task does not say otherwise.

use serde_json::Value;

use super::components::Components;
use super::plan::{Plan, decide_alone};
use crate::message::Message;
use crate::model::{Phase, Snapshot};
use crate::provider::mutate::{damaged, is, says, stays, value};
use crate::redact::Redactor;

const RELEASE: &str = "716eda33-dbc6-47f3-953f-29119edd5e5c";
const SAMPLES: [&[u8]; 4] = [
    include_bytes!("../../../tests/fixtures/servicestage.response.json"),
    br#"{"id":"716eda33-dbc6-47f3-953f-29119edd5e5c","components":[{"id":"a","name":"a","seq":1,"status":"RUNNING","job_id":"j","job_status":"SUCCEEDED"},{"id":"b","name":"b","seq":"2","status":"SUCCESS","job_status":"SUCCEEDED","rollback_job_id":null,"rollback_job_status":""}]}"#,
    br#"{"id":"716eda33-dbc6-47f3-953f-29119edd5e5c","components":[{"id":"a","job_status":"SUCCEEDED","rollback_job_id":"x","rollback_job_status":"SUCCEEDED"},{"id":"b","job_status":"CREATED"}]}"#,
    br#"[["r",[["a","a",1,"RUNNING","j","SUCCEEDED"]]]]"#,
];
const PLANS: [&[u8]; 3] = [
    br#"{"id":"716eda33-dbc6-47f3-953f-29119edd5e5c","name":"n","status":"SUCCESS","fail_strategy":"stop","components":[{"component_id":"a","name":"a"},{"component_id":"b","name":"b"}]}"#,
    br#"{"id":"716eda33-dbc6-47f3-953f-29119edd5e5c","status":"RUNNING","fail_strategy":"continue","components":[{"name":"sch"}]}"#,
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

/// Every component's job has succeeded, there is one, and none was rolled back, was aborted or calls
/// itself failed.
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
            && !["GRAYING", "FAILED", "PARTIALLY_FAILED"].contains(&&*status)
    });
    all && count > 0
}

/// The phase of one poll, or that which a second one confirms.
fn found(snapshot: &Snapshot) -> Phase {
    let found = snapshot.unconfirmed.as_ref();
    found.map_or(snapshot.phase, |found| found.phase)
}

#[test]
fn damaged_components_are_no_success_that_they_do_not_say() {
    let no = Message::verbatim("no");
    let (mut last, mut seen) = (Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let Ok(components) = Components::read(body, &last, RELEASE, &Redactor::default()) else {
            return;
        };
        for job in components.jobs.values().flatten() {
            assert!(crate::provider::json::safe_in_url(job), "{job}");
        }
        let before = &components.snapshot;
        assert!(!before.phase.has_ended(), "the plan was not asked yet");
        last.clone_from(&before.units);
        if components.are_still() && found(&decide_alone(&components, &no)) == Phase::Succeeded {
            seen += 1;
            assert!(value(body).is_none_or(|answer| all_succeeded(&answer)));
        }
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn a_damaged_release_task_is_no_success_that_it_does_not_say() {
    let mut seen = 0;
    for good in &SAMPLES[..3] {
        let components =
            Components::read(good, &[], RELEASE, &Redactor::default()).expect("a sample");
        if !components.are_still() {
            continue;
        }
        let answer = value(good).expect("a sample");
        damaged(&PLANS, &WORDS, |body| {
            let Ok(plan) = Plan::read(body, RELEASE, &Redactor::default()) else {
                return;
            };
            let snapshot = plan.decide(&components, &Redactor::default());
            if found(&snapshot) == Phase::Succeeded {
                seen += 1;
                assert!(all_succeeded(&answer) && snapshot.unconfirmed.is_none());
                let says = |word| value(body).is_none_or(|plan| is(&plan, "status", word));
                assert!(says("SUCCESS") || says("SUCCEEDED"));
            }
        });
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_only_shows_something_changes_no_verdict() {
    let redactor = Redactor::default();
    for word in ["SUCCEEDED", "FAILED", "RUNNING", "CREATED", "ODD"] {
        let sample = format!(
            r#"{{"id":"{RELEASE}","name":"n","components":[{{"id":"a","name":"a","seq":1,"status":"RUNNING",
                "job_id":"j","job_status":"{word}","start_time":1,"end_time":2,"fail_message":"m",
                "rollback_job_id":null,"rollback_job_status":"","rollback_start_time":1,"rollback_end_time":2,
                "rollback_fail_message":"m"}}]}}"#
        );
        let needed = [
            "/id",
            "/components/*/status",
            "/components/*/job_status",
            "/components/*/rollback_job_id",
            "/components/*/rollback_job_status",
        ];
        stays(sample.as_bytes(), &needed, |body| {
            let components = Components::read(body, &[], RELEASE, &redactor).expect("components");
            let decided = decide_alone(&components, &Message::verbatim("no"));
            (components.snapshot.phase, found(&decided))
        });
    }
    for word in ["SUCCESS", "FAILED", "GRAYING", "RUNNING", "ODD"] {
        let components = Components::read(SAMPLES[1], &[], RELEASE, &redactor).expect("a sample");
        let sample = format!(
            r#"{{"id":"{RELEASE}","name":"n","status":"{word}","fail_strategy":"stop","creator":"c",
                "components":[{{"component_id":"a","name":"a"}}]}}"#
        );
        let needed = ["/id", "/status", "/components/*"];
        stays(sample.as_bytes(), &needed, |body| {
            let plan = Plan::read(body, RELEASE, &redactor).expect("a plan");
            found(&plan.decide(&components, &redactor))
        });
    }
}
