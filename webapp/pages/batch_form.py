"""What can be done to several videos at once, and what is needed for it."""

from datetime import timedelta
from typing import ClassVar

from django import forms

from indexer import batch
from indexer.models import Library
from indexer.tags import TagProblem, tag_names
from webapp.pages.fields import MomentField

MOST_SHIFT = 1_000_000


class BatchForm(forms.Form):
    """One form with a button for each deed; only what the pressed button needs is looked at."""

    DEEDS: ClassVar = ("tag", "untag", "date", "shift", "titles", "titles-sure", "reindex", "trash", "trash-sure")
    ASK_FIRST: ClassVar = {"titles": "titles-sure", "trash": "trash-sure"}

    do = forms.ChoiceField(
        choices=[(deed, deed) for deed in DEEDS],
        error_messages={"required": "Press the button of what shall be done.", "invalid_choice": "Press a button."},
    )
    tag = forms.CharField(required=False, max_length=60, label="Tag")
    recorded_at = MomentField("Recorded")
    by = forms.IntegerField(
        required=False, min_value=-MOST_SHIFT, max_value=MOST_SHIFT, label="Shift the date recorded by"
    )
    unit = forms.ChoiceField(
        required=False, label="Unit", choices=[("hours", "hours"), ("minutes", "minutes"), ("days", "days")]
    )
    find = forms.CharField(required=False, max_length=300, strip=False, label="In titles, replace")
    put = forms.CharField(required=False, max_length=300, strip=False, label="by")

    def clean_tag(self) -> str:
        try:
            names = tag_names([self.cleaned_data["tag"]])
        except TagProblem as problem:
            raise forms.ValidationError(str(problem)) from problem
        return names[0] if names else ""

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        needed = {
            "tag": ("tag", "Write the tag first."),
            "untag": ("tag", "Write the tag first."),
            "shift": ("by", "Say by how much: 2, or -2 for earlier."),
            "titles": ("find", "Say which letters of the titles to replace."),
            "titles-sure": ("find", "Say which letters of the titles to replace."),
        }
        field, sentence = needed.get(str(values.get("do")), ("", ""))
        if field and not values.get(field) and field not in self.errors:
            self.add_error(field, sentence)
        return values

    @property
    def shift(self) -> timedelta:
        values = self.cleaned_data
        return timedelta(**{values["unit"] or "hours": values["by"]})

    def change(self, library: Library) -> tuple[batch.Change, str]:
        """The change of a form that is valid, and what is said of the videos it was made to."""
        values = self.cleaned_data
        tag, moment = values["tag"], values["recorded_at"]
        match values["do"]:
            case "tag":
                return batch.tag_add(library, tag), f"tagged “{tag}”"
            case "untag":
                return batch.tag_remove(tag), f"no longer tagged “{tag}”"
            case "date":
                said = f"recorded {moment:%-d %b %Y, %H:%M}" if moment else "without a date recorded"
                return batch.recorded_set(moment), said
            case "shift":
                return batch.recorded_shift(self.shift), f"shifted by {values['by']} {values['unit'] or 'hours'}"
            case "titles-sure":
                return batch.titles_replace(values["find"], values["put"]), "renamed"
            case "reindex":
                return batch.index_again, "will be indexed again"
        return batch.to_trash, "in the trash"
