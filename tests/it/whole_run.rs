//! `yunxiao --whole-run`: the run of a pipeline itself, its jobs, and the machines that its orders bring in.

use serde_json::{Value, json};

use crate::support::{
    Order, Output, Program, Reply, Request, SECRET, Server, deploywatch, keys, named,
};

const LATEST: &str = "runs/latestPipelineRun";

fn job(id: u32, name: &str, status: &str) -> Value {
    json!({ "id": id, "name": name, "status": status, "startTime": null, "endTime": null, "actions": [], "result": null })
}

/// A job that made a deploy order.
fn deploy(id: u32, status: &str, order: u32) -> Value {
    let mut job = job(id, "deploy", status);
    job["actions"] = json!([{ "type": "GetVMDeployOrder", "params": { "deployOrderId": order } }]);
    job
}

/// A job that waits until a person lets it pass.
fn gate(status: &str) -> Value {
    let mut job = job(3, "approval", status);
    job["actions"] = json!([{ "type": "PassPipelineValidate" }]);
    job
}

/// A run with a stage for each of these lists of jobs.
fn run_json(id: u32, status: &str, stages: &[&[Value]]) -> Value {
    let stages = stages.iter().enumerate().map(|(index, jobs)| {
        let info = json!({ "jobs": jobs, "name": "s", "status": null });
        json!({ "index": format!("Group{index}-Stage0"), "name": format!("stage {index}"), "stageInfo": info })
    });
    json!({ "pipelineId": 123, "pipelineRunId": id, "status": status, "stages": stages.collect::<Value>() })
}

fn run(id: u32, status: &str, stages: &[&[Value]]) -> Reply {
    Reply::json(run_json(id, status, stages).to_string())
}

/// Run 7, with a build and a test.
fn plain(status: &str, build: &str, test: &str) -> Reply {
    let (build, test) = (job(1, "build", build), job(2, "test", test));
    run(7, status, &[&[build], &[test]])
}

/// A pipeline whose runs are asked for with these answers, the last one for ever; everything else is answered
/// by `other`.
fn pipeline(runs: Vec<Reply>, mut other: impl FnMut(&Request) -> Reply + Send + 'static) -> Server {
    let mut asked = 0;
    Server::start(move |request, _| {
        if request.target.contains("/runs/") && !request.target.ends_with("/log") {
            asked += 1;
            return runs[(asked - 1).min(runs.len() - 1)].clone();
        }
        other(request)
    })
}

/// The same, where nothing else is there.
fn runs(runs: Vec<Reply>) -> Server {
    pipeline(runs, |_| Reply::status(404, "{}"))
}

fn watch(server: &Server, args: &[&str]) -> Program {
    deploywatch(["yunxiao", "--pipeline", "123", "--whole-run"])
        .args(["--interval", "20ms", "--organization", "o"])
        .args(["--endpoint", &server.url()])
        .args(args)
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
}

/// What was asked for, after the pipeline's path, without repetitions.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let paths = requests.iter().map(|request| {
        let (_, path) = request.target.split_once("/pipelines/123/").unwrap();
        path.to_owned()
    });
    let mut paths: Vec<_> = paths.collect();
    paths.dedup();
    paths
}

/// The units as `KIND NAME BATCH STATE`, in the order of the events.
fn moves(out: &Output) -> Vec<String> {
    let events = out.events();
    let units = named(&events, "unit").into_iter();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    units
        .map(|unit| {
            ["kind", "name", "batch", "state"]
                .map(|field| text(&unit[field]))
                .join(" ")
        })
        .collect()
}

