"""Captions by the text encoder. One that stays frozen reads each caption once, whatever is trained on top, and disk
keeps what it said; one that is trained reads them at every step."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from model_server.training.features import Features
from model_server.vljepa.model import VLJEPA

TEXTS_A_RUN = 64  # of like length


class Sentences:
    """The sentence vectors of known captions."""

    def __init__(self, texts: list[str], rows: Tensor) -> None:
        self.place = {text: i for i, text in enumerate(texts)}
        self.rows = rows  # (n, hidden), L2-normalised

    def of(self, texts: list[str]) -> Tensor:
        return self.rows[torch.tensor([self.place[text] for text in texts])].float()


def known_sentences(model: VLJEPA, parts: list[Features], cache: Path) -> Sentences | None:
    """Those of all captions, from the cache where it has them; None where the text encoder is trained."""
    if not model.y_encoder.frozen:
        return None
    texts = sorted({text for part in parts for item in part.items for text in item.captions})
    return read_once(model, texts, cache, model.config.y_encoder.kind)


def read_once(model: VLJEPA, texts: list[str], cache: Path, reader: str) -> Sentences:
    """Those of these captions, kept on disk under the name of who read them: its kind where it is as its package ships
    it, the version of the weights where they hold it."""
    key = hashlib.sha256(json.dumps([reader, texts]).encode()).hexdigest()[:24]
    path = cache / f"{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part.npy")
        np.save(aside, normalize(encode_sentences(model, texts), dim=-1).half().cpu().numpy())
        aside.replace(path)
    return Sentences(texts, torch.from_numpy(np.load(path)).to(model.prompt.device))


@torch.no_grad()
def encode_sentences(model: VLJEPA, texts: list[str]) -> Tensor:
    """(n, hidden) of the y-encoder, before its projection."""
    return sentence_vectors(model, texts)


def target_embeddings(model: VLJEPA, texts: list[str], sentences: Sentences | None = None) -> Tensor:
    """(n, D), without the coordinate against hubs; with gradients where they are asked for."""
    rows = sentence_vectors(model, texts) if sentences is None else sentences.of(texts)
    return model.y_encoder.project(rows)


def sentence_vectors(model: VLJEPA, texts: list[str]) -> Tensor:
    """(n, hidden): texts of like length together, so that one long caption does not pad all the others."""
    order, device = sorted(range(len(texts)), key=lambda i: len(texts[i])), model.prompt.device
    rows = []
    for k in range(0, len(order), TEXTS_A_RUN):
        if k and k % (40 * TEXTS_A_RUN) == 0:
            print(f"captions: {k} of {len(texts)} read", flush=True)
        ids, mask = model.y_encoder.tokenize([texts[i] for i in order[k : k + TEXTS_A_RUN]])
        rows.append(model.y_encoder.sentence(ids.to(device), mask.to(device)))
    return torch.cat(rows)[torch.tensor(order, device=device).argsort()]
