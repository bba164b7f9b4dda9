//! `--capture` and `replay`: what was recorded plays again to the same end, and holds no secret.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{
    Order, Output, Program, Reply, SECRET, Server, Signal, deploywatch, order, yunxiao, yunxiao_at,
};

const FILE: &str = "capture.jsonl";
const TASK: &str = "e700f15965694253940502911220d76b";
/// A recording without answers, up to its deployments.
const EMPTY: &str = r#"{"capture":1,"deploywatch":"0.1.0","started":"2025-07-09T03:36:28.000Z","seed":7,"all":false,"deployments":"#;

/// The watch with a recording and its events on stdout.
fn captured(program: Program) -> Program {
    program.args(["--capture", FILE, "-o", "json"])
}

/// A replay of this recording, as fast as the machine can.
fn replay(recording: &str) -> Program {
    deploywatch(["replay", FILE, "--speed", "1000000", "-o", "json"]).file(FILE, recording)
}

/// The events without what time makes of them.
fn timeless(out: &Output) -> Vec<Value> {
    let mut events = out.events();
    for event in &mut events {
        let event = event.as_object_mut().unwrap();
        event.retain(|key, _| key != "time" && !key.ends_with("_ms"));
        let failed = event.get_mut("failed").and_then(Value::as_array_mut);
        for unit in failed.into_iter().flatten() {
            unit.as_object_mut().unwrap().remove("elapsed_ms");
        }
        // It says for how long nothing was heard.
        if event
            .get("verdict")
            .is_some_and(|verdict| verdict == "lost")
        {
            event.remove("reason");
        }
    }
    events
}

/// The recording of a watch that ended with this code plays again: the same events in the same
/// order, the same code.
#[track_caller]
fn assert_plays_again(program: Program, code: i32) -> String {
    let first = captured(program).run();
    first.code(code);
    let recording = first.file(FILE);
    assert!(!recording.contains(SECRET), "{recording}");
    let again = replay(&recording).run();
    again.code(code);
    assert_eq!(timeless(&again), timeless(&first), "{again}");
    recording
}

