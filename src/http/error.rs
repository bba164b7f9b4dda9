//! What a request means that got no complete response.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use super::message::TransportError;
use crate::cause::{self, Cause, Distrust, Flaw, Hint, Trouble};
use crate::provider::{PollError, Then};
use crate::text;

/// A failure that is worth another request.
pub(super) fn retryable(cause: Cause, retry_after: Option<Duration>) -> PollError {
    PollError {
        cause,
        status: None,
        then: Then::AskAgain { retry_after },
        date: None,
    }
}

/// What it means that no response came; `timeout` is that of the request.
pub(super) fn no_response(error: reqwest::Error, timeout: Duration) -> TransportError {
    // The URL may hold a secret.
    let error = error.without_url();
    let may_have_been_received = !error.is_connect();
    let error = match certificate_problem(&error) {
        Some(problem) => PollError {
            then: Then::Refused {
                hint: Some(Hint::Trust),
                at_once: true,
            },
            ..retryable(Cause::Untrusted(problem), None)
        },
        None => {
            let cause = if error.is_timeout() {
                Cause::TimedOut(timeout)
            } else if may_have_been_received {
                Cause::NoAnswer(trouble(&error))
            } else {
                Cause::CannotConnect(trouble(&error))
            };
            retryable(cause, None)
        }
    };
    TransportError {
        error,
        may_have_been_received,
    }
}

/// Why the body of a response ended before its end.
pub(super) fn broken_body(error: &io::Error, timeout: Duration) -> Cause {
    let timed_out = chain(error).any(|error| {
        let error = error.downcast_ref::<reqwest::Error>();
        error.is_some_and(reqwest::Error::is_timeout)
    });
    if timed_out || error.kind() == io::ErrorKind::TimedOut {
        Cause::TimedOut(timeout)
    } else {
        Cause::BrokeOff(trouble(error))
    }
}

/// The innermost error's words: the outer ones only say that a request failed.
fn root(error: &(dyn Error + 'static)) -> String {
    let innermost = chain(error).last().unwrap_or(error);
    text::clean(&innermost.to_string(), text::MESSAGE).into_owned()
}

/// An error and what caused it.
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

/// What went wrong: the words of the innermost error, and the kind that the system or a library gives
/// it.
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
