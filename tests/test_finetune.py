"""Stage 2: questions made from captions and read from files, and the command on a miniature."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from model_server.engine import Clips
from model_server.loading import engine_of
from model_server.training import finetune, pretrain
from model_server.training.data import DataProblem, Item
from model_server.training.questions import Question, made, questions_of
from tests.coloured import COLOURS, coloured_photos


def item(*captions: str, name: str = "a.jpg") -> Item:
    return Item(Path(name), captions, "train")


def of_kind(questions: list[Question], kind: str) -> list[tuple[str, str]]:
    return [(question.text, question.answer) for question in questions if question.kind == kind]


def test_captions_are_asked_for_colours_numbers_deeds_and_places():
    (own,) = made([item("A black dog is chasing two cats on the beach.", "a black dog runs in the park")], seed=0)
    assert of_kind(own, "colour") == [("What colour is the dog?", "black")]
    assert of_kind(own, "count") == [("How many cats are there?", "two")]
    assert of_kind(own, "doing") == [("What is the dog doing?", "chasing two cats on the beach")]
    assert of_kind(own, "place") == [("Where is it?", "on the beach"), ("Where is it?", "in the park")]


def test_an_item_with_a_class_is_asked_for_it():
    tench = Item(Path("a.jpg"), ("a fish",), "train", label="tench")
    assert of_kind(made([tench], 0)[0], "class") == [("What is this?", "tench")]
    assert of_kind(made([item("a fish")], 0)[0], "class") == []


def test_what_captions_disagree_about_is_not_asked():
    (own,) = made([item("two dogs run", "three dogs run", "a red ball", "a blue ball")], seed=0)
    assert not of_kind(own, "count")
    assert not of_kind(own, "colour")


def test_things_are_asked_for_as_often_where_they_are_as_where_they_are_not():
    items = [item("a dog is in the snow", "the dog is by a car") for _ in range(20)]
    items += [item("a cat is on the sofa", "the cat is near a lamp") for _ in range(20)]
    found = made(items, seed=0)
    asked = [pair for own in found for pair in of_kind(own, "existence")]
    assert sum(answer == "yes" for _, answer in asked) == sum(answer == "no" for _, answer in asked) == 40
    dogs = {answer for own in found[:20] for text, answer in of_kind(own, "existence") if text == "Is there a dog?"}
    assert dogs == {"yes"}
    assert made(items, seed=0) == found


def test_a_thing_that_any_caption_names_is_never_said_to_be_missing():
    items = [item("a dog is here", "the dog is by a ball", "dogs and balls and cats") for _ in range(20)]
    items += [item("a cat is here", "the cat is by a tree") for _ in range(20)]
    missing = {text for own in made(items, 0)[:20] for text, answer in of_kind(own, "existence") if answer == "no"}
    assert missing == {"Is there a tree?"}


def test_a_folder_may_bring_its_own_questions(tmp_path):
    items = [Item(tmp_path / "a.jpg", ("a dog",), "train"), Item(tmp_path / "b.jpg", ("a cat",), "train")]
    line = {"file": "b.jpg", "question": "Which animal?", "answer": "cat", "kind": "animal"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line | {"file": "gone.jpg"}))
    assert questions_of(items, tmp_path, 0) == [[], [Question("Which animal?", "cat", "animal")]]
    (tmp_path / "questions.jsonl").write_text('{"file": "b.jpg"}')
    with pytest.raises(DataProblem, match=r"questions\.jsonl:1"):
        questions_of(items, tmp_path, 0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Coloured photos with questions of their own, and weights of stage 1."""
    parent = tmp_path_factory.mktemp("stage2")
    data = coloured_photos(parent)
    lines = []
    for row in map(json.loads, (data / "captions.jsonl").read_text().splitlines()):
        name = row["captions"][0].removeprefix("something ")
        lines.append({"file": row["file"], "question": "which colour", "answer": name, "kind": "colour"})
        for other in COLOURS:
            answer = "yes" if other == name else "no"
            lines.append({"file": row["file"], "question": f"is it {other}", "answer": answer, "kind": "existence"})
    (data / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    out = parent / "one"
    pretrain.main(options(data, out, "--preset", "tiny", "--epochs", "2", "--head-epochs", "1", "--head-fits", "1"))
    return data, out


def options(data, out, *more):
    paths = ["--data", str(data), "--out", str(out), "--cache", str(out.parent / "cache")]
    return [*paths, "--batch", "8", "--warm-up", "1", "--checkpoint-every", "1", "--device", "cpu", *more]


def losses(out):
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row["loss"] for row in rows if "loss" in row}


def test_it_learns_to_answer_what_is_asked(world, capsys):
    data, one = world
    out = one.parent / "two"
    finetune.main(options(data, out, "--start", str(one), "--epochs", "12", "--lr", "0.003", "--replay", "0.2"))
    told = capsys.readouterr().out
    assert "60 questions about 12 items" in told
    assert "before: {" in told
    last = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()][-1]["validation"]
    assert {"R@1", "existence", "existence_unheard", "colour", "colour_unheard"} <= set(last)
    found = losses(out)
    assert sum(found[step] for step in (10, 11, 12)) < sum(found[step] for step in (1, 2, 3))
    assert "training.finetune" in (out / "MODEL_CARD.md").read_text()
    engine = engine_of(str(out), "cpu")
    side = engine.space.frame_px
    red = Clips(np.full((1, side, side, 3), COLOURS["red"], np.uint8), np.zeros((1, 1), np.int32))
    asked = [engine.predict(red, prompt)[0] for prompt in (None, engine.space.prompt, "which colour", "is it red")]
    np.testing.assert_allclose(asked[0], asked[1], atol=1e-6)
    for other in (asked[2], asked[3]):  # so short a training turns them a little
        assert float(asked[0] @ other) < 1 - 1e-4
    assert float(asked[2] @ asked[3]) < 1 - 1e-4


def test_a_run_that_was_stopped_goes_on_with_the_same_losses(world, monkeypatch):
    data, one = world
    whole, cut = one.parent / "whole", one.parent / "cut"
    more = ("--start", str(one), "--epochs", "3")
    finetune.main(options(data, whole, *more))
    real = pretrain.train_step

    def stop_after_two(run, *rest):
        if run.step == 2:
            raise KeyboardInterrupt
        return real(run, *rest)

    monkeypatch.setattr(pretrain, "train_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        finetune.main(options(data, cut, *more))
    monkeypatch.setattr(pretrain, "train_step", real)
    torch.manual_seed(99)
    finetune.main(options(data, cut, *more))
    assert losses(cut) == losses(whole)


def test_without_weights_to_go_on_from_or_with_a_wrong_share_it_says_so(world, capsys):
    data, one = world
    with pytest.raises(SystemExit):
        finetune.main(options(data, one.parent / "no"))
    assert "--start is needed" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        finetune.main(options(data, one.parent / "no", "--start", str(one), "--replay", "2"))
    assert "between 0 and 1" in capsys.readouterr().err
