"""aics-tlog: audits a log's tiles, makes proofs out of them, and writes a log of its own."""

import json
import sys

from aics_tlog import (
    Checkpoint,
    DirectoryTileStore,
    HttpTileReader,
    IncrementalTileWriter,
    VerifiedTileReader,
    audit_tiles,
    consistency_proof_from_tiles,
    inclusion_proof_from_tiles,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    sign_checkpoint,
    vkey_from_ed25519,
    verify_checkpoint,
)
from aics_tlog.note import format_vkey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def read(source, vkey, indexes, sizes):
    reader = HttpTileReader([source], proxies={})
    note = parse_note(reader.read_checkpoint())
    verdict = verify_checkpoint(note, parse_vkey(vkey))
    assert verdict.ok, verdict
    head = parse_checkpoint(note.text)
    report = audit_tiles(reader, head.size, head.root)
    tiles = VerifiedTileReader(reader, head.size, head.root)
    texts = lambda hashes: [each.hex() for each in hashes]  # noqa: E731
    return {
        "size": head.size,
        "tiles": report.tiles,
        "bundles": report.bundles,
        "entries": [tiles.entry(index).decode() for index in indexes],
        "inclusion": [texts(inclusion_proof_from_tiles(tiles, index, head.size)) for index in indexes],
        "consistency": [texts(consistency_proof_from_tiles(tiles, old, head.size)) for old in sizes],
    }


def write(directory, origin, seed, batches):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    store = DirectoryTileStore(directory)
    writer = IncrementalTileWriter(store)
    for batch in batches:
        writer.append([entry.encode() for entry in batch])
        head = Checkpoint(origin, writer.size, writer.root())
        store.write_checkpoint(sign_checkpoint(head, key, origin).to_bytes())
    return {"vkey": format_vkey(vkey_from_ed25519(origin, key.public_key()))}


question = json.load(sys.stdin)
json.dump({"read": read, "write": write}[question.pop("do")](**question), sys.stdout)
