"""Choose a language, and the texts that the pages' scripts say in it."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import JavaScriptCatalog, set_language

YEAR_S = 31_536_000

_catalog = JavaScriptCatalog.as_view(domain="djangojs")


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remembered by a cookie; leads back to the page it was asked on."""
    return set_language(request)


@login_not_required
@require_safe
@cache_control(public=True, max_age=YEAR_S, immutable=True)
def catalog(request: HttpRequest, language: str, version: str) -> HttpResponseBase:
    """Texts in the address's language, whatever the request's is: so it may be kept for good."""
    if language not in dict(settings.LANGUAGES) or version != version_of(language):
        raise Http404
    with translation.override(language):
        return _catalog(request)


@cache
def version_of(language: str) -> str:
    """Changes with the texts."""
    compiled = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "djangojs.mo"
    return hashlib.sha256(compiled.read_bytes() if compiled.exists() else b"").hexdigest()[:12]
