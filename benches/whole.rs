//! Whole processes compared: `cargo bench --bench whole`. What is measured and how to read it: `benches/README.md`.
//!
//! A new situation is an entry in [`cases`], a new rival a [`Peer`] in it, and what it is told a part of [`stories`].

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

mod process;
mod report;
mod server;
mod sizes;
mod stories;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::Context as _;
use clap::Parser;
use serde_json::json;

use process::{CPU, END, FIRST, MEMORY, Peer, WALL};
use report::{Limit, Row, Table};
use server::Server;
use stories::{DEPLOYMENT, GITHUB, ORDER, REPOSITORY, Story, System, TOKEN};

#[derive(Parser)]
struct Args {
    /// Runs of each peer, fewer in the cases that take long
    #[arg(long, value_name = "N", default_value_t = 60)]
    runs: usize,
    /// Only the cases whose name contains this
    #[arg(default_value = "", hide_default_value = true)]
    filter: String,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the server
    #[arg(long, hide = true)]
    serve: bool,
    /// Be the parser of an order of so many machines
    #[arg(long, hide = true, value_name = "MACHINES")]
    parse: Option<usize>,
}

/// A situation in which programs are compared.
struct Case {
    name: &'static str,
    runs: usize,
    peers: Vec<Peer>,
    /// Whose figures the others are divided by.
    reference: &'static str,
    /// What is to hold for the median of each peer that is ours.
    bounds: Vec<(usize, Limit)>,
}

/// The shell loop that people write instead: it says how many are done, and ends with the order.
const LOOP: &str = r#"
while
  state=$(curl -q -s -H "x-yunxiao-token: $TOKEN" "$URL" |
    jq -r '"\(.status) \([.deployMachineInfo.deployMachines[] | select(.status == "Success")] | length)"')
  echo "$state"
  [ "${state% *}" != Success ]
do sleep 1; done"#;

const LOOP_NAME: &str = "curl | jq loop";
const KUBECTL_NAME: &str = "kubectl rollout status";
const GH_NAME: &str = "gh run watch";

fn cases(server: &Server, home: &Path, runs: usize) -> anyhow::Result<Vec<Case>> {
    let url = format!("{}{ORDER}", server.endpoint);
    let token = format!("x-yunxiao-token: {TOKEN}");
    // `-q`: somebody's .curlrc is not part of the comparison.
    let curl = ["-q", "-s", "-o", "/dev/null", "-H", &token, &url];
    let ended = || Story::Polls {
        machines: 10,
        done: vec![1000],
    };
    Ok(vec![
        Case {
            name: "one poll: 10 machines",
            runs,
            peers: vec![
                // What starting any process takes. Its memory is the least that can be seen: a process is charged for that of
                // its parent until its own program runs.
                Peer::new("true (floor)", &["true"], &[], ended()),
                Peer::new("curl", &["curl"], &curl, ended()),
                Peer::deploywatch(
                    "deploywatch, quiet",
                    "--once --output quiet",
                    server,
                    ended(),
                ),
                Peer::deploywatch(
                    "deploywatch, plain",
                    "--once --output plain",
                    server,
                    ended(),
                ),
            ],
            reference: "deploywatch, plain",
            bounds: vec![
                (WALL, Limit::ShareOf(1.0, "curl")),
                (FIRST, Limit::ShareOf(1.0 / 3.0, "curl")),
                (CPU, Limit::ShareOf(1.0, "curl")),
                (MEMORY, Limit::ShareOf(1.0, "curl")),
            ],
        },
        Case {
            name: "watch 10 s: 10 units, one done each second",
            runs: runs.min(3),
            peers: vec![
                Peer::deploywatch(
                    "deploywatch",
                    "--interval 1s --output plain",
                    server,
                    Story::Seconds(System::Yunxiao),
                ),
                curl_loop(url),
                kubectl(server, home)?,
                gh(server),
                aws(server),
            ],
            reference: "deploywatch",
            bounds: vec![
                (CPU, Limit::AtMost(9.0)),
                (CPU, Limit::ShareOf(1.0 / 30.0, LOOP_NAME)),
                (CPU, Limit::ShareOf(1.0 / 8.0, KUBECTL_NAME)),
                (CPU, Limit::ShareOf(1.0 / 10.0, GH_NAME)),
                (MEMORY, Limit::ShareOf(1.0 / 6.0, GH_NAME)),
                (END, Limit::AtMost(2.0)),
            ],
        },
    ])
}

fn curl_loop(url: String) -> Peer {
    let programs = ["sh", "curl", "jq"];
    let story = Story::Seconds(System::Yunxiao);
    let mut peer = Peer::new(LOOP_NAME, &programs, &["-c", LOOP], story);
    peer.environment = vec![("TOKEN", TOKEN.to_owned()), ("URL", url)];
    peer
}

