"""Searches through HTTP at a rate: an open loop, so that a slow answer does not spare the server the next question."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np

from benchmarks.queries import QUERIES

WARMING = 20
MOST_WAITING = 64  # connections, as threads
SEED = 5


def ask(address: str, keys: list[str], rate: float, seconds: float) -> dict[str, Any]:
    """Milliseconds from the moment a request should have left to its last byte."""
    rng = np.random.default_rng([SEED, int(rate * 10)])
    leaves = np.cumsum(rng.exponential(1 / rate, size=int(rate * seconds)))
    queries = [f"{QUERIES[i % len(QUERIES)]} {rng.integers(10**6)}" for i in range(WARMING + len(leaves))]
    own = threading.local()
    where = urlsplit(address)

    def connected() -> HTTPConnection:
        if not hasattr(own, "connection"):
            own.connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
        return own.connection

    def answer(i: int, again: bool = True) -> tuple[int, float]:
        path = "/api/v1/search?" + urlencode({"q": queries[i]})
        try:
            connected().request("GET", path, headers={"Authorization": f"Bearer {keys[i % len(keys)]}"})
            response = own.connection.getresponse()
            response.read()
        except OSError:
            # A server may close a connection that was idle: as browsers do, ask once more on a new one.
            del own.connection
            return answer(i, again=False) if again else (0, time.perf_counter())
        return response.status, time.perf_counter()

    for i in range(WARMING):
        answer(i)
    with ThreadPoolExecutor(MOST_WAITING) as pool:
        began = time.perf_counter()
        asked = []
        for i, leave in enumerate(leaves):
            time.sleep(max(0.0, began + leave - time.perf_counter()))
            asked.append(pool.submit(answer, WARMING + i))
        answers = [future.result() for future in asked]
    waits = [1000 * (end - began - leave) for (_, end), leave in zip(answers, leaves, strict=True)]
    statuses = {str(s): sum(status == s for status, _ in answers) for s in sorted({status for status, _ in answers})}
    figures = {f"p{p}_ms": round(float(np.percentile(waits, p)), 1) for p in (50, 95, 99)}
    return {"rate": rate, "seconds": seconds, "asked": len(waits), "statuses": statuses, **figures}
