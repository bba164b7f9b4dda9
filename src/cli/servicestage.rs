//! The options of `deploywatch servicestage`.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::huawei::{PROJECT, project};
use super::{Environment, HuaweiArgs, Spec, WatchArgs, WatchCommand, id};
use crate::provider::servicestage::{SERVICE, Servicestage, Settings};
use crate::redact::Redactor;

/// The options of `deploywatch servicestage`.
#[derive(Args, Debug)]
pub(crate) struct ServicestageArgs {
    /// The project's id [env: HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID]
    #[arg(long, value_name = "ID", value_parser = id)]
    project: Option<String>,
    /// The release task's id
    #[arg(long, value_name = "ID", value_parser = id)]
    release: String,
    #[command(flatten)]
    huawei: HuaweiArgs,
}

impl WatchCommand for ServicestageArgs {
    fn specs(
        &self,
        watch: &WatchArgs,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>> {
        ensure!(
            !watch.fresh,
            "servicestage takes no --fresh: a release task is one single run"
        );
        let project = project(&self.project, environment)?.with_context(|| {
            let variables = PROJECT.join(" or ");
            format!("which project? Give --project ID, or set {variables}")
        })?;
        let endpoint = self.huawei.endpoint(SERVICE, watch, environment)?;
        let settings = Settings {
            endpoint: endpoint.clone(),
            project: project.clone(),
            release: self.release.clone(),
            account: self
                .huawei
                .account(Some(project.clone()), environment, redactor)?,
        };
        Ok(vec![Spec {
            provider: "servicestage",
            target: format!("servicestage:{project}/{}", self.release),
            endpoint,
            pin: None,
            warnings: self.huawei.warnings(),
            connect: Box::new(|http| Box::new(Servicestage::new(settings, http))),
        }])
    }
}
