"""Celery's doorway."""

from celery import shared_task

from webapp.operate.storage import storage_measure


@shared_task  # type: ignore[untyped-decorator]
def measure_storage() -> None:
    storage_measure()
