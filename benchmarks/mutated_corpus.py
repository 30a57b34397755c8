"""Which files a run looks at: every kind of damage in turn, each file made from the seed and its number alone.

Those that refer to the canary's files and address hold where these are, too.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from av.codec.codec import Codec, UnknownCodecError

from benchmarks.mutated_canary import Canary
from benchmarks.mutated_hostile import HOSTILE, ODD_NAMES, odd_name
from benchmarks.mutated_seeds import Seed
from benchmarks.mutations import NAMES, damage, fits
from model_server.frames.errors import MediaError
from model_server.frames.formats import HEAD_BYTES, VIDEO_CODECS, demuxer_of

KINDS = (*NAMES, *HOSTILE)
CYCLE = (*KINDS, *NAMES)  # damage takes more tries than what was made on purpose
_OTHER_NAMES = {"msmpeg4v3", "flv1"}  # of what the list has under its decoder's name


@dataclass(frozen=True)
class Case:
    number: int
    kind: str
    path: Path
    is_photo: bool


class Corpus:
    def __init__(self, seeds: Sequence[Seed], seed: int, canary: Canary, folder: Path) -> None:
        self._seed, self._canary, self._folder = seed, canary, folder
        self._by_name = {clip.name: clip for clip in seeds}
        self._photos = [clip for clip in seeds if clip.is_photo]
        clips = [clip for clip in seeds if not clip.is_photo]
        opened = [clip for clip in clips if _is_opened(clip)]
        self._read = [clip for clip in opened if _may_be_decoded(clip)]
        self._refused = [clip for clip in clips if clip not in self._read]

    def write(self, number: int) -> Case:
        """The file of that number, on the disk."""
        dice, kind = random.Random(f"{self._seed}/{number}"), CYCLE[number % len(CYCLE)]
        if kind in HOSTILE:
            (data, ending), of = HOSTILE[kind](self._by_name, self._canary, dice), "made"
        else:
            clip = self._clip(kind, dice)
            (data, ending), of = damage(clip, [*self._read, *self._photos], kind, dice), clip.name
        name = f"{dice.choice(ODD_NAMES) if kind == odd_name.__name__ else of}-{kind}-{number:04d}.{ending}"
        path = self._folder / name
        path.write_bytes(data)
        return Case(number, kind, path, is_photo=of.startswith("photo-") or kind == "photo_bomb")

    def _clip(self, kind: str, dice: random.Random) -> Seed:
        """Mostly one that is read where it is whole; first a container, then one of its codecs."""
        among = dice.choices((self._read, self._refused, self._photos), (80, 13, 7))[0]
        fitting = [clip for clip in among if fits(kind, clip)] or [clip for clip in self._read if fits(kind, clip)]
        container = dice.choice(sorted({_container(clip) for clip in fitting}))
        return dice.choice([clip for clip in fitting if _container(clip) == container])

    @property
    def containers(self) -> int:
        return len({_container(clip) for clip in (*self._read, *self._refused)})

    @property
    def pairs(self) -> int:
        """Of container and codec."""
        return len(self._read) + len(self._refused)


def _container(clip: Seed) -> str:
    return clip.name.partition("-")[0]


def _is_opened(clip: Seed) -> bool:
    try:
        demuxer_of(clip.data[:HEAD_BYTES])
    except MediaError:
        return False
    return True


def _may_be_decoded(clip: Seed) -> bool:
    name = clip.name.partition("-")[2]
    try:
        return Codec(name, "w").canonical_name in VIDEO_CODECS | _OTHER_NAMES
    except UnknownCodecError:
        return name in VIDEO_CODECS | _OTHER_NAMES
