"""Ask a library many queries through search(), and count what was kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from indexer.models import Library
from model_server.engine import Engine
from search.engine import SearchRequest, search

KINDS = ("own", "absent", "nonsense")


@dataclass(frozen=True)
class Answer:
    kind: str  # one of KINDS
    source: str  # the set or the sort of nonsense
    text: str
    score: float  # of the best hit, kept or not
    similarity: float
    kept: bool
    right: bool  # the best hit is the very video the query was written for


def ask_all(
    library: Library,
    own: Mapping[str, str],
    absent: Mapping[str, list[str]],
    nonsense: Mapping[str, list[str]],
    engine: Engine,
) -> list[Answer]:
    """`own` maps video ids to captions; the others map a source to its queries."""
    answers = [ask(library, "own", "", text, engine, video_id) for video_id, text in own.items()]
    for kind, groups in (("absent", absent), ("nonsense", nonsense)):
        answers += [ask(library, kind, source, text, engine) for source, texts in groups.items() for text in texts]
    return answers


def ask(library: Library, kind: str, source: str, text: str, engine: Engine, wanted: str = "") -> Answer:
    results = search(SearchRequest(text, (library.pk,), plain=True), engine)
    found = results.videos or results.nearest
    hit = found[0].hits[0] if found else None
    return Answer(
        kind=kind,
        source=source,
        text=text,
        score=hit.score if hit else 0.0,
        similarity=hit.similarity if hit else 0.0,
        kept=not results.nothing_matches,
        right=bool(found) and str(found[0].video_id) == wanted,
    )


def summary(answers: list[Answer]) -> dict[str, object]:
    """Percent kept of each kind and source, percent of own with the right video first, and the area under the ROC."""
    own = of(answers, "own")
    figures: dict[str, object] = {
        "own_kept": percent(a.kept for a in own),
        "own_right_first": percent(a.right for a in own),
        "absent_kept": percent(a.kept for a in of(answers, "absent")),
        "nonsense_kept": percent(a.kept for a in of(answers, "nonsense")),
    }
    for source in dict.fromkeys(a.source for a in answers if a.source):
        figures[f"kept: {source}"] = percent(a.kept for a in answers if a.source == source)
    for kind in ("absent", "nonsense"):
        figures[f"auc_own_{kind}"] = round(area([a.score for a in own], [a.score for a in of(answers, kind)]), 3)
        cosines = [a.similarity for a in own], [a.similarity for a in of(answers, kind)]
        figures[f"auc_own_{kind}_raw_cosine"] = round(area(*cosines), 3)
    return figures


def of(answers: Iterable[Answer], kind: str) -> list[Answer]:
    return [a for a in answers if a.kind == kind]


def percent(flags: Iterable[bool]) -> float:
    return round(100 * float(np.mean(list(flags))), 1)


def area(positive: list[float], negative: list[float]) -> float:
    """The chance that a positive scores above a negative: the area under the ROC curve."""
    p, n = np.array(positive)[:, None], np.array(negative)[None]
    return float((p > n).mean() + 0.5 * (p == n).mean())
