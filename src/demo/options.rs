//! The options of `deploywatch demo`, and the simulated deployment that they start.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::{SYSTEMS, Scenario, System, server};
use crate::cli::options::limit;
use crate::message::{Context as _, Lang, Message, Result, ensure};
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

/// A simulated deployment that is being served.
pub(crate) struct Demo {
    system: &'static System,
    /// The command line that watches the deployment, after the program's name.
    pub(crate) watch_args: Vec<String>,
    server: JoinHandle<()>,
}

impl DemoOptions {
    /// Starts to serve the deployment.
    ///
    /// # Errors
    /// The provider cannot express the scenario, or the address cannot be used.
    pub(crate) fn start(&self) -> Result<Demo> {
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
        let endpoint = format!("http://{}", listener.local_addr()?);
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
        let args = args.iter().copied();
        let args = args.chain(["--endpoint", &endpoint]);
        let args = args.chain(self.serve.is_none().then_some("--interval=500ms"));
        Ok(Demo {
            system,
            watch_args: args.map(str::to_owned).collect(),
            server: server::start(*self, listener)?,
        })
    }

    /// How many machines, components or steps the deployment has.
    pub(super) fn units(&self) -> u32 {
        self.units.unwrap_or(self.system.default_units)
    }
}

impl Demo {
    /// The environment of that command: the secret, which is never an argument.
    pub(crate) fn variable(&self, name: &str) -> Option<&'static str> {
        let (variable, secret) = self.system.secret?;
        (variable == name).then_some(secret)
    }

    /// Prints the line that watches the deployment by `watch_args`, and serves for ever.
    ///
    /// # Errors
    /// The line cannot be printed.
    pub(crate) fn serve(self, watch_args: &[String], lang: Lang) -> io::Result<()> {
        let message = Message::new(
            "serving a simulated deployment; watch it with the command below, stop it with Ctrl-C",
            "正在提供模拟的部署：用下面的命令跟踪，按 Ctrl-C 停止",
        );
        // Who cannot read it can still use the command.
        let _ = writeln!(io::stderr(), "{}", message.get(lang));
        writeln!(io::stdout(), "{}", shell_line(self.system, watch_args))?;
        // An error means that the server panicked, which has been reported.
        let _ = self.server.join();
        Ok(())
    }
}

/// The line to type into a shell, environment included.
fn shell_line(system: &System, watch_args: &[String]) -> String {
    let args = watch_args.iter().map(|arg| shell_quote(arg));
    let line = args.fold("deploywatch".to_owned(), |line, arg| line + " " + &arg);
    match system.secret {
        Some((variable, value)) => with_variable(variable, value, &line),
        None => line,
    }
}

#[cfg(all(test, unix))]
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
