"""Request bodies, bounded in size and time, and checked before the model sees them."""

import asyncio
import json

from starlette.requests import ClientDisconnect, Request

from model_server import wire
from model_server.engine import Clips, Space
from model_server.server.problems import Problem

MAX_TEXT_BODY_BYTES = 8 * 2**20  # MAX_TEXTS of MAX_TEXT_CHARS, even if every character is written as an escape
BODY_TIMEOUT_S = 60.0


async def read_body(request: Request, content_type: str, most_bytes: int) -> bytearray:
    """The whole body. Raises Problem 415, 413 or 408, or 400 when the sender went away."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != content_type:
        raise Problem(415, f"The body must be {content_type}, not {given or 'untyped'}.")
    too_large = Problem(413, f"The body may have at most {most_bytes} bytes.")
    if int(request.headers.get("content-length", 0)) > most_bytes:  # the server has refused what is no number
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for part in request.stream():
                body += part
                if len(body) > most_bytes:
                    raise too_large
    except TimeoutError:
        raise Problem(408, f"The body did not arrive within {BODY_TIMEOUT_S:.0f} s.") from None
    except ClientDisconnect:
        raise Problem(400, "The connection closed before the whole body came.") from None
    return body


async def read_texts(request: Request) -> list[str]:
    """`{"texts": [...]}`. Raises Problem 400 for what is not that, 422 for too many or too long."""
    body = await read_body(request, "application/json", MAX_TEXT_BODY_BYTES)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    texts = value.get("texts") if isinstance(value, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Problem(400, 'The body must be {"texts": [...]} with a list of strings.')
    if not 1 <= len(texts) <= wire.MAX_TEXTS:
        raise Problem(422, f"{len(texts)} texts were sent; 1 to {wire.MAX_TEXTS} are taken.")
    if max(map(len, texts)) > wire.MAX_TEXT_CHARS:
        raise Problem(422, f"A text may have at most {wire.MAX_TEXT_CHARS} characters.")
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        raise Problem(422, "A text holds half of a surrogate pair, which is no character.") from None
    return texts


async def read_clips(request: Request, space: Space) -> tuple[Clips, str | None]:
    """Clips that fit the space, and the prompt."""
    clips, prompt = wire.unpack_clips(await read_body(request, wire.CLIPS_TYPE, wire.MAX_BODY_BYTES))
    side = space.frame_px
    if clips.frames.shape[1:3] != (side, side):
        height, width = clips.frames.shape[1:3]
        raise Problem(422, f"Frames are {width}x{height}; this model takes {side}x{side}.")
    if clips.index.shape[1] > space.clip_frames:
        raise Problem(422, f"Clips have {clips.index.shape[1]} frames; this model takes 1 to {space.clip_frames}.")
    return clips, prompt
