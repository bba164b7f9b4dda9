//! MRS: what a Manager's answers mean, and above all how often it is sent a password.

#[cfg(target_os = "linux")]
use std::net::{IpAddr, TcpListener};
use std::slice::from_ref;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Output, Program, Reply, SECRET, Server, deploywatch, named};

const PATH: &str = "/web/v1/common/command/42/progress";
const LOGIN_CHECK: &str = "/web/v1/access/login_check";
const SESSION: &str = "JSESSIONID=planted-session";
/// The page of a Manager that was sent a wrong password.
const SIGN_IN_PAGE: &str = "<!DOCTYPE html><html><head><title>FusionInsight Manager</title></head>\
    <body><form action=\"/cas/login\"></form></body></html>";

/// `deploywatch mrs` for command 42, without a way to sign in.
fn command(server: &Server) -> Program {
    at(&server.url())
}

fn at(url: &str) -> Program {
    deploywatch(["mrs", "--command", "42", "--interval", "20ms"]).args(["--endpoint", url])
}

/// The same, signed in by HTTP Basic.
fn mrs(server: &Server) -> Program {
    as_admin(command(server))
}

fn as_admin(program: Program) -> Program {
    program
        .args(["--user", "admin"])
        .env("MRS_PASSWORD", SECRET)
}

/// The header of `admin` and the planted secret.
fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("admin:{SECRET}")))
}

/// A command with this state.
fn progress(state: &str) -> Reply {
    Reply::json(
        json!({ "state": state, "res_obj": { "step_list": [{ "name": "Check" }] } }).to_string(),
    )
}

/// The same, which opens a session.
fn opened(state: &str) -> Reply {
    let cookie = format!("{SESSION}; Path=/web; Secure; HttpOnly");
    progress(state).header("set-cookie", &cookie)
}

fn sign_in_page() -> Reply {
    Reply::html(SIGN_IN_PAGE)
}

fn to_sign_in() -> Reply {
    Reply::redirect("https://192.0.2.1:20009/cas/login?service=x")
}

