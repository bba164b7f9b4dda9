//! The picture of a watch, as a pure function: a board and a size give rows. Each row is at most as
//! wide as the window, and there are never more than its height less three.

use std::time::Duration;

use console::{measure_text_width, pad_str, truncate_str};

use super::paint::{self, Paint, Tone};
use super::report;
use crate::board::{Board, Seen};
use crate::clock::Moment;
use crate::model::{Phase, UnitState};
use crate::text;

/// How long a unit that has just ended keeps its row.
const JUST: Duration = Duration::from_secs(2);
/// Rows of the window that are left to the shell.
const SPARE: usize = 3;

/// The size of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// The rows of the picture at `now`.
pub(crate) fn frame(board: &Board, now: Moment, size: Size, paint: Paint) -> Vec<String> {
    // The last column stays free: terminals differ in what they do when it is written.
    let width = size.columns.saturating_sub(1);
    let height = size.rows.saturating_sub(SPARE).max(1);
    let mut rows = vec![overall(board, now, width, paint)];
    rows.extend(status(board, now, paint));
    rows.truncate(height);
    units(board, now, width, height - rows.len(), paint, &mut rows);
    for row in &mut rows {
        *row = truncate_str(row, width, "…").into_owned();
    }
    rows
}

/// The deployment as a whole: what it is, how far it is, what is wrong, how long it takes.
fn overall(board: &Board, now: Moment, width: usize, paint: Paint) -> String {
    let (done, total, percent, batch, batches) = board.figures();
    let count = match percent {
        Some(percent) => format!("{percent} %"),
        None if total > 0 => format!("{done}/{total}"),
        None => String::new(),
    };
    let failed = match board.count(UnitState::Failed) {
        0 => String::new(),
        failed => paint.tone(Tone::Bad, &format!("{failed} failed")),
    };
    let batch = match (batch, batches) {
        (Some(batch), Some(batches)) => format!("batch {batch} of {batches}"),
        (Some(batch), None) => format!("batch {batch}"),
        _ => String::new(),
    };
    let elapsed = text::duration(whole(now.since(board.started)));
    let left = board.left(now).map_or(String::new(), |left| {
        let left = format!("~{} left", text::duration(whole(left)));
        paint.tone(Tone::Faint, &left)
    });
    let fraction = match percent {
        Some(percent) => f64::from(percent) / 100.0,
        None if total > 0 => done as f64 / total as f64,
        None => 0.0,
    };
    // What matters least goes first where it is narrow.
    let mut parts = vec![count, failed, batch, elapsed, left];
    let target = board.target.as_ref();
    for given_up in [None, Some(4), Some(2)] {
        if let Some(part) = given_up {
            parts[part].clear();
        }
        let right = join(&parts);
        let taken = measure_text_width(target) + measure_text_width(&right) + 2;
        if let Some(room) = width.checked_sub(taken).filter(|&room| room >= 8) {
            let bar = bar(fraction, room.min(40), tone_of(board), paint);
            return format!("{} {bar} {right}", paint.tone(Tone::Strong, target));
        }
    }
    let right = join(&parts);
    let room = width.saturating_sub(measure_text_width(&right) + 1);
    let bar = bar(fraction, room.clamp(4, 12), tone_of(board), paint);
    format!("{bar} {right}")
}

fn tone_of(board: &Board) -> Tone {
    match board.phase {
        _ if board.count(UnitState::Failed) > 0 => Tone::Bad,
        Some(phase) => paint::of_phase(phase),
        None => Tone::Faint,
    }
}

fn join(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).collect();
    parts
        .iter()
        .map(|part| part.as_str())
        .collect::<Vec<_>>()
        .join("  ")
}

/// A row where there is something to say: contact is lost, it waits for a person, it has not begun.
fn status(board: &Board, now: Moment, paint: Paint) -> Option<String> {
    if let Some(offline) = &board.offline {
        let mut row = format!(
            "! no contact for {}",
            text::duration(whole(now.since(offline.since)))
        );
        if let Some(last_good) = board.last_good {
            let ago = text::duration(whole(now.since(last_good)));
            row += &format!(", last good answer {ago} ago");
        }
        return Some(format!(
            "{}: {}",
            paint.tone(Tone::Notice, &row),
            offline.error
        ));
    }
    let Some(phase) = board.phase else {
        return Some(paint.tone(Tone::Faint, "waiting for the first answer"));
    };
    let word = match phase {
        Phase::Running if board.message.is_none() => return None,
        Phase::Paused => "‖ paused",
        Phase::PausedAfterFailure => "✗ paused",
        phase => phase.word(),
    };
    let word = paint.tone(paint::of_phase(phase), word);
    Some(match &board.message {
        Some(message) => format!("{word}: {message}"),
        None => word,
    })
}

