"""What people may type into the pages."""

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone

from indexer.detail import AS_INDEXED, FINEST
from indexer.models import Label, Library
from search.query import WITHIN_S, QueryError, compose, parse
from search.results import Example, SearchRequest

MAX_ANSWERS = 20


class LibraryForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name", help_text="For example: Holidays, or Match recordings.")


class TitleForm(forms.Form):
    title = forms.CharField(max_length=300, label="Title")


class LabelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Labels of different sets may have one name."""

    def label_from_instance(self, label: Label) -> str:
        return f"{label.name} ({label.label_set.name}, {label.label_set.library.name})"


class DayField(forms.DateField):
    """A day that time zones can move: the calendar's first and last would leave it."""

    def __init__(self, label: str) -> None:
        super().__init__(
            required=False,
            label=label,
            widget=forms.DateInput(attrs={"type": "date"}),
            validators=[
                MinValueValidator(date(1900, 1, 1), "Choose a day after 1900."),
                MaxValueValidator(date(2999, 12, 31), "Choose a day before the year 3000."),
            ],
        )


class SearchForm(forms.Form):
    """The words and the filters. A filter that makes no sense is refused with a sentence, not dropped in silence."""

    q = forms.CharField(max_length=500, strip=True, required=False)
    like = forms.CharField(max_length=60, required=False)  # something shown: webapp.shown
    library = forms.ModelChoiceField(Library.objects.none(), required=False, label="Library", empty_label="All")
    since = DayField(label="Added from")
    until = DayField(label="to")
    label = LabelField(Label.objects.none(), required=False, label="Labelled", empty_label="Anything")
    at_least = forms.IntegerField(required=False, min_value=1, max_value=99, label="Match of at least")
    sort = forms.ChoiceField(
        required=False,
        label="Order",
        choices=[("best", "best match first"), ("newest", "newest first"), ("oldest", "oldest first")],
    )
    must = forms.ChoiceField(
        required=False,
        label="Parts of the query",
        choices=[("any", "some may be missing"), ("not_no", "none clearly missing"), ("yes", "all seen")],
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100)

    def __init__(self, data: object, libraries: QuerySet[Library]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        choice = self.fields["library"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = libraries
        label = self.fields["label"]
        assert isinstance(label, forms.ModelChoiceField)
        label.queryset = Label.objects.filter(label_set__library__in=libraries).select_related("label_set__library")
        self.libraries = libraries

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        try:
            parse(text)
        except QueryError as problem:
            raise forms.ValidationError(str(problem)) from problem
        return text

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if not values.get("q") and not values.get("like") and "q" not in self.errors:
            self.add_error("q", "Say what to look for.")
        if values.get("like") and len(parse(values.get("q") or "").steps) > 1:
            self.add_error("q", "Something shown can be searched with words, but not with “then”.")
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            raise forms.ValidationError("The first date lies after the second. Swap them, or clear one.")
        return values

    def request(self, example: Example | None = None) -> SearchRequest:
        """What the search is asked; both days are included. `example` is what `like` stands for."""
        chosen, values = self.cleaned_data["library"], self.cleaned_data
        libraries = [chosen] if chosen else list(self.libraries)
        day = timezone.get_current_timezone()
        since, until = values["since"], values["until"]
        return SearchRequest(
            text=values["q"],
            example=example,
            library_ids=tuple(library.pk for library in libraries),
            label_id=values["label"].pk if values["label"] else None,
            cutoff=values["at_least"] / 100 if values["at_least"] else None,
            sort=values["sort"] or "best",
            must=values["must"] or "any",
            page=(values["page"] or 1) - 1,
            date_from=datetime.combine(since, time.min, day) if since else None,
            date_to=datetime.combine(until, time.min, day) + timedelta(days=1) if until else None,
        )


class LanguageForm(forms.Form):
    """What can also be typed: a form for those who do not know the signs."""

    exact = forms.CharField(max_length=100, required=False, label="Exact words in title or caption")
    without = forms.CharField(max_length=100, required=False, label="Without")
    rather_than = forms.CharField(max_length=200, required=False, label="Rather than")
    then = forms.CharField(max_length=200, required=False, label="Then")
    within = forms.ChoiceField(
        choices=[("10", "10 seconds"), ("30", "30 seconds"), ("120", "2 minutes"), ("600", "10 minutes")],
        required=False,
        label="within",
        initial="30",
    )

    def composed(self, text: str) -> str:
        """`text` with what was filled in; as it is where nothing was, or nothing that makes sense."""
        if not self.is_valid():
            return text
        fields = self.cleaned_data
        within_s = float(fields["within"] or WITHIN_S)
        said = {name: fields[name] for name in ("exact", "without", "rather_than", "then")}
        return compose(text, **said, within_s=within_s)


class SecondForm(forms.Form):
    """The second a link points to."""

    t = forms.FloatField(min_value=0)

    @classmethod
    def second(cls, text: str | None, duration_s: float | None) -> float:
        """`text` as a second within the video; 0 for anything else, so that an old or odd link still opens."""
        form = cls({"t": text})
        if not form.is_valid():
            return 0.0
        return float(min(form.cleaned_data["t"], duration_s or 0.0))


class MomentsForm(forms.Form):
    """Which moments of a video a file shall hold."""

    q = forms.CharField(max_length=500)
    at_least = forms.IntegerField(min_value=0, max_value=100, required=False)


class DetailForm(forms.Form):
    """How finely the strip is cut."""

    detail = forms.IntegerField(min_value=0, max_value=FINEST)

    @classmethod
    def detail_of(cls, text: str | None) -> int:
        """`text` as a detail; as indexed for anything else."""
        form = cls({"detail": text})
        return int(form.cleaned_data["detail"]) if form.is_valid() else AS_INDEXED


class AskForm(forms.Form):
    """A question about a moment, and the answers to choose from: none asks for yes or no."""

    question = forms.CharField(max_length=300, error_messages={"required": "Type a question first."})
    answers = forms.CharField(max_length=1000, required=False)
    t = forms.FloatField(min_value=0, required=False)

    def clean_answers(self) -> list[str]:
        given = dict.fromkeys(part.strip() for part in re.split(r"[,;\n]", self.cleaned_data["answers"]))
        answers = [answer for answer in given if answer]
        if len(answers) == 1:
            raise forms.ValidationError(
                "One answer leaves nothing to choose: add another, or leave it empty for yes or no."
            )
        if len(answers) > MAX_ANSWERS:
            raise forms.ValidationError(f"{len(answers)} answers are more than the {MAX_ANSWERS} that can be compared.")
        return answers
