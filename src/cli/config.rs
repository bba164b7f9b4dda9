//! The config file, which stands behind the command line, a list and the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand as _, ValueEnum as _};
use toml::de::DeTable;

use super::explicit::ExplicitArg;
use super::settings::{self, Located, Setting, SettingsFile, command_line};
use super::{Cli, built};
use crate::message::{Lang, Message, Result};
use crate::platform;
use crate::provider::{Environment, Provider};

/// The variable that names the file; empty, there is none.
const VARIABLE: &str = "DEPLOYWATCH_CONFIG";
/// The options of every watch that a variable stands before.
const VARIABLES: [(&str, &[&str]); 1] = [("color", &["NO_COLOR", "CLICOLOR_FORCE"])];

/// The settings of the config file; none where there is no file.
pub(crate) struct Config<'a> {
    environment: Environment<'a>,
    path: Option<PathBuf>,
    top: Vec<Setting>,
    /// The table of each, and the variable that holds its secret.
    providers: BTreeMap<String, (Vec<Setting>, Option<Located>)>,
}

impl<'a> Config<'a> {
    /// Reads the file, where there is one; `timeout` is that of the command line.
    pub(crate) fn read(environment: Environment<'a>, timeout: Option<Duration>) -> Result<Self> {
        let mut config = Self {
            environment,
            path: path(environment),
            top: Vec::new(),
            providers: BTreeMap::new(),
        };
        let Some(path) = &config.path else {
            return Ok(config);
        };
        let text = settings::read(path, timeout)?;
        let file = SettingsFile::parse(path, &text, None)?;
        let mut definition = built();
        let is_table = Provider::has_subcommand;
        config.top = file.settings(&mut definition, None, &file.document, is_table)?;
        let entries = file.document.iter();
        for (key, value) in entries.filter(|(key, _)| is_table(key.get_ref())) {
            let name = key.get_ref();
            let table = value.get_ref().as_table().ok_or_else(|| {
                let message = Message::new(
                    format!("write a [{name}] table"),
                    format!("请写成 [{name}] 表"),
                );
                file.error(&value.span(), &message.at(name))
            })?;
            let is_own = |key: &str| key == "token-env";
            let own = file.settings(&mut definition, Some(name), table, is_own)?;
            let token_env = file.text(table, "token-env")?;
            config.providers.insert(name.to_string(), (own, token_env));
        }
        Ok(config)
    }

    /// The file, with what names it.
    pub(super) fn file(&self) -> Option<(String, PathBuf)> {
        Some((VARIABLE.to_owned(), self.path.clone()?))
    }

    /// The options of the watch, but for those that a variable stands before.
    pub(super) fn of_watch(&self) -> Vec<Setting> {
        self.without_set(&self.top, &VARIABLES)
    }

    /// The command line of a watch with the options of this file behind its own.
    pub(super) fn complete(&self, cli: Cli) -> Result<Cli> {
        if self.path.is_none() {
            return Ok(cli);
        }
        let (name, explicit) = (&cli.name, &cli.explicit_args);
        let mut whole = self.under(&mut built(), name, &[], explicit, None, "deploywatch")?;
        whole.words = cli.words;
        Ok(whole)
    }

    /// A command line with the options of this file behind the layers that are `given`, which may name the
    /// variable of the secret. `place` is where an error is that is not about a setting.
    pub(super) fn under(
        &self,
        definition: &mut clap::Command,
        name: &str,
        given: &[&[Setting]],
        explicit: &[ExplicitArg],
        token_env: Option<Located>,
        place: &str,
    ) -> Result<Cli> {
        let top = self.of_watch();
        let mut parse = |own: &[&[Setting]]| {
            command_line(definition, &[name], &[own, given].concat(), explicit, place)
        };
        let Some((own, own_token_env)) = self.providers.get(name) else {
            let cli = parse(&[&top])?;
            return Ok(Cli { token_env, ..cli });
        };
        let variables = parse(&[])?.provider()?.options().variables();
        let (file, secrets) = variables.secret_file();
        let mut own = self.without_set(own, variables.0);
        own.retain(|setting| token_env.is_none() || setting.name != file);
        let cli = parse(&[&top, &own])?;
        let has_file = cli.explicit_args.iter().any(|arg| arg.name == file);
        let is_needed = !has_file && !self.is_any_set(secrets);
        let token_env = token_env.or_else(|| own_token_env.clone().filter(|_| is_needed));
        Ok(Cli { token_env, ..cli })
    }

    /// Settings without those that a variable which is set stands before.
    fn without_set(&self, settings: &[Setting], variables: &[(&str, &[&str])]) -> Vec<Setting> {
        let is_set = |setting: &&Setting| {
            let mut named = variables.iter();
            named.any(|(option, names)| *option == setting.name && self.is_any_set(names))
        };
        let settings = settings.iter().filter(|setting| !is_set(setting));
        settings.cloned().collect()
    }

    fn is_any_set(&self, variables: &[&str]) -> bool {
        let mut variables = variables.iter();
        variables.any(|name| (self.environment)(name).is_some())
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
    let path = platform::config_folder(environment)?.join("deploywatch/config.toml");
    path.exists().then_some(path)
}
