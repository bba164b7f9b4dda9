//! Errors of a command line, in both languages. The English words are clap's.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Command, parse_with};
use crate::message::Message;
use crate::text;

/// The outcome of a command line that runs nothing.
#[derive(Debug)]
pub(crate) enum ParseError {
    /// Help or the version, or an error that clap found, with advice for the wrong turn.
    Clap(clap::Error, Option<Message>),
    Usage(Message),
}

impl ParseError {
    /// An error of clap; advice is printed with clap's own tips.
    pub(super) fn new(mut error: clap::Error, advice: Option<Message>) -> Self {
        if let Some(advice) = &advice {
            let tips = vec![StyledStr::from(advice.en().to_owned())];
            // What looks like the word is not what was meant, and clap puts it into the usage.
            error.remove(ContextKind::SuggestedArg);
            error.remove(ContextKind::Usage);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
        Self::Clap(error, advice)
    }

    pub(super) fn is_help(&self) -> bool {
        use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
        let kinds = [DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand];
        matches!(self, Self::Clap(error, _) if kinds.contains(&error.kind()))
    }

    /// The error in one sentence.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Clap(error, _) => sentence(error),
            Self::Usage(message) => message.clone(),
        }
    }

    /// The long option that the error names in such a place, without the dashes.
    pub(super) fn option(&self, kind: ContextKind) -> Option<String> {
        let Self::Clap(error, _) = self else {
            return None;
        };
        let argument = context(error, kind);
        let option = argument.split(' ').next()?.strip_prefix("--")?;
        Some(option.to_owned())
    }
}

/// The text of a context; empty where there is none.
fn context(error: &clap::Error, kind: ContextKind) -> String {
    error.get(kind).map(ToString::to_string).unwrap_or_default()
}

fn sentence(error: &clap::Error) -> Message {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text.lines().map(str::trim);
    let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let en = paragraph.join(" ");
    match chinese(error) {
        Some(zh) => Message::new(en, zh),
        None => Message::verbatim(en),
    }
}

/// The sentence in Chinese; none for the kinds that this command line cannot meet.
fn chinese(error: &clap::Error) -> Option<String> {
    let of = |kind| context(error, kind);
    let arg = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    Some(match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let mut text = if value.is_empty() && error.kind() == ErrorKind::InvalidValue {
                format!("'{arg}' 需要一个值")
            } else {
                format!("'{arg}' 的值 '{value}' 无效")
            };
            let possible = of(ContextKind::ValidValue);
            if !possible.is_empty() {
                text += &format!(" [可选值：{possible}]");
            }
            let source = std::error::Error::source(error);
            let source = source.and_then(|source| source.downcast_ref::<Message>());
            if let Some(why) = source {
                text += &format!("：{}", why.zh());
            }
            text
        }
        ErrorKind::UnknownArgument => format!("不认识的参数 '{arg}'"),
        ErrorKind::InvalidSubcommand => {
            let command = of(ContextKind::InvalidSubcommand);
            format!("不认识的命令 '{command}'")
        }
        ErrorKind::MissingRequiredArgument => format!("缺少必填参数：{arg}"),
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            prior if prior == arg => format!("'{arg}' 不能重复使用"),
            prior => format!("'{arg}' 不能与 '{prior}' 同用"),
        },
        ErrorKind::TooManyValues => format!("'{arg}' 不接受更多的值：'{value}'"),
        ErrorKind::InvalidUtf8 => "参数不是有效的 UTF-8 文本".to_owned(),
        ErrorKind::MissingSubcommand => "缺少命令".to_owned(),
        _ => return None,
    })
}

/// An error of clap as it is printed, with its tips, in Chinese.
pub(super) fn in_chinese(error: &clap::Error, advice: Option<&Message>) -> String {
    let mut text = format!("错误：{}\n", sentence(error).zh());
    let tips = [
        (ContextKind::SuggestedSubcommand, "命令"),
        (ContextKind::SuggestedArg, "参数"),
        (ContextKind::SuggestedValue, "值"),
    ];
    let tips = tips.into_iter().filter_map(|(kind, what)| {
        let suggested = context(error, kind);
        (!suggested.is_empty()).then(|| format!("有相近的{what}：'{suggested}'"))
    });
    let advice = advice.map(|advice| advice.zh().to_owned());
    let tips: Vec<_> = tips.chain(advice).collect();
    if !tips.is_empty() {
        text += &format!("\n  提示：{}\n", tips.join("\n  提示："));
    }
    let usage = context(error, ContextKind::Usage);
    if let Some(usage) = usage.strip_prefix("Usage: ") {
        text += &format!("\n用法：{usage}\n");
    }
    text + "\n详细说明请执行 '--help'。\n"
}

/// The error for a word with a control character between others: it could be a command to the terminal.
pub(super) fn control_character(words: &[String]) -> Option<Message> {
    let has_control = |word: &String| {
        // Around a value it is dropped.
        let (name, value) = word.split_once('=').unwrap_or(("", word));
        name.trim_start().contains(char::is_control) || value.trim().contains(char::is_control)
    };
    let number = words.iter().position(has_control)?;
    let message = Message::new(
        "a line break or another control character is in it",
        "其中有换行或其他控制字符",
    );
    // The word may be the value of the option before it.
    let mut near = words[..=number].iter().rev().take(2);
    let option = near.find_map(|word| word.split('=').next().filter(|name| name.starts_with('-')));
    Some(match option {
        Some(option) => message.at(text::name(option)),
        None => Message::new(format!("argument {number}"), format!("第 {number} 个参数"))
            .with_detail(&message),
    })
}

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
