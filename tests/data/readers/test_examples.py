"""The ten examples, each as its own README says, from the folder and out of a zip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from data.kfashion import read_kfashion, unknown_values
from data.types import Box, ImageRecord, Problem


@pytest.fixture(params=["folder", "zip"])
def results(
    request: pytest.FixtureRequest, examples: Path, write_zip: Callable[..., Path]
) -> list[ImageRecord | Problem]:
    source = examples
    if request.param == "zip":
        files = sorted(path for path in examples.rglob("*") if path.is_file())
        source = write_zip({path.relative_to(examples).as_posix(): path.read_bytes() for path in files})
    return list(read_kfashion([source]))


@pytest.fixture
def images(results: list[ImageRecord | Problem]) -> dict[str, ImageRecord]:
    return {result.image_id: result for result in results if isinstance(result, ImageRecord)}


@pytest.fixture
def problems(results: list[ImageRecord | Problem]) -> list[Problem]:
    return [result for result in results if isinstance(result, Problem)]


def codes(record: ImageRecord) -> list[str]:
    return [note.code for region in record.regions for note in region.notes] + [note.code for note in record.notes]


def test_all_ten_give_nine_images_eleven_garments_and_two_in_quarantine(
    images: dict[str, ImageRecord], problems: list[Problem]
) -> None:
    assert len(images) == 9
    assert sum(len(image.regions) for image in images.values()) == 11
    assert len(problems) == 2


def test_900001_polygons_are_put_in_order(images: dict[str, ImageRecord]) -> None:
    top, bottom = images["900001"].regions
    assert (top.part, top.slot, top.category, len(top.polygon)) == ("상의", "top", "블라우스", 6)
    assert (bottom.part, bottom.slot, bottom.category, len(bottom.polygon)) == ("하의", "bottom", "스커트", 4)
    assert bottom.polygon == ((206.3, 360.2), (336.1, 358.7), (360.9, 560.4), (188.2, 566.6))
    assert top.polygon[0] == (210.5, 180.2) and top.polygon[-1] == (190.7, 298.4)
    assert images["900001"].styles == ("모던",)
    assert images["900001"].substyles == ("소피스트케이티드",)
    assert images["900001"].photo is not None and codes(images["900001"]) == []


def test_900002_number_and_name_outside_and_spelling(images: dict[str, ImageRecord]) -> None:
    record = images["900002"]
    (coat,) = record.regions
    assert record.original_name == "(2)IMG_7.JPG"
    assert coat.attributes["material"] == ("울/캐시미어",)
    assert coat.attributes["collar"] == ("테일러드칼라",)


def test_900003_has_no_garment_and_no_style(images: dict[str, ImageRecord]) -> None:
    record = images["900003"]
    assert record.regions == () and record.styles == () and record.notes == ()


def test_900004_boxes_are_mended_and_it_is_not_900001(images: dict[str, ImageRecord]) -> None:
    top, bottom = images["900004"].regions
    assert top.box == Box(190.7, 176.9, 352.0, 365.0)
    assert [note.code for note in top.notes] == ["box_from_polygon"]
    assert bottom.box == Box(480.5, 700.5, 560.0, 800.0)
    assert [note.code for note in bottom.notes] == ["box_clipped"]
    assert images["900004"].original_name == images["900001"].original_name


def test_900005_unpaired_polygon_is_dropped_and_the_box_kept(images: dict[str, ImageRecord]) -> None:
    (trousers,) = images["900005"].regions
    assert trousers.polygon == ()
    assert trousers.box == Box(187.7, 358.2, 187.7 + 172, 358.2 + 207)
    (note,) = trousers.notes
    assert note.code == "polygon_dropped" and "X좌표5 has no Y좌표5" in note.detail


def test_900006_variants_are_canonical_and_the_unknown_value_is_counted(images: dict[str, ImageRecord]) -> None:
    record = images["900006"]
    top, bottom = record.regions
    assert record.styles == ("키치",)
    assert bottom.category == "래깅스"
    assert top.attributes["print"] == ("하운즈 투스",)
    assert top.attributes["detail"] == ("니트꽈베기",)
    assert top.attributes["neckline"] == ("홀터넥",)
    assert top.attributes["material"] == ("달빛섬유",)
    assert unknown_values(record) == [("material", "달빛섬유")]


def test_900007_is_set_aside_with_file_and_position(problems: list[Problem], images: dict[str, ImageRecord]) -> None:
    (problem,) = [problem for problem in problems if problem.blocking]
    assert problem.file.endswith("스트리트/900007.json")
    assert problem.field == "byte 477" and "cut off" in problem.reason
    assert problem.raw.startswith('{"이미지 정보"')
    assert "900007" not in images


def test_900008_keeps_its_labels_without_a_photo(images: dict[str, ImageRecord]) -> None:
    record = images["900008"]
    assert record.photo is None and len(record.regions) == 1
    assert [note.code for note in record.notes] == ["photo_missing"]


def test_900009_mismatch_is_told_and_nothing_scaled(images: dict[str, ImageRecord]) -> None:
    record = images["900009"]
    (note,) = record.notes
    assert note.code == "size_mismatch" and "560 x 800" in note.detail and "400 x 500" in note.detail
    assert (record.width, record.height) == (560, 800)
    assert record.regions[0].box == Box(187.7, 358.2, 187.7 + 172, 358.2 + 207)


def test_900010_photo_is_set_aside_and_its_labels_kept(problems: list[Problem], images: dict[str, ImageRecord]) -> None:
    (problem,) = [problem for problem in problems if not problem.blocking]
    assert problem.file.endswith("로맨틱/900010.jpg") and "not a picture" in problem.reason
    assert problem.record_id == "900010"
    record = images["900010"]
    assert record.photo is None and len(record.regions) == 1
    assert [note.code for note in record.notes] == ["photo_unreadable"]


def test_unknown_values_over_all(images: dict[str, ImageRecord]) -> None:
    counts = Counter(pair for record in images.values() for pair in unknown_values(record))
    assert counts == {("material", "달빛섬유"): 1, ("colour", "카멜"): 1}
