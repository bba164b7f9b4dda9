//! The bars, as a person sees them in a terminal, and what is left there afterwards.

use std::time::{Duration, Instant};

use crate::support::{
    Order, Program, Reply, Screen, Server, Signal, order, order_with, rows, yunxiao,
};

/// Rows and columns: the usual window, a small one, a large one.
const WINDOWS: [(u16, u16); 3] = [(24, 80), (10, 40), (50, 200)];

/// The rows of the picture; empty while there is none.
fn picture(screen: &vt100::Screen) -> Vec<String> {
    let mut rows = rows(screen);
    rows.truncate(
        rows.iter()
            .rposition(|row| !row.is_empty())
            .map_or(0, |last| last + 1),
    );
    rows
}

/// Waits until the picture is like that. It never has more rows than the window less three; a row
/// that were too wide would take two.
#[track_caller]
fn wait_for_picture(screen: &Screen, what: &str, met: impl Fn(&[String]) -> bool) {
    screen.wait_until(what, |screen| {
        let picture = picture(screen);
        let height = usize::from(screen.size().0.get());
        assert!(picture.len() <= height - 3, "{height} rows: {picture:#?}");
        met(&picture)
    });
}

/// Waits for the picture of the whole and of machine 192.0.2.1.
#[track_caller]
fn wait_for_one_machine(screen: &Screen) {
    wait_for_picture(screen, "a machine", |rows| {
        rows.len() == 3 && rows[2].contains("192.0.2.1 ")
    });
}

/// The program has ended with this code; the last picture is there, once, and the report follows it.
#[track_caller]
fn assert_picture_and_report_are_left(screen: &mut Screen, code: i32, verdict: &str) {
    assert_eq!(screen.wait_exit(), code, "{}", screen.contents());
    let left = screen.history();
    let is_bar = |row: &String| row.starts_with("yunxiao:123") && row.contains(['━', '─']);
    let bars = left.iter().filter(|row| is_bar(row));
    assert_eq!(bars.count(), 1, "{left:#?}");
    assert!(is_bar(&left[0]), "{left:#?}");
    let verdicts = left.iter().filter(|row| row.starts_with(verdict));
    assert_eq!(verdicts.count(), 1, "{left:#?}");
    screen.assert_left_clean();
}

#[test]
fn a_few_machines_are_all_shown_in_the_order_of_the_provider() {
    let states = [
        ("192.0.2.1", "Success"),
        ("192.0.2.2", "Running"),
        ("192.0.2.3", "Failed"),
    ];
    for (height, width) in WINDOWS {
        let answers = vec![order_with("Running", &states)];
        let (server, end) = Server::two_acts(answers, vec![order("Cancelled")]);
        let mut screen = Screen::spawn(yunxiao(&server), height, width);
        let machines = [
            ["192.0.2.1", "succeeded"],
            ["192.0.2.2", "running"],
            ["192.0.2.3", "failed"],
        ];
        wait_for_picture(&screen, "the whole, then each with its state", |rows| {
            let mut pairs = rows.iter().skip(2).zip(machines);
            rows.len() == 5
                && rows[0].contains("2/3")
                && pairs.all(|(row, words)| words.iter().all(|word| row.contains(word)))
        });
        end();
        assert_picture_and_report_are_left(&mut screen, 3, "⊘ yunxiao:123/1111 cancelled");
        screen.wait_for("✗ failed 192.0.2.3");
    }
}

#[test]
fn two_thousand_machines_are_a_map_and_rows_for_those_that_failed_or_run() {
    let order = |word| {
        Order::new(word)
            .machines("pending", 1890, "Pending")
            .machines("running", 100, "Running")
            .machines("done", 7, "Success")
            .machines("failed", 3, "Failed")
    };
    for (height, width) in WINDOWS {
        let answers = vec![order("Running").reply()];
        let last = order("Cancelled").reply();
        let (server, end) = Server::two_acts(answers, vec![last]);
        let mut screen = Screen::spawn(yunxiao(&server), height, width);
        let all = usize::from(height) - 3;
        wait_for_picture(&screen, "as many rows as may be", |rows| rows.len() == all);
        wait_for_picture(&screen, "the whole first", |rows| {
            rows[0].contains("10/2000")
        });
        wait_for_picture(&screen, "the map and its legend", |rows| {
            let legend = rows
                .iter()
                .position(|row| row.contains("✗ 3  ") || row.contains("✗ 3 failed"));
            let map = rows[2..legend.unwrap_or(2)].concat();
            map.starts_with("····") && (width == 40 || map.ends_with('✗'))
        });
        wait_for_picture(&screen, "what runs, then the failures", |rows| {
            let kind = |row: &String, kind: &str| row.contains(&format!("{kind}-0"));
            let first = rows.iter().position(|row| kind(row, "running"));
            first.is_none_or(|first| rows[first..all - 3].iter().all(|row| kind(row, "running")))
                && rows[all - 3..].iter().all(|row| kind(row, "failed"))
        });
        end();
        assert_picture_and_report_are_left(&mut screen, 3, "⊘ yunxiao:123/1111 cancelled");
        let reported = screen.history().into_iter();
        assert_eq!(
            reported.filter(|row| row.starts_with("  ✗ failed")).count(),
            3
        );
    }
}

