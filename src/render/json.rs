//! The event stream: one JSON object per line, schema 1.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Render;
use crate::clock::{self, Instant};
use crate::event::{End, Event, Kind, Started};
use crate::message::{Lang, Message};
use crate::model::{Phase, UnitState};
use crate::outcome::Outcome;
use crate::progress::{Change, Counts, Progress};

/// The version of the event stream. Fields and events may be added to it; none is removed.
const SCHEMA: u32 = 1;

/// Writes events to a file or to stdout; traces, which people read, go to `errors`.
pub(crate) struct Json<W, E> {
    out: W,
    errors: E,
    lang: Lang,
}

impl<W: Write, E: Write> Json<W, E> {
    /// Writes the stream to `out` and the lines of `--verbose` to `errors`.
    pub(crate) fn new(out: W, errors: E, lang: Lang) -> Self {
        Self { out, errors, lang }
    }

    fn line(&mut self, event: &Event<'_>, progress: &Progress, body: Body<'_>) -> io::Result<()> {
        let line = Line {
            event: body.name(),
            time: timestamp(event.at.wall),
            target: &progress.target,
            body,
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write, E: Write> Render for Json<W, E> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let progress = event.progress;
        match &event.kind {
            Kind::Started(started) => self.line(event, progress, Body::started(started))?,
            Kind::Phase { from } => {
                let body = Body::Phase {
                    from: from.map(Phase::as_str),
                    phase: progress.phase.unwrap_or(Phase::Unknown).as_str(),
                    message: progress.message.as_ref().map(Message::en),
                    counts: progress.counts(),
                };
                self.line(event, progress, body)?;
            }
            Kind::Units(changes) => {
                for change in *changes {
                    let body = Body::unit(change, progress, event.at.instant);
                    self.line(event, progress, body)?;
                }
            }
            Kind::Progress { .. } => {
                self.line(event, progress, Body::Progress(progress.counts()))?
            }
            Kind::Offline { status, retry_in } => {
                let Some(offline) = &progress.offline else {
                    return Ok(());
                };
                let body = Body::Offline {
                    attempt: offline.attempts,
                    error: offline.error.en(),
                    status: *status,
                    retry_in_ms: clock::milliseconds(*retry_in),
                    offline_ms: clock::milliseconds(event.at.instant.since(offline.since)),
                };
                self.line(event, progress, body)?;
            }
            Kind::Online { offline } => {
                let offline_ms = clock::milliseconds(*offline);
                self.line(event, progress, Body::Online { offline_ms })?;
            }
            Kind::Warning { message, .. } => {
                let message = message.en();
                self.line(event, progress, Body::Warning { message })?;
            }
            // Not an event; and whether stderr can be written does not matter to the stream.
            Kind::Trace(request) => {
                let line = self.lang.request(request);
                let _ = writeln!(self.errors, "{line}").and_then(|()| self.errors.flush());
                return Ok(());
            }
            Kind::PartFinished(outcome) => {
                self.line(event, progress, Body::finished(outcome, &[progress]))?;
            }
            Kind::Finished(End { outcome, parts, .. }) => {
                let deployments: Vec<_> = parts.iter().map(|(progress, _)| *progress).collect();
                self.line(event, progress, Body::finished(outcome, &deployments))?;
            }
        }
        self.out.flush()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    time: String,
    target: &'a str,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Started {
        schema: u32,
        version: &'static str,
        provider: &'static str,
        endpoint: &'a str,
        interval_ms: u64,
    },
    Phase {
        from: Option<&'static str>,
        phase: &'static str,
        message: Option<&'a str>,
        #[serde(flatten)]
        counts: Counts,
    },
    Unit {
        id: &'a str,
        name: &'a str,
        kind: &'static str,
        batch: Option<u32>,
        from: Option<&'static str>,
        state: &'static str,
        detail: Option<&'a str>,
        elapsed_ms: Option<u64>,
    },
    Progress(Counts),
    Offline {
        attempt: u32,
        error: &'a str,
        status: Option<u16>,
        retry_in_ms: u64,
        offline_ms: u64,
    },
    Online {
        offline_ms: u64,
    },
    Warning {
        message: &'a str,
    },
    Finished {
        verdict: &'static str,
        exit_code: u8,
        reason: &'a str,
        elapsed_ms: u64,
        polls: u64,
        units: Map<String, Value>,
        failed: Vec<Failed<'a>>,
        url: Option<&'a str>,
    },
}

#[derive(Serialize)]
struct Failed<'a> {
    id: &'a str,
    name: &'a str,
    detail: Option<&'a str>,
    log: Option<&'a [String]>,
}

impl<'a> Body<'a> {
    fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Phase { .. } => "phase",
            Self::Unit { .. } => "unit",
            Self::Progress(_) => "progress",
            Self::Offline { .. } => "offline",
            Self::Online { .. } => "online",
            Self::Warning { .. } => "warning",
            Self::Finished { .. } => "finished",
        }
    }

    fn started(started: &'a Started) -> Self {
        Self::Started {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            provider: started.provider,
            endpoint: &started.endpoint,
            interval_ms: clock::milliseconds(started.interval),
        }
    }

    fn unit(change: &Change, progress: &'a Progress, now: Instant) -> Self {
        let tracked = progress.unit(change.index);
        Self::Unit {
            id: &tracked.unit.id,
            name: &tracked.unit.name,
            kind: tracked.unit.kind.as_str(),
            batch: tracked.unit.batch,
            from: change.from.map(UnitState::as_str),
            state: tracked.unit.state.as_str(),
            detail: tracked.unit.detail.as_ref().map(Message::en),
            elapsed_ms: tracked.age(now).map(clock::milliseconds),
        }
    }

    fn finished(outcome: &'a Outcome, deployments: &[&'a Progress]) -> Self {
        let sum = |count: &dyn Fn(&Progress) -> usize| -> usize {
            deployments.iter().map(|progress| count(progress)).sum()
        };
        let total = [("total".to_owned(), sum(&Progress::total).into())];
        let counts = UnitState::ALL.into_iter().map(|state| {
            let count = sum(&|progress| progress.count(state));
            (state.as_str().to_owned(), count.into())
        });
        Self::Finished {
            verdict: outcome.verdict.as_str(),
            exit_code: outcome.verdict.code(),
            reason: outcome.reason.en(),
            elapsed_ms: clock::milliseconds(outcome.elapsed),
            polls: outcome.polls,
            units: total.into_iter().chain(counts).collect(),
            failed: deployments
                .iter()
                .flat_map(|progress| progress.failed().map(|index| Failed::of(progress, index)))
                .collect(),
            url: match deployments {
                [progress] => progress.url.as_deref(),
                _ => None,
            },
        }
    }
}

impl<'a> Failed<'a> {
    fn of(progress: &'a Progress, index: usize) -> Self {
        let unit = &progress.unit(index).unit;
        Self {
            id: &unit.id,
            name: &unit.name,
            detail: unit.detail.as_ref().map(Message::en),
            log: progress.log(index),
        }
    }
}

/// RFC 3339, UTC, with milliseconds.
fn timestamp(wall: SystemTime) -> String {
    humantime::format_rfc3339_millis(clock::clamp_to_rfc3339(wall)).to_string()
}
