"""Words into the active space, or a sentence that says why not."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indexer.models import Space
from model_server.engine import Engine, EngineError


def encode(texts: Sequence[str], space: Space, engine: Engine) -> npt.NDArray[np.float32]:
    """(n, D). EngineError where the model is away or is not the one of the active space."""
    if (engine.space.model, engine.space.version) != (space.model, space.version):
        raise EngineError("The model has changed since your videos were indexed", permanent=True)
    return np.asarray(engine.encode_texts(texts), dtype=np.float32)
