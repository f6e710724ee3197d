"""How skirts, trousers, dresses and jumpsuits are drawn."""

from __future__ import annotations

import numpy as np

from data.sample.catalogue import SampleItem
from data.sample.drawing.body import Body
from data.sample.drawing.canvas import Points, moved, points, ribbon
from data.sample.drawing.garment import (
    Drawing,
    Patch,
    Seam,
    across,
    box,
    buttons,
    ease_of,
    hem_of,
    skirt,
    trouser_legs,
    vertical,
)
from data.sample.drawing.tops import upper_body
from data.sample.palette import Rgb

_WAIST = 0.398
_FLARE = {"타이트": 0.02, "노멀": 0.12, "루즈": 0.22, "와이드": 0.36}
_LEGS = {
    "스키니": (0.043, 0.031, 0.019),
    "노멀": (0.047, 0.038, 0.031),
    "루즈": (0.050, 0.049, 0.043),
    "와이드": (0.051, 0.056, 0.062),
    "벨보텀": (0.046, 0.034, 0.064),
}
_BUCKLE: Rgb = (196, 168, 96)
_LEATHER: Rgb = (74, 48, 34)


def bottom(item: SampleItem, body: Body) -> Drawing:
    """A skirt or trousers."""
    drawing = _skirt(item, body) if item.category == "스커트" else _trousers(item, body)
    drawing.seams.append(Seam(across(body, _WAIST + 0.022, 0.12), 0.0014, 0.7))
    if item.value("detail") == "띠":
        drawing.patches += _belt(body, _WAIST + 0.004, _LEATHER)
    return drawing


def dress(item: SampleItem, body: Body) -> Drawing:
    """A dress or a jumpsuit."""
    drawing = upper_body(item, body, 0.41)
    hem = hem_of(item.value("length"))
    if item.category == "점프수트":
        fit = "와이드" if item.value("fit") == "루즈" else "노멀"
        drawing.shapes += trouser_legs(body, 0.395, hem, _LEGS[fit], 0.012)
        drawing.seams.append(Seam(vertical(body, 0, 0.50, 0.56), 0.0012, 0.6))
    else:
        flare = _FLARE[item.value("fit")]
        drawing.shapes.append(skirt(body, 0.39, hem, flare, 0 if flare < 0.1 else 5, ease_of(item.value("fit"))))
        _skirt_lines(item, body, hem, flare, drawing)
    if item.value("detail") == "지퍼":
        drawing.seams.append(Seam(vertical(body, 0, 0.225, 0.50), 0.0022, 0.5))
    if item.value("detail") == "띠":
        drawing.patches += _belt(body, 0.383, item.accent if item.print == "무지" else _LEATHER)
    else:
        drawing.seams.append(Seam(across(body, 0.392, 0.12), 0.0014, 0.72))
    return drawing


def _skirt(item: SampleItem, body: Body) -> Drawing:
    hem, detail = hem_of(item.value("length")), item.value("detail")
    flare = _FLARE[item.value("fit")] + (0.10 if detail == "플레어" else 0.0)
    waves = {"플리츠": 9, "플레어": 5}.get(detail, 0)
    drawing = Drawing([skirt(body, _WAIST, hem, flare, waves)])
    _skirt_lines(item, body, hem, flare, drawing)
    return drawing


def _skirt_lines(item: SampleItem, body: Body, hem: float, flare: float, drawing: Drawing) -> None:
    detail = item.value("detail")
    count = {"플리츠": 13, "플레어": 6}.get(detail, 3 if flare > 0.1 else 0)
    wide = float(body.half(0.49)) + flare * max(0.0, hem - _WAIST)
    for u in np.linspace(-0.85, 0.85, count):
        path = points(
            body.off(float(u) * 0.058, 0.41),
            body.off(float(u) * wide * 0.8, (0.41 + hem) / 2),
            body.off(float(u) * wide, hem + 0.02),
        )
        drawing.seams.append(Seam(path, 0.0022, 0.80 if detail == "플리츠" else 0.87))
    if detail == "슬릿":
        drawing.patches.append(
            Patch(body.outline(1, (0.03, hem - 0.11), (0.044, hem + 0.02), (0.02, hem + 0.02)), tone=0.45)
        )
    if detail == "단추":
        drawing.patches += buttons(body, 0, 0.43, hem - 0.02, item.buttons, _BUCKLE)
    drawing.seams.append(Seam(across(body, hem - 0.008, wide + 0.02, 0.012), 0.0012, 0.8))


def _trousers(item: SampleItem, body: Body) -> Drawing:
    jogger = item.category == "조거팬츠"
    hem, fit, detail = hem_of(item.value("length")), item.value("fit"), item.value("detail")
    halves = (0.050, 0.045, 0.027) if jogger else _LEGS[fit]
    if item.value("length") == "미니":
        halves = (halves[0] + 0.004, halves[0] + 0.012, halves[0])
    drawing = Drawing(trouser_legs(body, _WAIST, hem, halves, ease_of("스키니" if fit == "스키니" else "노멀")))
    drawing.seams.append(Seam(vertical(body, 0, 0.42, 0.545), 0.0012, 0.62))
    for side in (-1, 1):
        leg = body.leg(side, hem)
        if item.category == "청바지" or item.pocket:
            pocket = points(body.at(side, 0.432, -0.002), body.off(side * 0.05, 0.452), body.off(side * 0.036, 0.424))
            drawing.seams.append(Seam(pocket, 0.0014, 0.66))
        if jogger or detail == "롤업":
            drawing.patches.append(Patch(_cuff(leg, 0.024 if jogger else halves[2] + 0.004), tone=0.84, volume=0.3))
        elif item.category == "팬츠" and item.value("material") != "코듀로이":
            drawing.seams.append(Seam(moved(leg[1:], side * 0.004, 0.0), 0.0011, 0.82))
        if detail == "디스트로이드":
            drawing.patches += [Patch(_rip(leg[k], side), rgb=(214, 208, 200)) for k in (5, 6 + (side > 0))]
        if detail == "스티치":
            drawing.seams.append(Seam(moved(leg, side * 0.02, 0.0), 0.0013, 1.25))
    if detail == "스트링":
        drawing.patches += [
            Patch(ribbon(vertical(body, s * 0.008, 0.408, 0.46), 0.0024), rgb=(240, 238, 232)) for s in (-1, 1)
        ]
    return drawing


def _cuff(leg: Points, half: float) -> Points:
    return ribbon(leg[-1] + points((0.0, -0.018), (0.0, -0.008), (0.0, 0.004)), half)


def _rip(place: Points, side: int) -> Points:
    return points((-0.014, 0.0), (0.0, -0.005), (0.015, 0.001), (0.0, 0.006)) + moved(place, side * 0.006, 0.0)


def _belt(body: Body, y: float, rgb: Rgb) -> list[Patch]:
    strap = points(
        body.at(-1, y, 0.004), body.at(1, y, 0.004), body.at(1, y + 0.017, 0.004), body.at(-1, y + 0.017, 0.004)
    )
    return [Patch(strap, rgb=rgb, volume=0.3), Patch(box(body, 0, y - 0.001, 0.020, 0.019), rgb=_BUCKLE)]
