//! The output for a CI system: reports in files, annotations, sections, and no line that
//! the system could take for its own.

use std::collections::HashSet;
use std::fs;

use roxmltree::{Document, Node};
use serde_json::json;

use crate::support::{
    Order, Output, PATIENCE, Program, Reply, Server, Signal, deploywatch, events, finished, named,
    order, order_with, yunxiao,
};

/// Text that means something everywhere.
const HOSTILE: &str = "::error::x\n::stop-commands::y\r]]> </failure><!-- `` # | **b** <img src=x> \
    [l](http://example.com) @someone #1 %0A \u{1b}[0Ksection_end:1:z\r\u{1b}[0K ##[error]e \u{ffff}";

/// Answers with the orders in their turn, the last one for ever, and with this log for every
/// machine.
fn server(orders: Vec<Reply>, log: &str) -> Server {
    let log = json!({"deployLog": log}).to_string();
    let mut asked = 0;
    Server::start(move |request, _| {
        if request.target.ends_with("/log") {
            return Reply::json(log.as_str());
        }
        asked += 1;
        orders[orders.len().min(asked) - 1].clone()
    })
}

/// An order that fails with a machine in each state.
fn failure() -> Order {
    Order::new("Failed")
        .batch(2, 2)
        .machine("sn-1", "192.0.2.1", "Success", 1)
        .machine("sn-2", "192.0.2.2", "Failed", 1)
        .machine("sn-3", "192.0.2.3", "Skipped", 2)
        .machine("sn-4", "192.0.2.4", "Running", 2)
        .machine("sn-5", "192.0.2.5", "Pending", 2)
}

/// A failed order in which every text is hostile.
fn hostile() -> Order {
    let order = Order::new("Failed").with("exceptionCode", HOSTILE);
    ["sn-1", "sn-2"].iter().fold(order, |order, sn| {
        order.machine_json(json!({
            "machineSn": sn,
            "ip": HOSTILE,
            "status": "Failed",
            "clientStatus": HOSTILE,
        }))
    })
}

/// The elements of a JUnit report: the attributes it must have, those it may have, and its children
/// in their order, as far as the schemas of Jenkins and of Ant agree.
const SCHEMA: [(&str, &str, &str, &str); 10] = [
    ("testsuites", "", "", "testsuite"),
    (
        "testsuite",
        "id package name timestamp hostname tests failures errors time",
        "skipped",
        "properties testcase system-out system-err",
    ),
    ("properties", "", "", "property"),
    ("property", "name value", "", ""),
    (
        "testcase",
        "classname name time",
        "",
        "skipped error failure",
    ),
    ("skipped", "", "message", ""),
    ("error", "type", "message", ""),
    ("failure", "type", "message", ""),
    ("system-out", "", "", ""),
    ("system-err", "", "", ""),
];

/// Checks an element and what is in it against the schema.
#[track_caller]
fn check_element(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let rule = SCHEMA.iter().find(|rule| rule.0 == name);
    let (_, required, optional, children) = rule.unwrap_or_else(|| panic!("<{name}>"));
    let words = |list: &'static str| list.split_whitespace();
    for attribute in words(required) {
        assert!(node.has_attribute(attribute), "{node:?} lacks {attribute}");
    }
    for attribute in node.attributes() {
        let known = words(required).chain(words(optional));
        assert!(
            known.into_iter().any(|known| known == attribute.name()),
            "{node:?}"
        );
    }
    let places: Vec<_> = node
        .children()
        .filter(Node::is_element)
        .map(|child| {
            let child = child.tag_name().name();
            let place = words(children).position(|known| known == child);
            place.unwrap_or_else(|| panic!("<{child}> in {node:?}"))
        })
        .collect();
    assert!(places.is_sorted(), "children out of order in {node:?}");
    assert!(
        name != "testcase" || places.len() < 2,
        "two ends of {node:?}"
    );
    node.children()
        .filter(Node::is_element)
        .for_each(check_element);
}

