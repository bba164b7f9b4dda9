//! How the program speaks to people: help that fits a screen, both languages, advice for wrong turns.

use std::time::Duration;

use crate::support::{
    Reply, SECRET, Screen, Server, Signal, deploywatch, order, order_with, yunxiao, yunxiao_at,
};

const COMMANDS: [&str; 9] = [
    "yunxiao",
    "codearts",
    "servicestage",
    "mrs",
    "fsd",
    "all",
    "replay",
    "demo",
    "completions",
];

#[test]
fn the_short_help_is_one_screen_and_begins_with_examples() {
    for lang in ["en", "zh"] {
        let help = |words: &[&str]| {
            let program = deploywatch(words).args(["--lang", lang]);
            program.env("COLUMNS", "80").run()
        };
        let of_root = help(&["-h"]);
        of_root.stdout_has("--help");
        for command in COMMANDS {
            of_root.stdout_has(&format!("\n  {command} "));
            let all = help(&[command, "--help"]);
            let out = help(&[command, "-h"]);
            assert!(all.stdout.len() > out.stdout.len() || command == "completions");
            for out in [&of_root, &out] {
                let lines = Vec::from_iter(out.stdout.lines());
                assert!(lines.len() <= 24, "{} lines\n{out}", lines.len());
                let example = [["Examples:", "示例："], ["  ", "  "]];
                for (line, starts) in lines[2..4].iter().zip(example) {
                    assert!(starts.iter().any(|start| line.starts_with(start)), "{out}");
                }
                out.stdout_lacks("Exit codes:").stdout_lacks("退出码：\n");
            }
            for line in out.stdout.lines().chain(all.stdout.lines()) {
                let columns = console::measure_text_width(line);
                assert!(columns <= 80, "{columns} columns: {line}");
            }
        }
    }
}

#[test]
fn long_lines_of_the_chinese_help_go_on_below_their_column() {
    let help = |option| {
        let program = deploywatch(["servicestage", option, "--lang", "zh"]);
        program.env("COLUMNS", "60").run()
    };
    help("-h").stdout_has(
        "
      --token-file <FILE>   从 FILE 读取令牌，- 为 stdin [或
                            环境变量：HW_AUTH_TOKEN，或
                            HUAWEICLOUD_SDK_AK 和
                            HUAWEICLOUD_SDK_SK 中的访问密钥]
",
    );
    help("--help").stdout_has(
        "
    5  refused      平台拒绝请求，或证书校验不通过；重试无济
                    于事
",
    );
}

#[test]
fn help_is_in_the_language_of_the_locale_or_the_option() {
    let zh = ("LANG", "zh_CN.UTF-8");
    for (words, variable, is_chinese) in [
        (&["--help"][..], zh, true),
        (&["-h"], zh, true),
        (&["yunxiao", "-h"], zh, true),
        (&["yunxiao", "--help", "--lang", "en"], zh, false),
        (&["--lang=zh", "--help"], ("LANG", "C"), true),
        (&["help", "demo"], zh, true),
        (&["--help"], ("LANG", "zh_CN.GBK"), false),
        (&[], zh, true),
    ] {
        let out = deploywatch(words).env(variable.0, variable.1).run();
        let text = format!("{}{}", out.stdout, out.stderr);
        assert_eq!(
            text.contains("用法：deploywatch"),
            is_chinese,
            "{words:?}\n{out}"
        );
        if is_chinese {
            for english in [
                "Usage",
                "Options:",
                "Examples",
                "[default",
                "[possible",
                "Print",
            ] {
                assert!(!text.contains(english), "{english} in {words:?}\n{out}");
            }
        }
    }
}

