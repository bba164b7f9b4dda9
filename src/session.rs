//! From a parsed command line to the end of a watch.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cli::deploys::{Deploy, Deploys};
#[cfg(feature = "demo")]
use crate::cli::{self, DemoArgs, deploys::merged};
use crate::cli::{Cli, Command, Environment, WatchArgs};
use crate::cli::{completions, list};
use crate::clock::VirtualClock;
#[cfg(feature = "demo")]
use crate::demo;
use crate::event::Started;
use crate::exit::Verdict;
use crate::http::{Client, NetworkPool, Trace, Transport};
use crate::model::Note;
use crate::record::{CaptureFile, Exchanges, Player, Recorder, Recording};
use crate::redact::Redactor;
use crate::render::{Output, OutputEnv};
use crate::watch::{self, Inbox, LoopEvent, Target};

/// The span over which deployments that are polled once are polled, at most.
const ONCE: Duration = Duration::from_secs(1);

/// From one poll of the demo to the next: it takes seconds, not minutes.
#[cfg(feature = "demo")]
const DEMO_INTERVAL: &str = "500ms";

/// Does what the command line says.
///
/// # Errors
/// Where the command line or the configuration is wrong or does not say enough.
pub(crate) fn run(cli: &Cli, environment: Environment<'_>) -> Result<ExitCode> {
    let arguments = || -> Vec<String> {
        let arguments = std::env::args_os().skip(1);
        arguments
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    };
    match &cli.command {
        Command::Yunxiao(_)
        | Command::Codearts(_)
        | Command::Servicestage(_)
        | Command::Mrs(_)
        | Command::Fsd(_) => {
            let mut deploys = Deploys::default();
            deploys.add(cli, None, environment)?;
            let all = deploys.list.len() > 1;
            let shown = &cli.watch;
            shown.check_files(&deploys.files)?;
            watch(
                deploys,
                all,
                shown,
                Some(&arguments()),
                &Source::Network,
                environment,
            )
        }
        Command::All { file } => {
            let (shown, mut deploys) = list::read(file, &cli.given, environment)?;
            deploys.files.push(("FILE".to_owned(), file.clone()));
            shown.check_files(&deploys.files)?;
            watch(
                deploys,
                true,
                &shown,
                Some(&arguments()),
                &Source::Network,
                environment,
            )
        }
        Command::Replay { file, speed } => run_replay(file, *speed, cli, environment),
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => run_demo(arguments, &cli.given, environment),
        Command::Completions { shell } => {
            let script = completions::script(*shell);
            match io::stdout().write_all(script.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
                _ => Ok(ExitCode::SUCCESS),
            }
        }
    }
}

