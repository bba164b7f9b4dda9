//! Alibaba Cloud Yunxiao Flow: host deploy orders, by their id or from a pipeline's run. [D]
//! documented by the vendor, [O] observed in public code, [I] inferred.

use std::sync::Arc;

use serde::Deserialize;
use url::Url;

mod options;
mod order;
mod run;
mod texts;

pub(super) use options::YunxiaoOptions;

use order::DeployOrder;
use run::{End, Found, Run};

use super::json::{self, Object, Text, safe_in_url};
use super::{DeploymentSource, below, messages};
use crate::http::{Client, ParsedBody, Request, Response};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::poll::{PollError, Retry};
use crate::redact::Redactor;
use crate::secret::Credential;

/// The endpoint of the central edition [D]. A Region instance has a host of its own.
const CENTRAL: &str = "https://openapi-rdc.aliyuncs.com";

/// Good polls in a row after which an order that runs on after a failure is warned of.
const STUCK: u32 = 2;

/// Which deploy order of the pipeline is meant.
enum Order {
    /// This one.
    Id(String),
    /// The one that a run of the pipeline makes.
    OfRun {
        /// The run's id; none for the latest run.
        run: Option<String>,
        /// The name or the id of the job that makes it, where there are several.
        job: Option<String>,
        /// Pass over a run that had ended when the watch began.
        fresh: bool,
    },
}

/// A deploy order being watched.
struct Yunxiao {
    http: Client,
    credential: Credential,
    /// What every URL begins with.
    pipeline_url: String,
    /// Whether an organization was given: for the central edition, not for a Region instance [D].
    in_organization: bool,
    wanted: Order,
    /// The order, once it is known. Whatever runs later, the watch stays with it.
    order: Option<String>,
    /// The run in which the order is looked for, or was found, once that is known.
    run: Option<String>,
    /// What is passed over.
    earlier: Option<Earlier>,
    /// Whether a run was read: only the first one can be an earlier one.
    run_seen: bool,
    /// The order that `last` was made of.
    parsed: ParsedBody,
    last: Arc<Snapshot>,
    /// Good polls in a row in which a machine had failed, none moved, and the order ran on.
    stuck: u32,
}

/// What the URLs of both editions begin with.
fn pipeline_url(endpoint: &Url, organization: Option<&str>, pipeline: &str) -> String {
    let organization = organization.map(|organization| format!("/organizations/{organization}"));
    let organization = organization.unwrap_or_default();
    let path = format!("/oapi/v1/flow{organization}/pipelines/{pipeline}");
    below(endpoint, &path).into()
}

impl Yunxiao {
    /// Watches with `http`.
    fn new(
        pipeline_url: String,
        in_organization: bool,
        wanted: Order,
        credential: Credential,
        http: Client,
    ) -> Self {
        let (order, run) = match &wanted {
            Order::Id(order) => (Some(order.clone()), None),
            Order::OfRun { run, .. } => (None, run.clone()),
        };
        Self {
            http,
            credential,
            pipeline_url,
            in_organization,
            wanted,
            order,
            run,
            earlier: None,
            run_seen: false,
            parsed: ParsedBody::default(),
            last: Arc::new(Snapshot::new(Phase::Unknown)),
            stuck: 0,
        }
    }

