//! What happens in a watch, as data that carries its own time. Every renderer reads the same
//! events; none asks a clock, a provider or the environment.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::board::Change;
use crate::clock::{Moment, Now};
use crate::exit::Verdict;
use crate::model::{Note, Phase};
use crate::watch::Reason;

/// Something happened to the watch of one target. The board that goes with it is the state just
/// after.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) at: Now,
    pub(crate) kind: Kind<'a>,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Started(&'a Started),
    /// The phase or its message changed.
    Phase {
        from: Option<Phase>,
    },
    /// All units that one poll changed.
    Units(&'a [Change]),
    /// The figures of the whole changed, and the phase did not.
    Progress,
    /// A poll failed; the board's `offline` says since when.
    Offline {
        status: Option<u16>,
        retry_in: Duration,
    },
    /// A poll succeeded after failed ones.
    Online {
        offline: Duration,
    },
    Warning(&'a Note),
    /// A line about a request, for `--verbose`.
    Trace(&'a str),
    Finished(&'a Outcome),
}

/// What is watched, and how.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) provider: &'static str,
    pub(crate) endpoint: String,
    pub(crate) interval: Duration,
}

/// The end of a watch.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Reason,
    pub(crate) elapsed: Duration,
    /// Polls, failed ones included.
    pub(crate) polls: u64,
    /// The command that resumes the watch, where the deployment goes on.
    pub(crate) resume: Option<Arc<str>>,
}

impl Event<'_> {
    /// The wall clock's time of the event.
    pub(crate) fn wall(&self) -> SystemTime {
        self.at.wall
    }

    /// The watch clock's time of the event.
    pub(crate) fn moment(&self) -> Moment {
        self.at.moment
    }
}
