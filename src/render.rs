//! Output of a watch. Renderers read events and `Progress`, and nothing else.

use std::io::{self, ErrorKind, IsTerminal};
use std::mem;
use std::path::PathBuf;
use std::time::{self, Duration};

use console::Term;
use same_file::Handle;

use crate::cli::options::{OutputChoice, OutputOptions};
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind};
use crate::message::{Lang, Message, Result};
use crate::outcome::Verdict;
use crate::platform::{self, SystemEvent};
use crate::progress::Progress;
use crate::writer::{NonBlockingWriter, standard_streams};

mod bars;
mod ci;
mod escape;
mod files;
mod frame;
mod json;
mod junit;
mod plain;
mod quiet;
mod report;
mod style;
mod summary;
mod taskbar;
#[cfg(test)]
mod testing;
mod timeline;

use bars::BarsRenderer;
use ci::CiSystem;
use files::{FileOutput, StepFiles};
use json::Json;
use plain::Plain;
use quiet::Quiet;
use style::Style;

/// Say that the watch goes on after this much silence.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How long `finish` waits for slow readers beyond `--timeout`, or after a signal.
const GRACE: Duration = Duration::from_millis(800);
/// How long the last event waits for a file to be written, so that a warning about it precedes that
/// event in the other outputs.
const FILE_PATIENCE: Duration = Duration::from_millis(250);
/// How long stderr is waited for at least at the end, and at most before Ctrl-Z stops the process.
const STDERR_PATIENCE: Duration = Duration::from_millis(200);

/// One form of output. The methods fail if an earlier write failed.
trait Render {
    /// Writes an event.
    fn event(&mut self, event: &Event<'_>) -> io::Result<()>;

    /// Called at least once a second, and at the time that `wake` returned.
    fn tick(&mut self, _now: Timestamp, _deployments: &[&Progress]) -> io::Result<()> {
        Ok(())
    }

    /// When `tick` must be called at the latest.
    fn wake(&self) -> Option<Instant> {
        None
    }

    /// Reacts to a change of the terminal.
    fn screen(&mut self, _change: SystemEvent) {}

    /// Puts text for stderr above a picture; gives it back where there is none.
    fn say(&mut self, text: String) -> Option<String> {
        Some(text)
    }
}

/// A standard stream and the style of the text on it.
struct StyledStream {
    writer: NonBlockingWriter,
    style: Style,
    /// The terminal that it is.
    terminal: Option<Term>,
}

impl StyledStream {
    /// The width of the terminal now, if it is one.
    fn columns(&self) -> Option<usize> {
        let (_, columns) = self.terminal.as_ref()?.size_checked()?;
        Some(columns.into())
    }
}

/// The resolved `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Bars,
    Plain,
    Json,
    Quiet,
}

impl OutputChoice {
    /// Resolves the choice, for stderr and `TERM`.
    ///
    /// | asked for | terminal, not dumb, no CI | terminal in CI | no terminal, or a dumb one |
    /// |---|---|---|---|
    /// | auto | bars | plain | plain |
    /// | bars | bars | bars | plain, with a warning |
    /// | plain, json, quiet | as asked | as asked | as asked |
    fn mode(self, is_terminal: bool, is_dumb: bool, is_ci: bool) -> Mode {
        let can_draw = is_terminal && !is_dumb;
        match self {
            Self::Auto if can_draw && !is_ci => Mode::Bars,
            Self::Bars if can_draw => Mode::Bars,
            Self::Auto | Self::Bars | Self::Plain => Mode::Plain,
            Self::Json => Mode::Json,
            Self::Quiet => Mode::Quiet,
        }
    }
}

/// All outputs of a watch: one main renderer, and the files beside it.
pub(crate) struct Output {
    /// None once it failed.
    main: Option<Box<dyn Render>>,
    /// The stream of the main renderer.
    stdout: NonBlockingWriter,
    stderr: NonBlockingWriter,
    /// Those that have not failed.
    files: Vec<FileOutput>,
    /// The file of `--capture`.
    recording: Option<NonBlockingWriter>,
    /// stdout is a closed pipe.
    closed: bool,
    /// The terminal's bell rings at the end.
    has_bell: bool,
    lang: Lang,
    /// When the last event came.
    last_event: Option<Instant>,
}

