//! The components of a release, as the deployment information has them, and their states.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::{RELEASE_TASK, is_failure};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::provider::json::{self, CANCELLED, Count, List, Shown, Text, safe_in_url};
use crate::provider::stated_error::error_in;
use crate::provider::{epoch_millis, messages};
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The components of the release [D]. No field says that the release is over.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct DeployInfo<'a> {
    id: Text<'a>,
    components: Option<List<Component<'a>>>,
}

/// A component [D]. `status` is its own, and `RUNNING` there means healthy; `job_status` is the
/// release's.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Component<'a> {
    id: Shown<Text<'a>>,
    name: Shown<Text<'a>>,
    /// Text in the vendor's table, a number in the example.
    seq: Shown<Count>,
    status: Text<'a>,
    job_id: Shown<Text<'a>>,
    job_status: Text<'a>,
    start_time: Shown<Text<'a>>,
    end_time: Shown<Text<'a>>,
    fail_message: Shown<Text<'a>>,
    rollback_job_id: Text<'a>,
    rollback_job_status: Text<'a>,
    rollback_start_time: Shown<Text<'a>>,
    rollback_end_time: Shown<Text<'a>>,
    rollback_fail_message: Shown<Text<'a>>,
}

/// The words for a release [D]. The first four are documented here, the others by the service's job resource,
/// and expected here too [I].
const JOB_STATES: [(&str, UnitState); 8] = [
    ("CREATED", UnitState::Pending),
    ("RUNNING", UnitState::Running),
    ("SUCCEEDED", UnitState::Succeeded),
    ("FAILED", UnitState::Failed),
    ("SUBMITTED", UnitState::Queued),
    ("SCHEDULED", UnitState::Queued),
    ("PARTIALLY_FAILED", UnitState::Failed),
    (CANCELLED, UnitState::Cancelled),
];

/// The words for a rollback: those of the release and of the service's job resource [D, I].
const ROLLBACK_STATES: [(&str, UnitState); 9] = [
    ("CREATED", UnitState::Running),
    ("SUBMITTED", UnitState::Running),
    ("SCHEDULED", UnitState::Running),
    ("RUNNING", UnitState::Running),
    ("ROLLBACKING", UnitState::Running),
    ("SUCCEEDED", UnitState::Succeeded),
    ("ROLLBACKED", UnitState::Succeeded),
    ("FAILED", UnitState::Failed),
    ("PARTIALLY_FAILED", UnitState::Failed),
];

impl Component<'_> {
    /// The state of the component, and the message about it.
    fn standing(
        &self,
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) -> (UnitState, Option<Message>) {
        use UnitState::{Cancelled, Failed, Pending, Succeeded};
        let words = |text: &Text<'_>| Some(Message::verbatim(redactor.message(text.get()?)));
        let reason = words(&self.fail_message);
        let own = self.status.get().unwrap_or_default().to_ascii_uppercase();
        let (status, field) = (&self.rollback_job_status, "rollback_job_status");
        let rollback = if status.get().is_some() {
            Some(status.interpret(field, &ROLLBACK_STATES, warnings, redactor))
        } else if self.rollback_job_id.get().is_some() {
            Some(UnitState::Running)
        } else if own == "ROLLBACK_SUCCEED" {
            Some(Succeeded)
        } else {
            own.starts_with("ROLLBACK_").then_some(Failed)
        };
        // Once a rollback has begun, `job_status` stays what it was before.
        let (state, what) = match rollback {
            // A component that was rolled back has failed.
            Some(Succeeded) => (Failed, Message::new("rolled back", "已回滚")),
            Some(Failed) => match words(&self.rollback_fail_message) {
                None => (Failed, Message::new("rollback failed", "回滚失败")),
                message => return (Failed, message),
            },
            Some(state) => (state, Message::new("rolling back", "正在回滚")),
            None => {
                let status = &self.job_status;
                let state = if self.status.is_cancelled() {
                    Cancelled
                } else if status.get().is_none() {
                    Pending
                } else {
                    status.interpret("job_status", &JOB_STATES, warnings, redactor)
                };
                let reason = reason.filter(|_| state == Failed);
                // Else its own state is only shown, where it says more than that all is well.
                let well = ["", "RUNNING", "SUCCESS", "CREATED"].contains(&&*own);
                let shown = || {
                    let own = redactor.message(&own);
                    Message::new(format!("status {own}"), format!("状态 {own}"))
                };
                return (state, reason.or_else(|| (!well).then(shown)));
            }
        };
        (state, Some(what.with_detail(reason.as_ref())))
    }
}

