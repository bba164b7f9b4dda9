//! The man page of the repository is what the definition of the command line says. It is made in
//! this test, so that the program itself carries nothing for it.
//!
//! With `DEPLOYWATCH_UPDATE=1` in the environment the test writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap_mangen::Man;

use crate::outcome;

/// The whole page: the program, the options of every watch, then a section for each command.
fn page() -> String {
    // The page is of every build.
    let root = whole(super::command()).version(env!("CARGO_PKG_VERSION"));
    let man = Man::new(root.clone());
    let mut page = Vec::new();
    for section in [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ] {
        section(&man, &mut page).expect("a vector takes it");
    }
    let mut page = String::from_utf8(page).expect("UTF-8");
    for command in root.get_subcommands() {
        page += &of_command(command);
    }
    page += ".SH \"EXIT STATUS\"\n";
    for (code, verdict, meaning) in outcome::TABLE {
        let (verdict, meaning) = (escaped(verdict), escaped(&meaning.replace('`', "")));
        let _ = writeln!(page, ".TP\n\\fB{code}\\fR ({verdict})\n{meaning}");
    }
    page += &examples(&root);
    page
}

/// A command of which nothing is left out, as `-h` leaves out what few need.
fn whole(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| arg.hide_short_help(false));
    command.mut_subcommands(whole)
}

/// What a command takes beside the options of every watch.
fn of_command(command: &clap::Command) -> String {
    let mut options = Vec::new();
    // `--help` is among the options of every watch already.
    let man = Man::new(command.clone().disable_help_flag(true));
    man.render_options_section(&mut options)
        .expect("a vector takes it");
    let options = String::from_utf8(options).expect("UTF-8");
    let options = options.lines().filter(|line| !line.starts_with(".SH"));
    let about = command.get_about().map(ToString::to_string);
    let mut section = format!(
        ".SH \"DEPLOYWATCH {}\"\n",
        command.get_name().to_uppercase()
    );
    section += &escaped(&about.unwrap_or_default());
    section.push('\n');
    options.for_each(|line| {
        section += line;
        section.push('\n');
    });
    section + &examples(command)
}

/// The examples with which the command's help ends.
fn examples(command: &clap::Command) -> String {
    let before = command.get_before_help().map(ToString::to_string);
    let before = before.unwrap_or_default();
    let lines = before.lines().skip(1).take_while(|line| !line.is_empty());
    let mut section = String::new();
    for line in lines {
        let _ = writeln!(section, "{}", escaped(line.trim()));
    }
    if section.is_empty() {
        return section;
    }
    let heading = if command.has_subcommands() {
        ".SH EXAMPLES"
    } else {
        ".SS Examples"
    };
    format!("{heading}\n.nf\n{section}.fi\n")
}

/// A line as roff takes it.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) {
        return format!("\\&{line}");
    }
    line
}

#[test]
fn the_man_page_of_the_repository_is_that_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/deploywatch.1");
    let page = page();
    let update = std::env::var_os("DEPLOYWATCH_UPDATE").is_some_and(|value| value == "1");
    if update {
        fs::create_dir_all(path.parent().expect("a folder")).expect("man/");
        fs::write(&path, &page).expect("man/deploywatch.1");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "man/deploywatch.1 is not what the command line says; \
         DEPLOYWATCH_UPDATE=1 cargo test man_page writes it anew"
    );
}
