//! The one HTTP client. It sets the limits of a request and says what a failure means where the
//! stage of the failure is known: ask again, or refused.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER, SET_COOKIE,
};
use hyper::{Response, StatusCode};
use hyper_util::client::legacy;
use rustls::CertificateError;
use tokio::time::timeout;
use url::{Url, form_urlencoded};

use crate::capture::{Exchange, Recorder, TICKET};
use crate::cause::{self, Cause, Distrust, Flaw, Hint, Said, Trouble};
use crate::clock::Now;
use crate::event::Traced;
use crate::mask::{self, MASK, SHORTEST};
use crate::provider::{PollError, Then};
use crate::replay::Tape;
use crate::text;

mod body;
mod transport;

pub(crate) use body::Body;
use transport::{Transport, Trust};

/// The largest answer read, in bytes, after decompression.
const LARGEST: usize = 256 << 20;
/// How much of an error's body is looked at for the provider's words, in bytes.
const ERROR_BODY: usize = 64 << 10;
/// The headers whose value is a secret as it stands.
const SIGNS: [&str; 3] = ["x-yunxiao-token", "x-auth-token", "x-security-token"];
/// The header that numbers a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How requests are made.
pub(crate) struct Settings {
    /// One request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// A PEM bundle that is trusted beside the system's roots.
    pub(crate) cacert: Option<Vec<u8>>,
    /// Do not check certificates.
    pub(crate) insecure: bool,
    /// Use no proxy, whatever the environment says.
    pub(crate) direct: bool,
    /// Called with each request.
    pub(crate) trace: Option<Trace>,
    /// Takes down every request and its answer; the number is the target's.
    pub(crate) recorder: Option<(Arc<Recorder>, usize)>,
}

/// Takes what came of a request.
pub(crate) type Trace = Box<dyn Fn(Traced)>;

/// A client for one endpoint.
pub(crate) struct Http {
    source: Source,
    timeout: Duration,
    trace: Option<Trace>,
    recorder: Option<(Arc<Recorder>, usize)>,
}

/// Where answers come from.
enum Source {
    Network(Transport),
    /// A recording; the number is the target's.
    Tape(Arc<Tape>, usize),
}

/// The transports there are. One has a pool of connections, and setting up TLS takes milliseconds, so
/// that targets with the same settings share it.
#[derive(Default)]
pub(crate) struct Transports(Vec<((Trust, bool), Transport)>);

impl Transports {
    /// A connection to `endpoint`.
    ///
    /// # Errors
    /// Where the certificates cannot be used.
    pub(crate) fn connect(&mut self, endpoint: &Url, settings: Settings) -> Result<Http> {
        let trust = match settings.cacert {
            _ if endpoint.scheme() == "http" => Trust::Plain,
            _ if settings.insecure => Trust::Anybody,
            Some(pem) => Trust::Also(pem),
            None => Trust::System,
        };
        let wanted = (trust, settings.direct);
        let made = self.0.iter().find(|(made, _)| *made == wanted);
        let transport = match made {
            Some((_, transport)) => transport.clone(),
            None => {
                let transport = Transport::new(&wanted.0, settings.direct)?;
                self.0.push((wanted, transport.clone()));
                transport
            }
        };
        Ok(Http {
            source: Source::Network(transport),
            timeout: settings.timeout,
            trace: settings.trace,
            recorder: settings.recorder,
        })
    }
}

/// The host of the environment's proxy through which `endpoint` is reached, where there is one.
pub(crate) fn proxy(endpoint: &Url) -> Option<String> {
    transport::proxy(&endpoint.as_str().parse().ok()?)
}

impl Http {
    /// What answers from a recording as target `number` got them.
    pub(crate) fn replay(tape: Arc<Tape>, number: usize, settings: Settings) -> Self {
        Self {
            source: Source::Tape(tape, number),
            timeout: settings.timeout,
            trace: settings.trace,
            recorder: settings.recorder,
        }
    }

