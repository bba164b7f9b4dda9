//! The file of `deploywatch all`: TOML whose keys are the long options of the command line. Each
//! table is read as the command line that it stands for.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, anyhow};
use clap::error::ContextKind;
use clap::{ArgAction, Subcommand};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Cli;
use super::explicit::{ExplicitArg, Scope, override_args};
use super::options::OutputOptions;
use crate::provider::Provider;

/// The keys of a table that are no options.
const OWN_KEYS: [&str; 3] = ["provider", "name", "token-env"];

/// A list of deployments.
pub(super) struct DeploymentList<'a> {
    file: File<'a>,
    /// The command line of the watch of all.
    pub(super) all: Cli,
    pub(super) entries: Vec<Entry>,
}

/// One `[[deploy]]` table.
pub(super) struct Entry {
    /// The command line that it stands for.
    pub(super) cli: Cli,
    pub(super) name: Option<String>,
    /// The variable that holds the secret.
    pub(super) token_env: Option<Spanned<String>>,
    pub(super) span: Range<usize>,
}

impl<'a> DeploymentList<'a> {
    /// Reads `text`, the contents of the file at `path`; `explicit` are options of the command
    /// line, which override those of the file.
    ///
    /// # Errors
    /// Whatever is wrong, with the file, the line and the key.
    pub(super) fn parse(path: &'a Path, text: &'a str, explicit: &[ExplicitArg]) -> Result<Self> {
        let mut file = File {
            path,
            text,
            command: super::command(),
        };
        file.command.build();
        let document = DeTable::parse(text)
            .map_err(|error| file.error(error.span().unwrap_or_default(), error.message()))?;
        let mut defaults = Vec::new();
        for (key, value) in document.get_ref() {
            if key.get_ref() != "deploy" {
                defaults.push(file.setting(key, value)?);
            }
        }
        let tables = match document.get_ref().get("deploy") {
            Some(deploy) => file.tables(deploy)?,
            None => Vec::new(),
        };
        if tables.is_empty() {
            return Err(anyhow!("{}: there is no [[deploy]] table", path.display()));
        }
        let everything: Vec<_> = explicit.iter().collect();
        let all = file.command_line(&["all", "FILE"], &defaults, &everything, 0..0)?;
        defaults.retain(|setting| !OutputOptions::contain(&setting.key));
        let of_one = everything
            .into_iter()
            .filter(|arg| arg.scope == Scope::Watch);
        let of_one: Vec<_> = of_one.collect();
        let entries = tables
            .into_iter()
            .map(|(table, span)| file.entry(table, span, &defaults, &of_one));
        let entries = entries.collect::<Result<_>>()?;
        Ok(Self { file, all, entries })
    }

    /// An error in the file, at the line where `span` begins.
    pub(super) fn error(&self, span: Range<usize>, message: &str) -> anyhow::Error {
        self.file.error(span, message)
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
    /// The definition of the command line.
    command: clap::Command,
}

/// A key and its value, as an option of the command line.
#[derive(Clone)]
struct Setting {
    key: String,
    /// None for `false`: the flag is left out.
    word: Option<String>,
    span: Range<usize>,
}

impl Setting {
    fn is_flag(&self) -> bool {
        self.word.as_deref().is_none_or(|word| !word.contains('='))
    }
}

impl File<'_> {
    /// The tables of `[[deploy]]`, and where each is.
    fn tables<'t, 'd>(
        &self,
        deploy: &'t Spanned<DeValue<'d>>,
    ) -> Result<Vec<(&'t DeTable<'d>, Range<usize>)>> {
        let error =
            |value: &Spanned<_>| self.error(value.span(), "deploy: write [[deploy]] tables");
        let DeValue::Array(list) = deploy.get_ref() else {
            return Err(error(deploy));
        };
        let tables = list.iter().map(|value| match value.get_ref() {
            DeValue::Table(table) => Ok((table, value.span())),
            _ => Err(error(value)),
        });
        tables.collect()
    }