/// In every window each of four machines with such names has a row of its own.
#[track_caller]
fn assert_one_row_each(names: &[String; 4]) {
    let order = names.iter().fold(Order::new("Running"), |order, name| {
        order.machine(name, name, "Running", 1)
    });
    let server = Server::script(vec![order.reply()]);
    for (height, width) in WINDOWS {
        let screen = Screen::spawn(yunxiao(&server), height, width);
        wait_for_picture(&screen, "four machines", |rows| {
            rows.len() == 6 && rows[2..].iter().all(|row| row.contains("running"))
        });
    }
}

#[test]
fn long_and_wide_names_stay_within_the_window() {
    let accents = "e\u{301}".repeat(200);
    let mixed = "a部".repeat(60);
    assert_one_row_each(&["x".repeat(300), "部署机器".repeat(30), accents, mixed]);
}

#[test]
fn characters_whose_width_terminals_disagree_on_stay_within_the_window() {
    let joined = "👩\u{200d}🚀".repeat(60);
    let heart = "❤\u{fe0f}".repeat(60);
    assert_one_row_each(&[joined, heart, "🇨🇳".repeat(60), "👍🏽".repeat(60)]);
}

#[test]
fn the_terminal_is_left_clean_however_it_ends() {
    let state = |status: &str, word| order_with(status, &[("192.0.2.1", word)]);
    let running = || vec![state("Running", "Running")];
    let lost = ["--max-offline", "0s"];
    let no_args: &[&str] = &[];
    for (height, width) in WINDOWS {
        for (args, last, code, verdict) in [
            (
                no_args,
                state("Success", "Success"),
                0,
                "✓ yunxiao:123/1111 succeeded",
            ),
            (
                no_args,
                state("Failed", "Failed"),
                1,
                "✗ yunxiao:123/1111 failed",
            ),
            (
                no_args,
                Reply::status(401, ""),
                5,
                "✗ yunxiao:123/1111 refused",
            ),
            (&lost, Reply::status(502, ""), 6, "? yunxiao:123/1111 lost"),
            (
                &["--timeout", "1s"],
                state("Running", "Running"),
                124,
                "? yunxiao:123/1111 timed out",
            ),
        ] {
            let (server, end) = Server::two_acts(running(), vec![last]);
            let mut screen = Screen::spawn(yunxiao(&server).args(args), height, width);
            wait_for_one_machine(&screen);
            end();
            assert_picture_and_report_are_left(&mut screen, code, verdict);
        }
    }
}

#[test]
fn ctrl_c_leaves_the_report_and_a_clean_terminal() {
    for (height, width) in WINDOWS {
        let server = Server::script(vec![order_with("Running", &[("192.0.2.1", "Running")])]);
        let mut screen = Screen::spawn(yunxiao(&server), height, width);
        wait_for_one_machine(&screen);
        screen.send([3]);
        assert_picture_and_report_are_left(&mut screen, 130, "■ yunxiao:123/1111 interrupted");
        screen.wait_for("Stopped watching; the deployment");
    }
}

#[test]
fn a_signal_leaves_the_report_and_a_clean_terminal() {
    let server = Server::script(vec![order_with("Running", &[("192.0.2.1", "Running")])]);
    let mut screen = Screen::spawn(yunxiao(&server), 24, 80);
    wait_for_one_machine(&screen);
    screen.signal(Signal::TERM);
    assert_picture_and_report_are_left(&mut screen, 143, "■ yunxiao:123/1111 interrupted");
}

#[test]
fn what_is_wrong_has_a_row_under_the_whole() {
    let machine = [("192.0.2.1", "Running")];
    for (reply, says) in [
        (Reply::hang(), "waiting for the first response"),
        (Reply::status(502, ""), "polls failing for"),
        (order_with("Waiting", &machine), "paused"),
        (order_with("Rebooting", &machine), "unknown"),
    ] {
        let server = Server::script(vec![reply]);
        let screen = Screen::spawn(yunxiao(&server), 24, 80);
        screen.wait_until(says, |screen| {
            let rows = picture(screen);
            let whole = rows.iter().position(|row| row.contains("yunxiao:123/1111"));
            whole.is_some_and(|whole| rows.get(whole + 1).is_some_and(|row| row.contains(says)))
        });
        server.wait_for_requests(1);
    }
}

