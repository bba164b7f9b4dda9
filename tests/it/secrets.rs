//! Secrets: where they come from is looked after, and what is wrong with it is said without them.
//! That none is ever shown is checked after each run of the program, in all of these tests.

use std::fs;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::json;

use crate::support::{
    Order, Program, Reply, SECRET, Server, Unheard, deploywatch, named, order, watches, yunxiao,
    yunxiao_at,
};

/// For what could wait for ever.
const LIMIT: Duration = Duration::from_secs(5);

/// The options that take a secret's file, each with the rest of its command line.
fn takes_a_file(endpoint: &str) -> Vec<(&'static str, Program)> {
    let files = watches(endpoint).into_iter().filter_map(|(name, program)| {
        let option = match name {
            "mrs" => "--password-file",
            "fsd" => return None,
            _ => "--token-file",
        };
        // One poll is enough to be warned.
        Some((
            name,
            program.args([option, "secret", "--once", "-o", "json"]),
        ))
    });
    files.collect()
}

fn warnings(program: Program) -> Vec<String> {
    let events = program.run().events();
    let messages = named(&events, "warning").into_iter();
    let messages = messages.map(|event| event["message"].as_str().unwrap().to_owned());
    messages
        .filter(|message| message.contains("chmod"))
        .collect()
}

#[test]
fn a_secrets_file_that_others_have_rights_to_is_warned_of() {
    let server = Server::script(vec![Reply::status(500, "")]);
    for (mode, who) in [
        (0o600, None),
        (0o400, None),
        (0o700, None),
        (0o644, Some("every user of this machine can read")),
        (0o604, Some("every user of this machine can read")),
        (0o640, Some("every user in its group can read")),
        (0o622, Some("other users have rights to")),
    ] {
        for (name, program) in takes_a_file(&server.url()) {
            let program = program.file_with_mode("secret", SECRET, mode);
            let told = warnings(program);
            let wanted =
                who.map(|who| format!("{who} the file with the secret; run chmod 600 secret"));
            let wanted: Vec<_> = wanted.into_iter().collect();
            assert_eq!(told, wanted, "{name} {mode:o}");
        }
    }
}

#[test]
fn the_warning_names_the_file_as_a_shell_takes_it() {
    let server = Server::script(vec![order("Success")]);
    let program = yunxiao(&server).file_with_mode("my token", SECRET, 0o644);
    let out = program.args(["--token-file", "my token"]).run();
    out.code(0).stderr_has("chmod 600 'my token'\n");
    assert_eq!(out.stderr.lines().count(), 1, "{out}");
}

