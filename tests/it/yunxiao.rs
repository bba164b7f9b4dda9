//! Yunxiao: what each answer of the provider means for the watch.

use std::slice;

use serde_json::{Value, json};

use crate::support::{
    Order, Output, Program, Reply, Server, events, keys, named, order, order_with, yunxiao,
};

/// The watch of these answers, with these options, to its end.
#[track_caller]
fn watch(replies: &[Reply], args: &[&str]) -> (Output, usize) {
    let server = Server::script(replies.to_vec());
    let out = yunxiao(&server).args(args).run();
    (out, server.polls().len())
}

/// It ends with this code, after exactly so many requests.
#[track_caller]
fn assert_ends(replies: &[Reply], args: &[&str], code: i32, requests: usize) -> Output {
    let (out, asked) = watch(replies, args);
    out.code(code);
    assert_eq!(asked, requests, "requests\n{out}");
    out
}

/// A pause after a failure.
fn stopped() -> Reply {
    order_with("Waiting", &[("a", "Failed"), ("b", "Pending")])
}

/// A pause for a person's confirmation.
fn confirming() -> Reply {
    order_with("Waiting", &[("a", "Success"), ("b", "Pending")])
}

fn running() -> Reply {
    order_with("Running", &[("a", "Running"), ("b", "Pending")])
}

