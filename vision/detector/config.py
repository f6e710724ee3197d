"""Settings of the detector and its training, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from data.checked_settings import Check, CheckedSettings, number, one_of, whole
from vision.detector.classes import CLASSES
from vision.efficientnet import Precision
from vision.errors import ConfigError

Backbone = Literal["efficientnet-lite0", "resnet50"]


def _is_zoom(value: Any) -> bool:
    right = isinstance(value, tuple) and len(value) == 2 and all(isinstance(factor, int | float) for factor in value)
    return right and 0 < value[0] <= value[1]


def _are_classes(value: Any) -> bool:
    words = isinstance(value, tuple) and all(isinstance(name, str) for name in value)
    return words and 0 < len(value) == len(set(value))


_SHARE = number(0.0, 1.0, open_high=True)
_CHECKS: dict[str, Check] = {
    "backbone": one_of(*get_args(Backbone)),
    "classes": (_are_classes, "a list of one class or more, each once"),
    "zoom": (_is_zoom, "two factors above 0, the smaller first"),
    "frozen": whole(0, 4),
    "warmup": whole(0),
    "seed": whole(0),
    "weight_decay": number(0.0, 10.0),
    "precision": one_of(*get_args(Precision)),
    **dict.fromkeys(("channels", "box_hidden", "mask_layers", "side", "steps", "batch_size"), whole(1)),
    **dict.fromkeys(("measure_every", "save_every"), whole(1)),
    **dict.fromkeys(("crop_share", "decay", "valid_share"), _SHARE),
    **dict.fromkeys(("lr", "backbone_lr"), number(0.0, 1.0, open_low=True)),
}


@dataclass(frozen=True)
class DetectorConfig(CheckedSettings):
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
    backbone stays in float32, whose depthwise convolutions are faster backwards.
    """

    section: ClassVar[str] = "detector"
    error: ClassVar[type[Exception]] = ConfigError
    checks: ClassVar[Mapping[str, Check]] = _CHECKS

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
