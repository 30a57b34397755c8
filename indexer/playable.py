"""Files for the browser: poster, storyboard, and a proxy where the original does not play.

Each file is stored whole under its final key and shown by the row only then; a run that is killed is taken up again.
"""

import logging
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models.functions import Now

from indexer import files, leases
from indexer.leases import MAX_MEDIA_ATTEMPTS, Lease
from indexer.media.poster import make_poster
from indexer.media.proxy import make_proxy
from indexer.media.storyboard import make_storyboard
from indexer.models import Video
from indexer.outcomes import backoff_s, is_permanent, sentence_of
from model_server.frames.errors import MediaError
from model_server.frames.reader import probe

log = logging.getLogger(__name__)


def make_media(video_id: uuid.UUID | str) -> None:
    """Claim a video's browser files and make those that are missing."""
    lease = leases.claim(video_id, "media")
    if lease is None:
        return
    with leases.kept(lease):
        try:
            run(lease)
        except leases.LeaseLost:
            _forget_files_without_row(lease)
        except Exception as problem:  # noqa: BLE001 - logged with its trace where it becomes the video's outcome
            _stopped(lease, problem)
        except BaseException:
            lease.end(media_status=Video.Status.UPLOADED, media_rung_at=None)
            raise


def run(lease: Lease) -> None:
    video = Video.objects.get(pk=lease.video_id)
    with files.local_path(video.original) as source, tempfile.TemporaryDirectory(prefix=files.WORK_PREFIX) as work:
        folder = Path(work)
        plays = probe(source).plays_in_browser
        lease.renew(poster=_poster(video, source, folder))
        lease.renew(storyboard=_storyboard(video, source, folder))
        lease.renew(proxy="" if plays else _proxy(lease, source, folder))
    lease.end(media_status=Video.Status.READY, media_error="", media_attempts=0)
    log.info("media_made", extra={"video_id": str(video.pk), "proxy": not plays})


def _poster(video: Video, source: Path, folder: Path) -> str:
    make_poster(source, folder / "poster.webp")
    return _put(video.pk, "poster.webp", folder / "poster.webp")


def _storyboard(video: Video, source: Path, folder: Path) -> dict[str, Any]:
    """The layout as the maker tells it, with storage keys in place of file names."""
    sprites = folder / "storyboard"
    sprites.mkdir()
    layout = dict(make_storyboard(source, sprites))
    layout["sprites"] = [_put(video.pk, f"storyboard/{Path(name).name}", sprites / name) for name in layout["sprites"]]
    return layout


def _proxy(lease: Lease, source: Path, folder: Path) -> str:
    """May take hours: every while the lease says that it goes on, and a deletion ends it."""
    make_proxy(source, folder / "proxy.mp4", progress=lambda _share: lease.renew_if_due())
    return _put(lease.video_id, "proxy.mp4", folder / "proxy.mp4")


def _put(video_id: uuid.UUID, name: str, made: Path) -> str:
    if not made.exists() or made.stat().st_size == 0:  # verified before the row says that it is there
        raise MediaError(f"The file {name} was not made.", permanent=False)
    key = files.video_key(video_id, name)
    files.put(key, made)
    return key


def _stopped(lease: Lease, problem: Exception) -> None:
    video = lease.held().first()
    if video is None:
        return _forget_files_without_row(lease)
    crashed = isinstance(problem, MediaError) and problem.crashed
    log.warning("media_stopped", extra={"video_id": str(video.pk)}, exc_info=problem)
    if (is_permanent(problem) and not crashed) or video.media_attempts >= MAX_MEDIA_ATTEMPTS:
        lease.end(media_status=Video.Status.FAILED, media_error=sentence_of(problem))
        return None
    wait = timedelta(seconds=backoff_s(video.media_attempts))
    lease.end(media_status=Video.Status.UPLOADED, media_error=sentence_of(problem), media_lease_until=Now() + wait)
    return None


def _forget_files_without_row(lease: Lease) -> None:
    """The video was deleted while its files were made: what was written after the deletion job's look goes too."""
    if not Video.objects.filter(pk=lease.video_id).exists():
        files.delete_all(lease.video_id)
