//! A deploy order, `GET …/deploy/{deployOrderId}` [D]: its requests, its wire format and the mapping to the
//! model.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::Api;
use super::texts;
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitInfo, UnitKind, UnitState};
use crate::poll::PollError;
use crate::provider::json::{self, CANCELLED, Count, MAX_ENTRIES, Object, Shown, Text};
use crate::provider::{epoch_millis, messages, stated_error};
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The read permission that the requests need [D].
const PERMISSION: &str = "流水线 / 主机部署";

/// A deploy order, with what its last response was.
#[derive(Default)]
pub(super) struct PolledOrder {
    pub(super) id: String,
    /// The snapshot of the last good response.
    pub(super) last: Arc<Snapshot>,
    /// The body that `last` was made of; its memory takes the next one.
    body: Vec<u8>,
    /// The machines, each with the JSON that it was decoded from: nearly all are the same in the next response.
    /// One that was warned of has no JSON, so that it is warned of again.
    known: Vec<(Box<str>, Unit)>,
}

impl PolledOrder {
    /// The order with this id, of which nothing is known yet.
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }

    /// Asks how it stands, for so long at most. Returns whether `last` is another one than before.
    pub(super) fn poll(
        &mut self,
        api: &mut Api,
        timeout: Option<Duration>,
    ) -> Result<bool, PollError> {
        let path = format!("deploy/{}", self.id);
        let response = api.get(&path, PERMISSION, mem::take(&mut self.body), timeout)?;
        if !response.is_repeated {
            let redactor = api.http.redactor();
            let snapshot = self.read(&response.body, redactor);
            let snapshot = snapshot.map_err(|problem| response.unreadable(problem, redactor))?;
            self.last = Arc::new(snapshot);
        }
        self.body = response.body;
        Ok(!response.is_repeated)
    }

    /// Reads a response.
    ///
    /// # Errors
    /// It is no order, is about another one, or contradicts itself.
    pub(super) fn read(&mut self, body: &[u8], redactor: &Redactor) -> Result<Snapshot, Message> {
        let mut warnings = Vec::new();
        let response: DeployOrder<'_> = json::read_state(body, NAME, &mut warnings, redactor)?;
        let order = match response.deploy_order.as_deref() {
            Some(_) if response.status.get().is_some() => return Err(messages::two_statuses()),
            Some(Object(wrapped)) => wrapped,
            None => &response,
        };
        let in_place_of = |problem| messages::error_in_place_of(body, problem, redactor);
        order.status.required("status").map_err(in_place_of)?;
        for answer in [&response, order] {
            answer.deploy_order_id.check_id(&self.id, redactor)?;
        }
        // `success: false` is an error even under HTTP 200 [I].
        response.success.whole("success")?;
        if response.success.is_false() {
            return Err(in_place_of(messages::error_response(None)));
        }
        let machines = order.machines(self, &mut warnings, redactor);
        let mut snapshot = order.to_snapshot(machines, warnings, redactor);
        stated_error::weigh(&mut snapshot, body, &[], redactor)?;
        Ok(snapshot)
    }

    /// The last lines of the log of the machine with this serial number [D]: the whole text is sent each
    /// time [O].
    pub(super) fn log_tail(
        &self,
        api: &mut Api,
        machine: &str,
        lines: usize,
    ) -> Result<Vec<String>, PollError> {
        let machines = format!("deploy/{}/machine", self.id);
        let (text, _) = api.log(&machines, machine, PERMISSION)?;
        Ok(api.http.redactor().tail(&text, lines))
    }
}

/// The order [D]. The API of 2021-06-25 wraps it into `deployOrder` [D]; an error stands in its
/// place [O].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct DeployOrder<'a> {
    deploy_order_id: Text<'a>,
    status: Text<'a>,
    create_time: Shown<Text<'a>>,
    current_batch: Shown<Count>,
    total_batch: Shown<Count>,
    exception_code: Shown<Text<'a>>,
    success: Text<'a>,
    deploy_order: Option<Box<Object<DeployOrder<'a>>>>,
    deploy_machine_info: Shown<Object<MachineInfo<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct MachineInfo<'a> {
    /// The JSON of each machine: one that was read before need not be decoded again.
    deploy_machines: Shown<Option<Vec<Option<&'a RawValue>>>>,
}