    /// Reads one table; `defaults` are the options at the top level of the file.
    fn entry(
        &mut self,
        table: &DeTable<'_>,
        span: Range<usize>,
        defaults: &[Setting],
        explicit: &[&ExplicitArg],
    ) -> Result<Entry> {
        let provider = self
            .text(table, "provider")?
            .ok_or_else(|| self.error(span.clone(), "provider: the table does not say which"))?;
        if !Provider::has_subcommand(provider.get_ref()) {
            let root = Provider::augment_subcommands(clap::Command::new("all"));
            let known: Vec<_> = root
                .get_subcommands()
                .map(clap::Command::get_name)
                .collect();
            let (name, known) = (provider.get_ref(), known.join(", "));
            let message = format!("provider: {name:?} is not one of {known}");
            return Err(self.error(provider.span(), &message));
        }
        let mut settings = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if OutputOptions::contain(name) {
                let message = format!("{name}: it is about the watch of all: put it at the top");
                return Err(self.error(key.span(), &message));
            }
            if !OWN_KEYS.contains(&name) {
                settings.push(self.setting(key, value)?);
            }
        }
        let mut inherited = defaults.to_vec();
        inherited.retain(|default| settings.iter().all(|setting| setting.key != default.key));
        let settings = [inherited, settings].concat();
        Ok(Entry {
            cli: self.command_line(&[provider.get_ref()], &settings, explicit, span.clone())?,
            name: self.text(table, "name")?.map(Spanned::into_inner),
            token_env: self.text(table, "token-env")?,
            span,
        })
    }

    /// The text of a key that is no option.
    fn text(&self, table: &DeTable<'_>, key: &str) -> Result<Option<Spanned<String>>> {
        let Some(value) = table.get(key) else {
            return Ok(None);
        };
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => {
                Ok(Some(Spanned::new(value.span(), text.to_owned())))
            }
            _ => Err(self.error(value.span(), &format!("{key}: it must be a text"))),
        }
    }

    /// A key and its value as an option.
    fn setting(
        &self,
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Setting> {
        let (span, key) = (key.span(), key.get_ref().as_ref());
        let word = match value.get_ref() {
            DeValue::Boolean(true) => Some(format!("--{key}")),
            DeValue::Boolean(false) => None,
            DeValue::String(text) => Some(format!("--{key}={text}")),
            DeValue::Integer(number) if number.radix() == 10 => {
                Some(format!("--{key}={}", number.as_str()))
            }
            _ => {
                let message = format!("{key}: it must be a text, a number, true or false");
                return Err(self.error(value.span(), &message));
            }
        };
        Ok(Setting {
            key: key.to_owned(),
            word,
            span,
        })
    }

    /// Reads settings as the options of a command, overridden by those of the command line.
    fn command_line(
        &mut self,
        command: &[&str],
        settings: &[Setting],
        explicit: &[&ExplicitArg],
        span: Range<usize>,
    ) -> Result<Cli> {
        self.check_keys(command[0], settings)?;
        let words = settings.iter().filter_map(|setting| setting.word.clone());
        let words = override_args(&words.collect::<Vec<_>>(), explicit);
        let line = ["deploywatch"].iter().chain(command).copied();
        let line = line.map(str::to_owned).chain(words);
        super::parse_with(&mut self.command, line).map_err(|error| {
            let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
            let argument = argument.as_deref().and_then(|text| text.split(' ').next());
            let culprit = settings
                .iter()
                .find(|setting| argument == Some(&format!("--{}", setting.key)));
            let message = error.to_string();
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            let lines = message.lines().map(str::trim);
            let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            let message = paragraph.join(" ");
            match culprit {
                Some(setting) => {
                    self.error(setting.span.clone(), &format!("{}: {message}", setting.key))
                }
                None => self.error(span, &message),
            }
        })
    }

    /// Checks that every key is a long option of the command, and a flag where that is one. clap
    /// checks the values.
    fn check_keys(&self, name: &str, settings: &[Setting]) -> Result<()> {
        let command = self.command.find_subcommand(name);
        let options = command.map(clap::Command::get_arguments);
        let options: Vec<_> = options.into_iter().flatten().collect();
        for setting in settings {
            let (key, span) = (setting.key.as_str(), setting.span.clone());
            let option = options.iter().find(|option| option.get_long() == Some(key));
            let Some(option) = option else {
                return Err(self.error(span, &format!("{key}: not an option of {name}")));
            };
            let wanted = match option.get_action() {
                ArgAction::SetTrue if !setting.is_flag() => "true or false",
                ArgAction::SetTrue => continue,
                _ if setting.is_flag() => "a text or a number",
                _ => continue,
            };
            return Err(self.error(span, &format!("{key}: it must be {wanted}")));
        }
        Ok(())
    }

    fn error(&self, span: Range<usize>, message: &str) -> anyhow::Error {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow!("{}:{line}: {message}", self.path.display())
    }
}
