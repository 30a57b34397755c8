"""The tables' own arithmetic by hand-made engines, and the command with the tiny preset on a miniature data folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_server.engine import EngineError
from model_server.evaluation import selective_decoding, tables
from model_server.evaluation.captions import CaptionSet, Writers, caption_rows
from model_server.evaluation.classification import ClassificationSet, classification_rows
from model_server.evaluation.loaders import captioned
from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Media, Stream, Watcher, unit
from model_server.evaluation.text_triplets import Triplet, TripletSet, triplet_rows
from model_server.evaluation.vqa import JOINED, STATED, UNHEARD, Question, VqaSet, put, vqa_rows
from model_server.evaluation.world_prediction import Transition, WorldPredictionSet, world_prediction_rows
from model_server.training.data import DataProblem
from tests.engines import CaptioningEngine, ColourEngine
from tests.videos import make_video

QUICK = Scale(seed=0, draws=20)
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


class Painter(ColourEngine):
    """Sees colours and reads colour words, alone or in a sentence. `hears` makes it answer the prompt's opposite."""

    def __init__(self, hears: bool = False) -> None:
        super().__init__()
        self.hears = hears

    def predict(self, clips, prompt=None):
        if prompt not in (None, self.space.prompt) and not self.hears:
            raise EngineError("One prompt.", permanent=True)
        turn = -1 if prompt == "What is it not?" else 1
        return super().predict(clips) * turn

    def encode_texts(self, texts):
        raw = np.full((len(texts), 8), 1e-3, np.float32)
        for row, text in zip(raw, texts, strict=True):
            for name, colour in COLOURS.items():
                if name in text:
                    row[:3] += (np.array(colour) / 255 - 0.5) * (-1 if "no " in text else 1)
        return unit(raw)


@pytest.fixture
def photos(tmp_path):
    for name, colour in COLOURS.items():
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{name}.png")
    return {name: Media(tmp_path / f"{name}.png") for name in COLOURS}


def value(rows: list[Row], metric: str) -> float | None:
    return next(row.value for row in rows if row.metric == metric)


def test_a_number_stands_with_its_pool_seed_and_interval():
    row = mean_row(Where("vqa", "b", 4, "why", Scale(seed=3, draws=200)), "accuracy", [True, False, True, True])
    assert (row.value, row.pool, row.n, row.seed, row.note) == (75.0, 4, 4, 3, "why")
    assert row.interval_95 is not None
    assert row.interval_95[0] < 75 <= row.interval_95[1]
    with pytest.raises(ValueError, match="nothing to measure"):
        mean_row(Where("vqa", "b", 4), "accuracy", [])


def test_a_part_of_a_video_is_the_mean_of_its_windows():
    stream = Stream(np.array([2.0, 4.0, 6.0]), np.eye(3, dtype=np.float32))
    assert np.allclose(stream.part(Media(Path("film.mp4"), 3.0, 7.0)), [0, 0.7071, 0.7071], atol=1e-3)
    assert np.allclose(stream.part(Media(Path("film.mp4"), 4.4, 4.6)), [0, 1, 0]), "none inside: the nearest"


def test_a_video_is_watched_once_whatever_is_asked_of_it(tmp_path):
    path = make_video(tmp_path / "film.mp4", 10)
    watcher = Watcher(Painter())
    watcher.predict([Media(path), Media(path, 0.0, 4.0)])
    calls = watcher.engine.calls
    watcher.predict([Media(path, 4.0, 8.0), Media(path)])
    assert watcher.engine.calls == calls
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    with pytest.raises(DataProblem, match=r"bad\.mp4"):
        watcher.predict([Media(tmp_path / "bad.mp4")])


def test_classes_by_their_names(photos):
    names = [*COLOURS, "grey"]
    task = ClassificationSet([photos["red"], photos["blue"]], ["red", "green"], names)
    rows = classification_rows(Watcher(Painter()), "colours", task, QUICK)
    assert (value(rows, "top-1"), rows[0].pool) == (50.0, 4)
    with pytest.raises(ValueError, match="twice"):
        classification_rows(Watcher(Painter()), "c", ClassificationSet([photos["red"]], ["red"], ["red", "red"]), QUICK)


