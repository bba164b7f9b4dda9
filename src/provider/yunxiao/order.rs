//! A deploy order as it comes over the wire, and its machines as units.

use serde::Deserialize;

use crate::message::Message;
use crate::model::{Unit, UnitKind, UnitState};
use crate::provider::json::{Count, Object, ShownList, ShownObject, Text};
use crate::provider::messages::api_message;
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The order [D]. The API of 2021-06-25 wraps it into `deployOrder` [D]; an error stands in its
/// place [O].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
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
    pub(super) deploy_order: Option<Box<Object<DeployOrder<'a>>>>,
    deploy_machine_info: ShownObject<MachineInfo<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct MachineInfo<'a> {
    deploy_machines: ShownList<Machine<'a>>,
}

/// A machine [D]. `createTime` may be the order's own, so it is no start time and not read.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Machine<'a> {
    machine_sn: Text<'a>,
    ip: Text<'a>,
    status: Text<'a>,
    client_status: Text<'a>,
    batch_num: Count,
}

impl DeployOrder<'_> {
    /// The error's own words: code, message, request id.
    pub(super) fn error(&self, redactor: &Redactor) -> Option<Message> {
        let parts = [self.error_code.get(), self.error_message.get()];
        let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!words.is_empty()).then(|| api_message(&words, self.request_id.get(), redactor))
    }

    /// The machines as units; `last` are those of the answer before. Warns of unknown words.
    pub(super) fn units(
        &self,
        last: &[Unit],
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) -> Vec<Unit> {
        let machines = &self.deploy_machine_info.deploy_machines;
        let mut units = UnitsBuilder::new(UnitKind::Machine, last, machines.len(), redactor);
        for (index, machine) in machines.iter().enumerate() {
            machine.add_to(&mut units, index + 1, warnings, redactor);
        }
        units.finish()
    }
}

impl Machine<'_> {
    /// Adds the machine, identified by its serial number, else by its address [I].
    fn add_to(
        &self,
        units: &mut UnitsBuilder<'_>,
        number: usize,
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) {
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
        let state = state(&self.status, warnings, redactor);
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

fn state(status: &Text<'_>, warnings: &mut Vec<Message>, redactor: &Redactor) -> UnitState {
    if let Some(state) = status.meaning(&STATES) {
        return state;
    }
    if status.is_cancelled() {
        return UnitState::Cancelled;
    }
    status.warn_unknown("machine status", redactor, warnings);
    UnitState::Unknown
}
