"""Celery's doorway. Not the index worker's: it asks the model server, as the pages do, and holds no model."""

import logging

from celery import shared_task

from model_server.engine import EngineError
from search import labels
from webapp.model import engine

log = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def label_waiting() -> None:
    try:
        labels.label_waiting(engine())
    except EngineError as problem:  # asked again at the next beat
        log.warning("labels_wait", extra={"problem": str(problem)})
