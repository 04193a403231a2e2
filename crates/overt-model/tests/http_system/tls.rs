//! Servers behind TLS. The certificate here is signed by nobody, and its key is public: for tests alone.

use std::sync::Arc;

use overt_eval::System;
use overt_model::{BaseUrl, HttpSettings, HttpSystem, Secret};
use overt_schema::{FailureKind, Retry};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from(include_bytes!("tls/untrusted-certificate.der").as_slice());
    let key = PrivatePkcs8KeyDer::from(include_bytes!("tls/untrusted-key.der").as_slice());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_before_the_key_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("https://localhost:{}/v1", listener.local_addr().unwrap().port());
    let shaken = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor().accept(stream).await.is_ok()
    });
    let mut settings = HttpSettings::new("mock", "mock-1", BaseUrl::parse(&base_url).unwrap());
    settings.secret = Some(Secret::new(super::KEY));
    let failure = HttpSystem::new(settings).unwrap().generate(super::request()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::Rejected, Retry::Never));
    assert!(failure.message.contains("is not trusted here"), "{failure}");
    assert!(!shaken.await.unwrap(), "the handshake must not succeed");
}
