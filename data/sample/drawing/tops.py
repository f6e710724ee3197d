"""How tops and the upper part of dresses are drawn."""

from __future__ import annotations

import numpy as np

from data.sample.catalogue import SampleItem
from data.sample.drawing.body import Body
from data.sample.drawing.canvas import Points, moved, points, ribbon, smooth
from data.sample.drawing.garment import (
    Drawing,
    Patch,
    Seam,
    across,
    bodice,
    box,
    buttons,
    ease_of,
    hood,
    neckline,
    sleeve_shape,
    vertical,
)
from data.sample.drawing.motifs import motif
from data.sample.palette import Rgb

_LENGTH = {"크롭": 0.372, "노멀": 0.462, "롱": 0.530}
_KNITTED = frozenset({"니트", "울/캐시미어", "헤어 니트"})
_WHITE: Rgb = (242, 240, 234)


def top(item: SampleItem, body: Body) -> Drawing:
    """A top of any category."""
    hem = 0.312 if item.category == "브라탑" else _LENGTH[item.value("length")]
    drawing = upper_body(item, body, hem)
    if item.value("material") in _KNITTED:
        drawing.seams += [Seam(across(body, hem - d, 0.14), 0.0014, 0.8) for d in (0.010, 0.024)]
    elif item.category == "후드티":
        drawing.patches.append(Patch(_kangaroo(body, hem), tone=0.92))
        drawing.seams.append(Seam(across(body, hem - 0.016, 0.14), 0.0018, 0.72))
    else:
        drawing.seams.append(Seam(across(body, hem - 0.006, 0.14), 0.0010, 0.78))
    return drawing


def upper_body(item: SampleItem, body: Body, hem: float) -> Drawing:
    """Bodice, sleeves, neck and front of a top or a dress that goes down to ``hem``."""
    ease = ease_of(item.value("fit"))
    sleeve, neck = item.value("sleeve"), _neck(item)
    drawing = Drawing([smooth(bodice(body, neck, sleeve, hem, ease), 1)])
    for side in (-1, 1):
        arm = sleeve_shape(body, side, sleeve, ease, puff=item.value("detail") == "퍼프")
        if arm is not None:
            drawing.sleeves.append(arm)
            half = len(arm) // 2
            drawing.seams.append(Seam(arm[half - 2 : half + 2], 0.004, 0.82))
    if neck != "터틀넥":
        drawing.seams.append(Seam(points(*neckline(body, neck)), 0.0026, 0.76))
    _neck_pieces(item, body, neck, drawing)
    _front(item, body, hem, drawing)
    return drawing


def _neck(item: SampleItem) -> str:
    if item.value("collar") in ("셔츠칼라", "보우칼라"):
        return "브이넥"
    return item.value("neckline") or "라운드넥"


def _neck_pieces(item: SampleItem, body: Body, neck: str, drawing: Drawing) -> None:
    collar = item.value("collar")
    if neck == "후드":
        drawing.patches += hood(body)
    elif neck == "터틀넥":
        drawing.patches.append(Patch(box(body, 0, 0.143, 0.066, 0.038), tone=0.9, volume=0.4))
    elif neck == "스위트하트":
        drawing.patches += [
            Patch(ribbon(points(body.off(s * 0.052, 0.178), body.off(s * 0.05, 0.232)), 0.004)) for s in (-1, 1)
        ]
    elif neck == "오프숄더":
        rim = (body.off(0.088, 0.262), body.off(0, 0.278), body.off(-0.088, 0.262))
        drawing.patches.append(Patch(points(*neckline(body, neck), *rim), tone=0.93, volume=0.3))
    if collar in ("셔츠칼라", "피터팬칼라"):
        drawing.patches += [_collar(body, side, collar == "피터팬칼라", item) for side in (-1, 1)]
    elif collar in ("밴드칼라", "차이나칼라"):
        drawing.patches.append(Patch(ribbon(across(body, 0.170, 0.04, 0.022), 0.008), tone=0.86))
    elif collar == "보우칼라" or item.value("detail") == "리본":
        drawing.patches += bow(body, 0.235, item)


