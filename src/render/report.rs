//! The words of the human modes: remarks on the way, and the report at the end.

use std::time::Duration;

use super::ci::{CiSystem, Section};
use super::style::{self, Color, Style};
use crate::clock::{Instant, Timestamp};
use crate::event::{End, Event, Kind};
use crate::message::{Lang, Message};
use crate::model::{UnitKind, UnitState};
use crate::outcome::{Outcome, Verdict};
use crate::progress::{Progress, TrackedUnit};
use crate::text;

/// Failed units named in a report for people; events hold all.
pub(super) const FAILED: usize = 100;
/// Unfinished units named in a report for people.
pub(super) const UNFINISHED: usize = 20;
/// The unit in which the age of a state is told.
const SECOND: Duration = Duration::from_secs(1);

/// What is said on the way about the watch itself, in one line; none for other events.
pub(crate) fn notice(event: &Event<'_>, style: Style) -> Option<String> {
    let lang = style.lang;
    Some(match &event.kind {
        Kind::Offline { retry_in, .. } => {
            let offline = event.progress.offline.as_ref()?;
            let heading = style.color(Color::Notice, lang.poll_failed());
            let retry = Some(*retry_in).filter(|retry| !retry.is_zero());
            lang.offline(&heading, &offline.error, offline.attempts, retry)
        }
        Kind::Online { offline } => {
            let heading = style.color(Color::Good, lang.polling_recovered());
            lang.online(&heading, *offline)
        }
        Kind::Warning { message, general } => {
            let target_prefix = if *general {
                String::new()
            } else {
                target_prefix(event.progress, style)
            };
            let heading = style.color(Color::Notice, lang.warning());
            [&target_prefix, &heading, lang.colon(), message.get(lang)].concat()
        }
        Kind::Trace(request) => style.color(Color::Faint, &lang.request(request)),
        _ => return None,
    })
}

/// What a line about a target begins with where there are several.
pub(crate) fn target_prefix(progress: &Progress, style: Style) -> String {
    if style.list {
        format!("[{}] ", progress.target)
    } else {
        String::new()
    }
}

/// The verdict in one line, with the target, the duration and the reason. A success needs none, but
/// what the provider says about it is told, and how many units there were.
pub(crate) fn verdict(outcome: &Outcome, progress: &Progress, style: Style) -> String {
    if outcome.verdict != Verdict::Succeeded {
        return verdict_of(
            outcome,
            &progress.target,
            None,
            Some(&outcome.reason),
            style,
        );
    }
    let units = (progress.total() > 0).then(|| style.lang.units(progress.total(), kind(progress)));
    verdict_of(
        outcome,
        &progress.target,
        units,
        progress.message.as_ref(),
        style,
    )
}

fn verdict_of(
    outcome: &Outcome,
    target: &str,
    units: Option<String>,
    reason: Option<&Message>,
    style: Style,
) -> String {
    let lang = style.lang;
    let (mark, color) = style::of_verdict(outcome.verdict);
    let verdict = style.color(color, lang.verdict(outcome.verdict));
    let ended = lang.ended(&style.color(Color::Strong, target), &verdict);
    let counts: Vec<_> = units
        .into_iter()
        .chain([lang.watched_for(outcome.elapsed)])
        .collect();
    let counts = lang.aside(&counts.join(lang.comma()));
    let mut line = format!("{} {ended}{counts}", style.color(color, mark));
    if let Some(reason) = reason {
        line += lang.colon();
        line += reason.get(lang);
    }
    line
}

/// The whole report, a line each: what came of each target, for a list the verdict of all, and how
/// to watch on.
pub(crate) fn report(
    at: Timestamp,
    end: &End<'_>,
    style: Style,
    ci_system: CiSystem,
) -> Vec<String> {
    let lang = style.lang;
    let mut lines = Vec::new();
    for (progress, outcome) in end.parts {
        units(outcome, progress, at, style, ci_system, &mut lines);
    }
    if end.is_list {
        let reason = Some(&end.outcome.reason);
        lines.push(verdict_of(end.outcome, lang.all(), None, reason, style));
    }
    if let Some(resume) = &end.outcome.resume {
        lines.push(format!("  {}", resume.heading.get(lang)));
        lines.push(format!("    {}", resume.command));
    }
    lines
}

