//! The release task itself, and what it makes of components that stand still.

use serde::Deserialize;

use super::RELEASE_TASK;
use super::components::{Components, pause};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Standstill, Unconfirmed, UnitKind, UnitState};
use crate::provider::json::{self, CANCELLED, List, Shown, Text};
use crate::provider::stated_error::error_in;
use crate::provider::{huawei, messages};
use crate::redact::Redactor;

/// The release task: its own statement about the whole release [D].
#[derive(Debug, Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Plan<'a> {
    id: Text<'a>,
    name: Shown<Text<'a>>,
    status: Text<'a>,
    fail_strategy: Shown<Text<'a>>,
    /// A value that is no list makes the response unusable.
    components: List<NamedComponent<'a>>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct NamedComponent<'a> {
    name: Shown<Text<'a>>,
}

/// The words of a plan. Those of a component's `status` are documented, and expected here too [I]; the last three
/// are no end and no pause.
const PHASES: [(&str, Option<Phase>); 11] = [
    ("SUCCESS", Some(Phase::Succeeded)),
    ("SUCCEEDED", Some(Phase::Succeeded)),
    ("FAILED", Some(Phase::Failed)),
    ("PARTIALLY_FAILED", Some(Phase::Failed)),
    ("ROLLBACK_FAILED", Some(Phase::Failed)),
    ("ROLLBACK_SUCCEED", Some(Phase::RolledBack)),
    ("GRAYING", Some(Phase::Paused)),
    (CANCELLED, Some(Phase::Cancelled)),
    ("CREATED", None),
    ("RUNNING", None),
    ("ROLLBACKING", None),
];

impl<'a> Plan<'a> {
    /// Reads the release task that was `asked` for. A success was read whole and contradicts nothing: it alone
    /// ends a release well.
    pub(super) fn read(body: &'a [u8], asked: &str, redactor: &Redactor) -> Result<Self, Message> {
        let plan: Self =
            json::read(body).map_err(|error| messages::not_json(RELEASE_TASK, &error, redactor))?;
        plan.id.check_id(asked, redactor)?;
        let status = plan.status.required("status");
        status.map_err(|problem| messages::error_in_place_of(body, problem, redactor))?;
        if plan.status.meaning(&PHASES) == Some(Some(Phase::Succeeded)) {
            let components = plan.components.iter().map(|component| &component.name);
            for name in components.chain([&plan.name]) {
                name.whole("name")?;
            }
            if let Some(error) = error_in(body, &[], redactor) {
                return Err(error);
            }
        }
        Ok(plan)
    }

    /// How the release stands whose components stand still.
    pub(super) fn decide(&self, components: &Components, redactor: &Redactor) -> Snapshot {
        let mut snapshot = Snapshot::clone(&components.snapshot);
        snapshot.title = self.name.printable(redactor);
        let (total, succeeded) = (snapshot.units.len(), components.succeeded());
        let failed = snapshot.count(UnitState::Failed);
        let (status, warnings) = (&self.status, &mut snapshot.warnings);
        let word = status.printable(redactor).unwrap_or_default();
        match status.interpret("release status", &PHASES, warnings, redactor) {
            // It holds where every component has succeeded, by its own status too.
            Some(Phase::Succeeded) if total > 0 && succeeded == total => {
                snapshot.phase = Phase::Succeeded;
            }
            // What contradicts it may be a moment: a second poll must find it.
            Some(Phase::Succeeded) => {
                let is_lost = failed + snapshot.count(UnitState::Cancelled) > 0;
                let phase = if is_lost { Phase::Failed } else { Phase::Ended };
                let message = Message::new(
                    format!(
                        "the release task says {word}, but {succeeded} of {total} components succeeded"
                    ),
                    format!("发布任务的状态是 {word}，但 {total} 个组件中只有 {succeeded} 个成功"),
                );
                snapshot.unconfirmed = Some(Unconfirmed::new(phase, Some(message)));
            }
            Some(Phase::Paused) => pause(&mut snapshot),
            Some(end) => {
                snapshot.phase = end;
                snapshot.message = huawei::detail_text(Some(word), end);
            }
            // The plan knows better than its components. But no word for a release in progress is documented, so
            // that what has ended, or of which the rest never begins, is not waited for without end.
            None => {
                let all_ended = total > 0 && snapshot.units.iter().all(|unit| unit.state.ended());
                let is_over = all_ended || failed > 0 && self.fail_strategy.is("stop");
                snapshot.standstill = is_over.then(|| Standstill {
                    limit: None,
                    message: Message::new(
                        format!("nothing changes any more, but the release task still says {word}"),
                        format!("已无任何变化，但发布任务的状态仍是 {word}"),
                    ),
                });
            }
        }
        snapshot
    }
}

