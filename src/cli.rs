//! The command line. Every check that can be made before a request is sent is made here, so that
//! no unchecked text goes on.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use url::Url;

#[cfg(feature = "demo")]
use crate::demo;
use crate::exit;
use crate::http::{self, Client, ConnectOptions};
use crate::lang::Lang;
use crate::model::{Note, Pins};
use crate::provider::Provider;
use crate::redact::Redactor;
use crate::render::{ColorChoice, Files, OutputChoice};
use crate::watch::{self, OnPause};

mod codearts;
pub(crate) mod completions;
pub(crate) mod deploys;
mod fsd;
mod huawei;
pub(crate) mod list;
// Without the demo it is another command line, of which no page is kept.
#[cfg(all(test, feature = "demo"))]
mod man;
mod mrs;
mod servicestage;
mod yunxiao;

use codearts::CodeartsArgs;
use fsd::FsdArgs;
use huawei::HuaweiArgs;
use mrs::MrsArgs;
use servicestage::ServicestageArgs;
use yunxiao::YunxiaoArgs;

/// Reads an environment variable; an empty one counts as not set.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The commands that watch one deployment.
const PROVIDERS: [ProviderCommand; 5] = [
    ProviderCommand {
        name: "yunxiao",
        options: YunxiaoArgs::augment_args,
        read: |given| YunxiaoArgs::from_arg_matches_mut(given).map(Command::Yunxiao),
    },
    ProviderCommand {
        name: "codearts",
        options: CodeartsArgs::augment_args,
        read: |given| CodeartsArgs::from_arg_matches_mut(given).map(Command::Codearts),
    },
    ProviderCommand {
        name: "servicestage",
        options: ServicestageArgs::augment_args,
        read: |given| ServicestageArgs::from_arg_matches_mut(given).map(Command::Servicestage),
    },
    ProviderCommand {
        name: "mrs",
        options: MrsArgs::augment_args,
        read: |given| MrsArgs::from_arg_matches_mut(given).map(Command::Mrs),
    },
    ProviderCommand {
        name: "fsd",
        options: FsdArgs::augment_args,
        read: |given| FsdArgs::from_arg_matches_mut(given).map(Command::Fsd),
    },
];

/// A command that watches one deployment.
struct ProviderCommand {
    name: &'static str,
    /// Adds its options.
    options: fn(clap::Command) -> clap::Command,
    /// Reads them.
    read: fn(&mut ArgMatches) -> Result<Command, clap::Error>,
}

/// The variables that hold a secret: those that can stand alone, and those that need others.
const SECRETS: [&[&str]; 2] = [
    &["YUNXIAO_ACCESS_TOKEN", "HW_AUTH_TOKEN", "MRS_PASSWORD"],
    &[
        "ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN",
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
        "HW_ACCESS_KEY",
        "HW_SECRET_KEY",
        "HW_SECURITY_TOKEN",
    ],
];

/// From one poll to the next, where nothing is said.
const INTERVAL: Duration = Duration::from_secs(3);
/// The shortest interval.
const SHORTEST: Duration = Duration::from_millis(10);
/// The longest request: a day, far beyond any use, and short enough to count with.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The lowest speed of a replay.
const SLOWEST: f64 = 0.001;
/// The highest speed of a replay.
const FASTEST: f64 = 1_000_000.0;

/// Watch a deployment until it ends; the exit code is the verdict.
#[derive(Parser, Debug)]
#[command(name = "deploywatch", version, max_term_width = 100)]
#[command(help_template = ROOT_HELP, after_help = root_after_help())]
#[command(
    override_usage = "deploywatch [OPTIONS] <COMMAND>",
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The options of the watch that were given, as they would be given again.
    #[arg(skip)]
    pub(crate) given: Vec<String>,
    /// The command and all options that were given, as they would be given again.
    #[arg(skip)]
    pub(crate) words: Vec<String>,
}

/// clap cannot group subcommands, so the root's help lists them itself; a test compares the list
/// with the commands there are.
const ROOT_HELP: &str = "\
{about}

{usage-heading} {usage}

