"""Clothing Co-Parsing: a small folder made here, and the real one where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.ccp import read_ccp
from data.errors import SourceError
from data.regions import region_mask
from data.taxonomy import SLOTS
from data.types import Box, ImageRecord, MaskRef, Problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One photo of 30 x 40 with skin, a shirt, and a ring of 4 pixels."""
    for name in ("photos", "masks"):
        (tmp_path / name).mkdir()
    (tmp_path / "labels.txt").write_text("null\nskin\nshirt\nring\n")
    labels = np.zeros((40, 30), dtype=np.uint8)
    labels[0:5] = 1
    labels[10:30, 4:16] = 2
    labels[32:34, 20:22] = 3
    Image.fromarray(labels).save(tmp_path / "masks" / "0001.png")
    Image.new("RGB", (30, 40)).save(tmp_path / "photos" / "0001.jpg")
    return tmp_path


def test_a_label_is_a_region_with_box_and_mask(folder: Path) -> None:
    (record,) = read_ccp(folder)
    assert isinstance(record, ImageRecord)
    assert (record.image_id, record.width, record.height, record.notes) == ("ccp:0001", 30, 40, ())
    assert record.photo == str(folder / "photos" / "0001.jpg")
    (shirt,) = record.regions
    assert (shirt.region_id, shirt.part, shirt.slot, shirt.category) == ("ccp:0001/shirt#0", "shirt", "top", "shirt")
    assert shirt.box == Box(4, 10, 16, 30) and shirt.product_id is None and shirt.item_id is None
    assert shirt.mask == MaskRef(str(folder / "masks" / "0001.png"), 2)
    assert region_mask(shirt, (30, 40)).sum() == 12 * 20


def test_small_labels_count_when_asked(folder: Path) -> None:
    (record,) = read_ccp(folder, min_pixels=4)
    assert isinstance(record, ImageRecord)
    assert [(region.category, region.box) for region in record.regions] == [
        ("shirt", Box(4, 10, 16, 30)),
        ("ring", Box(20, 32, 22, 34)),
    ]


def test_what_is_missing_or_bad_is_told(folder: Path) -> None:
    Image.new("RGB", (30, 40)).save(folder / "photos" / "0002.jpg")
    Image.new("L", (30, 40), 2).save(folder / "masks" / "0003.png")
    (folder / "photos" / "0004.jpg").write_text("text")
    Image.new("L", (30, 40), 9).save(folder / "masks" / "0004.png")
    Image.new("RGB", (20, 40)).save(folder / "photos" / "0005.jpg")
    Image.new("L", (30, 40), 2).save(folder / "masks" / "0005.png")
    (folder / "masks" / "0006.png").write_bytes((folder / "masks" / "0001.png").read_bytes()[:60])
    results = list(read_ccp(folder))
    records = {result.image_id: result for result in results if isinstance(result, ImageRecord)}
    told = [(result.record_id, result.field, result.blocking) for result in results if isinstance(result, Problem)]
    assert sorted(records) == ["ccp:0001", "ccp:0003", "ccp:0004"]
    assert told == [
        ("ccp:0002", "mask", True),
        ("ccp:0004", "photo", False),
        ("ccp:0005", "mask", True),
        ("ccp:0006", "mask", True),
    ]
    assert [note.code for note in records["ccp:0003"].notes] == ["photo_missing"]
    assert [note.code for note in records["ccp:0004"].notes] == ["photo_unreadable", "label_unknown"]


def test_a_folder_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"labels\.txt: not found"):
        read_ccp(tmp_path)


@pytest.mark.real
def test_the_real_photos(real: Path) -> None:
    results = list(read_ccp(real / "ccp"))
    records = [result for result in results if isinstance(result, ImageRecord)]
    assert len(records) == len(results) == 850
    regions = [region for record in records for region in record.regions]
    assert 4 < len(regions) / 850 < 7
    assert {region.slot for region in regions} <= {*SLOTS, "underwear"}
