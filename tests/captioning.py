"""What the caption tests share: a video that is ready, its file gone, and a worker's turn at its captions."""

from pathlib import Path
from typing import Any

from indexer import captions, files, pipeline
from indexer.models import Library, Video
from tests.engines import ColourEngine
from tests.indexing import placeholder_video, without_decoding


def indexed(library: Library, tmp_path: Path, monkeypatch: Any, title: str = "clip") -> Video:
    without_decoding(monkeypatch, seconds=40)
    made = placeholder_video(library, tmp_path, title)
    pipeline.index_video(made.pk, ColourEngine())
    files.delete_all(made.pk)
    made.refresh_from_db()
    assert (made.status, made.caption_status) == (Video.Status.READY, Video.Status.UPLOADED)
    return made


def written(video: Video, engine: ColourEngine) -> Video:
    captions.write_captions(video.pk, engine)
    video.refresh_from_db()
    return video
