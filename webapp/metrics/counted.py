"""What a web process counts as it goes. With several workers each writes to the folder that they share."""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from webapp.metrics.folder import VARIABLE

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

own = CollectorRegistry()
requests = Counter("seekframe_web_requests", "Requests answered", ["view", "status"], registry=own)
request_seconds = Histogram(
    "seekframe_web_request_seconds", "From the request to its answer", ["view"], buckets=SECONDS, registry=own
)
search_seconds = Histogram(
    "seekframe_web_search_seconds",
    "A search, in all and while the model was asked",
    ["stage"],
    buckets=SECONDS,
    registry=own,
)
uploads = Counter("seekframe_web_uploads", "Uploads by how far they came", ["event"], registry=own)
upload_bytes = Counter("seekframe_web_upload_bytes", "Bytes received of uploads", registry=own)


def registry() -> CollectorRegistry:
    """To be read: this process's alone, or what all workers of this gunicorn counted."""
    if VARIABLE not in os.environ:
        return own
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
