//! Secrets: never an argument, never printed. One that is made is redacted from then on.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::input;
use crate::message::{Context as _, Message, Result, ensure};
use crate::platform;
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::text;

/// The longest secret taken, in bytes. A Huawei token may have 20,000 characters.
const LONGEST: u64 = 64 * 1024;
/// How long a file that is empty or missing is read again: what refreshes it may be writing it.
const REWRITE: Duration = Duration::from_secs(5);
/// The time from one such attempt to the next.
const RETRY: Duration = Duration::from_millis(50);

/// Text that cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// A secret that a header can hold: white space around it is dropped, and a byte order mark.
    pub(crate) fn new(text: &str, redactor: &Redactor) -> Result<Self> {
        let text = without_mark(text).trim();
        if let Some((_, en, zh)) = problems(text).into_iter().find(|(is_so, ..)| *is_so) {
            return Err(Message::new(en, zh));
        }
        redactor.add(text);
        Ok(Self(text.to_owned()))
    }

    /// A password, in which any character may stand: nothing is dropped but a byte order mark at its
    /// beginning and one line break at its end, which editors and `echo` put there; several lines are an error.
    pub(crate) fn password(text: &str, redactor: &Redactor) -> Result<Self> {
        let text = without_mark(text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        ensure(!text.is_empty(), || Message::new("it is empty", "内容为空"))?;
        ensure(!text.contains(['\n', '\r', '\0']), || {
            Message::new("it holds a line break or a zero byte", "含有换行或零字节")
        })?;
        redactor.add(text);
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
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    secret: Secret,
    file: Option<PathBuf>,
    redactor: Arc<Redactor>,
}

impl Credential {
    /// Finds a token, as [`find`] does.
    pub(crate) fn find(
        file: Option<&Path>,
        variables: &[&str],
        environment: &dyn Fn(&str) -> Option<String>,
        redactor: &Arc<Redactor>,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let (name, parse) = (("Token", "令牌"), Secret::new);
        let secret = find(name, parse, file, variables, environment, redactor, timeout)?;
        // A pipe gives its secret once: whoever opens it again may wait for ever.
        let file = file.filter(|path| !input::is_stdin(path) && path.is_file());
        Ok(Self {
            secret,
            file: file.map(Path::to_owned),
            redactor: Arc::clone(redactor),
        })
    }

    /// Makes a request with the secret. Where it is turned down with a 401 the file is read again,
    /// once, and another secret in it is tried: tokens are replaced while a watch runs.
    pub(crate) fn with_token<T>(
        &mut self,
        mut request: impl FnMut(&str) -> Result<T, PollError>,
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
        let text = self.file.as_ref().map(|file| read_text(file, "", None));
        let Some(Ok(secret)) = text.map(|text| Secret::new(&text?, &self.redactor)) else {
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
        let (en, zh) = match platform::rights_of_others(&facts) {
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
        let file = platform::shell_quote(&path.display().to_string());
        let file = text::printable(&file);
        Some(Message::new(
            format!("{en}; run chmod 600 {file}"),
            format!("{zh}，请执行 chmod 600 {file}"),
        ))
    };
    let file = file.filter(|path| !input::is_stdin(path));
    file.and_then(warning).into_iter().collect()
}

/// Finds a secret that is named in both languages: in `file` (`-` is stdin), else in the first of the environment's
/// `variables` that is set and not empty. `timeout` is that of the watch. The error names each place.
pub(crate) fn find(
    (question, zh): (&str, &str),
    parse: fn(&str, &Redactor) -> Result<Secret>,
    file: Option<&Path>,
    variables: &[&str],
    environment: &dyn Fn(&str) -> Option<String>,
    redactor: &Redactor,
    timeout: Option<Duration>,
) -> Result<Secret> {
    let en = question.to_ascii_lowercase();
    let (text, place) = match file {
        Some(path) => (read_text(path, question, timeout), shown(path)),
        None => {
            let mut set = variables.iter();
            let set = set.find_map(|name| Some((*name, environment(name)?)));
            let (name, value) = set.ok_or_else(|| {
                let (en_list, zh_list) = (variables.join(" or "), variables.join(" 或 "));
                Message::new(
                    format!("no {en}: set {en_list}, or pass --{en}-file FILE"),
                    format!("缺少{zh}：请设置 {zh_list}，或指定 --{en}-file FILE"),
                )
            })?;
            (Ok(value), Message::verbatim(name))
        }
    };
    let secret = text.and_then(|text| parse(&text, redactor));
    secret.context(|| cannot_take((&en, zh), &place))
}

/// The text of a file, or of stdin where the path is `-`; at a terminal it is asked for with `question`. A
/// file that is empty or missing is read again for a while.
fn read_text(path: &Path, question: &str, timeout: Option<Duration>) -> Result<String> {
    let until = Instant::now() + timeout.unwrap_or(REWRITE).min(REWRITE);
    let bytes = loop {
        if input::is_stdin(path) && io::stdin().is_terminal() {
            break input::prompt(question, LONGEST, timeout)?;
        }
        let read = input::read(path, LONGEST, timeout);
        let is_gap = match &read {
            Ok(bytes) => bytes.trim_ascii().is_empty() && path.is_file(),
            Err(_) => !path.exists() && !looks_like_secret(path),
        };
        if !is_gap || Instant::now() >= until {
            break read?;
        }
        thread::sleep(RETRY);
    };
    String::from_utf8(bytes).map_err(Message::library)
}

/// A secret, named in both languages, cannot be taken from `place`.
pub(crate) fn cannot_take((en, zh): (&str, &str), place: &Message) -> Message {
    Message::new(
        format!("cannot take the {en} from {}", place.en()),
        format!("无法从 {} 取得{zh}", place.zh()),
    )
}

/// Why text may be no token but how a shell or a settings file writes one, and whether it is so.
fn problems(text: &str) -> [(bool, &'static str, &'static str); 5] {
    let is_name = |name: &str| {
        let begins = |c: char| c.is_ascii_uppercase() || c == '_';
        name.starts_with(begins) && name.chars().all(|c| begins(c) || c.is_ascii_digit())
    };
    let mut quotes = ['"', '\''].into_iter();
    let assigned = text.strip_prefix("export ").unwrap_or(text).split_once('=');
    let is_value = |value: &str| !value.trim_matches('=').is_empty();
    let variable = text.strip_prefix('$');
    [
        (text.is_empty(), "it is empty", "内容为空"),
        (
            quotes.any(|quote| text.starts_with(quote) && text.ends_with(quote)),
            "it is in quotes, which are not part of a token",
            "令牌被引号括住，引号不是令牌的一部分",
        ),
        (
            assigned.is_some_and(|(name, value)| is_name(name) && is_value(value)),
            "it has the form NAME=value: give only the value",
            "写成了 NAME=value，请只给出值",
        ),
        (
            variable.is_some_and(|name| is_name(name.trim_matches(['{', '}']))),
            "it is the name of a variable, not its value",
            "这是变量名，没有被替换为它的值",
        ),
        (
            !text.bytes().all(|byte| byte.is_ascii_graphic()),
            "it holds white space or characters that no token has",
            "含有空白或令牌中不会出现的字符",
        ),
    ]
}

/// Text without the byte order mark that some editors put before it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The path as an error may name it. A secret that was given in the place of its file must not get into a log.
fn shown(path: &Path) -> Message {
    if looks_like_secret(path) {
        return Message::new(
            "the given file (its name is not shown: it looks like a secret; the option takes the name \
             of a file)",
            "给定的文件（它像是密钥本身，不予显示；该选项需要文件名）",
        );
    }
    Message::verbatim(text::path(path))
}

/// Whether a path leads to nothing and begins as tokens do, or is long and has nothing of a path.
pub(crate) fn looks_like_secret(path: &Path) -> bool {
    /// Of Yunxiao, of a JSON Web Token, of Huawei Cloud.
    const BEGINNINGS: [&str; 3] = ["pt-", "eyJ", "MII"];
    let text = path.display().to_string();
    let is_long = text.len() > 16 && !text.contains(['/', '\\', '.']);
    let is_known = BEGINNINGS.iter().any(|begin| text.starts_with(begin));
    (is_long || is_known) && !path.exists()
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
            ("pt-a/b.c", false),
            ("eyJh.eyJz.dozj", false),
        ] {
            assert_eq!(
                shown(Path::new(path)).en().contains(path),
                is_shown,
                "{path}"
            );
        }
    }

    #[test]
    fn what_belongs_to_a_shell_is_named() {
        for (text, says) in [
            ("\"pt-made-up\"", "quotes"),
            ("'pt-made-up'\n", "quotes"),
            ("\u{feff}\"pt-made-up\"", "quotes"),
            ("$TOKEN", "name of a variable"),
            ("${TOKEN}", "name of a variable"),
            ("HW_AUTH_TOKEN=pt-made-up", "NAME=value"),
            ("export TOKEN='made up'", "NAME=value"),
        ] {
            let error = Secret::new(text, &Redactor::default()).expect_err(text);
            let error = error.to_string();
            assert!(error.contains(says) && !error.contains("made"), "{error}");
        }
        for text in ["pt-a=b", "bWFkZS11cA==", "MII-made+up/=", "$2y$10$a"] {
            Secret::new(text, &Redactor::default()).expect(text);
        }
    }

    #[test]
    fn what_no_header_may_hold_is_no_secret() {
        for text in ["", " \n", "two words", "two\nlines", "令牌", "a\u{7f}"] {
            Secret::new(text, &Redactor::default()).expect_err(text);
        }
    }
}
