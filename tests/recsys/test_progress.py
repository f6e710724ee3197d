"""How far a job has come, where standard error is a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph import open_store, sqlite_url
from recsys.cli import output
from recsys.cli.output import Lines
from tests.recsys.small_shop import stock

Run = Callable[..., Any]


def test_a_line_is_said_each_so_many_seconds() -> None:
    said: list[str] = []
    times = iter([100.0, 101.0, 110.0, 119.9, 123.4])
    tick = Lines("copying", said.append, lambda: next(times))
    tick(1_000)
    tick(2_000, phase="items")
    tick(3_000)
    tick(4_000, 50_000)
    assert said == ["items: 2,000 after 10 s", "copying: 4,000 of 50,000 after 23 s"]


def test_a_copy_tells_a_log_of_each_kind(recsys: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(sqlite_url(workspace / "graph.sqlite")) as store:
        stock(store)
    quick = recsys("-w", workspace, "graph", "copy", "workspace", sqlite_url(workspace / "one.sqlite"))
    assert quick.err == "", "a job of less than ten seconds needs no words"
    monkeypatch.setattr(output, "EVERY_SECONDS", 0.0)
    ran = recsys("-w", workspace, "graph", "copy", "workspace", sqlite_url(workspace / "two.sqlite"))
    told = [line.split(" after ")[0] for line in ran.err.splitlines()]
    assert told[:4] == ["items: 7", "images: 6", "outfits: 6", "links: 12"]
    assert set(told[4:]) >= {"comparing: 7", "comparing: 6", "comparing: 12"}
