"""The detail slider: the stream cut again for one view, and captions for its new segments on demand alone."""

import re
from itertools import pairwise

import numpy as np
import pytest
from django.test import Client

from indexer import captions, detail
from indexer.models import Caption, Library, Segment, Space, Stream, Video
from model_server.engine import EngineError
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.pages import strip

pytestmark = pytest.mark.django_db


class Speaking(FakeEngine):
    """Says "a dog" of everything, and counts."""

    asked: list[int] = []

    def decode(self, embeddings: np.ndarray) -> list[str]:
        self.asked.append(len(embeddings))
        return ["a dog"] * len(embeddings)


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    Speaking.asked = []
    monkeypatch.setattr("webapp.pages.video.engine", Speaking)


@pytest.fixture
def video(library: Library) -> Video:
    """Four minutes of a dog that slowly becomes a cat, with a little snow at times."""
    shots = [
        np.sqrt(1 - (k / 120) ** 2) * showing("dog", 0.9, seed=k // 7) + k / 120 * showing("cat", 0.8, seed=k // 11)
        for k in range(120)
    ]
    made = add_video(library, stored_space(), [shot / np.linalg.norm(shot) for shot in shots], title="Pets")
    Video.objects.update(indexed_at=made.created_at, caption_status=Video.Status.CANCELLED)
    return made


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def shown(page: str) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r'data-seek="([\d.]+)" data-end="([\d.]+)"', page)]


def at(client: Client, video: Video, k: object) -> str:
    return text(client.get(f"/fragments/segments/{video.pk}?detail={k}"))


def caption(client: Client, video: Video, k: int) -> str:
    return text(client.post(f"/v/{video.pk}/segments/captions", {"detail": k, "q": ""}))


def test_the_strip_is_cut_coarser_and_finer_and_what_is_stored_stays(as_alice, video):
    stored = list(Segment.objects.values_list("start_s", "end_s"))
    counts = []
    for k in range(detail.FINEST + 1):
        spans = shown(at(as_alice, video, k))
        counts.append(len(spans))
        assert (spans[0][0], spans[-1][1]) == (0, 242)
        assert all(a[1] == b[0] for a, b in pairwise(spans)), "they tile the video"
    assert counts == sorted(counts)
    assert counts[0] < counts[detail.AS_INDEXED] == len(stored) < counts[-1]
    assert list(Segment.objects.values_list("start_s", "end_s")) == stored


def test_the_page_opens_as_indexed_with_a_slider_that_says_what_it_shows(as_alice, video):
    n = Segment.objects.count()
    page = text(as_alice.get(f"/v/{video.pk}"))
    assert len(shown(page)) == n
    assert f'value="{detail.AS_INDEXED}" aria-valuetext="{n} segments, as indexed"' in page
    assert "Caption the" not in page
    for odd in ("", "99", "-1", "x"):
        assert f"{n} segments, as indexed" in at(as_alice, video, odd)


def test_a_stream_that_cannot_be_cut_again_has_no_slider(as_alice, video):
    Stream.objects.update(details=b"")
    page = at(as_alice, video, 0)
    assert "data-detail" not in page
    assert len(shown(page)) == Segment.objects.count()


def test_a_cut_too_fine_to_look_through_is_not_offered(as_alice, video, monkeypatch):
    monkeypatch.setattr(strip, "MOST_TILES", 1)
    page = at(as_alice, video, detail.FINEST)
    assert f'max="{detail.AS_INDEXED}"' in page
    assert len(shown(page)) == Segment.objects.count(), "what is indexed is always shown"


def test_only_new_segments_are_decoded_a_few_at_a_time_and_kept(as_alice, video):
    space, k = Space.objects.get(), detail.FINEST
    spans = strip.spans_of(video, space, k)[0]
    row = {"video": video, "space": space, "agreement": 0.9}
    Caption.objects.create(start_s=spans[1][0], end_s=spans[1][1], text="kept", **row)
    n = len(spans) - 1
    assert n > strip.CAPTIONS_A_REQUEST
    assert f"Caption the next {strip.CAPTIONS_A_REQUEST} of {n}" in at(as_alice, video, k)
    page = caption(as_alice, video, k)
    assert Speaking.asked == [strip.CAPTIONS_A_REQUEST]
    assert page.count('title="a dog"') == strip.CAPTIONS_A_REQUEST
    assert ">kept</span>" in page
    while "Caption the" in page:
        page = caption(as_alice, video, k)
    assert sum(Speaking.asked) == n
    asked = len(Speaking.asked)
    assert len(shown(caption(as_alice, video, k))) == len(spans)
    assert len(Speaking.asked) == asked, "nothing is missing"
    assert not set(video.captions.values_list("start_s", "end_s")) - set(spans)


def test_a_segment_that_both_cuts_share_shares_its_caption(as_alice, video):
    space = Space.objects.get()
    fine = set(strip.spans_of(video, space, detail.AS_INDEXED + 1)[0])
    shared = [s for s in strip.spans_of(video, space, detail.AS_INDEXED)[0] if s in fine]
    assert shared, "the film must have one"
    while "Caption the" in caption(as_alice, video, detail.AS_INDEXED + 1):
        pass
    as_indexed = text(as_alice.get(f"/v/{video.pk}"))
    assert as_indexed.count('title="a dog"') == len(shared)


def test_it_says_why_there_are_none(as_alice, video, monkeypatch):
    monkeypatch.setattr("webapp.pages.video.engine", FakeEngine)
    assert captions.NO_DECODER in caption(as_alice, video, 0)
    monkeypatch.setattr("webapp.pages.video.engine", lambda: Speaking("v2"))
    assert "The model has changed" in caption(as_alice, video, 0)

    def away(self, embeddings):
        raise EngineError("The model does not answer.", permanent=False)

    monkeypatch.setattr(Speaking, "decode", away)
    monkeypatch.setattr("webapp.pages.video.engine", Speaking)
    assert "The model does not answer." in caption(as_alice, video, 0)
    assert not Caption.objects.exists()


def test_a_model_known_to_write_none_is_not_offered(as_alice, video):
    assert "Caption the" in at(as_alice, video, 0)
    Video.objects.update(caption_error=captions.NO_DECODER)
    assert "Caption the" not in at(as_alice, video, 0)


def test_whoever_may_look_may_ask_and_a_stranger_meets_a_404(client, bob, charlie, video):
    address = f"/v/{video.pk}/segments/captions"
    assert client.post(address, {"detail": 0}).status_code == 302
    client.force_login(charlie)
    assert client.post(address, {"detail": 0}).status_code == 404
    assert Speaking.asked == []
    client.force_login(bob)
    assert 'title="a dog"' in caption(client, video, 0)
    assert client.get(address).status_code == 405
