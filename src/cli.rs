//! The command line. Every check that can be made before a request is sent is made here or by the
//! options of the provider, so that nothing unchecked goes on.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

#[cfg(feature = "demo")]
use crate::demo;
use crate::outcome;
use crate::provider::Provider;
use crate::text;

pub(crate) mod completions;
pub(crate) mod deployments;
pub(crate) mod explicit;
mod list;
pub(crate) mod partition;
// Without the demo it is another command line, of which no page is kept.
#[cfg(all(test, feature = "demo"))]
mod man_test;
pub(crate) mod options;
pub(crate) mod resume;

use explicit::{ExplicitArg, explicit_args};
use options::{ConnectionOptions, OutputOptions, WatchOptions};
use partition::Partition;

/// The lowest and the highest speed of a replay.
const SPEED: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Watch a deployment until it ends; the exit code is the verdict.
#[derive(Parser, Debug)]
#[command(name = "deploywatch", version, max_term_width = 100)]
#[command(
    override_usage = "deploywatch [OPTIONS] <COMMAND>",
    arg_required_else_help = true
)]
#[command(after_help = format!("Examples:\n  {}\n  deploywatch demo", Provider::EXAMPLE))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) watch: WatchOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The options that were given.
    #[arg(skip)]
    pub(crate) explicit_args: Vec<ExplicitArg>,
    /// The words as they were given, after the program's name.
    #[arg(skip)]
    words: Vec<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    #[command(flatten)]
    Watch(Provider),
    /// Several deployments at once, from a TOML file
    #[command(after_help = "\
Examples:
  deploywatch all release.toml
  deploywatch all release.toml --fail-fast --timeout 1h
  deploywatch all release.toml --partition 1/4")]
    All {
        /// The file: a [[deploy]] table for each deployment, with its provider, perhaps a name, and
        /// the provider's long options as keys; options of the watch at the top are defaults
        file: PathBuf,
        /// Watch every M-th of the deployments, from the N-th, for a job that runs M times: N from 0
        /// or from 1
        #[arg(long, value_name = "N/M")]
        partition: Option<Partition>,
    },
    /// Play a recorded watch again
    #[command(after_help = "\
Examples:
  deploywatch replay capture.jsonl
  deploywatch replay capture.jsonl --speed 100 --output plain")]
    Replay {
        /// The file that --capture wrote
        file: PathBuf,
        /// How many times as fast as it was recorded
        #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
        speed: f64,
    },
    /// Watch a simulated deployment: no account, no network
    #[cfg(feature = "demo")]
    Demo(demo::DemoOptions),
    /// Print a shell completion script
    #[command(help_template = "{about}\n\n{usage-heading} {usage}\n\n{positionals}{after-help}\n")]
    #[command(after_help = "\
Examples:
  deploywatch completions bash > ~/.local/share/bash-completion/completions/deploywatch
  deploywatch completions fish > ~/.config/fish/completions/deploywatch.fish")]
    Completions {
        /// The shell it is for
        #[arg(help_heading = "Arguments")]
        shell: Shell,
    },
}

/// Reads the arguments. What clap wants printed (help, version, an error) is the error.
///
/// # Errors
/// There is something to print instead of something to do.
pub(crate) fn parse<I, T>(arguments: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    parse_with(&mut command(), arguments)
}

/// Reads the arguments by a definition that may be used again.
fn parse_with<I, T>(definition: &mut clap::Command, arguments: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    if let Some(message) = control_character(&arguments) {
        return Err(definition.error(ErrorKind::InvalidValue, message));
    }
    let matches = definition.try_get_matches_from_mut(&arguments);
    let matches = matches.map_err(|error| {
        let has_breaks = |word: &OsString| word.to_string_lossy().contains(char::is_control);
        if error.use_stderr() && arguments.iter().any(has_breaks) {
            in_one_line(&error)
        } else {
            error
        }
    })?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let words = arguments.iter().skip(1);
    cli.words = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some((name, own)) = matches.subcommand()
        && let Some(command) = definition.find_subcommand(name)
    {
        cli.explicit_args = explicit_args(command, own);
    }
    if matches!(cli.command, Command::Completions { .. })
        && let Some(arg) = cli.explicit_args.first()
    {
        let message = format!("{arg} is an option of a watch; completions takes none");
        return Err(definition.error(ErrorKind::ArgumentConflict, message));
    }
    Ok(cli)
}

