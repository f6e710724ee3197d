"""How coats, jackets, cardigans and other open outer garments are drawn."""

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
    buttons,
    ease_of,
    flank,
    hood,
    shoulder,
    sleeve_shape,
    vertical,
)
from data.sample.palette import Rgb

_HEM = {"크롭": 0.385, "노멀": 0.495, "하프": 0.60, "롱": 0.745, "맥시": 0.865}
_BRASS: Rgb = (198, 172, 104)
_ZIP: Rgb = (176, 178, 184)


def outer(item: SampleItem, body: Body) -> Drawing:
    """An outer garment, worn open so that what is under it shows."""
    hem = _HEM[item.value("length")]
    ease = ease_of(item.value("fit")) + 0.008
    flare = 0.10 if item.category == "코트" else 0.03
    drawing = Drawing()
    for side in (-1, 1):
        drawing.shapes.append(_panel(item, body, side, hem, ease, flare))
        arm = sleeve_shape(body, side, item.value("sleeve"), ease + 0.003)
        if arm is not None:
            drawing.sleeves.append(arm)
            _cuffs(item, arm, drawing)
        drawing.seams.append(Seam(_edge(item, body, side, hem), 0.0032, 0.68))
    _collar(item, body, drawing)
    _front(item, body, hem, drawing)
    return drawing


def _gap(item: SampleItem) -> tuple[float, float]:
    """Half the opening at the waist and at the hem."""
    return {"코트": (0.034, 0.048), "재킷": (0.034, 0.052), "패딩": (0.030, 0.040)}.get(item.category, (0.032, 0.042))


def _edge(item: SampleItem, body: Body, side: int, hem: float) -> Points:
    """Front edge of one panel, from the neck to the hem."""
    waist, low = _gap(item)
    y = np.linspace(0.30, hem, 8)
    x = np.interp(y, [0.30, 0.385, hem], [waist - 0.004, waist, low])
    return body.outline(side, (0.037, 0.168), (0.042, 0.22), *zip(x.tolist(), y.tolist(), strict=True))


def _panel(item: SampleItem, body: Body, side: int, hem: float, ease: float, flare: float) -> Points:
    sleeve = item.value("sleeve")
    outside = shoulder(body, side, "", sleeve, ease) + flank(body, side, hem, ease, flare)
    edge = _edge(item, body, side, hem)
    outline = np.vstack([moved(edge[:1], -side * 0.006, -0.006), points(*outside), edge[::-1]])
    if item.category == "패딩":
        outline[2:-9:2, 0] += side * 0.006
    return smooth(outline, 1)


def _cuffs(item: SampleItem, arm: Points, drawing: Drawing) -> None:
    half = len(arm) // 2
    if item.category in ("점퍼", "짚업", "가디건"):
        end = arm[half - 2 : half + 2]
        drawing.patches.append(Patch(end, tone=0.78))
    if item.category == "패딩":
        for k in range(3, half - 1, 3):
            drawing.seams.append(Seam(np.stack([arm[k], arm[-1 - k]]), 0.0022, 0.7))


def _collar(item: SampleItem, body: Body, drawing: Drawing) -> None:
    collar = item.value("collar")
    if item.value("neckline") == "후드":
        drawing.patches += hood(body)
    for side in (-1, 1):
        if collar == "테일러드칼라":
            notch = (0.038, 0.182), (0.074, 0.232), (0.060, 0.240), (0.066, 0.256)
            lapel = body.outline(side, *notch, (0.032, 0.335), (0.030, 0.30))
            fold = body.outline(side, (0.032, 0.156), (0.058, 0.176), (0.070, 0.222), (0.040, 0.224))
            drawing.patches += [Patch(lapel, tone=0.84, volume=0.25), Patch(fold, tone=0.76, volume=0.25)]
        elif collar == "숄칼라":
            shawl = body.outline(side, (0.032, 0.154), (0.066, 0.195), (0.070, 0.25), (0.034, 0.355), (0.030, 0.25))
            drawing.patches.append(Patch(smooth(shawl, 1), tone=0.8, volume=0.3))
        elif collar in ("셔츠칼라", "피터팬칼라"):
            flap = body.outline(side, (0.032, 0.154), (0.072, 0.190), (0.060, 0.238), (0.034, 0.232))
            drawing.patches.append(Patch(smooth(flap, 2 if collar == "피터팬칼라" else 0), tone=0.8, volume=0.3))
        elif collar == "차이나칼라" or item.category in ("점퍼", "패딩", "짚업"):
            band = body.outline(side, (0.030, 0.146), (0.046, 0.150), (0.050, 0.186), (0.034, 0.20))
            drawing.patches.append(Patch(band, tone=0.76, volume=0.3))


def _front(item: SampleItem, body: Body, hem: float, drawing: Drawing) -> None:
    detail, category = item.value("detail"), item.category
    waist, _ = _gap(item)
    if category in ("점퍼", "짚업", "패딩"):
        for side in (-1, 1):
            drawing.patches.append(Patch(ribbon(_edge(item, body, side, hem)[2:], 0.0022), rgb=_ZIP))
        if category != "패딩":
            drawing.patches += [_rib(item, body, side, hem) for side in (-1, 1)]
    elif detail != "띠":
        rows = (0.050, 0.084) if detail == "더블브레스티드" else (waist + 0.009,)
        for x in rows:
            drawing.patches += buttons(
                body, x, 0.345, min(hem - 0.03, 0.52), item.buttons - 1, _BRASS if item.buttons % 2 else (52, 44, 42)
            )
    if category == "패딩":
        drawing.seams += [Seam(across(body, float(y), 0.2), 0.0028, 0.66) for y in np.arange(0.25, hem - 0.02, 0.048)]
    if detail == "니트꽈베기":
        drawing.seams += [Seam(vertical(body, s * x, 0.25, hem), 0.0022, 0.78) for s in (-1, 1) for x in (0.056, 0.064)]
    if detail == "띠":
        drawing.patches += [
            Patch(ribbon(points(body.off(s * waist, 0.388), body.at(s, 0.392, 0.03)), 0.008), tone=0.66)
            for s in (-1, 1)
        ]
    if hem > 0.44 and category != "패딩":
        drawing.patches += [_pocket(body, side, item) for side in (-1, 1)]


def _rib(item: SampleItem, body: Body, side: int, hem: float) -> Patch:
    low = _gap(item)[1]
    top, end = hem - 0.022, hem + 0.002
    outside = body.at(side, top, 0.034), body.at(side, end, 0.026)
    return Patch(points(body.off(side * low, top), *outside, body.off(side * low, end)), tone=0.74)


def _pocket(body: Body, side: int, item: SampleItem) -> Patch:
    tilt = 0.008 if item.pocket else 0.0
    flap = body.outline(
        side, (0.058, 0.435 + tilt), (0.102, 0.435 - tilt), (0.102, 0.448 - tilt), (0.058, 0.448 + tilt)
    )
    return Patch(flap, tone=0.72)