Watch one deployment:
  yunxiao       Alibaba Cloud Yunxiao Flow: host deploy order
  codearts      Huawei Cloud CodeArts Deploy: deployment task
  servicestage  Huawei Cloud ServiceStage: release task
  mrs           Huawei MRS / FusionInsight Manager: command
  fsd           klcloud FSD installer

More:
  all           Several deployments at once, from a TOML file
  replay        Play a recorded watch again
  demo          Watch a simulated deployment: no account, no network
  completions   Print a shell completion script

{all-args}{after-help}";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Alibaba Cloud Yunxiao Flow: host deploy order
    #[command(after_help = after_help(YUNXIAO_EXAMPLES))]
    Yunxiao(YunxiaoArgs),
    /// Huawei Cloud CodeArts Deploy: deployment task
    #[command(after_help = after_help(CODEARTS_EXAMPLES))]
    Codearts(CodeartsArgs),
    /// Huawei Cloud ServiceStage: release task
    #[command(after_help = after_help(SERVICESTAGE_EXAMPLES))]
    Servicestage(ServicestageArgs),
    /// Huawei MRS / FusionInsight Manager: command
    #[command(after_help = after_help(MRS_EXAMPLES))]
    Mrs(MrsArgs),
    /// klcloud FSD installer
    #[command(after_help = after_help(FSD_EXAMPLES))]
    Fsd(FsdArgs),
    /// Several deployments at once, from a TOML file
    #[command(after_help = after_help(ALL_EXAMPLES))]
    All {
        /// The file: a [[deploy]] table for each deployment, with its provider, perhaps a name, and
        /// the provider's long options as keys; options of the watch at the top are defaults
        file: PathBuf,
    },
    /// Play a recorded watch again
    #[command(after_help = after_help(REPLAY_EXAMPLES))]
    Replay {
        /// The file that --capture wrote
        file: PathBuf,
        /// How many times as fast as it was recorded
        #[arg(long, value_name = "N", default_value = "1", value_parser = speed)]
        speed: f64,
    },
    /// Watch a simulated deployment: no account, no network
    #[cfg(feature = "demo")]
    #[command(after_help = after_help(DEMO_EXAMPLES))]
    Demo(DemoArgs),
    /// Print a shell completion script
    #[command(help_template = "{about}\n\n{usage-heading} {usage}\n\n{positionals}{after-help}\n")]
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell it is for
        #[arg(help_heading = "Arguments")]
        shell: Shell,
    },
}

const ROOT_EXAMPLES: &[&str] = &[
    "deploywatch yunxiao --pipeline 123 --order 1111",
    "deploywatch demo",
];
const YUNXIAO_EXAMPLES: &[&str] = &[
    "deploywatch yunxiao --pipeline 123 --order 1111",
    "deploywatch yunxiao --pipeline 123 --order 1111 --timeout 30m --on-pause exit",
    "deploywatch yunxiao --pipeline 123 --order 1111 --once --output json",
];
const CODEARTS_EXAMPLES: &[&str] =
    &["deploywatch codearts --task 0123456789abcdef0123456789abcdef --region cn-north-4 --fresh"];
const SERVICESTAGE_EXAMPLES: &[&str] =
    &["deploywatch servicestage --project ID --release ID --region cn-north-4"];
const MRS_EXAMPLES: &[&str] = &[
    "deploywatch mrs --command 42 --endpoint https://192.0.2.10:28443 --user admin --cacert ca.pem",
];
const FSD_EXAMPLES: &[&str] = &["deploywatch fsd --fresh --stall-timeout 2h"];
const ALL_EXAMPLES: &[&str] = &[
    "deploywatch all release.toml",
    "deploywatch all release.toml --fail-fast --timeout 1h",
];
const REPLAY_EXAMPLES: &[&str] = &[
    "deploywatch replay capture.jsonl",
    "deploywatch replay capture.jsonl --speed 100 --output plain",
];
#[cfg(feature = "demo")]
const DEMO_EXAMPLES: &[&str] = &[
    "deploywatch demo",
    "deploywatch demo --scenario failure --units 40",
    "deploywatch demo --serve 127.0.0.1:8080",
];
const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  deploywatch completions bash > ~/.local/share/bash-completion/completions/deploywatch
  deploywatch completions fish > ~/.config/fish/completions/deploywatch.fish";

