//! Watches a deployment until it ends; the exit code is the verdict.

use std::io::{self, Write as _};
use std::process::ExitCode;

mod app;
mod cli;
mod clock;
#[cfg(feature = "demo")]
mod demo;
mod event;
mod http;
mod input;
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
mod system;
mod text;
mod units;
mod watch;
mod writer;

fn main() -> ExitCode {
    system::survive_file_size_limit();
    let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(message) => return cli::print(&message),
    };
    app::run(&cli, &environment).unwrap_or_else(|error| {
        let error = format!("{error:#}");
        let _ = writeln!(io::stderr(), "error: {}", text::message(&error));
        ExitCode::from(outcome::USAGE)
    })
}
