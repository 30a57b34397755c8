"""Workers that answer, and what each is doing since when; and claims of workers that do not answer."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import current_app
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from indexer.leases import LEASE_S, PREFIX
from indexer.models import Video

ASK_S = 0.7  # every worker answers within it, or counts as away
TASKS = {
    "indexer.tasks.index_video": "Indexing",
    "indexer.tasks.make_media": "Preparing for playback",
    "indexer.tasks.write_captions": "Writing captions",
    "indexer.tasks.write_track": "Writing transcripts",
    "indexer.tasks.delete_video": "Deleting",
    "indexer.tasks.add_samples": "Making the sample library",
    "webapp.uploads.tasks.finish_upload": "Checking an upload",
    "webapp.labels.tasks.label_waiting": "Labelling segments",
    "webapp.sources.tasks.look_at_source": "Looking at a source",
}
HELD = {"index": "Indexing", "media": "Preparing for playback", "caption": "Writing captions"}


@dataclass(frozen=True)
class Doing:
    what: str
    title: str = ""
    since: datetime | None = None
    progress: float | None = None


@dataclass(frozen=True)
class Worker:
    name: str
    doing: list[Doing]


@dataclass(frozen=True)
class Claim:
    """A lease that is held, though no worker that answers says that it is at it."""

    what: str
    title: str
    renewed_at: datetime


def workers() -> list[Worker] | None:
    """Those that answer; None where they cannot be asked. Ask only while the broker is known to be there."""
    try:
        answers: dict[str, list[dict[str, Any]]] = current_app.control.inspect(timeout=ASK_S).active() or {}
    except (OperationalError, OSError):
        return None
    videos = Video.objects.in_bulk([pk for tasks in answers.values() for task in tasks if (pk := video_id_of(task))])
    return [Worker(name, [doing(task, videos) for task in tasks]) for name, tasks in sorted(answers.items())]


def doing(task: dict[str, Any], videos: dict[uuid.UUID, Video]) -> Doing:
    name = str(task.get("name", ""))
    started = task.get("time_start")
    since = datetime.fromtimestamp(started, UTC) if started else None
    video = videos.get(video_id_of(task) or uuid.UUID(int=0))
    progress = video.progress if video and name == "indexer.tasks.index_video" else None
    return Doing(TASKS.get(name, name.rpartition(".")[2]), video.title if video else "", since, progress)


def video_id_of(task: dict[str, Any]) -> uuid.UUID | None:
    args = task.get("args") or [""]
    try:
        return uuid.UUID(str(args[0]))
    except ValueError:
        return None


def claims_without_worker(alive: list[Worker] | None) -> list[Claim]:
    told = {(doing.what, doing.title) for worker in alive or [] for doing in worker.doing}
    return [claim for claim in _claims() if (claim.what, claim.title) not in told]


def _claims() -> Iterator[Claim]:
    for kind, prefix in PREFIX.items():
        held = Video.objects.filter(**{f"{prefix}status": Video.Status.INDEXING, f"{prefix}lease_until__gt": Now()})
        for title, lease_until in held.values_list("title", f"{prefix}lease_until"):
            yield Claim(HELD[kind], title, lease_until - timedelta(seconds=LEASE_S))