fn success() -> Reply {
    order_with("Success", &[("a", "Success"), ("b", "Success")])
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success() {
    let sample = include_str!("../fixtures/yunxiao.response.json");
    for args in [&[][..], &["--once"], &["--strict"], &["--fail-fast"]] {
        let out = assert_ends(&[Reply::json(sample)], args, 0, 1);
        out.stderr_is_empty().stdout_has("127.0.0.1");
        // It is shown; with "500" in it on a success it decides nothing.
        out.stdout_has("exception code 500");
    }
}

#[test]
fn the_wrapper_of_the_old_api_is_read() {
    let wrapped = |status| Reply::json(Order::new(status).machine("sn", "a", status, 1).wrapped());
    assert_ends(&[wrapped("Running"), wrapped("Success")], &[], 0, 2).stderr_is_empty();
    assert_ends(&[wrapped("Cancelled")], &[], 3, 1);
    assert_ends(&[wrapped("Failed")], &["--once"], 1, 1);
}

#[test]
fn every_word_of_an_order_has_its_exit_code() {
    for (word, once, watched) in [
        ("Running", 7, None),
        ("Waiting", 4, None),
        ("Success", 0, Some(0)),
        ("SUCCESS", 0, Some(0)),
        ("success", 0, Some(0)),
        ("Cancelled", 3, Some(3)),
        ("Canceled", 3, Some(3)),
        ("cancelled", 3, Some(3)),
        ("Abort", 3, Some(3)),
        ("aborted", 3, Some(3)),
        ("Failed", 1, Some(1)),
        ("Fail", 1, Some(1)),
        ("FAILED", 1, Some(1)),
        ("Successful", 7, None),
        ("PartialSuccess", 7, None),
        ("Finished", 7, None),
        ("成功", 7, None),
        ("0", 7, None),
    ] {
        assert_ends(&[order(word)], &["--once"], once, 1);
        // A word that is no end is watched on, until there is one.
        match watched {
            Some(code) => assert_ends(&[order("Running"), order(word)], &[], code, 2),
            None => assert_ends(&[order(word), order(word), order("Cancelled")], &[], 3, 3),
        };
    }
}

#[test]
fn a_pause_for_confirmation_is_no_end_unless_asked_for() {
    let pause = [
        running(),
        confirming(),
        confirming(),
        confirming(),
        running(),
        success(),
    ];
    for args in [&[][..], &["--on-pause", "auto"], &["--on-pause", "wait"]] {
        let out = assert_ends(&pause, args, 0, 6);
        out.stdout_has("batch 1 of 1").stderr_is_empty();
    }
    assert_ends(&pause, &["--on-pause", "exit"], 4, 2);
    for on_pause in ["auto", "wait", "exit"] {
        assert_ends(&[confirming()], &["--once", "--on-pause", on_pause], 4, 1);
    }
}

#[test]
fn a_pause_after_a_failure_is_a_failure_once_two_polls_say_so() {
    let pause = [running(), stopped(), stopped(), running(), success()];
    for args in [&[][..], &["--on-pause", "auto"], &["--on-pause", "exit"]] {
        assert_ends(&pause, args, 1, 3).stdout_has("failed a");
    }
    assert_ends(&pause, &["--on-pause", "wait"], 0, 5);
    // It need not be the same machine.
    let other = order_with("Waiting", &[("a", "Success"), ("b", "Failed")]);
    assert_ends(&[stopped(), other], &[], 1, 2);
    // One poll decides where there is only one.
    for (on_pause, code) in [("auto", 1), ("exit", 1), ("wait", 4)] {
        assert_ends(&[stopped()], &["--once", "--on-pause", on_pause], code, 1);
    }
}

#[test]
fn a_pause_after_a_failure_on_one_poll_only_goes_on() {
    for between in [running(), confirming()] {
        let retried = [stopped(), between.clone(), stopped(), between, success()];
        assert_ends(&retried, &[], 0, 5);
    }
    // Under `exit` the first poll is no pause for confirmation either.
    assert_ends(
        &[stopped(), running(), success()],
        &["--on-pause", "exit"],
        0,
        3,
    );
    assert_ends(&[stopped(), confirming()], &["--on-pause", "exit"], 4, 2);
}

#[test]
fn failed_polls_between_two_findings_neither_count_nor_reset() {
    for fault in [
        Reply::status(502, ""),
        Reply::reset(),
        Reply::json("{}"),
        Reply::html("<p>"),
    ] {
        let faults = [fault.clone(), fault];
        let around = |first: &[Reply], last: &[Reply]| [first, &faults, last].concat();
        assert_ends(&around(&[stopped()], &[stopped()]), &[], 1, 4);
        assert_ends(
            &around(&[stopped()], &[running(), stopped(), success()]),
            &[],
            0,
            6,
        );
    }
}

#[test]
fn fail_fast_acts_on_a_failed_machine_of_the_answer_at_hand() {
    let failing = order_with("Running", &[("a", "Failed"), ("b", "Running")]);
    let out = assert_ends(&[running(), failing.clone()], &["--fail-fast"], 1, 2);
    out.stdout_has("--fail-fast").stdout_has("failed a");
    assert_ends(slice::from_ref(&failing), &["--fail-fast", "--once"], 1, 1);
    assert_ends(&[stopped()], &["--fail-fast", "--on-pause", "wait"], 1, 1);
    // Without it a running order with a failed machine runs on.
    assert_ends(&[failing.clone(), failing, success()], &[], 0, 3);
    // An agent that does not answer is no failed machine.
    let silent = Order::new("Running")
        .machine_json(silent_machine("Running"))
        .reply();
    assert_ends(&[silent, success()], &["--fail-fast"], 0, 2);
}

#[test]
fn a_success_with_machines_that_did_not_succeed_is_one_with_a_warning() {
    for state in [
        "Skipped",
        "Cancelled",
        "canceled",
        "Pending",
        "Queued",
        "Running",
        "Failed",
    ] {
        let partial = [order_with("Success", &[("a", "Success"), ("b", state)])];
        let state = state.replace("canceled", "cancelled").to_lowercase();
        let words = format!("1 machine {state}");
        let out = assert_ends(&partial, &[], 0, 1);
        out.stderr_has("warning: ").stderr_has(&words);
        let out = assert_ends(&partial, &["--strict"], 1, 1);
        out.stdout_has("--strict").stdout_has(&words);
    }
    // One that the answer no longer names is history.
    let earlier = order_with("Running", &[("a", "Skipped"), ("b", "Running")]);
    let last = order_with("Success", &[("b", "Success")]);
    assert_ends(&[earlier, last], &["--strict"], 0, 2).stderr_is_empty();
}

#[test]
fn an_answer_about_another_order_is_a_failed_poll() {
    let about = |id: Value, status: &str| Order::new(status).with("deployOrderId", id);
    for id in [
        json!(2222),
        json!("2222"),
        json!(1111.5),
        json!("1111a"),
        json!(11110),
    ] {
        let other = about(id.clone(), "Success");
        for reply in [other.reply(), Reply::json(other.wrapped())] {
            let answers = [running(), reply.clone(), order("Cancelled")];
            assert_ends(&answers, &[], 3, 3).stdout_has("the answer is about ");
            assert_ends(slice::from_ref(&reply), &["--once"], 6, 1);
            // It neither confirms a finding nor takes it back.
            assert_ends(&[stopped(), reply, stopped()], &[], 1, 3);
        }
    }
    for id in [
        json!(1111),
        json!("1111"),
        json!(1.111e3),
        json!(" 11-11 "),
        json!(null),
    ] {
        assert_ends(&[about(id, "Success").reply()], &[], 0, 1).stderr_is_empty();
    }
}

#[test]
fn what_is_only_said_anew_is_no_progress() {
    let flapping: [fn(bool) -> Order; 3] = [
        |odd| Order::new("Running").with("exceptionCode", if odd { "E-1" } else { "E-2" }),
        |odd| {
            let mut machine = silent_machine("Running");
            machine["clientStatus"] = if odd { "ok" } else { "error" }.into();
            Order::new("Running").machine_json(machine)
        },
        |odd| Order::new("Running").with("updateTime", u64::from(odd)),
    ];
    for order in flapping {
        let server = Server::start(move |_, turn| order(turn % 2 == 0).reply());
        let out = yunxiao(&server).args(["--stall-timeout", "500ms"]).run();
        out.code(124).stdout_has("--stall-timeout");
        assert!(server.polls().len() > 3, "{out}");
    }
}

#[test]
fn refused_logs_are_one_line_and_change_no_verdict() {
    let failed = order_with("Failed", &[("a", "Failed"), ("b", "Failed")]);
    for (status, lines) in [(403, 1), (404, 0), (500, 0)] {
        let failed = failed.clone();
        let server = Server::start(move |request, _| match request.target.ends_with("/log") {
            true => refusal(status),
            false => failed.clone(),
        });
        let out = yunxiao(&server).run();
        out.code(1);
        let said = out.stderr.matches("cannot read the log").count();
        assert_eq!(said, lines, "{out}");
        assert_eq!(out.stderr.matches("主机部署").count(), lines, "{out}");
    }
}

#[test]
fn a_machine_is_known_by_its_json_only_where_it_is_the_same() {
    let with = |machines: &[Value]| {
        let machines = machines.iter().cloned();
        machines
            .fold(Order::new("Running"), Order::machine_json)
            .reply()
    };
    let machine = |sn: &str, status: &str| json!({"machineSn": sn, "status": status});
    let (a, b) = (machine("a", "Running"), machine("b", "Odd"));
    let answers = [
        with(&[a.clone(), b.clone(), a.clone()]),
        with(&[b.clone(), a.clone(), a.clone()]),
        with(&[
            json!("x"),
            a.clone(),
            json!(null),
            machine("a", "Success"),
            b,
        ]),
        with(slice::from_ref(&a)),
        order("Cancelled"),
    ];
    let out = assert_ends(&answers, &["-o", "json"], 3, 5);
    let events = out.events();
    let units = named(&events, "unit").into_iter();
    let moves: Vec<_> = units
        .map(|unit| format!("{} {}", unit["id"], unit["state"]))
        .collect();
    let expected = [
        r#""a" "running""#,
        r#""b" "unknown""#,
        r##""a#2" "running""##,
        r##""a#2" "succeeded""##,
    ];
    assert_eq!(moves, expected, "{out}");
    assert_eq!(named(&events, "warning").len(), 2, "{out}");
}

#[test]
fn a_word_that_nobody_documents_is_warned_of_once_and_ends_nothing() {
    let odd = || order_with("Rebooting", &[("a", "Exploded"), ("b", "Exploded")]);
    let out = assert_ends(&[odd(), odd(), running(), odd(), success()], &[], 0, 5);
    for word in ["\"Rebooting\"", "\"Exploded\""] {
        assert_eq!(out.stderr.matches(word).count(), 1, "{out}");
    }
    assert_ends(&[odd()], &["--once"], 7, 1);
    let (out, _) = watch(&[odd(), success()], &["-o", "json"]);
    let events = out.events();
    assert_eq!(named(&events, "phase")[0]["phase"], "unknown");
    assert_eq!(named(&events, "unit")[0]["state"], "unknown");
    assert_eq!(named(&events, "warning").len(), 2, "{out}");
}

#[test]
fn every_field_but_the_status_may_be_missing_null_or_of_the_other_type() {
    for body in [
        json!({"status": "Success"}),
        json!({"status": "Success", "deployMachineInfo": null, "deployOrderId": null}),
        json!({"status": "Success", "deployMachineInfo": {}}),
        json!({"status": "Success", "deployMachineInfo": {"deployMachines": null}}),
        json!({"status": "Success", "deployMachineInfo": {"deployMachines": [null, {}]}}),
        json!({"status": "Success", "actions": null, "creator": 7, "exceptionCode": 500}),
        json!({"status": "Success", "currentBatch": "2", "totalBatch": "3", "createTime": "x"}),
        json!({"status": "Success", "currentBatch": null, "totalBatch": null}),
        json!({"status": "Success", "deployOrderId": "1111", "success": true}),
        json!({"status": "Success", "deployOrderId": 1.111e3}),
        json!({"status": "Success", "new": {"fields": ["of", {"any": "type"}]}}),
        json!({"deployOrder": {"status": "Success"}, "success": "true"}),
    ] {
        let out = assert_ends(&[Reply::json(body.to_string())], &["--strict"], 0, 1);
        out.stderr_is_empty();
    }
}

#[test]
fn machines_are_read_however_little_is_said_of_them() {
    let machines = [
        json!({"machineSn": "sn-1", "ip": "192.0.2.1", "status": "Running", "batchNum": "2"}),
        json!({"machineSn": 12345, "ip": null, "status": "running", "batchNum": 1}),
        json!({"ip": "192.0.2.3", "status": null, "actions": [{"params": "map[]"}]}),
        json!({"status": "Queued"}),
        silent_machine("Success"),
    ];
    let order = machines
        .into_iter()
        .fold(Order::new("Running"), Order::machine_json);
    let out = assert_ends(&[order.reply()], &["--once", "-o", "json"], 7, 1);
    let events = out.events();
    let seen: Vec<_> = named(&events, "unit")
        .into_iter()
        .map(|unit| {
            json!([
                unit["id"],
                unit["name"],
                unit["batch"],
                unit["state"],
                unit["detail"]
            ])
        })
        .collect();
    assert_eq!(seen[0], json!(["sn-1", "192.0.2.1", 2, "running", null]));
    assert_eq!(seen[1], json!(["12345", "12345", 1, "running", null]));
    assert_eq!(
        seen[2],
        json!(["192.0.2.3", "192.0.2.3", null, "unknown", null])
    );
    assert_eq!(seen[3][3], "queued");
    assert_eq!(
        seen[4].as_array().unwrap()[3..],
        [json!("succeeded"), json!("clientStatus error")]
    );
    assert!(
        named(&events, "unit")
            .iter()
            .all(|unit| unit["kind"] == "machine")
    );
}

/// A machine whose agent does not answer.
fn silent_machine(status: &str) -> Value {
    json!({"machineSn": "sn-9", "ip": "192.0.2.9", "status": status, "clientStatus": "error"})
}

#[test]
fn an_answer_that_does_not_say_how_it_stands_is_a_failed_poll() {
    let error = json!({"errorCode": "E-1", "errorMessage": "no luck", "requestId": "r-7"});
    let mut denied: Value = serde_json::from_str(&Order::new("Success").wrapped()).unwrap();
    denied["success"] = false.into();
    let mut said = error.clone();
    said["success"] = "false".into();
    let with_status = |status: Value| json!({"deployOrderId": 1111, "status": status});
    for (body, words) in [
        (with_status(json!(null)), ""),
        (with_status(json!("")), ""),
        (with_status(json!({"status": "Success"})), ""),
        (with_status(json!(["Success"])), ""),
        (
            json!({"deployMachineInfo": {"deployMachines": [{"status": "Success"}]}}),
            "",
        ),
        (json!({"deployOrder": null, "success": true}), ""),
        (json!(null), ""),
        (json!([]), ""),
        (json!("Success"), ""),
        (denied, ""),
        (error, "E-1 no luck"),
        (said, "E-1 no luck"),
    ] {
        let reply = Reply::status(201, body.to_string()).header("x-request-id", "n-1");
        assert_ends(slice::from_ref(&reply), &["--once"], 6, 1);
        let answers = [running(), reply, success()];
        let (out, _) = watch(&answers, &["-o", "json"]);
        let events = out.code(0).events();
        let offline = named(&events, "offline");
        assert_eq!(offline.len(), 1, "{out}");
        assert_eq!(offline[0]["status"], 201);
        let error = offline[0]["error"].as_str().unwrap();
        assert!(
            error.contains(words) && error.ends_with("(request n-1)"),
            "{out}"
        );
    }
}

#[test]
fn what_is_only_shown_decides_nothing() {
    let odd = |status: &str| {
        let order = Order::new(status).with("exceptionCode", "DeployFailed");
        order.machine_json(silent_machine("Running")).reply()
    };
    let out = assert_ends(&[odd("Running"), odd("Running"), odd("Success")], &[], 0, 3);
    out.stdout_has("exception code DeployFailed");
    out.stdout_has("clientStatus error");
    // Nor does the state of all the machines end an order.
    let done = order_with("Running", &[("a", "Success"), ("b", "Success")]);
    assert_ends(
        &[done.clone(), done.clone(), done, order("Cancelled")],
        &[],
        3,
        4,
    );
    let failed = order_with("Running", &[("a", "Failed"), ("b", "Failed")]);
    assert_ends(&[failed.clone(), failed, success()], &[], 0, 3).stderr_has("--fail-fast");
}

#[test]
fn a_machine_that_disappears_keeps_its_last_state() {
    let both = order_with("Running", &[("a", "Running"), ("b", "Pending")]);
    let one = order_with("Running", &[("b", "Running")]);
    let end = order_with("Success", &[("b", "Success")]);
    let (out, _) = watch(&[both, one, end], &["-o", "json"]);
    out.code(0);
    let units = &out.finished()["units"];
    assert_eq!(keys(units).len(), 9, "{out}");
    assert_eq!(
        [&units["total"], &units["running"], &units["succeeded"]],
        [2, 1, 1]
    );
    let events = out.events();
    let of_a = named(&events, "unit")
        .into_iter()
        .filter(|unit| unit["name"] == "a");
    assert_eq!(of_a.count(), 1, "{out}");
}

#[test]
fn a_failure_of_an_earlier_batch_is_history() {
    let first = order_with("Running", &[("a", "Failed"), ("b", "Pending")]);
    let pause = order_with("Waiting", &[("b", "Pending")]);
    let answers = [
        first,
        pause.clone(),
        pause.clone(),
        pause,
        order("Cancelled"),
    ];
    assert_ends(&answers, &[], 3, 5);
    assert_ends(&answers, &["--on-pause", "exit"], 4, 2);
}

#[test]
fn a_machine_that_is_tried_again_is_no_failure() {
    let states = ["Failed", "Running", "Success"];
    let mut answers = states
        .map(|state| order_with("Running", &[("a", state)]))
        .to_vec();
    answers.push(order_with("Success", &[("a", "Success")]));
    let out = assert_ends(&answers, &["-o", "json"], 0, 4);
    let events = out.events();
    let moves: Vec<_> = named(&events, "unit")
        .into_iter()
        .map(|unit| (unit["from"].as_str(), unit["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        moves,
        [
            (None, "failed"),
            (Some("failed"), "running"),
            (Some("running"), "succeeded")
        ]
    );
    assert_eq!(out.finished()["failed"], json!([]));
}

#[test]
fn machines_are_known_by_their_number_wherever_they_stand() {
    let answers = [
        order_with(
            "Running",
            &[("a", "Running"), ("b", "Pending"), ("c", "Pending")],
        ),
        order_with(
            "Running",
            &[("c", "Pending"), ("a", "Success"), ("b", "Running")],
        ),
        order_with(
            "Success",
            &[("b", "Success"), ("c", "Success"), ("a", "Success")],
        ),
    ];
    let out = assert_ends(&answers, &["-o", "json"], 0, 3);
    let events = out.events();
    let moves: Vec<_> = named(&events, "unit")
        .into_iter()
        .map(|unit| {
            format!(
                "{} {}",
                unit["name"].as_str().unwrap(),
                unit["state"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(moves[..3], ["a running", "b pending", "c pending"]);
    assert_eq!(moves[3..5], ["a succeeded", "b running"]);
    assert_eq!(moves[5..], ["b succeeded", "c succeeded"]);
    assert_eq!(out.finished()["units"]["total"], 3);
}

/// The provider's words when it refuses a request.
fn refusal(status: u16) -> Reply {
    let body = json!({"errorCode": "E-Code", "errorMessage": "why not", "requestId": "r-42"});
    Reply::status(status, body.to_string())
}

#[test]
fn a_refusal_at_the_first_poll_ends_it_at_once_in_the_providers_words() {
    for status in [400, 401, 403, 404, 405, 409, 410, 422] {
        for args in [&[][..], &["--once"]] {
            let out = assert_ends(&[refusal(status), success()], args, 5, 1);
            for words in [&*status.to_string(), "E-Code", "why not", "r-42"] {
                out.stdout_has(words);
            }
            out.stdout_has("refused").stderr_is_empty();
        }
        let out = assert_ends(&[Reply::status(status, "no JSON")], &["-q"], 5, 1);
        out.stdout_is_empty().stderr_has(&status.to_string());
    }
    let (out, _) = watch(&[Reply::reset(), refusal(404)], &[]);
    out.code(5);
}

#[test]
fn a_refusal_says_what_to_do() {
    let says = |status, prepare: fn(Program) -> Program, hint: &str| {
        let server = Server::script(vec![refusal(status)]);
        prepare(yunxiao(&server)).run().code(5).stdout_has(hint);
    };
    says(401, |program| program, "token");
    says(403, |program| program, "主机部署");
    says(404, |program| program, "YUNXIAO_EDITION=region");
    says(
        404,
        |program| program.env("YUNXIAO_EDITION", "region"),
        "--organization",
    );
}

#[test]
fn after_a_good_answer_a_refusal_must_be_said_twice() {
    let redirect = Reply::redirect("/elsewhere");
    for refusal in [refusal(400), refusal(403), refusal(404), redirect] {
        let once = [
            running(),
            refusal.clone(),
            running(),
            refusal.clone(),
            success(),
        ];
        assert_ends(&once, &[], 0, 5);
        assert_ends(&[running(), refusal.clone(), refusal, success()], &[], 5, 3);
    }
    assert_ends(
        &[running(), refusal(404), refusal(403), success()],
        &[],
        0,
        4,
    );
    assert_ends(&[running(), refusal(401), success()], &[], 5, 2);
}

#[test]
fn what_may_pass_is_no_refusal() {
    for status in [408, 425, 429, 500, 501, 502, 503, 504, 599] {
        assert_ends(
            &[refusal(status), running(), refusal(status), success()],
            &[],
            0,
            4,
        );
        let out = assert_ends(&[refusal(status)], &["--once"], 6, 1);
        out.stdout_has(&status.to_string()).stdout_has("why not");
    }
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::script(vec![success()]);
        let location = format!("{}/sign-in", elsewhere.url());
        let redirect = Reply::status(status, "").header("location", &location);
        let out = assert_ends(&[redirect], &[], 5, 1);
        out.stdout_has(&location);
        elsewhere.assert_untouched();
    }
    assert_ends(&[Reply::redirect("/sign-in")], &["--once"], 5, 1).stdout_has("/sign-in");
    assert_ends(&[Reply::status(302, "")], &[], 5, 1);
}

#[test]
fn text_of_the_provider_cannot_act_on_a_terminal_or_a_ci_runner() {
    let nasty =
        "\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}evil\r\n::error::owned\n##[error]owned\u{9b}31m";
    let answers = [
        Order::new("Running")
            .machine(nasty, nasty, "Failed", 1)
            .with("exceptionCode", nasty)
            .reply(),
        Reply::status(
            502,
            json!({"errorCode": nasty, "errorMessage": nasty}).to_string(),
        ),
        order(nasty),
        Reply::redirect("/a\u{1b}[31m"),
        Reply::status(
            403,
            json!({"errorCode": nasty, "errorMessage": nasty}).to_string(),
        ),
        Reply::status(
            403,
            json!({"errorCode": nasty, "errorMessage": nasty}).to_string(),
        ),
    ];
    for output in ["plain", "json", "quiet"] {
        let server = Server::script(answers.to_vec());
        let out = yunxiao(&server)
            .args(["-o", output, "-v", "--events", "events"])
            .run();
        out.code(5);
        for text in [&out.stdout, &out.stderr, &out.file("events")] {
            let harmless = |c: char| c == '\n' || !c.is_control() && !"\u{202e}\u{9b}".contains(c);
            assert!(text.chars().all(harmless), "{out}");
            for line in text.lines() {
                assert!(!line.starts_with("::") && !line.contains("##["), "{out}");
            }
        }
        events(&out.file("events"));
    }
}
