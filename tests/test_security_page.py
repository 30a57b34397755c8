"""docs/security.md keeps what it says: each row leads somewhere, and no section is left out."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
# Of ASVS 4.0.3: the sections that hold at least one requirement of level 2.
SECTIONS = {
    **{"V1": (1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14), "V2": tuple(range(1, 11)), "V3": (1, 2, 3, 4, 5, 7)},
    **{"V4": (1, 2, 3), "V5": (1, 2, 3, 4, 5), "V6": (1, 2, 3, 4), "V7": (1, 2, 3, 4), "V8": (1, 2, 3), "V9": (1, 2)},
    **{"V10": (2, 3), "V11": (1,), "V12": (1, 2, 3, 4, 5, 6), "V13": (1, 2, 3, 4), "V14": (1, 2, 3, 4, 5)},
}


def rows() -> dict[str, str]:
    found = re.findall(r"^\| (V\d+\.\d+) (.+)\|$", PAGE, re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)


def test_every_section_of_the_standard_has_its_row():
    assert set(rows()) == {f"{chapter}.{n}" for chapter, numbers in SECTIONS.items() for n in numbers}


def test_every_row_has_a_test_a_setting_or_a_reason():
    shown = re.compile(r"\]\(\.\./tests/|\bsetting `[A-Z_]+`|\breason: ")
    assert [section for section, row in rows().items() if not shown.search(row)] == []


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\((\.\./[^)]+)\)", PAGE)
    assert len(links) > 60
    assert [link for link in links if not (ROOT / "docs" / link).resolve().is_file()] == []
    assert [name for name in re.findall(r"`(docs/[\w.-]+|[A-Z]+\.md)`", PAGE) if not (ROOT / name).is_file()] == []
