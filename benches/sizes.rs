//! deploywatch alone with more and more machines: what a poll costs, beside parsing the same bytes.
//!
//! A poll is the difference of two watches: one of three polls, and one of 39 polls more, in which either nothing changes or 2.5 %
//! of the machines each time. Both begin and end alike, so that start, first picture and report cancel out.

use std::borrow::Cow;
use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

use crate::process::{self, Peer};
use crate::report::{Limit, Row, Run, Table};
use crate::server::Server;
use crate::stories::{Machines, Story};

const SIZES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const COLUMNS: [(&str, usize); 9] = [
    ("answer_mb", 3),
    ("changed_poll_ms", 3),
    ("same_poll_ms", 3),
    ("parse_ms", 3),
    ("changed_per_parse", 2),
    ("same_per_parse", 2),
    ("memory_mb", 2),
    ("end_to_exit_ms", 2),
    ("step_lines", 0),
];
const CHANGED_PER_PARSE: usize = 4;
const SAME_PER_PARSE: usize = 5;
const MEMORY: usize = 6;
const END: usize = 7;
const LINES: usize = 8;

pub(crate) const NAME: &str =
    "sizes: alone with more machines, 2.5 % of them changed each time, or nothing";

/// A step of each poll, in thousandths of the machines.
const STEP: usize = 25;
/// Polls that the longer watches have more.
const POLLS: usize = 1000 / STEP - 1;

fn bounds(machines: usize) -> Vec<(usize, Limit)> {
    let end = |limit| (END, Limit::AtMost(limit));
    match machines {
        10 => vec![end(2.0)],
        100_000 => vec![
            (CHANGED_PER_PARSE, Limit::AtMost(1.3)),
            (SAME_PER_PARSE, Limit::AtMost(0.3)),
            // 100 MiB.
            (MEMORY, Limit::AtMost(104.857_6)),
            end(25.0),
            // Under 100.
            (LINES, Limit::AtMost(99.0)),
        ],
        _ => Vec::new(),
    }
}

/// Measures each size in turn.
pub(crate) fn measure(server: &mut Server, rounds: usize) -> Table {
    let rows = SIZES.map(|machines| Row::new(format!("{machines} machines"), bounds(machines)));
    let mut rows = Vec::from(rows);
    for round in 0..=rounds {
        for (row, machines) in rows.iter_mut().zip(SIZES) {
            if row.error.is_some() {
                continue;
            }
            match measure_one(server, machines) {
                // The first round is thrown away.
                Ok(run) if round > 0 => row.runs.push(run),
                Ok(_) => {}
                Err(error) => row.error = Some(format!("{error:#}")),
            }
        }
    }
    Table {
        name: NAME.to_owned(),
        columns: &COLUMNS,
        rows,
        reference: None,
    }
}

fn measure_one(server: &mut Server, machines: usize) -> Result<Run> {
    let last = 1000 - STEP;
    let (short, end) = ([last, last], [1000]);
    let steps: Vec<_> = (0..POLLS).map(|poll| poll * STEP).collect();
    let mut watch = |done: Vec<usize>| {
        let polls = done.len();
        let story = Story::Polls { machines, done };
        let peer = Peer::deploywatch("", "--interval 10ms --output plain", server, story);
        let run = process::run(server, &peer, &peer.find()?, None)?;
        // A poll that came late was left out, and the watch is not the one that was asked for.
        ensure!(
            run[process::REQUESTS] == u32::try_from(polls).ok().map(f64::from),
            "not each state was asked for once"
        );
        Ok(run)
    };
    let base = watch([&short[..], &end].concat())?;
    let changed = watch([&steps, &short[..], &end].concat())?;
    let same = watch([&[last; POLLS][..], &short, &end].concat())?;
    let step = watch(vec![0, 1000])?;
    let Parsed { bytes, ms } = parse_apart(machines)?;
    let polls = f64::from(u32::try_from(POLLS)?);
    let each = |long: &Run| Some((long[process::CPU]? - base[process::CPU]?) / polls);
    let (changed_poll, same_poll) = (each(&changed), each(&same));
    Ok(vec![
        Some(f64::from(u32::try_from(bytes)?) / 1e6),
        changed_poll,
        same_poll,
        Some(ms),
        changed_poll.map(|poll| poll / ms),
        same_poll.map(|poll| poll / ms),
        changed[process::MEMORY],
        changed[process::END],
        step[process::LINES],
    ])
}

/// What parsing came to.
#[derive(Deserialize, serde::Serialize)]
struct Parsed {
    bytes: usize,
    /// The median of the processor time of one.
    ms: f64,
}

/// Parses in a process of its own, so that its memory is no part of the watches'.
fn parse_apart(machines: usize) -> Result<Parsed> {
    let output = Command::new(env::current_exe()?)
        .args(["--bench", "--parse", &machines.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    serde_json::from_slice(&output.stdout).context("the parser failed")
}

/// Is that process: parses the answer of so many machines, half of them done, and prints what it took.
pub(crate) fn parse(machines: usize) -> Result<String> {
    let body = Machines::new(machines).order(machines / 2);
    let pieces: Vec<_> = body.pieces.iter().map(|piece| piece.bytes()).collect();
    let bytes = pieces.concat();
    drop(body);
    // The clock is read each 2 ms or so: reading it takes a while too.
    let turns = (10_000 / machines).max(1);
    let mut times = Vec::new();
    for _ in 0..=POLLS {
        let start = processor_time();
        for _ in 0..turns {
            let order: Order<'_> = serde_json::from_slice(black_box(&bytes))?;
            ensure!(order.deploy_machine_info.deploy_machines.len() == machines);
            black_box(&order);
        }
        let took = processor_time().saturating_sub(start).as_secs_f64();
        times.push(took * 1e3 / f64::from(u32::try_from(turns)?));
    }
    times.sort_by(f64::total_cmp);
    let parsed = Parsed {
        bytes: bytes.len(),
        ms: times[times.len() / 2],
    };
    Ok(serde_json::to_string(&parsed)?)
}

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// What a watch needs of an order, borrowed where nothing is escaped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading it is what is measured")]
struct Order<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    current_batch: u32,
    total_batch: u32,
    #[serde(borrow)]
    exception_code: Cow<'a, str>,
    #[serde(borrow)]
    deploy_machine_info: MachineInfo<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MachineInfo<'a> {
    #[serde(borrow)]
    deploy_machines: Vec<Machine<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading it is what is measured")]
struct Machine<'a> {
    #[serde(borrow)]
    machine_sn: Cow<'a, str>,
    #[serde(borrow)]
    ip: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    client_status: Cow<'a, str>,
    batch_num: u32,
}
