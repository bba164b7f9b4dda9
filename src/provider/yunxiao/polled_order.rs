//! A deploy order that is asked for again and again, and the logs of its machines.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::api::Api;
use super::order::{self, KnownMachines};
use crate::model::Snapshot;
use crate::poll::PollError;
use crate::provider::json::{self, Text, safe_in_url};
use crate::provider::missing_log;

/// The read permission that the requests need [D].
const PERMISSION: &str = "流水线 / 主机部署";

/// A deploy order, with what its last response was.
pub(super) struct PolledOrder {
    pub(super) id: String,
    /// The snapshot of the last good response.
    pub(super) last: Arc<Snapshot>,
    /// The body that `last` was made of; its memory takes the next one.
    body: Vec<u8>,
    machines: KnownMachines,
}

impl PolledOrder {
    /// The order with this id, of which nothing is known yet.
    pub(super) fn new(id: String) -> Self {
        Self {
            id,
            last: Arc::default(),
            body: Vec::new(),
            machines: KnownMachines::new(),
        }
    }

    /// Asks how it stands, for so long at most. Returns whether `last` is another one than before.
    pub(super) fn poll(
        &mut self,
        api: &mut Api,
        timeout: Option<Duration>,
    ) -> Result<bool, PollError> {
        let path = format!("deploy/{}", self.id);
        let response = api.get_again(&path, PERMISSION, mem::take(&mut self.body), timeout)?;
        if !response.is_repeated {
            let redactor = api.redactor();
            let snapshot = order::read(
                &response.body,
                &self.last.units,
                &mut self.machines,
                &self.id,
                redactor,
            );
            let snapshot = snapshot.map_err(|problem| response.unreadable(problem, redactor))?;
            self.last = Arc::new(snapshot);
        }
        self.body = response.body;
        Ok(!response.is_repeated)
    }

    /// The last lines of the log of the machine with this serial number [D]: the whole text is sent each
    /// time [O].
    pub(super) fn log_tail(
        &self,
        api: &mut Api,
        machine: &str,
        lines: usize,
    ) -> Result<Vec<String>, PollError> {
        if !safe_in_url(machine) {
            return Ok(Vec::new());
        }
        let path = format!("deploy/{}/machine/{machine}/log", self.id);
        let response = match api.get(&path, PERMISSION) {
            Ok(response) => response,
            Err(error) => return missing_log(error),
        };
        let log: MachineLog<'_> = json::read(&response.body).unwrap_or_default();
        let text = log.deploy_log.get().unwrap_or_default();
        Ok(api.redactor().tail(text, lines))
    }
}

/// The log of a machine [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct MachineLog<'a> {
    deploy_log: Text<'a>,
}
