//! Watches a deployment until it ends; the exit code is the verdict.

use std::io::Write;
use std::process::ExitCode;

mod app;
mod cli;
mod clock;
#[cfg(feature = "demo")]
mod demo;
mod event;
mod http;
mod message;
mod model;
mod outcome;
mod phrases;
mod poll;
mod progress;
mod provider;
mod record;
mod redact;
mod render;
mod secret;
mod text;
mod units;
mod watch;
mod writer;

fn main() -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(message) => return cli::print(&message),
    };
    app::run(&cli, &environment).unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error:#}");
        ExitCode::from(outcome::USAGE)
    })
}
