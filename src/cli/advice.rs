//! Advice for wrong turns that people take.

use clap::error::{ContextKind, ErrorKind};

use super::{Command, parse_with};
use crate::message::Message;

/// The advice for an argument that is not known.
pub(super) fn advice(
    definition: &mut clap::Command,
    error: &clap::Error,
    words: &[String],
) -> Option<Message> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let argument = error.get(ContextKind::InvalidArg)?.to_string();
    let is_given = |command: &&clap::Command| words.iter().any(|word| word == command.get_name());
    let name = definition.get_subcommands().find(is_given)?.get_name();
    let name = name.to_owned();
    match argument.strip_prefix("--") {
        // Modes of output are taken for options.
        Some(mode @ ("json" | "plain" | "bars")) => Some(Message::new(
            format!("write --output {mode}"),
            format!("请写 --output {mode}"),
        )),
        // Other tools have such options for a secret.
        Some("token" | "password" | "access-token" | "ak" | "sk" | "secret") => {
            secret(definition, &name)
        }
        _ if argument.starts_with('-') => None,
        _ => ids(definition, &name),
    }
}

/// The sources of a provider's secret.
fn secret(definition: &mut clap::Command, name: &str) -> Option<Message> {
    let cli = parse_with(definition, ["deploywatch", name]).ok()?;
    let Command::Watch(provider) = cli.command else {
        return None;
    };
    let variables = provider.options().variables();
    let (variable, (file, _)) = (variables.secret()?, variables.secret_file());
    Some(Message::new(
        format!("a secret is never an argument: set {variable}, or pass --{file} FILE"),
        format!("密钥不能写在命令行中：请设置 {variable}，或指定 --{file} FILE"),
    ))
}

/// The options of a provider that take ids.
fn ids(definition: &clap::Command, name: &str) -> Option<Message> {
    let options = definition.find_subcommand(name)?.get_arguments();
    let is_id = |option: &&clap::Arg| {
        let mut names = option.get_value_names().unwrap_or_default().iter();
        names.any(|name| name.starts_with("ID"))
    };
    let options = options.filter(is_id).take(2);
    let options = options.filter_map(|option| Some(format!("--{} ID", option.get_long()?)));
    let options = options.collect::<Vec<_>>().join(" ");
    (!options.is_empty()).then(|| {
        Message::new(
            format!("ids are given with their options: {options}"),
            format!("ID 需用选项给出：{options}"),
        )
    })
}
