"""Stage 2, prompt-conditioned fine-tuning (paper section 3.3): a question is the prompt, its answer the target.

python -m model_server.training.finetune --start DIR --data DIR... --out DIR [--replay 0.5]

It goes on from weights of stage 1. A batch mixes questions (`questions`: from a folder's questions.jsonl, or made of
captions) with replayed captions under the caption prompt, so that retrieval is not forgotten; the rate is a cosine.
After every epoch stand, on the items of split `val`, what retrieval is now, and of each kind of question how often the
nearest answer of its kind is the right one: under the question, and under the caption prompt, which hears no question.
Everything else is as in `pretrain`, with its options.
"""

import argparse
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from model_server.frames.errors import MediaError
from model_server.local import cache_dir, pick_device
from model_server.training import pretrain
from model_server.training.batches import Sampler, Told
from model_server.training.data import DataProblem, Item, read_folder
from model_server.training.features import Features, cached_features
from model_server.training.metrics import Metrics
from model_server.training.processes import join_processes
from model_server.training.questions import Question, questions_of
from model_server.training.run import checkpoint_gradients, start
from model_server.training.sentences import Sentences, read_once, target_embeddings
from model_server.training.validation import whole_clip
from model_server.vljepa import weights
from model_server.vljepa.model import VLJEPA, build_x_encoder, space_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import XEncoder

OPEN = 3.0  # of the gate at first: what was learnt without questions goes through nearly whole


