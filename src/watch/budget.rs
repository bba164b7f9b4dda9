//! How long polls may fail: the offline budget, and the wait for what is not there yet.

use std::time::Duration;

use super::Watch;
use crate::clock::Instant;
use crate::poll::PollError;

/// How long polls may fail in a row where `--max-offline` is not given.
pub(super) const MAX_OFFLINE: Duration = Duration::from_secs(5 * 60);
/// How long after the start a first good response may take where the endpoint may be wrong: a wrong one
/// must not cost five minutes.
const FIRST_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the answer to the last poll of the offline budget is waited for.
const FINAL_POLL_TIMEOUT: Duration = Duration::from_millis(500);

impl Watch {
    /// When the offline budget ends.
    pub(super) fn budget_end(&self) -> Option<Instant> {
        let offline = self.progress.offline.as_ref()?;
        let awaited_until = self.awaited_until(&offline.error);
        Some(
            awaited_until.unwrap_or_else(|| match self.options.max_offline {
                Some(limit) => offline.since.after(limit),
                None if self.is_endpoint_in_doubt() => {
                    self.progress.started.after(FIRST_RESPONSE_TIMEOUT)
                }
                None => offline.since.after(MAX_OFFLINE),
            }),
        )
    }

    /// Whether no good response has come yet, and a wrong endpoint fails like the last poll.
    pub(super) fn is_endpoint_in_doubt(&self) -> bool {
        let offline = self.progress.offline.as_ref();
        self.last.is_none() && offline.is_some_and(|offline| offline.error.endpoint_in_doubt)
    }

    /// When contact counts as lost: at the end of the budget. A wait that would outlast it is cut
    /// to that moment, and the poll that begins there gets a short time for its answer.
    pub(super) fn lost(&self) -> Option<Instant> {
        let end = self.budget_end()?;
        let began = self.schedule.began()?;
        Some(if began < end {
            end
        } else {
            began.after(FINAL_POLL_TIMEOUT)
        })
    }

    /// Until when `--wait-for-start` waits after this error: none where it does not say that nothing is there yet.
    pub(super) fn awaited_until(&self, error: &PollError) -> Option<Instant> {
        let patience = self.options.wait_for_start?;
        let is_awaited = self.last.is_none() && error.is_absent();
        is_awaited.then(|| self.progress.started.after(patience))
    }
}
