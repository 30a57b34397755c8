"""The tour: four pages, a sentence or two on each, shown to a person until they leave it.

It walks through the sample library, so there is none where that library has no video that is ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indexer.models import Video
from indexer.selectors import videos_visible_to
from webapp.tour.models import TourEnded

TRY = "a cat"  # the reel of photos shows one
Words = str | Promise


@dataclass(frozen=True)
class Step:
    """What is said on a page, and the way to the next one; the last step has none."""

    page: str  # the route's name, and what is marked on it by style
    title: Words
    words: Words
    onward: Words = ""
    leads_to: Callable[[Video], str] | None = None


def to_search(sample: Video) -> str:
    return f"{reverse('search')}?{urlencode({'q': TRY, 'library': str(sample.library_id)})}"


def to_video(sample: Video) -> str:
    return f"{reverse('video', args=[sample.pk])}?{urlencode({'q': TRY})}"


def to_upload(_sample: Video) -> str:
    return reverse("upload")


STEPS = (
    Step(
        "home",
        _("Ask in plain words"),
        _("The sample library below holds a few short films. Type what you would see in one of them."),
        _("Try “a cat”"),
        to_search,
    ),
    Step(
        "search",
        _("Each picture is a moment"),
        _(
            "The amber bar is the chance that it is what you meant. Arrow keys go through the moments; under Filters a "
            "slider sets how well one must match."
        ),
        _("Open a video"),
        to_video,
    ),
    Step(
        "video",
        _("The line is your question along the video"),
        _(
            "It rises where your words fit. The handle on its right edge says what counts as a moment; beside it you "
            "can ask about the moment on screen."
        ),
        _("Where your videos go"),
        to_upload,
    ),
    Step(
        "upload",
        _("Now your own"),
        _("Drop videos anywhere on this page. Each can be searched once it is indexed, and stays on this machine."),
    ),
)


@dataclass(frozen=True)
class Shown:
    """A step as a page shows it."""

    step: Step
    number: int
    onward_url: str  # empty at the last step

    @property
    def of(self) -> int:
        return len(STEPS)


def tour_on(request: HttpRequest) -> Shown | None:
    """The step of the page that is asked for; None for who left it, and where there is nothing to walk through."""
    match, person = request.resolver_match, getattr(request, "user", None)
    numbered = {step.page: (number, step) for number, step in enumerate(STEPS, 1)}
    if match is None or match.url_name not in numbered or person is None or not person.is_authenticated:
        return None
    if TourEnded.objects.filter(person_id=person.pk).exists():
        return None
    sample = sample_for(request)
    if sample is None:
        return None
    number, step = numbered[match.url_name]
    return Shown(step, number, step.leads_to(sample) + "#tour" if step.leads_to else "")


def sample_for(request: HttpRequest) -> Video | None:
    """The newest that is ready: of all samples the reel of photos."""
    samples = videos_visible_to(request.user).filter(library__is_sample=True)
    return samples.filter(status=Video.Status.READY).first()
