//! Hostile text, in every field of every provider and in every mode: nothing of it reaches the
//! terminal, no CI runner obeys it, and JSON stays JSON.

use serde_json::{Value, json};

use crate::support::{Program, Reply, Screen, Server, events, watches};

/// Everything that means something somewhere: a terminal, a CI runner, a reader's eye.
pub(crate) fn hostile() -> String {
    let marks = "\u{200b}".repeat(50) + &"\u{301}".repeat(50);
    let text = "\u{1b}[2J\u{1b}[31m\u{1b}]0;title\u{7}\u{1b}P1$r\u{1b}\\\u{1b}c\u{9b}31m\u{90}q\u{9c}\
        \u{0}\u{8}\u{7f}\u{85}\u{ad}\u{feff}\u{202e}\u{2066}live\u{2069}\u{e0041}\
        \r\n::error::owned\n::stop-commands::x\n##[error]owned\n##vso[task.complete]owned\n\
        ##teamcity[buildStop]\n\u{fff0}\u{fff8}\u{1bca0}\u{1d173}\u{34f}\u{3164}\
        section_start:1:owned[collapsed=true]\r\u{1b}[0Kowned\nsection_end:1:owned\r\u{1b}[0K\
        \u{2028}::error::owned\u{2029}</testsuite><!--]]>";
    format!("{text}{marks}{}", "A".repeat(1 << 16))
}

