//! Text of the modes for people: notices during a watch, and the report at its end. Reports in other
//! formats select and describe units in the same way.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::time::Duration;

use super::ci::{self, CiSystem};
use super::style::{self, Color, Style};
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind};
use crate::message::Lang;
use crate::model::{Phase, StateCounts, UnitKind, UnitState};
use crate::outcome::{Outcome, Verdict};
use crate::progress::{Progress, TrackedUnit};
use crate::text;

/// Maximum number of failed units that a report names; events and JUnit hold all.
const MAX_FAILED: usize = 100;
/// Maximum number of unfinished units that a report names.
const MAX_UNFINISHED: usize = 20;
/// Maximum number of units in a line of names.
const MAX_NAMES: usize = 3;
/// A terminal that is narrower than this is not wrapped for.
const MIN_COLUMNS: usize = 20;

/// A line about the watch itself; none for events about the deployment.
pub(super) fn notice(event: &Event<'_>, style: Style) -> Option<String> {
    let lang = style.lang;
    let prefix = match event.kind {
        Kind::Warning { general: true, .. } => String::new(),
        _ => target_prefix(event.progress, style),
    };
    let notice = match event.kind {
        Kind::Offline { retry_in } => {
            let offline = event.progress.offline.as_ref()?;
            let mut heading = style.color(Color::Notice, lang.poll_failed());
            if offline.attempts > 1 {
                heading += &lang.in_a_row(offline.attempts);
            }
            let failed = lang.labeled(heading, offline.error.message.get(lang));
            match retry_in.is_zero() {
                true => failed,
                false => failed + &lang.retrying_in(text::duration(retry_in)),
            }
        }
        Kind::Online { offline } => {
            let heading = style.color(Color::Good, lang.polling_recovered());
            heading + &lang.recovered_after(text::duration(offline))
        }
        Kind::Warning { message, .. } => {
            let heading = style.color(Color::Notice, lang.warning());
            lang.with_message(heading, Some(message))
        }
        _ => return None,
    };
    Some(prefix + &notice)
}

/// The beginning of a line about a target: its name, if there are several.
pub(super) fn target_prefix(progress: &Progress, style: Style) -> String {
    match style.list {
        true => format!("[{}] ", progress.target),
        false => String::new(),
    }
}

/// The outcome of a target, or of a whole list, in one line: target, verdict, duration and reason. A success
/// has the number of units, if all of them succeeded, and the provider's message instead of a reason.
pub(super) fn verdict(outcome: &Outcome, progress: Option<&Progress>, style: Style) -> String {
    let lang = style.lang;
    let (mark, color) = style::of_verdict(outcome.verdict());
    let target = progress.map_or(lang.all(), |progress| &progress.target);
    let mut facts = lang.watched_for(text::duration(outcome.elapsed));
    let mut reason = Some(&outcome.reason);
    if let Some(progress) = progress
        && outcome.verdict() == Verdict::Succeeded
    {
        reason = progress.message.as_ref();
        if progress.total() > 0 && progress.count(UnitState::Succeeded) == progress.total() {
            facts = [&unit_count(progress, lang), lang.comma(), &facts].concat();
        }
    }
    let line = format!(
        "{} {} {}{}",
        style.color(color, mark),
        style.color(Color::Strong, target),
        style.color(color, lang.verdict(outcome.verdict())),
        lang.aside(facts)
    );
    lang.with_message(line, reason)
}

