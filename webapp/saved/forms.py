"""What is kept of a search, and under which name."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from indexer.selectors import Person
from webapp.pages.forms import NARROWING, SearchForm

KEPT = ("q", "like", *NARROWING, "at_least", "sort", "must")


class SaveForm(forms.Form):
    name = forms.CharField(max_length=80, label=_("Name"), error_messages={"required": _("Give the search a name.")})
    asked = forms.CharField(max_length=2000, widget=forms.HiddenInput)

    def __init__(self, data: object, user: Person) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.user = user

    def clean_asked(self) -> str:
        """The search alone, and only one that can be asked."""
        given = QueryDict(self.cleaned_data["asked"], mutable=True)
        for name in set(given) - set(KEPT):
            del given[name]
        form = SearchForm(given, self.user)
        if not form.is_valid():
            raise forms.ValidationError(_("This search cannot be understood, so it is not kept."))
        return given.urlencode()