/// Characters that no output may hold, beside the end of a line.
fn is_harmless(c: char) -> bool {
    let hidden = |c: char| {
        matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    c == '\n' || !c.is_control() && !hidden(c)
}

/// The answer of a provider in which every text is hostile: to a request for `target`, at this
/// poll. First it goes on, then it has failed.
fn answer(provider: &str, target: &str, ended: bool) -> Value {
    let text = hostile();
    let text = text.as_str();
    match provider {
        "yunxiao" if target.ends_with("/log") => json!({"deployLog": format!("{text}\n{text}")}),
        "yunxiao" => json!({
            "status": if ended { "Failed" } else { text },
            "creator": text,
            "exceptionCode": text,
            "deployMachineInfo": {"deployMachines": [
                {"machineSn": text, "ip": text, "status": text, "clientStatus": text},
                {"machineSn": "sn", "ip": text, "status": "Failed", "clientStatus": "error"},
            ]},
        }),
        "codearts" => json!({
            "status": "success",
            "result": {
                "status": if ended { "failed" } else { text },
                "step": text, "task_name": text, "executor": text,
                "record_id": "2c82ffe8d00d4968a4e5f7a36d87ae17",
                "step_state": [{"id": text, "name": text, "enable": "true", "elapsed_time": text}],
            },
        }),
        "servicestage" if target.contains("/jobs/") => json!({
            "tasks": [{"task_name": text, "task_status": "FAILED", "messages": [text, {"a": text}]}],
        }),
        "servicestage" if !target.ends_with("/deploy-info") => json!({
            "id": "r", "name": text, "status": if ended { "FAILED" } else { text },
            "fail_strategy": text, "components": [{"component_id": text, "name": text}],
        }),
        "servicestage" => json!({
            "id": "r",
            "components": [
                {"id": text, "name": text, "seq": 1, "status": text, "job_status": text,
                 "fail_message": text},
                {"id": "b", "name": text, "seq": 1, "job_id": "j", "job_status": "FAILED",
                 "fail_message": text},
                {"id": "c", "name": "c", "job_status": "SUCCEEDED", "rollback_job_id": "k",
                 "rollback_job_status": "FAILED", "rollback_fail_message": text},
            ],
        }),
        "mrs" => json!({
            "id": text,
            "state": if ended { "FAILED" } else { text },
            "error_code": text, "error_description": text, "total_progress": text,
            "res_obj": {
                "step_list": [{"name": text, "description": text}, {"name": text}],
                "fail_entity_list": [{"fail_entity": text, "operation_type": text}],
                "total_step_size": text,
            },
        }),
        _ => json!({
            "code": 0, "message": text, "path": text,
            "data": {
                "isEnd": ended, "key": text, "uuId": text,
                "processList": [{"zh": text, "en": text, "result": true}, {"zh": "b", "en": text}],
                "nowList": [
                    {"zh": text, "en": text, "message": text, "result": if ended { json!(false) } else { json!(true) }},
                ],
            },
        }),
    }
}

/// An error in the words of every provider at once, megabytes long.
fn error() -> String {
    let text = hostile() + &"B".repeat(1 << 20);
    let text = text.as_str();
    json!({
        "errorCode": "E", "errorMessage": text, "requestId": "\u{1b}[2J",
        "error_code": "\u{9b}2J", "error_msg": text, "request_id": "\n::error::owned",
        "error": {"code": text}, "detail": "##[error]",
        "error_description": text,
        "message": {"key": text}, "code": text,
    })
    .to_string()
}

/// Goes on, breaks down twice, and fails; whatever it says is hostile.
fn server(provider: &'static str) -> Server {
    let mut polls = 0;
    Server::start(move |request, _| {
        let target = request.target.as_str();
        let is_poll = match provider {
            "yunxiao" => !target.ends_with("/log"),
            "servicestage" => target.ends_with("/deploy-info"),
            _ => true,
        };
        polls += usize::from(is_poll);
        match polls {
            2 if is_poll => Reply::status(503, error()),
            3 if is_poll => Reply::json(error()),
            // A long answer comes in pieces, which end where they end.
            polls => Reply::chunked(answer(provider, target, polls > 3).to_string()),
        }
    })
}

fn watch(provider: &str, url: &str) -> Program {
    let watches = watches(url).into_iter();
    let mut mine = watches.filter(|(name, _)| *name == provider);
    mine.next().unwrap().1.args(["--interval", "10ms", "-v"])
}

const PROVIDERS: [&str; 5] = ["yunxiao", "codearts", "servicestage", "mrs", "fsd"];

/// No character in it does anything, and no field in it is as long as it came.
#[track_caller]
pub(crate) fn assert_printable(what: &str, text: &str) {
    if let Some(at) = text.find(|c| !is_harmless(c)) {
        let from = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let to = text[at..].chars().next().unwrap().len_utf8() + at;
        panic!("in {what}: {:?}", &text[from..to]);
    }
    let longest = text.lines().map(str::len).max().unwrap_or(0);
    assert!(longest < 1 << 16, "{what}: a line of {longest} bytes");
    for mark in ["##[", "##vso[", "##teamcity["] {
        assert!(!text.contains(mark), "{what} has {mark}");
    }
}

/// The same, and no line is a command to who runs the program.
#[track_caller]
pub(crate) fn assert_harmless(what: &str, text: &str) {
    assert_printable(what, text);
    for line in text.lines().map(str::trim_start) {
        // What GitHub is told is told by the program.
        let own = line.starts_with("::error title=");
        assert!(own || !line.starts_with("::"), "{what}: {line}");
        assert!(!line.starts_with("section_"), "{what}: {line}");
    }
}

#[test]
fn nothing_of_it_reaches_an_output_or_a_file() {
    let files = [
        "--events",
        "events",
        "--junit",
        "junit.xml",
        "--summary",
        "summary.md",
        "--timeline",
        "timeline.html",
    ];
    for provider in PROVIDERS {
        for (mode, runner) in [
            ("plain", "NONE"),
            ("plain", "GITHUB_ACTIONS"),
            ("json", "GITHUB_ACTIONS"),
            ("quiet", "TF_BUILD"),
        ] {
            let server = server(provider);
            let program = watch(provider, &server.url())
                .env(runner, "true")
                .env("NO_COLOR", "1");
            let out = program.args(["-o", mode]).args(files).run();
            assert_eq!(out.code, 1, "{provider} {mode}\n{}", out.stderr);
            let name = |what| format!("{what} of {provider} {mode} {runner}");
            assert_harmless(&name("stdout"), &out.stdout);
            assert_harmless(&name("stderr"), &out.stderr);
            for file in ["events", "junit.xml", "summary.md", "timeline.html"] {
                assert_printable(&name(file), &out.file(file));
            }
            // The stream is one of events, and the last of them is ours.
            assert_eq!(events(&out.file("events")).last().unwrap()["exit_code"], 1);
            if mode == "json" {
                assert_eq!(out.finished()["verdict"], "failed");
            }
            roxmltree::Document::parse(&out.file("junit.xml")).unwrap();
        }
    }
}

#[test]
fn gitlab_sees_no_sections_but_ours() {
    const CLEAR: &str = "\u{1b}[0K";
    for provider in PROVIDERS {
        let server = server(provider);
        let out = watch(provider, &server.url())
            .env("GITLAB_CI", "true")
            .env("NO_COLOR", "1")
            .run();
        out.code(1);
        for line in out.stdout.lines() {
            // A section begins and ends with a line of its own, marked like this.
            let rest = match line.strip_prefix(CLEAR) {
                Some(marker) => {
                    let (own, header) = marker.split_once(&format!("\r{CLEAR}")).unwrap();
                    assert!(
                        own.starts_with("section_") && !own.contains("owned"),
                        "{line}"
                    );
                    header
                }
                None => line,
            };
            assert_harmless(provider, rest);
        }
    }
}

#[test]
fn nothing_of_it_acts_on_a_terminal() {
    for provider in PROVIDERS {
        let server = server(provider);
        let mut screen = Screen::spawn(watch(provider, &server.url()), 30, 100);
        assert_eq!(screen.wait_exit(), 1, "{provider}\n{}", screen.contents());
        screen.assert_left_clean();
        let raw = String::from_utf8(screen.raw()).unwrap();
        assert_harmless(provider, &without_own_sequences(&raw));
    }
}

/// A terminal's text without the sequences that the bars are drawn with: moves of
/// the cursor within the picture, cleared rows, colours, and synchronised updates.
fn without_own_sequences(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "");
    let mut parts = raw.split("\u{1b}[");
    let mut left = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_digit() && !";?".contains(c))
            .unwrap();
        let (numbers, rest) = part.split_at(end);
        let own = match rest.chars().next().unwrap() {
            'A' | 'B' | 'C' | 'D' | 'm' => true,
            'K' => numbers == "2",
            'h' | 'l' => numbers == "?2026",
            _ => false,
        };
        assert!(own, "not ours: {:?}", &part[..end + 1]);
        left.push_str(&rest[1..]);
    }
    left
}

#[test]
fn the_place_that_a_redirect_points_to_is_text_too() {
    for location in [
        "https://h/##[error]x\u{202e}y".to_owned(),
        "::error::x".to_owned(),
        format!("https://h/{}", "A".repeat(100_000)),
    ] {
        let server = Server::script(vec![Reply::redirect(&location)]);
        for provider in PROVIDERS {
            let out = watch(provider, &server.url()).run();
            assert!(
                out.code == 5 || out.code == 6 || out.code == 124,
                "{}",
                out.code
            );
            assert_harmless(provider, &out.stdout);
            assert_harmless(provider, &out.stderr);
        }
    }
}
