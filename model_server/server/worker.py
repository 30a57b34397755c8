"""Gunicorn's worker for the model server: uvicorn, and its end when gunicorn itself is gone.

Uvicorn's own worker never looks: after a SIGKILL of gunicorn it would hold the port, and no new server could start.
"""

import asyncio
import os
import signal

from uvicorn_worker import UvicornWorker

LOOK_EVERY_S = 1.0


class Worker(UvicornWorker):  # type: ignore[misc]  # its package has no types
    async def _serve(self) -> None:
        watch = asyncio.create_task(self._end_with_parent())
        try:
            await super()._serve()
        finally:
            watch.cancel()

    async def _end_with_parent(self) -> None:
        while os.getppid() == self.ppid:
            await asyncio.sleep(LOOK_EVERY_S)
        os.kill(os.getpid(), signal.SIGTERM)  # answers what it was asked, then ends
