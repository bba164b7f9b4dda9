//! The command line. Every check that can be made before a request is sent is made here or by the
//! options of the provider, so that nothing unchecked goes on.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use url::Url;

#[cfg(feature = "demo")]
use crate::demo;
use crate::message::{Lang, Message, Result};
use crate::outcome::{self, Verdict};
use crate::provider::{Environment, Provider};
use crate::secret;
use crate::text;

mod advice;
mod chinese;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deployments;
mod errors;
pub(crate) mod explicit;
mod list;
pub(crate) mod partition;
// Without the demo it is another command line, of which no page is kept.
#[cfg(all(test, feature = "demo"))]
mod man_test;
pub(crate) mod options;
pub(crate) mod resume;
mod settings;

use errors::{ParseError, control_character};
use explicit::{ExplicitArg, explicit_args};
use options::{ConnectionOptions, OutputOptions, WatchOptions};
use partition::Partition;
pub(crate) use settings::not_set;

/// The lowest and the highest speed of a replay.
const SPEED: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Watch a deployment until it ends; exit 0 only if the provider reports success.
#[derive(Parser, Debug)]
#[command(name = "deploywatch", version = env!("DEPLOYWATCH_VERSION"), max_term_width = chinese::MAX_COLUMNS)]
#[command(
    override_usage = "deploywatch [OPTIONS] <COMMAND>",
    arg_required_else_help = true
)]
#[command(before_help = format!("Examples:\n  deploywatch demo\n  {}", Provider::EXAMPLE))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) watch: WatchOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The command's name.
    #[arg(skip)]
    name: String,
    /// The options that were given.
    #[arg(skip)]
    pub(crate) explicit_args: Vec<ExplicitArg>,
    /// The words as they were given, after the program's name.
    #[arg(skip)]
    words: Vec<String>,
}

impl Cli {
    /// The provider, where the command watches what one deploys.
    fn provider(&self) -> Result<&Provider> {
        match &self.command {
            Command::Watch(provider) => Ok(provider),
            _ => Err(names_no_deployment()),
        }
    }
}

fn names_no_deployment() -> Message {
    Message::new("the command names no deployment", "该命令没有指定部署")
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    #[command(flatten)]
    Watch(Provider),
    /// Several deployments at once, from a TOML file
    #[command(before_help = "\
Examples:
  deploywatch all release.toml
  deploywatch all release.toml --fail-fast --timeout 1h
  deploywatch all release.toml --partition 1/4")]
    All {
        /// The file: a [[deploy]] table for each deployment, with its provider, optionally a name, and
        /// the provider's long options as keys; options of the watch at the top are defaults
        file: PathBuf,
        /// Watch every M-th of the deployments, from the N-th, for a job that runs M times: N from 0
        /// or from 1
        #[arg(long, value_name = "N/M")]
        partition: Option<Partition>,
    },
    /// Play a recorded watch again
    #[command(before_help = "\
Examples:
  deploywatch replay capture.jsonl
  deploywatch replay capture.jsonl --speed 100 --output plain")]
    Replay {
        /// The file that --capture wrote
        file: PathBuf,
        /// Speed, as a multiple of the recorded one
        #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
        speed: f64,
    },
    /// Watch a simulated deployment: no account, no network
    #[cfg(feature = "demo")]
    Demo(demo::DemoOptions),
    /// How long past deployments took
    #[command(before_help = "\
Examples:
  deploywatch history
  deploywatch history --output json
  deploywatch history --clear")]
    #[command(override_usage = "deploywatch history [--clear | --output json]")]
    History {
        /// Forget all of it
        #[arg(long)]
        clear: bool,
    },
    /// Print a shell completion script
    #[command(before_help = "\
Examples:
  source <(deploywatch completions bash)
  deploywatch completions fish > ~/.config/fish/completions/deploywatch.fish")]
    Completions {
        /// The shell it is for
        shell: Shell,
    },
}

impl Command {
    /// The options that it takes where it watches nothing.
    fn options_taken(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Completions { .. } => Some(&[]),
            Self::History { .. } => Some(&["clear", "output", "lang"]),
            _ => None,
        }
    }
}

