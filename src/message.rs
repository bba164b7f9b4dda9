//! Texts for people in both languages. Events and reports for machines carry the English one.

use std::error::Error;
use std::fmt::{self, Display};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use crate::text;

/// A language. The help text of the option explains the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    En,
    Zh,
}

impl Lang {
    /// The language that was asked for, else that of the locale: Chinese where its charset is UTF-8.
    pub(crate) fn choose(
        asked: Option<Self>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let locale = |category| {
            let mut variables = ["LC_ALL", category, "LANG"].into_iter();
            let locale = variables.find_map(environment).unwrap_or_default();
            locale.to_ascii_lowercase()
        };
        let is_utf8 = |locale: &str| locale.contains("utf-8") || locale.contains("utf8");
        let is_chinese = || {
            let language = locale("LC_MESSAGES");
            // Another charset would show other characters.
            language.starts_with("zh")
                && is_utf8(&language)
                && environment("LC_CTYPE").is_none_or(|_| is_utf8(&locale("LC_CTYPE")))
        };
        asked.unwrap_or_else(|| if is_chinese() { Self::Zh } else { Self::En })
    }

    /// The value for this language.
    pub(crate) fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// A result whose error is said in both languages.
pub(crate) type Result<T, E = Message> = std::result::Result<T, E>;

/// Adds to an error what was being done.
pub(crate) trait Context<T> {
    /// The error as a detail of `about`.
    fn context(self, about: impl FnOnce() -> Message) -> Result<T>;
}

impl<T, E: Into<Message>> Context<T> for Result<T, E> {
    fn context(self, about: impl FnOnce() -> Message) -> Result<T> {
        self.map_err(|error| about().with_detail(&error.into()))
    }
}

/// Fails with `error` unless `condition` holds.
pub(crate) fn ensure(condition: bool, error: impl FnOnce() -> Message) -> Result<()> {
    if condition { Ok(()) } else { Err(error()) }
}

/// A text in English and Chinese. Cloning it is cheap; `Display` is the English.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    en: Arc<str>,
    zh: Arc<str>,
}

impl Message {
    /// A text in both languages.
    pub(crate) fn new(en: impl Into<Arc<str>>, zh: impl Into<Arc<str>>) -> Self {
        let (en, zh) = (en.into(), zh.into());
        Self { en, zh }
    }

    /// The printable words of a provider, the system or a library, which are the same in both languages.
    pub(crate) fn verbatim(text: impl Into<Arc<str>>) -> Self {
        let en = text.into();
        let zh = Arc::clone(&en);
        Self { en, zh }
    }

    /// The words of an error of a library.
    pub(crate) fn library(error: impl Display) -> Self {
        Self::verbatim(&*text::message(&error.to_string()))
    }

    /// A system error. Common kinds are translated; the others stay in the system's words.
    pub(crate) fn io(error: &io::Error) -> Self {
        Self::system(error.kind(), &error.to_string())
    }

    /// The text of an error of the system or of a library, and its kind.
    pub(crate) fn system(kind: ErrorKind, text: &str) -> Self {
        let en = text::message(text);
        let zh = match kind {
            // The standard library has no kind for it.
            _ if en.starts_with("failed to lookup address information") => "域名无法解析",
            ErrorKind::ConnectionRefused => "连接被拒绝",
            ErrorKind::ConnectionReset => "连接被对端重置",
            ErrorKind::ConnectionAborted => "连接被中止",
            ErrorKind::NotConnected | ErrorKind::BrokenPipe => "对端已关闭",
            ErrorKind::UnexpectedEof => "连接提前关闭",
            ErrorKind::HostUnreachable => "主机不可达",
            ErrorKind::NetworkUnreachable => "网络不可达",
            ErrorKind::NetworkDown => "网络不可用",
            ErrorKind::AddrNotAvailable => "本机没有可用的地址或端口",
            ErrorKind::TimedOut => "超时",
            ErrorKind::ResourceBusy => "被其他进程占用",
            ErrorKind::NotFound => "文件或目录不存在",
            ErrorKind::PermissionDenied => "权限不足",
            ErrorKind::StorageFull => "磁盘空间不足",
            ErrorKind::QuotaExceeded => "超出磁盘配额",
            ErrorKind::ReadOnlyFilesystem => "文件系统只读",
            ErrorKind::FileTooLarge => "文件过大",
            ErrorKind::IsADirectory => "这是一个目录",
            ErrorKind::NotADirectory => "路径中有一级不是目录",
            ErrorKind::InvalidData => {
                let zh = format!("对端的数据无法识别（{en}）");
                return Self::new(en, zh);
            }
            _ => return Self::verbatim(en),
        };
        Self::new(en, zh)
    }

