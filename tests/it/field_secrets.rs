//! Section 4 of the cases from the field: no secret gets out, whatever somebody else makes of it, and none
//! changes a verdict.
//!
//! Elsewhere: what a proxy echoes, and `NO_PROXY` (`field_reasons`); the sign-in of CAS (`mrs`); every
//! spelling of random secrets (unit tests of `redact`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::json;

use crate::support::{
    Order, Output, Reply, SECRET, Screen, Server, deploywatch, order, watches, yunxiao, yunxiao_at,
};

/// Every output there is, as options; [`outputs`] reads them.
const EVERY_OUTPUT: [&str; 9] = [
    "-v",
    "--events",
    "events",
    "--junit",
    "junit",
    "--summary",
    "summary",
    "--capture",
    "capture",
];

/// Everything that the program wrote.
fn outputs(out: &Output) -> Vec<(&'static str, String)> {
    let files = ["events", "junit", "summary", "capture"];
    let files = files.map(|name| (name, out.file(name)));
    let streams = [
        ("stdout", out.stdout.clone()),
        ("stderr", out.stderr.clone()),
    ];
    streams.into_iter().chain(files).collect()
}

/// None of the texts is anywhere.
#[track_caller]
fn assert_nowhere(out: &Output, secrets: &[&str]) {
    for (name, text) in outputs(out) {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret:?} in {name}:\n{text}");
        }
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A secret as others may spell or hide it, in text that JSON carries.
fn spellings(secret: &str) -> Vec<String> {
    let between = |hidden: &str| -> String {
        let parts = secret.chars().map(|c| c.to_string());
        parts.collect::<Vec<_>>().join(hidden)
    };
    let (begin, end) = secret.split_at(secret.len() / 2);
    vec![
        secret.to_owned(),
        percent(secret),
        percent(secret).to_lowercase(),
        percent(secret).replace('%', "%25"),
        secret
            .chars()
            .map(|c| format!("\\u{:04x}", u32::from(c)))
            .collect(),
        secret
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect(),
        secret
            .chars()
            .map(|c| format!("&#x{:X};", u32::from(c)))
            .collect(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("u:{secret}")),
        URL_SAFE.encode(format!("user:{secret}!")),
        between("\u{200b}"),
        between("\u{ad}"),
        between("\0"),
        between("\u{1b}[0m"),
        between("\u{e0041}\u{fe0f}"),
        format!("{begin}\u{1b}]0;title\u{7}{end}"),
        format!("{begin}\u{1b}[31;1m\u{2060}{end}"),
        format!("{begin}\u{9b}4m\u{feff}\u{fff9}{end}"),
        format!("{begin}\u{8}\u{202e}{end}"),
    ]
}

/// In each spelling, in each place, from each kind of answer: it is in no output.
#[test]
fn no_spelling_of_a_token_is_in_any_output() {
    const TOKEN: &str = "q7-Zx/9+Kd=_w~E.tR4";
    for spelling in spellings(TOKEN) {
        let failed = Order::new("Failed")
            .with("creator", &*spelling)
            .with("exceptionCode", &*spelling)
            .machine("sn-1", &spelling, "Failed", 1)
            .machine(&spelling, "192.0.2.2", "Failed", 1);
        let log = json!({"deployLog": format!("a\nset +x {spelling}\n{spelling}\n")}).to_string();
        let words = json!({"errorCode": spelling, "errorMessage": format!("<{spelling}>")});
        let printable = spelling.bytes().all(|byte| byte.is_ascii_graphic());
        let header = if printable { &spelling } else { TOKEN };
        let error = Reply::status(503, words.to_string())
            .header("x-request-id", header)
            .header("location", &format!("/?t={header}"));
        let server = Server::start(move |request, n| {
            if request.target.ends_with("/log") {
                Reply::json(log.clone())
            } else if n == 0 {
                error.clone()
            } else {
                failed.reply()
            }
        });
        let out = yunxiao(&server)
            .env("YUNXIAO_ACCESS_TOKEN", TOKEN)
            .args(EVERY_OUTPUT)
            .run();
        out.code(1).stdout_has("(masked)");
        // The middle of what Base64 makes of it does not depend on its neighbours.
        let encoded = STANDARD.encode(TOKEN);
        let shown = [TOKEN, &spelling, &encoded[4..16], &TOKEN[..9], &TOKEN[10..]];
        assert_nowhere(&out, &shown);
    }
}

