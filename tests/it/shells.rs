//! The completion scripts in the shells themselves: what a person sees after Tab.

use crate::support::{Program, Screen, is_installed, rows};

/// The text typed before Tab, the text that must then be on the screen, and the text that must not: other files of the
/// working directory.
const CASES: [(&str, &[&str], &str); 8] = [
    ("", &["yunxiao", "replay", "completions"], "release.toml"),
    ("demo ", &["servicestage", "mrs", "fsd"], "release.toml"),
    ("completions ", &["elvish", "powershell"], "release.toml"),
    ("-o ", &["bars", "plain", "json", "quiet"], "release.toml"),
    ("-o json dem", &["demo"], "release.toml"),
    ("yunxiao --output ", &["bars", "quiet"], "release.toml"),
    ("all rel", &["release.toml"], "other.toml"),
    ("mrs --cacert rel", &["release.toml"], "other.toml"),
];

/// Types each line and Tab into a shell of its own that has read `rc`, and looks at the screen.
#[track_caller]
fn assert_completes(shell: &str, args: &str, script: &str, rc: &str) {
    if !is_installed(shell) {
        return;
    }
    let script = format!("{}/completions/{script}", env!("CARGO_MANIFEST_DIR"));
    for (line, expected, absent) in CASES {
        let program = Program::shell(&format!("exec {shell} {args}"))
            .env("ZDOTDIR", ".")
            .env("DUMP", concat!(env!("CARGO_TARGET_TMPDIR"), "/zcompdump"))
            .file(".zshrc", &rc.replace("SCRIPT", &script))
            .file("rc", &rc.replace("SCRIPT", &script))
            .file("release.toml", "")
            .file("other.toml", "");
        let screen = Screen::spawn(program, 100, 250);
        screen.wait_for("ready>");
        screen.send(format!("deploywatch {line}\t"));
        screen.wait_until(&format!("{expected:?} after {line:?}"), |screen| {
            let text = rows(screen).join("\n");
            expected.iter().all(|word| text.contains(word))
        });
        let contents = screen.contents();
        assert!(!contents.contains(absent), "{line:?}: {contents}");
    }
}

#[test]
fn bash() {
    let rc = "PS1='ready> '
        bind 'set completion-query-items 0'
        bind 'set page-completions off'
        bind 'set show-all-if-ambiguous on'
        source SCRIPT";
    assert_completes("bash", "--rcfile rc", "deploywatch.bash", rc);
}

#[test]
fn zsh() {
    let rc = "PS1='ready> '
        LISTMAX=0
        autoload -U compinit
        compinit -u -d $DUMP
        source SCRIPT";
    assert_completes("zsh", "", "_deploywatch", rc);
}

#[test]
fn fish() {
    let rc = "function fish_prompt; printf 'ready> '; end
        source SCRIPT";
    assert_completes("fish", "--init-command 'source rc'", "deploywatch.fish", rc);
}

#[test]
fn elvish() {
    let rc = "set edit:prompt = { put 'ready> ' }
        eval (slurp < SCRIPT)";
    assert_completes("elvish", "-rc rc", "deploywatch.elv", rc);
}
