//! The options of `deploywatch fsd`.

use std::sync::Arc;

use anyhow::Result;
use clap::Args;

use super::{Environment, Spec, WatchArgs, WatchCommand, endpoint};
use crate::provider::fsd::{ENDPOINT, Fsd, KEY, Operation, Settings};
use crate::redact::Redactor;
use crate::text;

/// The longest key, in characters.
const LONGEST: usize = 200;

/// The options of `deploywatch fsd`.
#[derive(Args, Debug)]
pub(crate) struct FsdArgs {
    /// The key of the deployment
    #[arg(long, value_name = "KEY", default_value = KEY, value_parser = key)]
    key: String,
    /// Which of the installer's operations
    #[arg(long, value_name = "WHAT", default_value = "deploy")]
    operation: Operation,
    /// Where the installer is
    #[arg(long, value_name = "URL", default_value = ENDPOINT)]
    endpoint: String,
}

/// A key goes into JSON, which takes any text; what cannot be printed is none.
fn key(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty() && text.chars().count() <= LONGEST;
    if !fits || text.chars().any(char::is_control) {
        return Err(format!("a key is 1 to {LONGEST} printable characters"));
    }
    Ok(text.to_owned())
}

impl WatchCommand for FsdArgs {
    fn specs(
        &self,
        watch: &WatchArgs,
        _environment: Environment<'_>,
        _redactor: &Arc<Redactor>,
    ) -> Result<Vec<Spec>> {
        // The installer asks for no credentials, so that plain HTTP gives no secret away.
        let endpoint = endpoint(&self.endpoint)?;
        let settings = Settings {
            endpoint: endpoint.clone(),
            operation: self.operation,
            key: self.key.clone(),
            fresh: watch.fresh,
        };
        Ok(vec![Spec {
            provider: "fsd",
            target: format!("fsd:{}", text::clean(&self.key, text::MESSAGE)),
            endpoint,
            pin: (!watch.fresh).then_some(&["--fresh"]),
            warnings: Vec::new(),
            connect: Box::new(move |http| Box::new(Fsd::new(&settings, http))),
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_any_printable_text() {
        for good in [KEY, "a", "部署: \"1\" \\ {}", &"键".repeat(LONGEST)] {
            assert_eq!(key(good).expect(good), good);
        }
        for bad in ["", " ", "a\nb", "a\u{1b}[31m", &"a".repeat(LONGEST + 1)] {
            key(bad).expect_err(bad);
        }
    }
}
