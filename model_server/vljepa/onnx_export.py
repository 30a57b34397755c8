"""Graphs for ONNX Runtime: made once from the torch module, kept under var/, made again where damaged."""

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

OPSET = 17
HALF = ".part"
AGE_S = 3600  # a younger half may be another process's, which takes seconds to move it


def session(path: Path, export: Callable[[Path], None], threads: int):  # type: ignore[no-untyped-def]
    """An InferenceSession on the CPU over the graph at `path`, which `export` makes where it is missing or damaged."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.force_spinning_stop", "1")  # after a run the cores are others'
    options.log_severity_level = 4  # of a damaged file the except below speaks
    start = partial(onnxruntime.InferenceSession, sess_options=options, providers=["CPUExecutionProvider"])
    made_once(path, export)
    halves_delete(path.parent)
    try:
        return start(str(path))
    except Exception:  # noqa: BLE001 - damaged, by a full disk say: its errors have no common class of their own
        path.unlink()
        made_once(path, export)
        return start(str(path))


def made_once(path: Path, export: Callable[[Path], None]) -> None:
    """Made among temporary files, which are cleared away, so that a killed export leaves nothing behind for good."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        export(made)
        made.chmod(0o644)  # var/ may be shared by two users
        _move(made, path)


def _move(made: Path, path: Path) -> None:
    """Whole or not at all, though temporary files may lie on another disk."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=HALF, delete=False) as aside:
        pass
    try:
        shutil.move(made, aside.name)
        os.replace(aside.name, path)  # noqa: PTH105 - the atomic rename is the point
    finally:
        Path(aside.name).unlink(missing_ok=True)


def halves_delete(folder: Path) -> None:
    """Those of processes that were killed while they moved a graph here."""
    before = time.time() - AGE_S
    for half in folder.glob(f"*{HALF}"):
        with suppress(FileNotFoundError):  # moved meanwhile
            if half.is_file() and half.stat().st_mtime < before:
                half.unlink()


def write_graph(
    module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], axes: dict[str, dict[int, str]], path: Path
) -> None:
    """Trace a module with named inputs into an ONNX file. `axes` names the dimensions that may change."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of Python shapes that are constants on purpose
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(path),
            dynamo=False,  # the newer exporter needs onnxscript and gave a slower graph
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
        )
