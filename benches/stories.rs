//! What is told to the programs: deployments as the API of each system reports them.
//!
//! A story about machines may be 23.5 MB long, so its text is made beforehand, and an answer is made of pieces of it.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Each program must present it in its own way.
pub(crate) const TOKEN: &str = "bench-token";
/// The deploy order of Yunxiao.
pub(crate) const ORDER: &str = "/oapi/v1/flow/organizations/bench/pipelines/123/deploy/1111";
/// The run of GitHub.
pub(crate) const REPOSITORY: &str = "bench/bench";
const RUN: &str = "/repos/bench/bench/actions/runs/30";
/// What gh asks for a host of this name it asks over plain HTTP.
pub(crate) const GITHUB: &str = "github.localhost";
/// The deployment of Kubernetes, in its namespace.
pub(crate) const DEPLOYMENT: &str = "bench";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

/// The units of a story that goes on by the clock.
const UNITS: usize = 10;
const SECOND: Duration = Duration::from_secs(1);

/// What a server tells.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Story {
    /// An order of Yunxiao that moves on with each poll: so many thousandths of its machines are done. It succeeds with the
    /// last of them, and stays so.
    Polls { machines: usize, done: Vec<usize> },
    /// Ten units, one done each second.
    Seconds(System),
}

/// Who tells it.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum System {
    Yunxiao,
    Kubernetes,
    GitHub,
    CodeDeploy,
}

impl Story {
    pub(crate) fn machines(&self) -> usize {
        match self {
            Self::Polls { machines, .. } => *machines,
            Self::Seconds(_) => UNITS,
        }
    }

    pub(crate) fn system(&self) -> System {
        match self {
            Self::Polls { .. } => System::Yunxiao,
            Self::Seconds(system) => *system,
        }
    }

    /// How many units are done so long after the first request, at the poll of this number.
    ///
    /// By the clock the state changes half a second before the second is full: a poll on time lands in the middle of a state,
    /// and a few milliseconds early or late change neither what it reads nor how many polls a watch takes.
    pub(crate) fn done(&self, elapsed: Duration, poll: usize) -> usize {
        match self {
            Self::Polls { machines, done } => {
                let done = done.get(poll).or(done.last()).copied();
                machines * done.unwrap_or(1000) / 1000
            }
            Self::Seconds(_) => {
                let changes = (elapsed + SECOND / 2).as_secs();
                usize::try_from(changes).map_or(UNITS, |done| done.min(UNITS))
            }
        }
    }
}

/// What goes out at a request.
pub(crate) enum Answer {
    Body(Body),
    /// A stream: each state when it begins.
    Watch,
}

/// The body of an answer.
pub(crate) struct Body {
    pub(crate) kind: &'static str,
    pub(crate) pieces: Vec<Piece>,
    /// Whether it says that the deployment has ended.
    pub(crate) ends: bool,
}

/// A part of a text.
pub(crate) struct Piece(Arc<Vec<u8>>, Range<usize>);

impl Piece {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0[self.1.clone()]
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        let length = text.len();
        Self(Arc::new(text.into_bytes()), 0..length)
    }
}

fn body(json: &Value, ends: bool) -> Answer {
    Answer::Body(Body {
        kind: "application/json",
        pieces: vec![json.to_string().into()],
        ends,
    })
}

/// What the story's system says at `path` when so many units are done; none where there is no such page.
pub(crate) fn answer(
    system: System,
    path: &str,
    machines: &Machines,
    done: usize,
) -> Option<Answer> {
    match system {
        System::Yunxiao => (path == ORDER).then(|| Answer::Body(machines.order(done))),
        System::Kubernetes => kubernetes(path, done),
        System::GitHub => github(path, done),
        System::CodeDeploy => (path == "/").then(|| code_deploy(done)),
    }
}

/// The machines of an order: the text of each done, and of each that waits.
#[derive(Default)]
pub(crate) struct Machines {
    time: u128,
    done: Listing,
    queued: Listing,
}

/// The text of a list, and where each entry of it ends.
#[derive(Default)]
struct Listing {
    text: Arc<Vec<u8>>,
    ends: Vec<usize>,
}

