//! Huawei MRS / FusionInsight Manager: the progress of a command. [D] documented by the vendor, [O]
//! observed in public code, [I] inferred.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::json::{self, List, Object, Shown, ShownList, Text};
use super::{DeploymentSource, below, messages, stated_error};
use crate::http::{Client, error_words};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unit, UnitKind, UnitState};
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

mod cas;
mod login_error;
mod options;
mod session;

pub(super) use options::MrsOptions;
use session::{Login, SharedSignIn};

/// The response, in English and Chinese.
const PROGRESS: (&str, &str) = ("command's progress", "命令进度");

/// A command being watched.
struct Mrs {
    http: Client,
    endpoint: Url,
    url: String,
    /// None for a Manager without authentication.
    login: Option<Login>,
    /// The longest wait for a sign-in of another command.
    patience: Duration,
    shared: Arc<SharedSignIn>,
    /// The units of the last response.
    last: Vec<Unit>,
}

impl Mrs {
    /// Watches `command` on the cluster's own Manager, usually port 28443 of the floating address
    /// [D]. No sign-in of another command is waited for longer than `patience`.
    fn new(
        endpoint: &Url,
        command: &str,
        login: Option<Login>,
        patience: Duration,
        http: Client,
    ) -> Self {
        let path = format!("/web/v1/common/command/{command}/progress");
        Self {
            http,
            endpoint: endpoint.clone(),
            url: below(endpoint, &path).into(),
            shared: SharedSignIn::of(login.as_ref(), endpoint),
            login,
            patience,
            last: Vec::new(),
        }
    }
}

impl DeploymentSource for Mrs {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let snapshot = self.ask()?;
        self.last.clone_from(&snapshot.units);
        Ok(Arc::new(snapshot))
    }
}

/// The progress [D]. Its `id` is not the command's [D] and not read.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct CommandProgress<'a> {
    state: Text<'a>,
    error_code: Shown<Text<'a>>,
    error_description: Shown<Text<'a>>,
    total_progress: Shown<Text<'a>>,
    res_obj: Shown<Object<Details<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Details<'a> {
    /// Not documented, where `cluster_id` is [I].
    cluster_name: Shown<Text<'a>>,
    step_list: ShownList<CommandStep<'a>>,
    fail_entity_list: ShownList<FailedEntity<'a>>,
    total_step_size: Shown<Text<'a>>,
}

/// A step that has begun: it has neither a state nor a number [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct CommandStep<'a> {
    name: Shown<Text<'a>>,
}

/// Something that failed, and what was done to it.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct FailedEntity<'a> {
    fail_entity: Shown<Text<'a>>,
    operation_type: Shown<Text<'a>>,
}

/// The fields that may qualify a success, and do so where they cannot be read.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Caveats<'a> {
    #[serde(rename = "error_code")]
    _code: Text<'a>,
    #[serde(rename = "res_obj")]
    _entities: Object<FailedEntities<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct FailedEntities<'a> {
    #[serde(rename = "fail_entity_list")]
    _list: List<FailedEntity<'a>>,
}

impl CommandProgress<'_> {
    /// The error's own code.
    fn error_code(&self) -> Option<&str> {
        let code = self.error_code.get();
        code.filter(|code| code.parse::<f64>() != Ok(0.0))
    }

    /// The error's own words: code, description.
    fn error(&self, redactor: &Redactor) -> Option<Message> {
        messages::stated([self.error_code(), self.error_description.get()], redactor)
    }

    /// `total_step_size` is a percentage, whatever its name says; `total_progress` has no documented
    /// scale and is 0 in the vendor's example of a finished command, so it comes second [D].
    fn percent(&self) -> Option<u8> {
        let mut figures = [&self.res_obj.total_step_size, &self.total_progress].into_iter();
        figures.find_map(|figure| {
            let figure: f64 = figure.get()?.parse().ok()?;
            // Floored: 99.9 % is not all.
            figure.is_finite().then(|| figure.clamp(0.0, 100.0) as u8)
        })
    }
}

