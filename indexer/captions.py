"""Captions by selective decoding (paper section 4.5): one decode a segment, from the stored stream.

No video is read again. It may be killed at any line and run again: captions are stored batch by batch, and only those
that are missing are decoded.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from indexer import bells, leases, spaces, words
from indexer.leases import Lease
from indexer.models import Caption, Segment, Space, Video
from indexer.outcomes import backoff_s, is_permanent, sentence_of
from indexer.selectors import videos_present
from indexer.streams import read_stream
from model_server.engine import Embeddings, Engine, EngineError

log = logging.getLogger(__name__)

Span = tuple[float, float]  # start_s, end_s
Status = Video.Status

SPANS_A_BATCH = 16  # what is lost when a worker is, and how often progress shows
TURN_S = 60.0  # then other videos of the queue have their turn: a new upload must not wait for an hour of captions
TEXT_MAX = 500
NO_DECODER = "This model writes no captions."
OTHER_MODEL = "The model has changed since this video was indexed: index it again for captions."


class NoDecoder(Exception):
    """The engine has no y-decoder: nothing is wrong, there are simply no captions."""


def write_captions(video_id: uuid.UUID | str, engine: Engine) -> None:
    """Claim the video's captions and write those that are missing; every end is written to its row."""
    lease = leases.claim(video_id, "caption")
    if lease is None:
        return  # another worker has them, they were cancelled, or the doorbell rang twice
    with leases.kept(lease):
        try:
            run(lease, engine)
        except leases.LeaseLost:
            log.info("lease_lost", extra={"video_id": str(lease.video_id)})
        except NoDecoder:
            lease.end(caption_status=Status.READY, caption_error=NO_DECODER, caption_attempts=0)
        except Exception as problem:  # noqa: BLE001 - logged with its trace where it becomes the outcome
            _stopped(lease, problem)
        except BaseException:
            _handed_back(lease)
            raise


def run(lease: Lease, engine: Engine) -> None:
    video, space, started = Video.objects.get(pk=lease.video_id), spaces.stored_space(engine.space), time.monotonic()
    if space is None or not Segment.objects.filter(video=video, space=space).exists():
        lease.end(caption_status=Status.READY, caption_error=OTHER_MODEL, caption_attempts=0)
        return
    missing = missing_spans(video, space)
    for first in range(0, len(missing), SPANS_A_BATCH):
        if time.monotonic() - started > TURN_S:
            _next_turn(lease)
            return
        store(lease, space, caption_spans(video, space, missing[first : first + SPANS_A_BATCH], engine))
    if lease.end(caption_status=Status.READY, caption_error="", caption_attempts=0):
        log.info("captions_written", extra={"video_id": str(video.pk), "n_captions": len(missing)})
    if missing:
        _wake_those_without_decoder()


def waiting() -> dict[str, Any]:
    """The fields of a video whose captions wait for a worker; one that writes them at this moment loses its lease."""
    return {
        "caption_status": Status.UPLOADED,
        "caption_error": "",
        "caption_attempts": 0,
        "caption_lease_token": None,
        "caption_lease_until": None,
    }


def missing_spans(video: Video, space: Space) -> list[Span]:
    """The video's segments that have no caption, in time order."""
    same = Caption.objects.filter(
        video_id=OuterRef("video_id"),
        space_id=OuterRef("space_id"),
        start_s=OuterRef("start_s"),
        end_s=OuterRef("end_s"),
    )
    segments = Segment.objects.filter(~Exists(same), video=video, space=space).order_by("start_s")
    return list(segments.values_list("start_s", "end_s"))


def caption_spans(video: Video, space: Space, spans: Sequence[Span], engine: Engine) -> list[Caption]:
    """One decode a span, not stored yet. NoDecoder, or EngineError."""
    times, windows = read_stream(video, space, min(s for s, _ in spans), max(e for _, e in spans))
    embeddings = np.stack([span_embedding(times, windows, span) for span in spans])  # (n, D)
    texts = [words.one_line(text)[:TEXT_MAX] for text in _decode(engine, embeddings)]
    said = [i for i, text in enumerate(texts) if text]  # a decoder may have nothing to say
    agreement = np.zeros(len(texts), np.float32)
    if said:
        agreement[said] = (engine.encode_texts([texts[i] for i in said]) * embeddings[said]).sum(axis=1)
    if not np.isfinite(agreement).all():
        raise EngineError("The model did not answer with numbers.", permanent=False)
    return [
        Caption(video=video, space=space, start_s=s, end_s=e, text=text, agreement=float(a))
        for (s, e), text, a in zip(spans, texts, agreement, strict=True)
    ]


