"""What is found at the moment of a scrape, in the database and by asking: true for the whole installation, whichever
process is asked."""

import logging
from collections.abc import Callable, Iterable, Iterator

from django.db import DatabaseError
from django.db.models import Count
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from indexer import timings
from indexer.models import Video
from webapp.operate import queues
from webapp.operate.model_state import model_state
from webapp.operate.storage import database_bytes, part_bytes
from webapp.uploads.models import Upload

log = logging.getLogger(__name__)


class Found(Collector):
    def collect(self) -> Iterator[Metric]:
        """One part that cannot be told must not silence the others."""
        for part in PARTS:
            try:
                yield from list(part())
            except DatabaseError as problem:
                log.warning("metrics_missing", extra={"part": part.__name__, "problem": str(problem)})


def videos() -> Iterable[Metric]:
    counts = dict(Video.objects.order_by().values_list("status").annotate(n=Count("pk")))
    gauge = GaugeMetricFamily("seekframe_videos", "Videos by status", labels=["status"])
    for status in Video.Status.values:
        gauge.add_metric([status], counts.get(status, 0))
    return [gauge]


def uploads() -> Iterable[Metric]:
    counts = dict(Upload.objects.order_by().values_list("status").annotate(n=Count("pk")))
    gauge = GaugeMetricFamily("seekframe_uploads", "Uploads of the last 30 days by status", labels=["status"])
    for status in Upload.Status.values:
        gauge.add_metric([status], counts.get(status, 0))
    return [gauge]


def work() -> Iterable[Metric]:
    waiting = GaugeMetricFamily("seekframe_work_waiting", "Work that no worker has taken", labels=["kind"])
    under_way = GaugeMetricFamily("seekframe_work_under_way", "Work that a worker has claimed", labels=["kind"])
    for one in queues.work():
        waiting.add_metric([one.kind], one.waiting)
        under_way.add_metric([one.kind], one.under_way)
    oldest = queues.oldest_waiting()
    age_s = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    said = "Since the oldest video without an index was added; 0 where none waits"
    return [waiting, under_way, GaugeMetricFamily("seekframe_oldest_waiting_seconds", said, value=age_s)]


def broker() -> Iterable[Metric]:
    found = queues.messages()
    yield GaugeMetricFamily("seekframe_broker_up", "Whether the broker answers", value=float(found is not None))
    gauge = GaugeMetricFamily("seekframe_queue_messages", "Messages that no worker has taken", labels=["queue"])
    for name, n_messages in (found or {}).items():
        gauge.add_metric([name], n_messages)
    yield gauge


def model() -> Iterable[Metric]:
    is_up = model_state().is_up
    return [GaugeMetricFamily("seekframe_model_up", "Whether the model server is ready", value=float(is_up))]


def indexing() -> Iterable[Metric]:
    said = f"Median seconds of indexing by stage, over the last {timings.LAST_VIDEOS} videos"
    seconds = GaugeMetricFamily("seekframe_indexing_seconds", said, labels=["stage"])
    pace = GaugeMetricFamily("seekframe_indexing_times_real_time", "The same as times real time", labels=["stage"])
    for stage in timings.medians()[1]:
        seconds.add_metric([stage.stage], stage.seconds)
        if stage.times_real_time:
            pace.add_metric([stage.stage], stage.times_real_time)
    return [seconds, pace]


def storage() -> Iterable[Metric]:
    gauge = GaugeMetricFamily("seekframe_storage_bytes", "Room taken beside the stored files", labels=["part"])
    gauge.add_metric(["database"], database_bytes())
    gauge.add_metric(["uploads"], part_bytes())
    return [gauge]


PARTS: tuple[Callable[[], Iterable[Metric]], ...] = (videos, uploads, work, broker, model, indexing, storage)
