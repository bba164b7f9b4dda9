//! Watches a deployment until it ends, and exits 0 only when the provider reports success.

use std::process::ExitCode;

mod app;
mod cli;
mod clock;
#[cfg(feature = "demo")]
mod demo;
mod event;
mod history;
mod http;
mod input;
mod message;
mod model;
mod outcome;
mod phrases;
mod platform;
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
    platform::prepare();
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let arguments: Vec<_> = std::env::args_os().collect();
    let lang = || cli::language(&arguments, &environment);
    match cli::parse(&arguments, lang) {
        Ok(cli) => app::run(cli, &environment).unwrap_or_else(|error| cli::refuse(&error, lang())),
        Err(error) => cli::print(&error, lang()),
    }
}
