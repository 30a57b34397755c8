"""An editor adds an address and a bucket's prefix; their videos come, and are found."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Video
from tests.browser.conftest import work
from tests.browser.films import make_film
from tests.browser.test_asking import ask, titles
from tests.browser.test_look import glance
from tests.film_bucket import bucket_of_films, put
from tests.film_server import Handler, serving_films
from tests.indexing import listen
from tests.sources import worked
from webapp.sources.models import Source

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def add(page: Page, place: str) -> Source:
    page.get_by_label("Folder, bucket or address").fill(place)
    page.get_by_role("button", name="Add the source").click()
    expect(page.get_by_role("status").first).to_have_text("The source is added. A worker looks at it within a minute.")
    return Source.objects.get(place=place)


def bring(page: Page, source: Source, title: str) -> None:
    """What the workers do when the bell rings."""
    page.get_by_role("button", name=f"Look now at {source.place}").click()
    expect(page.get_by_role("status").first).to_have_text("A worker is asked to look now.")
    worked(source)
    work(Video.objects.get(title=title))


def test_an_address_and_a_bucket_bring_their_videos(
    alice_page: Page, films: dict[str, Video], settings, tmp_path: Path, monkeypatch, shots: Path
):
    page = alice_page
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.WATCH_ROOTS = ("s3://films/in",)
    lake = make_film(tmp_path / "lake.mp4", ["purple"]).read_bytes()
    meadow = make_film(tmp_path / "meadow.mp4", ["yellow"]).read_bytes()
    page.goto(f"/library/{films['Evening'].library_id}")
    page.get_by_role("link", name="Sources").click()
    with serving_films(monkeypatch) as url, bucket_of_films(monkeypatch) as s3:
        Handler.answers["/lake.mp4"] = lambda handler: handler.send(200, lake, ETag='"one"')
        put(s3, "in/2026/meadow.mp4", meadow)
        put(s3, "in/notes.txt", b"no video by its name")
        bring(page, add(page, f"{url}/lake.mp4"), "lake")
        bring(page, add(page, "s3://films/in"), "meadow")
    page.reload()
    for place, kind, name in ((url, "Address", "lake.mp4"), ("s3://films/in", "Bucket", "meadow.mp4")):
        source = page.locator("section").filter(has=page.get_by_role("heading", name=place))
        expect(source).to_contain_text(f"{kind}, added by alice. 1 brought in.")
        expect(source.get_by_role("link", name=name)).to_be_visible()
    faults = glance(page, "sources-remote", shots)
    page.get_by_role("link", name="meadow.mp4").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("meadow")
    expect(page.locator("#segments").get_by_role("button").first).to_be_visible()
    ask(page, "purple")
    expect(titles(page)).to_contain_text(["lake"])
    listen()
    assert faults == []
