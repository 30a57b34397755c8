"""Spaces: one row, one partial index, and the switch between them."""

from dataclasses import replace

import numpy as np
import pytest
from django.db import connection

from indexer import filling, pipeline, services, spaces
from indexer.models import Anchor, Segment, Space, Video
from tests.engines import DIM, ColourEngine
from tests.indexing import placeholder_video, without_decoding


def plan_of_nearest(space: Space, expression: str) -> str:
    """The plan where sorting a scan is made dear: with few rows Postgres would rightly read them all."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE indexer_anchor")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM indexer_anchor WHERE space_id = {space.pk}"
            f" ORDER BY {expression} <=> %s::halfvec LIMIT 20",
            [str([0.1] * DIM)],
        )
        return "\n".join(row[0] for row in cursor.fetchall())


def add_anchors(library, tmp_path, space: Space, n: int) -> None:
    video = placeholder_video(library, tmp_path, f"of {space.version}")
    segment = Segment.objects.create(video=video, space=space, library=library, start_s=0, end_s=1)
    raw = np.random.default_rng(space.pk).normal(size=(n, DIM))
    Anchor.objects.bulk_create(
        Anchor(
            segment=segment, video=video, space=space, library=library, start_s=0, end_s=1, embedding=raw[k].tolist()
        )
        for k in range(n)
    )


@pytest.mark.django_db
def test_the_query_plan_uses_the_index_of_its_own_space(library, tmp_path):
    first = spaces.ensure_space(ColourEngine().space)
    second = spaces.ensure_space(ColourEngine(version="other").space)
    for space in (first, second):
        add_anchors(library, tmp_path, space, 100)
    for space in (first, second):
        plan = plan_of_nearest(space, spaces.embedding_expression(space))
        assert f"Index Scan using {spaces.index_name(space)} " in plan
    assert "anchor_nearest" not in plan_of_nearest(first, "embedding"), "the same expression, or a silent scan"


@pytest.mark.django_db
def test_spaces_of_different_sizes_live_in_one_column(library, tmp_path):
    small = spaces.ensure_space(ColourEngine().space)
    large = spaces.ensure_space(replace(ColourEngine(version="large").space, dim=16))
    add_anchors(library, tmp_path, small, 5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [spaces.index_name(large)])
        assert "halfvec(16)" in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_the_index_is_built_beside_running_work_and_an_invalid_one_is_made_again():
    space = spaces.ensure_space(ColourEngine().space)
    with connection.cursor() as cursor:  # what a killed concurrent build leaves behind
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [spaces.index_name(space)]
        )
    assert spaces._index_is_valid(space) is False
    assert spaces.ensure_space(ColourEngine().space) == space
    assert spaces._index_is_valid(space) is True


@pytest.mark.django_db
def test_the_first_space_is_active_and_the_next_waits():
    first = spaces.ensure_space(ColourEngine().space)
    second = spaces.ensure_space(ColourEngine(version="new weights").space)
    assert (first.status, second.status) == (Space.Status.ACTIVE, Space.Status.BUILDING)
    assert spaces.active_space() == first
    assert spaces.ensure_space(ColourEngine().space).pk == first.pk


@pytest.mark.django_db(transaction=True)  # an index is not made in a transaction that has written to its table
def test_a_new_space_takes_over_once_it_holds_every_video(library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    videos = [placeholder_video(library, tmp_path, title) for title in ("one", "two")]
    for video in videos:
        pipeline.index_video(video.pk, ColourEngine())
    old = spaces.active_space()
    for video, complete in zip(videos, (False, True), strict=True):
        services.video_reindex(video=video)
        pipeline.index_video(video.pk, ColourEngine(version="new weights"))
        assert (spaces.active_space() != old) is complete
    old.refresh_from_db()
    assert old.status == Space.Status.RETIRED


class Worker:
    """Index whatever was rung for, with one model."""

    def __init__(self, monkeypatch, videos) -> None:
        without_decoding(monkeypatch)
        self.videos = videos

    def fill(self, engine: ColourEngine) -> int:
        """What the clock asks for, then the work it found."""
        queued = filling.fill_space(engine.space)
        for video in self.videos:
            video.refresh_from_db()
            if video.status == Video.Status.UPLOADED:
                pipeline.index_video(video.pk, engine)
        return queued


@pytest.fixture
def worker(library, tmp_path, monkeypatch) -> Worker:
    made = Worker(monkeypatch, [placeholder_video(library, tmp_path, title) for title in ("one", "two", "three")])
    for video in made.videos:
        pipeline.index_video(video.pk, ColourEngine())
    return made


@pytest.mark.django_db(transaction=True)
def test_another_model_fills_its_space_a_few_videos_at_a_time_and_then_answers(worker, monkeypatch):
    monkeypatch.setattr(filling, "AT_ONCE", 2)
    old, new = spaces.active_space(), ColourEngine(version="new weights")
    assert worker.fill(ColourEngine()) == 0, "the model has not changed"
    assert worker.fill(new) == 2
    assert spaces.active_space() == old
    assert worker.fill(new) == 1
    assert spaces.active_space().version == "new weights"
    assert worker.fill(new) == 0


@pytest.mark.django_db(transaction=True)
def test_the_model_before_comes_back_with_what_it_held(worker):
    old, new = ColourEngine(), ColourEngine(version="new weights")
    first = spaces.active_space()
    worker.fill(new)
    assert spaces.active_space() != first
    assert worker.fill(old) == 0, "its space holds every video"
    assert spaces.active_space() == first


@pytest.mark.django_db(transaction=True)
def test_a_change_of_mind_leaves_no_space_being_built(worker, monkeypatch):
    monkeypatch.setattr(filling, "AT_ONCE", 1)
    worker.fill(ColourEngine(version="new weights"))
    assert Space.objects.filter(status=Space.Status.BUILDING).exists()
    worker.fill(ColourEngine())
    assert not Space.objects.filter(status=Space.Status.BUILDING).exists()
    assert worker.fill(ColourEngine(version="new weights")) == 1, "it goes on where it was"


@pytest.mark.django_db(transaction=True)
def test_a_video_that_fails_is_not_tried_for_ever(worker):
    Video.objects.filter(pk=worker.videos[0].pk).update(error="The file ends early.")
    new = ColourEngine(version="new weights")
    assert worker.fill(new) == 2
    assert worker.fill(new) == 0
    assert spaces.active_space().version != "new weights"


@pytest.mark.django_db
def test_without_videos_there_is_no_space_to_fill():
    assert filling.fill_space(ColourEngine().space) == 0
    assert not Space.objects.exists()
