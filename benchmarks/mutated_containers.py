"""What a container announces, changed: sizes, times, counts and dimensions in MP4's atoms and Matroska's elements."""

import random
import re
import struct

from benchmarks.mutated_boxes import CLUSTER, CUES, EBML, INFO, SEGMENT, TRACKS

Dice = random.Random

EDGES = (0, 1, 2, 7, 8, 15, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF)
_ATOMS = re.compile(
    rb"(?s)(?<=.{4})(ftyp|moov|mvhd|trak|tkhd|mdia|mdhd|hdlr|minf|vmhd|smhd|dinf|dref|stbl|stsd|stts|ctts|stsc|stsz|stco|"
    rb"co64|stss|edts|elst|udta|meta|mdat|avc1|avcC|hvcC|av01|vp09|mp4v|esds|colr|pasp|moof|mfhd|traf|tfhd|tfdt|trun|mvex|"
    rb"trex|sidx)"
)
MP4_STARTS = (b"ftyp", b"wide", b"moov", b"mdat")
_TIMES = {b"mvhd": (12, 16), b"mdhd": (12, 16), b"tkhd": (20,), b"elst": (8, 12), b"stts": (8, 12), b"ctts": (8, 12)}
_COUNTS = {
    b"stsz": (4, 8),
    b"stts": (4, 8),
    b"stsc": (4, 8),
    b"stco": (4, 8),
    b"ctts": (4, 8),
    b"stss": (4,),
    b"stsd": (4,),
}
_EBML_SIZED = (EBML, SEGMENT, INFO, TRACKS, CLUSTER, CUES)
# An element's name, and the byte that says how many follow.
_EBML_TIMES = (b"\x44\x89\x88", b"\x2a\xd7\xb1\x83", b"\x23\xe3\x83\x84")  # duration, time scale, a frame's duration
_EBML_SIZES = (b"\xb0\x81", b"\xb0\x82", b"\xba\x81", b"\xba\x82", b"\x54\xb0\x81", b"\x54\xba\x81")


def numbers_at_the_edge(data: bytearray, dice: Dice) -> bytes:
    """Fields of one, two, four or eight bytes near an end set to what programs forget, in either order of bytes."""
    for _ in range(dice.choice((1, 2, 6))):
        width = dice.choice((1, 2, 4, 4, 8))
        near = min(len(data), 2048)
        at = dice.randrange(near) if dice.random() < 0.7 else len(data) - 1 - dice.randrange(near)
        write_number(data, at, width, dice.choice(EDGES), dice)
    return bytes(data)


