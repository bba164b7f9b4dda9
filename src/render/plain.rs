//! Lines of text, for logs and for people without a terminal: one for each change, or the verdict alone.

use std::io::{self, Write};

use super::ci::{self, CiSystem};
use super::style::{self, Color, Style};
use super::{StyledStream, report};
use crate::clock;
use crate::event::{Event, Finished, Kind};
use crate::model::{StateCounts, UnitState};
use crate::outcome::Verdict;
use crate::progress::{Change, Progress};
use crate::text;

/// Maximum number of changes of one poll that get a line each; beyond it only failures do.
const MAX_CHANGES: usize = 20;
/// Maximum number of failures of one poll that get a line each.
const MAX_FAILURES: usize = 100;

/// Writes changes and the report to stdout, warnings to stderr.
pub(super) fn write(
    event: &Event<'_>,
    stdout: &mut StyledStream,
    stderr: &mut StyledStream,
    ci_system: CiSystem,
) -> io::Result<()> {
    let Event { at, progress, kind } = *event;
    let style = stdout.style;
    let lang = style.lang;
    let prefix = report::target_prefix(progress, style);
    // Of a line whose subject is the target.
    let subject = match style.list {
        true => prefix.clone(),
        false => format!("{} ", progress.target),
    };
    let lines = match kind {
        Kind::Started { endpoint, .. } => {
            let interval = humantime::format_duration(progress.interval);
            let usual = progress.usual.as_ref();
            let usual = usual.map(|usual| lang.usually(text::duration(usual.took)));
            let usual = usual.map(|usual| lang.comma().to_owned() + &usual);
            let line = lang.watching(endpoint, interval);
            vec![subject + &line + &usual.unwrap_or_default()]
        }
        Kind::Phase { .. } => {
            let color = style::of_phase(progress.phase.unwrap_or_default());
            vec![subject + &style.color(color, &report::phase(progress, lang))]
        }
        Kind::Units(changes) => {
            let lines = units(changes, progress, style).into_iter();
            lines.map(|line| format!("{prefix}{line}")).collect()
        }
        // The lines of the units have the number of those that are done.
        Kind::Progress { stepped: false } => Vec::new(),
        Kind::Progress { .. } => vec![subject + report::counts(progress, lang).trim_start()],
        Kind::Offline { .. } | Kind::Online { .. } => Vec::from_iter(report::notice(event, style)),
        Kind::Warning { .. } => {
            let notice = report::notice(event, stderr.style);
            stderr.writer.line(&notice.unwrap_or_default());
            return Ok(());
        }
        Kind::Heartbeat => {
            let line = match progress.phase {
                Some(phase) => lang.still_in_phase(lang.phase(phase)),
                None => lang.still_no_response().to_owned(),
            };
            vec![subject + &line + &report::counts(progress, lang)]
        }
        Kind::PartFinished(outcome) => vec![report::verdict(outcome, Some(progress), style)],
        Kind::Finished(end) => {
            // The report stays the last.
            let annotations = match ci_system {
                CiSystem::GitHub => ci::annotations(&end, lang),
                _ => Vec::new(),
            };
            let report = report::report(at, &end, style, ci_system, stdout.columns());
            for line in annotations.iter().chain(&report) {
                writeln!(stdout.writer, "{line}")?;
            }
            Vec::new()
        }
    };
    let time = clock::rfc3339_seconds(at.wall);
    for line in lines {
        writeln!(stdout.writer, "{time} {line}")?;
    }
    stdout.writer.flush()
}

/// The lines about the units that a poll changed.
fn units(changes: &[Change], progress: &Progress, style: Style) -> Vec<String> {
    let state = |change: &&Change| progress.unit(change.index).unit.state;
    let (failed, others): (Vec<_>, Vec<_>) = changes
        .iter()
        .partition(|change| state(change) == UnitState::Failed);
    let line = |change: &&Change| unit(change, progress, style);
    let mut lines = Vec::from_iter(failed.iter().take(MAX_FAILURES).map(line));
    if failed.len() > MAX_FAILURES {
        let more = style.lang.more_units_failed(failed.len() - MAX_FAILURES);
        lines.push(style.color(Color::Bad, &more));
    }
    if changes.len() <= MAX_CHANGES {
        lines.extend(others.iter().map(line));
    } else if !others.is_empty() {
        let mut counts = StateCounts::default();
        for change in &others {
            counts[state(change) as usize] += 1;
        }
        let counts = report::states(counts, style.lang);
        let done = style.lang.done(progress.done(), progress.total());
        lines.push(style.lang.changed(counts, done));
    }
    lines
}

fn unit(change: &Change, progress: &Progress, style: Style) -> String {
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
    let (_, color) = style::of_state(unit.state);
    style.color(color, &lang.with_message(line, unit.detail.as_ref()))
}

/// Writes warnings and errors, and the verdict if it is not a success, with the first failed unit and why it
/// failed, unless the reason names it: `; 192.0.2.1: agent does not answer`.
pub(super) fn write_quiet(event: &Event<'_>, stderr: &mut StyledStream) {
    let (progress, style) = (event.progress, stderr.style);
    let line = match event.kind {
        Kind::Finished(Finished { outcome, .. }) | Kind::PartFinished(outcome) => {
            let reason = outcome.reason.get(style.lang);
            let mut line = report::verdict(outcome, Some(progress), style);
            if let Some(failed) = progress.failed_units().next()
                && !reason.contains(&*failed.unit.name)
            {
                let detail = failed.unit.detail.as_ref();
                let failed = style.lang.with_message(&failed.unit.name, detail);
                line += &format!("; {failed}");
            }
            (outcome.verdict() != Verdict::Succeeded).then_some(line)
        }
        _ => report::notice(event, style),
    };
    if let Some(line) = line {
        stderr.writer.line(&line);
    }
}
