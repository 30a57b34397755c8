"""A still camera is encoded once: what repeats is named once, and what changes, however small, is not lost."""

from dataclasses import replace

import numpy as np
import pytest

from indexer import pipeline, services, spaces, streams
from indexer.models import Segment, Video
from model_server.engine import Clips, Space, each_once
from model_server.frames.reader import read_clips
from model_server.frames.repeats import Repeats, cells, differ
from tests.engines import ColourEngine
from tests.videos import make_video, picture_of

SIDE = 260
SPACE = Space("m", "v", dim=8, clip_frames=8, window_s=4.0, stride_s=2.0, prompt="", frame_px=SIDE, n_looks=2)
STILL_S = 24  # of the film below: one picture, then another


def noisy(picture: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def room() -> np.ndarray:
    """A soft picture (260, 260, 3)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.stack([90 + 40 * np.sin(x / 30 + c) + 30 * np.cos(y / 20) for c in range(3)], -1).astype(np.uint8)


def test_the_noise_of_a_sensor_is_no_change(room):
    repeats = Repeats(1)
    first = repeats.same_or_new(noisy(room, 3))
    assert all(repeats.same_or_new(noisy(room, 3, seed)) is first for seed in range(1, 50))


def test_a_small_thing_in_a_corner_is_a_change(room):
    """Seven pixels of 260: a person far away. The mean of the picture moves by less than a tenth."""
    with_person = room.copy()
    with_person[250:257, 3:10] = 10
    assert abs(float(with_person.mean()) - float(room.mean())) < 0.1
    assert differ(cells(room), cells(with_person))
    moved = room.copy()
    moved[250:257, 9:16] = 10
    assert differ(cells(with_person), cells(moved))


def test_a_light_that_changes_only_its_colour_is_a_change(room):
    lit = room.copy()
    lit[100:105, 100:105] = (200, 60, 60)
    then = lit.copy()
    then[100:105, 100:105] = (60, 60, 200)
    assert differ(cells(lit), cells(then))


def test_a_change_too_slow_to_be_seen_adds_up(room):
    repeats = Repeats(1)
    darkest = [int(repeats.same_or_new((room + shade).astype(np.uint8)).min()) for shade in range(40)]
    assert 6 <= len(set(darkest)) <= 8, "a new picture each time that six shades have passed"


def test_each_way_of_looking_has_its_own(room):
    """Whole and closer take turns: each is held against its own kind."""
    repeats, closer = Repeats(2), np.ascontiguousarray(room[::-1])
    whole_first, closer_first = repeats.same_or_new(room), repeats.same_or_new(closer)
    assert repeats.same_or_new(noisy(room, 3)) is whole_first
    assert repeats.same_or_new(noisy(closer, 3)) is closer_first


@pytest.mark.parametrize("side", [32, 224, 256, 260])
def test_cells_cover_all_but_an_edge_thinner_than_one(side):
    marked = np.zeros((side, side, 3), np.uint8)
    n = len(cells(marked))
    width = side // n
    assert 0 <= side - n * width < width
    marked[: n * width, : n * width] = 100
    assert (cells(marked) == 100).all()


def test_clips_of_the_same_frames_are_predicted_once():
    index = np.array([[0, 1], [0, 1], [2, 3], [0, 1]], np.int32)
    few, place = each_once(Clips(np.zeros((4, 2, 2, 3), np.uint8), index))
    assert len(few) == 2
    np.testing.assert_array_equal(few.index[place], index)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """Two still pictures with noise, of twelve seconds each, as an encoder writes them."""
    pictures = [noisy(picture_of(0 if k < STILL_S * 5 else 2, (320, 240)), 4, k) for k in range(STILL_S * 10)]
    return make_video(tmp_path_factory.mktemp("videos") / "still.mp4", STILL_S, size=(320, 240), pictures=pictures)


@pytest.mark.parametrize("per_batch", [3, 100])
def test_only_what_changes_is_sent_to_the_model(still, per_batch):
    shared = list(read_clips(still, SPACE, per_batch))
    every = list(read_clips(still, SPACE, per_batch, share_repeats=False))
    assert [b.windows for b in shared] == [b.windows for b in every], "shots are cut at the same places"
    assert sum(len(b.clips.frames) for b in every) >= 2 * STILL_S
    assert all(len(b.clips.frames) <= 4 for b in shared), "two pictures, each seen in two ways"
    for few, all_of_them in zip(shared, every, strict=True):
        a, b = (batch.clips.frames[batch.clips.index].astype(float) for batch in (few, all_of_them))
        assert np.abs(a.mean((2, 3)) - b.mean((2, 3))).max() < 3


class CountingEngine(ColourEngine):
    """Counts what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.space = replace(self.space, frame_px=SIDE)
        self.n_frames = self.n_clips = 0

    def predict(self, clips: Clips, prompt: str | None = None) -> np.ndarray:
        self.n_frames, self.n_clips = self.n_frames + len(clips.frames), self.n_clips + len(clips)
        return super().predict(clips, prompt)


@pytest.mark.django_db
def test_a_still_camera_costs_the_model_almost_nothing_and_is_cut_alike(library, still, monkeypatch):
    def index(share_repeats: bool) -> tuple[CountingEngine, list, np.ndarray]:
        monkeypatch.setattr(
            pipeline, "read_clips", lambda *args, mode: read_clips(*args, mode=mode, share_repeats=share_repeats)
        )
        engine = CountingEngine()
        video = services.video_import(library=library, uploaded_by=None, title="still", path=still)
        pipeline.index_video(video.pk, engine)
        video.refresh_from_db()
        assert video.status == Video.Status.READY, video.error
        cut = list(Segment.objects.filter(video=video).values_list("start_s", "end_s"))
        return engine, cut, streams.read_stream(video, spaces.active_space())[1]

    every, cut_of_every, stream_of_every = index(share_repeats=False)
    shared, cut, stream = index(share_repeats=True)
    assert cut == cut_of_every == [(0, 12), (12, 24)]
    assert every.n_frames >= 2 * STILL_S
    assert every.n_clips == len(stream)
    assert shared.n_frames <= 2, "each picture once: this space looks in one way"
    assert shared.n_clips <= 4
    assert (stream * stream_of_every).sum(1).min() > 0.999
