//! A long watch over a bad connection, on Linux: `cargo bench --bench soak -- --minutes 10`.
//!
//! Samples the memory, descriptors and threads of the watching process, and ends with an error where they grow.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context as _, Result, ensure};

const DEPLOYWATCH: &str = env!("CARGO_BIN_EXE_deploywatch");

/// A process that ends with this one.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<()> {
    // `cargo test --all-targets` starts this too, without that argument.
    if !env::args().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let minutes = env::args().skip_while(|arg| arg != "--minutes").nth(1);
    let seconds = minutes.map_or(Ok(10.0), |word| word.parse::<f64>())? * 60.0;
    let demo = "demo --serve 127.0.0.1:0 --scenario flaky --units 200 --duration";
    let demo = format!("{demo} {:.0}s", seconds * 2.0);
    let mut server = Command::new(DEPLOYWATCH);
    server.args(demo.split(' ')).stdout(Stdio::piped());
    let mut server = Guard(server.spawn()?);
    // The command that watches it, for a shell.
    let mut line = String::new();
    BufReader::new(server.0.stdout.as_mut().context("no stdout")?).read_line(&mut line)?;
    let line = (line.trim()).replacen("deploywatch", &format!("exec {DEPLOYWATCH}"), 1);
    let line = line + " --interval 20ms --output json --events /dev/null";
    let mut watch = Command::new("sh");
    watch.args(["-c", &line]).env_clear().stdout(Stdio::null());
    let mut watch = Guard(watch.spawn()?);
    println!("[pages of memory, descriptors, threads]");
    let mut samples = Vec::new();
    while samples.len() < (seconds / 5.0) as usize {
        thread::sleep(Duration::from_secs(5));
        ensure!(watch.0.try_wait()?.is_none(), "the watch has ended");
        let sample = sample(watch.0.id())?;
        println!("{sample:?}");
        samples.push(sample);
    }
    judge(&samples)
}

/// Resident memory in pages, descriptors, threads.
fn sample(process: u32) -> Result<[usize; 3]> {
    let memory = fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages = memory.split(' ').nth(1).context("no resident memory")?;
    let count = |folder| fs::read_dir(format!("/proc/{process}/{folder}")).map(Iterator::count);
    Ok([pages.parse()?, count("fd")?, count("task")?])
}

/// Compares the last quarter of the samples with the second; in the first, buffers fill.
fn judge(samples: &[[usize; 3]]) -> Result<()> {
    let quarter = samples.len() / 4;
    ensure!(quarter > 0, "too short to tell");
    let median = |from: usize| {
        [0, 1, 2].map(|at| {
            let samples = &samples[from..from + quarter];
            let mut values: Vec<_> = samples.iter().map(|sample| sample[at]).collect();
            values.sort_unstable();
            values[quarter / 2]
        })
    };
    let (before, after) = (median(quarter), median(samples.len() - quarter));
    println!("second quarter: {before:?}, last quarter: {after:?}");
    // 5 % of memory, and two connections that are being made anew.
    let most = [before[0] + before[0] / 20, before[1] + 2, before[2]];
    ensure!((0..3).all(|at| after[at] <= most[at]), "it grows");
    Ok(())
}
