"""Each format a person may upload: it gives the right frames at the right times, or a sentence."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from model_server.engine import Space
from model_server.frames.errors import MediaError
from model_server.frames.formats import demuxer_of
from model_server.frames.reader import probe
from tests.videos import claim_duration, corners, cut, make_sound, make_video, read_windows, second_of

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)  # 2 frames a second


def seconds_shown(path: Path) -> list[int]:
    """The second that each sampled frame shows, in order, over all batches."""
    shown: dict[int, int] = {}
    for batch in read_windows(path, SPACE, windows_per_batch=2):
        for window, row in zip(batch.windows, batch.clips.index, strict=True):
            step = (window.end_s - window.start_s) / len(row)
            for k, frame in enumerate(row):
                shown[round((window.start_s + (k + 0.5) * step) * 1000)] = second_of(batch.clips.frames[frame])
    return [shown[time] for time in sorted(shown)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("h264.mp4", {"audio": "aac"}),
        ("hevc.mp4", {"codec": "libx265"}),
        ("vp9.webm", {"codec": "libvpx-vp9", "audio": "libopus"}),
        ("av1.mp4", {"codec": "libsvtav1"}),
        ("mpeg4.avi", {"codec": "mpeg4"}),
        ("mpeg2.ts", {"codec": "mpeg2video", "fps": 25}),
        ("mpeg2.mpg", {"codec": "mpeg2video", "fps": 25}),
        ("h264.flv", {}),
        ("wmv2.wmv", {"codec": "wmv2"}),
        ("prores.mov", {"codec": "prores_ks", "pixel_format": "yuv422p10le"}),
        ("ten-bit.mp4", {"pixel_format": "yuv420p10le"}),
        ("odd.mp4", {"size": (63, 47), "pixel_format": "yuv444p"}),
        ("late.mkv", {"start_s": 10.0, "audio": "aac"}),
        ("b-frames.mp4", {"options": {"preset": "medium", "bf": "3", "b-pyramid": "normal"}}),
    ],
)
def test_it_shows_each_second_at_its_time(tmp_path, name, options):
    path = make_video(tmp_path / name, 5, **options)
    assert seconds_shown(path) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_it_reads_a_moving_gif(tmp_path):
    path = make_video(tmp_path / "v.gif", 3, codec="gif", pixel_format="rgb8")
    assert seconds_shown(path) == [0, 0, 1, 1, 2, 2]


def test_it_knows_the_facts_of_a_video(tmp_path):
    facts = probe(make_video(tmp_path / "v.mp4", 3, audio="aac"))
    assert (facts.duration_s, facts.width_px, facts.height_px, facts.fps) == (3.0, 64, 48, 10.0)
    assert (facts.container, facts.video_codec, facts.audio_codec) == ("mov", "h264", "aac")
    assert facts.plays_in_browser
    assert probe(make_video(tmp_path / "mp3.mp4", 1, audio="libmp3lame")).audio_codec == "mp3"
    assert probe(make_video(tmp_path / "av1.mp4", 1, codec="libsvtav1")).video_codec == "av1"
    assert not probe(make_video(tmp_path / "v.mkv", 1)).plays_in_browser
    assert probe(make_video(tmp_path / "v.webm", 1, codec="libvpx-vp9")).plays_in_browser
    assert not probe(make_video(tmp_path / "vp9.mkv", 1, codec="libvpx-vp9")).plays_in_browser


def test_it_reads_interlaced_pictures_and_says_so(tmp_path):
    options = {"flags": "+ildct+ilme", "preset": "ultrafast"}
    path = make_video(tmp_path / "v.mp4", 3, options=options)
    assert probe(path).interlaced
    assert seconds_shown(path) == [0, 0, 1, 1, 2, 2]


def test_it_takes_the_frame_on_screen_where_the_rate_varies(tmp_path):
    times = [0.0, 0.1, 0.2, 1.0, 3.0, 3.05, 3.1, 3.9]  # a still from 1 s to 3 s: second 2 never shows
    assert seconds_shown(make_video(tmp_path / "v.mp4", times=times)) == [0, 0, 1, 1, 1, 1, 3, 3]


@pytest.mark.parametrize(
    ("angle", "flip", "turn"),
    [
        (0, False, lambda picture: picture),
        (90, False, lambda picture: np.rot90(picture, 1)),
        (180, False, lambda picture: np.rot90(picture, 2)),
        (-90, False, lambda picture: np.rot90(picture, -1)),
        (0, True, lambda picture: picture[:, ::-1]),
    ],
)
def test_it_turns_pictures_upright(tmp_path, angle, flip, turn):
    size = (96, 64)
    path = make_video(tmp_path / "v.mp4", pictures=[corners(size)] * 10, times=[k / 10 for k in range(10)], size=size,
                      rotation=angle, flip=flip)  # fmt: skip
    (batch,) = read_windows(path, SPACE)
    expected = turn(corners((32, 32)))
    for y, x in ((4, 4), (4, 27), (27, 4), (27, 27)):
        difference = batch.clips.frames[0][y, x].astype(int) - expected[y, x].astype(int)
        assert np.abs(difference).max() < 40, (y, x)
    facts = probe(path)
    assert (facts.width_px, facts.height_px) == ((64, 96) if abs(angle) == 90 else (96, 64))
    assert facts.rotation == -angle % 360


def test_it_reports_the_shape_as_shown_where_pixels_are_not_square(tmp_path):
    facts = probe(make_video(tmp_path / "v.mp4", 1, aspect=Fraction(4, 3)))
    assert (facts.width_px, facts.height_px) == (85, 48)


def test_it_makes_one_frame_of_a_video_of_one_picture(tmp_path):
    (batch,) = read_windows(make_video(tmp_path / "v.mp4", times=[0.0]), SPACE)
    assert batch.clips.index.tolist() == [[0]]
    assert batch.clips.frames.shape == (1, 32, 32, 3)
    assert second_of(batch.clips.frames[0]) == 0


def test_it_indexes_what_is_there_of_a_file_that_ends_early(tmp_path):
    options = {"movflags": "faststart"}
    path = cut(make_video(tmp_path / "v.mp4", 12, size=(320, 240), container_options=options), 0.6)
    shown = seconds_shown(path)
    assert 8 <= len(shown) < 22
    assert shown == [(k // 2) % 7 for k in range(len(shown))]
    assert probe(path).duration_s < 11


def test_it_says_that_a_file_ends_before_its_index(tmp_path):
    path = cut(make_video(tmp_path / "v.mp4", 3), 0.5)
    with pytest.raises(MediaError, match="ends early: its index") as caught:
        probe(path)
    assert caught.value.permanent
    assert not caught.value.crashed


@pytest.mark.parametrize("claimed_s", [0.5, 90_000.0])
def test_it_believes_the_frames_and_not_the_header(tmp_path, claimed_s):
    path = claim_duration(make_video(tmp_path / "v.mkv", 5), claimed_s)
    assert probe(path).duration_s == pytest.approx(5, abs=0.11)
    assert seconds_shown(path)[:10] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_it_leaves_out_damaged_pictures(tmp_path):
    path = make_video(tmp_path / "v.ts", 6, size=(160, 120), options={"preset": "ultrafast", "g": "10"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    shown = seconds_shown(path)
    assert (shown[0], shown[-1]) == (0, 5)


def test_it_says_when_nothing_can_be_decoded(tmp_path):
    path = make_video(tmp_path / "v.avi", 2, codec="mpeg4")
    data = path.read_bytes()
    start = data.index(b"movi") + 4
    path.write_bytes(data[:start] + b"".join(_blank_pictures(data, start)))
    with pytest.raises(MediaError, match=r"No picture in this file can be decoded|damaged"):
        probe(path)


def _blank_pictures(data: bytes, start: int):
    """The rest of an AVI with every stored picture zeroed, its structure kept."""
    at = start
    while data[at : at + 4] == b"00dc":
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        padded = length + length % 2
        yield data[at : at + 8] + bytes(padded)
        at += 8 + padded
    yield data[at:]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"hello, this is a letter\n" * 100, "not a video in a format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a photo, not a video"),
        (b"#EXTM3U\n#EXTINF:1,\nsecret.ts\n", "not a video in a format"),
        (b"ffconcat version 1.0\nfile other.mp4\n", "not a video in a format"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(12) + b"\x00\x00\x00\x08free", "ends early"),
        (b"\x1a\x45\xdf\xa3" + bytes(500), "damaged"),
    ],
)
def test_it_says_why_a_file_is_no_video(tmp_path, content, sentence):
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=sentence) as caught:
        list(read_windows(path, SPACE))
    assert caught.value.permanent


@pytest.mark.parametrize("name", ["a.mp4", "a.m4a", "a.mkv"])
def test_it_says_that_sound_has_no_picture(tmp_path, name):
    with pytest.raises(MediaError, match="has sound but no picture"):
        probe(make_sound(tmp_path / name))


def test_it_refuses_a_codec_that_is_not_on_the_list(tmp_path):
    path = make_video(tmp_path / "v.mkv", 1, codec="ffv1", pixel_format="yuv420p")
    with pytest.raises(MediaError, match="stored as ffv1, which is not read here"):
        probe(path)


def test_it_says_that_a_missing_file_is_missing(tmp_path):
    with pytest.raises(MediaError, match="cannot be opened: No such file") as caught:
        probe(tmp_path / "nothing.mp4")
    assert not caught.value.permanent


@pytest.mark.parametrize("inside", ["playlist", "concat"])
def test_it_reads_no_other_file_through_a_playlist_in_disguise(tmp_path, inside):
    """Even inside a container that is allowed: the classic is an HLS playlist in an AVI."""
    secret = make_video(tmp_path / "secret.ts", 1, codec="mpeg2video", fps=25)
    text = {"playlist": f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", "concat": f"ffconcat version 1.0\nfile {secret}\n"}
    body = text[inside].encode()
    path = tmp_path / "v.avi"
    path.write_bytes(b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"AVI " + body)
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert caught.value.permanent
    assert not caught.value.crashed


def test_it_tells_containers_by_their_first_bytes():
    transport = (b"\x47" + bytes(187)) * 4 + b"\x47"
    assert demuxer_of(transport) == "mpegts"
    assert demuxer_of(bytes(4) + (b"\x47" + bytes(191)) * 4 + b"\x47") == "mpegts"
    assert demuxer_of(b"\x00\x00\x00\x14ftypqt  ") == "mov"
    with pytest.raises(MediaError, match="photo"):
        demuxer_of(b"\x00\x00\x00\x14ftypheic")
    with pytest.raises(MediaError, match="sound"):
        demuxer_of(b"ID3\x04")


def test_the_child_writes_nothing_of_its_own_to_the_terminal(tmp_path, capfd):
    path = cut(make_video(tmp_path / "v.mkv", 3), 0.7)
    list(read_windows(path, SPACE))
    assert capfd.readouterr() == ("", "")


def test_making_av1_leaves_the_process_as_it_was_scheduled(tmp_path):
    before = os.sched_getscheduler(0)
    make_video(tmp_path / "av1.mp4", 1, codec="libsvtav1")
    assert os.sched_getscheduler(0) == before
