"""German on the pages: by what the browser asks, by choice, for guests too; programs and stored rows stay English."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation

from indexer.models import Library, Video
from indexer.outcomes import STILL_SEARCHABLE
from webapp.languages.views import version_of
from webapp.sharing.services import link_make

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}


def chosen(client: Client, language: str, page: str = "/") -> None:
    answer = client.post(reverse("language"), {"language": language, "next": page})
    assert (answer.status_code, answer["Location"]) == (302, page)


def read(client: Client, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def test_a_page_speaks_what_the_browser_asks_for(client, library):
    assert '<html lang="de">' in read(client, "/sign-in", **GERMAN)
    assert "Anmelden" in read(client, "/sign-in", **GERMAN)
    assert '<html lang="en">' in read(client, "/sign-in", **{"Accept-Language": "fi"})
    answer = client.get("/sign-in", headers=GERMAN)
    assert answer["Content-Language"] == "de"
    assert "Accept-Language" in answer["Vary"]


def test_a_choice_is_remembered_and_keeps_the_page(as_alice, library):
    chosen(as_alice, "de", f"/library/{library.pk}?tag=beach")
    cookie = as_alice.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["samesite"], bool(cookie["httponly"])) == ("de", "Lax", True)
    page = read(as_alice, f"/library/{library.pk}", **{"Accept-Language": "en"})
    assert "Noch nichts hier" in page
    assert 'value="de" lang="de" selected' in page
    chosen(as_alice, "en")
    assert "Nothing here yet" in read(as_alice, f"/library/{library.pk}", **GERMAN)


def test_a_choice_leads_to_no_other_site(client, library):
    answer = client.post(reverse("language"), {"language": "de", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_a_language_that_is_not_there_changes_nothing(client, library):
    client.post(reverse("language"), {"language": "xx", "next": "/sign-in"})
    assert '<html lang="en">' in read(client, "/sign-in")


def test_a_guest_of_a_link_chooses_too(client, library, alice):
    _, secret = link_make(library=library, made_by=alice, name="Grandparents", days=1)
    client.get(reverse("shared", args=[secret]))
    chosen(client, "de", f"/library/{library.pk}")
    page = read(client, "/")
    assert "Für dich freigegeben: Holidays, bis" in page
    assert "Finde den Moment." in page


def test_who_searches_in_german_is_told_that_the_model_reads_english(as_alice):
    hint = "Das Modell versteht Englisch"
    assert hint in read(as_alice, "/", **GERMAN)
    assert hint not in read(as_alice, "/")
    assert "The model understands English" not in read(as_alice, "/")


def test_numbers_dates_and_plurals_are_german(as_alice, library):
    facts = {"library": library, "original": "x", "status": Video.Status.READY, "duration_s": 90.0}
    video = Video.objects.create(title="Evening", size_bytes=1_500_000, media_status=Video.Status.READY, **facts)
    assert "1 Video, zusammen 1:30, 1,4" in read(as_alice, f"/library/{library.pk}", **GERMAN)
    with translation.override("de"):
        added = formats.date_format(video.created_at, "DATE_FORMAT")
    assert added in read(as_alice, f"/library/{library.pk}", **GERMAN)
    Video.objects.create(title="Morning", size_bytes=1_500_000, **facts)
    assert "2 Videos, zusammen 3:00, 2,9" in read(as_alice, f"/library/{library.pk}", **GERMAN)
    assert "2 videos, 3:00 in all, 2.9" in read(as_alice, f"/library/{library.pk}")


def test_a_stored_failure_is_said_in_the_readers_language(as_alice, library):
    error = f"This file is empty. {STILL_SEARCHABLE}"
    facts = {"title": "x", "original": "x", "size_bytes": 1, "media_status": Video.Status.FAILED}
    video = Video.objects.create(library=library, status=Video.Status.READY, error=error, **facts)
    address = reverse("video", args=[video.pk])
    assert "Diese Datei ist leer. Der frühere Index wird weiter durchsucht." in read(as_alice, address, **GERMAN)
    assert error in read(as_alice, address)
    assert Video.objects.get(pk=video.pk).error == error


def test_refusals_of_forms_and_uploads_are_german(as_alice, library):
    assert "“soon” is no length" in read(as_alice, "/search?q=dog&longer=soon")
    assert "„soon“ ist keine Länge" in read(as_alice, "/search?q=dog&longer=soon", **GERMAN)
    assert "Dieses Anführungszeichen wird nicht geschlossen. (Zeichen 3)" in read(
        as_alice, '/search?q=a "dog', **GERMAN
    )
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": "filename YS50eHQ="}
    answer = as_alice.post("/uploads/", headers=tus | GERMAN)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("Diese Bibliothek gibt es nicht.")


def test_programs_are_told_in_english(as_alice):
    answer = as_alice.get("/api/v1/search", {"q": 'a "dog'}, headers=GERMAN)
    assert "This quotation mark is never closed." in answer.content.decode()
    assert "Content-Language" not in answer


def test_a_page_of_an_error_does_not_repeat_its_address(client, library):
    page = read(client, reverse("shared", args=["x" * 43]))
    assert "xxx" not in page
    assert 'id="language"' in page


def test_nothing_of_a_request_stays_in_its_thread(client, library):
    read(client, "/sign-in", **GERMAN)
    assert translation.get_language() == "en"


def test_the_scripts_texts_are_kept_for_good_under_an_address_that_changes_with_them(client, library):
    address = reverse("texts", args=["de", version_of("de")])
    assert f'src="{address}"' in read(client, "/sign-in", **GERMAN)
    answer = client.get(address)
    assert "immutable" in answer["Cache-Control"]
    assert "Verbindet" in answer.content.decode()
    assert client.get(reverse("texts", args=["de", "0" * 12])).status_code == 404
    assert client.get(reverse("texts", args=["xx", version_of("de")])).status_code == 404


def test_the_first_library_is_named_in_the_language_of_its_owner(client, db):
    account = {"username": "dora", "password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post("/setup", account, headers=GERMAN).status_code == 302
    assert Library.objects.filter(name="Meine Videos").exists()
