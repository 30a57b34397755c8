"""Room used and free. A worker measures the files every while, since looking at each takes time; the rest is known."""

import dataclasses
import logging
from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from indexer.usage import Usage, free_bytes, measure
from webapp.uploads import parts

log = logging.getLogger(__name__)

KEY, ASKED = "storage-measured", "storage-asked"
KEPT_S = 24 * 3600
ASK_AGAIN_S = 60
MEASURE = "webapp.operate.tasks.measure_storage"


@dataclass(frozen=True)
class Storage:
    usage: Usage | None  # None before it was measured
    measured_at: datetime | None
    database_bytes: int
    part_bytes: int  # of uploads on their way
    free_bytes: int | None  # None: a bucket, which has no end
    uploads_free_bytes: int  # on the disk where uploads wait


def storage() -> Storage:
    usage, measured_at = _measured()
    return Storage(usage, measured_at, database_bytes(), part_bytes(), free_bytes(), parts.disk_free_bytes())


def storage_measure() -> Usage:
    """What the worker does."""
    usage = measure()
    cache.set(KEY, {**dataclasses.asdict(usage), "at": timezone.now()}, KEPT_S)
    return usage


def database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def part_bytes() -> int:
    return sum(parts.size_or_zero(upload_id) for upload_id in parts.stored_ids())


def _measured() -> tuple[Usage | None, datetime | None]:
    try:
        found = cache.get(KEY)
        if found is None and cache.add(ASKED, True, ASK_AGAIN_S):
            current_app.send_task(MEASURE, retry=False)
    except (RedisError, OperationalError, OSError) as problem:
        log.warning("storage_not_known", extra={"problem": str(problem)})
        return None, None
    if found is None:
        return None, None
    at = found.pop("at")
    return Usage(**found), at
