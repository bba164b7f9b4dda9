//! The languages of what people read. Machines read the words of the model itself, which are
//! English, whatever the language.

use std::borrow::Cow;
use std::time::Duration;

use crate::cause::{Cause, Hint, Trouble};
use crate::event::Traced;
use crate::exit::Verdict;
use crate::model::{Note, Phase, Unit, UnitKind, UnitState};
use crate::watch::Reason;

mod en;
mod zh;

/// A language. The help text of the option explains the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    // English.
    En,
    // Simplified Chinese.
    Zh,
}

impl Lang {
    /// The language that was asked for, else that of the locale.
    pub(crate) fn choose(
        asked: Option<Self>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let locale = || {
            let mut variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
            variables.find_map(environment)
        };
        asked.unwrap_or_else(|| match locale() {
            Some(locale) if locale.starts_with("zh") => Self::Zh,
            _ => Self::En,
        })
    }

    /// All that can be said in this language.
    pub(crate) fn words(self) -> &'static dyn Words {
        match self {
            Self::En => &en::En,
            Self::Zh => &zh::Zh,
        }
    }
}

/// Everything that people are told but the help: a language that lacks a word does not compile.
///
/// What is handed in as text may be coloured already, or quoted for Markdown.
pub(crate) trait Words {
    fn phase(&self, phase: Phase) -> &'static str;
    fn state(&self, state: UnitState) -> &'static str;
    fn verdict(&self, verdict: Verdict) -> &'static str;
    fn note(&self, note: &Note) -> String;
    fn reason(&self, reason: &Reason) -> String;
    fn cause(&self, cause: &Cause) -> String;
    fn hint(&self, hint: &Hint) -> String;
    /// What there is to say about a unit beyond its state.
    fn remark<'a>(&self, unit: &'a Unit) -> Option<Cow<'a, str>>;

    /// Between a heading and what it is about.
    fn colon(&self) -> &'static str;
    /// Between the items of a list.
    fn comma(&self) -> &'static str;
    /// What is said beside the point, with what separates it from the words before it.
    fn aside(&self, text: &str) -> String;

    /// The heading of a warning.
    fn warning(&self) -> &'static str;
    /// The heading of an error.
    fn error(&self) -> &'static str;
    /// What came of a request.
    fn request(&self, request: &Traced) -> String;
    /// The heading of a failed poll.
    fn no_contact(&self) -> &'static str;
    /// A poll failed; `retry` is the wait until the next one, where there is one.
    fn offline(
        &self,
        heading: &str,
        cause: &Cause,
        attempts: u32,
        retry: Option<Duration>,
    ) -> String;
    /// The heading of the first good poll after failed ones.
    fn contact_again(&self) -> &'static str;
    fn online(&self, heading: &str, offline: Duration) -> String;

    /// The end of a watch, without its reason.
    fn ended(&self, verdict: &str, target: &str, elapsed: Duration) -> String;
    /// What stands for the target where a list ended.
    fn all(&self) -> &'static str;
    /// What the command that watches on is introduced with.
    fn watch_again(&self, verdict: Verdict) -> &'static str;
    /// So many units; they are of no kind where there are none.
    fn units(&self, count: usize, kind: Option<UnitKind>) -> String;
    /// So many units of one state.
    fn count(&self, state: UnitState, count: usize) -> String;
    /// How far it is.
    fn done(&self, done: usize, total: usize) -> String;
    fn batch(&self, batch: u32, batches: Option<u32>) -> String;
    /// Failed units that are not named.
    fn more_failed(&self, more: usize) -> String;
    /// Unfinished units that are not named.
    fn more_unfinished(&self, more: usize) -> String;
    /// How long a unit took, with what separates it from the words before it.
    fn took(&self, age: Duration) -> String;
    /// For how long a unit has run, likewise.
    fn lasts(&self, age: Duration) -> String;
    /// How old that knowledge is, likewise.
    fn as_of(&self, age: Duration) -> String;
    /// The heading of the deployment's page.
    fn page(&self) -> &'static str;

    /// The first line of a watch.
    fn watching(&self, target: &str, endpoint: &str, interval: Duration) -> String;
    /// Nothing was said for a while; none before the first answer.
    fn still(&self, target: &str, phase: Option<Phase>) -> String;
    /// A unit has failed; it stands out without colour.
    fn unit_failed(&self, name: &str) -> String;
    /// Units that have failed and are not named, likewise.
    fn units_failed(&self, more: usize) -> String;
    /// What follows the state of a unit that runs once more.
    fn once_more(&self) -> &'static str;
    /// Too many changes to name them.
    fn changed(&self, counts: &str, done: &str) -> String;

    fn left(&self, left: Duration) -> String;
    fn no_contact_for(&self, offline: Duration) -> String;
    /// When the last good answer came, with what separates it from the words before it.
    fn last_good(&self, ago: Duration) -> String;
    fn no_answer_yet(&self) -> &'static str;
    /// Units without a row.
    fn more_units(&self, more: usize, counts: &str) -> String;
    /// Deployments without a row.
    fn more_deployments(&self, more: usize) -> String;

    /// The title of an annotation about a failed unit.
    fn failed_title(&self, name: &str) -> String;

    /// In a summary, what stands before the reason.
    fn because(&self) -> &'static str;
    /// The first column of its table.
    fn state_column(&self) -> &'static str;
    /// The second one.
    fn units_column(&self, kind: Option<UnitKind>) -> &'static str;
    /// The last row.
    fn total(&self) -> &'static str;
    /// Above the failed units.
    fn failed_heading(&self) -> &'static str;
    /// Above those that have not ended.
    fn unfinished_heading(&self) -> &'static str;
    /// Above the log of a failed unit.
    fn log_heading(&self, name: &str, target: &str) -> String;
    /// What stands in the place of what does not fit into the summary of a step.
    fn left_out(&self) -> &'static str;

    /// The output cannot be written.
    fn cannot_write(&self, error: &Trouble) -> String;
    /// Lines were dropped because the reader of `what` took none.
    fn lines_lost(&self, what: &str, lines: usize) -> String;
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::cause::{Distrust, Document, Fault, Flaw, Lacking, Said, SignIn, Syntax};
    use crate::exit::Signal;
    use crate::model::{About, Exposure};

    #[test]
    fn the_option_beats_the_locale_and_the_first_variable_that_is_set_counts() {
        for (asked, all, messages, lang, chosen) in [
            (None, "", "", "", Lang::En),
            (None, "", "", "zh_CN.UTF-8", Lang::Zh),
            (None, "", "", "C.UTF-8", Lang::En),
            (None, "", "zh_TW", "en_US.UTF-8", Lang::Zh),
            (None, "C", "zh_CN", "zh_CN", Lang::En),
            (None, "zh", "C", "C", Lang::Zh),
            (Some(Lang::En), "zh_CN", "zh_CN", "zh_CN", Lang::En),
            (Some(Lang::Zh), "C", "C", "C", Lang::Zh),
        ] {
            let environment = |name: &str| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_MESSAGES" => messages,
                    _ => lang,
                };
                (!value.is_empty()).then(|| value.to_owned())
            };
            let found = Lang::choose(asked, &environment);
            assert_eq!(found, chosen, "{asked:?} {all:?} {messages:?} {lang:?}");
        }
    }

    /// At least one Chinese character, and no two English words in a row: options, ids and the names
    /// of signals stay what they are.
    #[track_caller]
    fn assert_chinese(text: &str) {
        let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        assert!(text.contains(is_chinese), "not Chinese: {text}");
        assert!(!text.contains("  "), "a gap in: {text}");
        let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
        let words: Vec<_> = text.split(' ').collect();
        let sentence = words
            .windows(2)
            .find(|two| two.iter().all(|word| is_word(word)));
        assert_eq!(sentence, None, "English in: {text}");
    }

    #[test]
    fn phases_states_and_verdicts_are_said_in_chinese() {
        let words = Lang::Zh.words();
        let phases = [
            Phase::Pending,
            Phase::Running,
            Phase::Paused,
            Phase::PausedAfterFailure,
            Phase::Succeeded,
            Phase::Failed,
            Phase::Cancelled,
            Phase::Ended,
            Phase::Unknown,
        ];
        for phase in phases {
            assert_chinese(words.phase(phase));
            assert_chinese(&words.reason(&Reason::Phase(phase, None)));
            let reason = Reason::Phase(phase, Some(Note::Skipped(1)));
            assert_chinese(&words.reason(&reason));
            assert!(words.reason(&reason).contains("1 个已跳过"), "{phase:?}");
        }
        for state in UnitState::ALL {
            assert_chinese(words.state(state));
        }
        for verdict in Verdict::ALL {
            assert_chinese(words.verdict(verdict));
            assert_chinese(words.watch_again(verdict));
        }
    }

    #[test]
    fn every_note_is_said_in_chinese() {
        let text = || -> Arc<str> { "x-1".into() };
        let notes = [
            Note::Provider("主机离线".into()),
            Note::AwaitsConfirmation {
                batch: Some(1),
                batches: Some(2),
            },
            Note::AwaitsConfirmation {
                batch: None,
                batches: None,
            },
            Note::AwaitsDecision {
                failed: 2,
                code: Some(text()),
            },
            Note::ExceptionCode(text()),
            Note::UnknownWord {
                field: "status",
                word: text(),
            },
            Note::Skipped(1),
            Note::FailedInSuccess(1),
            Note::EntityFailed {
                entity: text(),
                operation: Some(text()),
            },
            Note::RunsOnAfterFailure,
            Note::OtherId {
                asked: text(),
                answered: text(),
            },
            Note::MayBeEarlier(&["--fresh", "--record ID"]),
            Note::FoundOrder {
                order: text(),
                run: Some(text()),
            },
            Note::AwaitsOrder,
            Note::NoOrder,
            Note::JobFailed,
            Note::AwaitsNewRun,
            Note::NothingMoves { failed: 1 },
            Note::PlanUnread(Cause::Empty),
            Note::Insecure,
            Note::InsecureHere,
            Note::SharedSecret {
                who: Exposure::Everybody,
                file: text(),
            },
            Note::SharedSecret {
                who: Exposure::Group,
                file: text(),
            },
            Note::SharedSecret {
                who: Exposure::Others,
                file: text(),
            },
            Note::WriteFailed {
                what: text(),
                error: Trouble::new(io::ErrorKind::StorageFull, "x-1"),
            },
            Note::NoTerminal,
            Note::DumbTerminal,
        ];
        for note in &notes {
            assert_chinese(&Lang::Zh.words().note(note));
            assert_eq!(Lang::En.words().note(note), note.to_string());
        }
    }

    #[test]
    fn every_cause_is_said_in_chinese() {
        let text = || -> Arc<str> { "x-1".into() };
        let refused = || Trouble::new(io::ErrorKind::ConnectionRefused, "Connection refused");
        let syntax = |fault, place| {
            Box::new(Syntax {
                fault,
                place,
                words: "expected value".into(),
            })
        };
        let flaw = |flaw| Cause::Untrusted(Distrust::Flaw(flaw, "so it is".into()));
        let job = |wanted: Option<Arc<str>>, there: bool| Cause::WhichJob {
            wanted,
            jobs: there.then(|| (text(), text())).into_iter().collect(),
        };
        let causes = [
            Cause::TimedOut(Duration::from_secs(30)),
            Cause::CannotConnect(refused()),
            Cause::NoAnswer(refused()),
            Cause::BrokeOff(refused()),
            Cause::TooLarge(256),
            Cause::Untrusted(Distrust::OfAuthority),
            flaw(Flaw::Expired),
            flaw(Flaw::NotYetValid),
            flaw(Flaw::OtherName),
            flaw(Flaw::UnknownIssuer),
            flaw(Flaw::Revoked),
            flaw(Flaw::BadSignature),
            Cause::Redirect {
                status: "302 Found".into(),
                to: Some(text()),
            },
            Cause::Redirect {
                status: "302 Found".into(),
                to: None,
            },
            Cause::Partial,
            Cause::Html,
            Cause::Empty,
            Cause::NotJson(Document::Order, syntax(Fault::Syntax, Some((1, 2)))),
            Cause::NotJson(Document::Run, syntax(Fault::CutOff, Some((1, 2)))),
            Cause::NotJson(Document::Task, syntax(Fault::Content, Some((1, 2)))),
            Cause::NotJson(Document::Release, syntax(Fault::Syntax, None)),
            Cause::NotJson(Document::Command, syntax(Fault::Syntax, None)),
            Cause::NotJson(Document::Installer, syntax(Fault::Syntax, None)),
            Cause::Error {
                code: Some(text()),
                words: Some(text()),
            },
            Cause::Error {
                code: None,
                words: None,
            },
            Cause::Query(Some(text())),
            Cause::Query(None),
            Cause::Lacks(Lacking::OrderStatus),
            Cause::Lacks(Lacking::RunStatus),
            Cause::Lacks(Lacking::Field("data")),
            Cause::Lacks(Lacking::Record),
            Cause::TwoStatuses,
            Cause::OtherRun,
            Cause::NothingDeployed,
            job(None, true),
            job(Some(text()), true),
            job(Some(text()), false),
            Cause::SignIn(SignIn::Page(None)),
            Cause::SignIn(SignIn::Page(Some(text()))),
            Cause::SignIn(SignIn::LeadsAway(text())),
            Cause::SignIn(SignIn::Endless),
            Cause::SignIn(SignIn::NoSession),
            Cause::SignIn(SignIn::NoTicket),
            Cause::SignIn(SignIn::Unheard),
            Cause::Over,
            Cause::Bug,
            Cause::Empty.numbered(Some(text())),
        ];
        for cause in &causes {
            assert_chinese(&Lang::Zh.words().cause(cause));
            assert_eq!(Lang::En.words().cause(cause), cause.to_string());
        }
    }

    #[test]
    fn lost_lines_are_said_in_chinese() {
        assert_chinese(&Lang::Zh.words().lines_lost("stdout", 3));
    }

    #[test]
    fn words_from_elsewhere_stay_what_they_are() {
        let words = || -> Arc<str> { "no such order".into() };
        let status = Cause::Status {
            status: "404 Not Found".into(),
            words: Some(words()),
        };
        let unnamed = Trouble::new(io::ErrorKind::Other, "no such order");
        for (cause, said) in [
            (status, "HTTP 404 Not Found：no such order"),
            (
                Cause::error(Some(Said::new("no such order", Some("r-1")))),
                "返回错误：no such order（请求 r-1）",
            ),
            (Cause::Provider(words()), "no such order"),
            (Cause::Recorded(words()), "no such order"),
            (Cause::CannotConnect(unnamed), "连接不上：no such order"),
            (
                Cause::Untrusted(Distrust::Flaw(Flaw::Other, words())),
                "服务器证书校验失败：no such order",
            ),
        ] {
            assert_eq!(Lang::Zh.words().cause(&cause), said);
        }
    }

    #[test]
    fn what_the_system_says_is_said_in_chinese() {
        let words = "failed to lookup address information: Name or service not known";
        let unknown = Trouble::new(io::ErrorKind::Other, words);
        assert_eq!(
            Lang::Zh.words().cause(&Cause::CannotConnect(unknown)),
            "连接不上：域名无法解析"
        );
        for number in [
            rustix::io::Errno::CONNREFUSED,
            rustix::io::Errno::CONNRESET,
            rustix::io::Errno::CONNABORTED,
            rustix::io::Errno::PIPE,
            rustix::io::Errno::NOTCONN,
            rustix::io::Errno::HOSTUNREACH,
            rustix::io::Errno::NETUNREACH,
            rustix::io::Errno::NETDOWN,
            rustix::io::Errno::ADDRNOTAVAIL,
            rustix::io::Errno::TIMEDOUT,
            rustix::io::Errno::NOENT,
            rustix::io::Errno::ACCESS,
            rustix::io::Errno::PERM,
            rustix::io::Errno::NOSPC,
            rustix::io::Errno::DQUOT,
            rustix::io::Errno::ROFS,
            rustix::io::Errno::FBIG,
            rustix::io::Errno::ISDIR,
            rustix::io::Errno::NOTDIR,
        ] {
            let error = io::Error::from(number);
            let trouble = Trouble::from(&error);
            assert_eq!(trouble.to_string(), error.to_string());
            let said = Lang::Zh.words().cannot_write(&trouble);
            assert!(!said.contains("os error"), "{said}");
        }
    }

    #[test]
    fn every_hint_is_said_in_chinese() {
        let clock = |ahead, advice: Option<Hint>| Hint::Clock {
            off: Duration::from_secs(3600),
            ahead,
            advice: advice.map(Box::new),
        };
        let hints = [
            Hint::Trust,
            Hint::Token,
            Hint::TokenPermission("x-1"),
            Hint::OrganizationIds,
            Hint::RegionIds,
            Hint::Credentials,
            clock(true, None),
            clock(false, Some(Hint::Credentials)),
            Hint::RecordAndTask,
            Hint::TaskPermission,
            Hint::TaskAndRegion,
            Hint::ReleasePermission,
            Hint::ReleaseIds,
            Hint::Password,
            Hint::CommandPermission,
            Hint::CommandAndEndpoint,
            Hint::CasServer,
            Hint::User,
            Hint::InstallerEndpoint,
            Hint::Operation,
            Hint::NewRun,
        ];
        for hint in &hints {
            assert_chinese(&Lang::Zh.words().hint(hint));
            assert_eq!(Lang::En.words().hint(hint), hint.to_string());
        }
    }

    fn unit(about: Option<About>, detail: Option<&str>) -> Unit {
        Unit {
            id: "1".into(),
            name: "192.0.2.1".into(),
            kind: UnitKind::Component,
            batch: None,
            state: UnitState::Failed,
            detail: detail.map(Into::into),
            about,
            began: None,
            ended: None,
        }
    }

    #[test]
    fn what_a_detail_is_about_is_said_in_chinese() {
        for (about, detail, english, chinese) in [
            (None, None, None, None),
            (None, Some("no image"), Some("no image"), Some("no image")),
            (
                Some(About::RollingBack),
                None,
                Some("rolling back"),
                Some("正在回滚"),
            ),
            (
                Some(About::RolledBack),
                Some("no image"),
                Some("rolled back: no image"),
                Some("已回滚：no image"),
            ),
            (
                Some(About::RollbackFailed),
                None,
                Some("rollback failed"),
                Some("回滚失败"),
            ),
            (
                Some(About::Status),
                Some("ABORTED"),
                Some("status ABORTED"),
                Some("状态 ABORTED"),
            ),
        ] {
            let unit = unit(about, detail);
            assert_eq!(Lang::En.words().remark(&unit).as_deref(), english);
            assert_eq!(unit.remark().as_deref(), english);
            assert_eq!(Lang::Zh.words().remark(&unit).as_deref(), chinese);
        }
    }

    #[test]
    fn a_request_is_said_in_chinese() {
        let came = |came| Traced {
            method: "GET",
            url: "http://h/a".into(),
            came,
            took: Duration::from_millis(7),
        };
        for (request, english, chinese) in [
            (
                came(Ok((200, 12))),
                "GET http://h/a 200 12 bytes 7ms",
                "GET http://h/a 200，12 字节，用时 7ms",
            ),
            (
                came(Err(Cause::Over)),
                "GET http://h/a the recording ends here 7ms",
                "GET http://h/a 录制到此结束，用时 7ms",
            ),
        ] {
            assert_eq!(Lang::En.words().request(&request), english);
            assert_eq!(Lang::Zh.words().request(&request), chinese);
        }
    }

    #[test]
    fn every_reason_is_said_in_chinese() {
        let minute = Duration::from_secs(60);
        let reasons = [
            Reason::FailFast(Box::new(unit(Some(About::RolledBack), Some("x-1")))),
            Reason::Strict(vec![Note::Skipped(1), Note::FailedInSuccess(1)], 2),
            Reason::Refused {
                cause: Cause::Empty,
                hint: Some(Hint::Token),
            },
            Reason::SayMore(Cause::NothingDeployed),
            Reason::Lost {
                error: Cause::Empty,
                offline: minute,
            },
            Reason::Over,
            Reason::TimedOut(minute),
            Reason::Stalled(minute),
            Reason::Interrupted(Signal::Interrupt),
            Reason::Interrupted(Signal::Terminate),
            Reason::Interrupted(Signal::Hangup),
            Reason::Interrupted(Signal::Pipe),
            Reason::Abandoned,
            Reason::All(vec![Verdict::Succeeded, Verdict::Failed]),
        ];
        for reason in &reasons {
            assert_chinese(&Lang::Zh.words().reason(reason));
            assert_eq!(Lang::En.words().reason(reason), reason.to_string());
        }
    }
}
