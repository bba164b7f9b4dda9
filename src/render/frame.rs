//! The picture of a watch, as a pure function of progress and window size. Each row is at most as
//! wide as the window, and there are never more than its height less three.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use console::{measure_text_width, pad_str, truncate_str};

use super::report;
use super::style::{self, Color, Style};
use crate::clock::Instant;
use crate::message::Lang;
use crate::model::{Phase, UnitState};
use crate::progress::{Progress, TrackedUnit};
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

/// The indices of the units in the rows of the last picture, by target.
#[derive(Debug, Default)]
pub(crate) struct Layout(HashMap<Arc<str>, Vec<usize>>);

/// The rows of the picture at `now`; grouped by deployment.
pub(super) fn frame(
    deployments: &[&Progress],
    layout: &mut Layout,
    now: Instant,
    size: Size,
    style: Style,
) -> Vec<String> {
    // The last column stays free: terminals differ in what they do when it is written.
    let width = size.columns.saturating_sub(1);
    let height = size.rows.saturating_sub(SPARE).max(1);
    let mut picture = Picture { layout, now, style };
    let mut rows = match deployments {
        [progress] => {
            let mut rows = vec![picture.overall(progress, width)];
            rows.extend(picture.details(progress, width, height - 1, true));
            rows
        }
        deployments => picture.several(deployments, width, height),
    };
    for row in &mut rows {
        *row = truncate_str(row, width, "…").into_owned();
    }
    rows
}

/// What all rows of a picture depend on.
struct Picture<'a> {
    layout: &'a mut Layout,
    now: Instant,
    style: Style,
}