def _collar(body: Body, side: int, round_: bool, item: SampleItem) -> Patch:
    if round_:
        outline = body.outline(
            side, (0.036, 0.166), (0.07, 0.19), (0.062, 0.226), (0.024, 0.232), (0.004, 0.212), (0.02, 0.200)
        )
        return Patch(smooth(outline), rgb=_WHITE if item.colour != "화이트" else None, tone=0.97)
    outline = body.outline(side, (0.032, 0.156), (0.064, 0.188), (0.048, 0.226), (0.006, 0.222))
    return Patch(outline, tone=0.9, volume=0.2)


def bow(body: Body, y: float, item: SampleItem) -> list[Patch]:
    """A ribbon tied in front."""
    patches = []
    for side in (-1, 1):
        loop = body.outline(
            side, (0.0, y), (0.022, y - 0.016), (0.042, y - 0.014), (0.042, y + 0.014), (0.022, y + 0.014)
        )
        tail = body.outline(side, (0.0, y), (0.008, y), (0.026, y + 0.062), (0.012, y + 0.066))
        patches += [Patch(tail, rgb=item.accent, tone=0.86), Patch(smooth(loop, 1), rgb=item.accent)]
    patches.append(Patch(box(body, 0, y - 0.007, 0.013, 0.014), rgb=item.accent, tone=0.8))
    return patches


def _front(item: SampleItem, body: Body, hem: float, drawing: Drawing) -> None:
    detail = item.value("detail")
    if item.category == "셔츠" or detail == "단추":
        drawing.seams += [Seam(vertical(body, x, 0.225, hem), 0.0010, 0.75) for x in (-0.009, 0.009)]
        drawing.patches += buttons(body, 0, 0.262, hem - 0.03, item.buttons + 1, _button_colour(item))
    if item.pocket and item.category in ("셔츠", "티셔츠") and hem > 0.4:
        side = 1 if item.pocket == 1 else -1
        drawing.patches.append(Patch(box(body, side * 0.042, 0.275, 0.040, 0.044), tone=0.88))
        drawing.seams.append(Seam(moved(across(body, 0.283, 0.2)[3:5], side * 0.02, 0.0), 0.0012, 0.8))
    if detail in ("러플", "프릴"):
        drawing.patches += _ruffle(body)
    if detail == "셔링":
        drawing.seams += [Seam(vertical(body, float(x), 0.24, hem), 0.0016, 0.86) for x in np.linspace(-0.06, 0.06, 9)]
    if detail == "니트꽈베기":
        drawing.seams += _cables(body, hem)
    if detail == "스트링" and item.value("neckline") == "후드":
        drawing.patches += [Patch(ribbon(vertical(body, s * 0.016, 0.228, 0.31), 0.0026), rgb=_WHITE) for s in (-1, 1)]
    drawing.patches += motif(item, body)


def _ruffle(body: Body) -> list[Patch]:
    y = np.linspace(0.245, 0.375, 14)
    x = 0.013 + 0.008 * np.sin(np.arange(14) * 1.9)
    right = [body.off(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    left = [body.off(-float(a), float(b)) for a, b in zip(x, y, strict=True)]
    return [Patch(points(*right, *left[::-1]), tone=0.9, volume=0.4)]


def _cables(body: Body, hem: float) -> list[Seam]:
    y = np.arange(0.235, hem - 0.02, 0.006)
    seams = []
    for x in (-0.034, 0.0, 0.034):
        for phase in (0.0, np.pi):
            path = [body.off(x + 0.009 * float(np.sin(k * 190 + phase)), float(k)) for k in y]
            seams.append(Seam(points(*path), 0.0016, 0.76))
    return seams


def _kangaroo(body: Body, hem: float) -> Points:
    return body.outline(1, (-0.034, hem - 0.10), (0.034, hem - 0.10), (0.056, hem - 0.025), (-0.056, hem - 0.025))


def _button_colour(item: SampleItem) -> Rgb:
    return _WHITE if sum(item.rgb) < 420 else (78, 66, 58)