/// The lines of the report: the outcome of each target, of a list also its own, and how to resume. Text is
/// wrapped at words to `columns`, where they are known; logs and commands are not. On GitLab logs are
/// collapsible sections.
pub(super) fn report(
    at: Timestamp,
    end: &Finished<'_>,
    style: Style,
    ci_system: CiSystem,
    columns: Option<usize>,
) -> Vec<String> {
    let lang = style.lang;
    let mut lines = Vec::new();
    let wrap = |line: &str| wrapped(line, columns);
    // The bar keeps a CI system from taking a line of a log for a command.
    let log_line = |line: &String| format!("    | {line}");
    for (progress, outcome) in end.parts {
        lines.extend(wrap(&verdict(outcome, Some(progress), style)));
        // The line of the verdict counts them if all succeeded.
        if progress.count(UnitState::Succeeded) < progress.total() {
            let counts = states(progress.by_state, lang);
            let units = unit_count(progress, lang);
            lines.extend(wrap(&format!("  {}", lang.labeled(units, counts))));
        }
        lines.extend(progress.log.iter().flatten().map(log_line));
        let failed = Selection::failed(progress, lang);
        for tracked in failed.units {
            let line = unit(tracked, progress, at.instant, style);
            let mut log = Vec::from_iter(tracked.log.iter().flatten().map(log_line));
            let mut heading = wrap(&line);
            if ci_system == CiSystem::GitLab && !log.is_empty() {
                let [start, end] = ci::section(at.wall, lines.len(), &line);
                heading = vec![start];
                log.push(end);
            }
            lines.extend(heading.into_iter().chain(log));
        }
        lines.extend(failed.more.map(|more| format!("  {more}")));
        let unfinished = Selection::unfinished(progress, lang);
        for tracked in unfinished.units {
            lines.extend(wrap(&unit(tracked, progress, at.instant, style)));
        }
        let success = outcome.verdict() == Verdict::Succeeded;
        let success = success.then_some(at.instant);
        let facts = facts(progress, success, lang, &str::to_owned);
        for line in unfinished.more.into_iter().chain(facts) {
            lines.extend(wrap(&format!("  {line}")));
        }
        if let Some(url) = &progress.url {
            lines.push(format!("  {}", lang.labeled(lang.page(), url)));
        }
    }
    if end.is_list {
        lines.extend(wrap(&verdict(end.outcome, None, style)));
    }
    if let Some(resume) = &end.outcome.resume {
        lines.extend(wrap(&format!("  {}", resume.heading.get(lang))));
        lines.push(format!("    {}", resume.command));
    }
    lines
}

/// A line, continued where it is too long for the terminal with an indent of its own.
pub(super) fn wrapped(line: &str, columns: Option<usize>) -> Vec<String> {
    let Some(columns) = columns.filter(|columns| *columns > MIN_COLUMNS) else {
        return vec![line.to_owned()];
    };
    let indent = " ".repeat(line.len() - line.trim_start().len() + 2);
    let options = textwrap::Options::new(columns)
        .subsequent_indent(&indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let wrapped = textwrap::wrap(line, options);
    // A CI system must not take words from elsewhere at the beginning of a line for a command.
    let is_command = |line: &Cow<'_, str>| {
        let mut marks = ["::", "##", "section_"].into_iter();
        marks.any(|mark| line.trim_start().starts_with(mark))
    };
    if wrapped.iter().any(is_command) {
        return vec![line.to_owned()];
    }
    wrapped.into_iter().map(Cow::into_owned).collect()
}

/// Further facts about a target at its end, a line for each: if it succeeded (when is `success`), the units that
/// took longest, as in `slowest: 192.0.2.7 41s, 192.0.2.3 38s`; its name; the option for its log; the units
/// that never began; which ran again; how long polls failed. The provider's text passes through `quote`.
pub(super) fn facts(
    progress: &Progress,
    success: Option<Instant>,
    lang: Lang,
    quote: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let list = |label: &str, items: Vec<String>| {
        (!items.is_empty()).then(|| lang.labeled(label, items.join(lang.comma())))
    };
    let ages = success.map(|now| by_age(progress, now)).unwrap_or_default();
    let slowest = ages.into_iter().map(|(age, tracked)| {
        let name = quote(&tracked.unit.name);
        format!("{name} {}", text::duration(age))
    });
    let title = progress.title.as_deref();
    let title = title.filter(|title| *title != &*progress.target);
    let log_hint = progress.log_hint.as_ref();
    let retried = progress
        .retried_units()
        .map(|tracked| quote(&tracked.unit.name));
    let mut retried = Vec::from_iter(retried.take(MAX_NAMES + 1));
    if let Some(more) = retried.get_mut(MAX_NAMES) {
        *more = "…".to_owned();
    }
    let outages = match (progress.outages, text::duration(progress.offline_time)) {
        (0, _) => None,
        (1, time) => Some(lang.outage(time)),
        (count, time) => Some(lang.outages(count, time)),
    };
    let facts = [
        list(lang.slowest(), slowest.take(MAX_NAMES).collect()),
        title.map(|title| lang.labeled(lang.name(), quote(title))),
        log_hint.map(|hint| hint.get(lang).to_owned()),
        not_started(progress, lang, quote),
        list(lang.retried(), retried),
        outages,
    ];
    facts.into_iter().flatten().collect()
}

