"""Addresses of what a video has to show; empty for what it has not yet, so that no page holds a broken picture."""

from django.urls import reverse

from indexer.models import Video


def frame_url(video: Video, at_s: float) -> str:
    """The picture at a second."""
    return f"{reverse('media-frame', args=[video.pk])}?t={at_s:g}" if video.poster or video.storyboard else ""


def play_url(video: Video) -> str:
    """The file a browser plays: the original where it can, otherwise the copy made for it."""
    plays = bool(video.proxy) or bool(video.probe.get("plays_in_browser"))
    return reverse("media-play", args=[video.pk]) if plays else ""
