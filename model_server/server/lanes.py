"""A thread for each method of the model, and a bound on the requests that may wait for it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from model_server.server.metrics import Metrics
from model_server.server.problems import Busy

Result = TypeVar("Result")


class Lane:
    """One thread that runs one method of the model, so that a long batch of clips does not hold up a search."""

    def __init__(self, method: str, metrics: Metrics) -> None:
        self.method = method
        self.metrics = metrics
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=method)

    async def run(self, work: Callable[[], Result], size: int) -> Result:
        """`work()` in the lane's thread, counted as one run over `size` things."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._measured, work, size)

    def close(self) -> None:
        self.thread.shutdown(wait=False, cancel_futures=True)

    def _measured(self, work: Callable[[], Result], size: int) -> Result:
        self.metrics.batch.labels(self.method).observe(size)
        start = time.perf_counter()
        try:
            return work()
        except Exception:
            self.metrics.errors.labels(self.method).inc()
            raise
        finally:
            self.metrics.run_seconds.labels(self.method).observe(time.perf_counter() - start)


class Places:
    """Requests that may be inside at once. One is taken before the body is read: waiting bodies fill no memory."""

    def __init__(self, method: str, metrics: Metrics, most: int) -> None:
        self.gauge = metrics.waiting.labels(method)
        self.most = most
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        if self.taken >= self.most:
            raise Busy
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self.taken += change
        self.gauge.set(self.taken)
