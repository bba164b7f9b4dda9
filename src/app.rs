//! Composes a watch from a parsed command line and sees it to its end.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use url::Position;

use crate::cli::deployments::{Deployment, Deployments};
#[cfg(feature = "demo")]
use crate::cli::explicit::{Scope, override_args};
use crate::cli::list::{Partition, partition_advice};
use crate::cli::options::{OutputChoice, OutputOptions};
use crate::cli::{Cli, Command, completions, config, not_set};
use crate::clock::{Timestamp, VirtualClock};
#[cfg(feature = "demo")]
use crate::demo;
use crate::history::{self, History, PastDeployments};
use crate::http::{Client, ConnectOptions, NetworkPool, Trace, Transport};
use crate::input;
use crate::message::{Context as _, Lang, Message, Result, ensure};
use crate::outcome::Verdict;
use crate::platform;
use crate::provider::Environment;
use crate::record::{CaptureFile, Exchanges, Player, Recorder, Recording};
use crate::redact::Redactor;
use crate::render::{Output, is_ci};
use crate::watch::{self, Inbox, LoopEvent, Target, TargetDetails};

/// The span over which deployments that are polled once are polled, at most.
const ONCE: Duration = Duration::from_secs(1);

/// Does what the command line says, unless it or the configuration is wrong or does not say enough.
pub(crate) fn run(cli: Cli, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Watch(_) => {
            let (output, deployments) = Deployments::of_command(cli, environment)?;
            watch(deployments, &output, None, environment)
        }
        Command::All { file, partition } => {
            let (output, deployments) = Deployments::of_list(file, *partition, &cli, environment)?;
            if let Some(part) = partition {
                say_part(*part, &deployments, &output, environment);
                if deployments.list.is_empty() {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            watch(deployments, &output, None, environment)
        }
        Command::Replay { file, speed } => run_replay(file, *speed, &cli, environment),
        #[cfg(feature = "demo")]
        Command::Demo(options) => run_demo(options, &cli, environment),
        Command::History { clear } => run_history(*clear, &cli.output, environment),
        Command::Completions { shell } => print(&completions::script(*shell)),
    }
}

/// Prints the result of a command that watches nothing.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Message::io(&error).into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes a line to stderr where nothing is watched.
fn say(line: &str) {
    // There is nowhere to report that stderr cannot be written.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Watches deployments to their ends; `shown` are the options of how they are shown.
fn watch(
    deployments: Deployments,
    shown: &OutputOptions,
    replay: Option<&Playback>,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    check_names(&deployments.list)?;
    shown.check_files(&deployments.files)?;
    let all = deployments.is_list;
    if replay.is_none() {
        check_descriptors(deployments.list.len())?;
    }
    let (mut output, output_warnings) = Output::new(shown, all, environment)?;
    let mut inbox = match replay {
        Some(replay) => Inbox::replay(Arc::clone(&replay.clock), replay.speed),
        None => Inbox::live(),
    };
    let seed = replay.map_or_else(|| fastrand::u64(..), |replay| replay.seed);
    let clock = inbox.clock.clone();
    let capture = shown.capture.as_deref().map(|path| {
        let events = inbox.sender.clone();
        let warn = move |message| {
            // The watch is over where nobody takes it.
            let _ = events.send(LoopEvent::Warning(message));
        };
        CaptureFile::create(path, Arc::clone(&deployments.redactor), warn)
    });
    let capture = capture.transpose()?.map(Arc::new);
    let mut connector = Connector {
        replay,
        network: NetworkPool::default(),
        capture: capture.clone(),
        redactor: deployments.redactor,
        trace_to: shown.verbose.then(|| inbox.sender.clone()),
        environment,
    };
    let (history, history_warning) = recall(&deployments.list, shown, environment);
    let (targets, mut warnings) = targets(deployments.list, &mut connector, history.as_ref())?;
    warnings.extend(output_warnings.into_iter().chain(history_warning));
    // Several deployments may take their secret from one file.
    let mut said = HashSet::new();
    warnings.retain(|warning| said.insert(warning.clone()));
    if let Some(capture) = &capture {
        output.recording = Some(capture.writer.clone());
        capture.begin(clock.now(), seed, all, deployments.recorded);
    }
    let limit = longest_timeout(&targets);
    let begun = clock.now().instant;
    let resume = deployments.resume.as_ref();
    let (inbox, output) = (&mut inbox, &mut output);
    let verdict = watch::run(targets, all, &warnings, resume, seed, inbox, output)?;
    if let Some(capture) = &capture {
        end_capture(capture, clock.now(), inbox, output);
    }
    let left = || match verdict {
        Verdict::Interrupted(_) => Some(Duration::ZERO),
        _ => limit.map(|limit| limit.saturating_sub(clock.now().instant.since(begun))),
    };
    let saved = history.and_then(|history| history.save(left()).unwrap_or_else(Some));
    if let Some(warning) = saved {
        output.warn_late(&warning);
    }
    output.finish(left());
    Ok(ExitCode::from(verdict.code()))
}

/// Ends a recording, after the watch.
fn end_capture(capture: &CaptureFile, now: Timestamp, inbox: &mut Inbox, output: &Output) {
    capture.end(now);
    // What there is to say about the last line is said here.
    while let Some(event) = inbox.try_next() {
        if let LoopEvent::Warning(message) = event {
            output.warn_late(&message);
        }
    }
}

/// Says how many deployments of the list are in `part`: always where there is none.
fn say_part(
    part: Partition,
    deployments: &Deployments,
    shown: &OutputOptions,
    environment: Environment<'_>,
) {
    let (count, listed) = (deployments.list.len(), deployments.listed);
    let message = match count {
        0 => Message::new(
            format!("no deployment is in partition {part}: there is nothing to watch"),
            format!("分片 {part} 中没有部署，无需跟踪"),
        ),
        _ if shown.choice() == OutputChoice::Quiet => return,
        _ => Message::new(
            format!("partition {part}: {count} of {listed} deployments"),
            format!("分片 {part}：{listed} 个部署中的 {count} 个"),
        ),
    };
    let lang = Lang::choose(shown.lang, environment);
    say(message.get(lang));
}

/// Checks that this process may open a connection for each of so many deployments.
fn check_descriptors(deployments: usize) -> Result<()> {
    // Beside the connections there are streams, files, what the resolver opens.
    let needed = deployments as u64 + 32;
    match platform::allow_descriptors(needed) {
        Err(allowed) if deployments > 1 => {
            let error = Message::new(
                format!(
                    "{deployments} deployments need {needed} open files, and the system allows \
                     {allowed}"
                ),
                format!("{deployments} 个部署需要打开 {needed} 个文件，而系统只允许 {allowed} 个"),
            );
            Err(error.with_detail(&partition_advice()))
        }
        _ => Ok(()),
    }
}

/// The targets of a watch, and what the user should know about all of them.
fn targets(
    deployments: Vec<Deployment>,
    connector: &mut Connector<'_>,
    history: Option<&Arc<History>>,
) -> Result<(Vec<Target>, Vec<Message>)> {
    let delays = delays(&deployments);
    let mut connections = deployments.iter().map(|deployment| &deployment.connection);
    let all_insecure = connections.all(|connection| connection.insecure);
    let mut warnings = Vec::from_iter(all_insecure.then(|| insecure_warning(true)));
    let mut targets = Vec::with_capacity(deployments.len());
    for (number, (deployment, delay)) in deployments.into_iter().zip(delays).enumerate() {
        let transport = connector.transport(number, &deployment)?;
        let insecure_here = deployment.connection.insecure && !all_insecure;
        let Deployment { spec, watch, .. } = deployment;
        warnings.extend(spec.warnings);
        let past = history.cloned().zip(spec.history_key);
        let details = TargetDetails {
            name: spec.target.into(),
            url: spec.url,
            provider: spec.provider,
            endpoint: spec.endpoint.as_str().trim_end_matches('/').to_owned(),
            history: past.map(|(history, key)| PastDeployments { history, key }),
            warnings: Vec::from_iter(insecure_here.then(|| insecure_warning(false))),
            options: watch,
            already_ended_warning: spec.already_ended_warning,
            delay,
        };
        targets.push(Target {
            details,
            source: (spec.connect)(connector.client(&transport)),
            transport,
        });
    }
    Ok((targets, warnings))
}

/// Makes what the requests of targets go over.
struct Connector<'a> {
    replay: Option<&'a Playback>,
    network: NetworkPool,
    capture: Option<Arc<CaptureFile>>,
    redactor: Arc<Redactor>,
    /// Receives each request, with `--verbose`.
    trace_to: Option<Sender<LoopEvent>>,
    environment: Environment<'a>,
}

impl Connector<'_> {
    /// The transport of target number `target`, unless its certificates or its proxy cannot be used.
    fn transport(&mut self, target: usize, deployment: &Deployment) -> Result<Arc<dyn Transport>> {
        if let Some(Playback {
            exchanges, clock, ..
        }) = self.replay
        {
            let player = Player::new(Arc::clone(exchanges), target, Arc::clone(clock));
            return Ok(Arc::new(player));
        }
        let (connection, timeout) = (&deployment.connection, deployment.watch.timeout);
        let read = |path: &Path| {
            input::read(path, input::SETTINGS_SIZE, timeout)
                .context(|| Message::cannot_read(path).at("--cacert"))
        };
        let options = ConnectOptions {
            timeout: connection.request_timeout,
            cacert: connection.cacert.as_deref().map(read).transpose()?,
            insecure: connection.insecure,
            direct: connection.direct,
        };
        let endpoint = &deployment.spec.endpoint;
        let network =
            self.network
                .connect(endpoint, options, timeout, &self.redactor, self.environment)?;
        Ok(match &self.capture {
            Some(file) => Arc::new(Recorder::new(network, target, Arc::clone(file))),
            None => Arc::new(network),
        })
    }

    fn client(&self, transport: &Arc<dyn Transport>) -> Client {
        let trace = self.trace_to.clone().map(|events| -> Trace {
            Box::new(move |at, traced| {
                // The watch is over where nobody takes it.
                let _ = events.send(LoopEvent::Trace(at, traced));
            })
        });
        Client {
            transport: Arc::clone(transport),
            redactor: Arc::clone(&self.redactor),
            trace,
        }
    }
}

