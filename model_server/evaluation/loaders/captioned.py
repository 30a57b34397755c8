"""What the folders with a captions.jsonl are made into: retrieval, captions, classes, questions, transitions.

Questions and transitions are drawn by rule and seed, so that every run and every engine gets the same ones.
"""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

from model_server.evaluation.captions import CaptionSet
from model_server.evaluation.classification import ClassificationSet
from model_server.evaluation.loaders.files import NotAtHand, distinct, read_json_lines
from model_server.evaluation.streams import Media
from model_server.evaluation.vqa import Question, VqaSet
from model_server.evaluation.world_prediction import Transition, WorldPredictionSet
from model_server.frames.errors import MediaError
from model_server.frames.reader import probe
from model_server.training.data import DataProblem, Item, chosen, read_folder

SEED = 0  # of what is asked; an interval's seed is another matter
N_CANDIDATES = 4
LEAST_PART_S = 3.0  # of a video cut into four
# Things that captions name by one word, or nearly: a person is called too many things to be absent.
THINGS = {
    "ball": "ball balls football soccer basketball baseball volleyball",
    "beach": "beach shore seaside",
    "bench": "bench benches",
    "bicycle": "bicycle bicycles bike bikes bicyclist cyclist biker",
    "bird": "bird birds duck ducks seagull seagulls goose geese",
    "boat": "boat boats kayak canoe ship raft",
    "camera": "camera cameras photographer",
    "car": "car cars vehicle automobile truck",
    "dog": "dog dogs puppy puppies",
    "fence": "fence fences fenced gate",
    "frisbee": "frisbee disc",
    "guitar": "guitar guitars guitarist",
    "hat": "hat hats cap caps helmet",
    "horse": "horse horses pony",
    "motorcycle": "motorcycle motorcycles motorbike dirtbike motorcross motocross biker bike bikes",
    "pool": "pool pools",
    "rock": "rock rocks cliff boulder mountain rocky climber climbing",
    "skateboard": "skateboard skateboarder skateboarding skateboards skater",
    "snow": "snow snowy snowboard snowboarder ski skier skiing snowman",
    "surfboard": "surfboard surfer surfing surf surfs",
    "swing": "swing swings swinging",
    "tree": "tree trees forest woods wooded branch branches",
    "umbrella": "umbrella umbrellas parasol",
}
COLOURS = ("black", "white", "red", "blue", "green", "yellow", "orange", "pink", "purple", "brown")
COLOURED = re.compile(rf"\b({'|'.join(COLOURS)}) (?!and\b|or\b)([a-z]+)\b")
NO_THING = {"haired", "skinned", "dressed", "background", "one", "with", "in", "on", "striped", "colored", "checkered"}


def captions(root: Path, name: str, split: str | None = None) -> CaptionSet:
    items = items_of(root, name, split)
    return CaptionSet([Media(item.path) for item in items], [item.captions for item in items])


def items_of(root: Path, name: str, split: str | None = None) -> list[Item]:
    """The lines of a folder; of one split where one is asked for. NotAtHand where the folder is not there."""
    if not (root / name / "captions.jsonl").is_file():
        raise NotAtHand
    return chosen(read_folder(root / name), split)


def streams(root: Path, *names: str) -> CaptionSet:
    """The videos of several folders together; those that are there. NotAtHand where none is."""
    there = [captions(root, name) for name in names if (root / name / "captions.jsonl").is_file()]
    if not there:
        raise NotAtHand
    return CaptionSet([m for own in there for m in own.media], [c for own in there for c in own.captions])


def imagenet_sample(root: Path) -> ClassificationSet:
    """One photo a class, by the `label` of each line; classes of one name count as one."""
    items = items_of(root, "imagenet1k_sample")
    labels = [str(row["label"]) for row in read_json_lines(root / "imagenet1k_sample" / "captions.jsonl")]
    note = "photos; `small` is not zero-shot here: its x-encoder was trained on ImageNet's classes"
    return ClassificationSet([Media(item.path) for item in items], labels, distinct(labels), note)


def existence(root: Path, name: str = "flickr8k", split: str = "test") -> VqaSet:
    """For each photo a thing that two captions name, and one that none names, drawn as often as it is named elsewhere.

    So the answer is yes for half of the questions, of every thing about as often as no.
    """
    items = items_of(root, name, split)
    named = [things_named(item) for item in items]
    present = [sorted(thing for thing, n in own.items() if n >= 2) for own in named]
    often = Counter(thing for own in present for thing in own)
    draw = np.random.default_rng(SEED)
    questions = []
    for item, own, there in zip(items, named, present, strict=True):
        absent = [thing for thing in sorted(often) if thing not in own]
        if not there or not absent:
            continue
        share = np.array([often[thing] for thing in absent], float)
        questions.append(is_there(item, str(draw.choice(there)), 0))
        questions.append(is_there(item, str(draw.choice(absent, p=share / share.sum())), 1))
    return VqaSet(nothing_missing(questions), "built from captions: absent means that no caption names it")


