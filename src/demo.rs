//! Simulated deployments behind a real HTTP server, for `deploywatch demo`. The server speaks each provider's own
//! wire format. A deployment is a pure function of its options and the time elapsed: nothing is stored.

mod codearts;
mod fsd;
mod mrs;
mod server;
mod servicestage;
mod story;
mod yunxiao;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::options::limit;
use crate::message::{Context as _, Message, Result, ensure};
use crate::platform::{shell_quote, with_variable};
use crate::record::RecordedCommand;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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

/// The options of `deploywatch demo`, which describe the simulated deployment.
#[derive(Args, Clone, Copy, Debug)]
#[command(before_help = "\
Examples:
  deploywatch demo
  deploywatch demo --scenario failure --units 40
  deploywatch demo --serve 127.0.0.1:8080")]
pub(crate) struct DemoOptions {
    /// The system to simulate
    #[arg(value_name = "PROVIDER", default_value = SYSTEMS[0].args[0], value_enum)]
    system: &'static System,
    /// How the deployment goes
    #[arg(long, value_name = "HOW", default_value = "success")]
    scenario: Scenario,
    /// Watch the whole run of the pipeline (yunxiao)
    #[arg(long, hide_short_help = true)]
    whole_run: bool,
    /// Number of units [default: depends on the provider]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    units: Option<u32>,
    /// How long it takes
    #[arg(long, value_name = "DURATION", value_parser = limit, default_value = "20s")]
    duration: Duration,
    /// Only serve, on this address of this machine, and print the command to watch it
    #[arg(long, value_name = "ADDR")]
    pub(crate) serve: Option<SocketAddr>,
}

impl ValueEnum for &'static System {
    fn value_variants<'a>() -> &'a [Self] {
        &SYSTEMS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.args[0]).help(self.about))
    }
}

impl DemoOptions {
    /// Starts to serve the deployment, unless the provider cannot express the scenario. Returns the command line
    /// that watches it, with the secret in the environment, and the server's thread.
    pub(crate) fn start(&self) -> Result<(RecordedCommand, JoinHandle<()>)> {
        let (system, name) = (self.system, self.system.args[0]);
        ensure(!system.unsupported.contains(&self.scenario), || {
            Message::new(
                format!("the API of {name} cannot express this --scenario"),
                format!("{name} 的接口无法表达这个 --scenario"),
            )
        })?;
        let listen = self.serve.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        ensure(listen.ip().is_loopback(), || {
            Message::new(
                "--serve is for this machine only: pass 127.0.0.1:PORT or [::1]:PORT",
                "--serve 只供本机使用：请指定 127.0.0.1:PORT 或 [::1]:PORT",
            )
        })?;
        let listener = TcpListener::bind(listen).context(|| {
            Message::new(
                format!("cannot serve on {listen}"),
                format!("无法在 {listen} 上提供服务"),
            )
        })?;
        let args = match self.whole_run {
            false => Some(system.args),
            true => system.whole_run,
        };
        let args = args.ok_or_else(|| {
            Message::new(
                format!("{name} has no --whole-run"),
                format!("{name} 没有 --whole-run"),
            )
        })?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let interval = self.serve.is_none().then_some("--interval=500ms");
        let words = args.iter().copied().chain(["--endpoint", &endpoint]);
        let secret = system.secret.into_iter();
        let command = RecordedCommand {
            command: words.chain(interval).map(str::to_owned).collect(),
            environment: secret
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            secrets: BTreeSet::new(),
        };
        Ok((command, server::start(*self, listener)?))
    }

    /// How many machines, components or steps the deployment has.
    fn units(&self) -> u32 {
        self.units.unwrap_or(self.system.default_units)
    }

    /// The line to type into a shell, environment included.
    pub(crate) fn shell_line(&self, words: &[String]) -> String {
        let words = words.iter().map(|word| shell_quote(word));
        let line = words.fold("deploywatch".to_owned(), |line, word| line + " " + &word);
        match self.system.secret {
            Some((variable, value)) => with_variable(variable, value, &line),
            None => line,
        }
    }
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
    fn new(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: format!("content-type: {content_type};charset=utf-8\r\n"),
            body,
            is_cut: false,
        }
    }

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

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }
}

/// The errors of the gateway before Huawei Cloud's services.
const UNAUTHORIZED: ApiError = (401, "APIGW.0301", "The IAM token is not valid");
const UNKNOWN_API: ApiError = (404, "APIGW.0101", "The API does not exist");

/// Passes a GET with credentials on to a `service`, as Huawei Cloud's gateway does; no signature is verified.
fn huawei_gateway(call: &Call, service: fn(&Call) -> Result<Value, ApiError>) -> Reply {
    let header = |name| call.header(name).unwrap_or_default();
    let is_signed = header("authorization").starts_with("SDK-HMAC-SHA256 ");
    let result = match call.method.as_str() {
        _ if header("x-auth-token") != TOKEN && !is_signed => Err(UNAUTHORIZED),
        "GET" => service(call),
        _ => Err(UNKNOWN_API),
    };
    Reply::api(result, |code, text| match code.starts_with("APIGW.") {
        true => json!({ "error_code": code, "error_msg": text, "request_id": "demo-000000000001" }),
        false => json!({ "error_code": code, "error_msg": text }),
    })
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

    #[cfg(unix)]
    #[test]
    fn the_line_can_be_typed_as_it_is() {
        let args = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let [yunxiao, .., fsd] = SYSTEMS.map(|system| plan(system, Scenario::Success, 1));
        assert_eq!(
            yunxiao.shell_line(&args("yunxiao --order 1111 --endpoint http://127.0.0.1:1")),
            "YUNXIAO_ACCESS_TOKEN=demo-token deploywatch yunxiao --order 1111 \
             --endpoint http://127.0.0.1:1"
        );
        assert_eq!(
            fsd.shell_line(&args("fsd --fresh --endpoint http://[::1]:1")),
            "deploywatch fsd --fresh --endpoint 'http://[::1]:1'"
        );
    }
}
