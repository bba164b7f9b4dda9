//! The result of a failed poll: what the HTTP client, the providers and the watch share.

use std::time::{Duration, SystemTime};

use crate::message::Message;

/// A poll that did not tell the state of the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollError {
    pub(crate) message: Message,
    /// The HTTP status, where a response came.
    pub(crate) status: Option<u16>,
    pub(crate) retry: Retry,
    /// The server's clock, where the response told it.
    pub(crate) date: Option<SystemTime>,
    /// Whether a wrong endpoint fails like this: no connection, or a response that is not the provider's.
    pub(crate) endpoint_in_doubt: bool,
    /// Whether no connection came about: the server cannot have got the request.
    pub(crate) never_sent: bool,
}

/// Whether polling goes on after a failed poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Poll again, not sooner than this where the provider said so.
    Retryable { retry_after: Option<Duration> },
    /// Polling again will not help.
    Refused {
        /// A hint for the user.
        hint: Option<Message>,
        kind: RefusalKind,
    },
    /// The command line does not tell which deployment is meant.
    Ambiguous,
    /// The recording that is replayed ends here.
    EndOfRecording,
}

/// The kind of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// The request. After a good response the next poll must say the same.
    Request,
    /// The token, key or password.
    SignIn,
    /// The connection, by a proxy or by TLS.
    Connection,
    /// The server's certificate does not verify.
    Certificate,
}

impl PollError {
    /// A failed poll that may be repeated.
    pub(crate) fn retryable(message: Message, status: Option<u16>) -> Self {
        Self {
            message,
            status,
            retry: Retry::Retryable { retry_after: None },
            date: None,
            endpoint_in_doubt: false,
            never_sent: false,
        }
    }

    /// Whether there may be nothing there yet: no connection, or a 404.
    pub(crate) fn is_absent(&self) -> bool {
        match self.status {
            Some(status) => status == 404,
            None => self.endpoint_in_doubt,
        }
    }

    /// A refusal that the next poll must confirm.
    pub(crate) fn refused(message: Message, status: Option<u16>) -> Self {
        Self {
            retry: Retry::Refused {
                hint: None,
                kind: RefusalKind::Request,
            },
            ..Self::retryable(message, status)
        }
    }

    /// The hint for the user, where it is a refusal.
    pub(crate) fn hint(&self) -> Option<&Message> {
        match &self.retry {
            Retry::Refused { hint, .. } => hint.as_ref(),
            _ => None,
        }
    }

    /// Adds what the user can do about it, where it is a refusal.
    pub(crate) fn with_hint(mut self, better: Message) -> Self {
        if let Retry::Refused { hint, .. } = &mut self.retry {
            *hint = Some(better);
        }
        self
    }
}
