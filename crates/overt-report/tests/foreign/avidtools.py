"""Reads reports of AVID, one JSON list of texts, and says for each what is wrong, or nothing."""

import json
import sys
import warnings

warnings.simplefilter("ignore")

from avidtools.datamodels.report import Report  # noqa: E402


def verdict(text):
    try:
        report = Report.model_validate_json(text)
    except ValueError as error:
        return str(error)
    # Nothing that we write may be passed over: what it writes again says all that we said.
    again = report.model_dump(mode="json", exclude_none=True)
    ours = json.loads(text)
    return "" if again == ours else f"read as {again}"


print(json.dumps([verdict(text) for text in json.load(sys.stdin)]))
