//! What a deployment is, in deploywatch's own words. Providers speak it, the watch judges it, the
//! renderers show it; it knows none of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroI64;
use std::sync::Arc;

use crate::cause::{Cause, Trouble};
use crate::text;

/// What one good poll says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) phase: Phase,
    /// What there is to say about the phase.
    pub(crate) message: Option<Note>,
    /// The units of this answer, not of earlier ones.
    pub(crate) units: Vec<Unit>,
    /// The batch at work, from 1.
    pub(crate) batch: Option<u32>,
    pub(crate) batches: Option<u32>,
    /// The provider's own figure, 0 to 100.
    pub(crate) percent: Option<u8>,
    /// Which run this is, where a target can have several: a new run starts with no units.
    pub(crate) run: Option<Arc<str>>,
    /// The option that pins this very deployment, where the command line does not; empty where
    /// none is needed any more.
    pub(crate) resume: Option<Arc<str>>,
    /// The deployment's page for people, where the provider names one.
    pub(crate) url: Option<Arc<str>>,
    /// What the user should know; each is said once in a watch.
    pub(crate) warnings: Vec<Note>,
    /// What is wrong with a success: `--strict` makes it a failure.
    pub(crate) flaws: Vec<Note>,
    /// What becomes the phase when the next good poll finds the same.
    pub(crate) tentative: Option<Tentative>,
}

/// A finding of which one poll is not proof enough: a second good poll in a row must agree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tentative {
    pub(crate) phase: Phase,
    pub(crate) message: Option<Note>,
    /// What else must be the same in the second poll.
    pub(crate) mark: Option<Arc<str>>,
}

impl Tentative {
    /// A finding that the same phase in the next poll confirms.
    pub(crate) fn new(phase: Phase, message: Option<Note>) -> Self {
        Self {
            phase,
            message,
            mark: None,
        }
    }

    /// Whether two polls found the same.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.phase == other.phase && self.mark == other.mark
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
            resume: None,
            url: None,
            warnings: Vec::new(),
            flaws: Vec::new(),
            tentative: None,
        }
    }

    /// Whether this answer says, or would say with a second one, that the deployment is over.
    pub(crate) fn has_ended(&self) -> bool {
        let found = self.tentative.as_ref().map(|found| found.phase);
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

    /// The word of the event stream.
    pub(crate) const fn word(self) -> &'static str {
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
    pub(crate) detail: Option<Arc<str>>,
    /// What the detail is about, where that is not the deployment of the unit.
    pub(crate) about: Option<About>,
    /// When the provider says that it began and ended, in milliseconds since 1970. Not 0, so that a
    /// time takes no more room than its number: there may be 100,000 units.
    pub(crate) began: Option<NonZeroI64>,
    pub(crate) ended: Option<NonZeroI64>,
}

impl Unit {
    /// What there is to say about it beyond its state, in the words of the event stream.
    pub(crate) fn remark(&self) -> Option<Cow<'_, str>> {
        let detail = self.detail.as_deref();
        let Some(about) = self.about else {
            return detail.map(Cow::Borrowed);
        };
        let what = match about {
            About::RollingBack => "rolling back",
            About::RolledBack => "rolled back",
            About::RollbackFailed => "rollback failed",
            About::Status => return detail.map(|word| format!("status {word}").into()),
        };
        Some(match detail {
            Some(reason) => format!("{what}: {reason}").into(),
            None => what.into(),
        })
    }
}

/// What the detail of a unit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    RollingBack,
    RolledBack,
    RollbackFailed,
    /// A status beside the state: the detail is the provider's word for it.
    Status,
}

/// What a provider's units are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Machine,
    Step,
    Component,
}

impl UnitKind {
    /// The word of the event stream.
    pub(crate) const fn word(self) -> &'static str {
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

impl UnitState {
    /// Every state, in the order in which counts are shown.
    pub(crate) const ALL: [Self; 8] = [
        Self::Pending,
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Skipped,
        Self::Cancelled,
        Self::Unknown,
    ];

