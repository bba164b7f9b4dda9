//! The file of a recording: what the watch was made of, then every request with its response, a line of JSON each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

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
    /// The seed of the waits after failed polls, so that a replay waits as long.
    pub(crate) seed: u64,
    /// Whether they are a list, which has a verdict of its own.
    pub(crate) all: bool,
    pub(crate) deployments: Vec<RecordedCommand>,
}

impl Header {
    /// Rewrites every text that comes from the user.
    pub(super) fn rewrite(&mut self, change: impl Fn(&str) -> String) {
        for deployment in &mut self.deployments {
            let words = deployment.command.iter_mut();
            for text in words.chain(deployment.environment.values_mut()) {
                *text = change(text);
            }
        }
    }
}

/// The command line of a deployment, or of several where an id was given more than once.
#[derive(Serialize, Deserialize, Debug, PartialEq, Eq)]
pub(crate) struct RecordedCommand {
    /// The command line, without options that name files or say how the watch is shown.
    pub(crate) command: Vec<String>,
    /// The variables that it was made of, but for secrets.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The variables of which it had a secret.
    #[serde(default)]
    pub(crate) secrets: BTreeSet<String>,
}

/// A request and what came of it: a line.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Exchange {
    /// The index of its deployment.
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
    /// The body in a replay.
    #[serde(skip)]
    pub(crate) bytes: Vec<u8>,
    /// Why no complete response came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<RecordedError>,
}

/// Why no complete response came.
#[derive(Serialize, Deserialize)]
pub(crate) struct RecordedError {
    pub(crate) cause: String,
    /// Whether the server may have got the request.
    pub(crate) received: bool,
    /// Whether asking again is no help, and what is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<Refusal>,
}

/// The hint of a refusal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) hint: Option<String>,
    /// Whether it counted without the next poll saying the same.
    pub(crate) at_once: bool,
    /// Whether the certificate did not verify; earlier recordings do not tell.
    #[serde(default)]
    pub(crate) certificate: bool,
}

/// The last line: a file without it was cut off.
#[derive(Serialize, Deserialize)]
pub(crate) struct End {
    /// Since the start.
    #[serde(with = "milliseconds")]
    pub(crate) ended_ms: Duration,
}

/// Milliseconds and thousandths of them: an answer must come on the same side of a deadline in a replay.
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
