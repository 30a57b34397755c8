"""The load benchmarks' own arithmetic, what they take for a wrong answer, and what they say without locust."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from benchmarks import crowd
from benchmarks.model_load import row_of, runs_and_texts
from benchmarks.visits import fault, pictures_of
from benchmarks.web_load import report

ROOT = Path(__file__).resolve().parent.parent
JPEG = b"\xff\xd8\xff and so on"
PAGE = b"<title>two &amp; three - Seekframe</title>"


def sample(ms: float, error: str = "", status: int = 200, kind: str = "home") -> dict[str, object]:
    return {"kind": kind, "ms": ms, "status": status, "error": error}


def test_times_are_those_of_good_answers_and_errors_are_counted_by_what_refused():
    samples = [*(sample(ms) for ms in range(1, 101)), sample(9000, "429 in place of 200", 429), sample(1, "no", 0)]
    assert crowd.summed(samples) == {
        "requests": 102,
        "errors": 2,
        "limited": 1,
        "p50_ms": 50.5,
        "p95_ms": pytest.approx(95.05, abs=0.06),
        "p99_ms": pytest.approx(99.01, abs=0.06),
    }


def test_the_most_frequent_errors_are_said():
    assert crowd.said([sample(1, "b"), sample(1, "a"), sample(1, "a"), sample(1)]) == ["2 x home: a", "1 x home: b"]


def test_the_mean_batch_is_that_of_texts_alone():
    registry = CollectorRegistry()
    sizes = Histogram("seekframe_model_batch_size", "as the server counts", ["method"], registry=registry)
    for method, size in (("encode_texts", 3), ("encode_texts", 5), ("predict", 100)):
        sizes.labels(method).observe(size)
    assert runs_and_texts(generate_latest(registry).decode()) == (2, 8)
    found = {"measured": [sample(10.0)] * 8, "took_s": 4.0, "own_cores": 0.1}
    row = row_of(4, found, 2, 8)
    assert (row["users"], row["a_second"], row["mean_batch"], row["errors"]) == (4, 2.0, 4.0, 0)


@pytest.mark.parametrize(
    ("kind", "status", "headers", "body", "wanted", "wrong"),
    [
        ("home", 200, {}, b"<h1>Find the moment.</h1>", "", ""),
        ("home", 200, {}, b"<h1>Sign in</h1>", "", "not the first page"),
        ("home", 503, {}, b"<h1>Find the moment.</h1>", "", "503 in place of 200"),
        ("video", 200, {}, PAGE, "two & three", ""),
        ("video", 200, {}, PAGE, "two", "another page: 'two & three - Seekframe'"),
        ("search", 200, {}, PAGE + b"Search is resting", "two & three", "searched without the model"),
        ("picture", 200, {"Content-Type": "image/jpeg"}, JPEG, "", ""),
        ("picture", 200, {"Content-Type": "image/webp"}, b"RIFF", "", ""),
        ("picture", 200, {"Content-Type": "text/html"}, b"x", "", "1 bytes of text/html, no picture"),
        ("media range", 206, {"Content-Range": "bytes 5-7/90"}, b"abc", "5", ""),
        ("media range", 206, {"Content-Range": "bytes 5-7/90"}, b"ab", "5", "2 of 3 bytes"),
        ("media range", 206, {"Content-Range": "bytes 0-2/90"}, b"abc", "5", "another range: bytes 0-2/90"),
        ("media range", 200, {}, b"abc", "5", "200 in place of 206"),
        ("API search", 200, {}, json.dumps({"text": "a", "words_only": False}).encode(), "a", ""),
        (
            "API search",
            200,
            {},
            json.dumps({"text": "a", "words_only": True}).encode(),
            "a",
            "searched without the model",
        ),
        ("API search", 200, {}, b"<html>", "a", "no results"),
    ],
)
def test_what_is_wrong_with_an_answer(kind, status, headers, body, wanted, wrong):
    assert fault(kind, status, headers, body, wanted) == wrong


def test_a_browser_loads_each_picture_once():
    page = (
        '<img src="/media/a/frame?t=1&amp;w=2" alt=""><img src="/media/a/frame?t=1&amp;w=2"><img src="/static/x.png">'
    )
    assert pictures_of(page) == ["/media/a/frame?t=1&w=2"]


@pytest.mark.parametrize(
    ("measured", "failed"), [([sample(5)], False), ([sample(5), sample(1, "no")], True), ([], True)]
)
def test_one_wrong_answer_fails_the_run_and_so_does_none(capsys, measured, failed):
    facts = {"users": 1, "videos": 4, "took_s": 1.0, "own_cores": 0.1, "arriving": [sample(3, kind="sign in")]}
    assert report({**facts, "measured": measured}) is failed
    assert "| sign in | 1 | 0 |" in capsys.readouterr().out


@pytest.mark.parametrize("module", ["model_load", "web_load"])
def test_without_locust_it_says_how_to_get_it(module, tmp_path):
    command = [sys.executable, "-m", f"benchmarks.{module}", "--locust", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"--target {tmp_path} -r requirements/benchmarks.txt" in done.stderr
