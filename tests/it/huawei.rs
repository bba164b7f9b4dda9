//! Huawei Cloud: what codearts and servicestage share: who asks, where, and what an error means.

use std::fmt::Write;
use std::fs;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::support::{Output, Program, Reply, SECRET, Server, deploywatch};

const CODEARTS: &str = include_str!("../fixtures/codearts.response.json");
const SERVICESTAGE: &str = include_str!("../fixtures/servicestage.response.json");

/// The two commands, with all they need but a place and credentials.
const COMMANDS: [&[&str]; 2] = [
    &["codearts", "--task", "e700f15965694253940502911220d76b"],
    &[
        "servicestage",
        "--project",
        "0605768a3300d5762f8ac0186b5a2b0c",
        "--release",
        "716eda33-dbc6-47f3-953f-29119edd5e5c",
    ],
];

/// The two commands, asking this server.
fn commands(server: &Server) -> [Program; 2] {
    COMMANDS.map(|command| {
        deploywatch(command)
            .args(["--endpoint", &server.url(), "--interval", "20ms"])
            .args(["--max-offline", "0s"])
    })
}

/// A server for both commands, on which both have succeeded.
fn succeeded() -> Server {
    Server::start(|request, _| success(&request.target))
}

/// The response at a path where both have succeeded.
fn success(target: &str) -> Reply {
    let path = target.split('?').next().unwrap_or_default();
    match path.rsplit('/').next() {
        Some("state") => Reply::json(CODEARTS),
        Some("deploy-info") => Reply::json(SERVICESTAGE),
        _ => Reply::json(r#"{"status":"SUCCESS"}"#),
    }
}

/// The program says one sentence and sends nothing.
#[track_caller]
fn assert_usage_error(program: Program, server: &Server) -> Output {
    let out = program.run();
    out.code(2).stdout_is_empty();
    assert!(out.stderr.starts_with("error: "), "{out}");
    server.assert_untouched();
    out
}

#[test]
fn missing_credentials_name_every_place_looked_at() {
    let server = succeeded();
    for program in commands(&server) {
        let program = program.envs(&[("HW_AUTH_TOKEN", ""), ("HW_ACCESS_KEY", "a")]);
        let out = assert_usage_error(program, &server);
        for place in [
            "--token-file FILE",
            "HW_AUTH_TOKEN",
            "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
            "HW_ACCESS_KEY and HW_SECRET_KEY",
            "HW_ACCESS_KEY is set, HW_SECRET_KEY is not",
        ] {
            out.stderr_has(place);
        }
    }
}

#[test]
fn the_place_is_a_region_or_an_endpoint() {
    let server = succeeded();
    let url = server.url();
    for (args, environment, says) in [
        (&[][..], "", "--region NAME, or set HW_REGION_NAME"),
        (&[], "cn north", "HW_REGION_NAME: a region is letters"),
        (&["--region", "cn/north"], "", "a region is letters"),
        (&["--region", ""], "", "a region is letters"),
        (&["--region", "a.example"], "", "a region is letters"),
        (
            &["--region", "cn-north-4", "--endpoint", &url],
            "",
            "cannot be used with",
        ),
        (
            &["--endpoint", "http://192.0.2.1"],
            "cn-north-4",
            "--allow-http",
        ),
        (&["--endpoint", "example.com"], "", "https://"),
    ] {
        for command in COMMANDS {
            let program = deploywatch(command).args(args);
            let program = program.envs(&[("HW_REGION_NAME", environment), ("HW_AUTH_TOKEN", "t")]);
            assert_usage_error(program, &server).stderr_has(says);
        }
    }
}

#[test]
fn a_region_makes_the_endpoint() {
    for (args, environment) in [
        (&["--region", "cn-north-4"][..], "cn-south-1"),
        (&[], "cn-north-4"),
    ] {
        for (command, service) in COMMANDS
            .into_iter()
            .zip(["codearts-deploy", "servicestage"])
        {
            let proxy = Server::script(vec![Reply::status(502, "")]);
            let program = deploywatch(command).args(args).args(["--once"]).envs(&[
                ("HW_REGION_NAME", environment),
                ("HW_AUTH_TOKEN", SECRET),
                ("HTTPS_PROXY", &proxy.url()),
            ]);
            program.run().code(6);
            let target = format!("{service}.cn-north-4.myhuaweicloud.com:443");
            assert_eq!(proxy.requests()[0].target, target);
        }
    }
}

#[test]
fn an_endpoint_beats_the_region_of_the_environment() {
    let server = succeeded();
    for program in commands(&server) {
        let program = program.envs(&[("HW_REGION_NAME", "cn-north-4"), ("HW_AUTH_TOKEN", SECRET)]);
        program.run().code(0);
    }
}

#[test]
fn a_token_comes_from_a_file_from_stdin_or_from_the_environment() {
    let file = ["--token-file", "a-token"];
    let table: [&dyn Fn(Program) -> Program; 3] = [
        &|program| program.env("HW_AUTH_TOKEN", format!(" {SECRET}\n")),
        &|program| program.args(file).file("a-token", SECRET),
        &|program| program.args(["--token-file", "-"]).stdin(SECRET),
    ];
    for prepare in table {
        let server = succeeded();
        for program in commands(&server) {
            // Keys are there as well: a token beats them.
            let keys = [("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", "made-up")];
            prepare(program.envs(&keys)).args(["-v"]).run().code(0);
        }
        for request in server.requests() {
            assert_eq!(request.header("x-auth-token"), Some(SECRET));
            assert_eq!(request.header("authorization"), None);
            let content_type = match request.target.starts_with("/v2/") {
                true => "application/json",
                false => "application/json;charset=utf8",
            };
            assert_eq!(request.header("content-type"), Some(content_type));
        }
    }
}

#[test]
fn a_token_of_20_000_characters_is_sent_whole() {
    let server = succeeded();
    let token = "t".repeat(20_000);
    for program in commands(&server) {
        program.env("HW_AUTH_TOKEN", &token).run().code(0);
    }
    assert_eq!(server.requests()[0].header("x-auth-token"), Some(&*token));
}

#[test]
fn a_token_file_that_has_changed_is_read_again_after_a_401() {
    for (then, code) in [("second\n", 0), ("first", 5)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let (changing, then) = (file.clone(), then.to_owned());
        let server = Server::start(move |request, _| {
            if request.header("x-auth-token") == Some("second") {
                return success(&request.target);
            }
            fs::write(&changing, &then).unwrap();
            let body = r#"{"error_code":"APIGW.0301","error_msg":"The token must be updated"}"#;
            Reply::status(401, body)
        });
        for program in commands(&server) {
            fs::write(&file, "first").unwrap();
            let out = program
                .args(["--token-file".as_ref(), file.as_os_str()])
                .run();
            out.code(code);
            let refused = out.stdout.contains("APIGW.0301 The token must be updated");
            assert_eq!(refused, code == 5, "{out}");
            let advised = out.stdout.contains("a token is valid for 24 hours");
            assert_eq!(advised, code == 5, "{out}");
            let named = out.stdout.contains("in the file of --token-file");
            assert_eq!(named, code == 5, "{out}");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn a_request_is_signed_with_keys() {
    let sdk = [
        ("HUAWEICLOUD_SDK_AK", "EXAMPLEACCESSKEY0001"),
        ("HUAWEICLOUD_SDK_SK", SECRET),
    ];
    let hw = [
        ("HW_ACCESS_KEY", "EXAMPLEACCESSKEY0001"),
        ("HW_SECRET_KEY", SECRET),
        ("HW_SECURITY_TOKEN", "made-up/+=="),
        ("HW_PROJECT_ID", "made-up-project"),
    ];
    for keys in [&sdk[..], &hw] {
        let temporary = keys.len() > 2;
        let server = succeeded();
        for command in COMMANDS {
            let base = format!("{}/base/", server.url());
            let program = deploywatch(command).args(["--endpoint", &base, "-v", "-i", "20ms"]);
            program.envs(keys).run().code(0);
        }
        let requests = server.requests();
        // Of codearts one with a query, of servicestage two.
        assert_eq!(requests.len(), 3);
        for request in requests {
            let header = |name: &str| request.header(name).unwrap_or_default();
            let authorization = header("authorization");
            let named = authorization.split_once("SignedHeaders=").unwrap().1;
            let (names, signature) = named.split_once(", Signature=").unwrap();
            let of_project = !request.target.contains("/v2/") || temporary;
            let mut expected = vec!["content-type", "host"];
            expected.extend(of_project.then_some("x-project-id"));
            expected.push("x-sdk-date");
            expected.extend(temporary.then_some("x-security-token"));
            assert_eq!(names, expected.join(";"));
            assert_eq!(header("x-auth-token"), "");
            assert_eq!(format!("http://{}", header("host")), server.url());
            let date = header("x-sdk-date");
            assert!(date.len() == 16 && date.ends_with('Z'), "{date}");

            // The paths and queries of these requests hold nothing that is encoded.
            let (path, query) = request
                .target
                .split_once('?')
                .unwrap_or((&request.target, ""));
            let headers = names
                .split(';')
                .map(|name| format!("{name}:{}\n", header(name)));
            let headers: String = headers.collect();
            let nothing = hex(&Sha256::digest(b""));
            let canonical = format!("GET\n{path}/\n{query}\n{headers}\n{names}\n{nothing}");
            let hash = hex(&Sha256::digest(canonical));
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.update(format!("SDK-HMAC-SHA256\n{date}\n{hash}").as_bytes());
            assert_eq!(signature, hex(&mac.finalize().into_bytes()));
            let begins = "SDK-HMAC-SHA256 Access=EXAMPLEACCESSKEY0001, SignedHeaders=";
            assert!(authorization.starts_with(begins), "{authorization}");
        }
    }
}

#[test]
fn a_clock_that_is_off_is_named_where_a_request_is_refused() {
    let now = SystemTime::now();
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes + 30);
    for (date, says) in [
        (
            now - minutes(180),
            Some("clock is 3h 00m ahead of the server's"),
        ),
        (now + minutes(20), Some("clock is 20m")),
        (now + minutes(10), None),
    ] {
        for status in [401, 403] {
            let body = r#"{"error_code":"APIGW.0301","error_msg":"no"}"#;
            let refusal = Reply::status(status, body);
            let date = httpdate::fmt_http_date(date);
            let server = Server::script(vec![refusal.header("Date", &date)]);
            for program in commands(&server) {
                let keys = [("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", SECRET)];
                let out = program.envs(&keys).run();
                out.code(5).stdout_has(&format!("HTTP {status}"));
                match says {
                    Some(says) => out.stdout_has(says),
                    None => out.stdout_lacks("server's"),
                };
            }
            // A token says nothing about the time.
            for program in commands(&server) {
                let out = program.env("HW_AUTH_TOKEN", SECRET).run();
                out.code(5).stdout_lacks("clock");
            }
        }
    }
}

#[test]
fn a_signed_request_that_is_refused_is_about_the_keys_and_the_clock() {
    let body =
        r#"{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}"#;
    let server = Server::script(vec![Reply::status(401, body)]);
    for program in commands(&server) {
        let keys = [("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", SECRET)];
        let out = program.envs(&keys).run();
        out.code(5)
            .stdout_has("check the access key")
            .stdout_has("this machine's clock")
            .stdout_lacks("24 hours");
    }
}

#[test]
fn each_error_shape_is_shown_with_its_code_and_message() {
    for (body, words) in [
        (
            r#"{"error":{"code":"Deploy.00011020","message":"no such task"},"status":"failed"}"#,
            "Deploy.00011020 no such task",
        ),
        (
            r#"{"error_code":"Deploy.00011154","error_msg":"no permission"}"#,
            "Deploy.00011154 no permission",
        ),
        (
            r#"{"error_code":"APIGW.0308","error_msg":"throttled","request_id":"body-1"}"#,
            "APIGW.0308 throttled (request body-1)",
        ),
        (
            r#"{"error_code":"SVCSTG.00100433","error_message":"none","detail":"no plan"}"#,
            "SVCSTG.00100433 none no plan",
        ),
        (
            r#"{"errorCode":"SVCSTG.00100433","errorMessage":"none","detail":"no plan"}"#,
            "SVCSTG.00100433 none no plan",
        ),
    ] {
        // Under 200 it is no progress either: a failed poll.
        for (status, code) in [(400, 5), (403, 5), (404, 5), (429, 6), (503, 6), (200, 6)] {
            let server = Server::script(vec![Reply::status(status, body)]);
            for program in commands(&server) {
                let out = program.env("HW_AUTH_TOKEN", SECRET).run();
                out.code(code).stdout_has(words);
            }
        }
    }
}

#[test]
fn the_number_that_support_asks_for_is_shown() {
    for (status, code) in [(404, 5), (200, 6)] {
        let body = r#"{"error_code":"E1","error_msg":"no"}"#;
        let reply = Reply::status(status, body).header("X-Request-Id", "number-1");
        let server = Server::script(vec![reply]);
        for program in commands(&server) {
            let out = program.env("HW_AUTH_TOKEN", SECRET).run();
            out.code(code).stdout_has("E1 no (request number-1)");
        }
    }
}
