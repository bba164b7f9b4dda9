//! The command line: what is turned down before anything is sent, what the help says, and what of
//! options, environment and files reaches the provider.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{
    Output, PATIENCE, Program, Reply, SECRET, Server, deploywatch, order, order_with, yunxiao,
};

/// `deploywatch yunxiao` with everything but the order in the environment, so that an option or a
/// variable of a test takes the place of one of these.
fn from_environment(server: &Server) -> Program {
    deploywatch(["yunxiao"])
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .env("YUNXIAO_API_BASE_URL", server.url())
        .env("YUNXIAO_PIPELINE_ID", "123")
        .env("YUNXIAO_ORGANIZATION_ID", "org-1")
}

/// The same for order 1111.
fn with_order(server: &Server) -> Program {
    from_environment(server).args(["--order", "1111"])
}

/// The program says one sentence and sends nothing.
#[track_caller]
fn assert_usage_error(program: Program, says: &str, server: &Server) -> Output {
    let out = program.limit(PATIENCE).run();
    out.code(2).stdout_is_empty().stderr_has(says);
    assert!(out.stderr.starts_with("error: "), "{out}");
    assert!(out.stderr.lines().count() <= 8, "{out}");
    server.assert_untouched();
    out
}

#[test]
fn a_wrong_option_is_turned_down() {
    let server = Server::script(vec![order("Success")]);
    for (args, says) in [
        (&["--no-such-option"][..], "'--no-such-option'"),
        (&["stray"], "'stray'"),
        (
            &["--output", "bar"],
            "[possible values: auto, bars, plain, json, quiet]",
        ),
        (
            &["--color", "yes"],
            "[possible values: auto, always, never]",
        ),
        (
            &["--on-pause", "stop"],
            "[possible values: auto, wait, exit]",
        ),
        (
            &["--quiet", "--output", "json"],
            "'--quiet' cannot be used with '--output",
        ),
        (
            &["-q", "-o", "quiet"],
            "'--quiet' cannot be used with '--output",
        ),
        (&["--interval"], "'--interval <DURATION>'"),
        (&["--order", "1", "--pipeline"], "'--pipeline <ID|URL>'"),
        (&["--token", SECRET], "pass --token-file FILE"),
    ] {
        assert_usage_error(from_environment(&server).args(args), says, &server);
    }
}

#[test]
fn an_id_that_means_something_in_a_path_is_turned_down() {
    let server = Server::script(vec![order("Success")]);
    let long = "a".repeat(200);
    for id in ["a/b", "..", ".", "a b", "", "部署", "a?b", "a%2fb", &long] {
        for option in ["--pipeline", "--order", "--organization"] {
            let program = from_environment(&server).args([&format!("{option}={id}")]);
            let out = assert_usage_error(program, "letters, digits, - and _", &server);
            out.stderr_has(option);
        }
        let variables = [
            "YUNXIAO_PIPELINE_ID",
            "YUNXIAO_ORGANIZATION_ID",
            "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID",
        ];
        // An empty variable counts as not set.
        for variable in variables.into_iter().filter(|_| !id.is_empty()) {
            let program = with_order(&server).env("YUNXIAO_ORGANIZATION_ID", "");
            let out = assert_usage_error(program.env(variable, id), "letters, digits", &server);
            out.stderr_has(variable);
        }
    }
}

#[test]
fn a_duration_that_makes_no_sense_is_turned_down() {
    let server = Server::script(vec![order("Success")]);
    for (option, value, says) in [
        ("--interval", "9ms", "10ms"),
        ("--interval", "0s", "10ms"),
        ("--interval", "3", "500ms"),
        ("--interval", "fast", "500ms"),
        ("--interval", "", "500ms"),
        ("--interval", "-1s", "'--interval"),
        ("--timeout", "0s", "longer than 0"),
        ("--timeout", "10 parsecs", "500ms"),
        ("--stall-timeout", "0ms", "longer than 0"),
        ("--request-timeout", "0s", "longer than 0"),
        ("--max-offline", "5", "500ms"),
    ] {
        let program = with_order(&server).args([&format!("{option}={value}")]);
        assert_usage_error(program, says, &server).stderr_has(option);
    }
}

