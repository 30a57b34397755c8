"""Celery's doorway."""

from celery import shared_task

from webapp.shown.services import pictures_sweep


@shared_task  # type: ignore[untyped-decorator]
def sweep_pictures() -> None:
    pictures_sweep()
