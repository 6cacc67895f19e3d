"""Trains a small transformer on several nodes and says whether that worked: `torchrun torch_train.py --help`.

It learns to continue sequences of tokens, which it makes itself, so it needs no data. It runs wherever torchrun does:
with NCCL on NVIDIA GPUs, with torch_xla on NeuronCores (Trainium), else with Gloo on the CPU.

With CHECKPOINT_DIR set it resumes from the newest checkpoint there. That has to be one folder for all nodes, of a file
system that renames files: FSx for Lustre, not Mountpoint for S3.

Exit status 0: it trained, the loss fell, and all ranks hold the same weights. NCCL_DEBUG=INFO makes NCCL say which
network it uses.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import os
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.elastic.multiprocessing.errors import record
from torch.nn.parallel import DistributedDataParallel

VOCABULARY = 64
BACKENDS = {"cuda": "nccl", "xla": "xla", "cpu": "gloo"}
# A rank that cannot reach the others gives up after this, so that the job is restarted and not paid for in silence.
TIMEOUT = timedelta(minutes=10)


class Model(nn.Module):
    """A decoder that predicts each next token."""

    def __init__(self, width: int, layers: int, length: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Parameter(torch.zeros(length, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, VOCABULARY)
        # What is still to come: -inf keeps attention from it.
        future = torch.full((length, length), -math.inf).triu(diagonal=1)
        self.register_buffer("future", future, persistent=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of the token after each of `tokens`."""
        hidden: Tensor = self.layers(self.tokens(tokens) + self.positions, mask=self.future, is_causal=True)
        logits: Tensor = self.head(hidden)
        return logits


class Ranks:
    """This process among the others: its rank, its device, and what differs between kinds of device."""

    def __init__(self) -> None:
        if torch.cuda.is_available():
            self.kind = "cuda"
        else:
            self.kind = "xla" if importlib.util.find_spec("torch_xla") else "cpu"
        self.local = int(os.environ.get("LOCAL_RANK", "0"))
        self.xla: Any = None
        self.device = torch.device(f"cuda:{self.local}" if self.kind == "cuda" else self.kind)
        if self.kind == "cuda":
            torch.cuda.set_device(self.device)
        elif self.kind == "xla":
            importlib.import_module("torch_xla.distributed.xla_backend")  # makes the backend known
        dist.init_process_group(
            BACKENDS[self.kind], timeout=TIMEOUT, device_id=self.device if self.kind == "cuda" else None
        )
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        if self.kind == "xla":
            # Only now: the process group tells the Neuron runtime which core is this process's.
            self.xla = importlib.import_module("torch_xla.core.xla_model")
            self.device = self.xla.xla_device()

    def say(self, text: str) -> None:
        """Prints a line, from rank 0 only."""
        if self.rank == 0:
            print(text, flush=True)

    def reduced(self, value: float, operation: dist.ReduceOp.RedOpType) -> float:
        """One number of all ranks'."""
        tensor = torch.tensor([value], dtype=torch.float32, device=self.device)
        dist.all_reduce(tensor, operation)
        return float(tensor.item())

    def mean(self, value: float) -> float:
        """The mean of all ranks' values."""
        return self.reduced(value, dist.ReduceOp.SUM) / self.size

    def agree(self, value: float) -> bool:
        """Whether all ranks have the same value."""
        return self.reduced(value, dist.ReduceOp.MAX) == self.reduced(value, dist.ReduceOp.MIN)

    def parallel(self, model: nn.Module) -> nn.Module:
        """The model, with gradients that are the mean of all ranks'; on XLA `step` sees to that."""
        if self.kind == "xla":
            return model
        return DistributedDataParallel(model, device_ids=[self.local] if self.kind == "cuda" else None)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Changes the weights."""
        if self.kind == "xla":
            self.xla.optimizer_step(optimizer)
            self.xla.mark_step()
        else:
            optimizer.step()


def batch(options: argparse.Namespace, step: int, ranks: Ranks) -> tuple[Tensor, Tensor]:
    """Tokens and those that follow them: other ones for each rank and step, the same ones after a restart."""
    generator = torch.Generator().manual_seed(step * ranks.size + ranks.rank)
    token = torch.randint(VOCABULARY, (options.batch_size,), generator=generator)
    rows = [token]
    for _ in range(options.length):
        token = (5 * token + 3) % VOCABULARY
        rows.append(token)
    sequence = torch.stack(rows, dim=1).to(ranks.device)
    return sequence[:, :-1], sequence[:, 1:]


def save(file: Path, state: dict[str, Any]) -> None:
    """Writes a checkpoint: the file is always a whole one, whenever the node goes away."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)


