//! Compares deploywatch with what people use instead, and with limits: `cargo bench --bench bench`, explained in
//! `benches/README.md`. A case is a function in [`CASES`] that runs programs and adds figures to the report.

#![expect(clippy::print_stdout, reason = "it prints a table")]

mod programs;
mod responses;
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use anyhow::Result;
use serde_json::{Value, json};
use tempfile::TempDir;

use programs::{CPU, END, FIRST, MEMORY, PARSE, Program, Run, WALL, median};
use programs::{CURL, GH, KUBECTL, LOOP, deploywatch};
use server::Story;

type Case = fn(&mut Bench) -> Result<()>;

const CASES: [(&str, Case); 3] = [("one poll", one_poll), ("watch", watch), ("sizes", sizes)];

/// The largest allowed median by measure: as a share of a rival's median or, for limits, in the unit of the measure.
type Bounds<'a> = &'a [(&'static str, f64)];
type Rival<'a> = (Program, Bounds<'a>);
/// The bounds of a changed and an unchanged poll.
type Polls = [Option<f64>; 2];

struct Bench {
    /// The home directory of all programs.
    home: TempDir,
    figures: Vec<Value>,
    /// Whether a figure is over its bound, or a case ended with an error.
    failed: bool,
}

impl Bench {
    /// Runs each program so many times, in turn.
    fn in_turn(&self, programs: &[(Program, &Story)], runs: usize) -> Result<Vec<Vec<Run>>> {
        let mut all = vec![Vec::new(); programs.len()];
        // In a fixed order, a program would always find the caches as the same other left them.
        let mut turns: Vec<_> = (0..programs.len()).collect();
        for _ in 0..runs {
            turns.reverse();
            for &turn in &turns {
                let (program, story) = programs[turn];
                all[turn].push(program.run(story, self.home.path())?);
            }
        }
        Ok(all)
    }

    /// Runs programs on one story and adds a figure for each bound, the first program beside the other. A program that is not
    /// installed is skipped.
    fn compare(
        &mut self,
        (case, story, runs): (&str, &Story, usize),
        programs: &[Rival<'_>],
    ) -> Result<()> {
        let (found, missing): (Vec<Rival<'_>>, Vec<_>) =
            programs.iter().partition(|(it, _)| it.is_installed());
        for (Program { name, needs, .. }, _) in missing {
            println!("| {case} | skipped: it needs {needs} | | {name} | | | |");
        }
        let programs: Vec<_> = found.iter().map(|(it, _)| (*it, story)).collect();
        // Thrown away: these runs load the programs from disk.
        self.in_turn(&programs, runs / 20)?;
        let runs = self.in_turn(&programs, runs)?;
        for ((rival, bounds), its) in found.into_iter().zip(&runs) {
            for &(measure, bound) in bounds {
                let (ours, its) = (median(&runs[0], measure), median(its, measure));
                self.add([case, measure, rival.name], ours, its, Some(bound));
            }
        }
        Ok(())
    }

    /// Adds a median of deploywatch, what it is compared with, and the largest allowed ratio of the two.
    fn add(&mut self, labels: [&str; 3], value: f64, other: f64, bound: Option<f64>) {
        let [case, measure, beside] = labels;
        let ratio = value / other;
        // NaN counts as over.
        let over = bound.is_some_and(|bound| ratio.is_nan() || ratio > bound);
        let word = if over { "over" } else { "ok" };
        let limit = bound.map_or(String::new(), |bound| format!("{bound:.3} {word}"));
        let figures = format!("{value:.3} | {beside} | {other:.3} | {ratio:.3}");
        println!("| {case} | {measure} | {figures} | {limit} |");
        self.failed |= over;
        self.figures.push(json!({
            "case": case, "measure": measure, "value": value, "beside": beside, "other": other,
            "ratio": ratio, "bound": bound, "over": over,
        }));
    }
}

/// Reads the state of a finished order of ten machines, once.
fn one_poll(bench: &mut Bench) -> Result<()> {
    const MOST: f64 = 2.0 / 3.0;
    let bounds = [(FIRST, 0.5), (WALL, MOST), (CPU, MOST), (MEMORY, MOST)];
    let ours = deploywatch("$ORDER --once --output quiet");
    let (machines, polls) = (10, vec![1000]);
    let story = &Story { machines, polls };
    bench.compare(("one poll", story, 60), &[(ours, &[]), (CURL, &bounds)])?;
    let folder = bench.home.path().join(".local/state/deploywatch");
    fs::create_dir_all(&folder)?;
    let line =
        r#"{"deployment":"yunxiao:example.com/1","durations_ms":[N],"units":{"a":[N],"b":[N]}}"#;
    let line = line.replace('N', &["123456"; 20].join(","));
    let lines = vec![&*line; (1 << 19) / (line.len() + 2) - 1].join(",\n");
    let full = format!("{{\"schema\":1,\"deployments\":[\n{lines}\n]}}\n");
    fs::write(folder.join("durations.json"), full)?;
    let none = deploywatch("$ORDER --once --output quiet --no-history");
    let runs = bench.in_turn(&[(ours, story), (none, story)], 60)?;
    let more = median(&runs[0], CPU) - median(&runs[1], CPU);
    let labels = ["one poll", "processor ms of a full history", "limit"];
    bench.add(labels, more, 0.3, Some(1.0));
    Ok(fs::remove_dir_all(folder)?)
}

/// Watches ten units, of which one is done each second, and polls each second; then 2,000 such deployments in one process, for
/// what each takes beyond the first.
fn watch(bench: &mut Bench) -> Result<()> {
    let ours = deploywatch("$ORDER --interval 1s --output plain");
    let programs: [Rival<'_>; 4] = [
        (ours, &[]),
        (LOOP, &[(CPU, 1.0 / 25.0)]),
        (KUBECTL, &[(CPU, 1.0 / 6.0)]),
        (GH, &[(CPU, 1.0 / 5.0), (MEMORY, 1.0 / 4.0)]),
    ];
    let (machines, polls) = (10, vec![]);
    let story = &Story { machines, polls };
    bench.compare(("watch 10 s", story, 3), &programs)?;
    let table = |n| format!("[[deploy]]\nprovider = 'yunxiao'\norder = 1111\nname = 'd{n}'\n");
    let list: String = (0..2_000).map(table).collect();
    fs::write(bench.home.path().join("list"), list)?;
    let many = deploywatch("$ALL $HOME/list -i 1s -q");
    let runs = bench.in_turn(&[(ours, story), (many, story)], 3)?;
    for (measure, limit) in [(CPU, 5.0), (MEMORY, 0.2)] {
        let [one, many] = [0, 1].map(|it: usize| median(&runs[it], measure));
        let labels = ["each of 2000 deployments", measure, "limit"];
        bench.add(labels, (many - one) / 1_999.0, limit, Some(1.0));
    }
    Ok(())
}

/// Watches more and more machines.
fn sizes(bench: &mut Bench) -> Result<()> {
    size(bench, 10, [None; 2], &[(END, 3.0)])?;
    size(bench, 1_000, [None; 2], &[])?;
    size(bench, 10_000, [None; 2], &[])?;
    let limits = [(END, 60.0), (MEMORY, 120.0)];
    size(bench, 100_000, [Some(1.6), Some(0.35)], &limits)
}

/// Adds what a changed and an unchanged poll take beside parsing the body, and how the watch stands to its limits.
fn size(bench: &mut Bench, machines: usize, polls: Polls, limits: Bounds<'_>) -> Result<()> {
    const STEP: usize = 25;
    const LAST: usize = 1000 - STEP;
    const MORE: usize = LAST / STEP;
    let changes = (0..MORE).map(|poll| poll * STEP).collect();
    let stories = [vec![], changes, vec![LAST; MORE]].map(|more| {
        let polls = [&more[..], &[LAST, LAST, 1000]].concat();
        Story { machines, polls }
    });
    let ours = deploywatch("$ORDER --interval 10ms --output plain");
    let runs = bench.in_turn(&stories.each_ref().map(|story| (ours, story)), 5)?;
    let case = format!("{machines} machines");
    let parse = median(&runs.concat(), PARSE);
    let [changed, same] = polls;
    for (measure, watch, bound) in [("changed poll", 1, changed), ("unchanged poll", 2, same)] {
        let poll = (median(&runs[watch], CPU) - median(&runs[0], CPU)) / MORE as f64;
        bench.add([&case, measure, PARSE], poll, parse, bound);
    }
    for &(measure, limit) in limits {
        let value = median(&runs[1], measure);
        bench.add([&case, measure, "limit"], value, limit, Some(1.0));
    }
    Ok(())
}

fn main() -> Result<ExitCode> {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let filter = match args[..] {
        ["--serve", story] => return server::serve(serde_json::from_str(story)?),
        ["--bench"] => "",
        [filter, "--bench"] => filter,
        // `cargo test --all-targets` starts this too.
        _ => return Ok(ExitCode::SUCCESS),
    };
    let (home, figures, failed) = (tempfile::tempdir()?, Vec::new(), false);
    let mut bench = Bench {
        home,
        figures,
        failed,
    };
    println!("| case | measure | deploywatch | beside | | ratio | bound |");
    println!("|---|---|--:|---|--:|--:|---|");
    for (name, case) in CASES.iter().filter(|(name, _)| name.contains(filter)) {
        if let Err(error) = case(&mut bench) {
            bench.failed = true;
            println!("| {name} | failed: {error:#} | | | | | |");
        }
    }
    let report = json!({"failed": bench.failed, "figures": bench.figures});
    // Cargo names the folder of temporary files, inside the target folder.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench.json");
    fs::write(path, format!("{report:#}\n"))?;
    Ok(ExitCode::from(u8::from(bench.failed)))
}
