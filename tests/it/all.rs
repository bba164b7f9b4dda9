//! `deploywatch all`: several deployments in one watch, and the file that lists them.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{
    Order, Output, PATIENCE, Program, Reply, Running, SECRET, Screen, Server, Signal, deploywatch,
    named, yunxiao,
};

const LIST: &str = "list.toml";

/// Each verdict, the worst one first: an order that ends so, the options that make it end so, and
/// the exit code.
const VERDICTS: [(&str, &str, &str, i32); 8] = [
    ("1", "failed", "", 1),
    ("2", "refused", "", 5),
    ("3", "lost", "max-offline = '0s'", 6),
    ("4", "timed_out", "timeout = '100ms'", 124),
    ("5", "cancelled", "", 3),
    ("6", "paused", "on-pause = 'exit'", 4),
    ("7", "running", "once = true", 7),
    ("8", "succeeded", "", 0),
];

/// A server of orders, of which each ends in its own way, as [`VERDICTS`] has it.
fn orders() -> Server {
    Server::start(|request, _| {
        let id = request.target.rsplit('/').next().unwrap();
        let status = match id {
            "1" => "Failed",
            "2" => return Reply::status(404, "{}"),
            "3" => return Reply::status(502, ""),
            "4" | "7" => "Running",
            "5" => "Cancelled",
            "6" => "Waiting",
            _ => "Success",
        };
        Order::new(status).with("deployOrderId", id).reply()
    })
}

/// A table that watches an order.
fn table(server: &Server, order: &str, options: &str) -> String {
    format!(
        "[[deploy]]\nprovider = 'yunxiao'\npipeline = 123\norder = {order}\norganization = 'o'\n\
         endpoint = '{}'\n{options}\n",
        server.url()
    )
}

/// `deploywatch all` over this list.
fn at_leisure(list: &str) -> Program {
    deploywatch(["all", LIST])
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .file(LIST, list)
}

/// The same with short intervals and with events on stdout.
fn all(list: &str) -> Program {
    at_leisure(list).args(["--interval", "20ms", "-o", "json"])
}

/// The `finished` of each target and, as the last line, that of all.
#[track_caller]
fn ends(out: &Output) -> (Vec<Value>, Value) {
    let events = out.events();
    let mut ends: Vec<_> = named(&events, "finished").into_iter().cloned().collect();
    let of_all = ends.pop().unwrap();
    assert_eq!(events.last(), Some(&of_all), "{out}");
    assert_eq!(of_all["target"], "all", "{out}");
    assert_eq!(of_all["exit_code"], out.code, "{out}");
    (ends, of_all)
}

/// The words of a wrong list, which is told before anything is sent.
#[track_caller]
fn assert_wrong(list: &str, message: &str) {
    let out = all(list).run();
    out.code(2).stdout_is_empty().stderr_has(message);
}

#[test]
fn the_parts_of_a_list_hold_each_deployment_once() {
    let server = Server::start(|request, _| {
        let id = request.target.rsplit('/').next().unwrap();
        Order::new("Success").with("deployOrderId", id).reply()
    });
    let tables = (1..=5).map(|id| table(&server, &id.to_string(), ""));
    let list: String = tables.collect();
    for (part, orders) in [
        ("0/2", &["2", "4"][..]),
        ("1/2", &["1", "3", "5"]),
        ("2/2", &["2", "4"]),
        ("1/1", &["1", "2", "3", "4", "5"]),
        ("4/4", &["4"]),
        ("1/4", &["1", "5"]),
    ] {
        let out = all(&list).args(["--partition", part]).run();
        let (parts, _) = ends(out.code(0));
        let mut targets: Vec<_> = parts.iter().map(|end| end["target"].to_string()).collect();
        targets.sort_unstable();
        let orders = orders.iter();
        let wanted: Vec<_> = orders.map(|id| format!("\"yunxiao:123/{id}\"")).collect();
        assert_eq!(targets, wanted, "{part}");
    }
}

