"""Keyframes alone: each moment is shown by the nearest; a file that has none, or is short, is read in full."""

import numpy as np
import pytest

from indexer import pipeline, services, spaces, streams
from indexer.models import IndexMode, Library, Segment, Video
from model_server.engine import Space
from model_server.frames import decode, jobs, keyframes
from model_server.frames.errors import MediaError
from model_server.frames.reader import ClipBatch, read_clips
from model_server.frames.stills import read_strip
from tests.engines import ColourEngine
from tests.videos import cut, make_sound, make_video, picture_of, read_windows, second_of

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)
PLAIN = {"preset": "ultrafast", "sc_threshold": "0"}


def every(seconds: float, fps: int = 10) -> dict[str, str]:
    return PLAIN | {"g": str(round(seconds * fps)), "keyint_min": "1"}


def shown(batches: list[ClipBatch]) -> list[int]:
    """The second that each frame of the video is from, one a half second."""
    frames: dict[int, int] = {}
    for batch in batches:
        for window, row in zip(batch.windows, batch.clips.index, strict=True):
            for k, place in enumerate(row):
                frames[round(window.start_s / 0.5) + k] = second_of(batch.clips.frames[place])
    return [frames[k] for k in sorted(frames)]


def test_each_moment_is_shown_by_the_nearest_keyframe(tmp_path):
    """Keyframes at 0, 2 and 4 s: 0:01 is where the first gives way to the second."""
    path = make_video(tmp_path / "v.mp4", 6, options=every(2))
    batches = list(read_windows(path, SPACE, 100, mode="fast"))
    assert shown(batches) == [0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4]
    assert {batch.mode for batch in batches} == {"fast"}
    assert shown(list(read_windows(path, SPACE, 100))) == [k // 2 for k in range(12)]


def test_the_windows_are_those_of_the_full_mode(tmp_path):
    path = make_video(tmp_path / "v.mkv", 7.3, options=every(1))
    full, fast = (list(read_windows(path, SPACE, 2, mode=mode)) for mode in ("full", "fast"))
    assert [b.windows for b in fast] == [b.windows for b in full]


@pytest.mark.parametrize(("seconds", "fps", "n"), [(6, 10, 12), (5.95, 20, 11)])
def test_where_every_picture_is_a_keyframe_no_more_are_decoded_than_wanted(tmp_path, seconds, fps, n):
    """The second is cut short between its last moment and the end of that one's interval."""
    path = make_video(tmp_path / "v.mp4", seconds, fps=fps, options=every(1 / fps, fps))
    (batch,) = read_windows(path, SPACE, 100, mode="fast")
    assert shown([batch]) == [k // 2 for k in range(n)]
    assert len(batch.clips.frames) <= n


def test_sparse_keyframes_are_shared_and_none_is_made_up(tmp_path):
    """One keyframe in ten seconds: all that the fast mode ever sees of it."""
    path = make_video(tmp_path / "v.mp4", 10, options=every(100))
    batches = list(read_windows(path, SPACE, 4, mode="fast"))
    assert shown(batches) == [0] * 20
    assert all(len(batch.clips.frames) == 1 for batch in batches)


def test_keyframes_are_looked_at_whole_and_closer_in_turn(tmp_path):
    """A frame of green around red: the closer look has less of the green."""
    picture = picture_of(1)
    picture[6:42, 8:56] = picture_of(0)[0, 0]
    path = make_video(tmp_path / "v.mp4", 8, pictures=[picture] * 80, options=every(2))
    space = Space("m", "v", 8, 8, 4.0, 2.0, "", 32, n_looks=2)
    (batch,) = read_windows(path, space, 100, mode="fast")
    frames = batch.clips.frames
    assert len(frames) == 2, "four keyframes of one still picture, two ways of looking"
    green = frames[..., 1].mean((1, 2))
    assert green[0] > green[1] + 5


def test_a_video_no_longer_than_a_window_is_read_in_full(tmp_path):
    path = make_video(tmp_path / "v.mp4", 2, options=every(100))
    (batch,) = read_windows(path, SPACE, 100, mode="fast")
    assert batch.mode == "full"
    assert [second_of(batch.clips.frames[i]) for i in batch.clips.index[0]] == [0, 0, 1, 1]


class Told:
    """A task in this process: what the job told its parent."""

    def __init__(self, fd: int) -> None:
        self.fd, self.n_frames, self.modes = fd, 0, []
        self.arguments = {"clip_frames": 4, "window_s": 2.0, "frame_px": 32, "n_looks": 1, "mode": "fast"}
        self.arguments |= {"duration_s": 4.0, "interval_s": 1.0, "keyframes": True, "width_px": 16, "height_px": 12}

    def event(self, event: str, **facts) -> None:
        self.modes += [facts["mode"]] if event == "start" else []

    def frame(self, pixels: bytes, time_s: float, decode_s: float) -> None:
        self.n_frames += 1

    def alive(self) -> None:
        pass

    def allow_cpu(self, seconds: float) -> None:
        pass


class Unmarked(keyframes.SampledKeyframes):
    """Of a file that marks no keyframe."""

    def _packets(self):
        return (packet for packet in super()._packets() if not packet.size)


@pytest.mark.parametrize(("marked", "mode"), [(True, "fast"), (False, "full")])
def test_a_file_that_marks_no_keyframe_is_read_in_full(tmp_path, monkeypatch, marked, mode):
    if not marked:
        monkeypatch.setattr(jobs, "SampledKeyframes", Unmarked)
    with make_video(tmp_path / "v.mp4", 4, options=every(2)).open("rb") as file:
        told = Told(file.fileno())
        jobs.clips(told)
    assert (told.modes, told.n_frames) == ([mode], 8)


@pytest.mark.parametrize(
    ("apart_s", "seconds"), [(2, [0, 2, 2, 4, 4, 6]), (100, [0] * 6), (0.4, range(6)), (0.1, range(6))]
)
def test_a_strip_shows_the_keyframe_nearest_to_each_moment(tmp_path, apart_s, seconds):
    path = make_video(tmp_path / "v.mp4", 6.4, options=every(apart_s))
    strip = read_strip(path, 6.4, 1.0, (16, 12), keyframes=True)
    assert [second_of(picture) for picture in strip] == list(seconds)


def test_a_strip_decodes_one_keyframe_a_picture_and_the_last(tmp_path, monkeypatch):
    decoded: list[object] = []
    frames_of = decode.frames_of
    monkeypatch.setattr(decode, "frames_of", lambda packet: [decoded.append(f) or f for f in frames_of(packet)])
    with make_video(tmp_path / "v.mp4", 4, options=every(0.2)).open("rb") as file:
        told = Told(file.fileno())
        jobs.strip(told)
    assert (told.n_frames, len(decoded)) == (4, 5)


def test_a_strip_of_a_file_that_marks_no_keyframe_is_read_in_full(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "SampledKeyframes", Unmarked)
    with make_video(tmp_path / "v.mp4", 4, options=every(2)).open("rb") as file:
        told = Told(file.fileno())
        jobs.strip(told)
    assert told.n_frames == 4


def test_a_file_that_breaks_off_is_read_up_to_there(tmp_path):
    path = cut(make_video(tmp_path / "v.mkv", 20, options=every(1)), 0.5)
    (*_, last) = read_windows(path, SPACE, 4, mode="fast")
    (*_, last_in_full) = read_windows(path, SPACE, 4)
    assert abs(last.windows[-1].end_s - last_in_full.windows[-1].end_s) <= 1


def test_what_is_no_video_is_told_as_in_full(tmp_path):
    with pytest.raises(MediaError) as problem:
        list(read_clips(make_sound(tmp_path / "a.mp4"), SPACE, mode="fast"))
    assert problem.value.permanent


def read_in(library: Library, mode: str, path, engine=None) -> Video:
    library.index_mode = mode
    library.save()
    video = Video.objects.filter(library=library).first() or services.video_import(
        library=library, uploaded_by=None, title="film", path=path
    )
    if video.status == Video.Status.READY:
        assert services.video_reindex(video=video)
    pipeline.index_video(video.pk, engine or ColourEngine())
    video.refresh_from_db()
    assert video.status == Video.Status.READY, video.error
    return video


@pytest.mark.django_db
def test_a_library_is_read_as_it_says_and_again_as_it_says_then(library, tmp_path):
    """A cut at 0:12 where a keyframe lies: both modes cut there, into one space."""
    pictures = [picture_of(0 if k < 120 else 2) for k in range(240)]
    path = make_video(tmp_path / "two.mp4", 24, pictures=pictures, options=every(2))
    found = {}
    for mode in (IndexMode.FAST, IndexMode.FULL, IndexMode.FAST):
        video = read_in(library, mode, path)
        assert video.index_mode == mode
        times, embeddings = streams.read_stream(video, spaces.active_space())
        assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-3)
        found[mode] = list(Segment.objects.filter(video=video).values_list("start_s", "end_s"))
        assert times[-1, 1] == 24
    assert len(found[IndexMode.FULL]) == len(found[IndexMode.FAST]) == 2
    (_, full_cut), (_, fast_cut) = found[IndexMode.FULL][0], found[IndexMode.FAST][0]
    assert full_cut == 12
    assert abs(fast_cut - 12) <= 1, "half the distance between two keyframes"


@pytest.mark.django_db
def test_a_video_that_cannot_be_read_fast_says_that_it_was_read_in_full(library, tmp_path):
    path = make_video(tmp_path / "short.mp4", 3)
    assert read_in(library, IndexMode.FAST, path).index_mode == IndexMode.FULL
