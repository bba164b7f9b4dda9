//! Alibaba Cloud Yunxiao Flow: host deploy orders. [D] documented by the vendor, [O] observed in
//! public code, [I] inferred.

use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::wire::{Count, List, Text};
use super::{PollError, Provider};
use crate::http::{Body, Http};
use crate::model::{Note, Phase, Snapshot, Tentative, Unit, UnitKind, UnitState, Units};
use crate::secret::Credential;

/// The endpoint of the central edition [D]. A Region instance has a host of its own.
pub(crate) const CENTRAL: &str = "https://openapi-rdc.aliyuncs.com";

/// Which deploy order is watched, and where.
pub(crate) struct Settings {
    pub(crate) endpoint: Url,
    /// Given for the central edition, none for a Region instance [D].
    pub(crate) organization: Option<String>,
    pub(crate) pipeline: String,
    pub(crate) order: String,
    pub(crate) credential: Credential,
}

/// A deploy order being watched.
pub(crate) struct Yunxiao {
    http: Http,
    settings: Settings,
    url: String,
    body: Body,
    last: Arc<Snapshot>,
    /// Good polls in a row in which a machine had failed, none moved, and the order ran on.
    stuck: u32,
}

impl Settings {
    /// What both editions' URLs begin with.
    fn pipeline_url(&self) -> String {
        let endpoint = self.endpoint.as_str().trim_end_matches('/');
        let organization = match &self.organization {
            Some(organization) => format!("/organizations/{organization}"),
            None => String::new(),
        };
        let pipeline = &self.pipeline;
        format!("{endpoint}/oapi/v1/flow{organization}/pipelines/{pipeline}")
    }
}

impl Yunxiao {
    /// Watches with `http`.
    pub(crate) fn new(settings: Settings, http: Http) -> Self {
        Self {
            url: format!("{}/deploy/{}", settings.pipeline_url(), settings.order),
            http,
            settings,
            body: Body::default(),
            last: Arc::new(Snapshot::new(Phase::Unknown)),
            stuck: 0,
        }
    }

    fn get(&mut self) -> Result<bool, PollError> {
        let headers = [("x-yunxiao-token", &self.settings.credential.secret)];
        self.http.get(&self.url, &headers, &mut self.body, words)
    }

    /// The order. A token that was replaced in its file while the watch ran is taken up.
    fn ask(&mut self) -> Result<bool, PollError> {
        let answer = match self.get() {
            Err(error) if error.status == Some(401) && self.settings.credential.renew() => {
                self.get()
            }
            answer => answer,
        };
        answer.map_err(|error| {
            let hint = self.hint(error.status);
            match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        })
    }

    /// What to do about a refusal.
    fn hint(&self, status: Option<u16>) -> Option<&'static str> {
        match status? {
            401 => Some("check the token: it may have expired, or belong to another edition"),
            403 => Some("the token needs the read permission 流水线 / 主机部署"),
            404 if self.settings.organization.is_some() => Some(
                "check the ids; a Region instance answers so where an organization is set: \
                 YUNXIAO_EDITION=region leaves it out",
            ),
            404 => Some("check the ids; the central edition needs --organization"),
            _ => None,
        }
    }
}

impl Provider for Yunxiao {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        if !self.ask()? {
            let snapshot = read(self.body.bytes(), &self.last.units, &self.settings.order)?;
            self.last = Arc::new(snapshot);
            self.body.understand();
        }
        self.stuck = if runs_on_after_failure(&self.last) {
            self.stuck + 1
        } else {
            0
        };
        if self.stuck == 2 {
            let snapshot = Arc::make_mut(&mut self.last);
            snapshot.warnings.push(Note::RunsOnAfterFailure);
        }
        Ok(Arc::clone(&self.last))
    }
}

/// `Running` for ever with a failed machine and nothing else moving has been seen elsewhere [I]: it
/// is warned of, and ends nothing.
fn runs_on_after_failure(snapshot: &Snapshot) -> bool {
    snapshot.phase == Phase::Running
        && snapshot.count(UnitState::Failed) > 0
        && snapshot.count(UnitState::Running) + snapshot.count(UnitState::Queued) == 0
}

/// The order [D]. The API of 2021-06-25 wraps it into `deployOrder` [D]; an error stands in its
/// place [O].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
#[derive(Default)]
struct Order<'a> {
    deploy_order_id: Text<'a>,
    status: Text<'a>,
    current_batch: Count,
    total_batch: Count,
    exception_code: Text<'a>,
    deploy_machine_info: Option<MachineInfo<'a>>,
    success: Text<'a>,
    error_code: Text<'a>,
    error_message: Text<'a>,
    request_id: Text<'a>,
    deploy_order: Option<Box<Order<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct MachineInfo<'a> {
    deploy_machines: List<Machine<'a>>,
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