/// How engines number the jobs of one list, as the READMEs and the manifest have it: the text after `--partition`,
/// the variables of the number and of the count, and the first number.
const ENGINES: [(&str, &str, &str, usize); 3] = [
    (
        "$(JOB_COMPLETION_INDEX)/4",
        "$(JOB_COMPLETION_INDEX)",
        "",
        0,
    ),
    (
        "${{ strategy.job-index }}/${{ strategy.job-total }}",
        "${{ strategy.job-index }}",
        "${{ strategy.job-total }}",
        0,
    ),
    (
        "$CI_NODE_INDEX/$CI_NODE_TOTAL",
        "$CI_NODE_INDEX",
        "$CI_NODE_TOTAL",
        1,
    ),
];

#[test]
fn the_jobs_of_an_engine_watch_each_deployment_once_and_one_has_the_verdict_of_all() {
    const JOBS: usize = 4;
    let manifest = include_str!("../../packaging/kubernetes-indexed-job.yaml");
    assert!(manifest.contains(&format!("\n  completions: {JOBS}\n")));
    assert!(manifest.contains(&format!(", --partition, {}, ", ENGINES[0].0)));
    for (text, ..) in &ENGINES[1..] {
        for readme in ["README.md", "README.zh-CN.md"] {
            let readme = fs::read_to_string(readme).unwrap();
            assert!(readme.contains(&format!("--partition {text}")), "{text}");
        }
    }
    let server = orders();
    // Of each verdict but the one that takes its time.
    let ids = ["8", "80", "5", "81", "2", "82", "1"];
    let list: String = ids.iter().map(|id| table(&server, id, "")).collect();
    let whole = all(&list).run();
    let mut wanted = targets(&whole);
    wanted.sort_unstable();
    for (text, number, count, first) in ENGINES {
        let jobs = (first..first + JOBS).map(|job| {
            let part = text.replace(number, &job.to_string());
            let part = match count {
                "" => part,
                count => part.replace(count, &JOBS.to_string()),
            };
            all(&list).args(["--partition", &part]).spawn()
        });
        let outs = jobs.collect::<Vec<_>>().into_iter().map(Running::wait);
        let outs: Vec<_> = outs.collect();
        let mut seen: Vec<_> = outs.iter().flat_map(targets).collect();
        seen.sort_unstable();
        assert_eq!(seen, wanted, "{text}");
        let severity = |code| VERDICTS.iter().position(|verdict| verdict.3 == code);
        let worst = outs
            .iter()
            .map(|out| out.code)
            .min_by_key(|code| severity(*code));
        assert_eq!(worst, Some(whole.code), "{text}");
    }
}

/// The targets of the deployments that were watched.
#[track_caller]
fn targets(out: &Output) -> Vec<String> {
    let targets = ends(out).0.into_iter();
    targets.map(|end| end["target"].to_string()).collect()
}

#[test]
fn how_many_deployments_a_part_has_is_said() {
    let server = orders();
    let ids = ["8", "80", "81", "82", "83"];
    let list: String = ids.iter().map(|id| table(&server, id, "")).collect();
    let part = |more: &[&str]| {
        let program = at_leisure(&list).args(["--partition", "1/2"]);
        program.args(more).run()
    };
    let out = part(&["--timeout", "1m"]);
    assert_eq!(out.stderr, "partition 1/2: 3 of 5 deployments\n", "{out}");
    part(&["--lang", "zh"]).stderr_has("分片 1/2：5 个部署中的 3 个");
    part(&["-q"]).code(0).stderr_is_empty();
    // The command that watches the part again has the part.
    let list: String = ["4", "40"]
        .iter()
        .map(|id| table(&server, id, ""))
        .collect();
    let out = at_leisure(&list)
        .args(["--partition", "1/2", "--timeout", "300ms"])
        .run();
    out.code(124)
        .stdout_has("deploywatch all list.toml --partition 1/2 --timeout 300ms");
}

