"""Pure words and shapes of the pages."""

import pytest

from indexer.models import Video
from webapp.pages import heat, words
from webapp.pages.forms import SecondForm

Status = Video.Status


def a_video(**fields) -> Video:
    return Video(title="clip", size_bytes=1, **fields)


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (-1, "0:00"), (0, "0:00"), (83.9, "1:23"), (3599.9, "59:59"), (3671, "1:01:11")]
)
def test_it_writes_timecodes(seconds, said):
    assert words.timecode(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "a few seconds"), (31, "30 s"), (56, "1 min"), (100, "2 min"), (3500, "58 min"), (3900, "1 h 5 min")],
)
def test_it_says_how_long_something_takes(seconds, said):
    assert words.in_words(seconds) == said


def test_it_never_claims_the_end_before_the_end():
    assert [words.percent(share) for share in (0, 0.001, 0.42, 0.999, 1)] == ["0 %", "1 %", "42 %", "99 %", "100 %"]


def test_it_says_stage_share_and_time_left():
    video = a_video(status=Status.INDEXING, stage="encode", progress=0.42, stage_timings={"total": 87.0})
    state = words.state_of(video, words.left_s(video))
    assert state.sentence == "Encoding, 42 %, about 2 min left"
    assert (state.kind, state.live, state.share) == ("working", True, 0.42)


def test_it_names_no_time_left_before_there_is_a_pace():
    video = a_video(status=Status.INDEXING, stage="probe", progress=0.0)
    assert words.state_of(video, words.left_s(video)).sentence == "Looking at the file"


@pytest.mark.parametrize(
    ("fields", "kind", "sentence", "live"),
    [
        ({"status": Status.UPLOADED}, "waiting", "Waiting for a worker", True),
        ({"status": Status.UPLOADED, "error": "No answer. Trying again in 30 s."}, "waiting", "No answer.", True),
        ({"status": Status.INDEXING, "cancel_requested": True}, "working", "Cancelling", True),
        ({"status": Status.READY}, "ready", "preparing playback", True),
        ({"status": Status.READY, "media_status": Status.READY}, "ready", "Ready", False),
        ({"status": Status.FAILED, "error": "The file is cut short."}, "failed", "The file is cut short.", False),
        ({"status": Status.QUARANTINED}, "failed", "Indexing failed", False),
        ({"status": Status.CANCELLED}, "cancelled", "Cancelled", False),
    ],
)
def test_it_has_words_for_every_state(fields, kind, sentence, live):
    state = words.state_of(a_video(**fields))
    assert (state.kind, state.live) == (kind, live)
    assert sentence in state.sentence


def test_it_draws_the_heat_line_from_edge_to_edge():
    assert heat.heat_path([]) == ""
    assert heat.heat_path([0.0, 1.0]) == "M-10 110L-10 100L250 100L750 0L1010 0L1010 110Z"
    assert heat.heat_path([0.5]) == "M-10 110L-10 50L500 50L1010 50L1010 110Z"


def test_it_keeps_the_heat_line_inside_its_box():
    assert heat.heat_path([-1.0, 2.0]) == heat.heat_path([0.0, 1.0])


@pytest.mark.parametrize(
    ("text", "second"), [(None, 0), ("", 0), ("abc", 0), ("-4", 0), ("nan", 0), ("inf", 0), ("83.5", 83.5), ("999", 90)]
)
def test_it_opens_odd_links_at_the_start(text, second):
    assert SecondForm.second(text, 90.0) == second
