"""One moment of the database: what pg_dump saves, and which files its rows name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg

from indexer.pauses import FILES_LOCK
from webapp.backup import postgres_tools

NAMED = """
    SELECT original FROM indexer_video WHERE status <> 'deleting'
    UNION SELECT proxy FROM indexer_video WHERE status <> 'deleting' AND proxy <> ''
    UNION SELECT poster FROM indexer_video WHERE status <> 'deleting' AND poster <> ''
    UNION SELECT jsonb_array_elements_text(storyboard->'sprites') FROM indexer_video
        WHERE status <> 'deleting' AND storyboard ? 'sprites'
"""


@dataclass(frozen=True)
class Snapshot:
    made_at: datetime
    keys: frozenset[str]  # files that rows name
    hashes: dict[str, str]  # of originals, as learnt when they came
    received: tuple[str, ...]  # uploads that were whole and not yet a video
    migrations: tuple[str, ...]
    n_videos: int


@contextmanager
def saved(url: str, dump: Path) -> Iterator[Snapshot]:
    """The database is in `dump`. While the block runs no worker deletes files: those its rows name can be copied."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [FILES_LOCK])
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        name = _column(connection, "SELECT pg_export_snapshot()")[0]
        looked = _look(connection)
        postgres_tools.dump(url, name, dump)
        connection.execute("COMMIT")  # the files may take hours, and a transaction must not; the lock stays
        yield looked


def _look(connection: psycopg.Connection) -> Snapshot:
    hashes = "SELECT original, sha256 FROM indexer_video WHERE sha256 <> ''"
    return Snapshot(
        made_at=datetime.now(UTC),
        keys=frozenset(_column(connection, NAMED)),
        hashes=dict(connection.execute(hashes).fetchall()),
        received=tuple(_column(connection, "SELECT id::text FROM webapp_upload WHERE status = 'received'")),
        migrations=tuple(_column(connection, "SELECT app || '.' || name FROM django_migrations ORDER BY id")),
        n_videos=int(_column(connection, "SELECT count(*)::text FROM indexer_video")[0]),
    )


def _column(connection: psycopg.Connection, statement: LiteralString) -> list[str]:
    return [row[0] for row in connection.execute(statement).fetchall()]
