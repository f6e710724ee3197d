"""Settings of the graph model and its training, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from data.checked_settings import THREADS, Check, CheckedSettings, number, whole
from graphsage.errors import ConfigError


def _is_fanouts(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > 0 and all(type(fanout) is int and fanout > 0 for fanout in value)


_CHECKS: dict[str, Check] = {
    "hidden": whole(1),
    "dim": whole(2),
    "fanouts": (_is_fanouts, "a non-empty list of positive whole numbers, one a layer"),
    "signature_bits": (
        lambda value: type(value) is int and value % 8 == 0 and 0 <= value <= 512,
        "a multiple of 8 from 0 to 512",
    ),
    "epochs": whole(1),
    "batch_size": whole(2),
    "lr": number(0.0, 1.0, open_low=True),
    "weight_decay": number(0.0, 10.0),
    "negatives": whole(1),
    "temperature": number(0.0, 10.0, open_low=True),
    "uniformity": number(0.0, 100.0),
    "dropout": number(0.0, 0.95),
    "feature_dropout": number(0.0, 0.95),
    "image_dropout": number(0.0, 0.95),
    "isolation": number(0.0, 0.95),
    "patience": whole(1),
    "valid_share": number(0.0, 0.5),
    "min_effective_rank": number(1.0, 1e6),
    "seed": whole(0),
    "threads": THREADS,
}


@dataclass(frozen=True)
class GraphSageConfig(CheckedSettings):
    """Everything that decides how a model is built and trained.

    Model: ``hidden`` and ``dim`` are the widths of the inner layers and of the embedding; ``fanouts`` the neighbours
    drawn at each hop, one entry a layer; ``signature_bits`` the width of an item's identity sketch (0: none, else a
    multiple of 8 up to 512; see ``graphsage.features.signatures``).

    Training: ``batch_size`` edges a step, ``negatives`` items drawn beside those of the batch, ``temperature`` of the
    softmax, ``uniformity`` weight of the term that spreads embeddings, ``dropout`` on hidden values,
    ``feature_dropout`` the share of items that lose a feature family for a step, ``image_dropout`` that of images (of
    many outfits that are asked about there is no photo), ``isolation`` the share of seeds that lose all neighbours for
    a step. Training stops after ``patience`` epochs without a better mean reciprocal rank of held-out edges, half of it
    with what is known of their images and half without.
    ``valid_share`` of the edges is held out where the caller names none. Item embeddings of an effective rank below
    ``min_effective_rank`` count as collapsed. ``threads`` limits torch (None: as it is).
    """

    section: ClassVar[str] = "graphsage"
    error: ClassVar[type[Exception]] = ConfigError
    checks: ClassVar[Mapping[str, Check]] = _CHECKS

    hidden: int = 128
    dim: int = 64
    fanouts: tuple[int, ...] = (10, 10)
    signature_bits: int = 256
    epochs: int = 20
    batch_size: int = 512
    lr: float = 5e-3
    weight_decay: float = 1e-4
    negatives: int = 512
    temperature: float = 0.1
    uniformity: float = 0.02
    dropout: float = 0.1
    feature_dropout: float = 0.2
    image_dropout: float = 0.5
    isolation: float = 0.2
    patience: int = 4
    valid_share: float = 0.1
    min_effective_rank: float = 2.0
    seed: int = 0
    threads: int | None = None
