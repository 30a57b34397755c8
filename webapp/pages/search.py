"""The search page."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from indexer.models import Video
from indexer.selectors import Guest, Person, videos_visible_to
from search.engine import search
from search.results import Results, SearchRequest
from webapp.languages.stored import in_language
from webapp.metrics.counted import search_seconds
from webapp.model import engine
from webapp.pages.forms import NARROWING, LanguageForm, SearchForm
from webapp.pages.rows import rows_of
from webapp.pages.understood import understood
from webapp.sharing.guests import guests_may_look
from webapp.shown.selectors import NotShown, shown_of

FILTERS = {*NARROWING, "at_least", "must"}
# What stands on the page before, by the order.
BEFORE = {
    "best": gettext_lazy("Better matches"),
    "newest": gettext_lazy("Newer"),
    "oldest": gettext_lazy("Older"),
    "place": gettext_lazy("Earlier moments"),
}


@guests_may_look
@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    text, like = request.GET.get("q", "").strip(), request.GET.get("like", "").strip()
    if not text and not like:
        return redirect("home")
    composed = LanguageForm(request.GET).composed(text)
    if composed != text:
        return redirect(f"{reverse('search')}?{with_text(request.GET, composed)}")
    given = remembered(request)
    form = SearchForm(given, request.user)
    context = {"form": form, "language": LanguageForm(), "q": text, "plain_query": urlencode({"q": text})}
    context["asked"] = given.urlencode()
    context["as_fitted"] = f"?{with_value(request.GET, 'at_least', '')}"
    if not form.is_valid():
        return render(request, "pages/search_refused.html", context, status=400)
    try:
        shown = shown_of(request.user, like) if like else None
        asked = form.request(shown.example if shown else None)
    except NotShown as problem:
        form.add_error("like", in_language(problem))
        return render(request, "pages/search_refused.html", context, status=400)
    remember(request, form.cleaned_data["at_least"])
    context["shown"] = shown
    with search_seconds.labels("total").time():
        results = search(asked, engine())
    said = {
        "results": results,
        "understood": understood(form, everywhere(request.user)),
        "filtered": bool(FILTERS & set(form.changed_data)),
    }
    context |= said | pages(request.GET, asked, results) | rows_shown(request.user, results)
    return render(request, template_of(results), context)


def remembered(request: HttpRequest) -> QueryDict:
    """What was asked, with the least match this person last chose."""
    asked = request.GET.copy()
    chosen = request.session.get("at_least")
    if chosen and "at_least" not in asked and "like" not in asked:  # how alike is another scale
        asked["at_least"] = str(chosen)
    return asked


def remember(request: HttpRequest, at_least: int | None) -> None:
    """An empty one goes back to the fitted cut-off."""
    if "at_least" not in request.GET or "like" in request.GET:
        return
    if at_least:
        request.session["at_least"] = at_least
    else:
        request.session.pop("at_least", None)


def pages(given: QueryDict, asked: SearchRequest, results: Results) -> dict[str, object]:
    """The addresses of the pages before and after this one, empty where there is none."""
    page = asked.page
    return {
        "page_number": page + 1,
        "page_before": f"?{with_value(given, 'page', page)}" if page else "",
        "before_says": BEFORE[asked.sort],
        "page_after": f"?{with_value(given, 'page', page + 2)}" if results.has_more else "",
    }


def with_value(asked: QueryDict, name: str, value: object) -> str:
    other = asked.copy()
    other[name] = str(value)
    return other.urlencode()


def with_text(asked: QueryDict, text: str) -> str:
    """The same search with other words and without the form that they were made from, so that it has one address."""
    kept = asked.copy()
    for name in LanguageForm.base_fields:
        kept.pop(name, None)
    kept["q"] = text
    return kept.urlencode()


def template_of(results: Results) -> str:
    """Nothing found means nothing there only when the model was asked."""
    if not results.nothing_matches:
        return "pages/search.html"
    return "pages/search_down.html" if results.words_only else "pages/search_nothing.html"


def everywhere(user: Person) -> str:
    """All that this person may see, in words."""
    if isinstance(user, Guest):
        return _("in %(library)s") % {"library": user.library.name}
    return _("in all libraries")


def rows_shown(user: Person, results: Results) -> dict[str, object]:
    """The rows, for the videos this person may see at this moment."""
    found = [*results.videos, *results.nearest]
    visible = videos_visible_to(user).select_related("library")
    videos: dict[UUID, Video] = dict(visible.in_bulk([hits.video_id for hits in found]))
    return {
        "rows": rows_of(results.videos, videos, results),
        "nearest": rows_of(results.nearest, videos, results),
    }
