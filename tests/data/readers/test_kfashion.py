"""Every trap of K-Fashion's files, one at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.errors import SourceError
from data.kfashion import read_kfashion, shoot_of
from data.types import Box, ImageRecord, Problem

Annotation = Callable[..., dict[str, Any]]
Write = Callable[..., Path]


def read(path: Path, *images: Path) -> list[ImageRecord | Problem]:
    return list(read_kfashion([path], list(images)))


def only_record(path: Path) -> ImageRecord:
    (record,) = read(path)
    assert isinstance(record, ImageRecord), str(record)
    return record


def only_problem(path: Path) -> Problem:
    (problem,) = read(path)
    assert isinstance(problem, Problem)
    return problem


def test_a_plain_annotation_beside_its_photo(
    make_annotation: Annotation, write_label: Write, write_photo: Write
) -> None:
    label, photo = write_label(make_annotation()), write_photo("모던/7.JPG")
    record = only_record(label.parent)
    (shirt,) = record.regions
    assert (record.image_id, record.source, record.photo) == ("7", "kfashion", str(photo))
    assert (record.width, record.height, record.created) == (300, 400, "2020-10-05 11:22:33")
    assert (record.shoot, record.notes) == ("(5)", ())
    assert (shirt.region_id, shirt.slot, shirt.box) == ("7/상의#0", "top", Box(99.5, 49.5, 199.5, 249.5))
    assert shirt.polygon == ((100.0, 60.0), (200.0, 50.0), (150.5, 250.0))
    assert (shirt.category, shirt.attributes) == ("셔츠", {"colour": ("블랙",)})


def test_a_byte_order_mark_is_passed_over(make_annotation: Annotation, write_label: Write) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(make_annotation()).encode()
    assert only_record(write_label(content)).image_id == "7"


def test_escaped_keys_are_read_alike(make_annotation: Annotation, write_label: Write) -> None:
    plain = only_record(write_label(make_annotation(), folder="a").parent)
    escaped = only_record(write_label(json.dumps(make_annotation()).encode("ascii"), folder="b").parent)
    assert escaped.regions == plain.regions


@pytest.mark.parametrize(
    ("polygon", "reason"),
    [
        ({"X좌표1": 1, "Y좌표1": 1, "X좌표2": 2, "Y좌표2": 2}, "2 points"),
        ({"X좌표1": 1, "Y좌표1": 1, "X좌표2": 2, "Y좌표2": 2, "X좌표3": 3, "Y좌표4": 3}, "X좌표3 has no Y좌표3"),
        ({"X좌표1": 1, "Y좌표1": 1, "X좌표2": 2, "Y좌표2": 2, "Y좌표3": 3}, "Y좌표3 has no X좌표3"),
        ({"X좌표1": 1, "Y좌표1": 1, "X좌표2": 2, "Y좌표2": 2, "Z좌표3": 3, "Y좌표3": 3}, "'Z좌표3' is not"),
        ({"가로": 1, "세로": 1}, "'가로' is not"),
    ],
)
def test_a_polygon_that_cannot_be_paired_is_dropped(
    polygon: dict[str, float], reason: str, make_annotation: Annotation, write_label: Write
) -> None:
    (region,) = only_record(write_label(make_annotation(polygon=polygon))).regions
    (note,) = region.notes
    assert region.polygon == () and region.box == Box(99.5, 49.5, 199.5, 249.5)
    assert note.code == "polygon_dropped" and reason in note.detail


def test_polygon_numbers_may_have_gaps(make_annotation: Annotation, write_label: Write) -> None:
    polygon = {f"{axis}좌표{number}": number for number in (10, 2, 7) for axis in "YX"}
    (region,) = only_record(write_label(make_annotation(polygon=polygon))).regions
    assert region.polygon == ((2, 2), (7, 7), (10, 10)) and region.notes == ()


def test_polygons_of_any_length_and_keys_of_any_kind_are_read(make_annotation: Annotation, write_label: Write) -> None:
    corners = [(float(number), float(number % 7)) for number in range(1, 301)]
    polygon = {f"{axis}좌표{x:g}": at for x, y in reversed(corners) for axis, at in (("Y", y), ("X", x))}
    said = {"색상": "블랙", "계절": "여름", "소재": [], "디테일": ["단추", "단추"]}
    (region,) = only_record(write_label(make_annotation(polygon=polygon, said=said))).regions
    assert region.polygon == tuple(corners) and region.notes == ()
    assert region.attributes == {"colour": ("블랙",), "detail": ("단추",)}


@pytest.mark.parametrize(
    ("rect", "polygon", "box", "code"),
    [
        ({}, None, Box(100.0, 50.0, 200.0, 250.0), "box_from_polygon"),
        ({"X좌표": 5.0, "Y좌표": 5.0, "가로": 0, "세로": 9}, None, Box(100.0, 50.0, 200.0, 250.0), "box_from_polygon"),
        ({"X좌표": 5.0, "Y좌표": 5.0, "가로": -4, "세로": 9}, {}, None, "box_dropped"),
        ({"X좌표": 5.0, "가로": 4, "세로": 9}, {}, None, "box_dropped"),
        ({"X좌표": 900.0, "Y좌표": 5.0, "가로": 4, "세로": 9}, {}, None, "box_dropped"),
        ({"X좌표": -20.0, "Y좌표": 5.0, "가로": 40, "세로": 9}, {}, Box(0.0, 5.0, 20.0, 14.0), "box_clipped"),
        ({"X좌표": 1e300, "Y좌표": 5.0, "가로": 1e300, "세로": 9}, {}, None, "box_dropped"),
    ],
)
def test_boxes_are_mended_or_dropped(
    rect: dict[str, float],
    polygon: dict[str, float] | None,
    box: Box | None,
    code: str,
    make_annotation: Annotation,
    write_label: Write,
) -> None:
    changes = {"rect": rect} if polygon is None else {"rect": rect, "polygon": polygon}
    (region,) = only_record(write_label(make_annotation(**changes))).regions
    assert region.box == box
    assert [note.code for note in region.notes] == [code]


def test_a_box_past_the_edge_by_rounding_alone_is_clipped_in_silence(
    make_annotation: Annotation, write_label: Write
) -> None:
    rect = {"X좌표": -0.5, "Y좌표": 5.0, "가로": 40, "세로": 9}
    (region,) = only_record(write_label(make_annotation(rect=rect))).regions
    assert region.box == Box(0.0, 5.0, 39.5, 14.0) and region.notes == ()


def test_several_garments_of_a_part_and_an_unknown_part_are_kept(
    make_annotation: Annotation, write_label: Write
) -> None:
    document = make_annotation()
    sections = document["데이터셋 정보"]["데이터셋 상세설명"]
    sections["라벨링"]["상의"].append({"카테고리": "탑"})
    sections["렉트좌표"]["신발"] = [{"X좌표": 1.0, "Y좌표": 2.0, "가로": 30, "세로": 40}]
    record = only_record(write_label(document))
    assert [(region.region_id, region.slot) for region in record.regions] == [
        ("7/상의#0", "top"),
        ("7/상의#1", "top"),
        ("7/신발#0", "shoes"),
    ]


def bad(document: dict[str, Any], *path: str | int, value: object) -> dict[str, Any]:
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


DESCRIPTION = ("데이터셋 정보", "데이터셋 상세설명")


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [
        (("이미지 정보", "이미지 식별자"), "seven", "이미지 정보.이미지 식별자", "Expected `int`"),
        (("이미지 정보", "이미지 높이"), 0, "이미지 정보.이미지 높이", ">= 1"),
        (
            (*DESCRIPTION, "렉트좌표", "상의", 0, "가로"),
            "wide",
            "데이터셋 정보.데이터셋 상세설명.렉트좌표.상의[0].가로",
            "got `str`",
        ),
        (
            (*DESCRIPTION, "렉트좌표", "상의", 0, "X좌표"),
            float("nan"),
            "데이터셋 정보.데이터셋 상세설명.렉트좌표.상의[0].X좌표",
            "nan is no coordinate",
        ),
        (
            (*DESCRIPTION, "폴리곤좌표", "상의", 0, "Y좌표2"),
            float("inf"),
            "데이터셋 정보.데이터셋 상세설명.폴리곤좌표.상의[0].Y좌표2",
            "inf is no coordinate",
        ),
        (
            (*DESCRIPTION, "폴리곤좌표", "상의", 0, "X좌표3"),
            None,
            "데이터셋 정보.데이터셋 상세설명.폴리곤좌표.상의[0].X좌표3",
            "Expected `float`",
        ),
        (
            (*DESCRIPTION, "라벨링", "상의", 0, "색상"),
            5,
            "데이터셋 정보.데이터셋 상세설명.라벨링.상의[0].색상",
            "got `int`",
        ),
        ((*DESCRIPTION, "렉트좌표"), [], "데이터셋 정보.데이터셋 상세설명.렉트좌표", "Expected `object`"),
    ],
)
def test_wrong_values_are_set_aside_with_their_place(
    path: tuple[str | int, ...], value: object, field: str, reason: str, make_annotation: Annotation, write_label: Write
) -> None:
    label = write_label(bad(make_annotation(), *path, value=value))
    problem = only_problem(label)
    assert (problem.file, problem.field, problem.blocking) == (str(label), field, True)
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (b"", "file", "empty"),
        (b"  \n", "file", "empty"),
        (b"[1, 2]", "file", "Expected `object`"),
        (b'{"a":}', "byte 5", "malformed"),
        (b'{"a":tru', "byte 8", "cut off after byte 8"),
        ("{}".encode("utf-16"), "byte 0", "not UTF-8"),
        (b"[" * 100_000, "file", "nested too deeply"),
        ("".join(('{"a":' * 50_000, "1", "}" * 50_000)).encode(), "file", "nested too deeply"),
    ],
)
def test_files_that_are_no_annotation(content: bytes, field: str, reason: str, write_label: Write) -> None:
    problem = only_problem(write_label(content))
    assert problem.field == field
    assert reason in problem.reason


def test_good_records_go_through_beside_bad_ones(make_annotation: Annotation, write_label: Write) -> None:
    write_label(make_annotation(8), stem="8")
    write_label(b'{"half', stem="9")
    folder = write_label(make_annotation(10), stem="10").parent
    assert [type(result).__name__ for result in read(folder)] == ["ImageRecord", "ImageRecord", "Problem"]


def test_the_same_annotation_twice_counts_once(make_annotation: Annotation, write_label: Write) -> None:
    document = make_annotation()
    first = write_label(document, folder="a/모던")
    scrambled = json.loads(json.dumps(document))
    points = scrambled["데이터셋 정보"]["데이터셋 상세설명"]["폴리곤좌표"]["상의"][0]
    scrambled["데이터셋 정보"]["데이터셋 상세설명"]["폴리곤좌표"]["상의"][0] = dict(reversed(points.items()))
    write_label(scrambled, folder="b/모던")
    assert len(read(first.parents[2])) == 1


def test_one_number_with_two_contents_sets_the_later_aside(make_annotation: Annotation, write_label: Write) -> None:
    first = write_label(make_annotation(), folder="a/모던")
    later = write_label(make_annotation(said={"색상": "레드"}), folder="b/모던")
    record, problem = read(first.parents[2])
    assert isinstance(record, ImageRecord) and record.regions[0].attributes == {"colour": ("블랙",)}
    assert isinstance(problem, Problem) and problem.blocking
    assert (problem.file, problem.field, problem.record_id) == (str(later), "이미지 식별자", "7")
    assert str(first) in problem.reason


def test_numbers_that_disagree_are_noted(make_annotation: Annotation, write_label: Write) -> None:
    document = make_annotation()
    document["데이터셋 정보"]["파일 번호"] = 8
    notes = only_record(write_label(document, stem="9")).notes
    assert [(note.code, note.field) for note in notes[:2]] == [
        ("number_mismatch", "파일 번호"),
        ("number_mismatch", "file name"),
    ]


def test_photos_of_one_stem_are_told_apart_by_folder(
    make_annotation: Annotation, write_label: Write, write_photo: Write, tmp_path: Path
) -> None:
    write_label(make_annotation(1), stem="(3)IMG_1", folder="labels/모던")
    write_label(make_annotation(2), stem="(3)IMG_1", folder="labels/키치")
    write_photo("photos/키치/(3)IMG_1.jpg")
    write_photo("photos/모던/(3)IMG_1.jpeg")
    records = list(read_kfashion([tmp_path / "labels"], [tmp_path / "photos"]))
    found = [record.photo for record in records if isinstance(record, ImageRecord)]
    assert found == [str(tmp_path / "photos/모던/(3)IMG_1.jpeg"), str(tmp_path / "photos/키치/(3)IMG_1.jpg")]


def test_photos_need_not_be_opened(make_annotation: Annotation, write_label: Write, tmp_path: Path) -> None:
    label = write_label(make_annotation())
    (tmp_path / "모던/7.jpg").write_text("no photo")
    (record,) = read_kfashion([label.parent], check_photos=False)
    assert isinstance(record, ImageRecord) and record.photo is not None


def test_missing_and_empty_sources_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder or archive"):
        read_kfashion([tmp_path / "none"])
    with pytest.raises(SourceError, match="no annotation found"):
        list(read_kfashion([tmp_path]))


@pytest.mark.parametrize(
    ("name", "shoot"),
    [
        ("(116)IMG_1.jpg", "(116)"),
        ("(116)IMG_27.JPG", "(116)"),
        ("lily-0412_07.jpg", "lily-0412"),
        ("style/lily-0412_08.png", "lily-0412"),
        ("IMG_0012.jpg", None),
        ("12345.jpg", None),
        ("spring look.jpg", "spring look"),
    ],
)
def test_shoots(name: str, shoot: str | None) -> None:
    assert shoot_of(name) == shoot
