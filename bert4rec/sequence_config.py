"""Settings of the sequence model: frozen, validated, unknown keys refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from bert4rec.config import ConfigError, Settings

Loss = Literal["softmax", "sampled", "gbce"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class SequenceConfig(Settings):
    """Architecture and training of :class:`bert4rec.sequence_model.SequenceModel`.

    Architecture: ``hidden`` width, ``layers`` and ``heads`` of the transformer, whose inner layer is ``widening`` times
    as wide; ``dropout``. ``positions`` is the longest sequence read, the hidden place included; 0 forgets the order.
    With ``causal`` every place predicts the next item (Kang and McAuley 2018); without it hidden items are guessed from
    both sides (Sun et al. 2019, the Cloze task).

    Masking (not ``causal``): ``mask_share`` of a sequence's items are hidden, at least one; ``mask_last`` is the share
    of examples that hide the last item alone, as a question does.

    Loss: ``softmax`` over all items, ``sampled`` softmax or ``gbce``, the latter two with ``negatives`` items drawn for
    a batch; ``popular`` is the share of them drawn by popularity, ``calibration`` gBCE's t. ``precision`` is
    that of the softmax's matrix products.

    Length: at most ``epochs``, ended when ``patience`` of them have brought no better NDCG@10 on the validation items
    of ``valid_users`` users drawn once. ``batch_size`` counts sequences of average length: a batch has as many tokens
    as these have. ``lr`` is the transformer's, ``table_lr`` the items'; both fall to a twentieth along a cosine over
    ``epochs`` where ``decay`` is on.
    """

    section: ClassVar[str] = "sequence"
    hidden: int = 64
    layers: int = 2
    heads: int = 2
    widening: int = 4
    dropout: float = 0.2
    positions: int = 50
    causal: bool = False
    mask_share: float = 0.2
    mask_last: float = 0.1
    loss: Loss = "softmax"
    negatives: int = 4096
    popular: float = 0.5
    calibration: float = 0.75
    precision: Precision = "bfloat16"
    epochs: int = 40
    patience: int = 5
    valid_users: int = 10_000
    batch_size: int = 256
    lr: float = 1e-3
    table_lr: float = 1e-3
    decay: bool = True
    weight_decay: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in (
            "hidden",
            "layers",
            "heads",
            "widening",
            "negatives",
            "epochs",
            "patience",
            "valid_users",
            "batch_size",
            "lr",
            "table_lr",
        ):
            if getattr(self, name) <= 0:
                raise ConfigError(f"sequence.{name} = {getattr(self, name)!r}: must be above 0")
        for name in ("dropout", "mask_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"sequence.{name} = {getattr(self, name)!r}: must be a share from 0 to below 1")
        for name in ("mask_last", "popular", "calibration"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"sequence.{name} = {getattr(self, name)!r}: must be from 0 to 1")
        for name, choices in (("loss", get_args(Loss)), ("precision", get_args(Precision))):
            if getattr(self, name) not in choices:
                raise ConfigError(f"sequence.{name} = {getattr(self, name)!r}: must be one of {', '.join(choices)}")
        if self.hidden % self.heads:
            raise ConfigError(f"sequence.hidden = {self.hidden}: must be a multiple of heads = {self.heads}")