/// Reads a response. `last` are the units of the one before.
fn read(body: &[u8], last: &[Unit], redactor: &Redactor) -> Result<Snapshot, Message> {
    let mut snapshot = Snapshot::new(Phase::Unknown);
    let progress: CommandProgress<'_> =
        json::read_state(body, PROGRESS, &mut snapshot.warnings, redactor)?;
    let error = progress.error(redactor);
    progress.state.required("state").map_err(|problem| {
        let words = error.clone().or_else(|| error_words(body, redactor));
        words.map_or(problem, |words| messages::error_response(Some(&words)))
    })?;
    let (state, warnings) = (&progress.state, &mut snapshot.warnings);
    let (phase, at_work) = state.interpret("command state", &STATES, warnings, redactor);
    snapshot.phase = phase;
    snapshot.title = progress.res_obj.cluster_name.printable(redactor);
    snapshot.percent = progress.percent();
    snapshot.units = units(&progress, at_work, last, redactor);
    match snapshot.phase {
        Phase::Failed => snapshot.message = error,
        Phase::Succeeded => {
            let error = progress.error_code().and(error).map(|error| {
                Message::new("completed with an error", "已完成，但返回了错误").with_detail(&error)
            });
            let is_entity = |unit: &&Unit| unit.kind == UnitKind::Component;
            let failed = snapshot.units.iter().filter(is_entity).map(|entity| {
                let name = &entity.name;
                Message::new(format!("{name} failed"), format!("{name} 失败"))
                    .with_aside(entity.detail.as_ref())
            });
            let unread = json::read::<Caveats<'_>>(body).err();
            let unread = unread.map(|_| messages::caveats_unread());
            snapshot.success_caveats = error.into_iter().chain(failed).chain(unread).collect();
        }
        _ => {}
    }
    let own = ["error_code", "error_description"];
    stated_error::weigh(&mut snapshot, body, &own, redactor)?;
    Ok(snapshot)
}

/// The command's `state`, and that of its last step. `COMPLETE` and `FAILED` are documented for this call, the
/// others for its neighbours [D].
const STATES: [(&str, (Phase, UnitState)); 5] = [
    ("NEW", (Phase::Pending, UnitState::Pending)),
    ("IN_PROGRESS", (Phase::Running, UnitState::Running)),
    ("RUNNING", (Phase::Running, UnitState::Running)),
    ("COMPLETE", (Phase::Succeeded, UnitState::Succeeded)),
    ("FAILED", (Phase::Failed, UnitState::Failed)),
];

