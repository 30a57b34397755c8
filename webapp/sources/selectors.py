"""What a source's part of the page shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indexer.models import Video
from webapp.languages.stored import in_language
from webapp.sources.kinds_of_place import reader_of
from webapp.sources.models import Source, SourceItem
from webapp.sources.settle import newest_upload
from webapp.uploads import parts
from webapp.uploads.kinds import in_words
from webapp.uploads.models import Upload

Status = SourceItem.Status
LATEST = 8  # files that are shown; the counts tell of all
CALLED = {
    Source.Kind.FOLDER: gettext_lazy("Watched folder"),
    Source.Kind.BUCKET: gettext_lazy("Bucket"),
    Source.Kind.ADDRESS: gettext_lazy("Address"),
}


@dataclass(frozen=True)
class ItemRow:
    item: SourceItem
    kind: str  # waiting, working, ready, failed, cancelled: as `State.kind`
    sentence: str
    share: float | None = None
    can_stop: bool = False
    can_retry: bool = False

    @property
    def video(self) -> Video | None:
        return video_of(self.item)

    @property
    def name(self) -> str:
        return self.item.key.rstrip("/").rpartition("/")[2] or self.item.key


@dataclass(frozen=True)
class Shown:
    source: Source
    called: str
    sentence: str  # how it is
    state: str  # the css class of the sentence
    counts: str
    rows: list[ItemRow]
    live: bool  # something is under way


def shown(source: Source) -> Shown:
    rows = [row_of(source, item) for item in _latest(source)]
    state, sentence = how_it_is(source)
    is_new = source.looked_at is None and not source.paused
    live = is_new or any(row.kind == "working" for row in rows)
    return Shown(
        source, str(CALLED[Source.Kind(source.kind)]), sentence, state, _counted(counts_of(source)), rows, live
    )


def counts_of(source: Source) -> dict[str, int]:
    """How many of its files came, are to come, and were refused."""
    counts: dict[str, int] = source.items.aggregate(
        fetched=Count("pk", filter=Q(status__in=(Status.FETCHED, Status.KNOWN))),
        waiting=Count("pk", filter=Q(status__in=(Status.WAITING, Status.FETCHING))),
        refused=Count("pk", filter=Q(status=Status.REFUSED)),
    )
    return counts


def _latest(source: Source) -> Iterable[SourceItem]:
    """What is under way first, then what changed last."""
    items = source.items.select_related("video")
    fetching = list(items.filter(status=Status.FETCHING)[:LATEST])
    return [*fetching, *items.exclude(status=Status.FETCHING)[: LATEST - len(fetching)]]


def how_it_is(source: Source) -> tuple[str, str]:
    """The css class of the sentence, and the sentence."""
    if source.paused:
        return "cancelled", _("Paused")
    if source.error:
        return "failed", in_language(source.error)
    if source.lease_until and source.lease_until > timezone.now():
        return "working", _("Looking now")
    if source.looked_at is None:
        return "waiting", _("Waits for a worker")
    if source.kind == Source.Kind.ADDRESS:
        return "ready", _("An address is fetched once")
    return "ready", _("Watched")


def _counted(counts: dict[str, int]) -> str:
    said = [_("%(n)s brought in") % {"n": counts["fetched"]}]
    said += [_("%(n)s to come") % {"n": counts["waiting"]}] if counts["waiting"] else []
    said += [_("%(n)s refused") % {"n": counts["refused"]}] if counts["refused"] else []
    return ", ".join(said)


def row_of(source: Source, item: SourceItem) -> ItemRow:
    match item.status:
        case Status.FETCHING:
            return _fetching(item)
        case Status.WAITING:
            return ItemRow(item, "waiting", in_language(item.error) or _waits(source, item), can_stop=True)
        case Status.FETCHED:
            return ItemRow(item, "ready", _("Brought in") if video_of(item) else _("Brought in, and deleted since"))
        case Status.KNOWN:
            return ItemRow(
                item, "ready", _("The same video is here already") if video_of(item) else _("It came in before")
            )
        case Status.REFUSED:
            return ItemRow(item, "failed", in_language(item.error), can_retry=True)
    return ItemRow(item, "cancelled", _("Cancelled"), can_retry=True)


def video_of(item: SourceItem) -> Video | None:
    """One that is in the trash or being deleted is gone for everyone."""
    return item.video if item.video and item.video.is_present else None


def _fetching(item: SourceItem) -> ItemRow:
    upload = newest_upload(item)
    if upload is None or not upload.size_bytes:
        return ItemRow(item, "working", _("Being fetched"), 0.0, can_stop=True)
    if upload.status != Upload.Status.RECEIVING:
        return ItemRow(item, "working", _("All of it is here, checking the file"), 1.0)
    n_bytes = parts.size_or_zero(upload.id)
    said = _("%(come)s of %(all)s are here") % {"come": in_words(n_bytes), "all": in_words(upload.size_bytes)}
    return ItemRow(item, "working", said, n_bytes / upload.size_bytes, can_stop=True)


def _waits(source: Source, item: SourceItem) -> str:
    left_s = reader_of(source).still_s - age_s(item.seen_at)
    return _("Taken once it has not changed for a minute") if left_s > 0 else _("Waits its turn")


def age_s(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()
