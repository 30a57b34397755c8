"""What people may type into the pages."""

import re
from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.choices import CallableChoiceIterator
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from indexer.detail import AS_INDEXED, FINEST
from indexer.models import Label, Library
from indexer.selectors import Person, libraries_visible_to, tag_names_in, uploaders_known_to
from search.filters import Filters
from search.query import WITHIN_S, QueryError, around, compose, parse
from search.results import Example, SearchRequest
from webapp.languages.stored import in_language
from webapp.pages.fields import DayField, LabelField, LengthField, MomentField, TagsField

MAX_ANSWERS = 20


class LibraryForm(forms.Form):
    name = forms.CharField(max_length=120, label=_("Name"), help_text=_("For example: Holidays, or Match recordings."))


class EditForm(forms.Form):
    """What an editor may say of a video."""

    title = forms.CharField(max_length=300, label=_("Title"))
    recorded_at = MomentField(_("Recorded"), _("When it was shot, as far as anybody knows. Empty where nobody does."))
    tags = TagsField(_("Tags"), _("With commas between them: beach, 2019, grandma."))


# Filters by their names in the address: those that leave videos or moments out.
NARROWING = (
    *("library", "since", "until", "recorded_since", "recorded_until", "tag", "label", "captioned"),
    *("longer", "shorter", "orientation", "uploader"),
)


class SearchForm(forms.Form):
    """The words and the filters. A filter that makes no sense is refused with a sentence, not dropped in silence."""

    q = forms.CharField(max_length=500, strip=True, required=False)
    like = forms.CharField(max_length=60, required=False)  # something shown: webapp.shown
    library = forms.ModelChoiceField(Library.objects.none(), required=False, label=_("Library"), empty_label=_("All"))
    since = DayField(label=_("Added from"))
    until = DayField(label=pgettext_lazy("a date", "to"))
    recorded_since = DayField(label=_("Recorded from"))
    recorded_until = DayField(label=pgettext_lazy("a date", "to"))
    tag = forms.CharField(required=False, label=_("Tagged"), max_length=60, widget=forms.Select)
    label = LabelField(Label.objects.none(), required=False, label=_("Labelled"), empty_label=_("Anything"))
    longer = LengthField(_("Longer than"))
    shorter = LengthField(_("Shorter than"))
    orientation = forms.ChoiceField(
        required=False,
        label=_("Picture"),
        choices=[("", _("any shape")), ("landscape", _("landscape")), ("portrait", _("portrait"))],
    )
    uploader = forms.ModelChoiceField(
        get_user_model().objects.none(),
        required=False,
        label=_("Uploaded by"),
        empty_label=_("anybody"),
        to_field_name="username",
    )
    captioned = forms.ChoiceField(
        required=False, label=_("Captions"), choices=[("", _("with or without")), ("yes", _("with a caption"))]
    )
    at_least = forms.IntegerField(required=False, min_value=1, max_value=99, label=_("Match of at least"))
    sort = forms.ChoiceField(
        required=False,
        label=_("Order"),
        choices=[
            ("best", _("best match first")),
            ("newest", _("newest first")),
            ("oldest", _("oldest first")),
            ("place", _("by place in the video")),
        ],
    )
    must = forms.ChoiceField(
        required=False,
        label=_("Parts of the query"),
        choices=[("any", _("some may be missing")), ("not_no", _("none clearly missing")), ("yes", _("all seen"))],
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100)
    mistake: tuple[str, str, str] | None = None  # the words, parted where they cannot be understood

    def __init__(self, data: object, user: Person) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.offer(libraries_visible_to(user), uploaders_known_to(user))

    def offer(self, libraries: QuerySet[Library], uploaders: QuerySet[User]) -> None:
        """What can be chosen: what a person may know of, or what an operator asks for."""
        labels = Label.objects.filter(label_set__library__in=libraries).select_related("label_set__library")
        choices = {"library": libraries, "label": labels, "uploader": uploaders}
        for name, queryset in choices.items():
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = queryset
        self.libraries = libraries
        select = self.fields["tag"].widget
        assert isinstance(select, forms.Select)
        select.choices = CallableChoiceIterator(self.tag_choices)

    def tag_choices(self) -> list[tuple[str, str]]:
        return [("", gettext("Anything")), *((name, name) for name in self.tags)]

    @cached_property
    def tags(self) -> list[str]:
        """Looked up where they are shown or asked for: most searches through the API do neither."""
        return tag_names_in(self.libraries)

    @property
    def narrows(self) -> bool:
        """Whether a filter is chosen, even one that makes no sense."""
        return any(self.data.get(name) for name in NARROWING)

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        try:
            parse(text)
        except QueryError as problem:
            self.mistake = around(text, problem.position)
            raise forms.ValidationError(in_language(problem)) from problem
        return text

    def clean_tag(self) -> str:
        """As the tag is written."""
        asked: str = self.cleaned_data["tag"]
        if not asked:
            return ""
        known = {name.casefold(): name for name in self.tags}
        if asked.casefold() not in known:
            raise forms.ValidationError(_("No video that you may see has the tag “%(tag)s”.") % {"tag": asked})
        return known[asked.casefold()]

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if not values.get("q") and not values.get("like") and "q" not in self.errors:
            self.add_error("q", _("Say what to look for."))
        if values.get("like") and len(parse(values.get("q") or "").steps) > 1:
            self.add_error("q", _("Something shown can be searched with words, but not with “then”."))
        for first, second in (("since", "until"), ("recorded_since", "recorded_until")):
            since, until = values.get(first), values.get(second)
            if since and until and since > until:
                raise forms.ValidationError(_("The first date lies after the second. Swap them, or clear one."))
        longer, shorter = values.get("longer"), values.get("shorter")
        if longer and shorter and longer >= shorter:
            raise forms.ValidationError(_("No video is longer than the first length and shorter than the second."))
        return values

    def request(self, example: Example | None = None) -> SearchRequest:
        """What the search is asked. `example` is what `like` stands for."""
        chosen, values = self.cleaned_data["library"], self.cleaned_data
        libraries = [chosen] if chosen else list(self.libraries)
        return SearchRequest(
            text=values["q"],
            example=example,
            library_ids=tuple(library.pk for library in libraries),
            filters=self.filters(),
            cutoff=values["at_least"] / 100 if values["at_least"] else None,
            sort=values["sort"] or "best",
            must=values["must"] or "any",
            page=(values["page"] or 1) - 1,
        )

    def filters(self) -> Filters:
        """What is chosen; both days of a pair are included."""
        values = self.cleaned_data
        return Filters(
            date_from=start_of(values["since"]),
            date_to=end_of(values["until"]),
            recorded_from=start_of(values["recorded_since"]),
            recorded_to=end_of(values["recorded_until"]),
            longer_than_s=values["longer"],
            shorter_than_s=values["shorter"],
            orientation=values["orientation"] or None,
            uploader_id=values["uploader"].pk if values["uploader"] else None,
            tag=values["tag"] or None,
            label_id=values["label"].pk if values["label"] else None,
            captioned=values["captioned"] == "yes",
        )


