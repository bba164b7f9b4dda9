//! The config file, and variables in a list.

use crate::support::{Order, Program, SECRET, Server, deploywatch, order, yunxiao};

/// The program with this config file.
fn with_config(program: Program, config: &str) -> Program {
    program
        .file("config.toml", config)
        .env("DEPLOYWATCH_CONFIG", "config.toml")
}

/// A watch of order 1111, with everything else but the secret in the config file.
fn configured(server: &Server, config: &str) -> Program {
    let config = config.replace("URL", &server.url());
    with_config(
        deploywatch(["yunxiao", "--order", "1111", "-o", "json"]),
        &config,
    )
    .env("YUNXIAO_ACCESS_TOKEN", SECRET)
}

const WHOLE: &str =
    "interval = '40ms'\n[yunxiao]\npipeline = 5\norganization = 'o'\nendpoint = 'URL'\n";

/// A list of one order.
fn list_of_one(server: &Server, more: &str) -> String {
    format!(
        "[[deploy]]\nprovider = 'yunxiao'\norder = 1111\norganization = 'o'\nendpoint = '{}'\n{more}",
        server.url()
    )
}

#[test]
fn the_config_file_stands_behind_options_tables_and_the_environment() {
    let server = Server::start(|_, _| order("Success"));
    let of = |program: Program| {
        let out = program.run();
        out.code(0);
        let started = out.events().swap_remove(0);
        (
            started["target"].as_str().unwrap().to_owned(),
            started["interval_ms"].as_u64().unwrap(),
        )
    };
    let target = |pipeline: &str| format!("yunxiao:{pipeline}/1111");
    assert_eq!(of(configured(&server, WHOLE)), (target("5"), 40));
    let program = configured(&server, WHOLE).env("YUNXIAO_PIPELINE_ID", "6");
    assert_eq!(of(program.args(["-i", "50ms"])), (target("6"), 50));
    let program = configured(&server, WHOLE).env("YUNXIAO_PIPELINE_ID", "6");
    assert_eq!(of(program.args(["--pipeline", "7"])), (target("7"), 40));
    // A list: its tables, its top level, then the environment, then the file.
    let list = |more: &str, top: &str| {
        let program = deploywatch(["all", "list.toml", "-o", "json"]);
        let list = format!("{top}{}", list_of_one(&server, more));
        let program = program
            .file("list.toml", &list)
            .env("YUNXIAO_ACCESS_TOKEN", SECRET);
        with_config(program, &WHOLE.replace("URL", "http://192.0.2.1"))
    };
    assert_eq!(of(list("", "")), (target("5"), 40));
    assert_eq!(
        of(list("", "").env("YUNXIAO_PIPELINE_ID", "6")),
        (target("6"), 40)
    );
    assert_eq!(
        of(list("pipeline = 7\n", "interval = '60ms'\n")),
        (target("7"), 60)
    );
    assert_eq!(
        of(list("interval = '70ms'\n", "interval = '60ms'\n")),
        (target("5"), 70)
    );
}

#[test]
fn an_option_beats_what_cannot_go_with_it_in_the_file() {
    let server = Server::start(|_, _| order("Success"));
    let config = format!("output = 'json'\n{WHOLE}run = 3\n");
    let program = with_config(
        deploywatch(["yunxiao", "--order", "1111", "-q"]),
        &config.replace("URL", &server.url()),
    );
    let out = program.env("YUNXIAO_ACCESS_TOKEN", SECRET).run();
    out.code(0).stdout_is_empty().stderr_is_empty();
    assert!(server.requests()[0].target.ends_with("/5/deploy/1111"));
}

