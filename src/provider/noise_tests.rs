//! Scripted histories of every provider, played through the real watch in virtual time with one odd
//! answer put in: wherever it comes, it makes no success of what is none, and no failure of a success.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{self, Cli, Command};
use crate::clock::{Instant, Timestamp};
use crate::http::{Client, Request, Response, Transport};
use crate::message::{Lang, Message};
use crate::poll::PollError;
use crate::provider::Setup;
use crate::watch::{TargetDetails, Watch};

/// How long each request takes, in seconds.
const LATENCY: f64 = 0.05;

/// The response to a request; none where the connection breaks.
type Reply = Option<(u16, String)>;

/// The answers to the requests of one poll, by the ends of their paths.
type Poll = Vec<(&'static str, Reply)>;

/// Makes an odd answer of a good one.
type Damage = Arc<dyn Fn(&Reply) -> Reply>;

/// An odd answer, in place of one of a poll or of all.
struct Odd {
    resource: Option<&'static str>,
    reply: Damage,
}

impl Odd {
    /// These bodies with HTTP 200, each in place of that one answer.
    fn bodies<const N: usize>(resource: &'static str, bodies: [Value; N]) -> Vec<Self> {
        let odd = bodies.map(|body| Self {
            resource: Some(resource),
            reply: Arc::new(move |_| good(&body)),
        });
        odd.into()
    }

    /// The poll, with this in it.
    fn put_into(&self, poll: &Poll) -> Poll {
        let is_meant = |resource: &str| self.resource.is_none_or(|meant| meant == resource);
        let answers = poll.iter().map(|(resource, reply)| {
            let odd = is_meant(resource).then(|| (self.reply)(reply));
            (*resource, odd.unwrap_or_else(|| reply.clone()))
        });
        answers.collect()
    }
}

/// Responses that any server may give in place of any response, for one poll or for all.
fn anything(resources: &[&'static str]) -> Vec<Odd> {
    let html = "<!doctype html><title>We will be back soon</title>";
    let fixed = [
        (404, html),
        (404, "{}"),
        (404, r#"{"message":"no"}"#),
        (502, ""),
        (503, html),
        (429, "{}"),
        (302, ""),
        (200, ""),
        (200, html),
        (200, "[]"),
        (200, "null"),
        (200, "{}"),
        (200, "7"),
        (200, r#""SUCCESS""#),
    ];
    let mut replies: Vec<Damage> = vec![
        Arc::new(|_| None),
        // Cut, in a list, and with another type in place of each list.
        Arc::new(|reply| with_body(reply, |body| body[..body.len() / 2].to_owned())),
        Arc::new(|reply| {
            with_body(reply, |body| {
                body[..body.len().saturating_sub(1)].to_owned()
            })
        }),
        Arc::new(|reply| with_body(reply, |body| format!("[{body}]"))),
        Arc::new(|reply| {
            with_body(reply, |body| {
                body.replace('[', "{\"x\":[").replace(']', "]}")
            })
        }),
    ];
    for (status, body) in fixed {
        replies.push(Arc::new(move |_| Some((status, body.to_owned()))));
    }
    let each = resources.iter().copied().map(Some);
    let places = each.filter(|_| resources.len() > 1).chain([None]);
    let odd = places.flat_map(|resource| {
        replies.iter().map(move |reply| {
            let reply = Arc::clone(reply);
            Odd { resource, reply }
        })
    });
    odd.collect()
}

fn with_body(reply: &Reply, change: impl Fn(&str) -> String) -> Reply {
    reply.as_ref().map(|(status, body)| (*status, change(body)))
}

/// This body with HTTP 200.
fn good(body: &Value) -> Reply {
    Some((200, body.to_string()))
}

/// The transport of a script.
struct Script {
    now: Mutex<Timestamp>,
    poll: Mutex<Poll>,
}

impl Script {
    fn clock(&self) -> MutexGuard<'_, Timestamp> {
        self.now.lock().expect("no test panics with it")
    }

    fn move_to(&self, instant: Instant) {
        *self.clock() = Timestamp::at(instant.since(Instant::at(0.0)).as_secs_f64());
    }
}

impl Transport for Script {
    fn send(&self, request: Request<'_>) -> Result<Response, PollError> {
        let now = self.clock().instant.after(Duration::from_secs_f64(LATENCY));
        self.move_to(now);
        let path = request.url.split('?').next().unwrap_or_default();
        let poll = self.poll.lock().expect("no test panics with it");
        let meant = poll.iter().find(|(resource, _)| path.ends_with(resource));
        let reply = meant.map_or(Some((404, "{}".to_owned())), |(_, reply)| reply.clone());
        match reply {
            Some((status, body)) => Ok(Response::recorded(
                status,
                &[],
                body.into_bytes(),
                self.now(),
            )),
            None => Err(PollError::retryable(Message::verbatim("reset"), None)),
        }
    }

    fn now(&self) -> Timestamp {
        *self.clock()
    }
}

/// A command line, whose watch ends in any case.
fn parse(command: &str) -> Cli {
    let options = "--endpoint https://example.com --interval 5s --timeout 3m --max-offline 1m";
    let words = format!("deploywatch {command} {options}");
    let words: Vec<_> = words.split_whitespace().map(Into::into).collect();
    cli::parse(&words, || Lang::En).expect("a command line")
}

/// Watches a script, whose last poll is answered for ever. Returns the exit code.
fn play<'a>(cli: &Cli, polls: impl IntoIterator<Item = &'a Poll>) -> u8 {
    let Command::Watch(provider) = &cli.command else {
        panic!("no provider: {cli:?}");
    };
    let redactor = Arc::default();
    let made = provider.options().deployments(&Setup {
        fresh: cli.watch.fresh,
        interval: cli.watch.interval,
        environment: &|name: &str| name.ends_with("_TOKEN").then(|| "made-up".to_owned()),
        timeout: None,
        request_timeout: cli.connection.request_timeout,
        redactor: &redactor,
    });
    let spec = made.expect("a deployment").remove(0);
    let script = Arc::new(Script {
        now: Mutex::new(Timestamp::at(0.0)),
        poll: Mutex::default(),
    });
    let transport: Arc<dyn Transport> = Arc::<Script>::clone(&script);
    let mut source = (spec.connect)(Client {
        transport,
        redactor,
        trace: None,
    });
    let target = TargetDetails::of_test(cli.watch.clone());
    let mut watch = Watch::begin(target, 7, script.now(), &mut |_| {});
    let mut polls = polls.into_iter();
    loop {
        watch.advance(script.now());
        if let Some(outcome) = &watch.outcome {
            return outcome.verdict().code();
        }
        if watch.poll_due(script.now().instant) {
            if let Some(poll) = polls.next() {
                script
                    .poll
                    .lock()
                    .expect("no test panics with it")
                    .clone_from(poll);
            }
            let answer = source.poll();
            watch.take(answer, script.now(), &mut |_| {});
        } else if let Some(wake) = watch.wake() {
            // A nanosecond more, for a second is no whole number of binary fractions.
            script.move_to(wake.after(Duration::from_nanos(1)));
        }
    }
}

/// A script with its exit code.
struct Row {
    command: &'static str,
    polls: Vec<Poll>,
    code: u8,
}

impl Row {
    /// Plays it as it is, and with each odd answer before each poll and after the last, beside the other
    /// answers of the poll before and after that place. Returns what is wrong.
    fn play(&self, odd: &[Odd]) -> Vec<String> {
        let resources: Vec<_> = self.polls[0]
            .iter()
            .map(|(resource, _)| *resource)
            .collect();
        let cli = parse(self.command);
        let code = play(&cli, &self.polls);
        assert_eq!(code, self.code, "{} {:?}", self.command, self.polls);
        let mut wrong = Vec::new();
        for odd in odd.iter().chain(&anything(&resources)) {
            for place in 0..=self.polls.len() {
                let beside = [place.checked_sub(1), Some(place)].into_iter().flatten();
                let beside = beside.filter_map(|place| self.polls.get(place));
                let mut inserted: Vec<_> = beside.map(|poll| odd.put_into(poll)).collect();
                inserted.dedup();
                for inserted in inserted {
                    let (before, after) = self.polls.split_at(place);
                    let found = play(
                        &cli,
                        before
                            .iter()
                            .chain([&inserted])
                            .chain(after)
                            .chain(self.polls.last()),
                    );
                    let is_wrong = if code == 0 {
                        matches!(found, 1 | 3)
                    } else {
                        found == 0
                    };
                    if is_wrong {
                        let polls = &self.polls;
                        let command = self.command;
                        wrong.push(format!(
                            "{command}: {found}, not {code}\n  {inserted:?}\n  before poll {place} of {polls:?}"
                        ));
                    }
                }
            }
        }
        wrong
    }
}

#[track_caller]
fn assert_steady(rows: &[Row], odd: &[Odd]) {
    let wrong: Vec<_> = rows.iter().flat_map(|row| row.play(odd)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

mod fsd {
    use super::*;

    const PLAN: [&str; 3] = ["a", "b", "c"];

    fn status(plan: &[&str], ended: &[&str], is_end: bool) -> Value {
        let list = |names: &[&str]| {
            let steps = names.iter().map(|name| {
                let result = !name.starts_with('-');
                json!({ "zh": name.trim_start_matches('-'), "result": result, "message": "why" })
            });
            steps.collect::<Vec<_>>()
        };
        json!({ "code": 0, "data": { "isEnd": is_end, "nowList": list(ended), "processList": list(plan) } })
    }

    fn history(start: &str, result: &Value) -> Value {
        json!({ "code": 0, "data": { "startTime": format!("2025-07-09 {start}"), "result": result } })
    }

    /// A poll of a server with a history, where there is one.
    fn poll(status: &Value, history: Option<&Value>) -> Poll {
        let missing = Some((404, "<title>404 Not Found</title>".to_owned()));
        vec![
            ("/status", good(status)),
            ("/history", history.map_or(missing, good)),
        ]
    }

    #[test]
    fn odd_answers_of_an_installer() {
        let [none, going, all] = [0, 1, 3].map(|n| status(&PLAN, &PLAN[..n], n == 3));
        let further = status(&PLAN, &PLAN[..2], false);
        let failed = status(&PLAN, &["a", "-b"], true);
        let idle = status(&[], &[], true);
        let longer = ["a", "b", "c", "d"];
        let [longer_going, longer_all] = [2, 4].map(|n| status(&longer, &longer[..n], n == 4));
        let runs = history("11:00:00", &json!(""));
        let [ten, eleven] = ["10:00:00", "11:00:02"].map(|start| history(start, &json!(true)));
        let (mut rows, mut fresh_rows) = (Vec::new(), Vec::new());
        for (fresh, code, polls) in [
            (
                false,
                0,
                vec![
                    (&none, &runs),
                    (&going, &runs),
                    (&all, &runs),
                    (&all, &eleven),
                ],
            ),
            (
                false,
                1,
                vec![
                    (&none, &runs),
                    (&going, &runs),
                    (&failed, &runs),
                    (&failed, &eleven),
                ],
            ),
            (
                false,
                124,
                vec![(&idle, &runs), (&going, &runs), (&further, &runs)],
            ),
            (
                true,
                0,
                vec![
                    (&all, &ten),
                    (&all, &ten),
                    (&idle, &runs),
                    (&going, &runs),
                    (&all, &eleven),
                ],
            ),
            (
                true,
                1,
                vec![
                    (&all, &ten),
                    (&all, &ten),
                    (&none, &runs),
                    (&going, &runs),
                    (&failed, &eleven),
                ],
            ),
            (
                true,
                1,
                vec![(&all, &ten), (&longer_going, &runs), (&failed, &eleven)],
            ),
            (
                true,
                0,
                vec![
                    (&failed, &ten),
                    (&failed, &runs),
                    (&longer_going, &runs),
                    (&longer_all, &eleven),
                ],
            ),
            (true, 124, vec![(&all, &ten), (&all, &ten), (&all, &ten)]),
            (true, 124, vec![(&failed, &ten), (&failed, &ten)]),
        ] {
            let command = if fresh { "fsd --fresh" } else { "fsd" };
            let new = polls
                .iter()
                .map(|(status, history)| poll(status, Some(history)));
            let old = polls.iter().map(|(status, _)| poll(status, None));
            // Where the first answer was odd, no older server tells a failure from that of the run before.
            let is_told = !fresh || *polls[0].0 != failed;
            for polls in [
                Some(new.collect::<Vec<_>>()),
                is_told.then(|| old.collect()),
            ] {
                let Some(polls) = polls else { continue };
                let rows = if fresh { &mut fresh_rows } else { &mut rows };
                rows.push(Row {
                    command,
                    polls,
                    code,
                });
            }
        }
        let locked = json!({ "code": 500, "message": "database is locked", "data": null });
        let mut odd = Odd::bodies(
            "/status",
            [
                idle,
                status(&[], &[], false),
                status(&PLAN, &[], false),
                status(&PLAN, &[], true),
                status(&[], &PLAN, true),
                status(&[], &PLAN[..1], false),
                json!({ "code": 0, "data": null }),
                locked.clone(),
            ],
        );
        let nothing = [json!(null), json!([]), json!("")];
        let nothing = nothing.map(|data| json!({ "code": 0, "data": data }));
        odd.extend(Odd::bodies("/history", nothing));
        odd.extend(Odd::bodies("/history", [locked]));
        assert_steady(&fresh_rows, &odd);
        // A plan that is being written is that of the run that is meant.
        let torn = status(&PLAN[..1], &PLAN[..1], true);
        odd.extend(Odd::bodies("/status", [torn]));
        assert_steady(&rows, &odd);
    }
}

mod servicestage {
    use super::*;

    fn release(words: &[&str]) -> Value {
        let components = words.iter().zip(1..).map(|(word, seq)| {
            json!({ "id": format!("c{seq}"), "seq": seq, "status": "RUNNING", "job_status": word })
        });
        json!({ "id": "r1", "components": components.collect::<Vec<_>>() })
    }

    fn plan(status: &str) -> Value {
        json!({ "id": "r1", "status": status, "fail_strategy": "stop" })
    }

    #[test]
    fn odd_answers_of_a_release() {
        let forbidden = || Some((403, r#"{"error_code":"E1","error_msg":"no"}"#.to_owned()));
        let mut rows = Vec::new();
        for (code, end, word) in [
            (0, &["SUCCEEDED", "SUCCEEDED"][..], Some("SUCCESS")),
            (1, &["SUCCEEDED", "FAILED"], Some("FAILED")),
            (3, &["SUCCEEDED", "CREATED"], Some("ABORTED")),
            (6, &["SUCCEEDED", "FAILED"], Some("RUNNING")),
            (6, &["SUCCEEDED", "SUCCEEDED"], Some("TERMINATED")),
            (6, &["SUCCEEDED", "CREATED"], Some("SUCCESS")),
            (1, &["SUCCEEDED", "FAILED"], Some("SUCCESS")),
            (124, &["SUCCEEDED", "SUCCEEDED"], Some("GRAYING")),
            (0, &["SUCCEEDED", "SUCCEEDED"], None),
            (1, &["SUCCEEDED", "FAILED"], None),
            (3, &["CANCELLED", "CANCELLED"], None),
            (124, &["SUCCEEDED", "CREATED"], None),
        ] {
            let at = |words: &[&str], word: &str| -> Poll {
                let plan = if word.is_empty() {
                    forbidden()
                } else {
                    good(&plan(word))
                };
                vec![("/deploy-info", good(&release(words))), ("/r1", plan)]
            };
            let before = word.map_or("", |_| "RUNNING");
            let polls = vec![
                at(&["RUNNING", "CREATED"], before),
                at(&["SUCCEEDED", "CREATED"], before),
                at(&["SUCCEEDED", "RUNNING"], before),
                at(end, word.unwrap_or_default()),
            ];
            let command = "servicestage --project p1 --release r1";
            rows.push(Row {
                command,
                polls,
                code,
            });
        }
        let other = |words| json!({ "id": "r2", "components": release(words)["components"] });
        let mut odd = Odd::bodies(
            "/deploy-info",
            [
                other(&["SUCCEEDED"]),
                other(&["FAILED"]),
                json!({ "id": "r1", "components": [] }),
                json!({ "id": "r1", "components": null }),
                json!({ "error_code": "E1", "error_msg": "no" }),
                release(&["RUNNING", "CREATED"]),
                release(&["SUCCEEDED", "CREATED"]),
            ],
        );
        odd.extend(Odd::bodies(
            "/r1",
            [
                json!({ "id": "r2", "status": "SUCCESS" }),
                json!({ "id": "r2", "status": "FAILED" }),
                json!({ "id": "r1", "status": null }),
                json!({ "id": "r1", "status": { "a": "SUCCESS" } }),
                json!({ "id": "r1", "status": "SUCCESS", "components": "none" }),
                json!({ "id": "r1", "status": "SUCCESS", "error_code": "E1" }),
                plan("RUNNING"),
            ],
        ));
        odd.push(Odd {
            resource: Some("/r1"),
            reply: Arc::new(move |_| forbidden()),
        });
        assert_steady(&rows, &odd);
    }
}

mod codearts {
    use super::*;

    fn state(task: &str, record: &str, status: &str) -> Value {
        let step = match status {
            "pending" | "running" => "running",
            _ => "finish",
        };
        let result =
            json!({ "task_id": task, "record_id": record, "status": status, "step": step });
        json!({ "status": "success", "result": result })
    }

    #[test]
    fn odd_answers_of_a_deployment_task() {
        let task = "e700f15965694253940502911220d76b";
        let row = |command, words: [&str; 3], records: [&str; 3], code| {
            let polls = records.iter().zip(words);
            let polls =
                polls.map(|(record, word)| vec![("/state", good(&state(task, record, word)))]);
            let polls = polls.collect();
            Row {
                command,
                polls,
                code,
            }
        };
        let plain = [
            ("succeeded", 0),
            ("failed", 1),
            ("abort", 3),
            ("running", 124),
            ("odd", 6),
        ];
        let rows = plain.map(|(end, code)| {
            let command = "codearts --task e700f15965694253940502911220d76b";
            row(command, ["pending", "running", end], ["r1"; 3], code)
        });
        let fresh = [
            (["succeeded", "running", "succeeded"], "r2", 0),
            (["succeeded", "running", "failed"], "r2", 1),
            (["succeeded"; 3], "r1", 124),
            (["failed"; 3], "r1", 124),
        ];
        let fresh_rows = fresh.map(|(words, record, code)| {
            let command = "codearts --fresh --task e700f15965694253940502911220d76b";
            row(command, words, ["r1", record, record], code)
        });
        let other = "0000f15965694253940502911220d76b";
        let mut odd = Odd::bodies(
            "/state",
            [
                state(other, "r1", "succeeded"),
                state(other, "r1", "failed"),
                state(task, "r1", ""),
                json!({ "status": "failed", "error": { "code": "E1", "message": "no" } }),
                json!({ "status": "success", "result": null }),
                json!({ "status": "success", "result": [] }),
                json!({ "status": "success", "result": { "status": ["succeeded"] } }),
                // That it was never run; broken ids; words that nobody documents.
                json!({ "task_id": task, "status": "initial", "step_state": [] }),
                state(task, "r1\u{fffd}", "succeeded"),
                state(task, "r1\u{fffd}", "running"),
                state(task, "r1", "odd"),
                json!({ "status": "success", "result": { "task_id": task, "record_id": "r1", "status": "odd" } }),
            ],
        );
        assert_steady(&fresh_rows, &odd);
        // A run that goes on when the watch begins is the one that is meant.
        let earlier = ["running", "pending"].map(|status| state(task, "r1", status));
        odd.extend(Odd::bodies("/state", earlier));
        assert_steady(&rows, &odd);
    }
}

mod mrs {
    use super::*;

    fn progress(state: &str) -> Value {
        json!({ "state": state, "res_obj": { "step_list": [{ "name": "Check" }] } })
    }

    #[test]
    fn odd_answers_of_a_command() {
        let mut rows = Vec::new();
        for (end, code) in [
            ("COMPLETE", 0),
            ("FAILED", 1),
            ("IN_PROGRESS", 124),
            ("ODD", 124),
        ] {
            let polls = ["NEW", "IN_PROGRESS", end];
            let polls = polls.map(|state| vec![("/progress", good(&progress(state)))]);
            let command = "mrs --auth none --command 42";
            rows.push(Row {
                command,
                polls: polls.into(),
                code,
            });
        }
        let odd = [
            progress("NEW"),
            progress(""),
            json!({ "state": null, "total_progress": 100 }),
            json!({ "state": ["COMPLETE"] }),
            json!({ "error_code": "E1", "error_description": "no" }),
            json!({ "res_obj": {} }),
        ];
        assert_steady(&rows, &Odd::bodies("/progress", odd));
    }
}

mod yunxiao {
    use super::*;

    fn order(id: u32, status: &str, machines: &[&str]) -> Value {
        let machines = machines.iter().zip(1..).map(|(status, n)| {
            json!({ "machineSn": format!("m{n}"), "ip": format!("192.0.2.{n}"), "status": status, "batchNum": n })
        });
        let machines: Vec<_> = machines.collect();
        json!({ "deployOrderId": id, "status": status, "deployMachineInfo": { "deployMachines": machines } })
    }

    fn run(id: u32, status: &str) -> Value {
        let action = json!({ "type": "GetVMDeployOrder", "params": { "deployOrderId": 1111 } });
        let job = json!({ "id": 1, "name": "deploy", "status": status, "actions": [action] });
        json!({ "pipelineRunId": id, "status": status, "stages": [{ "stageInfo": { "jobs": [job] } }] })
    }

    #[test]
    fn odd_answers_before_a_new_run() {
        let at = |id: u32, status: &str, order_status: &str| -> Poll {
            let mut old = run(id, status);
            let path = &mut old["stages"][0]["stageInfo"]["jobs"][0]["actions"][0]["params"];
            path["deployOrderId"] = json!(if id == 7 { 1111 } else { 2222 });
            vec![
                ("/latestPipelineRun", good(&old)),
                ("/runs/8", good(&old)),
                ("/deploy/1111", good(&order(1111, "Success", &["Success"]))),
                (
                    "/deploy/2222",
                    good(&order(2222, order_status, &["Success"])),
                ),
            ]
        };
        let mut rows = Vec::new();
        for (first, polls, code) in [
            (
                "SUCCESS",
                &[(8, "RUNNING", "Running"), (8, "RUNNING", "Success")][..],
                0,
            ),
            (
                "FAIL",
                &[(8, "RUNNING", "Running"), (8, "RUNNING", "Success")],
                0,
            ),
            (
                "SUCCESS",
                &[(8, "RUNNING", "Running"), (8, "RUNNING", "Failed")],
                1,
            ),
            ("SUCCESS", &[(7, "SUCCESS", "Running"); 2], 124),
            ("FAIL", &[(7, "FAIL", "Running"); 2], 124),
        ] {
            let then = polls.iter().map(|&(id, run, order)| at(id, run, order));
            rows.push(Row {
                command: "yunxiao --organization o1 --pipeline 5 --fresh",
                polls: [at(7, first, "Running")].into_iter().chain(then).collect(),
                code,
            });
        }
        let odd = |id: Value, status: &str| json!({ "pipelineRunId": id, "status": status, "stages": [] });
        let odd = Odd::bodies(
            "/latestPipelineRun",
            [
                odd(json!(7), "SUCCESS"),
                odd(json!(7), "FAIL"),
                odd(json!(7), "ODD"),
                odd(json!(null), "SUCCESS"),
                odd(json!(null), "FAIL"),
                odd(json!("7\u{fffd}"), "SUCCESS"),
            ],
        );
        assert_steady(&rows, &odd);
    }

    #[test]
    fn odd_answers_of_a_deploy_order() {
        let mut rows = Vec::new();
        for (end, machines, code) in [
            ("Success", ["Success", "Success"], 0),
            ("Cancelled", ["Success", "Cancelled"], 3),
            ("Waiting", ["Success", "Failed"], 1),
            ("Waiting", ["Success", "Pending"], 124),
            ("Running", ["Success", "Running"], 124),
        ] {
            let at = |status: &str, machines: &[&str], run_status: &str| -> Poll {
                vec![
                    ("/latestPipelineRun", good(&run(7, run_status))),
                    ("/runs/7", good(&run(7, run_status))),
                    ("/deploy/1111", good(&order(1111, status, machines))),
                ]
            };
            let polls = vec![
                at("Running", &["Running", "Pending"], "RUNNING"),
                at("Waiting", &["Success", "Pending"], "RUNNING"),
                at("Running", &["Success", "Running"], "RUNNING"),
                at(end, &machines, "RUNNING"),
            ];
            for command in [
                "yunxiao --organization o1 --pipeline 5 --order 1111",
                "yunxiao --organization o1 --pipeline 5 --run 7",
                "yunxiao --organization o1 --pipeline 5",
            ] {
                rows.push(Row {
                    command,
                    polls: polls.clone(),
                    code,
                });
            }
        }
        let mut odd = Odd::bodies(
            "/deploy/1111",
            [
                order(2222, "Success", &["Success"]),
                order(2222, "Cancelled", &["Failed"]),
                order(1111, "Running", &[]),
                order(1111, "Waiting", &[]),
                order(1111, "", &["Success"]),
                json!({ "success": false, "errorCode": "E1", "errorMessage": "no" }),
                json!({ "deployOrderId": 1111, "status": { "a": "Success" } }),
            ],
        );
        odd.extend(Odd::bodies(
            "/runs/7",
            [
                run(9, "SUCCESS"),
                run(9, "FAIL"),
                json!({ "pipelineRunId": 7, "status": "RUNNING", "stages": [] }),
            ],
        ));
        assert_steady(&rows, &odd);
    }

    /// Run 7 with a build, and a job that deploys.
    fn whole(status: &str, build: &str, deploy: &str) -> Value {
        let mut run = run(7, status);
        let jobs = &mut run["stages"][0]["stageInfo"]["jobs"];
        jobs[0]["status"] = deploy.into();
        let build = json!({ "id": 3, "name": "build", "status": build });
        *jobs = json!([build, jobs[0]]);
        run
    }

    #[test]
    fn odd_answers_of_a_whole_run() {
        let before = json!({ "pipelineRunId": 6, "status": "SUCCESS", "stages": [{ "stageInfo": {
            "jobs": [{ "id": 9, "name": "build", "status": "SUCCESS" }] } }] });
        let at = |run: &Value, machine: &str| -> Poll {
            let order = order(1111, "Running", &[machine, "Pending"]);
            let resources = ["/latestPipelineRun", "/runs/7"].map(|resource| (resource, good(run)));
            [&resources[..], &[("/deploy/1111", good(&order))]].concat()
        };
        let latest = "yunxiao --organization o1 --pipeline 5 --whole-run";
        let given = "yunxiao --organization o1 --pipeline 5 --whole-run --run 7";
        let fresh = "yunxiao --organization o1 --pipeline 5 --whole-run --fresh";
        let mut rows = vec![Row {
            command: fresh,
            polls: vec![at(&before, "Running"); 2],
            code: 124,
        }];
        for (command, end, deploy, code) in [
            (latest, "SUCCESS", "SUCCESS", 0),
            (given, "SUCCESS", "SUCCESS", 0),
            (fresh, "SUCCESS", "SUCCESS", 0),
            (latest, "CANCELED", "CANCELED", 3),
            (latest, "FAIL", "FAIL", 1),
            (fresh, "FAIL", "FAIL", 1),
            (latest, "WAITING", "WAITING", 124),
            (latest, "RUNNING", "FAIL", 124),
        ] {
            let going = whole("RUNNING", "SUCCESS", "RUNNING");
            let end = whole(end, "SUCCESS", deploy);
            let earlier = (command == fresh).then(|| at(&before, "Running"));
            let polls = [at(&going, "Running"), at(&end, "Success")];
            rows.push(Row {
                command,
                polls: earlier.into_iter().chain(polls).collect(),
                code,
            });
        }
        let mut odd = Odd::bodies(
            "/runs/7",
            [
                run(9, "SUCCESS"),
                run(9, "FAIL"),
                whole("SUCCESS", "SUCCESS", "FAIL"),
                whole("SUCCESS", "SUCCESS", "RUNNING"),
                json!({ "pipelineRunId": 7, "status": "SUCCESS", "stages": [] }),
                json!({ "pipelineRunId": 7, "status": "RUNNING", "stages": [] }),
                json!({ "pipelineRunId": 7, "status": "" }),
            ],
        );
        odd.extend(Odd::bodies(
            "/deploy/1111",
            [
                order(2222, "Success", &["Success"]),
                order(1111, "Waiting", &["Failed"]),
                order(1111, "Failed", &["Failed"]),
            ],
        ));
        let (fresh_rows, rows): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.command == fresh);
        assert_steady(&rows, &odd);
        // What may be said of the run before.
        let of_run = |id: Value, status: &str| json!({ "pipelineRunId": id, "status": status, "stages": [] });
        odd.extend(Odd::bodies(
            "/latestPipelineRun",
            [
                of_run(json!(6), "SUCCESS"),
                of_run(json!(6), "FAIL"),
                of_run(json!(6), "RUNNING"),
                of_run(json!(6), "ODD"),
                of_run(json!(null), "SUCCESS"),
                of_run(json!("6\u{fffd}"), "SUCCESS"),
            ],
        ));
        assert_steady(&fresh_rows, &odd);
    }
}
