"""aics-witness's feeder, the half that a log runs: brings a growing log to a witness, and then another history."""

import json
import sys
import urllib.error
import urllib.request

from aics_tlog import (
    Checkpoint,
    MerkleTree,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    verify_checkpoint,
    vkey_from_ed25519,
)
from aics_witness.feeder import WitnessClient, WitnessRejected, merge_cosignatures
from aics_witness.protocol import origin_hash
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

question = json.load(sys.stdin)
origin = question["origin"]
key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(question["seed"]))
log_vkey, witness_vkey = vkey_from_ed25519(origin, key.public_key()), parse_vkey(question["vkey"])


def tree(flavour):
    return MerkleTree([f"{flavour} {index}".encode() for index in range(max(question["sizes"]) + 10)])


def signed(tree, size):
    return sign_checkpoint(Checkpoint(origin, size, tree.root(size)), key, origin).to_bytes()


def verdict(note):
    return verify_checkpoint(parse_note(note), log_vkey, [witness_vkey], 1).ok


honest, forked = tree("entry"), tree("other")
answer = {"cosigned": [], "refused": None, "recovered": False}
with WitnessClient(question["witness"], witness_vkey) as client:
    for size in question["sizes"]:
        note = signed(honest, size)
        lines = client.submit(note, honest.consistency_proof)
        answer["cosigned"].append(verdict(merge_cosignatures(note, lines)))
    try:
        client.submit(signed(forked, max(question["sizes"]) + 5), forked.consistency_proof)
    except WitnessRejected as error:
        answer["refused"] = error.status
# A feeder that remembers nothing learns the size from the witness.
with WitnessClient(question["witness"], witness_vkey) as client:
    note = signed(honest, max(question["sizes"]) + 1)
    answer["recovered"] = verdict(merge_cosignatures(note, client.submit(note, honest.consistency_proof)))
latest = f"{question['witness']}/{origin_hash(origin)}/checkpoint"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
answer["monitored"] = verdict(opener.open(latest).read())
json.dump(answer, sys.stdout)
