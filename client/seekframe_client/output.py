"""What the command `seekframe` prints, and its exit status."""

import json
import sys
from typing import Any

FOUND, NOTHING, WRONG = 0, 1, 2
NOTHING_MATCHES = "Nothing matches"


def say(what: Any) -> None:
    sys.stdout.write((what if isinstance(what, str) else json.dumps(what, ensure_ascii=False, indent=2)) + "\n")


def wrong(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return WRONG
