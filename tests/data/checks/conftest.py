"""Small pictures that every acquisition rule accepts, and a way to write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

Writer = Callable[..., str]


def studio(seed: int = 0, size: tuple[int, int] = (400, 600)) -> Image.Image:
    """A white wall, a figure in a coloured coat with a pattern, and a grey floor that it stands on."""
    generator = np.random.default_rng(seed)
    width, height = size
    picture = Image.new("RGB", size, (244, 244, 243))
    pen = ImageDraw.Draw(picture)
    colours = [tuple(int(c) for c in row) for row in generator.integers(30, 220, (40, 3))]
    left, right = int(width * 0.3), int(width * generator.uniform(0.6, 0.75))
    pen.rectangle((left, int(height * 0.2), right, int(height * 0.6)), fill=colours[0])
    pen.ellipse((int(width * 0.42), int(height * 0.06), int(width * 0.58), int(height * 0.19)), fill=(224, 180, 150))
    pen.rectangle((left + 10, int(height * 0.6), right - 10, int(height * 0.9)), fill=colours[1])
    for colour in colours[2:]:
        x, y = int(generator.uniform(left, right - 20)), int(generator.uniform(height * 0.2, height * 0.85))
        pen.ellipse((x, y, x + int(generator.uniform(6, 30)), y + 18), fill=colour)
    return picture


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write a picture as ``name`` and return its reference."""

    def save(picture: Image.Image, name: str = "photo.jpg", **options: object) -> str:
        path = tmp_path / name
        picture.save(path, **({"dpi": (96, 96)} | options))
        return str(path)

    return save


@pytest.fixture
def draw() -> Callable[..., Image.Image]:
    return studio
