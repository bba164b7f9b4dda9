//! The options of `deploywatch mrs`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{Environment, Spec, WatchArgs, WatchCommand, endpoint, keep_secret};
use crate::provider::mrs::{self, Login, Mrs, Settings};
use crate::redact::Redactor;
use crate::secret::{self, Secret};

/// The options of `deploywatch mrs`.
#[derive(Args, Debug)]
pub(crate) struct MrsArgs {
    /// The command's id, from the answer of the request that started it; given again, it watches
    /// several at once
    #[arg(long, value_name = "ID", allow_hyphen_values = true, required = true)]
    #[arg(value_parser = command_id)]
    command: Vec<String>,
    /// The cluster's Manager, usually https://<floating IP>:28443
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// The user who signs in [env: MRS_USER]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the password from FILE, - for stdin [env instead: MRS_PASSWORD]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// How to sign in: basic, cas (a Kerberos cluster of the older Manager), or none
    #[arg(long, value_name = "HOW", default_value = "basic")]
    auth: Auth,
}

/// How to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Auth {
    Basic,
    Cas,
    None,
}

/// A command's id: digits. -1 stands in the answer of a request that started none [I].
fn command_id(text: &str) -> Result<String, String> {
    if text == "-1" {
        return Err("nothing asynchronous was started, so that there is nothing to watch".into());
    }
    if !(1..=20).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a command's id is 1 to 20 digits".into());
    }
    Ok(text.to_owned())
}

impl MrsArgs {
    /// Who signs in.
    fn login(&self, environment: Environment<'_>, redactor: &Redactor) -> Result<Login> {
        let user = self.user.clone().or_else(|| environment("MRS_USER"));
        let user = user.context("who signs in? Give --user NAME, or set MRS_USER")?;
        // HTTP Basic has no way to write a colon in a name.
        ensure!(
            !user.is_empty() && !user.contains(|c: char| c == ':' || c.is_control()),
            "--user: a name is not empty, and has no colon and no control characters"
        );
        let file = self.password_file.as_deref();
        let password = Secret::find_password(file, "MRS_PASSWORD", environment, redactor)?;
        Ok(Login { user, password })
    }
}

impl WatchCommand for MrsArgs {
    fn specs(
        &self,
        watch: &WatchArgs,
        environment: Environment<'_>,
        redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>> {
        ensure!(
            !watch.fresh,
            "--fresh waits for a new run, and --command is one single run: leave --fresh out"
        );
        let endpoint = endpoint(&self.endpoint)?;
        if self.auth != Auth::None {
            keep_secret(&endpoint, watch, environment)?;
        }
        let auth = match self.auth {
            Auth::Basic => mrs::Auth::Basic(self.login(environment, redactor)?),
            Auth::Cas => mrs::Auth::Cas(self.login(environment, redactor)?),
            Auth::None => mrs::Auth::None,
        };
        let file = self.password_file.as_deref();
        let warnings = secret::warnings(file.filter(|_| self.auth != Auth::None));
        let spec = |command: &String| {
            let settings = Settings {
                endpoint: endpoint.clone(),
                command: command.clone(),
                auth: auth.clone(),
            };
            Spec {
                provider: "mrs",
                target: format!("mrs:{command}"),
                endpoint: endpoint.clone(),
                pin: None,
                warnings: warnings.clone(),
                connect: Box::new(|http| Box::new(Mrs::new(settings, http))),
            }
        };
        Ok(self.command.iter().map(spec).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_id_is_digits() {
        for good in ["0", "42", "007", &"9".repeat(20)] {
            assert_eq!(command_id(good).expect(good), good);
        }
        for bad in [
            "",
            "-2",
            "1.5",
            "4 2",
            "42/..",
            "４２",
            "abc",
            &"9".repeat(21),
        ] {
            let why = command_id(bad).expect_err(bad);
            assert!(why.contains("digits"), "{why}");
        }
        let why = command_id("-1").expect_err("none was started");
        assert!(why.contains("nothing asynchronous was started"), "{why}");
    }
}
