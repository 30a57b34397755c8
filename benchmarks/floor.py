"""What indexing cannot do without: every frame is decoded here, and the bare x-encoder sees the wanted ones."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

BATCH = 64  # frames


def floor(path: Path, engine: Any) -> dict[str, float]:
    decode_s = encode_s = 0.0
    n_frames = 0
    for frames, took_s in pictures(path, engine.space):
        started = time.perf_counter()
        engine.x_encoder.encode_frames(frames)
        encode_s += time.perf_counter() - started
        decode_s += took_s
        n_frames += len(frames)
    return {"decode_s": round(decode_s, 3), "encode_s": round(encode_s, 3), "n_frames": n_frames}


def pictures(path: Path, space: Any) -> Iterator[tuple[np.ndarray, float]]:
    """Batches of the frames the model wants, (F, H, W, 3), and the seconds decoding them took."""
    side, batch = space.frame_px, []
    started, wanted_s = time.perf_counter(), space.frame_interval_s / 2
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            if frame.time is None or frame.time < wanted_s:
                continue
            wanted_s += space.frame_interval_s
            batch.append(frame.reformat(side, side, "rgb24").to_ndarray())
            if len(batch) == BATCH:
                yield np.stack(batch), time.perf_counter() - started
                batch, started = [], time.perf_counter()
    if batch:
        yield np.stack(batch), time.perf_counter() - started
