//! Style of text for people: colours, marks of states, language.

use clap::ColorChoice;

use crate::message::Lang;
use crate::model::{Phase, UnitState};
use crate::outcome::Verdict;

/// The meaning of a colour, with the number of its escape sequence (SGR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Strong = 1,
    Faint = 2,
    Bad = 31,
    Good = 32,
    Notice = 33,
    Busy = 36,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Whether text is coloured. A state always has a mark or a word as well.
    pub(crate) is_colored: bool,
    pub(crate) lang: Lang,
    /// Whether there are several targets: lines about one of them name it.
    pub(crate) list: bool,
}

impl Style {
    /// No colour, English: for output that machines read too.
    pub(crate) const PLAIN: Self = Self {
        is_colored: false,
        lang: Lang::En,
        list: false,
    };

    /// `text` with the escape sequences of `color`.
    pub(crate) fn color(self, color: Color, text: &str) -> String {
        if !self.is_colored || text.is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{}m{text}\u{1b}[0m", color as u8)
    }
}

/// Whether a stream is coloured. Precedence: the option, `NO_COLOR` (not empty), `CLICOLOR_FORCE` (not
/// empty, not 0), whether the stream is a terminal.
pub(crate) fn is_colored(
    choice: ColorChoice,
    is_terminal: bool,
    environment: &dyn Fn(&str) -> Option<String>,
) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment("NO_COLOR").is_some() => false,
        ColorChoice::Auto => {
            environment("CLICOLOR_FORCE").is_some_and(|value| value != "0") || is_terminal
        }
    }
}

pub(crate) const fn of_state(state: UnitState) -> (&'static str, Color) {
    match state {
        UnitState::Pending => ("·", Color::Faint),
        UnitState::Queued => ("○", Color::Faint),
        UnitState::Running => ("▸", Color::Busy),
        UnitState::Succeeded => ("✓", Color::Good),
        UnitState::Failed => ("✗", Color::Bad),
        UnitState::Skipped => ("»", Color::Notice),
        UnitState::Cancelled => ("⊘", Color::Notice),
        UnitState::Unknown => ("?", Color::Notice),
    }
}

pub(crate) const fn of_phase(phase: Phase) -> Color {
    match phase {
        Phase::Pending => Color::Faint,
        Phase::Running => Color::Busy,
        Phase::Paused | Phase::Cancelled | Phase::Ended | Phase::Unknown => Color::Notice,
        Phase::PausedAfterFailure | Phase::Failed | Phase::RolledBack => Color::Bad,
        Phase::Succeeded => Color::Good,
    }
}

pub(crate) const fn of_verdict(verdict: Verdict) -> (&'static str, Color) {
    match verdict {
        Verdict::Succeeded => ("✓", Color::Good),
        Verdict::Failed | Verdict::Refused | Verdict::Usage => ("✗", Color::Bad),
        Verdict::Cancelled => ("⊘", Color::Notice),
        Verdict::Paused => ("‖", Color::Notice),
        Verdict::Running => ("▸", Color::Busy),
        Verdict::Lost | Verdict::TimedOut => ("?", Color::Bad),
        Verdict::Interrupted(_) => ("■", Color::Notice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_resolved_by_the_contract() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, no_color, force, terminal, on) in [
            (Auto, "", "", true, true),
            (Auto, "", "", false, false),
            (Auto, "1", "", true, false),
            (Auto, "1", "1", true, false),
            (Auto, "", "1", false, true),
            (Auto, "", "0", false, false),
            (Always, "1", "", false, true),
            (Never, "", "1", true, false),
        ] {
            let environment = |name: &str| {
                let value = match name {
                    "NO_COLOR" => no_color,
                    "CLICOLOR_FORCE" => force,
                    _ => "",
                };
                (!value.is_empty()).then(|| value.to_owned())
            };
            assert_eq!(
                is_colored(choice, terminal, &environment),
                on,
                "{choice:?} {no_color:?} {force:?} {terminal}"
            );
        }
    }
}
