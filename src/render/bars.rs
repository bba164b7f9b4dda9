//! The live picture in a terminal: the rows of `frame` as the message of one indicatif bar. No other
//! file uses indicatif. Progress goes to the terminal's title bar or taskbar (OSC 9;4) as well.

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anstyle_progress::{TermProgress, TermProgressStatus, supports_term_progress};
use console::{Term, measure_text_width};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::ci::CiSystem;
use super::frame::{Layout, frame, state_of};
use super::{StyledStream, report};
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind};
use crate::model::{Phase, UnitState};
use crate::platform::SystemEvent;
use crate::progress::Progress;
use crate::writer::NonBlockingWriter;

/// Minimum time between two draws.
const BETWEEN: Duration = Duration::from_millis(100);
/// Time between two draws while nothing happens: ages and estimated bars advance.
const TICK: Duration = Duration::from_secs(1);
/// Begin and end of a synchronised update: a terminal that supports it never shows half of a picture;
/// others ignore it.
const SYNC: [&str; 2] = ["\u{1b}[?2026h", "\u{1b}[?2026l"];

/// Renderer of the live picture. The last one stays on the screen; a picture of a watch that has not ended
/// is cleared when this is dropped.
pub(super) struct BarsRenderer {
    bar: ProgressBar,
    stdout: StyledStream,
    stderr: StyledStream,
    layout: Layout,
    /// The widths of the rows on the screen, in columns.
    rows: Vec<usize>,
    drawn: Option<Instant>,
    /// Whether something happened since the last draw.
    stale: bool,
    /// Lines to print above the picture with the next draw.
    pending_lines: Vec<String>,
    /// Stopped by Ctrl-Z: nothing is drawn until the process is continued.
    suspended: bool,
    /// The sequence that the taskbar got last; none where the terminal does not show progress.
    taskbar: Option<String>,
}

impl BarsRenderer {
    /// Draws on stderr; the report goes to stdout.
    pub(super) fn new(stdout: StyledStream, stderr: StyledStream) -> Self {
        let bar = ProgressBar::with_draw_target(None, target(&stderr.writer));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            stdout,
            stderr,
            layout: Layout::default(),
            rows: Vec::new(),
            drawn: None,
            stale: false,
            pending_lines: Vec::new(),
            suspended: false,
            taskbar: supports_term_progress(true).then(|| TermProgress::remove().to_string()),
        }
    }

    fn frame(&mut self, now: Instant, deployments: &[&Progress]) -> Vec<String> {
        let size = self.fit();
        frame(deployments, &mut self.layout, now, size, self.stderr.style)
    }

    /// Returns the window's rows and columns. Erases a picture that was drawn for another size: its rows may
    /// have been wrapped.
    fn fit(&mut self) -> (u16, u16) {
        let size = Term::stderr().size();
        if self.layout.size != size {
            self.erase(size);
        }
        size
    }

    /// Clears the picture, whose rows wrap at `size`.
    fn erase(&mut self, size: (u16, u16)) {
        if !self.rows.is_empty() {
            let [height, width] = [size.0, size.1].map(|size| usize::from(size).max(1));
            let rows = self.rows.iter();
            let lines: usize = rows.map(|row| row.div_ceil(width).max(1)).sum();
            // What has left a window that became lower is out of reach.
            let above = lines.min(height) - 1;
            let up = "\u{1b}[A".repeat(above);
            // Line by line: some terminals keep a screen that is cleared in their history.
            let clear = "\r\u{1b}[2K\n".repeat(above);
            let clear = format!("\r{up}{clear}\u{1b}[2K{up}");
            // Without stderr there is no picture, and the verdict does not depend on it.
            let _ = self.stderr.writer.queue(clear.into());
        }
        self.forget();
    }

    /// Leaves what is on the screen as it is; the next draw starts below it.
    fn forget(&mut self) {
        self.drawn = None;
        self.stale = true;
        self.rows.clear();
        self.bar.set_draw_target(target(&self.stderr.writer));
    }

    /// Leaves the last picture on the screen, without the empty rows at its end, and writes the report to
    /// stdout.
    fn end(&mut self, at: Timestamp, end: &Finished<'_>) -> io::Result<()> {
        self.say_all();
        let deployments = Vec::from_iter(end.parts.iter().map(|(progress, _)| *progress));
        let picture = self.frame(at.instant, &deployments).join("\n");
        self.bar.finish_and_clear();
        if deployments.iter().any(|progress| progress.phase.is_some()) {
            self.stderr.writer.line(picture.trim_end());
        }
        // A picture is drawn for a person: no workflow commands.
        let (style, columns) = (self.stdout.style, self.stdout.columns());
        for line in report::report(at, end, style, CiSystem::Other, columns) {
            writeln!(self.stdout.writer, "{line}")?;
        }
        self.stdout.writer.flush()
    }

    /// Shows progress in the taskbar; `TermProgress::remove()` clears it.
    fn show_progress(&mut self, progress: TermProgress) {
        let sequence = progress.to_string();
        if let Some(shown) = self.taskbar.as_mut().filter(|shown| **shown != sequence) {
            // It is mere decoration.
            let _ = self.stderr.writer.queue(sequence.clone().into());
            *shown = sequence;
        }
    }

    /// When the next draw is due.
    fn wake(&self) -> Option<Instant> {
        let wait = if self.stale { BETWEEN } else { TICK };
        Some(self.drawn?.after(wait))
    }

    /// Prints a line above the picture; with the next draw where the terminal is still busy.
    pub(super) fn say(&mut self, line: String) {
        self.pending_lines.push(line);
        self.stale = true;
        if self.stderr.writer.is_idle() {
            self.say_all();
        }
    }

    fn say_all(&mut self) {
        if self.pending_lines.is_empty() {
            return;
        }
        self.fit();
        let lines = mem::take(&mut self.pending_lines).join("\n") + "\n";
        self.bar.suspend(|| {
            // Without stderr there is no picture, and the verdict does not depend on it.
            let _ = self.stderr.writer.queue(lines.into());
        });
    }

    /// Shows an event with the next draw; a warning at once.
    pub(super) fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match &event.kind {
            Kind::Finished(end) => return self.end(event.at, end),
            Kind::Warning { .. } => {
                let line = report::notice(event, self.stderr.style).unwrap_or_default();
                self.say(report::wrapped(&line, self.stderr.columns()).join("\n"));
            }
            _ => self.stale = true,
        }
        Ok(())
    }

    /// Draws where that is due; returns when the next draw is.
    pub(super) fn tick(&mut self, now: Instant, deployments: &[&Progress]) -> Option<Instant> {
        if self.suspended || self.wake().is_some_and(|wake| wake > now) {
            return self.wake();
        }
        // The last picture may still be being written, for example after Ctrl-S.
        let is_idle = self.stderr.writer.is_idle();
        if is_idle {
            self.say_all();
            let rows = self.frame(now, deployments);
            self.show_progress(progress(deployments));
            self.rows = rows.iter().map(|row| measure_text_width(row)).collect();
            self.bar.set_message(rows.join("\n"));
        }
        self.drawn = Some(now);
        self.stale = !is_idle;
        self.wake()
    }

    /// Reacts to a change of the terminal.
    pub(super) fn screen(&mut self, change: SystemEvent) {
        self.stale = true;
        match change {
            SystemEvent::Suspended => {
                let size = self.fit();
                self.erase(size);
                self.show_progress(TermProgress::remove());
            }
            SystemEvent::Resumed => self.forget(),
            _ => return,
        }
        self.suspended = change == SystemEvent::Suspended;
    }
}

