//! From a parsed command line to the end of a watch.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::CommandFactory;

use crate::cli::list::{self, Deploy};
#[cfg(feature = "demo")]
use crate::cli::{self, DemoArgs};
use crate::cli::{Cli, Command, Environment, WatchArgs};
#[cfg(feature = "demo")]
use crate::demo;
use crate::event::Started;
use crate::exit;
use crate::http::Clients;
use crate::model::Note;
use crate::render::{Facts, Output};
use crate::signals;
use crate::watch::{self, Input, Target};

/// From one poll of the demo to the next: it takes seconds, not minutes.
#[cfg(feature = "demo")]
const DEMO_INTERVAL: Duration = Duration::from_millis(500);

/// Does what the command line says.
///
/// # Errors
/// Where the command line or the configuration is wrong or does not say enough.
pub(crate) fn run(cli: &Cli, environment: Environment<'_>) -> Result<ExitCode> {
    let arguments = || -> Vec<String> {
        let arguments = std::env::args_os().skip(1);
        arguments
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    };
    if let Some(command) = cli.command.watches() {
        let specs = command.specs(&cli.watch, environment)?;
        let deploys = specs.into_iter().map(|spec| Deploy {
            spec,
            watch: cli.watch.clone(),
        });
        let deploys: Vec<_> = deploys.collect();
        let all = deploys.len() > 1;
        return watch(deploys, all, &cli.watch, Some(&arguments()), environment);
    }
    match &cli.command {
        Command::All { file } => {
            let (shown, deploys) = list::read(file, &cli.given, environment)?;
            watch(deploys, true, &shown, Some(&arguments()), environment)
        }
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => run_demo(arguments, &cli.watch, environment),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "deploywatch", &mut script);
            match io::stdout().write_all(&script) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
                _ => Ok(ExitCode::SUCCESS),
            }
        }
        // Every other command watches.
        _ => Ok(ExitCode::from(exit::USAGE)),
    }
}

/// Watches deployments to their ends, `all` of a list or a single one; `shown` are the options of how they are shown, `resume` the
/// arguments that watch them again.
fn watch(
    deploys: Vec<Deploy>,
    all: bool,
    shown: &WatchArgs,
    resume: Option<&[String]>,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    check_names(&deploys)?;
    let facts = Facts::gather(environment);
    let (mut output, notes) = Output::new(
        shown.output(),
        shown.color,
        shown.files(),
        &facts,
        all,
        environment,
    )?;
    let (inputs, inbox) = channel();
    let mut clients = Clients::default();
    let mut targets = Vec::with_capacity(deploys.len());
    let delays = delays(&deploys);
    for (deploy, delay) in deploys.into_iter().zip(delays) {
        let Deploy { spec, watch } = deploy;
        let traces = inputs.clone();
        let trace = Box::new(move |line| {
            // The watch is over where nobody takes it.
            let _ = traces.send(Input::Trace(line));
        });
        let http = clients.connect(&spec.endpoint, watch.http(trace, shown.verbose)?)?;
        let options = watch.options(spec.pin);
        targets.push(Target {
            name: spec.target.into(),
            started: Started {
                provider: spec.provider,
                endpoint: spec.endpoint.as_str().trim_end_matches('/').to_owned(),
                interval: options.interval,
            },
            warnings: watch
                .insecure()
                .then_some(Note::Insecure)
                .into_iter()
                .collect(),
            provider: (spec.connect)(http),
            options,
            delay,
        });
    }
    if let Some(first) = targets.first_mut() {
        first.warnings.extend(notes);
    }
    signals::forward(inputs.clone())?;
    let verdict = watch::run(targets, all, resume, &inputs, &inbox, &mut output)?;
    Ok(verdict.into())
}

/// Two targets of one name could not be told apart in the events.
fn check_names(deploys: &[Deploy]) -> Result<()> {
    let mut names = HashSet::new();
    for deploy in deploys {
        let name = &deploy.spec.target;
        ensure!(
            names.insert(name),
            "{name} is there twice; give each deployment a name of its own"
        );
    }
    Ok(())
}

/// When each deployment is polled first: those on one host share the interval, so that it never
/// gets their requests in one burst.
fn delays(deploys: &[Deploy]) -> Vec<Duration> {
    let host = |deploy: &Deploy| {
        let endpoint = &deploy.spec.endpoint;
        (
            endpoint.host_str().map(str::to_owned),
            endpoint.port_or_known_default(),
        )
    };
    let mut on_host = HashMap::new();
    for deploy in deploys {
        *on_host.entry(host(deploy)).or_insert(0_u32) += 1;
    }
    let mut before = HashMap::new();
    deploys
        .iter()
        .map(|deploy| {
            let host = host(deploy);
            let total = on_host.get(&host).copied().unwrap_or(1).max(1);
            let number = before.entry(host).or_insert(0_u32);
            let delay = deploy.watch.options(None).interval * *number / total;
            *number += 1;
            delay
        })
        .collect()
}

/// Serves a simulated deployment and watches it, by the command that would watch a real one.
#[cfg(feature = "demo")]
fn run_demo(
    arguments: &DemoArgs,
    shown: &WatchArgs,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    use std::net::{Ipv4Addr, SocketAddr};

    use anyhow::Context;

    let (plan, serve) = arguments.plan()?;
    let address = serve.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let settings = plan.watch_env();
    let server =
        demo::Server::start(plan, address).with_context(|| format!("cannot serve on {address}"))?;
    if serve.is_some() {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", plan.watch_command(server.addr()))?;
        stdout.flush()?;
        server.wait();
        return Ok(ExitCode::SUCCESS);
    }
    let command = ["deploywatch".to_owned()]
        .into_iter()
        .chain(plan.watch_args(server.addr()));
    let environment = |name: &str| {
        let own = settings.iter().find(|(own, _)| *own == name);
        match own {
            Some((_, value)) => Some((*value).to_owned()),
            None if provider_variable(name) => None,
            None => environment(name),
        }
    };
    let real = cli::parse(command)?;
    let command = real.command.watches().context("no watch of this system")?;
    let mut own = shown.clone();
    own.fresh |= real.watch.fresh;
    own.direct = true;
    own.interval.get_or_insert(DEMO_INTERVAL);
    let specs = command.specs(&own, &environment)?;
    let deploys = specs.into_iter().map(|spec| Deploy {
        spec,
        watch: own.clone(),
    });
    watch(deploys.collect(), false, shown, None, &environment)
}

/// Whether a variable is about a provider: such a one, set for a real watch, must not lead the demo
/// elsewhere.
#[cfg(feature = "demo")]
fn provider_variable(name: &str) -> bool {
    [
        "YUNXIAO_",
        "ALIBABA_",
        "HW_",
        "HUAWEICLOUD_",
        "MRS_",
        "FSD_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}