fn root_after_help() -> String {
    after_help(ROOT_EXAMPLES)
}

/// What a help text ends with: examples, and what the exit codes mean.
fn after_help(examples: &[&str]) -> String {
    let mut text = String::from("Examples:\n");
    for example in examples {
        let _ = writeln!(text, "  {example}");
    }
    text.push_str(&EXIT_CODES);
    text
}

/// What the exit codes mean. Every command's help ends with it, and whoever wants one builds all: it
/// is put together once.
static EXIT_CODES: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::from("\nExit codes:\n");
    for (code, verdict, meaning) in exit::TABLE {
        let meaning = meaning.replace('`', "");
        let _ = writeln!(text, "  {code:>3}  {verdict:<11}  {meaning}");
    }
    text.truncate(text.trim_end().len());
    text
});

/// The options of every watch.
#[derive(Args, Clone, Debug)]
pub(crate) struct WatchArgs {
    /// Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]
    #[arg(short, long, global = true, value_name = "DURATION", value_parser = interval)]
    #[arg(help_heading = "Watch")]
    pub(crate) interval: Option<Duration>,
    /// Pass over a run that had ended when the watch began, and wait for a new one
    #[arg(long, global = true, help_heading = "Watch")]
    pub(crate) fresh: bool,
    /// One poll: print the state and exit by it; still going is exit code 7
    #[arg(long, global = true, help_heading = "Watch")]
    once: bool,

    /// Give up after this long, time asleep counted: exit code 124 [default: none]
    #[arg(short, long, global = true, value_name = "DURATION", value_parser = limit)]
    #[arg(help_heading = "When to give up")]
    timeout: Option<Duration>,
    /// Give up when nothing has changed for this long: exit code 124 [default: none]
    #[arg(long, global = true, value_name = "DURATION", value_parser = limit)]
    #[arg(help_heading = "When to give up")]
    stall_timeout: Option<Duration>,
    /// How long polls may fail in a row before contact counts as lost: exit code 6; 0s = the first
    /// failure
    #[arg(long, global = true, value_name = "DURATION", default_value = "5m")]
    #[arg(value_parser = duration, help_heading = "When to give up")]
    max_offline: Duration,
    /// How long one request may take, from connecting to the last byte
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = request_timeout, help_heading = "When to give up")]
    request_timeout: Duration,

    /// When the deployment waits for a person: auto watches on, but a pause after a failure is a
    /// failure; wait always watches on; exit ends with code 4, or 1 after a failure
    #[arg(long, global = true, value_name = "WHAT", default_value = "auto")]
    #[arg(help_heading = "What counts as a failure")]
    on_pause: OnPause,
    /// Exit code 1 as soon as one unit has failed
    #[arg(long, global = true, help_heading = "What counts as a failure")]
    fail_fast: bool,
    /// A success with skipped machines (yunxiao) or failed entities (mrs) is a failure
    #[arg(long, global = true, help_heading = "What counts as a failure")]
    strict: bool,

    /// How to show the watch: bars is a live picture on stderr, plain a line for each change, json
    /// an event per line, quiet only what went wrong; auto is bars at a terminal, else plain
    #[arg(short, long, global = true, value_name = "HOW", default_value = "auto")]
    #[arg(help_heading = "Output")]
    output: OutputChoice,
    /// The same as --output quiet
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "output",
        help_heading = "Output"
    )]
    quiet: bool,
    /// Write the event stream to FILE as well
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    events: Option<PathBuf>,
    /// Write a JUnit XML report to FILE at the end: a test case for each unit
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown to FILE at the end; GitHub Actions gets one without being asked
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    summary: Option<PathBuf>,
    /// Write every poll to FILE as it came, secrets masked, for `deploywatch replay`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub(crate) capture: Option<PathBuf>,
    /// The last lines shown of the log of each failed unit, where the provider has one; 0 = none
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value = "20",
        help_heading = "Output"
    )]
    logs: usize,
    /// When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(help_heading = "Output")]
    pub(crate) color: ColorChoice,
    /// The language of what people read; json, --events and --junit are never translated [default:
    /// that of the locale: LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, global = true, value_name = "LANG", help_heading = "Output")]
    pub(crate) lang: Option<Lang>,
    /// Write a line on stderr about each request: method, URL, status, bytes, time
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,

    /// Trust the certificates of this PEM bundle as well
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    cacert: Option<PathBuf>,
    /// Do not check certificates
    #[arg(long, global = true, help_heading = "Connection")]
    insecure: bool,
    /// Send a secret over plain HTTP to a host that is not this machine
    #[arg(long, global = true, help_heading = "Connection")]
    allow_http: bool,
    /// Whether no proxy leads there: the demo's server is this process, and a replay asks nobody.
    #[arg(skip)]
    pub(crate) direct: bool,
}