#[test]
fn warnings_stand_above_the_picture_and_stay() {
    let answers = vec![order_with("Rebooting", &[("192.0.2.1", "Running")])];
    let (server, end) = Server::two_acts(answers, vec![order("Success")]);
    let program = yunxiao(&server).args(["--insecure"]);
    let mut screen = Screen::spawn(program, 24, 80);
    screen.wait_until("two warnings, then the picture", |screen| {
        let rows = picture(screen);
        rows.len() >= 4
            && rows[0].starts_with("warning: --insecure")
            && rows[1].starts_with("warning: order status \"Rebooting\"")
            && rows.last().is_some_and(|row| row.contains("192.0.2.1"))
    });
    end();
    assert_eq!(screen.wait_exit(), 0);
    let left = screen.history();
    let count = |text| left.iter().filter(|row| row.contains(text)).count();
    assert_eq!(
        (count("warning: "), count("✓ yunxiao:123/1111 succeeded")),
        (2, 1),
        "{left:#?}"
    );
    screen.assert_left_clean();
}

#[test]
fn the_report_goes_to_stdout_where_that_is_a_file() {
    let answers = vec![order_with("Running", &[("192.0.2.1", "Running")])];
    let (server, end) = Server::two_acts(answers, vec![order("Failed")]);
    let mut screen = Screen::spawn_with_stdout_piped(yunxiao(&server), 24, 80);
    wait_for_one_machine(&screen);
    assert_eq!(screen.stdout(), "");
    end();
    assert_eq!(screen.wait_exit(), 1);
    assert!(
        screen
            .stdout()
            .starts_with("✗ yunxiao:123/1111 failed (watched for ")
    );
    let left = screen.contents();
    assert!(left.starts_with("yunxiao:123/1111 "), "{left}");
    assert!(
        left.lines().count() == 3 && !left.contains("watched"),
        "{left}"
    );
    screen.assert_left_clean();
}

#[test]
fn the_picture_follows_the_size_of_the_window() {
    let order = Order::new("Running")
        .machines("host", 100, "Running")
        .reply();
    let (server, end) = Server::two_acts(vec![order], vec![self::order("Success")]);
    let mut screen = Screen::spawn(yunxiao(&server), 10, 40);
    wait_for_picture(&screen, "seven rows", |rows| rows.len() == 7);
    screen.resize(24, 80);
    screen.wait_until("a picture of 21 rows", |screen| {
        let rows = rows(screen);
        let first = rows.iter().position(|row| row.starts_with("yunxiao:123"));
        // A map of two rows and its legend, and as many machines as fit.
        first.is_some_and(|first| rows[first + 20].contains("▸ host-0016 "))
    });
    screen.resize(10, 40);
    screen.wait_until("seven rows again", |screen| {
        let rows = picture(screen);
        let first = rows.iter().rposition(|row| row.starts_with("yunxiao:123"));
        first == rows.len().checked_sub(7) && rows.iter().all(|row| row.chars().count() < 40)
    });
    end();
    assert_eq!(screen.wait_exit(), 0);
    let is_verdict = |row: &String| row.starts_with("✓ yunxiao:123/1111 succeeded");
    assert!(screen.history().iter().any(is_verdict));
    screen.assert_left_clean();
}

#[test]
fn it_is_drawn_ten_times_a_second_at_most() {
    let server = Server::start(|_, n| match n {
        0..50 => order_with("Running", &[("a", ["Running", "Failed"][n % 2])]),
        _ => order("Success"),
    });
    let begun = Instant::now();
    let mut screen = Screen::spawn(yunxiao(&server).args(["--color", "never"]), 24, 80);
    assert_eq!(screen.wait_exit(), 0);
    let most = begun.elapsed().as_millis() / 100 + 2;
    let raw = String::from_utf8(screen.raw()).unwrap();
    // The last picture stays, and the report names the target once.
    let draws = raw.matches("yunxiao:123/1111").count() - 2;
    assert!(
        (3..=most as usize).contains(&draws),
        "{draws} draws, {most} at most"
    );
}

/// Plain lines, and nothing that moves the cursor or erases.
#[track_caller]
fn assert_plain(program: Program, server: &Server) {
    let mut screen = Screen::spawn(program, 24, 80);
    assert_eq!(screen.wait_exit(), 0);
    let raw = String::from_utf8(screen.raw()).unwrap();
    let rest = raw.split("\u{1b}[").skip(1);
    for rest in rest {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap();
        assert!(rest[end..].starts_with('m'), "no colour: {rest:?}");
    }
    assert!(
        raw.starts_with("20") && raw.contains("yunxiao:123/1111"),
        "{raw}"
    );
    assert!(raw.contains("watching http://127.0.0.1"), "{raw}");
    screen.assert_left_clean();
    server.wait_for_requests(2);
}

