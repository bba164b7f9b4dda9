//! The help in Chinese: a table of its texts, and how it is applied to the definition of the command line.

use clap::builder::{Resettable, StyledStr};
use clap::{Arg, Command};
use console::Term;
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, fill};

use crate::message::Lang;

/// The widest line of the help.
pub(super) const MAX_COLUMNS: usize = 100;
/// A column that is narrower than this is not wrapped for.
const MIN_COLUMNS: usize = 20;
/// A line for each text: the English, a tab, the Chinese.
const TEXTS: &str = include_str!("help.zh.tsv");

/// The text in a language; an English one that the table lacks stays as it is.
pub(super) fn pick(lang: Lang, en: &str) -> String {
    match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => translation(en).unwrap_or(en).to_owned(),
    }
}

fn translation(en: &str) -> Option<&'static str> {
    let mut texts = TEXTS.lines().filter_map(|line| line.split_once('\t'));
    texts.find_map(|(text, zh)| (text == en).then_some(zh))
}

/// Each part of a text, of which the parts are separated by `separator`, in Chinese.
fn parts(text: &str, separator: &str) -> String {
    let parts = text.split(separator).map(|part| pick(Lang::Zh, part));
    parts.collect::<Vec<_>>().join(separator)
}

/// A text of the help with its parts in Chinese, and what follows it.
fn translate(text: Option<&StyledStr>, separator: &str, after: &str) -> Resettable<StyledStr> {
    let text = text.map(|text| parts(&text.to_string(), separator) + after);
    text.map(StyledStr::from).into()
}

/// The help as it is printed. clap breaks lines at blanks alone, of which Chinese has none, and ends headings
/// with a colon of Latin text.
pub(super) fn help(error: &clap::Error) -> String {
    let help = error.render();
    let help = if console::colors_enabled() {
        help.ansi().to_string()
    } else {
        help.to_string()
    };
    let window = Term::stdout().size_checked();
    let set = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = window.map(|(_, columns)| columns.into()).or_else(set);
    let columns = columns.unwrap_or(MAX_COLUMNS).min(MAX_COLUMNS);
    let lines = help.lines().map(|line| wrapped(line, columns) + "\n");
    lines.collect()
}

/// A line of the help, continued below the last of its columns.
fn wrapped(line: &str, columns: usize) -> String {
    if !line.starts_with(' ') {
        return line.replace(':', "：");
    }
    let start = line.rfind("  ").map_or(0, |at| at + 2);
    let indent = display_width(&line[..start]);
    if indent + MIN_COLUMNS > columns {
        return line.to_owned();
    }
    let indent = " ".repeat(indent);
    let options = Options::new(columns)
        .subsequent_indent(&indent)
        .word_splitter(WordSplitter::NoHyphenation);
    fill(line, options)
}

/// A definition that has been built, with its help in Chinese.
pub(super) fn translated(command: Command) -> Command {
    let about = translate(command.get_about(), "\n\n", "");
    let examples = translate(command.get_before_help(), "\n", "");
    let command = command
        .term_width(0)
        .mut_args(argument)
        .mut_subcommands(translated);
    command.about(about).before_help(examples)
}

fn argument(arg: Arg) -> Arg {
    let heading = match arg.get_help_heading().and_then(translation) {
        Some(heading) => heading,
        None if arg.is_positional() => "参数",
        None => "选项",
    };
    let short = translate(arg.get_help(), "\n\n", &values(&arg, false));
    let long = arg.get_long_help().or(arg.get_help());
    let long = translate(long, "\n\n", &values(&arg, true));
    arg.help_heading(heading)
        .hide_default_value(true)
        .hide_possible_values(true)
        .help(short)
        .long_help(long)
}

/// The text that clap adds in English to the help of an option: its default and its possible values, which
/// the long help explains.
fn values(arg: &Arg, is_long: bool) -> String {
    let mut text = String::new();
    if !arg.get_action().takes_values() {
        return text;
    }
    let defaults = arg.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && !arg.is_hide_default_value_set() {
        text += &format!(" [默认：{}]", defaults.join(" "));
    }
    if arg.is_hide_possible_values_set() {
        return text;
    }
    let possible = arg.get_possible_values();
    let names: Vec<_> = possible.iter().map(|value| value.get_name()).collect();
    if !names.is_empty() {
        text += &format!(" [可选值：{}]", names.join("、"));
    }
    let helps = possible.iter().filter(|_| is_long).filter_map(|value| {
        let help = pick(Lang::Zh, &value.get_help()?.to_string());
        Some(format!("\n- {}：{help}", value.get_name()))
    });
    text.extend(helps);
    text
}

// Without the demo it is another help, of which no table is kept.
#[cfg(all(test, feature = "demo"))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::message::{Message, assert_chinese};
    use crate::outcome;

    /// Every text of the help that is to be translated.
    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        let mut add = |text: Option<String>| {
            found.extend(
                text.iter()
                    .flat_map(|text| text.split("\n\n"))
                    .map(str::to_owned),
            );
        };
        add(command.get_about().map(ToString::to_string));
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            add(arg.get_help_heading().map(str::to_owned));
            add(arg.get_help().map(ToString::to_string));
            add(arg.get_long_help().map(ToString::to_string));
            for value in arg.get_possible_values() {
                add(value.get_help().map(ToString::to_string));
            }
        }
        for command in command
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
        {
            texts(command, found);
        }
    }

    #[test]
    fn the_table_holds_every_text_and_no_other() {
        let mut command = super::super::command();
        command.build();
        let mut found = BTreeSet::from(["Examples:".to_owned()]);
        texts(&command, &mut found);
        found.extend(outcome::TABLE.map(|(_, meaning)| meaning.replace('`', "")));
        found.remove("");
        let lacking: Vec<_> = found
            .iter()
            .filter(|text| translation(text).is_none())
            .collect();
        assert!(lacking.is_empty(), "no translation of\n{lacking:#?}");
        for (en, zh) in TEXTS.lines().filter_map(|line| line.split_once('\t')) {
            assert!(found.contains(en), "not a text of the help: {en}");
            assert_chinese(&Message::new(en, zh));
        }
    }
}
