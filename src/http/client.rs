//! Asks on behalf of one provider: makes requests, and says what a response that is of no use means.

use std::sync::Arc;

use reqwest::StatusCode;

use super::error;
use super::message::{Request, Response, Transport, TransportError};
use crate::cause::{self, Cause, Said};
use crate::clock::Now;
use crate::event::Traced;
use crate::provider::{PollError, Then};
use crate::redact::Redactor;

/// Takes what came of a request, for `--verbose`.
pub(crate) type Trace = Box<dyn Fn(Now, Traced) + Send>;

/// The client of one target.
pub(crate) struct Client {
    transport: Arc<dyn Transport>,
    redactor: Arc<Redactor>,
    trace: Option<Trace>,
}

/// The last body that was parsed: an identical one means the same and need not be parsed again.
#[derive(Default)]
pub(crate) struct ParsedBody(Vec<u8>);

impl ParsedBody {
    /// Whether `body` is byte for byte the last one. An empty body never is.
    pub(crate) fn is(&self, body: &[u8]) -> bool {
        !body.is_empty() && self.0 == body
    }

    /// Keeps a body that was parsed.
    pub(crate) fn set(&mut self, body: Vec<u8>) {
        self.0 = body;
    }

    /// Forgets the body: the next one is parsed, whatever it is.
    pub(crate) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

impl Client {
    /// A client over `transport`; `trace` is called with each request.
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        redactor: Arc<Redactor>,
        trace: Option<Trace>,
    ) -> Self {
        Self {
            transport,
            redactor,
            trace,
        }
    }

    /// What takes secrets out of the text of responses.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The time here: that of the recording in a replay.
    pub(crate) fn now(&self) -> Now {
        self.transport.now()
    }

    /// Makes a request whose response is meant to be JSON. `words` finds the provider's own words in
    /// the body of an error.
    ///
    /// # Errors
    /// Whatever is not a success with a body that could be JSON.
    pub(crate) fn get_json(
        &self,
        request: &Request<'_>,
        words: fn(&[u8]) -> Option<Said>,
    ) -> Result<Response, PollError> {
        self.send(request)
            .map_err(|failure| failure.error)?
            .expect_json(words, &self.redactor)
    }

    /// Makes a request and takes its response, whatever it is.
    ///
    /// # Errors
    /// Where no complete response came.
    pub(crate) fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let begun = self.now();
        let mut result = self.transport.send(request);
        if let Ok(response) = &mut result {
            response.redact(&self.redactor);
        }
        if let Some(trace) = &self.trace {
            let now = self.now();
            let traced = Traced {
                method: request.method(),
                url: self.redactor.redact(request.url).into_owned(),
                came: match &result {
                    Ok(response) => Ok((response.status, response.body.len())),
                    Err(failure) => Err(failure.error.cause.clone()),
                },
                took: now.moment.since(begun.moment),
            };
            trace(now, traced);
        }
        result
    }
}

impl Response {
    /// The response, where its body could be JSON. `words` finds the provider's own words in the body
    /// of an error.
    ///
    /// # Errors
    /// Whatever is not a success with a body that could be JSON.
    pub(crate) fn expect_json(
        self,
        words: fn(&[u8]) -> Option<Said>,
        redactor: &Redactor,
    ) -> Result<Self, PollError> {
        if !self.is_success() {
            return Err(self.refusal(words, redactor));
        }
        let problem = if self.status == 206 {
            Cause::Partial
        } else if self.is_html() || self.is_called_html() {
            Cause::Html
        } else if self.body.trim_ascii().is_empty() {
            Cause::Empty
        } else {
            return Ok(self);
        };
        Err(self.unreadable(problem))
    }

    /// A success with a body that is of no use: it is retried.
    pub(crate) fn unreadable(&self, problem: Cause) -> PollError {
        PollError {
            status: Some(self.status),
            date: self.date(),
            ..error::retryable(self.with_request_id(problem), None)
        }
    }

    /// What a response that is not a success means: a redirect and every 4xx but 408, 425 and 429 is
    /// refused, the rest is retried.
    pub(crate) fn refusal(
        &self,
        words: fn(&[u8]) -> Option<Said>,
        redactor: &Redactor,
    ) -> PollError {
        let status = match StatusCode::from_u16(self.status) {
            Ok(status) => status.to_string(),
            Err(_) => self.status.to_string(),
        };
        let status = status.into();
        let cause = if self.is_redirect() {
            let to = self.location().map(|to| redactor.name(to));
            Cause::Redirect { status, to }
        } else {
            let said = words(&self.body);
            let request = said.as_ref().and_then(|said| said.request.clone());
            let words = said.map(|said| said.words);
            Cause::Status { status, words }.numbered(request)
        };
        let refused = self.is_redirect()
            || (400..500).contains(&self.status) && !matches!(self.status, 408 | 425 | 429);
        PollError {
            cause: self.with_request_id(cause),
            status: Some(self.status),
            then: if refused {
                Then::Refused {
                    hint: None,
                    at_once: self.status == 401,
                }
            } else {
                Then::AskAgain {
                    retry_after: self.retry_after(),
                }
            },
            date: self.date(),
        }
    }

    /// `cause` with the number by which the provider's support finds the request, unless it has it.
    fn with_request_id(&self, cause: Cause) -> Cause {
        match self.request_id() {
            Some(id) if !cause.to_string().contains(id) => {
                cause.numbered(Some(cause::printable_name(id)))
            }
            _ => cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_identical_body_is_the_last_one() {
        let mut last = ParsedBody::default();
        assert!(!last.is(b""));
        last.set(b"one".to_vec());
        assert!(last.is(b"one"));
        assert!(!last.is(b"on"));
        assert!(!last.is(b"one two"));
        last.clear();
        assert!(!last.is(b"one"));
    }
}
