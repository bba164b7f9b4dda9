//! The list of units of a snapshot, which shares those that did not change with the previous one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::message::Message;
use crate::model::{Unit, UnitInfo, UnitKind, UnitState};
use crate::redact::Redactor;

pub(crate) struct UnitsBuilder<'a> {
    last: &'a [Unit],
    kind: UnitKind,
    redactor: &'a Redactor,
    units: Vec<Unit>,
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
        }
    }

    /// A unit. The text is the provider's; it is made printable here.
    pub(crate) fn unit(
        &self,
        id: &str,
        name: &str,
        batch: Option<u32>,
        state: UnitState,
        detail: Option<&str>,
    ) -> UnitInfo {
        let shown_id = self.redactor.name(id);
        UnitInfo {
            name: match name == id {
                true => Arc::clone(&shown_id),
                false => self.redactor.name(name),
            },
            id: shown_id,
            kind: self.kind,
            batch,
            state,
            detail: detail.map(|detail| Message::verbatim(self.redactor.message(detail))),
            began: None,
            ended: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.units.len()
    }

    pub(crate) fn add(&mut self, unit: Unit) {
        self.units.push(unit);
    }

    /// Adds a unit and returns it, so that its other fields can be set.
    pub(crate) fn push(
        &mut self,
        id: &str,
        name: &str,
        batch: Option<u32>,
        state: UnitState,
        detail: Option<&str>,
    ) -> &mut UnitInfo {
        let index = self.units.len();
        self.add(Arc::new(self.unit(id, name, batch, state, detail)));
        Arc::make_mut(&mut self.units[index])
    }

    /// Returns the units. A repeated id gets a number, so that ids are unique.
    pub(crate) fn finish(mut self) -> Vec<Unit> {
        // The ids of the last response are unique, so that those of one in the same order are.
        let mut in_order = self.units.len() <= self.last.len();
        for (unit, last) in self.units.iter_mut().zip(self.last) {
            if !Arc::ptr_eq(unit, last) {
                in_order &= unit.id == last.id;
                if unit == last {
                    *unit = Arc::clone(last);
                }
            }
        }
        if !in_order {
            let mut copies: HashMap<Arc<str>, u32> = HashMap::with_capacity(self.units.len());
            for unit in &mut self.units {
                let base = Arc::clone(&unit.id);
                while copies.contains_key(&unit.id) {
                    let copy = copies.entry(Arc::clone(&base)).or_insert(1);
                    *copy += 1;
                    Arc::make_mut(unit).id = format!("{base}#{copy}").into();
                }
                copies.insert(Arc::clone(&unit.id), 1);
            }
        }
        self.units
    }
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
    fn an_unchanged_unit_is_shared_with_the_last_poll() {
        let first = list(&[], &["a", "b\u{1b}[31m"]);
        let second = list(&first, &["a", "b\u{1b}[31m"]);
        for (one, two) in first.iter().zip(&second) {
            assert!(Arc::ptr_eq(one, two));
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
