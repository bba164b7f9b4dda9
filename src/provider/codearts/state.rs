//! The state of a task, `GET /v2/tasks/{task_id}/state` [D]: its wire format and the mapping to the model.

use serde::Deserialize;

use super::{Envelope, LogPart, log_part};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::provider::json::{self, CANCELLED, Object, Shown, ShownList, Text};
use crate::provider::stated_error::{self, error_in};
use crate::provider::{huawei, messages};
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The name of the responses, in English and Chinese.
const TASK_STATE: (&str, &str) = ("task state", "部署任务状态");

/// The contents of a response.
#[derive(Debug)]
pub(super) struct TaskState {
    /// The id of the run that it is about.
    pub(super) record: Option<String>,
    /// Whether the task has never been run.
    pub(super) never_run: bool,
    /// Each step's part of the log.
    pub(super) log_parts: Vec<LogPart>,
    pub(super) snapshot: Snapshot,
}

/// One run of the task [D]. A task that was never run is told so without the envelope [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct RunState<'a> {
    status: Text<'a>,
    step: Shown<Text<'a>>,
    record_id: Text<'a>,
    task_id: Text<'a>,
    task_name: Shown<Text<'a>>,
    start_time: Shown<Text<'a>>,
    end_time: Shown<Text<'a>>,
    step_state: ShownList<StepState<'a>>,
}

/// A step [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StepState<'a> {
    name: Shown<Text<'a>>,
    /// Text [D], or a boolean or a number [O].
    enable: Shown<Text<'a>>,
    /// Positions in the log of the run.
    offset: Shown<Text<'a>>,
    current_offset: Shown<Text<'a>>,
    /// In seconds [I]; empty or 0 before it begins [O].
    elapsed_time: Shown<Text<'a>>,
    /// Its state, where the answer has one [O].
    status: Shown<Text<'a>>,
}

/// The words for a run and for a step. Of a run, `running`, `succeeded` and `failed` are documented for this call,
/// the others by the list of applications [D], and expected here too [I]; of a step, `succeeded`, `running`,
/// `failed` and `pending` were observed [O].
const WORDS: [(&str, (Phase, UnitState)); 9] = [
    ("initial", (Phase::Pending, UnitState::Pending)),
    ("pending", (Phase::Pending, UnitState::Pending)),
    ("not_executed", (Phase::Pending, UnitState::Pending)),
    ("running", (Phase::Running, UnitState::Running)),
    ("succeeded", (Phase::Succeeded, UnitState::Succeeded)),
    ("failed", (Phase::Failed, UnitState::Failed)),
    // Ended by the server.
    ("timeout", (Phase::Failed, UnitState::Failed)),
    // The execution of the run was cancelled.
    ("not_started", (Phase::Cancelled, UnitState::Unknown)),
    (CANCELLED, (Phase::Cancelled, UnitState::Cancelled)),
];

/// Reads the state of the task `asked`; `last` are the units of the answer before.
pub(super) fn read(
    body: &[u8],
    last: &[Unit],
    asked: &str,
    redactor: &Redactor,
) -> Result<TaskState, Message> {
    let or_error = |problem| messages::error_in_place_of(body, problem, redactor);
    let mut warnings = Vec::new();
    let envelope: Envelope<'_, RunState<'_>> =
        json::read_state(body, TASK_STATE, &mut warnings, redactor)?;
    let never_run = envelope.result.is_none()
        && matches!(envelope.status.meaning(&WORDS), Some((Phase::Pending, _)))
        && error_in(body, &[], redactor).is_none();
    let run: RunState<'_> = if never_run {
        json::read_state(body, TASK_STATE, &mut warnings, redactor)?
    } else {
        envelope.check(body, redactor)?;
        let result = envelope.result.map(|Object(run)| run);
        result.ok_or_else(|| or_error(messages::missing_field("result")))?
    };
    run.status.required("result.status").map_err(or_error)?;
    run.task_id.check_id(asked, redactor)?;
    let record = run.record_id.whole("result.record_id")?;
    let mut snapshot = run.to_snapshot(last, warnings, redactor);
    stated_error::weigh(&mut snapshot, body, &[], redactor)?;
    if never_run {
        let message = Message::new("the task has not been run yet", "该任务尚未运行过");
        snapshot.message = Some(message);
        snapshot.run = None;
    }
    let steps = run.step_state.iter();
    let log_parts = steps.map(|step| log_part(&step.offset, &step.current_offset));
    Ok(TaskState {
        record: record.map(str::to_owned),
        never_run,
        log_parts: log_parts.collect(),
        snapshot,
    })
}

