"""The tus 1.0 protocol, rule by rule, in the order and the words of https://tus.io/protocols/resumable-upload.

What lies around the rules (rooms, names, kinds, people) is in test_uploads_protocol.py.
"""

import base64
import hashlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from tests.tus_client import BODY_TYPE, VIDEO, Tus, metadata
from webapp.uploads.models import Upload
from webapp.uploads.sweep import uploads_sweep

pytestmark = pytest.mark.django_db
PROTOCOL = {"Tus-Resumable": "1.0.0"}


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


@pytest.fixture
def tus(client: Client, alice) -> Tus:
    client.force_login(alice)
    return Tus(client)


@pytest.fixture
def url(tus, library) -> str:
    """An upload of which the first hundred bytes have come."""
    made = tus.create(library)["Location"]
    tus.patch(made, 0, VIDEO[:100])
    return made


def offset(tus: Tus, url: str) -> str:
    return tus.head(url)["Upload-Offset"]


# Core: HEAD.


def test_head_always_has_the_offset_even_when_it_is_0(tus, library):
    assert offset(tus, tus.create(library)["Location"]) == "0"


def test_head_has_the_length_that_is_known(tus, url):
    assert tus.head(url)["Upload-Length"] == str(len(VIDEO))


def test_head_is_never_cached(tus, url):
    assert tus.head(url)["Cache-Control"] == "no-store"


def test_head_of_what_is_not_there_is_404_or_410_without_an_offset(tus, url):
    missing = tus.head("/uploads/7b9f1a52-61a5-4a44-9d6e-2f0d5a7c0a11")
    tus.delete(url)
    gone = tus.head(url)
    assert (missing.status_code, gone.status_code) == (404, 410)
    assert not any("Upload-Offset" in answer for answer in (missing, gone))


# Core: PATCH.


def test_patch_appends_and_answers_204_with_the_new_offset(tus, url):
    answer = tus.patch(url, 100, VIDEO[100:250])
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "250")


def test_patch_of_another_content_type_is_415(tus, url):
    assert tus.patch(url, 100, VIDEO[100:], content_type="video/mp4").status_code == 415
    assert offset(tus, url) == "100"


@pytest.mark.parametrize("start", ["99", "101", "0"])
def test_patch_at_another_offset_is_409_and_changes_nothing(tus, url, start):
    assert tus.patch(url, 100, b"x", **{"Upload-Offset": start}).status_code == 409
    assert offset(tus, url) == "100"


@pytest.mark.parametrize("start", ["-1", "", "1e2"])
def test_an_offset_is_a_whole_number_of_zero_or_more(tus, url, start):
    assert tus.patch(url, 100, b"x", **{"Upload-Offset": start}).status_code == 400


def test_patch_of_what_is_not_there_is_404(tus, url):
    assert tus.patch("/uploads/7b9f1a52-61a5-4a44-9d6e-2f0d5a7c0a11", 0, b"x").status_code == 404


# Core: OPTIONS, versions, the verb in a header.


def test_options_needs_no_version_and_says_versions_extensions_and_size(client, settings):
    answer = client.options("/uploads/")
    assert answer.status_code in (200, 204)
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Max-Size"] == str(settings.MAX_UPLOAD_BYTES)
    extensions = answer["Tus-Extension"].split(",")
    assert set(extensions) == {"creation", "creation-with-upload", "expiration", "checksum", "termination"}


@pytest.mark.parametrize("version", ["0.2.2", "2.0.0", ""])
@pytest.mark.parametrize("verb", ["head", "patch", "delete"])
def test_another_version_is_412_with_the_versions_there_are_and_nothing_is_done(tus, url, verb, version):
    answer = getattr(tus.client, verb)(url, headers={"Tus-Resumable": version, "Upload-Offset": "100"})
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert offset(tus, url) == "100"


def test_every_answer_says_the_version(tus, url):
    answers = [tus.head(url), tus.patch(url, 100, b"x"), tus.patch(url, 5, b"x"), tus.delete(url), tus.head(url)]
    assert {answer["Tus-Resumable"] for answer in answers} == {"1.0.0"}


def test_a_post_may_name_its_verb_in_a_header(tus, url):
    headers = {**PROTOCOL, "Upload-Offset": "100", "X-HTTP-Method-Override": "PATCH"}
    assert tus.client.post(url, VIDEO[100:110], content_type=BODY_TYPE, headers=headers)["Upload-Offset"] == "110"


