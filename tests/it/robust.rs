//! Every fault at every poll, with every end; answers that are good and strange; and the limits of
//! what an answer may cost.

use std::collections::VecDeque;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{
    Order, Output, Program, Reply, Screen, Server, Signal, events, named, order, order_with,
    watches, yunxiao, yunxiao_at,
};

/// So many watches run at a time: they wait more than they work.
const AT_A_TIME: usize = 4;

/// A fault: what comes in place of an answer.
type Fault = (String, Reply);

/// The bodies of a 200 that say nothing about the deployment.
fn rubbish() -> Vec<Fault> {
    let order = Order::new("Success").json();
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("garbage", b"\x00\x01\x02 not JSON \xfe\xff".to_vec()),
        ("half a JSON", order.as_bytes()[..order.len() / 2].to_vec()),
        ("two of them", format!("{order},{order}").into()),
        ("HTML", "<html>Success</html>".into()),
        ("null", "null".into()),
        ("a word", "\"Success\"".into()),
        ("true", "true".into()),
        ("a number", "200".into()),
        ("an array", format!("[{order}]").into()),
        (
            "an array of the right words",
            r#"["Success","Success","Success"]"#.into(),
        ),
        ("an empty array", "[]".into()),
        ("an empty object", "{}".into()),
        ("a null status", r#"{"status":null}"#.into()),
        ("an empty status", r#"{"status":" "}"#.into()),
        (
            "an array for the status",
            r#"{"status":["Success"]}"#.into(),
        ),
        (
            "an object for the status",
            r#"{"status":{"status":"Success"}}"#.into(),
        ),
        (
            "two statuses",
            r#"{"status":"Running","status":"Success"}"#.into(),
        ),
        ("deep arrays", deep("[", "]").into()),
        ("deep objects", deep(r#"{"deployOrder":"#, "}").into()),
        ("deep arrays, cut", "[".repeat(100_000).into()),
        ("no UTF-8", b"{\"status\":\"Succes\xff\"}".to_vec()),
        (
            "UTF-16",
            order.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("half a character", br#"{"status":"\ud83d"}"#.to_vec()),
        (
            "an error",
            r#"{"errorCode":"E","errorMessage":"no"}"#.into(),
        ),
        (
            "success: false",
            r#"{"success":false,"deployOrder":{"status":"Success"}}"#.into(),
        ),
    ];
    let bodies = bodies.into_iter();
    bodies
        .map(|(name, body)| (name.to_owned(), Reply::json(body)))
        .collect()
}

/// Faults of a connection.
fn breaks() -> Vec<Fault> {
    let order = || Order::new("Success").json();
    let replies = vec![
        ("reset before an answer", Reply::reset()),
        ("reset inside the headers", Reply::reset_in_headers()),
        ("reset inside the body", Reply::reset_in_body(order())),
        ("a cut body", Reply::cut(order())),
        (
            "a cut chunk",
            Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"),
        ),
        (
            "no chunk",
            Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
        ),
        (
            "a length that is none",
            Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"),
        ),
        (
            "a status that is none",
            Reply::raw("HTTP/1.1 999999 OK\r\n\r\n"),
        ),
        ("closed", Reply::raw("")),
        ("garbage for HTTP", Reply::raw(vec![0xff; 500])),
        (
            "headers without end",
            Reply::raw(format!("HTTP/1.1 200 OK\r\n{}", "a: b\r\n".repeat(100_000))),
        ),
        (
            "no gzip",
            Reply::json(order()).header("content-encoding", "gzip"),
        ),
        ("a cut gzip", {
            let packed = gzip(order().as_bytes());
            let half = packed[..packed.len() / 2].to_vec();
            Reply::json(half).header("content-encoding", "gzip")
        }),
        ("a gzip and a byte more", {
            let packed = [&gzip(order().as_bytes())[..], b"x"].concat();
            Reply::json(packed).header("content-encoding", "gzip")
        }),
        ("a gzip of a byte less", {
            let mut packed = gzip(order().as_bytes());
            packed.pop();
            Reply::json(packed).header("content-encoding", "gzip")
        }),
        ("hang before the headers", Reply::hang()),
        (
            "one byte a second",
            Reply::drip(order(), Duration::from_secs(1)),
        ),
        ("204", Reply::status(204, "")),
        ("HTML 200", Reply::html("<html>Success</html>")),
    ];
    let replies = replies.into_iter();
    replies
        .map(|(name, reply)| (name.to_owned(), reply))
        .collect()
}

/// Statuses that are asked again, with every kind of `Retry-After`. The body says success, which
/// means nothing there.
fn statuses() -> Vec<Fault> {
    let date = |time| httpdate::fmt_http_date(time);
    let (past, future) = (
        date(SystemTime::UNIX_EPOCH),
        date(SystemTime::now() + Duration::from_secs(86_400)),
    );
    let after = [
        None,
        Some("0"),
        Some("1"),
        Some("-5"),
        Some("1e9"),
        Some("99999999999999999999999999"),
        Some("3600"),
        Some(&past),
        Some(&future),
    ];
    let statuses = [408, 425, 429, 500, 502, 503, 504];
    // Each status and each value at least once, and not every pair.
    let pairs =
        (0..statuses.len() * 2).map(|n| (statuses[n % statuses.len()], after[n % after.len()]));
    let of = |(status, after): (u16, Option<&str>)| {
        let reply = Reply::status(status, Order::new("Success").json());
        match after {
            None => (format!("{status}"), reply),
            Some(after) => (
                format!("{status} after {after}"),
                reply.header("Retry-After", after),
            ),
        }
    };
    pairs.map(of).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn running() -> Reply {
    order_with("Running", &[("192.0.2.1", "Running")])
}

/// The place of the fault: the replies before it and after it, up to the end.
fn places(fault: &Reply, end: &Reply) -> [(&'static str, Vec<Reply>); 3] {
    let (fault, end) = (fault.clone(), end.clone());
    [
        ("first", vec![fault.clone(), running(), end.clone()]),
        (
            "middle",
            vec![running(), fault.clone(), running(), end.clone()],
        ),
        ("last", vec![running(), running(), fault, end]),
    ]
}

/// Does the work of each row, several at a time; a row that fails fails the test with its name.
fn all_at_once<T: Send>(rows: Vec<T>, work: impl Fn(T) + Sync) {
    let rows = Mutex::new(VecDeque::from(rows));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let row = rows.lock().unwrap().pop_front();
                    match row {
                        Some(row) => work(row),
                        None => break,
                    }
                }
            });
        }
    });
}

/// A watch that polls often. Only where the server hangs, or drips, does a request time out: elsewhere a busy
/// machine must not make one fail.
fn eager(server: &Server, fault: &str) -> Program {
    let hangs = fault.starts_with("hang") || fault.starts_with("one byte");
    let timeout = if hangs { "2s" } else { "10s" };
    yunxiao_at(&server.url())
        .args(["--interval", "10ms", "-o", "json"])
        .args(["--request-timeout", timeout])
}

fn count(out: &Output, event: &str) -> usize {
    named(&out.events(), event).len()
}

#[test]
fn between_faults_the_verdict_is_the_providers() {
    let ends = [("Success", 0), ("Failed", 1), ("Cancelled", 3)];
    let mut rows = Vec::new();
    for (name, fault) in [rubbish(), breaks(), statuses()].concat() {
        for (n, (word, code)) in ends.into_iter().enumerate() {
            for (place, (when, replies)) in places(&fault, &order(word)).into_iter().enumerate() {
                // Success and failure at each place, a cancellation at one.
                if n < 2 || place == 1 {
                    rows.push((format!("{name}, {when}, {word}"), replies, code));
                }
            }
        }
    }
    all_at_once(rows, |(name, replies, code)| {
        let server = Server::script(replies);
        // Longer than any machine takes, but where `Retry-After` may be waited for to its end.
        let budget = if name.contains(" after ") {
            "250ms"
        } else {
            "20s"
        };
        let out = eager(&server, &name).args(["--max-offline", budget]).run();
        assert_eq!(out.code, code, "{name}\n{out}");
        out.stderr_is_empty();
        assert!(count(&out, "offline") >= 1, "{name}\n{out}");
        assert_eq!(count(&out, "online"), 1, "{name}\n{out}");
        assert_eq!(out.finished()["exit_code"], code, "{name}");
    });
}

#[test]
fn beyond_the_budget_contact_is_lost() {
    let mut rows = Vec::new();
    for (name, fault) in [rubbish(), breaks(), statuses()].concat() {
        rows.push((format!("{name} for ever"), vec![fault.clone()]));
        rows.push((
            format!("{name} from the second poll on"),
            vec![running(), fault],
        ));
    }
    all_at_once(rows, |(name, replies)| {
        let known = replies.len() == 2;
        let server = Server::script(replies);
        let out = eager(&server, &name).args(["--max-offline", "60ms"]).run();
        assert_eq!(out.code, 6, "{name}\n{out}");
        let last = out.stderr_is_empty().finished();
        assert_eq!(last["verdict"], "lost", "{name}");
        assert_eq!(last["units"]["total"], u64::from(known), "{name}\n{out}");
        assert_eq!(count(&out, "online"), 0, "{name}\n{out}");
    });
}

#[test]
fn a_server_that_is_away_for_a_while_is_no_end() {
    for (word, code) in [("Success", 0), ("Failed", 1)] {
        let server = Server::script(vec![running()]);
        let mut watch = eager(&server, "").spawn();
        server.wait_for_requests(2);
        let addr = server.close();
        watch.wait_for_stdout("could not connect");
        let listener = TcpListener::bind(addr).unwrap();
        let end = order(word);
        let _server = Server::listen(listener, move |_, _| end.clone());
        let out = watch.wait();
        out.code(code);
        assert!(count(&out, "online") >= 1, "{out}");
    }
}

#[test]
fn a_gap_is_said_in_every_mode() {
    let script = || {
        Server::script(vec![
            running(),
            Reply::status(503, ""),
            running(),
            order("Success"),
        ])
    };
    for mode in ["plain", "json", "quiet"] {
        let server = script();
        let out = yunxiao(&server)
            .args(["-o", mode, "--events", "events"])
            .run();
        out.code(0);
        let said = match mode {
            "quiet" => &out.stderr,
            _ => &out.stdout,
        };
        let (gone, back) = match mode {
            "json" => (r#""event":"offline""#, r#""event":"online""#),
            _ => ("poll failed: ", "polling recovered after "),
        };
        for words in [gone, back] {
            assert_eq!(said.matches(words).count(), 1, "{words}\n{out}");
        }
        let file = events(&out.file("events"));
        let both = [named(&file, "offline"), named(&file, "online")];
        assert_eq!(both.map(|events| events.len()), [1, 1], "{out}");
    }
    // The bars say it for as long as it lasts.
    let (server, back) = Server::two_acts(vec![running(), Reply::status(503, "")], vec![running()]);
    let screen = Screen::spawn(yunxiao(&server), 24, 80);
    screen.wait_for("polls failing for");
    back();
    screen.wait_until("no word of it", |screen| {
        let rows = screen.contents();
        rows.contains("192.0.2.1") && !rows.contains("polls failing for")
    });
}

#[test]
fn what_is_strange_but_good_is_no_fault() {
    let machines = |list: serde_json::Value| {
        let order = Order::new("Running").with("exceptionCode", "");
        let list = list.as_array().unwrap().clone();
        list.into_iter().fold(order, Order::machine_json).reply()
    };
    let deep = format!(
        r#"{{"status":"Running","new":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let histories: Vec<(&str, Vec<Reply>)> = vec![
        (
            "ids that are there twice, or not at all",
            vec![
                machines(
                    json!([{"ip": "a", "status": "Running"}, {"ip": "a", "status": "Failed"}]),
                ),
                machines(json!([{"status": "Running"}, {"status": "Failed"}, {}, null])),
                machines(json!([{"machineSn": "a"}, {"machineSn": ""}, {"ip": null}])),
            ],
        ),
        (
            "lists that shrink and grow",
            [5, 0, 100, 1, 2000, 3]
                .map(|count| {
                    Order::new("Running")
                        .machines("m", count, "Running")
                        .reply()
                })
                .into(),
        ),
        (
            "states that go back",
            [
                "Success", "Pending", "Failed", "Running", "Skipped", "Queued", "Oops",
            ]
            .map(|state| order_with("Running", &[("a", state)]))
            .into(),
        ),
        (
            "an order that goes back",
            ["Running", "Waiting", "Init", "Running", "Pending"]
                .map(order)
                .into(),
        ),
        (
            "deep nesting where nothing is read",
            vec![Reply::json(deep)],
        ),
        (
            "an order that is called XHTML",
            vec![
                Reply::json(Order::new("Running").json())
                    .header("content-type", "Application/XHTML+XML"),
            ],
        ),
        (
            "a byte order mark",
            vec![Reply::json(format!(
                " \r\n\t{} ",
                Order::new("Running").json()
            ))],
        ),
    ];
    let mut rows = Vec::new();
    for (name, history) in histories {
        for (word, code) in [("Success", 0), ("Cancelled", 3)] {
            rows.push((name, [history.clone(), vec![order(word)]].concat(), code));
        }
    }
    all_at_once(rows, |(name, replies, code)| {
        let server = Server::script(replies);
        let out = yunxiao(&server).args(["-o", "json"]).run();
        assert_eq!(out.code, code, "{name}\n{out}");
        out.stderr_is_empty();
        assert_eq!(count(&out, "offline"), 0, "{name}\n{out}");
    });
}

/// The most memory a watch may take for an answer of the largest size there is, in MiB.
const MOST: u64 = 700;

/// The poll failed with these words, and took no more memory than it may.
#[track_caller]
fn assert_bounded(server: &Server, words: &str) {
    let program = yunxiao_at(&server.url()).args(["-o", "json", "--request-timeout", "25s"]);
    let mut watch = program.limit(Duration::from_secs(60)).spawn();
    watch.wait_for_stdout_for(words, Duration::from_secs(25));
    let peak = watch.peak_memory();
    assert!(peak < MOST, "{peak} MiB");
    watch.signal(Signal::TERM);
    watch.wait().code(143);
}

#[test]
fn an_endless_body_takes_bounded_memory() {
    assert_bounded(
        &Server::script(vec![Reply::endless()]),
        "response larger than 256 MiB",
    );
}

/// An answer of two members, which together are the whole of it (RFC 1952): split within it, behind an empty
/// member, and before one that makes it no JSON.
#[test]
fn an_answer_of_several_packed_members_is_read_whole() {
    let success = Order::new("Success").machines("web", 9, "Success").json();
    let within = success.split_at(success.len() / 3);
    let error = r#"{"errorCode":"Oops","errorMessage":"packed words"}"#;
    for name in ["gzip", "GZIP", "x-gzip"] {
        for ((one, other), code) in [
            (within, 0),
            (("", &*success), 0),
            ((&*success, " \n"), 0),
            ((&*success, r#"{"status":"Running"}"#), 6),
            ((&*success, "\""), 6),
        ] {
            let packed = [gzip(one.as_bytes()), gzip(other.as_bytes())].concat();
            let replies = [
                Reply::status(503, gzip(error.as_bytes())),
                Reply::chunked(packed),
            ];
            let replies = replies.map(|reply| reply.header("Content-Encoding", name));
            let server = Server::script(replies.into());
            let patience = if code == 0 { "10s" } else { "100ms" };
            let out = yunxiao(&server).args(["--max-offline", patience]).run();
            server.may_be_idle();
            out.code(code).stdout_has("packed words");
            assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip"));
        }
    }
}

#[test]
fn a_body_that_unpacks_without_end_takes_bounded_memory() {
    let bomb = gzip(&vec![b' '; 300 << 20]);
    assert!(bomb.len() < 1 << 20, "small on the wire");
    let reply = Reply::json(bomb).header("content-encoding", "gzip");
    assert_bounded(&Server::script(vec![reply]), "response larger than 256 MiB");
}

#[test]
fn a_promised_length_takes_no_memory() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 268435456\r\n\r\n{";
    let server = Server::script(vec![Reply::raw(head)]);
    let program = yunxiao(&server).args(["-o", "json", "--max-offline", "1h"]);
    let mut watch = program.spawn();
    server.wait_for_requests(3);
    watch.wait_for_stdout("offline");
    assert!(watch.peak_memory() < 60);
}

#[test]
fn a_small_answer_of_a_great_many_units_takes_bounded_memory() {
    let units = format!(
        r#"{{"status":"Running","deployMachineInfo":{{"deployMachines":[{}{{}}]}}}}"#,
        "{},".repeat(4_000_000)
    );
    assert_bounded(
        &Server::script(vec![Reply::json(units)]),
        "left out (deployMachines)",
    );
}

#[test]
fn words_that_unfold_take_bounded_memory() {
    // As a tree of values each of these numbers takes sixteen times as much.
    let zeros = format!("[0{}]", ",0".repeat(15_000_000));
    let answers = [
        (
            "codearts",
            format!(
                r#"{{"status":"success","result":{{"status":"running","step_state":{zeros}}}}}"#
            ),
        ),
        (
            "fsd",
            format!(r#"{{"code":0,"message":{zeros},"data":{{"isEnd":false,"processList":[]}}}}"#),
        ),
    ];
    for (provider, answer) in answers {
        let server = Server::script(vec![Reply::json(answer)]);
        let mut watches = watches(&server.url()).into_iter();
        let (_, program) = watches.find(|(name, _)| *name == provider).unwrap();
        let program = program.args(["-o", "json", "--request-timeout", "25s"]);
        let mut watch = program.limit(Duration::from_secs(60)).spawn();
        watch.wait_for_stdout_for("\"phase\"", Duration::from_secs(25));
        let peak = watch.peak_memory();
        assert!(peak < 200, "{provider}: {peak} MiB");
        watch.signal(Signal::TERM);
        watch.wait().code(143);
    }
}
