"""How fast is a video indexed? Times real time, split by stage, with peak memory, beside the bare floor.

    python -m benchmarks.index_speed --video FILE [--preset small] [--mode full fast] [--rounds 2]
    python -m benchmarks.index_speed --synthetic [--seconds 120] [--from CLIP...] [--still] [--keyframes-s 2]

The whole pipeline runs as in the worker, with a throw-away database: probe, confined decoder, model, segments, store.
The floor, measured beside the full mode, is what that cannot do without on this machine: PyAV decodes the file in this
process and scales the same frames, and the bare x-encoder sees them, one after the other. The synthetic clip is 720p at
30 frames a second, H.264: given clips one after the other until it is long enough, or a textured picture that the
camera moves across; `--still` shows the first picture alone, with the noise of a sensor. Modes take turns, round after
round; `unshared` is the full mode with every wanted frame encoded, also of a camera that stands still. The last line is
JSON.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import json
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.clips import make_clip
from benchmarks.floor import floor, pictures
from benchmarks.used import Memory, cpu_s
from indexer import pipeline, services
from indexer.models import IndexMode, Segment, Stream, Video
from model_server.frames.reader import read_clips
from model_server.local import LocalEngine, load_engine

UNSHARED = "unshared"
STAGES = ("probe", "decode", "wait", "encode", "predict", "segment", "store")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--video", type=Path)
    what.add_argument("--synthetic", action="store_true")
    parser.add_argument("--seconds", type=float, default=120, help="length of the synthetic clip")
    parser.add_argument("--from", dest="clips", type=Path, nargs="+", default=[], help="real footage to tile")
    parser.add_argument("--still", action="store_true", help="the synthetic clip shows one picture, with noise")
    parser.add_argument("--keyframes-s", type=float, help="seconds from keyframe to keyframe (else the encoder's own)")
    parser.add_argument("--mode", choices=[*IndexMode.values, UNSHARED], nargs="+", default=[IndexMode.FULL.value])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seekframe-benchmark-") as folder:
        video = options.video
        if video is None:
            target = Path(folder) / "synthetic.mp4"
            video = make_clip(target, options.seconds, options.clips, options.keyframes_s, still=options.still)
        engine = load_engine(options.preset, options.device)
        results = [measure(video, engine, mode) for _ in range(options.rounds) for mode in options.mode]
    for result in results:
        show(result)
    print(json.dumps(results[0] if len(results) == 1 else results))


def measure(path: Path, engine: LocalEngine, mode: str) -> dict[str, Any]:
    first, _ = next(pictures(path, engine.space))
    engine.x_encoder.encode_frames(first)  # what is loaded or compiled at the first call is no part of the speed
    with Memory() as memory:
        product = through_pipeline(path, engine, mode)
    length_s = product["video_s"]
    bare = floor(path, engine) if mode == IndexMode.FULL else {}
    if bare:
        bare["times_real_time"] = round(length_s / (bare["decode_s"] + bare["encode_s"]), 2)
    return {
        "preset": engine.space.model,
        "mode": mode,
        "device": engine.device,
        **product,
        "times_real_time": round(length_s / product["total_s"], 2),
        "floor": bare,
        "peak_rss_mib": memory.own_mib,
        "peak_rss_decoder_mib": memory.decoder_mib,
    }


def through_pipeline(path: Path, engine: LocalEngine, mode: str) -> dict[str, Any]:
    pipeline.read_clips = partial(read_clips, share_repeats=mode != UNSHARED)
    index_mode = IndexMode.FULL if mode == UNSHARED else mode
    library = services.library_create(name="speed", owner=None, index_mode=index_mode)
    video = services.video_import(library=library, uploaded_by=None, title=path.stem, path=path)
    started, started_cpu_s = time.perf_counter(), cpu_s()
    pipeline.index_video(video.pk, engine)
    total_s, total_cpu_s = time.perf_counter() - started, cpu_s() - started_cpu_s
    video.refresh_from_db()
    if video.status != Video.Status.READY or not video.duration_s:
        raise SystemExit(f"{path} was not indexed: {video.status}. {video.error}")
    return {
        "video_s": round(video.duration_s, 2),
        "total_s": round(total_s, 3),
        "core_s": round(total_cpu_s, 3),
        "stages_s": {stage: video.stage_timings.get(stage, 0.0) for stage in STAGES},
        "n_windows": sum(Stream.objects.filter(video=video).values_list("n_windows", flat=True)),
        "n_segments": Segment.objects.filter(video=video).count(),
    }


def show(result: dict[str, Any]) -> None:
    bare = result["floor"]
    print(f"{result['mode']}: {result['video_s']:.0f} s of video in {result['total_s']:.1f} s", end=", ")
    print(f"{result['times_real_time']} x real time, {result['core_s']} s of computing on all cores")
    for stage, seconds in result["stages_s"].items():
        print(f"  {stage:8} {seconds:8.2f} s  {1000 * seconds / result['video_s']:7.1f} ms for each second of video")
    if bare:
        print(f"floor: decode {bare['decode_s']} s + x-encoder {bare['encode_s']} s, ", end="")
        print(f"{bare['times_real_time']} x real time")
    print(f"peak memory: {result['peak_rss_mib']} MiB, and {result['peak_rss_decoder_mib']} MiB in the decoder")


if __name__ == "__main__":
    main()
