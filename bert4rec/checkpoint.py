"""The state of a run on disk: safetensors for weights and optimizer moments, JSON for the rest; never pickle."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from data.atomic import replacing

FORMAT = 4


class CheckpointError(Exception):
    """A checkpoint cannot be gone on from: it is broken or of another run."""


def fingerprint(*parts: object) -> str:
    """A short name of what a run is made of: settings as plain values, arrays by their bytes."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: passes done, the best one, its weights, and the course so far."""

    epoch: int
    best_epoch: int
    best_loss: float
    best: dict[str, Tensor]
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def start(cls, model: nn.Module) -> Progress:
        return cls(0, 0, math.inf, _copy(model))

    def after(self, model: nn.Module, metrics: dict[str, float], epochs: int) -> Progress:
        """The state after one more pass. Without a validation loss the last pass counts as the best."""
        epoch = self.epoch + 1
        history = [*self.history, {"epoch": epoch, "epochs": epochs, **metrics}]
        loss = metrics["valid_loss"]
        if math.isnan(loss) or loss < self.best_loss:
            return Progress(epoch, epoch, loss if not math.isnan(loss) else self.best_loss, _copy(model), history)
        return replace(self, epoch=epoch, history=history)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def packed(model: nn.Module, optimizer: torch.optim.Optimizer, state: Progress) -> tuple[Any, dict[str, Tensor]]:
    """The whole state of a run between two passes: plain values, and tensors by name."""
    tensors = {f"model.{k}": v.contiguous() for k, v in model.state_dict().items()}
    tensors |= {f"best.{k}": v.contiguous() for k, v in state.best.items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v.contiguous() for k, v in moments.items()}
    course = {"best_epoch": state.best_epoch, "best_loss": state.best_loss, "history": state.history}
    return {"epoch": state.epoch, **course}, tensors


def unpacked(
    told: Mapping[str, Any], tensors: Mapping[str, Tensor], model: nn.Module, optimizer: torch.optim.Optimizer
) -> Progress:
    """Inverse of :func:`packed`: puts the state into model and optimizer."""

    def part(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    model.load_state_dict(part("model."))
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in part("optimizer.").items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    return Progress(told["epoch"], told["best_epoch"], told["best_loss"], part("best."), told["history"])


def save_progress(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: Progress, run: str) -> None:
    """Write the state of the run of that fingerprint; a reader finds the old one or the new one, never a mixture."""
    told, tensors = packed(model, optimizer, state)
    meta = {"format": str(FORMAT), "run": run, "progress": json.dumps(told)}
    with replacing(folder / "state.safetensors") as temporary:
        save_file(tensors, temporary, metadata=meta)


def load_progress(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, run: str) -> Progress | None:
    """Put a saved state back into model and optimizer; None where there is none.

    Raises
    ------
    CheckpointError
        It cannot be read, or is of a run with other settings or other outfits.
    """
    path = folder / "state.safetensors"
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            stored = file.metadata()
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}; train without --resume") from error
    if stored.get("run") != run or stored.get("format") != str(FORMAT):
        raise CheckpointError(f"{path}: is of a run with other settings or outfits; train without --resume")
    return unpacked(json.loads(stored["progress"]), tensors, model, optimizer)
