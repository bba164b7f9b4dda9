//! The one HTTP client. It sets the limits of a request and says what a failure means where the
//! stage of the failure is known: ask again, or refused.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use url::Url;

use crate::provider::{PollError, Then};
use crate::secret::Secret;
use crate::text;

/// The largest answer read, in bytes, after decompression.
const LARGEST: usize = 256 << 20;
/// How much of an error's body is looked at for the provider's words, in bytes.
const ERROR_BODY: u64 = 64 << 10;
/// How much is read at a time, in bytes.
const CHUNK: usize = 64 << 10;

/// How requests are made.
pub(crate) struct Settings {
    /// One request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// A PEM bundle that is trusted beside the system's roots.
    pub(crate) cacert: Option<Vec<u8>>,
    /// Do not check certificates.
    pub(crate) insecure: bool,
    /// Called with a line about each request.
    pub(crate) trace: Option<Trace>,
}

/// Takes a line about a request.
pub(crate) type Trace = Box<dyn Fn(String) + Send>;

/// A client for one endpoint.
pub(crate) struct Http {
    client: Client,
    timeout: Duration,
    trace: Option<Trace>,
}

impl Http {
    /// A client for `endpoint`. TLS is set up only where the endpoint needs it: the system's roots
    /// cost milliseconds, and an empty container has none.
    ///
    /// # Errors
    /// Where the certificates cannot be used.
    pub(crate) fn new(endpoint: &Url, settings: Settings) -> Result<Self> {
        // Only the first call can install it, and every one installs the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("deploywatch/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // The total is set on each request: here it would count for each read.
            .timeout(None);
        if endpoint.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        } else {
            if let Some(pem) = &settings.cacert {
                let certificates = reqwest::Certificate::from_pem_bundle(pem)
                    .context("--cacert: not a PEM bundle of certificates")?;
                builder = builder.tls_certs_merge(certificates);
            }
            builder = builder.tls_danger_accept_invalid_certs(settings.insecure);
        }
        Ok(Self {
            client: builder.build().context("cannot set up HTTPS")?,
            timeout: settings.timeout,
            trace: settings.trace,
        })
    }

    /// Gets `url` into `body`; true where the answer is byte for byte the one that was understood
    /// last. `words` finds the provider's own words in the body of an error.
    ///
    /// # Errors
    /// Whatever is not a 200 with a body that could be JSON.
    pub(crate) fn get(
        &self,
        url: &str,
        headers: &[(&'static str, &Secret)],
        body: &mut Body,
        words: fn(&[u8]) -> Option<String>,
    ) -> Result<bool, PollError> {
        let begun = Instant::now();
        let mut request = self.client.get(url).timeout(self.timeout);
        for (name, secret) in headers {
            // A secret holds only what a header may hold.
            if let Ok(mut value) = HeaderValue::from_str(secret.expose()) {
                value.set_sensitive(true);
                request = request.header(*name, value);
            }
        }
        let sent = request.send();
        let status = sent.as_ref().ok().map(|response| response.status());
        let result = match sent {
            Ok(response) if status.is_some_and(|status| status.is_success()) => {
                self.receive(response, body)
            }
            Ok(response) => Err(refusal(response, words)),
            Err(error) => Err(self.failure(error)),
        };
        if let Some(trace) = &self.trace {
            let mut line = format!("GET {url} ");
            let _ = match (&result, status) {
                (Err(error), _) => write!(line, "{}", error.cause),
                (Ok(_), Some(status)) => {
                    write!(line, "{} {} bytes", status.as_u16(), body.bytes.len())
                }
                (Ok(_), None) => Ok(()),
            };
            let _ = write!(line, " {:.1?}", begun.elapsed());
            trace(line);
        }
        result
    }

    fn receive(&self, mut response: Response, body: &mut Body) -> Result<bool, PollError> {
        let status = response.status().as_u16();
        let again = |cause: String| PollError {
            cause,
            status: Some(status),
            then: Then::AskAgain { retry_after: None },
        };
        let html = is_html(response.headers());
        let length = response.content_length().unwrap_or(0);
        match body.receive(&mut response, length, LARGEST) {
            Ok(same) => {
                if html || body.bytes.trim_ascii_start().starts_with(b"<") {
                    body.understood = false;
                    return Err(again("an HTML page instead of JSON".into()));
                }
                if body.bytes.trim_ascii().is_empty() {
                    body.understood = false;
                    return Err(again("an empty answer".into()));
                }
                Ok(same)
            }
            Err(Broken::TooLarge) => Err(again(format!(
                "an answer of more than {} MiB",
                LARGEST >> 20
            ))),
            Err(Broken::Read(error)) if is_timeout(&error) => Err(again(self.timed_out())),
            Err(Broken::Read(error)) => {
                Err(again(format!("the answer broke off: {}", root(&error))))
            }
        }
    }

    /// What a request that got no answer means.
    fn failure(&self, error: reqwest::Error) -> PollError {
        let error = error.without_url();
        if let Some(problem) = certificate_problem(&error) {
            return PollError {
                cause: format!("the server's certificate does not verify: {problem}"),
                status: None,
                then: Then::Refused {
                    hint: Some(
                        "give the certificate of its authority with --cacert FILE; --insecure \
                         would check nothing"
                            .into(),
                    ),
                    at_once: true,
                },
            };
        }
        let cause = if error.is_timeout() {
            self.timed_out()
        } else if error.is_connect() {
            format!("cannot connect: {}", root(&error))
        } else {
            format!("no answer: {}", root(&error))
        };
        PollError {
            cause,
            status: None,
            then: Then::AskAgain { retry_after: None },
        }
    }

    fn timed_out(&self) -> String {
        format!(
            "no whole answer within {}",
            humantime::format_duration(self.timeout)
        )
    }
}

/// The body of an answer, kept from poll to poll: an answer that repeats the last one is known by
/// its bytes and need not be parsed again, and the memory is there already.
#[derive(Default)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    chunk: Vec<u8>,
    /// Whether the bytes are an answer that was read to its end and understood.
    understood: bool,
}

