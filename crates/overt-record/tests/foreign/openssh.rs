//! OpenSSH's `ssh-keygen`: keys, signatures and lists of allowed signers.

use overt_record::dsse::{Envelope, SSH_NAMESPACE, pae};
use overt_record::in_toto::PAYLOAD_TYPE;
use overt_record::ssh::{AllowedSigners, Signature, parse_public, to_public_line};
use overt_record::{PrivateKey, PublicKey, Timestamp};

use crate::judge::{Folder, Judge};
use crate::samples::{ALGORITHMS, key, payloads};

const TYPES: [&str; 2] = ["ed25519", "ecdsa"];

/// Makes a key without a passphrase; its public half.
fn generate(ssh_keygen: &Judge, folder: &Folder, kind: &str) -> PublicKey {
    let path = folder.at(kind);
    ssh_keygen.must(&["-q", "-t", kind, "-N", "", "-C", "someone@example.org", "-f", &path], b"");
    parse_public(&folder.text(&format!("{kind}.pub"))).unwrap()
}

/// Signs a message in a namespace; the armored signature.
fn sign(ssh_keygen: &Judge, folder: &Folder, kind: &str, namespace: &str, message: &[u8]) -> String {
    let said = ssh_keygen.must(&["-q", "-Y", "sign", "-n", namespace, "-f", &folder.at(kind)], message);
    String::from_utf8(said).unwrap()
}

#[test]
fn what_ssh_keygen_signs_is_an_envelope_that_verifies_here() {
    let Some(ssh_keygen) = Judge::on_path("ssh-keygen") else { return };
    for kind in TYPES {
        let folder = Folder::new();
        let key = generate(&ssh_keygen, &folder, kind);
        for payload in payloads() {
            let message = pae(PAYLOAD_TYPE, &payload);
            let armored = sign(&ssh_keygen, &folder, kind, SSH_NAMESPACE, &message);
            let signature = Signature::from_armor(&armored).unwrap();
            assert_eq!(signature.key(), &key);
            let id = key.id().to_string();
            let envelope = Envelope::new(PAYLOAD_TYPE, payload, &id, signature.blob().to_vec()).unwrap();
            let again = Envelope::parse(envelope.to_json().as_bytes()).unwrap();
            again.verify(&key).unwrap();
            let altered =
                Envelope::new(PAYLOAD_TYPE, b"{}".to_vec(), &id, signature.blob().to_vec()).unwrap();
            assert!(altered.verify(&key).is_err(), "{kind}");
        }
        let elsewhere = sign(&ssh_keygen, &folder, kind, "file", &pae(PAYLOAD_TYPE, b"{}"));
        let elsewhere = Signature::from_armor(&elsewhere).unwrap().blob().to_vec();
        assert!(Envelope::new(PAYLOAD_TYPE, b"{}".to_vec(), "", elsewhere).unwrap().verify(&key).is_err());
    }
}

#[test]
fn ssh_keygen_reads_the_public_lines_written_here() {
    let Some(ssh_keygen) = Judge::on_path("ssh-keygen") else { return };
    let folder = Folder::new();
    for algorithm in ALGORITHMS {
        for number in 1..=8 {
            let public = key(algorithm, number).public();
            let line = to_public_line(&public);
            let path = folder.write("key.pub", format!("{line} comment\n"));
            let fingerprint = String::from_utf8(ssh_keygen.must(&["-l", "-f", &path], b"")).unwrap();
            assert!(fingerprint.contains(" SHA256:"), "{fingerprint}");
            // Its own conversion of the key, where it has one: Ed25519 it does not export.
            let exported = ssh_keygen.run(&["-e", "-m", "PKCS8", "-f", &path], b"");
            if exported.accepts {
                let pem = String::from_utf8(exported.output).unwrap();
                assert_eq!(PublicKey::from_pem(&pem).unwrap(), public);
            } else {
                assert_eq!(algorithm, overt_record::Algorithm::Ed25519, "{}", exported.complaint);
            }
        }
    }
}

