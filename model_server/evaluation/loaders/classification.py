"""Public layouts of the classification benchmarks: docs/benchmarks.md says what lies where."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from model_server.evaluation.classification import ClassificationSet
from model_server.evaluation.loaders.files import (
    Found,
    NotAtHand,
    distinct,
    file,
    folder,
    read_csv,
    read_json,
    seconds,
    words,
)
from model_server.evaluation.streams import Media

Labelled = Iterable[tuple[Media | None, str]]


def ssv2(root: Path) -> ClassificationSet:
    """Something-Something v2, validation: 174 templates, "[something]" read as the word."""
    where = folder(root, "ssv2")
    names = [template(name) for name in read_json(file(where, "labels.json"))]
    found = Found(where)
    rows = read_json(file(where, "validation.json"))
    return labelled(found, [(found.media(str(row["id"])), template(row["template"])) for row in rows], names)


def template(text: str) -> str:
    return text.replace("[", "").replace("]", "").strip()


def kinetics400(root: Path) -> ClassificationSet:
    """Validation clips named ID_START_END, the times in six digits."""
    where = folder(root, "kinetics400")
    rows = read_csv(file(where, "val.csv"))
    found = Found(where)
    pairs = [
        (found.media(f"{row['youtube_id']}_{int(row['time_start']):06d}_{int(row['time_end']):06d}"), row["label"])
        for row in rows
    ]
    return labelled(found, pairs, sorted({row["label"] for row in rows}))


def epic_kitchens(root: Path) -> ClassificationSet:
    """EPIC-KITCHENS-100 validation: actions, a verb and a noun by the first names of their classes."""
    where = folder(root, "epic_kitchens")
    verbs = {row["id"]: row["key"] for row in read_csv(file(where, "EPIC_100_verb_classes.csv"))}
    nouns = {row["id"]: row["key"] for row in read_csv(file(where, "EPIC_100_noun_classes.csv"))}
    found, pairs = Found(where), []
    for row in read_csv(file(where, "EPIC_100_validation.csv")):
        item = found.media(row["video_id"], seconds(row["start_timestamp"]), seconds(row["stop_timestamp"]))
        pairs.append((item, f"{words(verbs[row['verb_class']])} {noun(nouns[row['noun_class']])}"))
    return labelled(found, pairs, distinct(name for _, name in pairs), "candidates: the actions of the split")


def noun(key: str) -> str:
    """The release writes the general word first.

    >>> noun("board:chopping")
    'chopping board'
    """
    return " ".join(reversed(key.split(":")))


def egoexo4d(root: Path) -> ClassificationSet:
    """Keysteps of the validation takes, seen by the head-mounted camera."""
    where = folder(root, "egoexo4d")
    found, pairs = Found(where), []
    for about in read_json(file(where, "keystep_val.json"))["annotations"].values():
        take = about["take_name"]
        if take not in found.known and (ego := ego_video(where, take)) is not None:
            found.known[take] = ego
        for step in about["segments"]:
            item = found.media(take, float(step["start_time"]), float(step["end_time"]))
            pairs.append((item, step["step_name"]))
    return labelled(found, pairs, distinct(name for _, name in pairs), "candidates: the keysteps of the split")


def ego_video(where: Path, take: str) -> Path | None:
    """The colour camera of the glasses is stream 214-1."""
    here = where / "takes" / take
    return next(iter(sorted(here.rglob("aria*214-1.mp4"))), None) if here.is_dir() else None


def coin_task(root: Path) -> ClassificationSet:
    """COIN, testing: which of the tasks a whole video shows."""
    found, tested, every = coin(root)
    pairs = [(found.media(name), words(about["class"])) for name, about in tested]
    return labelled(found, pairs, distinct(words(about["class"]) for about in every))


def coin_step(root: Path) -> ClassificationSet:
    """COIN, testing: which of the steps a segment shows."""
    found, tested, every = coin(root)
    pairs = [
        (found.media(name, *map(float, step["segment"])), step["label"])
        for name, about in tested
        for step in about["annotation"]
    ]
    return labelled(found, pairs, distinct(step["label"] for about in every for step in about["annotation"]))


def coin(root: Path) -> tuple[Found, list[tuple[str, dict[str, Any]]], list[dict[str, Any]]]:
    where = folder(root, "coin")
    database = read_json(file(where, "COIN.json"))["database"]
    tested = [(name, about) for name, about in database.items() if about["subset"] == "testing"]
    return Found(where), tested, list(database.values())


def crosstask_task(root: Path) -> ClassificationSet:
    """CrossTask, validation: which of the 18 primary tasks a whole video shows."""
    where, titles, _ = crosstask(root)
    found = Found(where)
    pairs = [(found.media(video), titles[task]) for task, video in validation(where) if task in titles]
    return labelled(found, pairs, distinct(titles.values()))


def crosstask_step(root: Path) -> ClassificationSet:
    """CrossTask, validation: which of the steps of all primary tasks a segment shows."""
    where, titles, steps = crosstask(root)
    found, pairs = Found(where), []
    for task, video in validation(where):
        marks = sorted(where.rglob(f"{task}_{video}.csv"))
        if task not in titles or not marks:
            continue
        for row in read_csv(marks[0], names=["step", "start", "end"]):
            item = found.media(video, float(row["start"]), float(row["end"]))
            pairs.append((item, steps[task][int(row["step"]) - 1]))
    return labelled(found, pairs, distinct(step for own in steps.values() for step in own))


def crosstask(root: Path) -> tuple[Path, dict[str, str], dict[str, list[str]]]:
    """The folder, and title and steps of each primary task: blocks of id, title, url, number of steps, steps."""
    where = folder(root, "crosstask")
    titles, steps = {}, {}
    for block in file(where, "tasks_primary.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        task, title, _url, _n, listed = block.strip().split("\n")
        titles[task] = title
        steps[task] = listed.split(",")
    return where, titles, steps


def validation(where: Path) -> list[tuple[str, str]]:
    rows = read_csv(file(where, "videos_val.csv"), names=["task", "video", "url"])
    return [(row["task"], row["video"]) for row in rows]


def labelled(found: Found, pairs: Labelled, names: list[str], *notes: str) -> ClassificationSet:
    there = [(media, label) for media, label in pairs if media is not None]
    if not there:
        raise NotAtHand
    return ClassificationSet([m for m, _ in there], [n for _, n in there], distinct(names), found.note(*notes))
