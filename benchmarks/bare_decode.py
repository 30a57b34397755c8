"""Decoding alone: nothing that indexes a film can be faster than this and look at every frame."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import av

from benchmarks.contender import Plan, Ready, spent


def decode(plan: Plan) -> Ready:
    """By the ffmpeg of this machine; where there is none, by its libraries in PyAV, with threads as ffmpeg has them."""
    ffmpeg = shutil.which("ffmpeg")
    work = partial(by_ffmpeg, ffmpeg) if ffmpeg else by_pyav
    work(plan.warm_up)

    def play(_: int) -> dict[str, float]:
        took_s, core_s = spent(partial(work, plan.film))
        return {"ms": 1000 * took_s / plan.film_s, "core_ms": 1000 * core_s / plan.film_s}

    libraries = (
        f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}; frame and slice threads; no ffmpeg binary here"
    )
    return Ready(play, version(ffmpeg) if ffmpeg else libraries, child=b"ffmpeg")


def by_ffmpeg(ffmpeg: str, path: Path) -> None:
    subprocess.run([ffmpeg, "-nostdin", "-v", "error", "-i", str(path), "-f", "null", "-"], check=True)


def version(ffmpeg: str) -> str:
    said = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True).stdout
    return f"`ffmpeg -i FILE -f null -`, {said.splitlines()[0].partition(' Copyright')[0]}"


def by_pyav(path: Path) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass
