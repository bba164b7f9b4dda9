//! How a watch ends: its verdict, the reason, and the exit code. No other file knows an exit code.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::message::Message;

/// The exit code of a command line or a configuration that is wrong or incomplete.
pub(crate) const USAGE: u8 = 2;

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

/// How a watch ended, which the exit code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    Failed,
    Cancelled,
    Paused,
    Refused,
    Lost,
    Running,
    TimedOut,
    Interrupted(Signal),
    /// The command line does not tell which deployment is meant, which only the provider's response
    /// shows.
    Usage,
}

/// Why a watch ended: the verdict in more detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    Interrupted(Signal),
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

    /// Its name in the event stream, `reason_code`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::PausedAfterFailure => "paused_after_failure",
            Self::FailFast => "fail_fast",
            Self::Strict => "strict",
            Self::Cancelled => "cancelled",
            Self::Paused => "paused",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Untrusted => "untrusted",
            Self::Lost => "lost",
            Self::Unreadable => "unreadable",
            Self::Contradictory => "contradictory",
            Self::Running => "running",
            Self::Timeout => "timeout",
            Self::Stalled => "stalled",
            Self::Interrupted(_) => "interrupted",
            Self::Usage => "usage",
        }
    }
}

/// The signal that interrupted a watch. The deployment itself continues.
#[cfg_attr(
    windows,
    allow(dead_code, reason = "Windows knows the first and the last")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    Terminate,
    /// The terminal was closed.
    Hangup,
    /// Stdout was closed. SIGPIPE is ignored and seen as a failed write, which ends the watch as the
    /// signal ends other tools in a pipeline.
    Pipe,
}

impl Verdict {
    /// The verdicts of the README's table, in its order.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Paused,
        Self::Refused,
        Self::Lost,
        Self::Running,
        Self::TimedOut,
        Self::Interrupted(Signal::Interrupt),
        Self::Interrupted(Signal::Terminate),
        Self::Usage,
    ];

    /// The exit code. For a signal it is the shell's 128 + its number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Cancelled => 3,
            Self::Paused => 4,
            Self::Refused => 5,
            Self::Lost => 6,
            Self::Running => 7,
            Self::TimedOut => 124,
            Self::Interrupted(signal) => 128 + signal.number(),
            Self::Usage => USAGE,
        }
    }

    /// The verdict of a list is the one of its deployments with the highest severity.
    pub(crate) const fn severity(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Running => 1,
            Self::Paused => 2,
            Self::Cancelled => 3,
            Self::TimedOut => 4,
            Self::Lost => 5,
            Self::Refused => 6,
            Self::Failed => 7,
            // Neither is about one deployment: the whole watch ends.
            Self::Usage => 8,
            Self::Interrupted(_) => 9,
        }
    }

    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Paused => "paused",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Running => "running",
            Self::TimedOut => "timed_out",
            Self::Interrupted(_) => "interrupted",
            Self::Usage => "-",
        }
    }
}

impl Signal {
    const fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Pipe => 13,
            Self::Terminate => 15,
        }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(verdict.code())
    }
}

/// The exit codes as `--help` and the README show them: code, verdict, meaning.
pub(crate) const TABLE: [(&str, &str, &str); 11] = [
    ("0", "succeeded", "the provider reports success"),
    (
        "1",
        "failed",
        "it failed, was rolled back, or is paused after a failure; `--fail-fast`; `--strict`",
    ),
    (
        "2",
        "-",
        "the command line or the configuration is wrong or incomplete",
    ),
    ("3", "cancelled", "someone stopped it"),
    (
        "4",
        "paused",
        "it waits for a person (`--on-pause exit`, `--once`)",
    ),
    (
        "5",
        "refused",
        "the provider refuses the request, or its certificate does not verify; retrying will not help",
    ),
    (
        "6",
        "lost",
        "polls failed for longer than `--max-offline`, or it ended without a reported result; the result is unknown",
    ),
    ("7", "running", "`--once`, and it is still running"),
    ("124", "timed_out", "`--timeout` or `--stall-timeout`"),
    ("130", "interrupted", "SIGINT; the deployment continues"),
    ("143", "interrupted", "SIGTERM; the deployment continues"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Lang;

    #[test]
    fn the_table_holds_each_verdict_with_its_code() {
        for verdict in Verdict::ALL {
            let row = TABLE
                .iter()
                .find(|row| row.0 == verdict.code().to_string())
                .expect("a row for each code");
            assert_eq!(row.1, verdict.as_str());
        }
        assert_eq!(TABLE.len(), Verdict::ALL.len());
    }

    #[test]
    fn the_page_about_events_lists_each_cause_with_its_verdict() {
        let page = include_str!("../docs/events.md");
        let (_, table) = page.split_once("| `reason_code` |").expect("a table");
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), Cause::ALL.len());
        for (row, cause) in rows.into_iter().zip(Cause::ALL) {
            let start = format!("| `{}` | `{}` | ", cause.as_str(), cause.verdict().as_str());
            assert!(row.starts_with(&start), "{row}");
        }
    }

    #[test]
    fn the_readme_shows_the_table() {
        let readme = include_str!("../README.md");
        for (code, verdict, meaning) in TABLE {
            let verdict = match verdict {
                "-" => "-".to_owned(),
                word => format!("`{word}`"),
            };
            let row = format!("| {code} | {verdict} | {meaning} |");
            assert!(readme.contains(&row), "README.md lacks the row\n{row}");
        }
    }

    #[test]
    fn the_chinese_readme_shows_the_same_codes_and_verdicts() {
        let readme = include_str!("../README.zh-CN.md");
        let rows = Verdict::ALL.map(|verdict| {
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
