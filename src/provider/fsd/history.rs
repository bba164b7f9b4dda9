//! The history of an installer [O]: it tells runs apart, and when one goes on. And what `--fresh` makes of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::status::{self, continues, ended, is_success};
use crate::message::Message;
use crate::model::{Phase, Snapshot, UnitState};
use crate::provider::json::{self, Count, List, Text};
use crate::provider::messages::{self, missing_field};
use crate::redact::Redactor;

/// The name of the responses, in English and Chinese.
const HISTORY: (&str, &str) = ("installer's history", "安装器历史");

/// `startTime` is written when a run begins and again when it ends, slightly later [O].
const SAME_START: Duration = Duration::from_secs(10);

/// The last run by the history.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HistoryRun {
    pub(super) start: Option<String>,
    /// How many upgrades there were; of the other operations only the last run is told.
    total: Option<u32>,
    result: Option<String>,
}

/// The last run, or the last one of the upgrades.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct HistoryData<'a> {
    #[serde(rename = "startTime")]
    start_time: Text<'a>,
    /// `""` while the run goes on, after that a boolean or the text of one.
    result: Text<'a>,
    total: Count,
    history_data: List<Upgrade<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Upgrade<'a> {
    result: Text<'a>,
}

impl HistoryRun {
    /// Reads the last run of the history; none where there was no run yet, or the database is locked.
    pub(super) fn read(body: &[u8], redactor: &Redactor) -> Result<Option<Self>, Message> {
        let data = status::data(body, HISTORY, redactor)?;
        if serde_json::from_slice::<Option<[IgnoredAny; 0]>>(data).is_ok() {
            return Ok(None);
        }
        let data: HistoryData<'_> =
            json::read(data).map_err(|error| messages::not_json(HISTORY, &error, redactor))?;
        let upgrade = data.history_data.first();
        let result = upgrade.map_or(&data.result, |upgrade| &upgrade.result);
        let is_there = *result != Text::default();
        let run = Self {
            start: data.start_time.get().map(str::to_owned),
            total: data.total.get(),
            result: is_there.then(|| result.get().unwrap_or_default().to_owned()),
        };
        Ok((run.total != Some(0)).then_some(run))
    }

    /// Whether it goes on. A run whose server was restarted does so for ever.
    pub(super) fn is_running(&self) -> bool {
        self.result.as_deref() == Some("")
    }

    /// Whether `later` is the same run, read later. Only times that can be read tell runs apart, and
    /// text where neither is a time.
    pub(super) fn is_same(&self, later: &Self) -> bool {
        if let (Some(total), Some(later)) = (self.total, later.total) {
            return later <= total;
        }
        let (Some(start), Some(later_start)) = (&self.start, &later.start) else {
            return true;
        };
        let ends = self.is_running() && !later.is_running();
        match (time(start), time(later_start)) {
            (Some(start), Some(later)) => {
                let apart = later.duration_since(start);
                let apart = apart.unwrap_or_else(|error| error.duration());
                apart.is_zero() || ends && apart <= SAME_START
            }
            (None, None) => start == later_start || ends,
            _ => true,
        }
    }

    /// Checks that the run may have succeeded: the history says `true` of every run that has ended in
    /// its eyes, and never that it has succeeded.
    ///
    /// # Errors
    /// It says that the run failed, or not what became of it.
    pub(super) fn check_success(&self, redactor: &Redactor) -> Result<(), Message> {
        match self.result.as_deref() {
            Some(result) if result.eq_ignore_ascii_case("true") => Ok(()),
            Some(result) if result.eq_ignore_ascii_case("false") => Err(Message::new(
                "every step has succeeded, but the installer's history says that the run has failed",
                "所有步骤均已成功，但安装器的历史显示本次运行失败",
            )),
            Some(result) => Err(messages::unknown_value("result", &redactor.name(result))),
            // That of an upgrade is not documented.
            None if self.total.is_some() => Ok(()),
            None => Err(missing_field("result")),
        }
    }
}

fn time(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339_weak(text).ok()
}

/// `--fresh`: tells the run that is meant from the one that had ended when the watch began, which stays visible
/// until the installer clears its tables [O]. It lets a run through by proof only: one in the
/// history that is not the one before and has ended, or lists that the run before cannot show.
#[derive(Default)]
pub(super) struct FreshGuard {
    /// Whether the run that is meant has not been seen yet.
    pub(super) awaits: bool,
    /// The run before in the history, or the one that went on when the watch began; none where the
    /// history has not told.
    run: Option<HistoryRun>,
    /// The last status of the run before; one without ended steps as long as there was no other.
    before: Option<Snapshot>,
    /// The plan of the last status.
    last_plan: Option<Arc<str>>,
}

