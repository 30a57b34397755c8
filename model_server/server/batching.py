"""Texts of concurrent requests go through the model together, each text once, and the latest are remembered."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from model_server.engine import Embeddings
from model_server.server.lanes import Lane
from model_server.server.metrics import Metrics
from model_server.server.problems import Busy

Row = npt.NDArray[np.float32]  # (D,)
FEW = 8  # texts of a search, or of a question and its answers; more are a list, which nobody watches being encoded


class TextBatcher:
    """Runs the texts that came while the model was busy as one batch.

    It belongs to one engine, thus to one space: the memory is keyed by the text alone. All but the model's own run
    happens in the event loop's thread, so there is no lock.
    """

    def __init__(
        self,
        encode: Callable[[Sequence[str]], Embeddings],
        metrics: Metrics,
        *,
        most_texts: int = 64,
        most_of_lists: int = 8,
        wait_s: float = 0.0,  # longer batches no more: while the model runs, texts gather anyway (docs/performance.md)
        most_waiting: int = 2048,
        remembered: int = 8192,
    ) -> None:
        self.encode_now = encode
        self.metrics = metrics
        self.most_texts = most_texts
        self.most_of_lists = most_of_lists
        self.wait_s = wait_s
        self.most_waiting = most_waiting
        self.remembered = remembered
        self.lane = Lane("encode_texts", metrics)
        self.memory: OrderedDict[str, Row] = OrderedDict()
        self.futures: dict[str, asyncio.Future[Row]] = {}  # texts that wait or run, shared by all who ask for them
        self.queue: deque[str] = deque()
        self.lists: deque[str] = deque()  # texts of long requests: a search must not wait behind hundreds of them
        self.runner: asyncio.Task[None] | None = None

    async def encode(self, texts: Sequence[str]) -> Embeddings:
        """(n, D). Raises Busy when too many texts wait, or what the model raised on a batch that held one of these."""
        rows = self._remembered(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in rows]
        if len(self.futures.keys() | missing) > self.most_waiting:
            raise Busy
        queue = self.queue if len(missing) <= FEW else self.lists
        wanted = {text: self._future(text, queue) for text in missing}
        if wanted:
            # Unlike gather, wait leaves the shared futures alone when this caller is cancelled.
            await asyncio.wait(wanted.values())
        rows |= {text: future.result() for text, future in wanted.items()}
        return np.stack([rows[text] for text in texts])

    def close(self) -> None:
        """Stops the thread; whoever still waits is told to come again."""
        if self.runner is not None:
            self.runner.cancel()
        self._settle(list(self.futures), Busy("The model server is stopping: try again in a moment."))
        self.lane.close()

    def _remembered(self, texts: Sequence[str]) -> dict[str, Row]:
        rows = {text: self.memory[text] for text in texts if text in self.memory}
        for text in rows:
            self.memory.move_to_end(text)
        self.metrics.cached.inc(len(rows))
        return rows

    def _future(self, text: str, queue: deque[str]) -> asyncio.Future[Row]:
        if text not in self.futures:
            future = asyncio.get_running_loop().create_future()
            future.add_done_callback(_seen)
            self.futures[text] = future
            queue.append(text)
            if self.runner is None or self.runner.done():
                self.runner = asyncio.create_task(self._run())
        return self.futures[text]

    async def _run(self) -> None:
        """Batches until nothing waits. What came while the model ran forms the next batch without a wait."""
        await asyncio.sleep(self.wait_s)
        while self.queue or self.lists:
            batch = _taken(self.queue, self.most_texts)
            batch += _taken(self.lists, min(self.most_of_lists, self.most_texts - len(batch)))
            self._settle(batch, await self._rows(batch))

    async def _rows(self, batch: list[str]) -> Sequence[Row] | Exception:
        """A row a text, or what went wrong: that is handed to everyone who waits, and the next batch still runs."""
        try:
            embeddings = await self.lane.run(lambda: self.encode_now(batch), len(batch))
        except Exception as error:  # noqa: BLE001
            return error
        if len(embeddings) != len(batch):
            return RuntimeError(f"the model answered {len(batch)} texts with {len(embeddings)} embeddings")
        return [row.copy() for row in embeddings]  # a remembered row must not keep its whole batch in memory

    def _settle(self, batch: list[str], rows: Sequence[Row] | Exception) -> None:
        for i, text in enumerate(batch):
            future = self.futures.pop(text)
            if isinstance(rows, Exception):
                future.set_exception(rows)
            else:
                future.set_result(rows[i])
                self.memory[text] = rows[i]
        while len(self.memory) > self.remembered:
            self.memory.popitem(last=False)


def _taken(queue: deque[str], most: int) -> list[str]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]


def _seen(future: asyncio.Future[Row]) -> None:
    """Marks an exception as looked at: everyone who waited for it may have been cancelled."""
    if not future.cancelled():
        future.exception()
