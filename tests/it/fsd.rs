//! FSD: what each answer of the installer means for the watch.

use std::slice::from_ref;

use serde_json::{Value, json};

use crate::support::{Output, Program, Reply, Server, Signal, deploywatch, named};

const SAMPLE: &str = include_str!("../fixtures/fsd.response.json");
/// What the server says to a path that it does not know.
const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>";

/// `deploywatch fsd` of the run on this server.
fn fsd(server: &Server) -> Program {
    deploywatch(["fsd", "--interval", "20ms", "--endpoint", &server.url()])
}

/// The watch of these answers, with these options, ends with this code after so many requests.
#[track_caller]
fn assert_ends(replies: &[Reply], args: &[&str], code: i32, requests: usize) -> Output {
    let server = Server::script(replies.to_vec());
    let out = fsd(&server).args(args).run();
    out.code(code);
    assert_eq!(server.requests().len(), requests, "requests\n{out}");
    out
}

/// A step of either list: `-name` is one that failed.
fn step(name: &str) -> Value {
    let (result, name) = match name.strip_prefix('-') {
        Some(name) => (false, name),
        None => (true, name),
    };
    let message = if result { "成功" } else { "the reason" };
    json!({ "en": name, "zh": format!("步骤{name}"), "sort": 0, "result": result, "message": message })
}

/// A status: the plan, what has ended, and whether the server says that it is over.
fn status(plan: &[&str], ended: &[&str], is_end: bool) -> Reply {
    let list = |names: &[&str]| names.iter().map(|name| step(name)).collect::<Vec<_>>();
    let data = json!({
        "isEnd": is_end, "key": "deploy:klcloud-fsd", "uuId": "",
        "nowList": list(ended), "processList": list(plan),
    });
    let envelope = json!({ "code": 0, "data": data, "message": null, "path": null, "state": 200 });
    Reply::json(envelope.to_string())
}

const PLAN: [&str; 3] = ["a", "b", "c"];

fn going() -> Reply {
    status(&PLAN, &PLAN[..1], false)
}

fn done() -> Reply {
    status(&PLAN, &PLAN, true)
}

fn failed() -> Reply {
    status(&PLAN, &["a", "-b"], true)
}

/// Both tables are cleared.
fn idle() -> Reply {
    status(&[], &[], true)
}

