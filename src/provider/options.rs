//! What the options of several providers have in common, and how they are checked.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use url::Url;

use super::DeploymentSpec;
use crate::http;
use crate::redact::Redactor;

/// Reads an environment variable; an empty one counts as not set.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The options of one provider. Those that take a path name a file with a secret.
pub(crate) trait ProviderOptions {
    /// The environment variables that are read.
    fn variables(&self) -> &'static Variables;

    /// Checks the options and makes what they name: one deployment, or one for each id where an id
    /// may be given more than once. Nothing is sent.
    ///
    /// # Errors
    /// Something is missing or contradictory; the message says what to do.
    fn deployments(&self, setup: &Setup<'_>) -> Result<Vec<DeploymentSpec>>;
}

/// What the options of a provider are checked with.
pub(crate) struct Setup<'a> {
    /// `--fresh`: ignore a run that finished before the watch started.
    pub(crate) fresh: bool,
    /// From one poll to the next.
    pub(crate) interval: Duration,
    pub(crate) environment: Environment<'a>,
    /// `--timeout`: no input is waited for longer.
    pub(crate) timeout: Option<Duration>,
    /// Secrets register with it.
    pub(crate) redactor: &'a Arc<Redactor>,
}

/// The environment variables that a provider reads. Whatever is not `plain` counts as a secret: a
/// recording does not keep it.
pub(crate) struct Variables {
    /// The one that holds a secret which suffices on its own; a list can name another in its place.
    pub(crate) secret: Option<&'static str>,
    /// Those that hold no secret.
    pub(crate) plain: &'static [&'static str],
}

/// An option, or the first of its variables that is set; an id either way.
///
/// # Errors
/// The variable holds no id.
pub(super) fn id_or_variable(
    option: Option<&str>,
    variables: &[&str],
    environment: Environment<'_>,
) -> Result<Option<String>> {
    if let Some(id) = option {
        return Ok(Some(id.to_owned()));
    }
    let set = variables
        .iter()
        .find_map(|name| environment(name).map(|value| (name, value)));
    match set {
        Some((name, value)) => match id(&value) {
            Ok(id) => Ok(Some(id)),
            Err(why) => bail!("{name}: {why}"),
        },
        None => Ok(None),
    }
}

/// An id becomes part of a URL's path: it must not contain anything with a meaning there. White space around
/// it, as a file or a web page leaves it, is dropped.
pub(super) fn id(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || text.len() > 128 || !text.bytes().all(fits) {
        return Err("an id is 1 to 128 letters, digits, - and _".into());
    }
    Ok(text.to_owned())
}

/// Parses an http or https URL with nothing after its path.
///
/// # Errors
/// The text is not such a URL. The message does not repeat it: it may contain a password.
pub(super) fn endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).context("the endpoint is not a URL like https://host:port/path")?;
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "the endpoint must begin with https:// or http://"
    );
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "the endpoint must not hold a user or a password: a secret comes from the environment or \
         a file"
    );
    ensure!(
        url.query().is_none() && url.fragment().is_none(),
        "the endpoint must not hold a ? or a #"
    );
    Ok(url)
}

/// Refuses to send a secret over plain HTTP to another machine, be it the endpoint's or a proxy.
///
/// # Errors
/// A secret that is sent to `endpoint` would leave this machine in plain text.
pub(crate) fn refuse_plaintext_secret(endpoint: &Url, environment: Environment<'_>) -> Result<()> {
    // A request to https goes through a proxy in a tunnel.
    if endpoint.scheme() == "https" {
        return Ok(());
    }
    let host = endpoint.host_str().unwrap_or_default();
    ensure!(
        is_this_machine(host),
        "refusing to send a secret over plain HTTP to {host}: use https://, or pass --allow-http"
    );
    let proxy = http::proxy_for(endpoint, environment)?;
    ensure!(
        proxy.is_none_or(|proxy| proxy.host_str().is_some_and(is_this_machine)),
        "refusing to send a secret over plain HTTP to the proxy that the environment names: put {} \
         into NO_PROXY, or pass --allow-http",
        host.trim_matches(['[', ']'])
    );
    Ok(())
}

/// Whether a host, as written in a URL, is this machine.
fn is_this_machine(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
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
            id(good).expect(good);
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