/// How a release stands whose components stand still and whose plan is refused: on two polls, for between two
/// batches all that has begun has succeeded [I].
pub(super) fn decide_alone(components: &Components, refusal: &Message) -> Snapshot {
    let mut snapshot = Snapshot::clone(&components.snapshot);
    let warning = Message::new(
        "the release task cannot be read, so its components alone decide",
        "无法读取发布任务本身，仅依据各组件判断",
    );
    snapshot.warnings.push(warning.with_detail(refusal));
    let is_all = |count| count > 0 && count == snapshot.units.len();
    let failed = snapshot.count(UnitState::Failed);
    snapshot.unconfirmed = if failed > 0 {
        let failed = messages::units(failed, UnitKind::Component, UnitState::Failed);
        let message = Message::new(
            format!("{failed}, and nothing else is in progress"),
            format!("{}，其余均无进展", failed.zh()),
        );
        Some(Unconfirmed::new(Phase::Failed, Some(message)))
    } else if is_all(snapshot.count(UnitState::Cancelled)) {
        Some(Unconfirmed::new(Phase::Cancelled, None))
    } else {
        is_all(components.succeeded()).then(|| Unconfirmed::new(Phase::Succeeded, None))
    };
    snapshot
}

#[cfg(test)]
mod tests {
    use super::super::components::tests::{jobs, release};
    use super::*;
    use crate::message::assert_chinese;

