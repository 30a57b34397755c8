"""Ours beside others, in one run on one machine: a film on its way into the index, a query, and query texts alone.

    python -m benchmarks.side_by_side --from CLIP... [--seconds 300] [--segments 10000] [--queries 96] [--rounds 3]
        [--keyframes-s 2] [--base-clips 2] [--only ROW...] [--preset small] [--json FILE]

Beside ours stand a plain loop (PyAV, the same x-encoder and predictor, numpy), bare decoding, sentence-transformers
with the y-encoder's own text model, and open-vljepa's layout with random weights. Everything runs on the CPU, each row
in a process of its own that is warm before the first round; rounds are taken in turn, and the table, in Markdown, has
their medians, of memory the most. A row that cannot be made says why. The film is `index_speed`'s: 720p at 30 frames a
second, H.264, here with a keyframe every two seconds at least.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import av

from benchmarks.clips import make_clip
from benchmarks.contender import CHILD_MIB, OWN_MIB, Contender, Plan

WARM_UP_S = 8.0
PACKAGES = ("torch", "onnxruntime", "av", "numpy", "transformers", "sentence-transformers")


@dataclass(frozen=True)
class Row:
    label: str
    maker: str  # module:function below benchmarks


@dataclass(frozen=True)
class Part:
    """One kind of thing that is measured: milliseconds a unit, the first row's being ours."""

    title: str
    key: str  # the figure of a row; computing has the same name with `core_` in it
    rows: tuple[str, ...]


ROWS = {
    "full": Row("ours, full", "index_contenders:full"),
    "fast": Row("ours, fast", "index_contenders:fast"),
    "plain": Row("plain loop", "index_contenders:plain"),
    "floor": Row("floor: decode and bare x-encoder", "index_contenders:bare_floor"),
    "decode": Row("bare decode", "bare_decode:decode"),
    "base": Row("open-vljepa's layout", "index_contenders:base"),
    "search": Row("ours, search()", "query_contenders:search"),
    "numpy": Row("numpy, brute force", "query_contenders:brute_force"),
    "y-encoder": Row("ours, y-encoder", "query_contenders:y_encoder"),
    "sentence-transformers": Row("sentence-transformers", "query_contenders:sentence_transformers"),
    "base-text": Row("open-vljepa's y-encoder", "query_contenders:base_text"),
}
EXPORTED = "loaded:exported"
OURS = {"full", "fast", "plain", "floor", "search", "numpy", "y-encoder"}  # rows in which our encoders run
TEXTS = ("y-encoder", "sentence-transformers", "base-text")
PARTS = (
    Part("Indexing, for a second of video", "ms", ("full", "fast", "plain", "floor", "decode", "base")),
    Part("A query", "ms", ("search", "numpy")),
    Part("A text, one at a time", "ms", TEXTS),
    Part("A text, 32 together", "many_ms", TEXTS),
)


def main() -> None:
    options = parse()
    facts = machine(options)
    with tempfile.TemporaryDirectory(prefix="seekframe-side-by-side-") as folder:
        plan = plan_of(options, Path(folder))
        contenders: dict[str, Contender] = {}
        try:
            make_ready(contenders, options.only, plan)
            take_turns(contenders, options.rounds)
        finally:
            for contender in contenders.values():
                contender.end()
    print("\n".join([sentence(facts), "", *table(contenders)]))
    if options.json:
        options.json.write_text(json.dumps({**facts, "rows": stored(contenders)}, indent=1) + "\n")
    sys.exit(any(contender.failed for contender in contenders.values()))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="clips", type=Path, nargs="+", default=[], help="real footage to tile")
    parser.add_argument("--seconds", type=float, default=300, help="length of the film")
    parser.add_argument("--keyframes-s", type=float, default=2.0, help="seconds from keyframe to keyframe, at most")
    parser.add_argument("--segments", type=int, default=10_000, help="to search among")
    parser.add_argument("--queries", type=int, default=96, help="in a round")
    parser.add_argument("--base-clips", type=int, default=2, help="of open-vljepa's layout, in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", choices=list(ROWS), nargs="+", default=list(ROWS), metavar="ROW", help=", ".join(ROWS)
    )
    parser.add_argument("--preset", default="small")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's figures")
    return parser.parse_args()


def plan_of(options: argparse.Namespace, folder: Path) -> Plan:
    film, warm_up = folder / "film.mp4", folder / "warm-up.mp4"
    if set(options.only) & set(PARTS[0].rows):
        progress(f"making a film of {options.seconds:g} s")
        make_clip(film, options.seconds, options.clips, options.keyframes_s)
        make_clip(warm_up, WARM_UP_S, options.clips, options.keyframes_s)
    return Plan(
        preset=options.preset,
        folder=folder,
        film=film,
        film_s=options.seconds,
        warm_up=warm_up,
        segments=options.segments,
        queries=options.queries,
        base_clips=options.base_clips,
    )


