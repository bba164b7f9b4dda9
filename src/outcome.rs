//! How a watch ends: its verdict, the reason, and the exit code. No other file knows an exit code.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::message::Message;

/// The end of a watch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) cause: Cause,
    /// The cause in words, with what else is known.
    pub(crate) reason: Message,
    /// From the start of the watch to the verdict.
    pub(crate) elapsed: Duration,
    /// Polls, failed ones included.
    pub(crate) polls: u64,
    /// How to watch the deployment again, where that makes sense.
    pub(crate) resume: Option<Resume>,
}

impl Outcome {
    pub(crate) const fn verdict(&self) -> Verdict {
        self.cause.verdict()
    }
}

/// The command that watches a deployment again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resume {
    /// The line that introduces it.
    pub(crate) heading: Message,
    pub(crate) command: Arc<str>,
}

impl Resume {
    /// The command to run after `verdict`; `contacted` tells whether a poll ever succeeded.
    pub(crate) fn new(verdict: Verdict, contacted: bool, command: Arc<str>) -> Self {
        let (en, zh) = match verdict {
            Verdict::Refused => ("After fixing this, run:", "修正后重新执行："),
            Verdict::Interrupted(_) if contacted => (
                "Stopped watching; the deployment is still running. Resume with:",
                "已停止跟踪，部署仍在继续。继续跟踪请执行：",
            ),
            _ => ("Resume with:", "继续跟踪请执行："),
        };
        Self {
            heading: Message::new(en, zh),
            command,
        }
    }
}

/// How a watch ended, which the exit code tells. In the order of severity: the verdict of a list is the
/// greatest one of its deployments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Succeeded,
    Running,
    Paused,
    Cancelled,
    TimedOut,
    Lost,
    Refused,
    Failed,
    /// The command line is wrong or incomplete, or, as only the provider's response shows, does not tell which
    /// deployment is meant. Like an interruption it ends the watch of a whole list.
    Usage,
    Interrupted(Signal),
}

/// Why a watch ended: the verdict in more detail. Its name is the `reason_code` of the event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    Succeeded,
    Failed,
    RolledBack,
    PausedAfterFailure,
    /// A unit failed, and `--fail-fast` was given.
    FailFast,
    /// A success with caveats, and `--strict` was given.
    Strict,
    Cancelled,
    Paused,
    /// The request or the connection was refused.
    Refused,
    /// The token, key or password was refused.
    Unauthorized,
    NotFound,
    /// The server's certificate does not verify.
    Untrusted,
    /// Polls failed for too long.
    Lost,
    /// The same, and the last response came but could not be read.
    Unreadable,
    /// It ended, and its state contradicts itself or does not tell how.
    Contradictory,
    Running,
    /// `--timeout`.
    Timeout,
    /// `--stall-timeout`.
    Stalled,
    Interrupted(#[serde(skip)] Signal),
    Usage,
}

impl Cause {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 20] = [
        Self::Succeeded,
        Self::Failed,
        Self::RolledBack,
        Self::PausedAfterFailure,
        Self::FailFast,
        Self::Strict,
        Self::Cancelled,
        Self::Paused,
        Self::Refused,
        Self::Unauthorized,
        Self::NotFound,
        Self::Untrusted,
        Self::Lost,
        Self::Unreadable,
        Self::Contradictory,
        Self::Running,
        Self::Timeout,
        Self::Stalled,
        Self::Interrupted(Signal::Interrupt),
        Self::Usage,
    ];

    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::Succeeded => Verdict::Succeeded,
            Self::Failed
            | Self::RolledBack
            | Self::PausedAfterFailure
            | Self::FailFast
            | Self::Strict => Verdict::Failed,
            Self::Cancelled => Verdict::Cancelled,
            Self::Paused => Verdict::Paused,
            Self::Refused | Self::Unauthorized | Self::NotFound | Self::Untrusted => {
                Verdict::Refused
            }
            Self::Lost | Self::Unreadable | Self::Contradictory => Verdict::Lost,
            Self::Running => Verdict::Running,
            Self::Timeout | Self::Stalled => Verdict::TimedOut,
            Self::Interrupted(signal) => Verdict::Interrupted(signal),
            Self::Usage => Verdict::Usage,
        }
    }
}

/// The signal that interrupted a watch, with its number. The deployment itself continues.
#[cfg_attr(
    windows,
    allow(dead_code, reason = "Windows knows the first and the last")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt = 2,
    Terminate = 15,
    /// The terminal was closed.
    Hangup = 1,
    /// Stdout was closed. SIGPIPE is ignored and seen as a failed write, which ends the watch as the
    /// signal ends other tools in a pipeline.
    Pipe = 13,
}