#[test]
fn each_word_of_a_run_has_its_exit_code() {
    for (word, once, watched) in [
        ("SUCCESS", 0, Some(0)),
        (" Success ", 0, Some(0)),
        ("FAIL", 1, Some(1)),
        ("fail", 1, Some(1)),
        ("FAILED", 1, Some(1)),
        ("CANCELED", 3, Some(3)),
        ("cancelled", 3, Some(3)),
        ("WAITING", 4, None),
        ("RUNNING", 7, None),
        ("INIT", 7, None),
        ("SKIP", 7, None),
        ("SUCCESSFUL", 7, None),
        ("FINISHED", 7, None),
        ("0", 7, None),
    ] {
        let end = plain(word, "SUCCESS", "SUCCESS");
        watch(&runs(vec![end.clone()]), &["--once"])
            .run()
            .code(once);
        let going = plain("RUNNING", "SUCCESS", "RUNNING");
        let out = match watched {
            Some(code) => watch(&runs(vec![going, end]), &[])
                .run()
                .code(code)
                .stdout
                .clone(),
            // What is no end is watched on, until there is one.
            None => {
                let over = plain("CANCELED", "SUCCESS", "CANCELED");
                let out = watch(&runs(vec![going, end.clone(), end, over]), &[]).run();
                out.code(3);
                let warned = !["WAITING", "RUNNING", "INIT", "SKIP"].contains(&word);
                assert_eq!(out.stderr.contains("run status"), warned, "{word}: {out}");
                out.stdout
            }
        };
        assert!(out.contains("yunxiao:123"), "{out}");
    }
}

#[test]
fn jobs_are_units_and_orders_bring_in_their_machines() {
    let order = |status: &str, machine: &str| {
        Order::new(status)
            .with("deployOrderId", 10)
            .machine("sn-1", "192.0.2.1", machine, 3)
            .reply()
    };
    let jobs = |status: &str, test: &str, deploy: Value| {
        let build = job(1, "build", "SUCCESS");
        run(7, status, &[&[build], &[job(2, "test", test), deploy]])
    };
    let polls = vec![
        jobs("RUNNING", "INIT", job(3, "deploy", "INIT")),
        jobs("RUNNING", "RUNNING", deploy(3, "RUNNING", 10)),
        jobs("SUCCESS", "SKIP", deploy(3, "SUCCESS", 10)),
    ];
    let mut orders = vec![order("Success", "Success"), order("Running", "Running")];
    let server = pipeline(polls, move |_| orders.pop().unwrap());
    let out = watch(
        &server,
        &[
            "-o",
            "json",
            "--junit",
            "j.xml",
            "--summary",
            "s.md",
            "--timeline",
            "t.html",
        ],
    )
    .run();
    out.code(0);
    assert_eq!(
        moves(&out),
        [
            "job build 1 succeeded",
            "job test 2 pending",
            "job deploy 2 pending",
            "job test 2 running",
            "job deploy 2 running",
            "machine 192.0.2.1 2 running",
            "job test 2 skipped",
            "job deploy 2 succeeded",
            "machine 192.0.2.1 2 succeeded",
        ]
    );
    let last = out.finished();
    assert_eq!([&last["units"]["total"], &last["units"]["skipped"]], [4, 1]);
    assert_eq!(keys(&last["units"]).len(), 9);
    assert_eq!(last["target"], "yunxiao:123");
    let events = out.events();
    assert_eq!(
        [
            &named(&events, "phase")[0]["batch"],
            &named(&events, "phase")[0]["batches"]
        ],
        [1, 2]
    );
    for file in ["j.xml", "s.md", "t.html"] {
        assert!(out.file(file).contains("yunxiao:123"), "{out}");
    }
    assert!(out.file("t.html").contains("stage 2 of 2"), "{out}");
    assert_eq!(
        asked(&server),
        [LATEST, "runs/7", "deploy/10", "runs/7", "deploy/10"]
    );
}

#[test]
fn a_job_that_is_run_again_is_another_attempt() {
    let order = |request: &Request| {
        let (id, state) = match request.target.ends_with("/10") {
            true => (10, "Failed"),
            false => (11, "Success"),
        };
        Order::new(if id == 10 { "Waiting" } else { "Success" })
            .with("deployOrderId", id)
            .machine("sn-1", "192.0.2.1", state, 1)
            .reply()
    };
    let first = deploy(3, "FAIL", 10);
    for kept in [true, false] {
        let with = |status: &str, again: Value| {
            let jobs = if kept {
                vec![first.clone(), again]
            } else {
                vec![again]
            };
            run(7, status, &[&jobs])
        };
        let polls = vec![
            run(7, "RUNNING", &[&[deploy(3, "RUNNING", 10)]]),
            run(7, "RUNNING", &[std::slice::from_ref(&first)]),
            with("RUNNING", job(9, "deploy", "RUNNING")),
            with("SUCCESS", deploy(9, "SUCCESS", 11)),
        ];
        let out = watch(&pipeline(polls, order), &["-o", "json", "--strict"]).run();
        let last = out.code(0).finished();
        assert_eq!(
            [&last["units"]["total"], &last["units"]["succeeded"]],
            [2, 2],
            "{out}"
        );
        assert_eq!(last["failed"], json!([]));
        let expected = [
            "job deploy 1 running",
            "machine 192.0.2.1 1 failed",
            "job deploy 1 failed",
            "job deploy 1 running",
            "job deploy 1 succeeded",
            "machine 192.0.2.1 1 succeeded",
        ];
        assert_eq!(moves(&out), expected, "{out}");
    }
}

