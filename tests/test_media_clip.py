"""A moment as a file of its own: the right pictures, from the right second, with sound."""

import pytest

from indexer.media.clip import make_clip
from model_server.frames.errors import MediaError
from model_server.frames.reader import probe
from model_server.frames.stills import read_strip
from tests.videos import make_video, second_of

CASES = {
    "copied.mp4": {"audio": "aac", "options": {"g": "10", "bf": "2"}},
    "copied.mkv": {"audio": "libopus", "options": {"g": "10"}},
    "encoded.webm": {"codec": "libvpx-vp9", "audio": "libopus"},
    "late.webm": {"codec": "libvpx-vp9", "start_s": 5.0},
    "hevc.mp4": {"codec": "libx265"},
}


@pytest.mark.parametrize("name", CASES)
def test_it_cuts_what_was_asked_for(tmp_path, name):
    source, target = make_video(tmp_path / name, 6, **CASES[name]), tmp_path / "clip.mp4"
    make_clip(source, target, 2.0, 5.0)
    facts = probe(target)
    assert facts.plays_in_browser
    assert facts.duration_s == pytest.approx(3, abs=0.2)
    assert facts.audio_codec == ("aac" if "audio" in CASES[name] else None)
    assert [second_of(picture) for picture in read_strip(target, 3.0, 1.0, (16, 12))] == [2, 3, 4]


def test_a_copy_begins_at_the_key_frame_before(tmp_path):
    source = make_video(tmp_path / "v.mp4", 6, options={"g": "20", "sc_threshold": "0"})  # every two seconds
    make_clip(source, tmp_path / "clip.mp4", 3.0, 5.0)
    assert probe(tmp_path / "clip.mp4").duration_s == pytest.approx(3, abs=0.2)
    assert second_of(next(iter(read_strip(tmp_path / "clip.mp4", 3.0, 1.0, (16, 12))))) == 2


def test_where_the_key_frame_is_far_it_is_encoded_again(tmp_path):
    source = make_video(tmp_path / "v.mp4", 6)  # one key frame
    make_clip(source, tmp_path / "clip.mp4", 3.0, 5.0)
    assert probe(tmp_path / "clip.mp4").duration_s == pytest.approx(2, abs=0.2)
    assert second_of(next(iter(read_strip(tmp_path / "clip.mp4", 2.0, 1.0, (16, 12))))) == 3


@pytest.mark.parametrize(("start_s", "end_s", "sentence"), [(7, 9, "outside"), (3, 3, "outside"), (-5, -1, "outside")])
def test_it_says_what_cannot_be_cut(tmp_path, start_s, end_s, sentence):
    source = make_video(tmp_path / "v.mp4", 6)
    with pytest.raises(MediaError, match=sentence):
        make_clip(source, tmp_path / "clip.mp4", start_s, end_s)
    assert not (tmp_path / "clip.mp4").exists()
