"""Skin, face, hair and shoes of the person in the photo."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from data.sample.drawing.body import Body
from data.sample.drawing.canvas import Canvas, Points, ellipse, moved, points, ribbon, smooth
from data.sample.palette import Rgb

_SKINS: tuple[Rgb, ...] = ((244, 212, 190), (236, 198, 170), (226, 184, 152), (200, 152, 118), (150, 104, 78))
_HAIRS: tuple[Rgb, ...] = ((38, 30, 30), (58, 40, 32), (96, 62, 42), (146, 100, 62), (24, 24, 30))
_SHOES: tuple[Rgb, ...] = ((36, 34, 36), (236, 234, 230), (124, 82, 54), (206, 186, 160))
_IRIS: Rgb = (54, 40, 36)
_NOBODY = -1


class Model(Struct, frozen=True):
    """Who is in the photos of a shoot: skin, hair, its style (0 long, 1 bob, 2 tied, 3 wavy) and shoes."""

    skin: Rgb
    hair: Rgb
    hairstyle: int
    shoes: Rgb
    heels: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Model:
        """Somebody by chance."""
        return cls(
            skin=_SKINS[int(rng.choice(len(_SKINS), p=[0.3, 0.3, 0.2, 0.12, 0.08]))],
            hair=_HAIRS[int(rng.integers(len(_HAIRS)))],
            hairstyle=int(rng.integers(4)),
            shoes=_SHOES[int(rng.integers(len(_SHOES)))],
            heels=bool(rng.random() < 0.5),
        )


def draw_skin(canvas: Canvas, body: Body, model: Model) -> None:
    """Everything under the clothes: hair that falls behind, legs, shoes, trunk, neck and arms."""
    _back_hair(canvas, body, model)
    for side in (-1, 1):
        leg = body.leg(side)
        half = np.interp(leg[:, 1], [0.5, 0.6, 0.72, 0.78, 0.87, 0.945], [0.045, 0.041, 0.028, 0.029, 0.021, 0.014])
        canvas.fill([ribbon(leg, half)], model.skin, volume=0.45)
        _shoe(canvas, leg[-1], side, model)
    sides = [[body.at(side, float(y)) for y in np.linspace(0.174, 0.54, 18)] for side in (-1, 1)]
    trunk = points(
        body.off(-0.028, 0.13),
        body.off(-0.03, 0.166),
        *sides[0],
        *sides[1][::-1],
        body.off(0.03, 0.166),
        body.off(0.028, 0.13),
    )
    canvas.fill([smooth(trunk, 1)], model.skin, volume=0.35)
    shadow = body.outline(1, (-0.026, 0.138), (0.026, 0.138), (0.020, 0.158), (-0.020, 0.158))
    canvas.fill([smooth(shadow, 1)], model.skin, tone=0.82)
    for side in (-1, 1):
        arm = body.arm(side)
        limb = ribbon(arm, np.linspace(0.023, 0.013, len(arm)))
        canvas.fill([limb, ellipse(float(arm[0, 0]), float(arm[0, 1]), 0.024, 0.023)], model.skin, volume=0.35)


def draw_hands(canvas: Canvas, body: Body, model: Model) -> None:
    """Hands lie over every garment."""
    for side in (-1, 1):
        arm = body.arm(side)
        along = arm[-1] - arm[-3]
        along = along / np.linalg.norm(along)
        hand = arm[-1] + np.outer([-0.006, 0.012, 0.030, 0.044], along)
        canvas.fill([ribbon(hand, np.array([0.011, 0.015, 0.014, 0.007]))], model.skin, volume=0.4, owner=_NOBODY)


def draw_head(canvas: Canvas, body: Body, model: Model, masked: bool) -> None:
    """Head with face and fringe; a masked face is laid over with blocks, as published photos are."""
    x = body.pose.shoulder_dx
    for side in (-1, 1):
        canvas.fill([ellipse(x + side * 0.047, 0.083, 0.009, 0.015)], model.skin, tone=0.92, owner=_NOBODY)
    canvas.fill([_head(x)], model.skin, volume=0.3, owner=_NOBODY)
    _face(canvas, x, model)
    canvas.fill(_fringe(x, model), model.hair, volume=0.25, owner=_NOBODY)
    if masked:
        _mask_face(canvas, face_box(canvas, body))


def face_box(canvas: Canvas, body: Body) -> tuple[float, float, float, float]:
    """Box of the face in pixels of the photo (x1, y1, x2, y2); it may lie outside."""
    x = body.pose.shoulder_dx
    low = np.array([x - 0.048, 0.03]) * canvas.scale + canvas.origin
    high = np.array([x + 0.048, 0.142]) * canvas.scale + canvas.origin
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _head(x: float) -> Points:
    right = [(0.0, 0.016), (0.030, 0.022), (0.047, 0.050), (0.047, 0.085), (0.036, 0.118), (0.016, 0.139), (0.0, 0.143)]
    left = [(-a, b) for a, b in right[-2:0:-1]]
    return moved(smooth(points(*right, *left), 2), x, 0.0)


def _face(canvas: Canvas, x: float, model: Model) -> None:
    brow: Rgb = model.hair
    for side in (-1, 1):
        eye = x + side * 0.0195
        canvas.fill([ellipse(eye, 0.0815, 0.0095, 0.0052)], (250, 248, 246))
        canvas.fill([ellipse(eye, 0.0815, 0.0047, 0.0050)], _IRIS)
        lash = points((eye - 0.0105, 0.0805), (eye, 0.0755), (eye + 0.0105, 0.0795))
        canvas.fill([ribbon(lash, 0.0014)], (40, 32, 32))
        arch = points((eye - 0.012, 0.0685), (eye + side * 0.003, 0.0655), (eye + 0.012, 0.0685))
        canvas.fill([ribbon(arch, 0.0016)], brow)
        canvas.fill(
            [ellipse(x + side * 0.028, 0.102, 0.011, 0.007)], (236, 150, 140) if sum(model.skin) > 560 else model.skin
        )
    nose = points((x - 0.002, 0.088), (x - 0.005, 0.102), (x + 0.003, 0.104))
    canvas.fill([ribbon(nose, 0.0013)], model.skin, tone=0.8)
    lips = points((-0.014, 0.1185), (-0.005, 0.1150), (0.0, 0.1165), (0.005, 0.1150), (0.014, 0.1185), (0.0, 0.1255))
    canvas.fill([moved(smooth(lips, 1), x, 0.0)], (196, 84, 88))


def _fringe(x: float, model: Model) -> list[Points]:
    cap = points(
        (-0.052, 0.085),
        (-0.054, 0.045),
        (-0.036, 0.008),
        (0.0, 0.0),
        (0.036, 0.008),
        (0.054, 0.045),
        (0.052, 0.085),
        (0.044, 0.062),
        (0.028, 0.046),
        (0.006, 0.040),
        (-0.016, 0.050),
        (-0.036, 0.058),
        (-0.045, 0.068),
    )
    shapes = [moved(smooth(cap, 2), x, 0.0)]
    if model.hairstyle == 2:
        shapes.append(ellipse(x, -0.004, 0.026, 0.022))
    return shapes


def _back_hair(canvas: Canvas, body: Body, model: Model) -> None:
    x = body.pose.shoulder_dx
    length = (0.27, 0.165, 0.11, 0.235)[model.hairstyle]
    wide = (0.062, 0.064, 0.05, 0.074)[model.hairstyle]
    right = [
        (0.0, 0.0),
        (0.04, 0.008),
        (0.056, 0.05),
        (wide, 0.11),
        (wide * 1.02, length - 0.02),
        (wide * 0.7, length),
        (0.0, length),
    ]
    outline = points(*right, *[(-a, b) for a, b in right[-2:0:-1]])
    canvas.fill([moved(smooth(outline, 2), x, 0.0)], model.hair, tone=0.85, volume=0.3)


def _shoe(canvas: Canvas, ankle: Points, side: int, model: Model) -> None:
    if model.heels:
        outline = points(
            (-0.016, -0.004), (0.016, -0.004), (0.021, 0.030), (0.012, 0.052), (-0.006, 0.054), (-0.019, 0.034)
        )
    else:
        outline = points(
            (-0.020, -0.010), (0.018, -0.010), (0.026, 0.024), (0.025, 0.046), (-0.023, 0.046), (-0.025, 0.024)
        )
    outline = smooth(outline * (side, 1.0), 1) + ankle
    canvas.fill([outline], model.shoes, volume=0.4)
    if not model.heels:
        sole = points((-0.025, 0.040), (0.026, 0.040), (0.025, 0.048), (-0.024, 0.048)) * (side, 1.0) + ankle
        canvas.fill([sole], (232, 230, 226))


def _mask_face(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = (round(v) for v in box)
    x1, y1 = max(0, x1), max(0, y1)
    part = canvas.pixels[y1 : max(y1, y2), x1 : max(x1, x2)]
    cell = max(4, round(0.018 * canvas.scale))
    for top in range(0, part.shape[0], cell):
        for left in range(0, part.shape[1], cell):
            block = part[top : top + cell, left : left + cell]
            block[...] = block.mean(axis=(0, 1))
