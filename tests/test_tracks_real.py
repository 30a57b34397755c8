"""The optional packages for real: text read from a video, speech heard by Whisper. Skipped where they are absent."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer.models import Library, Track, TrackLine, Video
from indexer.tracks import engines, work
from indexer.tracks import services as tracks
from model_server.tracks import speech
from model_server.tracks.extras import INSTALL, is_installed
from model_server.tracks.speech import Speech
from tests.track_world import film
from tests.videos import make_video

pytestmark = pytest.mark.django_db


def needs(kind) -> None:
    if not is_installed(kind):
        pytest.skip(f"what makes lines of kind {kind} is optional: {INSTALL}")


def showing(words: str) -> np.ndarray:
    picture = Image.new("RGB", (640, 360), (40, 60, 90))
    ImageDraw.Draw(picture).text((60, 120), words, font=ImageFont.load_default(36), fill="white")
    return np.asarray(picture)


def stored(library: Library, path: Path, tmp_path: Path, seconds: float) -> Video:
    video = film(library)
    Video.objects.filter(pk=video.pk).update(duration_s=seconds)
    (tmp_path / "storage/videos/x").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, tmp_path / "storage" / video.original)
    return video


def written(library: Library, kind: str) -> list[tuple[float, float, str]]:
    tracks.tracks_switch(library=library, kind=kind, on=True)
    work.write_track(Track.objects.get(kind=kind).pk)
    return list(TrackLine.objects.order_by("start_s").values_list("start_s", "end_s", "text"))


def test_text_on_screen_becomes_lines_with_their_times(library, tmp_path):
    needs("written")
    signs = [showing("Platform 9"), showing("Mind the gap")]
    pictures = [signs[k >= 30] for k in range(60)]
    path = make_video(tmp_path / "signs.mp4", 12, fps=5, size=(640, 360), pictures=pictures)
    stored(library, path, tmp_path, 12)
    engines.writing.cache_clear()
    assert written(library, "written") == [(1.0, 7.0, "Platform 9"), (7.0, 12.0, "Mind the gap")]


def test_a_tone_and_silence_are_no_speech(library, tmp_path, settings):
    needs("said")
    settings.VAR_DIR = tmp_path
    engines.speech.cache_clear()
    stored(library, make_video(tmp_path / "tone.mp4", 6, audio="aac"), tmp_path, 6)
    assert written(library, "said") == []
    assert (tmp_path / "models" / f"whisper-base-{speech.PARTS[0][2][:8]}" / "model.bin").stat().st_size > 100e6
    engines.speech.cache_clear()


def test_speech_becomes_lines(tmp_path):
    """Spoken by a synthesiser, where there is one."""
    needs("said")
    if importlib.util.find_spec("espeakng_loader") is None:
        pytest.skip("no voice to listen to: pip install espeakng-loader")
    from tests.voice import speak

    said = speak("Welcome to the workshop. Today we repair an old bicycle. First we take off the front wheel.")
    heard = Speech("", tmp_path, "cpu").listen(np.concatenate([np.zeros(16_000, np.float32), said]))
    assert heard.language == "en"
    text = " ".join(line.text for line in heard.lines).lower()
    assert ("repair an old bicycle" in text, "front wheel" in text) == (True, True), text
    assert 0.3 <= heard.lines[0].start_s <= 1.5
    assert heard.lines[-1].end_s <= 1 + len(said) / 16_000 + 0.5
