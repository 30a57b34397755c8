"""Questions about pictures, for stage 2 (paper section 3.3): from files, and made from captions by rule. Pure.

A folder may hold a questions.jsonl beside its captions.jsonl, one JSON object a line: `file`, `question`, `answer`, and
`kind` where questions shall be measured in groups. Where there is none, captions are asked themselves: what is there
(as often yes as no), what colour, how many, what somebody does, and where; and items with a `label`, what they show.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_server.training.data import DataProblem, Item

FILE = "questions.jsonl"
MANY = ("people", "men", "women", "children")
LEAST_NAMED = 15  # times a thing is named in a folder's captions before it is asked for
MOST_ASKED = 4  # things of an item that are asked for, and as many that are not there

COLOURS = ("black", "white", "red", "blue", "green", "yellow", "orange", "pink", "purple", "brown", "grey")
NUMBERS = ("one", "two", "three", "four", "five", "six")
PEOPLE = """
    man men woman women boy boys girl girls child children kid kids person people guy guys lady ladies toddler baby
    adult adults player players male female group crowd couple family someone friends
"""
# Words that stand where a thing's name stands and name none that could be missing.
NO_THING = """
    front side top back middle air background one other two body way distance edge bottom end next his her its their it
    them large small young old picture photo camera day lot bunch pair area place something and is are who that up down
    full right left tan mouth head heads face hand hands ear foot eyes sits sit jumps flies talks smiles looks stands
    open high while together on off inside
"""
UNASKED = frozenset([*(PEOPLE + NO_THING).split(), *COLOURS])
LEAST_COUNTED = 0.2  # of a thing's names, with "a" or "an" before them: fewer, and it is not counted ("water")
THING = re.compile(
    r"\b(a|an|the|his|her|their)\s+(?:\w+\s+)??(\w+)"
    r"(?=\s+(?:is|are|in|on|with|and|at|near|by|while|over|through|of|to|wearing|holding|standing|sitting)\b|\s*[.,]|\s*$)"
)
COLOURED = re.compile(rf"(?<!and )(?<!or )\b({'|'.join(COLOURS)}) (?!and\b|or\b)(\w+)\b")
COLOUR_WORDS = re.compile(rf"\b(?:{'|'.join(COLOURS)})(?: and)? ")
COUNTED = re.compile(rf"\b({'|'.join(NUMBERS)}) (?:\w+ )?(\w+s|men|women|children|people)\b")
DOING = re.compile(
    r"\b(man|woman|boy|girl|dog|child|person|people|men|women|dogs|children) (?:is |are )?(\w+ing\b[^.,]*)"
)
WHERE = re.compile(
    r"\b((?:in|on|at|through|along|near|beside|under|across|over|down) (?:a|an|the) (?:\w+ ?){1,3})[.\s]*$"
)


@dataclass(frozen=True)
class Question:
    """`kind` groups questions whose answers compare: the right one is looked for among the answers of its kind."""

    text: str
    answer: str
    kind: str


def questions_of(items: Sequence[Item], folder: Path | None, seed: int) -> list[list[Question]]:
    """The questions of each item: of the folder's file where it has one, else made from the captions of all items.

    DataProblem where the file cannot be read.
    """
    source = None if folder is None else folder / FILE
    if source is not None and source.is_file():
        return from_file(items, source)
    return made(items, seed)


def from_file(items: Sequence[Item], source: Path) -> list[list[Question]]:
    place = {item.path: i for i, item in enumerate(items)}
    found: list[list[Question]] = [[] for _ in items]
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            question = Question(str(row["question"]), str(row["answer"]), str(row.get("kind", "question")))
            path = source.parent / row["file"]
        except (ValueError, KeyError, TypeError) as problem:
            raise DataProblem(f"{source}:{number} has no file, question and answer: {problem}") from problem
        if path in place:
            found[place[path]].append(question)
    return found


def made(items: Sequence[Item], seed: int) -> list[list[Question]]:
    """By rule, the same at every call."""
    told = [[pair for caption in item.captions for pair in things(caption)] for item in items]
    named = [Counter(thing for _, thing in own) for own in told]
    often = Counter(thing for own in told for _, thing in own)
    counted = Counter(thing for own in told for article, thing in own if article in ("a", "an"))
    known = {
        thing: is_there(thing, counted[thing] >= LEAST_COUNTED * n)
        for thing, n in sorted(often.items())
        if n >= LEAST_NAMED
    }
    together = companions(named, list(known))
    draw = np.random.default_rng(seed)
    return [
        [*existence(item, own, known, together, draw), *of_item(item)] for item, own in zip(items, named, strict=True)
    ]


def of_item(item: Item) -> list[Question]:
    """What can be asked without knowing the others."""
    return [*classes(item), *colours(item), *counts(item), *doings(item), *places(item)]


def classes(item: Item) -> list[Question]:
    return [Question("What is this?", item.label, "class")] if item.label else []


def things(caption: str) -> set[tuple[str, str]]:
    """What a caption names that could also be missing, each with the article it has."""
    plain = COLOUR_WORDS.sub("", caption.lower())
    return {pair for pair in THING.findall(plain) if pair[1] not in UNASKED and not pair[1].endswith("ing")}


def companions(named: Sequence[Counter[str]], known: Sequence[str]) -> np.ndarray:
    """(K, K): how often two things are named of one picture, and a little for those that never are."""
    place = {thing: k for k, thing in enumerate(known)}
    together = np.full((len(known), len(known)), 0.01)
    for own in named:
        here = [place[thing] for thing in own if thing in place]
        together[np.ix_(here, here)] += 1
    return together


def existence(
    item: Item, own: Counter[str], known: dict[str, str], together: np.ndarray, draw: np.random.Generator
) -> list[Question]:
    """As often yes as no; `known` holds each thing's question. What is not there is drawn among what is often there
    beside what is (hard negatives)."""
    words = {word for caption in item.captions for word in re.findall(r"[a-z]+", caption.lower())}
    names = list(known)
    there = [k for k, thing in enumerate(names) if own[thing] >= min(2, len(item.captions))]
    there = sorted(there, key=lambda k: -own[names[k]])[:MOST_ASKED]
    absent = [k for k, thing in enumerate(names) if not named_by(thing, words)]
    if not there or len(absent) < len(there):
        return []
    likely = together[there][:, absent].sum(0)
    missing = draw.choice(absent, size=len(there), replace=False, p=likely / likely.sum())
    texts = list(known.values())
    return [
        Question(texts[k], answer, "existence") for answer, places in (("yes", there), ("no", missing)) for k in places
    ]


def named_by(thing: str, words: set[str]) -> bool:
    """Whether any of the words is this thing's name, in the singular or the plural."""
    return bool({thing, f"{thing}s", f"{thing}es", thing.removesuffix("s"), thing.removesuffix("es")} & words)


