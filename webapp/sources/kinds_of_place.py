"""Which kind of place a person typed, and the code that reads it."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import httpx

from webapp.sources import roots
from webapp.sources.bucket import Bucket
from webapp.sources.folder import Folder
from webapp.sources.models import Source
from webapp.sources.places import FetchProblem, Place
from webapp.sources.web_address import WebAddress, check_url

Kind = Source.Kind
READERS: dict[Kind, Callable[[str], Place]] = {Kind.FOLDER: Folder, Kind.BUCKET: Bucket, Kind.ADDRESS: WebAddress}
NO_FOLDERS = "Folders of the server cannot be watched yet: the setting WATCH_ROOTS says which may be."
NO_BUCKETS = "Buckets cannot be read yet: the setting WATCH_ROOTS says which may be, as s3://bucket/prefix."


class NoPlace(ValueError):
    """A sentence for the person."""


def reader_of(source: Source) -> Place:
    return READERS[Kind(source.kind)](source.place)


def place_of(typed: str) -> tuple[Kind, str]:
    """The kind and the place as it is kept. NoPlace where it is none, or none that may be read."""
    if typed.startswith(roots.S3):
        return Kind.BUCKET, _bucket(typed)
    if typed.startswith("/"):
        return Kind.FOLDER, _folder(typed)
    if typed.lower().startswith(("http://", "https://")):
        return Kind.ADDRESS, _address(typed)
    raise NoPlace("Give a folder (/...), a bucket (s3://...) or an address (https://...).")


def _folder(typed: str) -> str:
    if not roots.folders():
        raise NoPlace(NO_FOLDERS)
    if ".." in PurePosixPath(typed).parts or not roots.folder_is_allowed(Path(typed)):
        raise NoPlace(f"Only folders below {' or '.join(roots.folders())} may be watched.")
    return str(PurePosixPath(typed))


def _bucket(typed: str) -> str:
    if not roots.buckets():
        raise NoPlace(NO_BUCKETS)
    bucket, prefix = roots.bucket_and_prefix(typed)
    if ".." in PurePosixPath(prefix).parts or not bucket or not roots.bucket_is_allowed(typed):
        raise NoPlace(f"Only {' or '.join(roots.buckets())} and what lies below may be read.")
    return f"{roots.S3}{bucket}/{prefix}".rstrip("/")


def _address(typed: str) -> str:
    """Its form alone: whether it is public is asked by the worker that connects, at every connection."""
    try:
        url = httpx.URL(typed)
        check_url(url)
    except (httpx.InvalidURL, FetchProblem) as problem:
        said = str(problem) if isinstance(problem, FetchProblem) else "This is no address."
        raise NoPlace(said) from problem
    return str(url.copy_with(fragment=None))
