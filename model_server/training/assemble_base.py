"""Where training of `base` starts: the paper's parts from a hub, put into one folder (paper section 3.1).

python -m model_server.training.assemble_base OUT [--layers 8-16] [--causal] [--random-predictor]

Each source is a name on a hub that transformers can reach (Llama and Gemma ask for their licences to be accepted there)
or a folder in transformers' layout. Sizes come from the sources. OUT then needs no hub: `pretrain --preset base --start
OUT` trains it. Its linear layers are drawn at random, so before training it finds nothing.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer, LlamaModel, PreTrainedModel, VJEPA2Model

from model_server.presets import BASE
from model_server.vljepa import weights
from model_server.vljepa.config import PredictorConfig, VLJEPAConfig, XEncoderConfig, YEncoderConfig
from model_server.vljepa.frozen import PROMPT_TOKENIZER, TEXT_TOKENIZER, WORDS, X_ENCODER
from model_server.vljepa.model import VLJEPA, random_model

V_JEPA_2 = "facebook/vjepa2-vitl-fpc64-256"
LLAMA = "meta-llama/Llama-3.2-1B"
EMBEDDING_GEMMA = "google/embeddinggemma-300m"


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        assemble(args)
    except (
        OSError,
        ValueError,
    ) as problem:  # transformers' word for a source that is not there, or not yours, is OSError
        sys.exit(f"assemble_base: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_server.training.assemble_base", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--x-encoder", default=V_JEPA_2, help="a V-JEPA 2")
    parser.add_argument("--language-model", default=LLAMA, help="a Llama: the predictor's layers, words and tokenizer")
    parser.add_argument("--text-encoder", default=EMBEDDING_GEMMA, help="any encoder that gives a state a token")
    parser.add_argument("--pooling", choices=("mean", "last"), default="mean", help="of the text encoder's tokens")
    parser.add_argument("--clip-frames", type=int, default=BASE.clip_frames)
    parser.add_argument("--dim", type=int, default=BASE.dim, help="D")
    parser.add_argument("--prompt", default=BASE.predictor.prompt)
    # The paper's ablations of the predictor
    parser.add_argument("--layers", type=layer_range, default=(8, 16), metavar="8-16", help="half-open; also 0-2, 0-16")
    parser.add_argument("--causal", action="store_true")
    parser.add_argument("--random-predictor", action="store_true", help="the same layers, drawn at random")
    return parser.parse_args(arguments)


def layer_range(text: str) -> tuple[int, int]:
    """
    >>> layer_range("8-16")
    (8, 16)
    """
    first, _, end = text.partition("-")
    if not (first.isdigit() and end.isdigit() and int(first) < int(end)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of layers like 8-16")
    return int(first), int(end)


def assemble(args: argparse.Namespace) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    x_encoder = write_x_encoder(args.x_encoder, args.out)
    text_encoder = AutoModel.from_pretrained(args.text_encoder, dtype=torch.float32)
    language_model = AutoModel.from_pretrained(args.language_model, dtype="auto")
    if not isinstance(language_model, LlamaModel):
        raise ValueError(f"{args.language_model} is a {type(language_model).__name__}: the predictor takes a Llama.")  # noqa: TRY004  # an answer to a person
    config = VLJEPAConfig(
        preset="base",
        dim=args.dim,
        clip_frames=args.clip_frames,
        window_s=BASE.window_s,
        stride_s=BASE.stride_s,
        x_encoder=x_encoder,
        predictor=predictor_config(language_model, args),
        y_encoder=y_encoder_config(text_encoder, args.pooling),
        stored=BASE.stored,
    )
    write_words(language_model.embed_tokens.weight, args.out)
    write_tokenizer(args.language_model, args.out / PROMPT_TOKENIZER)
    write_tokenizer(args.text_encoder, args.out / TEXT_TOKENIZER)
    model = random_model(config)
    fill(model, language_model, text_encoder)
    weights.save(model, args.out)
    print(f"{args.out}: a model to train, {sum(p.numel() for p in model.parameters()) / 1e6:.0f} M parameters")


def write_x_encoder(source: str, out: Path) -> XEncoderConfig:
    net = VJEPA2Model.from_pretrained(source, dtype="auto")
    state = {name: tensor for name, tensor in net.state_dict().items() if name.startswith("encoder.")}
    save_file(state, out / X_ENCODER)
    return XEncoderConfig(
        kind="vjepa2",
        frame_px=net.config.crop_size,
        dim=net.config.hidden_size,
        n_layers=net.config.num_hidden_layers,
        n_heads=net.config.num_attention_heads,
        mlp_ratio=net.config.mlp_ratio,
        patch_px=int(net.config.patch_size),  # type: ignore[arg-type]  # its pair form is not V-JEPA 2's
        tubelet_frames=net.config.tubelet_size,
    )


def write_words(table: torch.Tensor, out: Path) -> None:
    save_file({"weight": table.detach().contiguous()}, out / WORDS)


def write_tokenizer(source: str, out: Path) -> None:
    AutoTokenizer.from_pretrained(source).save_pretrained(out)


def predictor_config(source: LlamaModel, args: argparse.Namespace) -> PredictorConfig:
    """Raises ValueError where the source has fewer layers than were asked for."""
    sizes, (first, end) = source.config, args.layers
    if end > len(source.layers):
        raise ValueError(f"{args.language_model} has {len(source.layers)} layers, and {first}-{end} were asked for.")
    rope: dict[str, Any] = dict(sizes.rope_parameters)  # type: ignore[arg-type]
    return replace(
        BASE.predictor,
        n_layers=end - first,
        first_layer=first,
        hidden=sizes.hidden_size,
        intermediate=sizes.intermediate_size,
        n_heads=sizes.num_attention_heads,
        n_kv_heads=int(sizes.num_key_value_heads or sizes.num_attention_heads),
        rope_theta=rope.pop("rope_theta"),
        rope_scaling=rope if rope["rope_type"] != "default" else None,
        norm_eps=sizes.rms_norm_eps,
        n_words=sizes.vocab_size,
        prompt=args.prompt,
        causal=args.causal,
        random_start=args.random_predictor,
    )


def y_encoder_config(source: PreTrainedModel, pooling: str) -> YEncoderConfig:
    architecture = {"model_type": source.config.model_type, **source.config.to_diff_dict()}
    for about_the_file in ("transformers_version", "architectures", "dtype"):
        architecture.pop(about_the_file, None)
    return replace(
        BASE.y_encoder,
        hidden=source.config.hidden_size,
        trained_layers=source.config.num_hidden_layers,
        architecture=architecture,
        pooling=pooling,
    )


@torch.no_grad()
def fill(model: VLJEPA, language_model: LlamaModel, text_encoder: PreTrainedModel) -> None:
    config, layers = model.config.predictor, model.predictor.layers
    if not config.random_start:
        first = config.first_layer or 0
        for mine, theirs in zip(layers.layers, language_model.layers[first : first + config.n_layers], strict=True):
            mine.load_state_dict(theirs.state_dict())
        layers.norm.load_state_dict(language_model.norm.state_dict())
    model.y_encoder.model.load_state_dict(text_encoder.state_dict())


if __name__ == "__main__":
    main()
