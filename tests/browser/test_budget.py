"""What the first page and a page full of results cost: bytes, requests, and no layout that jumps."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from playwright.sync_api import Browser, Page, expect

from indexer.models import Segment, Stream, Video
from tests.browser.budget import PICTURES, WATCH_SHIFTS, WITHOUT_PLACE, Traffic
from tests.browser.conftest import open_context
from tests.web_process import ROOT, Web

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_BYTES = 100_000  # HTML, styles and scripts, compressed, with their headers
MOST_REQUESTS = 25
MOST_SHIFT = 0.01
N_VIDEOS = 24  # so that shelf and results are full
PAGES = {"home": "/", "results": "/search?q=red", "nothing": "/search?q=rocket"}


def again(video: Video) -> None:
    """The same film once more: a row of its own, with the first one's index and files."""
    kept = [list(table._default_manager.filter(video=video)) for table in (Stream, Segment)]
    anchors = {segment.pk: list(segment.anchors.all()) for segment in kept[1]}
    video.pk, video.title = uuid.uuid4(), f"{video.title}, again"
    video._state.adding = True
    video.save(force_insert=True)
    for row in [row for rows in kept for row in rows]:
        copies = anchors.get(row.pk, []) if isinstance(row, Segment) else []
        saved_anew(row, video=video)
        for anchor in copies:
            saved_anew(anchor, video=video, segment=row)


def saved_anew(row: Model, **other: Model) -> None:
    row.pk = None
    row._state.adding = True
    for name, value in other.items():
        setattr(row, name, value)
    row.save()


@pytest.fixture
def full(films: dict[str, Video]) -> dict[str, Video]:
    for number in range(N_VIDEOS - len(films)):
        again(Video.objects.get(pk=list(films.values())[number % len(films)].pk))
    return films


@pytest.fixture
def served(full, model_url: str, tmp_path: Path) -> Iterator[Web]:
    """The web as it is run: static files by WhiteNoise, compressed and named by content."""
    made = Web(tmp_path, DEBUG="False", MODEL_SERVER_URL=model_url)
    gather = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(gather, cwd=ROOT, env=made.environment, check=True)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def tab(browser: Browser, served: Web) -> Iterator[Page]:
    """Alice's, with every error on its console kept."""
    context = open_context(browser, served.url)
    context.add_init_script(WATCH_SHIFTS)
    cookies = served.session(User.objects.get(username="alice"))["Cookie"].split("; ")
    named = [cookie.partition("=") for cookie in cookies]
    context.add_cookies([{"name": name, "value": value, "url": served.url} for name, _, value in named])
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(f"{m.text} at {m.location}") if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    page.goto("about:blank")
    context.close()
    assert faults == []


def faults_of(page: Page, name: str, traffic: Traffic) -> list[str]:
    page.mouse.wheel(0, 5000)  # pictures further down are there too
    page.wait_for_load_state("networkidle")
    size, requests, shift = traffic.size(), traffic.requests(), page.evaluate("window.shifted")
    print(f"{name}: {size:.0f} bytes in {requests} requests, shifted by {shift:.4f}; {traffic.by_kind()}")  # noqa: T201 (shown by -s)
    checks = {
        f"{size:.0f} bytes: {traffic.by_kind()}": size > MOST_BYTES,
        f"{requests} requests: {sorted(traffic.addresses.values())}": requests > MOST_REQUESTS,
        f"shifted by {shift}: {page.evaluate('window.shifters')}": shift > MOST_SHIFT,
        f"pictures without a place: {page.evaluate(WITHOUT_PLACE)}": page.evaluate(WITHOUT_PLACE) != [],
    }
    return [f"{name}: {what}" for what, wrong in checks.items() if wrong]


def test_pages_are_small_and_do_not_jump(tab: Page, full, shots: Path):
    traffic, faults = Traffic(tab), []
    for name, address in {**PAGES, "video": f"/v/{full['Evening'].pk}?q=red&t=17"}.items():
        for width in (1440, 390):
            tab.set_viewport_size({"width": width, "height": 900})
            traffic.clear()
            tab.goto(address)
            tab.wait_for_load_state("networkidle")
            tab.screenshot(path=shots / f"budget-{name}-{width}.png")
            faults += faults_of(tab, f"{name} at {width} px", traffic)
    assert faults == []
    assert traffic.size(("Script",)) > 15_000  # htmx alone, compressed: the network was really looked at
    assert traffic.size(PICTURES) > 0


def test_nothing_jumps_when_a_video_becomes_ready(tab: Page, full):
    newest = Video.objects.order_by("-created_at")[0]  # it stands on the shelf
    film = Video.objects.filter(pk=newest.pk)
    film.update(status=Video.Status.INDEXING, stage="predict", progress=0.42)
    tab.goto("/")
    card = tab.locator(f"#card-{newest.pk}")
    expect(card.locator("progress")).to_be_visible()
    film.update(status=Video.Status.READY, stage="", progress=1)
    expect(card.locator("progress")).to_have_count(0)
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("window.shifted") <= MOST_SHIFT, tab.evaluate("window.shifters")
