//! The live picture at a terminal: the rows of `frame` as the message of one indicatif bar. The
//! only file that knows indicatif.

use std::fmt;
use std::io::{self, Write};
use std::sync::Mutex;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::frame::{Size, frame};
use super::{Paint, Render, report};
use crate::board::Board;
use crate::clock::{Moment, Now};
use crate::event::{Event, Kind};

/// The least time between two draws.
const BETWEEN: Duration = Duration::from_millis(100);
/// From one draw to the next while nothing happens: the ages and the guesses move on.
const TICK: Duration = Duration::from_secs(1);

/// The live renderer. What it has drawn is cleared when it is dropped, whatever the reason.
pub(crate) struct Live {
    bar: ProgressBar,
    term: Term,
    stdout: Paint,
    stderr: Paint,
    drawn: Option<Moment>,
    /// Something happened since the last draw.
    stale: bool,
}

impl Live {
    /// Draws on stderr; the report goes to stdout.
    pub(crate) fn new(stdout: Paint, stderr: Paint) -> Self {
        let term = Term::buffered_stderr();
        let target = ProgressDrawTarget::term_like(Box::new(Screen::new(term.clone())));
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            term,
            stdout,
            stderr,
            drawn: None,
            stale: false,
        }
    }

    fn draw(&mut self, now: Moment, board: &Board) {
        let (rows, columns) = self.term.size();
        let size = Size {
            rows: rows.into(),
            columns: columns.into(),
        };
        let rows = frame(board, now, size, self.stderr);
        self.bar.set_message(rows.join("\n"));
        self.drawn = Some(now);
        self.stale = false;
    }

    /// Prints a line above the picture.
    fn say(&self, line: &str) {
        self.bar.suspend(|| {
            // Where stderr is gone the picture is gone too, and the verdict is not.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }
}

impl Render for Live {
    fn event(&mut self, event: &Event<'_>, board: &Board) -> io::Result<()> {
        match &event.kind {
            Kind::Warning(_) | Kind::Trace(_) => {
                if let Some(line) = report::remark(event, board, self.stderr) {
                    self.say(&line);
                }
            }
            Kind::Finished(outcome) => {
                self.bar.finish_and_clear();
                let mut stdout = io::stdout().lock();
                for line in report::report(outcome, board, event.moment(), self.stdout) {
                    writeln!(stdout, "{line}")?;
                }
                return stdout.flush();
            }
            _ => self.stale = true,
        }
        Ok(())
    }

    fn tick(&mut self, now: Now, board: &Board) -> io::Result<()> {
        if self.wake().is_none_or(|wake| wake <= now.moment) {
            self.draw(now.moment, board);
        }
        Ok(())
    }

    fn wake(&self) -> Option<Moment> {
        let wait = if self.stale { BETWEEN } else { TICK };
        self.drawn.map(|drawn| drawn.after(wait))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The terminal as indicatif draws on it: each draw is one write, so that no terminal shows half
/// of it.
struct Screen {
    term: Term,
    pending: Mutex<String>,
}

impl Screen {
    fn new(term: Term) -> Self {
        Self {
            term,
            pending: Mutex::default(),
        }
    }

    fn push(&self, text: &str) -> io::Result<()> {
        let mut pending = self.pending.lock().map_err(|_| io::ErrorKind::Other)?;
        pending.push_str(text);
        Ok(())
    }

    fn turn(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.push(&format!("\u{1b}[{count}{direction}"))
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Screen")
    }
}

impl TermLike for Screen {
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
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut pending = self.pending.lock().map_err(|_| io::ErrorKind::Other)?;
        let mut stderr = io::stderr().lock();
        stderr.write_all(pending.as_bytes())?;
        pending.clear();
        stderr.flush()
    }
}
