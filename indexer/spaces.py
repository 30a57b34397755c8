"""Spaces: one row and one partial index each. Search never mixes them.

The embedding column has no size of its own, so the index is on an expression with this space's D, over this space's
rows only. A query must use the same expression and the id as a literal, or Postgres scans silently.
"""

import logging

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from indexer.models import Space, Stream, Video
from indexer.selectors import is_present
from model_server import engine

log = logging.getLogger(__name__)

# A query is words and lies far from all anchors, which are pictures. Of a million the nearest ten were found to 84 %
# with pgvector's own 16 and 64, to 99.5 % with these (docs/performance.md).
GRAPH = "WITH (m = 32, ef_construction = 128)"
INDEX_LOCK = 7_352_001  # advisory lock: one builder of indexes at a time


def active_space() -> Space | None:
    """The space that search uses; None until a first video has been taken up."""
    return Space.objects.filter(status=Space.Status.ACTIVE).first()


def model_before() -> str | None:
    """What SEEKFRAME_MODEL was for the space that answers, where it is another model's than the one chosen now."""
    active = active_space()
    if active is None:
        return None
    chosen_as = active.chosen_as or active.model
    return None if chosen_as == settings.SEEKFRAME_MODEL else chosen_as


def stored_space(space: engine.Space) -> Space | None:
    """The stored row of a model's space; None before a video was indexed with it."""
    return Space.objects.filter(
        model=space.model,
        version=space.version,
        window_s=space.window_s,
        stride_s=space.stride_s,
        prompt=space.prompt,
    ).first()


def ensure_space(space: engine.Space) -> Space:
    """The stored row of this process's model and its index, made where missing; the first one becomes active."""
    stored, made = Space.objects.get_or_create(
        model=space.model,
        version=space.version,
        window_s=space.window_s,
        stride_s=space.stride_s,
        prompt=space.prompt,
        defaults={"dim": space.dim, "clip_frames": space.clip_frames, "frame_px": space.frame_px},
    )
    if made:
        log.info("space_made", extra={"space_id": stored.pk, "model": space.model, "version": space.version})
    if stored.chosen_as != settings.SEEKFRAME_MODEL:
        stored.chosen_as = settings.SEEKFRAME_MODEL
        stored.save(update_fields=["chosen_as"])
    _ensure_index(stored)
    if stored.status == Space.Status.BUILDING:
        _activate_if_first(stored)
    return stored


def activate(space: Space) -> None:
    """Switch search to this space: one transaction."""
    with transaction.atomic():
        Space.objects.filter(status=Space.Status.ACTIVE).exclude(pk=space.pk).update(status=Space.Status.RETIRED)
        Space.objects.filter(pk=space.pk).update(status=Space.Status.ACTIVE)
    space.status = Space.Status.ACTIVE
    log.info("space_activated", extra={"space_id": space.pk})


def switch_when_complete(space: Space) -> None:
    """A new model's space takes over once it holds every video of the active one; those in the trash can wait."""
    active = active_space()
    if active is None or active.pk == space.pk or space.status == Space.Status.RETIRED:
        return
    held = Stream.objects.filter(is_present("video__"), space=active).values("video")
    missing = held.exclude(video__in=Stream.objects.filter(space=space).values("video"))
    if not missing.exists():
        activate(space)


def take_back(space: Space) -> None:
    """A space of an earlier model, whose engine is back: it is built on from what it holds."""
    if Space.objects.filter(pk=space.pk, status=Space.Status.RETIRED).update(status=Space.Status.BUILDING):
        space.status = Space.Status.BUILDING
        log.info("space_taken_back", extra={"space_id": space.pk})


def give_up_building(*, but: Space) -> None:
    """No engine fills the others any more; what they hold is kept for the case that one comes back."""
    Space.objects.filter(status=Space.Status.BUILDING).exclude(pk=but.pk).update(status=Space.Status.RETIRED)


def lacks_index(video: Video) -> bool:
    """The video was indexed, and the space that search uses does not hold it."""
    active = active_space()
    return active is not None and not Stream.objects.filter(video=video, space=active).exists()


def index_name(space: Space) -> str:
    return f"anchor_nearest_{space.pk:d}"


def embedding_expression(space: Space) -> str:
    """The indexed expression; a query that orders by it must also say `space_id = <literal>`."""
    return f"embedding::halfvec({space.dim:d})"


def _activate_if_first(space: Space) -> None:
    if active_space() is not None:
        return
    try:
        with transaction.atomic():
            Space.objects.filter(pk=space.pk).update(status=Space.Status.ACTIVE)
    except IntegrityError:
        return  # another worker's space was first
    space.status = Space.Status.ACTIVE


def _ensure_index(space: Space) -> None:
    """Built concurrently: uploads and searches go on. A build that was killed leaves an invalid index: made again."""
    if _index_is_valid(space):
        return
    with connection.cursor() as cursor:
        # Only tried, never waited for: a waiting session holds a snapshot that the concurrent build would wait for.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [INDEX_LOCK])
        if not cursor.fetchone()[0]:
            return  # the other builder, or the next video, makes it; search is exact until then
        try:
            concurrently = "" if connection.in_atomic_block else "CONCURRENTLY"
            if _index_is_valid(space) is False:
                cursor.execute(f"DROP INDEX {concurrently} IF EXISTS {index_name(space)}")
            cursor.execute(
                f"CREATE INDEX {concurrently} IF NOT EXISTS {index_name(space)} ON indexer_anchor"
                f" USING hnsw (({embedding_expression(space)}) halfvec_cosine_ops) {GRAPH}"
                f" WHERE space_id = {space.pk:d}"
            )
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [INDEX_LOCK])


def _index_is_valid(space: Space) -> bool | None:
    """None where there is no such index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index_name(space)])
        row = cursor.fetchone()
    return None if row is None else bool(row[0])
