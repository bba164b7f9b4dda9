//! SIGINT and SIGTERM: the watch ends, the deployment goes on, and the report says so.

use std::io::{self, PipeReader};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;

use crate::support::{
    Order, PATIENCE, Reply, Running, SECRET, Server, Signal, Unheard, deploywatch, finished,
    order_with, yunxiao, yunxiao_at,
};

const SIGNALS: [(Signal, i32, &str); 2] =
    [(Signal::INT, 130, "SIGINT"), (Signal::TERM, 143, "SIGTERM")];

/// A server that leaves the last of these requests without an answer.
fn hanging_after(mut replies: Vec<Reply>) -> (Server, usize) {
    replies.push(Reply::hang());
    let requests = replies.len();
    (Server::script(replies), requests)
}

#[test]
fn a_signal_during_a_request_ends_the_watch_within_a_second_with_the_report() {
    let running = order_with("Running", &[("192.0.2.1", "Running")]);
    for (signal, code, name) in SIGNALS {
        for replies in [
            vec![running.clone()],
            vec![],
            vec![running.clone(), Reply::reset()],
        ] {
            let known = !replies.is_empty();
            let (server, requests) = hanging_after(replies);
            let running = yunxiao(&server).args(["--events", "events"]).spawn();
            server.wait_for_requests(requests);
            let sent = Instant::now();
            running.signal(signal);
            let out = running.wait();
            assert!(sent.elapsed() < Duration::from_secs(1), "{out}");
            out.code(code).stderr_is_empty();
            out.stdout_has("■ yunxiao:123/1111 interrupted (watched for ")
                .stdout_has(name);
            let running = "the deployment is still running";
            assert_eq!(out.stdout.contains(running), known, "{out}");
            out.stdout_has("deploywatch yunxiao --pipeline 123 --order 1111");
            assert_eq!(out.stdout.contains("▸ running 192.0.2.1"), known, "{out}");
            let last = finished(&out.file("events"));
            assert_eq!(
                (&last["verdict"], &last["exit_code"]),
                (&"interrupted".into(), &code.into())
            );
        }
    }
}

#[test]
fn a_signal_right_at_the_start_ends_the_watch_with_its_last_event() {
    // The first answer, or that there is none, must not be the end.
    let nobody = Unheard::take();
    for (signal, code, _) in SIGNALS.repeat(10) {
        let mut running = yunxiao_at(&nobody.url()).args(["-o", "json"]).spawn();
        running.wait_for_stdout("\"started\"");
        running.signal(signal);
        let out = running.wait();
        out.code(code);
        assert_eq!(finished(&out.stdout)["exit_code"], code, "{out}");
    }
}

#[test]
fn a_signal_between_two_polls_does_not_wait_for_the_next() {
    for (signal, code, _) in SIGNALS {
        let server = Server::script(vec![order_with("Running", &[])]);
        let mut running = yunxiao_at(&server.url()).args(["--interval", "1h"]).spawn();
        running.wait_for_stdout("1111 running");
        let sent = Instant::now();
        running.signal(signal);
        running.wait().code(code);
        assert!(sent.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn a_signal_is_told_in_every_mode() {
    for (signal, code, name) in SIGNALS {
        for output in ["json", "quiet"] {
            let (server, requests) = hanging_after(vec![]);
            let running = yunxiao(&server).args(["-o", output]).spawn();
            server.wait_for_requests(requests);
            running.signal(signal);
            let out = running.wait();
            out.code(code);
            if output == "json" {
                out.stderr_is_empty();
                assert!(
                    out.finished()["reason"].as_str().unwrap().contains(name),
                    "{out}"
                );
            } else {
                out.stdout_is_empty().stderr_has(name);
                assert_eq!(out.stderr.lines().count(), 1, "{out}");
            }
        }
    }
}

/// A watch that has far more to say than a pipe holds which nobody reads, and so cannot end.
fn held_up() -> (Server, Running, PipeReader) {
    let order = Order::new("Running").machines("host", 2000, "Pending");
    let server = Server::script(vec![order.reply()]);
    let (reader, writer) = io::pipe().unwrap();
    let program = yunxiao(&server).args(["-o", "json"]).stdout(writer);
    let mut running = program.spawn();
    let deadline = Instant::now() + PATIENCE;
    // That much is said only where it has begun to name the machines.
    while ioctl_fionread(&reader).unwrap() < 2048 {
        assert!(Instant::now() < deadline, "nothing is said");
        running.goes_on(Duration::from_millis(2));
    }
    (server, running, reader)
}

#[test]
fn a_second_signal_ends_it_at_once_where_the_report_is_held_up() {
    for (first, second, code) in [
        (Signal::INT, Signal::INT, 130),
        (Signal::INT, Signal::TERM, 143),
        (Signal::TERM, Signal::INT, 130),
        (Signal::TERM, Signal::TERM, 143),
    ] {
        let (_server, mut running, _reader) = held_up();
        running.signal(first);
        assert!(
            running.goes_on(Duration::from_millis(100)),
            "the first waits for the report"
        );
        let sent = Instant::now();
        running.signal(second);
        running.wait().code(code);
        assert!(sent.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn one_signal_is_enough_where_nobody_reads() {
    let (_server, running, _reader) = held_up();
    let sent = Instant::now();
    running.signal(Signal::INT);
    running.wait().code(130).stderr_has("lines lost: ");
    assert!(sent.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_report_that_was_held_up_comes_when_somebody_reads() {
    let (_server, mut running, reader) = held_up();
    running.signal(Signal::INT);
    assert!(running.goes_on(Duration::from_millis(50)));
    let said = thread::spawn(move || io::read_to_string(reader).unwrap());
    running.wait().code(130);
    let last = finished(&said.join().unwrap());
    assert_eq!(last["exit_code"], 130, "{last}");
}

#[test]
fn who_interrupts_a_watch_is_told_why_something_failed() {
    let server = Server::start(|request, _| {
        if request.target.ends_with("/log") {
            Reply::json(r#"{"deployLog":"one\nthe last word"}"#)
        } else {
            let order = Order::new("Running").machine("sn-1", "192.0.2.1", "Failed", 1);
            order.machine("sn-2", "192.0.2.2", "Running", 1).reply()
        }
    });
    // No poll is under way when the signal comes: one that hangs would hold up the log behind it.
    let words = "yunxiao --pipeline 123 --order 1111 --organization org-1 --interval 1h --endpoint";
    let mut running = deploywatch(words.split(' ').chain([server.url().as_str()]))
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .spawn();
    running.wait_for_stdout("FAILED 192.0.2.1");
    let before = Instant::now();
    running.signal(Signal::INT);
    let out = running.wait();
    out.code(130).stdout_has("    | the last word\n");
    assert!(before.elapsed() < Duration::from_secs(1), "within a second");
}
