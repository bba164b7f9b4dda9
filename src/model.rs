//! The state of a deployment, independent of its provider: providers build snapshots, the watch judges
//! them, renderers show them.

use std::num::NonZeroI64;
use std::sync::Arc;
use std::time::Duration;

use crate::message::Message;

/// The result of one good poll.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) phase: Phase,
    /// The message of the provider, or of its module, about the phase.
    pub(crate) message: Option<Message>,
    /// The units of this response, not of earlier ones.
    pub(crate) units: Vec<Unit>,
    /// The current batch, from 1.
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
    /// The provider's own figure, 0 to 100.
    pub(crate) percent: Option<u8>,
    /// The id of the run, if a target can have several; a new run starts with no units.
    pub(crate) run: Option<Arc<str>>,
    /// The option that selects this run, if the command line does not; empty if none is needed any
    /// more.
    pub(crate) run_selector: Option<Arc<str>>,
    /// The provider's own name of the deployment, if the response has one.
    pub(crate) title: Option<Arc<str>>,
    /// The option that shows the log of a failure, if it is missing.
    pub(crate) log_hint: Option<Message>,
    /// When it began by the provider's clock, in milliseconds since 1970.
    pub(crate) began: Option<NonZeroI64>,
    /// How long it took by the provider's clock, once it has ended.
    pub(crate) took: Option<Duration>,
    /// Warnings for the user; each is shown once in a watch.
    pub(crate) warnings: Vec<Message>,
    /// Why a success is not a complete one; `--strict` turns it into a failure.
    pub(crate) success_caveats: Vec<Message>,
    /// A finding that becomes the phase if the next good poll agrees.
    pub(crate) unconfirmed: Option<Unconfirmed>,
    /// The phase that ends the watch if nothing changes any more.
    pub(crate) standstill: Option<Standstill>,
}

/// A finding that a second good poll in a row must confirm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unconfirmed {
    pub(crate) phase: Phase,
    pub(crate) message: Option<Message>,
    /// The rest that must be the same in the second poll.
    pub(crate) fingerprint: Option<Arc<str>>,
    /// How long after the first poll the one that confirms it comes at the earliest.
    pub(crate) apart: Duration,
}

/// A state that is no end by the provider's word, but does not last for ever: the watch ends as
/// [`Phase::Ended`] once good polls have found no change for so long.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standstill {
    /// The time without a change; that of `--max-offline` where there is none.
    pub(crate) limit: Option<Duration>,
    /// Why the watch ends then.
    pub(crate) message: Message,
}

impl Unconfirmed {
    /// A finding that only needs the same phase in the next poll.
    pub(crate) fn new(phase: Phase, message: Option<Message>) -> Self {
        Self {
            phase,
            message,
            fingerprint: None,
            apart: Duration::ZERO,
        }
    }

    /// Whether `other` confirms this finding.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.phase == other.phase && self.fingerprint == other.fingerprint
    }
}

impl Snapshot {
    pub(crate) fn new(phase: Phase) -> Self {
        Self {
            phase,
            ..Self::default()
        }
    }

    /// Whether the deployment has ended, or has if the next poll confirms it.
    pub(crate) fn has_ended(&self) -> bool {
        let found = self.unconfirmed.as_ref().map(|found| found.phase);
        self.phase.has_ended() || found.is_some_and(Phase::has_ended)
    }

    pub(crate) fn count(&self, state: UnitState) -> usize {
        self.units.iter().filter(|unit| unit.state == state).count()
    }
}

/// The phase of a deployment. It is an ended one only if the provider says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    /// It waits for a person, and nothing has failed.
    Paused,
    /// A unit failed, and it waits for a person to retry, skip or stop.
    PausedAfterFailure,
    Succeeded,
    Failed,
    /// It failed and was rolled back.
    RolledBack,
    Cancelled,
    /// It ended without a reported result.
    Ended,
    /// The provider reports an undocumented status.
    #[default]
    Unknown,
}

impl Phase {
    pub(crate) const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::RolledBack | Self::Cancelled | Self::Ended
        )
    }

    pub(crate) const fn is_paused(self) -> bool {
        matches!(self, Self::Paused | Self::PausedAfterFailure)
    }

    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused | Self::PausedAfterFailure => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed | Self::RolledBack => "failed",
            Self::Cancelled => "cancelled",
            Self::Ended | Self::Unknown => "unknown",
        }
    }
}

/// A unit as a poll found it. Nearly all units of a poll are as in the one before, and shared with it.
pub(crate) type Unit = Arc<UnitInfo>;

/// A machine, a step, a component or a job. Its `id` identifies it across polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitInfo {
    pub(crate) id: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: UnitKind,
    /// The batch it belongs to, from 1.
    pub(crate) batch: Option<u32>,
    pub(crate) state: UnitState,
    /// The provider's reason, or what else it says about the unit.
    pub(crate) detail: Option<Message>,
    /// When it began and ended by the provider's clock, in milliseconds since 1970. Never 0, so that the
    /// `Option` takes no extra space.
    pub(crate) began: Option<NonZeroI64>,
    pub(crate) ended: Option<NonZeroI64>,
}

/// The kind of a provider's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Machine,
    Step,
    Component,
    Job,
}

impl UnitKind {
    /// Its name in the event stream.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Step => "step",
            Self::Component => "component",
            Self::Job => "job",
        }
    }
}

/// The state of a unit. The least of several stands for all of them: the worst comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UnitState {
    Failed,
    /// The provider used a word that nobody documents, or none.
    #[default]
    Unknown,
    Cancelled,
    Running,
    Queued,
    Pending,
    Skipped,
    Succeeded,
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