    /// Makes a request whose answer is meant to be JSON, and reads it into `body`. `words` finds the
    /// provider's own words in the body of an error.
    ///
    /// # Errors
    /// Whatever is not a success with a body that could be JSON.
    pub(crate) async fn ask(
        &self,
        request: &Request<'_>,
        body: &mut Body,
        words: fn(&[u8]) -> Option<Said>,
    ) -> Result<Answer, PollError> {
        let answer = self
            .deliver(request, body)
            .await
            .map_err(|failure| failure.error)?;
        answer.json(body, words)
    }

    /// Makes a request and takes its answer, whatever it is. The body of a success goes into
    /// `body`, that of anything else is kept aside, so that the last good one can still be compared
    /// with. A failure says whether the server may have got the request: some must not be made too
    /// often.
    ///
    /// # Errors
    /// Where no whole answer came.
    pub(crate) async fn deliver(
        &self,
        request: &Request<'_>,
        body: &mut Body,
    ) -> Result<Answer, Failure> {
        let begun = Now::read();
        let mut result = match &self.source {
            Source::Network(transport) => self.fetch(transport, request, body).await,
            Source::Tape(tape, number) => replay(tape, *number, request, body).await,
        };
        if let Some((recorder, number)) = &self.recorder {
            let found = result.as_ref().map(|answer| (answer, body.of(answer)));
            recorder.record(*number, begun, request, found);
        }
        if let Ok(answer) = &mut result {
            answer.hide_secrets(request, body);
        }
        if let Some(trace) = &self.trace {
            trace(Traced {
                method: request.method(),
                url: without_ticket(request.url).to_owned(),
                came: match &result {
                    Ok(answer) => Ok((answer.status, body.of(answer).len())),
                    Err(failure) => Err(failure.error.cause.clone()),
                },
                took: Now::read().moment.since(begun.moment),
            });
        }
        result
    }

    /// Makes a request over the network.
    async fn fetch(
        &self,
        transport: &Transport,
        request: &Request<'_>,
        body: &mut Body,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let (head, incoming) = self.send(transport, request).await?.into_parts();
        let left = self.timeout.saturating_sub(begun.elapsed());
        let mut answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            same: false,
        };
        if answer.is_success() {
            let read = self.receive(incoming, left, &answer, body).await;
            answer.same = read.map_err(|error| Failure { error, got: true })?;
        } else {
            // What could be read is enough: the status is known.
            let aside = &mut body.aside;
            aside.clear();
            let read = body::read(incoming, answer.is_packed(), |bytes| {
                aside.extend_from_slice(bytes);
                aside.len() < ERROR_BODY
            });
            let _ = timeout(left, read).await;
            body.aside.truncate(ERROR_BODY);
        }
        Ok(answer)
    }

    async fn send(
        &self,
        transport: &Transport,
        request: &Request<'_>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut message = hyper::Request::builder()
            .method(request.method())
            .uri(request.url);
        for (name, value) in &request.headers {
            // What is put here is a secret or made of checked parts, and fits into a header.
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(true);
                message = message.header(*name, value);
            }
        }
        let message = message
            .body(request.body.unwrap_or_default().to_owned())
            .map_err(|error| Failure {
                got: false,
                error: unanswered(Cause::CannotConnect(trouble(&error))),
            })?;
        match timeout(self.timeout, transport.send(message)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure {
                got: true,
                error: unanswered(Cause::TimedOut(self.timeout)),
            }),
        }
    }

    async fn receive(
        &self,
        incoming: Incoming,
        left: Duration,
        answer: &Answer,
        body: &mut Body,
    ) -> Result<bool, PollError> {
        let length = answer
            .header(CONTENT_LENGTH)
            .and_then(|text| text.parse().ok());
        let mut receipt = body.receive(length.unwrap_or(0), LARGEST);
        let read = body::read(incoming, answer.is_packed(), |bytes| receipt.take(bytes));
        let problem = match timeout(left, read).await {
            Ok(Ok(true)) => return Ok(receipt.end()),
            Ok(Ok(false)) => Cause::TooLarge(LARGEST >> 20),
            Ok(Err(error)) => Cause::BrokeOff(trouble(&*error)),
            Err(_) => Cause::TimedOut(self.timeout),
        };
        Err(answer.unreadable(problem))
    }
}

