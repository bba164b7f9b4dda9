//! The words of the human modes: remarks on the way, and the report at the end.

use std::fmt::Write as _;
use std::time::Duration;

use super::ci::{Runner, Section};
use super::paint::{self, Paint, Tone};
use crate::board::{Board, Seen};
use crate::clock::{Moment, Now};
use crate::event::{End, Event, Kind, Outcome};
use crate::exit::Verdict;
use crate::model::UnitState;
use crate::text;

/// Failed units named in a report for people; events hold all.
pub(super) const FAILED: usize = 100;
/// Unfinished units named in a report for people.
pub(super) const UNFINISHED: usize = 20;

/// What is said on the way about the watch itself, in one line; none for other events.
pub(crate) fn remark(event: &Event<'_>, board: &Board, paint: Paint) -> Option<String> {
    Some(match &event.kind {
        Kind::Offline { retry_in, .. } => {
            let offline = board.offline.as_ref()?;
            let mut line = format!(
                "{}: {} (failed poll {})",
                paint.tone(Tone::Notice, "no contact"),
                offline.error,
                offline.attempts
            );
            if !retry_in.is_zero() {
                let _ = write!(line, ", asking again in {}", text::duration(*retry_in));
            }
            line
        }
        Kind::Online { offline } => format!(
            "{} after {}",
            paint.tone(Tone::Good, "contact again"),
            text::duration(*offline)
        ),
        Kind::Warning(note) => format!("{}: {note}", paint.tone(Tone::Notice, "warning")),
        Kind::Trace(line) => paint.tone(Tone::Faint, line),
        _ => return None,
    })
}

/// The verdict in one line, with the target, the duration and the reason.
pub(crate) fn verdict(outcome: &Outcome, board: &Board, paint: Paint) -> String {
    verdict_of(outcome, &board.target, paint)
}

fn verdict_of(outcome: &Outcome, target: &str, paint: Paint) -> String {
    let (mark, tone) = paint::of_verdict(outcome.verdict);
    format!(
        "{} {} after {}: {}",
        paint.tone(tone, &format!("{mark} {}", word(outcome.verdict))),
        paint.tone(Tone::Strong, target),
        text::duration(outcome.elapsed),
        outcome.reason
    )
}

/// The verdict as people read it.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TimedOut => "timed out",
        other => other.word(),
    }
}

/// The whole report, a line each: what came of each target, for a list the verdict of all, and how
/// to watch on.
pub(crate) fn report(end: &End<'_>, paint: Paint, runner: Runner) -> Vec<String> {
    let mut lines = Vec::new();
    for (board, outcome) in &end.parts {
        units(outcome, board, end.at, paint, runner, &mut lines);
    }
    if end.list {
        lines.push(verdict_of(end.outcome, "all", paint));
    }
    if let Some(resume) = &end.outcome.resume {
        lines.push(format!("  {}", again(end.outcome.verdict)));
        lines.push(format!("    {resume}"));
    }
    lines
}

/// The verdict, and what failed and what is open.
fn units(
    outcome: &Outcome,
    board: &Board,
    at: Now,
    paint: Paint,
    runner: Runner,
    lines: &mut Vec<String>,
) {
    lines.push(verdict(outcome, board, paint));
    if board.total() > 0 {
        lines.push(format!("  {}", counts(board)));
    }
    failed(board, at, paint, runner, lines);
    unfinished(board, at.moment, paint, lines);
    if let Some(url) = &board.url {
        lines.push(format!("  Page: {url}"));
    }
}

/// What the command that watches on is introduced with.
pub(super) fn again(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Interrupted(_) => "The deployment goes on. Watch it again with",
        _ => "Watch it again with",
    }
}

/// `12 machines: 9 succeeded, 1 failed, 2 pending`
pub(crate) fn counts(board: &Board) -> String {
    let (total, noun) = (board.total(), noun(board));
    let plural = if total == 1 { "" } else { "s" };
    let states = states(UnitState::ALL.map(|state| (state, board.count(state))));
    format!("{total} {noun}{plural}: {states}")
}

/// What the units are, one of them.
pub(super) fn noun(board: &Board) -> &'static str {
    let first = board.units().first();
    first.map_or("unit", |seen| seen.unit.kind.word())
}

