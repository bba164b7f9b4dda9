//! MRS: what a Manager's responses mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Output, Program, Reply, Request, SECRET, Screen, Server, deploywatch, named};

pub(crate) const PATH: &str = "/web/v1/common/command/42/progress";
/// The sign-in request of a newer Manager.
pub(crate) const STATUS: &str = "/web/api/v2/session/status";
pub(crate) const SESSION: &str = "JSESSIONID=planted-session";
/// The page of a Manager that was sent a wrong password.
pub(crate) const SIGN_IN_PAGE: &str = "<!DOCTYPE html><html><head><title>FusionInsight Manager</title></head>\
    <body><form action=\"/cas/login\"></form></body></html>";

/// `deploywatch mrs` for command 42, without a way to sign in.
pub(crate) fn command(server: &Server) -> Program {
    at(&server.url())
}

pub(crate) fn at(url: &str) -> Program {
    deploywatch(["mrs", "--command", "42", "--interval", "20ms"]).args(["--endpoint", url])
}

/// The same, signed in by HTTP Basic.
pub(crate) fn mrs(server: &Server) -> Program {
    as_admin(command(server))
}

pub(crate) fn as_admin(program: Program) -> Program {
    program
        .args(["--user", "admin"])
        .env("MRS_PASSWORD", SECRET)
}

/// The header of `admin` and the planted secret.
pub(crate) fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("admin:{SECRET}")))
}

/// A command with this state.
pub(crate) fn progress(state: &str) -> Reply {
    Reply::json(
        json!({ "state": state, "res_obj": { "step_list": [{ "name": "Check" }] } }).to_string(),
    )
}

/// The same, which opens a session.
pub(crate) fn opened(state: &str) -> Reply {
    let cookie = format!("{SESSION}; Path=/web; Secure; HttpOnly");
    progress(state).header("set-cookie", &cookie)
}

pub(crate) fn sign_in_page() -> Reply {
    Reply::html(SIGN_IN_PAGE)
}

pub(crate) fn to_sign_in() -> Reply {
    Reply::redirect("https://192.0.2.1:20009/cas/login?service=x")
}

/// A Manager without sessions to read the status of, which answers everything else so.
pub(crate) fn scripted(replies: Vec<Reply>) -> Server {
    let mut replies = replies.into_iter();
    let mut last = None;
    without_status(move |_, _| {
        last = replies.next().or(last.take());
        last.clone().unwrap()
    })
}

/// The same with a closure, which is told how many other requests came before.
pub(crate) fn without_status(
    mut handler: impl FnMut(&Request, usize) -> Reply + Send + 'static,
) -> Server {
    let mut others = 0;
    Server::start(move |request, _| {
        if request.target.ends_with(STATUS) {
            return Reply::status(404, "");
        }
        others += 1;
        handler(request, others - 1)
    })
}

/// How each request signed in: `s` by Basic with a read of the session's status, `b` by Basic otherwise,
/// `c` by the session's cookie, `-` not at all.
pub(crate) fn sign_ins(server: &Server) -> String {
    let requests = server.requests();
    let letters = requests.iter().map(|request| {
        let (pass, cookie) = (request.header("authorization"), request.header("cookie"));
        match (pass, cookie) {
            (Some(pass), None) if pass == basic() && request.target.ends_with(STATUS) => 's',
            (Some(pass), None) if pass == basic() => 'b',
            (None, Some(_)) => 'c',
            (None, None) => '-',
            _ => panic!("{request:#?}"),
        }
    });
    letters.collect()
}

/// Neither the password nor what was made of it or for it is shown.
#[track_caller]
pub(crate) fn assert_quiet(out: &Output) {
    for planted in [
        &basic()["Basic ".len()..],
        "planted-session",
        "TGT-planted",
        "ST-planted",
    ] {
        out.stdout_lacks(planted).stderr_lacks(planted);
    }
}

/// The watch of these responses, with these options, ends with this code, and signs in so after the status
/// that this Manager does not have.
#[track_caller]
pub(crate) fn assert_ends(replies: &[Reply], args: &[&str], code: i32, signed_in: &str) -> Output {
    let server = scripted(replies.to_vec());
    let out = mrs(&server).args(args).run();
    out.code(code);
    assert_eq!(sign_ins(&server), format!("s{signed_in}"), "{out}");
    assert_quiet(&out);
    out
}