impl Picture<'_> {
    /// Several deployments: the failed ones first, then the running ones, then those that have ended.
    /// Each has its own row; the other rows are for units, those that failed first.
    fn several(&mut self, deployments: &[&Progress], width: usize, height: usize) -> Vec<String> {
        let mut deployments = deployments.to_vec();
        deployments.sort_by_key(|progress| {
            let failed = progress.count(UnitState::Failed) > 0;
            let failed = failed || progress.phase == Some(Phase::Failed);
            (!failed, progress.over)
        });
        let hidden = deployments.split_off(deployments.len().min(height));
        let more = (!hidden.is_empty()).then(|| deployments.pop()).is_some();
        let mut room = height - deployments.len() - usize::from(more);
        let mut rows = Vec::new();
        for (number, progress) in deployments.iter().enumerate() {
            rows.push(self.overall(progress, width));
            // An equal share of what is left, so that the first deployment does not take it all.
            let share = room.div_ceil(deployments.len() - number);
            let shown = progress.count(UnitState::Failed) + progress.count(UnitState::Running);
            let with_units = shown > 0 && !progress.over;
            let details = self.details(progress, width.saturating_sub(2), share, with_units);
            room -= details.len();
            rows.extend(details.into_iter().map(|row| format!("  {row}")));
        }
        if more {
            let more = self.style.lang.more_deployments(hidden.len() + 1);
            rows.push(self.style.color(Color::Faint, &more));
        }
        rows
    }

    /// The deployment as a whole: target, bar, counts, batch, times.
    fn overall(&self, progress: &Progress, width: usize) -> String {
        let Self { now, style, .. } = *self;
        let lang = style.lang;
        let counts = progress.counts();
        let (fraction, count) = match counts.percent {
            Some(percent) => (f64::from(percent) / 100.0, format!("{percent} %")),
            None if counts.total > 0 => (
                counts.done as f64 / counts.total as f64,
                format!("{}/{}", counts.done, counts.total),
            ),
            None => (0.0, String::new()),
        };
        let failed = match progress.count(UnitState::Failed) {
            0 => String::new(),
            failed => style.color(Color::Bad, &lang.state_count(UnitState::Failed, failed)),
        };
        let batch = counts.batch.map(|batch| lang.batch(batch, counts.batches));
        let elapsed = seconds(now.since(progress.started));
        let eta = progress.eta(now).map(|eta| lang.eta(seconds(eta)));
        let eta = style.color(Color::Faint, &eta.unwrap_or_default());
        let mut parts = [count, failed, batch.unwrap_or_default(), elapsed, eta];
        let target = progress.target.as_ref();
        // A narrow window gives up the least important part first.
        for given_up in [None, Some(4), Some(2), Some(3)] {
            if let Some(part) = given_up {
                parts[part].clear();
            }
            let right = join(&parts);
            let taken = measure_text_width(target) + measure_text_width(&right) + 2;
            if let Some(room) = width.checked_sub(taken).filter(|&room| room >= 6) {
                let bar = bar(fraction, room.min(40), color_of(progress), style);
                return format!("{} {bar} {right}", style.color(Color::Strong, target));
            }
        }
        let right = join(&parts);
        let room = width.saturating_sub(measure_text_width(&right) + 1);
        let target = truncate_str(target, room, "…");
        format!("{} {right}", style.color(Color::Strong, &target))
    }

    /// The status of a deployment and as many of its units as fit.
    fn details(
        &mut self,
        progress: &Progress,
        width: usize,
        height: usize,
        with_units: bool,
    ) -> Vec<String> {
        let mut rows = Vec::from_iter(self.status(progress));
        rows.truncate(height);
        if with_units {
            rows.extend(self.units(progress, width, height - rows.len()));
        }
        rows
    }

    /// A row for what is unusual: polls fail, the deployment is paused or has not begun.
    fn status(&self, progress: &Progress) -> Option<String> {
        let Self { now, style, .. } = *self;
        let lang = style.lang;
        if let Some(offline) = &progress.offline {
            let failing = lang.polls_failing_for(seconds(now.since(offline.since)));
            let last_good = progress
                .last_good
                .map(|at| lang.last_good(seconds(now.since(at))));
            let row = ["! ", &failing, &last_good.unwrap_or_default()].concat();
            let row = style.color(Color::Notice, &row);
            return Some(lang.with_message(row, Some(&offline.error)));
        }
        let Some(phase) = progress.phase else {
            return Some(style.color(Color::Faint, lang.no_response_yet()));
        };
        let mark = match phase {
            Phase::Running if progress.message.is_none() => return None,
            Phase::Paused => "‖ ",
            Phase::PausedAfterFailure => "✗ ",
            _ => "",
        };
        let word = [mark, lang.phase(phase)].concat();
        let word = style.color(style::of_phase(phase), &word);
        Some(lang.with_message(word, progress.message.as_ref()))
    }

    /// The rows of the units, and a last one that counts those without a row.
    fn units(&mut self, progress: &Progress, width: usize, room: usize) -> Vec<String> {
        let lang = self.style.lang;
        let all = progress.total() <= room;
        let space = if all { room } else { room.saturating_sub(1) };
        let last = self.layout.0.remove(&progress.target).unwrap_or_default();
        let slots = assign_rows(progress, self.now, space, &last);
        let units = Vec::from_iter(slots.iter().map(|&index| progress.unit(index)));
        let columns = Columns::fit(&units, width, lang);
        let rows = units
            .iter()
            .map(|tracked| self.unit(progress, tracked, &columns));
        let mut rows = Vec::from_iter(rows);
        if !all && room > 0 {
            let mut counts = progress.by_state;
            for tracked in units {
                counts[tracked.unit.state as usize] -= 1;
            }
            let hidden: usize = counts.iter().sum();
            let more = lang.more_units(hidden, report::states(counts, lang));
            rows.push(self.style.color(Color::Faint, &more));
        }
        self.layout.0.insert(Arc::clone(&progress.target), slots);
        rows
    }

    fn unit(&self, progress: &Progress, tracked: &TrackedUnit, columns: &Columns) -> String {
        let style = self.style;
        let unit = &tracked.unit;
        let (mark, color) = style::of_state(unit.state);
        let name = pad(&truncate_str(&unit.name, columns.name, "…"), columns.name);
        let age = tracked.age(self.now).map(text::whole);
        let bar = match unit.state {
            UnitState::Succeeded => bar(1.0, columns.bar, color, style),
            UnitState::Running => {
                estimated_bar(progress, age.unwrap_or_default(), columns.bar, style)
            }
            _ => bar(0.0, columns.bar, Color::Faint, style),
        };
        let gap = if columns.bar > 0 { " " } else { "" };
        let age = age.map_or(String::new(), text::duration);
        let state = pad(style.lang.state(unit.state), columns.state);
        let detail = unit
            .detail
            .as_ref()
            .map_or("", |detail| detail.get(style.lang));
        let row = format!(
            "{} {name} {bar}{gap}{} {age:>7}  {detail}",
            style.color(color, mark),
            style.color(color, &state)
        );
        row.trim_end().to_owned()
    }
}

fn color_of(progress: &Progress) -> Color {
    match progress.phase {
        _ if progress.count(UnitState::Failed) > 0 => Color::Bad,
        Some(phase) => style::of_phase(phase),
        None => Color::Faint,
    }
}

fn join(parts: &[String]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    Vec::from_iter(parts.map(String::as_str)).join("  ")
}

