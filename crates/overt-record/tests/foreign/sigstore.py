"""sigstore-python, its models, and in-toto's own bindings: read bundles, envelopes and statements; sign one with ECDSA."""

import base64
import json
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement as InTotoStatement
from pydantic import ValidationError
from sigstore import dsse
from sigstore.errors import VerificationError
from sigstore.models import Bundle, InvalidBundle
from sigstore_models.bundle.v1 import Bundle as BundleModel


def judge(bundle, pem):
    """What is wrong with a bundle whose envelope the key should have signed; None if nothing is."""
    model = BundleModel.from_json(with_log_entries(bundle))
    key = serialization.load_pem_public_key(pem.encode())
    envelope = dsse.Envelope(model.dsse_envelope)
    if isinstance(key, ec.EllipticCurvePublicKey):
        try:
            payload = dsse._verify(key, envelope)  # noqa: SLF001: the public door wants a certificate
        except VerificationError as error:
            return str(error)
    else:
        payload = model.dsse_envelope.payload
    dsse.Statement(payload)
    message = json_format.Parse(payload, statement_pb2.Statement())
    InTotoStatement.copy_from_pb(message).validate()
    return None


def with_log_entries(bundle):
    """The empty list that protobuf leaves out, and that this model demands."""
    bundle = json.loads(bundle)
    bundle["verificationMaterial"].setdefault("tlogEntries", [])
    return json.dumps(bundle)


def complaint(read, error, text):
    try:
        read(text)
    except error as found:
        return str(found)
    return None


def sign(statement):
    key = ec.generate_private_key(ec.SECP256R1())
    envelope = dsse._sign(key, dsse.Statement(statement.encode()))  # noqa: SLF001
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"envelope": envelope.to_json(), "pem": pem.decode()}


question = json.load(sys.stdin)
first = question["bundles"][0]["bundle"]
json.dump(
    {
        "judged": [judge(item["bundle"], item["pem"]) for item in question["bundles"]],
        # What its reader says of a bundle as it is written, and the reader of its command line to one with the list.
        "model": complaint(BundleModel.from_json, ValidationError, first),
        "command_line": complaint(Bundle.from_json, InvalidBundle, with_log_entries(first)),
        "signed": [sign(text) for text in question["statements"]],
    },
    sys.stdout,
)
