"""Add files of this machine: what the command line does, without its words on the screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser

from indexer import files, selectors, services
from indexer.models import Library, Video
from model_server.frames.errors import MediaError
from model_server.frames.formats import HEAD_BYTES, demuxer_of
from model_server.frames.reader import probe

CONTENT_TYPES = {
    "mov": "video/mp4",
    "matroska": "video/x-matroska",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "asf": "video/x-ms-wmv",
    "flv": "video/x-flv",
    "ogg": "video/ogg",
    "gif": "image/gif",
}


class CannotAdd(Exception):
    """In a sentence for the person; the other files go on."""


class AlreadyThere(CannotAdd):
    """The library has this file: adding it again is no failure."""


@dataclass(frozen=True)
class Checked:
    content_type: str
    sha256: str


def files_in(path: Path) -> Iterator[Path]:
    """The file, or every file below the folder in order of name; hidden ones are left out."""
    if not path.exists():
        raise CannotAdd("There is no such file or folder.")
    if not path.is_dir():
        yield path
        return
    for entry in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in entry.relative_to(path).parts)
        if entry.is_file() and not hidden:
            yield entry


def check(path: Path, library: Library) -> Checked:
    """What a file is, or CannotAdd with the reason: no video, or one that the library has."""
    try:
        with path.open("rb") as file:
            demuxer = demuxer_of(file.read(HEAD_BYTES))  # a folder of letters need not start a decoder for each
        container = probe(path).container
        sha256 = files.sha256_of(path)
    except MediaError as problem:
        raise CannotAdd(str(problem)) from problem
    except OSError as problem:
        raise CannotAdd(f"It cannot be read ({problem.strerror}).") from problem
    twin = selectors.same_file(library, sha256)
    if twin is not None and twin.trashed_at is not None:
        raise CannotAdd(f"It lies in the library's trash, as «{twin.title}»: restore it on the page of the library.")
    if twin is not None:
        raise AlreadyThere(f"The library has this file already, as «{twin.title}».")
    return Checked("video/webm" if container == "webm" else CONTENT_TYPES.get(demuxer, ""), sha256)


def add(path: Path, library: Library, owner: AbstractBaseUser | None) -> Video:
    """Check a file, copy it into storage and start its indexing."""
    checked = check(path, library)
    return services.video_import(
        library=library,
        uploaded_by=owner,
        title=path.stem,
        path=path,
        sha256=checked.sha256,
        content_type=checked.content_type,
    )


def library_named(name: str, owner: AbstractBaseUser | None) -> Library:
    """The library of that name, made for `owner` where there is none; CannotAdd where the choice is not clear."""
    found = list(Library.objects.filter(name=name, is_sample=False)[:2])
    if len(found) > 1:
        raise CannotAdd(f"Several libraries are called «{name}»: rename one of them on its page first.")
    if found:
        return found[0]
    if owner is None:
        raise CannotAdd(f"There is no library «{name}» yet. Say who shall own it with --owner NAME.")
    return services.library_create(name=name, owner=owner)


def person_named(name: str | None) -> AbstractBaseUser | None:
    """Who adds: the person named, or the only one there is."""
    people = get_user_model().objects.filter(is_active=True)
    if name is None:
        return people.first() if people.count() == 1 else None
    person = people.filter(username=name).first()
    if person is None:
        raise CannotAdd(f"There is no account «{name}». Make one by opening the site in a browser.")
    return person
