"""Celery's doorways: ids in, one call, nothing else. The worker imports this file; the web process never does."""

from celery import shared_task

from indexer import captions, deletion, filling, litter, pipeline, playable, samples, sweeper, worker
from indexer.tracks import work


@shared_task(name="indexer.tasks.index_video")  # type: ignore[untyped-decorator]
def index_video(video_id: str) -> None:
    pipeline.index_video(video_id, worker.engine())


@shared_task(name="indexer.tasks.make_media")  # type: ignore[untyped-decorator]
def make_media(video_id: str) -> None:
    playable.make_media(video_id)


@shared_task(name="indexer.tasks.write_captions")  # type: ignore[untyped-decorator]
def write_captions(video_id: str) -> None:
    captions.write_captions(video_id, worker.engine())


@shared_task(name="indexer.tasks.fill_space")  # type: ignore[untyped-decorator]
def fill_space() -> None:
    filling.fill_space(worker.engine().space)


@shared_task(name="indexer.tasks.write_track")  # type: ignore[untyped-decorator]
def write_track(track_id: int) -> None:
    work.write_track(track_id)


@shared_task(name="indexer.tasks.delete_video")  # type: ignore[untyped-decorator]
def delete_video(video_id: str) -> None:
    deletion.delete_video(video_id)


@shared_task(name="indexer.tasks.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    sweeper.sweep()


@shared_task(name="indexer.tasks.sweep_orphans")  # type: ignore[untyped-decorator]
def sweep_orphans() -> None:
    deletion.orphans_delete()
    litter.litter_delete()


@shared_task(name="indexer.tasks.add_samples")  # type: ignore[untyped-decorator]
def add_samples() -> None:
    list(samples.add_samples())