/// Takes an answer from a recording.
async fn replay(
    tape: &Tape,
    target: usize,
    request: &Request<'_>,
    body: &mut Body,
) -> Result<Answer, Failure> {
    let Some(exchange) = tape.answer(target, request.method(), request.url).await else {
        let error = PollError {
            cause: Cause::Over,
            status: None,
            then: Then::Over,
            date: None,
        };
        return Err(Failure { error, got: false });
    };
    let mut answer = Answer::recorded(&exchange);
    if let Some(problem) = exchange.error {
        // Nothing is compared with what broke off.
        body.understood = false;
        let then = match problem.refused {
            Some(refusal) => Then::Refused {
                hint: refusal.hint.map(|hint| Hint::Recorded(hint.into())),
                at_once: refusal.at_once,
            },
            None => Then::AskAgain { retry_after: None },
        };
        let error = PollError {
            cause: Cause::Recorded(problem.cause.into()),
            status: exchange.status,
            then,
            date: answer.date(),
        };
        let got = problem.received;
        return Err(Failure { error, got });
    }
    let bytes = exchange.bytes();
    if answer.is_success() {
        let mut receipt = body.receive(bytes.len(), LARGEST);
        // What was too large once is no success.
        receipt.take(&bytes);
        answer.same = receipt.end();
    } else {
        body.aside = bytes;
    }
    Ok(answer)
}

/// A request without a whole answer.
pub(crate) struct Failure {
    pub(crate) error: PollError,
    /// Whether the server may have got the request: false only where no connection came about.
    pub(crate) got: bool,
}

/// A URL as it may be shown: the ticket of a sign-in is a secret.
fn without_ticket(url: &str) -> &str {
    url.find(TICKET)
        .map_or(url, |place| &url[..place + TICKET.len()])
}

/// A request: a GET, or a POST where it has a body.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a str,
    pub(crate) body: Option<&'a str>,
    /// Every value is treated as a secret.
    pub(crate) headers: Vec<(&'static str, &'a str)>,
}

impl Request<'_> {
    /// The request's method.
    pub(crate) fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }

    /// The passwords in it: that of HTTP Basic, and that of a form.
    pub(crate) fn passwords(&self) -> Vec<String> {
        let mut passwords = Vec::new();
        for (name, value) in &self.headers {
            if let Some(pair) = value.strip_prefix("Basic ")
                && let Ok(pair) = STANDARD.decode(pair)
                && let Ok(pair) = String::from_utf8(pair)
                && let Some((_, password)) = pair.split_once(':')
            {
                passwords.push(password.to_owned());
            }
            if name.eq_ignore_ascii_case("content-type") && value.contains("form-urlencoded") {
                let fields = form_urlencoded::parse(self.body.unwrap_or_default().as_bytes());
                let given = fields.filter(|(name, _)| name == "password");
                passwords.extend(given.map(|(_, password)| password.into_owned()));
            }
        }
        passwords
    }

    /// The secrets that sign it; too short a one would be found by chance.
    fn secrets(&self) -> Vec<String> {
        let signs = |name: &str| SIGNS.iter().any(|signs| signs.eq_ignore_ascii_case(name));
        let headers = self.headers.iter();
        let mut secrets: Vec<_> = headers
            .filter_map(|(name, value)| match value.strip_prefix("Basic ") {
                Some(pair) => Some(pair.to_owned()),
                None => signs(name).then(|| (*value).to_owned()),
            })
            .collect();
        secrets.extend(self.passwords());
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets
    }
}

/// The head of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    /// Whether the body is byte for byte the one that was understood last.
    pub(crate) same: bool,
}

impl Answer {
    /// The headers that are recorded: those that are read here, and no others.
    const THAT_MATTER: [HeaderName; 6] = [
        DATE,
        RETRY_AFTER,
        LOCATION,
        CONTENT_TYPE,
        SET_COOKIE,
        REQUEST_ID,
    ];