#[test]
fn what_is_missing_is_named_with_every_place_it_can_come_from() {
    let server = Server::script(vec![order("Success")]);
    let program = with_order(&server).env("YUNXIAO_PIPELINE_ID", "");
    let out = assert_usage_error(program, "--pipeline", &server);
    out.stderr_has("YUNXIAO_PIPELINE_ID");
    let program = with_order(&server).env("YUNXIAO_ACCESS_TOKEN", "");
    let out = assert_usage_error(program, "--token-file", &server);
    out.stderr_has("YUNXIAO_ACCESS_TOKEN")
        .stderr_has("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN");
}

#[test]
fn the_edition_and_the_organization_must_go_together() {
    let server = Server::script(vec![order("Success")]);
    let central = ("YUNXIAO_API_BASE_URL", "");
    let no_organization = ("YUNXIAO_ORGANIZATION_ID", "");
    for (environment, says) in [
        (&[central, no_organization][..], "--organization"),
        (&[central, ("YUNXIAO_EDITION", "region")], "--endpoint"),
        (
            &[no_organization, ("YUNXIAO_EDITION", "central")],
            "--organization",
        ),
        (&[("YUNXIAO_EDITION", "both")], "central or region"),
    ] {
        let program = with_order(&server).envs(environment);
        assert_usage_error(program, says, &server);
    }
    let spelled_out = "https://openapi-rdc.aliyuncs.com/";
    let program = with_order(&server).env("YUNXIAO_ORGANIZATION_ID", "");
    assert_usage_error(
        program.args(["--endpoint", spelled_out]),
        "--organization",
        &server,
    );
}

#[test]
fn an_endpoint_that_is_none_is_turned_down_and_not_repeated() {
    let server = Server::script(vec![order("Success")]);
    let url = server.url();
    let with_password = url.replace("//", "//someone:planted-password@");
    for (endpoint, says) in [
        ("openapi.example", "https://"),
        ("ftp://openapi.example", "https://"),
        ("https://", "https://"),
        (&with_password, "password"),
        (&url.replace("//", "//someone@"), "user"),
        (&format!("{url}/?key=planted-password"), "?"),
        (&format!("{url}/#planted-password"), "#"),
        ("http://192.0.2.1", "--allow-http"),
        ("http://openapi.example:8080/base", "--allow-http"),
    ] {
        let by_option = with_order(&server).args(["--endpoint", endpoint]);
        let by_variable = with_order(&server).env("YUNXIAO_API_BASE_URL", endpoint);
        for program in [by_option, by_variable] {
            assert_usage_error(program, says, &server).stderr_lacks("planted-password");
        }
    }
}

#[test]
fn a_token_that_cannot_be_one_is_turned_down_and_not_repeated() {
    let server = Server::script(vec![order("Success")]);
    let made_up = "pt-made-up";
    for (token, says) in [
        (None, "a-token"),
        (Some(""), "empty"),
        (Some(" \n\t\n"), "empty"),
        (Some("pt-made-up\nsecond-line"), "white space"),
        (Some("pt-made-up second"), "white space"),
        (Some("pt-made-up-令牌"), "characters that no token has"),
    ] {
        let mut program = with_order(&server).args(["--token-file", "a-token"]);
        if let Some(token) = token {
            program = program.file("a-token", token);
            let piped = with_order(&server).args(["--token-file", "-"]).stdin(token);
            assert_usage_error(piped, says, &server).stderr_lacks(made_up);
        }
        assert_usage_error(program, says, &server).stderr_lacks(made_up);
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            let program = with_order(&server).env("YUNXIAO_ACCESS_TOKEN", token);
            let out = assert_usage_error(program, says, &server);
            out.stderr_lacks(made_up).stderr_has("YUNXIAO_ACCESS_TOKEN");
        }
    }
    let directory = with_order(&server).args(["--token-file", "."]);
    assert_usage_error(directory, "token", &server);
}

