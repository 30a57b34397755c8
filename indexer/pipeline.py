"""The story of a video's index, read top to bottom: probe, decode, encode, predict, segment, store.

It may be killed at any line and run again: nothing is written but progress until the one transaction at the end.
The frames come from a confined child process that decodes ahead, so that decoding and the model work side by side.
Memory is bounded by a few batches of frames and one float16 embedding a window, however long the video.
"""

import logging
import uuid
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from django.db.models import F
from django.db.models.functions import Coalesce

from indexer import files, leases, outcomes, segments, spaces, store
from indexer.leases import Lease
from indexer.models import IndexMode, Video
from indexer.timings import Timings
from model_server.engine import Embeddings, Engine, EngineError, each_once
from model_server.frames.errors import MediaError
from model_server.frames.probe import Probe
from model_server.frames.reader import ClipBatch, Mode, probe, read_clips

log = logging.getLogger(__name__)

WINDOWS_A_BATCH = 16  # about half a minute of video: what is lost when a worker is, and how often progress shows

Stream = tuple[npt.NDArray[np.float32], npt.NDArray[np.float16], Mode]  # times (n, 2), embeddings (n, D), how read


def index_video(video_id: uuid.UUID | str, engine: Engine) -> None:
    """Claim the video and index it; every end it can come to is written to its row."""
    lease = leases.claim(video_id, "index")
    if lease is None:
        return  # another worker has it, it was cancelled, or the doorbell rang twice
    with leases.kept(lease):
        try:
            run(lease, engine)
        except leases.LeaseLost:
            log.info("lease_lost", extra={"video_id": str(lease.video_id)})
        except leases.Cancelled:
            outcomes.cancelled(lease)
        except Exception as problem:  # noqa: BLE001 - logged with its trace where it becomes the video's outcome
            outcomes.stopped(lease, problem)
        except BaseException:
            outcomes.handed_back(lease)
            raise


def run(lease: Lease, engine: Engine) -> None:
    space = spaces.ensure_space(engine.space)
    video = Video.objects.select_related("library").get(pk=lease.video_id)
    timings = Timings()
    with files.local_path(video.original) as path:
        facts = look_at(lease, path, timings)
        wanted: Mode = "fast" if video.library.index_mode == IndexMode.FAST else "full"
        times, embeddings, mode = embed(lease, path, facts, engine, timings, wanted)
    lease.move(stage="segment", stage_timings=timings.seconds())
    with timings.stage("segment"):
        cut, details = segments.cut(times, embeddings), segments.details(times, embeddings)
    lease.move(stage="store", stage_timings=timings.seconds())
    with timings.stage("store"):
        store.replace_index(lease, space, times, embeddings, cut, details, mode)
    # The work is done and seen; what follows only says how long it took.
    Video.objects.filter(pk=video.pk).update(stage_timings=timings.seconds())
    log.info(
        "video_indexed",
        extra={"video_id": str(video.pk), "n_windows": len(times), "n_segments": len(cut), "seconds": timings.total()},
    )
    spaces.switch_when_complete(space)


def look_at(lease: Lease, path: Path, timings: Timings) -> Probe:
    """The probe's facts, on the row at once: pages show length and size while the rest goes on."""
    with timings.stage("probe"):
        facts = probe(path)
    lease.move(
        duration_s=facts.duration_s,
        width_px=facts.width_px,
        height_px=facts.height_px,
        probe=facts.to_json(),
        **recorded(lease, facts),
        stage="decode",
        stage_timings=timings.seconds(),
    )
    return facts


def recorded(lease: Lease, facts: Probe) -> dict[str, Any]:
    """When it was shot, from the first look at the file: later what a person wrote, or cleared, counts."""
    if facts.recorded_s is None or lease.held().filter(probe__has_key="recorded_s").exists():
        return {}
    return {"recorded_at": Coalesce(F("recorded_at"), datetime.fromtimestamp(facts.recorded_s, UTC))}


def embed(lease: Lease, path: Path, facts: Probe, engine: Engine, timings: Timings, mode: Mode) -> Stream:
    """The stream: every window's predicted embedding, and how the video was read in the end.

    Cancel and lease are looked at after every batch.
    """
    times: list[npt.NDArray[np.float32]] = []
    embeddings: list[npt.NDArray[np.float16]] = []
    source = cast(Generator[ClipBatch, None, None], read_clips(path, engine.space, WINDOWS_A_BATCH, mode=mode))
    with closing(source) as batches:  # whatever ends the loop ends the child
        for batch in batches:
            with timings.model(engine):
                clips, place = each_once(batch.clips)  # of a still camera a few, of all others all
                predicted = checked(engine.predict(clips), len(clips))[place]  # (n, D)
            mode = batch.mode
            times.append(np.array([(w.start_s, w.end_s) for w in batch.windows], dtype=np.float32))  # (n, 2)
            embeddings.append(predicted.astype(np.float16))
            timings.add("decode", batch.decode_s)
            timings.add("wait", batch.waited_s)
            lease.move(
                stage="predict",
                progress=share(batch.windows[-1].end_s, facts.duration_s),
                stage_timings=timings.seconds(),
            )
    if not times:
        raise MediaError("No picture could be read from this file.", permanent=True)
    return np.concatenate(times), np.concatenate(embeddings), mode


def checked(predicted: Embeddings, n: int) -> Embeddings:
    """A model that answers with fewer rows or with no numbers must not reach the store."""
    if predicted.shape[0] != n or not np.isfinite(predicted).all():
        raise EngineError(f"The model answered {predicted.shape} for {n} clips, or not with numbers.", permanent=False)
    return predicted


def share(done_s: float, duration_s: float) -> float:
    """How much of the video's time is indexed, 0 to 1.

    >>> share(30.0, 120.0), share(9.0, 8.0), share(0.0, 0.0)
    (0.25, 1.0, 1.0)
    """
    return min(1.0, done_s / duration_s) if duration_s > 0 else 1.0
