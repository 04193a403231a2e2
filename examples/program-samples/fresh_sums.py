#!/usr/bin/env python3
"""Makes sums that nobody has seen before, with nothing but the standard library: one JSON object a line.

    echo '{"task": "fresh-sums", "seed": 1, "limit": 3}' | python3 fresh_sums.py

The same seed gives the same sums, so that two systems can be compared on them and a run can be repeated.
"""

import json
import random
import sys

COUNT = 40


def main():
    asked = json.loads(sys.stdin.readline() or "{}")
    draw = random.Random(f"{asked.get('task')} {asked.get('seed', 0)}")
    for number in range(1, COUNT + 1):
        if asked.get("limit") is not None and number > asked["limit"]:
            break
        digits = 2 + number % 4
        a, b = (draw.randrange(10 ** (digits - 1), 10**digits) for _ in range(2))
        print(json.dumps({"id": f"sum-{number}", "digits": digits, "a": a, "b": b, "target": a + b}))


if __name__ == "__main__":
    main()
