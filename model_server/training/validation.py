"""Scores on the items held out by split `val`, while a model trains."""

import numpy as np
import torch

from model_server.evaluation.ranks import retrieval_scores
from model_server.training.features import Features
from model_server.training.sentences import Sentences, target_embeddings
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.x_encoder import VisualTokens, XEncoder


@torch.no_grad()
def validation_scores(
    model: VLJEPA, held: list[Features], x_encoder: XEncoder, sentences: Sentences | None = None
) -> dict[str, float]:
    """Text-to-video recall in percent; nothing where no item is held out."""
    if not held:
        return {}
    model.eval()
    rows = [(f, i) for f, part in enumerate(held) for i in range(len(part.items))]
    predicted, captions = [], []
    for f, i in rows:
        predicted.append(model.predict(whole_clip(held[f], i, model, x_encoder)))
        captions.append(held[f].items[i].captions)
    texts = [text for own in captions for text in own]
    targets = target_embeddings(model, texts, sentences)
    scores = retrieval_scores(torch.cat(predicted).cpu().numpy(), targets.cpu().numpy(), captions)
    return {key: round(float(scores["text_to_video"][key]), 2) for key in ("R@1", "R@5", "R@10")}


def whole_clip(features: Features, i: int, model: VLJEPA, x_encoder: XEncoder) -> VisualTokens:
    """Item i as one clip: a photo whole, of a video its first window."""
    n_frames = model.config.x_encoder.n_looks if features.items[i].is_photo else model.config.clip_frames
    frames = np.arange(*features.starts[i : i + 2])[:n_frames]
    vision = x_encoder.clip_tokens(features.frames(frames), torch.arange(len(frames))[None])
    return to_device(vision, model.prompt.device)


def to_device(vision: VisualTokens, device: torch.device) -> VisualTokens:
    values = (vision.tokens, vision.places, vision.times, vision.tags, vision.tag_mean, vision.frames)
    return VisualTokens(*(None if value is None else value.to(device) for value in values))  # type: ignore[arg-type]
