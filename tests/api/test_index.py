"""A service whose vectors are in a server: it fails, it comes back, a release was not published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.releases import ReleaseHolder
from api.service import OutfitService
from recsys.engine import candidates
from recsys.engine.catalogue import Catalogue
from recsys.engine.index import SlotIndex, VectorIndex
from recsys.errors import IndexUnavailableError, ReleaseError
from recsys.pipeline.indexes import FaissIndexes
from recsys.pipeline.release import current_release
from recsys.workspace import Workspace


class Server(FaissIndexes):
    """Vectors that can be out of reach."""

    up, closed = True, 0
    unpublished: str | None = None

    def open(self, release: Path, catalogue: Catalogue) -> VectorIndex:
        if release.name == self.unpublished:
            raise ReleaseError(f"release {release.name!r}: its vectors are not there")
        return Searched(self, SlotIndex.load(release / "index", catalogue.slots()))

    def close(self) -> None:
        self.closed += 1


class Searched:
    def __init__(self, server: Server, index: SlotIndex) -> None:
        self.server, self.index = server, index

    def search(self, slot: str, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        return self.search_each(slot, query[None], count)[0]

    def search_each(self, slot: str, queries: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
        if not self.server.up:
            raise IndexUnavailableError("vectors cannot be reached: neo4j://10.0.0.7:7687: no route")
        return self.index.search_each(slot, queries, count)


QUERY = {"context": ["skirt-3"], "slots": ["bag"]}


def complete(client: TestClient) -> Any:
    return client.post("/v1/outfits/complete", json=QUERY)


def test_an_index_that_fails_is_a_problem_until_it_is_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for constant in ("SEARCHED", "PARTNERS"):
        monkeypatch.setattr(candidates, constant, 1)  # else ten bags are scored whole, and nothing is searched
    server = Server()
    holder = ReleaseHolder(workspace, server)
    with TestClient(create_app(OutfitService(holder))) as client:
        release = holder.get()
        assert release is not None
        release.engine.parts.scorer.model.gain = torch.tensor([0.5, 0.5])
        before = complete(client)
        server.up = False
        with capture_logs() as lines:
            failed = complete(client)
        others = client.get("/v1/items/skirt-3/similar"), client.get("/readyz")
        server.up = True
        after = complete(client)
    assert failed.status_code == 503 and failed.headers["content-type"] == "application/problem+json"
    assert failed.json()["type"] == "urn:problem-type:outfit-recsys:index-unavailable"
    assert failed.headers["retry-after"] == "1" and "10.0.0.7" not in failed.text
    assert [line["event"] for line in lines if "10.0.0.7" in str(line)] == ["index.unavailable"]
    assert [other.status_code for other in others] == [200, 200]
    assert before.status_code == 200 and after.json() == before.json()
    assert server.closed == 1


def test_a_release_that_is_not_published_leaves_the_old_one_answering(
    workspace: Workspace, second_release: str
) -> None:
    first = min(path.name for path in workspace.releases.iterdir())
    server = Server()
    server.unpublished = second_release
    workspace.current.write_text(first)
    holder = ReleaseHolder(workspace, server, check_seconds=0)
    holder.start()
    workspace.current.write_text(second_release)
    assert current_release(workspace) == second_release
    with capture_logs() as lines:
        holder.get()
        holder.settle()
    loaded = holder.get()
    holder.close()
    assert loaded is not None and loaded.name == first
    assert any("its vectors are not there" in str(line) for line in lines)