class Mixture(Sampler):
    """Pictures with a question or, for the share `replay` and where there is none, a caption."""

    def __init__(
        self, model: VLJEPA, folders: list[Features], asked: list[list[list[Question]]], args: argparse.Namespace
    ) -> None:
        super().__init__(folders, model.config.clip_frames, args.batch, args.seed, args.clip_weight)
        self.caption_prompt = model.config.predictor.prompt
        self.asked = asked
        self.replay = args.replay

    def told(self, f: int, i: int, draw: np.random.Generator) -> Told:
        """Kinds are drawn evenly, so that those that captions rarely allow are heard too."""
        own = self.asked[f][i]
        if not own or draw.random() < self.replay:
            return super().told(f, i, draw)
        kinds = sorted({question.kind for question in own})
        kind = kinds[draw.integers(len(kinds))]
        same = [question for question in own if question.kind == kind]
        question = same[draw.integers(len(same))]
        return Told((question.answer,), question.text)


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        finetune(args)
    except (DataProblem, MediaError, WeightsProblem, ValueError) as problem:
        sys.exit(f"finetune: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = pretrain.parser("finetune", __doc__)
    parser.add_argument("--replay", type=float, default=0.5, help="share of captions in a batch")
    parser.set_defaults(epochs=3, batch=256, lr=2e-4, head_epochs=0, schedule="cosine")
    args = parser.parse_args(arguments)
    if args.start is None:
        parser.error("--start is needed: stage 2 goes on from weights of stage 1")
    if not 0 <= args.replay <= 1:
        parser.error("--replay is a share between 0 and 1")
    args.tag_gain = 1.0
    return args


def finetune(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    processes = join_processes(pick_device(args.device))
    model = hearing(args.start).to(processes.device)
    args.preset = model.config.preset
    if args.gradient_checkpointing:
        checkpoint_gradients(model)
    x_encoder = build_x_encoder(
        model.config, model.names.cpu(), str(processes.device), cache_dir(), torch.get_num_threads(), model.folder
    )
    space = space_of(model.config, "training")
    folders = [(folder, read_folder(folder)) for folder in args.data]
    with processes.main_process_first():
        known, asked = part_of(pretrain.training_part, folders, x_encoder, space, args)
        held, held_asked = part_of(pretrain.validation_part, folders, x_encoder, space, args)
        sentences = known_texts(model, [*known, *held], [*asked, *held_asked], args.cache)
    print(f"{sum(len(own) for part in asked for own in part)} questions about {sum(map(len, asked))} items", flush=True)
    sampler = Mixture(model, known, asked, args)
    run = start(args, model, known, sentences, processes)
    metrics = Metrics(args.out) if processes.is_main_process else None

    def measure(model: VLJEPA) -> dict[str, float]:
        return answers_right(model, held, held_asked, x_encoder, sentences, args.seed)

    if metrics and run.step == 0:
        print(f"before: {measure(model)}", flush=True)
    stage = pretrain.Stage("finetune", measure)
    pretrain.fit(run, metrics, sampler, x_encoder, held, args, stage)
    if metrics:
        pretrain.finish(run, metrics, known, held, x_encoder, args, stage)


def hearing(folder: Path) -> VLJEPA:
    """The stored model with a predictor that hears questions: its new gate lets through what it knew."""
    stored, _ = weights.load(folder)
    stored.forget_hubs()
    config = replace(stored.config, predictor=replace(stored.config.predictor, hears=True))
    model = VLJEPA(config, stored.folder, stored.prompt)
    missing = model.load_state_dict(stored.state_dict(), strict=False).missing_keys
    assert all(name.startswith("predictor.gate.") for name in missing), missing
    if model.predictor.gate is not None and missing:
        torch.nn.init.zeros_(model.predictor.gate.weight)
        torch.nn.init.constant_(model.predictor.gate.bias, OPEN)
    model.unfreeze()
    return model


def part_of(which, folders, x_encoder, space, args):  # type: ignore[no-untyped-def]
    """Features and questions of each folder's training or validation part; folders that have none are left out."""
    parts = [(folder, which(items)) for folder, items in folders]
    features = [cached_features(items, x_encoder, space, args.cache) for _, items in parts if items]
    asked = [questions_of(items, place_of(folder, items), args.seed) for folder, items in parts if items]
    return features, asked


def place_of(folder: Path, items: list[Item]) -> Path:
    """The folder that files are named from: of shards, the one they were unpacked to."""
    return folder if folder.is_dir() else next(p for p in items[0].path.parents if (p / "captions.jsonl").exists())


def known_texts(
    model: VLJEPA, parts: list[Features], asked: list[list[list[Question]]], cache: Path
) -> Sentences | None:
    """Captions and answers, read once where the text encoder stays frozen."""
    if not model.y_encoder.frozen:
        return None
    captions = {text for part in parts for item in part.items for text in item.captions}
    answers = {question.answer for part in asked for own in part for question in own}
    return read_once(model, sorted(captions | answers), cache, model.config.y_encoder.kind)


@torch.no_grad()
def answers_right(
    model: VLJEPA,
    held: list[Features],
    asked: list[list[list[Question]]],
    x_encoder: XEncoder,
    sentences: Sentences | None,
    seed: int,
    most: int = 300,
) -> dict[str, float]:
    """Percent of right answers by kind, among all answers of the kind; "_unheard": under the caption prompt."""
    by_kind: dict[str, list[tuple[Features, int, Question]]] = defaultdict(list)
    for part, of_items in zip(held, asked, strict=True):
        for i, own in enumerate(of_items):
            for question in own:
                by_kind[question.kind].append((part, i, question))
    model.eval()
    found = {}
    draw = np.random.default_rng(seed)
    for kind, rows in sorted(by_kind.items()):
        chosen = [rows[k] for k in sorted(draw.permutation(len(rows))[:most])]
        answers = sorted({question.answer for _, _, question in rows})
        targets = target_embeddings(model, answers, sentences)  # (A, D)
        right = torch.tensor([answers.index(question.answer) for _, _, question in chosen], device=targets.device)
        clips = [whole_clip(part, i, model, x_encoder) for part, i, _ in chosen]
        heard = torch.cat([model.predict(clip, [q.text]) for clip, (_, _, q) in zip(clips, chosen, strict=True)])
        unheard = torch.cat([model.predict(clip) for clip in clips])
        for name, predicted in ((kind, heard), (f"{kind}_unheard", unheard)):
            found[name] = round(100 * float(((predicted @ targets.T).argmax(1) == right).float().mean()), 1)
    return found


if __name__ == "__main__":
    main()
