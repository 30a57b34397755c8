"""What a film goes through on its way into an index: ours, the plain loop, the floor, and the layout of `base`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.contender import NoFigure, Plan, Ready, spent
from benchmarks.floor import floor, pictures
from benchmarks.loaded import engine_of, faster_dtype
from model_server.frames.windows import sample
from model_server.local import CLIPS_A_RUN, LocalEngine
from model_server.presets import OPEN_VLJEPA
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.model import as_float32
from model_server.vljepa.predictor import Predictor
from model_server.vljepa.vjepa2 import VJEPA2XEncoder, empty_net
from model_server.vljepa.x_encoder import FrameFeatures

PROMPT_TOKENS = 8


def full(plan: Plan) -> Ready:
    return product(plan, "full", "the worker's pipeline with confined decoder and Postgres (whose memory stands apart)")


def fast(plan: Plan) -> Ready:
    return product(plan, "fast", "the same, keyframes alone")


def product(plan: Plan, mode: str, note: str) -> Ready:
    from benchmarks import index_speed  # starts Postgres

    engine = engine_of(plan)
    index_speed.through_pipeline(plan.warm_up, engine, mode)

    def play(_: int) -> dict[str, float]:
        found = index_speed.through_pipeline(plan.film, engine, mode)
        return {**a_second(plan, found["total_s"], found["core_s"]), "windows": found["n_windows"]}

    return Ready(play, note)


def plain(plan: Plan) -> Ready:
    """What one would write in an afternoon: no second process, no shots, no repeats; features of the film in memory."""
    engine = engine_of(plan)
    embed(plan.warm_up, engine)

    def play(_: int) -> dict[str, float]:
        found: list[np.ndarray] = []
        took_s, core_s = spent(lambda: found.append(embed(plan.film, engine)))
        return {**a_second(plan, took_s, core_s), "windows": len(found[0])}

    return Ready(play, "PyAV decodes every frame, then the same x-encoder, then the same predictor; a numpy array")


def embed(path: Path, engine: LocalEngine) -> np.ndarray:
    """(n, D): every window of the film."""
    features = together([engine.x_encoder.encode_frames(frames) for frames, _ in pictures(path, engine.space)])
    embeddings = np.empty((0, engine.space.dim), np.float32)
    with torch.inference_mode():
        for index in runs(len(features.tokens), engine):
            vision = engine.x_encoder.clip_tokens(features, index)
            embeddings = np.concatenate([embeddings, as_float32(engine.model.predict(vision))])
    return embeddings


def together(parts: list[FrameFeatures]) -> FrameFeatures:
    known = [part.probabilities for part in parts if part.probabilities is not None]
    return FrameFeatures(torch.cat([part.tokens for part in parts]), torch.cat(known) if known else None)


def runs(n_frames: int, engine: LocalEngine) -> Iterator[torch.Tensor]:
    """Which frames make each window, (n, T), some windows at a time."""
    space = engine.space
    index = sample(n_frames * space.frame_interval_s, space).index
    if int(index.max()) >= n_frames:
        raise NoFigure("the film is shorter than one window.")
    yield from torch.split(torch.from_numpy(index.astype(np.int64)), CLIPS_A_RUN)


def bare_floor(plan: Plan) -> Ready:
    engine = engine_of(plan)
    floor(plan.warm_up, engine)

    def play(_: int) -> dict[str, float]:
        parts: list[dict[str, float]] = []
        took_s, core_s = spent(lambda: parts.append(floor(plan.film, engine)))
        of_it = {name: 1000 * parts[0][f"{name}_s"] / plan.film_s for name in ("decode", "encode")}
        return {**a_second(plan, took_s, core_s), **{f"{name}_ms": ms for name, ms in of_it.items()}}

    return Ready(
        play, "PyAV decodes every frame and scales the wanted ones, the bare x-encoder sees them; no predictor"
    )


def a_second(plan: Plan, took_s: float, core_s: float) -> dict[str, float]:
    """Milliseconds for a second of video."""
    return {"ms": 1000 * took_s / plan.film_s, "core_ms": 1000 * core_s / plan.film_s}


def base(plan: Plan) -> Ready:
    """Clips of noise through V-JEPA 2 ViT-L and eight layers of Llama-3.2-1B, one a stride."""
    config = OPEN_VLJEPA
    sizes = config.x_encoder
    n_tokens = config.clip_frames // sizes.tubelet_frames * (sizes.frame_px // sizes.patch_px) ** 2
    dtype = faster_dtype(n_tokens)
    look = random_base(config, dtype)
    look()

    def play(_: int) -> dict[str, float]:
        took_s, core_s = spent(lambda: [look() for _ in range(plan.base_clips)])
        ms, core_ms = (1000 * s / plan.base_clips / config.stride_s for s in (took_s, core_s))
        return {"ms": ms, "core_ms": core_ms, "clip_ms": ms * config.stride_s}

    return Ready(
        play,
        f"random weights, {str(dtype).removeprefix('torch.')}; {plan.base_clips} clips a round, each of "
        f"{config.clip_frames} frames of {sizes.frame_px} px; extrapolated to one every "
        f"{config.stride_s:g} s; the model alone, no decoding; the prompt is {PROMPT_TOKENS} random words",
    )


def random_base(config: VLJEPAConfig, dtype: torch.dtype) -> Callable[[], torch.Tensor]:
    """Looks at one clip. No hub is asked: sizes stand in the preset, and weights are drawn."""
    torch.manual_seed(0)
    net = empty_net(config.x_encoder, config.clip_frames).to(dtype)
    x_encoder = VJEPA2XEncoder(net, config.clip_frames)
    predictor = Predictor(config.predictor, config.x_encoder.dim, config.x_encoder.tag_dim, config.dim)
    predictor = predictor.eval().requires_grad_(False).to(dtype)
    prompt = torch.randn(PROMPT_TOKENS, config.predictor.hidden, dtype=dtype)
    side, order = config.x_encoder.frame_px, torch.arange(config.clip_frames)[None]
    frames = np.random.default_rng(0).integers(0, 256, (config.clip_frames, side, side, 3), dtype=np.uint8)

    def look() -> torch.Tensor:
        with torch.inference_mode():
            return predictor(x_encoder.clip_tokens(x_encoder.encode_frames(frames), order), prompt)

    return look
