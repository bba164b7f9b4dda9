//! Section 3 of the cases from the field: a watch ends. Nothing blocks the loop that keeps the deadlines:
//! `--timeout` ends within a second of its time, a signal at once.
//!
//! Elsewhere: readers of stdout and of files who stand still, and terminals that are held (`output`); second
//! signals (`signals`); Ctrl-Z below a shell (`machine`); plans that ended and contradict themselves
//! (`servicestage`); the first 30 s in every order of events (unit tests of `watch`).

use std::fs;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::json;
use tempfile::TempDir;

use crate::field_text::{command, exchange, recording};
use crate::support::{
    BlackHole, Order, Program, Reply, SECRET, Screen, Server, Signal, Unheard, deploywatch, named,
    order, watches, yunxiao, yunxiao_at,
};

/// The program's path, for a shell.
const PROGRAM: &str = env!("CARGO_BIN_EXE_deploywatch");
/// The limit of the watches that something hangs in.
const LIMIT: Duration = Duration::from_millis(600);
/// How long after its limit, or after a signal, a watch may end: a second, and what a busy machine takes to
/// start a program and to let it go.
const GRACE: Duration = Duration::from_millis(1600);

/// A pipe with a name that nobody reads or writes.
fn fifo() -> (TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    let name = path.display().to_string();
    (dir, name)
}

#[test]
fn a_pipe_that_nobody_reads_or_writes_is_a_usage_error() {
    let (_dir, fifo) = fifo();
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    let mrs = || watches(&server.url()).remove(3).1;
    let written = ["--events", "--junit", "--summary", "--capture"];
    for option in written {
        let out = yunxiao(&server).args([option, &fifo]).run();
        out.code(2)
            .stdout_is_empty()
            .stderr_has("nobody reads this pipe")
            .stderr_has(option);
    }
    let limit = ["--timeout", "300ms"];
    for program in [
        yunxiao(&server).args(["--token-file", &fifo]),
        yunxiao(&server).args(["--cacert", &fifo]),
        yunxiao_at("https://127.0.0.1:9").env("SSL_CERT_FILE", &fifo),
        yunxiao(&server).env("DEPLOYWATCH_CONFIG", &fifo),
        mrs().args(["--password-file", &fifo]),
        deploywatch(["codearts", "--endpoint", "http://127.0.0.1:9"])
            .args(["--task", "0123456789abcdef0123456789abcdef"])
            .env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", &fifo),
        deploywatch(["all", &fifo]),
        deploywatch(["replay", &fifo]),
    ] {
        let out = program.args(limit).run();
        out.code(2).stdout_is_empty();
        assert_eq!(out.stderr.trim_end().lines().count(), 1, "{out}");
        assert!(out.elapsed < Duration::from_millis(300) + GRACE, "{out}");
    }
    // Nobody asked for this one.
    let out = yunxiao(&server)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &fifo)
        .run();
    out.code(0).stderr_has("nobody reads this pipe");
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe_that_nobody_writes() {
    let (_dir, fifo) = fifo();
    for program in [
        yunxiao_at("http://127.0.0.1:9").args(["--token-file", &fifo]),
        deploywatch(["all", &fifo]),
    ] {
        let mut watch = program.spawn();
        assert!(watch.goes_on(Duration::from_millis(100)));
        let sent = Instant::now();
        watch.signal(Signal::TERM);
        watch.wait().code(143);
        assert!(sent.elapsed() < GRACE);
    }
}

