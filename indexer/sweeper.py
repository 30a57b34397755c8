"""Ring again for what no doorbell will wake: leases that ran out, waits that are over, messages that were lost; and
delete what has lain in the trash for its time.

A video is rung for once when it becomes due, and again only after RING_AGAIN, so that a long queue is not made longer.
It is rung again sooner where its message can be nowhere: the queue is empty (a worker that could not reach the database
took the message and dropped it), or the broker began after the bell and keeps no message over its own end.
"""

from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from indexer import bells, broker, captions, leases, services
from indexer.models import Video
from indexer.selectors import videos_present
from indexer.tracks.bells import TRACK
from indexer.tracks.sweep import sweep_tracks

Status = Video.Status
RING_AGAIN = timedelta(minutes=10)
TAKEN_UP = timedelta(seconds=30)  # from a worker's taking a message, a model to be loaded at worst, to the claim
RUNG = (bells.INDEX, bells.MEDIA, bells.CAPTION, bells.DELETE, TRACK)
ASK_AGAIN = timedelta(hours=1)  # whether the model writes captions by now
WORKER_LOST = (
    f"The worker stopped {leases.MAX_ATTEMPTS} times while indexing this video; it may have run out of memory. "
    "Index it again to try once more."
)
MEDIA_LOST = "The worker stopped each time it prepared this video for playback."
CAPTION_LOST = "The worker stopped each time it wrote captions for this video."


def sweep() -> None:
    settle_cancelled()
    give_up()
    ask_for_decoder()
    services.trash_expire()
    again = {name: ring_again(queue_of(name)) for name in RUNG}
    bells_due = (
        (bells.INDEX, index_due(again[bells.INDEX])),
        (bells.MEDIA, side_work_due("media", again[bells.MEDIA])),
        (bells.CAPTION, side_work_due("caption", again[bells.CAPTION])),
        (bells.DELETE, delete_due(again[bells.DELETE])),
    )
    for name, due in bells_due:
        for video_id in due.order_by("created_at").values_list("pk", flat=True)[: bells.AT_ONCE]:
            bells.ring(video_id, name)
    sweep_tracks(again[TRACK])


def ring_again(queue: str) -> timedelta:
    """After what time a bell whose message went to this queue counts as lost."""
    try:
        waiting = broker.messages_waiting(queue)[queue]
        return min(RING_AGAIN if waiting else TAKEN_UP, broker.uptime())
    except broker.AWAY:
        return RING_AGAIN


def queue_of(task: str) -> str:
    queue: str = settings.CELERY_TASK_ROUTES.get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
    return queue


def settle_cancelled() -> None:
    """A cancel that no worker lived to see."""
    lapsed = Video.objects.filter(status=Status.INDEXING, lease_until__lt=Now(), cancel_requested=True)
    ended = {"lease_token": None, "lease_until": None, "cancel_requested": False, "stage": ""}
    lapsed.filter(indexed_at=None).update(status=Status.CANCELLED, **ended)
    lapsed.exclude(indexed_at=None).update(status=Status.READY, **ended)


def give_up() -> None:
    """Videos that took their worker with them every time."""
    lapsed = Video.objects.filter(
        status=Status.INDEXING, lease_until__lt=Now(), attempts__gte=leases.MAX_ATTEMPTS, cancel_requested=False
    )
    ended = {"lease_token": None, "lease_until": None, "stage": "", "error": WORKER_LOST}
    lapsed.filter(indexed_at=None).update(status=Status.FAILED, **ended)
    lapsed.exclude(indexed_at=None).update(status=Status.READY, **ended)
    Video.objects.filter(
        media_status=Status.INDEXING, media_lease_until__lt=Now(), media_attempts__gte=leases.MAX_ATTEMPTS
    ).update(media_status=Status.FAILED, media_error=MEDIA_LOST, media_lease_token=None, media_lease_until=None)
    Video.objects.filter(
        caption_status=Status.INDEXING, caption_lease_until__lt=Now(), caption_attempts__gte=leases.MAX_ATTEMPTS
    ).update(
        caption_status=Status.FAILED, caption_error=CAPTION_LOST, caption_lease_token=None, caption_lease_until=None
    )


def ask_for_decoder() -> None:
    """Weights may have gained a y-decoder since: once an hour one of the videos left without captions asks again.

    Where it gets them, it wakes the others (`indexer.captions`).
    """
    ready = videos_present().filter(status=Status.READY)
    left = ready.filter(caption_status=Status.READY, caption_error=captions.NO_DECODER)
    waits = ready.filter(caption_status__in=(Status.UPLOADED, Status.INDEXING))
    if waits.exists() or left.filter(caption_rung_at__gt=Now() - ASK_AGAIN).exists():
        return
    first = left.order_by(F("caption_rung_at").asc(nulls_first=True)).values("pk")[:1]
    Video.objects.filter(pk__in=first).update(caption_rung_at=None, **captions.waiting())


def index_due(again: timedelta) -> QuerySet[Video]:
    return leases.claimable("index").filter(
        Q(rung_at=None)
        | Q(status=Status.UPLOADED, rung_at__lt=F("not_before"))
        | Q(status=Status.INDEXING, rung_at__lt=F("lease_until"))
        | Q(rung_at__lt=Now() - again)
    )


def side_work_due(kind: Literal["media", "caption"], again: timedelta) -> QuerySet[Video]:
    rung_at = f"{leases.PREFIX[kind]}rung_at"
    return leases.claimable(kind).filter(
        Q(**{rung_at: None})
        | Q(**{f"{rung_at}__lt": F(f"{leases.PREFIX[kind]}lease_until")})
        | Q(**{f"{rung_at}__lt": Now() - again})
    )


def delete_due(again: timedelta) -> QuerySet[Video]:
    return Video.objects.filter(status=Status.DELETING).filter(Q(rung_at=None) | Q(rung_at__lt=Now() - again))
