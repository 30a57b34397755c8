"""What would a billion segments take? A simulation from constants that `benchmarks.large_library` measured.

    python -m benchmarks.billion --measured large.json [--segments 1e9] [--shards 16 32 64 128] [--rate 20 100]

Each shard is one Postgres with its own part of the anchors and streams (docs/scale.md); queries arrive at random
moments and ask every shard that holds a library they may see. On a shard a query waits for a free core and then takes
a time drawn from what was measured: the walk of the index, grown by the logarithm of the shard's size, and this
shard's part of the streams that are read. It is answered when the last shard has, after encoding and merging, which
take what the rest of a search took. The seed is fixed. What is not simulated: networks, disks that do not hold their
index in memory, and the loss of a machine.
"""

import argparse
import heapq
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

QUERIES = 4000
SEED = 11
OVERHEAD = 1.15  # of memory: Postgres itself, and what is not the index


@dataclass(frozen=True)
class Measured:
    """Of one machine with a library of `segments`."""

    segments: int
    anchors: int
    walk_ms: tuple[float, float]  # p50, p99
    read_ms: tuple[float, float]
    rest_ms: tuple[float, float]  # of a search: encoding, words, scoring, the answer
    index_bytes: int
    stream_bytes: int


@dataclass(frozen=True)
class Cluster:
    shards: int
    cores: int  # of each
    fan_out: float  # share of the shards that a query asks


def log_normal(quantiles: tuple[float, float], rng: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
    """Times with this median and this 99th percentile."""
    p50, p99 = quantiles
    return p50 * np.exp(math.log(max(p99, p50 * 1.01) / p50) / 2.326 * rng.normal(size=n))


def simulate(given: Measured, cluster: Cluster, segments: float, rate: float, n: int = QUERIES) -> dict[str, Any]:
    """p50 and p99 of a search, and how busy a shard's cores are. The first tenth of the queries fills the queues."""
    rng = np.random.default_rng(SEED)
    arrivals = np.cumsum(rng.exponential(1000 / rate, size=n))  # ms
    grown = math.log(segments / cluster.shards) / math.log(given.segments)
    asked = max(1, round(cluster.fan_out * cluster.shards))
    answered = np.zeros(n)
    busy_ms = 0.0
    shards_of = np.stack([rng.permutation(cluster.shards)[:asked] for _ in range(n)])  # (n, asked)
    for shard in range(cluster.shards):
        mine = np.flatnonzero((shards_of == shard).any(axis=1))
        takes = grown * log_normal(given.walk_ms, rng, len(mine)) + log_normal(given.read_ms, rng, len(mine)) / asked
        busy_ms += float(takes.sum())
        ends = queue(arrivals[mine], takes, cluster.cores)
        answered[mine] = np.maximum(answered[mine], ends)
    waits = (answered - arrivals + log_normal(given.rest_ms, rng, n))[n // 10 :]
    utilisation = busy_ms / (cluster.shards * cluster.cores * (arrivals[-1] - arrivals[0]))
    return {
        "p50_ms": round(float(np.percentile(waits, 50)), 1),
        "p99_ms": round(float(np.percentile(waits, 99)), 1),
        "busy": round(float(utilisation), 3),
    }


def queue(arrivals: npt.NDArray[np.float64], takes: npt.NDArray[np.float64], cores: int) -> npt.NDArray[np.float64]:
    """When each is done, first come, first served.

    >>> queue(np.array([0.0, 1.0, 2.0]), np.array([10.0, 1.0, 1.0]), 1).tolist()
    [10.0, 11.0, 12.0]
    >>> queue(np.array([0.0, 1.0, 2.0]), np.array([10.0, 1.0, 1.0]), 2).tolist()
    [10.0, 2.0, 3.0]
    """
    free = [0.0] * cores
    ends = np.empty(len(arrivals))
    for i, (arrival, take) in enumerate(zip(arrivals, takes, strict=True)):
        ends[i] = max(arrival, heapq.heappop(free)) + take
        heapq.heappush(free, ends[i])
    return ends


def memory_gib(given: Measured, segments: float, shards: int) -> float:
    """Of each shard, for an index that stays in memory."""
    return OVERHEAD * given.index_bytes * segments / given.segments / shards / 2**30


def disk_gib(given: Measured, segments: float, shards: int) -> float:
    return (given.index_bytes + given.stream_bytes) * segments / given.segments / shards / 2**30


def read(path: Path) -> Measured:
    """From what `large_library --json` wrote, with its parts `http`, `recall` and `stages`."""
    figures = json.loads(path.read_text())
    library, stages = figures["library"], figures["stages"]
    index = next(size for name, size in library["bytes"].items() if name.startswith("anchor_nearest"))
    return Measured(
        segments=library["segments"],
        anchors=library["anchors"],
        walk_ms=tuple(stages["walk_ms"]),
        read_ms=tuple(stages["read_ms"]),
        rest_ms=tuple(stages["rest_ms"]),
        index_bytes=index,
        stream_bytes=library["bytes"]["indexer_stream"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=Path, required=True)
    parser.add_argument("--segments", type=float, default=1e9)
    parser.add_argument("--shards", type=int, nargs="+", default=[16, 32, 64, 128])
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--rate", type=float, nargs="+", default=[20, 100])
    parser.add_argument("--fan-out", type=float, nargs="+", default=[1.0, 0.1])
    options = parser.parse_args()
    given = read(options.measured)
    for shards in options.shards:
        memory, disk = (of(given, options.segments, shards) for of in (memory_gib, disk_gib))
        room = f"{memory:.0f} GiB of memory, {disk:.0f} of disk"
        for fan_out in options.fan_out:
            for rate in options.rate:
                row = simulate(given, Cluster(shards, options.cores, fan_out), options.segments, rate)
                print(f"{shards} shards ({room}), {fan_out:.0%} of them asked, {rate:g} a second: {row}")


if __name__ == "__main__":
    main()
