"""A shop that was imported and trained once for all tests of this folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.sample import SampleSettings, render_sample
from recsys.cli.app import main
from recsys.workspace import Workspace

SETTINGS = """
encoders = ["garment"]
[graphsage]
epochs = 2
hidden = 16
dim = 8
[bert4rec]
steps = 40
epochs = 6
hidden = 16
layers = 1
heads = 2
"""


def quiet(*arguments: object) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([str(argument) for argument in arguments])
    assert exit_.value.code == 0


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sample, and a workspace that was trained on it; not to be changed."""
    folder = tmp_path_factory.mktemp("trained")
    settings = SampleSettings(images=90, items=60, valid_outfits=10, test_outfits=30)
    render_sample(folder / "sample", settings)
    Workspace.open(folder / "shop", create=True)
    (folder / "shop" / "recsys.toml").write_text(SETTINGS, encoding="utf-8")
    quiet("-w", folder / "shop", "import", "kfashion", folder / "sample" / "Training")
    quiet("-w", folder / "shop", "train")
    return folder


@pytest.fixture
def shop(trained: Path) -> Path:
    return trained / "shop"


@pytest.fixture
def own_shop(trained: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(trained / "shop", tmp_path / "copy")
    return tmp_path / "copy"