impl Output {
    /// Sets up the outputs, with warnings about those that could not be set up. `list` is set for several
    /// targets. Fails if a file of the command line cannot be opened, or a thread cannot be started.
    pub(crate) fn new(
        options: &OutputOptions,
        list: bool,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<Message>)> {
        let lang = Lang::choose(options.lang, environment);
        let ci_system = CiSystem::gather(environment);
        let is_ci = is_ci(environment);
        let is_dumb = platform::is_dumb(environment("TERM").as_deref());
        let are_terminals = [io::stdout().is_terminal(), io::stderr().is_terminal()];
        let streams = standard_streams(are_terminals == [true; 2] || are_same())?;
        let [stdout, stderr] = [0, 1].map(|number| {
            let can_color = are_terminals[number] && !is_dumb || ci_system != CiSystem::Other;
            let terminal = [Term::stdout, Term::stderr][number];
            StyledStream {
                terminal: are_terminals[number].then(terminal),
                writer: streams[number].clone(),
                style: Style {
                    is_colored: style::is_colored(options.color, can_color, environment),
                    lang,
                    list,
                },
            }
        });
        let choice = options.choice();
        let mode = choice.mode(are_terminals[1], is_dumb, is_ci);
        let main: Box<dyn Render> = match mode {
            Mode::Bars => Box::new(BarsRenderer::new(stdout, stderr)),
            Mode::Plain => Box::new(Plain {
                stdout,
                stderr,
                ci_system,
            }),
            Mode::Json => Box::new(Json {
                out: stdout.writer,
                traces: Some((stderr.writer, lang)),
            }),
            Mode::Quiet => Box::new(Quiet { stderr }),
        };
        let mut warnings = Vec::new();
        if choice == OutputChoice::Bars && mode != Mode::Bars {
            warnings.push(no_bars(are_terminals[1]));
        }
        let step_file = |name| {
            let path = environment(name).map(PathBuf::from);
            path.filter(|_| ci_system == CiSystem::GitHub)
        };
        let step = StepFiles {
            summary: step_file("GITHUB_STEP_SUMMARY"),
            output: step_file("GITHUB_OUTPUT"),
        };
        let files = files::open(options, &step, lang, &mut warnings)?;
        let [stdout, stderr] = streams;
        let output = Self {
            main: Some(main),
            stdout,
            stderr,
            files,
            recording: None,
            closed: false,
            has_bell: options.bell && are_terminals[1],
            lang,
            last_event: None,
        };
        Ok((output, warnings))
    }

    /// Makes `finish` wait for the file of `--capture` too.
    pub(crate) fn set_recording(&mut self, file: NonBlockingWriter) {
        self.recording = Some(file);
    }