#[cfg(feature = "demo")]
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Which system to simulate
    #[arg(value_name = "PROVIDER", default_value = "yunxiao")]
    system: demo::System,
    /// How the deployment goes
    #[arg(long, value_name = "HOW", default_value = "success")]
    scenario: demo::Scenario,
    /// How many units it has [default: as many as look well for the system]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    units: Option<u32>,
    /// How long it takes
    #[arg(long, value_name = "DURATION", value_parser = limit, default_value = demo::DURATION)]
    duration: Duration,
    /// Only serve, on this address of this machine, and print the command that watches it
    #[arg(long, value_name = "ADDR")]
    serve: Option<std::net::SocketAddr>,
}

/// Reads the arguments. What clap asks to be printed (help, version, an error) comes as the error.
///
/// # Errors
/// Where there is something to print instead of something to do.
pub(crate) fn parse<I, T>(arguments: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    // What cannot be read so is read with all there is, which knows what to say.
    read_provider(&arguments).map_or_else(|| read(Cli::command(), &arguments), Ok)
}

/// Reads a command line that begins with a command that watches one deployment, without all others:
/// clap makes the options of a watch anew for each command and copies their values from one level to
/// the other, which takes as long as the rest of a start.
fn read_provider(arguments: &[OsString]) -> Option<Cli> {
    let (program, words) = arguments.split_first()?;
    let (name, words) = words.split_first()?;
    let provider = PROVIDERS.iter().find(|provider| name == provider.name)?;
    let command = WatchArgs::augment_args(clap::Command::new("deploywatch"));
    let mut command = (provider.options)(command);
    let words = std::iter::once(program).chain(words);
    let mut own = command.try_get_matches_from_mut(words).ok()?;
    let (given, words) = words_again(provider.name, &command, &own);
    Some(Cli {
        watch: WatchArgs::from_arg_matches_mut(&mut own).ok()?,
        command: (provider.read)(&mut own).ok()?,
        given,
        words,
    })
}

fn read(command: clap::Command, arguments: &[OsString]) -> Result<Cli, clap::Error> {
    // The root's help lists the commands in its template, in groups.
    let mut command = command.mut_subcommands(|command| command.hide(true));
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let Some((name, own)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        (cli.given, cli.words) = words_again(name, command, own);
    }
    if matches!(cli.command, Command::Completions { .. })
        && let Some(given) = cli.given.first()
    {
        let message = format!("{given} is an option of a watch; completions takes none");
        return Err(command.error(clap::error::ErrorKind::ArgumentConflict, message));
    }
    Ok(cli)
}

/// The options of the watch that stand on the command line, one word each; and the command with all
/// its options, those of the watch last.
fn words_again(
    name: &str,
    command: &clap::Command,
    own: &ArgMatches,
) -> (Vec<String>, Vec<String>) {
    let (mut given, mut words) = (Vec::new(), vec![name.to_owned()]);
    for option in command.get_arguments() {
        let words = if option.is_global_set() {
            &mut given
        } else {
            &mut words
        };
        let id = option.get_id().as_str();
        let Some(long) = option.get_long() else {
            continue;
        };
        if !own.ids().any(|known| known == id)
            || own.value_source(id) != Some(ValueSource::CommandLine)
        {
            continue;
        }
        if matches!(option.get_action(), ArgAction::SetTrue) {
            words.push(format!("--{long}"));
        } else {
            let values = own.get_raw(id).into_iter().flatten();
            words.extend(values.map(|value| format!("--{long}={}", value.to_string_lossy())));
        }
    }
    words.extend_from_slice(&given);
    (given, words)
}

