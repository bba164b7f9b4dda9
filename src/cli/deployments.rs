//! The deployments to watch, from a command line, a list or a recording, and what is kept of them in
//! a recording: enough to make them again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Cli;
use super::config::{self, Config};
use super::explicit::{ExplicitArg, Scope, override_args};
use super::list;
use super::options::{ConnectionOptions, OutputOptions, WatchOptions};
use super::partition::Partition;
use super::resume::ResumeCommand;
use super::settings::{Located, not_set};
use crate::message::{Message, Result, ensure};
use crate::provider::{DeploymentSpec, Environment, Setup, Variables, refuse_plaintext_secret};
use crate::record::RecordedCommand;
use crate::redact::Redactor;
use crate::text;

/// The secret of a deployment that is played from a recording.
const PLACEHOLDER_SECRET: &str = "made-up-for-a-replay";

/// A deployment and how it is watched.
pub(crate) struct Deployment {
    pub(crate) spec: DeploymentSpec,
    pub(crate) watch: WatchOptions,
    pub(crate) connection: ConnectionOptions,
}

/// The deployments of a watch.
#[derive(Default)]
pub(crate) struct Deployments {
    pub(crate) list: Vec<Deployment>,
    /// How many the list has that they are a part of.
    pub(crate) listed: usize,
    /// The command lines that they come from, as a recording keeps them.
    pub(crate) recorded: Vec<RecordedCommand>,
    /// Knows the secrets that they were made with.
    pub(crate) redactor: Arc<Redactor>,
    /// Whether they are a list, which has a verdict of its own.
    pub(crate) is_list: bool,
    /// The command that watches them again, where there is one.
    pub(crate) resume: Option<ResumeCommand>,
    /// The files that are read, with the options that name them.
    pub(crate) files: Vec<(String, PathBuf)>,
}

impl Deployments {
    /// The deployments that a command line names.
    ///
    /// # Errors
    /// Options are missing or contradictory.
    pub(crate) fn of_command(
        cli: Cli,
        environment: Environment<'_>,
    ) -> Result<(OutputOptions, Self)> {
        let config = Config::read(environment, cli.watch.timeout)?;
        let (cli, token_env) = config.complete(cli)?;
        let mut deployments = Self::default();
        deployments.add_located(&cli, token_env.as_ref(), environment)?;
        deployments.files.extend(config_file(&config));
        let first = deployments.list.first();
        let search_options = first.map_or(&[][..], |first| first.spec.search_options);
        deployments.resume = Some(resume(&cli, search_options));
        deployments.is_list = deployments.list.len() > 1;
        Ok((cli.output, deployments))
    }

    /// The deployments of the list at `path` that are in `partition`, and the output options of the whole watch.
    /// Options of the command line override those of the file.
    ///
    /// # Errors
    /// Whatever is wrong in the file, with its line and its key.
    pub(crate) fn of_list(
        path: &Path,
        partition: Option<Partition>,
        cli: &Cli,
        environment: Environment<'_>,
    ) -> Result<(OutputOptions, Self)> {
        let timeout = cli.watch.timeout;
        let config = Config::read(environment, timeout)?;
        let (output, entries) =
            list::read(path, &cli.explicit_args, timeout, &config, environment)?;
        let mut deployments = Self {
            is_list: true,
            listed: entries.len(),
            resume: Some(resume(cli, &[])),
            files: vec![("FILE".to_owned(), path.to_owned())],
            ..Self::default()
        };
        deployments.files.extend(config_file(&config));
        let is_wanted = |index| partition.is_none_or(|partition| partition.contains(index));
        let wanted = entries.iter().enumerate();
        for (_, entry) in wanted.filter(|(index, _)| is_wanted(*index)) {
            let added = deployments.add_located(&entry.cli, entry.token_env.as_ref(), environment);
            added.map_err(|error| error.at(&entry.place))?;
        }
        Ok((output, deployments))
    }

    /// The deployments of recorded command lines; `explicit` are options that override theirs.
    ///
    /// # Errors
    /// A recorded line is not the command line of a watch.
    pub(crate) fn of_recording(
        recorded: &[RecordedCommand],
        explicit: &[ExplicitArg],
    ) -> Result<Self> {
        let explicit = explicit.iter().filter(|arg| arg.scope == Scope::Watch);
        let explicit: Vec<_> = explicit.collect();
        let mut deployments = Self::default();
        for recorded in recorded {
            let words = override_args(&recorded.command, &explicit);
            let environment = |variable: &str| match recorded.environment.get(variable) {
                None if recorded.secrets.contains(variable) => Some(PLACEHOLDER_SECRET.to_owned()),
                value => value.cloned(),
            };
            let cli = offline(&words)?;
            let mut files = cli.explicit_args.iter().filter(|arg| arg.path().is_some());
            let recorded_file = files.find(|arg| !explicit.contains(arg));
            if let Some(arg) = recorded_file {
                let name = &arg.name;
                return Err(Message::new(
                    format!("a recording must not name a file, but this one has --{name}"),
                    format!("录制文件中不应出现文件选项 --{name}"),
                ));
            }
            deployments.add(&cli, None, &environment)?;
        }
        Ok(deployments)
    }

