"""Synthetic K-Fashion annotations for measuring readers: real shapes and shares, no meaning."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from data.taxonomy import vocabulary

_PARTS = ("아우터", "하의", "원피스", "상의")
_SINGLE = {
    "기장": "length",
    "색상": "colour",
    "소매기장": "sleeve",
    "넥라인": "neckline",
    "핏": "fit",
    "카테고리": "category",
}
_SEVERAL = {"소재": "material", "프린트": "print", "디테일": "detail"}


def write_archive(path: Path, count: int, *, seed: int) -> int:
    """Write ``count`` annotations to a zip with cp949 names, as the data owner ships them; returns their bytes."""
    rng = np.random.default_rng(seed)
    styles = vocabulary("style")
    total = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(count):
            style = styles[int(rng.integers(len(styles)))]
            text = json.dumps(annotation(number + 1, style, rng), ensure_ascii=False, separators=(",", ":")).encode()
            archive.writestr(Cp949Name(f"{style}/{number + 1}.json"), text, compresslevel=1)
            total += len(text)
    return total


class Cp949Name(zipfile.ZipInfo):
    """A member whose name is written in cp949 without saying so, as Korean tools do."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.compress_type = zipfile.ZIP_DEFLATED

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp949"), self.flag_bits & ~0x800


def annotation(number: int, style: str, rng: np.random.Generator) -> dict[str, Any]:
    """One file: one to three garments with some seven attributes each, their polygons of 6 to 65 points scrambled."""
    worn = ["원피스"] if rng.random() < 0.2 else ["상의", "하의"]
    if rng.random() < 0.35:
        worn.append("아우터")
    rects: dict[str, Any] = {part: [{}] for part in _PARTS}
    polygons: dict[str, Any] = {part: [{}] for part in _PARTS}
    labels: dict[str, Any] = {"스타일": [{"스타일": style}], **{part: [{}] for part in _PARTS}}
    for part in worn:
        points = _outline(rng)
        low, high = points.min(axis=0), points.max(axis=0)
        rects[part] = [
            {
                "X좌표": round(low[0] - 0.5, 2),
                "Y좌표": round(low[1] - 0.5, 2),
                "가로": int(high[0] - low[0]),
                "세로": int(high[1] - low[1]),
            }
        ]
        polygons[part] = [_scrambled(points, rng)]
        labels[part] = [_labels(rng)]
    name = f"({number // 8 + 1})IMG_{number % 8 + 1}.jpg"
    return {
        "이미지 정보": {"이미지 식별자": number, "이미지 높이": 1067, "이미지 파일명": name, "이미지 너비": 800},
        "데이터셋 정보": {
            "파일 생성일자": "2020-10-05 11:22:33",
            "데이터셋 상세설명": {"렉트좌표": rects, "폴리곤좌표": polygons, "라벨링": labels},
            "파일 번호": number,
            "파일 이름": name,
        },
    }


def _outline(rng: np.random.Generator) -> np.ndarray:
    corners = int(rng.integers(6, 66))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(90, 150, corners)
    centre = rng.uniform([250, 300], [550, 700])
    outline: np.ndarray = centre + np.stack([radius * np.cos(angles), 1.4 * radius * np.sin(angles)], axis=1)
    return outline.round(2)


def _scrambled(points: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    keys = [f"{axis}좌표{number + 1}" for number in range(len(points)) for axis in "XY"]
    values = points.ravel().tolist()
    return {keys[place]: values[place] for place in rng.permutation(len(keys)).tolist()}


def _labels(rng: np.random.Generator) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, field in _SINGLE.items():
        if rng.random() < 0.85:
            said[key] = str(rng.choice(vocabulary(field)))
    for key, field in _SEVERAL.items():
        if rng.random() < 0.6:
            said[key] = [
                str(value) for value in rng.choice(vocabulary(field), size=int(rng.integers(1, 3)), replace=False)
            ]
    return said
