"""The filters of a search said back: "in Holidays, added from 1 Mar 2026"."""

from collections.abc import Iterator
from datetime import date

from django.utils import formats

from webapp.pages.forms import SearchForm
from webapp.pages.words import timecode


def understood(form: SearchForm, everywhere: str) -> str:
    """The filters of a form that is valid, as words. `everywhere` is all that this person may see."""
    library = form.cleaned_data["library"]
    return ", ".join([f"in {library.name}" if library else everywhere, *_of_videos(form), *_of_moments(form)])


def _of_videos(form: SearchForm) -> Iterator[str]:
    values = form.cleaned_data
    yield from _days("added", values["since"], values["until"])
    yield from _days("recorded", values["recorded_since"], values["recorded_until"])
    if values["longer"]:
        yield f"longer than {timecode(values['longer'])}"
    if values["shorter"]:
        yield f"shorter than {timecode(values['shorter'])}"
    if values["orientation"]:
        yield f"{values['orientation']} pictures"
    if values["uploader"]:
        yield f"uploaded by {values['uploader'].get_username()}"
    if values["tag"]:
        yield f"tagged {values['tag']}"


def _of_moments(form: SearchForm) -> Iterator[str]:
    values = form.cleaned_data
    if values["label"]:
        yield f"labelled {values['label'].name}"
    if values["captioned"]:
        yield "with a caption"
    if values["at_least"]:
        yield f"matching {values['at_least']} % or more"
    if values["must"] in ("not_no", "yes"):
        yield "all parts seen" if values["must"] == "yes" else "no part missing"
    if values["sort"] in ("newest", "oldest"):
        yield f"{values['sort']} first"


def _days(what: str, since: date | None, until: date | None) -> Iterator[str]:
    said = [f"{word} {formats.date_format(day, 'j M Y')}" for word, day in (("from", since), ("to", until)) if day]
    if said:
        yield f"{what} {' '.join(said)}"
