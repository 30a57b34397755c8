"""Words and shapes for templates."""

import json
from datetime import datetime

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import get_language

from indexer.models import Video
from webapp.languages.stored import in_language
from webapp.languages.views import version_of
from webapp.pages import heat, words

LAYOUT = ("columns", "rows", "tile_width_px", "tile_height_px", "interval_s", "n_tiles")

DAY_S = 24 * 3600

register = template.Library()

register.filter("timecode", words.timecode)
register.filter("percent", words.percent)
register.filter("heat_path", heat.heat_path)
register.filter("in_language", in_language)


@register.simple_tag
def texts_url() -> str:
    """What the page's scripts say, in the page's language."""
    language = get_language() or settings.LANGUAGE_CODE
    return reverse("texts", args=[language, version_of(language)])


@register.filter
def first_lower(text: str) -> str:
    """As within a sentence: only the first letter, for a German noun keeps its capital."""
    return text[:1].lower() + text[1:]


@register.filter
def age(moment: datetime) -> str:
    """How long ago, as a person would say it; days and more as Django says them."""
    seconds = (timezone.now() - moment).total_seconds()
    return words.in_words(max(0.0, seconds)) if seconds < DAY_S else timesince(moment)


@register.filter
def state(video: Video) -> words.State:
    """How the video is doing, in words."""
    return words.state_of(video, words.left_s(video))


@register.filter
def storyboard_json(video: Video) -> str:
    """The storyboard's layout for the browser, as JSON; empty until there is one. Storage keys stay on the server."""
    return json.dumps({key: video.storyboard[key] for key in LAYOUT}) if video.storyboard else ""


@register.filter
def live_only(videos: list[Video]) -> list[Video]:
    """Those whose state will change by itself."""
    return [video for video in videos if words.state_of(video).live]
