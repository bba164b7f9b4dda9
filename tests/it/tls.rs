//! HTTPS: whose certificates are trusted, what is said of those that are not, and that no secret
//! follows a redirect.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustix::fs::{CWD, Mode, mkfifoat};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::support::{Order, Output, Program, Reply, Server, Unheard, order, watches, yunxiao_at};

/// An authority made for one test.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// The flaws of a certificate.
#[derive(Clone, Copy)]
pub(crate) enum Flaw {
    None,
    Expired,
    OtherName,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// The certificate of the authority itself.
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()
    }

    /// The certificate of a server of this machine.
    pub(crate) fn certify(&self, flaw: Flaw) -> Arc<ServerConfig> {
        let (chain, key) = self.issue(flaw);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key);
        Arc::new(config.unwrap())
    }

    /// A certificate of a server of this machine, and its key.
    pub(crate) fn issue(
        &self,
        flaw: Flaw,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let names = match flaw {
            Flaw::OtherName => vec!["other.example".to_owned()],
            _ => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        };
        let mut params = CertificateParams::new(names).unwrap();
        if let Flaw::Expired = flaw {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (vec![certificate.der().clone()], key)
    }
}

/// A server behind TLS: one request a connection, so that each shows the certificate anew. It
/// answers with these bodies in turn, the last one for ever.
pub(crate) struct TlsServer {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl TlsServer {
    pub(crate) fn start(config: Arc<ServerConfig>, words: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let config = Arc::new(Mutex::new(config));
        let (count, current) = (Arc::clone(&connections), Arc::clone(&config));
        let mut answered = 0;
        // Ends with the test's process: nothing holds it up.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let config = Arc::clone(&current.lock().unwrap());
                let word = words.get(answered).or(words.last()).unwrap();
                let body = Order::new(word).json();
                answered += usize::from(answer(stream, config, &body).is_ok());
            }
        });
        Self {
            port,
            connections,
            config,
        }
    }

    /// Shows another certificate from now on.
    fn show(&self, config: Arc<ServerConfig>) {
        *self.config.lock().unwrap() = config;
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn watch(&self) -> Program {
        yunxiao_at(&format!("https://127.0.0.1:{}", self.port)).args(["--interval", "20ms"])
    }
}