#[test]
fn a_pipe_whose_other_end_is_open_works() {
    let server = Server::script(vec![order("Running"), order("Success")]);
    let watch = "exec $PROGRAM yunxiao --pipeline 123 --order 1111 --organization org-1 -i 20ms \
                 --endpoint $URL --token-file <(printf %s \"$TOKEN\") --events >(cat > events.copy) \
                 --junit >(cat > junit.copy)";
    let out = Program::shell(&format!("exec bash -c '{watch}'"))
        .envs(&[
            ("PROGRAM", PROGRAM),
            ("URL", &server.url()),
            ("TOKEN", SECRET),
        ])
        .run();
    if out.code == 127 {
        server.may_be_idle();
        return;
    }
    out.code(0);
    // The copies are written by processes that outlive the watch.
    let deadline = Instant::now() + Duration::from_secs(5);
    while !(out.file("events.copy").contains("\"finished\"")
        && out.file("junit.copy").contains("</testsuites>"))
    {
        assert!(Instant::now() < deadline, "{out}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_replay_opens_no_file_that_its_recording_names() {
    let (_dir, fifo) = fifo();
    for option in [
        "--token-file",
        "--cacert",
        "--events",
        "--junit",
        "--capture",
    ] {
        let command = command(&[&format!("{option}={fifo}")]);
        let body = json!({"status": 200, "body": Order::new("Success").json()});
        let recording = recording(json!({"deployments": [command]}), [exchange(0, body)]);
        let out = deploywatch(["replay", "recording", "--speed", "1000"])
            .file("recording", &recording)
            .run();
        assert!(out.elapsed < GRACE, "{out}");
        out.code(2).stderr_has(option);
    }
}

/// A body of this many MiB of one letter, packed.
fn bomb(letter: u8, mebibytes: usize) -> Reply {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..mebibytes {
        gzip.write_all(&vec![letter; 1 << 20]).unwrap();
    }
    Reply::json(gzip.finish().unwrap()).header("content-encoding", "gzip")
}

#[test]
fn a_body_of_the_first_letter_of_the_token_ends_in_time() {
    let server = Server::script(vec![bomb(SECRET.as_bytes()[0], 200)]);
    let program = yunxiao(&server).args(["--timeout", "600ms", "--capture", "capture", "-v"]);
    let out = program.run();
    out.code(124);
    assert!(out.elapsed < LIMIT + GRACE, "{out}");
}

/// A watch in which something hangs.
fn hanging() -> Vec<(&'static str, Vec<Server>, Vec<BlackHole>, Program)> {
    let hole = || BlackHole::at(Ipv4Addr::LOCALHOST.into(), 0).unwrap();
    let silent = || Server::script(vec![Reply::hang()]);
    let through = |scheme: &str, endpoint: &str| {
        let server = silent();
        let proxy = server.url().replace("http://", &format!("{scheme}://"));
        server.may_be_idle();
        let program = yunxiao_at(endpoint)
            .env("ALL_PROXY", proxy)
            .args(["--allow-http"]);
        (server, program)
    };
    let mut all = Vec::new();
    for (what, url) in [("connecting", "http"), ("connecting for TLS", "https")] {
        let hole = hole();
        let program = yunxiao_at(&format!("{url}://{}", hole.addr()));
        all.push((what, vec![], vec![hole], program));
    }
    let slow = |body: &str| Reply::drip(body.repeat(100), Duration::from_millis(50));
    for (what, reply) in [
        ("the response", Reply::hang()),
        ("a body that drips", slow("{}")),
        ("a body that never ends", Reply::endless()),
        (
            "a chunk",
            Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{").kept_open(),
        ),
    ] {
        let server = Server::script(vec![reply]);
        let program = yunxiao(&server);
        all.push((what, vec![server], vec![], program));
    }
    let server = silent();
    server.may_be_idle();
    let program = yunxiao_at(&server.url().replace("http", "https"));
    all.push(("the handshake of TLS", vec![server], vec![], program));
    for (what, scheme, endpoint) in [
        ("a proxy", "http", "http://192.0.2.1"),
        ("a tunnel of a proxy", "http", "https://192.0.2.1"),
        ("a proxy's handshake", "https", "http://192.0.2.1"),
        ("SOCKS", "socks5", "http://192.0.2.1"),
    ] {
        let (server, program) = through(scheme, endpoint);
        all.push((what, vec![server], vec![], program));
    }
    if let Some(program) = with_silent_name_server() {
        all.push(("looking up a name", vec![], vec![], program));
    }
    let server = silent();
    let sign_in = watches(&server.url()).remove(3).1.args(["--command", "43"]);
    all.push((
        "the sign-in of one of two commands",
        vec![server],
        vec![],
        sign_in,
    ));
    all
}

#[test]
#[allow(clippy::print_stdout, reason = "a figure to look at")]
fn whatever_hangs_a_timeout_ends_the_watch_within_a_second() {
    let mut slowest = (Duration::ZERO, "");
    thread::scope(|scope| {
        let watches = hanging()
            .into_iter()
            .map(|(what, servers, holes, program)| {
                scope.spawn(move || {
                    let out = program.args(["--timeout", "600ms"]).run();
                    out.code(124);
                    assert!(out.elapsed < LIMIT + GRACE, "{what}\n{out}");
                    drop((servers, holes));
                    (out.elapsed, what)
                })
            });
        for watch in watches.collect::<Vec<_>>() {
            slowest = slowest.max(watch.join().unwrap());
        }
    });
    tell(&format!("slowest: {} after {:?}", slowest.1, slowest.0));
}

#[test]
fn whatever_hangs_a_signal_ends_the_watch_within_a_second() {
    thread::scope(|scope| {
        for (what, servers, holes, program) in hanging() {
            scope.spawn(move || {
                let mut watch = program.spawn();
                watch.wait_for_stdout("watching");
                assert!(watch.goes_on(Duration::from_millis(100)), "{what}");
                let sent = Instant::now();
                watch.signal(Signal::TERM);
                watch.wait().code(143);
                assert!(sent.elapsed() < GRACE, "{what} {:?}", sent.elapsed());
                drop((servers, holes));
            });
        }
    });
}

#[test]
fn logs_that_hang_after_the_verdict_do_not_outlast_the_timeout() {
    for reply in [Reply::hang(), Reply::endless()] {
        let failed = Order::new("Failed").machines("host", 10, "Failed");
        let server = Server::start(move |request, _| {
            if request.target.ends_with("/log") {
                reply.clone()
            } else {
                failed.reply()
            }
        });
        let out = yunxiao(&server).args(["--timeout", "600ms"]).run();
        // The verdict had come before.
        out.code(1);
        assert!(out.elapsed < LIMIT + GRACE, "{out}");

        let watch = yunxiao(&server).spawn();
        server.wait_for_requests(4);
        let sent = Instant::now();
        watch.signal(Signal::INT);
        let out = watch.wait();
        assert!(out.code == 1 || out.code == 130, "{out}");
        assert!(sent.elapsed() < GRACE, "{out}");
    }
}

#[test]
fn what_only_flaps_is_a_standstill() {
    let mut poll = 0;
    let server = Server::start(move |_, _| {
        poll += 1;
        let machine = json!({"machineSn": "sn-1", "ip": "192.0.2.1", "status": "Running",
            "clientStatus": format!("state {poll}"), "batchNum": 1});
        Order::new("Running")
            .with("exceptionCode", format!("E{poll}"))
            .with("updateTime", 1_729_178_040_000_u64 + poll)
            .machine_json(machine)
            .reply()
    });
    let out = yunxiao(&server).args(["--stall-timeout", "600ms"]).run();
    out.code(124).stdout_has("--stall-timeout");
}

#[test]
fn ctrl_z_is_ignored_where_nobody_could_continue_it() {
    // The terminal's own process has no shell; nor has process 1 of a container, nor a process whose parent
    // belongs to a session outside of the container.
    let alone = |server: &Server| yunxiao(server);
    let first = |server: &Server| {
        let script = format!(
            "exec unshare -pf {PROGRAM} yunxiao --pipeline 123 --order 1111 --organization org-1 -i 20ms \
             --endpoint {}",
            server.url()
        );
        Program::shell(&script).env("YUNXIAO_ACCESS_TOKEN", SECRET)
    };
    let outside = |server: &Server| {
        let script = format!(
            "exec unshare -pf sh -c 'setsid -cw {PROGRAM} yunxiao --pipeline 123 --order 1111 \
             --organization org-1 -i 20ms --endpoint {}; exit $?'",
            server.url()
        );
        Program::shell(&script).env("YUNXIAO_ACCESS_TOKEN", SECRET)
    };
    let may_unshare = Program::shell("unshare -pf true").run().code == 0;
    if !may_unshare {
        skipped("process 1 of a namespace, and a session from outside of it");
    }
    let programs: [&dyn Fn(&Server) -> Program; 3] = [&alone, &first, &outside];
    let tried = if may_unshare { 3 } else { 1 };
    for program in &programs[..tried] {
        let running = || Order::new("Running").machine("sn-1", "192.0.2.1", "Running", 1);
        let more = running().machine("sn-2", "192.0.2.2", "Running", 1);
        let (server, on) = Server::two_acts(vec![running().reply()], vec![more.reply()]);
        let mut screen = Screen::spawn(program(&server), 24, 80);
        screen.wait_for("192.0.2.1 ");
        screen.send([26]);
        let seen = server.requests().len();
        server.wait_for_requests(seen + 3);
        on();
        screen.wait_for("192.0.2.2 ");
        screen.send([3]);
        assert_eq!(screen.wait_exit(), 130);
    }
}

#[test]
fn without_one_good_answer_a_wrong_endpoint_costs_thirty_seconds() {
    let failure = json!({"error": {"cause": "could not connect", "received": false}});
    let no_json =
        json!({"status": 200, "headers": [["content-type", "text/html"]], "body": "<html>"});
    let busy = json!({"status": 503, "body": ""});
    for (answer, options, seconds) in [
        (&failure, &[][..], 30.0..31.0),
        (&no_json, &[], 30.0..31.0),
        (&failure, &["--max-offline=2m"], 120.0..121.0),
        (&failure, &["--max-offline=5s"], 5.0..6.0),
        (&busy, &[], 290.0..301.0),
    ] {
        let polls = (0..100).map(|second| exchange(second, answer.clone()));
        let header = json!({"deployments": [command(options)]});
        let recording = recording(header, polls.chain([json!({"ended_ms": 400_000})]));
        let out = deploywatch(["replay", "recording", "--speed", "1000000", "-o", "json"])
            .file("recording", &recording)
            .run();
        out.code(6);
        let last = out.finished();
        let elapsed = last["elapsed_ms"].as_f64().unwrap() / 1000.0;
        assert!(
            seconds.contains(&elapsed),
            "{elapsed} s, {answer} {options:?}"
        );
        let reason = last["reason"].as_str().unwrap();
        assert_eq!(
            reason.contains("--endpoint"),
            options.is_empty() && answer != &busy,
            "{reason}"
        );
    }
}

/// Says what is not tried because this user may not set it up, also where the test passes.
fn skipped(what: &str) -> Option<Program> {
    let test = thread::current();
    let test = test.name().unwrap_or_default();
    // What is printed is shown of a failure only.
    let _ = writeln!(io::stderr(), "{test}: not tried without root: {what}");
    None
}

/// The program as another user who may have this many processes, where this user may do so.
fn with_processes(count: u32, words: &str) -> Option<Program> {
    let limited = format!("exec setpriv --reuid 65534 --clear-groups prlimit --nproc={count}");
    if Program::shell(&format!("{limited} true")).run().code != 0 {
        return skipped("a limit of threads");
    }
    let watch = Program::shell(&format!("{limited} {PROGRAM} {words}"));
    Some(watch.env("YUNXIAO_ACCESS_TOKEN", SECRET))
}

#[test]
fn without_a_thread_for_the_resolver_polls_fail_and_say_so() {
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    let words = "yunxiao --pipeline 123 --order 1111 --organization org-1 --once --endpoint ";
    let words = words.to_owned() + &server.url().replace("127.0.0.1", "localhost");
    let mut said = Vec::new();
    for count in 2..14 {
        let Some(program) = with_processes(count, &words) else {
            return;
        };
        let out = program.run();
        assert!(matches!(out.code, 0 | 2 | 6), "{count}\n{out}");
        out.stderr_lacks("panicked").stdout_lacks("panicked");
        said.push(out.code);
    }
    assert!(said.contains(&2) && said.contains(&0), "{said:?}");
    assert!(said.contains(&6), "{said:?}");
}

#[test]
fn more_deployments_than_threads_or_files_are_a_usage_error() {
    let list = list(300, "http://127.0.0.1:9");
    let watch = format!("exec {PROGRAM} all list --once");
    let files = Program::shell(&format!("ulimit -n 200; {watch}"))
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .file("list", &list);
    files
        .run()
        .code(2)
        .stdout_is_empty()
        .stderr_has("--partition");
    if let Some(threads) = with_processes(100, "all - --once") {
        let out = threads.stdin(&list).run();
        out.code(2).stdout_is_empty().stderr_has("--partition");
    }
}

/// A shell that runs the watch where this text stands in a file of the system; none where that may not be.
fn with_system_file(path: &str, text: &str, words: &str) -> Option<Program> {
    let in_place = |then: &str| {
        let script = format!("mount --bind file {path} && exec {then} \"$@\"");
        let program = Program::shell(&format!("exec unshare -m sh -c '{script}' sh \"$@\""));
        program.args(["sh"]).file_with_mode("file", text, 0o644)
    };
    if in_place("true").run().code != 0 {
        return skipped(path);
    }
    Some(in_place(&format!("{PROGRAM} {words}")).env("YUNXIAO_ACCESS_TOKEN", SECRET))
}

/// A watch that asks a name server which never answers; none where that may not be.
fn with_silent_name_server() -> Option<Program> {
    static SERVER: OnceLock<Option<UdpSocket>> = OnceLock::new();
    let server = SERVER.get_or_init(|| UdpSocket::bind("127.0.0.54:53").ok());
    if server.is_none() {
        return skipped("a silent name server");
    }
    let words =
        "yunxiao --pipeline 123 --order 1111 --organization org-1 --endpoint https://yunxiao.test";
    with_system_file("/etc/resolv.conf", "nameserver 127.0.0.54\n", words)
}

#[test]
fn of_a_name_with_two_addresses_the_second_is_tried_too() {
    let words = |port| {
        format!(
            "yunxiao --pipeline 123 --order 1111 --organization org-1 --allow-http --once \
             --request-timeout 5s --endpoint http://two.test:{port}"
        )
    };
    for (dead, alive) in [(1, 2), (2, 1)] {
        let [dead, alive] = [dead, alive].map(|last| Ipv4Addr::new(127, 0, 0, last));
        // A port that is free at one address may not be at the other.
        let (listener, hole) = std::iter::repeat_with(|| {
            let listener = TcpListener::bind((alive, 0)).unwrap();
            let hole = BlackHole::at(dead.into(), listener.local_addr().unwrap().port());
            (listener, hole)
        })
        .take(20)
        .find_map(|(listener, hole)| Some((listener, hole.ok()?)))
        .unwrap();
        let port = hole.addr().port();
        let server = Server::listen(listener, |_, _| order("Success"));
        let hosts = "127.0.0.1 two.test\n127.0.0.2 two.test\n";
        let Some(program) = with_system_file("/etc/hosts", hosts, &words(port)) else {
            server.may_be_idle();
            return;
        };
        program.run().code(0);
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "a figure to look at")]
fn the_cost_of_many_deployments_is_linear() {
    let nobody = Unheard::take();
    let watch = |count: usize| {
        let out = deploywatch(["all", "list", "--timeout", "100ms", "-o", "json"])
            .file("list", &list(count, &nobody.url()))
            .env("YUNXIAO_ACCESS_TOKEN", SECRET)
            .run();
        out.code(124);
        assert_eq!(named(&out.events(), "finished").len(), count + 1);
        out.elapsed
    };
    let (some, many) = (watch(300), watch(1200));
    tell(&format!("300 deployments: {some:?}, 1200: {many:?}"));
    // Four times as much, where it is linear; sixteen times, where it is not.
    assert!(
        many < some * 10 + Duration::from_secs(2),
        "{some:?} {many:?}"
    );
}

/// A list of so many orders.
fn list(count: usize, endpoint: &str) -> String {
    let table = |id| {
        format!(
            "[[deploy]]\nprovider = \"yunxiao\"\npipeline = 123\norganization = \"o\"\norder = {id}\n\
             endpoint = \"{endpoint}\"\n"
        )
    };
    (1..=count).map(table).collect()
}

/// A file that becomes a pipe while it is watched holds up no watch either.
#[test]
fn a_token_file_that_becomes_a_pipe_does_not_hold_up_the_timeout() {
    let server = Server::script(vec![order("Running"), Reply::status(401, "{}")]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    fs::write(&path, SECRET).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let program =
        yunxiao_at(&server.url()).args(["-i", "300ms", "--timeout", "1s", "--token-file"]);
    let mut watch = program.args([&path]).spawn();
    watch.wait_for_stdout("running");
    fs::remove_file(&path).unwrap();
    mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    let out = watch.wait();
    assert!(out.code == 124 || out.code == 5, "{out}");
    assert!(out.elapsed < Duration::from_secs(1) + GRACE, "{out}");
}

/// A figure for who runs the tests with `--nocapture`.
#[allow(clippy::print_stdout, reason = "that is what it is for")]
fn tell(figure: &str) {
    println!("{figure}");
}
