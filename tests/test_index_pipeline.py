"""A video's index, whatever happens on the way: real decoding, real Postgres, a tiny engine."""

import uuid
from unittest import mock

import numpy as np
import pytest

from indexer import deletion, files, leases, pipeline, services, spaces, store, streams
from indexer.models import Anchor, Segment, Video
from model_server.engine import EngineError
from model_server.frames.errors import MediaError
from tests.engines import ColourEngine
from tests.indexing import in_a_process, lose_worker, placeholder_video, rows_of, stored_video, without_decoding
from tests.videos import make_video, picture_of

Status = Video.Status


@pytest.fixture
def video(library, tmp_path, monkeypatch) -> Video:
    without_decoding(monkeypatch)
    return placeholder_video(library, tmp_path)


def index(video: Video, before=lambda call: None) -> Video:
    pipeline.index_video(video.pk, ColourEngine(before))
    if Video.objects.filter(pk=video.pk).exists():
        video.refresh_from_db()
    return video


@pytest.mark.django_db
def test_it_stores_stream_segments_and_anchors_and_is_ready(library, tmp_path):
    video = index(stored_video(library, tmp_path))

    assert (video.status, video.progress, video.error, video.attempts) == (Status.READY, 1.0, "", 0)
    assert (video.duration_s, video.width_px, video.height_px) == (pytest.approx(6.0), 64, 48)
    assert (video.lease_token, video.lease_until) == (None, None)
    assert {"probe", "decode", "predict", "segment", "store", "total"} <= set(video.stage_timings)
    times, embeddings = streams.read_stream(video, spaces.active_space())
    assert times.tolist() == [[k, k + 1] for k in range(6)]  # every second is a shot of its own
    assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-3)
    cut = list(Segment.objects.filter(video=video))
    assert (cut[0].start_s, cut[-1].end_s) == (0, 6)
    assert all(segment.words for segment in cut)
    assert set(Anchor.objects.values_list("library", flat=True)) == {video.library_id}


@pytest.mark.django_db
def test_a_cut_in_the_picture_is_a_cut_between_segments(library, tmp_path):
    pictures = [picture_of(0 if k < 120 else 2) for k in range(240)]
    path = make_video(tmp_path / "two.mp4", 24, pictures=pictures)
    video = services.video_import(library=library, uploaded_by=None, title="two", path=path)
    index(video)
    edges = [segment.start_s for segment in Segment.objects.filter(video=video)]
    assert 12 in edges, edges


@pytest.mark.django_db
def test_the_doorbell_may_ring_twice(video):
    index(video)
    before = rows_of(video), video.indexed_at
    index(video)
    assert (rows_of(video), video.indexed_at) == before


@pytest.mark.django_db(transaction=True)
def test_it_may_be_killed_at_any_line_and_run_again(video):
    """Every line of the story and of the transaction, one after the other, each on what the last kill left."""
    spaces.ensure_space(ColourEngine().space)
    full = None
    for line in range(200):
        died = in_a_process(
            lambda: pipeline.index_video(video.pk, ColourEngine()), (pipeline.run, store.replace_index), line
        )
        video.refresh_from_db()
        if video.status == Status.READY:
            full = full or rows_of(video)
            assert min(full) > 0
        else:
            assert (died, video.status) == (True, Status.INDEXING)
        assert rows_of(video) == (full or (0, 0, 0)), f"half visible after line {line}"
        if not died:
            break
        lose_worker(video)
        Video.objects.filter(pk=video.pk).update(attempts=0)
        services.video_reindex(video=video)  # where the kill came after the commit
    assert line > 15, "the tracer saw too few lines to mean anything"
    assert (video.status, rows_of(video)) == (Status.READY, full)


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(video):
    def another_takes_over(call: int) -> None:
        lose_worker(video)
        pipeline.index_video(video.pk, ColourEngine())

    index(video, another_takes_over)
    assert video.status == Status.READY
    stored = rows_of(video)
    assert stored[0] == 1
    assert video.attempts == 0, "the first worker must not have written an outcome"


@pytest.mark.django_db
def test_a_cancel_is_seen_at_the_next_batch(video):
    index(video, lambda call: services.video_cancel(video=video))
    assert (video.status, video.cancel_requested, video.lease_token) == (Status.CANCELLED, False, None)
    assert rows_of(video) == (0, 0, 0)
    assert services.video_reindex(video=video)
    assert index(video).status == Status.READY


@pytest.mark.django_db
def test_a_cancelled_reindex_leaves_the_earlier_index_searchable(video):
    index(video)
    stored = rows_of(video)
    services.video_reindex(video=video)
    index(video, lambda call: services.video_cancel(video=video))
    assert (video.status, rows_of(video)) == (Status.READY, stored)


