//! The options of `deploywatch fsd`.

use std::time::Duration;

use clap::Args;

use super::Fsd;
use crate::history::HistoryKey;
use crate::message::{Message, Result};
use crate::provider::options::endpoint;
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables, below, messages};
use crate::text;

/// The installer's default address [D].
const ENDPOINT: &str = "http://127.0.0.1:1236";
/// The key of its one run [D].
const KEY: &str = "deploy:klcloud-fsd";

/// The longest key, in characters.
const MAX_KEY: usize = 200;

/// The options of `deploywatch fsd`.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  deploywatch fsd --fresh --stall-timeout 2h")]
pub(crate) struct FsdOptions {
    /// The key of the deployment
    #[arg(long, value_name = "KEY", default_value = KEY, value_parser = key)]
    key: String,
    /// The installer's operation
    #[arg(long, value_name = "WHAT", default_value = "deploy")]
    #[arg(value_parser = ["deploy", "extend", "upgrade"])]
    operation: String,
    /// The installer's address
    #[arg(long, value_name = "URL", default_value = ENDPOINT)]
    endpoint: String,
}

/// A status read can make the installer lose a step, for its script does not wait for a lock of its
/// database [O]: reads that come faster than this are warned of.
const SHORT_INTERVAL: Duration = Duration::from_secs(1);

impl ProviderOptions for FsdOptions {
    fn variables(&self) -> &'static Variables {
        &Variables(&[])
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let endpoint = endpoint(&self.endpoint)?;
        let fresh = setup.fresh;
        let base = below(&endpoint, &format!("/api/{}/", self.operation)).to_string();
        let is_upgrade = self.operation == "upgrade";
        let question = (!is_upgrade).then(|| serde_json::json!({ "key": self.key }).to_string());
        let key = text::clean(&self.key, text::MESSAGE);
        Ok(vec![DeploymentSpec {
            provider: "fsd",
            target: format!("fsd:{key}"),
            history_key: Some(HistoryKey::new(
                "fsd",
                &endpoint,
                format!("{key}/{}", self.operation),
            )),
            endpoint,
            url: None,
            // The installer takes no credentials.
            sends_secret: false,
            already_ended_warning: (!fresh).then(|| messages::may_be_earlier(&["--fresh"])),
            search_options: &[],
            warnings: Vec::from_iter((setup.interval < SHORT_INTERVAL).then(|| {
                Message::new(
                    "an --interval under 1s can make the installer lose the record of a step",
                    "--interval 小于 1s 可能使安装器丢失步骤记录",
                )
            })),
            connect: Box::new(move |http| Box::new(Fsd::new(base, question, fresh, http))),
        }])
    }
}

/// A key goes into JSON, which takes any text; it must be printable.
fn key(text: &str) -> Result<String> {
    let fits = !text.trim().is_empty() && text.chars().count() <= MAX_KEY;
    if !fits || text.chars().any(char::is_control) {
        return Err(Message::new(
            format!("a key is 1 to {MAX_KEY} printable characters"),
            format!("key 由 1 到 {MAX_KEY} 个可打印字符组成"),
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_any_printable_text() {
        for good in [KEY, "a", "部署: \"1\" \\ {}", &"键".repeat(MAX_KEY)] {
            assert_eq!(key(good).expect(good), good);
        }
        for bad in ["", " ", "a\nb", "a\u{1b}[31m", &"a".repeat(MAX_KEY + 1)] {
            key(bad).expect_err(bad);
        }
    }
}
