//! A success that nobody said, and a failure or a success that is lost in decoration: what the field showed,
//! row by row. The rules behind the rows, and what else they must hold for, are in each provider's own file:
//! `yunxiao`, `pipeline`, `codearts`, `servicestage`, `mrs`, `mrs_sign_in` and `fsd`; what is only shown of any
//! of them is in `reading`.

use serde_json::{Value, json};

use crate::support::{Program, Reply, Server, watches};

/// The replies to the requests whose path ends with a word, the last one for ever.
type Script = Vec<(&'static str, Vec<Reply>)>;

/// The observations, and the right exit code.
struct Row {
    name: &'static str,
    provider: &'static str,
    args: &'static [&'static str],
    script: Script,
    code: i32,
}

fn serve(script: Script) -> Server {
    let mut script: Vec<_> = script
        .into_iter()
        .map(|(end, replies)| (end, replies, 0))
        .collect();
    Server::start(move |request, _| {
        let path = request.target.split('?').next().unwrap_or_default();
        let meant = script.iter_mut().find(|(end, _, _)| path.ends_with(end));
        let Some((_, replies, next)) = meant else {
            return Reply::status(404, r#"{"error_code":"X.404","error_msg":"not here"}"#);
        };
        *next += 1;
        replies[(*next).min(replies.len()) - 1].clone()
    })
}

/// The watch of a row. Contact counts as lost soon.
fn watch(row: &Row, server: &Server) -> Program {
    let program = watches(&server.url())
        .into_iter()
        .find_map(|(name, program)| (name == row.provider).then_some(program));
    let program = program.unwrap_or_else(|| panic!("{}", row.provider));
    let defaults = [("--timeout", "20s"), ("--max-offline", "200ms")];
    let left = defaults
        .iter()
        .filter(|(option, _)| !row.args.contains(option));
    let program = program
        .args(["--interval", "20ms", "-o", "json"])
        .args(row.args);
    left.fold(program, |program, (option, value)| {
        program.args([option, value])
    })
}

#[track_caller]
fn assert_rows(rows: Vec<Row>) {
    for row in rows {
        let script = row
            .script
            .iter()
            .map(|(end, replies)| (*end, replies.clone()));
        let server = serve(script.collect());
        let out = watch(&row, &server).run();
        server.may_be_idle();
        assert_eq!(out.code, row.code, "{}: {}\n{out}", row.provider, row.name);
    }
}

fn reply(value: &Value) -> Reply {
    Reply::json(value.to_string())
}

/// An answer whose text no JSON writer would make.
fn raw(text: &str) -> Reply {
    Reply::json(text.as_bytes().to_vec())
}

fn step(name: &str, result: bool) -> Value {
    json!({"en": name, "zh": name, "sort": 0, "message": "", "result": result})
}

fn installer(plan: &[&str], ended: &[&str], is_end: bool) -> Reply {
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| step(name, true))
            .collect::<Vec<_>>()
    };
    reply(&json!({"code": 0, "state": 200, "data": {
        "isEnd": is_end, "key": "k", "uuId": "", "nowList": list(ended), "processList": list(plan),
    }}))
}

fn history(start: &str, result: impl Into<Value>) -> Reply {
    let result: Value = result.into();
    reply(
        &json!({"code": 0, "state": 200, "data": {"startTime": start, "endTime": "", "result": result}}),
    )
}

fn components(words: &[&str]) -> Reply {
    let components = words.iter().zip(1..).map(|(word, seq)| {
        json!({"id": format!("c{seq}"), "name": "n", "seq": seq, "job_id": "j", "job_status": word,
               "status": "RUNNING"})
    });
    reply(&json!({"id": "r", "components": components.collect::<Vec<_>>()}))
}

fn order(id: u32, status: &str, machines: &[&str]) -> Reply {
    let machines = machines.iter().zip(1..).map(|(status, n)| {
        json!({"machineSn": format!("sn-{n}"), "ip": format!("192.0.2.{n}"), "status": status})
    });
    reply(
        &json!({"deployOrderId": id, "status": status, "currentBatch": 1, "totalBatch": 1,
        "deployMachineInfo": {"deployMachines": machines.collect::<Vec<_>>()}}),
    )
}

