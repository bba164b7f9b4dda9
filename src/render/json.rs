//! The event stream: one JSON object per line, schema 1.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer as _};
use serde_json::ser::{CompactFormatter, Compound, Serializer};

use crate::clock::{self, Instant, milliseconds};
use crate::event::{Event, Finished, Kind};
use crate::message::Message;
use crate::model::{Phase, UnitState};
use crate::outcome::Outcome;
use crate::progress::{Change, Progress};
use crate::writer::NonBlockingWriter;

/// The version of the event stream. Fields and events may be added to it; none is removed.
const SCHEMA: u32 = 1;

/// The JSON object of a line, to which fields are added.
type Fields<'a, 'w> = Compound<'a, &'w mut NonBlockingWriter, CompactFormatter>;

fn line(
    out: &mut NonBlockingWriter,
    event: &Event<'_>,
    name: &str,
    add: impl FnOnce(&mut Fields<'_, '_>) -> serde_json::Result<()>,
) -> io::Result<()> {
    let mut serializer = Serializer::new(&mut *out);
    let mut fields = serializer.serialize_map(None)?;
    fields.serialize_entry("event", name)?;
    fields.serialize_entry("time", &clock::rfc3339_millis(event.at.wall))?;
    fields.serialize_entry("target", &*event.progress.target)?;
    add(&mut fields)?;
    fields.end()?;
    out.write_all(b"\n")
}

/// Writes the lines of an event.
pub(super) fn write(out: &mut NonBlockingWriter, event: &Event<'_>) -> io::Result<()> {
    let progress = event.progress;
    let now = event.at.instant;
    match event.kind {
        Kind::Started { provider, endpoint } => line(out, event, "started", |fields| {
            let usual = progress.usual.as_ref().map(|usual| usual.took);
            fields.serialize_entry("schema", &SCHEMA)?;
            fields.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
            fields.serialize_entry("provider", provider)?;
            fields.serialize_entry("endpoint", endpoint)?;
            fields.serialize_entry("interval_ms", &milliseconds(progress.interval))?;
            fields.serialize_entry("usual_ms", &usual.map(milliseconds))
        })?,
        Kind::Phase { from } => line(out, event, "phase", |fields| {
            let phase = progress.phase.unwrap_or(Phase::Unknown);
            fields.serialize_entry("from", &from.map(Phase::as_str))?;
            fields.serialize_entry("phase", phase.as_str())?;
            fields.serialize_entry("message", &progress.message.as_ref().map(Message::en))?;
            counts(fields, progress)
        })?,
        Kind::Units(changes) => {
            for change in changes {
                line(out, event, "unit", |fields| unit(fields, event, change))?;
            }
        }
        Kind::Progress { .. } => {
            line(out, event, "progress", |fields| counts(fields, progress))?;
        }
        Kind::Offline { retry_in } => {
            let Some(offline) = &progress.offline else {
                return Ok(());
            };
            let since = now.since(offline.since);
            line(out, event, "offline", |fields| {
                fields.serialize_entry("attempt", &offline.attempts)?;
                fields.serialize_entry("error", offline.error.message.en())?;
                fields.serialize_entry("status", &offline.error.status)?;
                fields.serialize_entry("retry_in_ms", &milliseconds(retry_in))?;
                fields.serialize_entry("offline_ms", &milliseconds(since))
            })?;
        }
        Kind::Online { offline } => line(out, event, "online", |fields| {
            fields.serialize_entry("offline_ms", &milliseconds(offline))
        })?,
        Kind::Warning { message, .. } => line(out, event, "warning", |fields| {
            fields.serialize_entry("message", message.en())
        })?,
        Kind::Heartbeat => line(out, event, "heartbeat", |fields| {
            let since = now.since(progress.last_change);
            fields.serialize_entry("phase", &progress.phase.map(Phase::as_str))?;
            fields.serialize_entry("done", &progress.done())?;
            fields.serialize_entry("total", &progress.total())?;
            fields.serialize_entry("since_change_ms", &milliseconds(since))
        })?,
        Kind::PartFinished(outcome) => line(out, event, "finished", |fields| {
            finished(fields, now, outcome, &[(progress, outcome)])
        })?,
        Kind::Finished(Finished { outcome, parts, .. }) => {
            line(out, event, "finished", |fields| {
                finished(fields, now, outcome, parts)
            })?;
        }
    }
    out.flush()
}

fn counts(fields: &mut Fields<'_, '_>, progress: &Progress) -> serde_json::Result<()> {
    let counts = progress.counts();
    fields.serialize_entry("done", &counts.done)?;
    fields.serialize_entry("total", &counts.total)?;
    fields.serialize_entry("percent", &counts.percent)?;
    fields.serialize_entry("batch", &counts.batch)?;
    fields.serialize_entry("batches", &counts.batches)
}

fn unit(fields: &mut Fields<'_, '_>, event: &Event<'_>, change: &Change) -> serde_json::Result<()> {
    let tracked = event.progress.unit(change.index);
    let unit = &tracked.unit;
    let age = tracked.age(event.at.instant);
    fields.serialize_entry("id", &*unit.id)?;
    fields.serialize_entry("name", &*unit.name)?;
    fields.serialize_entry("kind", unit.kind.as_str())?;
    fields.serialize_entry("batch", &unit.batch)?;
    fields.serialize_entry("from", &change.from.map(UnitState::as_str))?;
    fields.serialize_entry("state", unit.state.as_str())?;
    fields.serialize_entry("detail", &unit.detail.as_ref().map(Message::en))?;
    fields.serialize_entry("elapsed_ms", &age.map(milliseconds))
}

/// A failed unit in `finished`.
#[derive(Serialize)]
struct Failed<'a> {
    id: &'a str,
    name: &'a str,
    detail: Option<&'a str>,
    log: Option<&'a [String]>,
    elapsed_ms: Option<u64>,
    batch: Option<u32>,
}

fn finished(
    fields: &mut Fields<'_, '_>,
    now: Instant,
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
        elapsed_ms: tracked.age(now).map(milliseconds),
        batch: tracked.unit.batch,
    });
    let (url, log) = match parts {
        [(progress, _)] => (progress.url.as_deref(), progress.log.as_deref()),
        _ => (None, None),
    };
    fields.serialize_entry("verdict", outcome.verdict().as_str())?;
    fields.serialize_entry("exit_code", &outcome.verdict().code())?;
    fields.serialize_entry("reason", outcome.reason.en())?;
    fields.serialize_entry("reason_code", &outcome.cause)?;
    fields.serialize_entry("elapsed_ms", &milliseconds(outcome.elapsed))?;
    fields.serialize_entry("polls", &outcome.polls)?;
    fields.serialize_entry("units", &units)?;
    fields.serialize_entry("failed", &Vec::from_iter(failed))?;
    if let Some(log) = log {
        fields.serialize_entry("log", log)?;
    }
    fields.serialize_entry("url", &url)
}
