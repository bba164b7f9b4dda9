//! How the program speaks to people: help that fits a screen, both languages, advice for wrong turns.

use crate::support::{SECRET, deploywatch};

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
    let help = |words: &[&str]| deploywatch(words).env("COLUMNS", "80").run();
    let of_root = help(&["-h"]);
    let lines = of_root.stdout.lines().count();
    assert!(lines <= 24, "{lines} lines\n{of_root}");
    for command in COMMANDS {
        of_root.stdout_has(&format!("\n  {command} "));
        let out = help(&[command, "-h"]);
        let lines = out.stdout.lines().count();
        assert!(lines <= 40, "{lines} lines\n{out}");
        let place = |text: &str| {
            out.stdout
                .find(text)
                .unwrap_or_else(|| panic!("{text}\n{out}"))
        };
        assert!(place("Examples:\n  deploywatch ") < 300, "{out}");
        out.stdout_lacks("Exit codes:");
        let all = help(&[command, "--help"]);
        assert!(all.stdout.len() > out.stdout.len() || command == "completions");
    }
    of_root.stdout_has("--help");
    for line in of_root.stdout.lines() {
        assert!(line.len() <= 80, "{line}");
    }
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
        (&["completions", "bash", "--once"], "completions 不接受选项"),
        (&["codearts", "--task", "1"], "它由 32 个字母或数字组成"),
        (&["servicestage"], "错误：缺少项目：请指定 --project ID"),
        (
            &["fsd", "--endpoint", "ftp://x"],
            "错误：端点必须以 https:// 或 http:// 开头",
        ),
        (
            &["fsd", "--events", "no/such"],
            "错误：--events：无法打开 no/such：文件或目录不存在",
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
                "no token: set $YUNXIAO_ACCESS_TOKEN",
            ][..],
        ),
        (
            &["codearts"],
            &[
                "no task: pass --task ID",
                "no region: pass",
                "no credentials: give",
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
