//! OpenSSL's command line: private keys as PKCS#8, and bare signatures.

use overt_record::{Algorithm, PrivateKey, PublicKey};

use crate::judge::{Folder, Judge};
use crate::samples::{ALGORITHMS, key};

const MESSAGE: &[u8] = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
const PASSPHRASE: &str = "correct horse";

/// `-rawin` for Ed25519, which hashes nothing beforehand; SHA-256 for ECDSA.
fn arguments(verb: &str, algorithm: Algorithm) -> Vec<&str> {
    let digest: &[&str] = if algorithm == Algorithm::P256 { &["-digest", "sha256"] } else { &[] };
    [&["pkeyutl", verb, "-rawin"], digest].concat()
}

fn accepts(
    openssl: &Judge,
    folder: &Folder,
    key: &PublicKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let [key, message, signature] = [
        folder.write("public.pem", key.to_pem().unwrap()),
        folder.write("message", message),
        folder.write("signature", signature),
    ];
    let files = ["-pubin", "-inkey", &key, "-in", &message, "-sigfile", &signature];
    openssl.run(&[arguments("-verify", algorithm), files.to_vec()].concat(), b"").accepts
}

#[test]
fn openssl_reads_the_private_keys_written_here_plain_and_encrypted() {
    let Some(openssl) = Judge::on_path("openssl") else { return };
    let folder = Folder::new();
    for algorithm in ALGORITHMS {
        let key = key(algorithm, 7);
        let plain = folder.write("plain.pem", &*key.to_pem().unwrap());
        let encrypted = key.to_encrypted_pem(PASSPHRASE.as_bytes(), &[3; 32]).unwrap();
        let encrypted = folder.write("encrypted.pem", &*encrypted);
        let public = ["-pubout", "-outform", "DER"];
        let read = openssl.must(&[["pkey", "-in", &plain].as_slice(), &public].concat(), b"");
        assert_eq!(read, key.public().to_spki_der(), "{algorithm}");
        let with = |passphrase: &str| {
            let passphrase = format!("pass:{passphrase}");
            openssl
                .run(&[["pkey", "-in", &encrypted, "-passin", &passphrase].as_slice(), &public].concat(), b"")
        };
        assert_eq!(with(PASSPHRASE).output, key.public().to_spki_der(), "{algorithm}");
        assert!(!with("wrong").accepts, "{algorithm}");
    }
}

#[test]
fn private_keys_that_openssl_writes_are_read_here() {
    let Some(openssl) = Judge::on_path("openssl") else { return };
    let folder = Folder::new();
    for (algorithm, options) in [
        (Algorithm::Ed25519, ["-algorithm", "ed25519"].as_slice()),
        (Algorithm::P256, &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ] {
        let path = folder.at("theirs.pem");
        openssl.must(&[["genpkey", "-out", &path].as_slice(), options].concat(), b"");
        let key = PrivateKey::from_pem(&folder.text("theirs.pem"), None).unwrap();
        let public = openssl.must(&["pkey", "-in", &path, "-pubout", "-outform", "DER"], b"");
        assert_eq!(key.public().to_spki_der(), public, "{algorithm}");
        let pass = format!("pass:{PASSPHRASE}");
        for protection in [["-scrypt"].as_slice(), &["-v2", "aes-256-cbc"], &["-v2", "aes-128-cbc"]] {
            let arguments =
                [["pkcs8", "-topk8", "-in", &path, "-passout", &pass].as_slice(), protection].concat();
            let encrypted = String::from_utf8(openssl.must(&arguments, b"")).unwrap();
            let read = PrivateKey::from_pem(&encrypted, Some(PASSPHRASE.as_bytes())).unwrap();
            assert_eq!(read.public(), key.public(), "{algorithm} {protection:?}");
            assert!(PrivateKey::from_pem(&encrypted, Some(b"wrong")).is_err(), "{algorithm} {protection:?}");
        }
    }
}

#[test]
fn signatures_hold_on_both_sides_and_altered_ones_on_neither() {
    let Some(openssl) = Judge::on_path("openssl") else { return };
    let folder = Folder::new();
    for algorithm in ALGORITHMS {
        for number in 1..=8 {
            let key = key(algorithm, number);
            let public = key.public();
            let ours = key.sign(MESSAGE);
            assert!(accepts(&openssl, &folder, &public, algorithm, MESSAGE, &ours), "{algorithm} {number}");

            let (pem, message) =
                (folder.write("key.pem", &*key.to_pem().unwrap()), folder.write("message", MESSAGE));
            let files = ["-inkey", &pem, "-in", &message];
            let theirs = openssl.must(&[arguments("-sign", algorithm), files.to_vec()].concat(), b"");
            public.verify(MESSAGE, &theirs).unwrap();

            let mut altered = ours.clone();
            altered[20] ^= 1;
            for (message, signature) in [(MESSAGE, &altered), (b"another message", &ours), (b"", &ours)] {
                assert!(!accepts(&openssl, &folder, &public, algorithm, message, signature), "{algorithm}");
                assert!(public.verify(message, signature).is_err(), "{algorithm}");
            }
        }
    }
}