#[test]
fn a_part_without_a_deployment_says_so_and_needs_no_secret() {
    let server = orders();
    server.may_be_idle();
    let list = table(&server, "8", "");
    for part in ["2/3", "0/3", "3/3"] {
        let program = deploywatch(["all", LIST, "--partition", part]).file(LIST, &list);
        let out = program.run();
        out.code(0).stdout_is_empty().stderr_has(part);
    }
    server.assert_untouched();
    for part in ["", "1", "3/2", "0/0", "-1/2", "a/2", "1/2/3"] {
        let out = all(&list).args([format!("--partition={part}")]).run();
        out.code(2).stdout_is_empty().stderr_has("--partition");
    }
    // It is an option of the command line alone.
    assert_wrong(&format!("partition = '1/2'\n{list}"), "partition");
}

#[test]
fn the_worst_verdict_is_that_of_all() {
    let server = orders();
    for place in 0..VERDICTS.len() {
        let (_, word, _, code) = VERDICTS[place];
        let mut lists = vec![VERDICTS[place..].iter().rev().collect::<Vec<_>>()];
        if let Some(better) = VERDICTS.get(place + 1) {
            lists.push(vec![&VERDICTS[place], better]);
            lists.push(vec![better, &VERDICTS[place]]);
        }
        for list in lists {
            let text: String = list
                .iter()
                .map(|(order, _, options, _)| table(&server, order, options))
                .collect();
            let out = all(&text).run();
            out.code(code);
            let (mut parts, of_all) = ends(&out);
            assert_eq!(of_all["verdict"], word, "{out}");
            assert_eq!(parts.len(), list.len(), "{out}");
            parts.sort_by_key(|part| part["target"].to_string());
            let mut wanted: Vec<_> = list.iter().map(|row| (row.0, row.1, row.3)).collect();
            wanted.sort_unstable();
            for (part, (order, word, code)) in parts.iter().zip(wanted) {
                assert_eq!(part["target"], format!("yunxiao:123/{order}"), "{out}");
                assert_eq!(part["verdict"], word, "{out}");
                assert_eq!(part["exit_code"], code, "{out}");
            }
        }
    }
}

#[test]
fn each_event_names_its_target_and_begins_with_its_own_start() {
    let server = orders();
    let list = format!(
        "{}{}",
        table(&server, "1", "name = 'web'"),
        table(&server, "8", "")
    );
    let out = all(&list).args(["--events", "events"]).run();
    out.code(1);
    let events = out.events();
    for target in ["web", "yunxiao:123/8"] {
        let mut own = events.iter().filter(|event| event["target"] == target);
        assert_eq!(own.next().unwrap()["event"], "started", "{out}");
        assert_eq!(own.next_back().unwrap()["event"], "finished", "{out}");
    }
    let (_, of_all) = ends(&out);
    assert_eq!(of_all["polls"], 2);
    assert_eq!(out.file("events"), out.stdout);
}

#[test]
fn a_plain_line_names_its_deployment_once() {
    let server = orders();
    let list = table(&server, "1", "name = 'web'") + &table(&server, "8", "name = 'api'");
    let out = at_leisure(&list).args(["-o", "plain"]).run();
    out.code(1);
    for name in ["web", "api"] {
        let about = out.stdout.lines().filter(|line| line.contains(name));
        let times = Vec::from_iter(about.map(|line| line.matches(name).count()));
        assert!(
            times.len() > 3 && times.iter().all(|times| *times == 1),
            "{out}"
        );
    }
    out.stdout_has("Z [web] watching http://")
        .stdout_has("Z ✗ web failed (watched for ");
}

#[test]
fn the_screen_has_each_verdict_once() {
    let server = orders();
    let list = table(&server, "1", "name = 'web'") + &table(&server, "8", "name = 'api'");
    let mut screen = Screen::spawn(at_leisure(&list), 24, 80);
    assert_eq!(screen.wait_exit(), 1, "{}", screen.contents());
    let left = screen.history();
    for verdict in ["✗ web failed", "✓ api succeeded", "✗ all failed"] {
        let lines = left.iter().filter(|row| row.contains(verdict));
        assert_eq!(lines.count(), 1, "{verdict} in {left:#?}");
    }
    screen.assert_left_clean();
}

#[test]
fn a_list_of_one_has_a_verdict_of_all_too() {
    let server = orders();
    let out = all(&table(&server, "8", "")).run();
    out.code(0);
    assert_eq!(ends(&out).0.len(), 1);
}