    /// Reads the order.
    fn poll_order(&mut self, order: &str) -> Result<Arc<Snapshot>, PollError> {
        let url = format!("{}/deploy/{order}", self.pipeline_url);
        let response = get(&self.http, &mut self.credential, &url)
            .map_err(|error| self.hint(error, "流水线 / 主机部署"))?;
        if !self.parsed.is(&response.body) {
            let mut snapshot = read(
                &response.body,
                &self.last.units,
                order,
                self.http.redactor(),
            )
            .map_err(|problem| response.unreadable(problem, self.http.redactor()))?;
            if !matches!(self.wanted, Order::Id(_)) {
                snapshot.run_selector = Some(format!("--order {order}").into());
                let found = texts::found_order(order, self.run.as_deref());
                snapshot.warnings.push(found);
            }
            self.last = Arc::new(snapshot);
            self.parsed.set(response.body);
        }
        if !runs_on_after_failure(&self.last) {
            self.stuck = 0;
            return Ok(Arc::clone(&self.last));
        }
        self.stuck += 1;
        if self.order_job_failed(order) {
            let mut snapshot = Snapshot::clone(&self.last);
            let message = Message::new(
                "the order still runs after a failure, but the job that made it failed",
                "部署单在失败后仍显示运行中，但生成它的任务已经失败",
            );
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Failed, Some(message)));
            return Ok(Arc::new(snapshot));
        }
        let warning = texts::runs_on_warning();
        if self.stuck >= STUCK && !self.last.warnings.contains(&warning) {
            let snapshot = Arc::make_mut(&mut self.last);
            snapshot.warnings.push(warning);
        }
        Ok(Arc::clone(&self.last))
    }

    /// Whether the run says that the job which made the order has failed. Where the run is not
    /// known or cannot be read it says nothing.
    fn order_job_failed(&mut self, order: &str) -> bool {
        self.run.is_some()
            && self.read_run().is_ok_and(|run| {
                let job = run.job_of(order);
                job.is_some_and(|job| job.end == Some(End::Fail))
            })
    }

    fn read_run(&mut self) -> Result<Run, PollError> {
        let run = self.run.as_deref().unwrap_or("latestPipelineRun");
        let url = format!("{}/runs/{run}", self.pipeline_url);
        let response = get(&self.http, &mut self.credential, &url)
            .map_err(|error| self.hint(error, "流水线运行实例"))?;
        run::read(&response.body, self.http.redactor())
            .map_err(|problem| response.unreadable(problem, self.http.redactor()))
    }

    /// Looks for the order in the run. The snapshot is what there is to say until it is there.
    fn find_order(&mut self) -> Result<Search, PollError> {
        let mut run = self.read_run()?;
        let (job, fresh) = match &self.wanted {
            Order::OfRun { job, fresh, .. } => (job.as_deref(), *fresh),
            Order::Id(_) => (None, false),
        };
        let had_ended = !self.run_seen && run.end.is_some();
        self.run_seen = true;
        // "Trigger the pipeline, then watch" races: the latest run may be the one before, and green.
        if fresh && had_ended {
            self.earlier = Some(Earlier {
                run: run.id.clone(),
                orders: run.orders(),
            });
        }
        if let Some(earlier) = &self.earlier {
            run.forget(&earlier.orders);
            // Somebody may run it again; only a new order makes it another deployment.
            if earlier.run == run.id && run.orders().is_empty() {
                return Ok(Search::Waits(waits(messages::awaits_new_run())));
            }
        }
        let search = match run.find(job) {
            Found::Order(job) => match &job.order {
                Some(order) => Search::Found(order.clone()),
                None => Search::Waits(waits(texts::no_order_yet())),
            },
            Found::SayMore(jobs) => return Err(say_more(job, &jobs)),
            Found::NotYet => match run.end {
                None => Search::Waits(waits(texts::no_order_yet())),
                Some(End::Fail) => Search::Waits(ended(Phase::Failed)),
                Some(End::Cancelled) => Search::Waits(ended(Phase::Cancelled)),
                // A green run that deployed nothing is not a deployment that succeeded.
                Some(End::Success) => {
                    let error = PollError::refused(texts::nothing_deployed(), Some(200));
                    let may_be_earlier = had_ended && self.run.is_none();
                    return Err(if may_be_earlier {
                        error.with_hint(texts::new_run_hint())
                    } else {
                        error
                    });
                }
            },
        };
        // From now on it is this run, whatever is started later.
        self.run = self.run.take().or(run.id);
        Ok(search)
    }

    /// Adds what to do about a refusal; `permission` is the one that such a read needs.
    fn hint(&self, error: PollError, permission: &'static str) -> PollError {
        let hint = match error.status {
            Some(401) => Message::new(
                "check the token: it may have expired, or belong to another edition",
                "请检查令牌：可能已过期，或属于另一个版本（中心版、Region 版）",
            ),
            Some(403) => Message::new(
                format!("the token needs the read permission {permission}"),
                format!("令牌需要“{permission}”的只读权限"),
            ),
            Some(404) if self.in_organization => Message::new(
                "check the ids; a Region instance also answers 404 when an organization is set: \
                 YUNXIAO_EDITION=region leaves it out",
                "请检查各个 ID；Region 版在设置了组织时也会返回 404，YUNXIAO_EDITION=region 可去掉组织",
            ),
            Some(404) => Message::new(
                "check the ids; the central edition needs --organization",
                "请检查各个 ID；中心版需要 --organization",
            ),
            _ => return error,
        };
        error.with_hint(hint)
    }
}