impl RunState<'_> {
    fn to_snapshot(&self, last: &[Unit], warnings: Vec<Message>, redactor: &Redactor) -> Snapshot {
        // Both are of the same zone, which is not said [D].
        let time = |text: &Text<'_>| humantime::parse_rfc3339_weak(text.get()?).ok();
        let times = time(&self.start_time).zip(time(&self.end_time));
        let mut snapshot = Snapshot {
            run: self.record_id.printable(redactor),
            title: self.task_name.printable(redactor),
            took: times.and_then(|(start, end)| end.duration_since(start).ok()),
            warnings,
            ..Snapshot::default()
        };
        let warnings = &mut snapshot.warnings;
        let word = self.status.printable(redactor);
        let status = &self.status;
        (snapshot.phase, _) = status.interpret("result.status", &WORDS, warnings, redactor);
        if snapshot.phase != Phase::Unknown {
            snapshot.message = huawei::detail_text(word, snapshot.phase);
        } else if self.step.is("finish") {
            // It says that it ended, not how: a word for that may still come.
            let message = word.map(|word| Message::verbatim(&*word));
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Ended, message));
        }
        let steps = &self.step_state;
        let mut units = UnitsBuilder::new(UnitKind::Step, last, steps.len(), redactor);
        let states = states(steps, snapshot.phase, warnings, redactor);
        for (place, (step, state)) in (1..).zip(steps.iter().zip(states)) {
            // A step is its place in the list; its `id` is the application's [D].
            let (id, nameless) = (format!("{place}"), format!("step {place}"));
            units.push(&id, step.name.get().unwrap_or(&nameless), None, state, None);
        }
        snapshot.units = units.finish();
        snapshot
    }
}

