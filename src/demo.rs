//! Simulated deployments behind a real HTTP server, for `deploywatch demo`.
//!
//! The server speaks each provider's own wire format, so that the demo runs the code of a real watch.
//! A simulated deployment is a pure function of its options and the time elapsed: nothing is stored,
//! and any moment can be tested without waiting for it.

mod codearts;
mod fsd;
mod huawei;
mod mrs;
mod options;
mod server;
mod servicestage;
mod story;
mod yunxiao;

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

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

/// A provider that is simulated.
#[derive(Debug)]
struct System {
    /// The provider's command and the options that watch the deployment, without the endpoint.
    args: &'static [&'static str],
    /// The same for the whole run, where it has one.
    whole_run: Option<&'static [&'static str]>,
    /// The variable of the secret, and the secret.
    secret: Option<(&'static str, &'static str)>,
    /// For the help of the demo.
    about: &'static str,
    /// How many machines, components or steps a deployment has unless told otherwise.
    default_units: u32,
    /// The part of the duration, at its beginning, in which only the previous run shows.
    lead: f64,
    /// The scenarios that its API cannot express.
    unsupported: &'static [Scenario],
    /// The status of a stray page; not 200 where that would say that the password was wrong.
    stray_status: u16,
    /// Answers one request in its wire format.
    answer: fn(&Call) -> Reply,
}

/// How the simulated deployment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Scenario {
    /// Everything succeeds
    Success,
    /// A unit fails a little after half-way, and the deployment with it
    Failure,
    /// It waits for a person after the first batch, then goes on by itself
    Pause,
    /// Somebody cancels it half-way
    Cancel,
    /// It succeeds over a bad connection, with retries
    Flaky,
}

/// An HTTP request, and when it came.
struct Call {
    plan: DemoOptions,
    method: String,
    path: String,
    query: String,
    /// Header lines.
    headers: String,
    body: Vec<u8>,
    /// Since the deployment began.
    elapsed: Duration,
    /// When it began, in epoch milliseconds.
    began_ms: u64,
}

impl Call {
    /// The first header of that name.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (other, value) = line.split_once(':')?;
            other.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The share of the run that has passed: below 0 while the previous run shows, from 1 on over.
    fn share(&self) -> f64 {
        let lead = self.plan.system.lead;
        (self.elapsed.div_duration_f64(self.plan.duration) - lead) / (1.0 - lead)
    }

    /// The wall clock, in epoch milliseconds, at a share of the run.
    fn wall_ms(&self, share: f64) -> u64 {
        let lead = self.plan.system.lead;
        let passed = (lead + share * (1.0 - lead)) * self.plan.duration.as_secs_f64();
        self.began_ms + (passed * 1000.0) as u64
    }
}

/// An error of an API: the HTTP status, the code and the text.
type ApiError = (u16, &'static str, &'static str);

/// An HTTP response.
#[derive(Debug)]
struct Reply {
    status: u16,
    /// Header lines, each with its line break.
    headers: String,
    body: String,
    /// Whether the connection ends in the middle of the body.
    is_cut: bool,
}

impl Reply {
    /// A reply with a body of this type.
    fn new(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: format!("content-type: {content_type};charset=utf-8\r\n"),
            body,
            is_cut: false,
        }
    }

    /// An HTML page.
    fn html(status: u16, page: &str) -> Self {
        Self::new(status, "text/html", page.to_owned())
    }

    /// The result of an API call; `error` makes the body of an error from its code and text.
    fn api(result: Result<Value, ApiError>, error: fn(&str, &str) -> Value) -> Self {
        let (status, value) = match result {
            Ok(value) => (200, value),
            Err((status, code, text)) => (status, error(code, text)),
        };
        Self::new(status, "application/json", value.to_string())
    }

    /// The same reply with one more header.
    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }
}

/// `yyyy-MM-dd HH:mm:ss` in UTC+8, without the zone, as the APIs send it.
fn home_time(epoch_ms: u64) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(epoch_ms) + Duration::from_secs(8 * 60 * 60);
    let text = humantime::format_rfc3339_seconds(at).to_string();
    text.replace('T', " ").replace('Z', "")
}

/// The name at `index`; from the second round through the list on, the names are numbered.
fn numbered(names: &[&str], index: u32) -> String {
    let name = names[index as usize % names.len()];
    match index as usize / names.len() {
        0 => name.to_owned(),
        round => format!("{name}-{}", round + 1),
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
    pub(super) fn plan(system: &'static System, scenario: Scenario, units: u32) -> DemoOptions {
        DemoOptions {
            system,
            scenario,
            whole_run: false,
            units: Some(units),
            duration: Duration::from_secs(20),
            serve: None,
        }
    }

    /// The reply to a request (`METHOD /path`) at `millis` of the deployment, and its JSON.
    pub(super) fn ask(
        plan: DemoOptions,
        millis: u64,
        request: &str,
        headers: &Headers,
        body: &str,
    ) -> (Reply, Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| format!("{name}: {value}\r\n"));
        let reply = (plan.system.answer)(&Call {
            plan,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            elapsed: Duration::from_millis(millis),
            began_ms: BEGAN_MS,
        });
        let json = serde_json::from_str(&reply.body).unwrap_or_default();
        (reply, json)
    }

    #[test]
    fn each_system_is_a_provider_with_its_own_secret() {
        use clap::{FromArgMatches as _, Subcommand as _};

        use crate::provider::Provider;

        for system in SYSTEMS {
            let root = clap::Command::new("demo").no_binary_name(true);
            let command = Provider::augment_subcommands(root)
                .mut_subcommand(system.args[0], |command| command.arg(clap::arg!(--fresh)));
            for args in [Some(system.args), system.whole_run].into_iter().flatten() {
                let words = args.iter().chain(&["--endpoint", "http://[::1]"]);
                let matches = command.clone().try_get_matches_from(words).unwrap();
                let provider = Provider::from_arg_matches(&matches).unwrap();
                let variable = system.secret.map(|(variable, _)| variable);
                assert_eq!(provider.options().variables().secret(), variable);
            }
        }
    }

    #[test]
    fn time_at_home_carries_no_zone() {
        assert_eq!(home_time(BEGAN_MS), "2025-07-09 11:36:28");
    }
}
