"""Rendering: determinism, atomicity, agreement of files with truth."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw

from data.sample import SampleError, SampleSettings, SampleTruth, load_truth, render_sample
from data.sample.palette import colour_distance

SMALL = SampleSettings(images=10, items=36, seed=5, valid_outfits=3, test_outfits=3)
DETAILS = "데이터셋 상세설명"


def test_same_seed_same_bytes_and_other_seed_other_pictures(tmp_path: Path, read_tree: Any) -> None:
    render_sample(tmp_path / "a", SMALL)
    render_sample(tmp_path / "b", SMALL)
    other = render_sample(tmp_path / "c", msgspec.structs.replace(SMALL, seed=6))
    a, b = read_tree(tmp_path / "a"), read_tree(tmp_path / "b")
    assert a == b
    photos = {Path(name).name: content for name, content in a.items() if "원천데이터" in name}
    assert len(photos) == SMALL.images
    assert not set(photos.values()) & {(other.root / i.photo).read_bytes() for i in other.images.values()}


def test_truth_survives_the_disk(sample: SampleTruth) -> None:
    again = load_truth(sample.root)
    assert again.items == sample.items
    assert again.regions == sample.regions
    assert again.images == sample.images
    assert again.outfits == sample.outfits
    assert again.manifest == sample.manifest
    assert again.planted == sample.planted


def test_photos_have_the_size_that_truth_and_annotation_say(sample: SampleTruth, records: dict[str, Any]) -> None:
    assert len(sample.images) == sample.manifest.settings.images
    for image in sample.images.values():
        with Image.open(sample.root / image.photo) as photo:
            assert photo.format == "JPEG"
            assert photo.size == (image.width, image.height)
            assert 72 <= photo.info["dpi"][0] <= 300
        assert all(300 <= side <= 800 for side in (image.width, image.height))
        said = records[image.image_id]["이미지 정보"]
        assert (said["이미지 너비"], said["이미지 높이"]) == (image.width, image.height)
        assert str(said["이미지 식별자"]) == image.image_id == Path(image.photo).stem == Path(image.label).stem


def test_boxes_and_polygons_are_the_true_ones_where_nothing_is_planted(
    sample: SampleTruth, records: dict[str, Any]
) -> None:
    odd = {p.image_id for p in sample.planted}
    compared = 0
    for region in sample.regions.values():
        if region.image_id in odd:
            continue
        part = region.region_id.split("/")[1].split("#")[0]
        said = records[region.image_id]["데이터셋 정보"][DETAILS]
        polygon = said["폴리곤좌표"][part][0]
        corners = [(polygon[f"X좌표{n}"], polygon[f"Y좌표{n}"]) for n in range(1, len(polygon) // 2 + 1)]
        assert corners == [tuple(corner) for corner in region.polygon]
        assert 6 <= len(corners) <= 65
        x1, y1, x2, y2 = region.box
        box = said["렉트좌표"][part][0]
        assert box["X좌표"] == pytest.approx(x1 - 0.5, abs=0.006)
        assert box["Y좌표"] == pytest.approx(y1 - 0.5, abs=0.006)
        assert (box["가로"], box["세로"]) == (math.floor(x2 - x1), math.floor(y2 - y1))
        compared += 1
    assert compared > len(sample.regions) // 2


def test_polygon_keys_are_scrambled_and_absent_regions_are_empty_lists(records: dict[str, Any]) -> None:
    ordered = 0
    for record in records.values():
        said = record["데이터셋 정보"][DETAILS]
        for section in ("렉트좌표", "폴리곤좌표", "라벨링"):
            assert {"아우터", "하의", "원피스", "상의"} <= set(said[section])
        for part, (polygon,) in said["폴리곤좌표"].items():
            assert polygon or said["폴리곤좌표"][part] == [{}]
            numbers = [int(key.removeprefix("X좌표").removeprefix("Y좌표")) for key in polygon]
            ordered += bool(numbers) and numbers == sorted(numbers)
    assert ordered == 0


def test_pixels_inside_a_plain_garment_are_near_its_shade(sample: SampleTruth) -> None:
    distances = []
    for region in sample.regions.values():
        item, image = sample.items[region.item_id], sample.images[region.image_id]
        if item.print != "무지" or region.pixels < 2500:
            continue
        with Image.open(sample.root / image.photo) as photo:
            mask = Image.new("1", photo.size)
            ImageDraw.Draw(mask).polygon([tuple(c) for c in region.polygon], fill=1)
            seen = np.median(np.asarray(photo, float)[np.asarray(mask)], axis=0)
        distances.append(colour_distance(item.rgb, seen))
    assert len(distances) > 20
    assert np.median(distances) < 12
    assert np.mean(np.array(distances) < 28) > 0.9


def test_photos_of_one_outfit_are_similar_but_not_equal(sample: SampleTruth) -> None:
    def small(image_id: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        with Image.open(sample.root / sample.images[image_id].photo) as photo:
            return np.asarray(photo.convert("RGB").resize((16, 24)), float)

    thumbs = {i: small(i) for i in sample.images}
    same, other = [], []
    ids = sorted(thumbs)
    for k, a in enumerate(ids):
        for b in ids[k + 1 :]:
            gap = float(np.abs(thumbs[a] - thumbs[b]).mean())
            shoot = sample.shoot_of_image[a] == sample.shoot_of_image[b]
            (same if shoot and sample.outfit_of_image[a] == sample.outfit_of_image[b] else other).append(gap)
    assert min(same) > 0.1
    assert np.median(same) < 0.5 * np.median(other)


def test_a_shoot_shares_prefix_and_size_and_items_recur(sample: SampleTruth, records: dict[str, Any]) -> None:
    renamed = {p.image_id for p in sample.planted if p.code == "repeated_name"}
    for image in sample.images.values():
        name = records[image.image_id]["이미지 정보"]["이미지 파일명"]
        assert image.image_id in renamed or name.startswith(f"({image.shoot})IMG_")
    shoots = Counter(sample.shoot_of_image.values())
    shots = Counter(sample.outfit_of_image.values())
    assert max(shoots.values()) > 1
    assert min(shots.values()) >= 1 and 2 <= max(shots.values()) <= 4
    assert max(Counter(sample.true_item_of_region.values()).values()) > 4


def test_no_product_id_is_told(records: dict[str, Any], sample: SampleTruth) -> None:
    text = repr(records)
    assert not any(item_id in text for item_id in sample.items)


def test_an_earlier_sample_is_replaced_and_strangers_are_refused(tmp_path: Path, read_tree: Any) -> None:
    first = render_sample(tmp_path / "s", SMALL)
    old = {image.photo for image in first.images.values()}
    second = render_sample(tmp_path / "s", msgspec.structs.replace(SMALL, seed=9, traps=False))
    left = {name for name in read_tree(tmp_path / "s") if "원천데이터" in name}
    assert left == {image.photo for image in second.images.values()} != old
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(SampleError, match=r"mine: holds files that are no rendered sample"):
        render_sample(tmp_path / "mine", SMALL)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    with pytest.raises(SampleError, match="is a file"):
        render_sample(tmp_path / "mine" / "thesis.txt", SMALL)


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert total == SMALL.images
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_sample(tmp_path / "s", SMALL, stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"images": 0}, "images: 0 given"),
        ({"seed": -1}, "seed: -1 given"),
        ({"items": 10}, "items: 10 given, 36 to"),
        ({"missing_category": 1.5}, "missing_category: 1.5 given"),
        ({"strength": -1.0}, "strength: -1.0 given"),
    ],
)
def test_settings_out_of_range_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SampleError, match=message):
        SampleSettings(**given)


def test_missing_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match=r"manifest\.json: not there"):
        load_truth(tmp_path)