/// The states of the steps: as stated [O], else a guess [I] from what has begun and how the run stands.
fn states(
    steps: &[StepState<'_>],
    phase: Phase,
    warnings: &mut Vec<Message>,
    redactor: &Redactor,
) -> Vec<UnitState> {
    let stated = steps.iter().map(|step| {
        let status = &step.status;
        status.get()?;
        let (_, state) = status.meaning(&WORDS).unwrap_or_default();
        if state == UnitState::Unknown {
            status.warn_unknown("step status", redactor, warnings);
        }
        // A disabled step never begins, so that `pending` says nothing of it.
        (state != UnitState::Pending || !step.enable.is_false()).then_some(state)
    });
    let stated: Vec<_> = stated.collect();
    // By its time [I], where its state does not tell.
    let has_begun = |(step, stated): (&StepState<'_>, &Option<UnitState>)| match stated {
        None | Some(UnitState::Unknown) => {
            let elapsed = step.elapsed_time.get();
            !step.enable.is_false() && elapsed.is_some_and(|time| time.parse() != Ok(0.0))
        }
        Some(state) => *state != UnitState::Pending,
    };
    let last_begun = steps.iter().zip(&stated).rposition(has_begun);
    let guess = |place: usize| match (phase, last_begun) {
        _ if steps[place].enable.is_false() => UnitState::Skipped,
        (Phase::Succeeded, _) => UnitState::Succeeded,
        (_, Some(last)) if place < last => UnitState::Succeeded,
        (_, Some(last)) if place == last => match phase {
            Phase::Pending | Phase::Running => UnitState::Running,
            // The culprit is guessed only where none is stated.
            Phase::Failed if !stated.contains(&Some(UnitState::Failed)) => UnitState::Failed,
            Phase::Cancelled => UnitState::Cancelled,
            _ => UnitState::Unknown,
        },
        _ => UnitState::Pending,
    };
    let state = |place: usize| stated[place].unwrap_or_else(|| guess(place));
    let mut states: Vec<_> = (0..steps.len()).map(state).collect();
    // The first step has no time while it begins, nor has the next one between two steps.
    let is_next = |&place: &usize| stated[place].is_none() && states[place] == UnitState::Pending;
    if phase == Phase::Running
        && !states.contains(&UnitState::Running)
        && let Some(next) = (0..steps.len()).find(is_next)
    {
        states[next] = UnitState::Running;
    }
    states
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/codearts.response.json");
    const TASK: &str = "e700f15965694253940502911220d76b";
    const RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";

    fn state(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], TASK, &Redactor::default()).map(|state| state.snapshot)
    }

    fn result(fields: &str) -> Snapshot {
        state(&format!(r#"{{"status":"success","result":{{{fields}}}}}"#)).expect("a state")
    }

    /// A letter for each step's state, where `steps` are a letter each: d(isabled), b(egun), n(ot), or that
    /// of the state which it states, P as disabled.
    fn letters(status: &str, steps: &str) -> String {
        let steps: Vec<_> = steps
            .chars()
            .map(|step| match step {
                'd' => r#"{"enable":"false","elapsed_time":""}"#,
                'b' => r#"{"enable":"true","elapsed_time":"12"}"#,
                'n' => r#"{"enable":"true","elapsed_time":""}"#,
                'r' => r#"{"enable":true,"elapsed_time":0,"status":"Running"}"#,
                'S' => r#"{"enable":1,"elapsed_time":0.0,"status":"succeeded"}"#,
                'F' => r#"{"status":"failed"}"#,
                '.' => r#"{"elapsed_time":3,"status":"pending"}"#,
                'C' => r#"{"status":"aborted"}"#,
                'P' => r#"{"enable":0,"status":"pending"}"#,
                _ => r#"{"status":"odd"}"#,
            })
            .collect();
        let steps = steps.join(",");
        let snapshot = result(&format!(r#""status":"{status}","step_state":[{steps}]"#));
        let letter = |unit: &Unit| match unit.state {
            UnitState::Pending => '.',
            UnitState::Running => 'r',
            UnitState::Succeeded => 'S',
            UnitState::Failed => 'F',
            UnitState::Skipped => '-',
            UnitState::Cancelled => 'C',
            UnitState::Unknown | UnitState::Queued => '?',
        };
        snapshot.units.iter().map(letter).collect()
    }

    #[test]
    fn how_long_it_took_is_the_difference_of_two_times_that_can_be_read() {
        for (start, end, took) in [
            ("2025-07-09 23:59:58", "2025-07-10 00:01:00", Some(62)),
            ("2025-07-09 11:36:28", "", None),
            ("2025-07-09 11:36:28", "soon", None),
            ("2025-07-09 11:36:28", "2025-07-09 11:36:27", None),
            ("0", "9", None),
        ] {
            let times =
                format!(r#""status":"succeeded","start_time":"{start}","end_time":"{end}""#);
            let took = took.map(Duration::from_secs);
            assert_eq!(result(&times).took, took, "{start} {end}");
        }
    }

    #[test]
    fn the_vendors_sample_is_a_success() {
        let state = read(SAMPLE, &[], TASK, &Redactor::default()).expect("a state");
        assert_eq!(
            (state.record.as_deref(), state.never_run),
            (Some(RECORD), false)
        );
        let snapshot = state.snapshot;
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!(snapshot.run.as_deref(), Some(RECORD));
        assert_eq!(snapshot.title.as_deref(), Some("test"));
        assert_eq!(snapshot.took, Some(Duration::from_secs(15)));
        assert_eq!((snapshot.message, snapshot.unconfirmed), (None, None));
        assert!(snapshot.units.is_empty() && snapshot.warnings.is_empty());
    }

    #[test]
    fn the_outer_status_is_not_the_outcome() {
        for outer in ["success", "Success", "successful"] {
            for (inner, phase) in [("failed", Phase::Failed), ("running", Phase::Running)] {
                let json = format!(r#"{{"status":"{outer}","result":{{"status":"{inner}"}}}}"#);
                assert_eq!(state(&json).expect("a state").phase, phase);
            }
        }
        for outer in [
            r#""error""#,
            r#""failed""#,
            r#""succeeded""#,
            "true",
            "null",
        ] {
            let json = format!(r#"{{"status":{outer},"result":{{"status":"succeeded"}}}}"#);
            let problem = state(&json).expect_err(outer);
            assert!(problem.en().starts_with("error response: "), "{problem}");
        }
    }

    #[test]
    fn each_word_of_a_run_has_its_phase() {
        for (word, phase) in [
            ("pending", Phase::Pending),
            ("not_executed", Phase::Pending),
            ("running", Phase::Running),
            ("SUCCEEDED", Phase::Succeeded),
            ("failed", Phase::Failed),
            ("timeout", Phase::Failed),
            ("abort", Phase::Cancelled),
            ("aborted", Phase::Cancelled),
            ("Canceled", Phase::Cancelled),
            ("not_started", Phase::Cancelled),
            // Neither a prefix nor another service's word for it.
            ("success", Phase::Unknown),
            ("successful", Phase::Unknown),
            ("finish", Phase::Unknown),
        ] {
            let snapshot = result(&format!(r#""status":"{word}","step":"running""#));
            assert_eq!(snapshot.phase, phase, "{word}");
            assert_eq!(snapshot.unconfirmed, None);
            let unknown = phase == Phase::Unknown;
            assert_eq!(snapshot.warnings.len(), usize::from(unknown), "{word}");
        }
        let message = |word: &str| result(&format!(r#""status":"{word}""#)).message;
        assert_eq!(message("timeout"), Some(Message::verbatim("timeout")));
        assert_eq!(message("Failed"), None);
    }

    #[test]
    fn finish_is_not_success() {
        for (word, phase) in [
            ("failed", Phase::Failed),
            ("abort", Phase::Cancelled),
            ("running", Phase::Running),
        ] {
            let snapshot = result(&format!(r#""status":"{word}","step":"finish""#));
            assert_eq!(
                (snapshot.phase, snapshot.unconfirmed),
                (phase, None),
                "{word}"
            );
        }
        let snapshot = result(r#""status":"odd","step":"Finish""#);
        assert_eq!(snapshot.phase, Phase::Unknown);
        let found = snapshot.unconfirmed.expect("a finding");
        assert_eq!(found.phase, Phase::Ended);
        assert_eq!(found.message, Some(Message::verbatim("odd")));
    }

    #[test]
    fn http_200_with_an_error_and_no_result_is_unreadable() {
        for (json, words) in [
            (
                r#"{"error":{"code":"Deploy.00011020","message":"no task"},"status":"failed"}"#,
                "error response: Deploy.00011020 no task",
            ),
            (
                r#"{"error":{"code":"E1","message":"no"},"status":"success"}"#,
                "error response: E1 no",
            ),
            (
                r#"{"error_code":"Deploy.00011154","error_msg":"no permission"}"#,
                "error response: Deploy.00011154 no permission",
            ),
            (
                r#"{"error_code":"APIGW.0308","error_msg":"slow down","request_id":"r-1"}"#,
                "error response: APIGW.0308 slow down (request r-1)",
            ),
            (
                r#"{"status":"error"}"#,
                "error response: the query's status is error",
            ),
            ("{}", "error response: the query has no status"),
        ] {
            let error = state(json).expect_err(json);
            assert_eq!(error.en(), words);
        }
        for json in [r#"{"status":"error"}"#, "{}", r#"{"status":"success"}"#] {
            assert_chinese(&state(json).expect_err(json));
        }
    }

    #[test]
    fn what_has_no_status_is_unreadable() {
        for json in [
            "",
            "null",
            "[]",
            r#""succeeded""#,
            r#"{"status":"success"}"#,
            r#"{"status":"success","result":null}"#,
            r#"{"status":"success","result":"succeeded"}"#,
            r#"{"status":"success","result":{"step":"finish"}}"#,
            r#"{"status":"success","result":{"status":null}}"#,
            r#"{"status":"success","result":{"status":["succeeded"]}}"#,
            r#"{"status":"success","result":{"status":"succeeded"}"#,
        ] {
            state(json).expect_err(json);
        }
    }

    #[test]
    fn a_word_of_runs_alone_is_unknown_of_a_step() {
        let snapshot = result(r#""status":"running","step_state":[{"status":"not_started"}]"#);
        assert_eq!(snapshot.units[0].state, UnitState::Unknown);
        assert_eq!(snapshot.warnings.len(), 1);
    }

    #[test]
    fn step_state_may_be_anything_but_a_list() {
        for steps in ["true", r#""true""#, "null", "{}", r#"["a"]"#, "[]"] {
            let snapshot = result(&format!(r#""status":"succeeded","step_state":{steps}"#));
            assert_eq!(snapshot.phase, Phase::Succeeded, "{steps}");
            assert!(snapshot.units.is_empty());
        }
    }

    #[test]
    fn the_state_of_a_step_is_stated_or_guessed() {
        for (status, steps, states) in [
            ("running", "bbnn", "Sr.."),
            // Nothing has a time yet: the first that is enabled is at work.
            ("running", "dnnn", "-r.."),
            ("running", "nnnn", "r..."),
            // A later one has begun.
            ("running", "nbnn", "Sr.."),
            ("running", "bdbn", "S-r."),
            ("running", "bbdn", "Sr-."),
            ("running", "bb", "Sr"),
            ("failed", "bbnn", "SF.."),
            ("failed", "nnnn", "...."),
            ("timeout", "bnnn", "F..."),
            ("abort", "bbnn", "SC.."),
            ("succeeded", "bdbn", "S-SS"),
            ("succeeded", "nnnn", "SSSS"),
            ("pending", "nnnn", "...."),
            ("odd", "bbnn", "S?.."),
            // What is stated decides, whatever else has begun.
            ("running", "Sr..", "Sr.."),
            ("running", "S...", "S..."),
            ("failed", "SF..", "SF.."),
            ("failed", "SFbn", "SF?."),
            ("succeeded", "SPS", "S-S"),
            ("abort", "SC.", "SC."),
            ("failed", "S?F", "S?F"),
            // The others are guessed from it.
            ("running", "nSnn", "SSr."),
            ("running", "nrnn", "Sr.."),
            ("failed", "nFn", "SF."),
        ] {
            assert_eq!(letters(status, steps), states, "{status} {steps}");
        }
    }

    #[test]
    fn the_text_false_is_false() {
        let snapshot = result(
            r#""status":"running","step_state":[{"name":"off","enable":"False"},
                {"name":"off","enable":false,"elapsed_time":"3"},
                {"name":"off","enable":0},
                {"name":null,"enable":"true","id":"e7","elapsed_time":0},null]"#,
        );
        let units: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name, unit.state))
            .collect();
        assert_eq!(
            units,
            [
                ("1", "off", UnitState::Skipped),
                ("2", "off", UnitState::Skipped),
                ("3", "off", UnitState::Skipped),
                ("4", "step 4", UnitState::Running),
            ]
        );
        assert!(
            snapshot.warnings.is_empty(),
            "a disabled step is no warning"
        );
        assert!(snapshot.units.iter().all(|unit| unit.detail.is_none()));
    }

    #[test]
    fn an_answer_about_another_task_is_a_failed_poll() {
        let json = r#"{"status":"success","result":{"status":"running","task_id":"0"}}"#;
        let error = state(json).expect_err("another task");
        assert_eq!(error, messages::other_id(TASK, "0"));
    }
}
