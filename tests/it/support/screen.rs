//! The program in a real terminal, and what a person sees there.

use std::io::{self, Read, Write};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use rustix::process::Signal;
use rustix::termios::{LocalModes, tcgetattr};

use super::pump::{Pump, Sink};
use super::run::{Process, Program};
use super::{PATIENCE, assert_no_secret};

/// How many rows that left the screen at the top are kept.
const SCROLLBACK: usize = 10_000;

/// The bytes that the terminal got, and its screen.
struct Terminal {
    parser: vt100::Parser,
    raw: Vec<u8>,
}

impl Sink for Terminal {
    fn feed(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }
}

/// A pseudo-terminal with the program in it. The program is killed when this is dropped.
pub(crate) struct Screen {
    process: Process,
    /// None once the terminal has gone away.
    pty: Option<Arc<Pty>>,
    terminal: Pump<Terminal>,
    stdout: Option<Pump<Vec<u8>>>,
}

impl Screen {
    /// Starts the program with the terminal as its stdin, stdout and stderr, and TERM
    /// `xterm-256color` where the test sets no other.
    pub(crate) fn spawn(program: Program, rows: u16, cols: u16) -> Self {
        Self::start(program, rows, cols, false)
    }

    /// The same with stdout in a pipe, as in `deploywatch … > file`; see [`Screen::stdout`].
    pub(crate) fn spawn_with_stdout_piped(program: Program, rows: u16, cols: u16) -> Self {
        Self::start(program, rows, cols, true)
    }

    fn start(program: Program, rows: u16, cols: u16, piped: bool) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(rows, cols)).unwrap();
        let (reader, writer) = piped.then(|| io::pipe().unwrap()).unzip();
        let process = program.start(|mut command| {
            if !command.get_envs().any(|(key, _)| key == "TERM") {
                command.env("TERM", "xterm-256color");
            }
            let mut command = Command::from(command);
            if let Some(writer) = writer {
                command = command.stdout(writer);
            }
            command.spawn(pts).unwrap()
        });
        let pty = Arc::new(pty);
        let master = Arc::clone(&pty);
        let parser = vt100::Parser::new(nonzero(rows), nonzero(cols), SCROLLBACK);
        let terminal = Terminal {
            parser,
            raw: Vec::new(),
        };
        let stdout =
            |mut reader: io::PipeReader| Pump::start(Vec::new(), move |buffer| reader.read(buffer));
        Self {
            process,
            pty: Some(pty),
            terminal: Pump::start(terminal, move |buffer| (&*master).read(buffer)),
            stdout: reader.map(stdout),
        }
    }

    /// Waits until the text is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let shows = |screen: &_| rows(screen).join("\n").contains(text);
        self.wait_until(&format!("{text:?}"), shows);
    }

    /// Waits until the screen is as it should be; `what` names that in the failure.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, met: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let came = self
            .terminal
            .wait(deadline, |terminal| met(terminal.parser.screen()));
        assert!(came, "waited in vain for {what}\n{}", self.report());
    }

    /// The rows of the screen, without the blanks at their ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        self.terminal
            .with(|terminal| rows(terminal.parser.screen()))
    }

    /// The terminal is as a shell expects it: nothing switched on, the cursor at the start of a row.
    #[track_caller]
    pub(crate) fn assert_left_clean(&self) {
        let clean = |screen: &vt100::Screen| {
            let plain = [screen.fgcolor(), screen.bgcolor()] == [vt100::Color::Default; 2];
            let switched = [
                screen.bold(),
                screen.dim(),
                screen.italic(),
                screen.underline(),
                screen.inverse(),
                screen.hide_cursor(),
                screen.alternate_screen(),
                screen.application_keypad(),
                screen.application_cursor(),
                screen.bracketed_paste(),
            ];
            plain && !switched.contains(&true) && screen.cursor_position().1 == 0
        };
        let is_clean = self
            .terminal
            .with(|terminal| clean(terminal.parser.screen()));
        assert!(
            is_clean,
            "the terminal is left in disorder\n{}",
            self.report()
        );
    }

    /// The screen as one text, without the empty rows at its end.
    pub(crate) fn contents(&self) -> String {
        self.rows().join("\n").trim_end().to_owned()
    }

    /// Every row a person can scroll back to, then the rows of the screen: what an earlier picture
    /// has left behind is found here.
    pub(crate) fn history(&self) -> Vec<String> {
        let mut screen = self
            .terminal
            .with(|terminal| terminal.parser.screen().clone());
        let mut history = Vec::new();
        for back in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(back);
            history.extend(rows(&screen).into_iter().next());
        }
        history.extend(self.rows());
        history
    }

    /// Every byte the terminal got.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.terminal.with(|terminal| terminal.raw.clone())
    }

    /// The text on stdout, where that is a pipe.
    pub(crate) fn stdout(&self) -> String {
        let text = |bytes: &mut Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        self.stdout
            .as_ref()
            .map(|stdout| stdout.with(text))
            .unwrap_or_default()
    }

    /// A file of the working directory.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> String {
        let text = self.process.file(name);
        text.unwrap_or_else(|error| panic!("{name}: {error}\n{}", self.report()))
    }

    /// Types these bytes; Ctrl-C is `[3]`.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        self.pty().write_all(bytes.as_ref()).unwrap();
    }

    /// The terminal goes away, as where its window is closed: with the next bytes that come.
    pub(crate) fn hang_up(&mut self) {
        self.terminal.close_at_next_read();
        self.pty = None;
    }

    /// Whether the terminal shows what is typed.
    pub(crate) fn echoes(&self) -> bool {
        let settings = tcgetattr(self.pty()).unwrap();
        settings.local_modes.contains(LocalModes::ECHO)
    }

    fn pty(&self) -> &Pty {
        self.pty.as_deref().expect("the terminal is still there")
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Gives the window another size, and the program a SIGWINCH.
    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        // The parser first: what the program draws on the signal is meant for the new size.
        let (height, width) = (nonzero(rows), nonzero(cols));
        self.terminal
            .with(|terminal| terminal.parser.set_size(height, width));
        self.pty().resize(Size::new(rows, cols)).unwrap();
    }

    /// Waits for the end of the program and gives the exit code, 128 + the signal where one ended
    /// it. All that it wrote is on the screen then.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self) -> i32 {
        let waited = self.process.wait();
        self.wait_for_output();
        waited.unwrap_or_else(|error| panic!("{error}\n{}", self.report()))
    }

    /// A stream that a grandchild keeps open is taken as it is.
    fn wait_for_output(&self) {
        self.terminal.wait_end();
        if let Some(stdout) = &self.stdout {
            stdout.wait_end();
        }
    }

    /// The screen in a frame, for a failure.
    fn report(&self) -> String {
        self.rows().iter().map(|row| format!("│{row}\n")).collect()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.process.kill();
        if !thread::panicking() {
            self.wait_for_output();
            assert_no_secret(
                "the terminal's bytes",
                &String::from_utf8_lossy(&self.raw()),
            );
            // Here a row that was wrapped is one line again.
            let screen = self
                .terminal
                .with(|terminal| terminal.parser.screen().contents());
            assert_no_secret("the screen", &screen);
            assert_no_secret("stdout", &self.stdout());
            self.process.assert_no_secret_in_files();
        }
    }
}

