//! Section 6 of the cases from the field: text obeys nobody but the program. Every way in is hostile: answers,
//! recordings, the command line, lists, file names, proxies.
//!
//! Elsewhere: answers of every provider in every output (`hostile`); invisible characters and lines that are
//! written over, one by one (unit tests of `text`); recordings of random bytes (unit tests of `record`).

use std::cell::RefCell;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::hostile::{assert_harmless, assert_printable, hostile};
use crate::support::{
    Order, Output, Program, Reply, SECRET, Server, deploywatch, order, yunxiao, yunxiao_at,
};

const URL: &str = "http://192.0.2.1/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111";

/// No output of it acts on a terminal or on a CI runner.
#[track_caller]
fn assert_tame(what: &str, out: &Output) {
    assert_harmless(&format!("stdout of {what}"), &out.stdout);
    assert_harmless(&format!("stderr of {what}"), &out.stderr);
    let both = [&out.stdout, &out.stderr];
    let panics = both.iter().any(|text| text.contains("panicked"));
    assert!(!panics && out.code != 101, "{what}\n{out}");
}

/// An object with the fields of another.
fn with_fields(mut object: Value, fields: Value) -> Value {
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object
}

/// A recording of the watch of order 1111, with other fields in its header, and these lines.
pub(crate) fn recording(header: Value, lines: impl IntoIterator<Item = Value>) -> String {
    let head = json!({"capture": 1, "deploywatch": "0.1.0", "started": "2025-07-09T03:36:28.000Z",
        "seed": 7, "all": false, "deployments": [command(&[])]});
    let lines = [with_fields(head, header)].into_iter().chain(lines);
    lines.map(|line| format!("{line}\n")).collect()
}

/// The recorded command line, with more options.
pub(crate) fn command(options: &[&str]) -> Value {
    let mut command = vec![
        "yunxiao",
        "--pipeline=123",
        "--order=1111",
        "--organization=org-1",
        "--endpoint=http://192.0.2.1",
        "--interval=1s",
    ];
    command.extend(options);
    json!({"command": command, "environment": {}, "secrets": ["YUNXIAO_ACCESS_TOKEN"]})
}

/// The result of the poll at this second.
pub(crate) fn exchange(second: u32, fields: Value) -> Value {
    let line = json!({"target": 0, "sent_ms": second * 1000, "answered_ms": second * 1000 + 10,
        "method": "GET", "url": URL});
    with_fields(line, fields)
}

fn replay(recording: &str, mode: &str) -> Program {
    deploywatch([
        "replay",
        "recording",
        "--speed",
        "1000000",
        "-v",
        "-o",
        mode,
    ])
    .file("recording", recording)
    .args([
        "--events",
        "events",
        "--summary",
        "summary",
        "--junit",
        "junit",
    ])
}

#[test]
fn a_hostile_recording_is_only_text() {
    let text = hostile();
    let error =
        |refused: Value| json!({"error": {"cause": text, "received": false, "refused": refused}});
    let hint = json!({"hint": text, "at_once": true});
    let failed = Order::new("Failed")
        .machine(&text, &text, "Failed", 1)
        .json();
    let recordings = [
        recording(
            json!({}),
            [exchange(0, error(Value::Null)), exchange(1, error(hint))],
        ),
        recording(
            json!({"deploywatch": text}),
            [
                exchange(
                    0,
                    json!({"status": 503, "headers": [["x-request-id", "::error::x"],
                    ["retry-after", text], ["content-type", text], [text, text]], "body": text}),
                ),
                exchange(
                    1,
                    json!({"status": 302, "headers": [["location", "##vso[x]\u{202e}"]]}),
                ),
                exchange(2, json!({"status": 200, "body": failed})),
            ],
        ),
        recording(json!({"started": text}), []),
        recording(json!({"capture": text}), []),
        recording(json!({"deployments": [{"command": [text]}]}), []),
        recording(
            json!({"deployments": [{"command": ["yunxiao", format!("--pipeline={text}")]}]}),
            [],
        ),
        recording(
            json!({"deployments": [{"command": ["yunxiao", "--pipeline=1", format!("--{text}")]}]}),
            [],
        ),
        recording(
            json!({"deployments": [{"command": ["fsd", "--endpoint=http://h", format!("--key={text}")]}]}),
            [],
        ),
        recording(
            json!({"deployments": [{"command": ["fsd", "--endpoint=http://h"], "name": text}]}),
            [],
        ),
        recording(
            json!({"deployments": [{"command": ["yunxiao", "--pipeline=1", "--order=1"],
            "environment": {"YUNXIAO_ORGANIZATION_ID": text, "YUNXIAO_ENDPOINT": text}}]}),
            [],
        ),
        recording(json!({}), [json!({text.clone(): 1})]),
        text.clone(),
    ];
    for (number, recording) in recordings.iter().enumerate() {
        for mode in ["plain", "json", "quiet"] {
            let out = replay(recording, mode).run();
            let what = format!("recording {number} as {mode}");
            assert_tame(&what, &out);
            assert!(matches!(out.code, 1 | 2 | 5 | 6), "{what}\n{out}");
            if out.code != 2 {
                for file in ["events", "summary", "junit"] {
                    assert_printable(&format!("{file} of {what}"), &out.file(file));
                }
            }
        }
    }
}

