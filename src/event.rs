//! What happens in a watch, as data that carries its own time. Every renderer reads the same
//! events; none asks a clock, a provider or the environment.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::message::Message;
use crate::model::Phase;
use crate::outcome::Outcome;
use crate::progress::{Change, Progress};

/// An event of the watch of one target. The `Progress` that goes with it is the state just after it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) at: Timestamp,
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
    Progress {
        /// Whether more than the count of units that are done changed.
        stepped: bool,
    },
    /// A poll failed; `Progress::offline` says since when.
    Offline {
        status: Option<u16>,
        retry_in: Duration,
    },
    /// A poll succeeded after failed ones.
    Online {
        offline: Duration,
    },
    Warning {
        message: &'a Message,
        /// About the watch as a whole, not about this deployment.
        general: bool,
    },
    /// What came of a request, for `--verbose`.
    Trace(&'a Traced),
    Finished(&'a Outcome),
    /// The watch of one target of a list ended; the others may go on.
    PartFinished(&'a Outcome),
    /// The watch of the whole list ended; what it came to for each target.
    AllFinished(&'a Outcome, &'a [(&'a Progress, &'a Outcome)]),
}

/// A request and what came of it.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) method: &'static str,
    /// Without secrets.
    pub(crate) url: String,
    /// The status and the bytes of the body, or why there is no complete response.
    pub(crate) came: Result<(u16, usize), Message>,
    pub(crate) took: Duration,
}

/// What is watched, and how.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) provider: &'static str,
    pub(crate) endpoint: String,
    pub(crate) interval: Duration,
}

/// The end of everything that is watched.
#[derive(Debug)]
pub(crate) struct End<'a> {
    pub(crate) at: Timestamp,
    pub(crate) outcome: &'a Outcome,
    /// Whether it is a list that ended: it has a verdict beside those of its parts.
    pub(crate) list: bool,
    /// What it came to for each target; for a single one, `outcome` again.
    pub(crate) parts: Vec<(&'a Progress, &'a Outcome)>,
}

impl<'a> End<'a> {
    /// The end of the watch of one target.
    pub(crate) fn of_one(at: Timestamp, progress: &'a Progress, outcome: &'a Outcome) -> Self {
        Self {
            at,
            outcome,
            list: false,
            parts: vec![(progress, outcome)],
        }
    }
}

impl Event<'_> {
    /// The end, where this event is one: of a list, not of its parts.
    pub(crate) fn end<'a>(&'a self, progress: &'a Progress) -> Option<End<'a>> {
        match self.kind {
            Kind::Finished(outcome) => Some(End::of_one(self.at, progress, outcome)),
            Kind::AllFinished(outcome, parts) => Some(End {
                at: self.at,
                outcome,
                list: true,
                parts: parts.to_vec(),
            }),
            _ => None,
        }
    }
}
