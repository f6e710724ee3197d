"""A command run as a user runs it: arguments in; status, standard output and standard error out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recsys.cli.app import main


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("RECSYS_") and name != "RECSYS_REAL_DATA":
            monkeypatch.delenv(name)


@pytest.fixture
def recsys(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return Ran(int(exit_.value.code), said.out, said.err)

    return run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"
