//! CodeArts Deploy: what each answer of the provider means for the watch, and which run it is of.

use serde_json::{Value, json};

use crate::support::{Output, Program, Reply, SECRET, Server, deploywatch, named};

const SAMPLE: &str = include_str!("../fixtures/codearts.response.json");
const TASK: &str = "e700f15965694253940502911220d76b";
/// The run of the vendor's sample.
const RECORD: &str = "2c82ffe8d00d4968a4e5f7a36d87ae17";
const NEW: &str = "5a1f0c7b9d2e4f3680b7c6d5e4f30211";

/// `deploywatch codearts` for the task, signed in with the planted secret and polling the server
/// each 20 ms.
fn codearts(server: &Server) -> Program {
    deploywatch(["codearts", "--task", TASK, "--endpoint", &server.url()])
        .args(["--interval", "20ms"])
        .env("HW_AUTH_TOKEN", SECRET)
}

/// The state of a run with this status.
fn run(record: &str, status: &str) -> Reply {
    let step = match status {
        "pending" | "running" => "running",
        _ => "finish",
    };
    state(&json!({ "record_id": record, "task_id": TASK, "status": status, "step": step }))
}

fn state(result: &Value) -> Reply {
    Reply::json(json!({ "status": "success", "result": result }).to_string())
}

/// The watch of these answers, with these options, to its end; and the queries it made.
#[track_caller]
fn watch(replies: &[Reply], args: &[&str]) -> (Output, Vec<String>) {
    let server = Server::script(replies.to_vec());
    let out = codearts(&server).args(args).run();
    let path = format!("/v2/tasks/{TASK}/state?");
    let requests = server.requests().into_iter();
    let query = |target: &str| target.strip_prefix(&path).unwrap().to_owned();
    (out, requests.map(|it| query(&it.target)).collect())
}

