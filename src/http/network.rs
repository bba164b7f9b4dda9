//! The network: requests over reqwest.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;
use std::{convert, env};

use flate2::bufread::MultiGzDecoder;
use reqwest::blocking::Client;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Proxy, redirect};
use rustls::crypto::ring;
use url::Url;

use super::message::{Request, Response, Transport};
use super::resolver::ThreadResolver;
use super::{error, proxy, tls};
use crate::clock::{Clock, Timestamp};
use crate::input;
use crate::message::{Context as _, Message, Result};
use crate::poll::PollError;
use crate::redact::Redactor;

/// How this program calls itself.
const USER_AGENT: &str = concat!("deploywatch/", env!("CARGO_PKG_VERSION"));
/// The share of a request's time that connecting may take.
const CONNECT_SHARE: f64 = 0.9;
/// The largest body of a success that is read, in bytes, decompressed.
const MAX_BODY: u64 = 256 << 20;
/// How much of an error's body is read, in bytes: enough for the provider's words.
const MAX_ERROR_BODY: u64 = 64 << 10;
/// How much of a body is read at a time, in bytes.
const CHUNK: usize = 16 << 10;

/// How an endpoint is reached.
#[derive(Clone, PartialEq)]
pub(crate) struct ConnectOptions {
    /// The total time of one request, from connecting to the last byte.
    pub(crate) timeout: Duration,
    /// A PEM bundle that is trusted beside the system's roots.
    pub(crate) cacert: Option<Vec<u8>>,
    /// Do not check certificates.
    pub(crate) insecure: bool,
    /// Use no proxy, whatever the environment says.
    pub(crate) direct: bool,
}

/// The clients of this process. A client has a thread and a pool of connections, and setting up TLS takes
/// milliseconds: targets with the same settings share one.
#[derive(Default)]
pub(crate) struct NetworkPool(Vec<(Settings, Client)>);

/// The settings in which the clients differ.
#[derive(Clone, PartialEq)]
struct Settings {
    options: ConnectOptions,
    proxy: Option<Url>,
    speaks_tls: bool,
}

impl NetworkPool {
    /// A transport to `endpoint`; an error where the certificates or the proxy that the environment names cannot
    /// be used. The system's certificates may take `patience` to be read, or the usual limit.
    pub(crate) fn connect(
        &mut self,
        endpoint: &Url,
        options: ConnectOptions,
        patience: Option<Duration>,
        redactor: &Arc<Redactor>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Network> {
        let proxy = match options.direct {
            true => None,
            false => proxy::proxy_for(endpoint, environment)?,
        };
        let secrets = proxy.iter().flat_map(proxy::secrets);
        secrets.for_each(|secret| redactor.add(&secret));
        let is_https = |url: &Url| url.scheme() == "https";
        let speaks_tls = is_https(endpoint) || proxy.as_ref().is_some_and(is_https);
        let settings = Settings {
            options,
            proxy,
            speaks_tls,
        };
        let known = self.0.iter().find(|(known, _)| *known == settings);
        let client = match known {
            Some((_, client)) => client.clone(),
            None => {
                let client = client(&settings, patience)?;
                self.0.push((settings.clone(), client.clone()));
                client
            }
        };
        Ok(Network {
            client,
            settings,
            redactor: Arc::clone(redactor),
        })
    }
}

fn client(settings: &Settings, patience: Option<Duration>) -> Result<Client> {
    // A variable may name a pipe that nobody writes; the system's own certificates only take their time on a busy
    // machine.
    let mut variables = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter();
    let is_named = variables.any(|name| env::var_os(name).is_some());
    let patience = patience.filter(|_| is_named);
    // It is installed already where this is not the first client.
    let _ = ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("gzip"),
        )]))
        // Headers with secrets would go along.
        .redirect(redirect::Policy::none())
        .referer(false)
        // Each request has a total: a timeout here would count for each read.
        .timeout(None)
        // Shared by the addresses of a name: one that swallows packets leaves time for the next.
        .connect_timeout(settings.options.timeout.mul_f64(CONNECT_SHARE))
        .dns_resolver(Arc::new(ThreadResolver))
        .no_proxy();
    let builder = match &settings.proxy {
        Some(proxy) => builder.proxy(Proxy::all(proxy.clone()).map_err(Message::library)?),
        None => builder,
    };
    let builder = match &settings.options.cacert {
        // The system's roots cost milliseconds, and an empty container has none.
        _ if !settings.speaks_tls => builder.tls_certs_only([]),
        _ if settings.options.insecure => builder.tls_danger_accept_invalid_certs(true),
        Some(pem) => builder.tls_backend_preconfigured(tls::config(pem, patience)?),
        None => builder,
    };
    let build = || builder.build().map_err(|error| error::cause(&error));
    if !settings.speaks_tls {
        return build()
            .context(|| Message::new("cannot set up an HTTP client", "无法初始化 HTTP 客户端"));
    }
    let client = input::with_patience(patience, build);
    client.and_then(convert::identity).context(|| {
        Message::new(
            "cannot set up HTTPS with the certificates of this machine; name others with --cacert FILE or \
             SSL_CERT_FILE",
            "本机的证书无法用于 HTTPS，可用 --cacert FILE 或 SSL_CERT_FILE 另行指定",
        )
    })
}

