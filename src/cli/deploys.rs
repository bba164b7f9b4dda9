//! The deployments that are watched, and what they are made of: enough to make them again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::list::OF_ALL;
use super::{Cli, Environment, SECRETS, Spec, WatchArgs};
use crate::record::Origin;
use crate::redact::Redactor;
use crate::text;

/// Options that name a file with a secret.
const SECRET_FILES: [&str; 2] = ["token-file", "password-file"];
/// Options that name other files to read.
const FILES: [&str; 1] = ["cacert"];
/// What stands for a secret in a replay.
const MADE_UP: &str = "made-up-for-a-replay";

/// A deployment to be watched.
pub(crate) struct Deploy {
    pub(crate) spec: Spec,
    pub(crate) watch: WatchArgs,
}

/// The deployments of a watch.
#[derive(Default)]
pub(crate) struct Deploys {
    pub(crate) list: Vec<Deploy>,
    /// What they are made of.
    pub(crate) origins: Vec<Origin>,
    /// What knows the secrets that they are made of.
    pub(crate) redactor: Arc<Redactor>,
    /// The files that are read, with the options that name them.
    pub(crate) files: Vec<(String, PathBuf)>,
}

impl Deploys {
    /// Adds what a command line watches, under a name where it has one.
    ///
    /// # Errors
    /// Where something is missing or does not go together.
    pub(crate) fn add(
        &mut self,
        cli: &Cli,
        name: Option<&str>,
        environment: Environment<'_>,
    ) -> Result<()> {
        let command = cli.command.watches().context("it watches nothing")?;
        let found = RefCell::new(BTreeMap::new());
        let looked_up = |variable: &str| {
            let value = environment(variable)?;
            found
                .borrow_mut()
                .insert(variable.to_owned(), value.clone());
            Some(value)
        };
        for mut spec in command.specs(&cli.watch, &looked_up, &self.redactor)? {
            if let Some(name) = name {
                spec.target = text::clean(name, text::NAME).into_owned();
            }
            self.list.push(Deploy {
                spec,
                watch: cli.watch.clone(),
            });
        }
        let is_secret = |variable: &str| SECRETS.iter().any(|group| group.contains(&variable));
        let (secrets, environment): (BTreeMap<_, _>, BTreeMap<_, _>) = found
            .into_inner()
            .into_iter()
            .partition(|(variable, _)| is_secret(variable));
        self.files.extend(cli.words.iter().filter_map(|word| {
            let (option, file) = word.split_once('=')?;
            let name = name_of(option);
            let is_file = SECRET_FILES.contains(&name) && file != "-" || FILES.contains(&name);
            is_file.then(|| (option.to_owned(), PathBuf::from(file)))
        }));
        let mut origin = Origin {
            command: cli.words.clone(),
            name: name.map(str::to_owned),
            environment,
            secrets: secrets.keys().cloned().collect(),
        };
        origin.secrets.extend(without_files(&mut origin.command));
        self.origins.push(origin);
        Ok(())
    }

    /// Adds what a recorded command line watched; `given` are options that beat the recorded ones.
    ///
    /// # Errors
    /// Where the recorded line is none.
    pub(crate) fn add_again(&mut self, origin: &Origin, given: &[String]) -> Result<()> {
        let given = of_one(given);
        let mut cli = super::parse(
            ["deploywatch".to_owned()]
                .into_iter()
                .chain(merged(&origin.command, &given)),
        )?;
        cli.watch.direct = true;
        let environment = |variable: &str| {
            let made_up = || {
                origin
                    .secrets
                    .contains(variable)
                    .then(|| MADE_UP.to_owned())
            };
            origin.environment.get(variable).cloned().or_else(made_up)
        };
        self.add(&cli, origin.name.as_deref(), &environment)
    }
}

/// The options that are not about the watch of all.
pub(crate) fn of_one(given: &[String]) -> Vec<String> {
    let of_all = |word: &&String| OF_ALL.contains(&name_of(word));
    given.iter().filter(|word| !of_all(word)).cloned().collect()
}

/// `words` with the options `given`, which beat those of `words`.
pub(crate) fn merged(words: &[String], given: &[String]) -> Vec<String> {
    let beaten = |word: &&String| {
        word.starts_with("--") && given.iter().any(|given| name_of(given) == name_of(word))
    };
    let kept = words.iter().filter(|word| !beaten(word));
    kept.chain(given).cloned().collect()
}

