//! More units than rows: a map of all of them, and the choice of those that have a row.

use std::collections::BTreeSet;
use std::time::Duration;

use console::measure_text_width;

use super::rows::draw_line;
use crate::clock::Instant;
use crate::model::{UnitKind, UnitState};
use crate::progress::Progress;
use crate::render::report;
use crate::render::style::{self, Color, Style};

/// How long a unit that has just ended keeps its row.
const JUST: Duration = Duration::from_secs(2);

/// A map that takes at most this part of a row has its legend beside it.
const SHORT: usize = 3;
/// The gap between the parts of the legend.
const GAP: &str = "  ";

/// The units of a deployment in so many rows.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    /// The indices of the units that have a row, in the provider's order.
    pub(super) chosen: Vec<usize>,
    has_map: bool,
    // Computed once for each response, and for each size:
    made_for: (Option<Instant>, usize, usize),
    /// The map, each cell for the same number of units.
    cells: Vec<UnitState>,
    units_per_cell: usize,
    /// The units that come next.
    waiting: Vec<usize>,
    kind: Option<UnitKind>,
    /// Whether the legend has once been too long with the names of the states and units.
    is_terse: bool,
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

impl Fleet {
    /// Divides `rows` of this width among the map, its legend and units, and chooses the units.
    pub(super) fn fit(
        &mut self,
        progress: &Progress,
        now: Instant,
        (rows, width): (usize, usize),
        style: Style,
    ) {
        let made_for = (progress.compared, rows, width);
        if progress.total() > rows && self.made_for != made_for {
            self.made_for = made_for;
            self.summarize(progress, rows, width);
        }
        // A row alone is a unit's.
        self.has_map = progress.total() > rows && rows > 1;
        let map = match self.is_short(width) {
            _ if !self.has_map => 0,
            true => 1,
            false => self.cells.len().div_ceil(width) + 1,
        };
        let room = match map {
            1 => width.saturating_sub(self.cells.len() + GAP.len()),
            _ => width,
        };
        self.is_terse |= map > 0 && measure_text_width(&self.legend(progress, style)) > room;
        self.chosen = self.choose(progress, now, rows - map);
    }

    /// Whether the map leaves room for the legend in its row.
    fn is_short(&self, width: usize) -> bool {
        self.cells.len() <= width / SHORT
    }

    /// Looks at all units.
    fn summarize(&mut self, progress: &Progress, rows: usize, width: usize) {
        // A third of the rows, so that the others are for units.
        let room = (rows / 3 * width).max(width / SHORT);
        self.units_per_cell = progress.total().div_ceil(room.max(1));
        let units = progress.units.chunks(self.units_per_cell);
        let cells = units.filter_map(|units| units.iter().map(|unit| unit.unit.state).min());
        self.cells = cells.take(room).collect();
        let all = 0..progress.total();
        let waiting = all.filter(|&index| rank(progress.unit(index).unit.state) == 2);
        self.waiting = waiting.take(rows).collect();
        self.kind = report::unit_kind(progress);
    }

    /// The units that get a row, in the provider's order. A unit that is shown stays as long as no more
    /// interesting one needs the row; one that has just ended, for two seconds.
    fn choose(&self, progress: &Progress, now: Instant, rows: usize) -> Vec<usize> {
        let all = 0..progress.total();
        let shown = self
            .chosen
            .iter()
            .copied()
            .filter(|index| all.contains(index));
        let keep = |wanted| {
            let is_wanted = move |index: &usize| rank(progress.unit(*index).unit.state) == wanted;
            shown.clone().filter(is_wanted)
        };
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
            .chain(keep(2).chain(self.waiting.iter().copied()))
            .chain(keep(3).chain(all.clone()));
        let mut chosen = BTreeSet::new();
        for index in candidates {
            if chosen.len() == rows {
                break;
            }
            chosen.insert(index);
        }
        chosen.into_iter().collect()
    }

    /// The map, and what it shows in words: the number of units in a cell, and in each state.
    pub(super) fn map(&self, progress: &Progress, width: usize, style: Style) -> Vec<String> {
        if !self.has_map {
            return Vec::new();
        }
        // A rectangle, as far as that goes.
        let rows = self.cells.len().div_ceil(width.max(1));
        let columns = self.cells.len().div_ceil(rows.max(1));
        let rows = self.cells.chunks(columns.max(1)).map(|row| {
            let runs = row.chunk_by(|one, other| one == other).map(|run| {
                let (mark, color) = style::of_state(run[0]);
                (color, mark, run.len())
            });
            draw_line(&Vec::from_iter(runs), style)
        });
        let mut rows = Vec::from_iter(rows);
        let legend = self.legend(progress, style);
        match rows.last_mut() {
            Some(last) if self.is_short(width) => *last += &[GAP, &legend].concat(),
            _ => rows.push(legend),
        }
        rows
    }

    fn legend(&self, progress: &Progress, style: Style) -> String {
        let lang = style.lang;
        let cell = (self.units_per_cell > 1).then(|| {
            let units = if self.is_terse {
                self.units_per_cell.to_string()
            } else {
                lang.unit_count(self.units_per_cell, self.kind)
            };
            style.color(Color::Faint, &lang.one_cell(units))
        });
        let counts = report::nonzero(progress.by_state).map(|(state, count)| {
            let (mark, color) = style::of_state(state);
            let count = if self.is_terse {
                count.to_string()
            } else {
                lang.state_count(state, count)
            };
            style.color(color, &format!("{mark} {count}"))
        });
        Vec::from_iter(cell.into_iter().chain(counts)).join(GAP)
    }
}
