//! Whole processes compared: `cargo bench --bench whole`. What is measured and how to read it: `benches/README.md`.
//!
//! A new situation is an entry in [`cases`], a new rival a [`Peer`] in it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

mod report;
mod server;

use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, iter};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use wait4::Wait4 as _;

use server::{PATH, Script, Server, TOKEN};

#[derive(Parser)]
struct Args {
    /// Runs of each peer, 3 at most in the cases that take long
    #[arg(long, value_name = "N", default_value_t = 60)]
    runs: usize,
    /// Only the cases whose name contains this
    #[arg(default_value = "", hide_default_value = true)]
    filter: String,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

const DEPLOYWATCH: &str = env!("CARGO_BIN_EXE_deploywatch");

/// What is known of one process from start to exit: the columns of the table with their decimals.
const METRICS: [(&str, usize); 6] = [
    ("wall_ms", 2),
    ("first_request_ms", 2),
    ("cpu_ms", 2),
    ("memory_mb", 2),
    ("written_bytes", 0),
    ("requests", 0),
];
const WALL: usize = 0;
const CPU: usize = 2;
const MEMORY: usize = 3;
type Run = [Option<f64>; METRICS.len()];

/// A situation in which programs are compared.
struct Case {
    name: &'static str,
    runs: usize,
    script: Script,
    peers: Vec<Peer>,
    /// What is to hold for the median of each peer that is ours.
    bounds: Vec<(usize, Limit)>,
}

/// A program and its arguments. Several in a pipeline are a peer too, as `sh -c`: the processor time of the children that a
/// shell waited for counts as its own, and of their memory the largest.
struct Peer {
    name: &'static str,
    program: &'static str,
    args: Vec<String>,
}

impl Peer {
    fn new(name: &'static str, program: &'static str, args: &[&str]) -> Self {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Self {
            name,
            program,
            args,
        }
    }