impl FreshGuard {
    /// A run that had ended when the watch began is ignored where `fresh` is set.
    pub(super) fn new(fresh: bool) -> Self {
        Self {
            awaits: fresh,
            ..Self::default()
        }
    }

    /// Whether a run of the history is the one that was ignored.
    pub(super) fn ignored(&self, run: &HistoryRun) -> bool {
        let old = self.run.as_ref();
        old.is_some_and(|old| !old.is_running() && old.is_same(run))
    }

    /// The last status of the run before that shows some of its steps.
    fn shown_before(&self) -> Option<&Snapshot> {
        self.before
            .as_ref()
            .filter(|before| !ended(before).is_empty())
    }

    /// Whether the lists alone tell that a status is not that of the run before. Empty ones prove
    /// nothing: a locked database answers so, too. Nor does a plan all of whose steps have succeeded.
    pub(super) fn is_proven_by(&self, status: &Snapshot) -> bool {
        match self.shown_before() {
            _ if !self.awaits => true,
            _ if ended(status).is_empty() => false,
            None => !status.has_ended(),
            Some(before) if before.run == status.run => {
                let all_succeeded = status.count(UnitState::Succeeded) == status.units.len();
                !all_succeeded && !continues(status, before)
            }
            // The plan is rewritten row by row [O]: another one that has ended must be found twice.
            Some(_) => !status.has_ended() || self.last_plan == status.run,
        }
    }

