//! The options of `deploywatch yunxiao`.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::Yunxiao;
use super::api::Api;
use super::order::PolledOrder;
use super::run::IgnoredRuns;
use super::whole_run::WholeRun;
use crate::history::HistoryKey;
use crate::message::{Message, Result, ensure};
use crate::provider::messages::may_be_earlier;
use crate::provider::options::{self, Problems, id, missing, or_variable};
use crate::provider::{DeploymentSpec, Environment, ProviderOptions, Setup, Variables, below};
use crate::secret::{self, Credential};

/// The endpoint of the central edition [D]. A Region instance has a host of its own.
const CENTRAL: &str = "https://openapi-rdc.aliyuncs.com";
/// The beginning of the address of a pipeline's page in the console of the central edition; its id and one of
/// several views follow [D]. None is documented for Region instances.
const PAGES: &str = "https://flow.aliyun.com/pipelines/";

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
        let (pipeline, endpoint, organization, credential) = self.settings(setup)?;
        let in_organization = organization.is_some();
        let page = page_of(&endpoint, in_organization, &pipeline).map(Into::into);
        let path = organization.map_or_else(String::new, |id| format!("/organizations/{id}"));
        let path = format!("/oapi/v1/flow{path}/pipelines/{pipeline}");
        let (whole_run, fresh) = (self.whole_run, setup.fresh);
        let orders = match &self.order[..] {
            [] => vec![None],
            orders => orders.iter().cloned().map(Some).collect(),
        };
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
        let specs = orders.into_iter().map(|order| DeploymentSpec {
            provider: "yunxiao",
            target: match &order {
                Some(order) => format!("yunxiao:{pipeline}/{order}"),
                None => format!("yunxiao:{pipeline}"),
            },
            endpoint: endpoint.clone(),
            url: page.clone(),
            history_key: Some(HistoryKey::new("yunxiao", &endpoint, remembered.clone())),
            sends_secret: true,
            already_ended_warning: (!selects && !fresh).then(|| may_be_earlier(selecting)),
            search_options: &["run", "job"],
            warnings: secret::warnings(self.token_file.as_deref()),
            connect: {
                let (pipeline, credential) = (pipeline.clone(), credential.clone());
                let (run, job) = (self.run.clone(), self.job.clone());
                let url = below(&endpoint, &path).into();
                Box::new(move |http| {
                    let api = Api {
                        http,
                        credential,
                        url,
                        pipeline,
                        in_organization,
                    };
                    match whole_run {
                        true => Box::new(WholeRun::new(run, fresh, api)),
                        false => Box::new(Yunxiao {
                            api,
                            is_given: order.is_some(),
                            order: order.map(PolledOrder::new),
                            run,
                            job,
                            ignored: fresh.then(IgnoredRuns::default),
                            stuck_polls: None,
                        }),
                    }
                })
            },
        });
        Ok(specs.collect())
    }
}

impl YunxiaoOptions {
    /// The pipeline, the API's address, the organization if there is one, and the token.
    fn settings(&self, setup: &Setup<'_>) -> Result<(String, Url, Option<String>, Credential)> {
        let environment = setup.environment;
        let mut problems = Problems::default();
        let pipeline = self.pipeline.as_deref();
        let pipeline = or_variable(pipeline, &[PIPELINE], pipeline_id, environment);
        let needed = || missing(("pipeline", "流水线"), "--pipeline ID", &[PIPELINE]);
        let pipeline = problems.note(pipeline.and_then(|found| found.ok_or_else(needed)));
        let endpoint = self.endpoint.clone().or_else(|| environment(ENDPOINT));
        let endpoint = problems.note(options::endpoint(endpoint.as_deref().unwrap_or(CENTRAL)));
        let organization = endpoint
            .as_ref()
            .and_then(|endpoint| problems.note(self.organization(endpoint, environment)));
        let token_file = self.token_file.as_deref();
        let credential = problems.note_secret(token_file, || {
            let redactor = setup.redactor;
            Credential::find(token_file, &TOKEN, environment, redactor, setup.timeout)
        });
        match (pipeline, endpoint, organization, credential) {
            (Some(pipeline), Some(endpoint), Some(organization), Some(credential)) => {
                Ok((pipeline, endpoint, organization, credential))
            }
            _ => Err(Message::list(&problems.0)),
        }
    }

