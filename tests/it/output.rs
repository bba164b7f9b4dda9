//! The output on the way and at the end, in each mode, and where it goes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::Value;

use crate::support::{
    Order, Output, Reply, Running, Screen, Server, Signal, deploywatch, events, finished, keys,
    named, order, order_with, yunxiao,
};

/// A way for a watch to end.
struct End {
    replies: Vec<Reply>,
    args: &'static [&'static str],
    /// Sent once the last reply is being asked for.
    signal: Option<Signal>,
    code: i32,
    verdict: &'static str,
}

fn end(code: i32, verdict: &'static str, args: &'static [&'static str], last: Reply) -> End {
    let machines = [
        ("192.0.2.1", "Failed"),
        ("192.0.2.2", "Running"),
        ("192.0.2.3", "Success"),
    ];
    let replies = vec![order_with("Running", &machines), last];
    End {
        replies,
        args,
        signal: None,
        code,
        verdict,
    }
}

/// Every way there is.
fn ends() -> Vec<End> {
    let interrupted = |code, signal| End {
        signal: Some(signal),
        ..end(code, "interrupted", &[], Reply::hang())
    };
    let once = |end: End| End {
        replies: end.replies[..1].to_vec(),
        ..end
    };
    vec![
        end(0, "succeeded", &[], order("Success")),
        end(1, "failed", &[], order("Failed")),
        once(end(1, "failed", &["--fail-fast"], Reply::hang())),
        end(3, "cancelled", &[], order("Cancelled")),
        end(4, "paused", &["--on-pause", "exit"], order("Waiting")),
        end(5, "refused", &[], Reply::status(401, "")),
        end(6, "lost", &["--max-offline", "0s"], Reply::status(502, "")),
        once(end(7, "running", &["--once"], Reply::hang())),
        end(124, "timed_out", &["--timeout", "800ms"], Reply::hang()),
        end(
            124,
            "timed_out",
            &["--stall-timeout", "800ms"],
            Reply::hang(),
        ),
        interrupted(130, Signal::INT),
        interrupted(143, Signal::TERM),
    ]
}

impl End {
    /// Whether the deployment is known to be over; it goes on where a failed unit was enough.
    fn deployment_ended(&self) -> bool {
        ["succeeded", "failed", "cancelled"].contains(&self.verdict) && self.args.is_empty()
    }

    /// The verdict as people read it.
    fn words(&self) -> String {
        self.verdict.replace('_', " ")
    }
}

/// Every way to end with these options, its server and what was said. All are watched at once, for
/// some take their time.
#[track_caller]
fn watch_every_end(args: &[&str]) -> Vec<(End, Server, Output)> {
    let start = |end: End| {
        let server = Server::script(end.replies.clone());
        let running = yunxiao(&server).args(end.args).args(args).spawn();
        (end, server, running)
    };
    let watches: Vec<_> = ends().into_iter().map(start).collect();
    let wait = |(end, server, running): (End, Server, Running)| {
        if let Some(signal) = end.signal {
            server.wait_for_requests(end.replies.len());
            running.signal(signal);
        }
        let out = running.wait();
        out.code(end.code);
        (end, server, out)
    };
    watches.into_iter().map(wait).collect()
}

#[test]
fn every_end_finishes_the_event_stream_and_the_event_file() {
    for output in ["json", "plain", "quiet"] {
        for (end, server, out) in watch_every_end(&["-o", output, "--events", "events"]) {
            let file = out.file("events");
            if output == "json" {
                assert_eq!(out.stdout, file, "beside json the file holds the same");
                out.finished();
            }
            let last = finished(&file);
            assert_eq!(
                (&last["verdict"], &last["exit_code"]),
                (&end.verdict.into(), &end.code.into())
            );
            assert_eq!(last["units"]["total"], 3, "{last}");
            assert_eq!(last["failed"][0]["name"], "192.0.2.1");
            assert!(!last["reason"].as_str().unwrap().is_empty());
            let polls = last["polls"].as_u64().unwrap();
            let asked = server.polls().len() as u64;
            assert!(
                polls == asked || polls + 1 == asked,
                "the last may be under way: {last}"
            );
        }
    }
}

#[test]
fn every_end_has_its_report() {
    for (end, server, out) in watch_every_end(&["-o", "plain"]) {
        out.stderr_is_empty();
        let verdict = format!(" yunxiao:123/1111 {}", end.words());
        let is_verdict = |line: &&str| line.contains(&verdict) && line.contains("watched for ");
        let line = out.stdout.lines().find(is_verdict);
        let line = line.unwrap_or_else(|| panic!("{out}"));
        let (_, report) = out.stdout.split_once(line).unwrap();
        let lines: Vec<_> = report.lines().collect();
        let line = |text: &str| lines.iter().find(|line| line.contains(text)).copied();
        assert!(line("✗ failed 192.0.2.1").is_some(), "{out}");
        assert!(line("▸ running 192.0.2.2").is_some(), "{out}");
        assert_eq!(line("192.0.2.3"), None, "what is done is counted: {out}");
        assert!(line("1 succeeded").is_some(), "{out}");
        let resume = format!(
            "deploywatch yunxiao --pipeline 123 --order 1111 --organization org-1 --endpoint {}",
            server.url()
        );
        let last = lines.last().unwrap().trim_start();
        assert_eq!(last.starts_with(&resume), !end.deployment_ended(), "{out}");
        assert_eq!(report.contains(&resume), !end.deployment_ended(), "{out}");
        assert!(!last.contains("--once"), "{out}");
        assert_eq!(
            report.contains("the deployment is still running"),
            end.signal.is_some(),
            "{out}"
        );
    }
}

#[test]
fn quiet_says_the_verdict_where_it_is_not_a_success_and_nothing_else() {
    for (end, _server, out) in watch_every_end(&["-q"]) {
        out.stdout_is_empty();
        if end.code == 0 {
            out.stderr_is_empty();
            continue;
        }
        let lines: Vec<_> = out.stderr.lines().collect();
        let verdict = format!(" yunxiao:123/1111 {} (", end.words());
        assert!(lines.last().unwrap().contains(&verdict), "{out}");
        // What failed on the way is an error too.
        let before = lines.len() - 1;
        assert_eq!(before, usize::from(end.verdict == "lost"), "{out}");
    }
}

#[test]
fn warnings_and_failed_polls_are_said_in_quiet_too() {
    let server = Server::script(vec![
        order("Rebooting"),
        Reply::status(502, ""),
        order_with("Success", &[("a", "Skipped")]),
    ]);
    let out = yunxiao(&server).args(["--quiet"]).run();
    out.code(0).stdout_is_empty();
    for text in ["Rebooting", "502", "1 machine skipped"] {
        out.stderr_has(text);
    }
}

/// A watch in which every event comes up.
fn eventful() -> Server {
    let order = |status, batch, states: &[&str]| {
        let order = Order::new(status).batch(batch, 2);
        let machines = states.iter().zip(1..);
        machines
            .fold(order, |order, (state, n)| {
                order.machine(&format!("sn-{n}"), &format!("192.0.2.{n}"), state, n)
            })
            .reply()
    };
    Server::script(vec![
        order("Running", 1, &["Running", "Pending"]),
        order("Running", 1, &["Success", "Exploded"]),
        Reply::status(503, ""),
        order("Running", 2, &["Success", "Failed"]),
        order("Success", 2, &["Success"]),
    ])
}

#[test]
fn each_event_has_exactly_the_fields_of_schema_1() {
    let server = eventful();
    let out = yunxiao(&server).args(["-o", "json"]).run();
    let all = out.code(0).stderr_is_empty().events();
    for (name, fields) in [
        (
            "started",
            "endpoint interval_ms provider schema usual_ms version",
        ),
        (
            "phase",
            "batch batches done from message percent phase total",
        ),
        ("unit", "batch detail elapsed_ms from id kind name state"),
        ("progress", "batch batches done percent total"),
        ("offline", "attempt error offline_ms retry_in_ms status"),
        ("online", "offline_ms"),
        ("warning", "message"),
        (
            "finished",
            "elapsed_ms exit_code failed polls reason reason_code units url verdict",
        ),
    ] {
        let mut fields: Vec<_> = fields
            .split(' ')
            .chain(["event", "target", "time"])
            .collect();
        fields.sort_unstable();
        let events = named(&all, name);
        assert!(!events.is_empty(), "no {name}\n{out}");
        for event in events {
            assert_eq!(keys(event), fields, "{event}");
        }
    }
    for event in &all {
        assert_eq!(event["target"], "yunxiao:123/1111");
        let time = event["time"].as_str().unwrap();
        assert!(
            time.len() == "2018-02-16T00:31:37.123Z".len() && time.ends_with('Z'),
            "{time}"
        );
        humantime::parse_rfc3339(time).unwrap();
    }
    let order: Vec<_> = all
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(order[..2], ["started", "phase"]);
    assert_eq!(order.last(), Some(&"finished"));
}

#[test]
fn the_events_say_what_happened() {
    let server = eventful();
    let out = yunxiao(&server).args(["-o", "json"]).run();
    let all = out.code(0).events();
    let started = &all[0];
    assert_eq!(
        (&started["schema"], &started["provider"]),
        (&1.into(), &"yunxiao".into())
    );
    assert_eq!(started["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&started["endpoint"], &started["interval_ms"]),
        (&server.url().into(), &20.into())
    );

    let phases = named(&all, "phase");
    let fields = [
        "from", "phase", "done", "total", "percent", "batch", "batches",
    ];
    let of = |event: &Value| fields.map(|field| event[field].clone());
    let null = Value::Null;
    assert_eq!(
        of(phases[0]),
        [
            null.clone(),
            "running".into(),
            0.into(),
            2.into(),
            null.clone(),
            1.into(),
            2.into()
        ]
    );
    assert_eq!(
        of(phases[1])[..5],
        [
            "running".into(),
            "succeeded".into(),
            2.into(),
            2.into(),
            null.clone()
        ]
    );
    let progress: Vec<_> = named(&all, "progress")
        .into_iter()
        .map(|event| [&event["done"], &event["total"], &event["batch"]])
        .collect();
    assert_eq!(progress, [[1, 2, 1], [2, 2, 2]]);

    let units: Vec<_> = named(&all, "unit")
        .into_iter()
        .map(|unit| {
            [
                &unit["id"],
                &unit["name"],
                &unit["kind"],
                &unit["batch"],
                &unit["from"],
                &unit["state"],
            ]
        })
        .collect();
    let unit = |n: u32, from: Option<&str>, state: &str| -> [Value; 6] {
        let (id, name) = (format!("sn-{n}"), format!("192.0.2.{n}"));
        [
            id.into(),
            name.into(),
            "machine".into(),
            n.into(),
            from.into(),
            state.into(),
        ]
    };
    let expected = [
        unit(1, None, "running"),
        unit(2, None, "pending"),
        unit(1, Some("running"), "succeeded"),
        unit(2, Some("pending"), "unknown"),
        unit(2, Some("unknown"), "failed"),
    ];
    assert_eq!(units, expected.each_ref().map(|unit| unit.each_ref()));
    let elapsed = |n: usize| named(&all, "unit")[n]["elapsed_ms"].as_u64();
    assert!(elapsed(2).is_some_and(|elapsed| elapsed < 5_000), "{out}");
    assert_eq!(elapsed(1), None, "it never ran");

    let last = out.finished();
    let failed = &last["failed"][0];
    let fields = ["batch", "detail", "elapsed_ms", "id", "log", "name"];
    assert_eq!(keys(failed), fields);
    assert_eq!(
        (&failed["batch"], &failed["elapsed_ms"]),
        (&2.into(), &null)
    );
    assert_eq!((&last["polls"], &last["url"]), (&5.into(), &null));
    let states = "cancelled failed pending queued running skipped succeeded total unknown";
    assert_eq!(keys(&last["units"]).join(" "), states);
}

/// The lines before the report.
fn changes(out: &Output) -> Vec<&str> {
    let lines = out.stdout.lines();
    lines.take_while(|line| line.starts_with("20")).collect()
}

#[test]
fn each_line_of_plain_starts_with_the_time() {
    let server = eventful();
    let out = yunxiao(&server).args(["-o", "plain"]).run();
    let changes = changes(out.code(0));
    for line in &changes {
        let (time, text) = line.split_once(' ').unwrap();
        assert_eq!(
            (time.len(), text.trim()),
            ("2018-02-16T00:31:37Z".len(), text),
            "{line}"
        );
        humantime::parse_rfc3339(time).unwrap();
    }
    for said in [
        "watching http://127.0.0.1:",
        "yunxiao:123/1111 running",
        "192.0.2.1 running",
        "192.0.2.1 succeeded",
        "FAILED 192.0.2.2",
        "503",
        "polling recovered",
        "yunxiao:123/1111 succeeded",
    ] {
        assert_eq!(
            changes.iter().filter(|line| line.contains(said)).count(),
            1,
            "{said}\n{out}"
        );
    }
    let report = &out.stdout.lines().collect::<Vec<_>>()[changes.len()..];
    assert!(
        report[0].starts_with("✓ yunxiao:123/1111 succeeded (watched for "),
        "{out}"
    );
    assert!(
        report[1..].iter().all(|line| line.starts_with("  ")),
        "{out}"
    );
    out.stderr_has("Exploded").stdout_lacks("Exploded");
}

#[test]
fn up_to_twenty_changes_of_a_poll_have_a_line_each_and_more_are_counted() {
    for count in [20, 21, 300] {
        let state = |order: &str, word| Order::new(order).machines("host", count, word).reply();
        let server = Server::script(vec![
            state("Running", "Pending"),
            state("Success", "Success"),
        ]);
        let out = yunxiao(&server).run();
        let changes = changes(out.code(0));
        let with = |text: &str| changes.iter().filter(|line| line.contains(text)).count();
        if count == 20 {
            assert_eq!(
                (with("host-0020 pending"), with("host-0020 succeeded")),
                (1, 1),
                "{out}"
            );
            continue;
        }
        assert_eq!(with("host-"), 0, "{out}");
        assert_eq!(
            (
                with(&format!("{count} pending")),
                with(&format!("{count} succeeded"))
            ),
            (1, 1)
        );
        assert!(changes.len() < 8, "{out}");
    }
}

#[test]
fn the_failures_of_a_poll_are_named_up_to_a_hundred() {
    let before = Order::new("Running")
        .machines("bad", 150, "Running")
        .machines("good", 150, "Running");
    let after = |word| {
        Order::new(word)
            .machines("bad", 150, "Failed")
            .machines("good", 150, "Success")
    };
    let server = Server::script(vec![
        before.reply(),
        after("Running").reply(),
        after("Failed").reply(),
    ]);
    let out = yunxiao(&server).args(["--events", "events"]).run();
    let changes = changes(out.code(1));
    assert_eq!(
        changes
            .iter()
            .filter(|line| line.contains("FAILED bad-"))
            .count(),
        100,
        "{out}"
    );
    assert!(changes.iter().any(|line| line.contains("50 more")), "{out}");
    assert!(
        changes.iter().any(|line| line.contains("150 succeeded")),
        "{out}"
    );
    assert!(!changes.iter().any(|line| line.contains("good-")), "{out}");
    let report: Vec<_> = out.stdout.lines().skip(changes.len()).collect();
    assert_eq!(
        report
            .iter()
            .filter(|line| line.contains("✗ failed bad-"))
            .count(),
        100,
        "{out}"
    );
    assert!(
        report.iter().any(|line| line.contains("50 more failed")),
        "{out}"
    );
    assert_eq!(
        finished(&out.file("events"))["failed"]
            .as_array()
            .unwrap()
            .len(),
        150
    );
}

#[test]
fn the_report_names_twenty_that_run_and_counts_those_that_never_began() {
    let order = Order::new("Running").machines("open", 50, "Running");
    let order = order.machines("later", 30, "Pending");
    let server = Server::script(vec![order.reply()]);
    let out = yunxiao(&server).args(["--once"]).run();
    assert_eq!(
        out.code(7).stdout.matches("▸ running open-").count(),
        20,
        "{out}"
    );
    out.stdout_has("… and 30 more running");
    out.stdout_has("30 not started: later-0001 … later-0030");
}

#[test]
fn a_word_of_the_resume_command_is_quoted_where_a_shell_needs_it() {
    let server = Server::script(vec![order("Running")]);
    let args = ["--once", "--stall-timeout", "1h 30m", "--events", "it's"];
    let out = yunxiao(&server).args(args).run();
    out.code(7)
        .stdout_has(r"--stall-timeout '1h 30m' --events 'it'\''s'");
}

/// A thousand polls, each of them with something to say. One write is not enough to find a pipe
/// closed: for a moment, a process that another test has just forked may hold its reading end.
fn restless() -> Vec<Reply> {
    let states = ["Running", "Pending"].into_iter().cycle().take(1000);
    states
        .map(|state| order_with("Running", &[("a", state)]))
        .collect()
}

#[test]
fn when_nobody_reads_stdout_any_more_it_ends_without_a_word() {
    for output in ["plain", "json"] {
        let quiet = order_with("Running", &[("a", "Pending")]);
        let (server, change) = Server::two_acts(vec![quiet], restless());
        let mut running = yunxiao(&server).args(["-o", output]).spawn();
        running.wait_for_stdout("pending");
        running.close_stdout();
        change();
        let out = running.wait();
        out.stderr_is_empty();
        assert!(
            out.code != 0 && out.code != 101,
            "nobody said success\n{out}"
        );
    }
}

/// A pipe that nobody reads.
fn broken() -> io::PipeWriter {
    io::pipe().unwrap().1
}

#[test]
fn a_pipe_that_was_never_read_makes_no_noise() {
    for output in ["plain", "json"] {
        let server = Server::script(restless());
        server.may_be_idle();
        let program = yunxiao(&server).args(["-o", output]);
        let out = program.stdout(broken()).run();
        out.stderr_is_empty();
        assert!(out.code != 0 && out.code != 101, "{out}");
    }
    for args in [&["--help"][..], &["--version"], &["completions", "bash"]] {
        let out = deploywatch(args).stdout(broken()).run();
        out.stderr_is_empty();
        assert_ne!(out.code, 101, "{out}");
    }
}

/// The limit of a watch whose reader stands still for longer than that.
const LIMIT: Duration = Duration::from_millis(600);

/// Two polls, and the end that they wait for.
fn short() -> Server {
    let slow = Reply::delayed(order("Running"), LIMIT / 3);
    Server::script(vec![order("Running"), slow, order("Success")])
}

/// Waits until the end was told and the limit would be over.
fn outlast(server: &Server) {
    server.wait_for_requests(3);
    thread::sleep(LIMIT);
}

#[test]
fn a_reader_who_stands_still_does_not_hold_up_the_watch() {
    for (output, ends) in [
        ("plain", "✓ yunxiao:123/1111 succeeded"),
        ("json", r#""finished""#),
    ] {
        let server = short();
        let (mut reader, mut writer) = io::pipe().unwrap();
        // As much as it holds.
        writer.write_all(&[b'\n'; 64 << 10]).unwrap();
        let args = ["-o", output, "-v", "--timeout", "600ms"];
        let running = yunxiao(&server)
            .args(args)
            .stderr(writer.try_clone().unwrap())
            .stdout(writer)
            .spawn();
        outlast(&server);
        let said = thread::spawn(move || {
            let mut said = String::new();
            reader.read_to_string(&mut said).map(|_| said)
        });
        running.wait().code(0);
        let said = said.join().unwrap().unwrap();
        assert_eq!(said.matches(ends).count(), 1, "{}", said.trim());
        assert_eq!(said.matches("GET http").count(), 3, "{}", said.trim());
    }
}

#[test]
fn a_terminal_that_is_held_does_not_hold_up_the_watch() {
    let server = short();
    let program = yunxiao(&server).args(["-v", "--timeout", "600ms"]);
    let mut screen = Screen::spawn(program, 24, 80);
    server.wait_for_requests(2);
    // Ctrl-S, and Ctrl-Q later.
    screen.send([0x13]);
    outlast(&server);
    screen.send([0x11]);
    assert_eq!(screen.wait_exit(), 0);
    screen.wait_for("yunxiao:123/1111 succeeded");
    let said = screen.history();
    let requests = said.iter().filter(|row| row.contains("GET http"));
    assert_eq!(requests.count(), 3, "{said:#?}");
}

/// 1,600 machines: some 300 KB of events, and as much of a recording. A pipe holds 64 KiB.
fn many_machines() -> Reply {
    let order = Order::new("Running").machines("host", 1600, "Pending");
    order.reply()
}

#[test]
fn who_reads_nothing_of_stdout_does_not_outlast_the_timeout() {
    let server = Server::script(vec![many_machines()]);
    let (reader, writer) = io::pipe().unwrap();
    let program = yunxiao(&server).args(["-o", "json", "--timeout", "2s"]);
    let out = program.stdout(writer).run();
    out.code(124)
        .stderr_has("the reader of stdout is too slow; lines lost: ");
    assert_eq!(out.stderr.lines().count(), 1, "{out}");
    assert!(out.elapsed < Duration::from_secs(4), "{out}");
    drop(reader);
}

#[test]
fn who_reads_nothing_of_a_file_does_not_outlast_the_timeout() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    for option in ["--events", "--capture"] {
        let server = Server::script(vec![many_machines()]);
        let reader = File::options().read(true).write(true).open(&pipe).unwrap();
        let program = yunxiao(&server).args(["--timeout", "2s", option]);
        let out = program.args([&pipe]).run();
        out.code(124).stdout_has("yunxiao:123/1111 timed out");
        let said = format!("the reader of {} is too slow; lines lost: ", pipe.display());
        out.stderr_has(&said);
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
        assert!(out.elapsed < Duration::from_secs(4), "{out}");
        drop(reader);
    }
}

#[test]
fn who_reads_nothing_is_given_up_after_a_while_where_there_is_no_timeout() {
    let server = Server::script(vec![many_machines(), order("Success")]);
    let (reader, writer) = io::pipe().unwrap();
    let program = yunxiao(&server).args(["-o", "json"]);
    let out = program.stdout(writer).run();
    out.code(0)
        .stderr_has("the reader of stdout is too slow; lines lost: ");
    drop(reader);
}

#[test]
fn who_reads_slowly_loses_nothing() {
    let server = Server::script(vec![many_machines(), order("Success")]);
    let (mut reader, writer) = io::pipe().unwrap();
    let program = yunxiao(&server).args(["-o", "json"]).stdout(writer);
    let running = program.spawn();
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        let mut piece = [0; 6 << 10];
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => return String::from_utf8(said).unwrap(),
                count => said.extend_from_slice(&piece[..count]),
            }
            // 60 KiB a second.
            thread::sleep(Duration::from_millis(100));
        }
    });
    let out = running.wait();
    out.code(0).stderr_is_empty();
    assert!(out.elapsed > Duration::from_secs(2), "{out}");
    let said = said.join().unwrap();
    assert_eq!(finished(&said)["verdict"], "succeeded");
    assert_eq!(named(&events(&said), "unit").len(), 1600);
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn a_full_disk_does_not_change_the_verdict() {
    for output in ["plain", "json"] {
        for (word, code) in [("Success", 0), ("Failed", 1), ("Cancelled", 3)] {
            let server = Server::script(vec![order("Running"), order(word)]);
            let program = yunxiao(&server).args(["-o", output, "--events", "events"]);
            let out = program.stdout(full()).run();
            out.code(code).stderr_has("warning: ");
            assert_eq!(out.stderr.lines().count(), 1, "{out}");
            assert_eq!(finished(&out.file("events"))["exit_code"], code);
        }
    }
    for output in ["plain", "json", "quiet"] {
        let server = Server::script(vec![order("Running"), order("Success")]);
        let program = yunxiao(&server).args(["-o", output, "--events", "/dev/full"]);
        let out = program.run();
        out.code(0);
        let said = if output == "json" {
            &out.stdout
        } else {
            &out.stderr
        };
        assert_eq!(said.matches("/dev/full").count(), 1, "{out}");
    }
}

