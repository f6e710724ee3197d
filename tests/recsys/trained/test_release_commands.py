"""Releases listed, chosen, removed, and refused where they are damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys.pipeline.release import FORMAT, current_release
from recsys.workspace import Workspace

Run = Callable[..., Any]


def test_releases_are_listed_chosen_and_removed(recsys: Run, own_shop: Path) -> None:
    first = current_release(Workspace.open(own_shop))
    shutil.copytree(own_shop / "releases" / str(first), own_shop / "releases" / "other")
    listed = recsys("-w", own_shop, "releases", "list", "--json").json
    assert [(r["name"], r["current"]) for r in listed] == [(first, True), ("other", False)]
    assert recsys("-w", own_shop, "releases", "use", "other").status == 0
    assert "is in use" in recsys("-w", own_shop, "releases", "remove", "other").err
    assert recsys("-w", own_shop, "releases", "remove", first).status == 0
    missing = recsys("-w", own_shop, "releases", "use", first)
    assert missing.status == 1
    assert "there: other" in missing.err


@pytest.mark.parametrize("name", ["../graph.sqlite", ".", "", "nothing"])
def test_a_release_is_a_name_and_no_path(recsys: Run, shop: Path, name: str) -> None:
    assert recsys("-w", shop, "releases", "use", name).status == 1


def test_a_damaged_release_is_refused_with_the_file(recsys: Run, own_shop: Path) -> None:
    folder = own_shop / "releases" / str(current_release(Workspace.open(own_shop)))
    weights = folder / "bert4rec.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    ran = recsys("-w", own_shop, "complete", "--item", "any")
    assert ran.status == 1
    assert "bert4rec.safetensors: was changed since the release was made" in ran.err
    weights.unlink()
    assert "bert4rec.safetensors: is missing" in recsys("-w", own_shop, "complete", "--item", "any").err


def test_a_release_of_another_format_is_refused(recsys: Run, own_shop: Path) -> None:
    manifest = own_shop / "releases" / str(current_release(Workspace.open(own_shop))) / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(f'"format": {FORMAT}', '"format": 99'), encoding="utf-8")
    ran = recsys("-w", own_shop, "complete", "--item", "any")
    assert ran.status == 1
    assert "format 99; this program" in ran.err
    assert "recsys train" in ran.err
    listed = recsys("-w", own_shop, "releases", "list")
    assert listed.status == 0, "it can be seen, and removed"
    assert "of format 99, cannot be read: train again" in " ".join(listed.out.split())
