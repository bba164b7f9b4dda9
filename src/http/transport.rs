//! What carries a request: a connection that is kept, with TLS or without, to the server or to the
//! proxy that the environment names for it.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::legacy::{self, Client};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tower_service::Service;

/// How this program calls itself.
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("deploywatch/", env!("CARGO_PKG_VERSION")));
/// A kept connection is tried this often, so that one that is dead is known before it is used.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How often in vain.
const KEEPALIVE_RETRIES: u32 = 3;
/// A connection is dead once nobody has confirmed for so long what was sent.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNHEARD: Duration = Duration::from_secs(30);

/// Whose certificates are trusted.
#[derive(PartialEq)]
pub(super) enum Trust {
    /// No TLS: the system's roots cost milliseconds, and an empty container has none.
    Plain,
    System,
    /// This PEM bundle as well.
    Also(Vec<u8>),
    /// Nothing is checked.
    Anybody,
}

/// Sends requests, and keeps the connections. Its clones share them.
#[derive(Clone)]
pub(super) struct Transport {
    client: Client<HttpsConnector<Route>, String>,
    proxies: Arc<Matcher>,
}

impl Transport {
    /// A transport without any connection yet; `direct` uses no proxy.
    ///
    /// # Errors
    /// Where the certificates cannot be used.
    pub(super) fn new(trust: &Trust, direct: bool) -> Result<Self> {
        let proxies = Arc::new(if direct {
            Matcher::builder().build()
        } else {
            Matcher::from_env()
        });
        let tls = Arc::new(tls(trust)?);
        let route = Route::new(Arc::clone(&tls), Arc::clone(&proxies));
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(HttpsConnector::from((route, tls))),
            proxies,
        })
    }

    /// Sends a request, and waits for the head of the answer.
    ///
    /// # Errors
    /// Where none came.
    pub(super) async fn send(
        &self,
        mut request: Request<String>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        // The login of a tunnel is said when it is made.
        if !is_https(request.uri())
            && let Some(proxy) = self.proxies.intercept(request.uri())
            && let Some(login) = proxy.basic_auth()
        {
            let login = login.clone();
            request.headers_mut().insert(PROXY_AUTHORIZATION, login);
        }
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, AGENT);
        let accept = headers.entry(ACCEPT);
        accept.or_insert(HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        // What the server has done since the last answer, which may be a moment ago, is looked at first: a
        // request that is written to a connection which the server has closed is lost.
        tokio::task::yield_now().await;
        self.client.request(request).await
    }
}

/// The host of the environment's proxy through which `endpoint` is reached, where there is one.
pub(super) fn proxy(endpoint: &Uri) -> Option<String> {
    let proxy = Matcher::from_env().intercept(endpoint)?;
    Some(proxy.uri().host().unwrap_or_default().to_owned())
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS)
}

/// Finds the way to a server; TLS with the server itself comes on top.
#[derive(Clone)]
struct Route {
    tcp: HttpConnector,
    /// To a proxy, which may speak TLS as well.
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Arc<Matcher>,
}

impl Route {
    fn new(tls: Arc<ClientConfig>, proxies: Arc<Matcher>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        tcp.set_tcp_user_timeout(Some(UNHEARD));
        Self {
            to_proxy: HttpsConnector::from((tcp.clone(), tls)),
            tcp,
            proxies,
        }
    }
}

impl Service<Uri> for Route {
    type Response = Way;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Way, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.intercept(&server) else {
            let tcp = self.tcp.call(server);
            return Box::pin(async move { Ok(Way::of(MaybeHttpsStream::Http(tcp.await?))) });
        };
        if is_https(&server) {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), self.to_proxy.clone())
                .with_headers(HeaderMap::from_iter([(USER_AGENT, AGENT)]));
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            return Box::pin(async move { Ok(Way::of(tunnel.call(server).await?)) });
        }
        let stream = self.to_proxy.call(proxy.uri().clone());
        Box::pin(async move {
            Ok(Way {
                stream: stream.await?,
                ends_at_proxy: true,
            })
        })
    }
}

/// A connection, through a proxy or not.
struct Way {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// Whether whoever is at its end is a proxy, which wants to be told the whole address.
    ends_at_proxy: bool,
}

impl Way {
    /// The way to the server itself.
    fn of(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        Self {
            stream,
            ends_at_proxy: false,
        }
    }
}

impl Connection for Way {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.ends_at_proxy)
    }
}

impl Read for Way {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, bytes)
    }
}

impl Write for Way {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// How TLS is spoken.
fn tls(trust: &Trust) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let extra = match trust {
        Trust::Also(pem) => certificates(pem)?,
        _ => Vec::new(),
    };
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let mut config = match trust {
        Trust::Plain => config.with_root_certificates(RootCertStore::empty()),
        Trust::System | Trust::Also(_) => {
            let verifier = Verifier::new_with_extra_roots(extra, provider).context(match trust {
                Trust::Also(_) => "--cacert: the certificates cannot be used",
                _ => {
                    "cannot set up HTTPS with the certificates of this machine; --cacert FILE or \
                     SSL_CERT_FILE names others"
                }
            })?;
            let config = config.dangerous();
            config.with_custom_certificate_verifier(Arc::new(verifier))
        }
        Trust::Anybody => {
            let config = config.dangerous();
            config.with_custom_certificate_verifier(Arc::new(Unchecked(provider)))
        }
    }
    .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates of a PEM bundle.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.context("--cacert: not a PEM bundle of certificates")?;
    ensure!(
        !found.is_empty(),
        "--cacert: there is no certificate in the file"
    );
    Ok(found)
}

/// Takes whatever a server shows for its certificate.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // Whoever signs with what the library cannot check is not checked either.
        let mut schemes = self.0.signature_verification_algorithms.supported_schemes();
        schemes.extend([
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]);
        schemes
    }
}
