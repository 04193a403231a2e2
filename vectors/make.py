"""Makes vectors.json: evidence files, and what a verifier must say of them.

    python3 -m venv venv && venv/bin/pip install 'cryptography>=48' && venv/bin/python make.py

A third implementation of docs/design/evidence.md, written from the specifications, that shares no code with the verifiers in
Rust and JavaScript. All keys, salts and times are fixed, so it writes the same bytes every time. README.md describes the
format of what it writes.
"""

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

import ml_dsa_44

# ---------------------------------------------------------------------------------------------------------------------
# Bytes, JSON, trees


def sha256(*pieces) -> bytes:
    return hashlib.sha256(b"".join(p.encode() if isinstance(p, str) else p for p in pieces)).digest()


def seed(label: str) -> bytes:
    """32 bytes that stand for a secret. They are public: use them for nothing but these vectors."""
    return sha256("overt vectors/", label)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canonical(value) -> bytes:
    """RFC 8785, for values whose numbers are integers."""

    def write(value) -> str:
        if isinstance(value, dict):
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{write(key)}:{write(value[key])}" for key in keys) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(write, value)) + "]"
        assert not isinstance(value, float)
        return json.dumps(value, ensure_ascii=False)

    return write(value).encode()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0", entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1", left, right)


def split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def root_of(leaves) -> bytes:
    """MTH of RFC 6962, section 2.1, from the hashes of the leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    k = split(len(leaves))
    return node_hash(root_of(leaves[:k]), root_of(leaves[k:]))


def inclusion(index: int, leaves):
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(index, leaves[:k]) + [root_of(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [root_of(leaves[:k])]


# ---------------------------------------------------------------------------------------------------------------------
# Keys and signatures


def ssh_string(data) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


class Ed25519:
    def __init__(self, label: str):
        self.secret = ed25519.Ed25519PrivateKey.from_private_bytes(seed(label))
        self.point = self.secret.public_key().public_bytes_raw()
        self.ssh_type = "ssh-ed25519"
        self.ssh_key = ssh_string(self.ssh_type) + ssh_string(self.point)

    def sign(self, message: bytes) -> bytes:
        return self.secret.sign(message)

    ssh_sign = sign


class P256:
    def __init__(self, label: str):
        self.secret = ec.derive_private_key(int.from_bytes(seed(label), "big") >> 1, ec.SECP256R1())
        public = self.secret.public_key()
        self.point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.ssh_type = "ecdsa-sha2-nistp256"
        self.ssh_key = ssh_string(self.ssh_type) + ssh_string("nistp256") + ssh_string(self.point)

    def sign(self, message: bytes) -> bytes:
        return self.secret.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def ssh_sign(self, message: bytes) -> bytes:
        mpints = (n.to_bytes(n.bit_length() // 8 + 1, "big") for n in utils.decode_dss_signature(self.sign(message)))
        return b"".join(map(ssh_string, mpints))


def spki(key) -> bytes:
    return key.secret.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_id(key) -> str:
    return sha256(spki(key)).hex()


def pae(payload_type: str, payload: bytes) -> bytes:
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sshsig(key, message: bytes, namespace="overt-dsse-v1", hash_name="sha512", signer=None, version=1) -> bytes:
    """OpenSSH's PROTOCOL.sshsig. `signer` is the key that really signs, if it is another."""
    head = ssh_string(namespace) + ssh_string("") + ssh_string(hash_name)
    digest = hashlib.new(hash_name, message).digest()
    signature = (signer or key).ssh_sign(b"SSHSIG" + head + ssh_string(digest))
    inner = ssh_string(key.ssh_type) + ssh_string(signature)
    return b"SSHSIG" + struct.pack(">I", version) + ssh_string(key.ssh_key) + head + ssh_string(inner)


ALICE, BOB, CAROL = Ed25519("issuer alice"), P256("issuer bob"), Ed25519("issuer carol")

# ---------------------------------------------------------------------------------------------------------------------
# Notes: logs and witnesses


class NoteKey:
    """A key that signs notes: type 1 (Ed25519), 4 (Ed25519 cosignature) or 6 (ML-DSA-44 cosignature)."""

    def __init__(self, name: str, kind: int, label: str = ""):
        self.name, self.kind = name, kind
        self.secret = ml_dsa_44.Key(seed(label or name)) if kind == 6 else Ed25519(label or name)
        self.public = self.secret.public if kind == 6 else self.secret.point
        self.id = sha256(name, "\n", bytes([kind]), self.public)[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def sign(self, text: str, time: int = 0) -> bytes:
        if self.kind == 1:
            return self.secret.sign(text.encode())
        stamp = struct.pack(">Q", time)
        if self.kind == 4:
            return stamp + self.secret.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return stamp + self.secret.sign(cosigned_message(self.name, text, time))

    def line(self, text: str, time: int = 0, name: str = "", signature: bytes = b"") -> str:
        return f"\u2014 {name or self.name} {b64(self.id + (signature or self.sign(text, time)))}\n"


def cosigned_message(name: str, text: str, time: int) -> bytes:
    """The `cosigned_message` of tlog-cosignature; lengths of more than a byte, which it forbids, wrap around."""
    origin, size, root = text.split("\n")[:3]
    tree = struct.pack(">QQ", 0, int(size)) + base64.b64decode(root)
    names = [(bytes([len(n.encode()) % 256]) + n.encode()) for n in (name, origin)]
    return b"subtree/v1\n\0" + names[0] + struct.pack(">Q", time) + names[1] + tree


TIME = 1795536000  # 2026-11-24T16:00:00Z

LOG = NoteKey("log.example/overt", 1)
LOG_PQ = NoteKey("log.example/overt", 6, "log.example/overt, ML-DSA-44")
OTHER_LOG = NoteKey("elsewhere.example/log", 1)
W1, W2, W3 = (NoteKey(f"witness{i}.example", 4) for i in (1, 2, 3))
W_PQ = NoteKey("pq-witness.example", 6)


def checkpoint(leaves, origin=LOG.name) -> str:
    return f"{origin}\n{len(leaves)}\n{b64(root_of(leaves))}\n"


def note(text: str, *lines: str) -> str:
    return text + "\n" + "".join(lines)


# ---------------------------------------------------------------------------------------------------------------------
# Records

PREFIX = "https://github.com/overt-audit/overt/record/"
ISSUED = "2026-11-24T16:00:00Z"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def digest(label: str) -> str:
    return sha256("an artefact called ", label).hex()


def issuer(key, name="Alice Example", **more):
    return {"name": name, "key": b64(spki(key)), **more}


def about(**digests):
    return [{"name": name.replace("_", "."), "digest": {"sha256": value}} for name, value in digests.items()]


def statement(kind: str, subject, body, key=ALICE, version="v1", **header):
    predicate = {"issuer": issuer(key), "issuedAt": ISSUED, **body, **header}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": f"{PREFIX}{kind}/{version}",
        "predicate": predicate,
    }


SECRET = seed("samples of the run")
ROWS = [
    (
        canonical(
            {"epoch": 0, "id": f"q{i}", "index": i, "outcome": "ok", "scores": {"exact": i % 2}, "task": "demo"}
        ),
        canonical({"answer": f"Antwort {i} – ✓", "prompt": f"Question {i}?"}),
    )
    for i in range(7)
]


def salt(index: int, part: str, secret=SECRET) -> bytes:
    return hmac.digest(secret, b"overt/salt/v1\0" + part.encode() + struct.pack(">Q", index), "sha256")


def commit(index: int, part: str, data: bytes, secret=SECRET) -> bytes:
    return sha256(f"overt/sample/{part}/v1\0", salt(index, part, secret), data)


def sample_leaves(rows, secret=SECRET):
    return [
        leaf_hash(commit(i, "shown", shown, secret) + commit(i, "content", content, secret))
        for i, (shown, content) in enumerate(rows)
    ]


def reveal(record: bytes, index: int, rows=ROWS, content=True, secret=SECRET):
    """A sample with what opens it: docs/design/evidence.md, "Samples"."""
    shown, whole = rows[index]
    opened = {
        "record": record.hex(),
        "index": index,
        "count": len(rows),
        "shown": shown.decode(),
        "shownSalt": salt(index, "shown", secret).hex(),
        "path": [h.hex() for h in inclusion(index, sample_leaves(rows, secret))],
    }
    if content:
        return {**opened, "content": whole.decode(), "contentSalt": salt(index, "content", secret).hex()}
    return {**opened, "contentCommitment": commit(index, "content", whole, secret).hex()}


SETTINGS = {"seed": "18446744073709551615", "concurrency": 4, "maxAttempts": 5, "level": "0.95"}
DATASET = {
    "source": "embedded",
    "sha256": digest("dataset"),
    "samplesSha256": digest("used samples"),
    "samples": 7,
}


def evaluation(rows=ROWS, secret=SECRET, **changes):
    wilson = {"low": "0.158", "high": "0.7496", "level": "0.95", "method": "wilson"}
    return {
        "run": {
            "id": "20261124T150000Z-demo",
            "created": "2026-11-24T15:00:00Z",
            "finished": "2026-11-24T15:30:00Z",
            "manifestSha256": digest("run.json"),
        },
        "evaluator": {"relationship": "third_party", "limitations": "Seven questions\nand one system."},
        "overt": {"version": "0.1.0", "build": "x86_64-unknown-linux-gnu"},
        "system": {
            "name": "demo-model",
            "reach": "local",
            "model": "demo-model",
            "artefact": {
                "file": "demo.gguf",
                "sha256": digest("weights"),
                "bytes": 123456789,
                "quantisation": "Q4_1",
            },
            "engine": "llama.cpp b6123",
            "details": {"threads": "2"},
            "observed": {"models": {"demo-model": 7}},
            "identitySha256": digest("system"),
        },
        "settings": SETTINGS,
        "tasks": [
            {
                "name": "demo",
                "title": "A demonstration",
                "version": "1",
                "taskSha256": digest("task"),
                "templateSha256": digest("template"),
                "dataset": DATASET,
                "generation": {"temperature": "0"},
                "epochs": 1,
                "planned": len(rows),
                "outcomes": {"ok": len(rows)},
                "metrics": [
                    {
                        "name": "accuracy",
                        "title": "Accuracy",
                        "direction": "higher",
                        "value": "0.42857142857142855",
                        "interval": wilson,
                        "n": len(rows),
                        "missing": 0,
                        "bounds": ["0.42857142857142855", "0.42857142857142855"],
                    }
                ],
            }
        ],
        "requirements": [{"expression": "demo.accuracy >= 0.4", "held": True, "reason": "0.43 is at least 0.4"}],
        "samples": {"count": len(rows), "root": root_of(sample_leaves(rows, secret)).hex(), "withheld": 0},
        "files": {"samples.parquet": digest("samples.parquet")},
        **changes,
    }


def evaluation_subject(weights=True):
    subject = {
        "run_json": digest("run.json"),
        "samples_parquet": digest("samples.parquet"),
        "system": digest("system"),
    }
    return about(**subject, **({"weights": digest("weights")} if weights else {}))


PLAN = {
    "tasks": [
        {
            "name": "demo",
            "version": "1",
            "taskSha256": digest("task"),
            "templateSha256": digest("template"),
            "dataset": DATASET,
            "selected": {"count": 7, "sha256": digest("selected")},
        }
    ],
    "systems": [{"name": "demo-model", "reach": "api", "model": "demo-model", "baseUrl": "https://api.example/v1"}],
    "settings": SETTINGS,
    "runs": 2,
    "claims": [{"expression": "demo.accuracy >= 0.4"}],
    "rationale": "To see whether it can.",
    "notAfter": "2026-12-24T00:00:00Z",
}

REPRODUCTION = {
    "original": digest("original record"),
    "again": {"manifestSha256": digest("new run.json")},
    "comparisons": [
        {
            "task": "demo",
            "metric": "accuracy",
            "original": {"value": "0.42857142857142855"},
            "again": {"value": "0.5"},
            "difference": "0.0714285714285715",
            "test": {"method": "mcnemar-exact", "statistic": "1", "p": "1"},
            "verdict": "cannot_tell",
        }
    ],
    "verdict": "cannot_tell",
}

ALARM = {
    "watch": {"name": "demo-watch", "sha256": digest("watch")},
    "detector": "e-detector",
    "quantity": "demo.accuracy",
    "statistic": "23.5",
    "threshold": "20",
    "window": {"from": "2026-11-20T00:00:00Z", "to": "2026-11-24T00:00:00Z", "observations": 96},
    "summary": "Accuracy fell.",
    "records": [digest("first record"), digest("second record")],
}

INCIDENT = {
    "kind": "near_miss",
    "title": "The model advised a double dose",
    "description": "Asked about a medicine, it doubled the dose.\nA nurse noticed.",
    "language": "en",
    "systems": [{"name": "demo-model", "developers": ["Example Labs"], "sha256": digest("weights")}],
    "severity": "high",
    "harms": ["physical"],
    "stakeholders": ["end_users"],
    "serious": ["death_or_health"],
    "countries": ["KE"],
    "occurredAt": "2026-11-23T10:00:00Z",
    "status": "reported",
    "reporter": "user",
    "evidence": [{"title": "Transcript", "sha256": digest("transcript")}],
    "deadlines": [{"regime": "ai_act73", "report": "initial", "due": "2026-12-08T00:00:00Z"}],
    "records": [digest("an evaluation's record")],
    "details": {
        "intent": "as_meant",
        "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:H/A:N",
        "novelty": "new",
        "attackerResources": ["black_box"],
        "attackerObjectives": ["integrity"],
        "policies": [{"uri": "https://labs.example/policy"}],
        "measuredPrevalence": {
            "count": 18,
            "of": 60,
            "interval": {"low": "0.199", "high": "0.4251", "level": "0.95", "method": "wilson"},
            "record": digest("an evaluation's record"),
            "task": "doses",
            "metric": "wrong-dose",
        },
        "principles": ["safety"],
        "industries": ["Q"],
        "breadth": "pilot",
        "autonomy": "none",
        "tasks": ["interaction_support"],
        "rootCause": {"outputs": "The dose for an adult."},
    },
}

TEXT = "We, the undersigned, ask for evidence.\n"
STATEMENT = {
    "title": "For evidence",
    "language": "en",
    "version": "1",
    "mediaType": "text/plain",
    "sha256": sha256(TEXT).hex(),
    "text": TEXT,
}

