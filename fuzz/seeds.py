#!/usr/bin/env python3
"""Writes what the fuzzers begin with: `seeds.py DIRECTORY` makes `DIRECTORY/<target>/`, one file for each seed.

All of it stands in the repository already, in the vectors and in the tests' data; here it is only taken apart, so that
a fuzzer meets what is inside of base64 and of JSON strings without having to find its way there.
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote_plus

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


listed = {"run.json": {"bytes": 2, "sha256": "07" * 32}, "samples.parquet": {"bytes": 1 << 20, "sha256": "08" * 32}}
seed("offer", canonical({"commit": "09" * 32, "files": listed, "index": 17, "key": "KEY", "log": "log.example.org/1", "v": 1}))

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

# Letters, their markup, the names and addresses under them, and text from outside.
letter = (
    "Evidence for evaluations\n\nWe ask for two things:\n\n  1. results with their evidence, and\n  2. evidence that *anybody* can "
    "check.\n\nSignatories\n\n  1. A Reader, Example Library, Reading Room\n  2. Example Institute\n\nSee all 1,821 signatures\n"
)
seed("letter", letter)
seed("letter", "\ufeffTitle\r\n\r\n- # not a *heading*\r\n- 1) a\r\n  b\r\n\r\n1. one\r\n2. two\r\n\r\n1. one\r\n\r\nSigned by:\r\n\r\n1. A")
seed("letter", "T\n\n===\n\n2026. A year\n> x\n&amp; <b> [a](b) `c` \\\n~~~\n\n• a\n\u00a0\u00a0b\n\n* * *\n+ x\n\nSee 3\n\nSigners\n1) A\n3 signed\n")
for path in sorted((root / "examples").rglob("*.md")):
    seed("markup", path.read_text())
for text in (
    "# One\n\nTwo *three **four*** `five` <https://example.org/?a=b&c> [six](mailto:a@example.org) ![seven](http://example.org)\n",
    "> 1. a\n>    - b\n>\n>          c\n>\n> ---\n\n***\n\n<script>alert(1)</script>\n\n<!-- x -->\n\n[r]: https://example.org 'x'\n\n[r] [R][] [x][r]\n",
    "&lt;b&gt; &#x202e; &#0; &nbsp;&zwj; a\\\nb  \nc\n\n~~~js\n<i>\n~~~\n\n3) x\n4) y\n\n[a](javascript:alert(1)) [b](https://x\\y) <a@b.example>\n",
    "A\n===\n\nB\n---\n\n####### c\n\n######\n\n> > > > > > > > > > > > > > > > > > > d\n\n* * * * * * * * * * * * * * * * * * e\n",
):
    seed("markup", text)
for unit in ("[", "![", "*a ", "*a_", "**x** ", "`", "`a``", "> ", "- ", "1. ", "<a ", "<!--", "&#", "[a](", "[a]: x\n", "[]", "\\\n",
             "a\n", "\n\n", "#\n", "- a\n\n", " * ", "](", "_a__", "~~~\n", "<![CDATA[", "<?", "&amp;", "[r]\n\n[r]: http://a\n", "\"", "a\u0301"):
    seed("long_markup", unit)
for text in ("A Reader", "a\u202eb\u0000\u001b[2J", "\U000e0041\U000e0042", "👩\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3", "<script>\"&'\r\n\tx", "می\u200cخواهم"):
    seed("shown", text)
    seed("name", text)
for text in ("Dr. José O’Neill-Łuczak", "Ｊ. ＤＯＥ ﬁ ß İ ı ς", "क\u094d\u200dष", "\"*'() -- ;", "Ελένη А. Б. Œuvre Þór Đorđe", "x" * 256):
    seed("name", text)
for text in ("reader@example.org", " A.b+tag@Gmail.com ", "+x@googlemail.com", "a-b_c@pm.me", "x@bücher.example", "o'neill@xn--bcher-kva.example",
             "!#$%&'*+-/=?^_`{|}~@ya.ru", "a@b.c", "a@1.2.3.4", "a@例え.テスト", "A@ＥＸＡＭＰＬＥ．ORG"):
    seed("mail_address", text)
seed("signatories", bytes([0, 0, 1, 48, 0, 1, 0, 2, 2, 0, 0, 2, 6, 0, 0, 0, 1, 3, 4, 4, 3, 120, 0, 4, 0, 0, 4, 49, 0, 5]))
seed("signatories", bytes([0, 3, 1, 32, 0, 9, 5, 0, 0, 0, 12, 3, 6, 1, 0, 1, 3, 12, 7, 5, 0, 130, 1, 13, 0, 5, 2, 7, 250, 14]))

# What lies beside a log, and how far it was followed.
bodies = (b"\0\0\0\1a" + b"\0\0\0\0" + b"\0\0\0\3bcd", b"\0\0\0\0" * 3)
for body in bodies:
    seed("pack", b"bodies/000/5-3\0" + body)
    seed("pack", b"bodies/x001/067/253-3\0" + body)
seed("follow_state", "overt-follow v1\nnext 0\n\n")
for path in sorted((out / "note").iterdir())[:40]:
    seed("follow_state", b"overt-follow v1\nnext 3\n\n" + path.read_bytes())

# Reports: the answers of a small one, one with all that a record has, and the incidents of the vectors.
answers = {}
for name, answer in re.findall(r'\("([a-z]+(?:\.[A-Za-z0-9]+)+)", "([^"]*)"\)', (root / "crates/overt-report/src/lib.rs").read_text()):
    answers[name] = answer
seed("answers", "\n".join(f"{name}={answer}" for name, answer in answers.items()))
seed("answers", "classification.csam=yes\nclassification.csamAcknowledged=true\nwithheld.hashes=" + "0f" * 32 + "\nupdates=\n")
seed("answers", "attachments.0.name=a\nattachments.0.size=4711\nimpact.harms=physical\tprivacy\nimpact.harms=\ncoordination.consent.0.to=oecd\n")
many = {"developers", "harms", "stakeholders"}
draft = {"systems": [{}], "coordination": {"recipients": [{}]}}
for name, answer in {**answers, "coordination.recipients.0.name": "A laboratory", "reporter.email": "reader@example.org"}.items():
    at = draft
    *way, last = name.split(".")
    for step in way:
        at = at[int(step)] if step.isdigit() else at.setdefault(step, {})
    at[last] = {"yes": True, "no": False}.get(answer, [answer] if last in many else answer)
seed("report", canonical(draft))
record = "0f" * 32
draft["classification"].update(realWorldHarm=True, maliciousUse=True, kind="incident")
draft["systems"][0].update(version="2026-11", access="API", deployers=["Example"], sha256=record, purl="pkg:huggingface/example/model@0a1b2c", fixedIn="2")
draft["event"].update(
    expected="a", actual="=b|<i>", occurredAt="2026-10", endedAt="2026-11-20T09:30:00Z", discoveredAt="2026-11-21", intent="accidental",
    countries=["BR"], places=["Example"], relationToHarm="c", chainOfEvents="d", policies=[{"uri": "https://example.org/p", "reason": "e"}])
draft["evidence"].update(
    recurrence="f", records=[record], alsoSeenOn=["g"], items=[{"title": "h", "uri": "https://example.org/h", "sha256": record}],
    measuredPrevalence={"count": 18, "of": 60, "interval": {"low": 0.199, "high": 0.4251, "level": 0.95, "method": "wilson"},
                        "record": record, "task": "doses", "metric": "wrong-dose"})
draft["impact"].update(
    oecdSeverity="hazard", harmedParties=["i"], harmQuantity="j", serious=["health"], rights=["k"], industries=["8610"], businessFunctions=["l"],
    cvss="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", criticalInfrastructure=["m"],
    taxonomies=[{"scheme": "cwe", "id": "CWE-77"}, {"scheme": "avid-sep", "id": "E0301"}, {"scheme": "avid-lifecycle", "id": "L06"}])
draft["cause"] = {"outputs": "n", "contributing": "o", "inputs": "p", "mitigationFailures": "q", "trainingData": "r", "model": "s", "usageRights": "t",
                  "interaction": "u", "monitoring": "v"}
draft["response"].update(actions="w", recommendations="x", additional="y")
draft["reporter"].update(name="A Reader", organisation="Example", country="KE")
draft["coordination"].update(
    embargoUntil="2026-12-01", embargoDetails="z", timeline=[{"at": "2026-11-21T07:08:09Z", "what": "told"}], proofOfConcept="aa",
    acknowledgements=[{"by": "bb", "at": "2026-11-22"}], consent=[{"to": "flare_ai", "parts": ["name", "contact", "organisation", "disclosure"]}])
draft["attachments"] = [{"name": "a.png", "mediaType": "image/png", "size": 7, "sha256": record}]
seed("report", canonical(draft))
seed("report", canonical({"classification": {"csam": True, "csamAcknowledged": True}, "withheld": {"hashes": [record], "reportedTo": ["A hotline"]}}))
for path in sorted((out / "record").iterdir()):
    if b"/record/incident/v1" in path.read_bytes():
        seed("incident", path.read_bytes())

# What is asked of a site.
for query in ("task=a&outcome=failed&scorer=s&score=missing&from=-0,5&to=1e3&tag=a%3Db&text=%C3%A9+x&sort=-tokens&page=3", "score=1&to=2&x", "a=1&a=2&=&&%00"):
    seed("filter", query)
form = "form-token=TOKEN&"
for path in (
    "/", "/find?q=%C3%A9+*", "/evaluations?system=a&task=b&sort=x&after=3", "/evaluations/STATEMENT/samples/a/b/1", "/compare?a=STATEMENT&b=x",
    "/systems/x/feed.atom", "/tasks/~..", "/log?after=1", "/log/0", "/records/STATEMENT?file=x", "/records/STATEMENT.json", "/about/policy.txt",
    "/assets/overt.css", "/feed.json", "/sitemap.xml", "/metrics/site", "/.well-known/overt-key", "/api/v1/openapi.json", "/checkpoint", "/health",
    "/api/v1/log/entries?after=1&limit=3", "/api/v1/statements/STATEMENT/signatories?limit=500", "/api/v1/incidents/INCIDENT", "/tile/0/000.p/3",
    "/tile/entries/000.p/3", "/body/1", "/files/STATEMENT", "/metrics", "/statements?lang=fr", "/statements/STATEMENT?lang=de&after=1",
    "/statements/STATEMENT/signatures?search=re&after=0", "/statements/STATEMENT/sign?lang=es", "/statements/STATEMENT/badge.svg",
    "/statements/STATEMENT/widget?lang=fr&count=1", "/confirm/0f0f", "/withdraw", "/incidents?kind=flaw&system=example&severity=high",
    "/incidents/INCIDENT", "/incidents/INCIDENT/export/oecd-csv", "/report", "/complaint/INCIDENT", "/login", "/tokens", "/moderation", "/audit?after=1",
):
    seed("pages", f"G{path}\naccept-language: fr;q=0.8, en\nx-forwarded-for: 192.0.2.7\nif-none-match: *")
for path, fields in (
    ("/statements/STATEMENT/sign", "address=reader%40example.org&name=A+Reader&capacity=person&shown=name&affiliation=E&country=KE&agreed=1"),
    ("/report", "step=kind&go=next&a.classification.realWorldHarm=no&a.classification.maliciousUse=no&a.classification.csam=no&a.classification.kind=flaw"),
    ("/report", "step=system&go=more%3Asystems&seal=SEAL&draft=" + quote_plus(canonical({**draft, "systems": [{"name": "a"}]}))),
    ("/report", "step=review&go=send&seal=SEAL&draft=" + quote_plus(canonical(draft))),
    ("/report", "step=review&go=edit%3Adisclosure&seal=SEAL&draft=" + quote_plus(canonical({"classification": {"csam": True}}))),
    ("/complaint/INCIDENT", "address=reader%40example.org&reason=error&words=No&why=x"), ("/login", "token=0f0f"), ("/withdraw", "address=reader%40example.org&statement=STATEMENT"),
    ("/confirm/0f0f", "act=confirm"), ("/moderation/items/1", "decision=accept"), ("/add", "{}"),
):
    seed("pages", f"P{path}\norigin: https://site.example.org\nsec-fetch-site: same-origin\n\n{form}{fields}")

# What a run leaves: a line of a journal, and the tables of runs, if any lie here.
line = {"task": 0, "index": 0, "epoch": 0, "sample": {"id": "a", "fields": {"q": "x", "n": 1}}, "messages": [{"role": "user", "content": "x"}],
        "answer": {"outcome": "ok", "output": "y", "usage": {"prompt_tokens": 1, "completion_tokens": 2}, "served": {},
                   "attempts": []},
        "scores": [{"scorer": "match", "value": 1.0}, {"scorer": "length", "value": None}]}
seed("journal", canonical(line) + "\n")
seed("journal", canonical({**line, "index": 1, "pending": True}) + "\n" + canonical(line) + "\n{")
for path in sorted(root.glob("runs/*/samples.parquet")):
    seed("table", path.read_bytes())

# The log's journal: a change in the header, in each part of a record, and files that are no segment.
for place in (0, 16, 24, 56, 4096, 4100, 4108, 4112, 4120, 8192, 8204, 24576):
    seed("log_journal", place.to_bytes(2, "big") + b"\x01")
seed("log_journal", b"\0overt journal 1\n" + (1).to_bytes(8, "big") + bytes(40))
seed("log_journal", b"\0" + bytes(8192))
