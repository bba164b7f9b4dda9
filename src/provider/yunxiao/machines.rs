//! The machines of a deploy order. An answer repeats nearly every machine of the one before it, byte
//! for byte, and there may be 100,000 of them: what is repeated is known by its bytes and is not read
//! again.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use memchr::memmem;
use serde::Deserialize;
use serde::de::Error;
use serde_json::value::RawValue;

use crate::model::{Note, Unit, UnitKind, UnitState, Units};
use crate::provider::wire::{Count, Fields, Text, check_length};

/// The machines of the last answer, as units and as bytes.
#[derive(Clone, Copy)]
pub(super) struct Last<'a> {
    pub(super) units: &'a [Unit],
    /// Those of the units, in their order; none where only the units are known.
    pub(super) prints: &'a Prints,
}

impl<'a> Last<'a> {
    /// Those of no answer.
    pub(super) fn none(prints: &'a Prints) -> Self {
        Self { units: &[], prints }
    }
}

/// What the machines' JSON looked like. The hash has a key of its own in each process, so that no
/// two answers look alike but by a chance of one in 2^64.
#[derive(Clone, Debug, Default)]
pub(super) struct Prints {
    key: RandomState,
    machines: Vec<Print>,
}

/// The JSON of one machine, by its length in bytes and their hash. A length of 0 is that of none: the
/// machine must be read again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Print {
    length: usize,
    hash: u64,
}

impl Prints {
    fn of(&self, json: &[u8]) -> Print {
        Print {
            length: json.len(),
            hash: self.key.hash_one(json),
        }
    }

    /// The length of the machine at `place` where `json` begins with it.
    fn repeated(&self, place: usize, json: &[u8]) -> Option<usize> {
        let print = self.machines.get(place)?;
        let length = print.length;
        (length > 0 && self.of(json.get(..length)?) == *print).then_some(length)
    }
}

/// The list of machines, cut out of an answer.
pub(super) struct Cut {
    /// Where it stood.
    at: usize,
    pub(super) units: Vec<Unit>,
    pub(super) prints: Prints,
    pub(super) warnings: Vec<Note>,
}

/// Reads the list of machines in `body` and writes the answer with an empty list in its place to
/// `rest`. None where there is no list, or it cannot be read so: then it is found out by reading the
/// whole. The list is only guessed to be the right one until [`Cut::stood_at`] has seen it.
pub(super) fn cut(body: &[u8], last: Last<'_>, rest: &mut Vec<u8>) -> Option<Cut> {
    const KEY: &[u8] = b"\"deployMachines\"";
    let colon = skip_space(body, memmem::find(body, KEY)? + KEY.len());
    let at = skip_space(body, after(body, colon, b':')?);
    let mut list = List::new(last);
    let end = list.read(body, after(body, at, b'[')?)?;
    rest.clear();
    rest.extend_from_slice(&body[..=at]);
    rest.extend_from_slice(&body[end..]);
    let List {
        units,
        mut prints,
        warnings,
        ..
    } = list;
    let units = units.finish();
    for (unit, print) in units.iter().zip(&mut prints.machines) {
        // An id that stands there twice has got a number, which the other one decides on.
        if unit.id.contains('#') {
            *print = Print::default();
        }
    }
    Some(Cut {
        at,
        units,
        prints,
        warnings,
    })
}

impl Cut {
    /// Whether this value of `rest` is what was left of the list.
    pub(super) fn stood_at(&self, rest: &[u8], value: &RawValue) -> bool {
        let value = value.get();
        value == "[]" && value.as_ptr().addr() - rest.as_ptr().addr() == self.at
    }
}

/// The first place from `at` on without white space.
fn skip_space(body: &[u8], at: usize) -> usize {
    let rest = body.get(at..).unwrap_or_default();
    let space = rest.iter().take_while(|byte| b" \t\r\n".contains(byte));
    at + space.count()
}

/// The place behind `byte`, where that stands at `at`.
fn after(body: &[u8], at: usize, byte: u8) -> Option<usize> {
    (body.get(at) == Some(&byte)).then_some(at + 1)
}

