//! How text for people looks: colour, the marks that say the same without it, the language.

use crate::cli::options::ColorChoice;
use crate::exit::Verdict;
use crate::lang::{Lang, Words};
use crate::model::{Phase, UnitState};

/// Colours text, or does not. A state is always said by a mark or a word as well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    Busy,
    Notice,
    Faint,
    Strong,
}

impl Paint {
    /// Resolves the choice for one stream: the option beats `NO_COLOR` (set and not empty), which
    /// beats `CLICOLOR_FORCE` (set, not empty and not 0), which beats what the stream is.
    pub(crate) fn choose(
        choice: ColorChoice,
        is_terminal: bool,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if environment("NO_COLOR").is_some() => false,
            ColorChoice::Auto => {
                environment("CLICOLOR_FORCE").is_some_and(|value| value != "0") || is_terminal
            }
        };
        Self { on }
    }

    /// No colour.
    pub(crate) const OFF: Self = Self { on: false };

    /// `text` in the colour of `tone`.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_owned();
        }
        let style = console::Style::new().force_styling(true);
        let style = match tone {
            Tone::Good => style.green(),
            Tone::Bad => style.red(),
            Tone::Busy => style.cyan(),
            Tone::Notice => style.yellow(),
            Tone::Faint => style.dim(),
            Tone::Strong => style.bold(),
        };
        style.apply_to(text).to_string()
    }
}

/// How one stream is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) paint: Paint,
    pub(crate) lang: Lang,
    /// Several targets: what is about one of them says whose it is.
    pub(crate) list: bool,
}

impl Style {
    /// What machines read as well: no colour, English.
    pub(crate) const PLAIN: Self = Self {
        paint: Paint::OFF,
        lang: Lang::En,
        list: false,
    };

    /// `text` in the colour of `tone`.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        self.paint.tone(tone, text)
    }

    /// All that can be said in the language.
    pub(crate) fn words(self) -> &'static dyn Words {
        self.lang.words()
    }
}

/// The mark and the tone of a unit's state.
pub(crate) const fn of_state(state: UnitState) -> (&'static str, Tone) {
    match state {
        UnitState::Pending => ("·", Tone::Faint),
        UnitState::Queued => ("○", Tone::Faint),
        UnitState::Running => ("▸", Tone::Busy),
        UnitState::Succeeded => ("✓", Tone::Good),
        UnitState::Failed => ("✗", Tone::Bad),
        UnitState::Skipped => ("»", Tone::Notice),
        UnitState::Cancelled => ("⊘", Tone::Notice),
        UnitState::Unknown => ("?", Tone::Notice),
    }
}

/// The tone of a phase.
pub(crate) const fn of_phase(phase: Phase) -> Tone {
    match phase {
        Phase::Pending => Tone::Faint,
        Phase::Running => Tone::Busy,
        Phase::Paused | Phase::Cancelled | Phase::Ended | Phase::Unknown => Tone::Notice,
        Phase::PausedAfterFailure | Phase::Failed => Tone::Bad,
        Phase::Succeeded => Tone::Good,
    }
}

/// The mark and the tone of a verdict.
pub(crate) const fn of_verdict(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Succeeded => ("✓", Tone::Good),
        Verdict::Failed | Verdict::Refused | Verdict::Unclear => ("✗", Tone::Bad),
        Verdict::Cancelled => ("⊘", Tone::Notice),
        Verdict::Paused => ("‖", Tone::Notice),
        Verdict::Running => ("▸", Tone::Busy),
        Verdict::Lost | Verdict::TimedOut => ("?", Tone::Bad),
        Verdict::Interrupted(_) => ("■", Tone::Notice),
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
            let paint = Paint::choose(choice, terminal, &environment);
            assert_eq!(paint.on, on, "{choice:?} {no_color:?} {force:?} {terminal}");
        }
    }
}
