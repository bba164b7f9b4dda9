//! The options of `deploywatch codearts`.

use std::sync::Arc;

use anyhow::{Result, ensure};
use clap::Args;

use super::huawei::project;
use super::{Environment, HuaweiArgs, Spec, WatchArgs, WatchCommand, id32};
use crate::provider::codearts::{Codearts, SERVICE, Settings};
use crate::redact::Redactor;

/// The options of `deploywatch codearts`.
#[derive(Args, Debug)]
pub(crate) struct CodeartsArgs {
    /// The deployment task's id: 32 letters or digits
    #[arg(long, value_name = "ID", value_parser = id32)]
    task: String,
    /// The id of one run of the task [default: the latest run]
    #[arg(long, value_name = "ID", value_parser = id32)]
    record: Option<String>,
    #[command(flatten)]
    huawei: HuaweiArgs,
}

impl WatchCommand for CodeartsArgs {
    fn specs(
        &self,
        watch: &WatchArgs,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>> {
        ensure!(
            !watch.fresh || self.record.is_none(),
            "--fresh waits for a new run, so it cannot go with --record"
        );
        let endpoint = self.huawei.endpoint(SERVICE, watch, environment)?;
        let project = project(&None, environment)?;
        let task = &self.task;
        let settings = Settings {
            endpoint: endpoint.clone(),
            task: task.clone(),
            record: self.record.clone(),
            fresh: watch.fresh,
            account: self.huawei.account(project, environment, redactor)?,
        };
        let pinned = watch.fresh || self.record.is_some();
        Ok(vec![Spec {
            provider: "codearts",
            target: match &self.record {
                Some(record) => format!("codearts:{task}/{record}"),
                None => format!("codearts:{task}"),
            },
            endpoint,
            warnings: self.huawei.warnings(),
            pin: (!pinned).then_some(&["--fresh", "--record ID"]),
            connect: Box::new(|http| Box::new(Codearts::new(settings, http))),
        }])
    }
}
