//! Answers as servers really send them, of all five providers: what is only shown may be broken or of any
//! type, and the verdict stays; what the verdict rests on must be readable.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{Program, Reply, Server, named, watches};

/// An answer of each provider: `WORD` is what it says of the deployment, `SHOWN` is only shown.
const ANSWERS: [(&str, &str); 5] = [
    (
        "yunxiao",
        r#"{"status":WORD,"exceptionCode":SHOWN,"currentBatch":SHOWN,"deployMachineInfo":{"deployMachines":[
            {"machineSn":"sn","ip":SHOWN,"status":"Success","clientStatus":SHOWN,"batchNum":SHOWN}]}}"#,
    ),
    (
        "codearts",
        r#"{"status":"success","result":{"status":WORD,"step":SHOWN,"task_name":SHOWN,"step_state":[
            {"name":SHOWN,"enable":SHOWN,"elapsed_time":SHOWN,"id":SHOWN}]}}"#,
    ),
    (
        "servicestage",
        r#"{"id":"r","components":[{"id":"a","name":SHOWN,"seq":SHOWN,"job_id":SHOWN,"job_status":WORD,
            "start_time":SHOWN,"fail_message":SHOWN}]}"#,
    ),
    (
        "mrs",
        r#"{"state":WORD,"error_description":SHOWN,"total_progress":SHOWN,"res_obj":{"total_step_size":SHOWN,
            "step_list":[{"name":SHOWN,"description":SHOWN}]}}"#,
    ),
    (
        "fsd",
        r#"{"code":0,"message":SHOWN,"data":{"isEnd":true,"key":SHOWN,
            "nowList":[{"zh":SHOWN,"en":"e","message":SHOWN,"result":WORD}],
            "processList":[{"zh":"z","en":SHOWN,"result":SHOWN}]}}"#,
    ),
];

/// The words for a success and a failure, as JSON.
fn words(provider: &str) -> [(&'static str, i32); 2] {
    match provider {
        "yunxiao" => [("\"Success\"", 0), ("\"Failed\"", 1)],
        "codearts" => [("\"succeeded\"", 0), ("\"failed\"", 1)],
        "servicestage" => [("\"SUCCEEDED\"", 0), ("\"FAILED\"", 1)],
        "mrs" => [("\"COMPLETE\"", 0), ("\"FAILED\"", 1)],
        _ => [("true", 0), ("false", 1)],
    }
}

/// The answer with this JSON, broken or not, in its places.
fn filled(answer: &str, word: &str, shown: &[u8]) -> Vec<u8> {
    let answer = answer.replace("WORD", word);
    let parts: Vec<_> = answer.split("SHOWN").map(str::as_bytes).collect();
    parts.join(shown)
}

/// A server with this answer of a provider; what else is asked for says the same or is not there.
fn server(answer: Reply, word: &str, shown: &[u8]) -> Server {
    let plan = filled(
        r#"{"id":"r","description":SHOWN,"status":WORD,"fail_strategy":SHOWN}"#,
        word,
        shown,
    );
    Server::start(
        move |request, _| match request.target.split('?').next().unwrap() {
            path if path.ends_with("/release-plans/r") => Reply::json(plan.clone()),
            path if path.ends_with("/history") || path.contains("/jobs/") => Reply::status(404, ""),
            _ => answer.clone(),
        },
    )
}

fn watch(provider: &str, server: &Server) -> Program {
    let mut watches = watches(&server.url()).into_iter();
    let (_, program) = watches.find(|(name, _)| *name == provider).unwrap();
    program.args(["--interval", "20ms", "--max-offline", "0s"])
}

/// Watches each provider to its success and its failure, with this in the shown places; gives the events.
fn assert_verdicts(shown: &[u8], reply: impl Fn(Vec<u8>) -> Reply) -> Vec<(String, String)> {
    let watches = ANSWERS.into_iter().flat_map(|(provider, answer)| {
        words(provider).map(|(word, code)| {
            let reply = reply(filled(answer, word, shown));
            let server = server(reply, word, shown);
            let program = watch(provider, &server).args(["-o", "json"]);
            let name = format!("{provider} {word} {}", String::from_utf8_lossy(shown));
            (name, code, program.spawn(), server)
        })
    });
    let watches: Vec<_> = watches.collect();
    let ended = watches.into_iter().map(|(name, code, running, server)| {
        let out = running.wait();
        drop(server);
        assert_eq!(out.code, code, "{name}\n{out}");
        assert!(named(&out.events(), "offline").is_empty(), "{name}\n{out}");
        (name, out.stdout)
    });
    ended.collect()
}

/// Responses with a BOM, or in an encoding or a type that nobody asked for, are read.
#[test]
fn a_body_is_read_however_it_is_wrapped() {
    let shown = "\"磁盘\"".as_bytes();
    let gzip = |body: Vec<u8>| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&body).unwrap();
        gzip.finish().unwrap()
    };
    let bom = |body: Vec<u8>| [b"\xef\xbb\xbf", &body[..]].concat();
    for wrap in [
        &(|body| Reply::json(bom(body))) as &dyn Fn(_) -> _,
        &|body| Reply::html(bom(body)),
        &|body| Reply::json(gzip(body)).header("Content-Encoding", "x-gzip"),
        &|body| Reply::json(gzip(bom(body))).header("content-encoding", "gzip"),
    ] {
        for (name, events) in assert_verdicts(shown, wrap) {
            assert!(events.contains("磁盘"), "{name}\n{events}");
        }
    }
}