/// An error of clap as one line: it repeats words that contain line breaks.
fn in_one_line(error: &clap::Error) -> clap::Error {
    let plain = error.to_string();
    let message = text::printable(plain.strip_prefix("error: ").unwrap_or(&plain));
    clap::Error::raw(error.kind(), format!("{message}\n"))
}

/// The error where a word contains a control character between others: it is not repeated, as it could be a
/// line of its own or a command to the terminal.
fn control_character(words: &[OsString]) -> Option<String> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let number = words
        .iter()
        .position(|word| word.trim().contains(char::is_control))?;
    let option = |word: &str| {
        let name = word
            .split('=')
            .next()
            .filter(|name| name.starts_with('-'))?;
        Some(text::name(name).into_owned())
    };
    let before = number.checked_sub(1).and_then(|before| words.get(before));
    let option = option(&words[number]).or_else(|| option(before?));
    let place = option.unwrap_or_else(|| format!("argument {number}"));
    Some(format!(
        "{place}: a line break or another control character is in it"
    ))
}

/// Prints help, the version or an error of clap, and returns its exit code.
pub(crate) fn print(message: &clap::Error) -> ExitCode {
    let plain = message.to_string();
    let cleaned = printable_lines(&plain);
    let is_help = message.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    // Where it cannot be printed, nobody could read why.
    let _ = if is_help || !message.use_stderr() || cleaned == plain {
        message.print()
    } else {
        io::stderr().write_all(cleaned.as_bytes())
    };
    ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(outcome::USAGE))
}

/// The definition of the command line, help included.
fn command() -> clap::Command {
    let command = Cli::command();
    let template = help_template(&command);
    let codes = exit_codes();
    let with_codes = |command: clap::Command| {
        let examples = command.get_after_help().map(ToString::to_string);
        command.after_help(examples.unwrap_or_default() + &codes)
    };
    with_codes(command.help_template(template)).mut_subcommands(|command| {
        // The template lists them.
        let command = command.hide(true);
        if command.get_name() == "completions" {
            command
        } else {
            with_codes(command)
        }
    })
}

/// The help of the root: clap cannot group subcommands, so that the template lists them.
fn help_template(root: &clap::Command) -> String {
    let list = |of_provider: bool| {
        let mut list = String::new();
        for command in root.get_subcommands() {
            let name = command.get_name();
            if Provider::has_subcommand(name) == of_provider {
                let about = command.get_about().map(ToString::to_string);
                let _ = writeln!(list, "  {name:<12}  {}", about.unwrap_or_default());
            }
        }
        list
    };
    format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\nWatch one deployment:\n{}\nMore:\n{}\n\
         {{all-args}}{{after-help}}",
        list(true),
        list(false)
    )
}

/// What the exit codes mean, for the end of a help text.
fn exit_codes() -> String {
    let mut text = String::from("\n\nExit codes:");
    for (code, verdict, meaning) in outcome::TABLE {
        let meaning = meaning.replace('`', "");
        let _ = write!(text, "\n  {code:>3}  {verdict:<11}  {meaning}");
    }
    text
}

/// Text each line of which is printable.
fn printable_lines(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        cleaned += &line[..indent];
        cleaned += &text::printable(&line[indent..]);
        cleaned.push('\n');
    }
    cleaned
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "it is a number".to_owned())?;
    if !SPEED.contains(&speed) {
        return Err(format!(
            "it must be from {} to {}",
            SPEED.start(),
            SPEED.end()
        ));
    }
    Ok(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }
}