/// Checks the report and its counts, and that only a success is green.
#[track_caller]
fn check_junit(xml: &str, verdict: &str) {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}\n{xml}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    check_element(root);
    let suite = root.first_element_child().unwrap();
    for (attribute, element) in [
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ] {
        let count = suite
            .descendants()
            .filter(|node| node.has_tag_name(element))
            .count();
        assert_eq!(
            suite.attribute(attribute),
            Some(&*count.to_string()),
            "{xml}"
        );
    }
    let cases: Vec<_> = suite
        .children()
        .filter(|node| node.has_tag_name("testcase"))
        .collect();
    let names: HashSet<_> = cases
        .iter()
        .map(|case| (case.attribute("classname"), case.attribute("name")))
        .collect();
    assert_eq!(
        names.len(),
        cases.len(),
        "names that are not unique in\n{xml}"
    );
    for case in &cases {
        case.attribute("time").unwrap().parse::<f64>().unwrap();
    }
    let time = suite.attribute("timestamp").unwrap();
    humantime::parse_rfc3339(&format!("{time}Z")).unwrap();
    let property = suite
        .descendants()
        .find(|node| node.attribute("name") == Some("verdict"));
    assert_eq!(property.unwrap().attribute("value"), Some(verdict));
    let deployment = case(&document, "deployment");
    assert_eq!(deployment.0 == "testcase", verdict == "succeeded", "{xml}");
}

/// The result of the test case of this name: its element, its message and its text.
#[track_caller]
fn case<'a>(document: &'a Document<'_>, name: &str) -> (&'a str, &'a str, &'a str) {
    let mut cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let case = cases.find(|node| node.attribute("name") == Some(name));
    let case = case.unwrap_or_else(|| panic!("no {name}"));
    let end = case.first_element_child().unwrap_or(case);
    (
        end.tag_name().name(),
        end.attribute("message").unwrap_or_default(),
        end.text().unwrap_or_default(),
    )
}

/// A watch that leaves both reports, to its end.
fn reports(server: &Server, args: &[&str]) -> Output {
    reporting(server, args).run()
}

fn reporting(server: &Server, args: &[&str]) -> Program {
    yunxiao(server)
        .args(["--junit", "junit.xml", "--summary", "summary.md"])
        .args(args)
}

#[test]
fn a_failure_is_told_with_its_units_and_their_logs() {
    let server = server(vec![failure().reply()], "starting\nno space left\n");
    let out = reports(&server, &[]);
    out.code(1).stderr_is_empty();
    let xml = out.file("junit.xml");
    check_junit(&xml, "failed");
    let document = Document::parse(&xml).unwrap();
    for (name, element, message, text) in [
        (
            "deployment",
            "failure",
            "reported failed",
            "reported failed",
        ),
        ("192.0.2.1", "testcase", "", ""),
        (
            "192.0.2.2",
            "failure",
            "failed",
            "failed\nstarting\nno space left",
        ),
        ("192.0.2.3", "skipped", "skipped", "skipped"),
        ("192.0.2.4", "skipped", "running for ", "running for "),
        ("192.0.2.5", "skipped", "pending", "pending"),
    ] {
        let found = case(&document, name);
        assert_eq!(found.0, element, "{name} in\n{xml}");
        assert!(
            found.1.starts_with(message) && found.2.starts_with(text),
            "{name} in\n{xml}"
        );
    }
    let summary = out.file("summary.md");
    for text in [
        "## ✗ `yunxiao:123/1111` failed (watched for ",
        "| state | machines |\n|---|--:|\n| failed | 1 |\n| running | 1 |\n| pending | 1 |\n\
         | succeeded | 1 |\n| skipped | 1 |\n| total | 5 |\n",
        "### Failed\n\n- ✗ `192.0.2.2`",
        "### Not finished\n\n- ▸ `192.0.2.4` running",
        "<details><summary>Log of <code>192.0.2.2</code>, <code>yunxiao:123/1111</code></summary>\n\n\
         ```text\nstarting\nno space left\n```\n\n</details>\n",
    ] {
        assert!(summary.contains(text), "{text:?} is not in\n{summary}");
    }
    assert!(!summary.contains("Resume with:"), "{summary}");
}