ENDORSEMENT = {
    "of": digest("the statement's record"),
    "signatory": {"as": "person", "name": "Zoya Yashchenko", "role": "Nurse", "country": "UA"},
    "verified": "email_domain",
    "domain": "clinic.example",
}

LISTING = {
    "of": digest("the statement's record"),
    "source": {"title": "For evidence", "sha256": digest("letter.txt"), "uri": "https://letter.example/text"},
    "statedTotal": 12,
    "names": [{"name": "Zoë Example", "affiliation": "AI Foundry, a fund"}, {"name": "Łukasz O’Example"}],
}

REDACTION = {
    "target": digest("a record"),
    "scope": {"of": "samples", "indexes": [1, 4]},
    "reason": "personal_data",
    "authority": {"name": "The person concerned"},
}


def possession(issuer_key, key, signer=None) -> str:
    payload = canonical({"issuer": key_id(issuer_key), "key": key_id(key)})
    return b64((signer or key).sign(pae("application/vnd.overt.possession.v1+json", payload)))


ROTATION = {
    "key": b64(spki(ALICE)),
    "change": {
        "action": "rotate",
        "newKey": b64(spki(BOB)),
        "possession": possession(ALICE, BOB),
        "reason": "scheduled",
    },
    "effective": ISSUED,
}

RECORDS = {
    "evaluation": statement("evaluation", evaluation_subject(), evaluation()),
    "plan": statement("plan", about(demo=digest("task")), PLAN),
    "reproduction": statement(
        "reproduction", about(original=digest("original record"), run_json=digest("new run.json")), REPRODUCTION
    ),
    "alarm": statement("alarm", about(watch=digest("watch")), ALARM),
    "incident": statement(
        "incident", about(report=sha256(canonical(INCIDENT)).hex(), system=digest("weights")), INCIDENT
    ),
    "statement": statement("statement", about(text=sha256(TEXT).hex()), STATEMENT),
    "endorsement": statement("endorsement", about(record=digest("the statement's record")), ENDORSEMENT),
    "listing": statement(
        "listing", about(record=digest("the statement's record"), source=digest("letter.txt")), LISTING
    ),
    "redaction": statement("redaction", about(record=digest("a record")), REDACTION),
    "key": statement("key", about(key=key_id(ALICE), newKey=key_id(BOB)), ROTATION),
}


def refs_of(statement) -> list:
    """The records that a record points to, as its log entry names them."""
    predicate = statement["predicate"]
    kind = statement["predicateType"].removeprefix(PREFIX).split("/")[0]
    if kind == "evaluation":
        return [r for r in (predicate.get("plan", {}).get("record"), predicate.get("corrects")) if r]
    return {
        "reproduction": lambda: [predicate["original"]],
        "alarm": lambda: predicate["records"],
        "endorsement": lambda: [predicate["of"]],
        "listing": lambda: [predicate["of"]],
        "incident": lambda: [*([predicate["updates"]] if "updates" in predicate else []), *predicate.get("records", [])],
        "redaction": lambda: [predicate["target"]],
    }.get(kind, list)()


# ---------------------------------------------------------------------------------------------------------------------
# Envelopes, bundles, log entries, proofs


def envelope(payload: bytes, key=ALICE, sign=None, payload_type=PAYLOAD_TYPE, keyid=None):
    message = pae(payload_type, payload)
    signature = sign(message) if sign else key.sign(message)
    return {
        "payload": b64(payload),
        "payloadType": payload_type,
        "signatures": [{"keyid": key_id(key) if keyid is None else keyid, "sig": b64(signature)}],
    }


def sigstore(dsse, hint=None):
    hint = dsse["signatures"][0]["keyid"] if hint is None else hint
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hint}},
        "dsseEnvelope": dsse,
    }


def signed(statement, key=ALICE, **options):
    return envelope(canonical(statement), key, **options)


def record_digest(dsse) -> bytes:
    return sha256(canonical(dsse))


SALT = seed("salt of the log entry")


def log_entry(dsse, kind="evaluation", key=ALICE, refs=(), salt=SALT, **changes):
    return {
        "v": 1,
        "kind": kind,
        "time": ISSUED,
        "commit": sha256("overt/commit/v1\0", salt, record_digest(dsse)).hex(),
        "key": key_id(key),
        "refs": list(refs),
        **changes,
    }


def tlog_proof(index, path, signed_note, extra=None) -> str:
    head = "c2sp.org/tlog-proof@v1\n" + (f"extra {b64(extra)}\n" if extra is not None else "")
    return head + f"index {index}\n" + "".join(b64(h) + "\n" for h in path) + "\n" + signed_note


FILLERS = [leaf_hash(f"entry {i}\n".encode()) for i in range(12)]


def logged(dsse, entry=None, index=5, size=13, lines=None, salt=SALT, extra=None, origin=LOG.name, **entry_options):
    """A proof that a log of `size` entries holds this record's entry at `index`."""
    entry = log_entry(dsse, **entry_options) if entry is None else entry
    leaf = canonical(entry)
    leaves = [*FILLERS[:index], leaf_hash(leaf), *FILLERS[index:]][:size]
    text = checkpoint(leaves, origin)
    signatures = [LOG.line(text)] if lines is None else lines(text)
    extra = canonical({"leaf": entry, "salt": salt.hex()}) if extra is None else extra
    return tlog_proof(index, inclusion(index, leaves), note(text, *signatures), extra)


def overt(bundle, proof=None, samples=None):
    file = {"mediaType": "application/vnd.overt.bundle.v1+json", "bundle": bundle}
    file |= {} if proof is None else {"proof": proof}
    return file | ({} if samples is None else {"samples": samples})


def policy(*lines: str) -> str:
    return "".join(line + "\n" for line in lines)


# ---------------------------------------------------------------------------------------------------------------------
# Vectors

VECTORS = []


def add(name, about, file, failed=(), **rest):
    """One vector. `file` is what is written as JSON; a text or bytes are the file as it stands."""
    assert name not in {vector["name"] for vector in VECTORS}, name
    failed = [failed] if isinstance(failed, str) else list(failed)
    if isinstance(file, str):
        file = {"text": file}
    elif isinstance(file, bytes):
        file = {"base64": b64(file)}
    else:
        file = {"file": file}
    refused = {"refused": rest.pop("refused")} if "refused" in rest else {}
    expect = {"ok": not failed and not refused, "failed": failed, **refused}
    VECTORS.append({"name": name, "about": about, **file, **rest, "expect": expect})


def patched(value, path, new):
    """A copy with another value at the path; `...` takes the field away."""
    copy = json.loads(json.dumps(value))
    at = copy
    for step in path[:-1]:
        at = at[step]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return copy


def bundled(statement, key=ALICE, **options):
    return sigstore(signed(statement, key, **options))


def raw(payload: bytes, **options):
    return sigstore(envelope(payload, **options))


EVALUATION = RECORDS["evaluation"]
ENVELOPE = signed(EVALUATION)
DIGEST = record_digest(ENVELOPE)
SIGNED = sigstore(ENVELOPE)
PLAN_RECORD = RECORDS["plan"]

# Each type of record, each kind of signature

for kind, record in RECORDS.items():
    add(f"record-{kind}", f"A record of the type {kind}, signed with Ed25519.", bundled(record))

BY_BOB = patched(PLAN_RECORD, ["predicate", "issuer"], issuer(BOB, "Боб Приклад", uri="https://bob.example/keys"))
add(
    "signature-p256",
    "Signed with ECDSA P-256; issuer with an address and a name in Cyrillic letters.",
    bundled(BY_BOB, BOB),
)
for label, record, key in (("ed25519", PLAN_RECORD, ALICE), ("p256", BY_BOB, BOB)):
    for name in ("sha512", "sha256"):
        sign = lambda m, key=key, name=name: sshsig(key, m, hash_name=name)
        about_it = f"Signed by ssh-keygen -Y sign with the issuer's {label} key and the hash {name}."
        add(f"signature-ssh-{label}-{name}", about_it, bundled(record, key, sign=sign))

url_safe = patched(
    SIGNED, ["dsseEnvelope", "payload"], SIGNED["dsseEnvelope"]["payload"].translate(str.maketrans("+/", "-_"))
)
add(
    "sigstore-url-safe-base64",
    "A Sigstore bundle whose payload is in the URL-safe alphabet of base64; DSSE allows it.",
    url_safe,
)
add(
    "sigstore-unknown-field",
    "A Sigstore bundle with a field that overt does not know: passed over.",
    {**SIGNED, "note": 1.5},
)
for version in ("0.1", "0.2", "0.3"):
    older = {**SIGNED, "mediaType": f"application/vnd.dev.sigstore.bundle+json;version={version}"}
    add(f"sigstore-media-type-{version}", f"The older media type of version {version}.", older)
add(
    "sigstore-hint-left-out",
    "The hint of the key is optional.",
    patched(SIGNED, ["verificationMaterial", "publicKey"], {}),
)
add("asked-for-kind", "The type that was asked for.", SIGNED, kind="evaluation")
add("asked-for-another-kind", "Another type was asked for.", SIGNED, "kind", kind="plan")

# The file

TEXT_OF = canonical(SIGNED).decode()
add("file-empty", "No bytes at all.", "", "format")
add("file-not-json", "No JSON.", "overt", "format")
add("file-cut-off", "The file ends too early.", TEXT_OF[:-10], "format")
add("file-after-end", "Something stands after the end.", TEXT_OF + "{}", "format")
add("file-not-utf8", "A byte that no UTF-8 text has.", TEXT_OF[:-1].encode() + b',"x":"\xff"}', "format")
add("file-byte-order-mark", "A byte order mark before the JSON.", "\ufeff" + TEXT_OF, "format")
add(
    "file-white-space",
    "White space around and inside is free in the file.",
    " \n\t" + json.dumps(SIGNED, indent=2) + "\r\n",
)
add("file-null", "JSON, but no object: null.", "null", "format")
add("file-key-twice-same", "A key twice with the same value.", TEXT_OF[:-1] + ',"x":1,"x":1}', "format")
add("file-no-comma", "A comma is missing.", TEXT_OF[:-1] + ' "x":1}', "format")
add("file-no-colon", "A colon is missing.", TEXT_OF[:-1] + ',"x" 1}', "format")
add("file-comma-at-end", "A comma before the end.", TEXT_OF[:-1] + ",}", "format")
add("file-unknown-escape", "An escape that JSON does not have.", TEXT_OF[:-1] + ',"x":"\\x41"}', "format")
add("file-number-two-points", "A number with two points.", TEXT_OF[:-1] + ',"x":1.2.3}', "format")
add("file-number-ends-in-point", "A number that ends in a point.", TEXT_OF[:-1] + ',"x":1.}', "format")
add("file-number-plus", "A number with a plus.", TEXT_OF[:-1] + ',"x":+1}', "format")
add("file-word", "A word that JSON does not have.", TEXT_OF[:-1] + ',"x":True}', "format")
add("file-comment", "A comment.", "// x\n" + TEXT_OF, "format")
add("file-array", "JSON, but no object.", "[]", "format")
add(
    "file-key-twice",
    "A key stands twice in the file; the second would win in most programs.",
    TEXT_OF[:-1] + ',"mediaType":"x"}',
    "format",
)
add(
    "file-key-twice-escaped",
    "The same key twice, once written with an escape.",
    TEXT_OF[:-1] + ',"media\\u0054ype":"x"}',
    "format",
)
add("file-half-surrogate", "Half a surrogate pair, which is no text.", TEXT_OF[:-1] + ',"x":"\\ud800"}', "format")
add("file-huge-number", "A number that no double holds.", TEXT_OF[:-1] + ',"x":1e400}', "format")
add("file-number-leading-zero", "A number with a leading zero.", TEXT_OF[:-1] + ',"x":01}', "format")
add("file-control-character", "A raw tab in a text.", TEXT_OF[:-1] + ',"x":"\t"}', "format")
add("file-nested-64", "Nested 64 deep.", TEXT_OF[:-1] + ',"x":' + "[" * 63 + "]" * 63 + "}")
add("file-nested-65", "Nested 65 deep.", TEXT_OF[:-1] + ',"x":' + "[" * 64 + "]" * 64 + "}", "format")
add("file-nested-deep", "Nested so deep that a careless program runs out of stack.", "[" * 20000, "format")
add(
    "file-proto-key",
    "A key that means something to JavaScript is a key like any other.",
    TEXT_OF[:-1] + ',"__proto__":{"mediaType":"x"}}',
)
add("file-media-type", "Another media type.", {**SIGNED, "mediaType": "application/json"}, "format")
add("file-media-type-missing", "No media type.", patched(SIGNED, ["mediaType"], ...), "format")
add(
    "sigstore-version-0.9",
    "A version of the Sigstore bundle that is not read.",
    {**SIGNED, "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.9"},
    "format",
)
add(
    "sigstore-certificate",
    "Signed with a certificate instead of a key.",
    patched(SIGNED, ["verificationMaterial"], {"certificate": {"rawBytes": "AA=="}}),
    "format",
)
add(
    "sigstore-message-signature",
    "A signature of a file instead of a statement.",
    patched({**SIGNED, "messageSignature": {"signature": "AA=="}}, ["dsseEnvelope"], ...),
    "format",
)
add(
    "sigstore-certificate-and-key",
    "A certificate beside the key.",
    patched(SIGNED, ["verificationMaterial", "certificate"], {}),
    "format",
)
add(
    "sigstore-both-contents",
    "A statement and a signature of a file at once.",
    {**SIGNED, "messageSignature": {"signature": "AA=="}},
    "format",
)
add("sigstore-no-material", "No verification material.", patched(SIGNED, ["verificationMaterial"], ...), "format")
add(
    "sigstore-no-key", "No key in the verification material.", patched(SIGNED, ["verificationMaterial"], {}), "format"
)
add(
    "sigstore-hint-number",
    "A hint that is a number.",
    patched(SIGNED, ["verificationMaterial", "publicKey", "hint"], 7),
    "format",
)
add("sigstore-no-envelope", "No envelope.", patched(SIGNED, ["dsseEnvelope"], ...), "format")
add(
    "sigstore-hint-other",
    "The hint names another key than the envelope.",
    sigstore(ENVELOPE, hint=key_id(CAROL)),
    "format",
)

# The envelope

