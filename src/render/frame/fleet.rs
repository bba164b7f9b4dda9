//! More units than rows: a map of all of them, and the choice of those that have a row.

use std::collections::BTreeSet;
use std::time::Duration;

use console::measure_text_width;

use super::Block;
use super::rows::draw_line;
use crate::clock::Instant;
use crate::model::UnitState;
use crate::progress::Progress;
use crate::render::report;
use crate::render::style::{self, Color, Style};

/// How long a unit that has just ended keeps its row.
const JUST: Duration = Duration::from_secs(2);
/// A map that takes at most this part of a row has its legend beside it.
const SHORT: usize = 3;
/// The gap between the parts of the legend.
const GAP: &str = "  ";

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
        let cells = progress.units.chunks(per_cell).filter_map(|units| {
            let has = |state: &UnitState| units.iter().any(|unit| unit.unit.state == *state);
            UnitState::WORST.into_iter().find(has)
        });
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
