//! The file of `deploywatch all`: TOML whose keys are the long options of the command line. Each
//! table is read as the command line that it stands for, so that there is one reading of options.

use std::cell::Cell;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use clap::error::ContextKind;
use clap::{ArgAction, CommandFactory};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::deploys::{Deploys, merged, of_one};
use super::{Cli, Environment, WatchArgs};

/// Options that are about the watch of all, and so stand at the top level only.
pub(crate) const OF_ALL: [&str; 9] = [
    "output", "quiet", "events", "junit", "summary", "capture", "color", "lang", "verbose",
];

/// Reads the file. `given` are the options of the command line, which beat the file. Returns the
/// options of the watch of all and the deployments.
///
/// # Errors
/// Whatever is wrong in the file, with its line and its key.
pub(crate) fn read(
    path: &Path,
    given: &[String],
    environment: Environment<'_>,
) -> Result<(WatchArgs, Deploys)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = File { path, text: &text };
    file.read(given, environment)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

/// A key and its value, as an option of the command line.
#[derive(Clone)]
struct Setting {
    key: String,
    word: Option<String>,
    place: Range<usize>,
}

impl File<'_> {
    fn read(&self, given: &[String], environment: Environment<'_>) -> Result<(WatchArgs, Deploys)> {
        let document = DeTable::parse(self.text).map_err(|error| {
            let place = error.span().unwrap_or_default();
            self.error(&place, error.message())
        })?;
        let mut defaults = Vec::new();
        let mut tables = Vec::new();
        for (key, value) in document.get_ref() {
            if key.get_ref() != "deploy" {
                defaults.push(self.setting(key.get_ref(), key.span(), value)?);
                continue;
            }
            let DeValue::Array(list) = value.get_ref() else {
                return Err(self.error(&value.span(), "deploy: write [[deploy]] tables"));
            };
            for table in list {
                let DeValue::Table(keys) = table.get_ref() else {
                    return Err(self.error(&table.span(), "deploy: write [[deploy]] tables"));
                };
                tables.push((keys, table.span()));
            }
        }
        if tables.is_empty() {
            bail!("{}: there is no [[deploy]] table", self.path.display());
        }
        let all = self.arguments(&["all", "file"], &defaults, given, &(0..0))?;
        defaults.retain(|setting| !OF_ALL.contains(&setting.key.as_str()));
        let mut deploys = Deploys::default();
        for (keys, place) in tables {
            self.deploy(keys, &place, &defaults, given, environment, &mut deploys)?;
        }
        Ok((all.watch, deploys))
    }

    /// One table: `provider`, perhaps `name` and `token-env`, and options.
    fn deploy(
        &self,
        keys: &DeTable<'_>,
        place: &Range<usize>,
        defaults: &[Setting],
        given: &[String],
        environment: Environment<'_>,
        deploys: &mut Deploys,
    ) -> Result<()> {
        let text = |wanted: &str| -> Result<Option<(String, Range<usize>)>> {
            let Some(value) = keys.get(wanted) else {
                return Ok(None);
            };
            match value.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => Ok(Some((text.to_owned(), value.span()))),
                _ => Err(self.error(&value.span(), &format!("{wanted}: it must be a text"))),
            }
        };
        let (provider, provider_place) = text("provider")?
            .ok_or_else(|| self.error(place, "provider: the table does not say which"))?;
        let known = super::PROVIDERS.map(|provider| provider.name);
        if !known.contains(&provider.as_str()) {
            let message = format!("provider: {provider:?} is not one of {}", known.join(", "));
            return Err(self.error(&provider_place, &message));
        }
        let name = text("name")?.map(|(name, _)| name);
        let token = text("token-env")?;
        let mut own = Vec::new();
        for (key, value) in keys {
            let word = key.get_ref().as_ref();
            if ["provider", "name", "token-env"].contains(&word) {
                continue;
            }
            if OF_ALL.contains(&word) {
                let message = format!("{word}: it is about the watch of all: put it at the top");
                return Err(self.error(&key.span(), &message));
            }
            own.push(self.setting(word, key.span(), value)?);
        }
        // The table beats the top level.
        let inherited = defaults
            .iter()
            .filter(|default| own.iter().all(|setting| setting.key != default.key));
        let mut settings: Vec<_> = inherited.cloned().collect();
        settings.extend(own);
        let cli = self.arguments(&[&provider], &settings, given, place)?;
        let secret = match &token {
            Some((variable, place)) => Some(environment(variable).ok_or_else(|| {
                let message = format!("token-env: the variable {variable} is not set");
                self.error(place, &message)
            })?),
            None => None,
        };
        let [alone, with_others] = super::SECRETS;
        // One secret is named, so that no other one is taken.
        let taken = Cell::new(false);
        let environment = |variable: &str| match &secret {
            Some(secret) if alone.contains(&variable) => {
                taken.set(true);
                Some(secret.clone())
            }
            Some(_) if with_others.contains(&variable) => None,
            _ => environment(variable),
        };
        deploys
            .add(&cli, name.as_deref(), &environment)
            .map_err(|error| self.error(place, &format!("{error:#}")))?;
        match token {
            Some((_, place)) if !taken.get() => {
                let message = "token-env: nothing asks for it, as the other keys say where the \
                               secret is, or that there is none";
                Err(self.error(&place, message))
            }
            _ => Ok(()),
        }
    }

    /// A key and its value as an option; `false` is an option that is left out.
    fn setting(
        &self,
        key: &str,
        place: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Setting> {
        let word = match value.get_ref() {
            DeValue::Boolean(true) => Some(format!("--{key}")),
            DeValue::Boolean(false) => None,
            DeValue::String(text) => Some(format!("--{key}={text}")),
            DeValue::Integer(number) if number.radix() == 10 => {
                Some(format!("--{key}={}", number.as_str()))
            }
            _ => {
                let message = format!("{key}: it must be a text, a number, true or false");
                return Err(self.error(&value.span(), &message));
            }
        };
        Ok(Setting {
            key: key.to_owned(),
            word,
            place,
        })
    }

    /// Reads settings as the arguments of a command.
    fn arguments(
        &self,
        command: &[&str],
        settings: &[Setting],
        given: &[String],
        place: &Range<usize>,
    ) -> Result<Cli> {
        self.check_keys(command[0], settings)?;
        let given = match command[0] {
            "all" => given.to_vec(),
            _ => of_one(given),
        };
        let settings_words = settings.iter().filter_map(|setting| setting.word.clone());
        let words: Vec<_> = settings_words.collect();
        let line = ["deploywatch"].into_iter().chain(command.iter().copied());
        let line = line.map(str::to_owned).chain(merged(&words, &given));
        super::parse(line).map_err(|error| {
            let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
            let culprit = settings.iter().find(|setting| {
                let option = format!("--{}", setting.key);
                let argument = argument.as_deref().unwrap_or_default();
                argument == option || argument.starts_with(&format!("{option} "))
            });
            let message = error.to_string();
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            let first: Vec<_> = message
                .lines()
                .take_while(|line| !line.trim().is_empty())
                .map(str::trim)
                .collect();
            match culprit {
                Some(setting) => {
                    let message = format!("{}: {}", setting.key, first.join(" "));
                    self.error(&setting.place, &message)
                }
                None => self.error(place, &first.join(" ")),
            }
        })
    }

    /// Every key must be a long option of the command; what it may hold is the option's business.
    fn check_keys(&self, command: &str, settings: &[Setting]) -> Result<()> {
        let root = Cli::command();
        let own = root
            .find_subcommand(command)
            .map(clap::Command::get_arguments);
        let known: Vec<_> = root
            .get_arguments()
            .chain(own.into_iter().flatten())
            .collect();
        for setting in settings {
            let option = known
                .iter()
                .find(|argument| argument.get_long() == Some(setting.key.as_str()));
            let Some(option) = option else {
                let message = format!("{}: not an option of {command}", setting.key);
                return Err(self.error(&setting.place, &message));
            };
            let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
            let has_value = setting
                .word
                .as_deref()
                .is_some_and(|word| word.contains('='));
            if is_flag == has_value {
                let wanted = if is_flag {
                    "true or false"
                } else {
                    "a text or a number"
                };
                let message = format!("{}: it must be {wanted}", setting.key);
                return Err(self.error(&setting.place, &message));
            }
        }
        Ok(())
    }

    fn error(&self, place: &Range<usize>, message: &str) -> anyhow::Error {
        let before = self.text.get(..place.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow!("{}:{line}: {message}", self.path.display())
    }
}
