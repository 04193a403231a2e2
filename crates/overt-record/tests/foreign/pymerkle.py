"""pymerkle: roots and proofs of RFC 9162 trees, made by its own generators."""

import json
import sys

from pymerkle import InmemoryTree


def siblings(proof):
    """The path without the leaf that it begins with."""
    return [digest.hex() for digest in proof.path[1:]]


question = json.load(sys.stdin)
tree = InmemoryTree(algorithm="sha256")
for leaf in question["leaves"]:
    tree.append_entry(bytes.fromhex(leaf))
sizes = range(1, len(question["leaves"]) + 1)
json.dump(
    {
        "roots": [tree.get_root(size).hex() for size in sizes],
        "inclusion": [[siblings(tree.prove_inclusion(at, size)) for at in range(1, size + 1)] for size in sizes],
    },
    sys.stdout,
)
