//! The command lines of all five providers: what must hold for each of them is tested with each.

use super::{Program, SECRET, deploywatch, yunxiao_at};

/// A watch for each provider, signed in with the planted secret where it takes one.
pub(crate) fn watches(endpoint: &str) -> Vec<(&'static str, Program)> {
    let task = "0123456789abcdef0123456789abcdef";
    let at = |words: &[&str]| deploywatch(words).args(["--endpoint", endpoint]);
    vec![
        ("yunxiao", yunxiao_at(endpoint)),
        (
            "codearts",
            at(&["codearts", "--task", task]).env("HW_AUTH_TOKEN", SECRET),
        ),
        (
            "servicestage",
            at(&["servicestage", "--project", "p", "--release", "r"]).env("HW_AUTH_TOKEN", SECRET),
        ),
        (
            "mrs",
            at(&["mrs", "--command", "42", "--user", "admin"]).env("MRS_PASSWORD", SECRET),
        ),
        ("fsd", at(&["fsd"])),
    ]
}
