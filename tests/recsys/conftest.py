"""A command run as a user runs it: arguments in; status, standard output and standard error out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recsys.cli.app import main
from recsys.workspace import Workspace


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("RECSYS_") and name != "RECSYS_REAL_DATA":
            monkeypatch.delenv(name)


@pytest.fixture
def recsys(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Ran(int(exit_.value.code), said.out, said.err)

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def workspace(shop: Path) -> Path:
    """An empty workspace."""
    Workspace.open(shop, create=True)
    return shop


@pytest.fixture
def real() -> Path:
    """Third-party data beside the checkout."""
    folder = Path(os.environ.get("RECSYS_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "real")
    if not folder.is_dir():
        pytest.skip(f"{folder}: no third-party data there")
    return folder


@pytest.fixture
def examples() -> Path:
    """Ten K-Fashion annotations made to hold every trap."""
    shared = os.environ.get("RECSYS_REAL_DATA")
    folder = (Path(shared) if shared else Path(__file__).resolve().parents[3] / "shared" / "real").parent
    if not (folder / "kfashion_examples").is_dir():
        pytest.skip(f"{folder}/kfashion_examples: not there")
    return folder / "kfashion_examples"


def annotation(
    number: int, *, style: str = "모던", colour: str = "블랙", name: str = "(1)SHOP_1.jpg"
) -> dict[str, Any]:
    """One K-Fashion annotation of a dress shirt over trousers."""
    box = [{"X좌표": 10.0, "Y좌표": 10.0, "가로": 40, "세로": 60}]
    low = [{"X좌표": 10.0, "Y좌표": 80.0, "가로": 40, "세로": 100}]
    empty: list[dict[str, Any]] = [{}]
    return {
        "이미지 정보": {"이미지 식별자": number, "이미지 높이": 200, "이미지 너비": 100, "이미지 파일명": name},
        "데이터셋 정보": {
            "파일 생성일자": "2020-11-19 10:00:00",
            "데이터셋 상세설명": {
                "렉트좌표": {"아우터": empty, "하의": low, "원피스": empty, "상의": box},
                "폴리곤좌표": {"아우터": empty, "하의": empty, "원피스": empty, "상의": empty},
                "라벨링": {
                    "스타일": [{"스타일": style}],
                    "아우터": empty,
                    "하의": [{"카테고리": "팬츠", "색상": colour}],
                    "원피스": empty,
                    "상의": [{"카테고리": "블라우스", "색상": colour}],
                },
            },
            "파일 번호": number,
            "파일 이름": name,
        },
    }


def write_annotation(folder: Path, number: int, **changes: Any) -> Path:
    """Write one annotation with a plain photo beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{number}.json"
    file.write_text(json.dumps(annotation(number, **changes), ensure_ascii=False), encoding="utf-8")
    picture = np.random.default_rng(number).integers(0, 255, size=(200, 100, 3), dtype=np.uint8)
    Image.fromarray(picture).save(folder / f"{number}.jpg")
    return file


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six annotated photos of two shoots in one folder."""
    folder = tmp_path / "kfashion" / "모던"
    for number in range(1, 7):
        write_annotation(folder, number, name=f"({number // 4})SHOP{number // 4}_{number}.jpg")
    return folder.parent


@pytest.fixture
def add_photo() -> Callable[..., Path]:
    return write_annotation
