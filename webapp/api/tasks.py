"""Celery's doorway."""

from celery import shared_task

from webapp.api.once import answers_sweep


@shared_task  # type: ignore[untyped-decorator]
def sweep_answers() -> None:
    answers_sweep()
