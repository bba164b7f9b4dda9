//! What a deployment is, in deploywatch's own words. Providers speak it, the watch judges it, the
//! renderers show it; it knows none of them.

use std::collections::HashMap;
use std::num::NonZeroI64;
use std::sync::Arc;
#[cfg(test)]
use std::sync::LazyLock;

use crate::message::Message;
use crate::redact::Redactor;

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
    /// The option that pins this very deployment, where the command line does not; empty where
    /// none is needed any more.
    pub(crate) resume: Option<Arc<str>>,
    /// The deployment's page for people, where the provider names one.
    pub(crate) url: Option<Arc<str>>,
    /// What the user should know; each is said once in a watch.
    pub(crate) warnings: Vec<Message>,
    /// What is wrong with a success: `--strict` makes it a failure.
    pub(crate) flaws: Vec<Message>,
    /// What becomes the phase when the next good poll finds the same.
    pub(crate) tentative: Option<Tentative>,
}

/// A finding of which one poll is not proof enough: a second good poll in a row must agree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tentative {
    pub(crate) phase: Phase,
    pub(crate) message: Option<Message>,
    /// What else must be the same in the second poll.
    pub(crate) mark: Option<Arc<str>>,
}

impl Tentative {
    /// A finding that the same phase in the next poll confirms.
    pub(crate) fn new(phase: Phase, message: Option<Message>) -> Self {
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

/// Builds the units of a new snapshot out of the last one's.
///
/// An answer repeats nearly all the text of the answer before it, so a unit that stands in the same
/// place with the same text shares it instead of allocating it again; with 100,000 machines that is
/// the difference between a poll's cost and several times that.
pub(crate) struct Units<'a> {
    last: &'a [Unit],
    kind: UnitKind,
    redactor: &'a Redactor,
    units: Vec<Unit>,
    /// Whether every id so far stood in the same place before: those are known to be unique.
    in_place: bool,
}

impl<'a> Units<'a> {
    /// Starts a list of `kind`, with the units of the answer before (or none).
    pub(crate) fn new(
        kind: UnitKind,
        last: &'a [Unit],
        capacity: usize,
        redactor: &'a Redactor,
    ) -> Self {
        Self {
            last,
            kind,
            redactor,
            units: Vec::with_capacity(capacity),
            in_place: true,
        }
    }

    /// An empty list in a test.
    #[cfg(test)]
    pub(crate) fn of_test(kind: UnitKind) -> Units<'static> {
        static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);
        Units::new(kind, &[], 0, &REDACTOR)
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
        let shared_id = share(id, last.map(|unit| &unit.id), self.redactor);
        self.in_place &= last.is_some_and(|unit| Arc::ptr_eq(&unit.id, &shared_id));
        let name = if name == id {
            Arc::clone(&shared_id)
        } else {
            share(name, last.map(|unit| &unit.name), self.redactor)
        };
        let detail = detail.map(|detail| {
            let last = last.and_then(|unit| unit.detail.as_ref());
            share_detail(detail, last, self.redactor)
        });
        let place = self.units.len();
        self.units.push(Unit {
            id: shared_id,
            name,
            kind: self.kind,
            batch,
            state,
            detail,
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

/// The name `raw`, printable: the last poll's copy where it is the same.
fn share(raw: &str, last: Option<&Arc<str>>, redactor: &Redactor) -> Arc<str> {
    if let Some(last) = last
        && **last == *raw
    {
        return Arc::clone(last);
    }
    let clean = redactor.name(raw);
    match last {
        Some(last) if **last == *clean => Arc::clone(last),
        _ => clean,
    }
}

/// The provider's words `raw`, printable: the last poll's copy where they are the same.
fn share_detail(raw: &str, last: Option<&Message>, redactor: &Redactor) -> Message {
    let same = |text: &str| last.filter(|last| last.is_verbatim(text)).cloned();
    same(raw).unwrap_or_else(|| {
        let clean = redactor.message(raw);
        same(&clean).unwrap_or_else(|| Message::verbatim(&*clean))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(last: &[Unit], ids: &[&str]) -> Vec<Unit> {
        let redactor = Redactor::default();
        let mut units = Units::new(UnitKind::Machine, last, ids.len(), &redactor);
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