#[test]
fn every_end_leaves_its_reports() {
    let running = || order_with("Running", &[("192.0.2.1", "Running")]);
    for (code, verdict, args, last, signal) in [
        (0, "succeeded", &[][..], order("Success"), None),
        (3, "cancelled", &[], order("Cancelled"), None),
        (4, "paused", &["--on-pause", "exit"], order("Waiting"), None),
        (5, "refused", &[], Reply::status(401, ""), None),
        (
            6,
            "lost",
            &["--max-offline", "0s"],
            Reply::status(502, ""),
            None,
        ),
        (
            124,
            "timed_out",
            &["--timeout", "300ms"],
            Reply::hang(),
            None,
        ),
        (130, "interrupted", &[], Reply::hang(), Some(Signal::INT)),
    ] {
        for output in ["plain", "json", "quiet"] {
            let server = server(vec![running(), last.clone()], "");
            let watch = reporting(&server, args).args(["-o", output]).spawn();
            if let Some(signal) = signal {
                server.wait_for_requests(2);
                watch.signal(signal);
            }
            let out = watch.wait();
            out.code(code);
            check_junit(&out.file("junit.xml"), verdict);
            let summary = out.file("summary.md");
            let words = verdict.replace('_', " ");
            let headline = format!(" `yunxiao:123/1111` {words} (watched for ");
            assert!(
                summary.starts_with("## ") && summary.contains(&headline),
                "{summary}"
            );
            let ended = ["succeeded", "cancelled"].contains(&verdict);
            let heading = match verdict {
                "refused" => "After fixing this, run:",
                _ => "Resume with:",
            };
            let again = format!("{heading}\n\n```sh\ndeploywatch yunxiao --pipeline 123");
            assert_eq!(summary.contains(&again), !ended, "{summary}");
            assert_eq!(
                summary.contains("the deployment is still running"),
                signal.is_some(),
                "{summary}"
            );
        }
    }
}

#[test]
fn a_watch_that_never_saw_a_unit_is_not_green() {
    let server = Server::script(vec![Reply::status(403, "")]);
    let out = reports(&server, &[]);
    let xml = out.code(5).file("junit.xml");
    check_junit(&xml, "refused");
    assert_eq!(xml.matches("<testcase").count(), 1, "{xml}");
}

#[test]
fn a_list_leaves_one_report_of_all() {
    let server = server(vec![failure().reply()], "the log");
    let url = server.url();
    let table = format!(
        "[[deploy]]\nprovider = \"yunxiao\"\npipeline = 123\norder = 1111\n\
         organization = \"org-1\"\nendpoint = \"{url}\"\n"
    );
    let list = format!("{table}name = \"a\"\n{table}name = \"b\"\n");
    let out = deploywatch(["all", "list.toml", "--interval", "20ms"])
        .args(["--junit", "junit.xml", "--summary", "summary.md"])
        .env("YUNXIAO_ACCESS_TOKEN", crate::support::SECRET)
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .file("list.toml", &list)
        .run();
    let xml = out.code(1).file("junit.xml");
    let document = Document::parse(&xml).unwrap();
    check_element(document.root_element());
    assert_eq!(xml.matches("<testsuite ").count(), 2, "{xml}");
    let summary = out.file("summary.md");
    let headlines: Vec<_> = summary
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    assert_eq!(headlines.len(), 3, "{summary}");
    assert!(
        headlines[0].starts_with("## ✗ `all` failed (watched for "),
        "{summary}"
    );
    assert_eq!(
        summary.matches("<details><summary>Log of").count(),
        2,
        "{summary}"
    );
    assert_eq!(annotations(&out).len(), 2, "{out}");
}

#[test]
fn a_file_that_cannot_be_opened_ends_it_before_anything_is_sent() {
    let server = Server::script(vec![order("Success")]);
    for option in ["--junit", "--summary", "--timeline"] {
        let out = yunxiao(&server).args([option, "no/such/folder"]).run();
        let says = format!("error: cannot open no/such/folder for {option}: ");
        out.code(2).stdout_is_empty().stderr_has(&says);
    }
    let out = yunxiao(&server)
        .args(["--summary", "no/such/folder"])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .env("GITHUB_STEP_SUMMARY", "no/such/folder")
        .run();
    out.code(2)
        .stderr_has("cannot open no/such/folder for --summary");
    server.assert_untouched();
}