impl Order<'_> {
    /// The error's own words: code, message, request id.
    fn error(&self) -> Option<String> {
        let parts = [
            self.error_code.get().map(str::to_owned),
            self.error_message.get().map(str::to_owned),
            self.request_id.get().map(|id| format!("(request {id})")),
        ];
        let has_words = self.error_code.get().or(self.error_message.get()).is_some();
        has_words.then(|| parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

/// The provider's words in the body of an error.
fn words(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Order<'_>>(body).ok()?.error()
}

/// Reads an answer. `last` are the units of the one before.
fn read(body: &[u8], last: &[Unit], asked: &str) -> Result<Snapshot, PollError> {
    let answer: Order<'_> = serde_json::from_slice(body).map_err(|error| {
        PollError::unreadable(format!("not the JSON of a deploy order: {error}"))
    })?;
    // `success: false` is an error even under HTTP 200 [I].
    if answer.success.is("false") {
        let words = answer.error().unwrap_or_else(|| "no reason given".into());
        return Err(PollError::unreadable(format!("an error answer: {words}")));
    }
    let order = answer.deploy_order.as_deref().unwrap_or(&answer);
    if order.status.get().is_none() {
        let words = answer.error();
        return Err(PollError::unreadable(match words {
            Some(words) => format!("an error answer: {words}"),
            None => "the answer has no order status".into(),
        }));
    }
    Ok(map(order, last, asked))
}

fn map(order: &Order<'_>, last: &[Unit], asked: &str) -> Snapshot {
    let mut snapshot = Snapshot::new(Phase::Unknown);
    snapshot.batch = order.current_batch.get();
    snapshot.batches = order.total_batch.get();
    snapshot.units = machines(order, last, &mut snapshot.warnings);
    if let Some(answered) = order.deploy_order_id.get()
        && answered != asked
    {
        snapshot.warnings.push(Note::OtherId {
            asked: asked.into(),
            answered: crate::text::clean(answered, crate::text::NAME).into(),
        });
    }
    // Shown, never decided on: the vendor's own sample has "500" on a success [D].
    let code = order.exception_code.get().map(printable);
    let failed = snapshot.count(UnitState::Failed);
    snapshot.message = code.clone().map(Note::ExceptionCode);
    snapshot.phase = phase(&order.status, &mut snapshot.warnings);
    match snapshot.phase {
        // There is no documented `Failed` order. After a machine failed the order waits for
        // somebody to retry it, skip it or stop the order [I]; but a machine that is about to be
        // retried looks the same for a moment, so two polls must agree.
        Phase::Paused if failed > 0 => {
            snapshot.message = None;
            snapshot.tentative = Some(Tentative {
                phase: Phase::PausedAfterFailure,
                message: Some(Note::AwaitsDecision { failed, code }),
            });
        }
        // And a healthy order waits too: the default template pauses after the first batch [O].
        Phase::Paused => {
            snapshot.message = Some(Note::AwaitsConfirmation {
                batch: snapshot.batch,
                batches: snapshot.batches,
            });
        }
        Phase::Succeeded => {
            let skipped = snapshot.count(UnitState::Skipped);
            snapshot.flaws = [
                (failed, Note::FailedInSuccess(failed)),
                (skipped, Note::Skipped(skipped)),
            ]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, note)| note)
            .collect();
        }
        _ => {}
    }
    snapshot
}

/// The order's `status` [D]; `Failed` and `Fail` are not documented, but seen in tools [O].
fn phase(status: &Text<'_>, warnings: &mut Vec<Note>) -> Phase {
    let known = [
        ("Running", Phase::Running),
        ("Waiting", Phase::Paused),
        ("Success", Phase::Succeeded),
        ("Failed", Phase::Failed),
        ("Fail", Phase::Failed),
    ];
    if is_cancelled(status) {
        return Phase::Cancelled;
    }
    if let Some((_, phase)) = known.into_iter().find(|(word, _)| status.is(word)) {
        return phase;
    }
    warnings.extend(unknown("order status", status));
    Phase::Unknown
}

/// The machines, named by serial number, else by address [I]. `createTime` may be the order's own
/// and is no start time.
fn machines(order: &Order<'_>, last: &[Unit], warnings: &mut Vec<Note>) -> Vec<Unit> {
    let Some(info) = &order.deploy_machine_info else {
        return Vec::new();
    };
    let mut units = Units::new(UnitKind::Machine, last, info.deploy_machines.len());
    for (place, machine) in info.deploy_machines.iter().enumerate() {
        let (serial, address) = (machine.machine_sn.get(), machine.ip.get());
        let nameless;
        let (id, name) = match (serial.or(address), address.or(serial)) {
            (Some(id), Some(name)) => (id, name),
            _ => {
                nameless = format!("machine {}", place + 1);
                (nameless.as_str(), nameless.as_str())
            }
        };
        // Whether the host's agent answers. It is not the result of the deploy [I].
        let agent = &machine.client_status;
        let detail = agent.is("error").then_some("clientStatus error");
        let state = state(&machine.status, warnings);
        units.push(id, name, machine.batch_num.get(), state, detail);
    }
    units.finish()
}

