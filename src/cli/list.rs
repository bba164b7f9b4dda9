//! The file of `deploywatch all`: TOML whose keys are the long options of the command line. Each
//! table is read as the command line that it stands for.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use clap::Subcommand;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Cli;
use super::explicit::{ExplicitArg, Scope, override_args};
use super::options::OutputOptions;
use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::provider::Provider;

/// The keys of a table that are not options.
const OWN_KEYS: [&str; 3] = ["provider", "name", "token-env"];

/// One `[[deploy]]` table.
pub(super) struct Entry {
    /// The command line that it stands for.
    pub(super) cli: Cli,
    pub(super) name: Option<Located>,
    /// The variable that holds the secret.
    pub(super) token_env: Option<Located>,
    /// `FILE:LINE` of the table.
    pub(super) place: String,
}

/// The value of a key that is not an option.
pub(super) struct Located {
    pub(super) text: String,
    /// `FILE:LINE: KEY`
    pub(super) place: String,
}

/// A key and its value.
type Setting<'t, 'd> = (&'t Spanned<DeString<'d>>, &'t Spanned<DeValue<'d>>);

/// Reads the list at `path`: its tables, and how the watch as a whole is shown. The options in
/// `explicit` override those of the file; `timeout` is that of the command line.
///
/// # Errors
/// Whatever is wrong, with the file, the line and the key.
pub(super) fn read(
    path: &Path,
    explicit: &[ExplicitArg],
    timeout: Option<Duration>,
) -> Result<(OutputOptions, Vec<Entry>)> {
    let text = input::read(path, input::SETTINGS_SIZE, timeout)
        .and_then(|bytes| String::from_utf8(bytes).map_err(Message::library))
        .context(|| Message::cannot_read(path))?;
    let mut file = File {
        path,
        text: &text,
        command: super::command(),
    };
    file.command.build();
    let document = DeTable::parse(&text).map_err(|error| {
        file.error(
            error.span().unwrap_or_default(),
            &Message::library(error.message()),
        )
    })?;
    let tables = file.tables(document.get_ref())?;
    let mut defaults: Vec<Setting<'_, '_>> = document.get_ref().iter().collect();
    defaults.retain(|(key, _)| key.get_ref() != "deploy");
    let explicit: Vec<_> = explicit.iter().collect();
    let all = file.command_line(&["all", "FILE"], &defaults, &explicit, 0..0)?;
    defaults.retain(|(key, _)| !OutputOptions::contain(key.get_ref()));
    let of_one = explicit.into_iter().filter(|arg| arg.scope == Scope::Watch);
    let of_one: Vec<_> = of_one.collect();
    let entries = tables
        .into_iter()
        .map(|(table, span)| file.entry(table, span, &defaults, &of_one));
    Ok((all.output, entries.collect::<Result<_>>()?))
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    /// The definition of the command line.
    command: clap::Command,
}

