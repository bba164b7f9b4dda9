//! Options in a TOML file: its keys are long options, which are read as a command line.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use clap::error::ContextKind;
use clap::{Arg, ArgAction};
use toml::de::{DeTable, DeValue};

use super::explicit::ExplicitArg;
use super::{Cli, parse_with, secret_in};
use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::provider::Environment;

/// A key of a file, as the option that it stands for.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) name: String,
    /// The option as a word of a command line; none for a flag that is false.
    word: Option<String>,
    /// `FILE:LINE`
    place: String,
    /// The value with variables in their places, and as it stands in the file.
    expanded: Option<(String, String)>,
}

/// The value of a key that is not an option.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) text: String,
    /// `FILE:LINE: KEY`
    pub(super) place: String,
}

/// Reads a file of settings; a pipe no longer than `timeout`.
pub(super) fn read(path: &Path, timeout: Option<Duration>) -> Result<String> {
    input::read(path, input::SETTINGS_SIZE, timeout)
        .and_then(|bytes| String::from_utf8(bytes).map_err(Message::library))
        .context(|| Message::cannot_read(path))
}

pub(super) struct SettingsFile<'a> {
    pub(super) path: &'a Path,
    pub(super) document: DeTable<'a>,
    /// The values of `$VARIABLE` in texts; none where variables are not replaced.
    pub(super) variables: Option<Environment<'a>>,
    /// The end of each line: a list may be long, and each of its keys has a place.
    line_ends: Vec<usize>,
}

impl<'a> SettingsFile<'a> {
    /// Parses the `text` of the file at `path`.
    pub(super) fn parse(
        path: &'a Path,
        text: &'a str,
        variables: Option<Environment<'a>>,
    ) -> Result<Self> {
        let mut file = Self {
            path,
            document: DeTable::new(),
            variables,
            line_ends: text.match_indices('\n').map(|(end, _)| end).collect(),
        };
        let document = DeTable::parse(text).map_err(|error| {
            let message = Message::library(error.message());
            file.error(&error.span().unwrap_or_default(), &message)
        })?;
        file.document = document.into_inner();
        Ok(file)
    }

    /// The keys of a table as options of a command, or as those of every watch where there is none. Those
    /// that are `other` are left out.
    pub(super) fn settings(
        &self,
        definition: &mut clap::Command,
        command: Option<&str>,
        table: &DeTable<'_>,
        other: impl Fn(&str) -> bool,
    ) -> Result<Vec<Setting>> {
        let mut settings = Vec::new();
        for (key, value) in table.iter().filter(|(key, _)| !other(key.get_ref())) {
            let (name, at) = (key.get_ref().as_ref(), key.span());
            let is_flag = match option(definition, command, name).map(Arg::get_action) {
                Some(ArgAction::SetTrue) => true,
                Some(action) if action.takes_values() => false,
                _ => return Err(self.error(&at, &no_option(definition, command, name).at(name))),
            };
            let mut expanded = None;
            let word = match value.get_ref() {
                DeValue::Boolean(is_set) if is_flag => is_set.then(|| format!("--{name}")),
                DeValue::String(text) if !is_flag => {
                    let value = self.expand(text);
                    let value = value.map_err(|error| self.error(&at, &error.at(name)))?;
                    let word = format!("--{name}={value}");
                    expanded = (value != **text).then(|| (value, text.to_string()));
                    Some(word)
                }
                DeValue::Integer(number) if !is_flag && number.radix() == 10 => {
                    Some(format!("--{name}={}", number.as_str()))
                }
                other => {
                    let (en, zh) = match other {
                        _ if is_flag => ("true or false", "true 或 false"),
                        DeValue::Boolean(_) => ("text or a number", "文本或数字"),
                        _ => ("text, a number, true or false", "文本、数字、true 或 false"),
                    };
                    let message = Message::new(format!("it must be {en}"), format!("必须是{zh}"));
                    return Err(self.error(&value.span(), &message.at(name)));
                }
            };
            settings.push(Setting {
                name: name.to_owned(),
                word,
                place: self.place(&at),
                expanded,
            });
        }
        Ok(settings)
    }

