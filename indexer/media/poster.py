"""The picture that stands for a video, or for one moment of it."""

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from model_server.frames.errors import no_picture
from model_server.frames.reader import Picture, probe
from model_server.frames.stills import fit, read_stills

BOX_PX = (1280, 720)
QUALITY = 80
_CANDIDATES = (0.1, 0.3, 0.5, 0.7)  # shares of the video: past the titles, before the credits
_PLAIN = 20.0  # a picture whose grey levels vary less than this is a fade, a title card or the night


def make_poster(source: Path | str, target: Path | str, at_s: float | None = None) -> None:
    """Write the picture at a moment, or the first of a few that shows something, as the target's ending says."""
    facts = probe(source)
    times = [at_s] if at_s is not None else [facts.duration_s * share for share in _CANDIDATES]
    pictures = read_stills(source, times, fit(facts, *BOX_PX))
    if not pictures:
        raise no_picture()
    save_picture(_most_telling(pictures), Path(target))


def _most_telling(pictures: list[Picture]) -> Picture:
    contrasts = [float(np.std(picture.mean(axis=2))) for picture in pictures]
    for picture, contrast in zip(pictures, contrasts, strict=True):
        if contrast > _PLAIN:
            return picture
    return pictures[int(np.argmax(contrasts))]


def save_picture(picture: Picture, target: Path) -> None:
    """Whole or not at all: written beside its place, then renamed into it."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            Image.fromarray(picture).save(file, format=Image.registered_extensions()[target.suffix], quality=QUALITY)
        beside.chmod(0o644)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
