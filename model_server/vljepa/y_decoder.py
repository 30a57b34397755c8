"""The y-decoder: an embedding in, a caption out (paper section 3.1). Trained after everything else is frozen.

An embedding, predicted or target, becomes a prefix of a few vectors; a slice of a small language model goes on from
there. Its vocabulary is the part of the source's that captions use: the word embeddings stay as the package ships them,
and choosing among 10,000 words instead of 49,000 is most of the speed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.prompt import token_rows, tokenizer
from model_server.vljepa.source import start_layers
from model_server.vljepa.weights import as_floats, as_stored

WEIGHTS = "y_decoder.safetensors"
CONFIG = "y_decoder.json"
END = 0  # the first word of the kept vocabulary: the source's end of text, and padding
SENTENCE_END = re.compile(r"(?<=[.!?])\s")
IGNORED = -100  # a label the loss leaves out

Given = TypeVar("Given")  # what a prefix is made of


class Draft(NamedTuple):
    """A caption that might be the one."""

    text: str
    likely: float  # mean log probability of its pieces; nought where there is but one draft


@dataclass(frozen=True)
class YDecoderConfig:
    """Sizes and source. `reads` is the version of the weights whose embeddings it was trained to read."""

    source: str  # "smollm2" or "random"
    reads: str
    dim: int  # D of the embeddings
    layers: tuple[int, ...]  # which of the source's layers
    hidden: int
    intermediate: int
    n_heads: int
    n_kv_heads: int
    rope_theta: float
    n_prefix: int
    max_tokens: int  # of a caption


class PrefixLM(nn.Module, Generic[Given]):
    """A small causal language model that goes on from a prefix. `kept` (n_vocab,): the source's tokens, END first."""

    kept: Tensor

    def __init__(self, config: YDecoderConfig, kept: Tensor) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("kept", kept.to(torch.int32))
        self.model = LlamaForCausalLM(llama_config(config, len(kept)))
        words = self.model.model.embed_tokens.weight.requires_grad_(False)
        nn.init.normal_(words[END], std=self.model.config.initializer_range)  # nought, as padding, could not be written

    def read(self, given: Given) -> Tensor:
        """(B, P, hidden): the prefix."""
        raise NotImplementedError

    def forward(self, given: Given, words: Tensor) -> Tensor:
        """Mean cross-entropy a word. words (B, L) are places in `kept`, IGNORED after each caption's END."""
        prefix = self.read(given)
        told = self.model.model.embed_tokens(words.clamp(min=0))  # (B, L, hidden)
        silent = words.new_full(prefix.shape[:2], IGNORED)
        out = self.model(inputs_embeds=torch.cat([prefix, told], 1), labels=torch.cat([silent, words], 1))
        return out.loss

    def caption(self, given: Given, beams: int = 1) -> list[str]:
        """One caption each: greedy, or the likeliest of `beams`."""
        return [drafts[0].text for drafts in self.drafts(given, beams)]

    @torch.inference_mode()
    def drafts(self, given: Given, beams: int) -> list[list[Draft]]:
        """So many captions each, the likeliest first; batched, with a key-value cache."""
        prefix = self.read(given)
        written: Any = self.model.generate(  # type: ignore[misc]  # its stubs know no module as self
            inputs_embeds=prefix,
            attention_mask=prefix.new_ones(prefix.shape[:2], dtype=torch.long),
            max_new_tokens=self.config.max_tokens,
            num_beams=beams,
            num_return_sequences=beams,
            do_sample=False,
            output_scores=beams > 1,
            return_dict_in_generate=True,
        )
        texts = [self.spell(row) for row in written.sequences.cpu()]
        likely = written.sequences_scores.tolist() if beams > 1 else [0.0] * len(texts)  # one has nothing beside it
        found = [Draft(text, mean) for text, mean in zip(texts, likely, strict=True)]
        return [found[i : i + beams] for i in range(0, len(found), beams)]

    def spelled(self, texts: Sequence[str]) -> list[list[int]]:
        """Each text as places in `kept`, END last: without the pieces that are not kept, and cut to `max_tokens`."""
        place = {int(piece): i for i, piece in enumerate(self.kept)}
        rows = words_of(texts, self.config.source)
        return [[*[place[p] for p in row if p in place][: self.config.max_tokens - 1], END] for row in rows]

    def spell(self, words: Tensor) -> str:
        """Places in `kept` (L,) up to the first END -> one sentence."""
        ids = [int(self.kept[word]) for word in words[: ends_at(words)]]
        if self.config.source == "random":
            return bytes(ids).decode(errors="replace")
        return first_sentence(str(tokenizer().decode(ids)).strip())