#[test]
fn the_run_that_was_seen_first_is_stayed_with() {
    let going = || plain("RUNNING", "RUNNING", "INIT");
    let other = |status: &str| run(9, status, &[&[job(8, "build", status)]]);
    let mut elsewhere = run_json(7, "SUCCESS", &[&[job(1, "build", "SUCCESS")]]);
    elsewhere["pipelineId"] = 124.into();
    let wrapped = json!({ "pipelineRun": { "success": false, "pipelineRunId": 7, "status": "SUCCESS",
        "stages": elsewhere["stages"] } });
    for odd in [
        Reply::json(elsewhere.to_string()),
        Reply::json(wrapped.to_string()),
        other("SUCCESS"),
        other("FAIL"),
        Reply::cut("{\"pipelineRunId\":7,\"status\":\"SUCCESS\""),
        Reply::status(502, ""),
        Reply::html("<p>"),
        Reply::json("[]"),
        Reply::json("{}"),
        Reply::json(r#"{"status":["SUCCESS"]}"#),
        Reply::json(r#"{"pipelineRunId":7,"status":"SUCCESS","success":false}"#),
    ] {
        let server = runs(vec![
            going(),
            odd.clone(),
            plain("CANCELED", "CANCELED", "INIT"),
        ]);
        let out = watch(&server, &[]).run();
        out.code(3)
            .stdout_has("poll failed")
            .stderr_has("watching run 7");
        assert_eq!(asked(&server), [LATEST, "runs/7"]);
        let server = runs(vec![odd]);
        watch(&server, &["--run", "7", "--once"]).run().code(6);
        assert_eq!(asked(&server), ["runs/7"]);
    }
    let out = watch(&runs(vec![going()]), &["--timeout", "200ms"]).run();
    out.code(124)
        .stdout_has("--whole-run")
        .stdout_has("--run 7");
    // One that cannot be named cannot be stayed with.
    let nameless = Reply::json(
        r#"{"status":"SUCCESS","stages":[{"stageInfo":{"jobs":[{"status":"SUCCESS"}]}}]}"#,
    );
    let out = watch(&runs(vec![nameless.clone()]), &["--once"]).run();
    out.code(6).stdout_has("pipelineRunId");
    watch(&runs(vec![nameless]), &["--once", "--run", "7"])
        .run()
        .code(0);
}

#[test]
fn a_success_contradicts_nothing() {
    let ok = || job(1, "build", "SUCCESS");
    for (status, code, words) in [
        ("FAIL", 1, "the run reports SUCCESS, but test failed"),
        ("CANCELED", 1, "but test was cancelled"),
        ("RUNNING", 6, "but test has not ended"),
        ("WAITING", 6, "but test has not ended"),
        ("INIT", 6, "but test has not ended"),
    ] {
        let odd = run(7, "SUCCESS", &[&[ok()], &[job(2, "test", status)]]);
        let out = watch(&runs(vec![odd.clone()]), &[]).run();
        out.code(code).stdout_has(words);
        watch(&runs(vec![odd.clone()]), &["--once"])
            .run()
            .code(code);
        // Once is no finding.
        let server = runs(vec![odd, plain("SUCCESS", "SUCCESS", "SUCCESS")]);
        watch(&server, &[]).run().code(0);
    }
    for odd in [
        run(7, "SUCCESS", &[]),
        run(7, "SUCCESS", &[&[]]),
        Reply::json(r#"{"pipelineRunId":7,"status":"SUCCESS"}"#),
        Reply::json(r#"{"pipelineRunId":7,"status":"SUCCESS","stages":null}"#),
    ] {
        let out = watch(&runs(vec![odd]), &[]).run();
        out.code(6).stdout_has("has no jobs");
    }
    let mut stage = run_json(7, "SUCCESS", &[&[ok()]]);
    stage["stages"][0]["stageInfo"]["status"] = "FAIL".into();
    let out = watch(&runs(vec![Reply::json(stage.to_string())]), &[]).run();
    out.code(1).stdout_has("but stage 0 failed");
    // What cannot be read may contradict it.
    for stages in [
        json!({"x": 1}),
        json!("gone"),
        json!([{"stageInfo": {"jobs": {}}}]),
        json!([{"stageInfo": {"jobs": [{"status": {}}]}}]),
        json!([{"stageInfo": {"jobs": [{"status": "FAI\u{fffd}"}]}}]),
    ] {
        let mut odd = run_json(7, "SUCCESS", &[]);
        odd["stages"] = stages;
        let odd = Reply::json(odd.to_string());
        watch(&runs(vec![odd]), &["--max-offline", "200ms"])
            .run()
            .code(6);
    }
    let mut error = run_json(7, "SUCCESS", &[&[ok()]]);
    error["errorCode"] = "E-1".into();
    let error = Reply::json(error.to_string());
    watch(&runs(vec![error]), &["--once"]).run().code(6);
}

#[test]
fn what_is_only_shown_decides_nothing() {
    for (status, code) in [("FAIL", 1), ("CANCELED", 3)] {
        for stages in [
            json!({"x": 1}),
            json!("gone"),
            json!(null),
            json!([]),
            json!(["a", 7]),
            json!([{"stageInfo": []}]),
            json!([{"stageInfo": {"jobs": ["a", {"id": {}, "name": [], "status": {}, "startTime": [], "actions": 3}]}}]),
        ] {
            let mut odd = run_json(7, status, &[]);
            odd["stages"] = stages;
            let odd = Reply::json(odd.to_string());
            watch(&runs(vec![odd]), &[]).run().code(code);
        }
    }
    let mut odd = job(1, "build", "SUCCESS");
    for (field, value) in [
        ("id", json!({})),
        ("name", json!([])),
        ("startTime", json!("soon")),
        ("endTime", json!({"a": 1})),
        ("actions", json!("map[]")),
        ("result", json!(7)),
    ] {
        odd[field] = value;
    }
    let server = runs(vec![run(7, "SUCCESS", &[&[odd]])]);
    watch(&server, &[]).run().code(0);
    // A word of a job that nobody documents takes nothing from the run's but that all is well.
    let server = runs(vec![plain("SUCCESS", "SUCCESS", "EXPLODED")]);
    watch(&server, &[])
        .run()
        .code(0)
        .stderr_has("job status \"EXPLODED\"");
    let server = runs(vec![plain("SUCCESS", "SUCCESS", "EXPLODED")]);
    watch(&server, &["--strict"]).run().code(1);
}

#[test]
fn an_order_that_cannot_be_read_is_decoration() {
    let going = || run(7, "RUNNING", &[&[deploy(3, "RUNNING", 10)]]);
    for (end, code) in [("SUCCESS", 0), ("FAIL", 1), ("CANCELED", 3)] {
        let over = || run(7, end, &[&[deploy(3, end, 10)]]);
        for reply in [
            Reply::status(403, r#"{"errorCode":"Forbidden","requestId":"r-1"}"#),
            Reply::status(404, "{}"),
            Reply::status(500, ""),
            Reply::redirect("/sign-in"),
            Reply::json("{}"),
            Reply::json(r#"{"deployOrderId":11,"status":"Success"}"#),
            Reply::cut("0123456789"),
            Reply::reset(),
        ] {
            let polls = vec![going(), going(), going(), over()];
            let odd = reply.clone();
            let out = watch(&pipeline(polls, move |_| odd.clone()), &[]).run();
            out.code(code)
                .stderr_has("cannot read the machines of deploy order 10");
            assert_eq!(
                out.stderr.matches("cannot read the machines").count(),
                1,
                "{out}"
            );
        }
        let polls = vec![going(), over()];
        let out = watch(
            &pipeline(polls, |_| Reply::status(403, "{}")),
            &["--strict"],
        )
        .run();
        out.code(if code == 0 { 1 } else { code })
            .stderr_has("流水线 / 主机部署");
    }
}

#[test]
fn an_order_that_hangs_holds_up_no_verdict_for_long() {
    let going = run(7, "RUNNING", &[&[deploy(3, "RUNNING", 10)]]);
    let over = run(7, "FAIL", &[&[deploy(3, "FAIL", 10)]]);
    let server = pipeline(vec![going, over], |request| {
        match request.target.ends_with("/log") {
            true => Reply::status(404, "{}"),
            false => Reply::hang(),
        }
    });
    let args = ["--request-timeout", "300ms", "--timeout", "5s"];
    watch(&server, &args).run().code(1);
    let hangs = asked(&server)
        .iter()
        .filter(|path| path.ends_with("deploy/10"))
        .count();
    assert_eq!(hangs, 1, "it is passed over at the end");
}

#[test]
fn many_orders_that_hang_hold_up_no_verdict_for_longer() {
    let jobs: Vec<_> = (1..=20).map(|id| deploy(id, "SUCCESS", id)).collect();
    let server = pipeline(vec![run(7, "SUCCESS", &[&jobs])], |_| Reply::hang());
    let args = ["--request-timeout", "300ms", "--timeout", "3s"];
    watch(&server, &args).run().code(0);
    assert_eq!(server.requests().len(), 2, "the others wait for their turn");
    // They come first in the next poll.
    let jobs = |status: &str| {
        let jobs: Vec<_> = (1..=3).map(|id| deploy(id, status, id)).collect();
        run(7, status, &[&jobs])
    };
    let polls = vec![jobs("RUNNING"), jobs("RUNNING"), jobs("SUCCESS")];
    let server = pipeline(polls, |request| match request.target.ends_with("/1") {
        true => Reply::hang(),
        false => Order::new("Running").with("deployOrderId", ()).reply(),
    });
    watch(&server, &args).run().code(0);
    assert_eq!(
        asked(&server),
        [
            LATEST, "deploy/1", "runs/7", "deploy/2", "deploy/3", "runs/7", "deploy/1"
        ]
    );
}

#[test]
fn a_gate_is_a_pause_with_its_name() {
    let at = |status: &str, of_gate: &str| {
        run(
            7,
            status,
            &[&[job(1, "build", "SUCCESS")], &[gate(of_gate)]],
        )
    };
    for (args, code) in [
        (&[][..], 0),
        (&["--on-pause", "wait"], 0),
        (&["--on-pause", "exit"], 4),
        (&["--once"], 4),
    ] {
        let server = runs(vec![
            at("WAITING", "WAITING"),
            at("WAITING", "WAITING"),
            at("SUCCESS", "SUCCESS"),
        ]);
        let out = watch(&server, args).run();
        out.code(code).stdout_has("waits at the gate approval");
    }
    // A machine of an order that ended well is no failure that it waits after.
    let deployed = |status: &str| run(7, status, &[&[deploy(2, "SUCCESS", 10)], &[gate(status)]]);
    for (args, code) in [(&[][..], 0), (&["--on-pause", "exit"], 4)] {
        let waits = || deployed("WAITING");
        let server = pipeline(vec![waits(), waits(), waits(), deployed("SUCCESS")], |_| {
            let order = Order::new("Success").with("deployOrderId", 10);
            order.machine("sn-1", "192.0.2.1", "Failed", 1).reply()
        });
        watch(&server, args).run().code(code);
    }
    // The run's own word tells.
    let server = runs(vec![at("RUNNING", "WAITING")]);
    watch(&server, &["--once", "--on-pause", "exit"])
        .run()
        .code(7);
}

#[test]
fn a_run_that_waits_after_a_failure_is_paused_after_it() {
    let order = |status: &'static str, machine: &'static str| {
        move |_: &Request| {
            let order = Order::new(status).with("deployOrderId", 10).batch(1, 3);
            order.machine("sn-1", "192.0.2.1", machine, 1).reply()
        }
    };
    let waits = || run(7, "WAITING", &[&[deploy(3, "WAITING", 10)]]);
    let over = || run(7, "SUCCESS", &[&[deploy(3, "SUCCESS", 10)]]);
    for (args, code) in [
        (&[][..], 1),
        (&["--on-pause", "exit"], 1),
        (&["--once"], 1),
        (&["--on-pause", "wait"], 0),
        (&["--on-pause", "wait", "--fail-fast"], 1),
    ] {
        let server = pipeline(vec![waits(), waits(), over()], order("Waiting", "Failed"));
        watch(&server, args)
            .run()
            .code(code)
            .stdout_has("192.0.2.1");
    }
    for (args, code) in [(&[][..], 0), (&["--on-pause", "exit"], 4)] {
        let server = pipeline(vec![waits(), waits(), over()], order("Waiting", "Success"));
        watch(&server, args)
            .run()
            .code(code)
            .stdout_has("waiting for confirmation");
    }
    // Of two orders that wait, the one after a failure tells.
    let two = |status: &str| {
        let mut other = deploy(4, status, 11);
        other["name"] = "other".into();
        run(7, status, &[&[deploy(3, status, 10), other]])
    };
    let orders = |request: &Request| {
        let (id, machine) = match request.target.ends_with("/10") {
            true => (10, "Success"),
            false => (11, "Failed"),
        };
        Order::new("Waiting")
            .with("deployOrderId", id)
            .machine("sn-1", "192.0.2.1", machine, 1)
            .reply()
    };
    watch(&pipeline(vec![two("WAITING")], orders), &[])
        .run()
        .code(1)
        .stdout_has("paused after");
    // The word of a run that says it runs stands, so that it is said what would end the watch.
    let server = pipeline(vec![two("RUNNING"), two("RUNNING"), two("FAIL")], orders);
    let out = watch(&server, &[]).run();
    out.code(1)
        .stdout_has("reported failed")
        .stderr_has("--fail-fast or --stall-timeout");
    let mut polls = server.polls();
    polls.retain(|request| request.target.contains("/runs/"));
    assert_eq!(polls.len(), 3, "{out}");
    // A failed job of a run that goes on is no end, but for --fail-fast.
    let going = || plain("RUNNING", "FAIL", "RUNNING");
    let failed = plain("FAIL", "FAIL", "SUCCESS");
    let server = runs(vec![going(), going(), going(), failed]);
    watch(&server, &[]).run().code(1);
    assert_eq!(server.polls().len(), 4);
    let server = runs(vec![going()]);
    watch(&server, &["--fail-fast"])
        .run()
        .code(1)
        .stdout_has("build failed (--fail-fast)");
}

#[test]
fn a_success_with_skipped_jobs_or_failed_machines_has_caveats() {
    let server = || {
        pipeline(
            vec![run(
                7,
                "SUCCESS",
                &[&[job(1, "lint", "SKIP")], &[deploy(3, "SUCCESS", 10)]],
            )],
            |_| {
                let order = Order::new("Success").with("deployOrderId", 10);
                order.machine("sn-1", "192.0.2.1", "Failed", 1).reply()
            },
        )
    };
    let out = watch(&server(), &["--run", "7"]).run();
    out.code(0)
        .stderr_has("1 job skipped")
        .stderr_has("1 machine failed");
    watch(&server(), &["--run", "7", "--strict"])
        .run()
        .code(1)
        .stdout_has("1 job skipped; 1 machine failed");
}

#[test]
fn the_log_of_a_failed_job_is_its_latest_attempts() {
    let failed = || {
        vec![
            run(7, "RUNNING", &[&[job(1, "test", "FAIL")]]),
            run(
                7,
                "FAIL",
                &[&[job(1, "test", "FAIL"), job(2, "test", "FAIL")]],
            ),
        ]
    };
    for (first, second, reads, expected) in [
        (
            json!({"content": "one\ntwo", "last": 2, "more": false}),
            json!({}),
            1,
            "one two",
        ),
        (
            json!({"content": "one\n", "last": 1, "more": true}),
            json!({"content": "one\ntwo\n", "more": true}),
            2,
            "one two",
        ),
        (
            json!({"content": "one\n", "last": 1, "more": "true"}),
            json!({"content": "two\n", "more": true}),
            2,
            "one two",
        ),
        (
            json!({"content": "one\ntwo", "more": true}),
            json!({"content": {}}),
            2,
            "one two",
        ),
        (
            json!({"content": "one\ntwo", "last": {}, "more": {}}),
            json!({}),
            1,
            "one two",
        ),
        (json!({"content": null}), json!({}), 1, ""),
    ] {
        let mut replies = vec![second.clone(), second, first];
        let server = pipeline(failed(), move |_| {
            Reply::json(replies.pop().unwrap().to_string())
        });
        let out = watch(&server, &["-o", "json"]).run();
        let last = out.code(1).finished();
        let failed = last["failed"].as_array().unwrap();
        assert_eq!(
            [&failed[0]["name"], &failed[0]["id"]],
            ["test", "1"],
            "{out}"
        );
        let log = failed[0]["log"].as_array();
        let lines = log.map(|log| {
            log.iter()
                .map(|line| line.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        });
        assert_eq!(lines.unwrap_or_default(), expected, "{out}");
        let logs = server
            .requests()
            .into_iter()
            .filter(|request| request.target.ends_with("/runs/7/job/2/log"));
        assert_eq!(logs.count(), reads);
    }
    let server = pipeline(failed(), |_| Reply::status(403, r#"{"errorMessage":"no"}"#));
    let out = watch(&server, &[]).run();
    out.code(1).stderr_has("流水线 / 流水线运行任务");
    assert_eq!(
        out.stderr.matches("cannot read the log").count(),
        1,
        "{out}"
    );
    // A machine's is that of its order.
    let server = pipeline(
        vec![run(7, "FAIL", &[&[deploy(3, "FAIL", 10)]])],
        |request| match &request.target {
            log if log.ends_with("/deploy/10/machine/sn-1/log") => {
                Reply::json(r#"{"deployLog":"of the machine"}"#)
            }
            log if log.ends_with("/log") => Reply::json(r#"{"content":"of the job"}"#),
            _ => {
                let order = Order::new("Failed").with("deployOrderId", 10);
                order.machine("sn-1", "192.0.2.1", "Failed", 1).reply()
            }
        },
    );
    watch(&server, &[])
        .run()
        .code(1)
        .stdout_has("of the job")
        .stdout_has("of the machine");
}

#[test]
fn fresh_passes_over_a_run_that_had_ended() {
    let old = || plain("SUCCESS", "SUCCESS", "SUCCESS");
    let new = |status: &str| run(8, status, &[&[job(4, "build", status)]]);
    let out = watch(&runs(vec![old()]), &[]).run();
    out.code(0).stderr_has("use --fresh or --run ID to be sure");
    let server = runs(vec![old(), old(), new("RUNNING"), new("FAIL")]);
    let out = watch(&server, &["--fresh"]).run();
    out.code(1)
        .stdout_has("waiting for a new one")
        .stderr_lacks("--fresh or");
    assert_eq!(asked(&server)[..2], [LATEST, "runs/8"]);
    // Whatever comes between, the old one is recognised.
    for odd in [
        Reply::status(502, ""),
        plain("RUNNING", "SUCCESS", "RUNNING"),
        run(7, "RUNNING", &[]),
    ] {
        let server = runs(vec![old(), odd, old(), new("CANCELED")]);
        watch(&server, &["--fresh"]).run().code(3);
    }
    // The same run is another one with a new job.
    let again = |status: &str| {
        run(
            7,
            status,
            &[&[job(1, "build", "SUCCESS")], &[job(5, "test", status)]],
        )
    };
    let server = runs(vec![
        plain("FAIL", "SUCCESS", "FAIL"),
        again("RUNNING"),
        again("SUCCESS"),
    ]);
    watch(&server, &["--fresh"]).run().code(0);
    // What it was before is never its end, however late that is answered.
    let before = || plain("SUCCESS", "SUCCESS", "SUCCESS");
    let server = runs(vec![
        before(),
        again("RUNNING"),
        again("RUNNING"),
        before(),
        before(),
        before(),
        again("FAIL"),
    ]);
    watch(&server, &["--fresh"]).run().code(1);
    // One that goes on is the one that is meant.
    let server = runs(vec![plain("RUNNING", "SUCCESS", "RUNNING"), old()]);
    watch(&server, &["--fresh"]).run().code(0);
}

#[test]
fn the_command_line_says_one_thing() {
    let server = runs(vec![plain("SUCCESS", "SUCCESS", "SUCCESS")]);
    server.may_be_idle();
    for args in [
        &["--order", "1"][..],
        &["--job", "deploy"],
        &["--fresh", "--run", "7"],
    ] {
        watch(&server, args).run().code(2);
    }
    server.assert_untouched();
    let list = |options: &str| {
        let list = format!(
            "[[deploy]]\nprovider = 'yunxiao'\npipeline = 123\norganization = 'o'\nendpoint = '{}'\n{options}\n",
            server.url()
        );
        deploywatch(["all", "list.toml"])
            .file("list.toml", &list)
            .env("YUNXIAO_ACCESS_TOKEN", SECRET)
    };
    list("whole-run = true\nrun = 7")
        .run()
        .code(0)
        .stdout_has("2 jobs");
    list("whole-run = true\norder = 7").run().code(2);
    let config = "[yunxiao]\nwhole-run = true\npipeline = 123\n";
    let out = deploywatch([
        "yunxiao",
        "--organization",
        "o",
        "--run",
        "7",
        "--endpoint",
        &server.url(),
    ])
    .file("config.toml", config)
    .env("DEPLOYWATCH_CONFIG", "config.toml")
    .env("YUNXIAO_ACCESS_TOKEN", SECRET)
    .run();
    out.code(0).stdout_has("2 jobs");
}

#[test]
fn a_run_without_a_host_deployment_names_the_option() {
    for (status, code) in [("SUCCESS", 5), ("FAIL", 1)] {
        let server = runs(vec![plain(status, "SUCCESS", status)]);
        let out = deploywatch([
            "yunxiao",
            "--pipeline",
            "123",
            "--run",
            "7",
            "--organization",
            "o",
        ])
        .args(["--endpoint", &server.url()])
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .run();
        out.code(code).stdout_has("--whole-run");
    }
}

#[test]
fn a_watch_of_a_run_plays_again() {
    let order = |request: &Request| match request.target.ends_with("/log") {
        true => Reply::json(r#"{"content":"the reason","deployLog":"of the machine"}"#),
        false => Order::new("Waiting")
            .with("deployOrderId", 10)
            .machine("sn-1", "192.0.2.1", "Failed", 1)
            .reply(),
    };
    let polls = vec![
        plain("RUNNING", "RUNNING", "INIT"),
        Reply::status(502, ""),
        run(
            7,
            "RUNNING",
            &[&[job(1, "build", "SUCCESS")], &[deploy(3, "RUNNING", 10)]],
        ),
        run(
            7,
            "FAIL",
            &[&[job(1, "build", "SUCCESS")], &[deploy(3, "FAIL", 10)]],
        ),
    ];
    let server = pipeline(polls, order);
    let first = watch(&server, &["-o", "json", "--capture", "c.jsonl"]).run();
    first.code(1);
    let replay = deploywatch(["replay", "c.jsonl", "-o", "json", "--speed", "1000000"]);
    let again = replay.file("c.jsonl", &first.file("c.jsonl")).run();
    again.code(1);
    assert_eq!(moves(&again), moves(&first));
    assert_eq!(
        again.finished()["failed"][0]["log"],
        json!(["the reason"]),
        "{again}"
    );
}

#[test]
fn the_machines_of_twenty_orders_are_read() {
    let jobs = (1..=25).map(|id| {
        let mut job = deploy(id, "SUCCESS", id);
        job["name"] = format!("deploy {id}").into();
        job
    });
    let jobs: Vec<_> = jobs.collect();
    let server = pipeline(vec![run(7, "SUCCESS", &[&jobs])], |_| {
        let order = Order::new("Success").with("deployOrderId", ());
        order.machine("sn-1", "192.0.2.1", "Success", 1).reply()
    });
    let out = watch(&server, &["--run", "7", "-o", "json"]).run();
    assert_eq!(out.code(0).finished()["units"]["total"], 45, "{out}");
    let warnings = named(&out.events(), "warning").len();
    assert_eq!((warnings, asked(&server).len()), (2, 21), "{out}");
}
