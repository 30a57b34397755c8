"""Photos into one film: the camera moves slowly over each, so that a single sample holds many moments."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

SIZE_PX = (640, 480)
FPS = 12
PHOTO_S = 6.0
CLOSE = 0.72  # side of the view when the camera is nearest, as a share of the photo's

View = tuple[float, float, float, float]  # left, top, right, bottom in the photo's pixels


def make_reel(photos: list[Path], target: Path, photo_s: float = PHOTO_S) -> None:
    """An H.264 MP4 with `photo_s` seconds of every photo in turn, panned and zoomed. Only for trusted photos."""
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"crf": "26", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE_PX, "yuv420p"
        for number, photo in enumerate(photos):
            for picture in _pictures(photo, number, round(photo_s * FPS)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def view(size: tuple[int, int], share: float, number: int) -> View:
    """What the camera sees after `share` of a photo's time: always inside the photo, always of the film's shape.

    Every second photo is left backwards, and the way across changes with each, so that cuts look like cuts.
    """
    width, height = size
    fit = min(width / SIZE_PX[0], height / SIZE_PX[1])
    share = 1 - share if number % 2 else share
    zoom = 1 - (1 - CLOSE) * share
    w, h = SIZE_PX[0] * fit * zoom, SIZE_PX[1] * fit * zoom
    across, down = (share, 0.5) if number % 3 else (0.5, share)
    left, top = (width - w) * across, (height - h) * down
    return left, top, left + w, top + h


def _pictures(photo: Path, number: int, n_frames: int) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
    for k in range(n_frames):
        box = view(image.size, k / max(1, n_frames - 1), number)
        yield np.asarray(image.resize(SIZE_PX, Image.Resampling.BILINEAR, box=box))
