"""A shop whose graph lives in Neo4j: the same release, and the same answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsys.pipeline.release import MANIFEST, current_release
from recsys.workspace import Workspace
from tests.neo4j_server import empty
from tests.recsys.trained.conftest import SETTINGS

Run = Callable[..., Any]

OWN = ("name", "created")
"""What a manifest says of its release alone."""


def files_of(release: Path) -> dict[str, bytes]:
    """All files but the manifest."""
    paths = sorted(path for path in release.rglob("*") if path.is_file() and path != release / MANIFEST)
    return {str(path.relative_to(release)): path.read_bytes() for path in paths}


def manifest_of(release: Path) -> Any:
    """What the manifest says of data, settings and files; the graph's URL is told apart by the test."""
    said = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    return {key: value for key, value in said.items() if key not in OWN}


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
    assert {"graphsage/config.json", "metrics.json"} < one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert manifest_of(first) == manifest_of(second)
    assert recsys("-w", own_shop, "--json", "stats", "--no-near-duplicates").json["images"] == 90
