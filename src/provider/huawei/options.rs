//! The options that the Huawei Cloud services share.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use url::Url;

use super::{Account, TOKEN};
use crate::message::Message;
use crate::provider::options::endpoint;
use crate::provider::{Environment, Setup, Variables};
use crate::secret;

/// The variable that a region comes from.
const REGION: &str = "HW_REGION_NAME";
/// The variables that a project comes from.
pub(crate) const PROJECT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// The variables that every service reads.
pub(crate) const VARIABLES: Variables = Variables {
    secret: Some(TOKEN),
    plain: &[REGION, PROJECT[0], PROJECT[1]],
};

/// Where the service is, and the credentials.
#[derive(Args, Debug)]
pub(crate) struct HuaweiOptions {
    /// The region, of which the endpoint is made [env: HW_REGION_NAME]
    #[arg(long, value_name = "REGION", value_parser = region, conflicts_with = "endpoint")]
    region: Option<String>,
    /// Where the API is, instead of the region's own endpoint
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in
    /// HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or HW_ACCESS_KEY and HW_SECRET_KEY, with
    /// HUAWEICLOUD_SDK_SECURITY_TOKEN or HW_SECURITY_TOKEN where it is temporary]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl HuaweiOptions {
    /// The URL of `service`: the option's, or that of the region.
    ///
    /// # Errors
    /// There is neither, or it is no endpoint.
    pub(crate) fn endpoint(&self, service: &str, environment: Environment<'_>) -> Result<Url> {
        if let Some(url) = &self.endpoint {
            endpoint(url)
        } else if let Some(region) = self.region(environment)? {
            endpoint(&format!("https://{service}.{region}.myhuaweicloud.com"))
        } else {
            bail!("no region: pass --region REGION, or set {REGION}, or pass --endpoint URL")
        }
    }

    fn region(&self, environment: Environment<'_>) -> Result<Option<String>> {
        if self.region.is_some() {
            return Ok(self.region.clone());
        }
        match environment(REGION).map(|value| region(&value)) {
            Some(Err(why)) => bail!("{REGION}: {why}"),
            Some(Ok(region)) => Ok(Some(region)),
            None => Ok(None),
        }
    }

    /// The credentials, for `project` where one is given.
    ///
    /// # Errors
    /// There are none, or they cannot be read.
    pub(crate) fn account(&self, project: Option<String>, setup: &Setup<'_>) -> Result<Account> {
        let file = self.token_file.as_deref();
        Account::find(
            file,
            project,
            setup.environment,
            setup.redactor,
            setup.timeout,
        )
    }

    /// Warnings about the token file.
    pub(crate) fn warnings(&self) -> Vec<Message> {
        secret::warnings(self.token_file.as_deref())
    }
}

/// A region becomes part of a host's name. White space around it is dropped.
fn region(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > 63 || !text.bytes().all(fits) {
        return Err("a region is letters, digits and -, like cn-north-4".into());
    }
    Ok(text.to_owned())
}
