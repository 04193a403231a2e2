"""rfc8785 (Trail of Bits): canonical JSON. Reads a list of texts, writes each again."""

import json
import sys

import rfc8785

json.dump([rfc8785.dumps(json.loads(text)).decode() for text in json.load(sys.stdin)], sys.stdout)