/// The lines of a recording after the first.
fn exchanges(recording: &str) -> Vec<Value> {
    let lines = recording.lines().skip(1);
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// An order that has everything: it fails, over a bad connection.
fn eventful() -> Server {
    let machines = |one: &str, two: &str| {
        Order::new("Running")
            .machine("sn-1", "192.0.2.1", one, 1)
            .machine("sn-2", "192.0.2.2", two, 1)
    };
    let mut polls = vec![
        Reply::status(502, format!("who are you, {SECRET}?")),
        machines("Pending", "Pending").reply(),
        Reply::cut("0123456789"),
        machines("Running", "Pending").reply(),
        Reply::json([b"{\"a\":\"\xff ", SECRET.as_bytes(), b"\"}"].concat()),
        Reply::html(format!("<p>{SECRET}")),
        Reply::status(429, "{}").header("retry-after", "0"),
        Reply::reset(),
        machines("Success", "Running").reply(),
        machines("Success", "Failed")
            .with("status", "Failed")
            .with("creator", SECRET)
            .reply(),
    ]
    .into_iter();
    Server::start(move |request, _| match request.target.ends_with("/log") {
        true => Reply::json(json!({ "deployLog": "one\ntwo\n", "token": SECRET }).to_string()),
        false => polls.next().expect("no more was to be asked"),
    })
}

#[test]
fn a_watch_of_yunxiao_plays_again() {
    let server = eventful();
    let recording = assert_plays_again(yunxiao(&server), 1);
    let lines = exchanges(&recording);
    let (end, lines) = lines.split_last().unwrap();
    assert!(end["ended_ms"].as_f64() > lines[0]["answered_ms"].as_f64());
    assert_eq!(lines.len(), server.requests().len());
    for line in lines {
        assert!(line["answered_ms"].as_f64() >= line["sent_ms"].as_f64());
    }
    assert_eq!(lines[0]["body"], "who are you, (masked)?");
    assert_eq!(
        lines[6]["headers"],
        json!([["retry-after", "0"], ["content-type", "application/json"]])
    );
    let bytes = STANDARD
        .decode(lines[4]["body_base64"].as_str().unwrap())
        .unwrap();
    assert_eq!(bytes, b"{\"a\":\"\xff (masked)\"}");
    assert_eq!(lines[2]["error"]["received"], true);
}

#[test]
fn the_recording_names_neither_files_nor_how_it_was_shown() {
    let server = Server::script(vec![
        Order::new("Success").with("deployOrderId", ()).reply(),
    ]);
    let out = deploywatch([
        "yunxiao",
        "--order",
        "1",
        "--order",
        "2",
        "--token-file",
        "token",
    ])
    .args([
        "--endpoint",
        &server.url(),
        "--capture",
        FILE,
        "-qi",
        "20ms",
    ])
    .args(["--junit", "j.xml", "--request-timeout", "9s"])
    .env("YUNXIAO_PIPELINE_ID", "123")
    .env("YUNXIAO_ORGANIZATION_ID", "org-1")
    .env("YUNXIAO_EDITION", "central")
    .file("token", SECRET)
    .run();
    out.code(0);
    let recording = out.file(FILE);
    let header: Value = serde_json::from_str(recording.lines().next().unwrap()).unwrap();
    assert_eq!(header["capture"], 1);
    assert_eq!(header["all"], true);
    let url = format!("--endpoint={}", server.url());
    let deployment = &header["deployments"][0];
    assert_eq!(
        deployment["command"],
        json!([
            "yunxiao",
            "--order=1",
            "--order=2",
            url,
            "--interval=20ms",
            "--request-timeout=9s"
        ])
    );
    assert_eq!(
        deployment["environment"],
        json!({
            "YUNXIAO_EDITION": "central",
            "YUNXIAO_ORGANIZATION_ID": "org-1",
            "YUNXIAO_PIPELINE_ID": "123",
        })
    );
    // No variable of the one who replays leads elsewhere.
    let out = replay(&recording).env("YUNXIAO_PIPELINE_ID", "7").run();
    out.code(0)
        .stdout_has("yunxiao:123/2")
        .stdout_lacks("yunxiao:7");
}

#[test]
fn only_its_owner_reads_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("there");
    fs::write(&there, "").unwrap();
    fs::set_permissions(&there, Permissions::from_mode(0o644)).unwrap();
    for path in [dir.path().join(FILE), there] {
        let server = Server::script(vec![order("Success")]);
        let capture = ["--capture".as_ref(), path.as_os_str()];
        yunxiao(&server).args(capture).run().code(0);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn a_watch_of_codearts_plays_again() {
    let state = |status: &str, step: &str| {
        let steps = json!([{ "name": "Deploy", "status": status, "offset": "3" }]);
        let result = json!({ "record_id": "r", "task_id": TASK, "status": status, "step": step,
            "step_state": steps, "sent": SECRET });
        Reply::json(json!({ "status": "success", "result": result }).to_string())
    };
    for variables in [
        &[("HW_AUTH_TOKEN", SECRET)][..],
        &[("HW_ACCESS_KEY", "AKMADEUP0123"), ("HW_SECRET_KEY", SECRET)],
    ] {
        let polls = [
            state("running", "running"),
            Reply::status(503, "{}"),
            state("failed", "finish"),
        ];
        let mut polls = polls.into_iter();
        let log = json!({ "text": format!("no space for {SECRET}"), "has_more": false });
        let log = json!({ "status": "success", "result": log }).to_string();
        let server = Server::start(move |request, _| match request.target.contains("/logs?") {
            true => Reply::json(log.clone()),
            false => polls.next().expect("no more was to be asked"),
        });
        let program = deploywatch(["codearts", "--task", TASK, "--endpoint", &server.url()])
            .args(["--interval", "20ms", "--application", TASK])
            .envs(variables);
        let recording = assert_plays_again(program, 1);
        assert!(!recording.contains("AKMADEUP0123"), "{recording}");
        assert!(recording.contains("no space for (masked)"), "{recording}");
        let signature = server.requests()[0]
            .header("authorization")
            .map(str::to_owned);
        if let Some((_, signature)) = signature.iter().find_map(|it| it.split_once("Signature=")) {
            assert!(!recording.contains(signature), "{recording}");
        }
    }
}

/// A Manager that asks for a sign-in, and for another one after so many requests, and tells everything it was
/// sent.
fn manager(requests: usize) -> Server {
    let mut session = 0;
    let mut left = 0;
    Server::start(move |request, n| {
        let (pass, cookie) = (request.header("authorization"), request.header("cookie"));
        let state = if n < 12 { "IN_PROGRESS" } else { "COMPLETE" };
        let told =
            json!({ "state": state, "error_description": format!("{pass:?} {cookie:?} {SECRET}") });
        let reply = Reply::json(told.to_string());
        if pass.is_some() {
            (session, left) = (session + 1, requests);
            return reply.header(
                "set-cookie",
                &format!("JSESSIONID=session-{session}; Path=/"),
            );
        }
        if left == 0 {
            return Reply::redirect("/cas/login?ticket=ST-planted");
        }
        left -= 1;
        reply
    })
}

#[test]
fn a_watch_of_mrs_plays_again_with_its_sign_ins() {
    // Which of several commands finds first that the session has ended is a race, also in the replay.
    for (commands, requests) in [
        (&["--command", "1"][..], 4),
        (&["--command", "1", "--command", "2"], 100),
    ] {
        let server = manager(requests);
        let program = deploywatch(["mrs", "--endpoint", &server.url(), "--user", "admin"])
            .args(commands)
            .args(["--interval", "20ms", "--password-file", "password"])
            .file("password", SECRET);
        let first = captured(program).run();
        first.code(0);
        let recording = first.file(FILE);
        let pair = STANDARD.encode(format!("admin:{SECRET}"));
        for planted in [SECRET, &pair, "session-1", "ST-planted"] {
            assert!(!recording.contains(planted), "{planted} in\n{recording}");
        }
        assert!(recording.contains("JSESSIONID=(masked)"), "{recording}");
        let again = replay(&recording).run();
        again.code(0);
        assert_eq!(again.finished_of_all(), first.finished_of_all());
    }
}

#[test]
fn a_recording_without_a_read_of_the_sessions_status_plays() {
    let mut polls = 0;
    let server = Server::start(move |request, _| {
        if request.target.ends_with("/session/status") {
            return Reply::status(404, "");
        }
        polls += 1;
        let state = if polls < 3 { "NEW" } else { "COMPLETE" };
        Reply::json(json!({ "state": state }).to_string())
    });
    let program = deploywatch(["mrs", "--endpoint", &server.url(), "--user", "admin"])
        .args(["--command", "1", "--interval", "20ms"])
        .env("MRS_PASSWORD", SECRET);
    let first = captured(program).run();
    first.code(0);
    let recording = first.file(FILE);
    let old = recording.split_inclusive('\n');
    let old: String = old
        .filter(|line| !line.contains("/session/status"))
        .collect();
    assert!(old.len() < recording.len(), "{recording}");
    let again = replay(&old).run();
    again.code(0);
    assert_eq!(timeless(&again), timeless(&first), "{again}");
}

#[test]
fn a_recording_without_a_read_of_the_release_plan_plays() {
    let server = Server::start(|request, _| {
        if !request.target.ends_with("/deploy-info") {
            return Reply::status(403, "{}");
        }
        let component = json!({ "id": "a", "name": "a", "job_status": "SUCCEEDED" });
        Reply::json(json!({ "id": "r", "components": [component] }).to_string())
    });
    let program = deploywatch([
        "servicestage",
        "--project",
        &"5".repeat(32),
        "--release",
        "r",
    ])
    .args(["--endpoint", &server.url(), "--interval", "20ms"])
    .env("HW_AUTH_TOKEN", SECRET);
    let first = captured(program).run();
    first.code(0);
    let recording = first.file(FILE);
    let old = recording.split_inclusive('\n');
    let old: String = old
        .filter(|line| !line.contains("/release-plans/r\""))
        .collect();
    assert!(old.len() < recording.len(), "{recording}");
    replay(&old).run().code(0);
}

impl Output {
    /// The end of each target, in the order of their names.
    fn finished_of_all(&self) -> Vec<(String, Value)> {
        let ends = self
            .events()
            .into_iter()
            .filter(|event| event["event"] == "finished");
        let mut ends: Vec<_> = ends
            .map(|end| (end["target"].to_string(), end["verdict"].clone()))
            .collect();
        ends.sort_by(|one, other| one.0.cmp(&other.0));
        ends
    }
}

#[test]
fn a_watch_of_all_plays_again() {
    let flow = eventful();
    let task = Server::script(vec![Reply::json(
        json!({ "status": "success", "result": { "record_id": "r", "task_id": TASK,
            "status": "succeeded", "step": "finish" } })
        .to_string(),
    )]);
    let list = format!(
        "interval = '20ms'\ncapture = '{FILE}'\n\
         [[deploy]]\nname = 'web'\nprovider = 'yunxiao'\npipeline = 123\norder = 1111\n\
         organization = 'o'\nendpoint = '{}'\ntoken-env = 'WEB_TOKEN'\n\
         [[deploy]]\nprovider = 'codearts'\ntask = '{TASK}'\nendpoint = '{}'\n",
        flow.url(),
        task.url()
    );
    let first = deploywatch(["all", "list.toml", "-o", "json"])
        .file("list.toml", &list)
        .env("WEB_TOKEN", SECRET)
        .env("HW_AUTH_TOKEN", "another-planted-token")
        .run();
    first.code(1);
    let recording = first.file(FILE);
    for planted in [SECRET, "another-planted-token", "WEB_TOKEN"] {
        assert!(!recording.contains(planted), "{planted} in\n{recording}");
    }
    let again = replay(&recording).run();
    again.code(1);
    assert_eq!(again.finished_of_all(), first.finished_of_all());
    let of = |out: &Output, target: &str| -> Vec<_> {
        let events = timeless(out).into_iter();
        events.filter(|event| event["target"] == target).collect()
    };
    assert_eq!(of(&again, "web"), of(&first, "web"));
    assert_eq!(again.events().pop().unwrap()["target"], "all");
}

#[test]
fn a_replay_tells_the_recorded_times_at_the_recorded_pace() {
    let server = Server::script(vec![order("Running"), order("Success")]);
    let program = yunxiao_at(&server.url()).args(["--interval", "300ms"]);
    let first = captured(program).run();
    let recording = first.code(0).file(FILE);
    for (speed, least) in [("1", 300), ("4", 75)] {
        let again = deploywatch(["replay", FILE, "--speed", speed, "-o", "json"])
            .file(FILE, &recording)
            .run();
        again.code(0);
        let least = Duration::from_millis(least);
        assert!(again.elapsed >= least, "{again}");
        let elapsed = |out: &Output| out.events().pop().unwrap()["elapsed_ms"].as_u64().unwrap();
        assert!(
            elapsed(&again).abs_diff(elapsed(&first)) < 100,
            "{first}{again}"
        );
        let day = |out: &Output| out.events()[0]["time"].as_str().unwrap()[..16].to_owned();
        assert_eq!(day(&again), day(&first));
    }
}

#[test]
fn a_deadline_that_ended_the_watch_ends_the_replay() {
    let server = Server::script(vec![order("Running"), Reply::hang()]);
    let program = yunxiao(&server).args(["--timeout", "300ms"]);
    assert_plays_again(program, 124);
    let server = Server::script(vec![order("Running"), Reply::status(502, "")]);
    let program = yunxiao(&server).args(["--max-offline", "200ms"]);
    assert_plays_again(program, 6);
}

#[test]
fn an_option_of_the_watch_can_be_given_anew() {
    let server = Server::script(vec![order("Running")]);
    let program = yunxiao(&server).args(["--timeout", "300ms"]);
    let recording = captured(program).run().code(124).file(FILE);
    replay(&recording)
        .args(["--timeout", "100ms"])
        .run()
        .code(124)
        .stdout_has("--timeout 100ms");
    replay(&recording).args(["--once"]).run().code(7);
    let out = deploywatch([
        "replay", FILE, "--speed", "1000", "-q", "--events", "e.json",
    ])
    .file(FILE, &recording)
    .run();
    out.code(124).stdout_is_empty().stderr_has("timed out");
    assert!(out.file("e.json").contains("\"finished\""));
}

#[test]
fn where_the_recording_ends_contact_is_lost() {
    let server = Server::script(vec![order("Running")]);
    let mut running = captured(yunxiao(&server)).spawn();
    running.wait_for_file(FILE, "answered_ms");
    running.signal(Signal::INT);
    let whole = running.wait().code(130).file(FILE);
    // As it was ended by Ctrl-C, and as it would be where the machine went down in mid-line.
    let half = &whole[..whole.find("ended_ms").unwrap() - 30];
    for recording in [&whole, half] {
        let out = replay(recording).run();
        let finished = out.code(6).events().pop().unwrap();
        assert_eq!(finished["verdict"], "lost");
        assert_eq!(
            finished["reason"],
            "the recording ends here; how the deployment ends is unknown"
        );
        let plain = deploywatch(["replay", FILE, "--speed", "1000", "-o", "plain"]);
        let out = plain.file(FILE, recording).run();
        // There is nothing to take up again.
        out.code(6)
            .stdout_has("the recording ends here")
            .stdout_lacks("deploywatch yunxiao");
    }
}

#[test]
fn what_is_no_recording_is_told_with_its_line() {
    let one = format!("{EMPTY}[{{\"command\":[\"yunxiao\",\"--bogus\"]}}]}}\n");
    let none = format!("{EMPTY}[]}}\n");
    let broken = format!("{none}{{\"target\":0}}\n");
    let cut = format!("{none}{{\"tar\n{{\"ended_ms\":1}}\n");
    let before = format!("{none}{{\"ended_ms\":-0.5}}\n");
    for (text, message) in [
        ("", "capture.jsonl:1: not a file that --capture wrote"),
        ("{}\n", "capture.jsonl:1: not a file that --capture wrote"),
        (
            "[[deploy]]\n",
            "capture.jsonl:1: not a file that --capture wrote",
        ),
        (
            "{\"capture\":2}\n",
            "capture.jsonl:1: schema 2 of a capture",
        ),
        (&one, "capture.jsonl:1: "),
        (&none, "capture.jsonl:1: the recording holds no deployment"),
        (&broken, "capture.jsonl:2: missing field"),
        (&cut, "capture.jsonl:2: EOF"),
        (&before, "capture.jsonl:2: "),
    ] {
        let out = replay(text).run();
        out.code(2).stdout_is_empty().stderr_has(message);
    }
    let out = deploywatch(["replay", "nowhere.jsonl"]).run();
    out.code(2).stderr_has("cannot read nowhere.jsonl");
}

#[test]
fn a_speed_is_more_than_0_and_at_most_a_million() {
    for speed in ["0", "-1", "NaN", "inf", "1000001", "fast", ""] {
        let speed = format!("--speed={speed}");
        deploywatch(["replay", FILE, &speed])
            .run()
            .code(2)
            .stderr_has("--speed");
    }
    let out = deploywatch(["replay", FILE, "--capture", "b"]).run();
    out.code(2).stderr_has("replay takes no --capture");
}

#[test]
fn a_recording_that_cannot_be_opened_is_said_before_anything_is_sent() {
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server).args(["--capture", "no/such/place"]).run();
    out.code(2)
        .stderr_has("cannot open no/such/place for --capture");
    server.assert_untouched();
}

#[test]
fn a_recording_that_cannot_be_written_any_more_is_one_warning() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let server = Server::script(vec![order("Running"), order("Running"), order("Success")]);
    let out = yunxiao(&server)
        .args(["--capture", "/dev/full", "-o", "json"])
        .run();
    let warnings: Vec<_> = out
        .code(0)
        .events()
        .into_iter()
        .filter(|event| event["event"] == "warning")
        .map(|event| event["message"].to_string())
        .collect();
    assert_eq!(warnings.len(), 1, "{out}");
    assert!(warnings[0].contains("cannot write /dev/full"), "{out}");
}

