//! MRS: how a watch signs in to a Manager, and above all how often it sends a password.

#[cfg(target_os = "linux")]
use std::net::{IpAddr, TcpListener};
use std::slice::from_ref;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::mrs::{
    PATH, SESSION, SIGN_IN_PAGE, STATUS, as_admin, assert_ends, assert_quiet, at, command, mrs,
    opened, progress, scripted, sign_in_page, sign_ins, to_sign_in, without_status,
};
use crate::support::{Program, Reply, SECRET, Server, Signal, deploywatch, named};

const LOGIN_CHECK: &str = "/web/v1/access/login_check";

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
        let server = scripted(vec![first, running(), progress("COMPLETE")]);
        mrs(&server).run().code(0);
        assert_eq!(sign_ins(&server), "sbcc");
        let sent = cookie.split(';').next();
        assert_eq!(server.requests()[3].header("cookie"), sent);
    }
    // A session may be replaced, and another cookie is none.
    let replaced = progress("RUNNING").header("set-cookie", "JSESSIONID=second");
    let server = scripted(vec![opened("RUNNING"), replaced, progress("COMPLETE")]);
    mrs(&server).run().code(0);
    let requests = server.requests();
    assert_eq!(requests[2].header("cookie"), Some(SESSION));
    assert_eq!(requests[3].header("cookie"), Some("JSESSIONID=second"));
    let other = running().header("set-cookie", "lang=en");
    assert_ends(&[other, progress("COMPLETE")], &[], 0, "bb");
}

#[test]
fn the_status_of_the_session_is_read_with_basic_alone_and_then_cookies_do() {
    let server = Server::start(|request, n| match request.header("authorization") {
        Some(_) => Reply::json("{}").header("set-cookie", SESSION),
        None if n < 3 => progress("RUNNING"),
        None => progress("COMPLETE"),
    });
    let out = mrs(&server).args(["-v"]).run();
    out.code(0);
    assert_eq!(sign_ins(&server), "sccc", "{out}");
    assert_quiet(&out);
    let targets = server.requests().into_iter().map(|request| request.target);
    assert_eq!(targets.take(2).collect::<Vec<_>>(), [STATUS, PATH]);
}

/// A Manager with these responses to the read of the session's status, and to all else.
fn with_status(status: Reply, progress: Reply) -> Server {
    Server::start(move |request, _| match &*request.target {
        STATUS => status.clone(),
        _ => progress.clone(),
    })
}

#[test]
fn a_manager_without_a_status_says_nothing_about_the_password_and_another_one_does() {
    for status in [
        Reply::status(404, "<title>404</title>"),
        Reply::status(405, ""),
        Reply::redirect("/elsewhere"),
        to_sign_in(),
        // No session comes of these.
        to_sign_in().header("set-cookie", SESSION),
        Reply::status(404, "").header("set-cookie", SESSION),
        Reply::json("{}"),
        Reply::empty(),
    ] {
        let server = with_status(status, progress("COMPLETE"));
        mrs(&server).run().code(0);
        assert_eq!(sign_ins(&server), "sb");
    }
    for (status, says) in [
        (Reply::status(401, ""), "the user and the password"),
        (Reply::status(403, ""), "may not view"),
        (sign_in_page(), "FusionInsight Manager"),
        (
            sign_in_page().header("set-cookie", SESSION),
            "lock the account",
        ),
    ] {
        let server = with_status(status, progress("COMPLETE"));
        let out = mrs(&server).run();
        out.code(5).stdout_has(says);
        assert_eq!(sign_ins(&server), "s", "{out}");
    }
}

#[test]
fn a_wrong_password_and_one_that_must_be_changed_are_told_apart() {
    let wrong = "<title>Log in</title><p>The credentials you provided cannot be determined to be authentic.";
    let link = "<title>Manager</title><a href=\"modify_password.html\">";
    let to_change = Reply::redirect("/web/modify_password.html?user=admin");
    for (reply, says, lacks) in [
        (
            Reply::html(wrong),
            "wrong user or password: The credentials",
            "changed",
        ),
        (
            Reply::status(401, wrong),
            "wrong user or password: The credentials",
            "changed",
        ),
        (
            Reply::html(format!("{wrong}<a href='modify_password.html'>")),
            "wrong user or password: The credentials",
            "changed",
        ),
        (to_change, "the password changed", "check the user"),
        (Reply::html(link), "the password changed", "check the user"),
    ] {
        let first = with_status(reply.clone(), progress("COMPLETE"));
        let second = scripted(vec![reply]);
        for (server, signed_in) in [(first, "s"), (second, "sb")] {
            let out = mrs(&server).run();
            out.code(5).stdout_has(says).stdout_lacks(lacks);
            assert_eq!(sign_ins(&server), signed_in, "{out}");
        }
    }
}

