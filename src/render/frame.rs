//! The picture of a watch, as a pure function of progress and window size. Each row is at most as
//! wide as the window, and there are never more than its height less three.
//!
//! The picture is calm: everything is drawn in the provider's order and keeps its place, columns and
//! the picture itself only grow while the window keeps its size.

use console::{measure_text_width, truncate_str};

use super::report;
use super::style::{self, Color, Style};
use crate::clock::Instant;
use crate::model::{Phase, StateCounts, UnitState};
use crate::progress::{Progress, TrackedUnit};
use crate::text;
use rows::{Columns, draw_line, fit_to};

mod rows;

/// Rows of the window that are left to the shell.
const SPARE: usize = 3;
/// The indentation of what belongs to one of several deployments.
const INDENT: &str = "  ";
/// The hexadecimal digits that are shown of a long id.
const SHORT: usize = 8;

/// The state that the next picture takes over from the last one, as long as the window keeps its size.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The rows and columns of the window.
    pub(super) size: (u16, u16),
    columns: Columns,
    /// By the index of the deployment.
    blocks: Vec<Block>,
}

/// What is remembered of a deployment.
#[derive(Debug, Default)]
struct Block {
    /// The rows that would show all of it, at most so far.
    need: usize,
    /// The indices of the units that have a row, in the provider's order.
    chosen: Vec<usize>,
    /// Whether the legend of the map has once been too long with the names of the states and units.
    is_terse: bool,
}

/// The rows of the picture at `now`. The deployments must be the same ones in each call.
pub(super) fn frame(
    deployments: &[&Progress],
    layout: &mut Layout,
    now: Instant,
    size: (u16, u16),
    style: Style,
) -> Vec<String> {
    // The last column stays free: terminals differ in what they do when it is written.
    let width = usize::from(size.1).saturating_sub(1);
    let height = usize::from(size.0).saturating_sub(SPARE).max(1);
    if layout.size != size {
        *layout = Layout {
            size,
            ..Layout::default()
        };
    }
    layout.blocks.resize_with(deployments.len(), Block::default);
    let indent = if deployments.len() > 1 { INDENT } else { "" };
    let shown = choose(deployments, height);
    let has_hidden = shown.len() < deployments.len();
    let shares = layout.share(deployments, &shown, height - usize::from(has_hidden));
    let mut pictures = Vec::with_capacity(shown.len());
    for (&index, share) in shown.iter().zip(shares) {
        let progress = deployments[index];
        // The clocks of a watch that has ended stand still.
        let now = progress.last_good.filter(|_| progress.over).unwrap_or(now);
        let width = width.saturating_sub(indent.len());
        // The only row of details is for a notice, if there is one.
        let rows = share.saturating_sub(2).max(usize::from(share == 2));
        let block = &mut layout.blocks[index];
        let map = block.fit(progress, now, (rows, width), style);
        let units = block.chosen.iter().map(|&index| progress.unit(index));
        let picture = Picture {
            progress,
            share,
            width,
            now,
            style,
            indent,
            map,
            units: units.collect(),
        };
        let (label, count) = (picture.label(), picture.count());
        layout.columns.fit(&label, &count, &picture.units);
        pictures.push(picture);
    }
    let columns = &layout.columns;
    let pictures = pictures.into_iter();
    let mut rows = Vec::from_iter(pictures.flat_map(|picture| picture.rows(columns, width)));
    if has_hidden {
        let mut hidden = StateCounts::default();
        for (index, progress) in deployments.iter().enumerate() {
            hidden[state_of(progress) as usize] += usize::from(!shown.contains(&index));
        }
        let lang = style.lang;
        let more = deployments.len() - shown.len();
        let more = lang.more_deployments(more, report::states(hidden, lang));
        rows.push(style.color(Color::Faint, &more));
    }
    for row in &mut rows {
        let tail = if width == 0 { "" } else { "…" };
        *row = truncate_str(row.trim_end(), width, tail).into_owned();
    }
    rows
}

