//! The list of units of a snapshot, which shares its text with the list of the previous poll.

use std::collections::HashMap;
use std::sync::Arc;

use crate::message::Message;
use crate::model::{Unit, UnitKind, UnitState};
use crate::redact::Redactor;

/// Builds the units of a snapshot.
///
/// A response repeats nearly all text of the previous one, so that a unit at the same index shares
/// the text that is the same instead of allocating it again.
pub(crate) struct UnitsBuilder<'a> {
    last: &'a [Unit],
    kind: UnitKind,
    redactor: &'a Redactor,
    units: Vec<Unit>,
    /// Whether every id so far had the same index in the previous response: those are unique.
    in_order: bool,
}

impl<'a> UnitsBuilder<'a> {
    /// Starts a list of units of one kind; `last` are the units of the previous response.
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
            in_order: true,
        }
    }

    /// Adds a unit and returns it, so that its other fields can be set. The text is the provider's;
    /// it is made printable here.
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
        self.in_order &= last.is_some_and(|unit| Arc::ptr_eq(&unit.id, &shared_id));
        let name = if name == id {
            Arc::clone(&shared_id)
        } else {
            share(name, last.map(|unit| &unit.name), self.redactor)
        };
        let detail = detail.map(|detail| {
            let last = last.and_then(|unit| unit.detail.as_ref());
            share_detail(detail, last, self.redactor)
        });
        let index = self.units.len();
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
        &mut self.units[index]
    }

    /// Returns the units. A repeated id gets a number, so that ids are unique.
    pub(crate) fn finish(mut self) -> Vec<Unit> {
        if !self.in_order {
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

/// The name `raw`, made printable; shared with `last` if it is the same.
fn share(raw: &str, last: Option<&Arc<str>>, redactor: &Redactor) -> Arc<str> {
    let same = |text: &str| last.filter(|last| ***last == *text).cloned();
    same(raw).unwrap_or_else(|| {
        let clean = redactor.name(raw);
        same(&clean).unwrap_or(clean)
    })
}

/// The detail `raw`, made printable; shared with `last` if it is the same.
fn share_detail(raw: &str, last: Option<&Message>, redactor: &Redactor) -> Message {
    let same = |text: &str| last.filter(|last| last.is_verbatim(text)).cloned();
    same(raw).unwrap_or_else(|| {
        let clean = redactor.message(raw);
        same(&clean).unwrap_or_else(|| Message::verbatim(&*clean))
    })
}

#[cfg(test)]
impl UnitsBuilder<'static> {
    /// An empty list.
    pub(crate) fn of_test(kind: UnitKind) -> Self {
        static REDACTOR: std::sync::LazyLock<Redactor> =
            std::sync::LazyLock::new(Redactor::default);
        Self::new(kind, &[], 0, &REDACTOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(last: &[Unit], ids: &[&str]) -> Vec<Unit> {
        let redactor = Redactor::default();
        let mut units = UnitsBuilder::new(UnitKind::Machine, last, ids.len(), &redactor);
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