/// The query for a run, and for the latest one.
fn query(record: Option<&str>) -> String {
    match record {
        Some(record) => format!("record_id={record}&step_state=true"),
        None => "step_state=true".into(),
    }
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success() {
    for args in [&[][..], &["--once"], &["--strict"], &["--fail-fast"]] {
        let (out, queries) = watch(&[Reply::json(SAMPLE)], args);
        assert_eq!(queries, [query(None)], "{out}");
        // It may be the run before the one that is meant.
        out.code(0)
            .stderr_has("use --fresh or --record ID to be sure");
    }
    let (out, queries) = watch(&[Reply::json(SAMPLE)], &["--record", RECORD]);
    out.code(0).stderr_is_empty();
    assert_eq!(queries, [query(Some(RECORD))]);
}

#[test]
fn each_word_of_a_run_has_its_exit_code() {
    for (word, code) in [
        ("succeeded", 0),
        ("failed", 1),
        ("timeout", 1),
        ("abort", 3),
        ("cancelled", 3),
        ("not_started", 3),
    ] {
        let replies = [
            run(RECORD, "pending"),
            run(RECORD, "running"),
            run(RECORD, word),
        ];
        let (out, queries) = watch(&replies, &[]);
        out.code(code).stderr_is_empty();
        assert_eq!(queries.len(), 3, "{word}\n{out}");
    }
    for word in ["pending", "not_executed", "running"] {
        watch(&[run(RECORD, word)], &["--once"]).0.code(7);
    }
}

#[test]
fn the_first_answer_pins_the_run() {
    let replies = [
        run(RECORD, "running"),
        run(RECORD, "running"),
        run(RECORD, "succeeded"),
    ];
    let (out, queries) = watch(&replies, &["-o", "json"]);
    let last = out.code(0).finished();
    assert_eq!(
        last["target"],
        format!("codearts:{TASK}"),
        "of the ids that were given"
    );
    let pinned = query(Some(RECORD));
    assert_eq!(queries, [query(None), pinned.clone(), pinned.clone()]);

    let (out, queries) = watch(&replies, &["-o", "json", "--record", RECORD]);
    let last = out.code(0).finished();
    assert_eq!(last["target"], format!("codearts:{TASK}/{RECORD}"));
    assert_eq!(queries, [pinned.clone(), pinned.clone(), pinned]);
}

#[test]
fn a_newer_run_is_not_followed_unasked() {
    // A server that does not care which run it was asked for.
    let replies = [run(RECORD, "running"), run(NEW, "succeeded")];
    for args in [&[][..], &["--record", RECORD]] {
        let offline = [args, &["--max-offline", "100ms"]].concat();
        let (out, _) = watch(&replies, &offline);
        out.code(6)
            .stdout_has("about another run than the one being watched");
    }
    let unsafe_id = "../../secrets?a=b";
    let replies = [run(unsafe_id, "running"), run(NEW, "succeeded")];
    let (out, queries) = watch(&replies, &["--max-offline", "100ms"]);
    out.code(6);
    assert!(queries.iter().all(|it| *it == query(None)), "{queries:?}");
}

#[test]
fn a_record_id_that_means_something_in_a_url_is_left_out() {
    for id in ["a/b", "..", "a&step_state=false", "a b", "部署"] {
        let replies = [run(id, "running"), run(id, "running"), run(id, "succeeded")];
        let (out, queries) = watch(&replies, &[]);
        out.code(0);
        assert_eq!(queries, [query(None), query(None), query(None)], "{id}");
    }
}

#[test]
fn the_line_that_resumes_names_the_run() {
    for (args, record) in [(&[][..], RECORD), (&["--fresh"], RECORD), (&[], "a.b")] {
        let timeout = [args, &["--timeout", "800ms"]].concat();
        let (out, _) = watch(&[run(record, "running")], &timeout);
        out.code(124).stdout_has("Resume with:");
        let named = out.stdout.contains(&format!(" --record {record}"));
        assert_eq!(named, record == RECORD, "{out}");
        let line = out.stdout.lines().last().unwrap_or_default();
        assert!(!line.contains("--fresh"), "{out}");
    }
}

#[test]
fn fresh_waits_for_another_run_than_one_that_had_ended() {
    let replies = [
        run(RECORD, "succeeded"),
        run(RECORD, "succeeded"),
        run(NEW, "pending"),
        run(NEW, "running"),
        run(NEW, "failed"),
    ];
    let (out, queries) = watch(&replies, &["--fresh", "-o", "json"]);
    let last = out.code(1).finished();
    assert_eq!(last["target"], format!("codearts:{TASK}"));
    let (latest, new) = (query(None), query(Some(NEW)));
    let expected = [&latest, &latest, &latest, &new, &new];
    assert_eq!(queries.iter().collect::<Vec<_>>(), expected);
    let events = out.events();
    let phases: Vec<_> = named(&events, "phase")
        .iter()
        .map(|it| it["phase"].clone())
        .collect();
    assert_eq!(phases, ["pending", "pending", "running", "failed"]);
    let message = named(&events, "phase")[0]["message"].clone();
    assert!(
        message.as_str().unwrap().contains("waiting for a new one"),
        "{message}"
    );
    assert!(named(&events, "warning").is_empty(), "{out}");
}

#[test]
fn fresh_takes_a_run_that_goes_on_and_one_that_comes_and_goes_between_two_polls() {
    let going = [run(NEW, "running"), run(NEW, "succeeded")];
    let (out, queries) = watch(&going, &["--fresh"]);
    out.code(0).stderr_is_empty();
    assert_eq!(queries, [query(None), query(Some(NEW))]);
    let quick = [run(RECORD, "failed"), run(NEW, "succeeded")];
    watch(&quick, &["--fresh"]).0.code(0);
}

#[test]
fn fresh_is_never_green_for_the_run_before() {
    let before = [run(RECORD, "succeeded")];
    watch(&before, &["--fresh", "--timeout", "300ms"])
        .0
        .code(124);
    watch(&before, &["--fresh", "--once"]).0.code(7);
    // Nor where the answer does not say which run it is about.
    let nameless = [state(&json!({ "status": "succeeded", "step": "finish" }))];
    let (out, _) = watch(&nameless, &["--fresh", "--max-offline", "0s"]);
    out.code(6).stdout_has("record_id");
    // Nor where one odd answer was about another run.
    let odd = [RECORD, NEW, RECORD].map(|record| run(record, "succeeded"));
    watch(&odd, &["--fresh", "--timeout", "300ms"]).0.code(124);
    // A word for the end that nobody documents is an end as well.
    let odd = [run(RECORD, "odd"), run(RECORD, "succeeded")];
    watch(&odd, &["--fresh", "--timeout", "300ms"]).0.code(124);
}

#[test]
fn a_wrong_command_line_is_turned_down() {
    let server = Server::script(vec![Reply::json(SAMPLE)]);
    for (args, says) in [
        (
            &["--fresh", "--record", RECORD][..],
            "cannot go with --record",
        ),
        (&["--record", "short"], "32 letters or digits"),
        (
            &["--record", "../../aaaaaaaaaaaaaaaaaaaaaaaaaa"],
            "32 letters or digits",
        ),
    ] {
        let out = codearts(&server).args(args).run();
        out.code(2).stdout_is_empty().stderr_has(says);
    }
    for args in [&["codearts"][..], &["codearts", "--task", "a"]] {
        deploywatch(args).run().code(2).stderr_has("--task");
    }
    server.assert_untouched();
}

#[test]
fn finish_with_an_unknown_word_twice_is_an_end_of_which_nothing_is_known() {
    let (out, queries) = watch(&[run(RECORD, "odd")], &[]);
    out.code(6)
        .stdout_has("ended without a reported result: odd");
    out.stderr_has("\"odd\" is not documented");
    assert_eq!(queries.len(), 2);
    watch(&[run(RECORD, "odd")], &["--once"]).0.code(6);
    let settles = [run(RECORD, "odd"), run(RECORD, "succeeded")];
    watch(&settles, &[]).0.code(0);
    let runs_on = json!({ "record_id": RECORD, "status": "odd", "step": "running" });
    watch(&[state(&runs_on)], &["--timeout", "300ms"])
        .0
        .code(124);
}

#[test]
fn only_an_outer_success_is_an_answer() {
    for outer in ["error", "failed", "succeeded", ""] {
        let body = json!({ "status": outer, "result": { "status": "succeeded" } });
        let (out, _) = watch(&[Reply::json(body.to_string())], &["--max-offline", "0s"]);
        out.code(6).stdout_has("error response: ");
    }
    let body = json!({ "status": "successful", "result": { "status": "succeeded" } });
    watch(&[Reply::json(body.to_string())], &[]).0.code(0);
}

#[test]
fn steps_are_units_by_their_place() {
    let step = |name: &str, enable: &str, elapsed: &str| {
        json!({ "region": "r", "id": TASK, "offset": "0", "enable": enable, "name": name,
                "current_offset": "100", "elapsed_time": elapsed, "faq_url": "" })
    };
    let run = |status: &str, times: [&str; 3]| {
        state(
            &json!({ "record_id": RECORD, "status": status, "step_state": [
            step("stop", "true", times[0]), step("skip", "false", ""),
            step("start", "true", times[1]), step("start", "true", times[2]) ] }),
        )
    };
    let replies = [
        run("running", ["", "", ""]),
        run("running", ["3", "", ""]),
        run("running", ["4", "1", ""]),
        run("failed", ["4", "2", ""]),
    ];
    let (out, _) = watch(&replies, &["-o", "json"]);
    let last = out.code(1).finished();
    let events = out.events();
    let changes: Vec<_> = named(&events, "unit")
        .into_iter()
        .map(|unit| format!("{} {} {}", unit["id"], unit["name"], unit["state"]).replace('"', ""))
        .collect();
    assert_eq!(
        changes,
        [
            "1 stop running",
            "2 skip skipped",
            "3 start pending",
            "4 start pending",
            "1 stop succeeded",
            "3 start running",
            "3 start failed",
        ]
    );
    assert!(
        named(&events, "unit")
            .iter()
            .all(|unit| unit["kind"] == "step")
    );
    assert!(
        named(&events, "unit")
            .iter()
            .all(|unit| unit["detail"].is_null())
    );
    let failed = &last["failed"];
    assert_eq!(
        (failed[0]["id"].as_str(), failed[0]["name"].as_str()),
        (Some("3"), Some("start"))
    );
}

#[test]
fn a_step_is_in_the_state_that_it_states() {
    // As the live service has it: numbers and booleans, and a time of 0 before a step begins.
    let step = |name: &str, state: &str, seconds: u32| {
        json!({ "id": 7, "offset": 0, "enable": true, "name": name, "current_offset": 100,
                "elapsed_time": seconds, "status": state })
    };
    let run = |status: &str, steps: [Value; 4]| {
        state(&json!({ "record_id": RECORD, "status": status, "step_state": steps }))
    };
    let replies = [
        run(
            "running",
            [
                step("initial", "succeeded", 0),
                step("stop", "running", 3),
                step("start", "pending", 0),
                step("check", "pending", 0),
            ],
        ),
        run(
            "failed",
            [
                step("initial", "succeeded", 0),
                step("stop", "failed", 4),
                // Begun in the log, but not what failed.
                step("start", "pending", 1),
                step("check", "pending", 0),
            ],
        ),
    ];
    let (out, _) = watch(&replies, &["-o", "json"]);
    let last = out.code(1).finished();
    let units = &last["units"];
    assert_eq!(units["succeeded"], 1, "{out}");
    assert_eq!(
        (&units["failed"], &units["pending"]),
        (&1.into(), &2.into()),
        "{out}"
    );
    assert_eq!(last["failed"][0]["name"], "stop", "{out}");
    assert!(named(&out.events(), "warning").len() < 2, "{out}");
}

/// A task that was never run, as the live service answers: without the envelope.
fn never_run(record: Option<&str>) -> Reply {
    let steps = json!([{ "name": "stop", "enable": true, "elapsed_time": 0 }]);
    let state = json!({ "task_id": TASK, "record_id": record, "status": "initial", "elapsed_time": 0,
                        "step_state": steps });
    Reply::json(state.to_string())
}

#[test]
fn the_first_run_of_a_task_is_waited_for() {
    for named in [None, Some(""), Some(NEW)] {
        let replies = [
            never_run(named),
            never_run(named),
            run(RECORD, "running"),
            run(RECORD, "succeeded"),
        ];
        for args in [&[][..], &["--fresh"]] {
            let (out, queries) = watch(&replies, args);
            out.code(0).stdout_has("the task has not been run yet");
            assert_eq!(queries[2..], [query(None), query(Some(RECORD))], "{out}");
        }
        // It came and went between two polls.
        let quick = [never_run(named), never_run(named), run(RECORD, "failed")];
        watch(&quick, &["--fresh"]).0.code(1);
        watch(&[never_run(named)], &["--once"]).0.code(7);
    }
    // One odd answer does not make the run before a new one, wherever it comes.
    for before in [
        &[run(RECORD, "succeeded"), never_run(None)][..],
        &[never_run(None)],
        &[never_run(Some(RECORD))],
    ] {
        let replies = [before, &[run(RECORD, "succeeded")]].concat();
        watch(&replies, &["--fresh", "--timeout", "300ms"])
            .0
            .code(124);
    }
    // No other word stands without the envelope.
    for word in ["succeeded", "success", "failed", "running"] {
        let body = json!({ "task_id": TASK, "record_id": RECORD, "status": word });
        let (out, _) = watch(&[Reply::json(body.to_string())], &["--max-offline", "0s"]);
        out.code(6);
    }
}

#[test]
fn an_error_beside_a_success_is_a_failed_poll() {
    for error in [
        json!({ "error": { "code": "Deploy.00011020", "message": "no task" } }),
        json!({ "error": { "reason": "no task" } }),
        json!({ "error_code": "Deploy.00011020", "error_msg": "no task" }),
    ] {
        let mut body = json!({ "status": "success", "result": { "status": "succeeded" } });
        body.as_object_mut()
            .unwrap()
            .extend(error.as_object().unwrap().clone());
        let (out, _) = watch(&[Reply::json(body.to_string())], &["--max-offline", "0s"]);
        out.code(6)
            .stdout_has("error response: ")
            .stdout_has("no task");
    }
}

#[test]
fn ids_are_compared_as_text_and_numbers_by_their_value() {
    let task = TASK.to_uppercase();
    for (task, record) in [
        (json!(task), json!(format!(" {RECORD}"))),
        (json!(TASK), json!(RECORD.to_uppercase())),
        (json!(null), json!(null)),
        (json!(""), json!("")),
    ] {
        let result = json!({ "status": "succeeded", "task_id": task, "record_id": record });
        watch(&[state(&result)], &["--record", RECORD]).0.code(0);
    }
    for (task, record) in [
        (json!(TASK), json!(NEW)),
        (json!(NEW), json!(RECORD)),
        (json!({}), json!(RECORD)),
        (json!(TASK), json!([RECORD])),
    ] {
        let result = json!({ "status": "succeeded", "task_id": task, "record_id": record });
        let args = ["--record", RECORD, "--max-offline", "0s"];
        watch(&[state(&result)], &args).0.code(6);
    }
}

#[test]
fn a_new_run_starts_with_no_units() {
    let steps = |name: &str| json!([{ "name": name, "enable": "true", "elapsed_time": "1" }]);
    let run = |record: &str, status: &str, name: &str| {
        state(&json!({ "record_id": record, "status": status, "step_state": steps(name) }))
    };
    let replies = [run(RECORD, "failed", "old"), run(NEW, "succeeded", "new")];
    let (out, _) = watch(&replies, &["--fresh", "-o", "json"]);
    out.code(0).stdout_lacks("old");
    assert_eq!(out.finished()["units"]["total"], 1);
}

#[test]
fn a_refusal_says_what_can_be_done() {
    for (status, args, says) in [
        (400, &["--record", RECORD][..], "check --record"),
        (401, &[], "check the token"),
        (403, &[], "permission to view this deployment task"),
        (404, &[], "check --task"),
    ] {
        let body = r#"{"error_code":"Deploy.0001","error_msg":"no"}"#;
        let (out, queries) = watch(&[Reply::status(status, body)], args);
        out.code(5).stdout_has("Deploy.0001 no").stdout_has(says);
        assert_eq!(queries.len(), 1);
    }
    // An unknown run, as it is documented and as the live service tells it.
    let shapes = [
        r#"{"error_code":"Deploy.00011303","error_msg":"no record"}"#,
        r#"{"error":{"code":"Deploy.00011303","reason":"no record"},"status":"error",
            "error_code":"Deploy.00011303","error_msg":"no record"}"#,
    ];
    for (status, body) in [400, 404]
        .into_iter()
        .flat_map(|it| shapes.map(|body| (it, body)))
    {
        let refusal = Reply::status(status, body).header("content-type", "text/html");
        let (out, _) = watch(&[refusal], &["--record", RECORD]);
        out.code(5)
            .stdout_has("Deploy.00011303 no record")
            .stdout_has("check --record");
    }
}

