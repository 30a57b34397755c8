"""Training in several processes: each sees its part of a batch, and the negatives of all, as CLIP's does.

`accelerate launch -m model_server.training.pretrain ...` starts one a GPU, on one machine or many; without it there is
one. The model is not wrapped for that: it is called in parts, so its gradients are summed here after the backward pass.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import gather, reduce
from torch import Tensor, nn

from model_server.training.batches import Batch, Seen

LOOKING = timedelta(days=2)  # the others wait while the first process looks at all pictures


def join_processes(device: str) -> PartialState:
    """This process among those that were launched, with the device that is its own. `device` is "cpu" or "cuda"."""
    return PartialState(cpu=device == "cpu", timeout=LOOKING)


def seed_step(*of: int) -> None:
    """Randomness belongs to a step, so a run may stop after any and go on with the same losses."""
    torch.manual_seed(int(np.random.SeedSequence(of).generate_state(1)[0]))


def rows_of(process: int, n_processes: int, n_rows: int) -> Tensor:
    return torch.arange(process, n_rows, n_processes)


def own_part(batch: Batch, state: PartialState) -> Batch:
    """Every n-th row of a batch. ValueError where the rows cannot be shared out evenly."""
    if state.num_processes == 1:
        return batch
    if len(batch.texts) % state.num_processes:
        raise ValueError(f"--batch {len(batch.texts)} must be a multiple of the {state.num_processes} processes.")
    mine = rows_of(state.process_index, state.num_processes, len(batch.texts))
    seen, first = [], 0
    for part in batch.seen:
        here = mine[(mine >= first) & (mine < first + len(part.frames))] - first
        first += len(part.frames)
        if len(here):
            seen.append(Seen(part.features, part.frames[here.numpy()]))
    prompts = None if batch.prompts is None else [batch.prompts[i] for i in mine]
    return replace(batch, seen=seen, texts=[batch.texts[i] for i in mine], prompts=prompts)


def of_all(own: Tensor, state: PartialState) -> Tensor:
    """(b, D) of this process -> (B, D) in the batch's order. Gradients flow into this process's rows alone."""
    if state.num_processes == 1:
        return own
    parts = list(gather(own.detach()).chunk(state.num_processes))
    parts[state.process_index] = own
    order = torch.cat([rows_of(k, state.num_processes, len(own) * state.num_processes) for k in range(len(parts))])
    return torch.cat(parts)[order.argsort().to(own.device)]


def share_gradients(model: nn.Module, loss: nn.Module, state: PartialState) -> None:
    """The gradients of the whole batch. Each process has those of its own rows, which add up; but all of the loss's own
    parameters', which are the same everywhere."""
    if state.num_processes > 1:
        reduce_all(model.parameters(), "sum")
        reduce_all(loss.parameters(), "mean")


def reduce_all(parameters: Iterable[Tensor], how: str) -> None:
    for parameter in parameters:
        if parameter.requires_grad:
            missing = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            parameter.grad = reduce(missing, how)
