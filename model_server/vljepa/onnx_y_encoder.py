"""The y-encoder of `small` in ONNX Runtime: faster than torch on a CPU for the few words of a query."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch

from model_server.vljepa.model import VLJEPA, as_float32
from model_server.vljepa.onnx_export import session, write_graph
from model_server.vljepa.onnx_int8 import write_int8
from model_server.vljepa.y_encoder import YEncoder

EXPORT_VERSION = 3  # part of the cached file's name: raise it when the graph changes


class OnnxYEncoder:
    """Texts -> (B, D) float32, L2-normalised: within a cosine of 0.998 of the model's `encode_texts`."""

    def __init__(self, model: VLJEPA, version: str, cache_dir: Path, threads: int) -> None:
        self.model = model
        path = cache_dir / f"y-encoder-{version}-{EXPORT_VERSION}.onnx"
        self.session = session(path, partial(export, model.y_encoder), threads)
        model.y_encoder.model.forget()  # read for the export
        for old in set(cache_dir.glob("y-encoder-*.onnx")) - {path}:
            old.unlink(missing_ok=True)  # of weights that have been replaced

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        ids, mask = self.model.y_encoder.tokenize(texts)
        (embeddings,) = self.session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})
        return as_float32(self.model.as_text(torch.from_numpy(embeddings)))


def export(encoder: YEncoder, path: Path) -> None:
    encoder.model.read()  # before the tracer looks on
    ids = torch.ones(2, 6, dtype=torch.long)
    axes = {"ids": {0: "B", 1: "L"}, "mask": {0: "B", 1: "L"}, "embeddings": {0: "B"}}
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "float32.onnx"
        write_graph(encoder, {"ids": ids, "mask": torch.ones_like(ids)}, ["embeddings"], axes, whole)
        write_int8(whole, path)