#[test]
fn each_scenario_of_the_demo_has_its_exit_code() {
    let watches = [("success", 0), ("failure", 1), ("cancel", 3), ("flaky", 0)];
    let watches = watches.map(|(scenario, code)| {
        let program = deploywatch(["demo", "codearts", "--scenario", scenario]).args([
            "--duration",
            "2s",
            "--interval",
            "20ms",
            "-o",
            "json",
        ]);
        (scenario, code, program.spawn())
    });
    for (scenario, code, running) in watches {
        let out = running.wait();
        let last = out.code(code).stderr_is_empty().finished();
        assert_eq!(last["units"]["total"], 6, "{scenario}\n{out}");
        assert_eq!(last["units"]["skipped"], 1, "{scenario}\n{out}");
        let failed = last["units"]["failed"].as_u64().unwrap_or_default();
        assert_eq!(
            failed,
            u64::from(scenario == "failure"),
            "{scenario}\n{out}"
        );
        out.stdout_has("waiting for a new one");
    }
    let paused = deploywatch(["demo", "codearts", "--scenario", "pause"]).run();
    paused.code(2).stdout_is_empty();
}

#[test]
fn a_served_demo_is_watched_to_its_end_by_the_line_that_was_printed() {
    let args = [
        "demo",
        "codearts",
        "--duration",
        "400ms",
        "--serve",
        "127.0.0.1:0",
    ];
    let mut server = deploywatch(args).spawn();
    let line = server.first_line();
    let words: Vec<_> = line.split_whitespace().collect();
    let [token, "deploywatch", args @ ..] = &words[..] else {
        panic!("{line}");
    };
    let (name, value) = token.split_once('=').unwrap();
    let out = deploywatch(args)
        .args(["-i", "20ms"])
        .env(name, value)
        .run();
    out.code(0).stderr_is_empty();
}

