"""The worker's engine: loaded once a process, when the first video comes, so that workers of other queues never do.

A prefork worker must not load it before it forks: threads of torch and ONNX Runtime do not survive a fork.
"""

from functools import cache

from django.conf import settings

from model_server.engine import Engine


@cache
def engine() -> Engine:
    from model_server.loading import engine_of  # torch takes seconds and half a gigabyte: only where it is used

    return engine_of(settings.SEEKFRAME_MODEL, settings.SEEKFRAME_DEVICE)
