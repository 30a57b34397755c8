"""The y-decoder with random weights and bytes for words: it learns, stops, is stored, and reads one space only."""

import copy

import numpy as np
import pytest
import torch

from model_server.local import BEAMS, load_engine
from model_server.training.decoder import kept_words, learn, padded
from model_server.training.texts import sentences_of, tidy
from model_server.vljepa import y_decoder
from model_server.vljepa.hubness import without
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.y_decoder import END, IGNORED, Draft

DIM = 64
TEXTS = ["a dog", "two cats", "sea"]


def embeddings(n: int = 3) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(n, DIM, generator=torch.Generator().manual_seed(3)), dim=-1)


@pytest.fixture(scope="module")
def taught() -> y_decoder.YDecoder:
    """A decoder that has learnt three captions by heart."""
    torch.manual_seed(0)
    decoder = y_decoder.random_decoder(DIM).train().requires_grad_(True)
    words = padded([[*text.encode(), END] for text in TEXTS])
    optimiser = torch.optim.Adam(decoder.parameters(), lr=5e-3)
    for _ in range(120):
        optimiser.zero_grad()
        decoder(embeddings(), words).backward()
        optimiser.step()
    return decoder.eval().requires_grad_(False)


def test_it_learns_captions_and_stops_at_their_end(taught):
    assert taught.caption(embeddings()) == TEXTS
    assert taught.caption(embeddings(), beams=3) == TEXTS


def test_captions_do_not_depend_on_who_is_in_the_batch(taught):
    assert [taught.caption(row[None])[0] for row in embeddings()] == TEXTS


def test_what_comes_after_the_end_is_no_part_of_the_loss(taught):
    words = padded([[*TEXTS[0].encode(), END]])
    longer = torch.cat([words, torch.full((1, 4), IGNORED)], 1)
    torch.testing.assert_close(taught(embeddings(1), longer), taught(embeddings(1), words))


def test_stored_weights_write_what_they_wrote(taught, tmp_path):
    y_decoder.save(taught, tmp_path)
    read = y_decoder.load(tmp_path, "random")
    assert read is not None
    assert read.caption(embeddings()) == TEXTS
    assert y_decoder.load(tmp_path, "other weights") is None  # it would read embeddings of another space as words


def test_a_folder_without_a_decoder_has_none_and_a_damaged_one_says_so(taught, tmp_path):
    assert y_decoder.load(tmp_path, "random") is None
    y_decoder.save(taught, tmp_path)
    (tmp_path / y_decoder.WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(WeightsProblem, match="restore the folder"):
        y_decoder.load(tmp_path, "random")


def test_the_engine_decodes_many_at_once():
    engine = load_engine("tiny")
    assert len(engine.decode(np.eye(engine.space.dim, dtype=np.float32)[:40])) == 40
    assert engine.decode(np.empty((0, engine.space.dim), np.float32)) == []


@pytest.mark.parametrize(
    ("row", "sentences"),
    [
        ({"captions": ["a"]}, ["a"]),
        ({"caption": ["a", "b"]}, ["a", "b"]),
        ({"caption": "a dog"}, ["a dog"]),
        ({"sentences": [" a"]}, [" a"]),
        ({"annotations": [{"sentence": "a"}]}, ["a"]),
        ({"other": 1}, []),
    ],
)
def test_it_reads_the_corpora_as_they_are(row, sentences):
    assert sentences_of(row) == sentences


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("A cat sleeps. It is on a", "A cat sleeps."),
        ("A cat! A dog. A", "A cat!"),
        ("A cat sleeps on a", "A cat sleeps on a"),
        ("It is 3.5 m high.", "It is 3.5 m high."),
        ("", ""),
    ],
)
def test_a_caption_is_one_sentence(written, kept):
    assert y_decoder.first_sentence(written) == kept


def test_in_bfloat16_it_writes_the_same(taught):
    half = copy.deepcopy(taught).to(torch.bfloat16)
    assert half.caption(embeddings()) == TEXTS


def test_captions_are_tidied_and_rare_pieces_left_out():
    assert tidy("a dog  runs . ") == "A dog runs."
    assert tidy("a dog in the sun, wildlife photography, f 1.8, 4K HD video") == "A dog in the sun."
    assert tidy("a photograph of a detailed map, on a wall") == "A photograph of a detailed map, on a wall."
    kept = kept_words([[7, 7, 9], [7, 9], [5]], least=2).tolist()
    assert kept[1:] == [7, 9]
    assert kept[0] not in kept[1:]


def test_a_batch_learnt_in_parts_has_the_gradient_of_the_whole():
    whole, parts = (y_decoder.random_decoder(DIM).requires_grad_(True) for _ in range(2))
    draw = torch.Generator().manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(9, DIM, generator=draw), dim=-1)
    words = padded([[1 + i] * (1 + i) + [y_decoder.END] for i in range(9)])
    value = whole(embeddings, words)
    value.backward()
    assert learn(parts, embeddings, words) == pytest.approx(float(value.detach()), rel=1e-5)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        if one.grad is not None:
            assert torch.allclose(one.grad, other.grad, atol=1e-5)


def test_of_an_embeddings_drafts_the_likeliest_that_reads_back_near_is_kept():
    engine = load_engine("tiny", "cpu")
    said = ["a dog runs", "two cats sleep", "a red car"]
    targets = 3 * engine.encode_texts(said)
    drafts = [[Draft(other, -0.5), Draft(text, -0.501)] for text, other in zip(said, said[1:] + said[:1], strict=True)]
    assert engine.best_drafts(drafts, targets) == said
    unlikely = [[other, Draft(text.text, -9.0)] for other, text in drafts]
    assert engine.best_drafts(unlikely, targets) == [other.text for other, _ in unlikely]
    written = engine.decoder.drafts(without(torch.from_numpy(targets), engine.model.config.dim), BEAMS)
    assert all(sorted(own, key=lambda draft: -draft.likely) == own and len(own) == BEAMS for own in written)
    assert all(text in {draft.text for draft in own} for text, own in zip(engine.decode(targets), written, strict=True))
