"""Captions from the stored stream: one decode a segment, killed anywhere, bounded, and gone with the video."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from indexer import captions, deletion, files, leases, pipeline, services, sweeper, words
from indexer.models import Caption, Library, Segment, Space, Video
from model_server.engine import EngineError
from search.retrieve import Pool, segments_by_words
from tests.captioning import indexed, written
from tests.engines import CaptioningEngine, ColourEngine
from tests.indexing import in_a_process, listen

Status = Video.Status


@pytest.fixture
def video(library: Library, tmp_path, monkeypatch) -> Video:
    """Ready, forty seconds, its file gone: captions need none."""
    return indexed(library, tmp_path, monkeypatch)


def spans(model: type[Segment] | type[Caption], video: Video) -> list[tuple[float, float]]:
    return list(model.objects.filter(video=video).order_by("start_s").values_list("start_s", "end_s"))


def found(video: Video, words: str) -> int:
    pool = Pool(Space.objects.get(), (video.library_id,))
    return len(segments_by_words(pool, words))


def away(call: int) -> None:
    raise EngineError("The model does not answer.", permanent=False)


@pytest.mark.django_db
def test_it_writes_one_caption_a_segment_without_the_file(video):
    engine = CaptioningEngine()
    assert (written(video, engine).caption_status, video.caption_error, video.caption_lease_token) == (
        "ready",
        "",
        None,
    )
    assert spans(Caption, video) == spans(Segment, video)
    assert sum(engine.decoded) == len(spans(Segment, video)) > 1
    assert engine.calls == 0, "nothing is predicted again"
    assert set(Caption.objects.values_list("text", flat=True)) == {"a light picture", "a dark picture"}


@pytest.mark.django_db
def test_agreement_is_the_cosine_of_the_caption_read_back_with_the_segment(video):
    written(video, CaptioningEngine())
    means = {a.start_s: np.array(a.embedding) for s in video.segments.all() for a in s.anchors.order_by("pk")[:1]}
    for caption in video.captions.all():
        [read_back] = CaptioningEngine().encode_texts([caption.text])
        assert caption.agreement == pytest.approx(float(read_back @ means[caption.start_s]), abs=2e-3)
        assert 0 < caption.agreement < 1


@pytest.mark.django_db
def test_a_caption_that_is_not_its_segment_agrees_little(video, monkeypatch):
    monkeypatch.setattr(CaptioningEngine, "decode", lambda self, embeddings: ["a light picture"] * len(embeddings))
    written(video, CaptioningEngine())
    agreement = video.captions.values_list("agreement", flat=True)
    assert min(agreement) < words.UNSURE_BELOW < max(agreement)
    n_sure = sum(value >= words.UNSURE_BELOW for value in agreement)
    assert found(video, "light") == n_sure < len(agreement), "words of an unsure caption find nothing"


@pytest.mark.django_db
def test_a_decoder_with_nothing_to_say_is_not_asked_again(video, monkeypatch):
    monkeypatch.setattr(CaptioningEngine, "decode", lambda self, embeddings: [" "] * len(embeddings))
    written(video, CaptioningEngine())
    assert set(video.captions.values_list("text", "agreement")) == {("", 0.0)}
    assert captions.missing_spans(video, Space.objects.get()) == []


@pytest.mark.django_db
def test_captions_are_found_by_words_beside_the_title(video):
    assert found(video, "light") == 0
    written(video, CaptioningEngine())
    n_light = video.captions.filter(text__contains="light").count()
    assert 0 < found(video, "light") == n_light < found(video, "clip")
    assert found(video, "clip light") == n_light


@pytest.mark.django_db
def test_a_new_title_and_a_new_index_keep_the_captions_words(video, tmp_path, monkeypatch):
    written(video, CaptioningEngine())
    n_light = found(video, "light")
    services.video_rename(video=video, title="harbour")
    assert (found(video, "harbour light"), found(video, "clip")) == (n_light, 0)
    path = tmp_path / "again"
    path.write_bytes(b"not decoded")
    files.put(video.original, path)
    services.video_reindex(video=video)
    pipeline.index_video(video.pk, ColourEngine())
    assert found(video, "harbour light") == n_light
    engine = CaptioningEngine()
    assert written(video, engine).caption_status == Status.READY
    assert engine.decoded == [], "the same spans are not decoded again"


@pytest.mark.django_db(transaction=True)
def test_it_may_be_killed_at_any_line_and_run_again(video, monkeypatch):
    """Every line, one after the other, each on what the last kill left; what is stored is found by its words."""
    monkeypatch.setattr(captions, "SPANS_A_BATCH", 2)
    story = (captions.run, captions.caption_spans, captions.store, captions.keep)
    n_segments, partly = len(spans(Segment, video)), False
    for line in range(200):
        Video.objects.filter(pk=video.pk).update(caption_attempts=0)
        died = in_a_process(lambda: captions.write_captions(video.pk, CaptioningEngine()), story, line)
        video.refresh_from_db()
        n = video.captions.count()
        partly = partly or 0 < n < n_segments
        n_sure = video.captions.filter(agreement__gte=words.UNSURE_BELOW).count()
        assert found(video, "picture") == n_sure, f"after line {line}"
        assert died or video.caption_status == Status.READY
        if not died:
            break
        Video.objects.filter(pk=video.pk).update(caption_lease_until=timezone.now() - timedelta(seconds=1))
    assert partly, "batches are stored one by one"
    assert spans(Caption, video) == spans(Segment, video)


@pytest.mark.django_db
def test_after_a_kill_only_what_is_missing_is_decoded(video, monkeypatch):
    monkeypatch.setattr(captions, "SPANS_A_BATCH", 1)

    def killed(call: int) -> None:
        if call == 3:
            raise SystemExit

    with pytest.raises(SystemExit):
        captions.write_captions(video.pk, CaptioningEngine(killed))
    video.refresh_from_db()
    assert (video.caption_status, video.caption_attempts, video.caption_rung_at) == (Status.UPLOADED, 0, None)
    assert video.captions.count() == 2
    engine = CaptioningEngine()
    written(video, engine)
    assert sum(engine.decoded) == len(spans(Segment, video)) - 2


@pytest.mark.django_db
def test_a_model_without_decoder_is_no_error_and_is_not_asked_again(video):
    assert (written(video, ColourEngine()).caption_status, video.caption_error) == ("ready", captions.NO_DECODER)
    assert not video.captions.exists()
    assert not sweeper.side_work_due("caption", sweeper.RING_AGAIN).exists()


@pytest.mark.django_db
def test_a_decoder_that_came_later_wakes_the_videos_left_without(video, library, tmp_path, monkeypatch):
    other = written(indexed(library, tmp_path, monkeypatch, "other"), ColourEngine())
    written(video, CaptioningEngine())
    other.refresh_from_db()
    assert (other.caption_status, other.caption_error) == (Status.UPLOADED, "")
    assert list(sweeper.side_work_due("caption", sweeper.RING_AGAIN)) == [other]


@pytest.mark.django_db
def test_a_model_that_changed_since_says_so(video):
    assert written(video, CaptioningEngine(version="newer")).caption_error == captions.OTHER_MODEL
    assert not Caption.objects.exists()


@pytest.mark.django_db
def test_a_model_that_is_away_is_tried_again_and_not_for_ever(video):
    for attempt in range(1, leases.MAX_ATTEMPTS):
        assert (written(video, CaptioningEngine(away)).caption_status, video.caption_attempts) == ("uploaded", attempt)
        assert written(video, CaptioningEngine(away)).caption_attempts == attempt, "not before the wait is over"
        Video.objects.filter(pk=video.pk).update(caption_lease_until=None)
    written(video, CaptioningEngine(away))
    assert (video.caption_status, video.caption_error) == (Status.FAILED, "The model does not answer.")
    assert not sweeper.side_work_due("caption", sweeper.RING_AGAIN).exists()
    assert services.captions_start(video=video)
    assert (written(video, CaptioningEngine()).caption_status, video.caption_error) == (Status.READY, "")


@pytest.mark.django_db
def test_a_model_that_answers_with_fewer_captions_is_not_believed(video, monkeypatch):
    monkeypatch.setattr(CaptioningEngine, "decode", lambda self, embeddings: ["one"])
    assert written(video, CaptioningEngine()).caption_status == Status.UPLOADED
    assert not Caption.objects.exists()


@pytest.mark.django_db
def test_a_cancel_keeps_what_is_written_and_can_be_taken_back(video, monkeypatch):
    monkeypatch.setattr(captions, "SPANS_A_BATCH", 1)
    cancel = CaptioningEngine(lambda call: call == 2 and services.captions_cancel(video=video))
    assert (written(video, cancel).caption_status, video.captions.count()) == (Status.CANCELLED, 1)
    assert not services.captions_cancel(video=video), "nothing is left to stop"
    assert not sweeper.side_work_due("caption", sweeper.RING_AGAIN).exists()
    assert services.captions_start(video=video)
    assert not services.captions_start(video=video), "it waits already"
    written(video, CaptioningEngine())
    assert spans(Caption, video) == spans(Segment, video)


@pytest.mark.django_db
def test_a_new_index_takes_the_captions_from_the_worker_that_writes_them(video, tmp_path):
    path = tmp_path / "again"
    path.write_bytes(b"not decoded")
    files.put(video.original, path)

    def reindex(call: int) -> None:
        services.video_reindex(video=video)
        pipeline.index_video(video.pk, ColourEngine())

    written(video, CaptioningEngine(reindex))
    assert (video.status, video.caption_status) == (Status.READY, Status.UPLOADED)
    assert not Caption.objects.exists()


@pytest.mark.django_db
def test_a_long_video_gives_the_worker_back_after_its_turn(video, monkeypatch):
    monkeypatch.setattr(captions, "SPANS_A_BATCH", 1)
    monkeypatch.setattr(captions, "TURN_S", -1.0)
    rung = listen()
    assert written(video, CaptioningEngine()).caption_status == Status.UPLOADED
    assert rung() == [("write_captions", str(video.pk))]
    assert video.caption_rung_at is not None


@pytest.mark.django_db
def test_captions_go_with_their_video(video):
    written(video, CaptioningEngine())
    services.video_delete(video=video)
    captions.write_captions(video.pk, CaptioningEngine())
    deletion.delete_video(video.pk)
    assert not Caption.objects.exists()
