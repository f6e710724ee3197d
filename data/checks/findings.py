"""What an acquisition check says of a photo, and the thresholds it goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from data.types import Box

Verdict = Literal["pass", "fail", "not_judged"]

Pixels = NDArray[np.uint8]
"""``[height, width, 3]`` RGB."""

FaceDetector = Callable[[Pixels], list[Box]]
"""Finds faces; `data.checks.faces.HaarFaceDetector` is one."""

FashionJudge = Callable[[Pixels], float]
"""Probability, 0 to 1, that a photo shows fashion worn by a person or a mannequin."""

CODES = (
    "readable",
    "size",
    "ratio",
    "dpi",
    "format",
    "blur",
    "cast",
    "filter",
    "border",
    "collage",
    "overlay",
    "cut_off",
    "not_fashion",
    "face",
    "duplicate",
)
"""Every code that a finding can carry, in the order in which a photo's findings come."""


class Finding(Struct, frozen=True, kw_only=True):
    """What one rule found in one photo.

    ``measured`` is the number that was compared (None where there was none to compare), ``threshold`` what it was
    compared with, in words, ``detail`` what a person should know beside it. ``boxes`` are the places meant, in pixels
    of the photo; ``other`` is the image that this one repeats (duplicates only).
    """

    image_id: str
    photo: str | None
    code: str
    verdict: Verdict
    threshold: str
    measured: float | None = None
    detail: str = ""
    boxes: tuple[Box, ...] = ()
    other: str | None = None


class CheckSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds of the acquisition rules; ``skip`` names codes that are not to be judged at all.

    Sides are in pixels, ``ratio`` is width to height, ``dpi`` in dots an inch; all ranges include their ends. What each
    measure means stands with its function; ``docs/checks.md`` gives precision and recall at these values.
    """

    min_side: int = 300
    max_side: int = 1080
    min_ratio: float = 0.5
    max_ratio: float = 2.0
    min_dpi: float = 72.0
    max_dpi: float = 300.0
    formats: tuple[str, ...] = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
    max_blur: float = 0.45
    max_cast: float = 7.0
    min_colours: float = 1.2
    max_border: float = 0.02
    max_seam: float = 0.82
    max_glyphs: int = 5
    edge_margin: float = 2.0
    min_fashion: float = 0.5
    max_faces: int = 0
    duplicate_radius: int = 6
    duplicate_colour: float = 24.0
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.skip) - set(CODES))
        if unknown:
            raise ValueError(f"skip: {', '.join(unknown)} given; the rules are {', '.join(CODES)}")
