//! Alibaba Cloud Yunxiao Flow: host deploy orders, by their id or from a pipeline's run. [D]
//! documented by the vendor, [O] observed in public code, [I] inferred.

use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

mod options;
mod order;
mod page;
mod run;
mod texts;

pub(super) use options::YunxiaoOptions;

use order::KnownMachines;
use run::{FoundOrder, PipelineRun};

use super::json::{self, Text, is_whole, safe_in_url};
use super::{DeploymentSource, below, messages, missing_log};
use crate::http::{Client, Request, Response};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitState};
use crate::poll::{PollError, Retry};
use crate::secret::Credential;

/// The endpoint of the central edition [D]. A Region instance has a host of its own.
const CENTRAL: &str = "https://openapi-rdc.aliyuncs.com";

/// The read permissions of a token that the requests need [D].
const ORDER_PERMISSION: &str = "流水线 / 主机部署";
const RUN_PERMISSION: &str = "流水线运行实例";

/// Good polls in a row after which an order that runs on after a failure is warned of.
const STUCK_POLLS: u32 = 2;

/// Which deploy order of the pipeline is watched: the one with this id, or the one that a run makes.
struct OrderSelector {
    order: Option<String>,
    /// The run's id; none for the latest run.
    run: Option<String>,
    /// The name or the id of the job that makes it, if there are several.
    job: Option<String>,
    /// Ignore a run that ended before the watch started.
    fresh: bool,
}

impl OrderSelector {
    /// Whether it is the order of the latest run, whichever that is, so that it may be an earlier one.
    fn may_be_earlier(&self) -> bool {
        self.order.is_none() && self.run.is_none() && !self.fresh
    }
}

/// A deploy order being watched.
struct Yunxiao {
    http: Client,
    credential: Credential,
    /// The beginning of every URL.
    pipeline_url: String,
    /// Whether an organization was given: for the central edition, not for a Region instance [D].
    in_organization: bool,
    selector: OrderSelector,
    /// The order, once it is known. The watch stays with it, whatever is started later.
    order: Option<String>,
    search: OrderSearch,
    /// The run in which the order is looked for, or was found, once that is known.
    run: Option<String>,
    /// The body that `last` was made of; its memory takes the next one.
    body: Vec<u8>,
    last: Arc<Snapshot>,
    machines: KnownMachines,
    /// Whether in `last` a machine has failed, none moves, and the order runs on.
    is_stuck: bool,
    /// For how many good polls in a row.
    stuck_polls: u32,
}

/// The search for the order of a run.
#[derive(Default)]
struct OrderSearch {
    /// Whether a run was read: only the first one may have ended before the watch started.
    has_begun: bool,
    ignored: Option<IgnoredRun>,
}

/// A run that ended before the watch started, and is ignored.
struct IgnoredRun {
    id: Option<String>,
    /// Its orders: when the same run is started again it makes new ones [I].
    orders: Vec<String>,
}

/// The beginning of the URLs of both editions.
fn pipeline_url(endpoint: &Url, organization: Option<&str>, pipeline: &str) -> String {
    let organization = organization.map(|organization| format!("/organizations/{organization}"));
    let organization = organization.unwrap_or_default();
    let path = format!("/oapi/v1/flow{organization}/pipelines/{pipeline}");
    below(endpoint, &path).into()
}

impl Yunxiao {
    fn new(
        pipeline_url: String,
        in_organization: bool,
        selector: OrderSelector,
        credential: Credential,
        http: Client,
    ) -> Self {
        Self {
            http,
            credential,
            pipeline_url,
            in_organization,
            order: selector.order.clone(),
            run: selector.run.clone(),
            selector,
            search: OrderSearch::default(),
            body: Vec::new(),
            last: Arc::default(),
            machines: KnownMachines::new(),
            is_stuck: false,
            stuck_polls: 0,
        }
    }