impl WatchArgs {
    /// The options of the watch; `pin` is the spec's.
    pub(crate) fn options(&self, pin: Option<Pins>) -> watch::Options {
        watch::Options {
            interval: self.interval.unwrap_or(INTERVAL),
            timeout: self.timeout,
            stall_timeout: self.stall_timeout,
            max_offline: self.max_offline,
            on_pause: self.on_pause,
            fail_fast: self.fail_fast,
            strict: self.strict,
            once: self.once,
            logs: self.logs,
            pin,
        }
    }

    /// How the watch is shown.
    pub(crate) fn output(&self) -> OutputChoice {
        if self.quiet {
            OutputChoice::Quiet
        } else {
            self.output
        }
    }

    /// The files that are written beside the output.
    pub(crate) fn files(&self) -> Files<'_> {
        Files {
            events: self.events.as_deref(),
            junit: self.junit.as_deref(),
            summary: self.summary.as_deref(),
        }
    }

    /// Checks that no file is written twice, and that none of `read`, with the options that name
    /// them, is written: one would destroy the other.
    ///
    /// # Errors
    /// Where one is.
    pub(crate) fn check_files(&self, read: &[(String, PathBuf)]) -> Result<()> {
        let written = [
            ("--events", &self.events),
            ("--junit", &self.junit),
            ("--summary", &self.summary),
            ("--capture", &self.capture),
        ];
        let mut seen: Vec<_> = read
            .iter()
            .map(|(option, file)| (option.as_str(), place(file)))
            .collect();
        for (option, file) in written {
            let Some(file) = file.as_deref().filter(|file| !file.starts_with("/dev")) else {
                continue;
            };
            let place = place(file);
            if let Some((other, _)) = seen.iter().find(|(_, known)| *known == place) {
                bail!("{other} and {option} are the same file, {}", file.display());
            }
            seen.push((option, place));
        }
        Ok(())
    }

    /// Whether certificates are left unchecked.
    pub(crate) fn insecure(&self) -> bool {
        self.insecure
    }

    /// How endpoints are reached.
    ///
    /// # Errors
    /// Where the PEM bundle cannot be read.
    pub(crate) fn connect_options(&self) -> Result<ConnectOptions> {
        let read = |path: &PathBuf| {
            fs::read(path).with_context(|| format!("--cacert: cannot read {}", path.display()))
        };
        Ok(ConnectOptions {
            timeout: self.request_timeout,
            cacert: self.cacert.as_ref().map(read).transpose()?,
            insecure: self.insecure,
            direct: self.direct,
        })
    }
}

