"""pyca/cryptography (over OpenSSL): ML-DSA-44 and Ed25519 lines of notes, by the text of C2SP tlog-cosignature."""

import base64
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey


def message(kind, name, time, text):
    if kind == 0x01:
        return text.encode()
    if kind == 0x04:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    origin, size, root = text.split("\n")[:3]
    return (
        b"subtree/v1\n\0"
        + bytes([len(name.encode())]) + name.encode()
        + struct.pack(">Q", time)
        + bytes([len(origin.encode())]) + origin.encode()
        + struct.pack(">QQ", 0, int(size))
        + base64.b64decode(root)
    )


def accepts(note, vkey):
    text, lines = note.rsplit("\n\n", 1)
    name, key_id, material = vkey.split("+", 2)
    material = base64.b64decode(material)
    _, line_name, blob = lines.rstrip("\n").split(" ")
    blob = base64.b64decode(blob)
    assert line_name == name and blob[:4].hex() == key_id
    kind, time, signature = material[0], None, blob[4:]
    if kind != 0x01:
        (time,), signature = struct.unpack(">Q", signature[:8]), signature[8:]
    public = MLDSA44PublicKey if kind == 0x06 else Ed25519PublicKey
    load = public.from_public_bytes
    try:
        load(material[1:]).verify(signature, message(kind, name, time, text + "\n"))
    except InvalidSignature:
        return False
    return True


def cosign(seed, name, time, text):
    key = MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(seed))
    signature = key.sign(message(0x06, name, time, text))
    return {
        "public": key.public_key().public_bytes_raw().hex(),
        "signature": (struct.pack(">Q", time) + signature).hex(),
    }


question = json.load(sys.stdin)
json.dump(
    {
        "judged": [accepts(item["note"], item["vkey"]) for item in question["notes"]],
        "signed": [cosign(**item) for item in question["sign"]],
    },
    sys.stdout,
)
