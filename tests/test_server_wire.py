import dataclasses
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_server import wire
from model_server.engine import Clips
from tests.model_servers import SPACE

FUZZ = settings(max_examples=200, derandomize=True, deadline=None)


def some_clips() -> Clips:
    frames = np.arange(3 * 8 * 8 * 3, dtype=np.uint8).reshape(3, 8, 8, 3)
    return Clips(frames, np.array([[0, 1], [1, 2]], np.int32))


@pytest.mark.parametrize("prompt", [None, "", "Beschreibe 場面"])
def test_it_carries_clips_and_prompt_unchanged(prompt):
    clips, found = wire.unpack_clips(bytearray(wire.pack_clips(some_clips(), prompt)))
    assert found == prompt
    assert clips.frames.dtype == np.uint8
    assert clips.index.dtype == np.int32
    assert np.array_equal(clips.frames, some_clips().frames)
    assert np.array_equal(clips.index, some_clips().index)
    assert clips.frames.flags.writeable


def test_it_carries_embeddings_to_the_bit():
    embeddings = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    assert np.array_equal(wire.unpack_embeddings(bytearray(wire.pack_embeddings(embeddings)), 7), embeddings)


@pytest.mark.parametrize(
    ("clips", "sentence"),
    [
        (Clips(np.zeros((1, 8, 8, 3), np.float32), np.zeros((1, 1), np.int32)), "uint8"),  # type: ignore[arg-type]
        (Clips(np.zeros((1, 8, 8), np.uint8), np.zeros((1, 1), np.int32)), "F, H, W, 3"),
        (Clips(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 1), np.int64)), "int32"),  # type: ignore[arg-type]
    ],
)
def test_it_refuses_to_pack_other_arrays(clips, sentence):
    with pytest.raises(wire.WireError, match=sentence):
        wire.pack_clips(clips)


def header(kind=1, dtype=1, frames=3, side=8, n=2, t=2, prompt=0xFFFFFFFF):
    return struct.pack("<4sBB2x6I", b"SKF1", kind, dtype, frames, side, side, n, t, prompt)


INDEX = np.array([[0, 1], [1, 2]], "<i4").tobytes()
PIXELS = bytes(3 * 8 * 8 * 3)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "within its header"),
        (header()[:-1], "within its header"),
        (header() + INDEX + PIXELS[:-1], "promises"),
        (header() + INDEX + PIXELS + b"x", "promises"),
        (b"\x89PNG" + header()[4:] + INDEX + PIXELS, "mark"),
        (header(kind=2) + INDEX + PIXELS, "kind"),
        (header(dtype=2) + INDEX + PIXELS, "type 2"),
        (header(frames=0, n=1, t=1) + bytes(4), "0 frames"),
        (header(n=0) + PIXELS, "0 clips"),
        (header(t=0) + PIXELS, "0 frames in a clip"),
        (header(side=0) + INDEX, "no picture"),
        (header(frames=2**32 - 1, side=2**32 - 1), "frames were sent"),
        (header(n=2**32 - 1), "clips were sent"),
        (header(prompt=10**6) + INDEX + PIXELS, "prompt has"),
        (header(prompt=2) + INDEX + PIXELS + b"\xff\xff", "UTF-8"),
        (header() + np.array([[0, 1], [1, 3]], "<i4").tobytes() + PIXELS, "names frames 0 to 3"),
        (header() + np.array([[0, 1], [-1, 2]], "<i4").tobytes() + PIXELS, "names frames -1"),
    ],
)
def test_it_refuses_a_malformed_body_with_a_sentence(body, sentence):
    with pytest.raises(wire.WireError, match=sentence):
        wire.unpack_clips(bytearray(body))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_it_refuses_embeddings_that_are_not_finite(number):
    embeddings = np.zeros((2, 4), np.float32)
    embeddings[1, 2] = number
    with pytest.raises(wire.WireError, match="finite"):
        wire.unpack_embeddings(bytearray(wire.pack_embeddings(embeddings)), 4)


def test_it_refuses_embeddings_of_another_dimension():
    with pytest.raises(wire.WireError, match="belong"):
        wire.unpack_embeddings(bytearray(wire.pack_embeddings(np.zeros((1, 4), np.float32))), 5)


@FUZZ
@given(st.binary(max_size=400))
def test_it_meets_any_bytes_with_a_wire_error(body):
    for start in (b"", header()[:6], header(kind=2, dtype=2)[:8]):
        with pytest.raises(wire.WireError):
            wire.unpack_clips(bytearray(start + body))


@FUZZ
@given(st.data())
def test_it_gives_sound_clips_or_a_wire_error_when_one_byte_is_changed(data):
    body = bytearray(wire.pack_clips(some_clips(), "why"))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        clips, _ = wire.unpack_clips(body)
    except wire.WireError:
        return
    assert clips.frames[clips.index].shape[-1] == 3


@FUZZ
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.one_of(st.none(), st.text()))
def test_it_carries_clips_of_any_shape(n_frames, side, n, t, prompt):
    rng = np.random.default_rng(n_frames)
    frames = rng.integers(0, 256, (n_frames, side, side + 1, 3), dtype=np.uint8)
    sent = Clips(frames, rng.integers(0, n_frames, (n, t)).astype(np.int32))
    clips, found = wire.unpack_clips(bytearray(wire.pack_clips(sent, prompt)))
    assert np.array_equal(clips.frames, sent.frames)
    assert np.array_equal(clips.index, sent.index)
    assert found == prompt


def test_it_gives_spaces_that_differ_anywhere_different_tags():
    others = [dataclasses.replace(SPACE, prompt="Other"), dataclasses.replace(SPACE, stride_s=0.5)]
    assert len({wire.space_tag(space) for space in [SPACE, *others]}) == 3


def test_it_reads_back_a_space_and_refuses_another_shape():
    fields = dataclasses.asdict(SPACE)
    assert wire.space_from_json(fields) == SPACE
    for wrong in (None, [], {}, fields | {"dim": "26"}, fields | {"dim": True}, fields | {"colour": 1}):
        with pytest.raises(wire.WireError):
            wire.space_from_json(wrong)
