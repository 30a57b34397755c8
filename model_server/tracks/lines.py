"""Timed lines out of what was heard and read. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

ALIKE = 0.75  # two readings of one text differ by a letter or two
LEAST_LETTERS = 2  # a single letter is noise more often than text
LEAST_KEPT = 0.5  # of a stretch: less, and the same sound would be heard over and over


@dataclass(frozen=True)
class Line:
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Reading:
    """All that stands in one picture, from its moment until the next reading."""

    time_s: float
    texts: tuple[str, ...]


def settled(heard: Sequence[Line], start_s: float, end_s: float, *, is_last: bool) -> tuple[list[Line], float]:
    """The lines of a stretch that can be kept, and where the next stretch begins.

    A stretch ends in the middle of a sentence more often than not, so its last line is heard again, from where it
    starts, with what follows.

    >>> hello, cut = Line(1, 4, "Hello."), Line(50, 60, "And then we")
    >>> settled([hello, cut], 0, 60, is_last=False) == ([hello], 50)
    True
    >>> settled([hello, cut], 0, 60, is_last=True) == ([hello, cut], 60)
    True
    """
    lines = list(heard)
    if is_last or not lines or lines[-1].start_s < start_s + LEAST_KEPT * (end_s - start_s):
        return lines, end_s
    return lines[:-1], lines[-1].start_s


def written_lines(before: Sequence[Line], readings: Sequence[Reading], until_s: float) -> list[Line]:
    """A line for each text, from the first reading that has it to the first that has it no more.

    `before` are lines that were still shown when the part begins: they go on where the first reading has them. Lines
    that are shown at `until_s` end there.

    >>> written_lines([], [Reading(1, ("Exit",)), Reading(3, ("Exlt", "B 12")), Reading(5, ())], 6)
    [Line(start_s=1, end_s=5, text='Exit'), Line(start_s=3, end_s=5, text='B 12')]
    """
    shown, ended = list(before), []
    for reading in readings:
        texts = [text for text in reading.texts if len(letters(text)) >= LEAST_LETTERS]
        still = []
        for line in shown:
            place = next((i for i, text in enumerate(texts) if alike(text, line.text)), None)
            if place is None:
                ended.append(replace(line, end_s=reading.time_s))
            else:
                still.append(line)
                del texts[place]
        shown = [*still, *(Line(reading.time_s, reading.time_s, text) for text in texts)]
    return sorted([*ended, *(replace(line, end_s=until_s) for line in shown)], key=lambda line: line.start_s)


def alike(a: str, b: str) -> bool:
    """Whether two readings are of one text. Figures must be the same: a clock that moves on is another text.

    >>> alike("Platform 9", "Platfonn 9"), alike("Platform 9", "Platform 8")
    (True, False)
    """
    a, b = letters(a), letters(b)
    if re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return False
    return a == b or SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


def letters(text: str) -> str:
    """What counts of a text when two are compared.

    >>> letters("Mind the gap!")
    'mindthegap'
    """
    return re.sub(r"[\W_]+", "", text).casefold()
