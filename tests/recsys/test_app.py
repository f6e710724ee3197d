from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys import bootstrap

Run = Callable[..., Any]
HEAVY = ("torch", "numpy", "polars", "PIL", "cv2", "transformers", "scipy")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom recsys.cli.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "import" in ran.stdout
    assert ran.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["stat"], "No such command 'stat'"),
        (["stats", "--htlm", "x"], "No such option: --htlm"),
        (["import", "table", "--items", "x"], "Missing option '--outfits'"),
        (["import", "table", "--items", "x", "--outfits", "y", "--map", "sku"], "write FIELD=COLUMN"),
    ],
)
def test_wrong_usage_is_one_line_and_status_1(recsys: Run, arguments: list[str], words: str) -> None:
    ran = recsys(*arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert words in ran.err


def test_an_expected_error_is_one_line(recsys: Run, shop: Path) -> None:
    ran = recsys("-w", shop, "stats")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"recsys: {shop}: there is no workspace yet") and ran.err.count("\n") == 1


def test_the_workspace_may_come_from_the_environment(recsys: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_WORKSPACE", str(shop))
    assert str(shop) in recsys("stats").err


def test_debug_shows_where_it_arose(recsys: Run, shop: Path) -> None:
    from recsys.errors import WorkspaceError

    with pytest.raises(WorkspaceError):
        recsys("-w", shop, "stats", "--debug")


def test_a_defect_is_not_dressed_up(recsys: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(bootstrap, "open_store", broken)
    with pytest.raises(ZeroDivisionError):
        recsys("-w", workspace, "stats")


def test_a_full_disk_is_said_plainly(recsys: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "graph.sqlite")

    monkeypatch.setattr(bootstrap, "open_store", full)
    ran = recsys("-w", workspace, "stats")
    assert ran.status == 1
    assert ran.err.startswith("recsys: graph.sqlite: no space left")
