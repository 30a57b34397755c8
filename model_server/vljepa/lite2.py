"""EfficientNet-Lite2 as the frame backbone of `small`: the published weights, untouched, in torch or ONNX Runtime.

Beside the last feature map the tokens carry the mean and mean square of the colours and three-to-five earlier maps:
captions name colours and textures, which the last layers of an ImageNet classifier throw away.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model_server.vljepa.onnx_export import session, write_graph
from model_server.vljepa.packages import LITE2, packaged_file
from model_server.vljepa.x_encoder import GRID, FrameFeatures, pool_matrix

EARLY_CHANNELS = (24, 48, 88, 120)  # feature maps whose pooled values are kept
GRAPH = "efficientnet-lite2-1.onnx"  # raise the number when the graph changes


class Lite2(nn.Module):
    """(F, 260, 260, 3) uint8 -> tokens (F, 25, 1566), class logits (F, 1000)."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        self.net = EfficientNet.from_name("efficientnet-lite2").eval().requires_grad_(False)
        self.net.load_state_dict(torch.load(packaged_file(*LITE2), weights_only=True, map_location="cpu"))

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        x = (frames.permute(0, 3, 1, 2).float() - 127) / 128  # (F, 3, 260, 260)
        maps = [pooled(x), pooled(x * x)]
        net = self.net
        x = net._swish(net._bn0(net._conv_stem(x)))
        for block in net._blocks:
            y = block(x)
            if y.shape[1] != x.shape[1] and x.shape[1] in EARLY_CHANNELS:
                maps.append(pooled(x))
            x = y
        x = net._swish(net._bn1(net._conv_head(x)))  # (F, 1280, 9, 9)
        logits = net._fc(x.mean((2, 3)))
        return torch.cat([pooled(x), *maps], -1), logits


def pooled(x: Tensor) -> Tensor:
    """(F, C, n, n) -> (F, 25, C)."""
    return (x.flatten(2) @ pool_matrix(int(x.shape[2]), GRID).T.to(x)).transpose(1, 2)


class TorchLite2:
    """The backbone in torch: for a GPU."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.net = Lite2().to(device)

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray) -> FrameFeatures:
        tokens, logits = self.net(torch.from_numpy(np.ascontiguousarray(frames)).to(self.device))
        return FrameFeatures(tokens, logits.softmax(-1))


class OnnxLite2:
    """The backbone in ONNX Runtime: for a CPU, where torch's depthwise convolutions are several times slower."""

    BATCH = 4  # frames a run, at most: measured fastest on two cores

    def __init__(self, cache_dir: Path, threads: int) -> None:
        # A run a core, not a run over all cores: while the decoder holds one, threads of one run wait for each other
        # (29 ms a frame instead of 17 on two cores of which one was busy; 12.0 and 11.3 where none was).
        self.session = session(cache_dir / GRAPH, export, 1)
        self.threads = threads
        self.runs = ThreadPoolExecutor(threads, thread_name_prefix="x-encoder")

    def __call__(self, frames: np.ndarray) -> FrameFeatures:
        size = min(self.BATCH, math.ceil(len(frames) / self.threads))
        parts = [frames[i : i + size] for i in range(0, len(frames), size)]
        runs = self.runs.map(lambda part: self.session.run(None, {"frames": part}), parts)
        tokens, logits = (torch.from_numpy(np.concatenate(part)) for part in zip(*runs, strict=True))
        return FrameFeatures(tokens, logits.softmax(-1))


def export(path: Path) -> None:
    names = {"frames": {0: "F"}, "tokens": {0: "F"}, "logits": {0: "F"}}
    frames = torch.zeros(2, 260, 260, 3, dtype=torch.uint8)
    write_graph(Lite2(), {"frames": frames}, ["tokens", "logits"], names, path)