#[test]
fn events_are_written_beside_the_bars_too() {
    let server = eventful();
    let program = yunxiao(&server).args(["--events", "events"]);
    let mut screen = Screen::spawn(program, 24, 80);
    assert_eq!(screen.wait_exit(), 0);
    let file = screen.file("events");
    assert_eq!(finished(&file)["verdict"], "succeeded");
    assert_eq!(named(&events(&file), "unit").len(), 5);
}

#[test]
fn colour_follows_the_option_then_the_environment_then_the_terminal() {
    let (no, force) = ("NO_COLOR", "CLICOLOR_FORCE");
    for (args, environment, terminal, pipe) in [
        (&[][..], &[][..], true, false),
        (&[], &[(no, "1")], false, false),
        (&[], &[(no, "")], true, false),
        (&[], &[(force, "1")], true, true),
        (&[], &[(force, "0")], true, false),
        (&[], &[(no, "1"), (force, "1")], false, false),
        (&[], &[(no, ""), (force, "1")], true, true),
        (&["--color", "auto"], &[(no, "1")], false, false),
        (&["--color", "always"], &[(no, "1")], true, true),
        (&["--color", "never"], &[(force, "1")], false, false),
    ] {
        for output in ["plain", "bars"] {
            let replies = vec![order("Rebooting"), order("Success")];
            let servers = [(); 2].map(|()| Server::script(replies.clone()));
            let program = |server| {
                let program = yunxiao(server).args(["-o", output]);
                program.args(args).envs(environment)
            };
            let mut screen = Screen::spawn(program(&servers[0]), 24, 80);
            assert_eq!(screen.wait_exit(), 0);
            let raw = String::from_utf8(screen.raw()).unwrap();
            assert_eq!(
                has_colour(&raw),
                terminal,
                "{args:?} {environment:?} {raw:?}"
            );
            let out = program(&servers[1]).run();
            out.code(0);
            for text in [&out.stdout, &out.stderr] {
                assert_eq!(has_colour(text), pipe, "{args:?} {environment:?}\n{out}");
            }
        }
    }
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server)
        .args(["-o", "json", "--color", "always"])
        .run();
    out.code(0).stdout_lacks("\u{1b}");
}

