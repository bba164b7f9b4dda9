//! The options that the Huawei Cloud services share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use url::Url;

use super::{Account, KEYS, TOKEN, credentials};
use crate::message::{Message, Result};
use crate::provider::options::{Problems, endpoint, or_variable};
use crate::provider::{Environment, Setup, Variables};
use crate::secret;

/// The variable that a region comes from.
const REGION: &str = "HW_REGION_NAME";
/// The variables that a project comes from.
pub(crate) const PROJECT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// The variables that every service reads.
pub(crate) const VARIABLES: Variables = Variables(&[
    ("region", &[REGION]),
    // A region gives an endpoint as well.
    ("endpoint", &[REGION]),
    ("project", &PROJECT),
    (
        "token-file",
        &[TOKEN, KEYS[0][0], KEYS[0][1], KEYS[1][0], KEYS[1][1]],
    ),
]);

/// The endpoint of the service, and the credentials.
#[derive(Args, Debug)]
pub(crate) struct HuaweiOptions {
    /// The region, such as cn-north-4 [env: HW_REGION_NAME]
    #[arg(long, value_name = "NAME", value_parser = region, conflicts_with = "endpoint")]
    region: Option<String>,
    /// The API's address, instead of the region's own
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Read the token from FILE, - for stdin [env instead: HW_AUTH_TOKEN, or an access key in
    /// HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK]
    ///
    /// HW_ACCESS_KEY and HW_SECRET_KEY are read as well. A temporary access key also needs
    /// HUAWEICLOUD_SDK_SECURITY_TOKEN or HW_SECURITY_TOKEN. Without any of them the SDK's file is read:
    /// ~/.huaweicloud/credentials, or the file that HUAWEICLOUD_SDK_CREDENTIALS_FILE names.
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
        } else if let Some(region) =
            or_variable(self.region.as_deref(), &[REGION], region, environment)?
        {
            endpoint(&format!("https://{service}.{region}.myhuaweicloud.com"))
        } else {
            Err(Message::new(
                format!("no region: pass --region NAME, or set {REGION}, or pass --endpoint URL"),
                format!("缺少区域：请指定 --region NAME，或设置 {REGION}，或指定 --endpoint URL"),
            ))
        }
    }

    /// The credentials, for `project` where one is given; none where that is one of `problems`.
    pub(crate) fn account(
        &self,
        project: Option<String>,
        setup: &Setup<'_>,
        problems: &mut Problems,
    ) -> Option<Account> {
        let file = self.token_file.as_deref();
        let (environment, redactor) = (setup.environment, setup.redactor);
        problems.note_secret(file, || {
            Account::find(file, project, environment, redactor, setup.timeout)
        })
    }

    /// The contents of the SDK's credentials file, where nothing else gives credentials.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn fallback(
        &self,
        environment: Environment<'_>,
        timeout: Option<Duration>,
    ) -> Result<BTreeMap<&'static str, String>> {
        let mut keys = KEYS.iter().flat_map(|[access, secret, _]| [access, secret]);
        let is_set = |name: &&str| environment(name).is_some();
        if self.token_file.is_some() || is_set(&TOKEN) || keys.any(is_set) {
            return Ok(BTreeMap::new());
        }
        credentials::read(environment, timeout)
    }

    /// Warnings about the token file.
    pub(crate) fn warnings(&self) -> Vec<Message> {
        secret::warnings(self.token_file.as_deref())
    }
}

/// A region becomes part of a host's name. White space around it is dropped.
fn region(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > 63 || !text.bytes().all(fits) {
        return Err(Message::new(
            "a region is letters, digits and -, like cn-north-4",
            "区域由字母、数字和 - 组成，例如 cn-north-4",
        ));
    }
    Ok(text.to_owned())
}
