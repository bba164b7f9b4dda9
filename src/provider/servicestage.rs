//! Huawei Cloud ServiceStage: a release task of Release Management (old). [D] documented by the
//! vendor, [O] observed in public code, [I] inferred.

use std::sync::Arc;

use url::Url;

use super::huawei::Account;
use super::json::Text;
use super::{DeploymentSource, below, missing_log};
use crate::http::{Client, Response};
use crate::message::Message;
use crate::model::{Snapshot, Unit};
use crate::poll::{PollError, Retry};
use components::Components;
use plan::Plan;

mod components;
mod jobs;
mod options;
mod plan;

pub(super) use options::ServicestageOptions;

/// The name of the responses, in English and Chinese.
const RELEASE_TASK: (&str, &str) = ("release task", "发布任务");

/// A release task being watched.
struct Servicestage {
    http: Client,
    account: Account,
    /// The beginning of the project's URLs.
    url: Url,
    release: String,
    components: Components,
    /// The first refusal of the plan: the words of the next may hold another request's number.
    refusal: Option<Message>,
}

impl Servicestage {
    /// Gets what is at `path` of the project.
    fn get(&mut self, path: &str) -> Result<Response, PollError> {
        let (url, content_type) = (below(&self.url, path), "application/json;charset=utf8");
        self.account.get(&self.http, &url, content_type, hint)
    }

    /// Asks how the release stands as a whole [D], or the refusal of that.
    ///
    /// # Errors
    /// If nothing came that can be read. Neither conclusion would be safe: success would be said
    /// without the plan, which may know better, and failure as if the plan could never be read. A
    /// status that is no plain refusal is retried; whether the release is refused, the components tell.
    fn read_plan(&mut self) -> Result<Result<Plan, Message>, PollError> {
        let response = match self.get(&format!("/release-plans/{}", self.release)) {
            Ok(response) => response,
            Err(error) if is_refused(&error) => {
                return Ok(Err(self.refusal.get_or_insert(error.message).clone()));
            }
            Err(mut error) => {
                if error.status.is_some() && matches!(error.retry, Retry::Refused { .. }) {
                    error.retry = Retry::Retryable { retry_after: None };
                }
                return Err(error);
            }
        };
        let redactor = self.http.redactor();
        let plan = Plan::read(&response.body, &self.release, redactor);
        plan.map(Ok)
            .map_err(|problem| response.unreadable(problem, redactor))
    }
}

/// Whether the plan is plainly not to be had: by 403 whatever it says, by 404 in the service's own
/// words. Anything else may be the answer of a gateway.
fn is_refused(error: &PollError) -> bool {
    let is_own = error.message.en().contains("SVCSTG.");
    error.status == Some(403) || error.status == Some(404) && is_own
}

/// Whether a status of a component or a task is that of a failure.
fn is_failure(status: &Text<'_>) -> bool {
    status.is("FAILED") || status.is("PARTIALLY_FAILED")
}

/// The hint for a refusal.
fn hint(error: &PollError) -> Option<Message> {
    Some(match error.status? {
        403 => Message::new(
            "the credentials must belong to the project and have permission to view releases",
            "凭证必须属于该项目，并有查看发布任务的权限",
        ),
        404 => Message::new(
            "check the ids; this is Release Management (old), which does not know the pipelines of \
             the new edition",
            "请检查各个 ID；这里是旧版的发布管理，新版流水线的 ID 在这里也查不到",
        ),
        _ => return None,
    })
}

impl DeploymentSource for Servicestage {
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let response = self.get(&format!("/release-plans/{}/deploy-info", self.release))?;
        let (last, redactor) = (&self.components.snapshot.units, self.http.redactor());
        self.components = Components::read(&response.body, last, &self.release, redactor)
            .map_err(|problem| response.unreadable(problem, redactor))?;
        if !self.components.are_still() {
            return Ok(Arc::clone(&self.components.snapshot));
        }
        let plan = self.read_plan()?;
        Ok(Arc::new(plan::decide(&self.components, plan.as_ref())))
    }

    /// The failed tasks of the jobs behind a component, with their messages.
    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let mut log = String::new();
        let jobs = self.components.jobs.get(&unit.id).cloned();
        let mut failure = None;
        for job in jobs.unwrap_or_default() {
            match self.get(&format!("/jobs/{job}")) {
                Ok(response) => log.extend(jobs::failed_tasks(&response.body)),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if log.is_empty() => missing_log(error),
            _ => Ok(self.http.redactor().tail(&log, lines)),
        }
    }
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::assert_chinese;
    use crate::redact::Redactor;

    #[test]
    fn a_release_that_is_not_there_may_be_of_the_new_edition() {
        let refused = |status| PollError::refused(Message::verbatim("no"), Some(status));
        let missing = hint(&refused(404)).expect("a hint");
        assert!(missing.en().starts_with("check the ids"), "{missing}");
        assert_chinese(&missing);
        assert_eq!(hint(&refused(401)), None);
    }

    #[test]
    fn only_403_and_404_in_the_services_own_words_are_a_refusal() {
        let own = r#"{"error_code":"SVCSTG.00100433","error_msg":"no such release"}"#;
        for (status, body, refused) in [
            (403, "<title>no</title>", true),
            (403, "", true),
            (404, own, true),
            (404, "<title>404</title>", false),
            (404, "{}", false),
            (404, "", false),
            (400, own, false),
            (401, own, false),
            (302, own, false),
            (503, own, false),
            (200, own, false),
        ] {
            let received = Timestamp::at(0.0);
            let response = Response::recorded(status, &[], body.into(), received);
            let found = is_refused(&response.refusal(&Redactor::default()));
            assert_eq!(found, refused, "{status} {body}");
        }
    }
}