def start_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, timezone.get_current_timezone()) if day else None


def end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, timezone.get_current_timezone()) + timedelta(days=1) if day else None


class LanguageForm(forms.Form):
    """What can also be typed: a form for those who do not know the signs."""

    exact = forms.CharField(max_length=100, required=False, label=_("Exact words in title or caption"))
    without = forms.CharField(max_length=100, required=False, label=_("Without"))
    rather_than = forms.CharField(max_length=200, required=False, label=_("Rather than"))
    then = forms.CharField(max_length=200, required=False, label=_("Then"))
    within = forms.ChoiceField(
        choices=[("10", _("10 seconds")), ("30", _("30 seconds")), ("120", _("2 minutes")), ("600", _("10 minutes"))],
        required=False,
        label=_("within"),
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

    question = forms.CharField(max_length=300, error_messages={"required": _("Type a question first.")})
    answers = forms.CharField(max_length=1000, required=False)
    t = forms.FloatField(min_value=0, required=False)

    def clean_answers(self) -> list[str]:
        given = dict.fromkeys(part.strip() for part in re.split(r"[,;\n]", self.cleaned_data["answers"]))
        answers = [answer for answer in given if answer]
        if len(answers) == 1:
            raise forms.ValidationError(
                _("One answer leaves nothing to choose: add another, or leave it empty for yes or no.")
            )
        if len(answers) > MAX_ANSWERS:
            raise forms.ValidationError(
                _("%(n)s answers are more than the %(most)s that can be compared.")
                % {"n": len(answers), "most": MAX_ANSWERS}
            )
        return answers
