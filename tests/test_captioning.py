"""The captioning command's own parts; CIDEr itself is pycocoevalcap's, where that is installed."""

import numpy as np
import pytest

from model_server.evaluation import captioning
from model_server.evaluation.captioning import interval, plain


def test_words_are_compared_without_case_or_punctuation():
    assert plain("A dog's toy, here.") == "a dog's toy here"


def test_an_interval_holds_the_mean():
    low, high = interval(np.array([0.0, 10.0, 20.0, 30.0]))
    assert low < 15 < high


def test_cider_likes_what_people_wrote():
    pytest.importorskip("pycocoevalcap", reason=captioning.NO_CIDER)
    references = [("a dog runs", "the dog is running"), ("a cat on a mat", "a cat sits on the mat")]
    right, wrong = (
        captioning.cider(texts, references) for texts in (["A dog runs.", "A cat on a mat."], ["Sea.", "Sky."])
    )
    assert right.min() > wrong.max()


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pycocoevalcap.cider.cider", None)
    with pytest.raises(ValueError, match="pip install --no-deps"):
        captioning.cider(["a"], [("a",)])
