//! The order that a pipeline's run makes: found, waited for, and stayed with.

use serde_json::json;

use crate::support::{Order, Program, Reply, SECRET, Server, deploywatch, named, order, yunxiao};

/// A job that deploys; its order is still to come where none is given.
fn job(name: &str, order: Option<u32>) -> String {
    let params = order.map_or_else(|| json!({}), |order| json!({ "deployOrderId": order }));
    json!({ "id": name.len(), "name": name,
        "actions": [{ "type": "GetVMDeployOrder", "params": params }] })
    .to_string()
}

fn run(id: u32, status: &str, jobs: &[String]) -> Reply {
    let jobs = jobs.join(",");
    Reply::json(format!(
        r#"{{"pipelineRunId":{id},"status":"{status}",
            "stages":[{{"stageInfo":{{"jobs":[{jobs}]}}}}]}}"#
    ))
}

/// A pipeline whose runs are asked for with these answers, the last one for ever; an order has the
/// status of its last digit: 0 to 3 succeed, 4 to 6 run on, the others are cancelled.
fn pipeline(runs: Vec<Reply>) -> Server {
    let mut asked = 0;
    Server::start(move |request, _| {
        if request.target.contains("/runs/") {
            asked += 1;
            return runs[(asked - 1).min(runs.len() - 1)].clone();
        }
        let status = match request.target.as_bytes().last() {
            Some(b'0'..=b'3') => "Success",
            Some(b'4'..=b'6') => "Running",
            _ => "Cancelled",
        };
        Order::new(status).with("deployOrderId", ()).reply()
    })
}

/// The watch of what the pipeline deploys.
fn watch(server: &Server, args: &[&str]) -> Program {
    deploywatch(["yunxiao", "--pipeline", "123", "--interval", "20ms"])
        .args(["--endpoint", &server.url(), "--organization", "o"])
        .args(args)
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
}

/// The requests, after the pipeline's path, without repetitions.
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

#[test]
fn the_order_of_the_latest_run_is_found_and_stayed_with() {
    let server = pipeline(vec![
        run(7, "INIT", &[]),
        run(7, "RUNNING", &[job("deploy", None)]),
        run(7, "RUNNING", &[job("deploy", Some(10))]),
    ]);
    let out = watch(&server, &[]).run();
    out.code(0)
        .stdout_has("has not made its deploy order yet")
        .stderr_has("watching deploy order 10 of run 7");
    let latest = "runs/latestPipelineRun";
    assert_eq!(asked(&server), [latest, "runs/7", "deploy/10"]);

    // A newer run is another deployment.
    let server = pipeline(vec![
        run(7, "RUNNING", &[job("deploy", Some(14))]),
        run(8, "RUNNING", &[job("deploy", Some(20))]),
    ]);
    let out = watch(&server, &["--timeout", "300ms"]).run();
    out.code(124).stdout_has("--order 14");
    assert_eq!(asked(&server), [latest, "deploy/14"]);
}

#[test]
fn a_run_that_was_asked_for_is_the_one_that_is_asked() {
    let server = pipeline(vec![
        run(7, "RUNNING", &[]),
        run(9, "SUCCESS", &[job("deploy", Some(17))]),
        run(7, "RUNNING", &[job("deploy", Some(10))]),
    ]);
    let out = watch(&server, &["--run", "7"]).run();
    out.code(0)
        .stderr_has("watching deploy order 10 of run 7")
        .stdout_has("the answer is about 9, not 7");
    assert_eq!(asked(&server), ["runs/7", "deploy/10"]);
}

#[test]
fn a_job_is_chosen_by_its_name_or_its_number() {
    let jobs = [job("test", Some(10)), job("production", Some(21))];
    for (wanted, order) in [("test", 10), ("production", 21), ("10", 21), ("4", 10)] {
        let server = pipeline(vec![run(7, "RUNNING", &jobs)]);
        watch(&server, &["--job", wanted]).run().code(0);
        let order = format!("deploy/{order}");
        assert_eq!(asked(&server), ["runs/latestPipelineRun", &*order]);
    }
    for args in [&[][..], &["--job", "elsewhere"]] {
        let server = pipeline(vec![run(7, "RUNNING", &jobs)]);
        let out = watch(&server, args).run();
        out.code(2).stderr_has("test").stderr_has("production");
    }
}

#[test]
fn a_run_that_waits_at_a_gate_is_paused_and_names_it() {
    let gate = r#"{"id":1,"name":"approval","status":"WAITING",
        "actions":[{"type":"PassPipelineValidate"}]}"#;
    let waiting = run(7, "WAITING", &[gate.to_owned(), job("deploy", None)]);
    let passed = run(7, "RUNNING", &[job("deploy", Some(10))]);
    for (args, code) in [
        (&[][..], 0),
        (&["--on-pause", "wait"], 0),
        (&["--on-pause", "exit"], 4),
        (&["--once"], 4),
    ] {
        let server = pipeline(vec![waiting.clone(), waiting.clone(), passed.clone()]);
        let out = watch(&server, args).run();
        out.code(code).stdout_has("waits at the gate approval");
    }
    // The job waits for something else.
    let other = gate.replace("PassPipelineValidate", "Other");
    let server = pipeline(vec![run(7, "WAITING", &[other])]);
    watch(&server, &["--once"]).run().code(7);
}

