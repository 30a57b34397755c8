"""WebDataset shards (tar files of pictures beside their words) as a data folder.

Each sample is a photo or video with a .json (`captions` or `caption`, and what else a line of captions.jsonl may hold)
or a .txt of the same name. The x-encoder is frozen and looks at each picture once, so shards are read once, in order,
into a folder under the cache; what training reads again and again are features.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from braceexpand import braceexpand
from webdataset.tariterators import group_by_keys, tar_file_expander

from model_server.local import cache_dir
from model_server.training.data import MEDIA_SUFFIXES, DataProblem


def unpack(pattern: Path) -> Path:
    """The folder of a shard, or of many: data/train-{0000..0099}.tar. Raises DataProblem naming the shard."""
    shards = [Path(name) for name in braceexpand(str(pattern))]
    for shard in shards:
        if not shard.is_file():
            raise DataProblem(f"{shard} is not there.")
    facts = [(str(shard.resolve()), shard.stat().st_size, shard.stat().st_mtime_ns) for shard in shards]
    folder = cache_dir() / "shards" / hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    if not folder.exists():
        aside = folder.with_suffix(".part")
        shutil.rmtree(aside, ignore_errors=True)
        (aside / "media").mkdir(parents=True)
        lines = [line for shard in shards for line in take(shard, aside)]
        (aside / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)))
        aside.rename(folder)
    return folder


def take(shard: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Write each picture into the folder; give its line."""
    try:
        with shard.open("rb") as stream:  # by the library's own opener a damaged shard would stay open
            for n, sample in enumerate(group_by_keys(tar_file_expander([{"url": str(shard), "stream": stream}]))):
                media = next((end for end in sample if f".{end}" in MEDIA_SUFFIXES), None)
                if media is not None:
                    file = f"media/{shard.stem}-{n:06d}.{media}"
                    (folder / file).write_bytes(sample[media])
                    yield {**words(sample, f"{shard}: {sample['__key__']}"), "file": file}
    except (tarfile.TarError, OSError, EOFError) as problem:
        raise DataProblem(f"{shard} is damaged: {problem}.") from problem


def words(sample: dict[str, Any], where: str) -> dict[str, Any]:
    try:
        row = json.loads(sample["json"]) if "json" in sample else {}
        if "captions" not in row:
            row["captions"] = [row["caption"] if "caption" in row else sample["txt"].decode().strip()]
    except (ValueError, KeyError, TypeError) as problem:
        raise DataProblem(f"{where} has no words: a .json with `captions` or `caption`, or a .txt.") from problem
    return dict(row)
