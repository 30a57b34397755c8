"""How long does a search take among a million segments? Through HTTP, at a rate, with everything running.

    python -m benchmarks.large_library --data DIR... --segments 1000000 [--var FOLDER] [--rate 20] [--seconds 60]

starts everything as `up` does, fills its database with drawn videos (`benchmarks.drawn`, from the photos and clips of
the data sets; FOLDER keeps them for the next run), then asks /api/search with keys of four people. Requests leave at
random moments of the given rate whether or not earlier ones are answered, and wait is counted from the moment they
should have left. Each query is asked once, so that no cache of texts answers. `--only` asks a part of it:

    http      the above
    stages    where the time of one goes, in one thread
    recall    of the index against an exact scan, the nearest ten: in all libraries, in a small one, within dates
    kinds     HNSW over half-precision, single-precision and binary-quantised embeddings with re-ranking: how long it is
              built, how large it is, its recall and time a query
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.running import Up

PARTS = ("http", "stages", "recall", "kinds")
PHOTOS, CLIPS = 2000, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders with a captions.jsonl")
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--var", type=Path, help="keeps the library for the next run")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--rate", type=float, nargs="+", default=[20.0], help="requests a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--queries", type=int, default=100, help="for recall, and for the kinds of index")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seekframe-benchmark-") as folder:
        var = options.var or Path(folder) / "var"
        var.mkdir(parents=True, exist_ok=True)
        source = var / "real.npz"
        if not source.exists():
            np.savez(source, **read_real(options.data, options.preset))
        up = Up(var, SEEKFRAME_MODEL=options.preset)
        up.start()
        try:
            up.wait_ready()
            figures = {"library": inside(up, "benchmarks.large_fill", "--real", source, "--segments", options.segments)}
            figures |= {part: measure(part, up, options, figures["library"]) for part in options.only}
        finally:
            if up.process.poll() is None:
                up.end(signal.SIGINT)
    del figures["library"]["keys"]
    print(json.dumps(figures, indent=1))
    if options.json:
        options.json.write_text(json.dumps(figures))


def measure(part: str, up: Up, options: argparse.Namespace, library: dict[str, Any]) -> Any:
    if part == "http":
        from benchmarks.at_a_rate import ask

        return [ask(up.address, library["keys"], rate, options.seconds) for rate in options.rate]
    if part == "stages":
        return inside(up, "benchmarks.large_stages", "--queries", options.queries)
    return inside(up, "benchmarks.large_index", "--queries", options.queries, "--part", part)


def inside(up: Up, module: str, *arguments: object) -> Any:
    """What a module of ours answers as JSON when run with the settings of the running product."""
    out = up.var / "answer.json"
    command = [sys.executable, "-m", module, *map(str, arguments), "--out", str(out)]
    subprocess.run(command, env={**up.environment, "DJANGO_SETTINGS_MODULE": "webapp.settings"}, check=True)
    return json.loads(out.read_text())


def read_real(folders: list[Path], preset: str) -> dict[str, np.ndarray]:
    """What is drawn from: an embedding and a caption of each photo and clip, and how a clip's windows differ."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    from model_server.engine import join
    from model_server.frames.errors import MediaError
    from model_server.frames.photos import read_photo
    from model_server.frames.reader import read_clips
    from model_server.local import load_engine
    from model_server.training.data import read_folder

    engine = load_engine(preset, "cpu")
    items = [item for folder in folders for item in read_folder(folder)]
    photos, clips = [i for i in items if i.is_photo][:PHOTOS], [i for i in items if not i.is_photo][:CLIPS]
    meanings, captions, differences = [], [i.captions[0] for i in photos], []
    for start in range(0, len(photos), 32):
        meanings.append(engine.predict(join([read_photo(i.path, engine.space) for i in photos[start : start + 32]])))
    for clip in clips:
        try:
            windows = np.concatenate([engine.predict(batch.clips) for batch in read_clips(clip.path, engine.space)])
        except (MediaError, ValueError) as problem:
            print(f"{clip.path}: {problem}", file=sys.stderr)
            continue
        mean = windows.mean(0, keepdims=True)
        meanings.append(mean / np.linalg.norm(mean))
        captions.append(clip.captions[0])
        if len(windows) > 1:
            differences.append(windows - mean)
    return {
        "meanings": np.concatenate(meanings).astype(np.float32),
        "differences": np.concatenate(differences).astype(np.float32),
        "captions": np.array(captions),
    }


if __name__ == "__main__":
    main()