#[test]
fn stdin_and_a_pipe_are_nobody_elses() {
    let server = Server::script(vec![order("Success")]);
    let program = yunxiao(&server).args(["--token-file", "-"]).stdin(SECRET);
    program.run().code(0).stderr_is_empty();
    let program = yunxiao(&server).args(["--token-file", "/dev/stdin"]);
    program.stdin(SECRET).run().code(0).stderr_is_empty();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_pipe_gives_its_secret_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    let server = Server::script(vec![order("Running"), Reply::status(401, "{}")]);
    let args = ["--token-file".as_ref(), pipe.as_os_str()];
    let running = yunxiao(&server).args(args).limit(LIMIT).spawn();
    fs::write(&pipe, SECRET).unwrap();
    running.wait().code(5).stdout_has("HTTP 401");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn an_endpoint_with_a_password_is_turned_down_by_every_provider() {
    let nobody = Unheard::take();
    for user in [
        format!("admin:{SECRET}@"),
        format!(":{SECRET}@"),
        format!("{SECRET}@"),
    ] {
        let url = nobody.url().replace("://", &format!("://{user}"));
        for (_, program) in watches(&url) {
            let out = program.run();
            out.code(2).stdout_is_empty();
            out.stderr_has("the endpoint must not hold a user or a password");
        }
    }
}

#[test]
fn no_option_takes_a_secret() {
    for option in [
        "--token",
        "--password",
        "--access-token",
        "--secret",
        "--ak",
        "--sk",
    ] {
        for words in [vec![option, SECRET], vec![&*format!("{option}={SECRET}")]] {
            let out = deploywatch(["yunxiao", "--pipeline", "1"])
                .args(words)
                .run();
            out.code(2).stdout_is_empty().stderr_has(option);
        }
    }
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    let nobody = Unheard::take();
    let proxy = nobody.url().replace("://", &format!("://user:{SECRET}@"));
    for (variable, endpoint) in [
        ("HTTP_PROXY", "http://192.0.2.1"),
        ("HTTPS_PROXY", "https://192.0.2.1"),
        ("ALL_PROXY", "https://192.0.2.1"),
    ] {
        let program = yunxiao_at(endpoint).env(variable, &proxy);
        let out = program
            .args(["--allow-http", "--once", "-v", "-o", "json"])
            .run();
        out.code(6).stdout_has("could not connect");
    }
}

#[test]
fn a_secret_that_comes_back_is_not_shown() {
    // Everything that a server can put into an answer, and that is shown somewhere.
    let words = format!("no such token: {SECRET}!");
    let echo = |status: u16| {
        let body = json!({
            "errorCode": "Unauthorized", "errorMessage": words,
            "error_code": "APIGW.0307", "error_msg": words, "error_description": words,
            "message": words,
        });
        let reply = Reply::status(status, body.to_string()).header("x-request-id", SECRET);
        reply.header("location", &format!("https://192.0.2.1/?token={SECRET}"))
    };
    for status in [200, 302, 400, 401, 403, 500, 503] {
        let server = Server::script(vec![echo(status)]);
        for (name, program) in watches(&server.url()) {
            // It has no secret to come back.
            if name == "fsd" {
                continue;
            }
            let program = program.args(["--once", "-v", "-o", "json", "--events", "events"]);
            let out = program
                .args(["--junit", "junit", "--summary", "summary"])
                .run();
            assert!(out.code == 5 || out.code == 6, "{out}");
        }
    }
    let order = Order::new("Failed").machine("sn-1", &format!("host-{SECRET}"), "Failed", 1);
    let log = json!({"deployLog": format!("curl -H 'x-yunxiao-token: {SECRET}'")}).to_string();
    let server = Server::start(move |request, _| {
        if request.target.ends_with("/log") {
            Reply::json(log.clone())
        } else {
            order.reply()
        }
    });
    let out = yunxiao(&server).args(["--events", "events"]).run();
    out.code(1).stdout_has("failed host-(masked)");
    out.stdout_has("| curl -H 'x-yunxiao-token: (masked)'");
}

#[test]
fn a_secret_that_comes_back_in_another_spelling_is_not_shown() {
    const TOKEN: &str = "pt-sec/ret==abc123";
    for (status, spelling) in [
        (403, r"pt-sec\/ret==abc123"),
        (403, r"pt-sec/ret\u003d\u003dabc123"),
        (302, "pt-sec%2Fret%3D%3Dabc123"),
        (200, r"pt-sec\/ret=\u003Dabc123"),
    ] {
        let machine = json!({ "machineSn": "sn-1", "ip": "IP", "status": "Failed" });
        let order = Order::new("Failed").machine_json(machine).json();
        let body = match status {
            200 => order.replace("IP", &format!("host-{spelling}")),
            _ => format!(r#"{{"errorCode":"Forbidden","errorMessage":"token {spelling} bad"}}"#),
        };
        let reply = Reply::status(status, body).header("location", &format!("/?t={spelling}"));
        let out = yunxiao(&Server::script(vec![reply]))
            .env("YUNXIAO_ACCESS_TOKEN", TOKEN)
            .args(["--once", "-v", "--events", "events", "--capture", "capture"])
            .args(["--junit", "junit", "--summary", "summary", "--logs", "0"])
            .run();
        assert!(out.code == 1 || out.code == 5, "{out}");
        let files = ["events", "capture", "junit", "summary"].map(|name| out.file(name));
        for text in files.iter().chain([&out.stdout, &out.stderr]) {
            assert!(!text.contains(TOKEN) && !text.contains(spelling), "{text}");
        }
        out.stdout_has("(masked)");
    }
}