#[test]
fn usage_errors_are_in_chinese() {
    for (words, says) in [
        (
            &["yunxiao", "--no-such"][..],
            "错误：不认识的参数 '--no-such'",
        ),
        (
            &["yunxiao", "--interval", "9ms"],
            "'--interval <DURATION>' 的值 '9ms' 无效：最短间隔为 10ms",
        ),
        (
            &["yunxiao", "--output", "bar"],
            "[可选值：auto, bars, plain, json, quiet]",
        ),
        (
            &["yunxiao", "--interval"],
            "'--interval <DURATION>' 需要一个值",
        ),
        (
            &["-q", "-o", "quiet", "fsd"],
            "'--quiet' 不能与 '--output <HOW>' 同用",
        ),
        (&["yunxao"], "提示：有相近的命令：'yunxiao'"),
        (&["fsd", "--frsh"], "提示：有相近的参数：'--fresh'"),
        (&["replay"], "错误：缺少必填参数：<FILE>"),
        (&["replay", "a", "b"], "错误：不认识的参数 'b'"),
        (
            &["replay", "nowhere"],
            "错误：无法读取 nowhere：文件或目录不存在",
        ),
        (
            &["replay", "nowhere", "--speed", "0"],
            "必须是 0.001 到 1000000 的数",
        ),
        (&["all", "a", "--partition", "5/4"], "分片写作 N/M"),
        (
            &["demo", "--serve", "192.0.2.1:80"],
            "错误：--serve 只供本机使用",
        ),
        (
            &["fsd", "--key", "a\nb"],
            "错误：--key: 其中有换行或其他控制字符",
        ),
        (&["completions", "bash", "--once"], "completions 不接受"),
        (&["codearts", "--task", "1"], "它由 32 个字母或数字组成"),
        (&["servicestage"], "错误：缺少项目：请指定 --project ID"),
        (
            &["fsd", "--endpoint", "ftp://x"],
            "错误：端点必须以 https:// 或 http:// 开头",
        ),
        (
            &["fsd", "--events", "no/such"],
            "错误：--events: 无法打开 no/such：文件或目录不存在",
        ),
        (
            &["fsd", "--cacert", "no"],
            "错误：--cacert: 无法读取 no：文件或目录不存在",
        ),
        (
            &[
                "mrs",
                "--command",
                "1",
                "--endpoint",
                "https://192.0.2.1",
                "--fresh",
            ],
            "请去掉 --fresh",
        ),
    ] {
        let out = deploywatch(words).args(["--lang", "zh"]).run();
        out.code(2).stdout_is_empty().stderr_has(says);
        for english in ["error", "Usage", "tip", "For more"] {
            assert!(!out.stderr.contains(english), "{english}\n{out}");
        }
    }
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    for (words, missing) in [
        (
            &["yunxiao"][..],
            &[
                "no pipeline: pass --pipeline ID",
                "no organization: pass",
                "no token: set YUNXIAO_ACCESS_TOKEN",
            ][..],
        ),
        (
            &["codearts"],
            &[
                "no task: pass --task ID",
                "no region: pass",
                "no credentials: pass",
            ],
        ),
        (
            &["servicestage"],
            &[
                "no project",
                "no release: pass --release ID",
                "no region",
                "no credentials",
            ],
        ),
        (
            &["mrs"],
            &[
                "no command: pass --command ID",
                "no endpoint: pass --endpoint URL",
                "no user",
                "no password",
            ],
        ),
    ] {
        let out = deploywatch(words).run();
        out.code(2).stdout_is_empty();
        for what in missing {
            out.stderr_has(what);
        }
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
    }
    // Nothing is waited for where something else is wrong already.
    let typed = deploywatch(["yunxiao", "--token-file", "-"])
        .stdin(SECRET)
        .run();
    typed
        .code(2)
        .stderr_has("no pipeline")
        .stderr_lacks("token");
}

#[test]
fn a_wrong_turn_gets_advice() {
    for (words, en, zh) in [
        (
            &["fsd", "--json"][..],
            "tip: write --output json",
            "提示：请写 --output json",
        ),
        (
            &["yunxiao", "--token", "x"],
            "a secret is never an argument: set YUNXIAO_ACCESS_TOKEN, or pass --token-file FILE",
            "请设置 YUNXIAO_ACCESS_TOKEN",
        ),
        (
            &["mrs", "--password=x"],
            "set MRS_PASSWORD, or pass --password-file FILE",
            "请设置 MRS_PASSWORD",
        ),
        (
            &["servicestage", "--ak", "x"],
            "set HW_AUTH_TOKEN",
            "请设置 HW_AUTH_TOKEN",
        ),
        (
            &["yunxiao", "123", "1111"],
            "ids are given with their options: --pipeline ID --order ID",
            "--pipeline ID --order ID",
        ),
        (
            &["mrs", "42"],
            "their options: --command ID",
            "需用选项给出：--command ID",
        ),
        (
            &["fsd", "--timeout", "30M"],
            "write minutes as m, for example 30m",
            "分钟写作 m",
        ),
        (
            &["fsd", "--timeout", "1h 2M"],
            "write minutes as m, for example 30m",
            "分钟写作 m",
        ),
    ] {
        deploywatch(words)
            .run()
            .code(2)
            .stderr_has(en)
            .stdout_is_empty();
        deploywatch(words)
            .args(["--lang", "zh"])
            .run()
            .code(2)
            .stderr_has(zh);
    }
}

