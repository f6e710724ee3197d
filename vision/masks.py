"""Masks as text: COCO's compressed run lengths."""

from __future__ import annotations

import warnings
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from vision.errors import VisionError


class EncodedMask(TypedDict):
    """``size`` [height, width] and ``counts``: run lengths, column by column, starting with what is no garment."""

    size: list[int]
    counts: str


def encode_mask(mask: NDArray[np.bool_]) -> EncodedMask:
    """A mask [H, W] as compressed run lengths."""
    from pycocotools import mask as coco

    encoded: Any = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(n) for n in encoded["size"]], "counts": encoded["counts"].decode("ascii")}


def decode_mask(encoded: EncodedMask) -> NDArray[np.bool_]:
    """Inverse of :func:`encode_mask`, [H, W].

    Raises
    ------
    VisionError
        The run lengths do not add up to the size.
    """
    from pycocotools import mask as coco

    height, width = encoded["size"]
    counts = encoded["counts"].encode("ascii")
    if not counts or int(coco.area({"size": [height, width], "counts": counts})) > height * width:
        raise VisionError(f"mask of {height} x {width}: its run lengths say of more pixels than it has")
    with warnings.catch_warnings():  # the library gives numpy its own buffer in a way that numpy 2 finds old
        warnings.simplefilter("ignore", DeprecationWarning)
        decoded: NDArray[np.bool_] = coco.decode({"size": [height, width], "counts": counts}).astype(np.bool_)
    return decoded