/// A list of machines that is being read.
struct List<'s> {
    last: &'s Prints,
    units: Units<'s>,
    prints: Prints,
    warnings: Vec<Note>,
}

impl<'s> List<'s> {
    fn new(last: Last<'s>) -> Self {
        let length = last.units.len();
        Self {
            last: last.prints,
            units: Units::new(UnitKind::Machine, last.units, length),
            prints: Prints {
                key: last.prints.key.clone(),
                machines: Vec::with_capacity(length),
            },
            warnings: Vec::new(),
        }
    }

    /// Reads what stands behind the bracket; the place of the other one. None where that fails.
    fn read(&mut self, body: &[u8], begin: usize) -> Option<usize> {
        let mut at = skip_space(body, begin);
        if body.get(at) == Some(&b']') {
            return Some(at);
        }
        loop {
            at = skip_space(body, at + self.machine(body.get(at..)?)?);
            match body.get(at)? {
                b',' => at = skip_space(body, at + 1),
                b']' => return Some(at),
                _ => return None,
            }
        }
    }

    /// Reads the machine with which `json` begins; its length.
    fn machine(&mut self, json: &[u8]) -> Option<usize> {
        let place = self.units.len();
        if let Some(length) = self.last.repeated(place, json) {
            self.units.repeat();
            self.prints.machines.push(self.last.machines[place]);
            return Some(length);
        }
        let mut json_stream = serde_json::Deserializer::from_slice(json).into_iter();
        let machine: Option<Fields<Machine<'_>>> = json_stream.next()?.ok()?;
        let length = json_stream.byte_offset();
        if let Some(Fields(machine)) = machine {
            let unit: serde_json::Result<&Unit> =
                machine.add_to(&mut self.units, &mut self.warnings);
            let print = match unit.ok()?.state {
                // It must be warned of again.
                UnitState::Unknown => Print::default(),
                _ => self.last.of(&json[..length]),
            };
            self.prints.machines.push(print);
        }
        Some(length)
    }
}

/// A machine of a deploy order [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(super) struct Machine<'a> {
    machine_sn: Text<'a>,
    ip: Text<'a>,
    status: Text<'a>,
    client_status: Text<'a>,
    batch_num: Count,
}

impl Machine<'_> {
    /// Adds the machine to a list. Named by serial number, else by address [I]. `createTime` may be
    /// the order's own and is no start time.
    ///
    /// # Errors
    /// Where the list is too long.
    pub(super) fn add_to<'u, E: Error>(
        &self,
        units: &'u mut Units<'_>,
        warnings: &mut Vec<Note>,
    ) -> Result<&'u Unit, E> {
        let number = units.len() + 1;
        check_length(number)?;
        let (serial, address) = (self.machine_sn.get(), self.ip.get());
        let nameless;
        let (id, name) = match (serial.or(address), address.or(serial)) {
            (Some(id), Some(name)) => (id, name),
            _ => {
                nameless = format!("machine {number}");
                (nameless.as_str(), nameless.as_str())
            }
        };
        // Whether the host's agent answers. It is not the result of the deploy [I].
        let agent_fails = self.client_status.is("error");
        let detail = agent_fails.then_some("clientStatus error");
        let state = state(&self.status, warnings);
        Ok(units.push(id, name, self.batch_num.get(), state, detail))
    }
}

/// A machine's `status` [D].
const STATES: [(&str, UnitState); 6] = [
    ("Success", UnitState::Succeeded),
    ("Running", UnitState::Running),
    ("Pending", UnitState::Pending),
    ("Queued", UnitState::Queued),
    ("Failed", UnitState::Failed),
    ("Skipped", UnitState::Skipped),
];

