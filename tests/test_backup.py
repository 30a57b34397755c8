"""Backup and restore: everything comes back, only what is new is copied, and no kill costs an earlier backup."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from benchmarks.running import Up
from indexer import deletion, files, services
from indexer.models import Library, Video
from tests.indexing import in_a_process
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.tus_client import VIDEO
from webapp.backup import manifest, put_back, take
from webapp.backup.blobs import Blobs
from webapp.backup.problems import BackupProblem
from webapp.backup.take import backup_take
from webapp.management.commands import search as search_command
from webapp.uploads import parts
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


def url_of(name: str = "") -> str:
    facts = connection.settings_dict | ({"NAME": name} if name else {})
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**facts)


@pytest.fixture
def place(tmp_path: Path, settings) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "backups"


@pytest.fixture
def empty() -> Iterator[str]:
    """The address of a new database, which goes with the test."""
    with psycopg.connect(url_of(), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        admin.execute("CREATE DATABASE restored TEMPLATE template0")
        yield url_of("restored")
        admin.execute("DROP DATABASE restored WITH (FORCE)")


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Django, for a while, in another database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def a_video(library: Library, title: str, word: str, data: bytes) -> Video:
    """Ready, findable by its word, with an original and a poster in the store."""
    video = add_video(library, stored_space(), [showing(word)], title)
    store(files.video_key(video.pk, "original"), data)
    store(files.video_key(video.pk, "poster.webp"), data[::-1])
    facts = {"original": files.video_key(video.pk, "original"), "poster": files.video_key(video.pk, "poster.webp")}
    Video.objects.filter(pk=video.pk).update(**facts)
    return video


def store(key: str, data: bytes) -> None:
    path = Path(default_storage.path(key))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def stored() -> dict[str, bytes]:
    return {key: Path(default_storage.path(key)).read_bytes() for key, _ in files.sizes()}


def counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(url) as look:
        names = [row[0] for row in look.execute(tables).fetchall()]
        return {name: look.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def restore(place: Path, url: str, force: bool = False) -> None:
    chosen, folder = manifest.chosen(place)
    put_back.restore(url=url, place=chosen, folder=folder, made=manifest.read(folder), force=force)


def test_a_restored_backup_has_every_row_and_byte_and_is_searched(
    library, place, empty, tmp_path, settings, monkeypatch
):
    monkeypatch.setattr(search_command, "engine", FakeEngine)
    a_video(library, "Walk", "dog", b"walk" * 1000)
    a_video(library, "Trip", "train", b"trip" * 1000)
    waiting = Upload.objects.create(
        library=library, owner=library.memberships.first().user, title="lake", size_bytes=len(VIDEO), status="received"
    )
    parts.create(waiting.pk)
    parts.part_path(waiting.pk).write_bytes(VIDEO)
    rows, kept = counts(url_of()), stored()
    taken = backup_take(url=url_of(), place=place)
    assert (taken.manifest.n_videos, taken.manifest.lacking) == (2, [])
    # Another machine: no database, no store, no uploads.
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": str(tmp_path / "elsewhere")}}
    }
    shutil.rmtree(settings.UPLOADS_DIR)
    restore(place, empty)
    assert counts(empty) == rows
    assert stored() == kept
    assert parts.part_path(waiting.pk).read_bytes() == VIDEO
    with inside("restored"):
        out = StringIO()
        call_command("search", "dog", stdout=out, stderr=StringIO())
    assert out.getvalue().startswith("Walk\n")


def test_a_second_backup_copies_only_what_is_new(library, place):
    a_video(library, "Walk", "dog", b"walk")
    assert backup_take(url=url_of(), place=place).n_new == 2
    a_video(library, "Trip", "train", b"trip")
    a_video(library, "Copy", "train", b"trip")  # the same content is kept once
    second = backup_take(url=url_of(), place=place)
    assert (second.n_new, len(second.manifest.files)) == (2, 6)
    assert backup_take(url=url_of(), place=place).n_new == 0


def test_only_the_newest_stay_and_nothing_they_need_goes(library, place):
    old = a_video(library, "Old", "dog", b"old")
    backup_take(url=url_of(), place=place)
    services.video_delete(video=old)
    deletion.delete_video(old.pk)
    a_video(library, "New", "cat", b"new")
    taken = backup_take(url=url_of(), place=place, keep=1)
    assert manifest.whole(place) == [taken.folder]
    assert {path.name for path in (place / "blobs").glob("??/*")} == taken.manifest.hashes()
    put_back.check(place=place, folder=taken.folder, made=taken.manifest)


def test_killed_at_any_line_it_leaves_the_earlier_backup_whole(library, place):
    a_video(library, "Walk", "dog", b"walk")
    first = backup_take(url=url_of(), place=place)
    a_video(library, "Trip", "train", b"trip")
    steps = (take._copied, take.Taker.file, Blobs.add, take.Manifest.write, take.backup_take, take._forget, take._clear)
    n_lines, died = 0, True
    while died:
        died = in_a_process(lambda: backup_take(url=url_of(), place=place, keep=2), steps, n_lines)
        assert (first.folder in manifest.whole(place)) or len(manifest.whole(place)) >= 2
        for folder in manifest.whole(place):
            put_back.check(place=place, folder=folder, made=manifest.read(folder))
        n_lines += 7
    assert n_lines > 50
    whole = manifest.whole(place)
    assert len(whole) == 2
    assert not list(place.rglob("*.part"))
    assert len(list((place / "backups").iterdir())) == 2
    assert manifest.read(whole[-1]).n_videos == 2


def test_while_files_are_copied_nobody_deletes_them(library, place, monkeypatch):
    video = a_video(library, "Walk", "dog", b"walk")
    real = take.Taker.file

    def file(self, key, expected):
        services.video_delete(video=video)
        deletion.delete_video(video.pk)  # a worker, in the midst
        return real(self, key, expected)

    monkeypatch.setattr(take.Taker, "file", file)
    with psycopg.connect(url_of()) as other:  # the backup's lock is on a connection of its own, as a worker's is
        assert other.execute("SELECT 1").fetchone()
        assert backup_take(url=url_of(), place=place).manifest.lacking == []
    video.refresh_from_db()
    assert (video.status, video.rung_at) == ("deleting", None)  # the sweeper rings again
    deletion.delete_video(video.pk)
    assert not stored()


def test_it_says_what_the_store_lacks(library, place, capsys):
    video = a_video(library, "Walk", "dog", b"walk")
    Path(default_storage.path(video_key := files.video_key(video.pk, "poster.webp"))).unlink()
    assert backup_take(url=url_of(), place=place).manifest.lacking == [video_key]


def test_an_original_that_changed_in_the_store_is_not_passed_on_as_good(library, place):
    video = a_video(library, "Walk", "dog", b"walk")
    Video.objects.filter(pk=video.pk).update(sha256="0" * 64)
    with pytest.raises(BackupProblem, match="is damaged in the store: it is not the file that was uploaded"):
        backup_take(url=url_of(), place=place)
    assert manifest.whole(place) == []


def test_it_refuses_to_restore_over_what_is_there(library, place, empty, settings, tmp_path):
    a_video(library, "Walk", "dog", b"walk")
    backup_take(url=url_of(), place=place)
    store("videos/7b9f1a52-61a5-4a44-9d6e-2f0d5a7c0a11/original", b"somebody else's")
    with pytest.raises(BackupProblem, match=r"The store is not empty .* --force"):
        restore(place, empty)
    with psycopg.connect(empty) as look:
        assert look.execute("SELECT to_regclass('indexer_video')").fetchone() == (None,)
    restore(place, empty, force=True)
    with pytest.raises(BackupProblem, match=r"The database is not empty\. With --force"):
        restore(place, empty)
    restore(place, empty, force=True)
    assert counts(empty)["indexer_video"] == 1


def test_it_refuses_while_somebody_uses_the_database(library, place, empty):
    backup_take(url=url_of(), place=place)
    with psycopg.connect(empty), pytest.raises(BackupProblem, match="The database is in use: stop the web server"):
        restore(place, empty, force=True)


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda place: next(place.glob("blobs/??/*")).write_bytes(b"x"), "is damaged: its content has changed"),
        (lambda place: next(place.glob("blobs/??/*")).unlink(), "is missing"),
        (lambda place: next(place.glob("backups/*/database.dump")).write_bytes(b"x"), "is damaged"),
    ],
)
def test_it_restores_nothing_of_a_damaged_backup(library, place, empty, harm, sentence):
    a_video(library, "Walk", "dog", b"walk")
    backup_take(url=url_of(), place=place)
    harm(place)
    with pytest.raises(BackupProblem, match=sentence):
        restore(place, empty, force=True)
    with psycopg.connect(empty) as look:
        assert look.execute("SELECT to_regclass('indexer_video')").fetchone() == (None,)


def test_it_refuses_a_backup_of_a_newer_version(library, place, empty):
    folder = backup_take(url=url_of(), place=place).folder
    facts = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(facts | {"migrations": ["indexer.9999_tomorrow"]}))
    with pytest.raises(BackupProblem, match=r"of a newer Seekframe \(indexer.9999_tomorrow\)"):
        restore(place, empty)


def test_two_backups_do_not_write_at_once(place, library):
    with take._alone_in(place), pytest.raises(BackupProblem, match="Another backup is being written"):
        backup_take(url=url_of(), place=place)


def test_the_commands_say_what_they_did(library, place, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url_of())
    a_video(library, "Walk", "dog", b"walk")
    out = StringIO()
    call_command("backup", str(place), stdout=out)
    assert ": 1 videos, 2 files, 2 new (8 bytes)." in out.getvalue()
    assert "Not in it: uploads still being sent" in out.getvalue()
    out = StringIO()
    call_command("restore", str(place), check=True, stdout=out)
    assert "is whole: 1 videos" in out.getvalue()
    with pytest.raises(CommandError, match="There is no whole backup in"):
        call_command("restore", str(place / "blobs"))
    with pytest.raises(CommandError, match="The database is in use"), psycopg.connect(url_of()):
        call_command("restore", str(place))


def test_it_restores_into_an_empty_folder_with_the_embedded_database(library, place, tmp_path):
    """The command as a person types it on a new machine: no setting, no database, no `up`."""
    tmp_path.chmod(0o755)
    a_video(library, "Walk", "dog", b"walk")
    backup_take(url=url_of(), place=place)
    var = tmp_path / "var"
    done = Up(var).manage("restore", str(place))
    assert done.returncode == 0, done.stderr
    assert "Restored: 1 videos, 2 files" in done.stdout
    assert {path.read_bytes() for path in (var / "storage").rglob("original")} == {b"walk"}
    assert not subprocess.run(["pgrep", "-f", str(var)], capture_output=True, check=False).stdout