#[test]
fn a_secret_in_the_place_of_something_else_is_not_shown() {
    for words in [
        &["yunxiao", SECRET][..],
        &["yunxiao", "--interval", SECRET],
        &["yunxiao", &format!("--on-pause={SECRET}")],
        &["yunxiao", "--token", SECRET],
        &["yunxiao", "--pipeline", "1", "--token-file", SECRET],
        &[SECRET],
        &["all", "list", SECRET],
        // A password or a token in an address.
        &[
            "yunxiao",
            "--pipeline",
            &format!("https://me:{SECRET}@example.com/1"),
        ],
        &[
            "yunxiao",
            &format!("--pipeline=https://example.com/1?token={SECRET}"),
        ],
        &["yunxiao", &format!("https://{SECRET}@example.com/")],
        &["codearts", &format!("https://example.com/#{SECRET}")],
    ] {
        for lang in ["en", "zh"] {
            let out = deploywatch(words).args(["--lang", lang]).run();
            out.code(2).stderr_lacks(SECRET);
        }
    }
}

#[test]
fn an_id_in_the_wrong_place_is_shown() {
    for id in [
        "0123456789abcdef0123456789abcdef",
        "716eda33-dbc6-47f3-953f-29119edd5e5c",
        "12345678901234567890",
    ] {
        let out = deploywatch(["codearts", id]).run();
        out.code(2)
            .stderr_has(&format!("unexpected argument '{id}' found"));
        let out = deploywatch(["codearts", "--task", &format!("{id}0")]).run();
        out.code(2).stderr_has(&format!("'{id}0'"));
    }
    let out = deploywatch(["codearts", "A0123456789abcdef0123456789abcdef"]).run();
    out.code(2)
        .stderr_has("'(not shown: it looks like a secret)'");
}

#[test]
fn two_orders_cannot_share_a_name_and_one_has_its_own() {
    let server = Server::start(|_, _| order("Success"));
    let out = yunxiao(&server).args(["--name", "web", "-o", "json"]).run();
    out.code(0);
    assert!(
        out.events().iter().all(|event| event["target"] == "web"),
        "{out}"
    );
    let out = yunxiao(&server)
        .args(["--order", "2", "--name", "web"])
        .run();
    out.code(2).stderr_has("two deployments are named web");
    for name in ["", " ", "a\nb"] {
        yunxiao(&server)
            .args([&format!("--name={name}")])
            .run()
            .code(2);
    }
    yunxiao(&server)
        .args(["--name", "all"])
        .run()
        .code(2)
        .stderr_has("cannot be named all");
}

#[test]
fn the_bell_rings_once_at_the_end_of_a_terminal() {
    for (args, rings) in [(&["--bell"][..], 1), (&[], 0), (&["--bell", "-q"], 1)] {
        let server = Server::script(vec![order("Success")]);
        let mut screen = Screen::spawn(yunxiao(&server).args(args), 24, 80);
        assert_eq!(screen.wait_exit(), 0);
        let bells = screen.raw().iter().filter(|byte| **byte == 7).count();
        assert_eq!(bells, rings, "{args:?}");
    }
    let server = Server::script(vec![order("Success")]);
    let out = yunxiao(&server).args(["--bell"]).run();
    out.code(0).stderr_is_empty();
}

#[test]
fn a_signal_asks_where_the_watch_stands() {
    for output in ["plain", "json", "quiet"] {
        let machines = [
            ("192.0.2.1", "Running"),
            ("192.0.2.2", "Failed"),
            ("192.0.2.3", "Pending"),
        ];
        let server = Server::script(vec![order_with("Running", &machines), Reply::hang()]);
        let mut running = yunxiao(&server).args(["-o", output]).spawn();
        server.wait_for_requests(2);
        running.signal(Signal::USR1);
        running.wait_for_stderr("▸ running 192.0.2.1");
        assert!(running.goes_on(Duration::from_millis(50)));
        running.signal(Signal::INT);
        let out = running.wait();
        out.code(130)
            .stderr_has("yunxiao:123/1111 running (1/3")
            .stderr_has("✗ failed 192.0.2.2");
        let status = out.stderr.split("▸ running").next().unwrap();
        assert!(!status.contains("192.0.2.3"), "{out}");
    }
}

