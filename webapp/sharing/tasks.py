"""Celery's doorway."""

from celery import shared_task

from webapp.sharing.sweep import links_sweep


@shared_task  # type: ignore[untyped-decorator]
def sweep_links() -> None:
    links_sweep()
