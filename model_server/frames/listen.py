"""The sound of a part of a video, decoded in the confined child."""

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.frames.errors import MediaError
from model_server.frames.process import Child, Frame, Order

Sound = npt.NDArray[np.float32]  # (n,) -1 to 1, 16 kHz mono

SOUND_RATE = 16_000  # as `sound` sends it
_BLOCK_BYTES = SOUND_RATE * 2


def read_sound(path: Path | str, start_s: float, end_s: float) -> Sound | None:
    """What is heard from `start_s` to `end_s`, shorter where the sound ends before. None: the video has no sound."""
    arguments = {"start_s": start_s, "end_s": end_s}
    most, blocks = math.ceil(end_s - start_s) + 1, []
    with Child(Order("sound", Path(path), arguments, frame_bytes=_BLOCK_BYTES)) as child:
        for message in child.messages():
            if isinstance(message, Frame):
                blocks.append(np.frombuffer(message.pixels, np.int16))
                if len(blocks) > most:
                    break
            elif message.name == "end":
                if message.facts.get("has_sound") is False:
                    return None
                samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
                return samples[: round((end_s - start_s) * SOUND_RATE)].astype(np.float32) / np.float32(32768)
    raise MediaError("The decoder answered nonsense while it read this video's sound.", permanent=False, crashed=True)
