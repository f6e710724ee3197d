"""A release whose vectors are searched in Neo4j: published, answering as from its own files, withdrawn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch

from recsys.engine import candidates
from recsys.engine.answers import CompletionQuery
from recsys.pipeline.neo4j_indexes import Neo4jIndex, Neo4jIndexes
from recsys.pipeline.release import current_release, load_release
from recsys.workspace import Workspace
from tests.neo4j_server import empty
from tests.recsys.trained.conftest import SETTINGS

Run = Callable[..., Any]


@pytest.fixture
def url(neo4j_servers: list[str]) -> str:
    empty(neo4j_servers[0])
    return neo4j_servers[0]


@pytest.fixture
def name(own_shop: Path, url: str) -> str:
    """The release of a shop that is set to search in Neo4j and has published nothing; its graph is there."""
    workspace = Workspace.open(own_shop)
    workspace.settings_file.write_text(
        f'{SETTINGS}\n[graph]\nurl = "{url}"\n[index]\nkind = "neo4j"\nseconds = 20\n', encoding="utf-8"
    )
    return str(current_release(workspace))


def withdrawn(url: str, shop: Path, name: str) -> bool:
    """Take a release's vectors out of the server; whether there were any."""
    with closing(Neo4jIndexes(url, 20)) as indexes:
        return indexes.withdraw(name, (shop / "releases" / name / "manifest.json").read_bytes())


def item_of(shop: Path) -> str:
    _, contents, _ = load_release(Workspace.open(shop))
    return contents.catalogue.items[3].item_id


def test_published_used_and_removed(recsys: Run, own_shop: Path, name: str, url: str) -> None:
    item = item_of(own_shop)
    refused = recsys("-w", own_shop, "complete", "--item", item)
    assert refused.status == 1 and f"`recsys releases publish {name}` writes them" in refused.err
    assert f"publish {name}" in recsys("-w", own_shop, "releases", "use", name).err
    assert recsys("-w", own_shop, "--json", "releases", "publish").json == {"release": name, "written": True}
    assert recsys("-w", own_shop, "--json", "releases", "publish", name).json == {"release": name, "written": False}
    assert recsys("-w", own_shop, "complete", "--item", item).status == 0
    shutil.copytree(own_shop / "releases" / name, own_shop / "releases" / "other")
    assert recsys("-w", own_shop, "releases", "use", "other").status == 1, "a copy by another name is another release"
    assert recsys("-w", own_shop, "releases", "publish", "other").status == 0
    assert recsys("-w", own_shop, "releases", "use", "other").status == 0
    manifest = (own_shop / "releases" / name / "manifest.json").read_bytes()
    removed = recsys("-w", own_shop, "--json", "releases", "remove", name)
    assert (removed.status, removed.json) == (0, {"removed": name, "vectors_left": False})
    with closing(Neo4jIndexes(url, 20)) as indexes:
        assert not indexes.withdraw(name, manifest)
        assert indexes.withdraw("other", manifest)