    /// The word of the event stream.
    pub(crate) const fn word(self) -> &'static str {
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

/// Something said about a deployment, as data: its words are chosen where it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Note {
    /// The provider's own words.
    Provider(Arc<str>),
    /// It waits for a person to confirm the next batch.
    AwaitsConfirmation {
        batch: Option<u32>,
        batches: Option<u32>,
    },
    /// It waits for a person to retry, skip or stop after this many units failed.
    AwaitsDecision {
        failed: usize,
        /// The provider's code for what went wrong.
        code: Option<Arc<str>>,
    },
    /// The order's `exceptionCode`: shown, never decided on.
    ExceptionCode(Arc<str>),
    /// A word that nobody documents, and the field it stood in.
    UnknownWord { field: &'static str, word: Arc<str> },
    /// Units that were passed over in a success.
    Skipped(usize),
    /// Units that failed in a success.
    FailedInSuccess(usize),
    /// Something that failed in a success, and what was done to it.
    EntityFailed {
        entity: Arc<str>,
        operation: Option<Arc<str>>,
    },
    /// A unit failed, nothing else moves, and the provider still says that it runs.
    RunsOnAfterFailure,
    /// The answer speaks of another deployment than the one that was asked for.
    OtherId { asked: Arc<str>, answered: Arc<str> },
    /// It had ended when the watch began, so it may be an earlier one; how to make sure.
    MayBeEarlier(Pins),
    /// The deploy order was found in a run of the pipeline.
    FoundOrder {
        order: Arc<str>,
        run: Option<Arc<str>>,
    },
    /// The run has not made its deploy order yet.
    AwaitsOrder,
    /// The run ended before it made a deploy order.
    NoOrder,
    /// The order says that it runs, but the job that made it failed.
    JobFailed,
    /// An earlier run is passed over, and a new one awaited.
    AwaitsNewRun,
    /// Units failed, and nothing else moves.
    NothingMoves { failed: usize },
    /// The release task itself cannot be read, and why: its components alone decide.
    PlanUnread(Cause),
    /// Certificates are not checked.
    Insecure,
    /// Those of this deployment are not, and others' are.
    InsecureHere,
    /// Others than its owner have rights to the file that the secret comes from; its name as a shell
    /// takes it.
    SharedSecret { who: Exposure, file: Arc<str> },
    /// A file could not be written; the watch goes on without it.
    WriteFailed { what: Arc<str>, error: Trouble },
    /// Bars were asked for where there is no terminal to draw them on.
    NoTerminal,
    /// Bars were asked for, and `TERM` names a terminal without a cursor that moves.
    DumbTerminal,
}

/// Options of which each would pin a watch to one single run.
pub(crate) type Pins = &'static [&'static str];

/// The options as a list in which the last two are joined by `or`.
pub(crate) fn alternatives(options: Pins, comma: &str, or: &str) -> String {
    match options {
        [others @ .., last] if !others.is_empty() => [&others.join(comma), *last].join(or),
        options => options.concat(),
    }
}

/// Who has rights to the file of a secret beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Exposure {
    /// Every user of the machine can read it.
    Everybody,
    /// Every user of its group can read it.
    Group,
    /// Others have rights of another kind.
    Others,
}

impl Note {
    /// Whether it is about the whole watch, not about one deployment.
    pub(crate) fn is_of_the_watch(&self) -> bool {
        matches!(
            self,
            Self::Insecure
                | Self::SharedSecret { .. }
                | Self::WriteFailed { .. }
                | Self::NoTerminal
                | Self::DumbTerminal
        )
    }
}

/// The words of the event stream, which are English.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(text) => f.write_str(text),
            Self::AwaitsConfirmation { batch, batches } => {
                f.write_str("waits for a person to confirm")?;
                match (batch, batches) {
                    (Some(batch), Some(batches)) => write!(f, " (batch {batch} of {batches})"),
                    (Some(batch), None) => write!(f, " (batch {batch})"),
                    _ => Ok(()),
                }
            }
            Self::AwaitsDecision { failed, code } => {
                write!(f, "after a failure ({failed} failed")?;
                code.iter()
                    .try_for_each(|code| write!(f, ", exception code {code}"))?;
                f.write_str("): waits for a person to retry, skip or stop")
            }
            Self::ExceptionCode(code) => write!(f, "exception code {code}"),
            Self::UnknownWord { field, word } => write!(
                f,
                "{field} \"{word}\" is not a known word; it is neither an end nor a success"
            ),
            Self::Skipped(count) => write!(f, "{count} skipped"),
            Self::FailedInSuccess(count) => write!(f, "{count} failed"),
            Self::EntityFailed { entity, operation } => {
                write!(f, "{entity} failed")?;
                let operation = operation.as_ref();
                operation.map_or(Ok(()), |operation| write!(f, " ({operation})"))
            }
            Self::RunsOnAfterFailure => f.write_str(
                "a unit failed and nothing else moves, yet the provider says that it is running; \
                 --fail-fast or --stall-timeout would end the watch",
            ),
            Self::OtherId { asked, answered } => {
                write!(f, "asked for {asked}, the answer speaks of {answered}")
            }
            Self::MayBeEarlier(pins) => write!(
                f,
                "it had already ended when the watch began, so it may be an earlier one; {} makes \
                 sure",
                alternatives(pins, ", ", " or ")
            ),
            Self::FoundOrder { order, run } => {
                write!(f, "watching deploy order {order}")?;
                run.iter().try_for_each(|run| write!(f, " of run {run}"))
            }
            Self::AwaitsOrder => f.write_str("the run has not made its deploy order yet"),
            Self::NoOrder => f.write_str("the run ended before it made a deploy order"),
            Self::JobFailed => {
                f.write_str("the order runs on after a failure, but the job that made it failed")
            }
            Self::AwaitsNewRun => {
                f.write_str("an earlier run had ended before the watch began; waits for a new one")
            }
            Self::NothingMoves { failed } => write!(f, "{failed} failed, and nothing else moves"),
            Self::PlanUnread(why) => write!(
                f,
                "the release task itself cannot be read, so its components alone decide: {why}"
            ),
            Self::Insecure => f.write_str("--insecure: certificates are not checked"),
            Self::InsecureHere => f.write_str("--insecure: its certificates are not checked"),
            Self::SharedSecret { who, file } => {
                let who = match who {
                    Exposure::Everybody => "every user of this machine can read",
                    Exposure::Group => "every user of its group can read",
                    Exposure::Others => "others than its owner have rights to",
                };
                write!(f, "{who} the file with the secret; chmod 600 {file}")
            }
            Self::WriteFailed { what, error } => write!(f, "cannot write {what}: {error}"),
            Self::DumbTerminal => {
                f.write_str("the terminal cannot draw, as TERM says: plain lines instead of bars")
            }
            Self::NoTerminal => {
                f.write_str("stderr is not a terminal: plain lines instead of bars")
            }
        }
    }
}

