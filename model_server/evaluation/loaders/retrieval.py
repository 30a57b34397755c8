"""Public layouts of the text-to-video retrieval benchmarks: docs/benchmarks.md says what lies where."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from model_server.evaluation.captions import CaptionSet
from model_server.evaluation.loaders.files import (
    Found,
    NotAtHand,
    file,
    folder,
    pairs,
    read_csv,
    read_json,
    read_json_lines,
)
from model_server.evaluation.streams import Media

PARAGRAPH = "a video's sentences joined to one paragraph"


def msrvtt(root: Path) -> CaptionSet:
    """The 1k-A test split (JSFusion): one sentence for each of 1,000 videos."""
    where = folder(root, "msrvtt")
    rows = read_csv(file(where, "MSRVTT_JSFUSION_test.csv"))
    return captioned(Found(where), [(row["video_id"], (row["sentence"],)) for row in rows])


def activitynet(root: Path) -> CaptionSet:
    """Paragraph to video on val_1 of ActivityNet Captions."""
    where = folder(root, "activitynet")
    told = read_json(file(where, "val_1.json"))
    return captioned(Found(where), [(name, (joined(about["sentences"]),)) for name, about in told.items()], PARAGRAPH)


def didemo(root: Path) -> CaptionSet:
    """Paragraph to video on the test split."""
    where = folder(root, "didemo")
    told = defaultdict(list)
    for row in read_json(file(where, "test_data.json")):
        told[row["video"]].append(row["description"])
    return captioned(Found(where), [(name, (joined(own),)) for name, own in told.items()], PARAGRAPH)


def msvd(root: Path) -> CaptionSet:
    """The 670 test videos, about 40 sentences each, every sentence a query."""
    where = folder(root, "msvd")
    wanted = file(where, "test_list.txt").read_text(encoding="utf-8").split()
    told = defaultdict(list)
    for line in file(where, "AllVideoDescriptions.txt").read_text(encoding="utf-8").splitlines():
        name, _, sentence = line.partition(" ")
        if sentence.strip() and not name.startswith("#"):
            told[name].append(sentence.strip())
    return captioned(Found(where), [(name, tuple(told[name])) for name in wanted if told[name]])


def youcook2(root: Path) -> CaptionSet:
    """Sentence to clip on the annotated segments of the validation videos."""
    where = folder(root, "youcook2")
    found, media, captions = Found(where), [], []
    for name, about in read_json(file(where, "youcookii_annotations_trainval.json"))["database"].items():
        if about["subset"] != "validation":
            continue
        for step in about["annotations"]:
            start_s, end_s = step["segment"]
            item = found.media(name, float(start_s), float(end_s))
            if item is not None:
                media.append(item)
                captions.append((step["sentence"].strip(),))
    return CaptionSet(media, captions, found.note("clips are segments of long videos"))


def pvd_bench(root: Path) -> CaptionSet:
    """The test split of PE Video: pairs of ID.mp4 and ID.json, as unpacked from its tar files."""
    where = folder(root, "pvd_bench")
    told = [(video, read_json(about)["human_caption"].strip()) for about, video in pairs(where, ".json")]
    if not told:
        raise NotAtHand
    return CaptionSet([Media(video) for video, _ in told], [(text,) for _, text in told])


def dream1k(root: Path) -> CaptionSet:
    where = folder(root, "dream1k")
    rows = read_json(file(where, "metadata.json"))
    return captioned(Found(where), [(Path(row["video_file"]).name, (row["description"].strip(),)) for row in rows])


def vdc(root: Path) -> CaptionSet:
    """By the detailed one of each video's five captions."""
    where = folder(root, "vdc")
    rows = read_json_lines(file(where, "VDC_1k.jsonl"))
    told = [(row["video_name"], (row["detailed_caption"].strip(),)) for row in rows]
    return captioned(Found(where), told, "detailed captions")


def captioned(found: Found, told: Sequence[tuple[str, tuple[str, ...]]], *notes: str) -> CaptionSet:
    media, captions = [], []
    for name, own in told:
        item = found.media(name)
        if item is not None:
            media.append(item)
            captions.append(own)
    return CaptionSet(media, captions, found.note(*notes))


def joined(sentences: list[str]) -> str:
    return " ".join(" ".join(sentences).split())
