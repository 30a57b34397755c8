"""A dual encoder from a hub into a folder, once: afterwards no hub is needed.

python -m model_server.dual.fetch clip|siglip2 OUT [--source NAME_OR_FOLDER]
"""

import argparse
import json
import sys
from pathlib import Path

from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.image_processing_base import ImageProcessingMixin

from model_server.dual.engine import PROCESSOR
from model_server.presets import DUAL

SOURCES = {"clip": "openai/clip-vit-large-patch14", "siglip2": "google/siglip2-so400m-patch14-384"}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_server.dual.fetch", description=__doc__)
    parser.add_argument("name", choices=DUAL)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--source", help="a name on a hub, or a folder in transformers' layout")
    args = parser.parse_args(arguments)
    try:
        fetch(args.source or SOURCES[args.name], args.out)
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


if __name__ == "__main__":
    main()
