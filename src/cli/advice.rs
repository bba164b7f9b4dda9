//! Advice for wrong turns that people take.

use clap::error::{ContextKind, ErrorKind};

use super::{Command, parse_with};
use crate::message::Message;

/// The modes of output that are taken for options.
const MODES: [&str; 3] = ["--json", "--plain", "--bars"];
/// The options that other tools have for a secret.
const SECRETS: [&str; 6] = [
    "--token",
    "--password",
    "--access-token",
    "--ak",
    "--sk",
    "--secret",
];

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
    let is_given = |name: &&str| words.iter().any(|word| word == name);
    let name = {
        let mut names = definition.get_subcommands().map(clap::Command::get_name);
        names.find(is_given)?.to_owned()
    };
    if MODES.contains(&&*argument) {
        let mode = argument.trim_start_matches('-');
        return Some(Message::new(
            format!("write --output {mode}"),
            format!("请写 --output {mode}"),
        ));
    }
    if SECRETS.contains(&&*argument) {
        return secret(definition, &name);
    }
    (!argument.starts_with('-')).then(|| ids(definition, &name))?
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
