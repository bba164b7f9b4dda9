//! The options of `deploywatch yunxiao`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use url::Url;

use super::{CENTRAL, OrderSelector, Yunxiao, pipeline_url};
use crate::provider::messages::may_be_earlier;
use crate::provider::options::{endpoint, id, id_or_variable};
use crate::provider::{DeploymentSpec, Environment, ProviderOptions, Setup, Variables};
use crate::secret::{self, Credential};

const PIPELINE: &str = "YUNXIAO_PIPELINE_ID";
const ORGANIZATION: [&str; 2] = [
    "YUNXIAO_ORGANIZATION_ID",
    "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID",
];
const ENDPOINT: &str = "YUNXIAO_API_BASE_URL";
const EDITION: &str = "YUNXIAO_EDITION";
const TOKEN: [&str; 2] = ["YUNXIAO_ACCESS_TOKEN", "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"];

/// The options of `deploywatch yunxiao`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch yunxiao --pipeline 123 --order 1111
  deploywatch yunxiao --pipeline 123 --order 1111 --timeout 30m --on-pause exit
  deploywatch yunxiao --pipeline 123 --order 1111 --once --output json")]
pub(crate) struct YunxiaoOptions {
    /// The pipeline's id [env: YUNXIAO_PIPELINE_ID]
    #[arg(long, value_name = "ID", value_parser = id)]
    pipeline: Option<String>,
    /// The deploy order's id [default: the one that a run of the pipeline makes]; given again, it
    /// watches several at once
    #[arg(long, value_name = "ID", value_parser = id)]
    order: Vec<String>,
    /// The id of the run that makes the order [default: the latest run]
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "order")]
    run: Option<String>,
    /// The name or the id of the job that makes the order, where the run has several deploy jobs
    #[arg(long, value_name = "NAME", conflicts_with = "order")]
    job: Option<String>,
    /// The organization's id: given for the central edition, left out for a Region instance;
    /// YUNXIAO_EDITION=central or region overrides that
    /// [env: YUNXIAO_ORGANIZATION_ID, ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID]
    #[arg(long, value_name = "ID", value_parser = id)]
    organization: Option<String>,
    /// Where the API is; a Region instance has its own [env: YUNXIAO_API_BASE_URL]
    /// [default: https://openapi-rdc.aliyuncs.com]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Read the access token from FILE, - for stdin [env instead: YUNXIAO_ACCESS_TOKEN,
    /// ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl ProviderOptions for YunxiaoOptions {
    fn variables(&self) -> &'static Variables {
        &Variables {
            secret: Some(TOKEN[0]),
            plain: &[
                PIPELINE,
                ORGANIZATION[0],
                ORGANIZATION[1],
                ENDPOINT,
                EDITION,
            ],
        }
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let pipeline = id_or_variable(self.pipeline.as_deref(), &[PIPELINE], setup.environment)?
            .with_context(|| format!("no pipeline: pass --pipeline ID, or set {PIPELINE}"))?;
        ensure!(
            !setup.fresh || (self.order.is_empty() && self.run.is_none()),
            "--fresh waits for a new run, so it cannot go with --order or --run"
        );
        let endpoint = self.endpoint(setup.environment)?;
        let organization = self.organization(&endpoint, setup.environment)?;
        let token_file = self.token_file.as_deref();
        let credential = Credential::find(
            token_file,
            &TOKEN,
            setup.environment,
            setup.redactor,
            setup.timeout,
        )?;
        let in_organization = organization.is_some();
        let url = pipeline_url(&endpoint, organization.as_deref(), &pipeline);
        let selectors = self.selectors(setup.fresh).into_iter();
        let specs = selectors.map(|selector| DeploymentSpec {
            provider: "yunxiao",
            target: match &selector.order {
                Some(order) => format!("yunxiao:{pipeline}/{order}"),
                None => format!("yunxiao:{pipeline}"),
            },
            endpoint: endpoint.clone(),
            sends_secret: true,
            already_ended_warning: selector
                .may_be_earlier()
                .then(|| may_be_earlier(&["--fresh", "--run ID", "--order ID"])),
            search_options: &["run", "job"],
            warnings: secret::warnings(token_file),
            connect: {
                let (url, credential) = (url.clone(), credential.clone());
                Box::new(move |http| {
                    Box::new(Yunxiao::new(
                        url,
                        in_organization,
                        selector,
                        credential,
                        http,
                    ))
                })
            },
        });
        Ok(specs.collect())
    }
}

impl YunxiaoOptions {
    /// The API's URL: the option, the variable, or the central edition's.
    fn endpoint(&self, environment: Environment<'_>) -> Result<Url> {
        let url = self.endpoint.clone().or_else(|| environment(ENDPOINT));
        endpoint(url.as_deref().unwrap_or(CENTRAL))
    }

    /// The organization: some for the central edition, none for a Region instance.
    fn organization(&self, endpoint: &Url, environment: Environment<'_>) -> Result<Option<String>> {
        let organization =
            id_or_variable(self.organization.as_deref(), &ORGANIZATION, environment)?;
        let organization = match environment(EDITION).as_deref().map(str::trim) {
            Some("region") => None,
            Some("central") => {
                ensure!(
                    organization.is_some(),
                    "{EDITION}=central needs an organization: pass --organization ID, or set {}",
                    ORGANIZATION[0]
                );
                organization
            }
            Some(other) => bail!("{EDITION} is {other:?}; it can be central or region"),
            None => organization,
        };
        ensure!(
            organization.is_some() || endpoint.host_str() != CENTRAL.strip_prefix("https://"),
            "the central edition needs an organization: pass --organization ID, or set {}; \
             a Region instance needs its own --endpoint URL",
            ORGANIZATION[0]
        );
        Ok(organization)
    }

    /// The deploy orders to watch.
    fn selectors(&self, fresh: bool) -> Vec<OrderSelector> {
        let orders = match &self.order[..] {
            [] => vec![None],
            orders => orders.iter().cloned().map(Some).collect(),
        };
        let selectors = orders.into_iter().map(|order| OrderSelector {
            order,
            run: self.run.clone(),
            job: self.job.clone(),
            fresh,
        });
        selectors.collect()
    }
}
