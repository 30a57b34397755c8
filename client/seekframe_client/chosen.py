"""Videos that a command is given, many at once: by their ids, or as another command lists them."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from seekframe_client.environment import sentence_of
from seekframe_client.errors import SeekframeError
from seekframe_client.named import video_id
from seekframe_client.output import FOUND, wrong

T = TypeVar("T")
FROM_STDIN = "-"
NONE = "No video is listed there: a line begins with a video's id, as `seekframe videos` prints it."


def video_ids(given: Sequence[str]) -> list[str]:
    """Each once. `-` stands for those that the standard input lists, one a line, whatever follows the id."""
    words = list(given)
    if words == [FROM_STDIN]:
        words = [line.split()[0] for line in sys.stdin if line.strip()]
    if not words:
        raise SeekframeError(0, NONE)
    return list(dict.fromkeys(video_id(word) for word in words))


def each(keys: Sequence[str], act: Callable[[str], T]) -> tuple[list[T], int]:
    """What it gave for each, and the exit status: one that is refused does not keep the others from it."""
    done, status = [], FOUND
    for key in keys:
        try:
            done.append(act(key))
        except SeekframeError as problem:
            if problem.status in (0, 401):
                raise  # of no video: it would be the same with the next
            status = wrong(f"{key}: {sentence_of(problem)}")
    return done, status