    /// Whether stdout is a pipe that its reader has closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes an event to all outputs. An output that fails is dropped with one warning; the verdict
    /// does not depend on it.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if !matches!(event.kind, Kind::Trace(_)) {
            self.last_event = Some(event.at.instant);
        }
        let is_end = matches!(event.kind, Kind::Finished(_) | Kind::PartFinished(_));
        for writer in self.writers() {
            writer.reserve(is_end);
        }
        self.show(event);
    }

    fn writers(&self) -> impl Iterator<Item = &NonBlockingWriter> {
        let files = self.files.iter().map(|file| &file.writer);
        [&self.stdout, &self.stderr].into_iter().chain(files)
    }

    fn show(&mut self, event: &Event<'_>) {
        // `finished` is the last event, so warnings about its own failures precede it.
        let is_last = matches!(event.kind, Kind::Finished(_));
        let mut lost = Vec::new();
        let mut index = 0;
        // The files come first: the warnings about them go to the main renderer.
        while let Some(file) = self.files.get_mut(index) {
            let Err(warning) = file.event(event, is_last) else {
                index += 1;
                continue;
            };
            self.files.remove(index);
            if is_last {
                self.show(&general_warning(&warning, event.at, event.progress));
            } else {
                lost.push(warning);
            }
        }
        let written = self.main.as_mut().map_or(Ok(()), |main| main.event(event));
        self.check(written);
        // A usage error goes to stderr in every mode.
        if let Kind::Finished(Finished {
            outcome,
            is_list: false,
            ..
        })
        | Kind::PartFinished(outcome) = &event.kind
            && outcome.verdict() == Verdict::Usage
        {
            self.say(self.lang.error(), &outcome.reason);
        }
        for warning in lost {
            self.show(&general_warning(&warning, event.at, event.progress));
        }
    }

    /// Shows a warning about the watch as a whole, as an event of the target of `progress`.
    pub(crate) fn warn(&mut self, message: &Message, at: Timestamp, progress: &Progress) {
        self.event(&general_warning(message, at, progress));
    }

    /// Says on stderr where a deployment stands.
    pub(crate) fn status(&mut self, progress: &Progress, now: Timestamp) {
        let style = Style {
            lang: self.lang,
            ..Style::PLAIN
        };
        let text = report::status(progress, now, style).join("\n");
        let left = match &mut self.main {
            Some(main) => main.say(text),
            None => Some(text),
        };
        if let Some(text) = left {
            self.stderr.line(&text);
        }
    }

    /// Redraws where that is due, says that the watch goes on where nothing was said for long, and finds
    /// out about failed writes. To be called at least once a second.
    pub(crate) fn tick(&mut self, now: Timestamp, deployments: &[&Progress]) {
        if self.heartbeat().is_some_and(|due| due <= now.instant) {
            self.last_event = Some(now.instant);
            for progress in deployments.iter().filter(|progress| !progress.over) {
                self.event(&Event {
                    at: now,
                    progress,
                    kind: Kind::Heartbeat,
                });
            }
        }
        if let Some(main) = &mut self.main {
            let written = main
                .tick(now, deployments)
                .and_then(|()| self.stdout.settle(Duration::ZERO));
            self.check(written);
        }
    }

    /// Waits until everything is written, as long as the readers take something, and at most for `left`
    /// (the rest of `--timeout`; zero after a signal) and a short grace. Warns on stderr about what was
    /// not written. To be called after the last event.
    pub(crate) fn finish(&mut self, left: Option<Duration>) {
        // Erases a picture that is left.
        self.main = None;
        if mem::take(&mut self.has_bell) {
            // Nobody is there to hear it where stderr cannot be written.
            let _ = self.stderr.queue(b"\x07".to_vec());
        }
        let begun = time::Instant::now();
        let deadline = left.and_then(|left| begun.checked_add(left.saturating_add(GRACE)));
        match self.stdout.finish(begun, deadline) {
            Ok(lost) => self.warn_lost(&self.stdout.name, lost),
            Err(error) => self.check(Err(error)),
        }
        let files = mem::take(&mut self.files).into_iter();
        for file in files.map(|file| file.writer).chain(self.recording.take()) {
            match file.finish(begun, deadline) {
                Ok(lost) => self.warn_lost(&file.name, lost),
                Err(error) => self.warn_late(&Message::cannot_write(&file.name, &error)),
            }
        }
        let least = time::Instant::now() + STDERR_PATIENCE;
        let deadline = deadline.map(|deadline| deadline.max(least));
        // There is nowhere left to report a failure.
        let _ = self.stderr.finish(begun, deadline);
    }

    fn warn_lost(&self, what: &str, lines: usize) {
        if lines > 0 {
            self.warn_late(&Message::new(
                format!("the reader of {what} is too slow; lines lost: {lines}"),
                format!("{what} 的读取方过慢，丢失 {lines} 行"),
            ));
        }
    }

    /// Reacts to a change of the terminal; returns once the picture is erased where it must be.
    pub(crate) fn screen(&mut self, change: SystemEvent) {
        if let Some(main) = &mut self.main {
            main.screen(change);
        }
        if change == SystemEvent::Suspended {
            // Without stderr there is no picture.
            let _ = self.stderr.settle(STDERR_PATIENCE);
        }
    }

    /// When `tick` must be called at the latest.
    pub(crate) fn wake(&self) -> Option<Instant> {
        let redraw = self.main.as_ref().and_then(|main| main.wake());
        redraw.into_iter().chain(self.heartbeat()).min()
    }

    /// When the silence has lasted too long.
    fn heartbeat(&self) -> Option<Instant> {
        Some(self.last_event?.after(HEARTBEAT))
    }

    /// Drops the main renderer if a write failed.
    fn check(&mut self, written: io::Result<()>) {
        let Err(error) = written else { return };
        self.main = None;
        if error.kind() == ErrorKind::BrokenPipe {
            self.closed = true;
        } else {
            let message = Message::new("cannot write the output", "无法写入输出");
            self.warn_late(&message.with_detail(&Message::io(&error)));
        }
    }

    /// Writes a warning to stderr after the last event.
    pub(crate) fn warn_late(&self, message: &Message) {
        self.say(self.lang.warning(), message);
    }

    fn say(&self, heading: &str, message: &Message) {
        let line = self.lang.with_message(heading, Some(message));
        self.stderr.clone().line(&line);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.finish(Some(Duration::ZERO));
    }
}

