"""Settings of the graph model and its training, checked when they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from graphsage.errors import ConfigError


@dataclass(frozen=True)
class GraphSageConfig:
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

    def __post_init__(self) -> None:
        for key, (check, right) in _RANGES.items():
            value = getattr(self, key)
            if not check(value):
                raise ConfigError(f"graphsage setting {key} = {value!r}: must be {right}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from a table such as a parsed TOML or JSON file; lists become tuples.

        Raises
        ------
        ConfigError
            A key that is not a setting, or a value out of range.
        """
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                raise ConfigError(f"unknown graphsage setting {key!r}; known settings: {', '.join(known)}")
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` reads them back."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


_Check = tuple[Callable[[Any], bool], str]


def _whole(low: int) -> _Check:
    return lambda value: type(value) is int and value >= low, f"a whole number of at least {low}"


def _number(low: float, high: float, *, open_low: bool = False) -> _Check:
    def check(value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (low < value if open_low else low <= value) and value <= high

    return check, f"a number {'above' if open_low else 'from'} {low} to {high}"


def _is_fanouts(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > 0 and all(type(fanout) is int and fanout > 0 for fanout in value)


_RANGES: dict[str, _Check] = {
    "hidden": _whole(1),
    "dim": _whole(2),
    "fanouts": (_is_fanouts, "a non-empty list of positive whole numbers, one a layer"),
    "signature_bits": (
        lambda value: type(value) is int and value % 8 == 0 and 0 <= value <= 512,
        "a multiple of 8 from 0 to 512",
    ),
    "epochs": _whole(1),
    "batch_size": _whole(2),
    "lr": _number(0.0, 1.0, open_low=True),
    "weight_decay": _number(0.0, 10.0),
    "negatives": _whole(1),
    "temperature": _number(0.0, 10.0, open_low=True),
    "uniformity": _number(0.0, 100.0),
    "dropout": _number(0.0, 0.95),
    "feature_dropout": _number(0.0, 0.95),
    "image_dropout": _number(0.0, 0.95),
    "isolation": _number(0.0, 0.95),
    "patience": _whole(1),
    "valid_share": _number(0.0, 0.5),
    "min_effective_rank": _number(1.0, 1e6),
    "seed": _whole(0),
    "threads": (
        lambda value: value is None or (type(value) is int and value > 0),
        "a positive whole number, or absent for torch's own choice",
    ),
}
