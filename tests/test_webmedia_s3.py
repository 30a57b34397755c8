"""The same answers out of object storage: moto plays S3 inside this process, below the real client."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from moto import mock_aws

from indexer import files
from indexer.models import Video
from tests.tus_client import VIDEO, Tus
from webapp.media.blobs import blob
from webapp.uploads import parts
from webapp.uploads.finish import upload_finish


@pytest.fixture(autouse=True)
def _bucket(settings, tmp_path: Path, monkeypatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    settings.UPLOADS_DIR = tmp_path / "uploads"
    options = {"bucket_name": "films", "location": "seekframe", "region_name": "us-east-1", "file_overwrite": True}
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="films")
        settings.STORAGES = settings.STORAGES | {
            "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        }
        yield


@pytest.mark.django_db(transaction=True)
def test_an_upload_ends_in_the_bucket_and_plays_from_it_by_ranges(client: Client, alice, library):
    client.force_login(alice)
    upload_id = Tus(client).send(library)
    upload_finish(upload_id=upload_id)

    assert not parts.stored_ids()
    assert default_storage.exists(Video.objects.get().original)
    answer = client.get(f"/media/{upload_id}/play", headers={"Range": "bytes=1000-1999"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, VIDEO[1000:2000])
    assert answer["Content-Range"] == f"bytes 1000-1999/{len(VIDEO)}"
    assert client.get(f"/media/{upload_id}/play", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_file_that_is_not_in_the_bucket_is_not_found():
    with pytest.raises(FileNotFoundError):
        blob(files.video_key(uuid.uuid4(), "original"))
