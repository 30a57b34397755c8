"""Small clips in every container and codec that can be written here: what `benchmarks.mutated` damages.

Run as a program, with the folder to fill: some encoders change the process they run in for good (SVT-AV1 makes root's
thread a real-time one), and one that crashes takes nothing else along.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.codec import Codec, UnknownCodecError, codecs_available
from av.format import ContainerFormat, formats_available
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SIZE = (96, 64)
N_FRAMES = 9
FPS = 25
# Those that take every codec in turn; any other muxer gets the codec that it prefers.
WIDE = ("mp4", "mov", "matroska", "webm", "avi", "mpegts", "asf", "flv", "ogg", "mpeg", "nut")
# They write several files, or to a screen, a network or other muxers; or they make only sums of what they are given.
_NO_FILE = {
    "segment", "stream_segment,ssegment", "hls", "dash", "hds", "smoothstreaming", "tee", "fifo", "image2",
    "webm_chunk", "webm_dash_manifest", "whip", "rtp", "rtsp", "sap", "rtp_mpegts", "fbdev", "video4linux2,v4l2",
    "alsa", "oss", "xv", "opengl", "sdl,sdl2", "caca", "crc", "md5", "hash", "framecrc", "framehash", "framemd5",
    "streamhash", "null", "uncodedframecrc", "ffmetadata", "mkvtimestamp_v2", "mcc",
}  # fmt: skip
_ON_HARDWARE = ("_nvenc", "_amf", "_qsv", "_v4l2m2m", "_vaapi", "_vulkan", "_mf", "_videotoolbox", "_omx", "_d3d12va")
_UNSTEADY = ("libx264rgb", "wrapped_avframe")  # they write memory nobody filled: another file each time
_SOUND = {"mp4": "aac", "mov": "aac", "matroska": "libopus", "webm": "libopus", "avi": "mp2", "mpegts": "mp2"}
_OPTIONS = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "dnxhd": {"profile": "dnxhr_lb"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
}
_SIZES = {"h263": (128, 96), "h261": (176, 144), "dvvideo": (720, 576), "dnxhd": (256, 144)}
_PIXELS = {"mjpeg": "yuvj420p", "dnxhd": "yuv422p"}
SAME_EACH_TIME = {"fflags": "+bitexact"}  # a muxer's: no random numbers, and not the time
PHOTOS = ("jpg", "png", "webp", "gif", "bmp", "tif")


@dataclass(frozen=True)
class Seed:
    name: str  # container-codec
    ending: str
    data: bytes

    @property
    def is_photo(self) -> bool:
        return self.name.startswith("photo-")


def make_seeds(folder: Path, only: Sequence[str] = ()) -> list[Seed]:
    """Every clip, or only those of these names, and the photos, in order of name; written by a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.mutated_seeds", str(folder), *only],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    files = sorted(path for path in folder.iterdir() if path.stat().st_size > 0)
    return [Seed(path.stem, path.suffix.lstrip("."), path.read_bytes()) for path in files]


def _write_all(folder: Path, only: set[str]) -> None:
    for container in sorted(formats_available - _NO_FILE):
        for codec in encoders() if container in WIDE else _preferred(container):
            name = f"{container.partition(',')[0]}-{codec}"
            if only and name not in only:
                continue
            ending = (*sorted(ContainerFormat(container, "w").extensions), container)[0].strip()
            path = folder / f"{name}.{ending}"
            try:
                _write(path, container, codec)
            except (av.error.FFmpegError, ValueError, OSError, TypeError, NotImplementedError):
                path.unlink(missing_ok=True)  # this container does not take this codec
    for ending in PHOTOS:
        Image.fromarray(picture(0)).save(folder / f"photo-{ending}.{ending}")


def _preferred(container: str) -> list[str]:
    """The codec that a container is written with where nobody says which; none where it holds no picture."""
    try:
        with av.open(os.devnull, "w", format=container) as out:
            codec = out.default_video_codec
    except (av.error.FFmpegError, ValueError, OSError):
        return []  # it is only read
    return [] if codec in ("none", "") else [codec]


@cache
def encoders() -> list[str]:
    """The encoders of pictures that need no hardware."""
    found = []
    for name in sorted(codecs_available):
        try:
            codec = Codec(name, "w")
        except UnknownCodecError:
            continue
        if codec.type == "video" and codec.name == name and not name.endswith(_ON_HARDWARE) and name not in _UNSTEADY:
            found.append(name)  # another name of an encoder would make the same clips once more
    return found


def _write(path: Path, container: str, codec: str) -> None:
    encoder = Codec(codec, "w")
    formats = [pixels.name for pixels in encoder.video_formats or []]
    preferred = _PIXELS.get(codec, "yuv420p")
    pixels = preferred if not formats or preferred in formats else formats[0]
    size = _SIZES.get(codec, SIZE)
    with av.open(str(path), "w", format=container, options=SAME_EACH_TIME) as out:
        stream: Any = out.add_stream(codec, rate=FPS, options={"flags": "+bitexact", **_OPTIONS.get(codec, {})})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.thread_count = 1
        sound: Any = out.add_stream(_SOUND[container], rate=48_000) if container in _SOUND else None
        for number in range(N_FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(number, size), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound is not None:
            _write_sound(out, sound)


def _write_sound(out: Any, stream: Any) -> None:
    step = stream.codec_context.frame_size or 1152
    wave = np.sin(np.arange(step) / 17).astype(np.float32) / 4
    for at in range(0, 48_000 * N_FRAMES // FPS, step):
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode())


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A slope of colour with a square that moves, (H, W, 3): something to predict, and something that changes."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    shown = np.stack([rows * 200 // size[1], columns * 200 // size[0], (rows + columns) % 61], axis=2).astype(np.uint8)
    shown[8:24, 8 + number * 4 : 24 + number * 4] = (240, 200, 40)
    return shown


if __name__ == "__main__":
    _write_all(Path(sys.argv[1]), set(sys.argv[2:]))
