"""One small sample that the tests of this folder share, and the rule at the default size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.sample import SampleSettings, SampleTruth, render_sample

SETTINGS = SampleSettings(images=48, items=60, seed=3, valid_outfits=20, test_outfits=40)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleTruth:
    return render_sample(tmp_path_factory.mktemp("rendered") / "sample", SETTINGS)


@pytest.fixture(scope="session")
def records(sample: SampleTruth) -> dict[str, dict[str, Any]]:
    """Image id to its annotation, read with a plain JSON reader."""
    return {
        image.image_id: json.loads((sample.root / image.label).read_text("utf-8")) for image in sample.images.values()
    }


@pytest.fixture(scope="session")
def settings() -> SampleSettings:
    return SETTINGS


def files_of(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def read_tree() -> Any:
    """A function from a folder to the bytes of every file below it."""
    return files_of