impl File<'_> {
    /// The tables of `[[deploy]]`, and where each is.
    fn tables<'t, 'd>(
        &self,
        document: &'t DeTable<'d>,
    ) -> Result<Vec<(&'t DeTable<'d>, Range<usize>)>> {
        let error = |value: &Spanned<_>| {
            let message = Message::new(
                "deploy: write [[deploy]] tables",
                "deploy: 请写成 [[deploy]] 表",
            );
            self.error(value.span(), &message)
        };
        let tables = match document.get("deploy").map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Array(list))) => list.iter(),
            Some((value, _)) => return Err(error(value)),
            None => [].iter(),
        };
        let tables: Vec<_> = tables
            .map(|value| match value.get_ref() {
                DeValue::Table(table) => Ok((table, value.span())),
                _ => Err(error(value)),
            })
            .collect::<Result<_>>()?;
        ensure(!tables.is_empty(), || {
            let none = Message::new("there is no [[deploy]] table", "没有 [[deploy]] 表");
            none.at(self.path.display())
        })?;
        Ok(tables)
    }

    /// Reads one table; `defaults` are the options at the top level of the file.
    fn entry(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        defaults: &[Setting<'_, '_>],
        explicit: &[&ExplicitArg],
    ) -> Result<Entry> {
        let provider = self.text(table, "provider")?.ok_or_else(|| {
            let message = Message::new(
                "provider: the table does not say which",
                "provider: 该表没有指定",
            );
            self.error(span.clone(), &message)
        })?;
        let name = provider.text;
        if !Provider::has_subcommand(&name) {
            let root = Provider::augment_subcommands(clap::Command::new("all"));
            let known: Vec<_> = root
                .get_subcommands()
                .map(clap::Command::get_name)
                .collect();
            let known = known.join(", ");
            let message = Message::new(
                format!("{name:?} is not one of {known}"),
                format!("{name:?} 不是 {known} 之一"),
            );
            return Err(message.at(provider.place));
        }
        let own = || {
            table
                .iter()
                .filter(|(key, _)| !OWN_KEYS.contains(&&**key.get_ref()))
        };
        if let Some((key, _)) = own().find(|(key, _)| OutputOptions::contain(key.get_ref())) {
            let name = key.get_ref();
            let message = Message::new(
                "it is about the watch of all: put it at the top",
                "它针对整个跟踪，请写在文件开头",
            );
            return Err(self.error(key.span(), &message.at(name)));
        }
        let inherited = defaults.iter().copied();
        let inherited = inherited.filter(|(key, _)| table.get(&**key.get_ref()).is_none());
        let settings: Vec<_> = inherited.chain(own()).collect();
        Ok(Entry {
            place: self.place(&span),
            cli: self.command_line(&[&name], &settings, explicit, span)?,
            name: self.text(table, "name")?,
            token_env: self.text(table, "token-env")?,
        })
    }

    /// The text of a key that is not an option.
    fn text(&self, table: &DeTable<'_>, key: &str) -> Result<Option<Located>> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        let place = format!("{}: {key}", self.place(&value.span()));
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Ok(Some(Located {
                text: text.to_owned(),
                place,
            })),
            _ => Err(Message::new("it must be a text", "必须是文本").at(place)),
        }
    }

    /// Reads settings as the options of a command, overridden by those of the command line.
    fn command_line(
        &mut self,
        command: &[&str],
        settings: &[Setting<'_, '_>],
        explicit: &[&ExplicitArg],
        span: Range<usize>,
    ) -> Result<Cli> {
        let words = settings
            .iter()
            .filter_map(|setting| self.word(command[0], *setting).transpose());
        let words = override_args(&words.collect::<Result<Vec<_>>>()?, explicit);
        let line = ["deploywatch"].iter().chain(command).copied();
        let line = line.map(str::to_owned).chain(words);
        super::parse_with(&mut self.command, line).map_err(|error| {
            let option = error.option();
            let culprit = settings
                .iter()
                .find(|(key, _)| option.as_deref() == Some(key.get_ref()));
            let message = error.message();
            match culprit {
                Some((key, _)) => self.error(key.span(), &message.at(key.get_ref())),
                None => self.error(span, &message),
            }
        })
    }

    /// A setting as an option of `command`; none for a flag that is false. clap checks the value.
    fn word(&self, command: &str, (key, value): Setting<'_, '_>) -> Result<Option<String>> {
        let name = key.get_ref();
        let definition = self.command.find_subcommand(command);
        let mut options = definition
            .into_iter()
            .flat_map(clap::Command::get_arguments);
        let Some(option) = options.find(|option| option.get_long() == Some(name)) else {
            let message = Message::new(
                format!("not an option of {command}"),
                format!("不是 {command} 的选项"),
            );
            return Err(self.error(key.span(), &message.at(name)));
        };
        let is_flag = !option.get_action().takes_values();
        let wanted = match value.get_ref() {
            DeValue::Boolean(is_set) if is_flag => {
                return Ok(is_set.then(|| format!("--{name}")));
            }
            DeValue::String(text) if !is_flag => return Ok(Some(format!("--{name}={text}"))),
            DeValue::Integer(number) if !is_flag && number.radix() == 10 => {
                return Ok(Some(format!("--{name}={}", number.as_str())));
            }
            _ if is_flag => ("true or false", "true 或 false"),
            DeValue::Boolean(_) => ("a text or a number", "文本或数字"),
            _ => (
                "a text, a number, true or false",
                "文本、数字、true 或 false",
            ),
        };
        let message = Message::new(
            format!("it must be {}", wanted.0),
            format!("必须是{}", wanted.1),
        );
        Err(self.error(value.span(), &message.at(name)))
    }

    /// `FILE:LINE` of where `span` begins.
    fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    fn error(&self, span: Range<usize>, message: &Message) -> Message {
        message.at(self.place(&span))
    }
}
