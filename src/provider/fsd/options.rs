//! The options of `deploywatch fsd`.

use std::time::Duration;

use clap::Args;
use url::Url;

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

/// Where an operation is read, and how.
pub(super) struct Urls {
    pub(super) status: String,
    /// The body of the POST that asks for the status [D]; none where it is a GET [O].
    pub(super) question: Option<String>,
    pub(super) history: String,
    /// The log of the installer's script; the upgrade has none.
    pub(super) log: Option<String>,
}

impl Urls {
    /// Those of an operation [D, O]. With a slash at its end a path would be another page [O].
    fn new(endpoint: &Url, operation: &str, key: &str) -> Self {
        let url = |resource: &str| below(endpoint, &format!("/api/{operation}/{resource}"));
        let is_upgrade = operation == "upgrade";
        let mut history = url("history");
        if is_upgrade {
            // The last one alone.
            history.set_query(Some("sort=endtime&size=1"));
        }
        Self {
            status: url("status").into(),
            question: (!is_upgrade).then(|| serde_json::json!({ "key": key }).to_string()),
            history: history.into(),
            log: (!is_upgrade).then(|| url("download").into()),
        }
    }
}

impl ProviderOptions for FsdOptions {
    fn variables(&self) -> &'static Variables {
        &Variables(&[])
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        let endpoint = endpoint(&self.endpoint)?;
        let fresh = setup.fresh;
        let urls = Urls::new(&endpoint, &self.operation, &self.key);
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
            connect: Box::new(move |http| Box::new(Fsd::new(urls, fresh, http))),
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
    fn the_requests_of_each_operation() {
        let sample = include_str!("../../../tests/fixtures/fsd.request.json");
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        for (operation, endpoint, status, history, log) in [
            (
                "deploy",
                ENDPOINT,
                "http://127.0.0.1:1236/api/deploy/status",
                "http://127.0.0.1:1236/api/deploy/history",
                Some("http://127.0.0.1:1236/api/deploy/download"),
            ),
            (
                "extend",
                "http://h/base/",
                "http://h/base/api/extend/status",
                "http://h/base/api/extend/history",
                Some("http://h/base/api/extend/download"),
            ),
            (
                "upgrade",
                ENDPOINT,
                "http://127.0.0.1:1236/api/upgrade/status",
                "http://127.0.0.1:1236/api/upgrade/history?sort=endtime&size=1",
                None,
            ),
        ] {
            let urls = Urls::new(&Url::parse(endpoint).expect("a URL"), operation, KEY);
            assert_eq!((&*urls.status, &*urls.history), (status, history));
            assert_eq!(urls.log.as_deref(), log);
            let question = urls.question.as_deref().map(json);
            let expected = (operation != "upgrade").then(|| json(sample));
            assert_eq!(question, expected, "{operation}");
        }
    }

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
