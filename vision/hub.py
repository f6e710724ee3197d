"""A Hugging Face vision model as an encoder: SigLIP and CLIP kinds by their image features, plain ones pooled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vision.crops import Crop
from vision.errors import EncoderError
from vision.tensors import Channels, InputFormat, crops_to_tensor


class HubEncoder:
    """Image features of a pretrained model, named by the hub's name or by a folder that holds it.

    Crops go in whole and in their own ratio, backdrop painted over with the mean colour the model was trained on.
    Only safetensors weights are read, and no code of the model's own is run.

    Parameters
    ----------
    name_or_path
        ``owner/model`` on the hub, or a folder with ``config.json``, ``model.safetensors`` and, where the model does
        not take ImageNet's usual mean and deviation of one half, ``preprocessor_config.json``.
    batch
        Crops that go through the network at once.

    Raises
    ------
    EncoderError
        The model is neither in the folder nor reachable on the hub, has no safetensors weights, or sees no images.
    """

    def __init__(self, name_or_path: str, *, batch: int = 16) -> None:
        if batch < 1:
            raise EncoderError(f"batch of {batch}: at least 1 crop has to go through the network at once")
        self.name = f"hub:{name_or_path}"
        self._batch = batch
        self._model = _load_model(name_or_path)
        self._input = _input_format(name_or_path, self._model.config)
        self.version = _version(name_or_path, self._model.config)
        blank = torch.zeros(1, 3, self._input.side, self._input.side)
        self.dim = int(self._features(blank).shape[1])

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Vectors ``[N, dim]`` of ``N`` crops."""
        vectors = np.empty((len(crops), self.dim), dtype=np.float32)
        for start in range(0, len(crops), self._batch):
            pixels = crops_to_tensor(crops[start : start + self._batch], self._input)
            vectors[start : start + self._batch] = self._features(pixels).numpy()
        return vectors

    @torch.inference_mode()
    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        """``[N, 3, side, side]`` to ``[N, dim]``: joint image-text features where there are, else the pooled output."""
        if hasattr(self._model, "get_image_features"):
            output = self._model.get_image_features(pixel_values=pixels)
        else:
            output = self._model(pixel_values=pixels)
        if isinstance(output, torch.Tensor):
            return output.float()
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            pooled = output.last_hidden_state[:, 0]  # [N, tokens, dim] -> [N, dim], the class token
        features: torch.Tensor = pooled.flatten(1).float()  # [N, dim, 1, 1] of convolutional models -> [N, dim]
        return features


def _load_model(name_or_path: str) -> Any:
    from transformers import AutoModel

    try:
        model = AutoModel.from_pretrained(name_or_path, use_safetensors=True, trust_remote_code=False)
    except Exception as error:  # hub client, configuration and weight readers each raise their own kinds
        raise EncoderError(
            f"hub encoder {name_or_path!r}: cannot be loaded from a folder or from the hub. Offline, give a folder "
            f"with config.json and model.safetensors. {type(error).__name__}: {error}"
        ) from error
    if getattr(model, "main_input_name", "") != "pixel_values" and not hasattr(model, "get_image_features"):
        raise EncoderError(f"hub encoder {name_or_path!r}: {type(model).__name__} does not take images")
    return model.eval()


def _input_format(name_or_path: str, config: Any) -> InputFormat:
    """Side from the model's configuration, mean and deviation from its preprocessor's, one half where it has none."""
    vision = getattr(config, "vision_config", config)
    side = getattr(vision, "image_size", 224)
    settings = _preprocessor_settings(name_or_path)
    half = (0.5, 0.5, 0.5)
    return InputFormat(
        side=int(side if isinstance(side, int) else side[0]),
        mean=_channels(settings.get("image_mean", half)),
        deviation=_channels(settings.get("image_std", half)),
    )


def _preprocessor_settings(name_or_path: str) -> dict[str, Any]:
    from transformers.image_processing_utils import BaseImageProcessor

    try:
        settings, _ = BaseImageProcessor.get_image_processor_dict(name_or_path)
    except OSError:  # the model came without one
        return {}
    return dict(settings)


def _channels(values: Sequence[float]) -> Channels:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _version(name_or_path: str, config: Any) -> str:
    """The hub's commit, or, for a folder, a digest of its weights."""
    folder = Path(name_or_path)
    if not folder.is_dir():
        return str(getattr(config, "_commit_hash", None) or "unversioned")
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]