fn kubectl(server: &Server, home: &Path) -> anyhow::Result<Peer> {
    let config = home.join("kubeconfig.json");
    let address = format!("{}/{TOKEN}", server.endpoint);
    let content = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": address}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": ""}}],
    });
    fs::write(&config, content.to_string())?;
    let target = format!("deployment/{DEPLOYMENT}");
    let args = ["rollout", "status", &target];
    let story = Story::Seconds(System::Kubernetes);
    let mut peer = Peer::new(KUBECTL_NAME, &["kubectl"], &args, story);
    let config = config.to_string_lossy().into_owned();
    peer.environment = vec![("KUBECONFIG", config)];
    Ok(peer)
}

fn gh(server: &Server) -> Peer {
    let args = ["run", "watch", "30", "--interval", "1", "--exit-status"];
    let story = Story::Seconds(System::GitHub);
    let mut peer = Peer::new(GH_NAME, &["gh"], &args, story);
    peer.environment = vec![
        ("GH_HOST", GITHUB.to_owned()),
        ("GH_TOKEN", TOKEN.to_owned()),
        ("GH_REPO", format!("{GITHUB}/{REPOSITORY}")),
        ("GH_NO_UPDATE_NOTIFIER", "1".to_owned()),
        ("HTTP_PROXY", server.endpoint.clone()),
    ];
    peer
}

fn aws(server: &Server) -> Peer {
    let deployment = ["--deployment-id", "d-BENCH0000"];
    let endpoint = ["--endpoint-url", &server.endpoint];
    let args = [
        &["deploy", "wait", "deployment-successful"][..],
        &deployment,
        &endpoint,
    ]
    .concat();
    let story = Story::Seconds(System::CodeDeploy);
    let mut peer = Peer::new("aws deploy wait", &["aws"], &args, story);
    peer.environment = vec![
        ("AWS_ACCESS_KEY_ID", TOKEN.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", TOKEN.to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
    ];
    peer
}

/// Runs the peers of a case in turn; those that are not installed are left out.
fn measure(server: &mut Server, case: &Case, home: &Path) -> Table {
    let mut all: Vec<(&Peer, PathBuf, Row)> = Vec::new();
    let mut left_out = Vec::new();
    for peer in &case.peers {
        let bounds = peer.ours().then(|| case.bounds.clone());
        let mut row = Row::new(peer.name, bounds.unwrap_or_default());
        match peer.find() {
            Ok(program) => all.push((peer, program, row)),
            Err(error) => {
                println!("  {}: skipped, {error}", peer.name);
                row.skipped = Some(error.to_string());
                left_out.push(row);
            }
        }
    }
    // The first rounds are thrown away: what they read from disk is in memory afterwards.
    let warm_up = case.runs / 20;
    let mut turns: Vec<_> = (0..all.len()).collect();
    for round in 0..warm_up + case.runs {
        // In a fixed order one would always come after the largest and find its caches cold: 8 % in a poll.
        fastrand::shuffle(&mut turns);
        for &turn in &turns {
            let (peer, program, row) = &mut all[turn];
            if row.error.is_some() {
                continue;
            }
            match process::run(server, peer, program, Some(home)) {
                Ok(run) if round >= warm_up => row.runs.push(run),
                Ok(_) => {}
                Err(error) => row.error = Some(format!("{error:#}")),
            }
        }
    }
    let rows = all.into_iter().map(|(_, _, row)| row);
    Table {
        name: case.name.to_owned(),
        columns: &process::COLUMNS,
        rows: rows.chain(left_out).collect(),
        reference: Some(case.reference),
    }
}

fn main() -> anyhow::Result<ExitCode> {
    // `cargo test --all-targets` starts this too, with the arguments of the tests; minutes there serve nobody.
    if !env::args().any(|arg| arg == "--bench") {
        eprintln!("measured under `cargo bench` only");
        return Ok(ExitCode::SUCCESS);
    }
    let args = Args::parse();
    if args.serve {
        server::serve()?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(machines) = args.parse {
        println!("{}", sizes::parse(machines)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut server = Server::start()?;
    let home = tempfile::tempdir()?;
    println!(
        "Whole processes: median [10th … 90th percentile], times that of deploywatch; ok or OVER: how the median stands to its \
         bound."
    );
    let mut results = Vec::new();
    let mut complete = true;
    let mut show = |table: &Table| {
        println!("{}", table.text());
        results.push(table.json());
        for row in &table.rows {
            if let Some(error) = &row.error {
                println!("  {} failed: {error}", row.name);
                complete = false;
            }
        }
    };
    for case in cases(&server, home.path(), args.runs)? {
        if case.name.contains(&args.filter) {
            println!("\n{} ({} runs of each, in turn)", case.name, case.runs);
            show(&measure(&mut server, &case, home.path()));
        }
    }
    if sizes::NAME.contains(&args.filter) {
        let runs = args.runs.min(5);
        println!("\n{} ({runs} runs of each, in turn)", sizes::NAME);
        show(&sizes::measure(&mut server, runs));
    }
    // Cargo tells where files of benchmarks go, a folder inside the target folder.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.parent().unwrap_or(folder).join("bench.json");
    report::write(&path, &results).with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nWritten to {}", path.display());
    // A bound that is over may be the machine's fault; a program that fails is not.
    Ok(ExitCode::from(u8::from(!complete)))
}