/// The indices of the units that get a row: the failed ones, then the running ones, longest running first,
/// then those that have just ended; all in the provider's order if they fit. A unit keeps its row, and a
/// free row goes to the next unit. Only a failed unit moves: to the top, in exchange.
fn assign_rows(progress: &Progress, now: Instant, room: usize, last: &[usize]) -> Vec<usize> {
    let is_failed = |index: usize| progress.unit(index).unit.state == UnitState::Failed;
    let mut wanted: Vec<usize> = progress.failed().take(room).collect();
    if progress.total() <= room {
        wanted.extend((0..progress.total()).filter(|&index| !is_failed(index)));
    } else {
        let ended = progress.ended_since(now.before(JUST));
        let ended = ended.filter(|&index| !is_failed(index));
        wanted.extend(progress.running().chain(ended).take(room));
        wanted.truncate(room);
    }
    let kept: Vec<_> = last
        .iter()
        .map(|index| wanted.contains(index).then_some(*index))
        .collect();
    let mut new = wanted.iter().filter(|index| !kept.contains(&Some(**index)));
    let mut slots: Vec<usize> = kept
        .iter()
        .filter_map(|kept| kept.or_else(|| new.next().copied()))
        .collect();
    slots.extend(new);
    let mut top = 0;
    for slot in 0..slots.len() {
        if is_failed(slots[slot]) {
            slots.swap(top, slot);
            top += 1;
        }
    }
    slots
}

/// The widths of a unit's row. A narrow window gives up the bar first, the name last.
struct Columns {
    name: usize,
    /// 0 if there is no room for one.
    bar: usize,
    /// The widest state of the language.
    state: usize,
}

impl Columns {
    /// The width of the mark, the age and the gaps.
    const OTHERS: usize = 13;

    fn fit(units: &[&TrackedUnit], width: usize, lang: Lang) -> Self {
        let states = UnitState::ALL.map(|state| measure_text_width(lang.state(state)));
        let state = states.into_iter().max().unwrap_or(0);
        let names = units
            .iter()
            .map(|tracked| measure_text_width(&tracked.unit.name));
        let name = names.max().unwrap_or(0).min(width / 2);
        let bar = match width.saturating_sub(name + state + Self::OTHERS) {
            0..4 => 0,
            room => room.min(width / 5).clamp(4, 24),
        };
        Self { name, bar, state }
    }
}

/// A duration in whole seconds.
fn seconds(span: Duration) -> String {
    text::duration(text::whole(span))
}

/// `text`, filled up to so many columns.
fn pad(text: &str, columns: usize) -> String {
    pad_str(text, columns, console::Alignment::Left, None).into_owned()
}

/// A bar that is `fraction` full, and full only at 1.
fn bar(fraction: f64, width: usize, color: Color, style: Style) -> String {
    let filled = (fraction.clamp(0.0, 1.0) * width as f64).floor() as usize;
    let line = [(color, "━", filled), (Color::Faint, "─", width - filled)];
    draw_line(&line, style)
}

/// The bar of a running unit. Providers give no fraction, so it is an estimate and looks like one: the
/// unit's age as a part of the median duration, never full; without a median, a segment that moves on
/// each second.
fn estimated_bar(progress: &Progress, age: Duration, width: usize, style: Style) -> String {
    let (before, estimate) = match progress.median_duration {
        Some(median) => {
            let share = age.as_secs_f64() / median.as_secs_f64().max(0.001);
            (0, (share.min(0.95) * width as f64) as usize)
        }
        None => {
            let segment = (width / 4).max(1).min(width);
            let position = usize::try_from(age.as_secs()).unwrap_or(0) % (width - segment + 1);
            (position, segment)
        }
    };
    let line = [
        (Color::Faint, "─", before),
        (Color::Busy, "╍", estimate),
        (Color::Faint, "─", width - before - estimate),
    ];
    draw_line(&line, style)
}

