"""How fast is a video indexed? Times real time, split by stage, with peak memory, beside the bare floor.

    python -m benchmarks.index_speed --video FILE [--preset small]
    python -m benchmarks.index_speed --synthetic [--seconds 120] [--from CLIP...]

The whole pipeline runs as in the worker, with a throw-away database: probe, confined decoder, model, segments, store.
The floor is what no product can do without on this machine: PyAV decodes the file in this process and scales the same
frames, and the bare x-encoder sees them, one after the other. The synthetic clip is 720p at 30 frames a second, H.264:
given clips one after the other until it is long enough, or a textured picture that the camera moves across.
The last line is one JSON object.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import numpy as np

SIZE = (1280, 720)
FPS = 30
STAGES = ("probe", "decode", "wait", "encode", "predict", "segment", "store")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--video", type=Path)
    what.add_argument("--synthetic", action="store_true")
    parser.add_argument("--seconds", type=float, default=120, help="length of the synthetic clip")
    parser.add_argument("--from", dest="clips", type=Path, nargs="+", default=[], help="real footage to tile")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seekframe-benchmark-") as folder:
        video = options.video
        if video is None:
            video = make_clip(Path(folder) / "synthetic.mp4", options.seconds, options.clips)
        show(measure(video, options.preset, options.device))


def measure(path: Path, preset: str, device: str) -> dict[str, Any]:
    import benchmarks.services  # noqa: F401  # starts Postgres and sets Django up
    from model_server.local import load_engine

    engine = load_engine(preset, device)
    first, _ = next(pictures(path, engine.space))
    engine.x_encoder.encode_frames(first)  # what is loaded or compiled at the first call is no part of the speed
    with Memory() as memory:
        product = through_pipeline(path, engine)
    bare = floor(path, engine)
    length_s = product["video_s"]
    return {
        "preset": preset,
        "device": engine.device,
        **product,
        "times_real_time": round(length_s / product["total_s"], 2),
        "floor": bare | {"times_real_time": round(length_s / (bare["decode_s"] + bare["encode_s"]), 2)},
        "peak_rss_mib": memory.own_mib,
        "peak_rss_decoder_mib": memory.decoder_mib,
    }


def through_pipeline(path: Path, engine: Any) -> dict[str, Any]:
    from indexer import pipeline, services
    from indexer.models import Segment, Stream, Video

    library = services.library_create(name="speed", owner=None)
    video = services.video_import(library=library, uploaded_by=None, title=path.stem, path=path)
    started = time.perf_counter()
    pipeline.index_video(video.pk, engine)
    total_s = time.perf_counter() - started
    video.refresh_from_db()
    if video.status != Video.Status.READY or not video.duration_s:
        raise SystemExit(f"{path} was not indexed: {video.status}. {video.error}")
    return {
        "video_s": round(video.duration_s, 2),
        "total_s": round(total_s, 3),
        "stages_s": {stage: video.stage_timings.get(stage, 0.0) for stage in STAGES},
        "n_windows": sum(Stream.objects.filter(video=video).values_list("n_windows", flat=True)),
        "n_segments": Segment.objects.filter(video=video).count(),
    }


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
            if len(batch) == 64:
                yield np.stack(batch), time.perf_counter() - started
                batch, started = [], time.perf_counter()
    if batch:
        yield np.stack(batch), time.perf_counter() - started


def make_clip(target: Path, seconds: float, clips: list[Path]) -> Path:
    shown = footage(clips) if clips else camera_moves()
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k, frame in zip(range(round(seconds * FPS)), shown, strict=False):
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


def footage(clips: list[Path]) -> Iterator[av.VideoFrame]:
    for clip in cycle(clips):
        with av.open(str(clip)) as container:
            for frame in container.decode(video=0):
                yield frame.reformat(*SIZE, "yuv420p")


def camera_moves() -> Iterator[av.VideoFrame]:
    """A view that wanders over a large picture of soft blobs, and jumps to another place every ten seconds."""
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (60, 80, 3)).astype(np.float32)
    large = np.kron(coarse, np.ones((36, 36, 1), np.float32))  # (2160, 2880, 3)
    for axis in (0, 1):
        large = sum(np.roll(large, shift, axis) for shift in range(-9, 10)) / 19
    large = large.astype(np.uint8)
    k = 0
    while True:
        if k % (10 * FPS) == 0:
            y, x = draw.integers(0, large.shape[0] - SIZE[1] - 300), draw.integers(0, large.shape[1] - SIZE[0] - 600)
        top, left = y + k % (10 * FPS), x + 2 * (k % (10 * FPS))
        view = np.ascontiguousarray(large[top : top + SIZE[1], left : left + SIZE[0]])
        yield av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")
        k += 1


class Memory:
    """Peak memory of this process and of its decoder while the block runs, from /proc.

    Not from getrusage: a child that is started counts its parent's memory as its own peak.
    """

    def __enter__(self) -> "Memory":
        self.own_mib = self.decoder_mib = 0
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew: making the clip does not count
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stop.set()
        self._thread.join()
        self.own_mib = peak_mib(os.getpid())

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            children = {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}
            for pid in children:
                if b"model_server.frames.child" in command_of(pid):
                    self.decoder_mib = max(self.decoder_mib, peak_mib(int(pid)))


def command_of(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has just ended


def peak_mib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peaks = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")]
    return peaks[0] // 1024 if peaks else 0


def show(result: dict[str, Any]) -> None:
    bare = result["floor"]
    print(f"{result['video_s']:.0f} s of video in {result['total_s']:.1f} s: {result['times_real_time']} x real time")
    for stage, seconds in result["stages_s"].items():
        print(f"  {stage:8} {seconds:8.2f} s  {1000 * seconds / result['video_s']:7.1f} ms for each second of video")
    print(f"floor: decode {bare['decode_s']} s + x-encoder {bare['encode_s']} s: {bare['times_real_time']} x real time")
    print(f"peak memory: {result['peak_rss_mib']} MiB, and {result['peak_rss_decoder_mib']} MiB in the decoder")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
