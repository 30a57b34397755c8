"""Who calls: a program with a key, or a signed-in browser (with its CSRF token)."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.errors import AuthorizationError
from ninja.security import HttpBearer, django_auth

from webapp.api.models import ApiKey, key_of


class Key(HttpBearer):
    """`Authorization: Bearer sf_...`. The request then has the key's owner as its person."""

    def __init__(self, scope: ApiKey.Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        request.user = AnonymousUser()  # a key that is no key must not fall back to the browser's session
        key = key_of(token)
        if key is None:
            return None
        if self.scope == ApiKey.Scope.WRITE and key.scope != ApiKey.Scope.WRITE:
            raise AuthorizationError(403, "This key may only read. Make one with the scope write.")
        request.user = key.owner
        return key


READ = [Key(ApiKey.Scope.READ), django_auth]
WRITE = [Key(ApiKey.Scope.WRITE), django_auth]