/// Whether a colour or an attribute is set anywhere.
fn has_colour(text: &str) -> bool {
    let sequences = text.split("\u{1b}[").skip(1);
    sequences.into_iter().any(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        end.is_some_and(|end| rest[end..].starts_with('m'))
    })
}

#[test]
fn verbose_writes_a_line_per_request_and_keeps_the_secret() {
    for output in ["plain", "json", "quiet"] {
        let server = Server::script(vec![
            order("Running"),
            Reply::status(502, "<h1>Bad Gateway</h1>"),
            Reply::reset(),
            order("Success"),
        ]);
        let out = yunxiao(&server).args(["-o", output, "-v"]).run();
        out.code(0);
        let url = format!(
            "{}/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111",
            server.url()
        );
        let start = format!("GET {url} ");
        let lines: Vec<_> = out
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix(&start))
            .collect();
        assert_eq!(lines.len(), 4, "{out}");
        assert!(
            lines[0].starts_with("200 ") && lines[0].contains("bytes"),
            "{out}"
        );
        assert!(
            lines[1].starts_with("502 ") && lines[1].contains("20 bytes"),
            "{out}"
        );
        assert!(
            lines.iter().all(|line| line.ends_with('s')),
            "each has its time\n{out}"
        );
        out.stdout_lacks(&start);
    }
}

