"""A backup copies the files that rows name; while it does, nobody deletes them.

Both sides hold one advisory lock of Postgres, which goes with their connection however their process ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

FILES_LOCK = 0x5EEF_4A3E  # a number that nothing else in this database locks


@contextmanager
def files_may_go() -> Iterator[bool]:
    """Whether files may be deleted within the block. False: a backup copies them, come back later."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [FILES_LOCK])
            row = cursor.fetchone()
        yield bool(row and row[0])