    /// The head of a recorded answer.
    fn recorded(exchange: &Exchange) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in &exchange.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.append(name, value);
            }
        }
        Self {
            status: exchange.status.unwrap_or_default(),
            headers,
            same: false,
        }
    }

    /// The names and the values of the headers that matter.
    pub(crate) fn that_matter(&self) -> Vec<(String, String)> {
        let mut matter = Vec::new();
        for name in Self::THAT_MATTER {
            let values = self.headers.get_all(&name).into_iter();
            let values = values.filter_map(|value| value.to_str().ok());
            matter.extend(values.map(|value| (name.to_string(), value.to_owned())));
        }
        matter
    }

    /// Whether the status is a good one, which a page for people can have as well.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// An answer for tests.
    #[cfg(test)]
    pub(crate) fn of(status: u16, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| {
            let value = value.parse::<HeaderValue>().expect("a value");
            (HeaderName::from_static(name), value)
        });
        Self {
            status,
            headers: headers.collect(),
            same: false,
        }
    }

    /// The first header of that name, where it is text.
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer, where its body could be JSON. `words` finds the provider's own words in the body
    /// of an error.
    ///
    /// # Errors
    /// Whatever is not a success with a body that could be JSON.
    pub(crate) fn json(
        self,
        body: &mut Body,
        words: fn(&[u8]) -> Option<Said>,
    ) -> Result<Self, PollError> {
        if !self.is_success() {
            return Err(self.refusal(&body.aside, words));
        }
        let problem = if self.status == 206 {
            Cause::Partial
        } else if self.is_html(body) || self.is_called_html() {
            Cause::Html
        } else if body.bytes.trim_ascii().is_empty() {
            Cause::Empty
        } else {
            return Ok(self);
        };
        body.understood = false;
        Err(self.unreadable(problem))
    }

    /// Whether the body is a page for people.
    pub(crate) fn is_html(&self, body: &Body) -> bool {
        // By what it is, not by what it is called: a sign-in page is known so.
        body.bytes.trim_ascii_start().starts_with(b"<")
    }

    /// Whether the server calls the body a page for people. Whoever does that is perhaps not the
    /// provider, whatever the body says.
    fn is_called_html(&self) -> bool {
        let declared = self.header(CONTENT_TYPE).unwrap_or_default();
        let kind = declared.split(';').next().unwrap_or_default().trim();
        let html = ["text/html", "application/xhtml+xml"];
        html.iter().any(|html| kind.eq_ignore_ascii_case(html))
    }

    /// Hides what comes back of the request's secrets before anything is read from the answer: an
    /// error may hold the token that it turns down.
    fn hide_secrets(&mut self, request: &Request<'_>, body: &mut Body) {
        // The same bytes as the last time, which held none.
        if self.same {
            return;
        }
        let bytes = if self.is_success() {
            &mut body.bytes
        } else {
            &mut body.aside
        };
        for secret in request.secrets() {
            if let Some(hidden) = mask::hide(bytes, &secret) {
                *bytes = hidden;
            }
            for value in self.headers.values_mut() {
                if let Some(hidden) = mask::hide(value.as_bytes(), &secret) {
                    let hidden = HeaderValue::from_bytes(&hidden);
                    *value = hidden.unwrap_or(HeaderValue::from_static(MASK));
                }
            }
        }
    }

    /// Whether the body is packed with gzip.
    fn is_packed(&self) -> bool {
        let encoding = self.header(CONTENT_ENCODING).unwrap_or_default();
        encoding.trim().eq_ignore_ascii_case("gzip")
    }

    /// Where a redirect points to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.header(LOCATION)
    }

    /// The cookies that are set, each as `name=value`.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        let lines = self.headers.get_all(SET_COOKIE).into_iter();
        lines.filter_map(|line| line.to_str().ok()?.split(';').next())
    }

    /// The server's clock.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE)?).ok()
    }

    /// `cause` with the number by which the provider's support finds the request, where the answer
    /// has one in its head.
    fn numbered(&self, cause: Cause) -> Cause {
        let number = self.header(REQUEST_ID).unwrap_or_default().trim();
        let is_new = !number.is_empty() && !cause.to_string().contains(number);
        cause.numbered(is_new.then(|| cause::printable_name(number)))
    }

    /// A good status with a body that is of no use: it is asked again.
    pub(crate) fn unreadable(&self, problem: Cause) -> PollError {
        PollError {
            cause: self.numbered(problem),
            status: Some(self.status),
            then: Then::AskAgain { retry_after: None },
            date: self.date(),
        }
    }

    /// What an answer that is not a success means: a redirect and every 4xx but 408, 425 and 429 is
    /// refused, the rest is asked again.
    pub(crate) fn refusal(&self, body: &[u8], words: fn(&[u8]) -> Option<Said>) -> PollError {
        let status = match StatusCode::from_u16(self.status) {
            Ok(status) => status.to_string(),
            Err(_) => self.status.to_string(),
        };
        let status = status.into();
        let redirect = (300..400).contains(&self.status);
        let cause = if redirect {
            let to = self.location().map(cause::printable_name);
            Cause::Redirect { status, to }
        } else {
            let said = words(body);
            let request = said.as_ref().and_then(|said| said.request.clone());
            let words = said.map(|said| said.words);
            Cause::Status { status, words }.numbered(request)
        };
        let refused = redirect
            || (400..500).contains(&self.status) && !matches!(self.status, 408 | 425 | 429);
        PollError {
            cause: self.numbered(cause),
            status: Some(self.status),
            then: if refused {
                Then::Refused {
                    hint: None,
                    at_once: self.status == 401,
                }
            } else {
                Then::AskAgain {
                    retry_after: retry_after(&self.headers, Now::read().wall),
                }
            },
            date: self.date(),
        }
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

/// What a request means that got no answer.
fn failure(error: &legacy::Error) -> Failure {
    let got = !error.is_connect();
    let error = match certificate_problem(error) {
        Some(problem) => PollError {
            then: Then::Refused {
                hint: Some(Hint::Trust),
                at_once: true,
            },
            ..unanswered(Cause::Untrusted(problem))
        },
        None if got => unanswered(Cause::NoAnswer(trouble(error))),
        None => unanswered(Cause::CannotConnect(trouble(error))),
    };
    Failure { error, got }
}

/// No answer: it is asked again.
fn unanswered(cause: Cause) -> PollError {
    PollError {
        cause,
        status: None,
        then: Then::AskAgain { retry_after: None },
        date: None,
    }
}

/// The innermost cause: the outer ones only say that a request failed.
fn root(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    text::clean(&inner.to_string(), text::MESSAGE).into_owned()
}

/// An error and what lies under it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error hides what it carries from source(), and may carry another one.
        let carried = error.downcast_ref().and_then(io::Error::get_ref);
        match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        }
    })
}

