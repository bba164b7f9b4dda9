//! The options that a command line gives explicitly, as words that can be read as a command line again.

use std::fmt;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, ValueHint};

use super::options::OutputOptions;

/// An option that was given explicitly; it is displayed as `--name` or `--name=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExplicitArg {
    pub(crate) name: String,
    /// None for a flag.
    pub(super) value: Option<String>,
    pub(crate) scope: Scope,
    takes_path: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The command, which is the provider's where it watches one.
    Command,
    /// The watch of a deployment.
    Watch,
    /// How the watch as a whole is shown.
    Output,
}

impl ExplicitArg {
    /// The file that the option names.
    pub(crate) fn path(&self) -> Option<&Path> {
        let value = self.value.as_deref().filter(|_| self.takes_path)?;
        Some(Path::new(value))
    }
}

impl fmt::Display for ExplicitArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}", self.name)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

/// The options of `command` that `matches` has from the command line: its own first.
pub(super) fn explicit_args(command: &clap::Command, matches: &ArgMatches) -> Vec<ExplicitArg> {
    let mut args: Vec<_> = command
        .get_arguments()
        .filter(|option| option.get_long().is_some())
        .filter(|option| {
            let id = option.get_id().as_str();
            matches.value_source(id) == Some(ValueSource::CommandLine)
        })
        .flat_map(|option| of_option(option, matches))
        .collect();
    args.sort_by_key(|arg| arg.scope != Scope::Command);
    args
}

/// One for each value of an option.
fn of_option(option: &Arg, matches: &ArgMatches) -> Vec<ExplicitArg> {
    let name = option.get_long().unwrap_or_default();
    let arg = |value: Option<String>| ExplicitArg {
        name: name.to_owned(),
        value,
        scope: match option.is_global_set() {
            false => Scope::Command,
            true if OutputOptions::contain(name) => Scope::Output,
            true => Scope::Watch,
        },
        takes_path: option.get_value_hint() == ValueHint::AnyPath,
    };
    if !option.get_action().takes_values() {
        return vec![arg(None)];
    }
    let id = option.get_id().as_str();
    // Text is as the option read it: an id without what stood around it.
    if let Ok(Some(values)) = matches.try_get_many::<String>(id) {
        return values.map(|value| arg(Some(value.clone()))).collect();
    }
    let values = matches.get_raw(id).into_iter().flatten();
    values
        .map(|value| arg(Some(value.to_string_lossy().into_owned())))
        .collect()
}

/// The words of a command line with `args` in the place of options of the same names.
pub(crate) fn override_args(words: &[String], args: &[&ExplicitArg]) -> Vec<String> {
    let is_overridden =
        |word: &str| option_name(word).is_some_and(|name| args.iter().any(|arg| arg.name == name));
    let kept = words.iter().filter(|word| !is_overridden(word)).cloned();
    kept.chain(args.iter().map(ToString::to_string)).collect()
}

/// The name of a long option, with or without a value.
pub(super) fn option_name(word: &str) -> Option<&str> {
    word.strip_prefix("--")?.split('=').next()
}