/// A command that watches one deployment.
pub(crate) trait WatchCommand {
    /// What it watches, checked: one deployment, or one for each id where an id is given more than
    /// once.
    ///
    /// # Errors
    /// Where something is missing or does not go together; the message says what to do.
    fn specs(
        &self,
        watch: &WatchArgs,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>>;
}

/// A deployment that can be watched: everything about it is checked, and nothing has been sent.
pub(crate) struct Spec {
    /// The name of the provider's command.
    pub(crate) provider: &'static str,
    /// As the events name it: made of the ids that were given.
    pub(crate) target: String,
    pub(crate) endpoint: Url,
    /// What would pin the target to one single run, where nothing does.
    pub(crate) pin: Option<Pins>,
    /// What the user should know before the first poll.
    pub(crate) warnings: Vec<Note>,
    pub(crate) connect: Box<dyn FnOnce(Client) -> Box<dyn Provider>>,
}

impl Command {
    /// The command as one that watches, where it is one.
    pub(crate) fn watches(&self) -> Option<&dyn WatchCommand> {
        match self {
            Self::Yunxiao(arguments) => Some(arguments),
            Self::Codearts(arguments) => Some(arguments),
            Self::Servicestage(arguments) => Some(arguments),
            Self::Mrs(arguments) => Some(arguments),
            Self::Fsd(arguments) => Some(arguments),
            #[cfg(feature = "demo")]
            Self::Demo(_) => None,
            Self::All { .. } | Self::Replay { .. } | Self::Completions { .. } => None,
        }
    }
}

#[cfg(feature = "demo")]
impl DemoArgs {
    /// What is simulated, and where it is served if it is only served.
    ///
    /// # Errors
    /// Where the system does not know the scenario, or the address is not of this machine.
    pub(crate) fn plan(&self) -> Result<(demo::Plan, Option<std::net::SocketAddr>)> {
        if let Err(why) = demo::Plan::supports(self.system, self.scenario) {
            bail!("{why}");
        }
        if let Some(address) = self.serve {
            ensure!(
                address.ip().is_loopback(),
                "--serve is for this machine only: give 127.0.0.1:PORT or [::1]:PORT"
            );
        }
        let plan = demo::Plan {
            system: self.system,
            scenario: self.scenario,
            units: self.units.unwrap_or(self.system.default_units()),
            duration: self.duration,
        };
        Ok((plan, self.serve))
    }
}

/// Where a file is or will be, whichever way its path leads there.
fn place(file: &Path) -> PathBuf {
    let there = fs::canonicalize(file);
    there.unwrap_or_else(|_| match (file.parent(), file.file_name()) {
        (Some(folder), Some(name)) => fs::canonicalize(Path::new(".").join(folder))
            .map_or_else(|_| file.to_owned(), |folder| folder.join(name)),
        _ => file.to_owned(),
    })
}

/// An option, else the first of its variables that is set; an id either way.
fn given(
    option: &Option<String>,
    variables: &[&str],
    environment: Environment<'_>,
) -> Result<Option<String>> {
    if option.is_some() {
        return Ok(option.clone());
    }
    let set = variables
        .iter()
        .find_map(|name| environment(name).map(|value| (name, value)));
    let Some((name, value)) = set else {
        return Ok(None);
    };
    match id(&value) {
        Ok(id) => Ok(Some(id)),
        Err(why) => bail!("{name}: {why}"),
    }
}

/// An id goes into a URL's path, so it holds nothing that means something there.
fn id(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || text.len() > 128 || !text.bytes().all(fits) {
        return Err("an id is 1 to 128 letters, digits, - and _".into());
    }
    Ok(text.to_owned())
}

/// An http or https URL with nothing after its path. What is wrong is said without the URL: it may
/// hold a password.
fn endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).context("the endpoint is not a URL like https://host:port/path")?;
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "the endpoint must begin with https:// or http://"
    );
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "the endpoint must not hold a user or a password: a secret comes from the environment or \
         a file"
    );
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "the endpoint must not hold a ? or a #"
    );
    Ok(url)
}

/// Refuses to send a secret over plain HTTP to another machine.
fn keep_secret(endpoint: &Url, watch: &WatchArgs, environment: Environment<'_>) -> Result<()> {
    ensure!(
        watch.allow_http || is_private(endpoint),
        "a secret would go over plain HTTP to {}: use https://, or give --allow-http if that is \
         what you want",
        endpoint.host_str().unwrap_or_default()
    );
    // One on the way to https gets a tunnel, and no secret.
    let proxy = if endpoint.scheme() == "http" && !watch.direct {
        http::proxy_for(endpoint, environment)?
    } else {
        None
    };
    let proxy = proxy.as_ref().and_then(Url::host_str);
    let leads_abroad = proxy.is_some_and(|host| !is_this_machine(host));
    let host = endpoint.host_str().unwrap_or_default();
    ensure!(
        watch.allow_http || !leads_abroad,
        "a secret would go over plain HTTP to the proxy that the environment names: put {} into \
         NO_PROXY, or give --allow-http if that is what you want",
        host.trim_matches(['[', ']'])
    );
    Ok(())
}

