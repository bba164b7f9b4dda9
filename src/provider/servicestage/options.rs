//! The options of `deploywatch servicestage`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use super::{Components, Servicestage};
use crate::history::HistoryKey;
use crate::message::{Message, Result, ensure};
use crate::provider::huawei::options::{HuaweiOptions, PROJECT, VARIABLES};
use crate::provider::options::{Environment, Problems, id, missing, or_variable};
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables, below};
use crate::secret;

#[derive(Args, Debug)]
#[command(override_usage = "deploywatch servicestage [OPTIONS] --release <ID> --region <NAME>")]
#[command(before_help = "\
Examples:
  deploywatch servicestage --project ID --release ID --region cn-north-4")]
pub(crate) struct ServicestageOptions {
    /// The project's id [env: HUAWEICLOUD_SDK_PROJECT_ID]
    ///
    /// HW_PROJECT_ID is read as well.
    #[arg(long, value_name = "ID", value_parser = id)]
    project: Option<String>,
    /// The release task's id
    #[arg(long, value_name = "ID", value_parser = id)]
    release: Option<String>,
    #[command(flatten)]
    huawei: HuaweiOptions,
}

impl ProviderOptions for ServicestageOptions {
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
        ensure(!setup.fresh, || {
            Message::new(
                "servicestage takes no --fresh: a release task is one single run",
                "servicestage 不支持 --fresh：一个发布任务只有一次运行",
            )
        })?;
        let mut problems = Problems::default();
        let project = or_variable(self.project.as_deref(), &PROJECT, id, setup.environment);
        let no_project = || missing(("project", "项目"), "--project ID", &PROJECT);
        let project = problems.note(project.and_then(|project| project.ok_or_else(no_project)));
        let no_release = || missing(("release", "发布任务"), "--release ID", &[]);
        let release = problems.note(self.release.clone().ok_or_else(no_release));
        let (huawei, of_project) = (&self.huawei, project.clone());
        let connection = huawei.connection("servicestage", of_project, setup, &mut problems);
        let (Some(project), Some(release), Some((endpoint, account))) =
            (project, release, connection)
        else {
            return Err(Message::list(&problems.0));
        };
        let url = below(&endpoint, &format!("/v3/{project}/cas"));
        Ok(vec![DeploymentSpec {
            provider: "servicestage",
            target: format!("servicestage:{project}/{release}"),
            history_key: Some(HistoryKey::titled(
                "servicestage",
                &endpoint,
                &project,
                release.clone(),
            )),
            endpoint,
            url: None,
            sends_secret: true,
            already_ended_warning: None,
            search_options: &[],
            warnings: secret::warnings(huawei.token_file.as_deref()),
            connect: Box::new(|http| {
                Box::new(Servicestage {
                    http,
                    account,
                    url,
                    release,
                    components: Components::default(),
                    refusal: None,
                })
            }),
        }])
    }
}