/// Whether a CI system runs this.
pub(crate) fn is_ci(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    const OTHERS: [&str; 3] = ["TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL"];
    environment("CI").is_some_and(|value| value != "false")
        || OTHERS.iter().any(|name| environment(name).is_some())
}

/// Whether stdout and stderr are the same terminal, file or pipe.
fn are_same() -> bool {
    let streams = Handle::stdout().ok().zip(Handle::stderr().ok());
    streams.is_some_and(|(stdout, stderr)| stdout == stderr)
}

/// The warning that no bars can be drawn on stderr.
fn no_bars(is_terminal: bool) -> Message {
    if is_terminal {
        Message::new(
            "the terminal cannot draw, as TERM says: plain lines instead of bars",
            "TERM 表明终端无法绘图，改为逐行输出，不显示进度条",
        )
    } else {
        Message::new(
            "stderr is not a terminal: plain lines instead of bars",
            "stderr 不是终端，改为逐行输出，不显示进度条",
        )
    }
}

/// A warning about the watch as a whole.
fn general_warning<'a>(message: &'a Message, at: Timestamp, progress: &'a Progress) -> Event<'a> {
    let kind = Kind::Warning {
        message,
        general: true,
    };
    Event { at, progress, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_resolved_from_facts() {
        use OutputChoice as Choice;
        // stderr is a terminal, TERM is dumb, CI is set.
        let terminal = (true, false, false);
        let ci = (true, false, true);
        let dumb = (true, true, false);
        let pipe = (false, false, false);
        for (choice, env, mode) in [
            (Choice::Auto, terminal, Mode::Bars),
            (Choice::Auto, ci, Mode::Plain),
            (Choice::Auto, dumb, Mode::Plain),
            (Choice::Auto, pipe, Mode::Plain),
            (Choice::Bars, terminal, Mode::Bars),
            (Choice::Bars, ci, Mode::Bars),
            (Choice::Bars, dumb, Mode::Plain),
            (Choice::Bars, pipe, Mode::Plain),
            (Choice::Plain, terminal, Mode::Plain),
            (Choice::Json, terminal, Mode::Json),
            (Choice::Json, pipe, Mode::Json),
            (Choice::Quiet, terminal, Mode::Quiet),
            (Choice::Quiet, ci, Mode::Quiet),
        ] {
            let (is_terminal, is_dumb, is_ci) = env;
            let resolved = choice.mode(is_terminal, is_dumb, is_ci);
            assert_eq!(resolved, mode, "{choice:?} {env:?}");
        }
    }
}
