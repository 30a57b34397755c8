"""Models as contenders load them: exported graphs beside the film, and the dtype in which this processor is faster."""

import os
import time

import numpy as np
import torch

from benchmarks.contender import Plan, Ready
from model_server.local import LocalEngine, load_engine

WIDTH = 2048  # of the products tried
TRIES = 3


def engine_of(plan: Plan) -> LocalEngine:
    """The preset's, on the CPU."""
    os.environ["SEEKFRAME_VAR"] = str(
        plan.folder / "var"
    )  # contenders share exported graphs, and the site's stay alone
    return load_engine(plan.preset, "cpu")


def exported(plan: Plan) -> Ready:
    """Makes the graphs that the others find: making them takes memory that no contender should answer for."""
    engine = engine_of(plan)
    side = engine.space.frame_px
    engine.x_encoder.encode_frames(np.zeros((1, side, side, 3), np.uint8))
    engine.encode_texts(["a dog"])
    return Ready(lambda _: {}, "")


def faster_dtype(n_tokens: int) -> torch.dtype:
    """Of float32 and bfloat16, by one product of as many tokens: many processors can do only one of them well."""
    return min((torch.float32, torch.bfloat16), key=lambda dtype: product_s(n_tokens, dtype))


def product_s(n_tokens: int, dtype: torch.dtype) -> float:
    tokens, weights = torch.ones(n_tokens, WIDTH, dtype=dtype), torch.ones(WIDTH, WIDTH, dtype=dtype)
    tokens @ weights  # warm
    took = []
    for _ in range(TRIES):
        started = time.perf_counter()
        tokens @ weights
        took.append(time.perf_counter() - started)
    return min(took)