impl Drop for BarsRenderer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.show_progress(TermProgress::remove());
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

fn target(stderr: &NonBlockingWriter) -> ProgressDrawTarget {
    ProgressDrawTarget::term_like(Box::new(BufferedTerm {
        stderr: stderr.clone(),
        pending: Mutex::default(),
    }))
}

/// The terminal that indicatif draws on. Each draw is one write, so that no terminal shows half of
/// it.
struct BufferedTerm {
    stderr: NonBlockingWriter,
    /// Output of the draw in progress.
    pending: Mutex<String>,
}

impl BufferedTerm {
    fn pending(&self) -> MutexGuard<'_, String> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, text: &str) -> io::Result<()> {
        self.pending().push_str(text);
        Ok(())
    }
}

impl fmt::Debug for BufferedTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BufferedTerm")
    }
}

impl TermLike for BufferedTerm {
    fn width(&self) -> u16 {
        Term::stderr().size().1
    }

    fn height(&self) -> u16 {
        Term::stderr().size().0
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.push(&"\u{1b}[A".repeat(count))
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.push(&"\u{1b}[B".repeat(count))
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.push(&"\u{1b}[C".repeat(count))
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.push(&"\u{1b}[D".repeat(count))
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.push(line)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // indicatif pads a row with blanks up to the window's width. Such a row would wrap in a window
        // that becomes narrower; a line break does as well.
        let is_padding = !text.is_empty() && text.trim_matches(' ').is_empty();
        self.push(if is_padding { "\n" } else { text })
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let pending = mem::take(&mut *self.pending());
        // The cursor stays in the last row.
        let picture = pending.strip_suffix('\n').unwrap_or(&pending);
        if picture.is_empty() {
            return Ok(());
        }
        let picture = [SYNC[0], picture, SYNC[1]].concat();
        self.stderr.queue(picture.into())
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
