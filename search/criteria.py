"""A query in parts ("person, yellow vest, carrying a box"): which of them each hit shows.

From the windows that the search has read anyway: a part is scored at the hit's best window as a yes-or-no question
about it is (`search.ask`), by the same calibration and the same limits.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.models import Space
from search.ask import statement_scores, verdict
from search.query import Step
from search.refine import Windows
from search.results import Hit, Must, Results, Verdict, VideoHits

Array = npt.NDArray[np.float32]

MOST = 6


def criteria_of(step: Step) -> tuple[str, ...]:
    """What commas part; nothing where there are fewer than two parts, or too many to look at.

    >>> criteria_of(Step("person, yellow vest, carrying a box")), criteria_of(Step("a dog"))
    (('person', 'yellow vest', 'carrying a box'), ())
    """
    parts = tuple(dict.fromkeys(part.strip() for part in step.text.split(",") if any(c.isalnum() for c in part)))
    return parts if 2 <= len(parts) <= MOST else ()


def verify(
    results: Results,
    names: Sequence[str],
    embeddings: Array,
    windows: Sequence[dict[UUID, Windows]],
    space: Space,
    must: Must = "any",
) -> Results:
    """The same results, each hit with a verdict a criterion; with `must`, only hits that all verdicts speak for.

    embeddings (k, D) of the k names; for each name the windows that were read, by their cosine with it.
    """
    judged = [judge(names[k], embeddings[k], windows[k], results.videos, space) for k in range(len(names))]
    videos = []
    for video in results.videos:
        hits = [replace(hit, criteria=tuple(of[video.video_id, hit] for of in judged)) for hit in video.hits]
        hits = [hit for hit in hits if passes(hit, must)]
        if hits:
            videos.append(replace(video, hits=hits))
    return replace(
        results,
        criteria=tuple(names),
        videos=videos,
        n_videos=len(videos),
        n_moments=sum(len(video.hits) for video in videos),
        nothing_matches=results.nothing_matches or (bool(results.videos) and not videos),
    )


def judge(
    name: str, embedding: Array, windows: dict[UUID, Windows], videos: Sequence[VideoHits], space: Space
) -> dict[tuple[UUID, Hit], Verdict]:
    places = [(video.video_id, hit) for video in videos for hit in video.hits]
    similarities = np.array([windows[video_id].at(hit.best_s) for video_id, hit in places], np.float32)
    scores = statement_scores(embedding, name, similarities, space)
    return {place: verdict(float(score)) for place, score in zip(places, scores, strict=True)}


def passes(hit: Hit, must: Must) -> bool:
    if must == "yes":
        return all(said == "yes" for said in hit.criteria)
    return must == "any" or "no" not in hit.criteria
