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

mod chinese;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deployments;
mod errors;
pub(crate) mod explicit;
pub(crate) mod list;
// Without the demo it is another command line, of which no page is kept.
#[cfg(all(test, feature = "demo"))]
mod man_test;
pub(crate) mod options;
mod settings;

use errors::{ParseError, control_character};
use explicit::{ExplicitArg, explicit_args};
use list::Partition;
use options::{ConnectionOptions, OutputOptions, WatchOptions};
use settings::Located;
pub(crate) use settings::not_set;

/// Watch a deployment until it ends; exit 0 only if the provider reports success.
#[derive(Parser, Debug)]
#[command(name = "deploywatch", version = env!("DEPLOYWATCH_VERSION"), max_term_width = chinese::MAX_COLUMNS)]
#[command(override_usage = "deploywatch [OPTIONS] <COMMAND>")]
// Each of the options is one of every command too.
#[command(arg_required_else_help = true, mut_args = |option| option.global(true))]
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
    /// The variable that holds the secret, where a file names one.
    #[arg(skip)]
    token_env: Option<Located>,
}

impl Cli {
    /// The provider, where the command watches what one deploys.
    fn provider(&self) -> Result<&Provider> {
        match &self.command {
            Command::Watch(provider) => Ok(provider),
            _ => Err(Message::new(
                "the command names no deployment",
                "该命令没有指定部署",
            )),
        }
    }
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

/// The language that a command line asks for, or else the config file or the locale does, before the command
/// line is read.
pub(crate) fn language(arguments: &[OsString], environment: Environment<'_>) -> Lang {
    let words = arguments
        .iter()
        .map(|word| word.to_str().unwrap_or_default());
    let following = words.clone().skip(1).chain([""]);
    let asked = words.clone().zip(following).find_map(|(word, next)| {
        let value = match word.strip_prefix("--lang")? {
            "" => next,
            value => value.strip_prefix('=')?,
        };
        Lang::from_str(value, false).ok()
    });
    let configured = || {
        let is_without = words.clone().any(|word| ["demo", "replay"].contains(&word));
        (!is_without).then(|| config::lang(environment)).flatten()
    };
    Lang::choose(asked.or_else(configured), environment)
}

/// Reads the arguments; help is in `lang`. What there is to print instead of something to do is the error.
pub(crate) fn parse(
    arguments: &[OsString],
    lang: impl FnOnce() -> Lang,
) -> Result<Cli, ParseError> {
    match parse_with(&mut command(), arguments) {
        Err(error) if error.is_help() => match lang() {
            Lang::En => Err(error),
            lang => parse_with(&mut command_in(lang), arguments),
        },
        Err(error) => Err(presentable(error, arguments)),
        parsed => parsed,
    }
}

/// Reads the arguments by a definition that may be used again.
fn parse_with(
    definition: &mut clap::Command,
    arguments: impl IntoIterator<Item: Into<OsString>>,
) -> Result<Cli, ParseError> {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.map(String::from).collect();
    if let Some(message) = control_character(&words) {
        return Err(ParseError::Usage(message));
    }
    let parsed = definition
        .try_get_matches_from_mut(&arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = parsed.map_err(|error| {
        let advice = errors::advice(definition, &error, &words);
        ParseError::new(error, advice)
    })?;
    cli.words = words.into_iter().skip(1).collect();
    if let Some((name, own)) = matches.subcommand()
        && let Some(command) = definition.find_subcommand(name)
    {
        cli.name = name.to_owned();
        cli.explicit_args = explicit_args(command, own);
    }
    let taken: &[&str] = match cli.command {
        Command::Completions { .. } => &[],
        Command::History { .. } => &["clear", "output", "lang"],
        _ => return Ok(cli),
    };
    let (name, mut args) = (&cli.name, cli.explicit_args.iter());
    match args.find(|arg| !taken.contains(&&*arg.name)) {
        None => Ok(cli),
        Some(arg) => Err(ParseError::Usage(Message::new(
            format!("{arg} is an option of a watch; {name} does not take it"),
            format!("{arg} 是跟踪用的选项，{name} 不接受"),
        ))),
    }
}

/// An error that repeats no word which looks like a secret, and none that cannot be printed as it is but in
/// one sentence.
fn presentable(error: ParseError, arguments: &[OsString]) -> ParseError {
    let ParseError::Clap(of_clap, _) = &error else {
        return error;
    };
    let text = of_clap.to_string();
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let mut secrets = words.clone().filter_map(secret_in);
    match secrets.find(|secret| text.contains(*secret)) {
        Some(secret) => ParseError::Usage(error.message().without(secret)),
        None if words.any(|word| text::printable(word) != word.trim_matches(' ')) => {
            ParseError::Usage(error.message())
        }
        None => error,
    }
}

/// The part of a word that looks like a secret, or like an address with a password or a token. An id as
/// providers make them, of decimal or hexadecimal digits, does not: who reads the error needs it.
fn secret_in(word: &str) -> Option<&str> {
    let value = match word.strip_prefix('-') {
        Some(option) => option.split_once('=')?.1,
        None => word,
    };
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    let has_more = |url: Url| {
        let has_login = !url.username().is_empty() || url.password().is_some();
        has_login || url.query().is_some() || url.fragment().is_some()
    };
    let is_secret = !value.bytes().all(is_digit) && secret::looks_like_secret(Path::new(value));
    (is_secret || Url::parse(value).is_ok_and(has_more)).then_some(value)
}

/// Prints help, the version or what is wrong with the command line, and returns the exit code.
pub(crate) fn print(error: &ParseError, lang: Lang) -> ExitCode {
    let (of_clap, advice) = match error {
        ParseError::Clap(error, advice) => (error, advice.as_ref()),
        ParseError::Usage(message) => return refuse(&message.clone().into(), lang),
    };
    let text = match lang {
        Lang::Zh if error.is_help() => Some(chinese::help(of_clap)),
        Lang::Zh if of_clap.use_stderr() => Some(errors::in_chinese(of_clap, advice)),
        _ => None,
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
        .help_heading(None)
        .help("Print version");
    let command = Cli::command().disable_version_flag(true).arg(version);
    let command = command.mut_args(|option| {
        let is_essential = ["timeout", "output"].contains(&option.get_id().as_str());
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
    let watch = lang.pick("Watch one deployment", "跟踪一个部署");
    let more = lang.pick("More", "其他");
    format!("{watch}:\n{}{more}:\n{}\n", list(true), list(false))
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

fn speed(text: &str) -> Result<f64, Message> {
    let (least, most) = (0.001, 1_000_000.0);
    let speed = text.parse().ok();
    speed
        .filter(|speed| (least..=most).contains(speed))
        .ok_or_else(|| {
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
