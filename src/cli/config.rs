//! The config file: options of the watch at its top level, and a table for each provider. It stands behind
//! the command line, a list and the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand as _;
use toml::de::{DeTable, DeValue};

use super::explicit::ExplicitArg;
use super::settings::{Located, Setting, SettingsFile, command_line, layered, of_one};
use super::{Cli, built};
use crate::input;
use crate::message::{Context as _, Message, Result};
use crate::provider::{Environment, Provider};

/// The variable that names the file; empty, there is none.
pub(crate) const VARIABLE: &str = "DEPLOYWATCH_CONFIG";
/// Where it is in the folder of configurations.
const NAME: &str = "deploywatch/config.toml";
/// The options of every watch that a variable stands before.
const VARIABLES: [(&str, &[&str]); 1] = [("color", &["NO_COLOR", "CLICOLOR_FORCE"])];

/// The settings of the config file; none where there is no file.
#[derive(Default)]
pub(crate) struct Config {
    pub(super) path: Option<PathBuf>,
    top: Vec<Setting>,
    providers: BTreeMap<String, Table>,
}

/// The table of a provider.
#[derive(Default)]
struct Table {
    settings: Vec<Setting>,
    /// The variable that holds its secret, and `FILE:LINE: KEY`.
    token_env: Option<(String, String)>,
}

impl Config {
    /// Reads the file, where there is one; `timeout` is that of the command line.
    ///
    /// # Errors
    /// Whatever is wrong in it, with its line and its key.
    pub(crate) fn read(environment: Environment<'_>, timeout: Option<Duration>) -> Result<Self> {
        let Some(path) = path(environment) else {
            return Ok(Self::default());
        };
        let text = input::read(&path, input::SETTINGS_SIZE, timeout)
            .and_then(|bytes| String::from_utf8(bytes).map_err(Message::library))
            .context(|| Message::cannot_read(&path))?;
        let mut config = Self::parse(&path, &text)?;
        config.path = Some(path);
        Ok(config)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let file = SettingsFile::new(path, text, None);
        let document = DeTable::parse(text).map_err(|error| {
            let message = Message::library(error.message());
            file.error(&error.span().unwrap_or_default(), &message)
        })?;
        let document = document.get_ref();
        let mut definition = built();
        let mut config = Self {
            top: file.settings(&mut definition, None, document, Provider::has_subcommand)?,
            ..Self::default()
        };
        for (key, value) in document.iter() {
            let name = key.get_ref();
            if !Provider::has_subcommand(name) {
                continue;
            }
            let DeValue::Table(table) = value.get_ref() else {
                let message = Message::new(
                    format!("write a [{name}] table"),
                    format!("请写成 [{name}] 表"),
                );
                return Err(file.error(&value.span(), &message.at(name)));
            };
            let is_own = |key: &str| key == "token-env";
            let settings = file.settings(&mut definition, Some(name), table, is_own)?;
            let token_env = file.text(table, "token-env")?;
            let token_env = token_env.map(|located| (located.text, located.place));
            let table = Table {
                settings,
                token_env,
            };
            config.providers.insert(name.to_string(), table);
        }
        Ok(config)
    }

    /// The options of the watch, but for those that a variable stands before.
    pub(super) fn of_watch(&self, environment: Environment<'_>) -> Vec<Setting> {
        without_set(self.top.clone(), &VARIABLES, environment)
    }

    /// The command line of a watch with the options of this file behind `explicit`.
    ///
    /// # Errors
    /// An option is turned down.
    pub(super) fn complete(
        &self,
        cli: Cli,
        environment: Environment<'_>,
    ) -> Result<(Cli, Option<Located>)> {
        if self.path.is_none() {
            return Ok((cli, None));
        }
        let name = cli.name.as_str();
        let explicit: Vec<_> = cli.explicit_args.iter().collect();
        let mut definition = built();
        let line = (name, self.of_watch(environment), Vec::new());
        let (mut whole, token_env) = self.merged(
            &mut definition,
            line,
            &explicit,
            false,
            "deploywatch",
            environment,
        )?;
        whole.words = cli.words;
        Ok((whole, token_env))
    }

    /// The command line of a table of a list, `given` by the list, with the options of this file behind it.
    ///
    /// # Errors
    /// An option is turned down; `place` is where, unless it is one of a file.
    pub(super) fn under(
        &self,
        definition: &mut clap::Command,
        (name, given): (&str, Vec<Setting>),
        explicit: &[&ExplicitArg],
        has_secret: bool,
        place: &str,
        environment: Environment<'_>,
    ) -> Result<(Cli, Option<Located>)> {
        let line = (name, of_one(self.of_watch(environment)), given);
        self.merged(definition, line, explicit, has_secret, place, environment)
    }

    fn merged(
        &self,
        definition: &mut clap::Command,
        (name, top, given): (&str, Vec<Setting>, Vec<Setting>),
        explicit: &[&ExplicitArg],
        has_secret: bool,
        place: &str,
        environment: Environment<'_>,
    ) -> Result<(Cli, Option<Located>)> {
        let Some(table) = self.providers.get(name) else {
            let settings = layered(definition, name, [top, given]);
            return Ok((
                command_line(definition, &[name], &settings, explicit, place)?,
                None,
            ));
        };
        let first = command_line(definition, &[name], &given, explicit, place)?;
        let variables = first.provider()?.options().variables();
        let (file, secrets) = variables.secret_file();
        let is_set = secrets.iter().any(|name| environment(name).is_some());
        let mut own = without_set(table.settings.clone(), variables.options, environment);
        own.retain(|setting| !has_secret || setting.name != file);
        let settings = layered(definition, name, [top, own, given]);
        let cli = command_line(definition, &[name], &settings, explicit, place)?;
        let has_file = cli.explicit_args.iter().any(|arg| arg.name == file);
        let token_env = table.token_env.as_ref();
        let token_env = token_env.filter(|_| !has_secret && !has_file && !is_set);
        let token_env = token_env.map(|(text, place)| Located {
            text: text.clone(),
            place: place.clone(),
        });
        Ok((cli, token_env))
    }
}

/// Settings without those that a variable which is set stands before.
fn without_set(
    mut settings: Vec<Setting>,
    variables: &[(&str, &[&str])],
    environment: Environment<'_>,
) -> Vec<Setting> {
    settings.retain(|setting| {
        let mut named = variables
            .iter()
            .filter(|(option, _)| *option == setting.name);
        !named.any(|(_, names)| names.iter().any(|name| environment(name).is_some()))
    });
    settings
}

/// Where the file is; none where there is none.
fn path(environment: Environment<'_>) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(PathBuf::from(named)).filter(|path| !path.as_os_str().is_empty());
    }
    let folder = environment("XDG_CONFIG_HOME").map(PathBuf::from);
    // A relative one does not count, as the specification has it.
    let folder = folder.filter(|folder| folder.is_absolute());
    let at_home = || Some(PathBuf::from(environment("HOME")?).join(".config"));
    let path = folder.or_else(at_home)?.join(NAME);
    path.exists().then_some(path)
}
