//! The status of an installer: the plan and what has ended of it. And the envelope of all its answers.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::http::error_words;
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::provider::json::{self, Shown, SparseList, Text};
use crate::provider::messages::{error_response, missing_field, not_json, stated};
use crate::provider::stated_error;
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The name of the responses, in English and Chinese.
const STATUS: (&str, &str) = ("installer's status", "安装器状态");

/// The envelope [D]; that of an error has no data [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Answer<'a> {
    code: Text<'a>,
    #[serde(deserialize_with = "raw")]
    data: Option<&'a RawValue>,
}

/// JSON as it came, null too.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The data of an answer, as JSON; `name` is what they are, in English and Chinese.
pub(super) fn data<'a>(
    body: &'a [u8],
    name: (&str, &str),
    redactor: &Redactor,
) -> Result<&'a [u8], Message> {
    let answer: Answer<'_> = json::read(body).map_err(|error| not_json(name, &error, redactor))?;
    if answer.code.get().is_some_and(|code| code != "0") {
        return Err(error_response(error_words(body, redactor).as_ref()));
    }
    let data = answer.data.ok_or_else(|| missing_field("data"))?;
    Ok(data.get().as_bytes())
}

/// The state of the one run there is [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct StatusData<'a> {
    is_end: Text<'a>,
    /// The steps that ended, in order; the running one is not among them [O]. An entry keeps its place, so
    /// that a null one moves none.
    now_list: Option<SparseList<ListedStep<'a>>>,
    /// The whole plan.
    process_list: Option<SparseList<ListedStep<'a>>>,
}

/// A step of either list [D]. `sort` is not read: it repeats, and the lists contradict each other
/// in it [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct ListedStep<'a> {
    en: Shown<Text<'a>>,
    zh: Shown<Text<'a>>,
    message: Shown<Text<'a>>,
    /// Means nothing in the plan [O]. What cannot be read is no success.
    result: Shown<Text<'a>>,
}

impl ListedStep<'_> {
    /// `zh` with `en`, where the step has a name.
    fn name(&self) -> Option<String> {
        match (self.zh.get(), self.en.get()) {
            (Some(zh), Some(en)) if zh != en => Some(format!("{zh} ({en})")),
            (zh, en) => zh.or(en).map(str::to_owned),
        }
    }
}

/// Reads what a status says on its own: its `run` tells its plan from another. `last` are the units of
/// the one before.
pub(super) fn read(body: &[u8], last: &[Unit], redactor: &Redactor) -> Result<Snapshot, Message> {
    let mut snapshot = Snapshot::new(Phase::Pending);
    let data = data(body, STATUS, redactor)?;
    let data: StatusData<'_> = json::read_state(data, STATUS, &mut snapshot.warnings, redactor)?;
    let plan = data
        .process_list
        .ok_or_else(|| missing_field("processList"))?;
    let ended = match data.now_list {
        Some(ended) => ended,
        None if plan.is_empty() => SparseList::default(),
        None => return Err(missing_field("nowList")),
    };
    let failed = ended.iter().find(|step| step.result.is_false());
    let reason =
        failed.and_then(|step| stated([step.name().as_deref(), step.message.get()], redactor));
    let phase = failed.map_or(Phase::Running, |_| Phase::Failed);
    if !plan.is_empty() {
        let goes_on = match data.is_end.meaning(&[("true", false), ("false", true)]) {
            _ if failed.is_some() => false,
            Some(goes_on) => goes_on,
            None => return Err(missing_field("isEnd")),
        };
        if failed.is_none() && !goes_on {
            let whole =
                ended.len() == plan.len() && ended.iter().all(|step| step.result.is("true"));
            let found = match whole {
                true => Phase::Succeeded,
                false => Phase::Ended,
            };
            snapshot.unconfirmed = Some(Unconfirmed::new(found, None));
        }
        (snapshot.phase, snapshot.message) = (phase, reason);
        // A retry has another plan than the first attempt [O].
        let names = plan.iter().map(|step| [step.en.get(), step.zh.get()]);
        snapshot.run = Some(format!("{:?}", names.collect::<Vec<_>>()).into());
        snapshot.units = steps(&plan, &ended, goes_on, last, redactor);
    } else if !ended.is_empty() {
        // Without a plan, nothing has been started or a new run is being set up. The tables are not rewritten
        // at once, so that the old run's steps may still be there, and `isEnd` with them [O]. Which run this is
        // is not said. Where it stays so, the installer's database refuses the plan [O].
        let steps = ended.iter().map(|step| [&step.en, &step.zh, &step.result]);
        snapshot.unconfirmed = Some(Unconfirmed {
            fingerprint: Some(format!("{:?}", steps.collect::<Vec<_>>()).into()),
            ..Unconfirmed::new(phase, reason)
        });
    }
    stated_error::weigh(&mut snapshot, body, &[], redactor)?;
    Ok(snapshot)
}