#[test]
fn orders_given_more_than_once_are_a_list() {
    let server = orders();
    let out = yunxiao(&server).args(["--order", "1", "-o", "json"]).run();
    out.code(1);
    let (parts, _) = ends(&out);
    let mut targets: Vec<_> = parts.iter().map(|part| &part["target"]).collect();
    targets.sort_by_key(ToString::to_string);
    assert_eq!(targets, ["yunxiao:123/1", "yunxiao:123/1111"]);
    let out = yunxiao(&server).args(["--order", "1111"]).run();
    out.code(2)
        .stderr_has("two deployments are named yunxiao:123/1111");
}

#[test]
fn what_is_wrong_in_the_list_is_told_with_its_line_and_its_key() {
    let server = orders();
    server.may_be_idle();
    let good = table(&server, "8", "");
    let token = tempfile::NamedTempFile::new().unwrap();
    fs::write(token.path(), SECRET).unwrap();
    let token = token.path().display();
    for (list, message) in [
        (
            "timeout = '1h'\n".to_owned(),
            "list.toml: there is no [[deploy]] table",
        ),
        (
            format!("{good}pipelin = 3\n"),
            "list.toml:8: pipelin: not an option of yunxiao",
        ),
        (
            format!("colour = 'x'\n{good}"),
            "list.toml:1: colour: not an option of all",
        ),
        (
            good.replace("'yunxiao'", "'jenkins'"),
            "list.toml:2: provider: \"jenkins\" is not one of",
        ),
        (
            good.replace("provider = 'yunxiao'\n", ""),
            "list.toml:1: provider:",
        ),
        (
            good.replace("'yunxiao'", "7"),
            "list.toml:2: provider: it must be text",
        ),
        (
            good.replace("pipeline = 123\n", ""),
            "list.toml:1: no pipeline: pass --pipeline ID, or set",
        ),
        (good.replace("123", "'a/b'"), "list.toml:3: pipeline: "),
        (
            good.replace("123", "1.5"),
            "list.toml:3: pipeline: it must be text, a number",
        ),
        (
            good.replace("123", "true"),
            "list.toml:3: pipeline: it must be text or a number",
        ),
        (
            format!("{good}strict = 'yes'\n"),
            "list.toml:8: strict: it must be true or false",
        ),
        (
            format!("{good}timeout = '1 fortnight'\n"),
            "list.toml:8: timeout: ",
        ),
        (
            format!("{good}output = 'json'\n"),
            "list.toml:8: output: it holds for the whole watch",
        ),
        (
            format!("{good}capture = 'c'\n"),
            "list.toml:8: capture: it holds for the whole watch",
        ),
        (
            format!("{good}name = ' '\n"),
            "list.toml:8: name: invalid value ' ' for '--name <NAME>': it must be text",
        ),
        (format!("{good}name = 'a\n"), "list.toml:8: "),
        (
            format!("{good}token-env = 'NOWHERE'\n"),
            "list.toml:8: token-env: the variable NOWHERE is not set",
        ),
        (
            format!("{good}token-env = 'YUNXIAO_ACCESS_TOKEN'\ntoken-file = '{token}'\n"),
            "list.toml:8: token-env: not needed",
        ),
        (
            "[[deploy]]\nprovider = 'fsd'\ntoken-env = 'YUNXIAO_ACCESS_TOKEN'\n".to_owned(),
            "list.toml:3: token-env: not needed",
        ),
        (
            "deploy = 3\n".to_owned(),
            "list.toml:1: deploy: write [[deploy]] tables",
        ),
        (
            format!("{good}{good}"),
            "two deployments are named yunxiao:123/8",
        ),
    ] {
        assert_wrong(&list, message);
    }
    deploywatch(["all", "nowhere.toml"])
        .run()
        .code(2)
        .stderr_has("cannot read nowhere.toml");
    server.assert_untouched();
}

#[test]
fn equal_names_are_refused_and_others_tell_equal_orders_apart() {
    let server = orders();
    let twice = |one: &str, other: &str| {
        format!("{}{}", table(&server, "8", one), table(&server, "8", other))
    };
    assert_wrong(
        &twice("name = 'a'", "name = 'a'"),
        "two deployments are named a",
    );
    let out = all(&twice("name = 'a'", "name = 'b'")).run();
    out.code(0);
}

