//! Names the commit and the target for `--version`.

use std::path::Path;
use std::process::Command;

fn main() {
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let target = std::env::var("TARGET").unwrap_or_default();
    // A package that is unpacked within another repository is not of that one's commit.
    let commit = Path::new(".git")
        .exists()
        .then(|| git(&["rev-parse", "--short", "HEAD"]));
    let details: Vec<_> = commit.flatten().into_iter().chain([target]).collect();
    println!(
        "cargo::rustc-env=DEPLOYWATCH_VERSION={version} ({})",
        details.join(" ")
    );
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(log) =
        git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists())
    {
        println!("cargo::rerun-if-changed={log}");
    }
}

/// What git says; none where it cannot be asked or says nothing.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
