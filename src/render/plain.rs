//! A line for each change, for logs and for people without a terminal.

use std::io::{self, Write};

use super::ci::{self, CiSystem};
use super::style::{self, Color};
use super::{Render, StyledStream, report};
use crate::clock::{self, Timestamp};
use crate::event::{Event, Kind};
use crate::model::{Phase, StateCounts, UnitState};
use crate::progress::{Change, Progress};
use crate::text;

/// Maximum number of changes of one poll that get a line each; beyond it only failures do.
const MAX_CHANGES: usize = 20;
/// Maximum number of failures of one poll that get a line each.
const MAX_FAILURES: usize = 100;

/// The plain renderer: changes and the report on stdout, warnings on stderr.
pub(super) struct Plain {
    pub(super) stdout: StyledStream,
    pub(super) stderr: StyledStream,
    pub(super) ci_system: CiSystem,
}

impl Plain {
    /// A line with the time.
    fn line(&mut self, at: Timestamp, text: &str) -> io::Result<()> {
        let time = clock::rfc3339_seconds(at.wall);
        writeln!(self.stdout.writer, "{time} {text}")
    }

    /// A line about a target.
    fn about(&mut self, at: Timestamp, progress: &Progress, text: &str) -> io::Result<()> {
        let prefix = report::target_prefix(progress, self.stdout.style);
        self.line(at, &(prefix + text))
    }

    /// A line whose subject is the target.
    fn target(&mut self, at: Timestamp, progress: &Progress, text: &str) -> io::Result<()> {
        match self.stdout.style.list {
            true => self.about(at, progress, text),
            false => self.line(at, &format!("{} {text}", progress.target)),
        }
    }

    fn units(&mut self, at: Timestamp, changes: &[Change], progress: &Progress) -> io::Result<()> {
        let style = self.stdout.style;
        let state = |change: &Change| progress.unit(change.index).unit.state;
        let (failed, others): (Vec<_>, Vec<_>) = changes
            .iter()
            .partition(|change| state(change) == UnitState::Failed);
        for change in failed.iter().take(MAX_FAILURES) {
            self.unit(at, change, progress)?;
        }
        if failed.len() > MAX_FAILURES {
            let more = style.lang.more_units_failed(failed.len() - MAX_FAILURES);
            self.about(at, progress, &style.color(Color::Bad, &more))?;
        }
        if changes.len() <= MAX_CHANGES {
            return others
                .iter()
                .try_for_each(|change| self.unit(at, change, progress));
        }
        if others.is_empty() {
            return Ok(());
        }
        let mut counts = StateCounts::default();
        for change in &others {
            counts[state(change) as usize] += 1;
        }
        let counts = report::states(counts, style.lang);
        let done = style.lang.done(progress.done(), progress.total());
        self.about(at, progress, &style.lang.changed(counts, done))
    }

    fn unit(&mut self, at: Timestamp, change: &Change, progress: &Progress) -> io::Result<()> {
        let style = self.stdout.style;
        let lang = style.lang;
        let tracked = progress.unit(change.index);
        let unit = &tracked.unit;
        let mut line = match unit.state {
            UnitState::Failed => lang.unit_failed(&unit.name),
            state => format!("{} {}", unit.name, lang.state(state)),
        };
        if let Some(age) = tracked.ended.and_then(|ended| tracked.age(ended)) {
            line += &lang.took(text::duration(age));
        }
        if unit.state == UnitState::Running && change.from.is_some_and(UnitState::ended) {
            line += lang.once_more();
        }
        let line = lang.with_message(line, unit.detail.as_ref());
        let (_, color) = style::of_state(unit.state);
        self.about(at, progress, &style.color(color, &line))
    }

    fn phase(&mut self, at: Timestamp, progress: &Progress) -> io::Result<()> {
        let style = self.stdout.style;
        let lang = style.lang;
        let phase = progress.phase.unwrap_or(Phase::Unknown);
        let line = lang.with_message(lang.phase(phase), progress.message.as_ref())
            + &report::counts(progress, lang);
        self.target(at, progress, &style.color(style::of_phase(phase), &line))
    }
}

impl Render for Plain {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Event { at, progress, .. } = *event;
        let style = self.stdout.style;
        match event.kind {
            Kind::Started(started) => {
                let interval = humantime::format_duration(started.interval);
                let lang = style.lang;
                let usual = started.usual.map(text::duration);
                let usual = usual.map(|usual| [lang.comma(), &lang.usually(usual)].concat());
                let line = lang.watching(&started.endpoint, interval) + &usual.unwrap_or_default();
                self.target(at, progress, &line)?;
            }
            Kind::Phase { .. } => self.phase(at, progress)?,
            Kind::Units(changes) => self.units(at, changes, progress)?,
            // The lines of the units have the number of those that are done.
            Kind::Progress { stepped: false } => {}
            Kind::Progress { stepped: true } => {
                let counts = report::counts(progress, style.lang);
                self.target(at, progress, counts.trim_start())?;
            }
            Kind::Offline { .. } | Kind::Online { .. } => {
                if let Some(notice) = report::notice(event, style) {
                    self.line(at, &notice)?;
                }
            }
            Kind::Warning { .. } => {
                if let Some(notice) = report::notice(event, self.stderr.style) {
                    self.stderr.writer.line(&notice);
                }
            }
            Kind::Heartbeat => {
                let lang = style.lang;
                let line = match progress.phase {
                    Some(phase) => lang.still_in_phase(lang.phase(phase)),
                    None => lang.still_no_response().to_owned(),
                };
                self.target(at, progress, &(line + &report::counts(progress, lang)))?;
            }
            Kind::PartFinished(outcome) => {
                self.line(at, &report::verdict(outcome, Some(progress), style))?;
            }
            Kind::Finished(end) => {
                // The report stays the last.
                let annotations = match self.ci_system {
                    CiSystem::GitHub => ci::annotations(&end, style.lang),
                    _ => Vec::new(),
                };
                let report = report::report(at, &end, style, self.ci_system, self.stdout.columns());
                for line in annotations.iter().chain(&report) {
                    writeln!(self.stdout.writer, "{line}")?;
                }
            }
        }
        self.stdout.writer.flush()
    }
}