const APPLICATION: &str = "d5a6b7c8e9f04a1b92c3d4e5f6a7b8c9";

/// A failed run whose second step failed, with these offsets.
fn failed_run(offset: &str, current_offset: &str) -> Reply {
    let step = |name: &str, status: &str, offset: &str, current_offset: &str| {
        json!({ "name": name, "enable": "true", "status": status, "elapsed_time": "3",
            "offset": offset, "current_offset": current_offset })
    };
    state(
        &json!({ "record_id": RECORD, "task_id": TASK, "status": "failed", "step": "finish",
        "step_state": [step("Build", "succeeded", "0", "9"),
            step("Deploy", "failed", offset, current_offset)] }),
    )
}

/// A part of a log, and where the rest begins.
fn log(text: &str, more: Option<u64>) -> Reply {
    let end = more.map(|end| end.to_string());
    let result = json!({ "text": text, "has_more": more.is_some(), "end_offset": end });
    state(&result)
}

/// The watch of the failed run, its log answered so; and the queries for the log.
#[track_caller]
fn watch_log(
    run: Reply,
    args: &[&str],
    mut logs: impl FnMut(&str) -> Reply + Send + 'static,
) -> (Output, Vec<String>) {
    let path = format!("/v1/applications/{APPLICATION}/records/{RECORD}/logs?");
    let log_path = path.clone();
    let server = Server::start(
        move |request, _| match request.target.strip_prefix(&log_path) {
            Some(query) => {
                let signed = request.header("authorization").is_some();
                assert!(signed || request.header("x-auth-token") == Some(SECRET));
                logs(query)
            }
            None => run.clone(),
        },
    );
    let out = codearts(&server)
        .args(["--record", RECORD, "--application", APPLICATION])
        .args(args)
        .run();
    let requests = server.requests().into_iter();
    let query = |target: &str| Some(target.strip_prefix(&path)?.to_owned());
    (out, requests.filter_map(|it| query(&it.target)).collect())
}

