//! FSD: what each answer of the installer means for the watch.

use std::slice::from_ref;

use serde_json::{Value, json};

use std::time::{Duration, Instant};

use crate::support::{Output, Program, Reply, Server, Signal, deploywatch, named};

const SAMPLE: &str = include_str!("../fixtures/fsd.response.json");
/// The server's response to a path that it does not know.
const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>";

/// `deploywatch fsd` of the run on this server.
fn fsd(server: &Server) -> Program {
    deploywatch(["fsd", "--interval", "20ms", "--endpoint", &server.url()])
}

/// The responses to a poll: the status, and the history where it is requested.
type Poll = (Reply, Reply);

/// An installer that answers these polls in their order, and the last one for ever. It has no log.
fn installer(polls: Vec<Poll>) -> Server {
    let mut polled = 0;
    Server::start(move |request, _| {
        let resource = resource(&request.target);
        polled += usize::from(resource == "status");
        let (status, history) = &polls[polled.clamp(1, polls.len()) - 1];
        match resource {
            "status" => status.clone(),
            "history" => history.clone(),
            _ => page(404, NOT_FOUND),
        }
    })
}

/// The end of a path, without the query.
fn resource(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// How often the status was asked for.
fn polls(server: &Server) -> usize {
    let requests = server.requests();
    let resources = requests.iter().map(|request| resource(&request.target));
    resources.filter(|resource| *resource == "status").count()
}

/// The watch of these statuses, with these options, ends with this code after so many polls. The
/// history says that the run has ended.
#[track_caller]
fn assert_ends(statuses: &[Reply], args: &[&str], code: i32, expected: usize) -> Output {
    let ended = statuses.iter().cloned();
    let ended = ended.map(|status| (status, history("10:00:00", true)));
    let server = installer(ended.collect());
    let out = fsd(&server).args(args).run();
    out.code(code);
    assert_eq!(polls(&server), expected, "polls\n{out}");
    out
}

/// The same on an older server without a history, where a success takes a second.
#[track_caller]
fn assert_ends_without_history(statuses: &[Reply], args: &[&str], code: i32) -> Output {
    let old = statuses.iter().cloned();
    let server = installer(old.map(|status| (status, page(404, NOT_FOUND))).collect());
    let out = fsd(&server).args(args).args(["--timeout", "10s"]).run();
    out.code(code);
    assert!(polls(&server) >= statuses.len(), "{out}");
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

/// The history: when the last run began, and its result.
fn history(start: &str, result: impl Into<Value>) -> Reply {
    let start = format!("2025-07-09 {start}");
    let result: Value = result.into();
    let data = json!({ "startTime": start, "endTime": "", "result": result });
    Reply::json(json!({ "code": 0, "data": data, "state": 200 }).to_string())
}

/// A page for people.
fn page(code: u16, html: &str) -> Reply {
    Reply::status(code, html).header("content-type", "text/html; charset=utf-8")
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success() {
    let sample = [Reply::json(SAMPLE)];
    assert_ends(&sample, &["--once"], 0, 1);
    assert_ends_without_history(&sample, &["--once"], 0);
    let out = assert_ends(&sample, &["-o", "json"], 0, 2);
    let events = out.events();
    // Nothing tells this run from an earlier one.
    let warnings = named(&events, "warning").into_iter();
    let warnings: Vec<_> = warnings
        .map(|warning| warning["message"].to_string())
        .collect();
    let is_told = |warning: &String| warning.contains("earlier") && warning.contains("--fresh");
    assert!(warnings.iter().any(is_told), "{warnings:?}");
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
    let server = installer(vec![(Reply::json(SAMPLE), history("10:00:00", true))]);
    let out = fsd(&server).args(["--fresh", "--timeout", "300ms"]).run();
    out.code(124);
    assert!(polls(&server) > 3);
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
            let missing = || page(404, NOT_FOUND);
            let server = installer(vec![(going(), missing()), (failed(), missing())]);
            let endpoint = format!("{}{base}", server.url());
            deploywatch(["fsd", "--interval", "20ms", "--endpoint", &endpoint])
                .args(args)
                .run()
                .code(1);
            let requests = server.requests();
            let base = base.trim_end_matches('/');
            let targets: Vec<_> = requests
                .iter()
                .map(|it| (&*it.method, &*it.target))
                .collect();
            let path = format!("{base}{path}");
            let operation = path.trim_end_matches("status");
            // A failure needs no history.
            let query = if method == "POST" {
                ""
            } else {
                "?sort=endtime&size=1"
            };
            let history = ("GET", format!("{operation}history{query}"));
            let status = (method, path.clone());
            let mut expected = vec![status.clone(), history, status];
            if method == "POST" {
                expected.push(("GET", format!("{operation}download")));
            }
            let expected: Vec<_> = expected
                .iter()
                .map(|(method, it)| (*method, &**it))
                .collect();
            assert_eq!(targets, expected);
            let request = &requests[0];
            let kind = request.header("content-type");
            assert_eq!(kind, body.map(|_| "application/json"));
            let sent = serde_json::from_str::<Value>(&request.body).ok();
            assert_eq!(sent, body.map(|key| json!({ "key": key })));
            if args.is_empty() {
                let sample = include_str!("../fixtures/fsd.request.json");
                assert_eq!(sent, serde_json::from_str(sample).ok());
            }
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
        status(&[], &["a"], true),
    ] {
        assert_ends(from_ref(&answer), &["--once"], 7, 1);
        assert_ends(&[answer.clone(), answer, failed()], &[], 1, 3);
    }
}

#[test]
fn a_failure_says_why_and_leaves_the_rest_pending() {
    let out = assert_ends(&[going(), failed()], &[], 1, 2);
    out.stdout_has("步骤b (b): the reason");
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
    for (replies, code) in [
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
        ),
        (vec![failed(), failed(), idle(), going(), done()], 0),
        // The same plan once more.
        (vec![done(), done(), status(&PLAN, &[], false), failed()], 1),
        // A new run that nobody saw run.
        (vec![done(), status(&longer, &longer, true)], 0),
        (vec![done(), status(&longer, &["a", "-b"], true)], 1),
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
        ),
        // A run that goes on when the watch begins is the one that is meant.
        (vec![going(), done()], 0),
        (vec![idle(), failed()], 1),
    ] {
        let out = assert_ends_without_history(&replies, &["--fresh"], code);
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
        let server = installer(vec![(answer, page(404, NOT_FOUND))]);
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
fn a_success_needs_the_consent_of_the_history() {
    let one_row = || status(&PLAN[..1], &PLAN[..1], true);
    let runs = || history("10:00:00", "");
    for seen in [one_row(), done()] {
        let server = installer(vec![(seen.clone(), runs())]);
        let out = fsd(&server).args(["--timeout", "300ms"]).run();
        out.code(124).stderr_lacks("earlier");
        let server = installer(vec![(seen, runs())]);
        fsd(&server).args(["--once"]).run().code(7);
    }
    let server = installer(vec![
        (one_row(), runs()),
        (one_row(), runs()),
        (status(&PLAN[..2], &PLAN[..1], false), runs()),
        (done(), runs()),
        (done(), history("10:00:04", true)),
    ]);
    fsd(&server).run().code(0);
    assert_eq!(polls(&server), 6, "two polls have its consent");
}

#[test]
fn without_a_history_two_polls_a_second_apart_decide() {
    let server = installer(vec![(done(), page(404, NOT_FOUND))]);
    let begun = Instant::now();
    fsd(&server).run().code(0);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // For half a second it looks like a success.
    let torn = vec![status(&PLAN[..1], &PLAN[..1], true); 20];
    let statuses = [torn, vec![going(), failed()]].concat();
    assert_ends_without_history(&statuses, &[], 1);
}

#[test]
fn a_success_that_took_a_second_replays_as_one() {
    let folder = tempfile::tempdir().unwrap();
    // Polls a second apart confirm or do not by a hair.
    let watches: Vec<_> = (0..8)
        .map(|number| {
            let server = installer(vec![(done(), page(404, NOT_FOUND))]);
            let file = folder.path().join(number.to_string());
            let interval = ["1s", "200ms"][number % 2];
            let program = deploywatch(["fsd", "-i", interval, "--endpoint", &server.url()]);
            let capture = ["--capture", file.to_str().unwrap()];
            (program.args(capture).spawn(), server, file)
        })
        .collect();
    for (watch, _server, file) in watches {
        let live = watch.wait();
        live.code(0);
        let replay = deploywatch(["replay", "--speed", "1000", file.to_str().unwrap()]).run();
        replay.code(0);
        assert_eq!(untimed(&replay.stdout), untimed(&live.stdout));
    }
}

/// Lines without the times that they begin with: a live watch begins in another second than its recording.
fn untimed(stdout: &str) -> Vec<&str> {
    let lines = stdout.lines().map(|line| match line.split_once(' ') {
        Some((time, rest)) if time.ends_with('Z') => rest,
        _ => line,
    });
    lines.collect()
}

#[test]
fn a_history_that_cannot_be_read_is_a_failed_poll() {
    for unreadable in [
        Reply::status(500, ""),
        Reply::status(403, "{}"),
        Reply::html("<title>FSD</title>"),
        Reply::json(r#"{"code":0,"data":{"result":tr"#),
        Reply::json(r#"{"code":500,"message":"database is locked"}"#),
        Reply::json(r#"{"code":0,"data":[true]}"#),
        Reply::empty(),
        Reply::reset(),
        // The two contradict each other.
        history("10:00:00", false),
    ] {
        let server = installer(vec![(done(), unreadable.clone())]);
        let out = fsd(&server).args(["--max-offline", "200ms"]).run();
        out.code(6);
        let server = installer(vec![
            (going(), history("10:00:00", "")),
            (done(), unreadable.clone()),
            (done(), unreadable),
            (done(), history("10:00:05", true)),
        ]);
        fsd(&server).run().code(0);
        assert_eq!(polls(&server), 5);
    }
    // Nothing after something is no history of an older server.
    let gone = [
        Reply::json(r#"{"code":0,"data":null}"#),
        page(404, NOT_FOUND),
    ];
    for gone in gone {
        let server = installer(vec![
            (going(), history("10:00:00", "")),
            (done(), gone.clone()),
        ]);
        let out = fsd(&server).args(["--max-offline", "200ms"]).run();
        out.code(6).stdout_has("has no run any more");
        let server = installer(vec![(done(), history("10:00:00", true)), (idle(), gone)]);
        let out = fsd(&server)
            .args(["--fresh", "--max-offline", "200ms", "--lang", "zh"])
            .run();
        out.code(6).stdout_has("安装器的历史中已没有任何记录");
    }
}

#[test]
fn a_failed_step_is_a_failure_whatever_the_history_says_or_fails_to_say() {
    let mut watches = Vec::new();
    for history_then in [
        Reply::status(500, ""),
        Reply::html("<title>FSD</title>"),
        Reply::json(r#"{"code":0,"data":{"result":tr"#),
        Reply::json(r#"{"code":500,"message":"database is locked"}"#),
        Reply::json(r#"{"code":0,"data":null}"#),
        Reply::reset(),
        Reply::hang(),
        history("10:00:00", ""),
        history("10:00:00", true),
    ] {
        let failed = || (failed(), history_then.clone());
        let mut watch = |polls: Vec<Poll>, args: &[&str]| {
            let server = installer(polls);
            let program = fsd(&server).args(["--timeout", "20s"]).args(args);
            watches.push((program.spawn(), server));
        };
        watch(vec![failed()], &["--once"]);
        watch(vec![failed()], &[]);
        watch(vec![(going(), history("10:00:00", "")), failed()], &[]);
        // Lists that the run before cannot show.
        let before = || (done(), history("10:00:00", true));
        watch(vec![before(), failed()], &["--fresh"]);
        watch(
            vec![before(), (going(), page(404, NOT_FOUND)), failed()],
            &["--fresh"],
        );
    }
    for (watch, _server) in watches {
        watch.wait().code(1).stdout_has("步骤b (b): the reason");
    }
    // Nor must it be told of an installer that was idle.
    for history_then in [Reply::status(500, ""), Reply::html("<title>FSD</title>")] {
        let server = installer(vec![
            (idle(), history_then.clone()),
            (failed(), history_then),
        ]);
        fsd(&server).args(["--fresh"]).run().code(1);
    }
}

#[test]
fn a_fresh_watch_knows_the_run_before_by_its_history() {
    let old = || (done(), history("10:00:00", true));
    let args = ["--fresh", "--timeout", "400ms"];
    let server = installer(vec![
        old(),
        old(),
        (idle(), history("10:00:00", true)),
        old(),
    ]);
    fsd(&server).args(args).run().code(124);
    // An identical quick retry.
    let server = installer(vec![old(), old(), (done(), history("11:00:00", true))]);
    fsd(&server).args(["--fresh"]).run().code(0);
    // The new run has begun, and the lists are still those of the one before.
    let failed_before = || (failed(), history("10:00:00", true));
    let server = installer(vec![
        failed_before(),
        (failed(), history("11:00:00", "")),
        (status(&[], &["a", "-b"], true), history("11:00:00", "")),
        (status(&[], &["a", "-b"], true), history("11:00:00", "")),
        (going(), history("11:00:00", "")),
        (done(), history("11:00:03", true)),
    ]);
    fsd(&server).args(["--fresh"]).run().code(0);
    // What the lists prove is a new run, whose success its own history must allow.
    let server = installer(vec![old(), (going(), history("10:00:00", true)), old()]);
    fsd(&server).args(args).run().code(124);
}

#[test]
fn a_fresh_watch_takes_no_empty_list_for_a_new_run() {
    let mut watches = Vec::new();
    for blinks in [
        vec![status(&[], &[], false)],
        vec![idle(), idle(), idle()],
        vec![status(&PLAN, &[], false)],
        vec![status(&PLAN, &[], true)],
        vec![status(&[], &PLAN, false), status(&[], &PLAN, false)],
    ] {
        for before in [vec![done(), done()], vec![failed(), failed()], vec![]] {
            let again = before.first().cloned().unwrap_or_else(done);
            let statuses = [before, blinks.clone(), vec![again]].concat();
            let missing = |status| (status, page(404, NOT_FOUND));
            let server = installer(statuses.into_iter().map(missing).collect());
            let program = fsd(&server).args(["--fresh", "--timeout", "1300ms"]);
            watches.push((program.spawn(), server));
        }
    }
    for (watch, _server) in watches {
        watch.wait().code(124);
    }
}

#[test]
fn a_new_run_with_the_same_plan_begins_its_units_anew() {
    let first = || (going(), history("10:00:00", ""));
    let second = |ended: &[&str]| (status(&PLAN, ended, false), history("11:00:00", ""));
    let server = installer(vec![
        first(),
        first(),
        second(&[]),
        second(&PLAN[..1]),
        (status(&PLAN, &["a", "-b"], true), history("11:00:02", true)),
    ]);
    let out = fsd(&server).args(["-o", "json"]).run();
    out.code(1);
    let first = ["*1 succeeded", "*2 running", "*3 pending"];
    let second = ["*1 running", "*2 pending", "*3 pending"];
    let then = ["1 succeeded", "2 running", "2 failed"];
    assert_eq!(told(&out), [first, second, then].concat());
    // The end of a run writes its start once more.
    let server = installer(vec![
        (going(), history("10:00:00", "")),
        (done(), history("10:00:07", true)),
    ]);
    let out = fsd(&server).args(["-o", "json"]).run();
    let then = ["2 succeeded", "3 succeeded"];
    assert_eq!(told(out.code(0)), [&first[..], &then].concat());
}

#[test]
fn a_failed_step_beside_an_empty_plan_is_a_failure_on_two_polls() {
    for is_end in [true, false] {
        let left = |ended| status(&[], ended, is_end);
        let out = assert_ends(&[going(), left(&["a", "-b"])], &[], 1, 3);
        out.stdout_has("步骤b (b): the reason");
        assert_ends(&[left(&["a", "-b"])], &["--once"], 1, 1);
        let moving = [
            left(&["a", "-b"]),
            left(&["a"]),
            left(&[]),
            going(),
            failed(),
        ];
        assert_ends(&moving, &[], 1, 5);
        let server = installer(vec![(left(&["a"]), page(404, NOT_FOUND))]);
        let out = fsd(&server).args(["--timeout", "200ms"]).run();
        out.code(124).stdout_has("running");
    }
}

#[test]
fn the_log_of_a_failed_step_is_the_end_of_the_installers_log() {
    let log = |log: Vec<u8>| {
        let log = format!("content-length: {}\r\n\r\n", log.len())
            .into_bytes()
            .into_iter()
            .chain(log);
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n".to_vec();
        Reply::raw(head.into_iter().chain(log).collect::<Vec<_>>())
    };
    let watch = |operation: &str, log: Reply| {
        let server = Server::start(move |request, _| match resource(&request.target) {
            "status" => failed(),
            "download" => log.clone(),
            _ => page(404, NOT_FOUND),
        });
        let out = fsd(&server)
            .args(["--operation", operation, "--logs", "2", "-o", "json"])
            .run();
        let requests = server.requests();
        let asked = requests.iter().find(|it| it.target.ends_with("/download"));
        let asked = asked.map(|it| (it.target.clone(), it.header("range").map(str::to_owned)));
        let lines = out.code(1).finished()["failed"][0]["log"].clone();
        (lines, asked)
    };
    let ansible = b"PLAY [all]\n\x1b[31mTASK [deploy]\xb4\xc5\x1b[0m\nfatal: disk full\n".to_vec();
    let large = [
        vec![b'x'; 5 << 20],
        b"\nTASK [deploy]\nfatal: disk full\n".to_vec(),
    ]
    .concat();
    for operation in ["deploy", "extend"] {
        let (lines, asked) = watch(operation, log(ansible.clone()));
        assert_eq!(
            lines,
            json!(["TASK [deploy]\u{fffd}\u{fffd}", "fatal: disk full"])
        );
        let (path, range) = asked.unwrap();
        assert_eq!(path, format!("/api/{operation}/download"));
        assert!(range.unwrap().starts_with("bytes=-"));
        let (lines, _) = watch(operation, log(large.clone()));
        assert_eq!(lines, json!(["TASK [deploy]", "fatal: disk full"]));
    }
    for none in [
        page(404, NOT_FOUND),
        Reply::html("<title>FSD</title>"),
        Reply::empty(),
    ] {
        assert!(watch("deploy", none).0.is_null());
    }
    assert_eq!(watch("upgrade", log(ansible)), (Value::Null, None));
}

#[test]
fn an_interval_under_a_second_is_warned_of() {
    for (interval, warned) in [("999ms", true), ("1s", false)] {
        let server = installer(vec![(failed(), page(404, NOT_FOUND))]);
        let endpoint = server.url();
        let out = deploywatch(["fsd", "--endpoint", &endpoint, "-i", interval]).run();
        let warnings = out.code(1).stderr.matches("an --interval under 1s").count();
        assert_eq!(warnings, usize::from(warned), "{out}");
    }
    let server = installer(vec![(failed(), page(404, NOT_FOUND))]);
    let out = fsd(&server).args(["--lang", "zh"]).run();
    out.code(1).stderr_has("--interval 小于 1s");
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
    assert_ends(&[locked], &["--once"], 6, 1).stdout_has("500 database is locked");
}

#[test]
fn no_secret_is_sent_so_that_plain_http_needs_no_leave() {
    let proxy = installer(vec![(failed(), page(404, NOT_FOUND))]);
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
    let out = deploywatch(args).args(["-i", "20ms"]).run();
    out.code(0).stderr_has("--interval");
    assert_eq!(out.stderr.lines().count(), 1, "{out}");
}