#[test]
fn the_vendors_sample_byte_for_byte_is_a_success_with_one_failed_entity() {
    let sample = [Reply::json(include_str!("../fixtures/mrs.response.json"))];
    for (args, code) in [
        (&[][..], 0),
        (&["--once"], 0),
        (&["--strict"], 1),
        (&["--fail-fast"], 1),
    ] {
        let out = assert_ends(&sample, args, code, "b");
        out.stderr_has("warning: string failed (string)");
    }
    let out = assert_ends(&sample, &["-o", "json"], 0, "b");
    let events = out.events();
    let warning = &named(&events, "warning")[0]["message"];
    assert_eq!(warning, "string failed (string)");
    let last = out.finished();
    assert_eq!(
        (&last["units"]["total"], &last["url"]),
        (&2.into(), &Value::Null)
    );
    assert_eq!(last["failed"][0]["id"], "entity:string");
    assert_eq!(events[0]["target"], "mrs:42");
    let kinds: Vec<_> = named(&events, "unit")
        .iter()
        .map(|unit| &unit["kind"])
        .collect();
    assert_eq!(kinds, ["step", "component"]);
}

#[test]
fn every_word_of_a_state_has_its_exit_code() {
    for (word, once, watched) in [
        ("NEW", 7, None),
        ("IN_PROGRESS", 7, None),
        ("RUNNING", 7, None),
        ("COMPLETE", 0, Some(0)),
        ("complete", 0, Some(0)),
        ("FAILED", 1, Some(1)),
        ("COMPLETED", 7, None),
        ("SUCCESS", 7, None),
        ("CANCELLED", 7, None),
        ("", 6, None),
    ] {
        assert_ends(&[progress(word)], &["--once"], once, "b");
        match watched {
            Some(code) => assert_ends(&[progress("NEW"), progress(word)], &[], code, "bb"),
            None => {
                let replies = [
                    opened("NEW"),
                    progress(word),
                    progress(word),
                    progress("FAILED"),
                ];
                assert_ends(&replies, &[], 1, "bccc")
            }
        };
    }
}

#[test]
fn a_hundred_percent_is_not_the_end_and_progress_may_go_back_to_0() {
    let at = |percent: u32, steps: &[&str]| {
        let steps: Vec<_> = steps.iter().map(|name| json!({ "name": name })).collect();
        let details = json!({ "total_step_size": percent, "step_list": steps });
        Reply::json(json!({ "state": "IN_PROGRESS", "res_obj": details }).to_string())
    };
    let replies = [
        at(40, &["a", "b"]),
        at(100, &["a", "b", "c"]),
        at(0, &["a"]),
        progress("COMPLETE"),
    ];
    let out = assert_ends(&replies, &["-o", "json", "--strict"], 0, "bbbb");
    let percents: Vec<_> = out
        .events()
        .iter()
        .filter(|event| event["event"] == "phase" || event["event"] == "progress")
        .map(|event| event["percent"].clone())
        .collect();
    assert_eq!(percents, [json!(40), json!(100), json!(0), Value::Null]);
}

#[test]
fn a_failure_says_why_and_names_what_failed() {
    let json = json!({
        "state": "FAILED", "error_code": 25_000_012, "error_description": "port 8020 is in use",
        "res_obj": {
            "step_list": [{ "name": "Check" }, { "name": "StartNameNode" }],
            "fail_entity_list": [{ "fail_entity": "NameNode@192.0.2.7", "operation_type": "START" }],
        },
    });
    let out = assert_ends(&[Reply::json(json.to_string())], &[], 1, "b");
    out.stdout_has("25000012: port 8020 is in use")
        .stdout_has("StartNameNode")
        .stdout_has("NameNode@192.0.2.7")
        .stdout_has("START");
}

#[test]
fn a_completion_with_an_error_code_is_a_success_with_a_warning() {
    let json = r#"{"state":"COMPLETE","error_code":7,"error_description":"port in use"}"#;
    for (args, code) in [(&[][..], 0), (&["--strict"], 1)] {
        let out = assert_ends(&[Reply::json(json)], args, code, "b");
        out.stderr_has("completed with an error: 7: port in use");
    }
}

