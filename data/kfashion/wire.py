"""One annotation file as its JSON spells it, decoded and validated in one pass."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from data.taxonomy import SLOT_OF_PART

PARTS = tuple(SLOT_OF_PART)
"""The four regions, in the order in which their garments are told."""

STYLE, SUBSTYLE, CATEGORY = "스타일", "서브스타일", "카테고리"
ATTRIBUTES = MappingProxyType(
    {
        "기장": "length",
        "색상": "colour",
        "서브색상": "sub_colour",
        "디테일": "detail",
        "옷깃": "collar",
        "소매기장": "sleeve",
        "소재": "material",
        "프린트": "print",
        "넥라인": "neckline",
        "핏": "fit",
    }
)
"""Attribute keys of a garment and our names for them."""

_MOST_CORNERS = 100
CORNER_KEYS = tuple(f"{axis}좌표{number}" for number in range(1, _MOST_CORNERS + 1) for axis in "XY")
"""``X좌표1, Y좌표1, X좌표2, ...``: a polygon's keys in the order of its corners; known files have 65 at most."""

if TYPE_CHECKING:
    UsualKey = str
else:
    UsualKey = Literal[(*PARTS, STYLE, SUBSTYLE, CATEGORY, *ATTRIBUTES, *CORNER_KEYS)]

Key = TypeVar("Key", bound=str)
Pixels = Annotated[int, Meta(ge=1)]
Polygon = dict[Key, float]
"""``{"Y좌표3": 560.4, "X좌표1": 206.3, ...}``: the keys carry the order, the file does not."""

LabelValue = str | tuple[str, ...] | None
Labels = dict[Key, LabelValue]


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


class Description(Struct, Generic[Key], frozen=True):
    """What was drawn and said about each region; the labels of 스타일 stand among those of the regions."""

    rects: dict[Key, list[Rect]] = field(name="렉트좌표")
    polygons: dict[Key, list[Polygon[Key]]] = field(name="폴리곤좌표")
    labels: dict[Key, list[Labels[Key]]] = field(name="라벨링")
    number: int | None = field(name="파일 번호", default=None)
    name: str | None = field(name="파일 이름", default=None)


class Dataset(Struct, Generic[Key], frozen=True):
    """The description and where the file came from."""

    description: Description[Key] = field(name="데이터셋 상세설명")
    created: str | None = field(name="파일 생성일자", default=None)
    number: int | None = field(name="파일 번호", default=None)
    name: str | None = field(name="파일 이름", default=None)


class Picture(Struct, frozen=True, gc=False):
    """Identity and size of the photo."""

    image_id: int = field(name="이미지 식별자")
    height: Pixels = field(name="이미지 높이")
    width: Pixels = field(name="이미지 너비")
    name: str | None = field(name="이미지 파일명", default=None)


class Annotation(Struct, Generic[Key], frozen=True):
    """A whole file. Number and original name may stand at three depths, as files and published example disagree."""

    picture: Picture = field(name="이미지 정보")
    dataset: Dataset[Key] = field(name="데이터셋 정보")
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


_decode_usual = msgspec.json.Decoder(Annotation[UsualKey]).decode
_decode_any = msgspec.json.Decoder(Annotation[str]).decode


def decode(raw: bytes) -> Annotation[str]:
    """Bytes of a file to an `Annotation`; raises msgspec.DecodeError, which `data.kfashion.diagnosis` explains.

    Nearly all of a file is keys, and nearly all keys are of a few hundred: msgspec knows those by their bytes and hands
    out one string for each, in three fifths of the time. A file with any other key is decoded a second time, with
    any keys.
    """
    try:
        return _decode_usual(raw)
    except msgspec.ValidationError:
        return _decode_any(raw)