#[test]
fn private_keys_of_ssh_keygen_sign_here_what_it_signs_itself() {
    let Some(ssh_keygen) = Judge::on_path("ssh-keygen") else { return };
    for kind in TYPES {
        let folder = Folder::new();
        let public = generate(&ssh_keygen, &folder, kind);
        let plain = PrivateKey::from_pem(&folder.text(kind), None).unwrap();
        assert_eq!(plain.public(), public);
        for cipher in ["aes256-ctr", "aes256-cbc"] {
            let path = folder.at(kind);
            let change = ["-q", "-p", "-P", "", "-N", "a passphrase", "-Z", cipher, "-a", "2", "-f", &path];
            ssh_keygen.must(&change, b"");
            let read = PrivateKey::from_pem(&folder.text(kind), Some(b"a passphrase"));
            assert_eq!(read.unwrap().public(), public, "{kind} {cipher}");
            assert!(PrivateKey::from_pem(&folder.text(kind), Some(b"wrong")).is_err(), "{kind} {cipher}");
            ssh_keygen.must(&["-q", "-p", "-P", "a passphrase", "-N", "", "-f", &path], b"");
        }
    }
}

/// The options of a line, who is asked about, in which namespace, when.
const QUESTIONS: [(&str, &str, &str, &str, &str); 20] = [
    ("alice@example.org", "", "alice@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("alice@example.org", "", "bob@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("alice@example.org,bob@example.org", "", "bob@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("*@example.org", "", "bob@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("*@example.org,!bob@example.org", "", "bob@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("*@example.org,!bob@example.org", "", "eve@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("?lice@example.org", "", "alice@example.org", "overt-dsse-v1", "20260601000000Z"),
    ("!alice@example.org", "", "bob@example.org", "overt-dsse-v1", "20260601000000Z"),
    (
        "alice@example.org",
        r#"namespaces="overt-dsse-v1""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260601000000Z",
    ),
    ("alice@example.org", r#"namespaces="overt-*""#, "alice@example.org", "overt-dsse-v1", "20260601000000Z"),
    (
        "alice@example.org",
        r#"namespaces="file,git""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260601000000Z",
    ),
    ("alice@example.org", r#"namespaces="file,git""#, "alice@example.org", "git", "20260601000000Z"),
    ("alice@example.org", r#"namespaces="*,!git""#, "alice@example.org", "git", "20260601000000Z"),
    (
        "alice@example.org",
        r#"valid-after="20260601Z""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260531235959Z",
    ),
    (
        "alice@example.org",
        r#"valid-after="20260601Z""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260601000000Z",
    ),
    (
        "alice@example.org",
        r#"valid-before="20260601Z""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260601000000Z",
    ),
    (
        "alice@example.org",
        r#"valid-before="20260601Z""#,
        "alice@example.org",
        "overt-dsse-v1",
        "20260601000001Z",
    ),
    (
        "alice@example.org",
        r#"namespaces="git",valid-after="202606011200Z""#,
        "alice@example.org",
        "git",
        "20260601120001Z",
    ),
    ("alice@example.org", "cert-authority", "alice@example.org", "overt-dsse-v1", "20260601000000Z"),
    (r#""alice@example.org""#, "", "alice@example.org", "overt-dsse-v1", "20260601000000Z"),
];

#[test]
fn a_list_of_allowed_signers_means_the_same_to_both() {
    let Some(ssh_keygen) = Judge::on_path("ssh-keygen") else { return };
    for kind in TYPES {
        let folder = Folder::new();
        let key = generate(&ssh_keygen, &folder, kind);
        for (principals, options, principal, namespace, time) in QUESTIONS {
            let line = format!("{principals} {options} {}\n", to_public_line(&key));
            let list = folder.write("allowed_signers", &line);
            let signature = sign(&ssh_keygen, &folder, kind, namespace, b"message");
            let signature = folder.write("signature", signature);
            let time_option = format!("-Overify-time={time}");
            let theirs = ssh_keygen.run(
                &[
                    "-Y",
                    "verify",
                    "-f",
                    &list,
                    "-I",
                    principal,
                    "-n",
                    namespace,
                    "-s",
                    &signature,
                    &time_option,
                ],
                b"message",
            );
            let signers = AllowedSigners::parse(&line).unwrap();
            let ours = signers.signers().iter().any(|signer| {
                signer.is_about(principal) && signer.key() == &key && signer.allows(namespace, moment(time))
            });
            assert_eq!(ours, theirs.accepts, "{line}{principal} {namespace} {time}: {}", theirs.complaint);
        }
    }
}

/// `20260601120001Z` as RFC 3339.
fn moment(text: &str) -> Timestamp {
    let part = |range| text.get(range).unwrap();
    format!("{}-{}-{}T{}:{}:{}Z", part(0..4), part(4..6), part(6..8), part(8..10), part(10..12), part(12..14))
        .parse()
        .unwrap()
}
