//! Plays a recording: its responses, each at its time.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::format::{End, Exchange, Header, RecordedError, SCHEMA};
use crate::clock::{Instant, Timestamp, VirtualClock};
use crate::http::{Request, Response, Transport};
use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::text;

/// The answer to a read that a recording lacks, in the words in which a service refuses.
const NOT_RECORDED: &str = r#"{"error_code":"404","error_msg":"the recording has no such read"}"#;

/// A recording.
pub(crate) struct Recording {
    pub(crate) header: Header,
    pub(crate) started: SystemTime,
    pub(crate) exchanges: Exchanges,
}

/// The requests and responses of a recording.
#[derive(Default)]
pub(crate) struct Exchanges {
    /// Those that have not been played yet.
    left: Mutex<VecDeque<Exchange>>,
    /// The targets and the URLs that each requested.
    asked: BTreeSet<(usize, String)>,
    /// When the recorded watch was over, where it was not killed.
    ended: Option<Duration>,
}

impl Recording {
    /// Reads a file, from a pipe no longer than `timeout`. What is no recording is an error that names the line.
    pub(crate) fn read(path: &Path, timeout: Option<Duration>) -> Result<Self> {
        let bytes = input::read(path, u64::MAX, timeout).context(|| Message::cannot_read(path))?;
        Self::parse(&bytes)
            .map_err(|(line, error)| error.at(format_args!("{}:{line}", path.display())))
    }

    /// Reads the lines; an error comes with the number of its line.
    fn parse(bytes: &[u8]) -> Result<Self, (usize, Message)> {
        let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
        let mut lines = lines.peekable();
        let (_, first) = lines.next().unwrap_or((1, b""));
        let (header, started) = header(first).map_err(|error| (1, error))?;
        let mut exchanges = Exchanges::default();
        while let Some((number, line)) = lines.next() {
            let read = exchanges.read(line);
            // A watch that was killed may have left half a line.
            if lines.peek().is_some() || bytes.ends_with(b"\n") {
                read.map_err(|error| (number, error))?;
            }
        }
        Ok(Self {
            header,
            started,
            exchanges,
        })
    }
}

fn header(line: &[u8]) -> Result<(Header, SystemTime)> {
    let no_capture = || {
        Message::new(
            "not a file that --capture wrote",
            "不是 --capture 写出的文件",
        )
    };
    let value: serde_json::Value = json(serde_json::from_slice(line)).context(no_capture)?;
    let schema = value.get("capture").ok_or_else(no_capture)?;
    ensure(*schema == SCHEMA, || {
        let schema = text::name(&schema.to_string()).into_owned();
        Message::new(
            format!("schema {schema} of a capture; this version reads {SCHEMA}"),
            format!("录制文件的 schema 为 {schema}，本版本只支持 {SCHEMA}"),
        )
    })?;
    let mut header: Header = json(serde_json::from_value(value))?;
    header.rewrite(|text| text::printable(text).into_owned());
    let started = humantime::parse_rfc3339(&header.started).map_err(Message::library);
    let started = started.context(|| Message::verbatim("started"))?;
    Ok((header, started))
}

fn json<T>(parsed: Result<T, serde_json::Error>) -> Result<T> {
    parsed.map_err(Message::library)
}

impl Exchanges {
    /// Reads a line.
    fn read(&mut self, line: &[u8]) -> Result<()> {
        let value: serde_json::Value = json(serde_json::from_slice(line))?;
        if value.get("ended_ms").is_some() {
            let end: End = json(serde_json::from_value(value))?;
            self.ended = Some(end.ended_ms);
            return Ok(());
        }
        let mut exchange: Exchange = json(serde_json::from_value(value))?;
        ensure(
            exchange.status.is_some() || exchange.error.is_some(),
            || Message::new("neither a status nor an error", "既没有状态码，也没有错误"),
        )?;
        exchange.bytes = match exchange.body_base64.take() {
            Some(text) => {
                let decoded = STANDARD.decode(text).map_err(Message::library);
                decoded.context(|| Message::verbatim("body_base64"))?
            }
            None => exchange.body.take().unwrap_or_default().into_bytes(),
        };
        self.asked.insert((exchange.target, exchange.url.clone()));
        let left = self.left.get_mut().unwrap_or_else(PoisonError::into_inner);
        left.push_back(exchange);
        Ok(())
    }

