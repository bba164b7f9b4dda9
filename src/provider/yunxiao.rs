//! Alibaba Cloud Yunxiao Flow: host deploy orders, by their id or from a pipeline's run. [D]
//! documented by the vendor, [O] observed in public code, [I] inferred.

use std::ops::ControlFlow;
use std::sync::Arc;

mod api;
mod attempts;
mod job_orders;
mod options;
mod order;
mod run;
mod texts;
mod whole_run;

pub(super) use options::YunxiaoOptions;

use api::Api;
use order::PolledOrder;
use run::{IgnoredRuns, PipelineRun, RunJob};

use super::json::is_whole;
use super::{DeploymentSource, messages, missing_log};
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitState};
use crate::poll::{PollError, Retry};

/// Good polls in a row after which an order that runs on after a failure is warned of.
const STUCK_POLLS: u32 = 2;

/// A deploy order being watched: one with a given id, or the one that a run makes.
struct Yunxiao {
    api: Api,
    /// The order, once it is known. The watch stays with it, whatever is started later.
    order: Option<PolledOrder>,
    /// Whether the command line selects it.
    is_given: bool,
    /// The run in which the order is looked for, or was found, once that is known; the latest until then.
    run: Option<String>,
    /// The name or the id of the job that makes it, if there are several.
    job: Option<String>,
    /// For `--fresh`: the runs to ignore.
    ignored: Option<IgnoredRuns>,
    /// For how many good polls in a row a machine had failed, none moved, and the order ran on.
    stuck_polls: Option<u32>,
}

impl Yunxiao {
    /// Looks for the order in the run. Breaks with the state to show until the order is there.
    fn find_order(&mut self) -> Result<ControlFlow<Snapshot, String>, PollError> {
        let mut run = PipelineRun::get(&mut self.api, self.run.as_deref(), false)?;
        // Once it is pinned it is the run that is meant.
        if self.run.is_none()
            && let Some(ignored) = &mut self.ignored
            && !ignored.admit(&run, run.orders())?
        {
            for job in &mut run.jobs {
                job.order.take_if(|order| ignored.parts.contains(order));
            }
            // The same run may be started again; only a new order makes it another deployment.
            if run.orders().next().is_none() {
                return Ok(ControlFlow::Break(messages::awaits_new_run()));
            }
        }
        let job = self.job.as_deref();
        let found = run.find_order(job).map_err(|jobs| {
            match job.is_some() && jobs.iter().any(|job| !is_whole(&job.name)) {
                true => PollError::retryable(messages::broken_field("name"), None),
                false => PollError {
                    retry: Retry::Ambiguous,
                    ..PollError::retryable(texts::which_job(job, &jobs), None)
                },
            }
        })?;
        let found = match found.map(str::to_owned) {
            Some(order) => ControlFlow::Continue(order),
            None => ControlFlow::Break(self.without_order(&run)?),
        };
        // From now on it is this run, whatever is started later.
        self.run = self.run.take().or(run.id);
        Ok(found)
    }

    /// The state of a run that has made no order.
    fn without_order(&self, run: &PipelineRun) -> Result<Snapshot, PollError> {
        let (phase, message) = match (run.end(), run.gate()) {
            // A successful run that deployed nothing is not a deployment that succeeded.
            (Some(Phase::Succeeded), _) => {
                let error = PollError::refused(texts::nothing_deployed(), Some(200));
                return Err(match self.run.is_none() && self.ignored.is_none() {
                    true => error.with_hint(texts::new_run_hint()),
                    false => error,
                });
            }
            (Some(end), _) => match run.jobs.iter().any(|job| job.deploys) {
                true => (end, texts::ended_without_order()),
                false => (end, texts::ended_without_deployment()),
            },
            (None, Some(gate)) => (Phase::Paused, texts::at_gate(&gate.name)),
            (None, None) => (Phase::Pending, texts::no_order_yet()),
        };
        Ok(Snapshot {
            warnings: run.state.warnings.clone(),
            message: Some(message),
            ..Snapshot::new(phase)
        })
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
            if !self.is_given {
                let snapshot = Arc::make_mut(&mut order.last);
                snapshot.run_selector = Some(format!("--order {}", order.id).into());
                let found = texts::found_order(&order.id, self.run.as_deref());
                snapshot.warnings.push(found);
            }
            let is_stuck = runs_on_after_failure(&order.last);
            self.stuck_polls = is_stuck.then(|| self.stuck_polls.unwrap_or(0));
        }
        let Some(stuck_polls) = &mut self.stuck_polls else {
            return Ok(Arc::clone(&order.last));
        };
        *stuck_polls += 1;
        let mut snapshot = Snapshot::clone(&order.last);
        let has_failed = |job: &RunJob| {
            job.state == UnitState::Failed && job.order.as_deref() == Some(&*order.id)
        };
        if self.run.is_some()
            && PipelineRun::get(&mut self.api, self.run.as_deref(), false)
                .is_ok_and(|run| run.jobs.iter().any(has_failed))
        {
            let message = Some(texts::job_failed());
            snapshot.unconfirmed = Some(Unconfirmed::new(Phase::Failed, message));
        } else if *stuck_polls >= STUCK_POLLS {
            snapshot.warnings.push(texts::runs_on_warning());
        }
        Ok(Arc::new(snapshot))
    }

    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let Some(order) = &self.order else {
            return Ok(Vec::new());
        };
        let log = order.log_tail(&mut self.api, &unit.id, lines);
        log.or_else(missing_log)
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
