//! Damaged states of an installer: read without a panic, and a success only where every condition
//! that stands for that word holds.

use serde_json::Value;

use crate::model::Phase;
use crate::provider::mutate::{damaged, is, says, stays, value};

const SAMPLES: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/fsd.response.json"),
    br#"{"code":0,"data":{"isEnd":true,"nowList":[{"zh":"a","en":"a","result":true},{"zh":"b","result":false,"message":"no"}],"processList":[{"zh":"a","result":true},{"zh":"b","result":true}]}}"#,
    br#"{"code":0,"data":{"isEnd":true,"nowList":[{"result":true}],"processList":[{"result":true}]}}"#,
];
const WORDS: [&str; 6] = ["true", "false", "0", "1", "deploy:klcloud-fsd", "200"];

/// `isEnd`, both lists equally long and not empty, and no finished step that failed.
fn has_succeeded(answer: &Value) -> bool {
    let data = &answer["data"];
    let list = |name: &str| data[name].as_array().cloned().unwrap_or_default();
    let (plan, ended) = (list("processList"), list("nowList"));
    says(answer, "code").is_none_or(|code| code == "0")
        && is(data, "isEnd", "true")
        && !plan.is_empty()
        && plan.len() == ended.len()
        && ended.iter().all(|step| is(step, "result", "true"))
}

#[test]
fn a_damaged_state_is_no_success_that_it_does_not_say() {
    let (mut last, mut seen) = (Vec::new(), 0);
    damaged(&SAMPLES, &WORDS, |body| {
        let Ok(snapshot) = super::status::read(body, &last, &crate::redact::Redactor::default())
        else {
            return;
        };
        assert_ne!(snapshot.phase, Phase::Succeeded, "one poll is not enough");
        let found = snapshot.unconfirmed.as_ref().map(|found| found.phase);
        if found == Some(Phase::Succeeded) {
            seen += 1;
            assert!(value(body).is_none_or(|answer| has_succeeded(&answer)));
        }
        last = snapshot.units;
    });
    assert!(seen > 500, "{seen}");
}

#[test]
fn what_only_shows_something_changes_no_verdict() {
    for (is_end, result) in [(false, true), (true, true), (true, false), (false, false)] {
        let sample = format!(
            r#"{{"code":0,"message":"m","path":"p","data":{{"isEnd":{is_end},"key":"k","uuId":"u",
                "nowList":[{{"zh":"a","en":"a","sort":1,"message":"m","result":{result}}}],
                "processList":[{{"zh":"a","en":"a","sort":1,"message":"m","result":true}}]}}}}"#
        );
        let needed = [
            "/code",
            "/data/isEnd",
            "/data/nowList/*/result",
            "/data/processList/*",
        ];
        stays(sample.as_bytes(), &needed, |body| {
            let status = super::status::read(body, &[], &crate::redact::Redactor::default());
            let status = status.expect("a status");
            (status.phase, status.unconfirmed.map(|found| found.phase))
        });
    }
}