#[test]
fn a_read_that_an_older_recording_does_not_hold_counts_as_404() {
    // The log of the failed machine was never asked for.
    let failed = Order::new("Failed")
        .machine("sn-1", "192.0.2.1", "Failed", 1)
        .json();
    let body = json!({"status": 200, "body": failed});
    let out = replay(&recording(json!({}), [exchange(0, body)]), "plain").run();
    out.code(1)
        .stdout_has("192.0.2.1")
        .stderr_lacks("recording ends");
}

/// Characters with a meaning somewhere, in a word that a command line can hold.
const WORDS: [&str; 9] = [
    "\n::error::owned",
    "a\r\n::stop-commands::x",
    "\u{1b}[2Jx",
    "##vso[task.complete]",
    "x ##teamcity[buildStop]",
    "##[error]x",
    "\u{202e}x\u{2066}",
    "\u{fff0}\u{1bca0}##\u{200b}[error]",
    "\u{85}::error::x",
];

#[test]
fn a_hostile_command_line_is_only_text() {
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    for word in WORDS {
        for option in [
            "--endpoint",
            "--token-file",
            "--events",
            "--cacert",
            "--job",
            "--pipeline",
            "--timeout",
            "--lang",
            "--organization",
            "--run",
            "--junit",
        ] {
            for value in [
                word.to_owned(),
                format!("{}{word}", server.url()),
                format!("no/{word}"),
            ] {
                let out = deploywatch(["yunxiao", "--once"])
                    .args([&format!("{option}={value}")])
                    .env("YUNXIAO_ACCESS_TOKEN", SECRET)
                    .env("GITHUB_ACTIONS", "true")
                    .env("NO_COLOR", "1")
                    .run();
                assert_tame(&format!("{option}={value:?}"), &out);
                assert!(out.code != 0, "{out}");
            }
        }
        for args in [
            vec![word],
            vec!["yunxiao", word],
            vec!["all", word],
            vec!["replay", word],
            vec!["--", word],
            vec!["completions", word],
        ] {
            let out = deploywatch(&args).run();
            assert_tame(&format!("{args:?}"), &out);
            out.code(2);
        }
    }
}

#[test]
fn a_hostile_name_is_only_text() {
    // A branch or a tag that CI passes: the job's name, the key of fsd, the name in a list.
    let server = Server::script(vec![Reply::status(403, "{}")]);
    for word in WORDS {
        let fsd = ["fsd", "--endpoint", &server.url(), "--key", word].map(str::to_owned);
        assert_tame("fsd --key", &deploywatch(fsd).run());
        let list = format!(
            "[[deploy]]\nname = {}\nprovider = \"yunxiao\"\npipeline = 1\norder = 1\norganization = \"o\"\n\
             endpoint = \"{}\"\n",
            Value::from(word),
            server.url(),
        );
        let out = deploywatch(["all", "list"])
            .file("list", &list)
            .env("YUNXIAO_ACCESS_TOKEN", SECRET)
            .env("GITHUB_ACTIONS", "true")
            .env("NO_COLOR", "1")
            .run();
        assert_tame("a name in a list", &out);
        let program = yunxiao_at(&server.url()).args([&format!("--job={word}")]);
        assert_tame("--job", &program.run());
        for variable in [
            "YUNXIAO_ORGANIZATION_ID",
            "YUNXIAO_ENDPOINT",
            "HTTP_PROXY",
            "NO_PROXY",
            "LANG",
            "TERM",
        ] {
            let out = deploywatch(["yunxiao", "--pipeline", "1", "--order", "1", "--once"])
                .env("YUNXIAO_ACCESS_TOKEN", SECRET)
                .env("YUNXIAO_ENDPOINT", server.url())
                .env(variable, word)
                .run();
            assert_tame(variable, &out);
        }
    }
}