/// The finding of the components, before the plan is requested.
#[derive(Default)]
pub(super) struct Components {
    pub(super) snapshot: Arc<Snapshot>,
    /// The jobs that tell why a unit failed, by the unit's id.
    pub(super) jobs: HashMap<Arc<str>, Vec<String>>,
    /// How many have failed by their own status, though their job has succeeded.
    pub(super) contradictory: usize,
}

impl Components {
    /// Reads the components of the release that was `asked` for; `last` are the units of the answer
    /// before.
    pub(super) fn read(
        body: &[u8],
        last: &[Unit],
        asked: &str,
        redactor: &Redactor,
    ) -> Result<Self, Message> {
        let or_error = |problem| messages::error_in_place_of(body, problem, redactor);
        let mut snapshot = Snapshot::new(Phase::Pending);
        let info: DeployInfo<'_> =
            json::read_state(body, RELEASE_TASK, &mut snapshot.warnings, redactor)?;
        info.id.check_id(asked, redactor).map_err(or_error)?;
        // Null where nothing is planned yet.
        if info.components.is_none() && info.id.get().is_none() {
            return Err(or_error(messages::missing_field("components")));
        }
        let components = info.components.unwrap_or_default();
        snapshot.units = units(&components, last, &mut snapshot.warnings, redactor);
        // They may be a success: one that was read whole and stands beside no error.
        if snapshot.count(UnitState::Succeeded) == snapshot.units.len() {
            for component in components.iter() {
                component.status.whole("status")?;
            }
            if let Some(error) = error_in(body, &[], redactor) {
                return Err(error);
            }
        }
        snapshot.batches = snapshot.units.iter().filter_map(|unit| unit.batch).max();
        // The last in which anything has begun: batches run one after another [I].
        let begun = |unit: &&Unit| !matches!(unit.state, UnitState::Pending | UnitState::Cancelled);
        let begun = snapshot.units.iter().filter(begun);
        let begun = begun.map(|unit| unit.batch).max();
        snapshot.batch = snapshot.batches.map(|_| begun.flatten().unwrap_or(1));
        if begun.is_some() {
            snapshot.phase = Phase::Running;
        }
        let mut waits = components.iter().map(|component| &component.status);
        if waits.any(|status| status.is("GRAYING")) && !is_moving(&snapshot) {
            pause(&mut snapshot);
        }
        let mut found = Self::default();
        for (unit, component) in snapshot.units.iter().zip(components.iter()) {
            match unit.state {
                UnitState::Failed => {
                    let jobs = [component.job_id.get(), component.rollback_job_id.get()];
                    let safe = jobs.into_iter().flatten().filter(|id| safe_in_url(id));
                    let safe = safe.map(str::to_owned).collect();
                    found.jobs.insert(Arc::clone(&unit.id), safe);
                }
                UnitState::Succeeded if is_failure(&component.status) => found.contradictory += 1,
                _ => {}
            }
        }
        found.snapshot = Arc::new(snapshot);
        Ok(found)
    }

    /// How many have succeeded, by their own status too.
    pub(super) fn succeeded(&self) -> usize {
        self.snapshot.count(UnitState::Succeeded) - self.contradictory
    }

    /// Whether nothing moves and nothing waits for a person: the release may be over, or between two
    /// batches, and its components alone do not tell which.
    pub(super) fn are_still(&self) -> bool {
        self.snapshot.phase != Phase::Paused && !is_moving(&self.snapshot)
    }
}