def atom_sizes(data: bytearray, dice: Dice) -> bytes:
    """Sizes of MP4's atoms: huge, none, one (a longer size follows), negative, or one byte off."""
    for at in _some(_atoms_in(data), dice):
        size = int.from_bytes(data[at - 4 : at], "big")
        told = dice.choice((0, 1, 2, 7, 8, size - 1, size + 1, size * 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
        data[at - 4 : at] = (told & 0xFFFFFFFF).to_bytes(4, "big")
        if told == 1:
            data[at + 4 : at + 12] = dice.choice((0, 1, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)).to_bytes(
                8, "big"
            )
    return bytes(data)


def atoms_nested_deep(data: bytearray, dice: Dice) -> bytes:
    """An atom in an atom in an atom, to the depth at which a reader that calls itself runs out of stack."""
    depth, name = dice.choice((50, 1000, 20_000)), dice.choice((b"moov", b"trak", b"udta", b"meta", b"moof", b"edts"))
    nest = b"".join(struct.pack(">I4s", 8 * (depth - level), name) for level in range(depth))
    at = 32 if data[4:8] == b"ftyp" else 0
    return bytes(data[:at]) + nest + bytes(data[at:])


def times(data: bytearray, dice: Dice) -> bytes:
    """Time scales of zero, durations of centuries, time stamps that overflow."""
    if data[:4] == EBML:
        for name in _EBML_TIMES:
            at = data.find(name)
            if at >= 0:
                width = name[-1] & 0x0F
                value = dice.choice(
                    (b"\0" * 8, b"\xff" * 8, b"\x7f\xf0" + bytes(6), b"\x47\xef" + b"\xff" * 6, dice.randbytes(8))
                )
                data[at + len(name) : at + len(name) + width] = value[:width]
        return bytes(data)
    for at, offset in _fields(data, _TIMES, dice):
        write_number(data, at + 4 + offset, 4, dice.choice((*EDGES, 1_000_000_007)), None)
    return bytes(data)


def counts(data: bytearray, dice: Dice) -> bytes:
    """Billions of samples, chunks and entries announced in a few bytes."""
    for at, offset in _fields(data, _COUNTS, dice):
        write_number(
            data, at + 4 + offset, 4, dice.choice((0, 1, 0x00FFFFFF, 0x0FFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF)), None
        )
    return bytes(data)


def dimensions(data: bytearray, dice: Dice) -> bytes:
    """Pictures of 65,535 pixels a side, of one, of none: wherever this file says how large they are."""
    width, height = 96, 64
    told = dice.choice((0, 1, 3, 8192, 16384, 32767, 65535))
    for order in (">", "<"):
        for a, b in ((width, height), (height, width)):
            for match in list(re.finditer(re.escape(struct.pack(order + "HH", a, b)), data)):
                data[match.start() : match.end()] = struct.pack(order + "HH", told, dice.choice((told, 1, b)))
        for match in list(re.finditer(re.escape(struct.pack(order + "I", width)), data)):
            data[match.start() : match.end()] = struct.pack(order + "I", dice.choice((told, 0x7FFFFFFF, 0xFFFFFFFF)))
    for name in _EBML_SIZES:
        at = data.find(name, 40)
        if at >= 0 and data[:4] == EBML:
            n = name[-1] & 0x0F
            data[at + len(name) : at + len(name) + n] = dice.choice((b"\xff\xff", b"\0\0", b"\x7f\xff"))[:n]
    return bytes(data)


def pixel_shapes(data: bytearray, dice: Dice) -> bytes:
    """Pixels a million times wider than high, or of no height."""
    at = data.find(b"pasp")
    if at >= 0:
        for offset in (4, 8):
            write_number(data, at + offset, 4, dice.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)), None)
        return bytes(data)
    return numbers_at_the_edge(data, dice)


def element_sizes(data: bytearray, dice: Dice) -> bytes:
    """Sizes of Matroska's elements: unknown, of exabytes, none; elements in themselves."""
    found = [data.find(name) + len(name) for name in _EBML_SIZED if data.find(name) >= 0]
    for at in _some(found, dice):
        told = dice.choice(
            (b"\x01\xff\xff\xff\xff\xff\xff\xff", b"\x01\x7f\xff\xff\xff\xff\xff\xfe", b"\x80", b"\xff", b"\x00")
        )
        data[at : at + len(told)] = told
    return bytes(data)


def elements_nested_deep(data: bytearray, dice: Dice) -> bytes:
    name = dice.choice(
        (b"\x45\xb9", b"\xb6", b"\x73\x73", b"\x67\xc8", b"\xae")
    )  # edition, chapter, tag, simple tag, track
    at = data.find(CLUSTER)
    nest = b"".join(name + b"\x01" + (1 << 30).to_bytes(7, "big") for _ in range(dice.choice((20, 500, 10_000))))
    return bytes(data[:at]) + nest + bytes(data[at:])


def write_number(data: bytearray, at: int, width: int, value: int, dice: Dice | None) -> None:
    """Nothing is written past the end."""
    room = max(0, min(width, len(data) - at))
    order = "big" if dice is None or dice.random() < 0.5 else "little"
    data[at : at + room] = (value & ((1 << 8 * width) - 1)).to_bytes(width, order)[:room]  # type: ignore[arg-type]


def _atoms_in(data: bytearray) -> list[int]:
    """Where the names of atoms stand, wherever that is."""
    return [match.start(1) for match in _ATOMS.finditer(data)]


def _some(places: list[int], dice: Dice) -> list[int]:
    return dice.sample(places, min(len(places), dice.choice((1, 1, 2, 5))))


def _fields(data: bytearray, which: dict[bytes, tuple[int, ...]], dice: Dice) -> list[tuple[int, int]]:
    found = [(data.find(name), offset) for name, offsets in which.items() for offset in offsets if data.find(name) >= 0]
    return dice.sample(found, min(len(found), dice.choice((1, 2, 4))))