/// Takes away options that name files or say how the watch is shown: they are of one machine.
/// Returns the variables that could have held the secret of a file.
fn without_files(words: &mut Vec<String>) -> BTreeSet<String> {
    let had_secret = words
        .iter()
        .any(|word| SECRET_FILES.contains(&name_of(word)));
    let dropped = |word: &str| {
        [&SECRET_FILES[..], &FILES, &OF_ALL]
            .iter()
            .any(|names| names.contains(&name_of(word)))
    };
    words.retain(|word| !dropped(word));
    let instead = SECRETS[0].iter().filter(|_| had_secret);
    instead.map(|variable| (*variable).to_owned()).collect()
}

/// The name of the option that a word is.
fn name_of(word: &str) -> &str {
    let option = word.strip_prefix("--").unwrap_or_default();
    option.split('=').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn made(line: &str, variables: &[(&str, &str)]) -> Deploys {
        let line = format!("deploywatch {line}");
        let cli = super::super::parse(words(&line)).expect("a command line");
        let environment = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut deploys = Deploys::default();
        deploys.add(&cli, None, &environment).expect("deployments");
        deploys
    }

    #[test]
    fn a_deployment_is_made_again_of_what_it_was_made_of() {
        let deploys = made(
            "-i 1s -qv yunxiao --order 1 --order=2 --endpoint http://localhost:1 --events e.json",
            &[
                ("YUNXIAO_PIPELINE_ID", "7"),
                ("YUNXIAO_ACCESS_TOKEN", "pt-made-up"),
                ("YUNXIAO_UNUSED", "x"),
            ],
        );
        assert_eq!(deploys.redactor.redact("pt-made-up"), "(masked)");
        let origin = &deploys.origins[0];
        assert_eq!(
            origin.command,
            words("yunxiao --order=1 --order=2 --endpoint=http://localhost:1 --interval=1s")
        );
        assert_eq!(
            origin.environment.keys().collect::<Vec<_>>(),
            ["YUNXIAO_PIPELINE_ID"]
        );
        assert_eq!(
            origin.secrets.iter().collect::<Vec<_>>(),
            ["YUNXIAO_ACCESS_TOKEN"]
        );
        let mut again = Deploys::default();
        again
            .add_again(origin, &words("--interval=2s --output=json"))
            .expect("deployments");
        let targets: Vec<_> = again
            .list
            .iter()
            .map(|deploy| &*deploy.spec.target)
            .collect();
        assert_eq!(targets, ["yunxiao:7/1", "yunxiao:7/2"]);
        let interval = again.list[0].watch.options(None).interval;
        assert_eq!(interval.as_secs(), 2);
    }

    /// A variable that is read and stands in neither list here might be a secret that a recording
    /// would tell.
    #[test]
    fn every_variable_that_is_read_is_known_as_a_secret_or_as_none() {
        let plain = [
            "YUNXIAO_API_BASE_URL",
            "YUNXIAO_EDITION",
            "YUNXIAO_ORGANIZATION_ID",
            "YUNXIAO_PIPELINE_ID",
            "HUAWEICLOUD_SDK_PROJECT_ID",
            "HW_PROJECT_ID",
            "MRS_USER",
        ];
        let task = "a".repeat(32);
        for line in [
            "yunxiao --order 1",
            &format!("codearts --task {task} --region r"),
            "servicestage --project p --release r --region r",
            "mrs --command 1 --endpoint https://192.0.2.1",
            "fsd",
        ] {
            let cli = super::super::parse(words(&format!("deploywatch {line}"))).expect(line);
            for set in [&plain[..], &[]] {
                let read = RefCell::new(BTreeSet::new());
                let environment = |name: &str| {
                    read.borrow_mut().insert(name.to_owned());
                    set.contains(&name).then(|| match name {
                        "YUNXIAO_API_BASE_URL" => "https://192.0.2.1".to_owned(),
                        "YUNXIAO_EDITION" => "region".to_owned(),
                        _ => "1".to_owned(),
                    })
                };
                // Without a secret most cannot be added, and look for every one there could be.
                let _ = Deploys::default().add(&cli, None, &environment);
                let known = |name: &str| SECRETS.concat().contains(&name) || plain.contains(&name);
                for name in read.into_inner() {
                    assert!(known(&name), "{line}: {name}");
                }
            }
        }
    }

    #[test]
    fn a_file_with_a_secret_is_not_needed_again() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "pt-made-up").expect("written");
        let path = file.path().display();
        let deploys = made(
            &format!(
                "codearts --task {} --region r --token-file {path}",
                "a".repeat(32)
            ),
            &[],
        );
        let origin = &deploys.origins[0];
        assert!(!format!("{origin:?}").contains(&path.to_string()));
        Deploys::default()
            .add_again(origin, &[])
            .expect("a deployment");
    }
}
