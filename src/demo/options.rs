//! The options of `deploywatch demo`, and the simulated deployment that they start.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::{SYSTEMS, Scenario, System, server};
use crate::cli::options::limit;
use crate::message::{Context as _, Message, Result, ensure};
use crate::platform::{shell_quote, with_variable};

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
    pub(super) system: &'static System,
    /// How the deployment goes
    #[arg(long, value_name = "HOW", default_value = "success")]
    pub(super) scenario: Scenario,
    /// Watch the whole run of the pipeline (yunxiao)
    #[arg(long, hide_short_help = true)]
    pub(super) whole_run: bool,
    /// Number of units [default: depends on the provider]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) units: Option<u32>,
    /// How long it takes
    #[arg(long, value_name = "DURATION", value_parser = limit, default_value = "20s")]
    pub(super) duration: Duration,
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
    /// Starts to serve the deployment. Returns the command line that watches it, after the program's name,
    /// and the server's thread. The provider may be unable to express the scenario.
    pub(crate) fn start(&self) -> Result<(Vec<String>, JoinHandle<()>)> {
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
        let words = words.chain(interval).map(str::to_owned).collect();
        Ok((words, server::start(*self, listener)?))
    }

    /// How many machines, components or steps the deployment has.
    pub(super) fn units(&self) -> u32 {
        self.units.unwrap_or(self.system.default_units)
    }

    /// The environment of that command line: the secret, which is never an argument.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let (variable, secret) = self.system.secret?;
        (variable == name).then(|| secret.to_owned())
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

#[cfg(all(test, unix))]
mod tests {
    use super::super::tests::plan;
    use super::*;

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
