//! The event stream: one JSON object per line, schema 1.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Render;
use crate::board::{Board, Change, Figures};
use crate::clock::{self, Moment};
use crate::event::{Event, Kind, Started};
use crate::message::{Lang, Message};
use crate::model::{Phase, UnitState};
use crate::outcome::Outcome;

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

    fn line(&mut self, event: &Event<'_>, board: &Board, body: Body<'_>) -> io::Result<()> {
        let line = Line {
            event: body.name(),
            time: timestamp(event.at.wall),
            target: &board.target,
            body,
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }
}

impl<W: Write, E: Write> Render for Json<W, E> {
    fn event(&mut self, event: &Event<'_>, board: &Board) -> io::Result<()> {
        match &event.kind {
            Kind::Started(started) => self.line(event, board, Body::started(started))?,
            Kind::Phase { from } => {
                let body = Body::Phase {
                    from: from.map(Phase::as_str),
                    phase: board.phase.unwrap_or(Phase::Unknown).as_str(),
                    message: board.message.as_ref().map(Message::en),
                    figures: board.figures(),
                };
                self.line(event, board, body)?;
            }
            Kind::Units(changes) => {
                for change in *changes {
                    let body = Body::unit(change, board, event.at.moment);
                    self.line(event, board, body)?;
                }
            }
            Kind::Progress { .. } => self.line(event, board, Body::Progress(board.figures()))?,
            Kind::Offline { status, retry_in } => {
                let Some(offline) = &board.offline else {
                    return Ok(());
                };
                let body = Body::Offline {
                    attempt: offline.attempts,
                    error: offline.error.en(),
                    status: *status,
                    retry_in_ms: clock::milliseconds(*retry_in),
                    offline_ms: clock::milliseconds(event.at.moment.since(offline.since)),
                };
                self.line(event, board, body)?;
            }
            Kind::Online { offline } => {
                let offline_ms = clock::milliseconds(*offline);
                self.line(event, board, Body::Online { offline_ms })?;
            }
            Kind::Warning { message, .. } => {
                let message = message.en();
                self.line(event, board, Body::Warning { message })?;
            }
            // Not an event; and whether stderr can be written does not matter to the stream.
            Kind::Trace(request) => {
                let line = self.lang.request(request);
                let _ = writeln!(self.errors, "{line}").and_then(|()| self.errors.flush());
                return Ok(());
            }
            Kind::Finished(outcome) | Kind::PartFinished(outcome) => {
                self.line(event, board, Body::finished(outcome, &[board]))?;
            }
            Kind::AllFinished(outcome, parts) => {
                let boards: Vec<_> = parts.iter().map(|(board, _)| *board).collect();
                self.line(event, board, Body::finished(outcome, &boards))?;
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
        figures: Figures,
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
    Progress(Figures),
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

    fn unit(change: &Change, board: &'a Board, now: Moment) -> Self {
        let seen = board.unit(change.place);
        Self::Unit {
            id: &seen.unit.id,
            name: &seen.unit.name,
            kind: seen.unit.kind.as_str(),
            batch: seen.unit.batch,
            from: change.from.map(UnitState::as_str),
            state: seen.unit.state.as_str(),
            detail: seen.unit.detail.as_ref().map(Message::en),
            elapsed_ms: seen.age(now).map(clock::milliseconds),
        }
    }

    fn finished(outcome: &'a Outcome, boards: &[&'a Board]) -> Self {
        let sum = |count: &dyn Fn(&Board) -> usize| -> usize {
            boards.iter().map(|board| count(board)).sum()
        };
        let total = [("total".to_owned(), sum(&Board::total).into())];
        let counts = UnitState::ALL.into_iter().map(|state| {
            let count = sum(&|board| board.count(state));
            (state.as_str().to_owned(), count.into())
        });
        Self::Finished {
            verdict: outcome.verdict.as_str(),
            exit_code: outcome.verdict.code(),
            reason: outcome.reason.en(),
            elapsed_ms: clock::milliseconds(outcome.elapsed),
            polls: outcome.polls,
            units: total.into_iter().chain(counts).collect(),
            failed: boards
                .iter()
                .flat_map(|board| board.failed().map(|place| Failed::of(board, place)))
                .collect(),
            url: match boards {
                [board] => board.url.as_deref(),
                _ => None,
            },
        }
    }
}

impl<'a> Failed<'a> {
    fn of(board: &'a Board, place: usize) -> Self {
        let unit = &board.unit(place).unit;
        Self {
            id: &unit.id,
            name: &unit.name,
            detail: unit.detail.as_ref().map(Message::en),
            log: board.log(place),
        }
    }
}

/// RFC 3339, UTC, with milliseconds.
fn timestamp(wall: SystemTime) -> String {
    humantime::format_rfc3339_millis(clock::writable(wall)).to_string()
}