fn release(
    name: &'static str,
    words: &[&str],
    plan: Reply,
    args: &'static [&'static str],
    code: i32,
) -> Row {
    Row {
        name,
        provider: "servicestage",
        args,
        script: vec![
            ("/deploy-info", vec![components(words)]),
            ("/release-plans/r", vec![plan]),
        ],
        code,
    }
}

fn command(name: &'static str, progress: Reply, args: &'static [&'static str], code: i32) -> Row {
    Row {
        name,
        provider: "mrs",
        args,
        script: vec![(
            "/progress",
            vec![progress.header("set-cookie", "JSESSIONID=a-session; Path=/")],
        )],
        code,
    }
}

fn task(name: &'static str, answer: Reply, args: &'static [&'static str], code: i32) -> Row {
    Row {
        name,
        provider: "codearts",
        args,
        script: vec![("/state", vec![answer])],
        code,
    }
}

#[test]
fn a_success_that_nobody_said() {
    let green = || installer(&["a", "b"], &["a", "b"], true);
    let old = || history("2025-07-09 10:00:00", true);
    let fsd = |name, args, status, code| Row {
        name,
        provider: "fsd",
        args,
        script: vec![("/status", status), ("/history", vec![old()])],
        code,
    };
    let fresh: &[&str] = &["--fresh", "--timeout", "1500ms"];
    let succeeded = &["SUCCEEDED", "SUCCEEDED"][..];
    let plan = |status: &str| reply(&json!({"id": "r", "name": "n", "status": status}));
    let failed = json!({"id": "r", "components": [{"id": "c1", "name": "n", "seq": 1, "job_id": "j",
        "job_status": "SUCCEEDED", "status": "FAILED"}]});
    let mut rows = vec![
        fsd(
            "an old green plan, a locked database, the old plan again",
            fresh,
            vec![green(), green(), installer(&[], &[], false), green()],
            124,
        ),
        fsd(
            "the same with an empty nowList alone",
            fresh,
            vec![
                green(),
                green(),
                installer(&["a", "b"], &[], false),
                green(),
            ],
            124,
        ),
        Row {
            name: "a plan of one row beside one finished step while the history goes on",
            provider: "fsd",
            args: &["--timeout", "1500ms"],
            script: vec![
                ("/status", vec![installer(&["a"], &["a"], true)]),
                ("/history", vec![history("2025-07-09 10:00:00", "")]),
            ],
            code: 124,
        },
        release(
            "the plan is GRAYING",
            succeeded,
            plan("GRAYING"),
            &["--on-pause", "exit"],
            4,
        ),
        Row {
            name: "a component that calls itself FAILED beside a job that SUCCEEDED",
            provider: "servicestage",
            args: &[],
            script: vec![
                ("/deploy-info", vec![reply(&failed)]),
                ("/release-plans/r", vec![plan("SUCCESS")]),
            ],
            code: 6,
        },
        Row {
            name: "another order's success between two of this one",
            provider: "yunxiao",
            args: &["--max-offline", "10s"],
            script: vec![(
                "/deploy/1111",
                vec![
                    order(1111, "Running", &[]),
                    order(2222, "Success", &[]),
                    order(1111, "Cancelled", &[]),
                ],
            )],
            code: 3,
        },
        task(
            "an error object beside a success",
            reply(
                &json!({"status": "success", "error": {"code": "Deploy.1", "message": "no"},
                "result": {"status": "succeeded", "step": "finish"}}),
            ),
            &[],
            6,
        ),
        task(
            "another task",
            reply(
                &json!({"status": "success", "result": {"status": "succeeded",
                "task_id": "ffffffffffffffffffffffffffffffff"}}),
            ),
            &[],
            6,
        ),
        task(
            "another record",
            reply(
                &json!({"status": "success", "result": {"status": "succeeded",
                "task_id": "0123456789abcdef0123456789abcdef",
                "record_id": "ffffffffffffffffffffffffffffffff"}}),
            ),
            &["--record", "0123456789abcdef0123456789abcdef"],
            6,
        ),
        command(
            "COMPLETE with an error code",
            reply(&json!({"state": "COMPLETE", "error_code": "12-1"})),
            &["--strict"],
            1,
        ),
        command(
            "COMPLETE with an error code, without --strict",
            reply(&json!({"state": "COMPLETE", "error_code": "12-1"})),
            &[],
            0,
        ),
        command(
            "COMPLETE with a failed entity",
            reply(
                &json!({"state": "COMPLETE", "res_obj": {"fail_entity_list": [{"fail_entity": "e"}]}}),
            ),
            &["--strict"],
            1,
        ),
    ];
    for (name, answer) in [
        ("the plan is cut JSON", raw(r#"{"id":"r","status":"SUCC"#)),
        (
            "the plan's components are of another type",
            raw(r#"{"id":"r","components":7}"#),
        ),
        (
            "the plan has half a surrogate in its name",
            raw(r#"{"id":"r","name":"n\ud800","status":"SUCCESS"}"#),
        ),
        (
            "the plan has half a surrogate in a component's name",
            raw(r#"{"id":"r","status":"SUCCESS","components":[{"name":"\udc00"}]}"#),
        ),
        (
            "the plan has a key twice",
            raw(r#"{"id":"r","status":"SUCCESS","status":"RUNNING"}"#),
        ),
        (
            "the plan is HTML",
            Reply::html("<html><title>Sign in</title></html>"),
        ),
        (
            "the plan is of another release",
            raw(r#"{"id":"another","status":"SUCCESS"}"#),
        ),
    ] {
        rows.push(release(name, succeeded, answer, &[], 6));
    }
    for word in ["RUNNING", "ROLLBACKING", "TERMINATED", "ODD"] {
        let row = release(
            "the plan knows better than its components",
            succeeded,
            plan(word),
            &["--timeout", "300ms", "--max-offline", "10s"],
            124,
        );
        rows.push(row);
    }
    for machine in ["Cancelled", "Pending", "Running", "Queued", "Skipped"] {
        for (args, code) in [(&["--strict"][..], 1), (&[], 0)] {
            let script = vec![(
                "/deploy/1111",
                vec![order(1111, "Success", &["Success", machine])],
            )];
            rows.push(Row {
                name: "a success with a machine that did not succeed",
                provider: "yunxiao",
                args,
                script,
                code,
            });
        }
    }
    assert_rows(rows);
}

/// An answer of each provider with a success, a failure, or one that goes on; FIELDS beside it, WORD for its
/// state.
const ANSWERS: [(&str, &str, [&str; 3]); 5] = [
    (
        "yunxiao",
        r#"{FIELDS"deployOrderId":1111,"status":WORD}"#,
        ["\"Success\"", "\"Failed\"", "\"Running\""],
    ),
    (
        "codearts",
        r#"{FIELDS"status":"success","result":{"status":WORD}}"#,
        ["\"succeeded\"", "\"failed\"", "\"running\""],
    ),
    (
        "servicestage",
        r#"{FIELDS"id":"r","components":[{"id":"c","job_status":WORD}]}"#,
        ["\"SUCCEEDED\"", "\"FAILED\"", "\"RUNNING\""],
    ),
    (
        "mrs",
        r#"{FIELDS"state":WORD}"#,
        ["\"COMPLETE\"", "\"FAILED\"", "\"IN_PROGRESS\""],
    ),
    (
        "fsd",
        r#"{FIELDS"code":0,"data":{"isEnd":true,"nowList":[{"zh":"a","result":WORD}],"processList":[{"zh":"a"}]}}"#,
        ["true", "false", ""],
    ),
];

/// Each provider with such an answer, whose release plan is refused and whose history is not there.
fn stated(fields: &str, which: usize, code: i32) -> Vec<Row> {
    let rows = ANSWERS
        .iter()
        .filter(|(.., words)| !words[which].is_empty());
    let rows = rows.map(|&(provider, answer, words)| {
        let answer = answer
            .replace("FIELDS", fields)
            .replace("WORD", words[which]);
        let end = match provider {
            "yunxiao" => "/deploy/1111",
            "codearts" => "/state",
            "servicestage" => "/deploy-info",
            "mrs" => "/progress",
            _ => "/status",
        };
        Row {
            name: fields.to_owned().leak(),
            provider,
            args: if code == 124 {
                &["--timeout", "300ms", "--max-offline", "10s"]
            } else {
                &["--max-offline", "0s"]
            },
            script: vec![
                (end, vec![raw(&answer)]),
                ("/release-plans/r", vec![Reply::status(403, "{}")]),
                ("/history", vec![Reply::status(404, "")]),
            ],
            code,
        }
    });
    rows.collect()
}

/// A provider with this answer, from which there is nothing to be told.
fn answered(provider: &str, answer: &str, name: &'static str) -> Row {
    let mut rows = stated("", 0, 6).into_iter();
    let mut row = rows.find(|row| row.provider == provider).unwrap();
    row.script[0].1 = vec![raw(answer)];
    row.name = name;
    row
}

/// A success beside it is none, a failure agrees with it, and what goes on goes on.
#[test]
fn an_error_beside_what_an_answer_says() {
    let mut rows = Vec::new();
    for fields in [
        r#""error":{"code":"E.1","message":"no"},"#,
        r#""error":{"code":"E.1"},"error":null,"#,
        r#""error":null,"\u0065rror":{"code":"E.1"},"#,
        r#""errors":[{"code":"E.1"}],"#,
        r#""error_msg":"locked","#,
    ] {
        for (which, code) in [(0, 6), (1, 1), (2, 124)] {
            rows.extend(stated(fields, which, code));
        }
    }
    for none in [
        r#""error":null,"error":{},"#,
        r#""error":{"code":"","message":null},"error_msg":"","#,
    ] {
        rows.extend(stated(none, 0, 0));
    }
    assert_rows(rows);
}

/// Two values of what decides contradict each other, whichever comes last.
#[test]
fn an_answer_that_contradicts_itself() {
    let mut rows = Vec::new();
    for (provider, answer, words) in ANSWERS {
        let key = match provider {
            "mrs" => "state",
            "servicestage" => "job_status",
            "fsd" => "result",
            _ => "status",
        };
        for (one, other) in [(words[0], words[1]), (words[1], words[0])] {
            let twice = format!(r#""{key}":{one},"{key}":{other}"#);
            let answer = answer.replace(&format!("\"{key}\":WORD"), &twice);
            rows.push(answered(
                provider,
                &answer.replace("FIELDS", ""),
                twice.leak(),
            ));
        }
    }
    assert_rows(rows);
}

/// Half a surrogate in what tells which deployment an answer is about, or decides.
#[test]
fn broken_text_in_what_decides() {
    let mut rows = Vec::new();
    for (provider, fields) in [
        (
            "yunxiao",
            r#""deployOrderId":"1111\ud800","status":"Success""#,
        ),
        ("yunxiao", r#""status":"Success\ud800""#),
        ("yunxiao", r#""status":"Success","success":"false\ud800""#),
        (
            "codearts",
            r#""status":"success\ud800","result":{"status":"succeeded"}"#,
        ),
        (
            "codearts",
            r#""status":"success","result":{"status":"succeeded\ud800"}"#,
        ),
        (
            "codearts",
            r#""status":"success","result":{"status":"succeeded","record_id":"2c82\ud800"}"#,
        ),
        (
            "codearts",
            r#""status":"success","result":{"status":"succeeded","task_id":"0123456789abcdef0123456789abcdef\ud800"}"#,
        ),
        (
            "servicestage",
            r#""id":"r\ud800","components":[{"job_status":"SUCCEEDED"}]"#,
        ),
        (
            "servicestage",
            r#""id":"r","components":[{"job_status":"SUCCEEDED","status":"FAILED\ud800"}]"#,
        ),
        ("mrs", r#""state":"COMPLETE\ud800""#),
        (
            "fsd",
            r#""code":"0\ud800","data":{"isEnd":true,"nowList":[{"result":true}],"processList":[{}]}"#,
        ),
        (
            "fsd",
            r#""code":0,"data":{"isEnd":"true\ud800","nowList":[{"result":true}],"processList":[{}]}"#,
        ),
        (
            "fsd",
            r#""code":0,"data":{"isEnd":true,"nowList":[{"result":"true\ud800"}],"processList":[{}]}"#,
        ),
    ] {
        rows.push(answered(provider, &format!("{{{fields}}}"), fields));
    }
    assert_rows(rows);
}

#[test]
fn a_verdict_that_is_lost_in_decoration() {
    let fresh_installer = |status: Reply| Row {
        name: "an empty plan beside a failed step",
        provider: "fsd",
        args: &[],
        script: vec![("/status", vec![status])],
        code: 1,
    };
    let failed_step = json!({"code": 0, "state": 200, "data": {"isEnd": false, "processList": [],
        "nowList": [step("a", true), step("b", false)]}});
    let rows = vec![
        command(
            "half a surrogate",
            raw(r#"{"state":"FAILED","error_description":"disk full \ud83d"}"#),
            &[],
            1,
        ),
        command(
            "bytes of GBK",
            Reply::json(b"{\"state\":\"FAILED\",\"error_description\":\"\xb4\xc5\"}".to_vec()),
            &[],
            1,
        ),
        command(
            "a cut character",
            Reply::json(b"{\"state\":\"COMPLETE\",\"error_description\":\"\xf0\x9f\"}".to_vec()),
            &[],
            0,
        ),
        command(
            "steps that are none",
            raw(r#"{"state":"COMPLETE","res_obj":{"step_list":["a"]}}"#),
            &[],
            0,
        ),
        command(
            "entities that are none",
            raw(r#"{"state":"FAILED","res_obj":{"fail_entity_list":{}}}"#),
            &[],
            1,
        ),
        command(
            "a byte order mark",
            raw("\u{feff}{\"state\":\"COMPLETE\"}"),
            &[],
            0,
        ),
        command(
            "good JSON that is called HTML",
            Reply::html(r#"{"state":"COMPLETE"}"#),
            &[],
            0,
        ),
        Row {
            name: "machines that are no list",
            provider: "yunxiao",
            args: &[],
            script: vec![(
                "/deploy/1111",
                vec![raw(
                    r#"{"deployOrderId":1111,"status":"Success","deployMachineInfo":{"deployMachines":{}}}"#,
                )],
            )],
            code: 0,
        },
        task(
            "steps with a status and numbers",
            reply(
                &json!({"status": "success", "result": {"status": "failed", "step": "finish", "step_state": [
                {"name": "a", "enable": true, "elapsed_time": 12, "status": "succeeded"},
                {"name": "b", "enable": true, "elapsed_time": 3, "status": "failed"},
                {"name": "c", "enable": true, "elapsed_time": 0, "status": "pending"}]}}),
            ),
            &[],
            1,
        ),
        task(
            "a task that was never run",
            reply(
                &json!({"task_id": "0123456789abcdef0123456789abcdef", "status": "initial",
                "elapsed_time": 0, "step_state": [{"name": "a", "status": "initial"}]}),
            ),
            &["--once"],
            7,
        ),
        task(
            "an unknown record",
            Reply::status(
                404,
                r#"{"error_code":"Deploy.00011303","error_msg":"no record"}"#,
            ),
            &["--record", "0123456789abcdef0123456789abcdef"],
            5,
        ),
        fresh_installer(reply(&failed_step)),
        release(
            "all cancelled, and the plan is refused",
            &["CANCELLED"],
            Reply::status(403, "{}"),
            &[],
            3,
        ),
    ];
    assert_rows(rows);
}
