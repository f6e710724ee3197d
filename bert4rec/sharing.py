"""Training in several processes: the main one has the data and hands them out, the others learn along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from bert4rec.config import Bert4RecConfig
from bert4rec.item_codes import ItemCodes
from bert4rec.model import ItemTensors
from bert4rec.tables import Outfits, TrainingSet
from bert4rec.train import FitResult, fit
from bert4rec.workers import Workers


def lead(
    workers: Workers,
    data: TrainingSet,
    config: Bert4RecConfig,
    *,
    progress: Callable[[dict[str, float]], None] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> FitResult:
    """Train as :func:`bert4rec.train.fit` does, together with processes that :func:`assist`.

    Raises
    ------
    WorkersError
        Another process has ended before its time.
    """
    with workers.together():
        if workers.count > 1:
            told = {
                "config": config.to_dict(),
                "threads": torch.get_num_threads(),
                "codes": {"n_categories": data.codes.n_categories, "n_values": data.codes.n_values},
                "labels": None if data.labels is None else list(data.labels.shape),
            }
            workers.hand_out(told, _tensors(data))
        return fit(data, config, progress=progress, checkpoint=checkpoint, resume=resume, workers=workers)


def assist(workers: Workers) -> FitResult:
    """Wait for the main process's data and train along; needs no files and writes none.

    Raises
    ------
    WorkersError
        Another process has ended before its time.
    """
    with workers.together():
        told, tensors = workers.hand_out({}, {})
        torch.set_num_threads(told["threads"])
        return fit(_training_set(told, tensors), Bert4RecConfig.from_dict(told["config"]), workers=workers)


def _tensors(data: TrainingSet) -> dict[str, Tensor]:
    """A training set as tensors by name; sizes beside them."""
    arrays = {"category": data.codes.category, "values": data.codes.values, "fold": data.fold}
    if data.codes.field is not None:
        arrays["field"] = data.codes.field
    if data.labels is not None:
        arrays |= {f"labels.{part}": getattr(data.labels, part) for part in ("data", "indices", "indptr")}
    for name, outfits in (("train", data.train), ("valid", data.valid)):
        arrays[f"{name}.indptr"] = np.cumsum([0, *(len(o) for o in outfits)])
        arrays[f"{name}.items"] = np.concatenate([np.zeros(0, np.int64), *outfits])
    items = {f"items.{name}": getattr(data.items, name) for name in ItemTensors.__slots__}
    return items | {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def _training_set(told: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> TrainingSet:
    """Inverse of :func:`_tensors`."""
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}

    def outfits(name: str) -> Outfits:
        items = arrays[f"{name}.items"]
        return [items[start:end] for start, end in pairwise(arrays[f"{name}.indptr"].tolist())]

    labels = None
    if told["labels"] is not None:
        parts = tuple(arrays[f"labels.{part}"] for part in ("data", "indices", "indptr"))
        labels = sp.csr_matrix(parts, shape=told["labels"])
    return TrainingSet(
        train=outfits("train"),
        fold=arrays["fold"],
        valid=outfits("valid"),
        codes=ItemCodes(arrays["category"], arrays["values"], **told["codes"], field=arrays.get("field")),
        items=ItemTensors(**{name: tensors[f"items.{name}"] for name in ItemTensors.__slots__}),
        labels=labels,
    )
