"""Every page, light and dark, on three widths: no serious fault for axe, nothing wider than the screen, a picture."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from indexer.models import Library, Video
from tests.browser.conftest import open_context, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = {1440: 900, 1024: 768, 390: 844}
Status = Video.Status


def look(page: Page, name: str, theme: str, shots: Path) -> list[str]:
    """A picture at each width, and what is wrong with the page."""
    faults = []
    for width in SIZES:
        faults += at_width(page, width, name, theme, shots)
    page.set_viewport_size({"width": 1440, "height": 900})
    return faults


def glance(page: Page, name: str, shots: Path) -> list[str]:
    """The whole page, light on a desk and dark on a phone, and what is wrong with it."""
    faults = []
    for width, theme in ((390, "dark"), (1440, "light")):
        page.emulate_media(color_scheme=theme)
        faults += at_width(page, width, name, theme, shots, whole=True)
    return faults


def at_width(page: Page, width: int, name: str, theme: str, shots: Path, *, whole: bool = False) -> list[str]:
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.wait_for_timeout(150)
    page.screenshot(path=shots / f"{name}-{width}-{theme}.png", full_page=whole)
    faults = [f"{name} at {width} px: {fault}" for fault in serious(page)] if width != 1024 else []
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        faults.append(f"{name} is wider than {width} px")
    return faults


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']} {node['html'][:200]} {node.get('failureSummary', '')}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def every_state(library: Library) -> dict[str, Video]:
    """Videos that rest in each state, as the worker would leave them."""
    common = {"library": library, "original": "videos/x/original", "size_bytes": 73_400_320}
    resting = {"media_status": Status.FAILED}
    return {
        "waiting": Video.objects.create(title="IMG_2034.MOV", **common),
        "indexing": Video.objects.create(
            title="Match, second half",
            status=Status.INDEXING,
            stage="predict",
            progress=0.42,
            duration_s=2760,
            stage_timings={"total": 87.0},
            **common,
        ),
        "failed": Video.objects.create(
            title="broken.avi",
            status=Status.FAILED,
            error="This file is cut short. Copy it again.",
            **resting,
            **common,
        ),
        "cancelled": Video.objects.create(title="stopped.mp4", status=Status.CANCELLED, **resting, **common),
        "quarantined": Video.objects.create(
            title="odd.mkv", status=Status.QUARANTINED, error="Its decoder crashed twice.", **resting, **common
        ),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_looks_finished_and_has_no_serious_fault(browser: Browser, site, films, shots, theme):
    film = films["Evening"]
    states = every_state(film.library)
    addresses = {
        "home": "/",
        "library": f"/library/{film.library_id}",
        "search": "/search?q=blue",
        "search-filtered": f"/search?q=red&library={film.library_id}&since=2020-01-01",
        "search-order": "/search?q=red+-blue+then+yellow+within+5+min",
        "misunderstood": "/search?q=red+%22",
        "nothing": "/search?q=rocket",
        "dates": "/search?q=red&since=2026-02-02&until=2026-01-01",
        "video": f"/v/{film.pk}?q=red&t=17",
        "video-plain": f"/v/{film.pk}",
        **{f"video-{name}": f"/v/{video.pk}" for name, video in states.items()},
        "edit": f"/v/{film.pk}/edit",
        "reindex": f"/v/{film.pk}/reindex",
        "delete": f"/v/{film.pk}/delete",
        "library-new": "/library/new",
        "upload": "/upload",
        "keys": "/keys",
        "help": "/help",
        "not-found": "/v/nowhere",
    }
    context = open_context(browser, site, color_scheme=theme)
    page = context.new_page()
    page.goto("/sign-in")
    faults = look(page, "sign-in", theme, shots)
    sign_in(page)
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_load_state("networkidle" if "indexing" not in name and "waiting" not in name else "load")
        faults += look(page, name, theme, shots)
    context.close()
    assert faults == []


def test_the_first_visit_looks_finished(page: Page, site, shots):
    page.goto("/")
    assert page.url.endswith("/setup")
    faults = look(page, "setup", "light", shots)
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password again").fill("correct horse battery")
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/")
    faults += look(page, "home-empty", "light", shots)
    assert faults == []
