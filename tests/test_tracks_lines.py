"""Lines out of readings and files, and sound and changed pictures out of real videos."""

import doctest

import numpy as np
import pytest

from indexer.tracks import subtitles
from indexer.tracks.subtitles import SubtitlesProblem, lines_of
from model_server.frames import sound
from model_server.frames.changes import read_changes
from model_server.frames.errors import MediaError
from model_server.frames.glances import differ
from model_server.frames.listen import SOUND_RATE, read_sound
from model_server.frames.sound import RATE, Tape
from model_server.tracks import extras, lines, speech
from model_server.tracks.extras import NotInstalled
from model_server.tracks.lines import Line, Reading, settled, written_lines
from tests.videos import make_video, picture_of

# Lines


@pytest.mark.parametrize("module", [lines, extras, subtitles, sound])
def test_the_examples_in_the_code_hold(module):
    assert doctest.testmod(module).failed == 0


def test_a_text_that_stays_is_one_line_over_many_readings_and_parts():
    first = written_lines([], [Reading(1, ("Exit", "Gate 4")), Reading(3, ("EXIT",))], 10)
    assert first == [Line(1, 3, "Gate 4"), Line(1, 10, "Exit")]
    still = [line for line in first if line.end_s == 10]
    assert written_lines(still, [Reading(11, ("Exit",)), Reading(15, ())], 20) == [Line(1, 15, "Exit")]
    assert written_lines(still, [], 20) == [Line(1, 20, "Exit")], "nothing changed: the picture stays"


def test_one_text_twice_in_a_picture_is_two_lines():
    assert [line.text for line in written_lines([], [Reading(0, ("Stop", "Stop"))], 2)] == ["Stop", "Stop"]


def test_a_stretch_always_moves_on():
    long = Line(0, 119, "and on and on")
    assert settled([long], 0, 120, is_last=False) == ([long], 120)
    assert settled([], 0, 120, is_last=False) == ([], 120)


def test_without_the_packages_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match="make tracks"):
        speech.Speech("", tmp_path, "cpu")


# Subtitles of one's own


def test_webvtt_is_read_in_time_order_and_cut_to_the_video():
    content = (
        "WEBVTT\n\nNOTE not a line\n\n00:05.000 --> 00:09.000 line:0\n<v Ann>Tea &amp; cake</v>\n\n"
        "00:01.000 --> 00:02.000\nHello\nthere\n\n00:20.000 --> 00:21.000\nafter the end\n\n"
        "00:03.000 --> 00:03.000\n-\n"
    )
    assert lines_of(content.encode(), "Talk.VTT", 8.0) == [Line(1, 2, "Hello there"), Line(5, 8, "Tea & cake")]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"x", "talk.txt", "ends in .srt or .vtt"),
        (b"\x00\x01\x02", "talk.srt", "no subtitles"),
        (b"1\n99:99:99,999 --> x\nhm\n", "talk.srt", "no subtitles"),
        (b"1\n00:01:00,000 --> 00:01:01,000\nlate\n", "talk.srt", "after the end"),
        (b" " * (subtitles.MOST_BYTES + 1), "talk.srt", "larger than"),
    ],
)
def test_what_is_no_subtitles_is_refused_with_a_sentence(content, name, sentence):
    with pytest.raises(SubtitlesProblem, match=sentence):
        lines_of(content, name, 30.0)


# Sound and pictures from the confined child


def test_sound_comes_out_of_the_child_where_it_stands_in_the_video(tmp_path):
    path = make_video(tmp_path / "tone.mp4", 4, audio="aac", start_s=3.0)
    heard = read_sound(path, 1.0, 3.0)
    assert heard is not None
    assert abs(len(heard) - 2 * SOUND_RATE) <= SOUND_RATE * 0.1
    spectrum = np.abs(np.fft.rfft(heard))
    assert abs(float(np.fft.rfftfreq(len(heard), 1 / SOUND_RATE)[spectrum.argmax()]) - 440) < 2
    assert 0.1 < np.abs(heard).max() < 0.5


def test_a_video_without_sound_has_none_and_after_its_end_is_silence(tmp_path):
    assert read_sound(make_video(tmp_path / "silent.mp4", 2), 0, 2) is None
    late = read_sound(make_video(tmp_path / "tone.mp4", 2, audio="aac"), 5, 7)
    assert late is not None
    assert not late.any()


def test_a_file_that_is_no_video_is_refused_in_words(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"not a video at all")
    with pytest.raises(MediaError, match="not a video"):
        read_sound(path, 0, 1)


def test_pieces_that_overlap_or_leave_gaps_stay_at_their_places():
    tape = Tape(4 * RATE)
    one = np.ones(RATE, np.int16)
    for at in (-RATE // 2, RATE // 2 + 50, 3 * RATE, 100 * RATE):
        tape.put(at, one)
    laid = np.frombuffer(b"".join(tape.rest()), np.int16)
    assert len(laid) == 4 * RATE
    assert laid[: RATE + RATE // 2].all(), "a jitter of a few samples is no gap"
    assert not laid[RATE + RATE // 2 : 3 * RATE].any()
    assert laid[3 * RATE :].all()


def test_pictures_come_only_where_they_change(tmp_path):
    shown = [picture_of(0 if k < 40 else 1, (128, 72)) for k in range(100)]
    path = make_video(tmp_path / "film.mp4", 10, size=(128, 72), pictures=shown)
    assert [s.time_s for s in read_changes(path, 0, 10, 2.0, (128, 72))] == [1.0, 5.0]
    assert [s.time_s for s in read_changes(path, 6, 10, 2.0, (128, 72))] == [7.0], "a part begins with what is shown"


def test_a_line_of_a_subtitle_is_a_change_and_noise_is_none():
    before = np.full((72, 128, 3), 90, np.uint8)
    line, noisy = before.copy(), before.copy()
    line[60:66, 40:80] = 230
    noisy += np.random.default_rng(0).integers(0, 6, noisy.shape, np.uint8)
    assert differ(before, line)
    assert not differ(before, noisy)
