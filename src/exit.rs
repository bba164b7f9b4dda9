//! The verdict of a watch and the exit code that stands for it. No other file knows an exit code.

use std::process::ExitCode;

/// The exit code of a command line or a configuration that is wrong or does not say enough.
pub(crate) const USAGE: u8 = 2;

/// How a watch ended. `Succeeded` is said only where the provider said success.
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
    /// The command line does not tell which deployment is meant, which only the provider's answer
    /// shows.
    Unclear,
}

/// What interrupted a watch. The deployment goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    Terminate,
    /// The terminal went away.
    Hangup,
    /// Nobody reads stdout any more. There is no such signal here (it is ignored and seen as a
    /// failed write), but it ends the watch as it ends any other tool in a pipeline.
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
        Self::Unclear,
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
            Self::Unclear => USAGE,
        }
    }

    /// How bad it is: the verdict of a list is the worst of its verdicts.
    pub(crate) const fn badness(self) -> u8 {
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
            Self::Unclear => 8,
            Self::Interrupted(_) => 9,
        }
    }

    /// The word of the event stream and of the report.
    pub(crate) const fn word(self) -> &'static str {
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
            Self::Unclear => "-",
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
    ("0", "succeeded", "the provider says that it succeeded"),
    (
        "1",
        "failed",
        "it failed, was rolled back, or is paused after a failure; `--fail-fast`; `--strict`",
    ),
    (
        "2",
        "-",
        "the command line or the configuration is wrong, or does not say enough",
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
        "the provider turns the request down, or its certificate does not verify; asking again will not help",
    ),
    (
        "6",
        "lost",
        "contact was lost for longer than `--max-offline`; how the deployment ends is unknown",
    ),
    ("7", "running", "`--once`, and it is still going"),
    ("124", "timed_out", "`--timeout` or `--stall-timeout`"),
    ("130", "interrupted", "SIGINT; the deployment goes on"),
    ("143", "interrupted", "SIGTERM; the deployment goes on"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn the_table_holds_each_verdict_with_its_code() {
        for verdict in Verdict::ALL {
            let row = TABLE
                .iter()
                .find(|row| row.0 == verdict.code().to_string())
                .expect("a row for each code");
            assert_eq!(row.1, verdict.word());
        }
        assert_eq!(TABLE.len(), Verdict::ALL.len());
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
                Verdict::Unclear => verdict.word().to_owned(),
                _ => format!(
                    "`{}`（{}）",
                    verdict.word(),
                    Lang::Zh.words().verdict(verdict)
                ),
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
