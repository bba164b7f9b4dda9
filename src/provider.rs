//! The deployment systems that can be watched. One file per provider holds its options, its wire
//! types, its URLs and the mapping to the model.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Subcommand;
use url::Url;

use crate::cause::{Cause, Hint};
use crate::http::Client;
use crate::model::{Note, Pins, Snapshot, Unit};

mod codearts;
mod fsd;
mod huawei;
mod json;
mod mrs;
#[cfg(test)]
mod mutate;
mod options;
mod servicestage;
mod yunxiao;

pub(crate) use options::{Environment, ProviderOptions, Variables, refuse_plaintext_secret};

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
    /// Whether a secret is sent to the endpoint.
    pub(crate) sends_secret: bool,
    /// The options that would select one run, where the options given do not.
    pub(crate) run_selectors: Option<Pins>,
    /// The long options that look for a run; once it is found, another one selects it.
    pub(crate) search_options: &'static [&'static str],
    /// What the user should know before the first poll.
    pub(crate) warnings: Vec<Note>,
    pub(crate) connect: Box<dyn FnOnce(Client) -> Box<dyn DeploymentSource>>,
}

/// Where the state of one deployment comes from.
pub(crate) trait DeploymentSource: Send {
    /// Asks once. An unchanged answer may be the same snapshot again.
    ///
    /// # Errors
    /// Where no answer came, or none that says how the deployment stands.
    fn poll(&mut self) -> Result<Arc<Snapshot>, PollError>;

    /// The end of the log of a failed unit: `lines` lines at most, printable, the last one last.
    /// None where there is no log, or it cannot be had; that never changes a verdict.
    fn log_tail(&mut self, _unit: &Unit, _lines: usize) -> Option<Vec<String>> {
        None
    }
}

/// A URL below the endpoint, which may have a path of its own.
fn below(endpoint: &Url, path: &str) -> Url {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}{path}", endpoint.path().trim_end_matches('/')));
    url
}

/// A poll that found nothing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollError {
    pub(crate) cause: Cause,
    /// The HTTP status, where an answer came.
    pub(crate) status: Option<u16>,
    pub(crate) then: Then,
    /// The server's clock, where the answer told it.
    pub(crate) date: Option<SystemTime>,
}

/// What a failed poll leaves to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Ask again, not sooner than this where the provider said so.
    AskAgain { retry_after: Option<Duration> },
    /// Asking again will not help.
    Refused {
        /// What the user can do about it.
        hint: Option<Hint>,
        /// Whether it counts even after a good answer, without the next poll saying the same.
        at_once: bool,
    },
    /// The user must say more: the command line does not tell which deployment is meant.
    SayMore,
    /// There is nobody left to ask: the recording that is played ends here.
    Over,
}

impl PollError {
    /// A refusal in words of deploywatch's own.
    pub(crate) fn refused(cause: Cause, status: Option<u16>) -> Self {
        Self {
            cause,
            status,
            then: Then::Refused {
                hint: None,
                at_once: false,
            },
            date: None,
        }
    }

    /// The same error with what the user can do about it, where it is a refusal.
    pub(crate) fn with_hint(mut self, better: Hint) -> Self {
        if let Then::Refused { hint, .. } = &mut self.then {
            *hint = Some(better);
        }
        self
    }
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
