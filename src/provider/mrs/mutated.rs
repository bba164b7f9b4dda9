//! Damaged progress: read without a panic, and a success only where the command's state says so.

use crate::model::Phase;
use crate::provider::mutate::{damaged, is, stays, value};

const SAMPLES: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/mrs.response.json"),
    br#"{"id":1,"state":"IN_PROGRESS","total_progress":99.9,"res_obj":{"total_step_size":100,"step_list":[{"name":"a"},{"name":"b"}],"fail_entity_list":[]}}"#,
    br#"["COMPLETE",0,"",100,{}]"#,
];
const WORDS: [&str; 8] = [
    "COMPLETE",
    "COMPLETED",
    "complete",
    "FAILED",
    "IN_PROGRESS",
    "NEW",
    "100",
    "SUCCESS",
];

#[test]
fn damaged_progress_is_no_success_that_it_does_not_say() {
    let (mut last, mut seen) = (Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let Ok(snapshot) = super::read(body, &last, &crate::redact::Redactor::default()) else {
            return;
        };
        assert!(
            snapshot.unconfirmed.is_none() && snapshot.percent.is_none_or(|percent| percent <= 100)
        );
        if snapshot.phase == Phase::Succeeded {
            seen += 1;
            assert!(value(body).is_none_or(|answer| is(&answer, "state", "COMPLETE")));
        }
        last = snapshot.units;
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_only_shows_something_changes_no_verdict() {
    for word in ["NEW", "IN_PROGRESS", "COMPLETE", "FAILED", "ODD"] {
        let sample = format!(
            r#"{{"id":1,"name":"n","state":"{word}","error_code":"1","error_description":"e","total_progress":99,
                "res_obj":{{"total_step_size":100,"step_list":[{{"name":"a","description":"d"}}],
                "fail_entity_list":[{{"fail_entity":"e","operation_type":"o"}}]}}}}"#
        );
        stays(sample.as_bytes(), &["/state"], |body| {
            super::read(body, &[], &crate::redact::Redactor::default())
                .expect("a progress")
                .phase
        });
    }
}