/// What went wrong below: the words of the innermost cause, and the kind that the system or a library
/// gives it.
fn trouble(error: &(dyn Error + 'static)) -> Trouble {
    let words = root(error);
    let kinds = chain(error).filter_map(|error| error.downcast_ref().map(io::Error::kind));
    let kind = kinds.filter(|kind| *kind != io::ErrorKind::Other).last();
    let kind = kind.unwrap_or(match &*words {
        // hyper's own error, which is none of the system's.
        "connection closed before message completed" => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::Other,
    });
    Trouble::new(kind, &words)
}

/// What is wrong with the server's certificate, where that is what went wrong.
fn certificate_problem(error: &(dyn Error + 'static)) -> Option<Distrust> {
    let problem = chain(error).find_map(|error| match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(problem)) => Some(problem),
        _ => None,
    })?;
    let words = problem.to_string();
    if words.contains("CaUsedAsEndEntity") {
        return Some(Distrust::OfAuthority);
    }
    Some(Distrust::Flaw(flaw(problem), cause::printable(&words)))
}

fn flaw(problem: &CertificateError) -> Flaw {
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Flaw::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Flaw::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Flaw::OtherName
        }
        CertificateError::UnknownIssuer => Flaw::UnknownIssuer,
        CertificateError::Revoked => Flaw::Revoked,
        CertificateError::BadSignature => Flaw::BadSignature,
        _ => Flaw::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticket_of_a_sign_in_is_not_shown() {
        for (url, shown) in [
            ("https://h/a?b=c", "https://h/a?b=c"),
            ("https://h/a?ticket=ST-1&b=c", "https://h/a?ticket="),
            ("https://h/a?b=c&ticket=ST-1", "https://h/a?b=c&ticket="),
        ] {
            assert_eq!(without_ticket(url), shown);
        }
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
