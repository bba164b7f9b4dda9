//! Huawei Cloud ServiceStage: a release task of Release Management (old). [D] documented by the
//! vendor, [O] observed in public code, [I] inferred.

use std::sync::Arc;

use url::Url;

use super::huawei::Account;
use super::{DeploymentSource, below, missing_log};
use crate::http::{Client, ParsedBody, Response};
use crate::message::Message;
use crate::model::{Snapshot, Unit};
use crate::poll::{PollError, Retry};
use components::Components;
use plan::Plan;

mod components;
mod jobs;
mod options;
mod plan;
mod texts;

pub(super) use options::ServicestageOptions;

/// The name of the responses, in English and Chinese.
const RELEASE_TASK: (&str, &str) = ("release task", "发布任务");

/// The content type that the service asks for, though there is no content [D].
const CONTENT_TYPE: &str = "application/json;charset=utf8";

/// A release task being watched.
struct Servicestage {
    http: Client,
    account: Account,
    /// The beginning of the project's URLs.
    url: Url,
    release: String,
    /// The body that `components` were made of.
    parsed: ParsedBody,
    components: Components,
    /// That the plan is refused, in the words of the first time.
    refused: Option<Message>,
}

impl Servicestage {
    /// Watches with `http`.
    fn new(url: Url, release: String, account: Account, http: Client) -> Self {
        Self {
            http,
            account,
            url,
            release,
            parsed: ParsedBody::default(),
            components: Components::default(),
            refused: None,
        }
    }

    /// Gets what is at `path` of the project.
    fn get(&mut self, path: &str) -> Result<Response, PollError> {
        let url = below(&self.url, path);
        self.account.get(&self.http, &url, CONTENT_TYPE)
    }

    /// The URL of the release task [D].
    fn plan_path(&self) -> String {
        format!("/release-plans/{}", self.release)
    }

    /// Asks how the release stands as a whole. None where that is refused: its components alone
    /// decide then.
    ///
    /// # Errors
    /// If nothing came that can be read. Neither conclusion would be safe: success would be said
    /// without the plan, which may know better, and failure as if the plan could never be read. A
    /// status that is no plain refusal is retried; whether the release is refused, the components tell.
    fn read_plan(&mut self) -> Result<Option<Plan>, PollError> {
        let url = below(&self.url, &self.plan_path());
        let redactor = self.http.redactor();
        let read = |response: Response| {
            if plan::is_refused(&response, redactor) {
                Ok(response)
            } else {
                response.expect_json(redactor)
            }
        };
        let response = self
            .account
            .get_with(&self.http, &url, CONTENT_TYPE, read)
            .map_err(|error| match error.retry {
                Retry::Refused { .. } if error.status.is_some() => PollError {
                    retry: Retry::Retryable { retry_after: None },
                    ..error
                },
                _ => error,
            })?;
        if response.is_success() {
            return Plan::read(&response.body, &self.release, redactor)
                .map(Some)
                .map_err(|problem| response.unreadable(problem, redactor));
        }
        let refusal = response.refusal(redactor).message;
        // Said once, though the words of the next time may hold another request's number.
        self.refused
            .get_or_insert_with(|| texts::plan_refused(&refusal));
        Ok(None)
    }
}

/// The hint for a refusal.
fn advice(error: &PollError, credentials_hint: Message) -> Option<Message> {
    Some(match error.status? {
        // The service's own 401 has meant that something is not there [O]; the gateway's is about
        // credentials.
        401 if error.message.en().contains("APIGW.") => credentials_hint,
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
        let path = format!("{}/deploy-info", self.plan_path());
        let response = self.get(&path).map_err(|error| {
            let advice = advice(&error, self.account.credentials_hint());
            self.account.advise(error, advice, self.http.now().wall)
        })?;
        if !self.parsed.is(&response.body) {
            let (last, redactor) = (&self.components.snapshot.units, self.http.redactor());
            self.components = Components::read(&response.body, last, &self.release, redactor)
                .map_err(|problem| response.unreadable(problem, redactor))?;
            self.parsed.set(response.body);
        }
        if !self.components.are_still() {
            return Ok(Arc::clone(&self.components.snapshot));
        }
        let plan = self.read_plan()?;
        let mut snapshot = plan::decide(&self.components, plan.as_ref());
        if plan.is_none() {
            snapshot.warnings.extend(self.refused.clone());
        }
        Ok(Arc::new(snapshot))
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
    use crate::message::assert_chinese;

    #[test]
    fn a_401_of_the_service_is_not_taken_for_a_bad_token() {
        let refused =
            |words: &str, status| PollError::refused(Message::verbatim(words), Some(status));
        let hint = || Message::verbatim("check them");
        let service = refused("HTTP 401: SVCSTG.00100401 no such release", 401);
        assert_eq!(advice(&service, hint()), None);
        let gateway = refused("HTTP 401: APIGW.0301 verify token failed", 401);
        assert_eq!(advice(&gateway, hint()), Some(hint()));
        let missing = refused("HTTP 404: SVCSTG.00100433", 404);
        let missing = advice(&missing, hint()).expect("a hint");
        assert!(missing.en().starts_with("check the ids"), "{missing}");
        assert_chinese(&missing);
    }
}