    fn ours(&self) -> bool {
        self.program == DEPLOYWATCH
    }
}

enum Limit {
    AtMostThatOf(&'static str),
    BelowThatOf(&'static str),
    Below(f64),
}

/// A peer with its runs. After an error it is left alone.
struct Measured<'a> {
    peer: &'a Peer,
    program: PathBuf,
    runs: Vec<Run>,
    error: Option<String>,
}

fn cases(server: &Server, runs: usize) -> Vec<Case> {
    let url = format!("{}{PATH}", server.endpoint);
    let token = format!("x-yunxiao-token: {TOKEN}");
    // `-q`: somebody's .curlrc is not part of the comparison.
    let curl = ["-q", "-s", "-o", "/dev/null", "-H", &token, &url];
    let ours = |name, args: &str| {
        let target = "yunxiao --pipeline 123 --order 1111 --organization bench --endpoint";
        let endpoint = iter::once(&*server.endpoint);
        let args = target.split(' ').chain(endpoint).chain(args.split(' '));
        Peer::new(name, DEPLOYWATCH, &args.collect::<Vec<_>>())
    };
    vec![
        Case {
            name: "one poll: 10 machines",
            runs,
            script: Script::order(10, 0, Duration::ZERO),
            peers: vec![
                // What starting any process takes. Its memory is the least that can be seen: a process is charged for that of
                // its parent until its own program runs.
                Peer::new("true (floor)", "true", &[]),
                Peer::new("curl", "curl", &curl),
                ours("deploywatch, quiet", "--once --output quiet"),
                ours("deploywatch, plain", "--once --output plain"),
            ],
            bounds: vec![
                (WALL, Limit::AtMostThatOf("curl")),
                (CPU, Limit::AtMostThatOf("curl")),
                (MEMORY, Limit::BelowThatOf("curl")),
            ],
        },
        Case {
            name: "watch 10 s: 10 machines, asked each second",
            runs: runs.min(3),
            script: Script::order(10, 10, Duration::from_secs(1)),
            peers: vec![ours("deploywatch, plain", "--interval 1s --output plain")],
            bounds: vec![(CPU, Limit::Below(9.0))],
        },
    ]
}

/// Where a program is; looked up beforehand, so that the search is no part of a run.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|folder| folder.join(program));
    files.find(|file| file.is_file())
}

/// Runs a peer once. Anything but a success is an error: how fast something fails is not a figure.
fn run(server: &Server, script: &Script, one: &Measured<'_>) -> anyhow::Result<Run> {
    let mut output = tempfile::tempfile()?;
    let mut command = Command::new(&one.program);
    // A proxy, a locale or CI=true of whoever runs this would change what is measured.
    command.env_clear().env("YUNXIAO_ACCESS_TOKEN", TOKEN);
    command.env("PATH", env::var_os("PATH").unwrap_or_default());
    command.args(&one.peer.args).stdin(Stdio::null());
    command
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    server.begin(script);
    let start = Instant::now();
    let end = command.spawn()?.wait4()?;
    let wall = start.elapsed();
    let seen = server.seen();
    if !end.status.success() {
        let mut said = String::new();
        output.rewind()?;
        output.read_to_string(&mut said)?;
        bail!("{}: {}", end.status, said.trim_end());
    }
    ensure!(seen.requests > 0 || !one.peer.ours(), "it asked nothing");
    let ms = |time: Duration| Some(time.as_secs_f64() * 1e3);
    let count = |number: u64| u32::try_from(number).ok().map(f64::from);
    Ok([
        ms(wall),
        seen.first.and_then(|first| ms(first - start)),
        ms(end.rusage.utime + end.rusage.stime),
        count(end.rusage.maxrss / 1000).map(|kilobytes| kilobytes / 1e3),
        count(output.metadata()?.len()),
        Some(f64::from(seen.requests)),
    ])
}

/// Runs the peers of a case in turn; those that are not installed are left out.
fn measure<'a>(server: &Server, case: &'a Case) -> Vec<Measured<'a>> {
    let mut all = Vec::new();
    for peer in &case.peers {
        match find(peer.program) {
            Some(program) => all.push(Measured {
                peer,
                program,
                runs: Vec::new(),
                error: None,
            }),
            None => println!("  {}: skipped, not installed", peer.name),
        }
    }
    // The first rounds are thrown away: what they read from disk is in memory afterwards.
    let warm_up = case.runs / 20;
    let mut turns: Vec<_> = (0..all.len()).collect();
    for round in 0..warm_up + case.runs {
        // In a fixed order one would always come after the largest and find its caches cold: 8 % in a poll.
        fastrand::shuffle(&mut turns);
        for &turn in &turns {
            let one = &mut all[turn];
            if one.error.is_some() {
                continue;
            }
            match run(server, &case.script, one) {
                Ok(run) if round >= warm_up => one.runs.push(run),
                Ok(_) => {}
                Err(error) => one.error = Some(format!("{error:#}")),
            }
        }
    }
    all
}

fn main() -> anyhow::Result<ExitCode> {
    // `cargo test --all-targets` starts this too, with the arguments of the tests; half a minute there serves nobody.
    if !env::args().any(|arg| arg == "--bench") {
        eprintln!("measured under `cargo bench` only");
        return Ok(ExitCode::SUCCESS);
    }
    let args = Args::parse();
    let server = Server::start()?;
    println!(
        "Whole processes: median [10th … 90th percentile]; ok or OVER: how the median stands to its bound."
    );
    let mut complete = true;
    let mut results = Vec::new();
    for case in cases(&server, args.runs) {
        if !case.name.contains(&args.filter) {
            continue;
        }
        println!("\n{} ({} runs of each, in turn)", case.name, case.runs);
        let all = measure(&server, &case);
        println!("{}", report::table(&case, &all));
        results.push(report::json(&case, &all));
        for one in &all {
            if let Some(error) = &one.error {
                println!("  {} failed: {error}", one.peer.name);
                complete = false;
            }
        }
    }
    // Cargo tells where files of benchmarks go, a folder inside the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.parent().unwrap_or(folder).join("bench.json");
    report::write(&path, &results).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nWritten to {}", path.display());
    // A bound that is over may be the machine's fault; a program that fails is not.
    Ok(ExitCode::from(u8::from(!complete)))
}
