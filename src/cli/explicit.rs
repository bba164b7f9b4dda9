//! The options that a command line gives explicitly, as words that can be read as a command line again, and the
//! command that resumes a watch.

use std::fmt;
use std::sync::Arc;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, ValueHint};

use super::options::OutputOptions;
use crate::platform::shell_quote;

/// An option that was given explicitly; it is displayed as `--name` or `--name=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExplicitArg {
    pub(crate) name: String,
    /// None for a flag.
    pub(super) value: Option<String>,
    pub(crate) scope: Scope,
    /// Whether the value is a file.
    pub(super) is_path: bool,
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
        is_path: option.get_value_hint() == ValueHint::AnyPath,
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
    let values = values.map(|value| value.to_string_lossy().into_owned());
    values.map(|value| arg(Some(value))).collect()
}

/// The words of a command line with `args` in the place of options of the same names.
pub(crate) fn override_args(words: &[String], args: &[ExplicitArg]) -> Vec<String> {
    let is_overridden =
        |word: &str| option_name(word).is_some_and(|name| args.iter().any(|arg| arg.name == name));
    let kept = words.iter().filter(|word| !is_overridden(word)).cloned();
    kept.chain(args.iter().map(ToString::to_string)).collect()
}

/// The name of a long option, with or without a value.
fn option_name(word: &str) -> Option<&str> {
    word.strip_prefix("--")?.split('=').next()
}

/// The command line of a watch, to be given again.
pub(crate) struct ResumeCommand {
    /// Without `--once`.
    line: Arc<str>,
    /// And without the options that look for a run, once it is found.
    without_search: String,
}

impl ResumeCommand {
    /// `search_options` are those of the provider that look for a run.
    pub(crate) fn new(words: &[String], explicit: &[ExplicitArg], search_options: &[&str]) -> Self {
        let searches = |name: &str| name == "fresh" || search_options.contains(&name);
        Self {
            line: line(words, explicit, |name| name == "once").into(),
            without_search: line(words, explicit, |name| name == "once" || searches(name)),
        }
    }

    /// The line; `selector` is the option that selects the run that was found: empty where it needs none.
    pub(crate) fn line(&self, selector: Option<&str>) -> Arc<str> {
        match selector {
            None => Arc::clone(&self.line),
            Some(selector) => format!("{} {selector}", self.without_search)
                .trim_end()
                .into(),
        }
    }
}

/// Words as a line for a shell, values as `explicit` has them, without the options that are `dropped`.
fn line(words: &[String], explicit: &[ExplicitArg], dropped: impl Fn(&str) -> bool) -> String {
    let mut line = String::from("deploywatch");
    let mut rest: Vec<_> = explicit.iter().collect();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name = option_name(word);
        let index = rest.iter().position(|arg| Some(&*arg.name) == name);
        let value = index.and_then(|index| rest.remove(index).value.as_deref());
        let separate = value.filter(|_| !word.contains('='));
        // The value is a word of its own.
        if separate.is_some() {
            words.next();
        }
        let word = match (name, value) {
            (Some(name), _) if dropped(name) => continue,
            (Some(name), Some(value)) if separate.is_none() => format!("--{name}={value}"),
            _ => word.clone(),
        };
        for word in [Some(&*word), separate].into_iter().flatten() {
            line = line + " " + &shell_quote(word);
        }
    }
    line
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        for (words, selector, line) in [
            (
                "yunxiao|--once|--stall-timeout|1h 30m|--pipeline|1",
                None,
                "deploywatch yunxiao --stall-timeout '1h 30m' --pipeline 1",
            ),
            (
                "yunxiao|--fresh|--run|7|--job=deploy it|-v|--pipeline|1",
                Some("--order 2"),
                "deploywatch yunxiao -v --pipeline 1 --order 2",
            ),
            (
                "yunxiao|--fresh|--job|it's",
                None,
                r"deploywatch yunxiao --fresh --job 'it'\''s'",
            ),
            (
                "yunxiao|--pipeline|https://flow.aliyun.com/pipelines/1/current",
                None,
                "deploywatch yunxiao --pipeline 1",
            ),
            (
                "yunxiao|--order|2|--pipeline=https://flow.aliyun.com/pipelines/1?x|--order|3",
                Some("--order 2"),
                "deploywatch yunxiao --order 2 --pipeline=1 --order 3 --order 2",
            ),
            ("fsd|--key| ", None, "deploywatch fsd --key ' '"),
            ("fsd|--fresh|-v", Some(""), "deploywatch fsd -v"),
        ] {
            let words: Vec<_> = words.split('|').map(str::to_owned).collect();
            let program = std::iter::once("deploywatch".to_owned());
            let mut definition = crate::cli::command();
            let cli = crate::cli::parse_with(&mut definition, program.chain(words.clone()));
            let explicit = cli.map(|cli| cli.explicit_args).unwrap_or_default();
            let resume = ResumeCommand::new(&words, &explicit, &["run", "job"]);
            assert_eq!(&*resume.line(selector), line);
        }
    }
}
