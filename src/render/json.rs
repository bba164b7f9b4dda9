//! The event stream: one JSON object per line, schema 1.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer as _};
use serde_json::ser::{CompactFormatter, Compound, Serializer};

use super::Render;
use crate::clock::{self, milliseconds};
use crate::event::{End, Event, Kind};
use crate::message::{Lang, Message};
use crate::model::{Phase, UnitState};
use crate::outcome::Outcome;
use crate::progress::{Change, Progress};
use crate::writer::NonBlockingWriter;

/// The version of the event stream. Fields and events may be added to it; none is removed.
const SCHEMA: u32 = 1;

/// Writes events to stdout or to a file.
pub(super) struct Json {
    pub(super) out: NonBlockingWriter,
    /// Where lines of `--verbose` go, which are not events, and their language.
    pub(super) traces: Option<(NonBlockingWriter, Lang)>,
}

/// The object of a line, to which fields are added.
type Object<'a, 'w> = Compound<'a, &'w mut NonBlockingWriter, CompactFormatter>;

impl Json {
    fn line(
        &mut self,
        event: &Event<'_>,
        name: &str,
        add_fields: impl FnOnce(&mut Object<'_, '_>) -> serde_json::Result<()>,
    ) -> io::Result<()> {
        let mut serializer = Serializer::new(&mut self.out);
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("event", name)?;
        object.serialize_entry("time", &clock::rfc3339_millis(event.at.wall))?;
        object.serialize_entry("target", &*event.progress.target)?;
        add_fields(&mut object)?;
        object.end()?;
        self.out.write_all(b"\n")
    }
}

impl Render for Json {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let progress = event.progress;
        match event.kind {
            Kind::Started(started) => self.line(event, "started", |object| {
                object.serialize_entry("schema", &SCHEMA)?;
                object.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
                object.serialize_entry("provider", started.provider)?;
                object.serialize_entry("endpoint", &started.endpoint)?;
                object.serialize_entry("interval_ms", &milliseconds(started.interval))
            })?,
            Kind::Phase { from } => self.line(event, "phase", |object| {
                let phase = progress.phase.unwrap_or(Phase::Unknown);
                object.serialize_entry("from", &from.map(Phase::as_str))?;
                object.serialize_entry("phase", phase.as_str())?;
                object.serialize_entry("message", &progress.message.as_ref().map(Message::en))?;
                counts(object, progress)
            })?,
            Kind::Units(changes) => {
                for change in changes {
                    self.line(event, "unit", |object| unit(object, event, change))?;
                }
            }
            Kind::Progress { .. } => {
                self.line(event, "progress", |object| counts(object, progress))?;
            }
            Kind::Offline { status, retry_in } => {
                let Some(offline) = &progress.offline else {
                    return Ok(());
                };
                let since = event.at.instant.since(offline.since);
                self.line(event, "offline", |object| {
                    object.serialize_entry("attempt", &offline.attempts)?;
                    object.serialize_entry("error", offline.error.en())?;
                    object.serialize_entry("status", &status)?;
                    object.serialize_entry("retry_in_ms", &milliseconds(retry_in))?;
                    object.serialize_entry("offline_ms", &milliseconds(since))
                })?;
            }
            Kind::Online { offline } => self.line(event, "online", |object| {
                object.serialize_entry("offline_ms", &milliseconds(offline))
            })?,
            Kind::Warning { message, .. } => self.line(event, "warning", |object| {
                object.serialize_entry("message", message.en())
            })?,
            Kind::Trace(request) => {
                if let Some((stderr, lang)) = &mut self.traces {
                    stderr.line(&lang.request(request));
                }
                return Ok(());
            }
            Kind::PartFinished(outcome) => self.line(event, "finished", |object| {
                finished(object, outcome, &[(progress, outcome)])
            })?,
            Kind::Finished(End { outcome, parts, .. }) => {
                self.line(event, "finished", |object| finished(object, outcome, parts))?;
            }
        }
        self.out.flush()
    }
}

fn counts(object: &mut Object<'_, '_>, progress: &Progress) -> serde_json::Result<()> {
    let counts = progress.counts();
    object.serialize_entry("done", &counts.done)?;
    object.serialize_entry("total", &counts.total)?;
    object.serialize_entry("percent", &counts.percent)?;
    object.serialize_entry("batch", &counts.batch)?;
    object.serialize_entry("batches", &counts.batches)
}

fn unit(object: &mut Object<'_, '_>, event: &Event<'_>, change: &Change) -> serde_json::Result<()> {
    let tracked = event.progress.unit(change.index);
    let unit = &tracked.unit;
    let age = tracked.age(event.at.instant);
    object.serialize_entry("id", &*unit.id)?;
    object.serialize_entry("name", &*unit.name)?;
    object.serialize_entry("kind", unit.kind.as_str())?;
    object.serialize_entry("batch", &unit.batch)?;
    object.serialize_entry("from", &change.from.map(UnitState::as_str))?;
    object.serialize_entry("state", unit.state.as_str())?;
    object.serialize_entry("detail", &unit.detail.as_ref().map(Message::en))?;
    object.serialize_entry("elapsed_ms", &age.map(milliseconds))
}

/// A failed unit in `finished`.
#[derive(Serialize)]
struct Failed<'a> {
    id: &'a str,
    name: &'a str,
    detail: Option<&'a str>,
    log: Option<&'a [String]>,
}

fn finished(
    object: &mut Object<'_, '_>,
    outcome: &Outcome,
    parts: &[(&Progress, &Outcome)],
) -> serde_json::Result<()> {
    let mut units = BTreeMap::from(UnitState::ALL.map(|state| (state.as_str(), 0)));
    for (progress, _) in parts {
        *units.entry("total").or_default() += progress.total();
        for state in UnitState::ALL {
            *units.entry(state.as_str()).or_default() += progress.count(state);
        }
    }
    let failed = parts
        .iter()
        .flat_map(|(progress, _)| progress.failed_units());
    let failed = failed.map(|tracked| Failed {
        id: &tracked.unit.id,
        name: &tracked.unit.name,
        detail: tracked.unit.detail.as_ref().map(Message::en),
        log: tracked.log.as_deref(),
    });
    let url = match parts {
        [(progress, _)] => progress.url.as_deref(),
        _ => None,
    };
    object.serialize_entry("verdict", outcome.verdict.as_str())?;
    object.serialize_entry("exit_code", &outcome.verdict.code())?;
    object.serialize_entry("reason", outcome.reason.en())?;
    object.serialize_entry("elapsed_ms", &milliseconds(outcome.elapsed))?;
    object.serialize_entry("polls", &outcome.polls)?;
    object.serialize_entry("units", &units)?;
    object.serialize_entry("failed", &Vec::from_iter(failed))?;
    object.serialize_entry("url", &url)
}
