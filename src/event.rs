//! The events of a watch. Renderers read nothing else: no clock, no provider, no environment.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::message::Message;
use crate::model::Phase;
use crate::outcome::Outcome;
use crate::progress::{Change, Progress};

/// An event of the watch of one target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) at: Timestamp,
    /// The state of the target just after the event.
    pub(crate) progress: &'a Progress,
    pub(crate) kind: Kind<'a>,
}

/// The kind of an event, with its data.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    Started {
        provider: &'static str,
        endpoint: &'a str,
    },
    /// The phase or its message changed.
    Phase { from: Option<Phase> },
    /// All units that one poll changed.
    Units(&'a [Change]),
    /// `Progress::counts` changed, and the phase did not.
    Progress {
        /// Whether more than the number of units that are done changed.
        stepped: bool,
    },
    /// A poll failed; `Progress::offline` says since when.
    Offline { retry_in: Duration },
    /// A poll succeeded after failed ones.
    Online { offline: Duration },
    Warning {
        message: &'a Message,
        /// About the watch as a whole, not about this target.
        general: bool,
    },
    /// Nothing was said for a minute.
    Heartbeat,
    /// The watch of one target of a list ended; the others may go on.
    PartFinished(&'a Outcome),
    /// The watch as a whole ended. The last event.
    Finished(Finished<'a>),
}

/// The end of a watch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished<'a> {
    pub(crate) outcome: &'a Outcome,
    /// Each target with its outcome; for a single target the same as `outcome`.
    pub(crate) parts: &'a [(&'a Progress, &'a Outcome)],
    /// Whether a list was watched, whose outcome is not that of a target.
    pub(crate) is_list: bool,
}