def test_both_indexes_complete_alike(
    own_shop: Path, name: str, url: str, recsys: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recsys("-w", own_shop, "releases", "publish").status == 0
    for constant, value in {"SEARCHED": 5, "PARTNERS": 1, "POPULAR": 1, "UNWORN": 1}.items():
        monkeypatch.setattr(candidates, constant, value)  # else slots as small as these are scored whole
    asked = 0
    search_each = Neo4jIndex.search_each

    def counting(self: Neo4jIndex, slot: str, queries: Any, count: int) -> Any:
        nonlocal asked
        asked += len(queries)
        return search_each(self, slot, queries, min(count, 4))

    monkeypatch.setattr(Neo4jIndex, "search_each", counting)
    plain = candidates.SlotIndex.search_each
    monkeypatch.setattr(candidates.SlotIndex, "search_each", lambda self, s, q, n: plain(self, s, q, min(n, 4)))
    workspace = Workspace.open(own_shop)
    with closing(Neo4jIndexes(url, 20)) as indexes:
        engines = [load_release(workspace, name, kind)[2] for kind in (None, indexes)]
        for engine in engines:
            engine.parts.scorer.model.gain = torch.tensor([0.5, 0.5])  # so that the network's wishes are searched
        for item in engines[0].catalogue.items[::7]:
            query = CompletionQuery(context=(item.item_id,), outfits=3)
            answers = [engine.complete(query) for engine in engines]
            assert answers[0] == answers[1] and answers[0].outfits
        assert asked > 20
    assert withdrawn(url, own_shop, name)


def test_training_publishes_before_the_release_answers(recsys: Run, own_shop: Path, name: str, url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_GRAPH__URL", "sqlite:///{workspace}/graph.sqlite")
        patch.setenv("RECSYS_INDEX__KIND", "faiss")
        assert recsys("-w", own_shop, "graph", "copy", "workspace", url).status == 0
    trained = recsys("-w", own_shop, "--json", "train")
    assert trained.status == 0, trained.err
    assert "publish: vectors " in trained.err
    new = trained.json["release"]
    assert new != name and current_release(Workspace.open(own_shop)) == new
    assert recsys("-w", own_shop, "complete", "--item", item_of(own_shop)).status == 0
    assert withdrawn(url, own_shop, new)


def test_training_whose_server_fails_at_the_end_leaves_the_old_release_in_use(
    recsys: Run, own_shop: Path, name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_GRAPH__URL", "sqlite:///{workspace}/graph.sqlite")
        patch.setenv("RECSYS_INDEX__KIND", "faiss")
        assert recsys("-w", own_shop, "graph", "copy", "workspace", url).status == 0
    opened = Neo4jIndexes.__init__
    monkeypatch.setattr(Neo4jIndexes, "__init__", lambda self, url, seconds: opened(self, "neo4j://127.0.0.1:1", 1))
    failed = recsys("-w", own_shop, "train")
    assert failed.status == 1
    assert current_release(Workspace.open(own_shop)) == name
    monkeypatch.undo()
    written = max(path.name for path in (own_shop / "releases").iterdir())
    assert f"release {written} is written but not in use: " in failed.err
    assert f"`recsys releases publish {written}` goes on" in failed.err
    assert recsys("-w", own_shop, "releases", "publish", written).status == 0
    assert recsys("-w", own_shop, "releases", "use", written).status == 0
    assert withdrawn(url, own_shop, written)


def test_removal_without_the_server_says_what_is_left_and_ends_later(
    recsys: Run, own_shop: Path, name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(own_shop / "releases" / name, own_shop / "releases" / "other")
    assert recsys("-w", own_shop, "releases", "publish", "other").status == 0
    with monkeypatch.context() as patch:
        patch.setenv("RECSYS_GRAPH__URL", "neo4j://127.0.0.1:1/neo4j")
        ran = recsys("-w", own_shop, "--json", "releases", "remove", "other")
        typed_wrong = recsys("-w", own_shop, "--json", "releases", "remove", "otter")
    assert (ran.status, ran.json) == (2, {"removed": "other", "vectors_left": True})
    assert "the same command again removes them" in ran.err
    assert typed_wrong.status == 1 and "release 'otter': is not in" in typed_wrong.err and not typed_wrong.out
    assert not (own_shop / "releases" / "other").exists()
    assert [release["name"] for release in recsys("-w", own_shop, "--json", "releases", "list").json] == [name]
    assert recsys("-w", own_shop, "releases", "remove", "other").status == 0
    with closing(Neo4jIndexes(url, 20)) as indexes, indexes.reached() as sets:
        assert sets._server.read("MATCH (s:VectorSet) RETURN s.release") == []
    assert "is not in" in recsys("-w", own_shop, "releases", "remove", "other").err


def test_what_was_published_goes_with_its_release_after_the_setting_went_back(
    recsys: Run, own_shop: Path, name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(own_shop / "releases" / name, own_shop / "releases" / "other")
    assert recsys("-w", own_shop, "releases", "publish", "other").status == 0
    monkeypatch.setenv("RECSYS_INDEX__KIND", "faiss")
    assert recsys("-w", own_shop, "releases", "remove", "other").status == 0
    with closing(Neo4jIndexes(url, 20)) as indexes, indexes.reached() as sets:
        assert sets._server.read("MATCH (s:VectorSet) RETURN s.release") == []


def test_publishing_without_the_setting_says_which(recsys: Run, shop: Path) -> None:
    ran = recsys("-w", shop, "releases", "publish")
    assert ran.status == 1 and "index.kind is 'faiss'" in ran.err
