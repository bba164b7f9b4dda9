//! The options of `deploywatch yunxiao`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::{Environment, Spec, WatchArgs, WatchCommand, endpoint, given, id, keep_secret};
use crate::model::Pins;
use crate::provider::yunxiao::{CENTRAL, Order, Settings, Yunxiao};
use crate::redact::Redactor;
use crate::secret::{self, Credential};

/// The options of `deploywatch yunxiao`.
#[derive(Args, Debug)]
pub(crate) struct YunxiaoArgs {
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

impl WatchCommand for YunxiaoArgs {
    fn specs(
        &self,
        watch: &WatchArgs,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>> {
        let pipeline = given(&self.pipeline, &["YUNXIAO_PIPELINE_ID"], environment)?
            .context("which pipeline? Give --pipeline ID, or set YUNXIAO_PIPELINE_ID")?;
        ensure!(
            !watch.fresh || (self.order.is_empty() && self.run.is_none()),
            "--fresh waits for a new run, so it cannot go with --order or --run"
        );
        let organization = given(
            &self.organization,
            &[
                "YUNXIAO_ORGANIZATION_ID",
                "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID",
            ],
            environment,
        )?;
        let url = self
            .endpoint
            .clone()
            .or_else(|| environment("YUNXIAO_API_BASE_URL"));
        let endpoint = endpoint(url.as_deref().unwrap_or(CENTRAL))?;
        let organization = match environment("YUNXIAO_EDITION").as_deref() {
            Some("region") => None,
            Some("central") => {
                ensure!(
                    organization.is_some(),
                    "YUNXIAO_EDITION=central needs an organization: give --organization ID, or \
                     set YUNXIAO_ORGANIZATION_ID"
                );
                organization
            }
            Some(other) => bail!("YUNXIAO_EDITION is {other:?}; it can be central or region"),
            None => organization,
        };
        ensure!(
            organization.is_some() || endpoint.host_str() != CENTRAL.strip_prefix("https://"),
            "the central edition needs an organization: give --organization ID, or set \
             YUNXIAO_ORGANIZATION_ID; a Region instance needs its own --endpoint URL"
        );
        keep_secret(&endpoint, watch, environment)?;
        let credential = Credential::find(
            self.token_file.as_deref(),
            &["YUNXIAO_ACCESS_TOKEN", "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"],
            environment,
            redactor,
        )?;
        let warnings = secret::warnings(self.token_file.as_deref());
        let spec = |order: Order| {
            let (target, pin): (_, Option<Pins>) = match &order {
                Order::Id(order) => (format!("yunxiao:{pipeline}/{order}"), None),
                Order::OfRun { run, .. } => (
                    format!("yunxiao:{pipeline}"),
                    (!watch.fresh && run.is_none()).then_some(&[
                        "--fresh",
                        "--run ID",
                        "--order ID",
                    ]),
                ),
            };
            let settings = Settings {
                endpoint: endpoint.clone(),
                organization: organization.clone(),
                pipeline: pipeline.clone(),
                order,
                credential: credential.clone(),
            };
            Spec {
                provider: "yunxiao",
                target,
                endpoint: endpoint.clone(),
                pin,
                warnings: warnings.clone(),
                connect: Box::new(|http| Box::new(Yunxiao::new(settings, http))),
            }
        };
        if self.order.is_empty() {
            return Ok(vec![spec(Order::OfRun {
                run: self.run.clone(),
                job: self.job.clone(),
                fresh: watch.fresh,
            })]);
        }
        let orders = self.order.iter().cloned();
        Ok(orders.map(|order| spec(Order::Id(order))).collect())
    }
}
