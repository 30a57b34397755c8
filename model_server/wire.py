"""Clips, embeddings and spaces as bytes between `client` and `server`: a typed header, then the raw numbers.

No pickle, and no JSON for tensors. Whatever arrives is checked against its own header before one array is made of
it, so a truncated, oversized or foreign body is refused with a sentence, never half read. Numbers are little-endian.
"""

import dataclasses
import hashlib
import json
import struct
from typing import Any

import numpy as np

from model_server.engine import Clips, Embeddings, Space

CLIPS_TYPE = "application/vnd.seekframe.clips"
EMBEDDINGS_TYPE = "application/vnd.seekframe.embeddings"
SPACE_HEADER = "Seekframe-Space"  # on every answer that carries embeddings or captions

# Limits of one request. The client splits larger calls, the server refuses larger requests.
MAX_BODY_BYTES = 64 * 2**20
MAX_FRAMES = 256
MAX_CLIPS = 256
MAX_TEXTS = 256
MAX_TEXT_CHARS = 4000
MAX_EMBEDDINGS = 1024
MAX_PROMPT_BYTES = 8192

_MAGIC = b"SKF1"
_CLIPS, _EMBEDDINGS = 1, 2
_UINT8, _FLOAT32 = 1, 2
_NO_PROMPT = 0xFFFFFFFF
_PREFIX = struct.Struct("<4sBB2x")  # magic, kind, dtype; padded so that the int32 index that follows is aligned
_CLIPS_SIZES = struct.Struct("<6I")  # F, H, W, n, T, bytes of the prompt
_EMBEDDINGS_SIZES = struct.Struct("<2I")  # n, D


class WireError(ValueError):
    """The bytes are not what they should be. The message is a sentence for whoever sent them."""


def pack_clips(clips: Clips, prompt: str | None = None) -> bytes:
    """Header, index (n, T) int32, frames (F, H, W, 3) uint8, prompt."""
    frames, index = clips.frames, clips.index
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3:
        raise WireError(f"Frames must be (F, H, W, 3) uint8, not {frames.shape} {frames.dtype}.")
    if index.dtype != np.int32 or index.ndim != 2:
        raise WireError(f"The index must be (n, T) int32, not {index.shape} {index.dtype}.")
    words = b"" if prompt is None else prompt.encode()
    sizes = (*frames.shape[:3], *index.shape, _NO_PROMPT if prompt is None else len(words))
    header = _PREFIX.pack(_MAGIC, _CLIPS, _UINT8) + _CLIPS_SIZES.pack(*sizes)
    return b"".join((header, index.astype("<i4").tobytes(), frames.tobytes(), words))


def unpack_clips(body: bytearray) -> tuple[Clips, str | None]:
    """The clips and the prompt. The arrays share memory with `body`, hence a bytearray: torch wants them writable."""
    n_frames, height, width, n, t, prompt_bytes = _sizes(body, _CLIPS, _UINT8, _CLIPS_SIZES)
    _within("frames", n_frames, MAX_FRAMES)
    _within("clips", n, MAX_CLIPS)
    _within("frames in a clip", t, MAX_FRAMES)
    if height < 1 or width < 1:
        raise WireError(f"Frames of {width}x{height} pixels hold no picture.")
    words = 0 if prompt_bytes == _NO_PROMPT else prompt_bytes
    if words > MAX_PROMPT_BYTES:
        raise WireError(f"The prompt has {words} bytes; at most {MAX_PROMPT_BYTES} are taken.")
    start = _PREFIX.size + _CLIPS_SIZES.size
    pixels = n_frames * height * width * 3
    _exactly(body, start + n * t * 4 + pixels + words)
    index = np.frombuffer(body, "<i4", n * t, start).reshape(n, t).astype(np.int32, copy=False)
    frames = np.frombuffer(body, np.uint8, pixels, start + n * t * 4).reshape(n_frames, height, width, 3)
    if index.min() < 0 or index.max() >= n_frames:
        raise WireError(f"The index names frames {index.min()} to {index.max()}, but there are {n_frames}.")
    return Clips(frames, index), None if prompt_bytes == _NO_PROMPT else _utf8(body[len(body) - words :])


def pack_embeddings(embeddings: Embeddings) -> bytes:
    """Header, embeddings (n, D) float32."""
    if embeddings.dtype != np.float32 or embeddings.ndim != 2:
        raise WireError(f"Embeddings must be (n, D) float32, not {embeddings.shape} {embeddings.dtype}.")
    header = _PREFIX.pack(_MAGIC, _EMBEDDINGS, _FLOAT32) + _EMBEDDINGS_SIZES.pack(*embeddings.shape)
    return header + embeddings.astype("<f4").tobytes()


def unpack_embeddings(body: bytearray, dim: int) -> Embeddings:
    """The embeddings, which must have D = dim and be finite."""
    n, d = _sizes(body, _EMBEDDINGS, _FLOAT32, _EMBEDDINGS_SIZES)
    _within("embeddings", n, MAX_EMBEDDINGS)
    if d != dim:
        raise WireError(f"Embeddings of {d} numbers do not belong to this space, which has {dim}.")
    start = _PREFIX.size + _EMBEDDINGS_SIZES.size
    _exactly(body, start + n * d * 4)
    embeddings = np.frombuffer(body, "<f4", n * d, start).reshape(n, d).astype(np.float32, copy=False)
    if not np.isfinite(embeddings).all():
        raise WireError("Embeddings hold a number that is not finite.")
    return embeddings


def space_tag(space: Space) -> str:
    """One word that changes when any part of the space does: `small-3fa2b1c4-9d02e7aa`."""
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(space), sort_keys=True).encode()).hexdigest()
    return f"{space.model}-{space.version}-{digest[:8]}"


def space_from_json(value: Any) -> Space:
    """The space of a `/v1/space` answer; unknown, missing and wrongly typed fields are refused."""
    fields = {f.name: f.type for f in dataclasses.fields(Space)}
    if not isinstance(value, dict) or value.keys() != fields.keys():
        raise WireError(f"A space has the fields {', '.join(fields)}.")
    for name, kind in fields.items():
        given = value[name]
        # A proxy may write 4.0 as 4, and a bool is an int in Python
        if isinstance(given, bool) or not isinstance(given, (int, float) if kind is float else kind):  # type: ignore[arg-type]
            raise WireError(f"{name} of a space cannot be {given!r}.")
    return Space(**{name: kind(value[name]) for name, kind in fields.items()})  # type: ignore[operator]


def _sizes(body: bytearray, kind: int, dtype: int, sizes: struct.Struct) -> tuple[int, ...]:
    if len(body) < _PREFIX.size + sizes.size:
        raise WireError(f"The body ends within its header, after {len(body)} bytes.")
    magic, found_kind, found_dtype = _PREFIX.unpack_from(body)
    if magic != _MAGIC:
        raise WireError("The body does not start with this format's mark.")
    if found_kind != kind:
        raise WireError(f"The body is of kind {found_kind}; kind {kind} is wanted here.")
    if found_dtype != dtype:
        raise WireError(f"The numbers are of type {found_dtype}; type {dtype} is wanted here.")
    return sizes.unpack_from(body, _PREFIX.size)


def _within(what: str, n: int, most: int) -> None:
    if not 1 <= n <= most:
        raise WireError(f"{n} {what} were sent; 1 to {most} are taken.")


def _exactly(body: bytearray, n_bytes: int) -> None:
    if len(body) != n_bytes:
        raise WireError(f"The header promises {n_bytes} bytes, but {len(body)} came.")


def _utf8(raw: bytearray) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise WireError("The prompt is not UTF-8.") from None