#[test]
fn what_a_server_made_up_as_a_secret_is_not_shown() {
    // A session's cookies, a ticket and a session in a place that a redirect points to: each comes back.
    let secrets = [
        "cookie-made-up-1",
        "quoted-made-up-2",
        "ST-9-made-up-3",
        "session-made-up-4",
    ];
    let words = secrets.join(" and ");
    for location in [
        "/web?ticket=ST-9-made-up-3&a=b;jsessionid=session-made-up-4",
        "/web;JSESSIONID=session-made-up-4?ticket=ST-9-made-up-3#top",
    ] {
        let failed = json!({
            "state": "FAILED", "error_code": 1, "error_description": words,
            "res_obj": {"step_list": [{"name": words, "description": words}]},
        });
        let replies = vec![
            Reply::json(r#"{"state":"RUNNING"}"#)
                .header(
                    "set-cookie",
                    "JSESSIONID=cookie-made-up-1; Path=/web; HttpOnly",
                )
                .header("set-cookie", "other=\"quoted-made-up-2\""),
            Reply::status(503, json!({"errorDescription": words}).to_string())
                .header("location", location),
            Reply::json(failed.to_string()),
        ];
        let server = Server::script(replies);
        let (_, mrs) = watches(&server.url()).remove(3);
        let out = mrs.args(["-i", "20ms"]).args(EVERY_OUTPUT).run();
        out.code(1).stdout_has("(masked)");
        assert_nowhere(&out, &secrets);
    }
}

#[test]
fn keys_and_signatures_that_come_back_are_not_shown() {
    const KEY: &str = "EXAMPLEACCESSKEY0001";
    let server = Server::start(|request, n| {
        let signed = request.header("authorization").unwrap_or_default();
        let words = json!({"error_code": "APIGW.0301", "error_msg": format!("bad: {signed}")});
        Reply::status(if n == 0 { 500 } else { 401 }, words.to_string())
    });
    for (_, program) in watches(&server.url()).into_iter().skip(1).take(2) {
        let out = program
            .env("HW_AUTH_TOKEN", "")
            .env("HW_ACCESS_KEY", KEY)
            .env("HW_SECRET_KEY", SECRET)
            .env("HW_SECURITY_TOKEN", "made-up-security-token")
            .args(["-i", "20ms"])
            .args(EVERY_OUTPUT)
            .run();
        out.code(5).stdout_has("(masked)");
        assert_nowhere(&out, &[KEY, "made-up-security-token"]);
        for request in server.requests() {
            let signed = request.header("authorization").unwrap_or_default();
            let signature = signed.rsplit('=').next().unwrap();
            assert!(signature.len() == 64);
            assert_nowhere(&out, &[signature]);
        }
    }
}

#[test]
fn the_old_token_is_not_shown_after_a_rotation() {
    let words = "old-made-up-token and new-made-up-token";
    let no = json!({"errorMessage": "no old-made-up-token"}).to_string();
    let rotated = Arc::new(AtomicBool::new(false));
    let is_rotated = Arc::clone(&rotated);
    let server = Server::start(move |request, _| {
        if !is_rotated.load(Ordering::SeqCst) {
            order("Running")
        } else if request.header("x-yunxiao-token") == Some("old-made-up-token") {
            Reply::status(401, no.clone())
        } else {
            let failed = Order::new("Failed").machine("sn-1", words, "Failed", 1);
            failed.reply()
        }
    });
    let program = yunxiao(&server).file("token", "old-made-up-token");
    let mut watch = program
        .args(["--token-file", "token"])
        .args(EVERY_OUTPUT)
        .spawn();
    watch.wait_for_stdout("running");
    watch.write_file("token", "new-made-up-token");
    rotated.store(true, Ordering::SeqCst);
    let out = watch.wait();
    out.code(1).stdout_has("(masked) and (masked)");
    assert_nowhere(&out, &["old-made-up-token", "new-made-up-token"]);
}

#[test]
fn the_token_of_another_deployment_is_not_shown() {
    let words = "it was first-made-up or second-made-up";
    let failed = Order::new("Failed").machine("sn-1", words, "Failed", 1);
    let server = Server::script(vec![failed.reply()]);
    let table = |id: u32, variable: &str| {
        format!("[[deploy]]\nprovider = \"yunxiao\"\norder = {id}\ntoken-env = \"{variable}\"\n")
    };
    let list: String = [(1111, "FIRST"), (1112, "SECOND")]
        .into_iter()
        .map(|(id, variable)| {
            let common = format!(
                "pipeline = 123\norganization = \"org-1\"\nendpoint = \"{}\"\n",
                server.url()
            );
            table(id, variable) + &common
        })
        .collect();
    let out = deploywatch(["all", "list.toml", "-i", "20ms", "--fail-fast"])
        .file("list.toml", &list)
        .env("FIRST", "first-made-up")
        .env("SECOND", "second-made-up")
        .args(EVERY_OUTPUT)
        .run();
    out.code(1).stdout_has("it was (masked) or (masked)");
    assert_nowhere(&out, &["first-made-up", "second-made-up"]);
}

#[test]
fn a_secret_is_not_shown_where_it_is_given_by_mistake() {
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    for (option, value) in [
        ("--token-file", SECRET.to_owned()),
        ("--token-file", format!(" {SECRET}")),
        ("--token-file", "eyJhbGciOi.eyJzdWIi.made-up".into()),
        ("--token-file", "0123456789abcdef0123456789abcdef".into()),
    ] {
        let out = yunxiao(&server).args([option, &value]).run();
        out.code(2)
            .stdout_is_empty()
            .stderr_has("looks like a secret");
        assert!(!out.stderr.contains(value.trim()), "{out}");
    }
    let (_, mrs) = watches(&server.url()).remove(3);
    let out = mrs.args(["--password-file", SECRET]).run();
    out.code(2).stderr_has("looks like a secret");
}

#[test]
fn a_secret_that_is_typed_is_asked_for_and_not_shown() {
    for (option, question) in [("--token-file", "Token"), ("--password-file", "Password")] {
        let server = Server::script(vec![Reply::status(403, "{}")]);
        let mut all = watches(&server.url());
        let (_, program) = all.remove(if option == "--token-file" { 0 } else { 3 });
        let program = program.args([option, "-", "-o", "plain"]);
        let mut screen = Screen::spawn(program, 24, 80);
        screen.wait_for(&format!("{question}:"));
        screen.send(format!("{SECRET}\r"));
        assert_eq!(screen.wait_exit(), 5);
        assert!(
            !screen.contents().contains("planted"),
            "{}",
            screen.contents()
        );
        let sent = &server.requests()[0];
        let header = sent
            .header("x-yunxiao-token")
            .or(sent.header("authorization"));
        let basic = format!("Basic {}", STANDARD.encode(format!("admin:{SECRET}")));
        assert!(header == Some(SECRET) || header == Some(&*basic));
    }
    // Nobody types: the limit of the watch holds.
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    let program = yunxiao(&server).args(["--token-file", "-", "--timeout", "300ms"]);
    let mut screen = Screen::spawn(program, 24, 80);
    assert_eq!(screen.wait_exit(), 2);
}

/// A secret may be any word that answers or outputs are made of.
#[test]
fn no_secret_changes_a_verdict() {
    let steps = || json!({"step_list": [{"name": "Check"}], "fail_entity_list": []});
    let words = [
        "Success",
        "succeeded",
        "COMPLETE",
        "state",
        "status",
        "running",
        "entity",
        "1111",
        "42",
        "deployOrderId",
        "yunxiao",
        "watching",
        "finished",
        "event",
        "e",
        "1",
        "ce",
        "null",
        "true",
    ];
    for word in words {
        let script = vec![
            Order::new("Running")
                .machine("sn-1", "192.0.2.1", "Running", 1)
                .reply(),
            Order::new("Success")
                .machine("sn-1", "192.0.2.1", "Success", 1)
                .reply(),
        ];
        let server = Server::script(script);
        let program = yunxiao(&server).env("YUNXIAO_ACCESS_TOKEN", word);
        let out = program.args(["-o", "json"]).run();
        out.code(0);
        let last = out.finished();
        assert_eq!(
            (&last["verdict"], &last["target"]),
            (&"succeeded".into(), &"yunxiao:123/1111".into())
        );

        let running = json!({"id": 42, "state": "RUNNING", "res_obj": steps()}).to_string();
        let complete = json!({"id": 42, "state": "COMPLETE", "res_obj": steps()}).to_string();
        let server = Server::script(vec![Reply::json(running), Reply::json(complete)]);
        let (_, mrs) = watches(&server.url()).remove(3);
        let out = mrs.env("MRS_PASSWORD", word).args(["-i", "20ms"]).run();
        out.code(0).stdout_has("succeeded").stdout_has("mrs:42");
    }
}

/// The text of an error about the command line is made of what was typed.
#[test]
fn a_secret_in_an_endpoint_is_not_repeated() {
    for endpoint in [
        format!("https://user:{SECRET}@192.0.2.1"),
        format!("https://192.0.2.1/?token={SECRET}"),
        format!("{SECRET}@192.0.2.1"),
    ] {
        yunxiao_at(&endpoint).run().code(2);
    }
}
