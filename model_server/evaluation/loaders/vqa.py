"""Public layouts of the question answering benchmarks: docs/benchmarks.md says what lies where."""

import re
from collections.abc import Iterable
from pathlib import Path

from model_server.evaluation.loaders.files import Found, distinct, file, folder, read_json, read_json_lines
from model_server.evaluation.streams import Media
from model_server.evaluation.vqa import Question, VqaSet

YES_NO = ("yes", "no")
MOST_COUNTED = 15  # TallyQA's largest answer
EXISTENCE = re.compile(r"^is there (?P<what>an? .+?) (?:in|on) the (?:image|picture|photo)\?$", re.IGNORECASE)


def gqa(root: Path) -> VqaSet:
    """Test-dev, balanced. Candidates are the answers that the split uses."""
    where = folder(root, "gqa")
    rows = list(read_json(file(where, "testdev_balanced_questions.json")).values())
    answers = tuple(distinct(row["answer"] for row in rows))
    return asked(where, [(row["imageId"], row["question"], answers, row["answer"], "") for row in rows])


def tallyqa(root: Path) -> VqaSet:
    """Test split, simple and complex questions; candidates are the numbers up to 15."""
    where = folder(root, "tallyqa")
    answers = tuple(str(n) for n in range(MOST_COUNTED + 1))
    rows = read_json(file(where, "test.json"))
    return asked(
        where,
        [
            (row["image"], row["question"], answers, str(row["answer"]), "simple" if row["issimple"] else "complex")
            for row in rows
        ],
    )


def pope(root: Path) -> VqaSet:
    """Three lists of yes/no questions over COCO val2014."""
    where = folder(root, "pope")
    rows = []
    for part in ("random", "popular", "adversarial"):
        for row in read_json_lines(file(where, f"coco_pope_{part}.json")):
            rows.append((row["image"], row["text"], YES_NO, row["label"].lower(), part))
    return asked(where, rows)


def popev2(root: Path) -> VqaSet:
    """Pairs of a photo and the same photo without the object: annotations.json, normal_images/ and images/."""
    where = folder(root, "popev2")
    questions = []
    found = {"normal": Found(where / "normal_images"), "counterfactual": Found(where / "images")}
    for row in read_json(file(where, "annotations.json")):
        kind = "counterfactual" if row["image_name"].lstrip("/").startswith("images/") else "normal"
        media = found[kind].media(f"{int(row['image_id']):012d}")
        if media is not None:
            questions.append(question(media, row["query"], YES_NO, row["label"].strip().lower(), kind))
    return VqaSet(questions, "; ".join(sorted({own.note() for own in found.values()} - {""})))


def clevr(root: Path) -> VqaSet:
    """CLEVR v1.0, validation: of Table 5 only. Candidates are the answers that the split uses."""
    where = folder(root, "clevr")
    rows = read_json(file(where, "CLEVR_val_questions.json"))["questions"]
    answers = tuple(distinct(row["answer"] for row in rows))
    return asked(where, [(row["image_filename"], row["question"], answers, row["answer"], "") for row in rows])


Asked = tuple[str, str, tuple[str, ...], str, str]  # image, question, candidates, answer, group


def asked(where: Path, rows: Iterable[Asked]) -> VqaSet:
    found, questions = Found(where), []
    for image, text, answers, answer, group in rows:
        media = found.media(image)
        if media is not None:
            questions.append(question(media, text, answers, answer, group))
    return VqaSet(questions, found.note())


def question(media: Media, text: str, answers: tuple[str, ...], answer: str, group: str) -> Question:
    return Question(media, text, answers, answers.index(answer), statements(text, answers), group)


def statements(text: str, answers: tuple[str, ...]) -> tuple[str, ...]:
    """A yes/no question about a thing, as two statements; nothing for other questions.

    >>> statements("Is there a dog in the image?", ("yes", "no"))
    ('there is a dog', 'there is no dog')
    """
    match = EXISTENCE.match(text.strip())
    if match is None or answers != YES_NO:
        return ()
    what = match["what"]
    return f"there is {what}", f"there is no {what.split(' ', 1)[1]}"
