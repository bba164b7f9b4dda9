//! From a parsed command line to the end of a watch.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::Result;
use clap::CommandFactory;

#[cfg(feature = "demo")]
use crate::cli::{self, DemoArgs};
use crate::cli::{Cli, Command, Environment, WatchArgs, YunxiaoArgs};
#[cfg(feature = "demo")]
use crate::demo;
use crate::event::Started;
use crate::http::Http;
use crate::model::Note;
use crate::provider::yunxiao::Yunxiao;
use crate::render::{Facts, Output};
use crate::signals;
use crate::watch::{self, Input, Target};

/// Does what the command line says.
///
/// # Errors
/// Where the command line or the configuration is wrong or does not say enough.
pub(crate) fn run(cli: &Cli, environment: Environment<'_>) -> Result<ExitCode> {
    match &cli.command {
        Command::Yunxiao(arguments) => {
            let again = resume_command(std::env::args_os());
            watch_yunxiao(arguments, &cli.watch, None, Some(again), environment)
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
    }
}

/// Watches a deploy order; `interval` where the user gives none.
fn watch_yunxiao(
    arguments: &YunxiaoArgs,
    watch: &WatchArgs,
    interval: Option<Duration>,
    resume: Option<Arc<str>>,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    let settings = arguments.settings(watch, environment)?;
    let options = watch.options(interval);
    let (output, note) = Output::new(
        watch.output(),
        watch.color,
        watch.events.as_deref(),
        Facts::gather(environment),
        environment,
    )?;
    let mut output = output;
    let (inputs, inbox) = channel();
    let traces = inputs.clone();
    let trace = Box::new(move |line| {
        // The watch is over where nobody takes it.
        let _ = traces.send(Input::Trace(line));
    });
    let http = Http::new(&settings.endpoint, watch.http(trace)?)?;
    let target = Target {
        name: format!("yunxiao:{}/{}", settings.pipeline, settings.order).into(),
        started: Started {
            provider: "yunxiao",
            endpoint: settings.endpoint.as_str().trim_end_matches('/').to_owned(),
            interval: options.interval,
        },
        warnings: note
            .into_iter()
            .chain(watch.insecure().then_some(Note::Insecure))
            .collect(),
        provider: Box::new(Yunxiao::new(settings, http)),
        resume,
    };
    signals::forward(inputs.clone())?;
    let verdict = watch::run(target, &options, inputs, &inbox, &mut output)?;
    Ok(verdict.into())
}

/// Serves a simulated deployment and watches it, by the command that would watch a real one.
#[cfg(feature = "demo")]
fn run_demo(
    arguments: &DemoArgs,
    watch: &WatchArgs,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    use std::net::{Ipv4Addr, SocketAddr};

    use anyhow::Context;

    let (plan, serve) = arguments.plan()?;
    let (address, begin) = match serve {
        Some(address) => (address, demo::Begin::FirstRequest),
        None => (SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), demo::Begin::Now),
    };
    let settings = plan.watch_env();
    let server = demo::Server::start(plan, address, begin)
        .with_context(|| format!("cannot serve on {address}"))?;
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
        // What is set for a real watch must not lead the demo elsewhere.
        match own {
            Some((_, value)) => Some((*value).to_owned()),
            None if name.starts_with("YUNXIAO_") => None,
            None => environment(name),
        }
    };
    let Command::Yunxiao(arguments) = cli::parse(command)?.command else {
        anyhow::bail!("the demo of this system cannot be watched yet");
    };
    let interval = Some(Duration::from_millis(500));
    watch_yunxiao(&arguments, watch, interval, None, &environment)
}

/// The command line that watches again: this one, without what asks for one poll only.
fn resume_command(arguments: impl Iterator<Item = OsString>) -> Arc<str> {
    let mut words = vec!["deploywatch".to_owned()];
    let arguments = arguments.skip(1).filter(|word| word != "--once");
    words.extend(arguments.map(|word| quote(&word.to_string_lossy())));
    words.join(" ").into()
}

/// A word as a shell takes it back.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_resumes_can_be_pasted_into_a_shell() {
        let words = [
            "/some/where/deploywatch",
            "yunxiao",
            "--once",
            "--stall-timeout",
            "1h 30m",
        ];
        let command = resume_command(words.into_iter().map(OsString::from));
        assert_eq!(&*command, "deploywatch yunxiao --stall-timeout '1h 30m'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
}