/// A run that had ended when the watch began.
struct Earlier {
    run: Option<String>,
    /// A run that is run again makes new ones [I].
    orders: Vec<String>,
}

/// What came of looking for the order.
enum Search {
    Found(String),
    Waits(Box<Snapshot>),
}

fn waits(message: Message) -> Box<Snapshot> {
    Box::new(Snapshot {
        message: Some(message),
        ..Snapshot::new(Phase::Pending)
    })
}

/// The run ended before it made an order.
fn ended(phase: Phase) -> Box<Snapshot> {
    let message = Message::new(
        "the run ended before it made a deploy order",
        "本次运行已结束，没有生成部署单",
    );
    Box::new(Snapshot {
        message: Some(message),
        ..Snapshot::new(phase)
    })
}

fn say_more(wanted: Option<&str>, jobs: &[&run::Job]) -> PollError {
    PollError {
        message: texts::which_job(wanted, jobs),
        status: None,
        retry: Retry::Ambiguous,
        date: None,
        endpoint_in_doubt: false,
    }
}

/// Gets a URL with the token.
fn get(http: &Client, credential: &mut Credential, url: &str) -> Result<Response, PollError> {
    credential.with_token(|token| {
        let request = Request {
            url,
            body: None,
            headers: vec![("x-yunxiao-token", token)],
        };
        http.get_json(&request, words)
    })
}

impl DeploymentSource for Yunxiao {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let order = match &self.order {
            Some(order) => order.clone(),
            None => match self.find_order()? {
                Search::Found(order) => order,
                Search::Waits(snapshot) => return Ok(Arc::from(snapshot)),
            },
        };
        self.order = Some(order.clone());
        self.poll_order(&order)
    }

    /// The machine's log [D]: the whole text each time [O].
    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Option<Vec<String>> {
        let order = self.order.as_deref()?;
        let machine = safe_in_url(&unit.id).then_some(&unit.id)?;
        let pipeline = &self.pipeline_url;
        let url = format!("{pipeline}/deploy/{order}/machine/{machine}/log");
        let response = get(&self.http, &mut self.credential, &url).ok()?;
        let log: Log<'_> = json::read(&response.body).ok()?;
        Some(self.http.redactor().tail(log.deploy_log.get()?, lines))
    }
}

/// The log of a machine [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Log<'a> {
    deploy_log: Text<'a>,
}

/// `Running` for ever with a failed machine and nothing else moving has been seen elsewhere [I]: it
/// is warned of, and ends the watch only where the run says that the job which made the order has
/// failed.
fn runs_on_after_failure(snapshot: &Snapshot) -> bool {
    snapshot.phase == Phase::Running
        && snapshot.count(UnitState::Failed) > 0
        && snapshot.count(UnitState::Running) + snapshot.count(UnitState::Queued) == 0
}

/// The provider's words in the body of an error.
fn words(body: &[u8], redactor: &Redactor) -> Option<Message> {
    json::read::<DeployOrder<'_>>(body).ok()?.error(redactor)
}

/// Reads an answer. `last` are the units of the one before.
fn read(body: &[u8], last: &[Unit], asked: &str, redactor: &Redactor) -> Result<Snapshot, Message> {
    let mut warnings = Vec::new();
    let name = ("deploy order", "部署单");
    let mut answer: DeployOrder<'_> = json::read_state(body, name, &mut warnings, redactor)?;
    // `success: false` is an error even under HTTP 200 [I].
    if answer.success.is("false") {
        return Err(messages::error_response(answer.error(redactor).as_ref()));
    }
    let wrapped = answer.deploy_order.take();
    if wrapped.is_some() && answer.status.get().is_some() {
        return Err(Message::new(
            "the response has two order statuses",
            "响应中有两个部署单状态",
        ));
    }
    let order = wrapped.map_or(answer, |wrapped| {
        let Object(order) = *wrapped;
        order
    });
    if let Err(problem) = order.status.required("status") {
        return Err(match order.error(redactor) {
            None => problem,
            said => messages::error_response(said.as_ref()),
        });
    }
    order.deploy_order_id.check_id(asked, redactor)?;
    let mut snapshot = map(&order, last, redactor);
    snapshot.warnings.extend(warnings);
    Ok(snapshot)
}

