"""One transaction replaces what is stored of a video in a space: nothing is ever half visible."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models.functions import Now

from indexer import bells, captions, segments, streams, words
from indexer.leases import Lease, LeaseLost
from indexer.models import Anchor, Segment, Space, Stream, Video

BATCH = 500


@transaction.atomic
def replace_index(
    lease: Lease,
    space: Space,
    times: npt.NDArray[np.float32],
    embeddings: npt.NDArray[np.float16],
    cut: list[segments.Segment],
    details: streams.Details,
    mode: str,
) -> None:
    """Stream, segments and anchors of the video in this space, and its status, or LeaseLost and nothing.

    The row is locked first, so that a cancel or a deletion comes wholly before or wholly after.
    """
    video = lease.held().filter(cancel_requested=False).select_for_update().first()
    if video is None:
        raise LeaseLost
    Stream.objects.filter(video=video, space=space).delete()
    Anchor.objects.filter(video=video, space=space).delete()
    Segment.objects.filter(video=video, space=space).delete()
    Stream.objects.bulk_create(
        [streams.pack(p, video=video, space=space) for p in streams.parts(times, embeddings, details)]
    )
    rows = Segment.objects.bulk_create(
        [Segment(video=video, space=space, library_id=video.library_id, start_s=s.start_s, end_s=s.end_s) for s in cut],
        batch_size=BATCH,
    )
    words.write(Segment.objects.filter(video=video, space=space), video.title)  # captions of the same spans still hold
    Anchor.objects.bulk_create(_anchors(video, space, zip(rows, cut, strict=True)), batch_size=BATCH)
    lease.end(**_ready(), index_mode=mode, **captions.waiting())
    bells.ring_on_commit(video.pk, bells.CAPTION)


def _anchors(video: Video, space: Space, pairs: Iterable[tuple[Segment, segments.Segment]]) -> Iterable[Anchor]:
    for row, segment in pairs:
        for anchor in segment.anchors:
            yield Anchor(
                segment=row,
                video=video,
                space=space,
                library_id=video.library_id,
                start_s=anchor.start_s,
                end_s=anchor.end_s,
                embedding=anchor.embedding,
            )


def _ready() -> dict[str, Any]:
    return {
        "status": Video.Status.READY,
        "stage": "",
        "progress": 1.0,
        "error": "",
        "attempts": 0,
        "crashes": 0,
        "not_before": None,
        "indexed_at": Now(),
    }