/// `30 not started: 192.0.2.9 … 192.0.2.38`
fn not_started(progress: &Progress, lang: Lang, quote: &dyn Fn(&str) -> String) -> Option<String> {
    let waiting = in_states(progress, &[UnitState::Pending, UnitState::Queued]);
    let waiting = Vec::from_iter(waiting.map(|tracked| &*tracked.unit.name));
    let names = match waiting[..] {
        [] => return None,
        [one] => quote(one),
        [first, last] => [&quote(first), lang.comma(), &quote(last)].concat(),
        [first, .., last] => format!("{} … {}", quote(first), quote(last)),
    };
    Some(lang.labeled(lang.not_started(waiting.len()), names))
}

/// The units that ran and how long, the slowest first; none if there is only one.
pub(super) fn by_age(progress: &Progress, now: Instant) -> Vec<(Duration, &TrackedUnit)> {
    let units = progress.units.iter();
    let mut ages = Vec::from_iter(units.filter_map(|tracked| Some((tracked.age(now)?, tracked))));
    if ages.len() < 2 {
        ages.clear();
    }
    ages.sort_by_key(|(age, _)| Reverse(*age));
    ages
}

fn unit(tracked: &TrackedUnit, progress: &Progress, now: Instant, style: Style) -> String {
    let lang = style.lang;
    let (mark, color) = style::of_state(tracked.unit.state);
    let state = format!("{mark} {}", lang.state(tracked.unit.state));
    let details = unit_details(progress, tracked, now, lang, &str::to_owned);
    let state = style.color(color, &state);
    format!("  {state} {}{details}", tracked.unit.name)
}

/// ` (3/10 done, 42 %, batch 1 of 3)`, as far as it is known.
pub(super) fn counts(progress: &Progress, lang: Lang) -> String {
    let counts = progress.counts();
    let done = (counts.total > 0).then(|| lang.done(counts.done, counts.total));
    let percent = counts.percent.map(|percent| format!("{percent} %"));
    let of_jobs = progress.has_jobs();
    let batch = counts
        .batch
        .map(|batch| lang.batch(batch, counts.batches, of_jobs));
    let parts = Vec::from_iter([done, percent, batch].into_iter().flatten());
    if parts.is_empty() {
        return String::new();
    }
    lang.aside(parts.join(lang.comma()))
}

/// `running: message (3/10 done)`
pub(super) fn phase(progress: &Progress, lang: Lang) -> String {
    let phase = lang.phase(progress.phase.unwrap_or(Phase::Unknown));
    lang.with_message(phase, progress.message.as_ref()) + &counts(progress, lang)
}

/// The state of a deployment: a line about it, and the units that failed or run.
pub(super) fn status(progress: &Progress, now: Timestamp, style: Style) -> String {
    let mut status = format!("{} {}", progress.target, phase(progress, style.lang));
    let units = in_states(progress, &[UnitState::Failed, UnitState::Running]);
    for tracked in units.take(MAX_UNFINISHED) {
        status += &format!("\n{}", unit(tracked, progress, now.instant, style));
    }
    status
}

/// The units in one of these states, first seen first.
fn in_states<'a>(
    progress: &'a Progress,
    states: &'a [UnitState],
) -> impl Iterator<Item = &'a TrackedUnit> {
    let units = progress.units.iter();
    units.filter(|tracked| states.contains(&tracked.unit.state))
}

/// `12 machines`
pub(super) fn unit_count(progress: &Progress, lang: Lang) -> String {
    lang.unit_count(progress.total(), unit_kind(progress))
}

/// The kind of the units, if all have the same.
pub(super) fn unit_kind(progress: &Progress) -> Option<UnitKind> {
    let mut kinds = progress.units.iter().map(|tracked| tracked.unit.kind);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// `1 failed, 2 running`: the counts that are not 0.
pub(super) fn states(counts: StateCounts, lang: Lang) -> String {
    let counts = nonzero(counts).map(|(state, count)| lang.state_count(state, count));
    Vec::from_iter(counts).join(lang.comma())
}

/// The counts that are not 0, the most important first.
pub(super) fn nonzero(counts: StateCounts) -> impl Iterator<Item = (UnitState, usize)> {
    let all = UnitState::ALL.map(|state| (state, counts[state as usize]));
    all.into_iter().filter(|&(_, count)| count > 0)
}

/// The units that a report names, and a phrase with the number of the others, if there are any.
pub(super) struct Selection<'a> {
    pub(super) units: Vec<&'a TrackedUnit>,
    pub(super) more: Option<String>,
}

impl<'a> Selection<'a> {
    pub(super) fn failed(progress: &'a Progress, lang: Lang) -> Self {
        let units = progress.failed_units();
        Self::new(units, MAX_FAILED, |more| lang.more_failed(more))
    }

