"""securesystemslib, the library under in-toto and TUF: reads and checks DSSE envelopes, and makes some."""

import base64
import json
import sys

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey


def accepts(envelope, pem):
    key = SSlibKey.from_crypto(load_pem_public_key(pem.encode()), envelope["signatures"][0]["keyid"])
    try:
        read = Envelope.from_dict(envelope)
        read.verify([key], 1)
    except VerificationError:
        return None
    return base64.b64encode(read.payload).decode()


def sign(signer, payload_type, payload):
    envelope = Envelope(payload.encode(), payload_type, {})
    envelope.sign(signer)
    public = load_pem_public_key(signer.public_key.keyval["public"].encode()) if is_pem(signer) else None
    raw = public or signer._private_key.public_key()  # noqa: SLF001: Ed25519 keys are kept as hexadecimal
    pem = raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {"envelope": json.dumps(envelope.to_dict()), "pem": pem}


def is_pem(signer):
    return signer.public_key.keyval["public"].startswith("-----")


question = json.load(sys.stdin)
signers = [CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa()]
json.dump(
    {
        "read": [accepts(item["envelope"], item["pem"]) for item in question["envelopes"]],
        "signed": [sign(signer, question["type"], text) for signer in signers for text in question["payloads"]],
    },
    sys.stdout,
)
