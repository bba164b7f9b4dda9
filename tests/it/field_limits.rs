//! Section 5 of the cases from the field: a watch at a limit of the system fails with words, and is not
//! killed.
//!
//! Elsewhere: answers that are large or unpack without end (`robust`); no thread for the resolver, threads and
//! descriptors for many deployments (`field_ends`).

use std::time::Duration;

use serde_json::json;

use crate::support::{
    Order, Output, Program, Reply, SECRET, Server, Signal, finished, order, watches, yunxiao,
};

/// The program's path, for a shell.
const PROGRAM: &str = env!("CARGO_BIN_EXE_deploywatch");

/// A watch below a shell that has set this limit.
fn limited(limit: &str, server: &Server, options: &str) -> Program {
    let watch = format!(
        "exec {PROGRAM} yunxiao --pipeline 123 --order 1111 --organization org-1 --interval 20ms \
         --endpoint {} {options}",
        server.url()
    );
    Program::shell(&format!("{limit}; {watch}")).env("YUNXIAO_ACCESS_TOKEN", SECRET)
}

fn many_machines(word: &str) -> Reply {
    let order = Order::new(word).machines("a-host-with-a-long-name", 500, word);
    order.reply()
}

#[test]
fn a_file_at_the_limit_of_its_size_is_a_warning() {
    // dash counts in 512 bytes, bash in 1,024.
    let limit = "ulimit -f 16";
    for (option, file) in [
        ("--events", "events"),
        ("--capture", "capture"),
        ("--junit", "junit"),
        ("--summary", "summary"),
    ] {
        for (word, code) in [("Success", 0), ("Failed", 1)] {
            let server = Server::script(vec![many_machines("Running"), many_machines(word)]);
            let options = format!("{option} {file} --logs 0");
            let out = limited(limit, &server, &options).run();
            out.code(code);
            // A summary counts where there are too many.
            if file != "summary" && (file != "junit" || code == 1) {
                let warnings = out.stderr.lines().filter(|line| line.contains(file));
                assert_eq!(warnings.count(), 1, "{out}");
                out.stderr_has("File too large");
            }
            assert!(out.file(file).len() <= 16 << 10, "{out}");
        }
    }
    for mode in ["plain", "json"] {
        let server = Server::script(vec![many_machines("Running"), many_machines("Success")]);
        let options = format!("-o {mode} --events /dev/null > said 2> told");
        let out = limited("ulimit -f 1", &server, &options).run();
        out.code(0);
        assert!(out.file("said").len() <= 1024, "{out}");
    }
    // The summary of a step that others have filled already.
    let server = Server::script(vec![order("Success")]);
    let out = limited(
        "ulimit -f 1; export GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=step",
        &server,
        "",
    )
    .file("step", &"x".repeat(1024))
    .run();
    out.code(0).stderr_has("step");
}

#[test]
fn a_promised_length_under_a_limit_of_memory_is_a_failed_poll() {
    for length in [
        "268435456",
        "268435457",
        "99999999999999",
        "18446744073709551615",
    ] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{{"
        );
        let server = Server::script(vec![Reply::raw(head), order("Success")]);
        let out = limited("ulimit -v 262144", &server, "").run();
        out.code(0).stdout_has("poll failed");
    }
}

#[test]
fn too_few_descriptors_are_a_failed_poll_or_a_usage_error() {
    let mut codes = Vec::new();
    for count in 3..20 {
        let server = Server::script(vec![order("Success")]);
        server.may_be_idle();
        let out = limited(
            &format!("ulimit -n {count}"),
            &server,
            "--once --events events",
        )
        .run();
        assert!(matches!(out.code, 0 | 2 | 6 | 127 | 126), "{count}\n{out}");
        out.stderr_lacks("panicked").stdout_lacks("panicked");
        codes.push(out.code);
    }
    assert_eq!(codes.last(), Some(&0), "{codes:?}");
    assert!(codes.contains(&2), "{codes:?}");
}

#[test]
fn logs_without_bound_are_bounded() {
    // Ten units, of which five are asked for their log: 6 MiB, once in short lines, once in one.
    for line in ["line of a log\n".repeat(6 << 16), "x".repeat(6 << 20)] {
        let log = json!({"deployLog": line}).to_string();
        let failed = Order::new("Failed").machines("host", 10, "Failed");
        let server = Server::start(move |request, _| {
            if request.target.ends_with("/log") {
                Reply::json(log.clone())
            } else {
                failed.reply()
            }
        });
        let out = memory_of(&server, &["--logs", "4000000000", "-o", "json"]);
        out.code(1);
        let last = finished(&out.stdout);
        let mut seen = 0;
        for unit in last["failed"].as_array().unwrap() {
            let log = unit["log"].as_array().map_or(&[][..], Vec::as_slice);
            let bytes: usize = log
                .iter()
                .filter_map(|line| line.as_str())
                .map(str::len)
                .sum();
            assert!(
                log.len() <= 10_000 && bytes <= 1 << 20,
                "{} {bytes}",
                log.len()
            );
            seen += usize::from(!log.is_empty());
        }
        assert_eq!(seen, 5);
    }
}

/// Runs a watch in an address space of 512 MiB: beyond it, it would be killed.
fn memory_of(server: &Server, options: &[&str]) -> Output {
    limited("ulimit -v 524288", server, "\"$@\"")
        .args(["sh"])
        .args(options)
        .run()
}

#[test]
fn ever_new_cookies_take_bounded_memory() {
    let mut number = 0;
    let server = Server::start(move |_, polls| {
        let state = if polls < 200 { "RUNNING" } else { "COMPLETE" };
        let mut reply = Reply::json(json!({"id": 42, "state": state}).to_string());
        for _ in 0..80 {
            number += 1;
            reply = reply.header(
                "set-cookie",
                &format!("c{number}={}; Path=/web", "v".repeat(4000)),
            );
        }
        reply
    });
    let (_, mrs) = watches(&server.url()).remove(3);
    let watch = mrs
        .args(["-i", "10ms", "-o", "json"])
        .limit(Duration::from_secs(60))
        .spawn();
    server.wait_for_requests(20);
    let before = watch.peak_memory();
    server.wait_for_requests_for(180, Duration::from_secs(40));
    let grown = watch.peak_memory() - before;
    // Of 50 MiB that came.
    assert!(grown < 12, "{before} MiB and {grown} more");
    assert!(
        server
            .requests()
            .last()
            .unwrap()
            .header("cookie")
            .unwrap_or_default()
            .len()
            < 64 << 10
    );
    watch.signal(Signal::TERM);
    watch.wait();
}

#[test]
fn a_watch_whose_answers_change_for_ever_takes_bounded_memory() {
    let mut number = 0_u64;
    let server = Server::start(move |_, _| {
        number += 1;
        let mut order = Order::new("Running").with("exceptionCode", format!("E{number}"));
        for machine in 0..50 {
            let name = format!("host-{number}-{machine}-{}", "x".repeat(200));
            order = order.machine(&format!("sn-{machine}"), &name, &format!("Odd{number}"), 1);
        }
        order.reply()
    });
    let program = yunxiao(&server).args(["-q"]).limit(Duration::from_secs(60));
    let watch = program.spawn();
    server.wait_for_requests(20);
    let before = watch.peak_memory();
    server.wait_for_requests_for(300, Duration::from_secs(40));
    let grown = watch.peak_memory() - before;
    assert!(grown < 8, "{before} MiB and {grown} more");
    watch.signal(Signal::TERM);
    watch.wait().code(143);
}
