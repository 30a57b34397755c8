"""Keep a search."""

from django.db import IntegrityError, transaction

from webapp.saved.models import MOST, SavedSearch


class TooMany(ValueError):
    """A sentence for the person."""


def search_keep(*, owner_id: int, name: str, asked: str) -> SavedSearch:
    """Under a name that is taken the new search takes the old one's place."""
    own = SavedSearch.objects.filter(owner_id=owner_id)
    if own.exclude(name=name).count() >= MOST:
        raise TooMany(f"You have {MOST} saved searches. Delete one that you no longer need.")
    try:
        with transaction.atomic():
            return SavedSearch.objects.create(owner_id=owner_id, name=name, asked=asked)
    except IntegrityError:
        own.filter(name=name).update(asked=asked)
        return own.get(name=name)