impl Verdict {
    /// The exit code. For a signal it is the shell's 128 + its number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Cancelled => 3,
            Self::Paused => 4,
            Self::Refused => 5,
            Self::Lost => 6,
            Self::Running => 7,
            Self::TimedOut => 124,
            Self::Interrupted(signal) => 128 + signal as u8,
        }
    }

    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Usage => "-",
            Self::Cancelled => "cancelled",
            Self::Paused => "paused",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Running => "running",
            Self::TimedOut => "timed_out",
            Self::Interrupted(_) => "interrupted",
        }
    }
}

/// The verdicts with their meaning, as `--help` and the README show them.
pub(crate) const TABLE: [(Verdict, &str); 11] = [
    (Verdict::Succeeded, "the provider reports success"),
    (
        Verdict::Failed,
        "it failed, was rolled back, or is paused after a failure; `--fail-fast`; `--strict`",
    ),
    (
        Verdict::Usage,
        "the command line or the configuration is wrong or incomplete",
    ),
    (Verdict::Cancelled, "someone stopped it"),
    (
        Verdict::Paused,
        "it waits for a person (`--on-pause exit`, `--once`)",
    ),
    (
        Verdict::Refused,
        "the provider refuses the request, or its certificate does not verify; retrying will not help",
    ),
    (
        Verdict::Lost,
        "polls failed for longer than `--max-offline`, or it ended without a reported result; the result is unknown",
    ),
    (Verdict::Running, "`--once`, and it is still running"),
    (Verdict::TimedOut, "`--timeout` or `--stall-timeout`"),
    (
        Verdict::Interrupted(Signal::Interrupt),
        "SIGINT; the deployment continues",
    ),
    (
        Verdict::Interrupted(Signal::Terminate),
        "SIGTERM; the deployment continues",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Lang;

    #[test]
    fn the_table_holds_each_verdict_with_its_code() {
        let rows = TABLE.map(|(verdict, _)| (verdict.code(), verdict.as_str()));
        assert_eq!(
            rows,
            [
                (0, "succeeded"),
                (1, "failed"),
                (2, "-"),
                (3, "cancelled"),
                (4, "paused"),
                (5, "refused"),
                (6, "lost"),
                (7, "running"),
                (124, "timed_out"),
                (130, "interrupted"),
                (143, "interrupted"),
            ]
        );
        for cause in Cause::ALL {
            assert!(TABLE.iter().any(|(verdict, _)| *verdict == cause.verdict()));
        }
    }

    #[test]
    fn the_worst_verdict_is_the_greatest() {
        let codes = [0, 7, 4, 3, 124, 6, 5, 1, 2, 130, 143];
        let mut verdicts = TABLE.map(|(verdict, _)| verdict);
        verdicts.sort();
        assert_eq!(verdicts.map(Verdict::code), codes);
    }

    #[test]
    fn the_page_about_events_lists_each_cause_with_its_verdict() {
        let page = include_str!("../docs/events.md");
        let (_, table) = page.split_once("| `reason_code` |").expect("a table");
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), Cause::ALL.len());
        for (row, cause) in rows.into_iter().zip(Cause::ALL) {
            let name = serde_json::to_string(&cause).expect("a word");
            let name = name.trim_matches('"');
            let start = format!("| `{name}` | `{}` | ", cause.verdict().as_str());
            assert!(row.starts_with(&start), "{row}");
        }
    }

    #[test]
    fn the_readme_shows_the_table() {
        let readme = include_str!("../README.md");
        for (verdict, meaning) in TABLE {
            let code = verdict.code();
            let verdict = match verdict {
                Verdict::Usage => "-".to_owned(),
                _ => format!("`{}`", verdict.as_str()),
            };
            let row = format!("| {code} | {verdict} | {meaning} |");
            assert!(readme.contains(&row), "README.md lacks the row\n{row}");
        }
    }

    #[test]
    fn the_chinese_readme_shows_the_same_codes_and_verdicts() {
        let readme = include_str!("../README.zh-CN.md");
        let rows = TABLE.map(|(verdict, _)| {
            let word = match verdict {
                Verdict::Usage => verdict.as_str().to_owned(),
                _ => format!("`{}`（{}）", verdict.as_str(), Lang::Zh.verdict(verdict)),
            };
            format!("| {} | {word} | ", verdict.code())
        });
        for row in &rows {
            assert!(readme.contains(row), "README.zh-CN.md lacks the row\n{row}");
        }
        let is_row = |line: &&str| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit();
        assert_eq!(readme.lines().filter(is_row).count(), rows.len());
    }
}
