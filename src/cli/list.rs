//! The file of `deploywatch all`: a table of options for each deployment.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use clap::Subcommand as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Cli;
use super::config::Config;
use super::explicit::{ExplicitArg, Scope};
use super::options::OutputOptions;
use super::settings::{Located, Setting, SettingsFile, command_line, layered, of_one};
use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::provider::{Environment, Provider};

/// The keys of a table that are not options.
const OWN_KEYS: [&str; 2] = ["provider", "token-env"];

/// One `[[deploy]]` table.
pub(super) struct Entry {
    /// The command line that it stands for.
    pub(super) cli: Cli,
    /// The variable that holds the secret.
    pub(super) token_env: Option<Located>,
    /// `FILE:LINE` of the table.
    pub(super) place: String,
}

/// Reads the list at `path`: its tables, and how the watch as a whole is shown. The options in
/// `explicit` override those of the file, which override those of `config`; `timeout` is that of the
/// command line.
///
/// # Errors
/// Whatever is wrong, with the file, the line and the key.
pub(super) fn read(
    path: &Path,
    explicit: &[ExplicitArg],
    timeout: Option<Duration>,
    config: &Config,
    environment: Environment<'_>,
) -> Result<(OutputOptions, Vec<Entry>)> {
    let text = input::read(path, input::SETTINGS_SIZE, timeout)
        .and_then(|bytes| String::from_utf8(bytes).map_err(Message::library))
        .context(|| Message::cannot_read(path))?;
    let file = SettingsFile::new(path, &text, Some(environment));
    let mut definition = super::built();
    let document = DeTable::parse(&text).map_err(|error| {
        let message = Message::library(error.message());
        file.error(&error.span().unwrap_or_default(), &message)
    })?;
    let tables = tables(&file, document.get_ref())?;
    let is_table = |key: &str| key == "deploy";
    let top = file.settings(&mut definition, Some("all"), document.get_ref(), is_table)?;
    let explicit: Vec<_> = explicit.iter().collect();
    let layers = [config.of_watch(environment), top.clone()];
    let of_all = layered(&definition, "all", layers);
    let place = file.place(&(0..0));
    let all = command_line(
        &mut definition,
        &["all", "FILE"],
        &of_all,
        &explicit,
        &place,
    )?;
    let mut list = List {
        file,
        definition,
        top: of_one(top),
        explicit: explicit
            .into_iter()
            .filter(|arg| arg.scope == Scope::Watch)
            .collect(),
        config,
        environment,
    };
    let entries = tables
        .into_iter()
        .map(|(table, span)| list.entry(table, span));
    Ok((all.output, entries.collect::<Result<_>>()?))
}

/// The tables of `[[deploy]]`, and where each is.
fn tables<'t, 'd>(
    file: &SettingsFile<'_>,
    document: &'t DeTable<'d>,
) -> Result<Vec<(&'t DeTable<'d>, Range<usize>)>> {
    let error = |value: &Spanned<_>| {
        let message = Message::new(
            "deploy: write [[deploy]] tables",
            "deploy: 请写成 [[deploy]] 表",
        );
        file.error(&value.span(), &message)
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
        none.at(file.path.display())
    })?;
    Ok(tables)
}

/// A list whose tables are read.
struct List<'a> {
    file: SettingsFile<'a>,
    definition: clap::Command,
    /// The options at the top level of the file.
    top: Vec<Setting>,
    explicit: Vec<&'a ExplicitArg>,
    config: &'a Config,
    environment: Environment<'a>,
}

impl List<'_> {
    fn entry(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Result<Entry> {
        let file = &self.file;
        let provider = file.text(table, "provider")?.ok_or_else(|| {
            let message = Message::new(
                "provider: the table does not say which",
                "provider: 该表没有指定",
            );
            file.error(&span, &message)
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
        if let Some((key, _)) = table
            .iter()
            .find(|(key, _)| OutputOptions::contain(key.get_ref()))
        {
            let message = Message::new(
                "it is about the watch of all: put it at the top",
                "它针对整个跟踪，请写在文件开头",
            );
            return Err(file.error(&key.span(), &message.at(key.get_ref())));
        }
        let is_own = |key: &str| OWN_KEYS.contains(&key);
        let own = file.settings(&mut self.definition, Some(&name), table, is_own)?;
        let given = layered(&self.definition, &name, [self.top.clone(), own]);
        let place = file.place(&span);
        let token_env = file.text(table, "token-env")?;
        let watch = self.config.under(
            &mut self.definition,
            (&name, given),
            &self.explicit,
            token_env.is_some(),
            &place,
            self.environment,
        )?;
        Ok(Entry {
            place,
            cli: watch.0,
            token_env: token_env.or(watch.1),
        })
    }
}
