"""The paper's parts as tiny random checkpoints of the very same transformers classes, in folders: no hub."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    Gemma3TextConfig,
    Gemma3TextModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
    VJEPA2Config,
    VJEPA2Model,
)

from model_server.training import assemble_base

LLAMA_3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
WORDS = ["<pad>", "<s>", "<unk>", "a", "dog", "cat", "red", "bus", "is", "there", "what", "where"]
WORDS += ["in", "the", "video", "describe", "scene", ".", "?"]


def tokenizer(folder: Path) -> None:
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>", unk_token="<unk>", eos_token="<s>")
    fast.save_pretrained(folder)


def x_encoder(folder: Path) -> None:
    sizes = VJEPA2Config(
        crop_size=32,
        frames_per_clip=64,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        mlp_ratio=2,
        pred_hidden_size=12,
        pred_num_attention_heads=1,
        pred_num_hidden_layers=1,
    )
    VJEPA2Model(sizes).save_pretrained(folder)


def llama(folder: Path) -> None:
    sizes = LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        rms_norm_eps=1e-5,
        rope_parameters=LLAMA_3_ROPE,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(sizes).save_pretrained(folder)


def gemma_config() -> Gemma3TextConfig:
    """As EmbeddingGemma: both ways, most layers within a window of tokens, one in three over all."""
    return Gemma3TextConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        query_pre_attn_scalar=8,
        max_position_embeddings=128,
        sliding_window=6,
        sliding_window_pattern=3,
        use_bidirectional_attention=True,
    )


def qwen_config() -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(WORDS),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=128,
    )


def sources(folder: Path) -> list[str]:
    """The options that point assemble_base at them."""
    torch.manual_seed(5)
    x_encoder(folder / "vjepa2")
    llama(folder / "llama")
    Gemma3TextModel(gemma_config()).save_pretrained(folder / "gemma")
    Qwen3Model(qwen_config()).save_pretrained(folder / "qwen")
    for name in ("llama", "gemma", "qwen"):
        tokenizer(folder / name)
    where = {"--x-encoder": "vjepa2", "--language-model": "llama", "--text-encoder": "gemma"}
    return [word for option, name in where.items() for word in (option, str(folder / name))]


def assembled(folder: Path, *more: str) -> Path:
    """A tiny `base`: the last two of four layers unless `more` says otherwise."""
    out = folder / "base"
    found = sources(folder)
    assemble_base.main([str(out), *found, "--dim", "20", "--clip-frames", "4", "--layers", "2-4", *more])
    return out