/// A machine [D]. `createTime` is not read: it may be the order's own, so it is no start time.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Machine<'a> {
    machine_sn: Shown<Text<'a>>,
    ip: Shown<Text<'a>>,
    status: Shown<Text<'a>>,
    client_status: Shown<Text<'a>>,
    batch_num: Shown<Count>,
}

/// The name of an order in messages.
const NAME: (&str, &str) = ("deploy order", "部署单");

/// An order's `status` [D]; `Failed` and `Fail` are undocumented, but seen in tools [O].
const PHASES: [(&str, Phase); 6] = [
    ("Running", Phase::Running),
    ("Waiting", Phase::Paused),
    ("Success", Phase::Succeeded),
    (CANCELLED, Phase::Cancelled),
    ("Failed", Phase::Failed),
    ("Fail", Phase::Failed),
];

/// A machine's `status` [D].
const STATES: [(&str, UnitState); 7] = [
    ("Success", UnitState::Succeeded),
    ("Running", UnitState::Running),
    ("Pending", UnitState::Pending),
    ("Queued", UnitState::Queued),
    ("Failed", UnitState::Failed),
    ("Skipped", UnitState::Skipped),
    (CANCELLED, UnitState::Cancelled),
];

/// The machines that did not succeed, by state, beside a success.
pub(super) fn caveats(units: &[Unit]) -> impl Iterator<Item = Message> {
    let is_stated = |state: &UnitState| !matches!(state, UnitState::Succeeded | UnitState::Unknown);
    let states = UnitState::ALL.into_iter().filter(is_stated);
    states.filter_map(|state| messages::counted(units, UnitKind::Machine, state))
}

impl DeployOrder<'_> {
    fn to_snapshot(
        &self,
        (units, are_read): (Vec<Unit>, bool),
        mut warnings: Vec<Message>,
        redactor: &Redactor,
    ) -> Snapshot {
        // Shown, never decided on: the vendor's own sample has "500" on a success [D].
        let code = self.exception_code.printable(redactor);
        let phase = self
            .status
            .interpret("order status", &PHASES, &mut warnings, redactor);
        let mut snapshot = Snapshot {
            units,
            batch: self.current_batch.get(),
            batches: self.total_batch.get(),
            // It runs from then on [I].
            began: epoch_millis(&self.create_time),
            message: code.as_deref().map(texts::exception_code),
            warnings,
            ..Snapshot::new(phase)
        };
        match (phase, snapshot.count(UnitState::Failed)) {
            // A healthy order waits too: the default template pauses after the first batch [O].
            (Phase::Paused, 0) => snapshot.message = Some(messages::awaits_confirmation()),
            // There is no documented `Failed` order. After a machine failed the order waits for
            // somebody to retry it, skip it or stop the order [I]; but a machine that is about to be
            // retried looks the same for a moment, so two polls must agree.
            (Phase::Paused, failed) => {
                let message = messages::awaits_decision(failed, UnitKind::Machine, code.as_deref());
                let found = Unconfirmed::new(Phase::PausedAfterFailure, Some(message));
                (snapshot.message, snapshot.unconfirmed) = (None, Some(found));
            }
            (Phase::Succeeded, _) => {
                let unread = (!are_read).then(messages::caveats_unread);
                snapshot.success_caveats = caveats(&snapshot.units).chain(unread).collect();
            }
            _ => {}
        }
        snapshot
    }

    /// The machines, and whether it can be read what each of them came to: whether a success is one of all
    /// machines rests on it.
    fn machines(
        &self,
        PolledOrder { last, known, .. }: &mut PolledOrder,
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) -> (Vec<Unit>, bool) {
        let info = &self.deploy_machine_info;
        let mut are_read = !info.is_left_out && !info.deploy_machines.is_left_out;
        let machines = info.deploy_machines.as_deref().unwrap_or_default();
        if machines.len() >= MAX_ENTRIES {
            json::warn_once(messages::left_out(Some("deployMachines")), warnings);
            return (Vec::new(), false);
        }
        let mut units = UnitsBuilder::new(UnitKind::Machine, &last.units, machines.len(), redactor);
        known.truncate(machines.len());
        for json in machines.iter().flatten() {
            let (json, index) = (json.get(), units.len());
            if known.get(index).is_none_or(|(known, _)| **known != *json) {
                let warned = warnings.len();
                let machine = json::read_state(json.as_bytes(), NAME, warnings, redactor);
                let Ok(machine): Result<Machine<'_>, _> = machine else {
                    json::warn_once(messages::left_out(None), warnings);
                    are_read = false;
                    continue;
                };
                let unit = machine.to_unit(&units, warnings, redactor);
                let is_read = !machine.status.is_left_out
                    && (machine.status.get().is_none() || unit.state != UnitState::Unknown);
                are_read &= is_read;
                let is_known = is_read && warnings.len() == warned;
                let json = if is_known { json } else { "" };
                let machine = (json.into(), Arc::new(unit));
                match known.get_mut(index) {
                    Some(known) => *known = machine,
                    None => known.push(machine),
                }
            }
            units.add(Arc::clone(&known[index].1));
        }
        (units.finish(), are_read)
    }
}