/// The components as units, in batches by ascending `seq` [I].
fn units(
    components: &[Component<'_>],
    last: &[Unit],
    warnings: &mut Vec<Message>,
    redactor: &Redactor,
) -> Vec<Unit> {
    let seqs = components.iter().filter_map(|it| it.seq.get());
    let batches: BTreeMap<_, _> = BTreeSet::from_iter(seqs).into_iter().zip(1..).collect();
    let mut units = UnitsBuilder::new(UnitKind::Component, last, components.len(), redactor);
    for (place, component) in (1..).zip(components) {
        let nameless = format!("component {place}");
        let (own_id, own_name) = (component.id.get(), component.name.get());
        let id = own_id.or(own_name).unwrap_or(&nameless);
        let name = own_name.or(own_id).unwrap_or(&nameless);
        let batch = component.seq.get().map(|seq| batches[&seq]);
        let (state, detail) = component.standing(warnings, redactor);
        let unit = units.push(id, name, batch, state, None);
        unit.detail = detail;
        let rollback = &component.rollback_job_id;
        let times = match rollback.get().or(component.rollback_job_status.get()) {
            Some(_) => [&component.rollback_start_time, &component.rollback_end_time],
            None => [&component.start_time, &component.end_time],
        };
        [unit.began, unit.ended] = times.map(|time| epoch_millis(time));
    }
    units.finish()
}

/// The release waits for a person, and no component moves [O].
pub(super) fn pause(snapshot: &mut Snapshot) {
    snapshot.phase = Phase::Paused;
    let failed = snapshot.count(UnitState::Failed);
    if failed == 0 {
        snapshot.message = Some(messages::awaits_confirmation());
    } else {
        // A component that is about to be tried again looks the same for a moment.
        let message = messages::awaits_decision(failed, UnitKind::Component, None);
        snapshot.unconfirmed = Some(Unconfirmed::new(Phase::PausedAfterFailure, Some(message)));
    }
}

fn is_moving(snapshot: &Snapshot) -> bool {
    snapshot.count(UnitState::Running) + snapshot.count(UnitState::Queued) > 0
}

#[cfg(test)]
pub(super) mod tests {
    use std::num::NonZeroI64;

    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/servicestage.response.json");
    const RELEASE: &str = "716eda33-dbc6-47f3-953f-29119edd5e5c";

    fn read(json: impl AsRef<[u8]>, asked: &str) -> Result<Components, Message> {
        Components::read(json.as_ref(), &[], asked, &Redactor::default())
    }

    /// A release whose components have these fields.
    pub(in crate::provider::servicestage) fn release(components: &[&str]) -> Components {
        let components: Vec<_> = components.iter().map(|it| format!("{{{it}}}")).collect();
        let components = components.join(",");
        let json = format!(r#"{{"id":"{RELEASE}","components":[{components}]}}"#);
        read(json, RELEASE).expect("a release")
    }

    /// A release whose components have these `job_status`es, each in a batch of its own.
    pub(in crate::provider::servicestage) fn jobs(words: &[&str]) -> Components {
        let components: Vec<_> = words
            .iter()
            .enumerate()
            .map(|(place, word)| format!(r#""id":"c{place}","seq":{place},"job_status":"{word}""#))
            .collect();
        let components: Vec<_> = components.iter().map(String::as_str).collect();
        release(&components)
    }

    fn unit(component: &str) -> Unit {
        release(&[component]).snapshot.units[0].clone()
    }

    #[test]
    fn the_vendors_sample_is_a_component_that_succeeded() {
        let components = read(SAMPLE, RELEASE).expect("a release");
        let snapshot = &components.snapshot;
        let unit = &snapshot.units[0];
        assert_eq!(&*unit.id, "df49e875-000c-4d69-8f45-c4f384549e1b");
        assert_eq!((&*unit.name, unit.batch), ("sch", Some(1)));
        assert_eq!((unit.state, &unit.detail), (UnitState::Succeeded, &None));
        let times = (Some(1_722_933_924_962), Some(1_722_933_950_018));
        let own = (
            unit.began.map(NonZeroI64::get),
            unit.ended.map(NonZeroI64::get),
        );
        assert_eq!(own, times);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(1), Some(1)));
        assert!(snapshot.warnings.is_empty() && components.jobs.is_empty());
        assert!(components.are_still() && components.contradictory == 0);
    }

    #[test]
    fn each_job_status_has_its_state() {
        for (word, state) in [
            ("null", UnitState::Pending),
            (r#""""#, UnitState::Pending),
            (r#""CREATED""#, UnitState::Pending),
            (r#""SUBMITTED""#, UnitState::Queued),
            (r#""SCHEDULED""#, UnitState::Queued),
            (r#""running""#, UnitState::Running),
            (r#""SUCCEEDED""#, UnitState::Succeeded),
            (r#""FAILED""#, UnitState::Failed),
            (r#""PARTIALLY_FAILED""#, UnitState::Failed),
            (r#""CANCELLED""#, UnitState::Cancelled),
            (r#""Canceled""#, UnitState::Cancelled),
            // Neither the word of the component nor that of the plan.
            (r#""SUCCESS""#, UnitState::Unknown),
            (r#""UNKNOWN""#, UnitState::Unknown),
        ] {
            let snapshot = release(&[&format!(r#""job_status":{word}"#)]).snapshot;
            assert_eq!(snapshot.units[0].state, state, "{word}");
            let unknown = state == UnitState::Unknown;
            assert_eq!(snapshot.warnings.len(), usize::from(unknown), "{word}");
        }
    }

    #[test]
    fn the_components_own_running_is_not_in_progress() {
        let pending = unit(r#""status":"RUNNING","job_status":"CREATED""#);
        assert_eq!(
            (pending.state, &pending.detail),
            (UnitState::Pending, &None)
        );
        assert!(release(&[r#""status":"RUNNING","job_status":"SUCCEEDED""#]).are_still());
    }

    #[test]
    fn the_components_own_status_is_shown_where_it_says_more() {
        for (status, job, state, detail) in [
            (
                "GRAYING",
                "SUCCEEDED",
                UnitState::Succeeded,
                Some("status GRAYING"),
            ),
            (
                "FAILED",
                "SUCCEEDED",
                UnitState::Succeeded,
                Some("status FAILED"),
            ),
            ("SUCCESS", "SUCCEEDED", UnitState::Succeeded, None),
            (
                "ABORTED",
                "RUNNING",
                UnitState::Cancelled,
                Some("status ABORTED"),
            ),
            (
                "ROLLBACK_SUCCEED",
                "SUCCEEDED",
                UnitState::Failed,
                Some("rolled back"),
            ),
            (
                "ROLLBACK_FAILED",
                "SUCCEEDED",
                UnitState::Failed,
                Some("rollback failed"),
            ),
        ] {
            let unit = unit(&format!(r#""status":"{status}","job_status":"{job}""#));
            let own = unit.detail.as_ref().map(Message::en);
            assert_eq!((unit.state, own), (state, detail), "{status}");
            unit.detail.iter().for_each(assert_chinese);
        }
    }

    #[test]
    fn a_rolled_back_component_keeps_its_job_status_and_has_failed() {
        for (rollback, state, detail) in [
            (
                r#""rollback_job_id":"r1""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"CREATED""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"RUNNING""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"ROLLBACKING""#,
                UnitState::Running,
                "rolling back",
            ),
            (
                r#""rollback_job_status":"SUCCEEDED""#,
                UnitState::Failed,
                "rolled back",
            ),
            (
                r#""rollback_job_status":"ROLLBACKED""#,
                UnitState::Failed,
                "rolled back",
            ),
            (
                r#""rollback_job_status":"FAILED""#,
                UnitState::Failed,
                "rollback failed",
            ),
            (
                r#""rollback_job_status":"FAILED","rollback_fail_message":"no image""#,
                UnitState::Failed,
                "no image",
            ),
            (
                r#""rollback_job_status":"SUCCEEDED","fail_message":"probe failed""#,
                UnitState::Failed,
                "rolled back: probe failed",
            ),
            (
                r#""rollback_job_status":"ODD""#,
                UnitState::Unknown,
                "rolling back",
            ),
        ] {
            let unit = unit(&format!(r#""job_status":"SUCCEEDED",{rollback}"#));
            let own = unit.detail.as_ref().map(Message::en);
            assert_eq!((unit.state, own), (state, Some(detail)), "{rollback}");
            if !rollback.contains("message") {
                unit.detail.iter().for_each(assert_chinese);
            }
        }
        let none = r#""job_status":"SUCCEEDED","rollback_job_id":"","rollback_job_status":null"#;
        assert_eq!(unit(none).state, UnitState::Succeeded);
    }

    #[test]
    fn a_failed_component_tells_why() {
        let reason = r#""fail_message":"no\u001b[31m""#;
        let detail = |job: &str| {
            unit(&format!(r#""job_status":"{job}",{reason}"#))
                .detail
                .clone()
        };
        assert_eq!(detail("FAILED"), Some(Message::verbatim("no")));
        assert_eq!(detail("RUNNING"), None, "it is tried again");
    }

    #[test]
    fn a_start_time_of_0_is_not_1970() {
        for (times, expected) in [
            (r#""start_time":0,"end_time":null"#, (None, None)),
            (r#""start_time":"","end_time":"0""#, (None, None)),
            (r#""start_time":"7","end_time":9"#, (Some(7), Some(9))),
            (r#""start_time":-7,"end_time":"soon""#, (None, None)),
            (
                r#""start_time":7,"end_time":9,"rollback_job_id":"r","rollback_start_time":"8""#,
                (Some(8), None),
            ),
        ] {
            let unit = unit(&format!(r#""job_status":"RUNNING",{times}"#));
            let own = (
                unit.began.map(NonZeroI64::get),
                unit.ended.map(NonZeroI64::get),
            );
            assert_eq!(own, expected, "{times}");
        }
    }

    #[test]
    fn seq_10_comes_after_seq_9() {
        let snapshot = release(&[
            r#""id":"a","seq":"10","job_status":"CREATED""#,
            r#""id":"b","seq":"9","job_status":"RUNNING""#,
            r#""id":"c","seq":2,"job_status":"SUCCEEDED""#,
            r#""id":"d","seq":9,"job_status":"SUBMITTED""#,
            r#""id":"e","seq":null,"job_status":"CREATED""#,
        ])
        .snapshot;
        let batches: Vec<_> = snapshot.units.iter().map(|unit| unit.batch).collect();
        assert_eq!(batches, [Some(3), Some(2), Some(1), Some(2), None]);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), Some(3)));
    }

    #[test]
    fn the_batch_at_work_is_the_last_that_has_begun() {
        for (words, batch) in [
            (&["CREATED", "CREATED"][..], 1),
            (&["SUCCEEDED", "CREATED"], 1),
            (&["SUCCEEDED", "SUBMITTED"], 2),
            (&["FAILED", "SUCCEEDED", "CREATED"], 2),
            (&["SUCCEEDED", "CANCELLED"], 1),
        ] {
            assert_eq!(jobs(words).snapshot.batch, Some(batch), "{words:?}");
        }
        assert_eq!(release(&[r#""job_status":"RUNNING""#]).snapshot.batch, None);
    }

    #[test]
    fn a_component_is_its_id_else_its_name() {
        let snapshot = release(&[
            r#""id":"c1","name":"gateway""#,
            r#""id":null,"name":"account""#,
            r#""id":7,"name":"""#,
            "",
            r#""id":"c1","name":"again""#,
        ])
        .snapshot;
        let names: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name))
            .collect();
        assert_eq!(
            names,
            [
                ("c1", "gateway"),
                ("account", "account"),
                ("7", "7"),
                ("component 4", "component 4"),
                ("c1#2", "again"),
            ]
        );
    }

    #[test]
    fn what_moves_is_running_whatever_else_has_failed() {
        for words in [
            &["RUNNING"][..],
            &["FAILED", "SUBMITTED"],
            &["SUCCEEDED", "SCHEDULED"],
        ] {
            let components = jobs(words);
            let snapshot = &components.snapshot;
            assert_eq!(snapshot.phase, Phase::Running, "{words:?}");
            assert!(!components.are_still() && snapshot.unconfirmed.is_none());
        }
    }

    #[test]
    fn graying_waits_for_a_person() {
        let gray = r#""id":"a","seq":1,"status":"GRAYING","job_status":"SUCCEEDED""#;
        let next = r#""id":"b","seq":2,"job_status":"CREATED""#;
        let snapshot = release(&[gray, next]).snapshot;
        assert_eq!(
            (snapshot.phase, &snapshot.unconfirmed),
            (Phase::Paused, &None)
        );
        let message = messages::awaits_confirmation();
        assert_eq!(snapshot.message, Some(message));
        let moving = release(&[gray, r#""id":"b","job_status":"RUNNING""#]).snapshot;
        assert_eq!(moving.phase, Phase::Running);
        let failed = release(&[gray, r#""id":"b","job_status":"FAILED""#]).snapshot;
        assert_eq!(failed.phase, Phase::Paused);
        let found = failed.unconfirmed.as_ref().expect("a finding");
        assert_eq!(found.phase, Phase::PausedAfterFailure);
    }

    #[test]
    fn a_job_whose_id_means_something_in_a_url_is_not_asked_for() {
        let components = release(&[
            r#""id":"a","job_status":"FAILED","job_id":"JOB-1_a""#,
            r#""id":"b","job_status":"FAILED","job_id":"../../secrets""#,
            r#""id":"c","job_status":"FAILED","job_id":"j","rollback_job_id":"r","rollback_job_status":"FAILED""#,
            r#""id":"d","job_status":"SUCCEEDED","job_id":"j""#,
        ]);
        let of = |id: &str| components.jobs.get(id).map(|jobs| jobs.join(" "));
        assert_eq!(of("a").as_deref(), Some("JOB-1_a"));
        assert_eq!(of("b").as_deref(), Some(""));
        assert_eq!(of("c").as_deref(), Some("j r"));
        assert_eq!(of("d"), None, "it has not failed");
    }

    #[test]
    fn a_component_that_calls_itself_failed_is_counted_where_its_job_succeeded() {
        for (fields, count) in [
            (r#""status":"FAILED","job_status":"SUCCEEDED""#, 1),
            (r#""status":"partially_failed","job_status":"SUCCEEDED""#, 1),
            (r#""status":"FAILED","job_status":"CREATED""#, 0),
            (r#""status":"FAILED","job_status":"FAILED""#, 0),
            (r#""status":"SUCCESS","job_status":"SUCCEEDED""#, 0),
            (r#""status":"ROLLBACK_FAILED","job_status":"SUCCEEDED""#, 0),
        ] {
            assert_eq!(release(&[fields]).contradictory, count, "{fields}");
        }
    }

    #[test]
    fn a_release_may_have_no_components_yet() {
        for components in ["null", "[]"] {
            let json = format!(r#"{{"id":"{RELEASE}","components":{components}}}"#);
            let components = read(json, RELEASE).expect("a release");
            assert_eq!(components.snapshot.phase, Phase::Pending);
            assert!(components.snapshot.units.is_empty() && components.are_still());
        }
    }

    #[test]
    fn what_has_no_components_is_unreadable() {
        for (json, says) in [
            ("", "cannot parse the release task"),
            ("[]", "cannot parse the release task"),
            ("{}", "no components"),
            (r#"{"status":"SUCCESS"}"#, "no components"),
            (r#"{"components":"none"}"#, "cannot parse the release task"),
            (r#"{"components":[1]}"#, "cannot parse the release task"),
            (
                r#"{"id":"a","error_code":"E1","error_msg":"no"}"#,
                "error response: E1 no",
            ),
            (
                r#"{"components":[{"job_status":"SUCCEEDED"}],"error_code":"E1"}"#,
                "error response: E1",
            ),
        ] {
            let problem = read(json, RELEASE).err().expect(json);
            assert!(problem.en().contains(says), "{json} {problem}");
        }
    }

    #[test]
    fn an_answer_about_another_release_is_none() {
        let problem = read(SAMPLE, "other").err().expect("a problem");
        assert_eq!(problem, messages::other_id("other", RELEASE));
        let same = RELEASE.replace('-', "").to_uppercase();
        assert!(read(SAMPLE, &same).is_ok());
        assert!(
            read(r#"{"components":[]}"#, "other").is_ok(),
            "none is named"
        );
    }
}
