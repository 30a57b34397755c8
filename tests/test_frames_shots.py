"""Windows keep to one shot, and no shot is missed."""

from itertools import pairwise

import numpy as np
import pytest

from model_server.engine import Space
from model_server.frames.reader import ClipBatch, read_clips
from model_server.frames.shots import CHANGE, ShotKeeper, change, looks
from model_server.frames.windows import sample
from tests.videos import make_video

SPACE = Space("m", "v", dim=8, clip_frames=8, window_s=4.0, stride_s=2.0, prompt="", frame_px=64)
SCENES = [np.random.default_rng(k).integers(0, 255, (4, 4, 3)) for k in range(8)]


def picture(scene: int, k: int = 0) -> np.ndarray:
    """Large blocks of a scene's colours, with a little noise: (64, 64, 3) uint8."""
    noise = np.random.default_rng(1000 + k).integers(-8, 9, (64, 64, 3))
    return np.clip(SCENES[scene].repeat(16, 0).repeat(16, 1) + noise, 0, 255).astype(np.uint8)


def cut(scenes: list[int]) -> list[tuple[float, float, set[int]]]:
    """The windows of a video whose frames, two a second, show these scenes: start_s, end_s, the scenes in it."""
    frames = np.stack([picture(scene, k) for k, scene in enumerate(scenes)])
    sampling = sample(len(scenes) / 2, SPACE)
    index, windows = ShotKeeper().keep(frames, sampling.index, sampling.windows, 0, last=True)
    assert index.shape == (len(windows), 8)
    return [(w.start_s, w.end_s, {scenes[i] for i in row}) for w, row in zip(windows, index, strict=True)]


def test_a_video_of_one_shot_keeps_its_windows():
    assert [w[:2] for w in cut([0] * 16)] == [(0, 4), (2, 6), (4, 8)]


def test_a_window_ends_at_the_cut():
    assert cut([0] * 7 + [1] * 9) == [(0, 3.5, {0}), (3.5, 6, {1}), (4, 8, {1})]


def test_a_shot_that_no_middle_falls_into_gets_a_window():
    """Frames 9 and 10 lie between the middles 8 and 12."""
    assert (4.5, 5.5, {2}) in cut([0] * 9 + [2] * 2 + [1] * 9)


@pytest.mark.parametrize("scenes", [[0, 0, 1, *[2] * 13], [*[0] * 13, 1, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_the_first_and_the_last_shots_are_not_missed(scenes):
    assert set().union(*(shown for _, _, shown in cut(scenes))) == set(scenes)


def test_a_flash_is_no_shot():
    assert [w[:2] for w in cut([0] * 6 + [1] + [0] * 9)] == [(0, 4), (2, 6), (4, 8)]


@pytest.mark.parametrize("seed", range(20))
def test_every_window_shows_one_scene_every_scene_is_shown_and_time_is_covered(seed):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(2, 12, 8)  # a scene of one frame between two others may be a flash
    scenes = [scene for scene, n in enumerate(lengths) for _ in range(n)]
    windows = cut(scenes)
    assert all(len(shown) == 1 for _, _, shown in windows)
    assert [min(shown) for _, _, shown in windows] == sorted(min(shown) for _, _, shown in windows)
    assert set().union(*(shown for _, _, shown in windows)) == set(scenes)
    assert len({w[:2] for w in windows}) == len(windows)  # none twice
    assert (windows[0][0], windows[-1][1]) == (0, len(scenes) / 2)
    assert all(b[0] <= a[1] for a, b in pairwise(windows))


def test_batches_of_any_size_give_the_same(tmp_path):
    lengths = [5, 9, 2, 14, 1, 7, 3, 20, 3, 4]
    pictures = [picture(i % 8, k) for i, n in enumerate(lengths) for k in range(n)]
    path = make_video(tmp_path / "v.mp4", len(pictures) / 2, fps=2, size=(64, 64), pictures=pictures)
    times = [windows_of(list(read_clips(path, SPACE, size))) for size in (1, 3, 100)]
    assert times[0] == times[1] == times[2]


def windows_of(batches: list[ClipBatch]) -> list[tuple[float, float, bytes]]:
    return [
        (window.start_s, window.end_s, batch.clips.frames[row].tobytes())
        for batch in batches
        for window, row in zip(batch.windows, batch.clips.index, strict=True)
    ]


def test_one_picture_is_left_alone():
    index = np.zeros((1, 1), np.int32)
    assert ShotKeeper().keep(picture(0)[None], index, sample(0.0, SPACE).windows, 0, last=True)[0] is index


def test_a_picture_is_like_itself_moved_and_unlike_another_scene():
    still = np.stack([picture(k) for k in range(8)])
    seen, moved = looks(still), looks(np.roll(still, 2, axis=2))
    assert change(seen, moved).max() < CHANGE < change(seen[:-1], seen[1:]).min()
