"""How a good file is damaged: its bytes here, and what its container announces (`mutated_containers`)."""

from collections.abc import Callable, Sequence

from benchmarks.mutated_boxes import EBML
from benchmarks.mutated_containers import (
    MP4_STARTS,
    Dice,
    atom_sizes,
    atoms_nested_deep,
    counts,
    dimensions,
    element_sizes,
    elements_nested_deep,
    numbers_at_the_edge,
    pixel_shapes,
    times,
)
from benchmarks.mutated_seeds import Seed

Mutation = Callable[[bytearray, Dice], bytes]


def truncated(data: bytearray, dice: Dice) -> bytes:
    return bytes(data[: dice.randrange(1, len(data))])


def bits_flipped(data: bytearray, dice: Dice) -> bytes:
    for _ in range(dice.choice((1, 3, 10, 40, max(1, len(data) // 100)))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def header_bits_flipped(data: bytearray, dice: Dice) -> bytes:
    for _ in range(dice.choice((1, 2, 5, 12))):
        data[dice.randrange(min(len(data), 1024))] ^= 1 << dice.randrange(8)
    return bytes(data)


def zeroed(data: bytearray, dice: Dice) -> bytes:
    start, length = _run(data, dice)
    data[start : start + length] = bytes(length)
    return bytes(data)


def randomised(data: bytearray, dice: Dice) -> bytes:
    start, length = _run(data, dice)
    data[start : start + length] = dice.randbytes(length)
    return bytes(data)


def blocks_swapped(data: bytearray, dice: Dice) -> bytes:
    length = dice.choice((16, 188, 512, max(16, len(data) // 8)))
    a, b = sorted(dice.randrange(max(1, len(data) - length)) for _ in range(2))
    data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]
    return bytes(data)


def blocks_repeated(data: bytearray, dice: Dice) -> bytes:
    start, length = _run(data, dice)
    return bytes(
        data[: start + length] + data[start : start + length] * dice.choice((1, 2, 30)) + data[start + length :]
    )


def bytes_put_in(data: bytearray, dice: Dice) -> bytes:
    at = dice.randrange(len(data))
    return bytes(data[:at]) + dice.randbytes(dice.choice((1, 4, 100, 5000))) + bytes(data[at:])


def bytes_taken_out(data: bytearray, dice: Dice) -> bytes:
    start, length = _run(data, dice)
    return bytes(data[:start] + data[start + length :]) or b"\0"


def grown(data: bytearray, dice: Dice) -> bytes:
    """Megabytes of one byte after it, or before its last part."""
    at = dice.choice((len(data), dice.randrange(len(data))))
    return bytes(data[:at]) + bytes([dice.choice((0, 0x47, 0xFF))]) * dice.choice((1 << 20, 4 << 20)) + bytes(data[at:])


EVERYWHERE: tuple[Mutation, ...] = (
    truncated, bits_flipped, header_bits_flipped, zeroed, randomised, blocks_swapped, blocks_repeated, bytes_put_in,
    bytes_taken_out, numbers_at_the_edge, dimensions, grown,
)  # fmt: skip
IN_MP4: tuple[Mutation, ...] = (atom_sizes, atoms_nested_deep, times, counts, pixel_shapes)
IN_MATROSKA: tuple[Mutation, ...] = (element_sizes, elements_nested_deep, times)
BY_NAME = {mutation.__name__: mutation for mutation in (*EVERYWHERE, *IN_MP4, *IN_MATROSKA)}
SPLICED, RENAMED = "spliced", "wrong_ending"
NAMES = (*BY_NAME, SPLICED, RENAMED)


def fits(name: str, seed: Seed) -> bool:
    """Whether the mutation means something in this file's container."""
    in_mp4, in_matroska = seed.data[4:8] in MP4_STARTS, seed.data[:4] == EBML
    mutation = BY_NAME.get(name)
    return (
        (mutation in IN_MP4 and in_mp4) or (mutation in IN_MATROSKA and in_matroska) or mutation in (None, *EVERYWHERE)
    )


def damage(seed: Seed, others: Sequence[Seed], name: str, dice: Dice) -> tuple[bytes, str]:
    """The file's bytes and the ending it is given, which is another where the ending is what is wrong."""
    if name in (SPLICED, RENAMED):
        other = dice.choice(others)
        if name == RENAMED:
            return seed.data, other.ending
        at, onto = (dice.choice((16, 64, 512, len(s.data) // 2, len(s.data) // 4)) for s in (seed, other))
        return seed.data[:at] + other.data[onto:], seed.ending
    data = BY_NAME[name](bytearray(seed.data), dice)
    if dice.random() < 0.15:  # damage seldom comes alone
        data = dice.choice(EVERYWHERE)(bytearray(data or b"\0"), dice)
    return data, seed.ending


def _run(data: bytearray, dice: Dice) -> tuple[int, int]:
    start = dice.randrange(len(data))
    return start, min(dice.choice((1, 8, 64, 400, max(1, len(data) // 4))), len(data) - start)