/// Builds the units of a new snapshot out of the last one's.
///
/// An answer repeats nearly all the text of the answer before it, so a unit that stands in the same
/// place with the same text shares it instead of allocating it again; with 100,000 machines that is
/// the difference between a poll's cost and several times that.
pub(crate) struct Units<'a> {
    last: &'a [Unit],
    kind: UnitKind,
    units: Vec<Unit>,
    /// Whether every id so far stood in the same place before: those are known to be unique.
    in_place: bool,
}

impl<'a> Units<'a> {
    /// Starts a list of `kind`, with the units of the answer before (or none).
    pub(crate) fn new(kind: UnitKind, last: &'a [Unit], capacity: usize) -> Self {
        Self {
            last,
            kind,
            units: Vec::with_capacity(capacity),
            in_place: true,
        }
    }

    /// Adds a unit. All text is the provider's, and is made printable here. What is rarer may be set
    /// in the unit that it returns.
    pub(crate) fn push(
        &mut self,
        id: &str,
        name: &str,
        batch: Option<u32>,
        state: UnitState,
        detail: Option<&str>,
    ) -> &mut Unit {
        let last = self.last.get(self.units.len());
        let shared_id = share(id, last.map(|unit| &unit.id), text::NAME);
        self.in_place &= last.is_some_and(|unit| Arc::ptr_eq(&unit.id, &shared_id));
        let name = if name == id {
            Arc::clone(&shared_id)
        } else {
            share(name, last.map(|unit| &unit.name), text::NAME)
        };
        let detail = detail.map(|detail| {
            let last = last.and_then(|unit| unit.detail.as_ref());
            share(detail, last, text::MESSAGE)
        });
        let place = self.units.len();
        self.units.push(Unit {
            id: shared_id,
            name,
            kind: self.kind,
            batch,
            state,
            detail,
            about: None,
            began: None,
            ended: None,
        });
        &mut self.units[place]
    }

    /// The finished list. An id that stands there twice gets a number, so that the second unit is
    /// neither lost nor taken for the first.
    pub(crate) fn finish(mut self) -> Vec<Unit> {
        if !self.in_place {
            let mut copies: HashMap<Arc<str>, u32> = HashMap::with_capacity(self.units.len());
            for unit in &mut self.units {
                let base = Arc::clone(&unit.id);
                while copies.contains_key(&unit.id) {
                    let copy = copies.entry(Arc::clone(&base)).or_insert(1);
                    *copy += 1;
                    unit.id = format!("{base}#{copy}").into();
                }
                copies.insert(Arc::clone(&unit.id), 1);
            }
        }
        self.units
    }
}

/// `raw` made printable: the last poll's copy where it says the same.
fn share(raw: &str, last: Option<&Arc<str>>, columns: usize) -> Arc<str> {
    if let Some(last) = last
        && **last == *raw
    {
        return Arc::clone(last);
    }
    let clean = text::clean(raw, columns);
    match last {
        Some(last) if **last == *clean => Arc::clone(last),
        _ => clean.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(last: &[Unit], ids: &[&str]) -> Vec<Unit> {
        let mut units = Units::new(UnitKind::Machine, last, ids.len());
        for id in ids {
            units.push(id, id, None, UnitState::Running, None);
        }
        units.finish()
    }

    fn ids(units: &[Unit]) -> Vec<&str> {
        units.iter().map(|unit| &*unit.id).collect()
    }

    #[test]
    fn an_unchanged_unit_shares_its_text_with_the_last_poll() {
        let first = list(&[], &["a", "b\u{1b}[31m"]);
        let second = list(&first, &["a", "b\u{1b}[31m"]);
        for (one, two) in first.iter().zip(&second) {
            assert!(Arc::ptr_eq(&one.id, &two.id));
        }
    }

    #[test]
    fn a_repeated_id_stays_a_unit_of_its_own_in_every_poll() {
        let first = list(&[], &["a", "a", "b", "a"]);
        assert_eq!(ids(&first), ["a", "a#2", "b", "a#3"]);
        let second = list(&first, &["a", "a", "b", "a"]);
        assert_eq!(ids(&second), ["a", "a#2", "b", "a#3"]);
    }

    #[test]
    fn clean_text_that_is_the_same_for_two_ids_does_not_join_them() {
        let units = list(&[], &["a", "a\u{200b}"]);
        assert_eq!(ids(&units), ["a", "a#2"]);
    }
}