#[test]
fn a_file_that_cannot_be_written_is_a_warning() {
    for (status, code) in [("Success", 0), ("Failed", 1)] {
        for (args, variable) in [
            (&["--junit", "/dev/full"][..], None),
            (&["--summary", "/dev/full"], None),
            (&[], Some("/dev/full")),
            (&["--events", "/dev/full"], None),
        ] {
            let server = Server::script(vec![order(status)]);
            let watch = |output: &str| {
                let watch = yunxiao(&server).args(["-o", output]).args(args);
                match variable {
                    Some(file) => watch
                        .env("GITHUB_ACTIONS", "true")
                        .env("NO_COLOR", "1")
                        .env("GITHUB_STEP_SUMMARY", file),
                    None => watch,
                }
            };
            let out = watch("plain").run();
            out.code(code)
                .stderr_has("warning: cannot write /dev/full: ");
            assert_eq!(out.stderr.lines().count(), 1, "{out}");
            // `started` stays the first event, and `finished` the last one.
            let out = watch("json").run();
            out.code(code).stderr_is_empty().finished();
            assert_eq!(out.events()[0]["event"], "started", "{out}");
            assert_eq!(named(&out.events(), "warning").len(), 1, "{out}");
        }
    }
}

#[test]
fn the_event_file_tells_of_the_others() {
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server)
        .args([
            "--junit",
            "/dev/full",
            "--summary",
            "/dev/full",
            "--events",
            "events",
        ])
        .run();
    let file = out.code(0).file("events");
    finished(&file);
    assert_eq!(named(&events(&file), "warning").len(), 2, "{file}");
}

#[test]
fn files_are_written_anew() {
    let server = Server::script(vec![order("Success")]);
    let old = "old ".repeat(10_000);
    let program = reporting(&server, &[]);
    let out = program
        .file("junit.xml", &old)
        .file("summary.md", &old)
        .run();
    check_junit(&out.code(0).file("junit.xml"), "succeeded");
    assert!(!out.file("summary.md").contains("old"));
}

/// The workflow commands in the output.
fn annotations(out: &Output) -> Vec<&str> {
    // The runner takes a line for a command where the first thing in it is this.
    let lines = out.stdout.lines().chain(out.stderr.lines());
    lines
        .filter(|line| line.trim_start().starts_with("::"))
        .collect()
}

#[test]
fn github_gets_annotations_before_the_report() {
    let server = server(vec![failure().reply()], "starting\n100 % full: a, b\n");
    let out = yunxiao(&server)
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .run();
    out.code(1).stderr_is_empty();
    assert_eq!(
        annotations(&out),
        ["::error title=192.0.2.2 failed::yunxiao:123/1111%0A100 %25 full: a, b"]
    );
    let (_, report) = out
        .stdout
        .split_once("full: a, b\n✗ yunxiao:123/1111 failed")
        .unwrap();
    assert!(report.contains("✗ failed 192.0.2.2"), "{out}");
}

#[test]
fn github_gets_ten_annotations_at_most_and_none_that_nobody_reads() {
    let failures = || Order::new("Failed").machines("m", 15, "Failed").reply();
    let server = server(vec![failures()], "");
    let watch = |output: &str| yunxiao(&server).args(["-o", output]);
    for (output, actions, count) in [
        ("plain", "true", 10),
        ("plain", "", 0),
        ("plain", "false", 0),
        ("json", "true", 0),
        ("quiet", "true", 0),
    ] {
        let out = watch(output)
            .env("GITHUB_ACTIONS", actions)
            .env("NO_COLOR", "1")
            .run();
        assert_eq!(annotations(&out).len(), count, "{out}");
    }
}

#[test]
fn github_is_told_of_a_lost_watch() {
    for (reply, code, says) in [
        (
            Reply::status(403, ""),
            5,
            "::error title=yunxiao%3A123/1111 refused::",
        ),
        (
            Reply::status(502, ""),
            6,
            "::error title=yunxiao%3A123/1111 lost::",
        ),
    ] {
        let server = Server::script(vec![reply]);
        let watch = yunxiao(&server).args(["--max-offline", "0s"]);
        let out = watch
            .env("GITHUB_ACTIONS", "true")
            .env("NO_COLOR", "1")
            .run();
        let annotations = annotations(out.code(code));
        assert!(
            annotations.len() == 1 && annotations[0].starts_with(says),
            "{out}"
        );
    }
}