/// `1 failed, 2 running`: the counts that are not 0, what matters most first.
pub(crate) fn states(counts: [(UnitState, usize); UnitState::ALL.len()]) -> String {
    let words: Vec<_> = ranked(counts)
        .into_iter()
        .map(|(state, count)| format!("{count} {}", state.word()))
        .collect();
    words.join(", ")
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

fn failed(board: &Board, at: Now, paint: Paint, runner: Runner, lines: &mut Vec<String>) {
    for place in board.failed().take(FAILED) {
        let line = unit(board.unit(place), board, at.moment, paint);
        let log = board.log(place).unwrap_or_default();
        let section = (runner == Runner::GitLab && !log.is_empty())
            .then(|| Section::new(at.wall, lines.len()));
        lines.push(match &section {
            Some(section) => section.start(&line),
            None => line,
        });
        // The bar keeps a CI runner from taking a line of the log for a command.
        lines.extend(log.iter().map(|line| format!("    | {line}")));
        lines.extend(section.map(|section| section.end()));
    }
    let more = more(board.count(UnitState::Failed), FAILED, "failed");
    lines.extend(more.map(|more| format!("  {more}")));
}

fn unfinished(board: &Board, now: Moment, paint: Paint, lines: &mut Vec<String>) {
    let units = open(board).take(UNFINISHED);
    lines.extend(units.map(|seen| unit(seen, board, now, paint)));
    let more = more(board.total() - board.done(), UNFINISHED, "not finished");
    lines.extend(more.map(|more| format!("  {more}")));
}

/// A line about a unit.
fn unit(seen: &Seen, board: &Board, now: Moment, paint: Paint) -> String {
    let (mark, tone) = paint::of_state(seen.unit.state);
    let state = format!("{mark} {}", seen.unit.state.word());
    let story = story(board, seen, now, &str::to_owned);
    format!("  {} {}{story}", paint.tone(tone, &state), seen.unit.name)
}

/// The units that have not ended.
pub(super) fn open(board: &Board) -> impl Iterator<Item = &Seen> {
    let open = |seen: &&Seen| !seen.unit.state.ended();
    board.units().iter().filter(open)
}

/// What there is to say about a unit beyond its state: ` after 3s: agent does not answer`, ` for
/// 42s (as of 42s ago)`. The provider's words pass through `quote`.
pub(super) fn story(
    board: &Board,
    seen: &Seen,
    now: Moment,
    quote: &dyn Fn(&str) -> String,
) -> String {
    let ended = seen.unit.state.ended();
    let mut story = String::new();
    if let Some(age) = board.age(seen, now) {
        let when = if ended { "after" } else { "for" };
        let _ = write!(story, " {when} {}", text::duration(age));
    }
    if let Some(detail) = &seen.unit.detail {
        let _ = write!(story, ": {}", quote(detail));
    }
    let old = now.since(board.named(seen));
    // What the last answer said, a moment ago, needs no date, and an end stays what it is.
    if !ended && old >= Duration::from_secs(1) {
        let _ = write!(story, " (as of {} ago)", text::duration(whole(old)));
    }
    story
}

/// What is said in the place of those beyond the limit.
pub(super) fn more(count: usize, limit: usize, what: &str) -> Option<String> {
    let more = count.checked_sub(limit).filter(|&more| more > 0)?;
    Some(format!("… and {more} more {what}"))
}

/// Whole seconds: nobody wants the milliseconds of an age.
fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Signal;
    use crate::render::testing::{board, outcome};
    use crate::watch::Reason;

    fn write(outcome: &Outcome, board: &Board, second: f64, runner: Runner) -> Vec<String> {
        let end = End::of_one(Now::at(second), board, outcome);
        report(&end, Paint::OFF, runner)
    }

    #[test]
    fn the_report_says_what_failed_what_is_open_and_how_to_go_on() {
        let board = board(&[
            (UnitState::Succeeded, None),
            (UnitState::Failed, Some("agent does not answer")),
            (UnitState::Running, None),
            (UnitState::Pending, None),
        ]);
        let outcome = outcome(
            Verdict::Interrupted(Signal::Interrupt),
            Reason::Interrupted(Signal::Interrupt),
        );
        let report = write(&outcome, &board, 43.0, Runner::GitHub);
        assert_eq!(
            report.join("\n"),
            "\
■ interrupted yunxiao:1/2 after 1m 15s: interrupted by SIGINT; the deployment goes on
  4 machines: 1 failed, 1 running, 1 pending, 1 succeeded
  ✗ failed 192.0.2.1: agent does not answer
  ▸ running 192.0.2.2 for 42s (as of 42s ago)
  · pending 192.0.2.3 (as of 42s ago)
  The deployment goes on. Watch it again with
    deploywatch yunxiao --pipeline 1 --order 2"
        );
    }

    #[test]
    fn a_long_report_is_cut_to_counts() {
        let mut units = vec![(UnitState::Failed, None); 150];
        units.extend([(UnitState::Pending, None); 50]);
        let outcome = outcome(Verdict::TimedOut, Reason::TimedOut(Duration::from_secs(60)));
        let report = write(&outcome, &board(&units), 2.0, Runner::Other);
        assert_eq!(report.len(), 2 + FAILED + 1 + UNFINISHED + 1 + 2);
        assert_eq!(report[2 + FAILED], "  … and 50 more failed");
        assert_eq!(
            report[3 + FAILED + UNFINISHED],
            "  … and 30 more not finished"
        );
    }

    #[test]
    fn a_log_is_a_section_on_gitlab() {
        let mut board = board(&[(UnitState::Failed, None), (UnitState::Failed, None)]);
        board.url = Some("https://example.com/1".into());
        board.take_log(1, vec!["exit 1".into()]);
        let mut outcome = outcome(Verdict::Failed, Reason::TimedOut(Duration::ZERO));
        outcome.resume = None;
        let report = write(&outcome, &board, 1.5, Runner::GitLab);
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