/// How each request signed in: `b` by Basic, `c` by the session's cookie, `-` not at all.
fn sign_ins(server: &Server) -> String {
    let requests = server.requests();
    let letters = requests.iter().map(|request| {
        let (pass, cookie) = (request.header("authorization"), request.header("cookie"));
        match (pass, cookie) {
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
fn assert_quiet(out: &Output) {
    for planted in [
        &basic()["Basic ".len()..],
        "planted-session",
        "TGT-planted",
        "ST-planted",
    ] {
        out.stdout_lacks(planted).stderr_lacks(planted);
    }
}

/// The watch of these answers, with these options, ends with this code, and signs in so.
#[track_caller]
fn assert_ends(replies: &[Reply], args: &[&str], code: i32, signed_in: &str) -> Output {
    let server = Server::script(replies.to_vec());
    let out = mrs(&server).args(args).run();
    out.code(code);
    assert_eq!(sign_ins(&server), signed_in, "{out}");
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
fn the_request_is_the_documented_one() {
    for (base, path) in [("", ""), ("/", ""), ("/base/", "/base")] {
        let server = Server::script(vec![progress("COMPLETE")]);
        as_admin(at(&format!("{}{base}", server.url())))
            .run()
            .code(0);
        let request = &server.requests()[0];
        assert_eq!(
            (&*request.method, &*request.target),
            ("GET", &*format!("{path}{PATH}"))
        );
        for header in ["accept", "content-type"] {
            assert_eq!(request.header(header), Some("application/json"));
        }
    }
}

#[test]
fn basic_goes_until_a_session_begins_and_not_with_its_cookie() {
    let running = || progress("RUNNING");
    let replies = [
        running(),
        running(),
        opened("RUNNING"),
        running(),
        progress("COMPLETE"),
    ];
    assert_ends(&replies, &["-v"], 0, "bbbcc");
    for cookie in [
        "FISessionId=planted-session",
        "JSESSIONID=planted-session; Max-Age=9",
    ] {
        let first = running()
            .header("set-cookie", "lang=en")
            .header("set-cookie", cookie);
        let server = Server::script(vec![first, running(), progress("COMPLETE")]);
        mrs(&server).run().code(0);
        assert_eq!(sign_ins(&server), "bcc");
        let sent = cookie.split(';').next();
        assert_eq!(server.requests()[2].header("cookie"), sent);
    }
    // A session may be replaced, and another cookie is none.
    let replaced = progress("RUNNING").header("set-cookie", "JSESSIONID=second");
    let server = Server::script(vec![opened("RUNNING"), replaced, progress("COMPLETE")]);
    mrs(&server).run().code(0);
    let requests = server.requests();
    assert_eq!(requests[1].header("cookie"), Some(SESSION));
    assert_eq!(requests[2].header("cookie"), Some("JSESSIONID=second"));
    let other = running().header("set-cookie", "lang=en");
    assert_ends(&[other, progress("COMPLETE")], &[], 0, "bb");
}

/// What a Manager answers to a password that it does not take, and what is said of it.
fn refusals() -> Vec<(Reply, &'static str)> {
    let other = Server::script(vec![Reply::empty()]);
    other.may_be_idle();
    vec![
        (
            Reply::status(401, r#"{"error_description":"no such user"}"#),
            "401",
        ),
        (sign_in_page(), "FusionInsight Manager"),
        (Reply::json(SIGN_IN_PAGE), "sign-in page"),
        (to_sign_in(), "20009/cas/login"),
        (Reply::redirect("/web/login.html"), "login.html"),
        (
            Reply::redirect("https://192.0.2.1/elsewhere"),
            "not followed",
        ),
        (Reply::status(403, ""), "403"),
        // It is no session that such an answer opens.
        (sign_in_page().header("set-cookie", SESSION), "sign-in page"),
        (to_sign_in().header("set-cookie", SESSION), "302"),
    ]
}

#[test]
fn a_wrong_password_is_sent_exactly_once() {
    for (refusal, says) in refusals() {
        for args in [&[][..], &["--once"], &["--max-offline", "0s"]] {
            let out = assert_ends(from_ref(&refusal), args, 5, "b");
            out.stdout_has(says);
        }
    }
    let out = assert_ends(&[sign_in_page()], &[], 5, "b");
    out.stdout_has("the user and the password")
        .stdout_has("lock the account");
}

#[test]
fn a_password_that_was_right_once_is_not_sent_again_either_where_it_is_refused_later() {
    for (refusal, says) in refusals() {
        // Without a session it goes with each poll: the one that is refused is the last.
        let out = assert_ends(
            &[progress("RUNNING"), refusal, progress("COMPLETE")],
            &[],
            5,
            "bb",
        );
        out.stdout_has(says);
    }
}

#[test]
fn a_wrong_password_is_sent_once_more_for_each_answer_that_was_lost_and_never_a_fifth_time() {
    let lost = || {
        vec![
            Reply::status(503, ""),
            Reply::status(500, SIGN_IN_PAGE),
            Reply::status(429, ""),
            Reply::reset(),
            Reply::reset_in_headers(),
            Reply::cut(SIGN_IN_PAGE),
            Reply::raw(""),
            Reply::empty(),
            Reply::json("{}"),
            Reply::hang(),
        ]
    };
    let watches = lost().into_iter().flat_map(|fault| {
        let refused = Server::script(vec![fault.clone(), fault.clone(), sign_in_page()]);
        let always = Server::script(vec![fault.clone()]);
        // A Manager that is up, but never gets as far as the password.
        let never = Server::start(move |request, _| match request.header("authorization") {
            Some(_) => fault.clone(),
            None => Reply::status(401, ""),
        });
        [(refused, "bbb"), (always, "bbb---"), (never, "bbb-b")]
    });
    let watches = watches.map(|(server, signed_in)| {
        let limits = ["--request-timeout", "300ms", "--max-offline", "2s"];
        let program = mrs(&server).args(limits).args(["-o", "json"]);
        (program.spawn(), server, signed_in)
    });
    for (running, server, signed_in) in watches.collect::<Vec<_>>() {
        let out = running.wait();
        let seen = sign_ins(&server);
        match signed_in {
            "bbb---" => {
                out.code(6);
                assert!(seen.starts_with(signed_in), "{seen}\n{out}");
                assert!(!seen[3..].contains('b'), "{seen}\n{out}");
            }
            "bbb" => {
                out.code(5).stdout_has("sign-in page");
                assert_eq!(seen, signed_in, "{out}");
            }
            _ => {
                // What asks for a sign-in a second time, after the fourth sending, is the end.
                out.code(5).stdout_has("a fifth wrong one");
                assert_eq!(seen, "bbb-b-", "{out}");
            }
        }
        assert_quiet(&out);
    }
}

#[test]
fn a_manager_that_was_down_for_long_is_signed_in_to_when_it_is_back() {
    let demands = [
        Reply::status(401, ""),
        Reply::status(403, ""),
        to_sign_in(),
        sign_in_page(),
    ];
    let answers = [(progress("COMPLETE"), 0), (sign_in_page(), 5)];
    let watches = demands
        .into_iter()
        .flat_map(|demand| answers.clone().map(|answer| (demand.clone(), answer)));
    let watches = watches.map(|(demand, (answer, code))| {
        let server = Server::start(move |request, n| match request.header("authorization") {
            _ if n < 5 => Reply::status(503, ""),
            None => demand.clone(),
            Some(_) => answer.clone(),
        });
        (mrs(&server).spawn(), server, code)
    });
    for (running, server, code) in watches.collect::<Vec<_>>() {
        let out = running.wait();
        out.code(code);
        assert_eq!(sign_ins(&server), "bbb---b", "{out}");
    }
}

/// Two listeners on one address of this machine that is this test's own, the first one on the port
/// of the CAS server: there tests beside this one, and other runs of it, have nothing.
#[cfg(target_os = "linux")]
fn listeners() -> [TcpListener; 2] {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    loop {
        let own = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = IpAddr::from([127, high | 1, low, own | 1]);
        if let Ok(cas) = TcpListener::bind((address, 20009)) {
            return [cas, TcpListener::bind((address, 0)).unwrap()];
        }
    }
}

#[test]
fn an_answer_to_nobody_says_nothing_about_the_password() {
    let server = Server::start(|request, n| match request.header("authorization") {
        Some(_) => Reply::status(503, ""),
        None if n < 6 => progress("RUNNING"),
        None => progress("COMPLETE"),
    });
    mrs(&server).run().code(0);
    assert_eq!(sign_ins(&server), "bbb----");
}

#[cfg(target_os = "linux")]
#[test]
fn refused_connections_are_no_attempts() {
    let [cas, web] = listeners();
    let address = web.local_addr().unwrap();
    drop(web);
    let mut running = as_admin(at(&format!("http://{address}")))
        .args(["-o", "json"])
        .spawn();
    running.wait_for_stdout("\"attempt\":6");
    let web = TcpListener::bind(address).unwrap();
    let server = Server::listen(web, |_, _| progress("COMPLETE"));
    running.wait().code(0);
    assert_eq!(sign_ins(&server), "b", "the password went out at once");
    drop(cas);
}

/// A Manager whose session ends, by this answer, after so many requests with the cookie.
fn forgetful(after: usize, end: Reply, again: Reply) -> Server {
    let (mut uses, mut signed_in) = (0, 0);
    Server::start(move |request, _| {
        if request.header("authorization").is_some() {
            (uses, signed_in) = (0, signed_in + 1);
            return match signed_in {
                1 => opened("RUNNING"),
                _ => again.clone(),
            };
        }
        uses += 1;
        if uses > after {
            end.clone()
        } else {
            progress("RUNNING")
        }
    })
}

#[test]
fn when_the_session_ends_basic_goes_once_more() {
    for end in [Reply::status(401, ""), to_sign_in()] {
        let server = forgetful(2, end.clone(), progress("COMPLETE"));
        mrs(&server).run().code(0).stdout_lacks("offline");
        assert_eq!(sign_ins(&server), "bcccb");
        // And once more when the next one ends.
        let server = forgetful(1, end.clone(), opened("RUNNING"));
        let out = mrs(&server).args(["--timeout", "400ms"]).run();
        out.code(124);
        assert!(sign_ins(&server).starts_with("bccbccbcc"), "{out}");
        for (refusal, says) in refusals() {
            let server = forgetful(2, end.clone(), refusal);
            let out = mrs(&server).run();
            out.code(5).stdout_has(says);
            assert_eq!(sign_ins(&server), "bcccb", "{out}");
        }
    }
}

#[test]
fn a_session_that_was_never_good_does_not_end_by_another_sign_in() {
    for end in [Reply::status(401, ""), to_sign_in()] {
        let first = Reply::json("{}").header("set-cookie", SESSION);
        assert_ends(&[first, end], &[], 5, "bc");
    }
}

#[test]
fn a_page_in_place_of_an_answer_is_no_end_of_the_session() {
    let replies = [
        opened("RUNNING"),
        sign_in_page(),
        sign_in_page(),
        progress("COMPLETE"),
    ];
    assert_ends(&replies, &[], 5, "bcc").stdout_has("FusionInsight Manager");
    let replies = [opened("RUNNING"), sign_in_page(), progress("COMPLETE")];
    assert_ends(&replies, &[], 0, "bcc");
}

#[test]
fn with_a_session_any_fault_is_asked_again_and_a_refusal_must_be_said_twice() {
    for fault in [
        Reply::status(502, "<html>"),
        Reply::status(503, ""),
        Reply::reset(),
        Reply::cut(r#"{"state":"COMPLETE"}"#),
        Reply::empty(),
        Reply::json("{}"),
        Reply::status(404, ""),
        Reply::status(403, ""),
        Reply::redirect("/elsewhere"),
    ] {
        let replies = [opened("RUNNING"), fault, progress("COMPLETE")];
        assert_ends(&replies, &[], 0, "bcc");
    }
    let missing = || {
        Reply::status(
            404,
            r#"{"error_code":"12-4040001","error_description":"none"}"#,
        )
    };
    let out = assert_ends(&[opened("RUNNING"), missing()], &[], 5, "bcc");
    out.stdout_has("12-4040001 none")
        .stdout_has("the command's id");
    assert_ends(&[missing()], &[], 5, "b").stdout_has("12-4040001 none");
}

#[test]
fn basic_follows_no_redirect() {
    let other = Server::script(vec![progress("COMPLETE")]);
    for (location, code) in [
        (format!("{}/cas/login", other.url()), 301),
        (format!("{}/cas/login", other.url()), 307),
        (format!("{}{PATH}", other.url()), 308),
        (other.url(), 302),
    ] {
        let redirect = Reply::status(code, "").header("location", &location);
        assert_ends(&[redirect], &[], 5, "b");
    }
    other.assert_untouched();
}

#[test]
fn several_commands_share_one_sign_in() {
    let two = |server: &Server| mrs(server).args(["--command", "43", "-o", "json"]);
    let refusing = Server::script(vec![Reply::delayed(
        sign_in_page(),
        Duration::from_millis(100),
    )]);
    let out = two(&refusing).run();
    out.code(5);
    assert_eq!(sign_ins(&refusing), "b", "{out}");
    let opening = Server::start(|request, _| {
        let reply = match request.header("authorization") {
            Some(_) => opened("RUNNING"),
            None => progress("COMPLETE"),
        };
        Reply::delayed(reply, Duration::from_millis(30))
    });
    let out = two(&opening).run();
    out.code(0);
    let seen = sign_ins(&opening);
    assert!(
        seen.starts_with('b') && !seen[1..].contains('b'),
        "{seen}\n{out}"
    );
    // Many without a session, of which none is an attempt that nobody answered.
    let plain = Server::start(|_, n| {
        let state = if n < 40 { "RUNNING" } else { "COMPLETE" };
        Reply::delayed(progress(state), Duration::from_millis(10))
    });
    let more = (43..55).flat_map(|id| ["--command".to_owned(), id.to_string()]);
    let out = mrs(&plain).args(more).run();
    out.code(0);
    let seen = sign_ins(&plain);
    assert!(!seen.contains('-'), "{seen}\n{out}");
    // When their session ends under both at once, one of them signs in again for both.
    let mut session = 0;
    let mut uses = 0;
    let ending = Server::start(move |request, _| {
        let current = format!("JSESSIONID=planted-session-{session}");
        let reply = if request.header("authorization").is_some() {
            (session, uses) = (session + 1, 0);
            let cookie = format!("JSESSIONID=planted-session-{session}");
            progress("RUNNING").header("set-cookie", &cookie)
        } else if request.header("cookie") != Some(&current) || session < 4 && uses >= 3 {
            Reply::status(401, "")
        } else if session == 4 {
            progress("COMPLETE")
        } else {
            uses += 1;
            progress("RUNNING")
        };
        Reply::delayed(reply, Duration::from_millis(40))
    });
    let out = two(&ending).run();
    out.code(0);
    let seen = sign_ins(&ending);
    assert_eq!(seen.matches('b').count(), 4, "{seen}\n{out}");
}

#[test]
fn without_auth_nothing_is_sent_until_a_session_is_asked_for() {
    let none = |server: &Server| command(server).args(["--auth", "none"]);
    let server = Server::script(vec![progress("RUNNING"), progress("COMPLETE")]);
    none(&server).run().code(0);
    assert_eq!(sign_ins(&server), "--");

    let session =
        Reply::json(r#"{"state":"NEW"}"#).header("set-cookie", "FISessionId=planted-session");
    for first in [
        Reply::status(401, ""),
        Reply::status(403, ""),
        to_sign_in(),
        sign_in_page(),
    ] {
        let script = [
            first,
            session.clone(),
            progress("RUNNING"),
            progress("COMPLETE"),
        ];
        let server = Server::script(script.to_vec());
        let out = none(&server).run();
        out.code(0);
        assert_eq!(sign_ins(&server), "--cc", "{out}");
        let targets: Vec<_> = server
            .requests()
            .into_iter()
            .map(|request| request.target)
            .collect();
        assert_eq!(targets, [PATH, LOGIN_CHECK, PATH, PATH]);
    }
    // Once only.
    let server = Server::script(vec![
        Reply::status(401, ""),
        session.clone(),
        Reply::status(401, ""),
    ]);
    none(&server).run().code(5).stdout_has("--user");
    assert_eq!(sign_ins(&server), "--c");
    // Neither where the first answer was good, nor for what is no refusal.
    let server = Server::script(vec![Reply::status(503, ""), progress("COMPLETE")]);
    none(&server).run().code(0);
    assert_eq!(sign_ins(&server), "--");
    // A way to the session that is blocked for a moment is tried again.
    let script = [
        Reply::status(401, ""),
        Reply::status(503, ""),
        Reply::status(401, ""),
        session,
        progress("COMPLETE"),
    ];
    let server = Server::script(script.to_vec());
    none(&server).run().code(0);
    assert_eq!(sign_ins(&server), "----c");
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
        usage(named, &["--password-file", "$MRS_PASSWORD"]);
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
    usage(mrs(&server).args(["--command", "42"]), &["twice"]);
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
    assert_eq!(sign_ins(&server), "b");
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
    assert_eq!(sign_ins(&server), "b");
}

#[test]
fn plain_http_is_for_no_password() {
    let proxy = Server::script(vec![progress("COMPLETE")]);
    let far = || at("http://192.0.2.1:28443").env("HTTP_PROXY", proxy.url());
    far().args(["--auth", "none"]).run().code(0);
    as_admin(far()).args(["--allow-http"]).run().code(0);
    assert_eq!(sign_ins(&proxy), "-b");
}

/// The older Manager's two servers, on two ports of one address of the test's own.
#[cfg(target_os = "linux")]
mod cas {
    use super::*;

    const FORM: &str = "<html><title>CAS</title><form method=\"post\">\
        <input type=\"hidden\" name=\"lt\" value=\"LT-1-a/b\" />\
        <input name=\"username\"><input name=\"password\" type=\"password\"></form></html>";

    /// What the two servers do: the CAS server with the password, the Manager with a session.
    struct Manager {
        cas: Server,
        web: Server,
    }

    impl Manager {
        /// `posted` is what the CAS server says to the password; `asked` what the Manager says to
        /// a request with a session, by its number.
        fn start(
            posted: impl Fn(usize, &str) -> Reply + Send + 'static,
            asked: impl Fn(usize) -> Reply + Send + 'static,
        ) -> Self {
            Self::start_late(posted, Vec::new(), asked)
        }

        /// The same; the first requests for a session are answered with these.
        fn start_late(
            posted: impl Fn(usize, &str) -> Reply + Send + 'static,
            late: Vec<Reply>,
            asked: impl Fn(usize) -> Reply + Send + 'static,
        ) -> Self {
            let mut late = late.into_iter();
            let [cas, web] = listeners();
            let service = format!(
                "http://{}/web/cas_security_check.htm",
                web.local_addr().unwrap()
            );
            let expected = format!("/cas/login?service={service}");
            let mut posts = 0;
            let cas = Server::listen(cas, move |request, _| {
                if request.method == "GET" {
                    assert_eq!(request.target, "/cas/login");
                    let cookie = "casSessionId=planted-session-of-cas; Path=/cas";
                    return Reply::html(FORM).header("set-cookie", cookie);
                }
                assert_eq!(request.target, expected);
                posts += 1;
                posted(posts - 1, &service)
            });
            let (mut checks, mut polls) = (0, 0);
            let web = Server::listen(web, move |request, _| {
                let cookie = request.header("cookie").unwrap_or_default();
                if request
                    .target
                    .starts_with("/web/cas_security_check.htm?ticket=ST-planted")
                {
                    return Reply::redirect("/web/");
                }
                if request.target == "/web/" {
                    return Reply::html("<title>Manager</title>");
                }
                if request.target == LOGIN_CHECK {
                    assert!(cookie.contains("CASTGC=TGT-planted"), "{cookie}");
                    if let Some(late) = late.next() {
                        return late;
                    }
                    checks += 1;
                    let session = format!("JSESSIONID=planted-session-{checks}; Path=/web");
                    return Reply::json(r#"{"state":"COMPLETE"}"#).header("set-cookie", &session);
                }
                assert_eq!(request.target, PATH);
                assert_eq!(cookie, format!("JSESSIONID=planted-session-{checks}"));
                polls += 1;
                asked(polls - 1)
            });
            Self { cas, web }
        }

        /// The watch of command 42 there.
        fn watch(&self) -> Program {
            mrs(&self.web).args(["--auth", "cas"])
        }

        /// The requests of the CAS server (`l` for the page, `p` for the password), and of the
        /// Manager (`s` for the service, `l` for the login check, `.` for a poll).
        fn seen(&self) -> (String, String) {
            let all = [&self.cas, &self.web].map(Server::requests);
            for request in all.iter().flatten() {
                assert_eq!(request.header("authorization"), None, "never with Basic");
            }
            let [cas, web] = all.map(|requests| {
                let letters = requests.iter().map(|request| match &*request.target {
                    _ if request.method == "POST" => 'p',
                    PATH => '.',
                    LOGIN_CHECK | "/cas/login" => 'l',
                    _ => 's',
                });
                letters.collect()
            });
            (cas, web)
        }
    }

    /// The password is taken: a ticket, and the way to the Manager.
    fn taken(service: &str) -> Reply {
        Reply::redirect(&format!("{service}?ticket=ST-planted-1"))
            .header("set-cookie", "CASTGC=TGT-planted; Path=/cas; Secure")
    }

    /// The same without the way.
    fn taken_here(_: &str) -> Reply {
        Reply::html("Log In Successful").header("set-cookie", "CASTGC=TGT-planted; Path=/cas")
    }

    /// The same under a head that says that nothing is packed.
    fn taken_packed(_: &str) -> Reply {
        let reply = Reply::empty().header("set-cookie", "CASTGC=TGT-planted; Path=/cas");
        reply.header("content-encoding", "gzip")
    }

    fn by_turns(replies: Vec<Reply>) -> impl Fn(usize) -> Reply {
        move |n| replies[n.min(replies.len() - 1)].clone()
    }

    #[test]
    fn the_documented_exchange_opens_a_session() {
        for (posted, ways) in [
            (taken as fn(&str) -> Reply, "ssl.."),
            (taken_here, "l.."),
            (taken_packed, "l.."),
        ] {
            let polls = by_turns(vec![progress("RUNNING"), progress("COMPLETE")]);
            let manager = Manager::start(move |_, service| posted(service), polls);
            let out = manager.watch().args(["-v"]).run();
            out.code(0);
            assert_quiet(&out);
            assert_eq!(manager.seen(), ("lp".into(), ways.into()), "{out}");
            let post = &manager.cas.requests()[1];
            let cookie = post.header("cookie");
            assert_eq!(cookie, Some("casSessionId=planted-session-of-cas"));
            let kind = post.header("content-type");
            assert_eq!(kind, Some("application/x-www-form-urlencoded"));
            let form = format!(
                "username=admin&password={SECRET}&lt=LT-1-a%2Fb&_eventId=submit&submit=Login"
            );
            assert_eq!(post.body, form);
        }
    }

    #[test]
    fn a_password_in_a_form_is_percent_encoded() {
        let manager = Manager::start(
            |_, service| taken(service),
            by_turns(vec![progress("COMPLETE")]),
        );
        let program = manager
            .watch()
            .env("MRS_PASSWORD", "a&b=c%d+e f密")
            .env("MRS_USER", "other");
        program.run().code(0);
        let body = &manager.cas.requests()[1].body;
        let password = "&password=a%26b%3Dc%25d%2Be+f%E5%AF%86&";
        assert!(
            body.starts_with("username=admin&") && body.contains(password),
            "{body}"
        );
    }

    #[test]
    fn a_password_that_cas_does_not_take_is_sent_exactly_once() {
        for (refusal, says) in [
            (Reply::html(FORM), "sign-in page"),
            (
                Reply::html(FORM).header("set-cookie", r#"CASTGC=""; Max-Age=0"#),
                "CAS",
            ),
            (Reply::status(401, ""), "401"),
            (Reply::status(403, ""), "403"),
            (Reply::status(400, ""), "400"),
            (Reply::redirect("/cas/login?error"), "302"),
            (
                Reply::redirect(&format!("/cas/login?wrong={SECRET}")),
                "(masked)",
            ),
        ] {
            let manager = Manager::start(move |_, _| refusal.clone(), |_| Reply::empty());
            manager.web.may_be_idle();
            let out = manager.watch().run();
            out.code(5).stdout_has(says).stdout_has("lock the account");
            assert_eq!(manager.seen(), ("lp".into(), String::new()), "{out}");
        }
    }

    #[test]
    fn a_password_that_cas_says_nothing_about_is_not_sent_a_fifth_time() {
        for fault in [Reply::status(503, ""), Reply::reset(), Reply::cut(FORM)] {
            let manager = Manager::start(move |_, _| fault.clone(), |_| Reply::empty());
            manager.web.may_be_idle();
            let out = manager.watch().run();
            out.code(5).stdout_has("a fifth wrong one");
            assert_eq!(manager.seen().0, "lplplplpl", "{out}");
        }
    }

    #[test]
    fn once_cas_has_taken_the_password_what_fails_is_tried_again_without_it() {
        let faults = || vec![Reply::status(503, ""), Reply::reset()];
        let manager = Manager::start_late(
            |_, service| taken(service),
            faults(),
            by_turns([faults(), vec![progress("COMPLETE")]].concat()),
        );
        let out = manager.watch().run();
        out.code(0);
        assert_eq!(manager.seen(), ("lp".into(), "sslll...".into()), "{out}");
        // Nor is it sent again where no session comes of it.
        let manager = Manager::start_late(
            |_, service| taken(service),
            vec![Reply::json("{}")],
            |_| Reply::empty(),
        );
        let out = manager.watch().run();
        out.code(5).stdout_has("without a session");
        assert_eq!(manager.seen(), ("lp".into(), "ssl".into()), "{out}");
    }

    #[test]
    fn when_the_session_ends_cas_is_asked_once_more() {
        for end in [Reply::status(401, ""), to_sign_in()] {
            let polls = vec![progress("RUNNING"), end.clone(), progress("COMPLETE")];
            let manager = Manager::start(|_, service| taken(service), by_turns(polls));
            let out = manager.watch().run();
            out.code(0);
            assert_eq!(manager.seen(), ("lplp".into(), "ssl..ssl.".into()), "{out}");
            // A session that is not good from its beginning is none that ended.
            let manager = Manager::start(|_, service| taken(service), by_turns(vec![end]));
            let out = manager.watch().run();
            out.code(5);
            assert_eq!(manager.seen(), ("lp".into(), "ssl.".into()), "{out}");
        }
    }

    #[test]
    fn the_sign_in_follows_a_redirect_within_the_manager_only() {
        let other = Server::script(vec![Reply::empty()]);
        let elsewhere = other.url();
        for location in [
            format!("{elsewhere}/web/?ticket=ST-planted-1"),
            "https://127.0.0.1:20009/?ticket=ST-planted-1".into(),
            "ftp://127.0.0.1/".into(),
        ] {
            let manager = Manager::start(
                move |_, service| taken(service).header("location", &location),
                |_| Reply::empty(),
            );
            manager.web.may_be_idle();
            let out = manager.watch().run();
            out.code(5).stdout_has("which is not followed");
            assert_quiet(&out);
            assert_eq!(manager.seen(), ("lp".into(), String::new()), "{out}");
        }
        other.assert_untouched();
    }

    #[test]
    fn a_page_without_the_field_is_sent_no_password() {
        let [cas, web] = listeners();
        let page = "<title>We will be back soon</title>";
        let cas = Server::listen(cas, move |_, _| Reply::html(page));
        let web = Server::listen(web, |_, _| Reply::empty());
        web.may_be_idle();
        let out = mrs(&web)
            .args(["--auth", "cas", "--max-offline", "200ms"])
            .run();
        out.code(6).stdout_has("no field lt");
        let requests = cas.requests();
        assert!(requests.len() > 1 && requests.iter().all(|request| request.method == "GET"));
    }

    #[test]
    fn a_sign_in_that_leads_round_in_circles_ends() {
        let [cas, web] = listeners();
        let cas = Server::listen(cas, |_, _| Reply::redirect("/cas/login"));
        let web = Server::listen(web, |_, _| Reply::empty());
        web.may_be_idle();
        mrs(&web)
            .args(["--auth", "cas"])
            .run()
            .code(5)
            .stdout_has("redirects in a loop");
        assert_eq!(cas.requests().len(), 10);
    }
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
