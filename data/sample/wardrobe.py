"""How each category of garment is cut: its possible lengths, fits, necklines, collars, sleeves, cloths and details."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from msgspec import Struct

from data.sample.prior import StyleRow
from data.types import Attributes


class CutTable(Struct, frozen=True):
    """Choices of one category; every tuple is drawn from evenly, ``""`` standing for "has none"."""

    formality: float
    length: tuple[str, ...]
    fit: tuple[str, ...]
    material: tuple[str, ...]
    neckline: tuple[str, ...] = ("",)
    collar: tuple[str, ...] = ("",)
    sleeve: tuple[str, ...] = ("",)
    detail: tuple[str, ...] = ("",)


class Cut(Struct, frozen=True):
    """One choice out of a table."""

    formality: float
    attributes: Attributes


_EASE = ("노멀", "루즈", "오버사이즈")
_HEM = ("미니", "니렝스", "미디", "발목")

_TABLES: Final[Mapping[str, CutTable]] = {
    "코트": CutTable(
        0.8,
        ("하프", "롱", "롱", "맥시"),
        _EASE,
        ("울/캐시미어", "트위드", "우븐"),
        collar=("테일러드칼라", "테일러드칼라", "숄칼라", "차이나칼라", "피터팬칼라"),
        sleeve=("긴팔",),
        detail=("싱글브레스티드", "더블브레스티드", "띠", "포켓"),
    ),
    "재킷": CutTable(
        0.75,
        ("크롭", "노멀", "노멀"),
        ("노멀", "루즈"),
        ("우븐", "가죽", "트위드", "벨벳", "데님"),
        collar=("테일러드칼라", "테일러드칼라", "숄칼라", "차이나칼라"),
        sleeve=("긴팔",),
        detail=("싱글브레스티드", "더블브레스티드", "포켓"),
    ),
    "가디건": CutTable(
        0.4,
        ("크롭", "노멀", "하프"),
        _EASE,
        ("니트", "헤어 니트"),
        neckline=("브이넥", "라운드넥"),
        sleeve=("긴팔",),
        detail=("단추", "니트꽈베기", "포켓"),
    ),
    "점퍼": CutTable(
        0.15,
        ("크롭", "노멀"),
        ("루즈", "오버사이즈"),
        ("우븐", "가죽", "데님", "코듀로이"),
        collar=("차이나칼라", "셔츠칼라"),
        sleeve=("긴팔",),
        detail=("지퍼", "포켓", "스티치"),
    ),
    "베스트": CutTable(
        0.5,
        ("크롭", "노멀", "하프"),
        ("노멀", "루즈"),
        ("니트", "우븐", "트위드"),
        neckline=("브이넥", "라운드넥"),
        sleeve=("민소매",),
        detail=("단추", "포켓", "니트꽈베기"),
    ),
    "짚업": CutTable(
        0.1,
        ("크롭", "노멀"),
        ("노멀", "루즈", "오버사이즈"),
        ("저지", "플리스"),
        neckline=("후드", "노카라"),
        sleeve=("긴팔",),
        detail=("지퍼", "스트링"),
    ),
    "패딩": CutTable(
        0.1,
        ("크롭", "노멀", "롱"),
        ("루즈", "오버사이즈"),
        ("패딩",),
        neckline=("후드", "노카라"),
        sleeve=("긴팔",),
        detail=("퀄팅", "지퍼"),
    ),
    "티셔츠": CutTable(
        0.2,
        ("크롭", "노멀", "노멀"),
        ("타이트", "노멀", "루즈"),
        ("저지",),
        neckline=("라운드넥", "라운드넥", "브이넥", "유넥", "보트넥"),
        sleeve=("반팔", "반팔", "긴팔", "7부소매"),
        detail=("", "", "포켓", "롤업"),
    ),
    "블라우스": CutTable(
        0.75,
        ("노멀", "롱"),
        ("노멀", "루즈"),
        ("시폰", "실크", "우븐", "레이스"),
        neckline=("브이넥", "라운드넥", "스퀘어넥"),
        collar=("", "보우칼라", "피터팬칼라"),
        sleeve=("긴팔", "7부소매", "반팔"),
        detail=("퍼프", "러플", "리본", "프릴"),
    ),
    "니트웨어": CutTable(
        0.4,
        ("크롭", "노멀", "롱"),
        _EASE,
        ("니트", "울/캐시미어", "헤어 니트"),
        neckline=("라운드넥", "브이넥", "터틀넥"),
        sleeve=("긴팔", "긴팔", "7부소매"),
        detail=("니트꽈베기", "", "드롭숄더"),
    ),
    "셔츠": CutTable(
        0.7,
        ("노멀", "롱"),
        ("노멀", "루즈"),
        ("우븐", "린넨", "데님"),
        collar=("셔츠칼라", "셔츠칼라", "밴드칼라"),
        sleeve=("긴팔", "긴팔", "반팔"),
        detail=("단추", "포켓"),
    ),
    "탑": CutTable(
        0.4,
        ("크롭", "노멀"),
        ("타이트",),
        ("저지", "니트", "실크"),
        neckline=("스퀘어넥", "홀터넥", "오프숄더", "스위트하트", "유넥"),
        sleeve=("민소매",),
        detail=("", "셔링", "리본"),
    ),
    "후드티": CutTable(
        0.1,
        ("노멀", "롱"),
        ("루즈", "오버사이즈"),
        ("저지", "플리스"),
        neckline=("후드",),
        sleeve=("긴팔",),
        detail=("스트링", "포켓"),
    ),
    "브라탑": CutTable(
        0.1,
        ("크롭",),
        ("타이트",),
        ("스판덱스", "니트"),
        neckline=("스퀘어넥", "유넥", "스위트하트"),
        sleeve=("민소매",),
    ),
    "팬츠": CutTable(
        0.65,
        ("발목", "발목", "맥시", "미니"),
        ("노멀", "와이드", "루즈", "벨보텀"),
        ("우븐", "린넨", "코듀로이", "울/캐시미어"),
        detail=("", "띠", "포켓", "롤업"),
    ),
    "스커트": CutTable(
        0.65,
        _HEM,
        ("노멀", "와이드", "루즈"),
        ("우븐", "시폰", "가죽", "트위드"),
        detail=("플리츠", "플레어", "슬릿", "단추", ""),
    ),
    "청바지": CutTable(
        0.3,
        ("발목", "발목", "맥시", "미니"),
        ("스키니", "노멀", "와이드", "벨보텀"),
        ("데님",),
        detail=("스티치", "디스트로이드", "롤업"),
    ),
    "조거팬츠": CutTable(0.05, ("발목",), ("노멀", "루즈"), ("저지", "플리스"), detail=("스트링", "포켓")),
    "레깅스": CutTable(0.05, ("미디", "발목"), ("스키니",), ("스판덱스",), detail=("", "스티치")),
    "드레스": CutTable(
        0.75,
        _HEM,
        ("타이트", "노멀", "루즈"),
        ("시폰", "우븐", "니트", "실크", "벨벳"),
        neckline=("라운드넥", "브이넥", "스퀘어넥", "오프숄더", "홀터넥"),
        collar=("", "", "피터팬칼라", "셔츠칼라"),
        sleeve=("민소매", "반팔", "긴팔", "7부소매"),
        detail=("띠", "러플", "퍼프", "단추", "플리츠", ""),
    ),
    "점프수트": CutTable(
        0.35,
        ("발목", "발목", "미니"),
        ("노멀", "루즈"),
        ("우븐", "데님", "린넨"),
        neckline=("라운드넥", "브이넥", "스퀘어넥"),
        sleeve=("민소매", "반팔", "긴팔"),
        detail=("띠", "지퍼", "포켓"),
    ),
}

_BARE_SHOULDER = frozenset({"홀터넥", "오프숄더", "스위트하트"})
_DRESSY_CLOTH = frozenset({"시폰", "실크", "벨벳", "레이스"})


def choose_cut(category: str, style: StyleRow, rng: np.random.Generator) -> Cut:
    """Draw a cut for a category; dressy styles prefer the table's fine cloths, casual ones its sturdy ones."""
    table = _TABLES[category]
    chosen = {
        name: str(rng.choice(getattr(table, name)))
        for name in ("length", "fit", "neckline", "collar", "sleeve", "detail")
    }
    chosen["material"] = _material(table, style, rng)
    if chosen["collar"] and chosen["neckline"]:
        chosen["neckline"] = "라운드넥" if chosen["collar"] == "피터팬칼라" else "브이넥"
    if chosen["neckline"] in _BARE_SHOULDER and chosen["sleeve"]:
        chosen["sleeve"] = "민소매"
        if chosen["detail"] == "퍼프":
            chosen["detail"] = ""
    return Cut(table.formality, {name: (value,) for name, value in sorted(chosen.items()) if value})


def _material(table: CutTable, style: StyleRow, rng: np.random.Generator) -> str:
    dressy = style.formality if style.formality > 0.5 else 0.15
    weights = np.array([dressy if m in _DRESSY_CLOTH else 1 - 0.5 * dressy for m in table.material])
    return str(rng.choice(table.material, p=weights / weights.sum()))
