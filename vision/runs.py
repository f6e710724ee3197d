"""What the training runs of all vision models share: their state on disk, averaged weights, the seeds of a step."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from data.atomic import replacing
from vision.errors import CheckpointError

FORMAT = "1"


def fingerprint(*parts: Any) -> str:
    """A short name of what a run is made of, from plain values."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def learning_rate(step: int, steps: int, warmup: int) -> float:
    """The share of its full rate with which a step of ``steps`` learns: rising in a line, then falling as a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))


@contextmanager
def seeded(*seed: int) -> Iterator[None]:
    """Torch's own generator, which libraries draw from, set for a block and then put back."""
    mixed = int.from_bytes(hashlib.blake2b(repr(seed).encode(), digest_size=7).digest())
    with torch.random.fork_rng():
        torch.manual_seed(mixed)
        yield


class Averaged:
    """Weights averaged over the last steps (Polyak), which waver less than those of any one."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def follow(self, model: nn.Module, step: int) -> None:
        """Move towards the model's weights after its ``step``-th step, from 0: at first faster."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value.detach(), share)
            else:
                self.weights[name].copy_(value)

    @contextmanager
    def in_place(self, model: nn.Module) -> Iterator[None]:
        """The model in evaluation with the averaged weights, for a block."""
        own = {name: value.detach().clone() for name, value in model.state_dict().items()}
        trained = model.training
        model.load_state_dict(self.weights)
        model.eval()
        try:
            yield
        finally:
            model.load_state_dict(own)
            model.train(trained)


@dataclass
class RunState:
    """Where a run stands between two steps: those done, the best weights measured, and the course so far."""

    step: int = 0
    best_step: int = 0
    best_score: float = -math.inf
    best: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    def measured(self, score: float, weights: Mapping[str, Tensor], told: Mapping[str, float]) -> bool:
        """Note a measurement; True where it is the best so far, whose weights are kept."""
        self.history.append({"step": self.step, **told})
        if not math.isnan(score) and score <= self.best_score:
            return False
        self.best_step, self.best_score = self.step, score if not math.isnan(score) else self.best_score
        self.best = {name: value.detach().clone() for name, value in weights.items()}
        return True


def save_run(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, averaged: Averaged, state: RunState, run: str
) -> None:
    """Write the state of the run of that fingerprint, whole or not at all."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"averaged.{k}": v for k, v in averaged.weights.items()}
    tensors |= {f"best.{k}": v for k, v in state.best.items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in moments.items()}
    told = {"step": state.step, "best_step": state.best_step, "history": state.history}
    score = state.best_score if math.isfinite(state.best_score) else None
    meta = {"format": FORMAT, "run": run, "state": json.dumps({**told, "best_score": score})}
    with replacing(path) as temporary:
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, temporary, metadata=meta)


def load_run(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, averaged: Averaged, run: str
) -> RunState | None:
    """Put a saved state back; None where there is none.

    Raises
    ------
    CheckpointError
        It cannot be read, or is of a run with other settings or photos.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            meta = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
        told = json.loads(meta.get("state", "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}; train without --resume") from error
    if meta.get("run") != run or meta.get("format") != FORMAT:
        raise CheckpointError(f"{path}: is of a run with other settings or photos; train without --resume")

    def part(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    model.load_state_dict(part("model."))
    averaged.weights = {k: v.to(averaged.weights[k].device) for k, v in part("averaged.").items()}
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in part("optimizer.").items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    score = -math.inf if told["best_score"] is None else told["best_score"]
    return RunState(told["step"], told["best_step"], score, part("best."), told["history"])