SIG = ["dsseEnvelope", "signatures", 0, "sig"]
PAYLOAD = ["dsseEnvelope", "payload"]
add("envelope-no-signature", "No signature.", patched(SIGNED, ["dsseEnvelope", "signatures"], []), "format")
add(
    "envelope-signatures-missing",
    "No field for signatures.",
    patched(SIGNED, ["dsseEnvelope", "signatures"], ...),
    "format",
)
add(
    "envelope-signature-text",
    "A signature that is a text instead of an object.",
    patched(SIGNED, ["dsseEnvelope", "signatures", 0], "x"),
    "format",
)
add("envelope-payload-missing", "No payload.", patched(SIGNED, ["dsseEnvelope", "payload"], ...), "format")
add(
    "envelope-keyid-number",
    "A key id that is a number.",
    patched(SIGNED, ["dsseEnvelope", "signatures", 0, "keyid"], 7),
    "format",
)
add(
    "envelope-two-signatures",
    "Two signatures, one of them good.",
    patched(SIGNED, ["dsseEnvelope", "signatures"], ENVELOPE["signatures"] * 2),
    "format",
)
add(
    "envelope-payload-not-base64",
    "The payload is not base64.",
    patched(SIGNED, PAYLOAD, "*" + SIGNED["dsseEnvelope"]["payload"]),
    "format",
)
add(
    "envelope-both-alphabets",
    "Base64 of both alphabets at once.",
    patched(SIGNED, SIG, "-+" + SIGNED["dsseEnvelope"]["signatures"][0]["sig"][2:]),
    "format",
)
add(
    "envelope-base64-spare-bits",
    "Base64 whose last letter has bits that must be zero.",
    patched(SIGNED, SIG, SIGNED["dsseEnvelope"]["signatures"][0]["sig"][:-3] + "x=="),
    "format",
)
add(
    "envelope-payload-cut-off",
    "The payload is cut off.",
    patched(SIGNED, PAYLOAD, SIGNED["dsseEnvelope"]["payload"][:400]),
    "payload",
)
add(
    "envelope-keyid-empty",
    "No key id: record digests cover it, so it must stand there.",
    raw(canonical(EVALUATION), keyid=""),
    "signature",
)
add(
    "envelope-keyid-other", "The key id of another key.", raw(canonical(EVALUATION), keyid=key_id(CAROL)), "signature"
)
add(
    "envelope-keyid-upper-case",
    "The key id in capital letters.",
    raw(canonical(EVALUATION), keyid=key_id(ALICE).upper()),
    "signature",
)
add(
    "envelope-payload-type",
    "Signed as another type of payload.",
    raw(canonical(EVALUATION), payload_type="application/json"),
    "signature",
)
add(
    "envelope-payload-type-changed",
    "The type of the payload was changed after signing.",
    patched(SIGNED, ["dsseEnvelope", "payloadType"], "application/json"),
    "signature",
)
add(
    "envelope-payload-type-control",
    "A control character in the type of the payload.",
    patched(SIGNED, ["dsseEnvelope", "payloadType"], "a\nb"),
    "format",
)

# The signature

add(
    "signature-changed",
    "One bit of the signature was changed.",
    patched(
        SIGNED,
        SIG,
        b64(
            bytes([base64.b64decode(ENVELOPE["signatures"][0]["sig"])[0] ^ 1])
            + base64.b64decode(ENVELOPE["signatures"][0]["sig"])[1:]
        ),
    ),
    "signature",
)
add("signature-empty", "An empty signature.", patched(SIGNED, SIG, ""), "signature")
add(
    "signature-too-long",
    "A byte after the signature.",
    patched(SIGNED, SIG, b64(base64.b64decode(ENVELOPE["signatures"][0]["sig"]) + b"\0")),
    "signature",
)
ORDER = 2**252 + 27742317777372353535851937790883648493
signature = base64.b64decode(ENVELOPE["signatures"][0]["sig"])
malleable = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
add(
    "signature-ed25519-malleable",
    "S of the signature plus the order of the group: a second signature from the first (RFC 8032, 5.1.7 forbids it).",
    patched(SIGNED, SIG, b64(malleable)),
    "signature",
)
add(
    "signature-of-other-payload",
    "The signature of another record.",
    patched(SIGNED, SIG, signed(PLAN_RECORD)["signatures"][0]["sig"]),
    "signature",
)
add(
    "payload-changed",
    "The result was improved after signing.",
    patched(
        SIGNED, PAYLOAD, b64(canonical(patched(EVALUATION, ["predicate", "tasks", 0, "metrics", 0, "value"], "0.99")))
    ),
    "signature",
)
add(
    "signature-by-other-key",
    "Signed by a key that is not the issuer's.",
    bundled(EVALUATION, sign=CAROL.sign),
    "signature",
)
add(
    "signature-without-encoding",
    "Signed over the payload itself and not over its pre-authentication encoding.",
    raw(canonical(EVALUATION), sign=lambda _: ALICE.sign(canonical(EVALUATION))),
    "signature",
)
p256 = base64.b64decode(signed(BY_BOB, BOB)["signatures"][0]["sig"])
r, s = utils.decode_dss_signature(p256)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BOBS = bundled(BY_BOB, BOB)
add(
    "signature-p256-other-s",
    "ECDSA's second signature (r, n - s): it holds, and makes another record digest.",
    patched(BOBS, SIG, b64(utils.encode_dss_signature(r, P256_ORDER - s))),
)
add(
    "signature-p256-raw",
    "ECDSA as 64 raw bytes instead of DER.",
    patched(BOBS, SIG, b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))),
    "signature",
)
long_form = b"\x30\x81" + p256[1:2] + p256[2:]
add(
    "signature-p256-ber",
    "DER with a length in the long form: not DER's one spelling.",
    patched(BOBS, SIG, b64(long_form)),
    "signature",
)
padded = b"\x02" + bytes([p256[3] + 1]) + b"\0" + p256[4:]
add(
    "signature-p256-padded",
    "An integer with a spare zero in front.",
    patched(BOBS, SIG, b64(b"\x30" + bytes([len(padded)]) + padded)),
    "signature",
)
add(
    "signature-p256-zero",
    "r and s are zero.",
    patched(BOBS, SIG, b64(bytes.fromhex("3006020100020100"))),
    "signature",
)
for name, about_it, der in (
    ("after-end", "a byte after the end", p256 + b"\0"),
    ("negative", "a negative integer", bytes.fromhex("3006020180020101")),
    ("no-integer", "an integer without digits", bytes.fromhex("300502000201") + b"\1"),
    ("tag", "a set instead of a sequence", b"\x31" + p256[1:]),
    ("three-integers", "a third integer", b"\x30" + bytes([p256[1] + 3]) + p256[2:] + b"\2\1\1"),
    ("too-long", "an integer of 34 bytes", b"\x30\x27\x02\x22\x01" + bytes(33) + b"\2\1\1"),
    ("order", "r is the order of the group", utils.encode_dss_signature(P256_ORDER, s)),
):
    add(f"signature-p256-{name}", f"DER with {about_it}.", patched(BOBS, SIG, b64(der)), "signature")
add(
    "signature-kind-confusion",
    "An Ed25519 signature under the name of an ECDSA issuer.",
    bundled(BY_BOB, BOB, sign=ALICE.sign),
    "signature",
)


def with_identity(message: bytes) -> bytes:
    """What the holder of a key can make and no honest program does: a signature whose R is the identity, so that it
    holds for verifiers of one kind and not for those of another (RFC 8032, section 5.1.7)."""
    expanded = hashlib.sha512(seed("issuer alice")).digest()
    scalar = int.from_bytes(expanded[:32], "little") & ~(7 | 1 << 255) | 1 << 254
    r = b"\1" + bytes(31)
    k = int.from_bytes(hashlib.sha512(r + ALICE.point + message).digest(), "little")
    return r + (k * scalar % ORDER).to_bytes(32, "little")


add(
    "signature-ed25519-small-order-r",
    "R of small order, with the right S.",
    bundled(EVALUATION, sign=with_identity),
    "signature",
)