/// The state of a deployment, as if it were a unit.
pub(super) fn state_of(progress: &Progress) -> UnitState {
    match progress.phase {
        _ if progress.count(UnitState::Failed) > 0 => UnitState::Failed,
        Some(Phase::Failed | Phase::RolledBack | Phase::PausedAfterFailure) => UnitState::Failed,
        Some(Phase::Succeeded) => UnitState::Succeeded,
        Some(Phase::Cancelled) => UnitState::Cancelled,
        Some(Phase::Ended | Phase::Unknown) => UnitState::Unknown,
        _ if progress.over => UnitState::Unknown,
        Some(Phase::Running | Phase::Paused) => UnitState::Running,
        Some(Phase::Pending) | None => UnitState::Pending,
    }
}

/// The deployments that are shown, in the order of the list: those that failed, run or come next, if there
/// are more than rows. Then one row is left for the others.
fn choose(deployments: &[&Progress], height: usize) -> Vec<usize> {
    let mut shown = Vec::from_iter(0..deployments.len());
    if shown.len() > height {
        shown.sort_by_key(|&index| rows::rank(state_of(deployments[index])));
        shown.truncate(height - 1);
        shown.sort_unstable();
    }
    shown
}

impl Layout {
    /// The number of rows of each deployment that is shown: `height` divided evenly among those that can
    /// fill it.
    fn share(&mut self, deployments: &[&Progress], shown: &[usize], height: usize) -> Vec<usize> {
        let mut shares = vec![0; shown.len()];
        for &index in shown {
            let need = &mut self.blocks[index].need;
            *need = (*need).max(deployments[index].total() + 2);
        }
        for _ in 0..height {
            let needy = (0..shown.len()).filter(|&at| shares[at] < self.blocks[shown[at]].need);
            if let Some(least) = needy.min_by_key(|&at| shares[at]) {
                shares[least] += 1;
            }
        }
        shares
    }
}

/// The input of the rows of a deployment.
struct Picture<'a> {
    progress: &'a Progress,
    /// Its number of rows.
    share: usize,
    /// The width of the rows below the first.
    width: usize,
    now: Instant,
    style: Style,
    /// Of all rows but the first; empty if there is one deployment.
    indent: &'static str,
    /// The rows above its units, if there are more units than rows.
    map: Vec<String>,
    /// The units that have a row.
    units: Vec<&'a TrackedUnit>,
}

