"""What listens and what reads: loaded once a process, when the first track comes."""

from functools import cache
from typing import Protocol

from django.conf import settings

from model_server.frames.changes import Picture
from model_server.frames.listen import Sound
from model_server.tracks.speech import Heard, Speech
from model_server.tracks.writing import Writing


class Listens(Protocol):
    name: str

    def listen(self, sound: Sound, language: str = "") -> Heard: ...


class Reads(Protocol):
    name: str

    def read(self, picture: Picture) -> tuple[str, ...]: ...


@cache
def speech() -> Listens:
    return Speech(settings.SPEECH_MODEL, settings.VAR_DIR / "models", settings.SEEKFRAME_DEVICE)


@cache
def writing() -> Reads:
    return Writing()
