//! A deploy order as it comes over the wire. There may be 100,000 machines in it, so that each is
//! read, mapped and forgotten, instead of being kept in a list of its own first; and their list is cut
//! out where it can be, so that a machine that the last answer held already is not read at all.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::machines::{self, Cut, Last, Machine, Prints};
use crate::cause::Said;
use crate::model::{Note, Unit, UnitKind, Units};
use crate::provider::wire::{Count, Fields, Text};

/// The order [D]. The API of 2021-06-25 wraps it into `deployOrder` [D]; an error stands in its
/// place [O].
#[derive(Default)]
pub(super) struct DeployOrder<'a> {
    pub(super) deploy_order_id: Text<'a>,
    pub(super) status: Text<'a>,
    pub(super) current_batch: Count,
    pub(super) total_batch: Count,
    pub(super) exception_code: Text<'a>,
    pub(super) success: Text<'a>,
    error_code: Text<'a>,
    error_message: Text<'a>,
    request_id: Text<'a>,
    pub(super) deploy_order: Option<Box<DeployOrder<'a>>>,
    /// The machines of `deployMachineInfo`.
    pub(super) machines: Vec<Unit>,
    pub(super) prints: Prints,
    /// What there is to say about their words.
    pub(super) warnings: Vec<Note>,
}

impl<'a> DeployOrder<'a> {
    /// Reads an answer; `last` are the machines of the one before, `rest` is where the answer is kept
    /// without its machines.
    ///
    /// # Errors
    /// Where it is not the JSON of an object, or its list of machines is none.
    pub(super) fn parse(
        body: &'a [u8],
        last: Last<'_>,
        rest: &'a mut Vec<u8>,
    ) -> serde_json::Result<Self> {
        let mut cut = machines::cut(body, last, rest);
        if cut.is_some()
            && let Ok(order) = Self::read(rest, last, &mut cut)
            // Else it was another list.
            && cut.is_none()
        {
            return Ok(order);
        }
        Self::read(body, last, &mut None)
    }

    fn read(json: &'a [u8], last: Last<'_>, cut: &mut Option<Cut>) -> serde_json::Result<Self> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let mut source = Source { json, last, cut };
        let order = OrderSeed(&mut source).deserialize(&mut reader)?;
        reader.end()?;
        order.ok_or_else(|| Error::custom("it is null"))
    }

    /// The error's own words: code, message, request id.
    pub(super) fn error(&self) -> Option<Said> {
        let parts = [self.error_code.get(), self.error_message.get()];
        let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!words.is_empty()).then(|| Said::new(&words, self.request_id.get()))
    }
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    DeployOrderId,
    Status,
    CurrentBatch,
    TotalBatch,
    ExceptionCode,
    Success,
    ErrorCode,
    ErrorMessage,
    RequestId,
    DeployOrder,
    DeployMachineInfo,
    #[serde(other)]
    Other,
}

/// What machines are read from.
struct Source<'s> {
    json: &'s [u8],
    last: Last<'s>,
    /// The machines, where they were cut out of the JSON; whoever meets the gap takes them.
    cut: &'s mut Option<Cut>,
}

/// Reads an order; null is none.
struct OrderSeed<'s, 'b>(&'b mut Source<'s>);

impl<'de> DeserializeSeed<'de> for OrderSeed<'_, '_> {
    type Value = Option<DeployOrder<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OrderSeed<'_, '_> {
    type Value = Option<DeployOrder<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a deploy order")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut order = DeployOrder::default();
        let mut seen = Vec::new();
        while let Some(key) = map.next_key::<Key>()? {
            // An answer that says a thing twice may say two things.
            if key != Key::Other && seen.contains(&key) {
                return Err(Error::custom("a key stands there twice"));
            }
            match key {
                Key::DeployOrderId => order.deploy_order_id = map.next_value()?,
                Key::Status => order.status = map.next_value()?,
                Key::CurrentBatch => order.current_batch = map.next_value()?,
                Key::TotalBatch => order.total_batch = map.next_value()?,
                Key::ExceptionCode => order.exception_code = map.next_value()?,
                Key::Success => order.success = map.next_value()?,
                Key::ErrorCode => order.error_code = map.next_value()?,
                Key::ErrorMessage => order.error_message = map.next_value()?,
                Key::RequestId => order.request_id = map.next_value()?,
                Key::DeployOrder => {
                    let inner = map.next_value_seed(OrderSeed(self.0))?;
                    order.deploy_order = inner.map(Box::new);
                }
                Key::DeployMachineInfo => {
                    map.next_value_seed(MachineInfo {
                        source: self.0,
                        order: &mut order,
                    })?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            }
            seen.push(key);
        }
        Ok(Some(order))
    }
}

/// Reads `deployMachineInfo` into the order; null is none.
struct MachineInfo<'s, 'b, 'a> {
    source: &'b mut Source<'s>,
    order: &'b mut DeployOrder<'a>,
}

impl<'de> DeserializeSeed<'de> for MachineInfo<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MachineInfo<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with machines")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "camelCase")]
        enum Key {
            DeployMachines,
            #[serde(other)]
            Other,
        }
        let Source { json, last, cut } = self.source;
        let mut seen = false;
        while let Some(key) = map.next_key()? {
            match key {
                Key::DeployMachines if seen => {
                    return Err(Error::custom("a key stands there twice"));
                }
                Key::DeployMachines => seen = true,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            }
            if cut.is_none() {
                self.order.machines = map.next_value_seed(Machines {
                    last: last.units,
                    warnings: &mut self.order.warnings,
                })?;
                continue;
            }
            let gap = map.next_value::<&RawValue>()?;
            if let Some(cut) = cut.take_if(|cut| cut.stood_at(json, gap)) {
                self.order.machines = cut.units;
                self.order.prints = cut.prints;
                self.order.warnings.extend(cut.warnings);
            }
        }
        Ok(())
    }
}

/// Reads the list of machines; null is an empty one.
struct Machines<'s> {
    last: &'s [Unit],
    warnings: &'s mut Vec<Note>,
}

impl<'de> DeserializeSeed<'de> for Machines<'_> {
    type Value = Vec<Unit>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Machines<'_> {
    type Value = Vec<Unit>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of machines")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut units = Units::new(UnitKind::Machine, self.last, self.last.len());
        while let Some(machine) = list.next_element::<Option<Fields<Machine<'_>>>>()? {
            if let Some(Fields(machine)) = machine {
                machine.add_to(&mut units, self.warnings)?;
            }
        }
        Ok(units.finish())
    }
}
