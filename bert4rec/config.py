"""Settings of the masked-item outfit model: frozen, validated, unknown keys refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self


class ConfigError(ValueError):
    """A setting is unknown or outside its range; the message names it and what would be right."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What configs have in common: made from plain values and turned into such; errors name their ``section``."""

    section: ClassVar[str]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping; raises ConfigError naming the first unknown key and the known ones."""
        known = {f.name for f in fields(cls)}
        for key in values:
            if key not in known:
                raise ConfigError(f"{cls.section}.{key}: no such setting; known: {', '.join(sorted(known))}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a manifest or a fingerprint."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bert4RecConfig(Settings):
    """Architecture and training of :class:`bert4rec.model.Bert4Rec`.

    Architecture: ``hidden`` width, ``layers`` and ``heads`` of the transformer, ``dropout``. ``identity``, ``graph``,
    ``dense`` and ``evidence`` switch whole inputs off, ``transformer`` and ``pairs`` the network over the set and the
    one over what was counted of its pairs (ablation).

    Masking: ``mask_one`` is the share of examples with one hidden item, the rest hide a random number of them.
    ``fresh_items`` is the share of items that pass for new (no identity, no counts, no graph neighbours).
    ``cold_outfits`` is the share of examples in which every item does; it only counts where outfits are too few to
    fit a score for new items (:mod:`bert4rec.new_item_score`), so that the network has to rank them.

    Negatives: ``negatives`` candidates of the target's category, half drawn uniformly and half by popularity, corrected
    for how they were drawn. ``popularity_discount`` is the power of popularity that the score divides by (0: posterior,
    1: pointwise mutual information); None chooses it on validation outfits.

    Length: a run takes about ``steps`` updates, but at least 5 passes and at most ``epochs``; it stops when
    ``patience`` passes have brought nothing on the validation outfits (``valid_share`` of all), and keeps the best.
    Without validation outfits nothing shows the network to be better than counting, and it has no share in the score.

    Counting: ``shrink`` pseudo-pairs in attribute statistics, ``keep`` nearest items of second-order evidence;
    ``ridge`` is the penalty with which the linear reading of the evidence is fitted first (:mod:`bert4rec.counting`).
    ``folds`` is the number of cross-fitting folds: evidence about an outfit is counted on the other folds only.
    """

    section: ClassVar[str] = "bert4rec"
    hidden: int = 96
    layers: int = 2
    heads: int = 4
    dropout: float = 0.2
    identity: bool = True
    graph: bool = True
    dense: bool = True
    evidence: bool = True
    transformer: bool = True
    pairs: bool = True
    mask_one: float = 0.7
    fresh_items: float = 0.1
    cold_outfits: float = 0.25
    negatives: int = 40
    popularity_discount: float | None = None
    folds: int = 8
    shrink: float = 5.0
    ridge: float = 0.03
    keep: int = 256
    epochs: int = 60
    steps: int = 1200
    batch_size: int = 128
    lr: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.0
    patience: int = 6
    valid_share: float = 0.1
    seed: int = 0

    @property
    def positions(self) -> int:
        """An outfit has no order."""
        return 0

    @property
    def widening(self) -> int:
        """How many times as wide as ``hidden`` the inner layer of the transformer is."""
        return 4

    def __post_init__(self) -> None:
        positive = ("hidden", "layers", "heads", "negatives", "epochs", "batch_size", "lr", "patience", "steps", "keep")
        for name in positive:
            if getattr(self, name) <= 0:
                raise ConfigError(f"bert4rec.{name} = {getattr(self, name)!r}: must be above 0")
        for name in ("dropout", "mask_one", "fresh_items", "cold_outfits", "label_smoothing", "valid_share"):
            if not 0 <= getattr(self, name) < 1 and not (name == "mask_one" and self.mask_one == 1):
                raise ConfigError(f"bert4rec.{name} = {getattr(self, name)!r}: must be a share from 0 to below 1")
        if self.ridge < 0:
            raise ConfigError(f"bert4rec.ridge = {self.ridge!r}: must not be below 0")
        if self.hidden % self.heads:
            raise ConfigError(f"bert4rec.hidden = {self.hidden}: must be a multiple of heads = {self.heads}")
        if not (self.transformer or (self.evidence and self.pairs)):
            raise ConfigError("bert4rec.transformer = False: then nothing is left to train without evidence and pairs")
        if self.folds < 2:
            raise ConfigError(f"bert4rec.folds = {self.folds}: cross-fitting needs at least 2")
