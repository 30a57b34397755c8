"""The benchmark of a million segments: what it draws, what it stores, how it asks, and the simulation of a billion."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from benchmarks import at_a_rate, large_fill, large_index
from benchmarks.billion import Cluster, Measured, memory_gib, queue, simulate
from benchmarks.drawn import LONGEST_S, Real, draw, lengths_s, real
from indexer import segments
from indexer.models import Anchor, Caption, Segment, Stream, Video
from search.engine import SearchRequest, search
from search.retrieve import Pool, scan
from tests.search_world import DIM, WORDS, FakeEngine, meaning, showing, stored_space

CAPTIONS = [f"this is a {word}" for word in WORDS]


def given() -> Real:
    meanings = np.stack([showing(word, 0.9, seed=i) for i, word in enumerate(WORDS)])
    return real(np.concatenate([meanings, -meanings]), 0.02 * np.random.default_rng(1).normal(size=(50, DIM)))


def test_a_drawn_stream_has_runs_that_segmentation_finds() -> None:
    drawn = draw(400, given(), np.random.default_rng(2))
    assert np.allclose(np.linalg.norm(drawn.embeddings, axis=1), 1, atol=1e-5)
    n_runs = 1 + np.count_nonzero(np.diff(drawn.meanings))
    times = np.stack([np.arange(400) * 2.0, np.arange(400) * 2.0 + 4], axis=1).astype(np.float32)
    assert n_runs == pytest.approx(len(segments.cut(times, drawn.embeddings)), rel=0.35)
    assert 400 / n_runs == pytest.approx(5, abs=1.5)


def test_videos_last_minutes_to_hours() -> None:
    seconds = lengths_s(2000, np.random.default_rng(3))
    assert np.median(seconds) == pytest.approx(360, rel=0.1)
    assert seconds.max() <= LONGEST_S


@pytest.mark.django_db
def test_what_is_stored_is_found_as_what_was_indexed() -> None:
    space = stored_space()
    keys, libraries = large_fill.people()
    large_fill.store(space, libraries, given(), [*CAPTIONS, *CAPTIONS], np.random.default_rng(4))
    assert len(set(keys)) == large_fill.USERS
    assert Video.objects.count() == large_fill.VIDEOS_AT_ONCE
    assert {v.library.name for v in Video.objects.all()} >= {"half", "a third"}
    assert Stream.objects.filter(space=space).values("video").distinct().count() == large_fill.VIDEOS_AT_ONCE
    assert Segment.objects.count() == Caption.objects.count() > 10 * large_fill.VIDEOS_AT_ONCE
    found = search(SearchRequest("dog", tuple(lib.pk for lib in libraries), plain=True, cutoff=0.5), FakeEngine())
    assert found.videos
    assert any(hit.score > 0.5 and "dog" in hit.caption for video in found.videos for hit in video.hits)
    exact = [c.segment_id for c in scan(Pool(space, tuple(lib.pk for lib in libraries)), meaning("dog"))[:10]]
    (nearest,) = large_index.nearest_exactly(space, meaning("dog")[None])
    kept = dict(Anchor.objects.filter(pk__in=nearest).values_list("pk", "segment_id"))
    assert len(set(exact) & {kept[key] for key in nearest}) >= 9  # equal distances may be told apart otherwise


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(0.05)
        wrong = not self.headers["Authorization"].startswith("Bearer key-")
        self.send_response(403 if wrong else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def test_a_wait_counts_from_when_a_request_should_have_left() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        row = at_a_rate.ask(f"http://127.0.0.1:{server.server_port}", ["key-a", "key-b"], rate=40, seconds=1)
    finally:
        server.shutdown()
    assert row["statuses"] == {"200": row["asked"]}
    assert 20 < row["asked"] < 60
    assert row["p50_ms"] >= 50


def test_a_queue_serves_as_many_at_once_as_it_has_cores() -> None:
    at, takes = np.array([0.0, 1.0, 2.0]), np.array([10.0, 1.0, 1.0])
    assert queue(at, takes, 1).tolist() == [10, 11, 12]
    assert queue(at, takes, 2).tolist() == [10, 2, 3]


def test_more_shards_hold_less_and_those_who_ask_few_wait_less() -> None:
    measured = Measured(10**6, 10**6, (5.0, 20.0), (8.0, 20.0), (25.0, 60.0), 2**30, 5 * 2**30)
    assert memory_gib(measured, 1e9, 64) == pytest.approx(memory_gib(measured, 1e9, 32) / 2)
    alone = simulate(measured, Cluster(32, 16, 1.0), 1e9, 20, n=1000)
    few = simulate(measured, Cluster(32, 16, 1 / 32), 1e9, 20, n=1000)
    crowded = simulate(measured, Cluster(32, 1, 1.0), 1e9, 100, n=1000)
    assert 25 < few["p50_ms"] < alone["p50_ms"] < crowded["p50_ms"]
    assert alone["busy"] < crowded["busy"] <= 1.01
