"""What is cached for training: every sampled frame of a video, once and in time order; and which shard is taken."""

from pathlib import Path

import numpy as np
import pytest

from model_server.engine import Space
from model_server.evaluation.streams import sampled_frames
from model_server.training.data import Item
from model_server.training.features import item_frames, shard_key
from tests.videos import make_video, picture_of, second_of

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)
LOOKS = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32, n_looks=2)
PHOTO_KEY = "ec0c1f1ef1bc4f6ed4a1aeb9"  # of the photo below, as shards are named that lie on people's disks
FIRST_VIDEO_KEY = "7d354804333006d79b3a8047"  # of the video below, whose repeats were left out


def item(path: Path, data: bytes = b"") -> Item:
    if data:
        path.write_bytes(data)
    return Item(path, ("a caption",), "train")


def seconds_of(frames: np.ndarray) -> list[int]:
    return [second_of(frame) for frame in frames]


@pytest.mark.parametrize(("shown", "is_what"), [([0] * 6, "still"), ([0, 0, 2, 2, 0, 0], "coming back")])
def test_a_picture_that_repeats_is_as_many_frames_as_it_lasts(tmp_path, shown, is_what):
    path = make_video(tmp_path / "v.mp4", 6, pictures=[picture_of(shown[k // 10]) for k in range(60)])
    wanted = [second for second in shown for _ in range(2)]
    assert seconds_of(item_frames(item(path), SPACE)) == wanted, is_what
    assert seconds_of(sampled_frames(path, SPACE)) == wanted, is_what


def test_frames_of_a_still_picture_are_whole_and_closer_in_turn(tmp_path):
    """A frame of green around red: the closer look has less of the green."""
    picture = picture_of(1)
    picture[6:42, 8:56] = picture_of(0)[0, 0]
    path = make_video(tmp_path / "v.mp4", 4, pictures=[picture] * 40)
    green = item_frames(item(path), LOOKS)[..., 1].mean((1, 2))  # (8,)
    assert len(green) == 8
    assert green[::2].min() > green[1::2].max() + 5


@pytest.mark.parametrize("seconds", [1.5, 17, 39.5])
def test_each_frame_is_there_once_however_many_batches_hold_it(tmp_path, seconds):
    """A batch is sixteen windows, which are 17 s here."""
    path = make_video(tmp_path / "v.mp4", seconds)
    step_s = min(0.5, seconds / 4)
    wanted = [int((k + 0.5) * step_s) % 7 for k in range(round(seconds / step_s))]
    assert seconds_of(item_frames(item(path), SPACE)) == wanted


def test_a_shard_of_photos_keeps_its_name_and_one_with_a_video_has_another_than_it_had(tmp_path):
    photo, video = item(tmp_path / "a.jpg", b"photo"), item(tmp_path / "a.mp4", b"video")
    assert shard_key([photo], SPACE) == PHOTO_KEY
    assert shard_key([video], SPACE) != FIRST_VIDEO_KEY
