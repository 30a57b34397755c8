"""How often one address may open what is no link. Counted in the cache by an atomic increment, as passwords are."""

from contextlib import suppress

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import HttpRequest

from webapp.errors import Problem

MOST, WITHIN_S = 20, 900
TOO_MANY = "Too many links from here opened nothing. Wait a quarter of an hour, then try again."


def check(request: HttpRequest) -> None:
    """Before the link is looked at, so that a guess is not even answered."""
    if (cache.get(_key(request)) or 0) >= MOST:
        raise Problem(TOO_MANY, status=429, headers={"Retry-After": str(WITHIN_S), "Referrer-Policy": "no-referrer"})


def failed(request: HttpRequest) -> None:
    cache.add(_key(request), 0, WITHIN_S)
    with suppress(ValueError):  # it ran out this moment
        cache.incr(_key(request))


def _key(request: HttpRequest) -> str:
    return f"links-tried:{get_client_ip_address(request)}"
