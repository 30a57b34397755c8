"""What can be done to several videos at once, and what is needed for it."""

from datetime import datetime, timedelta
from typing import ClassVar

from django import forms
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indexer import batch
from indexer.models import Library
from indexer.tags import TagProblem, tag_names
from webapp.languages.stored import in_language
from webapp.pages.fields import MomentField

MOST_SHIFT = 1_000_000
UNITS = [("hours", gettext_lazy("hours")), ("minutes", gettext_lazy("minutes")), ("days", gettext_lazy("days"))]


class BatchForm(forms.Form):
    """One form with a button for each deed; only what the pressed button needs is looked at."""

    DEEDS: ClassVar = ("tag", "untag", "date", "shift", "titles", "titles-sure", "reindex", "trash", "trash-sure")
    ASK_FIRST: ClassVar = {"titles": "titles-sure", "trash": "trash-sure"}

    do = forms.ChoiceField(
        choices=[(deed, deed) for deed in DEEDS],
        error_messages={
            "required": gettext_lazy("Press the button of what shall be done."),
            "invalid_choice": gettext_lazy("Press a button."),
        },
    )
    tag = forms.CharField(required=False, max_length=60, label=gettext_lazy("Tag"))
    recorded_at = MomentField(gettext_lazy("Recorded"))
    by = forms.IntegerField(
        required=False, min_value=-MOST_SHIFT, max_value=MOST_SHIFT, label=gettext_lazy("Shift the date recorded by")
    )
    unit = forms.ChoiceField(required=False, label=gettext_lazy("Unit"), choices=UNITS)
    find = forms.CharField(required=False, max_length=300, strip=False, label=gettext_lazy("In titles, replace"))
    put = forms.CharField(required=False, max_length=300, strip=False, label=gettext_lazy("by"))

    def clean_tag(self) -> str:
        try:
            names = tag_names([self.cleaned_data["tag"]])
        except TagProblem as problem:
            raise forms.ValidationError(in_language(problem)) from problem
        return names[0] if names else ""

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        needed = {
            "tag": ("tag", _("Write the tag first.")),
            "untag": ("tag", _("Write the tag first.")),
            "shift": ("by", _("Say by how much: 2, or -2 for earlier.")),
            "titles": ("find", _("Say which letters of the titles to replace.")),
            "titles-sure": ("find", _("Say which letters of the titles to replace.")),
        }
        field, sentence = needed.get(str(values.get("do")), ("", ""))
        if field and not values.get(field) and field not in self.errors:
            self.add_error(field, sentence)
        return values

    @property
    def shift(self) -> timedelta:
        values = self.cleaned_data
        return timedelta(**{values["unit"] or "hours": values["by"]})

    @property
    def shifted(self) -> str:
        unit = self.cleaned_data["unit"] or "hours"
        return _("shifted by %(n)s %(unit)s") % {"n": self.cleaned_data["by"], "unit": str(dict(UNITS)[unit])}

    def change(self, library: Library) -> tuple[batch.Change, str]:
        """The change of a form that is valid, and what is said of the videos it was made to."""
        values = self.cleaned_data
        tag, moment = values["tag"], values["recorded_at"]
        match values["do"]:
            case "tag":
                return batch.tag_add(library, tag), _("tagged “%(tag)s”") % {"tag": tag}
            case "untag":
                return batch.tag_remove(tag), _("no longer tagged “%(tag)s”") % {"tag": tag}
            case "date":
                return batch.recorded_set(moment), dated(moment)
            case "shift":
                return batch.recorded_shift(self.shift), self.shifted
            case "titles-sure":
                return batch.titles_replace(values["find"], values["put"]), _("renamed")
            case "reindex":
                return batch.index_again, _("will be indexed again")
        return batch.to_trash, _("in the trash")


def dated(moment: datetime | None) -> str:
    if moment is None:
        return _("without a date recorded")
    return _("recorded %(moment)s") % {"moment": formats.date_format(moment, "DATETIME_FORMAT")}