#[test]
fn the_managers_own_words_come_first() {
    let body = r#"{"errorCode":"12-4010001","errorDescription":"The account is locked."}"#;
    for (status, hint) in [(401, "check the user"), (403, "may not view")] {
        for server in [
            with_status(Reply::status(status, body), progress("COMPLETE")),
            scripted(vec![Reply::status(status, body)]),
        ] {
            let out = mrs(&server).run();
            out.code(5);
            let words = out.stdout.find("12-4010001 The account is locked.");
            let hint = out.stdout.find(hint);
            assert!(words.is_some() && words < hint, "{out}");
        }
    }
}

/// Eight commands at one Manager.
fn eight(server: &Server) -> Program {
    let ids = (43..50).flat_map(|id| ["--command".to_owned(), id.to_string()]);
    mrs(server).args(ids).args(["-o", "json"])
}

#[test]
fn eight_commands_outlive_a_manager_that_is_down_for_a_moment() {
    const DOWN: Duration = Duration::from_millis(1500);
    let with_session = || opened("COMPLETE");
    let without_session = || progress("COMPLETE");
    for signed_in in [with_session, without_session] {
        // Up, it wants a sign-in; or it answers anybody.
        for (up, has_status) in [
            (Reply::status(401, ""), false),
            (Reply::status(401, ""), true),
            (to_sign_in(), false),
            (progress("COMPLETE"), false),
        ] {
            let mut first = None;
            let server = Server::start(move |request, _| {
                if request.at - *first.get_or_insert(request.at) < DOWN {
                    return Reply::status(503, "");
                }
                let is_known = request.header("cookie") == Some(SESSION);
                match request.header("authorization") {
                    Some(_) if request.target == STATUS && !has_status => Reply::status(404, ""),
                    Some(_) => signed_in(),
                    None if is_known => progress("COMPLETE"),
                    None => up.clone(),
                }
            });
            let out = eight(&server).run();
            out.code(0);
            let seen = sign_ins(&server);
            // Where no session comes of it the password goes with the poll of each command.
            assert!(seen.matches(['s', 'b']).count() <= 4 + 7, "{seen}\n{out}");
            assert_quiet(&out);
        }
    }
}

#[test]
fn eight_commands_without_a_session_outlive_a_manager_that_goes_down_under_them() {
    let mut down = None;
    let server = without_status(move |request, n| {
        if n < 40 {
            return progress("RUNNING");
        }
        if request.at - *down.get_or_insert(request.at) < Duration::from_secs(1) {
            return Reply::status(503, "");
        }
        match request.header("authorization") {
            Some(_) => progress("COMPLETE"),
            None => Reply::status(401, ""),
        }
    });
    eight(&server).run().code(0);
}

#[test]
fn eight_commands_send_a_wrong_password_once() {
    for refusal in [Reply::status(401, ""), sign_in_page(), to_sign_in()] {
        let server = scripted(vec![Reply::delayed(refusal, Duration::from_millis(50))]);
        let out = eight(&server).run();
        out.code(5);
        assert_eq!(sign_ins(&server), "sb", "{out}");
    }
}

#[test]
fn a_sign_in_that_hangs_holds_up_no_other_command() {
    // Without a session each poll signs in; that of command 43 hangs once that of 42 was good.
    let (mut good, mut hanging) = (false, false);
    let server = without_status(move |request, _| {
        if request.target.contains("/43/") && good {
            hanging = true;
            return Reply::hang();
        }
        good |= request.target == PATH;
        progress(if hanging && request.target == PATH {
            "COMPLETE"
        } else {
            "RUNNING"
        })
    });
    let mut running = mrs(&server)
        .args(["--command", "43", "-o", "json", "--timeout", "3s"])
        .spawn();
    running.wait_for_stdout("\"verdict\":\"succeeded\"");
    let out = running.wait();
    out.code(124);
    let events = out.events();
    let verdicts = named(&events, "finished").into_iter();
    let verdicts: Vec<_> = verdicts
        .map(|end| (&end["target"], &end["verdict"]))
        .collect();
    assert!(
        verdicts.contains(&(&json!("mrs:42"), &json!("succeeded"))),
        "{out}"
    );
    assert!(
        verdicts.contains(&(&json!("mrs:43"), &json!("timed_out"))),
        "{out}"
    );
}

