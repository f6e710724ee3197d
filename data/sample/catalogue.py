"""The catalogue of drawn garments: what they are, how they look and how popular they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from data.sample.palette import NEUTRALS, PALETTE, Rgb, colour_distance, shade
from data.sample.prior import CATEGORIES, PART_OF_SLOT, StyleRow
from data.sample.wardrobe import Cut, choose_cut
from data.types import Attributes

_SLOT_SHARE = {"outer": 0.23, "top": 0.33, "bottom": 0.28, "dress": 0.16}
_SMALLEST_CATEGORY = 6
_POPULARITY_SPREAD = 0.75
_NEAREST_SHADE = 9.0
_PRINTS_ON_TOPS = frozenset({"레터링", "그래픽", "해골", "하트"})
_PLAIN_CATEGORIES = frozenset({"청바지", "레깅스", "조거팬츠", "패딩"})


class SampleItem(Struct, frozen=True, kw_only=True):
    """One garment of the catalogue, as it truly is.

    ``style`` is the latent style of the rule, ``popularity`` the log-weight with which it is chosen, ``formality`` runs
    from 0 to 1. ``rgb`` is the exact shade of its cloth, ``accent`` the second colour of its print and trim;
    ``print_size`` and ``print_turn`` choose the repeat and direction of the print, and ``texture_seed`` fixes the rest.
    """

    item_id: str
    slot: str
    part: str
    category: str
    attributes: Attributes
    style: str
    base_style: str
    formality: float
    popularity: float
    rgb: Rgb
    accent: Rgb
    print_size: int
    print_turn: int
    buttons: int
    pocket: int
    texture_seed: int

    def value(self, name: str) -> str:
        """First value of an attribute, "" where the garment has none."""
        values = self.attributes.get(name, ())
        return values[0] if values else ""

    @property
    def colour(self) -> str:
        return self.value("colour")

    @property
    def print(self) -> str:
        return self.value("print")


def make_catalogue(size: int, styles: Sequence[StyleRow], rng: np.random.Generator) -> tuple[SampleItem, ...]:
    """Draw ``size`` garments: shares a slot and category are fixed, styles take turns in proportion to how they fit.

    No two garments of one category look alike: equal attributes ask for a shade that is plainly different.
    """
    items: list[SampleItem] = []
    for slot, category in _places(size):
        same = [item for item in items if item.category == category]
        style = _next_style(styles, category, same, rng)
        for attempt in range(200):
            item = _draw(f"g{len(items):05d}", slot, category, style, rng)
            if attempt == 199 or not any(_alike(item, other) for other in same):
                items.append(item)
                break
    return tuple(items)


def _places(size: int) -> list[tuple[str, str]]:
    """Slot and category of every garment, ``size`` of them."""
    places: list[tuple[str, str]] = []
    for slot, share in _SLOT_SHARE.items():
        count = size - len(places) if slot == "dress" else round(size * share)
        kinds = CATEGORIES[slot][: max(1, count // _SMALLEST_CATEGORY)]
        weights = np.array([1 / (k + 2) for k in range(len(kinds))])
        spare = max(0, count - _SMALLEST_CATEGORY * len(kinds))
        extra = np.floor(spare * weights / weights.sum()).astype(int)
        counts = extra + min(_SMALLEST_CATEGORY, count // len(kinds))
        counts[0] += count - counts.sum()
        places += [(slot, kind) for kind, n in zip(kinds, counts, strict=True) for _ in range(n)]
    return places


def _next_style(
    styles: Sequence[StyleRow], category: str, same: Sequence[SampleItem], rng: np.random.Generator
) -> StyleRow:
    """Style with the largest unmet claim on the category; ties by chance."""
    claims = [(1.0 if category in style.categories else 0.35) for style in styles]
    held = [sum(item.style == style.name for item in same) for style in styles]
    unmet = [claim / (n + 1) + rng.uniform(0, 0.2) for claim, n in zip(claims, held, strict=True)]
    return styles[int(np.argmax(unmet))]


def _draw(item_id: str, slot: str, category: str, style: StyleRow, rng: np.random.Generator) -> SampleItem:
    colour = _colour(category, style, rng)
    prints = _print(slot, category, style, rng)
    accent = _accent(colour, rng)
    cut = choose_cut(category, style, rng)
    attributes: dict[str, tuple[str, ...]] = {"colour": (colour,), "print": (prints,), **cut.attributes}
    if prints != "무지":
        attributes["sub_colour"] = (accent,)
    return SampleItem(
        item_id=item_id,
        slot=slot,
        part=PART_OF_SLOT[slot],
        category=category,
        attributes=attributes,
        style=style.name,
        base_style=style.base,
        formality=_formality(style, cut, rng),
        popularity=float(rng.normal(0, _POPULARITY_SPREAD)),
        rgb=shade(colour, style.tones, rng),
        accent=shade(accent, (), rng),
        print_size=int(rng.integers(0, 4)),
        print_turn=int(rng.integers(0, 4)),
        buttons=int(rng.integers(3, 7)),
        pocket=int(rng.integers(0, 3)),
        texture_seed=int(rng.integers(0, 2**31)),
    )


def _formality(style: StyleRow, cut: Cut, rng: np.random.Generator) -> float:
    return float(np.clip(0.7 * style.formality + 0.3 * cut.formality + rng.normal(0, 0.05), 0, 1))


def _colour(category: str, style: StyleRow, rng: np.random.Generator) -> str:
    if category == "청바지":
        return str(rng.choice(["블루", "스카이블루", "네이비", "블랙", "그레이"], p=[0.35, 0.25, 0.2, 0.1, 0.1]))
    if rng.random() < 0.78:
        return str(rng.choice(list(style.colours)))
    return str(rng.choice(sorted(NEUTRALS)))


def _print(slot: str, category: str, style: StyleRow, rng: np.random.Generator) -> str:
    usual = [p for p in style.prints if p != "무지" and (slot == "top" or p not in _PRINTS_ON_TOPS)]
    if not usual or category in _PLAIN_CATEGORIES or rng.random() < 0.55:
        return "무지"
    return str(rng.choice(usual))


def _accent(colour: str, rng: np.random.Generator) -> str:
    """A second colour that stands out against the first."""
    far = [c for c, rgb in PALETTE.items() if colour_distance(rgb, PALETTE[colour]) > 35]
    light = [c for c in far if c in NEUTRALS]
    return str(rng.choice(light if light and rng.random() < 0.7 else far))


def _alike(a: SampleItem, b: SampleItem) -> bool:
    """Whether two garments of one category could be taken for each other."""
    if a.attributes == b.attributes:
        return colour_distance(a.rgb, b.rgb) < 2 * _NEAREST_SHADE
    shown = ("colour", "print", "length", "fit")
    return all(a.value(n) == b.value(n) for n in shown) and colour_distance(a.rgb, b.rgb) < _NEAREST_SHADE