/// Watches deployments to their ends, `all` of a list or a single one; `shown` are the options of how
/// they are shown, `resume` the arguments that watch them again.
fn watch(
    deploys: Deploys,
    all: bool,
    shown: &WatchArgs,
    resume: Option<&[String]>,
    source: &Source,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    check_names(&deploys.list)?;
    let env = OutputEnv::gather(environment);
    let (mut output, notes) = Output::new(
        shown.output(),
        shown.color,
        shown.lang,
        shown.files(),
        &env,
        all,
        environment,
    )?;
    let redactor = &deploys.redactor;
    let mut inbox = source.inbox();
    let clock = inbox.clock();
    let capture = capture_file(shown.capture.as_deref(), redactor, &inbox)?;
    let mut network = NetworkPool::default();
    let mut targets = Vec::with_capacity(deploys.list.len());
    let delays = delays(&deploys.list);
    let insecure = if deploys.list.iter().all(|deploy| deploy.watch.insecure()) {
        Note::Insecure
    } else {
        Note::InsecureHere
    };
    // What is about the whole watch is said once.
    let mut said = HashSet::new();
    for (number, (deploy, delay)) in deploys.list.into_iter().zip(delays).enumerate() {
        let Deploy { spec, watch } = deploy;
        let transport: Arc<dyn Transport> = match source {
            Source::Recording(recording) => Arc::new(recording.player(number)),
            Source::Network => {
                let options = watch.connect_options()?;
                let clock = clock.clone();
                let network =
                    network.connect(&spec.endpoint, options, clock, redactor, environment)?;
                match &capture {
                    Some(file) => Arc::new(Recorder::new(network, number, Arc::clone(file))),
                    None => Arc::new(network),
                }
            }
        };
        let trace = shown.verbose.then(|| {
            let events = inbox.sender();
            let trace: Trace = Box::new(move |at, traced| {
                // The watch is over where nobody takes it.
                let _ = events.send(LoopEvent::Trace(at, traced));
            });
            trace
        });
        let options = watch.options(spec.pin);
        targets.push(Target {
            name: spec.target.into(),
            started: Started {
                provider: spec.provider,
                endpoint: spec.endpoint.as_str().trim_end_matches('/').to_owned(),
                interval: options.interval,
            },
            warnings: watch
                .insecure()
                .then(|| insecure.clone())
                .into_iter()
                .chain(spec.warnings)
                .filter(|note| !note.is_of_the_watch() || said.insert(note.clone()))
                .collect(),
            provider: (spec.connect)(Client::new(
                Arc::clone(&transport),
                Arc::clone(redactor),
                trace,
            )),
            transport,
            options,
            delay,
        });
    }
    if let Some(first) = targets.first_mut() {
        first.warnings.extend(notes);
    }
    let seed = source.seed();
    if let Some(capture) = &capture {
        output.set_recording(capture.writer());
        capture.begin(clock.now(), seed, all, deploys.origins);
    }
    let limit = longest_timeout(&targets);
    let begun = clock.now().moment;
    let verdict = watch::run(targets, all, resume, seed, &mut inbox, &mut output)?;
    if let Some(capture) = &capture {
        capture.end(clock.now());
        // The watch is over, so that what there is to say about the last line is said here.
        while let Some(event) = inbox.try_next() {
            if let LoopEvent::Warning(note) = event {
                output.warn_late(&note);
            }
        }
    }
    let left = match verdict {
        Verdict::Interrupted(_) => Some(Duration::ZERO),
        _ => limit.map(|limit| limit.saturating_sub(clock.now().moment.since(begun))),
    };
    output.finish(left);
    Ok(verdict.into())
}

/// When the last target times out, where each has a `--timeout`.
fn longest_timeout(targets: &[Target]) -> Option<Duration> {
    let timeouts = targets.iter().map(|target| target.options.timeout);
    let timeouts: Option<Vec<_>> = timeouts.collect();
    timeouts?.into_iter().max()
}

/// Where responses come from.
enum Source {
    Network,
    Recording(Replay),
}

/// A recording that is played.
struct Replay {
    exchanges: Arc<Exchanges>,
    clock: Arc<VirtualClock>,
    speed: f64,
    seed: u64,
}

impl Replay {
    fn player(&self, target: usize) -> Player {
        Player::new(Arc::clone(&self.exchanges), target, Arc::clone(&self.clock))
    }
}

impl Source {
    fn inbox(&self) -> Inbox {
        match self {
            Self::Network => Inbox::live(),
            Self::Recording(replay) => Inbox::replay(Arc::clone(&replay.clock), replay.speed),
        }
    }

    /// What the waits after failed polls are drawn from.
    fn seed(&self) -> u64 {
        match self {
            Self::Network => fastrand::u64(..),
            Self::Recording(replay) => replay.seed,
        }
    }
}

/// The file at `path` that the watch is recorded in, where one is wanted.
fn capture_file(
    path: Option<&Path>,
    redactor: &Arc<Redactor>,
    inbox: &Inbox,
) -> Result<Option<Arc<CaptureFile>>> {
    let Some(path) = path else {
        return Ok(None);
    };
    let events = inbox.sender();
    let warn = move |note| {
        // The watch is over where nobody takes it.
        let _ = events.send(LoopEvent::Warning(note));
    };
    Ok(Some(Arc::new(CaptureFile::create(
        path,
        Arc::clone(redactor),
        warn,
    )?)))
}