/// Bytes in which some are removed, doubled, or replaced by what means something.
fn mutated(random: &mut Rng, text: &str, words: &[&str]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = bytes.len().min(at + random.usize(..12));
        match random.u8(..6) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            2 => bytes
                .splice(at..end, random.choice(words).unwrap_or(&"").bytes())
                .for_each(drop),
            3 => bytes.insert(at, random.u8(..)),
            4 => bytes.truncate(at),
            _ => bytes
                .splice(at..at, random.choice(WORDS).unwrap_or_default().bytes())
                .for_each(drop),
        }
    }
    bytes
}

#[test]
fn a_list_of_random_text_is_only_text() {
    let list = "interval = \"3s\"\nlogs = 5\n[[deploy]]\nprovider = \"yunxiao\"\npipeline = 1\norder = 2\n\
                organization = \"o\"\nendpoint = \"http://127.0.0.1:9\"\n[[deploy]]\nprovider = \"fsd\"\n\
                name = \"x\"\nendpoint = \"http://127.0.0.1:9\"\n";
    let words = [
        "[[deploy]]",
        "\"",
        "'''",
        "\\u001b[31m",
        "\\u202e",
        "=",
        "\n\"::error::x\" = 1\n",
        "[a.b]",
        "{",
        "\r",
        "1979-05-27T07:32:00Z",
        "provider",
        "token-file = \"-\"\n",
        "\\",
        "[",
        "#",
    ];
    let mut random = Rng::with_seed(2);
    for round in 0..120 {
        let text = mutated(&mut random, list, &words);
        let text = String::from_utf8_lossy(&text).into_owned();
        let out = deploywatch(["all", "list", "--once"])
            .file("list", &text)
            .env("YUNXIAO_ACCESS_TOKEN", SECRET)
            .limit(Duration::from_secs(10))
            .run();
        assert_tame(&format!("round {round}: {text:?}"), &out);
        assert!(matches!(out.code, 2 | 6), "{text:?}\n{out}");
    }
}

#[test]
fn a_recording_of_random_text_is_only_text() {
    let running = Order::new("Running")
        .machine("sn-1", "192.0.2.1", "Running", 1)
        .json();
    let ended = Order::new("Failed")
        .machine("sn-1", "192.0.2.1", "Failed", 1)
        .json();
    let lines = [
        exchange(
            0,
            json!({"status": 200, "headers": [["content-type", "application/json"]], "body": running}),
        ),
        exchange(
            1,
            json!({"error": {"cause": "could not connect", "received": false,
            "refused": {"hint": "a hint", "at_once": false}}}),
        ),
        exchange(2, json!({"status": 200, "body_base64": "e30="})),
        exchange(3, json!({"status": 200, "body": ended})),
        json!({"ended_ms": 3500.5}),
    ];
    let text = recording(json!({}), lines);
    let words = [
        "\\u001b[31m",
        "\\n",
        "null",
        "-1",
        "1e999",
        "{",
        "}",
        "\"",
        "[",
        "]",
        "\n",
        "99999999999999999999",
        "target",
    ];
    let mut random = Rng::with_seed(3);
    for round in 0..120 {
        let text = mutated(&mut random, &text, &words);
        let text = String::from_utf8_lossy(&text).into_owned();
        let out = replay(&text, ["plain", "json", "quiet"][round % 3])
            .limit(Duration::from_secs(10))
            .run();
        assert_tame(&format!("round {round}: {text:?}"), &out);
        assert!(out.code != 0 && out.code < 128, "{text:?}\n{out}");
    }
}

