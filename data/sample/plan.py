"""The plan of a sample before anything is drawn: who wears what, in which shoot, photographed how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from data.sample.drawing.backdrops import SLACK, Backdrop
from data.sample.drawing.body import Pose
from data.sample.drawing.figure import Model
from data.sample.drawing.photo import Shot
from data.sample.outfits import TrueOutfit
from data.sample.settings import SampleSettings

_SIZES = ((360, 540), (360, 480), (400, 560), (320, 480), (384, 512), (420, 560))
_DPI = (72, 96, 150, 300)
_FIRST_ID = 200_001
_REACH = SLACK - 2


class Shoot(Struct, frozen=True, kw_only=True):
    """What the photos of one shoot share. ``number`` is the prefix of their file names."""

    number: int
    model: Model
    backdrop: Backdrop
    size: tuple[int, int]
    light: tuple[float, float, float]
    slope: float
    dpi: int
    created: str


class PhotoPlan(Struct, frozen=True, kw_only=True):
    """One photo to take: ``name`` is the original file name that its annotation gives."""

    image_id: str
    outfit: TrueOutfit
    shoot: Shoot
    shot: Shot
    name: str
    quality: int


def plan_photos(
    worn: Sequence[tuple[TrueOutfit, int]], settings: SampleSettings, rng: np.random.Generator
) -> list[PhotoPlan]:
    """Group outfits into shoots (one to three each) and plan every photo, in the order of ids."""
    photos: list[PhotoPlan] = []
    shoot, left, frame = _draw_shoot(1, rng), _outfits_in_shoot(rng), int(rng.integers(1, 60))
    for outfit, shots in worn:
        if left == 0:
            shoot, left = _draw_shoot(shoot.number + 1, rng), _outfits_in_shoot(rng)
            frame = int(rng.integers(1, 60))
        left -= 1
        pose = Pose.draw(rng)
        for _ in range(shots):
            pose = pose.nearby(rng) if rng.random() < 0.7 else Pose.draw(rng)
            image_id = str(_FIRST_ID + 3 * len(photos) + int(rng.integers(3)))
            name = f"({shoot.number})IMG_{frame}.jpg"
            photos.append(
                PhotoPlan(
                    image_id=image_id,
                    outfit=outfit,
                    shoot=shoot,
                    shot=_draw_shot(shoot, pose, settings, rng),
                    name=name,
                    quality=int(rng.integers(80, 95)),
                )
            )
            frame += int(rng.integers(1, 4))
    return photos


def _outfits_in_shoot(rng: np.random.Generator) -> int:
    return int(rng.choice(3, p=[0.55, 0.30, 0.15])) + 1


def _draw_shoot(number: int, rng: np.random.Generator) -> Shoot:
    bright, warm = rng.normal(1.0, 0.045), rng.normal(0, 0.018)
    day = f"2020-{int(rng.integers(5, 12)):02d}-{int(rng.integers(1, 29)):02d}"
    return Shoot(
        number=number,
        model=Model.draw(rng),
        backdrop=Backdrop.draw(rng),
        size=_SIZES[int(rng.integers(len(_SIZES)))],
        light=(float(bright * (1 + warm)), float(bright), float(bright * (1 - warm))),
        slope=float(rng.normal(0, 0.03)),
        dpi=_DPI[int(rng.integers(len(_DPI)))],
        created=f"{day} {int(rng.integers(8, 19)):02d}:{int(rng.integers(60)):02d}:{int(rng.integers(60)):02d}",
    )


def _draw_shot(shoot: Shoot, pose: Pose, settings: SampleSettings, rng: np.random.Generator) -> Shot:
    width, height = shoot.size
    scale = height * float(rng.uniform(0.84, 0.91))
    spare = height - scale
    return Shot(
        pose=pose,
        scale=scale,
        origin=(width / 2 + float(rng.normal(0, 0.02 * width)), spare * float(rng.uniform(0.35, 0.7))),
        backdrop_shift=(int(rng.integers(-_REACH, _REACH + 1)), int(rng.integers(-_REACH // 3, _REACH // 3 + 1))),
        light=shoot.light,
        slope=shoot.slope,
        noise=float(rng.uniform(1.0, 3.0)),
        masked=bool(rng.random() < settings.masked_faces),
        seed=int(rng.integers(2**31)),
    )