/// A page for people.
fn page(code: u16, html: &str) -> Reply {
    Reply::status(code, html).header("content-type", "text/html; charset=utf-8")
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success() {
    let sample = [Reply::json(SAMPLE)];
    assert_ends(&sample, &["--once"], 0, 1);
    let out = assert_ends(&sample, &["-o", "json"], 0, 2);
    let events = out.events();
    // Nothing tells this run from an earlier one.
    let warning = named(&events, "warning")[0]["message"].as_str().unwrap();
    assert!(
        warning.contains("earlier") && warning.contains("--fresh"),
        "{warning}"
    );
    let names: Vec<_> = named(&events, "unit")
        .iter()
        .map(|unit| &unit["name"])
        .collect();
    assert_eq!(names[0], "检测部署脚本 (check_param)");
    assert_eq!(names.len(), 4);
    assert_eq!(events[0]["target"], "fsd:deploy:klcloud-fsd");
    assert_eq!(out.finished()["units"]["succeeded"], 4);
    // With --fresh it is the earlier run.
    let out = assert_ends(&sample, &["--fresh", "--once"], 7, 1);
    out.stdout_has("waiting for a new one")
        .stderr_lacks("use --fresh to be sure");
    let server = Server::script(sample.to_vec());
    let out = fsd(&server).args(["--fresh", "--timeout", "300ms"]).run();
    out.code(124);
    assert!(server.requests().len() > 3);
}

#[test]
fn each_operation_has_its_request() {
    let key = r#"部署 "1" \ {}"#;
    for (args, method, path, body) in [
        (
            &[][..],
            "POST",
            "/api/deploy/status",
            Some("deploy:klcloud-fsd"),
        ),
        (
            &["--operation", "deploy"],
            "POST",
            "/api/deploy/status",
            Some("deploy:klcloud-fsd"),
        ),
        (
            &["--operation", "extend", "--key", key],
            "POST",
            "/api/extend/status",
            Some(key),
        ),
        (
            &["--operation", "upgrade"],
            "GET",
            "/api/upgrade/status",
            None,
        ),
    ] {
        for base in ["", "/", "/base/"] {
            let server = Server::script(vec![failed()]);
            let endpoint = format!("{}{base}", server.url());
            deploywatch(["fsd", "--endpoint", &endpoint])
                .args(args)
                .run()
                .code(1);
            let request = &server.requests()[0];
            let path = format!("{}{path}", base.trim_end_matches('/'));
            assert_eq!((&*request.method, &request.target), (method, &path));
            let kind = request.header("content-type");
            assert_eq!(kind, body.map(|_| "application/json"));
            let sent = serde_json::from_str::<Value>(&request.body).ok();
            assert_eq!(sent, body.map(|key| json!({ "key": key })));
        }
    }
}

#[test]
fn what_is_seen_has_its_exit_code() {
    let going = going();
    for (answer, once, watched, requests) in [
        (done(), 0, 0, 3),
        (failed(), 1, 1, 2),
        (status(&PLAN, &["-a"], false), 1, 1, 2),
        (status(&PLAN, &PLAN[..2], true), 6, 6, 3),
        (status(&PLAN, &[], true), 6, 6, 3),
        (status(&PLAN[..2], &PLAN, true), 6, 6, 3),
    ] {
        assert_ends(from_ref(&answer), &["--once"], once, 1);
        assert_ends(&[going.clone(), answer], &[], watched, requests);
    }
    for answer in [
        going,
        idle(),
        status(&PLAN, &PLAN, false),
        status(&[], &["-a"], true),
    ] {
        assert_ends(from_ref(&answer), &["--once"], 7, 1);
        assert_ends(&[answer.clone(), answer, failed()], &[], 1, 3);
    }
}

#[test]
fn a_failure_says_why_and_leaves_the_rest_pending() {
    let out = assert_ends(&[going(), failed()], &[], 1, 2);
    out.stdout_has("步骤b (b): the reason").stderr_is_empty();
    let last = assert_ends(&[failed()], &["-o", "json"], 1, 1).finished();
    assert_eq!(last["failed"][0]["detail"], "the reason");
    let counts = &last["units"];
    let counts = ["succeeded", "failed", "pending", "running"].map(|state| counts[state].clone());
    assert_eq!(counts, [1, 1, 1, 0]);
}

#[test]
fn a_success_needs_two_polls_that_find_the_same_plan() {
    // While a new run is written, row by row, what ended may be as long as the plan for a moment.
    let rows = |n: usize| status(&PLAN[..n], &PLAN[..1], n == 1);
    let replies = [idle(), rows(1), rows(2), rows(3), going(), done(), done()];
    assert_ends(&replies, &[], 0, 7);
    let replies = [
        idle(),
        rows(1),
        status(&PLAN[..2], &PLAN[..2], true),
        rows(3),
        failed(),
    ];
    assert_ends(&replies, &[], 1, 5);
    assert_ends(
        &[rows(1), status(&["x"], &["x"], true), failed()],
        &[],
        1,
        3,
    );
    // Failed polls between the two neither count nor begin anew.
    let replies = [
        going(),
        done(),
        Reply::status(502, ""),
        Reply::reset(),
        done(),
    ];
    assert_ends(&replies, &[], 0, 5);
    // What is unclear twice has ended, once it has not.
    let unclear = || status(&PLAN, &PLAN[..2], true);
    assert_ends(&[going(), unclear(), going(), done()], &[], 0, 5);
    let out = assert_ends(&[going(), unclear()], &[], 6, 3);
    out.stdout_has("ended without a reported result");
}

#[test]
fn a_fresh_watch_waits_for_a_new_run() {
    let longer = ["a", "b", "c", "d", "e"];
    for (replies, code, requests) in [
        // The tables are cleared and written anew, seen in every state on the way.
        (
            vec![
                done(),
                done(),
                status(&[], &PLAN, false),
                idle(),
                status(&longer[..1], &longer[..1], true),
                status(&longer, &longer[..1], false),
                status(&longer, &longer, true),
            ],
            0,
            8,
        ),
        (vec![failed(), failed(), idle(), going(), done()], 0, 6),
        // The same plan once more.
        (
            vec![done(), done(), status(&PLAN, &[], false), failed()],
            1,
            4,
        ),
        // A new run that nobody saw run.
        (vec![done(), status(&longer, &longer, true)], 0, 3),
        (vec![done(), status(&longer, &["a", "-b"], true)], 1, 3),
        // The earlier run's plan is cleared row by row.
        (
            vec![
                failed(),
                status(&PLAN[..2], &["a", "-b"], true),
                idle(),
                going(),
                done(),
            ],
            0,
            6,
        ),
        // A run that goes on when the watch begins is the one that is meant.
        (vec![going(), done()], 0, 3),
        (vec![idle(), failed()], 1, 2),
    ] {
        let out = assert_ends(&replies, &["--fresh"], code, requests);
        out.stderr_lacks("use --fresh to be sure");
    }
    // Without --fresh the old run is the answer, and said to be perhaps an old one.
    let out = assert_ends(&[failed()], &[], 1, 1);
    out.stderr_has("use --fresh to be sure");
    assert_ends(&[going(), done()], &[], 0, 3).stderr_lacks("earlier");
}

#[test]
fn a_watch_that_is_taken_up_again_is_of_the_run_that_it_saw() {
    for (answer, seen, kept) in [
        (done(), "waiting for a new one", true),
        (going(), "running", false),
    ] {
        let server = Server::script(vec![answer]);
        let mut running = fsd(&server).args(["--fresh"]).spawn();
        running.wait_for_stdout(seen);
        running.signal(Signal::INT);
        let out = running.wait();
        out.code(130).stdout_has("deploywatch fsd --interval 20ms");
        let resumes = out.stdout.lines().last().unwrap();
        assert_eq!(resumes.contains("--fresh"), kept, "{out}");
    }
}

/// The units of the events: name and state, `*` before one that is new.
fn told(out: &Output) -> Vec<String> {
    let events = out.events();
    let told = named(&events, "unit").into_iter().map(|unit| {
        let new = if unit["from"].is_null() { "*" } else { "" };
        let text = |field: &str| unit[field].as_str().unwrap().to_owned();
        format!("{new}{} {}", text("id"), text("state"))
    });
    told.collect()
}

#[test]
fn an_empty_plan_does_not_reset_the_units_and_another_plan_does() {
    let out = assert_ends(&[going(), idle(), going(), failed()], &["-o", "json"], 1, 4);
    let first = ["*1 succeeded", "*2 running", "*3 pending"];
    assert_eq!(told(&out), [&first[..], &["2 failed"]].concat());
    let phases: Vec<_> = named(&out.events(), "phase")
        .iter()
        .map(|phase| phase["phase"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(phases, ["running", "pending", "running", "failed"]);

    let longer = ["a", "b", "c", "d"];
    let replies = [going(), idle(), status(&longer, &["-a"], false)];
    let out = assert_ends(&replies, &["-o", "json"], 1, 3);
    let second = ["*1 failed", "*2 pending", "*3 pending", "*4 pending"];
    assert_eq!(told(&out), [&first[..], &second].concat());
    assert_eq!(out.finished()["units"]["total"], 4);
}

#[test]
fn errors_have_their_words_and_their_hints() {
    let refusals = [
        (page(404, NOT_FOUND), "the installer's port"),
        (
            Reply::status(405, r#"{"message":"not allowed"}"#),
            "--operation",
        ),
        (Reply::status(415, r#"{"message":"not JSON"}"#), "not JSON"),
        (
            Reply::status(400, r#"{"message":{"key":"Missing"}}"#),
            "key: Missing",
        ),
        (
            Reply::status(400, r#"{"message":"could not understand"}"#),
            "could not understand",
        ),
        (Reply::redirect("https://192.0.2.1/"), "not followed"),
    ];
    for (refusal, says) in refusals {
        assert_ends(from_ref(&refusal), &[], 5, 1).stdout_has(says);
        assert_ends(&[going(), refusal.clone()], &[], 5, 3).stdout_has(says);
        assert_ends(&[going(), refusal, failed()], &[], 1, 3);
    }
    for fault in [
        Reply::status(
            200,
            r#"{"code":500,"message":"database is locked","data":null}"#,
        ),
        Reply::status(200, SAMPLE.replace("\"code\": 0", "\"code\": 7")),
        page(500, "<title>TypeError // Werkzeug Debugger</title>"),
        Reply::html("<title>We will be back soon</title>"),
        Reply::empty(),
        Reply::json(r#"{"code":0,"data":{}}"#),
    ] {
        assert_ends(from_ref(&fault), &["--once"], 6, 1);
        assert_ends(&[fault, failed()], &[], 1, 2);
    }
    let locked = Reply::json(r#"{"code":500,"message":"database is locked"}"#);
    assert_ends(&[locked], &["--once"], 6, 1).stdout_has("code 500: database is locked");
}

#[test]
fn no_secret_is_sent_so_that_plain_http_needs_no_leave() {
    let proxy = Server::script(vec![failed()]);
    let program = deploywatch(["fsd", "--endpoint", "http://192.0.2.1:1236"]);
    program.env("HTTP_PROXY", proxy.url()).run().code(1);
    assert_eq!(proxy.requests()[0].header("authorization"), None);
}

#[test]
fn a_key_that_cannot_be_printed_is_turned_down() {
    let server = Server::script(vec![done()]);
    for key in ["", "a\nb", "a\u{1b}[31m", &"k".repeat(201)] {
        let out = fsd(&server).args(["--key", key]).run();
        out.code(2).stdout_is_empty().stderr_has("--key");
    }
    for args in [["--operation", "remove"], ["--endpoint", "127.0.0.1:1236"]] {
        fsd(&server).args(args).run().code(2).stdout_is_empty();
    }
    server.assert_untouched();
}

#[test]
fn each_scenario_of_the_demo_has_its_exit_code() {
    let watches = [("success", 0, 4), ("failure", 1, 4), ("flaky", 0, 6)];
    let watches = watches.map(|(scenario, code, steps)| {
        let program = deploywatch(["demo", "fsd", "--duration", "2s", "--scenario", scenario]);
        let program = program.args(["-i", "20ms", "-o", "json"]);
        (scenario, code, steps, program.spawn())
    });
    for (scenario, code, steps, running) in watches {
        let out = running.wait();
        let last = out.code(code).stderr_is_empty().finished();
        assert_eq!(last["units"]["total"], steps, "{scenario}\n{out}");
        out.stdout_has("waiting for a new one");
        let faults = named(&out.events(), "offline").len();
        assert_eq!(faults > 0, scenario == "flaky", "{out}");
    }
    for scenario in ["pause", "cancel"] {
        let out = deploywatch(["demo", "fsd", "--scenario", scenario]).run();
        out.code(2).stdout_is_empty();
    }
}

#[test]
fn a_served_demo_is_watched_to_its_end_by_the_line_that_was_printed() {
    let args = ["demo", "fsd", "--duration", "1s", "--serve", "127.0.0.1:0"];
    let mut server = deploywatch(args).spawn();
    let line = server.first_line();
    let words: Vec<_> = line.split_whitespace().collect();
    let ["deploywatch", args @ ..] = &words[..] else {
        panic!("{line}");
    };
    assert!(args.contains(&"--fresh"), "{line}");
    deploywatch(args)
        .args(["-i", "20ms"])
        .run()
        .code(0)
        .stderr_is_empty();
}
