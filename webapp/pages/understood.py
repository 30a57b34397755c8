"""The filters of a search said back: "in Holidays, added from 1 Mar 2026"."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webapp.pages.forms import SearchForm
from webapp.pages.words import timecode

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


ADDED = (
    gettext_lazy("added from %(first)s to %(last)s"),
    gettext_lazy("added from %(first)s"),
    gettext_lazy("added to %(last)s"),
)
RECORDED = (
    gettext_lazy("recorded from %(first)s to %(last)s"),
    gettext_lazy("recorded from %(first)s"),
    gettext_lazy("recorded to %(last)s"),
)
ORDERS = {
    "newest": gettext_lazy("newest first"),
    "oldest": gettext_lazy("oldest first"),
    "place": gettext_lazy("by place in the video"),
}
SHAPES = {"landscape": gettext_lazy("landscape pictures"), "portrait": gettext_lazy("portrait pictures")}


def understood(form: SearchForm, everywhere: str) -> str:
    """The filters of a form that is valid, as words. `everywhere` is all that this person may see."""
    library = form.cleaned_data["library"]
    place = _("in %(library)s") % {"library": library.name} if library else everywhere
    return ", ".join([place, *_of_videos(form), *_of_moments(form)])


def _of_videos(form: SearchForm) -> Iterator[str]:
    values = form.cleaned_data
    yield from _days(ADDED, values["since"], values["until"])
    yield from _days(RECORDED, values["recorded_since"], values["recorded_until"])
    if values["longer"]:
        yield _("longer than %(length)s") % {"length": timecode(values["longer"])}
    if values["shorter"]:
        yield _("shorter than %(length)s") % {"length": timecode(values["shorter"])}
    if values["orientation"]:
        yield str(SHAPES[values["orientation"]])
    if values["uploader"]:
        yield _("uploaded by %(person)s") % {"person": values["uploader"].get_username()}
    if values["tag"]:
        yield _("tagged %(tag)s") % {"tag": values["tag"]}


def _of_moments(form: SearchForm) -> Iterator[str]:
    values = form.cleaned_data
    if values["label"]:
        yield _("labelled %(label)s") % {"label": values["label"].name}
    if values["captioned"]:
        yield _("with a caption")
    if values["at_least"]:
        yield _("matching %(percent)s %% or more") % {"percent": values["at_least"]}
    if values["must"] in ("not_no", "yes"):
        yield _("all parts seen") if values["must"] == "yes" else _("no part missing")
    if values["sort"] in ORDERS:
        yield str(ORDERS[values["sort"]])


def _days(sentences: tuple["StrOrPromise", ...], since: date | None, until: date | None) -> Iterator[str]:
    between, from_then, up_to = sentences
    days = {"first": _day(since), "last": _day(until)}
    if since and until:
        yield str(between) % days
    elif since or until:
        yield str(from_then if since else up_to) % days


def _day(day: date | None) -> str:
    return formats.date_format(day, "DATE_FORMAT") if day else ""