/// Whether nobody else can read what is sent there.
fn is_private(endpoint: &Url) -> bool {
    endpoint.scheme() == "https" || endpoint.host_str().is_some_and(is_this_machine)
}

/// Whether a host, as it stands in a URL, is this machine.
fn is_this_machine(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// An id of CodeArts: 32 letters or digits.
fn id32(text: &str) -> Result<String, String> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("it is 32 letters or digits".into());
    }
    Ok(text.to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; a duration reads like 500ms, 3s, 10m or '1h 30m'"))
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < SHORTEST {
        return Err("the shortest interval is 10ms".into());
    }
    Ok(interval)
}

fn limit(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit.is_zero() {
        return Err("it must be longer than 0; leave the option out for no limit".into());
    }
    Ok(limit)
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "it is a number".to_owned())?;
    if !(SLOWEST..=FASTEST).contains(&speed) {
        return Err(format!("it must be from {SLOWEST} to {FASTEST}"));
    }
    Ok(speed)
}

fn request_timeout(text: &str) -> Result<Duration, String> {
    let timeout = duration(text)?;
    if timeout.is_zero() || timeout > LONGEST {
        return Err("it must be longer than 0 and at most 1day".into());
    }
    Ok(timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_provider_is_read_alone_as_among_all_commands() {
        for line in [
            "deploywatch yunxiao --pipeline 123 --order 1111 --order 1112 -i 5s",
            "deploywatch yunxiao --pipeline yunxiao --order=fsd --events mrs",
            "deploywatch codearts --task 0123456789abcdef0123456789abcdef --region r --fresh -q",
            "deploywatch servicestage --project p --release r --region r -o json --on-pause exit",
            "deploywatch mrs --command 42 --endpoint https://192.0.2.10:28443 --user u --strict",
            "deploywatch fsd --logs 0 --lang zh",
        ] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let alone = read_provider(&words).expect(line);
            let all = read(Cli::command(), &words).expect(line);
            assert_eq!(format!("{alone:?}"), format!("{all:?}"), "{line}");
        }
        for line in [
            "deploywatch",
            "deploywatch -q fsd",
            "deploywatch demo",
            "deploywatch fsd --help",
            "deploywatch yunxiao --bogus",
            "deploywatch fsd -q -o plain",
        ] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert!(read_provider(&words).is_none(), "{line}");
        }
    }

    #[test]
    fn the_help_lists_every_command() {
        for command in Cli::command().get_subcommands() {
            let about = command.get_about().expect("an about").to_string();
            let row = format!("  {:<12}  {about}\n", command.get_name());
            assert!(ROOT_HELP.contains(&row), "the help lacks {row:?}");
        }
    }

    #[test]
    fn ids_go_into_a_path() {
        for good in ["1", "a-b_C9", &"9".repeat(128)] {
            id(good).expect(good);
        }
        for bad in [
            "",
            "1/2",
            "..",
            "a b",
            "1?x",
            "1%2f",
            "部署",
            &"9".repeat(129),
        ] {
            id(bad).expect_err(bad);
        }
    }

    #[test]
    fn endpoints_hold_no_secret_and_nothing_after_the_path() {
        for good in ["https://example.com", "http://127.0.0.1:8080/base/"] {
            endpoint(good).expect(good);
        }
        for bad in [
            "example.com",
            "ftp://example.com",
            "https://user:made-up@example.com",
            "https://user@example.com",
            "https://example.com/?a=b",
            "https://example.com/#a",
            "file:///etc/passwd",
        ] {
            let error = endpoint(bad).expect_err(bad);
            assert!(!format!("{error:#}").contains("made-up"));
        }
    }

    #[test]
    fn a_secret_goes_over_plain_http_to_this_machine_only() {
        for (url, allowed) in [
            ("https://example.com", true),
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("http://localhost.example.com", false),
            ("http://192.0.2.1", false),
            ("http://127.0.0.1.example.com", false),
            ("http://0x7f000001", true),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(is_private(&url), allowed, "{url}");
        }
    }
}