/// A server that answers every other poll with random bytes made of `answer`, `rounds` times, and then that
/// it has failed.
fn random_server(seed: u64, answer: &'static str, rounds: usize) -> Server {
    let words = [
        "\r\n",
        "\r\n\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Location: ::error::x\r\n",
        "Content-Encoding: gzip\r\n",
        "Set-Cookie: a=\u{1b}[2J\r\n",
        "ff\r\n",
        "Retry-After: 0\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 503 \u{1b}[31m::error::x\r\n",
        "X-Request-Id: ##vso[x]\r\n",
        ":",
        " ",
    ];
    let random = RefCell::new(Rng::with_seed(seed));
    Server::start(move |_, n| {
        if n >= rounds {
            order("Failed")
        } else if n % 2 == 0 {
            Reply::raw(mutated(&mut random.borrow_mut(), answer, &words))
        } else {
            order("Running")
        }
    })
}

/// Watches until everything was answered: what is refused on the way ends a watch, and another one begins.
#[track_caller]
fn watch_all(server: &Server, program: impl Fn() -> Program, rounds: usize) {
    for _ in 0..rounds {
        let out = program()
            .args(["-v", "--max-offline", "1h"])
            .limit(Duration::from_secs(60))
            .run();
        assert_tame("a random answer", &out);
        assert!(matches!(out.code, 0 | 1 | 3 | 5), "{out}");
        if server.requests().len() > rounds {
            return;
        }
    }
    panic!("only {} of {rounds} answers", server.requests().len());
}

const ANSWER: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
    X-Request-Id: r-1\r\nContent-Length: 52\r\nDate: Sun, 09 Sep 2001 01:46:40 GMT\r\n\r\n\
    {\"errorCode\":\"E\",\"errorMessage\":\"something is not well\"}";

#[test]
fn a_server_of_random_bytes_is_only_text() {
    let server = random_server(4, ANSWER, 300);
    watch_all(
        &server,
        || yunxiao(&server).args(["--request-timeout", "5s"]),
        300,
    );
}

#[test]
fn a_proxy_of_random_bytes_is_only_text() {
    let proxy = random_server(5, ANSWER, 300);
    let program = || {
        yunxiao_at("http://192.0.2.1")
            .env("HTTP_PROXY", proxy.url())
            .args(["--allow-http", "-i", "20ms", "--request-timeout", "5s"])
    };
    watch_all(&proxy, program, 300);
    // Of a tunnel nothing comes but an end: each is a poll that failed, or a refusal.
    let words = [
        "\r\n",
        "\u{1b}[2J",
        "::error::x",
        "HTTP/1.1 200 OK\r\n\r\n",
        "407",
    ];
    let random = RefCell::new(Rng::with_seed(6));
    let proxy =
        Server::start(move |_, _| Reply::raw(mutated(&mut random.borrow_mut(), ANSWER, &words)));
    for mode in ["plain", "json", "quiet"].repeat(12) {
        let program = yunxiao_at("https://192.0.2.1").env("HTTPS_PROXY", proxy.url());
        let out = program
            .args(["--once", "-v", "-o", mode, "--request-timeout", "5s"])
            .run();
        assert_tame("a random tunnel", &out);
        assert!(matches!(out.code, 5 | 6), "{out}");
    }
}

#[test]
fn of_a_line_that_is_written_over_the_last_state_counts() {
    let bar: String = (0..100).map(|n| format!("\r{n}% [####     ]")).collect();
    let log = format!("{bar}\nthe error\n{bar}\r100%\n");
    let failed = Order::new("Failed").machine("sn-1", "192.0.2.1", "Failed", 1);
    let server = Server::start(move |request, _| {
        if request.target.ends_with("/log") {
            Reply::json(json!({"deployLog": log}).to_string())
        } else {
            failed.reply()
        }
    });
    let out = yunxiao(&server).args(["--logs", "3"]).run();
    out.code(1)
        .stdout_has("| 99% [")
        .stdout_has("| the error")
        .stdout_has("| 100%");
    out.stdout_lacks("98%");
}
