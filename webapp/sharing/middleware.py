"""Who a request comes from: a person with an account, a guest by a link, or nobody."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from indexer.selectors import is_guest
from webapp.errors import Problem, respond
from webapp.sharing import sessions
from webapp.sharing.guests import methods_for_guests

LOOKING_ONLY = "This link lets you look, search and ask. Changing things needs an account."


class DoorMiddleware(LoginRequiredMiddleware):
    """Django's own, which asks everyone to sign in, and beside it a way in for guests to the views that say so."""

    def process_request(self, request: HttpRequest) -> None:
        if sessions.came_by_link(request) and not request.user.is_authenticated:
            request.user = sessions.guest_of(request) or request.user

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        methods = methods_for_guests(view_func)
        if not is_guest(request.user) or not methods:
            return self._without_guests(request, view_func, view_args, view_kwargs)
        return None if request.method in methods else respond(request, Problem(LOOKING_ONLY, status=403))

    def _without_guests(self, request: HttpRequest, view_func: Any, *arguments: Any) -> HttpResponseBase | None:
        refusal: HttpResponseBase | None = super().process_view(request, view_func, *arguments)
        ended = sessions.came_by_link(request) and not is_guest(request.user)
        if refusal is not None and ended and methods_for_guests(view_func):
            return respond(request, sessions.gone())
        return refusal
