"""The one Celery app. A message is only a doorbell: work is claimed in Postgres (design section 1)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

app = Celery("seekframe")
app.config_from_object("django.conf:settings", namespace="CELERY")
AREAS = ("api", "labels", "operate", "sharing", "shown", "sources", "uploads")
app.autodiscover_tasks(["indexer", "webapp", *(f"webapp.{area}" for area in AREAS)])
