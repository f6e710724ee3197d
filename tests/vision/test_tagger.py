"""Photos tagged: in order, whatever their shapes; what cannot be read is told; colours are the garment's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.types import Problem
from tests.vision.detecting import never_trained
from vision.colour_rule import colours
from vision.detector.detect import Detector
from vision.detector.garments import Garment
from vision.errors import VisionError
from vision.masks import decode_mask
from vision.tagger import Tagger, tagged
from vision.tags import TaggedPhoto, read_tags, to_line


@pytest.fixture(scope="session")
def detector() -> Detector:
    """It takes next to everything for something."""
    return never_trained()


def saved(folder: Path, name: str, size: tuple[int, int]) -> str:
    rng = np.random.default_rng(len(name) + size[0])
    Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), np.uint8)).save(folder / name)
    return str(folder / name)


def test_photos_are_told_in_their_order_and_bad_ones_with_a_reason(detector: Detector, tmp_path: Path) -> None:
    photos = [
        saved(tmp_path, f"{k}.png", size)
        for k, size in enumerate([(40, 60), (60, 40), (40, 60), (64, 64), (40, 60), (9, 90)])
    ]
    (tmp_path / "broken.jpg").write_bytes(Path(photos[0]).read_bytes()[:60])
    asked = [*photos[:2], str(tmp_path / "broken.jpg"), *photos[2:], str(tmp_path / "none.jpg")]
    told = list(Tagger(detector, sure=0.0).tag(asked))
    assert [one.file if isinstance(one, Problem) else one.photo for one in told] == asked
    read = [one for one in told if isinstance(one, TaggedPhoto)]
    assert [one.photo for one in read] == photos
    assert [(one.width, one.height) for one in read[:2]] == [(40, 60), (60, 40)]
    reasons = [one.reason for one in told if isinstance(one, Problem)]
    assert "cannot be decoded" in reasons[0]
    assert reasons[1] == "there is no such file"
    alone = list(Tagger(detector, sure=0.0).tag([photos[2]]))
    assert [g.category for g in alone[0].garments] == [g.category for g in read[2].garments]  # type: ignore[union-attr]


def test_a_garment_is_told_with_its_pixels_its_box_and_its_own_colour() -> None:
    pixels = np.full((50, 40, 3), (20, 120, 60), np.uint8)  # a green ground
    mask = np.zeros((50, 40), bool)
    mask[5:30, 8:28] = True
    pixels[mask] = (205, 25, 35)
    pixels[5:12, 8:28] = (15, 15, 17)  # 28 of 100 parts are black
    photo = tagged("a.jpg", Image.fromarray(pixels), [Garment("top", 0.91234, (8.04, 5, 28, 30), mask)])
    (garment,) = photo.garments
    assert (garment.category, garment.score, garment.box) == ("top", 0.9123, (8.0, 5.0, 28.0, 30.0))
    assert np.array_equal(decode_mask(garment.mask), mask)
    named = {name: (values[0].value, values[0].model) for name, values in garment.attributes.items()}
    assert named == {"colour": ("레드", "colour rule"), "sub_colour": ("블랙", "colour rule")}
    assert garment.attributes["colour"][0].confidence == pytest.approx(0.72, abs=0.03)


def test_a_garment_without_a_pixel_is_left_out() -> None:
    photo = tagged("a.jpg", Image.new("RGB", (9, 9)), [Garment("top", 0.9, (0, 0, 5, 5), np.zeros((9, 9), bool))])
    assert photo.garments == ()


def test_colours_need_a_large_enough_share_to_be_the_second() -> None:
    pixels = np.array([[252, 252, 252]] * 90 + [[200, 20, 30]] * 10, np.uint8)
    assert {name: said[0].value for name, said in colours(pixels).items()} == {"colour": "화이트"}
    assert colours(pixels)["colour"][0].confidence == 0.9
    assert colours(np.zeros((0, 3), np.uint8)) == {}


def test_lines_are_read_back_and_a_bad_one_is_named(tmp_path: Path) -> None:
    pixels = np.zeros((9, 9), bool)
    pixels[2:5, 3:6] = True
    photo = tagged("코트.jpg", Image.new("RGB", (9, 9), "white"), [Garment("outer", 0.5, (3, 2, 6, 5), pixels)])
    file = tmp_path / "tags.jsonl"
    file.write_bytes(to_line(photo) + b"\n" + to_line(photo)[:40] + b"\n")
    lines = read_tags(file)
    assert next(lines) == photo
    with pytest.raises(VisionError, match=r"tags.jsonl:2: is no tagged photo"):
        next(lines)