impl Machine<'_> {
    fn to_unit(
        &self,
        units: &UnitsBuilder<'_>,
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) -> UnitInfo {
        // By its serial number, else by its address [I].
        let (serial, address) = (self.machine_sn.get(), self.ip.get());
        let nameless = format!("machine {}", units.len() + 1);
        let id = serial.or(address).unwrap_or(&nameless);
        let name = address.or(serial).unwrap_or(&nameless);
        let state = self
            .status
            .interpret("machine status", &STATES, warnings, redactor);
        // Whether the host's agent answers. It is not the result of the deploy [I].
        let is_silent = self.client_status.is("error");
        let detail = is_silent.then_some("clientStatus error");
        units.unit(id, name, self.batch_num.get(), state, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/yunxiao.response.json");

    fn order(json: &str) -> Result<Snapshot, Message> {
        read("1111", json.as_bytes())
    }

    fn read(id: &str, body: &[u8]) -> Result<Snapshot, Message> {
        PolledOrder::new(id.to_owned()).read(body, &Redactor::default())
    }

    fn waiting(machines: &[&str]) -> Snapshot {
        let machines: Vec<_> = machines
            .iter()
            .enumerate()
            .map(|(place, status)| format!(r#"{{"machineSn":"sn-{place}","status":"{status}"}}"#))
            .collect();
        order(&format!(
            r#"{{"status":"Waiting","currentBatch":1,"totalBatch":3,
                "deployMachineInfo":{{"deployMachines":[{}]}}}}"#,
            machines.join(",")
        ))
        .expect("an order")
    }

    #[test]
    fn the_vendors_sample_is_a_success() {
        let snapshot = read("1111", SAMPLE).expect("an order");
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), Some(3)));
        let began = snapshot.began.map(std::num::NonZeroI64::get);
        assert_eq!(began, Some(1_729_178_040_000));
        let unit = &snapshot.units[0];
        assert_eq!((&*unit.id, &*unit.name), ("asssssssxsx", "127.0.0.1"));
        assert_eq!((unit.state, unit.batch), (UnitState::Succeeded, Some(2)));
        assert_eq!(unit.detail, None);
        assert!(snapshot.warnings.is_empty() && snapshot.success_caveats.is_empty());
        let code = texts::exception_code("500");
        assert_eq!(snapshot.message, Some(code), "shown, not decided on");
    }

    #[test]
    fn each_word_of_an_order_has_its_phase() {
        for (word, phase) in [
            ("Running", Phase::Running),
            ("RUNNING", Phase::Running),
            (" waiting ", Phase::Paused),
            ("Success", Phase::Succeeded),
            ("Cancelled", Phase::Cancelled),
            ("Canceled", Phase::Cancelled),
            ("Aborted", Phase::Cancelled),
            ("Failed", Phase::Failed),
            ("FAIL", Phase::Failed),
            // Success is not read as a prefix.
            ("Successful", Phase::Unknown),
            ("SuccessWithErrors", Phase::Unknown),
            ("Finished", Phase::Unknown),
        ] {
            let snapshot = order(&format!(r#"{{"status":"{word}"}}"#)).expect("an order");
            assert_eq!(snapshot.phase, phase, "{word}");
            assert_eq!(
                snapshot.warnings.len(),
                usize::from(phase == Phase::Unknown)
            );
        }
    }

    #[test]
    fn each_word_of_a_machine_has_its_state() {
        for (word, state) in [
            ("Pending", UnitState::Pending),
            ("Queued", UnitState::Queued),
            ("Running", UnitState::Running),
            ("Success", UnitState::Succeeded),
            ("success", UnitState::Succeeded),
            ("Failed", UnitState::Failed),
            ("Skipped", UnitState::Skipped),
            ("Cancelled", UnitState::Cancelled),
            ("canceled", UnitState::Cancelled),
            ("Exploded", UnitState::Unknown),
            ("", UnitState::Unknown),
        ] {
            assert_eq!(waiting(&[word]).units[0].state, state, "{word}");
        }
        let warnings = waiting(&["Exploded", "Exploded", "Exploded"]).warnings;
        assert_eq!(warnings.len(), 1, "one for the word, not for each machine");
    }

    #[test]
    fn waiting_after_a_failure_needs_a_second_poll() {
        let snapshot = waiting(&["Success", "Failed", "Pending"]);
        assert_eq!(snapshot.phase, Phase::Paused);
        let unconfirmed = snapshot.unconfirmed.expect("a finding");
        assert_eq!(unconfirmed.phase, Phase::PausedAfterFailure);
    }

    #[test]
    fn waiting_without_a_failure_is_a_confirmation() {
        let snapshot = waiting(&["Success", "Pending"]);
        assert_eq!(snapshot.unconfirmed, None);
        let message = messages::awaits_confirmation();
        assert_eq!(snapshot.message, Some(message));
    }

    #[test]
    fn numbers_come_as_strings_strings_as_numbers_and_anything_is_null() {
        let snapshot = order(
            r#"{"deployOrderId":"1111","status":"Running","currentBatch":"2","totalBatch":null,
                "exceptionCode":null,"actions":null,"creator":{"a":1},"createTime":"soon",
                "deployMachineInfo":{"deployMachines":[null,
                    {"machineSn":12345,"ip":null,"status":"Running","batchNum":"2",
                     "params":"map[]","actions":null},
                    {"machineSn":null,"ip":"192.0.2.1","status":null},
                    {"status":"Queued"}]}}"#,
        )
        .expect("an order");
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), None));
        let units: Vec<_> = snapshot
            .units
            .iter()
            .map(|unit| (&*unit.id, &*unit.name, unit.state))
            .collect();
        assert_eq!(
            units,
            [
                ("12345", "12345", UnitState::Running),
                ("192.0.2.1", "192.0.2.1", UnitState::Unknown),
                ("machine 3", "machine 3", UnitState::Queued),
            ]
        );
        assert!(snapshot.warnings.is_empty(), "{:?}", snapshot.warnings);
    }

    #[test]
    fn an_id_that_came_as_a_float_is_the_same_id() {
        let json = r#"{"deployOrderId":4.4178813e+07,"status":"Running"}"#;
        let snapshot = read("44178813", json.as_bytes()).expect("an order");
        assert!(snapshot.warnings.is_empty());
        read("1", json.as_bytes()).expect_err("another order");
    }

    #[test]
    fn an_answer_about_another_order_is_an_error_wherever_its_id_stands() {
        for json in [
            r#"{"deployOrderId":2222,"status":"Success"}"#,
            r#"{"deployOrder":{"deployOrderId":"2222","status":"Success"}}"#,
            r#"{"deployOrderId":2222,"deployOrder":{"status":"Success"}}"#,
        ] {
            let error = order(json).expect_err(json);
            assert_eq!(error.en(), "the answer is about 2222, not 1111");
        }
    }

    #[test]
    fn the_old_wrapper_is_opened() {
        let snapshot = order(
            r#"{"requestId":"r-1","success":true,"errorCode":"","errorMessage":"",
                "deployOrder":{"deployOrderId":"1111","status":"Cancelled"}}"#,
        )
        .expect("an order");
        assert_eq!(snapshot.phase, Phase::Cancelled);
    }

    #[test]
    fn an_error_under_http_200_is_a_failed_poll_with_its_words() {
        for json in [
            r#"{"success":false,"errorCode":"E1","errorMessage":"no","requestId":"r-1"}"#,
            r#"{"success":"false","errorCode":"E1","errorMessage":"no","requestId":"r-1",
                "deployOrder":{"status":"Success"}}"#,
            r#"{"errorCode":"E1","errorMessage":"no","requestId":"r-1"}"#,
        ] {
            let error = order(json).expect_err(json);
            assert!(error.en().ends_with("E1 no (request r-1)"), "{error}");
        }
    }

    #[test]
    fn what_has_no_status_is_unreadable() {
        for json in [
            "",
            "{}",
            "null",
            "[]",
            "3",
            r#""Success""#,
            r#"{"status":null}"#,
            r#"{"status":""}"#,
            r#"{"status":{"status":"Success"}}"#,
            r#"{"status":["Success"]}"#,
            r#"{"deployOrder":{}}"#,
            r#"{"status":"Success""#,
            r#"{"status":"Success","status":"Running"}"#,
        ] {
            order(json).expect_err(json);
        }
    }

    #[test]
    fn a_success_with_machines_that_did_not_succeed_has_caveats() {
        let caveats = |machines: &[&str]| {
            let machines = machines
                .iter()
                .map(|status| format!(r#"{{"status":"{status}"}}"#));
            let machines = machines.collect::<Vec<_>>().join(",");
            let json = format!(
                r#"{{"status":"Success","deployMachineInfo":{{"deployMachines":[{machines}]}}}}"#
            );
            let snapshot = order(&json).expect("an order");
            assert_eq!(snapshot.phase, Phase::Succeeded);
            let caveats = snapshot.success_caveats.iter();
            caveats
                .map(|caveat| caveat.en().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(caveats(&["Success", "Success", ""]), [""; 0]);
        for (status, caveat) in [
            ("Cancelled", "1 machine cancelled"),
            ("Pending", "1 machine pending"),
            ("Queued", "1 machine queued"),
            ("Running", "1 machine running"),
            ("Skipped", "1 machine skipped"),
            ("Failed", "1 machine failed"),
        ] {
            assert_eq!(caveats(&["Success", status]), [caveat]);
        }
        let both = caveats(&["Skipped", "Failed", "Skipped"]);
        assert_eq!(both, ["1 machine failed", "2 machines skipped"]);
        assert_eq!(caveats(&["Exploded"]), [messages::caveats_unread().en()]);
    }

    #[test]
    fn a_success_has_a_caveat_where_it_cannot_be_read_what_each_machine_came_to() {
        for (info, is_read) in [
            (
                r#"{"deployMachines":[{"status":"Success","ip":{},"batchNum":"x"}]}"#,
                true,
            ),
            (r#"{"deployMachines":[null,{"status":null}]}"#, true),
            (r#"{"deployMachines":null,"hostGroupId":[]}"#, true),
            ("null", true),
            (r#""gone""#, false),
            (r#"[{"status":"Failed"}]"#, false),
            (r#"{"deployMachines":{"a":{"status":"Failed"}}}"#, false),
            (r#"{"deployMachines":["Failed"]}"#, false),
            (
                r#"{"deployMachines":[{"status":{"name":"Failed"}}]}"#,
                false,
            ),
            (
                r#"{"deployMachines":[{"status":"Failed","ip":"a","ip":"b"}]}"#,
                false,
            ),
            (r#"{"deployMachines":[],"deployMachines":[]}"#, false),
        ] {
            let bare = format!(r#"{{"status":"Success","deployMachineInfo":{info}}}"#);
            for json in [format!(r#"{{"success":true,"deployOrder":{bare}}}"#), bare] {
                let snapshot = order(&json).expect("an order");
                assert_eq!(snapshot.phase, Phase::Succeeded, "{json}");
                let caveat = (!is_read).then(messages::caveats_unread);
                assert_eq!(snapshot.success_caveats, Vec::from_iter(caveat), "{json}");
            }
        }
    }

    #[test]
    fn a_machine_with_an_unknown_word_keeps_the_caveat_when_another_with_it_recovers() {
        let mut order = PolledOrder::new("1111".to_owned());
        for first in ["Exploded", "Success"] {
            let json = format!(
                r#"{{"status":"Success","deployMachineInfo":{{"deployMachines":[
                    {{"ip":"a","status":"{first}"}},{{"ip":"b","status":"Exploded"}}]}}}}"#
            );
            let found = order.read(json.as_bytes(), &Redactor::default());
            let caveats = found.expect("an order").success_caveats;
            assert_eq!(caveats, [messages::caveats_unread()]);
        }
    }

    #[test]
    fn an_error_beside_a_success_is_a_failed_poll() {
        for json in [
            r#"{"status":"Success","errorCode":"E1","errorMessage":"no"}"#,
            r#"{"success":true,"errorCode":"E1","deployOrder":{"status":"Success"}}"#,
            r#"{"deployOrder":{"status":"Success","errorMessage":"no"}}"#,
            r#"{"status":"Success","error":{"code":"E1"}}"#,
            r#"{"status":"Success","error_code":"E1"}"#,
            r#"{"success":0,"deployOrder":{"status":"Success"}}"#,
        ] {
            let error = order(json).expect_err(json);
            assert!(error.en().starts_with("error response: "), "{error}");
        }
        let failed = order(r#"{"status":"Failed","errorCode":"E1"}"#).expect("an order");
        assert_eq!(failed.phase, Phase::Failed);
    }

    #[test]
    fn what_is_only_shown_may_be_of_any_type() {
        for odd in [
            "null",
            "true",
            "-1.5",
            r#""text""#,
            "[]",
            r#"["a"]"#,
            "{}",
            r#"{"a":[1]}"#,
        ] {
            for (status, phase) in [("Success", Phase::Succeeded), ("Failed", Phase::Failed)] {
                for json in [
                    format!(
                        r#"{{"status":"{status}","creator":{odd},"currentBatch":{odd},
                            "totalBatch":{odd},"exceptionCode":{odd},"actions":{odd},
                            "deployMachineInfo":{odd}}}"#
                    ),
                    format!(
                        r#"{{"status":"{status}","deployMachineInfo":{{"deployMachines":{odd}}}}}"#
                    ),
                    format!(
                        r#"{{"status":"{status}","deployMachineInfo":{{"deployMachines":[{odd},
                            {{"machineSn":{odd},"ip":{odd},"clientStatus":{odd},"batchNum":{odd},
                            "status":"{status}"}}]}}}}"#
                    ),
                ] {
                    let snapshot = order(&json).expect(&json);
                    assert_eq!(snapshot.phase, phase, "{json}");
                    if odd.starts_with(['[', '{']) && odd.len() > 2 {
                        // A list is no machine, so that the entry is left out as well.
                        let entry = odd.starts_with('[') && json.contains("machineSn");
                        let warnings = 1 + usize::from(entry);
                        assert_eq!(snapshot.warnings.len(), warnings, "{json}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_agents_state_is_shown_and_not_the_result() {
        let snapshot = order(
            r#"{"status":"Running","deployMachineInfo":{"deployMachines":[
                {"ip":"192.0.2.1","status":"Success","clientStatus":"error"}]}}"#,
        )
        .expect("an order");
        assert_eq!(snapshot.units[0].state, UnitState::Succeeded);
        let detail = Message::verbatim("clientStatus error");
        assert_eq!(snapshot.units[0].detail, Some(detail));
    }
}
