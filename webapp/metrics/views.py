"""`/metrics`, for Prometheus on this machine or with METRICS_TOKEN; to anyone else it is not there."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from webapp.metrics import counted
from webapp.metrics.found import Found

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_has_token(request) or _is_from_here(request)):
        raise Http404
    found = CollectorRegistry()
    found.register(Found())
    text = generate_latest(counted.registry()) + generate_latest(found)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")


def _is_from_here(request: HttpRequest) -> bool:
    """Asked for by this machine under a loopback name, and not by a proxy on it that speaks for a stranger."""
    try:
        from_loopback = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    host = request.get_host()
    named = host in LOOPBACK_NAMES or host.rpartition(":")[0] in LOOPBACK_NAMES
    return from_loopback and named and not any(name in request.headers for name in FORWARDED)
