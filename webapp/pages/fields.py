"""Fields that several forms share: what a person may write, and what it means."""

import re
from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from indexer import days
from indexer.models import Label
from indexer.tags import TagProblem, tag_names
from search import spans
from webapp.languages.stored import in_language

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

LONGEST_S = 24 * 3600
CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
SPAN = re.compile(rf"(\d{{1,6}}(?:\.\d{{1,3}})?)\s*{spans.UNIT}?", re.IGNORECASE)


class LabelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Labels of different sets may have one name."""

    def label_from_instance(self, label: Label) -> str:
        return f"{label.name} ({label.label_set.name}, {label.label_set.library.name})"


def within(first: date, last: date) -> list[BaseValidator]:
    return [
        MinValueValidator(first, _("Choose a day after 1900.")),
        MaxValueValidator(last, _("Choose a day before the year 3000.")),
    ]


class DayField(forms.DateField):
    """A day that time zones can move: the calendar's first and last would leave it."""

    def __init__(self, label: "StrOrPromise") -> None:
        super().__init__(
            required=False,
            label=label,
            widget=forms.DateInput(attrs={"type": "date"}),
            validators=within(days.FIRST.date(), days.LAST.date()),
        )


class MomentField(forms.DateTimeField):
    """A day and a time of it, as a browser's own control writes them."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        super().__init__(
            required=False,
            label=label,
            help_text=help_text,
            widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": "1"}),
            validators=within(days.FIRST, days.LAST),
        )


class LengthField(forms.Field):
    """A length of time: "90 s", "2 min", "1:30"; a bare number is seconds. Whole seconds, or None."""

    def __init__(self, label: "StrOrPromise") -> None:
        attrs = {"placeholder": "2 min", "size": "6", "maxlength": "12", "autocomplete": "off"}
        super().__init__(required=False, label=label, widget=forms.TextInput(attrs=attrs))

    def to_python(self, value: object) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        seconds = seconds_of(text)
        if seconds is None or not 1 <= seconds <= LONGEST_S:
            said = text if len(text) <= 20 else f"{text[:20]}…"
            raise forms.ValidationError(
                _("“%(said)s” is no length from one second to a day. Write 90 s, 2 min or 1:30.") % {"said": said}
            )
        return seconds


def seconds_of(text: str) -> int | None:
    """
    >>> seconds_of("90"), seconds_of("1.5 min"), seconds_of("1:02:03"), seconds_of("soon")
    (90, 90, 3723, None)
    """
    if clock := CLOCK.fullmatch(text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    span = SPAN.fullmatch(text)
    return round(spans.in_seconds(span[1], span[2] or "s")) if span else None


class TagsField(forms.CharField):
    """Tags with commas between them."""

    def __init__(self, label: "StrOrPromise", help_text: "StrOrPromise" = "") -> None:
        super().__init__(
            required=False,
            label=label,
            help_text=help_text,
            max_length=1000,
            widget=forms.TextInput({"autocomplete": "off"}),
        )

    def clean(self, value: object) -> list[str]:
        try:
            return tag_names(super().clean(value).split(","))
        except TagProblem as problem:
            raise forms.ValidationError(in_language(problem)) from problem