    /// Those that have begun, as far as is known, and not ended.
    pub(super) fn unfinished(progress: &'a Progress, lang: Lang) -> Self {
        let units = in_states(progress, &[UnitState::Running, UnitState::Unknown]);
        Self::new(units, MAX_UNFINISHED, |more| lang.more_unfinished(more))
    }

    fn new(
        units: impl Iterator<Item = &'a TrackedUnit>,
        limit: usize,
        phrase: impl Fn(usize) -> String,
    ) -> Self {
        let mut units = Vec::from_iter(units);
        let more = units.len().saturating_sub(limit);
        units.truncate(limit);
        Self {
            units,
            more: (more > 0).then(|| phrase(more)),
        }
    }
}

/// The details of a unit beyond its name and state: ` after 3s: agent does not answer`, ` for 42s
/// (as of 42s ago)`. The provider's text passes through `quote`.
pub(super) fn unit_details(
    progress: &Progress,
    tracked: &TrackedUnit,
    now: Instant,
    lang: Lang,
    quote: &dyn Fn(&str) -> String,
) -> String {
    let ended = tracked.unit.state.ended();
    let mut details = match tracked.age(now).map(text::duration) {
        Some(age) if ended => lang.took(age),
        Some(age) => lang.running_for(age),
        None => String::new(),
    };
    if let Some(detail) = &tracked.unit.detail {
        details = lang.labeled(details, quote(detail.get(lang)));
    }
    if let Some(age) = progress.state_age(tracked, now).filter(|_| !ended) {
        details += &lang.as_of(text::duration(age));
    }
    details
}

