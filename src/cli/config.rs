//! The config file: options of the watch at its top level, and a table for each provider. It stands behind
//! the command line, a list and the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand as _, ValueEnum as _};
use toml::de::{DeTable, DeValue};

use super::explicit::ExplicitArg;
use super::settings::{self, Located, Setting, SettingsFile, command_line, layered};
use super::{Cli, built};
use crate::message::{Lang, Message, Result};
use crate::platform;
use crate::provider::{Environment, Provider};

/// The variable that names the file; empty, there is none.
pub(crate) const VARIABLE: &str = "DEPLOYWATCH_CONFIG";
/// Its path in the folder of configurations.
const NAME: &str = "deploywatch/config.toml";
/// The options of every watch that a variable stands before.
const VARIABLES: [(&str, &[&str]); 1] = [("color", &["NO_COLOR", "CLICOLOR_FORCE"])];

/// The settings of the config file; none where there is no file.
pub(crate) struct Config<'a> {
    environment: Environment<'a>,
    pub(super) path: Option<PathBuf>,
    top: Vec<Setting>,
    providers: BTreeMap<String, Table>,
}

/// The table of a provider.
#[derive(Default)]
struct Table {
    settings: Vec<Setting>,
    /// The variable that holds its secret.
    token_env: Option<Located>,
}

impl<'a> Config<'a> {
    /// Reads the file, where there is one; `timeout` is that of the command line.
    ///
    /// # Errors
    /// Whatever is wrong in it, with its line and its key.
    pub(crate) fn read(environment: Environment<'a>, timeout: Option<Duration>) -> Result<Self> {
        let mut config = Self {
            environment,
            path: path(environment),
            top: Vec::new(),
            providers: BTreeMap::new(),
        };
        if let Some(path) = config.path.clone() {
            let text = settings::read(&path, timeout)?;
            config.parse(&SettingsFile::parse(&path, &text, None)?)?;
        }
        Ok(config)
    }

    fn parse(&mut self, file: &SettingsFile<'_>) -> Result<()> {
        let mut definition = built();
        let is_table = Provider::has_subcommand;
        self.top = file.settings(&mut definition, None, &file.document, is_table)?;
        for (key, value) in file.document.iter() {
            let name = key.get_ref();
            if !is_table(name) {
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
            let table = Table {
                settings: file.settings(&mut definition, Some(name), table, is_own)?,
                token_env: file.text(table, "token-env")?,
            };
            self.providers.insert(name.to_string(), table);
        }
        Ok(())
    }

    /// The options of the watch, but for those that a variable stands before.
    pub(super) fn of_watch(&self) -> Vec<Setting> {
        self.without_set(self.top.clone(), &VARIABLES)
    }

    /// The command line of a watch with the options of this file behind `explicit`.
    ///
    /// # Errors
    /// An option is turned down.
    pub(super) fn complete(&self, cli: Cli) -> Result<(Cli, Option<Located>)> {
        if self.path.is_none() {
            return Ok((cli, None));
        }
        let name = cli.name.as_str();
        let explicit: Vec<_> = cli.explicit_args.iter().collect();
        let layers = [self.of_watch(), Vec::new()];
        let (mut whole, token_env) =
            self.under(&mut built(), name, layers, &explicit, false, "deploywatch")?;
        whole.words = cli.words;
        Ok((whole, token_env))
    }

    /// A command line with the options of this file behind those that are `given`; `top` are those of the
    /// watch, and with `has_secret` the list says where the secret is.
    ///
    /// # Errors
    /// An option is turned down; `place` is where, unless it is one of a file.
    pub(super) fn under(
        &self,
        definition: &mut clap::Command,
        name: &str,
        [top, given]: [Vec<Setting>; 2],
        explicit: &[&ExplicitArg],
        has_secret: bool,
        place: &str,
    ) -> Result<(Cli, Option<Located>)> {
        let mut parse = |layers: Vec<Vec<Setting>>| {
            let settings = layered(definition, name, layers);
            command_line(definition, &[name], &settings, explicit, place)
        };
        let Some(table) = self.providers.get(name) else {
            return Ok((parse(vec![top, given])?, None));
        };
        let first = parse(vec![given.clone()])?;
        let variables = first.provider()?.options().variables();
        let (file, secrets) = variables.secret_file();
        let mut own = self.without_set(table.settings.clone(), variables.0);
        own.retain(|setting| !has_secret || setting.name != file);
        let cli = parse(vec![top, own, given])?;
        let has_secret = has_secret
            || cli.explicit_args.iter().any(|arg| arg.name == file)
            || self.is_any_set(secrets);
        let token_env = table.token_env.clone().filter(|_| !has_secret);
        Ok((cli, token_env))
    }

    /// Settings without those that a variable which is set stands before.
    fn without_set(
        &self,
        mut settings: Vec<Setting>,
        variables: &[(&str, &[&str])],
    ) -> Vec<Setting> {
        settings.retain(|setting| {
            let mut named = variables.iter();
            !named.any(|(option, names)| *option == setting.name && self.is_any_set(names))
        });
        settings
    }

    fn is_any_set(&self, variables: &[&str]) -> bool {
        variables
            .iter()
            .any(|name| (self.environment)(name).is_some())
    }
}

/// The language that the file names, for what is said before the file counts. Whatever is wrong with the file
/// is for later, and a pipe can be read only once.
pub(crate) fn lang(environment: Environment<'_>) -> Option<Lang> {
    let path = path(environment).filter(|path| path.is_file())?;
    let text = settings::read(&path, None).ok()?;
    let document = DeTable::parse(&text).ok()?;
    let lang = document.get_ref().get("lang")?.get_ref().as_str()?;
    Lang::from_str(lang, false).ok()
}

/// The path of the file; none where there is none.
fn path(environment: Environment<'_>) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Some(PathBuf::from(named)).filter(|path| !path.as_os_str().is_empty());
    }
    let path = platform::config_folder(environment)?.join(NAME);
    path.exists().then_some(path)
}