    /// The deployment that the demo's command line names, and its output options.
    ///
    /// # Errors
    /// Options are missing or contradictory.
    #[cfg(feature = "demo")]
    pub(crate) fn of_demo(
        words: &[String],
        environment: Environment<'_>,
    ) -> Result<(OutputOptions, Self)> {
        let cli = offline(words)?;
        let mut deployments = Self::default();
        deployments.add(&cli, None, environment)?;
        for deployment in &mut deployments.list {
            // They are about real servers.
            deployment.spec.warnings.clear();
        }
        Ok((cli.output, deployments))
    }

    /// Adds the deployments that a command line names, with the secret of the variable `token_env`.
    fn add_located(
        &mut self,
        cli: &Cli,
        token_env: Option<&Located>,
        environment: Environment<'_>,
    ) -> Result<()> {
        let Some(Located { text, place }) = token_env else {
            return self.add(cli, None, environment).map(drop);
        };
        let secret = environment(text).ok_or_else(|| not_set(text).at(place))?;
        let is_used = self.add(cli, Some(&secret), environment)?;
        ensure(is_used, || {
            let message = Message::new(
                "not needed: the other keys name the secret, or there is none",
                "不需要：其他键已指明密钥的来源，或没有密钥",
            );
            message.at(place)
        })
    }

    /// Adds the deployments that a command line names. `secret` replaces that of the environment. Returns whether
    /// a secret was read from a variable.
    fn add(
        &mut self,
        cli: &Cli,
        secret: Option<&str>,
        environment: Environment<'_>,
    ) -> Result<bool> {
        let provider = cli.provider()?.options();
        let variables = provider.variables();
        let fallback = provider.fallback(environment, cli.watch.timeout)?;
        let found = RefCell::new(BTreeMap::new());
        let read = |variable: &str| {
            let value = match secret {
                Some(secret) if variables.secret() == Some(variable) => Some(secret.to_owned()),
                // No other secret of the environment is taken.
                Some(_) if !variables.is_plain(variable) => None,
                _ => environment(variable).or_else(|| fallback.get(variable).cloned()),
            }?;
            found
                .borrow_mut()
                .insert(variable.to_owned(), value.clone());
            Some(value)
        };
        let specs = provider.deployments(&Setup {
            fresh: cli.watch.fresh,
            interval: cli.watch.interval,
            environment: &read,
            request_timeout: cli.connection.request_timeout,
            timeout: cli.watch.timeout,
            redactor: &self.redactor,
        })?;
        let Some(command) = specs.first().map(|spec| spec.provider) else {
            return Err(super::names_no_deployment());
        };
        let ConnectionOptions {
            allow_http, direct, ..
        } = cli.connection;
        for mut spec in specs {
            // Neither the demo nor a replay sends anything to another machine, or is a deployment to learn from.
            if spec.sends_secret && !allow_http && !direct {
                refuse_plaintext_secret(&spec.endpoint, environment)?;
            }
            if direct {
                spec.history_key = None;
            }
            if let Some(name) = &cli.watch.name {
                spec.target = text::clean(name, text::NAME).into_owned();
            }
            self.list.push(Deployment {
                spec,
                watch: cli.watch.clone(),
                connection: cli.connection.clone(),
            });
        }
        self.files.extend(input_files(&cli.explicit_args));
        let found = found.into_inner();
        let secret_read = found.keys().any(|variable| !variables.is_plain(variable));
        self.recorded
            .push(recorded(command, &cli.explicit_args, variables, found));
        Ok(secret_read)
    }
}

/// The config file among the files that are read.
fn config_file(config: &Config<'_>) -> Option<(String, PathBuf)> {
    Some((config::VARIABLE.to_owned(), config.path.clone()?))
}

/// The command that resumes the watch of a command line.
fn resume(cli: &Cli, search_options: &[&str]) -> ResumeCommand {
    ResumeCommand::new(&cli.words, &cli.explicit_args, search_options)
}

/// Parses a command line whose watch uses no network, and so no proxy.
fn offline(words: &[String]) -> Result<Cli> {
    let program = "deploywatch".to_owned();
    let words = std::iter::once(&program).chain(words);
    let mut cli =
        super::parse_with(&mut super::command(), words).map_err(|error| error.message())?;
    cli.connection.direct = true;
    Ok(cli)
}

/// The files that options name as input, with these options.
fn input_files(args: &[ExplicitArg]) -> impl Iterator<Item = (String, PathBuf)> {
    let inputs = args.iter().filter(|arg| arg.scope != Scope::Output);
    inputs.filter_map(|arg| {
        let path = arg.path().filter(|path| *path != Path::new("-"))?;
        Some((format!("--{}", arg.name), path.to_owned()))
    })
}

