"""Fills a running product's database with drawn videos (`benchmarks.drawn`): run by `benchmarks.large_library`.

Rows are as the pipeline leaves them: streams, segments as it cuts them, anchors, captions of the real pictures, full
text, a title. What has no file needs none: the videos count as played, captioned and compared. Killed, it goes on where
it stopped. The space's index is made at the end, as after restoring a backup, and timed.
"""

import argparse
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drawn import Drawn, Real, draw, lengths_s, real

USERS = 4  # who ask: requests of one person are limited
SHARES = {"half": 0.5, "a third": 0.3, "a seventh": 0.15, "a twentieth": 0.05}  # of the videos, by library
YEARS = 3  # over which they came in
VIDEOS_AT_ONCE = 25
SURE = 0.37  # share of captions whose words are searched (docs/results.md: agreement 0.55 and more)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True, help="what benchmarks.large_library read from real files")
    parser.add_argument("--segments", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    options.out.write_text(json.dumps(fill(options.real, options.segments)))


def fill(source: Path, n_segments: int) -> dict[str, Any]:
    """Seconds it took, sizes in bytes, and the keys to ask with."""
    from django.conf import settings
    from django.db import connection

    from indexer import spaces
    from indexer.models import Anchor, Library, Segment, Stream, Video
    from model_server.client import RemoteEngine

    arrays = np.load(source, allow_pickle=False)
    given, captions = real(arrays["meanings"], arrays["differences"]), [str(c) for c in arrays["captions"]]
    space = spaces.ensure_space(RemoteEngine(settings.MODEL_SERVER_URL, settings.MODEL_SERVER_TOKEN).space)
    keys, libraries = people()
    rng = np.random.default_rng([7, Video.objects.count()])
    began = time.monotonic()
    if Segment.objects.count() < n_segments:
        with connection.cursor() as cursor:
            # The product's workers would build it again meanwhile; this session may, at the end.
            cursor.execute("SELECT pg_advisory_lock(%s)", [spaces.INDEX_LOCK])
            cursor.execute(f"DROP INDEX IF EXISTS {spaces.index_name(space)}")
    while (n := Segment.objects.count()) < n_segments:
        store(space, libraries, given, captions, rng)
        print(f"{n} segments after {time.monotonic() - began:.0f} s", flush=True)
    filled_s = time.monotonic() - began
    spaces.ensure_space(RemoteEngine(settings.MODEL_SERVER_URL, settings.MODEL_SERVER_TOKEN).space)
    index_s = time.monotonic() - began - filled_s
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
        cursor.execute("VACUUM ANALYZE")
    counts = {m.__name__.lower() + "s": m.objects.count() for m in (Library, Video, Stream, Segment, Anchor)}
    tables = ("indexer_stream", "indexer_segment", "indexer_anchor", "indexer_caption")
    sizes = {name: size_bytes(name) for name in (*tables, spaces.index_name(space), "segment_words")}
    return {"filled_s": round(filled_s), "index_s": round(index_s), **counts, "bytes": sizes, "keys": keys}


def people() -> tuple[list[str], list[Any]]:
    """The keys of those who ask, new each time, and the libraries that all of them see."""
    from django.contrib.auth import get_user_model

    from indexer import services
    from indexer.models import Library, Membership
    from webapp.api.models import key_make

    users = [get_user_model().objects.get_or_create(username=f"asker-{i}")[0] for i in range(USERS)]
    libraries = [Library.objects.filter(name=name).first() for name in SHARES]
    libraries = [
        found or services.library_create(name=name, owner=users[0])
        for found, name in zip(libraries, SHARES, strict=True)
    ]
    for library in libraries:
        for user in users[1:]:
            Membership.objects.get_or_create(library=library, user=user, defaults={"role": Membership.Role.VIEWER})
    return [key_make(owner_id=u.pk, name="asking", scope="read", days=None)[1] for u in users], libraries


def store(space: Any, libraries: list[Any], given: Real, captions: list[str], rng: np.random.Generator) -> None:
    """Some videos, all or none of them."""
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from indexer.models import Video

    drawn = [draw(max(2, int(s / space.stride_s)), given, rng) for s in lengths_s(VIDEOS_AT_ONCE, rng)]
    homes = rng.choice(len(libraries), size=len(drawn), p=list(SHARES.values()))
    now = timezone.now()
    with transaction.atomic():
        ready = dict.fromkeys(("status", "media_status", "caption_status"), Video.Status.READY)
        videos = Video.objects.bulk_create(
            Video(
                library=libraries[home],
                title=captions[d.meanings[0]][:300],
                original=f"videos/drawn-{rng.integers(2**62)}/original",
                size_bytes=1,
                duration_s=len(d.embeddings) * space.stride_s + space.window_s - space.stride_s,
                indexed_at=now,
                copies_sought_at=now,
                **ready,
            )
            for home, d in zip(homes, drawn, strict=True)
        )
        for video, d in zip(videos, drawn, strict=True):
            age = timedelta(days=float(rng.uniform(0, 365 * YEARS)))
            Video.objects.filter(pk=video.pk).update(created_at=now - age)
            store_one(video, space, d, captions, rng)


def store_one(video: Any, space: Any, drawn: Drawn, captions: list[str], rng: np.random.Generator) -> None:
    from indexer import segments, streams, words
    from indexer.models import Caption, Segment, Stream

    starts = np.arange(len(drawn.embeddings), dtype=np.float32) * space.stride_s
    times = np.stack([starts, starts + space.window_s], axis=1)  # (w, 2)
    Stream.objects.bulk_create(
        streams.pack(p, video=video, space=space) for p in streams.parts(times, drawn.embeddings)
    )
    cut = segments.cut(times, drawn.embeddings)
    own = {"video": video, "space": space}
    rows = Segment.objects.bulk_create(
        Segment(**own, library_id=video.library_id, start_s=s.start_s, end_s=s.end_s) for s in cut
    )
    last = len(starts) - 1
    middles = [min(max(int((s.start_s + s.end_s) / 2 / space.stride_s), 0), last) for s in cut]
    sure = rng.uniform(size=len(cut)) < SURE
    Caption.objects.bulk_create(
        Caption(**own, start_s=s.start_s, end_s=s.end_s, text=captions[drawn.meanings[m]], agreement=0.6 if k else 0.5)
        for s, m, k in zip(cut, middles, sure, strict=True)
    )
    words.write(Segment.objects.filter(**own), video.title)
    copy_anchors(video, space, zip(rows, cut, strict=True))


def copy_anchors(video: Any, space: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """By COPY: as text, an embedding takes longer to write than all else here together."""
    from django.db import connection
    from pgvector import HalfVector

    columns = ("segment_id", "video_id", "space_id", "library_id", "start_s", "end_s", "embedding")
    sql = f"COPY indexer_anchor ({', '.join(columns)}) FROM STDIN WITH (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        # An embedding in pgvector's own binary form is sent as it is.
        copy.set_types(["int8", "uuid", "int8", "uuid", "float8", "float8", "bytea"])
        for row, segment in pairs:
            for a in segment.anchors:
                of = (row.pk, video.pk, space.pk, video.library_id)
                copy.write_row((*of, a.start_s, a.end_s, HalfVector(a.embedding).to_binary()))


def size_bytes(relation: str) -> int:
    """With its indexes and what is stored beside it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(to_regclass(%s))", [relation])
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
