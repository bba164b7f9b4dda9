//! Workflow commands for CI systems on stdout: annotations on GitHub, collapsible sections of a job's
//! log on GitLab.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::style::{self, Color};
use crate::event::Finished;
use crate::message::Lang;
use crate::model::UnitState;
use crate::outcome::Verdict;

/// Maximum number of errors of one step that GitHub shows.
const MAX_ANNOTATIONS: usize = 10;
/// Maximum number of failed units in a step's outputs, which hold 1 MiB.
const MAX_NAMES: usize = 100;

/// The CI system that interprets stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CiSystem {
    GitHub,
    GitLab,
    /// None, or one without workflow commands.
    Other,
}

impl CiSystem {
    /// Detects it from the environment. Gitea and Forgejo, which run GitHub's workflows, count as
    /// GitHub.
    pub(crate) fn gather(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let says = |name: &str| environment(name).is_some_and(|value| value == "true");
        match (says("GITHUB_ACTIONS"), says("GITLAB_CI")) {
            (true, _) => Self::GitHub,
            (_, true) => Self::GitLab,
            _ => Self::Other,
        }
    }
}

/// Writes the outputs of a step on GitHub to the end of the file `path`, for the steps after it: `verdict`,
/// `exit-code`, `reason`, and `failed`, a JSON list of the failed units' names. All are single lines.
pub(super) fn write_outputs(
    out: &mut dyn Write,
    end: &Finished<'_>,
    path: &Path,
) -> io::Result<()> {
    let parts = end.parts.iter();
    let failed = parts.flat_map(|(progress, _)| progress.failed_units());
    let names = failed.map(|tracked| &*tracked.unit.name);
    let names = Vec::from_iter(names.take(MAX_NAMES));
    let verdict = end.outcome.verdict();
    // What an earlier command wrote may end in the middle of a line. The runner of Gitea and Forgejo takes no
    // empty line.
    let is_open = |written: Vec<u8>| written.last().is_some_and(|last| *last != b'\n');
    if path.is_file() && fs::read(path).is_ok_and(is_open) {
        writeln!(out)?;
    }
    writeln!(out, "verdict={}", verdict.as_str())?;
    writeln!(out, "exit-code={}", verdict.code())?;
    writeln!(out, "reason={}", end.outcome.reason.en())?;
    writeln!(out, "failed={}", serde_json::to_string(&names)?)
}

/// The errors that GitHub shows on the page of the run: first the targets whose end is bad and no failed unit
/// explains it, then the failed units with the provider's message and the last line of the log.
pub(super) fn annotations(end: &Finished<'_>, lang: Lang) -> Vec<String> {
    let mut errors = Vec::new();
    for (progress, outcome) in end.parts {
        let verdict = outcome.verdict();
        let (_, color) = style::of_verdict(verdict);
        let is_explained = verdict == Verdict::Failed && progress.count(UnitState::Failed) > 0;
        if color == Color::Bad && !is_explained {
            let title = format!("{} {}", progress.target, lang.verdict(verdict));
            errors.push(error(&title, outcome.reason.get(lang)));
        }
    }
    for (progress, _) in end.parts {
        errors.extend(
            progress
                .failed_units()
                .take(MAX_ANNOTATIONS)
                .map(|tracked| {
                    let mut message =
                        lang.with_message(&progress.target, tracked.unit.detail.as_ref());
                    if let Some(last) = tracked.log.as_ref().and_then(|log| log.last()) {
                        message += &format!("\n{last}");
                    }
                    error(&lang.failed_title(&tracked.unit.name), &message)
                }),
        );
    }
    errors.truncate(MAX_ANNOTATIONS);
    errors
}

/// The workflow command `::error`, escaped as GitHub documents it.
fn error(title: &str, message: &str) -> String {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let title = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::error title={title}::{}", data(message))
}

/// The first and the last line of a collapsible section of a GitLab job's log, open at first. `at` and
/// `line` make its name unique in a job that runs several watches.
pub(super) fn section(at: SystemTime, line: usize, header: &str) -> [String; 2] {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (second, millis) = (since.as_secs(), since.as_millis());
    let marker =
        |what| format!("\u{1b}[0Ksection_{what}:{second}:deploywatch_{millis}_{line}\r\u{1b}[0K");
    [marker("start") + header, marker("end")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::Lang;
    use crate::outcome::{Cause, Outcome};
    use crate::progress::Progress;
    use crate::render::testing::{self, ended, outcome};

    fn annotate(parts: &[(&Progress, &Outcome)]) -> String {
        annotations(&testing::end(parts[0].1, parts), Lang::En).join("\n")
    }

    #[test]
    fn the_environment_tells_who_runs_it() {
        for (name, value, ci_system) in [
            ("GITHUB_ACTIONS", "true", CiSystem::GitHub),
            ("GITHUB_ACTIONS", "false", CiSystem::Other),
            ("GITLAB_CI", "true", CiSystem::GitLab),
            ("JENKINS_URL", "true", CiSystem::Other),
        ] {
            let environment = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(CiSystem::gather(&environment), ci_system, "{name}={value}");
        }
    }

    #[test]
    fn a_failed_unit_is_an_error_with_its_reason_and_the_end_of_its_log() {
        let mut progress = testing::progress(&[
            (UnitState::Failed, Some("100 %, a: b, ::error::c")),
            (UnitState::Succeeded, None),
            (UnitState::Failed, None),
        ]);
        progress.take_log(Some(0), vec!["first".into(), "::error::last".into()]);
        assert_eq!(
            annotate(&[(&progress, &ended(Cause::Failed))]),
            "\
::error title=192.0.2.0 failed::yunxiao:1/2: 100 %25, a: b, ::error::c%0A::error::last
::error title=192.0.2.2 failed::yunxiao:1/2"
        );
        assert_eq!(
            error("a,b:c%\r\n", ""),
            "::error title=a%2Cb%3Ac%25%0D%0A::"
        );
    }

    #[test]
    fn an_end_that_no_unit_explains_is_an_error_of_its_own() {
        let failed = testing::progress(&[(UnitState::Failed, None)]);
        let empty = testing::progress(&[]);
        let late = outcome(Cause::Timeout, "still running after --timeout 1m");
        let good = ended(Cause::Succeeded);
        assert_eq!(
            annotate(&[(&failed, &late), (&empty, &good)]),
            "\
::error title=yunxiao%3A1/2 timed out::still running after --timeout 1m
::error title=192.0.2.0 failed::yunxiao:1/2"
        );
        let cancelled = ended(Cause::Cancelled);
        assert_eq!(annotate(&[(&empty, &cancelled)]), "");
    }

    #[test]
    fn there_are_ten_annotations_at_most_and_the_ends_come_first() {
        let progress = testing::progress(&[(UnitState::Failed, None); 15]);
        let (failed, lost) = (ended(Cause::Failed), ended(Cause::Lost));
        let lines = annotate(&[(&progress, &failed), (&progress, &lost)]);
        assert_eq!(lines.lines().count(), MAX_ANNOTATIONS);
        assert!(
            lines.starts_with("::error title=yunxiao%3A1/2 lost::"),
            "{lines}"
        );
    }

    #[test]
    fn a_section_has_a_name_that_gitlab_takes() {
        assert_eq!(
            section(Timestamp::at(1.5).wall, 3, "a header"),
            [
                "\u{1b}[0Ksection_start:1:deploywatch_1500_3\r\u{1b}[0Ka header",
                "\u{1b}[0Ksection_end:1:deploywatch_1500_3\r\u{1b}[0K"
            ]
        );
    }
}
