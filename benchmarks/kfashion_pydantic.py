"""The usual way to read the same annotations: ``json.loads``, then pydantic models of the file and of the record."""

from __future__ import annotations

import json
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from data.kfashion.records import shoot_of
from data.kfashion.wire import ATTRIBUTES
from data.taxonomy import SLOT_OF_PART, canonical

_KEY = re.compile(r"([XY])좌표(\d+)")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True)


class RectModel(_Strict):
    x: float | None = Field(None, alias="X좌표")
    y: float | None = Field(None, alias="Y좌표")
    width: float | None = Field(None, alias="가로")
    height: float | None = Field(None, alias="세로")


class DescriptionModel(_Strict):
    rects: dict[str, list[RectModel]] = Field(alias="렉트좌표")
    polygons: dict[str, list[dict[str, float]]] = Field(alias="폴리곤좌표")
    labels: dict[str, list[dict[str, str | list[str]]]] = Field(alias="라벨링")


class DatasetModel(_Strict):
    created: str | None = Field(None, alias="파일 생성일자")
    description: DescriptionModel = Field(alias="데이터셋 상세설명")
    number: int | None = Field(None, alias="파일 번호")
    name: str | None = Field(None, alias="파일 이름")


class PictureModel(_Strict):
    image_id: int = Field(alias="이미지 식별자")
    height: int = Field(alias="이미지 높이", ge=1)
    width: int = Field(alias="이미지 너비", ge=1)
    name: str | None = Field(None, alias="이미지 파일명")


class AnnotationModel(_Strict):
    picture: PictureModel = Field(alias="이미지 정보")
    dataset: DatasetModel = Field(alias="데이터셋 정보")


class BoxModel(_Strict):
    x1: float
    y1: float
    x2: float
    y2: float


class NoteModel(_Strict):
    code: str
    field: str
    detail: str


class RegionModel(_Strict):
    region_id: str
    part: str
    slot: str
    category: str | None = None
    attributes: dict[str, tuple[str, ...]] = {}
    box: BoxModel | None = None
    polygon: tuple[tuple[float, float], ...] = ()
    mask: None = None
    product_id: str | None = None
    item_id: str | None = None
    confidence: float = 1.0
    notes: tuple[NoteModel, ...] = ()


class RecordModel(_Strict):
    image_id: str
    source: str
    kind: Literal["photo", "look"] = "photo"
    photo: str | None = None
    width: int | None = None
    height: int | None = None
    styles: tuple[str, ...] = ()
    substyles: tuple[str, ...] = ()
    shoot: str | None = None
    original_name: str | None = None
    created: str | None = None
    regions: tuple[RegionModel, ...] = ()
    notes: tuple[NoteModel, ...] = ()


def read_annotation(raw: bytes) -> AnnotationModel:
    """Validated shape of the file, nothing more."""
    return AnnotationModel.model_validate(json.loads(raw))


def read_record(raw: bytes) -> RecordModel:
    """The record that `data.kfashion` makes of a sound file: ordered polygon, clipped box, canonical values."""
    annotation = read_annotation(raw)
    picture, dataset = annotation.picture, annotation.dataset
    regions = [region for part in SLOT_OF_PART for region in _regions(picture, part, dataset.description)]
    name = dataset.name or picture.name
    return RecordModel(
        image_id=str(picture.image_id),
        source="kfashion",
        width=picture.width,
        height=picture.height,
        styles=_styles("style", "스타일", dataset.description),
        substyles=_styles("substyle", "서브스타일", dataset.description),
        shoot=None if name is None else shoot_of(name),
        original_name=name,
        created=dataset.created,
        regions=tuple(regions),
    )


def _styles(field: str, key: str, description: DescriptionModel) -> tuple[str, ...]:
    return tuple(
        value for said in description.labels.get("스타일", []) if key in said for value in _values(field, said[key])
    )


def _regions(picture: PictureModel, part: str, description: DescriptionModel) -> list[RegionModel]:
    found: list[RegionModel] = []
    entries = zip(description.rects[part], description.polygons[part], description.labels[part], strict=True)
    for number, (rect, polygon, labels) in enumerate(entries):
        if rect.x is None and not polygon and not labels:
            continue
        points = _points(polygon)
        found.append(
            RegionModel(
                region_id=f"{picture.image_id}/{part}#{number}",
                part=part,
                slot=SLOT_OF_PART[part],
                category=_values("category", labels["카테고리"])[0] if "카테고리" in labels else None,
                attributes={name: _values(name, labels[key]) for key, name in ATTRIBUTES.items() if key in labels},
                box=_box(rect, picture),
                polygon=points,
            )
        )
    return found


def _box(rect: RectModel, picture: PictureModel) -> BoxModel | None:
    if rect.x is None or rect.y is None or rect.width is None or rect.height is None:
        return None
    if rect.width <= 0 or rect.height <= 0:
        return None
    x1, y1 = max(rect.x, 0.0), max(rect.y, 0.0)
    x2, y2 = min(rect.x + rect.width, picture.width), min(rect.y + rect.height, picture.height)
    return BoxModel(x1=x1, y1=y1, x2=x2, y2=y2) if x1 < x2 and y1 < y2 else None


def _values(name: str, given: str | list[str]) -> tuple[str, ...]:
    return tuple(canonical(name, value)[0] for value in ([given] if isinstance(given, str) else given))


def _points(polygon: dict[str, float]) -> tuple[tuple[float, float], ...]:
    axes: dict[str, dict[int, float]] = {"X": {}, "Y": {}}
    for key, value in polygon.items():
        parsed = _KEY.fullmatch(key)
        if parsed is not None:
            axes[parsed.group(1)][int(parsed.group(2))] = value
    return tuple((axes["X"][number], axes["Y"][number]) for number in sorted(axes["X"]))