#[test]
fn githubs_summary_is_appended_to() {
    let server = server(vec![failure().reply()], "the log");
    let watch = |args: &[&str]| {
        yunxiao(&server)
            .args(args)
            .env("GITHUB_ACTIONS", "true")
            .env("NO_COLOR", "1")
            .env("GITHUB_STEP_SUMMARY", "step.md")
            .file("step.md", "# Before\nno end of line")
    };
    // Asked for in the same file it is there once, and what others wrote stays.
    for args in [&[][..], &["-o", "json"], &["-q"], &["--summary", "step.md"]] {
        let out = watch(args).run();
        let step = out.code(1).file("step.md");
        assert!(
            step.starts_with("# Before\nno end of line\n## ✗ `yunxiao:123/1111` failed"),
            "{step}"
        );
        assert_eq!(
            step.matches("## ✗ `yunxiao:123/1111` failed").count(),
            1,
            "{step}"
        );
        assert!(step.contains("```text\nthe log\n```"), "{step}");
    }
    let out = watch(&["--summary", "other.md"]).run();
    assert_eq!(
        out.file("step.md").split_once("line\n").unwrap().1,
        out.file("other.md")
    );
    // Elsewhere the variable means nothing.
    let out = watch(&[]).env("GITHUB_ACTIONS", "").run();
    assert_eq!(out.file("step.md"), "# Before\nno end of line");
}

#[test]
fn githubs_summary_that_nobody_asked_for_may_be_missing() {
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server)
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .env("GITHUB_STEP_SUMMARY", "no/such/folder")
        .run();
    out.code(0)
        .stderr_has("warning: cannot write no/such/folder: ");
}

#[test]
fn githubs_summary_has_the_size_of_the_file_that_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let [step, kept] = ["step", "kept"].map(|name| dir.path().join(name));
    fs::write(&step, "").unwrap();
    fs::hard_link(&step, &kept).unwrap();
    let (server, end) = Server::two_acts(vec![order("Running")], vec![order("Success")]);
    let program = yunxiao(&server).env("GITHUB_ACTIONS", "true");
    let mut watch = program.env("GITHUB_STEP_SUMMARY", &step).spawn();
    watch.wait_for_stdout("running");
    // Another file takes its name: one that is full.
    fs::remove_file(&step).unwrap();
    fs::write(&step, vec![b'x'; 1 << 20]).unwrap();
    end();
    watch.wait().code(0).stderr_is_empty();
    let kept = fs::read_to_string(kept).unwrap();
    assert!(kept.contains("succeeded"), "{kept}");
}

#[test]
fn githubs_summary_stays_under_its_limit() {
    const LIMIT: usize = 1 << 20;
    const LEFT_OUT: &str = "*Some of this report is left out: ";
    let line = "a line of a long log, again and again ".repeat(4);
    let log = format!("{line}\n").repeat(10_000);
    let server = server(vec![hostile().reply()], &log);
    let watch = |before: usize| {
        yunxiao(&server)
            .args(["--logs", "100000", "--summary", "whole.md"])
            .env("GITHUB_ACTIONS", "true")
            .env("NO_COLOR", "1")
            .env("GITHUB_STEP_SUMMARY", "step.md")
            .file("step.md", &"x".repeat(before))
            .run()
    };
    for before in [0, 1000, LIMIT - 20_000, LIMIT - 200] {
        let out = watch(before);
        out.code(1).stderr_is_empty();
        let step = out.file("step.md");
        assert!(step.len() < LIMIT && step.starts_with(&"x".repeat(before)));
        let (_, own) = step.split_at(before);
        assert!(own.contains(LEFT_OUT), "{own}");
        assert_eq!(
            own.contains("## ✗ `yunxiao:123/1111` failed"),
            before < LIMIT - 200,
            "{own}"
        );
        assert!(
            out.file("whole.md").len() > 2 * LIMIT,
            "a file has no limit"
        );
        assert!(!out.file("whole.md").contains(LEFT_OUT));
    }
    let out = watch(LIMIT - 10);
    out.code(1)
        .stderr_has("warning: cannot write step.md: 1 MiB is in it already");
    assert_eq!(out.file("step.md").len(), LIMIT - 10);
}

