//! The options of `deploywatch codearts`.

use anyhow::{Result, ensure};
use clap::Args;

use super::{Codearts, RunSelector};
use crate::provider::huawei::options::{HuaweiOptions, PROJECT, VARIABLES};
use crate::provider::options::id_or_variable;
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables, messages};

/// The service's name in the endpoint of a region [O].
const SERVICE: &str = "codearts-deploy";

/// The options of `deploywatch codearts`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch codearts --task 0123456789abcdef0123456789abcdef --region cn-north-4 --fresh")]
pub(crate) struct CodeartsOptions {
    /// The deployment task's id: 32 letters or digits
    #[arg(long, value_name = "ID", value_parser = id32)]
    task: String,
    /// The id of one run of the task [default: the latest run]
    #[arg(long, value_name = "ID", value_parser = id32)]
    record: Option<String>,
    #[command(flatten)]
    huawei: HuaweiOptions,
}

impl ProviderOptions for CodeartsOptions {
    fn variables(&self) -> &'static Variables {
        &VARIABLES
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        ensure!(
            !setup.fresh || self.record.is_none(),
            "--fresh waits for a new run, so it cannot go with --record"
        );
        let endpoint = self.huawei.endpoint(SERVICE, setup.environment)?;
        let project = id_or_variable(None, &PROJECT, setup.environment)?;
        let account = self.huawei.account(project, setup)?;
        let task = self.task.clone();
        let run = match &self.record {
            Some(record) => RunSelector::This(record.clone()),
            None if setup.fresh => RunSelector::Fresh,
            None => RunSelector::Latest,
        };
        Ok(vec![DeploymentSpec {
            provider: "codearts",
            target: match &self.record {
                Some(record) => format!("codearts:{task}/{record}"),
                None => format!("codearts:{task}"),
            },
            endpoint: endpoint.clone(),
            sends_secret: true,
            search_options: &[],
            warnings: self.huawei.warnings(),
            already_ended_warning: (run == RunSelector::Latest)
                .then(|| messages::may_be_earlier(&["--fresh", "--record ID"])),
            connect: Box::new(|http| Box::new(Codearts::new(endpoint, task, run, account, http))),
        }])
    }
}

/// The id of a task or a run is 32 letters or digits [D].
pub(super) fn id32(text: &str) -> Result<String, String> {
    let id = text.trim();
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("it is 32 letters or digits".into());
    }
    Ok(id.to_owned())
}