#[test]
fn the_demo_can_be_recorded() {
    let demo = deploywatch(["demo", "mrs", "--scenario", "flaky"]);
    let program = demo.args(["--duration", "1s", "--interval", "100ms"]);
    let first = captured(program).run();
    first.code(0);
    let recording = first.file(FILE);
    let again = replay(&recording).run();
    again.code(0);
    assert_eq!(timeless(&again), timeless(&first));
}

#[test]
fn in_each_quiet_minute_the_watch_says_that_it_goes_on() {
    let machines = |state| Order::new("Running").machine("sn-1", "192.0.2.1", state, 1);
    let server = Server::script(vec![machines("Running").reply(), order("Success")]);
    let first = captured(yunxiao(&server)).run();
    // The second answer comes after two quiet minutes.
    let recording = first.code(0).file(FILE);
    let mut lines: Vec<Value> = recording
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (line, field) in [(2, "sent_ms"), (2, "answered_ms"), (3, "ended_ms")] {
        lines[line][field] = 130_000.into();
    }
    let lines: Vec<_> = lines.iter().map(|line| format!("{line}\n")).collect();
    let out = replay(&lines.concat()).run();
    let events = out.code(0).events();
    let beats: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "heartbeat")
        .map(|event| (&event["phase"], &event["done"], &event["total"]))
        .collect();
    assert_eq!(
        beats,
        [(&"running".into(), &0.into(), &1.into()); 2],
        "{out}"
    );
    let since = |event: &Value| event["since_change_ms"].as_u64();
    let since: Vec<_> = events.iter().filter_map(since).collect();
    assert!((60_000..62_000).contains(&since[0]), "{since:?}");
    assert!((120_000..124_000).contains(&since[1]), "{since:?}");
    let plain = deploywatch(["replay", FILE, "--speed", "1000000", "-o", "plain"]);
    let plain = plain.file(FILE, &lines.concat()).run();
    let still = "yunxiao:123/1111 still running (0/1 done, batch 1 of 1)";
    assert_eq!(plain.code(0).stdout.matches(still).count(), 2, "{plain}");
}
