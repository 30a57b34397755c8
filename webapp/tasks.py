"""Celery's doorways to what belongs to a library as a whole."""

from celery import shared_task

from indexer.models import Library
from search import copies_kept


@shared_task  # type: ignore[untyped-decorator]
def find_copies(library_id: str) -> None:
    library = Library.objects.filter(pk=library_id).first()
    if library is not None:
        copies_kept.copies_find(library)


@shared_task  # type: ignore[untyped-decorator]
def find_new_copies() -> None:
    copies_kept.copies_find_new()
