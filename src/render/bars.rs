//! The live picture at a terminal: the rows of `frame` as the message of one indicatif bar. The
//! only file that knows indicatif.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use console::{Term, measure_text_width};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::ci::CiSystem;
use super::frame::{Layout, Size, frame};
use super::{Render, Screen, Style, report};
use crate::board::Board;
use crate::clock::{Moment, Now};
use crate::event::{Event, Kind};
use crate::writer::NonBlockingWriter;

/// The least time between two draws.
const BETWEEN: Duration = Duration::from_millis(100);
/// From one draw to the next while nothing happens: the ages and the guesses move on.
const TICK: Duration = Duration::from_secs(1);

/// What a terminal gets each second at most, in bytes: a large picture is drawn less often.
const BYTES: u64 = 40_000;
/// Begin and end of a synchronised update: a terminal that knows them shows no half of a picture,
/// and one that does not passes over them.
const SYNC: [&str; 2] = ["\u{1b}[?2026h", "\u{1b}[?2026l"];

/// The live renderer. What it has drawn is cleared when it is dropped, whatever the reason.
pub(crate) struct BarsRenderer {
    bar: ProgressBar,
    /// Knows the size of the window.
    term: Term,
    stdout: NonBlockingWriter,
    stderr: NonBlockingWriter,
    stdout_style: Style,
    stderr_style: Style,
    layout: Layout,
    /// The size for which the picture on the screen was drawn, and the widths of its rows.
    size: Option<Size>,
    rows: Vec<usize>,
    drawn: Option<Moment>,
    /// The least time until the next draw.
    between: Duration,
    /// Something happened since the last draw.
    stale: bool,
    /// Lines for which the terminal had no room.
    pending_lines: Vec<String>,
    /// The terminal is the shell's until the process is continued.
    suspended: bool,
}

impl BarsRenderer {
    /// Draws on stderr; the report goes to stdout.
    pub(crate) fn new(
        stdout: NonBlockingWriter,
        stderr: NonBlockingWriter,
        stdout_style: Style,
        stderr_style: Style,
    ) -> Self {
        let term = Term::buffered_stderr();
        let bar = ProgressBar::with_draw_target(None, target(&term, &stderr));
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            term,
            stdout,
            stderr,
            stdout_style,
            stderr_style,
            layout: Layout::default(),
            size: None,
            rows: Vec::new(),
            drawn: None,
            between: BETWEEN,
            stale: false,
            pending_lines: Vec::new(),
            suspended: false,
        }
    }

    fn draw(&mut self, now: Moment, boards: &[&Board]) {
        let size = self.fit();
        let rows = frame(boards, &mut self.layout, now, size, self.stderr_style);
        self.rows = rows.iter().map(|row| measure_text_width(row)).collect();
        let picture = rows.join("\n");
        let pause = Duration::from_millis(picture.len() as u64 * 1000 / BYTES);
        self.between = BETWEEN.max(pause);
        self.bar.set_message(picture);
        self.drawn = Some(now);
        self.stale = false;
    }

    /// Takes the picture away where the window is not the one that it was drawn for: its rows may
    /// have been broken into several lines. Returns the size of now.
    fn fit(&mut self) -> Size {
        let (rows, columns) = self.term.size();
        let size = Size {
            rows: rows.into(),
            columns: columns.into(),
        };
        if self.size.is_some_and(|last| last != size) {
            self.erase(size);
        }
        self.size = Some(size);
        size
    }

    /// Clears what is on the screen and begins anew from there.
    fn erase(&mut self, size: Size) {
        if !self.rows.is_empty() {
            let columns = size.columns.max(1);
            let lines: usize = self
                .rows
                .iter()
                .map(|row| row.div_ceil(columns).max(1))
                .sum();
            let up = match lines - 1 {
                0 => String::new(),
                above => format!("\u{1b}[{above}A"),
            };
            // Line by line: some terminals keep in their history what is cleared as a screen.
            let clear = "\r\u{1b}[2K\n".repeat(lines - 1);
            let clear = format!("\r{up}{clear}\u{1b}[2K{up}");
            // Where stderr is gone the picture is gone too, and the verdict is not.
            let _ = self.stderr.queue(clear.into());
        }
        self.forget();
    }

    /// Takes what is on the screen for somebody else's.
    fn forget(&mut self) {
        self.drawn = None;
        self.stale = true;
        self.rows.clear();
        self.bar.set_draw_target(target(&self.term, &self.stderr));
    }

    /// Puts the report in the place of the picture.
    fn end(&mut self, report: &[String]) -> io::Result<()> {
        self.say_all();
        self.fit();
        self.bar.finish_and_clear();
        for line in report {
            writeln!(self.stdout, "{line}")?;
        }
        self.stdout.flush()
    }

    /// Prints a line above the picture, with the next draw where the terminal is held.
    fn say(&mut self, line: String) {
        self.pending_lines.push(line);
        if self.stderr.is_idle() {
            self.say_all();
        } else {
            self.stale = true;
        }
    }

    fn say_all(&mut self) {
        if self.pending_lines.is_empty() {
            return;
        }
        self.fit();
        let mut lines = self.pending_lines.join("\n");
        lines.push('\n');
        self.pending_lines.clear();
        self.bar.suspend(|| {
            // Where stderr is gone the picture is gone too, and the verdict is not.
            let _ = self.stderr.queue(lines.into());
        });
    }
}

