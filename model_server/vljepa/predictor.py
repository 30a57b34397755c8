"""The predictor: visual tokens and a prompt in, the predicted embedding of the answer out (paper section 3.1).

Differs from a textbook Llama: no causal mask (vision and prompt attend to each other), frozen prompt embeddings,
masked mean over all tokens, a linear layer to D. `base` is just that. `small` adds learned places, and two paths beside
the transformer, both summed before normalisation: the tag residual (design section 3), and a shortcut that answers
from a summary of each frame alone, averaged over the clip. With thousands of pictures, not millions, the shortcut
learns what is there in minutes, from photos as well as from clips; the transformer adds what goes with what.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import LlamaConfig, LlamaModel

from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.vision_input import VisionInput
from model_server.vljepa.x_encoder import N_POOLS, VisualTokens


class Predictor(VisionInput):
    """VisualTokens -> (B, D), L2-normalised."""

    summary_mean: Tensor
    summary_std: Tensor

    def __init__(self, config: PredictorConfig, channels: int, tag_dim: int, dim: int) -> None:
        super().__init__(config, channels, tag_dim)
        self.config = config
        if config.shortcut:
            self.register_buffer("summary_mean", torch.zeros(N_POOLS * channels))
            self.register_buffer("summary_std", torch.ones(N_POOLS * channels))
        self.tag_residual = nn.Linear(tag_dim, dim, bias=False) if tag_dim else None
        self.layers = LlamaModel(llama_config(config))
        self.layers.embed_tokens = None  # type: ignore[assignment]  # only the prompt's rows are needed, and they stay frozen
        self.out = nn.Linear(config.hidden, dim)
        self.shortcut = shortcut(N_POOLS * channels, config.shortcut, dim) if config.shortcut else None
        self.gate = nn.Linear(config.hidden, 1) if config.hears and (config.shortcut or tag_dim) else None

    def forward(self, vision: VisualTokens, prompt: Tensor, prompt_mask: Tensor | None = None) -> Tensor:
        """prompt (L, hidden) for all clips or (B, L, hidden); prompt_mask (B, L) is False at [PAD]."""
        gate = self.opened(prompt, prompt_mask)
        return self.heads(self.trunk(vision, prompt, prompt_mask), self.seen_alone(vision), vision.tag_mean, gate)

    def trunk(self, vision: VisualTokens, prompt: Tensor, prompt_mask: Tensor | None = None) -> Tensor:
        """(B, hidden): the transformer's mean over all tokens that are not [PAD]. Its positions run over vision, then
        prompt, from 0 on."""
        tokens = self.embed_vision(vision)  # (B, N + K, hidden)
        n_clips, n_seen, _ = tokens.shape
        prompt = prompt.expand(n_clips, *prompt.shape[-2:])  # (B, L, hidden)
        x = torch.cat([tokens, prompt.to(tokens)], 1)  # (B, N + K + L, hidden)
        keep = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        if prompt_mask is not None:
            keep[:, n_seen:] = prompt_mask
        mask = joint_mask(keep, x.dtype, self.config.causal)
        x = self.layers(inputs_embeds=x, attention_mask=mask, use_cache=False).last_hidden_state
        return (x * keep.unsqueeze(-1)).sum(1) / keep.sum(1, keepdim=True)

    def opened(self, prompt: Tensor, prompt_mask: Tensor | None = None) -> Tensor | None:
        """(B, 1) or (1,) in (0, 1): how much goes through of the paths beside the transformer, which hear no prompt."""
        if self.gate is None:
            return None
        if prompt_mask is None:
            return self.gate(prompt.mean(-2)).sigmoid()
        keep = prompt_mask.unsqueeze(-1)
        return self.gate((prompt * keep).sum(-2) / keep.sum(-2)).sigmoid()

    def heads(
        self, pooled: Tensor, seen_alone: Tensor | None, tag_mean: Tensor | None, gate: Tensor | None = None
    ) -> Tensor:
        """(B, D), L2-normalised: what is linear in the trunk's answer, and the paths beside it."""
        return normalize(self.project(pooled, seen_alone, tag_mean, gate).float(), dim=-1)

    def project(
        self, pooled: Tensor, seen_alone: Tensor | None, tag_mean: Tensor | None, gate: Tensor | None = None
    ) -> Tensor:
        """(B, D) as the layers give it."""
        beside = seen_alone
        if self.tag_residual is not None and tag_mean is not None:
            tags = self.tag_residual(tag_mean)
            beside = tags if beside is None else beside + tags
        if beside is None:
            return self.out(pooled)
        return self.out(pooled) + (beside if gate is None else gate * beside)

    def seen_alone(self, vision: VisualTokens) -> Tensor | None:
        """(B, D): the shortcut's mean answer to the frames of a clip, where there is a shortcut."""
        return None if self.shortcut is None else self.shortcut(self.summary(vision)).mean(1)

    def packed_alone(self, frames: Tensor, owner: Tensor, n_clips: int) -> Tensor | None:
        """The same for clips of different lengths: their frames (F, 3C) in a row, `owner` (F,) says whose each is."""
        if self.shortcut is None:
            return None
        each = self.shortcut(frames)  # (F, D)
        total = each.new_zeros(n_clips, each.shape[1]).index_add(0, owner, each)
        return total / owner.bincount(minlength=n_clips).unsqueeze(-1)

    def summary(self, vision: VisualTokens) -> Tensor:
        """(B, T, 3C): the pools of each frame, standardised. Outliers are cut: early feature maps have long tails.
        (B, 1, 0) where there is no shortcut to read it."""
        if self.shortcut is None or vision.frames is None:
            return vision.tokens.new_empty(len(vision.tokens), 1, 0)
        return ((vision.frames - self.summary_mean) / self.summary_std).clamp(-6, 6)


def shortcut(channels: int, hidden: int, dim: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(0.3), nn.Linear(channels, hidden), nn.GELU(), nn.Dropout(0.3), nn.Linear(hidden, dim)
    )


def joint_mask(keep: Tensor, dtype: torch.dtype, causal: bool = False) -> Tensor:
    """(B, L) bool -> (B, 1, L, L) additive: every token sees every token that is not [PAD]; with `causal` (the paper's
    ablation) none after itself. Four dims switch transformers' own causal mask off."""
    never = torch.finfo(dtype).min
    mask = torch.zeros(keep.shape, dtype=dtype, device=keep.device).masked_fill(~keep, never)
    mask = mask[:, None, None, :].expand(-1, 1, keep.shape[1], -1)
    if causal:
        later = torch.ones(keep.shape[1], keep.shape[1], dtype=torch.bool, device=keep.device).triu(1)
        mask = mask.masked_fill(later, never)
    return mask


def llama_config(config: PredictorConfig) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=1,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=config.n_layers,
        num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_kv_heads,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta} | (config.rope_scaling or {}),
        max_position_embeddings=131_072,
        rms_norm_eps=config.norm_eps,
    )
