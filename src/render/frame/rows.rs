//! The rows of units, and the columns that all rows of a picture have in common.

use std::time::Duration;

use console::{Alignment, measure_text_width, pad_str, truncate_str};

use crate::clock::Instant;
use crate::model::UnitState;
use crate::progress::TrackedUnit;
use crate::render::style::{self, Color, Style};
use crate::text;

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
    /// Below this width there are no bars of units, and that of the whole is short.
    const NARROW: usize = 50;

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

    pub(super) fn overall_bar(width: usize) -> usize {
        if width < Self::NARROW {
            4
        } else {
            (width / 4).min(40)
        }
    }

    /// The label gives way to the bar, the count and the time.
    pub(super) fn label(&self, width: usize) -> usize {
        let others = Self::overall_bar(width) + self.count + Self::TIME + 5;
        self.label.min(width.saturating_sub(others))
    }

    fn unit_bar(width: usize) -> usize {
        if width < Self::NARROW - 2 {
            0
        } else {
            (width / 5).min(24)
        }
    }

    /// The name gives way to the bar, the state and the time.
    fn name(&self, width: usize, state: usize) -> usize {
        let others = Self::unit_bar(width) + state + Self::TIME + Self::GAPS;
        let room = width.saturating_sub(others);
        self.name.min(room.clamp(width / 3, width / 2))
    }
}

/// A unit: mark, name, bar, state, time, and what the provider says about it. A failed one is red all over.
pub(super) fn unit(
    tracked: &TrackedUnit,
    usual: Option<Duration>,
    now: Instant,
    columns: &Columns,
    width: usize,
    style: Style,
) -> String {
    let unit = &tracked.unit;
    let (mark, color) = style::of_state(unit.state);
    let states = UnitState::ALL.map(|state| measure_text_width(style.lang.state(state)));
    let state = states.into_iter().max().unwrap_or(0);
    let age = tracked.age(now);
    let bar = Columns::unit_bar(width);
    let filled = match (unit.state, usual) {
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
        style.color(color, &pad(style.lang.state(unit.state), state)),
        text(end.trim_end()),
    )
}

/// A line of segments: the colour of each, its character and its length.
pub(super) fn draw_line(segments: &[(Color, &str, usize)], style: Style) -> String {
    let segments = segments
        .iter()
        .map(|&(color, character, length)| style.color(color, &character.repeat(length)));
    segments.collect()
}

/// `text` in exactly so many columns.
pub(super) fn fit_to(text: &str, columns: usize) -> String {
    pad(&truncate_str(text, columns, "…"), columns)
}

/// `text`, filled up to so many columns.
fn pad(text: &str, columns: usize) -> String {
    pad_str(text, columns, Alignment::Left, None).into_owned()
}