def test_the_question_is_the_prompt_where_the_engine_hears_it(photos):
    asked = Question(photos["red"], "What is it not?", ("red", "green"), 1, group="odd")
    deaf, hearing = (vqa_rows(Watcher(Painter(hears)), "q", VqaSet([asked]), QUICK) for hears in (False, True))
    assert (value(deaf, "accuracy"), value(hearing, "accuracy")) == (0.0, 100.0)
    assert "prompt" in hearing[0].note
    assert JOINED in deaf[0].note
    assert value(hearing, "accuracy, odd") == 100.0
    assert value(deaf, "margin (cosine)") < 0 < value(hearing, "margin (cosine)")


def test_how_answers_are_put_to_weights_that_do_not_hear(photos):
    media = photos["red"]
    assert put(Question(media, "Is it?", ("yes", "no"), 0, ("it is", "it is not"))) == (("it is", "it is not"), STATED)
    assert put(Question(media, "Is it?", ("yes", "no"), 0)) == (("Is it? yes", "Is it? no"), JOINED)
    many = tuple(map(str, range(40)))
    assert put(Question(media, "How many?", many, 0)) == (many, UNHEARD)


def test_the_clip_between_two_pictures(photos, tmp_path):
    still = {
        name: Media(make_video(tmp_path / f"{name}.mp4", 5, pictures=[np.full((48, 64, 3), c, np.uint8)] * 50))
        for name, c in COLOURS.items()
    }
    candidates = tuple(still.values())
    right = Transition(photos["green"], photos["green"], candidates, 1)
    film = Media(still["blue"].path, 1.0, 3.0)
    part = Transition(film, film, candidates, 2)
    wrong = Transition(photos["red"], photos["red"], candidates, 2)
    rows = world_prediction_rows(Watcher(Painter()), "wm", WorldPredictionSet([right, part, wrong, wrong]), QUICK)
    assert (rows[0].value, rows[0].pool) == (50.0, 3)


def test_a_triplet_counts_when_the_positives_are_nearest():
    triplets = [Triplet("red", "a red one", "blue", "easy"), Triplet("red", "blue", "a red one", "hard")]
    rows = triplet_rows(Watcher(Painter()), "t", TripletSet(triplets), QUICK)
    assert [(row.metric, row.value) for row in rows] == [("all (micro average)", 50.0), ("easy", 100.0), ("hard", 0.0)]


def test_captions_say_who_wrote_them(photos):
    pytest.importorskip("pycocoevalcap")
    task = CaptionSet([photos["red"], photos["green"]], [("a red wall",), ("a green wall",)])
    rows = caption_rows(Writers(Watcher(Painter()), ["a red wall", "a green wall"]), "c", task, QUICK)
    assert rows[0].note == "this engine has no y-decoder"
    assert rows[0].value is None
    assert value(rows, "CIDEr, nearest caption") > 100
    assert value(rows, "agreement, nearest caption") > 0.9
    rows = caption_rows(Writers(Watcher(CaptioningEngine()), []), "c", task, QUICK)
    assert value(rows, "CIDEr, y-decoder") is not None
    assert "training captions" in rows[-1].note


