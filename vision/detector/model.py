"""Mask R-CNN (He et al., 2017) over a feature pyramid (Lin et al., 2017): torchvision's, sized for two cores.

Departures: narrower pyramid and heads, fewer proposals (a photo shows some six garments, not a hundred), and a backbone
whose batch normalisations are merged away.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from vision.backbones import STRIDES, Stages
from vision.detector.config import DetectorConfig
from vision.detector.dataset import Targets

MOST = 30
"""Garments found in a photo at most."""

LEAST_SCORE = 0.05
"""Of less sure ones nothing is said."""

_ANCHORS = (24, 48, 96, 192, 320)


class _Pyramid(nn.Module):
    """Features of one width at every stride, and half the last one's."""

    def __init__(self, config: DetectorConfig, pretrained: dict[str, Tensor] | None) -> None:
        super().__init__()

        self.body = Stages(config.backbone, pretrained)
        self.body.freeze(config.frozen)
        self.pyramid = FeaturePyramidNetwork(self.body.widths, config.channels, LastLevelMaxPool())
        self.out_channels = config.channels

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        if self.training and pixels.device.type == "cpu":  # depthwise convolutions are slow backwards in bfloat16
            with torch.autocast("cpu", enabled=False):
                stages = self.body(pixels)
        else:
            stages = self.body(pixels)
        out: dict[str, Tensor] = self.pyramid(OrderedDict((str(k), x) for k, x in enumerate(stages)))
        return out


class GarmentRCNN(nn.Module):
    """Photos to garments.

    ``losses`` in training; ``forward`` gives of each photo ``boxes`` [R, 4], ``labels`` [R] from 1, ``scores`` [R],
    highest first, and ``masks`` [R, 1, H, W] as probabilities.
    """

    def __init__(self, config: DetectorConfig, pretrained: dict[str, Tensor] | None = None) -> None:
        super().__init__()

        width, kinds = config.channels, len(config.classes) + 1
        levels = len(STRIDES) + 1
        self.network: Any = MaskRCNN(
            _Pyramid(config, pretrained),
            rpn_anchor_generator=AnchorGenerator(tuple((a,) for a in _ANCHORS), ((0.5, 1.0, 2.0),) * levels),
            rpn_pre_nms_top_n_train=600,
            rpn_post_nms_top_n_train=300,
            rpn_pre_nms_top_n_test=300,
            rpn_post_nms_top_n_test=150,
            rpn_batch_size_per_image=128,
            box_batch_size_per_image=64,
            box_detections_per_img=MOST,
            box_score_thresh=LEAST_SCORE,
            box_head=TwoMLPHead(width * 7 * 7, config.box_hidden),
            box_predictor=FastRCNNPredictor(config.box_hidden, kinds),
            mask_head=MaskRCNNHeads(width, (width,) * config.mask_layers, 1),
            mask_predictor=MaskRCNNPredictor(width, width, kinds),
        )
        self.network.transform = _AsGiven(1, 1, [0.5] * 3, [0.5] * 3)
        heads = self.network.roi_heads
        for head in (self.network.rpn.head, heads.box_predictor, heads.mask_predictor):
            head.register_forward_hook(_in_single)
        self.to(memory_format=torch.channels_last)

    def losses(self, batch: Sequence[Targets]) -> Tensor:
        """The sum of the five losses of Mask R-CNN on a batch."""
        place = next(self.parameters()).device
        targets = [
            {"boxes": t.boxes.to(place), "labels": t.labels.to(place), "masks": t.masks.to(place)} for t in batch
        ]
        losses: dict[str, Tensor] = self.network([t.photo.to(place) for t in batch], targets)
        return torch.stack(list(losses.values())).sum()

    @torch.inference_mode()
    def forward(self, photos: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        found: list[dict[str, Tensor]] = self.network([photo.to(next(self.parameters()).device) for photo in photos])
        return found

    def learned(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Parameters that training changes: the backbone's, and the others."""
        body = {id(p) for p in self.network.backbone.body.parameters()}
        free = [p for p in self.parameters() if p.requires_grad]
        return [p for p in free if id(p) in body], [p for p in free if id(p) not in body]


def _in_single(_module: nn.Module, _inputs: Any, outputs: Any) -> Any:
    """Boxes are computed in the precision of what a head says, and bfloat16 has 8 bits: no more than every fourth
    pixel beyond 512, so that the width of a narrow garment there becomes nothing, and its loss infinite."""
    if isinstance(outputs, Tensor):
        return outputs.float()
    return type(outputs)(_in_single(_module, _inputs, part) for part in outputs)


class _AsGiven(GeneralizedRCNNTransform):  # type: ignore[misc] # torchvision has no types
    """Normalises photos and pads them to one size; they come in the size that they are wanted in."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, Any]:
        return image, target