# Creation.


def test_creation_is_201_with_a_location(tus, library):
    answer = tus.create(library)
    assert answer.status_code == 201
    assert tus.head(answer["Location"]).status_code == 200


@pytest.mark.parametrize("length", ["", "-5", "x"])
def test_a_length_is_a_whole_number(tus, library, length):
    assert tus.create(library, **{"Upload-Length": length}).status_code == 400


def test_a_length_above_the_limit_is_413(tus, library, settings):
    assert tus.create(library, settings.MAX_UPLOAD_BYTES + 1).status_code == 413


def test_a_length_to_be_told_later_is_refused_as_it_is_not_offered(tus, library):
    assert tus.create(library, **{"Upload-Length": "", "Upload-Defer-Length": "1"}).status_code == 400


def test_head_gives_the_metadata_back_as_it_was_sent(tus, library):
    sent = f"{metadata(filename='Übung.mp4', library=str(library.pk))},is_private"
    answer = tus.head(tus.create(library, **{"Upload-Metadata": sent})["Location"])
    assert answer["Upload-Metadata"] == sent


def test_a_key_of_the_metadata_may_have_no_value_and_come_once(tus, library):
    sent = metadata(filename="a.mp4", library=str(library.pk))
    assert tus.create(library, **{"Upload-Metadata": f"{sent},is_private"}).status_code == 201
    assert tus.create(library, **{"Upload-Metadata": f"{sent},filename YQ=="}).status_code == 400


def test_bytes_that_come_with_the_creation_count(tus, library):
    headers = {
        **PROTOCOL,
        "Upload-Length": str(len(VIDEO)),
        "Upload-Metadata": metadata(filename="a.mp4", library=str(library.pk)),
    }
    answer = tus.client.post("/uploads/", VIDEO[:500], content_type=BODY_TYPE, headers=headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "500")
    assert offset(tus, answer["Location"]) == "500"


# Expiration.


def test_the_moment_of_expiry_is_told_as_an_http_date_and_moves_with_the_bytes(tus, url, settings):
    told = [tus.head(url)["Upload-Expires"], tus.patch(url, 100, b"x")["Upload-Expires"]]
    moments = [parsedate_to_datetime(one) for one in told]
    assert timezone.now() < moments[0] <= moments[1]
    assert moments[1] <= timezone.now() + timedelta(seconds=settings.UPLOAD_EXPIRES_S)


def test_an_expired_upload_is_410_before_and_after_it_is_swept(tus, url, settings):
    Upload.objects.update(touched_at=timezone.now() - timedelta(seconds=settings.UPLOAD_EXPIRES_S + 1))
    before = [tus.head(url).status_code, tus.patch(url, 100, b"x").status_code]
    uploads_sweep()
    assert [*before, tus.head(url).status_code, tus.patch(url, 100, b"x").status_code] == [410] * 4


# Checksum.


def digest(algorithm: str, data: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"}


def test_the_algorithms_are_told_and_sha1_is_among_them(client):
    assert "sha1" in client.options("/uploads/")["Tus-Checksum-Algorithm"].split(",")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_right_checksum_is_204_and_a_wrong_one_460_and_the_bytes_are_dropped(tus, url, algorithm):
    assert tus.patch(url, 100, VIDEO[100:200], **digest(algorithm, b"other")).status_code == 460
    assert offset(tus, url) == "100"
    assert tus.patch(url, 100, VIDEO[100:200], **digest(algorithm, VIDEO[100:200])).status_code == 204


def test_an_algorithm_that_is_not_offered_is_400(tus, url):
    assert tus.patch(url, 100, b"x", **{"Upload-Checksum": "md5 AAAA"}).status_code == 400
    assert offset(tus, url) == "100"


# Termination.


def test_termination_is_204_and_then_the_upload_is_410(tus, url):
    assert tus.delete(url).status_code == 204
    assert [tus.head(url).status_code, tus.patch(url, 100, b"x").status_code] == [410, 410]


# Concatenation is not offered.


@pytest.mark.parametrize("value", ["partial", "final;/uploads/a /uploads/b"])
def test_concatenation_is_refused(tus, library, value):
    assert tus.create(library, **{"Upload-Concat": value}).status_code == 400
    assert not Upload.objects.exists()