@pytest.fixture
def data(tmp_path):
    """A data folder in little: photos with questions in their captions, two films, and one triplet file a split."""
    root = tmp_path / "root"
    lines = []
    (root / "flickr8k").mkdir(parents=True)
    for i, (name, colour) in enumerate([*COLOURS.items()] * 2):
        Image.new("RGB", (40, 30), colour).save(root / "flickr8k" / f"{i}.png")
        thing = ("dog", "boat", "horse")[i % 3]
        told = [f"a {thing} in a {name} coat", f"the {thing} wears a {name} coat", "someone outside"]
        lines.append({"file": f"{i}.png", "captions": told, "split": "train" if i < 3 else "test"})
    (root / "flickr8k" / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (root / "misc_real").mkdir()
    clips = []
    for i, seconds in enumerate((3, 13, 3, 3)):
        make_video(root / "misc_real" / f"{i}.mp4", seconds, fps=4)
        clips.append(json.dumps({"file": f"{i}.mp4", "captions": [f"film {i}"]}))
    (root / "misc_real" / "captions.jsonl").write_text("\n".join(clips))
    (root / "sugarcrepe_pp").mkdir()
    row = {"caption": "a red dog", "caption2": "a dog in red", "negative_caption": "a blue dog"}
    for split in ("replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj"):
        (root / "sugarcrepe_pp" / f"{split}.json").write_text(json.dumps([row, row]))
    return root


def test_questions_are_built_from_captions_and_always_the_same(data):
    existence, attribute = captioned.existence(data), captioned.attribute(data)
    assert existence == captioned.existence(data)
    assert [q.right for q in existence.questions] == [0, 1] * 3
    first, second = existence.questions[:2]
    assert (first.text, first.statements) == ("Is there a dog in the picture?", ("there is a dog", "there is no dog"))
    assert "dog" not in second.text
    (coat, *_) = attribute.questions
    assert (coat.text, coat.answers[coat.right], len(set(coat.answers))) == ("What colour is the coat?", "red", 4)
    assert captioned.training_captions(data) == sorted({c for q in range(3) for c in captions_of(data, q)})


def captions_of(data, line: int) -> list[str]:
    return json.loads((data / "flickr8k" / "captions.jsonl").read_text().splitlines()[line])["captions"]


def overlap(written, references):
    """In place of CIDEr, whose package is no part of the installation: the share of a reference's words."""
    pairs = zip(written, references, strict=True)
    return np.array([len(set(text.split()) & set(own[0].split())) / len(own[0].split()) for text, own in pairs])


def test_the_command_writes_json_and_docs_in_parts(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(selective_decoding, "cider", overlap)
    out, docs = tmp_path / "results.json", tmp_path / "docs" / "results.md"
    common = ["--preset", "tiny", "--device", "cpu", "--data", str(data), "--json", str(out), "--draws", "20"]
    tables.main([*common, "--only", "text_triplets", "existence", "flickr8k"])
    first = json.loads(out.read_text())["runs"]
    assert [(run["preset"], run["weights"]) for run in first] == [("tiny", "random")]
    tables.main([*common, "--docs", str(docs), "--only", "misc_real", "clips", "clip_parts", "joined_clips", "msrvtt"])
    (run,) = json.loads(out.read_text())["runs"]
    named = {row["benchmark"] for row in run["rows"]}
    second = {"misc_real", "clips", "clip_parts", "joined_clips", "msrvtt"}
    assert named == {"sugarcrepe_pp", "visla", "existence", "flickr8k", *second}, "the first call's rows are kept"
    for row in run["rows"]:
        if row["value"] is not None:
            assert row["interval_95"][0] <= row["interval_95"][1]
            assert (row["seed"], row["n"] > 0, row["pool"] > 0) == (0, True, True), row
    text = docs.read_text()
    assert "| msrvtt | - | tiny random | - | - | - | - | - | not at hand: see docs/benchmarks.md |" in text
    assert "| sugarcrepe_pp | all (micro average) | tiny random |" in text
    assert "CIDEr, Ward, pooled, 0.01 Hz" in text
    plotted = (docs.parent / "selective_decoding_tiny.png").is_file()
    assert plotted == ("selective_decoding_tiny.png" in text)
    assert "R@10" in capsys.readouterr().out


def test_bad_data_costs_its_own_row_and_the_exit_code(data, tmp_path):
    (data / "sugarcrepe_pp" / "swap_att.json").write_text("[{")
    out = tmp_path / "results.json"
    call = ["--preset", "tiny", "--data", str(data), "--json", str(out), "--draws", "5", "--only", "text_triplets"]
    with pytest.raises(SystemExit) as stopped:
        tables.main(call)
    assert "tables: sugarcrepe_pp: " in str(stopped.value.code), "a message: exit code 1"
    rows = json.loads(out.read_text())["runs"][0]["rows"]
    assert [row["note"].split(":")[0] for row in rows] == ["not measured", "not at hand"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "/nowhere"], "is no folder"),
        (["--data", ".", "--only", "imagenet22k"], "There is no benchmark or task imagenet22k"),
        (["--data", ".", "--draws", "0"], "1 or more"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_loaded(arguments, says, capsys):
    with pytest.raises(SystemExit) as stopped:
        tables.main(arguments)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_a_file_that_holds_no_results_is_not_written_over(tmp_path):
    out = tmp_path / "results.json"
    out.write_text('{"mine": 1}')
    with pytest.raises(SystemExit) as stopped:
        tables.main(["--preset", "tiny", "--data", str(tmp_path), "--json", str(out), "--only", "visla"])
    assert "holds no results" in str(stopped.value.code)
    assert out.read_text() == '{"mine": 1}'
