"""What is asked of the broker beside sending: how long its queues are, and since when it can remember a message."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

ANSWER_S = 1.0  # a broker that is slower counts as away: neither a page nor the sweeper must wait
AWAY = (RedisError, OSError)


def messages_waiting(*queues: str) -> dict[str, int]:
    """Messages in each queue that no worker has taken. Raises one of AWAY."""
    with _asked() as broker:
        return {queue: int(broker.llen(queue)) for queue in queues}


def uptime() -> timedelta:
    """How long it has run, in whole seconds; what was sent before is forgotten, as it keeps nothing on disk. Raises one
    of AWAY."""
    with _asked() as broker:
        return timedelta(seconds=int(broker.info("server")["uptime_in_seconds"]))


@contextmanager
def _asked() -> Iterator[Redis]:
    broker: Redis = Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        yield broker
    finally:
        broker.close()
