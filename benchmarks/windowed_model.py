"""The model server with another batch window than the product's: `gunicorn ... benchmarks.windowed_model:app`."""

import os
from functools import partial
from typing import Any

from model_server.server import service
from model_server.server.app import app
from model_server.server.batching import TextBatcher

__all__ = ["app"]

wait_s = float(os.environ["BATCH_WINDOW_MS"]) / 1000
windowed: Any = partial(TextBatcher, wait_s=wait_s)
service.TextBatcher = windowed