#[test]
fn a_password_that_is_a_word_of_the_response_changes_nothing() {
    let entity = r#"{"state":"COMPLETE","res_obj":{"fail_entity_list":[{"fail_entity":"n"}]}}"#;
    for (password, json, args, code) in [
        ("FAILED", r#"{"state":"FAILED"}"#, &[][..], 1),
        ("COMPLETE", r#"{"state":"COMPLETE"}"#, &[], 0),
        ("state", r#"{"state":"COMPLETE"}"#, &[], 0),
        ("entity", entity, &["--strict"], 1),
        ("fail_entity_list", entity, &["--strict"], 1),
        ("entity", entity, &[], 0),
    ] {
        let server = scripted(vec![Reply::json(json)]);
        let program = mrs(&server).env("MRS_PASSWORD", password);
        program.args(args).run().code(code);
    }
}

#[test]
fn what_is_only_shown_decides_nothing() {
    for (json, code) in [
        (
            &br#"{"state":"FAILED","error_description":"disk full \ud83d"}"#[..],
            1,
        ),
        (
            b"{\"state\":\"FAILED\",\"error_description\":\"\xb4\xc5\xc5\xcc\"}",
            1,
        ),
        (b"\xef\xbb\xbf{\"state\":\"COMPLETE\"}", 0),
        (br#"{"state":"COMPLETE","res_obj":{"step_list":["a"]}}"#, 0),
        (
            br#"{"state":"FAILED","res_obj":{"fail_entity_list":{}}}"#,
            1,
        ),
        (br#"{"state":"COMPLETE","res_obj":[]}"#, 0),
    ] {
        assert_ends(&[Reply::json(json)], &[], code, "b");
    }
}

#[test]
fn the_request_is_the_documented_one() {
    for (base, path) in [("", ""), ("/", ""), ("/base/", "/base")] {
        let server = scripted(vec![progress("COMPLETE")]);
        as_admin(at(&format!("{}{base}", server.url())))
            .run()
            .code(0);
        for (request, target) in server.requests().iter().zip([STATUS, PATH]) {
            let target = format!("{path}{target}");
            assert_eq!((&*request.method, &request.target), ("GET", &target));
            for header in ["accept", "content-type"] {
                assert_eq!(request.header(header), Some("application/json"));
            }
        }
    }
}

#[test]
fn what_cannot_be_watched_is_turned_down_before_anything_is_sent() {
    let server = Server::script(vec![progress("COMPLETE")]);
    let url = server.url();
    let usage = |program: Program, says: &[&str]| {
        let out = program.run();
        out.code(2).stdout_is_empty();
        assert!(out.stderr.starts_with("error: "), "{out}");
        for says in says {
            out.stderr_has(says);
        }
    };
    let with_id = |id: &str| {
        let args = [
            "mrs",
            "--command",
            id,
            "--endpoint",
            &url,
            "--user",
            "admin",
        ];
        deploywatch(args).env("MRS_PASSWORD", SECRET)
    };
    usage(with_id("-1"), &["nothing asynchronous was started"]);
    for id in [
        "",
        "-2",
        "4.2",
        "42a",
        "4 2",
        "../42",
        "４２",
        "123456789012345678901",
    ] {
        usage(with_id(id), &["--command", "digits"]);
    }
    usage(mrs(&server).args(["--fresh"]), &["--fresh"]);
    for auth in ["basic", "cas"] {
        let auth = ["--auth", auth];
        usage(command(&server).args(auth), &["--user", "MRS_USER"]);
        let named = command(&server).args(auth).args(["--user", "admin"]);
        usage(named, &["--password-file", "MRS_PASSWORD"]);
        let far = as_admin(at("http://192.0.2.1:28443")).args(auth);
        usage(far, &["--allow-http"]);
    }
    for user in ["", "a:b", "a\nb"] {
        let program = command(&server).env("MRS_PASSWORD", SECRET);
        usage(program.args(["--user", user]), &["--user"]);
    }
    usage(
        mrs(&server).args(["--password-file", "missing"]),
        &["missing", "password"],
    );
    usage(mrs(&server).args(["--password-file", "."]), &["password"]);
    for (text, says) in [
        ("", "empty"),
        ("\n", "empty"),
        ("made-up\nsecond", "line break"),
    ] {
        let from_file = mrs(&server).file("a-password", text);
        let from_file = from_file.args(["--password-file", "a-password"]).run();
        from_file.code(2).stderr_has(says).stderr_lacks("made-up");
        let from_stdin = mrs(&server)
            .args(["--password-file", "-"])
            .stdin(text)
            .run();
        from_stdin.code(2).stderr_has(says).stderr_lacks("made-up");
    }
    usage(
        mrs(&server).args(["--auth", "kerberos"]),
        &["basic, cas, none"],
    );
    usage(
        mrs(&server).args(["--command", "42"]),
        &["two deployments are named"],
    );
    server.assert_untouched();
}

#[test]
fn a_password_comes_from_a_file_from_stdin_or_from_the_environment() {
    let named = |server: &Server| command(server).env("MRS_USER", "admin");
    let password = " p:a%s+s&wörd\t密码 ";
    type Prepare<'a> = &'a dyn Fn(Program) -> Program;
    let table: [(Prepare<'_>, &str); 6] = [
        (&|program| program.env("MRS_PASSWORD", password), password),
        (&|program| program.env("MRS_PASSWORD", "a\n"), "a"),
        (
            &|program| program.file("f", password).args(["--password-file", "f"]),
            password,
        ),
        (
            &|program| program.file("f", "a\r\n").args(["--password-file", "f"]),
            "a",
        ),
        (
            &|program| program.stdin("a\n").args(["--password-file", "-"]),
            "a",
        ),
        (
            &|program| {
                let program = program.env("MRS_PASSWORD", "other").file("f", "a");
                program.args(["--password-file", "f"])
            },
            "a",
        ),
    ];
    for (prepare, password) in table {
        let server = Server::script(vec![progress("COMPLETE")]);
        prepare(named(&server)).run().code(0);
        let pair = STANDARD.encode(format!("admin:{password}"));
        let request = &server.requests()[0];
        assert_eq!(
            request.header("authorization"),
            Some(&*format!("Basic {pair}"))
        );
    }
    // The option is stronger than the variable.
    let server = Server::script(vec![progress("COMPLETE")]);
    mrs(&server).env("MRS_USER", "other").run().code(0);
    assert_eq!(sign_ins(&server), "sb");
}

#[test]
fn a_password_file_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, SECRET).unwrap();
    let rewritten = file.clone();
    let server = Server::start(move |_, _| {
        std::fs::write(&rewritten, "another").unwrap();
        Reply::status(401, "")
    });
    let program = command(&server).args(["--user", "admin", "--password-file"]);
    program.args([&file]).run().code(5);
    assert_eq!(sign_ins(&server), "s");
}

#[test]
fn plain_http_is_for_no_password() {
    let proxy = Server::script(vec![progress("COMPLETE")]);
    let far = || at("http://192.0.2.1:28443").env("HTTP_PROXY", proxy.url());
    far().args(["--auth", "none"]).run().code(0);
    as_admin(far()).args(["--allow-http"]).run().code(0);
    assert_eq!(sign_ins(&proxy), "-sb");
}

#[test]
fn each_scenario_of_the_demo_has_its_exit_code() {
    let watches = [("success", 0), ("failure", 1), ("flaky", 0)].map(|(scenario, code)| {
        let program = deploywatch(["demo", "mrs", "--duration", "2s", "--scenario", scenario]);
        (
            scenario,
            code,
            program.args(["-i", "20ms", "-o", "json"]).spawn(),
        )
    });
    for (scenario, code, running) in watches {
        let out = running.wait();
        let last = out.code(code).stderr_is_empty().finished();
        let failed = if code == 0 { 0 } else { 2 };
        assert_eq!(last["units"]["failed"], failed, "{scenario}\n{out}");
        let faults = named(&out.events(), "offline").len();
        assert_eq!(faults > 0, scenario == "flaky", "{out}");
    }
    for scenario in ["pause", "cancel"] {
        let out = deploywatch(["demo", "mrs", "--scenario", scenario]).run();
        out.code(2).stdout_is_empty();
    }
}

#[test]
fn a_served_demo_is_watched_to_its_end_by_the_line_that_was_printed() {
    let args = [
        "demo",
        "mrs",
        "--duration",
        "400ms",
        "--serve",
        "127.0.0.1:0",
    ];
    let mut server = deploywatch(args).spawn();
    let line = server.first_line();
    let words: Vec<_> = line.split_whitespace().collect();
    let [password, "deploywatch", args @ ..] = &words[..] else {
        panic!("{line}");
    };
    let (name, value) = password.split_once('=').unwrap();
    let program = deploywatch(args).args(["-i", "20ms"]);
    program.env(name, value).run().code(0).stderr_is_empty();
    // Another password is turned down, at the first try.
    let out = deploywatch(args).env(name, "wrong").run();
    out.code(5).stdout_has("FusionInsight Manager");
}

#[test]
fn the_picture_and_the_report_name_the_cluster() {
    let answer = |state: &str, name: &str| {
        let details = json!({ "cluster_id": 1, "cluster_name": name });
        Reply::json(json!({ "state": state, "res_obj": details }).to_string())
    };
    let name = format!("prod\u{1b}[31m {SECRET}");
    let server = scripted(vec![answer("RUNNING", &name), answer("COMPLETE", &name)]);
    let mut screen = Screen::spawn(mrs(&server), 24, 80);
    assert_eq!(screen.wait_exit(), 0, "{}", screen.contents());
    let rows = screen.history();
    assert!(rows[0].starts_with("mrs:42 prod (masked) ─"), "{rows:#?}");
    assert!(
        rows.iter().any(|row| row == "  name: prod (masked)"),
        "{rows:#?}"
    );
}
