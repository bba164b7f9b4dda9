//! A run of the pipeline as a whole, stage by stage and job by job. The verdict is the run's own word; its jobs,
//! and the machines of its deploy orders, are what is shown.

use std::mem;
use std::sync::Arc;

use super::api::Api;
use super::attempts::Attempts;
use super::job_orders::JobOrders;
use super::run::{IgnoredRuns, PipelineRun, RunJob};
use super::{order, texts};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, Unit, UnitKind, UnitState};
use crate::poll::PollError;
use crate::provider::{DeploymentSource, messages, missing_log};
use crate::redact::Redactor;
use crate::units::UnitsBuilder;

/// The read permission that the log of a job needs [D].
const LOG_PERMISSION: &str = "流水线 / 流水线运行任务";

/// A run being watched.
pub(super) struct WholeRun {
    api: Api,
    /// The id of the run, once it is known. The watch stays with it, whatever is started later.
    run: Option<String>,
    /// Whether the command line selects it.
    is_given: bool,
    /// For `--fresh`: the runs to ignore.
    ignored: Option<IgnoredRuns>,
    /// Whether one of them had other jobs than before in the last answer.
    had_new_jobs: bool,
    attempts: Attempts,
    orders: JobOrders,
    last: Vec<Unit>,
}

impl WholeRun {
    /// The run with this id, else the latest one, or with `fresh` the next one.
    pub(super) fn new(run: Option<String>, fresh: bool, api: Api) -> Self {
        Self {
            api,
            is_given: run.is_some(),
            run,
            ignored: fresh.then(IgnoredRuns::default),
            had_new_jobs: false,
            attempts: Attempts::default(),
            orders: JobOrders::default(),
            last: Vec::new(),
        }
    }

    /// Whether it is a run that ended before the watch started, and has not been started again since.
    ///
    /// # Errors
    /// That cannot be told.
    fn is_ignored(&mut self, run: &PipelineRun) -> Result<bool, PollError> {
        let Some(ignored) = &mut self.ignored else {
            return Ok(false);
        };
        let mut jobs = run.jobs.iter().map(|job| &*job.id);
        if let Some(id) = &self.run {
            // One that was started again may still be answered as it was before.
            let is_stale = ignored.runs.contains(id) && !run.jobs.is_empty();
            return match is_stale && jobs.all(|job| ignored.parts.contains(job)) {
                true => Err(PollError::retryable(texts::earlier_state(), None)),
                false => Ok(false),
            };
        }
        if ignored.admit(run, jobs.clone())? {
            return Ok(false);
        }
        let has_new_jobs = !jobs.all(|job| ignored.parts.contains(job));
        let is_repeated = mem::replace(&mut self.had_new_jobs, has_new_jobs);
        Ok(!(has_new_jobs && is_repeated))
    }

    /// The log of a job so far, and what was added to it since, where it says that there is more [D].
    fn job_log(&mut self, unit: &str) -> Result<String, PollError> {
        let jobs = format!("runs/{}/job", self.run.as_deref().unwrap_or_default());
        let job = self.attempts.latest_of(unit);
        let (text, more) = self.api.log(&jobs, job, LOG_PERMISSION)?;
        if more && let Ok((newer, _)) = self.api.log(&jobs, job, LOG_PERMISSION) {
            // Whether it is the whole text again or what follows is not documented.
            return Ok(match newer.starts_with(&text) {
                true => newer,
                false => text + "\n" + &newer,
            });
        }
        Ok(text)
    }
}

impl DeploymentSource for WholeRun {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let mut run = PipelineRun::get(&mut self.api, self.run.as_deref(), true)?;
        if self.is_ignored(&run)? {
            return Ok(Arc::new(messages::awaits_new_run()));
        }
        // From now on it is this run, whatever is started later.
        self.run = self.run.take().or_else(|| run.id.clone());
        self.attempts.keep_latest(&mut run.jobs);
        self.orders.poll(&mut self.api, &run.jobs)?;
        let redactor = self.api.http.redactor();
        let mut snapshot = judge(&run, &self.orders, &self.last, redactor);
        if let Some(run) = self.run.as_deref().filter(|_| !self.is_given) {
            snapshot.run_selector = Some(format!("--run {run}").into());
            snapshot.warnings.push(texts::found_run(run));
        }
        self.last.clone_from(&snapshot.units);
        Ok(Arc::new(snapshot))
    }

    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let log = match unit.kind {
            UnitKind::Machine => self.orders.log_tail(&mut self.api, &unit.id, lines),
            _ => self
                .job_log(&unit.id)
                .map(|log| self.api.http.redactor().tail(&log, lines)),
        };
        log.or_else(missing_log)
    }
}

