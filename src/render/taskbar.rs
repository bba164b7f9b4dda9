//! Progress in the terminal's title bar or taskbar (OSC 9;4), where the terminal shows it.

use anstyle_progress::{TermProgress, TermProgressStatus, supports_term_progress};

use super::frame::state_of;
use crate::model::{Phase, UnitState};
use crate::progress::Progress;
use crate::writer::NonBlockingWriter;

/// The progress that the terminal shows.
pub(super) struct Taskbar {
    is_supported: bool,
    /// The sequence that it got last; empty if it shows nothing.
    shown: String,
}

impl Taskbar {
    /// For stderr, which must be a terminal.
    pub(super) fn new() -> Self {
        Self {
            is_supported: supports_term_progress(true),
            shown: String::new(),
        }
    }

    /// Shows the progress, or clears it.
    pub(super) fn show(&mut self, progress: Option<TermProgress>, stderr: &NonBlockingWriter) {
        let shown = progress.map_or(String::new(), |progress| progress.to_string());
        if !self.is_supported || shown == self.shown {
            return;
        }
        let sequence = match progress {
            Some(_) => shown.clone(),
            None => TermProgress::remove().to_string(),
        };
        // It is mere decoration.
        let _ = stderr.queue(sequence.into());
        self.shown = shown;
    }
}

/// The progress of all deployments: an error if anything failed, paused if nothing else goes on; without a
/// percentage until there is something to count.
pub(super) fn progress(deployments: &[&Progress]) -> TermProgress {
    let has_phase = |phase| {
        deployments
            .iter()
            .any(|progress| progress.phase == Some(phase))
    };
    let status = if deployments
        .iter()
        .any(|progress| state_of(progress) == UnitState::Failed)
    {
        TermProgressStatus::Error
    } else if has_phase(Phase::Paused) && !has_phase(Phase::Running) {
        TermProgressStatus::Paused
    } else {
        TermProgressStatus::Normal
    };
    let bar = TermProgress::start().status(status);
    let fractions = deployments
        .iter()
        .map(|progress| progress.counts().fraction());
    match fractions.clone().flatten().count() {
        0 => bar,
        _ => {
            let sum: f64 = fractions.flatten().sum();
            bar.percent((100.0 * sum / deployments.len() as f64).min(100.0) as u8)
        }
    }
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
