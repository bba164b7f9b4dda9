//! The file of `--capture`: what a watch was made of, then every request with its answer, a line of
//! JSON each. `replay` plays it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::clock::{self, Moment, Now};
use crate::http::{Answer, Failure, Request};
use crate::model::Note;
use crate::provider::Then;

mod masks;

use masks::Masks;
pub(crate) use masks::TICKET;

/// The schema that is written, and the only one that is read.
pub(crate) const SCHEMA: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    /// The schema.
    pub(crate) capture: u32,
    /// The version that wrote it.
    pub(crate) deploywatch: String,
    /// When the watch began, in RFC 3339.
    pub(crate) started: String,
    /// What the waits after failed polls are drawn from, so that a replay waits as long.
    pub(crate) seed: u64,
    /// Whether they are a list, which has a verdict of its own.
    pub(crate) all: bool,
    pub(crate) deployments: Vec<Origin>,
}

/// What a deployment is made of, or several where an id was given more than once.
#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The command line, without options that name files or say how the watch is shown.
    pub(crate) command: Vec<String>,
    /// Its name in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The variables that it was made of, but for secrets.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The variables of which it had a secret.
    #[serde(default)]
    pub(crate) secrets: BTreeSet<String>,
}

/// A request and what came of it: a line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Exchange {
    /// Whose it is, in the order of the deployments.
    pub(crate) target: usize,
    /// Since the start.
    #[serde(with = "milliseconds")]
    pub(crate) sent_ms: Duration,
    #[serde(with = "milliseconds")]
    pub(crate) answered_ms: Duration,
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Those that matter; of a cookie only its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// A body that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body_base64: Option<String>,
    /// Why no whole answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Problem>,
}

/// Why no whole answer came.
#[derive(Serialize, Deserialize)]
pub(crate) struct Problem {
    pub(crate) cause: String,
    /// Whether the server may have got the request.
    pub(crate) received: bool,
    /// Whether asking again is no help, and what is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<Refusal>,
}

/// What a refusal leaves to be done.
#[derive(Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) hint: Option<String>,
    pub(crate) at_once: bool,
}

/// The last line: a file without it was cut off.
#[derive(Serialize, Deserialize)]
pub(crate) struct End {
    /// Since the start.
    #[serde(with = "milliseconds")]
    pub(crate) ended_ms: Duration,
}

/// A span in milliseconds, and thousandths of them: whether an answer came before a deadline must be
/// the same in a replay.
mod milliseconds {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(span.as_micros() as f64 / 1000.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let milliseconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(milliseconds / 1000.0).map_err(D::Error::custom)
    }
}

/// Writes the file. It is decoration: what cannot be written is warned of once, and ends the file
/// and not the watch.
pub(crate) struct Recorder {
    name: String,
    warn: Box<dyn Fn(Note) + Send + Sync>,
    tape: Mutex<Tape>,
}

struct Tape {
    /// None before the first line and after the last.
    start: Option<Moment>,
    file: Option<File>,
    masks: Masks,
}

impl Recorder {
    /// Opens the file anew; nobody else may read it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(crate) fn create(
        path: &Path,
        secrets: &[String],
        warn: impl Fn(Note) + Send + Sync + 'static,
    ) -> Result<Self> {
        let name = path.display().to_string();
        let file = private(path).with_context(|| format!("cannot open {name} for --capture"))?;
        let mut masks = Masks::default();
        for secret in secrets {
            masks.learn(secret);
        }
        Ok(Self {
            name,
            warn: Box::new(warn),
            tape: Mutex::new(Tape {
                start: None,
                file: Some(file),
                masks,
            }),
        })
    }

    /// The watch of `deployments` begins.
    pub(crate) fn begin(&self, all: bool, deployments: Vec<Origin>) {
        let now = Now::read();
        let seed = fastrand::u64(..);
        fastrand::seed(seed);
        let header = Header {
            capture: SCHEMA,
            deploywatch: env!("CARGO_PKG_VERSION").into(),
            started: humantime::format_rfc3339_millis(clock::writable(now.wall)).to_string(),
            seed,
            all,
            deployments,
        };
        self.with(|tape| {
            tape.start = Some(now.moment);
            let header = tape.masks.hide_in_header(header);
            tape.write(&header)
        });
    }

    /// A request that was begun at `sent`, and what came of it.
    pub(crate) fn record(
        &self,
        target: usize,
        sent: Now,
        request: &Request<'_>,
        result: Result<(&Answer, &[u8]), &Failure>,
    ) {
        let answered = Now::read();
        self.with(|tape| {
            let Some(start) = tape.start else {
                return Ok(());
            };
            let since = |now: Now| now.moment.since(start);
            let exchange = Exchange {
                sent_ms: since(sent),
                answered_ms: since(answered),
                ..exchange(&mut tape.masks, target, request, result)
            };
            tape.write(&exchange)
        });
    }

    /// The watch is over.
    pub(crate) fn end(&self) {
        self.with(|tape| {
            let Some(start) = tape.start.take() else {
                return Ok(());
            };
            let ended_ms = Now::read().moment.since(start);
            tape.write(&End { ended_ms })
        });
    }

    fn with(&self, write: impl FnOnce(&mut Tape) -> io::Result<()>) {
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = write(&mut tape) {
            tape.file = None;
            (self.warn)(Note::WriteFailed {
                what: self.name.as_str().into(),
                error: (&error).into(),
            });
        }
    }
}