impl Picture<'_> {
    /// The row of the whole, a row for notices, the map and the units.
    fn rows(&self, columns: &Columns, width: usize) -> Vec<String> {
        let notice = self.notice();
        // If there is one row below the first, a failed unit takes it.
        let has_failed = self.progress.count(UnitState::Failed) > 0;
        let has_row = self.share > 2 || self.share == 2 && !has_failed;
        let overall = self.overall(columns, width, notice.as_deref().filter(|_| !has_row));
        let has_row = self.share > 2 || has_row && notice.is_some();
        let notice = has_row.then(|| notice.unwrap_or_default()).into_iter();
        let units = self.units.iter().map(|tracked| self.unit(tracked, columns));
        let details = notice.chain(self.map.iter().cloned()).chain(units);
        let details = details.map(|row| [self.indent, &row].concat());
        let mut rows = Vec::from_iter([overall].into_iter().chain(details));
        rows.resize(self.share, String::new());
        rows
    }

    /// The name of the deployment: the provider's own one instead of long ids, or after short ones. In a list
    /// two may have the same, so that the last id stays.
    fn label(&self) -> String {
        let target = &self.progress.target;
        let short = shorten(target);
        match (&self.progress.title, short.split_once(':')) {
            (Some(title), Some((provider, ids))) if *short != **target => {
                let last = ids.find('/').filter(|_| !self.indent.is_empty());
                let last = last.map_or("", |last| &ids[last..]);
                format!("{provider}:{title}{last}")
            }
            (Some(title), Some(_)) => format!("{short} {title}"),
            _ => short,
        }
    }

    /// How much is done, in figures.
    fn count(&self) -> String {
        let counts = self.progress.counts();
        match counts.percent {
            Some(percent) => format!("{percent} %"),
            None if counts.total > 0 => format!("{}/{}", counts.done, counts.total),
            None => String::new(),
        }
    }

    /// The deployment as a whole: name, bar, count, time; then what else there is room for. A notice that has
    /// no row of its own is cut, the others are there or not.
    fn overall(&self, columns: &Columns, width: usize, notice: Option<&str>) -> String {
        let (progress, style, lang) = (self.progress, self.style, self.style.lang);
        let elapsed = self.now.since(progress.started);
        let elapsed = if progress.over {
            text::duration(elapsed)
        } else {
            text::growing(elapsed).unwrap_or_default()
        };
        let label = self.label();
        let mut row = format!(
            "{} {}  {:>count$}  {elapsed:>time$}",
            style.color(Color::Strong, &fit_to(&label, columns.label(width))),
            self.overall_bar(Columns::overall_bar(width)),
            self.count(),
            count = columns.count,
            time = Columns::TIME
        );
        let failed = progress.count(UnitState::Failed);
        let failed = (failed > 0).then(|| {
            let failed = lang.state_count(UnitState::Failed, failed);
            style.color(Color::Bad, &failed)
        });
        let eta = progress.eta(self.now).and_then(text::growing);
        let usual = progress.usual_if_open().map(text::duration);
        let eta = eta.map(|eta| lang.eta(eta));
        let eta = eta.or_else(|| Some(lang.usually(usual?)));
        let eta = eta.map(|eta| style.color(Color::Faint, &eta));
        if let Some(notice) = notice {
            row += &format!("  {notice}");
        }
        for fact in [failed, eta].into_iter().flatten() {
            if measure_text_width(&row) + 2 + measure_text_width(&fact) <= width {
                row += &format!("  {fact}");
            }
        }
        row
    }

    /// The overall bar: what is done, what failed, what is left.
    fn overall_bar(&self, width: usize) -> String {
        let counts = self.progress.counts();
        let failed = self.progress.count(UnitState::Failed) * width;
        let failed = failed.div_ceil(counts.total.max(1));
        let filled = counts.fraction().unwrap_or(0.0) * width as f64;
        let done = (filled as usize).min(width).saturating_sub(failed);
        draw_line(
            &[
                (Color::Good, "━", done),
                (Color::Bad, "━", failed),
                (Color::Faint, "─", width - done - failed),
            ],
            self.style,
        )
    }

    /// The batch, where a row is kept for it, and what is unusual.
    fn notice(&self) -> Option<String> {
        let progress = self.progress;
        let is_open = !progress.phase.is_some_and(Phase::has_ended);
        let batch = progress.batch.filter(|_| is_open && self.share > 2);
        let batch = batch.map(|batch| {
            let lang = self.style.lang;
            let batch = lang.batch(batch, progress.batches, progress.has_jobs());
            self.style.color(Color::Faint, &batch)
        });
        let parts = Vec::from_iter(batch.into_iter().chain(self.status()));
        (!parts.is_empty()).then(|| parts.join("  "))
    }

    /// That polls fail, that the deployment is paused, has not begun or, in a list, has ended.
    fn status(&self) -> Option<String> {
        let (progress, style, lang) = (self.progress, self.style, self.style.lang);
        let ago = |since: Instant| text::growing(self.now.since(since));
        if let Some(offline) = &progress.offline {
            let failing = match ago(offline.since) {
                Some(span) => lang.polls_failing_for(span),
                None => lang.polls_failing().to_owned(),
            };
            let last_good = progress.last_good.and_then(ago);
            let last_good = last_good.map(|span| lang.last_good(span));
            let row = ["! ", &failing, &last_good.unwrap_or_default()].concat();
            let row = style.color(Color::Notice, &row);
            return Some(lang.with_message(row, Some(&offline.error.message)));
        }
        let Some(phase) = progress.phase else {
            return Some(style.color(Color::Faint, lang.no_response_yet()));
        };
        let mark = match phase {
            Phase::Running if progress.message.is_none() => return None,
            // The report of a single one says it.
            _ if phase.has_ended() && self.indent.is_empty() => return None,
            Phase::Paused => "‖ ",
            Phase::PausedAfterFailure | Phase::Failed => "✗ ",
            Phase::Succeeded => "✓ ",
            _ => "",
        };
        let word = [mark, lang.phase(phase)].concat();
        let word = style.color(style::of_phase(phase), &word);
        Some(lang.with_message(word, progress.message.as_ref()))
    }
}