#[test]
fn the_order_is_found_in_whichever_place() {
    for places in [
        r#""actions":[{"type":"VMDeploy","params":{"deployOrderId":"10"}}]"#,
        r#""actions":[{"type":"GetVMDeployOrder","data":"{\"deployOrderId\":1.0e1}"}]"#,
        r#""result":"{\"data\":{\"deployOrderId\":10}}""#,
        r#""result":"{\"data\":{\"deployOrderId\":{\"id\":10}}}""#,
    ] {
        let job = format!(r#"{{"id":1,"name":"deploy",{places}}}"#);
        let server = pipeline(vec![run(7, "RUNNING", &[job])]);
        watch(&server, &[]).run().code(0);
        assert_eq!(asked(&server), ["runs/latestPipelineRun", "deploy/10"]);
    }
}

#[test]
fn a_run_that_ends_without_an_order_never_succeeds() {
    for (status, code) in [("FAIL", 1), ("CANCELED", 3), ("SUCCESS", 5)] {
        let server = pipeline(vec![run(7, "RUNNING", &[]), run(7, status, &[])]);
        watch(&server, &[]).run().code(code);
    }
}

#[test]
fn a_run_that_had_ended_is_told_at_once_with_a_warning() {
    const WARNS: &str = "use --fresh, --run ID or --order ID to be sure";
    let over = vec![run(7, "SUCCESS", &[job("deploy", Some(10))])];
    let out = watch(&pipeline(over.clone()), &[]).run();
    out.code(0).stderr_has(WARNS);
    let out = watch(&pipeline(over), &["--run", "7"]).run();
    out.code(0).stderr_lacks(WARNS);
    // Nothing was deployed, but a run that deploys may be on its way.
    let server = pipeline(vec![run(7, "SUCCESS", &[])]);
    let out = watch(&server, &[]).run();
    out.code(5).stdout_has("--fresh waits for a new run");
    // With --fresh the run is a new one, however soon it is over.
    let server = pipeline(vec![run(8, "RUNNING", &[job("deploy", Some(10))])]);
    let out = watch(&server, &["--fresh"]).run();
    out.code(0).stderr_lacks(WARNS);
}

#[test]
fn fresh_passes_over_a_run_that_had_ended() {
    let old = || run(7, "SUCCESS", &[job("deploy", Some(10))]);
    let server = pipeline(vec![
        old(),
        old(),
        run(8, "RUNNING", &[]),
        run(8, "RUNNING", &[job("deploy", Some(27))]),
    ]);
    let out = watch(&server, &["--fresh", "-o", "json"]).run();
    out.code(3);
    let events = out.events();
    let first = named(&events, "phase").remove(0);
    assert_eq!(first["phase"], "pending");
    let message = first["message"].as_str().unwrap();
    assert!(message.contains("waiting for a new one"), "{message}");
    let latest = "runs/latestPipelineRun";
    assert_eq!(asked(&server), [latest, "runs/8", "deploy/27"]);
}

#[test]
fn fresh_passes_over_the_order_of_a_run_that_is_run_again() {
    let server = pipeline(vec![
        run(7, "SUCCESS", &[job("deploy", Some(10))]),
        run(7, "RUNNING", &[job("deploy", Some(10))]),
        run(7, "RUNNING", &[job("deploy", None)]),
        run(7, "RUNNING", &[job("deploy", Some(17))]),
    ]);
    let out = watch(&server, &["--fresh"]).run();
    out.code(3).stderr_has("watching deploy order 17 of run 7");
    assert!(!asked(&server).contains(&"deploy/10".to_owned()));

    // One that deploys nothing is nothing to the watch, however it ends.
    for end in ["FAIL", "SUCCESS"] {
        let server = pipeline(vec![
            run(7, "FAIL", &[job("deploy", Some(10))]),
            run(7, "RUNNING", &[job("deploy", Some(10))]),
            run(7, end, &[job("deploy", Some(10))]),
            run(8, "RUNNING", &[job("deploy", Some(27))]),
        ]);
        watch(&server, &["--fresh"]).run().code(3);
        let latest = "runs/latestPipelineRun";
        assert_eq!(asked(&server), [latest, "deploy/27"]);
    }
}

#[test]
fn an_order_that_runs_on_after_a_failure_ends_by_its_job() {
    let stuck = |job: &'static str| {
        Server::start(move |request, n| match request.target.contains("/runs/") {
            true if n < 2 => run(7, "RUNNING", &[self::job("deploy", Some(10))]),
            true => run(7, "RUNNING", &[job.replace("NAME", "deploy")]),
            false => Order::new("Running")
                .with("deployOrderId", 10)
                .machine("sn-1", "192.0.2.1", "Failed", 1)
                .reply(),
        })
    };
    let failed = r#"{"id":1,"name":"NAME","status":"FAIL","actions":[
        {"type":"GetVMDeployOrder","params":{"deployOrderId":10}}]}"#;
    let out = watch(&stuck(failed), &[]).run();
    out.code(1).stdout_has("the job that made it failed");
    // Where nothing says so it is warned of.
    let runs = r#"{"id":1,"name":"NAME","status":"RUNNING","actions":[
        {"type":"GetVMDeployOrder","params":{"deployOrderId":10}}]}"#;
    let out = watch(&stuck(runs), &["--timeout", "500ms"]).run();
    out.code(124)
        .stderr_has("--fail-fast")
        .stderr_has("--stall-timeout");
}

