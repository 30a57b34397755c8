"""Does search land on the right second? Films of about ten minutes, joined from real clips; each caption is asked.

    python -m benchmarks.moments --data DIR [--preset small] [--films 3] [--mode full fast] [--keyframes-s 2]

Each film is a library of its own, indexed by the product. A first hit is right where it starts within two seconds of
the clip that the caption was written for; `strict` asks for within two seconds of that clip's first second. The share
lost is against an exact search: every window of the stream scored, no anchors, no index, no cut-off. With several modes
each film is indexed once in each, and a line of JSON says how each did.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.film import Scene, join
from benchmarks.libraries import Captioned, index_videos, read_captions
from indexer.models import IndexMode, Library, Video
from indexer.spaces import active_space
from indexer.streams import read_stream
from model_server.engine import Engine
from model_server.local import load_engine
from search.engine import SearchRequest, search
from search.refine import Windows, moments

FILM_S = 600.0
NEAR_S = 2.0


@dataclass(frozen=True)
class Outcome:
    """One caption: where the first hit starts, by search at its cut-off, without one, and by exact search."""

    scene: Scene
    found_s: float | None
    nearest_s: float | None
    exact_s: float

    def near(self, start_s: float | None) -> bool:
        return start_s is not None and self.scene.start_s - NEAR_S <= start_s <= self.scene.end_s + NEAR_S

    def strict(self, start_s: float | None) -> bool:
        return start_s is not None and abs(start_s - self.scene.start_s) <= NEAR_S


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--weights", type=Path, help="a folder of weights to measure instead of the preset's own")
    parser.add_argument("--films", type=int, default=3)
    parser.add_argument("--mode", choices=IndexMode.values, nargs="+", default=[IndexMode.FULL.value])
    parser.add_argument("--keyframes-s", type=float, help="seconds from keyframe to keyframe (else the encoder's own)")
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu", options.weights)
    clips = read_captions(options.data / "panda70m_dev") + read_captions(options.data / "misc_real")
    outcomes: dict[str, list[Outcome]] = {mode: [] for mode in options.mode}
    for number in range(options.films):
        for mode, found in measure(clips, number, engine, options.mode, options.keyframes_s).items():
            outcomes[mode] += found
    for mode, found in outcomes.items():
        for outcome in found:
            if outcome.near(outcome.exact_s) and not outcome.near(outcome.nearest_s):
                print(f"lost against exact search: {outcome}")
        print(json.dumps({"mode": mode, **figures(found)}))


def measure(
    clips: list[Captioned], number: int, engine: Engine, modes: list[str], keyframes_s: float | None
) -> dict[str, list[Outcome]]:
    """Make a film of the clips in some order; index it in each mode, ask each caption."""
    order = np.random.default_rng(number).permutation(len(clips))
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        scenes = join(fill([clips[i] for i in order]), path, keyframes_s)
        print(f"film {number}: {scenes[-1].end_s:.0f} s, {len(scenes)} clips", flush=True)
        for mode in modes:
            library, (video_id,) = index_videos(f"film {number} {mode}", [path], engine, mode)
            video = Video.objects.get(pk=video_id)
            print(f"  {mode}: {video.duration_s / video.stage_timings['total']:.1f} times real time", flush=True)
            outcomes[mode] = [ask(scene, library, video, engine) for scene in scenes]
    return outcomes


def fill(clips: list[Captioned]) -> list[tuple[Path, str]]:
    """Clips in order until the film is long enough."""
    from model_server.frames.reader import probe

    chosen, total_s = [], 0.0
    for clip in clips:
        if total_s >= FILM_S:
            break
        chosen.append((clip.path, clip.caption))
        total_s += probe(clip.path).duration_s
    return chosen


def ask(scene: Scene, library: Library, video: Video, engine: Engine) -> Outcome:
    results = search(SearchRequest(scene.caption, (library.pk,), plain=True), engine)
    nearest = results.videos or results.nearest
    return Outcome(
        scene=scene,
        found_s=results.videos[0].hits[0].start_s if results.videos else None,
        nearest_s=nearest[0].hits[0].start_s if nearest else None,
        exact_s=exact(scene.caption, video, engine),
    )


def exact(caption: str, video: Video, engine: Engine) -> float:
    """Where the moment about the very best window of the stream starts."""
    space = active_space()
    assert space is not None
    times, embeddings = read_stream(video, space)
    similarities = embeddings @ engine.encode_texts([caption])[0]
    windows = Windows(times, similarities)
    best = moments(windows, similarities, float("-inf"), base=0.0, limit=1)[0]
    return float(times[best.first, 0])


def figures(outcomes: list[Outcome]) -> dict[str, object]:
    def percent(flags: list[bool]) -> float:
        return round(100 * float(np.mean(flags)), 1)

    exactly = percent([o.near(o.exact_s) for o in outcomes])
    without_cutoff = percent([o.near(o.nearest_s) for o in outcomes])
    return {
        "captions": len(outcomes),
        "first_hit_near": percent([o.near(o.found_s) for o in outcomes]),
        "first_hit_strict": percent([o.strict(o.found_s) for o in outcomes]),
        "near_without_cutoff": without_cutoff,
        "near_by_exact_search": exactly,
        "lost_against_exact_search": round(exactly - without_cutoff, 1),
        "lost_with_cutoff": round(exactly - percent([o.near(o.found_s) for o in outcomes]), 1),
    }


if __name__ == "__main__":
    main()