/// The steps, joined by position: `sort` and `en` repeat, and the lists contradict each other in
/// them, so that an ended step goes by its own names [O]. The one behind the last that ended is at
/// work [O], as long as the run goes on.
fn steps(
    plan: &[ListedStep<'_>],
    ended: &[ListedStep<'_>],
    goes_on: bool,
    last: &[Unit],
    redactor: &Redactor,
) -> Vec<Unit> {
    let count = plan.len().max(ended.len());
    let mut units = UnitsBuilder::new(UnitKind::Step, last, count, redactor);
    for place in 0..count {
        let (planned, ended_here) = (plan.get(place), ended.get(place));
        let number = (place + 1).to_string();
        let mut named = ended_here.into_iter().chain(planned);
        let name = named.find_map(ListedStep::name);
        let name = name.unwrap_or_else(|| format!("step {number}"));
        let state = match ended_here {
            Some(step) if step.result.is("true") => UnitState::Succeeded,
            Some(step) if step.result.is_false() => UnitState::Failed,
            Some(_) => UnitState::Unknown,
            None if goes_on && place == ended.len() => UnitState::Running,
            None => UnitState::Pending,
        };
        let failed = ended_here.filter(|step| step.result.is_false());
        let reason = failed.and_then(|step| step.message.get());
        units.push(&number, &name, None, state, reason);
    }
    units.finish()
}

/// The steps that have ended, in order.
pub(super) fn ended(status: &Snapshot) -> &[Unit] {
    let goes_on = |unit: &Unit| matches!(unit.state, UnitState::Pending | UnitState::Running);
    status.units.split(goes_on).next().unwrap_or_default()
}

/// Whether a status shows the same plan as the one before and the same steps of it ended, and perhaps more.
pub(super) fn continues(status: &Snapshot, before: &Snapshot) -> bool {
    let (now, old) = (ended(status), ended(before));
    let same = |(one, two): (&Unit, &Unit)| one.name == two.name && one.state == two.state;
    status.run == before.run && now.len() >= old.len() && old.iter().zip(now).all(same)
}

/// Whether every step has succeeded and the installer says that it has ended.
pub(super) fn is_success(status: &Snapshot) -> bool {
    let found = status.unconfirmed.as_ref();
    found.is_some_and(|found| found.phase == Phase::Succeeded)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::message::assert_chinese;

    const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/fsd.response.json");

    fn answer(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], &Redactor::default())
    }

    /// A list of steps: each has its result and its name.
    fn list(steps: &[(bool, &str)]) -> String {
        let steps = steps.iter().map(|(result, name)| {
            format!(r#"{{"en":"{name}","zh":"{name}","sort":0,"message":"why","result":{result}}}"#)
        });
        format!("[{}]", steps.collect::<Vec<_>>().join(","))
    }

    /// A status with this plan, of which these steps have ended.
    pub(in crate::provider::fsd) fn status(
        is_end: bool,
        plan: &[&str],
        ended: &[(bool, &str)],
    ) -> Snapshot {
        let plan: Vec<_> = plan.iter().map(|name| (true, *name)).collect();
        answer(&format!(
            r#"{{"code":0,"data":{{"isEnd":{is_end},"nowList":{},"processList":{}}}}}"#,
            list(ended),
            list(&plan)
        ))
        .expect("a status")
    }

    /// The phase that one poll finds, and that which a second one makes of it.
    fn phases(snapshot: &Snapshot) -> (Phase, Option<Phase>) {
        let unconfirmed = snapshot.unconfirmed.as_ref();
        (snapshot.phase, unconfirmed.map(|found| found.phase))
    }

    fn states(snapshot: &Snapshot) -> String {
        let letter = |unit: &Unit| match unit.state {
            UnitState::Pending => '.',
            UnitState::Running => 'r',
            UnitState::Succeeded => 'S',
            UnitState::Failed => 'F',
            _ => '?',
        };
        snapshot.units.iter().map(letter).collect()
    }

    pub(in crate::provider::fsd) const GOOD: [(bool, &str); 3] =
        [(true, "a"), (true, "b"), (true, "c")];
    pub(in crate::provider::fsd) const PLAN: [&str; 3] = ["a", "b", "c"];

    #[test]
    fn the_vendors_sample_is_a_success_on_a_second_poll() {
        let snapshot = read(SAMPLE, &[], &Redactor::default()).expect("a status");
        assert_eq!(phases(&snapshot), (Phase::Running, Some(Phase::Succeeded)));
        assert_eq!(states(&snapshot), "SSSS");
        assert_eq!(&*snapshot.units[0].name, "检测部署脚本 (check_param)");
        assert_eq!(snapshot.units[0].detail, None);
        assert!(snapshot.warnings.is_empty());
    }

    #[test]
    fn what_is_seen_has_its_phase() {
        use Phase::{Ended, Failed, Pending, Running, Succeeded};
        for (is_end, plan, ended, phase, then) in [
            (false, &PLAN[..], &GOOD[..0], Running, None),
            (false, &PLAN, &GOOD[..2], Running, None),
            // Only the installer ends it, whatever the lists say.
            (false, &PLAN, &GOOD, Running, None),
            (true, &PLAN, &GOOD, Running, Some(Succeeded)),
            (true, &PLAN, &GOOD[..2], Running, Some(Ended)),
            (true, &PLAN, &GOOD[..0], Running, Some(Ended)),
            (true, &PLAN[..2], &GOOD, Running, Some(Ended)),
            (true, &PLAN, &[(true, "a"), (false, "b")], Failed, None),
            // Early servers do not end a run that failed.
            (false, &PLAN, &[(false, "a")], Failed, None),
            (true, &PLAN[..2], &[(true, "a"), (false, "b")], Failed, None),
            (false, &[], &[], Pending, None),
            // Nor are they idle without an end.
            (true, &[], &[], Pending, None),
            // A database that refuses the plan.
            (true, &[], &GOOD, Pending, Some(Running)),
            (false, &[], &GOOD[..1], Pending, Some(Running)),
            (true, &[], &[(false, "a")], Pending, Some(Failed)),
            (
                false,
                &[],
                &[(true, "a"), (false, "b")],
                Pending,
                Some(Failed),
            ),
        ] {
            let snapshot = status(is_end, plan, ended);
            assert_eq!(
                phases(&snapshot),
                (phase, then),
                "{is_end} {plan:?} {ended:?}"
            );
        }
    }

    #[test]
    fn is_end_is_not_success() {
        let snapshot = status(true, &PLAN, &[(true, "a"), (false, "b")]);
        assert_eq!(phases(&snapshot), (Phase::Failed, None));
        let words = snapshot.message.as_ref().expect("a reason").to_string();
        assert_eq!(words, "b: why");
        assert_eq!(states(&snapshot), "SF.", "the rest is pending for good");
        assert_eq!(snapshot.units[1].detail, Some(Message::verbatim("why")));
    }

    #[test]
    fn the_running_step_is_never_in_the_list() {
        assert_eq!(states(&status(false, &PLAN, &GOOD[..0])), "r..");
        assert_eq!(states(&status(false, &PLAN, &GOOD[..1])), "Sr.");
        assert_eq!(states(&status(false, &PLAN, &GOOD)), "SSS");
        assert_eq!(
            states(&status(true, &PLAN, &GOOD[..1])),
            "S..",
            "nothing goes on"
        );
    }

    #[test]
    fn the_result_of_a_planned_step_means_nothing() {
        let json = |result: &str| {
            format!(
                r#"{{"data":{{"isEnd":false,"nowList":[],"processList":[
                    {{"zh":"a","result":{result}}},{{"zh":"b","result":{result}}}]}}}}"#
            )
        };
        for result in ["true", "false", "null"] {
            let snapshot = answer(&json(result)).expect("a status");
            assert_eq!(phases(&snapshot), (Phase::Running, None), "{result}");
            assert_eq!(states(&snapshot), "r.", "{result}");
        }
    }

    #[test]
    fn the_lists_are_joined_by_position_and_an_ended_step_goes_by_its_own_names() {
        let snapshot = answer(
            r#"{"data":{"isEnd":false,
                "nowList":[{"sort":7,"en":"same","zh":"其一","result":true},
                    {"sort":0,"en":"same","zh":"其二","result":true},
                    {"result":true}],
                "processList":[{"sort":0,"en":"x","zh":"甲"},{"sort":0,"en":"x","zh":"乙"},
                    {"en":"y"},{"zh":"丁","en":"丁"},{}]}}"#,
        )
        .expect("a status");
        let units: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name))
            .collect();
        assert_eq!(
            units,
            [
                ("1", "其一 (same)"),
                ("2", "其二 (same)"),
                ("3", "y"),
                ("4", "丁"),
                ("5", "step 5")
            ]
        );
        assert_eq!(states(&snapshot), "SSSr.");
    }

    #[test]
    fn an_empty_plan_does_not_say_which_run_it_is() {
        let plan = status(false, &PLAN, &GOOD[..1]).run;
        assert!(plan.is_some());
        for (is_end, ended) in [(true, &GOOD[..0]), (false, &GOOD), (true, &GOOD)] {
            let snapshot = status(is_end, &[], ended);
            assert_eq!((snapshot.phase, snapshot.run), (Phase::Pending, None));
            assert!(snapshot.units.is_empty());
        }
        assert_eq!(
            status(false, &PLAN, &[]).run,
            plan,
            "the same plan, begun anew"
        );
        assert_ne!(status(false, &PLAN[..2], &[]).run, plan);
    }

    #[test]
    fn steps_that_ended_without_a_plan_count_where_they_stay_the_same() {
        let found = |ended| status(true, &[], ended).unconfirmed.expect("a finding");
        let failed = found(&[(true, "a"), (false, "b")]);
        assert_eq!(failed.phase, Phase::Failed);
        assert_eq!(failed.message, Some(Message::verbatim("b: why")));
        assert!(failed.agrees(&found(&[(true, "a"), (false, "b")])));
        for other in [&[(false, "b")][..], &[(false, "a"), (false, "b")], &GOOD] {
            assert!(!failed.agrees(&found(other)), "{other:?}");
        }
    }

    #[test]
    fn a_plan_of_one_row_beside_one_finished_step_looks_like_a_success() {
        let torn = status(true, &PLAN[..1], &GOOD[..1]);
        assert_eq!(phases(&torn), (Phase::Running, Some(Phase::Succeeded)));
        assert!(is_success(&torn) && is_success(&status(true, &PLAN, &GOOD)));
        assert!(!is_success(&status(true, &PLAN, &GOOD[..2])));
        assert!(!is_success(&status(false, &PLAN, &GOOD)));
    }

    #[test]
    fn a_run_that_goes_on_shows_what_has_ended_before() {
        let failed = [(true, "a"), (false, "b")];
        for (before, now, is_continued) in [
            (&GOOD[..1], &GOOD[..2], true),
            (&GOOD[..1], &GOOD[..1], true),
            (&GOOD[..0], &GOOD[..1], true),
            (&GOOD[..1], &failed, true),
            (&GOOD[..2], &GOOD[..1], false),
            (&GOOD[..1], &GOOD[..0], false),
            (&failed, &GOOD[..2], false),
            (&failed, &GOOD, false),
        ] {
            let before = status(false, &PLAN, before);
            let now = status(false, &PLAN, now);
            assert_eq!(continues(&now, &before), is_continued);
        }
    }

    #[test]
    fn a_failed_step_is_one_whatever_false_is_called() {
        for result in ["false", r#""False""#, "0", r#""0""#] {
            let json = format!(
                r#"{{"data":{{"isEnd":true,"nowList":[{{"result":{result}}}],"processList":[{{}}]}}}}"#
            );
            let snapshot = answer(&json).expect("a status");
            assert_eq!(
                (phases(&snapshot).0, states(&snapshot).as_str()),
                (Phase::Failed, "F"),
                "{result}"
            );
        }
        let json = r#"{"error":{"code":7},"data":{"isEnd":true,"nowList":[{"result":true}],"processList":[{}]}}"#;
        answer(json).expect_err("an error beside a success");
    }

    #[test]
    fn a_step_without_a_readable_result_is_no_success() {
        for result in ["null", "1", r#""yes""#, "{}"] {
            let json = format!(
                r#"{{"data":{{"isEnd":true,"nowList":[{{"result":{result}}}],"processList":[{{}}]}}}}"#
            );
            let snapshot = answer(&json).expect("a status");
            assert_eq!(phases(&snapshot).1, Some(Phase::Ended), "{result}");
            assert_eq!(states(&snapshot), "?", "{result}");
        }
        let json = r#"{"data":{"isEnd":"True","nowList":[null],"processList":[null]}}"#;
        let snapshot = answer(json).expect("a status");
        assert_eq!(phases(&snapshot).1, Some(Phase::Ended));
        let json =
            r#"{"data":{"isEnd":"True","nowList":[{"result":"True"}],"processList":[null]}}"#;
        let snapshot = answer(json).expect("a status");
        assert_eq!(phases(&snapshot).1, Some(Phase::Succeeded));
    }

    #[test]
    fn what_lacks_what_the_verdict_needs_is_unreadable() {
        for json in [
            "",
            "{}",
            "null",
            "[]",
            r#"{"code":0,"data":null}"#,
            r#"{"code":0,"data":[]}"#,
            r#"{"code":0,"data":[true,[{"result":true}],[{}]]}"#,
            r#"{"data":{"isEnd":true,"nowList":[["","","",true]],"processList":[{}]}}"#,
            r#"{"code":0,"data":{}}"#,
            r#"{"data":{"isEnd":true,"nowList":[]}}"#,
            r#"{"data":{"isEnd":true,"nowList":[],"processList":null}}"#,
            r#"{"data":{"isEnd":true,"nowList":null,"processList":[{}]}}"#,
            r#"{"data":{"isEnd":true,"nowList":"none","processList":[{}]}}"#,
            r#"{"data":{"nowList":[],"processList":[{}]}}"#,
            r#"{"data":{"isEnd":null,"nowList":[{"result":true}],"processList":[{}]}}"#,
            r#"{"data":{"isEnd":true,"nowList":[],"processList":[]"#,
        ] {
            answer(json).expect_err(json);
        }
        // A failure is known without it.
        let json = r#"{"data":{"nowList":[{"result":false}],"processList":[{}]}}"#;
        assert_eq!(answer(json).expect("a status").phase, Phase::Failed);
    }

    #[test]
    fn a_code_under_http_200_is_a_failed_poll_with_its_words() {
        for (json, words) in [
            (r#"{"code":1,"message":"no"}"#, "1 no"),
            (
                r#"{"code":"E-1","message":{"key":"Missing","n":3}}"#,
                "E-1 key: Missing, n: 3",
            ),
            (r#"{"code":-1,"message":null}"#, "-1"),
            (r#"{"code":7,"message":"a\u001b[31m\nb"}"#, "7 a b"),
        ] {
            let error = data(json.as_bytes(), ("a", "b"), &Redactor::default()).expect_err(json);
            assert_eq!(error.en(), format!("error response: {words}"));
            assert_chinese(&error);
        }
    }

    #[test]
    fn data_that_are_null_are_there() {
        let data = |json: &'static str| {
            let data = data(json.as_bytes(), ("a", "b"), &Redactor::default());
            data.map(|data| str::from_utf8(data).expect("text"))
        };
        assert_eq!(data(r#"{"code":"0","data":null}"#), Ok("null"));
        assert_eq!(data(r#"{"data":{"a":[1]}}"#), Ok(r#"{"a":[1]}"#));
        assert_eq!(data(r#"{"code":0}"#), Err(missing_field("data")));
    }
}
