//! Simulated deployments behind a real HTTP server, for `deploywatch demo`.
//!
//! The server speaks each provider's own wire format, so that the demo runs the same code as a real
//! watch. A simulated deployment is a pure function of the plan and the time elapsed: nothing is
//! stored, nothing runs in the background, and any moment can be tested without waiting for it.

mod codearts;
mod fsd;
mod mrs;
mod options;
mod server;
mod servicestage;
mod story;
mod yunxiao;

use std::time::{Duration, UNIX_EPOCH};

use hyper::{HeaderMap, Method};
use serde::Serialize;
use serde_json::json;

pub(crate) use options::DemoOptions;

/// The providers that are simulated; the first is the default.
static SYSTEMS: [&System; 5] = [
    &yunxiao::SYSTEM,
    &codearts::SYSTEM,
    &servicestage::SYSTEM,
    &mrs::SYSTEM,
    &fsd::SYSTEM,
];

/// The token that is asked for. It guards nothing; it shows that credentials are sent.
const TOKEN: &str = "demo-token";
/// The longest time for which the previous run stays in view, where the provider does that.
const LONGEST_LEAD: Duration = Duration::from_millis(1500);

/// A provider that is simulated.
#[derive(Debug)]
struct System {
    /// The command line that watches the deployment, without the endpoint: the provider's command
    /// comes first.
    args: &'static [&'static str],
    /// The variable of the secret, and the secret.
    secret: Option<(&'static str, &'static str)>,
    /// For the help of the demo.
    about: &'static str,
    /// How many machines, components or steps a deployment has unless told otherwise.
    default_units: u32,
    /// Whether the previous run stays in view for a while.
    shows_previous_run: bool,
    /// The scenarios that its wire format cannot express, and the reason, for people.
    unsupported: &'static [(Scenario, &'static str)],
    /// Whether an HTML page under HTTP 200 says that the password was wrong.
    html_means_sign_in: bool,
    /// Answers one request in its wire format.
    answer: fn(&Ask<'_>) -> Reply,
}

impl System {
    /// The name of the provider's command.
    const fn name(&self) -> &'static str {
        self.args[0]
    }
}

/// How the simulated deployment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Scenario {
    /// Everything succeeds
    Success,
    /// Something fails a little after half-way, and the deployment with it
    Failure,
    /// It waits for a person after the first batch, then goes on by itself
    Pause,
    /// Somebody cancels it half-way
    Cancel,
    /// It succeeds, over a bad connection and with something that is tried again
    Flaky,
}

/// A simulated deployment.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Whose wire format it has.
    system: &'static System,
    /// How it goes.
    scenario: Scenario,
    /// How many machines, components or steps it has.
    units: u32,
    /// From its beginning to its end.
    duration: Duration,
}

impl Plan {
    /// How long the previous run stays in view before this one shows.
    fn lead(&self) -> Duration {
        if self.system.shows_previous_run {
            LONGEST_LEAD.min(self.duration / 8)
        } else {
            Duration::ZERO
        }
    }

    /// How long the run itself takes, in seconds; never 0, because shares of it are asked for.
    fn seconds(&self) -> f64 {
        (self.duration - self.lead()).as_secs_f64().max(0.001)
    }
}

/// One request, and the moment of the simulated deployment at which it came.
struct Ask<'a> {
    plan: Plan,
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
    /// Since the deployment began.
    elapsed: Duration,
    /// When it began, in epoch milliseconds.
    began_ms: u64,
}

impl Ask<'_> {
    /// How much of the run has passed: below 0 while the previous one is in view, from 1 on over.
    fn share(&self) -> f64 {
        (self.elapsed.as_secs_f64() - self.plan.lead().as_secs_f64()) / self.plan.seconds()
    }

    /// The wall clock, in epoch milliseconds, at a share of the run.
    fn wall_ms(&self, share: f64) -> u64 {
        let since = self.plan.lead().as_secs_f64() + share * self.plan.seconds();
        self.began_ms + (since * 1000.0) as u64
    }

    /// The wall clock, in epoch milliseconds, at this request.
    fn now_ms(&self) -> u64 {
        self.began_ms + self.elapsed.as_millis() as u64
    }

    /// A header of the request, where it is text.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The parts of the path.
    fn segments(&self) -> Vec<&str> {
        self.path.split('/').skip(1).collect()
    }

    /// An id for this request, as gateways put into their errors.
    fn request_id(&self) -> String {
        format!("demo-{:012x}", self.elapsed.as_nanos())
    }

    /// Whether the request signs in to Huawei Cloud. A signature is taken on trust: checking it
    /// would need the watcher's secret key.
    fn has_huawei_credentials(&self) -> bool {
        let signed = |value: &str| value.starts_with("SDK-HMAC-SHA256 ");
        self.header("x-auth-token") == Some(TOKEN)
            || self.header("authorization").is_some_and(signed)
    }

    /// What Huawei Cloud's gateway says to a request that does not sign in.
    fn huawei_unauthorized(&self) -> Reply {
        let text = "Incorrect IAM authentication information: verify token failed";
        self.huawei_gateway(401, "APIGW.0301", text)
    }

    /// What Huawei Cloud's gateway says to a path or a method that it does not know.
    fn huawei_unknown_api(&self) -> Reply {
        let text = "The API does not exist or has not been published in the environment";
        self.huawei_gateway(404, "APIGW.0101", text)
    }

    /// An error of Huawei Cloud's gateway.
    fn huawei_gateway(&self, status: u16, code: &str, text: &str) -> Reply {
        let id = self.request_id();
        let error = json!({ "error_code": code, "error_msg": text, "request_id": id });
        Reply::json(status, &error)
    }
}