impl Listing {
    fn new(machines: usize, status: &str, time: u128) -> Self {
        let mut text = Vec::new();
        let ends = (0..machines).map(|index| {
            text.extend_from_slice(machine(index, status, time).as_bytes());
            text.len()
        });
        let ends = ends.collect();
        Self {
            text: Arc::new(text),
            ends,
        }
    }

    /// The entries of these numbers.
    fn part(&self, entries: Range<usize>) -> Piece {
        let start = |entry: usize| entry.checked_sub(1).map_or(0, |before| self.ends[before]);
        let count = self.ends.len();
        let [from, to] = [entries.start, entries.end].map(|entry| start(entry.min(count)));
        Piece(Arc::clone(&self.text), from..to)
    }
}

/// A machine of an order, with the comma before it.
fn machine(index: usize, status: &str, time: u128) -> String {
    let comma = if index == 0 { "" } else { "," };
    let machine = json!({
        "machineSn": format!("i-bp1{index:016x}"),
        "ip": format!("10.{}.{}.{}", index >> 16, (index >> 8) & 255, index & 255),
        "status": status, "clientStatus": "ok", "batchNum": 1, "createTime": time, "updateTime": time,
        "actions": [{"type": "GetVMDeployMachineLog", "disable": false, "params": {}}],
    });
    format!("{comma}{machine}")
}

impl Machines {
    pub(crate) fn new(machines: usize) -> Self {
        let time = UNIX_EPOCH.elapsed().map_or(0, |time| time.as_millis());
        Self {
            time,
            done: Listing::new(machines, "Success", time + 1000),
            queued: Listing::new(machines, "Queued", time),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.done.ends.len()
    }

    /// A deploy order with its first `done` machines done and, while it runs, the next one at work.
    pub(crate) fn order(&self, done: usize) -> Body {
        let (count, time) = (self.count(), self.time);
        let status = if done < count { "Running" } else { "Success" };
        let head = format!(
            r#"{{"deployOrderId":1111,"status":"{status}","creator":"bench","createTime":{time},"updateTime":{},"#,
            time + done as u128,
        ) + r#""currentBatch":1,"totalBatch":1,"exceptionCode":"","actions":[],"#
            + r#""deployMachineInfo":{"hostGroupId":1,"batchNum":1,"deployMachines":["#;
        let mut pieces = vec![head.into(), self.done.part(0..done)];
        if done < count {
            pieces.push(machine(done, "Running", time + 500).into());
            pieces.push(self.queued.part(done + 1..count));
        }
        pieces.push("]}}".to_owned().into());
        Body {
            kind: "application/json",
            pieces,
            ends: done == count,
        }
    }
}

/// As much of a Kubernetes API as `kubectl rollout status` asks for. kubectl sends no secret over plain HTTP, so that it is part
/// of the address.
fn kubernetes(path: &str, done: usize) -> Option<Answer> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.strip_prefix('/')?.strip_prefix(TOKEN)?;
    // Since 1.27 a server tells all its resources in two answers.
    let groups = |items: Value| {
        Answer::Body(Body {
            kind: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            pieces: vec![
                json!({
                    "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
                    "metadata": {}, "items": items,
                })
                .to_string()
                .into(),
            ],
            ends: false,
        })
    };
    match path {
        "/api" => Some(groups(json!([]))),
        "/apis" => Some(groups(json!([{
            "metadata": {"name": "apps"},
            "versions": [{"version": "v1", "freshness": "Current", "resources": [{
                "resource": "deployments", "singularResource": "deployment", "scope": "Namespaced",
                "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "shortNames": ["deploy"], "verbs": ["get", "list", "watch"],
            }]}],
        }]))),
        // Google's kubectl picks one of its own that suits the server.
        "/version" => Some(body(
            &json!({"major": "1", "minor": "32", "gitVersion": "v1.32.4"}),
            false,
        )),
        DEPLOYMENTS if query.contains("watch=true") => Some(Answer::Watch),
        DEPLOYMENTS => Some(body(
            &json!({
                "kind": "DeploymentList", "apiVersion": "apps/v1",
                "metadata": {"resourceVersion": done.to_string()}, "items": [deployment(done)],
            }),
            done == UNITS,
        )),
        _ if path.strip_prefix(DEPLOYMENTS)?.strip_prefix('/')? == DEPLOYMENT => {
            Some(body(&deployment(done), false))
        }
        _ => None,
    }
}

