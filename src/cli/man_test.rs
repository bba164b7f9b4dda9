//! The man page of the repository is what the definition of the command line says. It is made in
//! this test, so that the program itself carries nothing for it.
//!
//! With `DEPLOYWATCH_UPDATE=1` in the environment the test writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap_mangen::Man;
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::outcome;

/// The longest line of roff that mandoc has nothing to say about.
const LINE: usize = 80;

/// The environment variables. An empty one counts as not set.
const ENVIRONMENT: [(&str, &str); 20] = [
    (
        "YUNXIAO_ACCESS_TOKEN, ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN",
        "The access token of yunxiao. A variable stands behind its option, here --token-file, and \
        before the config file; of several variables in one entry the first that is set counts.",
    ),
    ("YUNXIAO_PIPELINE_ID", "yunxiao's --pipeline."),
    (
        "YUNXIAO_ORGANIZATION_ID, ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID",
        "yunxiao's --organization.",
    ),
    (
        "YUNXIAO_EDITION",
        "central or region, where the organization does not tell the edition.",
    ),
    ("YUNXIAO_API_BASE_URL", "yunxiao's --endpoint."),
    (
        "HW_AUTH_TOKEN",
        "The IAM token of codearts and servicestage.",
    ),
    (
        "HUAWEICLOUD_SDK_AK, HW_ACCESS_KEY",
        "The access key that signs their requests where there is no token.",
    ),
    (
        "HUAWEICLOUD_SDK_SK, HW_SECRET_KEY",
        "The secret of that key.",
    ),
    (
        "HUAWEICLOUD_SDK_SECURITY_TOKEN, HW_SECURITY_TOKEN",
        "What goes with a temporary key.",
    ),
    (
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
        "Another place for ~/.huaweicloud/credentials.",
    ),
    ("HW_REGION_NAME", "--region of codearts and servicestage."),
    (
        "HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID",
        "servicestage's --project.",
    ),
    ("MRS_USER", "mrs's --user."),
    ("MRS_PASSWORD", "The password of that user."),
    (
        "DEPLOYWATCH_CONFIG",
        "Another config file; set but empty: none.",
    ),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The proxy to use (http, https, socks4, socks5), and where to use none: names, domains, \
        addresses and networks, each perhaps with a port. In lower case they come first.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "The certificates to trust in place of the system's.",
    ),
    (
        "NO_COLOR, CLICOLOR_FORCE",
        "Without colours; with colours although it is no terminal.",
    ),
    (
        "LC_ALL, LC_MESSAGES, LANG",
        "The language, where --lang does not say it: Chinese where the locale is, with the charset \
        UTF-8.",
    ),
    (
        "CI, TF_BUILD, TEAMCITY_VERSION, JENKINS_URL, GITHUB_ACTIONS, GITLAB_CI, TERM",
        "Where it runs. Under a CI system and on a dumb terminal --output auto is plain; under a CI \
        system the history is off. On GitHub \
        Actions it writes to the files that GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name.",
    ),
];

/// The files that are used without being asked for.
const FILES: [(&str, &str); 3] = [
    (
        "$XDG_CONFIG_HOME/deploywatch/config.toml",
        "The config file; where XDG_CONFIG_HOME is not set, ~/.config/deploywatch/config.toml. Its \
        keys are the long options, in a table for each provider.",
    ),
    (
        "~/.huaweicloud/credentials",
        "The credentials file of Huawei Cloud's SDK.",
    ),
    (
        "$XDG_STATE_HOME/deploywatch/durations.json",
        "How long past deployments took; where XDG_STATE_HOME is not set, \
        ~/.local/state/deploywatch/durations.json. deploywatch history shows it, --no-history \
        leaves it alone.",
    ),
];

/// The pages with more to read.
const SEE_ALSO: &str = ".BR jq (1),
.BR curl (1)
.PP
The config file, the events, the history and the timeline have pages of their own:
https://github.com/deploywatch/deploywatch/tree/main/docs
";

/// The whole page: the program, the options of every watch, then a section for each command.
fn page() -> String {
    // The page is of every build.
    let root = whole(super::command()).version(env!("CARGO_PKG_VERSION"));
    let man = Man::new(root.clone());
    let man = man
        .title("DEPLOYWATCH")
        .date(date())
        .manual("User Commands");
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
    let codes = outcome::TABLE.map(|(verdict, meaning)| {
        let code = verdict.code().to_string();
        let meaning = meaning.replace('`', "");
        let verdict = verdict.as_str().replace('-', "no verdict");
        (code, format!("{verdict}: {meaning}"))
    });
    page += &definitions("\"EXIT STATUS\"", &codes);
    page += &definitions("ENVIRONMENT", &ENVIRONMENT);
    page += &definitions("FILES", &FILES);
    page += &examples(&root);
    page += ".SH \"SEE ALSO\"\n";
    page += SEE_ALSO;
    tidied(&page)
}

/// The day of the latest release; before the first one, of this page.
fn date() -> &'static str {
    let lines = include_str!("../../CHANGELOG.md").lines();
    let mut releases = lines.filter_map(|line| line.strip_prefix("## [")?.split_once("] - "));
    releases.next().map_or("2026-11-30", |(_, day)| day)
}

/// A section of terms and what they mean.
fn definitions<T: AsRef<str>>(heading: &str, rows: &[(T, T)]) -> String {
    let mut section = format!(".SH {heading}\n");
    for (term, meaning) in rows {
        let (term, meaning) = (escaped(term.as_ref()), escaped(meaning.as_ref()));
        let _ = writeln!(section, ".TP\n\\fB{term}\\fR\n{meaning}");
    }
    section
}

/// The page as mandoc wants it: no long lines, and no line break where a paragraph begins or ends.
fn tidied(page: &str) -> String {
    let wrap = Options::new(LINE)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    let mut tidied = String::new();
    let (mut is_literal, mut is_term) = (false, false);
    for line in page.replace("\n.br\n\n.br\n", "\n\n").lines() {
        let line = line.trim_end();
        is_literal = line == ".nf" || is_literal && line != ".fi";
        if is_literal || is_term || line.starts_with('.') {
            tidied += line;
            tidied.push('\n');
        } else {
            for line in textwrap::wrap(line, &wrap) {
                let guard = if line.starts_with(['.', '\'']) {
                    "\\&"
                } else {
                    ""
                };
                let _ = writeln!(tidied, "{guard}{line}");
            }
        }
        is_term = line == ".TP";
    }
    tidied
}

/// A command of which nothing is left out, as `-h` leaves out what few need.
fn whole(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| arg.hide_short_help(false));
    command.mut_subcommands(whole)
}

/// The arguments of a command beside the options of every watch.
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

#[test]
fn the_page_explains_every_variable_that_it_names() {
    let page = page();
    let (options, _) = page.split_once(".SH ENVIRONMENT").expect("a section");
    // An address may have a placeholder in capitals.
    let tokens = options
        .split_whitespace()
        .filter(|token| !token.contains("://"));
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = tokens.flat_map(|token| token.split(move |c| !is_part(c)));
    for word in words.filter(|word| word.len() > 1 && word.contains('_')) {
        let mut names = ENVIRONMENT.iter().flat_map(|(names, _)| names.split(", "));
        assert!(names.any(|name| name == word), "{word}");
    }
}
