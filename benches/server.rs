//! A server on the loopback interface that speaks as much of the Yunxiao wire format as a watch needs: one order is asked for
//! again and again, and what is answered follows from the time since the first request of the run.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::json;

pub(crate) const TOKEN: &str = "bench-token";
pub(crate) const PATH: &str = "/oapi/v1/flow/organizations/bench/pipelines/123/deploy/1111";

/// What the server answers in a run. The texts are made beforehand, so that rendering 100,000 machines takes no time of it.
#[derive(Clone, Default)]
pub(crate) struct Script {
    answers: Vec<Arc<[u8]>>,
    step: Duration,
}

impl Script {
    /// An order that moves on at each `step` and succeeds after as many of them; after none, it had ended before the run.
    pub(crate) fn order(machines: usize, steps: usize, step: Duration) -> Self {
        let done = |at: usize| (machines * at).checked_div(steps).unwrap_or(machines);
        let answer = |at| reply("200 OK", &order(machines, done(at)));
        let answers = (0..=steps).map(answer).collect();
        Self { answers, step }
    }

    /// The state changes half a step before the step is full: a poll on time lands in the middle of a state, and a few
    /// milliseconds early or late change neither what it reads nor how many polls a watch takes.
    fn at(&self, elapsed: Duration) -> Option<Arc<[u8]>> {
        let step = self.step.as_nanos().max(1);
        let index = usize::try_from((elapsed.as_nanos() + step / 2) / step).unwrap_or(usize::MAX);
        self.answers.get(index).or(self.answers.last()).cloned()
    }
}

/// A run as the server sees it.
#[derive(Clone, Default)]
pub(crate) struct Play {
    script: Script,
    pub(crate) first: Option<Instant>,
    pub(crate) requests: u32,
}

/// The running server. It stops with the process.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    play: Arc<Mutex<Play>>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let play = Arc::<Mutex<Play>>::default();
        let shared = Arc::clone(&play);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let play = Arc::clone(&shared);
                // Whoever hangs up early fails by its own exit code; there is nothing to say here.
                thread::spawn(move || converse(&stream, &play).ok());
            }
        });
        Ok(Self { endpoint, play })
    }

    /// Starts a run: the script's clock begins at the next request.
    pub(crate) fn begin(&self, script: &Script) {
        *lock(&self.play) = Play {
            script: script.clone(),
            ..Play::default()
        };
    }

    pub(crate) fn seen(&self) -> Play {
        lock(&self.play).clone()
    }
}

fn lock(play: &Mutex<Play>) -> MutexGuard<'_, Play> {
    play.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, kept alive until the client closes it.
fn converse(mut stream: &TcpStream, play: &Mutex<Play>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next().transpose()? {
        let arrived = Instant::now();
        let mut trusted = false;
        while let Some(line) = lines.next().transpose()? {
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            trusted |= name.eq_ignore_ascii_case("x-yunxiao-token") && value.trim() == TOKEN;
        }
        let answer = {
            let mut play = lock(play);
            play.requests += 1;
            let first = *play.first.get_or_insert(arrived);
            play.script.at(arrived - first)
        };
        // Strict on purpose: whoever asks for something else, or without the secret, must not come out as fast.
        let asked = request.split(' ').nth(1) == Some(PATH);
        let answer = answer.filter(|_| asked && trusted);
        stream.write_all(&answer.unwrap_or_else(|| reply("403 Forbidden", "{}")))?;
    }
    Ok(())
}

/// Head and body in one piece, so that they leave in one write.
fn reply(status: &str, body: &str) -> Arc<[u8]> {
    let size = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}");
    format!("{head}\r\n\r\n{body}").into_bytes().into()
}

/// A deploy order in two batches with its first `done` machines done and, while it runs, the next one at work.
fn order(machines: usize, done: usize) -> String {
    let now = UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs() * 1000);
    let batch = |index| if index < machines.div_ceil(2) { 1 } else { 2 };
    let machine = |index: usize| {
        let status = match index {
            _ if index < done => "Success",
            _ if index == done => "Running",
            _ if batch(index) == batch(done) => "Queued",
            _ => "Pending",
        };
        json!({
            "machineSn": format!("4b1e2c60-93d7-4f0a-8a55-{index:012x}"),
            "ip": format!("10.{}.{}.{}", index >> 16, (index >> 8) & 255, index & 255),
            "status": status, "clientStatus": "ok", "batchNum": batch(index), "createTime": now, "updateTime": now,
            "actions": [{"type": "GetVMDeployMachineLog", "disable": false, "params": {}}],
        })
    };
    json!({
        "deployOrderId": 1111, "status": if done < machines { "Running" } else { "Success" }, "creator": "bench",
        "createTime": now, "updateTime": now, "currentBatch": batch(done), "totalBatch": 2, "exceptionCode": "",
        "actions": [],
        "deployMachineInfo": {
            "hostGroupId": 1, "batchNum": 2, "deployMachines": (0..machines).map(machine).collect::<Vec<_>>(),
        },
    })
    .to_string()
}