/// The language that a command line asks for, or else the config file or the locale does, before the command
/// line is read.
pub(crate) fn language(arguments: &[OsString], environment: Environment<'_>) -> Lang {
    let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect();
    let asked = words.iter().enumerate().find_map(|(index, word)| {
        let value = word.as_ref()?.strip_prefix("--lang")?;
        let value = match value.strip_prefix('=') {
            None if value.is_empty() => words.get(index + 1).copied().flatten()?,
            value => value?,
        };
        Lang::from_str(value, false).ok()
    });
    let configured = || {
        let mut words = words.iter().flatten();
        let is_without = words.any(|word| ["demo", "replay"].contains(word));
        (!is_without).then(|| config::lang(environment)).flatten()
    };
    Lang::choose(asked.or_else(configured), environment)
}

/// Reads the arguments; help is in `lang`. What there is to print instead of something to do is the error.
///
/// # Errors
/// Help or the version is asked for, or the command line is wrong.
pub(crate) fn parse(
    arguments: &[OsString],
    lang: impl FnOnce() -> Lang,
) -> Result<Cli, ParseError> {
    match parse_with(&mut command(), arguments) {
        Err(error) if error.is_help() => match lang() {
            Lang::En => Err(error),
            lang => parse_with(&mut command_in(lang), arguments),
        },
        Err(error) => Err(without_secrets(error, arguments)),
        parsed => parsed,
    }
}

/// Reads the arguments by a definition that may be used again.
fn parse_with<I, T>(definition: &mut clap::Command, arguments: I) -> Result<Cli, ParseError>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(message) = control_character(&words) {
        return Err(ParseError::Usage(message));
    }
    let parsed = definition
        .try_get_matches_from_mut(&arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = parsed.map_err(|error| {
        let has_break = |word: &String| word.contains(char::is_control);
        let advice = advice::advice(definition, &error, &words);
        let error = ParseError::new(error, advice);
        if words.iter().any(has_break) {
            ParseError::Usage(error.message())
        } else {
            error
        }
    })?;
    cli.words = words.into_iter().skip(1).collect();
    if let Some((name, own)) = matches.subcommand()
        && let Some(command) = definition.find_subcommand(name)
    {
        cli.name = name.to_owned();
        cli.explicit_args = explicit_args(command, own);
    }
    let name = &cli.name;
    if let Some(taken) = cli.command.options_taken()
        && let Some(arg) = cli
            .explicit_args
            .iter()
            .find(|arg| !taken.contains(&&*arg.name))
    {
        return Err(ParseError::Usage(Message::new(
            format!("{arg} is an option of a watch; {name} does not take it"),
            format!("{arg} 是跟踪用的选项，{name} 不接受"),
        )));
    }
    Ok(cli)
}

/// An error that repeats no word which looks like a secret.
fn without_secrets(error: ParseError, arguments: &[OsString]) -> ParseError {
    let ParseError::Clap(of_clap, _) = &error else {
        return error;
    };
    let text = of_clap.to_string();
    let words = arguments.iter().filter_map(|word| word.to_str());
    let mut secrets = words.filter_map(secret_in);
    match secrets.find(|secret| text.contains(*secret)) {
        Some(secret) => ParseError::Usage(error.message().without(secret)),
        None => error,
    }
}

/// The part of a word that looks like a secret.
fn secret_in(word: &str) -> Option<&str> {
    let value = match word.strip_prefix('-') {
        Some(option) => option.split_once('=')?.1,
        None => word,
    };
    let is_secret = !is_id(value) && secret::looks_like_secret(Path::new(value));
    (is_secret || may_hold_secret(value)).then_some(value)
}

/// Whether a text is an address with what may be a password or a token.
fn may_hold_secret(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let has_login = !url.username().is_empty() || url.password().is_some();
        has_login || url.query().is_some() || url.fragment().is_some()
    })
}

/// Whether a word is an id as providers make them, of decimal or hexadecimal digits: it may be long, and who
/// reads the error needs it.
fn is_id(word: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    word.bytes().all(is_digit)
}

