"""Speech to lines, by faster-whisper. Optional: `extras` says what it needs; imported only where a track is made."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from model_server.frames.listen import Sound
from model_server.tracks.extras import SPEECH_PARTS, NotInstalled, is_installed, missing
from model_server.tracks.lines import Line
from model_server.vljepa.packages import WeightsProblem, packaged_file

BASE = "whisper-base"
# file, its part of each package, sha256
PARTS = (
    (SPEECH_PARTS[0], "data/model.bin.part1", "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872"),
    (SPEECH_PARTS[1], "data/model.bin.part2", "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3"),
)
BESIDE = (
    ("data/config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    ("data/tokenizer.json", "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4"),
    ("data/vocabulary.json", "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766"),
)
NO_SPEECH = 0.6  # such a line is noise that was made into words ...
UNLIKELY = -1.0  # ... where the model itself finds the words unlikely


@dataclass(frozen=True)
class Heard:
    lines: list[Line]  # seconds from the start of the sound
    language: str  # empty where nobody spoke


class Speech:
    """A Whisper model, ready to listen."""

    def __init__(self, folder: str, cache: Path, device: str) -> None:
        """`folder`: the weights, or empty for those of the packages, which are put together below `cache` once."""
        if not is_installed("said", folder):
            raise NotInstalled(missing("said"))
        from faster_whisper import WhisperModel  # seconds, and hundreds of megabytes: only where it is used

        where = _given(folder) if folder else joined(cache)
        on_gpu = device.startswith("cuda")
        self.name = Path(folder).name if folder else BASE
        self._model = WhisperModel(
            str(where), device="cuda" if on_gpu else "cpu", compute_type="default" if on_gpu else "int8",
            local_files_only=True,
        )  # fmt: skip

    def listen(self, sound: Sound, language: str = "") -> Heard:
        """What is said. Silence is left out before the model hears it: it would make words out of it."""
        segments, info = self._model.transcribe(
            sound, language=language or None, beam_size=1, vad_filter=True, condition_on_previous_text=False
        )
        lines = [
            Line(segment.start, segment.end, segment.text.strip())
            for segment in segments
            if segment.text.strip() and not (segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNLIKELY)
        ]
        return Heard(lines, info.language if lines else "")


def _given(folder: str) -> Path:
    if not (Path(folder) / "model.bin").is_file():
        raise NotInstalled(f"SPEECH_MODEL is {folder}, and there is no model.bin in that folder.")
    return Path(folder)


def joined(cache: Path) -> Path:
    """The weights of the packages as the one folder that the library reads, each file's hash checked."""
    folder = cache / f"{BASE}-{PARTS[0][2][:8]}"
    if folder.is_dir():
        return folder
    try:
        parts = [packaged_file(*part) for part in PARTS]
        beside = [packaged_file(SPEECH_PARTS[1], *file) for file in BESIDE]
    except WeightsProblem as problem:
        raise NotInstalled(str(problem)) from problem
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{BASE}-", dir=cache))
    with (made / "model.bin").open("wb") as whole:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, whole)
    for file in beside:
        shutil.copyfile(file, made / file.name)
    try:
        os.replace(made, folder)  # noqa: PTH105 - a folder that another worker has just made is no file to replace
    except OSError:
        shutil.rmtree(made)
    return folder
