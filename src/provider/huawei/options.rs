//! The options that the Huawei Cloud services share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use url::Url;

use super::{Account, KEYS, TOKEN};
use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::platform;
use crate::provider::options::{Problems, endpoint, or_variable};
use crate::provider::{Environment, Setup, Variables};

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
    pub(crate) token_file: Option<PathBuf>,
}

impl HuaweiOptions {
    /// The URL of `service`, which has this name in that of a region [O], and the account, for `project` where
    /// one is given; none where there is any of the `problems`.
    pub(crate) fn connection(
        &self,
        service: &str,
        project: Option<String>,
        setup: &Setup<'_>,
        problems: &mut Problems,
    ) -> Option<(Url, Account)> {
        let endpoint = problems.note(self.endpoint(service, setup.environment));
        let file = self.token_file.as_deref();
        let account = problems.note_secret(file, || Account::find(file, project, setup));
        endpoint.zip(account).filter(|_| problems.0.is_empty())
    }

    fn endpoint(&self, service: &str, environment: Environment<'_>) -> Result<Url> {
        if let Some(url) = &self.endpoint {
            return endpoint(url);
        }
        let region = or_variable(self.region.as_deref(), &[REGION], region, environment)?;
        let region = region.ok_or_else(|| {
            Message::new(
                format!("no region: pass --region NAME, or set {REGION}, or pass --endpoint URL"),
                format!("缺少区域：请指定 --region NAME，或设置 {REGION}，或指定 --endpoint URL"),
            )
        })?;
        endpoint(&format!("https://{service}.{region}.myhuaweicloud.com"))
    }

    /// The variables for which the SDK's credentials file stands [D], where nothing else gives credentials.
    pub(crate) fn fallback(
        &self,
        environment: Environment<'_>,
        timeout: Option<Duration>,
    ) -> Result<BTreeMap<&'static str, String>> {
        let (_, secrets) = VARIABLES.secret_file();
        let is_set = |name: &&str| environment(name).is_some();
        let named = environment("HUAWEICLOUD_SDK_CREDENTIALS_FILE").map(PathBuf::from);
        let at_home = || {
            let path = PathBuf::from(environment(platform::HOME)?).join(".huaweicloud/credentials");
            path.exists().then_some(path)
        };
        match named.or_else(at_home) {
            Some(path) if self.token_file.is_none() && !secrets.iter().any(is_set) => {
                let bytes = input::read(&path, input::SETTINGS_SIZE, timeout);
                let bytes = bytes.context(|| Message::cannot_read(&path))?;
                Ok(parse(&String::from_utf8_lossy(&bytes)))
            }
            _ => Ok(BTreeMap::new()),
        }
    }
}

/// The keys for the services of one region in an SDK's credentials file, as the variables of the same meaning.
fn parse(text: &str) -> BTreeMap<&'static str, String> {
    let [access, secret, security_token] = KEYS[0];
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| *line == "[basic]");
    let lines = lines.take_while(|line| !line.starts_with('['));
    let settings = lines.filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let variable = match key.trim() {
            "ak" => access,
            "sk" => secret,
            "security_token" => security_token,
            "project_id" => PROJECT[0],
            _ => return None,
        };
        Some((variable, value.trim().to_owned()))
    });
    settings.filter(|(_, value)| !value.is_empty()).collect()
}

/// A region becomes part of a host's name. White space around it is dropped.
fn region(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_region = (1..=63).contains(&text.len()) && text.bytes().all(fits);
    ensure(is_region, || {
        Message::new(
            "a region is letters, digits and -, like cn-north-4",
            "区域由字母、数字和 - 组成，例如 cn-north-4",
        )
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_of_basic_keys_is_read() {
        for (text, keys) in [
            ("", &[][..]),
            ("ak = a\n", &[]),
            ("[global]\nak = a\nsk = b\n", &[]),
            (
                "[global]\nak=g\n[basic]\r\n# sk = no\nak = a=b\r\nsk=c\n other = x\n[x]\nproject_id = p\n",
                &[("HUAWEICLOUD_SDK_AK", "a=b"), ("HUAWEICLOUD_SDK_SK", "c")],
            ),
            (
                "[basic]\nsecurity_token = t\nproject_id = p\nsk =\n",
                &[
                    ("HUAWEICLOUD_SDK_PROJECT_ID", "p"),
                    ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "t"),
                ],
            ),
        ] {
            let found = parse(text);
            let found: Vec<_> = found
                .iter()
                .map(|(name, value)| (*name, &**value))
                .collect();
            assert_eq!(found, keys, "{text:?}");
        }
    }
}
