"""Oddities of real annotations, planted on purpose: traps that an import mends, faults that it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from data.sample.annotate import PARTS, Json, described


class Planted(Struct, frozen=True, kw_only=True):
    """One oddity: its code, the image, the region it concerns (None: the record) and what was done."""

    code: str
    image_id: str
    region_id: str | None = None
    detail: str = ""


class Draft(Struct, kw_only=True):
    """An annotation about to be written. ``suffix`` is the photo's own ending, ``folder`` its style folder."""

    image_id: str
    record: Json
    folder: str
    suffix: str = ".jpg"
    spare: bool = False
    planted: list[Planted] = []


def _zero_box(draft: Draft, part: str) -> str:
    box = described(draft.record)["렉트좌표"][part][0]
    box["가로"] = box["세로"] = 0
    return "box without area, polygon good"


def _past_edge(draft: Draft, part: str) -> str:
    box = described(draft.record)["렉트좌표"][part][0]
    box["가로"] = draft.record["이미지 정보"]["이미지 너비"] - int(box["X좌표"]) + 12
    return "box ends past the right edge"


def _no_polygon(draft: Draft, part: str) -> str:
    described(draft.record)["폴리곤좌표"][part] = [{}]
    return "box without polygon"


def _no_box(draft: Draft, part: str) -> str:
    described(draft.record)["렉트좌표"][part] = [{}]
    return "polygon without box"


def _unpaired(draft: Draft, part: str) -> str:
    polygon = described(draft.record)["폴리곤좌표"][part][0]
    number = len(polygon) // 2 + 1
    polygon[f"X좌표{number}"] = 123.4
    return f"X좌표{number} without Y좌표{number}"


def _unknown_material(draft: Draft, part: str) -> str:
    described(draft.record)["라벨링"][part][0]["소재"] = ["달빛섬유"]
    return "material 달빛섬유 is in no vocabulary"


def _no_style(draft: Draft) -> str:
    described(draft.record)["라벨링"]["스타일"] = [{}]
    draft.folder = "기타"
    return "no style, folder 기타"


def _no_garment(draft: Draft) -> str:
    for section in described(draft.record).values():
        for part in PARTS:
            section[part] = [{}]
    return _no_style(draft)


def _specification_layout(draft: Draft) -> str:
    description = draft.record["데이터셋 정보"]
    for key in ("파일 번호", "파일 이름"):
        draft.record[key] = description.pop(key)
    return "number and name closed outside the description"


def _upper_name(draft: Draft) -> str:
    information = draft.record["이미지 정보"]
    name = information["이미지 파일명"].replace(".jpg", ".JPG")
    information["이미지 파일명"] = draft.record["데이터셋 정보"]["파일 이름"] = name
    return f"original name {name}"


def _upper_file(draft: Draft) -> str:
    draft.suffix = ".JPG"
    return "photo stored as .JPG"


_REGION_TRAPS: Final[dict[str, tuple[float, Callable[[Draft, str], str]]]] = {
    "zero_area_box": (0.01, _zero_box),
    "box_past_edge": (0.01, _past_edge),
    "box_without_polygon": (0.01, _no_polygon),
    "polygon_without_box": (0.01, _no_box),
    "unpaired_point": (0.005, _unpaired),
    "unknown_value": (0.003, _unknown_material),
}
_RECORD_TRAPS: Final[dict[str, tuple[float, Callable[[Draft], str]]]] = {
    "no_garment": (0.006, _no_garment),
    "no_style": (0.008, _no_style),
    "specification_layout": (0.01, _specification_layout),
    "upper_case_name": (0.06, _upper_name),
    "upper_case_file": (0.01, _upper_file),
}
REPEATED_NAME: Final = "repeated_name"
TRAPS: Final = (*_REGION_TRAPS, *_RECORD_TRAPS, REPEATED_NAME)
"""Codes of all traps."""

_SMALLEST_SET = 12


def plant_traps(drafts: Sequence[Draft], rng: np.random.Generator) -> None:
    """Plant each trap in its share of the images (at least one), no two in one image.

    ``no_garment`` takes only images whose outfit is photographed once more (``spare``). A set of fewer than 12 images
    holds fewer kinds of trap: those that come first.
    """
    free = [drafts[int(k)] for k in rng.permutation(len(drafts))]
    for code in ("no_garment", *(c for c in TRAPS if c != "no_garment")):
        share = _share(code)
        for _ in range(max(1, round(share * len(drafts)))):
            chosen = next((d for d in free if d.spare or code != "no_garment"), None)
            if chosen is None or (len(drafts) < _SMALLEST_SET and len(free) < 2):
                break
            free.remove(chosen)
            _plant(code, chosen, drafts, rng)


def _share(code: str) -> float:
    if code in _REGION_TRAPS:
        return _REGION_TRAPS[code][0]
    return _RECORD_TRAPS[code][0] if code in _RECORD_TRAPS else 0.005


def _plant(code: str, draft: Draft, drafts: Sequence[Draft], rng: np.random.Generator) -> None:
    region_id = None
    if code in _REGION_TRAPS:
        parts = [p for p in PARTS if described(draft.record)["라벨링"][p] != [{}]]
        part = parts[int(rng.integers(len(parts)))]
        region_id = f"{draft.image_id}/{part}#0"
        detail = _REGION_TRAPS[code][1](draft, part)
    elif code in _RECORD_TRAPS:
        detail = _RECORD_TRAPS[code][1](draft)
    else:
        other = drafts[int(rng.integers(len(drafts)))]
        name = other.record["이미지 정보"]["이미지 파일명"]
        draft.record["이미지 정보"]["이미지 파일명"] = name
        draft.record["데이터셋 정보"]["파일 이름"] = name
        detail = f"original name {name}, as image {other.image_id}"
    draft.planted = [*draft.planted, Planted(code=code, image_id=draft.image_id, region_id=region_id, detail=detail)]


FAULTS: Final = ("truncated_annotation", "text_photo", "truncated_photo", "missing_photo", "wrong_type", "nan_box")
"""Codes of all faults."""


def plant_faults(files: Sequence[tuple[str, Path, Path]], rng: np.random.Generator) -> list[Planted]:
    """Damage one written annotation or photo for each kind of fault; ``files`` are image id, annotation and photo."""
    order = [files[int(k)] for k in rng.permutation(len(files))]
    planted = []
    for code, (image_id, label, photo) in zip(FAULTS, order, strict=False):
        detail = _damage(code, label, photo)
        planted.append(Planted(code=code, image_id=image_id, detail=detail))
    return planted


def _damage(code: str, label: Path, photo: Path) -> str:
    if code == "truncated_annotation":
        text = label.read_bytes()
        label.write_bytes(text[: len(text) * 2 // 3])
        return f"{label.name} cut after {len(text) * 2 // 3} bytes"
    if code == "text_photo":
        photo.write_bytes(b"this is no picture\n")
        return f"{photo.name} is text"
    if code == "truncated_photo":
        content = photo.read_bytes()
        photo.write_bytes(content[: len(content) // 2])
        return f"{photo.name} cut after {len(content) // 2} bytes"
    if code == "missing_photo":
        photo.unlink()
        return f"{photo.name} is not there"
    text_ = label.read_text("utf-8")
    old, new = (
        ('"이미지 높이":', '"이미지 높이":"tall","was":')
        if code == "wrong_type"
        else ('"X좌표":', '"X좌표":NaN,"was":')
    )
    label.write_text(text_.replace(old, new, 1), "utf-8")
    return f"{label.name}: {new.split(',')[0]}"
