"""Annotations, archives and photos as readers meet them."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

SHARED = Path(__file__).parents[3].parent / "shared"


@pytest.fixture(scope="session")
def examples() -> Path:
    """The ten annotations in K-Fashion's format."""
    folder = SHARED / "kfashion_examples"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def real() -> Path:
    folder = Path(os.environ.get("RECSYS_REAL_DATA", SHARED / "real"))
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there; it holds third-party data that is never part of the product")
    return folder


def annotation(number: int = 7, **changes: Any) -> dict[str, Any]:
    """One garment (상의) in a photo of 300 x 400; ``rect``, ``polygon``, ``said`` and ``style`` replace its parts."""
    absent: dict[str, Any] = {"아우터": [{}], "하의": [{}], "원피스": [{}]}
    rect = changes.get("rect", {"X좌표": 99.5, "Y좌표": 49.5, "가로": 100, "세로": 200})
    polygon = changes.get(
        "polygon", {"Y좌표2": 50, "X좌표1": 100.0, "X좌표2": 200.0, "Y좌표3": 250, "X좌표3": 150.5, "Y좌표1": 60}
    )
    said = changes.get("said", {"카테고리": "셔츠", "색상": "블랙"})
    return {
        "이미지 정보": {
            "이미지 식별자": number,
            "이미지 높이": 400,
            "이미지 너비": 300,
            "이미지 파일명": "(5)IMG_2.jpg",
        },
        "데이터셋 정보": {
            "파일 생성일자": "2020-10-05 11:22:33",
            "데이터셋 상세설명": {
                "렉트좌표": {**absent, "상의": [rect]},
                "폴리곤좌표": {**absent, "상의": [polygon]},
                "라벨링": {"스타일": [changes.get("style", {"스타일": "모던"})], **absent, "상의": [said]},
            },
            "파일 번호": number,
            "파일 이름": "(5)IMG_2.jpg",
        },
    }


def encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture
def make_annotation() -> Callable[..., dict[str, Any]]:
    return annotation


@pytest.fixture
def write_label(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``<folder>/<stem>.json``; content is bytes, or a document."""

    def write(content: object, stem: str = "7", folder: str = "모던") -> Path:
        path = tmp_path / folder / f"{stem}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else encoded(content))
        return path

    return write


class Cp949Info(zipfile.ZipInfo):
    """A member named in cp949 without the flag that says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp949"), self.flag_bits & ~0x800


@pytest.fixture
def write_zip(tmp_path: Path) -> Callable[..., Path]:
    """Writes a zip with cp949 names; ``links`` are members that are symbolic links."""

    def write(members: dict[str, bytes], name: str = "labels.zip", links: tuple[str, ...] = ()) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in members.items():
                info = Cp949Info(member)
                info.compress_type = zipfile.ZIP_DEFLATED
                if member in links:
                    info.create_system, info.external_attr = 3, 0o120777 << 16
                archive.writestr(info, content)
        return path

    return write


@pytest.fixture
def write_photo(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str = "모던/7.jpg", size: tuple[int, int] = (300, 400)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (200, 30, 60)).save(path, format="PNG" if path.suffix == ".png" else "JPEG")
        return path

    return write


@pytest.fixture
def encode() -> Callable[[object], bytes]:
    return encoded
