//! A request, its response, and what carries the one to the other.

use std::time::{Duration, SystemTime};

use reqwest::header::{
    CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
};

use crate::clock::Timestamp;
use crate::poll::PollError;

/// The header by which a provider's support finds a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request: a GET, or a POST where it has a body.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a str,
    pub(crate) body: Option<&'a str>,
    /// Every value is treated as a secret.
    pub(crate) headers: Vec<(&'static str, &'a str)>,
    /// How long it may take at most, where that is less than any request may.
    pub(crate) timeout: Option<Duration>,
    /// The body that an earlier request brought, or nothing: the new one takes its memory, and is compared with it.
    pub(crate) earlier: Vec<u8>,
}

/// A response that was read to its end.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(super) headers: HeaderMap,
    /// The body, decompressed; of an error its beginning.
    pub(crate) body: Vec<u8>,
    /// Whether the body is byte for byte the earlier one that it was received into.
    pub(crate) is_repeated: bool,
    /// When its last byte came.
    pub(crate) received: Timestamp,
}

/// Gets the response to a request: from the network, or from a recording of it.
pub(crate) trait Transport: Send + Sync {
    /// Sends the request and reads the complete response, whatever its status.
    fn send(&self, request: Request<'_>) -> Result<Response, PollError>;

    /// The time here: that of the recording in a replay.
    fn now(&self) -> Timestamp;

    /// When what was sent last was answered, exactly as a recording has it; else the time here.
    fn answered(&self) -> Timestamp {
        self.now()
    }
}

impl<'a> Request<'a> {
    /// A GET of a URL.
    pub(crate) fn get(url: &'a str, headers: Vec<(&'static str, &'a str)>) -> Self {
        Self {
            url,
            body: None,
            headers,
            timeout: None,
            earlier: Vec::new(),
        }
    }

    /// The request's method.
    pub(crate) fn method(&self) -> &'static str {
        if self.body.is_some() { "POST" } else { "GET" }
    }
}

impl Response {
    /// The headers that are read here or by a provider; only these are recorded.
    const RECORDED_HEADERS: [HeaderName; 6] = [
        DATE,
        RETRY_AFTER,
        LOCATION,
        CONTENT_TYPE,
        SET_COOKIE,
        REQUEST_ID,
    ];

    /// A response from a recording. A header that is none is left out.
    pub(crate) fn recorded(
        status: u16,
        headers: &[(String, String)],
        body: Vec<u8>,
        received: Timestamp,
    ) -> Self {
        let headers = headers.iter().filter_map(|(name, value)| {
            let name: HeaderName = name.parse().ok()?;
            let value: HeaderValue = value.parse().ok()?;
            Some((name, value))
        });
        Self {
            status,
            headers: headers.collect(),
            body,
            is_repeated: false,
            received,
        }
    }

    /// The names and values of the headers that are recorded.
    pub(crate) fn recorded_headers(&self) -> Vec<(String, String)> {
        let mut recorded = Vec::new();
        for name in Self::RECORDED_HEADERS {
            let values = self.headers.get_all(&name).into_iter();
            let values = values.filter_map(|value| value.to_str().ok());
            recorded.extend(values.map(|value| (name.to_string(), value.to_owned())));
        }
        recorded
    }

    /// Whether the status is 2xx.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the status is 3xx.
    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Whether the body is HTML, by its first character: a sign-in page may be called anything.
    pub(crate) fn is_html(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The target of a redirect.
    pub(crate) fn location(&self) -> Option<&str> {
        self.header(LOCATION)
    }

    /// The cookies that are set, each as `name=value`.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        let lines = self.headers.get_all(SET_COOKIE).into_iter();
        lines.filter_map(|line| line.to_str().ok()?.split(';').next())
    }

    /// The secrets in its head: the values of cookies, and the ticket of a sign-in in the target of a redirect.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let values = self.cookies().filter_map(|pair| pair.split_once('='));
        let cookies = values.map(|(_, value)| value.trim().trim_matches('"'));
        let location = self.location().unwrap_or_default();
        let lower = location.to_ascii_lowercase();
        let tickets = ["ticket=", ";jsessionid="]
            .into_iter()
            .filter_map(move |name| {
                let start = lower.find(name)? + name.len();
                location[start..].split(['&', '#', '?', ';']).next()
            });
        cookies.chain(tickets)
    }

    /// The server's clock.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE)?).ok()
    }

    /// `Retry-After`, in seconds or as a date. Anything else counts as absent.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let value = self.header(RETRY_AFTER)?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(self.received.wall).unwrap_or_default())
    }

    /// The first header of that name, where it is text.
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
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
            let headers = [("retry-after".to_owned(), value.to_owned())];
            let received = Timestamp::at(1_000_000_000.0);
            let response = Response::recorded(503, &headers, Vec::new(), received);
            assert_eq!(
                response.retry_after(),
                wait.map(Duration::from_secs),
                "{value:?}"
            );
        }
    }
}
