"""``compose.yaml``: the store that the service uses, without a server and with one, as far as that can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from graph.connect import is_neo4j, place_of
from recsys.settings import load_settings

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


def _read(root: Path, variables: dict[str, str]) -> Any:
    """The services, with ``${NAME:-default}`` filled in as compose does; any other variable must have a value."""
    yaml = pytest.importorskip("yaml")
    return _filled(yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["services"], variables)


def _filled(value: Any, variables: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(lambda found: variables.get(found["name"], "") or _default(found), value)


def _default(found: re.Match[str]) -> str:
    assert found["default"] is not None, f"{found[0]}: must have a default, else nothing starts without it"
    return found["default"]


def _url(monkeypatch: pytest.MonkeyPatch, service: Any) -> str:
    """The graph that the service uses, by the environment that it is given."""
    for name, value in service["environment"].items():
        monkeypatch.setenv(name, value)
    return load_settings().graph.url


def test_without_variables_the_service_uses_its_own_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = _read(root, {})
    assert [name for name, service in services.items() if not service.get("profiles")] == ["api"]
    assert _url(monkeypatch, services["api"]) == "sqlite:///{workspace}/graph.sqlite"


def test_with_the_variables_of_the_guide_it_uses_the_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (root / "docs" / "neo4j.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(COMPOSE_PROFILES=.*?)```", guide, flags=re.DOTALL)
    assert found is not None
    variables = dict(line.split("=", 1) for line in found[1].splitlines())
    services = _read(root, variables)
    assert services["neo4j"]["profiles"] == [variables["COMPOSE_PROFILES"]]
    url = _url(monkeypatch, services["api"])
    assert is_neo4j(url) and place_of(url) == "neo4j://neo4j:7687/neo4j"
    password = services["api"]["environment"]["NEO4J_PASSWORD"]
    assert password and services["neo4j"]["environment"]["NEO4J_AUTH"] == f"neo4j/{password}"


def test_no_process_is_given_the_password_as_an_argument(root: Path) -> None:
    (_, command) = _read(root, {})["neo4j"]["healthcheck"]["test"]
    program = command.index("cypher-shell")
    assert "NEO4J_AUTH" in command[:program] and "NEO4J_AUTH" not in command[program:]
