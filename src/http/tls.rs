//! TLS with `--cacert`: whose certificates are trusted then.

use std::sync::Arc;
use std::time::Duration;

use crate::input;
use crate::message::{Context as _, Message, Result, ensure};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

/// The configuration that trusts a PEM bundle beside the system's certificates, which may take `patience` to be read.
pub(super) fn config(pem: &[u8], patience: Option<Duration>) -> Result<ClientConfig> {
    let named: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let named = named.map_err(Message::library).context(|| {
        Message::new(
            "--cacert: not a PEM bundle of certificates",
            "--cacert：不是 PEM 格式的证书文件",
        )
    })?;
    ensure(!named.is_empty(), || {
        Message::new(
            "--cacert: there is no certificate in the file",
            "--cacert：文件中没有证书",
        )
    })?;
    let mut store = RootCertStore::empty();
    let added = named.iter().try_for_each(|root| store.add(root.clone()));
    let roots = added.map_err(Message::library).and_then(|()| {
        let roots = WebPkiServerVerifier::builder(Arc::new(store)).build();
        roots.map_err(Message::library)
    });
    let system = || Verifier::new(Arc::new(ring::default_provider()));
    let system = input::with_patience(patience, system);
    let verifier = CertificateVerifier {
        roots: roots.context(|| {
            Message::new(
                "--cacert: the certificates cannot be used",
                "--cacert：证书无法使用",
            )
        })?,
        // An empty container has no roots, and needs none beside those.
        system: system.ok().and_then(Result::ok),
        named,
    };
    let mut config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts what the roots vouch for, and a certificate that `--cacert` names itself: Managers show one that
/// they signed themselves, often with `CA:TRUE` (openssl's default), which no chain may end with. Its name,
/// its dates and the signature of the handshake by its key are checked all the same.
#[derive(Debug)]
struct CertificateVerifier {
    named: Vec<CertificateDer<'static>>,
    /// The system's verifier could take these as well, but each system checks them in its own way and order.
    roots: Arc<WebPkiServerVerifier>,
    /// It is asked where `roots` do not know the issuer.
    system: Option<Verifier>,
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
        let verify = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        };
        let unknown = rustls::Error::from(CertificateError::UnknownIssuer);
        let verified = match (verify(&*self.roots), &self.system) {
            (Err(error), Some(system)) if error == unknown => verify(system),
            (verified, _) => verified,
        };
        match verified {
            // The dates are checked before anything that the issuer is needed for.
            Err(rustls::Error::InvalidCertificate(problem))
                if self.named.contains(certificate)
                    && !matches!(
                        problem,
                        CertificateError::Expired
                            | CertificateError::ExpiredContext { .. }
                            | CertificateError::NotValidYet
                            | CertificateError::NotValidYetContext { .. }
                    ) =>
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
        self.roots
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.roots
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.roots.supported_verify_schemes()
    }
}
