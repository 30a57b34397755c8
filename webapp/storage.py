"""STORAGE_URL: where uploaded videos and what is made of them are kept, a folder or a bucket."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webapp.env import EnvironmentProblem


def backend(storage_url: str) -> dict[str, Any]:
    """Django's STORAGES entry for a folder's path or s3://bucket/prefix.

    >>> backend("s3://holidays/videos")["OPTIONS"]["location"]
    'videos'
    """
    if "://" not in storage_url:
        folder = Path(storage_url).expanduser()
        if not folder.is_absolute():
            raise EnvironmentProblem(
                f"STORAGE_URL must be an absolute path or s3://bucket/prefix, not {storage_url!r}."
            )
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    parts = urlsplit(storage_url)
    if parts.scheme != "s3" or not parts.netloc:
        raise EnvironmentProblem("STORAGE_URL must be an absolute path or s3://bucket/prefix.")
    # Keys are made of ids and never reused for other content, so overwriting is safe and a retried task may do it.
    options: dict[str, Any] = {"bucket_name": parts.netloc, "location": parts.path.strip("/"), "file_overwrite": True}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