#[test]
fn a_sign_in_of_another_command_is_waited_for_no_longer_than_a_request() {
    let server = Server::script(vec![Reply::hang()]);
    let url = server.url();
    let list = format!(
        "interval = '20ms'\n\
         [[deploy]]\nprovider = 'mrs'\ncommand = 42\nendpoint = '{url}'\nuser = 'admin'\n\
         request-timeout = '60s'\n\
         [[deploy]]\nprovider = 'mrs'\ncommand = 43\nendpoint = '{url}'\nuser = 'admin'\n\
         request-timeout = '200ms'\n\
         [[deploy]]\nprovider = 'mrs'\ncommand = 44\nendpoint = '{url}'\nuser = 'admin'\n\
         request-timeout = '200ms'\n"
    );
    let program = deploywatch(["all", "list.toml", "-o", "json"]).file("list.toml", &list);
    let mut running = program.env("MRS_PASSWORD", SECRET).spawn();
    for _ in 0..2 {
        running.wait_for_stdout("no response yet to the sign-in");
    }
    running.signal(Signal::INT);
    running.wait().code(130);
}

#[test]
fn cookies_are_bounded_and_secret() {
    let server = without_status(|request, n| {
        let cookie = request.header("cookie").unwrap_or_default();
        let session = cookie.split_once('=').map_or("none", |(_, value)| value);
        let state = if n < 20 { "RUNNING" } else { "FAILED" };
        let told = json!({ "state": state, "error_description": format!("{cookie} or {session}") });
        let mut reply = Reply::json(told.to_string());
        if n == 0 {
            reply = reply.header("set-cookie", SESSION);
        }
        // A response has a hundred headers at most.
        for number in 0..90 {
            let cookie = format!("new-{n}-{number}=made-up-{n}-{number}");
            reply = reply.header("set-cookie", &cookie);
        }
        reply
    });
    let out = mrs(&server).run();
    out.code(1).stdout_has("JSESSIONID=(masked) or (masked)");
    assert_quiet(&out);
    let requests = server.requests();
    assert_eq!(requests.last().unwrap().header("cookie"), Some(SESSION));
}

