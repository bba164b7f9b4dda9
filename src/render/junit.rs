//! A JUnit XML report: a test case for the deployment itself and one for each of its units.
//!
//! It is written straight from `Progress`. What knows JUnit already (`quick-junit`) builds the
//! whole document first, which 100,000 units make large, and brings a dozen crates; a writer of XML
//! alone would leave what is difficult here, text that XML cannot hold. The elements and attributes
//! are those which the schemas of Jenkins and of Ant (windyroad) both take.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::ci::CiSystem;
use super::{Render, Style, report};
use crate::clock::{self, Instant, Timestamp};
use crate::event::{End, Event, Kind};
use crate::message::{Lang, Message};
use crate::model::UnitState;
use crate::outcome::{Outcome, Verdict};
use crate::progress::{Progress, TrackedUnit};

/// The test case that is the deployment itself: a watch without any units is in the report too.
const DEPLOYMENT: &str = "deployment";

/// Writes the report when the watch ends.
pub(crate) struct Junit<W> {
    out: W,
}

impl<W: Write> Junit<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Render for Junit<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Kind::Finished(end) = &event.kind else {
            return Ok(());
        };
        writeln!(self.out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(self.out, "<testsuites>")?;
        for (number, (progress, outcome)) in end.parts.iter().enumerate() {
            suite(&mut self.out, number, progress, outcome, event.at)?;
        }
        writeln!(self.out, "</testsuites>")?;
        self.out.flush()
    }
}

/// The watch of one target.
fn suite(
    out: &mut impl Write,
    number: usize,
    progress: &Progress,
    outcome: &Outcome,
    at: Timestamp,
) -> io::Result<()> {
    let (failed, errors) = match outcome.verdict {
        Verdict::Succeeded => (0, 0),
        Verdict::Failed => (1, 0),
        _ => (0, 1),
    };
    let failures = failed + progress.count(UnitState::Failed);
    let passed = progress.count(UnitState::Succeeded);
    let skipped = progress.total() - passed - progress.count(UnitState::Failed);
    let target = Xml(&progress.target);
    let since = at.wall.checked_sub(at.instant.since(progress.started));
    let began = timestamp(since.unwrap_or(at.wall));
    let time = Seconds(outcome.elapsed);
    writeln!(
        out,
        r#"  <testsuite id="{number}" package="deploywatch" name="{target}" timestamp="{began}" hostname="localhost" tests="{}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{time}">"#,
        progress.total() + 1,
    )?;
    properties(out, progress, outcome)?;
    deployment(out, progress, outcome)?;
    let shared = shared_names(progress);
    for (index, tracked) in progress.units().iter().enumerate() {
        unit(out, progress, index, tracked, &shared, at.instant)?;
    }
    writeln!(out, "    <system-out>")?;
    let end = End {
        outcome,
        parts: &[(progress, outcome)],
        is_list: false,
    };
    for line in report::report(at, &end, Style::PLAIN, CiSystem::Other) {
        writeln!(out, "{}", Xml(&line))?;
    }
    writeln!(out, "    </system-out>")?;
    writeln!(out, "    <system-err/>")?;
    writeln!(out, "  </testsuite>")
}

fn properties(out: &mut impl Write, progress: &Progress, outcome: &Outcome) -> io::Result<()> {
    let verdict = Some(("verdict", outcome.verdict.as_str()));
    let url = progress.url.as_deref().map(|url| ("url", url));
    writeln!(out, "    <properties>")?;
    for (name, value) in verdict.into_iter().chain(url) {
        let value = Xml(value);
        writeln!(out, r#"      <property name="{name}" value="{value}"/>"#)?;
    }
    writeln!(out, "    </properties>")
}

/// The deployment itself. Only a success passes: a report of a watch that lost sight of it must not
/// be green.
fn deployment(out: &mut impl Write, progress: &Progress, outcome: &Outcome) -> io::Result<()> {
    let flaw = |element| Flaw {
        element,
        kind: Some(outcome.verdict.as_str()),
        message: outcome.reason.en(),
        log: &[],
    };
    let flaw = match outcome.verdict {
        Verdict::Succeeded => None,
        Verdict::Failed => Some(flaw("failure")),
        _ => Some(flaw("error")),
    };
    case(out, &progress.target, DEPLOYMENT, outcome.elapsed, flaw)
}

/// A unit. What did not end by itself was skipped, as far as a test report can say it.
fn unit(
    out: &mut impl Write,
    progress: &Progress,
    index: usize,
    tracked: &TrackedUnit,
    shared: &HashSet<&str>,
    now: Instant,
) -> io::Result<()> {
    let unit = &tracked.unit;
    let state = unit.state.as_str();
    let message = match unit.detail.as_ref().map(Message::en) {
        Some(detail) if unit.state == UnitState::Failed => detail.to_owned(),
        _ => {
            let details = report::unit_details(progress, tracked, now, Lang::En, &str::to_owned);
            format!("{state}{details}")
        }
    };
    let flaw = match unit.state {
        UnitState::Succeeded => None,
        UnitState::Failed => Some(Flaw {
            element: "failure",
            kind: Some(state),
            message: &message,
            log: progress.log(index).unwrap_or_default(),
        }),
        _ => Some(Flaw {
            element: "skipped",
            kind: None,
            message: &message,
            log: &[],
        }),
    };
    let class = match unit.batch {
        Some(batch) => Cow::Owned(format!("{} batch {batch}", progress.target)),
        None => Cow::Borrowed(&*progress.target),
    };
    let name = if shared.contains(&*unit.name) {
        Cow::Owned(format!("{} ({})", unit.name, unit.id))
    } else {
        Cow::Borrowed(&*unit.name)
    };
    // Schemas want a time of each case, and readers take a missing one for 0.
    let time = tracked.age(now).unwrap_or_default();
    case(out, &class, &name, time, flaw)
}

/// Names that do not tell one test case from another: readers keep one case of each name.
fn shared_names(progress: &Progress) -> HashSet<&str> {
    let mut names = HashSet::from([DEPLOYMENT]);
    let units = progress.units().iter().map(|tracked| &*tracked.unit.name);
    units.filter(|name| !names.insert(name)).collect()
}

/// Why a test case did not pass.
struct Flaw<'a> {
    element: &'static str,
    kind: Option<&'static str>,
    message: &'a str,
    log: &'a [String],
}