impl Render for BarsRenderer {
    fn event(&mut self, event: &Event<'_>, board: &Board) -> io::Result<()> {
        if let Some(end) = event.end(board) {
            // Who has a terminal reads it there.
            return self.end(&report::report(&end, self.stdout_style, CiSystem::Other));
        }
        match &event.kind {
            Kind::Warning(_) | Kind::Trace(_) => {
                if let Some(line) = report::remark(event, board, self.stderr_style) {
                    self.say(line);
                }
            }
            Kind::PartFinished(outcome) => {
                self.say(report::verdict(outcome, board, self.stderr_style));
                self.stale = true;
            }
            _ => self.stale = true,
        }
        Ok(())
    }

    fn tick(&mut self, now: Now, boards: &[&Board]) -> io::Result<()> {
        if !self.suspended && self.wake().is_none_or(|wake| wake <= now.moment) {
            if self.stderr.is_idle() {
                self.say_all();
                self.draw(now.moment, boards);
            } else {
                // The last picture is not written yet, as after Ctrl-S.
                self.drawn = Some(now.moment);
                self.stale = true;
            }
        }
        Ok(())
    }

    fn wake(&self) -> Option<Moment> {
        let wait = if self.stale { self.between } else { TICK };
        self.drawn.map(|drawn| drawn.after(wait))
    }

    fn suspend(&mut self) {
        let size = self.fit();
        self.erase(size);
        self.suspended = true;
    }

    fn redraw(&mut self, screen: Screen) {
        if screen == Screen::Lost {
            self.forget();
            self.suspended = false;
        }
        self.stale = true;
    }
}

impl Drop for BarsRenderer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn target(term: &Term, stderr: &NonBlockingWriter) -> ProgressDrawTarget {
    ProgressDrawTarget::term_like(Box::new(BufferedTerm {
        term: term.clone(),
        stderr: stderr.clone(),
        pending: Mutex::default(),
    }))
}

/// The terminal as indicatif draws on it: each draw is one write, so that no terminal shows half
/// of it.
struct BufferedTerm {
    term: Term,
    stderr: NonBlockingWriter,
    pending: Mutex<Pending>,
}

/// What the draw at hand has written so far.
#[derive(Default)]
struct Pending {
    text: String,
    /// A row is complete: what comes next begins another.
    row_ends: bool,
}

impl BufferedTerm {
    fn pending(&self) -> io::Result<MutexGuard<'_, Pending>> {
        Ok(self.pending.lock().map_err(|_| io::ErrorKind::Other)?)
    }

    fn push(&self, text: &str) -> io::Result<()> {
        self.pending()?.text.push_str(text);
        Ok(())
    }

    fn turn(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.push(&format!("\u{1b}[{count}{direction}"))
    }
}

impl fmt::Debug for BufferedTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BufferedTerm")
    }
}

impl TermLike for BufferedTerm {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.turn(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.turn(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.turn(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.turn(count, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.push(line)?;
        self.push("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut pending = self.pending()?;
        // indicatif ends a row by filling it with blanks up to where the terminal breaks it. A
        // window that is made narrower would break such a row in two: a new line does as well.
        if text.trim_matches(' ').is_empty() {
            pending.row_ends = true;
            return Ok(());
        }
        if std::mem::take(&mut pending.row_ends) {
            pending.text.push('\n');
        }
        pending.text.push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let pending = std::mem::take(&mut *self.pending()?);
        if pending.text.is_empty() {
            return Ok(());
        }
        let picture = [SYNC[0], &pending.text, SYNC[1]].concat();
        self.stderr.queue(picture.into())
    }
}
