"""Streams in Postgres: what goes in comes out, and a neighbourhood reads no more than it needs."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indexer import spaces, streams
from indexer.models import Stream
from tests.engines import DIM, ColourEngine
from tests.indexing import placeholder_video


@pytest.fixture
def stored(library, tmp_path):
    """Half an hour of stream: three parts."""
    video, space = placeholder_video(library, tmp_path), spaces.ensure_space(ColourEngine().space)
    times = np.array([(2 * k, 2 * k + 4) for k in range(900)], np.float32)
    embeddings = np.random.default_rng(1).normal(size=(900, DIM)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    Stream.objects.bulk_create(streams.pack(p, video=video, space=space) for p in streams.parts(times, embeddings))
    return video, space, times, embeddings


@pytest.mark.django_db
def test_a_stream_comes_back_in_time_order_at_half_precision(stored):
    video, space, times, embeddings = stored
    got_times, got = streams.read_stream(video, space)
    assert np.array_equal(got_times, times)
    assert got.dtype == np.float32
    assert np.array_equal(got, embeddings.astype(np.float16).astype(np.float32))
    assert list(Stream.objects.values_list("part", "start_s", "end_s", "n_windows")) == [
        (0, 0, 602, 300),
        (1, 600, 1202, 300),
        (2, 1200, 1802, 300),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start_s", "end_s", "first", "last"),
    [(598, 604, 298, 302), (None, 4, 0, 2), (1796, None, 897, 900), (4, 4.5, 1, 3), (0.5, 1, 0, 1)],
)
def test_a_neighbourhood_is_every_window_that_overlaps_it(stored, start_s, end_s, first, last):
    video, space, times, embeddings = stored
    got_times, got = streams.read_stream(video, space, start_s, end_s)
    assert np.array_equal(got_times, times[first:last])
    assert np.allclose(got, embeddings[first:last], atol=1e-3)


@pytest.mark.django_db
def test_a_neighbourhood_is_sliced_by_postgres(stored):
    video, space, _, _ = stored
    with CaptureQueriesContext(
        connection,
    ) as queries:
        streams.read_stream(video, space, 700, 710)
    assert len(queries) == 2
    assert "substring" in queries[1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute WHERE attrelid = 'indexer_stream'::regclass AND attname = 'embeddings'"
        )
        assert cursor.fetchone()[0] == "e", "without STORAGE EXTERNAL Postgres reads and unpacks the whole part"


@pytest.mark.django_db
def test_outside_the_video_there_is_nothing(stored):
    video, space, _, _ = stored
    times, embeddings = streams.read_stream(video, space, 5000, 6000)
    assert (times.shape, embeddings.shape) == ((0, 2), (0, DIM))


@pytest.mark.django_db
def test_details_come_back_without_the_embeddings_and_not_half(stored):
    video, space, times, embeddings = stored
    assert [len(part) for part in streams.read_details(video, space)] == [0, 0], "these rows have none"
    Stream.objects.all().delete()
    details = (np.arange(900) % 7).astype(np.uint8)
    parts = streams.parts(times, embeddings, details)
    Stream.objects.bulk_create(streams.pack(p, video=video, space=space) for p in parts)
    with CaptureQueriesContext(connection) as queries:
        got_times, got = streams.read_details(video, space)
    assert np.array_equal(got_times, times)
    assert np.array_equal(got, details)
    assert len(queries) == 1
    assert '"embeddings"' not in queries[0]["sql"]
    Stream.objects.filter(part=1).update(details=b"")
    assert [len(part) for part in streams.read_details(video, space)] == [0, 0]


def test_every_finite_half_becomes_the_same_number():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert np.array_equal(streams.widened(finite).view(np.uint32), finite.astype(np.float32).view(np.uint32))
