"""Planted oddities: each is there, is written down, and is what its code says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError

from data.sample import SampleSettings, SampleTruth, render_sample
from data.sample.traps import FAULTS, TRAPS


def _inside(records: dict[str, Any], image_id: str) -> dict[str, Any]:
    inside: dict[str, Any] = records[image_id]["데이터셋 정보"]["데이터셋 상세설명"]
    return inside


def test_every_trap_is_planted_and_counted(sample: SampleTruth) -> None:
    assert set(sample.manifest.traps) == set(TRAPS)
    assert sample.manifest.traps == Counter(p.code for p in sample.planted)
    assert sample.manifest.faults == {}
    assert max(Counter(p.image_id for p in sample.planted).values()) == 1


def test_region_traps_are_what_they_say(sample: SampleTruth, records: dict[str, Any]) -> None:
    for planted in sample.planted:
        if planted.region_id is None:
            continue
        part = planted.region_id.split("/")[1].split("#")[0]
        inside = _inside(records, planted.image_id)
        box, polygon = inside["렉트좌표"][part][0], inside["폴리곤좌표"][part][0]
        width = sample.images[planted.image_id].width
        holds = {
            "zero_area_box": lambda box=box: box["가로"] == box["세로"] == 0,
            "box_past_edge": lambda box=box, width=width: box["X좌표"] + box["가로"] > width,
            "box_without_polygon": lambda box=box, polygon=polygon: polygon == {} and box["가로"] > 0,
            "polygon_without_box": lambda box=box, polygon=polygon: box == {} and len(polygon) >= 12,
            "unpaired_point": lambda polygon=polygon: len(polygon) % 2 == 1,
            "unknown_value": lambda inside=inside, part=part: inside["라벨링"][part][0]["소재"] == ["달빛섬유"],
        }
        assert holds[planted.code](), planted


def test_record_traps_are_what_they_say(sample: SampleTruth, records: dict[str, Any]) -> None:
    by_code = {p.code: p.image_id for p in sample.planted}
    empty = _inside(records, by_code["no_garment"])
    assert all(empty[section][part] == [{}] for section in empty for part in ("아우터", "하의", "원피스", "상의"))
    assert not any(r.image_id == by_code["no_garment"] for r in sample.regions.values())
    assert _inside(records, by_code["no_style"])["라벨링"]["스타일"] == [{}]
    assert sample.images[by_code["no_style"]].photo.split("/")[2] == "기타"
    assert "파일 번호" in records[by_code["specification_layout"]]
    assert sample.images[by_code["upper_case_file"]].photo.endswith(".JPG")
    assert records[by_code["upper_case_name"]]["데이터셋 정보"]["파일 이름"].endswith(".JPG")
    names = Counter(record["이미지 정보"]["이미지 파일명"].lower() for record in records.values())
    assert names.most_common(1)[0][1] == 2


def test_traps_can_be_left_out(tmp_path: Path) -> None:
    truth = render_sample(
        tmp_path / "s", SampleSettings(images=6, items=36, traps=False, valid_outfits=0, test_outfits=0)
    )
    assert truth.planted == ()
    assert truth.manifest.traps == {}


def test_faults_damage_exactly_the_files_that_truth_names(tmp_path: Path) -> None:
    settings = SampleSettings(images=16, items=36, faults=True, traps=False, valid_outfits=0, test_outfits=0)
    truth = render_sample(tmp_path / "s", settings)
    assert truth.manifest.faults == dict.fromkeys(sorted(FAULTS), 1)
    damaged = {p.code: truth.images[p.image_id] for p in truth.planted}
    bad_labels, bad_photos = set(), set()
    for image in truth.images.values():
        try:
            record = json.loads((truth.root / image.label).read_text("utf-8"), parse_constant=_refuse)
            if not isinstance(record["이미지 정보"]["이미지 높이"], int):
                bad_labels.add(image.image_id)
        except ValueError:
            bad_labels.add(image.image_id)
        try:
            with Image.open(truth.root / image.photo) as photo:
                photo.load()
        except (UnidentifiedImageError, OSError):
            bad_photos.add(image.image_id)
    assert bad_labels == {damaged[c].image_id for c in ("truncated_annotation", "wrong_type", "nan_box")}
    assert bad_photos == {damaged[c].image_id for c in ("text_photo", "truncated_photo", "missing_photo")}


def _refuse(constant: str) -> float:
    raise ValueError(constant)


@pytest.mark.parametrize(("rate", "low", "high"), [(0.0, 0.0, 0.0), (0.5, 0.3, 0.7), (1.0, 1.0, 1.0)])
def test_categories_are_left_out_at_the_rate_asked_for(tmp_path: Path, rate: float, low: float, high: float) -> None:
    settings = SampleSettings(images=30, items=36, traps=False, missing_category=rate, valid_outfits=0, test_outfits=0)
    truth = render_sample(tmp_path / "s", settings)
    told = [
        "카테고리" in garment
        for image in truth.images.values()
        for part, (garment,) in json.loads((truth.root / image.label).read_text("utf-8"))["데이터셋 정보"][
            "데이터셋 상세설명"
        ]["라벨링"].items()
        if part != "스타일" and garment
    ]
    assert low <= 1 - sum(told) / len(told) <= high
