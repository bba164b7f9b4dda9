//! How a watch is shown. Renderers read events and the board, and know nothing else.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::Result;

use crate::board::Board;
use crate::cli::options::{ColorChoice, OutputChoice};
use crate::clock::{Moment, Now};
use crate::event::{Event, Kind};
use crate::exit::Verdict;
use crate::lang::Lang;
use crate::model::Note;

mod ci;
mod files;
mod frame;
mod json;
mod junit;
mod live;
mod outlet;
mod paint;
mod plain;
mod quiet;
mod report;
mod summary;
#[cfg(test)]
mod testing;

use ci::Runner;
pub(crate) use files::Files;
use files::Side;
use outlet::Outlet;
use paint::{Paint, Style};

/// Shows one watch in one way.
pub(crate) trait Render {
    /// Shows an event. The board is the state just after it.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn event(&mut self, event: &Event<'_>, board: &Board) -> io::Result<()>;

    /// Time has passed, and nothing else happened.
    ///
    /// # Errors
    /// Where the output cannot be written.
    fn tick(&mut self, _now: Now, _boards: &[&Board]) -> io::Result<()> {
        Ok(())
    }

    /// When `tick` is wanted at the latest.
    fn wake(&self) -> Option<Moment> {
        None
    }

    /// The process is about to be stopped: leaves the terminal to the shell.
    fn suspend(&mut self) {}

    /// The screen is not what it was.
    fn redraw(&mut self, _screen: Screen) {}
}

/// What became of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// It may have another size.
    Resized,
    /// Others may have written on it.
    Lost,
}

/// What the choice of the renderers depends on.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) stderr_is_terminal: bool,
    pub(crate) stdout_is_terminal: bool,
    /// `TERM` is `dumb` or not there.
    pub(crate) term_is_dumb: bool,
    /// `CI` is set.
    pub(crate) ci: bool,
    /// The CI system that reads stdout.
    pub(crate) runner: Runner,
    /// The file in which GitHub takes the summary of a step.
    pub(crate) step_summary: Option<PathBuf>,
}

impl Facts {
    /// Looks at the process's own streams and environment.
    pub(crate) fn gather(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let runner = Runner::gather(environment);
        let step_summary = environment("GITHUB_STEP_SUMMARY").map(PathBuf::from);
        Self {
            stderr_is_terminal: io::stderr().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            term_is_dumb: environment("TERM").is_none_or(|term| term == "dumb"),
            ci: environment("CI").is_some_and(|value| value != "false"),
            runner,
            step_summary: step_summary.filter(|_| runner == Runner::GitHub),
        }
    }
}

/// How a watch is shown in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Bars,
    Plain,
    Json,
    Quiet,
}

impl OutputChoice {
    /// Resolves the choice.
    ///
    /// | asked for | terminal, not dumb, no CI | terminal in CI | no terminal, or a dumb one |
    /// |---|---|---|---|
    /// | auto | bars | plain | plain |
    /// | bars | bars | bars | plain, with a warning |
    /// | plain, json, quiet | as asked | as asked | as asked |
    fn mode(self, facts: &Facts) -> Mode {
        let can_draw = facts.stderr_is_terminal && !facts.term_is_dumb;
        match self {
            Self::Auto if can_draw && !facts.ci => Mode::Bars,
            Self::Bars if can_draw => Mode::Bars,
            Self::Auto | Self::Bars | Self::Plain => Mode::Plain,
            Self::Json => Mode::Json,
            Self::Quiet => Mode::Quiet,
        }
    }
}

/// Everything a watch is shown on: one renderer for people or scripts, and files beside it.
pub(crate) struct Output {
    /// None once it cannot be written to.
    main: Option<Box<dyn Render>>,
    /// Where that writes lines.
    stdout: Outlet<io::Stdout>,
    stderr: Outlet<io::Stderr>,
    /// Those that can still be written to.
    sides: Vec<Side>,
    /// Nobody reads stdout any more.
    closed: bool,
    lang: Lang,
}

impl Output {
    /// Sets up what was asked for, and says what could not be had. `list` is for several targets.
    ///
    /// # Errors
    /// Where a file cannot be opened that was asked for.
    pub(crate) fn new(
        choice: OutputChoice,
        color: ColorChoice,
        lang: Option<Lang>,
        files: Files<'_>,
        facts: &Facts,
        list: bool,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<Note>)> {
        let lang = Lang::choose(lang, environment);
        let style = |is_terminal| Style {
            paint: Paint::choose(color, is_terminal && !facts.term_is_dumb, environment),
            lang,
            list,
        };
        let out_style = style(facts.stdout_is_terminal);
        let errors_style = style(facts.stderr_is_terminal);
        let stdout = Outlet::new(io::stdout());
        let stderr = Outlet::new(io::stderr());
        let (out, errors) = (stdout.clone(), stderr.clone());
        let mode = choice.mode(facts);
        let main: Box<dyn Render> = match mode {
            Mode::Bars => Box::new(live::Live::new(out_style, errors_style)),
            Mode::Plain => Box::new(plain::Plain::new(
                out,
                errors,
                out_style,
                errors_style,
                facts.runner,
            )),
            Mode::Json => Box::new(json::Json::new(out, errors, lang)),
            Mode::Quiet => Box::new(quiet::Quiet::new(errors, errors_style)),
        };
        let mut notes = Vec::new();
        if choice == OutputChoice::Bars && mode != Mode::Bars {
            notes.push(if facts.stderr_is_terminal {
                Note::DumbTerminal
            } else {
                Note::NoTerminal
            });
        }
        let output = Self {
            main: Some(main),
            stdout,
            stderr,
            sides: files.open(facts.step_summary.as_deref(), lang, &mut notes)?,
            closed: false,
            lang,
        };
        Ok((output, notes))
    }