fn map(order: &DeployOrder<'_>, last: &[Unit], redactor: &Redactor) -> Snapshot {
    let mut snapshot = Snapshot::new(Phase::Unknown);
    snapshot.batch = order.current_batch.get();
    snapshot.batches = order.total_batch.get();
    snapshot.units = order.units(last, &mut snapshot.warnings, redactor);
    // Shown, never decided on: the vendor's own sample has "500" on a success [D].
    let code = order.exception_code.printable(redactor);
    let failed = snapshot.count(UnitState::Failed);
    snapshot.message = code.as_deref().map(texts::exception_code);
    snapshot.phase = phase(&order.status, &mut snapshot.warnings, redactor);
    match snapshot.phase {
        // There is no documented `Failed` order. After a machine failed the order waits for
        // somebody to retry it, skip it or stop the order [I]; but a machine that is about to be
        // retried looks the same for a moment, so two polls must agree.
        Phase::Paused if failed > 0 => {
            snapshot.message = None;
            let message = messages::awaits_decision(failed, UnitKind::Machine, code.as_deref());
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::PausedAfterFailure, Some(message)));
        }
        // And a healthy order waits too: the default template pauses after the first batch [O].
        Phase::Paused => {
            let message = messages::awaits_confirmation(snapshot.batch, snapshot.batches);
            snapshot.message = Some(message);
        }
        Phase::Succeeded => {
            let skipped = snapshot.count(UnitState::Skipped);
            snapshot.success_caveats = [
                (failed, texts::machines_failed(failed)),
                (skipped, texts::machines_skipped(skipped)),
            ]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(_, message)| message)
            .collect();
        }
        _ => {}
    }
    snapshot
}

/// The order's `status` [D]; `Failed` and `Fail` are not documented, but seen in tools [O].
const PHASES: [(&str, Phase); 5] = [
    ("Running", Phase::Running),
    ("Waiting", Phase::Paused),
    ("Success", Phase::Succeeded),
    ("Failed", Phase::Failed),
    ("Fail", Phase::Failed),
];

fn phase(status: &Text<'_>, warnings: &mut Vec<Message>, redactor: &Redactor) -> Phase {
    if status.is_cancelled() {
        return Phase::Cancelled;
    }
    status.meaning(&PHASES).unwrap_or_else(|| {
        status.warn_unknown("order status", redactor, warnings);
        Phase::Unknown
    })
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../tests/fixtures/yunxiao.response.json");

    fn order(json: &str) -> Result<Snapshot, Message> {
        read(json.as_bytes(), &[], "1111", &Redactor::default())
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
        let snapshot = read(SAMPLE, &[], "1111", &Redactor::default()).expect("an order");
        assert_eq!(snapshot.phase, Phase::Succeeded);
        assert_eq!((snapshot.batch, snapshot.batches), (Some(2), Some(3)));
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
        let message = messages::awaits_confirmation(Some(1), Some(3));
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
        let snapshot =
            read(json.as_bytes(), &[], "44178813", &Redactor::default()).expect("an order");
        assert!(snapshot.warnings.is_empty());
        read(json.as_bytes(), &[], "1", &Redactor::default()).expect_err("another order");
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
    fn a_success_with_skipped_machines_has_a_flaw() {
        let json = |status: &str| {
            format!(
                r#"{{"status":"Success","deployMachineInfo":{{"deployMachines":[
                    {{"ip":"192.0.2.1","status":"{status}"}}]}}}}"#
            )
        };
        let success_caveats = |status| order(&json(status)).expect("an order").success_caveats;
        assert_eq!(success_caveats("Success"), []);
        assert_eq!(success_caveats("Skipped"), [texts::machines_skipped(1)]);
        assert_eq!(success_caveats("Failed"), [texts::machines_failed(1)]);
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