fn state(status: &Text<'_>, warnings: &mut Vec<Note>) -> UnitState {
    if let Some(state) = status.meaning(&STATES) {
        return state;
    }
    if status.is_cancelled() {
        return UnitState::Cancelled;
    }
    status.warn_unknown("machine status", warnings);
    UnitState::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `body`; None where the list cannot be cut out.
    fn cut_out(body: &str, units: &[Unit], prints: &Prints) -> Option<Cut> {
        let mut rest = Vec::new();
        let cut = cut(body.as_bytes(), Last { units, prints }, &mut rest)?;
        let gap = body.find('[').expect("a list");
        assert_eq!(cut.at, gap);
        assert_eq!(rest[..=gap], body.as_bytes()[..=gap]);
        assert_eq!(rest[gap + 1], b']');
        Some(cut)
    }

    fn answer(machines: &str) -> String {
        format!(
            "{{\"deployMachineInfo\":{{\"deployMachines\" : {machines} }},\"status\":\"Running\"}}"
        )
    }

    fn machine(serial: &str, status: &str) -> String {
        format!("{{\"machineSn\":\"{serial}\",\"status\":\"{status}\"}}")
    }

    #[test]
    fn what_is_repeated_is_not_read_again() {
        let list = |second: &str| answer(&format!("[{}, {second}]", machine("a", "Running")));
        let first = cut_out(&list(&machine("b", "Pending")), &[], &Prints::default());
        let mut first = first.expect("a list");
        for unit in &mut first.units {
            unit.detail = Some("of the first answer".into());
        }
        let second = list(&machine("b", "Running"));
        let second = cut_out(&second, &first.units, &first.prints).expect("a list");
        assert_eq!(second.units[0], first.units[0]);
        assert_eq!(second.units[1].detail, None);
        assert_eq!(second.units[1].state, UnitState::Running);
        assert_eq!(second.prints.machines[0], first.prints.machines[0]);
        assert_ne!(second.prints.machines[1], first.prints.machines[1]);
    }

    #[test]
    fn however_a_list_changes_it_is_as_if_it_were_read_for_the_first_time() {
        const SERIALS: [&str; 4] = ["a", "b", "a#2", "\u{4e3b}"];
        const STATUSES: [&str; 4] = ["Pending", "Running", "Failed", "Strange"];
        const SPACES: [&str; 3] = ["", " ", "\r\n\t"];
        let mut random = fastrand::Rng::with_seed(1);
        let (mut units, mut prints) = (Vec::new(), Prints::default());
        let mut items: Vec<String> = Vec::new();
        let mut repeated = 0;
        for _ in 0..5000 {
            for _ in 0..random.usize(..3) {
                let item = match random.u8(..8) {
                    0 => "null".to_owned(),
                    1 => "{}".to_owned(),
                    _ => machine(
                        SERIALS[random.usize(..SERIALS.len())],
                        STATUSES[random.usize(..STATUSES.len())],
                    ),
                };
                let at = random.usize(..=items.len());
                match random.u8(..3) {
                    0 if items.len() < 12 => items.insert(at, item),
                    1 if at < items.len() => {
                        items.remove(at);
                    }
                    _ if at < items.len() => items[at] = item,
                    _ => {}
                }
            }
            let space = SPACES[random.usize(..SPACES.len())];
            let list = items.join(&format!("{space},{space}"));
            let body = answer(&format!("[{space}{list}{space}]"));
            let anew = cut_out(&body, &[], &Prints::default()).expect("a list");
            let found = cut_out(&body, &units, &prints).expect("a list");
            assert_eq!(found.units, anew.units, "{body}");
            assert_eq!(found.warnings, anew.warnings, "{body}");
            let old = prints.machines.iter().zip(&found.prints.machines);
            repeated += old
                .filter(|(old, new)| old.length > 0 && old == new)
                .count();
            (units, prints) = (found.units, found.prints);
        }
        assert!(repeated > 5000, "{repeated}");
    }

    #[test]
    fn what_is_no_list_of_machines_is_not_cut_out() {
        for machines in [
            "null", "{}", "[", "[{}", "[{},]", "[{} {}]", "[1]", "[,{}]", "\"[]\"",
        ] {
            assert!(
                cut_out(&answer(machines), &[], &Prints::default()).is_none(),
                "{machines}"
            );
        }
    }
}
