"""One annotation file as its JSON spells it, decoded and validated in one pass."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

Pixels = Annotated[int, Meta(ge=1)]
Polygon = dict[str, float]
"""``{"Y3": 560.4, "X1": 206.3, ...}``: the keys carry the order, the file does not."""

LabelValue = str | list[str] | None
Labels = dict[str, LabelValue]


class Rect(Struct, frozen=True, gc=False):
    """A box by its corner and size; ``{}`` where there is none."""

    x: float | None = field(name="X좌표", default=None)
    y: float | None = field(name="Y좌표", default=None)
    width: float | None = field(name="가로", default=None)
    height: float | None = field(name="세로", default=None)

    @property
    def is_empty(self) -> bool:
        return self.x is None and self.y is None and self.width is None and self.height is None


NO_RECT = Rect()


class Description(Struct, frozen=True):
    """What was drawn and said about each region; the labels of 스타일 stand among those of the regions.

    A polygon stays as its bytes until `decode_polygon`.
    """

    rects: dict[str, list[Rect]] = field(name="렉트좌표")
    polygons: dict[str, list[msgspec.Raw]] = field(name="폴리곤좌표")
    labels: dict[str, list[Labels]] = field(name="라벨링")
    number: int | None = field(name="파일 번호", default=None)
    name: str | None = field(name="파일 이름", default=None)


class Dataset(Struct, frozen=True):
    """The description and where the file came from."""

    description: Description = field(name="데이터셋 상세설명")
    created: str | None = field(name="파일 생성일자", default=None)
    number: int | None = field(name="파일 번호", default=None)
    name: str | None = field(name="파일 이름", default=None)


class Picture(Struct, frozen=True, gc=False):
    """Identity and size of the photo."""

    image_id: int = field(name="이미지 식별자")
    height: Pixels = field(name="이미지 높이")
    width: Pixels = field(name="이미지 너비")
    name: str | None = field(name="이미지 파일명", default=None)


class Annotation(Struct, frozen=True):
    """A whole file. Number and original name may stand at three depths, as files and published example disagree."""

    picture: Picture = field(name="이미지 정보")
    dataset: Dataset = field(name="데이터셋 정보")
    outer_number: int | None = field(name="파일 번호", default=None)
    outer_name: str | None = field(name="파일 이름", default=None)

    @property
    def number(self) -> int | None:
        for number in (self.dataset.number, self.outer_number, self.dataset.description.number):
            if number is not None:
                return number
        return None

    @property
    def original_name(self) -> str | None:
        return self.dataset.name or self.outer_name or self.dataset.description.name or self.picture.name


decode = msgspec.json.Decoder(Annotation).decode
"""Bytes of a file to an `Annotation`; raises msgspec.DecodeError, which `data.kfashion.diagnosis` explains."""

_COORDINATE = "좌표".encode()
_decode_points = msgspec.json.Decoder(Polygon).decode


def decode_polygon(raw: msgspec.Raw) -> Polygon:
    """A polygon of an `Annotation`, its keys less 좌표; raises msgspec.DecodeError where a value is no number.

    Deleting the six bytes of 좌표 leaves ASCII keys, which decode in half the time: a file holds a hundred. A polygon
    whose keys are spelled otherwise (escaped, say) takes the slower way.
    """
    text = bytes(raw)
    if text == b"{}":
        return {}
    short = text.translate(None, _COORDINATE)
    if short.isascii() and b"\\" not in short:
        return _decode_points(short)
    return {key.replace("좌표", ""): value for key, value in _decode_points(text).items()}
