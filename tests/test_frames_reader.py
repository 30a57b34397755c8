"""Clips stream out of a video in batches; every shortcut gives what the plain way gives."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from model_server.engine import Space
from model_server.frames import process
from model_server.frames.decode import Clock, PicturePainter, Sampled, timed_frames
from model_server.frames.errors import MediaError
from model_server.frames.photos import read_photo, read_strange_photo
from model_server.frames.reader import ClipBatch, probe
from model_server.frames.source import open_source
from model_server.frames.stills import fit, read_stills, read_strip
from model_server.frames.windows import sample
from tests.videos import SIZE, corners, make_video, read_windows, second_of

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)


def clips_of(batches: list[ClipBatch]) -> np.ndarray:
    """All clips, whole: (n, T, H, W, 3)."""
    return np.concatenate([batch.clips.frames[batch.clips.index] for batch in batches])


def lively(n: int, size: tuple[int, int] = (128, 96)) -> list[np.ndarray]:
    """A drifting wave: every picture differs from every other, and an encoder finds use for B-frames."""
    y, x = np.mgrid[: size[1], : size[0]]
    waves = [np.stack([np.sin((x * (c + 1) + y + 5 * k) / 15) for c in range(3)], axis=-1) for k in range(n)]
    return [(wave * 100 + 128).astype(np.uint8) for wave in waves]


@pytest.fixture(scope="module")
def moving(tmp_path_factory):
    """Six seconds with B-frames on three levels, as cameras and sites write them."""
    options = {"preset": "medium", "bf": "3", "b-pyramid": "normal", "g": "50", "b_strategy": "0"}
    path = tmp_path_factory.mktemp("videos") / "moving.mp4"
    n = 150
    return make_video(
        path, pictures=lively(n), times=[k / 25 for k in range(n)], fps=25, size=(128, 96), options=options
    )


def test_it_gives_every_window_once_in_order_whatever_the_batch(moving):
    one_by_one, at_once = list(read_windows(moving, SPACE, 1)), list(read_windows(moving, SPACE, 100))
    expected = sample(6.0, SPACE)
    assert len(at_once) == 1
    assert len(one_by_one) == len(expected.windows) == 5
    assert [w for batch in one_by_one for w in batch.windows] == at_once[0].windows == expected.windows
    np.testing.assert_array_equal(at_once[0].clips.index, expected.index)
    np.testing.assert_array_equal(clips_of(one_by_one), clips_of(at_once))


def test_it_gives_a_tail_window_of_its_own(tmp_path):
    path = make_video(tmp_path / "v.mp4", 5.7)
    batches = list(read_windows(path, SPACE, 2))
    assert [w.start_s for batch in batches for w in batch.windows] == [0.0, 1.0, 2.0, 3.0, 3.5]
    assert [second_of(picture) for picture in clips_of(batches)[-1]] == [3, 4, 4, 5]


def test_it_counts_the_seconds_of_decoding(moving):
    batches = list(read_windows(moving, SPACE, 2))
    assert sum(batch.decode_s for batch in batches) > 0
    assert sum(batch.waited_s for batch in batches) > 0


def test_leaving_out_unreferenced_pictures_changes_nothing(moving):
    fd = os.open(moving, os.O_RDONLY)
    try:
        thinned = list(Sampled(open_source(fd), PicturePainter(32, 32), 0.5).pictures())
        source = open_source(fd)
        every = list(timed_frames(source, Clock(source)))
        source = open_source(fd)
        few = list(timed_frames(source, Clock(source), 0.5))
    finally:
        os.close(fd)
    assert len(every) == 150
    assert len(few) < 100
    painter = PicturePainter(32, 32)
    plain = [painter.paint([f for t, f in every if t <= (k + 0.5) * 0.5][-1]) for k in range(12)]
    np.testing.assert_array_equal(np.stack(thinned), np.stack(plain))


def test_it_shrinks_like_pillow(tmp_path):
    """The training resized with Pillow's BILINEAR, which averages over what it shrinks."""
    y, x = np.mgrid[:240, :320]
    fine = np.sin(x / 1.3 + y / 2) * 50  # finer than the small picture can show: a scaler that skips pixels aliases
    picture = np.stack([fine + 60 + x / 4, fine + 60 + y / 3, fine + 180 - x / 4], axis=-1).clip(0, 255)
    path = make_video(tmp_path / "v.mp4", pictures=[picture.astype(np.uint8)], times=[0.0], size=(320, 240))
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).to_image()
    expected = np.asarray(first.resize((32, 32), Image.Resampling.BILINEAR), int)
    (still,) = read_stills(path, [0.0], (32, 32))
    difference = np.abs(still.astype(int) - expected)
    assert difference.mean() < 2
    assert difference.max() < 16


