//! The machine below: processes that are stopped and go on, terminals that go away, streams that
//! cannot be written, and a shell with jobs.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use crate::support::{
    Program, Reply, Screen, Server, Signal, finished, order, order_with, rows, yunxiao,
};

/// The program's path, for a shell.
const PROGRAM: &str = env!("CARGO_BIN_EXE_deploywatch");

fn running() -> Reply {
    order_with("Running", &[("192.0.2.1", "Running")])
}

/// A script for a shell, in which `WATCH` stands for the watch of an order of this server.
fn in_shell(script: &str, server: &Server) -> Program {
    let watch = format!(
        "{PROGRAM} yunxiao --pipeline 123 --order 1111 --organization org-1 \
         --interval 20ms --endpoint {}",
        server.url()
    );
    Program::shell(&script.replace("WATCH", &watch))
        .env("YUNXIAO_ACCESS_TOKEN", crate::support::SECRET)
}

#[test]
fn a_process_that_was_stopped_for_longer_than_its_time_wakes_to_that_verdict() {
    for limit in ["--timeout", "--stall-timeout"] {
        let server = Server::script(vec![running()]);
        let mut watch = yunxiao(&server).args([limit, "1s"]).spawn();
        watch.wait_for_stdout("running");
        let begun = Instant::now();
        watch.signal(Signal::STOP);
        watch.wait_stopped();
        // What is tested is time that passes.
        std::thread::sleep(Duration::from_millis(1200).saturating_sub(begun.elapsed()));
        watch.signal(Signal::CONT);
        let woken = Instant::now();
        watch.wait().code(124).stdout_has(limit);
        assert!(woken.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn a_deployment_that_ended_meanwhile_has_its_verdict() {
    for (word, code) in [("Success", 0), ("Failed", 1), ("Cancelled", 3)] {
        // Polls that fail on waking must not be the end: there is always one under way that does.
        let late = Reply::delayed(running(), Duration::from_millis(200));
        let (server, end) = Server::two_acts(vec![running(), late], vec![order(word)]);
        let mut watch = yunxiao(&server)
            .args(["--request-timeout", "150ms"])
            .spawn();
        watch.wait_for_stdout("running");
        watch.signal(Signal::STOP);
        watch.wait_stopped();
        end();
        std::thread::sleep(Duration::from_millis(300));
        watch.signal(Signal::CONT);
        watch.wait().code(code).stderr_is_empty();
    }
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads.
fn broken() -> io::PipeWriter {
    io::pipe().unwrap().1
}

#[test]
fn a_stderr_that_cannot_be_written_changes_no_verdict() {
    for mode in ["plain", "json", "quiet"] {
        for (word, code) in [("Success", 0), ("Failed", 1)] {
            // Much is said on stderr: a line for each request, an unknown word, a failed poll.
            let script = || {
                let answers = vec![order("Rebooting"), Reply::status(502, ""), order(word)];
                Server::script(answers)
            };
            let args = ["-v", "-o", mode, "--events", "events"];
            let server = script();
            let out = yunxiao(&server).args(args).stderr(full()).run();
            assert_eq!(finished(&out.code(code).file("events"))["exit_code"], code);
            let server = script();
            let out = yunxiao(&server).args(args).stderr(broken()).run();
            assert_eq!(finished(&out.code(code).file("events"))["exit_code"], code);
        }
    }
}

#[test]
fn where_nothing_at_all_can_be_written_the_exit_code_is_left() {
    for mode in ["plain", "json", "quiet"] {
        for (word, code) in [("Success", 0), ("Failed", 1)] {
            let server = Server::script(vec![running(), order(word)]);
            let program = yunxiao(&server)
                .args(["-o", mode])
                .args(["--events", "/dev/full"]);
            let program = program.args(["--junit", "/dev/full", "--summary", "/dev/full"]);
            program.stdout(full()).stderr(full()).run().code(code);
        }
    }
}

#[test]
fn streams_that_are_closed_from_the_start_change_no_verdict() {
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        for (word, code) in [("Success", 0), ("Failed", 1)] {
            let server = Server::script(vec![running(), order(word)]);
            let out = in_shell(&format!("WATCH --events events {closed}"), &server).run();
            out.code(code);
            assert_eq!(finished(&out.file("events"))["exit_code"], code, "{closed}");
        }
    }
}

/// Waits for the picture of one machine.
fn wait_for_picture(screen: &Screen) {
    screen.wait_until("the picture", |screen| {
        let rows = rows(screen);
        rows[2].contains("192.0.2.1") && rows[3].is_empty()
    });
}

#[test]
fn a_terminal_that_goes_away_ends_the_watch() {
    for mode in ["bars", "plain"] {
        let server = Server::script(vec![running()]);
        let program = yunxiao(&server).args(["-o", mode, "--events", "events"]);
        // A plain watch says nothing more, so that nothing would wake the one who reads.
        let program = program.args(if mode == "plain" { &["-v"][..] } else { &[] });
        let mut screen = Screen::spawn(program, 24, 80);
        screen.wait_for("192.0.2.1");
        screen.hang_up();
        let begun = Instant::now();
        assert_eq!(screen.wait_exit(), 129, "{mode}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        let last = finished(&screen.file("events"));
        assert_eq!(
            (&last["verdict"], &last["exit_code"]),
            (&"interrupted".into(), &129.into())
        );
    }
}

#[test]
fn a_hangup_is_a_signal_like_others() {
    let server = Server::script(vec![running()]);
    let mut watch = yunxiao(&server).spawn();
    watch.wait_for_stdout("running");
    watch.signal(Signal::HUP);
    let out = watch.wait();
    out.code(129).stderr_is_empty();
    out.stdout_has("■ yunxiao:123/1111 interrupted")
        .stdout_has("the deployment is still running");
}

#[test]
fn under_nohup_a_hangup_is_ignored() {
    for script in ["exec nohup WATCH", "trap '' HUP; exec WATCH"] {
        let (server, end) = Server::two_acts(vec![running()], vec![order("Success")]);
        let mut watch = in_shell(script, &server).spawn();
        watch.wait_for_stdout("running");
        watch.signal(Signal::HUP);
        let seen = server.requests().len();
        server.wait_for_requests(seen + 3);
        end();
        watch
            .wait()
            .code(0)
            .stdout_has("✓ yunxiao:123/1111 succeeded");
    }
}

/// The characters of the bars.
const BARS: [char; 2] = ['━', '─'];

/// The last picture of one machine is left, and nothing of the earlier ones.
#[track_caller]
fn assert_one_picture_is_left(left: &str) {
    for start in ["yunxiao:123/1111 ", "▸ 192.0.2.1 "] {
        let bars = left
            .lines()
            .filter(|row| row.starts_with(start) && row.contains(BARS));
        assert_eq!(bars.count(), 1, "{left}");
    }
}

#[test]
fn a_stopped_watch_leaves_the_terminal_to_others_and_is_whole_when_it_goes_on() {
    let (server, end) = Server::two_acts(vec![running()], vec![order("Success")]);
    // A shell brings it back: without one it would not stop.
    let script = "set -m; WATCH; for n in 1 2 3; do echo \"stop $n\"; read -r go; fg; code=$?; done; exit $code";
    let mut screen = Screen::spawn(in_shell(script, &server), 24, 80);
    wait_for_picture(&screen);
    for n in 1..=3 {
        screen.send([26]);
        // The terminal's own echo of the key may stand there; the picture does not.
        screen.wait_until("no picture", |screen| {
            let text = screen.contents();
            text.contains(&format!("stop {n}"))
                && !text.contains("192.0.2.1 ")
                && !text.contains(BARS)
        });
        screen.send("\r");
        screen.wait_until("one picture", |screen| {
            let text = screen.contents();
            text.matches("192.0.2.1 ").count() == 1 && text.matches("yunxiao:123/1111").count() == 1
        });
    }
    end();
    assert_eq!(screen.wait_exit(), 0);
    let left = screen.history().join("\n");
    assert_one_picture_is_left(&left);
    assert_eq!(
        left.matches("✓ yunxiao:123/1111 succeeded").count(),
        1,
        "{left}"
    );
    screen.assert_left_clean();
}

#[test]
fn a_shell_stops_it_and_brings_it_back() {
    let (server, end) = Server::two_acts(vec![running()], vec![order("Failed")]);
    let script = "set -m; WATCH; echo the shell has it; fg; echo code $?";
    let mut screen = Screen::spawn(in_shell(script, &server), 24, 80);
    screen.wait_for("192.0.2.1 ");
    screen.send([26]);
    screen.wait_until("the shell's line, and one picture behind it", |screen| {
        let text = screen.contents();
        let Some((before, behind)) = text.split_once("the shell has it") else {
            return false;
        };
        !before.contains("192.0.2.1 ") && behind.matches("192.0.2.1 ").count() == 1
    });
    end();
    screen.wait_exit();
    let left = screen.history().join("\n");
    assert_one_picture_is_left(&left);
    assert!(left.contains("code 1"), "{left}");
    assert_eq!(
        left.matches("✗ yunxiao:123/1111 failed").count(),
        1,
        "{left}"
    );
}
