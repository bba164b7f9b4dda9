//! Output of a watch. Renderers read events and `Progress`, and nothing else.

use std::io::{self, ErrorKind};
use std::mem;
use std::path::PathBuf;
use std::time::{self, Duration};

use console::Term;
use same_file::Handle;

use crate::cli::options::{OutputChoice, OutputOptions};
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Finished, Kind};
use crate::http::RequestTrace;
use crate::message::{Lang, Message, Result};
use crate::outcome::Verdict;
use crate::platform::{self, SystemEvent};
use crate::progress::Progress;
use crate::writer::{NonBlockingWriter, standard_streams};

mod bars;
mod ci;
mod files;
mod frame;
mod json;
mod junit;
mod plain;
mod report;
mod style;
mod summary;
#[cfg(test)]
mod testing;
mod timeline;

use bars::BarsRenderer;
use ci::CiSystem;
use files::FileOutput;
use style::{Color, Style};

/// Say that the watch goes on after this much silence.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How long `finish` waits for slow readers beyond `--timeout`, or after a signal.
const GRACE: Duration = Duration::from_millis(800);
/// How long the last event waits for a file to be written, so that a warning about it precedes that
/// event in the other outputs.
const FILE_PATIENCE: Duration = Duration::from_millis(250);
/// How long stderr is waited for at least at the end, and at most before Ctrl-Z stops the process.
const STDERR_PATIENCE: Duration = Duration::from_millis(200);

/// What is written to the standard streams.
enum Main {
    Bars(Box<BarsRenderer>),
    Plain(CiSystem),
    Json,
    Quiet,
    /// Nothing any more: the watch is over, or a write failed.
    Closed,
}

/// A standard stream and the style of the text on it.
#[derive(Clone)]
struct StyledStream {
    writer: NonBlockingWriter,
    style: Style,
    terminal: Term,
}

impl StyledStream {
    /// The width of the terminal now, if it is one.
    fn columns(&self) -> Option<usize> {
        let (_, columns) = self.terminal.size_checked()?;
        Some(columns.into())
    }
}

impl OutputChoice {
    /// Resolves `auto`, and `bars` where they cannot be drawn, for stderr and `TERM`.
    fn resolve(self, is_terminal: bool, is_dumb: bool, is_ci: bool) -> Self {
        let can_draw = is_terminal && !is_dumb;
        match self {
            Self::Auto if can_draw && !is_ci => Self::Bars,
            Self::Auto => Self::Plain,
            Self::Bars if !can_draw => Self::Plain,
            asked => asked,
        }
    }
}

