//! The options of `deploywatch servicestage`.

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::Servicestage;
use crate::provider::huawei::options::{HuaweiOptions, PROJECT, VARIABLES};
use crate::provider::options::{id, id_or_variable};
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables, below};

/// The service's name in the endpoint of a region [O].
const SERVICE: &str = "servicestage";

/// The options of `deploywatch servicestage`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch servicestage --project ID --release ID --region cn-north-4")]
pub(crate) struct ServicestageOptions {
    /// The project's id [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]
    #[arg(long, value_name = "ID", value_parser = id)]
    project: Option<String>,
    /// The release task's id
    #[arg(long, value_name = "ID", value_parser = id)]
    release: String,
    #[command(flatten)]
    huawei: HuaweiOptions,
}

impl ProviderOptions for ServicestageOptions {
    fn variables(&self) -> &'static Variables {
        &VARIABLES
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        ensure!(
            !setup.fresh,
            "servicestage takes no --fresh: a release task is one single run"
        );
        let project = id_or_variable(self.project.as_deref(), &PROJECT, setup.environment)?;
        let project = project.with_context(|| {
            let variables = PROJECT.join(" or ");
            format!("no project: pass --project ID, or set {variables}")
        })?;
        let endpoint = self.huawei.endpoint(SERVICE, setup.environment)?;
        let account = self.huawei.account(Some(project.clone()), setup)?;
        let url = below(&endpoint, &format!("/v3/{project}/cas"));
        let release = self.release.clone();
        Ok(vec![DeploymentSpec {
            provider: "servicestage",
            target: format!("servicestage:{project}/{}", self.release),
            endpoint,
            sends_secret: true,
            already_ended_warning: None,
            search_options: &[],
            warnings: self.huawei.warnings(),
            connect: Box::new(|http| Box::new(Servicestage::new(url, release, account, http))),
        }])
    }
}
