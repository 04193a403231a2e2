//! What a file looks like that is not what was asked for: whoever named the wrong one is told which it is.

use std::fs;
use std::io::Read;
use std::path::Path;

use overt_record::bundle::MAX_BUNDLE;
use overt_record::verify::CheckId;
use serde_json::Value;

use crate::failure::Failure;

/// A key that may be trusted.
pub(crate) const PUBLIC_KEY: &str = "a public key in PEM";
/// The same as OpenSSH writes it.
pub(crate) const SSH_KEY: &str = "a public key of OpenSSH without the name of its holder";
/// A key that nobody but its owner may have.
pub(crate) const PRIVATE_KEY: &str = "a private key";
/// What a certification authority says of a key.
pub(crate) const CERTIFICATE: &str = "a certificate";
/// What belongs after `--policy`.
pub(crate) const POLICY: &str = "a policy that says which logs are believed";
/// What belongs after `--log-key`.
pub(crate) const LOG_KEY: &str = "the key of a log or witness";

/// Text that is looked at to tell what a file is.
const HEAD: usize = 4096;

/// Reads a file that may be a bundle: one byte more than the largest, so that a larger one is refused as such.
pub(crate) fn read_bundle_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::file("read", path, error))?;
    read_bundle_from(path, file)
}

/// The same of what is open already.
pub(crate) fn read_bundle_from(name: impl AsRef<Path>, from: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(MAX_BUNDLE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::file("read", name.as_ref(), error))?;
    Ok(bytes)
}

/// What is said of a file that failed the check that it is a bundle; `None` if it failed another one, or looks like a
/// bundle, so that the check's own words are the better ones.
pub(crate) fn no_bundle(failed: CheckId, bytes: &[u8]) -> Option<String> {
    if failed != CheckId::Format || bytes.len() > MAX_BUNDLE {
        return None;
    }
    let found = of_file(bytes)?;
    Some(format!("a record was expected (*.overt.json or *.sigstore.json); this looks like {found}"))
}

/// What a file looks like, in words that follow "this looks like"; `None` for a bundle.
pub(crate) fn of_file(bytes: &[u8]) -> Option<&'static str> {
    let binary: [(&[u8], &str); 5] = [
        (b"PAR1", "a Parquet file, such as a run's samples.parquet; the record lies beside it"),
        (b"\x1f\x8b", "a file compressed by gzip, such as samples.jsonl.gz; the record lies beside it"),
        (b"PK\x03\x04", "a ZIP archive: unpack it first"),
        (b"GGUF", "the weights of a model"),
        (b"%PDF", "a PDF document"),
    ];
    if bytes.is_empty() {
        return Some("nothing: the file is empty");
    }
    if let Some((_, what)) = binary.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(what);
    }
    let Ok(text) = str::from_utf8(bytes) else {
        return Some("binary data");
    };
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return of_json(&value);
    }
    Some(of_text(text))
}

fn of_json(value: &Value) -> Option<&'static str> {
    let Value::Object(fields) = value else {
        return Some("JSON, but no object");
    };
    let has = |name: &str| fields.contains_key(name);
    if has("mediaType") {
        // A bundle, or what claims to be one: its reader says what is wrong.
        return None;
    }
    if has("payloadType") && has("signatures") {
        return Some("a DSSE envelope without the bundle around it");
    }
    if has("_type") && has("predicateType") {
        return Some("a statement without its signature");
    }
    if has("status") && has("system") && has("tasks") {
        return Some("the manifest of a run (run.json); `overt publish` makes a record of a run");
    }
    if has("vkeys") {
        return Some("what a log or witness says of itself (log.json)");
    }
    if has("format") {
        return Some("JSON that a command printed with --json");
    }
    Some("JSON of another kind")
}