/// When the last target times out, where each has a `--timeout`.
fn longest_timeout(targets: &[Target]) -> Option<Duration> {
    let timeouts = targets.iter().map(|target| target.details.options.timeout);
    let timeouts: Option<Vec<_>> = timeouts.collect();
    timeouts?.into_iter().max()
}

/// The recording whose responses are played, and how.
struct Playback {
    exchanges: Arc<Exchanges>,
    clock: Arc<VirtualClock>,
    speed: f64,
    /// What the waits after failed polls are drawn from.
    seed: u64,
}

/// Watches what was recorded in `file`, by the command line that was recorded with it.
fn run_replay(
    file: &Path,
    speed: f64,
    cli: &Cli,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    ensure(cli.output.capture.is_none(), || {
        Message::new("replay takes no --capture", "replay 不支持 --capture")
    })?;
    cli.output
        .check_files(&[("FILE".to_owned(), file.to_owned())])?;
    let recording = Recording::read(file, cli.watch.timeout)?;
    let recorded = &recording.header.deployments;
    let place = format!("{}:1", file.display());
    let mut deployments = Deployments::of_recording(recorded, &cli.explicit_args)
        .map_err(|error| error.at(&place))?;
    ensure(!deployments.list.is_empty(), || {
        Message::new("the recording holds no deployment", "录制文件中没有部署").at(&place)
    })?;
    deployments.is_list = recording.header.all;
    let replay = Playback {
        exchanges: Arc::new(recording.exchanges),
        clock: Arc::new(VirtualClock::new(recording.started)),
        speed,
        seed: recording.header.seed,
    };
    watch(deployments, &cli.output, Some(&replay), environment)
}