#[test]
fn the_secret_comes_from_the_environment_then_from_what_the_file_names() {
    for (more, variables, token) in [
        ("token-file = 'token'\n", &[][..], "pt-from-file"),
        ("token-env = 'MINE'\n", &[("MINE", "pt-mine")], "pt-mine"),
        (
            "token-env = 'MINE'\n",
            &[("MINE", "pt-mine"), ("YUNXIAO_ACCESS_TOKEN", "pt-usual")],
            "pt-usual",
        ),
        (
            "token-file = 'token'\n",
            &[("YUNXIAO_ACCESS_TOKEN", "pt-usual")],
            "pt-usual",
        ),
    ] {
        let server = Server::start(|_, _| order("Success"));
        let program = configured(&server, &format!("{WHOLE}{more}"));
        let program = program.env("YUNXIAO_ACCESS_TOKEN", "").envs(variables);
        program.file("token", "pt-from-file").run().code(0);
        assert_eq!(
            server.requests()[0].header("x-yunxiao-token"),
            Some(token),
            "{more}"
        );
    }
    let server = Server::start(|_, _| order("Success"));
    server.may_be_idle();
    let program = configured(&server, &format!("{WHOLE}token-env = 'MINE'\n"));
    let out = program.env("YUNXIAO_ACCESS_TOKEN", "").run();
    out.code(2)
        .stderr_has("config.toml:6: token-env: the variable MINE is not set");
    // The table of a list names its own.
    let server = Server::start(|_, _| order("Success"));
    let list = list_of_one(&server, "pipeline = 1\ntoken-env = 'MINE'\n");
    let program = deploywatch(["all", "list.toml"])
        .file("list.toml", &list)
        .env("MINE", "pt-mine");
    with_config(program, "[yunxiao]\ntoken-file = 'nowhere'\n")
        .run()
        .code(0);
    assert_eq!(
        server.requests()[0].header("x-yunxiao-token"),
        Some("pt-mine")
    );
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line_and_a_near_key() {
    let server = Server::script(vec![order("Success")]);
    for (config, says) in [
        (
            "intervall = '1s'",
            "config.toml:1: intervall: not an option that every watch has; did you mean interval?",
        ),
        (
            "\n[yunxiao]\npipelin = 1",
            "config.toml:3: pipelin: not an option of yunxiao; did you mean pipeline?",
        ),
        (
            "[codearts]\nrecrod = 'x'",
            "config.toml:2: recrod: not an option of codearts; did you mean record?",
        ),
        (
            "[yunxiao]\ntoken = 'planted-password'",
            "config.toml:2: token: not an option of yunxiao",
        ),
        (
            "token-file = 'x'",
            "config.toml:1: token-file: not an option that every watch has",
        ),
        (
            "help = true",
            "config.toml:1: help: not an option that every watch has",
        ),
        (
            "timeout = '0s'",
            "config.toml:1: timeout: invalid value '0s'",
        ),
        (
            "strict = 'yes'",
            "config.toml:1: strict: it must be true or false",
        ),
        (
            "[yunxiao]\npipeline = 1.5",
            "config.toml:2: pipeline: it must be text, a number",
        ),
        (
            "yunxiao = 3",
            "config.toml:1: yunxiao: write a [yunxiao] table",
        ),
        (
            "[[deploy]]\nprovider = 'fsd'",
            "config.toml:1: deploy: not an option",
        ),
        ("[jenkins]\na = 1", "config.toml:1: jenkins: not an option"),
        ("a = 'planted-password", "config.toml:1: "),
    ] {
        let out = with_config(yunxiao(&server), config).run();
        out.code(2)
            .stdout_is_empty()
            .stderr_has(says)
            .stderr_lacks("planted-password");
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
    }
    let program = yunxiao(&server).env("DEPLOYWATCH_CONFIG", "nowhere.toml");
    program.run().code(2).stderr_has("cannot read nowhere.toml");
    let program = yunxiao(&server).env("DEPLOYWATCH_CONFIG", ".");
    program.run().code(2).stderr_has("cannot read .");
    let program = with_config(yunxiao(&server), "interval = '1s'").args(["--junit", "config.toml"]);
    program
        .run()
        .code(2)
        .stderr_has("DEPLOYWATCH_CONFIG and --junit are the same file");
    server.assert_untouched();
}

#[test]
fn the_file_is_found_where_configurations_are() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["xdg/deploywatch", "home/.config/deploywatch"] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("config.toml"), "interval = '40ms'").unwrap();
    }
    let [xdg, home, empty] = ["xdg", "home", "empty"].map(|name| folder.path().join(name));
    let (xdg, home, empty) = (
        xdg.to_str().unwrap(),
        home.to_str().unwrap(),
        empty.to_str().unwrap(),
    );
    for (variables, interval) in [
        (&[("XDG_CONFIG_HOME", xdg)][..], 40),
        (&[("HOME", home)], 40),
        (&[("HOME", home), ("XDG_CONFIG_HOME", empty)], 3000),
        (&[("HOME", home), ("XDG_CONFIG_HOME", "relative")], 40),
        (&[("HOME", home), ("DEPLOYWATCH_CONFIG", "")], 3000),
        (&[("HOME", empty)], 3000),
    ] {
        let server = Server::script(vec![order("Success")]);
        let program = deploywatch([
            "yunxiao",
            "--pipeline",
            "1",
            "--order",
            "1111",
            "-o",
            "json",
        ]);
        let program = program
            .args(["--endpoint", &server.url()])
            .env("YUNXIAO_ACCESS_TOKEN", SECRET);
        let out = program.envs(variables).run();
        assert_eq!(out.events()[0]["interval_ms"], interval, "{variables:?}");
    }
}

#[test]
fn demo_and_replay_ignore_the_file() {
    let wrong = "nonsense = 1\n";
    let args = [
        "demo",
        "--duration",
        "300ms",
        "--capture",
        "c",
        "-o",
        "plain",
    ];
    let out = with_config(deploywatch(args), wrong).run();
    out.code(0);
    let replay = deploywatch(["replay", "c", "--speed", "100"]).file("c", &out.file("c"));
    with_config(replay, wrong).run().code(0);
}