/// The rows of a screen, without the blanks at their ends.
pub(crate) fn rows(screen: &vt100::Screen) -> Vec<String> {
    let rows = screen.rows(0, screen.size().1.get());
    rows.map(|row| row.trim_end().to_owned()).collect()
}

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a screen has rows and columns")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::SECRET;

    fn screen(script: &str) -> Screen {
        Screen::spawn(Program::shell(script), 5, 20)
    }

    #[test]
    fn escape_sequences_are_drawn() {
        let script = r"printf 'old\r\033[2Kone\n\033[31mtwo\033[0m\n'; stty size; seq 3";
        let mut screen = screen(script);
        assert_eq!(screen.wait_exit(), 0);
        assert_eq!(screen.contents(), "5 20\n1\n2\n3");
        assert_eq!(screen.history(), ["one", "two", "5 20", "1", "2", "3", ""]);
        assert!(
            screen.raw().starts_with(b"old\r\x1b[2Kone\r\n"),
            "{:?}",
            screen.raw()
        );
    }

    #[test]
    #[should_panic(expected = "left in disorder")]
    fn a_hidden_cursor_is_disorder() {
        let mut screen = screen(r"printf '\033[?25l'");
        screen.wait_exit();
        screen.assert_left_clean();
    }

    #[test]
    fn keys_and_sizes_reach_the_program() {
        let mut screen = screen("echo ready; read -r x; stty size; echo $TERM; read -r x");
        screen.wait_for("ready");
        screen.resize(7, 30);
        screen.send("\n");
        screen.wait_for("7 30");
        let named = |screen: &_| rows(screen).contains(&"xterm-256color".to_owned());
        screen.wait_until("a row with the name of the terminal", named);
        screen.send([3]);
        assert_eq!(screen.wait_exit(), 130);
    }

    #[test]
    fn stdout_can_be_a_pipe() {
        let script = "test -t 2 && ! test -t 1 && echo result && echo $TERM >&2; read -r x";
        let program = Program::shell(script).env("TERM", "dumb");
        let mut screen = Screen::spawn_with_stdout_piped(program, 5, 20);
        screen.wait_for("dumb");
        screen.signal(Signal::TERM);
        assert_eq!(
            (screen.wait_exit(), screen.stdout().as_str()),
            (143, "result\n")
        );
    }

    #[test]
    #[should_panic(expected = "in vain for \"two\"\n│one\n│\n")]
    fn a_failure_shows_the_screen() {
        screen("echo one").wait_for("two");
    }

    #[test]
    #[should_panic(expected = "secret shown in the screen")]
    fn the_secret_fails_the_test_even_in_pieces() {
        // An escape sequence in the midst of it hides it from a search of the bytes.
        let (start, end) = SECRET.split_at(9);
        screen(&format!("printf '{start}\\033[0m{end}'")).wait_exit();
    }
}
