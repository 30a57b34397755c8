"""A bucket's prefix. Keys and endpoint come from the environment, as boto3 reads them, as for STORAGE_URL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from webapp.sources import roots
from webapp.sources.places import PIECE_BYTES, Changed, FetchProblem, Opened, Seen, SourceProblem, is_video_name

CONNECT_S, READ_S = 10, 30
GONE = ("NoSuchKey", "404", "PreconditionFailed", "412")


class Bucket:
    still_s = 0.0  # an object is there whole or not at all

    def __init__(self, place: str) -> None:
        self.place = place
        self.bucket, self.prefix = roots.bucket_and_prefix(place)

    def files(self) -> Iterator[Seen]:
        if not roots.bucket_is_allowed(self.place):
            raise SourceProblem(f"{self.place} may not be read. {roots.HOW_TO}")
        from botocore.exceptions import BotoCoreError, ClientError

        below = f"{self.prefix}/" if self.prefix else ""
        try:
            for page in self._client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=below):
                for found in page.get("Contents", []):
                    if is_video_name(found["Key"].rpartition("/")[2]):
                        yield Seen(found["Key"], found["ETag"], found["Size"])
        except (BotoCoreError, ClientError, ValueError) as error:
            raise SourceProblem(f"The bucket {self.bucket} cannot be listed: {error}") from error

    @contextmanager
    def open(self, key: str, version: str, start: int) -> Iterator[Opened]:
        if not roots.bucket_is_allowed(self.place):
            raise FetchProblem(f"{self.place} may not be read. {roots.HOW_TO}", permanent=True)
        answer = self._get(key, version, start)
        with closing(answer["Body"]) as body:
            name, size_bytes = key.rpartition("/")[2], start + answer["ContentLength"]
            yield Opened(name, size_bytes, version, start, _pieces(body))

    def sha256(self, key: str, version: str) -> str:  # noqa: ARG002 - it would have to be fetched
        return ""

    def _get(self, key: str, version: str, start: int) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        from_start = {"Range": f"bytes={start}-"} if start else {}
        try:
            got: dict[str, Any] = self._client().get_object(Bucket=self.bucket, Key=key, IfMatch=version, **from_start)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in GONE:
                raise Changed from error
            raise FetchProblem(f"The bucket does not give this file: {error}", permanent=False) from error
        except BotoCoreError as error:
            raise FetchProblem(f"The bucket does not answer: {error}", permanent=False) from error
        return got

    def _client(self) -> Any:
        import boto3  # a second to load, and most never need it
        from botocore.config import Config

        return boto3.client("s3", config=Config(connect_timeout=CONNECT_S, read_timeout=READ_S))


def _pieces(body: Any) -> Iterator[bytes]:
    from botocore.exceptions import BotoCoreError

    try:
        while piece := body.read(PIECE_BYTES):
            yield piece
    except (BotoCoreError, OSError) as error:
        raise FetchProblem("The connection to the bucket broke.", permanent=False) from error
