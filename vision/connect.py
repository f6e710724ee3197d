"""From an encoder's name in the settings to the encoder."""

from __future__ import annotations

from vision.encoder import Encoder
from vision.errors import EncoderError

HUB_PREFIX = "hub:"
KNOWN_ENCODERS = (
    "garment",
    "backdrop",
    "efficientnet-lite0",
    "efficientnet-lite0-bfloat16",
    f"{HUB_PREFIX}<name or folder>",
)


def open_encoder(spec: str) -> Encoder:
    """Open an encoder by name.

    Parameters
    ----------
    spec
        ``garment``, ``backdrop``, ``efficientnet-lite0`` (or ``efficientnet-lite0-bfloat16``), or ``hub:`` and the name
        or folder of a Hugging Face vision model.

    Raises
    ------
    EncoderError
        The name is not known, or the encoder's weights cannot be had.
    """
    if spec.startswith(HUB_PREFIX):
        from vision.hub import HubEncoder

        return HubEncoder(spec.removeprefix(HUB_PREFIX))
    if spec in ("efficientnet-lite0", "efficientnet-lite0-bfloat16"):
        from vision.efficientnet import EfficientNetLite0

        return EfficientNetLite0(precision="bfloat16" if spec.endswith("bfloat16") else "float32")
    if spec in ("garment", "backdrop"):
        from vision.garment import BackdropEncoder, GarmentEncoder

        return GarmentEncoder() if spec == "garment" else BackdropEncoder()
    raise EncoderError(f"encoder {spec!r} is not known; known are {', '.join(KNOWN_ENCODERS)}")
