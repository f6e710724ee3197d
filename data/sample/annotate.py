"""Annotations in K-Fashion's own shape: Korean keys, scrambled polygon keys, labels as incomplete as the real ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from data.sample.catalogue import SampleItem
from data.sample.palette import PALETTE, colour_distance
from data.sample.settings import SampleSettings

Json = dict[str, Any]
Polygon = Sequence[tuple[float, float]]

PARTS: Final = ("아우터", "하의", "원피스", "상의")
"""Regions of an annotation, in the order in which they are written."""

_KEYS: Final = {
    "length": "기장",
    "colour": "색상",
    "sub_colour": "서브색상",
    "category": "카테고리",
    "detail": "디테일",
    "collar": "옷깃",
    "sleeve": "소매기장",
    "material": "소재",
    "print": "프린트",
    "neckline": "넥라인",
    "fit": "핏",
}
_LISTS: Final = frozenset({"detail", "material", "print"})
VARIANTS: Final = {
    "래깅스": "레깅스",
    "니트꽈베기": "니트꽈배기",
    "홀터넥": "홀토넥",
    "하운즈 투스": "하운즈\u00a0투스",
    "테일러드칼라": "테일러칼라",
    "퀄팅": "퀼팅",
    "울/캐시미어": "울\\캐시미어",
    "키치": "키치-키덜트",
    "톰보이": "툼보이",
}
"""Canonical value to the variant in which some annotations spell it."""

_FIT_BESIDE: Final = {
    "노멀": "루즈",
    "루즈": "노멀",
    "오버사이즈": "루즈",
    "와이드": "루즈",
    "타이트": "노멀",
    "스키니": "노멀",
    "벨보텀": "와이드",
}


def labels(item: SampleItem, settings: SampleSettings, rng: np.random.Generator) -> Json:
    """Labels of a garment as one annotator gave them: some left out, a few wrong, a few in a variant spelling."""
    told: Json = {}
    values = {"category": (item.category,), **item.attributes}
    for name, key in _KEYS.items():
        if name not in values:
            continue
        value = values[name][0]
        if rng.random() < (settings.missing_category if name == "category" else settings.missing_attribute):
            continue
        if rng.random() < settings.wrong_attribute:
            value = _beside(name, value)
        value = spelled(value, settings, rng)
        told[key] = [value] if name in _LISTS else value
    return told


def spelled(value: str, settings: SampleSettings, rng: np.random.Generator) -> str:
    """The value, now and then in its variant spelling."""
    return VARIANTS[value] if value in VARIANTS and rng.random() < settings.spelling_variants else value


def _beside(name: str, value: str) -> str:
    """What a careless eye takes a value for."""
    if name == "colour":
        return min((c for c in PALETTE if c != value), key=lambda c: colour_distance(PALETTE[c], PALETTE[value]))
    return _FIT_BESIDE[value] if name == "fit" else value


def box_json(polygon: Polygon) -> Json:
    """Box as K-Fashion has it: half a pixel before the polygon's minimum, range rounded down."""
    x1, y1, x2, y2 = box_of(polygon)
    return {
        "X좌표": round(x1 - 0.5, 2),
        "Y좌표": round(y1 - 0.5, 2),
        "가로": math.floor(x2 - x1),
        "세로": math.floor(y2 - y1),
    }


def box_of(polygon: Polygon) -> tuple[float, float, float, float]:
    """Exact bounds x1, y1, x2, y2 of a polygon."""
    x, y = zip(*polygon, strict=True)
    return min(x), min(y), max(x), max(y)


def polygon_json(polygon: Polygon, rng: np.random.Generator) -> Json:
    """Numbered coordinates in scrambled order."""
    pairs = [(f"{axis}좌표{n}", point[k]) for n, point in enumerate(polygon, 1) for k, axis in enumerate("XY")]
    return dict(pairs[int(i)] for i in rng.permutation(len(pairs)))


def annotation(image_id: str, name: str, size: tuple[int, int], created: str) -> Json:
    """An annotation without any garment and without a style."""

    def absent() -> Json:
        return {part: [{}] for part in PARTS}

    return {
        "이미지 정보": {
            "이미지 식별자": int(image_id),
            "이미지 높이": size[1],
            "이미지 파일명": name,
            "이미지 너비": size[0],
        },
        "데이터셋 정보": {
            "파일 생성일자": created,
            "데이터셋 상세설명": {"렉트좌표": absent(), "폴리곤좌표": absent(), "라벨링": {"스타일": [{}], **absent()}},
            "파일 번호": int(image_id),
            "파일 이름": name,
        },
    }


def described(record: Json) -> Json:
    """The part of an annotation that holds boxes, polygons and labels."""
    part: Json = record["데이터셋 정보"]["데이터셋 상세설명"]
    return part


def add_region(record: Json, part: str, polygon: Polygon, told: Json, rng: np.random.Generator) -> None:
    """Put one garment into an annotation."""
    inside = described(record)
    inside["렉트좌표"][part] = [box_json(polygon)]
    inside["폴리곤좌표"][part] = [polygon_json(polygon, rng)]
    inside["라벨링"][part] = [told]
