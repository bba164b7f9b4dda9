//! The job behind a component: why it failed.

use serde::Deserialize;
use serde_json::Value;

use super::is_failure;
use crate::provider::json::{self, Freeform, Shown, ShownList, Text};

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
pub(super) fn failed_tasks(body: &[u8]) -> Option<String> {
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
mod tests {
    use super::*;

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
