"""Small files that announce, or unfold to, more than a machine holds."""

import io
import struct
import zlib
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from PIL import Image

from benchmarks.mutated_boxes import atom, element, matroska_of, with_atom
from benchmarks.mutated_canary import Canary
from benchmarks.mutated_containers import Dice
from benchmarks.mutated_seeds import SAME_EACH_TIME, Seed

Made = tuple[bytes, str]  # the bytes, and the ending of the file's name


def compressed_index_bomb(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """QuickTime's compressed movie header: a kilobyte a megabyte."""
    size, told = dice.choice((64, 512)), dice.choice((0, 64 << 20, 512 << 20, 0x7FFFFFFF, 0xFFFFFFFF))
    body = atom(b"dcom", b"zlib") + atom(b"cmvd", struct.pack(">I", told) + _zeros(size))
    return with_atom(seeds["mov-libx264"].data, b"moov", lambda _: atom(b"cmov", body)), "mov"


def compressed_track_bomb(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """Matroska's compressed blocks: a gigabyte each."""
    encoding = element("5034", element("4254", b"\x00"))
    track = element("6D80", element("6240", element("5031", b"\0") + element("5032", b"\x01") + encoding))
    codec = dice.choice(("V_MJPEG", "V_MPEG4/ISO/ASP", "V_MPEG2", "V_VP8"))
    return matroska_of(codec, (96, 64), track, [_zeros(dice.choice((64, 512)))] * dice.choice((1, 3, 20))), "mkv"


@cache
def _zeros(mebibytes: int) -> bytes:
    squeeze = zlib.compressobj(9)
    return b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(mebibytes)) + squeeze.flush()


def picture_bomb(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """A picture of billions of pixels in a few bytes, announced where only the decoder looks."""
    kind = dice.choice(("vp8", "mjpeg", "mpeg2", "gif", "gif"))
    if kind == "vp8":
        data = seeds["webm-libvpx"].data
        at = data.index(b"\x9d\x01\x2a") + 3
        return data[:at] + dice.choice((b"\xff\x3f", b"\x00\x20")) * 2 + data[at + 4 :], "webm"
    if kind == "mjpeg":
        data = bytearray(seeds["avi-mjpeg"].data)
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = dice.choice((b"\xff\xdc\xff\xdc", b"\x20\x00\x12\x00", b"\x00\x01\xff\xff"))
        return bytes(data), "avi"
    if kind == "mpeg2":
        data = bytearray(seeds["mpeg-mpeg2video"].data)
        at = data.index(b"\x00\x00\x01\xb3") + 4
        data[at : at + 3] = b"\xff\xff\xff"
        return bytes(data), "mpg"
    side, frames = dice.choice(((65_535, 1), (8192, 3), (4000, 60), (500, 3000)))
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c" + struct.pack("<4HB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack(
        "<HH", side, side
    ) + b"\x80\x00\x00" + b"\0\0\0\xff\xff\xff" + frame * frames + b";", "gif"


def large_picture(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """A real one of 8K, black: as large as is read, in a few kilobytes."""
    return _large(
        *dice.choice(((8192, 4608, "libx264", "mp4"), (8192, 4608, "mjpeg", "avi"), (8208, 4608, "libx264", "mkv")))
    )


@cache
def _large(width: int, height: int, codec: str, ending: str) -> Made:
    file = io.BytesIO()
    with av.open(file, "w", format={"mkv": "matroska"}.get(ending, ending), options=SAME_EACH_TIME) as out:
        options = {"preset": "ultrafast"} if codec == "libx264" else {}
        stream: Any = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.thread_count = 1
        for number in range(2):
            frame = av.VideoFrame(width, height, stream.pix_fmt)
            for plane, value in zip(frame.planes, (16, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return file.getvalue(), ending


def photo_bomb(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    side, ending = dice.choice((8600, 12_000, 30_000)), dice.choice(("png", "tif", "gif", "webp"))
    if ending == "webp":
        return b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f" + bytes(8), "webp"
    return _plain_photo(side if ending != "gif" else min(side, 12_000), ending), ending


@cache
def _plain_photo(side: int, ending: str) -> bytes:
    file, options = io.BytesIO(), {"compression": "tiff_deflate"} if ending == "tif" else {}
    Image.new("1", (side, side)).save(file, {"tif": "TIFF"}.get(ending, ending), **options)
    return file.getvalue()


def far_apart(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """Two pictures hours, or ages, apart."""
    apart_s = dice.choice((3000.0, 6 * 3600.0, 86_500.0, 3e7, 9e12))
    return _apart(apart_s, dice.choice(("matroska", "mp4")))


@cache
def _apart(apart_s: float, container: str) -> Made:
    file, base = io.BytesIO(), Fraction(1, 1000)
    with av.open(file, "w", format=container, options=SAME_EACH_TIME) as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.time_base = 96, 64, "yuv420p", base
        for number in range(2):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90 + number * 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(number * apart_s * 1000), base
            try:
                out.mux(stream.encode(frame))
            except (av.error.FFmpegError, OverflowError):
                pass  # the muxer has its limits too: what it wrote so far is the file
        out.mux(stream.encode())
    return file.getvalue(), {"matroska": "mkv"}.get(container, container)


def many_tracks(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    film, n = seeds["mp4-libx264"].data, dice.choice((50, 900, 5000))
    track = film[film.index(b"trak") - 4 :]
    track = track[: int.from_bytes(track[:4], "big")]
    return with_atom(film, b"moov", lambda body: body + track * n), "mp4"
