"""A picture is looked at once, when it is brought; searching with it again costs nothing."""

import io
import tempfile
from datetime import timedelta

import numpy as np
from django.core.files import File
from django.utils import timezone
from PIL import Image

from indexer import files
from indexer.models import Video
from indexer.spaces import active_space
from model_server.engine import Engine
from model_server.frames.errors import MediaError
from model_server.frames.photos import read_strange_photo
from webapp.shown.models import ShownPicture

KEPT = timedelta(days=90)
MOST_BYTES = 30 * 2**20
THUMBNAIL_PX = 160  # its height
NO_INDEX = "Nothing is indexed yet, so there is nothing to compare this picture with."


def picture_show(
    *, owner_id: int, file: "File[bytes]", engine: Engine, video: Video | None = None, at_s: float | None = None
) -> ShownPicture:
    """MediaError where the file is no photo, EngineError where the model is away."""
    space = active_space()
    if space is None:
        raise MediaError(NO_INDEX, permanent=False)
    if (file.size or 0) > MOST_BYTES:
        raise MediaError(f"This picture is larger than {MOST_BYTES // 2**20} MB.", permanent=True)
    with tempfile.NamedTemporaryFile(prefix=files.WORK_PREFIX) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        clips, shape = read_strange_photo(kept.name, engine.space)
    (embedding,) = engine.predict(clips)
    return ShownPicture.objects.create(
        owner_id=owner_id,
        video=video,
        at_s=at_s,
        space=space,
        embedding=embedding.astype("<f4").tobytes(),
        thumbnail=thumbnail(clips.frames[0], shape),
    )


def thumbnail(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], shape: float) -> bytes:
    """The square that the model saw, in its own shape again."""
    out = io.BytesIO()
    Image.fromarray(picture).resize((round(THUMBNAIL_PX * shape), THUMBNAIL_PX)).save(out, "WEBP", quality=80)
    return out.getvalue()


def pictures_sweep() -> int:
    """Forget old ones. Safe to run at any moment."""
    n, _ = ShownPicture.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return n
