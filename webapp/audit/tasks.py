"""Celery's doorway."""

from celery import shared_task

from webapp.audit.services import audit_sweep


@shared_task  # type: ignore[untyped-decorator]
def sweep_audit() -> None:
    audit_sweep()
