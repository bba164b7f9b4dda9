//! A deploy order as it comes over the wire. There may be 100,000 machines in it, so that each is
//! read, mapped and forgotten, instead of being kept in a list of its own first.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cause::Said;
use crate::model::{Note, Unit, UnitKind, UnitState, Units};
use crate::provider::wire::{Count, Fields, Text, check_length};

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
    /// What there is to say about their words.
    pub(super) warnings: Vec<Note>,
}

impl<'a> DeployOrder<'a> {
    /// Reads an answer; `last` are the machines of the one before.
    ///
    /// # Errors
    /// Where it is not the JSON of an object, or its list of machines is none.
    pub(super) fn parse(body: &'a [u8], last: &[Unit]) -> serde_json::Result<Self> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let order = OrderSeed { last }.deserialize(&mut json)?;
        json.end()?;
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

/// Reads an order; null is none.
struct OrderSeed<'s> {
    last: &'s [Unit],
}

impl<'de> DeserializeSeed<'de> for OrderSeed<'_> {
    type Value = Option<DeployOrder<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OrderSeed<'_> {
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
                    let inner = map.next_value_seed(OrderSeed { last: self.last })?;
                    order.deploy_order = inner.map(Box::new);
                }
                Key::DeployMachineInfo => {
                    let machines = MachineInfo(Machines {
                        last: self.last,
                        warnings: &mut order.warnings,
                    });
                    order.machines = map.next_value_seed(machines)?;
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

/// Reads `deployMachineInfo`; null is none.
struct MachineInfo<'s>(Machines<'s>);

impl<'de> DeserializeSeed<'de> for MachineInfo<'_> {
    type Value = Vec<Unit>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MachineInfo<'_> {
    type Value = Vec<Unit>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with machines")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "camelCase")]
        enum Key {
            DeployMachines,
            #[serde(other)]
            Other,
        }
        let mut list = Some(self.0);
        let mut machines = Vec::new();
        while let Some(key) = map.next_key()? {
            match key {
                Key::DeployMachines => {
                    let twice = || Error::custom("a key stands there twice");
                    machines = map.next_value_seed(list.take().ok_or_else(twice)?)?;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(machines)
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
        let mut place = 0;
        while let Some(machine) = list.next_element::<Option<Fields<Machine<'_>>>>()? {
            if let Some(Fields(machine)) = machine {
                place += 1;
                check_length(place)?;
                machine.add_to(&mut units, place, self.warnings);
            }
        }
        Ok(units.finish())
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Machine<'a> {
    machine_sn: Text<'a>,
    ip: Text<'a>,
    status: Text<'a>,
    client_status: Text<'a>,
    batch_num: Count,
}

impl Machine<'_> {
    /// Named by serial number, else by address [I]. `createTime` may be the order's own and is no
    /// start time.
    fn add_to(&self, units: &mut Units<'_>, place: usize, warnings: &mut Vec<Note>) {
        let (serial, address) = (self.machine_sn.get(), self.ip.get());
        let nameless;
        let (id, name) = match (serial.or(address), address.or(serial)) {
            (Some(id), Some(name)) => (id, name),
            _ => {
                nameless = format!("machine {place}");
                (nameless.as_str(), nameless.as_str())
            }
        };
        // Whether the host's agent answers. It is not the result of the deploy [I].
        let agent_fails = self.client_status.is("error");
        let detail = agent_fails.then_some("clientStatus error");
        let state = state(&self.status, warnings);
        units.push(id, name, self.batch_num.get(), state, detail);
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