/// Receives a body of at most `limit` bytes into the memory of an earlier one, and tells whether it is the same.
/// It is compared as it comes: new memory for a body of many megabytes would cost more than all else.
fn receive(reader: impl Read, limit: u64, body: &mut Vec<u8>) -> io::Result<bool> {
    let mut reader = reader.take(limit);
    let mut chunk = [0; CHUNK];
    let (mut received, mut is_repeated) = (0, !body.is_empty());
    loop {
        let length = reader.read(&mut chunk)?;
        let read = &chunk[..length];
        if !body[received..].starts_with(read) {
            is_repeated = false;
            body.truncate(received);
            body.extend_from_slice(read);
        }
        received += read.len();
        if read.is_empty() {
            is_repeated &= received == body.len();
            body.truncate(received);
            return Ok(is_repeated);
        }
    }
}

/// Decompresses a body of any number of members, whose contents follow one another (RFC 1952). reqwest's own
/// decoder drops what comes after the first one, and a part of an answer must not be taken for the whole.
fn unpack<'a>(body: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut packed = BufReader::new(body);
    Ok(if packed.fill_buf()?.is_empty() {
        // Nothing was sent, and so nothing packed.
        Box::new(packed)
    } else {
        Box::new(MultiGzDecoder::new(packed))
    })
}

/// The network, as one target reaches it.
pub(crate) struct Network {
    client: Client,
    settings: Settings,
    redactor: Arc<Redactor>,
}

impl Network {
    /// The failure of a request without a response.
    fn no_response(&self, error: reqwest::Error, url: &str, timeout: Duration) -> PollError {
        let proxy = self.settings.proxy.as_ref();
        if let Some(proxy) = proxy
            && error::is_refused_tunnel(&error)
            && let Some(status) = proxy::connect_status(proxy, url, timeout)
        {
            return error::tunnel_refused(&proxy::name(proxy), status);
        }
        let has_cacert = self.settings.options.cacert.is_some();
        let proxy = proxy.map(proxy::name);
        error::no_response(error, timeout, proxy.as_deref(), has_cacert)
    }
}

impl Transport for Network {
    fn send(&self, request: Request<'_>) -> Result<Response, PollError> {
        let mut builder = match request.body {
            None => self.client.get(request.url),
            Some(body) => self.client.post(request.url).body(body.to_owned()),
        };
        let timeout = request.timeout.unwrap_or(Duration::MAX);
        let timeout = timeout.min(self.settings.options.timeout);
        builder = builder.timeout(timeout);
        for (name, value) in request.headers {
            // What is put here is a secret or made of checked parts, and fits into a header.
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(true);
                builder = builder.header(name, value);
            }
        }
        let mut response = builder
            .send()
            .map_err(|error| self.no_response(error, request.url, timeout))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let encoding = headers.get(CONTENT_ENCODING);
        let encoding = encoding.map_or("", |name| name.to_str().unwrap_or_default());
        let encoding = encoding.trim().to_ascii_lowercase();
        let reader: io::Result<Box<dyn Read>> = match &*encoding {
            "gzip" | "x-gzip" => unpack(response),
            _ => Ok(Box::new(response)),
        };
        let (mut body, limit) = match status.is_success() {
            true => (request.earlier, MAX_BODY + 1),
            false => (Vec::new(), MAX_ERROR_BODY),
        };
        let received = reader.and_then(|reader| receive(reader, limit, &mut body));
        let problem = match &received {
            // What could be read of an error is enough: the status is known.
            _ if !status.is_success() => None,
            _ if !matches!(&*encoding, "" | "identity" | "gzip" | "x-gzip") => {
                let name = self.redactor.name(&encoding);
                Some(Message::new(
                    format!("the response is encoded as {name}, which was not requested"),
                    format!("响应使用了未请求的编码 {name}"),
                ))
            }
            Err(error) => Some(error::broken_body(error, timeout)),
            _ if body.len() as u64 > MAX_BODY => {
                let limit = MAX_BODY >> 20;
                Some(Message::new(
                    format!("response larger than {limit} MiB"),
                    format!("响应超过 {limit} MiB"),
                ))
            }
            _ => None,
        };
        let response = Response {
            status: status.as_u16(),
            headers,
            body,
            is_repeated: matches!(received, Ok(true)),
            received: self.now(),
        };
        for secret in response.secrets() {
            self.redactor.add_received(secret);
        }
        match problem {
            None => Ok(response),
            Some(problem) => Err(PollError {
                endpoint_in_doubt: false,
                ..response.unreadable(problem, &self.redactor)
            }),
        }
    }

    fn now(&self) -> Timestamp {
        Clock::System.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_repeated_where_it_is_the_earlier_one_byte_for_byte() {
        let long = "long".repeat(CHUNK);
        let end = long.len() - 1;
        for (earlier, body, is_repeated) in [
            ("", "", false),
            ("", "ab", false),
            ("ab", "ab", true),
            ("ab", "abc", false),
            ("abc", "ab", false),
            ("ab", "", false),
            ("ab", "xb", false),
            (&long, &long, true),
            (&long, &long[..end], false),
            (&long[..end], &long, false),
            (&long, &(long.clone() + &long), false),
            (&long, &("x".to_owned() + &long[1..]), false),
            (&long, &(long[..end].to_owned() + "x"), false),
        ] {
            let mut received = earlier.as_bytes().to_vec();
            let found = receive(body.as_bytes(), u64::MAX, &mut received);
            let found = found.expect("nothing fails");
            assert!(
                received == body.as_bytes(),
                "{} {}",
                earlier.len(),
                body.len()
            );
            assert_eq!(found, is_repeated, "{} {}", earlier.len(), body.len());
        }
        let mut received = b"abc".to_vec();
        let found = receive(&b"abc"[..], 2, &mut received);
        assert_eq!((&*received, found.ok()), (&b"ab"[..], Some(false)));
    }
}