/// A machine's `status` [D].
fn state(status: &Text<'_>, warnings: &mut Vec<Note>) -> UnitState {
    let known = [
        ("Success", UnitState::Succeeded),
        ("Running", UnitState::Running),
        ("Pending", UnitState::Pending),
        ("Queued", UnitState::Queued),
        ("Failed", UnitState::Failed),
        ("Skipped", UnitState::Skipped),
    ];
    if let Some((_, state)) = known.into_iter().find(|(word, _)| status.is(word)) {
        return state;
    }
    if is_cancelled(status) {
        return UnitState::Cancelled;
    }
    // One warning for each word, not for each of 100,000 machines.
    if let Some(note) = unknown("machine status", status)
        && !warnings.contains(&note)
    {
        warnings.push(note);
    }
    UnitState::Unknown
}

fn is_cancelled(status: &Text<'_>) -> bool {
    ["Cancelled", "Canceled", "abort", "aborted"]
        .into_iter()
        .any(|word| status.is(word))
}

fn unknown(field: &'static str, word: &Text<'_>) -> Option<Note> {
    word.get().map(|word| Note::UnknownWord {
        field,
        word: printable(word),
    })
}

fn printable(raw: &str) -> Arc<str> {
    crate::text::clean(raw, crate::text::NAME).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::provider::Then;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/yunxiao.response.json");

    fn order(json: &str) -> Result<Snapshot, PollError> {
        read(json.as_bytes(), &[], "1111")
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
        let snapshot = read(SAMPLE, &[], "1111").expect("an order");
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), Some(3)));
        let unit = &snapshot.units[0];
        assert_eq!((&*unit.id, &*unit.name), ("asssssssxsx", "127.0.0.1"));
        assert_eq!((unit.state, unit.batch), (UnitState::Succeeded, Some(2)));
        assert_eq!(unit.detail, None);
        assert!(snapshot.warnings.is_empty() && snapshot.flaws.is_empty());
        let code = Note::ExceptionCode("500".into());
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
        let tentative = snapshot.tentative.expect("a finding");
        assert_eq!(tentative.phase, Phase::PausedAfterFailure);
    }

    #[test]
    fn waiting_without_a_failure_is_a_confirmation() {
        let snapshot = waiting(&["Success", "Pending"]);
        assert_eq!(snapshot.tentative, None);
        assert_eq!(
            snapshot.message,
            Some(Note::AwaitsConfirmation {
                batch: Some(1),
                batches: Some(3)
            })
        );
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
        let snapshot = read(json.as_bytes(), &[], "44178813").expect("an order");
        assert!(snapshot.warnings.is_empty());
        let other = read(json.as_bytes(), &[], "1").expect("an order");
        assert_eq!(other.warnings.len(), 1);
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
            assert!(
                error.cause.ends_with("E1 no (request r-1)"),
                "{}",
                error.cause
            );
            assert!(matches!(error.then, Then::AskAgain { .. }));
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
            r#"{"status":"Success","deployMachineInfo":{"deployMachines":"none"}}"#,
            r#"{"status":"Success","status":"Running"}"#,
        ] {
            order(json).expect_err(json);
        }
    }

    #[test]
    fn a_success_with_skipped_machines_has_a_flaw() {
        let json = |status: &str| {
            format!(
                r#"{{"status":"Success","deployMachineInfo":{{"deployMachines":[
                    {{"ip":"192.0.2.1","status":"{status}"}}]}}}}"#
            )
        };
        let flaws = |status| order(&json(status)).expect("an order").flaws;
        assert_eq!(flaws("Success"), []);
        assert_eq!(flaws("Skipped"), [Note::Skipped(1)]);
        assert_eq!(flaws("Failed"), [Note::FailedInSuccess(1)]);
    }

    #[test]
    fn the_agents_state_is_shown_and_not_the_result() {
        let snapshot = order(
            r#"{"status":"Running","deployMachineInfo":{"deployMachines":[
                {"ip":"192.0.2.1","status":"Success","clientStatus":"error"}]}}"#,
        )
        .expect("an order");
        assert_eq!(snapshot.units[0].state, UnitState::Succeeded);
        assert_eq!(
            snapshot.units[0].detail.as_deref(),
            Some("clientStatus error")
        );
    }
}
