"""What damaged and hostile files did to the decoder once, and the attacks that others met: each keeps its test."""

import os
import random
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.mutated_boxes import atom, matroska_of, with_atom
from benchmarks.mutated_canary import Canary, watching
from benchmarks.mutated_hostile import HOSTILE, alias
from benchmarks.mutated_seeds import Seed
from model_server.engine import Space
from model_server.frames.errors import MediaError
from model_server.frames.formats import VIDEO_CODECS
from model_server.frames.reader import probe
from model_server.frames.source import open_source
from tests.videos import make_video, read_windows

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)


@pytest.fixture
def canary(tmp_path: Path):
    with watching(tmp_path / "secrets") as watched:
        yield watched


def refused(path: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert not caught.value.crashed, caught.value
    assert caught.value.permanent
    return caught.value


def test_sound_that_begins_late_does_not_end_the_decoder(tmp_path):
    """A stream that appears after the first megabytes: the reader's last round stumbled over it."""
    noise = np.random.default_rng(1).integers(0, 255, (24, 360, 480, 3), np.uint8)
    options = {"qmin": "1", "qmax": "1", "b": "200M", "maxrate": "400M", "bufsize": "40M"}
    path = make_video(
        tmp_path / "v.flv", 24 / 25, fps=25, codec="flv", size=(480, 360), pictures=noise, options=options
    )
    assert path.stat().st_size > 6_000_000  # FFmpeg looks for streams in the first five
    sound = b"\x2f" + bytes(100)
    tag = b"\x08" + len(sound).to_bytes(3, "big") + (960).to_bytes(3, "big") + bytes(4) + sound
    path.write_bytes(path.read_bytes() + tag + len(tag).to_bytes(4, "big"))
    assert probe(path).duration_s == pytest.approx(0.96, abs=0.05)
    assert sum(len(batch.windows) for batch in read_windows(path, SPACE)) == 1


def test_a_track_without_pictures_is_refused_with_a_sentence(tmp_path):
    """Its rate was asked for when the container was closed and its memory gone: the decoder crashed."""
    path = tmp_path / "v.mkv"
    path.write_bytes(matroska_of("V_MPEG4/ISO/ASP", (96, 64), b"", []))
    assert "No picture in this file can be decoded" in str(refused(path))


def test_a_short_film_whose_time_runs_back_is_read_as_long_as_its_packets_say(tmp_path):
    """More pictures came than its length allows, which the parent took for nonsense and put the file aside."""
    once = make_video(tmp_path / "a.ts", 1.6, codec="mpeg2video", fps=25).read_bytes()
    path = tmp_path / "v.ts"
    path.write_bytes(once * 2)
    (batch,) = read_windows(path, SPACE)
    assert (len(batch.windows), batch.windows[0].end_s) == (1, probe(path).duration_s)


def test_thousands_of_tracks_are_not_opened(tmp_path):
    path = make_video(tmp_path / "v.mp4", 1)
    film = path.read_bytes()
    at = film.index(b"trak") - 4
    track = film[at : at + int.from_bytes(film[at : at + 4], "big")]
    path.write_bytes(with_atom(film, b"moov", lambda body: body + track * 300))
    refused(path)


def test_ffmpeg_inside_the_wheel_is_not_one_with_known_holes():
    """MagicYUV's (CVE-2026-8461) was mended in 8.1.2; a wheel brings its own copy, whatever the system has."""
    assert tuple(int(part) for part in av.ffmpeg_version_info.split(".")[:3]) >= (8, 1, 2)


@pytest.mark.parametrize("codec", ["magicyuv", "ffv1", "utvideo", "snow", "png"])
def test_a_codec_that_films_are_not_made_with_is_not_decoded(tmp_path, codec):
    pixels = "gbrp" if codec == "magicyuv" else "rgb24" if codec == "png" else "yuv420p"
    path = make_video(tmp_path / "v.avi", 1, codec=codec, pixel_format=pixels)
    assert f"stored as {codec}, which is not read here" in str(refused(path))


def test_vvc_is_not_decoded(tmp_path):
    """CVE-2026-125244; nothing can write it here, but a file may say that it holds it."""
    assert not {"vvc", "libvvdec"} & VIDEO_CODECS
    path = make_video(tmp_path / "v.mp4", 1)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"vvc1").replace(b"avcC", b"vvcC"))
    refused(path)


def opened_here(path: Path) -> None:
    """In this process, which may read files and reach hosts: FFmpeg's own options must hold alone."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        open_source(descriptor).container.close()
    except MediaError:
        pass
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("kind", ["playlist", "playlist_in_avi", "references_in_mov"])
def test_no_reference_is_followed_even_where_nothing_else_would_stop_it(tmp_path, canary, kind):
    films = {
        name: Seed(name, "mov", make_video(tmp_path / f"{name}.mov", 1, codec=codec, pixel_format=pixels).read_bytes())
        for name, codec, pixels in (
            ("mov-libx264", "libx264", "yuv420p"),
            ("mp4-libx264", "libx264", "yuv420p"),
            ("mov-mjpeg", "mjpeg", "yuvj420p"),
        )
    }
    for number in range(60):
        data, ending = HOSTILE[kind](films, canary, random.Random(number))
        path = tmp_path / f"{number}.{ending}"
        path.write_bytes(data)
        opened_here(path)
    assert canary.hits == []


def test_the_references_are_such_as_ffmpeg_would_follow(tmp_path, canary):
    """Where it is let: otherwise the test above would prove nothing."""
    let = {"protocol_whitelist": "file,http,tcp,crypto,data", "enable_drefs": "1", "use_absolute_path": "1"}
    playlist, mov = tmp_path / "v.m3u8", make_video(tmp_path / "v.mov", 1)
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{canary.address}/secret.ts\n#EXT-X-ENDLIST\n")
    with av.open(str(playlist), format="hls", options=let):
        assert canary.hits
    elsewhere = (1).to_bytes(8, "big") + atom(b"alis", alias(str(canary.film), -1))
    mov.write_bytes(with_atom(mov.read_bytes(), b"dref", lambda _: elsewhere))
    with av.open(str(mov), format="mov", options=let) as film:
        assert bytes(next(film.demux()))[:60] in canary.film.read_bytes()
    with mov.open("rb") as file:
        source = open_source(file.fileno())
        read = [bytes(packet) for packet in source.container.demux(source.stream) if packet.size]
    assert not any(packet[:60] in canary.film.read_bytes() for packet in read)


def test_a_reader_that_connects_is_seen(canary: Canary):
    """So that no hits means no hits."""
    with pytest.raises(av.error.FFmpegError):
        av.open(f"{canary.address}/nothing", format="matroska")
    assert canary.hits
