//! The completion scripts of the repository are what the program prints.
//!
//! With `DEPLOYWATCH_UPDATE=1` in the environment the test writes them anew.

use std::fs;
use std::path::Path;

use crate::support::deploywatch;

#[test]
fn the_scripts_of_the_repository_are_those_of_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let update = std::env::var_os("DEPLOYWATCH_UPDATE").is_some_and(|value| value == "1");
    for (shell, file) in [
        ("bash", "deploywatch.bash"),
        ("zsh", "_deploywatch"),
        ("fish", "deploywatch.fish"),
        ("powershell", "_deploywatch.ps1"),
        ("elvish", "deploywatch.elv"),
    ] {
        let out = deploywatch(["completions", shell]).run();
        out.code(0).stderr_is_empty().stdout_has("on-pause");
        let path = folder.join(file);
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &out.stdout).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == out.stdout,
            "completions/{file} is not what `deploywatch completions {shell}` prints; \
             DEPLOYWATCH_UPDATE=1 cargo test --test it completions writes it anew"
        );
    }
}
