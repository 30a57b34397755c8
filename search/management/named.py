"""Libraries as a command's `--library` names them."""

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db.models import QuerySet

from indexer.models import Library


def libraries_named(name: str | None) -> QuerySet[Library]:
    """By name or id; all where none is named. CommandError with those there are."""
    libraries = Library.objects.all()
    if name is None:
        return libraries
    named = libraries.filter(pk=name) if _is_id(name) else libraries.filter(name=name)
    if not named:
        known = ", ".join(libraries.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no library {name!r}. There are: {known}.")
    return named


def _is_id(name: str) -> bool:
    try:
        Library._meta.pk.to_python(name)
    except ValidationError:
        return False
    return True
