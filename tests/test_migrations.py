"""Migrations forward with data: from each app's first state, and from every state that was released, to the newest."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

# The newest migration of each of our apps when a version came out: a new version adds a line, and none is changed.
# 0.1.0 is not out yet: until then its line is the first state of each app, from which development databases come.
RELEASED: dict[str, list[tuple[str, str]]] = {"before 0.1.0": [("indexer", "0001"), ("webapp", "0001")]}
IDS = {name: uuid.UUID(int=number) for number, name in enumerate(("library", "video", "upload"), start=1)}


@contextmanager
def new_database() -> Iterator[None]:
    """Django in an empty database of its own."""
    facts = connection.settings_dict
    before = facts["NAME"]
    admin_url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/postgres".format(**facts)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS migrated WITH (FORCE)")
        admin.execute("CREATE DATABASE migrated TEMPLATE template0")
        connection.close()
        facts["NAME"] = "migrated"
        try:
            yield
        finally:
            connection.close()
            facts["NAME"] = before
            admin.execute("DROP DATABASE migrated WITH (FORCE)")


def full_names(state: list[tuple[str, str]]) -> list[tuple[str, str]]:
    known = MigrationLoader(connection).disk_migrations
    return [next(key for key in sorted(known) if key[0] == app and key[1].startswith(name)) for app, name in state]


def fill(apps: Any) -> None:
    """A row of what a person would miss first, in the columns of that time."""
    person = apps.get_model("auth", "User").objects.create(username="alice", password="x")
    library = apps.get_model("indexer", "Library").objects.create(id=IDS["library"], name="Holidays")
    apps.get_model("indexer", "Membership").objects.create(library=library, user=person, role="owner")
    space = apps.get_model("indexer", "Space").objects.create(
        model="small",
        version="1",
        dim=4,
        clip_frames=8,
        window_s=4,
        stride_s=2,
        prompt="",
        frame_px=256,
        status="active",
    )
    video = apps.get_model("indexer", "Video").objects.create(
        id=IDS["video"], library=library, uploaded_by=person, title="Walk", original="videos/x/original", size_bytes=1
    )
    stretch = {"video": video, "space": space, "start_s": 0.0, "end_s": 4.0}
    apps.get_model("indexer", "Stream").objects.create(
        part=0, n_windows=1, times=b"12345678", embeddings=b"x", **stretch
    )
    segment = apps.get_model("indexer", "Segment").objects.create(library=library, **stretch)
    apps.get_model("indexer", "Anchor").objects.create(
        library=library, segment=segment, embedding=[1.0, 0.0, 0.0, 0.0], **stretch
    )
    apps.get_model("webapp", "Upload").objects.create(
        id=IDS["upload"], library=library, owner=person, title="Walk", file_name="walk.mp4", size_bytes=1
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", RELEASED)
def test_a_database_of_an_earlier_version_comes_forward_with_its_rows(version):
    from indexer.models import Anchor, Segment, Stream, Video
    from webapp.uploads.models import Upload

    with new_database():
        executor = MigrationExecutor(connection)
        targets = full_names(RELEASED[version])
        executor.migrate([*targets, *(key for key in executor.loader.graph.leaf_nodes() if key[0] == "auth")])
        fill(executor.loader.project_state([*targets, ("auth", "0012_alter_user_first_name_max_length")]).apps)
        call_command("migrate", verbosity=0)
        assert Video.objects.values_list("title", "library__name", "uploaded_by__username").get() == (
            "Walk",
            "Holidays",
            "alice",
        )
        assert [model.objects.get().video_id for model in (Stream, Segment, Anchor)] == [IDS["video"]] * 3
        assert Upload.objects.get().file_name == "walk.mp4"
        call_command("migrate", verbosity=0, check_unapplied=True)