    /// Something in this program panicked.
    pub(crate) fn internal_error() -> Self {
        Self::new(
            "internal error in deploywatch; please report it",
            "deploywatch 内部错误，请反馈",
        )
    }

    /// The system has no thread left.
    pub(crate) fn cannot_start_thread() -> Self {
        Self::new("cannot start a thread", "无法启动线程")
    }

    /// The file that an option names cannot be opened.
    pub(crate) fn cannot_open(name: &str, option: &str) -> Self {
        Self::new(
            format!("cannot open {name} for {option}"),
            format!("{option}: 无法打开 {name}"),
        )
    }

    /// The file at `path` cannot be read.
    pub(crate) fn cannot_read(path: &Path) -> Self {
        let name = path.display();
        Self::new(format!("cannot read {name}"), format!("无法读取 {name}"))
    }

    /// `place: self`, where `place` is a file and a line, an option or a variable.
    pub(crate) fn at(&self, place: impl Display) -> Self {
        Self::new(
            format!("{place}: {}", self.en()),
            format!("{place}: {}", self.zh()),
        )
    }

    /// `name` cannot be written.
    pub(crate) fn cannot_write(name: &str, error: &io::Error) -> Self {
        Self::new(format!("cannot write {name}"), format!("无法写入 {name}"))
            .with_detail(&Self::io(error))
    }

    /// This message without a text that must not be shown.
    pub(crate) fn without(&self, secret: &str) -> Self {
        const NOT_SHOWN: &str = "(not shown: it looks like a secret)";
        Self::new(
            self.en().replace(secret, NOT_SHOWN),
            self.zh().replace(secret, "（像是密钥，不予显示）"),
        )
    }

    /// The text in a language.
    pub(crate) fn get(&self, lang: Lang) -> &str {
        lang.pick(self.en(), self.zh())
    }

    /// The English text.
    pub(crate) fn en(&self) -> &str {
        &self.en
    }

    /// The Chinese text.
    pub(crate) fn zh(&self) -> &str {
        &self.zh
    }

    /// `self: detail`, where there is a detail.
    pub(crate) fn with_detail<'a>(&self, detail: impl Into<Option<&'a Self>>) -> Self {
        self.followed_by(detail, [": ", ""], ["：", ""])
    }

    /// `self (aside)`, where there is an aside.
    pub(crate) fn with_aside<'a>(&self, aside: impl Into<Option<&'a Self>>) -> Self {
        self.followed_by(aside, [" (", ")"], ["（", "）"])
    }

    /// `self; hint`, where there is a hint.
    pub(crate) fn with_hint<'a>(&self, hint: impl Into<Option<&'a Self>>) -> Self {
        self.followed_by(hint, ["; ", ""], ["；", ""])
    }

    /// The id by which the provider's support finds the request, in parentheses.
    pub(crate) fn with_request_id(&self, id: &str) -> Self {
        self.with_aside(&Self::new(format!("request {id}"), format!("请求 {id}")))
    }

    fn followed_by<'a>(
        &self,
        other: impl Into<Option<&'a Self>>,
        [en_before, en_after]: [&str; 2],
        [zh_before, zh_after]: [&str; 2],
    ) -> Self {
        let Some(other) = other.into() else {
            return self.clone();
        };
        Self::new(
            [self.en(), en_before, other.en(), en_after].concat(),
            [self.zh(), zh_before, other.zh(), zh_after].concat(),
        )
    }

    /// The items of a list, separated by semicolons.
    pub(crate) fn list(items: &[Self]) -> Self {
        let en: Vec<_> = items.iter().map(Self::en).collect();
        let zh: Vec<_> = items.iter().map(Self::zh).collect();
        Self::new(en.join("; "), zh.join("；"))
    }
}

impl Error for Message {}

impl From<io::Error> for Message {
    fn from(error: io::Error) -> Self {
        Self::io(&error)
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en())
    }
}

