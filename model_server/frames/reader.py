"""Clips out of a video file: the front door of this package (photos: `photos`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from model_server.engine import Clips, Space
from model_server.frames.errors import MediaError
from model_server.frames.probe import MAX_DURATION_S, Probe
from model_server.frames.process import Child, Event, Frame, Order
from model_server.frames.repeats import Repeats
from model_server.frames.shots import PIXELS, ShotKeeper
from model_server.frames.windows import Sampling, Window, one_picture, sample

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB
Mode = Literal["full", "fast"]  # every wanted frame; keyframes alone

_OVERVIEW_BYTES = PIXELS * PIXELS * 3


@dataclass(frozen=True)
class ClipBatch:
    """Some consecutive windows of a video, ready for the model."""

    clips: Clips
    windows: list[Window]
    decode_s: float  # seconds the child worked on these frames; it runs while the caller does something else
    waited_s: float = 0.0  # seconds the caller was kept waiting for them
    mode: Mode = "full"  # how the video was read in the end: one without keyframes cannot be read fast


def probe(path: Path | str) -> Probe:
    """The facts of a video. MediaError in a sentence for the person where it is none, or cannot be read."""
    with Child(Order("probe", Path(path), {})) as child:
        for message in child.messages():
            if isinstance(message, Event) and message.name == "probe":
                try:
                    return Probe.from_json(message.facts)
                except ValueError as error:
                    raise _nonsense() from error
    raise _nonsense()


def read_clips(
    path: Path | str,
    space: Space,
    windows_per_batch: int = 16,
    keep_to_shots: bool = True,
    share_repeats: bool = True,
    mode: Mode = "full",
) -> Iterator[ClipBatch]:
    """Every window of a video as `windows.sample` cuts it, in time order, each frame decoded once.

    Unless declined, each is kept to one shot, and a shot that none is about gets one more (`shots`); and a picture that
    an earlier one shows already is that one, so that a batch names it once (`repeats`). In the mode "fast" only
    keyframes are decoded, and each frame is the nearest of them.

    Memory holds one batch and what the child has decoded ahead. Close the iterator to end the child.
    """
    side = space.frame_px
    arguments = {
        "frame_px": side,
        "n_looks": space.n_looks,
        "window_s": space.window_s,
        "clip_frames": space.clip_frames,
        "mode": mode,
    }
    collector = _Collector(space, windows_per_batch, keep_to_shots, share_repeats)
    with Child(Order("clips", Path(path), arguments, frame_bytes=side * side * 3 + _OVERVIEW_BYTES)) as child:
        for message in child.messages():
            if isinstance(message, Frame):
                collector.add(message, child.waited_s)
                if collector.is_full() and (batch := collector.batch()):
                    yield batch
            elif message.name == "start":
                collector.start(message)
            elif message.name == "end":
                yield from collector.finish(message)
                return
    raise _nonsense()


class _Collector:
    """Frames in, batches of windows out; the frames that the next windows share are kept."""

    def __init__(self, space: Space, windows_per_batch: int, keep_to_shots: bool, share_repeats: bool) -> None:
        self._space = space
        self._per_batch = windows_per_batch
        self._frames: list[Picture] = []
        self._overviews: list[Picture] = []  # of the same frames: what shots are told by
        self._first = 0  # the number in the video of the first frame kept
        self._n_windows = 0  # given out so far
        self._shots = ShotKeeper() if keep_to_shots else None
        self._repeats = Repeats(space.n_looks) if share_repeats else None
        self._early = False  # windows may leave before the video's length is known
        self._mode: Mode = "full"
        self._decode_s = self._waited_s = self._waited_before_s = 0.0
        # 24 hours of frames at the space's pace; a child that sends more is not to be believed.
        self._most = int(MAX_DURATION_S / space.frame_interval_s) + 1

    def start(self, event: Event) -> None:
        self._early = event.facts.get("interval_s") == self._space.frame_interval_s
        self._mode = "fast" if event.facts.get("mode") == "fast" else "full"

    def add(self, frame: Frame, waited_s: float) -> None:
        side, sent = self._space.frame_px, np.frombuffer(frame.pixels, np.uint8)
        picture: Picture = sent[:-_OVERVIEW_BYTES].reshape(side, side, 3)
        self._frames.append(self._repeats.same_or_new(picture) if self._repeats else picture)
        self._overviews.append(sent[-_OVERVIEW_BYTES:].reshape(PIXELS, PIXELS, 3))
        self._decode_s += frame.decode_s
        self._waited_s = waited_s
        if self._first + len(self._frames) > self._most:
            raise _nonsense()

    def is_full(self) -> bool:
        last = self._n_windows + self._per_batch - 1
        n_frames = self._first + len(self._frames)
        # One frame more than the windows need: the last window of a video must be known to be the last.
        return self._early and last * self._stride + self._space.clip_frames < n_frames

    @property
    def _stride(self) -> int:
        return round(self._space.stride_s / self._space.frame_interval_s)

    def batch(self) -> ClipBatch | None:
        """The next full batch, of a video that goes on; None where its windows are about shots given before."""
        starts = (self._n_windows + np.arange(self._per_batch, dtype=np.int32)) * self._stride
        index = np.add.outer(starts, np.arange(self._space.clip_frames, dtype=np.int32))  # (n, T)
        step_s = self._space.frame_interval_s
        windows = [Window(k * step_s, (k + self._space.clip_frames) * step_s) for k in starts.tolist()]
        return self._give(windows, index, last=False)

    def finish(self, event: Event) -> Iterator[ClipBatch]:
        """What is left when the length is known: the tail window, or all of a short video."""
        sampling = self._sampling(event)
        while self._n_windows < len(sampling.windows):
            part = slice(self._n_windows, self._n_windows + self._per_batch)
            last = part.stop >= len(sampling.windows)
            if batch := self._give(sampling.windows[part], sampling.index[part], last):
                yield batch

    def _sampling(self, event: Event) -> Sampling:
        duration_s, single = event.facts.get("duration_s"), event.facts.get("one_picture")
        if not isinstance(duration_s, float) or not 0 < duration_s <= MAX_DURATION_S + 60 or type(single) is not bool:
            raise _nonsense()
        sampling = one_picture(duration_s) if single else sample(duration_s, self._space)
        if self._first + len(self._frames) != len(sampling.frame_times):
            raise _nonsense()
        return sampling

    def _give(self, windows: list[Window], index: npt.NDArray[np.int32], last: bool) -> ClipBatch | None:
        n_frames = int(index.max()) + 1 - self._first
        pictures = self._frames[:n_frames]
        here, kept = (index - self._first).astype(np.int32), windows
        if self._shots is not None:
            overviews = np.stack(self._overviews[:n_frames])
            here, kept = self._shots.keep(overviews, here, windows, self._first, last)
        self._n_windows += len(windows)
        self._forget(int(index[-1, 0]))
        if not kept:
            return None
        waited_s = self._waited_s - self._waited_before_s
        batch = ClipBatch(_shared(pictures, here), kept, self._decode_s, waited_s, self._mode)
        self._decode_s, self._waited_before_s = 0.0, self._waited_s
        return batch

    def _forget(self, last_start: int) -> None:
        """Drop what no later window starts before: the next starts a stride on, or, the tail, a frame on."""
        keep_from = min(last_start + 1, self._first + len(self._frames))
        del self._frames[: keep_from - self._first], self._overviews[: keep_from - self._first]
        self._first = keep_from


def _shared(pictures: list[Picture], index: npt.NDArray[np.int32]) -> Clips:
    """Clips of those pictures that hold each once, however often it is named, and only those that are."""
    used = {id(pictures[i]): pictures[i] for i in np.unique(index).tolist()}
    places = {key: place for place, key in enumerate(used)}
    place = np.array([places.get(id(picture), -1) for picture in pictures], np.int32)
    return Clips(np.stack(list(used.values())), place[index])  # (F, H, W, 3)


def _nonsense() -> MediaError:
    return MediaError(
        "The decoder answered nonsense while it read this video, and was stopped.", permanent=False, crashed=True
    )
