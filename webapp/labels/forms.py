"""What a person types to make a label set."""

from django import forms
from django.utils.translation import gettext_lazy as _

from indexer.words import one_line
from search.labels import MAX_LABELS
from search.query import parse

NAME_MAX = 120


class LabelSetForm(forms.Form):
    name = forms.CharField(max_length=80, label=_("Name of the set"), help_text=_("For example: Activities."))
    names = forms.CharField(
        label=_("Names"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One a line, as you would search for it: a person on a bicycle."),
    )

    def clean_names(self) -> list[str]:
        """The lines, each once, in the order given."""
        lines = [one_line(line) for line in self.cleaned_data["names"].splitlines()]
        once: dict[str, str] = {}
        for line in filter(None, lines):
            once.setdefault(line.casefold(), line)
        names = list(once.values())
        if len(names) > MAX_LABELS:
            raise forms.ValidationError(
                _("These are %(n)s names; a set holds %(most)s. Make two sets.") % {"n": len(names), "most": MAX_LABELS}
            )
        for name in names:
            if len(name) > NAME_MAX:
                raise forms.ValidationError(
                    _("“%(name)s…” is longer than %(n)s characters. Shorten it.") % {"name": name[:40], "n": NAME_MAX}
                )
            if not parse(name).has_words:
                raise forms.ValidationError(_("“%(name)s” holds no word. Write what it stands for.") % {"name": name})
        return names