class Padded:
    """Bob's key, with a spare zero before r in SSH signatures."""

    ssh_type, ssh_key = BOB.ssh_type, BOB.ssh_key

    def ssh_sign(self, message: bytes) -> bytes:
        r, s = (n.to_bytes(n.bit_length() // 8 + 1, "big") for n in utils.decode_dss_signature(BOB.sign(message)))
        return ssh_string(b"\0" + r) + ssh_string(s)


add(
    "signature-ssh-p256-padded",
    "An integer of an SSH signature with a spare zero in front.",
    bundled(BY_BOB, BOB, sign=lambda m: sshsig(Padded(), m)),
    "signature",
)
for name, about_it, options in (
    ("namespace", "an SSH signature for another purpose", {"namespace": "file"}),
    ("other-key", "an SSH signature that names another key than the issuer's", {"key": CAROL}),
    ("claims-key", "an SSH signature that names the issuer's key and is made by another", {"signer": CAROL}),
    ("hash-sha1", "an SSH signature over a hash that is not read", {"hash_name": "sha1"}),
    ("version", "an SSH signature of version 2", {"version": 2}),
):
    sign = lambda m, options=options: sshsig(
        options.get("key", ALICE), m, **{k: v for k, v in options.items() if k != "key"}
    )
    add(f"signature-ssh-{name}", f"Here is {about_it}.", bundled(PLAN_RECORD, sign=sign), "signature")
add(
    "signature-ssh-cut-off",
    "An SSH signature that is cut off.",
    bundled(PLAN_RECORD, sign=lambda m: sshsig(ALICE, m)[:60]),
    "signature",
)
add(
    "signature-ssh-after-end",
    "Bytes after an SSH signature.",
    bundled(PLAN_RECORD, sign=lambda m: sshsig(ALICE, m) + b"\0"),
    "signature",
)
add(
    "signature-ssh-huge-length",
    "A length of four thousand million bytes in an SSH signature.",
    bundled(PLAN_RECORD, sign=lambda m: b"SSHSIG\0\0\0\1\xff\xff\xff\xff"),
    "signature",
)
add(
    "signature-ssh-other-payload",
    "An SSH signature of another record.",
    bundled(PLAN_RECORD, sign=lambda m: sshsig(ALICE, m + b" ")),
    "signature",
)

KEY = ["predicate", "issuer", "key"]
SMALL_ORDER = {
    "identity": bytes([1]) + bytes(31),
    "order-4": bytes(32),
    "order-8": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    "not-reduced": bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")[:1]
    + b"\xff" * 30
    + b"\x7f",
}
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")


def with_key(der: bytes, signature: bytes):
    keyid = sha256(der).hex()
    statement = patched(EVALUATION, KEY, b64(der))
    return sigstore(envelope(canonical(statement), sign=lambda _: signature, keyid=keyid))


for name, point in SMALL_ORDER.items():
    weak = with_key(SPKI_ED25519 + point, point + bytes(32))
    add(f"key-small-order-{name}", "A key of small order, for which anybody can make signatures.", weak, "signature")
add(
    "key-not-a-point",
    "32 bytes that are no point of the curve.",
    with_key(SPKI_ED25519 + b"\x02" + bytes(31), bytes(64)),
    "signature",
)
add(
    "key-ed25519-unreduced",
    "A point whose y is not below the prime: a second spelling of a key.",
    with_key(SPKI_ED25519 + bytes.fromhex("f0") + b"\xff" * 30 + b"\x7f", bytes(64)),
    "signature",
)
compressed = BOB.secret.public_key().public_bytes(
    serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
)
compressed_der = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + compressed
add(
    "key-p256-compressed",
    "A compressed point: a second spelling of a key.",
    with_key(compressed_der, p256),
    "signature",
)
off_curve = spki(BOB)[:-1] + bytes([spki(BOB)[-1] ^ 1])
add("key-p256-off-curve", "A point that is not on the curve.", with_key(off_curve, p256), "signature")
p384 = (
    ec.derive_private_key(7, ec.SECP384R1())
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)
add("key-p384", "A key of a kind that is not read.", with_key(p384, bytes(96)), "signature")
add("key-missing", "The record does not name its issuer's key.", bundled(patched(EVALUATION, KEY, ...)), "signature")
add("key-not-base64", "The issuer's key is not base64.", bundled(patched(EVALUATION, KEY, "!")), "signature")
add(
    "key-of-another",
    "The record names another key than the one that signed it.",
    bundled(patched(EVALUATION, KEY, b64(spki(CAROL)))),
    "signature",
)

# The payload

PAYLOAD_BYTES = canonical(EVALUATION)
add("payload-empty", "An empty payload.", raw(b""), "payload")
add("payload-white-space", "White space in the payload.", raw(PAYLOAD_BYTES + b"\n"), "payload")
add(
    "payload-key-order",
    "Keys in another order than RFC 8785 has.",
    raw(json.dumps(EVALUATION, separators=(",", ":"), ensure_ascii=False).encode()),
    "payload",
)
add(
    "payload-escape",
    "A letter written as an escape.",
    raw(PAYLOAD_BYTES.replace(b"Alice", b"\\u0041lice")),
    "payload",
)
add(
    "payload-escaped-slash",
    "A slash written as an escape.",
    raw(PAYLOAD_BYTES.replace(b"https://in", b"https:\\/\\/in")),
    "payload",
)
add(
    "payload-key-twice",
    "A key stands twice in the payload.",
    raw(PAYLOAD_BYTES.replace(b'{"_type":', b'{"_type":"x","_type":', 1)),
    "payload",
)
deep = b'{"_type":' + b"[" * 70 + b"]" * 70 + b"," + PAYLOAD_BYTES[1:]
add("payload-nested-deep", "Nested deeper than 64.", raw(deep), "payload")
NUMBER = b'"planned":7'
assert PAYLOAD_BYTES.count(NUMBER) == 1
for name, number in (
    ("float", b"7.5"),
    ("decimal-zero", b"7.0"),
    ("exponent", b"7e0"),
    ("minus-zero", b"-0"),
    ("leading-zero", b"07"),
    ("2-to-53", b"9007199254740992"),
    ("2-to-64", b"18446744073709551616"),
    ("huge", b"1" + b"0" * 400),
    ("nan", b"NaN"),
):
    add(
        f"payload-number-{name}",
        f"The number {number[:24].decode()} in the payload.",
        raw(PAYLOAD_BYTES.replace(NUMBER, b'"planned":' + number)),
        "payload",
    )
add(
    "payload-half-surrogate",
    "Half a surrogate pair in the payload.",
    raw(PAYLOAD_BYTES.replace(b"Alice", b"\\ud83dlice")),
    "payload",
)
add(
    "payload-not-utf8",
    "A byte that no UTF-8 text has in the payload.",
    raw(PAYLOAD_BYTES.replace(b"Alice", b"\xc3lice")),
    "payload",
)
add(
    "statement-type-object",
    "An object where the type of the statement stands.",
    bundled({**EVALUATION, "_type": {"a": [1]}}),
    "payload",
)
add(
    "statement-without-predicate",
    "in-toto lets a statement say nothing; then nobody has signed it.",
    bundled(patched(EVALUATION, ["predicate"], ...)),
    "signature",
)
add(
    "statement-type",
    "Another version of the in-toto statement.",
    bundled({**EVALUATION, "_type": "https://in-toto.io/Statement/v0.1"}),
    "payload",
)
add("statement-no-subject", "A statement about nothing.", bundled({**EVALUATION, "subject": []}), "payload")
add(
    "statement-subject-without-digest",
    "A subject without a digest.",
    bundled({**EVALUATION, "subject": [{"name": "x", "digest": {}}]}),
    "payload",
)
add(
    "statement-digest-upper-case",
    "A digest in capital letters.",
    bundled(patched(EVALUATION, ["subject", 0, "digest", "sha256"], digest("run.json").upper())),
    "payload",
)
add(
    "statement-predicate-not-object",
    "A predicate that is no object.",
    bundled({**EVALUATION, "predicate": []}),
    "payload",
)

add("payload-array", "A payload that is no object.", raw(b"[]"), "payload")
add("statement-subject-null", "A subject that is no object.", bundled({**EVALUATION, "subject": [None]}), "payload")
add(
    "statement-subject-name-number",
    "A subject whose name is a number.",
    bundled(patched(EVALUATION, ["subject", 0, "name"], 7)),
    "payload",
)

# The rules of types

BODY = ["predicate"]


def broken(name, about_it, path, new, failed="schema", record=EVALUATION):
    add(name, about_it, bundled(patched(record, path, new)), failed)


broken("predicate-type-foreign", "A statement of another kind.", ["predicateType"], "https://slsa.dev/provenance/v1")
broken("predicate-type-version-zero", "Version 0.", ["predicateType"], PREFIX + "evaluation/v0")
broken(
    "predicate-type-version-spelling",
    "Version 01 is a second spelling of 1.",
    ["predicateType"],
    PREFIX + "evaluation/v01",
)
broken("statement-unknown-field", "A field beside the predicate that nobody reads.", ["note"], "x")
broken("subject-unknown-field", "A field of a subject that nobody reads.", ["subject", 0, "note"], "x")
broken("field-unknown", "A field that the type does not have.", BODY + ["surprise"], 1)
broken("field-missing", "A field that the type needs is not there.", BODY + ["settings"], ...)
broken("field-null", "null for a field that is absent: a second spelling.", BODY + ["corrects"], None)
broken("field-empty-list", "An empty list for a field that is absent.", BODY + ["notes"], [])
broken("field-empty-object", "An empty object for a field that is absent.", BODY + ["system", "details"], {})
broken("field-wrong-type", "A number where a text must stand.", BODY + ["run", "id"], 7)
broken("issuer-unknown-field", "A field of the issuer that nobody reads.", BODY + ["issuer", "email"], "a@b.example")
broken("issued-at-missing", "No time.", BODY + ["issuedAt"], ...)
broken("issued-at-offset", "A time with an offset.", BODY + ["issuedAt"], "2026-11-24T16:00:00+00:00")
broken("issued-at-no-date", "A day that does not exist.", BODY + ["issuedAt"], "2026-02-30T00:00:00Z")
broken("issued-at-leap-second", "A leap second.", BODY + ["issuedAt"], "2016-12-31T23:59:60Z")
broken("issued-at-before-1970", "A time before 1970.", BODY + ["issuedAt"], "1969-12-31T23:59:59Z")
broken("decimal-spelling", "0.50 is a second spelling of 0.5.", BODY + ["settings", "level"], "0.50")
broken("decimal-exponent", "A decimal with an exponent.", BODY + ["settings", "level"], "5e-1")
broken(
    "decimal-too-many-digits",
    "More digits than the double has.",
    BODY + ["settings", "level"],
    "0.1000000000000000055511151231257827",
)
broken("seed-too-large", "A seed of 65 bits.", BODY + ["settings", "seed"], "18446744073709551616")
broken("seed-number", "A seed as a number.", BODY + ["settings", "seed"], 7)
broken("count-too-large", "Attempts beyond 32 bits.", BODY + ["settings", "maxAttempts"], 4294967296)
broken("count-negative", "A negative number of things.", BODY + ["settings", "concurrency"], -1)
broken("word-unknown", "A word that the list does not have.", BODY + ["evaluator", "relationship"], "friend")
broken("link-javascript", "An address that is a program.", BODY + ["issuer", "uri"], "javascript:alert(1)")
broken(
    "link-user",
    "An address that names a user, to look like another host.",
    BODY + ["issuer", "uri"],
    "https://overt.example@evil.example/",
)
broken(
    "link-backslash", "An address with a backslash.", BODY + ["issuer", "uri"], "https://evil.example\\overt.example/"
)
broken(
    "interval-reversed",
    "An interval whose low end is above its high end.",
    BODY + ["tasks", 0, "metrics", 0, "interval", "low"],
    "0.9",
)
broken(
    "outcomes-do-not-add-up",
    "Fewer outcomes than samples: some were dropped in silence.",
    BODY + ["tasks", 0, "outcomes"],
    {"ok": 6},
)
broken("samples-count", "The tree has not a leaf for each sample.", BODY + ["samples", "count"], 8)
broken("samples-withheld", "More samples withheld than there are.", BODY + ["samples", "withheld"], 8)
broken("run-backwards", "A run that ended before it began.", BODY + ["run", "finished"], "2026-11-24T14:00:00Z")


def rule(kind, name, about_it, path, new):
    broken(f"{kind}-{name}", about_it, BODY + path, new, record=RECORDS[kind])


rule("evaluation", "issuer-missing", "No issuer but the key in another place.", ["issuer", "name"], ...)
rule("evaluation", "without-tasks", "An evaluation without tasks.", ["tasks"], [])
rule("evaluation", "tasks-not-a-list", "An object where a list must stand.", ["tasks"], {})
rule("evaluation", "files-a-list", "A list where an object must stand.", ["files"], [])
rule(
    "evaluation",
    "file-missing",
    "The files do not name samples.parquet.",
    ["files"],
    {"other": digest("samples.parquet")},
)
rule(
    "evaluation",
    "bounds-reversed",
    "A lower bound above the upper one.",
    ["tasks", 0, "metrics", 0, "bounds"],
    ["1", "0"],
)
rule("evaluation", "three-bounds", "Three bounds.", ["tasks", 0, "metrics", 0, "bounds"], ["0", "0", "1"])
rule("evaluation", "level-one", "An interval of the level 1.", ["tasks", 0, "metrics", 0, "interval", "level"], "1")
rule("plan", "without-systems", "A plan that names no system.", ["systems"], [])
rule("plan", "no-runs", "A plan of no runs.", ["runs"], 0)
rule("reproduction", "p-value", "A p-value above 1.", ["comparisons", 0, "test", "p"], "1.5")
rule("reproduction", "without-comparisons", "A reproduction that compares nothing.", ["comparisons"], [])
rule("reproduction", "of-itself", "A record as its own reproduction.", ["again", "record"], digest("original record"))
rule("alarm", "window-reversed", "A window that ends before it begins.", ["window", "from"], "2026-11-24T00:00:01Z")
rule("incident", "evidence-nowhere", "Evidence without address and digest.", ["evidence", 0], {"title": "Transcript"})
rule("incident", "without-systems", "An incident of no system.", ["systems"], [])
rule("incident", "ends-before", "An incident that ended before it began.", ["endedAt"], "2026-11-22T00:00:00Z")
rule("incident", "in-the-future", "An incident that has not happened yet.", ["occurredAt"], "2026-11-25T00:00:00Z")
rule("incident", "country", "A country in small letters.", ["countries"], ["ke"])
rule("incident", "details-empty", "Details that say nothing.", ["details"], {})
rule("incident", "cause-empty", "A root cause that says nothing.", ["details", "rootCause"], {})
rule("incident", "within-no-day", "A day that does not begin with it.", ["details", "occurredWithin"], "day")
rule("incident", "cvss", "A vector of another CVSS.", ["details", "cvss"], "CVSS:2.0/AV:N")
rule("incident", "industry", "An industry that ISIC has not.", ["details", "industries"], ["W"])
rule("incident", "purl", "A package URL with a space.", ["systems", 0, "purl"], "pkg:generic/a b")
rule("incident", "prevalence-more", "More than all samples.", ["details", "measuredPrevalence", "count"], 61)
rule("incident", "prevalence-none", "A share of no samples.", ["details", "measuredPrevalence", "of"], 0)
rule("incident", "prevalence-range", "A share above 1.", ["details", "measuredPrevalence", "interval", "high"], "1.5")
rule("incident", "prevalence-record", "A prevalence out of a record that is not named.", ["records"], [digest("another")])
rule(
    "endorsement",
    "organisation-affiliated",
    "An organisation with an affiliation.",
    ["signatory"],
    {"as": "organisation", "name": "Clinic", "affiliation": "Hospital"},
)
rule("endorsement", "nameless-organisation", "An organisation without a name.", ["signatory"], {"as": "organisation"})
rule(
    "endorsement",
    "nameless-role",
    "A role of somebody without a name.",
    ["signatory"],
    {"as": "person", "role": "Nurse"},
)
rule(
    "endorsement",
    "nameless-affiliation",
    "An affiliation of somebody without a name.",
    ["signatory"],
    {"as": "person", "affiliation": "Clinic"},
)
NAMELESS = patched(RECORDS["endorsement"], BODY + ["signatory"], {"as": "person", "country": "UA"})
add("endorsement-nameless", "A person without a name, whose domain was checked.", bundled(NAMELESS))
add(
    "endorsement-nameless-domain-key",
    "A person without a name, whose key the domain publishes.",
    bundled(patched(NAMELESS, BODY + ["verified"], "domain_key")),
)
for verified in ("nothing", "key"):
    unchecked = {k: v for k, v in NAMELESS["predicate"].items() if k != "domain"}
    add(
        f"endorsement-nameless-{verified}",
        "A person without a name, of whom no domain was checked.",
        bundled({**NAMELESS, "predicate": {**unchecked, "verified": verified}}),
        "schema",
    )
rule("listing", "without-names", "A listing without names.", ["names"], [])
rule("listing", "names-missing", "A listing that leaves its names out.", ["names"], ...)
rule("listing", "name-empty", "A name that is empty.", ["names", 0, "name"], "")
rule("listing", "name-unknown-field", "A field of a name that nobody reads.", ["names", 0, "email"], "a@b.example")
rule("listing", "affiliation-null", "null for an affiliation that is absent.", ["names", 1, "affiliation"], None)
rule("listing", "total-below", "A source that states fewer signatories than it lists.", ["statedTotal"], 1)
rule("listing", "total-text", "A number of signatories as a text.", ["statedTotal"], "12")
rule("listing", "source-link", "A source whose address is a program.", ["source", "uri"], "javascript:alert(1)")
add(
    "listing-total-equal",
    "A source that states as many signatories as it lists.",
    bundled(patched(RECORDS["listing"], BODY + ["statedTotal"], 2)),
)
add(
    "listing-total-absent",
    "A source that states no number, and has no address.",
    bundled(patched(patched(RECORDS["listing"], BODY + ["statedTotal"], ...), BODY + ["source", "uri"], ...)),
)
rule("redaction", "corrects-itself", "A record that stands in its own place.", ["correctedBy"], digest("a record"))
rule("redaction", "no-samples", "A redaction of samples that names none.", ["scope", "indexes"], [])
rule(
    "key",
    "rotated-to-itself",
    "A key that is rotated to itself.",
    ["change"],
    {"action": "rotate", "newKey": b64(spki(ALICE)), "possession": possession(ALICE, ALICE), "reason": "lost"},
)
rule("key", "rotated-by-another", "A key that another one rotates.", ["key"], b64(spki(CAROL)))
rule("key", "possession-not-base64", "A proof of possession that is no base64.", ["change", "possession"], "?")
rule("key", "introduced-as-rotation", "A rotation without the new key's consent.", ["change", "possession"], ...)
broken(
    "plan-out-of-time",
    "A plan that is issued after its last moment.",
    BODY + ["notAfter"],
    "2026-11-01T00:00:00Z",
    record=PLAN_RECORD,
)
broken("plan-without-tasks", "A plan without tasks.", BODY + ["tasks"], [], record=PLAN_RECORD)
broken(
    "reproduction-overlooks",
    "A reproduction that agrees though a metric differs.",
    BODY,
    {
        **RECORDS["reproduction"]["predicate"],
        "verdict": "agree",
        "comparisons": [{"task": "t", "metric": "m", "verdict": "differ"}],
    },
    record=RECORDS["reproduction"],
)
broken(
    "alarm-foresees",
    "An alarm before what it saw.",
    BODY + ["window", "to"],
    "2026-11-25T00:00:00Z",
    record=RECORDS["alarm"],
)
broken(
    "alarm-too-many-records",
    "More references than a log entry has room for.",
    BODY + ["records"],
    [digest(str(i)) for i in range(9)],
    record=RECORDS["alarm"],
)
broken(
    "statement-other-text",
    "A statement whose text is not that of its digest.",
    BODY + ["text"],
    "We ask for nothing.\n",
    record=RECORDS["statement"],
)
broken(
    "statement-language",
    "A language that is none.",
    BODY + ["language"],
    "english language",
    record=RECORDS["statement"],
)
broken(
    "endorsement-without-domain",
    "A domain was checked, and is not named.",
    BODY + ["domain"],
    ...,
    record=RECORDS["endorsement"],
)
broken(
    "endorsement-domain-unicode",
    "A domain with a letter that looks like another.",
    BODY + ["domain"],
    "clіnic.example",
    record=RECORDS["endorsement"],
)
broken(
    "redaction-order",
    "Samples that are not in ascending order.",
    BODY + ["scope", "indexes"],
    [4, 1],
    record=RECORDS["redaction"],
)
broken(
    "redaction-unknown-scope",
    "A scope that is not known.",
    BODY + ["scope"],
    {"of": "everything"},
    record=RECORDS["redaction"],
)
broken(
    "redaction-unexplained",
    "Another reason, without an explanation.",
    BODY + ["reason"],
    "other",
    record=RECORDS["redaction"],
)
broken(
    "key-rotation-without-consent",
    "The new key did not consent.",
    BODY + ["change", "possession"],
    possession(ALICE, BOB, CAROL),
    record=RECORDS["key"],
)
broken(
    "key-rotation-consent-for-another",
    "The new key consented to another issuer.",
    BODY + ["change", "possession"],
    possession(CAROL, BOB),
    record=RECORDS["key"],
)
introduced = statement(
    "key",
    about(key=key_id(CAROL)),
    {"key": b64(spki(CAROL)), "change": {"action": "introduce", "holder": "Carol"}, "effective": ISSUED},
)
add(
    "key-introduced-without-consent",
    "A stranger's key, introduced without that key's consent.",
    bundled(introduced),
    "schema",
)
consenting = patched(introduced, BODY + ["change", "possession"], possession(ALICE, CAROL))
add("key-introduced", "Another's key, introduced with its consent.", bundled(consenting))
revoked = statement(
    "key",
    about(key=key_id(CAROL)),
    {"key": b64(spki(CAROL)), "change": {"action": "revoke", "reason": "compromised"}, "effective": ISSUED},
)
add("key-revoked", "A key is revoked by somebody else: an opinion.", bundled(revoked))

broken(
    "subjects-other",
    "The subject is another file than the record speaks of.",
    ["subject", 0, "digest", "sha256"],
    digest("another run.json"),
    "subjects",
)
broken(
    "subjects-unknown-field-and-order",
    "Other subjects, one with an unknown field.",
    ["subject"],
    [{**EVALUATION["subject"][0], "note": "x"}],
    "subjects",
)
broken("subjects-order", "The subjects in another order.", ["subject"], EVALUATION["subject"][::-1], "subjects")
broken(
    "subjects-more",
    "A subject that the record does not speak of.",
    ["subject"],
    EVALUATION["subject"] + about(extra=digest("extra")),
    "subjects",
)
broken("subjects-more-digests", "A second digest of a subject.", ["subject", 0, "digest", "sha512"], "00", "subjects")
broken(
    "subjects-report",
    "The digest of an incident is not that of its report.",
    ["subject", 0, "digest", "sha256"],
    digest("x"),
    "subjects",
    RECORDS["incident"],
)

NAME = BODY + ["issuer", "name"]
for name, about_it, issuer_name in (
    ("right-to-left-override", "A character that turns the text around", "Alice \u202egro.elpmaxe"),
    ("isolate", "A character that isolates a direction", "Alice\u2066"),
    ("right-to-left-mark", "A mark of direction in a name", "Alice\u200f"),
    ("zero-width-space", "A space that shows nothing", "Al\u200bice"),
    ("zero-width-joiner", "A joiner that joins nothing", "Al\u200dice"),
    ("soft-hyphen", "A hyphen that shows nothing", "Al\u00adice"),
    ("tag-character", "A character that only programs see", "Alice\U000e0041"),
    ("no-break-space", "Another space than the ordinary one", "Alice\u00a0Example"),
    ("line-break", "A line break", "Alice\nExample"),
    ("escape", "A control character that drives terminals", "\u001b[31mAlice"),
    ("next-line", "A control character of ISO 8859", "Alice\u0085"),
    ("spaces", "Two spaces in a row", "Alice  Example"),
    ("space-at-end", "A space at the end", "Alice "),
    ("marks", "Letters buried under marks", "A" + "\u0301" * 5),
    ("mark-first", "A mark without a letter", "\u0301Alice"),
    ("private-use", "A character that each font shows in its own way", "Alice\ue000"),
    ("noncharacter", "A code point that is no character", "Alice\uffff"),
    ("hangul-filler", "A letter that shows nothing", "Alice\u3164"),
    ("empty", "An empty name", ""),
    ("long", "257 characters", "a" * 257),
):
    broken(f"name-{name}", f"{about_it}.", NAME, issuer_name, record=RECORDS["redaction"])
for name, about_it, issuer_name in (
    (
        "mixed-alphabets",
        "A Cyrillic letter among Latin ones: no error, since there are honest names of that kind",
        "Аlice",
    ),
    ("persian", "A joiner between letters that join", "می\u200cخواهم"),
    ("combining", "A letter with a mark of its own", "Jose\u0301"),
    ("256", "256 characters outside the basic plane", "\U0001f980" * 256),
):
    add(f"name-{name}", f"{about_it}.", bundled(patched(RECORDS["redaction"], NAME, issuer_name)))
WORDS = BODY + ["explanation"]
add(
    "text-emoji",
    "Emoji with joiners, line breaks and marks of direction may stand in prose.",
    bundled(patched(RECORDS["redaction"], WORDS, "👩\u200d💻 ❤\ufe0f\n\tשלום\u200f!")),
)
broken(
    "text-bidi",
    "A character that turns the text around, in prose.",
    WORDS,
    "safe\u202eefas",
    record=RECORDS["redaction"],
)
broken("text-carriage-return", "A carriage return in prose.", WORDS, "a\r\nb", record=RECORDS["redaction"])
broken("text-blank", "A text of white space alone.", WORDS, " \n", record=RECORDS["redaction"])

add(
    "version-newer",
    "A newer version: verified, and not interpreted.",
    bundled({**EVALUATION, "predicateType": PREFIX + "evaluation/v2"}),
)
unknown = statement(
    "prophecy",
    [{"name": "future", "digest": {"gitCommit": "0f0f"}, "uri": "https://future.example/"}],
    {"says": {"a": [1, None, "x"]}},
)
add("type-unknown", "A type that is not known: verified, and not interpreted.", bundled(unknown))
add(
    "type-unknown-forged",
    "A type that is not known, with a forged signature.",
    bundled(unknown, sign=CAROL.sign),
    "signature",
)
add(
    "type-unknown-unknown-field",
    "A field beside the predicate, in a type that is not known.",
    bundled({**unknown, "x": "y"}),
    "schema",
)
add(
    "type-unknown-subject-name-empty",
    "An empty name of a subject: a second spelling of none.",
    bundled(patched(unknown, ["subject", 0, "name"], "")),
    "schema",
)
add(
    "type-unknown-subject-uri-null",
    "null for a subject's address: a second spelling of none.",
    bundled(patched(unknown, ["subject", 0, "uri"], None)),
    "schema",
)
add(
    "type-unknown-issuer-name",
    "A trick in the issuer's name, in a type that is not known.",
    bundled(patched(unknown, NAME, "Al\u200bice")),
    "schema",
)

# Trust


def signers_line(key, principal="alice@example.org", options=""):
    return f"{principal} {options}{key.ssh_type} {b64(key.ssh_key)} a comment\n"


add(
    "trust-known",
    "The issuer's key is in the list of allowed signers.",
    SIGNED,
    trust="# mine\n\n" + signers_line(ALICE),
)
add(
    "trust-known-p256",
    "The same with an ECDSA key.",
    BOBS,
    trust=signers_line(BOB, '"bob@example.org,b@example.org"'),
)
add("trust-unknown", "The list has other keys.", SIGNED, "issuer", trust=signers_line(CAROL) + signers_line(BOB))
add("trust-empty", "An empty list trusts nobody.", SIGNED, "issuer", trust="")
add(
    "trust-namespace",
    "The key is allowed for this purpose.",
    SIGNED,
    trust=signers_line(ALICE, options='namespaces="git,overt-*" '),
)
add(
    "trust-other-namespace",
    "The key is allowed for another purpose.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE, options='namespaces="git" '),
)
add(
    "trust-namespace-excluded",
    "The key is allowed for everything but this purpose.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE, options='namespaces="*,!overt-dsse-v1" '),
)
add(
    "trust-expired",
    "The key was allowed until the year before.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE, options='valid-before="20251231" '),
)
add(
    "trust-in-its-time",
    "The key is allowed at that time.",
    SIGNED,
    trust=signers_line(ALICE, options='valid-after="20261124155959Z",valid-before="202611241601" '),
)
add(
    "trust-not-yet",
    "The key is allowed from the next year on.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE, options='valid-after="20270101" '),
)
for name, about_it, options in (
    ("time-malformed", "A time that is none", 'valid-after="2026" '),
    ("time-reversed", "A time that ends before it begins", 'valid-after="20270101",valid-before="20260101" '),
    ("option-twice", "An option that stands twice", 'namespaces="*",namespaces="*" '),
    ("option-without-quotes", "An option without quotes", "namespaces=* "),
    ("list-with-empty-name", "An empty name in a list", 'namespaces="*," '),
):
    add(
        f"trust-{name}",
        f"{about_it}: the line is passed over.",
        SIGNED,
        "issuer",
        trust=signers_line(ALICE, options=options),
    )
add(
    "trust-two-options",
    "Two words of options, and a name in quotes.",
    SIGNED,
    trust=signers_line(ALICE, '"alice \\"the\\" example"', 'Namespaces="overt-dsse-v?" valid-after="19700101" '),
)
add(
    "trust-type-mismatch",
    "A key under the name of another type of keys.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE).replace("ssh-ed25519", "ecdsa-sha2-nistp256"),
)
add(
    "trust-line-unusable",
    "A line that cannot be used is passed over and lends no trust.",
    SIGNED,
    "issuer",
    trust=signers_line(ALICE, options="cert-authority "),
)

# Logs

POLICY = policy(f"log {LOG.vkey}", "quorum none")
W_POLICY = policy(
    "# three witnesses, two of them",
    f"log {LOG.vkey} https://log.example/",
    f"witness w1 {W1.vkey}",
    f"witness w2\t{W2.vkey}",
    f"  witness w3 {W3.vkey}  https://w3.example/",
    "",
    "group two 2 w1 w2 w3",
    "quorum two",
)
PQ_POLICY = policy(f"log {LOG_PQ.vkey}", f"witness pq {W_PQ.vkey}", "quorum pq")


def proof_vector(name, about_it, proof, failed=(), file=None, **rest):
    add(name, about_it, overt(file or SIGNED, proof), failed, **{"policy": POLICY, **rest})


GOOD = logged(ENVELOPE)
LATER = TIME + 60
witnessed = lambda *keys: logged(ENVELOPE, lines=lambda t: [LOG.line(t), *(k.line(t, LATER) for k in keys)])

add("bundle-without-proof", "An overt bundle of a record that is not logged.", overt(SIGNED))
add("bundle-without-policy", "Without a policy nobody looks at the checkpoint.", overt(SIGNED, GOOD))
add(
    "policy-without-proof", "A policy asks for a proof, and there is none.", overt(SIGNED), "log-entry", policy=POLICY
)
proof_vector("logged", "Logged, and signed by the log.", GOOD)
for size in (1, 2, 3, 4, 7, 8):
    proof_vector(
        f"logged-last-of-{size}", f"The last entry of a tree of {size}.", logged(ENVELOPE, index=size - 1, size=size)
    )
proof_vector("logged-first-of-13", "The first entry of a tree of 13.", logged(ENVELOPE, index=0))
for kind, record in RECORDS.items():
    dsse = signed(record)
    proof = logged(dsse, kind=kind, refs=refs_of(record))
    proof_vector(
        f"logged-{kind}", f"A logged record of the type {kind}, with its references.", proof, file=sigstore(dsse)
    )
dsse = signed(unknown)
proof_vector(
    "logged-unknown-type",
    "References of a type that is not known are not compared.",
    logged(dsse, kind="prophecy", refs=[digest("x")]),
    file=sigstore(dsse),
)
proof_vector("witnessed", "Two of three witnesses.", witnessed(W1, W3), policy=W_POLICY)
proof_vector(
    "witnessed-unknown-too",
    "The cosignature of an unknown witness is passed over.",
    witnessed(W_PQ, W1, W2),
    policy=W_POLICY,
)
proof_vector(
    "witnessed-pq",
    "Log and witness sign with ML-DSA-44.",
    logged(ENVELOPE, lines=lambda t: [LOG_PQ.line(t), W_PQ.line(t, LATER)]),
    policy=PQ_POLICY,
)
proof_vector(
    "witnessed-pq-log-ed25519",
    "A log with both kinds of keys; the policy knows one of them.",
    logged(ENVELOPE, lines=lambda t: [LOG.line(t), LOG_PQ.line(t), W_PQ.line(t, LATER)]),
    policy=PQ_POLICY,
)
proof_vector(
    "trust-at-time-of-logging",
    "The key was allowed when the record was logged, by the log's clock.",
    logged(ENVELOPE, time="2026-11-25T00:00:00Z"),
    trust=signers_line(ALICE, options='valid-after="20261124170000Z" '),
)
proof_vector(
    "trust-lost-at-time-of-logging",
    "The key was not allowed any more when the record was logged.",
    logged(ENVELOPE, time="2026-11-25T00:00:00Z"),
    "issuer",
    trust=signers_line(ALICE, options='valid-before="20261124170000Z" '),
)

dsse = signed(unknown)
proof_vector(
    "logged-unknown-type-refs",
    "More references than an entry has, of a type that is not known.",
    logged(dsse, kind="prophecy", refs=[digest(str(i)) for i in range(9)]),
    "log-entry",
    file=sigstore(dsse),
)

# Proofs that do not hold

proof_vector(
    "proof-other-record", "The proof of another record.", logged(signed(PLAN_RECORD), kind="plan"), "log-entry"
)
other_run = signed(statement("evaluation", evaluation_subject(), evaluation(notes=["another run"])))
proof_vector("proof-other-run", "The proof of another run by the same issuer.", logged(other_run), "log-entry")
proof_vector("entry-other-kind", "The entry says another type.", logged(ENVELOPE, kind="plan"), "log-entry")
proof_vector("entry-other-key", "The entry says another key.", logged(ENVELOPE, key=CAROL), "log-entry")
proof_vector(
    "entry-other-refs",
    "The entry points to a record that this one does not point to.",
    logged(ENVELOPE, refs=[digest("x")]),
    "log-entry",
)
proof_vector(
    "entry-other-salt",
    "The salt is not that of the commitment.",
    logged(ENVELOPE, extra=canonical({"leaf": log_entry(ENVELOPE), "salt": seed("other").hex()})),
    "log-entry",
)
proof_vector("entry-version", "An entry of version 2.", logged(ENVELOPE, v=2), "log-entry")
proof_vector(
    "entry-unknown-field", "A field of the entry that nobody knows.", logged(ENVELOPE, note="hello"), "log-entry"
)
proof_vector(
    "entry-refs-missing",
    "An entry without references.",
    logged(ENVELOPE, entry=patched(log_entry(ENVELOPE), ["refs"], ...)),
    "log-entry",
)
proof_vector(
    "entry-too-many-refs",
    "More references than an entry has.",
    logged(ENVELOPE, refs=[digest(str(i)) for i in range(9)]),
    "log-entry",
)
proof_vector(
    "entry-too-large",
    "An entry of more than 1 KiB.",
    logged(ENVELOPE, refs=[digest(str(i)) for i in range(16)]),
    "log-entry",
)
proof_vector("entry-time", "An entry whose time is none.", logged(ENVELOPE, time="yesterday"), "log-entry")
proof_vector(
    "entry-not-canonical",
    "The entry beside the proof is not canonical.",
    logged(ENVELOPE, extra=json.dumps({"leaf": log_entry(ENVELOPE), "salt": SALT.hex()}).encode()),
    "log-entry",
)
proof_vector(
    "entry-extra-unknown",
    "An unknown field beside the entry.",
    logged(ENVELOPE, extra=canonical({"leaf": log_entry(ENVELOPE), "salt": SALT.hex(), "x": 1})),
    "log-entry",
)
proof_vector(
    "entry-extra-none",
    "The proof carries no entry.",
    logged(ENVELOPE).replace(next(line + "\n" for line in GOOD.split("\n") if line.startswith("extra ")), ""),
    "log-entry",
)
proof_vector(
    "entry-time-changed",
    "The time of the entry was changed after logging.",
    logged(ENVELOPE, extra=canonical({"leaf": log_entry(ENVELOPE, time="2026-11-23T16:00:00Z"), "salt": SALT.hex()})),
    "inclusion",
)


def changed_lines(change):
    lines = GOOD.split("\n")
    change(lines)
    return "\n".join(lines)


HASHES = 3  # the first line with a hash, after header, extra and index
PROOF_LENGTH = 4
proof_vector(
    "path-changed",
    "A hash of the path was changed.",
    changed_lines(lambda l: l.__setitem__(HASHES, b64(seed("x")))),
    "inclusion",
)
proof_vector(
    "path-swapped",
    "Two hashes of the path are swapped.",
    changed_lines(lambda l: l.__setitem__(slice(HASHES, HASHES + 2), l[HASHES : HASHES + 2][::-1])),
    "inclusion",
)
proof_vector(
    "path-too-long", "A hash too many.", changed_lines(lambda l: l.insert(HASHES, b64(seed("x")))), "inclusion"
)
proof_vector("path-too-short", "A hash too few.", changed_lines(lambda l: l.pop(HASHES)), "inclusion")
proof_vector(
    "path-empty",
    "No hash at all.",
    changed_lines(lambda l: l.__delitem__(slice(HASHES, HASHES + PROOF_LENGTH))),
    "inclusion",
)
proof_vector(
    "path-64",
    "64 hashes: the most that a path can have, and far too many here.",
    changed_lines(lambda l: l.__setitem__(slice(HASHES, HASHES), [b64(seed("x"))] * 60)),
    "inclusion",
)
proof_vector(
    "path-65",
    "65 hashes: more than any path has.",
    changed_lines(lambda l: l.__setitem__(slice(HASHES, HASHES), [b64(seed("x"))] * 61)),
    "format",
)
proof_vector("index-other", "The index of another entry.", GOOD.replace("\nindex 5\n", "\nindex 6\n"), "inclusion")
proof_vector(
    "index-is-size", "An index beyond the last entry.", GOOD.replace("\nindex 5\n", "\nindex 13\n"), "inclusion"
)
proof_vector(
    "index-2-to-64-minus-1",
    "The largest index.",
    GOOD.replace("\nindex 5\n", "\nindex 18446744073709551615\n"),
    "inclusion",
)
proof_vector(
    "index-2-to-64", "An index of 65 bits.", GOOD.replace("\nindex 5\n", "\nindex 18446744073709551616\n"), "format"
)
proof_vector(
    "index-leading-zero", "An index with a leading zero.", GOOD.replace("\nindex 5\n", "\nindex 05\n"), "format"
)
proof_vector("index-plus", "An index with a sign.", GOOD.replace("\nindex 5\n", "\nindex +5\n"), "format")
proof_vector("index-missing", "No index.", GOOD.replace("\nindex 5\n", "\n"), "format")
proof_vector("proof-header", "Another first line.", GOOD.replace("tlog-proof@v1", "tlog-proof@v2"), "format")
proof_vector("proof-empty", "An empty proof.", "", "format")
proof_vector("proof-crlf", "Lines that end in carriage return and line feed.", GOOD.replace("\n", "\r\n"), "format")
proof_vector(
    "proof-hash-not-base64",
    "A hash that is not base64.",
    changed_lines(lambda l: l.__setitem__(HASHES, "?" * 44)),
    "format",
)
proof_vector(
    "proof-hash-spare-bits",
    "A hash in a second spelling.",
    changed_lines(lambda l: l.__setitem__(HASHES, l[HASHES][:-2] + chr(ord(l[HASHES][-2]) + 1) + "=")),
    "format",
)
proof_vector(
    "proof-hash-33-bytes",
    "A hash of 33 bytes.",
    changed_lines(lambda l: l.__setitem__(HASHES, b64(bytes(33)))),
    "format",
)
proof_vector(
    "proof-space-after-hash",
    "A space after a hash.",
    changed_lines(lambda l: l.__setitem__(HASHES, l[HASHES] + " ")),
    "format",
)
proof_vector(
    "proof-extra-empty", "An empty extra line.", changed_lines(lambda l: l.__setitem__(1, "extra ")), "format"
)
proof_vector("proof-extra-twice", "Two extra lines.", changed_lines(lambda l: l.insert(1, l[1])), "format")
proof_vector("proof-no-newline-at-end", "The last line is not ended.", GOOD[:-1], "format")

# A proof for a tree of other leaves that leads to a root that the log never signed
forged = [*FILLERS[:5], leaf_hash(canonical(log_entry(ENVELOPE))), *FILLERS[5:]]
honest = [*FILLERS[:5], seed("what the log holds there"), *FILLERS[5:]]
honest_note = note(checkpoint(honest), LOG.line(checkpoint(honest)))
EXTRA = canonical({"leaf": log_entry(ENVELOPE), "salt": SALT.hex()})
proof_vector(
    "path-forged",
    "A path that leads to the forger's own root.",
    tlog_proof(5, inclusion(5, forged), honest_note, EXTRA),
    "inclusion",
)
proof_vector(
    "path-forged-tree-in-tree",
    "The root itself as the sibling of the forged leaf.",
    tlog_proof(5, [root_of(honest)], honest_note, EXTRA),
    "inclusion",
)
two = [leaf_hash(canonical(log_entry(ENVELOPE))), FILLERS[0]]
inner_note = note(checkpoint([root_of(two), FILLERS[1]]), LOG.line(checkpoint([root_of(two), FILLERS[1]])))
proof_vector(
    "path-through-a-leaf",
    "A path that treats a leaf of the log as if it were an inner node.",
    tlog_proof(0, [two[1], FILLERS[1]], inner_note, EXTRA),
    "inclusion",
)

# Checkpoints

TREE = forged


def with_text(text, *lines, index=5, path=None, extra=EXTRA):
    return tlog_proof(
        index, inclusion(5, TREE) if path is None else path, note(text, *(lines or (LOG.line(text),))), extra
    )


GOOD_TEXT = checkpoint(TREE)
assert with_text(GOOD_TEXT) == GOOD
BOTH = ["inclusion", "checkpoint"]
proof_vector(
    "checkpoint-other-origin",
    "A checkpoint of another log, signed by the log's key.",
    logged(ENVELOPE, origin="another.example/log"),
    "checkpoint",
)
proof_vector(
    "checkpoint-other-log",
    "A checkpoint by a log that the policy does not know.",
    logged(ENVELOPE, origin=OTHER_LOG.name, lines=lambda t: [OTHER_LOG.line(t)]),
    "checkpoint",
)
proof_vector(
    "checkpoint-signed-by-other-log",
    "The log's origin, signed by another log alone.",
    logged(ENVELOPE, lines=lambda t: [OTHER_LOG.line(t)]),
    "checkpoint",
)
proof_vector(
    "checkpoint-size-changed", "The size was changed after signing.", GOOD.replace("\n13\n", "\n14\n"), "checkpoint"
)
proof_vector(
    "checkpoint-root-changed",
    "The root was changed after signing.",
    with_text(f"{LOG.name}\n13\n{b64(seed('x'))}\n", LOG.line(GOOD_TEXT)),
    BOTH,
)
proof_vector(
    "checkpoint-size-leading-zero",
    "A size with a leading zero, signed by the log.",
    with_text(GOOD_TEXT.replace("\n13\n", "\n013\n")),
    BOTH,
)
proof_vector("checkpoint-size-negative", "A negative size.", with_text(GOOD_TEXT.replace("\n13\n", "\n-13\n")), BOTH)
proof_vector(
    "checkpoint-size-2-to-64",
    "A size of 65 bits.",
    with_text(GOOD_TEXT.replace("\n13\n", "\n18446744073709551616\n")),
    BOTH,
)
proof_vector(
    "checkpoint-size-zero",
    "An empty tree.",
    with_text(f"{LOG.name}\n0\n{b64(sha256())}\n", path=[], index=0),
    "inclusion",
)
proof_vector("checkpoint-root-short", "A root of 31 bytes.", with_text(f"{LOG.name}\n13\n{b64(bytes(31))}\n"), BOTH)
proof_vector("checkpoint-two-lines", "No root.", with_text(f"{LOG.name}\n13\n"), BOTH)
proof_vector("checkpoint-no-origin", "An empty origin.", with_text("\n13\n" + b64(root_of(TREE)) + "\n"), BOTH)
proof_vector(
    "checkpoint-empty-line-inside", "An empty line inside, signed by the log.", with_text(GOOD_TEXT + "\n"), BOTH
)
proof_vector(
    "checkpoint-two-origins",
    "A second checkpoint of another log in the extension lines, and a size of it: the first three lines count.",
    with_text(OTHER_LOG.name + "\n" + GOOD_TEXT, LOG.line(OTHER_LOG.name + "\n" + GOOD_TEXT)),
    BOTH,
)
extended = GOOD_TEXT + "an extension\n"
everybody = policy(f"log {LOG.vkey}", f"witness a {W1.vkey}", f"witness b {W_PQ.vkey}", "group c all a b", "quorum c")
lines_under = [LOG.line(extended), W1.line(extended, LATER), W_PQ.line(extended, LATER)]
proof_vector(
    "checkpoint-extension",
    "A checkpoint with an extension line, cosigned with both algorithms.",
    with_text(extended, *lines_under),
    policy=everybody,
)
proof_vector(
    "checkpoint-second-tree",
    "Another origin and tree in the extension lines: they say nothing.",
    with_text(GOOD_TEXT + f"{OTHER_LOG.name}\n99\n{b64(seed('x'))}\n"),
)
proof_vector(
    "checkpoint-origin-look-alike",
    "An origin with a letter that looks like another.",
    logged(ENVELOPE, origin="lоg.example/overt"),
    "checkpoint",
)
proof_vector(
    "note-two-empty-lines",
    "Two empty lines before the signatures: the text ends in an empty line.",
    GOOD.replace("\n\n\u2014", "\n\n\n\u2014"),
    BOTH,
)
proof_vector("note-no-signature", "No signature line.", with_text(GOOD_TEXT).rsplit("\u2014", 1)[0], "format")
proof_vector("note-hyphen", "A signature line that begins with a hyphen.", GOOD.replace("\u2014", "-"), "format")
proof_vector("note-signature-not-base64", "A signature that is not base64.", GOOD[:-3] + "?\n", "format")
proof_vector(
    "note-signature-four-bytes",
    "A signature of a key id alone.",
    with_text(GOOD_TEXT, f"\u2014 {LOG.name} {b64(LOG.id)}\n"),
    "format",
)
proof_vector(
    "note-name-plus",
    "A key's name with a plus.",
    with_text(GOOD_TEXT, LOG.line(GOOD_TEXT), LOG.line(GOOD_TEXT, name="a+b")),
    "format",
)
proof_vector(
    "note-name-space",
    "A key's name with a space of another script.",
    with_text(GOOD_TEXT, LOG.line(GOOD_TEXT), LOG.line(GOOD_TEXT, name="a\u3000b")),
    "format",
)
proof_vector("note-control-character", "A tab in the note.", with_text(GOOD_TEXT + "a\tb\n"), "format")
proof_vector(
    "note-64-signatures",
    "64 signatures, all but one by unknown keys.",
    with_text(GOOD_TEXT, *(LOG.line(GOOD_TEXT, name=f"stranger{i}.example") for i in range(63)), LOG.line(GOOD_TEXT)),
)
proof_vector(
    "note-65-signatures",
    "65 signatures.",
    with_text(GOOD_TEXT, *(LOG.line(GOOD_TEXT, name=f"stranger{i}.example") for i in range(64)), LOG.line(GOOD_TEXT)),
    "format",
)
proof_vector(
    "note-key-id-unknown",
    "The log's name with the key id of a key that is not known: passed over, and nobody else signed.",
    with_text(GOOD_TEXT, OTHER_LOG.line(GOOD_TEXT, name=LOG.name)),
    "checkpoint",
)
proof_vector(
    "note-bad-beside-good",
    "A second line by the log's key that does not hold spoils the note.",
    with_text(GOOD_TEXT, LOG.line(GOOD_TEXT), LOG.line(GOOD_TEXT, signature=bytes(64))),
    "checkpoint",
)
proof_vector(
    "note-same-line-twice", "The log's line twice.", with_text(GOOD_TEXT, LOG.line(GOOD_TEXT), LOG.line(GOOD_TEXT))
)
proof_vector(
    "note-signature-short",
    "A signature of the log's key that is too short.",
    with_text(GOOD_TEXT, LOG.line(GOOD_TEXT, signature=LOG.sign(GOOD_TEXT)[:63])),
    "checkpoint",
)

# Witnesses

proof_vector(
    "quorum-missing", "One of three witnesses, where two are asked for.", witnessed(W1), "witnesses", policy=W_POLICY
)
proof_vector("quorum-none-of-them", "No witness at all.", GOOD, "witnesses", policy=W_POLICY)
proof_vector(
    "quorum-same-witness-twice",
    "The same witness twice does not count twice.",
    logged(ENVELOPE, lines=lambda t: [LOG.line(t), W1.line(t, LATER), W1.line(t, LATER + 1)]),
    "witnesses",
    policy=W_POLICY,
)
other_text = checkpoint([*TREE, seed("one more")])
proof_vector(
    "cosignature-other-checkpoint",
    "A witness's cosignature of another checkpoint.",
    logged(ENVELOPE, lines=lambda t: [LOG.line(t), W1.line(other_text, LATER), W2.line(t, LATER)]),
    "checkpoint",
    policy=W_POLICY,
)
proof_vector(
    "cosignature-time-changed",
    "The time of a cosignature was changed.",
    logged(
        ENVELOPE,
        lines=lambda t: [
            LOG.line(t),
            W1.line(t, signature=struct.pack(">Q", LATER + 1) + W1.sign(t, LATER)[8:]),
            W2.line(t, LATER),
        ],
    ),
    "checkpoint",
    policy=W_POLICY,
)
proof_vector(
    "cosignature-plain",
    "A witness that signed the note itself, without a time.",
    logged(
        ENVELOPE, lines=lambda t: [LOG.line(t), W1.line(t, signature=W1.secret.sign(t.encode())), W2.line(t, LATER)]
    ),
    "checkpoint",
    policy=W_POLICY,
)
proof_vector(
    "cosignature-time-63-bits",
    "A time beyond 63 bits.",
    logged(ENVELOPE, lines=lambda t: [LOG.line(t), W1.line(t, 1 << 63), W2.line(t, LATER)]),
    "checkpoint",
    policy=W_POLICY,
)
proof_vector(
    "cosignature-time-latest",
    "The latest time that a cosignature can have.",
    logged(ENVELOPE, lines=lambda t: [LOG.line(t), W1.line(t, (1 << 63) - 1), W2.line(t, 0)]),
    policy=W_POLICY,
)
proof_vector(
    "cosignature-pq-changed",
    "A bit of an ML-DSA-44 cosignature was changed.",
    logged(
        ENVELOPE,
        lines=lambda t: [
            LOG_PQ.line(t),
            W_PQ.line(t, signature=(lambda s: s[:100] + bytes([s[100] ^ 1]) + s[101:])(W_PQ.sign(t, LATER))),
        ],
    ),
    "checkpoint",
    policy=PQ_POLICY,
)
proof_vector(
    "cosignature-pq-hint",
    "A spare byte in the hints of an ML-DSA-44 cosignature: a second spelling.",
    logged(
        ENVELOPE,
        lines=lambda t: [
            LOG_PQ.line(t),
            W_PQ.line(t, signature=(lambda s: s[:-5] + b"\1" + s[-4:])(W_PQ.sign(t, LATER))),
        ],
    ),
    "checkpoint",
    policy=PQ_POLICY,
)
proof_vector(
    "cosignature-pq-cut-off",
    "An ML-DSA-44 cosignature that is cut off.",
    logged(ENVELOPE, lines=lambda t: [LOG_PQ.line(t), W_PQ.line(t, signature=W_PQ.sign(t, LATER)[:-1])]),
    "checkpoint",
    policy=PQ_POLICY,
)
proof_vector(
    "cosignature-pq-hints-order",
    "Two hints of an ML-DSA-44 cosignature in the other order: a second spelling.",
    logged(
        ENVELOPE,
        lines=lambda t: [
            LOG_PQ.line(t),
            W_PQ.line(t, signature=(lambda s: s[:-84] + s[-83:-82] + s[-84:-83] + s[-82:])(W_PQ.sign(t, LATER))),
        ],
    ),
    "checkpoint",
    policy=PQ_POLICY,
)
proof_vector(
    "cosignature-pq-too-long",
    "An ML-DSA-44 cosignature by the key's holder that holds but for the bound on z.",
    logged(
        ENVELOPE,
        lines=lambda t: [
            LOG_PQ.line(t),
            W_PQ.line(
                t,
                signature=struct.pack(">Q", LATER)
                + W_PQ.secret.sign(cosigned_message(W_PQ.name, t, LATER), too_long=True),
            ),
        ],
    ),
    "checkpoint",
    policy=PQ_POLICY,
)
long_origin = "o" * 257
LONG_LOG = NoteKey(long_origin, 1)
proof_vector(
    "cosignature-pq-long-origin",
    "An origin of 257 bytes, whose length an ML-DSA-44 cosignature cannot state; here it states 1.",
    logged(ENVELOPE, origin=long_origin, lines=lambda t: [LONG_LOG.line(t), W_PQ.line(t, LATER)]),
    "checkpoint",
    policy=policy(f"log {LONG_LOG.vkey}", f"witness pq {W_PQ.vkey}", "quorum pq"),
)
renamed = NoteKey("another.example", 6, W_PQ.name)
proof_vector(
    "cosignature-pq-other-name",
    "An ML-DSA-44 cosignature that the same key made under another name.",
    logged(ENVELOPE, lines=lambda t: [LOG_PQ.line(t), W_PQ.line(t, signature=renamed.sign(t, LATER))]),
    "checkpoint",
    policy=PQ_POLICY,
)

AGED = W_POLICY + "#overt max-cosignature-age 3600\n"
proof_vector("cosignature-fresh", "Cosignatures are young enough.", witnessed(W1, W2), policy=AGED, now=LATER + 3600)
proof_vector(
    "cosignature-old",
    "Cosignatures are older than the policy allows.",
    witnessed(W1, W2),
    "witnesses",
    policy=AGED,
    now=LATER + 3601,
)
proof_vector("cosignature-old-any-age", "The same where no time is asked about.", witnessed(W1, W2), policy=AGED)

# Policies

nested = policy(
    f"log {LOG.vkey}",
    f"witness w1 {W1.vkey}",
    f"witness w2 {W2.vkey}",
    f"witness w3 {W3.vkey}",
    "group inner any w1 w2",
    "group outer all inner w3",
    "quorum outer",
)
proof_vector("policy-nested-groups", "Groups of groups.", witnessed(W2, W3), policy=nested)
proof_vector(
    "policy-nested-groups-missing",
    "Groups of groups that are not met.",
    witnessed(W1, W2),
    "witnesses",
    policy=nested,
)
proof_vector(
    "policy-quorum-of-one-witness",
    "A quorum of a single witness.",
    witnessed(W2),
    policy=policy(f"log {LOG.vkey}", f"witness w {W2.vkey}", "quorum w"),
)
proof_vector("policy-no-log", "A policy that knows no log.", GOOD, "checkpoint", policy="quorum none\n")
WITNESS = f"witness w1 {W1.vkey}"
for name, about_it, text in (
    ("empty", "An empty policy", ""),
    ("no-quorum", "No quorum line", policy(f"log {LOG.vkey}")),
    ("two-quorums", "Two quorum lines", policy("quorum none", "quorum none")),
    ("unended-line", "A last line without an end: the file may be cut off", POLICY[:-1]),
    ("carriage-return", "Carriage returns", POLICY.replace("\n", "\r\n")),
    ("control-character", "A control character in a comment", policy("# \x1b[31m", "quorum none")),
    (
        "vkey-long-name",
        "An ML-DSA-44 key whose name has 256 bytes",
        policy(f"witness w {NoteKey('w' * 256, 6, W_PQ.name).vkey}", "quorum w"),
    ),
    ("unknown-line", "A line that is not known", policy("trust everybody", "quorum none")),
    ("undefined-name", "A quorum of a name that is not defined", policy("quorum w1")),
    ("defined-later", "A group of a witness that is defined later", policy("group g any w1", WITNESS, "quorum g")),
    ("name-twice", "A name that is defined twice", policy(WITNESS, f"witness w1 {W2.vkey}", "quorum w1")),
    ("name-none", "A witness called none", policy(f"witness none {W1.vkey}", "quorum none")),
    (
        "witness-key-twice",
        "The same key of a witness under two names",
        policy(WITNESS, f"witness w2 {W1.vkey}", "quorum w1"),
    ),
    (
        "witness-key-renamed",
        "The same key of a witness under two names of keys",
        policy(WITNESS, f"witness w2 {NoteKey('other.example', 4, W1.name).vkey}", "quorum w1"),
    ),
    ("log-key-twice", "The same key of a log twice", policy(f"log {LOG.vkey}", f"log {LOG.vkey}", "quorum none")),
    ("member-twice", "A member of two groups", policy(WITNESS, "group a any w1", "group b any w1", "quorum a")),
    ("group-of-itself", "A group of itself", policy("group a any a", "quorum a")),
    ("threshold-zero", "None of one", policy(WITNESS, "group a 0 w1", "quorum a")),
    ("threshold-above", "Two of one", policy(WITNESS, "group a 2 w1", "quorum a")),
    ("threshold-leading-zero", "A number with a leading zero", policy(WITNESS, "group a 01 w1", "quorum a")),
    ("group-empty", "A group without members", policy("group a any", "quorum none")),
    ("witness-type-1", "A witness whose key makes no cosignatures", policy(f"witness w {LOG.vkey}", "quorum w")),
    (
        "vkey-id",
        "A key whose id is that of another",
        policy("log " + LOG.vkey.replace(LOG.id.hex(), "00000000"), "quorum none"),
    ),
    (
        "vkey-id-upper-case",
        "A key id in capital letters",
        policy("log " + LOG.vkey.replace(LOG.id.hex(), LOG.id.hex().upper()), "quorum none"),
    ),
    (
        "vkey-type",
        "A key of an unknown type",
        policy(
            f"log x.example+{sha256('x.example', chr(10), bytes([2]) + bytes(32))[:4].hex()}+{b64(bytes([2]) + bytes(32))}",
            "quorum none",
        ),
    ),
    (
        "vkey-small-order",
        "A log's key of small order",
        policy(
            f"log x.example+{sha256('x.example', chr(10), bytes([1]) + bytes(32))[:4].hex()}+{b64(bytes([1]) + bytes(32))}",
            "quorum none",
        ),
    ),
    (
        "vkey-short",
        "A log's key of 31 bytes",
        policy(
            f"log x.example+{sha256('x.example', chr(10), bytes([1]) + bytes(31))[:4].hex()}+{b64(bytes([1]) + bytes(31))}",
            "quorum none",
        ),
    ),
    ("pragma-unknown", "A line for overt that is not understood", policy("#overt max-age 3", "quorum none")),
    (
        "pragma-twice",
        "A line for overt twice",
        policy("#overt max-cosignature-age 3", "#overt max-cosignature-age 3", "quorum none"),
    ),
):
    add(f"policy-{name}", f"{about_it}.", SIGNED, policy=text, refused="policy")

# Samples


def revealing(name, about_it, samples, failed=(), file=None):
    add(name, about_it, overt(file or SIGNED, samples=samples), failed)


REVEALED = [reveal(DIGEST, i, content=i % 2 == 0) for i in range(7)]
revealing("revealed-all", "All samples, every second one with its content.", REVEALED)
revealing("revealed-one", "One sample without its content.", [REVEALED[3]])
add(
    "revealed-logged-and-witnessed",
    "Everything at once.",
    overt(SIGNED, witnessed(W1, W2, W3), REVEALED[:3]),
    policy=W_POLICY,
    trust=signers_line(ALICE),
    kind="evaluation",
)
revealing("revealed-swapped", "Two samples stand in the wrong order.", [REVEALED[1], REVEALED[0]], "samples")
revealing("revealed-twice", "A sample stands twice.", [REVEALED[1], REVEALED[1]], "samples")
swapped = [{**REVEALED[0], "shown": REVEALED[1]["shown"]}]
revealing("revealed-other-shown", "The shown part of another sample.", swapped, "samples")
revealing("revealed-index", "The index of another sample.", [{**REVEALED[2], "index": 3}], "samples")
revealing("revealed-index-beyond", "An index beyond the last sample.", [{**REVEALED[2], "index": 7}], "samples")
LARGEST = 2**53 - 1
revealing("revealed-index-largest", "The largest index.", [{**REVEALED[2], "index": LARGEST}], "samples")
revealing("revealed-index-too-large", "An index above 2^53 - 1.", [{**REVEALED[2], "index": LARGEST + 1}], "format")
revealing("revealed-count-too-large", "A number of samples above 2^53 - 1.", [{**REVEALED[2], "count": LARGEST + 1}], "format")
revealing("revealed-count", "Another number of samples.", [{**REVEALED[2], "count": 8}], "samples")
revealing("revealed-other-record", "A sample of another record.", [{**REVEALED[2], "record": digest("x")}], "samples")
OTHER_SECRET = seed("another run")
revealing("revealed-other-run", "A sample of another run.", [reveal(DIGEST, 2, secret=OTHER_SECRET)], "samples")
revealing(
    "revealed-score-changed",
    "A score was improved.",
    [{**REVEALED[0], "shown": REVEALED[0]["shown"].replace('"exact":0', '"exact":1')}],
    "samples",
)
revealing(
    "revealed-content-changed",
    "An answer was changed.",
    [{**REVEALED[0], "content": REVEALED[0]["content"].replace("Antwort", "Antwqrt")}],
    "samples",
)
revealing("revealed-salt", "Another salt.", [{**REVEALED[0], "shownSalt": seed("x").hex()}], "samples")
revealing(
    "revealed-parts-swapped",
    "Shown part and content are swapped.",
    [
        {
            **REVEALED[0],
            "shown": REVEALED[0]["content"],
            "content": REVEALED[0]["shown"],
            "shownSalt": REVEALED[0]["contentSalt"],
            "contentSalt": REVEALED[0]["shownSalt"],
        }
    ],
    "samples",
)
revealing(
    "revealed-path-short",
    "A path with a hash too few.",
    [{**REVEALED[0], "path": REVEALED[0]["path"][:-1]}],
    "samples",
)
revealing(
    "revealed-path-long",
    "A path with a hash too many.",
    [{**REVEALED[0], "path": [*REVEALED[0]["path"], digest("x")]}],
    "samples",
)
revealing("revealed-path-65", "A path longer than any.", [{**REVEALED[0], "path": [digest("x")] * 65}], "format")
revealing("revealed-empty-list", "An empty list of samples: a second spelling of none.", [], "format")
revealing(
    "revealed-half-opened", "A content without its salt.", [patched(REVEALED[0], ["contentSalt"], ...)], "format"
)
revealing(
    "revealed-both",
    "A content and the commitment to it.",
    [{**REVEALED[0], "contentCommitment": digest("x")}],
    "format",
)
revealing(
    "revealed-neither",
    "Neither a content nor a commitment.",
    [patched(REVEALED[1], ["contentCommitment"], ...)],
    "format",
)
revealing("revealed-null", "null for a field that is absent.", [{**REVEALED[0], "contentCommitment": None}], "format")
revealing("revealed-unknown-field", "A field that nobody knows.", [{**REVEALED[0], "note": "x"}], "format")
exponent = canonical(overt(SIGNED, samples=[REVEALED[1]])).decode().replace('"index":1,', '"index":1e0,')
add("revealed-index-exponent", "An index that is written as a decimal number.", exponent, "format")
revealing("revealed-index-negative", "A negative index.", [{**REVEALED[0], "index": -1}], "format")
revealing(
    "revealed-salt-upper-case",
    "A salt in capital letters.",
    [{**REVEALED[0], "shownSalt": REVEALED[0]["shownSalt"].upper()}],
    "format",
)
revealing(
    "revealed-of-a-plan",
    "Samples of a record that has none.",
    [{**REVEALED[0], "record": record_digest(signed(PLAN_RECORD)).hex()}],
    "samples",
    bundled(PLAN_RECORD),
)
for name, shown_part, failed in (
    ("float", b'{"score":0.1}', ()),
    ("exponent", b'{"score":1e-7}', ()),
    ("large-exponent", b'{"score":1e+21}', ()),
    ("float-spelling", b'{"score":0.10}', "samples"),
    ("integer-as-float", b'{"score":1.0}', "samples"),
    ("large-integer", b'{"score":9007199254740993}', "samples"),
    ("minus-zero", b'{"score":-0}', "samples"),
    ("key-twice", b'{"a":1,"a":2}', "samples"),
    ("key-order", b'{"b":1,"a":2}', "samples"),
    ("utf16-order", '{"\U0001f980":1,"\ufb01":2}'.encode(), ()),
    ("utf8-order", '{"\ufb01":2,"\U0001f980":1}'.encode(), "samples"),
):
    rows = [(shown_part, b"{}")]
    record = statement("evaluation", evaluation_subject(), evaluation(rows))
    dsse = signed(record)
    about_it = f"A shown part of {shown_part.decode()}, committed to as it stands."
    revealing(f"revealed-json-{name}", about_it, [reveal(record_digest(dsse), 0, rows)], failed, sigstore(dsse))

# Overt bundles in one spelling

BUNDLE = overt(SIGNED, GOOD)
add("bundle-unknown-field", "A field that the format does not know.", {**BUNDLE, "note": "x"}, "format")
add(
    "bundle-inner-unknown-field",
    "A field of the Sigstore bundle inside that is not read.",
    patched(BUNDLE, ["bundle", "note"], "x"),
    "format",
)
add(
    "bundle-inner-old-media-type",
    "The older media type inside an overt bundle: a second spelling.",
    patched(BUNDLE, ["bundle", "mediaType"], "application/vnd.dev.sigstore.bundle+json;version=0.3"),
    "format",
)
add(
    "bundle-url-safe-base64",
    "Base64 without padding inside an overt bundle: a second spelling.",
    patched(BUNDLE, ["bundle", *SIG], ENVELOPE["signatures"][0]["sig"].rstrip("=")),
    "format",
)
add("bundle-proof-null", "null for a proof that is absent.", {**overt(SIGNED), "proof": None}, "format")
add("bundle-proof-object", "A proof that is no text.", {**overt(SIGNED), "proof": {}}, "format")
add("bundle-without-record", "A bundle without a record.", patched(BUNDLE, ["bundle"], ...), "format")
add("bundle-in-bundle", "A bundle inside a bundle.", {**BUNDLE, "bundle": BUNDLE}, "format")
add(
    "bundle-number-in-material",
    "A number in the verification material: a second spelling of a text.",
    patched(BUNDLE, ["bundle", "verificationMaterial", "x"], 1),
    "format",
)
add(
    "bundle-more-material",
    "More verification material than overt reads.",
    patched(BUNDLE, ["bundle", "verificationMaterial", "tlogEntries"], []),
    "format",
)
add(
    "bundle-hint-left-out",
    "No hint of the key inside an overt bundle: a second spelling.",
    patched(BUNDLE, ["bundle", "verificationMaterial", "publicKey"], {}),
    "format",
)

# Forks

HISTORY = [*FILLERS[:9]]
OTHER_HISTORY = [*FILLERS[:6], seed("another entry"), *FILLERS[7:9]]
LONGER = [*OTHER_HISTORY, seed("later"), seed("later still")]


def checkpoint_note(leaves, key=LOG, origin=LOG.name):
    text = checkpoint(leaves, origin)
    return note(text, key.line(text))


def fork(first, second, leaf=None, key=LOG):
    file = {"mediaType": "application/vnd.overt.fork.v1+json", "log": key.vkey, "notes": [first, second]}
    return file if leaf is None else {**file, "leaf": leaf}


def leaf_in(index, *trees):
    paths = [{"hash": tree[index].hex(), "proof": [h.hex() for h in inclusion(index, tree)]} for tree in trees]
    return {"index": index, "paths": paths}


SAME_SIZE = fork(checkpoint_note(HISTORY), checkpoint_note(OTHER_HISTORY))
OTHER_SIZE = fork(checkpoint_note(HISTORY), checkpoint_note(LONGER), leaf_in(6, HISTORY, LONGER))
add("fork-same-size", "Two trees of one size with different roots.", SAME_SIZE, policy=POLICY)
add("fork-without-policy", "The same; whose key it is, nobody asked.", SAME_SIZE)
add(
    "fork-same-size-with-leaf",
    "The same, with a leaf in which the trees differ.",
    {**SAME_SIZE, "leaf": leaf_in(6, HISTORY, OTHER_HISTORY)},
    policy=POLICY,
)
add("fork-other-size", "Trees of two sizes that differ in a leaf.", OTHER_SIZE, policy=POLICY)
add(
    "fork-other-size-reversed",
    "The same, the larger tree first.",
    fork(checkpoint_note(LONGER), checkpoint_note(HISTORY), leaf_in(6, LONGER, HISTORY)),
    policy=POLICY,
)
add(
    "fork-pq",
    "A fork of a log that signs with ML-DSA-44.",
    fork(checkpoint_note(HISTORY, LOG_PQ), checkpoint_note(OTHER_HISTORY, LOG_PQ), key=LOG_PQ),
    policy=PQ_POLICY,
)
add(
    "fork-cosigned",
    "Lines of witnesses under the checkpoints are passed over.",
    fork(
        note(checkpoint(HISTORY), LOG.line(checkpoint(HISTORY)), W1.line(checkpoint(HISTORY), TIME)),
        checkpoint_note(OTHER_HISTORY),
    ),
)
add("fork-unknown-log", "A fork of a log that the policy does not know.", SAME_SIZE, "log", policy=PQ_POLICY)
add(
    "fork-same-checkpoint",
    "The same checkpoint twice.",
    fork(checkpoint_note(HISTORY), checkpoint_note(HISTORY)),
    "fork",
)
add(
    "fork-growth",
    "A log that grew, and did not fork.",
    fork(checkpoint_note(HISTORY), checkpoint_note([*HISTORY, seed("later")])),
    "fork",
)
add(
    "fork-growth-same-leaf",
    "A log that grew, with a leaf that both trees have.",
    fork(
        checkpoint_note(HISTORY),
        checkpoint_note([*HISTORY, seed("later")]),
        leaf_in(6, HISTORY, [*HISTORY, seed("later")]),
    ),
    "fork",
)
add(
    "fork-leaf-beyond",
    "A leaf beyond the smaller tree.",
    {**OTHER_SIZE, "leaf": patched(leaf_in(6, HISTORY, LONGER), ["index"], 9)},
    "fork",
)
add(
    "fork-leaf-changed",
    "A leaf that is not in its tree.",
    patched(OTHER_SIZE, ["leaf", "paths", 0, "hash"], digest("x")),
    "fork",
)
add(
    "fork-leaf-other-place",
    "Leaves of two places.",
    patched(OTHER_SIZE, ["leaf", "paths", 1], leaf_in(5, LONGER)["paths"][0]),
    "fork",
)
add(
    "fork-paths-reversed",
    "Paths in the wrong order.",
    patched(OTHER_SIZE, ["leaf", "paths"], OTHER_SIZE["leaf"]["paths"][::-1]),
    "fork",
)
add(
    "fork-unsigned",
    "A checkpoint that the log did not sign.",
    fork(checkpoint_note(HISTORY), checkpoint_note(OTHER_HISTORY, OTHER_LOG)),
    "fork",
)
add(
    "fork-forged",
    "A forged signature of the log.",
    fork(
        checkpoint_note(HISTORY),
        note(checkpoint(OTHER_HISTORY), LOG.line(checkpoint(OTHER_HISTORY), signature=bytes(64))),
    ),
    "fork",
)
add(
    "fork-two-origins",
    "Checkpoints of two logs that share a key.",
    fork(checkpoint_note(HISTORY), checkpoint_note(OTHER_HISTORY, origin="another.example/log")),
    "fork",
)
add("fork-one-note", "One note alone.", {**SAME_SIZE, "notes": SAME_SIZE["notes"][:1]}, "format")
add(
    "fork-one-path",
    "One path alone.",
    patched(OTHER_SIZE, ["leaf", "paths"], OTHER_SIZE["leaf"]["paths"][:1]),
    "format",
)
add("fork-note-malformed", "A note that is none.", {**SAME_SIZE, "notes": ["x", SAME_SIZE["notes"][1]]}, "format")
add("fork-vkey", "A key that is none.", {**SAME_SIZE, "log": "log.example"}, "format")
add("fork-unknown-field", "A field that nobody knows.", {**SAME_SIZE, "note": "x"}, "format")
add(
    "fork-index-float",
    "An index that is no integer.",
    canonical(OTHER_SIZE).decode().replace('"index":6', '"index":6.0'),
    "format",
)



# ---------------------------------------------------------------------------------------------------------------------
# Every word of every list of words: a verifier that lacks one refuses honest records.

WORDS = {
    ("evaluation", "evaluator", "relationship"): "first_party third_party collaborative other",
    ("evaluation", "system", "reach"): "local api replay program",
    ("evaluation", "tasks", 0, "metrics", 0, "direction"): "higher lower zero none",
    ("plan", "systems", 0, "reach"): "local api replay program",
    ("incident", "kind"): "flaw vulnerability incident near_miss hazard",
    ("incident", "severity"): "not_sure negligible low medium high critical",
    ("incident", "oecdSeverity"): "hazard serious_hazard incident serious_incident disaster",
    ("incident", "prevalence"): "not_sure isolated rare occasional common widespread",
    ("incident", "harms"): "psychological financial reputational physical rights_violation discrimination "
    "misinformation property environment other",
    ("incident", "stakeholders"): "end_users ai_company researchers general_public specific_groups infrastructure other",
    ("incident", "serious"): "death_or_health critical_infrastructure fundamental_rights property_or_environment",
    ("incident", "discovery"): "user_observation monitoring testing external_report automated_analysis",
    ("incident", "status"): "reported acknowledged in_progress fixed disputed accepted withdrawn",
    ("incident", "reporter"): "user affected researcher developer deployer employee journalist authority other",
    ("incident", "factors"): "training_data model_architecture fine_tuning system_design user_interface "
    "content_filtering safety_measures user_misconfiguration third_party_integration other",
    ("incident", "details", "occurredWithin"): "day month year",
    ("incident", "details", "intent"): "as_meant misuse malicious",
    ("incident", "details", "novelty"): "documented new",
    ("incident", "details", "attackerResources"): "training_data model_supply_chain white_box black_box grey_box "
    "application_supply_chain application_output other",
    ("incident", "details", "attackerObjectives"): "availability integrity privacy abuse other",
    ("incident", "details", "principles"): "well_being human_rights transparency safety accountability",
    ("incident", "details", "breadth"): "pilot narrow broad widespread",
    ("incident", "details", "autonomy"): "none low medium high",
    ("incident", "details", "tasks"): "recognition event_detection forecasting personalisation interaction_support "
    "goal_driven_optimisation reasoning content_generation other",
    ("redaction", "reason"): "personal_data legal_order copyright hazardous contamination error withdrawn",
    ("statement", "mediaType"): "text/plain text/markdown",
    ("endorsement", "signatory", "as"): "person organisation",
}


def with_word(kind, path, word):
    """The record with the word in its place; the subject of an incident is its report, so it follows."""
    if kind != "incident":
        return bundled(patched(RECORDS[kind], BODY + path, word))
    report = patched(INCIDENT, path, word)
    if path[-1] == "occurredWithin":
        # Such a time is the beginning of it.
        report = patched(report, ["occurredAt"], "2026-01-01T00:00:00Z")
    subject = about(report=sha256(canonical(report)).hex(), system=digest("weights"))
    return bundled(statement("incident", subject, report))


for (kind, *path), listed in WORDS.items():
    place = "-".join(str(step).lower() for step in path)
    in_list = path[-1] in (
        "harms",
        "stakeholders",
        "serious",
        "factors",
        "attackerResources",
        "attackerObjectives",
        "principles",
        "tasks",
    )
    for word in listed.split():
        file = with_word(kind, path, [word] if in_list else word)
        add(f"word-{kind}-{place}-{word.replace('/', '-')}", f"A word that may stand here: {word}.", file)
    file = with_word(kind, path, ["neutral"] if in_list else "neutral")
    add(f"word-{kind}-{place}-unlisted", "A word that is not in the list.", file, "schema")


def main():
    names = [vector["name"] for vector in VECTORS]
    lines = ",\n".join(
        json.dumps(vector, ensure_ascii=True, sort_keys=False, separators=(",", ":")) for vector in VECTORS
    )
    out = Path(__file__).with_name("vectors.json")
    out.write_text(f"[\n{lines}\n]\n")
    print(f"{out.name}: {len(names)} vectors")


if __name__ == "__main__":
    main()