    /// The next response that `target` got to such a request; none where the recording ends. Where
    /// targets share a sign-in, another one may come first in the replay: a request that a target never
    /// made is answered as it was to another.
    fn take(&self, target: usize, method: &str, url: &str) -> Option<Exchange> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = self.asked.contains(&(target, url.to_owned()));
        let index = left.iter().position(|exchange| {
            let may_have = exchange.target == target || !asked;
            may_have && exchange.method == method && exchange.url == url
        })?;
        left.remove(index)
    }

    /// Whether `target` made requests, and nobody ever one for this URL: the version that made the recording
    /// did not know that read.
    fn lacks(&self, target: usize, url: &str) -> bool {
        let has_target = self.asked.iter().any(|(asker, _)| *asker == target);
        has_target && self.asked.iter().all(|(_, asked)| asked != url)
    }
}

/// The transport of one target in a replay. It answers at once, with the time at which the response was recorded.
pub(crate) struct Player {
    exchanges: Arc<Exchanges>,
    /// The number of the target, in the order of the deployments.
    target: usize,
    clock: Arc<VirtualClock>,
    /// When the last response came.
    last: Mutex<Instant>,
}

impl Player {
    /// Plays what target number `target` got.
    pub(crate) fn new(exchanges: Arc<Exchanges>, target: usize, clock: Arc<VirtualClock>) -> Self {
        Self {
            exchanges,
            target,
            clock,
            last: Mutex::default(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Player {
    fn send(&self, request: Request<'_>) -> Result<Response, PollError> {
        let (exchanges, target) = (&self.exchanges, self.target);
        let exchange = exchanges.take(target, request.method(), request.url);
        if exchange.is_none() && exchanges.lacks(target, request.url) {
            let (status, body) = (404, NOT_RECORDED.into());
            return Ok(Response::recorded(status, &[], body, self.now()));
        }
        let answered = exchange.as_ref().map(|exchange| exchange.answered_ms);
        // What ended the recorded watch may still come: a deadline.
        if let Some(answered) = answered.or(exchanges.ended) {
            let mut last = self.last();
            *last = last.max(self.clock.instant(answered));
        }
        let Some(exchange) = exchange else {
            let message = Message::new("the recording ends here", "录制到此结束");
            return Err(PollError {
                retry: Retry::EndOfRecording,
                never_sent: true,
                ..PollError::retryable(message, None)
            });
        };
        let response = Response::recorded(
            exchange.status.unwrap_or_default(),
            &exchange.headers,
            exchange.bytes,
            self.now(),
        );
        match exchange.error {
            None => Ok(response),
            Some(error) => Err(failure(error, exchange.status, response.date())),
        }
    }

    fn now(&self) -> Timestamp {
        let last = *self.last();
        self.clock.at(last.max(self.clock.now().instant))
    }
}

/// The meaning of a recorded failure.
fn failure(recorded: RecordedError, status: Option<u16>, date: Option<SystemTime>) -> PollError {
    let retry = match recorded.refused {
        Some(refusal) => Retry::Refused {
            hint: refusal.hint.map(Message::library),
            kind: match (refusal.certificate, refusal.at_once) {
                (true, _) => RefusalKind::Certificate,
                (false, true) => RefusalKind::Connection,
                (false, false) => RefusalKind::Request,
            },
        },
        None => Retry::Retryable { retry_after: None },
    };
    PollError {
        message: Message::library(recorded.cause),
        status,
        retry,
        date,
        endpoint_in_doubt: !recorded.received && status.is_none(),
        never_sent: !recorded.received,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"capture":1,"deploywatch":"0.1.0","started":"2025-07-09T03:36:28.000Z","seed":7,"all":false,"deployments":[]}"#;

    fn exchange(target: usize, url: &str, status: u16) -> String {
        format!(
            r#"{{"target":{target},"sent_ms":0,"answered_ms":1,"method":"GET","url":"{url}","status":{status}}}"#
        )
    }

    fn parse(lines: &[&str]) -> Result<Recording, (usize, Message)> {
        Recording::parse(lines.join("\n").as_bytes())
    }

    #[test]
    fn answers_come_in_their_order_and_each_once() {
        let lines = [
            HEADER,
            &exchange(0, "/a", 200),
            &exchange(1, "/a", 201),
            &exchange(0, "/log", 202),
            &exchange(0, "/a", 203),
            &exchange(1, "/sign-in", 204),
            "",
        ];
        let tape = parse(&lines)
            .unwrap_or_else(|_| panic!("a recording"))
            .exchanges;
        let ask = |target, url| tape.take(target, "GET", url)?.status;
        assert_eq!(ask(0, "/a"), Some(200));
        assert_eq!(ask(0, "/a"), Some(203));
        assert_eq!(ask(0, "/log"), Some(202));
        assert_eq!(ask(0, "/a"), None, "the other's is not taken");
        assert_eq!(ask(1, "/a"), Some(201));
        assert_eq!(ask(0, "/sign-in"), Some(204), "but a sign-in is shared");
        assert!(tape.take(1, "POST", "/sign-in").is_none());
    }

    #[test]
    fn a_read_that_a_recording_does_not_hold_is_no_end_of_it() {
        let lines = [HEADER, &exchange(0, "/a", 200), &exchange(1, "/a", 200), ""];
        let tape = parse(&lines)
            .unwrap_or_else(|_| panic!("a recording"))
            .exchanges;
        assert!(tape.lacks(0, "/new") && tape.lacks(1, "/new"));
        assert!(!tape.lacks(0, "/a"), "it is there");
        tape.take(0, "GET", "/a").expect("the only one");
        assert!(tape.lacks(0, "/new"), "its end is that of another read");
        assert!(!tape.lacks(2, "/new"), "nothing was recorded for it");
    }

    #[test]
    fn damaged_recordings_are_survived() {
        let body = r#"{"target":0,"sent_ms":1.5,"answered_ms":2,"method":"GET","url":"/a","status":200,"headers":[["date","Sun, 09 Sep 2001 01:46:40 GMT"]],"body_base64":"e30="}"#;
        let error = r#"{"target":1,"sent_ms":3,"answered_ms":4,"method":"GET","url":"/a","error":{"cause":"no","received":true,"refused":{"hint":null,"at_once":true}}}"#;
        let sample = [HEADER, body, error, r#"{"ended_ms":5}"#, ""].join("\n");
        let clock = Arc::new(VirtualClock::new(SystemTime::UNIX_EPOCH));
        let mut played = 0;
        for seed in 0..3000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut bytes = sample.clone().into_bytes();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => drop(bytes.drain(at..(at + random.usize(1..9)).min(bytes.len()))),
                    2 => bytes.insert(at, *random.choice(b"09-.e\"\\{}[],\n").unwrap_or(&b'0')),
                    _ => bytes[at] ^= 1 << random.u8(..8),
                }
            }
            if let Ok(recording) = Recording::parse(&bytes) {
                let exchanges = Arc::new(recording.exchanges);
                for target in 0..2 {
                    let player = Player::new(Arc::clone(&exchanges), target, Arc::clone(&clock));
                    // Its end comes after at most as many as there are.
                    for _ in 0..3 {
                        played += usize::from(player.send(Request::get("/a", Vec::new())).is_ok());
                    }
                }
            }
        }
        assert!(played > 100, "{played}");
    }

    #[test]
    fn only_the_last_line_may_be_cut_off() {
        let good = exchange(0, "/a", 200);
        let cut = &good[..20];
        assert!(parse(&[HEADER, &good, cut]).is_ok());
        for (lines, number, message) in [
            (&[HEADER, &good, cut, ""][..], 3, "EOF"),
            (&[HEADER, cut, &good, ""], 2, "EOF"),
            (&[HEADER, "", "{}", ""], 3, "missing field"),
            (&[""], 1, "not a file that --capture wrote"),
            (&["{}", ""], 1, "not a file that --capture wrote"),
            (
                &[r#"{"capture":2}"#, ""],
                1,
                "schema 2 of a capture; this version reads 1",
            ),
            (&[r#"{"capture":1}"#, ""], 1, "missing field"),
        ] {
            let (line, error) = parse(lines).err().expect("an error");
            let error = format!("{error:#}");
            assert_eq!(line, number, "{error}");
            assert!(error.contains(message), "{error}");
        }
    }
}