/// The rows of the units: failures first. Where all fit they keep the order of the provider, so
/// that no row jumps; else what runs follows, the longest running first, then what has just ended,
/// and a last row counts the rest.
fn units(
    board: &Board,
    now: Moment,
    width: usize,
    room: usize,
    paint: Paint,
    rows: &mut Vec<String>,
) {
    let mut shown: Vec<usize> = board.failed().take(room).collect();
    let all = board.total() <= room;
    if all {
        let others = board.units().iter().enumerate();
        let others = others.filter(|(_, seen)| seen.unit.state != UnitState::Failed);
        shown.extend(others.map(|(place, _)| place));
    } else {
        let since = now.before(JUST);
        let ended = board.ended_since(since);
        let ended = ended.filter(|&place| board.unit(place).unit.state != UnitState::Failed);
        shown.extend(board.running().chain(ended).take(room));
        shown.truncate(room.saturating_sub(1));
    }
    let columns = Columns::fit(board, &shown, width);
    for &place in &shown {
        rows.push(unit(board, board.unit(place), now, &columns, paint));
    }
    if !all && room > 0 {
        rows.push(paint.tone(Tone::Faint, &more(board, &shown)));
    }
}

/// `… 38 more: 30 pending, 8 succeeded`
fn more(board: &Board, shown: &[usize]) -> String {
    let mut counts = UnitState::ALL.map(|state| (state, board.count(state)));
    for &place in shown {
        counts[board.unit(place).unit.state as usize].1 -= 1;
    }
    let rest: usize = counts.iter().map(|(_, count)| count).sum();
    format!("… {rest} more: {}", report::states(counts))
}

/// The widths of a unit's row.
struct Columns {
    name: usize,
    bar: usize,
}

impl Columns {
    fn fit(board: &Board, shown: &[usize], width: usize) -> Self {
        let names = shown
            .iter()
            .map(|&place| measure_text_width(&board.unit(place).unit.name));
        Self {
            name: names.max().unwrap_or(0).min(width / 3),
            bar: (width / 5).clamp(4, 24),
        }
    }
}

fn unit(board: &Board, seen: &Seen, now: Moment, columns: &Columns, paint: Paint) -> String {
    let unit = &seen.unit;
    let (mark, tone) = paint::of_state(unit.state);
    let name = truncate_str(&unit.name, columns.name, "…");
    let name = pad_str(&name, columns.name, console::Alignment::Left, None).into_owned();
    let age = board.age(seen, now).map(whole);
    let bar = match unit.state {
        UnitState::Succeeded => bar(1.0, columns.bar, tone, paint),
        UnitState::Running => guess(board, age.unwrap_or_default(), columns.bar, paint),
        _ => bar(0.0, columns.bar, Tone::Faint, paint),
    };
    let age = age.map_or(String::new(), text::duration);
    let state = format!("{:<9}", unit.state.word());
    let mut row = format!(
        "{} {name} {bar} {} {age:>7}",
        paint.tone(tone, mark),
        paint.tone(tone, &state)
    );
    if let Some(detail) = &unit.detail {
        row += "  ";
        row += detail;
    }
    row.truncate(row.trim_end().len());
    row
}

/// A bar that is `fraction` full, and full only at 1.
fn bar(fraction: f64, width: usize, tone: Tone, paint: Paint) -> String {
    let filled = (fraction.clamp(0.0, 1.0) * width as f64).floor() as usize;
    format!(
        "{}{}",
        paint.tone(tone, &"━".repeat(filled)),
        paint.tone(Tone::Faint, &"─".repeat(width - filled))
    )
}

/// The bar of a running unit. The provider gives no fraction, so it is a guess, and looks like one:
/// the unit's age against what its fellows usually took, never full; with nothing to go by, a piece
/// that moves on each second.
fn guess(board: &Board, age: Duration, width: usize, paint: Paint) -> String {
    let Some(usual) = board.usual() else {
        let piece = (width / 4).max(1);
        let at = usize::try_from(age.as_secs()).unwrap_or(0) % (width - piece + 1);
        return [
            paint.tone(Tone::Faint, &"─".repeat(at)),
            paint.tone(Tone::Busy, &"╍".repeat(piece)),
            paint.tone(Tone::Faint, &"─".repeat(width - piece - at)),
        ]
        .concat();
    };
    let share = age.as_secs_f64() / usual.as_secs_f64().max(0.001);
    let filled = (share.min(0.95) * width as f64) as usize;
    format!(
        "{}{}",
        paint.tone(Tone::Busy, &"╍".repeat(filled)),
        paint.tone(Tone::Faint, &"─".repeat(width - filled))
    )
}

/// Whole seconds: a picture that is drawn once a second has no use for more.
fn whole(span: Duration) -> Duration {
    Duration::from_secs(span.as_secs())
}