    /// The organization: some for the central edition, none for a Region instance.
    fn organization(&self, endpoint: &Url, environment: Environment<'_>) -> Result<Option<String>> {
        let edition = environment(EDITION);
        let edition = edition.as_deref().map_or("", str::trim);
        ensure(["", "central", "region"].contains(&edition), || {
            Message::new(
                format!("{EDITION} is {edition:?}; it can be central or region"),
                format!("{EDITION} 的值是 {edition:?}，只能是 central 或 region"),
            )
        })?;
        let organization = self.organization.as_deref();
        let organization = or_variable(organization, &ORGANIZATION, id, environment)?;
        let organization = organization.filter(|_| edition != "region");
        let is_central =
            edition == "central" || endpoint.host_str() == CENTRAL.strip_prefix("https://");
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
}

/// The address of a pipeline's page; none where no page is known for certain.
fn page_of(endpoint: &Url, in_organization: bool, pipeline: &str) -> Option<String> {
    let is_central = endpoint.as_str().trim_end_matches('/') == CENTRAL;
    (is_central && in_organization).then(|| format!("{PAGES}{pipeline}/current"))
}

/// A pipeline's id, or the address of its page, which contains it.
fn pipeline_id(text: &str) -> Result<String> {
    let Ok(url) = Url::parse(text.trim()) else {
        return id(text);
    };
    let rest = url.as_str().strip_prefix(PAGES);
    let end = |rest: &str| rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let found = rest.and_then(|rest| id(&rest[..end(rest)]).ok());
    found.ok_or_else(|| {
        let page = format!("{PAGES}ID");
        Message::new(
            format!("not the address of a pipeline's page, {page}: give the pipeline's id"),
            format!("不是流水线页面的地址（{page}）：请填写流水线的 ID"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn a_page_is_known_for_the_central_edition_alone() {
        let page = Some("https://flow.aliyun.com/pipelines/123/current".to_owned());
        for (endpoint, in_organization, expected) in [
            (CENTRAL, true, page),
            (CENTRAL, false, None),
            ("https://example.com", true, None),
            ("http://openapi-rdc.aliyuncs.com", true, None),
            ("https://openapi-rdc.aliyuncs.com/proxied", true, None),
        ] {
            let endpoint = Url::parse(endpoint).expect("a URL");
            assert_eq!(page_of(&endpoint, in_organization, "123"), expected);
        }
    }

    #[test]
    fn the_address_of_a_page_contains_the_id() {
        for text in [
            "123",
            " 123\n",
            "https://flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com/pipelines/123/",
            " https://flow.aliyun.com/pipelines/123/current ",
            "https://FLOW.aliyun.com:443/pipelines/123/history/45?tab=log#end",
            "https://flow.aliyun.com/pipelines/123?x=y",
            "https://flow.aliyun.com/pipelines/123#x",
        ] {
            assert_eq!(pipeline_id(text).as_deref(), Ok("123"), "{text}");
        }
        for text in [
            "https://example.com/pipelines/123/current",
            "https://flow.aliyun.com.example.com/pipelines/123",
            "https://someone@flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com:8443/pipelines/123",
            "http://flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com/pipelines/",
            "https://flow.aliyun.com/pipelines/%31",
            "https://flow.aliyun.com/pipelines/../my/123",
            "https://flow.aliyun.com/my",
            "a:b",
        ] {
            let error = pipeline_id(text).expect_err(text);
            assert!(error.en().contains("flow.aliyun.com/pipelines/ID"));
            assert_chinese(&error);
        }
        for text in ["", "flow.aliyun.com/pipelines/123", "1/2"] {
            let error = pipeline_id(text).expect_err(text);
            assert!(error.en().starts_with("an id is"), "{error}");
        }
    }
}