class YDecoder(PrefixLM[Tensor]):
    """Embeddings (B, D) -> captions."""

    def __init__(self, config: YDecoderConfig, kept: Tensor) -> None:
        super().__init__(config, kept)
        self.prefix = nn.Linear(config.dim, config.n_prefix * config.hidden)

    def read(self, given: Tensor) -> Tensor:
        prefix = self.prefix(given.to(self.prefix.weight))
        return prefix.unflatten(1, (self.config.n_prefix, self.config.hidden))


def first_sentence(text: str) -> str:
    """What was begun after it is left out: a caption has room for few words, and half a sentence says less than none.

    >>> first_sentence("A cat sleeps. It is on a"), first_sentence("A cat sleeps on a"), first_sentence("It is 3.5 m.")
    ('A cat sleeps.', 'A cat sleeps on a', 'It is 3.5 m.')
    """
    return SENTENCE_END.split(text, maxsplit=1)[0]


def ends_at(words: Tensor) -> int:
    ends = (words == END).nonzero()
    return int(ends[0]) if len(ends) else len(words)


def llama_config(config: YDecoderConfig, n_vocab: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=n_vocab,
        hidden_size=config.hidden,
        intermediate_size=config.intermediate,
        num_hidden_layers=len(config.layers),
        num_attention_heads=config.n_heads,
        num_key_value_heads=config.n_kv_heads,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        max_position_embeddings=config.n_prefix + config.max_tokens + 1,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=END,
    )


def random_decoder(dim: int) -> YDecoder:
    """The same random weights at every call, with bytes for words: for tests of everything around it."""
    config = YDecoderConfig(
        source="random",
        reads="random",
        dim=dim,
        layers=(0, 1),
        hidden=64,
        intermediate=128,
        n_heads=4,
        n_kv_heads=2,
        rope_theta=10_000.0,
        n_prefix=2,
        max_tokens=12,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return YDecoder(config, torch.arange(256)).eval().requires_grad_(False)


@torch.no_grad()
def start_from_package(decoder: PrefixLM[Any]) -> None:
    """The chosen layers and the last norm of the source, and its word embeddings."""
    start_layers(decoder.model.model, decoder.config.layers)
    set_words(decoder)


@torch.no_grad()
def set_words(decoder: PrefixLM[Any]) -> None:
    """The frozen word embeddings, from the package: they are not stored."""
    if decoder.config.source != "random":
        decoder.model.model.embed_tokens.weight.copy_(token_rows(decoder.kept.tolist()))


def words_of(texts: Sequence[str], source: str = "smollm2") -> list[list[int]]:
    """Each text as the source's token ids; bytes, where it is random."""
    if source == "random":
        return [list(text.encode()) for text in texts]
    return list(tokenizer()(list(texts), add_special_tokens=False)["input_ids"])


def save(decoder: YDecoder, folder: Path) -> None:
    words = {name for name in decoder.state_dict() if name.endswith(("embed_tokens.weight", "lm_head.weight"))}
    stored = as_stored({name: t for name, t in decoder.state_dict().items() if name not in words or is_random(decoder)})
    save_file(stored, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)
    (folder / CONFIG).write_text(json.dumps(asdict(decoder.config), indent=2) + "\n")


def load(folder: Path, version: str) -> YDecoder | None:
    """The y-decoder beside the weights of `version`; None where there is none, or it reads another version's space."""
    if not (folder / CONFIG).exists():
        return None
    try:
        facts = json.loads((folder / CONFIG).read_text())
        config = YDecoderConfig(**facts | {"layers": tuple(facts["layers"])})
        if config.reads != version:
            return None
        state = as_floats(load_file(folder / WEIGHTS))
        decoder = YDecoder(config, state["kept"])
        missing = set(decoder.load_state_dict(state, strict=False).missing_keys)
    except Exception as problem:  # safetensors raises its own bare Exception subclass
        raise WeightsProblem(f"The y-decoder in {folder} cannot be read ({problem}): restore the folder.") from problem
    if any("embed_tokens" not in name and "lm_head" not in name for name in missing):
        raise WeightsProblem(f"The y-decoder in {folder} does not fit its config: {sorted(missing)[:3]}.")
    set_words(decoder)
    return decoder.eval().requires_grad_(False)


def is_random(decoder: YDecoder) -> bool:
    return decoder.config.source == "random"
