"""The state of a training run in one file, so that it goes on after an interruption as if there had been none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from data.atomic import replacing
from graph.tensors import BipartiteGraph
from graphsage.config import GraphSageConfig
from graphsage.errors import CheckpointError
from graphsage.features import NodeFeatures
from graphsage.model import GraphSage

CHECKPOINT_VERSION = 1


@dataclass
class TrainingState:
    """Where a run stands between two epochs: what was measured so far and the best weights met."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = float("-inf")
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def run_fingerprint(config: GraphSageConfig, graph: BipartiteGraph, features: NodeFeatures) -> str:
    """A digest of settings, edges, ids and features: equal only for runs that would train the same model.

    ``epochs`` and ``threads`` are left out: a run may be continued for longer, on another machine.
    """
    settings = {key: value for key, value in config.to_dict().items() if key not in ("epochs", "threads")}
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=16)
    for node_id in (*graph.image_ids, *graph.item_ids):
        digest.update(node_id.encode() + b"\0")
    tags = (*features.image_tags[:2], *features.item_tags[:2])
    dense = (features.image, features.image_known, features.item, features.item_known, features.item_group)
    for array in (graph.image_indptr, graph.image_items, *tags, *dense):
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def save_checkpoint(
    path: Path, model: GraphSage, optimizer: torch.optim.Optimizer, state: TrainingState, fingerprint: str
) -> None:
    """Write everything to ``path`` (safetensors, the small values in its header), whole or not at all."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best_weights.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    header = {
        "version": CHECKPOINT_VERSION,
        "fingerprint": fingerprint,
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_score": state.best_score,
        "history": state.history,
    }
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(whole, temporary, {"training": json.dumps(header)})


def load_checkpoint(path: Path, model: GraphSage, optimizer: torch.optim.Optimizer, fingerprint: str) -> TrainingState:
    """Set ``model`` and ``optimizer`` to where the run at ``path`` stood.

    Raises
    ------
    CheckpointError
        The file is broken, of another version, or of a run with other settings, graph or features.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header: dict[str, Any] = json.loads((file.metadata() or {}).get("training", "{}"))
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path}: checkpoint cannot be read: {error}; remove it to start anew") from error
    if header.get("version") != CHECKPOINT_VERSION:
        raise CheckpointError(f"{path}: version: {header.get('version')!r}; this program reads {CHECKPOINT_VERSION}")
    if header["fingerprint"] != fingerprint:
        raise CheckpointError(f"{path}: belongs to a run with other settings or data; remove it to start anew")
    model.load_state_dict(_part(tensors, "model."))
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        index, value = name.split(".", 1)
        moments.setdefault(int(index), {})[value] = tensor
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    best = _part(tensors, "best.")
    return TrainingState(header["epoch"], header["best_epoch"], header["best_score"], best, header["history"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
