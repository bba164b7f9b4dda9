//! A bad connection: what fails is tried again, contact is lost when it has failed for too long,
//! and the verdict stays the provider's.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{
    Order, Output, Reply, Server, Unheard, events, keys, named, order, order_with, yunxiao,
    yunxiao_at,
};

/// Responses that are no order, and the status that is reported for each.
fn faults() -> Vec<(&'static str, Reply, Option<u16>)> {
    let order = Order::new("Success").json();
    let page = "<!doctype html><title>We will be back soon</title>";
    vec![
        ("cut", Reply::cut(order.clone()), Some(200)),
        (
            "cut JSON of full length",
            Reply::json(&order[..order.len() - 1]),
            Some(200),
        ),
        (
            "more than JSON",
            Reply::json(format!("{order}{order}")),
            Some(200),
        ),
        ("a page", Reply::html(page), Some(200)),
        ("a page that says it is JSON", Reply::json(page), Some(200)),
        ("nothing", Reply::empty(), Some(200)),
        ("blanks", Reply::json(" \r\n "), Some(200)),
        ("no UTF-8", Reply::json(b"{\"status\":\"\xff\"}"), Some(200)),
        ("no content", Reply::status(204, ""), Some(204)),
        ("no HTTP", Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"), None),
        ("closed", Reply::raw(""), None),
        ("reset", Reply::reset(), None),
        ("reset in the headers", Reply::reset_in_headers(), None),
        ("no answer", Reply::hang(), None),
        ("an answer without end", Reply::endless(), Some(200)),
        (
            "a drip",
            Reply::drip(order.clone(), Duration::from_millis(20)),
            Some(200),
        ),
        ("500", Reply::status(500, order.clone()), Some(500)),
        ("502", Reply::status(502, page), Some(502)),
        ("503", Reply::status(503, ""), Some(503)),
        ("429", Reply::status(429, order), Some(429)),
    ]
}

/// Long enough for a busy machine to answer well in, short enough to wait for a hanging request.
const REQUEST_TIMEOUT: [&str; 2] = ["--request-timeout", "1500ms"];

fn running() -> Reply {
    order_with(
        "Running",
        &[("192.0.2.1", "Running"), ("192.0.2.2", "Pending")],
    )
}

fn milliseconds(event: &Value, field: &str) -> u64 {
    event[field]
        .as_u64()
        .unwrap_or_else(|| panic!("{field} in {event}"))
}

#[test]
fn after_any_fault_it_asks_again_and_the_verdict_is_the_providers() {
    let ends = [("Success", 0), ("Failed", 1), ("Cancelled", 3)];
    let watches = faults().into_iter().zip(ends.into_iter().cycle());
    let watches: Vec<_> = watches
        .map(|((name, fault, status), (word, code))| {
            let server = Server::script(vec![running(), fault, running(), order(word)]);
            let program = yunxiao(&server).args(["-o", "json"]).args(REQUEST_TIMEOUT);
            (name, status, code, program.spawn(), server)
        })
        .collect();
    for (name, status, code, running, server) in watches {
        let out = running.wait();
        out.code(code).stderr_is_empty();
        assert_eq!(server.requests().len(), 4, "{name}\n{out}");
        let events = out.events();
        let offline = named(&events, "offline");
        assert_eq!(
            (offline.len(), named(&events, "online").len()),
            (1, 1),
            "{name}\n{out}"
        );
        assert_eq!(
            offline[0]["status"].as_u64(),
            status.map(Into::into),
            "{name}\n{out}"
        );
        assert!(!offline[0]["error"].as_str().unwrap().is_empty(), "{name}");
        assert_eq!(out.finished()["polls"], 4);
    }
}

#[test]
fn an_answer_in_pieces_is_a_good_one() {
    let body = |word| Order::new(word).json();
    let drip = Reply::drip(body("Running"), Duration::from_micros(100));
    let late = Reply::delayed(Reply::json(body("Running")), Duration::from_millis(50));
    let server = Server::script(vec![drip, late, Reply::chunked(body("Success"))]);
    let out = yunxiao(&server).run();
    out.code(0).stderr_is_empty().stdout_lacks("poll failed");
}

#[test]
fn one_poll_that_fails_says_nothing_about_the_deployment() {
    let watches = faults().into_iter().map(|(name, fault, _)| {
        let server = Server::script(vec![fault, order("Success")]);
        let program = yunxiao(&server).args(["--once"]).args(REQUEST_TIMEOUT);
        (name, program.spawn(), server)
    });
    for (name, running, server) in watches.collect::<Vec<_>>() {
        let out = running.wait();
        out.code(6).stdout_has("lost").stdout_has("unknown");
        assert_eq!(server.requests().len(), 1, "{name}");
    }
}

#[test]
fn a_first_failure_is_the_last_one_without_an_offline_budget() {
    for (replies, requests) in [
        (vec![Reply::status(500, ""), order("Success")], 1),
        (vec![running(), Reply::reset(), order("Success")], 2),
    ] {
        let server = Server::script(replies);
        yunxiao(&server).args(["--max-offline", "0s"]).run().code(6);
        assert_eq!(server.requests().len(), requests);
    }
}

/// Contact was lost at the end of this budget, give or take the last request and a busy machine.
#[track_caller]
fn assert_lost_after(budget: u64, out: &Output) {
    let last = out.code(6).finished();
    let events = out.events();
    let first = named(&events, "offline")[0];
    let time = |event: &Value| humantime::parse_rfc3339(event["time"].as_str().unwrap()).unwrap();
    let offline = time(&last).duration_since(time(first)).unwrap();
    // The lines carry whole milliseconds.
    let budget = Duration::from_millis(budget);
    assert!(
        offline + Duration::from_millis(1) >= budget,
        "{offline:?}\n{out}"
    );
    assert!(
        offline < budget + Duration::from_secs(2),
        "{offline:?}\n{out}"
    );
}

#[test]
fn without_a_server_it_keeps_trying_until_the_budget_is_over() {
    let nobody = Unheard::take();
    let program = yunxiao_at(&nobody.url()).args(["-i", "20ms", "-o", "json"]);
    let out = program.args(["--max-offline", "400ms"]).run();
    assert_lost_after(400, &out);
    let events = out.events();
    let offline = named(&events, "offline");
    assert!(offline.len() >= 3, "{out}");
    assert!(
        offline.iter().all(|event| event["status"].is_null()),
        "{out}"
    );
    assert_eq!(named(&events, "phase").len(), 0, "nothing is known\n{out}");
}

#[test]
fn lost_contact_is_told_with_the_last_known_state() {
    let server = Server::script(vec![running(), Reply::status(502, "")]);
    let program = yunxiao(&server).args(["--max-offline", "1200ms"]);
    let out = program.args(["--events", "events"]).run();
    out.code(6).stderr_is_empty();
    let (_, report) = out.stdout.split_once("? yunxiao:123/1111 lost").unwrap();
    assert!(
        report.contains("how the deployment ends is unknown"),
        "{out}"
    );
    let line = report
        .lines()
        .find(|line| line.contains("running 192.0.2.1 "));
    let line = line.unwrap();
    assert!(line.contains("1s ago"), "how old that knowledge is: {line}");
    assert!(report.contains("  1 not started: 192.0.2.2\n"), "{out}");
    assert!(
        report.contains("deploywatch yunxiao --pipeline 123"),
        "{out}"
    );
    assert_eq!(
        events(&out.file("events")).last().unwrap()["units"]["total"],
        2
    );
}

#[test]
fn contact_is_lost_when_the_budget_ends_even_in_the_middle_of_a_request() {
    let server = Server::script(vec![running(), Reply::status(502, ""), Reply::hang()]);
    let program = yunxiao(&server).args(["--max-offline", "300ms", "-o", "json"]);
    assert_lost_after(300, &program.run());
}

#[test]
fn a_retry_after_longer_than_the_budget_is_cut_to_its_end() {
    let full = || Reply::status(503, "").header("Retry-After", "3600");
    let budget = ["--max-offline", "300ms", "-o", "json"];
    let server = Server::script(vec![running(), full()]);
    let out = yunxiao(&server).args(budget).run();
    assert_lost_after(300, &out);
    assert_eq!(
        server.requests().len(),
        3,
        "there is one last chance\n{out}"
    );
    let first = &named(&out.events(), "offline")[0].clone();
    assert!(
        (250..=300).contains(&milliseconds(first, "retry_in_ms")),
        "{first}"
    );

    let server = Server::script(vec![running(), full(), order("Success")]);
    let out = yunxiao(&server).args(budget).run();
    out.code(0);
    let requests = server.requests();
    assert!(
        requests[2].at - requests[1].at >= Duration::from_millis(290),
        "{out}"
    );
}

#[test]
fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    let in_two_seconds = || httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let one_second = || "1".to_owned();
    let table: [(u16, fn() -> String); 5] = [
        (500, one_second),
        (502, one_second),
        (503, one_second),
        (429, one_second),
        (503, in_two_seconds),
    ];
    let watches = table.map(|(status, after)| {
        let server = Server::start(move |_, n| match n {
            0 => running(),
            1 => Reply::status(status, "").header("Retry-After", &after()),
            _ => order("Success"),
        });
        (yunxiao(&server).args(["-o", "json"]).spawn(), server)
    });
    for (running, server) in watches {
        let out = running.wait();
        out.code(0);
        let requests = server.requests();
        let wait = requests[2].at - requests[1].at;
        // The date has whole seconds: at least one of the two is left.
        assert!(wait >= Duration::from_millis(990), "{wait:?}\n{out}");
        assert!(wait < Duration::from_secs(5), "{wait:?}\n{out}");
    }
}