#[test]
fn gitlab_gets_a_section_for_each_log_and_it_is_open() {
    const CLEAR: &str = "\u{1b}[0K";
    let order = failure().machine("sn-6", "192.0.2.6", "Failed", 2);
    let server = server(vec![order.reply()], "starting\nno space left\n");
    let out = yunxiao(&server)
        .env("GITLAB_CI", "true")
        .env("NO_COLOR", "1")
        .run();
    out.code(1).stderr_is_empty();
    let mut open: Option<String> = None;
    let mut names = HashSet::new();
    for line in out.stdout.lines() {
        let Some(marker) = line.strip_prefix(CLEAR) else {
            assert!(!line.contains('\u{1b}'), "{out}");
            assert_eq!(line.starts_with("    | "), open.is_some(), "{out}");
            continue;
        };
        let (marker, header) = marker.split_once(&format!("\r{CLEAR}")).unwrap();
        let [what, time, name] = marker.split(':').collect::<Vec<_>>()[..] else {
            panic!("{out}");
        };
        assert!(time.parse::<u64>().unwrap() > 1_700_000_000, "{out}");
        if what == "section_start" {
            assert!(header.starts_with("  ✗ failed 192.0.2."), "{out}");
            let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            assert!(name.chars().all(fits) && names.insert(name), "{out}");
            assert_eq!(open.replace(name.to_owned()), None, "{out}");
        } else {
            assert_eq!((what, header), ("section_end", ""), "{out}");
            assert_eq!(open.take().as_deref(), Some(name), "{out}");
        }
    }
    assert_eq!((names.len(), open), (2, None), "{out}");
    out.stdout_lacks("::error");
    for output in ["json", "quiet"] {
        let out = yunxiao(&server)
            .args(["-o", output])
            .env("GITLAB_CI", "true")
            .env("NO_COLOR", "1")
            .run();
        out.stdout_lacks("section_").stderr_lacks("section_");
    }
}

#[test]
fn other_systems_get_plain_lines() {
    let server = server(vec![failure().reply()], "the log");
    for (name, value) in [
        ("CI", "true"),
        ("JENKINS_URL", "http://192.0.2.9/"),
        ("GITLAB_CI", ""),
    ] {
        let out = yunxiao(&server).env(name, value).run();
        out.code(1).stderr_is_empty();
        out.stdout_lacks("::")
            .stdout_lacks("section_")
            .stdout_lacks("\u{1b}");
    }
}

#[test]
fn hostile_text_is_only_text() {
    let log = format!("{HOSTILE}\n    ::error::z\n{}\n", "`".repeat(300));
    let server = server(vec![hostile().reply()], &log);
    let out = reporting(&server, &["--logs", "100"])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .run();
    out.code(1);
    assert_eq!(
        annotations(&out).len(),
        2,
        "ours, one for each machine\n{out}"
    );
    for annotation in annotations(&out) {
        assert!(
            annotation.starts_with("::error title=%3A%3Aerror%3A%3Ax "),
            "{out}"
        );
    }
    for line in out.stdout.lines().filter(|line| !line.starts_with("::")) {
        let own = ["20", "✗", "  ✗", "    | ", "  2 machines"];
        assert!(own.iter().any(|own| line.starts_with(own)), "{line}\n{out}");
    }
    out.stdout_lacks("##[").stdout_lacks("\u{1b}");

    let xml = out.file("junit.xml");
    check_junit(&xml, "failed");
    assert!(!xml.contains(['\u{ffff}', '\u{1b}']), "{xml}");
    assert!(
        xml.contains("]]&gt; &lt;/failure&gt;&lt;!-- `` # | "),
        "{xml}"
    );

    // Outside of code spans and fenced blocks there are no words but ours.
    let summary = out.file("summary.md");
    let mut fence = None;
    for line in summary.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None if line == "</details>" => {}
            // HTML, in which Markdown has no effect.
            None if line.starts_with("<details><summary>Log of <code>") => {
                assert_eq!(line.matches('<').count(), 7, "{line}");
            }
            None => assert!(!outside(line).contains(['<', '@', '[', '*']), "{line}"),
            Some(open) if ticks >= open => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "{summary}");
}

