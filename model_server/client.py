"""`RemoteEngine`: the Engine protocol over HTTP. It imports neither torch nor onnxruntime, so web may hold one."""

import json
import threading
import time
from collections.abc import Iterator, Sequence

import httpx
import numpy as np

from model_server import wire
from model_server.engine import Clips, Embeddings, EngineError, Space

CONNECT_S = 2.0
ATTEMPTS = 3
PAUSE_S = 0.2  # before the second attempt; twice that before the third
AGAIN = (408, 425, 429, 500, 502, 503, 504)  # answers after which asking again may help


class RemoteEngine:
    """The model server's engine. One may be shared by threads, but is made after a fork, not before.

    The space is fetched once for each thread and checked against every answer: when the server has another model
    than the thread last saw, the call fails and the next look at `space` shows the new one. So embeddings are never
    taken for another space's, however the caller's steps fall around the change.
    """

    def __init__(self, url: str, token: str = "", *, text_timeout_s: float = 10, clip_timeout_s: float = 120) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # trust_env off: a proxy of the environment is for the outside world, and must see neither frames nor token
        self.http = httpx.Client(base_url=url, headers=headers, trust_env=False)
        self.text_timeout = httpx.Timeout(text_timeout_s, connect=CONNECT_S)
        self.clip_timeout = httpx.Timeout(clip_timeout_s, connect=CONNECT_S)
        self.seen = threading.local()

    @property
    def space(self) -> Space:
        known: Space | None = getattr(self.seen, "space", None)
        if known is None:
            answer = self._ask("GET", "/v1/space", self.text_timeout)
            try:
                known = wire.space_from_json(answer.json())
            except ValueError as error:
                raise EngineError(f"The model server's space cannot be read: {error}", permanent=False) from error
            self.seen.space = known
        return known

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        return self._joined(
            self._embeddings(
                "/v1/predict", _packed(part, prompt), wire.CLIPS_TYPE, len(part), timeout=self.clip_timeout
            )
            for part in split_clips(clips)
        )

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        parts = [list(texts[i : i + wire.MAX_TEXTS]) for i in range(0, len(texts), wire.MAX_TEXTS)]
        return self._joined(
            self._embeddings(
                "/v1/encode_texts",
                json.dumps({"texts": part}).encode(),
                "application/json",
                len(part),
                timeout=self.text_timeout,
            )
            for part in parts
        )

    def decode(self, embeddings: Embeddings) -> list[str]:
        space, captions = self.space, []
        for i in range(0, len(embeddings), wire.MAX_EMBEDDINGS):
            part = embeddings[i : i + wire.MAX_EMBEDDINGS]
            body = wire.pack_embeddings(np.ascontiguousarray(part, np.float32))
            answer = self._ask("POST", "/v1/decode", self.clip_timeout, body, wire.EMBEDDINGS_TYPE)
            self._check_space(answer, space)
            captions += _captions(answer, len(part))
        return captions

    def close(self) -> None:
        self.http.close()

    def _joined(self, parts: Iterator[Embeddings]) -> Embeddings:
        return np.concatenate([np.empty((0, self.space.dim), np.float32), *parts])

    def _embeddings(self, path: str, body: bytes, content_type: str, n: int, *, timeout: httpx.Timeout) -> Embeddings:
        space = self.space
        answer = self._ask("POST", path, timeout, body, content_type)
        self._check_space(answer, space)
        try:
            embeddings = wire.unpack_embeddings(bytearray(answer.content), space.dim)
        except wire.WireError as error:
            raise EngineError(f"The model server's answer cannot be read: {error}", permanent=False) from error
        if len(embeddings) != n:
            raise EngineError(f"The model server gave {len(embeddings)} embeddings for {n}.", permanent=False)
        return embeddings

    def _check_space(self, answer: httpx.Response, space: Space) -> None:
        now, before = answer.headers.get(wire.SPACE_HEADER, "unknown"), wire.space_tag(space)
        if now != before:
            self.seen.space = None
            raise EngineError(f"The model server changed its model from {before} to {now}: ask again.", permanent=False)

    def _ask(
        self, method: str, path: str, timeout: httpx.Timeout, body: bytes = b"", content_type: str = ""
    ) -> httpx.Response:
        """One request. Only what certainly was not worked on is sent again: no connection, or a server that is busy."""
        headers = {"Content-Type": content_type} if content_type else {}
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                answer = self.http.request(method, path, content=body, headers=headers, timeout=timeout)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if last:
                    raise EngineError(
                        f"The model server at {self.http.base_url} cannot be reached.", permanent=False
                    ) from error
            except httpx.HTTPError as error:
                what = str(error) or type(error).__name__
                raise EngineError(f"The model server did not answer: {what}.", permanent=False) from error
            else:
                if answer.status_code == 200:
                    return answer
                if last or answer.status_code != 503:
                    raise _refusal(answer)
            time.sleep(PAUSE_S * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def split_clips(clips: Clips) -> Iterator[Clips]:
    """Parts that a request may hold, in order; windows of one part still share their frames."""
    if len(clips) and not (clips.index.min() >= 0 and clips.index.max() < len(clips.frames)):
        raise EngineError(f"Clips name frames outside 0 to {len(clips.frames) - 1}.", permanent=True)
    frame_bytes = max(1, clips.frames[:1].nbytes)
    most_frames = min(wire.MAX_FRAMES, (wire.MAX_BODY_BYTES - 2**20) // frame_bytes)
    start = 0
    while start < len(clips):
        end, used = start, set[int]()
        while end < len(clips) and end - start < wire.MAX_CLIPS:
            more = used | set(clips.index[end].tolist())
            if len(more) > most_frames and used:
                break
            end, used = end + 1, more
        whole = (start, end) == (0, len(clips)) and len(clips.frames) <= most_frames
        yield clips if whole else _part(clips, start, end)
        start = end


def _part(clips: Clips, start: int, end: int) -> Clips:
    rows = clips.index[start:end]
    kept, place = np.unique(rows, return_inverse=True)
    return Clips(clips.frames[kept], place.reshape(rows.shape).astype(np.int32))


def _packed(clips: Clips, prompt: str | None) -> bytes:
    try:
        return wire.pack_clips(clips, prompt)
    except (wire.WireError, UnicodeEncodeError) as error:
        raise EngineError(str(error), permanent=True) from error


def _captions(answer: httpx.Response, n: int) -> list[str]:
    try:
        captions = answer.json()["captions"]
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError("The model server's captions cannot be read.", permanent=False) from error
    if not isinstance(captions, list) or len(captions) != n or not all(isinstance(c, str) for c in captions):
        raise EngineError("The model server's captions cannot be read.", permanent=False)
    return captions


def _refusal(answer: httpx.Response) -> EngineError:
    """The problem+json sentence of the server, or the bare status of whatever else answered."""
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The model server answered {answer.status_code}."
    return EngineError(detail, permanent=answer.status_code not in AGAIN)