#[test]
fn variables_in_a_list_come_from_the_environment() {
    let server = Server::start(|_, _| Order::new("Success").reply());
    server.may_be_idle();
    let list = |more: &str| {
        let list = list_of_one(&server, more);
        deploywatch(["all", "list.toml", "-o", "json"])
            .file("list.toml", &list)
            .envs(&[
                ("YUNXIAO_ACCESS_TOKEN", SECRET),
                ("PIPE_LINE", "12"),
                ("N", "3"),
            ])
    };
    for (more, target) in [
        ("pipeline = '$PIPE_LINE'\n", "yunxiao:12/1111"),
        ("pipeline = '4${N}5'\n", "yunxiao:435/1111"),
        ("pipeline = '$N$N-x'\n", "yunxiao:33-x/1111"),
        (
            "pipeline = 1\nname = 'web ${N} costs $$N$$'\n",
            "web 3 costs $N$",
        ),
    ] {
        let out = list(more).run();
        out.code(0);
        assert_eq!(out.events()[0]["target"], target);
    }
    for (more, says) in [
        (
            "pipeline = '$NOWHERE'\n",
            "list.toml:6: pipeline: the variable NOWHERE is not set",
        ),
        (
            "pipeline = 1\nname = '${}'\n",
            "list.toml:7: name: a $ is followed by the name of a variable",
        ),
        (
            "pipeline = '5$'\n",
            "list.toml:6: pipeline: a $ is followed",
        ),
        (
            "pipeline = '$ x'\n",
            "list.toml:6: pipeline: a $ is followed",
        ),
        // What a variable holds may be a secret.
        (
            "pipeline = 1\non-pause = '$YUNXIAO_ACCESS_TOKEN'\n",
            "on-pause: invalid value '$YUNXIAO_ACCESS_TOKEN'",
        ),
        (
            "pipeline = 1\ninterval = '${YUNXIAO_ACCESS_TOKEN}'\n",
            "interval: invalid value '${YUNXIAO_ACCESS_TOKEN}'",
        ),
    ] {
        let out = list(more).run();
        out.code(2).stdout_is_empty().stderr_has(says);
    }
}

#[test]
fn a_hostile_file_is_turned_down_or_does_no_harm() {
    let server = Server::start(|_, _| order("Success"));
    server.may_be_idle();
    let mut random = fastrand::Rng::with_seed(7);
    let seed = format!("strict = false\ncolor = \"never\"\n{WHOLE}").replace("URL", &server.url());
    let pieces = [
        "\u{1b}[2J",
        "\n",
        "'",
        "\"",
        "[",
        "]",
        "=",
        "${",
        "\u{0}",
        "\u{202e}",
        "999999999999999999999",
        "[yunxiao]",
        "\u{feff}",
        "true",
    ];
    for _ in 0..40 {
        let mut text: Vec<char> = seed.chars().collect();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..text.len());
            let piece = pieces[random.usize(..pieces.len())].chars();
            let to = (at + random.usize(..4)).min(text.len());
            text.splice(at..to, piece);
        }
        let text: String = text.into_iter().collect();
        let out = configured(&server, &text).args(["--once"]).run();
        assert!([0, 2, 6, 5, 7].contains(&out.code), "{text:?}\n{out}");
        assert!(
            !out.stderr.contains('\u{1b}') && !out.stderr.contains('\u{202e}'),
            "{text:?}\n{out}"
        );
        assert!(!out.stderr.contains("panicked"), "{text:?}\n{out}");
    }
    for huge in [
        "a".repeat(17 << 20),
        "[".repeat(100_000),
        "a.".repeat(50_000),
    ] {
        let out = configured(&server, &huge).run();
        out.code(2);
        assert!(out.stderr.len() < 2000, "{}", out.stderr.len());
    }
}

#[test]
fn the_language_of_the_file_is_that_of_usage_errors_and_help() {
    let lang = |program: Program, config: &str, says: &str| {
        let out = with_config(program, config).run();
        let said = format!("{}{}", out.stdout, out.stderr);
        assert!(said.contains(says), "{config}\n{out}");
    };
    let zh = "lang = 'zh'\n";
    lang(deploywatch(["fsd", "--no-such"]), zh, "错误：不认识的参数");
    lang(deploywatch(["fsd", "-h"]), zh, "用法：");
    lang(deploywatch(["yunxiao"]), zh, "错误：缺少流水线");
    let typo = "lang = 'zh'\nintervall = '1s'\n";
    lang(deploywatch(["fsd"]), typo, "是否想写 interval？");
    // The option says otherwise; the demo has no config file.
    let english = deploywatch(["fsd", "-h", "--lang", "en"]);
    lang(english, zh, "Usage: ");
    lang(deploywatch(["demo", "--no-such"]), zh, "error: ");
    // A broken file does not hide what is wrong with the command line.
    for broken in ["lang = ", "lang = 'xx'", "lang = 3", "intervall = 1"] {
        let wrong = deploywatch(["fsd", "--no-such"]);
        lang(wrong, broken, "error: unexpected argument '--no-such'");
    }
}
