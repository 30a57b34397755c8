"""The operator looks at what runs and what failed, and tries it again; an editor adds a source, and a video comes."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from indexer import leases
from indexer.models import Library, Space, Track, Video
from tests.browser.films import make_film
from tests.browser.test_look import look as pictures_of
from tests.indexing import listen
from tests.sources import let_a_minute_pass, worked
from webapp.operate.storage import storage_measure
from webapp.sources.looking import look
from webapp.sources.models import Source, SourceItem
from webapp.uploads import parts
from webapp.uploads.models import Upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Status = Video.Status


def fill(film: Video) -> None:
    """What an operator meets on a bad day, as the workers would leave it."""
    common = {"library": film.library, "original": "videos/x/original", "size_bytes": 73_400_320}
    done = {"media_status": Status.READY}
    Video.objects.create(title="IMG_2034.MOV", **common, **done)
    Video.objects.create(
        title="Match, second half",
        status=Status.INDEXING,
        progress=0.42,
        lease_token=uuid.uuid4(),
        lease_until=timezone.now() + timedelta(hours=1),
        **common,
        **done,
    )
    broken = "This file is cut short. Copy it again."
    Video.objects.create(title="broken.avi", status=Status.FAILED, error=broken, attempts=1, **common, **done)
    full = "A file could not be read or written (No space left on device). It was tried 5 times."
    Video.objects.create(
        title="A long title that somebody typed in one breath because the camera had run out of battery",
        status=Status.FAILED,
        error=full,
        attempts=leases.MAX_ATTEMPTS,
        **common,
        **done,
    )
    Library.objects.filter(pk=film.library_id).update(hears_speech=True)
    mute = "The sound is stored as cook, which is not read here."
    Track.objects.create(video=film, kind="said", status=Track.Status.FAILED, error=mute, attempts=1)
    active = Space.objects.get()
    Space.objects.create(
        model="next",
        version="2" * 40,
        dim=8,
        clip_frames=8,
        window_s=4,
        stride_s=2,
        prompt="",
        frame_px=active.frame_px,
    )


def test_the_operator_sees_what_runs_and_tries_again_what_failed(alice_page: Page, films, shots: Path):
    User.objects.filter(username="alice").update(is_staff=True)
    faults = []
    Video.objects.update(status=Status.READY)
    alice_page.goto("/")
    alice_page.get_by_text("alice", exact=True).click()
    alice_page.get_by_role("link", name="Operate").click()
    expect(alice_page.get_by_text("Nothing has failed.")).to_be_visible()
    expect(alice_page.get_by_text("No worker answers.")).to_be_visible()
    faults += pictures_of(alice_page, "operate-calm", "light", shots)
    fill(films["Evening"])
    storage_measure()
    listen()
    expect(alice_page.get_by_text("This file is cut short. Copy it again.")).to_be_visible()  # by itself
    expect(alice_page.get_by_text("What is said: The sound is stored as cook")).to_be_visible()
    expect(alice_page.get_by_text("Files measured a few")).to_be_visible()
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += pictures_of(alice_page, "operate", theme, shots)
        alice_page.screenshot(path=shots / f"operate-whole-{theme}.png", full_page=True)
    alice_page.set_viewport_size({"width": 390, "height": 844})
    alice_page.screenshot(path=shots / "operate-whole-390.png", full_page=True)
    alice_page.set_viewport_size({"width": 1440, "height": 900})
    alice_page.get_by_role("button", name="Retry all that may pass (1)").click()
    expect(alice_page.get_by_text("1 video taken up again.")).to_be_visible()
    alice_page.get_by_role("button", name="Retry broken.avi").click()
    expect(alice_page.get_by_text("broken.avi is tried again.")).to_be_visible()
    alice_page.get_by_role("button", name="Retry Evening").click()
    expect(alice_page.get_by_text("Evening is tried again.")).to_be_visible()
    expect(alice_page.get_by_text("Nothing has failed.")).to_be_visible()
    listen()
    assert faults == []


def test_an_editor_adds_a_folder_and_its_video_comes(alice_page: Page, films, shots: Path, settings, tmp_path: Path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    inbox = tmp_path / "incoming" / "camera"
    inbox.mkdir(parents=True)
    library = films["Evening"].library
    faults = []
    settings.WATCH_ROOTS = ()
    alice_page.goto(f"/library/{library.pk}")
    alice_page.get_by_role("link", name="Sources").click()
    expect(alice_page.get_by_text("names them in the setting WATCH_ROOTS")).to_be_visible()
    faults += pictures_of(alice_page, "sources-empty", "light", shots)
    settings.WATCH_ROOTS = (str(inbox.parent), "s3://films/new")
    alice_page.get_by_label("Folder, bucket or address").fill(str(inbox))
    alice_page.get_by_role("button", name="Add the source").click()
    expect(alice_page.get_by_text("The source is added.")).to_be_visible()
    make_film(inbox / "Red day.mp4", ["red"])
    (inbox / "list.mp4").write_bytes(b"#EXTM3U\n" * 1000)
    source = Source.objects.get()
    look(source.pk)
    expect(alice_page.get_by_text("0 brought in, 2 to come.")).to_be_visible()  # by itself
    let_a_minute_pass()
    worked(source)
    expect(alice_page.get_by_role("link", name="Red day.mp4")).to_be_visible()
    under_way(source)
    alice_page.reload()
    expect(alice_page.get_by_text("31.5 MB of 52.5 MB are here")).to_be_visible()
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += pictures_of(alice_page, "sources", theme, shots)
        alice_page.screenshot(path=shots / f"sources-whole-{theme}.png", full_page=True)
    alice_page.get_by_role("button", name="Cancel Match.mov").click()
    expect(alice_page.get_by_text("Cancelled")).to_be_visible()
    alice_page.get_by_role("button", name="Pause").click()
    expect(alice_page.get_by_text("Paused")).to_be_visible()
    alice_page.get_by_role("button", name="Remove").click()
    expect(alice_page.get_by_text("The videos that it brought in stay.")).to_be_visible()
    assert Video.objects.filter(title="Red day").exists()
    listen()
    assert faults == []


def under_way(source: Source) -> None:
    """A copy that has come three fifths of its way, as a worker leaves it for a moment."""
    item = SourceItem.objects.create(source=source, key="Match.mov", version="1:1", status="fetching")
    upload = Upload.objects.create(
        library=source.library,
        owner=source.owner,
        title="Match",
        file_name="Match.mov",
        size_bytes=55_000_000,
        item=item,
    )
    parts.create(upload.pk)
    with parts.part_path(upload.pk).open("wb") as part:
        part.truncate(33_000_000)
