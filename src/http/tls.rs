//! TLS: whose certificates are trusted.

use std::sync::Arc;
use std::time::Duration;
use std::{convert, env};

use crate::input;
use crate::message::{Context as _, Message, Result, ensure};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

/// The certificates that are trusted.
#[derive(Clone, PartialEq)]
pub(super) enum Trust {
    /// No TLS is spoken: the system's roots cost milliseconds, and an empty container has none.
    NoTls,
    System,
    /// The system's roots and this PEM bundle.
    ExtraRoots(Vec<u8>),
    /// Nothing is checked.
    DangerAcceptAny,
}

/// The variables that name other certificates than the system's.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The configuration of TLS; `patience` is how long the system's certificates may take to be read.
///
/// # Errors
/// If the certificates cannot be used.
pub(super) fn config(trust: &Trust, patience: Option<Duration>) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(Message::library)?;
    let mut named = Vec::new();
    let mut verifiers: Vec<Arc<dyn ServerCertVerifier>> = Vec::new();
    if let Trust::ExtraRoots(pem) = trust {
        named = certificates(pem)?;
        verifiers.push(verifier_of(&named, &provider)?);
    }
    if let Trust::System | Trust::ExtraRoots(_) = trust {
        match system_verifier(&provider, patience) {
            Ok(system) => verifiers.push(Arc::new(system)),
            // An empty container has no roots, and needs none beside those.
            Err(_) if !named.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    let mut config = match trust {
        Trust::NoTls => config.with_root_certificates(RootCertStore::empty()),
        _ => config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(CertificateVerifier {
                verifiers,
                named,
                provider,
            })),
    }
    .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The verifier with the roots of the system.
fn system_verifier(provider: &Arc<CryptoProvider>, patience: Option<Duration>) -> Result<Verifier> {
    // A variable may name a pipe that nobody writes; the system's own only take their time on a busy machine.
    let is_named = CERTIFICATES.iter().any(|name| env::var_os(name).is_some());
    let patience = patience.filter(|_| is_named);
    let provider = Arc::clone(provider);
    let verifier = input::with_patience(patience, || {
        Verifier::new(provider).map_err(Message::library)
    });
    verifier.and_then(convert::identity).context(|| {
        Message::new(
            "cannot set up HTTPS with the certificates of this machine; name others with --cacert FILE \
             or SSL_CERT_FILE",
            "本机的证书无法用于 HTTPS，可用 --cacert FILE 或 SSL_CERT_FILE 另行指定",
        )
    })
}

/// A verifier with these roots. The system's verifier could take them as well, but each
/// system checks them in its own way and order.
fn verifier_of(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>> {
    let mut store = RootCertStore::empty();
    let added = roots.iter().try_for_each(|root| store.add(root.clone()));
    let verifier = added.map_err(Message::library).and_then(|()| {
        let provider = Arc::clone(provider);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
        verifier.build().map_err(Message::library)
    });
    verifier.context(|| {
        Message::new(
            "--cacert: the certificates cannot be used",
            "--cacert：证书无法使用",
        )
    })
}

/// The certificates of a PEM bundle.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(Message::library).context(|| {
        Message::new(
            "--cacert: not a PEM bundle of certificates",
            "--cacert：不是 PEM 格式的证书文件",
        )
    })?;
    ensure(!found.is_empty(), || {
        Message::new(
            "--cacert: there is no certificate in the file",
            "--cacert：文件中没有证书",
        )
    })?;
    Ok(found)
}

/// Trusts what the roots vouch for, and a certificate that `--cacert` names itself: Managers show one that
/// they signed themselves, often with `CA:TRUE` (openssl's default), which no chain may end with. Its name,
/// its dates and the signature of the handshake by its key are checked all the same.
#[derive(Debug)]
struct CertificateVerifier {
    /// They are asked in turn: the next one where the one before does not know the issuer. Without any, every
    /// certificate is accepted.
    verifiers: Vec<Arc<dyn ServerCertVerifier>>,
    named: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut verified = Ok(ServerCertVerified::assertion());
        for verifier in &self.verifiers {
            verified =
                verifier.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
            if !matches!(
                &verified,
                Err(rustls::Error::InvalidCertificate(
                    CertificateError::UnknownIssuer
                ))
            ) {
                break;
            }
        }
        match verified {
            // The dates are checked before anything that the issuer is needed for.
            Err(rustls::Error::InvalidCertificate(problem))
                if self.named.contains(certificate) && !is_about_the_dates(&problem) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.verifiers.first() {
            Some(verifier) => verifier.verify_tls12_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.verifiers.first() {
            Some(verifier) => verifier.verify_tls13_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        if let Some(verifier) = self.verifiers.first() {
            return verifier.supported_verify_schemes();
        }
        // Whoever signs with what the library cannot check is not checked either.
        let algorithms = self.provider.signature_verification_algorithms;
        let mut schemes = algorithms.supported_schemes();
        schemes.extend([
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]);
        schemes
    }
}

/// Whether a certificate is not valid at this time.
fn is_about_the_dates(problem: &CertificateError) -> bool {
    matches!(
        problem,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

/// Whether a CA certificate was presented as the server certificate.
pub(super) fn is_ca_as_server(problem: &CertificateError) -> bool {
    // The library has no type of its own for it.
    problem.to_string().contains("CaUsedAsEndEntity")
}
