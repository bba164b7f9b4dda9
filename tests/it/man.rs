//! The man page, as tools for man pages see it.

use crate::support::{Program, is_installed};

#[test]
fn mandoc_has_nothing_to_say_about_the_page() {
    if is_installed("mandoc") {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/man/deploywatch.1");
        let out = Program::shell(&format!("mandoc -T lint {page}")).run();
        assert_eq!(out.stdout, "");
        out.code(0);
    }
}