def test_memory_does_not_grow_with_the_video(tmp_path, monkeypatch):
    """Ten minutes of frames at the size of the default preset are 258 MB: neither side ever holds a fifth of it."""
    started: list[process.Child] = []
    start = process.Child._start
    monkeypatch.setattr(process.Child, "_start", lambda self, fd: (started.append(self), start(self, fd))[1])
    space = Space("m", "v", dim=8, clip_frames=8, window_s=4.0, stride_s=2.0, prompt="", frame_px=260, n_looks=2)
    path = make_video(tmp_path / "v.mp4", 600, fps=2, size=(32, 32))
    before = _megabytes("self", "VmRSS")
    n_windows, most, child_most = 0, 0.0, 0.0
    for batch in read_windows(path, space):
        n_windows += len(batch.windows)
        most = max(most, _megabytes("self", "VmRSS") - before)
        child_most = max(child_most, _megabytes(str(started[0].pid), "VmHWM"))
    assert n_windows == 299
    assert most < 80
    assert child_most < 250


def _megabytes(pid: str, what: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def test_it_finds_the_picture_at_a_moment(tmp_path):
    path = make_video(tmp_path / "v.mp4", 6, options={"preset": "ultrafast", "g": "20"})
    pictures = read_stills(path, [4.5, 0.0, 2.99, 99.0], (16, 12))
    assert [second_of(picture) for picture in pictures] == [4, 0, 2, 5]


@pytest.mark.parametrize("keyframes", [False, True])
def test_it_gives_a_strip_at_even_steps(tmp_path, keyframes):
    path = make_video(tmp_path / "v.mp4", 6, options={"preset": "ultrafast", "g": "5"})
    strip = list(read_strip(path, 6.0, 1.0, (16, 12), keyframes=keyframes))
    assert [second_of(picture) for picture in strip] == [0, 1, 2, 3, 4, 5]
    assert strip[0].shape == (12, 16, 3)


def test_it_fits_a_box_and_never_enlarges(tmp_path):
    facts = probe(make_video(tmp_path / "v.mp4", 1))
    assert fit(facts, 1920, 1080) == SIZE
    assert fit(facts, 32, 1080) == (32, 24)


def read_confined(path, space):
    return read_strange_photo(path, space)[0]


READERS = pytest.mark.parametrize("read", [read_photo, read_confined])


@READERS
def test_a_photo_is_a_clip_of_one_frame(tmp_path, read):
    path = tmp_path / "photo.png"
    Image.fromarray(corners((64, 64))).save(path)
    clips = read(path, SPACE)
    assert clips.index.tolist() == [[0]]
    assert clips.frames.shape == (1, 32, 32, 3)
    assert second_of(clips.frames[0][:8, :8]) == 0


@READERS
def test_a_photo_is_turned_upright(tmp_path, read):
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # shown a quarter clockwise
    Image.fromarray(corners((64, 64))).save(path, exif=exif, quality=95)
    assert second_of(read(path, SPACE).frames[0][:8, -8:]) == 0


def test_it_tells_the_shape_of_a_strangers_photo(tmp_path):
    Image.new("RGB", (96, 64)).save(tmp_path / "wide.webp")
    assert read_strange_photo(tmp_path / "wide.webp", SPACE)[1] == 1.5


@READERS
def test_it_says_that_a_photo_is_damaged_or_none(tmp_path, read):
    path = tmp_path / "photo.png"
    Image.fromarray(corners((64, 64))).save(path)
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(MediaError, match="damaged"):
        read(path, SPACE)
    path.write_bytes(b"words")
    with pytest.raises(MediaError, match="not a photo"):
        read(path, SPACE)
