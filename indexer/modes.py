"""How a library's videos are read for their index, and which of them were read the other way."""

import logging

from indexer.models import Library
from indexer.selectors import videos_present
from indexer.spaces import active_space

log = logging.getLogger(__name__)


def mode_set(*, library: Library, mode: str) -> None:
    """From the next index on: of videos to come, and of those that are indexed again."""
    library.index_mode = mode
    library.full_clean()
    library.save(update_fields=["index_mode"])
    log.info("index_mode_set", extra={"library_id": str(library.pk), "mode": mode})


def n_read_otherwise(library: Library) -> int:
    """How many of its indexed videos were read in another mode than it has now. The shortest know one mode only."""
    space = active_space()
    indexed = videos_present().filter(library=library, duration_s__gt=space.window_s if space else 0.0)
    indexed = indexed.exclude(indexed_at=None)
    return indexed.exclude(index_mode=library.index_mode).count()
