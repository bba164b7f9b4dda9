//! The languages of what people read. Machines read the words of the model itself, which are
//! English, whatever the language.

use std::time::Duration;

use crate::exit::Verdict;
use crate::model::{Note, Phase, UnitKind, UnitState};
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

    /// Between a heading and what it is about.
    fn colon(&self) -> &'static str;
    /// Between the items of a list.
    fn comma(&self) -> &'static str;
    /// What is said beside the point, with what separates it from the words before it.
    fn aside(&self, text: &str) -> String;

    /// The heading of a warning.
    fn warning(&self) -> &'static str;
    /// The heading of a failed poll.
    fn no_contact(&self) -> &'static str;
    /// A poll failed; `retry` is the wait until the next one, where there is one.
    fn offline(&self, heading: &str, error: &str, attempts: u32, retry: Option<Duration>)
    -> String;
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

    /// The headings of the summary: of the reason, of the two columns of its table and of its last
    /// row, of its two lists and of a log.
    fn because(&self) -> &'static str;
    fn state_column(&self) -> &'static str;
    fn units_column(&self, kind: Option<UnitKind>) -> &'static str;
    fn total(&self) -> &'static str;
    fn failed_heading(&self) -> &'static str;
    fn unfinished_heading(&self) -> &'static str;
    fn log_heading(&self, name: &str, target: &str) -> String;
    /// What stands in the place of what does not fit into the summary of a step.
    fn left_out(&self) -> &'static str;

    /// The output cannot be written.
    fn cannot_write(&self, error: &str) -> String;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::exit::Signal;
    use crate::model::Exposure;

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
            Note::PlanUnread(text()),
            Note::Insecure,
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
                error: text(),
            },
            Note::NoTerminal,
        ];
        for note in &notes {
            assert_chinese(&Lang::Zh.words().note(note));
            assert_eq!(Lang::En.words().note(note), note.to_string());
        }
    }

    #[test]
    fn every_reason_is_said_in_chinese() {
        let minute = Duration::from_secs(60);
        let reasons = [
            Reason::FailFast {
                unit: "192.0.2.1".into(),
                detail: Some("x-1".into()),
            },
            Reason::Strict(vec![Note::Skipped(1), Note::FailedInSuccess(1)]),
            Reason::Refused {
                cause: "HTTP 404".into(),
                hint: Some("x-1".into()),
            },
            Reason::SayMore("x-1".into()),
            Reason::Lost {
                error: "HTTP 502".into(),
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