/// Text in an attribute or between tags, for XML 1.0 and HTML: markup is escaped, and characters that XML
/// cannot hold in any form are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\t' => escaped += "&#9;",
            '\n' => escaped += "&#10;",
            '\r' => escaped += "&#13;",
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::outcome::{Cause, Signal};
    use crate::poll::PollError;
    use crate::progress::Offline;
    use crate::render::testing::{answer, end, ended, outcome, progress};
    use crate::units::UnitsBuilder;

    fn write(
        outcome: &Outcome,
        progress: &Progress,
        second: f64,
        ci_system: CiSystem,
    ) -> Vec<String> {
        let parts = [(progress, outcome)];
        report(
            Timestamp::at(second),
            &end(outcome, &parts),
            Style::PLAIN,
            ci_system,
            None,
        )
    }

    #[test]
    fn a_failed_poll_is_told_with_its_count_from_the_second_on() {
        let mut progress = progress(&[]);
        for (attempts, seconds, en, zh) in [
            (
                1,
                1,
                "poll failed: HTTP 500; retrying in 1s",
                "轮询失败：HTTP 500；1s 后重试",
            ),
            (
                3,
                0,
                "poll failed (3 in a row): HTTP 500",
                "轮询失败（连续第 3 次）：HTTP 500",
            ),
        ] {
            progress.offline = Some(Offline {
                since: Instant::at(1.0),
                attempts,
                error: PollError::retryable(Message::verbatim("HTTP 500"), None),
            });
            let event = Event {
                at: Timestamp::at(2.0),
                progress: &progress,
                kind: Kind::Offline {
                    retry_in: Duration::from_secs(seconds),
                },
            };
            for (lang, line) in [(Lang::En, en), (Lang::Zh, zh)] {
                let style = Style {
                    lang,
                    ..Style::PLAIN
                };
                assert_eq!(notice(&event, style).as_deref(), Some(line));
            }
        }
    }

    #[test]
    fn the_report_says_what_failed_what_is_open_and_how_to_go_on() {
        let progress = progress(&[
            (UnitState::Succeeded, None),
            (UnitState::Failed, Some("agent does not answer")),
            (UnitState::Running, None),
            (UnitState::Pending, None),
        ]);
        let interrupted = Cause::Interrupted(Signal::Interrupt);
        let outcome = outcome(interrupted, "received SIGINT");
        let report = write(&outcome, &progress, 43.0, CiSystem::GitHub);
        assert_eq!(
            report.join("\n"),
            "\
■ yunxiao:1/2 interrupted (watched for 1m 15s): received SIGINT
  4 machines: 1 failed, 1 running, 1 pending, 1 succeeded
  ✗ failed 192.0.2.1: agent does not answer
  ▸ running 192.0.2.2 for 42s (as of 42s ago)
  1 not started: 192.0.2.3
  Resume with:
    deploywatch yunxiao --pipeline 1 --order 2"
        );
    }

    #[test]
    fn a_long_report_is_cut_to_counts() {
        let mut units = vec![(UnitState::Failed, None); 150];
        units.extend([(UnitState::Running, None); 50]);
        units.extend([(UnitState::Pending, None); 50]);
        let outcome = outcome(Cause::Timeout, "still running after --timeout 1m");
        let report = write(&outcome, &progress(&units), 2.0, CiSystem::Other);
        assert_eq!(report.len(), 2 + MAX_FAILED + 1 + MAX_UNFINISHED + 2 + 2);
        assert_eq!(report[2 + MAX_FAILED], "  … and 50 more failed");
        assert_eq!(
            report[3 + MAX_FAILED + MAX_UNFINISHED],
            "  … and 30 more running"
        );
        assert_eq!(
            report[4 + MAX_FAILED + MAX_UNFINISHED],
            "  50 not started: 192.0.2.200 … 192.0.2.249"
        );
    }

    #[test]
    fn a_success_says_what_took_longest_what_ran_again_and_how_long_polls_failed() {
        let mut progress = progress(&[(UnitState::Running, None); 4]);
        for (second, states) in [
            (3.0, [UnitState::Succeeded, UnitState::Failed]),
            (5.0, [UnitState::Succeeded, UnitState::Running]),
            (9.0, [UnitState::Succeeded; 2]),
        ] {
            let mut units = UnitsBuilder::of_test(UnitKind::Machine);
            for (index, state) in states.into_iter().chain(states).enumerate() {
                let name = format!("192.0.2.{index}");
                units.push(&name, &name, None, state, None);
            }
            answer(&mut progress, units, second);
        }
        (progress.outages, progress.offline_time) = (2, Duration::from_secs(75));
        let report = write(&ended(Cause::Succeeded), &progress, 9.0, CiSystem::Other);
        assert_eq!(
            report.join("\n"),
            "\
✓ yunxiao:1/2 succeeded (4 machines, watched for 1m 15s)
  slowest: 192.0.2.1 4s, 192.0.2.3 4s, 192.0.2.0 2s
  retried: 192.0.2.1, 192.0.2.3
  polls failed 2 times, 1m 15s in all"
        );
    }

    #[test]
    fn the_units_of_a_success_are_counted_once() {
        let progress = progress(&[(UnitState::Succeeded, None), (UnitState::Skipped, None)]);
        let report = write(&ended(Cause::Succeeded), &progress, 1.0, CiSystem::Other);
        assert_eq!(
            report.join("\n"),
            "\
✓ yunxiao:1/2 succeeded (watched for 1m 15s)
  2 machines: 1 succeeded, 1 skipped"
        );
    }

    #[test]
    fn text_is_wrapped_at_words_and_commands_are_not() {
        let progress = progress(&[]);
        let reason = "the plan says ROLLBACKING, and nothing has changed for 5 minutes";
        let outcome = outcome(Cause::Contradictory, reason);
        let parts = [(&progress, &outcome)];
        let end = end(&outcome, &parts);
        let at = Timestamp::at(1.0);
        let lines = report(at, &end, Style::PLAIN, CiSystem::Other, Some(40));
        assert_eq!(
            lines.join("\n"),
            "\
? yunxiao:1/2 lost (watched for 1m 15s):
  the plan says ROLLBACKING, and nothing
  has changed for 5 minutes
  Resume with:
    deploywatch yunxiao --pipeline 1 --order 2"
        );
    }

    #[test]
    fn a_log_is_a_section_on_gitlab() {
        let mut progress = progress(&[(UnitState::Failed, None), (UnitState::Failed, None)]);
        progress.url = Some("https://example.com/1".into());
        progress.take_log(Some(1), vec!["exit 1".into()]);
        let mut outcome = outcome(Cause::Failed, "reported failed");
        outcome.resume = None;
        let report = write(&outcome, &progress, 1.5, CiSystem::GitLab);
        assert_eq!(
            report[1..].join("\n"),
            "  2 machines: 2 failed
  ✗ failed 192.0.2.0
\u{1b}[0Ksection_start:1:deploywatch_1500_3\r\u{1b}[0K  ✗ failed 192.0.2.1
    | exit 1
\u{1b}[0Ksection_end:1:deploywatch_1500_3\r\u{1b}[0K
  Page: https://example.com/1"
        );
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
            assert_eq!(escaped(text), xml);
        }
    }
}
