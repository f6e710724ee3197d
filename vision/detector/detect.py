"""A trained detector: photos in, garments out; kept in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from data.atomic import replacing, write_whole
from vision.detector.config import DetectorConfig
from vision.detector.dataset import photo_tensor
from vision.detector.garments import Garment, without_doubles
from vision.detector.model import GarmentRCNN
from vision.errors import CheckpointError, ConfigError

FORMAT = 1
SURE = 0.5
"""Score from which a garment is taken for one, and pixels for its own."""

WEIGHTS, SETTINGS = "weights.safetensors", "config.json"


def packaged_detector() -> Path:
    """Folder of the detector that comes with the product: street photos, eight classes. Its README says how it came."""
    return Path(__file__).parent / "street"


class Detector:
    """Finds garments in photos of any size; see :mod:`vision.detector.garments`."""

    def __init__(self, model: GarmentRCNN, config: DetectorConfig) -> None:
        self.model, self.config = model.eval(), config

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a detector that :meth:`save` wrote.

        Raises
        ------
        CheckpointError
            A file is missing, damaged, or of another architecture.
        """
        path = folder / WEIGHTS
        try:
            told = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            if told.get("format") != FORMAT:
                raise CheckpointError(f"{folder / SETTINGS}: format {told.get('format')!r}; {FORMAT} is read here")
            config = DetectorConfig.from_dict(told["config"])
            weights = load_file(path)
        except (OSError, SafetensorError, ValueError, KeyError, AttributeError, ConfigError) as error:
            raise CheckpointError(f"{folder}: no detector can be read from it: {error}") from error
        model = GarmentRCNN(config)
        try:
            model.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
        except RuntimeError as error:
            raise CheckpointError(f"{path}: the weights of another network: {error}") from error
        return cls(model, config)

    def save(self, folder: Path) -> None:
        """Write weights in half precision, and settings."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = {name: tensor.detach().half().contiguous() for name, tensor in self.model.state_dict().items()}
        with replacing(folder / WEIGHTS) as temporary:
            save_file(weights, temporary)
        told = {"format": FORMAT, "config": self.config.to_dict()}
        write_whole(folder / SETTINGS, json.dumps(told, indent=2, ensure_ascii=False) + "\n")

    def detect(self, photos: Sequence[Image.Image], *, sure: float = SURE) -> list[list[Garment]]:
        """Garments of each photo with a score of at least ``sure``, surest first, none of them twice."""
        return [without_doubles(found) for found in self.candidates(photos, sure=sure)]

    def candidates(self, photos: Sequence[Image.Image], *, sure: float = 0.0) -> list[list[Garment]]:
        """What could be a garment with a score of at least ``sure``, surest first, several for one place.

        All of it is what average precision is about.
        """
        tensors = [photo_tensor(photo, self.config.side) for photo in photos]
        with torch.autocast(self._place.type, torch.bfloat16, enabled=_fast_bfloat16()):
            found = self.model(tensors)
        return [
            self._garments(
                {name: of[one["scores"] >= sure] for name, of in one.items()}, photo, tuple(tensor.shape[1:])
            )
            for one, photo, tensor in zip(found, photos, tensors, strict=True)
        ]

    @property
    def _place(self) -> torch.device:
        return next(self.model.parameters()).device

    def _garments(self, found: dict[str, Tensor], photo: Image.Image, seen: tuple[int, ...]) -> list[Garment]:
        """What was found at the size [H, W] that the network saw, in pixels of the photo."""
        height, width = seen
        across, down = photo.width / width, photo.height / height
        boxes = found["boxes"].float().cpu() * torch.tensor([across, down, across, down])
        garments = []
        for box, label, score, mask in zip(
            boxes.tolist(), found["labels"].tolist(), found["scores"].tolist(), found["masks"][:, 0], strict=True
        ):
            x1, y1, x2, y2 = box
            pixels = _at_size(mask.float().cpu(), photo.size) >= SURE
            garments.append(Garment(self.config.classes[label - 1], score, (x1, y1, x2, y2), pixels))
        return garments


def _at_size(mask: Tensor, size: tuple[int, int]) -> NDArray[np.float32]:
    """Probabilities [H, W] as a picture of that width and height."""
    picture = Image.fromarray(mask.numpy(), mode="F")
    return np.asarray(picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR))


def _fast_bfloat16() -> bool:
    """Whether this machine multiplies bfloat16 itself."""
    return torch.cuda.is_available() or bool(torch.cpu._is_avx512_bf16_supported())
