"""Finding faces with the Haar cascade that OpenCV carries, and taking them out of a photo."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image, ImageFilter

from data.checks.findings import Pixels
from data.types import Box

MaskStyle = Literal["blur", "pixelate"]


class HaarFaceDetector:
    """Frontal faces by the boosted cascade of Viola and Jones (2001), as OpenCV 4 ships it.

    ``neighbours`` is how many overlapping windows must agree (more: fewer false faces, more missed ones),
    ``smallest`` the least face as a share of the photo's shorter side.
    """

    def __init__(self, *, neighbours: int = 6, smallest: float = 0.06, enlarge_to: int = 800) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        if self._cascade.empty():
            raise RuntimeError(
                f"{folder}: no frontal face cascade; opencv-python-headless 4.x carries one, 5.x does not"
            )
        self._neighbours = neighbours
        self._smallest = smallest
        self._enlarge_to = enlarge_to

    def __reduce__(self) -> tuple[Any, ...]:
        """What another process makes its own detector from: a cascade itself cannot be sent."""
        made = partial(
            HaarFaceDetector, neighbours=self._neighbours, smallest=self._smallest, enlarge_to=self._enlarge_to
        )
        return made, ()

    def __call__(self, pixels: Pixels) -> list[Box]:
        """Faces in a ``[H, W, 3]`` RGB photo, largest first; small photos are enlarged to suit the cascade."""
        scale = max(1.0, self._enlarge_to / max(pixels.shape[:2]))
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        if scale > 1.0:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        least = max(24, round(self._smallest * min(grey.shape)))
        found = self._cascade.detectMultiScale(
            grey, scaleFactor=1.1, minNeighbors=self._neighbours, minSize=(least, least)
        )
        boxes = [
            Box(x / scale, y / scale, (x + w) / scale, (y + h) / scale) for x, y, w, h in np.asarray(found).tolist()
        ]
        return sorted(boxes, key=lambda box: (-box.area, box.x1, box.y1))


def mask_faces(
    photo: Image.Image, faces: list[Box], *, style: MaskStyle = "pixelate", margin: float = 0.2
) -> Image.Image:
    """A copy of the photo whose faces, widened by ``margin`` of their size on each side, cannot be recognised."""
    masked = photo.copy()
    for face in faces:
        area = _widened(face, margin, photo.size)
        if area[0] >= area[2] or area[1] >= area[3]:
            continue
        patch = photo.crop(area)
        masked.paste(_pixelated(patch) if style == "pixelate" else _blurred(patch), area)
    return masked


def crop_below_faces(photo: Image.Image, faces: list[Box]) -> Image.Image:
    """The photo from the chin of its lowest face down; the photo itself where it shows no face.

    Raises
    ------
    ValueError
        A face reaches the lower edge, so nothing would be left.
    """
    if not faces:
        return photo.copy()
    chin = round(max(face.y2 for face in faces))
    if chin >= photo.height:
        raise ValueError(f"faces: one ends at row {chin} of {photo.height}; nothing is left below it, mask it instead")
    return photo.crop((0, max(0, chin), photo.width, photo.height))


def _widened(face: Box, margin: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    dx, dy = margin * face.width, margin * face.height
    left, top = max(0, int(face.x1 - dx)), max(0, int(face.y1 - dy))
    return left, top, min(size[0], int(np.ceil(face.x2 + dx))), min(size[1], int(np.ceil(face.y2 + dy)))


def _pixelated(patch: Image.Image) -> Image.Image:
    coarse = patch.resize((min(6, patch.width), min(6, patch.height)), Image.Resampling.BOX)
    return coarse.resize(patch.size, Image.Resampling.NEAREST)


def _blurred(patch: Image.Image) -> Image.Image:
    return patch.filter(ImageFilter.GaussianBlur(max(patch.size) / 5))
