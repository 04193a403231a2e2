//! `model_signing` (PyPI), OpenSSF's signer of model weights.

use overt_record::dsse::Envelope;
use overt_record::in_toto::{PAYLOAD_TYPE, Statement};
use overt_record::model_signing::{GIT_PATHS, root_digest};
use overt_record::sigstore::Bundle;
use overt_record::{Algorithm, Hash, PrivateKey};

use crate::judge::{Folder, Judge};
use crate::samples::key;

/// Files whose order, names or places a reader could take otherwise.
const FILES: [(&str, &str); 12] = [
    ("config.json", "{}"),
    ("a/b", "1"),
    ("a-b", "2"),
    ("a.b/c", "4"),
    ("a/é.txt", "3"),
    ("B", "5"),
    ("model.safetensors", "weights"),
    (".gitattributes", "x"),
    (".git/config", "y"),
    ("sub/.git/config", "z"),
    ("sub/deeper/still/.gitignore", "q"),
    ("empty", ""),
];

fn model() -> Folder {
    let folder = Folder::new();
    for (path, contents) in FILES {
        folder.write(&format!("model/{path}"), contents);
    }
    folder
}

fn digest() -> Hash {
    let files = FILES.map(|(path, contents)| (path, Hash::of(contents)));
    root_digest(files, &GIT_PATHS).unwrap()
}

/// Signs the model as its publisher would; the bundle.
fn sign(model_signing: &Judge, folder: &Folder, key: &PrivateKey) -> Bundle {
    let private = folder.write("key.pem", &*key.to_pem().unwrap());
    let (weights, signature) = (folder.at("model"), folder.at("model.sig"));
    model_signing.must(&["sign", "key", "--private_key", &private, "--signature", &signature, &weights], b"");
    Bundle::parse(&folder.read("model.sig")).unwrap()
}

#[test]
fn a_signature_of_weights_verifies_here_and_names_the_same_digest() {
    let Some(model_signing) = Judge::in_environment("model_signing") else { return };
    let key = key(Algorithm::P256, 13);
    let bundle = sign(&model_signing, &model(), &key);
    let public = key.public();
    let verified = bundle.envelope().unwrap().verify(&public).unwrap();
    let statement = Statement::from_foreign(verified).unwrap();
    assert_eq!(statement.subject_with(&digest()).unwrap().name, "model");
}

/// Known: the hint must be the digest of the key's PEM, and the empty list of log entries must be written out.
#[test]
fn a_bundle_written_here_is_accepted_once_its_verification_material_is_theirs() {
    let Some(model_signing) = Judge::in_environment("model_signing") else { return };
    let (folder, key) = (model(), key(Algorithm::P256, 13));
    let theirs = sign(&model_signing, &folder, &key);
    let public = folder.write("public.pem", key.public().to_pem().unwrap());
    let (weights, signature) = (folder.at("model"), folder.at("model.sig"));
    let verify = || {
        let files = ["--public_key", &public, "--signature", &signature, &weights];
        model_signing.run(&[["verify", "key"].as_slice(), &files].concat(), b"")
    };
    assert!(verify().accepts);

    let payload = theirs.envelope().unwrap().unverified_payload().to_vec();
    let ours = Bundle::new(Envelope::sign(PAYLOAD_TYPE, payload, &key).unwrap());
    folder.write("model.sig", ours.to_json().unwrap());
    assert!(!verify().accepts);
    let mut bundle = ours.to_value().unwrap();
    bundle["verificationMaterial"] = serde_json::Value::Object(theirs.material().clone());
    folder.write("model.sig", bundle.to_string());
    let said = verify();
    assert!(said.accepts, "{}", said.complaint);
    folder.write("model/B", "changed");
    assert!(!verify().accepts);
}
