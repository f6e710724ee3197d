"""Each rule lets a good photo through and catches the one made to break it, and it alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from data.checks import CheckSettings, Finding, Judges, check_images, check_photo
from data.types import Box, ImageRecord, Region

SETTINGS = CheckSettings()
Draw = Callable[..., Image.Image]
Write = Callable[..., str]


def failed(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings if finding.verdict == "fail"}


def by_code(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def record(image_id: str, photo: str | None, *boxes: Box) -> ImageRecord:
    regions = tuple(
        Region(region_id=f"{image_id}/상의#{n}", part="상의", slot="top", box=box) for n, box in enumerate(boxes)
    )
    return ImageRecord(image_id=image_id, source="made", photo=photo, regions=regions)


def tinted(picture: Image.Image) -> Image.Image:
    factors = np.array([1.0, 0.94, 0.7])
    return Image.fromarray((np.asarray(picture, dtype=float) * factors).astype(np.uint8))


def lettered(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    ImageDraw.Draw(marked).text((10, 10), "SAMPLE BOUTIQUE", fill=(20, 20, 20), font=ImageFont.load_default(size=26))
    return marked


def joined(picture: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", picture.size, (90, 30, 60))
    sheet.paste(picture.resize((picture.width, picture.height // 2)), (0, 0))
    return sheet


@pytest.mark.parametrize(
    ("break_it", "codes"),
    [
        (lambda p: p, set()),
        (lambda p: p.resize((250, 400)), {"size"}),
        (lambda p: p.resize((1000, 1200)), {"size"}),
        (lambda p: p.crop((100, 0, 100 + 300, 600)).resize((300, 640)), {"ratio"}),
        (lambda p: p.filter(ImageFilter.GaussianBlur(4)), {"blur"}),
        (tinted, {"cast"}),
        (lambda p: p.convert("L").convert("RGB"), {"filter"}),
        (lambda p: ImageOps.expand(p, 24, "black"), {"border"}),
        (joined, {"collage"}),
        (lettered, {"overlay"}),
    ],
)
def test_a_photo_fails_the_rule_it_breaks(
    break_it: Callable[[Image.Image], Image.Image], codes: set[str], draw: Draw, write: Write
) -> None:
    assert failed(check_photo(write(break_it(draw())), None, SETTINGS)) == codes


def test_measured_values_are_those_of_the_photo(draw: Draw, write: Write) -> None:
    found = by_code(check_photo(write(draw(size=(320, 800)), dpi=(50, 50)), None, SETTINGS))
    assert (found["ratio"].verdict, found["ratio"].measured) == ("fail", 0.4)
    assert (found["dpi"].verdict, found["dpi"].measured) == ("fail", 50.0)
    assert (found["size"].verdict, found["size"].measured) == ("pass", 800.0)


def test_a_resolution_that_is_not_stated_is_not_judged(draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / "bare.png"
    draw().save(path)
    assert by_code(check_photo(str(path), None, SETTINGS))["dpi"].verdict == "not_judged"


@pytest.mark.parametrize(("name", "verdict"), [("a.png", "pass"), ("a.webp", "pass"), ("a.ppm", "fail")])
def test_the_format_is_read_from_the_file_not_its_name(name: str, verdict: str, draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / name
    draw().save(path)
    renamed = path.rename(tmp_path / "photo.jpg")
    assert by_code(check_photo(str(renamed), None, SETTINGS))["format"].verdict == verdict


def test_what_is_not_a_picture_fails_readable_alone(tmp_path: Path) -> None:
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    (finding,) = check_photo(str(path), None, SETTINGS)
    assert (finding.code, finding.verdict) == ("readable", "fail")
    assert "not a picture" in finding.detail


def test_a_garment_at_the_edge_is_cut_off_and_one_inside_is_not(draw: Draw, write: Write) -> None:
    photo = write(draw())
    inside, outside = Box(100, 100, 300, 360), Box(100, 350, 300, 599.5)
    assert by_code(check_photo(photo, record("1", photo, inside), SETTINGS))["cut_off"].verdict == "pass"
    cut = by_code(check_photo(photo, record("1", photo, inside, outside), SETTINGS))["cut_off"]
    assert (cut.verdict, cut.measured, cut.boxes) == ("fail", 0.5, (outside,))
    assert by_code(check_photo(photo, record("1", photo), SETTINGS))["cut_off"].verdict == "not_judged"


def test_rules_that_need_a_model_say_so_without_one_and_use_it_where_given(draw: Draw, write: Write) -> None:
    photo = write(draw())
    without = by_code(check_photo(photo, None, SETTINGS))
    assert {without["face"].verdict, without["not_fashion"].verdict} == {"not_judged"}
    face = Box(170, 36, 230, 114)
    judges = Judges(
        face_detector=lambda pixels: [face], fashion_judge=lambda pixels: float(pixels.shape == (600, 400, 3))
    )
    found = by_code(check_photo(photo, None, SETTINGS, judges))
    assert (found["face"].verdict, found["face"].boxes) == ("fail", (face,))
    assert (found["not_fashion"].verdict, found["not_fashion"].measured) == ("pass", 1.0)


def test_duplicates_are_found_over_the_whole_set_and_name_the_earlier(draw: Draw, write: Write) -> None:
    first, second = draw(1), draw(2)
    refs = [
        write(first, "a.jpg"),
        write(second, "b.jpg"),
        write(first.resize((600, 900)), "c.jpg", quality=60),
    ]
    records = [record(name, ref) for name, ref in zip("abc", refs, strict=True)]
    found = [f for f in check_images([*records, record("d", None)], SETTINGS) if f.code == "duplicate"]
    assert [(f.image_id, f.verdict, f.other) for f in found] == [
        ("a", "pass", None),
        ("b", "pass", None),
        ("c", "fail", "a"),
    ]


def test_skipped_rules_say_nothing_and_unknown_ones_are_refused(draw: Draw, write: Write) -> None:
    photo = write(draw())
    codes = {f.code for f in check_images([record("a", photo)], CheckSettings(skip=("duplicate", "blur")))}
    assert not codes & {"duplicate", "blur"}
    assert "cast" in codes
    with pytest.raises(ValueError, match="skip: blurr given"):
        CheckSettings(skip=("blurr",))
