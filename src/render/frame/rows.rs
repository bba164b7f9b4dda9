//! The rows below the first: a map of all units if there are more than rows, the choice of those that have a
//! row, and the columns that all rows of a picture have in common.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use console::{Alignment, measure_text_width, pad_str};

use super::{Block, Picture};
use crate::clock::Instant;
use crate::model::UnitState;
use crate::progress::{Progress, TrackedUnit};
use crate::render::report;
use crate::render::style::{self, Color, Style};
use crate::text;

/// How long a unit that has just ended keeps its row.
const JUST: Duration = Duration::from_secs(2);
/// A map that takes at most this part of a row has its legend beside it.
const SHORT: usize = 3;
/// The gap between the parts of the legend.
const GAP: &str = "  ";

/// The widths of columns that depend on what is shown: the widest so far.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The deployment's name, in the row of a deployment.
    label: usize,
    /// Its count, as long as it may become.
    pub(super) count: usize,
    /// The unit's name, in the row of a unit.
    name: usize,
}

impl Columns {
    /// The width of a duration.
    pub(super) const TIME: usize = 7;
    /// The count's least width: most counts fit and it need not grow.
    const COUNT: usize = 7;
    /// The width of the mark and of the gaps in the row of a unit.
    const GAPS: usize = 6;

    /// Makes room for a deployment and those of its units that are shown.
    pub(super) fn fit(&mut self, label: &str, count: &str, units: &[&TrackedUnit]) {
        // The number that is done becomes as long as the total.
        let count = count
            .split_once('/')
            .map_or(count.len(), |(_, total)| 2 * total.len() + 1);
        let names = units
            .iter()
            .map(|tracked| measure_text_width(&tracked.unit.name));
        self.label = self.label.max(measure_text_width(label));
        self.count = self.count.max(count).max(Self::COUNT);
        self.name = names.fold(self.name, usize::max);
    }

    /// The bar of the whole is short in a narrow window.
    pub(super) fn overall_bar(width: usize) -> usize {
        if width < 50 { 4 } else { (width / 4).min(40) }
    }

    /// The label gives way to the bar, the count and the time.
    pub(super) fn label(&self, width: usize) -> usize {
        let others = Self::overall_bar(width) + self.count + Self::TIME + 5;
        self.label.min(width.saturating_sub(others))
    }

    /// Units have no bars in a narrow window.
    fn unit_bar(width: usize) -> usize {
        if width < 48 { 0 } else { (width / 5).min(24) }
    }

    /// The name gives way to the bar, the state and the time.
    fn name(&self, width: usize, state: usize) -> usize {
        let others = Self::unit_bar(width) + state + Self::TIME + Self::GAPS;
        let room = width.saturating_sub(others);
        self.name.min(room.clamp(width / 3, width / 2))
    }
}

impl Picture<'_> {
    /// A unit: mark, name, bar, state, time, and what the provider says about it. A failed one is red all over.
    pub(super) fn unit(&self, tracked: &TrackedUnit, columns: &Columns) -> String {
        let (width, style) = (self.width, self.style);
        let unit = &tracked.unit;
        let (mark, color) = style::of_state(unit.state);
        let states = UnitState::ALL.map(|state| measure_text_width(style.lang.state(state)));
        let state = states.into_iter().max().unwrap_or(0);
        let age = tracked.age(self.now);
        let bar = Columns::unit_bar(width);
        let filled = match (unit.state, self.progress.usual_duration(tracked)) {
            (UnitState::Succeeded, _) => bar,
            // Providers give no fraction, so it is an estimate: the age as a part of the usual duration, never
            // all of it.
            (UnitState::Running, Some(usual)) => {
                let usual = usual.max(Duration::from_millis(1));
                let share = age.unwrap_or_default().div_duration_f64(usual);
                (share.min(0.95) * bar as f64) as usize
            }
            _ => 0,
        };
        let is_failed = unit.state == UnitState::Failed;
        let rest = if is_failed { Color::Bad } else { Color::Faint };
        let bar = draw_line(&[(color, "━", filled), (rest, "─", bar - filled)], style);
        let gap = if bar.is_empty() { "" } else { " " };
        let age = age.and_then(|age| match tracked.ended {
            Some(_) => Some(text::duration(age)),
            None => text::growing(age),
        });
        let (age, time) = (age.unwrap_or_default(), Columns::TIME);
        let detail = unit.detail.as_ref().map(|detail| detail.get(style.lang));
        let end = format!("{age:>time$}  {}", detail.unwrap_or_default());
        let text = |text: &str| match is_failed {
            true => style.color(color, text),
            false => text.to_owned(),
        };
        format!(
            "{} {} {bar}{gap}{} {}",
            style.color(color, mark),
            text(&fit_to(&unit.name, columns.name(width, state))),
            style.color(color, &fit_to(style.lang.state(unit.state), state)),
            text(end.trim_end()),
        )
    }
}