/// What a text looks like that is not JSON.
pub(crate) fn of_text(text: &str) -> &'static str {
    let head: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(HEAD).collect();
    let small = head.get(..15).unwrap_or(&head).to_ascii_lowercase();
    let first = head.lines().next().unwrap_or_default().trim_end();
    if let Some(label) = first.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
        return match label {
            "PUBLIC KEY" => PUBLIC_KEY,
            "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => CERTIFICATE,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => "a request for a certificate",
            "SSH SIGNATURE" => "a signature that ssh-keygen made",
            "SSH2 PUBLIC KEY" | "RSA PUBLIC KEY" => "a public key in a form that is not read here",
            "PGP PUBLIC KEY BLOCK" => "a key of OpenPGP",
            label if label.ends_with("PRIVATE KEY") => PRIVATE_KEY,
            _ => "a file in PEM of another kind",
        };
    }
    if small.starts_with("<!doctype") || small.starts_with("<html") {
        return "a web page: the address must be that of the file itself";
    }
    if first.starts_with("c2sp.org/tlog-proof") {
        return "a proof of logging (.tlog-proof); name the bundle that lies beside it";
    }
    if first == "overt-follow v1" {
        return "how far a log was followed (overt log follow --state)";
    }
    if head.contains("\n\n\u{2014} ") {
        return "a checkpoint of a log";
    }
    if is_policy(&head) {
        return POLICY;
    }
    if is_ssh_key(first) {
        return SSH_KEY;
    }
    if is_vkey(first) {
        return LOG_KEY;
    }
    if head.starts_with('{') {
        return if text.lines().take(2).count() > 1 && serde_json::from_str::<Value>(first).is_ok() {
            "JSON Lines"
        } else {
            "JSON that is broken or cut off"
        };
    }
    if head.lines().any(|line| line.starts_with("prompt:") || line.starts_with("dataset:")) {
        return "a task file";
    }
    "text of another kind"
}

/// Lines as in a C2SP tlog-policy.
fn is_policy(head: &str) -> bool {
    let lines = head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut words = lines.map(|line| line.split_ascii_whitespace().next().unwrap_or_default());
    words.next().is_some_and(|word| matches!(word, "log" | "witness" | "group" | "quorum"))
}

fn is_ssh_key(line: &str) -> bool {
    let kind = line.split_ascii_whitespace().next().unwrap_or_default();
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|start| kind.starts_with(start))
}

/// `name+8 hexadecimal digits+base64`.
fn is_vkey(line: &str) -> bool {
    let mut parts = line.splitn(3, '+').skip(1);
    let id = parts.next().unwrap_or_default();
    id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit()) && parts.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_is_told_for_what_it_is() {
        let cases: [(&[u8], &str); 19] = [
            (b"", "empty"),
            (b"PAR1....", "Parquet"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\xff\xfe\0", "binary"),
            (b"[]", "no object"),
            (b"{\"payloadType\":\"\",\"signatures\":[]}", "DSSE"),
            (b"{\"_type\":\"\",\"predicateType\":\"\"}", "without its signature"),
            (b"{\"status\":\"\",\"system\":{},\"tasks\":[]}", "run.json"),
            (b"{\"a\":1}\n{\"a\":2}\n", "JSON Lines"),
            (b"{\"a\":", "cut off"),
            (b"-----BEGIN PUBLIC KEY-----\n", "public key in PEM"),
            (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "a private key"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "a private key"),
            (b"-----BEGIN CERTIFICATE-----\n", "certificate"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"# mine\nlog log.example.org+00000000+AAAA\nquorum none\n", "policy"),
            (b"ssh-ed25519 AAAA me@example.org\n", "without the name"),
            (b"log.example.org/1+06a5ad7d+AZ7C\n", "key of a log"),
            (b"name: echo\nprompt: { user: x }\n", "task file"),
        ];
        for (bytes, words) in cases {
            let said = of_file(bytes).unwrap();
            assert!(said.contains(words), "{:?}: {said}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(of_file(b"{\"mediaType\":\"application/vnd.overt.bundle.v1+json\"}"), None);
        assert!(no_bundle(CheckId::Signature, b"").is_none());
    }
}
