"""Who sends bytes: a signed-in browser with its CSRF token, or a program with a key that may write."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from ninja.utils import check_csrf

from webapp.api.models import ApiKey, key_of
from webapp.errors import Problem


def check_caller(request: HttpRequest) -> HttpResponse | None:
    """The request has its person afterwards. A browser without its CSRF token is answered here."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        _let_in(request, secret.strip())
        return None
    if not request.user.is_authenticated:
        raise Problem("Sign in to upload, or send a key: Authorization: Bearer sf_...", status=401)
    return check_csrf(request)


def _let_in(request: HttpRequest, secret: str) -> None:
    request.user = AnonymousUser()  # a key that is no key must not fall back to the browser's session
    key = key_of(secret)
    if key is None:
        raise Problem("This key is wrong, deleted or expired. Make another under Keys for programs.", status=401)
    request.user = key.owner
    if key.scope != ApiKey.Scope.WRITE:
        raise Problem("This key may only read. Make one with the scope write.", status=403)
