"""The way back to the page that a form was sent from, where the form names it."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def page_before(request: HttpRequest) -> str:
    """Its address; empty where there is none, or where it leads to another site."""
    page = request.POST.get("page", "")
    here = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return page if here else ""
