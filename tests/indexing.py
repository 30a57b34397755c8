"""What the indexing tests share: a stored video, its claim run out, what is stored of it, and which bells were rung."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from indexer import pipeline, services
from indexer.models import Anchor, Library, Segment, Stream, Video
from model_server.engine import Clips, Space
from model_server.frames.probe import Probe
from model_server.frames.reader import ClipBatch
from model_server.frames.windows import sample
from tests.videos import make_video

FACTS = Probe(6.0, 64, 48, 0, 10.0, "mov", "h264", None, "yuv420p", True)
QUEUES = ("index", "media", "fetch", "tracks", "default")


def stored_video(library: Library, tmp_path: Path, seconds: float = 6, title: str = "clip") -> Video:
    """A video whose seconds have a colour each, stored and waiting for a worker."""
    path = make_video(tmp_path / f"{title}.mp4", seconds)
    return services.video_import(library=library, uploaded_by=None, title=title, path=path)


def without_decoding(monkeypatch: Any, seconds: float = 6) -> None:
    """Frames by hand, for tests that are not about decoding: a child process for each would take most of their time."""

    def read_clips(path: Path, space: Space, windows_per_batch: int, mode: str) -> Iterator[ClipBatch]:
        assert path.exists()
        sampling = sample(seconds, space)
        shades = (np.arange(len(sampling.frame_times)) // 8 * 90 % 256).astype(np.uint8)
        frames = np.broadcast_to(shades[:, None, None, None], (len(shades), space.frame_px, space.frame_px, 3))
        for k in range(0, len(sampling.windows), windows_per_batch):
            part = slice(k, k + windows_per_batch)
            yield ClipBatch(Clips(frames, sampling.index[part]), sampling.windows[part], 0.01)

    monkeypatch.setattr(pipeline, "probe", lambda path: replace(FACTS, duration_s=float(seconds)))
    monkeypatch.setattr(pipeline, "read_clips", read_clips)


def placeholder_video(library: Library, tmp_path: Path, title: str = "clip") -> Video:
    """A stored video whose file nobody decodes."""
    path = tmp_path / f"{title}.mp4"
    path.write_bytes(b"not decoded")
    return services.video_import(library=library, uploaded_by=None, title=title, path=path)


def lose_worker(video: Video) -> None:
    """The worker that has the video is gone, and its lease has run out."""
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def rows_of(video: Video) -> tuple[int, int, int]:
    """How many stream rows, segments and anchors are stored of a video."""
    return tuple(model.objects.filter(video=video).count() for model in (Stream, Segment, Anchor))  # type: ignore[return-value]


def listen() -> Callable[[], list[tuple[str, str]]]:
    """Empty the queues now; the function returned says which (task, video id) were rung since."""
    valkey: Any = Redis.from_url(settings.REDIS_URL)
    valkey.delete(*QUEUES)
    return lambda: [_bell(message) for queue in QUEUES for message in reversed(valkey.lrange(queue, 0, -1))]


def _bell(message: bytes) -> tuple[str, str]:
    headers = json.loads(message)["headers"]
    return headers["task"].rpartition(".")[2], headers["argsrepr"].strip("()[],'\"")


def in_a_process(work: Callable[[], None], die_in: tuple[Callable[..., Any], ...], after_lines: int) -> bool:
    """Run `work` in a forked process that dies, as by SIGKILL, on the n-th line it enters in the named functions.

    True where it died; False where it came to its end first.
    """
    pid = os.fork()
    if pid == 0:
        try:
            inherited = connection.connection  # kept alive: it is the parent's to close
            connection.connection = None
            sys.settrace(_deadly({_code(f) for f in die_in}, after_lines))
            work()
            del inherited
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a child must never come back into pytest
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 9), f"the process ended with {code}"
    return code == 9


def _code(function: Any) -> CodeType:
    return getattr(function, "__wrapped__", function).__code__


def _deadly(codes: set[CodeType], after_lines: int) -> Callable[[FrameType, str, Any], Any]:
    left = after_lines

    def lines(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if left < 0:
            os._exit(9)
        return lines

    return lambda frame, event, arg: lines if frame.f_code in codes else None
