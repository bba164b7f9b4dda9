//! The options that several providers have in common, and how they are checked.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::DeploymentSpec;
use crate::http;
use crate::message::{Message, Result, ensure};
use crate::redact::Redactor;

/// Reads an environment variable; an empty one counts as not set.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The options of one provider. Those that take a path name a file with a secret.
pub(crate) trait ProviderOptions {
    /// The environment variables that are read.
    fn variables(&self) -> &'static Variables;

    /// Variables in a file of the provider's other tools, which stand behind those of the environment. It is
    /// not waited for longer than `timeout`.
    ///
    /// # Errors
    /// The file cannot be read.
    fn fallback(
        &self,
        _environment: Environment<'_>,
        _timeout: Option<Duration>,
    ) -> Result<BTreeMap<&'static str, String>> {
        Ok(BTreeMap::new())
    }

    /// Checks the options and makes what they name: one deployment, or one for each id where an id
    /// may be given more than once. Nothing is sent.
    ///
    /// # Errors
    /// Something is missing or contradictory; the message says what to do.
    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>>;
}

/// The context in which the options of a provider are checked.
pub(crate) struct Setup<'a> {
    /// `--fresh`: ignore a run that finished before the watch started.
    pub(crate) fresh: bool,
    /// From one poll to the next.
    pub(crate) interval: Duration,
    pub(crate) environment: Environment<'a>,
    /// The longest that one request may take.
    pub(crate) request_timeout: Duration,
    /// `--timeout`: no input is waited for longer.
    pub(crate) timeout: Option<Duration>,
    /// Secrets register with it.
    pub(crate) redactor: &'a Arc<Redactor>,
}

/// The environment variables that a provider reads, by the option that gives the same; the option is empty where
/// there is none.
pub(crate) struct Variables(pub(crate) &'static [(&'static str, &'static [&'static str])]);

impl Variables {
    /// The option that names the file of the secret, and the variables that may hold a secret.
    pub(crate) fn secret_file(&self) -> (&'static str, &'static [&'static str]) {
        let mut options = self.0.iter();
        let found = options.find(|(option, _)| option.ends_with("-file"));
        found.copied().unwrap_or_default()
    }

    /// The variable of a secret that suffices on its own; a list can name another in its place.
    pub(crate) fn secret(&self) -> Option<&'static str> {
        self.secret_file().1.first().copied()
    }

    /// Whether a variable holds no secret. Any other one counts as a secret: a recording does not keep it.
    pub(crate) fn is_plain(&self, variable: &str) -> bool {
        let mut options = self.0.iter();
        options.any(|(option, names)| !option.ends_with("-file") && names.contains(&variable))
    }
}

/// The problems of the options: all of them are told at once.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Message>);

impl Problems {
    /// The value; none where there is one more problem.
    pub(crate) fn note<T>(&mut self, found: Result<T>) -> Option<T> {
        found.map_err(|problem| self.0.push(problem)).ok()
    }

    /// The same for a secret from `file`, which is not read where something else is wrong already: it
    /// may have to be typed.
    pub(crate) fn note_secret<T>(
        &mut self,
        file: Option<&Path>,
        find: impl FnOnce() -> Result<T>,
    ) -> Option<T> {
        if file.is_some() && !self.0.is_empty() {
            return None;
        }
        self.note(find())
    }
}

/// Nothing gives the setting, named in both languages: neither `option` nor one of `variables`.
pub(crate) fn missing((en, zh): (&str, &str), option: &str, variables: &[&str]) -> Message {
    let place = |before: &str, or: &str| match variables {
        [] => String::new(),
        variables => format!("{before}{}", variables.join(or)),
    };
    Message::new(
        format!("no {en}: pass {option}{}", place(", or set ", " or ")),
        format!("缺少{zh}：请指定 {option}{}", place("，或设置 ", " 或 ")),
    )
}

/// An option, or the first of its variables that is set, as `parse` reads it.
pub(super) fn or_variable(
    option: Option<&str>,
    variables: &[&str],
    parse: fn(&str) -> Result<String>,
    environment: Environment<'_>,
) -> Result<Option<String>> {
    if let Some(parsed) = option {
        return Ok(Some(parsed.to_owned()));
    }
    let set = variables
        .iter()
        .find_map(|name| environment(name).map(|value| (name, value)));
    set.map(|(name, value)| parse(&value).map_err(|why| why.at(name)))
        .transpose()
}

