"""The model as the web process sees it: the model server, with the embeddings of texts kept in the shared cache."""

import functools
import hashlib
from collections.abc import Sequence

import httpx
import numpy as np
from django.conf import settings
from django.core.cache import cache

from indexer.models import Space as StoredSpace
from indexer.spaces import active_space
from model_server.client import RemoteEngine
from model_server.engine import Clips, Embeddings, Engine, EngineError, Space
from webapp.logs import outgoing_headers
from webapp.metrics.counted import search_seconds

KEPT_S = 24 * 3600


class CachedEngine:
    """An engine that asks for a text once a day: people repeat their searches, and each page of one repeats it too."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def space(self) -> Space:
        return self.engine.space

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        return self.engine.predict(clips, prompt)

    def decode(self, embeddings: Embeddings) -> list[str]:
        return self.engine.decode(embeddings)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        space = self.space
        keys = [_key(space, text) for text in texts]
        known: dict[str, bytes] = cache.get_many(keys)
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if unknown:
            with search_seconds.labels("model").time():
                embeddings = self.engine.encode_texts(list(unknown.values()))
            fresh = {key: e.tobytes() for key, e in zip(unknown, embeddings, strict=True)}
            # The client checks each answer against the space it knew: if that moved on, so must the keys.
            if self.space == space:
                cache.set_many(fresh, KEPT_S)
            known |= fresh
        return np.stack([np.frombuffer(known[key], np.float32) for key in keys]) if keys else _none(space)


def engine() -> Engine:
    """The model server whose space answers: the one before, while a new model's space is being built."""
    now = client(settings.MODEL_SERVER_URL)
    if settings.MODEL_SERVER_BEFORE_URL and (active := active_space()) and not _is_of(now, active):
        before = client(settings.MODEL_SERVER_BEFORE_URL)
        if _is_of(before, active):
            return before
    return now


@functools.cache
def client(url: str) -> Engine:
    """One for the process. Made at its first use, after the fork that made the process."""
    remote = RemoteEngine(url, settings.MODEL_SERVER_TOKEN)
    remote.http.event_hooks["request"].append(_name_request)
    return CachedEngine(remote)


def _is_of(engine: Engine, stored: StoredSpace) -> bool:
    try:
        return (engine.space.model, engine.space.version) == (stored.model, stored.version)
    except EngineError:
        return False


def _name_request(request: httpx.Request) -> None:
    request.headers.update(outgoing_headers())


def _key(space: Space, text: str) -> str:
    # The version is a hash of the weights. A hash of the text, because cache keys may hold neither spaces nor much.
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"text:{space.model}:{space.version}:{space.dim}:{digest}"


def _none(space: Space) -> Embeddings:
    return np.empty((0, space.dim), np.float32)