def things_named(item: Item) -> Counter[str]:
    """How many of an item's captions name each of THINGS."""
    spoken = [set(re.findall(r"[a-z]+", caption.lower())) for caption in item.captions]
    counts = {thing: sum(bool(words & set(names.split())) for words in spoken) for thing, names in THINGS.items()}
    return Counter({thing: n for thing, n in counts.items() if n})


def is_there(item: Item, thing: str, right: int) -> Question:
    article = "an" if thing[0] in "aeiou" else "a"
    what = thing if thing == "snow" else f"{article} {thing}"
    text = f"Is there {what} in the picture?"
    return Question(Media(item.path), text, ("yes", "no"), right, (f"there is {what}", f"there is no {thing}"))


def attribute(root: Path, name: str = "flickr8k", split: str = "test") -> VqaSet:
    """What colour is a thing that captions of one photo give one colour; three others that they do not use at all."""
    draw = np.random.default_rng(SEED)
    questions = []
    for item in items_of(root, name, split):
        for thing, colour in coloured(item):
            used = {word for caption in item.captions for word in caption.lower().split()}
            others = [other for other in COLOURS if other not in used]
            if len(others) < N_CANDIDATES - 1:
                continue
            answers = [colour, *map(str, draw.choice(others, N_CANDIDATES - 1, replace=False))]
            answers = [answers[i] for i in draw.permutation(N_CANDIDATES)]
            stated = tuple(f"a {answer} {thing}" for answer in answers)
            text = f"What colour is the {thing}?"
            questions.append(Question(Media(item.path), text, tuple(answers), answers.index(colour), stated))
    return VqaSet(nothing_missing(questions), "built from captions: what colour is it, of four")


def coloured(item: Item) -> list[tuple[str, str]]:
    """Things that at least two captions give a colour, and all the same one: (thing, colour)."""
    said: dict[str, list[str]] = {}
    for caption in item.captions:
        for colour, thing in set(COLOURED.findall(caption.lower())):
            if thing not in NO_THING and thing not in COLOURS:
                said.setdefault(thing, []).append(colour)
    return sorted((thing, own[0]) for thing, own in said.items() if len(own) >= 2 and len(set(own)) == 1)


def transitions(root: Path, *names: str) -> WorldPredictionSet:
    """First and last frame of each video: which of four videos lies between? The others are drawn by the seed."""
    videos = [media for media in streams(root, *names).media if not media.is_photo]
    if len(videos) < N_CANDIDATES:
        raise NotAtHand
    draw = np.random.default_rng(SEED)
    found = []
    for i, video in enumerate(videos):
        others = draw.choice([k for k in range(len(videos)) if k != i], N_CANDIDATES - 1, replace=False)
        candidates = [video, *(videos[k] for k in others)]
        candidates = [candidates[k] for k in draw.permutation(N_CANDIDATES)]
        found.append(Transition(video, video, tuple(candidates), candidates.index(video)))
    return WorldPredictionSet(found, "built from clips: the others show other scenes, so appearance alone goes far")


def parts(root: Path, *names: str) -> WorldPredictionSet:
    """The harder kind: a video cut into four, first and last frame of each part, and which of the four lies between."""
    found = []
    for media in streams(root, *names).media:
        duration_s = 0.0 if media.is_photo else duration_of(media.path)
        if duration_s >= N_CANDIDATES * LEAST_PART_S:
            edges = [duration_s * k / N_CANDIDATES for k in range(N_CANDIDATES + 1)]
            four = tuple(Media(media.path, start_s, end_s) for start_s, end_s in pairwise(edges))
            found += [Transition(part, part, four, k) for k, part in enumerate(four)]
    if not found:
        raise NotAtHand
    return WorldPredictionSet(
        found, f"built from clips of {N_CANDIDATES * LEAST_PART_S:g} s or more: one video's parts"
    )


def duration_of(path: Path) -> float:
    try:
        return probe(path).duration_s
    except (MediaError, OSError) as problem:
        raise DataProblem(f"{path}: {problem}") from problem


def nothing_missing(questions: list[Question]) -> list[Question]:
    if not questions:
        raise NotAtHand
    return questions


def training_captions(root: Path, name: str = "flickr8k") -> list[str]:
    """Captions of the training split, once each: the corpus of the nearest-caption rival. Empty where it is away."""
    try:
        items = items_of(root, name, "train")
    except NotAtHand:
        return []
    return sorted({caption for item in items for caption in item.captions})