/// Prints help, the version or what is wrong with the command line, and returns the exit code.
pub(crate) fn print(error: &ParseError, lang: Lang) -> ExitCode {
    let (of_clap, advice) = match error {
        ParseError::Clap(error, advice) => (error, advice.as_ref()),
        ParseError::Usage(message) => return refuse(&message.clone().into(), lang),
    };
    let text = match lang {
        Lang::Zh if error.is_help() => Some(chinese::help(of_clap)),
        Lang::En if error.is_help() => None,
        _ if !of_clap.use_stderr() => None,
        Lang::Zh => Some(printable_lines(&errors::printed(of_clap, advice, lang))),
        Lang::En => {
            let text = of_clap.to_string();
            Some(printable_lines(&text)).filter(|printable| *printable != text)
        }
    };
    // Where it cannot be printed, nobody could read why.
    let _ = match text {
        None => of_clap.print(),
        Some(text) if of_clap.use_stderr() => io::stderr().write_all(text.as_bytes()),
        Some(text) => io::stdout().write_all(text.as_bytes()),
    };
    ExitCode::from(u8::try_from(of_clap.exit_code()).unwrap_or(Verdict::Usage.code()))
}

/// Prints what is wrong with the command line or the configuration, and returns the exit code.
pub(crate) fn refuse(error: &anyhow::Error, lang: Lang) -> ExitCode {
    let message = error.downcast_ref::<Message>().cloned();
    let message = message.unwrap_or_else(|| Message::library(format!("{error:#}")));
    let line = lang.with_message(lang.error(), Some(&message));
    // Where it cannot be printed, nobody could read why.
    let _ = writeln!(io::stderr(), "{}", text::message(&line));
    ExitCode::from(Verdict::Usage.code())
}

/// The options of a watch that the short help shows.
const ESSENTIAL: [&str; 2] = ["timeout", "output"];

/// The definition of the command line, help included.
fn command() -> clap::Command {
    command_in(Lang::En)
}

/// The same, with the options of every watch among those of each command.
fn built() -> clap::Command {
    let mut command = command();
    command.build();
    command
}

/// The same with the help in a language.
fn command_in(lang: Lang) -> clap::Command {
    let usage = lang.pick("{usage-heading} ", "用法：");
    let codes = exit_codes(lang);
    // One of its own, so that the short help is without it.
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print version");
    let command = Cli::command().disable_version_flag(true).arg(version);
    let command = command.mut_args(|option| {
        let is_essential = ESSENTIAL.contains(&option.get_id().as_str());
        option.hide_short_help(!is_essential)
    });
    let list = command_list(&command, lang);
    let template = |list: &str, args: &str| {
        format!("{{about}}\n\n{{before-help}}{usage}{{usage}}\n{list}{{{args}}}{{after-help}}\n")
    };
    let mut command = command
        .help_template(template(&list, "all-args"))
        .after_long_help(codes.clone())
        .mut_subcommands(|command| {
            // The template of the root lists them.
            let command = command.hide(true);
            if ["completions", "history"].contains(&command.get_name()) {
                return command.help_template(template("\n", "positionals"));
            }
            let command = command.help_template(template("\n", "all-args"));
            command.after_long_help(codes.clone())
        });
    if lang == Lang::Zh {
        // Its own help option is translated too.
        command.build();
        command = chinese::translated(command);
    }
    command
}

/// The commands for the help of the root: clap cannot group them.
fn command_list(root: &clap::Command, lang: Lang) -> String {
    let list = |of_provider: bool| {
        let mut list = String::new();
        for command in root.get_subcommands() {
            let name = command.get_name();
            if Provider::has_subcommand(name) == of_provider {
                let about = command.get_about().map(ToString::to_string);
                let about = about.unwrap_or_default();
                let _ = writeln!(list, "  {name:<12}  {}", chinese::pick(lang, &about));
            }
        }
        list
    };
    format!(
        "{}:\n{}{}:\n{}\n",
        lang.pick("Watch one deployment", "跟踪一个部署"),
        list(true),
        lang.pick("More", "其他"),
        list(false)
    )
}

/// The table of exit codes, for the end of a help text.
fn exit_codes(lang: Lang) -> String {
    let mut text = format!("{}:", lang.pick("Exit codes", "退出码"));
    for (verdict, meaning) in outcome::TABLE {
        let (code, verdict) = (verdict.code(), verdict.as_str());
        let meaning = meaning.replace('`', "");
        let meaning = chinese::pick(lang, &meaning);
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

fn speed(text: &str) -> Result<f64, Message> {
    let speed = text.parse().ok().filter(|speed| SPEED.contains(speed));
    speed.ok_or_else(|| {
        let (least, most) = (SPEED.start(), SPEED.end());
        Message::new(
            format!("it must be a number from {least} to {most}"),
            format!("必须是 {least} 到 {most} 的数"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }
}