#[test]
fn the_log_of_the_failed_step_is_read_by_its_offsets() {
    let mut parts = vec![
        log(&format!("three {SECRET}\n"), None),
        log("one\ntwo\n", Some(30)),
    ];
    let (out, queries) = watch_log(failed_run("12", "40"), &["--logs", "2"], move |_| {
        parts.pop().unwrap()
    });
    out.code(1)
        .stdout_has("failed Deploy\n    | two\n    | three (masked)\n")
        .stdout_lacks("| one")
        .stderr_is_empty();
    assert_eq!(
        queries,
        ["offset=12&end_offset=40", "offset=30&end_offset=40"]
    );
}

#[test]
fn where_the_offsets_say_nothing_the_whole_log_is_read() {
    let whole = "offset=0&end_offset=9223372036854775807";
    let (out, queries) = watch_log(failed_run("", ""), &[], |_| log("whole\n", None));
    out.code(1).stdout_has("    | whole\n");
    assert_eq!(queries, [whole]);
    // A part that is empty is none.
    let (out, queries) = watch_log(failed_run("12", "40"), &[], |query| match query {
        "offset=12&end_offset=40" => log("", None),
        _ => log("whole\n", None),
    });
    out.code(1).stdout_has("    | whole\n");
    assert_eq!(queries, ["offset=12&end_offset=40", whole]);
    // One that never ends is not read for ever, nor one that does not go on.
    let mut end = 0;
    let (out, queries) = watch_log(failed_run("", ""), &[], move |_| {
        end += 10;
        log(&format!("line {end}\n"), Some(end))
    });
    out.code(1).stdout_has("    | line 60\n");
    assert_eq!(queries.len(), 6);
    let (out, queries) = watch_log(failed_run("", ""), &[], |_| log("a\n", Some(0)));
    out.code(1).stdout_has("    | a\n");
    assert_eq!(queries.len(), 1);
    let (_, queries) = watch_log(failed_run("", ""), &["--logs", "0"], |_| log("", None));
    assert!(queries.is_empty());
}

