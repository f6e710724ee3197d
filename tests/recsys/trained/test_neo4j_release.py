"""A shop whose graph lives in Neo4j: the same release, and the same answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsys.pipeline.release import current_release
from recsys.workspace import Workspace
from tests.neo4j_server import empty
from tests.recsys.trained.conftest import SETTINGS

Run = Callable[..., Any]
TIMES = ("manifest.json", "metrics.json", "config.json")
"""Files that tell when a release was made and how long that took."""


def files_of(release: Path) -> dict[str, bytes]:
    paths = sorted(path for path in release.rglob("*") if path.is_file())
    return {str(p.relative_to(release)): p.read_bytes() for p in paths if p.name not in TIMES}


def test_a_release_trained_from_neo4j_is_the_one_trained_from_the_file(
    recsys: Run, own_shop: Path, neo4j_servers: list[str]
) -> None:
    url = neo4j_servers[0]
    empty(url)
    copied = recsys("-w", own_shop, "--json", "graph", "copy", "workspace", url)
    assert copied.status == 0, copied.err
    assert copied.json["counts"]["photos"] == 90
    workspace = Workspace.open(own_shop)
    first = workspace.releases / str(current_release(workspace))
    shutil.rmtree(workspace.training)
    workspace.graph_file.unlink()
    workspace.settings_file.write_text(f'{SETTINGS}\n[graph]\nurl = "{url}"\n', encoding="utf-8")
    assert recsys("-w", own_shop, "train").status == 0
    second = workspace.releases / str(current_release(workspace))
    assert second != first and not workspace.graph_file.exists()
    one, other = files_of(first), files_of(second)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert recsys("-w", own_shop, "--json", "stats", "--no-near-duplicates").json["images"] == 90
