"""Runs a crowd by locust until its time is over, and prints its samples as JSON. Importing this replaces sockets."""

from locust import FastHttpUser  # noqa: I001  # first: it replaces sockets before anything else holds one
from locust.env import Environment

import itertools
import json
import sys
import time
from typing import Any, ClassVar

import gevent
from gevent.event import Event

TIMEOUT_S = 30.0


class Guest(FastHttpUser):  # type: ignore[misc]  # locust is not among the packages that are checked
    """One of many. All of them arrive first, then they begin together."""

    abstract = True
    network_timeout = connection_timeout = TIMEOUT_S
    max_retries = 1  # a server closes a connection that idles; browsers ask once more, and nobody notices
    asked: ClassVar[dict[str, Any]] = {}
    numbers: ClassVar[Any] = itertools.count()
    waiting: ClassVar[list[int]] = []
    begin: ClassVar[Event] = Event()

    def arrive(self) -> None:
        """What comes before the measured time."""

    def on_start(self) -> None:
        self.number = next(self.numbers)
        try:
            self.arrive()
        finally:
            self.waiting.append(self.number)
            self.begin.wait()


class Samples:
    """Every answer, with its wait in full: locust's own figures are rounded."""

    def __init__(self) -> None:
        self.arriving: list[dict[str, Any]] = []
        self.measured: list[dict[str, Any]] = []
        self.list = self.arriving

    def note(self, name: str, response_time: float, response: Any, exception: object = None, **_: Any) -> None:
        late = f"after {response_time / 1000:.0f} s" if response_time > 1000 * TIMEOUT_S else ""
        error = str(exception or "") or late
        status = getattr(response, "status_code", 0) or 0
        self.list.append({"kind": name, "ms": round(response_time, 2), "status": status, "error": error[:300]})


def run(user: type[Guest]) -> None:
    """What is asked comes in as JSON: `host`, `users`, `seconds`, how many arrive `a_second`, and what a user needs."""
    asked = user.asked = json.load(sys.stdin)
    environment = Environment(user_classes=[user], host=asked["host"], stop_timeout=2 * TIMEOUT_S)
    samples = Samples()
    environment.events.request.add_listener(samples.note)
    runner = environment.create_local_runner()
    runner.start(asked["users"], spawn_rate=asked["a_second"])
    while len(user.waiting) < asked["users"]:
        gevent.sleep(0.02)
    samples.list = samples.measured
    began, began_core = time.perf_counter(), time.process_time()
    user.begin.set()
    gevent.sleep(asked["seconds"])
    runner.quit()  # what is asked already is waited for
    took_s = time.perf_counter() - began
    own = (time.process_time() - began_core) / took_s
    facts = {"took_s": round(took_s, 3), "own_cores": round(own, 3)}
    print(json.dumps({**facts, "arriving": samples.arriving, "measured": samples.measured}))
