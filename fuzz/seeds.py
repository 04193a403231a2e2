#!/usr/bin/env python3
"""Writes what the fuzzers begin with: `seeds.py DIRECTORY` makes `DIRECTORY/<target>/`, one file for each seed.

All of it stands in the repository already, in the vectors and in the tests' data; here it is only taken apart, so that
a fuzzer meets what is inside of base64 and of JSON strings without having to find its way there.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
out = Path(sys.argv[1])
LARGEST = 100_000  # a fuzzer that starts with large files stays slow


def seed(target, content):
    content = content.encode() if isinstance(content, str) else content
    if content and len(content) <= LARGEST:
        directory = out / target
        directory.mkdir(parents=True, exist_ok=True)
        (directory / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def canonical(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def decoded(text):
    """The bytes of a base64 text, nothing if it is none: some vectors are wrong on purpose."""
    try:
        return base64.b64decode(text)
    except (ValueError, TypeError):
        return b""


def field(value, name):
    return value.get(name) if isinstance(value, dict) else None


def envelope_seeds(envelope):
    seed("dsse", canonical(envelope))
    payload = decoded(field(envelope, "payload"))
    seed("record", payload)
    seed("statement", payload)
    for signature in field(envelope, "signatures") or []:
        blob = decoded(field(signature, "sig"))
        if blob.startswith(b"SSHSIG"):
            seed("sshsig", blob)


def note_seeds(note):
    seed("note", note)
    seed("checkpoint", note.rpartition("\n\n")[0] + "\n")
    seed("add_checkpoint", "old 0\n\n" + note)


def proof_seeds(proof, policy):
    seed("tlog_proof", proof)
    head, _, note = proof.partition("\n\n")
    note_seeds(note)
    hashes = "\n".join(line for line in head.split("\n") if len(line) == 44)
    seed("add_checkpoint", f"old 1\n{hashes}\n\n{note}")
    seed("policy", f"{policy}\0{note}")
    for line in head.split("\n"):
        if line.startswith("extra "):
            opening = decoded(line[6:])
            seed("log_entry", opening)
            try:
                leaf = json.loads(opening)["leaf"]
                seed("log_entry", canonical(leaf))
                # serde reads a list as a structure's fields in their order, which no other program does.
                in_order = [leaf[name] for name in ("v", "kind", "time", "commit", "key", "refs")]
                seed("log_entry", canonical(in_order))
                seed("log_entry", canonical({"leaf": in_order, "salt": "07" * 32}))
                seed("log_entry", canonical([leaf, "07" * 32]))
            except (ValueError, KeyError, TypeError):
                pass


def policy_seeds(policy):
    seed("policy", policy)
    for line in policy.split("\n"):
        for word in line.split():
            if word.count("+") >= 2:
                seed("vkey", word)
                seed("witness_list", f"logs/v0\nvkey {word}\norigin o\nqpd 24\ncontact x\nlog {word} https://x\n")


def bundle_seeds(file, policy):
    sigstore = file if field(file, "dsseEnvelope") else field(file, "bundle")
    seed("bundle", canonical(file))
    seed("sigstore", canonical(sigstore))
    seed("submission", canonical({"salt": "07" * 32, "bundle": sigstore}))
    envelope_seeds(field(sigstore, "dsseEnvelope"))
    if isinstance(field(file, "proof"), str):
        proof_seeds(file["proof"], policy)
    samples = field(file, "samples")
    for sample in samples if isinstance(samples, list) else []:
        seed("sample", canonical(sample))
        for part in ("shown", "content"):
            if isinstance(field(sample, part), str):
                seed("json", sample[part])


def fork_seeds(file):
    seed("fork", canonical(file))
    seed("fork", canonical({**file, "leaf": None}))
    seed("fork", canonical(list(file.values())))
    if isinstance(field(file, "leaf"), dict):
        seed("fork", canonical({**file, "leaf": list(file["leaf"].values())}))
    notes = field(file, "notes")
    for note in notes if isinstance(notes, list) else []:
        if isinstance(note, str):
            note_seeds(note)


for vector in json.loads((root / "vectors/vectors.json").read_text()):
    policy, trust, file = vector.get("policy", ""), vector.get("trust", ""), vector.get("file")
    text = vector.get("text") or (canonical(file) if file is not None else "")
    content = decoded(vector["base64"]) if "base64" in vector else text.encode("utf-8", "surrogatepass")
    seed("verify", policy.encode() + b"\0" + trust.encode() + b"\0" + content)
    if len(content) < 4000:
        seed("json", content)
    policy_seeds(policy)
    seed("allowed_signers", trust)
    for line in trust.split("\n"):
        words = line.split(" ")
        seed("public_key", " ".join(words[-2:]))
    if field(file, "notes"):
        fork_seeds(file)
    elif field(file, "dsseEnvelope") or field(file, "bundle"):
        bundle_seeds(file, policy)

data = root / "crates/overt-record/tests/data"
for path in sorted((data / "ssh").iterdir()) + sorted((data / "keys").iterdir()):
    content = path.read_bytes()
    if b"PRIVATE KEY" in content:
        seed("private_key", content)
    elif b"SSH SIGNATURE" in content:
        seed("sshsig", content)
        seed("sshsig", base64.b64decode(b"".join(content.split(b"\n")[1:-2])))
    elif path.suffix in (".pem", ".pub"):
        seed("public_key", content)
        seed("allowed_signers", b'a@b,*.c namespaces="overt-*,!x",valid-after="20260101Z" ' + content)
for target in ("dsse", "sigstore"):
    seed(target, (data / "model_signing/model.sig").read_bytes())

for number in ("0.3125", "-1", "18446744073709551615", "5e-324", "2026-11-24T16:00:00Z", "9999-12-31T23:59:59Z"):
    seed("number", number)
for path in ("tile/0/000", "tile/5/x123/x456/078.p/3", "tile/entries/x001/067", "blob/00ff/a.b_c-d", "\0\1a\0\0\0\2bc"):
    seed("tile", path)
    seed("key", path)
seed("admission_rules", (
    'max_body_bytes = 1048576\n[[allow]]\nkeys = ["*"]\nkinds = ["evaluation", "plan"]\n[limits]\n'
    'key = { events = 60, seconds = 60 }\naddress = { events = 600, seconds = 60 }\n[redaction]\n'
    f'authorities = ["{"0f" * 32}"]\n'
))
seed("witness", bytes([3, 0, 4, 0, 3, 0, 9, 0, 11, 0, 12, 0, 0, 0, 0, 0, 3, 0, 24, 0]))
seed("witness", bytes([3, 0, 9, 0, 11, 9, 9, 1, 1, 1, 1, 1, 3, 0, 9, 0, 11, 5, 12, 1]))

rows = [
    {"id": "a", "q": "1 < 2?", "n": 3, "x": -0.5, "list": ["b", None]},
    {"id": "c", "q": "é\u2028", "n": 0, "x": 1e300, "list": []},
]
seed("dataset", b"\0" + "\n".join(json.dumps(row) for row in rows).encode())
seed("dataset", b"\1" + json.dumps(rows, indent=1, ensure_ascii=False).encode())
seed("dataset", b'\2id,q,"n"\r\na,"x ""y""\nz",3\r\nb,,\r\n')

schema = root / "crates/overt-schema/tests"
suites = root / "crates/overt-task/suites"
for path in sorted([*schema.glob("*/*.yaml"), *suites.rglob("*.yaml")]):
    content = path.read_text()
    seed("suite" if "\ntasks:" in content else "task", content)
    for line in content.split("\n"):
        if "{{" in line or "{%" in line:
            seed("template", line.strip())
        if "where:" in line:
            seed("expression", line.partition("where:")[2].strip(" \"'}"))
for text in ("{% for x in list %}{{ loop.index }}{{ x|upper }}{% endfor %}", "{{ q.strip().split(' ')|length }}",
             "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(n) }}", "{% if x is defined and n > 2 %}{{ deep.key }}{% endif %}",
             # What takes all memory, or all time, where nothing holds it back.
             "{{ 99999999 * [n] }}", "{{ (big * [1])|tojson(indent=big) }}", "{{ [q * 9999] * 9999 }}",
             "{% set s = namespace(x=[q]) %}{% for i in range(99) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x ~ q }}",
             "{% set s = namespace(x=q) %}{% for i in range(99) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}",
             "{% set s = namespace() %}{% set s.x = [s] %}{{ s == s.x }}", "{{ ('%(a)s' * 99999)|format(a=q * 99999) }}",
             "{{ ('{0:>9999}' * 99999).format(q) }}", "{{ (q * 9999).replace('W', q * 9999) }}", "{{ (q * 9999)|indent(9999) }}",
             "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f(q) }}", "{{ list|batch(9999, q)|map('join', q * 9999)|list }}",
             "{% for x in [list] recursive %}{{ loop([x]) }}{% endfor %}", "{{ (list * 9999)[9998:]|sort|unique|list }}"):
    seed("template", text)
for text in ("n > 2 and 'a' in list", "q|length * 2", "deep.key.key ~ q[1:3]", "none is none or not flag", "x // 0.1 ** n",
             "99999999 * [n]", "[[[q] * n] * 9999] * 9999 == list", "(list * big)|tojson", "range(99999)|list * 99 ~ q",
             "list in [list * 99999] * 9", "{q: deep}[q * n]", "([1] * 99999999) ~ ''", "q[::-1] < q * 10 ** n"):
    seed("expression", text)
for text in ("over-refusal.rate <= 0.10", "a.b >= 1e-3 point", "x.y < 0"):
    seed("requirement", text)
