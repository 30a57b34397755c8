"""What must be true when the kills are over: each check reads the database and the disk itself and names its faults."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from benchmarks.kill_uploads import Accepted
from benchmarks.running import Up
from webapp.embedded import kept

AT_WORK = "('uploaded', 'indexing')"
BUSY = f"""
    SELECT 'upload ' || id || ' is ' || status FROM webapp_upload WHERE status = 'received'
    UNION ALL SELECT 'video ' || id || ' is ' || status FROM indexer_video
        WHERE status IN ('uploaded', 'indexing', 'deleting')
    UNION ALL SELECT 'playback of ' || id || ' is ' || media_status FROM indexer_video WHERE media_status IN {AT_WORK}
    UNION ALL SELECT 'captions of ' || id || ' are ' || caption_status FROM indexer_video
        WHERE status = 'ready' AND caption_status IN {AT_WORK}
"""
HELD = """
    SELECT 'video ' || id || ' has a lease at rest' FROM indexer_video
    WHERE (lease_token IS NOT NULL AND status <> 'indexing')
       OR (media_lease_token IS NOT NULL AND media_status <> 'indexing')
       OR (caption_lease_token IS NOT NULL AND caption_status <> 'indexing')
"""
NO_REASON = """
    SELECT 'video ' || id || ' is ' || status || ' and says «' || error || '»' FROM indexer_video
    WHERE NOT (status = 'ready' OR (status IN ('failed', 'quarantined') AND error <> ''))
"""
TWICE = """
    SELECT 'stream ' || video_id || ' part ' || part FROM indexer_stream
        GROUP BY video_id, space_id, part HAVING count(*) > 1
    UNION ALL SELECT 'segments of ' || a.video_id || ' overlap at ' || a.start_s FROM indexer_segment a
        JOIN indexer_segment b ON a.video_id = b.video_id AND a.space_id = b.space_id AND a.id < b.id
            AND a.start_s < b.start_s + 1e-3 AND b.start_s < a.start_s + 1e-3
    UNION ALL SELECT 'streams of ' || video_id || ' are ' || count(*) || ' of ' || max(part) + 1 FROM indexer_stream
        GROUP BY video_id, space_id HAVING count(*) <> max(part) + 1
    UNION ALL SELECT 'file ' || sha256 || ' is ' || count(*) || ' videos' FROM indexer_video
        GROUP BY library_id, sha256 HAVING count(*) > 1
    UNION ALL SELECT 'ready video ' || v.id || ' has no stream' FROM indexer_video v WHERE v.status = 'ready'
        AND NOT EXISTS (SELECT 1 FROM indexer_stream s WHERE s.video_id = v.id)
"""
SHOWN = """
    SELECT id::text, original FROM indexer_video
    UNION ALL SELECT id::text, proxy FROM indexer_video WHERE proxy <> ''
    UNION ALL SELECT id::text, poster FROM indexer_video WHERE poster <> ''
    UNION ALL SELECT id::text, jsonb_array_elements_text(storyboard->'sprites') FROM indexer_video
        WHERE storyboard ? 'sprites'
"""


class Look:
    """One look at a resting product."""

    def __init__(self, up: Up, client: httpx.Client) -> None:
        self.up, self.client = up, client
        self.storage = up.var / "storage"

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        url = kept.load(self.up.var / "embedded.env")["DATABASE_URL"]
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute(statement, values or None).fetchall()

    def busy(self) -> list[str]:
        try:
            return [row[0] for row in self.rows(BUSY)]
        except psycopg.Error as error:
            return [f"the database does not answer: {error}"]

    def wait_for_rest(self, seconds: float) -> float:
        """Until nothing is on its way; how long that took."""
        began = time.monotonic()
        while self.busy() and time.monotonic() < began + seconds:
            time.sleep(0.5)
        return time.monotonic() - began

    def faults(self, accepted: Sequence[Accepted]) -> dict[str, list[str]]:
        return {
            "accepted uploads lost or changed": list(self._lost(accepted)),
            "still on their way": self.busy(),
            "leases at rest": [row[0] for row in self.rows(HELD)],
            "neither ready nor failed with a reason": [row[0] for row in self.rows(NO_REASON)],
            "duplicates": [row[0] for row in self.rows(TWICE)],
            "rows whose file is missing": list(self._missing()),
            "deleted and still there": list(self._undead(accepted)),
        }

    def orphans(self) -> list[str]:
        """Files that no row names: in storage, among the parts of uploads, and in the folder for temporary files."""
        shown = {row[1] for row in self.rows(SHOWN)}
        stored = (path for path in self.storage.rglob("*") if path.is_file())
        strays = [key for path in stored if (key := path.relative_to(self.storage).as_posix()) not in shown]
        waiting = {f"{row[0]}.part" for row in self.rows("SELECT id FROM webapp_upload WHERE status = 'receiving'")}
        parts = [path.name for path in (self.up.var / "uploads").glob("*") if path.name not in waiting]
        return strays + parts + [f"tmp/{path.name}" for path in (self.up.var / "tmp").glob("seekframe-*")]

    def strangers(self) -> list[str]:
        """Processes of this product that its supervisor does not know."""
        known = {process.pid for process in self.up.family()} | {self.up.process.pid}
        return [f"{pid}: {command}" for pid, command in _processes_of(self.up.var) if pid not in known]

    def outcomes(self) -> dict[str, int]:
        counted = self.rows("SELECT status, count(*) FROM indexer_video GROUP BY status")
        return dict(counted)

    def reasons(self) -> dict[str, int]:
        counted = self.rows("SELECT error, count(*) FROM indexer_video WHERE error <> '' GROUP BY error")
        return dict(counted)

    def _lost(self, accepted: Sequence[Accepted]) -> Iterator[str]:
        found = {
            str(row[0]): row[1:]
            for row in self.rows(
                "SELECT u.id, u.status, u.error, v.original, v.id FROM webapp_upload u"
                " LEFT JOIN indexer_video v ON v.id = coalesce(u.video_id, u.duplicate_of_id)"
            )
        }
        gone = {one.upload_id for one in accepted if one.deleted}
        hashes = {one.sha256 for one in accepted if one.upload_id in gone}
        for one in accepted:
            if one.upload_id in gone:
                continue
            status, error, original, _ = found.get(one.upload_id, ("no row", "", None, None))
            if original is None and one.sha256 in hashes and status == "finished":
                continue  # the same bytes as a video that a person deleted
            path = self.storage / original if original else None
            if path is None or not path.exists():
                yield f"{one.upload_id}: {status} {error}"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
                yield f"{one.upload_id}: other bytes"

    def _missing(self) -> Iterator[str]:
        for video_id, key in self.rows(SHOWN):
            if not (self.storage / key).exists():
                yield f"{video_id}: {key}"

    def _undead(self, accepted: Sequence[Accepted]) -> Iterator[str]:
        rows = {str(row[0]) for row in self.rows("SELECT id FROM indexer_video")}
        for one in accepted:
            if one.deleted and (one.upload_id in rows or (self.storage / "videos" / one.upload_id).exists()):
                yield one.upload_id


def _processes_of(var: Path) -> Iterator[tuple[int, str]]:
    for process in psutil.process_iter():
        try:
            if process.environ().get("SEEKFRAME_VAR") == str(var) and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid, " ".join(process.cmdline())[:120]
        except psutil.Error:
            continue