def make_ready(contenders: dict[str, Contender], names: Sequence[str], plan: Plan) -> None:
    """One after the other: loading takes all cores."""
    if set(names) & OURS:
        progress("making the graphs of the encoders")
        Contender(EXPORTED, plan).end()
    for name in names:
        progress(f"making ready: {name}")
        contenders[name] = Contender(ROWS[name].maker, plan)


def take_turns(contenders: dict[str, Contender], n_rounds: int) -> None:
    for number in range(n_rounds):
        for name, contender in contenders.items():
            progress(f"round {number + 1} of {n_rounds}: {name}")
            contender.play(number)


def progress(said: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {said}", file=sys.stderr, flush=True)


def table(contenders: dict[str, Contender]) -> Iterator[str]:
    """Markdown. Figures of a part stand beside its first row, which is ours, where that was measured."""
    yield "| | median | that is | on all cores | ours = 1 | peak MiB | what it is |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for part in PARTS:
        shown = [name for name in part.rows if name in contenders]
        if shown:
            yield f"| **{part.title}** | | | | | | |"
        ours = contenders[part.rows[0]].figures().get(part.key) if part.rows[0] in contenders else None
        for name in shown:
            yield line(ROWS[name].label, contenders[name], part, ours)


def line(label: str, contender: Contender, part: Part, ours: float | None) -> str:
    figures = contender.figures()
    if contender.problem or part.key not in figures:
        return f"| {label} | - | | | | | {contender.problem} |"
    ms = figures[part.key]
    against = f"{ms / ours:.2f}" if ours else "-"
    cells = [label, f"{ms:.1f} ms", that_is(part, figures), f"{figures[core(part.key)]:.1f} ms", against]
    return f"| {' | '.join([*cells, mib(figures), contender.note])} |"


def core(key: str) -> str:
    """
    >>> core("ms"), core("many_ms")
    ('core_ms', 'many_core_ms')
    """
    return f"{key.removesuffix('ms')}core_ms"


def that_is(part: Part, figures: dict[str, float]) -> str:
    ms = figures[part.key]
    if part is PARTS[0]:
        return f"{1000 / ms:.3g} x real time"
    return f"p95 {figures['p95_ms']:.1f} ms" if "p95_ms" in figures else f"{1000 / ms:.0f} texts/s"


def mib(figures: dict[str, float]) -> str:
    """
    >>> mib({"own_mib": 900, "child_mib": 300}), mib({"own_mib": 900, "child_mib": 0})
    ('900 + 300', '900')
    """
    return " + ".join(f"{figures[name]:.0f}" for name in (OWN_MIB, CHILD_MIB) if figures[name])


def stored(contenders: dict[str, Contender]) -> dict[str, Any]:
    return {
        name: {
            "label": ROWS[name].label,
            "what": contender.note,
            "problem": contender.problem,
            "figures": contender.figures(),
            "rounds": contender.rounds,
        }
        for name, contender in contenders.items()
    }


def machine(options: argparse.Namespace) -> dict[str, Any]:
    names = [line.partition(":")[2].strip() for line in cpuinfo() if line.startswith("model name")]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
        "ffmpeg_in_av": av.ffmpeg_version_info,
        "options": {name: value for name, value in vars(options).items() if name not in ("json", "clips")},
        "clips": [clip.name for clip in options.clips],
    }


def cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def sentence(facts: dict[str, Any]) -> str:
    asked, packages = facts["options"], ", ".join(f"{name} {found}" for name, found in facts["packages"].items())
    said = [
        f"{facts['date']}, {facts['processor']}, {facts['cores']} cores, a load of {facts['load_before']} before",
        f"preset {asked['preset']}",
        f"medians over {asked['rounds']} rounds, each of one film or {asked['queries']} queries",
        f"{packages}, FFmpeg {facts['ffmpeg_in_av']} inside av",
        "milliseconds on all cores are computing, which other work on the machine changes least",
    ]
    if set(asked["only"]) & set(PARTS[0].rows):
        shown = f"{len(facts['clips'])} real clips" if facts["clips"] else "a picture that the camera moves across"
        film = f"a film of {asked['seconds']:g} s, 720p at 30 frames a second, H.264, of {shown}"
        said.insert(2, f"{film}, a keyframe every {asked['keyframes_s']:g} s at least")
    return "; ".join(said) + "."


if __name__ == "__main__":
    main()
