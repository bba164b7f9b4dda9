//! The options that the two Huawei Cloud services share.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use url::Url;

use super::{Environment, WatchArgs, endpoint, given, keep_secret};
use crate::model::Note;
use crate::provider::huawei::Account;
use crate::redact::Redactor;
use crate::secret;

/// The variable that a region comes from.
const REGION: &str = "HW_REGION_NAME";
/// The variables that a project comes from.
pub(super) const PROJECT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// Where the service is, and who asks.
#[derive(Args, Debug)]
pub(crate) struct HuaweiArgs {
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

impl HuaweiArgs {
    /// Where `service` is: what was given, or the region's endpoint.
    pub(super) fn endpoint(
        &self,
        service: &str,
        watch: &WatchArgs,
        environment: Environment<'_>,
    ) -> Result<Url> {
        let endpoint = if let Some(url) = &self.endpoint {
            endpoint(url)?
        } else if let Some(region) = self.region(environment)? {
            endpoint(&format!("https://{service}.{region}.myhuaweicloud.com"))?
        } else {
            bail!("which region? Give --region REGION, or set {REGION}, or give --endpoint URL")
        };
        keep_secret(&endpoint, watch, environment)?;
        Ok(endpoint)
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

    /// Who asks, about `project` where one is given.
    pub(super) fn account(
        &self,
        project: Option<String>,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Account> {
        Account::find(self.token_file.as_deref(), project, environment, redactor)
    }

    /// What there is to know of the token file.
    pub(super) fn warnings(&self) -> Vec<Note> {
        secret::warnings(self.token_file.as_deref())
    }
}

/// The project: the option, else the environment's.
pub(super) fn project(
    option: &Option<String>,
    environment: Environment<'_>,
) -> Result<Option<String>> {
    given(option, &PROJECT, environment)
}

/// A region becomes a part of a host's name.
fn region(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > 63 || !text.bytes().all(fits) {
        return Err("a region is letters, digits and -, like cn-north-4".into());
    }
    Ok(text.to_owned())
}
