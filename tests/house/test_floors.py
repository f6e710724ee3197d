"""The floors of the house: who may import whom, and which module alone may touch a heavy library."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

FLOORS: dict[str, set[str]] = {
    "data": set(),
    "graph": {"data"},
    "vision": {"data"},
    "evaluation": {"data"},
    "graphsage": {"data", "graph", "evaluation"},
    "bert4rec": {"data", "evaluation"},
    "labeling": {"data", "vision"},
    "recsys": {"data", "graph", "vision", "evaluation", "graphsage", "bert4rec"},
    "api": {"data", "recsys"},
    "web": {"data", "recsys"},
}
NOBODY_IMPORTS = {"benchmarks", "tests", "docs"}
ERRORS_IN_WORDS = "graph/neo4j/words.py"
"""Beside its adapter, what its errors mean."""

ONE_ADAPTER_EACH = ("neo4j", "faiss", "transformers", "torchvision", "timm", "ray", "cv2", "accelerate")


def tops(module: Any) -> set[str]:
    return {name.split(".")[0] for name in module.imported()}


def violations(modules: list[Any]) -> list[str]:
    return [
        f"{module.path} imports {name}; {module.package} may import {sorted(FLOORS[module.package])}"
        for module in modules
        for name in sorted(tops(module) & (set(FLOORS) | NOBODY_IMPORTS))
        if name != module.package and name not in FLOORS[module.package]
    ]


def test_every_package_imports_only_lower_floors(modules: list[Any]) -> None:
    assert not violations(modules)


def test_a_breach_inside_a_function_is_seen(modules: list[Any]) -> None:
    source = (
        "def late():\n    from vision.encoders import encode\n    import benchmarks.machine\n    import data.types\n"
    )
    planted = type(modules[0])("bert4rec/planted.py", "bert4rec", ast.parse(source))
    assert [line.split(";")[0] for line in violations([planted])] == [
        "bert4rec/planted.py imports benchmarks",
        "bert4rec/planted.py imports vision",
    ]


def test_imports_are_absolute(modules: list[Any]) -> None:
    relative = [module.path for module in modules if any(name.startswith(".") for name in module.imported())]
    assert not relative, relative


def test_heavy_libraries_have_one_adapter_each(modules: list[Any]) -> None:
    users = defaultdict(list)
    for module in modules:
        for name in tops(module) & set(ONE_ADAPTER_EACH) - (
            {"neo4j"} if str(module.path) == ERRORS_IN_WORDS else set()
        ):
            users[name].append(module.path)
    crowded = {name: paths for name, paths in users.items() if len(paths) > 1}
    assert not crowded, crowded


def test_every_package_is_in_the_wheel_and_in_the_table(root: Path) -> None:
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    built = set(wheel["packages"])
    present = {name for name in FLOORS if any((root / name).glob("*.py"))}
    assert present <= built, f"not in the wheel: {sorted(present - built)}"
    others = {path.parent.name for path in root.glob("*/__init__.py")} - set(FLOORS) - NOBODY_IMPORTS
    assert not others, f"packages without a floor: {sorted(others)}"