/// A line of segments: the colour of each, its character and its length.
fn draw_line(segments: &[(Color, &str, usize)], style: Style) -> String {
    let segments = segments.iter();
    segments
        .map(|&(color, character, length)| style.color(color, &character.repeat(length)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::Message;
    use crate::model::{Snapshot, UnitKind};
    use crate::units::UnitsBuilder;
    use UnitState::{Failed, Pending, Running, Succeeded};

    fn take(progress: &mut Progress, second: f64, states: &[UnitState]) {
        let mut list = UnitsBuilder::of_test(UnitKind::Machine);
        for (index, state) in states.iter().enumerate() {
            let name = format!("192.0.2.{}", index + 1);
            list.push(&name, &name, None, *state, None);
        }
        let snapshot = Snapshot {
            units: list.finish(),
            ..Snapshot::new(Phase::Running)
        };
        progress.take_units(&snapshot, Timestamp::at(second));
        progress.phase = Some(Phase::Running);
        progress.last_good = Some(Instant::at(second));
    }

    fn progress(states: &[UnitState]) -> Progress {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        take(&mut progress, 0.0, states);
        progress
    }

    fn draw(
        progress: &Progress,
        layout: &mut Layout,
        second: f64,
        columns: usize,
        rows: usize,
    ) -> String {
        let size = Size { rows, columns };
        let rows = frame(&[progress], layout, Instant::at(second), size, Style::PLAIN);
        for row in &rows {
            assert!(measure_text_width(row) < columns, "{row:?}");
        }
        rows.join("\n")
    }

    #[test]
    fn a_small_deployment_is_shown_whole_and_its_failures_first() {
        let mut progress = progress(&[Running, Running, Running, Pending]);
        take(&mut progress, 5.0, &[Succeeded, Running, Failed, Pending]);
        (progress.batch, progress.batches) = (Some(1), Some(2));
        let picture = draw(&progress, &mut Layout::default(), 8.0, 80, 24);
        assert_eq!(
            picture,
            "\
yunxiao:1/2 ━━━━━━━━━━━━━━━━━────────────────── 2/4  1 failed  batch 1 of 2  8s
✗ 192.0.2.3 ─────────────── failed         5s
✓ 192.0.2.1 ━━━━━━━━━━━━━━━ succeeded      5s
▸ 192.0.2.2 ────────╍╍╍──── running        8s
· 192.0.2.4 ─────────────── pending"
        );
    }

    #[test]
    fn a_large_one_shows_failures_then_what_runs_and_counts_the_rest() {
        let mut states = vec![Running; 2000];
        states[1500..].fill(Pending);
        let mut progress = progress(&states);
        states[1999] = Failed;
        states[0] = Succeeded;
        take(&mut progress, 1.0, &states);
        let picture = draw(&progress, &mut Layout::default(), 1.0, 40, 10);
        assert_eq!(
            picture,
            "\
yunxiao:1/2 ────── 2/2000  1 failed  1s
✗ 192.0.2.2000 ───── failed
▸ 192.0.2.2    ─╍─── running        1s
▸ 192.0.2.3    ─╍─── running        1s
▸ 192.0.2.4    ─╍─── running        1s
▸ 192.0.2.5    ─╍─── running        1s
… 1995 more: 1495 running, 499 pending…"
        );
    }

    #[test]
    fn there_are_never_more_rows_than_the_window_has_less_three() {
        let progress = progress(&[Running; 300]);
        for rows in (0..60).step_by(3) {
            for columns in (0..120).step_by(7) {
                let size = Size { rows, columns };
                let now = Instant::at(1.0);
                let picture = frame(
                    &[&progress],
                    &mut Layout::default(),
                    now,
                    size,
                    Style::PLAIN,
                );
                assert!(picture.len() <= rows.saturating_sub(3).max(1));
            }
        }
    }

    #[test]
    fn a_row_keeps_its_place_while_its_state_holds() {
        let mut states = [
            Running, Running, Running, Running, Pending, Pending, Pending, Pending,
        ];
        let mut progress = progress(&states);
        let mut layout = Layout::default();
        let rows = |picture: &str| -> Vec<String> {
            let names = picture
                .lines()
                .skip(1)
                .filter_map(|row| row.split(' ').nth(1));
            names.map(|name| name.replace("192.0.2.", "")).collect()
        };
        let first = draw(&progress, &mut layout, 0.0, 80, 9);
        assert_eq!(
            rows(&first),
            ["1", "2", "3", "4", "4"],
            "four, and four more"
        );
        // The second ends; it stays for two seconds, then the next one takes its place.
        (states[1], states[4]) = (Succeeded, Running);
        take(&mut progress, 1.0, &states);
        assert_eq!(
            rows(&draw(&progress, &mut layout, 2.0, 80, 9))[..4],
            ["1", "5", "3", "4"]
        );
        // A failure goes to the top, in exchange for the row that was there.
        states[2] = Failed;
        take(&mut progress, 3.0, &states);
        assert_eq!(
            rows(&draw(&progress, &mut layout, 3.0, 80, 9))[..4],
            ["3", "5", "1", "4"]
        );
    }

    #[test]
    fn the_bar_of_a_running_unit_is_never_full() {
        let mut progress = progress(&[Running; 4]);
        take(
            &mut progress,
            10.0,
            &[Succeeded, Succeeded, Succeeded, Running],
        );
        let bar = estimated_bar(&progress, Duration::from_secs(5), 20, Style::PLAIN);
        assert_eq!(bar, "╍╍╍╍╍╍╍╍╍╍──────────");
        let bar = estimated_bar(&progress, Duration::from_secs(500), 20, Style::PLAIN);
        assert_eq!(bar, "╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍─");
    }

    #[test]
    fn lost_contact_is_said_with_the_age_of_what_is_known() {
        let mut progress = progress(&[Running]);
        progress.offline = Some(crate::progress::Offline {
            since: Instant::at(3.0),
            attempts: 2,
            error: Message::verbatim("HTTP 500"),
            status: None,
            endpoint_in_doubt: false,
        });
        let picture = draw(&progress, &mut Layout::default(), 45.0, 80, 24);
        let row = picture.lines().nth(1).expect("a second row");
        assert_eq!(
            row,
            "! polls failing for 42s, last good response 45s ago: HTTP 500"
        );
    }

    #[test]
    fn chinese_columns_are_aligned_by_what_they_take_on_the_screen() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        let mut list = UnitsBuilder::of_test(UnitKind::Machine);
        let states = [
            Pending,
            UnitState::Queued,
            Running,
            Succeeded,
            Failed,
            UnitState::Skipped,
            UnitState::Cancelled,
            UnitState::Unknown,
        ];
        for (index, state) in states.into_iter().enumerate() {
            let name = ["192.0.2.1", "主机", "主机-web-1"][index % 3];
            list.push(&index.to_string(), name, None, state, Some("说明"));
        }
        let snapshot = Snapshot {
            units: list.finish(),
            ..Snapshot::new(Phase::Running)
        };
        progress.take_units(&snapshot, Timestamp::at(0.0));
        progress.phase = Some(Phase::Running);
        (progress.batch, progress.batches) = (Some(1), Some(2));
        let size = Size {
            rows: 24,
            columns: 80,
        };
        let style = Style {
            list: false,
            lang: Lang::Zh,
            ..Style::PLAIN
        };
        let rows = frame(
            &[&progress],
            &mut Layout::default(),
            Instant::at(7.0),
            size,
            style,
        );
        assert_eq!(
            rows.join("\n"),
            "\
yunxiao:1/2 ━━━━━━━━━━━━━━━━━━━━──────────────────── 4/8  失败 1  第 1/2 批  7s
✗ 主机       ─────────────── 失败            说明
· 192.0.2.1  ─────────────── 等待中          说明
○ 主机       ─────────────── 排队中          说明
▸ 主机-web-1 ───────╍╍╍───── 运行中      7s  说明
✓ 192.0.2.1  ━━━━━━━━━━━━━━━ 成功            说明
» 主机-web-1 ─────────────── 已跳过          说明
⊘ 192.0.2.1  ─────────────── 已取消          说明
? 主机       ─────────────── 未知            说明"
        );
        let start = |row: &String| {
            row.find(['━', '─', '╍'])
                .map(|at| measure_text_width(&row[..at]))
        };
        assert!(
            rows[1..].iter().all(|row| start(row) == Some(13)),
            "{rows:#?}"
        );
    }

    #[test]
    fn several_deployments_are_grouped_and_the_failed_one_is_first() {
        let mut good = progress(&[Running, Pending]);
        good.target = "good".into();
        let mut bad = progress(&[Failed, Running]);
        bad.target = "bad".into();
        let size = Size {
            rows: 24,
            columns: 60,
        };
        let now = Instant::at(2.0);
        let rows = frame(
            &[&good, &bad],
            &mut Layout::default(),
            now,
            size,
            Style::PLAIN,
        );
        let starts: Vec<_> = rows.iter().map(|row| row.trim_end()).collect();
        assert!(starts[0].starts_with("bad ") && starts[0].ends_with("1/2  1 failed  2s"));
        assert!(starts[1].starts_with("  ✗ 192.0.2.1"), "{rows:#?}");
        assert!(starts[3].starts_with("good "), "{rows:#?}");
        let one_row = Size {
            rows: 4,
            columns: 60,
        };
        let rows = frame(
            &[&good, &bad],
            &mut Layout::default(),
            now,
            one_row,
            Style::PLAIN,
        );
        assert_eq!(rows, ["… 2 more deployments"]);
    }
}