/// The state of the run by its own word, with its units beside it; `last` are the units of the previous response.
pub(super) fn judge(
    run: &PipelineRun,
    orders: &JobOrders,
    last: &[Unit],
    redactor: &Redactor,
) -> Snapshot {
    let mut units = UnitsBuilder::new(UnitKind::Job, last, run.jobs.len(), redactor);
    for job in &run.jobs {
        let unit = units.push(&job.unit, &job.name, Some(job.stage), job.state, None);
        (unit.began, unit.ended) = (job.began, job.ended);
    }
    for machine in orders.machines() {
        units.add(Arc::clone(machine));
    }
    let pause = orders.pause();
    let failure = pause.and_then(|order| order.unconfirmed.clone());
    let pause = pause.and_then(|order| order.message.clone());
    let mut snapshot = Snapshot {
        units: units.finish(),
        batch: current_stage(&run.jobs),
        batches: (1..).zip(&run.stages).map(|(number, _)| number).last(),
        ..run.state.clone()
    };
    snapshot.warnings.extend(orders.warnings());
    match snapshot.phase {
        Phase::Succeeded => match contradiction(run) {
            // What contradicts a success may be a moment: a second poll must find it.
            Some((phase, message)) => {
                snapshot.phase = Phase::Running;
                snapshot.unconfirmed = Some(Unconfirmed::new(phase, Some(message)));
            }
            None => snapshot.success_caveats = caveats(&snapshot.units, orders),
        },
        Phase::Paused => {
            let jobs = run.jobs.iter();
            let failed = jobs.filter(|job| job.state == UnitState::Failed).count();
            // Of a machine that failed its order tells whether it is waited for.
            snapshot.unconfirmed = failure.or_else(|| {
                let message = || messages::awaits_decision(failed, UnitKind::Job, None);
                (failed > 0).then(|| Unconfirmed::new(Phase::PausedAfterFailure, Some(message())))
            });
            if snapshot.unconfirmed.is_none() {
                let gate = run.gate().map(|gate| texts::at_gate(&gate.name));
                let message = gate.or(pause);
                snapshot.message = message.or_else(|| Some(messages::awaits_confirmation()));
            }
        }
        // An order that waits is no pause of the run, which says that it runs.
        Phase::Running => match failure {
            Some(failure) => {
                snapshot.warnings.push(texts::order_waits_warning());
                snapshot.message = failure.message;
            }
            None => snapshot.message = pause,
        },
        _ => {}
    }
    snapshot
}

/// The part that contradicts a success of the run, as a message, and the phase that is safe to assume.
fn contradiction(run: &PipelineRun) -> Option<(Phase, Message)> {
    if run.jobs.is_empty() {
        return Some((Phase::Ended, texts::no_jobs()));
    }
    let stages = run.stages.iter();
    let stages = stages.map(|(name, state)| (name.as_deref(), *state));
    let jobs = run.jobs.iter();
    let jobs = jobs.map(|job| (Some(&*job.name), job.state));
    let parts: Vec<_> = jobs.chain(stages).collect();
    let failed = [UnitState::Failed, UnitState::Cancelled];
    let unfinished = [UnitState::Running, UnitState::Queued, UnitState::Pending];
    let found = [(&failed[..], Phase::Failed), (&unfinished, Phase::Ended)];
    found.into_iter().find_map(|(states, phase)| {
        let (name, state) = parts.iter().find(|(_, state)| states.contains(state))?;
        Some((phase, texts::contradicted(*name, *state)))
    })
}

/// Why a success is not one of all jobs and machines.
fn caveats(units: &[Unit], orders: &JobOrders) -> Vec<Message> {
    let jobs = |state| messages::counted(units, UnitKind::Job, state);
    let is_unread = !orders.are_read() || jobs(UnitState::Unknown).is_some();
    let unread = is_unread.then(messages::caveats_unread);
    let skipped = jobs(UnitState::Skipped).into_iter();
    skipped.chain(order::caveats(units)).chain(unread).collect()
}

/// The stage that runs, or the last one that did.
fn current_stage(jobs: &[RunJob]) -> Option<u32> {
    use UnitState::{Pending, Skipped, Unknown};
    let begun = jobs
        .iter()
        .filter(|job| !matches!(job.state, Pending | Skipped | Unknown));
    let current = begun.map(|job| job.stage).max();
    current.or_else(|| jobs.iter().map(|job| job.stage).min())
}