/// All outputs of a watch: the standard streams, and the files beside them.
pub(crate) struct Output {
    main: Main,
    stdout: StyledStream,
    stderr: StyledStream,
    files: Vec<FileOutput>,
    /// The file of `--capture`.
    pub(crate) recording: Option<NonBlockingWriter>,
    /// stdout is a closed pipe.
    pub(crate) closed: bool,
    /// The terminal's bell rings at the end.
    has_bell: bool,
    /// When to say that the watch goes on.
    heartbeat: Option<Instant>,
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
        let is_dumb = platform::is_dumb(environment("TERM").as_deref());
        let stream = |writer, terminal: Term| {
            let can_color = terminal.is_term() && !is_dumb || ci_system != CiSystem::Other;
            let is_colored = style::is_colored(options.color, can_color, environment);
            StyledStream {
                writer,
                style: Style {
                    is_colored,
                    lang,
                    list,
                },
                terminal,
            }
        };
        let terminals = [Term::stdout(), Term::stderr()];
        // They may be the same file or pipe, too.
        let handles = (Handle::stdout(), Handle::stderr());
        let are_one = terminals.iter().all(Term::is_term)
            || matches!(handles, (Ok(stdout), Ok(stderr)) if stdout == stderr);
        let [stdout, stderr] = standard_streams(are_one)?;
        let stdout = stream(stdout, Term::stdout());
        let stderr = stream(stderr, Term::stderr());
        let is_terminal = stderr.terminal.is_term();
        let choice = options.choice();
        let resolved = choice.resolve(is_terminal, is_dumb, is_ci(environment));
        let main = match resolved {
            OutputChoice::Bars => {
                let bars = BarsRenderer::new(stdout.clone(), stderr.clone());
                Main::Bars(Box::new(bars))
            }
            OutputChoice::Json => Main::Json,
            OutputChoice::Quiet => Main::Quiet,
            OutputChoice::Plain | OutputChoice::Auto => Main::Plain(ci_system),
        };
        let mut warnings = Vec::new();
        if choice == OutputChoice::Bars && resolved != choice {
            let (en, zh) = match is_terminal {
                true => (
                    "the terminal cannot draw, as TERM says",
                    "TERM 表明终端无法绘图",
                ),
                false => ("stderr is not a terminal", "stderr 不是终端"),
            };
            warnings.push(Message::new(
                format!("{en}: plain lines instead of bars"),
                format!("{zh}，改为逐行输出，不显示进度条"),
            ));
        }
        let is_github = ci_system == CiSystem::GitHub;
        let step_file = |name: &str| environment(name).filter(|_| is_github).map(PathBuf::from);
        let files = files::open(options, step_file, lang, &mut warnings)?;
        let output = Self {
            main,
            stdout,
            stderr,
            files,
            recording: None,
            closed: false,
            has_bell: options.bell && is_terminal,
            heartbeat: None,
        };
        Ok((output, warnings))
    }

    /// Writes an event to all outputs. Nothing more is written to one that failed, and one warning says so; the
    /// verdict does not depend on it.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        self.heartbeat = Some(event.at.instant.after(HEARTBEAT));
        let is_end = matches!(event.kind, Kind::Finished(_) | Kind::PartFinished(_));
        self.stdout.writer.reserve(is_end);
        self.stderr.writer.reserve(is_end);
        for file in &self.files {
            file.writer.reserve(is_end);
        }
        self.show(event);
    }

    fn show(&mut self, event: &Event<'_>) {
        // `finished` is the last event, so warnings about its own failures precede it.
        let is_last = matches!(event.kind, Kind::Finished(_));
        let mut lost = Vec::new();
        // The files come first: the warnings about them go to the main renderer.
        for index in 0..self.files.len() {
            match self.files[index].event(event) {
                Err(warning) if is_last => {
                    self.show(&general_warning(&warning, event.at, event.progress));
                }
                written => lost.extend(written.err()),
            }
        }
        let written = match &mut self.main {
            Main::Bars(bars) => bars.event(event),
            Main::Plain(ci_system) => {
                plain::write(event, &mut self.stdout, &mut self.stderr, *ci_system)
            }
            Main::Json => json::write(&mut self.stdout.writer, event),
            Main::Quiet => {
                plain::write_quiet(event, &mut self.stderr);
                Ok(())
            }
            Main::Closed => Ok(()),
        };
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
            self.say(self.stderr.style.lang.error(), &outcome.reason);
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
        self.say_aside(report::status(progress, now, self.stderr.style));
    }

    /// Says on stderr that a request was made (`--verbose`).
    pub(crate) fn trace(&mut self, request: &RequestTrace) {
        let line = self.stderr.style.lang.request(request);
        self.say_aside(self.stderr.style.color(Color::Faint, &line));
    }

    /// Writes text to stderr that belongs to no event.
    fn say_aside(&mut self, text: String) {
        match &mut self.main {
            Main::Bars(bars) => bars.say(text),
            _ => self.stderr.writer.line(&text),
        }
    }

    /// Redraws where that is due, says that the watch goes on where nothing was said for long, and finds
    /// out about failed writes. To be called at least once a second, and at the time that it returns.
    pub(crate) fn tick(&mut self, now: Timestamp, deployments: &[&Progress]) -> Option<Instant> {
        if self.heartbeat.is_some_and(|due| due <= now.instant) {
            self.heartbeat = Some(now.instant.after(HEARTBEAT));
            for progress in deployments.iter().filter(|progress| !progress.over) {
                self.event(&Event {
                    at: now,
                    progress,
                    kind: Kind::Heartbeat,
                });
            }
        }
        let mut due = self.heartbeat;
        if let Main::Bars(bars) = &mut self.main {
            let redraw = bars.tick(now.instant, deployments);
            due = redraw.into_iter().chain(due).min();
        }
        let written = self.stdout.writer.settle(Duration::ZERO);
        self.check(written);
        due
    }

    /// Waits until everything is written, as long as the readers take something, and at most for `left`
    /// (the rest of `--timeout`; zero after a signal) and a short grace. Warns on stderr about what was
    /// not written. To be called after the last event.
    pub(crate) fn finish(&mut self, left: Option<Duration>) {
        // Erases a picture that is left.
        self.main = Main::Closed;
        if mem::take(&mut self.has_bell) {
            // Nobody is there to hear it where stderr cannot be written.
            let _ = self.stderr.writer.queue(b"\x07".to_vec());
        }
        let begun = time::Instant::now();
        let deadline = left.and_then(|left| begun.checked_add(left.saturating_add(GRACE)));
        match self.stdout.writer.finish(begun, deadline) {
            Ok(lost) => self.warn_lost(&self.stdout.writer.name, lost),
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
        let _ = self.stderr.writer.finish(begun, deadline);
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
        if let Main::Bars(bars) = &mut self.main {
            bars.screen(change);
        }
        if change == SystemEvent::Suspended {
            // Without stderr there is no picture.
            let _ = self.stderr.writer.settle(STDERR_PATIENCE);
        }
    }

    /// Closes the standard streams if a write failed.
    fn check(&mut self, written: io::Result<()>) {
        let Err(error) = written else { return };
        self.main = Main::Closed;
        if error.kind() == ErrorKind::BrokenPipe {
            self.closed = true;
        } else {
            let message = Message::new("cannot write the output", "无法写入输出");
            self.warn_late(&message.with_detail(&Message::io(&error)));
        }
    }

    /// Writes a warning to stderr after the last event.
    pub(crate) fn warn_late(&self, message: &Message) {
        self.say(self.stderr.style.lang.warning(), message);
    }

    fn say(&self, heading: &str, message: &Message) {
        let line = self.stderr.style.lang.with_message(heading, Some(message));
        self.stderr.writer.clone().line(&line);
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
            (Choice::Auto, terminal, Choice::Bars),
            (Choice::Auto, ci, Choice::Plain),
            (Choice::Auto, dumb, Choice::Plain),
            (Choice::Auto, pipe, Choice::Plain),
            (Choice::Bars, terminal, Choice::Bars),
            (Choice::Bars, ci, Choice::Bars),
            (Choice::Bars, dumb, Choice::Plain),
            (Choice::Bars, pipe, Choice::Plain),
            (Choice::Plain, terminal, Choice::Plain),
            (Choice::Json, terminal, Choice::Json),
            (Choice::Json, pipe, Choice::Json),
            (Choice::Quiet, terminal, Choice::Quiet),
            (Choice::Quiet, ci, Choice::Quiet),
        ] {
            let (is_terminal, is_dumb, is_ci) = env;
            let resolved = choice.resolve(is_terminal, is_dumb, is_ci);
            assert_eq!(resolved, mode, "{choice:?} {env:?}");
        }
    }
}