    fn read(json: &str) -> Result<Plan<'_>, Message> {
        Plan::read(json.as_bytes(), "r-1", &Redactor::default())
    }

    fn plan(status: &str, fail_strategy: &str) -> Plan<'static> {
        let json =
            format!(r#"{{"name":"shop","status":"{status}","fail_strategy":"{fail_strategy}"}}"#);
        read(json.leak()).expect("a plan")
    }

    /// The finding of one poll: the phase; that which a second one confirms; whether it would end without
    /// a result if nothing changed.
    fn decided(components: &Components, plan: Option<&Plan>) -> (Phase, Option<Phase>, bool) {
        assert!(components.are_still());
        let snapshot = match plan {
            Some(plan) => plan.decide(components, &Redactor::default()),
            None => decide_alone(components, &Message::verbatim("no")),
        };
        let messages = [
            snapshot
                .unconfirmed
                .as_ref()
                .and_then(|found| found.message.as_ref()),
            snapshot.standstill.as_ref().map(|still| &still.message),
            snapshot.warnings.last().filter(|_| plan.is_none()),
        ];
        messages.into_iter().flatten().for_each(assert_chinese);
        assert_eq!(snapshot.title.as_deref(), plan.map(|_| "shop"));
        let found = snapshot.unconfirmed.map(|found| found.phase);
        (snapshot.phase, found, snapshot.standstill.is_some())
    }

    /// The same with the plan's word.
    fn said(components: &Components, status: &str) -> (Phase, Option<Phase>, bool) {
        decided(components, Some(&plan(status, "continue")))
    }

    const GOES_ON: (Phase, Option<Phase>, bool) = (Phase::Running, None, false);
    const STANDS_STILL: (Phase, Option<Phase>, bool) = (Phase::Running, None, true);

    #[test]
    fn each_word_of_an_end_is_one_whatever_the_components_say() {
        for (word, phase) in [
            ("FAILED", Phase::Failed),
            ("PARTIALLY_FAILED", Phase::Failed),
            ("ROLLBACK_FAILED", Phase::Failed),
            ("ROLLBACK_SUCCEED", Phase::RolledBack),
            ("ABORTED", Phase::Cancelled),
        ] {
            for words in [
                &["SUCCEEDED"][..],
                &["SUCCEEDED", "FAILED"],
                &["CREATED"],
                &[],
            ] {
                assert_eq!(
                    said(&jobs(words), word),
                    (phase, None, false),
                    "{word} {words:?}"
                );
            }
        }
    }

    #[test]
    fn a_success_holds_where_every_component_has_succeeded() {
        for word in ["SUCCESS", "SUCCEEDED", "success"] {
            let all = jobs(&["SUCCEEDED", "SUCCEEDED"]);
            assert_eq!(said(&all, word), (Phase::Succeeded, None, false), "{word}");
        }
    }

    #[test]
    fn a_success_with_a_component_that_was_lost_is_a_failure_on_two_polls() {
        let rolled_back = r#""job_status":"SUCCEEDED","rollback_job_status":"SUCCEEDED""#;
        for components in [
            jobs(&["SUCCEEDED", "FAILED"]),
            jobs(&["SUCCEEDED", "PARTIALLY_FAILED"]),
            jobs(&["SUCCEEDED", "CANCELLED"]),
            jobs(&["FAILED", "CREATED"]),
            release(&[rolled_back]),
            release(&[r#""status":"ROLLBACK_FAILED","job_status":"SUCCEEDED""#]),
            release(&[r#""status":"ABORTED","job_status":"SUCCEEDED""#]),
        ] {
            let failed = (components.snapshot.phase, Some(Phase::Failed), false);
            assert_eq!(said(&components, "SUCCESS"), failed);
        }
    }

    #[test]
    fn a_success_that_its_components_do_not_confirm_has_no_result() {
        let calls_itself_failed = |status| {
            let own = format!(r#""id":"b","status":"{status}","job_status":"SUCCEEDED""#);
            release(&[r#""id":"a","job_status":"SUCCEEDED""#, &own])
        };
        for components in [
            jobs(&["SUCCEEDED", "CREATED"]),
            jobs(&["SUCCEEDED", ""]),
            jobs(&["SUCCEEDED", "TELEPORTED"]),
            jobs(&["CREATED"]),
            jobs(&[]),
            calls_itself_failed("FAILED"),
            calls_itself_failed("PARTIALLY_FAILED"),
        ] {
            for word in ["SUCCESS", "SUCCEEDED"] {
                let ended = (components.snapshot.phase, Some(Phase::Ended), false);
                assert_eq!(said(&components, word), ended);
            }
        }
        let components = calls_itself_failed("FAILED");
        let snapshot = plan("SUCCESS", "stop").decide(&components, &Redactor::default());
        let message = snapshot.unconfirmed.and_then(|found| found.message);
        let says = "the release task says SUCCESS, but 1 of 2 components succeeded";
        assert_eq!(message.as_ref().map(Message::en), Some(says));
    }

    #[test]
    fn a_plan_that_is_graying_waits_for_a_person() {
        for words in [&["SUCCEEDED", "SUCCEEDED"][..], &["SUCCEEDED", "CREATED"]] {
            assert_eq!(said(&jobs(words), "GRAYING"), (Phase::Paused, None, false));
        }
        let after_failure = (Phase::Paused, Some(Phase::PausedAfterFailure), false);
        assert_eq!(
            said(&jobs(&["SUCCEEDED", "FAILED"]), "GRAYING"),
            after_failure
        );
    }

    #[test]
    fn any_other_word_goes_on_until_what_has_ended_stands_still() {
        for word in ["RUNNING", "CREATED", "ROLLBACKING", "TERMINATED", "ODD"] {
            for words in [
                &["SUCCEEDED", "SUCCEEDED"][..],
                &["SUCCEEDED", "FAILED"],
                &["CANCELLED", "CANCELLED"],
            ] {
                let begun = words[0] != "CANCELLED";
                let phase = if begun {
                    Phase::Running
                } else {
                    Phase::Pending
                };
                assert_eq!(
                    said(&jobs(words), word),
                    (phase, None, true),
                    "{word} {words:?}"
                );
            }
            // The gap between two batches, and what has no word.
            for words in [&["SUCCEEDED", "CREATED"][..], &["SUCCEEDED", "TELEPORTED"]] {
                assert_eq!(said(&jobs(words), word), GOES_ON, "{word} {words:?}");
            }
            assert_eq!(said(&jobs(&[]), word), (Phase::Pending, None, false));
            let components = jobs(&["SUCCEEDED"]);
            let decided = plan(word, "stop").decide(&components, &Redactor::default());
            let still = decided.standstill.expect("a standstill");
            let says = format!("nothing changes any more, but the release task still says {word}");
            assert_eq!((still.limit, still.message.en()), (None, &*says));
        }
    }

    #[test]
    fn not_every_component_is_waited_for_where_the_strategy_is_stop() {
        let stopped = jobs(&["SUCCEEDED", "FAILED", "CREATED"]);
        for (strategy, decision) in [
            ("stop", STANDS_STILL),
            ("STOP", STANDS_STILL),
            ("continue", GOES_ON),
            ("", GOES_ON),
        ] {
            let plan = plan("RUNNING", strategy);
            assert_eq!(decided(&stopped, Some(&plan)), decision, "{strategy}");
        }
        let gap = jobs(&["SUCCEEDED", "CREATED"]);
        assert_eq!(decided(&gap, Some(&plan("RUNNING", "stop"))), GOES_ON);
    }

    #[test]
    fn where_the_plan_is_refused_the_components_decide() {
        let own = |status: &str| format!(r#""status":"{status}","job_status":"SUCCEEDED""#);
        for (components, found) in [
            (jobs(&["SUCCEEDED", "SUCCEEDED"]), Some(Phase::Succeeded)),
            (
                jobs(&["SUCCEEDED", "FAILED", "CREATED"]),
                Some(Phase::Failed),
            ),
            (jobs(&["CANCELLED", "canceled"]), Some(Phase::Cancelled)),
            (jobs(&["SUCCEEDED", "CANCELLED"]), None),
            (jobs(&["SUCCEEDED", "CREATED"]), None),
            (jobs(&["SUCCEEDED", "TELEPORTED"]), None),
            (jobs(&["CREATED"]), None),
            (jobs(&[]), None),
            (release(&[&own("SUCCESS")]), Some(Phase::Succeeded)),
            (release(&[&own("FAILED")]), None),
            (release(&[&own("PARTIALLY_FAILED")]), None),
            (release(&[&own("ABORTED")]), Some(Phase::Cancelled)),
            (release(&[&own("ROLLBACK_SUCCEED")]), Some(Phase::Failed)),
        ] {
            let phase = components.snapshot.phase;
            assert_eq!(decided(&components, None), (phase, found, false));
        }
    }

    #[test]
    fn a_word_that_nobody_documents_is_warned_of() {
        let warnings = |word| {
            let plan = plan(word, "stop");
            plan.decide(&jobs(&[]), &Redactor::default()).warnings.len()
        };
        assert_eq!(warnings("ODD"), 1);
        for word in [
            "SUCCESS",
            "SUCCEEDED",
            "CREATED",
            "aborted",
            "ROLLBACKING",
            "GRAYING",
        ] {
            assert_eq!(warnings(word), 0, "{word}");
        }
    }

    #[test]
    fn a_plan_that_cannot_be_read_is_none() {
        for json in [
            "",
            "{}",
            "[]",
            r#""SUCCESS""#,
            r#"{"status":null}"#,
            r#"{"status":{"a":"SUCCESS"}}"#,
            r#"{"status":"SUCCESS""#,
            r#"{"status":"RUNNING","status":"SUCCESS"}"#,
            r#"{"status":"SUCCESS","components":"none"}"#,
            r#"{"status":"SUCCESS","components":{"a":1}}"#,
            r#"{"status":"SUCCESS","error_code":"E1","error_msg":"no"}"#,
            r#"{"error_code":"E1","error_msg":"no"}"#,
            r#"{"id":"r-2","status":"SUCCESS"}"#,
        ] {
            read(json).expect_err(json);
        }
        for json in [
            r#"{"id":"R1","status":"SUCCESS","components":[{"seq":1}]}"#,
            r#"{"status":"SUCCESS","components":null,"error_code":null}"#,
        ] {
            read(json).expect(json);
        }
    }
}