#[test]
fn a_file_that_cannot_be_used_is_turned_down() {
    let server = Server::script(vec![order("Success")]);
    let https = server.url().replace("http://", "https://");
    for (args, says) in [
        (&["--events", "no-such-folder/events"][..], "--events"),
        (&["--events", "."], "--events"),
        (&["--cacert", "no-such-file"], "--cacert"),
        (&["--cacert", "junk", "--endpoint", &https], "--cacert"),
        (&["--cacert", "torn", "--endpoint", &https], "--cacert"),
        (&["--cacert", "nothing", "--endpoint", &https], "--cacert"),
    ] {
        let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let program = with_order(&server).file("junk", "no certificate\n");
        let program = program.file("torn", torn).file("nothing", "");
        assert_usage_error(program.args(args), says, &server);
    }
}

#[test]
fn completions_take_no_option_of_a_watch() {
    for args in [
        &["completions", "bash", "--once"][..],
        &["--once", "completions", "bash"],
        &["completions", "bash", "--interval", "1s"],
        &["--output", "json", "completions", "bash"],
        &["completions", "-q", "bash"],
        &["completions"],
        &["completions", "tcsh"],
    ] {
        let out = deploywatch(args).run();
        out.code(2).stdout_is_empty().stderr_has("error: ");
    }
}

#[test]
fn no_file_is_written_twice_or_over_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let link = folder.path().join("link");
    symlink(&file, &link).unwrap();
    let name = folder.path().file_name().unwrap();
    let roundabout = folder.path().join("..").join(name).join("file");
    let [file, link, roundabout] = [&file, &link, &roundabout].map(|path| path.to_str().unwrap());
    let task = "a".repeat(32);
    for (args, who) in [
        (
            &["demo", "--events", file, "--junit", file][..],
            "--events and --junit",
        ),
        (
            &["fsd", "--summary", file, "--capture", file],
            "--summary and --capture",
        ),
        (&["replay", file, "--events", file], "FILE and --events"),
        (
            &["replay", roundabout, "--events", file],
            "FILE and --events",
        ),
        (&["replay", link, "--junit", file], "FILE and --junit"),
        (
            &["fsd", "--cacert", roundabout, "--junit", file],
            "--cacert and --junit",
        ),
        (
            &["demo", "--cacert", link, "--events", file],
            "--cacert and --events",
        ),
        (
            &[
                "codearts",
                "--task",
                &task,
                "--region",
                "r",
                "--token-file",
                link,
                "--events",
                file,
            ],
            "--token-file and --events",
        ),
    ] {
        let out = deploywatch(args).run();
        out.code(2).stdout_is_empty();
        out.stderr_has(&format!("error: {who} are the same file, {file}\n"));
        assert_eq!(fs::read_to_string(file).unwrap(), "precious");
    }
    let list = "[[deploy]]\nprovider = \"fsd\"\n";
    fs::write(file, list).unwrap();
    let out = deploywatch(["all", file, "--junit", file]).run();
    out.code(2)
        .stderr_has("error: FILE and --junit are the same file");
    assert_eq!(fs::read_to_string(file).unwrap(), list);
}

