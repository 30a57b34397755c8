"""What is open to a guest. A view that says nothing is closed."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
METHODS = "guests_may"


def guests_may_look(view: View) -> View:
    """Reads what `libraries_visible_to` or `videos_visible_to` allow, and writes nothing."""
    setattr(view, METHODS, ("GET", "HEAD"))
    return view


def guests_may_ask(view: View) -> View:
    """Takes a POST because it is work, and writes nothing but the guest's own session."""
    setattr(view, METHODS, ("POST",))
    return view


def methods_for_guests(view: Callable[..., Any]) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(view, METHODS, ())
    return found
