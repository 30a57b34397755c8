"""A video's stream in rows of about ten minutes: a hit reads only its neighbourhood, and a live source can append."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import BinaryField, F, Func, Value

from indexer.models import Space, Stream, Video

PART_S = 600.0
TIME_BYTES = 2 * 4  # start_s, end_s as float32

Times = npt.NDArray[np.float32]  # (n, 2)
Embeddings = npt.NDArray[np.float32]  # (n, D)
Details = npt.NDArray[np.uint8]  # (n,), see indexer.detail


@dataclass(frozen=True)
class Part:
    """One row before it is stored."""

    part: int
    times: Times
    embeddings: npt.NDArray[np.float16]
    details: Details  # (n,), or empty where nobody will cut it again


def parts(times: Times, embeddings: npt.NDArray[np.floating], details: Details | None = None) -> Iterator[Part]:
    """Cut a stream into parts by the start of its windows. `part` is the place in time: an empty one is left out."""
    place = (times[:, 0] // PART_S).astype(int)  # (n,)
    for k in np.unique(place):
        inside = place == k
        own = np.empty(0, np.uint8) if details is None else details[inside]
        yield Part(int(k), times[inside], embeddings[inside].astype(np.float16), own)


def pack(part: Part, *, video: Video, space: Space) -> Stream:
    """The unsaved row of a part."""
    return Stream(
        video=video,
        space=space,
        part=part.part,
        start_s=float(part.times[0, 0]),
        end_s=float(part.times[:, 1].max()),
        n_windows=len(part.times),
        times=part.times.astype("<f4").tobytes(),
        embeddings=part.embeddings.astype("<f2").tobytes(),
        details=part.details.tobytes(),
    )


def unpack_times(data: bytes | memoryview) -> Times:
    return np.frombuffer(data, dtype="<f4").astype(np.float32).reshape(-1, 2)


def unpack_embeddings(data: bytes | memoryview, dim: int) -> Embeddings:
    return widened(np.frombuffer(data, dtype="<f2")).reshape(-1, dim)


def widened(halves: npt.NDArray[np.float16]) -> Embeddings:
    """What numpy's cast to float32 gives for finite numbers, five times as fast: a search reads up to thirty streams.

    The sign is spread and the rest moved to where float32 has it; the exponents differ by 112.
    """
    bits = halves.view("<i2").astype(np.int32)
    bits <<= 13
    bits &= ~0x7000_0000  # what the spread sign left between the two
    numbers: Embeddings = bits.view(np.float32)
    numbers *= np.float32(2.0**112)
    return numbers


def read_stream(
    video: Video, space: Space, start_s: float | None = None, end_s: float | None = None
) -> tuple[Times, Embeddings]:
    """The windows that overlap [start_s, end_s), in time order: (n, 2) times and (n, D) embeddings.

    One query for the times of the parts in question and one for each part's slice; the rest is not read.
    """
    rows = Stream.objects.filter(video=video, space=space).order_by("part")
    if start_s is not None:
        rows = rows.filter(end_s__gt=start_s)
    if end_s is not None:
        rows = rows.filter(start_s__lt=end_s)
    times, embeddings = [np.empty((0, 2), np.float32)], [np.empty((0, space.dim), np.float32)]
    for row_id, packed in rows.values_list("id", "times"):
        of_part = unpack_times(packed)
        first, last = _overlapping(of_part, start_s, end_s)
        if first < last:
            times.append(of_part[first:last])
            embeddings.append(_slice(row_id, first, last, space.dim))
    return np.concatenate(times), np.concatenate(embeddings)


def read_details(video: Video, space: Space) -> tuple[Times, Details]:
    """Times and details of the whole stream, without its embeddings. Both empty where it has no details."""
    rows = Stream.objects.filter(video=video, space=space).order_by("part").values_list("times", "details")
    times = np.concatenate([np.empty((0, 2), np.float32), *(unpack_times(packed) for packed, _ in rows)])
    details = np.frombuffer(b"".join(bytes(packed) for _, packed in rows), np.uint8)
    return (times, details) if len(times) == len(details) else (times[:0], details[:0])


def _overlapping(times: Times, start_s: float | None, end_s: float | None) -> tuple[int, int]:
    inside = np.ones(len(times), dtype=bool)
    if start_s is not None:
        inside &= times[:, 1] > start_s
    if end_s is not None:
        inside &= times[:, 0] < end_s
    found = np.flatnonzero(inside)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)


def _slice(row_id: int, first: int, last: int, dim: int) -> Embeddings:
    """A slice cut by Postgres: the column is STORAGE EXTERNAL, so only its pages are read."""
    row_bytes = dim * 2
    data = Func(
        F("embeddings"),
        Value(first * row_bytes + 1),
        Value((last - first) * row_bytes),
        function="substring",
        output_field=BinaryField(),
    )
    return unpack_embeddings(Stream.objects.values_list(data, flat=True).get(id=row_id), dim)
