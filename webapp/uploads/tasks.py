"""Celery's doorways."""

import uuid

from celery import shared_task

from webapp.uploads.finish import upload_finish
from webapp.uploads.sweep import uploads_sweep


@shared_task  # type: ignore[untyped-decorator]
def finish_upload(upload_id: str) -> None:
    upload_finish(upload_id=uuid.UUID(upload_id))


@shared_task  # type: ignore[untyped-decorator]
def sweep_uploads() -> None:
    uploads_sweep()
