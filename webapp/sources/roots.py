"""WATCH_ROOTS: which folders and buckets may be watched. Without it an editor could read whatever this server can."""

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from django.conf import settings

from webapp.env import EnvironmentProblem

S3 = "s3://"
HOW_TO = "Ask the person who runs this Seekframe to add it to WATCH_ROOTS."


def parse(text: str) -> tuple[str, ...]:
    """The setting's value, checked.

    >>> parse("/srv/in, s3://films/new")
    ('/srv/in', 's3://films/new')
    """
    roots = tuple(part for entry in text.split(",") if (part := entry.strip()))
    for root in roots:
        if not (root.startswith("/") or (root.startswith(S3) and urlsplit(root).netloc)):
            raise EnvironmentProblem(f"WATCH_ROOTS holds absolute paths and s3://bucket/prefix, not {root!r}.")
    return roots


def folders() -> list[str]:
    return [root for root in settings.WATCH_ROOTS if not root.startswith(S3)]


def buckets() -> list[str]:
    return [root for root in settings.WATCH_ROOTS if root.startswith(S3)]


def folder_is_allowed(folder: Path) -> bool:
    """By its true path, after every link: the roots are the operator's, what lies below them may be anyone's."""
    true = folder.resolve()
    return any(true.is_relative_to(Path(root).resolve()) for root in folders())


def bucket_is_allowed(place: str) -> bool:
    bucket, prefix = bucket_and_prefix(place)
    for root in buckets():
        of_root, below = bucket_and_prefix(root)
        if bucket == of_root and PurePosixPath(prefix).is_relative_to(PurePosixPath(below)):
            return True
    return False


def bucket_and_prefix(place: str) -> tuple[str, str]:
    """
    >>> bucket_and_prefix("s3://films/new/")
    ('films', 'new')
    """
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    return bucket, prefix.strip("/")
