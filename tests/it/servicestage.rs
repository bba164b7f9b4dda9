//! ServiceStage: what the components of a release and the release task itself mean for the watch.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Output, Program, Reply, SECRET, Server, deploywatch, named};

const SAMPLE: &str = include_str!("../fixtures/servicestage.response.json");
const PROJECT: &str = "0605768a3300d5762f8ac0186b5a2b0c";
const RELEASE: &str = "716eda33-dbc6-47f3-953f-29119edd5e5c";

/// `deploywatch servicestage` for the release, signed in with the planted secret and polling the
/// server each 20 ms.
fn servicestage(server: &Server) -> Program {
    deploywatch(["servicestage", "--project", PROJECT, "--release", RELEASE])
        .args(["--endpoint", &server.url(), "--interval", "20ms"])
        .env("HW_AUTH_TOKEN", SECRET)
}

/// The responses to a poll: the components, and the release task itself where it is requested.
type Poll = (Reply, Reply);

/// A server that answers these polls in their order, and the last one for ever; `job` is every
/// job's resource.
fn serve(polls: Vec<Poll>, job: Reply) -> Server {
    let cas = format!("/v3/{PROJECT}/cas");
    let plan = format!("{cas}/release-plans/{RELEASE}");
    let mut next = 0;
    Server::start(move |request, _| {
        let target = &request.target;
        if *target == format!("{plan}/deploy-info") {
            next += 1;
            return polls[next.min(polls.len()) - 1].0.clone();
        }
        if *target == plan {
            return polls[next.min(polls.len()) - 1].1.clone();
        }
        assert!(target.starts_with(&format!("{cas}/jobs/")), "{target}");
        job.clone()
    })
}

/// The watch of these polls, with these options, to its end; and how often the components and the
/// release task were asked for.
#[track_caller]
fn watch(polls: Vec<Poll>, args: &[&str]) -> (Output, usize, usize) {
    let server = serve(polls, Reply::status(404, "{}"));
    let out = servicestage(&server).args(args).run();
    let requests = server.requests();
    let count = |end: &str| {
        requests
            .iter()
            .filter(|it| it.target.ends_with(end))
            .count()
    };
    (out, count("/deploy-info"), count(RELEASE))
}

