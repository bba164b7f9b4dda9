//! The history of an installer [O]: it tells runs apart, and when one goes on.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::status;
use crate::message::Message;
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

#[cfg(test)]
pub(super) mod tests {
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
}
