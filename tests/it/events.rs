//! docs/events.md: its tables are complete, and its jq lines work.

use std::process::Command;

use crate::support::{Order, Reply, Server, is_installed, order, yunxiao};

const PAGE: &str = include_str!("../../docs/events.md");

/// The jq programs of the page, in its order.
fn programs() -> Vec<&'static str> {
    let lines = PAGE.lines().filter_map(|line| {
        let rest = line.strip_prefix("jq ")?;
        rest.strip_suffix(" events.jsonl")
    });
    lines.collect()
}

/// The output of jq for a line of the page.
fn jq(arguments: &str, events: &std::path::Path) -> String {
    let line = format!("jq {arguments} \"$0\"");
    let out = Command::new("sh")
        .args(["-c", &line])
        .arg(events)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{line}\n{error}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn the_jq_lines_of_the_page_answer_their_questions() {
    let machines = |one: &str, two: &str| {
        Order::new("Running")
            .machine("sn-1", "192.0.2.1", one, 1)
            .machine("sn-2", "192.0.2.2", two, 1)
    };
    let mut polls = vec![
        machines("Running", "Running").reply(),
        Reply::status(502, ""),
        machines("Success", "Failed")
            .with("status", "Failed")
            .reply(),
    ]
    .into_iter();
    let server = Server::start(move |request, _| match request.target.ends_with("/log") {
        true => Reply::json(r#"{"deployLog":"starting\nno space left\n"}"#),
        false => polls.next().unwrap_or_else(|| order("Failed")),
    });
    let out = yunxiao(&server).args(["--events", "events.jsonl"]).run();
    out.code(1);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), out.file("events.jsonl")).unwrap();
    let programs = programs();
    assert_eq!(programs.len(), 6);
    for (program, expected) in programs.into_iter().zip([
        "192.0.2.2: no reason given",
        "192.0.2.2: no space left",
        " ms  192.0.2.",
        "no quiet minute",
        "yunxiao:123/1111 failed: reported failed",
        "",
    ]) {
        if is_installed("jq") {
            let printed = jq(program, file.path());
            assert!(printed.contains(expected), "{program}\n{printed}");
        }
    }
}
