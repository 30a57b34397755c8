"""Which database a backup is of: the one that is configured, or the embedded one, running or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from webapp import env
from webapp.embedded import kept
from webapp.embedded.alone import database_alone
from webapp.embedded.supervision import StartProblem


@contextmanager
def to_read() -> Iterator[str]:
    """Its address, while Seekframe runs and while it does not."""
    if configured := env.chosen("DATABASE_URL"):
        yield configured
        return
    try:
        with database_alone() as url:
            yield url
    except StartProblem:
        url = kept.load(env.embedded_file()).get("DATABASE_URL", "")
        if not url:
            raise
        yield url  # `up` runs, and its database with it


@contextmanager
def to_replace() -> Iterator[str]:
    """Its address, with `up` not running."""
    if configured := env.chosen("DATABASE_URL"):
        yield configured
        return
    with database_alone() as url:
        yield url