/// A Manager's responses to a password that it does not take, and the messages about them.
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
    let faults = lost();
    let hang = faults.len() - 1;
    let watches = faults.into_iter().enumerate().flat_map(|(index, fault)| {
        // Only what hangs may run into it.
        let limit = if index == hang { "500ms" } else { "5s" };
        let refused = scripted(vec![fault.clone(), fault.clone(), sign_in_page()]);
        let always = scripted(vec![fault.clone()]);
        // A Manager that is up, but never gets as far as the password.
        let reply = fault.clone();
        let never = without_status(move |request, _| match request.header("authorization") {
            Some(_) => reply.clone(),
            None => Reply::status(401, ""),
        });
        // The same where the read of the status is lost as well.
        let nowhere = Server::start(move |request, _| match request.header("authorization") {
            Some(_) => fault.clone(),
            None => Reply::status(401, ""),
        });
        [
            (refused, "sb--b", 5, "sign-in page"),
            (always, "sb-", 6, ""),
            (never, "sb-b-b-", 5, "a fifth wrong one"),
            (nowhere, "", 5, "a fifth wrong one"),
        ]
        .map(|watch| (limit, watch))
    });
    let watches = watches.map(|(limit, (server, signed_in, code, says))| {
        let limits: &[_] = if code == 6 {
            &["--max-offline", "2s"]
        } else {
            &[]
        };
        let program = mrs(&server).args(["--request-timeout", limit, "-o", "json"]);
        (program.args(limits).spawn(), server, signed_in, code, says)
    });
    for (running, server, signed_in, code, says) in watches.collect::<Vec<_>>() {
        let out = running.wait();
        out.code(code).stdout_has(says);
        let seen = sign_ins(&server);
        match signed_in {
            // An empty status is one without a session.
            "" => assert!(["ss-s-b-", "sb-b-b-"].contains(&&*seen), "{seen}\n{out}"),
            "sb-" => assert!(
                seen.starts_with("sb-") && !seen[2..].contains('b'),
                "{seen}\n{out}"
            ),
            _ => assert_eq!(seen, signed_in, "{out}"),
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
        let password = if code == 0 { "sb" } else { "s" };
        assert_eq!(sign_ins(&server), format!("ss----{password}"), "{out}");
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
    assert_eq!(sign_ins(&server), "ss-----");
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
    assert_eq!(sign_ins(&server), "sb", "the password went out at once");
    drop(cas);
}

/// A Manager whose session ends, by this answer, after so many requests with the cookie.
fn forgetful(after: usize, end: Reply, again: Reply) -> Server {
    let (mut uses, mut signed_in) = (0, 0);
    without_status(move |request, _| {
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
        assert_eq!(sign_ins(&server), "sbcccb");
        // And once more when the next one ends.
        let server = forgetful(1, end.clone(), opened("RUNNING"));
        let out = mrs(&server).args(["--timeout", "2s"]).run();
        out.code(124);
        assert!(sign_ins(&server).starts_with("sbccbccbcc"), "{out}");
        for (refusal, says) in refusals() {
            let server = forgetful(2, end.clone(), refusal);
            let out = mrs(&server).run();
            out.code(5).stdout_has(says);
            assert_eq!(sign_ins(&server), "sbcccb", "{out}");
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
    assert_eq!(sign_ins(&refusing), "s", "{out}");
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
        seen.starts_with('s') && !seen[1..].contains(['s', 'b']),
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
    assert_eq!(seen.matches('s').count(), 4, "{seen}\n{out}");
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
    let server = Server::script(vec![Reply::status(401, "")]);
    let out = none(&server).args(["--lang", "zh"]).run();
    out.code(5).stdout_has("此 Manager 需要登录");
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

/// The older Manager's two servers, on two ports of one address of the test's own.
#[cfg(target_os = "linux")]
mod cas {
    use super::*;

    const FORM: &str = "<html><title>CAS</title><form method=\"post\">\
        <input type=\"hidden\" name=\"lt\" value=\"LT-1-a/b\" />\
        <input name=\"username\"><input name=\"password\" type=\"password\"></form></html>";

    /// The behaviour of the two servers: the CAS server with the password, the Manager with a session.
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
            out.code(5)
                .stdout_has(says)
                .stdout_has("lock the account")
                .stdout_has("--auth basic")
                .stdout_lacks("needs --auth cas");
            assert_eq!(manager.seen(), ("lp".into(), String::new()), "{out}");
        }
    }

    #[test]
    fn what_cas_says_about_the_password_is_said_in_words() {
        let wrong = "<p>The credentials you provided cannot be determined to be authentic.</p>";
        let to_change = || Reply::redirect("/web/modify_password.html");
        let ticket = "CASTGC=TGT-planted; Path=/cas";
        for (reply, says) in [
            (Reply::html(wrong), "wrong user or password"),
            (to_change(), "the password changed"),
            (
                to_change().header("set-cookie", ticket),
                "the password changed",
            ),
            (
                Reply::html("<a href='modify_password.html'>").header("set-cookie", ticket),
                "the password changed",
            ),
        ] {
            let manager = Manager::start(move |_, _| reply.clone(), |_| Reply::empty());
            manager.web.may_be_idle();
            let out = manager.watch().run();
            out.code(5).stdout_has(says).stdout_lacks("--auth cas)");
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
            assert_eq!(manager.seen().0, "lplplplp", "{out}");
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
            vec![Reply::json("{}"); 2],
            |_| Reply::empty(),
        );
        let out = manager.watch().run();
        out.code(5).stdout_has("without a session");
        assert_eq!(manager.seen(), ("lp".into(), "ssl".into()), "{out}");
        let out = manager.watch().args(["--lang", "zh"]).run();
        out.code(5).stdout_has("登录完成，但没有获得会话");
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
            let out = manager.watch().args(["--lang", "zh"]).run();
            out.code(5).stdout_has("登录时重定向到 Manager 之外的 ");
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
        for (lang, says) in [("en", "has no field lt"), ("zh", "没有 lt 字段")] {
            let args = ["--auth", "cas", "--max-offline", "1s", "--lang", lang];
            mrs(&web).args(args).run().code(6).stdout_has(says);
        }
        let requests = cas.requests();
        assert!(requests.len() > 1 && requests.iter().all(|request| request.method == "GET"));
    }

    #[test]
    fn a_sign_in_that_leads_round_in_circles_ends() {
        let [cas, web] = listeners();
        let cas = Server::listen(cas, |_, _| Reply::redirect("/cas/login"));
        let web = Server::listen(web, |_, _| Reply::empty());
        web.may_be_idle();
        let watch = || mrs(&web).args(["--auth", "cas"]);
        watch().run().code(5).stdout_has("redirects in a loop");
        assert_eq!(cas.requests().len(), 10);
        let out = watch().args(["--lang", "zh"]).run();
        out.code(5).stdout_has("登录时陷入循环重定向");
    }

    #[test]
    fn a_cas_server_that_is_none_is_said_to_be_one() {
        for (lang, says) in [("en", "that is the CAS server"), ("zh", "这是 CAS 服务器")] {
            let [cas, web] = listeners();
            let cas = Server::listen(cas, |_, _| Reply::status(404, ""));
            let web = Server::listen(web, |_, _| Reply::empty());
            web.may_be_idle();
            let out = mrs(&web).args(["--auth", "cas", "--lang", lang]).run();
            out.code(5).stdout_has(says);
            assert_eq!(cas.requests().len(), 1);
        }
    }
}
