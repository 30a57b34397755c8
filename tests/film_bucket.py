"""A bucket of films: moto plays S3 inside this process, below the real client."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

NAME = "films"


@contextmanager
def bucket_of_films(monkeypatch: Any) -> Iterator[Any]:
    """A client of it. The bucket is empty."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=NAME)
        yield client


def put(s3: Any, key: str, data: bytes) -> None:
    s3.put_object(Bucket=NAME, Key=key, Body=data)
