//! Asks on behalf of one provider: makes requests, and says what a response that is of no use means.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use super::body::{error_words, repair};
use super::error;
use super::message::{REQUEST_ID, Request, Response, Transport};
use crate::clock::Timestamp;
use crate::message::Message;
use crate::poll::{PollError, RefusalKind, Retry};
use crate::redact::Redactor;

/// Takes what came of a request, for `--verbose`.
pub(crate) type Trace = Box<dyn Fn(Timestamp, RequestTrace) + Send>;

/// A request and its result, for `--verbose`.
#[derive(Debug)]
pub(crate) struct RequestTrace {
    pub(crate) method: &'static str,
    /// Without secrets.
    pub(crate) url: String,
    /// The status and the length of the body in bytes, or why there is no complete response.
    pub(crate) result: Result<(u16, usize), Message>,
    pub(crate) took: Duration,
}

/// The client of one target.
pub(crate) struct Client {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) redactor: Arc<Redactor>,
    /// Called with each request.
    pub(crate) trace: Option<Trace>,
}

impl Client {
    /// Takes secrets out of the text of responses.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The time here: that of the recording in a replay.
    pub(crate) fn now(&self) -> Timestamp {
        self.transport.now()
    }

    /// Makes a request, and turns down whatever is not a success with a body that could be JSON.
    pub(crate) fn get_json(&self, request: Request<'_>) -> Result<Response, PollError> {
        self.send(request)?.expect_json(&self.redactor)
    }

    /// Makes a request and takes its response, whatever it is. Broken text in its body is replaced.
    pub(crate) fn send(&self, request: Request<'_>) -> Result<Response, PollError> {
        let begun = self.now();
        let (method, url) = (request.method(), request.url);
        let mut result = self.transport.send(request);
        if let Ok(response) = &mut result
            && !response.is_repeated
        {
            response.body = repair(std::mem::take(&mut response.body));
        }
        if let Some(trace) = &self.trace {
            let now = self.now();
            let traced = RequestTrace {
                method,
                url: self.redactor.redact(url).into_owned(),
                result: match &result {
                    Ok(response) => Ok((response.status, response.body.len())),
                    Err(error) => Err(error.message.clone()),
                },
                took: now.instant.since(begun.instant),
            };
            trace(now, traced);
        }
        result
    }
}

impl Response {
    /// The response, where it is a success with a body that could be JSON.
    pub(crate) fn expect_json(self, redactor: &Redactor) -> Result<Self, PollError> {
        if !self.is_success() {
            return Err(self.refusal(redactor));
        }
        let problem = if self.status == 206 {
            Message::new("partial response", "只返回了部分内容")
        } else if self.is_html() {
            // A body that is called HTML may be good JSON, and the other way round.
            Message::new("HTML page instead of JSON", "返回的是 HTML 页面，不是 JSON")
                .with_detail(error_words(&self.body, redactor).as_ref())
        } else if self.body.trim_ascii().is_empty() {
            Message::new("empty response", "响应为空")
        } else {
            return Ok(self);
        };
        Err(self.unreadable(problem, redactor))
    }

    /// A success with a body that is of no use: it is retried.
    pub(crate) fn unreadable(&self, problem: Message, redactor: &Redactor) -> PollError {
        let message = self.with_request_id(problem, redactor);
        PollError {
            date: self.date(),
            endpoint_in_doubt: true,
            ..PollError::retryable(message, Some(self.status))
        }
    }

    /// The failure of a response without success: a redirect and every 4xx but 408, 425 and 429 is refused.
    pub(crate) fn refusal(&self, redactor: &Redactor) -> PollError {
        let status = StatusCode::from_u16(self.status);
        let status = status.map_or_else(|_| self.status.to_string(), |known| known.to_string());
        let words = if self.is_redirect() {
            let location = self.location().map(|location| redactor.name(location));
            Some(error::redirect(location.as_deref()))
        } else {
            // The title of a gateway's page is often the status itself.
            error_words(&self.body, redactor).filter(|words| !status.ends_with(words.en()))
        };
        let message = Message::verbatim(format!("HTTP {status}")).with_detail(words.as_ref());
        PollError {
            retry: if self.is_redirect() || error::is_refused(self.status) {
                let kind = match self.status {
                    401 => RefusalKind::SignIn,
                    _ => RefusalKind::Request,
                };
                Retry::Refused { hint: None, kind }
            } else {
                let retry_after = self.retry_after();
                Retry::Retryable { retry_after }
            },
            date: self.date(),
            ..PollError::retryable(self.with_request_id(message, redactor), Some(self.status))
        }
    }

    /// Adds the id by which the provider's support finds the request, unless the message has it.
    fn with_request_id(&self, message: Message, redactor: &Redactor) -> Message {
        let id = redactor.name(self.header(REQUEST_ID).unwrap_or_default());
        // An empty one is in every message.
        match message.en().contains(&*id) {
            true => message,
            false => message.with_request_id(&id),
        }
    }
}

#[cfg(test)]
impl Client {
    /// A client that nothing is sent with.
    pub(crate) fn unused() -> Self {
        struct Unused;

        impl Transport for Unused {
            fn send(&self, _request: Request<'_>) -> Result<Response, PollError> {
                unreachable!("nothing is sent")
            }

            fn now(&self) -> Timestamp {
                Timestamp::at(0.0)
            }
        }

        Self {
            transport: Arc::new(Unused),
            redactor: Arc::default(),
            trace: None,
        }
    }
}
