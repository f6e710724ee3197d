"""Every command, option and setting is in the documents, and the documents name no other."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from recsys.cli.app import build

GLOBAL = {"--workspace", "--config", "--json", "--debug", "--help"}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from leaves(inner, (*path, name))
    if not getattr(command, "commands", None):
        yield path, command


COMMANDS = list(leaves(get_command(build())))


def options(command: Any) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("--")}


def test_there_are_commands() -> None:
    assert ("import", "kfashion") in [path for path, _ in COMMANDS]


@pytest.mark.parametrize(
    ("path", "command"), COMMANDS, ids=lambda value: "-".join(value) if type(value) is tuple else ""
)
def test_every_command_and_option_has_its_page(path: tuple[str, ...], command: Any, root: Path) -> None:
    page = root / "docs" / "commands" / f"{path[0]}.md"
    assert page.exists(), f"{page}: is missing"
    text = page.read_text(encoding="utf-8")
    assert f"recsys {' '.join(path)}" in text, f"{page}: does not show `recsys {' '.join(path)}`"
    missing = sorted(name for name in options(command) - GLOBAL if f"`{name}" not in text)
    assert not missing, f"{page}: says nothing of {', '.join(missing)}"


def test_pages_name_no_option_that_is_gone(root: Path) -> None:
    known: dict[str, set[str]] = {}
    for path, command in COMMANDS:
        known.setdefault(path[0], set()).update(options(command))
    for name, there in known.items():
        text = (root / "docs" / "commands" / f"{name}.md").read_text(encoding="utf-8")
        named = set(re.findall(r"^\| `(--[a-z-]+)", text, flags=re.MULTILINE))
        assert named <= there | GLOBAL, f"docs/commands/{name}.md: {sorted(named - there)}"


def test_the_index_links_every_page(root: Path) -> None:
    index = (root / "docs" / "commands" / "README.md").read_text(encoding="utf-8")
    for name in {path[0] for path, _ in COMMANDS}:
        assert f"({name}.md)" in index, f"docs/commands/README.md: {name}.md is not linked"


def test_every_setting_is_documented_with_its_default(root: Path) -> None:
    script = runpy.run_path(str(root / "scripts" / "document-settings"))
    text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    assert text == script["updated"](text), "docs/settings.md: run .venv/bin/python scripts/document-settings"
    without_meaning = re.findall(r"^\| `(.+?)` \| .*? \|  \|$", text, flags=re.MULTILINE)
    assert not without_meaning, f"docs/settings.md: say what these mean: {without_meaning}"
    assert not [key for key, _ in script["defaults"]() if f"| `{key}` |" not in text]
