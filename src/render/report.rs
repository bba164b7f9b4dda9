//! The words of the human modes: remarks on the way, and the report at the end.

use std::fmt::Write as _;
use std::time::Duration;

use super::paint::{self, Paint, Tone};
use crate::board::{Board, Seen};
use crate::clock::Moment;
use crate::event::{Event, Kind, Outcome};
use crate::exit::{Signal, Verdict};
use crate::model::UnitState;
use crate::text;

/// Failed units named in the report; events hold all.
const FAILED: usize = 100;
/// Unfinished units named in the report.
const UNFINISHED: usize = 20;

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
    let (mark, tone) = paint::of_verdict(outcome.verdict);
    let word = match outcome.verdict {
        Verdict::TimedOut => "timed out",
        other => other.word(),
    };
    format!(
        "{} {} after {}: {}",
        paint.tone(tone, &format!("{mark} {word}")),
        paint.tone(Tone::Strong, &board.target),
        text::duration(outcome.elapsed),
        outcome.reason
    )
}

/// The whole report, a line each.
pub(crate) fn report(outcome: &Outcome, board: &Board, now: Moment, paint: Paint) -> Vec<String> {
    let mut lines = vec![verdict(outcome, board, paint)];
    if board.total() > 0 {
        lines.push(format!("  {}", counts(board)));
    }
    failed(board, paint, &mut lines);
    unfinished(board, now, paint, &mut lines);
    if let Some(url) = &board.url {
        lines.push(format!("  {url}"));
    }
    if let Some(resume) = &outcome.resume {
        if matches!(
            outcome.verdict,
            Verdict::Interrupted(Signal::Interrupt | Signal::Terminate)
        ) {
            lines.push("  The deployment goes on. Watch it again with".into());
        } else {
            lines.push("  Watch it again with".into());
        }
        lines.push(format!("    {resume}"));
    }
    lines
}

/// `12 machines: 9 succeeded, 1 failed, 2 pending`
pub(crate) fn counts(board: &Board) -> String {
    let total = board.total();
    let noun = board
        .units()
        .first()
        .map_or("unit", |seen| seen.unit.kind.word());
    let plural = if total == 1 { "" } else { "s" };
    let states = states(UnitState::ALL.map(|state| (state, board.count(state))));
    format!("{total} {noun}{plural}: {states}")
}

/// `1 failed, 2 running`: the counts that are not 0, what matters most first.
pub(crate) fn states(counts: [(UnitState, usize); UnitState::ALL.len()]) -> String {
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
    let words: Vec<_> = counts
        .into_iter()
        .map(|(state, count)| format!("{count} {}", state.word()))
        .collect();
    words.join(", ")
}

fn failed(board: &Board, paint: Paint, lines: &mut Vec<String>) {
    for place in board.failed().take(FAILED) {
        let seen = board.unit(place);
        let (mark, tone) = paint::of_state(UnitState::Failed);
        let mut line = format!(
            "  {} {}",
            paint.tone(tone, &format!("{mark} failed")),
            seen.unit.name
        );
        if let Some(age) = seen.ended.and_then(|ended| board.age(seen, ended)) {
            let _ = write!(line, " after {}", text::duration(age));
        }
        if let Some(detail) = &seen.unit.detail {
            let _ = write!(line, ": {detail}");
        }
        lines.push(line);
    }
    let count = board.count(UnitState::Failed);
    if count > FAILED {
        lines.push(format!("  … and {} more failed", count - FAILED));
    }
}

fn unfinished(board: &Board, now: Moment, paint: Paint, lines: &mut Vec<String>) {
    let open = |seen: &&Seen| !seen.unit.state.ended();
    let count = board.total() - board.done();
    for seen in board.units().iter().filter(open).take(UNFINISHED) {
        let (mark, tone) = paint::of_state(seen.unit.state);
        let state = seen.unit.state.word();
        let mut line = format!(
            "  {} {}",
            paint.tone(tone, &format!("{mark} {state}")),
            seen.unit.name
        );
        if let Some(age) = board.age(seen, now) {
            let _ = write!(line, " for {}", text::duration(age));
        }
        if let Some(detail) = &seen.unit.detail {
            let _ = write!(line, ": {detail}");
        }
        let old = now.since(board.named(seen));
        let _ = write!(line, " (as of {} ago)", text::duration(whole(old)));
        lines.push(line);
    }
    if count > UNFINISHED {
        lines.push(format!("  … and {} more not finished", count - UNFINISHED));
    }
}

/// Whole seconds: nobody wants the milliseconds of an age.
fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Phase, Snapshot, UnitKind, Units};
    use crate::watch::Reason;

    fn board(units: &[(UnitState, Option<&str>)]) -> Board {
        let mut list = Units::new(UnitKind::Machine, &[], units.len());
        for (place, (state, detail)) in units.iter().enumerate() {
            let name = format!("192.0.2.{place}");
            list.push(&name, &name, None, *state, *detail);
        }
        let snapshot = Snapshot {
            units: list.finish(),
            ..Snapshot::new(Phase::Running)
        };
        let mut board = Board::new("yunxiao:1/2".into(), Moment::at(0.0));
        board.take_units(&snapshot, Moment::at(1.0));
        board.last_good = Some(Moment::at(1.0));
        board
    }

    fn outcome(verdict: Verdict, reason: Reason) -> Outcome {
        Outcome {
            verdict,
            reason,
            elapsed: Duration::from_secs(75),
            polls: 3,
            resume: Some("deploywatch yunxiao --pipeline 1 --order 2".into()),
        }
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
        let report = report(&outcome, &board, Moment::at(43.0), Paint::OFF);
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
        let report = report(&outcome, &board(&units), Moment::at(2.0), Paint::OFF);
        assert_eq!(report.len(), 2 + FAILED + 1 + UNFINISHED + 1 + 2);
        assert_eq!(report[2 + FAILED], "  … and 50 more failed");
        assert_eq!(
            report[3 + FAILED + UNFINISHED],
            "  … and 30 more not finished"
        );
    }
}
