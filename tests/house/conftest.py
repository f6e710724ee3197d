"""What the house tests look at: every tracked file, and every module's parsed source."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data", "graph", "vision", "evaluation", "graphsage", "bert4rec", "recsys", "api", "web", "labeling")


@dataclass(frozen=True)
class Module:
    """One source file of the product: its path from the root, the package it lies in, and what it says."""

    path: str
    package: str
    tree: ast.Module

    def imported(self) -> set[str]:
        """Names of all modules imported anywhere in the file, inside functions too."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add("." * node.level + (node.module or ""))
        return names


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
            found.append(Module(path.relative_to(ROOT).as_posix(), package, tree))
    return found


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: which files are tracked cannot be known")
    names = listing.stdout.decode().split("\0")
    return [root / name for name in names if name and (root / name).is_file()]
