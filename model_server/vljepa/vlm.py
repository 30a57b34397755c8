"""The rival of the paper's controlled comparison (section 4.4): a vision-language model in token space.

The same visual tokens and the same prompt, through a slice of the same language model; but it is trained to write the
caption word by word, where VL-JEPA predicts its embedding. It has no embedding, and answers by writing or by weighing
what others wrote.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.vision_input import VisionInput
from model_server.vljepa.x_encoder import VisualTokens
from model_server.vljepa.y_decoder import IGNORED, PrefixLM, YDecoderConfig


class TokenVLM(PrefixLM[VisualTokens]):
    """Clips -> captions. Causal throughout, as such models are."""

    prompt: Tensor

    def __init__(
        self, config: YDecoderConfig, kept: Tensor, vision: PredictorConfig, channels: int, prompt: Tensor
    ) -> None:
        """prompt (L, hidden): frozen word embeddings, the same as the predictor's."""
        super().__init__(config, kept)
        self.prefix = VisionInput(vision, channels, tag_dim=0)
        self.register_buffer("prompt", prompt)

    def read(self, given: VisualTokens) -> Tensor:
        seen = self.prefix.embed_vision(given)
        return torch.cat([seen, self.prompt.expand(len(seen), *self.prompt.shape).to(seen)], 1)

    @torch.inference_mode()
    def surprise(self, clip: VisualTokens, words: Tensor) -> Tensor:
        """(C,) mean cross-entropy a word of each of C captions (C, L) of one clip: the logarithm of its perplexity.
        The clip is read once, and its keys and values serve all captions."""
        lm = self.model
        seen = lm.model(inputs_embeds=self.read(clip), use_cache=True)
        cache = seen.past_key_values
        cache.batch_repeat_interleave(len(words))
        told = lm.model.embed_tokens(words.clamp(min=0))  # (C, L, hidden)
        said = lm.model(inputs_embeds=told, past_key_values=cache, use_cache=True).last_hidden_state
        before = seen.last_hidden_state[:, -1:].expand(len(words), -1, -1)
        logits = lm.lm_head(torch.cat([before, said[:, :-1]], 1))  # (C, L, n_vocab): of each word before it is read
        each = cross_entropy(logits.transpose(1, 2), words, ignore_index=IGNORED, reduction="none")  # (C, L)
        return each.sum(1) / (words != IGNORED).sum(1)