@pytest.mark.django_db
def test_a_reindex_replaces_everything_in_one_step(video):
    index(video)
    stored, old = rows_of(video), set(Anchor.objects.values_list("pk", flat=True))
    services.video_reindex(video=video)
    seen = []
    index(video, lambda call: seen.append(rows_of(video)))
    assert seen == [stored], "the old index is searched until the new one replaces it"
    assert rows_of(video) == stored
    assert not old & set(Anchor.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_video_deleted_while_it_is_indexed_leaves_nothing(video):
    def delete(call: int) -> None:
        services.video_delete(video=video)
        deletion.delete_video(video.pk)

    index(video, delete)
    assert not Video.objects.filter(pk=video.pk).exists()
    assert rows_of(video) == (0, 0, 0)
    assert files.stored_video_ids() == []


@pytest.mark.django_db
def test_it_tries_again_later_when_the_model_is_down(video):
    def down(call: int) -> None:
        raise EngineError("The model does not answer.", permanent=False)

    index(video, down)
    assert (video.status, video.attempts, video.lease_token) == (Status.UPLOADED, 1, None)
    assert video.error == "The model does not answer. Trying again in 10 s."
    assert leases.claim(video.pk, "index") is None, "not before the wait is over"
    Video.objects.filter(pk=video.pk).update(not_before=None)
    assert index(video).status == Status.READY
    assert video.error == ""


@pytest.mark.django_db
def test_it_gives_up_after_the_last_attempt(video):
    Video.objects.filter(pk=video.pk).update(attempts=leases.MAX_ATTEMPTS - 1)

    def broken(call: int) -> None:
        raise ZeroDivisionError

    index(video, broken)
    assert video.status == Status.FAILED
    assert "ZeroDivisionError" in video.error
    assert "tried 5 times" in video.error


@pytest.mark.django_db
def test_a_file_that_is_no_video_fails_at_once_with_a_sentence(library, tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear Bob,")
    video = services.video_import(library=library, uploaded_by=None, title="letter", path=path)
    index(video)
    assert (video.status, video.attempts) == (Status.FAILED, 1)
    assert video.error.endswith(".")
    assert rows_of(video) == (0, 0, 0)


@pytest.mark.django_db
def test_a_file_that_is_gone_from_storage_fails_with_a_sentence(video):
    files.delete_all(video.pk)
    index(video)
    assert (video.status, video.error) == (
        Status.FAILED,
        "The uploaded file is no longer in storage: upload it again.",
    )


@pytest.mark.django_db
def test_a_failed_reindex_takes_nothing_away(video):
    index(video)
    stored = rows_of(video)
    services.video_reindex(video=video)

    def refuses(call: int) -> None:
        raise EngineError("The model refuses this.", permanent=True)

    index(video, refuses)
    assert (video.status, rows_of(video)) == (Status.READY, stored)
    assert video.error == "The model refuses this. The earlier index is still searched."


@pytest.mark.django_db
def test_two_crashes_of_the_decoder_put_a_video_aside(video):
    def crash(call: int) -> None:
        raise MediaError("The decoder crashed.", permanent=True, crashed=True)

    index(video, crash)
    assert (video.status, video.crashes) == (Status.UPLOADED, 1), "the first crash may have been bad luck"
    Video.objects.filter(pk=video.pk).update(not_before=None)
    index(video, crash)
    assert (video.status, video.crashes) == (Status.QUARANTINED, 2)
    assert leases.claim(video.pk, "index") is None
    assert services.video_reindex(video=video), "a person may try once more"
    assert index(video).status == Status.READY


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_hands_the_video_back(video):
    def told_to_stop(call: int) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        index(video, told_to_stop)
    video.refresh_from_db()
    assert (video.status, video.attempts, video.rung_at) == (Status.UPLOADED, 0, None)
    assert index(video).status == Status.READY


@pytest.mark.django_db
def test_an_answer_that_is_not_numbers_never_reaches_the_store(video):
    with mock.patch.object(ColourEngine, "predict", lambda self, clips: np.full((len(clips), 8), np.nan, np.float32)):
        index(video)
    assert video.status == Status.UPLOADED
    assert rows_of(video) == (0, 0, 0)


@pytest.mark.django_db
def test_progress_is_in_the_time_of_the_video(video, monkeypatch):
    without_decoding(monkeypatch, seconds=70)
    seen = []

    def look(call: int) -> None:
        row = Video.objects.get(pk=video.pk)
        seen.append((row.stage, round(row.progress, 2)))

    index(video, look)
    assert seen == [("decode", 0.0), ("predict", round(34 / 70, 2)), ("predict", round(66 / 70, 2))]


@pytest.mark.django_db
def test_a_doorbell_for_a_video_that_never_was_is_ignored():
    pipeline.index_video(uuid.uuid4(), ColourEngine())
