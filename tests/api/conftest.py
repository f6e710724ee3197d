"""A small shop with a real release, made once; and a client of the service over it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from api.releases import ReleaseHolder
from api.service import OutfitService
from data.types import Problem
from recsys.pipeline.intake import take_in
from recsys.pipeline.jobs import train_release
from recsys.pipeline.journal import ImportEntry
from recsys.pipeline.release import load_release, write_release
from recsys.settings import Settings
from recsys.workspace import Workspace

COLOURS = ("블랙", "화이트", "네이비", "레드")
CATEGORIES = ("blouse", "skirt", "sneakers", "tote bag")
ODD_IDS = {"blouse-0": "블라우스/0 #1?", "blouse-4": "look/similar", "blouse-8": "look", "skirt-0": "100%/a%2Fb"}
"""Some items have ids that an address cannot hold as they are."""

SETTINGS = Settings(
    encoders=(),
    graphsage={"epochs": 2, "hidden": 16, "dim": 8},
    bert4rec={"steps": 20, "epochs": 5, "hidden": 16, "layers": 1, "heads": 2},
)


class Listener:
    def problem(self, problem: Problem) -> None:
        raise AssertionError(str(problem))

    def progress(self, phase: str, done: int, total: int | None) -> None:
        del phase, done, total


def write_table(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_catalogue(folder: Path) -> tuple[Path, Path]:
    """Forty items; eighty outfits, each of one colour."""
    name = {f"{kind.split()[0]}-{k}": (kind, COLOURS[k % 4]) for kind in CATEGORIES for k in range(10)}
    items = [(ODD_IDS.get(plain, plain), kind, colour) for plain, (kind, colour) in name.items()]
    rng = np.random.default_rng(3)
    worn: list[tuple[str, ...]] = []
    for outfit in range(80):
        colour = COLOURS[rng.integers(4)]
        for kind in CATEGORIES[: rng.integers(3, 5)]:
            fitting = [item for item, its_kind, its_colour in items if (its_kind, its_colour) == (kind, colour)]
            worn.append((f"o{outfit}", fitting[rng.integers(len(fitting))]))
    write_table(folder / "items.csv", [("item_id", "category", "colour"), *items])
    write_table(folder / "outfits.csv", [("outfit_id", "item_id"), *worn])
    return folder / "items.csv", folder / "outfits.csv"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one release; not to be changed."""
    folder = tmp_path_factory.mktemp("shop")
    items, outfits = write_catalogue(folder)
    workspace = Workspace.open(folder / "workspace", create=True)
    columns: dict[str, str] = {}
    tables = {"items": str(items), "outfits": str(outfits), "images": None, "columns": columns}
    take_in(workspace, SETTINGS, ImportEntry(kind="table", arguments=tables), Listener())
    train_release(workspace, SETTINGS, lambda stage, state: None, lambda count: None)
    return workspace.root


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Workspace:
    """A workspace with one release, the test's own."""
    shutil.copytree(trained, tmp_path / "workspace")
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def second_release(workspace: Workspace) -> str:
    """Another release of the workspace, in use."""
    _, contents, _ = load_release(workspace)
    return write_release(contents, workspace, {})


@pytest.fixture(scope="session")
def app(trained: Path) -> FastAPI:
    return create_app(OutfitService(ReleaseHolder(Workspace.open(trained)), Limits(body_bytes=100_000)))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client