#[test]
fn broken_text_is_shown_with_replacements() {
    for shown in [
        &br#""disk full \ud83d""#[..],
        br#""disk full \udca4!""#,
        b"\"disk full \xb4\xc5\"",
        b"\"disk full \xf0\x9f\x92\"",
    ] {
        for (name, events) in assert_verdicts(shown, Reply::json) {
            assert!(events.contains("disk full \u{fffd}"), "{name}\n{events}");
        }
    }
}

#[test]
fn what_is_only_shown_may_be_of_any_type() {
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    for (shown, left_out) in [
        ("null", false),
        ("true", false),
        ("-1.5", false),
        (r#""""#, false),
        (r#"{"a":[1]}"#, true),
        (r#"["a"]"#, true),
        ("1e999", true),
        (&deep, true),
    ] {
        for (name, events) in assert_verdicts(shown.as_bytes(), Reply::json) {
            let warnings = events.matches("cannot be read and is left out").count();
            if left_out {
                assert!(warnings > 0, "{name}\n{events}");
            }
            // One of the order and one of its machines, which are read on their own.
            let most = if name.starts_with("yunxiao") { 2 } else { 1 };
            assert!(warnings <= most, "{name}\n{events}");
        }
    }
}

#[test]
fn lists_and_objects_that_are_only_shown_may_be_anything() {
    for (provider, answer, code) in [
        (
            "yunxiao",
            r#"{"status":"Success","deployMachineInfo":{"deployMachines":ODD}}"#,
            0,
        ),
        (
            "yunxiao",
            r#"{"status":"Failed","deployMachineInfo":ODD}"#,
            1,
        ),
        (
            "codearts",
            r#"{"status":"success","result":{"status":"succeeded","step_state":ODD}}"#,
            0,
        ),
        ("mrs", r#"{"state":"COMPLETE","res_obj":ODD}"#, 0),
        (
            "mrs",
            r#"{"state":"FAILED","res_obj":{"step_list":ODD,"fail_entity_list":ODD}}"#,
            1,
        ),
    ] {
        for odd in [r#"["a"]"#, "[[1]]", "7", r#""a""#, r#"[{"name":"a"},true]"#] {
            let answer = Reply::json(answer.replace("ODD", odd));
            let server = Server::script(vec![answer]);
            let out = watch(provider, &server).run();
            out.code(code).stdout_lacks("poll failed");
            out.stderr_has("cannot be read and is left out");
        }
    }
}

#[test]
fn what_the_verdict_rests_on_must_be_readable() {
    for (provider, answer) in ANSWERS {
        let good = words(provider)[0].0;
        let broken = good.trim_matches('"').to_owned() + r"\ud83d";
        for word in [
            format!("[{good}]"),
            format!(r#"{{"status":{good}}}"#),
            format!("\"{broken}\""),
            "null".into(),
            format!(r#"{good},"status":{good},"state":{good},"job_status":{good},"result":{good}"#),
        ] {
            // A component or a step whose state cannot be read goes on, or has no result.
            let answer = Reply::json(filled(answer, &word, b"1"));
            let server = server(answer, good, b"1");
            let out = watch(provider, &server).args(["--once"]).run();
            assert!([6, 7].contains(&out.code), "{provider} {word}\n{out}");
        }
    }
}

#[test]
fn an_answer_about_another_deployment_is_a_failed_poll_and_so_is_an_id_that_cannot_be_read() {
    for (provider, answer) in [
        ("yunxiao", r#"{"status":"Success","deployOrderId":ID}"#),
        (
            "codearts",
            r#"{"status":"success","result":{"status":"succeeded","task_id":ID}}"#,
        ),
        (
            "servicestage",
            r#"{"id":ID,"components":[{"id":"a","job_status":"SUCCEEDED"}]}"#,
        ),
    ] {
        for (id, cause) in [
            ("2222", "the answer is about 2222, not "),
            (r#""22\ud83d""#, "the answer is about 22\u{fffd}, not "),
            ("{}", "cannot parse the "),
            ("[1111]", "cannot parse the "),
        ] {
            let answer = Reply::json(answer.replace("ID", id));
            let server = server(answer, "\"SUCCESS\"", b"1");
            watch(provider, &server).run().code(6).stdout_has(cause);
        }
    }
}

#[test]
fn an_encoding_that_nobody_asked_for_is_named() {
    for (provider, _) in ANSWERS {
        for name in ["deflate", "br"] {
            let body = Reply::json(b"\x78\x9c\xab\x56\x01\xff".to_vec());
            let server = Server::script(vec![body.header("content-encoding", name)]);
            let out = watch(provider, &server).run();
            out.code(6)
                .stdout_has(&format!("the response is encoded as {name}"));
        }
    }
}

#[test]
fn the_servers_own_words_come_first() {
    let plain = |text: &str| Reply::status(403, text).header("content-type", "text/plain");
    let json = |body| Reply::status(403, serde_json::to_vec(&body).unwrap());
    for (reply, words) in [
        (
            plain("IP 203.0.113.9 is not\r\n in the white list\n"),
            "IP 203.0.113.9 is not in the white list",
        ),
        (
            json(json!({ "status": 403, "error": "Forbidden", "message": "not yours" })),
            "not yours",
        ),
        (
            json(json!({ "RequestId": "R-1", "Code": "Forbidden.Ip", "Message": "no" })),
            "Forbidden.Ip no (request R-1)",
        ),
        (
            json(json!({ "errorCode": "12-4030001", "errorDescription": "locked" })),
            "12-4030001 locked",
        ),
        (
            json(json!({ "error": { "code": "E-1", "reason": "not yours" } })),
            "E-1 not yours",
        ),
        (
            Reply::status(403, "\u{feff}<html><title>Blocked by WAF</title></html>"),
            "Blocked by WAF",
        ),
        (
            Reply::status(403, b"\xb4\xc5 \xc5\xcc".to_vec()),
            "\u{fffd}",
        ),
    ] {
        for (provider, _) in ANSWERS {
            let server = Server::script(vec![reply.clone()]);
            let out = watch(provider, &server).run();
            out.code(5);
            let said = out.stdout.find(&format!("HTTP 403 Forbidden: {words}"));
            let said = said.unwrap_or_else(|| panic!("{provider} {words}\n{out}"));
            // The installer knows no permissions.
            let hint = out.stdout[said..].contains("; ") || provider == "fsd";
            assert!(hint, "a hint follows: {provider}\n{out}");
        }
    }
}
