//! The options of every watch: the clap structs are what the rest of the program reads.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use clap::{Args, ColorChoice, ValueEnum};

use crate::message::{Lang, Message, Result, ensure};
use crate::platform;

/// When a deployment is polled, and what ends its watch.
#[derive(Args, Clone, Debug)]
pub(crate) struct WatchOptions {
    /// Time from one poll to the next, at least 10ms [default: 3s; demo: 500ms]
    #[arg(short, long, value_name = "DURATION", value_parser = interval)]
    #[arg(default_value = "3s", hide_default_value = true)]
    #[arg(help_heading = "Watch")]
    pub(crate) interval: Duration,
    /// Name of the deployment in output and events [default: made of its ids]
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = "Output")]
    #[arg(display_order = 102)]
    pub(crate) name: Option<String>,
    /// Ignore runs that finished before the watch started, and wait for a new one
    #[arg(long, help_heading = "Watch")]
    pub(crate) fresh: bool,
    /// Poll once, print the state and exit by it: exit code 7 while it is still running
    #[arg(long, help_heading = "Watch")]
    pub(crate) once: bool,

    /// Give up after this long: exit code 124
    ///
    /// Time suspended is included. [default: none]
    #[arg(short, long, value_name = "DURATION", value_parser = limit)]
    #[arg(display_order = 100)]
    pub(crate) timeout: Option<Duration>,
    /// Give up when nothing has changed for this long: exit code 124 [default: none]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    #[arg(help_heading = "When to give up")]
    pub(crate) stall_timeout: Option<Duration>,
    /// Wait up to this long at the start while the deployment is not there yet: a 404, a name that does
    /// not resolve, a refused connection [default: not at all]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    #[arg(conflicts_with = "once", help_heading = "When to give up")]
    pub(crate) wait_for_start: Option<Duration>,
    /// Give up when polls have failed for this long without a break: exit code 6; 0s = at the first failure
    /// [default: 5m; until the first good response 30s from the start where the endpoint may be wrong]
    #[arg(long, value_name = "DURATION")]
    #[arg(value_parser = duration, help_heading = "When to give up")]
    pub(crate) max_offline: Option<Duration>,

    /// When the deployment waits for a person: auto keeps watching, but a pause after a failure is
    /// a failure; wait always keeps watching; exit ends with code 4, or 1 after a failure
    #[arg(long, value_name = "WHAT", default_value = "auto")]
    #[arg(help_heading = "What counts as a failure")]
    pub(crate) on_pause: OnPause,
    /// Exit with code 1 as soon as one unit has failed
    #[arg(long, help_heading = "What counts as a failure")]
    pub(crate) fail_fast: bool,
    /// Treat a success with caveats (machines that did not succeed, failed entities) as a failure
    #[arg(long, help_heading = "What counts as a failure")]
    pub(crate) strict: bool,

    /// Log lines to show of each failed unit, where the provider has a log; 0 = none
    ///
    /// At most 10,000 lines and 1 MiB of each log, and the logs of five units.
    #[arg(long, value_name = "N", default_value = "20")]
    #[arg(display_order = 100, help_heading = "Output")]
    pub(crate) logs: usize,
}

/// The value of `--on-pause`. The help of the option explains the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnPause {
    Auto,
    Wait,
    Exit,
}

/// How the provider is reached.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConnectionOptions {
    /// Time limit of one request, from connecting to the last byte
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = request_timeout, help_heading = "When to give up")]
    pub(crate) request_timeout: Duration,

    /// Also trust the certificates in this PEM file
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) cacert: Option<PathBuf>,
    /// Do not check certificates
    #[arg(long, help_heading = "Connection")]
    pub(crate) insecure: bool,
    /// Allow a secret to be sent over plain HTTP to another machine
    #[arg(long, help_heading = "Connection")]
    pub(crate) allow_http: bool,
    /// Use no proxy: the demo's server is in this process, and a replay sends nothing.
    #[arg(skip)]
    pub(crate) direct: bool,
}

