"""Lines as they are stored: with their full text."""

from collections.abc import Iterable

from django.contrib.postgres.search import SearchVector

from indexer.models import TrackLine
from indexer.words import CONFIG, one_line
from model_server.tracks.lines import Line

TEXT_MAX = 1000


def keep(track_id: int, lines: Iterable[Line]) -> None:
    made = TrackLine.objects.bulk_create(
        TrackLine(track_id=track_id, start_s=line.start_s, end_s=line.end_s, text=text)
        for line in lines
        if (text := one_line(line.text)[:TEXT_MAX])
    )
    TrackLine.objects.filter(pk__in=[line.pk for line in made]).update(words=SearchVector("text", config=CONFIG))