enum Broken {
    TooLarge,
    Read(io::Error),
}

impl Body {
    /// The bytes of the last answer.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Says that the bytes made sense, so that the same bytes again mean the same.
    pub(crate) fn understand(&mut self) {
        self.understood = true;
    }

    /// Reads to the end. Compares while it reads: as long as the bytes are those of the last
    /// answer they are in place already, and a second buffer is not needed.
    fn receive(
        &mut self,
        reader: &mut impl Read,
        length: u64,
        largest: usize,
    ) -> Result<bool, Broken> {
        let mut same = std::mem::take(&mut self.understood);
        let mut end = 0;
        self.chunk.resize(CHUNK, 0);
        loop {
            let read = match reader.read(&mut self.chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Broken::Read(error)),
            };
            if end + read > largest {
                self.bytes = Vec::new();
                return Err(Broken::TooLarge);
            }
            let chunk = &self.chunk[..read];
            same = same && self.bytes.get(end..end + read) == Some(chunk);
            if !same {
                self.bytes.truncate(end);
                if end == 0 {
                    let length = usize::try_from(length).unwrap_or(largest).min(largest);
                    self.bytes.reserve(length);
                }
                self.bytes.extend_from_slice(chunk);
            }
            end += read;
        }
        same = same && end == self.bytes.len();
        self.bytes.truncate(end);
        self.understood = same;
        Ok(same)
    }
}

/// What an answer that is not a success means: a redirect and every 4xx but 408, 425 and 429 is
/// refused, the rest is asked again.
fn refusal(mut response: Response, words: fn(&[u8]) -> Option<String>) -> PollError {
    let status = response.status();
    let mut cause = format!("HTTP {status}");
    if status.is_redirection() {
        let to = response
            .headers()
            .get(LOCATION)
            .map_or("nowhere".into(), |value| {
                text::clean(&String::from_utf8_lossy(value.as_bytes()), text::NAME).into_owned()
            });
        let _ = write!(cause, ": it points to {to}, which is not followed");
    } else {
        let mut bytes = Vec::new();
        // What could be read is enough: the status is known.
        let _ = Read::by_ref(&mut response)
            .take(ERROR_BODY)
            .read_to_end(&mut bytes);
        if let Some(words) = words(&bytes) {
            let _ = write!(cause, ": {}", text::clean(&words, text::MESSAGE));
        }
    }
    let code = status.as_u16();
    let again =
        status.is_server_error() || status.is_informational() || matches!(code, 408 | 425 | 429);
    PollError {
        cause,
        status: Some(code),
        then: if again {
            Then::AskAgain {
                retry_after: retry_after(response.headers(), SystemTime::now()),
            }
        } else {
            Then::Refused {
                hint: None,
                at_once: code == 401,
            }
        },
    }
}

/// `Retry-After`, in seconds or as a date. What is neither is not there.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("text/html"))
}

fn is_timeout(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
        || error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<reqwest::Error>())
            .is_some_and(reqwest::Error::is_timeout)
}

/// The innermost cause: the outer ones only say that a request failed.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    text::clean(&inner.to_string(), text::MESSAGE).into_owned()
}

/// What is wrong with the server's certificate, where that is what went wrong.
fn certificate_problem(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An io::Error hides what it carries from source().
        let carried = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(tls) = carried.or_else(|| error.downcast_ref())
            && let rustls::Error::InvalidCertificate(problem) = tls
        {
            return Some(text::clean(&problem.to_string(), text::MESSAGE).into_owned());
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &mut Body, bytes: &[u8]) -> bool {
        let same = body
            .receive(&mut &*bytes, bytes.len() as u64, 100)
            .unwrap_or_else(|_| panic!("readable"));
        assert_eq!(body.bytes(), bytes);
        same
    }

    #[test]
    fn the_same_bytes_are_the_same_only_once_understood() {
        let mut body = Body::default();
        assert!(!read(&mut body, b"one"));
        assert!(!read(&mut body, b"one"), "it was never understood");
        body.understand();
        assert!(read(&mut body, b"one"));
        assert!(read(&mut body, b"one"));
        assert!(!read(&mut body, b"on"), "a prefix is another answer");
        body.understand();
        assert!(!read(&mut body, b"one"), "and so is a longer one");
        body.understand();
        assert!(!read(&mut body, b"two"));
    }

    #[test]
    fn a_broken_answer_is_not_compared_with() {
        struct Breaks(&'static [u8]);
        impl Read for Breaks {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(io::ErrorKind::ConnectionReset.into()),
                    read => Ok(read),
                }
            }
        }
        let mut body = Body::default();
        read(&mut body, b"one two");
        body.understand();
        assert!(body.receive(&mut Breaks(b"one"), 7, 100).is_err());
        assert!(!read(&mut body, b"one two"));
    }

    #[test]
    fn an_answer_has_a_largest_size() {
        let mut body = Body::default();
        let endless = &mut io::repeat(b'x');
        assert!(matches!(
            body.receive(endless, 0, 1 << 20),
            Err(Broken::TooLarge)
        ));
        assert_eq!(body.bytes.capacity(), 0, "and its memory is given back");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (value, wait) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 09 Sep 2001 01:47:10 GMT", Some(30)),
            ("Sun, 09 Sep 2001 01:46:00 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
            assert_eq!(
                retry_after(&headers, now),
                wait.map(Duration::from_secs),
                "{value:?}"
            );
        }
    }
}
