from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.errors import WorkspaceBusyError, WorkspaceError
from recsys.workspace import MARKER, Workspace


def test_a_new_workspace_can_be_opened_again(shop: Path) -> None:
    made = Workspace.open(shop, create=True)
    assert json.loads((shop / MARKER).read_text())["format"] == 1
    assert Workspace.open(shop).root == made.root
    assert made.embeddings.is_dir()


def test_settings_may_lie_there_first(shop: Path) -> None:
    shop.mkdir()
    (shop / "recsys.toml").write_text("")
    assert Workspace.open(shop, create=True).settings_file.exists()


def test_a_missing_workspace_says_how_to_make_one(shop: Path) -> None:
    with pytest.raises(WorkspaceError, match=r"shop: there is no workspace yet; `recsys -w .*shop import"):
        Workspace.open(shop)
    assert not shop.exists()


def test_a_folder_with_other_things_is_left_alone(shop: Path) -> None:
    shop.mkdir()
    (shop / "thesis.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="neither empty nor a workspace"):
        Workspace.open(shop, create=True)
    assert [path.name for path in shop.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_workspace(shop: Path) -> None:
    shop.write_text("")
    for create in (True, False):
        with pytest.raises(WorkspaceError, match="is a file; a workspace is a folder"):
            Workspace.open(shop, create=create)


@pytest.mark.parametrize("content", ['{"format": 2}', '{"format": "1"}', "{}", "not json", "[]"])
def test_another_format_is_refused(shop: Path, content: str) -> None:
    Workspace.open(shop, create=True)
    (shop / MARKER).write_text(content)
    with pytest.raises(WorkspaceError, match=MARKER):
        Workspace.open(shop)


def test_two_writers_do_not_mix_and_the_second_is_told_who(shop: Path) -> None:
    workspace = Workspace.open(shop, create=True)
    busy = pytest.raises(WorkspaceBusyError, match=rf"train: process {os.getpid()} \(import")
    with workspace.lock("import"), busy, workspace.lock("train"):
        raise AssertionError("two processes held the lock")
    with workspace.lock("train"):
        pass


def test_the_lock_goes_with_its_process(shop: Path) -> None:
    workspace = Workspace.open(shop, create=True)
    code = (
        "import os, pathlib; from recsys.workspace import Workspace\n"
        f"with Workspace.open(pathlib.Path({str(shop)!r})).lock('train'): os._exit(9)"
    )
    root = Path(__file__).resolve().parents[2]
    died = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert died.returncode == 9
    with workspace.lock("import"):
        pass
