//! The options of `deploywatch demo`, and the simulated deployment that they start.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::server::Server;
use super::{Plan, SYSTEMS, Scenario, System};
use crate::cli::options::limit;
use crate::text::shell_quote;

/// The interval between polls of the demo, which takes seconds rather than minutes.
const INTERVAL: &str = "--interval=500ms";

/// The options of `deploywatch demo`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch demo
  deploywatch demo --scenario failure --units 40
  deploywatch demo --serve 127.0.0.1:8080")]
pub(crate) struct DemoOptions {
    /// Which system to simulate
    #[arg(value_name = "PROVIDER", default_value = SYSTEMS[0].name(), value_parser = system())]
    system: &'static System,
    /// How the deployment goes
    #[arg(long, value_name = "HOW", default_value = "success")]
    scenario: Scenario,
    /// How many units it has [default: as many as look well for the system]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    units: Option<u32>,
    /// How long it takes
    #[arg(long, value_name = "DURATION", value_parser = limit, default_value = "20s")]
    duration: Duration,
    /// Only serve, on this address of this machine, and print the command that watches it
    #[arg(long, value_name = "ADDR")]
    serve: Option<SocketAddr>,
}

/// Reads the name of a system.
fn system() -> impl TypedValueParser<Value = &'static System> {
    let values = SYSTEMS.map(|system| PossibleValue::new(system.name()).help(system.about));
    PossibleValuesParser::new(values).try_map(|name| {
        let system = SYSTEMS.into_iter().find(|system| system.name() == name);
        system.ok_or("no such system")
    })
}

/// A simulated deployment that is being served.
pub(crate) struct Demo {
    plan: Plan,
    server: Server,
    serves_only: bool,
}

impl DemoOptions {
    /// Starts to serve the deployment.
    ///
    /// # Errors
    /// The system cannot express the scenario, or the address cannot be used.
    pub(crate) fn start(&self) -> Result<Demo> {
        let mut unsupported = self.system.unsupported.iter();
        if let Some((_, why)) = unsupported.find(|(scenario, _)| *scenario == self.scenario) {
            bail!("{why}");
        }
        let address = self
            .serve
            .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        ensure!(
            address.ip().is_loopback(),
            "--serve is for this machine only: pass 127.0.0.1:PORT or [::1]:PORT"
        );
        let plan = Plan {
            system: self.system,
            scenario: self.scenario,
            units: self.units.unwrap_or(self.system.default_units),
            duration: self.duration,
        };
        let server =
            Server::start(plan, address).with_context(|| format!("cannot serve on {address}"))?;
        Ok(Demo {
            plan,
            server,
            serves_only: self.serve.is_some(),
        })
    }

    /// Whether somebody else watches.
    pub(crate) fn serves_only(&self) -> bool {
        self.serve.is_some()
    }
}

impl Demo {
    /// The command line that watches the deployment, after the program's name.
    pub(crate) fn watch_args(&self) -> Vec<String> {
        let mut args: Vec<_> = self
            .plan
            .system
            .args
            .iter()
            .map(ToString::to_string)
            .collect();
        args.extend([
            "--endpoint".to_owned(),
            format!("http://{}", self.server.addr()),
        ]);
        if !self.serves_only {
            args.push(INTERVAL.to_owned());
        }
        args
    }

    /// The environment of that command: the secret, which is never an argument.
    pub(crate) fn variable(&self, name: &str) -> Option<&'static str> {
        let secret = self.plan.system.secret;
        secret.and_then(|(variable, secret)| (variable == name).then_some(secret))
    }

    /// Prints the line that watches the deployment by `watch_args`, and serves for ever.
    ///
    /// # Errors
    /// The line cannot be printed.
    pub(crate) fn serve(self, watch_args: &[String]) -> io::Result<()> {
        let line = shell_line(self.plan.system, watch_args);
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()?;
        drop(stdout);
        self.server.wait();
        Ok(())
    }
}

/// The line to type into a shell, environment included.
fn shell_line(system: &System, watch_args: &[String]) -> String {
    let secret = system.secret.iter();
    let secret = secret.map(|(variable, value)| format!("{variable}={} ", shell_quote(value)));
    let args = watch_args
        .iter()
        .map(|arg| format!(" {}", shell_quote(arg)));
    secret
        .chain(["deploywatch".to_owned()])
        .chain(args)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_typed_as_it_is() {
        let args = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let [yunxiao, .., fsd] = SYSTEMS;
        assert_eq!(
            shell_line(
                yunxiao,
                &args("yunxiao --order 1111 --endpoint http://127.0.0.1:1")
            ),
            "YUNXIAO_ACCESS_TOKEN=demo-token deploywatch yunxiao --order 1111 \
             --endpoint http://127.0.0.1:1"
        );
        assert_eq!(
            shell_line(fsd, &args("fsd --fresh --endpoint http://[::1]:1")),
            "deploywatch fsd --fresh --endpoint 'http://[::1]:1'"
        );
    }
}