/// `--insecure` holds for the whole watch, or for one of its deployments.
fn insecure_warning(for_all: bool) -> Message {
    let (en, zh) = if for_all {
        ("certificates are not checked", "不校验证书")
    } else {
        ("its certificates are not checked", "不校验它的证书")
    };
    Message::new(format!("--insecure: {en}"), format!("--insecure：{zh}"))
}

/// Two targets of one name could not be told apart in the events.
fn check_names(deployments: &[Deployment]) -> Result<()> {
    let mut names = HashSet::new();
    for name in deployments.iter().map(|deployment| &deployment.spec.target) {
        ensure(name != "all", || {
            Message::new(
                "a deployment cannot be named all: the events use it for the whole list",
                "部署不能命名为 all：事件流用它表示整个列表",
            )
        })?;
        ensure(names.insert(name), || {
            Message::new(
                format!("two deployments are named {name}; give each its own name"),
                format!("有两个部署名为 {name}，请为每个部署取不同的名称"),
            )
        })?;
    }
    Ok(())
}

/// When each deployment is polled first: those on one host share the interval, so that it never
/// gets their requests in one burst, but no limit is over before the first request.
fn delays(deployments: &[Deployment]) -> Vec<Duration> {
    let hosts = deployments.iter().map(|deployment| {
        let endpoint = &deployment.spec.endpoint;
        &endpoint[Position::BeforeHost..Position::AfterPort]
    });
    let mut on_host = HashMap::new();
    for host in hosts.clone() {
        *on_host.entry(host).or_insert(0_u32) += 1;
    }
    let mut before = HashMap::new();
    let delay = |(deployment, host): (&Deployment, _)| {
        let options = &deployment.watch;
        let limits = [options.timeout, options.stall_timeout];
        let limits = limits.into_iter().flatten().map(|limit| limit / 2);
        let once = options.once.then_some(ONCE);
        let spread = limits.chain(once).fold(options.interval, Duration::min);
        let number = before.entry(host).or_insert(0_u32);
        let delay = spread.saturating_mul(*number) / on_host[host];
        *number += 1;
        delay
    };
    deployments.iter().zip(hosts).map(delay).collect()
}