/// Fails where the Chinese text holds no Chinese, or two English words in a row: options, ids and
/// names of signals stay as they are.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_chinese(message: &Message) {
    let text = message.zh();
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(text.contains(is_chinese), "not Chinese: {text}");
    assert!(!text.contains("  "), "a gap in: {text}");
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    let words: Vec<_> = text.split(' ').collect();
    let mut pairs = words.windows(2);
    let sentence = pairs.find(|pair| pair.iter().all(|word| is_word(word)));
    assert_eq!(sentence, None, "English in: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_beats_the_locale_and_the_first_variable_that_is_set_counts() {
        for (asked, all, messages, lang, chosen) in [
            (None, "", "", "", Lang::En),
            (None, "", "", "zh_CN.UTF-8", Lang::Zh),
            (None, "", "", "C.UTF-8", Lang::En),
            (None, "", "zh_TW.UTF-8", "en_US.UTF-8", Lang::Zh),
            (None, "C", "zh_CN", "zh_CN", Lang::En),
            (None, "zh_CN.utf8", "C", "C", Lang::Zh),
            (None, "", "", "zh_CN.GBK", Lang::En),
            (None, "", "", "zh_CN", Lang::En),
            (None, "", "zh_CN.UTF-8", "", Lang::Zh),
            (None, "zh_CN.GBK", "C", "C", Lang::En),
            (None, "zh", "C", "C", Lang::En),
            (Some(Lang::En), "zh_CN", "zh_CN", "zh_CN", Lang::En),
            (Some(Lang::Zh), "C", "C", "C", Lang::Zh),
        ] {
            let environment = |name: &str| {
                let value = match name {
                    "LC_ALL" => all,
                    "LC_MESSAGES" => messages,
                    _ => lang,
                };
                (!value.is_empty()).then(|| value.to_owned())
            };
            let found = Lang::choose(asked, &environment);
            assert_eq!(found, chosen, "{asked:?} {all:?} {messages:?} {lang:?}");
        }
    }

    #[test]
    fn messages_are_put_together_in_both_languages() {
        let words = Message::verbatim("no such order");
        assert_eq!(words.get(Lang::En), words.get(Lang::Zh));
        let error = Message::new("error response", "返回错误");
        let whole = error.with_detail(&words).with_request_id("r-1");
        assert_eq!(
            whole.to_string(),
            "error response: no such order (request r-1)"
        );
        assert_eq!(whole.get(Lang::Zh), "返回错误：no such order（请求 r-1）");
        assert_eq!(error.with_detail(None), error);
        let both = Message::list(&[words.clone(), error.with_hint(&words)]);
        assert_eq!(both.en(), "no such order; error response; no such order");
        assert_eq!(both.zh(), "no such order；返回错误；no such order");
    }

    #[cfg(unix)]
    #[test]
    fn common_system_errors_are_said_in_chinese() {
        for number in [
            rustix::io::Errno::CONNREFUSED,
            rustix::io::Errno::CONNRESET,
            rustix::io::Errno::CONNABORTED,
            rustix::io::Errno::PIPE,
            rustix::io::Errno::NOTCONN,
            rustix::io::Errno::HOSTUNREACH,
            rustix::io::Errno::NETUNREACH,
            rustix::io::Errno::NETDOWN,
            rustix::io::Errno::ADDRNOTAVAIL,
            rustix::io::Errno::TIMEDOUT,
            rustix::io::Errno::NOENT,
            rustix::io::Errno::ACCESS,
            rustix::io::Errno::PERM,
            rustix::io::Errno::NOSPC,
            rustix::io::Errno::DQUOT,
            rustix::io::Errno::ROFS,
            rustix::io::Errno::FBIG,
            rustix::io::Errno::ISDIR,
            rustix::io::Errno::NOTDIR,
        ] {
            let error = io::Error::from(number);
            let message = Message::io(&error);
            assert_eq!(message.to_string(), error.to_string());
            assert_chinese(&message);
            assert!(!message.zh().contains("os error"), "{message:?}");
            assert_chinese(&Message::cannot_write("x-1", &error));
        }
        let unknown = "failed to lookup address information: Name or service not known";
        let unknown = Message::system(ErrorKind::Other, unknown);
        assert_eq!(unknown.zh(), "域名无法解析");
        let other = Message::system(ErrorKind::Other, "odd\u{1b}[31m");
        assert_eq!(other, Message::verbatim("odd"));
    }
}