#[test]
fn insecure_is_warned_of_once() {
    for output in ["plain", "json", "quiet"] {
        let server = Server::script(vec![order("Running"), order("Running"), order("Success")]);
        let out = yunxiao(&server).args(["-o", output, "--insecure"]).run();
        out.code(0);
        let (said, other) = match output {
            "json" => (&out.stdout, &out.stderr),
            _ => (&out.stderr, &out.stdout),
        };
        assert_eq!(said.matches("--insecure").count(), 1, "{out}");
        assert!(!other.contains("--insecure"), "{out}");
        let server = Server::script(vec![
            Order::new("Success").with("deployOrderId", ()).reply(),
        ]);
        let program = yunxiao(&server).args(["--order", "1112", "-o", output, "--insecure"]);
        let out = program.run();
        let said = format!("{}{}", out.stdout, out.stderr);
        assert_eq!(said.matches("--insecure").count(), 1, "{out}");
    }
}

#[test]
fn bars_that_cannot_be_drawn_are_plain_lines() {
    let server = Server::script(vec![order("Running"), order("Success")]);
    let out = yunxiao(&server).args(["-o", "bars"]).run();
    out.code(0)
        .stderr_has("warning: ")
        .stdout_has("yunxiao:123/1111 running");
    let server = Server::script(vec![order("Success")]);
    yunxiao(&server).run().code(0).stderr_is_empty();
}
