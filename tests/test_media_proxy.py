"""Proxies play where the original does not: right pictures at the right times, upright, with sound."""

import av
import numpy as np
import pytest

from indexer.media.proxy import make_proxy
from model_server.frames.errors import MediaError
from model_server.frames.reader import probe
from model_server.frames.stills import read_strip
from tests.videos import corners, make_video, second_of

CASES = {
    "hevc.mp4": {"codec": "libx265", "audio": "aac"},
    "interlaced.ts": {"codec": "mpeg2video", "fps": 25, "options": {"flags": "+ildct+ilme"}},
    "late.webm": {"codec": "libvpx-vp9", "audio": "libopus", "start_s": 5.0},
    "copied.mkv": {"audio": "libopus", "options": {"preset": "medium", "bf": "2"}},
    "odd.mp4": {"size": (63, 47), "pixel_format": "yuv444p"},
}


@pytest.mark.parametrize("name", CASES)
def test_it_plays_in_a_browser_and_keeps_time(tmp_path, name):
    source, target = make_video(tmp_path / name, 3, **CASES[name]), tmp_path / "proxy.mp4"
    told: list[float] = []
    make_proxy(source, target, told.append)
    facts = probe(target)
    assert facts.plays_in_browser
    assert facts.duration_s == pytest.approx(3, abs=0.15)
    assert (facts.width_px % 2, facts.height_px % 2) == (0, 0)
    assert facts.audio_codec == ("aac" if "audio" in CASES[name] else None)
    assert [second_of(picture) for picture in read_strip(target, 3.0, 1.0, (16, 12))] == [0, 1, 2]
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "proxy.mp4"])
    head = target.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_it_bakes_the_turn_into_the_picture(tmp_path):
    size = (96, 64)
    source = make_video(tmp_path / "v.mp4", pictures=[corners(size)] * 5, times=[k / 10 for k in range(5)], size=size,
                        codec="libx265", rotation=90)  # fmt: skip
    make_proxy(source, tmp_path / "proxy.mp4")
    facts = probe(tmp_path / "proxy.mp4")
    assert (facts.width_px, facts.height_px, facts.rotation) == (64, 96, 0)
    (picture,) = read_strip(tmp_path / "proxy.mp4", 0.5, 0.5, (32, 48))
    expected = np.rot90(corners((48, 32)))
    for y, x in ((4, 4), (4, 27), (43, 4), (43, 27)):
        assert np.abs(picture[y, x].astype(int) - expected[y, x]).max() < 40, (y, x)


def test_it_keeps_sound_in_step_with_the_picture(tmp_path):
    source = make_video(tmp_path / "v.mkv", 3, codec="libvpx-vp9", audio="libopus", start_s=2.0)
    make_proxy(source, tmp_path / "proxy.mp4")
    with av.open(str(tmp_path / "proxy.mp4")) as proxy:
        starts = [float(s.start_time * s.time_base) for s in proxy.streams]
        lasts = [float(s.duration * s.time_base) for s in proxy.streams]
    assert starts == pytest.approx([0, 0], abs=0.06)
    assert lasts[0] == pytest.approx(lasts[1], abs=0.15)


def test_it_shrinks_to_1080p(tmp_path):
    big = (2560, 1440)
    pictures = [np.zeros((big[1], big[0], 3), np.uint8)] * 2
    # Of two frames alone, x265 with B-frames now and then gives times that no container takes.
    plain = {"preset": "ultrafast", "x265-params": "log-level=none:bframes=0"}
    path, times = tmp_path / "v.mkv", [0.0, 0.1]
    source = make_video(path, pictures=pictures, times=times, size=big, codec="libx265", options=plain)
    make_proxy(source, tmp_path / "proxy.mp4")
    facts = probe(tmp_path / "proxy.mp4")
    assert (facts.width_px, facts.height_px) == (1920, 1080)


def test_it_leaves_nothing_behind_when_it_fails(tmp_path):
    source = tmp_path / "v.mp4"
    source.write_bytes(b"words")
    with pytest.raises(MediaError, match="not a video"):
        make_proxy(source, tmp_path / "proxy.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]
