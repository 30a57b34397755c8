"""Weights of a graph in eight bits, for ONNX Runtime on a CPU: a few words wait for the weights to be read from memory.

Each 128 inputs of a matrix have a scale, and so have the activations that meet them. With one scale for all activations
(`quantize_dynamic`) the y-encoder's outliers cost a cosine of 0.93; so above 0.998.
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

BLOCK = 128  # of 32 a query takes half as long again, and the least cosine is 0.9996 in place of 0.9988
INT8_ACTIVATIONS = 4  # ONNX Runtime's name for it is accuracy level 4; at level 0 it widens the weights first, slowly


def write_int8(graph: Path, path: Path) -> None:
    """Write `graph` to `path` with its constant matrices in int8: `MatMulNBits` where it has `MatMul`."""
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    quantizer, config = _quantizer()
    with TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        # Makes initialisers of the constants, which is what the quantizer looks for.
        quant_pre_process(graph, folded, skip_symbolic_shape=True, skip_onnx_shape=True)
        chosen = config(block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ACTIVATIONS, bits=8)
        work = quantizer(onnx.load(folded), algo_config=chosen)
        work.process()
        work.model.save_model_to_file(str(path), False)


def _quantizer():  # type: ignore[no-untyped-def]
    """Imported behind a handler: the module sets the logging of the whole process up where nothing has."""
    root, guard = logging.getLogger(), logging.NullHandler()
    root.addHandler(guard)
    try:
        from onnxruntime.quantization import matmul_nbits_quantizer as library
    finally:
        root.removeHandler(guard)
    return library.MatMulNBitsQuantizer, library.DefaultWeightOnlyQuantConfig
