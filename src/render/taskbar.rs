//! Progress in the terminal's title bar or taskbar (OSC 9;4), where the terminal shows it.

use anstyle_progress::{TermProgress, TermProgressStatus, supports_term_progress};

use super::frame::state_of;
use crate::model::{Phase, UnitState};
use crate::progress::Progress;
use crate::writer::NonBlockingWriter;

/// The progress that the terminal shows.
pub(super) struct Taskbar {
    is_supported: bool,
    /// The sequence that it got last.
    shown: String,
}

impl Taskbar {
    /// For stderr, which must be a terminal.
    pub(super) fn new() -> Self {
        Self {
            is_supported: supports_term_progress(true),
            shown: TermProgress::remove().to_string(),
        }
    }

    /// Shows the progress; `TermProgress::remove()` clears it.
    pub(super) fn show(&mut self, progress: TermProgress, stderr: &NonBlockingWriter) {
        let sequence = progress.to_string();
        if self.is_supported && sequence != self.shown {
            // It is mere decoration.
            let _ = stderr.queue(sequence.clone().into());
            self.shown = sequence;
        }
    }
}

/// The progress of all deployments: an error if anything failed, paused if nothing else goes on; without a
/// percentage until there is something to count.
pub(super) fn progress(deployments: &[&Progress]) -> TermProgress {
    let has = |phase| {
        deployments
            .iter()
            .any(|progress| progress.phase == Some(phase))
    };
    let mut states = deployments.iter().map(|progress| state_of(progress));
    let status = if states.any(|state| state == UnitState::Failed) {
        TermProgressStatus::Error
    } else if has(Phase::Paused) && !has(Phase::Running) {
        TermProgressStatus::Paused
    } else {
        TermProgressStatus::Normal
    };
    let bar = TermProgress::start().status(status);
    let fractions = deployments
        .iter()
        .map(|progress| progress.counts().fraction());
    let fractions = Vec::from_iter(fractions.flatten());
    if fractions.is_empty() {
        return bar;
    }
    let sum: f64 = fractions.iter().sum();
    bar.percent((100.0 * sum / deployments.len() as f64).min(100.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::progress as units;
    use UnitState::{Failed, Pending, Running, Succeeded};

    #[test]
    fn all_deployments_are_one_progress() {
        let of = |phase, states: &[UnitState]| {
            let mut progress = units(&Vec::from_iter(states.iter().map(|state| (*state, None))));
            progress.phase = phase;
            progress
        };
        let run = Some(Phase::Running);
        let half = || of(run, &[Succeeded, Running]);
        for (deployments, sequence) in [
            (vec![of(None, &[])], "3;"),
            (vec![half()], "1;50"),
            (vec![half(), of(None, &[])], "1;25"),
            (vec![half(), of(run, &[Pending]), half()], "1;33"),
            (vec![of(Some(Phase::Paused), &[Succeeded, Pending])], "4;50"),
            (vec![of(Some(Phase::Paused), &[Pending]), half()], "1;25"),
            (vec![of(run, &[Failed, Pending]), half()], "2;50"),
            (vec![of(Some(Phase::Failed), &[])], "2;"),
        ] {
            let deployments = Vec::from_iter(&deployments);
            assert_eq!(
                progress(&deployments).to_string(),
                format!("\u{1b}]9;4;{sequence}\u{1b}\\")
            );
        }
    }
}