    /// Gets what is at `path` of the pipeline; `permission` is the one that the token needs, `earlier` the body
    /// that it was before.
    fn get(
        &mut self,
        path: &str,
        permission: &'static str,
        mut earlier: Vec<u8>,
    ) -> Result<Response, PollError> {
        let url = format!("{}/{path}", self.pipeline_url);
        let response = self.credential.with_token(|token| {
            let request = Request {
                url: &url,
                body: None,
                headers: vec![("x-yunxiao-token", token)],
            };
            self.http.get_json_again(&request, mem::take(&mut earlier))
        });
        response.map_err(|error| self.with_hint(error, permission))
    }

    fn poll_order(&mut self, order: &str) -> Result<Arc<Snapshot>, PollError> {
        let earlier = mem::take(&mut self.body);
        let response = self.get(&format!("deploy/{order}"), ORDER_PERMISSION, earlier)?;
        if !response.is_repeated {
            let redactor = self.http.redactor();
            let mut snapshot = order::read(
                &response.body,
                &self.last.units,
                &mut self.machines,
                order,
                redactor,
            )
            .map_err(|problem| response.unreadable(problem, redactor))?;
            if self.selector.order.is_none() {
                snapshot.run_selector = Some(format!("--order {order}").into());
                let found = texts::found_order(order, self.run.as_deref());
                snapshot.warnings.push(found);
            }
            self.is_stuck = runs_on_after_failure(&snapshot);
            self.last = Arc::new(snapshot);
        }
        self.body = response.body;
        if !self.is_stuck {
            self.stuck_polls = 0;
            return Ok(Arc::clone(&self.last));
        }
        self.stuck_polls += 1;
        let mut snapshot = Snapshot::clone(&self.last);
        if self.run.is_some()
            && self
                .read_run()
                .is_ok_and(|run| run.has_failed_job_of(order))
        {
            let message = Some(texts::job_failed());
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Failed, message));
        } else if self.stuck_polls >= STUCK_POLLS {
            snapshot.warnings.push(texts::runs_on_warning());
        }
        Ok(Arc::new(snapshot))
    }

    fn read_run(&mut self) -> Result<PipelineRun, PollError> {
        let run = self.run.clone();
        let path = format!("runs/{}", run.as_deref().unwrap_or("latestPipelineRun"));
        let response = self.get(&path, RUN_PERMISSION, Vec::new())?;
        let redactor = self.http.redactor();
        run::read(&response.body, run.as_deref(), redactor)
            .map_err(|problem| response.unreadable(problem, redactor))
    }

    /// Looks for the order in the run. Breaks with the state to show until the order is there.
    fn find_order(&mut self) -> Result<ControlFlow<Snapshot, String>, PollError> {
        let mut run = self.read_run()?;
        let fresh = self.selector.fresh;
        if fresh && self.run.is_none() && run.id.is_none() {
            return Err(PollError::retryable(texts::fresh_needs_run_id(), None));
        }
        let may_be_previous = !self.search.has_begun && self.run.is_none();
        let is_previous = self
            .search
            .filter_previous_run(&mut run, fresh)
            .map_err(|problem| PollError::retryable(problem, None))?;
        if is_previous {
            let message = messages::awaits_new_run();
            let state = Snapshot::with_message(Phase::Pending, message);
            return Ok(ControlFlow::Break(state));
        }
        let job = self.selector.job.as_deref();
        let found = match (run.find_order(job), run.end, &run.gate) {
            (FoundOrder::One(order), ..) => Ok(order.to_owned()),
            (FoundOrder::Ambiguous(jobs), ..)
                if job.is_some() && jobs.iter().any(|job| !is_whole(&job.name)) =>
            {
                return Err(PollError::retryable(messages::broken_field("name"), None));
            }
            (FoundOrder::Ambiguous(jobs), ..) => {
                return Err(PollError {
                    retry: Retry::Ambiguous,
                    ..PollError::retryable(texts::which_job(job, &jobs), None)
                });
            }
            // A successful run that deployed nothing is not a deployment that succeeded.
            (FoundOrder::NotYet, Some(Phase::Succeeded), _) => {
                let error = PollError::refused(texts::nothing_deployed(), Some(200));
                return Err(match may_be_previous {
                    true => error.with_hint(texts::new_run_hint()),
                    false => error,
                });
            }
            (FoundOrder::NotYet, Some(end), _) => Err((end, texts::ended_without_order())),
            (FoundOrder::NotYet, None, Some(gate)) => Err((Phase::Paused, texts::at_gate(gate))),
            (FoundOrder::NotYet, None, None) => Err((Phase::Pending, texts::no_order_yet())),
        };
        // From now on it is this run, whatever is started later.
        self.run = self.run.take().or(run.id);
        Ok(match found {
            Ok(order) => ControlFlow::Continue(order),
            Err((phase, message)) => ControlFlow::Break(Snapshot {
                warnings: run.warnings,
                ..Snapshot::with_message(phase, message)
            }),
        })
    }

    /// Adds what to do about a refusal; `permission` is the one that such a request needs.
    fn with_hint(&self, error: PollError, permission: &'static str) -> PollError {
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

impl OrderSearch {
    /// Takes a previous run's orders out of `run`, and tells whether nothing of another run is left.
    /// "Trigger the pipeline, then watch" races: the latest run may be the previous one, which may
    /// have succeeded.
    ///
    /// # Errors
    /// If `fresh` cannot tell whether it is the previous run.
    fn filter_previous_run(&mut self, run: &mut PipelineRun, fresh: bool) -> Result<bool, Message> {
        let is_first = !self.has_begun;
        if fresh && is_first && run.is_unknown {
            return Err(messages::ended_unknown());
        }
        self.has_begun = true;
        if is_first && fresh && run.end.is_some() {
            self.ignored = Some(IgnoredRun {
                id: run.id.clone(),
                orders: Vec::new(),
            });
        }
        let Some(ignored) = &mut self.ignored else {
            return Ok(false);
        };
        // One odd answer may have shown none of its orders.
        if ignored.id == run.id && run.end.is_some() && ignored.orders.is_empty() {
            ignored.orders = run.orders().map(str::to_owned).collect();
        }
        run.ignore_orders(&ignored.orders);
        // The same run may be started again; only a new order makes it another deployment.
        Ok(ignored.id == run.id && run.orders().next().is_none())
    }
}

impl DeploymentSource for Yunxiao {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let order = match self.order.take() {
            Some(order) => order,
            None => match self.find_order()? {
                ControlFlow::Continue(order) => order,
                ControlFlow::Break(state) => return Ok(Arc::new(state)),
            },
        };
        self.order = Some(order.clone());
        self.poll_order(&order)
    }

    /// The machine's log [D]: the whole text each time [O].
    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let (Some(order), true) = (&self.order, safe_in_url(&unit.id)) else {
            return Ok(Vec::new());
        };
        let path = format!("deploy/{order}/machine/{}/log", unit.id);
        let response = match self.get(&path, ORDER_PERMISSION, Vec::new()) {
            Ok(response) => response,
            Err(error) => return missing_log(error),
        };
        let log: MachineLog<'_> = json::read(&response.body).unwrap_or_default();
        let text = log.deploy_log.get().unwrap_or_default();
        Ok(self.http.redactor().tail(text, lines))
    }
}

/// The log of a machine [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct MachineLog<'a> {
    deploy_log: Text<'a>,
}

/// `Running` for ever with a failed machine and nothing else moving has been seen elsewhere [I].
/// That is warned of, and ends the watch only if the run says that the job which made the order has
/// failed.
fn runs_on_after_failure(snapshot: &Snapshot) -> bool {
    snapshot.phase == Phase::Running
        && snapshot.count(UnitState::Failed) > 0
        && snapshot.count(UnitState::Running) + snapshot.count(UnitState::Queued) == 0
}

#[cfg(test)]
mod mutated;