def is_there(thing: str, counted: bool) -> str:
    """
    >>> is_there("umbrella", True), is_there("dogs", True), is_there("snow", False)
    ('Is there an umbrella?', 'Are there dogs?', 'Is there snow?')
    """
    if plural(thing):
        return f"Are there {thing}?"
    article = ("an " if thing[0] in "aeiou" else "a ") if counted else ""
    return f"Is there {article}{thing}?"


def plural(thing: str) -> bool:
    return thing in MANY or (thing.endswith("s") and not thing.endswith("ss"))


def colours(item: Item) -> list[Question]:
    """Of things that captions give one colour and no other."""
    said: dict[str, set[str]] = {}
    for caption in item.captions:
        for colour, thing in COLOURED.findall(caption.lower()):
            if thing not in UNASKED and thing not in COLOURS:
                said.setdefault(thing, set()).add(colour)
    return [
        Question(f"What colour {'are' if plural(thing) else 'is'} the {thing}?", next(iter(own)), "colour")
        for thing, own in sorted(said.items())
        if len(own) == 1
    ]


def counts(item: Item) -> list[Question]:
    found = sorted({pair for caption in item.captions for pair in COUNTED.findall(caption.lower())})
    asked = Counter(what for _, what in found)
    return [Question(f"How many {what} are there?", number, "count") for number, what in found if asked[what] == 1]


def doings(item: Item) -> list[Question]:
    """One for each caption that says what somebody is doing."""
    found = [match for caption in item.captions for match in DOING.findall(caption.lower())]
    return [
        Question(f"What {'are' if plural(who) else 'is'} the {who} doing?", what.strip(), "doing")
        for who, what in found
    ]


def places(item: Item) -> list[Question]:
    found = [match for caption in item.captions for match in WHERE.findall(caption.lower())]
    return [Question("Where is it?", place.strip(), "place") for place in found]