/// A target with each long id cut to its beginning.
fn shorten(target: &str) -> String {
    let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let ids = target.split_inclusive([':', '/']).map(|part| {
        let id = part.trim_end_matches([':', '/']);
        match id.len() > 2 * SHORT && id.bytes().all(is_digit) {
            true => [&id[..SHORT], "…", &part[id.len()..]].concat(),
            false => part.to_owned(),
        }
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::{Lang, Message};
    use crate::model::{Snapshot, UnitKind};
    use crate::poll::PollError;
    use crate::progress::Offline;
    use crate::units::UnitsBuilder;
    use UnitState::{Cancelled, Failed, Pending, Queued, Running, Skipped, Succeeded, Unknown};

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

    /// The picture of these deployments, each row of which fits into the window.
    fn draw(
        deployments: &[&Progress],
        layout: &mut Layout,
        second: f64,
        (columns, rows): (usize, usize),
    ) -> Vec<String> {
        let size = (rows as u16, columns as u16);
        let picture = frame(deployments, layout, Instant::at(second), size, Style::PLAIN);
        assert!(picture.len() <= rows.saturating_sub(SPARE).max(1));
        for row in &picture {
            assert!(measure_text_width(row) < columns.max(1), "{row:?}");
        }
        picture
    }

    fn draw_one(progress: &Progress, second: f64, size: (usize, usize)) -> Vec<String> {
        draw(&[progress], &mut Layout::default(), second, size)
    }

    /// The numbers of the machines that have a row.
    fn machines(picture: &[String]) -> Vec<usize> {
        let names = picture
            .iter()
            .filter_map(|row| row.split("192.0.2.").nth(1));
        let numbers = names.filter_map(|rest| rest.split(' ').next()?.parse().ok());
        numbers.collect()
    }

    #[test]
    fn a_small_deployment_is_shown_whole_in_the_providers_order() {
        let mut progress = progress(&[Running, Running, Running, Pending]);
        take(&mut progress, 5.0, &[Succeeded, Running, Failed, Pending]);
        assert_eq!(
            draw_one(&progress, 8.0, (80, 24)),
            [
                "yunxiao:1/2 ━━━━━━━━━──────────      2/4       8s  1 failed",
                "",
                "✓ 192.0.2.1 ━━━━━━━━━━━━━━━ succeeded      5s",
                "▸ 192.0.2.2 ─────────────── running        8s",
                "✗ 192.0.2.3 ─────────────── failed         5s",
                "· 192.0.2.4 ─────────────── pending",
            ]
        );
        (progress.batch, progress.batches) = (Some(1), Some(2));
        progress.phase = Some(Phase::Paused);
        progress.percent = Some(100);
        assert_eq!(
            draw_one(&progress, 8.0, (40, 24))[..4],
            [
                "yunxiao:1/2 ━━━━    100 %       8s",
                "batch 1 of 2  ‖ paused",
                "✓ 192.0.2.1 succeeded      5s",
                "▸ 192.0.2.2 running        8s",
            ]
        );
    }

    #[test]
    fn a_large_one_is_a_map_and_the_most_interesting_units() {
        let all = [(Succeeded, 100), (Running, 3), (Queued, 5), (Pending, 192)];
        let mut states = all.map(|(state, count)| vec![state; count]).concat();
        states[149] = Failed;
        let rows = [
            "yunxiao:1/2 ━━━━━━─────────────  101/300       1s  1 failed".into(),
            String::new(),
            "✓".repeat(50) + "▸▸○○" + &"·".repeat(20) + "✗",
            "·".repeat(75),
            "1 cell = 2  ✗ 1  ▸ 3  ○ 5  · 191  ✓ 100".into(),
            "▸ 192.0.2.101 ─────────────── running        1s".into(),
            "▸ 192.0.2.102 ─────────────── running        1s".into(),
            "▸ 192.0.2.103 ─────────────── running        1s".into(),
            "○ 192.0.2.104 ─────────────── queued".into(),
            "○ 192.0.2.105 ─────────────── queued".into(),
            "○ 192.0.2.106 ─────────────── queued".into(),
            "○ 192.0.2.107 ─────────────── queued".into(),
            "✗ 192.0.2.150 ─────────────── failed".into(),
        ];
        let progress = progress(&states);
        assert_eq!(draw_one(&progress, 1.0, (80, 16)), rows);
        // A cell for each where there is room; beside its legend where it is short.
        assert_eq!(draw_one(&progress, 1.0, (80, 24))[5], "·".repeat(75));
        let few = [vec![Succeeded; 5], vec![Pending; 7]].concat();
        assert_eq!(
            draw_one(&self::progress(&few), 0.0, (80, 10))[2..4],
            [
                "✓✓✓✓✓·······  · 7 pending  ✓ 5 succeeded",
                "· 192.0.2.6 ─────────────── pending",
            ]
        );
        // In a narrow window the legend is without names.
        assert_eq!(
            draw_one(&self::progress(&few), 0.0, (40, 10))[2],
            "✓✓✓✓✓·······  · 7  ✓ 5"
        );
        let map =
            |states: &[UnitState]| draw_one(&self::progress(states), 0.0, (40, 10))[2].clone();
        assert_eq!(map(&vec![Running; 30_000]), "▸".repeat(39));
        // A cell shows the worst of its units.
        let mut states = vec![Succeeded; 39 * 8];
        for (cell, state) in [
            Failed, Unknown, Cancelled, Running, Queued, Pending, Skipped,
        ]
        .into_iter()
        .enumerate()
        {
            states[cell * 8..]
                .iter_mut()
                .take(cell + 1)
                .for_each(|unit| *unit = state);
            states[cell * 8] = Skipped;
            states[cell * 8 + 7] = state;
        }
        assert_eq!(map(&states), format!("✗?⊘▸○·»{}", "✓".repeat(32)));
    }

    #[test]
    fn a_unit_keeps_its_row_until_another_one_needs_it() {
        let mut states = [
            Running, Running, Pending, Pending, Pending, Pending, Pending, Pending,
        ];
        let mut progress = progress(&states);
        let mut layout = Layout::default();
        // Four rows are for units.
        let mut rows = |progress: &Progress, second| {
            machines(&draw(&[progress], &mut layout, second, (80, 10)))
        };
        assert_eq!(rows(&progress, 0.0), [1, 2, 3, 4]);
        // The second has ended; it stays for two seconds, then the next one takes its place.
        (states[1], states[6]) = (Succeeded, Running);
        take(&mut progress, 1.0, &states);
        assert_eq!(rows(&progress, 1.0), [1, 2, 3, 7], "a waiting one yields");
        assert_eq!(rows(&progress, 2.9), [1, 2, 3, 7]);
        assert_eq!(rows(&progress, 3.0), [1, 3, 4, 7]);
        // A failed one takes a row at once, from the one that waits.
        states[7] = Failed;
        take(&mut progress, 4.0, &states);
        assert_eq!(rows(&progress, 4.0), [1, 3, 7, 8]);
        take(&mut progress, 5.0, &[Succeeded; 8]);
        assert_eq!(rows(&progress, 99.0), [1, 3, 7, 8]);
        // Another run has fewer units.
        assert_eq!(rows(&self::progress(&[Running; 2]), 99.0), [1, 2]);
    }

    #[test]
    fn the_bar_of_a_running_unit_is_an_estimate_that_is_never_full() {
        let mut progress = progress(&[Running; 4]);
        let bar = |progress: &Progress, second| {
            let row = draw_one(progress, second, (54, 24)).remove(5);
            row.chars().filter(|&character| character == '━').count()
        };
        assert_eq!(bar(&progress, 5.0), 0, "no median");
        take(
            &mut progress,
            10.0,
            &[Succeeded, Succeeded, Succeeded, Running],
        );
        for (second, filled) in [(5.0, 5), (9.0, 9), (10.0, 9), (99.0, 9)] {
            assert_eq!(bar(&progress, second), filled, "of 10");
        }
    }

    #[test]
    fn what_is_unusual_has_a_row_of_its_own() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        let row = |progress: &Progress| draw_one(progress, 45.0, (80, 24))[1].clone();
        assert_eq!(row(&progress), "waiting for the first response");
        take(&mut progress, 0.0, &[Running]);
        assert_eq!(row(&progress), "");
        progress.batch = Some(2);
        assert_eq!(row(&progress), "batch 2");
        for (phase, text) in [
            (Phase::Pending, "batch 2  pending: why"),
            (Phase::PausedAfterFailure, "batch 2  ✗ paused: why"),
            (Phase::Unknown, "batch 2  unknown: why"),
            (Phase::Failed, ""),
        ] {
            progress.phase = Some(phase);
            progress.message = Some(Message::verbatim("why"));
            assert_eq!(row(&progress), text);
        }
        progress.batch = None;
        progress.offline = Some(Offline {
            since: Instant::at(3.0),
            attempts: 2,
            error: PollError::retryable(Message::verbatim("HTTP 500"), None),
        });
        let text = "! polls failing for 42s, last good response 45s ago: HTTP 500";
        assert_eq!(row(&progress), text);
        // In its first second a time says nothing.
        let row = |second| draw_one(&progress, second, (80, 24))[1].clone();
        let text = "! polls failing, last good response 3s ago: HTTP 500";
        assert_eq!(row(3.9), text);
    }

    #[test]
    fn no_time_is_shown_below_a_second_until_it_is_the_last_word() {
        let mut progress = progress(&[Running, Running]);
        let ends = |progress: &Progress, second| {
            let rows = draw_one(progress, second, (80, 24));
            [rows[0].clone(), rows[2].clone()]
                .map(|row| row[row.rfind(' ').unwrap_or(0)..].to_owned())
        };
        assert_eq!(ends(&progress, 0.9), [" 0/2", " running"]);
        assert_eq!(ends(&progress, 1.9), [" 1s", " 1s"]);
        take(&mut progress, 0.9, &[Succeeded, Running]);
        assert_eq!(ends(&progress, 5.0)[1], " 900ms");
        progress.over = true;
        assert_eq!(ends(&progress, 5.0), [" 900ms", " 900ms"]);
    }

    #[test]
    fn long_ids_give_way_to_the_bar_the_count_and_the_time() {
        let id = "0123abcd0123abcd0123abcd0123abcd";
        let uuid = "4567ef01-0000-4000-8000-000000000000";
        for (target, title, label) in [
            (
                format!("servicestage:{id}/{uuid}"),
                None,
                "servicestage:0123abcd…/4567ef01…",
            ),
            (
                format!("servicestage:{id}/{uuid}"),
                Some("shop"),
                "servicestage:shop",
            ),
            (format!("codearts:{id}"), Some("x"), "codearts:x"),
            (
                "yunxiao:12345678901/1111".into(),
                Some("x"),
                "yunxiao:12345678901/1111 x",
            ),
            ("mrs:42".into(), Some("prod"), "mrs:42 prod"),
            ("web".into(), Some("prod"), "web"),
            (
                "w".repeat(90),
                None,
                "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww…",
            ),
        ] {
            let mut progress = progress(&[Succeeded, Running]);
            progress.target = target.into();
            progress.title = title.map(Into::into);
            let row = draw_one(&progress, 3_599.0, (80, 24)).remove(0);
            let figures = "━━━━━━━━━──────────      1/2  59m 59s";
            assert_eq!(row, format!("{label} {figures}"));
        }
        // In a list two may have the same name.
        let mut two = [progress(&[]), progress(&[])];
        two[0].target = format!("codearts:{id}/{uuid}").into();
        two[0].title = Some("shop".into());
        let picture = draw(&[&two[0], &two[1]], &mut Layout::default(), 0.0, (80, 24));
        assert!(
            picture[0].starts_with("codearts:shop/4567ef01… ─"),
            "{picture:#?}"
        );
    }

    #[test]
    fn chinese_columns_are_aligned_by_what_they_take_on_the_screen() {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        let mut list = UnitsBuilder::of_test(UnitKind::Machine);
        let states = [
            Pending, Queued, Running, Succeeded, Failed, Skipped, Cancelled, Unknown,
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
        let style = Style {
            lang: Lang::Zh,
            ..Style::PLAIN
        };
        let (size, now) = ((24, 80), Instant::at(7.0));
        let rows = frame(&[&progress], &mut Layout::default(), now, size, style);
        assert_eq!(
            rows,
            [
                "yunxiao:1/2 ━━━━━━━━━──────────      4/8       7s  失败 1",
                "第 1/2 批",
                "· 192.0.2.1  ─────────────── 等待中          说明",
                "○ 主机       ─────────────── 排队中          说明",
                "▸ 主机-web-1 ─────────────── 运行中      7s  说明",
                "✓ 192.0.2.1  ━━━━━━━━━━━━━━━ 成功            说明",
                "✗ 主机       ─────────────── 失败            说明",
                "» 主机-web-1 ─────────────── 已跳过          说明",
                "⊘ 192.0.2.1  ─────────────── 已取消          说明",
                "? 主机       ─────────────── 未知            说明",
            ]
        );
        for state in UnitState::ALL {
            assert_eq!(measure_text_width(style::of_state(state).0), 1);
        }
    }

    #[test]
    fn a_failed_row_is_red_all_over_and_the_overall_bar_has_segments() {
        let mut progress = progress(&[Running, Running, Running]);
        take(&mut progress, 1.0, &[Succeeded, Failed, Running]);
        let style = Style {
            is_colored: true,
            ..Style::PLAIN
        };
        let size = (24, 53);
        let now = Instant::at(1.0);
        let rows = frame(&[&progress], &mut Layout::default(), now, size, style);
        let color = |code: u8, text: &str| format!("\u{1b}[{code}m{text}\u{1b}[0m");
        let bar = color(32, "━━━") + &color(31, "━━━━━") + &color(2, "─────");
        assert!(rows[0].contains(&bar), "{:?}", rows[0]);
        let plain = console::strip_ansi_codes(&rows[3]).into_owned();
        assert_eq!(plain, "✗ 192.0.2.2 ────────── failed         1s");
        let outside = rows[3]
            .split("\u{1b}[31m")
            .map(|part| part.split("\u{1b}[0m").nth(1));
        assert_eq!(
            Vec::from_iter(outside.flatten()).concat().trim(),
            "",
            "{:?}",
            rows[3]
        );
    }

    #[test]
    fn several_deployments_keep_their_places_and_share_rows_and_columns() {
        let mut good = progress(&[Running, Pending]);
        good.target = "good".into();
        let mut bad = progress(&[Failed, Running]);
        bad.target = "much-worse".into();
        let mut large = progress(&[Running; 100]);
        large.target = "large".into();
        bad.last_good = Some(Instant::at(1.0));
        (bad.over, bad.phase) = (true, Some(Phase::Failed));
        let all = [&good, &bad, &large];
        let mut layout = Layout::default();
        assert_eq!(
            draw(&all, &mut layout, 2.0, (60, 18)),
            [
                "good       ──────────────      0/2       2s",
                "",
                "  ▸ 192.0.2.1 ─────────── running        2s",
                "  · 192.0.2.2 ─────────── pending",
                "much-worse ━━━━━━━───────      1/2       1s  1 failed",
                "  ✗ failed",
                "  ✗ 192.0.2.1 ─────────── failed",
                "  ▸ 192.0.2.2 ─────────── running        1s",
                "large      ──────────────    0/100       2s",
                "",
                "  ▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸▸",
                "  1 cell = 2 machines  ▸ 100 running",
                "  ▸ 192.0.2.1 ─────────── running        2s",
                "  ▸ 192.0.2.2 ─────────── running        2s",
                "  ▸ 192.0.2.3 ─────────── running        2s",
            ]
        );
        let draw = |rows| draw(&all, &mut Layout::default(), 2.0, (60, rows));
        assert_eq!(
            draw(9),
            [
                "good       ──────────────      0/2       2s",
                "  ▸ 192.0.2.1 ─────────── running        2s",
                "much-worse ━━━━━━━───────      1/2       1s  ✗ failed",
                "  ✗ 192.0.2.1 ─────────── failed",
                "large      ──────────────    0/100       2s",
                "  ▸ 192.0.2.1 ─────────── running        2s",
            ]
        );
        let row = "much-worse ━━━━━━━───────      1/2       1s  ✗ failed";
        assert_eq!(draw(6)[1], row);
        assert_eq!(
            draw(5),
            [
                "much-worse ━━━━━━━───────      1/2       1s  ✗ failed",
                "… 2 more deployments: 2 running",
            ]
        );
        assert_eq!(draw(0), ["… 3 more deployments: 1 failed, 2 running"]);
    }

    /// Random histories of deployments: the picture stays calm.
    #[test]
    fn no_history_makes_the_picture_jump() {
        for seed in 0..100 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut deployments: Vec<_> = (0..random.usize(1..5))
                .map(|number| {
                    let states = vec![Pending; random.usize(0..60)];
                    let mut progress = progress(&states);
                    progress.target = format!("target-{number}").into();
                    (progress, states)
                })
                .collect();
            let size = (random.usize(0..130), random.usize(0..50));
            let (mut layout, mut height) = (Layout::default(), 0);
            for second in 0..12_u32 {
                let second = f64::from(second);
                for (progress, states) in &mut deployments {
                    for state in states.iter_mut() {
                        if random.u8(..) < 60 {
                            *state = random.choice(UnitState::ALL).unwrap_or_default();
                        }
                    }
                    states.extend(vec![Queued; random.usize(0..3)]);
                    take(progress, second, states);
                    progress.phase = random.choice([Phase::Running, Phase::Paused]);
                    progress.over = random.u8(..) < 20;
                }
                let all = Vec::from_iter(deployments.iter().map(|(progress, _)| progress));
                let picture = draw(&all, &mut layout, second, size);
                assert!(picture.len() >= height, "seed {seed}: {picture:#?}");
                height = picture.len();
                let places = all.iter().filter_map(|progress| {
                    picture
                        .iter()
                        .position(|row| row.starts_with(&*progress.target))
                });
                assert!(places.is_sorted(), "seed {seed}: {picture:#?}");
                if let [progress] = all[..]
                    && size.0 > 60
                {
                    let shown = machines(&picture);
                    assert!(shown.is_sorted(), "seed {seed}: {picture:#?}");
                    let failed = shown
                        .iter()
                        .filter(|&&number| progress.unit(number - 1).unit.state == Failed);
                    let failed = failed.count();
                    let all = progress.count(Failed);
                    assert!(
                        failed == all || failed == shown.len(),
                        "seed {seed}: {picture:#?}"
                    );
                }
            }
        }
    }
}
