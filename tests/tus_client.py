"""A tus client over Django's test client: each verb with the headers it needs, so that a test can spoil one."""

import base64
from typing import Any
from uuid import UUID

from django.test import Client

from indexer.models import Library

BODY_TYPE = "application/offset+octet-stream"
# An mp4's first box, and bytes that differ from place to place.
VIDEO = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 32


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


class Tus:
    def __init__(self, client: Client) -> None:
        self.client = client

    def create(self, library: Library, size: int = len(VIDEO), name: str = "lake.mp4", **headers: str) -> Any:
        sent = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": metadata(filename=name, library=str(library.pk)),
        }
        return self.client.post("/uploads/", headers=sent | headers, content_type="")

    def patch(self, url: str, offset: int, data: bytes, content_type: str = BODY_TYPE, **headers: str) -> Any:
        sent = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Length": str(len(data))} | headers
        return self.client.patch(url, data, content_type=content_type, headers=sent, CONTENT_TYPE=content_type)

    def head(self, url: str) -> Any:
        return self.client.head(url, headers={"Tus-Resumable": "1.0.0"})

    def delete(self, url: str) -> Any:
        return self.client.delete(url, headers={"Tus-Resumable": "1.0.0"})

    def send(self, library: Library, data: bytes = VIDEO, name: str = "lake.mp4") -> UUID:
        """A whole file, in two requests; its id."""
        url = self.create(library, len(data), name)["Location"]
        half = len(data) // 2
        assert self.patch(url, 0, data[:half]).status_code == 204
        assert self.patch(url, half, data[half:]).status_code == 204
        return UUID(url.rsplit("/", 1)[1])
