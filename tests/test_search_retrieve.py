"""The SQL of search on real Postgres: the index is used, filters starve nothing, words are ranked."""

from uuid import UUID

import numpy as np
import pytest
from django.db import connection

from indexer.models import Library, Space
from indexer.spaces import index_name
from search import retrieve
from search.retrieve import Pool, nearest_anchors, nearest_sql, segments_by_words
from tests.search_world import DIM, add_video, meaning, showing, stored_space

pytestmark = pytest.mark.django_db

N_CROWD = 1200


@pytest.fixture
def space() -> Space:
    return stored_space()


@pytest.fixture
def crowd(space: Space) -> Library:
    """Somebody else's library: thousands of anchors, all nearer to the dog than ours are."""
    crowd = Library.objects.create(name="Crowd")
    video = add_video(crowd, space, [meaning("dog")], title="crowd")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO indexer_anchor (segment_id, video_id, space_id, library_id, start_s, end_s, embedding)
            SELECT s.id, s.video_id, s.space_id, s.library_id, i, i + 4,
                (SELECT array_agg(CASE WHEN d = 1 THEN 5 ELSE random() END) FROM generate_series(1, %s) d
                 WHERE i = i)::real[]::vector::halfvec
            FROM indexer_segment s, generate_series(1, %s) i WHERE s.video_id = %s
            """,
            [DIM, N_CROWD, video.pk],
        )
        cursor.execute("ANALYZE indexer_anchor")
    return crowd


def plan_of(pool: Pool, *, exact: bool) -> str:
    sql, parameters = nearest_sql(pool, exact=exact)
    with connection.cursor() as cursor:
        cursor.execute(retrieve.WALK_SETTINGS)
        cursor.execute(f"EXPLAIN {sql}", parameters | {"query": retrieve.literal(meaning("dog"))})
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_nearest_anchors_come_from_the_index_of_the_space(crowd: Library, space: Space) -> None:
    assert f"Index Scan using {index_name(space)}" in plan_of(Pool(space, (crowd.pk,)), exact=False)


def test_an_exact_scan_does_not_touch_the_index(crowd: Library, space: Space) -> None:
    assert index_name(space) not in plan_of(Pool(space, (crowd.pk,)), exact=True)


def test_a_permission_filter_starves_nothing(
    crowd: Library, library: Library, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [add_video(library, space, [showing("dog", 0.5, seed=i)]).pk for i in range(5)]
    monkeypatch.setattr(retrieve, "EXACT_BELOW", 3)  # so that five anchors are many
    monkeypatch.setattr(retrieve, "scan", _refuse)
    found = nearest_anchors(Pool(space, (library.pk,)), meaning("dog"), n_anchors=5)
    assert {candidate.video_id for candidate in found} == set(ours)


def test_the_index_and_the_exact_scan_agree(crowd: Library, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(space, (crowd.pk,))
    exact = nearest_anchors(pool, showing("cat", 0.3), N_CROWD)
    monkeypatch.setattr(retrieve, "EXACT_BELOW", 3)
    walked = nearest_anchors(pool, showing("cat", 0.3), N_CROWD)
    assert len(exact) == len(walked) == retrieve.N_CANDIDATES
    assert len({c.start_s for c in exact} & {c.start_s for c in walked}) > 0.95 * retrieve.N_CANDIDATES


def test_where_the_walk_gives_up_the_scan_finds_the_rest(
    crowd: Library, library: Library, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = add_video(library, space, [showing("boat", 0.9)])
    monkeypatch.setattr(retrieve, "EXACT_BELOW", 1)
    monkeypatch.setattr(retrieve, "_walk_index", lambda pool, query: [])
    found = nearest_anchors(Pool(space, (library.pk,)), meaning("dog"), n_anchors=1)
    assert [c.video_id for c in found] == [video.pk]


def test_counting_stops_where_it_no_longer_matters(
    crowd: Library, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert retrieve.count_anchors(Pool(space, (crowd.pk,))) == N_CROWD + 1
    monkeypatch.setattr(retrieve, "EXACT_BELOW", 10)
    assert retrieve.count_anchors(Pool(space, (crowd.pk,))) == 10


def test_words_must_all_be_there_and_stop_words_do_not_count(library: Library, space: Space) -> None:
    both = add_video(library, space, [showing("train")], title="The old dog_on-a_boat.mp4")
    add_video(library, space, [showing("train")], title="dog.mp4")
    assert videos_by_words(library, space, "a dog on the boats") == [both.pk]
    assert videos_by_words(library, space, "of the") == []


def test_one_long_video_does_not_fill_the_list_of_words(library: Library, space: Space) -> None:
    changing = [showing(word, 0.9) for word in ("cat", "train", "pie", "snow") for _ in range(6)] * 4
    long = add_video(library, space, changing, title="dog")
    short = add_video(library, space, [showing("cat")], title="dog")
    found = videos_by_words(library, space, "dog")
    assert found.count(long.pk) == retrieve.N_SEGMENTS_A_VIDEO
    assert found.count(short.pk) == 1


@pytest.mark.parametrize("text", ["'; DROP TABLE indexer_video; --", "a & | ! b", "\\", "%s", "%(text)s"])
def test_words_are_never_taken_for_sql(library: Library, space: Space, text: str) -> None:
    assert videos_by_words(library, space, text) == []


def test_an_embedding_is_written_as_pgvector_reads_it() -> None:
    assert retrieve.literal(np.array([0.5, -1e-9, 1], np.float32)) == "[0.5,-1e-09,1]"


def videos_by_words(library: Library, space: Space, text: str) -> list[UUID]:
    return [candidate.video_id for candidate in segments_by_words(Pool(space, (library.pk,)), text)]


def _refuse(pool: Pool, query: np.ndarray) -> list[retrieve.Candidate]:
    raise AssertionError("the index should have found enough")