fn answer(stream: TcpStream, config: Arc<ServerConfig>, body: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    while stream.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    stream.write_all(format!("{head}{body}").as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// A proxy that makes tunnels; returns its port. What it was asked for comes out of the receiver.
fn tunnels() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let mut asked = String::new();
            while !asked.ends_with("\r\n\r\n") {
                reader.read_line(&mut asked).unwrap();
            }
            let place = asked.split(' ').nth(1).unwrap();
            let server = TcpStream::connect(place).unwrap();
            let _ = tell.send(asked);
            (&client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    (port, told)
}

/// The certificate does not verify: refused at once, after one connection, with what to do.
#[track_caller]
fn assert_refused(out: &Output, says: &str) {
    out.code(5).stderr_is_empty();
    out.stdout_has("the server's certificate does not verify")
        .stdout_has(says)
        .stdout_has("--cacert FILE");
    out.stdout_lacks("poll failed");
}

#[test]
fn an_authority_that_is_named_is_trusted() {
    let authority = Authority::new();
    for name in ["127.0.0.1", "localhost"] {
        let server = TlsServer::start(authority.certify(Flaw::None), &["Running", "Success"]);
        let at = format!("https://{name}:{}", server.port);
        let watch = || {
            yunxiao_at(&at)
                .args(["-i", "20ms"])
                .file("ca.pem", &authority.pem)
        };
        let out = watch().args(["--cacert", "ca.pem"]).run();
        out.code(0).stderr_is_empty();
        let out = watch().env("SSL_CERT_FILE", "ca.pem").run();
        out.code(0).stderr_is_empty();
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_at_once() {
    let server = TlsServer::start(Authority::new().certify(Flaw::None), &["Success"]);
    let out = server.watch().run();
    assert_refused(&out, "UnknownIssuer");
    assert_eq!(server.connections(), 1, "it is not tried again");
    // Another authority is of no help.
    let program = server.watch().file("ca.pem", &Authority::new().pem);
    assert_refused(&program.args(["--cacert", "ca.pem"]).run(), "");
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_certificate_that_is_over_or_of_another_name_is_refused() {
    let authority = Authority::new();
    for (flaw, says, chinese) in [
        (Flaw::Expired, "expired", "证书已过期"),
        (Flaw::OtherName, "not valid for name", "证书与主机名不匹配"),
    ] {
        let server = TlsServer::start(authority.certify(flaw), &["Success"]);
        let watch = || {
            let program = server.watch().file("ca.pem", &authority.pem);
            program.args(["--cacert", "ca.pem"])
        };
        let out = watch().run();
        assert_refused(&out, says);
        assert_eq!(server.connections(), 1, "{out}");
        let out = watch().args(["--lang", "zh"]).run();
        let reason = format!("服务器证书校验失败：{chinese}；请确认 --cacert FILE ");
        out.code(5).stdout_has(&reason);
    }
}

#[test]
fn a_certificate_that_turns_bad_is_refused_at_once_too() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(Flaw::None), &["Running"]);
    let program = server.watch().file("ca.pem", &authority.pem);
    let mut watch = program.args(["--cacert", "ca.pem"]).spawn();
    watch.wait_for_stdout("running");
    server.show(Authority::new().certify(Flaw::None));
    // The two authorities have one name, so that it is the signature that is wrong.
    assert_refused(&watch.wait(), "BadSignature");
}

#[test]
fn without_checks_anything_goes_and_one_warning_says_so() {
    for flaw in [Flaw::None, Flaw::Expired, Flaw::OtherName] {
        let server = TlsServer::start(Authority::new().certify(flaw), &["Running", "Success"]);
        let out = server.watch().args(["--insecure"]).run();
        out.code(0);
        assert_eq!(
            out.stderr, "warning: --insecure: certificates are not checked\n",
            "{out}"
        );
    }
}

#[test]
fn where_there_are_no_roots_http_works_and_https_says_so() {
    let authority = Authority::new();
    for (variable, value) in [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_DIR", "."),
        ("SSL_CERT_FILE", "empty.pem"),
    ] {
        let bare = |program: Program| program.env(variable, value).file("empty.pem", "");
        let server = Server::script(vec![order("Success")]);
        bare(yunxiao_at(&server.url()))
            .run()
            .code(0)
            .stderr_is_empty();

        let server = TlsServer::start(authority.certify(Flaw::None), &["Success"]);
        let out = bare(server.watch()).run();
        assert!(out.code == 2 || out.code == 5, "{out}");
        let said = format!("{}{}", out.stdout, out.stderr);
        assert!(said.contains("--cacert"), "what to do\n{out}");
        assert!(out.stderr.lines().count() <= 1, "one sentence\n{out}");
        // The authority that is named is enough.
        let program = bare(server.watch()).file("ca.pem", &authority.pem);
        program
            .args(["--cacert", "ca.pem"])
            .run()
            .code(0)
            .stderr_is_empty();
        bare(server.watch()).args(["--insecure"]).run().code(0);
    }
}

#[test]
fn a_pipe_that_nobody_writes_in_place_of_the_roots_does_not_spoil_the_authority_that_is_named() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(Flaw::None), &["Success"]);
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    let program = server.watch().env("SSL_CERT_FILE", pipe);
    let program = program.file("ca.pem", &authority.pem);
    let out = program
        .args(["--cacert", "ca.pem", "--timeout", "1s"])
        .run();
    out.code(0).stderr_is_empty();
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    let authority = Authority::new();
    let (port, tunnels) = tunnels();
    let watch = |server: &TlsServer| {
        let program = server.watch().file("ca.pem", &authority.pem);
        program.args(["--cacert", "ca.pem"]).env(
            "HTTPS_PROXY",
            format!("http://user:p%40ss@127.0.0.1:{port}"),
        )
    };
    let server = TlsServer::start(authority.certify(Flaw::None), &["Running", "Success"]);
    watch(&server).run().code(0).stderr_is_empty();
    assert_eq!(server.connections(), 2);
    for _ in 0..2 {
        let asked = tunnels.recv().unwrap().to_ascii_lowercase();
        let first = format!("connect 127.0.0.1:{} http/1.1\r\n", server.port);
        assert!(asked.starts_with(&first), "{asked}");
        assert!(asked.contains("\r\nuser-agent: deploywatch/"), "{asked}");
        // user:p@ss
        let login = "\r\nproxy-authorization: basic dxnlcjpwqhnz\r\n";
        assert!(asked.contains(login), "{asked}");
        assert!(!asked.contains("token"), "{asked}");
    }

    // The certificate is the server's, whoever is between.
    let server = TlsServer::start(authority.certify(Flaw::OtherName), &["Success"]);
    let out = watch(&server).run();
    assert_refused(&out, "");
}

#[test]
fn a_bundle_that_is_none_is_turned_down() {
    let nobody = Unheard::take();
    let url = nobody.url().replace("http", "https");
    for (text, says) in [("", "no certificate"), ("rubbish", "no certificate")] {
        let program = yunxiao_at(&url).file("ca.pem", text);
        let out = program.args(["--cacert", "ca.pem"]).run();
        out.code(2).stdout_is_empty().stderr_has(says);
    }
}

#[test]
fn what_is_no_tls_is_a_failed_poll() {
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    let url = server.url().replace("http", "https");
    let out = yunxiao_at(&url).args(["--once"]).run();
    out.code(6).stdout_has("lost").stderr_lacks("panicked");
    let out = yunxiao_at(&url).args(["--once", "--lang", "zh"]).run();
    out.code(6).stdout_has("无法连接：连接提前关闭");
}

#[test]
fn no_secret_follows_a_redirect_and_the_place_is_named() {
    let elsewhere = Server::script(vec![order("Success")]);
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/sign-in", elsewhere.url());
        let redirect = Reply::status(status, "").header("location", &to);
        let server = Server::script(vec![redirect]);
        for (name, program) in watches(&server.url()) {
            let asked = server.requests().len();
            let out = program.run();
            assert_eq!(out.code, 5, "{name} {status}\n{out}");
            out.stdout_has(&to);
            // A redirect of the session's status says nothing about the password.
            let requests = if name == "mrs" { 2 } else { 1 };
            let asked = server.requests().len() - asked;
            assert_eq!(asked, requests, "{name} {status}\n{out}");
        }
    }
    elsewhere.assert_untouched();
}

