"""The page names what failed, shows it, and is written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from data.checks import Finding, write_report


def finding(image_id: str, verdict: str, photo: str | None = None) -> Finding:
    return Finding(image_id=image_id, photo=photo, code="blur", verdict=verdict, threshold="at most 0.45", measured=0.7)


def test_the_page_counts_and_shows_failures(
    draw: Callable[..., Image.Image], write: Callable[..., str], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    photo = write(draw())
    write_report([finding("<a>", "fail", photo), finding("b", "pass", photo), finding("c", "fail", "gone.jpg")], page)
    text = page.read_text(encoding="utf-8")
    assert "2 photos failed" in text
    assert "All photos were kept as they are." in text
    assert "<td>blur</td><td>1</td><td>2</td><td>0</td>" in text
    assert "&lt;a&gt;" in text
    assert text.count("data:image/jpeg;base64,") == 1
    assert "no picture" in text


def test_a_report_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("before")

    def broken() -> object:
        yield finding("a", "fail")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(broken(), page)
    assert page.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