#[test]
fn a_run_that_failed_without_a_failed_step_has_a_log_of_its_own() {
    let failed = || run(RECORD, "failed");
    let whole = "offset=0&end_offset=9223372036854775807";
    let (out, queries) = watch_log(
        failed(),
        &[
            "--events",
            "events.jsonl",
            "--summary",
            "s.md",
            "--junit",
            "j.xml",
        ],
        |_| log("queued\nno agent\n", None),
    );
    out.code(1)
        .stdout_has("reported failed\n    | queued\n    | no agent\n")
        .stderr_is_empty();
    assert_eq!(queries, [whole]);
    let last = out.file("events.jsonl").lines().last().map(str::to_owned);
    let last: Value = serde_json::from_str(&last.unwrap()).unwrap();
    assert_eq!(last["log"], json!(["queued", "no agent"]));
    assert!(out.file("s.md").contains("queued\nno agent\n"));
    assert!(out.file("j.xml").contains("queued\nno agent"));
    let (out, _) = watch_log(failed(), &[], |_| Reply::status(403, "{}"));
    out.code(1).stderr_has("cannot read the log: HTTP 403");
    let (out, queries) = watch_log(run(RECORD, "abort"), &[], |_| log("a", None));
    out.code(3).stdout_lacks("    | ");
    assert!(queries.is_empty());
}