/// A component of a batch, with this `job_status` and these further fields.
fn component(id: &str, seq: u32, job_status: &str, more: &Value) -> Value {
    let mut component = json!({
        "id": id, "name": format!("name of {id}"), "version": "1", "seq": seq,
        "status": "RUNNING", "job_id": format!("JOB-{id}"), "job_status": job_status,
        "start_time": 0, "end_time": 0, "fail_message": null, "rollback_job_id": null,
        "rollback_job_status": null, "rollback_start_time": 0, "rollback_end_time": 0,
        "rollback_fail_message": null,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        component[key] = value.clone();
    }
    component
}

/// Components with these `job_status`es, each in a batch of its own.
fn jobs(words: &[&str]) -> Reply {
    let batches = words.iter().zip(1..);
    let components =
        batches.map(|(word, seq)| component(&format!("c{seq}"), seq, word, &json!({})));
    release(&components.collect::<Vec<_>>())
}

fn release(components: &[Value]) -> Reply {
    Reply::json(json!({ "id": RELEASE, "components": components }).to_string())
}

/// The release task with this status, which stops at a failure.
fn plan(status: &str) -> Reply {
    plan_with(status, "stop")
}

fn plan_with(status: &str, fail_strategy: &str) -> Reply {
    let plan = json!({ "id": RELEASE, "status": status, "fail_strategy": fail_strategy });
    Reply::json(plan.to_string())
}

/// An answer to a read that is turned down.
fn forbidden() -> Reply {
    let body = r#"{"error_code":"SVCSTG.00100403","error_msg":"no permission"}"#;
    Reply::status(403, body)
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success() {
    let sample = || Reply::json(SAMPLE);
    let (out, polls, plans) = watch(vec![(sample(), plan("SUCCESS"))], &[]);
    out.code(0).stderr_is_empty();
    assert_eq!((polls, plans), (1, 1));
    // Where the release task may not be read, a second poll must agree.
    let (out, polls, _) = watch(vec![(sample(), forbidden())], &["-o", "json"]);
    let last = out.code(0).finished();
    assert_eq!(polls, 2);
    assert_eq!(last["target"], format!("servicestage:{PROJECT}/{RELEASE}"));
    let events = out.events();
    let unit = named(&events, "unit")[0];
    assert_eq!(
        (&unit["name"], &unit["state"]),
        (&json!("sch"), &json!("succeeded"))
    );
    assert_eq!(unit["elapsed_ms"], 25_056, "by the provider's own times");
    watch(vec![(sample(), forbidden())], &["--once"]).0.code(0);
    // Where it does not say that it is over, it is not.
    watch(vec![(sample(), plan("CREATED"))], &["--once"])
        .0
        .code(7);
}

#[test]
fn the_gap_between_two_batches_is_not_a_success() {
    let polls = vec![
        (jobs(&["RUNNING", "CREATED"]), plan("RUNNING")),
        (jobs(&["SUCCEEDED", "CREATED"]), plan("RUNNING")),
        (jobs(&["SUCCEEDED", "CREATED"]), plan("SUCCESS")),
        (jobs(&["SUCCEEDED", "CREATED"]), forbidden()),
        (jobs(&["SUCCEEDED", "CREATED"]), Reply::json("{}")),
        (jobs(&["SUCCEEDED", "RUNNING"]), plan("RUNNING")),
        (jobs(&["SUCCEEDED", "SUCCEEDED"]), plan("SUCCESS")),
    ];
    let (out, polls, plans) = watch(polls, &["-o", "json"]);
    out.code(0);
    assert_eq!(
        (polls, plans),
        (7, 5),
        "the plan is read only where nothing moves"
    );
    let batches: Vec<_> = out
        .events()
        .iter()
        .filter(|event| event.get("batch").is_some() && event["event"] != "unit")
        .map(|event| (event["batch"].as_u64(), event["batches"].as_u64()))
        .collect();
    assert_eq!(batches.first(), Some(&(Some(1), Some(2))));
    assert_eq!(batches.last(), Some(&(Some(2), Some(2))));
}

#[test]
fn with_stop_the_later_batches_are_not_waited_for_without_end() {
    let stopped = || jobs(&["SUCCEEDED", "FAILED", "CREATED"]);
    // The release task may be tried again: it knows better than its components.
    let polls = vec![
        (stopped(), plan("RUNNING")),
        (stopped(), plan("RUNNING")),
        (stopped(), plan("RUNNING")),
        (jobs(&["SUCCEEDED", "RUNNING", "CREATED"]), plan("RUNNING")),
        (stopped(), plan("PARTIALLY_FAILED")),
    ];
    let (out, polls, _) = watch(polls, &[]);
    out.code(1).stdout_has("PARTIALLY_FAILED");
    assert_eq!(polls, 5);
    let patience = ["--max-offline", "150ms", "--timeout", "5s"];
    let (out, ..) = watch(vec![(stopped(), plan("RUNNING"))], &patience);
    out.code(6)
        .stdout_has("nothing changes any more, but the release task still says RUNNING");
    watch(vec![(stopped(), plan("RUNNING"))], &["--once"])
        .0
        .code(7);
    // With another strategy they come.
    let going = vec![(stopped(), plan_with("RUNNING", "continue"))];
    let (out, ..) = watch(going, &["--max-offline", "100ms", "--timeout", "300ms"]);
    out.code(124);
    // Where it may not be read, the components decide.
    let (out, polls, _) = watch(vec![(stopped(), forbidden())], &[]);
    out.code(1)
        .stdout_has("1 component failed, and nothing else is in progress");
    assert_eq!(polls, 2);
}

#[test]
fn each_word_of_the_release_task_has_its_exit_code() {
    for (word, code, polls) in [
        ("SUCCESS", 0, 1),
        ("SUCCEEDED", 0, 1),
        ("FAILED", 1, 1),
        ("PARTIALLY_FAILED", 1, 1),
        ("ROLLBACK_FAILED", 1, 1),
        ("ROLLBACK_SUCCEED", 1, 1),
        ("ABORTED", 3, 1),
    ] {
        let (out, asked, _) = watch(vec![(jobs(&["SUCCEEDED"]), plan(word))], &[]);
        out.code(code);
        assert_eq!(asked, polls, "{word}\n{out}");
    }
}

#[test]
fn a_success_that_contradicts_its_components_is_none() {
    let calls_itself_failed = || {
        let own = json!({ "status": "FAILED" });
        release(&[component("c1", 1, "SUCCEEDED", &own)])
    };
    for (components, code) in [
        (jobs(&["SUCCEEDED", "FAILED"]), 1),
        (jobs(&["SUCCEEDED", "CANCELLED"]), 1),
        (jobs(&["SUCCEEDED", "CREATED"]), 6),
        (jobs(&["SUCCEEDED", "TELEPORTED"]), 6),
        (release(&[]), 6),
        (calls_itself_failed(), 6),
    ] {
        for word in ["SUCCESS", "SUCCEEDED"] {
            let contradiction = || (components.clone(), plan_with(word, "continue"));
            let (out, polls, _) = watch(vec![contradiction()], &[]);
            out.code(code)
                .stdout_has(&format!("the release task says {word}, but "));
            assert_eq!(polls, 2);
            // It may be a moment.
            let polls = vec![contradiction(), (jobs(&["SUCCEEDED"]), plan(word))];
            watch(polls, &[]).0.code(0);
        }
    }
}

#[test]
fn a_plan_that_is_graying_is_a_pause() {
    let pause = |words: &[&str]| vec![(jobs(words), plan("GRAYING"))];
    for words in [&["SUCCEEDED"][..], &["SUCCEEDED", "CREATED"]] {
        let (out, ..) = watch(pause(words), &["--on-pause", "exit"]);
        out.code(4).stdout_has("waiting for confirmation");
        watch(pause(words), &["--timeout", "200ms"]).0.code(124);
    }
    let failed = pause(&["SUCCEEDED", "FAILED"]);
    watch(failed, &["--on-pause", "exit"]).0.code(1);
}

#[test]
fn any_other_word_goes_on_and_is_given_up_where_nothing_changes_any_more() {
    for word in ["RUNNING", "ROLLBACKING", "TERMINATED", "TELEPORTING"] {
        let going = || (jobs(&["SUCCEEDED", "SUCCEEDED"]), plan(word));
        watch(vec![going()], &["--once"]).0.code(7);
        let (out, ..) = watch(vec![going()], &["--timeout", "200ms"]);
        let warnings = out.code(124).stderr.matches("warning: ").count();
        let documented = ["RUNNING", "ROLLBACKING"].contains(&word);
        assert_eq!(warnings, usize::from(!documented), "{out}");
        let (out, ..) = watch(vec![going()], &["--max-offline", "150ms"]);
        out.code(6).stdout_has(&format!("still says {word}"));
        for (end, code) in [("SUCCESS", 0), ("FAILED", 1), ("ABORTED", 3)] {
            let end = (jobs(&["SUCCEEDED", "SUCCEEDED"]), plan(end));
            watch(vec![going(), going(), end], &[]).0.code(code);
        }
    }
}

#[test]
fn a_plan_that_is_refused_leaves_the_components_to_decide() {
    let own = r#"{"error_code":"SVCSTG.00100433","error_msg":"no such release"}"#;
    let page = Reply::status(403, "<title>no</title>").header("content-type", "text/html");
    for refusal in [forbidden(), page, Reply::status(404, own)] {
        for (words, code) in [
            (&["SUCCEEDED", "SUCCEEDED"][..], 0),
            (&["SUCCEEDED", "FAILED", "CREATED"], 1),
            (&["CANCELLED", "CANCELLED"], 3),
        ] {
            let (out, polls, _) = watch(vec![(jobs(words), refusal.clone())], &[]);
            out.code(code).stderr_has("the release task cannot be read");
            assert_eq!(polls, 2, "{out}");
            let warnings = out.stderr.matches("warning: ").count();
            assert_eq!(warnings, 1, "it is said once\n{out}");
        }
        for words in [&["SUCCEEDED", "CREATED"][..], &["SUCCEEDED", "CANCELLED"]] {
            let polls = vec![(jobs(words), refusal.clone())];
            watch(polls, &["--timeout", "200ms"]).0.code(124);
        }
    }
}

#[test]
fn an_answer_about_another_release_is_a_failed_poll() {
    let other = || {
        let job = component("c1", 1, "SUCCEEDED", &json!({}));
        Reply::json(json!({ "id": "another", "components": [job] }).to_string())
    };
    let other_plan = || Reply::json(json!({ "id": "another", "status": "FAILED" }).to_string());
    let polls = vec![
        (other(), plan("SUCCESS")),
        (jobs(&["SUCCEEDED"]), other_plan()),
        (other(), plan("SUCCESS")),
        (jobs(&["SUCCEEDED"]), plan("ABORTED")),
    ];
    let (out, polls, _) = watch(polls, &["-o", "json"]);
    let failed = named(&out.code(3).events(), "offline").len();
    assert_eq!((polls, failed), (4, 3), "{out}");
    let (out, ..) = watch(vec![(other(), plan("SUCCESS"))], &["--once"]);
    out.code(6)
        .stdout_has(&format!("the answer is about another, not {RELEASE}"));
    // The same id in another spelling.
    let id = RELEASE.replace('-', "").to_uppercase();
    let spelled = json!({ "id": id, "components": [component("c1", 1, "SUCCEEDED", &json!({}))] });
    let polls = vec![(Reply::json(spelled.to_string()), plan("SUCCESS"))];
    watch(polls, &[]).0.code(0);
}

#[test]
fn a_plan_that_cannot_be_read_is_a_failed_poll() {
    let twice = r#"{"status":"RUNNING","status":"SUCCESS"}"#;
    for fault in [
        Reply::status(404, "{}"),
        Reply::status(404, "<title>404</title>").header("content-type", "text/html"),
        Reply::status(400, "{}"),
        Reply::redirect("/elsewhere"),
        Reply::json("{}"),
        Reply::json("no JSON"),
        Reply::json("[]"),
        Reply::json(r#"{"status":null}"#),
        Reply::json(twice),
        Reply::json(r#"{"status":"SUCCESS","components":"none"}"#),
        Reply::json(r#"{"status":"SUCCESS","name":"\ud83d"}"#),
        Reply::json(r#"{"status":"SUCCESS","components":[{"name":"\ud83d"}]}"#),
        Reply::json(r#"{"status":"SUCCESS","error_code":"SVCSTG.1","error_msg":"no"}"#),
        Reply::status(503, ""),
        Reply::status(429, ""),
        Reply::html("<html></html>"),
        Reply::empty(),
        Reply::reset(),
        Reply::cut(r#"{"status":"SUCCESS"}"#),
    ] {
        // Nor success, which the release task does not confirm, nor failure, which it may know
        // to be none.
        for words in [&["SUCCEEDED"][..], &["SUCCEEDED", "FAILED", "CREATED"]] {
            let (out, ..) = watch(
                vec![(jobs(words), fault.clone())],
                &["--max-offline", "100ms"],
            );
            out.code(6);
        }
        let polls = vec![
            (jobs(&["SUCCEEDED"]), fault.clone()),
            (jobs(&["SUCCEEDED"]), fault.clone()),
            (jobs(&["SUCCEEDED"]), plan("ABORTED")),
        ];
        watch(polls, &[]).0.code(3);
        // A failed poll between two that agree neither counts nor resets.
        let polls = vec![
            (jobs(&["FAILED", "CREATED"]), forbidden()),
            (jobs(&["FAILED", "CREATED"]), fault),
            (jobs(&["FAILED", "CREATED"]), forbidden()),
        ];
        let (out, polls, _) = watch(polls, &[]);
        out.code(1);
        assert_eq!(polls, 3, "{out}");
    }
}

#[test]
fn no_components_are_never_a_success() {
    for plan in [plan("RUNNING"), forbidden()] {
        let (out, ..) = watch(vec![(release(&[]), plan)], &["--timeout", "200ms"]);
        out.code(124);
    }
    let (out, ..) = watch(vec![(release(&[]), plan("SUCCESS"))], &[]);
    out.code(6);
}

#[test]
fn a_rollback_is_a_failure_though_the_job_succeeded() {
    let rollback = |status: &str| {
        let more = json!({
            "rollback_job_id": "JOB-r", "rollback_job_status": status, "fail_message": "no image",
            "start_time": 1_000, "end_time": 2_000,
            "rollback_start_time": "1722933924962",
            "rollback_end_time": if status == "RUNNING" { "" } else { "1722933926962" },
        });
        release(&[component("c1", 1, "SUCCEEDED", &more)])
    };
    let polls = vec![
        (jobs(&["RUNNING"]), plan("RUNNING")),
        (rollback("RUNNING"), plan("RUNNING")),
        (rollback("SUCCEEDED"), plan("RUNNING")),
        (rollback("SUCCEEDED"), plan("ROLLBACK_SUCCEED")),
    ];
    let (out, polls, _) = watch(polls, &["-o", "json"]);
    let last = out.code(1).finished();
    assert_eq!(polls, 4);
    assert_eq!(last["failed"][0]["detail"], "rolled back: no image");
    let events = out.events();
    let units: Vec<_> = named(&events, "unit")
        .iter()
        .map(|unit| (unit["state"].as_str().unwrap(), unit["detail"].as_str()))
        .collect();
    assert_eq!(
        units,
        [
            ("running", None),
            ("running", Some("rolling back: no image")),
            ("failed", Some("rolled back: no image")),
        ]
    );
    let ended = named(&events, "unit")[2];
    assert_eq!(ended["elapsed_ms"], 2_000, "its rollback's time");
    // The same without a word of the release task: the second poll decides.
    let polls = vec![(rollback("SUCCEEDED"), plan_with("SUCCESS", "continue"))];
    watch(polls, &[]).0.code(1);
}

#[test]
fn graying_waits_for_a_person() {
    let gray = |next: &str| {
        release(&[
            component("c1", 1, "SUCCEEDED", &json!({ "status": "GRAYING" })),
            component("c2", 2, next, &json!({})),
        ])
    };
    let polls = || {
        vec![
            (gray("CREATED"), plan("RUNNING")),
            (gray("RUNNING"), plan("RUNNING")),
            (jobs(&["SUCCEEDED", "SUCCEEDED"]), plan("SUCCESS")),
        ]
    };
    let (out, _, plans) = watch(polls(), &["--on-pause", "exit"]);
    out.code(4)
        .stdout_has("paused: waiting for confirmation (1/2 done, batch 1 of 2)\n");
    assert_eq!(plans, 0);
    watch(polls(), &[]).0.code(0);
    watch(polls(), &["--once"]).0.code(4);
    // After a failure it is one.
    let failed = || vec![(gray("FAILED"), plan("RUNNING"))];
    let (out, polls, _) = watch(failed(), &[]);
    out.code(1);
    assert_eq!(polls, 2);
    watch(failed(), &["--on-pause", "exit"]).0.code(1);
    watch(failed(), &["--on-pause", "wait", "--timeout", "200ms"])
        .0
        .code(124);
}

#[test]
fn a_component_that_is_started_long_ago_has_its_age() {
    let ago = std::time::SystemTime::now() - Duration::from_secs(300);
    let ago = ago
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64;
    let started = |time: Value| {
        let polls = vec![(
            release(&[component(
                "c1",
                1,
                "RUNNING",
                &json!({ "start_time": time }),
            )]),
            plan("RUNNING"),
        )];
        watch(polls, &["--timeout", "800ms"]).0
    };
    started(json!(ago))
        .code(124)
        .stdout_has("name of c1 for 5m");
    for unset in [json!(0), json!(null), json!("")] {
        started(unset).code(124).stdout_lacks("name of c1 for 4");
    }
}

#[test]
fn the_log_of_a_failed_component_is_the_failed_tasks_of_its_job() {
    let job = json!({ "JOB": { "EXECUTION_STATUS": "FAILED" }, "TASKS": [
        { "TASK_NAME": "Pull image", "TASK_STATUS": "SUCCEEDED", "MESSAGES": "pulled" },
        { "TASK_NAME": "Update", "TASK_STATUS": "FAILED",
          "MESSAGES": "first\n\u{1b}[31mprobe failed\nlast" } ] });
    for (args, log) in [
        (
            &[][..],
            &["Update failed: first", "probe failed", "last"][..],
        ),
        (&["--logs", "2"], &["probe failed", "last"]),
        (&["--logs", "0"], &[]),
    ] {
        let polls = vec![(jobs(&["FAILED"]), plan("FAILED"))];
        let server = serve(polls, Reply::json(job.to_string()));
        let out = servicestage(&server).args(args).args(["-o", "json"]).run();
        let last = out.code(1).finished();
        let lines = last["failed"][0]["log"].as_array().cloned();
        assert_eq!(lines.unwrap_or_default(), log, "{out}");
    }
}

#[test]
fn a_job_is_asked_for_only_by_an_id_that_is_safe_in_a_url() {
    let jobs = ["JOB-1_a", "..", "../../secrets", "a?b", "a%2fb", ""];
    let components: Vec<_> = (1..)
        .zip(jobs)
        .map(|(seq, job)| component(&format!("c{seq}"), seq, "FAILED", &json!({ "job_id": job })))
        .collect();
    let server = serve(
        vec![(release(&components), plan("FAILED"))],
        Reply::json("{}"),
    );
    servicestage(&server).run().code(1);
    let requests = server.requests();
    let jobs = requests.iter().filter(|it| it.target.contains("/jobs/"));
    let targets: Vec<_> = jobs.map(|it| it.target.as_str()).collect();
    assert_eq!(targets, [format!("/v3/{PROJECT}/cas/jobs/JOB-1_a")]);
}

#[test]
fn a_refusal_says_what_can_be_done() {
    for (status, code, says) in [
        (403, "SVCSTG.00100403", "permission to view releases"),
        (404, "SVCSTG.00100433", "Release Management (old)"),
        (401, "APIGW.0301", "check the token"),
    ] {
        let body = json!({ "error_code": code, "error_msg": "no" }).to_string();
        let refusal = Reply::status(status, body);
        let (out, polls, _) = watch(vec![(refusal, plan("SUCCESS"))], &[]);
        out.code(5)
            .stdout_has(&format!("{code} no"))
            .stdout_has(says);
        assert_eq!(polls, 1);
    }
    // The service's own 401 has meant that something is not there.
    let body = r#"{"error_code":"SVCSTG.00100401","error_msg":"no"}"#;
    let (out, ..) = watch(vec![(Reply::status(401, body), plan("SUCCESS"))], &[]);
    out.code(5)
        .stdout_has("SVCSTG.00100401 no")
        .stdout_lacks("token");
}

#[test]
fn a_wrong_command_line_is_turned_down() {
    let server = serve(
        vec![(jobs(&["SUCCEEDED"]), plan("SUCCESS"))],
        Reply::empty(),
    );
    let out = servicestage(&server).args(["--fresh"]).run();
    out.code(2).stdout_is_empty().stderr_has("--fresh");
    assert_eq!(out.stderr.lines().count(), 1, "{out}");
    let place = ["--endpoint", &server.url(), "--release", RELEASE];
    let none = || {
        deploywatch(["servicestage"])
            .args(place)
            .env("HW_AUTH_TOKEN", SECRET)
    };
    let out = none().run();
    for named in ["--project", "HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"] {
        out.code(2).stderr_has(named);
    }
    none()
        .env("HW_PROJECT_ID", "a/b")
        .run()
        .code(2)
        .stderr_has("HW_PROJECT_ID");
    server.assert_untouched();
}

#[test]
fn the_project_may_come_from_the_environment() {
    for variable in ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"] {
        let server = serve(
            vec![(jobs(&["SUCCEEDED"]), plan("SUCCESS"))],
            Reply::empty(),
        );
        let program = deploywatch(["servicestage", "--release", RELEASE])
            .args(["--endpoint", &server.url()])
            .env("HW_AUTH_TOKEN", SECRET);
        program.env(variable, PROJECT).run().code(0);
    }
}

#[test]
fn each_scenario_of_the_demo_has_its_exit_code() {
    let watches = [
        ("success", &[][..], 0),
        ("failure", &[], 1),
        ("pause", &[], 0),
        ("pause", &["--on-pause", "exit"], 4),
        ("cancel", &[], 3),
        ("flaky", &[], 0),
    ];
    let watches = watches.map(|(scenario, args, code)| {
        let program = deploywatch(["demo", "servicestage", "--scenario", scenario]).args([
            "--duration",
            "2s",
            "--interval",
            "20ms",
            "-o",
            "json",
        ]);
        (scenario, code, program.args(args).spawn())
    });
    for (scenario, code, running) in watches {
        let out = running.wait();
        let last = out.code(code).stderr_is_empty().finished();
        assert_eq!(last["units"]["total"], 8, "{scenario}\n{out}");
        if scenario == "failure" {
            let failed = &last["failed"][0];
            let detail = failed["detail"].as_str().unwrap_or_default();
            assert!(
                detail.starts_with("rolled back: Readiness probe failed"),
                "{out}"
            );
            assert!(
                failed["log"]
                    .to_string()
                    .contains("Update workload failed: "),
                "{out}"
            );
        }
    }
}

#[test]
fn a_served_demo_is_watched_to_its_end_by_the_line_that_was_printed() {
    let args = [
        "demo",
        "servicestage",
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

#[test]
fn the_report_names_the_release() {
    let name = format!("shop\u{1b}[31m of {SECRET}");
    let plan = json!({ "id": RELEASE, "status": "FAILED", "name": name }).to_string();
    let polls = vec![(jobs(&["FAILED"]), Reply::json(plan))];
    let (out, ..) = watch(polls.clone(), &["--summary", "summary.md"]);
    out.code(1)
        .stdout_has(&format!("servicestage:{PROJECT}/{RELEASE} failed (watched"))
        .stdout_has("  name: shop of (masked)\n");
    assert!(out.file("summary.md").contains("name: `shop of (masked)`"));
    let (out, ..) = watch(polls, &["--name", "shop of (masked)"]);
    out.code(1).stdout_lacks("name: shop");
}
