//! The options of `deploywatch mrs`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::{Auth, Login, Mrs};
use crate::provider::options::endpoint;
use crate::provider::{DeploymentSpec, ProviderOptions, Setup, Variables};
use crate::secret::{self, Secret};

const USER: &str = "MRS_USER";
const PASSWORD: &str = "MRS_PASSWORD";

/// The options of `deploywatch mrs`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  deploywatch mrs --command 42 --endpoint https://192.0.2.10:28443 --user admin --cacert ca.pem")]
pub(crate) struct MrsOptions {
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
    auth: AuthMethod,
}

/// How to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum AuthMethod {
    Basic,
    Cas,
    None,
}

impl ProviderOptions for MrsOptions {
    fn variables(&self) -> &'static Variables {
        &Variables {
            secret: Some(PASSWORD),
            plain: &[USER],
        }
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        ensure!(
            !setup.fresh,
            "--fresh waits for a new run, and --command is one single run: leave --fresh out"
        );
        let endpoint = endpoint(&self.endpoint)?;
        let auth = match self.auth {
            AuthMethod::Basic => Auth::Basic(self.login(setup)?),
            AuthMethod::Cas => Auth::Cas(self.login(setup)?),
            AuthMethod::None => Auth::None,
        };
        let file = self.password_file.as_deref();
        let warnings = secret::warnings(file.filter(|_| self.auth != AuthMethod::None));
        let specs = self.command.iter().map(|command| DeploymentSpec {
            provider: "mrs",
            target: format!("mrs:{command}"),
            endpoint: endpoint.clone(),
            sends_secret: self.auth != AuthMethod::None,
            already_ended_warning: None,
            search_options: &[],
            warnings: warnings.clone(),
            connect: {
                let (endpoint, command, auth) = (endpoint.clone(), command.clone(), auth.clone());
                let patience = setup.request_timeout;
                Box::new(move |http| Box::new(Mrs::new(&endpoint, &command, auth, patience, http)))
            },
        });
        Ok(specs.collect())
    }
}

impl MrsOptions {
    /// The user and the password.
    fn login(&self, setup: &Setup<'_>) -> Result<Login> {
        let user = self.user.clone().or_else(|| (setup.environment)(USER));
        let user = user.with_context(|| format!("no user: pass --user NAME, or set {USER}"))?;
        // HTTP Basic cannot express a colon in a name.
        ensure!(
            !user.is_empty() && !user.contains(|c: char| c == ':' || c.is_control()),
            "--user: a name is not empty, and has no colon and no control characters"
        );
        let file = self.password_file.as_deref();
        let password = Secret::find_password(
            file,
            PASSWORD,
            setup.environment,
            setup.redactor,
            setup.timeout,
        )?;
        Ok(Login { user, password })
    }
}

/// A command's id is digits; a request that started no command answers -1 [I].
fn command_id(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text == "-1" {
        return Err("nothing asynchronous was started, so that there is nothing to watch".into());
    }
    if !(1..=20).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a command's id is 1 to 20 digits".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_id_is_digits() {
        for good in ["0", "42", "007", &"9".repeat(20)] {
            assert_eq!(command_id(&format!("{good}\n")).expect(good), good);
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
