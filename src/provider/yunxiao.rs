//! Alibaba Cloud Yunxiao Flow: host deploy orders, by their id or from a pipeline's run. [D]
//! documented by the vendor, [O] observed in public code, [I] inferred.

use std::ops::ControlFlow;
use std::sync::Arc;

mod api;
mod attempts;
mod job_orders;
mod options;
mod order;
mod page;
mod polled_order;
mod run;
mod texts;
mod whole_run;

pub(super) use options::YunxiaoOptions;

use api::Api;
use polled_order::PolledOrder;
use run::{FoundOrder, PipelineRun};

use super::earlier_runs::EarlierRuns;
use super::json::is_whole;
use super::{DeploymentSource, messages};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitState};
use crate::poll::{PollError, Retry};

/// The endpoint of the central edition [D]. A Region instance has a host of its own.
const CENTRAL: &str = "https://openapi-rdc.aliyuncs.com";

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
    api: Api,
    selector: OrderSelector,
    /// The order, once it is known. The watch stays with it, whatever is started later.
    order: Option<PolledOrder>,
    search: OrderSearch,
    /// The run in which the order is looked for, or was found, once that is known.
    run: Option<String>,
    /// Whether at the last good poll a machine had failed, none moved, and the order ran on.
    is_stuck: bool,
    /// For how many good polls in a row.
    stuck_polls: u32,
}

/// The search for the order of a run.
#[derive(Default)]
struct OrderSearch {
    /// Whether a run was read: only the first one may have ended before the watch started.
    has_begun: bool,
    earlier: EarlierRuns,
    /// The orders of the earlier runs: when one is started again it makes new ones [I].
    orders: Vec<String>,
}

impl Yunxiao {
    fn new(selector: OrderSelector, api: Api) -> Self {
        Self {
            api,
            order: selector.order.clone().map(PolledOrder::new),
            run: selector.run.clone(),
            selector,
            search: OrderSearch::default(),
            is_stuck: false,
            stuck_polls: 0,
        }
    }

    /// Looks for the order in the run. Breaks with the state to show until the order is there.
    fn find_order(&mut self) -> Result<ControlFlow<Snapshot, String>, PollError> {
        let mut run = PipelineRun::get(&mut self.api, self.run.as_deref(), run::read)?;
        let may_be_previous = !self.search.has_begun && self.run.is_none();
        self.search.has_begun = true;
        // Once it is pinned it is the run that is meant.
        if self.selector.fresh
            && self.run.is_none()
            && self
                .search
                .filter_earlier_run(&mut run)
                .map_err(|problem| PollError::retryable(problem, None))?
        {
            return Ok(ControlFlow::Break(messages::awaits_new_run()));
        }
        let job = self.selector.job.as_deref();
        let found = match (run.find_order(job), run.end(), &run.gate) {
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
            (FoundOrder::NotYet, Some(end), _) => Err((
                end,
                match run.jobs.iter().any(|job| job.deploys) {
                    true => texts::ended_without_order(),
                    false => texts::ended_without_deployment(),
                },
            )),
            (FoundOrder::NotYet, None, Some(gate)) => Err((Phase::Paused, texts::at_gate(gate))),
            (FoundOrder::NotYet, None, None) => Err((Phase::Pending, texts::no_order_yet())),
        };
        // From now on it is this run, whatever is started later.
        self.run = self.run.take().or(run.id);
        Ok(match found {
            Ok(order) => ControlFlow::Continue(order),
            Err((phase, message)) => ControlFlow::Break(Snapshot {
                warnings: run.warnings,
                message: Some(message),
                ..Snapshot::new(phase)
            }),
        })
    }
}

impl OrderSearch {
    /// Takes the orders of earlier runs out of `run`, and tells whether nothing of another run is left.
    ///
    /// # Errors
    /// It does not tell whether it is an earlier one.
    fn filter_earlier_run(&mut self, run: &mut PipelineRun) -> Result<bool, Message> {
        let is_known = run.is_one_of(&self.earlier);
        if run.is_new(&mut self.earlier)? {
            return Ok(false);
        }
        // One odd answer may have shown none of its orders.
        if run.end().is_some() && (!is_known || self.orders.is_empty()) {
            self.orders.extend(run.orders().map(str::to_owned));
        }
        run.ignore_orders(&self.orders);
        // The same run may be started again; only a new order makes it another deployment.
        Ok(run.orders().next().is_none())
    }
}

impl DeploymentSource for Yunxiao {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let order = match self.order.take() {
            Some(order) => order,
            None => match self.find_order()? {
                ControlFlow::Continue(order) => PolledOrder::new(order),
                ControlFlow::Break(state) => return Ok(Arc::new(state)),
            },
        };
        let order = self.order.insert(order);
        if order.poll(&mut self.api, None)? {
            if self.selector.order.is_none() {
                let snapshot = Arc::make_mut(&mut order.last);
                snapshot.run_selector = Some(format!("--order {}", order.id).into());
                let found = texts::found_order(&order.id, self.run.as_deref());
                snapshot.warnings.push(found);
            }
            self.is_stuck = runs_on_after_failure(&order.last);
        }
        if !self.is_stuck {
            self.stuck_polls = 0;
            return Ok(Arc::clone(&order.last));
        }
        self.stuck_polls += 1;
        let mut snapshot = Snapshot::clone(&order.last);
        if self.run.is_some()
            && PipelineRun::get(&mut self.api, self.run.as_deref(), run::read)
                .is_ok_and(|run| run.has_failed_job_of(&order.id))
        {
            let message = Some(texts::job_failed());
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Failed, message));
        } else if self.stuck_polls >= STUCK_POLLS {
            snapshot.warnings.push(texts::runs_on_warning());
        }
        Ok(Arc::new(snapshot))
    }

    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        match &self.order {
            Some(order) => order.log_tail(&mut self.api, &unit.id, lines),
            None => Ok(Vec::new()),
        }
    }
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
