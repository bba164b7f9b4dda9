//! The deploy orders that the jobs of a run make, for the machines that they bring in. All of it is only shown:
//! no failure of a read, and no delay of one, may change or hold up what the run says.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::api::Api;
use super::order::PolledOrder;
use super::run::RunJob;
use super::texts;
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unit};
use crate::poll::{PollError, Retry};
use crate::provider::messages;

/// How many orders of a run are read: each costs a request at every poll.
const MAX_ORDERS: usize = 20;
/// How long the read of an order may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Failed reads in a row after which a warning says so.
const WARNED_FAILURES: u32 = 2;
/// The most polls that pass before an order is read again that could not be reached.
const MAX_SKIPPED: u32 = 10;

#[derive(Default)]
pub(super) struct JobOrders {
    orders: Vec<JobOrder>,
    /// Whether there are more than are read.
    has_more: bool,
}

#[derive(Default)]
struct JobOrder {
    /// The unit of the job.
    job: Arc<str>,
    stage: u32,
    /// Its machines have the ids and the stage that they have in the run.
    order: PolledOrder,
    /// Whether the last read was good.
    is_read: bool,
    /// Failed reads in a row.
    failures: u32,
    /// How many polls do without it.
    skipped: u32,
    /// Why it could not be read, said once.
    problem: Option<Message>,
}

impl JobOrders {
    /// Reads the orders of these jobs.
    ///
    /// # Errors
    /// The recording that is replayed ends here.
    pub(super) fn poll(&mut self, api: &mut Api, jobs: &[RunJob]) -> Result<(), PollError> {
        let mut known = mem::take(self).orders;
        let wanted = jobs
            .iter()
            .filter_map(|job| Some((job, job.order.as_deref()?)));
        self.has_more = wanted.clone().count() > MAX_ORDERS;
        for (job, id) in wanted.take(MAX_ORDERS) {
            let is_same = |known: &JobOrder| known.job == job.unit && known.order.id == id;
            self.orders.push(match known.iter().position(is_same) {
                Some(place) => known.swap_remove(place),
                None => JobOrder {
                    job: Arc::clone(&job.unit),
                    stage: job.stage,
                    order: PolledOrder::new(id.to_owned()),
                    ..JobOrder::default()
                },
            });
        }
        // Where one cannot be reached the others wait for the next poll, in which they come first.
        let mut turns: Vec<_> = self.orders.iter_mut().collect();
        turns.sort_by_key(|order| order.is_read);
        let mut is_reached = true;
        for order in turns {
            match is_reached {
                true => is_reached = order.poll(api)?,
                false => order.is_read &= order.has_ended(),
            }
        }
        Ok(())
    }

    /// The machines of this poll's responses.
    pub(super) fn machines(&self) -> impl Iterator<Item = &Unit> {
        self.read().flat_map(|order| &order.order.last.units)
    }

    /// The state of an order that waits for a person, of one after a failure if there is any.
    pub(super) fn pause(&self) -> Option<&Snapshot> {
        let snapshots = self.read().map(|order| &*order.order.last);
        let paused = snapshots.filter(|last| last.phase == Phase::Paused);
        paused.min_by_key(|last| last.unconfirmed.is_none())
    }

    /// The warnings about their responses, and about those that did not come.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Message> {
        let orders = self.orders.iter();
        let said = orders.flat_map(|order| order.order.last.warnings.iter().chain(&order.problem));
        let more = self.has_more.then(|| texts::more_orders(MAX_ORDERS));
        said.cloned().chain(more)
    }

    /// Whether it is known what all of their machines came to.
    pub(super) fn are_read(&self) -> bool {
        let is_unread = |snapshot: &Snapshot| {
            snapshot
                .success_caveats
                .contains(&messages::caveats_unread())
        };
        let is_read = |order: &JobOrder| order.is_read && !is_unread(&order.order.last);
        !self.has_more && self.orders.iter().all(is_read)
    }

    /// The last lines of the log of the machine that this unit stands for.
    pub(super) fn log_tail(
        &self,
        api: &mut Api,
        unit: &str,
        lines: usize,
    ) -> Result<Vec<String>, PollError> {
        let found = self.orders.iter().find_map(|order| {
            let machine = unit.strip_prefix(&*order.job)?.strip_prefix('/')?;
            Some(order.order.log_tail(api, machine, lines))
        });
        found.unwrap_or_else(|| Ok(Vec::new()))
    }

    fn read(&self) -> impl Iterator<Item = &JobOrder> {
        self.orders.iter().filter(|order| order.is_read)
    }
}

impl JobOrder {
    /// Whether the order has ended, so that its last good response is the last of all.
    fn has_ended(&self) -> bool {
        self.order.last.phase.has_ended()
    }

    /// Reads the order, if it is due. Returns false where it cannot be reached.
    fn poll(&mut self, api: &mut Api) -> Result<bool, PollError> {
        if self.is_read && self.has_ended() {
            return Ok(true);
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(true);
        }
        let error = match self.order.poll(api, Some(TIMEOUT)) {
            Ok(changed) => {
                if changed {
                    self.place_machines();
                }
                (self.is_read, self.failures) = (true, 0);
                return Ok(true);
            }
            Err(error) if error.retry == Retry::EndOfRecording => return Err(error),
            Err(error) => error,
        };
        self.is_read = false;
        self.failures += 1;
        let is_refused = matches!(error.retry, Retry::Refused { .. });
        if is_refused || error.status.is_none() {
            self.skipped = self.failures.min(MAX_SKIPPED);
        }
        if is_refused || self.failures >= WARNED_FAILURES {
            let problem = || texts::machines_unread(&self.order.id, &error);
            self.problem.get_or_insert_with(problem);
        }
        Ok(error.status.is_some())
    }

    /// Puts the machines into the stage of the job. A machine is the same unit in the order of the job's next
    /// attempt: its id is `JOB/MACHINE`.
    fn place_machines(&mut self) {
        for unit in &mut Arc::make_mut(&mut self.order.last).units {
            let unit = Arc::make_mut(unit);
            unit.id = format!("{}/{}", self.job, unit.id).into();
            unit.batch = Some(self.stage);
        }
    }
}
