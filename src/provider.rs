//! The deployment systems that can be watched. One file per provider holds its options, its wire
//! types, its URLs and the mapping to the model.

use std::num::NonZeroI64;
use std::sync::Arc;

use clap::Subcommand;
use url::Url;

use crate::history::HistoryKey;
use crate::http::Client;
use crate::message::Message;
use crate::model::{Snapshot, Unit};
use crate::poll::PollError;

mod codearts;
mod earlier_runs;
mod fsd;
mod huawei;
mod json;
mod messages;
mod mrs;
#[cfg(test)]
mod mutate;
#[cfg(test)]
mod noise_tests;
mod options;
mod servicestage;
mod stated_error;
mod yunxiao;

pub(crate) use options::{Environment, ProviderOptions, Setup, Variables, refuse_plaintext_secret};

/// The deployment systems, each with the options of its command: the one list of them.
#[derive(Subcommand, Debug)]
pub(crate) enum Provider {
    /// Alibaba Cloud Yunxiao Flow: host deploy order
    Yunxiao(yunxiao::YunxiaoOptions),
    /// Huawei Cloud CodeArts Deploy: deployment task
    Codearts(codearts::CodeartsOptions),
    /// Huawei Cloud ServiceStage: release task
    Servicestage(servicestage::ServicestageOptions),
    /// Huawei MRS / FusionInsight Manager: command
    Mrs(mrs::MrsOptions),
    /// klcloud FSD installer
    Fsd(fsd::FsdOptions),
}

impl Provider {
    /// An example for the help of the program.
    pub(crate) const EXAMPLE: &str = "deploywatch yunxiao --pipeline 123 --order 1111";

    /// The options, whichever the provider.
    pub(crate) fn options(&self) -> &dyn ProviderOptions {
        match self {
            Self::Yunxiao(options) => options,
            Self::Codearts(options) => options,
            Self::Servicestage(options) => options,
            Self::Mrs(options) => options,
            Self::Fsd(options) => options,
        }
    }
}

/// A deployment to watch: everything about it is checked, and nothing has been sent.
pub(crate) struct DeploymentSpec {
    /// The provider's command.
    pub(crate) provider: &'static str,
    /// The name in the events, made of the ids that were given.
    pub(crate) target: String,
    pub(crate) endpoint: Url,
    /// The deployment's page in the provider's console, where it is known for certain.
    pub(crate) url: Option<Arc<str>>,
    /// Whether a secret is sent to the endpoint.
    pub(crate) sends_secret: bool,
    /// Warns that the deployment had already ended when the watch began, where no option selects one run.
    pub(crate) already_ended_warning: Option<Message>,
    /// Under which its duration is remembered; none where no id tells which deployments are alike.
    pub(crate) history_key: Option<HistoryKey>,
    /// The long options that look for a run; once it is found, another one selects it.
    pub(crate) search_options: &'static [&'static str],
    /// Warnings about its options and the file of its secret.
    pub(crate) warnings: Vec<Message>,
    pub(crate) connect: Box<dyn FnOnce(Client) -> Box<dyn DeploymentSource>>,
}

/// The source of the state of one deployment.
pub(crate) trait DeploymentSource: Send {
    /// Asks once. An unchanged answer may be the same snapshot again.
    ///
    /// # Errors
    /// If no answer came, or none that says how the deployment stands.
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError>;

    /// The last `lines` lines of the log of a failed unit, printable and in order; none if there is
    /// no log.
    ///
    /// # Errors
    /// The log cannot be read, and the user should know why. That never changes a verdict.
    fn log_tail(&mut self, _unit: &Unit, _lines: usize) -> Result<Vec<String>, PollError> {
        Ok(Vec::new())
    }

    /// The same of a deployment that failed though none of its units did.
    ///
    /// # Errors
    /// The log cannot be read, and the user should know why. That never changes a verdict.
    fn own_log_tail(&mut self, _lines: usize) -> Result<Vec<String>, PollError> {
        Ok(Vec::new())
    }
}

/// The result for a log that may be missing: only a lack of permission is told.
fn missing_log(error: PollError) -> Result<Vec<String>, PollError> {
    if error.status == Some(403) {
        Err(error)
    } else {
        Ok(Vec::new())
    }
}

/// A URL below the endpoint, which may have a path of its own.
fn below(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}{path}", endpoint.path().trim_end_matches('/')));
    url
}

/// The time that a text states in milliseconds since 1970; 0 is none [D].
fn epoch_millis(text: &json::Text<'_>) -> Option<NonZeroI64> {
    let time: Option<NonZeroI64> = text.get()?.parse().ok();
    time.filter(|time| time.get() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_have_a_path() {
        for (endpoint, expected) in [
            ("https://example.com", "https://example.com/v2/a"),
            ("https://example.com/", "https://example.com/v2/a"),
            ("https://example.com/base/", "https://example.com/base/v2/a"),
        ] {
            let endpoint = Url::parse(endpoint).expect("a URL");
            assert_eq!(below(&endpoint, "/v2/a").as_str(), expected);
        }
    }
}