/// The steps, which are names only, and the entities that failed. The list of steps grows: the last one is in the
/// state `at_work`, and those before it are done [I].
fn units(
    progress: &CommandProgress<'_>,
    at_work: UnitState,
    last: &[Unit],
    redactor: &Redactor,
) -> Vec<Unit> {
    let (steps, entities) = (
        &progress.res_obj.step_list,
        &progress.res_obj.fail_entity_list,
    );
    let count = steps.len() + entities.len();
    let mut units = UnitsBuilder::new(UnitKind::Step, last, count, redactor);
    for (place, step) in steps.iter().enumerate() {
        let number = (place + 1).to_string();
        let nameless = format!("step {number}");
        let name = step.name.get().unwrap_or(&nameless);
        let state = match place + 1 == steps.len() {
            true => at_work,
            false => UnitState::Succeeded,
        };
        let reason = progress.error_description.get();
        let reason = reason.filter(|_| state == UnitState::Failed);
        units.push(&number, name, None, state, reason);
    }
    for (place, entity) in entities.iter().enumerate() {
        let nameless = format!("entity {}", place + 1);
        let name = entity.fail_entity.get().unwrap_or(&nameless);
        // The prefix keeps it apart from a step's number.
        let id = format!("entity:{name}");
        let operation = entity.operation_type.get();
        let unit = units.push(&id, name, None, UnitState::Failed, operation);
        unit.kind = UnitKind::Component;
    }
    units.finish()
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/mrs.response.json");

    fn progress(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], &Redactor::default())
    }

    /// A running command with these details.
    fn running(details: &str) -> Snapshot {
        progress(&format!(
            r#"{{"state":"IN_PROGRESS","total_progress":7,"res_obj":{{{details}}}}}"#
        ))
        .expect("a progress")
    }

    fn states(snapshot: &Snapshot) -> Vec<(&str, UnitState)> {
        let units = snapshot.units.iter();
        units.map(|unit| (&*unit.name, unit.state)).collect()
    }

    #[test]
    fn the_vendors_sample_is_a_success_with_a_failed_entity() {
        let snapshot = read(SAMPLE, &[], &Redactor::default()).expect("a progress");
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!((snapshot.percent, snapshot.message), (Some(0), None));
        let [step, entity] = &snapshot.units[..] else {
            panic!("{:?}", snapshot.units);
        };
        assert_eq!(
            (step.kind, step.state),
            (UnitKind::Step, UnitState::Succeeded)
        );
        assert_eq!(
            (entity.kind, entity.state),
            (UnitKind::Component, UnitState::Failed)
        );
        assert_eq!((&*step.name, &*entity.name), ("string", "string"));
        assert_ne!(step.id, entity.id);
        let [flaw] = &snapshot.success_caveats[..] else {
            panic!("{:?}", snapshot.success_caveats);
        };
        assert_eq!(flaw.en(), "string failed (string)");
        assert_chinese(flaw);
    }

    #[test]
    fn each_word_of_a_state_has_its_phase() {
        for (word, phase) in [
            ("NEW", Phase::Pending),
            ("IN_PROGRESS", Phase::Running),
            ("RUNNING", Phase::Running),
            ("COMPLETE", Phase::Succeeded),
            (" complete ", Phase::Succeeded),
            ("FAILED", Phase::Failed),
            // Success is not read as a prefix.
            ("COMPLETED", Phase::Unknown),
            ("COMPLETE_WITH_ERRORS", Phase::Unknown),
            ("FAIL", Phase::Unknown),
            ("SUCCESS", Phase::Unknown),
            ("CANCELLED", Phase::Unknown),
        ] {
            let snapshot = progress(&format!(r#"{{"state":"{word}"}}"#)).expect("a progress");
            assert_eq!(snapshot.phase, phase, "{word}");
            let warnings = usize::from(phase == Phase::Unknown);
            assert_eq!(snapshot.warnings.len(), warnings, "{word}");
        }
    }

    #[test]
    fn total_step_size_is_a_percentage_and_no_count_of_steps() {
        let snapshot = running(r#""total_step_size":40,"step_list":[{"name":"a"},{"name":"b"}]"#);
        assert_eq!(snapshot.percent, Some(40));
        assert_eq!(snapshot.units.len(), 2);
    }

    #[test]
    fn the_percentage_is_clamped_floored_and_may_be_missing() {
        for (size, percent) in [
            ("99.9", Some(99)),
            (r#""55""#, Some(55)),
            ("0", Some(0)),
            ("-3", Some(0)),
            ("250", Some(100)),
            ("1e300", Some(100)),
            // total_progress, which is 7, where there is no figure.
            ("null", Some(7)),
            (r#""NaN""#, Some(7)),
            (r#""inf""#, Some(7)),
            (r#""many""#, Some(7)),
            ("{}", Some(7)),
        ] {
            let snapshot = running(&format!(r#""total_step_size":{size}"#));
            assert_eq!(snapshot.percent, percent, "{size}");
        }
        let none = progress(r#"{"state":"RUNNING","total_progress":null}"#);
        assert_eq!(none.expect("a progress").percent, None);
        let first = progress(r#"{"state":"RUNNING","total_progress":33.4,"res_obj":null}"#);
        assert_eq!(first.expect("a progress").percent, Some(33));
    }

    #[test]
    fn a_hundred_percent_is_not_the_end() {
        let snapshot = running(r#""total_step_size":100,"step_list":[{"name":"a"}]"#);
        assert_eq!(snapshot.phase, Phase::Running);
        assert_eq!(snapshot.unconfirmed, None);
        assert_eq!(states(&snapshot), [("a", UnitState::Running)]);
    }

    #[test]
    fn progress_going_back_to_0_is_shown_and_decides_nothing() {
        let before = running(r#""total_step_size":60,"step_list":[{"name":"a"},{"name":"b"}]"#);
        let json = r#"{"state":"IN_PROGRESS","res_obj":{"total_step_size":0,"step_list":[]}}"#;
        let after = read(json.as_bytes(), &before.units, &Redactor::default()).expect("a progress");
        assert_eq!((after.phase, after.percent), (Phase::Running, Some(0)));
        assert!(after.units.is_empty() && after.warnings.is_empty());
    }

    #[test]
    fn the_last_step_is_at_work_and_those_before_it_are_done() {
        use UnitState::{Failed, Pending, Running, Succeeded, Unknown};
        for (word, last) in [
            ("NEW", Pending),
            ("IN_PROGRESS", Running),
            ("COMPLETE", Succeeded),
            ("FAILED", Failed),
            ("EXPLODED", Unknown),
        ] {
            let snapshot = progress(&format!(
                r#"{{"state":"{word}","error_description":"port in use","res_obj":{{
                    "step_list":[{{"name":"a","description":"d"}},null,{{"name":null}}]}}}}"#
            ))
            .expect("a progress");
            assert_eq!(
                states(&snapshot),
                [("a", Succeeded), ("step 2", last)],
                "{word}"
            );
            assert_eq!(snapshot.units[0].detail, None);
            let reason = (last == Failed).then_some("port in use");
            let detail = snapshot.units[1].detail.as_ref();
            assert_eq!(detail.map(Message::en), reason, "{word}");
        }
    }

    #[test]
    fn a_failure_has_its_code_its_description_and_its_entities() {
        let failed = |error: &str| {
            progress(&format!(
                r#"{{"state":"FAILED",{error},"res_obj":{{"fail_entity_list":[
                    {{"fail_entity":"NameNode@192.0.2.7","operation_type":"START"}}]}}}}"#
            ))
            .expect("a progress")
        };
        let snapshot = failed(r#""error_code":25000012,"error_description":"port in use""#);
        let words = snapshot.message.expect("a reason").to_string();
        assert_eq!(words, "25000012: port in use");
        assert_eq!(snapshot.units[0].detail, Some(Message::verbatim("START")));
        assert_eq!(
            snapshot.success_caveats,
            [],
            "there is no success to take from"
        );
        let snapshot = failed(r#""error_code":0,"error_description":"port in use""#);
        let words = snapshot.message.expect("a reason").to_string();
        assert_eq!(words, "port in use");
        let snapshot = failed(r#""error_code":0,"error_description":"""#);
        assert_eq!(snapshot.message, None);
    }

    #[test]
    fn steps_and_entities_of_one_name_stay_apart_in_every_poll() {
        let json = r#"{"state":"IN_PROGRESS","res_obj":{
            "step_list":[{"name":"1"},{"name":"1"},{"name":"entity:1"}],
            "fail_entity_list":[{"fail_entity":"1"},{"fail_entity":"1"},{},{"fail_entity":"2"}]}}"#;
        let first = read(json.as_bytes(), &[], &Redactor::default()).expect("a progress");
        let ids: Vec<_> = first.units.iter().map(|unit| &*unit.id).collect();
        let told = [
            "1",
            "2",
            "3",
            "entity:1",
            "entity:1#2",
            "entity:entity 3",
            "entity:2",
        ];
        assert_eq!(ids, told);
        let second = read(json.as_bytes(), &first.units, &Redactor::default()).expect("a progress");
        assert_eq!(first, second);
        let shared = first.units.iter().zip(&second.units);
        for (one, two) in shared.filter(|(one, _)| !one.id.contains('#')) {
            assert!(Arc::ptr_eq(&one.name, &two.name), "{}", one.id);
        }
    }

    #[test]
    fn the_id_is_no_echo_of_the_commands() {
        let snapshot = progress(r#"{"id":0,"state":"COMPLETE"}"#).expect("a progress");
        assert!(snapshot.warnings.is_empty() && snapshot.success_caveats.is_empty());
    }

    #[test]
    fn what_has_no_state_is_unreadable() {
        for json in [
            "",
            "{}",
            "null",
            "[]",
            r#""COMPLETE""#,
            r#"["COMPLETE"]"#,
            r#"{"state":null}"#,
            r#"{"state":""}"#,
            r#"{"state":{"state":"COMPLETE"}}"#,
            r#"{"res_obj":{"state":"COMPLETE"}}"#,
            r#"{"state":"COMPLETE""#,
            r#"{"state":"COMPLETE","state":"FAILED"}"#,
            r#"{"state":"COMPLETE\ufffd"}"#,
            r#"{"state":"COMPLETE","error":{"code":7}}"#,
            r#"{"state":"COMPLETE","errorCode":"12-4030001"}"#,
        ] {
            progress(json).expect_err(json);
        }
        let json = r#"{"error_code":"12-4040001","error_description":"no\u001b[31m such"}"#;
        let error = progress(json).expect_err("an error");
        assert_eq!(error.to_string(), "error response: 12-4040001: no such");
        let json = r#"{"errorCode":"12-4030001","errorDescription":"locked"}"#;
        let error = progress(json).expect_err("an error");
        assert_eq!(error.to_string(), "error response: 12-4030001 locked");
    }

    #[test]
    fn what_is_only_shown_is_left_out_where_it_cannot_be_read() {
        let unread = Some(messages::caveats_unread());
        for (fields, caveat) in [
            (r#""res_obj":"none""#, &unread),
            (r#""res_obj":[[],[],0]"#, &unread),
            (r#""res_obj":{"fail_entity_list":{}}"#, &unread),
            (r#""res_obj":{"fail_entity_list":["a"]}"#, &unread),
            (
                r#""res_obj":{"fail_entity_list":[{"fail_entity":"a","fail_entity":"b"}]}"#,
                &unread,
            ),
            (r#""error_code":{"code":7}"#, &unread),
            (r#""error_code":[7]"#, &unread),
            (r#""res_obj":{"step_list":["a"]}"#, &None),
            (r#""res_obj":{"total_step_size":[]}"#, &None),
            (r#""error_description":{}"#, &None),
        ] {
            let json = format!(r#"{{"state":"COMPLETE",{fields}}}"#);
            let snapshot = progress(&json).expect(fields);
            assert_eq!(snapshot.phase, Phase::Succeeded, "{fields}");
            assert_eq!(snapshot.warnings.len(), 1, "{fields}");
            assert_eq!(
                snapshot.success_caveats,
                Vec::from_iter(caveat.clone()),
                "{fields}"
            );
        }
    }

    #[test]
    fn a_completion_with_an_error_code_is_a_success_with_a_caveat() {
        for (error, caveat) in [
            (r#""error_code":0"#, None),
            (r#""error_code":"0""#, None),
            (r#""error_code":0.0"#, None),
            (r#""error_code":null,"error_description":"done""#, None),
            (r#""error_code":7"#, Some("completed with an error: 7")),
            (
                r#""error_code":"12-1","error_description":"port in use""#,
                Some("completed with an error: 12-1: port in use"),
            ),
        ] {
            let json = format!(r#"{{"state":"COMPLETE",{error}}}"#);
            let snapshot = progress(&json).expect(error);
            let caveats: Vec<_> = snapshot.success_caveats.iter().map(Message::en).collect();
            assert_eq!(caveats, Vec::from_iter(caveat), "{error}");
            let mut caveats = snapshot.success_caveats.iter();
            assert!(caveats.all(|caveat| caveat.zh().starts_with("已完成，但返回了错误：")));
        }
    }
}
