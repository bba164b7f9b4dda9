//! What carries a request: a connection that is kept, with TLS or without, to the server or to the
//! proxy that the environment names for it.

use std::error::Error;
use std::future::Future;
use std::io::{self, IoSlice};
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
    client: Client<Connector, String>,
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
        let connector = Connector::new(Arc::new(tls(trust)?), Arc::clone(&proxies));
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
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
        let proxy_login = match self.proxies.intercept(request.uri()) {
            // That of a tunnel is said when it is made.
            Some(proxy) if !is_https(request.uri()) => proxy.basic_auth().cloned(),
            _ => None,
        };
        let headers = request.headers_mut();
        headers.extend(proxy_login.map(|login| (PROXY_AUTHORIZATION, login)));
        headers.insert(USER_AGENT, AGENT);
        let accept = headers.entry(ACCEPT);
        accept.or_insert(HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
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

/// Makes connections.
#[derive(Clone)]
struct Connector {
    /// To a server or a proxy, whichever it is.
    direct: HttpsConnector<HttpConnector>,
    tls: Arc<ClientConfig>,
    proxies: Arc<Matcher>,
}

impl Connector {
    fn new(tls: Arc<ClientConfig>, proxies: Arc<Matcher>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        Self {
            direct: HttpsConnector::from((tcp, Arc::clone(&tls))),
            tls,
            proxies,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Carrier;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Carrier, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.direct.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let proxy = self.proxies.intercept(&server);
        if let Some(proxy) = &proxy
            && is_https(&server)
        {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone())
                .with_headers(HeaderMap::from_iter([(USER_AGENT, AGENT)]));
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            let stream = HttpsConnector::from((tunnel, Arc::clone(&self.tls))).call(server);
            return Box::pin(async move {
                Ok(Carrier {
                    stream: stream.await?,
                    is_proxy: false,
                })
            });
        }
        let is_proxy = proxy.is_some();
        let stream = self
            .direct
            .call(proxy.map_or(server, |proxy| proxy.uri().clone()));
        Box::pin(async move {
            Ok(Carrier {
                stream: MaybeHttpsStream::Http(stream.await?),
                is_proxy,
            })
        })
    }
}

/// A connection: one to a server or a proxy, or another one through it.
struct Carrier {
    stream: MaybeHttpsStream<MaybeHttpsStream<TokioIo<TcpStream>>>,
    /// Whether it ends at a proxy, which wants to be told the whole address.
    is_proxy: bool,
}

impl Connection for Carrier {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxy)
    }
}

impl Read for Carrier {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, bytes)
    }
}

impl Write for Carrier {
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

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
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
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
