//! What a deployment is, in deploywatch's own words. Providers speak it, the watch judges it, the
//! renderers show it; it knows none of them.

use std::num::NonZeroI64;
use std::sync::Arc;

use crate::message::Message;

/// What one good poll says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) phase: Phase,
    /// What there is to say about the phase.
    pub(crate) message: Option<Message>,
    /// The units of this answer, not of earlier ones.
    pub(crate) units: Vec<Unit>,
    /// The batch at work, from 1.
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
    /// The provider's own figure, 0 to 100.
    pub(crate) percent: Option<u8>,
    /// Which run this is, where a target can have several: a new run starts with no units.
    pub(crate) run: Option<Arc<str>>,
    /// The option that selects this run, if the command line does not; empty if none is needed any
    /// more.
    pub(crate) run_selector: Option<Arc<str>>,
    /// The deployment's page for people, where the provider names one.
    pub(crate) url: Option<Arc<str>>,
    /// What the user should know; each is said once in a watch.
    pub(crate) warnings: Vec<Message>,
    /// Why a success is not a complete one; `--strict` turns it into a failure.
    pub(crate) success_caveats: Vec<Message>,
    /// What becomes the phase when the next good poll finds the same.
    pub(crate) unconfirmed: Option<Unconfirmed>,
}

/// A finding of which one poll is not proof enough: a second good poll in a row must agree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unconfirmed {
    pub(crate) phase: Phase,
    pub(crate) message: Option<Message>,
    /// What else must be the same in the second poll.
    pub(crate) fingerprint: Option<Arc<str>>,
}

impl Unconfirmed {
    /// A finding that the same phase in the next poll confirms.
    pub(crate) fn new(phase: Phase, message: Option<Message>) -> Self {
        Self {
            phase,
            message,
            fingerprint: None,
        }
    }

    /// Whether two polls found the same.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.phase == other.phase && self.fingerprint == other.fingerprint
    }
}

impl Snapshot {
    /// A snapshot that says nothing but its phase.
    pub(crate) fn new(phase: Phase) -> Self {
        Self {
            phase,
            message: None,
            units: Vec::new(),
            batch: None,
            batches: None,
            percent: None,
            run: None,
            run_selector: None,
            url: None,
            warnings: Vec::new(),
            success_caveats: Vec::new(),
            unconfirmed: None,
        }
    }

    /// Whether this answer says, or would say with a second one, that the deployment is over.
    pub(crate) fn has_ended(&self) -> bool {
        let found = self.unconfirmed.as_ref().map(|found| found.phase);
        self.phase.has_ended() || found.is_some_and(Phase::has_ended)
    }

    /// The number of units of this answer in `state`.
    pub(crate) fn count(&self, state: UnitState) -> usize {
        self.units.iter().filter(|unit| unit.state == state).count()
    }
}

/// Where a deployment stands. Only the provider's own word makes it an ended one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    /// It waits for a person, and nothing has failed.
    Paused,
    /// A unit failed, and it waits for a person to retry, skip or stop.
    PausedAfterFailure,
    Succeeded,
    Failed,
    Cancelled,
    /// It ended, and the provider does not say how.
    Ended,
    /// The provider used a word that nobody documents.
    Unknown,
}

impl Phase {
    /// Whether the deployment is over.
    pub(crate) const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Ended
        )
    }

    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused | Self::PausedAfterFailure => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Ended | Self::Unknown => "unknown",
        }
    }
}

/// A machine, a step or a component. Joined across polls by `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) id: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: UnitKind,
    /// The batch it belongs to, from 1.
    pub(crate) batch: Option<u32>,
    pub(crate) state: UnitState,
    /// The provider's reason, or what else it says about the unit.
    pub(crate) detail: Option<Message>,
    /// When the provider says that it began and ended, in milliseconds since 1970. Not 0, so that a
    /// time takes no more room than its number: there may be 100,000 units.
    pub(crate) began: Option<NonZeroI64>,
    pub(crate) ended: Option<NonZeroI64>,
}

/// What a provider's units are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Machine,
    Step,
    Component,
}

impl UnitKind {
    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Step => "step",
            Self::Component => "component",
        }
    }
}

/// The state of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitState {
    Pending,
    Queued,
    Running,
    Succeeded,
    Failed,
    Skipped,
    Cancelled,
    /// The provider used a word that nobody documents, or none.
    Unknown,
}

/// The number of units in each state, indexed by `UnitState as usize`.
pub(crate) type StateCounts = [usize; UnitState::ALL.len()];

impl UnitState {
    /// Every state, in the order in which counts are shown: the most important first.
    pub(crate) const ALL: [Self; 8] = [
        Self::Failed,
        Self::Running,
        Self::Queued,
        Self::Pending,
        Self::Succeeded,
        Self::Skipped,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the unit has ended, in any way.
    pub(crate) const fn ended(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Skipped | Self::Cancelled
        )
    }
}
