//! Which proxy of the environment an endpoint is reached through. reqwest's own reading of `NO_PROXY`
//! knows fewer forms for addresses, so the choice is made here, once for each endpoint.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use crate::message::{Message, Result};
use crate::platform;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// The kinds of proxy that reqwest speaks with.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The proxy for `endpoint`, where the environment or the system names one. Where a variable holds none, the error
/// does not name its value, which may hold a password.
pub(crate) fn proxy_for(
    endpoint: &Url,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Url>> {
    let variables = match endpoint.scheme() {
        "https" => ["https_proxy", "HTTPS_PROXY"],
        // A web server hands the header Proxy of a request to a CGI script as HTTP_PROXY.
        _ if environment("REQUEST_METHOD").is_some() => ["http_proxy", "http_proxy"],
        _ => ["http_proxy", "HTTP_PROXY"],
    };
    let mut variables = variables.into_iter().chain(["all_proxy", "ALL_PROXY"]);
    let named = variables.find_map(|name| {
        let value = environment(name)?.trim().to_owned();
        (!value.is_empty()).then_some((name, value))
    });
    let exceptions = environment("no_proxy").or_else(|| environment("NO_PROXY"));
    if is_excepted(endpoint, &exceptions.unwrap_or_default()) {
        return Ok(None);
    }
    let Some((name, value)) = named else {
        return Ok(platform::system_proxy(endpoint));
    };
    let url = if value.contains("://") {
        value
    } else {
        format!("http://{value}")
    };
    let speaks = |url: &Url| url.has_host() && SCHEMES.contains(&url.scheme());
    let proxy = Url::parse(&url).ok().filter(speaks);
    let proxy = proxy.ok_or_else(|| {
        let schemes = SCHEMES.join(", ");
        Message::new(
            format!("{name} is not the URL of a proxy ({schemes})"),
            format!("{name} 不是代理的 URL（{schemes}）"),
        )
    })?;
    Ok(Some(proxy))
}

/// The proxy as a message names it, without its login.
pub(super) fn name(proxy: &Url) -> String {
    let host = proxy.host_str().unwrap_or_default();
    match proxy.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The password of a proxy's login, and the login as it is sent.
pub(super) fn secrets(proxy: &Url) -> impl Iterator<Item = String> {
    let password = proxy.password().map(decoded);
    let login = password.as_ref().map(|password| {
        let login = format!("{}:{password}", decoded(proxy.username()));
        STANDARD.encode(login)
    });
    password.into_iter().chain(login)
}

/// Asks a proxy for a tunnel to the host of `url` once more and returns the status that it answers, which
/// reqwest does not tell. None where none comes within `limit`, or the proxy speaks TLS or SOCKS.
pub(super) fn connect_status(proxy: &Url, url: &str, limit: Duration) -> Option<u16> {
    if proxy.scheme() != "http" {
        return None;
    }
    let url = Url::parse(url).ok()?;
    let server = name(&url);
    let login = secrets(proxy).nth(1);
    let login = login.map(|login| format!("Proxy-Authorization: Basic {login}\r\n"));
    let login = login.unwrap_or_default();
    let address = proxy.socket_addrs(|| None).ok()?.into_iter().next()?;
    let mut stream = TcpStream::connect_timeout(&address, limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    stream.set_write_timeout(Some(limit)).ok()?;
    let request = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{login}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    // `HTTP/1.1 403`
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    let status = std::str::from_utf8(&head).ok()?.strip_prefix("HTTP/1.")?;
    status.split(' ').nth(1)?.parse().ok()
}

/// A part of a URL without its escapes.
fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Whether `NO_PROXY` excepts the endpoint: by `*`, a domain (`example.com`, `.example.com`,
/// `*.example.com`: it and what is below it), an address, a network (CIDR), or one of these with a port.
fn is_excepted(endpoint: &Url, exceptions: &str) -> bool {
    let port = endpoint.port_or_known_default();
    let entries = exceptions.split([',', ' ', '\t', '\r', '\n']);
    entries.filter(|entry| !entry.is_empty()).any(|entry| {
        let (host, only) = split_port(entry);
        entry == "*" || (only.is_none_or(|only| Some(only) == port) && is_host(endpoint, host))
    })
}

/// An entry without its port and without the brackets of an IPv6 address.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let inner = entry.strip_prefix('[');
    if let Some((address, rest)) = inner.and_then(|inner| inner.split_once(']')) {
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        return (address, port);
    }
    // What follows the first colon of an IPv6 address without brackets is no port.
    match entry
        .split_once(':')
        .map(|(host, port)| (host, port.parse()))
    {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (entry, None),
    }
}

fn is_host(endpoint: &Url, entry: &str) -> bool {
    let address = match endpoint.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(domain)) => return is_below(domain, entry),
        None => return false,
    };
    let network = entry.parse::<IpAddr>().map(IpNet::from);
    let network = network.or_else(|_| entry.parse::<IpNet>());
    network.is_ok_and(|network| network.contains(&address))
}

/// Whether `domain` is `entry` or below it.
fn is_below(domain: &str, entry: &str) -> bool {
    let entry = entry.strip_prefix('*').unwrap_or(entry);
    let entry = entry.trim_matches('.').to_ascii_lowercase();
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let above = domain.strip_suffix(&entry);
    !entry.is_empty() && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(endpoint: &str, variables: &[(&str, &str)]) -> Result<Option<String>> {
        let environment = |name: &str| {
            let variable = variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        };
        let endpoint = Url::parse(endpoint).expect("a URL");
        let proxy = proxy_for(&endpoint, &environment)?;
        Ok(proxy.map(|proxy| proxy.to_string()))
    }

    #[test]
    fn the_scheme_of_the_endpoint_chooses_the_variable() {
        let all = [
            ("http_proxy", "http://192.0.2.1:3128"),
            ("HTTPS_PROXY", " 192.0.2.2:3128\r"),
            ("ALL_PROXY", "socks5h://192.0.2.3:1080"),
        ];
        for (endpoint, variables, proxy) in [
            (
                "http://example.com",
                &all[..],
                Some("http://192.0.2.1:3128/"),
            ),
            ("https://example.com", &all, Some("http://192.0.2.2:3128/")),
            (
                "https://example.com",
                &all[2..],
                Some("socks5h://192.0.2.3:1080"),
            ),
            ("https://example.com", &all[..1], None),
            ("http://example.com", &[("HTTP_PROXY", "  ")], None),
            (
                "http://example.com",
                &[
                    ("HTTP_PROXY", "http://192.0.2.1"),
                    ("REQUEST_METHOD", "GET"),
                ],
                None,
            ),
        ] {
            let found = found(endpoint, variables).expect("a proxy or none");
            assert_eq!(found.as_deref(), proxy, "{endpoint} {variables:?}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_an_error_that_names_the_variable() {
        for value in ["http://", "ftp://192.0.2.1", "a proxy", "http://u:made-up@"] {
            let error = found("https://example.com", &[("https_proxy", value)]);
            let error = error.expect_err(value).to_string();
            assert!(error.contains("https_proxy"), "{error}");
            assert!(!error.contains("made-up"), "{error}");
        }
    }

    #[test]
    fn no_proxy_excepts_in_every_form() {
        for (endpoint, exceptions, excepted) in [
            ("https://api.example.com", "*", true),
            ("https://192.0.2.1:28443", "*", true),
            ("https://api.example.com", "example.com", true),
            ("https://api.example.com", "other.org, .example.com", true),
            ("https://api.EXAMPLE.com", "other.org *.example.com", true),
            ("https://example.com", ".example.com", true),
            ("https://badexample.com", "example.com", false),
            ("https://api.example.com:8443", "example.com:8443", true),
            ("https://api.example.com", "example.com:443", true),
            ("https://api.example.com", "example.com:8443", false),
            ("https://192.0.2.1:28443", "192.0.2.1", true),
            ("https://192.0.2.1:28443", "192.0.2.1:28443", true),
            ("https://192.0.2.1:28443", "192.0.2.1:20009", false),
            ("https://192.0.2.1", "192.0.2.0/24", true),
            ("https://192.0.3.1", "192.0.2.0/24", false),
            ("https://192.0.2.1", "2.1", false),
            ("https://[::1]:8443", "::1", true),
            ("https://[::1]:8443", "[::1]", true),
            ("https://[::1]:8443", "[::1]:8443", true),
            ("https://[::1]:8443", "[::1]:1", false),
            ("https://[2001:db8::1]", "2001:db8::/32", true),
            ("https://example.com", "", false),
            ("https://example.com", ".", false),
            ("https://example.com", ",, ", false),
        ] {
            let endpoint = Url::parse(endpoint).expect("a URL");
            let found = is_excepted(&endpoint, exceptions);
            assert_eq!(found, excepted, "{endpoint} {exceptions:?}");
        }
    }
}
