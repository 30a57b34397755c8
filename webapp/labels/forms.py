"""What a person types to make a label set."""

from django import forms

from indexer.words import one_line
from search.labels import MAX_LABELS
from search.query import parse

NAME_MAX = 120


class LabelSetForm(forms.Form):
    name = forms.CharField(max_length=80, label="Name of the set", help_text="For example: Activities.")
    names = forms.CharField(
        label="Names",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One a line, as you would search for it: a person on a bicycle.",
    )

    def clean_names(self) -> list[str]:
        """The lines, each once, in the order given."""
        lines = [one_line(line) for line in self.cleaned_data["names"].splitlines()]
        once: dict[str, str] = {}
        for line in filter(None, lines):
            once.setdefault(line.casefold(), line)
        names = list(once.values())
        if len(names) > MAX_LABELS:
            raise forms.ValidationError(f"These are {len(names)} names; a set holds {MAX_LABELS}. Make two sets.")
        for name in names:
            if len(name) > NAME_MAX:
                raise forms.ValidationError(f"“{name[:40]}…” is longer than {NAME_MAX} characters. Shorten it.")
            if not parse(name).has_words:
                raise forms.ValidationError(f"“{name}” holds no word. Write what it stands for.")
        return names
