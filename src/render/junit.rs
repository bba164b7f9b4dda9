//! A JUnit XML report: a test case for the deployment itself and one for each of its units.
//!
//! It is written while `Progress` is read: 100,000 units make a large document. The elements and
//! attributes are those that the schemas of Jenkins and of Ant (windyroad) both accept.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::Duration;

use super::ci::CiSystem;
use super::report::{self, escaped};
use super::style::Style;
use crate::clock::{self, Instant, Timestamp};
use crate::event::Finished;
use crate::message::Lang;
use crate::model::UnitState;
use crate::outcome::{Outcome, Verdict};
use crate::progress::{Progress, TrackedUnit};

/// The test case of the deployment itself, so that a watch without units is in the report too.
const DEPLOYMENT: &str = "deployment";

/// Writes the report of a watch that ended at `at`.
pub(super) fn write(out: &mut dyn Write, at: Timestamp, end: &Finished<'_>) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>"
    )?;
    for (number, (progress, outcome)) in end.parts.iter().enumerate() {
        suite(out, number, progress, outcome, at)?;
    }
    writeln!(out, "</testsuites>")
}

/// The watch of one target. The deployment itself passes only if it succeeded: a report of a watch that
/// lost contact must not be green.
fn suite(
    out: &mut dyn Write,
    number: usize,
    progress: &Progress,
    outcome: &Outcome,
    at: Timestamp,
) -> io::Result<()> {
    let verdict = outcome.verdict().as_str();
    let element = match outcome.verdict() {
        Verdict::Succeeded => None,
        Verdict::Failed => Some("failure"),
        _ => Some("error"),
    };
    let failed = progress.count(UnitState::Failed);
    let failures = failed + usize::from(element == Some("failure"));
    let errors = usize::from(element == Some("error"));
    let skipped = progress.total() - failed - progress.count(UnitState::Succeeded);
    let tests = progress.total() + 1;
    let target = escaped(&progress.target);
    let began = at.wall.checked_sub(at.instant.since(progress.started));
    // Ant's schema forbids the letter for UTC.
    let began = clock::rfc3339_seconds(began.unwrap_or(at.wall));
    let began = began.trim_end_matches('Z');
    let time = seconds(outcome.elapsed);
    writeln!(
        out,
        r#"  <testsuite id="{number}" package="deploywatch" name="{target}" timestamp="{began}" hostname="localhost" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{time}">"#,
    )?;
    writeln!(out, "    <properties>")?;
    for (name, value) in [("verdict", Some(verdict)), ("url", progress.url.as_deref())] {
        if let Some(value) = value.map(escaped) {
            writeln!(out, r#"      <property name="{name}" value="{value}"/>"#)?;
        }
    }
    writeln!(out, "    </properties>")?;
    let problem = element.map(|element| {
        let kind = format!(r#" type="{verdict}""#);
        problem(element, &kind, outcome.reason.en(), progress.log.as_deref())
    });
    case(out, &progress.target, DEPLOYMENT, outcome.elapsed, problem)?;
    let shared = shared_names(progress);
    for tracked in &progress.units {
        unit(out, progress, tracked, &shared, at.instant)?;
    }
    writeln!(out, "    <system-out>")?;
    let end = Finished {
        outcome,
        parts: &[(progress, outcome)],
        is_list: false,
    };
    for line in report::report(at, &end, Style::PLAIN, CiSystem::Other, None) {
        writeln!(out, "{}", escaped(&line))?;
    }
    writeln!(out, "    </system-out>\n    <system-err/>\n  </testsuite>")
}

/// A unit. One that neither succeeded nor failed counts as skipped.
fn unit(
    out: &mut dyn Write,
    progress: &Progress,
    tracked: &TrackedUnit,
    shared: &HashSet<&str>,
    now: Instant,
) -> io::Result<()> {
    let unit = &tracked.unit;
    let details = || {
        let details = report::unit_details(progress, tracked, now, Lang::En, &str::to_owned);
        unit.state.as_str().to_owned() + &details
    };
    let log = tracked.log.as_deref();
    let problem = match (unit.state, &unit.detail) {
        (UnitState::Succeeded, _) => None,
        (UnitState::Failed, detail) => {
            let message = detail
                .as_ref()
                .map_or_else(details, |detail| detail.en().to_owned());
            Some(problem("failure", r#" type="failed""#, &message, log))
        }
        _ => Some(problem("skipped", "", &details(), log)),
    };
    let class: &str = match unit.batch {
        Some(batch) => &format!("{} batch {batch}", progress.target),
        None => &progress.target,
    };
    let name: &str = match shared.contains(&*unit.name) {
        true => &format!("{} ({})", unit.name, unit.id),
        false => &unit.name,
    };
    // Schemas want a time of each case, and readers take a missing one for 0.
    let time = tracked.age(now).unwrap_or_default();
    case(out, class, name, time, problem)
}

/// Names that several test cases have: readers keep one case of each name.
fn shared_names(progress: &Progress) -> HashSet<&str> {
    let mut names = HashSet::from([DEPLOYMENT]);
    let units = progress.units.iter().map(|tracked| &*tracked.unit.name);
    units.filter(|name| !names.insert(name)).collect()
}

/// Why a test case did not pass. `kind` is the attribute `type` or empty.
fn problem(element: &str, kind: &str, message: &str, log: Option<&[String]>) -> String {
    let (message, log) = (escaped(message), log.unwrap_or_default());
    // The end of a log says best why.
    let last = log.iter().rfind(|line| !line.trim().is_empty());
    let last = last.map_or(String::new(), |line| format!("; {}", escaped(line)));
    let log = log.iter().map(|line| format!("\n{}", escaped(line)));
    let log = String::from_iter(log);
    // GitLab shows the text of the element and not its message.
    format!("      <{element} message=\"{message}{last}\"{kind}>{message}{log}</{element}>")
}

fn case(
    out: &mut dyn Write,
    class: &str,
    name: &str,
    time: Duration,
    problem: Option<String>,
) -> io::Result<()> {
    let (class, name, time) = (escaped(class), escaped(name), seconds(time));
    let case = format!(r#"    <testcase classname="{class}" name="{name}" time="{time}""#);
    match problem {
        Some(problem) => writeln!(out, "{case}>\n{problem}\n    </testcase>"),
        None => writeln!(out, "{case}/>"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_secs(), time.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnitKind;
    use crate::outcome::Cause;
    use crate::render::testing::{self, ended, outcome};
    use crate::units::UnitsBuilder;

    fn write_end(outcome: &Outcome, parts: &[(&Progress, &Outcome)]) -> String {
        let mut out = Vec::new();
        let end = testing::end(outcome, parts);
        write(&mut out, Timestamp::at(75.0), &end).expect("a vector takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_unit_and_the_deployment_itself_is_a_test_case() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        for (second, state) in [(1.0, UnitState::Running), (5.5, UnitState::Failed)] {
            let mut units = UnitsBuilder::of_test(UnitKind::Machine);
            units.push("sn-1", "192.0.2.1", Some(1), UnitState::Succeeded, None);
            let detail = Some("no \"agent\" <here>");
            units.push("sn-2", "192.0.2.2", Some(2), state, detail);
            units.push("sn-3", "192.0.2.3", None, UnitState::Skipped, None);
            units.push("sn-4", "192.0.2.4", None, UnitState::Pending, None);
            testing::answer(&mut progress, units, second);
        }
        progress.take_log(Some(1), vec!["]]>".into(), "exit 1".into()]);
        progress.url = Some("https://example.com/?a=1&b=2".into());
        let outcome = ended(Cause::Failed);
        assert_eq!(
            write_end(&outcome, &[(&progress, &outcome)]),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite id="0" package="deploywatch" name="yunxiao:1/2" timestamp="1970-01-01T00:00:00" hostname="localhost" tests="5" failures="2" errors="0" skipped="2" time="75.000">
    <properties>
      <property name="verdict" value="failed"/>
      <property name="url" value="https://example.com/?a=1&amp;b=2"/>
    </properties>
    <testcase classname="yunxiao:1/2" name="deployment" time="75.000">
      <failure message="reported failed" type="failed">reported failed</failure>
    </testcase>
    <testcase classname="yunxiao:1/2 batch 1" name="192.0.2.1" time="0.000"/>
    <testcase classname="yunxiao:1/2 batch 2" name="192.0.2.2" time="4.500">
      <failure message="no &quot;agent&quot; &lt;here&gt;; exit 1" type="failed">no &quot;agent&quot; &lt;here&gt;
]]&gt;
exit 1</failure>
    </testcase>
    <testcase classname="yunxiao:1/2" name="192.0.2.3" time="0.000">
      <skipped message="skipped">skipped</skipped>
    </testcase>
    <testcase classname="yunxiao:1/2" name="192.0.2.4" time="0.000">
      <skipped message="pending (as of 1m 09s ago)">pending (as of 1m 09s ago)</skipped>
    </testcase>
    <system-out>
✗ yunxiao:1/2 failed (watched for 1m 15s): reported failed
  4 machines: 1 failed, 1 pending, 1 succeeded, 1 skipped
  ✗ failed 192.0.2.2 after 4s: no &quot;agent&quot; &lt;here&gt;
    | ]]&gt;
    | exit 1
  1 not started: 192.0.2.4
  Page: https://example.com/?a=1&amp;b=2
    </system-out>
    <system-err/>
  </testsuite>
</testsuites>
"#
        );
    }

    #[test]
    fn a_success_passes_and_every_other_end_is_an_error_without_any_units() {
        let progress = testing::progress(&[]);
        for cause in Cause::ALL {
            let outcome = outcome(cause, "received SIGINT");
            let xml = write_end(&outcome, &[(&progress, &outcome)]);
            let (failures, errors) = match cause.verdict() {
                Verdict::Succeeded => (0, 0),
                Verdict::Failed => (1, 0),
                _ => (0, 1),
            };
            let counts =
                format!(r#"tests="1" failures="{failures}" errors="{errors}" skipped="0""#);
            assert!(xml.contains(&counts), "{xml}");
            assert_eq!(xml.matches("<failure ").count(), failures, "{xml}");
            assert_eq!(xml.matches("<error ").count(), errors, "{xml}");
        }
    }

    #[test]
    fn a_list_is_a_suite_for_each_target() {
        let progress = testing::progress(&[(UnitState::Succeeded, None)]);
        let (good, bad) = (ended(Cause::Succeeded), ended(Cause::Failed));
        let parts = [(&progress, &good), (&progress, &bad)];
        let xml = write_end(&bad, &parts);
        assert_eq!(xml.matches("<testsuite id=").count(), 2, "{xml}");
        assert!(xml.contains(r#"<testsuite id="1" "#), "{xml}");
    }

    #[test]
    fn names_that_two_cases_share_get_the_id() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        let mut units = UnitsBuilder::of_test(UnitKind::Machine);
        for (id, name) in [("1", "a"), ("2", "b"), ("3", "a"), ("4", DEPLOYMENT)] {
            units.push(id, name, None, UnitState::Succeeded, None);
        }
        testing::answer(&mut progress, units, 1.0);
        let outcome = ended(Cause::Succeeded);
        let xml = write_end(&outcome, &[(&progress, &outcome)]);
        for name in ["a (1)", "b", "a (3)", "deployment", "deployment (4)"] {
            let name = format!(r#" name="{name}" time"#);
            assert_eq!(xml.matches(&name).count(), 1, "{name} in {xml}");
        }
    }
}