/// A line of Markdown without its code spans.
fn outside(line: &str) -> String {
    let Some(start) = line.find('`') else {
        return line.to_owned();
    };
    let rest = &line[start..];
    let ticks = rest.len() - rest.trim_start_matches('`').len();
    let (fence, mut after) = rest.split_at(ticks);
    // A longer run of backticks does not close the span.
    loop {
        let (_, found) = after
            .split_once(fence)
            .unwrap_or_else(|| panic!("an open span: {line}"));
        let run = found.len() - found.trim_start_matches('`').len();
        if run == 0 {
            return format!("{}{}", &line[..start], outside(found));
        }
        after = &found[run..];
    }
}

#[test]
fn ten_thousand_failures_are_all_in_junit_and_counted_elsewhere() {
    let order = Order::new("Failed").machines("m", 10_000, "Failed");
    let server = server(vec![order.reply()], "the log");
    let out = reporting(&server, &[])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .env("GITHUB_STEP_SUMMARY", "step.md")
        .limit(PATIENCE * 3)
        .run();
    out.code(1).stderr_is_empty();
    let xml = out.file("junit.xml");
    check_junit(&xml, "failed");
    assert_eq!(xml.matches("<failure ").count(), 10_001);
    assert_eq!(annotations(&out).len(), 10);
    let step = out.file("step.md");
    assert!(step.len() < 64 << 10, "{} bytes", step.len());
    assert!(step.contains("- … and 9900 more failed\n"), "{step}");
}

#[test]
fn a_report_can_go_into_a_pipe() {
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server)
        .args(["-q", "--junit", "/dev/stdout"])
        .run();
    check_junit(&out.code(0).stdout, "succeeded");
}

#[test]
fn the_steps_after_it_get_the_verdict_on_github() {
    let order = order_with(
        "Failed",
        &[("192.0.2.1", "Success"), ("192.0.2.2", "Failed")],
    );
    let server = server(vec![order], "");
    let watch = |earlier, actions| {
        let watch = yunxiao(&server).env("GITHUB_OUTPUT", "outputs");
        let watch = watch
            .file("outputs", earlier)
            .env("GITHUB_ACTIONS", actions);
        watch.run().code(1).file("outputs")
    };
    let outputs = "verdict=failed\nexit-code=1\nreason=reported failed\nfailed=[\"192.0.2.2\"]\n";
    // The runner of Gitea and Forgejo takes no empty line.
    for (earlier, end) in [("", ""), ("earlier=1\n", ""), ("earlier=1", "\n")] {
        assert_eq!(watch(earlier, "true"), format!("{earlier}{end}{outputs}"));
    }
    assert_eq!(watch("earlier=1", "false"), "earlier=1");
}

#[test]
fn logs_on_github_and_gitlab_are_coloured_and_commands_are_not() {
    let order = order_with("Failed", &[("192.0.2.2", "Failed")]);
    let server = server(vec![order], "");
    for (variables, coloured) in [
        (&[("GITHUB_ACTIONS", "true")][..], true),
        (&[("GITLAB_CI", "true")], true),
        (&[("GITHUB_ACTIONS", "true"), ("NO_COLOR", "1")], false),
        (&[("JENKINS_URL", "true")], false),
    ] {
        let watch = yunxiao(&server).args(["--logs", "0"]);
        let watch = variables
            .iter()
            .fold(watch, |watch, (name, value)| watch.env(name, value));
        let out = watch.run();
        assert_eq!(
            out.code(1).stdout.contains("\u{1b}[31m"),
            coloured,
            "{variables:?}\n{out}"
        );
        for line in out.stdout.lines().filter(|line| line.starts_with("::")) {
            assert!(!line.contains('\u{1b}'), "{line:?}");
        }
    }
}