/// The verdict, and what failed and what is open.
fn units(
    outcome: &Outcome,
    progress: &Progress,
    at: Timestamp,
    style: Style,
    ci_system: CiSystem,
    lines: &mut Vec<String>,
) {
    let lang = style.lang;
    lines.push(verdict(outcome, progress, style));
    // The verdict has told it where all succeeded.
    if progress.count(UnitState::Succeeded) < progress.total() {
        lines.push(format!("  {}", counts(progress, lang)));
    }
    failed(progress, at, style, ci_system, lines);
    unfinished(progress, at.instant, style, lines);
    if let Some(url) = &progress.url {
        lines.push(format!("  {}{}{url}", lang.page(), lang.colon()));
    }
}

/// `12 machines: 9 succeeded, 1 failed, 2 pending`
fn counts(progress: &Progress, lang: Lang) -> String {
    let units = lang.units(progress.total(), kind(progress));
    let counts = UnitState::ALL.map(|state| (state, progress.count(state)));
    [&units, lang.colon(), &states(counts, lang)].concat()
}

/// What the units are, where all are the same.
pub(super) fn kind(progress: &Progress) -> Option<UnitKind> {
    let mut kinds = progress.units().iter().map(|tracked| tracked.unit.kind);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// `1 failed, 2 running`: the counts that are not 0, what matters most first.
pub(crate) fn states(counts: [(UnitState, usize); UnitState::ALL.len()], lang: Lang) -> String {
    let counts: Vec<_> = ranked(counts)
        .into_iter()
        .map(|(state, count)| lang.count(state, count))
        .collect();
    counts.join(lang.comma())
}

/// The counts that are not 0, what matters most first.
pub(super) fn ranked(
    counts: [(UnitState, usize); UnitState::ALL.len()],
) -> Vec<(UnitState, usize)> {
    let mut counts = counts.to_vec();
    counts.retain(|&(_, count)| count > 0);
    counts.sort_by_key(|&(state, _)| match state {
        UnitState::Failed => 0,
        UnitState::Running => 1,
        UnitState::Queued => 2,
        UnitState::Pending => 3,
        UnitState::Succeeded => 4,
        UnitState::Skipped => 5,
        UnitState::Cancelled => 6,
        UnitState::Unknown => 7,
    });
    counts
}

fn failed(
    progress: &Progress,
    at: Timestamp,
    style: Style,
    ci_system: CiSystem,
    lines: &mut Vec<String>,
) {
    for index in progress.failed().take(FAILED) {
        let line = unit(progress.unit(index), progress, at.instant, style);
        let log = progress.log(index).unwrap_or_default();
        let section = (ci_system == CiSystem::GitLab && !log.is_empty())
            .then(|| Section::new(at.wall, lines.len()));
        lines.push(match &section {
            Some(section) => section.start(&line),
            None => line,
        });
        // The bar keeps a CI system from taking a line of the log for a command.
        lines.extend(log.iter().map(|line| format!("    | {line}")));
        lines.extend(section.map(|section| section.end()));
    }
    let more = more(progress.count(UnitState::Failed), FAILED);
    lines.extend(more.map(|more| format!("  {}", style.lang.more_failed(more))));
}

fn unfinished(progress: &Progress, now: Instant, style: Style, lines: &mut Vec<String>) {
    let units = open(progress).take(UNFINISHED);
    lines.extend(units.map(|tracked| unit(tracked, progress, now, style)));
    let more = more(progress.total() - progress.done(), UNFINISHED);
    lines.extend(more.map(|more| format!("  {}", style.lang.more_unfinished(more))));
}

/// A line about a unit.
fn unit(tracked: &TrackedUnit, progress: &Progress, now: Instant, style: Style) -> String {
    let lang = style.lang;
    let (mark, color) = style::of_state(tracked.unit.state);
    let state = format!("{mark} {}", lang.state(tracked.unit.state));
    let details = unit_details(progress, tracked, now, lang, &str::to_owned);
    format!(
        "  {} {}{details}",
        style.color(color, &state),
        tracked.unit.name
    )
}

/// The units that have not ended.
pub(super) fn open(progress: &Progress) -> impl Iterator<Item = &TrackedUnit> {
    let open = |tracked: &&TrackedUnit| !tracked.unit.state.ended();
    progress.units().iter().filter(open)
}

/// What there is to say about a unit beyond its state: ` after 3s: agent does not answer`, ` for
/// 42s (as of 42s ago)`. The provider's words pass through `quote`.
pub(super) fn unit_details(
    progress: &Progress,
    tracked: &TrackedUnit,
    now: Instant,
    lang: Lang,
    quote: &dyn Fn(&str) -> String,
) -> String {
    let ended = tracked.unit.state.ended();
    let mut details = String::new();
    if let Some(age) = tracked.age(now) {
        details += &if ended {
            lang.took(age)
        } else {
            lang.lasts(age)
        };
    }
    if let Some(detail) = &tracked.unit.detail {
        details += lang.colon();
        details += &quote(detail.get(lang));
    }
    let old = now.since(progress.last_reported(tracked));
    // An end stays what it is.
    if !ended && old >= progress.interval.max(SECOND) {
        details += &lang.as_of(text::whole(old));
    }
    details
}

/// How many there are beyond the limit, where there are any.
pub(super) fn more(count: usize, limit: usize) -> Option<usize> {
    count.checked_sub(limit).filter(|&more| more > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Signal;
    use crate::render::testing::{end, outcome, progress};

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
        )
    }

    #[test]
    fn the_report_says_what_failed_what_is_open_and_how_to_go_on() {
        let progress = progress(&[
            (UnitState::Succeeded, None),
            (UnitState::Failed, Some("agent does not answer")),
            (UnitState::Running, None),
            (UnitState::Pending, None),
        ]);
        let interrupted = Verdict::Interrupted(Signal::Interrupt);
        let outcome = outcome(interrupted, "received SIGINT");
        let report = write(&outcome, &progress, 43.0, CiSystem::GitHub);
        assert_eq!(
            report.join("\n"),
            "\
■ yunxiao:1/2 interrupted (watched for 1m 15s): received SIGINT
  4 machines: 1 failed, 1 running, 1 pending, 1 succeeded
  ✗ failed 192.0.2.1: agent does not answer
  ▸ running 192.0.2.2 for 42s (as of 42s ago)
  · pending 192.0.2.3 (as of 42s ago)
  Resume with:
    deploywatch yunxiao --pipeline 1 --order 2"
        );
    }

    #[test]
    fn a_long_report_is_cut_to_counts() {
        let mut units = vec![(UnitState::Failed, None); 150];
        units.extend([(UnitState::Pending, None); 50]);
        let outcome = outcome(Verdict::TimedOut, "still running after --timeout 1m");
        let report = write(&outcome, &progress(&units), 2.0, CiSystem::Other);
        assert_eq!(report.len(), 2 + FAILED + 1 + UNFINISHED + 1 + 2);
        assert_eq!(report[2 + FAILED], "  … and 50 more failed");
        assert_eq!(
            report[3 + FAILED + UNFINISHED],
            "  … and 30 more not finished"
        );
    }

    #[test]
    fn a_log_is_a_section_on_gitlab() {
        let mut progress = progress(&[(UnitState::Failed, None), (UnitState::Failed, None)]);
        progress.url = Some("https://example.com/1".into());
        progress.take_log(1, vec!["exit 1".into()]);
        let mut outcome = outcome(Verdict::Failed, "reported failed");
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
}