#[test]
fn a_retry_after_that_says_nothing_leaves_the_usual_wait() {
    let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
    for value in ["0", "soon", "-3600", "", &past] {
        let full = Reply::status(503, "").header("Retry-After", value);
        let server = Server::script(vec![full, order("Success")]);
        let out = yunxiao(&server).args(["-o", "json"]).run();
        let offline = &named(&out.code(0).events(), "offline")[0].clone();
        assert!(
            (10..=20).contains(&milliseconds(offline, "retry_in_ms")),
            "{value:?}\n{out}"
        );
    }
}

#[test]
fn a_gap_is_told_from_its_first_failure_to_the_next_good_answer() {
    let server = Server::script(vec![
        running(),
        Reply::reset(),
        Reply::status(503, r#"{"errorCode":"Busy","errorMessage":"later"}"#),
        running(),
        Reply::status(500, ""),
        order("Success"),
    ]);
    let out = yunxiao(&server).args(["-o", "json"]).run();
    let all = out.code(0).events();
    let gaps: Vec<_> = all
        .iter()
        .filter(|event| event["event"] == "offline" || event["event"] == "online")
        .collect();
    let told: Vec<_> = gaps
        .iter()
        .map(|event| (event["attempt"].as_u64(), event["status"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(1), None),
            (Some(2), Some(503)),
            (None, None),
            (Some(1), Some(500)),
            (None, None)
        ],
        "{out}"
    );
    for (gap, place) in [(0, 0), (3, 3)] {
        assert_eq!(milliseconds(gaps[place], "offline_ms"), 0, "{gap}");
    }
    assert!(gaps[1]["error"].as_str().unwrap().contains("Busy later"));
    let (failed, well) = (
        milliseconds(gaps[1], "offline_ms"),
        milliseconds(gaps[2], "offline_ms"),
    );
    assert!(10 <= failed && failed < well, "{failed} {well}");
    assert_eq!(keys(gaps[2]), ["event", "offline_ms", "target", "time"]);
}

#[test]
fn a_time_limit_holds_in_the_middle_of_a_request() {
    for (limit, says) in [
        ("--timeout", "--timeout 200ms"),
        ("--stall-timeout", "--stall-timeout 200ms"),
    ] {
        for replies in [
            vec![Reply::hang()],
            vec![running(), Reply::hang()],
            vec![running()],
        ] {
            let server = Server::script(replies);
            let out = yunxiao(&server).args([limit, "200ms"]).run();
            out.code(124).stdout_has("timed out").stdout_has(says);
            let elapsed = out.elapsed.as_millis();
            assert!((200..2_200).contains(&elapsed), "{out}");
        }
    }
}

#[test]
fn what_changes_does_not_stall() {
    let server = Server::start(|_, n| match n {
        0..40 => order_with("Running", &[("a", ["Running", "Failed"][n % 2])]),
        _ => order("Success"),
    });
    let out = yunxiao(&server).args(["--stall-timeout", "700ms"]).run();
    out.code(0);
    assert!(out.elapsed > Duration::from_millis(750), "{out}");
}

#[test]
fn a_slow_answer_is_not_followed_by_a_burst() {
    let server = Server::script(vec![
        running(),
        Reply::delayed(running(), Duration::from_millis(300)),
        running(),
        running(),
        running(),
        order("Success"),
    ]);
    yunxiao(&server).run().code(0);
    let at: Vec<_> = server.requests().iter().map(|request| request.at).collect();
    assert!(
        at[2] - at[1] >= Duration::from_millis(300),
        "one request at a time"
    );
    // Each is due at a whole interval, so two of them lie between these.
    assert!(at[5] - at[2] >= Duration::from_millis(40), "{at:?}");
}