def on_cpu(value: Any) -> Any:
    """The same state with its tensors in host memory, so that any device can load it."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, dict):
        return {key: on_cpu(one) for key, one in value.items()}
    return [on_cpu(one) for one in value] if isinstance(value, list) else value


def train(options: argparse.Namespace, ranks: Ranks) -> str | None:
    """Trains; returns what went wrong, if anything did."""
    torch.manual_seed(0)  # the same first weights on every rank
    model = Model(options.width, options.layers, options.length).to(ranks.device)
    parallel = ranks.parallel(model)
    # XLA would compile every step anew with a count of steps that is no tensor.
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, capturable=ranks.kind == "xla"
    )
    folder = os.environ.get("CHECKPOINT_DIR")
    file = Path(folder) / "checkpoint.pt" if folder else None
    done, first_loss = 0, math.nan
    if file and file.exists():
        state = torch.load(file, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        done, first_loss = state["step"], state["first_loss"]
    if not ranks.agree(done):
        return f"rank {ranks.rank} resumes after step {done}, another one elsewhere: CHECKPOINT_DIR is not one folder"
    if done:
        ranks.say(f"resumed from {file} after step {done}")
    if done >= options.steps:
        ranks.say(f"all {options.steps} steps are done already")
        return None

    loss_now = first_loss
    tokens, since = 0, time.monotonic()
    for step in range(done + 1, options.steps + 1):
        given, following = batch(options, step, ranks)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(parallel(given).flatten(0, 1), following.flatten())
        loss.backward()
        ranks.step(optimizer)
        tokens += given.numel() * ranks.size
        last = step == options.steps
        if step == 1 or last or step % options.log_every == 0:
            loss_now = ranks.mean(loss.item())
            if not math.isfinite(loss_now):
                return f"step {step}: the loss is {loss_now}"
            first_loss = loss_now if math.isnan(first_loss) else first_loss
            now = time.monotonic()
            ranks.say(f"step {step} loss {loss_now:.4f} {tokens / (now - since):.0f} tokens/s")
            tokens, since = 0, now
        if file and (last or step % options.checkpoint_every == 0):
            if ranks.rank == 0:
                state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
                save(file, {**on_cpu(state), "step": step, "first_loss": first_loss})
            ranks.agree(step)  # waits for rank 0: nobody may be ahead of what a restart would find
            ranks.say(f"step {step} saved to {file}")

    if not loss_now < 0.9 * first_loss:
        return f"the loss went from {first_loss:.4f} to {loss_now:.4f}: it did not train"
    weights = torch.stack([one.detach().abs().sum() for one in model.parameters()]).sum()
    if not ranks.agree(float(weights)):
        return "the ranks hold different weights: their gradients were not exchanged"
    ranks.say(f"trained on {ranks.size} ranks: loss {first_loss:.4f} to {loss_now:.4f}")
    return None


@record  # the error of the rank that failed first is the one that torchrun shows
def main() -> None:
    """Joins the other ranks, trains, and leaves with the status that the job should have."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=32, help="sequences of each rank in a step")
    parser.add_argument("--length", type=int, default=64, help="tokens in a sequence")
    parser.add_argument("--width", type=int, default=128, help="a multiple of 4")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--log-every", type=int, default=10, help="steps")
    parser.add_argument("--checkpoint-every", type=int, default=50, help="steps")
    options = parser.parse_args()

    ranks = Ranks()
    where = f"{socket.gethostname()} ({ranks.device}, {BACKENDS[ranks.kind]})"
    print(f"rank {ranks.rank} of {ranks.size} on {where}", flush=True)
    problem = train(options, ranks)
    dist.destroy_process_group()
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