#[test]
fn where_bars_have_no_place_it_is_plain() {
    for (name, value) in [
        ("CI", "true"),
        ("CI", "1"),
        ("TF_BUILD", "True"),
        ("TEAMCITY_VERSION", "2025.03"),
        ("JENKINS_URL", "https://jenkins.example.com/"),
        ("TERM", "dumb"),
        ("TERM", ""),
    ] {
        let server = Server::script(vec![order("Running"), order("Success")]);
        assert_plain(yunxiao(&server).env(name, value), &server);
    }
    let server = Server::script(vec![order("Running"), order("Success")]);
    assert_plain(yunxiao(&server).args(["-o", "plain"]), &server);
    let dumb = yunxiao(&server).env("TERM", "dumb").args(["-o", "bars"]);
    Screen::spawn(dumb, 24, 80).wait_for("as TERM says");
    // Bars that are asked for are drawn in CI too, where there is a terminal.
    let server = Server::script(vec![Reply::delayed(
        order("Success"),
        Duration::from_millis(300),
    )]);
    let program = yunxiao(&server).env("CI", "true").args(["-o", "bars"]);
    let screen = Screen::spawn(program, 24, 80);
    wait_for_picture(&screen, "the picture", |rows| rows.len() == 2);
    server.wait_for_requests(1);
}

#[test]
fn a_window_without_room_is_no_hindrance() {
    for (height, width) in [(1, 1), (1, 80), (24, 1), (2, 3)] {
        let answers = vec![order_with("Running", &[("192.0.2.1", "Running")])];
        let (server, end) = Server::two_acts(answers, vec![order("Success")]);
        let mut screen = Screen::spawn_with_stdout_piped(yunxiao(&server), height, width);
        server.wait_for_requests(2);
        end();
        assert_eq!(screen.wait_exit(), 0, "{height} × {width}");
        let report = screen.stdout();
        assert!(
            report.starts_with("✓ yunxiao:123/1111 succeeded"),
            "{report}"
        );
    }
}

#[test]
fn the_taskbar_shows_progress_where_the_terminal_can_and_is_cleared() {
    let states = [("192.0.2.1", "Success"), ("192.0.2.2", "Running")];
    let failed = [("192.0.2.1", "Success"), ("192.0.2.2", "Failed")];
    let no_key: &[u8] = &[];
    for (states, keys, code, sequence) in [
        (&states, no_key, 0, "1;50"),
        (&states, &[3], 130, "1;50"),
        (&failed, no_key, 0, "2;100"),
    ] {
        let answers = vec![order_with("Running", states)];
        let (server, end) = Server::two_acts(answers, vec![order("Success")]);
        let program = yunxiao(&server).env("WT_SESSION", "1");
        let mut screen = Screen::spawn(program, 24, 80);
        screen.wait_for("192.0.2.2");
        if keys.is_empty() {
            end();
        } else {
            screen.send(keys);
        }
        assert_eq!(screen.wait_exit(), code);
        let raw = String::from_utf8(screen.raw()).unwrap();
        let sequences: Vec<_> = raw.split("\u{1b}]9;4;").skip(1).collect();
        let shows = |part: &&str| part.starts_with(&format!("{sequence}\u{1b}\\"));
        assert!(sequences.iter().any(shows), "{sequences:?}");
        assert!(sequences.last().unwrap().starts_with("0;"), "{sequences:?}");
    }
    let server = Server::script(vec![order("Running"), order("Success")]);
    let mut screen = Screen::spawn(yunxiao(&server), 24, 80);
    assert_eq!(screen.wait_exit(), 0);
    let raw = screen.raw();
    assert!(!raw.windows(4).any(|bytes| bytes == b"]9;4"));
}

/// A step has no batch, so that the row of notices stays empty.
#[cfg(feature = "demo")]
#[test]
fn an_empty_row_of_the_picture_is_a_row_and_what_was_above_stays() {
    let program = env!("CARGO_BIN_EXE_deploywatch");
    let script = format!("seq 101 105; {program} demo codearts --duration 3s");
    let mut screen = Screen::spawn(Program::shell(&script), 24, 80);
    let above = ["101", "102", "103", "104", "105"];
    screen.wait_until("the steps below an empty row", |screen| {
        let rows = rows(screen);
        let shown = rows.iter().position(|row| row.starts_with("codearts:"));
        assert!(shown.is_none_or(|at| at == above.len()), "{rows:#?}");
        rows.iter().any(|row| row.contains("running"))
    });
    assert_eq!(screen.wait_exit(), 0);
    let left = screen.history();
    assert_eq!(left[..5], above, "{left:#?}");
    assert!(left[5].starts_with("codearts:demo-app"), "{left:#?}");
    assert_eq!(left[6], "", "{left:#?}");
}
