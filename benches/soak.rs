//! A long watch: does it keep what it need not keep?
//!
//!     cargo bench --bench soak -- --minutes 10
//!
//! Watches a simulated deployment over a bad connection, fifty times a second, samples the memory
//! and the open files of the watching process (Linux), prints them, and says whether they grow.
//! Ends with an error where they do.

#![allow(clippy::print_stdout, reason = "it prints a table")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_deploywatch");
/// From one sample to the next.
const EVERY: Duration = Duration::from_secs(5);
/// How much more memory the last quarter may take than the second, in percent.
const MORE: u64 = 5;
/// How many more files may be open: a connection that is being made anew.
const FILES: u64 = 2;

/// A process that goes with this one.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the watching process takes at a moment.
struct Sample {
    seconds: u64,
    kilobytes: u64,
    files: u64,
    threads: u64,
}

fn main() -> Result<ExitCode> {
    let minutes = minutes()?;
    let (mut server, line) = serve(minutes)?;
    let mut watch = watch(&line)?;
    let begun = Instant::now();
    let end = Duration::from_secs_f64(minutes * 60.0);
    let mut samples = Vec::new();
    println!(
        "{:>8} {:>10} {:>6} {:>8}",
        "seconds", "memory_kb", "files", "threads"
    );
    while begun.elapsed() < end {
        thread::sleep(EVERY.min(end.saturating_sub(begun.elapsed())));
        if let Some(status) = watch.0.try_wait()? {
            return Err(format!("the watch ended: {status}").into());
        }
        if let Some(status) = server.0.try_wait()? {
            return Err(format!("the server ended: {status}").into());
        }
        let sample = Sample::take(watch.0.id(), begun.elapsed())?;
        let Sample {
            seconds,
            kilobytes,
            files,
            threads,
        } = sample;
        println!("{seconds:>8} {kilobytes:>10} {files:>6} {threads:>8}");
        samples.push(sample);
    }
    judge(&samples)
}

/// How long to watch: `--minutes N`, else ten minutes.
fn minutes() -> Result<f64> {
    let mut arguments = std::env::args()
        .skip_while(|word| word != "--minutes")
        .skip(1);
    let minutes = arguments.next().map_or(Ok(10.0), |word| word.parse())?;
    if minutes < 0.5 {
        return Err("a watch of less than half a minute shows nothing".into());
    }
    Ok(minutes)
}

/// Serves a deployment that outlasts the watch. Returns the line that watches it, too.
fn serve(minutes: f64) -> Result<(Guard, String)> {
    let duration = format!("{}s", (minutes * 120.0) as u64);
    let mut server = Command::new(PROGRAM)
        .args(["demo", "--serve", "127.0.0.1:0", "--scenario", "flaky"])
        .args(["--units", "200", "--duration", &duration])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let stdout = server.stdout.take().ok_or("no stdout")?;
    BufReader::new(stdout).read_line(&mut line)?;
    Ok((Guard(server), line))
}

/// Watches by that line: variables, the program, its arguments.
fn watch(line: &str) -> Result<Guard> {
    let (variables, arguments) = line.split_once("deploywatch ").ok_or("no command")?;
    let pairs = variables
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    let child = Command::new(PROGRAM)
        .args(arguments.split_whitespace())
        .args([
            "--interval",
            "20ms",
            "--output",
            "json",
            "--events",
            "/dev/null",
        ])
        .env_clear()
        .envs(pairs)
        .stdout(Stdio::null())
        .spawn()?;
    Ok(Guard(child))
}

impl Sample {
    fn take(process: u32, since: Duration) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let figure = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let word = line.and_then(|line| line.split_whitespace().next());
            word.and_then(|word| word.parse().ok())
                .ok_or("this is Linux only")
        };
        Ok(Self {
            seconds: since.as_secs(),
            kilobytes: figure("VmRSS:")?,
            files: fs::read_dir(format!("/proc/{process}/fd"))?.count() as u64,
            threads: figure("Threads:")?,
        })
    }
}

fn median(samples: &[Sample], figure: impl Fn(&Sample) -> u64) -> u64 {
    let mut figures: Vec<_> = samples.iter().map(figure).collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Compares the last quarter with the second one; the first is for filling buffers.
fn judge(samples: &[Sample]) -> Result<ExitCode> {
    let quarter = samples.len() / 4;
    if quarter == 0 {
        return Err("too few samples".into());
    }
    let (second, last) = (
        &samples[quarter..quarter * 2],
        &samples[samples.len() - quarter..],
    );
    let compare = |name: &str, figure: fn(&Sample) -> u64, allowed: fn(u64) -> u64| {
        let (before, after) = (median(second, figure), median(last, figure));
        let fits = after <= allowed(before);
        let word = if fits { "flat" } else { "GROWS" };
        println!("{name}: {before} in the second quarter, {after} in the last: {word}");
        fits
    };
    let fits = [
        compare(
            "memory_kb",
            |sample| sample.kilobytes,
            |kb| kb + kb * MORE / 100,
        ),
        compare("files", |sample| sample.files, |files| files + FILES),
        compare("threads", |sample| sample.threads, |threads| threads),
    ];
    Ok(if fits.contains(&false) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
