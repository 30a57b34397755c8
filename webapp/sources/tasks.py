"""Celery's doorways."""

import uuid

from celery import shared_task

from webapp.sources.looking import look, look_at_all


@shared_task  # type: ignore[untyped-decorator]
def look_at_sources() -> None:
    look_at_all()


@shared_task  # type: ignore[untyped-decorator]
def look_at_source(source_id: str) -> None:
    look(uuid.UUID(source_id))
