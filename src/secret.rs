//! Secrets: never an argument, never printed.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// The longest secret taken, in bytes. A Huawei token may have 20,000 characters.
const LONGEST: u64 = 64 * 1024;

/// Text that cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// A secret that can go into a header: white space around it is dropped.
    ///
    /// # Errors
    /// Where nothing is left, or it holds what no header may hold.
    pub(crate) fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        ensure!(!text.is_empty(), "it is empty");
        ensure!(
            text.bytes().all(|byte| byte.is_ascii_graphic()),
            "it holds white space or characters that no token has"
        );
        Ok(Self(text.to_owned()))
    }

    /// The text itself, for the request only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

/// A secret and where it came from.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) secret: Secret,
    file: Option<PathBuf>,
}

impl Credential {
    /// Reads `file` (`-` is stdin) where there is one, else the first of the environment's
    /// `variables` that is set and not empty.
    ///
    /// # Errors
    /// Where the file cannot be read, or no variable is set: the message names each place.
    pub(crate) fn find(
        file: Option<&Path>,
        variables: &[&str],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        if let Some(path) = file {
            let secret = read(path)
                .with_context(|| format!("cannot take the token from {}", path.display()))?;
            let again = (path != Path::new("-")).then(|| path.to_owned());
            return Ok(Self {
                secret,
                file: again,
            });
        }
        for name in variables {
            if let Some(value) = environment(name) {
                let secret = Secret::new(&value)
                    .with_context(|| format!("cannot take the token from ${name}"))?;
                return Ok(Self { secret, file: None });
            }
        }
        let places: Vec<_> = variables.iter().map(|name| format!("${name}")).collect();
        bail!(
            "no token: set {}, or give --token-file FILE",
            places.join(" or ")
        )
    }

    /// Reads the file again, after the secret was turned down. True where it holds another one
    /// now.
    pub(crate) fn renew(&mut self) -> bool {
        let Some(Ok(secret)) = self.file.as_deref().map(read) else {
            return false;
        };
        let changed = secret != self.secret;
        self.secret = secret;
        changed
    }
}

/// Reads a secret from a file, or from stdin where the path is `-`.
fn read(path: &Path) -> Result<Secret> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .take(LONGEST + 1)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(path)?
            .take(LONGEST + 1)
            .read_to_string(&mut text)?;
    }
    ensure!(text.len() as u64 <= LONGEST, "it is too long for a token");
    Secret::new(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new(" pt-made-up \n").expect("a token");
        assert_eq!(secret.expose(), "pt-made-up");
        assert_eq!(format!("{secret:?}"), "(redacted)");
        let credential = Credential { secret, file: None };
        assert!(!format!("{credential:?}").contains("made-up"));
    }

    #[test]
    fn what_no_header_may_hold_is_no_secret() {
        for text in ["", " \n", "two words", "two\nlines", "令牌", "a\u{7f}"] {
            Secret::new(text).expect_err(text);
        }
    }
}
