"""A file that comes whole, in one multipart request: straight into a part, hashed and looked at as it comes.

A request that is cut off leaves at worst a part without a row, which the sweeper removes.
"""

import functools
import hashlib
import logging
import os
import uuid
from collections.abc import Callable
from typing import Any, BinaryIO, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse

from indexer.models import Library
from webapp.errors import Problem
from webapp.uploads import kinds, parts
from webapp.uploads.models import Upload
from webapp.uploads.services import check_room, check_size, full_disk_said, title_for

log = logging.getLogger(__name__)

FIELD = "file"
AROUND_BYTES = 2**20  # the form around the file
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class PartFile(UploadedFile):  # type: ignore[type-arg]  # bytes: Django's class takes no argument at run time
    """What a view is handed: the part is on the disk already."""

    def __init__(self, upload_id: uuid.UUID, part: BinaryIO, name: str, size_bytes: int) -> None:
        super().__init__(part, name, size=size_bytes)
        self.upload_id = upload_id
        self.shown_name = name
        self.size_bytes = size_bytes
        self.kind = ""
        self.sha256 = ""


class PartHandler(FileUploadHandler):
    """Django's multipart reader hands it every piece as it comes; no file is ever whole in memory."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.upload_id: uuid.UUID | None = None
        self.kind = ""
        self.n_bytes = 0

    def handle_raw_input(self, *given: Any) -> None:
        """Before a byte is read. For a browser this is before its CSRF token is, which stands in the same form."""
        assert self.request is not None
        person, content_length = self.request.user, given[2]
        if not person.is_authenticated:
            raise Problem("Sign in, or send a key, to upload.", status=401)
        if content_length > AROUND_BYTES:
            check_size(content_length - AROUND_BYTES)
        check_room(person, content_length)

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if field_name != FIELD or self.upload_id is not None:
            raise SkipFile
        self.shown_name = kinds.clean_name(file_name)
        kinds.check_name(self.shown_name)
        upload_id = uuid.uuid4()
        with full_disk_said("Free some room, then send the file again."):
            parts.create(upload_id)
        self.part: BinaryIO = parts.part_path(upload_id).open("r+b", buffering=0)
        self.upload_id, self.hash = upload_id, hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with full_disk_said("Free some room, then send the file again."):
            parts.write_all(self.part, raw_data)
        self.hash.update(raw_data)
        self.n_bytes = start + len(raw_data)
        if self.n_bytes > settings.MAX_UPLOAD_BYTES:
            check_size(self.n_bytes)
        if not self.kind and self.n_bytes >= kinds.HEAD_BYTES:
            self.kind = kinds.content_type_of(parts.head(self.part, kinds.HEAD_BYTES))
            self.part.seek(0, os.SEEK_END)

    def file_complete(self, file_size: int) -> PartFile:
        assert self.upload_id is not None
        check_size(file_size)
        os.fsync(self.part.fileno())
        file = PartFile(self.upload_id, self.part, self.shown_name, file_size)
        file.kind = self.kind or kinds.content_type_of(parts.head(self.part, kinds.HEAD_BYTES))
        file.sha256 = self.hash.hexdigest()
        return file

    def let_go(self) -> None:
        """The part of a request that made nothing is of no use."""
        if self.upload_id is None:
            return
        self.part.close()
        if not Upload.objects.filter(pk=self.upload_id, status=Upload.Status.RECEIVED).exists():
            parts.remove(self.upload_id)


def into_parts(view: View[P]) -> View[P]:
    """The file of the view's form lies in a part, not in a temporary file elsewhere."""

    @functools.wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        handler = PartHandler(request)
        request.upload_handlers = [handler]
        try:
            return view(request, *args, **kwargs)
        finally:
            handler.let_go()

    return answer


def upload_take(
    *, owner: AbstractBaseUser, library: Library, file: PartFile, title: str = "", allow_duplicate: bool = False
) -> Upload:
    """The row of a file that is here, ready for `upload_finish`."""
    upload = Upload(
        id=file.upload_id,
        library=library,
        owner_id=owner.pk,
        title=title_for(title, file.shown_name),
        file_name=file.shown_name,
        size_bytes=file.size_bytes,
        content_type=file.kind,
        sha256=file.sha256,
        allow_duplicate=allow_duplicate,
        status=Upload.Status.RECEIVED,
    )
    upload.clean_fields()
    upload.save(force_insert=True)
    log.info("upload_taken", extra={"upload_id": str(upload.id), "bytes": upload.size_bytes})
    return upload
