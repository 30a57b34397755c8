"""A label set as a table: every segment with its label."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from indexer.models import LabelSet, SegmentLabel, Space
from indexer.selectors import is_present
from webapp.audit.services import Kind, record
from webapp.labels.views import label_sets_visible_to
from webapp.tables import plain

COLUMNS = ("video", "start_s", "end_s", "label", "score", "sure", "link")


class Echo:
    """A file that hands back what is written: the table is never whole in memory."""

    def write(self, value: str) -> str:
        return value


@never_cache
@require_GET
def labels_csv(request: HttpRequest, set_id: int) -> StreamingHttpResponse:
    label_set = get_object_or_404(label_sets_visible_to(request), pk=set_id)
    record(Kind.EXPORTED, f"labels.csv of {label_set}, in {label_set.library}")
    writer = csv.writer(Echo())
    lines = (writer.writerow(row) for row in rows_of(label_set, request))
    name = slugify(label_set.name)[:80] or "labels"
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=disposition)


def rows_of(label_set: LabelSet, request: HttpRequest) -> Iterator[tuple[object, ...]]:
    yield COLUMNS
    given = SegmentLabel.objects.filter(label_set=label_set, segment__space__status=Space.Status.ACTIVE)
    given = given.filter(is_present("segment__video__")).select_related("segment__video", "label")
    in_order = given.order_by("segment__video__title", "segment__video_id", "segment__start_s")
    for row in in_order.iterator(chunk_size=1000):
        segment = row.segment
        link = request.build_absolute_uri(f"{reverse('video', args=[segment.video_id])}?t={segment.start_s:g}")
        times = (f"{segment.start_s:.2f}", f"{segment.end_s:.2f}")
        yield (plain(segment.video.title), *times, plain(row.label.name), f"{row.score:.3f}", yes(row.sure), link)


def yes(value: bool) -> str:
    return "yes" if value else "no"
