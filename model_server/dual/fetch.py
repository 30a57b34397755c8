"""A dual encoder from a hub into a folder, once: afterwards no hub is needed.

python -m model_server.dual.fetch clip|siglip2|pe-core OUT [--source NAME_OR_FOLDER]
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from huggingface_hub import hf_hub_download
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.image_processing_base import ImageProcessingMixin

from model_server.dual.open_clip_towers import CONFIG, WEIGHTS
from model_server.dual.towers import PROCESSOR
from model_server.presets import DUAL, OPEN_CLIP

SOURCES = {
    "clip": "openai/clip-vit-large-patch14",
    "siglip2": "google/siglip2-so400m-patch14-384",
    "pe-core": "timm/PE-Core-L-14-336",  # the release, its names changed to open_clip's
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_server.dual.fetch", description=__doc__)
    parser.add_argument("name", choices=DUAL)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--source", help="a name on a hub, or a folder in the layout of its package")
    args = parser.parse_args(arguments)
    try:
        get = fetch_open_clip if args.name in OPEN_CLIP else fetch
        get(args.source or SOURCES[args.name], args.out)
    except (OSError, ValueError) as problem:  # transformers' word for a source that is not there is OSError
        sys.exit(f"fetch: {problem}")
    print(f"{args.name} lies in {args.out}: SEEKFRAME_MODEL={args.name} uses it from model_server/weights/{args.name}")


def fetch(source: str, out: Path) -> None:
    """Checked before anything is written: it must have a picture size and a colour normalisation of its own."""
    sizes = AutoConfig.from_pretrained(source)
    if not hasattr(sizes, "vision_config") or not hasattr(sizes.vision_config, "image_size"):
        raise ValueError(f"{source} is no dual encoder of one picture size: it has no vision_config.image_size.")
    pixels, _ = ImageProcessingMixin.get_image_processor_dict(source)
    colours = {key: pixels[key] for key in ("image_mean", "image_std")}
    tokenizer, net = AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(source)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(out)
    (out / PROCESSOR).write_text(json.dumps(colours, indent=2) + "\n")
    net.save_pretrained(out, max_shard_size="100GB")  # the weights last, in one file: they say that it is whole


def fetch_open_clip(source: str, out: Path) -> None:
    """Config and weights as they are. Checked before anything is written, as above."""
    config = file_of(source, CONFIG)
    facts = json.loads(config.read_text())
    if "image_size" not in facts.get("model_cfg", {}).get("vision_cfg", {}):
        raise ValueError(f"{source} is no dual encoder of one picture size: it has no vision_cfg.image_size.")
    if not {"mean", "std"} <= facts.get("preprocess_cfg", {}).keys():
        raise ValueError(f"{source} does not say how its pixels are normalised: it has no preprocess_cfg.")
    weights = file_of(source, WEIGHTS)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(config, out / CONFIG)
    shutil.copyfile(weights, out / f"{WEIGHTS}.part")
    (out / f"{WEIGHTS}.part").replace(out / WEIGHTS)  # the weights last: they say that it is whole


def file_of(source: str, name: str) -> Path:
    folder = Path(source)
    return folder / name if folder.is_dir() else Path(hf_hub_download(source, name))


if __name__ == "__main__":
    main()