/// Watches what was recorded in `file`, by the command line that was recorded with it.
fn run_replay(
    file: &Path,
    speed: f64,
    cli: &Cli,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    ensure!(
        cli.watch.capture.is_none(),
        "--capture records a watch, and a replay is none: leave it out"
    );
    cli.watch
        .check_files(&[("FILE".to_owned(), file.to_owned())])?;
    let recording = Recording::read(file)?;
    let mut deploys = Deploys::default();
    for origin in &recording.header.deployments {
        deploys
            .add_again(origin, &cli.given)
            .with_context(|| format!("{}:1", file.display()))?;
    }
    cli.watch.check_files(&deploys.files)?;
    ensure!(
        !deploys.list.is_empty(),
        "{}:1: there is no deployment in it",
        file.display()
    );
    let all = recording.header.all;
    let source = Source::Recording(Replay {
        exchanges: Arc::new(recording.exchanges),
        clock: Arc::new(VirtualClock::new(recording.started)),
        speed,
        seed: recording.header.seed,
    });
    watch(deploys, all, &cli.watch, None, &source, environment)
}

/// Two targets of one name could not be told apart in the events.
fn check_names(deploys: &[Deploy]) -> Result<()> {
    let mut names = HashSet::new();
    for deploy in deploys {
        let name = &deploy.spec.target;
        ensure!(
            name != "all",
            "a deployment cannot have the name all: the events call the whole list so"
        );
        ensure!(
            names.insert(name),
            "{name} is there twice; give each deployment a name of its own"
        );
    }
    Ok(())
}

/// When each deployment is polled first: those on one host share the interval, so that it never
/// gets their requests in one burst, but no limit is over before the first request.
fn delays(deploys: &[Deploy]) -> Vec<Duration> {
    let host = |deploy: &Deploy| {
        let endpoint = &deploy.spec.endpoint;
        (
            endpoint.host_str().map(str::to_owned),
            endpoint.port_or_known_default(),
        )
    };
    let mut on_host = HashMap::new();
    for deploy in deploys {
        *on_host.entry(host(deploy)).or_insert(0_u32) += 1;
    }
    let mut before = HashMap::new();
    deploys
        .iter()
        .map(|deploy| {
            let host = host(deploy);
            let total = on_host.get(&host).copied().unwrap_or(1).max(1);
            let number = before.entry(host).or_insert(0_u32);
            let options = deploy.watch.options(None);
            let limits = [options.timeout, options.stall_timeout]
                .into_iter()
                .flatten();
            let once = options.once.then_some(ONCE);
            let spread = limits
                .map(|limit| limit / 2)
                .chain(once)
                .fold(options.interval, Duration::min);
            let delay = spread.saturating_mul(*number) / total;
            *number += 1;
            delay
        })
        .collect()
}

/// Serves a simulated deployment and watches it, by the command that would watch a real one.
#[cfg(feature = "demo")]
fn run_demo(
    arguments: &DemoArgs,
    given: &[String],
    environment: Environment<'_>,
) -> Result<ExitCode> {
    use std::net::{Ipv4Addr, SocketAddr};

    let (plan, serve) = arguments.plan()?;
    let address = serve.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let settings = plan.watch_env();
    let server =
        demo::Server::start(plan, address).with_context(|| format!("cannot serve on {address}"))?;
    let mut words = merged(&plan.watch_args(server.addr()), given);
    if !given.iter().any(|word| word.starts_with("--interval=")) {
        words.push(format!("--interval={DEMO_INTERVAL}"));
    }
    let environment = |name: &str| {
        let own = settings.iter().find(|(own, _)| *own == name);
        match own {
            Some((_, value)) => Some((*value).to_owned()),
            None if provider_variable(name) => None,
            None => environment(name),
        }
    };
    let mut real = cli::parse(["deploywatch".to_owned()].into_iter().chain(words))?;
    real.watch.direct = true;
    let mut deploys = Deploys::default();
    deploys.add(&real, None, &environment)?;
    real.watch.check_files(&deploys.files)?;
    if serve.is_some() {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}", plan.watch_command(server.addr(), given))?;
        stdout.flush()?;
        server.wait();
        return Ok(ExitCode::SUCCESS);
    }
    watch(
        deploys,
        false,
        &real.watch,
        None,
        &Source::Network,
        &environment,
    )
}

/// Whether a variable is about a provider: such a one, set for a real watch, must not lead the demo
/// elsewhere.
#[cfg(feature = "demo")]
fn provider_variable(name: &str) -> bool {
    [
        "YUNXIAO_",
        "ALIBABA_",
        "HW_",
        "HUAWEICLOUD_",
        "MRS_",
        "FSD_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}