/// How the watch is shown. These options concern the watch as a whole, not one of its deployments.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputOptions {
    /// bars, plain, json or quiet; auto chooses
    ///
    /// bars is a live picture on stderr, plain a line for each change, json an event per line, quiet only
    /// what went wrong; auto is bars at a terminal, else plain
    #[arg(short, long, value_name = "HOW", default_value = "auto")]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    #[arg(display_order = 101, help_heading = None)]
    output: OutputChoice,
    /// The same as --output quiet
    #[arg(short, long, conflicts_with = "output")]
    quiet: bool,
    /// Write the event stream to FILE as well
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// Write a JUnit XML report to FILE at the end: a test case for each unit
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a summary in Markdown to FILE at the end; on GitHub Actions the step's summary needs no option
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
    /// Write an HTML page with the timeline of the deployment to FILE at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) timeline: Option<PathBuf>,
    /// Record every poll to FILE, secrets masked, for `deploywatch replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// When to use colours; auto does at a terminal [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// The language of output for people; json, --events and --junit are never translated [default: that of
    /// the locale: LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,
    /// Ring the terminal's bell at the end
    #[arg(long)]
    pub(crate) bell: bool,
    /// Neither read nor write how long this usually takes (`deploywatch history` shows it); off by itself under
    /// CI
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Write a line on stderr about each request: method, URL, status, bytes, time
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The value of `--output`. The help of the option explains the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputChoice {
    Auto,
    Bars,
    Plain,
    Json,
    Quiet,
}

static OUTPUT_OPTIONS: LazyLock<clap::Command> =
    LazyLock::new(|| OutputOptions::augment_args(clap::Command::new("output")));

impl OutputOptions {
    /// Whether a long option is one of these.
    pub(crate) fn contain(name: &str) -> bool {
        let mut options = OUTPUT_OPTIONS.get_arguments();
        options.any(|option| option.get_long() == Some(name))
    }

    /// The output that was asked for.
    pub(crate) fn choice(&self) -> OutputChoice {
        if self.quiet {
            OutputChoice::Quiet
        } else {
            self.output
        }
    }

    /// Checks that no file is written twice or over one that is `read`, each with the option that names it.
    pub(crate) fn check_files(&self, read: &[(String, PathBuf)]) -> Result<()> {
        let written = [
            ("--events", &self.events),
            ("--junit", &self.junit),
            ("--summary", &self.summary),
            ("--timeline", &self.timeline),
            ("--capture", &self.capture),
        ];
        let read = read.iter();
        let read = read.map(|(option, file)| (option.as_str(), absolute(file)));
        let mut seen: Vec<_> = read.collect();
        for (option, file) in written {
            let Some(file) = file.as_deref().filter(|file| !platform::is_device(file)) else {
                continue;
            };
            let path = absolute(file);
            if let Some((other, _)) = seen.iter().find(|(_, known)| *known == path) {
                let file = file.display();
                return Err(Message::new(
                    format!("{other} and {option} are the same file, {file}"),
                    format!("{other} 和 {option} 是同一个文件：{file}"),
                ));
            }
            seen.push((option, path));
        }
        Ok(())
    }
}

/// The canonical path of a file that need not exist yet.
fn absolute(file: &Path) -> PathBuf {
    let in_folder = || {
        let folder = Path::new(".").join(file.parent()?).canonicalize().ok()?;
        Some(folder.join(file.file_name()?))
    };
    let known = file.canonicalize().ok().or_else(in_folder);
    known.unwrap_or_else(|| file.to_owned())
}

fn name(text: &str) -> Result<String> {
    ensure(!text.trim().is_empty(), || {
        Message::new("it must be text", "必须是文本")
    })?;
    Ok(text.to_owned())
}

fn duration(text: &str) -> Result<Duration> {
    let duration = humantime::parse_duration(text).map_err(|error| {
        let hint = Message::new(
            "write a duration as 500ms, 3s, 10m or '1h 30m'",
            "时长写作 500ms、3s、10m 或 '1h 30m'",
        );
        Message::new(error.to_string(), "无法识别的时长").with_hint(&hint)
    })?;
    // Of all units months alone are written with it.
    ensure(!text.contains('M'), || {
        Message::new(
            "M means months; write minutes as m, for example 30m",
            "M 表示月；分钟写作 m，例如 30m",
        )
    })?;
    Ok(duration)
}

fn interval(text: &str) -> Result<Duration> {
    let interval = duration(text)?;
    ensure(interval >= Duration::from_millis(10), || {
        Message::new("the shortest interval is 10ms", "最短间隔为 10ms")
    })?;
    Ok(interval)
}

/// A duration that is longer than zero.
pub(crate) fn limit(text: &str) -> Result<Duration> {
    let limit = duration(text)?;
    ensure(!limit.is_zero(), || {
        Message::new(
            "it must be longer than 0; leave the option out for no limit",
            "必须大于 0；不限时请去掉该选项",
        )
    })?;
    Ok(limit)
}

fn request_timeout(text: &str) -> Result<Duration> {
    let (timeout, day) = (duration(text)?, Duration::from_secs(24 * 60 * 60));
    ensure(!timeout.is_zero() && timeout <= day, || {
        Message::new(
            "it must be longer than 0 and at most 1day",
            "必须大于 0，且不超过 1day",
        )
    })?;
    Ok(timeout)
}
