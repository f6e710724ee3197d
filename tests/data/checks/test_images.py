"""A set of photos is judged alike in one process and in several."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data.checks import CheckSettings, Finding, Judges, check_images, write_report
from data.checks.faces import HaarFaceDetector
from data.types import Box, ImageRecord, Region

Draw = Callable[..., Image.Image]
Write = Callable[..., str]
SETTINGS = CheckSettings()


@pytest.fixture
def records(draw: Draw, write: Write, tmp_path: Path) -> list[ImageRecord]:
    """Twenty photos: the third is no picture, the fifth breaks a rule down, the last repeats the first."""
    refs = [write(draw(seed, (320, 400)), f"{seed:02}.jpg") for seed in range(19)]
    refs.append(write(draw(0, (320, 400)), "19.jpg", quality=60))
    Path(refs[2]).write_text("no picture")
    regions: dict[int, Any] = {n: (Box(20, 20, 200, 300),) for n in range(20)} | {4: (Box(0, 0, inf, 9),)}
    return [
        ImageRecord(
            image_id=f"{n:02}",
            source="made",
            photo=ref,
            regions=tuple(Region(region_id=f"{n}/상의#0", part="상의", slot="top", box=box) for box in regions[n]),
        )
        for n, ref in enumerate(refs)
    ]


def judge(records: list[ImageRecord], workers: int) -> list[Finding]:
    return list(check_images(records, SETTINGS, Judges(face_detector=HaarFaceDetector()), workers=workers))


def test_findings_and_report_are_the_same_for_any_number_of_workers(records: list[ImageRecord], tmp_path: Path) -> None:
    alone, together = judge(records, 1), judge(records, 3)
    assert alone == together
    assert {finding.verdict for finding in alone if finding.code == "face"} <= {"pass", "fail"}
    repeats = [(f.image_id, f.other) for f in alone if f.code == "duplicate" and f.verdict == "fail"]
    assert repeats == [("19", "00")]
    pages = [tmp_path / "alone.html", tmp_path / "together.html"]
    for findings, page in zip((alone, together), pages, strict=True):
        write_report(findings, page)
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_photo_at_which_a_rule_breaks_down_is_a_finding_and_the_others_are_judged(
    records: list[ImageRecord],
) -> None:
    found = list(check_images(records[:6], SETTINGS))
    unread = {f.image_id: f.detail for f in found if f.code == "readable" and f.verdict == "fail"}
    assert list(unread) == ["02", "04"]
    assert "not a picture" in unread["02"]
    assert unread["04"].startswith("a rule broke down: OverflowError")
    assert [f.code for f in found if f.image_id == "04"] == ["readable"]
    assert [f.image_id for f in found if f.code == "duplicate"] == ["00", "01", "03", "05"]
