"""`Idempotency-Key`: a call that is sent again, because its answer was lost, makes nothing twice.

The same key by the same person and path gets the first answer for a day; 409 while that is still on its way, 422 where
something else was sent. A call that made nothing is not kept: it may be tried again with its key.
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params import functions as parameters
from ninja.responses import Response
from ninja.utils import contribute_operation_args
from pydantic import StringConstraints

from webapp.api.models import KeptAnswer
from webapp.api.problems import Refusal
from webapp.uploads.whole import PartFile

KEPT = timedelta(days=1)
LOST_AFTER = timedelta(minutes=15)  # a call that is under way for longer was killed
UNDER_WAY = "The first call with this Idempotency-Key is still under way. Ask again in a moment."
DIFFERS = "This Idempotency-Key was sent with something else. A new call needs a key of its own."
Key = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]

HEADER_TYPE: Any = Key | None
HEADER: Any = parameters.Header(
    None, alias="Idempotency-Key", description="the same call again then makes nothing twice"
)


def once(answers: type[Schema], status: int = 201) -> Callable[[Callable[..., Any]], Callable[..., HttpResponse]]:
    """For a view that makes something and returns it: the answer is made here, so that it can be kept."""

    def wrap(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def answer(request: HttpRequest, idempotency_key: str | None = None, **given: Any) -> HttpResponse:
            def make() -> str:
                made = answers.from_orm(view(request, **given))
                return Response(made.model_dump()).content.decode()

            if idempotency_key is None:
                return _json(make(), status)
            return _answered(request, idempotency_key, make, status)

        contribute_operation_args(answer, "idempotency_key", HEADER_TYPE, HEADER)
        return answer

    return wrap


def _answered(request: HttpRequest, key: str, make: Callable[[], str], status: int) -> HttpResponse:
    assert request.user.pk is not None
    digest = digest_of(request)
    claim, is_first = _claim(request.user.pk, request.path, key, digest)
    if not is_first:
        return _again(claim, digest)
    try:
        with transaction.atomic():  # what is made and the answer that says so: both, or neither
            body = make()
            _keep(claim, body, status)
    except BaseException:
        _unanswered(claim).delete()
        raise
    return _json(body, status)


def _keep(claim: KeptAnswer, body: str, status: int) -> None:
    if not _unanswered(claim).update(status=status, body=body):
        raise Refusal(409, UNDER_WAY, retry_after_s=2)  # taken over: this process was held up for too long


def _unanswered(claim: KeptAnswer) -> QuerySet[KeptAnswer]:
    return KeptAnswer.objects.filter(pk=claim.pk, began_at=claim.began_at, status=None)


def _claim(owner_id: int, path: str, key: str, digest: str) -> tuple[KeptAnswer, bool]:
    """The row of this call, and whether it is ours to fill."""
    now = timezone.now()
    same = KeptAnswer.objects.filter(owner_id=owner_id, path=path, key=key)
    same.filter(began_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            row = KeptAnswer.objects.create(owner_id=owner_id, path=path, key=key, digest=digest, began_at=now)
    except IntegrityError:
        found = same.first()
        if found is None:  # it failed at this very moment, so the caller may try again
            raise Refusal(409, UNDER_WAY, retry_after_s=1) from None
        return found, _taken_over(found, digest, now)
    return row, True


def _taken_over(found: KeptAnswer, digest: str, now: datetime) -> bool:
    if found.status is not None or found.digest != digest or found.began_at > now - LOST_AFTER:
        return False
    lost = KeptAnswer.objects.filter(pk=found.pk, status=None, began_at=found.began_at)
    found.began_at = now
    return lost.update(began_at=now) == 1


def _again(kept: KeptAnswer, digest: str) -> HttpResponse:
    if kept.digest != digest:
        raise Refusal(422, DIFFERS)
    if kept.status is None:
        raise Refusal(409, UNDER_WAY, retry_after_s=2)
    answer = _json(kept.body, kept.status)
    answer["Idempotent-Replayed"] = "true"
    return answer


def digest_of(request: HttpRequest) -> str:
    """Of what was sent, not of how: each multipart request has another boundary."""
    said = hashlib.sha256()
    if request.content_type != "multipart/form-data":
        said.update(request.body)
        return said.hexdigest()
    for name, values in sorted(request.POST.lists()):
        said.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        said.update(repr([(name, file.name, _hash_of(file)) for file in files]).encode())
    return said.hexdigest()


def _hash_of(file: Any) -> str:
    if isinstance(file, PartFile):
        return file.sha256
    said = hashlib.sha256()
    for chunk in file.chunks():
        said.update(chunk)
    return said.hexdigest()


def _json(body: str, status: int) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8")


def answers_sweep() -> int:
    """Forget those of yesterday. Safe to run at any moment."""
    n, _ = KeptAnswer.objects.filter(began_at__lt=timezone.now() - KEPT).delete()
    return n