    /// The text of a key that is not an option.
    pub(super) fn text(&self, table: &DeTable<'_>, key: &str) -> Result<Option<Located>> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        let place = format!("{}: {key}", self.place(&value.span()));
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => {
                let text = self.expand(text).map_err(|error| error.at(&place))?;
                Ok(Some(Located { text, place }))
            }
            _ => Err(Message::new("it must be text", "必须是文本").at(place)),
        }
    }

    /// A text with the values of `$VARIABLE` and `${VARIABLE}` in their places; `$$` is a `$`.
    fn expand(&self, text: &str) -> Result<String> {
        let Some(variables) = self.variables else {
            return Ok(text.to_owned());
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (mut whole, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            whole += before;
            if let Some(after) = after.strip_prefix('$') {
                whole.push('$');
                rest = after;
                continue;
            }
            let braced = after
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'));
            let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
            let (name, after) = braced.unwrap_or(after.split_at(end));
            ensure(!name.is_empty() && name.chars().all(is_name), || {
                Message::new(
                    "a $ is followed by the name of a variable; $$ stands for $",
                    "$ 之后须为变量名；$$ 表示 $",
                )
            })?;
            whole += &variables(name).ok_or_else(|| not_set(name))?;
            rest = after;
        }
        Ok(whole + rest)
    }

    /// `FILE:LINE` of where `span` begins.
    pub(super) fn place(&self, span: &Range<usize>) -> String {
        let line = self.line_ends.partition_point(|end| *end < span.start) + 1;
        format!("{}:{line}", self.path.display())
    }

    pub(super) fn error(&self, span: &Range<usize>, message: &Message) -> Message {
        message.at(self.place(span))
    }
}

/// A variable of the environment is not set.
pub(crate) fn not_set(name: &str) -> Message {
    Message::new(
        format!("the variable {name} is not set"),
        format!("没有设置环境变量 {name}"),
    )
}

/// A key that is no option of the command, with the one that is near it.
fn no_option(definition: &mut clap::Command, command: Option<&str>, name: &str) -> Message {
    let message = match command {
        Some(command) => Message::new(
            format!("not an option of {command}"),
            format!("不是 {command} 的选项"),
        ),
        None => Message::new("not an option that every watch has", "不是跟踪的通用选项"),
    };
    let words = ["deploywatch"].into_iter().chain(command);
    let words = words.map(str::to_owned).chain([format!("--{name}")]);
    let near = parse_with(definition, words).err();
    let near = near.and_then(|error| error.option(ContextKind::SuggestedArg));
    let near = near.map(|near| {
        Message::new(
            format!("did you mean {near}?"),
            format!("是否想写 {near}？"),
        )
    });
    message.with_hint(near.as_ref())
}

/// A long option of a command, or of every watch where none is named.
fn option<'a>(definition: &'a clap::Command, command: Option<&str>, name: &str) -> Option<&'a Arg> {
    let command = command.map_or(Some(definition), |name| definition.find_subcommand(name));
    let mut options = command?.get_arguments();
    options.find(|option| option.get_long() == Some(name))
}

/// Whether of two options of a command only one can be given.
fn excludes(definition: &clap::Command, command: &str, one: &str, other: &str) -> bool {
    let conflicts = |one: &str, other: &str| {
        let found = definition.find_subcommand(command);
        let found = found.zip(option(definition, Some(command), one));
        let conflicts = found.map(|(command, option)| command.get_arg_conflicts_with(option));
        let mut conflicts = conflicts.into_iter().flatten();
        conflicts.any(|option| option.get_long() == Some(other))
    };
    one == other || conflicts(one, other) || conflicts(other, one)
}

/// Reads layers of settings as the options of a command. Each takes the place of those before it of the same
/// name or that cannot go with it, as the options of the command line, `explicit`, do of all. `place` is where
/// an error is that is not about a setting.
pub(super) fn command_line(
    definition: &mut clap::Command,
    command: &[&str],
    layers: &[&[Setting]],
    explicit: &[ExplicitArg],
    place: &str,
) -> Result<Cli> {
    let excludes = |one: &str, other: &Setting| excludes(definition, command[0], one, &other.name);
    let mut kept: Vec<&Setting> = Vec::new();
    for layer in layers {
        kept.retain(|lower| !layer.iter().any(|higher| excludes(&higher.name, lower)));
        kept.extend(*layer);
    }
    kept.retain(|lower| !explicit.iter().any(|arg| excludes(&arg.name, lower)));
    let words = kept.iter().filter_map(|setting| setting.word.clone());
    let words = words.chain(explicit.iter().map(ToString::to_string));
    let line = ["deploywatch"].iter().chain(command).copied();
    let line: Vec<_> = line.map(str::to_owned).chain(words).collect();
    parse_with(definition, line).map_err(|error| {
        let (message, option) = (error.message(), error.option(ContextKind::InvalidArg));
        let mut named = kept.iter();
        match named.find(|setting| option.as_ref() == Some(&setting.name)) {
            Some(setting) => setting.error(&message),
            None => message.at(place),
        }
    })
}

impl Setting {
    /// An error about it, with the variables in its value as the file has them: one may hold a secret.
    fn error(&self, message: &Message) -> Message {
        let message = message.at(&self.name).at(&self.place);
        let secret = self.word.as_deref().and_then(secret_in);
        match (&self.expanded, secret) {
            (Some((value, written)), _) => Message::new(
                message.en().replace(value, written),
                message.zh().replace(value, written),
            ),
            (None, Some(secret)) => message.without(secret),
            (None, None) => message,
        }
    }
}