#[test]
fn options_of_a_watch_stand_before_or_after_the_command() {
    for (before, after) in [
        (&["--interval", "30ms", "-o", "json"][..], &["--once"][..]),
        (&["--once"], &["-i", "30ms", "--output", "json"]),
        (&["-ojson", "-i30ms", "--once"], &[]),
        (&[], &["--output=json", "--interval=30ms", "--once"]),
    ] {
        let server = Server::script(vec![order("Running")]);
        let given = [
            before,
            &["yunxiao", "--pipeline", "123", "--order", "1111"],
            &["--endpoint", &server.url()],
            after,
        ];
        let program = deploywatch(given.concat()).env("YUNXIAO_ACCESS_TOKEN", SECRET);
        let out = program.run();
        out.code(7).stderr_is_empty();
        assert_eq!(out.events()[0]["interval_ms"], 30, "{out}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn without_a_command_the_help_comes_as_an_error() {
    let out = deploywatch::<&str>([]).run();
    out.code(2).stdout_is_empty();
    out.stderr_has("Usage: deploywatch").stderr_has("yunxiao");
    deploywatch(["no-such-command"])
        .run()
        .code(2)
        .stdout_is_empty();
}

#[test]
fn the_version_is_the_packages() {
    for option in ["--version", "-V"] {
        let out = deploywatch([option]).run();
        out.code(0).stderr_is_empty();
        let start = concat!("deploywatch ", env!("CARGO_PKG_VERSION"), " (");
        let details = out.stdout.strip_prefix(start).unwrap_or_default();
        let details = details.strip_suffix(")\n").expect("a commit, and a target");
        let (commit, target) = details.rsplit_once(' ').unwrap_or(("0", details));
        assert!(commit.chars().all(|c| c.is_ascii_hexdigit()), "{out}");
        assert!(target.contains(std::env::consts::ARCH), "{out}");
    }
}

/// Every way to ask for the help of a command; the root where there is none.
fn helps(command: Option<&str>) -> Vec<Output> {
    let ask = |asked: &[&str]| deploywatch(asked).run();
    let named: Vec<_> = command.into_iter().collect();
    vec![
        ask(&[&named[..], &["--help"]].concat()),
        ask(&[&named[..], &["-h"]].concat()),
        ask(&[&["help"], &named[..]].concat()),
    ]
}

#[test]
fn help_is_a_result_and_no_error() {
    for command in [None, Some("yunxiao"), Some("demo"), Some("completions")] {
        for out in helps(command) {
            out.code(0)
                .stderr_is_empty()
                .stdout_has("Usage: deploywatch");
        }
    }
}

#[test]
fn the_help_of_the_root_says_that_a_command_is_needed() {
    let out = deploywatch(["--help"]).run();
    out.stdout_has("Usage: deploywatch [OPTIONS] <COMMAND>\n");
    for command in ["yunxiao ", "demo ", "completions "] {
        out.stdout_has(&format!("\n  {command}"));
    }
}

#[test]
fn the_help_of_a_watch_names_defaults_and_ends_with_the_exit_codes() {
    for command in [None, Some("yunxiao"), Some("demo")] {
        for option in ["--help"] {
            let out = deploywatch(command.into_iter().chain([option])).run();
            let words = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            for default in ["3s", "5m", "30s"] {
                assert!(words.contains(&format!("[default: {default}")), "{out}");
            }
            for named in [
                "--interval <DURATION>",
                "--max-offline",
                "NO_COLOR",
                "CLICOLOR_FORCE",
            ] {
                assert!(words.contains(named), "{named}\n{out}");
            }
            let (_, codes) = words.split_once("Exit codes:").unwrap_or_default();
            let mut rest = codes;
            for row in [
                "0 succeeded",
                "1 failed",
                "2 -",
                "3 cancelled",
                "4 paused",
                "5 refused",
                "6 lost",
                "7 running",
                "124 timed_out",
                "130 interrupted",
                "143 interrupted",
            ] {
                let place = rest.find(row).unwrap_or_else(|| panic!("{row}\n{out}"));
                rest = &rest[place + row.len()..];
            }
            assert!(rest.len() < 60, "the exit codes come last\n{out}");
        }
    }
}

#[test]
fn the_help_of_yunxiao_names_every_variable() {
    for option in ["--help"] {
        let out = deploywatch(["yunxiao", option]).run();
        for named in [
            "YUNXIAO_ACCESS_TOKEN",
            "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN",
            "YUNXIAO_API_BASE_URL",
            "YUNXIAO_ORGANIZATION_ID",
            "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID",
            "YUNXIAO_PIPELINE_ID",
            "YUNXIAO_EDITION",
            "https://openapi-rdc.aliyuncs.com",
        ] {
            out.stdout_has(named);
        }
    }
}

#[test]
fn ids_and_the_endpoint_make_the_url_and_an_option_beats_the_environment() {
    let central = "/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111";
    let region = "/oapi/v1/flow/pipelines/123/deploy/1111";
    let second = "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID";
    for (args, environment, path) in [
        (&[][..], &[][..], central),
        (&[], &[("YUNXIAO_EDITION", "central")], central),
        (&[], &[("YUNXIAO_EDITION", "region")], region),
        (
            &["--organization", "org-1"],
            &[("YUNXIAO_EDITION", "region")],
            region,
        ),
        (&[], &[("YUNXIAO_ORGANIZATION_ID", "")], region),
        (&[], &[(second, "org-2")], central),
        (
            &[],
            &[("YUNXIAO_ORGANIZATION_ID", ""), (second, "org-1")],
            central,
        ),
        (
            &["--organization", "org-1"],
            &[("YUNXIAO_ORGANIZATION_ID", "org-2")],
            central,
        ),
        (
            &["--pipeline", "123"],
            &[("YUNXIAO_PIPELINE_ID", "456")],
            central,
        ),
        (
            &["--pipeline", "123"],
            &[("YUNXIAO_PIPELINE_ID", "a/b")],
            central,
        ),
    ] {
        let server = Server::script(vec![order("Success")]);
        let program = with_order(&server).args(args).envs(environment);
        program.run().code(0).stderr_is_empty();
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!((&*requests[0].method, &*requests[0].target), ("GET", path));
        assert_eq!(requests[0].header("x-yunxiao-token"), Some(SECRET));
    }
}

#[test]
fn an_endpoint_may_have_a_path_and_a_slash_at_its_end() {
    for (base, path) in [("/", ""), ("/base", "/base"), ("/base/", "/base")] {
        let server = Server::script(vec![order("Success")]);
        let endpoint = format!("{}{base}", server.url());
        let program = with_order(&server).env("YUNXIAO_API_BASE_URL", "http://192.0.2.1");
        program.args(["--endpoint", &endpoint]).run().code(0);
        let path = format!("{path}/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111");
        assert_eq!(server.requests()[0].target, path);
    }
}

#[test]
fn a_token_comes_from_a_file_from_stdin_or_from_the_environment() {
    let (first, second) = ("YUNXIAO_ACCESS_TOKEN", "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN");
    let other = ("--token-file", "pt-other");
    let table: [(&dyn Fn(Program) -> Program, &str); 7] = [
        (&|program| program, "first"),
        (&|program| program.env(second, "second"), "first"),
        (
            &|program| program.env(first, "").env(second, "second"),
            "second",
        ),
        (&|program| program.env(first, "  first\n"), "first"),
        (
            &|program| program.args([other.0, "a"]).file("a", other.1),
            other.1,
        ),
        (
            &|program| program.args([other.0, "a"]).file("a", " pt-other\r\n"),
            other.1,
        ),
        (
            &|program| program.args([other.0, "-"]).stdin("pt-other\n"),
            other.1,
        ),
    ];
    for (prepare, token) in table {
        let server = Server::script(vec![order("Success")]);
        prepare(with_order(&server).env(first, "first"))
            .run()
            .code(0);
        assert_eq!(server.requests()[0].header("x-yunxiao-token"), Some(token));
    }
}

/// A server that takes the second token only; what is in `file` is `then` from the first refusal on.
fn rotating(before: Vec<Reply>, file: &std::path::Path, then: &'static str) -> Server {
    fs::write(file, "pt-first").unwrap();
    let file = file.to_owned();
    Server::start(move |request, n| {
        if n < before.len() {
            return before[n].clone();
        }
        if request.header("x-yunxiao-token") == Some("pt-second") {
            return order("Success");
        }
        fs::write(&file, then).unwrap();
        Reply::status(
            401,
            r#"{"errorCode":"ExpiredTokenError","errorMessage":"expired"}"#,
        )
    })
}

#[test]
fn a_token_file_that_has_changed_is_read_again_after_a_401() {
    let running = || order_with("Running", &[("a", "Running")]);
    for (before, then, code, requests) in [
        (vec![], "pt-second\n", 0, 2),
        (vec![running()], "pt-second", 0, 3),
        // Unchanged, gone bad, or changed to another one that is turned down: refused.
        (vec![], "pt-first\n", 5, 1),
        (vec![running()], "pt-first", 5, 2),
        (vec![], "", 5, 1),
        (vec![], "pt-third", 5, 2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let server = rotating(before, &file, then);
        let out = yunxiao(&server)
            .args(["--token-file".as_ref(), file.as_os_str()])
            .run();
        out.code(code).stdout_lacks("pt-");
        assert_eq!(server.requests().len(), requests, "{then:?}\n{out}");
    }
}

#[test]
fn a_token_from_stdin_or_the_environment_is_not_read_again() {
    let refusal = || Reply::status(401, r#"{"errorCode":"Unauthorized"}"#);
    for args in [&["--token-file", "-"][..], &[]] {
        let server = Server::script(vec![refusal()]);
        yunxiao(&server).args(args).stdin(SECRET).run().code(5);
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn the_proxy_of_the_environment_is_honoured() {
    let path = "/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111";
    for variable in ["HTTP_PROXY", "http_proxy"] {
        let proxy = Server::script(vec![order("Success")]);
        let program = with_order(&proxy).env(variable, proxy.url());
        let program = program.args(["--endpoint", "http://192.0.2.1:8080", "--allow-http"]);
        program.run().code(0);
        let target = format!("http://192.0.2.1:8080{path}");
        assert_eq!(proxy.requests()[0].target, target);
        assert_eq!(proxy.requests()[0].header("proxy-authorization"), None);

        let proxy = Server::script(vec![order("Success")]);
        let login = proxy.url().replace("://", "://user:p%40ss@");
        let program = with_order(&proxy).env(variable, login);
        let program = program.args(["--endpoint", "http://192.0.2.1:8080", "--allow-http"]);
        program.run().code(0);
        let login = proxy.requests()[0]
            .header("proxy-authorization")
            .map(str::to_owned);
        assert_eq!(login.as_deref(), Some("Basic dXNlcjpwQHNz"));
    }

    let proxy = Server::script(vec![Reply::status(502, "")]);
    let program = with_order(&proxy).env("HTTPS_PROXY", proxy.url());
    let out = program
        .args(["--endpoint", "https://192.0.2.1", "--once"])
        .run();
    out.code(6);
    let request = &proxy.requests()[0];
    assert_eq!(
        (&*request.method, &*request.target),
        ("CONNECT", "192.0.2.1:443")
    );
    assert_eq!(
        request.header("x-yunxiao-token"),
        None,
        "the proxy sees no secret"
    );

    let (proxy, server) = (
        Server::script(vec![Reply::empty()]),
        Server::script(vec![order("Success")]),
    );
    let program = with_order(&server).env("HTTP_PROXY", proxy.url());
    program.env("NO_PROXY", "127.0.0.1").run().code(0);
    proxy.assert_untouched();
}

#[test]
fn a_proxy_elsewhere_gets_no_secret_over_plain_http() {
    let server = Server::script(vec![order("Success")]);
    let proxied = |variable: &str| with_order(&server).env(variable, "http://192.0.2.9:3128");
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        proxied(variable).run().code(2).stderr_has("NO_PROXY");
        let program = proxied(variable).env("NO_PROXY", "192.0.2.1, 127.0.0.0/8");
        program.run().code(0);
    }
    proxied("HTTPS_PROXY").run().code(0);
    for (proxy, advice) in [
        ("https://192.0.2.9:3128", "put 127.0.0.1 into NO_PROXY"),
        ("http://xn--a:3128", "HTTP_PROXY is not the URL of a proxy"),
    ] {
        let program = with_order(&server).env("HTTP_PROXY", proxy);
        program.run().code(2).stderr_has(advice);
    }
    let program = proxied("HTTP_PROXY").args(["--endpoint", "http://[::1]:9"]);
    program.run().code(2).stderr_has("put ::1 into NO_PROXY");
    let out = proxied("HTTP_PROXY")
        .args(["--allow-http", "--request-timeout", "50ms", "--once"])
        .run();
    out.code(6);
    assert_eq!(server.requests().len(), 4);
}