#[test]
fn what_is_not_there_yet_is_waited_for() {
    let server = Server::script(vec![
        Reply::status(404, "{}"),
        Reply::status(404, "{}"),
        order("Success"),
    ]);
    let program = yunxiao(&server).args(["--wait-for-start", "1m"]);
    program.run().code(0).stdout_has("HTTP 404 Not Found");
    let server = Server::script(vec![Reply::status(404, "{}")]);
    let program = yunxiao(&server).args(["--wait-for-start", "300ms"]);
    program.run().code(5);
    assert!(server.requests().len() > 1);
    let program = yunxiao_at("http://127.0.0.1:1").args(["--wait-for-start", "300ms"]);
    program.run().code(6);
    let out = yunxiao(&server)
        .args(["--wait-for-start", "1m", "--once"])
        .run();
    out.code(2)
        .stderr_has("'--wait-for-start <DURATION>' cannot be used with '--once'");
}

#[test]
fn a_demo_that_serves_says_so_and_how_to_stop_it() {
    let mut running = deploywatch(["demo", "--serve", "127.0.0.1:0"]).spawn();
    assert!(running.first_line().contains("deploywatch yunxiao"));
    running.wait_for_stderr("Ctrl-C");
    running.signal(Signal::INT);
    running.wait().code(130);
}

#[test]
fn the_credentials_file_of_the_sdk_is_the_last_place() {
    let keys = "[basic]\nak = AKMADEUP\nsk = made-up-secret-key\nproject_id = p-file\n";
    let token = ("HW_AUTH_TOKEN", "made-up-token");
    let half = ("HUAWEICLOUD_SDK_AK", "AK");
    for (variables, code, signs) in [
        (&[][..], 6, true),
        (&[token], 2, false),
        (&[token, ("HW_PROJECT_ID", "p")], 6, false),
        (&[half], 2, false),
    ] {
        let server = Server::start(|_, _| Reply::status(502, ""));
        server.may_be_idle();
        let program = deploywatch(["servicestage", "--release", "r", "--once"]);
        let program = program
            .args(["--endpoint", &server.url()])
            .file("keys", keys);
        let program = program.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "keys");
        program.envs(variables).run().code(code);
        if let Some(request) = server.requests().first() {
            assert_eq!(
                request.header("authorization").is_some(),
                signs,
                "{variables:?}"
            );
            assert!(
                !signs || request.target.contains("p-file"),
                "{}",
                request.target
            );
        }
    }
    let program = deploywatch(["servicestage", "--release", "r", "--region", "r"]);
    let out = program
        .env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "nowhere")
        .run();
    out.code(2).stderr_has("cannot read nowhere");
}

#[test]
fn where_the_watch_stands_is_printed_above_the_picture() {
    let machines = [("192.0.2.1", "Running"), ("192.0.2.2", "Failed")];
    let server = Server::script(vec![order_with("Running", &machines)]);
    let mut screen = Screen::spawn(yunxiao(&server), 24, 80);
    screen.wait_for("192.0.2.1");
    screen.signal(Signal::USR1);
    screen.wait_for("yunxiao:123/1111 running (1/2");
    screen.send([3]);
    assert_eq!(screen.wait_exit(), 130);
    screen.assert_left_clean();
}

#[test]
fn a_secret_is_asked_for_without_an_echo() {
    let server = Server::script(vec![order("Success")]);
    let program = || yunxiao(&server).args(["--token-file", "-"]);
    let mut screen = Screen::spawn(program(), 24, 80);
    screen.wait_for("Token:");
    screen.send("pt-typed-by-hand\r");
    assert_eq!(screen.wait_exit(), 0);
    let raw = String::from_utf8_lossy(&screen.raw()).into_owned();
    assert!(!raw.contains("pt-typed"), "{raw}");
    assert_eq!(
        server.requests()[0].header("x-yunxiao-token"),
        Some("pt-typed-by-hand")
    );
    let mut screen = Screen::spawn(program(), 24, 80);
    screen.wait_for("Token:");
    screen.send("pt-ty\u{3}");
    assert_eq!(screen.wait_exit(), 130);
    screen.assert_left_clean();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut screen = Screen::spawn(program(), 24, 80);
        screen.wait_for("Token:");
        screen.signal(signal);
        assert_eq!(screen.wait_exit(), code);
        screen.assert_left_clean();
        assert!(screen.echoes(), "the terminal shows what is typed again");
        // The watch that follows takes the signal itself.
        let server = Server::script(vec![order_with("Running", &[])]);
        let program = yunxiao(&server).args(["--token-file", "-"]);
        let mut screen = Screen::spawn(program, 24, 80);
        screen.wait_for("Token:");
        screen.send("pt-typed-by-hand\r");
        screen.wait_for("yunxiao:123/1111");
        server.wait_for_requests(1);
        screen.signal(signal);
        assert_eq!(screen.wait_exit(), code);
        screen.wait_for("interrupted");
    }
}