/// The part of a command line and of the variables `found` that a recording keeps. Options that name
/// files or concern the output are left out: they belong to one machine.
fn recorded(
    command: &str,
    args: &[ExplicitArg],
    variables: &Variables,
    found: BTreeMap<String, String>,
) -> RecordedCommand {
    let (environment, secrets): (BTreeMap<_, _>, BTreeMap<_, _>) = found
        .into_iter()
        .partition(|(variable, _)| variables.is_plain(variable));
    let mut secrets: BTreeSet<_> = secrets.into_keys().collect();
    // Every file that a provider's options name holds a secret. In a replay the variable stands in.
    let is_secret_file = |arg: &ExplicitArg| arg.scope == Scope::Command && arg.path().is_some();
    if args.iter().any(is_secret_file) {
        secrets.extend(variables.secret().map(str::to_owned));
    }
    let is_kept = |arg: &&ExplicitArg| arg.scope != Scope::Output && arg.path().is_none();
    let kept = args.iter().filter(is_kept).map(ToString::to_string);
    RecordedCommand {
        command: std::iter::once(command.to_owned()).chain(kept).collect(),
        environment,
        secrets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn parsed(line: &str) -> Cli {
        let words = words(&format!("deploywatch {line}"));
        super::super::parse_with(&mut super::super::command(), words).expect("a command line")
    }

    fn made(line: &str, variables: &[(&str, &str)]) -> Deployments {
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let made = Deployments::of_command(parsed(line), &environment);
        made.expect("deployments").1
    }

    #[test]
    fn a_deployment_is_made_again_of_what_it_was_made_of() {
        let deployments = made(
            "-i 1s -qv yunxiao --order 1 --order=2 --endpoint http://localhost:1 --events e.json",
            &[
                ("YUNXIAO_PIPELINE_ID", "7"),
                ("YUNXIAO_ACCESS_TOKEN", "pt-made-up"),
                ("YUNXIAO_UNUSED", "x"),
            ],
        );
        assert_eq!(deployments.redactor.redact("pt-made-up"), "(masked)");
        let recorded = &deployments.recorded[0];
        assert_eq!(
            recorded.command,
            words("yunxiao --order=1 --order=2 --endpoint=http://localhost:1 --interval=1s")
        );
        assert_eq!(
            recorded.environment.keys().collect::<Vec<_>>(),
            ["YUNXIAO_PIPELINE_ID"]
        );
        assert_eq!(
            recorded.secrets.iter().collect::<Vec<_>>(),
            ["YUNXIAO_ACCESS_TOKEN"]
        );
        let explicit = parsed("-i 2s -o json yunxiao").explicit_args;
        let again = Deployments::of_recording(&deployments.recorded, &explicit);
        let again = again.expect("deployments");
        let targets: Vec<_> = again
            .list
            .iter()
            .map(|deployment| &*deployment.spec.target)
            .collect();
        assert_eq!(targets, ["yunxiao:7/1", "yunxiao:7/2"]);
        let interval = again.list[0].watch.interval;
        assert_eq!(interval.as_secs(), 2);
    }

    #[test]
    fn no_provider_needs_the_secret_to_be_made_again() {
        let task = "a".repeat(32);
        for (line, variables) in [
            (
                "yunxiao --order 1",
                &[
                    ("YUNXIAO_API_BASE_URL", "https://192.0.2.1"),
                    ("YUNXIAO_EDITION", "region"),
                    ("YUNXIAO_PIPELINE_ID", "7"),
                    ("ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN", "planted"),
                ][..],
            ),
            (
                &format!("codearts --task {task}"),
                &[
                    ("HW_REGION_NAME", "r"),
                    ("HW_ACCESS_KEY", "planted"),
                    ("HW_SECRET_KEY", "planted"),
                    ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "planted"),
                ],
            ),
            (
                "servicestage --release r --region r",
                &[("HW_PROJECT_ID", "p"), ("HW_AUTH_TOKEN", "planted")],
            ),
            (
                "mrs --command 1 --endpoint https://192.0.2.1",
                &[("MRS_USER", "u"), ("MRS_PASSWORD", "planted")],
            ),
            ("fsd", &[]),
        ] {
            let deployments = made(line, variables);
            let recorded = format!("{:?}", deployments.recorded);
            assert!(!recorded.contains("planted"), "{recorded}");
            let again = Deployments::of_recording(&deployments.recorded, &[]).expect(line);
            let specs = |deployments: &Deployments| {
                let specs = deployments.list.iter().map(|deployment| &deployment.spec);
                let specs = specs.map(|spec| (spec.target.clone(), spec.endpoint.clone()));
                specs.collect::<Vec<_>>()
            };
            assert_eq!(specs(&again), specs(&deployments));
        }
    }

    #[test]
    fn a_file_with_a_secret_is_not_needed_again() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "pt-made-up").expect("written");
        let path = file.path().display();
        let deployments = made(
            &format!(
                "codearts --task {} --region r --token-file {path}",
                "a".repeat(32)
            ),
            &[],
        );
        let recorded = &deployments.recorded[0];
        assert!(!format!("{recorded:?}").contains(&path.to_string()));
        Deployments::of_recording(&deployments.recorded, &[]).expect("a deployment");
    }
}
