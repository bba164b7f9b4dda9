//! Secrets: never an argument, never printed. One that is made is redacted from then on.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

use crate::message::Message;
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::text;

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
    pub(crate) fn new(text: &str, redactor: &Redactor) -> Result<Self> {
        let text = text.trim();
        ensure!(!text.is_empty(), "it is empty");
        ensure!(
            text.bytes().all(|byte| byte.is_ascii_graphic()),
            "it holds white space or characters that no token has"
        );
        redactor.add(text);
        Ok(Self(text.to_owned()))
    }

    /// A password, in which any character may stand: nothing is dropped but one line break at its
    /// end, which editors and `echo` put there.
    ///
    /// # Errors
    /// Where nothing is left, or several lines are: a password that cannot be one is not tried.
    pub(crate) fn password(text: &str, redactor: &Redactor) -> Result<Self> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        ensure!(!text.is_empty(), "it is empty");
        ensure!(
            !text.contains(['\n', '\r', '\0']),
            "it holds a line break or a zero byte"
        );
        redactor.add(text);
        Ok(Self(text.to_owned()))
    }

    /// Finds a password: in `file` (`-` is stdin) where there is one, else in the environment's
    /// `variable`. It is read once: a password that was turned down is not tried again, so that
    /// there is nothing to read it anew for.
    ///
    /// # Errors
    /// Where it cannot be read or is none, or there is none: the message names each place.
    pub(crate) fn find_password(
        file: Option<&Path>,
        variable: &str,
        environment: &dyn Fn(&str) -> Option<String>,
        redactor: &Redactor,
    ) -> Result<Self> {
        if let Some(path) = file {
            return read_text(path)
                .and_then(|text| Self::password(&text, redactor))
                .with_context(|| format!("cannot take the password from {}", shown(path)));
        }
        let text = environment(variable).with_context(|| {
            format!("no password: set ${variable}, or give --password-file FILE")
        })?;
        Self::password(&text, redactor)
            .with_context(|| format!("cannot take the password from ${variable}"))
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
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    secret: Secret,
    file: Option<PathBuf>,
    redactor: Arc<Redactor>,
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
        redactor: &Arc<Redactor>,
    ) -> Result<Self> {
        let redactor = Arc::clone(redactor);
        if let Some(path) = file {
            let secret = read(path, &redactor)
                .with_context(|| format!("cannot take the token from {}", shown(path)))?;
            // A pipe gives its secret once: whoever opens it again may wait for ever.
            let again = path != Path::new("-") && path.is_file();
            let again = again.then(|| path.to_owned());
            return Ok(Self {
                secret,
                file: again,
                redactor,
            });
        }
        for name in variables {
            if let Some(value) = environment(name) {
                let secret = Secret::new(&value, &redactor)
                    .with_context(|| format!("cannot take the token from ${name}"))?;
                return Ok(Self {
                    secret,
                    file: None,
                    redactor,
                });
            }
        }
        let places: Vec<_> = variables.iter().map(|name| format!("${name}")).collect();
        bail!(
            "no token: set {}, or give --token-file FILE",
            places.join(" or ")
        )
    }

    /// Makes a request with the secret. Where it is turned down with a 401 the file is read again,
    /// once, and another secret in it is tried: tokens are replaced while a watch runs.
    pub(crate) fn with_token<T>(
        &mut self,
        request: impl Fn(&str) -> Result<T, PollError>,
    ) -> Result<T, PollError> {
        match request(self.secret.expose()) {
            Err(error) if error.status == Some(401) && self.renew() => {
                request(self.secret.expose())
            }
            answer => answer,
        }
    }

    /// Reads the file again. True where it holds another secret now.
    fn renew(&mut self) -> bool {
        let file = self.file.as_deref();
        let Some(Ok(secret)) = file.map(|file| read(file, &self.redactor)) else {
            return false;
        };
        let changed = secret != self.secret;
        self.secret = secret;
        changed
    }
}

/// Warns of a secret's file that others than its owner have rights to. A pipe is not one, nor is
/// stdin; what cannot be looked at is an error where it is read.
pub(crate) fn warnings(file: Option<&Path>) -> Vec<Message> {
    let warning = |path: &Path| {
        let facts = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let mode = facts.permissions().mode();
        let (en, zh) = match mode & 0o077 {
            0 => return None,
            rights if rights & 0o004 != 0 => (
                "every user of this machine can read the file with the secret",
                "本机所有用户都能读取密钥文件",
            ),
            rights if rights & 0o040 != 0 => (
                "every user in its group can read the file with the secret",
                "同组用户都能读取密钥文件",
            ),
            _ => (
                "other users have rights to the file with the secret",
                "属主以外的用户有权访问密钥文件",
            ),
        };
        let file = text::shell_quote(&path.display().to_string());
        Some(Message::new(
            format!("{en}; run chmod 600 {file}"),
            format!("{zh}，请执行 chmod 600 {file}"),
        ))
    };
    let file = file.filter(|path| *path != Path::new("-"));
    file.and_then(warning).into_iter().collect()
}

/// Reads a token from a file, or from stdin where the path is `-`.
fn read(path: &Path, redactor: &Redactor) -> Result<Secret> {
    Secret::new(&read_text(path)?, redactor)
}

/// The text of a file, or of stdin where the path is `-`.
fn read_text(path: &Path) -> Result<String> {
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
    ensure!(text.len() as u64 <= LONGEST, "it is too long for a secret");
    Ok(text)
}

/// The path as an error may name it. Who writes the secret itself in the place of its file must not
/// find it in a log: what is long and no path to anything is not shown.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if text.len() > 16 && !text.contains(['/', '\\', '.']) && !path.exists() {
        return "a file of the name that was given (not shown: it looks like a secret; the option \
                takes the name of a file)"
            .into();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new(" pt-made-up \n", &Redactor::default()).expect("a token");
        assert_eq!(secret.expose(), "pt-made-up");
        assert_eq!(format!("{secret:?}"), "(redacted)");
        let credential = Credential {
            secret,
            file: None,
            redactor: Arc::default(),
        };
        assert!(!format!("{credential:?}").contains("made-up"));
    }

    #[test]
    fn a_password_holds_any_character_and_loses_one_line_break() {
        for (text, password) in [
            ("made up", "made up"),
            (" 密码:%+&=\u{e9}\t ", " 密码:%+&=\u{e9}\t "),
            ("made-up\n", "made-up"),
            ("made-up\r\n", "made-up"),
        ] {
            let secret = Secret::password(text, &Redactor::default()).expect(text);
            assert_eq!(secret.expose(), password);
            assert_eq!(format!("{secret:?}"), "(redacted)");
        }
        for text in ["", "\n", "\r\n", "two\nlines", "made-up\n\n", "a\0b"] {
            Secret::password(text, &Redactor::default()).expect_err(text);
        }
    }

    #[test]
    fn a_secret_in_the_place_of_its_file_is_not_shown() {
        for (path, is_shown) in [
            ("token", true),
            ("/run/secrets/a-very-long-name-of-a-file", true),
            ("a-very-long-name.of-a-file", true),
            ("pt-made-up-0123456789abcdef", false),
        ] {
            assert_eq!(shown(Path::new(path)).contains(path), is_shown, "{path}");
        }
    }

    #[test]
    fn what_no_header_may_hold_is_no_secret() {
        for text in ["", " \n", "two words", "two\nlines", "令牌", "a\u{7f}"] {
            Secret::new(text, &Redactor::default()).expect_err(text);
        }
    }
}
