//! The options of `deploywatch codearts`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Codearts, RunSelector};
use crate::history::HistoryKey;
use crate::message::{Message, Result, ensure};
use crate::provider::earlier_runs::EarlierRuns;
use crate::provider::huawei::options::{HuaweiOptions, PROJECT, VARIABLES};
use crate::provider::options::{Environment, Problems, id, missing, or_variable};
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables, messages};
use crate::secret;

#[derive(Args, Debug)]
#[command(override_usage = "deploywatch codearts [OPTIONS] --task <ID> --region <NAME>")]
#[command(before_help = "\
Examples:
  deploywatch codearts --task ID --region cn-north-4 --fresh
  deploywatch codearts --task ID --record ID --region cn-north-4")]
pub(crate) struct CodeartsOptions {
    /// The deployment task's id: 32 letters or digits
    #[arg(long, value_name = "ID", value_parser = id32)]
    task: Option<String>,
    /// One run of the task [default: the latest]
    #[arg(long, value_name = "ID", value_parser = id32)]
    record: Option<String>,
    /// The task's application, for the log of a failed run
    #[arg(long, value_name = "ID", value_parser = id32)]
    application: Option<String>,
    #[command(flatten)]
    huawei: HuaweiOptions,
}

impl ProviderOptions for CodeartsOptions {
    fn variables(&self) -> &'static Variables {
        &VARIABLES
    }

    fn fallback(
        &self,
        environment: Environment<'_>,
        timeout: Option<Duration>,
    ) -> Result<BTreeMap<&'static str, String>> {
        self.huawei.fallback(environment, timeout)
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let (record, huawei) = (&self.record, &self.huawei);
        ensure(!setup.fresh || record.is_none(), || {
            Message::new(
                "--fresh waits for a new run, so it cannot go with --record",
                "--fresh 等待新的运行，不能与 --record 同用",
            )
        })?;
        let mut problems = Problems::default();
        let task = self.task.clone();
        let task = problems.note(task.ok_or_else(|| missing(("task", "任务"), "--task ID", &[])));
        let project = problems.note(or_variable(None, &PROJECT, id, setup.environment));
        let project = project.flatten();
        let connection = huawei.connection("codearts-deploy", project, setup, &mut problems);
        let (Some(task), Some((endpoint, account))) = (task, connection) else {
            return Err(Message::list(&problems.0));
        };
        let application = self.application.clone();
        let run = match record {
            Some(record) => RunSelector::This(record.clone()),
            None if setup.fresh => RunSelector::Fresh(EarlierRuns::default()),
            None => RunSelector::Latest,
        };
        Ok(vec![DeploymentSpec {
            provider: "codearts",
            target: match record {
                Some(record) => format!("codearts:{task}/{record}"),
                None => format!("codearts:{task}"),
            },
            endpoint: endpoint.clone(),
            url: None,
            history_key: Some(HistoryKey::new("codearts", &endpoint, task.clone())),
            sends_secret: true,
            search_options: &[],
            warnings: secret::warnings(huawei.token_file.as_deref()),
            already_ended_warning: (run == RunSelector::Latest)
                .then(|| messages::may_be_earlier(&["--fresh", "--record ID"])),
            connect: Box::new(|http| {
                Box::new(Codearts {
                    http,
                    account,
                    endpoint,
                    task,
                    application,
                    run_given: matches!(run, RunSelector::This(_)),
                    run,
                    last: Arc::default(),
                    log_parts: Vec::new(),
                })
            }),
        }])
    }
}

/// The id of a task or a run is 32 letters or digits [D].
pub(super) fn id32(text: &str) -> Result<String> {
    let id = text.trim();
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ensure(is_id, || {
        Message::new("it is 32 letters or digits", "它由 32 个字母或数字组成")
    })?;
    Ok(id.to_owned())
}
