"""What a person types to add a source."""

from django import forms
from django.utils.translation import gettext_lazy as _

from webapp.sources.kinds_of_place import Kind, NoPlace, place_of


class SourceForm(forms.Form):
    place = forms.CharField(
        max_length=2000,
        label=_("Folder, bucket or address"),
        help_text=_("For example: /srv/incoming, s3://films/new, or https://example.org/film.mp4"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    kind: Kind

    def clean_place(self) -> str:
        try:
            self.kind, place = place_of(self.cleaned_data["place"])
        except NoPlace as problem:
            raise forms.ValidationError(str(problem)) from problem
        return place
