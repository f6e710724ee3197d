"""Settings of the detector and its training, checked when they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from vision.detector.classes import CLASSES
from vision.errors import ConfigError

Backbone = Literal["efficientnet-lite0", "resnet50"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class DetectorConfig:
    """Everything that decides how a detector is built and trained.

    Model: ``backbone`` whose stages feed a feature pyramid of ``channels`` channels; ``classes`` that it tells apart;
    ``box_hidden`` units of the box head, ``mask_layers`` convolutions of the mask head; ``side``: the longer side, in
    pixels, to which a photo is brought.

    Training: ``steps`` of ``batch_size`` photos, half of them mirrored, their side drawn from ``side`` times ``zoom``,
    of a share ``crop_share`` only a part. ``frozen`` stages of the backbone (of four) stay as they were pretrained.
    ``lr`` and ``backbone_lr`` rise over ``warmup`` steps and fall as a cosine. ``decay``: the weights that count are
    an average over the last ``1 / (1 - decay)`` steps. Every ``measure_every`` steps mask AP50 is measured on the
    photos held out (``valid_share`` of them where the caller names none), and the best weights stay; every
    ``save_every`` steps the run is written down. ``precision`` of the pyramid and the heads while training; the
    backbone stays in float32, whose depthwise convolutions are faster backwards. ``threads`` limits torch (None: as
    it is).
    """

    backbone: Backbone = "efficientnet-lite0"
    classes: tuple[str, ...] = CLASSES
    channels: int = 96
    box_hidden: int = 512
    mask_layers: int = 3
    side: int = 600
    steps: int = 4_000
    batch_size: int = 4
    zoom: tuple[float, float] = (0.55, 1.0)
    crop_share: float = 0.3
    frozen: int = 2
    lr: float = 6e-4
    backbone_lr: float = 1e-4
    weight_decay: float = 0.02
    warmup: int = 200
    decay: float = 0.998
    valid_share: float = 0.06
    measure_every: int = 400
    save_every: int = 100
    precision: Precision = "bfloat16"
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        for key, (check, right) in _RANGES.items():
            value = getattr(self, key)
            if not check(value):
                raise ConfigError(f"detector setting {key} = {value!r}: must be {right}")

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
                raise ConfigError(f"unknown detector setting {key!r}; known settings: {', '.join(known)}")
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` reads them back."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


_Check = tuple[Callable[[Any], bool], str]
_COUNT: _Check = (lambda value: value >= 1, "1 or more")
_SHARE: _Check = (lambda value: 0 <= value < 1, "from 0 to below 1")
_RATE: _Check = (lambda value: value > 0, "above 0")
_RANGES: dict[str, _Check] = {
    "backbone": (lambda value: value in get_args(Backbone), f"one of {', '.join(get_args(Backbone))}"),
    "precision": (lambda value: value in get_args(Precision), f"one of {', '.join(get_args(Precision))}"),
    "classes": (lambda value: 0 < len(value) == len(set(value)), "one class or more, each once"),
    "zoom": (lambda value: len(value) == 2 and 0 < value[0] <= value[1], "two factors above 0, the smaller first"),
    "frozen": (lambda value: 0 <= value <= 4, "0 to 4 stages"),
    "warmup": (lambda value: value >= 0, "0 or more"),
    "weight_decay": (lambda value: value >= 0, "0 or more"),
    "threads": (lambda value: value is None or value >= 1, "1 or more, or none"),
    **dict.fromkeys(("channels", "box_hidden", "mask_layers", "side", "steps", "batch_size"), _COUNT),
    **dict.fromkeys(("measure_every", "save_every"), _COUNT),
    **dict.fromkeys(("crop_share", "decay", "valid_share"), _SHARE),
    **dict.fromkeys(("lr", "backbone_lr"), _RATE),
}