fn deployment(done: usize) -> Value {
    let labels = json!({"app": DEPLOYMENT});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": DEPLOYMENT, "namespace": "default", "generation": 2, "uid": "4b1e2c60-93d7-4f0a-8a55-000000000000",
            "resourceVersion": done.to_string(), "creationTimestamp": "2026-01-01T00:00:00Z", "labels": labels,
        },
        "spec": {
            "replicas": UNITS, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]},
            },
        },
        "status": {
            "observedGeneration": 2, "replicas": UNITS, "updatedReplicas": done, "readyReplicas": UNITS,
            "availableReplicas": UNITS,
            "conditions": [{"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}],
        },
    })
}

/// The line of a watch that says how many units are done, and whether it is the last.
pub(crate) fn event(done: usize) -> (String, bool) {
    let event = json!({"type": "MODIFIED", "object": deployment(done)});
    (format!("{event}\n"), done >= UNITS)
}

/// As much of the API of GitHub as `gh run watch` asks for: a run with a job for each unit.
fn github(path: &str, done: usize) -> Option<Answer> {
    let path = path.split('?').next().unwrap_or(path);
    // gh reaches the server as its proxy, so that it may have any port.
    let path = path.strip_prefix(&format!("http://api.{GITHUB}"))?;
    let ended = done == UNITS;
    let time = "2026-01-01T00:00:00Z";
    let state = |running, ended| match (running, ended) {
        (_, true) => ("completed", Value::from("success")),
        (true, false) => ("in_progress", Value::Null),
        (false, false) => ("queued", Value::Null),
    };
    let (status, conclusion) = state(true, ended);
    if path == "/graphql" {
        return Some(body(
            &json!({"data": {"repository": {"pullRequests": {"nodes": []}}}}),
            false,
        ));
    }
    if path == RUN {
        let run = json!({
            "id": 30, "name": "deploy", "display_title": "deploy", "status": status, "conclusion": conclusion, "event": "push",
            "workflow_id": 7, "run_number": 1, "run_attempt": 1, "head_branch": "main", "head_sha": "0123456789abcdef",
            "created_at": time, "updated_at": time, "run_started_at": time,
            "jobs_url": format!("http://api.{GITHUB}{RUN}/jobs"), "html_url": format!("http://{GITHUB}/{REPOSITORY}/actions/runs/30"),
            "head_commit": {"message": "deploy"}, "head_repository": {"name": "bench", "owner": {"login": "bench"}},
        });
        return Some(body(&run, ended));
    }
    if path.strip_prefix(RUN) == Some("/jobs") {
        let job = |index| {
            let (status, conclusion) = state(index == done, index < done);
            let step =
                json!({"name": "deploy", "number": 1, "status": status, "conclusion": conclusion});
            json!({
                "id": index, "run_id": 30, "name": format!("machine {index}"), "status": status, "conclusion": conclusion,
                "started_at": time, "completed_at": time, "steps": [step],
                "html_url": format!("http://{GITHUB}/{REPOSITORY}/actions/runs/30/job/{index}"),
            })
        };
        let jobs: Vec<_> = (0..UNITS).map(job).collect();
        return Some(body(&json!({"total_count": UNITS, "jobs": jobs}), false));
    }
    match path.strip_prefix("/repos/bench/bench/")? {
        "actions/workflows/7" => {
            let workflow = json!({"id": 7, "name": "deploy", "path": ".github/workflows/deploy.yml", "state": "active"});
            Some(body(&workflow, false))
        }
        other => {
            let notes = other.starts_with("check-runs/") && other.ends_with("/annotations");
            notes.then(|| body(&json!([]), false))
        }
    }
}

/// A deployment of AWS CodeDeploy, the answer to `GetDeployment`.
fn code_deploy(done: usize) -> Answer {
    let ended = done == UNITS;
    let status = if ended { "Succeeded" } else { "InProgress" };
    let deployment = json!({
        "deploymentId": "d-BENCH0000", "applicationName": "bench", "status": status,
        "deploymentOverview": {
            "Pending": UNITS - done, "InProgress": 0, "Succeeded": done, "Failed": 0, "Skipped": 0, "Ready": 0,
        },
    });
    body(&json!({"deploymentInfo": deployment}), ended)
}
