"""Every command, option and setting is in the documents, and the documents name no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.main import get_command

from recsys.cli.app import build
from recsys.settings import Settings

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


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_setting_is_documented_with_its_default(root: Path) -> None:
    text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    missing = [key for key in keys(Settings) if f"`{key}`" not in text and f"`{key}." not in text]
    assert not missing, f"docs/settings.md: {missing}"


def test_every_field_of_a_section_that_a_package_defines_is_documented(root: Path) -> None:
    from data.checks import CheckSettings

    text = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    for section, kind in {"checks": CheckSettings}.items():
        missing = [name for name in kind.__struct_fields__ if f"`{section}.{name}`" not in text]
        assert not missing, f"docs/settings.md: {section}: {missing}"