fn case(
    out: &mut impl Write,
    class: &str,
    name: &str,
    time: Duration,
    flaw: Option<Flaw<'_>>,
) -> io::Result<()> {
    let (class, name, time) = (Xml(class), Xml(name), Seconds(time));
    write!(
        out,
        r#"    <testcase classname="{class}" name="{name}" time="{time}""#
    )?;
    let Some(flaw) = flaw else {
        return writeln!(out, "/>");
    };
    let (element, message) = (flaw.element, Xml(flaw.message));
    write!(out, ">\n      <{element} message=\"{message}\"")?;
    if let Some(kind) = flaw.kind {
        write!(out, r#" type="{kind}""#)?;
    }
    // GitLab shows the text of the element and not its message.
    write!(out, ">{message}")?;
    for line in flaw.log {
        write!(out, "\n{}", Xml(line))?;
    }
    writeln!(out, "</{element}>\n    </testcase>")
}

/// Text as XML 1.0 takes it, in an attribute and between tags: markup is escaped, and characters
/// that it cannot hold in any form are left out.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for (at, character) in self.0.char_indices() {
            let instead = match character {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\t' => "&#9;",
                '\n' => "&#10;",
                '\r' => "&#13;",
                '\u{fffe}' | '\u{ffff}' => "",
                _ if character.is_control() => "",
                _ => continue,
            };
            f.write_str(&self.0[written..at])?;
            f.write_str(instead)?;
            written = at + character.len_utf8();
        }
        f.write_str(&self.0[written..])
    }
}

/// Seconds, as the schemas want them.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0.as_secs(), self.0.subsec_millis())
    }
}

/// UTC. Ant's schema forbids the letter that says so.
fn timestamp(wall: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(clock::clamp_to_rfc3339(wall)).to_string();
    time.trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnitKind;
    use crate::render::testing::{self, ended, outcome};
    use crate::units::UnitsBuilder;

    fn write(kind: Kind<'_>, progress: &Progress) -> String {
        let mut out = Vec::new();
        let at = Timestamp::at(75.0);
        Junit::new(&mut out)
            .event(&Event { at, progress, kind })
            .expect("a vector takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    fn write_end(outcome: &Outcome, parts: &[(&Progress, &Outcome)]) -> String {
        write(Kind::Finished(testing::end(outcome, parts)), parts[0].0)
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
        progress.take_log(1, vec!["]]>".into(), "exit 1".into()]);
        progress.url = Some("https://example.com/?a=1&b=2".into());
        let outcome = ended(Verdict::Failed);
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
      <failure message="no &quot;agent&quot; &lt;here&gt;" type="failed">no &quot;agent&quot; &lt;here&gt;
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
  · pending 192.0.2.4 (as of 1m 09s ago)
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
        for verdict in Verdict::ALL {
            let outcome = outcome(verdict, "received SIGINT");
            let xml = write_end(&outcome, &[(&progress, &outcome)]);
            let (failures, errors) = match verdict {
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
        let (good, bad) = (ended(Verdict::Succeeded), ended(Verdict::Failed));
        let parts = [(&progress, &good), (&progress, &bad)];
        let xml = write_end(&bad, &parts);
        assert_eq!(xml.matches("<testsuite id=").count(), 2, "{xml}");
        assert!(xml.contains(r#"<testsuite id="1" "#), "{xml}");
        assert_eq!(write(Kind::PartFinished(&good), &progress), "");
    }

    #[test]
    fn names_that_two_cases_share_get_the_id() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        let mut units = UnitsBuilder::of_test(UnitKind::Machine);
        for (id, name) in [("1", "a"), ("2", "b"), ("3", "a"), ("4", DEPLOYMENT)] {
            units.push(id, name, None, UnitState::Succeeded, None);
        }
        testing::answer(&mut progress, units, 1.0);
        let outcome = ended(Verdict::Succeeded);
        let xml = write_end(&outcome, &[(&progress, &outcome)]);
        for name in ["a (1)", "b", "a (3)", "deployment", "deployment (4)"] {
            let name = format!(r#" name="{name}" time"#);
            assert_eq!(xml.matches(&name).count(), 1, "{name} in {xml}");
        }
    }

    #[test]
    fn text_holds_nothing_that_xml_cannot() {
        for (text, xml) in [
            ("<a b=\"c\">&]]>'", "&lt;a b=&quot;c&quot;&gt;&amp;]]&gt;'"),
            ("a\tb\nc\rd", "a&#9;b&#10;c&#13;d"),
            (
                "\u{0}\u{8}\u{1b}\u{7f}\u{85}\u{fffe}\u{ffff}\u{fffd}",
                "\u{fffd}",
            ),
            ("部署\u{10ffff}", "部署\u{10ffff}"),
        ] {
            assert_eq!(Xml(text).to_string(), xml);
        }
    }
}