#[test]
fn a_log_that_cannot_be_read_is_one_line() {
    let missing = r#"{"error_code":"Deploy.00011303","error_msg":"no such record"}"#;
    for (reply, says) in [
        (
            Reply::status(404, missing),
            "no such record; check --application",
        ),
        (
            Reply::status(403, "{}"),
            "HTTP 403 Forbidden; the account needs permission",
        ),
        (Reply::status(500, "{}"), "HTTP 500"),
        (
            Reply::html("<title>Sign in</title>"),
            "HTML page instead of JSON",
        ),
        (
            Reply::json(r#"{"status":"error"}"#),
            "the query's status is error",
        ),
        (Reply::json("[1]"), "log"),
        (Reply::reset(), ""),
    ] {
        let (out, _) = watch_log(failed_run("1", "2"), &[], move |_| reply.clone());
        out.code(1).stdout_lacks("    | ").stderr_has(says);
        assert_eq!(
            out.stderr.matches("cannot read the log").count(),
            1,
            "{out}"
        );
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
    }
}

#[test]
fn without_the_application_the_report_says_what_shows_the_log() {
    const OPTION: &str = "--application ID";
    let failed = [failed_run("1", "2")];
    watch(&failed, &["--record", RECORD])
        .0
        .code(1)
        .stdout_has(OPTION)
        .stderr_is_empty();
    let (out, _) = watch(&failed, &["--lang", "zh", "--summary", "zh.md"]);
    out.code(1)
        .stdout_has("指定 --application ID 可显示日志末尾");
    assert!(out.file("zh.md").contains(OPTION));
    watch(&failed, &["--logs", "0"]).0.stdout_lacks(OPTION);
    let (out, _) = watch(&failed, &["--record", RECORD, "-o", "json"]);
    out.code(1).stdout_lacks(OPTION).stderr_is_empty();
    for (status, code) in [("succeeded", 0), ("abort", 3)] {
        let (out, _) = watch(&[run(RECORD, status)], &[]);
        out.code(code).stdout_lacks(OPTION);
    }
}

#[test]
fn the_application_is_an_option_of_lists_and_of_the_config_file() {
    let server = Server::start(|request, _| match request.target.contains("/logs?") {
        true => log("why\n", None),
        false => failed_run("1", "2"),
    });
    let table = format!("task = '{TASK}'\nendpoint = '{}'", server.url());
    let key = format!("application = '{APPLICATION}'");
    let list = format!("[[deploy]]\nprovider = 'codearts'\n{table}\n{key}\n");
    let listed = deploywatch(["all", "list"]).file("list", &list);
    listed
        .env("HW_AUTH_TOKEN", SECRET)
        .run()
        .code(1)
        .stdout_has("| why");
    let config = format!("[codearts]\n{key}\n");
    let configured = codearts(&server).file("config", &config);
    let configured = configured.env("DEPLOYWATCH_CONFIG", "config");
    configured.run().code(1).stdout_has("| why");
    let wrong = deploywatch(["codearts", "--task", TASK, "--application", "x"]).run();
    wrong.code(2).stderr_has("--application");
}
