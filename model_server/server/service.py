"""The model behind the endpoints: loaded once, one thread a method, texts of all requests in one batcher."""

import asyncio
import logging
import os
from collections.abc import Callable

from model_server.engine import Clips, Embeddings, Engine
from model_server.server.batching import TextBatcher
from model_server.server.lanes import Lane, Places
from model_server.server.metrics import Metrics
from model_server.server.problems import Problem

log = logging.getLogger(__name__)
MOST_REQUESTS = {"predict": 8, "encode_texts": 64, "decode": 16}  # inside at once, running and waiting together


class Service:
    """`engine` is None until the model is loaded."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.places = {method: Places(method, self.metrics, most) for method, most in MOST_REQUESTS.items()}
        self.lanes = {method: Lane(method, self.metrics) for method in ("predict", "decode")}
        self.engine: Engine | None = None
        self.batcher: TextBatcher | None = None

    async def load(self, load: Callable[[], Engine]) -> None:
        """Loads the model in a thread, so that /healthz answers meanwhile. A model that cannot be loaded ends the
        process with one sentence: exit code 3 tells gunicorn not to start it again."""
        try:
            engine = await asyncio.to_thread(load)
            await asyncio.to_thread(engine.encode_texts, ["ready"])  # the first text reads or exports its encoder
        except Exception as error:
            log.critical("The model cannot be loaded: %s", error or type(error).__name__, exc_info=unexpected(error))
            logging.shutdown()
            os._exit(3)  # SystemExit would unwind through uvicorn, which prints a traceback over the sentence
        self.batcher = TextBatcher(engine.encode_texts, self.metrics)
        self.engine = engine
        log.info("model %s %s is ready", engine.space.model, engine.space.version)

    def ready(self) -> Engine:
        """The engine. Raises Problem(503) until it is there."""
        if self.engine is None:
            raise Problem(503, "The model is being loaded: try again in a moment.", {"Retry-After": "2"})
        return self.engine

    async def predict(self, clips: Clips, prompt: str | None) -> Embeddings:
        engine = self.ready()
        return await self.lanes["predict"].run(lambda: engine.predict(clips, prompt), len(clips))

    async def encode_texts(self, texts: list[str]) -> Embeddings:
        self.ready()
        assert self.batcher is not None
        return await self.batcher.encode(texts)

    async def decode(self, embeddings: Embeddings) -> list[str]:
        engine = self.ready()
        return await self.lanes["decode"].run(lambda: engine.decode(embeddings), len(embeddings))

    def close(self) -> None:
        for lane in self.lanes.values():
            lane.close()
        if self.batcher is not None:
            self.batcher.close()


def unexpected(error: Exception) -> bool:
    """Whether a traceback helps: a sentence raised on purpose (a wrong setting, damaged weights) says enough."""
    return not isinstance(error, (ValueError, OSError)) and not type(error).__module__.startswith("model_server.")
