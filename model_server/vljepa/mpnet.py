"""all-mpnet-base-v2, the frozen text encoder of `small`: 109 M parameters that a package carries in five parts.

Against MiniLM-L6 with its upper half trained, on the same features and heads: 3 to 4 points of R@1 on held-out photos
(model card). With thousands of captions, what a text encoder already knows is worth more than what it could learn.
"""

import json
from functools import cache

import torch
from safetensors.torch import load
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

from model_server.vljepa.packages import MPNET, MPNET_PARTS, joined_zip, read_pinned

FOLDER = "all-mpnet-base-v2"


class Mpnet(nn.Module):
    """Read at the first text and left out of every state: most processes encode none, and nothing trains it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[MPNetModel] = []  # a list, so that torch does not count it as a part

    def forward(self, input_ids: Tensor, attention_mask: Tensor):  # type: ignore[no-untyped-def]
        self.read()
        net: nn.Module = self.loaded[0]
        return net.to(input_ids.device)(input_ids=input_ids, attention_mask=attention_mask)

    def read(self) -> None:
        if not self.loaded:
            self.loaded.append(load_mpnet())

    def forget(self) -> None:
        """Give the memory back; the next text reads it again."""
        self.loaded.clear()


def load_mpnet() -> MPNetModel:
    with joined_zip(MPNET_PARTS) as archive:
        config = MPNetConfig(**json.loads(archive.read(f"{FOLDER}/config.json")))
        stored = load(read_pinned(archive, *MPNET))
    model = MPNetModel(config, add_pooling_layer=False)
    missing, _ = model.load_state_dict(stored, strict=False)  # the pooler's two tensors are left over
    assert set(missing) <= {"embeddings.position_ids"}, missing
    return model.eval().requires_grad_(False).to(torch.float32)


@cache
def mpnet_tokenizer() -> PreTrainedTokenizerFast:
    with joined_zip(MPNET_PARTS) as archive:
        words = Tokenizer.from_str(archive.read(f"{FOLDER}/tokenizer.json").decode())
    words.no_padding()
    words.no_truncation()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", unk_token="[UNK]")