/// Shows one certificate and signs with the key of another.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A certificate that a server made itself, with `CA:TRUE` as `openssl req -x509` makes it.
struct SelfSigned {
    pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl SelfSigned {
    fn new(name: &str, expired: bool) -> Self {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        }
    }

    /// A server that shows it, and signs with this key.
    fn shown_with(&self, key: &Self, version: &'static SupportedProtocolVersion) -> TlsServer {
        let provider = rustls::crypto::ring::default_provider();
        let signer = provider.key_provider.load_private_key(key.key.clone_key());
        let shown = CertifiedKey::new(vec![self.certificate.clone()], signer.unwrap());
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Impostor(Arc::new(shown))));
        TlsServer::start(Arc::new(config), &["Success"])
    }
}

#[test]
fn a_certificate_that_the_bundle_holds_itself_is_trusted_and_still_checked() {
    for version in [&TLS12, &TLS13] {
        let watch = |named: &SelfSigned, shown: &SelfSigned, key: &SelfSigned| {
            let server = shown.shown_with(key, version);
            let program = server.watch().file("own.pem", &named.pem);
            program.args(["--cacert", "own.pem"]).run()
        };
        let own = SelfSigned::new("127.0.0.1", false);
        watch(&own, &own, &own).code(0);
        let other = SelfSigned::new("127.0.0.1", false);
        watch(&other, &own, &own).code(5);
        // The same certificate in the hands of somebody who has not its key.
        let out = watch(&own, &own, &other);
        out.code(5).stdout_has("does not verify");
        let expired = SelfSigned::new("127.0.0.1", true);
        watch(&expired, &expired, &expired)
            .code(5)
            .stdout_has("expired");
        let elsewhere = SelfSigned::new("other.example", false);
        watch(&elsewhere, &elsewhere, &elsewhere)
            .code(5)
            .stdout_has("name");
    }
}