/// An id becomes part of a URL's path: it must not contain anything with a meaning there. White space around
/// it, as a file or a web page leaves it, is dropped.
pub(super) fn id(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || text.len() > 128 || !text.bytes().all(fits) {
        return Err(Message::new(
            "an id is 1 to 128 letters, digits, - and _",
            "ID 由 1 到 128 个字母、数字、- 或 _ 组成",
        ));
    }
    Ok(text.to_owned())
}

/// Parses an http or https URL with nothing after its path.
///
/// # Errors
/// The text is not such a URL. The message does not repeat it: it may contain a password.
pub(super) fn endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| {
        Message::new(
            "the endpoint is not a URL like https://host:port/path",
            "端点不是形如 https://host:port/path 的 URL",
        )
    })?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        Message::new(
            "the endpoint must begin with https:// or http://",
            "端点必须以 https:// 或 http:// 开头",
        )
    } else if !url.username().is_empty() || url.password().is_some() {
        Message::new(
            "the endpoint must not hold a user or a password: a secret comes from the environment \
             or a file",
            "端点中不能含用户名或密码：密钥只能来自环境变量或文件",
        )
    } else if url.query().is_some() || url.fragment().is_some() {
        Message::new(
            "the endpoint must not hold a ? or a #",
            "端点中不能含 ? 或 #",
        )
    } else {
        return Ok(url);
    };
    Err(problem)
}

/// Refuses to send a secret over plain HTTP to another machine, be it the endpoint's or a proxy.
pub(crate) fn refuse_plaintext_secret(endpoint: &Url, environment: Environment<'_>) -> Result<()> {
    // A request to https goes through a proxy in a tunnel.
    if endpoint.scheme() == "https" {
        return Ok(());
    }
    let host = endpoint.host_str().unwrap_or_default();
    ensure(is_this_machine(host), || {
        Message::new(
            format!(
                "refusing to send a secret over plain HTTP to {host}: use https://, or pass \
                 --allow-http"
            ),
            format!("拒绝以明文 HTTP 向 {host} 发送密钥：请改用 https://，或加上 --allow-http"),
        )
    })?;
    let proxy = http::proxy_for(endpoint, environment)?;
    let is_here = |proxy: Url| proxy.host_str().is_some_and(is_this_machine);
    ensure(proxy.is_none_or(is_here), || {
        let host = host.trim_matches(['[', ']']);
        Message::new(
            format!(
                "refusing to send a secret over plain HTTP to the proxy that the environment names: \
                 put {host} into NO_PROXY, or pass --allow-http"
            ),
            format!(
                "拒绝以明文 HTTP 向环境变量指定的代理发送密钥：请把 {host} 加入 NO_PROXY，或加上 \
                 --allow-http"
            ),
        )
    })
}

/// Whether a host, as written in a URL, is this machine.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_into_a_path() {
        for good in ["1", "a-b_C9", &"9".repeat(128)] {
            assert_eq!(id(&format!(" {good}\r\n")).expect(good), good);
        }
        for bad in [
            "",
            "1/2",
            "..",
            "a b",
            "1?x",
            "1%2f",
            "部署",
            &"9".repeat(129),
        ] {
            id(bad).expect_err(bad);
        }
    }

    #[test]
    fn endpoints_hold_no_secret_and_nothing_after_the_path() {
        for good in ["https://example.com", "http://127.0.0.1:8080/base/"] {
            endpoint(good).expect(good);
        }
        for bad in [
            "example.com",
            "ftp://example.com",
            "https://user:made-up@example.com",
            "https://user@example.com",
            "https://example.com/?a=b",
            "https://example.com/#a",
            "file:///etc/passwd",
        ] {
            let error = endpoint(bad).expect_err(bad);
            assert!(!format!("{error:#}").contains("made-up"));
        }
    }

    #[test]
    fn only_the_loopback_interface_is_this_machine() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("http://localhost.example.com", false),
            ("http://192.0.2.1", false),
            ("http://127.0.0.1.example.com", false),
            ("http://0x7f000001", true),
        ] {
            let url = Url::parse(url).expect("a URL");
            let host = url.host_str().expect("a host");
            assert_eq!(is_this_machine(host), expected, "{url}");
        }
    }
}