    /// Whether nobody reads stdout any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Shows an event everywhere. What cannot be written is warned of once and left out from then
    /// on: it is decoration, and the verdict does not depend on it.
    pub(crate) fn event(&mut self, event: &Event<'_>, board: &Board) {
        // Nothing comes after the last event, so that its warnings come before it.
        let is_last = matches!(event.kind, Kind::Finished(_) | Kind::AllFinished(..));
        let mut lost = Vec::new();
        let mut place = 0;
        // Who does not read stdout must not hold up the files.
        while let Some(side) = self.sides.get_mut(place) {
            let Err(note) = side.event(event, board) else {
                place += 1;
                continue;
            };
            self.sides.remove(place);
            if is_last {
                self.warn(&note, event.at, board);
            } else {
                lost.push(note);
            }
        }
        let shown = self.main.as_mut().map(|main| main.event(event, board));
        self.check(shown);
        // What is wrong with the command line is said where such things are said, in every mode.
        if let Kind::Finished(outcome) | Kind::PartFinished(outcome) = &event.kind
            && outcome.verdict == Verdict::Unclear
        {
            let words = self.lang.words();
            self.say(words.error(), &words.reason(&outcome.reason));
        }
        for note in lost {
            self.warn(&note, event.at, board);
        }
    }

    fn warn(&mut self, note: &Note, at: Now, board: &Board) {
        let kind = Kind::Warning(note);
        self.event(&Event { at, kind }, board);
    }

    /// Lets the picture move on.
    pub(crate) fn tick(&mut self, now: Now, boards: &[&Board]) {
        let shown = self.main.as_mut().map(|main| main.tick(now, boards));
        self.check(shown);
        // Whether stderr can be written does not matter to the result.
        let _ = self.stderr.retry(now.moment);
        let written = self.stdout.retry(now.moment);
        self.check(Some(written));
    }

    /// Leaves the terminal to the shell.
    pub(crate) fn suspend(&mut self) {
        if let Some(main) = &mut self.main {
            main.suspend();
        }
    }

    /// Draws anew: the screen is not what it was.
    pub(crate) fn redraw(&mut self, screen: Screen) {
        if let Some(main) = &mut self.main {
            main.redraw(screen);
        }
    }

    /// When `tick` is wanted at the latest.
    pub(crate) fn wake(&self) -> Option<Moment> {
        let main = self.main.as_ref().and_then(|main| main.wake());
        let wakes = [main, self.stdout.again(), self.stderr.again()];
        wakes.into_iter().flatten().min()
    }

    fn check(&mut self, shown: Option<io::Result<()>>) {
        let Some(Err(error)) = shown else { return };
        self.main = None;
        if error.kind() == ErrorKind::BrokenPipe {
            self.closed = true;
        } else {
            // The renderer is gone; where stderr is gone too there is nobody left to tell.
            let words = self.lang.words();
            self.say(words.warning(), &words.cannot_write(&(&error).into()));
        }
    }

    /// Says a warning after the end, to which no renderer listens any more.
    pub(crate) fn warn_late(&self, note: &Note) {
        let words = self.lang.words();
        self.say(words.warning(), &words.note(note));
    }

    fn say(&self, heading: &str, text: &str) {
        let colon = self.lang.words().colon();
        // Where stderr is gone nobody can be told.
        let mut stderr = self.stderr.clone();
        let _ = writeln!(stderr, "{heading}{colon}{text}").and_then(|()| stderr.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_resolved_from_facts() {
        use OutputChoice as Choice;
        let facts = |stderr_is_terminal, term_is_dumb, ci| Facts {
            stderr_is_terminal,
            stdout_is_terminal: true,
            term_is_dumb,
            ci,
            runner: Runner::Other,
            step_summary: None,
        };
        let terminal = facts(true, false, false);
        let ci = facts(true, false, true);
        let dumb = facts(true, true, false);
        let pipe = facts(false, false, false);
        for (choice, facts, mode) in [
            (Choice::Auto, &terminal, Mode::Bars),
            (Choice::Auto, &ci, Mode::Plain),
            (Choice::Auto, &dumb, Mode::Plain),
            (Choice::Auto, &pipe, Mode::Plain),
            (Choice::Bars, &terminal, Mode::Bars),
            (Choice::Bars, &ci, Mode::Bars),
            (Choice::Bars, &dumb, Mode::Plain),
            (Choice::Bars, &pipe, Mode::Plain),
            (Choice::Plain, &terminal, Mode::Plain),
            (Choice::Json, &terminal, Mode::Json),
            (Choice::Json, &pipe, Mode::Json),
            (Choice::Quiet, &terminal, Mode::Quiet),
            (Choice::Quiet, &ci, Mode::Quiet),
        ] {
            assert_eq!(choice.mode(facts), mode, "{choice:?} {facts:?}");
        }
    }
}
