//! The options of `deploywatch yunxiao`.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::api::Api;
use super::page::{self, pipeline_id};
use super::whole_run::WholeRun;
use super::{CENTRAL, OrderSelector, Yunxiao};
use crate::history::HistoryKey;
use crate::message::{Message, Result, ensure};
use crate::provider::messages::may_be_earlier;
use crate::provider::options::{Problems, endpoint, id, missing, or_variable};
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
#[command(before_help = "\
Examples:
  deploywatch yunxiao --pipeline 123 --order 1111
  deploywatch yunxiao --pipeline 123 --order 1111 --timeout 30m --on-pause exit
  deploywatch yunxiao --pipeline 123 --whole-run --fresh")]
pub(crate) struct YunxiaoOptions {
    /// The pipeline's id, or the address of its page [env: YUNXIAO_PIPELINE_ID]
    ///
    /// The page is https://flow.aliyun.com/pipelines/ID.
    #[arg(long, value_name = "ID|URL", value_parser = pipeline_id)]
    pipeline: Option<String>,
    /// The deploy order's id [default: that of a run]
    ///
    /// Repeat it to watch several at once.
    #[arg(long, value_name = "ID", value_parser = id)]
    order: Vec<String>,
    /// One run of the pipeline [default: the latest]
    ///
    /// It makes the order, or is watched itself.
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "order")]
    run: Option<String>,
    /// The job that makes the order, where there are more
    ///
    /// Its name or its id.
    #[arg(long, value_name = "NAME", conflicts_with = "order")]
    job: Option<String>,
    /// Watch the run itself, stage by stage and job by job
    ///
    /// Whatever its jobs deploy to; the machines of its host deploy orders come in beside them.
    #[arg(long, conflicts_with_all = ["order", "job"])]
    whole_run: bool,
    /// The organization's id, for the central edition [env: YUNXIAO_ORGANIZATION_ID]
    ///
    /// Leave it out for a Region instance. YUNXIAO_EDITION=central or region overrides that.
    /// ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID is read as well.
    #[arg(long, value_name = "ID", value_parser = id)]
    organization: Option<String>,
    /// The API's address; a Region instance has its own
    ///
    /// [env: YUNXIAO_API_BASE_URL] [default: https://openapi-rdc.aliyuncs.com]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Read the access token from FILE, - for stdin [env instead: YUNXIAO_ACCESS_TOKEN]
    ///
    /// ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN is read as well.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl ProviderOptions for YunxiaoOptions {
    fn variables(&self) -> &'static Variables {
        &Variables(&[
            ("pipeline", &[PIPELINE]),
            ("organization", &ORGANIZATION),
            ("endpoint", &[ENDPOINT]),
            ("", &[EDITION]),
            ("token-file", &TOKEN),
        ])
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let selects = !self.order.is_empty() || self.run.is_some();
        ensure(!setup.fresh || !selects, || {
            Message::new(
                "--fresh waits for a new run, so it cannot go with --order or --run",
                "--fresh 等待新的运行，不能与 --order 或 --run 同用",
            )
        })?;
        let environment = setup.environment;
        let mut problems = Problems::default();
        let pipeline = problems.note(self.pipeline(environment));
        let endpoint = problems.note(self.endpoint(environment));
        let organization = endpoint
            .as_ref()
            .and_then(|endpoint| problems.note(self.organization(endpoint, environment)));
        let token_file = self.token_file.as_deref();
        let credential = problems.note_secret(token_file, || {
            let redactor = setup.redactor;
            Credential::find(token_file, &TOKEN, environment, redactor, setup.timeout)
        });
        let (Some(pipeline), Some(endpoint), Some(organization), Some(credential)) =
            (pipeline, endpoint, organization, credential)
        else {
            return Err(Message::list(&problems.0));
        };
        let in_organization = organization.is_some();
        let page = page::of_pipeline(&endpoint, in_organization, &pipeline).map(Into::into);
        let (selectors, whole_run) = (self.selectors(setup.fresh).into_iter(), self.whole_run);
        let selecting: &[&str] = match whole_run {
            true => &["--fresh", "--run ID"],
            false => &["--fresh", "--run ID", "--order ID"],
        };
        let remembered = match &self.job {
            // The name of a job may contain anything.
            Some(job) => format!("{pipeline}/{}", setup.redactor.name(job)),
            None if whole_run => format!("{pipeline} --whole-run"),
            None => pipeline.clone(),
        };
        let specs = selectors.map(|selector| DeploymentSpec {
            provider: "yunxiao",
            target: match &selector.order {
                Some(order) => format!("yunxiao:{pipeline}/{order}"),
                None => format!("yunxiao:{pipeline}"),
            },
            endpoint: endpoint.clone(),
            url: page.clone(),
            history_key: Some(HistoryKey::new("yunxiao", &endpoint, remembered.clone())),
            sends_secret: true,
            already_ended_warning: selector.may_be_earlier().then(|| may_be_earlier(selecting)),
            search_options: &["run", "job"],
            warnings: secret::warnings(token_file),
            connect: {
                let (endpoint, organization) = (endpoint.clone(), organization.clone());
                let (pipeline, credential) = (pipeline.clone(), credential.clone());
                Box::new(move |http| {
                    let organization = organization.as_deref();
                    let api = Api::new(&endpoint, organization, &pipeline, credential, http);
                    match whole_run {
                        true => Box::new(WholeRun::new(selector.run, selector.fresh, api)),
                        false => Box::new(Yunxiao::new(selector, api)),
                    }
                })
            },
        });
        Ok(specs.collect())
    }
}

impl YunxiaoOptions {
    fn pipeline(&self, environment: Environment<'_>) -> Result<String> {
        or_variable(
            self.pipeline.as_deref(),
            &[PIPELINE],
            pipeline_id,
            environment,
        )?
        .ok_or_else(|| missing(("pipeline", "流水线"), "--pipeline ID", &[PIPELINE]))
    }

    /// The API's URL: the option, the variable, or the central edition's.
    fn endpoint(&self, environment: Environment<'_>) -> Result<Url> {
        let url = self.endpoint.clone().or_else(|| environment(ENDPOINT));
        endpoint(url.as_deref().unwrap_or(CENTRAL))
    }

    /// The organization: some for the central edition, none for a Region instance.
    fn organization(&self, endpoint: &Url, environment: Environment<'_>) -> Result<Option<String>> {
        let organization =
            or_variable(self.organization.as_deref(), &ORGANIZATION, id, environment)?;
        let is_central = endpoint.host_str() == CENTRAL.strip_prefix("https://");
        let edition = environment(EDITION);
        let (organization, is_central) = match edition.as_deref().map(str::trim) {
            Some("region") => (None, is_central),
            Some("central") => (organization, true),
            Some(other) => {
                return Err(Message::new(
                    format!("{EDITION} is {other:?}; it can be central or region"),
                    format!("{EDITION} 的值是 {other:?}，只能是 central 或 region"),
                ));
            }
            None => (organization, is_central),
        };
        ensure(organization.is_some() || !is_central, || {
            let needed = Message::new(
                "needed by the central edition; a Region instance has its own --endpoint URL",
                "中心版必填；Region 实例请用自己的 --endpoint URL",
            );
            let option = "--organization ID";
            missing(("organization", "组织"), option, &ORGANIZATION).with_aside(&needed)
        })?;
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
