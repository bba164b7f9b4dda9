//! The options of `deploywatch mrs`.

use std::path::PathBuf;

use clap::Args;

use super::{Login, Mrs};
use crate::message::{Message, Result, ensure};
use crate::provider::options::{Problems, endpoint, missing};
use crate::provider::{DeploymentSpec, Environment, ProviderOptions, Setup, Variables};
use crate::secret::{self, Secret};

const USER: &str = "MRS_USER";
const PASSWORD: &str = "MRS_PASSWORD";

/// The options of `deploywatch mrs`.
#[derive(Args, Debug)]
#[command(override_usage = "deploywatch mrs [OPTIONS] --command <ID> --endpoint <URL>")]
#[command(before_help = "\
Examples:
  deploywatch mrs --command 42 --endpoint https://192.0.2.10:28443 --user admin")]
pub(crate) struct MrsOptions {
    /// The command's id
    ///
    /// It is in the response to the request that started the command. Repeat it to watch several at once.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    #[arg(value_parser = command_id)]
    command: Vec<String>,
    /// The cluster's Manager: https://FLOATING-IP:28443
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
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
        &Variables(&[("user", &[USER]), ("password-file", &[PASSWORD])])
    }

    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>> {
        ensure(!setup.fresh, || {
            Message::new(
                "--fresh waits for a new run, and --command is one single run: leave --fresh out",
                "--fresh 等待新的运行，而 --command 只对应一次运行：请去掉 --fresh",
            )
        })?;
        let mut problems = Problems::default();
        problems.note(ensure(!self.command.is_empty(), || {
            missing(("command", "命令"), "--command ID", &[])
        }));
        let given = self.endpoint.as_deref();
        let given = given.ok_or_else(|| missing(("endpoint", "端点"), "--endpoint URL", &[]));
        let endpoint = problems.note(given.and_then(endpoint));
        let signs_in = self.auth != AuthMethod::None;
        let login = signs_in.then(|| self.login(setup, &mut problems)).flatten();
        let (Some(endpoint), true) = (endpoint, problems.0.is_empty()) else {
            return Err(Message::list(&problems.0));
        };
        let file = self.password_file.as_deref();
        let warnings = secret::warnings(file.filter(|_| signs_in));
        let specs = self.command.iter().map(|command| DeploymentSpec {
            provider: "mrs",
            target: format!("mrs:{command}"),
            endpoint: endpoint.clone(),
            url: None,
            // Each command has an id of its own, and no answer says of which kind it is [D].
            history_key: None,
            sends_secret: signs_in,
            already_ended_warning: None,
            search_options: &[],
            warnings: warnings.clone(),
            connect: {
                let (endpoint, command, login) = (endpoint.clone(), command.clone(), login.clone());
                let patience = setup.request_timeout;
                Box::new(move |http| Box::new(Mrs::new(&endpoint, &command, login, patience, http)))
            },
        });
        Ok(specs.collect())
    }
}

impl MrsOptions {
    /// The user and the password.
    fn login(&self, setup: &Setup<'_>, problems: &mut Problems) -> Option<Login> {
        let (environment, redactor, timeout) = (setup.environment, setup.redactor, setup.timeout);
        let user = problems.note(self.user(environment));
        let file = self.password_file.as_deref();
        let password = problems.note_secret(file, || {
            // It is read once: one that was turned down is not tried again.
            let (name, parse) = (("Password", "密码"), Secret::password);
            let variables = &[PASSWORD];
            secret::find(name, parse, file, variables, environment, redactor, timeout)
        });
        Some(Login {
            user: user?,
            password: password?,
            by_cas: self.auth == AuthMethod::Cas,
        })
    }

    fn user(&self, environment: Environment<'_>) -> Result<String> {
        let user = self.user.clone().or_else(|| environment(USER));
        let user = user.ok_or_else(|| missing(("user", "用户"), "--user NAME", &[USER]))?;
        // HTTP Basic cannot express a colon in a name.
        let fits = !user.is_empty() && !user.contains(|c: char| c == ':' || c.is_control());
        ensure(fits, || {
            Message::new(
                "--user: a name must not be empty, and must hold no colon and no control character",
                "--user：用户名不能为空，也不能含冒号或控制字符",
            )
        })?;
        Ok(user)
    }
}

/// A command's id is digits; a request that started no command answers -1 [I].
fn command_id(text: &str) -> Result<String> {
    let text = text.trim();
    if text == "-1" {
        return Err(Message::new(
            "nothing asynchronous was started, so there is nothing to watch",
            "没有启动异步命令，无需跟踪",
        ));
    }
    if !(1..=20).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Message::new(
            "a command's id is 1 to 20 digits",
            "命令 ID 是 1 到 20 位数字",
        ));
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
            assert!(why.en().contains("digits"), "{why}");
        }
        let why = command_id("-1").expect_err("none was started");
        assert!(
            why.en().contains("nothing asynchronous was started"),
            "{why}"
        );
    }
}
