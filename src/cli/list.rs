//! The file of `deploywatch all`: a table of options for each deployment, and the part that a job watches.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use clap::Subcommand as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Cli;
use super::config::Config;
use super::explicit::{ExplicitArg, Scope};
use super::options::OutputOptions;
use super::settings::{self, Setting, SettingsFile, command_line};
use crate::message::{Message, Result, ensure};
use crate::provider::{Environment, Provider};

/// Reads the list at `path`: how the watch as a whole is shown, and its tables as command lines, each with its
/// `FILE:LINE`. The options in `explicit` override those of the file, which override those of `config`.
pub(super) fn read(
    path: &Path,
    explicit: &[ExplicitArg],
    timeout: Option<Duration>,
    config: &Config<'_>,
    environment: Environment<'_>,
) -> Result<(OutputOptions, Vec<(Cli, String)>)> {
    let text = settings::read(path, timeout)?;
    let file = SettingsFile::parse(path, &text, Some(environment))?;
    let mut definition = super::built();
    let tables = tables(&file)?;
    let is_table = |key: &str| key == "deploy";
    let top = file.settings(&mut definition, Some("all"), &file.document, is_table)?;
    let layers = [&config.of_watch()[..], &top];
    let place = file.place(&(0..0));
    let all = command_line(&mut definition, &["all", "FILE"], &layers, explicit, &place)?;
    let mut explicit = explicit.to_vec();
    explicit.retain(|arg| arg.scope == Scope::Watch);
    let tables = tables.into_iter();
    let entries = tables.map(|table| entry(&file, table, &mut definition, &top, &explicit, config));
    Ok((all.output, entries.collect::<Result<_>>()?))
}

/// The tables of `[[deploy]]`, and where each is.
fn tables<'t, 'd>(file: &'t SettingsFile<'d>) -> Result<Vec<(&'t DeTable<'d>, Range<usize>)>> {
    let none = || {
        let none = Message::new("there is no [[deploy]] table", "没有 [[deploy]] 表");
        none.at(file.path.display())
    };
    let value = file.document.get("deploy").ok_or_else(none)?;
    let table = |value: &'t Spanned<DeValue<'d>>| Some((value.get_ref().as_table()?, value.span()));
    let tables = value.get_ref().as_array();
    let tables = tables.and_then(|tables| tables.iter().map(table).collect::<Option<Vec<_>>>());
    let tables = tables.ok_or_else(|| {
        let message = Message::new(
            "deploy: write [[deploy]] tables",
            "deploy: 请写成 [[deploy]] 表",
        );
        file.error(&value.span(), &message)
    })?;
    ensure(!tables.is_empty(), none)?;
    Ok(tables)
}

/// Reads a table; `top` are the options at the top level of the file.
fn entry(
    file: &SettingsFile<'_>,
    (table, span): (&DeTable<'_>, Range<usize>),
    definition: &mut clap::Command,
    top: &[Setting],
    explicit: &[ExplicitArg],
    config: &Config<'_>,
) -> Result<(Cli, String)> {
    let provider = file.text(table, "provider")?.ok_or_else(|| {
        let message = Message::new("provider: missing in this table", "provider: 该表缺少此键");
        file.error(&span, &message)
    })?;
    let name = provider.text;
    if !Provider::has_subcommand(&name) {
        let commands = definition.get_subcommands().map(clap::Command::get_name);
        let known = commands.filter(|name| Provider::has_subcommand(name));
        let known = known.collect::<Vec<_>>().join(", ");
        let message = Message::new(
            format!("{name:?} is not one of {known}"),
            format!("{name:?} 不是 {known} 之一"),
        );
        return Err(message.at(provider.place));
    }
    let mut keys = table.keys();
    if let Some(key) = keys.find(|key| OutputOptions::contain(key.get_ref())) {
        let message = Message::new(
            "it holds for the whole watch: put it at the top of the file",
            "它对整个跟踪有效，请写在文件开头",
        );
        return Err(file.error(&key.span(), &message.at(key.get_ref())));
    }
    let is_own = |key: &str| ["provider", "token-env"].contains(&key);
    let own = file.settings(definition, Some(&name), table, is_own)?;
    let place = file.place(&span);
    let token_env = file.text(table, "token-env")?;
    let layers = [top, &own];
    let cli = config.under(definition, &name, &layers, explicit, token_env, &place)?;
    Ok((cli, place))
}

/// The hint where there are more deployments than one process can watch.
pub(crate) fn partition_advice() -> Message {
    const COMMAND: &str = "`deploywatch all FILE --partition N/M`";
    Message::new(
        format!("watch a part of them with {COMMAND}"),
        format!("可用 {COMMAND} 跟踪其中一部分"),
    )
}

/// `--partition N/M`: every `of`-th deployment. Engines count their jobs from 0 or from 1, so that both 0
/// and M stand for the last part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    number: usize,
    of: usize,
}

impl Partition {
    /// Whether the deployment at `index`, from 0, is in this part.
    pub(crate) fn contains(self, index: usize) -> bool {
        (index + 1) % self.of == self.number % self.of
    }
}

impl FromStr for Partition {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self> {
        let error = || {
            Message::new(
                "write N/M, N from 0 to M, for example 1/4",
                "分片写作 N/M，N 从 0 到 M，例如 1/4",
            )
        };
        let number = |digits: &str| {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| is_plain)
        };
        let parts = text.split_once('/');
        let part = parts.and_then(|(part, of)| Some((number(part)?, number(of)?)));
        let part = part.filter(|(number, of)| *of > 0 && number <= of);
        let (number, of) = part.ok_or_else(error)?;
        Ok(Self { number, of })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deployment_is_in_one_part_however_the_parts_are_counted() {
        for of in 1..=7 {
            for first in [0, 1] {
                for index in 0..20 {
                    let parts = (first..first + of).map(|number| Partition { number, of });
                    assert_eq!(parts.filter(|part| part.contains(index)).count(), 1);
                }
            }
        }
        let part: Partition = "2/4".parse().expect("a part");
        let indices: Vec<_> = (0..10).filter(|index| part.contains(*index)).collect();
        assert_eq!(indices, [1, 5, 9]);
    }

    #[test]
    fn a_part_is_two_numbers() {
        for good in ["0/1", "1/1", "4/4", "0/4", "3/100"] {
            let part: Partition = good.parse().expect(good);
            assert_eq!(part.to_string(), good);
        }
        for bad in [
            "", "1", "/", "1/", "/2", "5/4", "0/0", "1/0", "-1/4", "+1/4", "1/4/4", "a/4", "1 / 4",
        ] {
            bad.parse::<Partition>().expect_err(bad);
        }
    }
}
