"""The search page."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.views.decorators.http import require_GET

from indexer.models import Video
from indexer.selectors import libraries_visible_to, videos_visible_to
from search.engine import search
from search.results import Results
from webapp.model import engine
from webapp.pages.forms import LanguageForm, SearchForm
from webapp.pages.rows import rows_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    if not text:
        return redirect("home")
    composed = LanguageForm(request.GET).composed(text)
    if composed != text:
        return redirect(f"{reverse('search')}?{with_text(request.GET, composed)}")
    form = SearchForm(request.GET, libraries_visible_to(request.user))
    context = {"form": form, "language": LanguageForm(), "q": text, "plain_query": urlencode({"q": text})}
    if not form.is_valid():
        return render(request, "pages/search_refused.html", context, status=400)
    asked = form.request()
    results = search(asked, engine())
    said = {"results": results, "understood": understood(form), "filtered": len(form.changed_data) > 1}
    context |= said | shown(request.user, results)
    return render(request, template_of(results), context)


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


def understood(form: SearchForm) -> str:
    """The filters as words: "in Holidays, added from 1 Mar 2026"."""
    library, since, until = (form.cleaned_data[name] for name in ("library", "since", "until"))
    said = [f"in {library.name}" if library else "in all libraries"]
    if since:
        said.append(f"added from {formats.date_format(since, 'j M Y')}")
    if until:
        said.append(f"{'' if since else 'added '}to {formats.date_format(until, 'j M Y')}")
    if label := form.cleaned_data["label"]:
        said.append(f"labelled {label.name}")
    return ", ".join(said)


def shown(user: "AbstractBaseUser | AnonymousUser", results: Results) -> dict[str, object]:
    """The rows, for the videos this person may see at this moment."""
    found = [*results.videos, *results.nearest]
    visible = videos_visible_to(user).select_related("library")
    videos: dict[UUID, Video] = dict(visible.in_bulk([hits.video_id for hits in found]))
    return {
        "rows": rows_of(results.videos, videos, results.text),
        "nearest": rows_of(results.nearest, videos, results.text),
    }
