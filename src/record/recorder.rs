//! Writes a recording while a watch runs.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::format::{End, Exchange, Header, RecordedCommand, RecordedError, Refusal, SCHEMA};
use crate::clock::{self, Instant, Timestamp};
use crate::http::{Request, Response, Transport};
use crate::message::{Context as _, Message, Result};
use crate::platform::{OutputMode, open_output};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::redact::{MASK, Redactor};
use crate::text;
use crate::writer::NonBlockingWriter;

/// Wraps the transport of one target and records what goes over it.
pub(crate) struct Recorder<T> {
    inner: T,
    /// The number of the target, in the order of the deployments.
    target: usize,
    file: Arc<CaptureFile>,
    answered: Mutex<Option<Timestamp>>,
}

impl<T> Recorder<T> {
    /// Records what goes over `inner` as that of target number `target`.
    pub(crate) fn new(inner: T, target: usize, file: Arc<CaptureFile>) -> Self {
        Self {
            inner,
            target,
            file,
            answered: Mutex::default(),
        }
    }

    fn last_answered(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send(&self, request: Request<'_>) -> Result<Response, PollError> {
        let sent = self.inner.now();
        let asked = (request.method(), request.url);
        let result = self.inner.send(request);
        let answered = self.inner.now();
        *self.last_answered() = Some(answered);
        let exchange = exchange(&self.file.redactor, self.target, asked, result.as_ref());
        self.file.record(sent, answered, exchange);
        result
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn answered(&self) -> Timestamp {
        let answered = *self.last_answered();
        answered.unwrap_or_else(|| self.now())
    }
}

/// The file of a recording. What cannot be written is warned of once and ends the file, not the watch.
pub(crate) struct CaptureFile {
    pub(crate) writer: NonBlockingWriter,
    redactor: Arc<Redactor>,
    warn: Box<dyn Fn(Message) + Send + Sync>,
    /// When the watch began; none before the first line and after the last.
    start: Mutex<Option<Instant>>,
}

impl CaptureFile {
    /// Opens the file anew; nobody else may read it.
    pub(crate) fn create(
        path: &Path,
        redactor: Arc<Redactor>,
        warn: impl Fn(Message) + Send + Sync + 'static,
    ) -> Result<Self> {
        let name = text::path(path);
        let file = open_output(path, OutputMode::CreatePrivate);
        let file = file.context(|| Message::cannot_open(&name, "--capture"))?;
        let writer = NonBlockingWriter::file(&name, file)?;
        Ok(Self {
            writer,
            redactor,
            warn: Box::new(warn),
            start: Mutex::default(),
        })
    }

    /// Writes the header: the watch of `deployments` begins at `now`. The waits are drawn from `seed`.
    pub(crate) fn begin(
        &self,
        now: Timestamp,
        seed: u64,
        all: bool,
        deployments: Vec<RecordedCommand>,
    ) {
        let mut header = Header {
            capture: SCHEMA,
            deploywatch: env!("CARGO_PKG_VERSION").into(),
            started: clock::rfc3339_millis(now.wall),
            seed,
            all,
            deployments,
        };
        // Nobody means to put a secret there.
        header.rewrite(|text| self.redactor.redact(text).into_owned());
        let mut start = self.start();
        *start = Some(now.instant);
        self.write(&header);
    }

    fn record(&self, sent: Timestamp, answered: Timestamp, mut exchange: Exchange) {
        let start = self.start();
        if let Some(start) = *start {
            exchange.sent_ms = sent.instant.since(start);
            exchange.answered_ms = answered.instant.since(start);
            self.write(&exchange);
        }
    }

    /// Writes the last line: the watch ends at `now`.
    pub(crate) fn end(&self, now: Timestamp) {
        let mut start = self.start();
        if let Some(start) = start.take() {
            let ended_ms = now.instant.since(start);
            self.writer.reserve(true);
            self.write(&End { ended_ms });
        }
    }

    /// It is held while a line is written: none may follow the last one.
    fn start(&self) -> MutexGuard<'_, Option<Instant>> {
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line in one piece, so that a watch that is killed leaves complete lines.
    fn write(&self, line: &impl Serialize) {
        let text = serde_json::to_vec(line).map_err(io::Error::from);
        let written = text.and_then(|mut text| {
            text.push(b'\n');
            self.writer.queue(text)
        });
        if let Err(error) = written {
            (self.warn)(Message::cannot_write(&self.writer.name, &error));
        }
    }
}

/// The part of a line that sets a cookie which may be recorded: its name, and whether it has a value.
fn cookie(line: &str) -> String {
    let pair = line.split(';').next().unwrap_or_default();
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let is_empty = value.trim().trim_matches('"').is_empty();
    format!("{name}={}", if is_empty { "" } else { MASK })
}

/// The line of a request, without its times and without secrets.
fn exchange(
    redactor: &Redactor,
    target: usize,
    (method, url): (&str, &str),
    result: Result<&Response, &PollError>,
) -> Exchange {
    let redact = |text: &str| redactor.redact(text).into_owned();
    let mut line = Exchange {
        target,
        method: method.to_owned(),
        url: redact(url),
        ..Exchange::default()
    };
    match result {
        Ok(response) => {
            line.status = Some(response.status);
            line.headers = response.recorded_headers();
            for (name, value) in &mut line.headers {
                *value = match name.as_str() {
                    "set-cookie" => cookie(value),
                    _ => redact(value),
                };
            }
            match std::str::from_utf8(&response.body) {
                Ok(text) => line.body = Some(redact(text)),
                Err(_) => {
                    let redacted = redactor.redact_bytes(&response.body);
                    line.body_base64 = Some(STANDARD.encode(redacted));
                }
            }
        }
        Err(error) => {
            line.status = error.status;
            let date = error.date.map(httpdate::fmt_http_date);
            line.headers = date.map(|date| ("date".into(), date)).into_iter().collect();
            line.error = Some(RecordedError {
                cause: redact(error.message.en()),
                received: !error.never_sent,
                refused: match &error.retry {
                    Retry::Refused { hint, kind } => Some(Refusal {
                        hint: hint.as_ref().map(ToString::to_string),
                        at_once: *kind != RefusalKind::Request,
                        certificate: *kind == RefusalKind::Certificate,
                    }),
                    _ => None,
                },
            });
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TOKEN: &str = "pt-made-up";

    const ASKED: (&str, &str) = ("GET", "https://h/a?ticket=ST-123456");

    /// A transport on which each look at the clock takes a second.
    struct Slow(Mutex<f64>);

    impl Transport for Slow {
        fn send(&self, _request: Request<'_>) -> Result<Response, PollError> {
            Ok(Response::recorded(200, &[], Vec::new(), self.now()))
        }

        fn now(&self) -> Timestamp {
            let mut seconds = self.0.lock().expect("nothing panics with it");
            *seconds += 1.0;
            Timestamp::at(*seconds)
        }
    }

    #[test]
    fn the_time_of_an_answer_is_the_recorded_one_however_long_it_is_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let capture = CaptureFile::create(file.path(), Arc::default(), |_| {}).expect("a capture");
        let capture = Arc::new(capture);
        capture.begin(Timestamp::at(0.0), 7, false, Vec::new());
        let recorder = Recorder::new(Slow(Mutex::new(0.0)), 0, capture);
        assert!(recorder.send(Request::get(ASKED.1, vec![])).is_ok());
        let answered = recorder.answered().instant.since(Instant::at(0.0));
        assert_eq!(answered, Duration::from_secs(3), "sent at 1, received at 2");
        assert!(recorder.now().instant > recorder.answered().instant);
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let mut written = String::new();
        while !written.contains("\"answered_ms\":3000.0") {
            assert!(std::time::Instant::now() < deadline, "{written}");
            std::thread::yield_now();
            written = std::fs::read_to_string(file.path()).expect("text");
        }
    }

    #[test]
    fn a_secret_that_comes_back_is_masked_wherever_it_stands() {
        let redactor = Redactor::default();
        redactor.add(TOKEN);
        redactor.add_received("made-up-session");
        redactor.add_received("ST-123456");
        let headers = vec![
            ("content-type", "application/json"),
            ("location", "/b?token=pt-made-up"),
            ("set-cookie", "JSESSIONID=made-up-session; Path=/"),
            ("server", "made up"),
        ];
        let headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value): (&str, &str)| (name.to_owned(), value.to_owned()))
            .collect();
        let response =
            |body: &[u8]| Response::recorded(302, &headers, body.to_owned(), Timestamp::at(0.0));
        let body = b"{\"you sent\":\"pt-made-up\",\"set\":\"made-up-session\",\"type\":\"application/json\"}";
        let answer = response(body);
        let line = exchange(&redactor, 0, ASKED, Ok(&answer));
        assert_eq!(line.url, "https://h/a?ticket=(masked)");
        let headers: Vec<_> = line.headers.iter().map(|(_, value)| &**value).collect();
        assert_eq!(
            headers,
            [
                "/b?token=(masked)",
                "application/json",
                "JSESSIONID=(masked)"
            ]
        );
        assert_eq!(
            line.body.as_deref(),
            Some("{\"you sent\":\"(masked)\",\"set\":\"(masked)\",\"type\":\"application/json\"}")
        );
        // Another target's response may hold it.
        let line = exchange(&redactor, 1, ASKED, Ok(&response(b"\xff pt-made-up")));
        assert_eq!(line.body, None);
        let body = STANDARD
            .decode(line.body_base64.expect("no text"))
            .expect("base64");
        assert_eq!(body, b"\xff (masked)");
    }

    #[test]
    fn a_failure_says_what_it_means() {
        let failure = PollError {
            never_sent: true,
            ..PollError::refused(Message::verbatim(format!("no: {TOKEN}")), None)
                .with_hint(Message::verbatim("check --task"))
        };
        let redactor = Redactor::default();
        redactor.add(TOKEN);
        let line = exchange(&redactor, 0, ASKED, Err(&failure));
        let error = line.error.expect("an error");
        assert_eq!(
            (error.cause.as_str(), error.received),
            ("no: (masked)", false)
        );
        assert_eq!(
            error.refused.and_then(|refused| refused.hint).as_deref(),
            Some("check --task")
        );
    }

    #[test]
    fn a_cookie_keeps_its_name_and_whether_it_has_a_value() {
        for (line, shown) in [
            ("a=b; Path=/", "a=(masked)"),
            ("a=; Max-Age=0", "a="),
            ("a=\"\"", "a="),
            ("a", "a="),
        ] {
            assert_eq!(cookie(line), shown);
        }
    }
}