#[test]
fn a_refused_run_names_the_permission_that_is_missing() {
    let server = pipeline(vec![Reply::status(403, "{}")]);
    watch(&server, &[])
        .run()
        .code(5)
        .stdout_has("流水线运行实例");
}

/// The address of the pipeline's page, as a browser has it.
const PAGE: &str = "https://flow.aliyun.com/pipelines/123/current";

#[test]
fn the_page_is_named_for_the_central_edition_alone() {
    const FILE: &str = "capture.jsonl";
    let server = Server::start(|_, _| order("Cancelled"));
    let out = yunxiao(&server)
        .args(["-o", "json", "--capture", FILE])
        .run();
    assert_eq!(out.code(3).finished()["url"], json!(null));
    // The same answers from the central edition.
    let recording = out.file(FILE);
    let central = recording.replace(&server.url(), "https://openapi-rdc.aliyuncs.com");
    let replay = |recording: &str| deploywatch(["replay", FILE]).file(FILE, recording);
    let out = replay(&central).args(["-o", "json"]).run();
    assert_eq!(out.code(3).finished()["url"], PAGE);
    let out = replay(&central).run();
    out.code(3).stdout_has(&format!("  Page: {PAGE}\n"));
}

#[test]
fn a_pipeline_is_named_by_the_address_of_its_page_as_well() {
    let server = Server::start(|request, _| {
        assert!(request.target.contains("/pipelines/123/deploy/1111"));
        order("Running")
    });
    let list = |pipeline: &str| {
        format!(
            "[[deploy]]\nprovider = 'yunxiao'\n{pipeline}\norder = 1111\norganization = 'o'\n\
             endpoint = '{}'\n",
            server.url()
        )
    };
    let watch = |words: &[&str]| {
        deploywatch(words)
            .args(["--timeout", "300ms"])
            .env("YUNXIAO_ACCESS_TOKEN", SECRET)
    };
    let words = ["yunxiao", "--order", "1111", "--endpoint", &server.url()];
    let option = |page: &str| watch(&words).args(["--organization", "o", "--pipeline", page]);
    for page in [PAGE, &PAGE.replace("/current", "?x=y#z")] {
        let out = option(page).args(["--capture", "capture.jsonl"]).run();
        let resume = format!(
            "{} --timeout 300ms --organization o --pipeline 123",
            words.join(" ")
        );
        out.code(124)
            .stdout_has("yunxiao:123/1111 timed out")
            .stdout_has(&format!("    deploywatch {resume}"));
        let recording = out.file("capture.jsonl");
        assert!(recording.contains("--pipeline=123\""), "{recording}");
    }
    let variable = watch(&words).args(["--organization", "o"]);
    let variable = variable.env("YUNXIAO_PIPELINE_ID", PAGE).run();
    variable.code(124).stdout_has("yunxiao:123/1111");
    let of_list = watch(&["all", "list"]).file("list", &list(&format!("pipeline = '{PAGE}'")));
    of_list.run().code(124).stdout_has("yunxiao:123/1111");
    let config = format!("[yunxiao]\norganization = 'o'\npipeline = '{PAGE}'");
    let configured = watch(&words).file("config", &config);
    let configured = configured.env("DEPLOYWATCH_CONFIG", "config").run();
    configured.code(124).stdout_has("yunxiao:123/1111");

    let other = "https://example.com/pipelines/123/current";
    for (lang, words) in [("en", "not the address of"), ("zh", "不是流水线页面的地址")] {
        let out = option(other).args(["--lang", lang]).run();
        out.code(2).stdout_is_empty().stderr_has(words);
        let wrong = watch(&["all", "list", "--lang", lang]);
        let wrong = wrong.file("list", &list(&format!("pipeline = '{other}'")));
        wrong
            .run()
            .code(2)
            .stderr_has("list:3: pipeline: ")
            .stderr_has(words);
    }
}
