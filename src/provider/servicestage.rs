//! Huawei Cloud ServiceStage: a release task of Release Management (old). [D] documented by the
//! vendor, [O] observed in public code, [I] inferred.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::huawei::Account;
use super::json::{self, Freeform, Shown, ShownList, Text};
use super::stated_error::error_in;
use super::{DeploymentSource, below, missing_log};
use crate::http::{Client, Response};
use crate::message::Message;
use crate::model::{Snapshot, Unit};
use crate::poll::{PollError, Retry};
use crate::redact::Redactor;
use components::Components;
use plan::Plan;

mod components;
mod options;
mod plan;

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
    components: Components,
    /// The first refusal of the plan: the words of the next may hold another request's number.
    refusal: Option<Message>,
}

/// Whether the plan is plainly not to be had: by 403 whatever it says, by 404 in the service's own
/// words. Anything else may be the answer of a gateway.
fn is_refused(response: &Response, redactor: &Redactor) -> bool {
    response.status == 403
        || response.status == 404 && error_in(&response.body, &[], redactor).is_some()
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
    /// Asks for the components [D] and, where they stand still, how the release stands as a whole [D].
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError> {
        let (http, redactor) = (&self.http, self.http.redactor());
        let units = &self.components.snapshot.units;
        let path = format!("/release-plans/{}", self.release);
        let url = below(&self.url, &format!("{path}/deploy-info"));
        let read = |body: &[u8]| Components::read(body, units, &self.release, redactor);
        self.components = self.account.get(http, &url, CONTENT_TYPE, hint, read)?;
        if !self.components.are_still() {
            return Ok(Arc::clone(&self.components.snapshot));
        }
        let url = below(&self.url, &path);
        let decide = |response: Response| {
            if is_refused(&response, redactor) {
                let refusal = || response.refusal(redactor).message;
                let refusal = self.refusal.get_or_insert_with(refusal);
                return Ok(plan::decide_alone(&self.components, refusal));
            }
            let response = response.expect_json(redactor)?;
            let plan = Plan::read(&response.body, &self.release, redactor);
            let plan = plan.map_err(|problem| response.unreadable(problem, redactor))?;
            Ok(plan.decide(&self.components, redactor))
        };
        let snapshot = self.account.get_with(http, &url, CONTENT_TYPE, decide);
        // Neither conclusion would be safe: success would be said without the plan, which may know better, and
        // failure as if the plan could never be read. Whether the release is refused, the components tell.
        snapshot.map(Arc::new).map_err(|mut error| {
            if error.status.is_some() && matches!(error.retry, Retry::Refused { .. }) {
                error.retry = Retry::Retryable { retry_after: None };
            }
            error
        })
    }

    /// The failed tasks of the jobs behind a component, with their messages.
    fn log_tail(&mut self, unit: &Unit, lines: usize) -> Result<Vec<String>, PollError> {
        let mut log = String::new();
        let jobs = self.components.jobs.get(&unit.id);
        let mut failure = None;
        for job in jobs.into_iter().flatten() {
            let url = below(&self.url, &format!("/jobs/{job}"));
            let read = |body: &[u8]| Ok(failed_tasks(body));
            match self.account.get(&self.http, &url, CONTENT_TYPE, hint, read) {
                Ok(tasks) => log.extend(tasks),
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if log.is_empty() => missing_log(error),
            _ => Ok(self.http.redactor().tail(&log, lines)),
        }
    }
}

/// The job behind a component [D]. Older answers have upper-case names [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Job<'a> {
    #[serde(alias = "TASKS")]
    tasks: ShownList<Task<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Task<'a> {
    #[serde(alias = "TASK_NAME")]
    task_name: Shown<Text<'a>>,
    #[serde(alias = "TASK_STATUS")]
    task_status: Shown<Text<'a>>,
    /// Text or a list of it: the vendor does not say.
    #[serde(alias = "MESSAGES")]
    messages: Freeform,
    /// When it ended, in milliseconds since 1970; so called by the vendor's client [D].
    #[serde(alias = "UPDATE_AT")]
    update_at: Shown<Text<'a>>,
    /// The same, so called by the vendor's page [D].
    #[serde(alias = "UPDATED_AT")]
    updated_at: Shown<Text<'a>>,
}

/// The failed tasks of a job and their messages, the last to fail at the end.
fn failed_tasks(body: &[u8]) -> Option<String> {
    let job: Job<'_> = json::read(body).ok()?;
    let tasks = job.tasks.iter();
    let mut failed: Vec<_> = tasks.filter(|task| is_failure(&task.task_status)).collect();
    failed.sort_by_key(|task| {
        let ended = task.update_at.get().or(task.updated_at.get());
        ended.and_then(|time| time.parse::<u64>().ok())
    });
    let lines = failed.into_iter().map(|task| {
        let name = task.task_name.get().unwrap_or("task");
        format!("{name} failed: {}\n", message(task.messages.get()))
    });
    Some(lines.collect())
}

fn message(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(message).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod mutated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::assert_chinese;

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
            let found = is_refused(&response, &Redactor::default());
            assert_eq!(found, refused, "{status} {body}");
        }
    }

    #[test]
    fn the_failed_tasks_of_a_job_are_its_log_in_either_case() {
        for (json, log) in [
            (
                r#"{"job":{"execution_status":"FAILED"},"tasks":[null,
                    {"task_name":"Pull image","task_status":"SUCCEEDED","messages":"fine"},
                    {"task_name":"Update","task_status":"FAILED","messages":"one\ntwo"}]}"#,
                "Update failed: one\ntwo\n",
            ),
            (
                r#"{"JOB":{"EXECUTION_STATUS":"FAILED"},"TASKS":[
                    {"TASK_NAME":"Update","TASK_STATUS":"FAILED","MESSAGES":["one",{"a":1}]}]}"#,
                "Update failed: one\n{\"a\":1}\n",
            ),
            (
                r#"{"tasks":[{"TASK_STATUS":"partially_failed","MESSAGES":null}]}"#,
                "task failed: \n",
            ),
            (r#"{"tasks":null}"#, ""),
        ] {
            assert_eq!(
                failed_tasks(json.as_bytes()).as_deref(),
                Some(log),
                "{json}"
            );
        }
        assert_eq!(failed_tasks(b"<html>"), None);
    }

    #[test]
    fn the_task_that_failed_last_is_at_the_end() {
        for [time, other] in [
            ["update_at", "update_at"],
            ["updated_at", "updated_at"],
            ["UPDATE_AT", "updated_at"],
        ] {
            let json = format!(
                r#"{{"tasks":[
                    {{"task_name":"late","task_status":"FAILED","{time}":"1722933950018"}},
                    {{"task_name":"early","task_status":"FAILED","{other}":1722933950000}},
                    {{"task_name":"first","task_status":"FAILED"}}]}}"#
            );
            let log = failed_tasks(json.as_bytes()).expect("a log");
            assert_eq!(log, "first failed: \nearly failed: \nlate failed: \n");
        }
    }

    #[test]
    fn a_task_of_another_type_takes_no_other_away() {
        let json = r#"{"tasks":["none",{"task_name":"a","task_status":"FAILED","messages":"b"}]}"#;
        assert_eq!(
            failed_tasks(json.as_bytes()).as_deref(),
            Some("a failed: b\n")
        );
    }
}