#[test]
fn the_command_line_beats_the_table_which_beats_the_top_which_beats_the_environment() {
    let server = orders();
    let interval = |top: &str, own: &str, args: &[&str]| {
        let out = at_leisure(&format!("{top}\n{}", table(&server, "8", own)))
            .args(["-o", "json"])
            .args(args)
            .env("YUNXIAO_PIPELINE_ID", "999")
            .run();
        out.code(0);
        let started = out.events().swap_remove(0);
        assert_eq!(started["target"], "yunxiao:123/8");
        started["interval_ms"].as_u64().unwrap()
    };
    assert_eq!(interval("", "", &[]), 3000);
    assert_eq!(interval("interval = '1s'", "", &[]), 1000);
    assert_eq!(interval("interval = '1s'", "interval = '2s'", &[]), 2000);
    let args = ["--interval", "4s"];
    assert_eq!(interval("interval = '1s'", "interval = '2s'", &args), 4000);

    // Of the environment comes what nothing else says.
    let list = table(&server, "8", "").replace("pipeline = 123\n", "");
    let out = all(&list).env("YUNXIAO_PIPELINE_ID", "999").run();
    out.code(0).stdout_has("yunxiao:999/8");
}

#[test]
fn each_table_can_name_the_variable_of_its_secret() {
    let server = orders();
    let list = format!(
        "{}{}",
        table(&server, "8", "token-env = 'WEB_TOKEN'"),
        table(&server, "9", "")
    );
    let out = all(&list).env("WEB_TOKEN", "planted-web-token").run();
    out.code(0).stdout_lacks("planted-web-token");
    let mut tokens: Vec<_> = server
        .requests()
        .iter()
        .map(|request| {
            let token = request.header("x-yunxiao-token").unwrap().to_owned();
            (request.target.clone().pop().unwrap(), token)
        })
        .collect();
    tokens.sort_unstable();
    assert_eq!(
        tokens,
        [
            ('8', "planted-web-token".to_owned()),
            ('9', SECRET.to_owned())
        ]
    );

    // A key pair of the environment is not taken where the table names a token.
    let task = "e700f15965694253940502911220d76b";
    let list = format!(
        "[[deploy]]\nprovider = 'codearts'\ntask = '{task}'\nendpoint = '{}'\n\
         token-env = 'WEB_TOKEN'\nonce = true\n",
        server.url()
    );
    let before = server.requests().len();
    all(&list)
        .env("WEB_TOKEN", "planted-web-token")
        .env("HW_ACCESS_KEY", "AKPLANTED")
        .env("HW_SECRET_KEY", SECRET)
        .run();
    let request = server.requests().swap_remove(before);
    assert_eq!(request.header("x-auth-token"), Some("planted-web-token"));
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn a_warning_and_a_gap_say_whose_they_are() {
    for (output, gap_on_stderr) in [("plain", false), ("quiet", true)] {
        let server = Server::start(|request, n| {
            if n < 2 {
                return Reply::status(502, "");
            }
            // Each holds a value of another type, and is warned of.
            let id = request.target.rsplit('/').next().unwrap();
            let order = Order::new("Success").with("deployOrderId", id);
            order.with("exceptionCode", vec![1]).reply()
        });
        let list = format!("{}{}", table(&server, "8", ""), table(&server, "9", ""));
        let out = deploywatch([
            "all",
            LIST,
            "--interval",
            "20ms",
            "-o",
            output,
            "--insecure",
        ])
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .file(LIST, &list)
        .run();
        out.code(0);
        assert!(out.stderr.starts_with("warning: --insecure"), "{out}");
        for order in ["8", "9"] {
            out.stderr_has(&format!("[yunxiao:123/{order}] warning: "));
        }
        let gaps = if gap_on_stderr {
            &out.stderr
        } else {
            &out.stdout
        };
        assert!(gaps.contains("[yunxiao:123/8] poll failed: "), "{out}");
    }
}

#[test]
fn one_deployment_may_be_insecure_among_others() {
    let server = orders();
    let list = format!(
        "{}{}",
        table(&server, "8", ""),
        table(&server, "9", "insecure = true")
    );
    let out = at_leisure(&list).args(["-q"]).run();
    out.code(0);
    let warning = "[yunxiao:123/9] warning: --insecure: its certificates are not checked";
    assert!(out.stderr.lines().any(|line| line == warning), "{out}");
    assert_eq!(out.stderr.matches("--insecure").count(), 1, "{out}");
}

#[test]
fn a_table_has_a_timeout_of_its_own_and_the_others_go_on() {
    let server = Server::start(|request, n| {
        let status = match request.target.ends_with("/4") || n < 20 {
            true => "Running",
            false => "Success",
        };
        let id = request.target.rsplit('/').next().unwrap();
        Order::new(status).with("deployOrderId", id).reply()
    });
    let list = format!(
        "timeout = '10s'\n{}{}",
        table(&server, "4", "timeout = '60ms'"),
        table(&server, "8", "")
    );
    let out = all(&list).run();
    out.code(124);
    let (parts, _) = ends(&out);
    let of = |order: &str| {
        parts
            .iter()
            .find(|part| part["target"] == format!("yunxiao:123/{order}"))
    };
    assert_eq!(of("4").unwrap()["verdict"], "timed_out", "{out}");
    assert_eq!(of("8").unwrap()["verdict"], "succeeded", "{out}");
}

#[test]
fn fail_fast_ends_the_watch_of_all() {
    let server = orders();
    let list = format!("{}{}", table(&server, "4", ""), table(&server, "1", ""));
    let out = all(&list).args(["--fail-fast"]).run();
    out.code(1);
    let (parts, _) = ends(&out);
    let verdicts: Vec<_> = parts
        .iter()
        .map(|part| part["verdict"].to_string())
        .collect();
    assert!(verdicts.contains(&"\"running\"".to_owned()), "{out}");
    assert!(verdicts.contains(&"\"failed\"".to_owned()), "{out}");
    // Without it the other one is watched on.
    let out = all(&list).args(["--timeout", "200ms"]).run();
    out.code(1).stdout_has("timed_out");
}

#[test]
fn fail_fast_waits_for_nobodys_next_poll() {
    let server = orders();
    let list = format!("{}{}", table(&server, "1", ""), table(&server, "4", ""));
    let out = at_leisure(&list)
        .args(["--interval", "1h", "-o", "json", "--fail-fast"])
        .run();
    out.code(1);
    let (_, whole) = ends(&out);
    let elapsed = whole["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed < 900, "{out}");
}

#[test]
fn a_signal_ends_all_of_them_within_a_second_with_reports() {
    let server = Server::script(vec![Reply::hang()]);
    let list: String = ["4", "5", "6"]
        .map(|order| table(&server, order, ""))
        .concat();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let before = server.requests().len();
        let running = all(&list)
            .args(["--junit", "junit.xml", "--summary", "summary.md"])
            .spawn();
        server.wait_for_requests(before + 3);
        let sent = Instant::now();
        running.signal(signal);
        let out = running.wait();
        assert!(sent.elapsed() < Duration::from_secs(1), "{out}");
        out.code(code);
        let (parts, of_all) = ends(&out);
        assert_eq!(
            (parts.len(), &of_all["verdict"]),
            (3, &"interrupted".into())
        );
        assert_eq!(out.file("junit.xml").matches("<testsuite ").count(), 3);
        assert!(out.file("summary.md").contains("yunxiao:123/6"));
    }
    // For people, with the command that watches all again.
    let before = server.requests().len();
    let running = at_leisure(&list).spawn();
    server.wait_for_requests(before + 1);
    running.signal(Signal::INT);
    let out = running.wait();
    out.code(130).stdout_has("deploywatch all list.toml");
}

#[test]
fn one_host_gets_its_requests_spread_over_the_interval() {
    const TABLES: usize = 10;
    const INTERVAL: Duration = Duration::from_millis(500);
    let server = Server::start(|request, n| {
        let id = request.target.rsplit('/').next().unwrap();
        let status = if n < 2 * TABLES { "Running" } else { "Success" };
        Order::new(status).with("deployOrderId", id).reply()
    });
    let list: String = (1..=TABLES)
        .map(|order| table(&server, &order.to_string(), ""))
        .collect();
    let out = at_leisure(&list).args(["--interval", "500ms", "-q"]).run();
    out.code(0);
    let requests = server.requests();
    let times: Vec<_> = requests.iter().map(|request| request.at).collect();
    for round in times.chunks(TABLES).take(2) {
        let took = round[round.len() - 1] - round[0];
        assert!(took >= INTERVAL * 7 / 10, "a burst: {took:?}");
        // Half of the interval never has nearly all of the requests.
        let half = round.iter().filter(|at| **at - round[0] < INTERVAL / 2);
        assert!((2..=8).contains(&half.count()), "{round:?}");
    }
}

#[test]
fn every_deployment_is_asked_for_before_its_time_is_up() {
    let server = orders();
    for limit in ["--timeout=2s", "--stall-timeout=2s", "--once"] {
        let list = format!("{}{}", table(&server, "8", ""), table(&server, "9", ""));
        let out = at_leisure(&list)
            .args(["-o", "json", "--interval", "1h", limit])
            .run();
        out.code(0);
        assert!(out.elapsed < Duration::from_secs(2), "{out}");
    }
}

#[test]
fn two_hundred_deployments_at_once_need_little() {
    const MANY: usize = 200;
    let server = Server::start(|request, n| {
        let id = request.target.rsplit('/').next().unwrap();
        let status = if n < 2 * MANY { "Running" } else { "Success" };
        Order::new(status)
            .with("deployOrderId", id)
            .machines("host", 20, status)
            .reply()
    });
    let mut list = String::from("interval = '1s'\n");
    for order in 1..=MANY {
        let _ = write!(list, "{}", table(&server, &order.to_string(), ""));
    }
    let running = at_leisure(&list).args(["-o", "json"]).spawn();
    server.wait_for_requests(MANY + MANY / 2);
    if cfg!(target_os = "linux") {
        let (threads, memory) = (running.threads(), running.peak_memory());
        // A poller each, the main thread, the client's and that of the signals.
        assert!(threads <= MANY as u64 + 10, "{threads} threads");
        assert!(memory < 100, "{memory} MiB");
    }
    let out = running.wait();
    out.code(0);
    let (parts, of_all) = ends(&out);
    assert_eq!(parts.len(), MANY);
    assert_eq!(of_all["reason"], "200 of 200 succeeded");
    assert!(out.elapsed < PATIENCE, "{:?}", out.elapsed);
}

#[test]
fn the_line_that_resumes_a_list_is_the_list_as_it_was() {
    let server = Server::start(|request, _| {
        if request.target.contains("/runs/") {
            let job = r#"{"id":1,"name":"deploy","actions":[
                {"type":"GetVMDeployOrder","params":{"deployOrderId":55}}]}"#;
            Reply::json(format!(
                r#"{{"pipelineRunId":7,"status":"RUNNING",
                    "stages":[{{"stageInfo":{{"jobs":[{job}]}}}}]}}"#
            ))
        } else {
            Reply::json(r#"{"status":"Running"}"#)
        }
    });
    let list = format!(
        "[[deploy]]\nprovider = \"yunxiao\"\npipeline = 1\norganization = \"o\"\n\
         endpoint = \"{}\"\n",
        server.url()
    );
    let out = deploywatch(["all", "list.toml", "--fresh", "-t", "300ms", "-i", "50ms"])
        .file("list.toml", &list)
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .run();
    out.code(124)
        .stdout_has("\n    deploywatch all list.toml --fresh -t 300ms -i 50ms\n")
        .stderr_has("watching deploy order 55 of run 7");
}

#[test]
fn no_deployment_has_the_name_of_the_list() {
    let list = "[[deploy]]\nprovider = \"fsd\"\nname = \"all\"\n";
    let out = deploywatch(["all", "list.toml"])
        .file("list.toml", list)
        .run();
    out.code(2)
        .stdout_is_empty()
        .stderr_has("cannot be named all");
}