/// A line of segments: the colour of each, its character and its length.
pub(super) fn draw_line(segments: &[(Color, &str, usize)], style: Style) -> String {
    let segments = segments
        .iter()
        .map(|&(color, character, length)| style.color(color, &character.repeat(length)));
    segments.collect()
}

/// `text` in exactly so many columns.
pub(super) fn fit_to(text: &str, columns: usize) -> Cow<'_, str> {
    pad_str(text, columns, Alignment::Left, Some("…"))
}

/// How interesting a state is: what failed, what runs, what comes next, what is over.
pub(super) const fn rank(state: UnitState) -> usize {
    match state {
        UnitState::Failed => 0,
        UnitState::Running => 1,
        UnitState::Queued | UnitState::Pending => 2,
        _ => 3,
    }
}

impl Block {
    /// Divides `rows` of this width among the map, its legend and units: chooses the units, and returns the
    /// rows above them.
    pub(super) fn fit(
        &mut self,
        progress: &Progress,
        now: Instant,
        (rows, width): (usize, usize),
        style: Style,
    ) -> Vec<String> {
        // A row alone is a unit's.
        let map = if progress.total() > rows && rows > 1 {
            self.map(progress, (rows, width), style)
        } else {
            Vec::new()
        };
        self.chosen = self.choose(progress, now, rows - map.len());
        map
    }

    /// The map, each cell for the same number of units, and what it shows in words.
    fn map(
        &mut self,
        progress: &Progress,
        (rows, width): (usize, usize),
        style: Style,
    ) -> Vec<String> {
        // A third of the rows, so that the others are for units.
        let room = (rows / 3 * width).max(width / SHORT);
        let per_cell = progress.total().div_ceil(room.max(1));
        let units = progress.units.chunks(per_cell);
        let cells = units.filter_map(|units| units.iter().map(|unit| unit.unit.state).min());
        let cells = Vec::from_iter(cells.take(room));
        // A rectangle, as far as that goes.
        let lines = cells.len().div_ceil(width.max(1)).max(1);
        let columns = cells.len().div_ceil(lines).max(1);
        let lines = cells.chunks(columns).map(|row| {
            let runs = row.chunk_by(|one, other| one == other).map(|run| {
                let (mark, color) = style::of_state(run[0]);
                (color, mark, run.len())
            });
            draw_line(&Vec::from_iter(runs), style)
        });
        let mut lines = Vec::from_iter(lines);
        let is_short = cells.len() <= width / SHORT;
        let beside = if is_short { cells.len() + GAP.len() } else { 0 };
        let is_too_long = |legend: &str| measure_text_width(legend) > width.saturating_sub(beside);
        self.is_terse |= is_too_long(&legend(progress, per_cell, self.is_terse, style));
        let legend = legend(progress, per_cell, self.is_terse, style);
        match lines.last_mut() {
            Some(last) if is_short => *last += &[GAP, &legend].concat(),
            _ => lines.push(legend),
        }
        lines
    }

    /// The units that get a row, in the provider's order. A unit that is shown stays as long as no more
    /// interesting one needs the row; one that has just ended, for two seconds.
    fn choose(&self, progress: &Progress, now: Instant, rows: usize) -> Vec<usize> {
        let all = 0..progress.total();
        let of_rank =
            |wanted| move |index: &usize| rank(progress.unit(*index).unit.state) == wanted;
        let shown = self
            .chosen
            .iter()
            .copied()
            .filter(|index| all.contains(index));
        let keep = |wanted| shown.clone().filter(of_rank(wanted));
        let just = now.before(JUST);
        let has_just_ended = |index: &usize| {
            progress
                .unit(*index)
                .ended
                .is_some_and(|ended| ended > just)
        };
        let candidates = (keep(0).chain(progress.failed()))
            .chain(keep(1).chain(progress.running()))
            .chain(keep(3).filter(has_just_ended))
            .chain(keep(2).chain(all.clone().filter(of_rank(2))))
            .chain(keep(3).chain(all.clone()));
        let mut chosen = BTreeSet::new();
        for index in candidates {
            if chosen.len() == rows {
                break;
            }
            chosen.insert(index);
        }
        Vec::from_iter(chosen)
    }
}

/// The number of units in a cell, and in each state; a terse one is without the names of states and units.
fn legend(progress: &Progress, per_cell: usize, is_terse: bool, style: Style) -> String {
    let lang = style.lang;
    let cell = (per_cell > 1).then(|| {
        let units = match is_terse {
            true => per_cell.to_string(),
            false => lang.unit_count(per_cell, report::unit_kind(progress)),
        };
        style.color(Color::Faint, &lang.one_cell(units))
    });
    let counts = report::nonzero(progress.by_state).map(|(state, count)| {
        let (mark, color) = style::of_state(state);
        let count = match is_terse {
            true => count.to_string(),
            false => lang.state_count(state, count),
        };
        style.color(color, &format!("{mark} {count}"))
    });
    Vec::from_iter(cell.into_iter().chain(counts)).join(GAP)
}