/// What the server says to a request.
#[derive(Debug)]
struct Reply {
    status: u16,
    content_type: &'static str,
    /// One more header, where the reply needs it.
    header: Option<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    /// A JSON document.
    fn json(status: u16, value: &impl Serialize) -> Self {
        Self {
            status,
            content_type: "application/json;charset=utf-8",
            header: None,
            body: serde_json::to_vec(value).expect("a wire type has only text keys"),
        }
    }

    /// A page for people.
    fn html(status: u16, page: &str) -> Self {
        Self {
            status,
            content_type: "text/html; charset=utf-8",
            header: None,
            body: page.as_bytes().to_vec(),
        }
    }

    /// The same reply with one more header.
    fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.header = Some((name, value.into()));
        self
    }
}

/// `yyyy-MM-dd HH:mm:ss` at the vendors' home, eight hours ahead of UTC and, as there, unsaid.
fn home_time(epoch_ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(epoch_ms) + Duration::from_secs(8 * 60 * 60);
    let text = humantime::format_rfc3339_seconds(at).to_string();
    text.replace('T', " ").replace('Z', "")
}

/// The name at `index` of a list that starts anew, numbered, when it is used up.
fn numbered(names: &[&str], index: u32) -> String {
    let (round, place) = (index as usize / names.len(), index as usize % names.len());
    match round {
        0 => names[place].to_owned(),
        _ => format!("{}-{}", names[place], round + 1),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A request's headers.
    pub(super) type Headers = [(&'static str, &'static str)];

    /// 2025-07-09 03:36:28 UTC.
    const BEGAN_MS: u64 = 1_752_032_188_000;

    /// A plan of 20 seconds.
    pub(super) fn plan(system: &'static System, scenario: Scenario, units: u32) -> Plan {
        let duration = Duration::from_secs(20);
        Plan {
            system,
            scenario,
            units,
            duration,
        }
    }

    /// The reply to a request (`METHOD /path`) at `millis` of the deployment, and its JSON.
    pub(super) fn ask(
        plan: Plan,
        millis: u64,
        request: &str,
        headers: &Headers,
        body: &str,
    ) -> (Reply, serde_json::Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers.iter().map(|(name, value)| {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        let reply = (plan.system.answer)(&Ask {
            plan,
            method: &method.parse().unwrap(),
            path,
            query,
            headers: &headers.collect(),
            body: body.as_bytes(),
            elapsed: Duration::from_millis(millis),
            began_ms: BEGAN_MS,
        });
        let json = serde_json::from_slice(&reply.body).unwrap_or_default();
        (reply, json)
    }

    #[test]
    fn each_system_is_a_provider_with_its_own_secret() {
        use clap::{FromArgMatches as _, Subcommand as _};

        use crate::provider::Provider;

        for system in SYSTEMS {
            let root = clap::Command::new("demo").no_binary_name(true);
            let command = Provider::augment_subcommands(root)
                .mut_subcommand(system.name(), |command| command.arg(clap::arg!(--fresh)));
            let words = system.args.iter().chain(&["--endpoint", "http://[::1]"]);
            let matches = command.try_get_matches_from(words).unwrap();
            let provider = Provider::from_arg_matches(&matches).unwrap();
            let variable = system.secret.map(|(variable, _)| variable);
            assert_eq!(provider.options().variables().secret, variable);
        }
    }

    #[test]
    fn time_at_home_carries_no_zone() {
        assert_eq!(home_time(BEGAN_MS), "2025-07-09 11:36:28");
    }
}