impl Tape {
    /// Writes a line in one piece, so that a watch that is killed leaves whole lines.
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        file.write_all(&text)
    }
}

/// Opens a file anew that nobody else may read: answers are not for everybody, secrets or not.
fn private(path: &Path) -> io::Result<File> {
    const MODE: u32 = 0o600;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(MODE);
    let file = options.open(path)?;
    let facts = file.metadata()?;
    if facts.is_file() {
        // The mode is for a new file, and this one may have been there. Where the system does not
        // let it be changed, it is as its folder is.
        if facts.mode() & 0o077 != 0 && !path.starts_with("/dev") {
            let _ = file.set_permissions(Permissions::from_mode(MODE));
        }
        file.set_len(0)?;
    }
    Ok(file)
}

/// The line of a request, without its times and without secrets.
fn exchange(
    masks: &mut Masks,
    target: usize,
    request: &Request<'_>,
    result: Result<(&Answer, &[u8]), &Failure>,
) -> Exchange {
    let answer = result.ok().map(|(answer, _)| answer);
    let passing = masks.learn_exchange(request, answer);
    let hide = |text: &str| masks.hide(text, &passing);
    let mut line = Exchange {
        target,
        sent_ms: Duration::ZERO,
        answered_ms: Duration::ZERO,
        method: request.method().to_owned(),
        url: hide(request.url),
        status: None,
        headers: Vec::new(),
        body: None,
        body_base64: None,
        error: None,
    };
    match result {
        Ok((answer, body)) => {
            line.status = Some(answer.status);
            let headers = answer.that_matter().into_iter();
            line.headers = headers
                .map(|(name, value)| {
                    let value = match name.as_str() {
                        "set-cookie" => masks::cookie(&value),
                        _ => hide(&value),
                    };
                    (name, value)
                })
                .collect();
            match std::str::from_utf8(body) {
                Ok(text) => line.body = Some(hide(text)),
                Err(_) => {
                    let hidden = masks.hide_bytes(body, &passing);
                    line.body_base64 = Some(STANDARD.encode(hidden));
                }
            }
        }
        Err(Failure { error, got }) => {
            line.status = error.status;
            let date = error.date.map(httpdate::fmt_http_date);
            line.headers = date.map(|date| ("date".into(), date)).into_iter().collect();
            line.error = Some(Problem {
                cause: hide(&error.cause.to_string()),
                received: *got,
                refused: match &error.then {
                    Then::Refused { hint, at_once } => Some(Refusal {
                        hint: hint.as_ref().map(ToString::to_string),
                        at_once: *at_once,
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
    use super::*;
    use crate::cause::{Cause, Hint};
    use crate::provider::PollError;

    const TOKEN: &str = "pt-made-up";

    fn request(headers: Vec<(&'static str, &'static str)>) -> Request<'static> {
        Request {
            url: "https://h/a?ticket=ST-123456",
            body: None,
            headers,
        }
    }

    #[test]
    fn a_secret_that_comes_back_is_masked_wherever_it_stands() {
        let mut masks = Masks::default();
        let asked = request(vec![
            ("x-token", TOKEN),
            ("content-type", "application/json"),
        ]);
        let headers = [
            ("content-type", "application/json"),
            ("location", "/b?token=pt-made-up"),
            ("set-cookie", "JSESSIONID=made-up-session; Path=/"),
            ("server", "made up"),
        ];
        let answer = Answer::of(302, &headers);
        let body = b"{\"you sent\":\"pt-made-up\",\"set\":\"made-up-session\",\"type\":\"application/json\"}";
        let line = exchange(&mut masks, 0, &asked, Ok((&answer, body)));
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
        // It stays known: another target's answer may hold it.
        let line = exchange(
            &mut masks,
            1,
            &request(vec![]),
            Ok((&answer, b"\xff pt-made-up")),
        );
        assert_eq!(line.body, None);
        let body = STANDARD
            .decode(line.body_base64.expect("no text"))
            .expect("base64");
        assert_eq!(body, b"\xff (masked)");
    }

    #[test]
    fn a_failure_says_what_it_means() {
        let failure = Failure {
            error: PollError::refused(Cause::Provider(format!("no: {TOKEN}").into()), None)
                .with_hint(Hint::RecordAndTask),
            got: false,
        };
        let asked = request(vec![("x-token", TOKEN)]);
        let line = exchange(&mut Masks::default(), 0, &asked, Err(&failure));
        let error = line.error.expect("an error");
        assert_eq!(
            (error.cause.as_str(), error.received),
            ("no: (masked)", false)
        );
        assert_eq!(
            error.refused.and_then(|refused| refused.hint).as_deref(),
            Some("check --record and --task")
        );
    }
}