    /// Takes a status with the history at that time, and says whether it is that of the run that is
    /// meant.
    pub(super) fn admits(&mut self, status: &Snapshot, history: Option<&HistoryRun>) -> bool {
        if !self.awaits {
            return true;
        }
        if self.run.is_none() {
            self.run = history.cloned();
        }
        let goes_on = history.is_some_and(HistoryRun::is_running);
        // One that has just begun shows the lists of the run before until they are cleared.
        let is_new = match (&self.run, history) {
            (Some(old), Some(now)) => !goes_on && (old.is_running() || !old.is_same(now)),
            _ => false,
        };
        // The lists were empty before. To lose a failure would be worse than to tell one of the run before.
        let failed_later =
            status.phase == Phase::Failed && self.before.is_some() && self.run.is_none();
        let shown_before = self.shown_before();
        let is_first = shown_before.is_none();
        let went_on = is_first && (failed_later || goes_on && is_success(status));
        let admits = is_new || went_on || self.is_proven_by(status);
        if admits {
            self.awaits = false;
            if is_first {
                // It was never ignored.
                self.run = None;
            }
        } else if shown_before.is_none_or(|before| continues(status, before)) {
            self.before = Some(status.clone());
        }
        self.last_plan.clone_from(&status.run);
        admits
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::status::tests::{GOOD, PLAN, status};
    use super::*;
    use crate::message::assert_chinese;

    fn read(json: &str) -> Result<Option<HistoryRun>, Message> {
        HistoryRun::read(json.as_bytes(), &Redactor::default())
    }

    /// A history whose data are these.
    pub(in crate::provider::fsd) fn history(data: &str) -> Option<HistoryRun> {
        read(&format!(r#"{{"code":0,"data":{data}}}"#)).expect(data)
    }

    /// A run that began at that time of a day.
    pub(in crate::provider::fsd) fn run(start: &str, result: &str) -> Option<HistoryRun> {
        history(&format!(
            r#"{{"startTime":"2025-07-09 {start}","result":{result}}}"#
        ))
    }

    fn last(history: &Option<HistoryRun>) -> HistoryRun {
        history.clone().expect("a run")
    }

    #[test]
    fn no_run_is_null_or_an_empty_list() {
        for data in ["null", "[]", r#"{"total":0,"history_data":[]}"#] {
            assert_eq!(history(data), None, "{data}");
        }
    }

    #[test]
    fn what_is_no_history_is_unreadable() {
        for json in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"code":0}"#,
            r#"{"code":0,"data":"true"}"#,
            r#"{"code":0,"data":true}"#,
            r#"{"code":0,"data":7}"#,
            r#"{"code":0,"data":[{"result":true}]}"#,
            r#"{"code":0,"data":{"result":true,"result":""}}"#,
            r#"{"code":0,"data":{"result":tr"#,
            r#"{"code":500,"message":"database is locked","data":null}"#,
            r#"{"code":0,"data":{"total":1,"history_data":7}}"#,
            r#"{"code":0,"data":{"result":[]}}"#,
            r#"{"code":0,"data":{"startTime":{},"result":true}}"#,
        ] {
            read(json).expect_err(json);
        }
    }

    #[test]
    fn a_run_goes_on_while_its_result_is_empty_text() {
        let upgrade = |result| format!(r#"{{"total":3,"history_data":[{{"result":{result}}}]}}"#);
        for (result, goes_on) in [
            (r#""""#, true),
            ("true", false),
            ("false", false),
            (r#""true""#, false),
            ("null", false),
        ] {
            assert_eq!(
                last(&run("10:00:00", result)).is_running(),
                goes_on,
                "{result}"
            );
            assert_eq!(last(&history(&upgrade(result))).is_running(), goes_on);
        }
    }

    #[test]
    fn a_success_needs_a_run_that_has_ended_well() {
        let check = |data: &str| last(&history(data)).check_success(&Redactor::default());
        for good in [
            r#"{"result":true}"#,
            r#"{"result":"True"}"#,
            r#"{"total":2,"history_data":[{"name":"a"}]}"#,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            r#"{"result":false}"#,
            r#"{"result":"false"}"#,
            r#"{"result":"perhaps"}"#,
            r#"{"result":null}"#,
            "{}",
            r#"{"total":2,"history_data":[{"result":false}]}"#,
        ] {
            assert_chinese(&check(bad).expect_err(bad));
        }
    }

    #[test]
    fn runs_are_told_apart_by_their_start() {
        for (one, result, other, later, same) in [
            ("10:00:00", "true", "10:00:00", "true", true),
            ("10:00:00", "true", "10:00:03", "true", false),
            ("10:00:00", "true", "11:00:00", r#""""#, false),
            ("10:00:00", r#""""#, "10:00:10", "true", true),
            ("10:00:00", r#""""#, "10:00:11", "true", false),
            ("10:00:00", r#""""#, "10:00:03", r#""""#, false),
            ("10:00:00", r#""""#, "10:00:00.5", "true", true),
            // What is no time tells nothing, but beside another that is none.
            ("10:00:00", "true", "soon", "true", true),
            ("soon", "true", "late", "true", false),
            ("soon", r#""""#, "late", "true", true),
        ] {
            let (one, other) = (last(&run(one, result)), last(&run(other, later)));
            assert_eq!(one.is_same(&other), same, "{one:?} {other:?}");
        }
        let unknown = last(&history(r#"{"result":true}"#));
        assert!(unknown.is_same(&last(&run("10:00:00", "true"))));
    }

    #[test]
    fn upgrades_are_told_apart_by_their_number() {
        let upgrades = |total| {
            last(&history(&format!(
                r#"{{"total":{total},"history_data":[]}}"#
            )))
        };
        assert!(!upgrades(1).is_same(&upgrades(2)));
        assert!(upgrades(2).is_same(&upgrades(2)));
        assert!(upgrades(2).is_same(&upgrades(1)), "old ones were removed");
    }

    /// The run of each status with its history under `--fresh`: `-` the one that is meant, `p` the run
    /// before or nobody's.
    fn judged<'a>(
        polls: impl IntoIterator<Item = (&'a Snapshot, &'a Option<HistoryRun>)>,
    ) -> String {
        let mut guard = FreshGuard::new(true);
        let judged = polls.into_iter().map(|(status, history)| {
            let admits = guard.admits(status, history.as_ref());
            assert_eq!(guard.awaits, !admits);
            if admits { '-' } else { 'p' }
        });
        judged.collect()
    }

    const FAILED: [(bool, &str); 2] = [(true, "a"), (false, "b")];

    #[test]
    fn without_a_history_the_lists_must_be_those_of_another_run() {
        let old = status(true, &PLAN, &GOOD);
        let failed = status(true, &PLAN, &FAILED);
        let failed_last = status(true, &PLAN, &[(true, "a"), (true, "b"), (false, "c")]);
        let unclear = status(true, &PLAN, &GOOD[..2]);
        let going = status(false, &PLAN, &GOOD[..1]);
        let [begun, begun_is_end] = [false, true].map(|is_end| status(is_end, &PLAN, &[]));
        let [empty, idle] = [false, true].map(|is_end| status(is_end, &[], &[]));
        let setting_up = status(true, &[], &GOOD);
        let left_over = status(false, &[], &FAILED);
        let other = status(true, &PLAN[..1], &GOOD[..1]);
        let other_going = status(false, &PLAN[..2], &GOOD[..1]);
        let other_failed = status(true, &PLAN[..2], &FAILED);
        for (statuses, expected) in [
            (vec![&old, &old, &old], "ppp"),
            // Empty lists prove nothing, however often.
            (vec![&old, &empty, &idle, &setting_up, &old], "ppppp"),
            (vec![&old, &begun, &begun_is_end, &begun, &old], "ppppp"),
            (
                vec![&failed, &empty, &left_over, &left_over, &failed],
                "ppppp",
            ),
            // Some steps done and some not.
            (vec![&old, &going, &old], "p--"),
            (vec![&old, &empty, &going, &old], "pp--"),
            (vec![&old, &failed], "p-"),
            (vec![&old, &begun, &failed], "pp-"),
            (vec![&old, &failed_last], "p-"),
            (vec![&failed, &going, &failed], "p--"),
            // The run before may have gone on.
            (vec![&unclear, &old, &going], "pp-"),
            // Another plan; one that has ended may be what is written or left of one.
            (vec![&old, &other, &old], "ppp"),
            (vec![&old, &other, &other], "pp-"),
            (vec![&old, &other_going], "p-"),
            (vec![&failed, &other_failed, &empty, &going], "ppp-"),
            (vec![&failed, &other_failed, &other_failed], "pp-"),
            // What has not ended when the watch begins is meant.
            (vec![&going, &old], "--"),
            // A database that was locked at first shows the run before later.
            (vec![&empty, &old, &old], "ppp"),
            (vec![&begun, &old, &going], "pp-"),
            (vec![&idle, &going, &old], "p--"),
            (vec![&idle, &failed], "p-"),
        ] {
            let absent = None;
            let polls = statuses.iter().map(|status| (*status, &absent));
            assert_eq!(judged(polls), expected, "{statuses:?}");
        }
    }

    #[test]
    fn the_history_tells_a_new_run_from_the_one_before() {
        let old = status(true, &PLAN, &GOOD);
        let failed = status(true, &PLAN, &FAILED);
        let going = status(false, &PLAN, &GOOD[..1]);
        let empty = status(false, &[], &[]);
        let left_over = status(false, &[], &FAILED);
        let ten = run("10:00:00", "true");
        let [begun, ended] = [("11:00:00", r#""""#), ("11:00:04", "true")].map(|(s, r)| run(s, r));
        let null = history("null");
        for (polls, expected) in [
            (
                vec![(&old, &ten), (&old, &ten), (&empty, &ten), (&old, &ten)],
                "pppp",
            ),
            // An identical quick retry.
            (vec![(&old, &ten), (&old, &ended)], "p-"),
            (vec![(&failed, &ten), (&failed, &ended)], "p-"),
            (
                vec![
                    (&old, &ten),
                    (&empty, &begun),
                    (&old, &begun),
                    (&old, &ended),
                ],
                "ppp-",
            ),
            (
                vec![
                    (&failed, &ten),
                    (&empty, &begun),
                    (&failed, &begun),
                    (&going, &begun),
                ],
                "ppp-",
            ),
            // A new run shows the lists of the one before until they are cleared.
            (
                vec![(&failed, &ten), (&failed, &begun), (&going, &begun)],
                "pp-",
            ),
            (
                vec![(&failed, &ten), (&left_over, &begun), (&going, &begun)],
                "pp-",
            ),
            (
                vec![(&failed, &begun), (&failed, &begun), (&failed, &ended)],
                "pp-",
            ),
            (
                vec![(&failed, &begun), (&empty, &begun), (&going, &begun)],
                "pp-",
            ),
            // It goes on by its history when the watch begins.
            (vec![(&old, &begun), (&old, &ended)], "--"),
            (vec![(&empty, &begun), (&old, &ended)], "p-"),
            (vec![(&empty, &ten), (&old, &ten)], "pp"),
            (vec![(&empty, &ten), (&failed, &ten)], "pp"),
            (vec![(&empty, &ten), (&failed, &ended)], "p-"),
            // A history that was not to be had at first tells nothing.
            (vec![(&old, &null), (&old, &ten), (&old, &ten)], "ppp"),
            (vec![(&old, &None), (&old, &ten), (&old, &ended)], "pp-"),
            // Lists that the run before cannot show are proof enough.
            (vec![(&old, &ten), (&going, &ten)], "p-"),
        ] {
            assert_eq!(judged(polls.iter().copied()), expected, "{polls:?}");
        }
    }

    #[test]
    fn the_history_of_the_run_before_is_none_of_a_new_one() {
        let [ten, eleven] = ["10:00:00", "11:00:00"].map(|start| run(start, "true"));
        let [ten_run, eleven_run] = [&ten, &eleven].map(|run| run.as_ref().expect("a run"));
        let going = status(false, &PLAN, &GOOD[..1]);
        let mut guard = FreshGuard::new(true);
        guard.admits(&status(true, &PLAN, &GOOD), ten.as_ref());
        guard.admits(&going, ten.as_ref());
        assert!(guard.ignored(ten_run) && !guard.ignored(eleven_run));
        for fresh in [true, false] {
            let mut guard = FreshGuard::new(fresh);
            guard.admits(&going, ten.as_ref());
            assert!(!guard.ignored(ten_run), "none was ignored");
        }
    }
}
