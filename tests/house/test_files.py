"""What may lie in the repository: names, sizes, printing, permissions, addresses."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

LARGEST = 2 * 1024 * 1024
LARGER = {Path("vision/detector/street/weights.safetensors"): 32 * 1024 * 1024}
NAMELESS = {"utils", "util", "helpers", "helper", "misc", "common"}
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("download", "pytorch", "org"))]


def test_no_module_is_named_for_nothing(modules: list[Any]) -> None:
    bad = [module.path for module in modules if NAMELESS & set(Path(module.path).with_suffix("").parts)]
    assert not bad, bad


def test_library_code_does_not_print(modules: list[Any]) -> None:
    calls = [
        f"{module.path}:{node.lineno}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not calls, calls


def test_no_pickle_and_no_eval(modules: list[Any]) -> None:
    wrong = []
    for module in modules:
        wrong += [f"{module.path}: {name}" for name in module.imported() & {"pickle", "dill", "joblib", "shelve"}]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                wrong.append(f"{module.path}:{node.lineno}: {node.func.id}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                wrong.append(f"{module.path}:{node.value.lineno}: allow_pickle")
    assert not wrong, wrong


def test_no_tracked_file_is_large(root: Path, tracked: list[Path]) -> None:
    allowed = {root / path: size for path, size in LARGER.items()}
    large = {str(path): path.stat().st_size for path in tracked if path.stat().st_size > allowed.get(path, LARGEST)}
    assert not large, large


def test_scripts_can_be_run_and_stop_at_errors(root: Path) -> None:
    scripts = [path for path in (root / "scripts").iterdir() if path.is_file()] + [root / ".ci" / "run"]
    assert len(scripts) > 4
    for script in scripts:
        assert os.access(script, os.X_OK), f"{script} is not executable"
        text = script.read_text()
        if text.startswith("#!/usr/bin/env bash"):
            assert "set -euo pipefail" in text, f"{script} does not stop at errors"


def test_no_tracked_file_names_a_package_registry(tracked: list[Path]) -> None:
    pattern = re.compile("|".join(re.escape(host) for host in REGISTRIES).encode())
    named = [str(path) for path in tracked if pattern.search(path.read_bytes())]
    assert not named, named


def test_lock_pins_every_package_with_hashes(root: Path) -> None:
    for name in ("requirements.lock", "requirements-runtime.lock"):
        entries = re.split(r"\n(?=\S)", (root / name).read_text().strip())
        assert len(entries) > 50
        loose = [entry.split("\n")[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
        assert not loose, loose
