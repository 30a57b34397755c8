from importlib import import_module

from django.apps import AppConfig


class WebappConfig(AppConfig):
    name = "webapp"

    def ready(self) -> None:
        # Tasks are rung by name through Celery's current app, so every process that runs Django must have made it.
        import_module("webapp.celery")
        import_module("webapp.audit.signals")