def span_embedding(
    times: npt.NDArray[np.float32], windows: npt.NDArray[np.float32], span: Span
) -> npt.NDArray[np.float32]:
    """The mean of the windows whose centres lie in the span, of length 1; segments meet between centres."""
    centres = times.astype(np.float64).mean(axis=1)  # (n,)
    inside = windows[(centres >= span[0]) & (centres < span[1])]
    middle = windows[int(np.abs(centres - (span[0] + span[1]) / 2).argmin())]
    mean: npt.NDArray[np.float32] = inside.mean(axis=0) if len(inside) else middle  # (D,)
    norm = float(np.linalg.norm(mean))
    return mean / norm if norm >= 1e-6 else middle  # windows that cancel out: the middle one stands for them


def write_here(video: Video, space: Space, spans: Sequence[Span], engine: Engine, at_most: int) -> None:
    """Captions for the first spans of a view that have none, while a person waits. NoDecoder, or EngineError."""
    if spaces.stored_space(engine.space) != space:
        raise EngineError("The model has changed since this video was indexed.", permanent=True)
    there = set(Caption.objects.filter(video=video, space=space).values_list("start_s", "end_s"))
    missing = [span for span in spans if span not in there][:at_most]
    if not missing:
        return
    captions = caption_spans(video, space, missing, engine)
    with transaction.atomic():
        present = videos_present().select_for_update().filter(pk=video.pk).first()
        if present is not None:
            keep(present, space, captions)


@transaction.atomic
def store(lease: Lease, space: Space, captions: list[Caption]) -> None:
    """A batch and its full text, or LeaseLost and nothing: a new index, a cancel or a deletion came before."""
    video = lease.held().select_for_update().first()
    if video is None:
        raise leases.LeaseLost
    keep(video, space, captions)
    lease.renew(caption_attempts=0)


def keep(video: Video, space: Space, captions: list[Caption]) -> None:
    """Captions that are there already stay as they are; segments of the same spans are found by the words."""
    Caption.objects.bulk_create(captions, ignore_conflicts=True)
    words.write(
        Segment.objects.filter(video=video, space=space, start_s__in=[c.start_s for c in captions]), video.title
    )


def _decode(engine: Engine, embeddings: Embeddings) -> list[str]:
    try:
        texts = engine.decode(embeddings)
    except EngineError as problem:
        if problem.permanent:
            raise NoDecoder(str(problem)) from problem
        raise
    if len(texts) != len(embeddings):
        raise EngineError(f"The model wrote {len(texts)} captions for {len(embeddings)}.", permanent=False)
    return texts


def _next_turn(lease: Lease) -> None:
    if lease.end(caption_status=Status.UPLOADED, caption_attempts=0):
        bells.ring(lease.video_id, bells.CAPTION)


def _wake_those_without_decoder() -> None:
    """This model writes captions after all: videos that an earlier one left without are rung for by the sweeper."""
    left = Video.objects.filter(caption_status=Status.READY, caption_error=NO_DECODER)
    left.update(caption_status=Status.UPLOADED, caption_error="", caption_rung_at=None)


def _stopped(lease: Lease, problem: Exception) -> None:
    video = lease.held().first()
    if video is None:
        return
    log.warning("captions_stopped", extra={"video_id": str(video.pk)}, exc_info=problem)
    if is_permanent(problem) or video.caption_attempts >= leases.MAX_ATTEMPTS:
        lease.end(caption_status=Status.FAILED, caption_error=sentence_of(problem))
        return
    wait = timedelta(seconds=backoff_s(video.caption_attempts))
    lease.end(caption_status=Status.UPLOADED, caption_error=sentence_of(problem), caption_lease_until=Now() + wait)


def _handed_back(lease: Lease) -> None:
    """The worker was told to stop: the attempt does not count, and the sweeper rings at once."""
    video = lease.held().first()
    if video is not None:
        attempts = max(0, video.caption_attempts - 1)
        lease.end(caption_status=Status.UPLOADED, caption_attempts=attempts, caption_rung_at=None)
