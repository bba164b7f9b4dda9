//! A line for each change, for logs and for people without a terminal.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use super::ci::{self, CiSystem};
use super::style::{self, Color, Style};
use super::{Render, report};
use crate::clock::{self, Instant, Timestamp};
use crate::event::{End, Event, Kind};
use crate::message::Lang;
use crate::model::{Phase, UnitState};
use crate::progress::{Change, Progress};

/// Changes of one poll that get a line each; beyond that only failures do.
const CHANGES: usize = 20;
/// Failures of one poll that are named.
const FAILURES: usize = 100;
/// How long nothing may be said.
const QUIET: Duration = Duration::from_secs(60);

/// The plain renderer.
pub(crate) struct Plain<W, E> {
    out: W,
    errors: E,
    style: Style,
    errors_style: Style,
    ci_system: CiSystem,
    /// When the last line was written.
    said: Option<Instant>,
}

impl<W: Write, E: Write> Plain<W, E> {
    /// Writes changes and the report to `out`, warnings to `errors`.
    pub(crate) fn new(
        out: W,
        errors: E,
        style: Style,
        errors_style: Style,
        ci_system: CiSystem,
    ) -> Self {
        Self {
            out,
            errors,
            style,
            errors_style,
            ci_system,
            said: None,
        }
    }

    fn line(&mut self, at: Timestamp, progress: &Progress, text: &str) -> io::Result<()> {
        self.said = Some(at.instant);
        let time = timestamp(at.wall);
        writeln!(
            self.out,
            "{time} {}{text}",
            report::target_prefix(progress, self.style)
        )
    }

    fn units(&mut self, at: Timestamp, changes: &[Change], progress: &Progress) -> io::Result<()> {
        let failures = changes
            .iter()
            .filter(|change| progress.unit(change.index).unit.state == UnitState::Failed);
        let failed = failures.clone().count();
        for change in failures.take(FAILURES) {
            self.unit(at, change, progress)?;
        }
        if failed > FAILURES {
            let more = failed - FAILURES;
            let line = self.style.lang.units_failed(more);
            let line = self.style.color(Color::Bad, &line);
            self.line(at, progress, &line)?;
        }
        let others = changes
            .iter()
            .filter(|change| progress.unit(change.index).unit.state != UnitState::Failed);
        if changes.len() <= CHANGES {
            for change in others {
                self.unit(at, change, progress)?;
            }
            return Ok(());
        }
        let mut counts = UnitState::ALL.map(|state| (state, 0));
        for change in others {
            counts[progress.unit(change.index).unit.state as usize].1 += 1;
        }
        let lang = self.style.lang;
        let counts = report::states(counts, lang);
        if counts.is_empty() {
            return Ok(());
        }
        let line = lang.changed(&counts, &lang.done(progress.done(), progress.total()));
        self.line(at, progress, &line)
    }

    fn unit(&mut self, at: Timestamp, change: &Change, progress: &Progress) -> io::Result<()> {
        let tracked = progress.unit(change.index);
        let unit = &tracked.unit;
        let lang = self.style.lang;
        let mut line = match unit.state {
            UnitState::Failed => lang.unit_failed(&unit.name),
            state => format!("{} {}", unit.name, lang.state(state)),
        };
        if let Some(age) = tracked.ended.and_then(|ended| tracked.age(ended)) {
            line += &lang.took(age);
        }
        if unit.state == UnitState::Running && change.from.is_some_and(UnitState::ended) {
            line += lang.once_more();
        }
        if let Some(detail) = &unit.detail {
            line += lang.colon();
            line += detail.get(lang);
        }
        let (_, color) = style::of_state(unit.state);
        self.line(at, progress, &self.style.color(color, &line))
    }

    fn phase(&mut self, at: Timestamp, progress: &Progress) -> io::Result<()> {
        let phase = progress.phase.unwrap_or(Phase::Unknown);
        let lang = self.style.lang;
        let mut line = lang.phase(phase).to_owned();
        if !self.style.list {
            line.insert_str(0, &format!("{} ", progress.target));
        }
        if let Some(message) = &progress.message {
            line += lang.colon();
            line += message.get(lang);
        }
        line += &counts(progress, lang);
        self.line(
            at,
            progress,
            &self.style.color(style::of_phase(phase), &line),
        )
    }

    /// The report, and before it what GitHub is told, so that the report stays the last.
    fn end(&mut self, at: Timestamp, end: &End<'_>) -> io::Result<()> {
        if self.ci_system == CiSystem::GitHub {
            for line in ci::annotations(end, self.style.lang) {
                writeln!(self.out, "{line}")?;
            }
        }
        for line in report::report(at, end, self.style, self.ci_system) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

impl<W: Write, E: Write> Render for Plain<W, E> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let progress = event.progress;
        let at = event.at;
        let lang = self.style.lang;
        match &event.kind {
            Kind::Started(started) => {
                let line = lang.watching(&progress.target, &started.endpoint, started.interval);
                self.line(at, progress, &line)?;
            }
            Kind::Phase { .. } => self.phase(at, progress)?,
            Kind::Units(changes) => self.units(at, changes, progress)?,
            // How many are done is said by the lines of the units already.
            Kind::Progress { stepped: false } => {}
            Kind::Progress { stepped: true } => {
                let line = format!("{}{}", progress.target, counts(progress, lang));
                self.line(at, progress, &line)?;
            }
            Kind::Offline { .. } | Kind::Online { .. } => {
                if let Some(notice) = report::notice(event, self.style) {
                    self.line(at, progress, &notice)?;
                }
            }
            Kind::Warning { .. } | Kind::Trace(_) => {
                // Whether stderr can be written does not matter to the result.
                if let Some(notice) = report::notice(event, self.errors_style) {
                    let _ = writeln!(self.errors, "{notice}").and_then(|()| self.errors.flush());
                }
            }
            Kind::PartFinished(outcome) => {
                let line = report::verdict(outcome, progress, self.style);
                self.line(at, progress, &line)?;
            }
            Kind::Finished(end) => self.end(at, end)?,
        }
        self.out.flush()
    }

    fn tick(&mut self, now: Timestamp, deployments: &[&Progress]) -> io::Result<()> {
        if self.wake().is_none_or(|wake| wake > now.instant) {
            return Ok(());
        }
        for progress in deployments.iter().filter(|progress| !progress.over) {
            let lang = self.style.lang;
            let line = lang.still(&progress.target, progress.phase) + &counts(progress, lang);
            self.line(now, progress, &line)?;
        }
        // Where all are over there was nothing to say, and still nothing is due.
        self.said = Some(now.instant);
        self.out.flush()
    }

    fn wake(&self) -> Option<Instant> {
        Some(self.said?.after(QUIET))
    }
}

/// ` 3/10 done, 42 %, batch 1 of 3`, as far as it is known.
fn counts(progress: &Progress, lang: Lang) -> String {
    let mut parts = Vec::new();
    let counts = progress.counts();
    if counts.total > 0 {
        parts.push(lang.done(counts.done, counts.total));
    }
    if let Some(percent) = counts.percent {
        parts.push(format!("{percent} %"));
    }
    let batch = counts.batch;
    parts.extend(batch.map(|batch| lang.batch(batch, counts.batches)));
    if parts.is_empty() {
        return String::new();
    }
    lang.aside(&parts.join(lang.comma()))
}

/// RFC 3339, UTC.
fn timestamp(wall: SystemTime) -> String {
    humantime::format_rfc3339_seconds(clock::clamp_to_rfc3339(wall)).to_string()
}