/// Recalls how long past deployments took, unless that is off, and what there is to warn of.
fn recall(
    list: &[Deployment],
    shown: &OutputOptions,
    environment: Environment<'_>,
) -> (Option<Arc<History>>, Option<Message>) {
    let keys = list.iter();
    let keys = keys.filter_map(|deployment| deployment.spec.history_key.as_ref());
    let is_off = shown.no_history || is_ci(environment) || keys.clone().next().is_none();
    let folder = history::folder(environment).filter(|_| !is_off);
    match folder.map(|folder| History::recall(folder, keys)) {
        None => (None, None),
        Some(Ok((history, warning))) => (Some(history), warning),
        Some(Err(error)) => (None, Some(error)),
    }
}

/// Shows how long past deployments took, or forgets it.
fn run_history(
    clear: bool,
    shown: &OutputOptions,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    let asked = shown.lang.or_else(|| config::lang(environment));
    let lang = Lang::choose(asked, environment);
    let folder = history::folder(environment).ok_or_else(|| not_set(platform::HOME))?;
    if clear {
        return print(&history::clear(folder, lang)?);
    }
    let as_json = shown.choice() == OutputChoice::Json;
    let (text, warning) = history::show(folder, as_json, lang)?;
    if let Some(warning) = warning {
        say(&lang.with_message(lang.warning(), Some(&warning)));
    }
    print(&text)
}

/// Serves a simulated deployment and watches it, by the command line that would watch a real one.
#[cfg(feature = "demo")]
fn run_demo(
    options: &demo::DemoOptions,
    cli: &Cli,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    let (recorded, server) = options.start()?;
    let mut explicit = cli.explicit_args.clone();
    explicit.retain(|arg| arg.scope != Scope::Command);
    let words = override_args(&recorded.command, &explicit);
    let mut deployments = Deployments::of_recording(&[recorded], &cli.explicit_args)?;
    for deployment in &mut deployments.list {
        // They are about real servers.
        deployment.spec.warnings.clear();
    }
    if options.serve.is_none() {
        return watch(deployments, &cli.output, None, environment);
    }
    cli.output.check_files(&deployments.files)?;
    let message = Message::new(
        "serving a simulated deployment; watch it with the command below, stop it with Ctrl-C",
        "正在提供模拟的部署：用下面的命令跟踪，按 Ctrl-C 停止",
    );
    say(message.get(Lang::choose(cli.output.lang, environment)));
    writeln!(io::stdout(), "{}", options.shell_line(&words))?;
    // An error means that the server panicked, which has been reported.
    let _ = server.join();
    Ok(ExitCode::SUCCESS)
}
