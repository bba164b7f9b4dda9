//! The options of `deploywatch servicestage`.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{Servicestage, Settings};
use crate::provider::huawei::options::{self as huawei, HuaweiOptions};
use crate::provider::options::id;
use crate::provider::{DeploymentSpec, Environment, ProviderOptions, Variables};
use crate::redact::Redactor;

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
        &huawei::VARIABLES
    }

    fn deployments(
        &self,
        fresh: bool,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<DeploymentSpec>> {
        ensure!(
            !fresh,
            "servicestage takes no --fresh: a release task is one single run"
        );
        let project =
            huawei::project(self.project.as_deref(), environment)?.with_context(|| {
                let variables = huawei::PROJECT.join(" or ");
                format!("no project: pass --project ID, or set {variables}")
            })?;
        let endpoint = self.huawei.endpoint(SERVICE, environment)?;
        let settings = Settings {
            endpoint: endpoint.clone(),
            project: project.clone(),
            release: self.release.clone(),
            account: self
                .huawei
                .account(Some(project.clone()), environment, redactor)?,
        };
        Ok(vec![DeploymentSpec {
            provider: "servicestage",
            target: format!("servicestage:{project}/{}", self.release),
            endpoint,
            sends_secret: true,
            already_ended_warning: None,
            search_options: &[],
            warnings: self.huawei.warnings(),
            connect: Box::new(|http| Box::new(Servicestage::new(settings, http))),
        }])
    }
}
