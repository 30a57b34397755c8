"""Libraries to measure on: real clips through the product's own pipeline, and photos stored as videos of one window."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer import pipeline, segments, services, spaces, streams
from indexer.models import Anchor, IndexMode, Library, Segment, Stream, Video
from model_server.engine import Engine


@dataclass(frozen=True)
class Captioned:
    path: Path
    caption: str
    label: str


def read_captions(folder: Path, split: str | None = None) -> list[Captioned]:
    """First caption of each line of a folder's captions.jsonl."""
    found = []
    with (folder / "captions.jsonl").open() as file:
        for line in map(json.loads, file):
            if split is None or line.get("split") == split:
                caption = " ".join(line["captions"][0].split())
                found.append(Captioned(folder / line["file"], caption, line.get("label", "")))
    return found


def index_videos(
    name: str, paths: Sequence[Path], engine: Engine, mode: str = IndexMode.FULL
) -> tuple[Library, list[UUID]]:
    """Import and index each file; a video that does not come out ready stops the benchmark."""
    library = services.library_create(name=name, owner=None, index_mode=mode)
    ids = []
    for number, path in enumerate(paths):
        # The title says nothing, so that nothing is found by words.
        video = services.video_import(library=library, uploaded_by=None, title=f"untitled {number}", path=path)
        pipeline.index_video(video.pk, engine)
        video.refresh_from_db()
        if video.status != Video.Status.READY:
            raise RuntimeError(f"{path} is {video.status}: {video.error}")
        ids.append(video.pk)
    return library, ids


def store_embeddings(
    library: Library, streams_of: Sequence[npt.NDArray[np.float32]], engine: Engine, stride_s: float = 2.0
) -> list[UUID]:
    """Each stream as a ready video, with segments and anchors as the pipeline cuts them."""
    space = spaces.ensure_space(engine.space)
    videos = Video.objects.bulk_create(
        Video(
            library=library,
            title=f"stored {i}",
            original=f"videos/stored-{i}/original",
            size_bytes=1,
            duration_s=len(e) * stride_s + 2,
            status=Video.Status.READY,
        )
        for i, e in enumerate(streams_of)
    )
    for video, embeddings in zip(videos, streams_of, strict=True):
        starts = np.arange(len(embeddings), dtype=np.float32) * stride_s
        times = np.stack([starts, starts + 4], axis=1)
        Stream.objects.bulk_create(streams.pack(p, video=video, space=space) for p in streams.parts(times, embeddings))
        cuts = segments.cut(times, embeddings)
        rows = Segment.objects.bulk_create(
            Segment(video=video, space=space, library=library, start_s=c.start_s, end_s=c.end_s) for c in cuts
        )
        Anchor.objects.bulk_create(
            Anchor(
                segment=row,
                video=video,
                space=space,
                library=library,
                start_s=a.start_s,
                end_s=a.end_s,
                embedding=a.embedding,
            )
            for row, cut in zip(rows, cuts, strict=True)
            for a in cut.anchors
        )
    return [video.pk for video in videos]
